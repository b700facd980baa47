/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2). */

#include "qemu/osdep.h"
#include "hw/pci/pci_host.h"
#include "migration/vmstate.h"

#define CONFIG_ENABLE (1u << 31)

static PCIDevice *find(PCIBus *bus, uint32_t addr)
{
    return pci_find_device(bus, PCI_BUS_NUM(addr >> 8), (addr >> 8) & 0xff);
}

void pci_data_write(PCIBus *bus, uint32_t addr, uint32_t val, unsigned len)
{
    PCIDevice *d = find(bus, addr);
    uint32_t reg = addr & (PCI_CONFIG_SPACE_SIZE - 1);

    if (d) {
        d->config_write(d, reg, val, MIN(len, PCI_CONFIG_SPACE_SIZE - reg));
    }
}

uint32_t pci_data_read(PCIBus *bus, uint32_t addr, unsigned len)
{
    PCIDevice *d = find(bus, addr);
    uint32_t reg = addr & (PCI_CONFIG_SPACE_SIZE - 1);

    return d ? d->config_read(d, reg, MIN(len, PCI_CONFIG_SPACE_SIZE - reg)) : ~0u;
}

/* Only a full doubleword access is for the address register; others go to the I/O bus behind. */
static void conf_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCIHostState *s = opaque;

    if (addr == 0 && len == 4) {
        s->config_reg = val;
    }
}

static uint64_t conf_read(void *opaque, hwaddr addr, unsigned len)
{
    PCIHostState *s = opaque;

    return addr == 0 && len == 4 ? s->config_reg : 0xffffffff;
}

static void data_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCIHostState *s = opaque;

    if (s->config_reg & CONFIG_ENABLE) {
        pci_data_write(s->bus, (s->config_reg & 0xfffffc) | (addr & 3), val, len);
    }
}

static uint64_t data_read(void *opaque, hwaddr addr, unsigned len)
{
    PCIHostState *s = opaque;

    if (!(s->config_reg & CONFIG_ENABLE)) {
        return 0xffffffff;
    }
    return pci_data_read(s->bus, (s->config_reg & 0xfffffc) | (addr & 3), len);
}

const MemoryRegionOps pci_host_conf_le_ops = {
    .read = conf_read,
    .write = conf_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

const MemoryRegionOps pci_host_data_le_ops = {
    .read = data_read,
    .write = data_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const VMStateDescription vmstate_pci_host = {
    .name = "PCIHost",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(config_reg, PCIHostState),
            VMSTATE_END_OF_LIST(),
        },
};

static void pci_host_reset_hold(Object *obj, ResetType type)
{
    PCI_HOST_BRIDGE(obj)->config_reg = 0;
}

static void pci_host_class_init(ObjectClass *klass, const void *data)
{
    DEVICE_CLASS(klass)->vmsd = &vmstate_pci_host;
    RESETTABLE_CLASS(klass)->phases.hold = pci_host_reset_hold;
}

static const TypeInfo pci_host_types[] = {
    {
        .name = TYPE_PCI_HOST_BRIDGE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .class_size = sizeof(PCIHostBridgeClass),
        .instance_size = sizeof(PCIHostState),
        .class_init = pci_host_class_init,
    },
};

DEFINE_TYPES(pci_host_types)
