/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks of the command line: -blockdev, -drive, -hda..-hdd, -cdrom, -fda, -fdb, -pflash, -snapshot.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "hw/boards.h"
#include "hw/qdev-core.h"
#include "system/blockdev.h"
#include "system/system.h"
#include "vl-internal.h"

static void add_node(ConfigItem *item, const VMConfig *config)
{
    blockdev_add_node(item->keys, !item->keyval, &error_fatal);
}

/* The shorthands are -drive with some keys. */
static QDict *shorthand_keys(int option, const char *file)
{
    static const struct {
        int option;
        const char *interface;
        int index;
        const char *media;
    } table[] = {
        {QEMU_OPTION_hda, "ide", 0, "disk"},    {QEMU_OPTION_hdb, "ide", 1, "disk"},
        {QEMU_OPTION_hdc, "ide", 2, "disk"},    {QEMU_OPTION_hdd, "ide", 3, "disk"},
        {QEMU_OPTION_cdrom, "ide", 2, "cdrom"}, {QEMU_OPTION_fda, "floppy", 0, NULL},
        {QEMU_OPTION_fdb, "floppy", 1, NULL},   {QEMU_OPTION_pflash, "pflash", -1, NULL},
    };

    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (table[i].option == option) {
            QDict *keys = qdict_new();

            qdict_put_str(keys, "file", file);
            qdict_put_str(keys, "if", table[i].interface);
            if (table[i].index >= 0) {
                qdict_put_int(keys, "index", table[i].index);
            }
            if (table[i].media) {
                qdict_put_str(keys, "media", table[i].media);
            }
            return keys;
        }
    }
    return NULL;
}

static void add_drive(ConfigItem *item, const VMConfig *config)
{
    QDict *keys = item->keys ? qobject_ref(item->keys) : shorthand_keys(item->index, item->text);

    drive_new(keys, IF_IDE, config->snapshot, &error_fatal);
}

static void each(GPtrArray *items, void (*fn)(ConfigItem *item, const VMConfig *config),
                 const VMConfig *config)
{
    for (guint i = 0; i < items->len; i++) {
        ConfigItem *item = g_ptr_array_index(items, i);

        loc_push_restore(&item->loc);
        fn(item, config);
        loc_pop(&item->loc);
    }
}

/* Is one of @models, up to NULL, among the devices that the user places? */
static bool user_places(const VMConfig *config, const char *const *models)
{
    for (guint i = 0; i < config->devices->len; i++) {
        const ConfigItem *item = g_ptr_array_index(config->devices, i);
        const char *driver = item->keys ? qdict_get_try_str(item->keys, "driver") : NULL;

        if (driver && g_strv_contains(models, driver)) {
            return true;
        }
    }
    return false;
}

/* The drives that a machine of old has, empty, unless the user places others. */
static void add_default(const VMConfig *config, BlockInterfaceType type, const char *interface,
                        int index, const char *media, const char *const *instead)
{
    QDict *keys;

    if (config->nodefaults || drive_get_by_index(type, index) || user_places(config, instead)) {
        return;
    }
    keys = qdict_new();
    qdict_put_str(keys, "if", interface);
    qdict_put_int(keys, "index", index);
    if (media) {
        qdict_put_str(keys, "media", media);
    }
    drive_new(keys, type, false, &error_fatal)->is_default = true;
}

static void add_default_drives(const VMConfig *config)
{
    static const char *const other_disks[] = {"ide-cd", "ide-hd", "scsi-cd", "scsi-hd", NULL};
    static const char *const other_floppies[] = {"isa-fdc", "floppy", NULL};
    const MachineClass *mc = MACHINE_GET_CLASS(machine_current());

    if (!mc->no_cdrom) {
        add_default(config, IF_IDE, "ide", 2, "cdrom", other_disks);
    }
    if (!mc->no_floppy) {
        add_default(config, IF_FLOPPY, "floppy", 0, NULL, other_floppies);
    }
}

void vl_create_drives(const VMConfig *config)
{
    int units = MACHINE_GET_CLASS(machine_current())->ide_units_per_bus;

    if (units) {
        drive_set_units(IF_IDE, units);
    }
    each(config->blockdevs, add_node, config);
    each(config->drives, add_drive, config);
    add_default_drives(config);
}

void vl_create_drive_devices(void)
{
    for (DriveInfo *d = drive_next(NULL); d; d = drive_next(d)) {
        g_autoptr(QDict) opts = NULL;

        if (d->type != IF_VIRTIO) {
            continue;
        }
        loc_push_restore(&d->loc);
        opts = qdict_new();
        qdict_put_str(opts, "driver", "virtio-blk-pci");
        qdict_put_str(opts, "drive", blk_name(d->blk));
        object_unref(qdev_device_add_from_qdict(opts, false, &error_fatal));
        drive_mark_claimed(d);
        loc_pop(&d->loc);
    }
    drive_check_orphaned(&error_fatal);
}
