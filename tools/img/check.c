/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img check */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/error-report.h"

/* What there is none of is not said. */
static void put_count(QDict *d, const char *name, int64_t count)
{
    if (count) {
        qdict_put_int(d, name, count);
    }
}

static int print_check(BlockDriverState *bs, const BdrvCheckResult *r, bool json, bool quiet)
{
    if (json) {
        QDict *d = qdict_new();

        put_count(d, "image-end-offset", r->image_end_offset);
        qdict_put_int(d, "check-errors", r->check_errors);
        put_count(d, "corruptions", r->corruptions);
        put_count(d, "leaks", r->leaks);
        put_count(d, "corruptions-fixed", r->corruptions_fixed);
        put_count(d, "leaks-fixed", r->leaks_fixed);
        put_count(d, "total-clusters", r->bfi.total_clusters);
        put_count(d, "allocated-clusters", r->bfi.allocated_clusters);
        put_count(d, "fragmented-clusters", r->bfi.fragmented_clusters);
        put_count(d, "compressed-clusters", r->bfi.compressed_clusters);
        qdict_put_str(d, "filename", bs->filename);
        qdict_put_str(d, "format", bdrv_get_format_name(bs));
        if (!quiet) {
            img_print_json(QOBJECT(d));
        }
        qobject_unref(d);
    } else if (!r->corruptions && !r->leaks && !r->check_errors) {
        img_print(quiet, "No errors were found on the image.\n");
    } else {
        if (r->corruptions) {
            img_print(quiet,
                      "\n%d errors were found on the image.\nData may be corrupted, or "
                      "further writes to the image may corrupt it.\n",
                      r->corruptions);
        }
        if (r->leaks) {
            img_print(quiet,
                      "\n%d leaked clusters were found on the image.\nThis means waste of "
                      "disk space, but no harm to data.\n",
                      r->leaks);
        }
        if (r->check_errors) {
            img_print(quiet, "\n%d internal errors have occurred during the check.\n",
                      r->check_errors);
        }
    }
    if (!json && r->bfi.total_clusters && r->bfi.allocated_clusters) {
        img_print(quiet,
                  "%" PRIu64 "/%" PRIu64 " = %0.2f%% allocated, %0.2f%% fragmented, %0.2f%% "
                  "compressed clusters\n",
                  r->bfi.allocated_clusters, r->bfi.total_clusters,
                  r->bfi.allocated_clusters * 100.0 / r->bfi.total_clusters,
                  r->bfi.fragmented_clusters * 100.0 / r->bfi.allocated_clusters,
                  r->bfi.compressed_clusters * 100.0 / r->bfi.allocated_clusters);
    }
    if (!json && r->image_end_offset) {
        img_print(quiet, "Image end offset: %" PRId64 "\n", r->image_end_offset);
    }
    return r->check_errors ? 1 : r->corruptions ? 2 : r->leaks ? 3 : 0;
}

static const ImgOption check_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-r, --repair", "WHAT", "repair: leaks, which only waste room, or all"},
    {"-T, --cache", "CACHE", "how the file is read; see qemu-img convert --help"},
    IMG_OPT_OUTPUT,
    IMG_OPT_FORCE_SHARE,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax check_syntax = {
    .options = check_options,
    .operands = "FILE",
    .notes = "The status is 0 when the image is right or has been mended, 1 when it could not be "
             "checked, 2 when it is damaged, 3 when it wastes room, 63 when this format cannot be "
             "checked.",
};

int img_check(int argc, char **argv)
{
    ImgOpen how = {0};
    const char *filename;
    BdrvCheckResult result, before;
    BdrvCheckMode fix = 0;
    BlockBackend *blk;
    int c, ret;

    while ((c = img_next_option(&check_syntax, &how, argc, argv)) != -1) {
        switch (c) {
        case 'r':
            fix = !strcmp(optarg, "leaks") ? BDRV_FIX_LEAKS
                  : !strcmp(optarg, "all") ? BDRV_FIX_LEAKS | BDRV_FIX_ERRORS
                                           : 0;
            if (!fix) {
                error_report("-r expects 'leaks' or 'all', not '%s'", optarg);
                return 1;
            }
            break;
        case 'T':
            how.cache = optarg;
            break;
        default:
            return img_usage(c, &check_syntax, argv);
        }
    }
    filename = img_only_name(argc, argv);
    if (!filename) {
        return 1;
    }
    blk = img_open(&how, filename, BDRV_O_CHECK | BDRV_O_NO_BACKING | (fix ? BDRV_O_RDWR : 0));
    if (!blk) {
        return 1;
    }
    ret = bdrv_check(blk_bs(blk), &result, fix);
    if (ret == -ENOTSUP) {
        error_report("This image format does not support checks");
        blk_unref(blk);
        return 63;
    }
    if (ret >= 0 && (result.corruptions_fixed || result.leaks_fixed)) {
        img_print(how.quiet || how.json,
                  "The following inconsistencies were found and repaired:\n\n"
                  "    %d leaked clusters\n    %d corruptions\n\n"
                  "Double checking the fixed image now...\n",
                  result.leaks_fixed, result.corruptions_fixed);
        before = result;
        ret = bdrv_check(blk_bs(blk), &result, 0);
        result.leaks_fixed = before.leaks_fixed;
        result.corruptions_fixed = before.corruptions_fixed;
    }
    if (ret < 0) {
        error_report("Check failed: %s", strerror(-ret));
        result.check_errors += !result.check_errors;
    }
    ret = print_check(blk_bs(blk), &result, how.json, how.quiet);
    blk_unref(blk);
    return ret;
}
