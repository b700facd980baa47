/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strings and numbers. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/buffer.h"
#include "qemu/crc.h"
#include "qemu/cutils.h"
#include "qemu/fifo8.h"
#include "qemu/guest-random.h"
#include "qemu/host-utils.h"
#include "qemu/id.h"
#include "qemu/memalign.h"
#include "qemu/mmap-alloc.h"
#include "qemu/nearest-name.h"
#include "qemu/range.h"
#include "qemu/units.h"
#include "qemu/uuid.h"

static void test_strings(void)
{
    char buf[6];
    const char *p;

    pstrcpy(buf, sizeof(buf), "abcdefgh");
    g_assert_cmpstr(buf, ==, "abcde");
    pstrcpy(buf, sizeof(buf), "ab");
    pstrcat(buf, sizeof(buf), "cdefgh");
    g_assert_cmpstr(buf, ==, "abcde");
    strpadcpy(buf, sizeof(buf), "xy", ' ');
    g_assert_cmpmem(buf, 6, "xy    ", 6);
    g_assert_true(strstart("file:abc", "file:", &p));
    g_assert_cmpstr(p, ==, "abc");
    g_assert_false(strstart("File:abc", "file:", NULL));
    g_assert_true(stristart("File:abc", "file:", NULL));
}

static void test_integers(void)
{
    const char *end;
    int i;
    unsigned u;
    int64_t i64;
    uint64_t u64;

    g_assert_cmpint(qemu_strtoi("12x", &end, 0, &i), ==, 0);
    g_assert_cmpint(i, ==, 12);
    g_assert_cmpstr(end, ==, "x");
    g_assert_cmpint(qemu_strtoi("12x", NULL, 0, &i), ==, -EINVAL);
    g_assert_cmpint(qemu_strtoi("", NULL, 0, &i), ==, -EINVAL);
    g_assert_cmpint(qemu_strtoi(NULL, NULL, 0, &i), ==, -EINVAL);
    g_assert_cmpint(qemu_strtoi("99999999999", NULL, 0, &i), ==, -ERANGE);
    g_assert_cmpint(i, ==, INT_MAX);
    g_assert_cmpint(qemu_strtoui("4294967295", NULL, 0, &u), ==, 0);
    g_assert_cmpuint(u, ==, UINT_MAX);
    g_assert_cmpint(qemu_strtoui("4294967296", NULL, 0, &u), ==, -ERANGE);
    g_assert_cmpint(qemu_strtoi64("-0x10", NULL, 0, &i64), ==, 0);
    g_assert_cmpint(i64, ==, -16);
    g_assert_cmpint(qemu_strtou64("18446744073709551616", NULL, 10, &u64), ==, -ERANGE);
    g_assert_cmpuint(u64, ==, UINT64_MAX);
    g_assert_cmpint(parse_uint_full("-1", 0, &u64), ==, -EINVAL);
    g_assert_cmpint(parse_uint_full("0x1f", 0, &u64), ==, 0);
    g_assert_cmpuint(u64, ==, 31);
}

static void size_ok(const char *text, uint64_t expected)
{
    uint64_t val = 1;

    g_assert_cmpint(qemu_strtosz(text, NULL, &val), ==, 0);
    g_assert_cmpuint(val, ==, expected);
}

static void size_bad(const char *text, int err)
{
    uint64_t val = 1;

    g_assert_cmpint(qemu_strtosz(text, NULL, &val), ==, err);
    g_assert_cmpuint(val, ==, 0);
}

static void test_sizes(void)
{
    g_autofree char *s = NULL, *f = NULL;
    const char *end;
    uint64_t val;

    size_ok("0", 0);
    size_ok("12345", 12345);
    size_ok("4k", 4 * KiB);
    size_ok("8G", 8 * GiB);
    size_ok("1.5M", 3 * MiB / 2);
    size_ok("0x20", 32);
    size_ok("15E", 15 * (uint64_t)EiB);
    size_ok("9223372036854775807", INT64_MAX);
    size_bad("16E", -ERANGE);
    size_bad("1.5", -EINVAL);
    size_bad("", -EINVAL);
    size_bad("-1", -EINVAL);
    size_bad("1Gi", -EINVAL);
    size_bad("k", -EINVAL);
    g_assert_cmpint(qemu_strtosz_MiB("128", NULL, &val), ==, 0);
    g_assert_cmpuint(val, ==, 128 * MiB);
    g_assert_cmpint(qemu_strtosz_MiB("128b", NULL, &val), ==, 0);
    g_assert_cmpuint(val, ==, 128);
    g_assert_cmpint(qemu_strtosz_metric("5k", &end, &val), ==, 0);
    g_assert_cmpuint(val, ==, 5000);
    g_assert_cmpstr(end, ==, "");
    s = size_to_str(3 * GiB / 2);
    g_assert_cmpstr(s, ==, "1.5 GiB");
    f = freq_to_str(33300000);
    g_assert_cmpstr(f, ==, "33.3 MHz");
}

static void assert_nearest(const char *name, const char *candidate, const char *expected)
{
    NearestName n;

    nearest_name_init(&n, name);
    nearest_name_try(&n, candidate);
    g_assert_cmpstr(n.best, ==, expected);
    nearest_name_clear(&n);
}

static void test_nearest(void)
{
    Error *err = NULL;
    NearestName n;

    nearest_name_init(&n, "virtio-blk-pic");
    nearest_name_try(&n, "virtio-net-pci");
    nearest_name_try(&n, "virtio-blk-pci");
    g_assert_cmpstr(n.best, ==, "virtio-blk-pci");
    error_setg(&err, "x");
    nearest_name_hint(&n, &err);
    g_assert_nonnull(strstr(error_get_hint(err), "virtio-blk-pci"));
    error_free(err);
    nearest_name_init(&n, "zzz");
    nearest_name_try(&n, "virtio-blk-pci");
    g_assert_null(n.best);
    nearest_name_clear(&n);
    assert_nearest("nic", "hdc", NULL); /* two of three letters */
    assert_nearest("usb", "hdb", NULL);
    assert_nearest("net", "set", NULL);
    assert_nearest("asy", "say", "say");
    assert_nearest("foo", "boot", NULL);
    assert_nearest("banana", "Dhyana", NULL);
    assert_nearest("sya", "say", "say");
    assert_nearest("SYA", "say", "say");
    assert_nearest("pcx", "pc", "pc");
    assert_nearest("virtoi", "virtio", "virtio");
}

static void test_paths(void)
{
    g_autofree char *a = path_combine("/img/base.qcow2", "top.qcow2");
    g_autofree char *b = path_combine("/img/base.qcow2", "/other/x");
    g_autofree char *c = path_combine("nbd:x", "y");
    g_autofree char *d = path_combine("base", "nbd://host/x");

    g_assert_cmpstr(a, ==, "/img/top.qcow2");
    g_assert_cmpstr(b, ==, "/other/x");
    g_assert_cmpstr(c, ==, "nbd:y");
    g_assert_cmpstr(d, ==, "nbd://host/x");
}

static void test_zero(void)
{
    uint8_t buf[300] = {0};
    int i;

    for (i = 0; i <= 300; i++) {
        g_assert_true(buffer_is_zero(buf, i));
    }
    for (i = 0; i < 300; i++) {
        buf[i] = 1;
        g_assert_false(buffer_is_zero(buf, 300));
        g_assert_true(buffer_is_zero(buf, i));
        buf[i] = 0;
    }
}

static void test_crc(void)
{
    const uint8_t *check = (const uint8_t *)"123456789";
    static const uint8_t multicast[] = {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01};

    /* Check values of the catalogue of parametrised CRC algorithms. */
    g_assert_cmphex(qemu_crc32(0, check, 9), ==, 0xcbf43926);
    g_assert_cmphex(qemu_crc32(qemu_crc32(0, check, 4), check + 4, 5), ==, 0xcbf43926);
    g_assert_cmphex(crc32c(0xffffffff, check, 9), ==, 0xe3069283);
    g_assert_cmphex(~net_crc32_le(check, 9), ==, 0xcbf43926);
    g_assert_cmphex(crc_ccitt_msb(0xffff, check, 9), ==, 0x29b1);
    g_assert_cmphex(net_crc32_le(multicast, 6), ==, revbit32(net_crc32(multicast, 6)));
}

static void test_uuid(void)
{
    QemuUUID a, b;
    char text[UUID_STR_LEN];

    g_assert_cmpint(qemu_uuid_parse("12345678-9abc-def0-1122-334455667788", &a), ==, 0);
    g_assert_cmpint(a.data[0], ==, 0x12);
    g_assert_cmpint(a.data[15], ==, 0x88);
    qemu_uuid_unparse(&a, text);
    g_assert_cmpstr(text, ==, "12345678-9abc-def0-1122-334455667788");
    b = qemu_uuid_bswap(a);
    g_assert_cmpint(b.data[0], ==, 0x78);
    g_assert_cmpint(b.data[15], ==, 0x88);
    g_assert_cmpint(qemu_uuid_parse("12345678-9abc-def0-1122-33445566778", &b), ==, -1);
    g_assert_cmpint(qemu_uuid_parse("12345678-9abc-def0-1122-3344556677881", &b), ==, -1);
    qemu_uuid_generate(&b);
    g_assert_cmpint(b.data[6] >> 4, ==, 4);
    g_assert_cmpint(b.data[8] >> 6, ==, 2);
    g_assert_false(qemu_uuid_is_null(&b));
    g_assert_false(qemu_uuid_is_equal(&a, &b));
}

static void test_id(void)
{
    g_autofree char *a = id_generate(ID_BLOCK), *b = id_generate(ID_BLOCK);

    g_assert_cmpstr(a, !=, b);
    g_assert_true(g_str_has_prefix(a, "#block"));
    g_assert_false(id_wellformed(a));
    g_assert_true(id_wellformed("net0.a-b_c"));
    g_assert_false(id_wellformed("0net"));
    g_assert_false(id_wellformed("a b"));
    g_assert_false(id_wellformed(""));
}

static void test_fifo8(void)
{
    const uint8_t *p;
    uint8_t out[8];
    uint32_t n;
    Fifo8 f;

    fifo8_create(&f, 5);
    g_assert_true(fifo8_is_empty(&f));
    fifo8_push_all(&f, (const uint8_t *)"abc", 3);
    g_assert_cmpint(fifo8_pop(&f), ==, 'a');
    fifo8_push_all(&f, (const uint8_t *)"def", 3);
    g_assert_true(fifo8_is_full(&f));
    g_assert_cmpint(fifo8_peek(&f), ==, 'b');
    g_assert_cmpint(fifo8_peek_buf(&f, out, 8), ==, 5);
    g_assert_cmpmem(out, 5, "bcdef", 5);
    p = fifo8_pop_bufptr(&f, 5, &n);
    g_assert_cmpint(n, ==, 4);
    g_assert_cmpmem(p, 4, "bcde", 4);
    g_assert_cmpint(fifo8_num_used(&f), ==, 1);
    g_assert_cmpint(fifo8_pop_buf(&f, out, 8), ==, 1);
    g_assert_cmpint(fifo8_num_free(&f), ==, 5);
    fifo8_destroy(&f);
}

static void test_buffer(void)
{
    Buffer a = {0}, b = {0};
    int i;

    buffer_init(&a, "a%d", 1);
    buffer_init(&b, "b");
    for (i = 0; i < 1000; i++) {
        buffer_append(&a, "0123456789", 10);
    }
    buffer_advance(&a, 9995);
    g_assert_cmpint(a.offset, ==, 5);
    g_assert_cmpmem(a.buffer, 5, "56789", 5);
    buffer_append(&b, "x", 1);
    buffer_move(&b, &a);
    g_assert_true(buffer_empty(&a));
    g_assert_cmpmem(b.buffer, 6, "x56789", 6);
    buffer_move_empty(&a, &b);
    g_assert_cmpint(a.offset, ==, 6);
    for (i = 0; i < 100; i++) {
        buffer_shrink(&a);
    }
    g_assert_cmpmem(a.buffer, 6, "x56789", 6);
    buffer_free(&a);
    buffer_free(&b);
}

static void test_random(void)
{
    uint8_t a[16], b[16], c[16];
    Error *err = NULL;

    g_assert_false(qemu_guest_random_seed_main("x", &err));
    error_free_or_abort(&err);
    g_assert_true(qemu_guest_random_seed_main("42", &error_abort));
    qemu_guest_getrandom_nofail(a, 16);
    g_assert_true(qemu_guest_random_seed_main("42", &error_abort));
    qemu_guest_getrandom_nofail(b, 16);
    qemu_guest_getrandom_nofail(c, 16);
    g_assert_cmpmem(a, 16, b, 16);
    g_assert_true(memcmp(b, c, 16) != 0);
}

static void test_memory(void)
{
    QEMU_AUTO_VFREE void *p = qemu_memalign(4096, 100);
    uint64_t align = 0;
    char *ram = qemu_anon_ram_alloc(3 * MiB, &align, false, false);
    void *shared;
    int fd;

    g_assert_true(QEMU_PTR_IS_ALIGNED(p, 4096));
    g_assert_nonnull(ram);
    ram[3 * MiB - 1] = 1;
    g_assert_true(qemu_prealloc_mem(-1, ram, 3 * MiB, 2, NULL, NULL, &error_abort));
    g_assert_cmpint(ram[3 * MiB - 1], ==, 1);
    qemu_anon_ram_free(ram, 3 * MiB);
    shared = qemu_memfd_alloc("test", MiB, 0, &fd, &error_abort);
    g_assert_nonnull(shared);
    g_assert_cmpint(qemu_fd_getpagesize(fd), ==, qemu_real_host_page_size());
    qemu_memfd_free(shared, MiB, fd);
}

static Range *new_range(uint64_t first, uint64_t last)
{
    Range *r = g_new(Range, 1);

    range_set_bounds(r, first, last);
    return r;
}

static void test_range_sets(void)
{
    g_autoptr(GArray) in = g_array_new(FALSE, FALSE, sizeof(Range));
    g_autoptr(GArray) out = g_array_new(FALSE, FALSE, sizeof(Range));
    GList *list = NULL;
    Range r;

    list = range_list_insert(list, new_range(10, 19));
    list = range_list_insert(list, new_range(30, 39));
    list = range_list_insert(list, new_range(0, 5));
    g_assert_cmpint(g_list_length(list), ==, 3);
    list = range_list_insert(list, new_range(20, 29));
    g_assert_cmpint(g_list_length(list), ==, 2);
    g_assert_cmpint(range_upb(list->next->data), ==, 39);
    g_list_free_full(list, g_free);

    range_set_bounds(&r, 50, 60);
    g_array_append_val(in, r);
    range_set_bounds(&r, 10, 20);
    g_array_append_val(in, r);
    range_inverse_array(in, out, 0, UINT64_MAX);
    g_assert_cmpint(out->len, ==, 3);
    r = g_array_index(out, Range, 1);
    g_assert_cmpint(range_lob(&r), ==, 21);
    g_assert_cmpint(range_upb(&r), ==, 49);
    r = g_array_index(out, Range, 2);
    g_assert_cmphex(range_upb(&r), ==, UINT64_MAX);
}

static void check_too_large(const char *name, size_t max)
{
    Error *err = NULL;
    size_t size;

    g_assert_null(qemu_read_file(name, max, &size, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), name));
    error_free(err);
}

static void test_read_file(void)
{
    g_autofree char *name = NULL, *text = NULL, *fd_name = NULL;
    int fd = g_file_open_tmp("rhea-XXXXXX", &name, NULL), fds[2];
    size_t size = 1;

    text = qemu_read_file(name, 10, &size, &error_abort);
    g_assert_cmpuint(size, ==, 0);
    g_assert_cmpstr(text, ==, "");
    g_free(text);
    g_assert_cmpint(write(fd, "0123456789", 10), ==, 10);
    close(fd);
    text = qemu_read_file(name, 10, &size, &error_abort);
    g_assert_cmpuint(size, ==, 10);
    g_assert_cmpstr(text, ==, "0123456789");
    check_too_large(name, 9);
    unlink(name);
    check_too_large(name, 10); /* not there any more */
    check_too_large("/dev/zero", 200000);
    check_too_large("/", 10);

    /* A pipe has no size of its own. */
    g_assert_cmpint(qemu_pipe(fds), ==, 0);
    g_assert_cmpint(write(fds[1], "piped", 5), ==, 5);
    close(fds[1]);
    fd_name = g_strdup_printf("/dev/fd/%d", fds[0]);
    g_free(text);
    text = qemu_read_file(fd_name, 5, &size, &error_abort);
    g_assert_cmpuint(size, ==, 5);
    g_assert_cmpstr(text, ==, "piped");
    close(fds[0]);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cutils/strings", test_strings);
    g_test_add_func("/cutils/integers", test_integers);
    g_test_add_func("/cutils/sizes", test_sizes);
    g_test_add_func("/cutils/nearest", test_nearest);
    g_test_add_func("/cutils/paths", test_paths);
    g_test_add_func("/cutils/buffer-is-zero", test_zero);
    g_test_add_func("/crc", test_crc);
    g_test_add_func("/uuid", test_uuid);
    g_test_add_func("/id", test_id);
    g_test_add_func("/fifo8", test_fifo8);
    g_test_add_func("/buffer", test_buffer);
    g_test_add_func("/guest-random", test_random);
    g_test_add_func("/memory", test_memory);
    g_test_add_func("/range-sets", test_range_sets);
    g_test_add_func("/read-file", test_read_file);
    return g_test_run();
}
