/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drives and named nodes of users: -drive and -blockdev end here, and so do the QMP commands. */
#include "qemu/osdep.h"
#include "block/block.h"
#include "block/block_int.h"
#include "hw/qdev-core.h"
#include "monitor/qmp.h"
#include "qapi/qapi-commands-block-node.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/id.h"
#include "qemu/nearest-name.h"
#include "qom/object.h"
#include "system/blockdev.h"
#include "system/cpus.h"
#include "system/runstate.h"

static QTAILQ_HEAD(, DriveInfo) drives = QTAILQ_HEAD_INITIALIZER(drives);

static const char *const if_names[IF_COUNT] = {
    [IF_NONE] = "none",     [IF_IDE] = "ide",       [IF_SCSI] = "scsi",
    [IF_FLOPPY] = "floppy", [IF_PFLASH] = "pflash", [IF_MTD] = "mtd",
    [IF_SD] = "sd",         [IF_VIRTIO] = "virtio", [IF_XEN] = "xen",
};

/* How many units a bus of the interface has; 0: buses do not count. */
static int if_units[IF_COUNT] = {[IF_IDE] = 2, [IF_SCSI] = 7};

void drive_set_units(BlockInterfaceType type, int units)
{
    if_units[type] = units;
}

/* ---- looking up ---- */

DriveInfo *drive_get(BlockInterfaceType type, int bus, int unit)
{
    DriveInfo *d;

    QTAILQ_FOREACH (d, &drives, next) {
        if (d->type == type && d->bus == bus && d->unit == unit) {
            return d;
        }
    }
    return NULL;
}

DriveInfo *drive_get_by_index(BlockInterfaceType type, int index)
{
    int units = if_units[type];

    return drive_get(type, units ? index / units : 0, units ? index % units : index);
}

DriveInfo *blk_legacy_dinfo(BlockBackend *blk)
{
    DriveInfo *d;

    QTAILQ_FOREACH (d, &drives, next) {
        if (d->blk == blk) {
            return d;
        }
    }
    return NULL;
}

DriveInfo *drive_next(DriveInfo *dinfo)
{
    return dinfo ? QTAILQ_NEXT(dinfo, next) : QTAILQ_FIRST(&drives);
}

void drive_mark_claimed(DriveInfo *dinfo)
{
    dinfo->claimed = true;
}

static void no_device_for(const DriveInfo *d, Error **errp)
{
    ERRP_GUARD();

    error_setg(errp, "machine type does not support if=%s,bus=%d,unit=%d", if_names[d->type],
               d->bus, d->unit);
    error_append_hint(errp,
                      "-drive if=none,id=ID,... and -device with drive=ID put it anywhere.\n");
}

bool drive_check_orphaned(Error **errp)
{
    DriveInfo *d;

    QTAILQ_FOREACH (d, &drives, next) {
        if (d->type != IF_NONE && !d->claimed && !d->is_default && !blk_get_attached_dev(d->blk)) {
            loc_push_restore(&d->loc);
            no_device_for(d, errp);
            loc_pop(&d->loc);
            return false;
        }
    }
    return true;
}

/* ---- -drive ---- */

typedef struct DriveKeys {
    char *id, *interface, *file, *format, *media, *cache, *aio, *rerror, *werror, *discard;
    uint64_t bus, unit, index;
    int detect_zeroes;
    bool read_only, snapshot, copy_on_read, account_failed, account_invalid;
    bool writeback;
} DriveKeys;

#define KEY(name, type, field)                                                                     \
    {                                                                                              \
        name, type, offsetof(DriveKeys, field)                                                     \
    }

static const BdrvOpt drive_keys[] = {
    KEY("id", BDRV_OPT_STR, id),
    KEY("if", BDRV_OPT_STR, interface),
    KEY("file", BDRV_OPT_STR, file),
    KEY("format", BDRV_OPT_STR, format),
    KEY("media", BDRV_OPT_STR, media),
    KEY("cache", BDRV_OPT_STR, cache),
    KEY("aio", BDRV_OPT_STR, aio),
    KEY("rerror", BDRV_OPT_STR, rerror),
    KEY("werror", BDRV_OPT_STR, werror),
    KEY("bus", BDRV_OPT_NUM, bus),
    KEY("unit", BDRV_OPT_NUM, unit),
    KEY("index", BDRV_OPT_NUM, index),
    KEY("read-only", BDRV_OPT_BOOL, read_only),
    KEY("snapshot", BDRV_OPT_BOOL, snapshot),
    KEY("copy-on-read", BDRV_OPT_BOOL, copy_on_read),
    KEY("cache.writeback", BDRV_OPT_BOOL, writeback),
    {"detect-zeroes", BDRV_OPT_ENUM, offsetof(DriveKeys, detect_zeroes),
     &BlockdevDetectZeroesOptions_lookup},
    KEY("stats-account-failed", BDRV_OPT_BOOL, account_failed),
    KEY("stats-account-invalid", BDRV_OPT_BOOL, account_invalid),
    {NULL},
};

bool drive_rename_key(QDict *keys, const char *alias, const char *name, Error **errp)
{
    QObject *value = qdict_get(keys, alias);

    if (!value) {
        return true;
    }
    if (qdict_haskey(keys, name)) {
        error_setg(errp, "'%s' and its alias '%s' can't be used at the same time", name, alias);
        return false;
    }
    qdict_put_obj(keys, name, qobject_ref(value));
    qdict_del(keys, alias);
    return true;
}

static bool rename_keys(QDict *keys, Error **errp)
{
    if (qdict_haskey(keys, "driver") && qdict_haskey(keys, "format")) {
        error_setg(errp, "Cannot specify both 'driver' and 'format'");
        return false;
    }
    return drive_rename_key(keys, "readonly", "read-only", errp);
}

static bool parse_cache(const char *mode, int *flags, bool *writethrough, Error **errp)
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
            return true;
        }
    }
    error_setg(errp,
               "invalid cache option '%s'; accepted: none, directsync, writeback, unsafe, "
               "writethrough",
               mode);
    return false;
}

static bool parse_interface(const char *name, BlockInterfaceType *type, Error **errp)
{
    ERRP_GUARD();
    NearestName near;

    nearest_name_init(&near, name);
    for (int i = 0; i < IF_COUNT; i++) {
        if (!strcmp(name, if_names[i])) {
            nearest_name_clear(&near);
            *type = i;
            return true;
        }
        nearest_name_try(&near, if_names[i]);
    }
    error_setg(errp, "unsupported bus type '%s'", name);
    nearest_name_hint(&near, errp);
    return false;
}

static bool parse_on_error(const char *text, bool is_read, BlockdevOnError *value, Error **errp)
{
    ERRP_GUARD();
    int v = text ? qapi_enum_parse(&BlockdevOnError_lookup, text, -1, NULL) : (int)*value;

    /* Reads need no space. */
    if (v < 0 || (text && is_read && v == BLOCKDEV_ON_ERROR_ENOSPC)) {
        error_setg(errp, "%s=%s: '%s' invalid %s error action", is_read ? "rerror" : "werror", text,
                   text, is_read ? "read" : "write");
        error_append_hint(errp, "Accepted: report, ignore, %sstop, auto.\n",
                          is_read ? "" : "enospc, ");
        return false;
    }
    *value = v;
    return true;
}

/* Bus and unit by the keys, or the first free place. */
static bool find_place(DriveInfo *d, const DriveKeys *k, Error **errp)
{
    int units = if_units[d->type];

    d->bus = k->bus == UINT64_MAX ? 0 : k->bus;
    d->unit = k->unit == UINT64_MAX ? -1 : (int)k->unit;
    if (k->index != UINT64_MAX) {
        if (k->bus != UINT64_MAX || k->unit != UINT64_MAX) {
            error_setg(errp, "index cannot be used with bus and unit");
            return false;
        }
        d->bus = units ? k->index / units : 0;
        d->unit = units ? k->index % units : k->index;
    }
    if (d->unit < 0) {
        for (d->unit = 0; drive_get(d->type, d->bus, d->unit);) {
            if (units && ++d->unit >= units) {
                d->unit = 0;
                d->bus++;
            } else if (!units) {
                d->unit++;
            }
        }
    }
    if (units && d->unit >= units) {
        error_setg(errp, "unit %d too big (max is %d)", d->unit, units - 1);
        return false;
    }
    if (d->type != IF_NONE && drive_get(d->type, d->bus, d->unit)) {
        error_setg(errp, "drive with bus=%d, unit=%d (index=%d) exists", d->bus, d->unit,
                   units ? d->bus * units + d->unit : d->unit);
        return false;
    }
    return true;
}

static char *drive_name(const DriveInfo *d, const DriveKeys *k)
{
    const char *media = d->media_cd ? "-cd" : "-hd";

    if (k->id) {
        return g_strdup(k->id);
    }
    if (d->type == IF_NONE || d->type == IF_FLOPPY || d->type == IF_PFLASH ||
        d->type == IF_VIRTIO) {
        media = d->media_cd ? "cd" : "";
    }
    return if_units[d->type]
               ? g_strdup_printf("%s%d%s%d", if_names[d->type], d->bus, media, d->unit)
               : g_strdup_printf("%s%s%d", if_names[d->type], media, d->unit);
}

/* A drive without a medium. */
static BlockBackend *open_empty(const DriveKeys *k, Error **errp)
{
    if (k->copy_on_read) {
        error_setg(errp, "copy-on-read=on needs an image: give one with file=");
        return NULL;
    }
    return blk_new(0, BLK_PERM_ALL);
}

static BlockBackend *open_drive(const DriveKeys *k, QDict *options, int flags, Error **errp)
{
    BlockBackend *blk;
    BlockDriverState *bs;

    if (k->file ? !*k->file : !qdict_size(options)) {
        return open_empty(k, errp);
    }
    if (k->format) {
        qdict_put_str(options, "driver", k->format);
    }
    if (k->aio) {
        qdict_set_default_str(options, "file.aio", k->aio);
    }
    qdict_flatten(options);
    bs = bdrv_open(k->file, NULL, qobject_ref(options), flags, errp);
    if (!bs) {
        return NULL;
    }
    /* Of a drive, unlike a node, also where discards are ignored: it writes zeroes then. */
    bs->detect_zeroes = k->detect_zeroes;
    blk = blk_new(0, BLK_PERM_ALL);
    if ((k->copy_on_read && !bdrv_enable_copy_on_read(bs, errp)) || !blk_insert_bs(blk, bs, errp)) {
        bdrv_unref(bs);
        blk_unref(blk);
        return NULL;
    }
    bdrv_unref(bs);
    return blk;
}

/*
 * What is no key of a drive is for its image, which may have complained of one: if it looks like
 * one of ours, that was meant.
 */
static void suggest_drive_key(const QDict *keys, Error **errp)
{
    for (const QDictEntry *e = qdict_first(keys); e; e = qdict_next(keys, e)) {
        g_autofree char *quoted = g_strdup_printf("'%s'", qdict_entry_key(e));
        NearestName near;

        if (!strstr(error_get_pretty(*errp), quoted)) {
            continue;
        }
        nearest_name_init(&near, qdict_entry_key(e));
        for (const BdrvOpt *o = drive_keys; o->name; o++) {
            nearest_name_try(&near, o->name);
        }
        nearest_name_suggest(&near, errp);
    }
}

DriveInfo *drive_new(QDict *keys, BlockInterfaceType default_if, bool snapshot, Error **errp)
{
    ERRP_GUARD();
    DriveKeys k = {
        .bus = UINT64_MAX,
        .unit = UINT64_MAX,
        .index = UINT64_MAX,
        .account_failed = true,
        .account_invalid = true,
    };
    g_autofree DriveInfo *d = g_new0(DriveInfo, 1);
    g_autofree char *name = NULL;
    BlockdevOnError rerror = BLOCKDEV_ON_ERROR_REPORT, werror = BLOCKDEV_ON_ERROR_ENOSPC;
    int flags = BDRV_O_RDWR | BDRV_O_ALLOW_RDWR;
    bool writethrough = false, has_writeback;
    DriveLimits *limits = NULL;
    DriveInfo *result = NULL;

    qdict_flatten(keys);
    has_writeback = qdict_haskey(keys, "cache.writeback");
    d->type = default_if;
    loc_save(&d->loc);
    if (!rename_keys(keys, errp) || !drive_take_limits(keys, &limits, errp) ||
        !bdrv_parse_options(&k, drive_keys, keys, errp) ||
        (k.interface && !parse_interface(k.interface, &d->type, errp)) ||
        (k.cache && !parse_cache(k.cache, &flags, &writethrough, errp)) ||
        !parse_on_error(k.rerror, true, &rerror, errp) ||
        !parse_on_error(k.werror, false, &werror, errp)) {
        goto out;
    }
    if (has_writeback) {
        writethrough = !k.writeback;
    }
    d->media_cd = k.media && !strcmp(k.media, "cdrom");
    if (k.media && !d->media_cd && strcmp(k.media, "disk")) {
        error_setg(errp, "'%s' invalid media; accepted: disk, cdrom", k.media);
        goto out;
    }
    if (!find_place(d, &k, errp)) {
        goto out;
    }
    if (k.read_only || d->media_cd) {
        flags &= ~(BDRV_O_RDWR | BDRV_O_ALLOW_RDWR);
        if (k.copy_on_read) {
            warn_report("copy-on-read=on is switched off, as the drive is read-only");
            k.copy_on_read = false;
        }
    } else {
        qdict_set_default_str(keys, "auto-read-only", "on");
        if (qdict_size(keys) == 1 && !k.file) {
            qdict_del(keys, "auto-read-only");
        }
    }
    if (k.snapshot || snapshot) {
        flags |= BDRV_O_SNAPSHOT;
    }
    name = drive_name(d, &k);
    d->blk = open_drive(&k, keys, flags, errp);
    if (!d->blk) {
        suggest_drive_key(keys, errp);
        goto out;
    }
    if (!monitor_add_blk(d->blk, name, errp)) {
        blk_unref(d->blk);
        goto out;
    }
    blk_set_read_only_default(d->blk, !(flags & BDRV_O_RDWR));
    blk_set_enable_write_cache(d->blk, !writethrough);
    block_acct_setup(blk_get_stats(d->blk), k.account_invalid, k.account_failed);
    drive_set_limits(d->blk, limits);
    blk_set_on_error(d->blk, rerror, werror);
    result = g_steal_pointer(&d);
    QTAILQ_INSERT_TAIL(&drives, result, next);
out:
    drive_free_limits(limits);
    bdrv_free_options(&k, drive_keys);
    qobject_unref(keys);
    return result;
}

void blockdev_drive_del(const char *name, Error **errp)
{
    BlockBackend *blk;
    BlockDriverState *bs = bdrv_find_node(name);
    DriveInfo *d;

    if (bs) {
        qmp_blockdev_del(name, errp);
        return;
    }
    blk = blk_by_name(name);
    if (!blk) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", name);
        return;
    }
    d = blk_legacy_dinfo(blk);
    bs = blk_bs(blk);
    if (bs && bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_DRIVE_DEL, errp)) {
        return;
    }
    if (bs) {
        blk_remove_bs(blk);
    }
    monitor_remove_blk(blk);
    if (d) {
        QTAILQ_REMOVE(&drives, d, next);
        g_free(d);
    }
    if (blk_get_attached_dev(blk)) {
        /* The guest sees errors, whatever the policy was. */
        blk_set_on_error(blk, BLOCKDEV_ON_ERROR_REPORT, BLOCKDEV_ON_ERROR_REPORT);
    }
    blk_unref(blk);
}

/* ---- what the block layer asks for ---- */

static void stop_io_error(void)
{
    qemu_system_vmstop_request_prepare();
    qemu_system_vmstop_request(RUN_STATE_IO_ERROR);
}

static char *device_id(DeviceState *dev)
{
    return g_strdup(dev->id ? dev->id : "");
}

static char *device_path(DeviceState *dev)
{
    return object_get_canonical_path(OBJECT(dev));
}

static DeviceState *device_find(const char *id)
{
    bool ambiguous = false;
    Object *obj = object_resolve_path_type(id, TYPE_DEVICE, &ambiguous);
    g_autofree char *path = NULL;
    Object *backend;

    if (!obj) {
        path = g_strdup_printf("/machine/peripheral/%s", id);
        obj = object_resolve_path_type(path, TYPE_DEVICE, NULL);
    }
    /* A virtio disk's id is that of its transport; the drive is the disk's inside of it. */
    backend = obj ? object_resolve_path_component(obj, "virtio-backend") : NULL;
    if (backend && !blk_by_dev(obj)) {
        obj = backend;
    }
    return obj ? DEVICE(obj) : NULL;
}

void blockdev_init(void)
{
    static const BlockBackendHooks block_hooks = {
        .vm_stop_io_error = stop_io_error,
        .dev_id = device_id,
        .dev_path = device_path,
        .find_dev = device_find,
    };

    blk_set_hooks(&block_hooks);
    vm_stop_add_drain(bdrv_drain_all, bdrv_flush_all);
    bdrv_init();
}
