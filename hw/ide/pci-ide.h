/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI functions with two IDE channels and bus master DMA (SFF-8038i). */
#ifndef HW_IDE_PCI_IDE_H
#define HW_IDE_PCI_IDE_H

#include "exec/ioport.h"
#include "ide-internal.h"

#define TYPE_PCI_IDE "pci-ide"
OBJECT_DECLARE_SIMPLE_TYPE(PCIIDEState, PCI_IDE)

/* Bus master of one channel. */
typedef struct BMDMAState {
    /* wiring */
    PCIIDEState *pci;
    IDEBus *bus;
    qemu_irq irq;
    bool irq_level;

    /* state */
    uint8_t cmd, status;
    uint32_t table;     /* of physical region descriptors */
    uint32_t next;      /* descriptor of it */
    uint32_t base, len; /* rest of the present region */
    bool last;          /* the present region is the last one */
} BMDMAState;

struct PCIIDEState {
    PCIDevice parent_obj;

    IDEBus bus[2];
    BMDMAState bmdma[2];
    MemoryRegion bmdma_bar;
    MemoryRegion bmdma_regs[2];
    PortioList command_ports[2], control_ports[2];
};

/* In realize: channels, BAR 4. */
void pci_ide_init(PCIIDEState *d);
void pci_ide_cleanup(PCIIDEState *d);
void pci_ide_reset(PCIIDEState *d);
extern const VMStateDescription vmstate_pci_ide;
/* Ports of the command and control block of channel @n. */
void pci_ide_map_ports(PCIIDEState *d, int n, uint16_t command, uint16_t control);

#endif
