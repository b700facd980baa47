/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The floppy controller of a PC: commands, data by DMA and by its register, media, saved state. */
#include "libqtest.h"
#include <glib/gstdio.h>

#define SIZE   (1440 * 1024)
#define BUFFER 0x10000
#define DOR    0x3f2
#define MSR    0x3f4
#define FIFO   0x3f5
#define DIR    0x3f7

static QTestState *qts;
static char *image;
static uint8_t result[16];

static void send(uint8_t byte)
{
    g_assert_cmphex(qtest_inb(qts, MSR) & 0xc0, ==, 0x80);
    qtest_outb(qts, FIFO, byte);
}

static void command(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        send(bytes[i]);
    }
}

#define CMD(...) command((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* The result phase, of @n bytes. */
static void get_result(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        g_assert_cmphex(qtest_inb(qts, MSR) & 0xd0, ==, 0xd0);
        result[i] = qtest_inb(qts, FIFO);
    }
    g_assert_cmphex(qtest_inb(qts, MSR) & 0xf0, ==, 0x80);
}

static void reset_controller(void)
{
    qtest_outb(qts, DOR, 0x08);
    qtest_outb(qts, DOR, 0x1c);
    g_assert_true(qtest_get_irq(qts, 6));
    for (int i = 0; i < 4; i++) {
        CMD(0x08);
        get_result(2);
        g_assert_cmphex(result[0], ==, 0xc0 | i);
    }
    g_assert_false(qtest_get_irq(qts, 6));
}

static void begin(const char *more)
{
    qts = qtest_initf("-machine pc -nodefaults -m 16 %s", more);
    qtest_irq_intercept_in(qts, "ioapic");
    g_assert_cmphex(qtest_inb(qts, 0x3f0), ==, 0xff); /* nobody is there */
    reset_controller();
}

static void begin_with_floppy(void)
{
    g_autofree char *more = g_strdup_printf("-drive if=floppy,file=%s,format=raw", image);

    begin(more);
}

static void recalibrate(void)
{
    CMD(0x07, 0);
    g_assert_true(qtest_get_irq(qts, 6));
    CMD(0x08);
    get_result(2);
    g_assert_cmphex(result[0], ==, 0x20);
    g_assert_cmphex(result[1], ==, 0);
}

/* Channel 2; @mode 44h writes to memory, 48h reads from it. */
static void dma(uint8_t mode, uint32_t addr, uint32_t size)
{
    qtest_outb(qts, 0x0a, 6);
    qtest_outb(qts, 0x0c, 0);
    qtest_outb(qts, 0x0b, mode | 2);
    qtest_outb(qts, 0x04, addr);
    qtest_outb(qts, 0x04, addr >> 8);
    qtest_outb(qts, 0x81, addr >> 16);
    qtest_outb(qts, 0x05, size - 1);
    qtest_outb(qts, 0x05, (size - 1) >> 8);
    qtest_outb(qts, 0x0a, 2);
}

static void wait_irq(void)
{
    while (!qtest_get_irq(qts, 6)) {
        qtest_clock_step(qts, 1000);
    }
}

static void transfer(uint8_t cmd, uint8_t track, uint8_t head, uint8_t sect, uint8_t last)
{
    CMD(cmd, head << 2, track, head, sect, 2, last, 0x1b, 0xff);
    wait_irq();
    get_result(7);
}

/* Byte @i of sector @lba. */
static uint8_t pattern(unsigned lba, unsigned i)
{
    return lba * 7 + i + i / 256;
}

static void check_sectors(uint64_t addr, unsigned lba, unsigned n)
{
    g_autofree uint8_t *data = g_malloc(n * 512);

    qtest_memread(qts, addr, data, n * 512);
    for (unsigned i = 0; i < n * 512; i++) {
        g_assert_cmphex(data[i], ==, pattern(lba + i / 512, i % 512));
    }
}

/* ---- registers and short commands ---- */

static void test_registers(void)
{
    begin("");
    CMD(0x10);
    get_result(1);
    g_assert_cmphex(result[0], ==, 0x90);
    CMD(0x18);
    get_result(1);
    g_assert_cmphex(result[0], ==, 0x41);
    CMD(0x13, 0, 0x57, 0x12);
    CMD(0x94);
    get_result(1);
    g_assert_cmphex(result[0], ==, 0x10);
    CMD(0x03, 0xaf, 0x1e);
    CMD(0x0e);
    get_result(10);
    g_assert_cmphex(result[4], ==, 0xaf);
    g_assert_cmphex(result[5], ==, 0x1e);
    g_assert_cmphex(result[7] & 0x80, ==, 0x80);
    g_assert_cmphex(result[8], ==, 0x57);
    g_assert_cmphex(result[9], ==, 0x12);
    /* No such command, and nothing to sense. */
    CMD(0x1f);
    get_result(1);
    g_assert_cmphex(result[0], ==, 0x80);
    CMD(0x08);
    get_result(1);
    g_assert_cmphex(result[0], ==, 0x80);
    /* A drive that is not there. */
    CMD(0x07, 1);
    CMD(0x08);
    get_result(2);
    g_assert_cmphex(result[0], ==, 0x71);
    /* CMOS: no drives. */
    qtest_outb(qts, 0x70, 0x10);
    g_assert_cmphex(qtest_inb(qts, 0x71), ==, 0);
    qtest_quit(qts);
}

static void test_drive(void)
{
    begin_with_floppy();
    qtest_outb(qts, 0x70, 0x10);
    g_assert_cmphex(qtest_inb(qts, 0x71), ==, 0x40);
    qtest_outb(qts, 0x70, 0x14);
    g_assert_cmphex(qtest_inb(qts, 0x71) & 0xc1, ==, 0x01);
    g_assert_cmphex(qtest_inb(qts, DIR), ==, 0x80);
    recalibrate();
    g_assert_cmphex(qtest_inb(qts, DIR), ==, 0);
    CMD(0x0f, 4, 79);
    CMD(0x08);
    get_result(2);
    g_assert_cmphex(result[0], ==, 0x24);
    g_assert_cmphex(result[1], ==, 79);
    CMD(0x04, 4);
    get_result(1);
    g_assert_cmphex(result[0], ==, 0x2c);
    CMD(0x4a, 4);
    wait_irq();
    get_result(7);
    g_assert_cmphex(result[0], ==, 0x04);
    g_assert_cmphex(result[3], ==, 79);
    g_assert_cmphex(result[6], ==, 2);
    /* At another rate there is nothing to be read. */
    qtest_outb(qts, 0x3f7, 2);
    CMD(0x4a, 4);
    wait_irq();
    get_result(7);
    g_assert_cmphex(result[0], ==, 0x44);
    g_assert_cmphex(result[1], ==, 1);
    qtest_quit(qts);
}

/* ---- data ---- */

static void test_read(void)
{
    begin_with_floppy();
    recalibrate();
    dma(0x44, BUFFER, 512);
    transfer(0xe6, 0, 0, 1, 18);
    g_assert_cmphex(result[0], ==, 0);
    g_assert_cmphex(result[5], ==, 2);
    check_sectors(BUFFER, 0, 1);
    /* From one side to the other, on another track, without a seek. */
    dma(0x44, BUFFER, 20 * 512);
    transfer(0xe6, 40, 0, 15, 18);
    g_assert_cmphex(result[0], ==, 4);
    check_sectors(BUFFER, 40 * 36 + 14, 20);
    /* One side only: it ends before the DMA controller does. */
    dma(0x44, BUFFER, 4 * 512);
    transfer(0x46, 1, 1, 17, 18);
    g_assert_cmphex(result[0] & 0xc0, ==, 0x40);
    g_assert_cmphex(result[1], ==, 0x80);
    check_sectors(BUFFER, 36 + 18 + 16, 2);
    /* What is not there. */
    dma(0x44, BUFFER, 512);
    transfer(0xe6, 80, 0, 1, 18);
    g_assert_cmphex(result[0] & 0xc0, ==, 0x40);
    transfer(0xe6, 0, 0, 19, 18);
    g_assert_cmphex(result[1], ==, 4);
    transfer(0xe6, 0, 0, 0, 18);
    g_assert_cmphex(result[1], ==, 4);
    qtest_quit(qts);
}

static void test_write(void)
{
    uint8_t data[1024];

    begin_with_floppy();
    recalibrate();
    memset(data, 0xa5, sizeof(data));
    qtest_memwrite(qts, BUFFER, data, sizeof(data));
    dma(0x48, BUFFER, 1024);
    transfer(0xc5, 79, 1, 17, 18);
    g_assert_cmphex(result[0] & 0xc0, ==, 0);
    dma(0x44, BUFFER + 4096, 1024);
    transfer(0xe6, 79, 1, 17, 18);
    qtest_memread(qts, BUFFER + 4096, data, sizeof(data));
    for (size_t i = 0; i < sizeof(data); i++) {
        g_assert_cmphex(data[i], ==, 0xa5);
    }
    /* The track is filled, and compares. */
    for (int i = 0; i < 18; i++) {
        uint8_t id[4] = {79, 1, i + 1, 2};
        qtest_memwrite(qts, BUFFER + 4 * i, id, 4);
    }
    CMD(0x0f, 4, 79);
    CMD(0x08);
    get_result(2);
    dma(0x48, BUFFER, 72);
    CMD(0x4d, 4, 2, 18, 0x50, 0xf6);
    wait_irq();
    get_result(7);
    g_assert_cmphex(result[0] & 0xc0, ==, 0);
    memset(data, 0xf6, sizeof(data));
    qtest_memwrite(qts, BUFFER, data, sizeof(data));
    dma(0x48, BUFFER, 1024);
    transfer(0xd1, 79, 1, 3, 18);
    g_assert_cmphex(result[2], ==, 8);
    qtest_quit(qts);
}

/* Without DMA: a byte at a time, until the last sector. */
static void test_pio(void)
{
    begin_with_floppy();
    recalibrate();
    CMD(0x03, 0xaf, 0x1f);
    CMD(0x46, 0, 2, 0, 5, 2, 5, 0x1b, 0xff);
    wait_irq();
    for (int i = 0; i < 512; i++) {
        g_assert_cmphex(qtest_inb(qts, MSR) & 0xf0, ==, 0xf0);
        g_assert_cmphex(qtest_inb(qts, FIFO), ==, pattern(2 * 36 + 4, i));
    }
    get_result(7);
    g_assert_cmphex(result[1], ==, 0x80);
    CMD(0x45, 0, 2, 0, 5, 2, 5, 0x1b, 0xff);
    for (int i = 0; i < 512; i++) {
        g_assert_cmphex(qtest_inb(qts, MSR) & 0xf0, ==, 0xb0);
        qtest_outb(qts, FIFO, pattern(2 * 36 + 4, i));
    }
    get_result(7);
    qtest_quit(qts);
}

static void test_read_only(void)
{
    g_autofree char *more =
        g_strdup_printf("-drive if=floppy,file=%s,format=raw,readonly=on", image);

    begin(more);
    recalibrate();
    CMD(0x04, 0);
    get_result(1);
    g_assert_cmphex(result[0] & 0x40, ==, 0x40);
    dma(0x48, BUFFER, 512);
    transfer(0xc5, 0, 0, 1, 18);
    g_assert_cmphex(result[1], ==, 2);
    qtest_quit(qts);
}

/* ---- media ---- */

static void test_media(void)
{
    g_autofree char *more = g_strdup("-device floppy,id=f");

    begin(more);
    recalibrate();
    dma(0x44, BUFFER, 512);
    transfer(0xe6, 0, 0, 1, 18);
    g_assert_cmphex(result[0] & 0xc0, ==, 0x40);
    g_assert_cmphex(result[1], ==, 1);
    qtest_qmp_assert_success(qts,
                             "{'execute': 'blockdev-change-medium', 'arguments': "
                             "{'id': 'f', 'filename': '%s', 'format': 'raw'}}",
                             image);
    g_assert_cmphex(qtest_inb(qts, DIR), ==, 0x80);
    recalibrate();
    g_assert_cmphex(qtest_inb(qts, DIR), ==, 0);
    dma(0x44, BUFFER, 512);
    transfer(0xe6, 0, 0, 1, 18);
    g_assert_cmphex(result[0], ==, 0);
    check_sectors(BUFFER, 0, 1);
    qtest_quit(qts);
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

/* In the middle of a sector. */
static void test_state(void)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("qtest-fdc-XXXXXX", &file, NULL);

    close(fd);
    begin_with_floppy();
    recalibrate();
    CMD(0x03, 0xaf, 0x1f);
    CMD(0x46, 0, 2, 0, 5, 2, 5, 0x1b, 0xff);
    for (int i = 0; i < 300; i++) {
        g_assert_cmphex(qtest_inb(qts, FIFO), ==, pattern(2 * 36 + 4, i));
    }
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", file);
    wait_saved();
    qtest_quit(qts);
    qts = qtest_initf("-machine pc -nodefaults -m 16 -drive if=floppy,file=%s,format=raw "
                      "-incoming file:%s",
                      image, file);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    for (int i = 300; i < 512; i++) {
        g_assert_cmphex(qtest_inb(qts, FIFO), ==, pattern(2 * 36 + 4, i));
    }
    get_result(7);
    g_unlink(file);
    qtest_quit(qts);
}

/* ---- hostile guests ---- */

static void test_random(void)
{
    GRand *rand = g_rand_new_with_seed(1440);

    begin_with_floppy();
    for (int i = 0; i < 20000; i++) {
        static const uint8_t likely[] = {0xe6, 0xc5, 0x4d, 0x0f, 0x07, 0x08, 0x4a,
                                         0x03, 0xd1, 0x16, 0x13, 0x4e, 0x02, 0x46};
        unsigned what = g_rand_int_range(rand, 0, 10);

        if (what < 6) {
            qtest_outb(qts, FIFO,
                       g_rand_boolean(rand) ? likely[g_rand_int_range(rand, 0, sizeof(likely))]
                                            : g_rand_int_range(rand, 0, 20));
        } else if (what < 8) {
            qtest_inb(qts, FIFO);
        } else if (what == 8) {
            qtest_inb(qts, 0x3f0 + g_rand_int_range(rand, 0, 8));
        } else if (i % 50 == 0) {
            dma(g_rand_boolean(rand) ? 0x44 : 0x48, BUFFER, g_rand_int_range(rand, 1, 4096));
            qtest_clock_step(qts, 1000);
        }
        if (i % 1000 == 999) {
            qtest_outb(qts, DOR, g_rand_int(rand));
        }
    }
    g_rand_free(rand);
    reset_controller();
    qtest_outb(qts, 0x3f7, 0);
    CMD(0x03, 0xaf, 0x1e);
    recalibrate();
    qtest_quit(qts);
}

static void make_image(void)
{
    g_autofree uint8_t *data = g_malloc(SIZE);
    int fd = g_file_open_tmp("qtest-floppy-XXXXXX", &image, NULL);

    close(fd);
    for (unsigned i = 0; i < SIZE; i++) {
        data[i] = pattern(i / 512, i % 512);
    }
    g_assert_true(g_file_set_contents(image, (char *)data, SIZE, NULL));
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    make_image();
    g_test_add_func("/fdc/registers", test_registers);
    g_test_add_func("/fdc/drive", test_drive);
    g_test_add_func("/fdc/read", test_read);
    g_test_add_func("/fdc/write", test_write);
    g_test_add_func("/fdc/pio", test_pio);
    g_test_add_func("/fdc/read-only", test_read_only);
    g_test_add_func("/fdc/media", test_media);
    g_test_add_func("/fdc/state", test_state);
    g_test_add_func("/fdc/random", test_random);
    ret = g_test_run();
    g_unlink(image);
    g_free(image);
    return ret;
}
