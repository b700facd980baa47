/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware configuration device: selector and data ports, files, DMA, and DMA to nowhere. */

#include "libqtest.h"
#include "qemu/bswap.h"

#define SELECTOR   0x510
#define DATA       0x511
#define DMA_HIGH   0x514
#define DMA_LOW    0x518

#define DMA_ERROR  0x01
#define DMA_READ   0x02
#define DMA_SKIP   0x04
#define DMA_SELECT 0x08
#define DMA_WRITE  0x10

#define COMMAND    0x100000
#define BUFFER     0x110000

static QTestState *qts;

static void read_item(uint16_t key, void *data, size_t size)
{
    qtest_outw(qts, SELECTOR, key);
    for (size_t i = 0; i < size; i++) {
        ((uint8_t *)data)[i] = qtest_inb(qts, DATA);
    }
}

/* The control word after the command at @where. */
static uint32_t dma_at(uint64_t where, uint32_t control, uint32_t len, uint64_t addr)
{
    qtest_writel(qts, where, bswap32(control));
    qtest_writel(qts, where + 4, bswap32(len));
    qtest_writeq(qts, where + 8, bswap64(addr));
    qtest_outl(qts, DMA_HIGH, bswap32(where >> 32));
    qtest_outl(qts, DMA_LOW, bswap32((uint32_t)where));
    return bswap32(qtest_readl(qts, where));
}

/* The result of a command that may take a while: its other bits are gone when it is done. */
static uint32_t dma_wait(uint64_t where)
{
    uint32_t control;

    do {
        control = bswap32(qtest_readl(qts, where));
    } while (control & ~DMA_ERROR);
    return control;
}

static uint32_t dma(uint32_t control, uint32_t len, uint64_t addr)
{
    return dma_at(COMMAND, control, len, addr);
}

static void test_signature(void)
{
    char text[8] = {};
    uint32_t id;

    qts = qtest_init("-machine pc");
    read_item(0, text, 4);
    g_assert_cmpstr(text, ==, "QEMU");
    read_item(1, &id, sizeof(id));
    g_assert_cmphex(le32_to_cpu(id), ==, 3);
    /* Beyond the end there are zeros, and in items that do not exist. */
    g_assert_cmphex(qtest_inb(qts, DATA), ==, 0);
    read_item(0x3fff, text, 4);
    g_assert_cmphex(text[0], ==, 0);
    qtest_quit(qts);
}

static void test_numbers(void)
{
    uint64_t ram;
    uint16_t cpus;

    qts = qtest_init("-machine pc -m 256M -smp 2,maxcpus=3");
    read_item(3, &ram, sizeof(ram));
    g_assert_cmphex(le64_to_cpu(ram), ==, 256 * 1024 * 1024);
    read_item(5, &cpus, sizeof(cpus));
    g_assert_cmphex(le16_to_cpu(cpus), ==, 2);
    read_item(0x0f, &cpus, sizeof(cpus));
    g_assert_cmphex(le16_to_cpu(cpus), >=, 3);
    qtest_quit(qts);
}

/* The text in file @name, "" when it is empty; g_free(). */
static char *read_text(const char *name)
{
    struct {
        uint32_t size;
        uint16_t key, reserved;
        char name[56];
    } file;
    uint32_t count;
    char *text;

    read_item(0x19, &count, sizeof(count));
    for (uint32_t i = 0; i < bswap32(count); i++) {
        for (size_t at = 0; at < sizeof(file); at++) {
            ((char *)&file)[at] = qtest_inb(qts, DATA);
        }
        if (!strcmp(file.name, name)) {
            text = g_malloc0(bswap32(file.size) + 1);
            read_item(bswap16(file.key), text, bswap32(file.size));
            return text;
        }
    }
    g_error("there is no file '%s'", name);
}

#define DISKS                                                                                      \
    "-machine pc -nodefaults -blockdev null-co,node-name=d,size=1073741824,read-zeroes=on "        \
    "-blockdev null-co,node-name=e,size=1073741824,read-zeroes=on "                                \
    "-device virtio-scsi-pci,id=s,addr=4 "

/* For firmware: as the disks say that are there at a reset. */
static void test_geometry(void)
{
    g_autofree char *none = NULL, *two = NULL, *one = NULL;

    qts = qtest_init(DISKS "-device ide-hd,drive=d,unit=0");
    none = read_text("bios-geometry");
    g_assert_cmpstr(none, ==, "");
    qtest_quit(qts);

    qts = qtest_init(DISKS "-device ide-hd,drive=d,unit=0,bus=ide.1,lcyls=1024,lheads=255,lsecs=63 "
                           "-device scsi-hd,drive=e,id=hd,scsi-id=3,lcyls=20,lheads=16,lsecs=5");
    two = read_text("bios-geometry");
    g_assert_nonnull(strstr(two, "/pci@i0cf8/ide@1,1/drive@1/disk@0 1024 255 63"));
    g_assert_nonnull(strstr(two, "/pci@i0cf8/scsi@4/channel@0/disk@3,0 20 16 5"));
    g_assert_cmpuint(strlen(two), ==,
                     strlen("/pci@i0cf8/ide@1,1/drive@1/disk@0 1024 255 63\n"
                            "/pci@i0cf8/scsi@4/channel@0/disk@3,0 20 16 5"));
    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'hd'}}");
    qtest_qmp_eventwait(qts, "DEVICE_DELETED");
    qtest_system_reset(qts);
    one = read_text("bios-geometry");
    g_assert_cmpstr(one, ==, "/pci@i0cf8/ide@1,1/drive@1/disk@0 1024 255 63");
    qtest_quit(qts);
}

/* What firmware tries: files and CMOS as SeaBIOS knows them. */
static void test_boot_order(void)
{
    static const struct {
        const char *options, *order;
        uint8_t first, third; /* CMOS 3Dh, 38h */
    } rows[] = {
        {"", "", 0x12, 0x30},
        {"-boot order=dn", "", 0x43, 0x00},
        {"-boot strict=on", "", 0x12, 0x30},
        {"-device virtio-blk-pci,drive=d,addr=5,bootindex=7 "
         "-device isa-fdc,bootindexA=2 -device floppy",
         "/pci@i0cf8/isa@1/fdc@03f0/floppy@0\n/pci@i0cf8/scsi@5/disk@0,0", 0x12, 0x30},
        {"-boot strict=on -device virtio-blk-pci,drive=d,addr=5,bootindex=7",
         "/pci@i0cf8/scsi@5/disk@0,0\nHALT", 0x12, 0x30},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *all = g_strconcat(DISKS, rows[i].options, NULL), *order = NULL;

        qts = qtest_init(all);
        order = read_text("bootorder");
        g_assert_cmpstr(order, ==, rows[i].order);
        qtest_outb(qts, 0x70, 0x3d);
        g_assert_cmphex(qtest_inb(qts, 0x71), ==, rows[i].first);
        qtest_outb(qts, 0x70, 0x38);
        g_assert_cmphex(qtest_inb(qts, 0x71) & 0xf0, ==, rows[i].third);
        qtest_quit(qts);
    }
}

static void refused(const char *options, const char *words)
{
    g_autofree char *all = g_strconcat(DISKS "-device ", options, NULL);

    qtest_refused(all, words);
}

static void test_refused_geometry(void)
{
    refused("scsi-hd,drive=d,lcyls=20", "lcyls=20,lheads=0,lsecs=0: expected all three");
    refused("virtio-blk-pci,drive=d,lcyls=20,lheads=256,lsecs=63", "lheads=256");
    refused("ide-hd,drive=d,lcyls=1025,lheads=16,lsecs=63", "lcyls=1025");
}

static void test_directory(void)
{
    struct {
        uint32_t size;
        uint16_t key, reserved;
        char name[56];
    } file;
    uint32_t count;
    char previous[57] = "";

    qts = qtest_init("-machine pc");
    read_item(0x19, &count, sizeof(count));
    count = bswap32(count);
    g_assert_cmpint(count, >, 0);
    g_assert_cmpint(count, <, 100);
    for (uint32_t i = 0; i < count; i++) {
        for (size_t j = 0; j < sizeof(file); j++) {
            ((uint8_t *)&file)[j] = qtest_inb(qts, DATA);
        }
        g_assert_cmpint(file.name[55], ==, 0);
        g_assert_cmpint(bswap16(file.key), >=, 0x20);
        g_assert_cmpstr(previous, <, file.name);
        strcpy(previous, file.name);
    }
    qtest_quit(qts);
}

/* Suites of a priority string, in its order; the ones of TLS 1.3 have numbers 13xx. */
static void test_cipher_suites(void)
{
    static const uint8_t expected[] = {0x13, 0x02, 0x13, 0x01};
    uint8_t suites[sizeof(expected)];
    struct QEMU_PACKED {
        uint32_t size;
        uint16_t key, reserved;
        char name[56];
    } file;
    uint32_t count;

    qts = qtest_init("-machine pc -object tls-cipher-suites,id=t,"
                     "priority=NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM"
                     " -fw_cfg name=etc/edk2/https/ciphers,gen_id=t");
    read_item(0x19, &count, sizeof(count));
    count = bswap32(count);
    do {
        for (size_t j = 0; j < sizeof(file); j++) {
            ((uint8_t *)&file)[j] = qtest_inb(qts, DATA);
        }
    } while (--count && strcmp(file.name, "etc/edk2/https/ciphers"));
    g_assert_cmpuint(bswap32(file.size), ==, sizeof(expected));
    read_item(bswap16(file.key), suites, sizeof(suites));
    g_assert_cmpmem(suites, sizeof(suites), expected, sizeof(expected));
    qtest_quit(qts);
}

static void test_dma(void)
{
    char text[5] = {};

    qts = qtest_init("-machine pc");
    g_assert_cmphex(qtest_inl(qts, DMA_HIGH), ==, bswap32(0x51454d55));
    g_assert_cmphex(qtest_inl(qts, DMA_LOW), ==, bswap32(0x20434647));
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ, 4, BUFFER), ==, 0);
    qtest_memread(qts, BUFFER, text, 4);
    g_assert_cmpstr(text, ==, "QEMU");
    /* Skipping moves on without writing. */
    qtest_memset(qts, BUFFER, 0x55, 8);
    g_assert_cmphex(dma(DMA_SELECT | DMA_SKIP, 2, BUFFER), ==, 0);
    g_assert_cmphex(dma(DMA_READ, 4, BUFFER), ==, 0);
    /* "MU", and two zeros from behind the end. */
    g_assert_cmphex(qtest_readq(qts, BUFFER), ==, 0x555555550000554d);
    qtest_quit(qts);
}

/* Items of the machine cannot be written: the error bit, and the item as before. */
static void test_dma_write(void)
{
    char text[5] = {};

    qts = qtest_init("-machine pc");
    qtest_memset(qts, BUFFER, 'x', 8);
    g_assert_cmphex(dma(DMA_SELECT | DMA_WRITE, 4, BUFFER) & DMA_ERROR, ==, DMA_ERROR);
    read_item(0, text, 4);
    g_assert_cmpstr(text, ==, "QEMU");
    qtest_quit(qts);
}

/* Commands and buffers where there is no memory, around the end of the address space, on itself. */
static void test_dma_hostile(void)
{
    static const uint64_t places[] = {
        0,
        0xfffffffffffffff0,
        0xffffffffffffffff,
        0xfffffffffffffff8,
        0x7ffffffffffffff0,
        0xfec00000,
        0xfed00000,
        0xfee00000,
        0xfffffff0,
        0xa0000,
        0xc0000,
        0x8000000,
        0x7fffff8,
        COMMAND,
        COMMAND + 8,
    };
    static const uint32_t lengths[] = {0, 1, 4, 0x1000, 0x100000};
    static const uint32_t controls[] = {
        DMA_READ, DMA_WRITE,  DMA_SKIP, DMA_READ | DMA_WRITE, DMA_READ | DMA_SKIP,
        0x1f,     0xffffffff, 0};
    char text[5] = {};

    qts = qtest_init("-machine pc");
    for (size_t p = 0; p < G_N_ELEMENTS(places); p++) {
        for (size_t l = 0; l < G_N_ELEMENTS(lengths); l++) {
            for (size_t c = 0; c < G_N_ELEMENTS(controls); c++) {
                dma(controls[c] | DMA_SELECT, lengths[l], places[p]);
            }
        }
        qtest_outl(qts, DMA_HIGH, bswap32(places[p] >> 32));
        qtest_outl(qts, DMA_LOW, bswap32((uint32_t)places[p]));
    }
    /* All that a command can ask for, to nowhere and past the end. */
    dma(DMA_SELECT | DMA_READ, UINT32_MAX, 0x8000000);
    dma(DMA_SELECT | DMA_SKIP, UINT32_MAX, 0);
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ, UINT32_MAX, UINT64_MAX - 0x1000), ==, DMA_ERROR);
    /* Zeros end where memory does. */
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ, UINT32_MAX, 0xe0000000), ==, DMA_ERROR);
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ, 4, BUFFER), ==, 0);
    qtest_memread(qts, BUFFER, text, 4);
    g_assert_cmpstr(text, ==, "QEMU");
    qtest_quit(qts);
}

#define MIB (1024 * 1024ull)

/* Zeros over most of memory: the machine answers meanwhile, and they end where they should. */
static void test_dma_huge(void)
{
    const uint64_t first = 16 * MIB, size = 400 * MIB;

    qts = qtest_init("-machine pc -m 512");
    qtest_writeb(qts, first, 1);
    qtest_memset(qts, first + size - 1, 2, 2);
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ, size, first), !=, 0);
    qtest_qmp_assert_success(qts, "{'execute': 'query-status'}");
    g_assert_cmphex(dma_wait(COMMAND), ==, 0);
    g_assert_cmphex(qtest_readb(qts, first), ==, 'Q');
    g_assert_cmphex(qtest_readw(qts, first + size - 1), ==, 0x0200);

    /* Who does not wait loses it; a reset drops it. */
    dma_at(COMMAND, DMA_SELECT | DMA_READ, size, first);
    g_assert_cmphex(dma_at(COMMAND + 32, DMA_SELECT | DMA_READ, 4, BUFFER), ==, 0);
    g_assert_cmphex(dma_wait(COMMAND), ==, DMA_ERROR);
    dma_at(COMMAND, DMA_SELECT | DMA_READ, size, first);
    qtest_system_reset(qts);
    qtest_writeb(qts, first + size - 2, 3);
    g_assert_cmphex(dma(DMA_SELECT | DMA_READ, 4, BUFFER), ==, 0);
    g_assert_cmphex(qtest_readb(qts, first + size - 2), ==, 3);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fw-cfg/signature", test_signature);
    g_test_add_func("/fw-cfg/numbers", test_numbers);
    g_test_add_func("/fw-cfg/geometry", test_geometry);
    g_test_add_func("/fw-cfg/refused-geometry", test_refused_geometry);
    g_test_add_func("/fw-cfg/boot-order", test_boot_order);
    g_test_add_func("/fw-cfg/directory", test_directory);
    g_test_add_func("/fw-cfg/cipher-suites", test_cipher_suites);
    g_test_add_func("/fw-cfg/dma", test_dma);
    g_test_add_func("/fw-cfg/dma-write", test_dma_write);
    g_test_add_func("/fw-cfg/dma-hostile", test_dma_hostile);
    g_test_add_func("/fw-cfg/dma-huge", test_dma_huge);
    return g_test_run();
}
