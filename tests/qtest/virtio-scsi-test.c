/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SCSI disks and CD drives behind the virtio adapter: commands, task management, events, saved
 * state. */
#include "virtio-driver.h"
#include "qemu/bswap.h"
#include "qobject/qlist.h"
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SLOT         5
#define DEVFN        QPCI_DEVFN(SLOT, 0)
#define DISK         (4 * 1024 * 1024)

#define S_OVERRUN    1
#define S_BAD_TARGET 3
#define S_REJECTED   11
#define S_INCORRECT  12

static QTestState *qts;
static VdrvDev *dev;
static VdrvQueue *ctrl, *event, *cmd;
static char *disk;

/* The answer to the last command. */
static struct {
    uint8_t response, status, sense[96];
    uint32_t sense_len, residual, len;
} answer;

static void start_driver(uint64_t features)
{
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    vdrv_start(dev, features);
    ctrl = vdrv_queue_new(dev, 0, 0, 0);
    event = vdrv_queue_new(dev, 1, 0, 0);
    cmd = vdrv_queue_new(dev, 2, 0, 0);
    vdrv_driver_ok(dev);
}

/* @more: of the adapter; @devices: after it. */
static void begin(const char *more, const char *devices)
{
    qts = qtest_initf("-machine pc -nodefaults -m 128 -object iothread,id=io "
                      "-drive file=%s,if=none,id=d,format=raw,discard=unmap "
                      "-device virtio-scsi-pci,id=s,addr=%d%s %s",
                      disk, SLOT, more, devices);
    start_driver(VDRV_EVENT_IDX | 2 | 4);
}

static void end(void)
{
    g_clear_pointer(&ctrl, g_free);
    g_clear_pointer(&event, g_free);
    g_clear_pointer(&cmd, g_free);
    vdrv_free(dev);
    qtest_quit(qts);
}

/* ---- commands ---- */

typedef struct Address {
    uint8_t target;
    uint16_t lun;
} Address;

static const Address first = {0, 0};

static uint16_t add(Address a, uint64_t tag, const uint8_t *cdb, size_t cdb_len, uint64_t data,
                    uint32_t len, bool in, uint64_t resp)
{
    uint8_t header[51] = {1, a.target, 0x40 | a.lun >> 8, a.lun};
    uint64_t at = vdrv_alloc(qts, 64);
    VdrvBuf bufs[4] = {{at, sizeof(header), false}};
    int n = 1;

    stq_le_p(header + 8, tag);
    memcpy(header + 19, cdb, cdb_len);
    qtest_memwrite(qts, at, header, sizeof(header));
    if (len && !in) {
        bufs[n++] = (VdrvBuf){data, len, false};
    }
    bufs[n++] = (VdrvBuf){resp, 108, true};
    if (len && in) {
        bufs[n++] = (VdrvBuf){data, len, true};
    }
    return vdrv_add(cmd, bufs, n);
}

static void get_answer(uint64_t resp, uint32_t len)
{
    answer.sense_len = qtest_readl(qts, resp);
    answer.residual = qtest_readl(qts, resp + 4);
    answer.status = qtest_readb(qts, resp + 10);
    answer.response = qtest_readb(qts, resp + 11);
    answer.len = len;
    qtest_memread(qts, resp + 12, answer.sense, sizeof(answer.sense));
}

static uint8_t run_at(Address a, const uint8_t *cdb, size_t cdb_len, uint64_t data, uint32_t len,
                      bool in)
{
    uint64_t resp = vdrv_alloc(qts, 128);
    uint32_t used;
    uint16_t id = add(a, 1, cdb, cdb_len, data, len, in, resp);

    vdrv_kick(cmd);
    g_assert_cmpuint(vdrv_wait_used(cmd, &used), ==, id);
    get_answer(resp, used);
    return answer.status;
}

#define CDB(...)                (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})
#define run(cdb, data, len, in) run_at(first, cdb, data, len, in)

static void check_sense(uint8_t key, uint8_t asc)
{
    g_assert_cmphex(answer.status, ==, 2);
    g_assert_cmphex(answer.sense_len, ==, 18);
    g_assert_cmphex(answer.sense[0], ==, 0x70);
    g_assert_cmphex(answer.sense[2], ==, key);
    g_assert_cmphex(answer.sense[12], ==, asc);
}

/* The first command learns of the reset. */
static void clear_attention(Address a)
{
    run_at(a, CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
    check_sense(6, 0x29);
    run_at(a, CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
}

static void begin_disk(const char *more)
{
    g_autofree char *device = g_strdup_printf("-device scsi-hd,drive=d,serial=abc%s", more);

    begin("", device);
    clear_attention(first);
}

/* ---- what devices say of themselves ---- */

static void test_inquiry(void)
{
    uint64_t buf;
    char text[29] = "";

    begin("", "-device scsi-hd,drive=d,serial=abc,wwn=0x5000c50015ea71ac,id=a");
    buf = vdrv_alloc(qts, 4096);
    /* A unit attention does not keep INQUIRY from being answered. */
    g_assert_cmphex(run(CDB(0x12, 0, 0, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmpuint(answer.residual, ==, 255 - 36);
    qtest_memread(qts, buf + 8, text, 28);
    g_assert_cmpstr(text, ==, "QEMU    QEMU HARDDISK   2.5+");
    clear_attention(first);
    g_assert_cmphex(run(CDB(0x12, 1, 0, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmphex(qtest_readl(qts, buf + 4), ==, 0xb0838000);
    g_assert_cmphex(run(CDB(0x12, 1, 0x80, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmphex(qtest_readl(qts, buf + 3), ==, 0x63626103);
    g_assert_cmphex(run(CDB(0x12, 1, 0x83, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmphex(qtest_readb(qts, buf + 3), ==, 7 + 12);
    g_assert_cmphex(run(CDB(0x12, 1, 0xb0, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmphex(bswap32(qtest_readl(qts, buf + 20)), ==, 0x40000000 / 512);
    g_assert_cmphex(run(CDB(0x12, 1, 0xb2, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmphex(qtest_readb(qts, buf + 5), ==, 0xe0);
    run(CDB(0x12, 1, 0xee, 0, 255, 0), buf, 255, true);
    check_sense(5, 0x24);
    /* Shorter than it is. */
    g_assert_cmphex(run(CDB(0x12, 0, 0, 0, 5, 0), buf, 5, true), ==, 0);
    g_assert_cmpuint(answer.residual, ==, 0);
    end();
}

static void test_capacity_and_luns(void)
{
    uint64_t buf;

    begin("", "-device scsi-hd,drive=d,lun=300,scsi-id=7 -device scsi-cd,scsi-id=7,lun=2");
    buf = vdrv_alloc(qts, 4096);
    clear_attention((Address){7, 300});
    g_assert_cmphex(run_at((Address){7, 300}, CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), buf, 8, true),
                    ==, 0);
    g_assert_cmpuint(bswap32(qtest_readl(qts, buf)), ==, DISK / 512 - 1);
    g_assert_cmphex(run_at((Address){7, 300},
                           CDB(0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0), buf, 32,
                           true),
                    ==, 0);
    g_assert_cmpuint(bswap64(qtest_readq(qts, buf)), ==, DISK / 512 - 1);
    g_assert_cmphex(qtest_readb(qts, buf + 14), ==, 0x80);
    /* Unit 0 is not there, but the target is, and lists the others. */
    g_assert_cmphex(
        run_at((Address){7, 0}, CDB(0xa0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0), buf, 256, true), ==, 0);
    g_assert_cmpuint(bswap32(qtest_readl(qts, buf)), ==, 24);
    g_assert_cmphex(qtest_readw(qts, buf + 16), ==, 0x0200);
    g_assert_cmphex(qtest_readw(qts, buf + 24), ==, 0x2c41);
    g_assert_cmphex(run_at((Address){7, 0}, CDB(0x12, 0, 0, 0, 36, 0), buf, 36, true), ==, 0);
    g_assert_cmphex(qtest_readb(qts, buf), ==, 0x7f);
    run_at((Address){7, 0}, CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
    check_sense(5, 0x25);
    run_at((Address){8, 0}, CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
    g_assert_cmphex(answer.response, ==, S_BAD_TARGET);
    end();
}

static void test_mode_pages(void)
{
    uint64_t buf;

    begin_disk("");
    buf = vdrv_alloc(qts, 4096);
    g_assert_cmphex(run(CDB(0x1a, 0, 8, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmphex(qtest_readb(qts, buf + 2), ==, 0x10);
    g_assert_cmphex(qtest_readb(qts, buf + 3), ==, 8);
    g_assert_cmphex(qtest_readb(qts, buf + 14), ==, 4);
    /* The cache off, and everything else as it was. */
    qtest_memset(qts, buf, 0, 64);
    qtest_writeb(qts, buf + 4, 8);
    qtest_writeb(qts, buf + 5, 0x12);
    g_assert_cmphex(run(CDB(0x15, 0x10, 0, 0, 24, 0), buf, 24, false), ==, 0);
    g_assert_cmphex(run(CDB(0x5a, 8, 8, 0, 0, 0, 0, 0, 255, 0), buf, 255, true), ==, 0);
    g_assert_cmphex(qtest_readb(qts, buf + 10), ==, 0);
    qtest_memset(qts, buf, 0, 64);
    qtest_writeb(qts, buf + 4, 8);
    qtest_writeb(qts, buf + 5, 0x12);
    qtest_writeb(qts, buf + 7, 0x80);
    run(CDB(0x15, 0x10, 0, 0, 24, 0), buf, 24, false);
    check_sense(5, 0x26);
    run(CDB(0x15, 0x10, 0, 0, 13, 0), buf, 13, false);
    check_sense(5, 0x1a);
    g_assert_cmphex(run(CDB(0x1a, 0, 0x3f, 0, 255, 0), buf, 255, true), ==, 0);
    run(CDB(0x1a, 0, 0xff, 0, 255, 0), buf, 255, true);
    check_sense(5, 0x39);
    end();
}

/* ---- data ---- */

static void fill(uint64_t addr, uint8_t first_byte, size_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    for (size_t i = 0; i < size; i++) {
        data[i] = first_byte + i / 512 + i % 7;
    }
    qtest_memwrite(qts, addr, data, size);
}

static bool same(uint64_t a, uint64_t b, size_t size)
{
    g_autofree uint8_t *x = g_malloc(size), *y = g_malloc(size);

    qtest_memread(qts, a, x, size);
    qtest_memread(qts, b, y, size);
    return !memcmp(x, y, size);
}

static void exercise_data(void)
{
    uint64_t a = vdrv_alloc(qts, 65536), b = vdrv_alloc(qts, 65536);

    fill(a, 1, 65536);
    g_assert_cmphex(run(CDB(0x2a, 0, 0, 0, 0, 8, 0, 0, 128, 0), a, 65536, false), ==, 0);
    g_assert_cmphex(run(CDB(0x28, 8, 0, 0, 0, 8, 0, 0, 128, 0), b, 65536, true), ==, 0);
    g_assert_cmpuint(answer.len, ==, 108 + 65536);
    g_assert(same(a, b, 65536));
    g_assert_cmphex(run(CDB(8, 0, 0, 9, 2, 0), b, 1024, true), ==, 0);
    g_assert(same(a + 512, b, 1024));
    g_assert_cmphex(run(CDB(0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 200, 0, 0, 0, 1, 0, 0), a, 512, false),
                    ==, 0);
    g_assert_cmphex(run(CDB(0xa8, 0, 0, 0, 0, 200, 0, 0, 0, 1, 0, 0), b, 512, true), ==, 0);
    g_assert(same(a, b, 512));
    /* More room than data, and less. */
    g_assert_cmphex(run(CDB(0x28, 0, 0, 0, 0, 8, 0, 0, 1, 0), b, 4096, true), ==, 0);
    g_assert_cmpuint(answer.residual, ==, 4096 - 512);
    run(CDB(0x2a, 0, 0, 0, 0, 8, 0, 0, 2, 0), a, 512, false);
    g_assert_cmphex(answer.response, ==, S_OVERRUN);
    run(CDB(0x28, 0, 0, 0, 0, 8, 0, 0, 2, 0), b, 512, true);
    check_sense(5, 0x24);
    run(CDB(0x28, 0, 0, 0, 32, 0, 0, 0, 1, 0), b, 512, true);
    check_sense(5, 0x21);
    run(CDB(0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0), b, 65536, true);
    check_sense(5, 0x21);
}

static void test_data(void)
{
    begin_disk("");
    exercise_data();
    end();
}

/* The same with queues in a thread of their own. */
static void test_iothread(void)
{
    begin(",iothread=io,num_queues=2", "-device scsi-hd,drive=d");
    clear_attention(first);
    exercise_data();
    end();
}

static void test_other_writes(void)
{
    uint64_t a, b;

    begin_disk("");
    a = vdrv_alloc(qts, 8192);
    b = vdrv_alloc(qts, 8192);
    fill(a, 3, 8192);
    g_assert_cmphex(run(CDB(0x2a, 0, 0, 0, 0, 0, 0, 0, 16, 0), a, 8192, false), ==, 0);
    g_assert_cmphex(run(CDB(0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0), 0, 0, false), ==, 0);
    g_assert_cmphex(run(CDB(0x2f, 2, 0, 0, 0, 0, 0, 0, 16, 0), a, 8192, false), ==, 0);
    qtest_writeb(qts, a + 8191, qtest_readb(qts, a + 8191) ^ 1);
    run(CDB(0x2f, 2, 0, 0, 0, 0, 0, 0, 16, 0), a, 8192, false);
    check_sense(0xe, 0x1d);
    /* Compare the first block and write the second in its place; the second time it differs. */
    g_assert_cmphex(run(CDB(0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0), a, 1024, false), ==,
                    0);
    run(CDB(0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0), a, 1024, false);
    check_sense(0xe, 0x1d);
    g_assert_cmphex(run(CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0), b, 512, true), ==, 0);
    g_assert(same(a + 512, b, 512));
    /* One block over and over; zeroes; a range unmapped. */
    g_assert_cmphex(run(CDB(0x41, 0, 0, 0, 0, 0, 0, 0, 3, 0), a, 512, false), ==, 0);
    g_assert_cmphex(run(CDB(0x28, 0, 0, 0, 0, 2, 0, 0, 1, 0), b, 512, true), ==, 0);
    g_assert(same(a, b, 512));
    g_assert_cmphex(run(CDB(0x93, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0), 0, 0, false), ==,
                    0);
    qtest_memset(qts, b, 0, 64);
    qtest_writew(qts, b, bswap16(22));
    qtest_writew(qts, b + 2, bswap16(16));
    qtest_writel(qts, b + 16, bswap32(1));
    g_assert_cmphex(run(CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0), b, 24, false), ==, 0);
    g_assert_cmphex(run(CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 3, 0), b, 1536, true), ==, 0);
    for (int i = 0; i < 1536; i += 8) {
        g_assert_cmphex(qtest_readq(qts, b + i), ==, 0);
    }
    qtest_memset(qts, b, 0, 64);
    qtest_writew(qts, b, bswap16(22));
    qtest_writew(qts, b + 2, bswap16(32)); /* more than there is */
    run(CDB(0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0), b, 24, false);
    check_sense(5, 0x1a);
    run(CDB(0x41, 0, 0, 0, 0, 0, 0, 0, 0, 0), a, 512, false);
    check_sense(5, 0x24);
    run(CDB(0xc5), 0, 0, false);
    check_sense(5, 0x20);
    end();
}

static void test_read_only(void)
{
    qts = qtest_initf("-machine pc -nodefaults -m 128 "
                      "-drive file=%s,if=none,id=d,format=raw,readonly=on "
                      "-device virtio-scsi-pci,id=s,addr=%d -device scsi-hd,drive=d",
                      disk, SLOT);
    start_driver(0);
    clear_attention(first);
    run(CDB(0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0), vdrv_alloc(qts, 512), 512, false);
    check_sense(7, 0x27);
    end();
}

/* ---- CD ---- */

static void test_cd(void)
{
    uint64_t buf;

    begin("", "-device scsi-cd,drive=d,id=cd");
    buf = vdrv_alloc(qts, 4096);
    clear_attention(first);
    g_assert_cmphex(run(CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), buf, 8, true), ==, 0);
    g_assert_cmpuint(bswap32(qtest_readl(qts, buf)), ==, DISK / 2048 - 1);
    g_assert_cmphex(run(CDB(0x43, 2, 0, 0, 0, 0, 0, 0, 64, 0), buf, 64, true), ==, 0);
    g_assert_cmphex(qtest_readw(qts, buf), ==, 0x1200);
    g_assert_cmphex(qtest_readb(qts, buf + 14), ==, 0xaa);
    g_assert_cmphex(run(CDB(0x46, 0, 0, 0, 0, 0, 0, 0, 64, 0), buf, 64, true), ==, 0);
    g_assert_cmphex(qtest_readw(qts, buf + 6), ==, 0x0800);
    run(CDB(0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0), buf, 2048, false);
    check_sense(5, 0x20);
    /* Locked, the tray stays shut; unlocked, it opens, and there is no medium. */
    g_assert_cmphex(run(CDB(0x1e, 0, 0, 0, 1, 0), 0, 0, false), ==, 0);
    run(CDB(0x1b, 0, 0, 0, 2, 0), 0, 0, false);
    check_sense(5, 0x53);
    g_assert_cmphex(run(CDB(0x1e, 0, 0, 0, 0, 0), 0, 0, false), ==, 0);
    g_assert_cmphex(run(CDB(0x1b, 0, 0, 0, 2, 0), 0, 0, false), ==, 0);
    qtest_qmp_eventwait(qts, "DEVICE_TRAY_MOVED");
    run(CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
    check_sense(2, 0x3a);
    g_assert_cmphex(run(CDB(0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8, 0), buf, 8, true), ==, 0);
    g_assert_cmphex(qtest_readb(qts, buf + 5), ==, 1);
    g_assert_cmphex(run(CDB(0x1b, 0, 0, 0, 3, 0), 0, 0, false), ==, 0);
    g_assert_cmphex(run(CDB(0, 0, 0, 0, 0, 0), 0, 0, false), ==, 0);
    end();
}

static void test_empty_cd(void)
{
    begin("", "-device scsi-cd,id=cd");
    clear_attention(first);
    run(CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
    check_sense(2, 0x3a);
    end();
}

/* ---- task management ---- */

static uint8_t tmf(uint32_t type, uint32_t subtype, Address a, uint64_t tag)
{
    uint64_t at = vdrv_alloc(qts, 64), resp = vdrv_alloc(qts, 64);
    VdrvBuf bufs[] = {{at, 24, false}, {resp, 5, true}};
    uint32_t len;
    uint16_t id;

    qtest_writel(qts, at, type);
    qtest_writel(qts, at + 4, subtype);
    qtest_writel(qts, at + 8,
                 1 | a.target << 8 | (0x40 | a.lun >> 8) << 16 | (uint32_t)a.lun << 24);
    qtest_writel(qts, at + 12, 0);
    qtest_writeq(qts, at + 16, tag);
    id = vdrv_add(ctrl, bufs, 2);
    vdrv_kick(ctrl);
    g_assert_cmpuint(vdrv_wait_used(ctrl, &len), ==, id);
    return qtest_readb(qts, resp);
}

static void test_tmf(void)
{
    begin_disk("");
    g_assert_cmphex(tmf(0, 0, first, 77), ==, 0); /* nothing to abort */
    g_assert_cmphex(tmf(0, 6, first, 77), ==, 0); /* nor to be found */
    g_assert_cmphex(tmf(0, 1, first, 0), ==, 0);
    g_assert_cmphex(tmf(0, 5, (Address){0, 9}, 0), ==, S_INCORRECT);
    g_assert_cmphex(tmf(0, 5, (Address){9, 0}, 0), ==, S_BAD_TARGET);
    g_assert_cmphex(tmf(0, 2, first, 0), ==, S_REJECTED);
    g_assert_cmphex(tmf(0, 5, first, 0), ==, 0);
    clear_attention(first);
    g_assert_cmphex(tmf(0, 4, first, 0), ==, 0);
    clear_attention(first);
    tmf(1, 0, first, 0);
    end();
}

/* ---- events ---- */

static void expect_event(uint64_t buf, uint32_t what, uint32_t reason)
{
    uint32_t len;

    vdrv_wait_used(event, &len);
    g_assert_cmpuint(len, ==, 16);
    g_assert_cmphex(qtest_readl(qts, buf), ==, what);
    g_assert_cmphex(qtest_readb(qts, buf + 5), ==, 3);
    g_assert_cmphex(qtest_readl(qts, buf + 12), ==, reason);
}

static void test_hotplug(void)
{
    VdrvBuf buf;

    begin("", "");
    buf = (VdrvBuf){vdrv_alloc(qts, 64), 16, true};
    vdrv_add(event, &buf, 1);
    vdrv_kick(event);
    qtest_qmp_assert_success(qts, "{'execute': 'device_add', 'arguments': {'driver': 'scsi-hd', "
                                  "'drive': 'd', 'id': 'x', 'bus': 's.0', 'scsi-id': 3}}");
    expect_event(buf.addr, 1, 1);
    clear_attention((Address){3, 0});
    vdrv_add(event, &buf, 1);
    vdrv_kick(event);
    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'x'}}");
    expect_event(buf.addr, 1, 2);
    run_at((Address){3, 0}, CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
    g_assert_cmphex(answer.response, ==, S_BAD_TARGET);
    end();
}

static void test_resize(void)
{
    VdrvBuf buf;

    begin("", "-device scsi-hd,drive=d,scsi-id=3");
    clear_attention((Address){3, 0});
    buf = (VdrvBuf){vdrv_alloc(qts, 64), 16, true};
    vdrv_add(event, &buf, 1);
    vdrv_kick(event);
    qtest_qmp_assert_success(
        qts, "{'execute': 'block_resize', 'arguments': {'device': 'd', 'size': %d}}", DISK * 2);
    expect_event(buf.addr, 3, 0x2a | 9 << 8);
    run_at((Address){3, 0}, CDB(0, 0, 0, 0, 0, 0), 0, 0, false);
    check_sense(6, 0x2a);
    qtest_qmp_assert_success(
        qts, "{'execute': 'block_resize', 'arguments': {'device': 'd', 'size': %d}}", DISK);
    end();
}

/* ---- state ---- */

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

/* A command that waits for space is saved with the adapter's queue, and answered by the next
 * machine. */
static void test_state(void)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("qtest-scsi-XXXXXX", &file, NULL);
    uint64_t a, b, resp;
    uint32_t len;

    close(fd);
    begin_disk("");
    a = vdrv_alloc(qts, 4096);
    b = vdrv_alloc(qts, 4096);
    resp = vdrv_alloc(qts, 128);
    fill(a, 5, 4096);
    g_assert_cmphex(run(CDB(0x2a, 0, 0, 0, 0, 1, 0, 0, 8, 0), a, 4096, false), ==, 0);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    add(first, 5, CDB(0x28, 0, 0, 0, 0, 1, 0, 0, 8, 0), b, 4096, true, resp);
    vdrv_kick(cmd);
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", file);
    wait_saved();
    qtest_quit(qts);
    qts = qtest_initf("-machine pc -nodefaults -m 128 -object iothread,id=io "
                      "-drive file=%s,if=none,id=d,format=raw -device virtio-scsi-pci,id=s,addr=%d "
                      "-device scsi-hd,drive=d,serial=abc -incoming file:%s",
                      disk, SLOT, file);
    dev->qts = qts;
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    vdrv_wait_used(cmd, &len);
    get_answer(resp, len);
    g_assert_cmphex(answer.status, ==, 0);
    g_assert(same(a, b, 4096));
    /* Nothing of a reset: no unit attention. */
    g_assert_cmphex(run(CDB(0, 0, 0, 0, 0, 0), 0, 0, false), ==, 0);
    g_unlink(file);
    end();
}

/* ---- hostile drivers ---- */

static void test_random_commands(void)
{
    GRand *rand = g_rand_new_with_seed(815);
    uint64_t buf;

    begin("", "-device scsi-hd,drive=d -device scsi-cd,scsi-id=1");
    clear_attention(first);
    buf = vdrv_alloc(qts, 65536);
    for (int i = 0; i < 3000; i++) {
        uint8_t cdb[32];
        uint32_t len = g_rand_boolean(rand) ? g_rand_int_range(rand, 0, 4096) : 0;

        for (size_t j = 0; j < sizeof(cdb); j++) {
            cdb[j] = g_rand_boolean(rand) ? 0 : g_rand_int(rand);
        }
        run_at((Address){g_rand_boolean(rand), 0}, cdb, sizeof(cdb), buf, len,
               g_rand_boolean(rand));
        if (i % 500 == 499) {
            qtest_clock_step(qts, 1000);
        }
    }
    g_rand_free(rand);
    g_assert_cmphex(tmf(0, 5, first, 0), ==, 0);
    clear_attention(first);
    end();
}

static void broken_by(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n)
{
    vdrv_add(vq, bufs, n);
    vdrv_kick(vq);
    vdrv_wait_broken(dev);
}

static void test_bad_requests(void)
{
    VdrvBuf bufs[2];

    begin_disk("");
    bufs[0] = (VdrvBuf){vdrv_alloc(qts, 64), 50, false};
    bufs[1] = (VdrvBuf){vdrv_alloc(qts, 128), 108, true};
    broken_by(cmd, bufs, 2);
    end();
    begin_disk("");
    bufs[0] = (VdrvBuf){vdrv_alloc(qts, 64), 51, false};
    bufs[1] = (VdrvBuf){vdrv_alloc(qts, 128), 107, true};
    broken_by(cmd, bufs, 2);
    end();
    begin_disk("");
    bufs[0] = (VdrvBuf){vdrv_alloc(qts, 64), 3, false};
    broken_by(ctrl, bufs, 1);
    end();
}

/* ---- the host's devices ---- */

/* The library that makes /dev/null one; only the emulator has it. */
static void begin_host_device(const char *device)
{
    g_setenv("LD_PRELOAD", g_getenv("QTEST_FAKE_SG"), true);
    qts = qtest_initf("-machine pc -nodefaults -m 128 "
                      "-blockdev host_device,filename=/dev/null,node-name=h,locking=off "
                      "-device virtio-scsi-pci,id=s,addr=%d -device %s,drive=h",
                      SLOT, device);
    g_unsetenv("LD_PRELOAD");
    start_driver(0);
}

static void test_generic(void)
{
    uint64_t a, b;
    char text[29] = "";

    begin_host_device("scsi-generic");
    a = vdrv_alloc(qts, 8192);
    b = vdrv_alloc(qts, 8192);
    clear_attention(first);
    g_assert_cmphex(run(CDB(0x12, 0, 0, 0, 255, 0), b, 255, true), ==, 0);
    g_assert_cmpuint(answer.residual, ==, 255 - 36);
    qtest_memread(qts, b + 8, text, 28);
    g_assert_cmpstr(text, ==, "FAKE    SCSI DISK       1.0 ");
    fill(a, 11, 8192);
    g_assert_cmphex(run(CDB(0x2a, 0, 0, 0, 0, 40, 0, 0, 16, 0), a, 8192, false), ==, 0);
    g_assert_cmphex(run(CDB(0x28, 0, 0, 0, 0, 40, 0, 0, 16, 0), b, 8192, true), ==, 0);
    g_assert(same(a, b, 8192));
    run(CDB(0x28, 0, 0, 0, 0xff, 0xff, 0, 0, 16, 0), b, 8192, true);
    check_sense(5, 0x21);
    run(CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 8, 0), b, 8, true);
    check_sense(5, 0x20);
    /* More than the host can do at once is not told. */
    g_assert_cmphex(run(CDB(0x12, 1, 0xb0, 0, 64, 0), b, 64, true), ==, 0);
    g_assert_cmphex(qtest_readl(qts, b + 8), !=, UINT32_MAX);
    end();
}

static void test_block(void)
{
    uint64_t b;

    begin_host_device("scsi-block");
    b = vdrv_alloc(qts, 4096);
    clear_attention(first);
    g_assert_cmphex(run(CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), b, 8, true), ==, 0);
    g_assert_cmpuint(bswap32(qtest_readl(qts, b)), ==, 2047);
    run(CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 8, 0), b, 8, true);
    check_sense(5, 0x20);
    /* Blocks are read by the block layer, to which it is as empty as it is. */
    run(CDB(0x28, 0, 0, 0, 0, 40, 0, 0, 1, 0), b, 512, true);
    check_sense(5, 0x21);
    end();
}

/* ---- persistent reservations by a helper ---- */

static char *helper_path;
static uint8_t helper_parameters[64];

static void helper_send(int fd, const void *data, size_t size)
{
    g_assert_cmpint(send(fd, data, size, MSG_NOSIGNAL), ==, size);
}

/* The command, or false at the end of the connection. The device's descriptor comes with it. */
static bool helper_receive(int fd, uint8_t cdb[16])
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {cdb, 16};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    ssize_t n = recvmsg(fd, &msg, MSG_WAITALL);
    struct cmsghdr *c;
    struct stat st;
    int device;

    if (n <= 0) {
        return false;
    }
    g_assert_cmpint(n, ==, 16);
    c = CMSG_FIRSTHDR(&msg);
    g_assert_nonnull(c);
    g_assert_cmpint(c->cmsg_type, ==, SCM_RIGHTS);
    memcpy(&device, CMSG_DATA(c), sizeof(int));
    g_assert_cmpint(fstat(device, &st), ==, 0);
    g_assert_true(S_ISCHR(st.st_mode));
    close(device);
    return true;
}

/* READ KEYS gives a key; READ RESERVATION is refused; REPORT CAPABILITIES ends the connection. */
static bool helper_answer(int fd, const uint8_t cdb[16])
{
    uint8_t head[8 + 96] = {}, data[16] = {0, 0, 0, 1, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};

    if (cdb[0] == 0x5f) {
        uint32_t size = ldl_be_p(cdb + 5);

        g_assert_cmpuint(size, <=, sizeof(helper_parameters));
        g_assert_cmpint(recv(fd, helper_parameters, size, MSG_WAITALL), ==, size);
        helper_send(fd, head, sizeof(head));
    } else if (cdb[1] == 0) {
        stl_be_p(head + 4, sizeof(data));
        helper_send(fd, head, sizeof(head));
        helper_send(fd, data, sizeof(data));
    } else if (cdb[1] == 1) {
        stl_be_p(head, 2);
        memcpy(head + 8, (uint8_t[]){0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24}, 13);
        helper_send(fd, head, sizeof(head));
    } else {
        return false;
    }
    return true;
}

static void *helper(void *opaque)
{
    int listener = GPOINTER_TO_INT(opaque), fd;

    while ((fd = accept(listener, NULL, NULL)) >= 0) {
        uint32_t features = 0;
        uint8_t cdb[16];

        helper_send(fd, &features, 4);
        g_assert_cmpint(recv(fd, &features, 4, MSG_WAITALL), ==, 4);
        g_assert_cmphex(features, ==, 0);
        while (helper_receive(fd, cdb) && helper_answer(fd, cdb)) {
        }
        close(fd);
    }
    return NULL;
}

static int helper_listen(void)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    helper_path = g_strdup_printf("%s.pr", disk);
    g_strlcpy(addr.sun_path, helper_path, sizeof(addr.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), ==, 0);
    g_assert_cmpint(listen(fd, 1), ==, 0);
    return fd;
}

static void check_connected(bool connected)
{
    g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-pr-managers'}");
    QDict *info = qobject_to(QDict, qlist_peek(qdict_get_qlist(response, "return")));

    g_assert_cmpstr(qdict_get_str(info, "id"), ==, "pr");
    g_assert_true(qdict_get_bool(info, "connected") == connected);
}

static void test_reservations(const void *device)
{
    int listener = helper_listen();
    GThread *thread = g_thread_new("helper", helper, GINT_TO_POINTER(listener));
    uint8_t parameters[24] = {[15] = 0x77};
    uint64_t b;

    g_setenv("LD_PRELOAD", g_getenv("QTEST_FAKE_SG"), true);
    qts = qtest_initf(
        "-machine pc -nodefaults -m 128 -object pr-manager-helper,id=pr,path=%s "
        "-blockdev host_device,filename=/dev/null,node-name=h,locking=off,pr-manager=pr "
        "-device virtio-scsi-pci,id=s,addr=%d -device %s,drive=h",
        helper_path, SLOT, (const char *)device);
    g_unsetenv("LD_PRELOAD");
    start_driver(0);
    b = vdrv_alloc(qts, 4096);
    clear_attention(first);
    check_connected(true);
    g_assert_cmphex(run(CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 64, 0), b, 64, true), ==, 0);
    g_assert_cmpuint(answer.residual, ==, 48);
    g_assert_cmphex(bswap64(qtest_readq(qts, b + 8)), ==, 0x0102030405060708);
    g_assert_cmphex(run(CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 9, 0), b, 9, true), ==, 0);
    g_assert_cmpuint(answer.residual, ==, 0);
    g_assert_cmphex(run(CDB(0x5e, 1, 0, 0, 0, 0, 0, 0, 64, 0), b, 64, true), ==, 2);
    g_assert_cmphex(answer.sense[2], ==, 5);
    g_assert_cmphex(answer.sense[12], ==, 0x24);
    qtest_memwrite(qts, b, parameters, sizeof(parameters));
    g_assert_cmphex(run(CDB(0x5f, 6, 0, 0, 0, 0, 0, 0, 24, 0), b, 24, false), ==, 0);
    g_assert_cmpmem(helper_parameters, 24, parameters, 24);
    /* A length that is not that of the data never gets there. */
    run(CDB(0x5f, 6, 0, 0, 0, 0, 0, 1, 24, 0), b, 24, false);
    g_assert_cmpuint(answer.response, ==, S_OVERRUN);
    check_connected(true);
    /* Other commands are the driver's. */
    g_assert_cmphex(run(CDB(0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0), b, 8, true), ==, 0);
    /* The helper ends the connection over a command; the next one makes a new connection. */
    g_assert_cmphex(run(CDB(0x5e, 2, 0, 0, 0, 0, 0, 0, 64, 0), b, 64, true), ==, 2);
    g_assert_cmphex(answer.sense[2], ==, 0x0b);
    g_assert_cmphex(answer.sense[12], ==, 0x08);
    check_connected(false);
    g_assert_cmphex(run(CDB(0x5e, 0, 0, 0, 0, 0, 0, 0, 64, 0), b, 64, true), ==, 0);
    check_connected(true);
    end();
    shutdown(listener, SHUT_RDWR);
    g_thread_join(thread);
    close(listener);
    g_unlink(helper_path);
    g_clear_pointer(&helper_path, g_free);
}

static void test_reservations_refused(void)
{
    qtest_refused("-object pr-manager-helper,id=pr", "property 'path' is missing");
    qtest_refused("-object pr-manager-helper,id=pr,path=/nonexistent", "/nonexistent");
    qtest_refused("-blockdev host_device,filename=/dev/null,node-name=h,locking=off,pr-manager=pr",
                  "pr-manager='pr' is no object of type pr-manager");
}

int main(int argc, char **argv)
{
    int fd = g_file_open_tmp("qtest-scsi-disk-XXXXXX", &disk, NULL), ret;

    g_test_init(&argc, &argv, NULL);
    g_assert(fd >= 0 && ftruncate(fd, DISK) == 0);
    close(fd);
    g_test_add_func("/scsi/inquiry", test_inquiry);
    g_test_add_func("/scsi/capacity-and-luns", test_capacity_and_luns);
    g_test_add_func("/scsi/mode-pages", test_mode_pages);
    g_test_add_func("/scsi/data", test_data);
    g_test_add_func("/scsi/iothread", test_iothread);
    g_test_add_func("/scsi/other-writes", test_other_writes);
    g_test_add_func("/scsi/read-only", test_read_only);
    g_test_add_func("/scsi/cd", test_cd);
    g_test_add_func("/scsi/empty-cd", test_empty_cd);
    g_test_add_func("/scsi/tmf", test_tmf);
    g_test_add_func("/scsi/hotplug", test_hotplug);
    g_test_add_func("/scsi/resize", test_resize);
    g_test_add_func("/scsi/state", test_state);
    g_test_add_func("/scsi/random-commands", test_random_commands);
    g_test_add_func("/scsi/bad-requests", test_bad_requests);
    if (g_getenv("QTEST_FAKE_SG")) {
        g_test_add_func("/scsi/generic", test_generic);
        g_test_add_func("/scsi/block", test_block);
        g_test_add_data_func("/scsi/reservations/generic", "scsi-generic", test_reservations);
        g_test_add_data_func("/scsi/reservations/block", "scsi-block", test_reservations);
        g_test_add_func("/scsi/reservations/refused", test_reservations_refused);
    }
    ret = g_test_run();
    g_unlink(disk);
    g_free(disk);
    return ret;
}
