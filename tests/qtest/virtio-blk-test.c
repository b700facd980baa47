/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio block device: configuration, requests of all kinds and layouts, errors and what is
 * done about them, threads, saved state.
 */
#include "virtio-driver.h"
#include <glib/gstdio.h>
#include <sys/resource.h>

#define SLOT          5
#define DEVFN         QPCI_DEVFN(SLOT, 0)
#define DISK_SIZE     (8 * 1024 * 1024)
#define SECTORS       (DISK_SIZE / 512)

#define T_IN          0
#define T_OUT         1
#define T_FLUSH       4
#define T_GET_ID      8
#define T_DISCARD     11
#define T_WRITE_ZEROS 13
#define S_OK          0
#define S_IOERR       1
#define S_UNSUPP      2
#define S_NONE        0xff

#define F_RO          (1ull << 5)
#define F_FLUSH       (1ull << 9)
#define F_CONFIG_WCE  (1ull << 11)
#define F_MQ          (1ull << 12)

static QTestState *qts;
static char *image;

static void make_image(void)
{
    int fd = g_file_open_tmp("virtio-blk-XXXXXX", &image, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, DISK_SIZE), ==, 0);
    close(fd);
}

static void drop_image(void)
{
    g_unlink(image);
    g_clear_pointer(&image, g_free);
}

#define BLOCKDEV "-blockdev driver=file,node-name=d,discard=unmap,filename=%s"

static VdrvDev *begin(const char *device, bool modern, const char *options)
{
    /* In JSON it says itself where it goes. */
    const char *place = *device == '\'' ? "" : ",addr=5";

    make_image();
    qts = qtest_initf("-machine pc -nodefaults -m 128 -smp 2 %s " BLOCKDEV " -device %s%s", options,
                      image, device, place);
    return vdrv_pci_new(qts, DEVFN, modern, 0);
}

static void end(VdrvDev *dev)
{
    vdrv_free(dev);
    qtest_quit(qts);
    drop_image();
}

/* ---- requests ---- */

typedef struct Request {
    uint64_t header, data, status;
    uint32_t size;
} Request;

static Request make(uint32_t type, uint64_t sector, uint32_t size)
{
    Request r = {vdrv_alloc(qts, 16), size ? vdrv_alloc(qts, size) : 0, vdrv_alloc(qts, 1), size};

    qtest_writel(qts, r.header, type);
    qtest_writeq(qts, r.header + 8, sector);
    qtest_writeb(qts, r.status, S_NONE);
    return r;
}

static uint16_t add(VdrvQueue *vq, const Request *r, bool indirect)
{
    bool read = qtest_readl(qts, r->header) == T_IN || qtest_readl(qts, r->header) == T_GET_ID;
    VdrvBuf bufs[3] = {{r->header, 16, false}};
    unsigned n = 1;

    if (r->size) {
        bufs[n++] = (VdrvBuf){r->data, r->size, read};
    }
    bufs[n++] = (VdrvBuf){r->status, 1, true};
    return indirect ? vdrv_add_indirect(vq, bufs, n) : vdrv_add(vq, bufs, n);
}

/* One request, answered; its status. */
static uint8_t perform(VdrvQueue *vq, const Request *r, uint32_t *len)
{
    uint16_t id = add(vq, r, false);

    vdrv_kick(vq);
    g_assert_cmpuint(vdrv_wait_used(vq, len), ==, id);
    return qtest_readb(qts, r->status);
}

static uint8_t simple(VdrvQueue *vq, uint32_t type, uint64_t sector, uint32_t size)
{
    Request r = make(type, sector, size);
    uint32_t len;

    return perform(vq, &r, &len);
}

static uint8_t write_pattern(VdrvQueue *vq, uint64_t sector, uint32_t size, uint8_t pattern)
{
    Request r = make(T_OUT, sector, size);
    uint32_t len;
    uint8_t status;

    qtest_memset(qts, r.data, pattern, size);
    status = perform(vq, &r, &len);
    g_assert_cmpuint(len, ==, 1);
    return status;
}

static void check_pattern(VdrvQueue *vq, uint64_t sector, uint32_t size, uint8_t pattern)
{
    Request r = make(T_IN, sector, size);
    g_autofree uint8_t *got = g_malloc(size), *want = g_malloc(size);
    uint32_t len;

    memset(want, pattern, size);
    g_assert_cmpuint(perform(vq, &r, &len), ==, S_OK);
    g_assert_cmpuint(len, ==, size + 1);
    qtest_memread(qts, r.data, got, size);
    g_assert_cmpmem(got, size, want, size);
}

static uint8_t segment(VdrvQueue *vq, uint32_t type, uint64_t sector, uint32_t num, uint32_t flags,
                       uint32_t size)
{
    Request r = make(type, 0, size);
    uint32_t len;

    qtest_writeq(qts, r.data, sector);
    qtest_writel(qts, r.data + 8, num);
    qtest_writel(qts, r.data + 12, flags);
    return perform(vq, &r, &len);
}

/* What lies on the host. */
static void check_file(uint64_t offset, uint8_t pattern, size_t size)
{
    g_autofree uint8_t *got = g_malloc(size), *want = g_malloc(size);
    int fd = open(image, O_RDONLY);

    memset(want, pattern, size);
    g_assert_cmpint(pread(fd, got, size, offset), ==, size);
    close(fd);
    g_assert_cmpmem(got, size, want, size);
}

/* ---- all kinds of requests on all rings ---- */

typedef struct Variant {
    const char *name, *device, *options;
    bool modern;
    uint64_t features;
} Variant;

#define IOTHREAD "-object iothread,id=t0 -object iothread,id=t1"

static const Variant variants[] = {
    {"legacy", "virtio-blk-pci,drive=d", "", false, VDRV_EVENT_IDX | VDRV_INDIRECT | F_FLUSH},
    {"modern", "virtio-blk-pci,drive=d", "", true, F_FLUSH},
    {"event-idx", "virtio-blk-pci-non-transitional,drive=d", "", true,
     VDRV_EVENT_IDX | VDRV_INDIRECT | F_FLUSH | F_CONFIG_WCE},
    {"no-ioeventfd", "virtio-blk-pci,drive=d,ioeventfd=off", "", true, VDRV_EVENT_IDX},
    {"packed", "virtio-blk-pci,drive=d,packed=on", "", true,
     VDRV_PACKED | VDRV_EVENT_IDX | VDRV_INDIRECT | F_FLUSH},
    {"in-order", "virtio-blk-pci,drive=d,in_order=on", "", true, VDRV_IN_ORDER | F_FLUSH},
    {"no-merging", "virtio-blk-pci-transitional,drive=d,request-merging=off", "", true, F_FLUSH},
    {"iothread", "virtio-blk-pci,drive=d,iothread=t0", IOTHREAD, true,
     VDRV_EVENT_IDX | VDRV_INDIRECT | F_FLUSH},
    {"iothread-packed", "virtio-blk-pci,drive=d,packed=on,iothread=t0", IOTHREAD, true,
     VDRV_PACKED | VDRV_EVENT_IDX | F_FLUSH},
};

/* Neighbours in any order, in one round: they may be merged, and each gets its own. */
static void many_at_once(VdrvQueue *vq, bool indirect)
{
    static const unsigned order[] = {3, 0, 1, 7, 6, 2, 5, 4};
    Request r[8];
    uint32_t len;

    for (int i = 0; i < 8; i++) {
        r[i] = make(T_OUT, 100 + order[i] * 8, 4096);
        qtest_memset(qts, r[i].data, 0x40 + order[i], 4096);
        add(vq, &r[i], indirect);
    }
    vdrv_kick(vq);
    for (int i = 0; i < 8; i++) {
        vdrv_wait_used(vq, &len);
        g_assert_cmpuint(len, ==, 1);
    }
    for (int i = 0; i < 8; i++) {
        g_assert_cmpuint(qtest_readb(qts, r[i].status), ==, S_OK);
        check_file((100 + order[i] * 8) * 512, 0x40 + order[i], 4096);
    }
    for (int i = 0; i < 8; i++) {
        r[i] = make(T_IN, 100 + order[i] * 8, 4096);
        add(vq, &r[i], indirect);
    }
    vdrv_kick(vq);
    for (int i = 0; i < 8; i++) {
        vdrv_wait_used(vq, &len);
        g_assert_cmpuint(len, ==, 4097);
    }
    for (int i = 0; i < 8; i++) {
        g_assert_cmphex(qtest_readl(qts, r[i].data), ==, 0x01010101u * (0x40 + order[i]));
        g_assert_cmphex(qtest_readl(qts, r[i].data + 4092), ==, 0x01010101u * (0x40 + order[i]));
    }
}

static void exercise(VdrvQueue *vq, bool indirect)
{
    g_assert_cmpuint(write_pattern(vq, 16, 8192, 0x5a), ==, S_OK);
    check_pattern(vq, 16, 8192, 0x5a);
    check_pattern(vq, 32, 512, 0);
    g_assert_cmpuint(simple(vq, T_FLUSH, 0, 0), ==, S_OK);
    check_file(16 * 512, 0x5a, 8192);
    many_at_once(vq, indirect);
    g_assert_cmpuint(segment(vq, T_WRITE_ZEROS, 16, 8, 0, 16), ==, S_OK);
    check_pattern(vq, 16, 4096, 0);
    check_pattern(vq, 24, 4096, 0x5a);
    g_assert_cmpuint(segment(vq, T_WRITE_ZEROS, 24, 8, 1, 16), ==, S_OK);
    check_pattern(vq, 24, 4096, 0);
    g_assert_cmpuint(segment(vq, T_DISCARD, 100, 8, 0, 16), ==, S_OK);
}

static void test_variant(const void *data)
{
    const Variant *v = data;
    VdrvDev *dev = begin(v->device, v->modern, v->options);
    g_autofree VdrvQueue *vq = NULL;

    vdrv_start(dev, v->features);
    g_assert_cmphex(dev->features & v->features, ==, v->features);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    /* Often enough for the ring to go round. */
    for (int i = 0; i < 4; i++) {
        exercise(vq, v->features & VDRV_INDIRECT);
    }
    g_assert_cmphex(vdrv_status(dev) & VDRV_S_NEEDS_RESET, ==, 0);
    end(dev);
}

/* ---- configuration ---- */

static void test_config(void)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d,serial=4711,physical_block_size=4096,"
                         "min_io_size=8192,opt_io_size=65536,num-queues=3,queue-size=64,"
                         "discard_granularity=4096,max-discard-sectors=1000,"
                         "max-write-zeroes-sectors=2000",
                         true, "");

    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0), ==, 0x10011af4);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 0x0a), ==, 0x0100);
    g_assert_cmphex(vdrv_offered(dev) & 0xffffff, ==, 0x7e54);
    g_assert_cmpuint(vdrv_config_readq(dev, 0), ==, SECTORS);
    g_assert_cmpuint(vdrv_config_readl(dev, 12), ==, 62);
    g_assert_cmpuint(vdrv_config_readw(dev, 16), ==, SECTORS / 16 / 63);
    g_assert_cmpuint(vdrv_config_readb(dev, 18), ==, 16);
    g_assert_cmpuint(vdrv_config_readb(dev, 19), ==, 63);
    g_assert_cmpuint(vdrv_config_readl(dev, 20), ==, 512);
    g_assert_cmpuint(vdrv_config_readb(dev, 24), ==, 3);
    g_assert_cmpuint(vdrv_config_readw(dev, 26), ==, 16);
    g_assert_cmpuint(vdrv_config_readl(dev, 28), ==, 128);
    g_assert_cmpuint(vdrv_config_readb(dev, 32), ==, 1);
    g_assert_cmpuint(vdrv_config_readw(dev, 34), ==, 3);
    g_assert_cmpuint(vdrv_config_readl(dev, 36), ==, 1000);
    g_assert_cmpuint(vdrv_config_readl(dev, 40), ==, 1);
    g_assert_cmpuint(vdrv_config_readl(dev, 44), ==, 8);
    g_assert_cmpuint(vdrv_config_readl(dev, 48), ==, 2000);
    g_assert_cmpuint(vdrv_config_readl(dev, 52), ==, 1);
    g_assert_cmpuint(vdrv_config_readb(dev, 56), ==, 1);
    end(dev);

    /* Without the newer requests the space is as short as it was before them. */
    dev = begin("virtio-blk-pci,drive=d,discard=off,write-zeroes=off,config-wce=off,"
                "seg-max-adjust=off,logical_block_size=4096,num-queues=1,class=0x180",
                true, "");
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 0x0a), ==, 0x0180);
    g_assert_cmphex(vdrv_offered(dev) & 0xffffff, ==, 0x0654);
    g_assert_cmpuint(vdrv_config_readl(dev, 12), ==, 126);
    g_assert_cmpuint(vdrv_config_readb(dev, 19), ==, 56);
    g_assert_cmpuint(vdrv_config_readl(dev, 20), ==, 4096);
    g_assert_cmphex(vdrv_config_readl(dev, 36), ==, UINT32_MAX);
    end(dev);
}

static void test_get_id(void)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d,serial=a-serial-that-is-too-long", true, "");
    g_autofree VdrvQueue *vq = NULL;
    Request r;
    char id[21] = {};
    uint32_t len;

    vdrv_start(dev, 0);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    r = make(T_GET_ID, 0, 20);
    g_assert_cmpuint(perform(vq, &r, &len), ==, S_OK);
    g_assert_cmpuint(len, ==, 21);
    qtest_memread(qts, r.data, id, 20);
    g_assert_cmpstr(id, ==, "a-serial-that-is-too");
    r = make(T_GET_ID, 0, 4);
    g_assert_cmpuint(perform(vq, &r, &len), ==, S_OK);
    g_assert_cmpuint(len, ==, 5);
    end(dev);
}

/* Drivers that cannot flush get a disk that writes through. */
static void test_write_cache(void)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d", true, "");
    VdrvQueue *vq;

    vdrv_start(dev, F_FLUSH);
    vdrv_driver_ok(dev);
    g_assert_cmpuint(vdrv_config_readb(dev, 32), ==, 1);
    vdrv_start(dev, 0);
    vdrv_driver_ok(dev);
    g_assert_cmpuint(vdrv_config_readb(dev, 32), ==, 0);
    vdrv_start(dev, F_FLUSH | F_CONFIG_WCE);
    g_assert_cmpuint(vdrv_config_readb(dev, 32), ==, 1);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    vdrv_config_writeb(dev, 32, 0);
    g_assert_cmpuint(vdrv_config_readb(dev, 32), ==, 0);
    g_assert_cmpuint(write_pattern(vq, 0, 512, 1), ==, S_OK);
    vdrv_config_writeb(dev, 32, 1);
    g_assert_cmpuint(vdrv_config_readb(dev, 32), ==, 1);
    g_free(vq);
    end(dev);
}

/* The header in pieces, the status behind the data: a driver may lay it out so. */
static void test_layout(void)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d", true, "");
    g_autofree VdrvQueue *vq = NULL;
    uint64_t at;
    uint32_t len;

    vdrv_start(dev, 0);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    at = vdrv_alloc(qts, 8192);
    qtest_writel(qts, at, T_OUT);
    qtest_writeq(qts, at + 8, 40);
    qtest_memset(qts, at + 16, 0x77, 1024);
    qtest_writeb(qts, at + 4096, S_NONE);
    vdrv_add(vq,
             (VdrvBuf[]){{at, 3, false},
                         {at + 3, 13 + 100, false},
                         {at + 116, 924, false},
                         {at + 4096, 1, true}},
             4);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(qtest_readb(qts, at + 4096), ==, S_OK);
    check_pattern(vq, 40, 1024, 0x77);

    qtest_writel(qts, at, T_IN);
    qtest_writeb(qts, at + 4096 + 1024, S_NONE);
    vdrv_add(vq,
             (VdrvBuf[]){{at, 16, false}, {at + 4096, 10, true}, {at + 4096 + 10, 1014 + 1, true}},
             3);
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(len, ==, 1025);
    g_assert_cmpuint(qtest_readb(qts, at + 4096 + 1024), ==, S_OK);
    g_assert_cmphex(qtest_readl(qts, at + 4096 + 1020), ==, 0x77777777);
    end(dev);
}

/* ---- queues ---- */

static void multi_queue(const char *device, const char *options)
{
    VdrvDev *dev = begin(device, true, options);
    VdrvQueue *vqs[4];

    vdrv_start(dev, F_MQ | F_FLUSH | VDRV_RING_RESET | VDRV_EVENT_IDX);
    g_assert_cmpuint(vdrv_config_readw(dev, 34), ==, 4);
    for (int i = 0; i < 4; i++) {
        vqs[i] = vdrv_queue_new(dev, i, 32, 0);
    }
    vdrv_driver_ok(dev);
    for (int round = 0; round < 10; round++) {
        Request r[4];
        uint32_t len;

        for (int i = 0; i < 4; i++) {
            r[i] = make(T_OUT, 1000 + i * 8, 4096);
            qtest_memset(qts, r[i].data, round * 4 + i, 4096);
            add(vqs[i], &r[i], false);
            vdrv_kick(vqs[i]);
        }
        for (int i = 0; i < 4; i++) {
            vdrv_wait_used(vqs[i], &len);
            g_assert_cmpuint(qtest_readb(qts, r[i].status), ==, S_OK);
        }
        for (int i = 0; i < 4; i++) {
            check_pattern(vqs[3 - i], 1000 + i * 8, 4096, round * 4 + i);
        }
    }
    /* One queue is reset while the others work, and comes back. */
    qtest_writew(qts, dev->common + 22, 2);
    qtest_writew(qts, dev->common + 58, 1);
    g_assert_cmphex(qtest_readw(qts, dev->common + 28), ==, 0);
    g_assert_cmpuint(write_pattern(vqs[1], 50, 512, 9), ==, S_OK);
    g_free(vqs[2]);
    vqs[2] = vdrv_queue_new(dev, 2, 16, 0);
    check_pattern(vqs[2], 50, 512, 9);
    /* And all of it stops and goes on. */
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    for (int i = 0; i < 4; i++) {
        check_pattern(vqs[i], 50, 512, 9);
        g_free(vqs[i]);
    }
    end(dev);
}

static void test_multi_queue(void)
{
    multi_queue("virtio-blk-pci,drive=d,num-queues=4", "");
    multi_queue("virtio-blk-pci,drive=d,num-queues=4,iothread=t0", IOTHREAD);
    multi_queue("'{\"driver\":\"virtio-blk-pci\",\"drive\":\"d\",\"num-queues\":4,\"addr\":\"5\","
                "\"iothread-vq-mapping\":[{\"iothread\":\"t0\"},{\"iothread\":\"t1\"}]}'",
                IOTHREAD);
    multi_queue("'{\"driver\":\"virtio-blk-pci\",\"drive\":\"d\",\"num-queues\":4,\"addr\":\"5\","
                "\"iothread-vq-mapping\":[{\"iothread\":\"t0\",\"vqs\":[0,3]},"
                "{\"iothread\":\"t1\",\"vqs\":[2,1]}]}'",
                IOTHREAD);
}

/* As many queues as processors. */
static void test_auto_queues(void)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d", true, "");

    g_assert_cmpuint(vdrv_config_readw(dev, 34), ==, 2);
    g_assert_cmpuint(vdrv_queue_max(dev, 1), ==, 256);
    g_assert_cmpuint(vdrv_queue_max(dev, 2), ==, 0);
    end(dev);
}

/* ---- mistakes of drivers ---- */

static void test_refused(void)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d,logical_block_size=4096", true, "");
    g_autofree VdrvQueue *vq = NULL;
    uint32_t len;
    Request r;

    vdrv_start(dev, F_FLUSH);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    g_assert_cmpuint(simple(vq, T_IN, 1, 4096), ==, S_IOERR);
    g_assert_cmpuint(simple(vq, T_IN, 8, 512), ==, S_IOERR);
    g_assert_cmpuint(simple(vq, T_IN, SECTORS, 4096), ==, S_IOERR);
    g_assert_cmpuint(simple(vq, T_IN, SECTORS - 8, 8192), ==, S_IOERR);
    g_assert_cmpuint(simple(vq, T_IN, UINT64_MAX - 7, 4096), ==, S_IOERR);
    g_assert_cmpuint(simple(vq, T_IN, 1ull << 55, 4096), ==, S_IOERR);
    g_assert_cmpuint(simple(vq, T_OUT, SECTORS, 4096), ==, S_IOERR);
    g_assert_cmpuint(simple(vq, T_IN, SECTORS - 8, 4096), ==, S_OK);
    g_assert_cmpuint(simple(vq, 2, 0, 16), ==, S_UNSUPP);
    g_assert_cmpuint(simple(vq, 77, 0, 0), ==, S_UNSUPP);
    g_assert_cmpuint(segment(vq, T_DISCARD, 0, 8, 1, 16), ==, S_UNSUPP);
    g_assert_cmpuint(segment(vq, T_DISCARD, 0, 8, 0, 32), ==, S_UNSUPP);
    g_assert_cmpuint(segment(vq, T_DISCARD, 0, 8, 0, 20), ==, S_UNSUPP);
    g_assert_cmpuint(segment(vq, T_WRITE_ZEROS, 0, 8, 2, 16), ==, S_UNSUPP);
    g_assert_cmpuint(segment(vq, T_WRITE_ZEROS, SECTORS, 8, 0, 16), ==, S_IOERR);
    g_assert_cmpuint(segment(vq, T_WRITE_ZEROS, 0, UINT32_MAX, 0, 16), ==, S_IOERR);
    g_assert_cmpuint(segment(vq, T_DISCARD, 4, 8, 0, 16), ==, S_IOERR);
    g_assert_cmphex(vdrv_status(dev) & VDRV_S_NEEDS_RESET, ==, 0);
    /* No place for the status. */
    r = make(T_OUT, 0, 4096);
    vdrv_add(vq, (VdrvBuf[]){{r.header, 16, false}, {r.data, 4096, false}}, 2);
    vdrv_kick(vq);
    vdrv_wait_broken(dev);
    /* Half a header. */
    vdrv_start(dev, F_FLUSH);
    g_free(vq);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    g_assert_cmpuint(simple(vq, T_IN, 0, 4096), ==, S_OK);
    vdrv_add(vq, (VdrvBuf[]){{r.header, 15, false}, {r.status, 1, true}}, 2);
    vdrv_kick(vq);
    vdrv_wait_broken(dev);
    vdrv_get_used(vq, &(uint16_t){0}, &len);
    end(dev);
}

static void test_read_only(void)
{
    VdrvDev *dev;
    g_autofree VdrvQueue *vq = NULL;

    make_image();
    qts = qtest_initf("-machine pc -nodefaults -m 128 -blockdev "
                      "driver=file,node-name=d,read-only=on,filename=%s "
                      "-device virtio-blk-pci,drive=d,addr=5",
                      image);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    vdrv_start(dev, F_RO);
    g_assert_cmphex(dev->features & F_RO, ==, F_RO);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    g_assert_cmpuint(write_pattern(vq, 0, 512, 1), ==, S_IOERR);
    g_assert_cmpuint(segment(vq, T_WRITE_ZEROS, 0, 8, 0, 16), ==, S_IOERR);
    check_pattern(vq, 0, 512, 0);
    end(dev);
}

/* The file ends within the last sector: the rest reads as zeroes, and is there once written. */
static void test_odd_size(void)
{
    static const uint8_t tail[100] = {[0 ... 99] = 0x77};
    uint8_t got[512], want[512] = {0};
    g_autofree VdrvQueue *vq = NULL;
    uint32_t len;
    VdrvDev *dev;
    GStatBuf st;
    Request r;
    int fd;

    make_image();
    fd = open(image, O_WRONLY);
    g_assert_cmpint(pwrite(fd, tail, sizeof(tail), DISK_SIZE), ==, sizeof(tail));
    close(fd);
    qts = qtest_initf("-machine pc -nodefaults -m 128 -blockdev "
                      "driver=raw,node-name=d,file.driver=file,file.filename=%s "
                      "-device virtio-blk-pci,drive=d,addr=5",
                      image);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    vdrv_start(dev, F_FLUSH);
    g_assert_cmpuint(vdrv_config_readq(dev, 0), ==, SECTORS + 1);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);

    r = make(T_IN, SECTORS, sizeof(got));
    g_assert_cmpuint(perform(vq, &r, &len), ==, S_OK);
    qtest_memread(qts, r.data, got, sizeof(got));
    memcpy(want, tail, sizeof(tail));
    g_assert_cmpmem(got, sizeof(got), want, sizeof(want));
    check_pattern(vq, SECTORS - 1, 512, 0);
    g_assert_cmpuint(simple(vq, T_IN, SECTORS + 1, 512), ==, S_IOERR);

    g_assert_cmpuint(write_pattern(vq, SECTORS - 1, 1024, 0x5a), ==, S_OK);
    check_pattern(vq, SECTORS - 1, 1024, 0x5a);
    check_file(DISK_SIZE - 512, 0x5a, 1024);
    g_assert_cmpint(g_stat(image, &st), ==, 0);
    g_assert_cmpint(st.st_size, ==, DISK_SIZE + 512);
    g_assert_cmpuint(write_pattern(vq, SECTORS + 1, 512, 0x5a), ==, S_IOERR);
    end(dev);
}

/* ---- errors of the host ---- */

/* The emulator, our only child, may write so far into a file and no further. */
static void limit_file_size(rlim_t bytes)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
    g_autofree char *text = NULL;
    struct rlimit limit = {bytes, RLIM_INFINITY};

    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(prlimit(atoi(text), RLIMIT_FSIZE, &limit, NULL), ==, 0);
}

static VdrvQueue *begin_failing(VdrvDev **dev, const char *device, const char *options)
{
    VdrvQueue *vq;

    *dev = begin(device, true, options);
    vdrv_start(*dev, F_FLUSH);
    vq = vdrv_queue_new(*dev, 0, 0, 0);
    vdrv_driver_ok(*dev);
    limit_file_size(1024 * 1024);
    return vq;
}

static void check_event(const char *action)
{
    g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "BLOCK_IO_ERROR");
    const QDict *data = qdict_get_qdict(event, "data");

    g_assert_cmpstr(qdict_get_str(data, "action"), ==, action);
    g_assert_cmpstr(qdict_get_str(data, "operation"), ==, "write");
    g_assert_cmpstr(qdict_get_str(data, "node-name"), ==, "d");
}

static void test_werror(void)
{
    VdrvDev *dev;
    VdrvQueue *vq = begin_failing(&dev, "virtio-blk-pci,drive=d,werror=report", "");

    g_assert_cmpuint(write_pattern(vq, 8192, 4096, 0x11), ==, S_IOERR);
    check_event("report");
    g_assert_cmpuint(write_pattern(vq, 8, 4096, 0x11), ==, S_OK);
    g_free(vq);
    end(dev);
    /* Not out of space: told to the guest. */
    vq = begin_failing(&dev, "virtio-blk-pci,drive=d", "");
    g_assert_cmpuint(write_pattern(vq, 8192, 4096, 0x11), ==, S_IOERR);
    check_event("report");
    g_free(vq);
    end(dev);
    vq = begin_failing(&dev, "virtio-blk-pci,drive=d,werror=ignore", "");
    g_assert_cmpuint(write_pattern(vq, 8192, 4096, 0x11), ==, S_OK);
    check_event("ignore");
    g_free(vq);
    end(dev);
}

static void check_status(const char *expected)
{
    g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-status'}");

    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(response, "return"), "status"), ==, expected);
}

/* Three writes, of which two are neighbours, are kept, and done when there is room. */
static void stop_and_go_on(const char *device, const char *options, bool migrate)
{
    VdrvDev *dev;
    g_autofree VdrvQueue *vq = begin_failing(&dev, device, options);
    Request r[3];
    uint32_t len;

    for (int i = 0; i < 3; i++) {
        r[i] = make(T_OUT, i < 2 ? 8192 + i * 8 : 12000, 4096);
        qtest_memset(qts, r[i].data, 0x21 + i, 4096);
        add(vq, &r[i], false);
    }
    vdrv_kick(vq);
    check_event("stop");
    qtest_qmp_eventwait(qts, "STOP");
    check_status("io-error");
    g_assert_cmpuint(qtest_readb(qts, r[0].status), ==, S_NONE);
    if (migrate) {
        g_autofree char *file = g_strconcat(image, ".state", NULL);
        const char *status = "";

        qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}",
                                 file);
        while (strcmp(status, "completed")) {
            g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-migrate'}");

            status = qdict_get_str(qdict_get_qdict(response, "return"), "status");
            g_assert_cmpstr(status, !=, "failed");
            status = strcmp(status, "completed") ? "" : "completed";
        }
        qtest_quit(qts);
        qts = qtest_initf("-machine pc -nodefaults -m 128 -smp 2 %s " BLOCKDEV
                          " -device %s,addr=%d -incoming file:%s",
                          options, image, device, SLOT, file);
        g_unlink(file);
        dev->qts = qts;
    } else {
        /* Still no room: it stops again. */
        qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
        qtest_qmp_eventwait(qts, "STOP");
        check_status("io-error");
        limit_file_size(RLIM_INFINITY);
    }
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    for (int i = 0; i < 3; i++) {
        vdrv_wait_used(vq, &len);
        g_assert_cmpuint(len, ==, 1);
    }
    for (int i = 0; i < 3; i++) {
        g_assert_cmpuint(qtest_readb(qts, r[i].status), ==, S_OK);
        check_file(i < 2 ? (8192 + i * 8) * 512 : 12000 * 512, 0x21 + i, 4096);
    }
    end(dev);
}

static void test_stop(void)
{
    stop_and_go_on("virtio-blk-pci,drive=d,werror=stop", "", false);
    stop_and_go_on("virtio-blk-pci,drive=d,werror=stop,iothread=t0", IOTHREAD, false);
    stop_and_go_on("virtio-blk-pci,drive=d,werror=stop,packed=on", "", false);
}

static void test_state(void)
{
    stop_and_go_on("virtio-blk-pci,drive=d,werror=stop", "", true);
    stop_and_go_on("virtio-blk-pci,drive=d,werror=stop,iothread=t0", IOTHREAD, true);
}

/* A reset gives up on requests that are kept. */
static void test_reset_kept(void)
{
    VdrvDev *dev;
    VdrvQueue *vq = begin_failing(&dev, "virtio-blk-pci,drive=d,werror=stop,num-queues=1", "");
    Request r = make(T_OUT, 8192, 4096);

    add(vq, &r, false);
    vdrv_kick(vq);
    qtest_qmp_eventwait(qts, "STOP");
    qtest_system_reset(qts);
    limit_file_size(RLIM_INFINITY);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    g_free(vq);
    vdrv_free(dev);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    vdrv_start(dev, F_FLUSH);
    vq = vdrv_queue_new(dev, 0, 0, 0);
    vdrv_driver_ok(dev);
    check_pattern(vq, 8192, 4096, 0);
    g_free(vq);
    end(dev);
}

#define IO_APIC    0xfec00000ull
#define LOCAL_APIC 0xfee00000ull

/* Requests are under way while the device is reset and the machine stops. */
static void reset_busy(int rounds, bool interrupts)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d,iothread=t0", true, IOTHREAD);

    for (int round = 0; round < rounds; round++) {
        VdrvQueue *vq;

        vdrv_start(dev, F_FLUSH);
        if (interrupts) {
            vdrv_enable_msix(dev, 2);
            qtest_writel(qts, dev->msix + 16, LOCAL_APIC);
        }
        vq = vdrv_queue_new(dev, 0, 0, interrupts);
        vdrv_driver_ok(dev);
        for (int i = 0; i < 16; i++) {
            Request r = make(i & 1 ? T_IN : T_OUT, i * 64, 4096);

            add(vq, &r, false);
        }
        vdrv_kick(vq);
        if (round & 1) {
            qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
            qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
        }
        g_free(vq);
    }
    vdrv_set_status(dev, 0);
    end(dev);
}

static void test_reset_busy(void)
{
    reset_busy(20, false);
}

/* For interrupts an IOThread needs what the one that waits for it has. */
static void test_reset_interrupts(void)
{
    reset_busy(200, true);
}

/* Carries out what makes a job "j". */
static void run_job(const char *command)
{
    bool concluded = false;

    qtest_qmp_assert_success(qts, "%s", command);
    while (!concluded) {
        g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "JOB_STATUS_CHANGE");
        const char *status = qdict_get_str(qdict_get_qdict(event, "data"), "status");

        g_assert_cmpstr(status, !=, "aborting");
        concluded = !strcmp(status, "concluded");
    }
    qtest_qmp_assert_success(qts, "{'execute': 'job-dismiss', 'arguments': {'id': 'j'}}");
}

#define SNAPSHOT(command)                                                                          \
    "{'execute': '" command "', 'arguments': {'job-id': 'j', 'tag': 's', 'vmstate': 'v', "         \
    "'devices': ['v']}}"

/* What an IOThread answers while the machine stops is in the saved state, with its interrupt. */
static void test_saved_interrupt(void)
{
    VdrvDev *dev;
    VdrvQueue *vq;
    uint64_t message;
    uint32_t len;
    Request slow, fast;

    make_image();
    qts = qtest_initf(
        "-machine pc -nodefaults -m 128 " IOTHREAD " -blockdev file,node-name=f,filename=%s"
        " -blockdev null-co,node-name=d,size=1048576,read-zeroes=on,latency-ns=200000000"
        " -device virtio-blk-pci,drive=d,iothread=t0,addr=5",
        image);
    run_job("{'execute': 'blockdev-create', 'arguments': {'job-id': 'j', 'options': "
            "{'driver': 'qcow2', 'file': 'f', 'size': 1048576}}}");
    qtest_qmp_assert_success(qts, "{'execute': 'blockdev-add', 'arguments': {'driver': 'qcow2', "
                                  "'node-name': 'v', 'file': 'f'}}");
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    vdrv_start(dev, F_FLUSH);
    message = vdrv_enable_msix(dev, 2) + 4;
    vq = vdrv_queue_new(dev, 0, 0, 1);
    vdrv_driver_ok(dev);
    slow = make(T_IN, 0, 512);
    fast = make(T_GET_ID, 0, 20);
    add(vq, &slow, false);
    add(vq, &fast, false);
    qtest_writew(qts, vq->avail, 1); /* no interrupt for the one that shows that both are taken */
    vdrv_kick(vq);
    vdrv_wait_used(vq, &len);
    g_assert_cmpuint(qtest_readb(qts, fast.status), ==, S_OK);
    g_assert_cmpuint(qtest_readb(qts, slow.status), ==, S_NONE);
    qtest_writew(qts, vq->avail, 0);
    run_job(SNAPSHOT("snapshot-save"));
    run_job(SNAPSHOT("snapshot-load"));
    g_assert_cmpuint(qtest_readb(qts, slow.status), ==, S_OK);
    g_assert_cmphex(qtest_readl(qts, message), ==, 0x101);
    g_free(vq);
    end(dev);
}

/* Registers are no memory for an IOThread, which could wait for itself there. */
static void test_registers_as_buffers(void)
{
    VdrvDev *dev = begin("virtio-blk-pci,drive=d,iothread=t0", true, IOTHREAD);

    for (int i = 0; i < 2; i++) {
        Request r = make(i ? T_OUT : T_IN, 0, 512);
        VdrvQueue *vq;

        vdrv_start(dev, F_FLUSH);
        vq = vdrv_queue_new(dev, 0, 0, 0);
        vdrv_driver_ok(dev);
        r.data = IO_APIC;
        add(vq, &r, false);
        vdrv_kick(vq);
        vdrv_wait_broken(dev);
        g_free(vq);
    }
    end(dev);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* Inherited: a write beyond the limit is an error, and not the end. */
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
        g_autofree char *path = g_strdup_printf("/virtio-blk/requests/%s", variants[i].name);
        g_test_add_data_func(path, &variants[i], test_variant);
    }
    g_test_add_func("/virtio-blk/config", test_config);
    g_test_add_func("/virtio-blk/get-id", test_get_id);
    g_test_add_func("/virtio-blk/write-cache", test_write_cache);
    g_test_add_func("/virtio-blk/layout", test_layout);
    g_test_add_func("/virtio-blk/multi-queue", test_multi_queue);
    g_test_add_func("/virtio-blk/auto-queues", test_auto_queues);
    g_test_add_func("/virtio-blk/refused", test_refused);
    g_test_add_func("/virtio-blk/read-only", test_read_only);
    g_test_add_func("/virtio-blk/odd-size", test_odd_size);
    g_test_add_func("/virtio-blk/werror", test_werror);
    g_test_add_func("/virtio-blk/stop", test_stop);
    g_test_add_func("/virtio-blk/state", test_state);
    g_test_add_func("/virtio-blk/reset-kept", test_reset_kept);
    g_test_add_func("/virtio-blk/reset-busy", test_reset_busy);
    g_test_add_func("/virtio-blk/reset-interrupts", test_reset_interrupts);
    g_test_add_func("/virtio-blk/saved-interrupt", test_saved_interrupt);
    g_test_add_func("/virtio-blk/registers-as-buffers", test_registers_as_buffers);
    return g_test_run();
}
