/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded cache of what a file has outside of guest data: tables of formats, of any size. Changes
 * are in memory until a commit, so that many of them cost one flush. In coroutines, any thread.
 */
#ifndef BLOCK_META_CACHE_H
#define BLOCK_META_CACHE_H

#include "block/block_int.h"

typedef struct MetaCache MetaCache;

/* @child: the file; the edge outlives the cache. */
MetaCache *meta_cache_new(BdrvChild *child);
void meta_cache_free(MetaCache *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MetaCache, meta_cache_free)

/* Behind the end of the file are zeroes. 0, or -errno. */
int coroutine_fn meta_read(MetaCache *c, int64_t offset, void *buf, size_t len);
/*
 * A change, which names data that was written to the file before: it is in the file after a commit,
 * which the cache does itself when it is full. An error leaves a part of it, or nothing.
 */
int coroutine_fn meta_write(MetaCache *c, int64_t offset, const void *buf, size_t len);
/* Nothing leads there yet, and nothing will after an error: to the file at once. */
int coroutine_fn meta_write_now(MetaCache *c, int64_t offset, const void *buf, size_t len);
/*
 * What was written to the file before is on stable storage, and after that changes are in the file:
 * the driver's part of a flush. 0, or -errno: then another commit tries it again.
 */
int coroutine_fn meta_commit(MetaCache *c);

/* ---- what formats with tables share ---- */

/*
 * New blocks go behind all that is in the file, by its length and by the tables: a power failure
 * may keep an entry that names a block, and not that the file has grown for it. So a driver looks
 * at all entries before it gives out the first place.
 */

/* An entry of a table, as it is in the file. 0, or -errno, which ends the walk. */
typedef int coroutine_fn MetaVisit(const void *entry, void *opaque);
/* @visit for each of the @num entries of @size bytes, at most 4 KiB, at @offset. What it returned,
 * or -errno. */
int coroutine_fn meta_for_each(MetaCache *c, int64_t offset, uint64_t num, size_t size,
                               MetaVisit *visit, void *opaque);

/* Sets @num bits of @map from @first on, of which a check has one for each place in the file. True:
 * one was set already. */
bool meta_take_places(unsigned long *map, uint64_t first, uint64_t num);

/* @bytes at @offset of @file read as zeroes afterwards; the file grows for it. */
int coroutine_fn bdrv_co_clear_area(BdrvChild *file, int64_t offset, int64_t bytes);

#endif
