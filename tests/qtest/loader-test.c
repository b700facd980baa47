/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -device loader: numbers, files of three formats, entry points; at each reset; what it refuses. */
#include <elf.h>
#include <glib/gstdio.h>
#include "libqtest.h"

#define ADDR 0x20000u

static QTestState *qts;
static char *dir, *file;

static void start(const char *loader)
{
    qts = qtest_initf("-machine pc -smp 2 -device loader,%s", loader);
}

static void write_file(const void *data, size_t size)
{
    g_assert_true(g_file_set_contents(file, data, size, NULL));
}

/* The instruction pointer of CPU @n. */
static uint32_t pc_of(int n)
{
    g_autofree char *text = qtest_hmp(qts, "info registers -a");
    const char *at = text;

    for (int i = 0; i <= n; i++) {
        at = strstr(at, "EIP=");
        g_assert_nonnull(at);
        at += 4;
    }
    return strtoul(at, NULL, 16);
}

/* What is changed comes back with a reset. */
static void test_number(void)
{
    start("addr=0x20000,data=0x1122334455667788,data-len=8");
    g_assert_cmphex(qtest_readq(qts, ADDR), ==, 0x1122334455667788);
    qtest_writeq(qts, ADDR, 0);
    qtest_system_reset(qts);
    g_assert_cmphex(qtest_readq(qts, ADDR), ==, 0x1122334455667788);
    qtest_quit(qts);

    start("addr=0x20000,data=0x112233,data-len=3,data-be=on");
    g_assert_cmphex(qtest_readq(qts, ADDR), ==, 0x332211);
    qtest_quit(qts);
}

static void test_raw_file(void)
{
    g_autofree char *loader = g_strdup_printf("file=%s,addr=0x20001,cpu-num=1", file);

    write_file("abcd", 4);
    start(loader);
    g_assert_cmphex(qtest_readl(qts, ADDR + 1), ==, 0x64636261);
    g_assert_cmphex(pc_of(1), ==, 0x20001);
    g_assert_cmphex(pc_of(0), ==, 0xfff0);
    qtest_quit(qts);
}

static void test_entry_point(void)
{
    start("addr=0x1234,cpu-num=0");
    g_assert_cmphex(pc_of(0), ==, 0x1234);
    qtest_system_reset(qts);
    g_assert_cmphex(pc_of(0), ==, 0x1234);
    qtest_quit(qts);
}

/* A 32-bit file with a segment at ADDR, 4 bytes of which are in the file and what is left of
 * @mem_size are zeros. */
static void write_elf(uint32_t offset, uint32_t mem_size)
{
    struct {
        Elf32_Ehdr header;
        Elf32_Phdr program[2];
        uint32_t data;
    } elf = {
        .header = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32, ELFDATA2LSB},
                   .e_machine = EM_386,
                   .e_entry = ADDR + 2,
                   .e_phoff = sizeof(Elf32_Ehdr),
                   .e_phentsize = sizeof(Elf32_Phdr),
                   .e_phnum = 2},
        .program = {{.p_type = PT_NOTE}, {.p_type = PT_LOAD, .p_paddr = ADDR, .p_filesz = 4}},
        .data = 0x0badcafe,
    };

    elf.program[1].p_offset = offset;
    elf.program[1].p_memsz = mem_size;
    write_file(&elf, sizeof(elf));
}

#define ELF_DATA (sizeof(Elf32_Ehdr) + 2 * sizeof(Elf32_Phdr))

static void test_elf(void)
{
    g_autofree char *loader = g_strdup_printf("file=%s,cpu-num=0", file);
    g_autofree char *raw = g_strdup_printf("file=%s,addr=0x20000,force-raw=on", file);

    write_elf(ELF_DATA, 8);
    start(loader);
    g_assert_cmphex(qtest_readl(qts, ADDR), ==, 0x0badcafe);
    g_assert_cmphex(pc_of(0), ==, ADDR + 2);
    qtest_writeq(qts, ADDR, UINT64_MAX);
    qtest_system_reset(qts);
    g_assert_cmphex(qtest_readq(qts, ADDR), ==, 0x0badcafe);
    qtest_quit(qts);

    start(raw);
    g_assert_cmphex(qtest_readl(qts, ADDR), ==, 0x464c457f);
    qtest_quit(qts);
}

static void refused(const char *options, const char *words)
{
    g_autofree char *all = g_strconcat("-machine pc -device loader,", options, NULL);

    qtest_refused(all, words);
}

/* Two records in a row, one elsewhere, and where to begin. */
static void test_hex(void)
{
    static const char hex[] = ":020000040002F8\r\n"
                              ":0400000001020304F2\r\n"
                              ":02000400050 6EB\r\n";
    static const char good[] = ":020000040002F8\n"
                               ":0400000001020304F2\n"
                               ":020004000506EF\n"
                               ":01010000AA54\n"
                               ":0400000500020010E5\n"
                               ":00000001FF\n";
    g_autofree char *loader = g_strdup_printf("file=%s,cpu-num=0", file);

    write_file(good, strlen(good));
    start(loader);
    g_assert_cmphex(qtest_readq(qts, ADDR), ==, 0x060504030201);
    g_assert_cmphex(qtest_readl(qts, ADDR + 0x100), ==, 0xaa);
    g_assert_cmphex(pc_of(0), ==, 0x20010);
    qtest_quit(qts);

    write_file(hex, strlen(hex));
    refused(loader, "record 3 is no record of an Intel HEX file");
}

static void test_refused(void)
{
    g_autofree char *loader = g_strdup_printf("file=%s", file);
    g_autofree char *with_data = g_strdup_printf("file=%s,data=1,data-len=4", file);

    refused("cpu-num=0", "nothing to load");
    refused("addr=1,cpu-num=1", "the machine has no such CPU");
    refused("addr=1,data=1", "data-len=0");
    refused("addr=1,data=1,data-len=9", "data-len=9");
    refused(with_data, "without a file");
    refused("file=/nonexistent", "/nonexistent");
    write_elf(ELF_DATA + 1, 8);
    refused(loader, "segment 1 is not all in it");
    write_elf(ELF_DATA, 0xc0000000);
    refused(loader, "segment 1 of this ELF file takes 3221225472 bytes");
    write_file("\177ELF\1\1                      ", 28);
    refused(loader, "only its beginning");
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    dir = g_dir_make_tmp("rhea-loader-XXXXXX", NULL);
    file = g_build_filename(dir, "file", NULL);
    g_test_add_func("/loader/number", test_number);
    g_test_add_func("/loader/raw", test_raw_file);
    g_test_add_func("/loader/entry-point", test_entry_point);
    g_test_add_func("/loader/elf", test_elf);
    g_test_add_func("/loader/hex", test_hex);
    g_test_add_func("/loader/refused", test_refused);
    status = g_test_run();
    g_unlink(file);
    g_rmdir(dir);
    g_free(file);
    g_free(dir);
    return status;
}
