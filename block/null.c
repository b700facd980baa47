/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "null-co" and "null-aio": writes vanish, reads take no time; for measuring what is above. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qemu/cutils.h"
#include "qemu/module.h"

typedef struct NullState {
    uint64_t size;
    uint64_t latency_ns;
    bool read_zeroes;
    bool through_loop; /* null-aio: completion comes from the event loop */
} NullState;

static const BdrvOpt null_opts[] = {
    {"size", BDRV_OPT_SIZE, offsetof(NullState, size)},
    {"latency-ns", BDRV_OPT_NUM, offsetof(NullState, latency_ns)},
    {"read-zeroes", BDRV_OPT_BOOL, offsetof(NullState, read_zeroes)},
    {NULL},
};

static bool null_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    NullState *s = bs->opaque;

    s->size = 1 * GiB;
    qdict_del(options, "filename");
    if (!bdrv_parse_options(s, null_opts, options, errp)) {
        return false;
    }
    if (s->size > BDRV_MAX_LENGTH || s->latency_ns > INT64_MAX) {
        error_setg(errp, "size or latency-ns is too large");
        return false;
    }
    bs->supported_write_flags = BDRV_REQ_FUA | BDRV_REQ_WRITE_UNCHANGED;
    bs->supported_zero_flags = BDRV_REQ_FUA | BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK;
    return true;
}

static bool null_aio_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    NullState *s = bs->opaque;

    s->through_loop = true;
    return null_open(bs, options, flags, errp);
}

static void null_parse_filename(const char *filename, QDict *options, Error **errp)
{
    const char *rest = strchr(filename, ':'), *name = qdict_get_try_str(options, "driver");
    g_autofree char *prefix = g_strndup(filename, rest ? rest - filename : 0);

    if (!rest || strcmp(rest, "://")) {
        error_setg(errp, "The only allowed filename for this driver is '%s://', not '%s'",
                   name ? name : prefix, filename);
    }
}

static int coroutine_fn null_wait(NullState *s)
{
    if (unlikely(s->latency_ns)) {
        qemu_co_sleep_ns(QEMU_CLOCK_REALTIME, s->latency_ns);
    } else if (s->through_loop) {
        aio_co_schedule(qemu_get_current_aio_context(), qemu_coroutine_self());
        qemu_coroutine_yield();
    }
    return 0;
}

static int coroutine_fn null_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    NullState *s = bs->opaque;

    if (s->read_zeroes) {
        qemu_iovec_memset(qiov, qiov_offset, 0, bytes);
    }
    return null_wait(s);
}

static int coroutine_fn null_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                        QEMUIOVector *qiov, size_t qiov_offset,
                                        BdrvRequestFlags flags)
{
    return null_wait(bs->opaque);
}

static int coroutine_fn null_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                              BdrvRequestFlags flags)
{
    return null_wait(bs->opaque);
}

static int coroutine_fn null_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    return null_wait(bs->opaque);
}

static int coroutine_fn null_co_flush(BlockDriverState *bs)
{
    return null_wait(bs->opaque);
}

static int64_t coroutine_fn null_co_getlength(BlockDriverState *bs)
{
    NullState *s = bs->opaque;

    return s->size;
}

static int64_t coroutine_fn null_co_allocated(BlockDriverState *bs)
{
    return 0;
}

static int coroutine_fn null_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                             int64_t bytes, int64_t *pnum, int64_t *map,
                                             BlockDriverState **file)
{
    NullState *s = bs->opaque;

    *pnum = bytes;
    *map = offset;
    *file = bs;
    return BDRV_BLOCK_OFFSET_VALID | (s->read_zeroes ? BDRV_BLOCK_ZERO : BDRV_BLOCK_DATA);
}

static bool null_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    NullState dummy = {0};

    return bdrv_parse_options(&dummy, null_opts, state->options, errp);
}

static void null_refresh_filename(BlockDriverState *bs)
{
    if (qdict_size(bs->full_open_options) == 1) {
        snprintf(bs->exact_filename, sizeof(bs->exact_filename), "%s://", bs->drv->format_name);
    }
}

static const char *const null_strong_opts[] = {"size", "read-zeroes", NULL};

#define NULL_COMMON                                                                                \
    .instance_size = sizeof(NullState), .no_primary_child = true,                                  \
    .bdrv_parse_filename = null_parse_filename, .bdrv_reopen_prepare = null_reopen_prepare,        \
    .bdrv_co_preadv_part = null_co_preadv, .bdrv_co_pwritev_part = null_co_pwritev,                \
    .bdrv_co_pwrite_zeroes = null_co_pwrite_zeroes, .bdrv_co_pdiscard = null_co_pdiscard,          \
    .bdrv_co_flush_to_disk = null_co_flush, .bdrv_co_getlength = null_co_getlength,                \
    .bdrv_co_get_allocated_file_size = null_co_allocated,                                          \
    .bdrv_co_block_status = null_co_block_status, .bdrv_refresh_filename = null_refresh_filename,  \
    .strong_runtime_opts = null_strong_opts

static BlockDriver bdrv_null_co = {
    .format_name = "null-co",
    .protocol_name = "null-co",
    .bdrv_open = null_open,
    NULL_COMMON,
};

static BlockDriver bdrv_null_aio = {
    .format_name = "null-aio",
    .protocol_name = "null-aio",
    .bdrv_open = null_aio_open,
    NULL_COMMON,
};

static void bdrv_null_init(void)
{
    bdrv_register(&bdrv_null_co);
    bdrv_register(&bdrv_null_aio);
}

block_init(bdrv_null_init);
