/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to files and devices of the host. Each is a system call in a worker thread, or goes to
 * Linux AIO or io_uring (file-engine.h). In coroutines, any thread.
 */
#include "qemu/osdep.h"
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include "block/thread-pool.h"
#include "file-engine.h"
#include "file-posix.h"
#include "io-internal.h"
#include "qemu/cutils.h"

typedef enum RawOp {
    RAW_READ,
    RAW_WRITE,
    RAW_FLUSH,
    RAW_ZERO,
    RAW_DISCARD,
    RAW_COPY,
    RAW_GROW,
    RAW_TRUNCATE,
} RawOp;

typedef struct RawJob {
    RawPosix *s;
    RawOp op;
    int fd;
    int64_t offset, bytes;
    struct iovec *iov;
    int niov;
    BdrvRequestFlags flags;
    int dst_fd;
    int64_t dst_offset;
    PreallocMode prealloc;
    Error **errp;
} RawJob;

/* ---- in a worker thread ---- */

/* All of it, going on after short transfers; reads beyond the end give zeroes. */
static int do_rw(RawJob *job)
{
    bool write = job->op == RAW_WRITE;
    int64_t done = 0;
    struct iovec *iov = job->iov;
    int niov = job->niov;
    g_autofree struct iovec *rest = NULL;

    while (done < job->bytes) {
        ssize_t n = write ? pwritev(job->fd, iov, niov, job->offset + done)
                          : preadv(job->fd, iov, niov, job->offset + done);

        if (n < 0) {
            if (errno == EINTR) {
                continue;
            }
            return -errno;
        }
        if (n == 0) {
            if (write) {
                return -EIO;
            }
            iov_memset(iov, niov, 0, 0, job->bytes - done);
            break;
        }
        done += n;
        if (done < job->bytes) {
            if (!rest) {
                rest = g_memdup2(job->iov, job->niov * sizeof(*rest));
                iov = rest;
            }
            iov_discard_front(&iov, (unsigned *)&niov, n);
        }
    }
    return 0;
}

static int do_flush(RawJob *job)
{
    RawPosix *s = job->s;
    int error = qatomic_read(&s->page_cache_error);

    /* Once the host has failed to write pages back it may have dropped them: never say "safe". */
    if (error) {
        return -error;
    }
    if (RETRY_ON_EINTR(fdatasync(job->fd)) < 0) {
        error = errno;
        if (error == EIO || (error != ENOSPC && error != EDQUOT && !s->direct)) {
            qatomic_set(&s->page_cache_error, error);
        }
        return -error;
    }
    return 0;
}

static int do_fallocate(int fd, int mode, int64_t offset, int64_t bytes)
{
    if (RETRY_ON_EINTR(fallocate(fd, mode, offset, bytes)) == 0) {
        return 0;
    }
    return errno == EOPNOTSUPP || errno == ENODEV || errno == ENOSYS || errno == ENOTTY ||
                   errno == EPERM
               ? -ENOTSUP
               : -errno;
}

static int do_zero(RawJob *job)
{
    RawPosix *s = job->s;
    int ret = -ENOTSUP;

    if (s->is_device) {
        uint64_t range[2] = {job->offset, job->bytes};

        if (!(job->flags & BDRV_REQ_MAY_UNMAP)) {
            return RETRY_ON_EINTR(ioctl(job->fd, BLKZEROOUT, range)) == 0 ? 0 : -ENOTSUP;
        }
        ret = do_fallocate(job->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, job->offset,
                           job->bytes);
        return ret == -EINVAL ? -ENOTSUP : ret;
    }
    if ((job->flags & BDRV_REQ_MAY_UNMAP) && qatomic_read(&s->discard_ok)) {
        ret = do_fallocate(job->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, job->offset,
                           job->bytes);
    }
    if (ret == -ENOTSUP && qatomic_read(&s->zero_ok)) {
        ret = do_fallocate(job->fd, FALLOC_FL_ZERO_RANGE, job->offset, job->bytes);
        if (ret == -ENOTSUP || ret == -EINVAL) {
            qatomic_set(&s->zero_ok, false);
            ret = -ENOTSUP;
        }
    }
    if (ret == -ENOTSUP && qatomic_read(&s->discard_ok) && qatomic_read(&s->falloc_ok)) {
        /* A hole, filled with blocks again: as good as a range of zeroes. */
        ret = do_fallocate(job->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, job->offset,
                           job->bytes);
        if (ret == 0) {
            ret = do_fallocate(job->fd, 0, job->offset, job->bytes);
            if (ret == -ENOTSUP) {
                qatomic_set(&s->falloc_ok, false);
                ret = 0;
            }
        }
        if (ret == -ENOTSUP) {
            qatomic_set(&s->discard_ok, false);
        }
    }
    return ret;
}

static int do_discard(RawJob *job)
{
    RawPosix *s = job->s;
    int ret;

    if (!qatomic_read(&s->discard_ok)) {
        return -ENOTSUP;
    }
    if (s->is_device) {
        uint64_t range[2] = {job->offset, job->bytes};

        ret = RETRY_ON_EINTR(ioctl(job->fd, BLKDISCARD, range)) == 0 ? 0 : -errno;
        if (ret == -EOPNOTSUPP || ret == -ENOTTY || ret == -EINVAL) {
            ret = -ENOTSUP;
        }
    } else {
        ret = do_fallocate(job->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, job->offset,
                           job->bytes);
    }
    if (ret == -ENOTSUP) {
        qatomic_set(&s->discard_ok, false);
    }
    return ret;
}

static int do_copy(RawJob *job)
{
    off_t in = job->offset, out = job->dst_offset;
    int64_t left = job->bytes;

    while (left) {
        ssize_t n = copy_file_range(job->fd, &in, job->dst_fd, &out, left, 0);

        if (n == 0) {
            /* The source's end: what is beyond reads as zeroes, which this cannot write. */
            return -ENOSPC;
        }
        if (n < 0) {
            switch (errno) {
            case EINTR:
                continue;
            case ENOSYS:
            case EXDEV:
            case EINVAL:
            case EBADF:
            case EOPNOTSUPP:
                return -ENOTSUP;
            default:
                return -errno;
            }
        }
        left -= n;
    }
    return 0;
}

static int write_zeroes_full(int fd, int64_t offset, int64_t end, Error **errp)
{
    size_t size = MIN(end - offset, 1 * MiB);
    g_autofree char *buf = g_malloc0(size);

    while (offset < end) {
        ssize_t n = pwrite(fd, buf, MIN(end - offset, size), offset);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            int err = n < 0 ? errno : EIO;

            error_setg_errno(errp, err, "Could not write zeros for preallocation");
            return -err;
        }
        offset += n;
    }
    if (fsync(fd) < 0) {
        int err = errno;

        error_setg_errno(errp, err, "Could not flush file to disk");
        return -err;
    }
    return 0;
}

int raw_truncate_fd(int fd, int64_t offset, PreallocMode prealloc, Error **errp)
{
    struct stat st;
    int ret = 0;

    if (fstat(fd, &st) < 0) {
        error_setg_errno(errp, errno, "Could not stat file");
        return -errno;
    }
    if (prealloc != PREALLOC_MODE_OFF && prealloc != PREALLOC_MODE_FALLOC &&
        prealloc != PREALLOC_MODE_FULL) {
        error_setg(errp, "Unsupported preallocation mode '%s'; files have off, falloc and full",
                   PreallocMode_str(prealloc));
        return -ENOTSUP;
    }
    if (offset < st.st_size && prealloc != PREALLOC_MODE_OFF) {
        error_setg(errp, "Preallocation can't be used for shrinking files");
        return -EINVAL;
    }
    if (prealloc == PREALLOC_MODE_FALLOC && offset > st.st_size) {
        ret = -posix_fallocate(fd, st.st_size, offset - st.st_size);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not preallocate data for the new file");
        }
    } else {
        if (RETRY_ON_EINTR(ftruncate(fd, offset)) < 0) {
            ret = -errno;
            error_setg_errno(errp, errno, "Could not resize file");
        } else if (prealloc == PREALLOC_MODE_FULL && offset > st.st_size) {
            ret = write_zeroes_full(fd, st.st_size, offset, errp);
        }
    }
    if (ret < 0 && ftruncate(fd, st.st_size) < 0) {
        /* It keeps a part that nobody uses. */
        return ret;
    }
    return ret;
}

static int run_job(void *opaque)
{
    RawJob *job = opaque;

    switch (job->op) {
    case RAW_READ:
    case RAW_WRITE:
        return do_rw(job);
    case RAW_FLUSH:
        return do_flush(job);
    case RAW_ZERO:
        return do_zero(job);
    case RAW_DISCARD:
        return do_discard(job);
    case RAW_COPY:
        return do_copy(job);
    case RAW_GROW:
        /* Never shorter: another request may have made it longer than the node knows yet. */
        return do_fallocate(job->fd, 0, job->offset + job->bytes - 1, 1);
    case RAW_TRUNCATE:
        return raw_truncate_fd(job->fd, job->offset, job->prealloc, job->errp);
    }
    return -EINVAL;
}

/* ---- read and write ---- */

/* O_DIRECT wants memory at its own alignment. */
static bool iov_aligned(const struct iovec *iov, int niov, size_t align)
{
    for (int i = 0; i < niov; i++) {
        if ((uintptr_t)iov[i].iov_base % align || iov[i].iov_len % align) {
            return false;
        }
    }
    return true;
}

/* Longer requests are better copied by somebody else, while this thread goes on. */
#define MAX_COPIED_HERE (64 * KiB)

/*
 * What the host has in memory is had at once, in less time than a worker takes to wake up: true
 * when all of @job was done, with the result in @ret. The host says so, or says that it would have
 * to wait. A file system that is memory cannot be asked (tmpfs: EOPNOTSUPP), and waits only for
 * what the host has swapped out, as any access to memory does.
 */
static bool copied_here(RawJob *job, int *ret)
{
    RawPosix *s = job->s;
    ssize_t n;

    if (job->bytes > MAX_COPIED_HERE || s->direct) {
        return false;
    }
    if (s->in_memory && !s->is_device) {
        *ret = do_rw(job);
        return true;
    }
    if (job->op != RAW_READ || !qatomic_read(&s->nowait_ok)) {
        return false;
    }
    n = preadv2(job->fd, job->iov, job->niov, job->offset, RWF_NOWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) {
        qatomic_set(&s->nowait_ok, false);
    }
    *ret = 0;
    return n == job->bytes;
}

static int coroutine_fn submit_rw(BlockDriverState *bs, RawOp op, int64_t offset, int64_t bytes,
                                  struct iovec *iov, int niov)
{
    RawPosix *s = bs->opaque;
    RawJob job = {
        .s = s, .op = op, .fd = s->fd, .offset = offset, .bytes = bytes, .iov = iov, .niov = niov};
    int ret;

    if (s->use_io_uring || s->use_linux_aio) {
        ret = file_engine_rw(s, op == RAW_WRITE, offset, bytes, iov, niov);
        if (ret != -ENOSYS) {
            return ret;
        }
    }
    return copied_here(&job, &ret) ? ret : thread_pool_submit_co(run_job, &job);
}

static int coroutine_fn raw_rw(BlockDriverState *bs, RawOp op, int64_t offset, int64_t bytes,
                               QEMUIOVector *qiov, size_t qiov_offset)
{
    RawPosix *s = bs->opaque;
    QEMU_AUTO_VFREE void *bounce = NULL;
    QEMUIOVector local;
    struct iovec one;
    int ret;

    if (qiov_offset == 0 && qiov->size == bytes) {
        if (!s->direct || iov_aligned(qiov->iov, qiov->niov, s->buf_align)) {
            return submit_rw(bs, op, offset, bytes, qiov->iov, qiov->niov);
        }
    } else {
        qemu_iovec_init_slice(&local, qiov, qiov_offset, bytes);
        if (!s->direct || iov_aligned(local.iov, local.niov, s->buf_align)) {
            ret = submit_rw(bs, op, offset, bytes, local.iov, local.niov);
            qemu_iovec_destroy(&local);
            return ret;
        }
        qemu_iovec_destroy(&local);
    }
    bounce = qemu_try_blockalign(bs, bytes);
    if (!bounce) {
        return -ENOMEM;
    }
    one = (struct iovec){bounce, bytes};
    if (op == RAW_WRITE) {
        qemu_iovec_to_buf(qiov, qiov_offset, bounce, bytes);
    }
    ret = submit_rw(bs, op, offset, bytes, &one, 1);
    if (ret >= 0 && op == RAW_READ) {
        qemu_iovec_from_buf(qiov, qiov_offset, bounce, bytes);
    }
    return ret;
}

int coroutine_fn raw_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                               QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    return raw_rw(bs, RAW_READ, offset, bytes, qiov, qiov_offset);
}

int coroutine_fn raw_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                           size_t qiov_offset)
{
    return raw_rw(bs, RAW_WRITE, offset, bytes, qiov, qiov_offset);
}

int coroutine_fn raw_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    RawPosix *s = bs->opaque;

    return unlikely(s->zones) ? raw_zones_pwritev(bs, offset, bytes, qiov, qiov_offset)
                              : raw_write(bs, offset, bytes, qiov, qiov_offset);
}

/* ---- the rest ---- */

int coroutine_fn raw_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      BdrvRequestFlags flags)
{
    RawPosix *s = bs->opaque;
    RawJob job = {
        .s = s, .op = RAW_ZERO, .fd = s->fd, .offset = offset, .bytes = bytes, .flags = flags};

    if (s->zones) {
        /* In order, as data is. */
        return -ENOTSUP;
    }
    if (!s->is_device && offset + bytes > bs->total_bytes) {
        /* A hole would not make the file longer, and behind its end there is nothing but zeroes. */
        if (offset < bs->total_bytes) {
            return -ENOTSUP;
        }
        job.op = RAW_GROW;
    }
    return thread_pool_submit_co(run_job, &job);
}

int coroutine_fn raw_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    RawPosix *s = bs->opaque;
    RawJob job = {.s = s, .op = RAW_DISCARD, .fd = s->fd, .offset = offset, .bytes = bytes};

    int ret = qatomic_read(&s->discard_ok) ? thread_pool_submit_co(run_job, &job) : -ENOTSUP;

    if (ret < 0) {
        stat64_add(&s->discards_failed, 1);
    } else {
        stat64_add(&s->discards_ok, 1);
        stat64_add(&s->discarded_bytes, bytes);
    }
    return ret;
}

int coroutine_fn raw_co_flush_to_disk(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;
    RawJob job = {.s = s, .op = RAW_FLUSH, .fd = s->fd};

    return thread_pool_submit_co(run_job, &job);
}

int coroutine_fn raw_co_copy_range_from(BlockDriverState *bs, BdrvChild *src, int64_t src_offset,
                                        BdrvChild *dst, int64_t dst_offset, int64_t bytes,
                                        BdrvRequestFlags read_flags, BdrvRequestFlags write_flags)
{
    return bdrv_co_copy_range_to(src, src_offset, dst, dst_offset, bytes, read_flags, write_flags);
}

int coroutine_fn raw_co_copy_range_to(BlockDriverState *bs, BdrvChild *src, int64_t src_offset,
                                      BdrvChild *dst, int64_t dst_offset, int64_t bytes,
                                      BdrvRequestFlags read_flags, BdrvRequestFlags write_flags)
{
    RawPosix *s = bs->opaque;
    RawPosix *src_s = src->bs->opaque;
    RawJob job = {.s = s,
                  .op = RAW_COPY,
                  .fd = src_s->fd,
                  .offset = src_offset,
                  .bytes = bytes,
                  .dst_fd = s->fd,
                  .dst_offset = dst_offset};

    if (src->bs->drv->bdrv_co_copy_range_to != raw_co_copy_range_to || s->zones) {
        return -ENOTSUP;
    }
    return thread_pool_submit_co(run_job, &job);
}

int coroutine_fn raw_co_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                 PreallocMode prealloc, unsigned flags, Error **errp)
{
    RawPosix *s = bs->opaque;
    RawJob job = {.s = s,
                  .op = RAW_TRUNCATE,
                  .fd = s->fd,
                  .offset = offset,
                  .prealloc = prealloc,
                  .errp = errp};
    int64_t length;

    if (!s->is_device) {
        return thread_pool_submit_co(run_job, &job);
    }
    length = raw_co_getlength(bs);
    if (prealloc != PREALLOC_MODE_OFF) {
        error_setg(errp, "Preallocation mode '%s' unsupported for this block device",
                   PreallocMode_str(prealloc));
        return -ENOTSUP;
    }
    if (offset > length) {
        error_setg(errp, "Cannot grow device files");
        return -EINVAL;
    }
    if (exact && offset != length) {
        error_setg(errp, "Cannot resize device files");
        return -ENOTSUP;
    }
    return 0;
}

int64_t coroutine_fn raw_co_getlength(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;
    struct stat st;
    uint64_t bytes;
    off_t end;

    if (fstat(s->fd, &st) < 0) {
        return -errno;
    }
    /* Files of /proc have no size, whatever can be read from them: they cannot be sought in. */
    if (S_ISREG(st.st_mode) && st.st_size) {
        return st.st_size;
    }
    if (S_ISBLK(st.st_mode) && ioctl(s->fd, BLKGETSIZE64, &bytes) == 0) {
        return bytes;
    }
    end = lseek(s->fd, 0, SEEK_END);
    return end < 0 ? -errno : end;
}

int64_t coroutine_fn raw_co_get_allocated_file_size(BlockDriverState *bs)
{
    RawPosix *s = bs->opaque;
    struct stat st;

    return fstat(s->fd, &st) < 0 ? -errno : (int64_t)st.st_blocks * 512;
}

int coroutine_fn raw_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                     int64_t bytes, int64_t *pnum, int64_t *map,
                                     BlockDriverState **file)
{
    RawPosix *s = bs->opaque;
    off_t data, hole;

    *map = offset;
    *file = bs;
    *pnum = bytes;
    if (!want_zero || s->is_device) {
        return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID;
    }
    data = lseek(s->fd, offset, SEEK_DATA);
    if (data < 0) {
        /* ENXIO: nothing but a hole from here on; anything else: not known. */
        return errno == ENXIO ? BDRV_BLOCK_ZERO | BDRV_BLOCK_OFFSET_VALID
                              : BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID;
    }
    if (data > offset) {
        *pnum = MIN(bytes, data - offset);
        return BDRV_BLOCK_ZERO | BDRV_BLOCK_OFFSET_VALID;
    }
    hole = lseek(s->fd, offset, SEEK_HOLE);
    if (hole > offset) {
        /* A part of a block at the end of the file counts as data. */
        *pnum = MIN(bytes, hole - offset);
        if (hole >= bs->total_bytes) {
            *pnum = bytes;
        } else {
            *pnum = MIN(bytes, QEMU_ALIGN_UP(hole - offset, bs->bl.request_alignment));
        }
    }
    return BDRV_BLOCK_DATA | BDRV_BLOCK_OFFSET_VALID;
}
