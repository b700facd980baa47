/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What nodes and drives say about themselves, in the types of the interface. Main thread. */
#ifndef BLOCK_QAPI_H
#define BLOCK_QAPI_H

#include "block/block-backend.h"
#include "block/block.h"
#include "qapi/qapi-types-block-query.h"

/* Facts of the drive @blk (NULL: of no drive) and of its medium @bs; with those of the chain below
 * unless @flat. */
BlockDeviceInfo *bdrv_block_device_info(BlockBackend *blk, BlockDriverState *bs, bool flat,
                                        Error **errp);
/* The image of @bs alone. */
ImageInfo *bdrv_image_info(BlockDriverState *bs, bool limits, Error **errp);
BlockDirtyInfoList *bdrv_query_dirty_bitmaps(BlockDriverState *bs);
/* Snapshots inside of an image; NULL if it has none, or cannot have any. */
SnapshotInfoList *bdrv_query_snapshots(BlockDriverState *bs);
/* Statistics of @blk (may be NULL) and of the nodes at and below @bs (may be NULL). */
BlockStats *bdrv_query_stats(BlockBackend *blk, BlockDriverState *bs);

/* As lines for people; g_free(). */
char *bdrv_image_info_text(const ImageInfo *info);
/* "Format specific information:" of @bs, if it has any. */
void bdrv_specific_info_text(GString *out, BlockDriverState *bs);
void bdrv_snapshot_text_header(GString *out);
/* @id: what to print in its place, if not NULL. */
void bdrv_snapshot_text(GString *out, const SnapshotInfo *sn, const char *id);

#endif
