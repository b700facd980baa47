/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the jobs over block nodes. Main thread; false and @errp if they cannot start. */
#ifndef BLOCK_BLOCK_JOBS_H
#define BLOCK_BLOCK_JOBS_H

#include "block/blockjob.h"

/* What all of them take. */
typedef struct BlockJobParams {
    const char *job_id; /* NULL: by the drive */
    int flags;          /* JOB_* */
    int64_t speed;
    const char *filter_node_name; /* NULL: an implicit filter */
    JobTxn *txn;
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

/* blockdev-create, a job in any case. */
bool create_start(const char *job_id, BlockdevCreateOptions *options, Error **errp);

#endif
