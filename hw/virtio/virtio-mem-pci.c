/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-mem as a PCI function. */
#include "qemu/osdep.h"
#include "hw/mem/memory-device.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-md-pci.h"
#include "hw/virtio/virtio-mem.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_MEM_PCI "virtio-mem-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOMEMPCI, VIRTIO_MEM_PCI)

struct VirtIOMEMPCI {
    VirtIOMDPCI parent_obj;

    VirtIOMEM vdev;
};

static VirtIOMEM *vmem_of(const MemoryDeviceState *md)
{
    return &VIRTIO_MEM_PCI((void *)md)->vdev;
}

/* ---- memory device ---- */

static uint64_t get_addr(const MemoryDeviceState *md)
{
    return vmem_of(md)->addr;
}

static void set_addr(MemoryDeviceState *md, uint64_t addr)
{
    vmem_of(md)->addr = addr;
}

static uint64_t get_min_alignment(const MemoryDeviceState *md)
{
    return object_property_get_uint(OBJECT(vmem_of(md)), "block-size", &error_abort);
}

static uint64_t get_plugged_size(const MemoryDeviceState *md)
{
    return vmem_of(md)->plugged_size;
}

static MemoryRegion *get_memory_region(MemoryDeviceState *md, Error **errp)
{
    return virtio_mem_get_memory_region(vmem_of(md), errp);
}

static void fill_device_info(const MemoryDeviceState *md, MemoryDeviceInfo *info)
{
    VirtioMEMDeviceInfo *data = g_new0(VirtioMEMDeviceInfo, 1);

    data->id = g_strdup(DEVICE((void *)md)->id);
    virtio_mem_fill_device_info(vmem_of(md), data);
    info->u.virtio_mem.data = data;
}

/* ---- function ---- */

static bool may_go(VirtIOMDPCI *md, Error **errp)
{
    VirtIOMEM *vmem = &VIRTIO_MEM_PCI(md)->vdev;

    if (vmem->plugged_size || vmem->requested_size) {
        error_setg(errp,
                   "the guest uses %" PRIu64 " bytes of the device: set requested-size to 0 and "
                   "wait until size is 0",
                   vmem->plugged_size);
        return false;
    }
    return true;
}

static const Property virtio_mem_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(DEV_NVECTORS_UNSPECIFIED),
};

static void virtio_mem_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = 2;
    }
    qdev_realize(DEVICE(&VIRTIO_MEM_PCI(proxy)->vdev), BUS(&proxy->bus), errp);
}

static void virtio_mem_pci_instance_init(Object *obj)
{
    VirtIOMEMPCI *dev = VIRTIO_MEM_PCI(obj);
    Object *vdev = OBJECT(&dev->vdev);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_MEM);
    object_property_add_alias(obj, "block-size", vdev, "block-size");
    object_property_add_alias(obj, "size", vdev, "size");
    object_property_add_alias(obj, "requested-size", vdev, "requested-size");
}

static void virtio_mem_pci_class_init(ObjectClass *klass, const void *data)
{
    MemoryDeviceClass *mdc = MEMORY_DEVICE_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->realize = virtio_mem_pci_realize;
    VIRTIO_MD_PCI_CLASS(klass)->may_go = may_go;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_OTHERS;
    device_class_set_props(DEVICE_CLASS(klass), virtio_mem_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_MISC);
    mdc->get_addr = get_addr;
    mdc->set_addr = set_addr;
    mdc->get_min_alignment = get_min_alignment;
    mdc->get_plugged_size = get_plugged_size;
    mdc->get_memory_region = get_memory_region;
    mdc->kind = MEMORY_DEVICE_INFO_KIND_VIRTIO_MEM;
    mdc->fill_device_info = fill_device_info;
}

static const VirtioPCIDeviceTypeInfo virtio_mem_pci_info = {
    .base_name = TYPE_VIRTIO_MEM_PCI,
    .generic_name = "virtio-mem-pci",
    .parent = TYPE_VIRTIO_MD_PCI,
    .class_size = sizeof(VirtIOMDPCIClass),
    .instance_size = sizeof(VirtIOMEMPCI),
    .instance_init = virtio_mem_pci_instance_init,
    .class_init = virtio_mem_pci_class_init,
};

static void virtio_mem_pci_register(void)
{
    virtio_pci_types_register(&virtio_mem_pci_info);
}

type_init(virtio_mem_pci_register)
