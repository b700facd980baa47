/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter "preallocate": a file that grows with its writes does it in large steps, which file
 * systems like better. What nobody has used is cut off when the node is closed.
 *
 * @data_end is the size that users see; the file's own is @file_end. Both are known while the node
 * may be written to; nobody else resizes the file meanwhile.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qemu/cutils.h"
#include "qemu/module.h"

typedef struct PreallocState {
    int64_t align, size;
    CoMutex lock;     /* of what grows the file */
    int64_t data_end; /* atomic; -1: not known, the file's size is the node's */
    int64_t file_end; /* lock */
} PreallocState;

typedef struct PreallocOptions {
    uint64_t align, size;
} PreallocOptions;

static const BdrvOpt prealloc_opts[] = {
    {"prealloc-align", BDRV_OPT_SIZE, offsetof(PreallocOptions, align)},
    {"prealloc-size", BDRV_OPT_SIZE, offsetof(PreallocOptions, size)},
    {NULL},
};

static bool take_options(PreallocOptions *o, BlockDriverState *child, QDict *options, Error **errp)
{
    *o = (PreallocOptions){.align = 1 * MiB, .size = 128 * MiB};
    if (!bdrv_parse_options(o, prealloc_opts, options, errp)) {
        return false;
    }
    if (!o->align || o->align % child->bl.request_alignment || o->align > 1 * GiB) {
        error_setg(errp,
                   "prealloc-align parameter must be a multiple of the file's alignment %u, "
                   "and at most 1 GiB, not %" PRIu64,
                   child->bl.request_alignment, o->align);
        return false;
    }
    if (o->size > 1 * TiB) {
        error_setg(errp, "prealloc-size parameter must be at most 1 TiB, not %" PRIu64, o->size);
        return false;
    }
    return true;
}

static bool prealloc_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    PreallocState *s = bs->opaque;
    PreallocOptions o;

    qemu_co_mutex_init(&s->lock);
    s->data_end = -1;
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp) ||
        !take_options(&o, bs->file->bs, options, errp)) {
        return false;
    }
    s->align = o.align;
    s->size = o.size;
    bdrv_pass_request_flags(bs);
    return true;
}

/* Give back what is not used. Nothing is in flight. */
static bool cut_off(BlockDriverState *bs, Error **errp)
{
    PreallocState *s = bs->opaque;
    int ret = 0;

    if (s->data_end >= 0 && s->file_end > s->data_end && (bs->file->perm & BLK_PERM_RESIZE)) {
        ret = bdrv_truncate(bs->file, s->data_end, true, PREALLOC_MODE_OFF, 0, errp);
    }
    s->data_end = -1;
    return ret >= 0;
}

static void prealloc_close(BlockDriverState *bs)
{
    Error *err = NULL;

    if (bs->file && !cut_off(bs, &err)) {
        error_free(err);
    }
}

static bool prealloc_inactivate(BlockDriverState *bs, Error **errp)
{
    return cut_off(bs, errp);
}

static bool prealloc_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    PreallocOptions *o = g_new0(PreallocOptions, 1);

    if (!take_options(o, state->bs->file->bs, state->options, errp) ||
        (!(state->flags & BDRV_O_RDWR) && !cut_off(state->bs, errp))) {
        g_free(o);
        return false;
    }
    state->opaque = o;
    return true;
}

static void prealloc_reopen_commit(BDRVReopenState *state)
{
    PreallocState *s = state->bs->opaque;
    PreallocOptions *o = state->opaque;

    s->align = o->align;
    s->size = o->size;
    g_free(o);
}

static void prealloc_reopen_abort(BDRVReopenState *state)
{
    g_free(state->opaque);
}

/* Sizes that are remembered must stay true. */
static void prealloc_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role,
                                uint64_t perm, uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    bdrv_default_perms(bs, c, role, perm, shared, nperm, nshared);
    if (bdrv_is_writable(bs)) {
        *nperm |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
        *nshared &= ~(BLK_PERM_WRITE | BLK_PERM_RESIZE);
    }
}

/* ---- requests ---- */

static int64_t coroutine_fn prealloc_co_getlength(BlockDriverState *bs)
{
    PreallocState *s = bs->opaque;
    int64_t end = qatomic_read(&s->data_end);

    return end >= 0 ? end : bdrv_co_getlength(bs->file->bs);
}

/* Learn the sizes when the first write comes. With the lock held. */
static int coroutine_fn learn_sizes(BlockDriverState *bs)
{
    PreallocState *s = bs->opaque;
    int64_t len;

    if (s->data_end >= 0) {
        return 0;
    }
    len = bdrv_co_getlength(bs->file->bs);
    if (len < 0) {
        return len;
    }
    s->file_end = len;
    qatomic_set(&s->data_end, len);
    return 0;
}

/* Before a write up to @end. What cannot be preallocated is written all the same. */
static int coroutine_fn prepare_write(BlockDriverState *bs, int64_t end)
{
    PreallocState *s = bs->opaque;
    int ret;

    if (end <= qatomic_read(&s->data_end)) {
        return 0;
    }
    qemu_co_mutex_lock(&s->lock);
    ret = learn_sizes(bs);
    if (ret >= 0 && end > s->file_end && end < BDRV_MAX_LENGTH - s->size - s->align) {
        int64_t want = QEMU_ALIGN_UP(end + s->size, s->align);

        if (bdrv_co_truncate(bs->file, want, false, PREALLOC_MODE_FALLOC, 0, NULL) >= 0) {
            s->file_end = want;
        }
    }
    if (ret >= 0) {
        s->file_end = MAX(s->file_end, end);
        if (end > s->data_end) {
            qatomic_set(&s->data_end, end);
        }
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn prealloc_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                           QEMUIOVector *qiov, size_t qiov_offset,
                                           BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn prealloc_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                            QEMUIOVector *qiov, size_t qiov_offset,
                                            BdrvRequestFlags flags)
{
    int ret = prepare_write(bs, offset + bytes);

    return ret < 0 ? ret : bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn prealloc_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, BdrvRequestFlags flags)
{
    int ret = prepare_write(bs, offset + bytes);

    return ret < 0 ? ret : bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn prealloc_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    return bdrv_co_pdiscard(bs->file, offset, bytes);
}

/* Into what is allocated already, or by the file. What is cut off is zero when it comes back. */
static int coroutine_fn prealloc_co_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                             PreallocMode prealloc, unsigned flags, Error **errp)
{
    PreallocState *s = bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = learn_sizes(bs);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "failed to get the size of the file");
    } else if (offset < s->data_end || offset > s->file_end || prealloc != PREALLOC_MODE_OFF) {
        if (s->file_end > s->data_end && prealloc != PREALLOC_MODE_OFF) {
            ret = bdrv_co_truncate(bs->file, s->data_end, true, PREALLOC_MODE_OFF, 0, errp);
            s->file_end = ret >= 0 ? s->data_end : s->file_end;
        }
        if (ret >= 0) {
            ret = bdrv_co_truncate(bs->file, offset, exact, prealloc, flags, errp);
        }
        if (ret >= 0) {
            s->file_end = offset;
            qatomic_set(&s->data_end, offset);
        }
    } else {
        qatomic_set(&s->data_end, offset);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static BlockDriver bdrv_preallocate = {
    .format_name = "preallocate",
    .instance_size = sizeof(PreallocState),
    .is_filter = true,
    .bdrv_open = prealloc_open,
    .bdrv_close = prealloc_close,
    .bdrv_inactivate = prealloc_inactivate,
    .bdrv_reopen_prepare = prealloc_reopen_prepare,
    .bdrv_reopen_commit = prealloc_reopen_commit,
    .bdrv_reopen_abort = prealloc_reopen_abort,
    .bdrv_child_perm = prealloc_child_perm,
    .bdrv_co_getlength = prealloc_co_getlength,
    .bdrv_co_preadv_part = prealloc_co_preadv,
    .bdrv_co_pwritev_part = prealloc_co_pwritev,
    .bdrv_co_pwrite_zeroes = prealloc_co_pwrite_zeroes,
    .bdrv_co_pdiscard = prealloc_co_pdiscard,
    .bdrv_co_truncate = prealloc_co_truncate,
};

static void bdrv_preallocate_init(void)
{
    bdrv_register(&bdrv_preallocate);
}

block_init(bdrv_preallocate_init);
