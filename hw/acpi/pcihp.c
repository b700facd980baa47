/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI hot-plug by ACPI: a block of 32-bit registers, for the AML of
 * pcihp-aml.c alone, that no data sheet describes. Offsets:
 *
 *   0  slots of the selected bus that got a device; reading clears them
 *   4  slots whose device is to go
 *   8  write: slots to be ejected; read: features, none
 *   C  slots whose devices can be removed
 *  10  selects the bus (BSEL)
 *  14  write: one slot's bit; read: the acpi-index of its function 0
 */

#include "qemu/osdep.h"
#include "hw/acpi/pcihp.h"
#include "hw/pci/pcie.h"
#include "hw/pci/shpc.h"
#include "hw/qdev-properties.h"
#include "qemu/log.h"
#include "qemu/timer.h"

#define REG_UP        0x00
#define REG_DOWN      0x04
#define REG_EJECT     0x08
#define REG_REMOVABLE 0x0c
#define REG_SELECT    0x10
#define REG_INDEX     0x14

/* For that long the guest is not asked again. */
#define UNPLUG_PENDING_MS 5000

/* ---- buses and slots ---- */

int acpi_pcihp_bus_number(const AcpiPciHpState *s, const PCIBus *bus)
{
    for (uint32_t i = 0; i < s->num_buses; i++) {
        if (s->buses[i].bus == bus) {
            return i;
        }
    }
    return -1;
}

static void add_bus(AcpiPciHpState *s, PCIBus *bus)
{
    if (s->num_buses < ACPI_PCIHP_MAX_BUSES) {
        s->buses[s->num_buses++].bus = bus;
        qbus_set_hotplug_handler(BUS(bus), OBJECT(s->handler));
    }
}

bool acpi_pcihp_active(const AcpiPciHpState *s)
{
    return s->root_enabled || s->bridges_enabled;
}

/*
 * A bridge that the guest finds when it starts, before anything is behind it. Slots of ports say
 * for themselves whether they take devices; this handler then goes before that of the port.
 */
static void bridge_realized(DeviceListener *listener, DeviceState *dev)
{
    AcpiPciHpState *s = container_of(listener, AcpiPciHpState, bridges);
    Object *bridge = object_dynamic_cast(OBJECT(dev), TYPE_PCI_BRIDGE);
    Object *slot = object_dynamic_cast(OBJECT(dev), TYPE_PCIE_SLOT);

    /* ACPI describes changes below the chipset's root bus only. */
    if (bridge && !dev->hotplugged && !pci_root_of(pci_get_bus(PCI_DEVICE(dev)))->main_root &&
        (!slot || PCIE_SLOT(slot)->hotplug)) {
        add_bus(s, PCI_BRIDGE(bridge)->sec_bus);
    }
}

static bool is_bridge(const PCIDevice *d)
{
    return (d->config[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE;
}

/* A bridge that was there at start is described in the DSDT and has to stay. */
static bool can_go(const AcpiPciHpState *s, const PCIDevice *d)
{
    return DEVICE_GET_CLASS(d)->hotpluggable &&
           !(is_bridge(d) && s->bridges_enabled && !DEVICE(d)->hotplugged);
}

uint32_t acpi_pcihp_removable(const AcpiPciHpState *s, unsigned number)
{
    PCIBus *bus = number < s->num_buses ? s->buses[number].bus : NULL;
    uint32_t removable = UINT32_MAX;

    for (int devfn = 0; bus && devfn < PCI_DEVFN_MAX; devfn++) {
        if (bus->slot_reserved_mask & (1u << PCI_SLOT(devfn)) ||
            (bus->devices[devfn] && !can_go(s, bus->devices[devfn]))) {
            removable &= ~(1u << PCI_SLOT(devfn));
        }
    }
    return removable;
}

/* All functions of each of @slots go, the first last: it says that there are others. */
static void eject(AcpiPciHpState *s, unsigned number, uint32_t slots)
{
    AcpiPciHpBus *b = &s->buses[number];

    slots &= acpi_pcihp_removable(s, number);
    for (int devfn = PCI_DEVFN_MAX - 1; b->bus && devfn >= 0; devfn--) {
        PCIDevice *d = b->bus->devices[devfn];

        if (d && slots & (1u << PCI_SLOT(devfn))) {
            hotplug_handler_unplug(qdev_get_hotplug_handler(DEVICE(d)), DEVICE(d), NULL);
            object_unparent(OBJECT(d));
        }
    }
    b->down &= ~slots;
}

static uint32_t acpi_index_of(const AcpiPciHpState *s, uint32_t slot_bit)
{
    const PCIBus *bus = s->select < s->num_buses ? s->buses[s->select].bus : NULL;
    const PCIDevice *d = bus && slot_bit ? bus->devices[PCI_DEVFN(ctz32(slot_bit), 0)] : NULL;

    return d ? d->acpi_index : 0;
}

/* ---- registers ---- */

static uint64_t pcihp_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiPciHpState *s = opaque;
    AcpiPciHpBus *b = s->select < ACPI_PCIHP_MAX_BUSES ? &s->buses[s->select] : NULL;
    uint32_t value = 0;

    switch (addr) {
    case REG_UP:
        if (b) {
            value = b->up;
            b->up = 0;
        }
        break;
    case REG_DOWN:
        value = b ? b->down : 0;
        break;
    case REG_REMOVABLE:
        value = b ? acpi_pcihp_removable(s, s->select) : 0;
        break;
    case REG_SELECT:
        value = s->select;
        break;
    case REG_INDEX:
        value = s->acpi_index;
        break;
    }
    return value;
}

static void pcihp_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiPciHpState *s = opaque;

    switch (addr) {
    case REG_EJECT:
        if (s->select < s->num_buses) {
            eject(s, s->select, value);
        }
        break;
    case REG_SELECT:
        s->select = value < ACPI_PCIHP_MAX_BUSES ? value : 0;
        break;
    case REG_INDEX:
        s->acpi_index = acpi_index_of(s, value);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "acpi-pci-hotplug: write to offset 0x%" HWADDR_PRIx "\n",
                      addr);
    }
}

static const MemoryRegionOps pcihp_ops = {
    .read = pcihp_read,
    .write = pcihp_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- devices that come and go ---- */

/* A port's own registers, or the controller of a bridge, say too which slots are empty. */
static void update_presence(PCIBus *bus)
{
    Object *slot = object_dynamic_cast((Object *)bus->parent_dev, TYPE_PCIE_SLOT);
    SHPCDevice *shpc = bus->parent_dev ? PCI_BRIDGE(bus->parent_dev)->shpc : NULL;

    if (slot) {
        pcie_slot_update_presence(PCIE_SLOT(slot));
    } else if (shpc) {
        shpc_update_presence(shpc);
    }
}

bool acpi_pcihp_plug(AcpiPciHpState *s, PCIDevice *d, Error **errp)
{
    int number = acpi_pcihp_bus_number(s, pci_get_bus(d));

    update_presence(pci_get_bus(d));
    if (!DEVICE(d)->hotplugged || number < 0) {
        return false;
    }
    s->buses[number].up |= 1u << PCI_SLOT(d->devfn);
    return true;
}

bool acpi_pcihp_unplug_request(AcpiPciHpState *s, PCIDevice *d, Error **errp)
{
    int number = acpi_pcihp_bus_number(s, pci_get_bus(d));
    uint32_t slot = 1u << PCI_SLOT(d->devfn);

    if (number < 0) {
        error_setg(errp, "PCI bus '%s' has no ACPI hot-plug", BUS(pci_get_bus(d))->name);
        return false;
    }
    if (!(acpi_pcihp_removable(s, number) & slot)) {
        error_setg(errp, "slot %02x of PCI bus '%s' does not support hotplugging",
                   PCI_SLOT(d->devfn), BUS(pci_get_bus(d))->name);
        return false;
    }
    qdev_unplug_requested(DEVICE(d), UNPLUG_PENDING_MS);
    s->buses[number].down |= slot;
    return true;
}

void acpi_pcihp_unplug(AcpiPciHpState *s, PCIDevice *d)
{
    PCIBus *bus = pci_get_bus(d);

    qdev_unrealize(DEVICE(d));
    update_presence(bus);
}

/* ---- reset, saved state ---- */

void acpi_pcihp_reset(AcpiPciHpState *s)
{
    for (uint32_t i = 0; i < s->num_buses; i++) {
        eject(s, i, s->buses[i].down);
        s->buses[i].up = s->buses[i].down = 0;
    }
    s->select = s->acpi_index = 0;
}

static bool select_valid(void *opaque, int version_id)
{
    return ((AcpiPciHpState *)opaque)->select < ACPI_PCIHP_MAX_BUSES;
}

static const VMStateDescription vmstate_bus = {
    .name = "acpi-pci-hotplug/bus",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(up, AcpiPciHpBus),
            VMSTATE_UINT32(down, AcpiPciHpBus),
            VMSTATE_END_OF_LIST(),
        },
};

const VMStateDescription vmstate_acpi_pcihp = {
    .name = "acpi-pci-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(select, AcpiPciHpState),
            VMSTATE_VALIDATE("selected bus in range", select_valid),
            VMSTATE_UINT32(acpi_index, AcpiPciHpState),
            VMSTATE_STRUCT_VARRAY_UINT32(buses, AcpiPciHpState, num_buses, 1, vmstate_bus,
                                         AcpiPciHpBus),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- set-up ---- */

void acpi_pcihp_init(AcpiPciHpState *s, Object *owner, PCIBus *root, MemoryRegion *io,
                     uint16_t base)
{
    s->handler = HOTPLUG_HANDLER(owner);
    s->base = base;
    if (!acpi_pcihp_active(s)) {
        return;
    }
    if (s->root_enabled) {
        add_bus(s, root);
    }
    if (s->bridges_enabled) {
        s->bridges.realize = bridge_realized;
        device_listener_register(&s->bridges);
    }
    memory_region_init_io(&s->io, owner, &pcihp_ops, s, "acpi-pci-hotplug", ACPI_PCIHP_SIZE);
    memory_region_add_subregion(io, base, &s->io);
}
