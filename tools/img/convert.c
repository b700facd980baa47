/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img convert. Copying runs in several coroutines, compression in worker threads. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/dirty-bitmap.h"
#include "img.h"
#include "qemu/coroutine.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"

#define CHUNK       (2 * MiB)
#define MIN_DATA    (64 * KiB)
#define MAX_ZERO    (1 * GiB)
#define MAX_WORKERS 16

/* One of the images that are copied, one behind the other. */
typedef struct Source {
    BlockBackend *blk;
    int64_t start, size;
} Source;

typedef struct Convert {
    Source *src;
    int num_src;
    BlockBackend *dst;
    int64_t total;
    int64_t next; /* where the next chunk begins */
    int64_t done;
    int64_t chunk;
    int64_t sparse; /* bytes of zeroes in a row that are not written; 0: all is written */
    int64_t
        backing; /* up to here, what the source does not have itself is in the target's backing */
    bool compressed;
    bool dst_zero; /* what is not written reads as zeroes */
    bool in_order; /* chunks are written from the first to the last */
    bool salvage;  /* what cannot be read is zero */
    bool copy_range;
    uint64_t rate; /* bytes a second; 0: as fast as it goes */
    int64_t rate_next;
    CoMutex next_lock; /* next */
    int64_t turn;      /* with in_order: the offset of the chunk that is to be written next */
    CoQueue turn_changed;
    int workers;
    int ret;
} Convert;

/* What is to be done with a chunk. */
typedef enum ChunkKind {
    CHUNK_DATA,
    CHUNK_ZERO,
    CHUNK_SKIP, /* the target's backing file has it */
} ChunkKind;

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

/* ---- sources ---- */

static const Source *source_at(const Convert *c, int64_t offset)
{
    int i = 0;

    while (i + 1 < c->num_src && offset >= c->src[i + 1].start) {
        i++;
    }
    return &c->src[i];
}

/* A part that cannot be read is read in sectors, and those that cannot be are zero. */
static int coroutine_fn read_salvaged(const Source *s, int64_t offset, int64_t bytes, uint8_t *buf)
{
    for (int64_t n; bytes; offset += n, bytes -= n, buf += n) {
        int ret;

        n = MIN(bytes, BDRV_SECTOR_SIZE);
        ret = blk_co_pread(s->blk, offset, n, buf, 0);
        if (ret < 0) {
            warn_report("error while reading offset %" PRId64 ": %s", offset, strerror(-ret));
            memset(buf, 0, n);
        }
    }
    return 0;
}

static int coroutine_fn read_sources(const Convert *c, int64_t offset, int64_t bytes, uint8_t *buf)
{
    while (bytes) {
        const Source *s = source_at(c, offset);
        int64_t pos = offset - s->start, n = MIN(bytes, s->size - pos);
        int ret = blk_co_pread(s->blk, pos, n, buf, 0);

        if (ret < 0 && c->salvage) {
            ret = read_salvaged(s, pos, n, buf);
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

/* What is at @offset, and for how many bytes (of up to *@bytes). */
static int coroutine_fn chunk_status(const Convert *c, int64_t offset, int64_t *bytes,
                                     ChunkKind *kind)
{
    const Source *s = source_at(c, offset);
    BlockDriverState *bs = bdrv_skip_filters(blk_bs(s->blk));
    int64_t pos = offset - s->start, n = MIN(*bytes, s->size - pos), pnum = 0;
    bool top_only = offset < c->backing;
    int ret;

    n = top_only ? MIN(n, c->backing - offset) : n;
    ret = bdrv_co_block_status_above(bs, top_only ? bdrv_filter_or_cow_bs(bs) : NULL, pos, n, &pnum,
                                     NULL, NULL);
    *kind = CHUNK_DATA;
    if (ret < 0) {
        return c->salvage ? 0 : ret;
    }
    if (ret & BDRV_BLOCK_ZERO) {
        *kind = CHUNK_ZERO;
    } else if (top_only && !(ret & BDRV_BLOCK_ALLOCATED)) {
        *kind = CHUNK_SKIP;
    }
    *bytes = pnum ? pnum : n;
    return 0;
}

/* The next chunk, which the caller takes: *@bytes is 0 at the end. */
static int coroutine_fn next_chunk(Convert *c, int64_t *offset, int64_t *bytes, ChunkKind *kind)
{
    int64_t left, n;
    int ret = 0;

    qemu_co_mutex_lock(&c->next_lock);
    *offset = c->next;
    left = c->total - c->next;
    n = MIN(left, MAX_ZERO);
    *kind = CHUNK_DATA;
    if (left) {
        ret = chunk_status(c, c->next, &n, kind);
    }
    if (c->compressed && n < left) {
        n = ROUND_DOWN(n, c->chunk);
    }
    if (*kind == CHUNK_ZERO && !c->sparse && !c->compressed) {
        *kind = CHUNK_DATA;
    }
    if (*kind == CHUNK_DATA || !n) {
        /* Not in small pieces, and clusters that are compressed wholly. */
        n = MIN(MIN(MAX(n, c->compressed ? c->chunk : MIN_DATA), c->chunk), left);
        *kind = CHUNK_DATA;
    }
    *bytes = n;
    c->next += n;
    qemu_co_mutex_unlock(&c->next_lock);
    return ret;
}

/* ---- copying ---- */

static int coroutine_fn write_zero_range(Convert *c, int64_t offset, int64_t bytes)
{
    return c->dst_zero ? 0 : blk_co_pwrite_zeroes(c->dst, offset, bytes, BDRV_REQ_MAY_UNMAP);
}

static int coroutine_fn write_data(Convert *c, int64_t offset, int64_t bytes, const uint8_t *buf)
{
    int64_t step = c->compressed ? c->chunk : c->sparse ? c->sparse : bytes;

    while (bytes) {
        bool zero = false;
        int64_t n = c->sparse || c->compressed ? same_kind(buf, bytes, step, &zero) : bytes;
        int ret;

        if (c->compressed) {
            n = MIN(n, step);
        }
        if (zero) {
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

/* Without this process seeing the data; -ENOTSUP where that cannot be. */
static int coroutine_fn copy_offloaded(const Convert *c, int64_t offset, int64_t bytes)
{
    const Source *s = source_at(c, offset);
    int64_t pos = offset - s->start;

    if (!c->copy_range || pos + bytes > s->size) {
        return -ENOTSUP;
    }
    return blk_co_copy_range(s->blk, pos, c->dst, offset, bytes, 0, 0);
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

static void coroutine_fn keep_rate(Convert *c, int64_t bytes)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME), when;

    if (c->rate) {
        when = img_rate_next(&c->rate_next, c->rate, bytes);
        if (when > now) {
            qemu_co_sleep_ns(QEMU_CLOCK_REALTIME, when - now);
        }
    }
}

/* A chunk that has been read to @buf if it is data. */
static int coroutine_fn write_chunk(Convert *c, int64_t offset, int64_t bytes, ChunkKind kind,
                                    const uint8_t *buf)
{
    switch (kind) {
    case CHUNK_SKIP:
        return 0;
    case CHUNK_ZERO:
        return write_zero_range(c, offset, bytes);
    default:
        return write_data(c, offset, bytes, buf);
    }
}

static void coroutine_fn convert_worker(void *opaque)
{
    Convert *c = opaque;
    uint8_t *buf = blk_blockalign(c->dst, c->chunk);

    while (c->ret >= 0) {
        int64_t offset, bytes;
        ChunkKind kind;
        bool copied = false;
        const char *doing = "reading";
        int ret = next_chunk(c, &offset, &bytes, &kind);

        if (!bytes) {
            c->ret = MIN(c->ret, ret);
            break;
        }
        if (ret >= 0 && kind == CHUNK_DATA) {
            copied = c->copy_range && copy_offloaded(c, offset, bytes) >= 0;
            ret = copied ? 0 : read_sources(c, offset, bytes, buf);
        }
        if (!wait_turn(c, offset)) {
            break;
        }
        if (ret >= 0 && !copied) {
            doing = "writing";
            ret = write_chunk(c, offset, bytes, kind, buf);
        }
        /* Others fail for the same reason, which has been told. */
        if (ret < 0 && c->ret >= 0) {
            error_report("error while %s at byte %" PRId64 ": %s", doing, offset, strerror(-ret));
        }
        pass_turn(c, offset + bytes, ret);
        if (ret < 0) {
            break;
        }
        if (kind == CHUNK_DATA) {
            keep_rate(c, bytes);
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
    qemu_co_mutex_init(&c->next_lock);
    for (int i = 0; i < workers; i++) {
        qemu_coroutine_enter(qemu_coroutine_create(convert_worker, c));
    }
    AIO_WAIT_WHILE(qemu_get_aio_context(), c->workers > 0);
    if (c->ret >= 0) {
        c->ret = blk_flush(c->dst);
        if (c->ret < 0) {
            error_report("error while flushing the output: %s", strerror(-c->ret));
        }
    }
    return c->ret;
}

/* ---- bitmaps ---- */

static bool supports_bitmaps(BlockDriverState *bs)
{
    return bs->drv->bdrv_supports_persistent_dirty_bitmap &&
           bs->drv->bdrv_supports_persistent_dirty_bitmap(bs);
}

static bool check_bitmaps(BlockDriverState *bs, bool skip_broken)
{
    if (!supports_bitmaps(bs)) {
        error_report("Source lacks bitmap support: '%s' is of format '%s'%s", bs->filename,
                     bdrv_get_format_name(bs),
                     bs->drv->bdrv_supports_persistent_dirty_bitmap ? ", but of an old version"
                                                                    : "");
        return false;
    }
    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(bs); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        if (!bdrv_dirty_bitmap_inconsistent(bm)) {
            continue;
        }
        if (!skip_broken) {
            error_report("Cannot copy inconsistent bitmap '%s'", bdrv_dirty_bitmap_name(bm));
            error_printf("Try --skip-broken-bitmaps, or use 'qemu-img bitmap --remove'\n");
            return false;
        }
        warn_report("Skipping inconsistent bitmap '%s'", bdrv_dirty_bitmap_name(bm));
    }
    return true;
}

static bool copy_bitmaps(BlockDriverState *src, BlockDriverState *dst)
{
    for (BdrvDirtyBitmap *bm = bdrv_dirty_bitmap_first(src); bm; bm = bdrv_dirty_bitmap_next(bm)) {
        const char *name = bdrv_dirty_bitmap_name(bm);
        Error *err = NULL;

        if (!name || bdrv_dirty_bitmap_inconsistent(bm)) {
            continue;
        }
        if (!img_add_bitmap(dst, name, bdrv_dirty_bitmap_granularity(bm),
                            !bdrv_dirty_bitmap_enabled(bm), &err) ||
            !bdrv_merge_dirty_bitmap(bdrv_find_dirty_bitmap(dst, name), bm, NULL, &err)) {
            error_reportf_err(err, "Failed to populate bitmap %s: ", name);
            return false;
        }
    }
    return true;
}

/* ---- the command ---- */

typedef struct ConvertArgs {
    ImgOpen in, out;
    const char *out_fmt, *snapshot;
    QDict *opts;
    bool compressed, no_create, target_is_zero, out_of_order, salvage, copy_range;
    bool bitmaps, skip_broken;
    bool sparse_given; /* with -S, even if it is as without */
    int64_t sparse;
    uint64_t rate;
    int workers;
} ConvertArgs;

static bool open_sources(Convert *c, const ConvertArgs *a, char **names, int n)
{
    c->src = g_new0(Source, n);
    for (int i = 0; i < n; i++) {
        Source *s = &c->src[i];

        s->blk = img_open(&a->in, names[i], 0);
        if (!s->blk) {
            return false;
        }
        c->num_src++;
        if (a->snapshot && !img_load_snapshot(s->blk, a->snapshot)) {
            return false;
        }
        s->start = c->total;
        s->size = blk_getlength(s->blk);
        if (s->size < 0) {
            error_report("Could not get size of %s: %s", names[i], strerror(-s->size));
            return false;
        }
        c->total += s->size;
    }
    return !a->bitmaps || check_bitmaps(blk_bs(c->src[0].blk), a->skip_broken);
}

static const char no_compression[] = "Compression not supported for this file format";

static bool create_target(Convert *c, ConvertArgs *a, const char *name)
{
    BlockDriver *drv = img_find_format(a->out_fmt, NULL);
    Error *err = NULL;

    if (!drv) {
        return false;
    }
    if (qdict_haskey(a->opts, "backing_file") && !drv->supports_backing) {
        error_report("Backing file not supported for file format '%s'", a->out_fmt);
        return false;
    }
    if (a->compressed && !drv->bdrv_co_pwritev_compressed_part) {
        error_report(no_compression);
        return false;
    }
    if (qdict_haskey(a->opts, "backing_file") && !qdict_haskey(a->opts, "backing_fmt")) {
        error_report("Use of backing file requires explicit backing format: give it with -F");
        return false;
    }
    if (!qdict_haskey(a->opts, "size")) {
        qdict_put_int(a->opts, "size", c->total);
    }
    if (!bdrv_create(drv, name, a->opts, &err)) {
        error_reportf_err(err, "%s: error while converting %s: ", name, a->out_fmt);
        return false;
    }
    return true;
}

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

/* What the source has from its backing file is in the target's, as far as that goes. */
static int64_t backing_length(Convert *c)
{
    BlockDriverState *backing = bdrv_cow_bs(bdrv_skip_filters(blk_bs(c->dst)));
    int64_t length = backing ? bdrv_getlength(backing) : 0;

    return MIN(MAX(length, 0), c->total);
}

static int convert_to(Convert *c, ConvertArgs *a, const char *name, bool has_backing)
{
    int ret;

    for (int i = 0; i < c->num_src; i++) {
        if (!img_check_target(c->dst, c->src[i].blk)) {
            return 1;
        }
    }
    if (a->compressed && !bdrv_supports_compressed_writes(blk_bs(c->dst))) {
        error_report(no_compression);
        return 1;
    }
    if (a->bitmaps && !supports_bitmaps(blk_bs(c->dst))) {
        error_report("Format driver '%s' does not support bitmaps%s",
                     bdrv_get_format_name(blk_bs(c->dst)),
                     blk_bs(c->dst)->drv->bdrv_supports_persistent_dirty_bitmap
                         ? " in this version of the format"
                         : "");
        return 1;
    }
    if (blk_getlength(c->dst) < c->total) {
        error_report("output file is smaller than input file: '%s' has %" PRId64
                     " bytes of %" PRId64,
                     name, blk_getlength(c->dst), c->total);
        return 1;
    }
    c->backing = has_backing ? backing_length(c) : 0;
    c->dst_zero =
        a->target_is_zero || (!a->no_create && !has_backing && bdrv_has_zero_init(blk_bs(c->dst)));
    ret = copy_image(c, a->workers) < 0;
    img_progress_end(!ret);
    if (ret || !a->bitmaps) {
        return ret;
    }
    return !copy_bitmaps(blk_bs(c->src[0].blk), blk_bs(c->dst)) || !img_settle(c->dst);
}

static int do_convert(ConvertArgs *a, char **names, int n, const char *out_name)
{
    /* Compressed clusters are packed as they come: order would leave all but one CPU idle. */
    Convert c = {.compressed = a->compressed,
                 .sparse = a->sparse,
                 .salvage = a->salvage,
                 .copy_range = a->copy_range,
                 .rate = a->rate,
                 .in_order = !a->compressed && !a->out_of_order};
    bool has_backing = qdict_haskey(a->opts, "backing_file");
    g_autoptr(QDict) keys = a->no_create ? qdict_new() : key_secrets(a->opts);
    int ret = 1;

    a->out.more = keys;

    if (open_sources(&c, a, names, n) && (a->no_create || create_target(&c, a, out_name))) {
        if (!a->out.image_opts) {
            a->out.fmt = a->out_fmt;
        }
        c.dst = img_open(&a->out, out_name, BDRV_O_RDWR | BDRV_O_UNMAP);
        ret = c.dst ? convert_to(&c, a, out_name, has_backing) : 1;
    }
    blk_unref(c.dst);
    for (int i = 0; i < c.num_src; i++) {
        blk_unref(c.src[i].blk);
    }
    g_free(c.src);
    return ret;
}

enum {
    OPT_TARGET_OPTS = 256,
    OPT_SALVAGE,
    OPT_BITMAPS,
    OPT_SKIP_BROKEN,
    OPT_TARGET_IS_ZERO,
};

static bool parse_number(ConvertArgs *a, int c, const char *arg)
{
    uint64_t value;

    switch (c) {
    case 'S':
        if (qemu_strtosz(arg, NULL, &value) < 0 || value % 512) {
            error_report("Invalid buffer size for sparse output specified: '%s'; it is a "
                         "multiple of 512, or 0",
                         arg);
            return false;
        }
        a->sparse = MIN(value, CHUNK);
        a->sparse_given = true;
        return true;
    case 'm':
        if (qemu_strtoi(arg, NULL, 10, &a->workers) < 0 || a->workers < 1 ||
            a->workers > MAX_WORKERS) {
            error_report("Invalid number of coroutines. Allowed number of coroutines is "
                         "between 1 and %d, not '%s'",
                         MAX_WORKERS, arg);
            return false;
        }
        return true;
    default:
        return img_parse_size("rate limit", arg, 0, INT64_MAX, &a->rate);
    }
}

static bool parse_flag(ConvertArgs *a, int c)
{
    bool *const flags[] = {
        ['c'] = &a->compressed,
        ['n'] = &a->no_create,
        ['W'] = &a->out_of_order,
        ['C'] = &a->copy_range,
        [OPT_TARGET_OPTS] = &a->out.image_opts,
        [OPT_SALVAGE] = &a->salvage,
        [OPT_BITMAPS] = &a->bitmaps,
        [OPT_SKIP_BROKEN] = &a->skip_broken,
        [OPT_TARGET_IS_ZERO] = &a->target_is_zero,
    };

    if (c < 0 || c >= ARRAY_SIZE(flags) || !flags[c]) {
        return false;
    }
    *flags[c] = true;
    return true;
}

/* Options that do not go together. */
static bool check_args(const ConvertArgs *a, int sources)
{
    const char *wrong = NULL;

    if (sources < 1) {
        wrong = "Must specify image file name and output file name";
    } else if (a->copy_range && a->compressed) {
        wrong = "Cannot enable copy offloading when -c is used";
    } else if (a->copy_range && a->sparse_given) {
        wrong = "Cannot enable copy offloading when -S is used";
    } else if (a->copy_range && a->salvage) {
        wrong = "Cannot use copy offloading in salvaging mode";
    } else if (a->target_is_zero && !a->no_create) {
        wrong = "--target-is-zero requires use of -n flag";
    } else if (a->out.image_opts && !a->no_create) {
        wrong = "--target-image-opts requires use of -n flag";
    } else if (a->out.image_opts && a->out_fmt) {
        wrong = "--target-image-opts and -O are mutually exclusive";
    } else if (a->skip_broken && !a->bitmaps) {
        wrong = "Use of --skip-broken-bitmaps requires --bitmaps";
    } else if (sources > 1 && a->bitmaps) {
        wrong = "Copying bitmaps only possible with single source";
    } else if (sources > 1 && a->snapshot) {
        wrong = "No support for concatenating multiple snapshot";
    } else if (sources > 1 && qdict_haskey(a->opts, "backing_file")) {
        wrong = "Having a backing file for the target makes no sense when concatenating multiple "
                "input images";
    }
    if (wrong) {
        img_misused("%s", wrong);
    }
    return !wrong;
}

static const ImgOption convert_options[] = {
    {"-f, --source-format, --format", "FMT", "format of FILE; without it, what it looks like"},
    IMG_OPT_IMAGE_OPTS,
    {"-T, --source-cache", "CACHE", "how FILE is read (writeback)"},
    {"-l, --snapshot", "SNAPSHOT",
     "a snapshot inside of FILE: its id or name, or snapshot.id=ID, snapshot.name=NAME"},
    {"--bitmaps", NULL, "copy dirty bitmaps too", .value = OPT_BITMAPS},
    {"--skip-broken-bitmaps", NULL, "with --bitmaps: but those that are inconsistent",
     .value = OPT_SKIP_BROKEN},
    {"--salvage", NULL, "what cannot be read becomes zeroes, instead of an error",
     .value = OPT_SALVAGE},
    {"-O, --target-format", "FMT", "format of TARGET (raw)"},
    {"-o, --target-format-options", "OPTIONS",
     "options of that format; \"-O FMT -o help\" lists them"},
    {"--target-image-opts", NULL, "TARGET is options of a node; needs -n",
     .value = OPT_TARGET_OPTS},
    {"-t, --target-cache", "CACHE", "how TARGET is written (unsafe)"},
    {"-n, --no-create", NULL, "TARGET exists: do not create it"},
    {"--target-is-zero", NULL, "TARGET reads as zeroes, so that none need be written; needs -n",
     .value = OPT_TARGET_IS_ZERO},
    {"-b, -B, --backing", "BASE",
     "TARGET gets BASE as its backing file, and only what differs is copied"},
    {"-F, --backing-format", "FMT", "format of BASE"},
    {"-c", NULL, "compress what is written to TARGET"},
    {"-S, --sparse-size", "SIZE", "so many zero bytes in a row become a hole (4k); 0: none do"},
    {"-C, --copy-range-offloading", NULL, "let the host's file system copy, where it can"},
    {"-m, --parallel", "COUNT", "so many requests at once (8)"},
    {"-W, --oob-writes", NULL, "write in any order, faster for preallocated targets"},
    {"-r, --rate-limit", "BYTES", "at most so many bytes a second; 0: as fast as it goes"},
    IMG_OPT_PROGRESS,
    IMG_OPT_FORCE_SHARE,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax convert_syntax = {
    .options = convert_options,
    .operands = "FILE... TARGET",
    .notes = "Several files are put behind one another. CACHE is none, writeback, writethrough, "
             "directsync or unsafe.",
};

int img_convert(int argc, char **argv)
{
    ConvertArgs a = {.sparse = 4096, .workers = 8};
    g_autoptr(QDict) opts = qdict_new();
    bool help = false;
    int c;

    a.opts = opts;
    a.out.cache = "unsafe";
    while ((c = img_next_option(&convert_syntax, &a.in, argc, argv)) != -1) {
        switch (c) {
        case 'O':
            a.out_fmt = optarg;
            break;
        case 'b':
            qdict_put_str(opts, "backing_file", optarg);
            break;
        case 'F':
            qdict_put_str(opts, "backing_fmt", optarg);
            break;
        case 'o':
            if (!img_add_options(opts, optarg, &help)) {
                return 1;
            }
            break;
        case 'l':
            a.snapshot = optarg;
            break;
        case 't':
            a.out.cache = optarg;
            break;
        case 'T':
            a.in.cache = optarg;
            break;
        case 'S':
        case 'm':
        case 'r':
            if (!parse_number(&a, c, optarg)) {
                return 1;
            }
            break;
        default:
            if (parse_flag(&a, c)) {
                break;
            }
            return img_usage(c, &convert_syntax, argv);
        }
    }
    if (help) {
        return img_show_create_options(a.out_fmt ? a.out_fmt : "raw");
    }
    if (!check_args(&a, argc - optind - 1)) {
        return 1;
    }
    a.out_fmt = a.out_fmt ? a.out_fmt : "raw";
    img_progress_init(&a.in);
    return do_convert(&a, argv + optind, argc - optind - 1, argv[argc - 1]);
}
