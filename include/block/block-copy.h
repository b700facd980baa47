/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying a disk as it is at one moment, cluster by cluster, while it is written to: each cluster
 * is copied once, by a job or before the guest changes it.
 *
 * Made and freed in the main thread; block_copy() in any.
 */
#ifndef BLOCK_BLOCK_COPY_H
#define BLOCK_BLOCK_COPY_H

#include "block/block_int.h"
#include "block/dirty-bitmap.h"
#include "qapi/qapi-types-block-node.h"

typedef struct BlockCopy BlockCopy;

/* Between children of a filter, from one to the other. All is to be copied at first. */
BlockCopy *block_copy_new(BdrvChild *source, BdrvChild *target, int64_t min_cluster_size,
                          Error **errp);
void block_copy_free(BlockCopy *bc);
/* What is to be copied still; main thread, before and after. */
BdrvDirtyBitmap *block_copy_todo(BlockCopy *bc);
int64_t block_copy_cluster_size(BlockCopy *bc);
/* Data is stored compressed. */
void block_copy_set_compress(BlockCopy *bc, bool compress);
/* The host is asked to copy, where it can. */
void block_copy_set_copy_range(BlockCopy *bc, bool copy_range);
/* At most so many bytes in one operation, not less than a cluster; memory is needed for less. */
void block_copy_set_max_chunk(BlockCopy *bc, int64_t bytes);
/* What has been copied is discarded where it came from. */
void block_copy_set_discard_source(BlockCopy *bc, bool discard);
/* [any, or main] Called with the bytes that came to the target. */
void block_copy_set_progress(BlockCopy *bc, void (*progress)(void *opaque, int64_t bytes),
                             void *opaque);
/*
 * When it returns, all of @offset..+@bytes is in the target. 0 or -errno; *@is_read: the source has
 * failed. What was not copied stays to be.
 */
int coroutine_fn block_copy(BlockCopy *bc, int64_t offset, int64_t bytes, bool *is_read);

/* ---- the filter copy-before-write ---- */

/*
 * Over @source; NULL and @errp. @discard_source: it is allowed to what it copies from, which nobody
 * may be writing to. Main thread.
 */
BlockDriverState *cbw_insert(BlockDriverState *source, BlockDriverState *target,
                             const char *node_name, OnCbwError on_error, int64_t min_cluster_size,
                             bool discard_source, Error **errp);
BlockCopy *cbw_block_copy(BlockDriverState *filter);
/* [any] -errno if what the guest has overwritten could not be copied (break-snapshot). */
int cbw_broken(BlockDriverState *filter);

#endif
