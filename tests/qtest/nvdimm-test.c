/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Modules that keep what is in them: requests by the page and the port that their ACPI methods use,
 * labels, the table as it is read in parts, what is refused, saved state.
 */
#include "libqtest.h"
#include <glib/gstdio.h>
#include "qemu/bswap.h"

#define PORT        0x0a18
#define PAGE        0x10000
#define GPE         0xafe0
#define GPE_NVDIMM  0x10
#define MEMORY      0x0a00

#define FIT         0x10000
#define LABELS      (256 << 10)
#define SIZE        (4 << 20)
#define MOST        4076 /* bytes of labels a request takes */

#define SUCCESS     0
#define UNSUPPORTED 1
#define NO_DEVICE   2
#define INVALID     3
#define FAILURE     4
#define FIT_CHANGED 0x100

/* Of one module: a range, which module is in it, and what that is. */
#define FIT_MODULE (56 + 48 + 80)

static QTestState *qts;
static uint8_t answer[4096];

/* The answer's size, without the word that has it. */
static uint32_t request(uint32_t handle, uint32_t revision, uint32_t function, const void *arg,
                        size_t arg_size)
{
    uint8_t page[4096] = {};

    stl_le_p(page, handle);
    stl_le_p(page + 4, revision);
    stl_le_p(page + 8, function);
    if (arg) {
        memcpy(page + 12, arg, arg_size);
    }
    qtest_memwrite(qts, PAGE, page, sizeof(page));
    qtest_outl(qts, PORT, PAGE);
    qtest_memread(qts, PAGE, page, sizeof(page));
    g_assert_cmpint(ldl_le_p(page), >=, 8);
    g_assert_cmpint(ldl_le_p(page), <=, sizeof(page));
    memcpy(answer, page + 4, sizeof(page) - 4);
    return ldl_le_p(page) - 4;
}

static uint32_t status_of(uint32_t handle, uint32_t function, uint32_t offset, uint32_t size)
{
    uint8_t arg[8];

    stl_le_p(arg, offset);
    stl_le_p(arg + 4, size);
    request(handle, 1, function, arg, sizeof(arg));
    return ldl_le_p(answer);
}

static uint32_t set_labels(uint32_t handle, uint32_t offset, uint32_t size, uint8_t pattern)
{
    uint8_t arg[4084];

    stl_le_p(arg, offset);
    stl_le_p(arg + 4, size);
    memset(arg + 8, pattern, MIN(size, sizeof(arg) - 8));
    g_assert_cmpint(request(handle, 1, 6, arg, sizeof(arg)), ==, 4);
    return ldl_le_p(answer);
}

/* Bytes @offset and after are @pattern. */
static void check_labels(uint32_t handle, uint32_t offset, uint32_t size, uint8_t pattern)
{
    g_assert_cmpint(status_of(handle, 5, offset, size), ==, SUCCESS);
    for (uint32_t i = 0; i < size; i++) {
        g_assert_cmpint(answer[4 + i], ==, pattern);
    }
}

#define MACHINE                                                                                    \
    "-nodefaults -machine pc,nvdimm=on,nvdimm-persistence=mem-ctrl -m 64M,slots=3,maxmem=512M "
#define MODULES                                                                                    \
    MACHINE "-object memory-backend-ram,id=a,size=4M -object memory-backend-ram,id=b,size=4M "     \
            "-device nvdimm,id=d,memdev=a,label-size=256K -device nvdimm,id=e,memdev=b,slot=2 "

/* ---- functions ---- */

static void test_functions(void)
{
    qts = qtest_init(MODULES);
    request(0, 1, 0, NULL, 0);
    g_assert_cmphex(ldl_le_p(answer), ==, 0);
    request(1, 1, 0, NULL, 0);
    g_assert_cmphex(ldl_le_p(answer), ==, 0x71);
    request(1, 2, 0, NULL, 0); /* another revision */
    g_assert_cmphex(ldl_le_p(answer), ==, 0);
    request(3, 1, 0, NULL, 0); /* no labels */
    g_assert_cmphex(ldl_le_p(answer), ==, 0);
    request(2, 1, 0, NULL, 0); /* no module */
    g_assert_cmphex(ldl_le_p(answer), ==, 0);
    g_assert_cmpint(request(1, 1, 4, NULL, 0), ==, 12);
    g_assert_cmphex(ldl_le_p(answer), ==, SUCCESS);
    g_assert_cmphex(ldl_le_p(answer + 4), ==, LABELS);
    g_assert_cmphex(ldl_le_p(answer + 8), ==, MOST);
    /* As long when there is nothing to tell, as the methods take all words of it. */
    for (int handle = 2; handle <= 3; handle++) {
        g_assert_cmpint(request(handle, 1, 4, NULL, 0), ==, 12);
        g_assert_cmphex(ldl_le_p(answer), ==, handle == 2 ? NO_DEVICE : UNSUPPORTED);
        g_assert_cmphex(ldl_le_p(answer + 4), ==, 0);
    }
    g_assert_cmphex(status_of(0, 1, 0, 0), ==, UNSUPPORTED);
    g_assert_cmphex(status_of(1, 1, 0, 0), ==, UNSUPPORTED);
    g_assert_cmphex(status_of(1, 7, 0, 0), ==, UNSUPPORTED);
    g_assert_cmphex(status_of(2, 5, 0, 0), ==, NO_DEVICE);
    g_assert_cmphex(status_of(3, 5, 0, 0), ==, UNSUPPORTED);
    for (uint64_t handle = 4; handle <= UINT32_MAX; handle *= 2) {
        if (handle != FIT) {
            g_assert_cmphex(status_of(handle, 5, 0, 1), ==, NO_DEVICE);
        }
    }
    qtest_quit(qts);
}

static void test_labels(void)
{
    qts = qtest_init(MODULES);
    check_labels(1, 0, MOST, 0);
    g_assert_cmphex(set_labels(1, 0, MOST, 0x11), ==, SUCCESS);
    g_assert_cmphex(set_labels(1, LABELS - 10, 10, 0x22), ==, SUCCESS);
    g_assert_cmphex(set_labels(1, 5, 1, 0x33), ==, SUCCESS);
    check_labels(1, 0, 5, 0x11);
    check_labels(1, 5, 1, 0x33);
    check_labels(1, 6, MOST - 6, 0x11);
    check_labels(1, MOST, 100, 0);
    check_labels(1, LABELS - 10, 10, 0x22);
    check_labels(1, LABELS, 0, 0);
    for (int function = 5; function <= 6; function++) {
        g_assert_cmphex(status_of(1, function, 0, MOST + 1), ==, INVALID);
        g_assert_cmphex(status_of(1, function, LABELS - 9, 10), ==, INVALID);
        g_assert_cmphex(status_of(1, function, LABELS + 1, 0), ==, INVALID);
        g_assert_cmphex(status_of(1, function, UINT32_MAX, 2), ==, INVALID);
        g_assert_cmphex(status_of(1, function, 2, UINT32_MAX), ==, INVALID);
    }
    check_labels(1, LABELS - 10, 10, 0x22);
    /* They are no part of what is in the address space. */
    g_assert_cmphex(qtest_readl(qts, (1ull << 32) + SIZE - LABELS - 4), ==, 0);
    qtest_quit(qts);
}

static void test_hostile_page(void)
{
    qts = qtest_init(MODULES);
    qtest_outl(qts, PORT, 0xffffffff);
    qtest_outl(qts, PORT, 0xfffff000);
    qtest_outl(qts, PORT, 64 << 20);
    qtest_outl(qts, PORT, 0);
    qtest_outb(qts, PORT, 1);
    g_assert_cmphex(qtest_inl(qts, PORT), ==, 0);
    g_assert_cmphex(status_of(1, 4, 0, 0), ==, SUCCESS);
    qtest_quit(qts);
}

/* ---- the table ---- */

static uint32_t read_fit(uint32_t offset)
{
    uint32_t size = request(FIT, 1, 1, &(uint32_t){cpu_to_le32(offset)}, 4);

    return ldl_le_p(answer) == SUCCESS ? size - 4 : ldl_le_p(answer) << 16;
}

static void test_fit(void)
{
    const uint8_t *fit = answer + 4;

    qts = qtest_init(MODULES);
    g_assert_cmpint(read_fit(0), ==, 2 * FIT_MODULE + 16);
    g_assert_cmphex(ldq_le_p(fit + 32), ==, 1ull << 32);
    g_assert_cmphex(ldq_le_p(fit + 40), ==, SIZE - LABELS);
    g_assert_cmphex(ldl_le_p(fit + 56 + 4), ==, 1); /* handles */
    g_assert_cmphex(ldl_le_p(fit + FIT_MODULE + 56 + 4), ==, 3);
    g_assert_cmphex(ldl_le_p(fit + 2 * FIT_MODULE + 8), ==, 2); /* safe in the memory controller */
    g_assert_cmpint(read_fit(2 * FIT_MODULE), ==, 16);
    g_assert_cmpint(read_fit(2 * FIT_MODULE + 16), ==, 0);
    g_assert_cmpint(read_fit(2 * FIT_MODULE + 17), ==, INVALID << 16);
    g_assert_cmpint(read_fit(UINT32_MAX), ==, INVALID << 16);
    qtest_quit(qts);
}

static void plug(const char *id)
{
    qtest_qmp_assert_success(qts,
                             "{'execute': 'object-add', 'arguments': {'qom-type':"
                             " 'memory-backend-ram', 'id': 'm%s', 'size': %d}}",
                             id, SIZE);
    qtest_qmp_assert_success(qts,
                             "{'execute': 'device_add', 'arguments': {'driver': 'nvdimm',"
                             " 'id': '%s', 'memdev': 'm%s', 'unarmed': true}}",
                             id, id);
}

static void test_hotplug(void)
{
    g_autoptr(QDict) response = NULL;

    qts = qtest_init(MODULES);
    g_assert_cmphex(qtest_inb(qts, GPE) & GPE_NVDIMM, ==, 0);
    plug("h");
    g_assert_cmphex(qtest_inb(qts, GPE), ==, GPE_NVDIMM);
    /* Who reads it begins again. */
    g_assert_cmpint(read_fit(16), ==, FIT_CHANGED << 16);
    g_assert_cmpint(read_fit(0), ==, 3 * FIT_MODULE + 16);
    g_assert_cmphex(lduw_le_p(answer + 4 + FIT_MODULE + 56 + 44), ==, 8); /* not armed */
    g_assert_cmpint(read_fit(16), ==, 3 * FIT_MODULE);
    /* The registers for modules of the other kind show nothing. */
    qtest_outl(qts, MEMORY, 1);
    g_assert_cmphex(qtest_inb(qts, MEMORY + 0x14), ==, 0);
    g_assert_cmphex(qtest_inl(qts, MEMORY + 8), ==, 0);
    response = qtest_qmp(qts, "{'execute': 'device_del', 'arguments': {'id': 'h'}}");
    g_assert_nonnull(strstr(qdict_get_str(qdict_get_qdict(response, "error"), "desc"),
                            "no guest lets go of one"));
    qtest_quit(qts);
}

/* ---- saved state ---- */

static void test_save(void)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("nvdimm-XXXXXX", &file, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    qts = qtest_init(MODULES);
    g_assert_cmphex(set_labels(1, 100, 200, 0x44), ==, SUCCESS);
    qtest_writel(qts, 1ull << 32, 0x12345678);
    plug("h");
    qtest_save(qts, file);
    qtest_quit(qts);
    qts = qtest_load(MODULES "-object memory-backend-ram,id=mh,size=4M "
                             "-device nvdimm,id=h,memdev=mh,unarmed=on",
                     file);
    check_labels(1, 100, 200, 0x44);
    check_labels(1, 0, 100, 0);
    g_assert_cmphex(qtest_readl(qts, 1ull << 32), ==, 0x12345678);
    g_assert_cmpint(read_fit(16), ==, FIT_CHANGED << 16);
    qtest_system_reset(qts);
    g_assert_cmpint(read_fit(16), ==, 3 * FIT_MODULE);
    qtest_quit(qts);
    g_unlink(file);
}

/* ---- files ---- */

static void test_read_only_file(void)
{
    g_autofree char *file = NULL;
    uint8_t byte = 0x5a;
    int fd = g_file_open_tmp("nvdimm-XXXXXX", &file, NULL);

    g_assert_cmpint(ftruncate(fd, SIZE), ==, 0);
    g_assert_cmpint(pwrite(fd, &byte, 1, SIZE - LABELS + 7), ==, 1);
    close(fd);
    qts = qtest_initf(MACHINE "-object memory-backend-file,id=f,mem-path=%s,size=4M,share=on,"
                              "readonly=on -device nvdimm,memdev=f,label-size=256K,unarmed=on",
                      file);
    check_labels(1, 7, 1, 0x5a);
    g_assert_cmphex(set_labels(1, 7, 1, 0x11), ==, FAILURE);
    qtest_writel(qts, 1ull << 32, 1);
    g_assert_cmphex(qtest_readl(qts, 1ull << 32), ==, 0);
    qtest_quit(qts);
    g_unlink(file);
}

static void test_shared_file(void)
{
    g_autofree char *file = NULL, *bytes = NULL;
    int fd = g_file_open_tmp("nvdimm-XXXXXX", &file, NULL);

    g_assert_cmpint(ftruncate(fd, SIZE), ==, 0);
    close(fd);
    qts = qtest_initf(MACHINE "-object memory-backend-file,id=f,mem-path=%s,size=4M,share=on "
                              "-device nvdimm,memdev=f,label-size=128K",
                      file);
    g_assert_cmphex(set_labels(1, 3, 2, 0x77), ==, SUCCESS);
    qtest_writel(qts, (1ull << 32) + 64, 0x01020304);
    qtest_quit(qts);
    g_assert_true(g_file_get_contents(file, &bytes, NULL, NULL));
    g_assert_cmphex(ldl_le_p(bytes + 64), ==, 0x01020304);
    g_assert_cmphex(ldl_le_p(bytes + SIZE - (128 << 10) + 2), ==, 0x00777700);
    g_unlink(file);
}

/* ---- what is refused ---- */

static void test_refused(void)
{
#define WITH                                                                                       \
    "-m 64M,slots=3,maxmem=512M -object memory-backend-ram,id=a,size=4M "                          \
    "-object memory-backend-ram,id=odd,size=4097K "
    qtest_refused("-machine pc " WITH "-device nvdimm,memdev=a", "-machine nvdimm=on does");
    qtest_refused("-machine pc,nvdimm=on " WITH "-device nvdimm", "memdev= is missing");
    qtest_refused("-machine pc,nvdimm=on -object memory-backend-ram,id=a,size=4M "
                  "-device nvdimm,memdev=a",
                  "-m takes slots=");
    qtest_refused("-machine pc,nvdimm=on,acpi=off " WITH "-device nvdimm,memdev=a", "ACPI");
    qtest_refused("-machine pc,nvdimm=on " WITH "-device nvdimm,memdev=a,label-size=4K",
                  "label-size=4096 is less than 131072");
    qtest_refused("-machine pc,nvdimm=on " WITH "-device nvdimm,memdev=a,label-size=4M",
                  "label-size=4194304");
    qtest_refused("-machine pc,nvdimm=on " WITH "-device nvdimm,memdev=a,label-size=150000",
                  "multiples of 4096");
    qtest_refused("-machine pc,nvdimm=on " WITH "-device nvdimm,memdev=odd", "multiples of 4096");
    qtest_refused("-machine pc,nvdimm=on " WITH "-device nvdimm,memdev=a -device nvdimm,memdev=a",
                  "in use already");
    qtest_refused("-machine pc,nvdimm-persistence=disk", "'disk' is not cpu or mem-ctrl");
#undef WITH
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/nvdimm/functions", test_functions);
    g_test_add_func("/nvdimm/labels", test_labels);
    g_test_add_func("/nvdimm/hostile-page", test_hostile_page);
    g_test_add_func("/nvdimm/fit", test_fit);
    g_test_add_func("/nvdimm/hotplug", test_hotplug);
    g_test_add_func("/nvdimm/save", test_save);
    g_test_add_func("/nvdimm/read-only-file", test_read_only_file);
    g_test_add_func("/nvdimm/shared-file", test_shared_file);
    g_test_add_func("/nvdimm/refused", test_refused);
    return g_test_run();
}
