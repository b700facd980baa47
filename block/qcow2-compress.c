/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compressed clusters: raw deflate with a window of 4 KiB, or a zstd frame. The work is done in
 * worker threads, for several clusters at once.
 */
#include "qemu/osdep.h"
#include <zlib.h>
#include <zstd.h>
#ifdef CONFIG_ISAL
#include <isa-l/igzip_lib.h>
#endif
#include "block/thread-pool.h"
#include "qcow2.h"

#define DEFLATE_WINDOW_BITS 12

typedef struct CompressJob {
    Qcow2CompressionType type;
    bool compress;
    void *dest;
    size_t dest_size;
    const void *src;
    size_t src_size;
    size_t result;
} CompressJob;

#ifdef CONFIG_ISAL

/* Ten times as fast as zlib, and five to eight percent longer. */
static int deflate_compress(CompressJob *job)
{
    struct {
        struct isal_zstream strm;
        uint8_t work[ISAL_DEF_LVL3_DEFAULT];
    } *c = g_try_malloc(sizeof(*c));
    int ret;

    if (!c) {
        return -ENOMEM;
    }
    isal_deflate_init(&c->strm);
    c->strm.level = 3;
    c->strm.level_buf = c->work;
    c->strm.level_buf_size = sizeof(c->work);
    c->strm.hist_bits = DEFLATE_WINDOW_BITS;
    c->strm.end_of_stream = 1;
    c->strm.next_in = (void *)job->src;
    c->strm.avail_in = job->src_size;
    c->strm.next_out = job->dest;
    c->strm.avail_out = job->dest_size;
    ret = isal_deflate(&c->strm) != COMP_OK            ? -EIO
          : c->strm.internal_state.state == ZSTATE_END ? 0
                                                       : -ENOMEM;
    job->result = job->dest_size - c->strm.avail_out;
    g_free(c);
    return ret;
}

#else

static int deflate_compress(CompressJob *job)
{
    z_stream strm = {0};
    int ret;

    if (deflateInit2(&strm, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -DEFLATE_WINDOW_BITS, 9,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        return -EIO;
    }
    strm.next_in = (void *)job->src;
    strm.avail_in = job->src_size;
    strm.next_out = job->dest;
    strm.avail_out = job->dest_size;
    ret = deflate(&strm, Z_FINISH);
    job->result = job->dest_size - strm.avail_out;
    deflateEnd(&strm);
    return ret == Z_STREAM_END ? 0 : ret == Z_OK || ret == Z_BUF_ERROR ? -ENOMEM : -EIO;
}

#endif

static int zlib_decompress(CompressJob *job)
{
    z_stream strm = {0};
    int ret;

    if (inflateInit2(&strm, -DEFLATE_WINDOW_BITS) != Z_OK) {
        return -EIO;
    }
    strm.next_in = (void *)job->src;
    strm.avail_in = job->src_size;
    strm.next_out = job->dest;
    strm.avail_out = job->dest_size;
    ret = inflate(&strm, Z_FINISH);
    inflateEnd(&strm);
    /* The data may be followed by bytes of the next piece. */
    return (ret == Z_STREAM_END || ret == Z_BUF_ERROR) && strm.avail_out == 0 ? 0 : -EIO;
}

static int zstd_compress(CompressJob *job)
{
    size_t ret =
        ZSTD_compress(job->dest, job->dest_size, job->src, job->src_size, ZSTD_CLEVEL_DEFAULT);

    if (ZSTD_isError(ret)) {
        return -ENOMEM;
    }
    job->result = ret;
    return 0;
}

static int zstd_decompress(CompressJob *job)
{
    ZSTD_inBuffer in = {job->src, job->src_size, 0};
    ZSTD_outBuffer out = {job->dest, job->dest_size, 0};
    ZSTD_DCtx *ctx = ZSTD_createDCtx();
    int ret = ctx ? 0 : -ENOMEM;

    while (ret == 0 && out.pos < out.size) {
        size_t in_before = in.pos, out_before = out.pos;
        size_t r = ZSTD_decompressStream(ctx, &out, &in);

        if (ZSTD_isError(r) || (in.pos == in_before && out.pos == out_before)) {
            ret = -EIO;
        }
    }
    ZSTD_freeDCtx(ctx);
    return ret;
}

static int run_compress(void *opaque)
{
    CompressJob *job = opaque;

    if (job->type == QCOW2_COMPRESSION_TYPE_ZSTD) {
        return job->compress ? zstd_compress(job) : zstd_decompress(job);
    }
    return job->compress ? deflate_compress(job) : zlib_decompress(job);
}

int coroutine_fn qcow2_read_compressed(BlockDriverState *bs, uint64_t entry, int64_t offset,
                                       int64_t bytes, QEMUIOVector *qiov, size_t qiov_offset)
{
    Qcow2State *s = bs->opaque;
    uint64_t where, len;
    g_autofree uint8_t *in = NULL, *out = NULL;
    CompressJob job = {.type = s->compression_type};
    int ret;

    qcow2_compressed_range(s, entry, &where, &len);
    in = g_try_malloc(len);
    out = g_try_malloc(s->cluster_size);
    if (!in || !out) {
        return -ENOMEM;
    }
    qcow2_event(bs, BLKDBG_READ_COMPRESSED);
    ret = bdrv_co_pread(bs->file, where, len, in, 0);
    if (ret < 0) {
        return ret;
    }
    job.src = in;
    job.src_size = len;
    job.dest = out;
    job.dest_size = s->cluster_size;
    ret = thread_pool_submit_co(run_compress, &job);
    if (ret < 0) {
        return ret;
    }
    qemu_iovec_from_buf(qiov, qiov_offset, out + qcow2_cluster_offset(s, offset), bytes);
    return 0;
}

/* One cluster (shorter at the end of the image). */
static int coroutine_fn write_one(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                  QEMUIOVector *qiov, size_t qiov_offset)
{
    Qcow2State *s = bs->opaque;
    g_autofree uint8_t *in = g_try_malloc0(s->cluster_size);
    g_autofree uint8_t *out = g_try_malloc(s->cluster_size);
    CompressJob job = {.type = s->compression_type, .compress = true};
    uint64_t n = bytes, entry;
    Qcow2ClusterType type;
    int64_t where;
    int ret;

    if (!in || !out) {
        return -ENOMEM;
    }
    qemu_iovec_to_buf(qiov, qiov_offset, in, bytes);
    job.src = in;
    job.src_size = s->cluster_size;
    job.dest = out;
    job.dest_size = s->cluster_size - 1;
    ret = thread_pool_submit_co(run_compress, &job);
    if (ret == -ENOMEM) {
        /* It would be longer. */
        return qcow2_co_pwritev_part(bs, offset, bytes, qiov, qiov_offset, 0);
    }
    if (ret < 0) {
        return ret;
    }
    qemu_co_mutex_lock(&s->lock);
    while (qcow2_wait_allocs(bs, offset, bytes, true)) {
        /* Look again. */
    }
    ret = qcow2_lookup(bs, offset, &n, &entry, &type);
    where = ret < 0 ? ret : qcow2_alloc_bytes(bs, job.result);
    qemu_co_mutex_unlock(&s->lock);
    if (where < 0) {
        return where;
    }
    qcow2_event(bs, BLKDBG_WRITE_COMPRESSED);
    ret = bdrv_co_pwrite(bs->file, where, job.result, out, 0);
    qemu_co_mutex_lock(&s->lock);
    /* Who has begun to write to the cluster meanwhile must not find it given to others. */
    while (ret >= 0 && qcow2_wait_allocs(bs, offset, bytes, true)) {
        /* Look again. */
    }
    if (ret >= 0) {
        uint64_t sectors = ((where + job.result - 1) >> 9) - (where >> 9);
        int shift = 62 - (s->cluster_bits - 8);

        ret =
            qcow2_set_entries(bs, offset, 1, 0, where | (sectors << shift) | QCOW_OFLAG_COMPRESSED,
                              QCOW2_DISCARD_OTHER);
    }
    if (ret < 0) {
        qcow2_free_later(bs, where, job.result, QCOW2_DISCARD_NEVER);
    }
    qemu_co_mutex_unlock(&s->lock);
    return ret;
}

int coroutine_fn qcow2_co_pwritev_compressed_part(BlockDriverState *bs, int64_t offset,
                                                  int64_t bytes, QEMUIOVector *qiov,
                                                  size_t qiov_offset)
{
    Qcow2State *s = bs->opaque;
    int ret = 0;

    if (s->crypto || qcow2_has_data_file(s)) {
        /* The format has no room for it. */
        return -ENOTSUP;
    }
    if (qcow2_cluster_offset(s, offset)) {
        return -EINVAL;
    }
    while (bytes && ret >= 0) {
        int64_t n = MIN(bytes, s->cluster_size);

        if (n < s->cluster_size && offset + n < bs->total_bytes) {
            return -EINVAL;
        }
        ret = write_one(bs, offset, n, qiov, qiov_offset);
        offset += n;
        bytes -= n;
        qiov_offset += n;
    }
    return ret;
}
