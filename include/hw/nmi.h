/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the machine takes a non-maskable interrupt from its operator. */
#ifndef HW_NMI_H
#define HW_NMI_H

#include "qom/object.h"

#define TYPE_NMI "nmi"
typedef struct NMIState NMIState;
typedef struct NMIClass NMIClass;
DECLARE_CLASS_CHECKERS(NMIClass, NMI, TYPE_NMI)
#define NMI(obj) INTERFACE_CHECK(NMIState, (obj), TYPE_NMI)

struct NMIClass {
    InterfaceClass parent_class;

    /* BQL held. */
    void (*nmi_monitor_handler)(NMIState *n, int cpu_index, Error **errp);
};

/* Sends one through every object of the machine that handles it. BQL held. */
void nmi_monitor_handle(int cpu_index, Error **errp);

#endif
