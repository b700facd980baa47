/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands of drives and their media. */

#include "qemu/osdep.h"
#include "commands.h"
#include "block/block_int.h"
#include "block/io-cmds.h"
#include "block/qapi.h"
#include "qapi/qapi-commands-block-query.h"
#include "qapi/qapi-commands-block-throttle.h"
#include "qapi/qapi-commands-block.h"
#include "qemu/main-loop.h"
#include "qobject/keyval.h"
#include "system/blockdev.h"

/* ---- info block ---- */

static void print_throttling(Monitor *mon, const BlockDeviceInfo *i)
{
    if (!i->bps && !i->bps_rd && !i->bps_wr && !i->iops && !i->iops_rd && !i->iops_wr) {
        return;
    }
    monitor_printf(mon,
                   "    I/O throttling:   bps=%" PRId64 " bps_rd=%" PRId64 " bps_wr=%" PRId64
                   " bps_max=%" PRId64 " bps_rd_max=%" PRId64 " bps_wr_max=%" PRId64
                   " iops=%" PRId64 " iops_rd=%" PRId64 " iops_wr=%" PRId64 " iops_max=%" PRId64
                   " iops_rd_max=%" PRId64 " iops_wr_max=%" PRId64 " iops_size=%" PRId64
                   " group=%s\n",
                   i->bps, i->bps_rd, i->bps_wr, i->bps_max, i->bps_rd_max, i->bps_wr_max, i->iops,
                   i->iops_rd, i->iops_wr, i->iops_max, i->iops_rd_max, i->iops_wr_max,
                   i->iops_size, i->group ? i->group : "");
}

static void print_medium(Monitor *mon, const BlockDeviceInfo *i, bool verbose)
{
    monitor_printf(
        mon, "    Cache mode:       %s%s%s\n", i->cache->writeback ? "writeback" : "writethrough",
        i->cache->direct ? ", direct" : "", i->cache->no_flush ? ", ignore flushes" : "");
    if (i->backing_file) {
        monitor_printf(mon, "    Backing file:     %s (chain depth: %" PRId64 ")\n",
                       i->backing_file, i->backing_file_depth);
    }
    if (i->detect_zeroes != BLOCKDEV_DETECT_ZEROES_OPTIONS_OFF) {
        monitor_printf(mon, "    Detect zeroes:    %s\n",
                       BlockdevDetectZeroesOptions_str(i->detect_zeroes));
    }
    print_throttling(mon, i);
    if (verbose) {
        monitor_puts(mon, "\nImages:\n");
        for (const ImageInfo *image = i->image; image; image = image->backing_image) {
            g_autofree char *text = bdrv_image_info_text(image);

            monitor_puts(mon, text);
        }
    }
}

/* @drive NULL: a node by itself. */
static void print_drive(Monitor *mon, const BlockInfo *drive, const BlockDeviceInfo *medium,
                        bool verbose)
{
    bool named = drive && *drive->device;

    if (medium) {
        monitor_printf(mon, "%s%s%s%s: %s (%s%s%s)\n", named ? drive->device : "",
                       named ? " (" : "", medium->node_name, named ? ")" : "", medium->file,
                       medium->drv, medium->ro ? ", read-only" : "",
                       medium->encrypted ? ", encrypted" : "");
    } else {
        monitor_printf(mon, "%s: [not inserted]\n", named ? drive->device : drive->qdev);
    }
    if (drive && drive->qdev) {
        monitor_printf(mon, "    Attached to:      %s\n", drive->qdev);
    }
    if (drive && drive->has_io_status && drive->io_status != BLOCK_DEVICE_IO_STATUS_OK) {
        monitor_printf(mon, "    I/O status:       %s\n",
                       BlockDeviceIoStatus_str(drive->io_status));
    }
    if (drive && drive->removable) {
        monitor_printf(mon, "    Removable device: %slocked, tray %s\n",
                       drive->locked ? "" : "not ",
                       drive->has_tray_open && drive->tray_open ? "open" : "closed");
    }
    if (medium) {
        print_medium(mon, medium, verbose);
    }
}

static bool is_asked_for(const char *device, const BlockInfo *drive)
{
    return !device || !strcmp(device, drive->device) ||
           (drive->qdev && !strcmp(device, drive->qdev)) ||
           (drive->inserted && !strcmp(device, drive->inserted->node_name));
}

static void info_block(Monitor *mon, const QDict *args)
{
    const char *device = qdict_get_try_str(args, "device");
    bool nodes = qdict_get_try_bool(args, "-n", false);
    bool verbose = qdict_get_try_bool(args, "-v", false), first = true;
    g_autoptr(BlockInfoList) drives = NULL;
    g_autoptr(BlockDeviceInfoList) list = NULL;
    Error *err = NULL;

    drives = nodes ? NULL : qmp_query_block(false, false, &err);
    for (BlockInfoList *e = drives; e; e = e->next) {
        if (is_asked_for(device, e->value)) {
            monitor_puts(mon, first ? "" : "\n");
            print_drive(mon, e->value, e->value->inserted, verbose);
            first = false;
        }
    }
    /* A name that is no drive may be a node. */
    if (!err && (nodes || (device && first))) {
        list = qmp_query_named_block_nodes(false, false, &err);
    }
    for (BlockDeviceInfoList *e = list; e; e = e->next) {
        if (!device || !strcmp(device, e->value->node_name)) {
            monitor_puts(mon, first ? "" : "\n");
            print_drive(mon, NULL, e->value, verbose);
            first = false;
        }
    }
    hmp_handle_error(mon, err);
}

static void info_blockstats(Monitor *mon, const QDict *args)
{
    g_autoptr(BlockStatsList) list = qmp_query_blockstats(false, false, NULL);

    for (BlockStatsList *e = list; e; e = e->next) {
        BlockDeviceStats *s = e->value->stats;

        if (!e->value->device || !*e->value->device) {
            continue;
        }
        monitor_printf(
            mon,
            "%s: rd_bytes=%" PRId64 " wr_bytes=%" PRId64 " rd_operations=%" PRId64
            " wr_operations=%" PRId64 " flush_operations=%" PRId64 " wr_total_time_ns=%" PRId64
            " rd_total_time_ns=%" PRId64 " flush_total_time_ns=%" PRId64 " rd_merged=%" PRId64
            " wr_merged=%" PRId64 " idle_time_ns=%" PRId64 "\n",
            e->value->device, s->rd_bytes, s->wr_bytes, s->rd_operations, s->wr_operations,
            s->flush_operations, s->wr_total_time_ns, s->rd_total_time_ns, s->flush_total_time_ns,
            s->rd_merged, s->wr_merged, s->idle_time_ns);
    }
}

/* ---- media ---- */

static void cmd_eject(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_eject(qdict_get_str(args, "device"), NULL, true, qdict_get_try_bool(args, "-f", false),
              &err);
    hmp_handle_error(mon, err);
}

static void cmd_change(Monitor *mon, const QDict *args)
{
    const char *mode_text = qdict_get_try_str(args, "read-only-mode");
    Error *err = NULL;
    int mode = qapi_enum_parse(&BlockdevChangeReadOnlyMode_lookup, mode_text,
                               BLOCKDEV_CHANGE_READ_ONLY_MODE_RETAIN, &err);

    if (!err) {
        qmp_blockdev_change_medium(qdict_get_str(args, "device"), NULL,
                                   qdict_get_str(args, "target"), qdict_get_try_str(args, "arg"),
                                   true, qdict_get_try_bool(args, "-f", false), true, mode, &err);
    }
    hmp_handle_error(mon, err);
}

static void cmd_block_resize(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qmp_block_resize(qdict_get_str(args, "device"), NULL, qdict_get_int(args, "size"), &err);
    hmp_handle_error(mon, err);
}

/* ---- drives ---- */

static void cmd_drive_add(Monitor *mon, const QDict *args)
{
    const char *text = qdict_get_str(args, "opts");
    Error *err = NULL;
    bool node = qdict_get_try_bool(args, "-n", false);
    QDict *opts = node ? keyval_parse_full(text, NULL, KEYVAL_SHORT_BOOL_WARN, NULL, &err)
                       : keyval_parse_flat(text, KEYVAL_SHORT_BOOL_WARN, &err);

    if (!opts) {
        hmp_handle_error(mon, err);
        return;
    }
    if (node) {
        blockdev_add_node_probing(opts, &err);
        hmp_handle_error(mon, err);
        return;
    }
    if (strcmp(qdict_get_try_str(opts, "if") ?: "none", "none")) {
        monitor_printf(mon, "Can't hot-add drive to type '%s': use if=none and device_add\n",
                       qdict_get_str(opts, "if"));
        qobject_unref(opts);
        return;
    }
    if (drive_new(opts, IF_NONE, false, &err)) {
        monitor_puts(mon, "OK\n");
    }
    hmp_handle_error(mon, err);
}

/* One drive, or all that have something to commit. */
static void cmd_commit(Monitor *mon, const QDict *args)
{
    const char *device = qdict_get_str(args, "device");
    Error *err = NULL;
    BlockBackend *blk;

    if (!strcmp(device, "all")) {
        for (blk = blk_next(NULL); blk && !err; blk = blk_next(blk)) {
            BlockDriverState *bs = bdrv_skip_implicit_filters(blk_bs(blk));

            if (bs && bdrv_cow_bs(bs)) {
                bdrv_commit(bs, bdrv_backing_chain_next(bs), true, NULL, NULL, &err);
            }
        }
    } else {
        BlockDriverState *bs = bdrv_lookup_bs(device, device, &err);

        if (bs && !bdrv_op_is_blocked(bs, BLOCK_OP_TYPE_COMMIT_SOURCE, &err)) {
            bs = bdrv_skip_filters(bs);
            bdrv_commit(bs, bdrv_backing_chain_next(bs), true, NULL, NULL, &err);
        }
    }
    hmp_handle_error(mon, err);
}

static void cmd_drive_del(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    blockdev_drive_del(qdict_get_str(args, "id"), &err);
    hmp_handle_error(mon, err);
}

static void cmd_set_io_throttle(Monitor *mon, const QDict *args)
{
    char *name = (char *)qdict_get_str(args, "device");
    bool drive = blk_by_name(name);
    Error *err = NULL;
    BlockIOThrottle t = {
        .device = drive ? name : NULL,
        .id = drive ? NULL : name,
        .bps = qdict_get_int(args, "bps"),
        .bps_rd = qdict_get_int(args, "bps_rd"),
        .bps_wr = qdict_get_int(args, "bps_wr"),
        .iops = qdict_get_int(args, "iops"),
        .iops_rd = qdict_get_int(args, "iops_rd"),
        .iops_wr = qdict_get_int(args, "iops_wr"),
    };

    qmp_block_set_io_throttle(&t, &err);
    hmp_handle_error(mon, err);
}

/* ---- requests by hand ---- */

/* @device: an object of the machine, a drive, or a node, which gets a user for so long. */
static BlockBackend *io_backend(const char *device, bool qdev, bool *temporary, Error **errp)
{
    BlockBackend *blk = qdev ? blk_by_qdev_id(device, errp) : blk_by_name(device);
    BlockDriverState *bs;

    *temporary = false;
    if (blk || qdev) {
        return blk;
    }
    bs = bdrv_lookup_bs(NULL, device, errp);
    if (!bs) {
        return NULL;
    }
    *temporary = true;
    return blk_new_with_bs(bs, BLK_PERM_CONSISTENT_READ, BLK_PERM_ALL, errp);
}

/*
 * A request would wait for a command that this monitor cannot read before it is done: at this place
 * only a job keeps nodes drained, one that is pending.
 */
static bool takes_requests(BlockBackend *blk, Error **errp)
{
    BlockDriverState *bs = blk_bs(blk);

    if (bs && bdrv_is_drained(bs)) {
        error_setg(errp,
                   "Node '%s' takes no requests until a job that is pending is told to go on by "
                   "job-finalize",
                   bdrv_shown_name(bs));
        return false;
    }
    return true;
}

static void cmd_qemu_io(Monitor *mon, const QDict *args)
{
    g_autoptr(GString) out = g_string_new(NULL);
    IoSession s = {.out = out, .err = out};
    Error *err = NULL;
    bool temporary;

    s.blk = io_backend(qdict_get_str(args, "device"), qdict_get_bool(args, "-d"), &temporary, &err);
    if (!s.blk) {
        hmp_handle_error(mon, err);
        return;
    }
    if (takes_requests(s.blk, &err)) {
        io_command(&s, qdict_get_str(args, "command"));
        io_finish(&s);
    }
    if (temporary) {
        blk_unref(s.blk);
    }
    monitor_puts(mon, out->str);
    hmp_handle_error(mon, err);
}

static void complete_drive(int index, const char *text, void (*add)(void *, const char *),
                           void *opaque)
{
    for (BlockBackend *blk = blk_next(NULL); index == 0 && blk; blk = blk_next(blk)) {
        add(opaque, blk_name(blk));
    }
}

static const HMPCommand commands[] = {
    {"block_set_io_throttle", "device:s,bps:l,bps_rd:l,bps_wr:l,iops:l,iops_rd:l,iops_wr:l",
     "device bps bps_rd bps_wr iops iops_rd iops_wr",
     "limits a drive's bytes and requests per second; 0: not", cmd_set_io_throttle, NULL,
     complete_drive},
    {"qemu-io", "-d,device:s,command:s", "[-d] [device] \"[command]\"",
     "makes requests to a drive or node, as the tool qemu-io does; -d: of a device", cmd_qemu_io,
     NULL, complete_drive},
    {"eject", "-f,device:s", "[-f] device", "opens a drive and takes the medium out", cmd_eject,
     NULL, complete_drive},
    {"change", "device:s,-f,target:s,arg:s?,read-only-mode:s?",
     "device [-f] filename [format [read-only-mode]]", "changes the medium of a drive", cmd_change,
     NULL, complete_drive},
    {"block_resize", "device:s,size:M", "device size",
     "changes the size of a disk; in MiB unless there is a suffix", cmd_block_resize, NULL,
     complete_drive},
    {"drive_add", "-n,pci_addr:s,opts:s",
     "[-n] [[<domain>:]<bus>:]<slot>[file=file][,if=type][,bus=n][,unit=m][,media=d][,index=i]"
     "[,snapshot=on|off][,cache=on|off][,readonly=on|off][,copy-on-read=on|off]",
     "adds a drive, or with -n a node, for device_add", cmd_drive_add},
    {"commit", "device:s", "device|all",
     "writes what a drive's image has into the one below it, and empties it", cmd_commit, NULL,
     complete_drive},
    {"drive_del", "id:s", "device", "takes a drive away, also from its device", cmd_drive_del, NULL,
     complete_drive},
};

static const HMPCommand infos[] = {
    {"block", "-n,-v,device:s?", "[-n] [-v] [device]",
     "drives and their media; -n: nodes; -v: images in detail", info_block, NULL, complete_drive},
    {"blockstats", "", "", "numbers of requests of each drive", info_blockstats},
};

void hmp_register_block(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
    hmp_register_commands(infos, ARRAY_SIZE(infos), true);
}
