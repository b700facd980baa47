/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img bitmap: bitmaps that an image keeps. */
#include "qemu/osdep.h"
#include "block/dirty-bitmap.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

enum {
    OPT_ADD = 256,
    OPT_REMOVE,
    OPT_REMOVE_ALL,
    OPT_CLEAR,
    OPT_ENABLE,
    OPT_DISABLE,
    OPT_MERGE,
};

static const char *const operations[] = {"add",    "remove",  "remove-all", "clear",
                                         "enable", "disable", "merge"};

typedef struct Action {
    int what;
    const char *source; /* of merge */
} Action;

typedef struct BitmapArgs {
    BlockDriverState *bs;
    const char *name;
    uint32_t granularity; /* 0: as the image wants it */
    BlockDriverState *source;
} BitmapArgs;

static BdrvDirtyBitmap *find(BlockDriverState *bs, const char *name, Error **errp)
{
    BdrvDirtyBitmap *bm = bdrv_find_dirty_bitmap(bs, name);

    if (!bm) {
        error_setg(errp, "Dirty bitmap '%s' not found", name);
    }
    return bm;
}

bool img_add_bitmap(BlockDriverState *bs, const char *name, uint32_t granularity, bool disabled,
                    Error **errp)
{
    BdrvDirtyBitmap *bm;

    granularity = granularity ? granularity : bdrv_get_default_bitmap_granularity(bs);
    if (bdrv_find_dirty_bitmap(bs, name)) {
        error_setg(errp, "Bitmap already exists: %s", name);
        return false;
    }
    if (!bdrv_can_store_new_dirty_bitmap(bs, name, granularity, errp)) {
        return false;
    }
    bm = bdrv_create_dirty_bitmap(bs, granularity, name, errp);
    if (!bm) {
        return false;
    }
    if (disabled) {
        bdrv_disable_dirty_bitmap(bm);
    }
    bdrv_dirty_bitmap_set_persistence(bm, true);
    return true;
}

static bool remove_one(BlockDriverState *bs, BdrvDirtyBitmap *bm, Error **errp)
{
    if (bdrv_dirty_bitmap_get_persistence(bm) &&
        !bdrv_remove_persistent_dirty_bitmap(bs, bdrv_dirty_bitmap_name(bm), errp)) {
        return false;
    }
    bdrv_release_dirty_bitmap(bm);
    return true;
}

static bool remove_all(BlockDriverState *bs, Error **errp)
{
    BdrvDirtyBitmap *bm;

    while ((bm = bdrv_dirty_bitmap_first(bs))) {
        if (!remove_one(bs, bm, errp)) {
            return false;
        }
    }
    return true;
}

static bool run(const BitmapArgs *a, const Action *action, Error **errp)
{
    BdrvDirtyBitmap *bm = NULL, *src;

    if (action->what == OPT_ADD) {
        return img_add_bitmap(a->bs, a->name, a->granularity, false, errp);
    }
    if (action->what == OPT_REMOVE_ALL) {
        return remove_all(a->bs, errp);
    }
    bm = find(a->bs, a->name, errp);
    if (!bm) {
        return false;
    }
    switch (action->what) {
    case OPT_REMOVE:
        return remove_one(a->bs, bm, errp);
    case OPT_MERGE:
        src = find(a->source ? a->source : a->bs, action->source, errp);
        return src && bdrv_merge_dirty_bitmap(bm, src, NULL, errp);
    default:
        if (!bdrv_dirty_bitmap_check(bm, BDRV_BITMAP_DEFAULT, errp)) {
            return false;
        }
        break;
    }
    if (action->what == OPT_CLEAR) {
        bdrv_clear_dirty_bitmap(bm, NULL);
    } else if (action->what == OPT_ENABLE) {
        bdrv_enable_dirty_bitmap(bm);
    } else {
        bdrv_disable_dirty_bitmap(bm);
    }
    return true;
}

static int run_all(BitmapArgs *a, const Action *actions, int n)
{
    Error *err = NULL;

    if (!a->bs->drv->bdrv_supports_persistent_dirty_bitmap) {
        error_report("Format driver '%s' does not support bitmaps", bdrv_get_format_name(a->bs));
        return 1;
    }
    for (int i = 0; i < n; i++) {
        if (!run(a, &actions[i], &err)) {
            error_reportf_err(err, "Operation %s on bitmap %s failed: ",
                              operations[actions[i].what - OPT_ADD], a->name ? a->name : "");
            return 1;
        }
    }
    return 0;
}

static bool check_args(const BitmapArgs *a, const Action *actions, int n, const char *source_file,
                       const char *source_fmt, int names)
{
    bool add = false, merge = false, by_name = false;

    for (int i = 0; i < n; i++) {
        add |= actions[i].what == OPT_ADD;
        merge |= actions[i].what == OPT_MERGE;
        by_name |= actions[i].what != OPT_REMOVE_ALL;
    }
    if (names != (n && !by_name ? 1 : 2) && names != 2) {
        img_misused("Expecting filename and bitmap name");
    } else if (!n) {
        img_misused("Need at least one of --add, --remove, --remove-all, --clear, --enable, "
                    "--disable, or --merge");
    } else if (a->granularity && !add) {
        img_misused("granularity only supported with --add");
    } else if (source_fmt && !source_file) {
        img_misused("-F only supported with -b");
    } else if (source_file && !merge) {
        img_misused("Merge bitmap source file only supported with --merge");
    } else {
        return true;
    }
    return false;
}

static int open_and_run(BitmapArgs *a, const Action *actions, int n, const ImgOpen *how,
                        const char *filename, const char *source_file, const char *source_fmt)
{
    ImgOpen source = {.fmt = source_fmt};
    BlockBackend *blk = img_open(how, filename, BDRV_O_RDWR), *from = NULL;
    int ret = 1;

    if (!blk) {
        return 1;
    }
    if (source_file) {
        from = img_open(&source, source_file, 0);
    }
    if (!source_file || from) {
        a->bs = blk_bs(blk);
        a->source = from ? blk_bs(from) : NULL;
        ret = run_all(a, actions, n) || !img_settle(blk);
    }
    blk_unref(from);
    blk_unref(blk);
    return ret;
}

static const ImgOption bitmap_options[] = {
    {"--add", NULL, "make BITMAP", .value = OPT_ADD, .needed = true},
    {"--remove", NULL, "delete it", .value = OPT_REMOVE, .needed = true, .instead = true},
    {"--remove-all", NULL, "delete all bitmaps of FILE; no BITMAP is named",
     .value = OPT_REMOVE_ALL, .needed = true, .instead = true},
    {"--clear", NULL, "nothing is dirty in it any more", .value = OPT_CLEAR, .needed = true,
     .instead = true},
    {"--enable", NULL, "writes are noted in it from now on", .value = OPT_ENABLE, .needed = true,
     .instead = true},
    {"--disable", NULL, "writes are no longer noted in it", .value = OPT_DISABLE, .needed = true,
     .instead = true},
    {"--merge", "SOURCE", "what is dirty in the bitmap SOURCE becomes dirty in it too",
     .value = OPT_MERGE, .needed = true, .instead = true},
    {"-g, --granularity", "SIZE", "with --add: a bit for so many bytes"},
    {"-b, --source-file", "FILE", "with --merge: the image that has SOURCE"},
    {"-F, --source-format", "FMT", "its format"},
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {0},
};
static const ImgSyntax bitmap_syntax = {
    .options = bitmap_options,
    .operands = "FILE BITMAP",
    .notes = "Several actions are done in the order in which they are given.",
};

int img_bitmap(int argc, char **argv)
{
    g_autofree Action *actions = g_new0(Action, argc);
    const char *source_file = NULL, *source_fmt = NULL;
    BitmapArgs a = {0};
    ImgOpen how = {0};
    uint64_t granularity;
    int n = 0, c;

    while ((c = img_next_option(&bitmap_syntax, &how, argc, argv)) != -1) {
        switch (c) {
        case 'b':
            source_file = optarg;
            break;
        case 'F':
            source_fmt = optarg;
            break;
        case 'g':
            if (qemu_strtosz(optarg, NULL, &granularity) < 0 || !granularity ||
                granularity > UINT32_MAX) {
                error_report("Invalid granularity specified: '%s'", optarg);
                return 1;
            }
            a.granularity = granularity;
            break;
        default:
            if (c >= OPT_ADD && c <= OPT_MERGE) {
                actions[n++] = (Action){c, optarg};
                break;
            }
            return img_usage(c, &bitmap_syntax, argv);
        }
    }
    if (!check_args(&a, actions, n, source_file, source_fmt, argc - optind)) {
        return 1;
    }
    a.name = argv[optind + 1];
    return open_and_run(&a, actions, n, &how, argv[optind], source_file, source_fmt);
}
