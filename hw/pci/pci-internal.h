/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of hw/pci share. */
#ifndef HW_PCI_PCI_INTERNAL_H
#define HW_PCI_PCI_INTERNAL_H

#include "hw/pci/pci.h"

/* pci-config.c */
bool pci_config_alloc(PCIDevice *d, Error **errp);
void pci_config_free(PCIDevice *d);
/* Masks and read-only values of a type 0 header for @pc. */
void pci_config_init_header(PCIDevice *d, const PCIDeviceClass *pc);
/* Writable registers and BARs back to their power-on values. */
void pci_config_reset(PCIDevice *d);

/* pci-irq.c */
void pci_irq_handler_update_disable(PCIDevice *d, bool was_disabled);
/* Deassert all pins. */
void pci_irq_reset(PCIDevice *d);
/* Recount the bus's lines from the pins after loading a state. */
void pci_irq_restore(PCIDevice *d);

/* pci-bar.c */
/* Where the register of a region is; that of the ROM depends on the kind of header. */
uint32_t pci_bar_offset(const PCIDevice *d, int region);
void pci_unmap_all(PCIDevice *d);
/* Whether it may reach memory, by its command register. */
void pci_update_bus_master(PCIDevice *d);

/* pci-pm.c */
/* The power state, 0 to 3; that of a function without power management is 0, on. */
uint8_t pci_pm_state(const PCIDevice *d);
/* The command register as far as it takes effect in this power state. */
uint16_t pci_effective_command(const PCIDevice *d);
/* Behind a write to the configuration space: whether the power state is another than @before. */
bool pci_pm_written(PCIDevice *d, uint8_t before);
void pci_pm_reset(PCIDevice *d);
/* The function forgets everything; what it is in the middle of has ended when this returns. */
void pci_function_reset(PCIDevice *d);

/* pcie.c */
/* Behind a write of @val to the configuration space: the driver may ask for a reset by it. */
void pcie_cap_written(PCIDevice *d, uint32_t addr, uint32_t val, int len);

/* pci-rom.c */
bool pci_rom_add(PCIDevice *d, Error **errp);
void pci_rom_del(PCIDevice *d);

#endif
