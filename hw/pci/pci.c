/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI buses and the life of the devices on them. */

#include "qemu/osdep.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "migration/qemu-file.h"
#include "qapi/visitor.h"
#include "pci-internal.h"
#include "system/reset.h"

/* ---- bus ---- */

int pci_bus_num(PCIBus *bus)
{
    return PCI_BUS_GET_CLASS(bus)->bus_num(bus);
}

static int default_bus_num(PCIBus *bus)
{
    /* A bridge's secondary bus number register. */
    return bus->parent_dev ? bus->parent_dev->config[0x19] : 0;
}

bool pci_bus_is_root(const PCIBus *bus)
{
    return !bus->parent_dev;
}

bool pci_bus_is_express(const PCIBus *bus)
{
    return object_dynamic_cast(OBJECT(bus), TYPE_PCIE_BUS);
}

PCIBus *pci_root_bus_new(DeviceState *parent, const char *name, MemoryRegion *mem, MemoryRegion *io,
                         uint8_t devfn_min, const char *typename)
{
    PCIBus *bus = PCI_BUS(qbus_new(typename, parent, name));

    bus->devfn_min = devfn_min;
    bus->address_space_mem = mem;
    bus->address_space_io = io;
    return bus;
}

/* ---- several root buses ---- */

void pci_root_bus_add(PCIBus *main_root, PCIBus *bus)
{
    PCIBus *before = main_root;

    while (before->next_root && pci_bus_num(before->next_root) < pci_bus_num(bus)) {
        before = before->next_root;
    }
    bus->main_root = main_root;
    bus->next_root = before->next_root;
    before->next_root = bus;
}

void pci_root_bus_remove(PCIBus *bus)
{
    PCIBus *before = bus->main_root;

    while (before->next_root != bus) {
        before = before->next_root;
    }
    before->next_root = bus->next_root;
    bus->main_root = bus->next_root = NULL;
}

PCIBus *pci_root_of(PCIBus *bus)
{
    while (bus->parent_dev) {
        bus = pci_get_bus(bus->parent_dev);
    }
    return bus;
}

PCIBus *pci_main_root(PCIBus *bus)
{
    PCIBus *root = pci_root_of(bus);

    return root->main_root ? root->main_root : root;
}

int pci_bus_numa_node(PCIBus *bus)
{
    PCIBusClass *k = PCI_BUS_GET_CLASS(bus);

    return k->numa_node ? k->numa_node(bus) : -1;
}

/* The host bridge gives a root bus the numbers from its own up to that of the next one. */
static PCIBus *root_of_number(PCIBus *main_root, int bus_num)
{
    PCIBus *root = main_root;

    while (root->next_root && pci_bus_num(root->next_root) <= bus_num) {
        root = root->next_root;
    }
    return root;
}

static PCIDevice *find_below(PCIBus *bus, int bus_num, uint8_t devfn)
{
    if (pci_bus_num(bus) == bus_num) {
        return bus->devices[devfn];
    }
    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *bridge = bus->devices[i];
        BusState *child;
        if (!bridge || (bridge->config[PCI_HEADER_TYPE] & 0x7f) != PCI_HEADER_TYPE_BRIDGE) {
            continue;
        }
        if (bus_num < bridge->config[0x19] || bus_num > bridge->config[0x1a]) {
            continue;
        }
        QLIST_FOREACH (child, &DEVICE(bridge)->child_bus, sibling) {
            if (object_dynamic_cast(OBJECT(child), TYPE_PCI_BUS)) {
                return find_below(PCI_BUS(child), bus_num, devfn);
            }
        }
    }
    return NULL;
}

PCIDevice *pci_find_device(PCIBus *bus, int bus_num, uint8_t devfn)
{
    return find_below(root_of_number(bus, bus_num), bus_num, devfn);
}

static void for_each_below(PCIBus *bus, void (*fn)(PCIBus *b, PCIDevice *d, void *opaque),
                           void *opaque)
{
    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *d = bus->devices[i];
        BusState *child;
        if (!d) {
            continue;
        }
        fn(bus, d, opaque);
        QLIST_FOREACH (child, &DEVICE(d)->child_bus, sibling) {
            if (object_dynamic_cast(OBJECT(child), TYPE_PCI_BUS)) {
                for_each_below(PCI_BUS(child), fn, opaque);
            }
        }
    }
}

void pci_for_each_device(PCIBus *bus, void (*fn)(PCIBus *b, PCIDevice *d, void *opaque),
                         void *opaque)
{
    for_each_below(bus, fn, opaque);
    /* Of a chain, only its begin has the others. */
    for (PCIBus *b = bus->main_root ? NULL : bus->next_root; b; b = b->next_root) {
        for_each_below(b, fn, opaque);
    }
}

/* ---- paths, reset ---- */

static char *pci_dev_path(DeviceState *dev)
{
    PCIDevice *d = PCI_DEVICE(dev);

    return g_strdup_printf("%04x:%02x:%02x.%x", 0, pci_dev_bus_num(d), PCI_SLOT(d->devfn),
                           PCI_FUNC(d->devfn));
}

/* Firmware's name for it (PCI Bus Binding to IEEE 1275-1994, 2.2.1.1): by what it is, or by its
 * IDs. */
static char *pci_fw_name(PCIDevice *d)
{
    const char *name = DEVICE_GET_CLASS(d)->fw_name;

    if (!name && (d->config[PCI_HEADER_TYPE] & 0x7f) == PCI_HEADER_TYPE_BRIDGE) {
        name = "pci-bridge";
    }
    return name ? g_strdup(name)
                : g_strdup_printf("pci%04x,%04x", pci_get_word(d->config + PCI_VENDOR_ID),
                                  pci_get_word(d->config + PCI_DEVICE_ID));
}

static char *pci_fw_dev_path(DeviceState *dev)
{
    PCIDevice *d = PCI_DEVICE(dev);
    g_autofree char *name = pci_fw_name(d);

    return PCI_FUNC(d->devfn)
               ? g_strdup_printf("%s@%x,%x", name, PCI_SLOT(d->devfn), PCI_FUNC(d->devfn))
               : g_strdup_printf("%s@%x", name, PCI_SLOT(d->devfn));
}

/* The counts of a bus's lines follow from its devices' pins, but those load one by one. */
static void pci_bus_reset_hold(Object *obj, ResetType type)
{
    PCIBus *bus = PCI_BUS(obj);

    for (int i = 0; i < bus->nirq; i++) {
        bus->irq_count[i] = 0;
        bus->set_irq(bus->irq_opaque, i, 0);
    }
}

static void pci_bus_finalize(Object *obj)
{
    g_free(PCI_BUS(obj)->irq_count);
}

static void pci_bus_class_init(ObjectClass *klass, const void *data)
{
    BusClass *k = BUS_CLASS(klass);

    k->get_dev_path = pci_dev_path;
    k->get_fw_dev_path = pci_fw_dev_path;
    RESETTABLE_CLASS(klass)->phases.hold = pci_bus_reset_hold;
    PCI_BUS_CLASS(klass)->bus_num = default_bus_num;
}

/* ---- device ---- */

PCIBus *pci_get_bus(const PCIDevice *d)
{
    return PCI_BUS(qdev_get_parent_bus(DEVICE(d)));
}

int pci_dev_bus_num(const PCIDevice *d)
{
    return pci_bus_num(pci_get_bus(d));
}

uint16_t pci_requester_id(PCIDevice *d)
{
    return PCI_BUILD_BDF(pci_dev_bus_num(d), d->devfn);
}

/* Choose or check the address, and take it. */
static bool claim_devfn(PCIDevice *d, PCIBus *bus, Error **errp)
{
    if (d->devfn < 0) {
        for (d->devfn = bus->devfn_min; d->devfn < PCI_DEVFN_MAX; d->devfn += PCI_FUNC_MAX) {
            if (!bus->devices[d->devfn] &&
                !(bus->slot_reserved_mask & (1u << PCI_SLOT(d->devfn)))) {
                break;
            }
        }
        if (d->devfn >= PCI_DEVFN_MAX) {
            error_setg(errp, "PCI bus '%s' has no free slot for %s", BUS(bus)->name, d->name);
            return false;
        }
    }
    if (bus->slot_reserved_mask & (1u << PCI_SLOT(d->devfn))) {
        error_setg(errp, "addr=%02x.%x: this slot of PCI bus '%s' is reserved", PCI_SLOT(d->devfn),
                   PCI_FUNC(d->devfn), BUS(bus)->name);
        return false;
    }
    if (bus->devices[d->devfn]) {
        error_setg(errp, "addr=%02x.%x: PCI bus '%s' has %s there already", PCI_SLOT(d->devfn),
                   PCI_FUNC(d->devfn), BUS(bus)->name, bus->devices[d->devfn]->name);
        return false;
    }
    bus->devices[d->devfn] = d;
    return true;
}

/* Functions beyond 0 of a slot are seen only if function 0 says that there are more. */
static bool check_multifunction(PCIDevice *d, PCIBus *bus, Error **errp)
{
    PCIDevice *first = bus->devices[PCI_DEVFN(PCI_SLOT(d->devfn), 0)];

    if (PCI_FUNC(d->devfn)) {
        if (first && first != d && !(first->cap_present & QEMU_PCI_CAP_MULTIFUNCTION)) {
            error_setg(errp, "addr=%02x.%x: function 0 of this slot (%s) is not multifunction=on",
                       PCI_SLOT(d->devfn), PCI_FUNC(d->devfn), first->name);
            return false;
        }
        return true;
    }
    for (int f = 1; !(d->cap_present & QEMU_PCI_CAP_MULTIFUNCTION) && f < PCI_FUNC_MAX; f++) {
        if (bus->devices[PCI_DEVFN(PCI_SLOT(d->devfn), f)]) {
            error_setg(errp,
                       "addr=%02x.0: the slot has function %d already; "
                       "function 0 needs multifunction=on",
                       PCI_SLOT(d->devfn), f);
            return false;
        }
    }
    return true;
}

/* ---- labels ---- */

/* "Onboard index" of at most 14 bits, as Linux's udev takes it (PCI Firmware 3.3, 4.6.7). */
#define ACPI_INDEX_MAX 16383

typedef struct IndexSearch {
    const PCIDevice *except;
    bool found;
} IndexSearch;

static void compare_index(PCIBus *bus, PCIDevice *d, void *opaque)
{
    IndexSearch *search = opaque;

    search->found |= d != search->except && d->acpi_index == search->except->acpi_index;
}

static bool check_acpi_index(PCIDevice *d, PCIBus *bus, Error **errp)
{
    IndexSearch search = {.except = d};

    if (d->acpi_index > ACPI_INDEX_MAX) {
        error_setg(errp, "acpi-index=%u is not between 1 and %u", d->acpi_index, ACPI_INDEX_MAX);
        return false;
    }
    if (d->acpi_index) {
        pci_for_each_device(pci_main_root(bus), compare_index, &search);
    }
    if (search.found) {
        error_setg(errp, "acpi-index=%u is another PCI device's already", d->acpi_index);
    }
    return !search.found;
}

/* ---- realize ---- */

static void init_bus_master(PCIDevice *d)
{
    memory_region_init(&d->bus_master_container, OBJECT(d), "bus master container", UINT64_MAX);
    address_space_init(&d->bus_master_as, &d->bus_master_container, d->name);
    /* Its DMA must not reach its own registers, from whatever context it is made. */
    address_space_set_dma_device(&d->bus_master_as, DEVICE(d));
    memory_region_init_alias(&d->bus_master_enable_region, OBJECT(d), "bus master",
                             get_system_memory(), 0, memory_region_size(get_system_memory()));
    memory_region_set_enabled(&d->bus_master_enable_region, false);
    memory_region_add_subregion(&d->bus_master_container, 0, &d->bus_master_enable_region);
}

static void release(PCIDevice *d)
{
    pci_get_bus(d)->devices[d->devfn] = NULL;
    memory_region_del_subregion(&d->bus_master_container, &d->bus_master_enable_region);
    address_space_destroy(&d->bus_master_as);
    pci_config_free(d);
}

static bool check_bus_kind(PCIDevice *d, PCIBus *bus, Error **errp)
{
    if (!pci_bus_is_express(bus) &&
        !object_dynamic_cast(OBJECT(d), INTERFACE_CONVENTIONAL_PCI_DEVICE)) {
        error_setg(errp, "a PCI Express bus is needed; '%s' is a conventional one", BUS(bus)->name);
        return false;
    }
    return true;
}

/* What is at the end of a link has the capability, whatever else it is. */
static bool add_express_capability(PCIDevice *d, Error **errp)
{
    return !(d->cap_present & QEMU_PCI_CAP_EXPRESS) || pci_find_capability(d, PCI_CAP_ID_EXP) ||
           pcie_endpoint_cap_init(d, 0, errp);
}

static void pci_qdev_realize(DeviceState *dev, Error **errp)
{
    PCIDevice *d = PCI_DEVICE(dev);
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(d);
    PCIBus *bus = pci_get_bus(d);
    Error *err = NULL;

    d->name = object_get_typename(OBJECT(d));
    if (pci_bus_is_express(bus) && object_dynamic_cast(OBJECT(d), INTERFACE_PCIE_DEVICE)) {
        d->cap_present |= QEMU_PCI_CAP_EXPRESS;
    }
    if (!check_bus_kind(d, bus, errp) || !check_acpi_index(d, bus, errp) ||
        !claim_devfn(d, bus, errp)) {
        return;
    }
    if (!check_multifunction(d, bus, errp) || !pci_config_alloc(d, errp)) {
        bus->devices[d->devfn] = NULL;
        return;
    }
    pci_config_init_header(d, pc);
    init_bus_master(d);
    d->config_read = pc->config_read ? pc->config_read : pci_default_read_config;
    d->config_write = pc->config_write ? pc->config_write : pci_default_write_config;

    if (pc->realize) {
        pc->realize(d, &err);
        if (err) {
            error_propagate(errp, err);
            release(d);
            return;
        }
    }
    if (!add_express_capability(d, errp) || !pci_rom_add(d, errp)) {
        qdev_unrealize_child_buses(dev);
        if (pc->exit) {
            pc->exit(d);
        }
        release(d);
    }
}

static void pci_qdev_unrealize(DeviceState *dev)
{
    PCIDevice *d = PCI_DEVICE(dev);
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(d);

    pci_irq_reset(d);
    pci_unmap_all(d);
    pci_rom_del(d);
    if (pc->exit) {
        pc->exit(d);
    }
    msi_uninit(d);
    release(d);
}

void pci_device_reset_hold(Object *obj, ResetType type)
{
    PCIDevice *d = PCI_DEVICE(obj);

    pci_irq_reset(d);
    pci_pm_reset(d);
    pci_config_reset(d);
    memory_region_set_enabled(&d->bus_master_enable_region, false);
    msi_reset(d);
    msix_reset(d);
    pcie_cap_reset(d);
}

/* ---- saved state ---- */

static int config_put(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    PCIDevice *d = container_of(pv, PCIDevice, config);

    qemu_put_be32(f, pci_config_size(d));
    qemu_put_buffer(f, d->config, pci_config_size(d));
    return 0;
}

/* Takes @err, which is nothing where reading has failed before. */
static int refuse_state(QEMUFile *f, Error *err)
{
    if (qemu_file_get_error(f)) {
        error_free(err);
    } else {
        qemu_file_set_error_obj(f, -EINVAL, err);
    }
    return -EINVAL;
}

static bool same_model(const PCIDevice *d, const uint8_t *config, Error **errp)
{
    if (pci_get_long(config + PCI_VENDOR_ID) == pci_get_long(d->config + PCI_VENDOR_ID)) {
        return true;
    }
    error_setg(errp,
               "the saved machine has another device there: %04x:%04x, here it is %04x:%04x (%s)",
               pci_get_word(config + PCI_VENDOR_ID), pci_get_word(config + PCI_DEVICE_ID),
               pci_get_word(d->config + PCI_VENDOR_ID), pci_get_word(d->config + PCI_DEVICE_ID),
               object_get_typename(OBJECT(d)));
    return false;
}

static bool same_properties(const PCIDevice *d, const uint8_t *config, Error **errp)
{
    for (uint32_t i = 0; i < pci_config_size(d); i++) {
        if ((config[i] ^ d->config[i]) & d->cmask[i] & ~d->wmask[i] & ~d->w1cmask[i]) {
            error_setg(errp,
                       "%s was saved with other properties: byte 0x%x of its configuration space "
                       "is 0x%02x there, 0x%02x here",
                       object_get_typename(OBJECT(d)), i, config[i], d->config[i]);
            return false;
        }
    }
    return true;
}

/* What this device is must be what the stream's was; what its guest wrote may be anything. */
static int config_get(QEMUFile *f, void *pv, size_t unused, const VMStateField *field)
{
    PCIDevice *d = container_of(pv, PCIDevice, config);
    uint32_t size = pci_config_size(d), saved;
    g_autofree uint8_t *config = g_malloc(size);
    Error *err = NULL;

    saved = qemu_get_be32(f);
    if (saved != size) {
        error_setg(&err, "%s was saved with a configuration space of %u bytes, here it has %u",
                   object_get_typename(OBJECT(d)), saved, size);
        return refuse_state(f, err);
    }
    qemu_get_buffer(f, config, size);
    if (!same_model(d, config, &err) || !same_properties(d, config, &err)) {
        return refuse_state(f, err);
    }
    memcpy(d->config, config, size);
    pci_update_mappings(d);
    pci_update_bus_master(d);
    return 0;
}

static const VMStateInfo vmstate_info_pci_config = {
    .name = "pci config",
    .get = config_get,
    .put = config_put,
};

static int pci_pre_load(void *opaque)
{
    pci_irq_reset(opaque);
    return 0;
}

static int pci_post_load(void *opaque, int version_id)
{
    PCIDevice *d = opaque;

    if (d->irq_state >> PCI_NUM_PINS) {
        return -EINVAL;
    }
    pci_irq_restore(d);
    return 0;
}

const VMStateDescription vmstate_pci_device = {
    .name = "PCIDevice",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = pci_pre_load,
    .post_load = pci_post_load,
    .fields =
        (const VMStateField[]){
            {.name = "config",
             .size = sizeof(uint8_t *),
             .info = &vmstate_info_pci_config,
             .flags = VMS_SINGLE,
             .offset = offsetof(PCIDevice, config)},
            VMSTATE_UINT8(irq_state, PCIDevice),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- creating ---- */

PCIDevice *pci_new(int devfn, const char *name)
{
    DeviceState *dev = qdev_new(name);

    PCI_DEVICE(dev)->devfn = devfn;
    return PCI_DEVICE(dev);
}

PCIDevice *pci_new_multifunction(int devfn, const char *name)
{
    PCIDevice *d = pci_new(devfn, name);

    d->cap_present |= QEMU_PCI_CAP_MULTIFUNCTION;
    return d;
}

bool pci_realize_and_unref(PCIDevice *d, PCIBus *bus, Error **errp)
{
    return qdev_realize_and_unref(DEVICE(d), BUS(bus), errp);
}

PCIDevice *pci_create_simple(PCIBus *bus, int devfn, const char *name)
{
    PCIDevice *d = pci_new(devfn, name);

    pci_realize_and_unref(d, bus, &error_fatal);
    return d;
}

PCIDevice *pci_create_simple_multifunction(PCIBus *bus, int devfn, const char *name)
{
    PCIDevice *d = pci_new_multifunction(devfn, name);

    pci_realize_and_unref(d, bus, &error_fatal);
    return d;
}

static const Property pci_props[] = {
    DEFINE_PROP_PCI_DEVFN("addr", PCIDevice, devfn, -1),
    DEFINE_PROP_STRING("romfile", PCIDevice, romfile),
    DEFINE_PROP_UINT32("romsize", PCIDevice, romsize, UINT32_MAX),
    DEFINE_PROP_INT32("rombar", PCIDevice, rom_bar, -1),
    DEFINE_PROP_UINT32("acpi-index", PCIDevice, acpi_index, 0),
    DEFINE_PROP_BIT("multifunction", PCIDevice, cap_present, 3, false),
};

static void get_bus_number(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    PCIBus *bus = pci_get_bus(PCI_DEVICE(obj));
    uint8_t number;

    if (!bus) {
        error_setg(errp, "property '%s': the device is not on a bus", name);
        return;
    }
    number = pci_bus_num(bus);
    visit_type_uint8(v, name, &number, errp);
}

static void pci_device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pci_qdev_realize;
    dc->unrealize = pci_qdev_unrealize;
    dc->bus_type = TYPE_PCI_BUS;
    device_class_set_props(dc, pci_props);
    object_class_property_add(klass, "busnr", "busnr", get_bus_number, NULL, NULL, NULL);
    RESETTABLE_CLASS(klass)->phases.hold = pci_device_reset_hold;
}

static const TypeInfo pci_types[] = {
    {
        .name = TYPE_PCI_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(PCIBus),
        .instance_finalize = pci_bus_finalize,
        .class_size = sizeof(PCIBusClass),
        .class_init = pci_bus_class_init,
    },
    {
        .name = TYPE_PCIE_BUS,
        .parent = TYPE_PCI_BUS,
    },
    {
        .name = INTERFACE_CONVENTIONAL_PCI_DEVICE,
        .parent = TYPE_INTERFACE,
    },
    {
        .name = INTERFACE_PCIE_DEVICE,
        .parent = TYPE_INTERFACE,
    },
    {
        .name = TYPE_PCI_DEVICE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(PCIDevice),
        .abstract = true,
        .class_size = sizeof(PCIDeviceClass),
        .class_init = pci_device_class_init,
    },
};

DEFINE_TYPES(pci_types)
