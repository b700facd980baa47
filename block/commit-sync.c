/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Committing at once, for the monitor's "commit" and for qemu-img: what a disk's image has is
 * written into the one below it, and the image is emptied. Main thread; the disk is drained
 * meanwhile.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "commit-internal.h"
#include "qemu/cutils.h"

#define PIECE   (1 * MiB)
#define WORKERS 8

typedef struct CommitSync {
    BlockDriverState *top, *base, *overlay; /* @overlay: the lowest above @base */
    BlockDriverState *filter;
    BlockBackend *src, *dst;
    bool base_was_read_only;
} CommitSync;

/* All that read @base through @overlay share it with us: they see no change. */
static bool put_filter(CommitSync *s, Error **errp)
{
    s->filter = bdrv_new_open_driver(&bdrv_commit_top, NULL, NULL, BDRV_O_RDWR, errp);
    if (!s->filter) {
        return false;
    }
    s->filter->implicit = true;
    s->filter->total_bytes = s->base->total_bytes;
    return bdrv_set_backing_hd(s->filter, s->base, errp) &&
           bdrv_set_backing_hd(s->overlay, s->filter, errp);
}

static bool begin(CommitSync *s, Error **errp)
{
    if (!bdrv_takes_any_order(s->base, errp)) {
        return false;
    }
    s->base_was_read_only = bdrv_is_read_only(s->base);
    if (s->base_was_read_only && !bdrv_reopen_set_read_only(s->base, false, errp)) {
        s->base_was_read_only = false;
        return false;
    }
    if (!put_filter(s, errp)) {
        return false;
    }
    s->src = blk_new_with_bs(s->top, 0, BLK_PERM_ALL, errp);
    s->dst = s->src ? blk_new_with_bs(s->base, BLK_PERM_WRITE | BLK_PERM_RESIZE, BLK_PERM_ALL, errp)
                    : NULL;
    if (!s->dst) {
        return false;
    }
    blk_set_disable_request_queuing(s->src, true);
    blk_set_disable_request_queuing(s->dst, true);
    return true;
}

static void end(CommitSync *s)
{
    blk_unref(s->src);
    blk_unref(s->dst);
    if (s->filter && bdrv_cow_bs(s->overlay) == s->filter) {
        bdrv_set_backing_hd(s->overlay, s->base, NULL);
    }
    bdrv_unref(s->filter);
    if (s->base_was_read_only) {
        bdrv_reopen_set_read_only(s->base, true, NULL);
    }
}

typedef struct Copy {
    const CommitSync *s;
    int64_t next, done, len;
    bool failed;
    void (*progress)(void *, int64_t, int64_t);
    void *opaque;
} Copy;

/* From @pos on, as far as it goes on like this: *@n. */
static int coroutine_fn copy_run(const CommitSync *s, int64_t pos, int64_t *n, void *buf)
{
    int64_t max = *n;
    int ret = bdrv_is_allocated_above(s->top, s->overlay, true, pos, max, n);

    *n = *n ? *n : max;
    if (ret <= 0) {
        return ret;
    }
    ret = blk_pread(s->src, pos, *n, buf, 0);
    if (ret < 0) {
        return ret;
    }
    return buffer_is_zero(buf, *n) ? blk_pwrite_zeroes(s->dst, pos, *n, BDRV_REQ_MAY_UNMAP)
                                   : blk_pwrite(s->dst, pos, *n, buf, 0);
}

/* Each takes the next piece. */
static int coroutine_fn copy_worker(void *opaque)
{
    Copy *c = opaque;
    QEMU_AUTO_VFREE void *buf = blk_blockalign(c->s->src, PIECE);
    int ret = 0;

    while (!c->failed && c->next < c->len) {
        int64_t pos = c->next, end = MIN(pos + PIECE, c->len), n;

        c->next = end;
        for (; pos < end && ret >= 0; pos += n) {
            n = end - pos;
            ret = copy_run(c->s, pos, &n, buf);
            c->done += n;
            if (c->progress) {
                c->progress(c->opaque, c->done, c->len);
            }
        }
        c->failed |= ret < 0;
    }
    return ret;
}

static int copy(const CommitSync *s, void (*progress)(void *, int64_t, int64_t), void *opaque)
{
    Copy c = {.s = s, .len = bdrv_getlength(s->top), .progress = progress, .opaque = opaque};
    int ret = c.len < 0 ? (int)c.len : bdrv_run_workers(WORKERS, copy_worker, &c);

    return ret < 0 ? ret : blk_flush(s->dst);
}

static bool grow_base(CommitSync *s, Error **errp)
{
    int64_t len = bdrv_getlength(s->top), base_len = bdrv_getlength(s->base);

    return base_len >= len || blk_truncate(s->dst, len, false, PREALLOC_MODE_OFF, 0, errp) >= 0;
}

bool bdrv_commit(BlockDriverState *top, BlockDriverState *base, bool empty,
                 void (*progress)(void *, int64_t, int64_t), void *opaque, Error **errp)
{
    CommitSync s = {.top = top, .base = base};
    bool ok;
    int ret;

    if (!base || !bdrv_chain_contains(top, base) || base == top) {
        error_setg(errp, "Image does not have a backing file");
        return false;
    }
    /* A format that cannot give up what it has keeps it. */
    empty = empty && top->drv->bdrv_make_empty;
    if (empty && bdrv_is_read_only(top)) {
        error_setg(errp, "Image '%s' cannot be emptied", top->filename);
        return false;
    }
    s.overlay = bdrv_find_overlay(top, base);
    bdrv_drained_begin(top);
    ok = begin(&s, errp) && grow_base(&s, errp);
    if (ok) {
        ret = copy(&s, progress, opaque);
        /* All of it is safe below before it goes above. */
        if (ret >= 0 && empty) {
            ret = top->drv->bdrv_make_empty(top);
        }
        ok = ret >= 0;
        if (!ok) {
            error_setg_errno(errp, -ret, "Could not commit '%s'", top->filename);
        }
    }
    end(&s);
    bdrv_drained_end(top);
    return ok;
}
