/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of nodes' images: of backing files relative to their overlay, and "json:" ones. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "node-internal.h"
#include "qemu/cutils.h"
#include "qobject/qjson.h"
#include "qobject/qstring.h"

char *bdrv_dirname(BlockDriverState *bs, Error **errp)
{
    BlockDriverState *below;

    if (!bs->drv) {
        error_setg(errp, "Node '%s' is ejected", bs->node_name);
        return NULL;
    }
    below = bdrv_primary_bs(bs);
    if (below) {
        return bdrv_dirname(below, errp);
    }
    if (bs->exact_filename[0]) {
        return path_combine(bs->exact_filename, "");
    }
    error_setg(errp, "Cannot generate a base directory for %s nodes", bs->drv->format_name);
    return NULL;
}

char *bdrv_get_full_backing_filename_from_filename(const char *backed, const char *backing,
                                                   Error **errp)
{
    if (!backing[0]) {
        return NULL;
    }
    if (path_has_protocol(backing) || path_is_absolute(backing)) {
        return g_strdup(backing);
    }
    if (!backed[0] || strstart(backed, "json:", NULL)) {
        error_setg(errp, "Cannot use relative backing file names for '%s'", backed);
        return NULL;
    }
    return path_combine(backed, backing);
}

char *bdrv_make_absolute_filename(BlockDriverState *relative_to, const char *filename, Error **errp)
{
    g_autofree char *dir = NULL;

    if (!filename[0]) {
        return NULL;
    }
    if (path_has_protocol(filename) || path_is_absolute(filename)) {
        return g_strdup(filename);
    }
    dir = bdrv_dirname(relative_to, errp);
    return dir ? g_strconcat(dir, filename, NULL) : NULL;
}

char *bdrv_get_full_backing_filename(BlockDriverState *bs, Error **errp)
{
    return bdrv_make_absolute_filename(bs, bs->backing_file, errp);
}

/* The options of @bs and its children that say which image it is. */
static QDict *strong_options(BlockDriverState *bs)
{
    QDict *dict = qdict_new();
    BdrvChild *c;

    qdict_put_str(dict, "driver", bs->drv->format_name);
    for (const QDictEntry *e = bs->options ? qdict_first(bs->options) : NULL; e;
         e = qdict_next(bs->options, e)) {
        const char *const *name = bs->drv->strong_runtime_opts;

        for (; name && *name; name++) {
            const char *rest;

            if (strstart(qdict_entry_key(e), *name, &rest) &&
                (!*rest || (*name)[strlen(*name) - 1] == '.')) {
                qdict_put_obj(dict, qdict_entry_key(e), qobject_ref(qdict_entry_value(e)));
            }
        }
    }
    QLIST_FOREACH (c, &bs->children, next) {
        if (c->bs->full_open_options && !(c->role & BDRV_CHILD_COW) && !c->implied) {
            qdict_put(dict, c->name, qobject_ref(c->bs->full_open_options));
        }
    }
    return dict;
}

/* What options or a name say which image it is, of @bs and all below. */
static void refresh_names(BlockDriverState *bs)
{
    BlockDriverState *below;
    BdrvChild *c;

    if (!bs->drv) {
        return;
    }
    QLIST_FOREACH (c, &bs->children, next) {
        refresh_names(c->bs);
    }
    qobject_unref(bs->full_open_options);
    bs->full_open_options = strong_options(bs);
    bs->exact_filename[0] = 0;
    below = bdrv_primary_bs(bs);
    if (bs->drv->bdrv_refresh_filename) {
        bs->drv->bdrv_refresh_filename(bs);
    } else if (below && below->exact_filename[0] && !bs->drv->is_filter &&
               qdict_size(bs->full_open_options) == 2) {
        /* A format over a file, nothing else said: the file's name will do. */
        pstrcpy(bs->exact_filename, sizeof(bs->exact_filename), below->exact_filename);
    }
    if (bs->exact_filename[0]) {
        pstrcpy(bs->filename, sizeof(bs->filename), bs->exact_filename);
    }
}

void bdrv_refresh_filename(BlockDriverState *bs)
{
    refresh_names(bs);
    /* Not for each node below, too: each has all that those below it have. */
    if (bs->drv && !bs->exact_filename[0]) {
        GString *json = qobject_to_json(QOBJECT(bs->full_open_options));

        g_string_prepend(json, "json:");
        pstrcpy(bs->filename, sizeof(bs->filename), json->str);
        g_string_free(json, true);
    }
}

BlockDriverState *bdrv_find_backing_image(BlockDriverState *bs, const char *backing_file)
{
    g_autofree char *real = realpath(backing_file, NULL);
    BlockDriverState *below;

    for (bs = bdrv_skip_filters(bs); bs && bdrv_cow_bs(bs); bs = below) {
        g_autofree char *full = NULL;

        below = bdrv_backing_chain_next(bs);
        if (!below) {
            break;
        }
        bdrv_refresh_filename(below);
        full = bdrv_get_full_backing_filename(bs, NULL);
        if (!strcmp(backing_file, bs->backing_file) || !strcmp(backing_file, below->filename) ||
            (full && !strcmp(backing_file, full))) {
            return below;
        }
        if (real && !path_has_protocol(backing_file)) {
            g_autofree char *below_real = realpath(below->exact_filename, NULL);

            if (below_real && !strcmp(real, below_real)) {
                return below;
            }
        }
    }
    return NULL;
}
