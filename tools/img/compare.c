/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img compare */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

#define CHUNK (2 * MiB)

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
        IMG_COMMON_OPTIONS,
        {"a-format", required_argument, 0, 'f'},
        {"b-format", required_argument, 0, 'F'},
        {"cache", required_argument, 0, 'T'},
        {"progress", no_argument, 0, 'p'},
        {"strict", no_argument, 0, 's'},
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
            return img_usage(c, "compare",
                             "[--object OBJECT] [--image-opts] [-f FMT] [-F FMT] [-T CACHE] [-p] "
                             "[-q] [-s] [-U] FILENAME1 FILENAME2")
                       ? 2
                       : 0;
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
