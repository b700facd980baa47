/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inclusive ranges of unsigned 64-bit numbers. The full range 0..UINT64_MAX can
 * be expressed; the empty one is lob == upb + 1.
 */
#ifndef QEMU_RANGE_H
#define QEMU_RANGE_H

#include "qemu/bitops.h"

struct Range {
    uint64_t lob; /* first */
    uint64_t upb; /* last */
};

static const Range range_empty = {.lob = 1, .upb = 0};

static inline bool range_is_empty(const Range *range)
{
    return range->lob > range->upb;
}

static inline bool range_contains(const Range *range, uint64_t val)
{
    return val >= range->lob && val <= range->upb;
}

static inline bool range_contains_range(const Range *range, const Range *sub)
{
    if (range_is_empty(sub)) {
        return true;
    }
    return range->lob <= sub->lob && range->upb >= sub->upb;
}

static inline void range_make_empty(Range *range)
{
    *range = range_empty;
}

static inline void range_set_bounds(Range *range, uint64_t lob, uint64_t upb)
{
    range->lob = lob;
    range->upb = upb;
}

/* From lob up to but without upb_plus1; 0 there means 2^64. */
static inline void range_set_bounds1(Range *range, uint64_t lob, uint64_t upb_plus1)
{
    if (!lob && !upb_plus1) {
        *range = range_empty;
        return;
    }
    range->lob = lob;
    range->upb = upb_plus1 - 1;
}

static inline uint64_t range_lob(const Range *range)
{
    return range->lob;
}

static inline uint64_t range_upb(const Range *range)
{
    return range->upb;
}

/* @size 0 is the empty range. False when the end would be beyond 2^64. */
static inline bool range_init(Range *range, uint64_t lob, uint64_t size)
{
    if (size == 0) {
        *range = range_empty;
        return true;
    }
    if (lob + (size - 1) < lob) {
        return false;
    }
    range->lob = lob;
    range->upb = lob + (size - 1);
    return true;
}

static inline void range_init_nofail(Range *range, uint64_t lob, uint64_t size)
{
    bool fits = range_init(range, lob, size);

    assert(fits);
}

/* 0 for the full range as well as for the empty one. */
static inline uint64_t range_size(const Range *range)
{
    return range->upb - range->lob + 1;
}

static inline bool range_overlaps_range(const Range *a, const Range *b)
{
    if (range_is_empty(a) || range_is_empty(b)) {
        return false;
    }
    return a->lob <= b->upb && b->lob <= a->upb;
}

/* Grow @range to the smallest range that has both. */
static inline void range_extend(Range *range, const Range *extend_by)
{
    if (range_is_empty(extend_by)) {
        return;
    }
    if (range_is_empty(range)) {
        *range = *extend_by;
        return;
    }
    range->lob = range->lob < extend_by->lob ? range->lob : extend_by->lob;
    range->upb = range->upb > extend_by->upb ? range->upb : extend_by->upb;
}

/* Ranges as offset and length; they do not reach 2^64. */
static inline uint64_t range_get_last(uint64_t offset, uint64_t len)
{
    return offset + len - 1;
}

static inline int range_covers_byte(uint64_t offset, uint64_t len, uint64_t byte)
{
    return byte >= offset && len && byte - offset <= len - 1;
}

static inline int ranges_overlap(uint64_t first1, uint64_t len1, uint64_t first2, uint64_t len2)
{
    return len1 && len2 && first1 <= range_get_last(first2, len2) &&
           first2 <= range_get_last(first1, len1);
}

/* -1, 0 (overlap or touch), 1, as for sorting. */
int range_compare(Range *a, Range *b);
/* Insert into a sorted list of disjoint ranges, merging; returns the new head. */
GList *range_list_insert(GList *list, Range *data);
/* Append to @out_ranges the complement of @in_ranges (arrays of Range) in @low..@high. */
void range_inverse_array(GArray *in_ranges, GArray *out_ranges, uint64_t low, uint64_t high);

#endif
