/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IDE channels of the PIIX3: disks and CD drives by PIO and bus master DMA, what hosts do wrong,
 * errors of the back end, saved state.
 */
#include "libqtest.h"
#include "qemu/bswap.h"
#include <glib/gstdio.h>
#include <sys/resource.h>

#define CMD       0x1f0
#define CTL       0x3f6
#define CMD2      0x170
#define BM        0xc000
#define DEVFN     QPCI_DEVFN(1, 1)
#define DISK_SIZE (64 * 1024 * 1024)
#define SECTORS   (DISK_SIZE / 512)
#define PRDT      0x100000
#define DATA      0x200000

#define BSY       0x80
#define DRDY      0x40
#define DRQ       0x08
#define ERR       0x01

static QTestState *qts;
static char *image, *iso;
static uint16_t base = CMD;

static char *make_file(int64_t size)
{
    char *path = NULL;
    int fd = g_file_open_tmp("ide-test-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, size), ==, 0);
    close(fd);
    return path;
}

static void pwrite_file(const char *path, const void *data, size_t size, off_t offset)
{
    int fd = open(path, O_RDWR);

    g_assert_cmpint(pwrite(fd, data, size, offset), ==, size);
    close(fd);
}

static void pread_file(const char *path, void *data, size_t size, off_t offset)
{
    int fd = open(path, O_RDONLY);

    g_assert_cmpint(pread(fd, data, size, offset), ==, size);
    close(fd);
}

static void enable_bus_master(void)
{
    qpci_config_writel(qts, DEVFN, 0x20, BM);
    qpci_config_writew(qts, DEVFN, 4, 5);
}

static void begin(const char *options)
{
    image = make_file(DISK_SIZE);
    iso = make_file(2 * 1024 * 1024);
    base = CMD;
    qts = qtest_initf("-machine pc -nodefaults -m 16 "
                      "-blockdev driver=file,node-name=d,discard=unmap,filename=%s "
                      "-blockdev driver=file,node-name=c,read-only=on,filename=%s "
                      "-device ide-hd,drive=d,bus=ide.0,serial=4711,wwn=0x5000c50015ea71aa%s "
                      "-device ide-cd,drive=c,bus=ide.1",
                      image, iso, options);
    enable_bus_master();
}

static void end(void)
{
    qtest_quit(qts);
    g_unlink(image);
    g_unlink(iso);
    g_clear_pointer(&image, g_free);
    g_clear_pointer(&iso, g_free);
}

/* ---- the task file ---- */

static uint8_t reg(unsigned n)
{
    return qtest_inb(qts, base + n);
}

static void set_reg(unsigned n, uint8_t value)
{
    qtest_outb(qts, base + n, value);
}

/* Until it is not busy; steps the clock for drives that take their time. */
static uint8_t wait_idle(void)
{
    uint8_t status;

    while ((status = qtest_inb(qts, base + (CTL - CMD))) & BSY) {
        qtest_clock_step(qts, 1000000);
    }
    return status;
}

static void command48(uint8_t command, uint64_t lba, uint16_t count)
{
    set_reg(6, 0xe0);
    set_reg(2, count >> 8);
    set_reg(3, lba >> 24);
    set_reg(4, lba >> 32);
    set_reg(5, lba >> 40);
    set_reg(2, count);
    set_reg(3, lba);
    set_reg(4, lba >> 8);
    set_reg(5, lba >> 16);
    set_reg(7, command);
}

static void command28(uint8_t command, uint32_t lba, uint8_t count)
{
    set_reg(6, 0xe0 | (lba >> 24 & 15));
    set_reg(2, count);
    set_reg(3, lba);
    set_reg(4, lba >> 8);
    set_reg(5, lba >> 16);
    set_reg(7, command);
}

static void read_pio(void *buf, size_t size)
{
    uint8_t *p = buf;

    for (size_t i = 0; i < size; i += 2) {
        stw_le_p(p + i, qtest_inw(qts, base));
    }
}

static void write_pio(const void *buf, size_t size)
{
    const uint8_t *p = buf;

    for (size_t i = 0; i < size; i += 4) {
        qtest_outl(qts, base, ldl_le_p(p + i));
    }
}

static void expect_done(void)
{
    g_assert_cmphex(wait_idle(), ==, DRDY | 0x10);
}

static void expect_error(uint8_t error)
{
    g_assert_cmphex(wait_idle() & (ERR | DRQ), ==, ERR);
    g_assert_cmphex(reg(1), ==, error);
}

static void fill(uint8_t *buf, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        buf[i] = (i * 7 + seed * 31 + (i >> 9)) & 0xff;
    }
}

/* ---- identity and settings ---- */

static void get_string(const uint8_t *id, unsigned word, unsigned size, char *out)
{
    for (unsigned i = 0; i < size; i++) {
        out[i] = id[word * 2 + (i ^ 1)];
    }
    out[size] = 0;
    g_strchomp(out);
}

static void test_identify(void)
{
    uint8_t id[512];
    char text[64];

    begin(",model=Zebra,ver=1.0,rotation_rate=1,physical_block_size=4096");
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0), ==, 0x70108086);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 8), ==, 0x01018000);
    command28(0xec, 0, 0);
    g_assert_cmphex(wait_idle(), ==, DRDY | DRQ | 0x10);
    read_pio(id, 512);
    expect_done();
    get_string(id, 10, 20, text);
    g_assert_cmpstr(text, ==, "4711");
    get_string(id, 27, 40, text);
    g_assert_cmpstr(text, ==, "Zebra");
    g_assert_cmpuint(ldl_le_p(id + 120), ==, SECTORS);
    g_assert_cmpuint(ldq_le_p(id + 200), ==, SECTORS);
    g_assert_cmphex(lduw_le_p(id + 212), ==, 0x6003);
    g_assert_cmphex(lduw_le_p(id + 216), ==, 0x5000);
    g_assert_cmphex(lduw_le_p(id + 222), ==, 0x71aa);
    g_assert_cmpuint(lduw_le_p(id + 434), ==, 1);
    /* A mode that is set shows; one that there is not is refused. */
    set_reg(1, 3);
    command28(0xef, 0, 0x45);
    expect_done();
    set_reg(1, 3);
    command28(0xef, 0, 0x47);
    expect_error(4);
    command28(0xec, 0, 0);
    read_pio(id, 512);
    g_assert_cmphex(lduw_le_p(id + 176), ==, 0x203f);
    /* The other command is for the other kind. */
    command28(0xa1, 0, 0);
    expect_error(4);
    base = CMD2;
    command28(0xec, 0, 0);
    expect_error(4);
    g_assert_cmphex(reg(4), ==, 0x14);
    g_assert_cmphex(reg(5), ==, 0xeb);
    command28(0xa1, 0, 0);
    g_assert_cmphex(wait_idle() & DRQ, ==, DRQ);
    read_pio(id, 512);
    get_string(id, 27, 40, text);
    g_assert_cmpstr(text, ==, "QEMU DVD-ROM");
    g_assert_cmphex(lduw_le_p(id), ==, 0x85c0);
    /* Nobody in the second place. */
    set_reg(6, 0xb0);
    g_assert_cmphex(reg(7), ==, 0);
    set_reg(7, 0xec);
    g_assert_cmphex(reg(7), ==, 0);
    end();
}

static void test_settings(void)
{
    uint8_t id[512];

    begin("");
    set_reg(1, 0x82); /* no write cache */
    command28(0xef, 0, 0);
    expect_done();
    command28(0xec, 0, 0);
    wait_idle();
    read_pio(id, 512);
    g_assert_cmphex(lduw_le_p(id + 170) & 0x20, ==, 0);
    command28(0xc6, 0, 4);
    expect_done();
    command28(0xc6, 0, 3);
    expect_error(4);
    command28(0xe0, 0, 0);
    expect_done();
    command28(0xe5, 0, 0);
    g_assert_cmphex(reg(2), ==, 0);
    command28(0xe1, 0, 0);
    command28(0xe5, 0, 0);
    g_assert_cmphex(reg(2), ==, 0xff);
    command28(0xf8, 0, 0);
    expect_done();
    g_assert_cmphex(reg(3) | reg(4) << 8 | reg(5) << 16, ==, SECTORS - 1);
    set_reg(6, 0x40); /* the newer half of what 48 bits have */
    command48(0x27, 0, 0);
    qtest_outb(qts, CTL, 0x80);
    g_assert_cmphex(reg(3) | reg(4) << 8 | reg(5) << 16, ==, 0);
    qtest_outb(qts, CTL, 0);
    /* SMART: off, refused, on, healthy. */
    set_reg(1, 0xda);
    command28(0xb0, 0xc24f00, 0);
    expect_done();
    g_assert_cmphex(reg(5) << 8 | reg(4), ==, 0xc24f);
    set_reg(1, 0xd0);
    command28(0xb0, 0xc24f00, 1);
    g_assert_cmphex(wait_idle() & DRQ, ==, DRQ);
    read_pio(id, 512);
    for (int i = 1; i < 512; i++) {
        id[0] += id[i];
    }
    g_assert_cmphex(id[0], ==, 0);
    set_reg(1, 0xd9);
    command28(0xb0, 0xc24f00, 0);
    expect_done();
    set_reg(1, 0xd0);
    command28(0xb0, 0xc24f00, 1);
    expect_error(4);
    set_reg(1, 0xd8);
    command28(0xb0, 0, 1);
    expect_error(4);
    command28(0x00, 0, 0);
    expect_error(4);
    end();
}

/* ---- PIO ---- */

static void test_pio(void)
{
    g_autofree uint8_t *out = g_malloc(65536), *in = g_malloc(65536);

    begin("");
    fill(out, 65536, 1);
    /* Two sectors, one at a time. */
    command28(0x30, 1000, 2);
    g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
    write_pio(out, 512);
    g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
    write_pio(out + 512, 512);
    expect_done();
    pread_file(image, in, 1024, 1000 * 512);
    g_assert_cmpmem(in, 1024, out, 1024);
    /* What old drivers verify with. */
    command28(0x3c, 1002, 1);
    g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
    write_pio(out + 1024, 512);
    expect_done();
    pread_file(image, in, 512, 1002 * 512);
    g_assert_cmpmem(in, 512, out + 1024, 512);
    /* 40 sectors in blocks of 16: the last one is smaller. */
    command48(0x39, 2000, 40);
    for (int at = 0; at < 40; at += 16) {
        g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
        write_pio(out + at * 512, MIN(16, 40 - at) * 512);
    }
    expect_done();
    command48(0x29, 2000, 40);
    for (int at = 0; at < 40; at += 16) {
        g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
        read_pio(in + at * 512, MIN(16, 40 - at) * 512);
    }
    expect_done();
    g_assert_cmpmem(in, 40 * 512, out, 40 * 512);
    command28(0x20, 2000, 3);
    for (int i = 0; i < 3; i++) {
        g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
        read_pio(in + i * 512, 512);
    }
    g_assert_cmpmem(in, 3 * 512, out, 3 * 512);
    g_assert_cmphex(reg(3) | reg(4) << 8, ==, 2003);
    /* By cylinder, head and sector: 16 heads, 63 sectors. */
    set_reg(6, 0xa0 | 15);
    set_reg(2, 1);
    set_reg(3, 48);
    set_reg(4, 1);
    set_reg(5, 0);
    set_reg(7, 0x20);
    wait_idle();
    read_pio(in, 512);
    pread_file(image, out, 512, ((1 * 16 + 15) * 63 + 47) * 512);
    g_assert_cmpmem(in, 512, out, 512);
    command28(0xe7, 0, 0);
    expect_done();
    command48(0xea, 0, 0);
    expect_done();
    end();
}

static void test_refused(void)
{
    uint8_t buf[512] = {};

    begin("");
    command28(0x20, SECTORS, 1);
    expect_error(0x14);
    command28(0x20, SECTORS - 1, 2);
    expect_error(0x14);
    command48(0x24, 1ull << 40, 1);
    expect_error(0x14);
    command48(0x34, SECTORS - 100, 0);
    expect_error(0x14);
    command28(0xc8, SECTORS, 0);
    expect_error(0x14);
    set_reg(6, 0xa0); /* sector 0 */
    set_reg(3, 0);
    set_reg(4, 0);
    set_reg(5, 0);
    set_reg(7, 0x20);
    expect_error(0x14);
    command28(0x40, 0, 0);
    expect_done();
    command28(0xc6, 0, 0); /* no multiple mode */
    command28(0xc4, 0, 1);
    expect_error(4);
    /* Reset in the middle of a transfer. */
    command28(0x30, 0, 4);
    write_pio(buf, 256);
    qtest_outb(qts, CTL, 4);
    g_assert_cmphex(qtest_inb(qts, CTL), ==, BSY);
    qtest_outb(qts, CTL, 0);
    g_assert_cmphex(reg(7), ==, DRDY | 0x10);
    g_assert_cmphex(reg(1), ==, 1);
    g_assert_cmphex(reg(2), ==, 1);
    /* The data port without a transfer. */
    g_assert_cmphex(qtest_inl(qts, base), ==, 0);
    qtest_outl(qts, base, 5);
    command28(0x20, SECTORS - 1, 1);
    g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
    end();
}

/* ---- DMA ---- */

typedef struct Region {
    uint32_t addr, len;
} Region;

static void put_table(const Region *regions, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        qtest_writel(qts, PRDT + 8 * i, regions[i].addr);
        qtest_writel(qts, PRDT + 8 * i + 4,
                     (regions[i].len & 0xffff) | (i + 1 == n ? 0x80000000u : 0));
    }
}

static uint16_t bm(void)
{
    return base == CMD ? BM : BM + 8;
}

/* Waits for the interrupt, or for the end of the table; the bus master's status. */
static uint8_t wait_dma(void)
{
    uint8_t status;

    while (((status = qtest_inb(qts, bm() + 2)) & 5) == 1) {
        qtest_clock_step(qts, 1000000);
    }
    return status & 7;
}

/* Starts the bus master, waits for it and stops it; its status. */
static uint8_t run_dma(bool to_memory)
{
    uint8_t status;

    qtest_outl(qts, bm() + 4, PRDT);
    qtest_outb(qts, bm() + 2, 6);
    qtest_outb(qts, bm(), to_memory ? 8 : 0);
    qtest_outb(qts, bm(), to_memory ? 9 : 1);
    status = wait_dma();
    qtest_outb(qts, bm(), to_memory ? 8 : 0);
    return status;
}

static void test_dma(void)
{
    static const Region scattered[] = {
        {DATA, 2},          {DATA + 0x1002, 510},   {DATA + 0x3000, 1000},
        {DATA + 0x5000, 0}, {DATA + 0x20000, 2584},
    };
    g_autofree uint8_t *out = g_malloc(0x30000), *in = g_malloc(0x30000);

    begin("");
    /* 136 sectors from one region and to one. */
    fill(out, 0x11000, 3);
    qtest_memwrite(qts, DATA, out, 0x11000);
    put_table((Region[]){{DATA, 0}, {DATA + 0x10000, 0x1000}}, 2);
    command28(0xca, 5000, 136);
    g_assert_cmphex(run_dma(false), ==, 4);
    expect_done();
    pread_file(image, in, 0x11000, 5000 * 512);
    g_assert_cmpmem(in, 0x11000, out, 0x11000);
    /* Into pieces that do not end where sectors do. */
    command48(0x25, 5000, 136);
    put_table(scattered, 5);
    g_assert_cmphex(run_dma(true), ==, 4);
    expect_done();
    qtest_memread(qts, DATA, in, 0x30000);
    memmove(in + 2, in + 0x1002, 510);
    memmove(in + 512, in + 0x3000, 1000);
    memmove(in + 1512, in + 0x5000, 0x10000);
    memmove(in + 1512 + 0x10000, in + 0x20000, 2584);
    g_assert_cmpmem(in, 0x11000, out, 0x11000);
    /* More than the command needs: it stays active. */
    put_table((Region[]){{DATA, 4096}}, 1);
    command28(0xc8, 5000, 1);
    g_assert_cmphex(run_dma(true), ==, 5);
    expect_done();
    /* Less: no interrupt, not active. */
    command28(0xc8, 5000, 16);
    g_assert_cmphex(run_dma(true), ==, 0);
    g_assert_cmphex(reg(7) & (BSY | DRQ), ==, 0);
    /* The bus master first, the command after. */
    qtest_outl(qts, bm() + 4, PRDT);
    qtest_outb(qts, bm() + 2, 6);
    qtest_outb(qts, bm(), 9);
    command28(0xc8, 5000, 8);
    g_assert_cmphex(wait_dma(), ==, 4);
    expect_done();
    qtest_outb(qts, bm(), 8);
    end();
}

static void test_trim(void)
{
    uint8_t buf[4096];

    begin("");
    memset(buf, 0x55, sizeof(buf));
    pwrite_file(image, buf, 4096, 8 * 512);
    pwrite_file(image, buf, 4096, 80 * 512);
    qtest_memset(qts, DATA, 0, 512);
    qtest_writeq(qts, DATA, 8 | 8ull << 48);
    qtest_writeq(qts, DATA + 8, 80 | 8ull << 48);
    put_table((Region[]){{DATA, 512}}, 1);
    set_reg(1, 1);
    command48(0x06, 0, 1);
    g_assert_cmphex(run_dma(false), ==, 4);
    expect_done();
    /* Out of the disk. */
    qtest_writeq(qts, DATA, (uint64_t)SECTORS | 8ull << 48);
    set_reg(1, 1);
    command48(0x06, 0, 1);
    run_dma(false);
    expect_error(4);
    set_reg(1, 0);
    command48(0x06, 0, 1);
    expect_error(4);
    end();
}

/* Tables that lead nowhere: nothing happens to the emulator, and the disk works after a reset. */
static void test_hostile_tables(void)
{
    static const Region bad[][2] = {
        {{0xfffffffe, 0}, {0xfffffffe, 0}},
        {{0x10000000, 4096}, {0xe0000000, 4096}},
        {{PRDT, 4096}, {PRDT, 4096}},
    };

    begin("");
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        for (int write = 0; write < 2; write++) {
            put_table(bad[i], 2);
            command28(write ? 0xca : 0xc8, 0, 64);
            run_dma(!write);
            qtest_outb(qts, CTL, 4);
            qtest_outb(qts, CTL, 0);
        }
    }
    /* A table without an end, outside of memory. */
    command28(0xc8, 0, 0);
    qtest_outl(qts, bm() + 4, 0xfffffff0);
    qtest_outb(qts, bm(), 9);
    wait_idle();
    qtest_outb(qts, bm(), 8);
    qpci_config_writew(qts, DEVFN, 4, 1); /* no bus master */
    command28(0xc8, 0, 8);
    put_table((Region[]){{DATA, 4096}}, 1);
    run_dma(true);
    qtest_outb(qts, CTL, 4);
    qtest_outb(qts, CTL, 0);
    command28(0x20, 0, 1);
    g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
    end();
}

/* ---- CD ---- */

static void packet(const uint8_t *cdb, uint8_t feature, uint16_t limit)
{
    uint8_t full[12] = {};

    memcpy(full, cdb, 12);
    set_reg(6, 0xa0);
    set_reg(1, feature);
    set_reg(4, limit);
    set_reg(5, limit >> 8);
    set_reg(7, 0xa0);
    g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
    g_assert_cmphex(reg(2) & 3, ==, 1);
    write_pio(full, 12);
}

#define PACKET(limit, ...) packet((const uint8_t[12]){__VA_ARGS__}, 0, limit)

/* Takes the whole answer, in whatever pieces; its size. */
static size_t answer(uint8_t *buf, size_t max)
{
    size_t got = 0;

    while (wait_idle() & DRQ) {
        uint16_t piece = reg(4) | reg(5) << 8;

        g_assert_cmphex(reg(2) & 3, ==, 2);
        g_assert_cmpuint(got + piece, <=, max);
        read_pio(buf + got, piece);
        got += piece;
    }
    g_assert_cmphex(reg(2) & 3, ==, 3);
    return got;
}

static void expect_sense(uint8_t key, uint8_t asc)
{
    uint8_t sense[32];

    g_assert_cmphex(wait_idle() & (ERR | DRQ), ==, ERR);
    g_assert_cmphex(reg(1) >> 4, ==, key);
    PACKET(18, 0x03, 0, 0, 0, 18);
    g_assert_cmpuint(answer(sense, sizeof(sense)), ==, 18);
    g_assert_cmphex(sense[2], ==, key);
    g_assert_cmphex(sense[12], ==, asc);
}

static void begin_cd(uint8_t *content, size_t size)
{
    begin("");
    fill(content, size, 9);
    pwrite_file(iso, content, size, 0);
    base = CMD2;
}

static void test_cd_read(void)
{
    g_autofree uint8_t *content = g_malloc(2 * 1024 * 1024), *in = g_malloc(300000);

    begin_cd(content, 2 * 1024 * 1024);
    PACKET(0, 0x00);
    expect_done();
    PACKET(8, 0x25);
    g_assert_cmpuint(answer(in, 8), ==, 8);
    g_assert_cmpuint(ldl_be_p(in), ==, 1023);
    g_assert_cmpuint(ldl_be_p(in + 4), ==, 2048);
    /* 40 sectors, more than one chunk, in pieces of at most 6,000 bytes. */
    PACKET(6000, 0x28, 0, 0, 0, 0, 100, 0, 0, 40);
    g_assert_cmpuint(answer(in, 300000), ==, 40 * 2048);
    g_assert_cmpmem(in, 40 * 2048, content + 100 * 2048, 40 * 2048);
    PACKET(0xffff, 0xa8, 0, 0, 0, 3, 255, 0, 0, 0, 1);
    g_assert_cmpuint(answer(in, 300000), ==, 2048);
    g_assert_cmpmem(in, 2048, content + 1023 * 2048, 2048);
    /* Whole sectors. */
    PACKET(0xfffe, 0xbe, 0, 0, 0, 0, 16, 0, 0, 2, 0xf8);
    g_assert_cmpuint(answer(in, 300000), ==, 2 * 2352);
    g_assert_cmpmem(in + 16, 2048, content + 16 * 2048, 2048);
    g_assert_cmphex(ldl_be_p(in + 12), ==, 0x00021001);
    g_assert_cmpmem(in + 2352 + 16, 2048, content + 17 * 2048, 2048);
    /* DMA. */
    put_table((Region[]){{DATA, 0}, {DATA + 0x10000, 0x8000}}, 2);
    packet((const uint8_t[12]){0x28, 0, 0, 0, 0, 7, 0, 0, 48}, 1, 0);
    g_assert_cmphex(run_dma(true), ==, 4);
    expect_done();
    qtest_memread(qts, DATA, in, 48 * 2048);
    g_assert_cmpmem(in, 48 * 2048, content + 7 * 2048, 48 * 2048);
    end();
}

static void test_cd_info(void)
{
    g_autofree uint8_t *content = g_malloc(2 * 1024 * 1024);
    uint8_t in[4096];

    begin_cd(content, 4096);
    PACKET(100, 0x12, 0, 0, 0, 96);
    g_assert_cmpuint(answer(in, 4096), ==, 36);
    g_assert_cmpmem(in, 4, "\x05\x80\x00\x21", 4);
    g_assert_cmpmem(in + 16, 16, "QEMU DVD-ROM    ", 16);
    PACKET(100, 0x12, 1, 0x83, 0, 255);
    answer(in, 4096);
    PACKET(100, 0x12, 1, 0x77, 0, 255);
    expect_sense(5, 0x24);
    PACKET(100, 0x43, 2, 0, 0, 0, 0, 0, 0, 100); /* contents, in minutes */
    g_assert_cmpuint(answer(in, 4096), ==, 20);
    g_assert_cmpmem(in + 4, 8, "\0\x14\1\0\0\0\2\0", 8);
    g_assert_cmpmem(in + 12, 8, "\0\x14\xaa\0\0\0\x0f\x31", 8);
    PACKET(100, 0x46, 0, 0, 0, 0, 0, 0, 0, 100); /* configuration */
    answer(in, 4096);
    g_assert_cmphex(lduw_be_p(in + 6), ==, 8);
    PACKET(100, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8); /* events: none */
    g_assert_cmpuint(answer(in, 4096), ==, 8);
    g_assert_cmphex(in[4], ==, 0);
    g_assert_cmphex(in[5], ==, 2);
    PACKET(100, 0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 100);
    g_assert_cmpuint(answer(in, 4096), ==, 8 + 8 + 16 + 20);
    PACKET(100, 0x51, 0, 0, 0, 0, 0, 0, 0, 100);
    g_assert_cmpuint(answer(in, 4096), ==, 34);
    PACKET(100, 0xbd, 0, 0, 0, 0, 0, 0, 0, 0, 100);
    g_assert_cmpuint(answer(in, 4096), ==, 8);
    end();
}

static void test_cd_refused(void)
{
    g_autofree uint8_t *content = g_malloc(2 * 1024 * 1024);

    begin_cd(content, 4096);
    PACKET(2048, 0x28, 0, 0, 0, 4, 0, 0, 0, 1);
    expect_sense(5, 0x21);
    PACKET(2048, 0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff);
    expect_sense(5, 0x21);
    PACKET(2048, 0xa8, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
    expect_sense(5, 0x21);
    PACKET(2048, 0xbe, 0, 0, 0, 0, 0, 0, 0, 1, 0x20);
    expect_sense(5, 0x24);
    PACKET(2048, 0x77);
    expect_sense(5, 0x20);
    PACKET(1, 0x28, 0, 0, 0, 0, 0, 0, 0, 1);
    expect_sense(5, 0x24);
    PACKET(0, 0x28, 0, 0, 0, 0, 0, 0, 0, 1); /* no limit at all */
    expect_error(4);
    /* Given up in the middle of the answer. */
    PACKET(512, 0x28, 0, 0, 0, 0, 0, 0, 0, 20);
    g_assert_cmphex(wait_idle() & DRQ, ==, DRQ);
    set_reg(7, 0x08);
    g_assert_cmphex(reg(7), ==, 0);
    g_assert_cmphex(reg(5), ==, 0xeb);
    PACKET(0, 0x00);
    expect_done();
    end();
}

/* The tray, as the guest moves it. */
static void test_cd_tray(void)
{
    g_autofree uint8_t *content = g_malloc(2 * 1024 * 1024);
    uint8_t in[64];

    begin_cd(content, 4096);
    PACKET(0, 0x1e, 0, 0, 0, 1); /* locked */
    expect_done();
    PACKET(0, 0x1b, 0, 0, 0, 2);
    expect_sense(5, 0x53);
    PACKET(0, 0x1e, 0, 0, 0, 0);
    expect_done();
    PACKET(0, 0x1b, 0, 0, 0, 2); /* out */
    expect_done();
    PACKET(0, 0x00);
    expect_sense(2, 0x3a);
    PACKET(100, 0x4a, 1, 0, 0, 0x10, 0, 0, 0, 8);
    answer(in, sizeof(in));
    g_assert_cmphex(in[5], ==, 1);
    PACKET(0, 0x1b, 0, 0, 0, 3); /* in */
    expect_done();
    PACKET(0, 0x00);
    expect_done();
    end();
}

/* A drive without a medium. */
static void test_cd_empty(void)
{
    qts = qtest_init("-machine pc -nodefaults -m 16 -device ide-cd,bus=ide.1");
    base = CMD2;
    PACKET(0, 0x00);
    expect_sense(2, 0x3a);
    PACKET(8, 0x25);
    expect_sense(2, 0x3a);
    qtest_quit(qts);
}

/* ---- errors of the host ---- */

static void limit_file_size(rlim_t bytes)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
    g_autofree char *text = NULL;
    struct rlimit limit = {bytes, RLIM_INFINITY};

    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(prlimit(atoi(text), RLIMIT_FSIZE, &limit, NULL), ==, 0);
}

static void test_werror_report(void)
{
    uint8_t buf[512];

    begin(",werror=report");
    limit_file_size(1024 * 1024);
    fill(buf, 512, 0);
    command28(0x30, 8192, 1);
    wait_idle();
    write_pio(buf, 512);
    expect_error(4);
    g_assert_cmphex(reg(3) | reg(4) << 8, ==, 8192);
    put_table((Region[]){{DATA, 4096}}, 1);
    command28(0xca, 8192, 8);
    run_dma(false);
    expect_error(4);
    command28(0xca, 8, 8);
    g_assert_cmphex(run_dma(false), ==, 4);
    end();
}

static void save_and_restart(void)
{
    g_autofree char *file = g_strconcat(image, ".state", NULL);
    const char *done = NULL;

    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", file);
    while (!done) {
        g_autoptr(QDict) response = qtest_qmp(qts, "{'execute': 'query-migrate'}");
        const char *status = qdict_get_str(qdict_get_qdict(response, "return"), "status");

        g_assert_cmpstr(status, !=, "failed");
        done = strcmp(status, "completed") ? NULL : "";
    }
    qtest_quit(qts);
    qts = qtest_initf("-machine pc -nodefaults -m 16 "
                      "-blockdev driver=file,node-name=d,discard=unmap,filename=%s "
                      "-blockdev driver=file,node-name=c,read-only=on,filename=%s "
                      "-device ide-hd,drive=d,bus=ide.0,serial=4711,wwn=0x5000c50015ea71aa,"
                      "werror=stop -device ide-cd,drive=c,bus=ide.1 -incoming file:%s",
                      image, iso, file);
    g_unlink(file);
}

/* A write that failed is done when there is room, here or elsewhere. */
static void stop_and_go_on(bool dma, bool migrate)
{
    g_autofree uint8_t *out = g_malloc(65536), *in = g_malloc(65536);

    begin(",werror=stop");
    limit_file_size(1024 * 1024);
    fill(out, 65536, 5);
    if (dma) {
        qtest_memwrite(qts, DATA, out, 65536);
        put_table((Region[]){{DATA, 0x8000}, {DATA + 0x8000, 0x8000}}, 2);
        command28(0xca, 8192, 128);
        qtest_outl(qts, bm() + 4, PRDT);
        qtest_outb(qts, bm() + 2, 6);
        qtest_outb(qts, bm(), 1);
    } else {
        command28(0xc5, 8192, 16);
        wait_idle();
        write_pio(out, 8192);
    }
    qtest_qmp_eventwait(qts, "STOP");
    g_assert_cmphex(qtest_inb(qts, CTL) & (BSY | DRQ), !=, 0);
    if (migrate) {
        save_and_restart();
    } else {
        limit_file_size(RLIM_INFINITY);
    }
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    while (qtest_inb(qts, CTL) & (BSY | DRQ)) {
        qtest_clock_step(qts, 1000000);
    }
    expect_done();
    pread_file(image, in, dma ? 65536 : 8192, 8192 * 512);
    g_assert_cmpmem(in, dma ? 65536 : 8192, out, dma ? 65536 : 8192);
    end();
}

static void test_werror_stop(void)
{
    stop_and_go_on(false, false);
    stop_and_go_on(true, false);
    stop_and_go_on(false, true);
    stop_and_go_on(true, true);
}

/* In the middle of a transfer by PIO. */
static void test_state(void)
{
    g_autofree uint8_t *out = g_malloc(65536), *in = g_malloc(65536);

    begin(",werror=stop");
    fill(out, 8192, 2);
    pwrite_file(image, out, 8192, 0);
    command28(0x20, 0, 2);
    wait_idle();
    read_pio(in, 200);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    save_and_restart();
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    read_pio(in + 200, 312);
    g_assert_cmphex(wait_idle() & DRQ, ==, DRQ);
    read_pio(in + 512, 512);
    g_assert_cmpmem(in, 1024, out, 1024);
    expect_done();
    end();
}

/* Who stopped the machine finds no request under way, however long the disk takes. */
static void test_stop_waits(void)
{
    base = CMD;
    qts = qtest_init("-machine pc -nodefaults -m 16 "
                     "-blockdev driver=null-co,node-name=d,size=67108864,latency-ns=300000000 "
                     "-device ide-hd,drive=d,bus=ide.0");
    enable_bus_master();
    put_table((Region[]){{DATA, 4096}}, 1);
    command28(0xc8, 0, 8);
    qtest_outl(qts, bm() + 4, PRDT);
    qtest_outb(qts, bm(), 9);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    g_assert_cmphex(qtest_inb(qts, bm() + 2) & 5, ==, 4);
    expect_done();
    qtest_quit(qts);
}

/* ---- at random ---- */

static void test_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(1);

    begin("");
    put_table((Region[]){{DATA, 0x8000}, {DATA + 0x8000, 0x333}, {0xfffff000, 0}, {DATA, 2}}, 4);
    for (int i = 0; i < 8000; i++) {
        uint32_t value = g_rand_int(rand);

        base = value & 0x100000 ? CMD : CMD2;
        switch (g_rand_int_range(rand, 0, 12)) {
        case 0:
            qtest_outb(qts, base + (CTL - CMD), value & 0x86);
            qtest_outb(qts, base + (CTL - CMD), 0);
            break;
        case 1:
            qtest_outl(qts, bm() + 4, PRDT);
            qtest_outb(qts, bm(), value & 9);
            break;
        case 2:
            qtest_inw(qts, base);
            break;
        case 3:
            for (int n = value & 255; n; n--) {
                qtest_inl(qts, base);
            }
            break;
        case 4:
            for (int n = value & 255; n; n--) {
                qtest_outl(qts, base, value >> 8 & 0x3f);
            }
            break;
        case 5: {
            static const uint8_t often[] = {0x20, 0x24, 0x25, 0x29, 0x30, 0x34, 0x35, 0x39, 0xa0,
                                            0xa0, 0xa0, 0xc4, 0xc5, 0xc8, 0xca, 0xec, 0x06, 0x08};

            set_reg(6, 0xe0 | (value & 0x10));
            set_reg(7, often[(value >> 8) % G_N_ELEMENTS(often)]);
            break;
        }
        case 6:
            qtest_clock_step(qts, 1000000);
            break;
        default:
            set_reg(g_rand_int_range(rand, 1, 8), value & (value >> 8) & 0xff);
            break;
        }
    }
    /* Whatever it was: a reset ends it. */
    base = CMD;
    qtest_outb(qts, bm(), 0);
    qtest_outb(qts, CTL, 4);
    qtest_outb(qts, CTL, 0);
    set_reg(6, 0xa0);
    command28(0xec, 0, 0);
    g_assert_cmphex(wait_idle() & (DRQ | ERR), ==, DRQ);
    end();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* Inherited: a write beyond the limit is an error, and not the end. */
    signal(SIGXFSZ, SIG_IGN);
    g_test_add_func("/ide/identify", test_identify);
    g_test_add_func("/ide/settings", test_settings);
    g_test_add_func("/ide/pio", test_pio);
    g_test_add_func("/ide/refused", test_refused);
    g_test_add_func("/ide/dma", test_dma);
    g_test_add_func("/ide/trim", test_trim);
    g_test_add_func("/ide/hostile-tables", test_hostile_tables);
    g_test_add_func("/ide/cd/read", test_cd_read);
    g_test_add_func("/ide/cd/info", test_cd_info);
    g_test_add_func("/ide/cd/refused", test_cd_refused);
    g_test_add_func("/ide/cd/tray", test_cd_tray);
    g_test_add_func("/ide/cd/empty", test_cd_empty);
    g_test_add_func("/ide/werror-report", test_werror_report);
    g_test_add_func("/ide/werror-stop", test_werror_stop);
    g_test_add_func("/ide/state", test_state);
    g_test_add_func("/ide/stop-waits", test_stop_waits);
    g_test_add_func("/ide/random", test_random);
    return g_test_run();
}
