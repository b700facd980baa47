/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The format "raw": a file's bytes are the disk's, or a part of the file given by offset and size.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "io-internal.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"

typedef struct RawFormat {
    uint64_t offset;
    uint64_t size;
    bool has_size;
} RawFormat;

typedef struct RawOptions {
    uint64_t offset;
    uint64_t size;
} RawOptions;

static const BdrvOpt raw_opts[] = {
    {"offset", BDRV_OPT_SIZE, offsetof(RawOptions, offset)},
    {"size", BDRV_OPT_SIZE, offsetof(RawOptions, size)},
    {NULL},
};

static const RawOptions default_options = {.size = UINT64_MAX};

/* What @o says, for the file that is there now. */
static bool apply_options(BlockDriverState *bs, RawFormat *s, const RawOptions *o, Error **errp)
{
    int64_t length = bdrv_getlength(bs->file->bs);

    if (length < 0) {
        error_setg_errno(errp, -length, "Could not get image size");
        return false;
    }
    if (o->offset > length) {
        error_setg(errp,
                   "Offset (%" PRIu64 ") cannot be greater than size of the containing file "
                   "(%" PRId64 ")",
                   o->offset, length);
        return false;
    }
    if (o->size != UINT64_MAX && o->size % BDRV_SECTOR_SIZE) {
        error_setg(errp, "Parameter 'size' must be a multiple of %llu, not %" PRIu64,
                   BDRV_SECTOR_SIZE, o->size);
        return false;
    }
    if (o->size != UINT64_MAX && length - o->offset < o->size) {
        error_setg(errp,
                   "The sum of offset (%" PRIu64 ") and size (%" PRIu64 ") has to be smaller "
                   "or equal to the actual size of the containing file (%" PRId64 ")",
                   o->offset, o->size, length);
        return false;
    }
    if ((o->offset || o->size != UINT64_MAX) && bs->file->bs->bl.zones.size) {
        error_setg(errp, "offset and size: '%s' is a zoned device, which is had as a whole only",
                   bs->file->bs->filename);
        return false;
    }
    s->has_size = o->size != UINT64_MAX;
    s->offset = o->offset;
    s->size = s->has_size ? o->size : 0;
    return true;
}

static void be_as_file(BlockDriverState *bs)
{
    bs->sg = bdrv_is_sg(bs->file->bs);
    bdrv_pass_request_flags(bs);
    bs->supported_truncate_flags = bs->file->bs->supported_truncate_flags;
}

static bool raw_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    RawFormat *s = bs->opaque;
    RawOptions o = default_options;

    if (!bdrv_open_file_child(NULL, options, "file", bs, errp) ||
        !bdrv_parse_options(&o, raw_opts, options, errp) || !apply_options(bs, s, &o, errp)) {
        return false;
    }
    be_as_file(bs);
    if (bs->probed && !bdrv_is_read_only(bs)) {
        warn_report("Image format was not specified for '%s' and probing guessed raw: writes to "
                    "block 0 will be restricted; format=raw says it and allows them",
                    bs->file->bs->filename);
    }
    return true;
}

/*
 * There are no tables here: of the file is needed what is needed of the disk, so nothing while
 * nobody uses it. The whole file may also have the size that the disk may have; a part of one has
 * its place as long as the file is not resized by others.
 */
static void raw_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role,
                           uint64_t parent_perm, uint64_t parent_shared, uint64_t *nperm,
                           uint64_t *nshared)
{
    RawFormat *s = bs->opaque;

    role = s->offset || s->has_size ? BDRV_CHILD_DATA : BDRV_CHILD_FILTERED;
    bdrv_default_perms(bs, c, role, parent_perm, parent_shared, nperm, nshared);
}

/* Where in the file, and whether it is inside the part that we show. */
static int adjust(RawFormat *s, int64_t *offset, int64_t bytes, bool write)
{
    if (s->has_size && (*offset > s->size || bytes > s->size - *offset)) {
        return write ? -ENOSPC : -EINVAL;
    }
    if (*offset > BDRV_MAX_LENGTH - (int64_t)s->offset) {
        return -EINVAL;
    }
    *offset += s->offset;
    return 0;
}

static int coroutine_fn raw_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    int ret = adjust(bs->opaque, &offset, bytes, false);

    bdrv_co_debug_event(bs->file->bs, BLKDBG_READ_AIO);
    return ret ? ret : bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

/* A guest must not be able to turn a disk that was taken for raw into another format. */
static int coroutine_fn check_first_block(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          QEMUIOVector *qiov, size_t qiov_offset)
{
    QEMU_AUTO_VFREE uint8_t *buf = NULL;

    if (!bs->probed || offset >= BLOCK_PROBE_BYTES || !bytes) {
        return 0;
    }
    buf = qemu_try_blockalign0(bs, BLOCK_PROBE_BYTES);
    if (!buf) {
        return -ENOMEM;
    }
    if (offset || bytes < BLOCK_PROBE_BYTES) {
        int ret = bdrv_co_pread(bs->file, 0, MIN(BLOCK_PROBE_BYTES, bs->total_bytes), buf, 0);

        if (ret < 0) {
            return ret;
        }
    }
    qemu_iovec_to_buf(qiov, qiov_offset, buf + offset, MIN(bytes, BLOCK_PROBE_BYTES - offset));
    return bdrv_probe_all(buf, BLOCK_PROBE_BYTES, NULL) == bs->drv &&
                   !bdrv_foreign_format(buf, BLOCK_PROBE_BYTES, NULL, NULL)
               ? 0
               : -EPERM;
}

static int coroutine_fn raw_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    int ret = check_first_block(bs, offset, bytes, qiov, qiov_offset);

    if (ret == 0) {
        ret = adjust(bs->opaque, &offset, bytes, true);
    }
    bdrv_co_debug_event(bs->file->bs, BLKDBG_WRITE_AIO);
    return ret ? ret : bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn raw_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                             BdrvRequestFlags flags)
{
    int ret = adjust(bs->opaque, &offset, bytes, true);

    return ret ? ret : bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);
}

static int coroutine_fn raw_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    int ret = adjust(bs->opaque, &offset, bytes, true);

    return ret ? ret : bdrv_co_pdiscard(bs->file, offset, bytes);
}

static int coroutine_fn raw_co_copy_range_from(BlockDriverState *bs, BdrvChild *src, int64_t offset,
                                               BdrvChild *dst, int64_t dst_offset, int64_t bytes,
                                               BdrvRequestFlags read_flags,
                                               BdrvRequestFlags write_flags)
{
    int ret = adjust(bs->opaque, &offset, bytes, false);

    return ret ? ret
               : bdrv_co_copy_range_from(bs->file, offset, dst, dst_offset, bytes, read_flags,
                                         write_flags);
}

static int coroutine_fn raw_co_copy_range_to(BlockDriverState *bs, BdrvChild *src,
                                             int64_t src_offset, BdrvChild *dst, int64_t dst_offset,
                                             int64_t bytes, BdrvRequestFlags read_flags,
                                             BdrvRequestFlags write_flags)
{
    int ret = bs->probed && dst_offset < BLOCK_PROBE_BYTES
                  ? -ENOTSUP
                  : adjust(bs->opaque, &dst_offset, bytes, true);

    return ret ? ret
               : bdrv_co_copy_range_to(src, src_offset, bs->file, dst_offset, bytes, read_flags,
                                       write_flags);
}

static int coroutine_fn raw_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                            int64_t bytes, int64_t *pnum, int64_t *map,
                                            BlockDriverState **file)
{
    RawFormat *s = bs->opaque;

    *pnum = bytes;
    *file = bs->file->bs;
    *map = offset + s->offset;
    return BDRV_BLOCK_RAW | BDRV_BLOCK_OFFSET_VALID;
}

static int64_t coroutine_fn raw_co_getlength(BlockDriverState *bs)
{
    RawFormat *s = bs->opaque;
    int64_t len = bdrv_co_getlength(bs->file->bs);

    if (len < 0) {
        return len;
    }
    if (len < (int64_t)s->offset) {
        return 0;
    }
    len -= s->offset;
    return s->has_size ? MIN(len, (int64_t)s->size) : len;
}

static int coroutine_fn raw_co_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                        PreallocMode prealloc, unsigned flags, Error **errp)
{
    RawFormat *s = bs->opaque;

    if (s->has_size) {
        error_setg(errp, "Cannot resize fixed-size raw disks");
        return -ENOTSUP;
    }
    if (INT64_MAX - offset < s->offset) {
        error_setg(errp, "Disk size too large for the chosen offset");
        return -EINVAL;
    }
    return bdrv_co_truncate(bs->file, offset + s->offset, exact, prealloc, flags, errp);
}

static int coroutine_fn raw_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi)
{
    return bdrv_co_get_info(bs->file->bs, bdi);
}

static int coroutine_fn raw_co_ioctl(BlockDriverState *bs, int req, void *buf)
{
    RawFormat *s = bs->opaque;

    return s->offset || s->has_size ? -ENOTSUP : bdrv_co_ioctl(bs->file->bs, req, buf);
}

static int coroutine_fn raw_co_zone_report(BlockDriverState *bs, int64_t offset, unsigned *nr,
                                           BlockZone *zones)
{
    return bdrv_co_zone_report(bs->file->bs, offset, nr, zones);
}

static int coroutine_fn raw_co_zone_manage(BlockDriverState *bs, BlockZoneOp op, int64_t offset,
                                           int64_t bytes)
{
    return bdrv_co_zone_manage(bs->file, op, offset, bytes);
}

static int coroutine_fn raw_co_zone_append(BlockDriverState *bs, int64_t *offset,
                                           QEMUIOVector *qiov)
{
    int ret = check_first_block(bs, *offset, qiov->size, qiov, 0);

    return ret < 0 ? ret : bdrv_co_zone_append(bs->file, offset, qiov);
}

static void raw_refresh_limits(BlockDriverState *bs, Error **errp)
{
    bs->bl.has_variable_length = bs->file->bs->bl.has_variable_length;
    bs->bl.zones = bs->file->bs->bl.zones;
    if (bs->probed) {
        /* Whole sectors, to look at the first block. */
        bs->bl.request_alignment = MAX(bs->bl.request_alignment, BDRV_SECTOR_SIZE);
    }
}

static int raw_probe(const uint8_t *buf, int buf_size, const char *filename)
{
    /* Anything may be raw; every other format is surer. */
    return 1;
}

static int raw_has_zero_init(BlockDriverState *bs)
{
    return bdrv_has_zero_init(bs->file->bs);
}

static bool raw_probe_blocksizes(BlockDriverState *bs, BlockSizes *bsz)
{
    RawFormat *s = bs->opaque;

    if (!bdrv_probe_blocksizes(bs->file->bs, bsz)) {
        return false;
    }
    return QEMU_IS_ALIGNED(s->offset, MAX(bsz->log, bsz->phys));
}

static bool raw_probe_geometry(BlockDriverState *bs, HDGeometry *geo)
{
    RawFormat *s = bs->opaque;

    return !s->offset && !s->has_size && bdrv_probe_geometry(bs->file->bs, geo);
}

static bool raw_create(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    return bdrv_create_file(filename, opts, made, errp);
}

static BlockMeasureInfo *raw_measure(QDict *opts, BlockDriverState *in_bs, Error **errp)
{
    return bdrv_find_format("file")->bdrv_measure(opts, in_bs, errp);
}

typedef struct RawReopen {
    RawOptions o;
    RawFormat s;
} RawReopen;

static bool raw_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    g_autofree RawReopen *r = g_new0(RawReopen, 1);

    r->o = default_options;
    if (!bdrv_parse_options(&r->o, raw_opts, state->options, errp)) {
        return false;
    }
    state->opaque = g_steal_pointer(&r);
    return true;
}

static bool raw_reopen_load(BDRVReopenState *state, Error **errp)
{
    RawReopen *r = state->opaque;

    return apply_options(state->bs, &r->s, &r->o, errp);
}

static void raw_reopen_commit(BDRVReopenState *state)
{
    RawReopen *r = state->opaque;

    *(RawFormat *)state->bs->opaque = r->s;
    be_as_file(state->bs);
    g_free(r);
}

static void raw_reopen_abort(BDRVReopenState *state)
{
    g_free(state->opaque);
}

static bool raw_get_place(BlockDriverState *bs, BdrvPlace *place)
{
    RawFormat *s = bs->opaque;

    if (!bdrv_get_place(bs->file->bs, place)) {
        return false;
    }
    place->offset += s->offset;
    return true;
}

static const char *const raw_strong_opts[] = {"offset", "size", NULL};

static BlockDriver bdrv_raw = {
    .format_name = "raw",
    .instance_size = sizeof(RawFormat),
    .is_format = true,
    .snapshots_of_file = true,
    .bdrv_probe = raw_probe,
    .bdrv_open = raw_open,
    .bdrv_child_perm = raw_child_perm,
    .bdrv_get_place = raw_get_place,
    .bdrv_reopen_prepare = raw_reopen_prepare,
    .bdrv_reopen_load = raw_reopen_load,
    .bdrv_reopen_commit = raw_reopen_commit,
    .bdrv_reopen_abort = raw_reopen_abort,
    .bdrv_create = raw_create,
    .bdrv_measure = raw_measure,
    .bdrv_refresh_limits = raw_refresh_limits,
    .bdrv_co_preadv_part = raw_co_preadv,
    .bdrv_co_pwritev_part = raw_co_pwritev,
    .bdrv_co_pwrite_zeroes = raw_co_pwrite_zeroes,
    .bdrv_co_pdiscard = raw_co_pdiscard,
    .bdrv_co_copy_range_from = raw_co_copy_range_from,
    .bdrv_co_copy_range_to = raw_co_copy_range_to,
    .bdrv_co_block_status = raw_co_block_status,
    .bdrv_co_truncate = raw_co_truncate,
    .bdrv_co_getlength = raw_co_getlength,
    .bdrv_co_get_info = raw_co_get_info,
    .bdrv_co_ioctl = raw_co_ioctl,
    .keeps_zones = true,
    .bdrv_co_zone_report = raw_co_zone_report,
    .bdrv_co_zone_manage = raw_co_zone_manage,
    .bdrv_co_zone_append = raw_co_zone_append,
    .bdrv_has_zero_init = raw_has_zero_init,
    .bdrv_probe_blocksizes = raw_probe_blocksizes,
    .bdrv_probe_geometry = raw_probe_geometry,
    .strong_runtime_opts = raw_strong_opts,
};

static void bdrv_raw_init(void)
{
    bdrv_raw.create_opts = bdrv_find_format("file")->create_opts;
    bdrv_register(&bdrv_raw);
}

block_init(bdrv_raw_init);
