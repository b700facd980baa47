/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hierarchical bitmap. The last level has a bit for each 2^granularity items; a
 * bit of a level above says whether a word of the level below is non-zero. The
 * first level is one word.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/hbitmap.h"
#include "qemu/host-utils.h"

#define WORD_BITS  64
#define WORD_SHIFT 6
#define LEAF       (HBITMAP_LEVELS - 1)

QEMU_BUILD_BUG_ON(HBITMAP_LEVELS *WORD_SHIFT < HBITMAP_LOG_MAX_SIZE);
/* The leaf is handed to the functions for plain bitmaps. */
QEMU_BUILD_BUG_ON(sizeof(unsigned long) != sizeof(uint64_t));

struct HBitmap {
    uint64_t orig_size; /* items */
    uint64_t size;      /* bits of the leaf */
    uint64_t count;     /* of them set */
    int granularity;
    uint64_t *levels[HBITMAP_LEVELS];
    uint64_t sizes[HBITMAP_LEVELS]; /* words */
};

/* Bits from @first to @last of one word. */
static uint64_t bits_between(unsigned first, unsigned last)
{
    return (~UINT64_C(0) << first) & (~UINT64_C(0) >> (WORD_BITS - 1 - last));
}

/* ---- one level */

/* The number of bits that were not set before. */
static uint64_t level_set(uint64_t *map, uint64_t first, uint64_t last)
{
    uint64_t i, changed = 0;

    for (i = first / WORD_BITS; i <= last / WORD_BITS; i++) {
        uint64_t mask = bits_between(i == first / WORD_BITS ? first % WORD_BITS : 0,
                                     i == last / WORD_BITS ? last % WORD_BITS : WORD_BITS - 1);

        changed += ctpop64(mask & ~map[i]);
        map[i] |= mask;
    }
    return changed;
}

static uint64_t level_reset(uint64_t *map, uint64_t first, uint64_t last)
{
    uint64_t i, changed = 0;

    for (i = first / WORD_BITS; i <= last / WORD_BITS; i++) {
        uint64_t mask = bits_between(i == first / WORD_BITS ? first % WORD_BITS : 0,
                                     i == last / WORD_BITS ? last % WORD_BITS : WORD_BITS - 1);

        changed += ctpop64(mask & map[i]);
        map[i] &= ~mask;
    }
    return changed;
}

/* ---- all levels; positions are bits of the leaf */

static void set_bits(HBitmap *hb, uint64_t first, uint64_t last)
{
    uint64_t changed = level_set(hb->levels[LEAF], first, last);
    int level;

    hb->count += changed;
    if (!changed) {
        return;
    }
    for (level = LEAF - 1; level >= 0; level--) {
        first /= WORD_BITS;
        last /= WORD_BITS;
        if (!level_set(hb->levels[level], first, last)) {
            break; /* nothing new above either */
        }
    }
}

static void reset_bits(HBitmap *hb, uint64_t first, uint64_t last)
{
    uint64_t changed = level_reset(hb->levels[LEAF], first, last);
    int level;

    hb->count -= changed;
    if (!changed) {
        return;
    }
    for (level = LEAF - 1; level >= 0; level--) {
        uint64_t *below = hb->levels[level + 1];

        first /= WORD_BITS;
        last /= WORD_BITS;
        /* Words inside the range are zero now; the two at its ends may not be. */
        if (below[first] && ++first > last) {
            break;
        }
        if (below[last] && last-- == first) {
            break;
        }
        level_reset(hb->levels[level], first, last);
    }
}

/* First set bit at or after @pos, or hb->size. */
static uint64_t next_set_bit(const HBitmap *hb, uint64_t pos)
{
    int level = LEAF;
    uint64_t word;

    /* Up until a word has something at or after the position, then down to it. */
    while (true) {
        if (pos / WORD_BITS >= hb->sizes[level]) {
            return hb->size;
        }
        word = hb->levels[level][pos / WORD_BITS] & (~UINT64_C(0) << (pos % WORD_BITS));
        if (word) {
            break;
        }
        if (level == 0) {
            return hb->size;
        }
        level--;
        pos = pos / WORD_BITS + 1;
    }
    pos = ROUND_DOWN(pos, WORD_BITS) + ctz64(word);
    for (; level < LEAF; level++) {
        pos = pos * WORD_BITS + ctz64(hb->levels[level + 1][pos]);
    }
    return pos;
}

/*
 * First zero bit from @pos to @end, or @end. Zeroes have no levels to skip by: without an end,
 * those who ask again and again for a part of a full bitmap would look at all of it each time.
 */
static uint64_t next_zero_bit(const HBitmap *hb, uint64_t pos, uint64_t end)
{
    return find_next_zero_bit((unsigned long *)hb->levels[LEAF], end, pos);
}

/* ---- life */

/* Words of every level for hb->size bits. */
static void compute_sizes(const HBitmap *hb, uint64_t sizes[HBITMAP_LEVELS])
{
    uint64_t bits = hb->size;
    int level;

    for (level = LEAF; level >= 0; level--) {
        bits = MAX(DIV_ROUND_UP(bits, WORD_BITS), 1);
        sizes[level] = bits;
    }
}

static uint64_t items_to_bits(uint64_t items, int granularity)
{
    return (items >> granularity) + ((items & ((UINT64_C(1) << granularity) - 1)) != 0);
}

HBitmap *hbitmap_alloc(uint64_t size, int granularity)
{
    HBitmap *hb = g_new0(HBitmap, 1);
    int level;

    g_assert(granularity >= 0 && granularity < 64);
    hb->orig_size = size;
    hb->granularity = granularity;
    hb->size = items_to_bits(size, granularity);
    g_assert(hb->size <= UINT64_C(1) << HBITMAP_LOG_MAX_SIZE);
    compute_sizes(hb, hb->sizes);
    for (level = 0; level < HBITMAP_LEVELS; level++) {
        hb->levels[level] = g_new0(uint64_t, hb->sizes[level]);
    }
    return hb;
}

void hbitmap_free(HBitmap *hb)
{
    int level;

    for (level = 0; level < HBITMAP_LEVELS; level++) {
        g_free(hb->levels[level]);
    }
    g_free(hb);
}

void hbitmap_truncate(HBitmap *hb, uint64_t size)
{
    uint64_t bits = items_to_bits(size, hb->granularity);
    uint64_t sizes[HBITMAP_LEVELS];
    int level;

    g_assert(bits <= UINT64_C(1) << HBITMAP_LOG_MAX_SIZE);
    if (bits < hb->size) {
        reset_bits(hb, bits, hb->size - 1);
    }
    hb->orig_size = size;
    hb->size = bits;
    compute_sizes(hb, sizes);
    for (level = 0; level < HBITMAP_LEVELS; level++) {
        hb->levels[level] = g_renew(uint64_t, hb->levels[level], sizes[level]);
        if (sizes[level] > hb->sizes[level]) {
            memset(hb->levels[level] + hb->sizes[level], 0,
                   (sizes[level] - hb->sizes[level]) * sizeof(uint64_t));
        }
        hb->sizes[level] = sizes[level];
    }
}

/* Count, and the upper levels, from the leaf. */
static void rebuild(HBitmap *hb)
{
    uint64_t i;
    int level;

    hb->count = 0;
    for (i = 0; i < hb->sizes[LEAF]; i++) {
        hb->count += ctpop64(hb->levels[LEAF][i]);
    }
    for (level = LEAF - 1; level >= 0; level--) {
        memset(hb->levels[level], 0, hb->sizes[level] * sizeof(uint64_t));
        for (i = 0; i < hb->sizes[level + 1]; i++) {
            if (hb->levels[level + 1][i]) {
                hb->levels[level][i / WORD_BITS] |= UINT64_C(1) << (i % WORD_BITS);
            }
        }
    }
}

/* ---- queries */

bool hbitmap_empty(const HBitmap *hb)
{
    return hb->count == 0;
}

uint64_t hbitmap_size(const HBitmap *hb)
{
    return hb->orig_size;
}

uint64_t hbitmap_count(const HBitmap *hb)
{
    return hb->count << hb->granularity;
}

bool hbitmap_get(const HBitmap *hb, uint64_t item)
{
    uint64_t bit = item >> hb->granularity;

    g_assert(bit < hb->size);
    return (hb->levels[LEAF][bit / WORD_BITS] >> (bit % WORD_BITS)) & 1;
}

/* The item to report for @bit in a search from @start below @end. */
static int64_t found_item(const HBitmap *hb, uint64_t bit, uint64_t start, uint64_t end)
{
    uint64_t item;

    if (bit >= hb->size) {
        return -1;
    }
    item = MAX(bit << hb->granularity, start);
    return item < end ? item : -1;
}

static uint64_t search_end(const HBitmap *hb, int64_t start, int64_t count)
{
    return MIN(hb->orig_size, (uint64_t)start + (uint64_t)count);
}

int64_t hbitmap_next_dirty(const HBitmap *hb, int64_t start, int64_t count)
{
    g_assert(start >= 0 && count >= 0);
    if (start >= hb->orig_size || count == 0) {
        return -1;
    }
    return found_item(hb, next_set_bit(hb, start >> hb->granularity), start,
                      search_end(hb, start, count));
}

int64_t hbitmap_next_zero(const HBitmap *hb, int64_t start, int64_t count)
{
    uint64_t end;

    g_assert(start >= 0 && count >= 0);
    if (start >= hb->orig_size || count == 0) {
        return -1;
    }
    end = search_end(hb, start, count);
    return found_item(
        hb, next_zero_bit(hb, start >> hb->granularity, items_to_bits(end, hb->granularity)), start,
        end);
}

bool hbitmap_next_dirty_area(const HBitmap *hb, int64_t start, int64_t end, int64_t max_dirty_count,
                             int64_t *dirty_start, int64_t *dirty_count)
{
    int64_t first, zero;

    g_assert(start >= 0 && end >= 0 && max_dirty_count > 0);
    end = MIN((uint64_t)end, hb->orig_size);
    if (start >= end) {
        return false;
    }
    first = hbitmap_next_dirty(hb, start, end - start);
    if (first < 0) {
        return false;
    }
    end = first + MIN(end - first, max_dirty_count);
    zero = hbitmap_next_zero(hb, first, end - first);
    *dirty_start = first;
    *dirty_count = (zero < 0 ? end : zero) - first;
    return true;
}

bool hbitmap_status(const HBitmap *hb, int64_t start, int64_t count, int64_t *pnum)
{
    bool dirty = hbitmap_get(hb, start);
    int64_t next;

    g_assert(start + count <= hb->orig_size);
    next = dirty ? hbitmap_next_zero(hb, start, count) : hbitmap_next_dirty(hb, start, count);
    *pnum = next < 0 ? count : next - start;
    return dirty;
}

/* ---- changes */

void hbitmap_set(HBitmap *hb, uint64_t start, uint64_t count)
{
    uint64_t first = start >> hb->granularity;
    uint64_t last;

    if (count == 0) {
        return;
    }
    last = (start + count - 1) >> hb->granularity;
    g_assert(first <= last && last < hb->size);
    set_bits(hb, first, last);
}

void hbitmap_reset(HBitmap *hb, uint64_t start, uint64_t count)
{
    uint64_t gran = UINT64_C(1) << hb->granularity;
    uint64_t first = start >> hb->granularity;
    uint64_t last;

    if (count == 0) {
        return;
    }
    /* Items beside the range share no bit with it, or they would be lost. */
    g_assert(QEMU_IS_ALIGNED(start, gran));
    g_assert(QEMU_IS_ALIGNED(count, gran) || start + count == hb->orig_size);
    last = (start + count - 1) >> hb->granularity;
    g_assert(first <= last && last < hb->size);
    reset_bits(hb, first, last);
}

void hbitmap_reset_all(HBitmap *hb)
{
    int level;

    for (level = 0; level < HBITMAP_LEVELS; level++) {
        memset(hb->levels[level], 0, hb->sizes[level] * sizeof(uint64_t));
    }
    hb->count = 0;
}

/* Set in @dst what is set in @src, of whatever granularity. */
static void merge_from(HBitmap *dst, const HBitmap *src)
{
    int64_t start = 0, count;

    while (hbitmap_next_dirty_area(src, start, src->orig_size, INT64_MAX, &start, &count)) {
        hbitmap_set(dst, start, count);
        start += count;
    }
}

void hbitmap_merge(const HBitmap *a, const HBitmap *b, HBitmap *result)
{
    uint64_t i;

    g_assert(a->orig_size == result->orig_size && b->orig_size == result->orig_size);
    if (a->granularity == result->granularity && b->granularity == result->granularity) {
        for (i = 0; i < result->sizes[LEAF]; i++) {
            result->levels[LEAF][i] = a->levels[LEAF][i] | b->levels[LEAF][i];
        }
        rebuild(result);
        return;
    }
    if (result != a && result != b) {
        hbitmap_reset_all(result);
    }
    if (result != a) {
        merge_from(result, a);
    }
    if (result != b) {
        merge_from(result, b);
    }
}

/* ---- iteration */

void hbitmap_iter_init(HBitmapIter *hbi, const HBitmap *hb, uint64_t first)
{
    hbi->hb = hb;
    hbi->granularity = hb->granularity;
    hbi->pos = first >> hb->granularity;
}

int64_t hbitmap_iter_next(HBitmapIter *hbi)
{
    uint64_t bit = next_set_bit(hbi->hb, hbi->pos);

    if (bit >= hbi->hb->size) {
        return -1;
    }
    hbi->pos = bit + 1;
    return bit << hbi->granularity;
}

/* ---- serialization */

bool hbitmap_is_serializable(const HBitmap *hb)
{
    /* Beyond that, the alignment in items is no 64-bit number. */
    return hb->granularity < 64 - WORD_SHIFT;
}

uint64_t hbitmap_serialization_align(const HBitmap *hb)
{
    g_assert(hbitmap_is_serializable(hb));
    return (uint64_t)WORD_BITS << hb->granularity;
}

/* Words of the leaf for a range of items; the pointer may be written to with a non-const @hb. */
static uint64_t *chunk(const HBitmap *hb, uint64_t start, uint64_t count, uint64_t *words)
{
    uint64_t align = hbitmap_serialization_align(hb);
    uint64_t last = start + count - 1;

    g_assert(QEMU_IS_ALIGNED(start, align));
    g_assert(start + count == hb->orig_size || QEMU_IS_ALIGNED(count, align));
    if (count == 0) {
        *words = 0;
        return hb->levels[LEAF];
    }
    g_assert(last < hb->orig_size);
    *words = (last >> hb->granularity) / WORD_BITS - (start >> hb->granularity) / WORD_BITS + 1;
    return hb->levels[LEAF] + (start >> hb->granularity) / WORD_BITS;
}

uint64_t hbitmap_serialization_size(const HBitmap *hb, uint64_t start, uint64_t count)
{
    uint64_t words;

    chunk(hb, start, count, &words);
    return words * sizeof(uint64_t);
}

void hbitmap_serialize_part(const HBitmap *hb, uint8_t *buf, uint64_t start, uint64_t count)
{
    uint64_t words, i;
    uint64_t *p = chunk(hb, start, count, &words);

    for (i = 0; i < words; i++) {
        stq_le_p(buf + i * sizeof(uint64_t), p[i]);
    }
}

void hbitmap_deserialize_finish(HBitmap *hb)
{
    uint64_t tail = hb->size % WORD_BITS;

    /* What a file has beyond the end must not become items. */
    if (tail) {
        hb->levels[LEAF][hb->size / WORD_BITS] &= bits_between(0, tail - 1);
    }
    rebuild(hb);
}

void hbitmap_deserialize_part(HBitmap *hb, const uint8_t *buf, uint64_t start, uint64_t count,
                              bool finish)
{
    uint64_t words, i;
    uint64_t *p = chunk(hb, start, count, &words);

    for (i = 0; i < words; i++) {
        p[i] = ldq_le_p(buf + i * sizeof(uint64_t));
    }
    if (finish) {
        hbitmap_deserialize_finish(hb);
    }
}

void hbitmap_deserialize_zeroes(HBitmap *hb, uint64_t start, uint64_t count, bool finish)
{
    uint64_t words;
    uint64_t *p = chunk(hb, start, count, &words);

    memset(p, 0, words * sizeof(uint64_t));
    if (finish) {
        hbitmap_deserialize_finish(hb);
    }
}

void hbitmap_deserialize_ones(HBitmap *hb, uint64_t start, uint64_t count, bool finish)
{
    uint64_t words;
    uint64_t *p = chunk(hb, start, count, &words);

    memset(p, 0xff, words * sizeof(uint64_t));
    if (finish) {
        hbitmap_deserialize_finish(hb);
    }
}

char *hbitmap_sha256(const HBitmap *hb)
{
    return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (guchar *)hb->levels[LEAF],
                                       hb->sizes[LEAF] * sizeof(uint64_t));
}
