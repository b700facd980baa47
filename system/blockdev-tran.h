/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes that are made together or not at all: each is done at once, with what commits it or takes
 * it back. Main thread.
 */
#ifndef SYSTEM_BLOCKDEV_TRAN_H
#define SYSTEM_BLOCKDEV_TRAN_H

#include "block/block-jobs.h"
#include "qapi/qapi-types-block-change.h"

typedef struct Tran Tran;

/* All may be NULL. Each is called with the action's state; clean() after either of the others. */
typedef struct TranOps {
    void (*commit)(void *opaque);
    void (*abort)(void *opaque);
    void (*clean)(void *opaque);
} TranOps;

/* @grouped: jobs end together. */
Tran *tran_new(bool grouped);
void tran_add(Tran *tran, const TranOps *ops, void *opaque);
/* Of the jobs; NULL: each has its own. */
JobTxn *tran_jobs(Tran *tran);
/* The first in order, or all backwards; frees it. */
void tran_end(Tran *tran, bool commit);

/* The actions. False and @errp: it is not done, and was not added. */
bool tran_snapshot_sync(Tran *tran, const BlockdevSnapshotSync *args, Error **errp);
bool tran_snapshot(Tran *tran, const BlockdevSnapshot *args, Error **errp);
bool tran_snapshot_internal(Tran *tran, const BlockdevSnapshotInternal *args, Error **errp);
bool tran_blockdev_backup(Tran *tran, const BlockdevBackup *args, Error **errp);
bool tran_drive_backup(Tran *tran, const DriveBackup *args, Error **errp);
bool tran_bitmap_add(Tran *tran, const BlockDirtyBitmapAdd *args, Error **errp);
bool tran_bitmap_remove(Tran *tran, const BlockDirtyBitmap *args, Error **errp);
bool tran_bitmap_clear(Tran *tran, const BlockDirtyBitmap *args, Error **errp);
bool tran_bitmap_enable(Tran *tran, const BlockDirtyBitmap *args, bool enable, Error **errp);
bool tran_bitmap_merge(Tran *tran, const BlockDirtyBitmapMerge *args, Error **errp);

#endif
