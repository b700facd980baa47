/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img rebase */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/error-report.h"

#define PIECE   (1 * MiB)
#define WORKERS 4

typedef struct Rebase {
    ImgOpen how;
    const char *src_cache, *base, *base_fmt;
    bool unsafe, compress, force_share; /* of what is read: the backing files */
    BlockBackend *blk, *old_base, *new_base;
} Rebase;

/* @as: which of the backing files it is, for messages; @shown: its name there. */
static BlockBackend *open_base(const Rebase *r, const char *name, const char *fmt, const char *as,
                               const char *shown)
{
    ImgOpen how = {.fmt = fmt, .cache = r->src_cache, .force_share = r->force_share};
    BlockBackend *blk;
    Error *err = NULL;

    blk = img_try_open(&how, name, 0, &err);
    if (!blk) {
        error_reportf_err(err, "Could not open %s backing file '%s': ", as, shown);
    }
    return blk;
}

static void report_loop(const Rebase *r, BlockDriverState *bs)
{
    error_report("'%s' cannot be the backing file of '%s', which it would be based on itself",
                 r->base, bs->exact_filename);
}

/* @name as the image will see it: relative to where the image is. */
static BlockBackend *open_new_base(const Rebase *r, BlockDriverState *bs)
{
    Error *err = NULL;
    g_autofree char *full =
        bdrv_get_full_backing_filename_from_filename(bs->exact_filename, r->base, &err);
    BlockBackend *blk;

    if (!full) {
        error_report_err(err);
        return NULL;
    }
    if (bdrv_is_at(bs, full)) {
        report_loop(r, bs);
        return NULL;
    }
    blk = open_base(r, full, r->base_fmt, "new", r->base);
    if (blk && bdrv_is_read_from(blk_bs(blk), bs)) {
        report_loop(r, bs);
        blk_unref(blk);
        return NULL;
    }
    return blk;
}

/* What is behind the end reads as zeroes. */
static int read_padded(BlockBackend *blk, int64_t pos, int64_t n, uint8_t *buf)
{
    int64_t len = blk ? blk_getlength(blk) : 0, have = MIN(MAX(len - pos, 0), n);

    if (len < 0) {
        return len;
    }
    memset(buf + have, 0, n - have);
    return have ? blk_pread(blk, pos, have, buf, 0) : 0;
}

/*
 * Cluster by cluster: what differs is written into the image itself, neighbours at once. Only a
 * whole cluster can be compressed, by itself: not one that the image has a part of.
 */
static int64_t same_fate(const Rebase *r, int64_t pos, int64_t n, const uint8_t *a,
                         const uint8_t *b, int64_t cluster, bool *differs)
{
    int64_t len = MIN(cluster - pos % cluster, n);

    *differs = memcmp(a, b, len);
    for (int64_t piece; len < n && !(*differs && r->compress); len += piece) {
        piece = MIN(cluster, n - len);
        if (!memcmp(a + len, b + len, piece) == *differs) {
            break;
        }
    }
    return len;
}

static int copy_differences(Rebase *r, int64_t pos, int64_t n, uint8_t *a, uint8_t *b,
                            int64_t cluster)
{
    int64_t end = blk_getlength(r->blk);
    int ret = end < 0 ? (int)end : read_padded(r->old_base, pos, n, a);

    ret = ret < 0 ? ret : read_padded(r->new_base, pos, n, b);
    for (int64_t i = 0, len; ret >= 0 && i < n; i += len) {
        bool differs, whole;

        len = same_fate(r, pos + i, n - i, a + i, b + i, cluster, &differs);
        whole = (pos + i) % cluster == 0 && (len == cluster || pos + i + len == end);
        if (differs) {
            ret = blk_pwrite(r->blk, pos + i, len, a + i,
                             r->compress && whole ? BDRV_REQ_WRITE_COMPRESSED : 0);
        }
    }
    return ret;
}

typedef struct Copy {
    Rebase *r;
    int64_t next, done, len, cluster;
    bool failed;
} Copy;

/* Each takes the next piece. */
static int coroutine_fn copy_worker(void *opaque)
{
    Copy *c = opaque;
    g_autofree uint8_t *a = g_malloc(PIECE * 2), *b = g_malloc(PIECE * 2);
    int ret = 0;

    while (!c->failed && c->next < c->len) {
        /* Clusters stay whole, unless one is larger than a buffer. */
        int64_t pos = c->next, end = MIN(ROUND_DOWN(pos + PIECE * 2, c->cluster), c->len), n;

        c->next = end;
        for (; pos < end && ret >= 0; pos += n) {
            ret = bdrv_is_allocated(blk_bs(c->r->blk), pos, end - pos, &n);
            n = n ? n : end - pos;
            if (ret == 0) {
                ret = copy_differences(c->r, pos, n, a, b, c->cluster);
            }
            c->done += n;
            img_progress(c->done, c->len);
        }
        c->failed |= ret < 0;
    }
    return ret;
}

static int copy_all(Rebase *r)
{
    BlockDriverInfo bdi;
    Copy c = {.r = r, .len = blk_getlength(r->blk), .cluster = PIECE};
    int ret;

    if (bdrv_get_info(blk_bs(r->blk), &bdi) >= 0 && bdi.cluster_size) {
        c.cluster = MIN(bdi.cluster_size, PIECE * 2);
    }
    ret = c.len < 0 ? (int)c.len : bdrv_run_workers(WORKERS, copy_worker, &c);
    return ret < 0 ? ret : blk_flush(r->blk);
}

static bool open_bases(Rebase *r, BlockDriverState *bs)
{
    if (bs->backing_file[0]) {
        Error *err = NULL;
        g_autofree char *full = bdrv_get_full_backing_filename(bs, &err);

        if (!full) {
            error_report_err(err);
            return false;
        }
        r->old_base = open_base(r, full, bs->backing_format[0] ? bs->backing_format : NULL, "old",
                                bs->backing_file);
        if (!r->old_base) {
            return false;
        }
    }
    if (r->base[0]) {
        r->new_base = open_new_base(r, bs);
        return r->new_base;
    }
    return true;
}

static int rebase(Rebase *r, const char *filename)
{
    BlockDriverState *bs;
    int ret = 0;

    r->blk = img_open(&r->how, filename, BDRV_O_RDWR | BDRV_O_NO_BACKING);
    if (!r->blk) {
        return 1;
    }
    bs = bdrv_skip_filters(blk_bs(r->blk));
    if (!bs->drv->bdrv_change_backing_file) {
        error_report("Could not change the backing file to '%s': images of format '%s' have none",
                     r->base, bdrv_get_format_name(bs));
        blk_unref(r->blk);
        return 1;
    }
    img_progress_init(&r->how);
    if (!r->unsafe) {
        if (!open_bases(r, bs)) {
            ret = -EINVAL;
        } else {
            ret = copy_all(r);
            if (ret < 0) {
                error_report("Could not rebase '%s': %s", filename, strerror(-ret));
            }
        }
    }
    /* What the image needs is in it, on stable storage: now it may have another file below. */
    if (ret >= 0) {
        ret = bdrv_change_backing_file(bs, r->base[0] ? r->base : NULL,
                                       r->base[0] ? r->base_fmt : NULL, true);
        if (ret == -ELOOP) {
            report_loop(r, bs);
        } else if (ret < 0) {
            error_report("Could not change the backing file to '%s': %s", r->base,
                         ret == -EINVAL ? "its format must be given with -F" : strerror(-ret));
        }
    }
    img_progress_end(ret >= 0);
    blk_unref(r->blk);
    blk_unref(r->old_base);
    blk_unref(r->new_base);
    return ret < 0;
}

static const ImgOption rebase_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-b, --backing", "BASE", "the new backing file; \"\", or none given with -u: none"},
    {"-B, -F, --backing-format", "FMT", "its format"},
    {"-u, --backing-unsafe", NULL, "only the name in FILE changes, for when BASE has moved"},
    {"-c, --compress", NULL, "what has to be copied is compressed"},
    IMG_OPT_CACHE,
    {"-T, --backing-cache", "CACHE", "how backing files are read; see qemu-img convert --help"},
    IMG_OPT_PROGRESS,
    IMG_OPT_FORCE_SHARE,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax rebase_syntax = {
    .options = rebase_options,
    .operands = "FILE",
};

int img_rebase(int argc, char **argv)
{
    Rebase r = {0};
    const char *filename;
    Error *err = NULL;
    int opt;

    while ((opt = img_next_option(&rebase_syntax, &r.how, argc, argv)) != -1) {
        switch (opt) {
        case 'B':
            r.base_fmt = optarg;
            break;
        case 'b':
            r.base = optarg;
            break;
        case 'u':
            r.unsafe = true;
            break;
        case 't':
            r.how.cache = optarg;
            break;
        case 'T':
            r.src_cache = optarg;
            break;
        case 'c':
            r.compress = true;
            break;
        default:
            return img_usage(opt, &rebase_syntax, argv);
        }
    }
    filename = img_only_name(argc, argv);
    if (!filename) {
        return 1;
    }
    if (!r.base && !r.unsafe) {
        return img_misused("Must specify backing file (-b, an empty name for none) or use unsafe "
                           "mode (-u)");
    }
    r.base = r.base ? r.base : "";
    if (r.base_fmt && !bdrv_find_format_err(r.base_fmt, &err)) {
        error_reportf_err(err, "Invalid format name: ");
        return 1;
    }
    r.force_share = r.how.force_share;
    r.how.force_share = false;
    return rebase(&r, filename);
}
