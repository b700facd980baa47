/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits, fields and bitmaps, compared with bit-by-bit versions. */
#include "qemu/osdep.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/range.h"

#define NBITS 301

static void random_map(unsigned long *map, GRand *r)
{
    int i;

    bitmap_zero(map, NBITS);
    for (i = 0; i < NBITS; i++) {
        if (g_rand_int_range(r, 0, 3) == 0) {
            set_bit(i, map);
        }
    }
}

static void test_find(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(1);
    DECLARE_BITMAP(map, NBITS);
    int round, i, from;

    for (round = 0; round < 50; round++) {
        random_map(map, r);
        from = g_rand_int_range(r, 0, NBITS);
        for (i = from; i < NBITS && !test_bit(i, map); i++) {
        }
        g_assert_cmpint(find_next_bit(map, NBITS, from), ==, i);
        for (i = from; i < NBITS && test_bit(i, map); i++) {
        }
        g_assert_cmpint(find_next_zero_bit(map, NBITS, from), ==, i);
        for (i = NBITS - 1; i >= 0 && !test_bit(i, map); i--) {
        }
        g_assert_cmpint(find_last_bit(map, NBITS), ==, i < 0 ? NBITS : i);
    }
    bitmap_zero(map, NBITS);
    g_assert_cmpint(find_first_bit(map, NBITS), ==, NBITS);
    g_assert_cmpint(find_last_bit(map, NBITS), ==, NBITS);
    g_assert_cmpint(find_next_bit(map, NBITS, NBITS + 5), ==, NBITS);
}

static void test_ranges(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(2);
    DECLARE_BITMAP(a, NBITS);
    DECLARE_BITMAP(b, NBITS);
    int round, i;

    for (round = 0; round < 100; round++) {
        int start = g_rand_int_range(r, 0, NBITS);
        int nr = g_rand_int_range(r, 0, NBITS - start + 1);
        bool any = false;

        random_map(a, r);
        bitmap_copy(b, a, NBITS);
        bitmap_set_atomic(b, start, nr);
        for (i = 0; i < NBITS; i++) {
            bool in = i >= start && i < start + nr;

            g_assert_cmpint(test_bit(i, b), ==, in || test_bit(i, a));
            any |= in && test_bit(i, a);
        }
        bitmap_copy(b, a, NBITS);
        g_assert_cmpint(bitmap_count_one_with_offset(a, start, nr) > 0, ==, any);
        g_assert_cmpint(bitmap_test_and_clear_atomic(b, start, nr), ==, any);
        for (i = 0; i < NBITS; i++) {
            bool in = i >= start && i < start + nr;

            g_assert_cmpint(test_bit(i, b), ==, !in && test_bit(i, a));
        }
        g_assert_true(bitmap_subset(b, a, NBITS));
    }
}

static void test_shifted_copy(void)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(3);
    DECLARE_BITMAP(src, NBITS);
    DECLARE_BITMAP(dst, NBITS);
    DECLARE_BITMAP(old, NBITS);
    int round, i;

    for (round = 0; round < 100; round++) {
        int shift = g_rand_int_range(r, 0, NBITS);
        int nr = g_rand_int_range(r, 0, NBITS - shift + 1);

        random_map(src, r);
        bitmap_copy_with_src_offset(dst, src, shift, nr);
        for (i = 0; i < nr; i++) {
            g_assert_cmpint(test_bit(i, dst), ==, test_bit(i + shift, src));
        }
        random_map(dst, r);
        bitmap_copy(old, dst, NBITS);
        bitmap_copy_with_dst_offset(dst, src, shift, nr);
        for (i = 0; i < NBITS; i++) {
            bool in = i >= shift && i < shift + nr;

            g_assert_cmpint(test_bit(i, dst), ==, in ? test_bit(i - shift, src) : test_bit(i, old));
        }
    }
}

static void test_zero_area(void)
{
    DECLARE_BITMAP(map, 128) = {0};

    bitmap_set(map, 0, 10);
    bitmap_set(map, 20, 1);
    g_assert_cmpint(bitmap_find_next_zero_area(map, 128, 0, 5, 0), ==, 10);
    g_assert_cmpint(bitmap_find_next_zero_area(map, 128, 0, 11, 0), ==, 21);
    g_assert_cmpint(bitmap_find_next_zero_area(map, 128, 0, 8, 7), ==, 24);
    g_assert_cmpint(bitmap_find_next_zero_area(map, 128, 0, 120, 0), >=, 128);
}

static void test_fields(void)
{
    g_assert_cmphex(extract32(0x12345678, 8, 8), ==, 0x56);
    g_assert_cmphex(extract64(~0ULL, 0, 64), ==, ~0ULL);
    g_assert_cmpint(sextract32(0x00000f00, 8, 4), ==, -1);
    g_assert_cmphex(deposit32(0xffffffff, 4, 8, 0), ==, 0xfffff00f);
    g_assert_cmphex(deposit64(0, 32, 32, 0x1ffffffffULL), ==, 0xffffffff00000000ULL);
    g_assert_cmphex(ror32(1, 1), ==, 0x80000000);
    g_assert_cmphex(rol32(5, 0), ==, 5);
    g_assert_cmphex(MAKE_64BIT_MASK(4, 8), ==, 0xff0);
    g_assert_cmphex(half_unshuffle64(half_shuffle64(0xdeadbeef)), ==, 0xdeadbeef);
}

static void test_host_utils(void)
{
    uint64_t lo = 5, hi = 1, rem;

    g_assert_cmphex(muldiv64(1ULL << 40, 1000000, 1000000), ==, 1ULL << 40);
    rem = divu128(&lo, &hi, 10);
    g_assert_cmpuint(lo, ==, 1844674407370955162ULL);
    g_assert_cmpuint(hi, ==, 0);
    g_assert_cmpuint(rem, ==, 1);
    g_assert_cmpuint(pow2ceil(0), ==, 1);
    g_assert_cmpuint(pow2ceil(5), ==, 8);
    g_assert_cmpuint(pow2ceil(1ULL << 63), ==, 1ULL << 63);
    g_assert_cmpuint(pow2ceil((1ULL << 63) + 1), ==, 0);
    g_assert_cmpuint(pow2floor(5), ==, 4);
    g_assert_cmpint(clz32(0), ==, 32);
    g_assert_cmpint(ctz64(0), ==, 64);
    g_assert_cmphex(revbit32(1), ==, 0x80000000);
}

static void test_bswap(void)
{
    uint8_t buf[9] = {0};

    stl_be_p(buf + 1, 0x11223344);
    g_assert_cmphex(ldl_le_p(buf + 1), ==, 0x44332211);
    g_assert_cmphex(lduw_be_p(buf + 2), ==, 0x2233);
    stn_le_p(buf + 1, 8, 0x8877665544332211ULL);
    g_assert_cmphex(buf[1], ==, 0x11);
    g_assert_cmphex(ldn_be_p(buf + 1, 8), ==, 0x1122334455667788ULL);
    g_assert_cmphex(ldn_he_p(buf + 5, 4), ==, 0x88776655);
    g_assert_cmpint(ldsw_le_p(buf + 7), ==, (int16_t)0x8877);
    st24_be_p(buf, 0x010203);
    g_assert_cmphex(buf[0] << 16 | buf[1] << 8 | buf[2], ==, 0x010203);
}

static void test_range(void)
{
    Range a, b;

    g_assert_true(range_init(&a, 0, 0));
    g_assert_true(range_is_empty(&a));
    g_assert_false(range_init(&a, UINT64_MAX, 2));
    g_assert_true(range_init(&a, UINT64_MAX, 1));
    g_assert_true(range_contains(&a, UINT64_MAX));
    range_set_bounds(&b, 10, 20);
    range_extend(&b, &a);
    g_assert_cmphex(range_upb(&b), ==, UINT64_MAX);
    g_assert_true(ranges_overlap(0, 10, 9, 1));
    g_assert_false(ranges_overlap(0, 10, 10, 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bitmap/find", test_find);
    g_test_add_func("/bitmap/ranges", test_ranges);
    g_test_add_func("/bitmap/shifted-copy", test_shifted_copy);
    g_test_add_func("/bitmap/zero-area", test_zero_area);
    g_test_add_func("/bitops/fields", test_fields);
    g_test_add_func("/host-utils", test_host_utils);
    g_test_add_func("/bswap", test_bswap);
    g_test_add_func("/range", test_range);
    return g_test_run();
}
