/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP command query-pci: what is on each PCI bus, and where it is mapped. */

#include "qemu/osdep.h"
#include "commands.h"
#include "hw/pci/pci-ids.h"
#include "hw/pci/pci.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"

const char *pci_class_words(uint16_t class)
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

static QList *describe_regions(PCIDevice *d)
{
    QList *list = qlist_new();

    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        PCIIORegion *r = &d->io_regions[i];
        bool io = r->type & PCI_BASE_ADDRESS_SPACE_IO;
        QDict *dict;

        if (!r->size) {
            continue;
        }
        dict =
            qdict_from_jsonf_nofail("{'bar': %d, 'type': %s, 'address': %lld, 'size': %lld}", i,
                                    io ? "io" : "memory", (long long)r->addr, (long long)r->size);
        if (!io) {
            qdict_put_bool(dict, "prefetch", r->type & PCI_BASE_ADDRESS_MEM_PREFETCH);
            qdict_put_bool(dict, "mem_type_64", r->type & PCI_BASE_ADDRESS_MEM_TYPE_64);
        }
        qlist_append(list, dict);
    }
    return list;
}

static QDict *describe_device(PCIBus *bus, PCIDevice *d)
{
    const uint8_t *config = d->config;
    uint16_t class = pci_get_word(config + PCI_CLASS_DEVICE);
    QDict *id = qdict_from_jsonf_nofail("{'device': %d, 'vendor': %d}",
                                        pci_get_word(config + PCI_DEVICE_ID),
                                        pci_get_word(config + PCI_VENDOR_ID));
    QDict *info = qdict_from_jsonf_nofail("{'class': %d}", class);
    QDict *dict = qdict_from_jsonf_nofail(
        "{'bus': %d, 'slot': %d, 'function': %d, 'irq_pin': %d, 'qdev_id': %s}", pci_bus_num(bus),
        d->devfn >> 3, d->devfn & 7, config[PCI_INTERRUPT_PIN], d->qdev.id ? d->qdev.id : "");

    if (pci_class_words(class)) {
        qdict_put_str(info, "desc", pci_class_words(class));
    }
    if ((config[PCI_HEADER_TYPE] & 0x7f) == 0) {
        qdict_put_int(id, "subsystem", pci_get_word(config + PCI_SUBSYSTEM_ID));
        qdict_put_int(id, "subsystem-vendor", pci_get_word(config + PCI_SUBSYSTEM_VENDOR_ID));
    }
    if (config[PCI_INTERRUPT_PIN]) {
        qdict_put_int(dict, "irq", config[PCI_INTERRUPT_LINE]);
    }
    qdict_put(dict, "class_info", info);
    qdict_put(dict, "id", id);
    qdict_put(dict, "regions", describe_regions(d));
    return dict;
}

static void append_device(PCIBus *bus, PCIDevice *d, void *list)
{
    qlist_append((QList *)list, describe_device(bus, d));
}

static int append_bus(Object *obj, void *list)
{
    PCIBus *bus = (PCIBus *)object_dynamic_cast(obj, TYPE_PCI_BUS);
    QList *devices;
    QDict *dict;

    if (bus) {
        devices = qlist_new();
        pci_for_each_device(bus, append_device, devices);
        dict = qdict_from_jsonf_nofail("{'bus': %d}", pci_bus_num(bus));
        qdict_put(dict, "devices", devices);
        qlist_append((QList *)list, dict);
    }
    return 0;
}

static QObject *cmd_query_pci(const QDict *args, Error **errp)
{
    QList *list = qlist_new();

    object_child_foreach_recursive(object_get_root(), append_bus, list);
    return QOBJECT(list);
}

static const QmpTableCommand commands[] = {
    {"query-pci", cmd_query_pci},
};

void qmp_register_pci(void)
{
    qmp_register_commands(commands, ARRAY_SIZE(commands));
}
