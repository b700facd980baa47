/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flash chips of a PC: commands, what reaches the drive, saved state. */
#include "libqtest.h"
#include <glib/gstdio.h>

#define SIZE  (256 * 1024)
#define CODE  (0x100000000ull - SIZE)
#define VARS  (CODE - SIZE)
#define BLOCK 4096

static QTestState *qts;
static char *files[2];

static void begin_with(const char *more)
{
    qts = qtest_initf("-machine pc -nodefaults -m 16 "
                      "-drive if=pflash,format=raw,file=%s,readonly=on "
                      "-drive if=pflash,format=raw,file=%s %s",
                      files[0], files[1], more);
}

static void begin(void)
{
    begin_with("");
}

static uint8_t on_drive(unsigned offset)
{
    g_autofree char *data = NULL;
    gsize size;

    g_assert_true(g_file_get_contents(files[1], &data, &size, NULL));
    return data[offset];
}

static void erase(uint64_t addr)
{
    qtest_writeb(qts, addr, 0x20);
    qtest_writeb(qts, addr, 0xd0);
}

static void program(uint64_t addr, uint8_t value)
{
    qtest_writeb(qts, addr, 0x10);
    qtest_writeb(qts, addr, value);
}

static void test_identity(void)
{
    begin();
    qtest_writeb(qts, VARS, 0x90);
    g_assert_cmphex(qtest_readw(qts, VARS), ==, 0x8918);
    qtest_writeb(qts, VARS, 0x98);
    g_assert_cmphex(qtest_readb(qts, VARS + 0x10), ==, 'Q');
    g_assert_cmphex(qtest_readb(qts, VARS + 0x11), ==, 'R');
    g_assert_cmphex(qtest_readb(qts, VARS + 0x12), ==, 'Y');
    g_assert_cmphex(qtest_readb(qts, VARS + 0x27), ==, 18);
    g_assert_cmphex(qtest_readb(qts, VARS + 0x2d), ==, SIZE / BLOCK - 1);
    g_assert_cmphex(qtest_readb(qts, VARS + 0x2f), ==, BLOCK >> 8);
    qtest_writeb(qts, VARS, 0xff);
    /* How UEFI firmware tells flash from RAM and ROM. */
    qtest_writeb(qts, VARS, 0x50);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0x11);
    qtest_writeb(qts, VARS, 0x70);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0);
    qtest_writeb(qts, VARS, 0xff);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0x11);
    qtest_quit(qts);
}

static void test_program(void)
{
    begin();
    erase(VARS + BLOCK + 5);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0x80);
    qtest_writeb(qts, VARS, 0xff);
    g_assert_cmphex(qtest_readb(qts, VARS + BLOCK - 1), ==, 0x11);
    g_assert_cmphex(qtest_readl(qts, VARS + BLOCK), ==, UINT32_MAX);
    g_assert_cmphex(qtest_readl(qts, VARS + 2 * BLOCK - 4), ==, UINT32_MAX);
    g_assert_cmphex(qtest_readb(qts, VARS + 2 * BLOCK), ==, 0x11);
    g_assert_cmphex(on_drive(BLOCK), ==, 0xff);
    for (int i = 0; i < 600; i++) {
        program(VARS + BLOCK + i, i);
    }
    g_assert_cmphex(qtest_readb(qts, VARS) & 0x80, ==, 0x80);
    for (int i = 0; i < 600; i++) {
        g_assert_cmphex(on_drive(BLOCK + i), ==, i & 0xff);
    }
    /* A buffer of eight bytes. */
    qtest_writeb(qts, VARS + BLOCK, 0xe8);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0x80);
    qtest_writeb(qts, VARS + BLOCK, 7);
    for (int i = 0; i < 8; i++) {
        qtest_writeb(qts, VARS + BLOCK + 0x10 + i, 0xa0 + i);
    }
    qtest_writeb(qts, VARS + BLOCK, 0xd0);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0x80);
    qtest_writeb(qts, VARS, 0xff);
    g_assert_cmphex(qtest_readb(qts, VARS + BLOCK + 0x17), ==, 0xa7);
    g_assert_cmphex(qtest_readb(qts, VARS + BLOCK + 0x18), ==, 0x18);
    g_assert_cmphex(on_drive(BLOCK + 0x17), ==, 0xa7);
    qtest_quit(qts);
}

/* Sequences that are none; a drive that is read-only. */
static void test_mistakes(void)
{
    begin();
    qtest_writeb(qts, VARS, 0x20);
    qtest_writeb(qts, VARS, 0x55);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0xb0);
    qtest_writeb(qts, VARS, 0x50);
    qtest_writeb(qts, VARS, 0xe8);
    qtest_writew(qts, VARS, 0xffff);
    g_assert_cmphex(qtest_readb(qts, VARS) & 0x30, ==, 0x30);
    qtest_writeb(qts, VARS, 0x50);
    qtest_writeb(qts, VARS, 0xe8);
    qtest_writeb(qts, VARS, 3);
    qtest_writeb(qts, VARS, 1);
    qtest_writeb(qts, VARS + SIZE - 1, 1); /* another block */
    g_assert_cmphex(qtest_readb(qts, VARS) & 0x30, ==, 0x30);
    for (int i = 0; i < 256; i++) {
        qtest_writeb(qts, VARS + i, i);
        qtest_writeq(qts, VARS + i, 0x0123456789abcdefull * i);
        qtest_readq(qts, VARS + SIZE - 8);
    }
    qtest_system_reset(qts);
    g_assert_cmphex(qtest_readb(qts, VARS + SIZE - 1), ==, 0x11);
    erase(CODE);
    g_assert_cmphex(qtest_readb(qts, CODE), ==, 0xa0);
    qtest_writeb(qts, CODE, 0xff);
    g_assert_cmphex(qtest_readb(qts, CODE), ==, 0x11);
    qtest_quit(qts);
}

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

/* In the middle of a buffer; bytes that were not on the drive yet are when the machine stops. */
static void test_state(void)
{
    g_autofree char *file = NULL, *incoming = NULL;
    int fd = g_file_open_tmp("qtest-pflash-XXXXXX", &file, NULL);

    close(fd);
    begin();
    program(VARS + 8, 0x99);
    qtest_writeb(qts, VARS + 16, 0xe8);
    qtest_writeb(qts, VARS + 16, 1);
    qtest_writeb(qts, VARS + 16, 0x77);
    qtest_qmp_assert_success(qts, "{'execute': 'stop'}");
    qtest_qmp_assert_success(qts, "{'execute': 'migrate', 'arguments': {'uri': 'file:%s'}}", file);
    wait_saved();
    qtest_quit(qts);
    g_assert_cmphex(on_drive(8), ==, 0x99);
    incoming = g_strdup_printf("-incoming file:%s", file);
    begin_with(incoming);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    qtest_writeb(qts, VARS + 17, 0x78);
    qtest_writeb(qts, VARS + 16, 0xd0);
    g_assert_cmphex(qtest_readb(qts, VARS) & 0x80, ==, 0x80);
    qtest_writeb(qts, VARS, 0xff);
    g_assert_cmphex(qtest_readw(qts, VARS + 16), ==, 0x7877);
    g_assert_cmphex(on_drive(17), ==, 0x78);
    qtest_quit(qts);
    g_unlink(file);
}

/* Chips by machine properties; nothing but their sizes differs. */
static void test_machine_properties(void)
{
    qts = qtest_initf("-machine pc,pflash0=a,pflash1=b -nodefaults -m 16 "
                      "-blockdev file,filename=%s,node-name=a,read-only=on "
                      "-blockdev file,filename=%s,node-name=b",
                      files[0], files[1]);
    g_assert_cmphex(qtest_readb(qts, CODE), ==, 0x11);
    g_assert_cmphex(qtest_readb(qts, 0xfffff), ==, 0x11);
    erase(VARS);
    qtest_writeb(qts, VARS, 0xff);
    g_assert_cmphex(qtest_readb(qts, VARS), ==, 0xff);
    qtest_quit(qts);
}

static void make_files(void)
{
    g_autofree char *data = g_malloc(SIZE);

    memset(data, 0x11, SIZE);
    for (int i = 0; i < 2; i++) {
        int fd = g_file_open_tmp("qtest-flash-XXXXXX", &files[i], NULL);

        close(fd);
        g_assert_true(g_file_set_contents(files[i], data, SIZE, NULL));
    }
}

int main(int argc, char **argv)
{
    int ret;

    g_test_init(&argc, &argv, NULL);
    make_files();
    g_test_add_func("/pflash/identity", test_identity);
    g_test_add_func("/pflash/program", test_program);
    g_test_add_func("/pflash/mistakes", test_mistakes);
    g_test_add_func("/pflash/state", test_state);
    g_test_add_func("/pflash/machine-properties", test_machine_properties);
    ret = g_test_run();
    for (int i = 0; i < 2; i++) {
        g_unlink(files[i]);
        g_free(files[i]);
    }
    return ret;
}
