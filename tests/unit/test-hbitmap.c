/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hierarchical bitmaps against a plain array, for several sizes and granularities. */
#include "qemu/osdep.h"
#include "qemu/hbitmap.h"

#define MAX_ITEMS (64 * 64 * 3 + 17)

typedef struct Model {
    HBitmap *hb;
    int gran;
    uint64_t size;
    bool set[MAX_ITEMS]; /* by bit */
} Model;

static uint64_t bits(Model *m)
{
    return DIV_ROUND_UP(m->size, 1u << m->gran);
}

static void check(Model *m)
{
    uint64_t i, n = bits(m), count = 0;
    HBitmapIter it;

    hbitmap_iter_init(&it, m->hb, 0);
    for (i = 0; i < n; i++) {
        if (m->set[i]) {
            count++;
            g_assert_cmpint(hbitmap_iter_next(&it), ==, i << m->gran);
        }
    }
    g_assert_cmpint(hbitmap_iter_next(&it), ==, -1);
    g_assert_cmpint(hbitmap_count(m->hb), ==, count << m->gran);
    g_assert_cmpint(hbitmap_empty(m->hb), ==, count == 0);
}

static void check_searches(Model *m, GRand *r)
{
    int round;

    for (round = 0; round < 20; round++) {
        int64_t start = g_rand_int_range(r, 0, m->size);
        int64_t count = g_rand_int_range(r, 1, m->size - start + 1);
        int64_t dirty = -1, zero = -1, pnum, dstart, dcount, i;

        for (i = start; i < start + count; i++) {
            bool set = m->set[i >> m->gran];

            if (set && dirty < 0) {
                dirty = i;
            }
            if (!set && zero < 0) {
                zero = i;
            }
        }
        g_assert_cmpint(hbitmap_next_dirty(m->hb, start, count), ==, dirty);
        g_assert_cmpint(hbitmap_next_zero(m->hb, start, count), ==, zero);
        g_assert_cmpint(hbitmap_status(m->hb, start, count, &pnum), ==, m->set[start >> m->gran]);
        i = dirty == start ? zero : dirty;
        g_assert_cmpint(pnum, ==, i < 0 ? count : i - start);
        if (hbitmap_next_dirty_area(m->hb, start, start + count, 100, &dstart, &dcount)) {
            g_assert_cmpint(dstart, ==, dirty);
            g_assert_cmpint(dcount, >, 0);
            g_assert_cmpint(dcount, <=, 100);
            for (i = dstart; i < dstart + dcount; i++) {
                g_assert_true(m->set[i >> m->gran]);
            }
            g_assert_true(dcount == 100 || dstart + dcount == start + count ||
                          !m->set[(dstart + dcount) >> m->gran]);
        } else {
            g_assert_cmpint(dirty, ==, -1);
        }
    }
}

static void change(Model *m, GRand *r)
{
    uint64_t n = bits(m), first = g_rand_int_range(r, 0, n), last, i;
    bool on = g_rand_boolean(r);

    last = MIN(n - 1, first + (1u << g_rand_int_range(r, 0, 13)) - 1);
    for (i = first; i <= last; i++) {
        m->set[i] = on;
    }
    if (on) {
        /* One item is enough to set its bit. */
        hbitmap_set(m->hb, first << m->gran, ((last - first) << m->gran) + 1);
    } else {
        hbitmap_reset(m->hb, first << m->gran,
                      MIN((last + 1) << m->gran, m->size) - (first << m->gran));
    }
}

static void check_serialize(Model *m)
{
    uint64_t align = hbitmap_serialization_align(m->hb);
    uint64_t len = hbitmap_serialization_size(m->hb, 0, m->size);
    g_autofree uint8_t *buf = g_malloc(len);
    HBitmap *copy = hbitmap_alloc(m->size, m->gran);
    g_autofree char *a = NULL, *b = NULL;
    uint64_t start;

    for (start = 0; start < m->size; start += align) {
        uint64_t count = MIN(align, m->size - start);

        g_assert_cmpint(hbitmap_serialization_size(m->hb, start, count), ==, 8);
        hbitmap_serialize_part(m->hb, buf, start, count);
        hbitmap_deserialize_part(copy, buf, start, count, false);
    }
    hbitmap_deserialize_finish(copy);
    a = hbitmap_sha256(m->hb);
    b = hbitmap_sha256(copy);
    g_assert_cmpstr(a, ==, b);
    g_assert_cmpint(hbitmap_count(copy), ==, hbitmap_count(m->hb));
    hbitmap_deserialize_ones(copy, 0, m->size, true);
    g_assert_cmpint(hbitmap_count(copy), ==, bits(m) << m->gran);
    hbitmap_deserialize_zeroes(copy, 0, m->size, true);
    g_assert_true(hbitmap_empty(copy));
    hbitmap_merge(copy, m->hb, copy);
    g_assert_cmpint(hbitmap_count(copy), ==, hbitmap_count(m->hb));
    hbitmap_free(copy);
}

static void run(uint64_t size, int gran, int rounds)
{
    g_autoptr(GRand) r = g_rand_new_with_seed(size + gran);
    g_autofree Model *m = g_new0(Model, 1);
    uint64_t new_size, i;
    int round;

    m->size = size;
    m->gran = gran;
    m->hb = hbitmap_alloc(size, gran);
    g_assert_cmpint(hbitmap_size(m->hb), ==, size);
    for (round = 0; round < rounds; round++) {
        change(m, r);
        check(m);
        check_searches(m, r);
    }
    check_serialize(m);
    for (round = 0; round < 8; round++) {
        new_size = g_rand_int_range(r, 1, size + 1);
        for (i = DIV_ROUND_UP(new_size, 1u << gran); i < bits(m); i++) {
            m->set[i] = false;
        }
        hbitmap_truncate(m->hb, new_size);
        m->size = new_size;
        check(m);
        check_searches(m, r);
        change(m, r);
        check(m);
    }
    hbitmap_reset_all(m->hb);
    g_assert_cmpint(hbitmap_next_dirty(m->hb, 0, INT64_MAX), ==, -1);
    hbitmap_free(m->hb);
}

static void test_random(void)
{
    run(1, 0, 4);
    run(64, 0, 20);
    run(65, 0, 20);
    run(64 * 64, 0, 20);
    run(MAX_ITEMS, 0, 25);
    run(MAX_ITEMS, 3, 25);
    run(1000, 9, 10);
}

static void test_merge_granularities(void)
{
    HBitmap *fine = hbitmap_alloc(10000, 0), *coarse = hbitmap_alloc(10000, 4);
    HBitmap *result = hbitmap_alloc(10000, 4);

    hbitmap_set(fine, 5, 1);
    hbitmap_set(fine, 9999, 1);
    hbitmap_set(coarse, 160, 1);
    hbitmap_merge(fine, coarse, result);
    g_assert_cmpint(hbitmap_count(result), ==, 48);
    g_assert_true(hbitmap_get(result, 0) && hbitmap_get(result, 165) && hbitmap_get(result, 9990));
    hbitmap_free(fine);
    hbitmap_free(coarse);
    hbitmap_free(result);
}

static void test_large(void)
{
    /* 16 TiB in 64 KiB clusters. */
    HBitmap *hb = hbitmap_alloc(UINT64_C(1) << 44, 16);

    hbitmap_set(hb, (UINT64_C(1) << 44) - 1, 1);
    g_assert_cmpint(hbitmap_next_dirty(hb, 0, INT64_MAX), ==, (INT64_C(1) << 44) - 65536);
    g_assert_cmpint(hbitmap_next_dirty(hb, 0, 1000), ==, -1);
    hbitmap_reset(hb, 0, UINT64_C(1) << 44);
    g_assert_true(hbitmap_empty(hb));
    /* A search of a part ends with the part: all of it, each time, would take an hour. */
    hbitmap_set(hb, 0, UINT64_C(1) << 44);
    for (int64_t i = 0; i < INT64_C(1) << 44; i += INT64_C(1) << 26) {
        g_assert_cmpint(hbitmap_next_zero(hb, i, 1 << 20), ==, -1);
    }
    hbitmap_free(hb);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hbitmap/random", test_random);
    g_test_add_func("/hbitmap/merge-granularities", test_merge_granularities);
    g_test_add_func("/hbitmap/large", test_large);
    return g_test_run();
}
