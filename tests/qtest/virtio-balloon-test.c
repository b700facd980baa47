/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The memory balloon: pages, statistics, reports, commands, saved state, hostile drivers. */
#include "virtio-driver.h"
#include "qemu/bswap.h"
#include <glib/gstdio.h>

#define SLOT     5
#define DEVFN    QPCI_DEVFN(SLOT, 0)
#define MIB      (1024 * 1024ll)
#define RAM      (128 * MIB)
#define PAGE     4096

#define F_STATS  (1ull << 1)
#define F_POISON (1ull << 4)
#define F_REPORT (1ull << 5)

/* Configuration: what the balloon is to have, has, and the pattern of free pages. */
#define NUM_PAGES 0
#define ACTUAL    4
#define POISON    12

static QTestState *qts;
static VdrvDev *dev;
static VdrvQueue *inflate, *deflate, *stats;

static void start_driver(uint64_t features)
{
    vdrv_start(dev, features);
    inflate = vdrv_queue_new(dev, 0, 0, 0);
    deflate = vdrv_queue_new(dev, 1, 0, 0);
    stats = vdrv_queue_new(dev, 2, 0, 0);
    vdrv_driver_ok(dev);
}

static void begin(const char *more, uint64_t features)
{
    qts = qtest_initf("-machine pc -nodefaults -m 128 -device virtio-balloon-pci,id=b,addr=%d%s",
                      SLOT, more);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver(features);
}

static void end_driver(void)
{
    g_clear_pointer(&inflate, g_free);
    g_clear_pointer(&deflate, g_free);
    g_clear_pointer(&stats, g_free);
}

static void end(void)
{
    end_driver();
    vdrv_free(dev);
    qtest_quit(qts);
}

static void send_pages(VdrvQueue *vq, const uint32_t *pfns, unsigned n)
{
    uint64_t list = vdrv_alloc(qts, n * 4);
    VdrvBuf buf = {list, n * 4, false};
    uint32_t len;

    for (unsigned i = 0; i < n; i++) {
        qtest_writel(qts, list + 4 * i, pfns[i]);
    }
    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 0);
}

static int64_t actual_memory(void)
{
    g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-balloon'}");

    return qdict_get_int(qdict_get_qdict(response, "return"), "actual");
}

static void check_event(int64_t actual)
{
    g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "BALLOON_CHANGE");

    g_assert_cmpint(qdict_get_int(qdict_get_qdict(event, "data"), "actual"), ==, actual);
}

static char *error_of(QDict *response)
{
    g_autoptr(QDict) owned = response;

    return g_strdup(qdict_get_str(qdict_get_qdict(owned, "error"), "desc"));
}

/* ---- commands and configuration ---- */

static void test_target(void)
{
    begin("", 0);
    g_assert_cmpint(actual_memory(), ==, RAM);
    qtest_qmp_assert_success(qts, "{'execute': 'balloon', 'arguments': {'value': %lld}}",
                             100 * MIB);
    g_assert_cmphex(vdrv_read_isr(dev) & 2, ==, 2);
    g_assert_cmpuint(vdrv_config_readl(dev, NUM_PAGES), ==, 28 * MIB / PAGE);
    g_assert_cmpint(actual_memory(), ==, RAM); /* the driver has done nothing yet */
    vdrv_config_writel(dev, ACTUAL, 7 * MIB / PAGE);
    check_event(121 * MIB);
    g_assert_cmpint(actual_memory(), ==, 121 * MIB);

    /* More than there is: all of it. */
    qtest_qmp_assert_success(qts, "{'execute': 'balloon', 'arguments': {'value': %lld}}",
                             1000 * MIB);
    g_assert_cmpuint(vdrv_config_readl(dev, NUM_PAGES), ==, 0);

    /* A driver cannot have more than there is. */
    vdrv_config_writel(dev, ACTUAL, UINT32_MAX);
    g_assert_cmpint(actual_memory(), ==, 0);
    end();
}

/* What it is to have outlives a reset of the machine; what it has does not. */
static void test_reset(void)
{
    begin("", 0);
    qtest_qmp_assert_success(qts, "{'execute': 'balloon', 'arguments': {'value': %lld}}",
                             100 * MIB);
    vdrv_config_writel(dev, ACTUAL, 28 * MIB / PAGE);
    check_event(100 * MIB);
    qtest_system_reset(qts);
    g_assert_cmpint(actual_memory(), ==, RAM);
    check_event(RAM);
    vdrv_free(dev);
    end_driver();
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    g_assert_cmpuint(vdrv_config_readl(dev, NUM_PAGES), ==, 28 * MIB / PAGE);
    end();
}

static void test_mistakes(void)
{
    g_autofree char *none = NULL, *zero = NULL, *second = NULL, *negative = NULL, *hmp = NULL;

    qts = qtest_init("-machine pc -nodefaults -m 128");
    none = error_of(qtest_qmp(qts, "{'execute': 'query-balloon'}"));
    g_assert_nonnull(strstr(none, "virtio-balloon-pci"));
    qtest_quit(qts);

    begin("", 0);
    zero = error_of(qtest_qmp(qts, "{'execute': 'balloon', 'arguments': {'value': 0}}"));
    g_assert_nonnull(strstr(zero, "'value'"));
    second = error_of(qtest_qmp(qts, "{'execute': 'device_add', 'arguments': "
                                     "{'driver': 'virtio-balloon-pci'}}"));
    g_assert_nonnull(strstr(second, "a balloon already"));
    negative = error_of(
        qtest_qmp(qts, "{'execute': 'qom-set', 'arguments': {'path': '/machine/peripheral/b', "
                       "'property': 'guest-stats-polling-interval', 'value': -1}}"));
    g_assert_nonnull(strstr(negative, "guest-stats-polling-interval"));
    g_free(qtest_hmp(qts, "balloon 100"));
    g_assert_cmpuint(vdrv_config_readl(dev, NUM_PAGES), ==, 28 * MIB / PAGE);
    hmp = qtest_hmp(qts, "info balloon");
    g_assert_cmpstr(hmp, ==, "balloon: actual=128\r\n");
    end();
}

/* The configuration is as long as the features need. */
static void test_config_size(void)
{
    begin(",page-poison=off", 0);
    g_assert_cmphex(vdrv_config_readl(dev, POISON), ==, UINT32_MAX);
    end();
    begin("", F_POISON);
    vdrv_config_writel(dev, POISON, 0xaaaaaaaa);
    g_assert_cmphex(vdrv_config_readl(dev, POISON), ==, 0xaaaaaaaa);
    end();
    begin("", 0); /* not negotiated: not for the driver to set */
    vdrv_config_writel(dev, POISON, 0xaaaaaaaa);
    g_assert_cmphex(vdrv_config_readl(dev, POISON), ==, 0);
    end();
}

/* ---- pages ---- */

static void fill(uint64_t addr, unsigned pages)
{
    qtest_memset(qts, addr, 0x5a, pages * PAGE);
}

static bool is_filled(uint64_t addr)
{
    return qtest_readb(qts, addr) == 0x5a;
}

static void test_inflate(void)
{
    /* Neighbours in both directions, one apart, one twice. */
    static const uint32_t pfns[] = {0x4000, 0x4001, 0x4010, 0x400f, 0x4020, 0x4020};

    begin("", 0);
    fill(0x4000000, 0x40);
    send_pages(inflate, pfns, G_N_ELEMENTS(pfns));
    for (unsigned i = 0; i < 0x40; i++) {
        bool gone = i == 0 || i == 1 || i == 0xf || i == 0x10 || i == 0x20;

        g_assert_cmpint(is_filled(0x4000000 + i * PAGE), ==, !gone);
    }
    /* It comes back empty, and is memory again. */
    send_pages(deflate, pfns, G_N_ELEMENTS(pfns));
    g_assert_cmphex(qtest_readl(qts, 0x4000000), ==, 0);
    fill(0x4000000, 2);
    g_assert(is_filled(0x4001000));
    end();
}

/* Things that are no memory, or nothing at all; the device goes on. */
static void test_strange_pages(void)
{
    static const uint32_t pfns[] = {0xa0, 0xf0, 0xfec00, 0xfffff, UINT32_MAX, 0x8000, 0x4000};
    uint64_t list;
    VdrvBuf odd;
    uint32_t len;

    begin("", 0);
    fill(0x4000000, 1);
    send_pages(inflate, pfns, G_N_ELEMENTS(pfns));
    send_pages(deflate, pfns, G_N_ELEMENTS(pfns));
    g_assert(!is_filled(0x4000000));
    /* Half a number at the end; a list that is its own page. */
    list = vdrv_alloc(qts, PAGE);
    fill(0x4000000, 1);
    qtest_writel(qts, list, 0x4000);
    qtest_writel(qts, list + 4, 0x4001);
    odd = (VdrvBuf){list, 6, false};
    vdrv_add(inflate, &odd, 1);
    vdrv_kick(inflate);
    vdrv_wait_used(inflate, &len);
    g_assert(!is_filled(0x4000000));
    qtest_writel(qts, list, list / PAGE);
    send_pages(inflate, (uint32_t[]){list / PAGE}, 1);
    end();
}

static void report(VdrvQueue *vq, uint64_t addr, uint32_t size)
{
    VdrvBuf buf = {addr, size, true};
    uint32_t len;

    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
}

static void test_reporting(void)
{
    g_autofree VdrvQueue *reports = NULL;

    begin(",free-page-reporting=on", F_REPORT | F_POISON);
    reports = vdrv_queue_new(dev, 3, 0, 0);
    fill(0x4000000, 0x20);
    report(reports, 0x4000000, 0x10 * PAGE);
    g_assert(!is_filled(0x4000000) && !is_filled(0x400f000) && is_filled(0x4010000));
    /* Parts of pages stay. */
    report(reports, 0x4010800, PAGE);
    g_assert(is_filled(0x4010800) && is_filled(0x4011000));
    report(reports, 0xfec00000, PAGE);
    /* A guest that fills free pages with a pattern finds it. */
    vdrv_config_writel(dev, POISON, 0x5a5a5a5a);
    report(reports, 0x4010000, 0x10 * PAGE);
    g_assert(is_filled(0x4010000));
    end();
}

/* ---- statistics ---- */

static QDict *guest_stats(int64_t *when)
{
    g_autoptr(QDict) response =
        qtest_qmp(qts, "{'execute': 'qom-get', 'arguments': {'path': '/machine/peripheral/b', "
                       "'property': 'guest-stats'}}");
    QDict *result = qdict_get_qdict(response, "return");

    *when = qdict_get_int(result, "last-update");
    return qobject_ref(qdict_get_qdict(result, "stats"));
}

static void set_interval(int seconds)
{
    qtest_qmp_assert_success(
        qts,
        "{'execute': 'qom-set', 'arguments': {'path': '/machine/peripheral/b', "
        "'property': 'guest-stats-polling-interval', 'value': %d}}",
        seconds);
}

static void write_stat(uint64_t at, uint16_t tag, uint64_t value)
{
    qtest_writew(qts, at, tag);
    qtest_writeq(qts, at + 2, value);
}

/* Waits until the device has taken the buffer, which then has a time. */
static QDict *wait_stats(void)
{
    int64_t when;

    for (;;) {
        QDict *result = guest_stats(&when);

        if (when) {
            return result;
        }
        qobject_unref(result);
    }
}

static void test_stats(void)
{
    uint64_t list;
    VdrvBuf buf;
    uint32_t len;
    int64_t when;
    g_autoptr(QDict) nothing = NULL;
    g_autoptr(QDict) first = NULL;
    g_autoptr(QDict) second = NULL;

    begin("", F_STATS);
    nothing = guest_stats(&when);
    g_assert_cmpint(when, ==, 0);
    g_assert_cmpuint(qdict_get_uint(nothing, "stat-free-memory"), ==, UINT64_MAX);
    list = vdrv_alloc(qts, 64);
    write_stat(list, 4, 1234567);
    write_stat(list + 10, 999, 1); /* of a time to come */
    write_stat(list + 20, 5, 89);
    buf = (VdrvBuf){list, 35, false}; /* and half of one more */
    vdrv_add(stats, &buf, 1);
    vdrv_kick(stats);
    first = wait_stats();
    g_assert_cmpint(qdict_get_int(first, "stat-free-memory"), ==, 1234567);
    g_assert_cmpint(qdict_get_int(first, "stat-total-memory"), ==, 89);
    g_assert_cmpuint(qdict_get_uint(first, "stat-swap-in"), ==, UINT64_MAX);

    /* Asked at once, and then each two seconds. */
    set_interval(2);
    vdrv_wait_used(stats, &len);
    write_stat(list, 4, 7);
    vdrv_add(stats, &buf, 1);
    vdrv_kick(stats);
    vdrv_wait_used(stats, &len);
    g_assert_cmpint(qtest_clock_step(qts, 1), >=, 2000000000);
    second = guest_stats(&when);
    g_assert_cmpint(qdict_get_int(second, "stat-free-memory"), ==, 7);
    /* Two buffers: one comes back. */
    vdrv_add(stats, &buf, 1);
    vdrv_add(stats, &buf, 1);
    set_interval(0);
    vdrv_kick(stats);
    vdrv_wait_used(stats, &len);
    end();
}

/* ---- saved state ---- */

static void test_state(void)
{
    g_autofree char *file = NULL, *incoming = NULL;
    int fd = g_file_open_tmp("qtest-balloon-XXXXXX", &file, NULL);
    uint64_t list;
    VdrvBuf buf;
    uint32_t len;
    VdrvQueue *kept;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    begin("", F_STATS | F_POISON);
    qtest_qmp_assert_success(qts, "{'execute': 'balloon', 'arguments': {'value': %lld}}",
                             100 * MIB);
    vdrv_config_writel(dev, ACTUAL, MIB / PAGE);
    vdrv_config_writel(dev, POISON, 0xaaaaaaaa);
    list = vdrv_alloc(qts, 64);
    write_stat(list, 4, 42);
    buf = (VdrvBuf){list, 10, false};
    vdrv_add(stats, &buf, 1);
    vdrv_kick(stats);
    qobject_unref(wait_stats());
    qtest_save(qts, file);
    qtest_quit(qts);

    incoming = g_strdup_printf("-machine pc -nodefaults -m 128 -device "
                               "virtio-balloon-pci,id=b,addr=%d -incoming file:%s",
                               SLOT, file);
    qts = qtest_init(incoming);
    dev->qts = qts;
    g_assert_cmpint(actual_memory(), ==, 127 * MIB);
    g_assert_cmpuint(vdrv_config_readl(dev, NUM_PAGES), ==, 28 * MIB / PAGE);
    g_assert_cmphex(vdrv_config_readl(dev, POISON), ==, 0xaaaaaaaa);
    /* The buffer that was with the device is again, and comes back when it is asked for. */
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    kept = stats;
    qobject_unref(wait_stats());
    set_interval(1);
    vdrv_wait_used(kept, &len);
    end();
    g_unlink(file);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-balloon/target", test_target);
    g_test_add_func("/virtio-balloon/reset", test_reset);
    g_test_add_func("/virtio-balloon/mistakes", test_mistakes);
    g_test_add_func("/virtio-balloon/config-size", test_config_size);
    g_test_add_func("/virtio-balloon/inflate", test_inflate);
    g_test_add_func("/virtio-balloon/strange-pages", test_strange_pages);
    g_test_add_func("/virtio-balloon/reporting", test_reporting);
    g_test_add_func("/virtio-balloon/stats", test_stats);
    g_test_add_func("/virtio-balloon/state", test_state);
    return g_test_run();
}
