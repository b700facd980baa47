/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio core and PCI transport, by means of the entropy device: interfaces,
 * rings, interrupts, hostile drivers, saved state.
 */
#include "virtio-driver.h"
#include <glib/gstdio.h>
#include <sys/socket.h>

#define SLOT  5
#define DEVFN QPCI_DEVFN(SLOT, 0)

static QTestState *qts;

static VdrvDev *begin(const char *device, bool modern)
{
    qts = qtest_initf("-machine pc -nodefaults -m 128 -device %s,addr=%d", device, SLOT);
    return vdrv_pci_new(qts, DEVFN, modern, 0);
}

static void end(VdrvDev *dev)
{
    vdrv_free(dev);
    qtest_quit(qts);
}

static bool all_zero(uint64_t addr, size_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    qtest_memread(qts, addr, data, size);
    for (size_t i = 0; i < size; i++) {
        if (data[i]) {
            return false;
        }
    }
    return true;
}

/* One request of two buffers is answered in full. */
static void one_request(VdrvQueue *vq, bool indirect)
{
    uint64_t a = vdrv_alloc(qts, 4096), b = vdrv_alloc(qts, 4096);
    VdrvBuf bufs[] = {{a, 64, true}, {b, 128, true}};
    uint16_t id = indirect ? vdrv_add_indirect(vq, bufs, 2) : vdrv_add(vq, bufs, 2);
    uint32_t len;

    vdrv_kick(vq);
    g_assert_cmpuint(vdrv_wait_used(vq, &len), ==, id);
    g_assert_cmpuint(len, ==, 192);
    g_assert(!all_zero(a, 64) && !all_zero(b, 128));
    g_assert(all_zero(a + 64, 4096 - 64) && all_zero(b + 128, 4096 - 128));
}

/* ---- interfaces and rings ---- */

typedef struct Variant {
    const char *name, *device;
    bool modern;
    uint64_t features;
} Variant;

static const Variant variants[] = {
    {"legacy", "virtio-rng-pci", false, 0},
    {"legacy-event-idx", "virtio-rng-pci", false, VDRV_EVENT_IDX | VDRV_INDIRECT},
    {"legacy-only", "virtio-rng-pci,disable-modern=on", false, VDRV_EVENT_IDX},
    {"transitional", "virtio-rng-pci-transitional", false, VDRV_INDIRECT},
    {"modern", "virtio-rng-pci", true, 0},
    {"modern-event-idx", "virtio-rng-pci", true, VDRV_EVENT_IDX | VDRV_INDIRECT},
    {"non-transitional", "virtio-rng-pci-non-transitional", true, VDRV_INDIRECT},
    {"page-per-vq", "virtio-rng-pci,page-per-vq=on", true, VDRV_EVENT_IDX},
    {"no-ioeventfd", "virtio-rng-pci,ioeventfd=off", true, VDRV_EVENT_IDX},
    {"in-order", "virtio-rng-pci,in_order=on", true, VDRV_IN_ORDER},
    {"packed", "virtio-rng-pci,packed=on", true, VDRV_PACKED},
    {"packed-event-idx", "virtio-rng-pci,packed=on", true,
     VDRV_PACKED | VDRV_EVENT_IDX | VDRV_INDIRECT},
    {"packed-in-order", "virtio-rng-pci,packed=on,in_order=on", true,
     VDRV_PACKED | VDRV_IN_ORDER | VDRV_EVENT_IDX},
    {"iommu-platform", "virtio-rng-pci,iommu_platform=on", true, 1ull << 33},
};

/* More requests than the ring has places, so that indices and wrap counters go round. */
static void test_variant(const void *data)
{
    const Variant *v = data;
    VdrvDev *dev = begin(v->device, v->modern);
    g_autofree VdrvQueue *vq = NULL;

    vdrv_start(dev, v->features);
    g_assert_cmphex(dev->features & v->features, ==, v->features);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    g_assert_cmpuint(vq->num, ==, 8);
    vdrv_driver_ok(dev);
    for (int i = 0; i < 20; i++) {
        one_request(vq, i % 3 == 1 && (v->features & VDRV_INDIRECT));
    }
    g_assert_cmphex(vdrv_status(dev) & VDRV_S_NEEDS_RESET, ==, 0);
    end(dev);
}

/* A packed ring need not have a power of two places. */
static void test_packed_odd_size(void)
{
    VdrvDev *dev = begin("virtio-rng-pci,packed=on", true);
    g_autofree VdrvQueue *vq = NULL;

    vdrv_start(dev, VDRV_PACKED | VDRV_EVENT_IDX);
    vq = vdrv_queue_new(dev, 0, 5, 0);
    vdrv_driver_ok(dev);
    for (int i = 0; i < 17; i++) {
        one_request(vq, false);
    }
    end(dev);
}

/* ---- registers ---- */

static void test_identity(void)
{
    VdrvDev *dev = begin("virtio-rng-pci", true);

    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0), ==, 0x10051af4);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0x2c), ==, 0x00041af4);
    g_assert_cmphex(vdrv_offered(dev), ==, 0x10130000000ull);
    g_assert_cmphex(vdrv_queue_max(dev, 0), ==, 8);
    g_assert_cmphex(vdrv_queue_max(dev, 1), ==, 0);
    g_assert_cmphex(qtest_readw(qts, dev->common + 18), ==, 1);
    end(dev);
    dev = begin("virtio-rng-pci-non-transitional", true);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0), ==, 0x10441af4);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0x2c), ==, 0x11001af4);
    g_assert_cmphex(qpci_config_readb(qts, DEVFN, 8), ==, 1);
    end(dev);
}

/* What was not offered, and a modern driver without VERSION_1, are refused. */
static void test_features_refused(void)
{
    VdrvDev *dev = begin("virtio-rng-pci", true);

    vdrv_set_status(dev, 3);
    vdrv_set_status(dev, 3 | 8);
    g_assert_cmphex(vdrv_status(dev), ==, 3);
    end(dev);
    dev = begin("virtio-rng-pci,iommu_platform=on", true);
    vdrv_set_status(dev, 3);
    qtest_writel(qts, dev->common + 8, 1);
    qtest_writel(qts, dev->common + 12, 1); /* VERSION_1 without ACCESS_PLATFORM */
    vdrv_set_status(dev, 3 | 8);
    g_assert_cmphex(vdrv_status(dev), ==, 3);
    end(dev);
}

/* The structures through the window in configuration space. */
static void test_cfg_access(void)
{
    VdrvDev *dev = begin("virtio-rng-pci", true);
    int cap = 0x84;

    g_assert_cmphex(qpci_config_readb(qts, DEVFN, cap + 3), ==, 5);
    vdrv_set_status(dev, 1);
    qpci_config_writeb(qts, DEVFN, cap + 4, 4);
    qpci_config_writel(qts, DEVFN, cap + 8, 20);
    qpci_config_writel(qts, DEVFN, cap + 12, 1);
    g_assert_cmphex(qpci_config_readb(qts, DEVFN, cap + 16), ==, 1);
    qpci_config_writeb(qts, DEVFN, cap + 16, 3);
    g_assert_cmphex(vdrv_status(dev), ==, 3);
    /* Windows that show nothing. */
    for (unsigned bar = 0; bar < 8; bar++) {
        qpci_config_writeb(qts, DEVFN, cap + 4, bar);
        qpci_config_writel(qts, DEVFN, cap + 8, 0xfffffffc);
        qpci_config_writel(qts, DEVFN, cap + 12, 4);
        qpci_config_readl(qts, DEVFN, cap + 16);
        qpci_config_writel(qts, DEVFN, cap + 16, 0x12345678);
        qpci_config_writel(qts, DEVFN, cap + 12, 3);
        qpci_config_readl(qts, DEVFN, cap + 16);
    }
    end(dev);
}

/* ---- interrupts ---- */

static void test_intx(void)
{
    VdrvDev *dev = begin("virtio-rng-pci", true);
    g_autofree VdrvQueue *vq = NULL;

    vdrv_start(dev, 0);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 0);
    one_request(vq, false);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 8);
    g_assert_cmphex(vdrv_read_isr(dev), ==, 1);
    g_assert_cmphex(vdrv_read_isr(dev), ==, 0);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 0);
    /* Not wanted: the flag in the available ring. */
    qtest_writew(qts, vq->avail, 1);
    one_request(vq, false);
    g_assert_cmphex(vdrv_read_isr(dev), ==, 0);
    end(dev);
}

static void check_msix(bool modern, uint64_t features)
{
    VdrvDev *dev =
        begin(features & VDRV_PACKED ? "virtio-rng-pci,packed=on" : "virtio-rng-pci", modern);
    g_autofree VdrvQueue *vq = NULL;
    uint64_t target = vdrv_enable_msix(dev, 2);

    vdrv_start(dev, features);
    vq = vdrv_queue_new(dev, 0, 0, 1);
    vdrv_driver_ok(dev);
    one_request(vq, false);
    g_assert_cmphex(qtest_readl(qts, target), ==, 0);
    g_assert_cmphex(qtest_readl(qts, target + 4), ==, 0x101);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 0);

    /* Masked: it is pending, and comes when it is unmasked. */
    qtest_writel(qts, target + 4, 0);
    qtest_writel(qts, dev->msix + 16 + 12, 1);
    if (features & VDRV_EVENT_IDX && !(features & VDRV_PACKED)) {
        qtest_writew(qts, vq->avail + 4 + 2 * vq->num, vq->used_idx); /* used_event */
    }
    one_request(vq, false);
    g_assert_cmphex(qtest_readl(qts, target + 4), ==, 0);
    g_assert_cmphex(qtest_readl(qts, dev->msix + 0x800), ==, 2);
    qtest_writel(qts, dev->msix + 16 + 12, 0);
    g_assert_cmphex(qtest_readl(qts, target + 4), ==, 0x101);
    g_assert_cmphex(qtest_readl(qts, dev->msix + 0x800), ==, 0);
    end(dev);
}

static void test_msix(void)
{
    check_msix(false, 0);
    check_msix(true, 0);
    check_msix(true, VDRV_EVENT_IDX);
    check_msix(true, VDRV_PACKED);
}

/* An event index asks for the interrupt of the third request, not before. */
static void test_event_idx(void)
{
    VdrvDev *dev = begin("virtio-rng-pci", true);
    g_autofree VdrvQueue *vq = NULL;

    vdrv_start(dev, VDRV_EVENT_IDX);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    one_request(vq, false); /* the first is always told */
    g_assert_cmphex(vdrv_read_isr(dev), ==, 1);
    qtest_writew(qts, vq->avail + 4 + 2 * vq->num, 2);
    one_request(vq, false);
    g_assert_cmphex(vdrv_read_isr(dev), ==, 0);
    one_request(vq, false);
    g_assert_cmphex(vdrv_read_isr(dev), ==, 1);
    end(dev);
}

/* ---- reset ---- */

static void test_queue_reset(void)
{
    VdrvDev *dev = begin("virtio-rng-pci", true);
    g_autofree VdrvQueue *vq = NULL;
    VdrvQueue *again;

    vdrv_start(dev, VDRV_RING_RESET);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    one_request(vq, false);
    qtest_writew(qts, dev->common + 22, 0);
    qtest_writew(qts, dev->common + 58, 1);
    g_assert_cmphex(qtest_readw(qts, dev->common + 58), ==, 0);
    g_assert_cmphex(qtest_readw(qts, dev->common + 28), ==, 0);
    again = vdrv_queue_new(dev, 0, 4, 0);
    for (int i = 0; i < 9; i++) {
        one_request(again, false);
    }
    g_free(again);
    end(dev);
}

static void test_rate(void)
{
    VdrvDev *dev = begin("virtio-rng-pci,max-bytes=100,period=1000", true);
    g_autofree VdrvQueue *vq = NULL;
    VdrvBuf buf = {vdrv_alloc(qts, 4096), 64, true};
    uint32_t len;

    vdrv_start(dev, 0);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    for (int i = 0; i < 3; i++) {
        vdrv_add(vq, &buf, 1);
    }
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 64);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 36);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 64);
    g_assert_cmpint(qtest_clock_step(qts, 1), >, 1000 * 1000000ll);
    end(dev);
}

/* A daemon on a socket: what it is asked, and what it answers. */
static void test_egd(void)
{
    int pair[2];
    g_autofree char *args = NULL;
    g_autofree VdrvQueue *vq = NULL;
    VdrvDev *dev;
    VdrvBuf buf;
    uint8_t asked[4], answer[300], got[300];
    uint32_t len;

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), ==, 0);
    args = g_strdup_printf("-machine pc -nodefaults -m 128 -object rng-egd,id=egd,chardev=c "
                           "-chardev socket,id=c,fd=%d -device virtio-rng-pci,rng=egd,addr=%d",
                           pair[1], SLOT);
    qts = qtest_init(args);
    close(pair[1]);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    vdrv_start(dev, 0);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    buf = (VdrvBuf){vdrv_alloc(qts, 4096), sizeof(answer), true};
    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    g_assert_cmpint(recv(pair[0], asked, sizeof(asked), MSG_WAITALL), ==, 4);
    g_assert_cmpmem(asked, 4, ((uint8_t[]){2, 255, 2, 45}), 4);
    for (unsigned i = 0; i < sizeof(answer); i++) {
        answer[i] = i * 3;
    }
    g_assert_cmpint(write(pair[0], answer, 100), ==, 100);
    g_assert_cmpint(write(pair[0], answer + 100, 200), ==, 200);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 300);
    qtest_memread(qts, buf.addr, got, sizeof(got));
    g_assert_cmpmem(got, sizeof(got), answer, sizeof(answer));
    /* The driver leaves while a request waits; what is answered then belongs to no one. */
    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    g_assert_cmpint(recv(pair[0], asked, sizeof(asked), MSG_WAITALL), ==, 4);
    vdrv_set_status(dev, 0);
    g_assert_cmpint(write(pair[0], answer, 300), ==, 300);
    close(pair[0]);
    end(dev);
}

/* ---- saved state ---- */

static void wait_saved(void)
{
    for (;;) {
        g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-migrate'}");
        const char *status = qdict_get_try_str(qdict_get_qdict(response, "return"), "status");

        g_assert_cmpstr(status, !=, "failed");
        if (!g_strcmp0(status, "completed")) {
            return;
        }
    }
}

/* Requests before, during and after; the one that waits for its period is answered by the next. */
static void save_and_load(const char *device, uint64_t features)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("qtest-virtio-XXXXXX", &file, NULL);
    g_autofree char *args = g_strdup_printf("%s,max-bytes=200,period=1000", device);
    VdrvDev *dev = begin(args, true);
    g_autofree VdrvQueue *vq = NULL;
    uint64_t target = vdrv_enable_msix(dev, 2);
    VdrvBuf buf = {vdrv_alloc(qts, 4096), 192, true};
    uint32_t len;

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    vdrv_start(dev, features);
    vq = vdrv_queue_new(dev, 0, 0, 1);
    vdrv_driver_ok(dev);
    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    vdrv_add(vq, &buf, 1);
    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 8);
    qtest_writel(qts, target + 4, 0);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", file);
    wait_saved();
    qtest_quit(qts);

    qts = qtest_initf("-machine pc -nodefaults -m 128 -device %s,addr=%d -incoming file:%s", args,
                      SLOT, file);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    dev->qts = qts;
    g_assert_cmphex(vdrv_status(dev), ==, 0xf);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 192);
    g_assert_cmphex(qtest_readl(qts, target + 4), ==, 0x101);
    for (int i = 0; i < 10; i++) {
        vdrv_add(vq, &buf, 1);
        vdrv_kick(vq);
        vdrv_wait_used(vq, &len);
    }
    g_unlink(file);
    end(dev);
}

static void test_state(void)
{
    save_and_load("virtio-rng-pci", VDRV_EVENT_IDX);
    save_and_load("virtio-rng-pci,packed=on", VDRV_PACKED | VDRV_EVENT_IDX);
    save_and_load("virtio-rng-pci,packed=on,in_order=on", VDRV_PACKED | VDRV_IN_ORDER);
    save_and_load("virtio-rng-pci,in_order=on", VDRV_IN_ORDER);
}

/* ---- hostile drivers ---- */

/* What is put into a ring of 8 at @vq; the device must then ask for a reset. */
typedef struct Hostile {
    const char *name;
    void (*act)(VdrvQueue *vq);
} Hostile;

static void raw_desc(VdrvQueue *vq, unsigned i, uint64_t addr, uint32_t len, uint16_t flags,
                     uint16_t next)
{
    qtest_writeq(qts, vq->desc + 16 * i, addr);
    qtest_writel(qts, vq->desc + 16 * i + 8, len);
    qtest_writew(qts, vq->desc + 16 * i + 12, flags);
    qtest_writew(qts, vq->desc + 16 * i + 14, next);
}

static void publish(VdrvQueue *vq, uint16_t head, uint16_t idx)
{
    qtest_writew(qts, vq->avail + 4, head);
    qtest_writew(qts, vq->avail + 2, idx);
}

static void head_outside(VdrvQueue *vq)
{
    publish(vq, 8, 1);
}

static void index_too_far(VdrvQueue *vq)
{
    publish(vq, 0, 9);
}

static void next_outside(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, 16, 1 | 2, 8);
    publish(vq, 0, 1);
}

static void loop(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, 16, 1 | 2, 1);
    raw_desc(vq, 1, VDRV_HEAP, 16, 1 | 2, 0);
    publish(vq, 0, 1);
}

static void empty_buffer(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, 0, 2, 0);
    publish(vq, 0, 1);
}

static void out_after_in(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, 16, 1 | 2, 1);
    raw_desc(vq, 1, VDRV_HEAP, 16, 0, 0);
    publish(vq, 0, 1);
}

static void no_room(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, 16, 0, 0);
    publish(vq, 0, 1);
}

static void address_overflow(VdrvQueue *vq)
{
    raw_desc(vq, 0, UINT64_MAX - 7, 16, 2, 0);
    publish(vq, 0, 1);
}

static void huge(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, UINT32_MAX, 1 | 2, 1);
    raw_desc(vq, 1, VDRV_HEAP, UINT32_MAX, 2, 0);
    publish(vq, 0, 1);
}

static void indirect_odd_size(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, 17, 4, 0);
    publish(vq, 0, 1);
}

static void indirect_and_next(VdrvQueue *vq)
{
    raw_desc(vq, 0, VDRV_HEAP, 16, 4 | 1, 1);
    publish(vq, 0, 1);
}

static void indirect_in_indirect(VdrvQueue *vq)
{
    raw_desc(vq, 0, vq->desc + 16, 32, 4, 0);
    raw_desc(vq, 1, vq->desc + 16, 32, 4, 0);
    publish(vq, 0, 1);
}

static void indirect_loop(VdrvQueue *vq)
{
    raw_desc(vq, 0, vq->desc + 16, 32, 4, 0);
    raw_desc(vq, 1, VDRV_HEAP, 16, 1 | 2, 1);
    raw_desc(vq, 2, VDRV_HEAP, 16, 1 | 2, 0);
    publish(vq, 0, 1);
}

static void indirect_not_memory(VdrvQueue *vq)
{
    raw_desc(vq, 0, 0xd0000000, 64 * 1024 * 16, 4, 0);
    publish(vq, 0, 1);
}

static const Hostile hostiles[] = {
    {"head-outside", head_outside},
    {"index-too-far", index_too_far},
    {"next-outside", next_outside},
    {"loop", loop},
    {"empty-buffer", empty_buffer},
    {"out-after-in", out_after_in},
    {"no-room", no_room},
    {"address-overflow", address_overflow},
    {"huge", huge},
    {"indirect-odd-size", indirect_odd_size},
    {"indirect-and-next", indirect_and_next},
    {"indirect-in-indirect", indirect_in_indirect},
    {"indirect-loop", indirect_loop},
    {"indirect-not-memory", indirect_not_memory},
};

/* Broken, with a configuration interrupt, until it is reset; then as new. */
static void test_hostile(const void *data)
{
    const Hostile *h = data;
    VdrvDev *dev = begin("virtio-rng-pci", true);
    g_autofree VdrvQueue *vq = NULL;
    VdrvQueue *again;

    vdrv_start(dev, VDRV_INDIRECT);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    h->act(vq);
    vdrv_kick(vq);
    vdrv_wait_broken(dev);
    g_assert_cmphex(vdrv_read_isr(dev) & 2, ==, 2);
    vdrv_start(dev, VDRV_INDIRECT);
    again = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    one_request(again, false);
    g_free(again);
    end(dev);
}

/* Rings that are not in memory, and buffers and rings that are the device's own registers. */
static void test_rings_elsewhere(void)
{
    static const uint64_t places[] = {0xd0000000, 0xe0000000, 0xe0002000, UINT64_MAX - 15,
                                      127 * 1024 * 1024 + 1024 * 1024 - 16};

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        VdrvDev *dev = begin("virtio-rng-pci", true);
        g_autofree VdrvQueue *vq = NULL;

        vdrv_start(dev, 0);
        vq = vdrv_queue_new(dev, 0, 0, 0);
        qtest_writew(qts, dev->common + 58, 1);
        vdrv_start(dev, 0);
        qtest_writew(qts, dev->common + 22, 0);
        qtest_writeq(qts, dev->common + 32, places[i]);
        qtest_writeq(qts, dev->common + 40, places[i]);
        qtest_writeq(qts, dev->common + 48, places[i]);
        qtest_writew(qts, dev->common + 28, 1);
        vdrv_driver_ok(dev);
        vdrv_kick(vq);
        qtest_clock_step(qts, 1000000);
        vdrv_status(dev);
        end(dev);
    }
}

static void test_buffer_is_own_register(void)
{
    VdrvDev *dev = begin("virtio-rng-pci", true);
    g_autofree VdrvQueue *vq = NULL;
    VdrvBuf buf = {dev->common + 20, 1, true};
    uint32_t len;

    vdrv_start(dev, 0);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    vdrv_add(vq, &buf, 1);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmphex(vdrv_status(dev), ==, 0xf); /* not written by its own DMA */
    end(dev);
}

/* Accesses of all sizes to all registers, in every state. */
static void test_registers_at_random(void)
{
    VdrvDev *dev = begin("virtio-rng-pci,packed=on", true);
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    qpci_config_writel(qts, DEVFN, 0x10, 0xc000);
    for (int i = 0; i < 20000; i++) {
        uint64_t at =
            dev->base + g_rand_int_range(rand, 0, 4) * 0x1000 + g_rand_int_range(rand, 0, 72);
        uint32_t value = g_rand_int(rand) >> g_rand_int_range(rand, 0, 32);

        switch (g_rand_int_range(rand, 0, 8)) {
        case 0:
            qtest_readl(qts, at);
            break;
        case 1:
            qtest_readb(qts, at);
            break;
        case 2:
            qtest_writeb(qts, at, value);
            break;
        case 3:
            qtest_writew(qts, at, value);
            break;
        case 4:
            qtest_writel(qts, at, value);
            break;
        case 5:
            qtest_writeq(qts, at, value);
            break;
        case 6:
            qtest_outl(qts, 0xc000 + g_rand_int_range(rand, 0, 32), value);
            break;
        case 7:
            qtest_inw(qts, 0xc000 + g_rand_int_range(rand, 0, 32));
            break;
        }
    }
    end(dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *path = g_strdup_printf("/virtio/rings/%s", variants[i].name);
        g_test_add_data_func(path, &variants[i], test_variant);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(hostiles); i++) {
        g_autofree char *path = g_strdup_printf("/virtio/hostile/%s", hostiles[i].name);
        g_test_add_data_func(path, &hostiles[i], test_hostile);
    }
    g_test_add_func("/virtio/packed-odd-size", test_packed_odd_size);
    g_test_add_func("/virtio/identity", test_identity);
    g_test_add_func("/virtio/features-refused", test_features_refused);
    g_test_add_func("/virtio/cfg-access", test_cfg_access);
    g_test_add_func("/virtio/intx", test_intx);
    g_test_add_func("/virtio/msix", test_msix);
    g_test_add_func("/virtio/event-idx", test_event_idx);
    g_test_add_func("/virtio/queue-reset", test_queue_reset);
    g_test_add_func("/virtio/rate", test_rate);
    g_test_add_func("/virtio/egd", test_egd);
    g_test_add_func("/virtio/state", test_state);
    g_test_add_func("/virtio/hostile/rings-elsewhere", test_rings_elsewhere);
    g_test_add_func("/virtio/hostile/own-register", test_buffer_is_own_register);
    g_test_add_func("/virtio/hostile/registers", test_registers_at_random);
    return g_test_run();
}
