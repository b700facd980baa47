/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interface by which an object names its part of a saved state. */
#include "qemu/osdep.h"
#include "migration/vmstate-if.h"

char *vmstate_if_get_id(VMStateIf *obj)
{
    VMStateIfClass *vc;

    if (!obj) {
        return NULL;
    }
    vc = VMSTATE_IF_GET_CLASS(obj);
    return vc->get_id ? vc->get_id(obj) : NULL;
}

static const TypeInfo vmstate_if_types[] = {
    {
        .name = TYPE_VMSTATE_IF,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(VMStateIfClass),
    },
};
DEFINE_TYPES(vmstate_if_types)
