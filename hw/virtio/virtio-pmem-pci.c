/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-pmem as a PCI function. */
#include "qemu/osdep.h"
#include "hw/mem/memory-device.h"
#include "hw/virtio/virtio-md-pci.h"
#include "hw/virtio/virtio-pmem.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_PMEM_PCI "virtio-pmem-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOPMEMPCI, VIRTIO_PMEM_PCI)

struct VirtIOPMEMPCI {
    VirtIOMDPCI parent_obj;

    VirtIOPMEM vdev;
};

static VirtIOPMEM *pmem_of(const MemoryDeviceState *md)
{
    return &VIRTIO_PMEM_PCI((void *)md)->vdev;
}

/* ---- memory device ---- */

static uint64_t get_addr(const MemoryDeviceState *md)
{
    return pmem_of(md)->start;
}

static void set_addr(MemoryDeviceState *md, uint64_t addr)
{
    pmem_of(md)->start = addr;
}

/* It is no memory that the guest runs in. */
static uint64_t get_plugged_size(const MemoryDeviceState *md)
{
    return 0;
}

static MemoryRegion *get_memory_region(MemoryDeviceState *md, Error **errp)
{
    return host_memory_backend_find_memory(pmem_of(md)->memdev, errp);
}

static void fill_device_info(const MemoryDeviceState *md, MemoryDeviceInfo *info)
{
    VirtioPMEMDeviceInfo *data = g_new0(VirtioPMEMDeviceInfo, 1);
    HostMemoryBackend *memdev = pmem_of(md)->memdev;

    data->id = g_strdup(DEVICE((void *)md)->id);
    data->memaddr = pmem_of(md)->start;
    data->size = memory_region_size(host_memory_backend_get_memory(memdev));
    data->memdev = object_get_canonical_path(OBJECT(memdev));
    info->u.virtio_pmem.data = data;
}

/* ---- function ---- */

static bool may_go(VirtIOMDPCI *md, Error **errp)
{
    error_setg(errp,
               "%s does not support hotplugging in this direction: nothing tells whether the "
               "guest still uses its memory",
               object_get_typename(OBJECT(md)));
    return false;
}

static void virtio_pmem_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    qdev_realize(DEVICE(&VIRTIO_PMEM_PCI(proxy)->vdev), BUS(&proxy->bus), errp);
}

static void virtio_pmem_pci_instance_init(Object *obj)
{
    VirtIOPMEMPCI *dev = VIRTIO_PMEM_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_PMEM);
}

static void virtio_pmem_pci_class_init(ObjectClass *klass, const void *data)
{
    MemoryDeviceClass *mdc = MEMORY_DEVICE_CLASS(klass);

    VIRTIO_PCI_CLASS(klass)->realize = virtio_pmem_pci_realize;
    VIRTIO_MD_PCI_CLASS(klass)->may_go = may_go;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_OTHERS;
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_MISC);
    mdc->get_addr = get_addr;
    mdc->set_addr = set_addr;
    mdc->get_plugged_size = get_plugged_size;
    mdc->get_memory_region = get_memory_region;
    mdc->kind = MEMORY_DEVICE_INFO_KIND_VIRTIO_PMEM;
    mdc->fill_device_info = fill_device_info;
}

static const VirtioPCIDeviceTypeInfo virtio_pmem_pci_info = {
    .base_name = TYPE_VIRTIO_PMEM_PCI,
    .generic_name = "virtio-pmem-pci",
    .parent = TYPE_VIRTIO_MD_PCI,
    .class_size = sizeof(VirtIOMDPCIClass),
    .instance_size = sizeof(VirtIOPMEMPCI),
    .instance_init = virtio_pmem_pci_instance_init,
    .class_init = virtio_pmem_pci_class_init,
};

static void virtio_pmem_pci_register(void)
{
    virtio_pci_types_register(&virtio_pmem_pci_info);
}

type_init(virtio_pmem_pci_register)
