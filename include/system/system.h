/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line decides and machines and devices ask for while they
 * are built. Written by system/vl.c before the machine is created, constant
 * afterwards.
 */
#ifndef SYSTEM_SYSTEM_H
#define SYSTEM_SYSTEM_H

#include "qemu/osdep.h"
#include "qemu/notify.h"
#include "qemu/uuid.h"
#include "qapi/error.h"

#define MAX_SERIAL_PORTS   4
#define MAX_PARALLEL_PORTS 3

/* Name of the guest (-name), NULL without one. */
extern const char *qemu_name;
extern QemuUUID qemu_uuid;
extern bool qemu_uuid_set;

/* Back end of serial port @i, NULL when it is to be left out. */
Chardev *serial_hd(int i);
Chardev *parallel_hd(int i);

/* Runs when the machine is complete, before the first reset; at once if it already is. */
void qemu_add_machine_init_done_notifier(Notifier *notify);

/* main() in three acts; see docs/devel/startup.md. */
void qemu_init(int argc, char **argv);
int qemu_default_main(void);
void qemu_cleanup(int status);

/* system/datadir.c: where firmware is found. */
typedef enum QemuFileType { QEMU_FILE_TYPE_BIOS, QEMU_FILE_TYPE_KEYMAP } QemuFileType;
/*
 * Full path of firmware @name: the name itself if it is a readable path, else
 * the first of the data folders that has it; NULL if none. Free with g_free.
 */
char *qemu_find_file(QemuFileType type, const char *name);
/* Search @path (taken over) before the folders that are already known. */
void qemu_add_data_dir(char *path);
void qemu_add_default_firmwarepath(void);
void qemu_list_data_dirs(void);

/*
 * Create and realize a device from -device or device_add: @opts has "driver",
 * and optionally "id" and "bus"; the rest are properties. @from_json: values
 * have JSON types, otherwise they are strings. NULL on error.
 */
DeviceState *qdev_device_add_from_qdict(const QDict *opts, bool from_json, Error **errp);
/* Ask for removal of the device with this id or path; completion comes later. */
bool qdev_device_del(const char *id, Error **errp);
/* -device help, -device MODEL,help. true if @text asked for it; @errp: there is no such model. */
bool qdev_device_help(const char *text, Error **errp);

#endif
