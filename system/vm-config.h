/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line asks for, as one value: every option parsed into its
 * typed or keyed form, nothing created yet. vl.c turns it into a machine.
 */
#ifndef SYSTEM_VM_CONFIG_H
#define SYSTEM_VM_CONFIG_H

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/uuid.h"
#include "qapi/error.h"
#include "qobject/qdict.h"
#include "system/icount.h"
#include "options.h"
#include "sandbox.h"

/* An argument that is used later, with its place for messages. */
typedef struct ConfigItem {
    QDict *keys;      /* parsed key=value or JSON; NULL for plain text */
    const char *text; /* the argument as given */
    bool keyval;      /* scalars in @keys are strings to be parsed */
    int index;        /* QEMU_OPTION_* it came from */
    Location loc;
} ConfigItem;

typedef enum MemLock {
    MEM_LOCK_OFF,
    MEM_LOCK_ON,       /* all of it, at once */
    MEM_LOCK_ON_FAULT, /* each page when it is first touched */
} MemLock;

typedef struct VMConfig {
    QDict *machine; /* -machine, with -m, -smp, -boot, -kernel ... merged in as properties */
    Location places[QEMU_OPTION_COUNT]; /* of each option's last appearance */
    QDict *rtc;                         /* -rtc; NULL when not given */
    /* GPtrArray of ConfigItem, in order of appearance */
    GPtrArray *accels, *objects, *chardevs, *devices, *globals, *numa, *mons;
    GPtrArray *serials, *parallels, *monitors, *debugcons;
    GPtrArray *fw_cfg, *smbios, *acpitables, *option_roms;
    GPtrArray *traces;
    GPtrArray *audiodevs;
    GPtrArray *blockdevs;
    GPtrArray *drives;        /* without keys: the shorthands */
    GStringChunk *file_texts; /* arguments from -readconfig */

    const char *cpu;
    const char *incoming;
    const char *loadvm;
    const char *gdb;
    const char *pidfile;
    const char *log_mask, *log_file, *log_filter;
    const char *qtest, *qtest_log;
    const char *mem_path;
    char *guest_name, *process_name;
    char *run_chroot, *run_user;
    QemuUUID uuid;
    uint64_t seed;

    bool uuid_set, seed_set;
    bool debug_threads;
    bool nographic, nodefaults, daemonize;
    bool start_paused, only_migratable, preconfig;
    bool snapshot;
    bool mem_prealloc, cpu_pm;
    MemLock mem_lock;
    IcountConfig icount;
    bool exit_with_parent, async_teardown;
    SandboxConfig sandbox;
    bool default_serial, default_parallel, default_monitor;
} VMConfig;

/*
 * Parse the command line. Options that only print something (-help, -version,
 * "-machine help", ...) print it and set *@done; the caller then ends with 0.
 * NULL with @errp on a mistake; the message names the option and the value.
 * @argv must stay alive as long as the result.
 */
VMConfig *vm_config_new(int argc, char **argv, bool *done, Error **errp);
void vm_config_free(VMConfig *config);

/* vm-config-help.c: the lists behind "OPTION help"; true if asked for one, which @errp says
 * there is not. */
bool vm_config_help(const ParsedOption *parsed, Error **errp);

#endif
