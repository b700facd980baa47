/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img measure: how large a file would be. */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/error-report.h"

static void show(const BlockMeasureInfo *info, bool json)
{
    if (json) {
        QDict *d = qdict_new();

        qdict_put_int(d, "required", info->required);
        qdict_put_int(d, "fully-allocated", info->fully_allocated);
        if (info->has_bitmaps) {
            qdict_put_int(d, "bitmaps", info->bitmaps);
        }
        img_print_json(QOBJECT(d));
        qobject_unref(d);
        return;
    }
    printf("required size: %" PRIu64 "\nfully allocated size: %" PRIu64 "\n", info->required,
           info->fully_allocated);
    if (info->has_bitmaps) {
        printf("bitmaps size: %" PRIu64 "\n", info->bitmaps);
    }
}

typedef struct MeasureArgs {
    ImgOpen how;
    const char *out_fmt, *snapshot;
    uint64_t size; /* UINT64_MAX: of the image */
    QDict *opts;
} MeasureArgs;

static int measure(MeasureArgs *a, const char *filename)
{
    BlockDriver *drv = img_find_format(a->out_fmt, NULL);
    g_autofree BlockMeasureInfo *info = NULL;
    BlockBackend *blk = NULL;
    Error *err = NULL;

    if (!drv) {
        return 1;
    }
    if (filename) {
        blk = img_open(&a->how, filename, 0);
        if (!blk || (a->snapshot && !img_load_snapshot(blk, a->snapshot))) {
            blk_unref(blk);
            return 1;
        }
    } else {
        qdict_put_int(a->opts, "size", a->size);
    }
    info = bdrv_measure(drv, a->opts, blk ? blk_bs(blk) : NULL, &err);
    blk_unref(blk);
    if (!info) {
        error_report_err(err);
        return 1;
    }
    show(info, a->how.json);
    return 0;
}

static bool check_args(const MeasureArgs *a, int names)
{
    if (names > 1) {
        img_misused("At most one filename argument is allowed.");
    } else if (!names && (a->how.image_opts || a->how.fmt || a->snapshot)) {
        img_misused("--image-opts, -f, and -l require a filename argument.");
    } else if (!names && a->size == UINT64_MAX) {
        img_misused("Either --size N or one filename must be specified.");
    } else if (names && a->size != UINT64_MAX) {
        img_misused("--size N cannot be used together with a filename.");
    } else {
        return true;
    }
    return false;
}

static const ImgOption measure_options[] = {
    {"-s, --size", "SIZE", "the size of the disk"},
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-l, --snapshot", "SNAPSHOT", "a snapshot inside of FILE"},
    {"-O, --target-format", "FMT", "format of the file that would be made (raw)"},
    {"-o, --options", "OPTIONS", "options of that format; \"-O FMT -o help\" lists them"},
    IMG_OPT_OUTPUT,
    IMG_OPT_FORCE_SHARE,
    {0},
};
static const ImgSyntax measure_syntax = {
    .options = measure_options,
    .operands = "[FILE]",
    .notes = "FILE is what would be copied; without it, -s says how large the disk is.",
};

int img_measure(int argc, char **argv)
{
    g_autoptr(QDict) opts = qdict_new();
    MeasureArgs a = {.out_fmt = "raw", .size = UINT64_MAX, .opts = opts};
    bool help = false;
    int c;

    while ((c = img_next_option(&measure_syntax, &a.how, argc, argv)) != -1) {
        switch (c) {
        case 's':
            if (!img_parse_size("image size", optarg, 0, INT64_MAX - BDRV_SECTOR_SIZE, &a.size)) {
                return 1;
            }
            break;
        case 'l':
            a.snapshot = optarg;
            break;
        case 'o':
            if (!img_add_options(opts, optarg, &help)) {
                return 1;
            }
            break;
        case 'O':
            a.out_fmt = optarg;
            break;
        default:
            return img_usage(c, &measure_syntax, argv);
        }
    }
    if (help) {
        return img_show_create_options(a.out_fmt);
    }
    return check_args(&a, argc - optind) ? measure(&a, argv[optind]) : 1;
}
