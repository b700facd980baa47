/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio PCI functions: which interfaces they have, their identity, and their
 * types (virtio 1.3, 4.1).
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "virtio-pci-internal.h"

#define MODERN_DEVICE_ID(id) (0x1040 + (id)) /* 4.1.2 */

/* ---- status and reset ---- */

static void reset_transport(VirtIOPCIProxy *proxy)
{
    proxy->dfselect = proxy->gfselect = 0;
    proxy->guest_features[0] = proxy->guest_features[1] = 0;
    memset(proxy->queues, 0, proxy->nqueues * sizeof(proxy->queues[0]));
    if (msix_present(&proxy->pci_dev)) {
        msix_unuse_all_vectors(&proxy->pci_dev);
    }
    pci_irq_deassert(&proxy->pci_dev);
}

void virtio_pci_set_status(VirtIOPCIProxy *proxy, uint8_t status)
{
    virtio_set_status(virtio_pci_device(proxy), status);
    if (status == 0) {
        reset_transport(proxy);
    }
}

static void virtio_pci_reset_hold(Object *obj, ResetType type)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(obj);
    VirtIODevice *vdev = virtio_pci_device(proxy);

    if (vdev) {
        virtio_reset(vdev);
        reset_transport(proxy);
    }
    pci_device_reset_hold(obj, type);
}

/* ---- what the device asks of the transport ---- */

static uint64_t pci_get_features(DeviceState *dev, uint64_t features, Error **errp)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);

    if (virtio_pci_legacy(proxy)) {
        virtio_add_feature(&features, VIRTIO_F_BAD_FEATURE); /* a trap for drivers: 6.3 of 0.9.5 */
    }
    if (!virtio_pci_modern(proxy)) {
        return features & UINT32_MAX;
    }
    virtio_add_feature(&features, VIRTIO_F_VERSION_1);
    return features;
}

static AddressSpace *pci_get_dma_as(DeviceState *dev)
{
    return pci_get_address_space(PCI_DEVICE(dev));
}

static bool pci_ioeventfd_enabled(DeviceState *dev)
{
    return VIRTIO_PCI(dev)->ioeventfd;
}

static void pci_ioeventfd_assign(DeviceState *dev, EventNotifier *n, unsigned n_vq, bool assign)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);

    if (virtio_pci_legacy(proxy)) {
        virtio_pci_legacy_ioeventfd(proxy, n, n_vq, assign);
    }
    if (virtio_pci_modern(proxy)) {
        virtio_pci_modern_ioeventfd(proxy, n, n_vq, assign);
    }
}

static void set_identity(VirtIOPCIProxy *proxy, VirtIODevice *vdev)
{
    uint8_t *config = proxy->pci_dev.config;

    if (virtio_pci_legacy(proxy)) {
        pci_set_word(config + PCI_SUBSYSTEM_VENDOR_ID, PCI_VENDOR_ID_REDHAT_QUMRANET);
        pci_set_word(config + PCI_SUBSYSTEM_ID, vdev->device_id);
    } else {
        pci_set_word(config + PCI_DEVICE_ID, MODERN_DEVICE_ID(vdev->device_id));
        config[PCI_REVISION_ID] = 1;
    }
    config[PCI_INTERRUPT_PIN] = 1;
}

/* Those of an endpoint at a link of PCI Express. */
static bool add_express_capabilities(VirtIOPCIProxy *proxy, Error **errp)
{
    PCIDevice *d = &proxy->pci_dev;
    uint16_t at = PCI_CONFIG_SPACE_SIZE;

    if (!(d->cap_present & QEMU_PCI_CAP_EXPRESS)) {
        return true;
    }
    if (!pcie_endpoint_cap_init(d, 0, errp)) {
        return false;
    }
    if (!pcie_cap_offset(d)) {
        return true; /* on the root bus, where there is no link */
    }
    if (!pci_pm_init(d, 0, proxy->no_soft_reset, errp)) {
        return false;
    }
    if (proxy->flr) {
        pcie_flr_init(d);
    }
    if (proxy->aer) {
        pcie_aer_init(d, at, false);
        at += PCI_ERR_SIZEOF;
    }
    if (proxy->ats) {
        pcie_ats_init(d, at);
    }
    return true;
}

static void pci_device_plugged(DeviceState *dev, Error **errp)
{
    ERRP_GUARD();
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);
    VirtIODevice *vdev = virtio_pci_device(proxy);
    bool msix = proxy->nvectors && proxy->nvectors != DEV_NVECTORS_UNSPECIFIED;

    if (VIRTIO_DEVICE_GET_CLASS(vdev)->modern_only) {
        if (proxy->disable_modern) {
            error_setg(errp, "%s has only the modern interface: disable-modern=on leaves none",
                       object_get_typename(OBJECT(dev)));
            return;
        }
        proxy->disable_legacy = ON_OFF_AUTO_ON;
    }
    if (!add_express_capabilities(proxy, errp)) {
        return;
    }
    if (virtio_pci_modern(proxy) && !virtio_pci_add_modern(proxy, vdev, errp)) {
        return;
    }
    if (msix &&
        msix_init_exclusive_bar(&proxy->pci_dev, proxy->nvectors, VIRTIO_PCI_BAR_MSIX, errp) < 0) {
        error_prepend(errp, "vectors=%u: ", proxy->nvectors);
        return;
    }
    if (virtio_pci_legacy(proxy)) {
        virtio_pci_add_legacy(proxy, vdev);
    }
    set_identity(proxy, vdev);
    proxy->nqueues = virtio_num_queues(vdev);
    proxy->queues = g_new0(VirtIOPCIQueue, proxy->nqueues);
}

static void pci_device_unplugged(DeviceState *dev)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(dev);

    proxy->nqueues = 0;
    g_clear_pointer(&proxy->queues, g_free);
}

static void virtio_pci_bus_class_init(ObjectClass *klass, const void *data)
{
    VirtioBusClass *k = VIRTIO_BUS_CLASS(klass);

    k->notify = virtio_pci_notify;
    k->notify_unlocked = virtio_pci_notify_unlocked;
    k->get_features = pci_get_features;
    k->device_plugged = pci_device_plugged;
    k->device_unplugged = pci_device_unplugged;
    k->device_loaded = virtio_pci_use_vectors;
    k->get_dma_as = pci_get_dma_as;
    k->ioeventfd_enabled = pci_ioeventfd_enabled;
    k->ioeventfd_assign = pci_ioeventfd_assign;
}

/* ---- saved state ---- */

static const VMStateDescription vmstate_virtio_pci_queue = {
    .name = "virtio-pci queue",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32_ARRAY(desc, VirtIOPCIQueue, 2),
            VMSTATE_UINT32_ARRAY(avail, VirtIOPCIQueue, 2),
            VMSTATE_UINT32_ARRAY(used, VirtIOPCIQueue, 2),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_virtio_pci = {
    .name = TYPE_VIRTIO_PCI,
    .version_id = 1,
    .minimum_version_id = 1,
    /* Before the device, whose requests need bus mastering to be mapped. */
    .priority = MIG_PRI_PCI_BUS,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(pci_dev, VirtIOPCIProxy),
            VMSTATE_MSIX(pci_dev, VirtIOPCIProxy),
            VMSTATE_UINT32(dfselect, VirtIOPCIProxy),
            VMSTATE_UINT32(gfselect, VirtIOPCIProxy),
            VMSTATE_UINT32_ARRAY(guest_features, VirtIOPCIProxy, 2),
            VMSTATE_STRUCT_VARRAY_POINTER_UINT32(queues, VirtIOPCIProxy, nqueues,
                                                 vmstate_virtio_pci_queue, VirtIOPCIQueue),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property virtio_pci_properties[] = {
    DEFINE_PROP_BOOL("ioeventfd", VirtIOPCIProxy, ioeventfd, true),
    DEFINE_PROP_BOOL("page-per-vq", VirtIOPCIProxy, page_per_vq, false),
    DEFINE_PROP_BOOL("modern-pio-notify", VirtIOPCIProxy, modern_pio_notify, false),
    DEFINE_PROP_BOOL("aer", VirtIOPCIProxy, aer, false),
    DEFINE_PROP_BOOL("ats", VirtIOPCIProxy, ats, false),
    DEFINE_PROP_BOOL("x-pcie-flr-init", VirtIOPCIProxy, flr, true),
    DEFINE_PROP_BOOL("x-pcie-pm-no-soft-reset", VirtIOPCIProxy, no_soft_reset, false),
};

/* Whatever of the function there is. */
static void virtio_pci_exit(PCIDevice *d)
{
    msix_uninit_exclusive_bar(d);
    virtio_pci_remove_modern(VIRTIO_PCI(d));
}

static void virtio_pci_realize(PCIDevice *d, Error **errp)
{
    VirtIOPCIProxy *proxy = VIRTIO_PCI(d);
    PCIBus *bus = pci_get_bus(d);
    Error *err = NULL;

    if (proxy->disable_legacy == ON_OFF_AUTO_AUTO) {
        /* I/O ports are scarce behind the ports of PCI Express. */
        bool behind_port = pci_bus_is_express(bus) && !pci_bus_is_root(bus);
        proxy->disable_legacy = behind_port ? ON_OFF_AUTO_ON : ON_OFF_AUTO_OFF;
    }
    if (!virtio_pci_modern(proxy) && !virtio_pci_legacy(proxy)) {
        error_setg(errp, "%s: disable-legacy=on and disable-modern=on leave no interface",
                   object_get_typename(OBJECT(d)));
        return;
    }
    qbus_init(&proxy->bus, sizeof(proxy->bus), TYPE_VIRTIO_PCI_BUS, DEVICE(d), NULL);
    VIRTIO_PCI_GET_CLASS(d)->realize(proxy, &err);
    if (err) {
        virtio_pci_exit(d);
        error_propagate(errp, err);
    }
}

static void virtio_pci_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = virtio_pci_realize;
    pc->exit = virtio_pci_exit;
    pc->config_read = virtio_pci_config_read;
    pc->config_write = virtio_pci_config_write;
    pc->vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
    pc->class_id = PCI_CLASS_OTHERS;
    dc->vmsd = &vmstate_virtio_pci;
    device_class_set_props(dc, virtio_pci_properties);
    RESETTABLE_CLASS(klass)->phases.hold = virtio_pci_reset_hold;
}

unsigned virtio_pci_optimal_num_queues(unsigned fixed_queues)
{
    /* A vector for each queue, and one for the configuration. */
    return MIN(machine_current()->smp.cpus,
               MIN(VIRTIO_QUEUE_MAX, PCI_MSIX_FLAGS_QSIZE) - fixed_queues);
}

void virtio_instance_init_common(Object *proxy, void *vdev, size_t size, const char *vdev_name)
{
    object_initialize_child_internal(proxy, "virtio-backend", vdev, size, vdev_name);
    qdev_alias_all_properties(DEVICE(proxy), OBJECT(vdev));
}

/* ---- types ---- */

static const Property generic_properties[] = {
    DEFINE_PROP_ON_OFF_AUTO("disable-legacy", VirtIOPCIProxy, disable_legacy, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_BOOL("disable-modern", VirtIOPCIProxy, disable_modern, false),
};

static void generic_class_init(ObjectClass *klass, const void *data)
{
    device_class_set_props(DEVICE_CLASS(klass), generic_properties);
}

static void transitional_init(Object *obj)
{
    VIRTIO_PCI(obj)->disable_legacy = ON_OFF_AUTO_OFF;
    VIRTIO_PCI(obj)->disable_modern = false;
}

static void non_transitional_init(Object *obj)
{
    VIRTIO_PCI(obj)->disable_legacy = ON_OFF_AUTO_ON;
    VIRTIO_PCI(obj)->disable_modern = false;
}

void virtio_pci_types_register(const VirtioPCIDeviceTypeInfo *info)
{
    static const InterfaceInfo conventional[] = {{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}};
    static const InterfaceInfo both[] = {
        {INTERFACE_PCIE_DEVICE}, {INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}};
    const TypeInfo types[] = {
        {
            .name = info->base_name,
            .parent = info->parent ? info->parent : TYPE_VIRTIO_PCI,
            .instance_size = info->instance_size,
            .instance_init = info->instance_init,
            .abstract = true,
            .class_size = info->class_size ? info->class_size : sizeof(VirtioPCIClass),
            .class_init = info->class_init,
        },
        {
            .name = info->generic_name,
            .parent = info->base_name,
            .class_init = generic_class_init,
            .interfaces = both,
        },
        {
            .name = info->transitional_name,
            .parent = info->base_name,
            .instance_init = transitional_init,
            .interfaces = conventional,
        },
        {
            .name = info->non_transitional_name,
            .parent = info->base_name,
            .instance_init = non_transitional_init,
            .interfaces = both,
        },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        if (types[i].name) {
            type_register_static(&types[i]);
        }
    }
}

static const TypeInfo virtio_pci_types[] = {
    {
        .name = TYPE_VIRTIO_PCI_BUS,
        .parent = TYPE_VIRTIO_BUS,
        .instance_size = sizeof(VirtioBusState),
        .class_init = virtio_pci_bus_class_init,
    },
    {
        .name = TYPE_VIRTIO_PCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(VirtIOPCIProxy),
        .abstract = true,
        .class_size = sizeof(VirtioPCIClass),
        .class_init = virtio_pci_class_init,
    },
};

DEFINE_TYPES(virtio_pci_types)
