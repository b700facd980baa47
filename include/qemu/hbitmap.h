/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hierarchical bitmap: each level has one bit per word of the level below, so
 * finding the next set bit of a large, mostly empty map touches few words.
 * Positions and counts are in items; one bit stands for 2^granularity items.
 */
#ifndef QEMU_HBITMAP_H
#define QEMU_HBITMAP_H

#include "qemu/bitmap.h"
#include "qemu/typedefs.h"

#define HBITMAP_LEVELS       7
#define HBITMAP_LOG_MAX_SIZE 41 /* + granularity: the largest map has 2^41 bits */

struct HBitmapIter {
    const HBitmap *hb;
    int granularity;
    uint64_t pos; /* next bit to look at */
};

HBitmap *hbitmap_alloc(uint64_t size, int granularity);
void hbitmap_free(HBitmap *hb);
/* New bits are 0. */
void hbitmap_truncate(HBitmap *hb, uint64_t size);
/* Set in @result what is set in @a or @b; all of the same size; aliasing is fine. */
void hbitmap_merge(const HBitmap *a, const HBitmap *b, HBitmap *result);
bool hbitmap_empty(const HBitmap *hb);
uint64_t hbitmap_size(const HBitmap *hb);
/* Items under set bits. */
uint64_t hbitmap_count(const HBitmap *hb);
void hbitmap_set(HBitmap *hb, uint64_t start, uint64_t count);
/* @start and end must be on bit boundaries (or the end of the map). */
void hbitmap_reset(HBitmap *hb, uint64_t start, uint64_t count);
void hbitmap_reset_all(HBitmap *hb);
bool hbitmap_get(const HBitmap *hb, uint64_t item);
/* Whether every item in the range is under a set bit, or none is. */
bool hbitmap_status(const HBitmap *hb, int64_t start, int64_t count, int64_t *pnum);

/* First set (zero) item at or after @start within @count items; -1 if none. */
int64_t hbitmap_next_dirty(const HBitmap *hb, int64_t start, int64_t count);
int64_t hbitmap_next_zero(const HBitmap *hb, int64_t start, int64_t count);
/*
 * The next run of set items in @start..@end, at most @max_dirty_count long;
 * false if none.
 */
bool hbitmap_next_dirty_area(const HBitmap *hb, int64_t start, int64_t end, int64_t max_dirty_count,
                             int64_t *dirty_start, int64_t *dirty_count);

/* Changing the map while iterating is fine: later bits are seen as they are then. */
void hbitmap_iter_init(HBitmapIter *hbi, const HBitmap *hb, uint64_t first);
/* First item of the next set bit, or -1. */
int64_t hbitmap_iter_next(HBitmapIter *hbi);

/*
 * The lowest level as little-endian 64-bit words, for files and streams.
 * @start and @count must be multiples of hbitmap_serialization_align().
 */
bool hbitmap_is_serializable(const HBitmap *hb);
uint64_t hbitmap_serialization_align(const HBitmap *hb);
uint64_t hbitmap_serialization_size(const HBitmap *hb, uint64_t start, uint64_t count);
void hbitmap_serialize_part(const HBitmap *hb, uint8_t *buf, uint64_t start, uint64_t count);
/* After the last part, with @finish, the upper levels are rebuilt. */
void hbitmap_deserialize_part(HBitmap *hb, const uint8_t *buf, uint64_t start, uint64_t count,
                              bool finish);
void hbitmap_deserialize_zeroes(HBitmap *hb, uint64_t start, uint64_t count, bool finish);
void hbitmap_deserialize_ones(HBitmap *hb, uint64_t start, uint64_t count, bool finish);
void hbitmap_deserialize_finish(HBitmap *hb);
/* Digest of the contents, to compare maps of two processes; g_free() it. */
char *hbitmap_sha256(const HBitmap *hb);

#endif
