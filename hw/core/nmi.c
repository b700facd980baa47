/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Non-maskable interrupts from the monitor and from watchdogs. */
#include "qemu/osdep.h"
#include "hw/nmi.h"
#include "qapi/error.h"
#include "qemu/module.h"

typedef struct NMIWalk {
    int cpu_index;
    Error *err;
    bool handled;
} NMIWalk;

static int nmi_handle_one(Object *obj, void *opaque)
{
    NMIWalk *walk = opaque;
    NMIState *n = (NMIState *)object_dynamic_cast(obj, TYPE_NMI);

    if (n) {
        walk->handled = true;
        NMI_GET_CLASS(n)->nmi_monitor_handler(n, walk->cpu_index, &walk->err);
    }
    return walk->err != NULL;
}

void nmi_monitor_handle(int cpu_index, Error **errp)
{
    NMIWalk walk = {.cpu_index = cpu_index};

    if (!nmi_handle_one(object_get_root(), &walk)) {
        object_child_foreach_recursive(object_get_root(), nmi_handle_one, &walk);
    }
    if (walk.err) {
        error_propagate(errp, walk.err);
    } else if (!walk.handled) {
        error_setg(errp, "machine does not provide NMIs");
    }
}

static const TypeInfo nmi_types[] = {
    {
        .name = TYPE_NMI,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(NMIClass),
    },
};

DEFINE_TYPES(nmi_types)
