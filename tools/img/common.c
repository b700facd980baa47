/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands of qemu-img share: opening images, option strings, output. */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/missing-part.h"
#include "qemu/timer.h"
#include "qobject/keyval.h"
#include "qobject/qjson.h"

int img_cache_mode(const char *mode, int *flags, bool *writethrough)
{
    static const struct {
        const char *name;
        int flags;
        bool writethrough;
    } modes[] = {
        {"none", BDRV_O_NOCACHE, false},      {"off", BDRV_O_NOCACHE, false},
        {"directsync", BDRV_O_NOCACHE, true}, {"writeback", 0, false},
        {"unsafe", BDRV_O_NO_FLUSH, false},   {"writethrough", 0, true},
    };

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        if (!strcmp(mode, modes[i].name)) {
            *flags = (*flags & ~BDRV_O_CACHE_MASK) | modes[i].flags;
            *writethrough = modes[i].writethrough;
            return 0;
        }
    }
    return -1;
}

BlockBackend *img_try_open(const ImgOpen *how, const char *filename, int flags, Error **errp)
{
    QDict *opts = NULL;
    BlockBackend *blk;
    bool writethrough = false;

    if (how->cache && img_cache_mode(how->cache, &flags, &writethrough) < 0) {
        error_setg(errp, "Invalid cache option: %s", how->cache);
        return NULL;
    }
    if (how->image_opts && how->fmt) {
        error_setg(errp, "--image-opts and --format are mutually exclusive");
        return NULL;
    }
    if (how->image_opts) {
        opts = keyval_parse_full(filename, NULL, KEYVAL_SHORT_BOOL_WARN, NULL, errp);
        if (!opts) {
            return NULL;
        }
        qdict_flatten(opts);
        filename = NULL;
    } else {
        opts = qdict_new();
    }
    if (how->more) {
        for (const QDictEntry *e = qdict_first(how->more); e; e = qdict_next(how->more, e)) {
            qdict_put_obj(opts, qdict_entry_key(e), qobject_ref(qdict_entry_value(e)));
        }
    }
    if (how->fmt) {
        qdict_put_str(opts, "driver", how->fmt);
    }
    if (how->force_share) {
        qdict_put_str(opts, "force-share", "on");
    }
    blk = blk_new_open(filename, NULL, opts, flags, errp);
    if (blk) {
        blk_set_enable_write_cache(blk, !writethrough);
    }
    return blk;
}

BlockBackend *img_open(const ImgOpen *how, const char *filename, int flags)
{
    Error *err = NULL;
    BlockBackend *blk = img_try_open(how, filename, flags, &err);

    if (!blk) {
        bdrv_prepend_open_error(&err, filename);
        error_report_err(err);
    }
    return blk;
}

BlockDriver *img_find_format(const char *name, const char *filename)
{
    BlockDriver *drv = bdrv_find_format(name);
    Error *err = NULL;

    if (drv) {
        return drv;
    }
    if (!missing_part_error(MISSING_BLOCK_DRIVER, name, &err)) {
        error_setg(&err, "Unknown file format '%s'", name);
        bdrv_hint_creatable(name, &err);
    }
    if (filename) {
        error_prepend(&err, "%s: ", filename);
    }
    error_report_err(err);
    return NULL;
}

bool img_add_options(QDict *opts, const char *text, bool *help)
{
    g_autoptr(QDict) more = NULL;
    Error *err = NULL;

    more = keyval_parse_full(text, NULL, KEYVAL_SHORT_BOOL_ACCEPT, help, &err);
    if (!more) {
        error_report_err(err);
        return false;
    }
    qdict_flatten(more);
    qdict_join(opts, more, true);
    return true;
}

static void print_table(const BdrvOpt *table, const BdrvOpt *except)
{
    static const char *const types[] = {
        [BDRV_OPT_STR] = "str",   [BDRV_OPT_BOOL] = "bool (on/off)", [BDRV_OPT_NUM] = "num",
        [BDRV_OPT_SIZE] = "size", [BDRV_OPT_ENUM] = "str",
    };

    for (const BdrvOpt *o = table; o && o->name; o++) {
        bool known = false;

        for (const BdrvOpt *e = except; e && e->name; e++) {
            known |= !strcmp(e->name, o->name);
        }
        if (!known) {
            g_autofree char *left = g_strdup_printf("%s=<%s>", o->name, types[o->type]);

            printf("  %-22s - %s\n", left, o->help ? o->help : "");
        }
    }
}

void img_print_create_options(BlockDriver *drv, const char *filename)
{
    BlockDriver *proto =
        filename ? bdrv_find_protocol(filename, true, NULL) : bdrv_find_format("file");

    printf("Supported %s options:\n", drv->format_name);
    print_table(drv->create_opts, NULL);
    if (proto && proto != drv) {
        print_table(proto->create_opts, drv->create_opts);
    }
}

int img_show_create_options(const char *fmt)
{
    BlockDriver *drv = img_find_format(fmt, NULL);

    if (drv) {
        img_print_create_options(drv, NULL);
    }
    return !drv;
}

void img_print_amend_options(BlockDriver *drv)
{
    printf("Amend options for '%s':\n", drv->format_name);
    print_table(drv->amend_opts, NULL);
}

void img_print_json(QObject *obj)
{
    GString *text = qobject_to_json_pretty(obj, true);

    printf("%s\n", text->str);
    g_string_free(text, true);
}

void img_print(bool quiet, const char *fmt, ...)
{
    va_list ap;

    if (!quiet) {
        va_start(ap, fmt);
        vprintf(fmt, ap);
        va_end(ap);
    }
}

bool img_parse_size(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    if (qemu_strtosz(text, NULL, value) < 0 || *value < min || *value > max) {
        error_report("Invalid %s specified: '%s'; it is a number from %" PRIu64 " to %" PRIu64
                     ", with a suffix like k, M or G if need be",
                     what, text, min, max);
        return false;
    }
    return true;
}

bool img_check_target(BlockBackend *dst, BlockBackend *src)
{
    if (bdrv_is_read_from(blk_bs(src), bdrv_skip_filters(blk_bs(dst)))) {
        error_report("'%s' cannot be the target: what is to be copied is read from it",
                     blk_bs(dst)->filename);
        return false;
    }
    return true;
}

bool img_load_snapshot(BlockBackend *blk, const char *param)
{
    BlockDriverState *bs = bdrv_snapshot_holder(blk_bs(blk));
    g_autoptr(QDict) by = NULL;
    const char *id = NULL, *name = NULL;
    Error *err = NULL;
    bool ok;

    if (!bs->drv->bdrv_snapshot_load_tmp) {
        error_report("Failed to load snapshot: images of format '%s' have none",
                     bdrv_get_format_name(bdrv_skip_filters(blk_bs(blk))));
        return false;
    }
    if (strstart(param, "snapshot.", NULL)) {
        by = keyval_parse(param, NULL, NULL, &err);
        if (!by) {
            error_report_err(err);
            return false;
        }
        qdict_flatten(by);
        id = qdict_get_try_str(by, "snapshot.id");
        name = qdict_get_try_str(by, "snapshot.name");
        if (qdict_size(by) != !!id + !!name) {
            error_report("Invalid parameter in '%s': a snapshot is chosen by snapshot.id and "
                         "snapshot.name",
                         param);
            return false;
        }
        ok = bs->drv->bdrv_snapshot_load_tmp(bs, id, name, &err);
    } else {
        ok = bs->drv->bdrv_snapshot_load_tmp(bs, param, NULL, NULL) ||
             bs->drv->bdrv_snapshot_load_tmp(bs, NULL, param, &err);
    }
    if (!ok) {
        error_reportf_err(err, "Failed to load snapshot '%s' of '%s': ", param, bs->filename);
    }
    return ok;
}

int64_t img_rate_next(int64_t *next, uint64_t rate, int64_t bytes)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME), begin = MAX(*next, now);

    *next = begin + (int64_t)((double)bytes * NANOSECONDS_PER_SECOND / rate);
    return begin;
}

bool img_settle(BlockBackend *blk)
{
    Error *err = NULL;

    if (!bdrv_inactivate(blk_bs(blk), &err)) {
        error_report_err(err);
        return false;
    }
    return true;
}
