/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of start-up, in the order in which qemu_init() takes them. */
#ifndef SYSTEM_VL_INTERNAL_H
#define SYSTEM_VL_INTERNAL_H

#include "hw/boards.h"
#include "vm-config.h"

/* All steps: main thread; on a mistake they report it and end the program with status 1. */

/* From here to loc_pop(@loc) messages name option @index as it was given last. */
static inline void vl_push_option(const VMConfig *config, int index, Location *loc)
{
    *loc = config->places[index];
    loc_push_restore(loc);
}

/* vl-process.c: signals, background, identity */
void vl_setup_signals(void);
void vl_daemonize(void);
/* The machine is ready: let the parent of a background process return. */
void vl_daemonize_done(void);
void vl_setup_process(const VMConfig *config);
void vl_confine_process(const VMConfig *config);

/* async-teardown.c: makes the process that frees the guest's memory after our end. */
bool vl_start_async_teardown(Error **errp);

/* vl-machine.c: the machine object with its properties, the accelerator */
MachineState *vl_create_machine(const VMConfig *config);
/* Before objects are made: what options say of all memory back ends. */
void vl_set_memory_defaults(const VMConfig *config);
void vl_start_accelerator(const VMConfig *config, MachineState *machine);
void vl_set_machine_properties(const VMConfig *config, MachineState *machine);
void vl_configure_cpus(const VMConfig *config, MachineState *machine);

/* vl-block.c: nodes and drives */
void vl_create_drives(const VMConfig *config);
/* The devices of drives with if=virtio; then each drive must have found one. */
void vl_create_drive_devices(void);

/* vl-chardev.c: character devices, and who uses them: ports when all else is there */
void vl_create_chardevs(const VMConfig *config);
void vl_open_ports(const VMConfig *config);
void vl_create_monitors(const VMConfig *config);

#endif
