/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The AHCI adapter of the ICH9: commands by PIO, DMA and queued, packets, resets, hostile
 * structures in memory, errors of the back end, saved state.
 */
#include "libqtest.h"
#include "qemu/bswap.h"
#include <glib/gstdio.h>
#include <sys/resource.h>

#define SLOT      6
#define DEVFN     QPCI_DEVFN(SLOT, 0)
#define BAR       0xe0000000ull
#define DISK_SIZE (32 * 1024 * 1024)
#define SECTORS   (DISK_SIZE / 512)
#define LIST      0x100000ull /* of commands; 4 KiB a port */
#define FIS       0x110000ull /* received; 4 KiB a port */
#define TABLES    0x120000ull /* 4 KiB a slot, 128 KiB a port */
#define DATA      0x400000ull
#define MSI       0x3f0000ull

#define PxCLB     0x00
#define PxFB      0x08
#define PxIS      0x10
#define PxIE      0x14
#define PxCMD     0x18
#define PxTFD     0x20
#define PxSIG     0x24
#define PxSSTS    0x28
#define PxSCTL    0x2c
#define PxSACT    0x34
#define PxCI      0x38

static QTestState *qts;
static char *image, *iso;
static unsigned port;

static char *make_file(int64_t size)
{
    char *path = NULL;
    int fd = g_file_open_tmp("ahci-test-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, size), ==, 0);
    close(fd);
    return path;
}

static void rw_file(const char *path, void *data, size_t size, off_t offset, bool write)
{
    int fd = open(path, O_RDWR);

    g_assert_cmpint(write ? pwrite(fd, data, size, offset) : pread(fd, data, size, offset), ==,
                    size);
    close(fd);
}

static void fill(uint8_t *buf, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++) {
        buf[i] = (i * 7 + seed * 31 + (i >> 9)) & 0xff;
    }
}

/* ---- the adapter ---- */

static uint32_t host(unsigned reg)
{
    return qtest_readl(qts, BAR + reg);
}

static uint32_t rd(unsigned reg)
{
    return qtest_readl(qts, BAR + 0x100 + port * 0x80 + reg);
}

static void wr(unsigned reg, uint32_t value)
{
    qtest_writel(qts, BAR + 0x100 + port * 0x80 + reg, value);
}

static uint64_t table(unsigned slot)
{
    return TABLES + port * 0x20000 + slot * 0x1000;
}

static void start_port(unsigned n)
{
    port = n;
    wr(PxCLB, LIST + n * 0x1000);
    wr(PxFB, FIS + n * 0x1000);
    wr(PxIS, UINT32_MAX);
    wr(PxIE, UINT32_MAX);
    wr(PxCMD, 0x16);
    wr(PxCMD, 0x17);
    g_assert_cmphex(rd(PxCMD) & 0xc000, ==, 0xc000);
}

static void place(void)
{
    qpci_config_writel(qts, DEVFN, 0x20, 0xc100);
    qpci_config_writel(qts, DEVFN, 0x24, BAR);
    qpci_config_writew(qts, DEVFN, 4, 7);
    qtest_writel(qts, BAR + 4, 0x80000002);
}

#define DEVICES                                                                                    \
    "-machine pc -nodefaults -m 16 "                                                               \
    "-blockdev driver=file,node-name=d,discard=unmap,filename=%s "                                 \
    "-blockdev driver=file,node-name=c,read-only=on,filename=%s "                                  \
    "-device ich9-ahci,id=ahci,addr=6 -device ide-hd,drive=d,bus=ahci.0%s "                        \
    "-device ide-cd,drive=c,bus=ahci.3 "

static void begin(const char *options)
{
    image = make_file(DISK_SIZE);
    iso = make_file(1024 * 1024);
    qts = qtest_initf(DEVICES, image, iso, options);
    place();
    start_port(0);
}

static void end(void)
{
    qtest_quit(qts);
    g_unlink(image);
    g_unlink(iso);
    g_clear_pointer(&image, g_free);
    g_clear_pointer(&iso, g_free);
}

/* ---- commands ---- */

typedef struct Region {
    uint64_t addr;
    uint32_t len;
} Region;

static void put_regions(unsigned slot, const Region *regions, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        qtest_writeq(qts, table(slot) + 0x80 + 16 * i, regions[i].addr);
        qtest_writel(qts, table(slot) + 0x80 + 16 * i + 12, regions[i].len - 1);
    }
}

static void put_header(unsigned slot, uint32_t flags, unsigned n)
{
    uint64_t at = LIST + port * 0x1000 + 32 * slot;

    qtest_writel(qts, at, 5 | flags | n << 16);
    qtest_writel(qts, at + 4, 0);
    qtest_writeq(qts, at + 8, table(slot));
}

static void put_fis(unsigned slot, uint8_t command, uint16_t feature, uint64_t lba, uint16_t count)
{
    const uint8_t fis[20] = {0x27,      0x80,         command, feature,   lba,
                             lba >> 8,  lba >> 16,    0x40,    lba >> 24, lba >> 32,
                             lba >> 40, feature >> 8, count,   count >> 8};

    qtest_memwrite(qts, table(slot), fis, sizeof(fis));
}

static void wait_slots(uint32_t mask)
{
    while ((rd(PxCI) | rd(PxSACT)) & mask) {
        qtest_clock_step(qts, 1000000);
    }
}

static void issue(unsigned slot, uint8_t command, uint16_t feature, uint64_t lba, uint16_t count,
                  const Region *regions, unsigned n)
{
    put_regions(slot, regions, n);
    put_header(slot, 0, n);
    put_fis(slot, command, feature, lba, count);
    wr(PxCI, 1u << slot);
}

static void run(uint8_t command, uint16_t feature, uint64_t lba, uint16_t count, uint64_t addr,
                uint32_t len)
{
    const Region region = {addr, len};

    issue(0, command, feature, lba, count, &region, len ? 1 : 0);
    wait_slots(1);
    g_assert_cmphex(rd(PxTFD) & 0x89, ==, 0);
}

/* Fails with this error; the port is started anew, as drivers do. */
static void run_failing(uint8_t command, uint16_t feature, uint64_t lba, uint16_t count,
                        uint8_t error)
{
    const Region region = {DATA, 4096};

    wr(PxIS, UINT32_MAX);
    issue(0, command, feature, lba, count, &region, 1);
    while (!(rd(PxIS) & 0x40000000)) {
        qtest_clock_step(qts, 1000000);
    }
    g_assert_cmphex(rd(PxTFD) & 0xff01, ==, error << 8 | 1);
    wr(PxCMD, 0x16);
    g_assert_cmphex(rd(PxCI) | rd(PxSACT), ==, 0);
    wr(PxIS, UINT32_MAX);
    wr(PxCMD, 0x17);
}

/* ---- tests ---- */

static void test_registers(void)
{
    begin("");
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0), ==, 0x29228086);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 8), ==, 0x01060102);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0xa8), ==, 0x00100012);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0xac), ==, 0x48);
    g_assert_cmphex(host(0), ==, 0xc0141f05);
    g_assert_cmphex(host(0x0c), ==, 0x3f);
    g_assert_cmphex(host(0x10), ==, 0x10000);
    g_assert_cmphex(rd(PxSSTS), ==, 0x113);
    g_assert_cmphex(rd(PxSIG), ==, 0x101);
    g_assert_cmphex(rd(PxTFD), ==, 0x150);
    /* Through the two ports. */
    qtest_outl(qts, 0xc110, 0x128);
    g_assert_cmphex(qtest_inl(qts, 0xc114), ==, 0x113);
    port = 1;
    g_assert_cmphex(rd(PxSSTS), ==, 0);
    g_assert_cmphex(rd(PxTFD), ==, 0x7f);
    start_port(3);
    g_assert_cmphex(rd(PxSIG), ==, 0xeb140101);
    /* Reset of all. */
    qtest_writel(qts, BAR + 4, 1);
    g_assert_cmphex(host(4), ==, 0x80000000);
    g_assert_cmphex(rd(PxCMD), ==, 6);
    g_assert_cmphex(rd(PxCLB), ==, 0);
    end();
}

static void test_commands(void)
{
    g_autofree uint8_t *out = g_malloc(0x20000), *in = g_malloc(0x20000);
    static const Region scattered[] = {
        {DATA, 2},
        {DATA + 0x1002, 510},
        {DATA + 0x3000, 1000},
        {DATA + 0x5000, 0x10000},
        {DATA + 0x20000, 2584},
    };

    begin(",serial=4711");
    run(0xec, 0, 0, 0, DATA, 512);
    qtest_memread(qts, DATA, in, 512);
    g_assert_cmpuint(ldl_le_p(in + 120), ==, SECTORS);
    g_assert_cmphex(lduw_le_p(in + 152) & 0x100, ==, 0x100);
    g_assert_cmpmem(in + 20, 4, "7411", 4);
    /* The frame of the block, and the one of the end. */
    g_assert_cmphex(qtest_readb(qts, FIS + 0x20), ==, 0x5f);
    g_assert_cmphex(qtest_readw(qts, FIS + 0x20 + 16), ==, 512);
    g_assert_cmphex(qtest_readl(qts, FIS + 0x40), ==, 0x00504034);
    g_assert_cmphex(rd(PxIS) & 3, ==, 3);
    g_assert_cmphex(host(8), ==, 1);
    g_assert_cmpuint(qtest_readl(qts, LIST + 4), ==, 512);
    wr(PxIS, UINT32_MAX);
    qtest_writel(qts, BAR + 8, 1);
    g_assert_cmphex(host(8), ==, 0);
    /* PIO of several blocks. */
    fill(out, 0x11000, 1);
    qtest_memwrite(qts, DATA, out, 20 * 512);
    run(0x34, 0, 100, 20, DATA, 20 * 512);
    rw_file(image, in, 20 * 512, 100 * 512, false);
    g_assert_cmpmem(in, 20 * 512, out, 20 * 512);
    run(0x29, 0, 100, 20, DATA + 0x8000, 20 * 512);
    qtest_memread(qts, DATA + 0x8000, in, 20 * 512);
    g_assert_cmpmem(in, 20 * 512, out, 20 * 512);
    /* DMA, into pieces. */
    qtest_memwrite(qts, DATA, out, 0x11000);
    run(0x35, 0, 5000, 136, DATA, 0x11000);
    g_assert_cmpuint(qtest_readl(qts, LIST + 4), ==, 0x11000);
    issue(2, 0x25, 0, 5000, 136, scattered, 5);
    wait_slots(4);
    qtest_memread(qts, DATA, in, 2);
    qtest_memread(qts, DATA + 0x1002, in + 2, 510);
    qtest_memread(qts, DATA + 0x3000, in + 512, 1000);
    qtest_memread(qts, DATA + 0x5000, in + 1512, 0x10000);
    qtest_memread(qts, DATA + 0x20000, in + 1512 + 0x10000, 2584);
    g_assert_cmpmem(in, 0x11000, out, 0x11000);
    run(0xea, 0, 0, 0, 0, 0);
    /* Ranges to discard. */
    qtest_writeq(qts, DATA, 100 | 8ull << 48);
    qtest_memset(qts, DATA + 8, 0, 504);
    run(0x06, 1, 0, 1, DATA, 512);
    run_failing(0x25, 0, SECTORS, 1, 0x14);
    run_failing(0x99 + 0x20, 0, 0, 0, 4);
    run(0x25, 0, 0, 8, DATA, 4096);
    end();
}

static void test_queued(void)
{
    g_autofree uint8_t *out = g_malloc(32 * 4096), *in = g_malloc(32 * 4096);

    begin("");
    fill(out, 32 * 4096, 4);
    qtest_memwrite(qts, DATA, out, 32 * 4096);
    for (int write = 1; write >= 0; write--) {
        for (unsigned i = 0; i < 32; i++) {
            const Region region = {DATA + i * 4096 + (write ? 0 : 0x40000), 4096};

            put_regions(i, &region, 1);
            put_header(i, write ? 0x40 : 0, 1);
            put_fis(i, write ? 0x61 : 0x60, 8, 1000 + (31 - i) * 8, i << 3);
        }
        wr(PxIS, UINT32_MAX);
        wr(PxSACT, UINT32_MAX);
        wr(PxCI, UINT32_MAX);
        wait_slots(UINT32_MAX);
        g_assert_cmphex(rd(PxIS) & 0x40000008, ==, 8);
        g_assert_cmphex(qtest_readb(qts, FIS + 0x58), ==, 0xa1);
    }
    qtest_memread(qts, DATA + 0x40000, in, 32 * 4096);
    g_assert_cmpmem(in, 32 * 4096, out, 32 * 4096);
    rw_file(image, in, 4096, 1000 * 512, false);
    g_assert_cmpmem(in, 4096, out + 31 * 4096, 4096);
    /* The wrong tag; out of the disk; a list that is too short. */
    run_failing(0x60, 8, 0, 5 << 3, 4);
    run_failing(0x60, 8, SECTORS, 0, 0x14);
    run_failing(0x60, 16, 0, 0, 4);
    run(0x25, 0, 0, 8, DATA, 4096);
    end();
}

static void issue_packet(const uint8_t *cdb, bool dma, uint16_t limit, uint64_t addr, uint32_t len)
{
    const Region region = {addr, len};

    put_regions(0, &region, 1);
    put_header(0, 0x20, len ? 1 : 0);
    put_fis(0, 0xa0, dma, (uint64_t)limit << 8, 0);
    qtest_memwrite(qts, table(0) + 0x40, cdb, 12);
    wr(PxIS, UINT32_MAX);
    wr(PxCI, 1);
}

static void test_packets(void)
{
    g_autofree uint8_t *out = g_malloc(1024 * 1024), *in = g_malloc(1024 * 1024);

    begin("");
    fill(out, 1024 * 1024, 6);
    rw_file(iso, out, 1024 * 1024, 0, true);
    start_port(3);
    run(0xa1, 0, 0, 0, DATA, 512);
    issue_packet((const uint8_t[12]){0x28, 0, 0, 0, 0, 5, 0, 0, 70}, true, 0, DATA, 70 * 2048);
    wait_slots(1);
    qtest_memread(qts, DATA, in, 70 * 2048);
    g_assert_cmpmem(in, 70 * 2048, out + 5 * 2048, 70 * 2048);
    /* By PIO, in as many blocks as the limit makes. */
    qtest_memset(qts, DATA, 0, 70 * 2048);
    issue_packet((const uint8_t[12]){0x28, 0, 0, 0, 0, 5, 0, 0, 70}, false, 2, DATA, 70 * 2048);
    wait_slots(1);
    qtest_memread(qts, DATA, in, 70 * 2048);
    g_assert_cmpmem(in, 70 * 2048, out + 5 * 2048, 70 * 2048);
    issue_packet((const uint8_t[12]){0x00}, false, 0, 0, 0);
    wait_slots(1);
    issue_packet((const uint8_t[12]){0x77}, false, 0, 0, 0);
    g_assert_cmphex(rd(PxTFD) & 0xff01, ==, 0x5001);
    g_assert_cmphex(rd(PxCI), ==, 1);
    wr(PxCMD, 0x16);
    wr(PxCMD, 0x17);
    issue_packet((const uint8_t[12]){0x03, 0, 0, 0, 18}, true, 0, DATA, 18);
    wait_slots(1);
    g_assert_cmphex(qtest_readb(qts, DATA + 12), ==, 0x20);
    end();
}

static void test_resets(void)
{
    begin("");
    /* Software reset: a frame that sets SRST, one that clears it. */
    for (int set = 1; set >= 0; set--) {
        uint8_t fis[20] = {0x27, 0, [15] = set ? 4 : 0};

        put_header(0, 0, 0);
        qtest_memwrite(qts, table(0), fis, sizeof(fis));
        wr(PxCI, 1);
        wait_slots(1);
    }
    g_assert_cmphex(rd(PxSIG), ==, 0x101);
    g_assert_cmphex(rd(PxTFD), ==, 0x150);
    /* COMRESET. */
    wr(PxCMD, 0x16);
    wr(PxSCTL, 1);
    g_assert_cmphex(rd(PxSIG), ==, UINT32_MAX);
    g_assert_cmphex(rd(PxSSTS), ==, 0);
    wr(PxSCTL, 0);
    g_assert_cmphex(rd(PxSIG), ==, 0x101);
    g_assert_cmphex(rd(PxSSTS), ==, 0x113);
    wr(PxCMD, 0x17);
    run(0x25, 0, 0, 8, DATA, 4096);
    /* With commands under way. */
    for (int i = 0; i < 20; i++) {
        for (unsigned j = 0; j < 8; j++) {
            const Region region = {DATA + j * 4096, 4096};

            put_regions(j, &region, 1);
            put_header(j, 0, 1);
            put_fis(j, i & 1 ? 0x60 : 0x25, i & 1 ? 8 : 0, j * 8, i & 1 ? j << 3 : 8);
        }
        wr(PxSACT, i & 1 ? 0xff : 0);
        wr(PxCI, 0xff);
        if (i % 3 == 0) {
            wr(PxSCTL, 1);
            wr(PxSCTL, 0);
        } else if (i % 3 == 1) {
            qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
            qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
        }
        wr(PxCMD, 0x16);
        g_assert_cmphex(rd(PxCI) | rd(PxSACT), ==, 0);
        wr(PxCMD, 0x17);
    }
    run(0x25, 0, 0, 8, DATA, 4096);
    end();
}

static void test_msi(void)
{
    begin("");
    qpci_config_writel(qts, DEVFN, 0x84, MSI);
    qpci_config_writew(qts, DEVFN, 0x8c, 0x4711);
    qpci_config_writew(qts, DEVFN, 0x82, 0x81);
    run(0x25, 0, 0, 8, DATA, 4096);
    g_assert_cmphex(qtest_readl(qts, MSI), ==, 0x4711);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 0);
    qpci_config_writew(qts, DEVFN, 0x82, 0x80);
    wr(PxIS, UINT32_MAX);
    qtest_writel(qts, BAR + 8, UINT32_MAX);
    run(0x25, 0, 0, 8, DATA, 4096);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 8);
    wr(PxIS, UINT32_MAX);
    qtest_writel(qts, BAR + 8, UINT32_MAX);
    g_assert_cmphex(qpci_config_readw(qts, DEVFN, 6) & 8, ==, 0);
    end();
}

/* Structures in memory that are not what they should be. */
static void test_hostile(void)
{
    static const Region nowhere[] = {{0xfffffffffffff000ull, 0x400000}, {BAR, 4096}, {DATA, 1}};

    begin("");
    put_header(0, 0, 0xffff);
    qtest_memset(qts, table(0), 0xff, 64);
    wr(PxCI, 1);
    wait_slots(1);
    issue(0, 0x25, 0, 0, 0, nowhere, 3);
    issue(1, 0x60, 8, 0, 1 << 3, nowhere, 3);
    issue(2, 0x61, 8, 0, 2 << 3, nowhere, 3);
    qtest_clock_step(qts, 100000000);
    wr(PxCMD, 0x16);
    wr(PxCMD, 0x17);
    /* The table is out of memory, then the list is. */
    put_header(0, 0, 1);
    qtest_writeq(qts, LIST + 8, 0xfffffffffffffc00ull);
    wr(PxCI, 1);
    qtest_clock_step(qts, 1000000);
    wr(PxCMD, 0x16);
    wr(PxCLB, 0xfffffc00);
    qtest_writel(qts, BAR + 0x104, UINT32_MAX);
    wr(PxCMD, 0x17);
    wr(PxCI, UINT32_MAX);
    qtest_clock_step(qts, 1000000);
    wr(PxCMD, 0x16);
    qtest_writel(qts, BAR + 0x104, 0);
    start_port(0);
    run(0x25, 0, 0, 8, DATA, 4096);
    end();
}

static void test_random(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(2);

    begin("");
    start_port(3);
    for (int i = 0; i < 4000; i++) {
        static const uint8_t often[] = {0x20, 0x25, 0x29, 0x30, 0x35, 0x39, 0x60, 0x61, 0xa0,
                                        0xa0, 0xec, 0xa1, 0x06, 0xb0, 0xef, 0x08, 0xe7, 0x90};
        uint32_t value = g_rand_int(rand);
        unsigned slot = value & 3;
        const Region regions[] = {{DATA + (value & 0xffff), (value >> 8 & 0xfff) + 1},
                                  {value, (value & 0x3fff) + 1},
                                  {DATA, 4096}};

        port = value & 0x1000000 ? 0 : 3;
        switch (g_rand_int_range(rand, 0, 10)) {
        case 0:
            wr(value >> 16 & 0x7c, value);
            break;
        case 1:
            wr(PxCMD, 0x16);
            start_port(port);
            break;
        case 2:
            wr(PxSCTL, value & 1);
            wr(PxSCTL, 0);
            break;
        case 3:
            rd(value & 0x7c);
            break;
        case 4:
            qtest_clock_step(qts, 1000000);
            break;
        default:
            put_regions(slot, regions, 3);
            put_header(slot, value & 0x60, value >> 4 & 3);
            put_fis(slot, often[(value >> 8) % G_N_ELEMENTS(often)], value >> 12 & 0x1f,
                    value >> 4 & 0x1ffff, value & 0x80 ? slot << 3 : value >> 20 & 0x3f);
            qtest_memset(qts, table(slot) + 0x40, value & 0x7f, 12);
            if (value & 0x40000000) {
                wr(PxSACT, 1u << slot);
            }
            wr(PxCI, 1u << slot);
            break;
        }
    }
    qtest_writel(qts, BAR + 4, 1);
    qtest_writel(qts, BAR + 4, 0x80000002);
    start_port(0);
    run(0x25, 0, 0, 8, DATA, 4096);
    end();
}

/* ---- errors of the host, saved state ---- */

static void limit_file_size(rlim_t bytes)
{
    g_autofree char *path = g_strdup_printf("/proc/self/task/%d/children", getpid());
    g_autofree char *text = NULL;
    struct rlimit limit = {bytes, RLIM_INFINITY};

    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_cmpint(prlimit(atoi(text), RLIMIT_FSIZE, &limit, NULL), ==, 0);
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
    qts = qtest_initf(DEVICES "-incoming file:%s", image, iso, ",werror=stop", file);
    g_unlink(file);
}

/* Writes that failed, queued ones and another, are done when there is room. */
static void stop_and_go_on(bool queued, bool migrate)
{
    g_autofree uint8_t *out = g_malloc(4 * 4096), *in = g_malloc(4 * 4096);
    unsigned num = queued ? 4 : 1;

    begin(",werror=stop");
    limit_file_size(1024 * 1024);
    fill(out, 4 * 4096, 8);
    qtest_memwrite(qts, DATA, out, 4 * 4096);
    for (unsigned i = 0; i < num; i++) {
        const Region region = {DATA + i * 4096, 4096};

        put_regions(i, &region, 1);
        put_header(i, 0x40, 1);
        put_fis(i, queued ? 0x61 : 0x35, queued ? 8 : 0, 8192 + i * 8, queued ? i << 3 : 8);
    }
    wr(PxSACT, queued ? 15 : 0);
    wr(PxCI, (1u << num) - 1);
    qtest_qmp_eventwait(qts, "STOP");
    g_assert_cmphex(rd(PxSACT) | rd(PxCI), ==, (1u << num) - 1);
    if (migrate) {
        save_and_restart();
    } else {
        limit_file_size(RLIM_INFINITY);
    }
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    wait_slots(15);
    g_assert_cmphex(rd(PxTFD) & 0x89, ==, 0);
    rw_file(image, in, num * 4096, 8192 * 512, false);
    g_assert_cmpmem(in, num * 4096, out, num * 4096);
    end();
}

static void test_werror(void)
{
    begin(",werror=report");
    limit_file_size(1024 * 1024);
    run_failing(0x61, 8, 8192, 0, 4);
    run_failing(0x35, 0, 8192, 8, 4);
    run(0x35, 0, 8, 8, DATA, 4096);
    end();
    stop_and_go_on(false, false);
    stop_and_go_on(true, false);
    stop_and_go_on(false, true);
    stop_and_go_on(true, true);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* Inherited: a write beyond the limit is an error, and not the end. */
    signal(SIGXFSZ, SIG_IGN);
    g_test_add_func("/ahci/registers", test_registers);
    g_test_add_func("/ahci/commands", test_commands);
    g_test_add_func("/ahci/queued", test_queued);
    g_test_add_func("/ahci/packets", test_packets);
    g_test_add_func("/ahci/resets", test_resets);
    g_test_add_func("/ahci/msi", test_msi);
    g_test_add_func("/ahci/hostile", test_hostile);
    g_test_add_func("/ahci/random", test_random);
    g_test_add_func("/ahci/werror", test_werror);
    return g_test_run();
}
