/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-mem and virtio-pmem: requests and what is refused, sizes, memory that comes and goes,
 * resets, saved state, plugging, configuration.
 */
#include "virtio-driver.h"
#include "qemu/bswap.h"
#include "qobject/qlist.h"
#include <glib/gstdio.h>
#include <sys/mman.h>

#define SLOT           5
#define DEVFN          QPCI_DEVFN(SLOT, 0)
#define MIB            (1024 * 1024ull)
#define BLOCK          (2 * MIB)
#define BASE           0x100000000ull /* of memory devices, with less than 3 GiB of RAM */

#define F_PXM          (1ull << 0)
#define F_INACCESSIBLE (1ull << 1)
#define F_SUSPEND      (1ull << 2)

/* Configuration. */
#define BLOCK_SIZE 0
#define ADDR       16
#define REGION     24
#define USABLE     32
#define PLUGGED    40
#define REQUESTED  48

enum { PLUG, UNPLUG, UNPLUG_ALL, STATE };
enum { ACK, NACK, BUSY, ERROR };

#define MACHINE "-machine pc -nodefaults -m 64,maxmem=2G "
#define BACKEND "-object memory-backend-ram,id=m,size=1G "
#define MEM     "-device virtio-mem-pci,id=v,memdev=m,addr=5"

static QTestState *qts;
static VdrvDev *dev;
static VdrvQueue *vq;

static void start_driver(uint64_t features)
{
    vdrv_start(dev, features);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
}

static void begin(const char *more)
{
    qts = qtest_initf(MACHINE BACKEND MEM "%s", more);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver(F_INACCESSIBLE);
}

static void end_driver(void)
{
    g_clear_pointer(&vq, g_free);
    vdrv_free(dev);
}

static void end(void)
{
    end_driver();
    qtest_quit(qts);
}

/* Type of the response, and what state it tells. */
static unsigned request(unsigned type, uint64_t addr, unsigned blocks, unsigned *state)
{
    uint64_t at = vdrv_alloc(qts, 24 + 10);
    VdrvBuf bufs[2] = {{at, 24, false}, {at + 24, 10, true}};
    uint32_t len;

    qtest_writew(qts, at, type);
    qtest_writeq(qts, at + 8, addr);
    qtest_writew(qts, at + 16, blocks);
    qtest_memset(qts, at + 24, 0xff, 10);
    vdrv_add(vq, bufs, 2);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 10);
    if (state) {
        *state = qtest_readw(qts, at + 32);
    }
    return qtest_readw(qts, at + 24);
}

static unsigned ask(unsigned type, uint64_t addr, unsigned blocks)
{
    return request(type, addr, blocks, NULL);
}

static unsigned state_of(uint64_t addr, unsigned blocks)
{
    unsigned state;

    g_assert_cmpuint(request(STATE, addr, blocks, &state), ==, ACK);
    return state;
}

static void set_requested(uint64_t size)
{
    qtest_qmp_assert_success(qts,
                             "{'execute': 'qom-set', 'arguments': {'path': 'v', 'property': "
                             "'requested-size', 'value': %" PRIu64 "}}",
                             size);
}

/* Member @name of the only memory device. */
static int64_t info(const char *name)
{
    g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-memory-devices'}");
    QDict *device = qobject_to(QDict, qlist_peek(qdict_get_qlist(response, "return")));

    return qdict_get_int(qdict_get_qdict(device, "data"), name);
}

static int64_t plugged_memory(void)
{
    g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-memory-size-summary'}");

    return qdict_get_int(qdict_get_qdict(response, "return"), "plugged-memory");
}

static void wait_for_size(int64_t size)
{
    for (int64_t got = -1; got != size;) {
        g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "MEMORY_DEVICE_SIZE_CHANGE");
        QDict *data = qdict_get_qdict(event, "data");

        g_assert_cmpstr(qdict_get_str(data, "id"), ==, "v");
        g_assert_cmpstr(qdict_get_str(data, "qom-path"), ==, "/machine/peripheral/v");
        got = qdict_get_int(data, "size");
    }
}

/* ---- requests ---- */

static void test_configuration(void)
{
    begin(",requested-size=128M");
    g_assert_cmphex(vdrv_offered(dev) & 7, ==, F_INACCESSIBLE | F_SUSPEND);
    g_assert_cmphex(vdrv_config_readq(dev, BLOCK_SIZE), ==, BLOCK);
    g_assert_cmphex(vdrv_config_readq(dev, ADDR), ==, BASE);
    g_assert_cmphex(vdrv_config_readq(dev, REGION), ==, 1024 * MIB);
    g_assert_cmphex(vdrv_config_readq(dev, USABLE), ==, 384 * MIB);
    g_assert_cmphex(vdrv_config_readq(dev, PLUGGED), ==, 0);
    g_assert_cmphex(vdrv_config_readq(dev, REQUESTED), ==, 128 * MIB);
    vdrv_read_isr(dev);
    set_requested(256 * MIB);
    g_assert_cmphex(vdrv_read_isr(dev) & 2, ==, 2);
    g_assert_cmphex(vdrv_config_readq(dev, USABLE), ==, 512 * MIB);
    set_requested(0); /* only the driver makes it smaller */
    g_assert_cmphex(vdrv_config_readq(dev, USABLE), ==, 512 * MIB);
    g_assert_cmpuint(ask(UNPLUG_ALL, 0, 0), ==, ACK);
    g_assert_cmphex(vdrv_config_readq(dev, USABLE), ==, 0);
    end();
}

static void test_plug(void)
{
    begin(",requested-size=128M");
    g_assert_cmpuint(state_of(BASE, 64), ==, 1);
    g_assert_cmpuint(ask(PLUG, BASE + 4 * BLOCK, 2), ==, ACK);
    wait_for_size(2 * BLOCK);
    g_assert_cmpuint(state_of(BASE + 4 * BLOCK, 2), ==, 0);
    g_assert_cmpuint(state_of(BASE + 4 * BLOCK, 3), ==, 2);
    g_assert_cmpint(info("size"), ==, 2 * BLOCK);
    g_assert_cmpint(plugged_memory(), ==, 2 * BLOCK);
    g_assert_cmphex(vdrv_config_readq(dev, PLUGGED), ==, 2 * BLOCK);

    /* Memory of what is unplugged is gone. */
    qtest_writeq(qts, BASE + 4 * BLOCK, 0x1122334455667788);
    qtest_writeq(qts, BASE + 5 * BLOCK, 0x1122334455667788);
    g_assert_cmpuint(ask(UNPLUG, BASE + 4 * BLOCK, 1), ==, ACK);
    wait_for_size(BLOCK);
    g_assert_cmphex(qtest_readq(qts, BASE + 4 * BLOCK), ==, 0);
    g_assert_cmphex(qtest_readq(qts, BASE + 5 * BLOCK), ==, 0x1122334455667788);

    /* As much as is asked for, wherever it is. */
    g_assert_cmpuint(ask(PLUG, BASE + 64 * BLOCK, 63), ==, ACK);
    g_assert_cmpuint(ask(PLUG, BASE, 1), ==, NACK);
    g_assert_cmpuint(ask(UNPLUG_ALL, 0, 0), ==, ACK);
    wait_for_size(0);
    g_assert_cmpint(info("size"), ==, 0);
    end();
}

static void test_refused_requests(void)
{
    begin(",requested-size=128M");
    g_assert_cmpuint(ask(PLUG, BASE + 1, 1), ==, ERROR);
    g_assert_cmpuint(ask(PLUG, BASE - BLOCK, 1), ==, ERROR);
    g_assert_cmpuint(ask(PLUG, BASE, 0), ==, ERROR);
    g_assert_cmpuint(ask(PLUG, BASE + 384 * MIB, 1), ==, ERROR);
    g_assert_cmpuint(ask(PLUG, BASE + 384 * MIB - BLOCK, 2), ==, ERROR);
    g_assert_cmpuint(ask(PLUG, UINT64_MAX - BLOCK + 1, 1), ==, ERROR);
    g_assert_cmpuint(ask(PLUG, BASE, 1), ==, ACK);
    g_assert_cmpuint(ask(PLUG, BASE, 1), ==, ERROR);
    g_assert_cmpuint(ask(UNPLUG, BASE, 2), ==, ERROR);
    g_assert_cmpuint(ask(STATE, BASE, 0), ==, ERROR);
    g_assert_cmpuint(ask(77, BASE, 1), ==, ERROR);
    g_assert_cmpint(info("size"), ==, BLOCK);
    end();
}

static void test_short_request(void)
{
    VdrvBuf bufs[2] = {{0, 23, false}, {0, 10, true}};

    begin("");
    bufs[0].addr = bufs[1].addr = vdrv_alloc(qts, 64);
    vdrv_add(vq, bufs, 2);
    vdrv_kick(vq);
    vdrv_wait_broken(dev);
    vdrv_read_isr(dev);
    g_clear_pointer(&vq, g_free);
    start_driver(F_INACCESSIBLE);
    g_assert_cmpuint(ask(UNPLUG_ALL, 0, 0), ==, ACK);
    end();
}

/* A driver that does not know the feature is not let in. */
static void test_features(void)
{
    begin("");
    vdrv_set_status(dev, 0);
    vdrv_set_status(dev, 3);
    qtest_writel(qts, dev->common + 8, 1); /* driver_feature_select */
    qtest_writel(qts, dev->common + 12, 1);
    vdrv_set_status(dev, 11);
    g_assert_cmphex(vdrv_status(dev) & 8, ==, 0);
    end();
    begin(",unplugged-inaccessible=off");
    g_assert_cmphex(vdrv_offered(dev) & F_INACCESSIBLE, ==, 0);
    end();
}

/* ---- resets ---- */

static void test_resets(void)
{
    begin(",requested-size=128M");
    g_assert_cmpuint(ask(PLUG, BASE, 3), ==, ACK);
    qtest_writeq(qts, BASE, 42);
    g_clear_pointer(&vq, g_free);
    start_driver(F_INACCESSIBLE); /* begins with a reset of the device */
    g_assert_cmpuint(state_of(BASE, 3), ==, 0);
    g_assert_cmphex(qtest_readq(qts, BASE), ==, 42);
    qtest_system_reset(qts);
    wait_for_size(0);
    g_assert_cmpint(info("size"), ==, 0);
    g_assert_cmpint(info("requested-size"), ==, 128 * MIB);
    g_assert_cmphex(qtest_readq(qts, BASE), ==, 0);
    end();
}

/* ---- parts that are hidden while they have no block ---- */

static void test_dynamic_memslots(void)
{
    begin(",requested-size=512M,dynamic-memslots=on");
    g_assert_cmphex(qtest_readq(qts, BASE), ==, UINT64_MAX);
    g_assert_cmpuint(ask(PLUG, BASE + 128 * MIB - BLOCK, 2), ==, ACK);
    qtest_writeq(qts, BASE + 128 * MIB, 42);
    g_assert_cmphex(qtest_readq(qts, BASE + 128 * MIB), ==, 42);
    g_assert_cmphex(qtest_readq(qts, BASE), ==, 0);
    g_assert_cmphex(qtest_readq(qts, BASE + 256 * MIB), ==, UINT64_MAX);
    g_assert_cmpuint(ask(UNPLUG, BASE + 128 * MIB - BLOCK, 1), ==, ACK);
    g_assert_cmphex(qtest_readq(qts, BASE), ==, UINT64_MAX);
    g_assert_cmphex(qtest_readq(qts, BASE + 128 * MIB), ==, 42);
    qtest_system_reset(qts);
    g_assert_cmphex(qtest_readq(qts, BASE + 128 * MIB), ==, UINT64_MAX);
    end();
}

/* ---- memory that is there at once, and comes from a file ---- */

static uint64_t file_blocks(int fd)
{
    struct stat st;

    g_assert_cmpint(fstat(fd, &st), ==, 0);
    return st.st_blocks * 512ull;
}

static void test_prealloc(void)
{
    int fd = memfd_create("virtio-mem", 0);

    g_assert_cmpint(fd, >=, 0);
    qts = qtest_initf(MACHINE "-object memory-backend-file,id=m,size=64M,share=on,"
                              "mem-path=/proc/self/fd/%d " MEM ",prealloc=on,requested-size=64M",
                      fd);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver(F_INACCESSIBLE);
    g_assert_cmpuint(file_blocks(fd), ==, 0);
    g_assert_cmpuint(ask(PLUG, BASE, 2), ==, ACK);
    g_assert_cmpuint(file_blocks(fd), ==, 2 * BLOCK);
    g_assert_cmpuint(ask(UNPLUG, BASE, 1), ==, ACK);
    g_assert_cmpuint(file_blocks(fd), ==, BLOCK);
    end();
    close(fd);
}

/* ---- saved state ---- */

static void check_saved_state(const char *more)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-virtio-mem-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    g_autofree char *args = NULL;

    begin(more);
    set_requested(256 * MIB);
    g_assert_cmpuint(ask(PLUG, BASE + 100 * BLOCK, 20), ==, ACK);
    qtest_writeq(qts, BASE + 101 * BLOCK, 42);
    qtest_save(qts, path);
    end();

    args = g_strdup_printf(MACHINE BACKEND MEM "%s", more);
    qts = qtest_load(args, path);
    g_assert_cmphex(qtest_readq(qts, BASE + 101 * BLOCK), ==, 42);
    g_assert_cmpint(info("size"), ==, 20 * BLOCK);
    g_assert_cmpint(info("requested-size"), ==, 256 * MIB);
    qtest_quit(qts);
    g_unlink(path);
    g_rmdir(dir);
}

static void test_saved_state(void)
{
    check_saved_state(",requested-size=0");
    check_saved_state(",dynamic-memslots=on");
}

/* ---- plugging the device itself ---- */

static char *error_of(QDict *response)
{
    g_autoptr(QDict) owned = response;

    return g_strdup(qdict_get_str(qdict_get_qdict(owned, "error"), "desc"));
}

static void test_hot_plug(void)
{
    g_autofree char *used = NULL;

    qts = qtest_init(MACHINE BACKEND);
    qtest_qmp_assert_success(qts,
                             "{'execute': 'device_add', 'arguments': {'driver': 'virtio-mem-pci', "
                             "'id': 'v', 'memdev': 'm', 'addr': '5', 'requested-size': %llu}}",
                             64 * MIB);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver(F_INACCESSIBLE);
    g_assert_cmpuint(ask(PLUG, BASE, 1), ==, ACK);
    used = error_of(qtest_qmp(qts, "{'execute': 'device_del', 'arguments': {'id': 'v'}}"));
    g_assert_nonnull(strstr(used, "set requested-size to 0"));
    set_requested(0);
    g_assert_cmpuint(ask(UNPLUG, BASE, 1), ==, ACK);
    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'v'}}");
    qtest_outl(qts, 0xae08, 1 << SLOT); /* what the guest's AML does: eject */
    for (bool gone = false; !gone;) {
        g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "DEVICE_DELETED");

        gone = !g_strcmp0(qdict_get_try_str(qdict_get_qdict(event, "data"), "device"), "v");
    }
    qtest_qmp_assert_success(qts, "{'execute': 'object-del', 'arguments': {'id': 'm'}}");
    end();
}

static void refused(const char *options, const char *words)
{
    g_autofree char *all = g_strconcat(MACHINE BACKEND, options, NULL);

    qtest_refused(all, words);
}

static void test_refused_configuration(void)
{
    g_autofree char *message = NULL;

    refused("-device virtio-mem-pci", "memdev= is missing");
    refused("-device virtio-mem-pci,memdev=m,block-size=3M", "a power of two");
    refused("-device virtio-mem-pci,memdev=m,requested-size=1M", "a multiple of block-size");
    refused("-device virtio-mem-pci,memdev=m,requested-size=2G", "is more than");
    refused("-device virtio-mem-pci,memdev=m,node=1", "0 NUMA nodes");
    refused("-device virtio-mem-pci,memdev=m,memaddr=0x1000", "is not a multiple");
    refused("-object memory-backend-ram,id=n,size=64M -device virtio-mem-pci,memdev=n "
            "-device virtio-mem-pci,memdev=n",
            "memdev=n is in use already");
    refused("-device virtio-mem-pci,memdev=m,unplugged-inaccessible=off,dynamic-memslots=on",
            "it needs unplugged-inaccessible=on");
    refused("-object memory-backend-ram,id=n,size=2G -device virtio-mem-pci,memdev=n",
            "not enough space");
    begin("");
    message = error_of(qtest_qmp(qts, "{'execute': 'qom-set', 'arguments': {'path': 'v', "
                                      "'property': 'requested-size', 'value': 4096}}"));
    g_assert_nonnull(strstr(message, "a multiple of block-size"));
    end();
}

/* ---- persistent memory ---- */

static void test_pmem(void)
{
    int fd = memfd_create("virtio-pmem", 0);
    uint64_t at, contents = 0;
    VdrvBuf bufs[2];
    uint32_t len;

    g_assert_cmpint(fd, >=, 0);
    qts = qtest_initf(MACHINE "-object memory-backend-file,id=m,size=64M,share=on,"
                              "mem-path=/proc/self/fd/%d "
                              "-device virtio-pmem-pci,id=v,memdev=m,addr=5",
                      fd);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver(0);
    g_assert_cmphex(vdrv_config_readq(dev, 0), ==, BASE);
    g_assert_cmphex(vdrv_config_readq(dev, 8), ==, 64 * MIB);
    g_assert_cmpint(info("memaddr"), ==, BASE);
    g_assert_cmpint(plugged_memory(), ==, 0);
    qtest_writeq(qts, BASE + 4096, 0x1122334455667788);
    at = vdrv_alloc(qts, 8);
    bufs[0] = (VdrvBuf){at, 4, false};
    bufs[1] = (VdrvBuf){at + 4, 4, true};
    for (unsigned type = 0; type < 2; type++) {
        qtest_writel(qts, at, type);
        qtest_writel(qts, at + 4, 0xff);
        vdrv_add(vq, bufs, 2);
        vdrv_kick(vq);
        vdrv_wait_used(vq, &len);
        g_assert_cmpuint(len, ==, 4);
        g_assert_cmphex(qtest_readl(qts, at + 4), ==, type); /* 0: done; others there are not */
    }
    g_assert_cmpint(pread(fd, &contents, 8, 4096), ==, 8);
    g_assert_cmphex(le64_to_cpu(contents), ==, 0x1122334455667788);
    end();
    close(fd);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-mem/configuration", test_configuration);
    g_test_add_func("/virtio-mem/plug", test_plug);
    g_test_add_func("/virtio-mem/refused-requests", test_refused_requests);
    g_test_add_func("/virtio-mem/short-request", test_short_request);
    g_test_add_func("/virtio-mem/features", test_features);
    g_test_add_func("/virtio-mem/resets", test_resets);
    g_test_add_func("/virtio-mem/dynamic-memslots", test_dynamic_memslots);
    g_test_add_func("/virtio-mem/prealloc", test_prealloc);
    g_test_add_func("/virtio-mem/saved-state", test_saved_state);
    g_test_add_func("/virtio-mem/hot-plug", test_hot_plug);
    g_test_add_func("/virtio-mem/refused-configuration", test_refused_configuration);
    g_test_add_func("/virtio-pmem/flush", test_pmem);
    return g_test_run();
}
