/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the jobs over block nodes. Main thread; false and @errp if they cannot start. */
#ifndef BLOCK_BLOCK_JOBS_H
#define BLOCK_BLOCK_JOBS_H

#include "block/blockjob.h"
#include "block/dirty-bitmap.h"

/* What all of them take. */
typedef struct BlockJobParams {
    const char *job_id; /* NULL: by the drive */
    int flags;          /* JOB_* */
    int64_t speed;
    const char *filter_node_name; /* NULL: an implicit filter */
    JobTxn *txn;
    BlockCompletionFunc *cb; /* when it is over; may be NULL */
    void *opaque;
} BlockJobParams;

typedef struct StreamParams {
    BlockDriverState *base;         /* stays below; NULL: nothing does */
    BlockDriverState *base_overlay; /* the last whose data is copied */
    const char *backing_file;       /* as the image is to name @base; NULL: by its file name */
    bool mask_protocol;
    BlockdevOnError on_error;
} StreamParams;

bool stream_start(const BlockJobParams *params, BlockDriverState *bs, const StreamParams *stream,
                  Error **errp);

typedef struct CommitParams {
    BlockDriverState *base;
    BlockDriverState *top;
    const char *backing_file;
    bool mask_protocol;
    BlockdevOnError on_error;
} CommitParams;

/* @top is below @bs, the topmost node. */
bool commit_start(const BlockJobParams *params, BlockDriverState *bs, const CommitParams *commit,
                  Error **errp);

/* What is below the target when it takes the source's place. */
typedef enum MirrorBacking {
    MIRROR_BACKING_KEEP, /* what is there already */
    MIRROR_BACKING_SET,  /* final_backing */
    MIRROR_BACKING_OPEN, /* what its image names */
} MirrorBacking;

typedef struct MirrorParams {
    BlockDriverState *target;
    BlockDriverState *replaces; /* what the target takes the place of; NULL: of the source */
    BlockDriverState *base;     /* what is at or below it is not copied; NULL: all is */
    int64_t granularity;        /* 0: as fits the target */
    int64_t buf_size;           /* 0: default */
    bool is_commit;             /* @target is in the chain of the source */
    bool auto_complete;
    bool copies_nothing; /* only what is written from now on */
    bool mark_all;       /* the target has data that must be overwritten with zeroes */
    bool unmap;          /* zeroes may be holes */
    bool write_blocking;
    MirrorBacking backing;
    BlockDriverState *final_backing; /* NULL: none */
    BlockdevOnError on_source_error, on_target_error;
} MirrorParams;

bool mirror_start(const BlockJobParams *params, BlockDriverState *source,
                  const MirrorParams *mirror, Error **errp);
/* May @bs be what a mirror of @source replaces? Asked again when it does. */
bool mirror_may_replace(BlockDriverState *source, BlockDriverState *bs);

typedef struct BackupParams {
    BlockDriverState *target;
    MirrorSyncMode sync;
    BdrvDirtyBitmap *bitmap; /* may be NULL */
    BitmapSyncMode bitmap_mode;
    bool compress, discard_source;
    int64_t min_cluster_size, max_chunk; /* 0: default */
    unsigned max_workers;                /* 0: default */
    bool use_copy_range;
    OnCbwError on_cbw_error;
    BlockdevOnError on_source_error, on_target_error;
} BackupParams;

/*
 * The disk's state of now: nobody writes to @source between this call and the end of the drained
 * section that it is in. The caller starts the job.
 */
Job *backup_create(const BlockJobParams *params, BlockDriverState *source,
                   const BackupParams *backup, Error **errp);

/* blockdev-create, a job in any case. */
bool create_start(const char *job_id, BlockdevCreateOptions *options, Error **errp);
/* x-blockdev-amend, too. */
bool amend_start(const char *job_id, BlockDriverState *bs, const BlockdevAmendOptions *options,
                 bool force, Error **errp);

#endif
