/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INTx: from a pin through bridges to a line of the host bus (PCI Local Bus 3.0, 2.2.6). */

#include "qemu/osdep.h"
#include "pci-internal.h"
#include "qemu/main-loop.h"

static bool intx_disabled(const PCIDevice *d)
{
    return pci_get_word(d->config + PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE;
}

/* The bus whose mapping is that of @d's: all root buses have the chipset's lines. */
static PCIBus *lines_bus(PCIDevice *d)
{
    PCIBus *bus = pci_get_bus(d);

    return bus->main_root ? bus->main_root : bus;
}

/* The bus with lines that @pin of @d leads to, and the line; NULL if it leads nowhere. */
static PCIBus *find_line(PCIDevice *d, int pin, int *line)
{
    PCIBus *bus;

    for (;;) {
        bus = lines_bus(d);
        pin = bus->map_irq ? bus->map_irq(d, pin) : pci_swizzle_map_irq_fn(d, pin);
        if (bus->set_irq) {
            break;
        }
        if (!bus->parent_dev) {
            return NULL; /* a root bus that no one connected */
        }
        d = bus->parent_dev;
    }
    *line = pin;
    return pin < 0 || pin >= bus->nirq ? NULL : bus;
}

/* Moves the count of the line that @pin of @d leads to by @change. */
static void change_line(PCIDevice *d, int pin, int change)
{
    int line;
    PCIBus *bus = find_line(d, pin, &line);

    if (bus) {
        bus->irq_count[line] += change;
        bus->set_irq(bus->irq_opaque, line, bus->irq_count[line] != 0);
    }
}

static void update_status(PCIDevice *d)
{
    if (d->irq_state) {
        d->config[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
    } else {
        d->config[PCI_STATUS] &= ~PCI_STATUS_INTERRUPT;
    }
}

/* Line handler of pci_allocate_irq(). */
static void pin_set(void *opaque, int pin, int level)
{
    PCIDevice *d = opaque;
    bool was = d->irq_state & (1u << pin);

    if (was == !!level) {
        return;
    }
    d->irq_state ^= 1u << pin;
    update_status(d);
    if (!intx_disabled(d)) {
        change_line(d, pin, level ? 1 : -1);
    }
}

static int intx_pin(const PCIDevice *d)
{
    return pci_get_byte(d->config + PCI_INTERRUPT_PIN) - 1;
}

qemu_irq pci_allocate_irq(PCIDevice *d)
{
    g_assert(intx_pin(d) >= 0); /* the device set PCI_INTERRUPT_PIN in realize */
    return qemu_allocate_irq(pin_set, d, intx_pin(d));
}

void pci_set_irq(PCIDevice *d, int level)
{
    int pin = intx_pin(d);

    if (pin >= 0 && pin < PCI_NUM_PINS) {
        pin_set(d, pin, level);
    }
}

void pci_irq_handler_update_disable(PCIDevice *d, bool was_disabled)
{
    bool disabled = intx_disabled(d);

    if (disabled == was_disabled) {
        return;
    }
    for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
        if (d->irq_state & (1u << pin)) {
            change_line(d, pin, disabled ? -1 : 1);
        }
    }
}

void pci_irq_reset(PCIDevice *d)
{
    for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
        pin_set(d, pin, 0);
    }
}

void pci_irq_restore(PCIDevice *d)
{
    update_status(d);
    if (!intx_disabled(d)) {
        for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
            if (d->irq_state & (1u << pin)) {
                change_line(d, pin, 1);
            }
        }
    }
}

void pci_bus_irqs(PCIBus *bus, pci_set_irq_fn set_irq, void *irq_opaque, int nirq)
{
    bus->set_irq = set_irq;
    bus->irq_opaque = irq_opaque;
    bus->nirq = nirq;
    g_free(bus->irq_count);
    bus->irq_count = g_new0(int, nirq);
}

void pci_bus_map_irqs(PCIBus *bus, pci_map_irq_fn map_irq)
{
    bus->map_irq = map_irq;
}

static void count_pins(PCIBus *unused, PCIDevice *d, void *opaque)
{
    PCIBus *bus = opaque;
    int line;

    for (int pin = 0; pin < PCI_NUM_PINS && !intx_disabled(d); pin++) {
        if ((d->irq_state & (1u << pin)) && find_line(d, pin, &line) == bus) {
            bus->irq_count[line]++;
        }
    }
}

void pci_bus_irqs_remapped(PCIBus *bus)
{
    g_autofree int *before = g_memdup2(bus->irq_count, bus->nirq * sizeof(int));

    memset(bus->irq_count, 0, bus->nirq * sizeof(int));
    pci_for_each_device(bus, count_pins, bus);
    for (int i = 0; i < bus->nirq; i++) {
        if (before[i] && !bus->irq_count[i]) {
            bus->set_irq(bus->irq_opaque, i, 0);
        }
    }
    for (int i = 0; i < bus->nirq; i++) {
        if (!before[i] && bus->irq_count[i]) {
            bus->set_irq(bus->irq_opaque, i, 1);
        }
    }
}

void pci_bus_set_route_irq_fn(PCIBus *bus, pci_route_irq_fn route)
{
    bus->route_intx_to_irq = route;
}

int pci_bus_get_irq_level(PCIBus *bus, int irq_num)
{
    return irq_num >= 0 && irq_num < bus->nirq && bus->irq_count[irq_num] != 0;
}

int pci_swizzle_map_irq_fn(PCIDevice *d, int pin)
{
    return (PCI_SLOT(d->devfn) + pin) % PCI_NUM_PINS;
}

PCIINTxRoute pci_device_route_intx_to_irq(PCIDevice *d, int pin)
{
    PCIBus *bus;

    for (;;) {
        bus = lines_bus(d);
        pin = bus->map_irq ? bus->map_irq(d, pin) : pci_swizzle_map_irq_fn(d, pin);
        if (!bus->parent_dev) {
            break;
        }
        d = bus->parent_dev;
    }
    if (!bus->route_intx_to_irq) {
        return (PCIINTxRoute){.mode = PCI_INTX_DISABLED, .irq = -1};
    }
    return bus->route_intx_to_irq(bus->irq_opaque, pin);
}
