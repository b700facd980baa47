/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pvpanic: how a guest says that it crashed. The ISA and the PCI form share this. */
#ifndef HW_MISC_PVPANIC_H
#define HW_MISC_PVPANIC_H

#include "exec/memory.h"

#define TYPE_PVPANIC_ISA_DEVICE "pvpanic"
#define TYPE_PVPANIC_PCI_DEVICE "pvpanic-pci"

#define PVPANIC_IOPORT_PROP     "ioport"

/* Bits of the port: written, what has happened; read, what the device understands. */
#define PVPANIC_PANICKED    (1 << 0)
#define PVPANIC_CRASHLOADED (1 << 1) /* and a crash kernel will handle it */
#define PVPANIC_SHUTDOWN    (1 << 2) /* regular shutdown that should look like one */
#define PVPANIC_EVENTS      (PVPANIC_PANICKED | PVPANIC_CRASHLOADED | PVPANIC_SHUTDOWN)

typedef struct PVPanicState {
    uint8_t events; /* config */
    MemoryRegion mr;
} PVPanicState;

/* Sets up @s->mr, @size bytes. BQL held. */
void pvpanic_setup_io(PVPanicState *s, DeviceState *dev, unsigned size);

#endif
