/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * External data files: guest data lies in a file of its own, each cluster where the guest has it,
 * and tables only say which of them are there ("External data file" and "Raw external data" of the
 * specification). Data has no refcounts then, and there are neither snapshots nor compressed
 * clusters.
 *
 * Opening: main thread. The rest: in coroutines, any thread; s->lock held where it says.
 */
#include "qemu/osdep.h"
#include "qcow2.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

/* ---- opening ---- */

bool qcow2_read_data_file_ext(BlockDriverState *bs, uint64_t start, uint32_t len, Error **errp)
{
    Qcow2State *s = bs->opaque;
    int ret;

    g_free(s->data_file_name);
    s->data_file_name = g_malloc0((gsize)len + 1);
    ret = bdrv_pread(bs->file, start, len, s->data_file_name, 0);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Could not read the name of the data file");
    }
    return ret >= 0;
}

/* What the image names is the name of a file, whatever it looks like: nobody has seen it yet. */
static BdrvChild *open_named(BlockDriverState *bs, Error **errp)
{
    Qcow2State *s = bs->opaque;
    g_autoptr(QDict) opts = qdict_new();
    BdrvChild *child;

    qdict_put_str(opts, "data-file.filename", s->data_file_name);
    child = bdrv_open_child(NULL, opts, "data-file", bs, BDRV_CHILD_DATA, false, errp);
    if (child) {
        child->implied = true;
    }
    return child;
}

bool qcow2_open_data_file(BlockDriverState *bs, QDict *options, Error **errp)
{
    ERRP_GUARD();
    Qcow2State *s = bs->opaque;
    BdrvChild *child = bdrv_find_child(bs, "data-file");

    s->data_file = bs->file;
    if (child) {
        /* Read anew; the graph stays. */
        s->data_file = child;
        return true;
    }
    if (options) {
        child = bdrv_open_child(NULL, options, "data-file", bs, BDRV_CHILD_DATA, true, errp);
        if (!child && *errp) {
            return false;
        }
    }
    if (child && !qcow2_has_data_file(s)) {
        error_setg(errp, "'data-file' can only be set for images with an external data file");
        return false;
    }
    /* Who only asks what the image is opens no other file. */
    if (!qcow2_has_data_file(s) || (!child && (bs->open_flags & BDRV_O_NO_IO))) {
        return true;
    }
    if (!child && (!s->data_file_name || !s->data_file_name[0])) {
        error_setg(errp, "'data-file' is required for this image");
        return false;
    }
    child = child ? child : open_named(bs, errp);
    if (!child) {
        return false;
    }
    /* Data is no longer what the image's own file is for. */
    bs->file->role = BDRV_CHILD_METADATA | BDRV_CHILD_PRIMARY;
    s->data_file = child;
    return true;
}

/* ---- what is done to it beside reading and writing ---- */

int coroutine_fn qcow2_data_zero(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                 BdrvRequestFlags flags)
{
    Qcow2State *s = bs->opaque;

    if (!qcow2_data_file_is_raw(s)) {
        return 0;
    }
    return bdrv_co_pwrite_zeroes(s->data_file, offset, bytes, flags & BDRV_REQ_MAY_UNMAP);
}

int coroutine_fn qcow2_data_grow(BlockDriverState *bs, int64_t from, int64_t to, PreallocMode mode,
                                 Error **errp)
{
    Qcow2State *s = bs->opaque;
    PreallocMode below = mode == PREALLOC_MODE_METADATA ? PREALLOC_MODE_OFF : mode;
    int64_t length;
    int ret = 0;

    if (!qcow2_has_data_file(s)) {
        return 0;
    }
    length = bdrv_co_getlength(s->data_file->bs);
    if (length < 0) {
        error_setg_errno(errp, -length, "Could not get the size of the data file");
        return length;
    }
    /* What it has there is shown from now on, unless tables say otherwise. */
    if (!s->keep_data && length > from && (qcow2_data_file_is_raw(s) || mode)) {
        ret = bdrv_co_pwrite_zeroes(s->data_file, from, MIN(length, to) - from, 0);
        if (ret < 0) {
            error_setg_errno(errp, -ret, "Could not clear the data file");
        }
    }
    return ret >= 0 && length < to ? bdrv_co_truncate(s->data_file, to, false, below, 0, errp)
                                   : ret;
}

void qcow2_data_keep(BlockDriverState *bs, uint64_t offset, uint64_t bytes)
{
    Qcow2State *s = bs->opaque;
    uint64_t end = offset + bytes;

    for (guint i = 0; i < s->frees->len; i++) {
        Qcow2Free *f = &g_array_index(s->frees, Qcow2Free, i), tail = *f;

        if (!f->data || f->offset >= end || offset >= f->offset + f->bytes) {
            continue;
        }
        if (f->offset + f->bytes > end) {
            tail.offset = end;
            tail.bytes = f->offset + f->bytes - end;
        } else {
            tail.bytes = 0;
        }
        f->bytes = offset > f->offset ? offset - f->offset : 0;
        if (tail.bytes) {
            g_array_append_val(s->frees, tail);
        }
    }
}

void coroutine_fn qcow2_data_shrink(BlockDriverState *bs, int64_t size)
{
    Qcow2State *s = bs->opaque;

    if (qcow2_has_data_file(s)) {
        /* Where it cannot be shorter (a device), the rest is not used. */
        bdrv_co_truncate(s->data_file, size, false, PREALLOC_MODE_OFF, 0, NULL);
    }
}
