/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects whose state is saved under a name of their own: devices by their bus path. */
#ifndef MIGRATION_VMSTATE_IF_H
#define MIGRATION_VMSTATE_IF_H

#include "qom/object.h"

#define TYPE_VMSTATE_IF "vmstate-if"

typedef struct VMStateIf VMStateIf;
typedef struct VMStateIfClass VMStateIfClass;
DECLARE_CLASS_CHECKERS(VMStateIfClass, VMSTATE_IF, TYPE_VMSTATE_IF)
#define VMSTATE_IF(obj) INTERFACE_CHECK(VMStateIf, (obj), TYPE_VMSTATE_IF)

struct VMStateIfClass {
    InterfaceClass parent_class;

    /* Caller frees; NULL: no name, only the description's. */
    char *(*get_id)(VMStateIf *obj);
};

/* Caller frees; NULL when @obj is NULL or has none. */
char *vmstate_if_get_id(VMStateIf *obj);

#endif
