/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img info, check, map */
#include "qemu/osdep.h"
#include "img.h"
#include "block/qapi.h"
#include "qapi/qapi-visit-block-query.h"
#include "qapi/qobject-output-visitor.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"

/* ---- info ---- */

static void print_json(QObject *obj)
{
    GString *text = qobject_to_json_pretty(obj, true);

    printf("%s\n", text->str);
    g_string_free(text, true);
}

static QObject *typed_to_json(ImageInfo *info)
{
    QObject *obj = NULL;
    g_autoptr(Visitor) v = qobject_output_visitor_new(&obj);

    visit_type_ImageInfo(v, NULL, &info, &error_abort);
    visit_complete(v, &obj);
    return obj;
}

/* Each image of the chain, without opening it as a chain: a missing file is said where it is met.
 */
static bool collect_info(const ImgOpen *how, const char *filename, bool chain, GPtrArray *list)
{
    g_autofree char *name = g_strdup(filename), *fmt = g_strdup(how->fmt);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    ImgOpen open = *how;
    Error *err = NULL;

    while (name) {
        BlockBackend *blk;
        ImageInfo *info;

        if (!g_hash_table_add(seen, g_strdup(name))) {
            error_report("Backing file '%s' creates an infinite loop.", name);
            return false;
        }
        open.fmt = fmt;
        blk = img_open(&open, name, BDRV_O_NO_BACKING | BDRV_O_NO_IO);
        if (!blk) {
            return false;
        }
        info = bdrv_image_info(blk_bs(blk), false, &err);
        blk_unref(blk);
        if (!info) {
            error_report_err(err);
            return false;
        }
        g_ptr_array_add(list, info);
        g_free(name);
        g_free(fmt);
        name = chain ? g_strdup(info->full_backing_filename) : NULL;
        fmt = g_strdup(info->backing_filename_format);
        open.image_opts = false;
    }
    return true;
}

static void show_info(GPtrArray *list, bool json, bool chain)
{
    g_autoptr(QList) array = qlist_new();

    for (guint i = 0; i < list->len; i++) {
        if (json) {
            qlist_append_obj(array, typed_to_json(list->pdata[i]));
        } else {
            g_autofree char *text = bdrv_image_info_text(list->pdata[i]);

            printf("%s%s", i ? "\n" : "", text);
        }
    }
    if (json) {
        print_json(chain ? QOBJECT(array) : qlist_entry_obj(qlist_first(array)));
    }
}

int img_info(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"help", no_argument, 0, 'h'},
        {"format", required_argument, 0, 'f'},
        {"output", required_argument, 0, 'O'},
        {"backing-chain", no_argument, 0, 'B'},
        {"image-opts", no_argument, 0, 'I'},
        {"force-share", no_argument, 0, 'U'},
        {0},
    };
    ImgOpen how = {0};
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)qapi_free_ImageInfo);
    bool json = false, chain = false;
    int c;

    while ((c = getopt_long(argc, argv, "hf:U", longopts, NULL)) != -1) {
        switch (c) {
        case 'f':
            how.fmt = optarg;
            break;
        case 'O':
            if (!img_output_json(optarg, &json)) {
                return 1;
            }
            break;
        case 'B':
            chain = true;
            break;
        case 'I':
            how.image_opts = true;
            break;
        case 'U':
            how.force_share = true;
            break;
        default:
            printf("Usage: qemu-img info [-f FMT] [--output=human|json] [--backing-chain] [-U] "
                   "FILENAME\n");
            return c == 'h' ? 0 : 1;
        }
    }
    if (argc - optind != 1) {
        error_report("Expecting one image file name");
        return 1;
    }
    if (!collect_info(&how, argv[optind], chain, list)) {
        return 1;
    }
    show_info(list, json, chain);
    return 0;
}

/* ---- check ---- */

static int print_check(BlockDriverState *bs, const BdrvCheckResult *r, bool json, bool quiet)
{
    if (json) {
        QDict *d = qdict_new();

        qdict_put_int(d, "image-end-offset", r->image_end_offset);
        qdict_put_int(d, "total-clusters", r->bfi.total_clusters);
        qdict_put_int(d, "check-errors", r->check_errors);
        if (r->corruptions) {
            qdict_put_int(d, "corruptions", r->corruptions);
        }
        if (r->leaks) {
            qdict_put_int(d, "leaks", r->leaks);
        }
        if (r->corruptions_fixed) {
            qdict_put_int(d, "corruptions-fixed", r->corruptions_fixed);
        }
        if (r->leaks_fixed) {
            qdict_put_int(d, "leaks-fixed", r->leaks_fixed);
        }
        qdict_put_int(d, "fragmented-clusters", r->bfi.fragmented_clusters);
        qdict_put_int(d, "allocated-clusters", r->bfi.allocated_clusters);
        qdict_put_int(d, "compressed-clusters", r->bfi.compressed_clusters);
        qdict_put_str(d, "filename", bs->filename);
        qdict_put_str(d, "format", bdrv_get_format_name(bs));
        print_json(QOBJECT(d));
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

int img_check(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"help", no_argument, 0, 'h'},
        {"format", required_argument, 0, 'f'},
        {"repair", required_argument, 0, 'r'},
        {"output", required_argument, 0, 'O'},
        {"image-opts", no_argument, 0, 'I'},
        {"force-share", no_argument, 0, 'U'},
        {0},
    };
    ImgOpen how = {0};
    BdrvCheckResult result, before;
    BdrvCheckMode fix = 0;
    bool json = false;
    BlockBackend *blk;
    int c, ret;

    while ((c = getopt_long(argc, argv, "hf:r:T:qU", longopts, NULL)) != -1) {
        switch (c) {
        case 'f':
            how.fmt = optarg;
            break;
        case 'r':
            fix = !strcmp(optarg, "leaks") ? BDRV_FIX_LEAKS
                  : !strcmp(optarg, "all") ? BDRV_FIX_LEAKS | BDRV_FIX_ERRORS
                                           : 0;
            if (!fix) {
                error_report("-r expects 'leaks' or 'all', not '%s'", optarg);
                return 1;
            }
            break;
        case 'O':
            if (!img_output_json(optarg, &json)) {
                return 1;
            }
            break;
        case 'T':
            how.cache = optarg;
            break;
        case 'q':
            how.quiet = true;
            break;
        case 'I':
            how.image_opts = true;
            break;
        case 'U':
            how.force_share = true;
            break;
        default:
            printf("Usage: qemu-img check [-f FMT] [-r leaks|all] [--output=human|json] [-T CACHE] "
                   "[-q] [-U] FILENAME\n");
            return c == 'h' ? 0 : 1;
        }
    }
    if (argc - optind != 1) {
        error_report("Expecting one image file name");
        return 1;
    }
    blk = img_open(&how, argv[optind], BDRV_O_CHECK | BDRV_O_NO_BACKING | (fix ? BDRV_O_RDWR : 0));
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
        img_print(how.quiet || json,
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
    ret = print_check(blk_bs(blk), &result, json, how.quiet);
    blk_unref(blk);
    return ret;
}

/* ---- map ---- */

typedef struct MapEntry {
    int64_t start, length, offset;
    int depth, flags;
    BlockDriverState *file;
} MapEntry;

static void print_map(const MapEntry *e, const MapEntry *next, bool json)
{
    bool offset = e->flags & BDRV_BLOCK_OFFSET_VALID;

    if (!json) {
        if ((e->flags & BDRV_BLOCK_DATA) && !(e->flags & BDRV_BLOCK_ZERO) && offset) {
            printf("%#-16" PRIx64 "%#-16" PRIx64 "%#-16" PRIx64 "%s\n", e->start, e->length,
                   e->offset, e->file ? e->file->filename : "");
        }
        return;
    }
    printf("{ \"start\": %" PRId64 ", \"length\": %" PRId64 ", \"depth\": %d, \"present\": %s, "
           "\"zero\": %s, \"data\": %s, \"compressed\": %s",
           e->start, e->length, e->depth, e->flags & BDRV_BLOCK_ALLOCATED ? "true" : "false",
           e->flags & BDRV_BLOCK_ZERO ? "true" : "false",
           e->flags & BDRV_BLOCK_DATA ? "true" : "false",
           e->flags & BDRV_BLOCK_COMPRESSED ? "true" : "false");
    if (offset) {
        printf(", \"offset\": %" PRId64, e->offset);
    }
    printf("}%s", next ? ",\n" : "");
}

static bool mergeable(const MapEntry *a, const MapEntry *b)
{
    int mask = BDRV_BLOCK_ZERO | BDRV_BLOCK_DATA | BDRV_BLOCK_ALLOCATED | BDRV_BLOCK_COMPRESSED |
               BDRV_BLOCK_OFFSET_VALID;

    return a->length && !((a->flags ^ b->flags) & mask) && a->depth == b->depth &&
           a->file == b->file &&
           (!(a->flags & BDRV_BLOCK_OFFSET_VALID) || a->offset + a->length == b->offset);
}

int img_map(int argc, char **argv)
{
    static const struct option longopts[] = {
        {"help", no_argument, 0, 'h'},
        {"format", required_argument, 0, 'f'},
        {"output", required_argument, 0, 'O'},
        {"start-offset", required_argument, 0, 's'},
        {"max-length", required_argument, 0, 'l'},
        {"image-opts", no_argument, 0, 'I'},
        {"force-share", no_argument, 0, 'U'},
        {0},
    };
    ImgOpen how = {0};
    bool json = false;
    uint64_t start = 0, max = INT64_MAX;
    MapEntry current = {0};
    BlockBackend *blk;
    int64_t length, pos;
    int c, ret = 0;

    while ((c = getopt_long(argc, argv, "f:s:l:hU", longopts, NULL)) != -1) {
        switch (c) {
        case 'f':
            how.fmt = optarg;
            break;
        case 'O':
            if (!img_output_json(optarg, &json)) {
                return 1;
            }
            break;
        case 's':
        case 'l':
            if (qemu_strtosz(optarg, NULL, c == 's' ? &start : &max) < 0) {
                error_report("Invalid %s: '%s'", c == 's' ? "start offset" : "max length", optarg);
                return 1;
            }
            break;
        case 'I':
            how.image_opts = true;
            break;
        case 'U':
            how.force_share = true;
            break;
        default:
            printf(
                "Usage: qemu-img map [-f FMT] [-s OFFSET] [-l LENGTH] [--output=human|json] [-U] "
                "FILENAME\n");
            return c == 'h' ? 0 : 1;
        }
    }
    if (argc - optind != 1) {
        error_report("Expecting one image file name");
        return 1;
    }
    blk = img_open(&how, argv[optind], 0);
    if (!blk) {
        return 1;
    }
    length = blk_getlength(blk);
    length = start + max < (uint64_t)length ? (int64_t)(start + max) : length;
    printf("%s", json ? "[" : "Offset          Length          Mapped to       File\n");
    for (pos = start; pos < length && ret >= 0;) {
        MapEntry e = {.start = pos};
        int depth = 0;

        ret = bdrv_common_block_status_above(blk_bs(blk), NULL, false, true, pos,
                                             MIN(length - pos, 1 * GiB), &e.length, &e.offset,
                                             &e.file, &depth);
        if (ret < 0) {
            error_report("Failed to read image metadata: %s", strerror(-ret));
            break;
        }
        e.flags = ret;
        e.depth = MAX(depth - 1, 0);
        pos += e.length;
        if (mergeable(&current, &e)) {
            current.length += e.length;
            continue;
        }
        if (current.length) {
            print_map(&current, &e, json);
        }
        current = e;
    }
    if (current.length) {
        print_map(&current, NULL, json);
    }
    printf("%s", json ? "]\n" : "");
    blk_unref(blk);
    return ret < 0;
}
