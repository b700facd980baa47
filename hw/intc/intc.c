/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface by which interrupt controllers report to the monitor. */
#include "qemu/osdep.h"
#include "hw/intc/intc.h"
#include "qemu/module.h"

static const TypeInfo intctrl_types[] = {
    {
        .name = TYPE_INTERRUPT_STATS_PROVIDER,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(InterruptStatsProviderClass),
    },
};

DEFINE_TYPES(intctrl_types)
