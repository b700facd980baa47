/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives: what -drive, -hda, -cdrom... ask for. Board code looks up those of its interfaces and
 * makes the devices. Main thread, BQL held.
 */
#ifndef SYSTEM_BLOCKDEV_H
#define SYSTEM_BLOCKDEV_H

#include "block/block-backend.h"
#include "qemu/error-report.h"
#include "qobject/qdict.h"

typedef enum BlockInterfaceType {
    IF_NONE,
    IF_IDE,
    IF_SCSI,
    IF_FLOPPY,
    IF_PFLASH,
    IF_MTD,
    IF_SD,
    IF_VIRTIO,
    IF_XEN,
    IF_COUNT,
} BlockInterfaceType;

typedef struct DriveInfo {
    BlockBackend *blk;
    BlockInterfaceType type;
    int bus;
    int unit;
    bool media_cd;
    bool is_default; /* made by the board without being asked */
    bool claimed;    /* a device has it */
    Location loc;    /* the option it comes from */
    QTAILQ_ENTRY(DriveInfo) next;
} DriveInfo;

/* How many units a bus of @type has on this machine; before any drive is made. */
void drive_set_units(BlockInterfaceType type, int units);
/* NULL if there is none. */
DriveInfo *drive_get(BlockInterfaceType type, int bus, int unit);
/* The @n-th drive of the type, counted over its buses; for IDE: 2 on each. */
DriveInfo *drive_get_by_index(BlockInterfaceType type, int index);
DriveInfo *blk_legacy_dinfo(BlockBackend *blk);
/* NULL starts. */
DriveInfo *drive_next(DriveInfo *dinfo);
/* Names a drive that no device has taken, with @errp; false then. */
bool drive_check_orphaned(Error **errp);
/* The board marks what it has made a device for. */
void drive_mark_claimed(DriveInfo *dinfo);

/*
 * A drive from the keys of -drive (consumed). @default_if: where it goes without "if".
 * NULL and @errp on a mistake.
 */
DriveInfo *drive_new(QDict *keys, BlockInterfaceType default_if, bool snapshot, Error **errp);
/* The limits among the (flat) keys of -drive, which go; false and @errp on a mistake. */
typedef struct DriveLimits DriveLimits;
/* Has the key @alias of a drive its other name. Both at once are an error. */
bool drive_rename_key(QDict *keys, const char *alias, const char *name, Error **errp);
bool drive_take_limits(QDict *keys, DriveLimits **limits, Error **errp);
void drive_set_limits(BlockBackend *blk, const DriveLimits *limits);
void drive_free_limits(DriveLimits *limits);
/* -blockdev: as blockdev-add, from its keys; @typed: they were JSON, not text. */
bool blockdev_add_node(QDict *keys, bool typed, Error **errp);
/* The same by -drive's rules: formats and protocols may be left to be found out. Takes @keys. */
bool blockdev_add_node_probing(QDict *keys, Error **errp);
/*
 * Takes a drive away. One that a device uses stays with it, without a name and a medium, until the
 * device goes.
 */
void blockdev_drive_del(const char *name, Error **errp);
/* A new image as large as @bs, for a copy of it; @backing (may be NULL) below it. */
bool blockdev_create_target(BlockDriverState *bs, const char *filename, const char *format,
                            BlockDriverState *backing, Error **errp);
/* Open that, with its backing file or without. The caller's reference. */
BlockDriverState *blockdev_open_target(BlockDriverState *bs, const char *filename,
                                       const char *format, const char *node_name, bool backing,
                                       Error **errp);
/* JOB_* of a command's optional arguments. */
int blockdev_job_flags(bool has_auto_finalize, bool auto_finalize, bool has_auto_dismiss,
                       bool auto_dismiss);
/* The drive named @device, or of the device @id; exactly one of them is not NULL. */
BlockBackend *blockdev_find(const char *device, const char *id, Error **errp);
/* Event and error hooks; at start. */
void blockdev_init(void);

#endif
