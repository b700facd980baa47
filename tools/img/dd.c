/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img dd: copies a part of an image, with operands like those of dd. */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

#define MIN_CHUNK (1 * MiB)

typedef struct Dd {
    ImgOpen in;
    const char *out_fmt;
    char *from, *to;
    uint64_t bs, count, skip; /* count: UINT64_MAX: all */
} Dd;

static bool parse_operand(Dd *d, const char *arg)
{
    const char *value;

    if (strstart(arg, "if=", &value)) {
        d->from = (char *)value;
    } else if (strstart(arg, "of=", &value)) {
        d->to = (char *)value;
    } else if (strstart(arg, "bs=", &value)) {
        return img_parse_size("bs", value, 1, INT_MAX, &d->bs);
    } else if (strstart(arg, "count=", &value)) {
        return img_parse_size("count", value, 0, INT64_MAX, &d->count);
    } else if (strstart(arg, "skip=", &value)) {
        return img_parse_size("skip", value, 0, INT64_MAX, &d->skip);
    } else {
        img_misused("unrecognized operand %s; known are if=, of=, bs=, count= and skip=", arg);
        return false;
    }
    return true;
}

/* Who closes an image has nobody to tell what could not be written. */
static int flush(BlockBackend *out)
{
    int ret = blk_flush(out);

    if (ret < 0) {
        error_report("error while flushing the output image file: %s", strerror(-ret));
    }
    return ret < 0;
}

static int copy(const Dd *d, BlockBackend *in, BlockBackend *out, int64_t pos, int64_t end)
{
    /* Blocks say how much, not in which pieces. */
    int64_t chunk =
        d->bs < MIN_CHUNK ? MIN_CHUNK / (int64_t)d->bs * (int64_t)d->bs : (int64_t)d->bs;
    g_autofree uint8_t *buf = g_try_malloc(chunk);
    int64_t out_pos = 0;

    if (!buf) {
        error_report("not enough memory for bs=%" PRIu64, d->bs);
        return 1;
    }
    while (pos < end) {
        int64_t n = MIN(chunk, end - pos);
        int ret = blk_pread(in, pos, n, buf, 0);

        if (ret < 0) {
            error_report("error while reading from input image file: %s", strerror(-ret));
            return 1;
        }
        ret = blk_pwrite(out, out_pos, n, buf, 0);
        if (ret < 0) {
            error_report("error while writing to output image file: %s", strerror(-ret));
            return 1;
        }
        pos += n;
        out_pos += n;
    }
    return flush(out);
}

static BlockBackend *make_target(const Dd *d, int64_t size)
{
    BlockDriver *drv = img_find_format(d->out_fmt, NULL);
    g_autoptr(QDict) opts = qdict_new();
    ImgOpen out = {.fmt = d->out_fmt};
    Error *err = NULL;

    if (!drv) {
        return NULL;
    }
    qdict_put_int(opts, "size", size);
    if (!bdrv_create(drv, d->to, opts, &err)) {
        error_reportf_err(err, "%s: error while creating output image of type %s: ", d->to,
                          d->out_fmt);
        return NULL;
    }
    return img_open(&out, d->to, BDRV_O_RDWR);
}

/* The end counts from the start of the image, not from where the copy begins. */
static int dd(const Dd *d)
{
    BlockBackend *in = img_open(&d->in, d->from, 0), *out;
    int64_t length, size, start;
    int ret = 1;

    if (!in) {
        return 1;
    }
    size = length = blk_getlength(in);
    if (size < 0) {
        error_report("Failed to get size for '%s'", d->from);
        blk_unref(in);
        return 1;
    }
    if (d->count != UINT64_MAX && d->count <= INT64_MAX / d->bs) {
        size = MIN(size, (int64_t)(d->count * d->bs));
    }
    start = d->skip > INT64_MAX / d->bs ? INT64_MAX : (int64_t)(d->skip * d->bs);
    if (start > size && d->skip) {
        error_report("%s: cannot skip to specified offset %" PRId64 ", the %s %" PRId64, d->from,
                     start, size < length ? "blocks of count= end at" : "image has a size of",
                     size);
        start = size;
    }
    out = make_target(d, size - start);
    if (out) {
        ret = copy(d, in, out, start, size);
    }
    blk_unref(out);
    blk_unref(in);
    return ret;
}

static const ImgOption dd_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-O, --output-format", "FMT", "format of TARGET (raw)"},
    IMG_OPT_FORCE_SHARE,
    {0},
};
static const ImgSyntax dd_syntax = {
    .options = dd_options,
    .operands = "[bs=SIZE] [count=N] [skip=N] if=FILE of=TARGET",
    .notes = "N is in blocks of SIZE (512). Those that skip= leaves out belong to those of count=.",
};

int img_dd(int argc, char **argv)
{
    Dd d = {.out_fmt = "raw", .bs = 512, .count = UINT64_MAX};
    int c;

    while ((c = img_next_option(&dd_syntax, &d.in, argc, argv)) != -1) {
        if (c == 'O') {
            d.out_fmt = optarg;
        } else {
            return img_usage(c, &dd_syntax, argv);
        }
    }
    for (int i = optind; i < argc; i++) {
        if (!parse_operand(&d, argv[i])) {
            return 1;
        }
    }
    if (!d.from || !d.to) {
        return img_misused("Must specify both input and output files");
    }
    return dd(&d);
}
