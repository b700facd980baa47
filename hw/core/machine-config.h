/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compound properties of machines; only machine.c includes this. */
#ifndef HW_CORE_MACHINE_CONFIG_H
#define HW_CORE_MACHINE_CONFIG_H

#include "hw/boards.h"

/* "boot", "memory", "smp", "smp-cache" */
void machine_class_add_compound_properties(ObjectClass *oc);
void machine_boot_config_clear(BootConfiguration *config);

#endif
