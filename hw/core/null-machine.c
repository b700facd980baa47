/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine "none": no devices, no bus but the main system bus, memory and one CPU
 * only when asked for. For asking the program about itself.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "qapi/error.h"

static void refuse(const char *option, const char *file)
{
    if (file) {
        error_setg(&error_fatal, "-%s %s: machine 'none' has nothing to start it with", option,
                   file);
    }
}

static void machine_none_init(MachineState *ms)
{
    refuse("kernel", ms->kernel_filename);
    refuse("bios", ms->firmware);
    if (ms->cpu_type) {
        cpu_create(ms->cpu_type, &error_fatal);
    }
    if (ms->ram) {
        memory_region_add_subregion(get_system_memory(), 0, ms->ram);
    }
}

static void machine_none_machine_init(MachineClass *mc)
{
    mc->desc = "empty machine";
    mc->init = machine_none_init;
    mc->max_cpus = 1;
    mc->default_ram_size = 0;
    mc->default_ram_id = "ram";
    mc->no_serial = true;
    mc->no_parallel = true;
    mc->no_floppy = true;
    mc->no_cdrom = true;
}
DEFINE_MACHINE("none", machine_none_machine_init)
