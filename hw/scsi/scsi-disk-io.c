/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCSI disks: commands that move data to and from the medium, verify, flush, unmap (SBC-3, 5).
 * Reads and writes go from the adapter's buffers as they are; what takes several steps is a
 * coroutine.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/coroutine.h"
#include "qemu/units.h"
#include "scsi-disk-internal.h"

#define CHUNK (512 * KiB)

uint64_t scsi_disk_blocks(SCSIDiskState *s)
{
    int64_t length = blk_getlength(s->qdev.conf.blk);

    return length < 0 ? 0 : length / s->qdev.blocksize;
}

bool scsi_disk_in_range(SCSIDiskState *s, uint64_t lba, uint64_t count)
{
    uint64_t blocks = scsi_disk_blocks(s);

    return lba <= blocks && count <= blocks - lba;
}

/* ---- errors ---- */

static SCSISense sense_of(int error)
{
    switch (error) {
    case ENOMEDIUM:
        return SENSE_CODE(NO_MEDIUM);
    case ENOMEM:
        return SENSE_CODE(TARGET_FAILURE);
    case EINVAL:
        return SENSE_CODE(INVALID_FIELD);
    case ENOSPC:
        return SENSE_CODE(SPACE_ALLOC_FAILED);
    default:
        return SENSE_CODE(IO_ERROR);
    }
}

void scsi_disk_error(SCSIDiskReq *r, int ret, bool is_read)
{
    BlockBackend *blk = scsi_disk_blk(r);
    BlockErrorAction action;

    if (qatomic_read(&r->req.cancelled)) {
        scsi_req_cancel_complete(&r->req);
        return;
    }
    if (ret == -ENOMEDIUM) {
        scsi_disk_fail(r, SENSE_CODE(NO_MEDIUM));
        return;
    }
    action = blk_get_error_action(blk, is_read, -ret);
    if (action == BLOCK_ERROR_ACTION_STOP) {
        /* Before the machine is asked to stop, which waits for those that are not kept. */
        scsi_req_keep(&r->req);
    }
    blk_error_action(blk, action, is_read, -ret);
    if (action == BLOCK_ERROR_ACTION_REPORT) {
        scsi_disk_fail(r, sense_of(-ret));
    } else if (action == BLOCK_ERROR_ACTION_IGNORE) {
        scsi_req_complete(&r->req, GOOD);
    }
}

/* ---- read and write ---- */

/* The first @bytes of the adapter's buffers. */
static bool take_buffers(SCSIDiskReq *r, size_t bytes)
{
    if (!r->req.data || r->req.data->size < bytes) {
        return false;
    }
    if (r->has_qiov) {
        qemu_iovec_reset(&r->qiov);
    } else {
        qemu_iovec_init(&r->qiov, r->req.data->niov);
        r->has_qiov = true;
    }
    qemu_iovec_concat(&r->qiov, r->req.data, 0, bytes);
    return true;
}

static bool is_read(const SCSIDiskReq *r)
{
    return r->req.cmd.mode == SCSI_XFER_FROM_DEV;
}

static void rw_done(void *opaque, int ret)
{
    SCSIDiskReq *r = opaque;
    BlockAcctStats *stats = blk_get_stats(scsi_disk_blk(r));

    r->req.aiocb = NULL;
    if (ret < 0) {
        block_acct_failed(stats, &r->req.acct);
        scsi_disk_error(r, ret, is_read(r));
        return;
    }
    block_acct_done(stats, &r->req.acct);
    if (qatomic_read(&r->req.cancelled)) {
        scsi_req_cancel_complete(&r->req);
        return;
    }
    r->req.transferred = r->qiov.size;
    scsi_req_complete(&r->req, GOOD);
}

static void start_read(void *opaque, int ret)
{
    SCSIDiskReq *r = opaque;
    uint64_t offset = r->req.cmd.lba * r->req.dev->blocksize;

    if (ret < 0) {
        rw_done(r, ret);
        return;
    }
    r->req.aiocb = blk_aio_preadv(scsi_disk_blk(r), offset, &r->qiov, 0, rw_done, r);
}

static bool fua(const SCSIDiskReq *r)
{
    /* The six byte commands have no such bit. */
    return r->req.cmd.len > 6 && r->req.cmd.buf[1] & 0x08;
}

void scsi_disk_read_write(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    BlockBackend *blk = scsi_disk_blk(r);
    SCSICommand *cmd = &r->req.cmd;
    uint32_t blocksize = s->qdev.blocksize;
    bool verify = cmd->buf[0] == WRITE_VERIFY_10 || cmd->buf[0] == WRITE_VERIFY_12 ||
                  cmd->buf[0] == WRITE_VERIFY_16;

    if (cmd->len > 6 && cmd->buf[1] & 0xe0) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD)); /* protection information */
        return;
    }
    if (!scsi_disk_in_range(s, cmd->lba, cmd->xfer / blocksize)) {
        block_acct_invalid(blk_get_stats(blk),
                           cmd->mode == SCSI_XFER_TO_DEV ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ);
        scsi_disk_fail(r, SENSE_CODE(LBA_OUT_OF_RANGE));
        return;
    }
    if (!cmd->xfer) {
        scsi_req_complete(&r->req, GOOD);
        return;
    }
    if (!take_buffers(r, cmd->xfer)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
        return;
    }
    block_acct_start(blk_get_stats(blk), &r->req.acct, cmd->xfer,
                     is_read(r) ? BLOCK_ACCT_READ : BLOCK_ACCT_WRITE);
    if (!is_read(r)) {
        r->req.aiocb = blk_aio_pwritev(blk, cmd->lba * blocksize, &r->qiov,
                                       fua(r) || verify ? BDRV_REQ_FUA : 0, rw_done, r);
    } else if (fua(r)) {
        /* From the medium: so what is in the cache goes there first (SBC-3, 5.8). */
        r->req.aiocb = blk_aio_flush(blk, start_read, r);
    } else {
        start_read(r, 0);
    }
}

/* ---- flush ---- */

static void flush_done(void *opaque, int ret)
{
    SCSIDiskReq *r = opaque;

    r->req.aiocb = NULL;
    if (ret < 0) {
        block_acct_failed(blk_get_stats(scsi_disk_blk(r)), &r->req.acct);
        scsi_disk_error(r, ret, false);
        return;
    }
    block_acct_done(blk_get_stats(scsi_disk_blk(r)), &r->req.acct);
    scsi_req_complete(&r->req, GOOD);
}

void scsi_disk_synchronize(SCSIDiskReq *r)
{
    BlockBackend *blk = scsi_disk_blk(r);

    block_acct_start(blk_get_stats(blk), &r->req.acct, 0, BLOCK_ACCT_FLUSH);
    r->req.aiocb = blk_aio_flush(blk, flush_done, r);
}

/* ---- commands of several steps ---- */

/* Results of a step function: an errno, or one of these. */
#define CO_OK         0
#define CO_MISCOMPARE 1
#define CO_BAD_PARAM  2
#define CO_BAD_LENGTH 3
#define CO_BAD_LBA    4

typedef int coroutine_fn StepFn(SCSIDiskReq *r);

typedef struct StepRun {
    SCSIDiskReq *r;
    StepFn *fn;
    bool is_read;
} StepRun;

static void coroutine_fn run_steps(void *opaque)
{
    StepRun run = *(StepRun *)opaque;
    SCSIDiskReq *r = run.r;
    int ret;

    g_free(opaque);
    ret = run.fn(r);
    if (ret < 0) {
        scsi_disk_error(r, ret, run.is_read);
    } else if (qatomic_read(&r->req.cancelled)) {
        scsi_req_cancel_complete(&r->req);
    } else if (ret == CO_OK) {
        scsi_req_complete(&r->req, GOOD);
    } else {
        scsi_disk_fail(r, ret == CO_MISCOMPARE   ? SENSE_CODE(MISCOMPARE)
                          : ret == CO_BAD_PARAM  ? SENSE_CODE(INVALID_PARAM)
                          : ret == CO_BAD_LENGTH ? SENSE_CODE(INVALID_PARAM_LEN)
                                                 : SENSE_CODE(LBA_OUT_OF_RANGE));
    }
    scsi_req_unref(&r->req);
}

static void start_steps(SCSIDiskReq *r, StepFn *fn, bool is_read)
{
    StepRun *run = g_new(StepRun, 1);

    *run = (StepRun){r, fn, is_read};
    scsi_req_ref(&r->req);
    qemu_coroutine_enter(qemu_coroutine_create(run_steps, run));
}

static bool given_up(SCSIDiskReq *r)
{
    return qatomic_read(&r->req.cancelled);
}

/* ---- verify (SBC-3, 5.36), compare and write (5.3) ---- */

/* Compare the medium at @offset with the buffers at @at, over and over with one block if @one. */
static int coroutine_fn compare(SCSIDiskReq *r, uint64_t offset, size_t at, uint64_t bytes,
                                bool one)
{
    uint32_t blocksize = r->req.dev->blocksize;
    size_t chunk = one ? blocksize : MIN(bytes, CHUNK);
    g_autofree uint8_t *disk = g_malloc(chunk);
    g_autofree uint8_t *memory = g_malloc(chunk);

    for (uint64_t done = 0; done < bytes && !given_up(r); done += chunk) {
        size_t part = MIN(bytes - done, chunk);
        int ret = blk_co_pread(scsi_disk_blk(r), offset + done, part, disk, 0);

        if (ret < 0) {
            return ret;
        }
        qemu_iovec_to_buf(r->req.data, at + (one ? 0 : done), memory, part);
        if (memcmp(disk, memory, part)) {
            return CO_MISCOMPARE;
        }
    }
    return CO_OK;
}

static uint64_t verify_count(const SCSICommand *cmd)
{
    return cmd->len == 10   ? lduw_be_p(cmd->buf + 7)
           : cmd->len == 12 ? ldl_be_p(cmd->buf + 6)
                            : ldl_be_p(cmd->buf + 10);
}

static int coroutine_fn co_verify(SCSIDiskReq *r)
{
    SCSICommand *cmd = &r->req.cmd;
    uint32_t blocksize = r->req.dev->blocksize;

    r->req.transferred = cmd->xfer;
    return compare(r, cmd->lba * blocksize, 0, verify_count(cmd) * blocksize,
                   (cmd->buf[1] >> 1 & 3) == 3);
}

void scsi_disk_verify(SCSIDiskReq *r)
{
    SCSICommand *cmd = &r->req.cmd;

    if (!scsi_disk_in_range(scsi_disk(r), cmd->lba, verify_count(cmd))) {
        scsi_disk_fail(r, SENSE_CODE(LBA_OUT_OF_RANGE));
    } else if ((cmd->buf[1] >> 1 & 3) == 2 || cmd->buf[1] & 0xe0 ||
               (cmd->xfer && (!r->req.data || r->req.data->size < cmd->xfer))) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
    } else if (!cmd->xfer) {
        scsi_req_complete(&r->req, GOOD); /* what can be read was read when it was written */
    } else {
        start_steps(r, co_verify, true);
    }
}

/* Between the comparison and the write of one there is none of another (SBC-3, 4.10). */
static int coroutine_fn co_compare_and_write(SCSIDiskReq *r)
{
    uint32_t blocksize = r->req.dev->blocksize;
    uint64_t offset = r->req.cmd.lba * blocksize;
    size_t half = r->req.cmd.xfer / 2;
    int ret;

    qemu_co_mutex_lock(&scsi_disk(r)->compare_lock);
    ret = compare(r, offset, 0, half, false);

    r->req.transferred = r->req.cmd.xfer;
    if (ret == CO_OK && !given_up(r)) {
        g_autofree uint8_t *data = g_malloc(half);

        qemu_iovec_to_buf(r->req.data, half, data, half);
        ret = blk_co_pwrite(scsi_disk_blk(r), offset, half, data, fua(r) ? BDRV_REQ_FUA : 0);
    }
    qemu_co_mutex_unlock(&scsi_disk(r)->compare_lock);
    return ret;
}

void scsi_disk_compare_and_write(SCSIDiskReq *r)
{
    SCSICommand *cmd = &r->req.cmd;

    if (!scsi_disk_in_range(scsi_disk(r), cmd->lba, cmd->buf[13])) {
        scsi_disk_fail(r, SENSE_CODE(LBA_OUT_OF_RANGE));
    } else if (cmd->buf[1] & 0xe0 ||
               (cmd->xfer && (!r->req.data || r->req.data->size < cmd->xfer))) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
    } else if (!cmd->xfer) {
        scsi_req_complete(&r->req, GOOD);
    } else {
        start_steps(r, co_compare_and_write, false);
    }
}

/* ---- unmap (SBC-3, 5.34) ---- */

static int coroutine_fn unmap_one(SCSIDiskReq *r, uint64_t lba, uint64_t count)
{
    SCSIDiskState *s = scsi_disk(r);
    BlockBackend *blk = scsi_disk_blk(r);
    uint64_t offset = lba * s->qdev.blocksize, left = count * s->qdev.blocksize;

    if (!scsi_disk_in_range(s, lba, count)) {
        block_acct_invalid(blk_get_stats(blk), BLOCK_ACCT_UNMAP);
        return CO_BAD_LBA;
    }
    while (left && !given_up(r)) {
        uint64_t part = MIN(left, 1 * GiB);
        int ret;

        block_acct_start(blk_get_stats(blk), &r->req.acct, part, BLOCK_ACCT_UNMAP);
        ret = blk_co_pdiscard(blk, offset, part);
        if (ret < 0 && ret != -ENOTSUP) {
            block_acct_failed(blk_get_stats(blk), &r->req.acct);
            return ret;
        }
        block_acct_done(blk_get_stats(blk), &r->req.acct);
        offset += part;
        left -= part;
    }
    return CO_OK;
}

static int coroutine_fn co_unmap(SCSIDiskReq *r)
{
    size_t len = MIN(r->req.cmd.xfer, 65535);
    g_autofree uint8_t *list = g_malloc0(len + 8);
    size_t got = scsi_req_data_out(&r->req, list, len), descriptors;
    int ret = CO_OK;

    descriptors = got >= 8 ? lduw_be_p(list + 2) : 0;
    if (got < 8 || got < len || lduw_be_p(list) + 2u > len || descriptors + 8 > len ||
        descriptors & 15) {
        return CO_BAD_LENGTH;
    }
    for (size_t i = 0; ret == CO_OK && i < descriptors && !given_up(r); i += 16) {
        ret = unmap_one(r, ldq_be_p(list + 8 + i), ldl_be_p(list + 16 + i));
    }
    return ret;
}

void scsi_disk_unmap(SCSIDiskReq *r)
{
    if (r->req.cmd.buf[1] & 1) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD)); /* anchoring */
    } else if (!r->req.cmd.xfer) {
        scsi_req_complete(&r->req, GOOD);
    } else {
        start_steps(r, co_unmap, false);
    }
}

/* ---- write same (SBC-3, 5.45) ---- */

static int coroutine_fn write_pattern(SCSIDiskReq *r, const uint8_t *block, uint64_t offset,
                                      uint64_t bytes)
{
    uint32_t blocksize = r->req.dev->blocksize;
    size_t chunk = MIN(bytes, ROUND_UP(CHUNK, blocksize));
    g_autofree uint8_t *buf = g_malloc(chunk);

    for (size_t i = 0; i < chunk; i += blocksize) {
        memcpy(buf + i, block, blocksize);
    }
    for (uint64_t done = 0; done < bytes && !given_up(r); done += chunk) {
        int ret = blk_co_pwrite(scsi_disk_blk(r), offset + done, MIN(bytes - done, chunk), buf, 0);

        if (ret < 0) {
            return ret;
        }
    }
    return CO_OK;
}

static uint64_t write_same_count(const SCSICommand *cmd)
{
    return cmd->len == 10 ? lduw_be_p(cmd->buf + 7) : ldl_be_p(cmd->buf + 10);
}

static bool all_zero(const uint8_t *buf, size_t len)
{
    return !buf[0] && !memcmp(buf, buf + 1, len - 1);
}

static int coroutine_fn co_write_same(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    SCSICommand *cmd = &r->req.cmd;
    uint64_t offset = cmd->lba * s->qdev.blocksize;
    uint64_t left = write_same_count(cmd) * s->qdev.blocksize;
    g_autofree uint8_t *block = g_malloc0(s->qdev.blocksize);
    bool no_data = cmd->len == 16 && cmd->buf[1] & 1;

    if (!no_data) {
        scsi_req_data_out(&r->req, block, s->qdev.blocksize);
    }
    if (!all_zero(block, s->qdev.blocksize)) {
        return write_pattern(r, block, offset, left);
    }
    while (left && !given_up(r)) {
        uint64_t part = MIN(left, 1 * GiB);
        int ret = blk_co_pwrite_zeroes(scsi_disk_blk(r), offset, part,
                                       cmd->buf[1] & 8 ? BDRV_REQ_MAY_UNMAP : 0);

        if (ret < 0) {
            return ret;
        }
        offset += part;
        left -= part;
    }
    return CO_OK;
}

void scsi_disk_write_same(SCSIDiskReq *r)
{
    SCSIDiskState *s = scsi_disk(r);
    SCSICommand *cmd = &r->req.cmd;
    uint64_t count = write_same_count(cmd);

    /* Anchoring, block numbers in the data; and with a count of zero all of the disk (WSNZ). */
    if (cmd->buf[1] & 0x16 || cmd->buf[1] & 0xe0 || !count) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
    } else if (cmd->xfer && (!r->req.data || r->req.data->size < cmd->xfer)) {
        scsi_disk_fail(r, SENSE_CODE(INVALID_FIELD));
    } else if (!scsi_disk_in_range(s, cmd->lba, count)) {
        scsi_disk_fail(r, SENSE_CODE(LBA_OUT_OF_RANGE));
    } else {
        start_steps(r, co_write_same, false);
    }
}
