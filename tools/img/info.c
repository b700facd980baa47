/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img info */
#include "qemu/osdep.h"
#include "img.h"
#include "block/qapi.h"
#include "qapi/qapi-visit-block-query.h"
#include "qapi/qobject-output-visitor.h"
#include "qemu/error-report.h"
#include "qobject/qlist.h"

static QObject *typed_to_json(ImageInfo *info)
{
    QObject *obj = NULL;
    g_autoptr(Visitor) v = qobject_output_visitor_new(&obj);

    visit_type_ImageInfo(v, NULL, &info, &error_abort);
    visit_complete(v, &obj);
    return obj;
}

static gboolean same_file(gconstpointer a, gconstpointer b)
{
    return bdrv_same_file(a, b);
}

/* Each image of the chain, without opening it as a chain: a missing file is said where it is met.
 */
static bool collect_info(const ImgOpen *how, const char *filename, bool chain, bool limits,
                         GPtrArray *list)
{
    g_autofree char *name = g_strdup(filename), *fmt = g_strdup(how->fmt);
    g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func(g_free);
    ImgOpen open = *how;
    Error *err = NULL;

    while (name) {
        BlockBackend *blk;
        ImageInfo *info;

        if (g_ptr_array_find_with_equal_func(seen, name, same_file, NULL)) {
            error_report("Backing file '%s' creates an infinite loop.", name);
            return false;
        }
        g_ptr_array_add(seen, g_strdup(name));
        open.fmt = fmt;
        /* Limits are those of requests: of an image that is open for them. */
        blk = img_open(&open, name, BDRV_O_NO_BACKING | (limits ? 0 : BDRV_O_NO_IO));
        if (!blk) {
            return false;
        }
        info = bdrv_image_info(blk_bs(blk), limits, &err);
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
        img_print_json(chain ? QOBJECT(array) : qlist_entry_obj(qlist_first(array)));
    }
}

static const ImgOption info_options[] = {
    IMG_OPT_FORMAT,
    IMG_OPT_IMAGE_OPTS,
    {"--backing-chain", NULL, "show all images below it as well", .value = 'B'},
    {"--limits", NULL, "show what requests it takes", .value = 'L'},
    IMG_OPT_CACHE,
    IMG_OPT_OUTPUT,
    IMG_OPT_FORCE_SHARE,
    {0},
};
static const ImgSyntax info_syntax = {
    .options = info_options,
    .operands = "FILE",
};

int img_info(int argc, char **argv)
{
    ImgOpen how = {0};
    const char *filename;
    g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)qapi_free_ImageInfo);
    bool chain = false, limits = false;
    int c;

    while ((c = img_next_option(&info_syntax, &how, argc, argv)) != -1) {
        switch (c) {
        case 'B':
            chain = true;
            break;
        case 'L':
            limits = true;
            break;
        case 't':
            how.cache = optarg;
            break;
        default:
            return img_usage(c, &info_syntax, argv);
        }
    }
    filename = img_only_name(argc, argv);
    if (!filename) {
        return 1;
    }
    if (!collect_info(&how, filename, chain, limits, list)) {
        return 1;
    }
    show_info(list, how.json, chain);
    return 0;
}
