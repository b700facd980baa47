/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img create, resize */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"

static bool parse_size(const char *text, int64_t *size)
{
    uint64_t value;
    int ret = qemu_strtosz(text, NULL, &value);

    if (ret == -ERANGE || (ret == 0 && value > INT64_MAX)) {
        error_report("Invalid image size specified: '%s'. Must be between 0 and %" PRId64 ".", text,
                     INT64_MAX);
        return false;
    }
    if (ret < 0) {
        error_report("Invalid image size specified: '%s'. You may use k, M, G, T, P or E suffixes "
                     "for kilobytes, megabytes, gigabytes, terabytes, petabytes and exabytes.",
                     text);
        return false;
    }
    *size = value;
    return true;
}

/*
 * The backing file, which must be there, and its size if none is known; with -u (@unsafe) neither.
 * @pblk stays open while the image is made: nothing that it consists of can be overwritten then.
 */
static bool open_backing(const char *filename, QDict *opts, bool unsafe, int64_t *size,
                         BlockBackend **pblk)
{
    const char *backing = qdict_get_try_str(opts, "backing_file");
    const char *fmt = qdict_get_try_str(opts, "backing_fmt");
    g_autofree char *full = NULL;
    ImgOpen how = {.fmt = fmt, .force_share = false};
    BlockBackend *blk;
    Error *err = NULL;

    if (!backing || !*backing) {
        return true;
    }
    if (!fmt) {
        error_report("%s: Backing file specified without backing format", filename);
        error_printf("Specify the format with -F, for example -F qcow2 or -F raw.\n");
        return false;
    }
    if (unsafe) {
        return true;
    }
    full = bdrv_get_full_backing_filename_from_filename(filename, backing, &err);
    if (!full) {
        error_reportf_err(err, "%s: ", filename);
        return false;
    }
    blk = img_try_open(&how, full, 0, &err);
    if (!blk) {
        /* Its size can be told without its content, which may be encrypted. */
        blk = img_try_open(&how, full, BDRV_O_NO_IO, NULL);
    }
    if (blk) {
        error_free(err);
    } else {
        error_reportf_err(err, "%s: ", filename);
        error_printf("Could not open backing image.\n");
        return false;
    }
    if (*size < 0) {
        *size = blk_getlength(blk);
    }
    *pblk = blk;
    return true;
}

/* Before the image is made, and before any error of that is reported. */
static bool print_formatting(const char *filename, BlockDriver *drv, const QDict *opts, bool quiet)
{
    Error *err = NULL;
    g_autofree char *all = bdrv_describe_create(drv, filename, opts, &err);

    if (!all) {
        error_reportf_err(err, "%s: ", filename);
        return false;
    }
    img_print(quiet, "Formatting '%s', fmt=%s%s\n", filename, drv->format_name, all);
    fflush(stdout);
    return true;
}

static int create(BlockDriver *drv, const char *filename, QDict *opts, bool unsafe, bool quiet,
                  int64_t size)
{
    BlockBackend *backing = NULL;
    Error *err = NULL;
    bool ok = false;

    if (!open_backing(filename, opts, unsafe, &size, &backing)) {
        return 1;
    }
    if (size < 0) {
        error_report("%s: Image creation needs a size parameter", filename);
    } else {
        qdict_put_int(opts, "size", size);
        ok = print_formatting(filename, drv, opts, quiet);
        if (ok && !bdrv_create(drv, filename, opts, &err)) {
            error_reportf_err(err, "%s: ", filename);
            ok = false;
        }
    }
    blk_unref(backing);
    return !ok;
}

static const ImgOption create_options[] = {
    {"-f, --format", "FMT", "format of the image (raw)"},
    {"-o, --options", "OPTIONS",
     "options of that format, such as cluster_size=128k,lazy_refcounts=on; \"-f FMT -o help\" "
     "lists them"},
    {"-b, --backing", "BASE", "the new image shows BASE until it is written to"},
    {"-B, -F, --backing-format", "FMT", "format of BASE"},
    {"-u, --backing-unsafe", NULL, "do not open BASE, which need not exist"},
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax create_syntax = {
    .options = create_options,
    .operands = "FILE [SIZE]",
    .notes = "SIZE may have a suffix: k, M, G, T, P or E. An image with a backing file has the "
             "size of that if none is given.",
};

int img_create(int argc, char **argv)
{
    const char *fmt = "raw", *filename;
    g_autoptr(QDict) opts = qdict_new();
    bool quiet = false, unsafe = false, help = false;
    int64_t size = -1;
    BlockDriver *drv;
    int c;

    while ((c = img_next_option(&create_syntax, NULL, argc, argv)) != -1) {
        switch (c) {
        case 'B':
            qdict_put_str(opts, "backing_fmt", optarg);
            break;
        case 'b':
            qdict_put_str(opts, "backing_file", optarg);
            break;
        case 'f':
            fmt = optarg;
            break;
        case 'o':
            if (!img_add_options(opts, optarg, &help)) {
                return 1;
            }
            break;
        case 'q':
            quiet = true;
            break;
        case 'u':
            unsafe = true;
            break;
        default:
            return img_usage(c, &create_syntax, argv);
        }
    }
    drv = img_find_format(fmt, optind < argc ? argv[optind] : NULL);
    if (!drv) {
        return 1;
    }
    if (help) {
        img_print_create_options(drv, optind < argc ? argv[optind] : NULL);
        return 0;
    }
    if (optind >= argc) {
        return img_misused("Expecting image file name");
    }
    filename = argv[optind++];
    if (optind < argc && !parse_size(argv[optind++], &size)) {
        return 1;
    }
    if (optind < argc) {
        return img_misused("Unexpected argument: %s", argv[optind]);
    }
    if (size >= 0 && qdict_haskey(opts, "size")) {
        error_report("%s: The image size must be specified only once", filename);
        return 1;
    }
    if (size < 0 && qdict_get_try_str(opts, "size") &&
        !parse_size(qdict_get_str(opts, "size"), &size)) {
        return 1;
    }
    if (qdict_haskey(opts, "backing_file") && !bdrv_can_create_backed(drv)) {
        error_report("%s: Backing file not supported for file format '%s'", filename, fmt);
        return 1;
    }
    return create(drv, filename, opts, unsafe, quiet, size);
}

static const ImgOption resize_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"--preallocation", "MODE", "room for what is added: off, metadata, falloc or full",
     .value = 'P'},
    {"--shrink", NULL, "allow that data at the end is cut off", .value = 'S'},
    IMG_OPT_QUIET,
    {0},
};
static const ImgSyntax resize_syntax = {
    .options = resize_options,
    .operands = "FILE [+|-]SIZE",
    .notes = "SIZE may have a suffix: k, M, G, T, P or E. With + or - it is how much more or less.",
    .negative_numbers = true,
};

int img_resize(int argc, char **argv)
{
    ImgOpen how = {0};
    bool shrink = false;
    int prealloc = PREALLOC_MODE_OFF, relative = 0, c, ret;
    int64_t size, current;
    BlockBackend *blk;
    const char *text;
    Error *err = NULL;

    while ((c = img_next_option(&resize_syntax, &how, argc, argv)) != -1) {
        switch (c) {
        case 'S':
            shrink = true;
            break;
        case 'P':
            prealloc = qapi_enum_parse(&PreallocMode_lookup, optarg, -1, &err);
            if (prealloc < 0) {
                error_report_err(err);
                return 1;
            }
            break;
        default:
            return img_usage(c, &resize_syntax, argv);
        }
    }
    if (argc - optind != 2) {
        return img_misused("Expecting image file name and size");
    }
    text = argv[optind + 1];
    if (*text == '+' || *text == '-') {
        relative = *text++ == '+' ? 1 : -1;
    }
    if (!parse_size(text, &size)) {
        return 1;
    }
    blk = img_open(&how, argv[optind], BDRV_O_RDWR);
    if (!blk) {
        return 1;
    }
    current = blk_getlength(blk);
    size = relative ? current + relative * size : size;
    if (size <= 0) {
        error_report("New image size must be positive");
        blk_unref(blk);
        return 1;
    }
    if (size < current && !shrink) {
        error_report("Use the --shrink option to perform a shrink operation.");
        warn_report("Shrinking an image will delete all data beyond the shrunken image's end. "
                    "Before performing such an operation, make sure there is no important data "
                    "there.");
        blk_unref(blk);
        return 1;
    }
    ret = blk_set_perm(blk, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | BLK_PERM_RESIZE,
                       BLK_PERM_CONSISTENT_READ, &err)
              ? blk_truncate(blk, size, true, prealloc, 0, &err)
              : -1;
    if (ret < 0) {
        error_report_err(err);
    } else {
        img_print(how.quiet, "Image resized.\n");
    }
    blk_unref(blk);
    return ret < 0;
}
