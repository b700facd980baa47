/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img amend: changes what was chosen when an image was made. */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/error-report.h"

typedef struct AmendArgs {
    ImgOpen how;
    QDict *opts;
    bool force;
} AmendArgs;

static void show_progress(void *opaque, int64_t done, int64_t total)
{
    img_progress(done, total);
}

/* The driver of the format that was given, or else the one that the image has. */
static BlockDriver *find_driver(const ImgOpen *how, const char *filename)
{
    BlockBackend *blk;
    BlockDriver *drv;

    if (how->fmt) {
        return img_find_format(how->fmt, NULL);
    }
    if (!filename) {
        error_report("Specify the format with -f, or an image");
        return NULL;
    }
    blk = img_open(how, filename, BDRV_O_NO_BACKING | BDRV_O_NO_IO);
    drv = blk ? blk_bs(blk)->drv : NULL;
    blk_unref(blk);
    return drv;
}

static int show_options(const ImgOpen *how, const char *filename)
{
    BlockDriver *drv = find_driver(how, filename);

    if (drv && !drv->bdrv_amend) {
        error_report("Format driver '%s' does not support option amendment", drv->format_name);
        drv = NULL;
    }
    if (drv) {
        img_print_amend_options(drv);
    }
    return !drv;
}

static int amend(AmendArgs *a, const char *filename)
{
    BlockBackend *blk = img_open(&a->how, filename, BDRV_O_RDWR);
    BlockDriverState *bs;
    Error *err = NULL;
    bool ok = false;

    if (!blk) {
        return 1;
    }
    bs = blk_bs(blk);
    if (!bs->drv->bdrv_amend) {
        error_report("Format driver '%s' does not support option amendment",
                     bdrv_get_format_name(bs));
    } else {
        img_progress_init(&a->how);
        /* The driver may resize it. */
        ok = blk_set_perm(blk, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE,
                          BLK_PERM_CONSISTENT_READ | BLK_PERM_RESIZE, &err) &&
             bdrv_amend_options(bs, a->opts, show_progress, NULL, a->force, &err);
        img_progress_end(ok);
    }
    if (err) {
        error_report_err(err);
    }
    blk_unref(blk);
    return !ok;
}

static const ImgOption amend_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"-o, --options", "OPTIONS",
     "what to change, such as compat=1.1,lazy_refcounts=on; \"-o help FILE\" lists what can be",
     .needed = true},
    {"--force", NULL, "even where that destroys a key", .value = 'X'},
    IMG_OPT_CACHE,
    IMG_OPT_PROGRESS,
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax amend_syntax = {
    .options = amend_options,
    .operands = "FILE",
};

int img_amend(int argc, char **argv)
{
    g_autoptr(QDict) opts = qdict_new();
    AmendArgs a = {.opts = opts};
    bool given = false, help = false;
    const char *filename;
    int c;

    while ((c = img_next_option(&amend_syntax, &a.how, argc, argv)) != -1) {
        switch (c) {
        case 'X':
            a.force = true;
            break;
        case 'o':
            given = true;
            if (!img_add_options(opts, optarg, &help)) {
                return 1;
            }
            break;
        case 't':
            a.how.cache = optarg;
            break;
        default:
            return img_usage(c, &amend_syntax, argv);
        }
    }
    if (!given) {
        return img_misused("Must specify options (-o)");
    }
    if (help) {
        return show_options(&a.how, optind < argc ? argv[optind] : NULL);
    }
    filename = img_only_name(argc, argv);
    return filename ? amend(&a, filename) : 1;
}
