/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the job "mirror" (mirror.c) and its filter (mirror-top.c).
 *
 * The job's loop runs in the main thread; writes come through the filter in any thread. What both
 * use is guarded by s->lock, or atomic.
 */
#ifndef BLOCK_MIRROR_INTERNAL_H
#define BLOCK_MIRROR_INTERNAL_H

#include "block/block-jobs.h"
#include "block/dirty-bitmap.h"

/* Clusters that are being copied, or written by the guest in the mode write-blocking. */
typedef struct MirrorOp {
    int64_t offset, bytes; /* multiples of the granularity */
    CoQueue waiters;       /* s->lock */
    QLIST_ENTRY(MirrorOp) next;
} MirrorOp;

typedef struct MirrorJob {
    BlockJob common;
    BlockDriverState *filter;    /* a reference */
    BlockDriverState *source;    /* below the filter; a reference */
    BlockDriverState *target_bs; /* a reference */
    BlockDriverState *replaces;  /* what @target_bs takes the place of; a reference or NULL */
    BlockDriverState *base;      /* what is below it is not copied; NULL: all is */
    BlockDriverState *base_overlay;
    BlockBackend *target;
    BdrvDirtyBitmap *bitmap; /* what the target does not have yet */
    int64_t granularity;
    int64_t length;
    int max_ops;
    bool is_commit; /* the target is below the source */
    bool commit_target_was_read_only;
    bool auto_complete;
    bool copies_nothing; /* sync=none */
    bool mark_all;       /* the target may have other data than zeroes */
    bool unmap;
    bool frozen;
    bool source_drained;
    bool should_complete; /* with the target in the source's place */
    bool synced;
    MirrorBacking backing;
    BlockDriverState *final_backing; /* a reference or NULL */
    BlockdevOnError on_source_error, on_target_error;

    /* Atomic. */
    int write_blocking; /* bool: writes come to the target before they end */
    int active_error;   /* -errno of a write to the target by the filter, which the job reports */

    QemuMutex lock;
    QLIST_HEAD(, MirrorOp) ops; /* lock */

    /* Main thread. */
    unsigned in_flight; /* the job's own copies */
    int64_t bytes_in_flight;
    unsigned started; /* copies; to let others run now and then */
    bool waiting;     /* its coroutine, for one of them to end */
    int ret;          /* the first error that ends the job */
} MirrorJob;

/* lock held, dropped while waiting for what overlaps. */
void coroutine_fn mirror_op_begin(MirrorJob *s, MirrorOp *op, int64_t offset, int64_t bytes);
void coroutine_fn mirror_op_end(MirrorJob *s, MirrorOp *op);

/* The filter above @source; NULL and @errp. The job is set later: until then it only passes on. */
BlockDriverState *mirror_top_insert(BlockDriverState *source, const char *node_name, bool is_commit,
                                    Error **errp);
/* Main thread, drained. */
void mirror_top_set_job(BlockDriverState *filter, MirrorJob *job);
/* It needs nothing any more: before the nodes around it change places. */
void mirror_top_stop(BlockDriverState *filter);

#endif
