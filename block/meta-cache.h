/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bounded cache of what a file has outside of guest data: tables of formats, of any size. Writes
 * go to the file at once. In coroutines, any thread.
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
int coroutine_fn meta_write(MetaCache *c, int64_t offset, const void *buf, size_t len);

/* ---- what formats with tables share ---- */

/* @bytes at @offset of @file read as zeroes afterwards; the file grows for it. */
int coroutine_fn bdrv_co_clear_area(BdrvChild *file, int64_t offset, int64_t bytes);

#endif
