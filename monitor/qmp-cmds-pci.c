/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP command query-pci: what is on each PCI bus, and where it is mapped. */

#include "qemu/osdep.h"
#include "commands.h"
#include "hw/pci/pci-ids.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bridge.h"
#include "qapi/qapi-commands-pci.h"

/* What a PCI class code stands for; NULL: not known here. */
static const char *pci_class_words(uint16_t class)
{
    static const struct {
        uint16_t class;
        const char *words;
    } names[] = {
        {0x0100, "SCSI controller"},     {0x0101, "IDE controller"}, {0x0106, "SATA controller"},
        {0x0200, "Ethernet controller"}, {0x0300, "VGA controller"}, {0x0401, "Audio controller"},
        {0x0500, "RAM controller"},      {0x0600, "Host bridge"},    {0x0601, "ISA bridge"},
        {0x0604, "PCI bridge"},          {0x0680, "Bridge"},         {0x0700, "Serial port"},
        {0x0c03, "USB controller"},      {0x0c05, "SMBus"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (names[i].class == class) {
            return names[i].words;
        }
    }
    return NULL;
}

static PciMemoryRegionList *describe_regions(PCIDevice *d)
{
    PciMemoryRegionList *list = NULL, **tail = &list;

    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        PCIIORegion *r = &d->io_regions[i];
        bool io = r->type & PCI_BASE_ADDRESS_SPACE_IO;
        PciMemoryRegion *info;

        if (!r->size) {
            continue;
        }
        info = g_new0(PciMemoryRegion, 1);
        info->bar = i;
        info->type = g_strdup(io ? "io" : "memory");
        info->address = r->addr;
        info->size = r->size;
        info->has_prefetch = info->has_mem_type_64 = !io;
        info->prefetch = r->type & PCI_BASE_ADDRESS_MEM_PREFETCH;
        info->mem_type_64 = r->type & PCI_BASE_ADDRESS_MEM_TYPE_64;
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

static PciDeviceInfoList *describe_devices(PCIBus *bus);

static PciMemoryRange *describe_window(const PCIBridgeWindow *window)
{
    PciMemoryRange *info = g_new0(PciMemoryRange, 1);

    info->base = window->base;
    info->limit = window->limit;
    return info;
}

static PciBridgeInfo *describe_bridge(PCIBus *bus, PCIBridge *br)
{
    PciBridgeInfo *info = g_new0(PciBridgeInfo, 1);
    PCIBridgeWindows windows;

    pci_bridge_get_windows(PCI_DEVICE(br), &windows);
    info->bus = g_new0(PciBusInfo, 1);
    info->bus->number = pci_bus_num(bus);
    info->bus->secondary = pci_bus_num(br->sec_bus);
    info->bus->subordinate = pci_bridge_last_bus(PCI_DEVICE(br));
    info->bus->io_range = describe_window(&windows.io);
    info->bus->memory_range = describe_window(&windows.mem);
    info->bus->prefetchable_range = describe_window(&windows.pref);
    /* Before firmware gave the bus its number nobody can address what is on it. */
    if (info->bus->secondary) {
        info->devices = describe_devices(br->sec_bus);
        info->has_devices = true;
    }
    return info;
}

static PciDeviceInfo *describe_device(PCIBus *bus, PCIDevice *d)
{
    const uint8_t *config = d->config;
    PciDeviceInfo *info = g_new0(PciDeviceInfo, 1);

    info->bus = pci_bus_num(bus);
    info->slot = d->devfn >> 3;
    info->function = d->devfn & 7;
    info->irq_pin = config[PCI_INTERRUPT_PIN];
    info->has_irq = info->irq_pin != 0;
    info->irq = config[PCI_INTERRUPT_LINE];
    info->qdev_id = g_strdup(d->qdev.id ? d->qdev.id : "");
    info->class_info = g_new0(PciDeviceClass, 1);
    info->class_info->class = pci_get_word(config + PCI_CLASS_DEVICE);
    info->class_info->desc = g_strdup(pci_class_words(info->class_info->class));
    info->id = g_new0(PciDeviceId, 1);
    info->id->device = pci_get_word(config + PCI_DEVICE_ID);
    info->id->vendor = pci_get_word(config + PCI_VENDOR_ID);
    if ((config[PCI_HEADER_TYPE] & 0x7f) == 0) {
        info->id->has_subsystem = info->id->has_subsystem_vendor = true;
        info->id->subsystem = pci_get_word(config + PCI_SUBSYSTEM_ID);
        info->id->subsystem_vendor = pci_get_word(config + PCI_SUBSYSTEM_VENDOR_ID);
    }
    info->regions = describe_regions(d);
    if (object_dynamic_cast(OBJECT(d), TYPE_PCI_BRIDGE)) {
        info->pci_bridge = describe_bridge(bus, PCI_BRIDGE(d));
    }
    return info;
}

static PciDeviceInfoList *describe_devices(PCIBus *bus)
{
    PciDeviceInfoList *list = NULL, **tail = &list;

    for (size_t i = 0; i < ARRAY_SIZE(bus->devices); i++) {
        if (bus->devices[i]) {
            QAPI_LIST_APPEND(tail, describe_device(bus, bus->devices[i]));
        }
    }
    return list;
}

static int append_root_bus(Object *obj, void *opaque)
{
    PciInfoList ***tail = opaque;
    PCIBus *bus = (PCIBus *)object_dynamic_cast(obj, TYPE_PCI_BUS);
    PciInfo *info;

    if (bus && pci_bus_is_root(bus)) {
        info = g_new0(PciInfo, 1);
        info->bus = pci_bus_num(bus);
        info->devices = describe_devices(bus);
        QAPI_LIST_APPEND(*tail, info);
    }
    return 0;
}

PciInfoList *qmp_query_pci(Error **errp)
{
    PciInfoList *list = NULL, **tail = &list;

    object_child_foreach_recursive(object_get_root(), append_root_bus, &tail);
    return list;
}
