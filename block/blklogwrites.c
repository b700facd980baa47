/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The filter "blklogwrites": what is written to "file" is also appended to "log", in the format of
 * Linux's device mapper target log-writes (Documentation/admin-guide/device-mapper/log-writes.rst,
 * drivers/md/dm-log-writes.c defines the structures as little-endian):
 *
 *     block 0      magic, version (1), number of entries, block size
 *     then         for each entry a block with: block number, blocks, flags, bytes of data;
 *                  and the data, filled to a block
 *
 * The order of entries says what a power failure may leave: an entry is appended when its request
 * has completed at the file; a flush keeps others from being appended meanwhile, so that what is
 * logged before it is what it has made durable.
 */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/module.h"

#define LOG_MAGIC   0x6a736677736872ULL
#define LOG_VERSION 1
#define LOG_FLUSH   (1 << 0)
#define LOG_FUA     (1 << 1)
#define LOG_DISCARD (1 << 2)

#define MAX_BLOCK   (1u << 23)

typedef struct LogState {
    BdrvChild *log;
    uint32_t block_size; /* power of two */
    uint64_t update_interval;
    /* lock: taken by requests in any thread */
    CoMutex lock;
    uint64_t next_block, entries;
    uint64_t entries_in_super; /* as last written */
} LogState;

typedef struct LogOptions {
    uint64_t block_size, update_interval;
    bool append;
} LogOptions;

static const BdrvOpt log_opts[] = {
    {"log-sector-size", BDRV_OPT_SIZE, offsetof(LogOptions, block_size)},
    {"log-append", BDRV_OPT_BOOL, offsetof(LogOptions, append)},
    {"log-super-update-interval", BDRV_OPT_NUM, offsetof(LogOptions, update_interval)},
    {NULL},
};

/* ---- opening ---- */

/* Go behind the last entry of a log that is there. */
static bool find_end(LogState *s, uint64_t length, Error **errp)
{
    uint8_t entry[32];

    s->next_block = 1;
    for (uint64_t i = 0; i < s->entries; i++) {
        uint64_t flags, data, blocks;

        if (s->next_block >= length / s->block_size ||
            bdrv_pread(s->log, s->next_block * s->block_size, sizeof(entry), entry, 0) < 0) {
            error_setg(errp, "The log ends at entry %" PRIu64 " of %" PRIu64, i, s->entries);
            return false;
        }
        flags = ldq_le_p(entry + 16);
        data = flags & LOG_DISCARD ? 0 : ldq_le_p(entry + 24);
        blocks = DIV_ROUND_UP(data, s->block_size);
        if (data > length || blocks > length / s->block_size - s->next_block - 1) {
            error_setg(errp,
                       "Entry %" PRIu64 " of the log has %" PRIu64 " bytes of data, more "
                       "than the log",
                       i, data);
            return false;
        }
        s->next_block += 1 + blocks;
    }
    return true;
}

static bool read_super(LogState *s, uint64_t wanted_block, Error **errp)
{
    int64_t length = bdrv_getlength(s->log->bs);
    uint8_t super[28];
    int ret = length < 0 ? length : bdrv_pread(s->log, 0, sizeof(super), super, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read log superblock");
        return false;
    }
    if (ldq_le_p(super) != LOG_MAGIC || ldq_le_p(super + 8) != LOG_VERSION) {
        error_setg(errp, "'log-append' needs a log of version 1: this is none");
        return false;
    }
    s->entries = s->entries_in_super = ldq_le_p(super + 16);
    s->block_size = ldl_le_p(super + 24);
    if (wanted_block && wanted_block != s->block_size) {
        error_setg(errp, "log-sector-size %" PRIu64 " differs from that of the log, %u",
                   wanted_block, s->block_size);
        return false;
    }
    if (!is_power_of_2(s->block_size) || s->block_size < BDRV_SECTOR_SIZE ||
        s->block_size > MAX_BLOCK) {
        error_setg(errp, "Invalid log sector size %u", s->block_size);
        return false;
    }
    return find_end(s, length, errp);
}

static bool check_block_size(uint64_t size, Error **errp)
{
    if (!is_power_of_2(size) || size < BDRV_SECTOR_SIZE || size > MAX_BLOCK) {
        error_setg(errp,
                   "Invalid log sector size %" PRIu64 ": it must be a power of two between "
                   "%llu and %u",
                   size, BDRV_SECTOR_SIZE, MAX_BLOCK);
        return false;
    }
    return true;
}

static bool log_open(BlockDriverState *bs, QDict *options, int flags, Error **errp)
{
    LogState *s = bs->opaque;
    LogOptions o = {.update_interval = 4096};

    qemu_co_mutex_init(&s->lock);
    if (!bdrv_open_file_child(NULL, options, "file", bs, errp)) {
        return false;
    }
    s->log = bdrv_open_child(NULL, options, "log", bs, BDRV_CHILD_METADATA, false, errp);
    if (!s->log || !bdrv_parse_options(&o, log_opts, options, errp)) {
        return false;
    }
    if (!o.update_interval) {
        error_setg(errp, "Invalid log superblock update interval 0: it must be at least 1");
        return false;
    }
    s->update_interval = o.update_interval;
    if (o.append) {
        if (!read_super(s, o.block_size, errp)) {
            return false;
        }
    } else {
        if (o.block_size && !check_block_size(o.block_size, errp)) {
            return false;
        }
        s->block_size = o.block_size ? o.block_size : BDRV_SECTOR_SIZE;
        s->next_block = 1;
        s->entries_in_super = UINT64_MAX;
    }
    bs->supported_write_flags = BDRV_REQ_FUA & bs->file->bs->supported_write_flags;
    bs->supported_zero_flags = (BDRV_REQ_FUA | BDRV_REQ_MAY_UNMAP | BDRV_REQ_NO_FALLBACK) &
                               bs->file->bs->supported_zero_flags;
    return true;
}

/* Options belong to the log: they stay. */
static bool log_reopen_prepare(BDRVReopenState *state, Error **errp)
{
    for (const BdrvOpt *o = log_opts; o->name; o++) {
        qdict_del(state->options, o->name);
    }
    return true;
}

static void log_child_perm(BlockDriverState *bs, BdrvChild *c, BdrvChildRole role, uint64_t perm,
                           uint64_t shared, uint64_t *nperm, uint64_t *nshared)
{
    if (role & BDRV_CHILD_FILTERED) {
        bdrv_default_perms(bs, c, role, perm, shared, nperm, nshared);
        return;
    }
    *nperm = BLK_PERM_CONSISTENT_READ;
    if (bdrv_is_writable(bs)) {
        *nperm |= BLK_PERM_WRITE | BLK_PERM_RESIZE;
    }
    *nshared = BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED;
}

static void log_refresh_limits(BlockDriverState *bs, Error **errp)
{
    LogState *s = bs->opaque;

    bs->bl.request_alignment = MAX(bs->bl.request_alignment, s->block_size);
}

/* ---- appending; with the lock held ---- */

static int coroutine_fn write_super(LogState *s)
{
    g_autofree uint8_t *buf = NULL;
    int ret;

    if (s->entries == s->entries_in_super) {
        return 0;
    }
    buf = g_malloc0(s->block_size);
    stq_le_p(buf, LOG_MAGIC);
    stq_le_p(buf + 8, LOG_VERSION);
    stq_le_p(buf + 16, s->entries);
    stl_le_p(buf + 24, s->block_size);
    /* Entries first: a log that is cut off has all that it counts. */
    ret = bdrv_co_flush(s->log->bs);
    if (ret >= 0) {
        ret = bdrv_co_pwrite(s->log, 0, s->block_size, buf, 0);
    }
    if (ret >= 0) {
        s->entries_in_super = s->entries;
    }
    return ret;
}

/* @qiov NULL: @bytes of zeroes, unless @flags has LOG_DISCARD. */
static int coroutine_fn append(LogState *s, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                               size_t qiov_offset, uint64_t flags)
{
    g_autofree uint8_t *entry = g_malloc0(s->block_size);
    int64_t data = flags & LOG_DISCARD ? 0 : bytes;
    uint64_t at = s->next_block * s->block_size;
    int ret;

    stq_le_p(entry, offset / s->block_size);
    stq_le_p(entry + 8, bytes / s->block_size);
    stq_le_p(entry + 16, flags);
    stq_le_p(entry + 24, data);
    ret = bdrv_co_pwrite(s->log, at, s->block_size, entry, 0);
    if (ret >= 0 && data) {
        ret = qiov ? bdrv_co_pwritev_part(s->log, at + s->block_size, data, qiov, qiov_offset, 0)
                   : bdrv_co_pwrite_zeroes(s->log, at + s->block_size, data, 0);
    }
    if (ret < 0) {
        return ret;
    }
    s->next_block += 1 + data / s->block_size;
    s->entries++;
    if ((flags & (LOG_FLUSH | LOG_FUA)) || s->entries % s->update_interval == 0) {
        ret = write_super(s);
    }
    return ret < 0 ? ret : 0;
}

/* ---- requests ---- */

static int coroutine_fn log_request(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset, uint64_t flags)
{
    LogState *s = bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = append(s, offset, bytes, qiov, qiov_offset, flags);
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn log_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags)
{
    return bdrv_co_preadv_part(bs->file, offset, bytes, qiov, qiov_offset, flags);
}

static int coroutine_fn log_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                       QEMUIOVector *qiov, size_t qiov_offset,
                                       BdrvRequestFlags flags)
{
    int ret = bdrv_co_pwritev_part(bs->file, offset, bytes, qiov, qiov_offset, flags);

    return ret < 0 ? ret
                   : log_request(bs, offset, bytes, qiov, qiov_offset,
                                 flags & BDRV_REQ_FUA ? LOG_FUA : 0);
}

static int coroutine_fn log_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                             BdrvRequestFlags flags)
{
    int ret = bdrv_co_pwrite_zeroes(bs->file, offset, bytes, flags);

    return ret < 0 ? ret
                   : log_request(bs, offset, bytes, NULL, 0, flags & BDRV_REQ_FUA ? LOG_FUA : 0);
}

static int coroutine_fn log_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    int ret = bdrv_co_pdiscard(bs->file, offset, bytes);

    return ret < 0 ? ret : log_request(bs, offset, bytes, NULL, 0, LOG_DISCARD);
}

static int coroutine_fn log_co_flush(BlockDriverState *bs)
{
    LogState *s = bs->opaque;
    int ret;

    qemu_co_mutex_lock(&s->lock);
    ret = bdrv_co_flush(bs->file->bs);
    if (ret >= 0) {
        ret = append(s, 0, 0, NULL, 0, LOG_FLUSH);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

static int coroutine_fn final_super(void *opaque)
{
    return write_super(opaque);
}

static void log_close(BlockDriverState *bs)
{
    LogState *s = bs->opaque;

    /* Nothing can be reported any more; the entries are there. */
    if (s->log && s->update_interval && (s->log->perm & BLK_PERM_WRITE)) {
        bdrv_run_co(bs, final_super, s);
    }
}

static int64_t coroutine_fn log_co_getlength(BlockDriverState *bs)
{
    return bdrv_co_getlength(bs->file->bs);
}

static const char *const log_strong_opts[] = {"log-append", "log-sector-size", NULL};

static BlockDriver bdrv_blklogwrites = {
    .format_name = "blklogwrites",
    .instance_size = sizeof(LogState),
    .is_filter = true,
    .bdrv_open = log_open,
    .bdrv_close = log_close,
    .bdrv_reopen_prepare = log_reopen_prepare,
    .bdrv_child_perm = log_child_perm,
    .bdrv_refresh_limits = log_refresh_limits,
    .bdrv_co_getlength = log_co_getlength,
    .bdrv_co_preadv_part = log_co_preadv,
    .bdrv_co_pwritev_part = log_co_pwritev,
    .bdrv_co_pwrite_zeroes = log_co_pwrite_zeroes,
    .bdrv_co_pdiscard = log_co_pdiscard,
    .bdrv_co_flush_to_disk = log_co_flush,
    .strong_runtime_opts = log_strong_opts,
};

static void bdrv_blklogwrites_init(void)
{
    bdrv_register(&bdrv_blklogwrites);
}

block_init(bdrv_blklogwrites_init);
