/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of commands, one per file, and what HMP commands share with QMP's. */
#ifndef MONITOR_COMMANDS_H
#define MONITOR_COMMANDS_H

#include "monitor-internal.h"

/* Each registers its file's commands. */
void hmp_register_control(void);
void hmp_register_objects(void);
void hmp_register_debug(void);
void hmp_register_memory(void);
void hmp_register_input(void);
void hmp_register_info(void);
void hmp_register_info_devices(void);
void hmp_register_machine(void);
void hmp_register_x86(void);
void hmp_register_dirtyrate(void);
void hmp_register_migration(void);
void hmp_register_block(void);
void hmp_register_block_jobs(void);
void hmp_register_snapshots(void);

/* Runs a QMP command for an HMP one; an error is printed. NULL on error. */
QObject *hmp_call_qmp(Monitor *mon, const char *name, const QDict *args);

/* Sends DEVICE_DELETED when a device goes. */
void qmp_watch_devices(void);
/* Sends MIGRATION when its status changes. */
void monitor_watch_migration(void);

#endif
