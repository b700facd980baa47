/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creating images. Main thread. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "block/block-backend.h"
#include "qapi/qapi-visit-block-node.h"
#include "qapi/qobject-output-visitor.h"
#include "qemu/cutils.h"
#include "qemu/nearest-name.h"
#include "qobject/keyval.h"
#include "qobject/qdict.h"

static bool has_option(const BdrvOpt *table, const char *name)
{
    while (table && table->name && strcmp(table->name, name)) {
        table++;
    }
    return table && table->name;
}

/* What @proto knows beside what @drv, which may have the same table, does. */
static const BdrvOpt *proto_options(BlockDriver *drv, BlockDriver *proto)
{
    return proto && proto->create_opts != drv->create_opts ? proto->create_opts : NULL;
}

/* Names that neither the format nor the protocol knows. */
static bool check_names(BlockDriver *drv, BlockDriver *proto, const QDict *opts, Error **errp)
{
    ERRP_GUARD();

    for (const QDictEntry *e = qdict_first(opts); e; e = qdict_next(opts, e)) {
        const BdrvOpt *tables[] = {drv->create_opts, proto_options(drv, proto)};
        NearestName near;
        bool found = false;

        nearest_name_init(&near, qdict_entry_key(e));
        for (int t = 0; t < 2; t++) {
            for (const BdrvOpt *o = tables[t]; o && o->name; o++) {
                found |= !strcmp(o->name, qdict_entry_key(e));
                nearest_name_try(&near, o->name);
            }
        }
        if (!found) {
            error_setg(errp, "Invalid parameter '%s': format '%s' has no such option",
                       qdict_entry_key(e), drv->format_name);
            nearest_name_hint(&near, errp);
            return false;
        }
        nearest_name_clear(&near);
    }
    return true;
}

/* An image that is its own backing file would be empty, and what it had gone. */
static bool check_backing(const char *filename, const QDict *opts, Error **errp)
{
    const char *backing = qdict_get_try_str(opts, "backing_file");
    g_autofree char *full =
        backing ? bdrv_get_full_backing_filename_from_filename(filename, backing, NULL) : NULL;

    if (backing && !*backing) {
        error_setg(errp, "Expected backing file name, got empty string");
        return false;
    }
    if (full && bdrv_same_file(filename, full)) {
        error_setg(errp,
                   "Trying to create an image with the same filename as the backing file "
                   "'%s'",
                   backing);
        return false;
    }
    return true;
}

/* What one creation has made or emptied. */
struct BdrvMade {
    GPtrArray *names;
};

/* What there is of an image that could not be made is of no use, and takes the room of others. */
static void remove_files(const GPtrArray *names)
{
    for (unsigned i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        BlockDriver *proto = bdrv_find_protocol(name, true, NULL);

        if (proto && proto->bdrv_remove) {
            proto->bdrv_remove(name);
        }
    }
}

bool bdrv_create(BlockDriver *drv, const char *filename, QDict *opts, Error **errp)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    BdrvMade made = {names};
    BlockDriver *proto;
    bool ok;

    if (!drv->bdrv_create) {
        error_setg(errp, "Driver '%s' does not support image creation", drv->format_name);
        return false;
    }
    proto = bdrv_find_protocol(filename, true, errp);
    if (!proto || !check_names(drv, proto, opts, errp) || !check_backing(filename, opts, errp)) {
        return false;
    }
    ok = drv->bdrv_create(filename, opts, &made, errp);
    if (!ok) {
        remove_files(names);
    }
    return ok;
}

char *bdrv_describe_create(BlockDriver *drv, const char *filename, const QDict *opts, Error **errp)
{
    BlockDriver *proto = bdrv_find_protocol(filename, true, errp);
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(QDict) rest = NULL;

    if (!proto || !check_names(drv, proto, opts, errp) || !check_backing(filename, opts, errp) ||
        !bdrv_show_options(out, drv->create_opts, opts, errp)) {
        return NULL;
    }
    rest = qdict_clone_shallow(opts);
    for (const BdrvOpt *o = drv->create_opts; o && o->name; o++) {
        qdict_del(rest, o->name);
    }
    if (!bdrv_show_options(out, proto_options(drv, proto), rest, errp)) {
        return NULL;
    }
    return g_string_free(g_steal_pointer(&out), false);
}

bool bdrv_can_create_backed(BlockDriver *drv)
{
    return has_option(drv->create_opts, "backing_file");
}

BlockDriverState *bdrv_open_ref(BlockdevRef *ref, Error **errp)
{
    QObject *obj = NULL;
    QDict *options;
    g_autoptr(Visitor) v = NULL;

    if (ref->type == QTYPE_QSTRING) {
        return bdrv_open(NULL, ref->u.reference, NULL, 0, errp);
    }
    v = qobject_output_visitor_new(&obj);
    /* It came through a visitor: it is complete. */
    visit_type_BlockdevRef(v, NULL, &ref, &error_abort);
    visit_complete(v, &obj);
    options = qobject_to(QDict, obj);
    qdict_flatten(options);
    return bdrv_open(NULL, NULL, options, BDRV_O_RDWR | BDRV_O_ALLOW_RDWR, errp);
}

bool bdrv_create_file(const char *filename, QDict *opts, BdrvMade *made, Error **errp)
{
    BlockDriver *drv = bdrv_find_protocol(filename, true, errp);

    if (!drv) {
        return false;
    }
    if (!drv->bdrv_create) {
        error_setg(errp, "Driver '%s' does not support image creation", drv->format_name);
        return false;
    }
    if (!drv->bdrv_create(filename, opts, made, errp)) {
        return false;
    }
    g_ptr_array_add(made->names, g_strdup(filename));
    return true;
}

/* Nobody relies on the content meanwhile: the file is empty, then @fill writes the image. */
static bool fill_file(BlockDriverState *file, BdrvFillImage *fill, void *opaque, Error **errp)
{
    BlockBackend *blk =
        blk_new_with_bs(file, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | BLK_PERM_RESIZE, 0, errp);
    bool ok;
    int ret;

    if (!blk) {
        return false;
    }
    blk_set_allow_write_beyond_eof(blk, true);
    ok = blk_truncate(blk, 0, false, PREALLOC_MODE_OFF, 0, errp) >= 0 && fill(blk, opaque, errp);
    ret = ok ? blk_flush(blk) : 0;
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not flush the new image");
    }
    blk_unref(blk);
    return ok && ret >= 0;
}

bool bdrv_create_filled(const char *filename, QDict *opts, BdrvMade *made, BdrvFillImage *fill,
                        void *opaque, Error **errp)
{
    BlockDriverState *file;
    bool ok;

    if (!bdrv_create_file(filename, opts, made, errp)) {
        return false;
    }
    file = bdrv_open(filename, NULL, NULL, BDRV_O_RDWR | BDRV_O_PROTOCOL, errp);
    ok = file && fill_file(file, fill, opaque, errp);
    bdrv_unref(file);
    return ok;
}

bool bdrv_fill_node(BlockdevRef *ref, BdrvFillImage *fill, void *opaque, Error **errp)
{
    BlockDriverState *file = bdrv_open_ref(ref, errp);
    bool ok = file && fill_file(file, fill, opaque, errp);

    bdrv_unref(file);
    return ok;
}

bool bdrv_fill_write(BlockBackend *blk, int64_t offset, const void *buf, int64_t bytes,
                     const char *what, Error **errp)
{
    int ret = blk_pwrite(blk, offset, bytes, buf, 0);

    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not write the %s", what);
    }
    return ret >= 0;
}

static bool check_amend_names(BlockDriver *drv, QDict *opts, Error **errp)
{
    ERRP_GUARD();

    for (const QDictEntry *e = qdict_first(opts); e; e = qdict_next(opts, e)) {
        const char *name = qdict_entry_key(e);
        NearestName near;

        if (!drv->amend_opts || has_option(drv->amend_opts, name)) {
            continue;
        }
        error_setg(errp, "Invalid parameter '%s'", name);
        if (has_option(drv->create_opts, name)) {
            error_append_hint(errp, "This option is only supported for image creation\n");
            return false;
        }
        nearest_name_init(&near, name);
        for (const BdrvOpt *o = drv->amend_opts; o->name; o++) {
            nearest_name_try(&near, o->name);
        }
        nearest_name_hint(&near, errp);
        return false;
    }
    return true;
}

bool bdrv_amend_options(BlockDriverState *bs, QDict *opts,
                        void (*progress)(void *, int64_t, int64_t), void *opaque, bool force,
                        Error **errp)
{
    if (!bs->drv || !bs->drv->bdrv_amend) {
        error_setg(errp, "Block driver '%s' does not support option amendment",
                   bs->drv ? bs->drv->format_name : "");
        return false;
    }
    return check_amend_names(bs->drv, opts, errp) &&
           bs->drv->bdrv_amend(bs, opts, progress, opaque, force, errp);
}

BlockMeasureInfo *bdrv_measure(BlockDriver *drv, QDict *opts, BlockDriverState *in_bs, Error **errp)
{
    if (!drv->bdrv_measure) {
        error_setg(errp, "Block driver '%s' does not support size measurement", drv->format_name);
        return NULL;
    }
    if (!check_names(drv, bdrv_find_format("file"), opts, errp)) {
        return NULL;
    }
    return drv->bdrv_measure(opts, in_bs, errp);
}
