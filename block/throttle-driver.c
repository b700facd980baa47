/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The filter "throttle": requests wait for the limits of a group. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/throttle.h"
#include "qemu/module.h"

typedef struct ThrottleState {
    ThrottleMember *member; /* changed while drained */
} ThrottleState;

typedef struct ThrottleOptions {
    char *group;
} ThrottleOptions;

static const BdrvOpt throttle_opts[] = {
    {"throttle-group", BDRV_OPT_STR, offsetof(ThrottleOptions, group)},
    {NULL},
};

/* g_free() the result. */
static char *take_group(QDict *options, Error **errp)
{
    ThrottleOptions o = {0};

    if (!bdrv_parse_options(&o, throttle_opts, options, errp)) {
        return NULL;
    }
    if (!o.group) {
        error_setg(errp, "Please specify a throttle group");
    } else if (!throttle_group_exists(o.group)) {
        error_setg(errp, "Throttle group '%s' does not exist", o.group);
        g_free(o.group);
        o.group = NULL;
    }
    return o.group;
}

static bool throttle_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    ThrottleState *s = bs->opaque;
    g_autofree char *group = take_group(options, errp);

    if (!group) {
        return false;
    }
    /* Before there is a child, which may be drained when it comes. */
    s->member = throttle_member_new(group);
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp)) {
        throttle_member_free(s->member);
        return false;
    }
    bs->supported_write_flags = bs->file->bs->supported_write_flags | BDRV_REQ_WRITE_UNCHANGED;
    bs->supported_zero_flags = bs->file->bs->supported_zero_flags | BDRV_REQ_WRITE_UNCHANGED;
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags;
    return true;
}

static void throttle_close(BlockDriverState *bs)
{
    ThrottleState *s = bs->opaque;

    throttle_member_free(s->member);
}

static int64_t coroutine_fn throttle_co_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

static void coroutine_fn wait_for(BlockDriverState *bs, bool is_write, int64_t bytes)
{
    ThrottleState *s = bs->opaque;

    throttle_wait(s->member, is_write, bytes);
}

static int coroutine_fn throttle_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                           QEMUIOVector *qiov, size_t qiov_offset,
                                           BdrvRequestFlags flags)
{
    wait_for(bs, false, bytes);
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn throttle_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                            QEMUIOVector *qiov, size_t qiov_offset,
                                            BdrvRequestFlags flags)
{
    wait_for(bs, true, bytes);
    return bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn throttle_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, BdrvRequestFlags flags)
{
    wait_for(bs, true, bytes);
    return bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn throttle_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    wait_for(bs, true, bytes);
    return bdrv_co_pdiscard(bs->file, offset, bytes);
}

static int coroutine_fn throttle_co_pwritev_compressed(BlockDriverState *bs, int64_t offset,
                                                       int64_t bytes, QEMUIOVector *qiov,
                                                       size_t qiov_offset)
{
    return throttle_co_pwritev(bs, offset, bytes, qiov, qiov_offset, BDRV_REQ_WRITE_COMPRESSED);
}

/* ---- reopening, draining ---- */

static bool throttle_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    state->opaque = take_group(state->options, errp);
    return state->opaque;
}

static void throttle_reopen_commit(BDRVReopenState *state)
{
    ThrottleState *s = state->bs->opaque;
    g_autofree char *group = state->opaque;

    if (strcmp(group, throttle_group_name(throttle_member_group(s->member)))) {
        ThrottleMember *old = s->member;

        s->member = throttle_member_new(group);
        /* In a drained section: it ends for the new one, too. */
        throttle_member_disable(s->member);
        throttle_member_free(old);
    }
}

static void throttle_reopen_abort(BDRVReopenState *state)
{
    g_free(state->opaque);
}

static void throttle_drain_begin(BlockDriverState *bs)
{
    ThrottleState *s = bs->opaque;

    throttle_member_disable(s->member);
}

static void throttle_drain_end(BlockDriverState *bs)
{
    ThrottleState *s = bs->opaque;

    throttle_member_enable(s->member);
}

static const char *const throttle_strong_opts[] = {"throttle-group", NULL};

static BlockDriver bdrv_throttle = {
    .format_name = "throttle",
    .instance_size = sizeof(ThrottleState),
    .is_filter = true,
    .bdrv_open = throttle_open,
    .bdrv_close = throttle_close,
    .bdrv_reopen_prepare = throttle_reopen_prepare,
    .bdrv_reopen_commit = throttle_reopen_commit,
    .bdrv_reopen_abort = throttle_reopen_abort,
    .bdrv_drain_begin = throttle_drain_begin,
    .bdrv_drain_end = throttle_drain_end,
    .bdrv_co_getlength = throttle_co_getlength,
    .bdrv_co_preadv_part = throttle_co_preadv,
    .bdrv_co_pwritev_part = throttle_co_pwritev,
    .bdrv_co_pwrite_zeroes = throttle_co_pwrite_zeroes,
    .bdrv_co_pdiscard = throttle_co_pdiscard,
    .bdrv_co_pwritev_compressed_part = throttle_co_pwritev_compressed,
    .strong_runtime_opts = throttle_strong_opts,
};

static void bdrv_throttle_init(void)
{
    bdrv_register(&bdrv_throttle);
}

block_init(bdrv_throttle_init);
