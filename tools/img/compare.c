/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img compare */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

#define CHUNK (2 * MiB)

/* What must be the same in strict mode. */
#define KIND (BDRV_BLOCK_DATA | BDRV_BLOCK_ZERO | BDRV_BLOCK_ALLOCATED)

/* Of what KIND an image is from @offset on, and how far, up to @bytes. Unknown: of none. */
static int64_t kind_at(BlockBackend *blk, int64_t offset, int64_t bytes, int *kind)
{
    int64_t n = 0;
    int ret = bdrv_block_status_above(blk_bs(blk), NULL, offset, bytes, &n, NULL, NULL);

    *kind = ret < 0 ? 0 : ret & KIND;
    return ret < 0 || n <= 0 ? bytes : n;
}

/* Reports the first byte that is not the same; @b NULL: that is not zero. False: there is none. */
static bool show_mismatch(int64_t offset, int64_t bytes, const uint8_t *a, const uint8_t *b,
                          bool quiet)
{
    int64_t n;

    if (b ? !memcmp(a, b, bytes) : buffer_is_zero(a, bytes)) {
        return false;
    }
    for (n = 0; a[n] == (b ? b[n] : 0); n++) {
        /* To the first difference. */
    }
    img_print(quiet, "Content mismatch at offset %" PRId64 "!\n", offset + ROUND_DOWN(n, 512));
    return true;
}

static bool read_part(BlockBackend *blk, int64_t offset, int64_t bytes, uint8_t *buf)
{
    int ret = blk_pread(blk, offset, bytes, buf, 0);

    if (ret < 0) {
        error_report("Error while reading offset %" PRId64 ": %s", offset, strerror(-ret));
    }
    return ret >= 0;
}

/*
 * From @offset on, as far as both images are of one kind: *@bytes is how far. What is known to be
 * zero is not read. @strict: the kinds must be the same, too. 0: equal; 1: differ; 2: error.
 */
static int compare_part(BlockBackend *a, BlockBackend *b, int64_t offset, int64_t *bytes,
                        uint8_t *buf, bool strict, bool quiet)
{
    bool zero_a, zero_b;
    int kind_a, kind_b;

    *bytes = kind_at(a, offset, *bytes, &kind_a);
    *bytes = kind_at(b, offset, *bytes, &kind_b);
    if (strict && kind_a != kind_b) {
        img_print(quiet, "Strict mode: Offset %" PRId64 " block status mismatch!\n", offset);
        return 1;
    }
    zero_a = kind_a & BDRV_BLOCK_ZERO;
    zero_b = kind_b & BDRV_BLOCK_ZERO;
    if (zero_a && zero_b) {
        return 0;
    }
    *bytes = MIN(*bytes, CHUNK);
    if ((!zero_a && !read_part(a, offset, *bytes, buf)) ||
        (!zero_b && !read_part(b, offset, *bytes, buf + CHUNK))) {
        return 2;
    }
    return show_mismatch(offset, *bytes, zero_a ? buf + CHUNK : buf,
                         zero_a || zero_b ? NULL : buf + CHUNK, quiet);
}

/* The rest of the longer image must be zero. */
static int compare_tail(BlockBackend *blk, int64_t from, int64_t to, uint8_t *buf, bool quiet)
{
    for (int64_t pos = from, n; pos < to; pos += n) {
        int kind;

        n = kind_at(blk, pos, to - pos, &kind);
        if (kind & BDRV_BLOCK_ZERO) {
            continue;
        }
        n = MIN(n, CHUNK);
        if (!read_part(blk, pos, n, buf)) {
            return 2;
        }
        if (show_mismatch(pos, n, buf, NULL, quiet)) {
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
    for (int64_t pos = 0, n; pos < common && !ret; pos += n) {
        n = common - pos;
        ret = compare_part(a, b, pos, &n, buf, strict, quiet);
        img_progress(pos + n, common);
    }
    if (!ret && la != lb) {
        img_print(quiet, "Warning: Image size mismatch!\n");
        ret = compare_tail(la > lb ? a : b, common, MAX(la, lb), buf, quiet);
    }
    qemu_vfree(buf);
    return ret;
}

static const ImgOption compare_options[] = {
    {"-f, --a-format, --format", "FMT", "format of FILE1; without it, what it looks like"},
    {"-F, --b-format", "FMT", "format of FILE2"},
    IMG_OPT_IMAGE_OPTS,
    {"-s, --strict", NULL, "compare also their sizes and what is allocated"},
    {"-T, --cache", "CACHE", "how both are read; see qemu-img convert --help"},
    IMG_OPT_PROGRESS,
    IMG_OPT_FORCE_SHARE,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax compare_syntax = {
    .options = compare_options,
    .operands = "FILE1 FILE2",
    .notes = "The status is 0 when they are the same, 1 when not or misused, above after an error.",
};

int img_compare(int argc, char **argv)
{
    ImgOpen a = {0}, b;
    const char *b_fmt = NULL;
    bool strict = false;
    BlockBackend *x, *y;
    int c, ret = 2;

    while ((c = img_next_option(&compare_syntax, &a, argc, argv)) != -1) {
        switch (c) {
        case 'F':
            b_fmt = optarg;
            break;
        case 'T':
            a.cache = optarg;
            break;
        case 's':
            strict = true;
            break;
        default:
            return img_usage(c, &compare_syntax, argv);
        }
    }
    if (argc - optind != 2) {
        return img_misused("Expecting two image file names");
    }
    b = a;
    b.fmt = b_fmt;
    img_progress_init(&a);
    x = img_open(&a, argv[optind], 0);
    y = x ? img_open(&b, argv[optind + 1], 0) : NULL;
    if (y) {
        ret = do_compare(x, y, strict, a.quiet);
        img_progress_end(ret == 0);
        if (ret == 0) {
            img_print(a.quiet, "Images are identical.\n");
        }
    }
    blk_unref(y);
    blk_unref(x);
    return ret;
}
