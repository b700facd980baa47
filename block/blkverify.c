/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter "blkverify": requests go to two images, one in the format under test and a raw one.
 * What is read must be the same, or the read fails and says where.
 */
#include "qemu/osdep.h"
#include "fan-out.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/module.h"

typedef struct VerifyState {
    BdrvChild *test; /* bs->file is the raw image */
} VerifyState;

/* "blkverify:RAW:TEST" */
static void verify_parse_filename(const char *filename, QDict *options, Error **errp)
{
    const char *rest, *test;
    g_autofree char *raw = NULL;

    if (!strstart(filename, "blkverify:", &rest)) {
        qdict_put_str(options, "x-image", filename);
        return;
    }
    test = strchr(rest, ':');
    if (!test) {
        error_setg(errp,
                   "blkverify requires raw copy and original image path: "
                   "'blkverify:RAW:IMAGE', not '%s'",
                   filename);
        return;
    }
    raw = g_strndup(rest, test - rest);
    qdict_put_str(options, "x-raw", raw);
    qdict_put_str(options, "x-image", test + 1);
}

static bool verify_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    VerifyState *s = bs->opaque;
    g_autofree char *raw = g_strdup(qdict_get_try_str(options, "x-raw"));
    g_autofree char *image = g_strdup(qdict_get_try_str(options, "x-image"));

    qdict_del(options, "x-raw");
    qdict_del(options, "x-image");
    if (!bdrv_open_child(raw, options, "raw", bs, BDRV_CHILD_FILTERED | BDRV_CHILD_PRIMARY, false,
                         errp)) {
        return false;
    }
    s->test = bdrv_open_child(image, options, "test", bs, BDRV_CHILD_DATA, false, errp);
    if (!s->test) {
        return false;
    }
    bs->supported_write_flags = BDRV_REQ_WRITE_UNCHANGED;
    bs->supported_zero_flags = BDRV_REQ_WRITE_UNCHANGED;
    return true;
}

static int64_t coroutine_fn verify_co_getlength(BlockDriverState *bs)
{
    VerifyState *s = bs->opaque;

    return bdrv_co_getlength(s->test->bs);
}

/* The raw image is the first part, the one under test the second. */
static int coroutine_fn run_both(BdrvFanOutType type, int64_t offset, int64_t bytes,
                                 BdrvFanOutPart parts[2], BdrvRequestFlags flags)
{
    BdrvFanOut f = {type, offset, bytes, flags, parts, 2};
    int raw, test;

    bdrv_co_fan_out(&f);
    raw = parts[0].ret;
    test = parts[1].ret;
    if (raw != test) {
        error_report("blkverify: %s offset=%" PRId64 " bytes=%" PRId64
                     ": return value mismatch %d != %d",
                     type == BDRV_FAN_OUT_READ ? "read" : "write", offset, bytes, raw, test);
        return MIN(MIN(raw, test), -EIO);
    }
    return test;
}

static int coroutine_fn compare(QEMUIOVector *a, size_t a_offset, const uint8_t *b, int64_t offset,
                                int64_t bytes)
{
    g_autofree uint8_t *buf = g_malloc(bytes);

    qemu_iovec_to_buf(a, a_offset, buf, bytes);
    for (int64_t i = 0; i < bytes; i++) {
        if (buf[i] != b[i]) {
            error_report("blkverify: read offset=%" PRId64 " bytes=%" PRId64
                         ": contents mismatch at offset %" PRId64,
                         offset, bytes, offset + i);
            return -EIO;
        }
    }
    return 0;
}

static int coroutine_fn verify_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                         QEMUIOVector *qiov, size_t qiov_offset,
                                         BdrvRequestFlags flags)
{
    VerifyState *s = bs->opaque;
    QEMU_AUTO_VFREE uint8_t *buf = qemu_try_blockalign(bs->file->bs, bytes);
    QEMUIOVector local;
    BdrvFanOutPart parts[] = {{bs->file, &local}, {s->test, qiov, qiov_offset}};
    int ret;

    if (!buf) {
        return -ENOMEM;
    }
    qemu_iovec_init_buf(&local, buf, bytes);
    ret = run_both(BDRV_FAN_OUT_READ, offset, bytes, parts, flags);
    return ret < 0 ? ret : compare(qiov, qiov_offset, buf, offset, bytes);
}

static int coroutine_fn verify_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                          QEMUIOVector *qiov, size_t qiov_offset,
                                          BdrvRequestFlags flags)
{
    VerifyState *s = bs->opaque;
    BdrvFanOutPart parts[] = {{bs->file, qiov, qiov_offset}, {s->test, qiov, qiov_offset}};

    return run_both(BDRV_FAN_OUT_WRITE, offset, bytes, parts, flags);
}

static int coroutine_fn verify_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                                BdrvRequestFlags flags)
{
    VerifyState *s = bs->opaque;
    BdrvFanOutPart parts[] = {{bs->file}, {s->test}};

    return run_both(BDRV_FAN_OUT_ZEROES, offset, bytes, parts, flags);
}

static int coroutine_fn verify_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                               int64_t bytes, int64_t *pnum, int64_t *map,
                                               BlockDriverState **file)
{
    VerifyState *s = bs->opaque;

    *pnum = bytes;
    *map = offset;
    *file = s->test->bs;
    return BDRV_BLOCK_RAW | BDRV_BLOCK_OFFSET_VALID;
}

static void verify_refresh_filename(BlockDriverState *bs)
{
    VerifyState *s = bs->opaque;
    const char *raw = bs->file->bs->exact_filename, *test = s->test->bs->exact_filename;

    if (raw[0] && test[0]) {
        int n =
            snprintf(bs->exact_filename, sizeof(bs->exact_filename), "blkverify:%s:%s", raw, test);

        if (n >= (int)sizeof(bs->exact_filename)) {
            bs->exact_filename[0] = 0;
        }
    }
}

static BlockDriver bdrv_blkverify = {
    .format_name = "blkverify",
    .protocol_name = "blkverify",
    .instance_size = sizeof(VerifyState),
    .is_filter = true,
    .bdrv_parse_filename = verify_parse_filename,
    .bdrv_open = verify_open,
    .bdrv_refresh_filename = verify_refresh_filename,
    .bdrv_co_getlength = verify_co_getlength,
    .bdrv_co_preadv_part = verify_co_preadv,
    .bdrv_co_pwritev_part = verify_co_pwritev,
    .bdrv_co_pwrite_zeroes = verify_co_pwrite_zeroes,
    .bdrv_co_block_status = verify_co_block_status,
};

static void bdrv_blkverify_init(void)
{
    bdrv_register(&bdrv_blkverify);
}

block_init(bdrv_blkverify_init);
