/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening nodes: from a file name and options to a driver that runs. Main thread. */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"
#include "io-internal.h"
#include "node-internal.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/nearest-name.h"
#include "qemu/option-place.h"
#include "qobject/qjson.h"
#include "qobject/qstring.h"

#define PROBE_BYTES BLOCK_PROBE_BYTES

/* ---- options that every node has ---- */

typedef struct NodeOptions {
    char *driver;
    char *node_name;
    bool read_only, auto_read_only, direct, no_flush, force_share, active;
    int discard, detect_zeroes;
} NodeOptions;

static const BdrvOpt node_opts[] = {
    {"driver", BDRV_OPT_STR, offsetof(NodeOptions, driver)},
    {"node-name", BDRV_OPT_STR, offsetof(NodeOptions, node_name)},
    {"read-only", BDRV_OPT_BOOL, offsetof(NodeOptions, read_only)},
    {"auto-read-only", BDRV_OPT_BOOL, offsetof(NodeOptions, auto_read_only)},
    {"cache.direct", BDRV_OPT_BOOL, offsetof(NodeOptions, direct)},
    {"cache.no-flush", BDRV_OPT_BOOL, offsetof(NodeOptions, no_flush)},
    {"force-share", BDRV_OPT_BOOL, offsetof(NodeOptions, force_share)},
    {"active", BDRV_OPT_BOOL, offsetof(NodeOptions, active)},
    {"discard", BDRV_OPT_ENUM, offsetof(NodeOptions, discard), &BlockdevDiscardOptions_lookup},
    {"detect-zeroes", BDRV_OPT_ENUM, offsetof(NodeOptions, detect_zeroes),
     &BlockdevDetectZeroesOptions_lookup},
    {NULL},
};

static void set_flag(int *flags, int flag, bool on)
{
    *flags = on ? *flags | flag : *flags & ~flag;
}

/* Take the common options out of @options; what they do not say is as @flags has it. */
static bool parse_node_options(NodeOptions *o, int *flags, QDict *options, Error **errp)
{
    *o = (NodeOptions){
        .read_only = !(*flags & BDRV_O_RDWR),
        .auto_read_only = *flags & BDRV_O_AUTO_RDONLY,
        .direct = *flags & BDRV_O_NOCACHE,
        .no_flush = *flags & BDRV_O_NO_FLUSH,
        .active = !(*flags & BDRV_O_INACTIVE),
        .discard = *flags & BDRV_O_UNMAP ? BLOCKDEV_DISCARD_OPTIONS_UNMAP
                                         : BLOCKDEV_DISCARD_OPTIONS_IGNORE,
    };
    /* "discard" and the rest take on/off as other spellings. */
    if (qdict_get_try_str(options, "discard")) {
        const char *s = qdict_get_str(options, "discard");

        if (!strcmp(s, "on")) {
            qdict_put_str(options, "discard", "unmap");
        } else if (!strcmp(s, "off")) {
            qdict_put_str(options, "discard", "ignore");
        }
    }
    if (!bdrv_parse_options(o, node_opts, options, errp)) {
        bdrv_free_options(o, node_opts);
        return false;
    }
    set_flag(flags, BDRV_O_RDWR, !o->read_only);
    set_flag(flags, BDRV_O_AUTO_RDONLY, o->auto_read_only);
    set_flag(flags, BDRV_O_NOCACHE, o->direct);
    set_flag(flags, BDRV_O_NO_FLUSH, o->no_flush);
    set_flag(flags, BDRV_O_INACTIVE, !o->active);
    set_flag(flags, BDRV_O_UNMAP, o->discard == BLOCKDEV_DISCARD_OPTIONS_UNMAP);
    if (!o->read_only) {
        *flags |= BDRV_O_ALLOW_RDWR;
    }
    return true;
}

bool bdrv_flags_from_options(int *flags, BlockdevDetectZeroesOptions *detect_zeroes, QDict *options,
                             Error **errp)
{
    NodeOptions o;
    bool given = qdict_haskey(options, "detect-zeroes");

    if (!parse_node_options(&o, flags, options, errp)) {
        return false;
    }
    if (given && detect_zeroes) {
        *detect_zeroes = o.detect_zeroes;
    }
    bdrv_free_options(&o, node_opts);
    return true;
}

/* ---- file names ---- */

/* "json:{...}" stands for options. */
static bool parse_json_filename(const char **filename, QDict *options, Error **errp)
{
    ERRP_GUARD();
    const char *json;
    QObject *obj;
    QDict *dict;

    if (!*filename || !strstart(*filename, "json:", &json)) {
        return true;
    }
    obj = qobject_from_json(json, errp);
    if (!obj) {
        error_prepend(errp, "Could not parse the JSON options: ");
        return false;
    }
    dict = qobject_to(QDict, obj);
    if (!dict) {
        qobject_unref(obj);
        error_setg(errp, "Invalid JSON object given");
        return false;
    }
    qdict_flatten(dict);
    qdict_join(options, dict, false);
    qobject_unref(dict);
    *filename = NULL;
    return true;
}

/* Find the driver of the protocol level and give it its file name as an option. */
static BlockDriver *protocol_driver(const char *filename, QDict *options, Error **errp)
{
    ERRP_GUARD();
    const char *name = qdict_get_try_str(options, "driver");
    BlockDriver *drv = NULL;

    if (name) {
        drv = bdrv_find_format_err(name, errp);
        if (!drv) {
            return NULL;
        }
    } else if (filename || qdict_get_try_str(options, "filename")) {
        drv = bdrv_find_protocol(filename ? filename : qdict_get_str(options, "filename"),
                                 filename != NULL, errp);
        if (!drv) {
            return NULL;
        }
    } else {
        error_setg(errp, "Must specify either driver or file");
        return NULL;
    }
    if (filename) {
        if (qdict_haskey(options, "filename")) {
            error_setg(errp, "Can't specify 'file' and 'filename' options at the same time");
            return NULL;
        }
        if (drv->bdrv_parse_filename) {
            Error *local_err = NULL;

            drv->bdrv_parse_filename(filename, options, &local_err);
            if (local_err) {
                error_propagate(errp, local_err);
                return NULL;
            }
        } else if (drv->bdrv_needs_filename) {
            qdict_put_str(options, "filename", filename);
        }
    }
    return drv;
}

/* ---- one node ---- */

static void suggest_option(QDict *unused, BlockDriver *drv, Error **errp)
{
    const QDictEntry *entry = qdict_first(unused);

    loc_at_key(qdict_entry_key(entry));
    if (drv->protocol_name) {
        error_setg(errp, "Block protocol '%s' doesn't support the option '%s'", drv->format_name,
                   qdict_entry_key(entry));
    } else {
        error_setg(errp, "Block format '%s' does not support the option '%s'", drv->format_name,
                   qdict_entry_key(entry));
    }
}

/*
 * Make @bs, which has no driver yet, one of @drv by @options (flattened; those that were used are
 * gone afterwards). On failure @bs is to be unreferenced.
 */
static bool open_node(BlockDriverState *bs, BlockDriver *drv, QDict *options, int flags,
                      Error **errp)
{
    ERRP_GUARD();
    NodeOptions o;
    int ret;

    if (!parse_node_options(&o, &flags, options, errp)) {
        return false;
    }
    bs->open_flags = flags;
    bs->detect_zeroes = o.detect_zeroes;
    bs->force_share = o.force_share;
    if (o.force_share && (flags & BDRV_O_RDWR)) {
        error_setg(errp, "force-share=on can only be used with read-only images");
        goto fail;
    }
    if (o.detect_zeroes == BLOCKDEV_DETECT_ZEROES_OPTIONS_UNMAP && !(flags & BDRV_O_UNMAP)) {
        error_setg(errp, "setting detect-zeroes to unmap is not allowed without setting "
                         "discard operation to unmap");
        goto fail;
    }
    if (!bs->node_name[0] && !bdrv_assign_node_name(bs, o.node_name, errp)) {
        goto fail;
    }
    if (qdict_get_try_str(options, "filename")) {
        pstrcpy(bs->filename, sizeof(bs->filename), qdict_get_str(options, "filename"));
    }
    if (drv->bdrv_needs_filename && !bs->filename[0]) {
        error_setg(errp, "The '%s' block driver requires a file name", drv->format_name);
        goto fail;
    }
    bs->drv = drv;
    bs->opaque = drv->instance_size ? g_malloc0(drv->instance_size) : NULL;
    if (!drv->bdrv_open(bs, options, flags, errp)) {
        /* Its own part is undone by the driver. */
        bs->drv = NULL;
        goto fail;
    }
    ret = bdrv_refresh_total_bytes(bs);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not refresh total sector count");
        goto fail;
    }
    if (!bdrv_refresh_limits(bs, errp) || !bdrv_refresh_perms(bs, errp)) {
        goto fail;
    }
    bdrv_free_options(&o, node_opts);
    return true;

fail:
    bdrv_free_options(&o, node_opts);
    return false;
}

BlockDriverState *bdrv_new_open_driver(BlockDriver *drv, const char *node_name, QDict *options,
                                       int flags, Error **errp)
{
    BlockDriverState *bs = bdrv_new();

    options = options ? options : qdict_new();
    bs->options = qdict_clone_shallow(options);
    bs->explicit_options = qdict_clone_shallow(options);
    if (!bdrv_assign_node_name(bs, node_name, errp) || !open_node(bs, drv, options, flags, errp)) {
        qobject_unref(options);
        bdrv_unref(bs);
        return NULL;
    }
    qobject_unref(options);
    return bs;
}

/* ---- children ---- */

/* @missing is: one of @options may have been meant to be it. */
static void hint_meant(const QDict *options, const char *missing, Error **errp)
{
    ERRP_GUARD();

    for (const QDictEntry *e = qdict_first(options); e; e = qdict_next(options, e)) {
        NearestName near;

        nearest_name_init(&near, qdict_entry_key(e));
        nearest_name_try(&near, missing);
        if (near.best && !g_str_equal(near.name, missing)) {
            error_append_hint(errp, "Instead of '%s', did you mean '%s'?\n", near.name, missing);
        }
        nearest_name_clear(&near);
    }
}

static BlockDriverState *open_image(const char *filename, QDict *opts, int flags,
                                    BlockDriverState *opener, BdrvChildRole role,
                                    struct QCryptoKeyWork *work, Error **errp);

/* The node that "@key" (a reference) or "@key.*" describe; NULL without error if nothing does. */
static BlockDriverState *open_child_bs(const char *filename, QDict *options, const char *key,
                                       BlockDriverState *parent, BdrvChildRole role,
                                       bool allow_none, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *prefix = g_strdup_printf("%s.", key);
    g_autofree char *reference = g_strdup(qdict_get_try_str(options, key));
    QDict *child_options;
    BlockDriverState *bs;
    int flags = 0;

    qdict_extract_subqdict(options, &child_options, prefix);
    if (!filename && !reference && !qdict_size(child_options)) {
        if (!allow_none) {
            error_setg(errp, "A block device must be specified for \"%s\"", key);
            hint_meant(options, key, errp);
        }
        qobject_unref(child_options);
        return NULL;
    }
    if (reference) {
        qdict_del(options, key);
        if (qdict_size(child_options)) {
            error_setg(errp, "Cannot reference an existing block device with additional options or "
                             "a new filename");
            qobject_unref(child_options);
            return NULL;
        }
        qobject_unref(child_options);
        return bdrv_open(NULL, reference, NULL, 0, errp);
    }
    child_of_bds.inherit_options(role, !parent->drv || !parent->drv->is_filter, &flags,
                                 child_options, parent->open_flags, parent->options);
    bs = open_image(filename, child_options, flags, parent, role, parent->key_work, errp);
    if (bs) {
        bs->inherits_from = parent;
    }
    return bs;
}

BdrvChild *bdrv_open_child(const char *filename, QDict *options, const char *bdref_key,
                           BlockDriverState *parent, BdrvChildRole role, bool allow_none,
                           Error **errp)
{
    BlockDriverState *bs =
        open_child_bs(filename, options, bdref_key, parent, role, allow_none, errp);

    return bs ? bdrv_attach_child(parent, bs, bdref_key, &child_of_bds, role, errp) : NULL;
}

bool bdrv_open_file_child(const char *filename, QDict *options, const char *bdref_key,
                          BlockDriverState *parent, Error **errp)
{
    BdrvChildRole role =
        parent->drv->is_filter ? BDRV_CHILD_FILTERED | BDRV_CHILD_PRIMARY : BDRV_CHILD_IMAGE;

    return bdrv_open_child(filename, options, bdref_key, parent, role, false, errp);
}

bool bdrv_open_backing_file(BlockDriverState *bs, QDict *parent_options, const char *bdref_key,
                            Error **errp)
{
    ERRP_GUARD();
    g_autofree char *filename = NULL;
    g_autofree char *prefix = g_strdup_printf("%s.", bdref_key);
    g_autofree char *reference = NULL;
    QDict *options, *all = parent_options ? parent_options : qdict_new();
    BlockDriverState *backing;
    int flags = 0;
    bool ok = false;

    if (bs->backing) {
        return true;
    }
    reference = g_strdup(qdict_get_try_str(all, bdref_key));
    qdict_extract_subqdict(all, &options, prefix);
    if (reference) {
        qdict_del(all, bdref_key);
        backing = bdrv_open(NULL, reference, NULL, 0, errp);
        qobject_unref(options);
    } else {
        if (!qdict_haskey(options, "driver") && !qdict_haskey(options, "file.filename") &&
            !qdict_haskey(options, "file.driver") && !qdict_haskey(options, "file")) {
            if (!bs->backing_file[0] && !qdict_size(options)) {
                qobject_unref(options);
                ok = true;
                goto out;
            }
            filename = bdrv_get_full_backing_filename(bs, errp);
            if (!filename) {
                qobject_unref(options);
                goto out;
            }
        }
        if (filename && bs->backing_format[0] && !qdict_haskey(options, "driver")) {
            qdict_put_str(options, "driver", bs->backing_format);
        }
        child_of_bds.inherit_options(BDRV_CHILD_COW, true, &flags, options, bs->open_flags,
                                     bs->options);
        backing = open_image(filename, options, flags, bs, BDRV_CHILD_COW, bs->key_work, errp);
        if (backing) {
            backing->inherits_from = bs;
        }
    }
    if (!backing) {
        /* Once, however long the chain is. */
        if (!(bs->opened_as & BDRV_CHILD_COW)) {
            error_prepend(errp, "Could not open backing file: ");
        }
        goto out;
    }
    bdrv_attach_child(bs, backing, "backing", &child_of_bds, BDRV_CHILD_COW, errp);
    ok = bs->backing != NULL;
    if (ok) {
        pstrcpy(bs->auto_backing_file, sizeof(bs->auto_backing_file), backing->filename);
        bdrv_refresh_limits(bs, NULL);
    }
out:
    if (all != parent_options) {
        qobject_unref(all);
    }
    return ok;
}

/* ---- bdrv_open() ---- */

/* The format that the first bytes of @file are of; NULL and @errp for one without a driver. */
static BlockDriver *known_format(BlockBackend *file, const uint8_t *buf, int size,
                                 const char *filename, Error **errp)
{
    ERRP_GUARD();
    BlockDriver *drv = bdrv_probe_all(buf, size, filename);
    const char *foreign =
        drv == bdrv_find_format("raw") ? bdrv_foreign_format(buf, size, file, filename) : NULL;

    if (!foreign) {
        return drv;
    }
    error_setg(errp, "'%s' is an image of format '%s', which is not supported",
               blk_bs(file)->filename, foreign);
    error_append_hint(errp, "As a raw disk, if its format is given as that (-f raw, format=raw), "
                            "it shows the bytes of the file.\n");
    return NULL;
}

/* What the file looks like. A guess of "raw" is remembered: see raw's writes to the first block. */
static BlockDriver *probe_format(BlockDriverState *file, const char *filename, Error **errp)
{
    uint8_t buf[PROBE_BYTES] = {0};
    BlockBackend *blk;
    BlockDriver *drv = NULL;
    int64_t length = bdrv_getlength(file);
    int ret;

    if (length < 0) {
        error_setg_errno(errp, -length, "Could not get the size of image");
        return NULL;
    }
    if (bdrv_is_sg(file) || !bdrv_is_inserted(file) || length == 0) {
        return bdrv_find_format("raw");
    }
    blk = blk_new_with_bs(file, BLK_PERM_CONSISTENT_READ, BLK_PERM_ALL, errp);
    if (!blk) {
        return NULL;
    }
    length = MIN(length, (int64_t)sizeof(buf));
    ret = blk_pread(blk, 0, length, buf, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read image for determining its format");
    } else {
        drv = known_format(blk, buf, length, filename, errp);
    }
    blk_unref(blk);
    return drv;
}

static BlockDriverState *open_snapshot_overlay(BlockDriverState *bs, int flags, Error **errp);

static BlockDriverState *lookup_reference(const char *reference, const char *filename,
                                          QDict *options, Error **errp)
{
    BlockDriverState *bs;

    if (filename || (options && qdict_size(options))) {
        error_setg(errp, "Cannot reference an existing block device with additional options or a "
                         "new filename");
        return NULL;
    }
    bs = bdrv_lookup_bs(reference, reference, errp);
    if (bs) {
        bdrv_ref(bs);
    }
    return bs;
}

/* The driver that is named, or NULL to probe. False on an unknown name. */
static bool named_driver(QDict *options, BlockDriver **drv, Error **errp)
{
    ERRP_GUARD();
    const char *name = qdict_get_try_str(options, "driver");

    *drv = NULL;
    if (!name) {
        return true;
    }
    *drv = bdrv_find_format_err(name, errp);
    return *drv != NULL;
}

/* A format over a file: open the file first, then see. */
static BlockDriver *open_file_and_probe(BlockDriverState *bs, BlockDriver *drv,
                                        const char *filename, QDict *options, int flags,
                                        BlockDriverState **pfile, Error **errp)
{
    BlockDriverState *file;

    bs->open_flags = flags;
    file = open_child_bs(filename, options, "file", bs, BDRV_CHILD_IMAGE, true, errp);
    if (!file) {
        if (!drv && !*errp) {
            error_setg(errp, "Must specify either driver or file");
            hint_meant(options, "driver", errp);
            hint_meant(options, "file", errp);
        } else if (drv && !*errp && !filename) {
            return drv; /* the driver says what it misses */
        }
        return NULL;
    }
    *pfile = file;
    if (!drv) {
        drv = probe_format(file, filename, errp);
        bs->probed = true;
        if (drv) {
            qdict_put_str(bs->options, "driver", drv->format_name);
            qdict_put_str(options, "driver", drv->format_name);
        }
    }
    return drv;
}

/* The flags that the node will have, before it is time to use the options up. */
static bool peek_flags(QDict *options, int *flags, Error **errp)
{
    g_autoptr(QDict) copy = qdict_clone_shallow(options);

    return bdrv_flags_from_options(flags, NULL, copy, errp);
}

/* A format, or a filter, may stand where usually a protocol is: then it has a file below it. */
static bool is_protocol_open(BlockDriver *drv, int flags)
{
    return drv ? drv->protocol_name != NULL : (flags & BDRV_O_PROTOCOL) != 0;
}

static bool check_all_used(BlockDriverState *bs, QDict *options, Error **errp)
{
    if (qdict_size(options)) {
        suggest_option(options, bs->drv, errp);
        return false;
    }
    return true;
}

/* What opening has left in @bs for the nodes below, which are all open. */
static void forget_opening(BlockDriverState *bs)
{
    bs->key_work = NULL;
    bs->opener = NULL;
    bs->opened_as = 0;
}

BlockDriverState *bdrv_open(const char *filename, const char *reference, QDict *options, int flags,
                            Error **errp)
{
    return bdrv_open_with_keys(filename, reference, options, flags, NULL, errp);
}

BlockDriverState *bdrv_open_with_keys(const char *filename, const char *reference, QDict *options,
                                      int flags, struct QCryptoKeyWork *work, Error **errp)
{
    g_autoptr(QDict) opts = options ? options : qdict_new();

    if (reference) {
        return lookup_reference(reference, filename, opts, errp);
    }
    return open_image(filename, g_steal_pointer(&opts), flags, NULL, 0, work, errp);
}

void bdrv_prepend_open_error(Error **errp, const char *filename)
{
    g_autofree char *named = g_strdup_printf("Could not open '%s'", filename);

    if (!g_str_has_prefix(error_get_pretty(*errp), named)) {
        error_prepend(errp, "%s: ", named);
    }
}

/* @options go; @role: of the child that it will be of @opener, which is being opened, or NULL. */
static BlockDriverState *open_image(const char *filename, QDict *options, int flags,
                                    BlockDriverState *opener, BdrvChildRole role,
                                    struct QCryptoKeyWork *work, Error **errp)
{
    ERRP_GUARD();
    BlockDriverState *bs = bdrv_new(), *file = NULL;
    BlockDriver *drv;
    g_autoptr(QDict) opts = options;
    bool snapshot = flags & BDRV_O_SNAPSHOT;
    int inner_flags = flags & ~(BDRV_O_SNAPSHOT | BDRV_O_TEMPORARY);

    bs->key_work = work;
    bs->opener = opener;
    bs->opened_as = role;
    if (!parse_json_filename(&filename, opts, errp) || !named_driver(opts, &drv, errp)) {
        goto fail;
    }
    if (snapshot) {
        /* Nobody writes to the image itself. */
        inner_flags &= ~BDRV_O_RDWR;
        qdict_put_str(opts, "read-only", "on");
    }
    bs->explicit_options = qdict_clone_shallow(opts);
    inner_flags &= ~BDRV_O_PROTOCOL;
    if (is_protocol_open(drv, flags)) {
        inner_flags |= BDRV_O_PROTOCOL;
        drv = protocol_driver(filename, opts, errp);
        if (!drv) {
            goto fail;
        }
        qdict_put_str(opts, "driver", drv->format_name);
        bs->options = qdict_clone_shallow(opts);
    } else {
        bs->options = qdict_clone_shallow(opts);
        if (!peek_flags(opts, &inner_flags, errp)) {
            goto fail;
        }
        drv = open_file_and_probe(bs, drv, filename, opts, inner_flags, &file, errp);
        if (!drv) {
            goto fail;
        }
        if (file) {
            bdrv_refresh_filename(file);
            pstrcpy(bs->filename, sizeof(bs->filename), file->filename);
            qdict_put_str(opts, "file", file->node_name);
        }
    }
    if (!open_node(bs, drv, opts, inner_flags, errp)) {
        if (filename && file) {
            bdrv_prepend_open_error(errp, filename);
        }
        goto fail;
    }
    if (file) {
        bdrv_unref(file);
        file = NULL;
    }
    if (!bdrv_check_not_below_itself(bs, errp)) {
        goto fail;
    }
    if (bs->drv->supports_backing && !(inner_flags & BDRV_O_NO_BACKING)) {
        const char *backing = qdict_get_try_str(opts, "backing");

        if (qdict_get(opts, "backing") && (!backing || !*backing)) {
            /* "backing": null (or ""): none. */
            qdict_del(opts, "backing");
        } else if (!bdrv_open_backing_file(bs, opts, "backing", errp)) {
            goto fail;
        }
    } else if (qdict_get(opts, "backing") && bs->drv->supports_backing) {
        qdict_del(opts, "backing");
    }
    if (!check_all_used(bs, opts, errp)) {
        goto fail;
    }
    forget_opening(bs);
    bdrv_refresh_filename(bs);
    if (flags & BDRV_O_TEMPORARY) {
        unlink(bs->filename);
    }
    return snapshot ? open_snapshot_overlay(bs, flags, errp) : bs;

fail:
    bdrv_unref(file);
    bdrv_unref(bs);
    return NULL;
}

/* -snapshot: an overlay in a file that is gone from the file system at once. */
static BlockDriverState *open_snapshot_overlay(BlockDriverState *bs, int flags, Error **errp)
{
    g_autofree char *name = NULL;
    const char *dir = getenv("TMPDIR");
    int64_t size = bdrv_getlength(bs);
    BlockDriverState *overlay;
    QDict *opts;
    int fd;

    name = g_strdup_printf("%s/vl.XXXXXX", dir && *dir ? dir : "/var/tmp");
    fd = g_mkstemp_full(name, O_RDWR | O_CLOEXEC, 0600);
    if (size < 0 || fd < 0) {
        error_setg_errno(errp, size < 0 ? -size : errno, "Could not create temporary overlay '%s'",
                         name);
        goto fail;
    }
    close(fd);
    opts = qdict_new();
    qdict_put_int(opts, "size", size);
    if (!bdrv_create(bdrv_find_format("qcow2"), name, opts, errp)) {
        qobject_unref(opts);
        unlink(name);
        goto fail;
    }
    qobject_unref(opts);
    opts = qdict_new();
    qdict_put_str(opts, "driver", "qcow2");
    qdict_put_str(opts, "backing", "");
    overlay = bdrv_open(name, NULL, opts,
                        (flags & ~BDRV_O_SNAPSHOT) | BDRV_O_RDWR | BDRV_O_ALLOW_RDWR |
                            BDRV_O_TEMPORARY | BDRV_O_NO_FLUSH,
                        errp);
    if (!overlay) {
        unlink(name);
        goto fail;
    }
    if (!bdrv_set_backing_hd(overlay, bs, errp)) {
        bdrv_unref(overlay);
        goto fail;
    }
    bdrv_unref(bs);
    return overlay;
fail:
    bdrv_unref(bs);
    return NULL;
}
