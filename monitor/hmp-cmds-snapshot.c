/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP: snapshots of the machine in its disks' images. Main thread, BQL held. */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/qapi.h"
#include "commands.h"
#include "migration/snapshot.h"
#include "qobject/qdict.h"
#include "system/cpus.h"
#include "system/runstate.h"

static void cmd_savevm(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    save_snapshot(qdict_get_try_str(args, "name"), true, NULL, NULL, &err);
    hmp_handle_error(mon, err);
}

static void cmd_loadvm(Monitor *mon, const QDict *args)
{
    RunState was = runstate_get();
    Error *err = NULL;
    bool loaded;

    if (load_snapshot(qdict_get_str(args, "name"), NULL, NULL, &loaded, &err) &&
        runstate_is_live(was)) {
        vm_start();
    }
    hmp_handle_error(mon, err);
}

static void cmd_delvm(Monitor *mon, const QDict *args)
{
    const char *name = qdict_get_str(args, "name");
    Error *err = NULL;
    bool found;

    if (delete_snapshot(name, NULL, &found, &err) && !found) {
        monitor_printf(mon, "No disk has a snapshot '%s': 'info snapshots' tells which there are\n",
                       name);
    }
    hmp_handle_error(mon, err);
}

/* ---- info snapshots ---- */

typedef struct Disk {
    const char *name;
    SnapshotInfoList *list;
} Disk;

static void disk_clear(void *opaque)
{
    qapi_free_SnapshotInfoList(((Disk *)opaque)->list);
}

static GArray *all_disks(void)
{
    GArray *disks = g_array_new(false, false, sizeof(Disk));
    g_autoptr(GPtrArray) nodes = snapshot_default_nodes();

    g_array_set_clear_func(disks, disk_clear);
    for (guint i = 0; i < nodes->len; i++) {
        BlockDriverState *node = bdrv_snapshot_node(nodes->pdata[i], NULL);

        if (node) {
            Disk d = {bdrv_get_device_or_node_name(nodes->pdata[i]), bdrv_query_snapshots(node)};

            g_array_append_val(disks, d);
        }
    }
    return disks;
}

static bool on_all_disks(GArray *disks, const char *name)
{
    for (guint i = 0; i < disks->len; i++) {
        bool found = false;

        for (SnapshotInfoList *e = g_array_index(disks, Disk, i).list; e; e = e->next) {
            found |= !strcmp(e->value->name, name);
        }
        if (!found) {
            return false;
        }
    }
    return true;
}

/* Of one disk: those that all have, or the others; with @title before the first. */
static void list_some(GString *out, GArray *disks, const Disk *disk, bool common, const char *title)
{
    for (SnapshotInfoList *e = disk->list; e; e = e->next) {
        if (on_all_disks(disks, e->value->name) != common) {
            continue;
        }
        if (title) {
            g_string_append(out, title);
            bdrv_snapshot_text_header(out);
            title = NULL;
        }
        bdrv_snapshot_text(out, e->value, common ? "--" : NULL);
    }
}

/* Ids may differ among disks: only those that not all have are shown with one. */
static void info_snapshots(Monitor *mon, const QDict *args)
{
    g_autoptr(GString) out = g_string_new(NULL);
    g_autoptr(GArray) disks = all_disks();

    if (!disks->len) {
        monitor_puts(mon, "There is no disk that could hold a snapshot.\n");
        return;
    }
    for (guint i = 0; i < disks->len; i++) {
        const Disk *disk = &g_array_index(disks, Disk, i);
        g_autofree char *partial =
            g_strdup_printf("%sList of partial (non-loadable) snapshots on '%s':\n",
                            out->len ? "\n" : "", disk->name);

        if (!i) {
            list_some(out, disks, disk, true, "List of snapshots present on all disks:\n");
        }
        list_some(out, disks, disk, false, partial);
    }
    monitor_puts(mon, out->len ? out->str : "There is no snapshot available.\n");
}

static const HMPCommand commands[] = {
    {"savevm", "name:s?", "tag", "saves the machine and its disks as a snapshot in their images",
     cmd_savevm},
    {"loadvm", "name:s", "tag", "puts the machine and its disks back to a snapshot", cmd_loadvm},
    {"delvm", "name:s", "tag", "deletes a snapshot of the machine", cmd_delvm},
};

static const HMPCommand infos[] = {
    {"snapshots", "", "", "snapshots inside of images", info_snapshots},
};

void hmp_register_snapshots(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
    hmp_register_commands(infos, ARRAY_SIZE(infos), true);
}
