/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img convert, compare. Copying runs in several coroutines, compression in worker threads. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "img.h"
#include "qemu/coroutine.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"

#define CHUNK       (2 * MiB)
#define MAX_WORKERS 16

typedef struct Convert {
    BlockBackend *src, *dst;
    int64_t total;
    int64_t next; /* where the next chunk begins */
    int64_t done;
    int64_t chunk;
    int64_t sparse; /* bytes of zeroes in a row that are not written; 0: all is written */
    bool compressed;
    bool dst_zero; /* what is not written reads as zeroes */
    bool in_order; /* chunks are written from the first to the last */
    int64_t turn;  /* with that: the offset of the chunk that is to be written next */
    CoQueue turn_changed;
    int workers;
    int ret;
} Convert;

/* How much from @buf on is zero (or not), in steps of @step. */
static int64_t same_kind(const uint8_t *buf, int64_t bytes, int64_t step, bool *zero)
{
    int64_t n = MIN(step, bytes);

    *zero = buffer_is_zero(buf, n);
    while (n < bytes) {
        int64_t m = MIN(step, bytes - n);

        if (buffer_is_zero(buf + n, m) != *zero) {
            break;
        }
        n += m;
    }
    return n;
}

static int coroutine_fn write_zero_range(Convert *c, int64_t offset, int64_t bytes)
{
    return c->dst_zero ? 0 : blk_co_pwrite_zeroes(c->dst, offset, bytes, BDRV_REQ_MAY_UNMAP);
}

static int coroutine_fn write_data(Convert *c, int64_t offset, int64_t bytes, const uint8_t *buf)
{
    int64_t step = c->compressed ? c->chunk : c->sparse ? c->sparse : bytes;

    while (bytes) {
        bool zero;
        int64_t n = same_kind(buf, bytes, step, &zero);
        int ret;

        if (c->compressed) {
            n = MIN(n, step);
        }
        if (zero && (c->sparse || c->compressed)) {
            ret = write_zero_range(c, offset, n);
        } else {
            ret = blk_co_pwrite(c->dst, offset, n, buf,
                                c->compressed ? BDRV_REQ_WRITE_COMPRESSED : 0);
        }
        if (ret < 0) {
            return ret;
        }
        offset += n;
        bytes -= n;
        buf += n;
    }
    return 0;
}

/* The next chunk of one kind: its status; *@bytes is 0 at the end. */
static int coroutine_fn next_chunk(Convert *c, int64_t *offset, int64_t *bytes)
{
    int64_t pnum = 0, want;
    int ret;

    *offset = c->next;
    want = MIN(c->total - c->next, c->compressed ? c->chunk : CHUNK);
    *bytes = want;
    if (!want) {
        return 0;
    }
    /* Taken now, so that the other workers go on behind it. */
    c->next += want;
    ret = bdrv_co_block_status_above(blk_bs(c->src), NULL, *offset, want, &pnum, NULL, NULL);
    return ret >= 0 && pnum >= want && (ret & BDRV_BLOCK_ZERO) ? BDRV_BLOCK_ZERO : MIN(ret, 0);
}

/* Until all chunks before @offset are written; false when one could not be. */
static bool coroutine_fn wait_turn(Convert *c, int64_t offset)
{
    while (c->in_order && c->turn != offset && c->ret >= 0) {
        qemu_co_queue_wait(&c->turn_changed, NULL);
    }
    return c->ret >= 0;
}

static void coroutine_fn pass_turn(Convert *c, int64_t next, int ret)
{
    c->turn = next;
    c->ret = MIN(c->ret, ret);
    qemu_co_queue_restart_all(&c->turn_changed);
}

static void coroutine_fn convert_worker(void *opaque)
{
    Convert *c = opaque;
    uint8_t *buf = blk_blockalign(c->src, c->chunk);

    while (c->ret >= 0) {
        int64_t offset, bytes;
        int ret = next_chunk(c, &offset, &bytes);
        bool zero = ret == BDRV_BLOCK_ZERO && (c->sparse || c->compressed);

        if (!bytes) {
            break;
        }
        if (ret >= 0 && !zero) {
            ret = blk_co_pread(c->src, offset, bytes, buf, 0);
        }
        if (!wait_turn(c, offset)) {
            break;
        }
        if (ret >= 0) {
            ret = zero ? write_zero_range(c, offset, bytes) : write_data(c, offset, bytes, buf);
        }
        pass_turn(c, offset + bytes, ret);
        if (ret < 0) {
            error_report("error while converting at byte %" PRId64 ": %s", offset, strerror(-ret));
        }
        c->done += bytes;
        img_progress(c->done, c->total);
    }
    qemu_vfree(buf);
    c->workers--;
    aio_wait_kick();
}

static int copy_image(Convert *c, int workers)
{
    BlockDriverInfo bdi;

    c->chunk = CHUNK;
    if (c->compressed) {
        if (bdrv_get_info(blk_bs(c->dst), &bdi) < 0 || !bdi.cluster_size) {
            error_report("could not get block driver info");
            return -ENOTSUP;
        }
        c->chunk = bdi.cluster_size;
    }
    c->workers = workers;
    qemu_co_queue_init(&c->turn_changed);
    for (int i = 0; i < workers; i++) {
        qemu_coroutine_enter(qemu_coroutine_create(convert_worker, c));
    }
    AIO_WAIT_WHILE(qemu_get_aio_context(), c->workers > 0);
    return c->ret < 0 ? c->ret : blk_flush(c->dst);
}

typedef struct ConvertArgs {
    ImgOpen in, out;
    const char *out_fmt;
    QDict *opts;
    bool compressed, no_create, progress, target_is_zero, out_of_order;
    int64_t sparse;
    int workers;
} ConvertArgs;

/* An image that is encrypted from its creation on is opened with the same secrets. */
static QDict *key_secrets(const QDict *opts)
{
    QDict *keys = qdict_new();

    for (const QDictEntry *e = qdict_first(opts); e; e = qdict_next(opts, e)) {
        if (g_str_has_suffix(qdict_entry_key(e), "key-secret")) {
            qdict_put_obj(keys, qdict_entry_key(e), qobject_ref(qdict_entry_value(e)));
        }
    }
    return keys;
}

static int do_convert(ConvertArgs *a, const char *in_name, const char *out_name)
{
    /* Compressed clusters are packed as they come: order would leave all but one CPU idle. */
    Convert c = {.compressed = a->compressed,
                 .sparse = a->sparse,
                 .in_order = !a->compressed && !a->out_of_order};
    BlockDriver *drv = bdrv_find_format(a->out_fmt);
    g_autoptr(QDict) keys = NULL;
    Error *err = NULL;
    int ret = 1, flags = BDRV_O_RDWR | BDRV_O_UNMAP;

    if (!drv) {
        error_report("Unknown file format '%s'", a->out_fmt);
        return 1;
    }
    c.src = img_open(&a->in, in_name, 0);
    if (!c.src) {
        return 1;
    }
    c.total = blk_getlength(c.src);
    if (!a->no_create) {
        keys = key_secrets(a->opts);
        qdict_put_int(a->opts, "size", c.total);
        if (!bdrv_create(drv, out_name, a->opts, &err)) {
            error_reportf_err(err, "%s: error while converting %s: ", out_name, a->out_fmt);
            goto out;
        }
    }
    a->out.fmt = a->out_fmt;
    a->out.more = keys;
    c.dst = img_open(&a->out, out_name, flags);
    if (!c.dst) {
        goto out;
    }
    if (a->compressed && !bdrv_supports_compressed_writes(blk_bs(c.dst))) {
        error_report("Compression not supported for this file format");
        goto out;
    }
    if (blk_getlength(c.dst) < c.total) {
        error_report("output file is smaller than input file");
        goto out;
    }
    c.dst_zero = a->target_is_zero || (!a->no_create && bdrv_has_zero_init(blk_bs(c.dst)));
    ret = copy_image(&c, a->workers) < 0;
    img_progress_end();
out:
    blk_unref(c.dst);
    blk_unref(c.src);
    return ret;
}

int img_convert(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"help", no_argument, 0, 'h'},
        {"image-opts", no_argument, 0, 'I'},
        {"force-share", no_argument, 0, 'U'},
        {"target-is-zero", no_argument, 0, 'Z'},
        {"quiet", no_argument, 0, 'q'},
        {"progress", no_argument, 0, 'p'},
        {0},
    };
    ConvertArgs a = {.out_fmt = "raw", .sparse = 4096, .workers = 8};
    g_autoptr(QDict) opts = qdict_new();
    uint64_t value;
    bool help = false;
    int c;

    a.opts = opts;
    a.out.cache = "unsafe";
    while ((c = getopt_long(argc, argv, "hf:O:B:F:co:pS:qt:T:nm:WU", longopts, NULL)) != -1) {
        switch (c) {
        case 'O':
            a.out_fmt = optarg;
            break;
        case 'B':
            qdict_put_str(opts, "backing_file", optarg);
            break;
        case 'F':
            qdict_put_str(opts, "backing_fmt", optarg);
            break;
        case 'c':
            a.compressed = true;
            break;
        case 'o':
            if (!strcmp(optarg, "help")) {
                help = true;
            } else if (!img_add_options(opts, optarg)) {
                return 1;
            }
            break;
        case 'p':
            a.progress = true;
            break;
        case 'S':
            if (qemu_strtosz(optarg, NULL, &value) < 0 || value % 512) {
                error_report("Invalid buffer size for sparse output specified: '%s'; it is a "
                             "multiple of 512, or 0",
                             optarg);
                return 1;
            }
            a.sparse = value;
            break;
        case 't':
            a.out.cache = optarg;
            break;
        case 'T':
            a.in.cache = optarg;
            break;
        case 'n':
            a.no_create = true;
            break;
        case 'm':
            if (qemu_strtoi(optarg, NULL, 10, &a.workers) < 0 || a.workers < 1 ||
                a.workers > MAX_WORKERS) {
                error_report("Invalid number of coroutines. Allowed number of coroutines is "
                             "between 1 and %d",
                             MAX_WORKERS);
                return 1;
            }
            break;
        case 'W':
            a.out_of_order = true;
            break;
        case 'Z':
            a.target_is_zero = true;
            break;
        default:
            if (img_open_option(&a.in, c, optarg)) {
                break;
            }
            printf(
                "Usage: qemu-img convert [-f FMT] [-O OUT_FMT] [-c] [-p] [-q] [-n] [-o OPTIONS] "
                "[-S SIZE] [-m COROUTINES] [-W] [-t CACHE] [-T SRC_CACHE] FILENAME OUT_FILENAME\n");
            return c == 'h' ? 0 : 1;
        }
    }
    if (help) {
        BlockDriver *drv = bdrv_find_format(a.out_fmt);

        if (drv) {
            img_print_create_options(drv, NULL);
        }
        return !drv;
    }
    if (argc - optind != 2) {
        error_report("Must specify image file name and output file name");
        return 1;
    }
    if (a.out_of_order && a.compressed) {
        error_report("-W cannot be used with -c: compressed clusters are never in order");
        return 1;
    }
    if (a.target_is_zero && !a.no_create) {
        error_report("--target-is-zero requires use of -n flag");
        return 1;
    }
    img_progress_init(a.progress, a.in.quiet);
    return do_convert(&a, argv[optind], argv[optind + 1]);
}

/* ---- compare ---- */

/* 0: equal; 1: differ; 2: error. */
static int compare_range(BlockBackend *a, BlockBackend *b, int64_t offset, int64_t bytes,
                         uint8_t *buf, bool quiet)
{
    int64_t pa = 0, pb = 0, n;
    int ra = bdrv_block_status_above(blk_bs(a), NULL, offset, bytes, &pa, NULL, NULL);
    int rb = bdrv_block_status_above(blk_bs(b), NULL, offset, bytes, &pb, NULL, NULL);
    int ret;

    if (ra >= 0 && rb >= 0 && (ra & rb & BDRV_BLOCK_ZERO) && MIN(pa, pb) >= bytes) {
        return 0;
    }
    ret = blk_pread(a, offset, bytes, buf, 0);
    if (ret >= 0) {
        ret = blk_pread(b, offset, bytes, buf + CHUNK, 0);
    }
    if (ret < 0) {
        error_report("Error while reading offset %" PRId64 ": %s", offset, strerror(-ret));
        return 2;
    }
    if (memcmp(buf, buf + CHUNK, bytes)) {
        for (n = 0; buf[n] == buf[CHUNK + n]; n++) {
            /* To the first difference. */
        }
        img_print(quiet, "Content mismatch at offset %" PRId64 "!\n", offset + ROUND_DOWN(n, 512));
        return 1;
    }
    return 0;
}

/* The rest of the longer image must be zero. */
static int compare_tail(BlockBackend *blk, int64_t from, int64_t to, uint8_t *buf, bool quiet)
{
    for (int64_t pos = from; pos < to; pos += CHUNK) {
        int64_t n = MIN(CHUNK, to - pos);
        int ret = blk_pread(blk, pos, n, buf, 0);

        if (ret < 0) {
            error_report("Error while reading offset %" PRId64 ": %s", pos, strerror(-ret));
            return 2;
        }
        if (!buffer_is_zero(buf, n)) {
            img_print(quiet, "Content mismatch at offset %" PRId64 "!\n", pos);
            return 1;
        }
    }
    return 0;
}

static int do_compare(BlockBackend *a, BlockBackend *b, bool strict, bool quiet)
{
    int64_t la = blk_getlength(a), lb = blk_getlength(b), common = MIN(la, lb);
    uint8_t *buf = blk_blockalign(a, 2 * CHUNK);
    int ret = 0;

    if (la != lb && strict) {
        img_print(quiet, "Strict mode: Image size mismatch!\n");
        qemu_vfree(buf);
        return 1;
    }
    for (int64_t pos = 0; pos < common && !ret; pos += CHUNK) {
        ret = compare_range(a, b, pos, MIN(CHUNK, common - pos), buf, quiet);
        img_progress(pos, common);
    }
    if (!ret && la != lb) {
        img_print(quiet, "Warning: Image size mismatch!\n");
        ret = compare_tail(la > lb ? a : b, common, MAX(la, lb), buf, quiet);
    }
    qemu_vfree(buf);
    return ret;
}

int img_compare(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"help", no_argument, 0, 'h'},
        {"image-opts", no_argument, 0, 'I'},
        {"force-share", no_argument, 0, 'U'},
        {0},
    };
    ImgOpen a = {0}, b = {0};
    bool strict = false, progress = false;
    BlockBackend *x, *y;
    int c, ret = 2;

    while ((c = getopt_long(argc, argv, "hf:F:T:pqsU", longopts, NULL)) != -1) {
        switch (c) {
        case 'f':
            a.fmt = optarg;
            break;
        case 'F':
            b.fmt = optarg;
            break;
        case 'T':
            a.cache = b.cache = optarg;
            break;
        case 'p':
            progress = true;
            break;
        case 'q':
            a.quiet = b.quiet = true;
            break;
        case 's':
            strict = true;
            break;
        case 'I':
            a.image_opts = b.image_opts = true;
            break;
        case 'U':
            a.force_share = b.force_share = true;
            break;
        default:
            printf("Usage: qemu-img compare [-f FMT] [-F FMT] [-T CACHE] [-p] [-q] [-s] [-U] "
                   "FILENAME1 FILENAME2\n");
            return c == 'h' ? 0 : 2;
        }
    }
    if (argc - optind != 2) {
        error_report("Expecting two image file names");
        return 2;
    }
    img_progress_init(progress, a.quiet);
    x = img_open(&a, argv[optind], 0);
    y = x ? img_open(&b, argv[optind + 1], 0) : NULL;
    if (y) {
        ret = do_compare(x, y, strict, a.quiet);
        img_progress_end();
        if (ret == 0) {
            img_print(a.quiet, "Images are identical.\n");
        }
    }
    blk_unref(y);
    blk_unref(x);
    return ret;
}
