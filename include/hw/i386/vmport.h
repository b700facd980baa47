/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VMware back door port: commands in CPU registers. */
#ifndef HW_VMPORT_H
#define HW_VMPORT_H

#include "hw/isa/isa.h"

#define TYPE_VMPORT  "vmport"
#define TYPE_VMMOUSE "vmmouse"

typedef enum VMPortCommand {
    VMPORT_CMD_GETVERSION = 10,
    VMPORT_CMD_GETBIOSUUID = 19,
    VMPORT_CMD_GETRAMSIZE = 20,
    VMPORT_CMD_GETTIME = 23,
    VMPORT_CMD_VMMOUSE_DATA = 39,
    VMPORT_CMD_VMMOUSE_STATUS = 40,
    VMPORT_CMD_VMMOUSE_COMMAND = 41,
    VMPORT_CMD_GETHZ = 45,
    VMPORT_CMD_GETTIMEFULL = 46,
    VMPORT_CMD_GET_VCPU_INFO = 68,
    VMPORT_ENTRIES
} VMPortCommand;

/*
 * Runs on the vCPU that reads the port (current_cpu), whose registers are in its
 * env; gives the new EAX. BQL held.
 */
typedef uint32_t VMPortReadFunc(void *opaque, uint32_t address);

/* @command is handled by @func. The machine must have a vmport. BQL held. */
void vmport_register(VMPortCommand command, VMPortReadFunc *func, void *opaque);

static inline bool vmport_present(void)
{
    return object_resolve_path_type("", TYPE_VMPORT, NULL) != NULL;
}

#endif
