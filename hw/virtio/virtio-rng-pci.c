/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-rng as a PCI function. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio-rng.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_RNG_PCI "virtio-rng-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIORngPCI, VIRTIO_RNG_PCI)

struct VirtIORngPCI {
    VirtIOPCIProxy parent_obj;

    VirtIORNG vdev;
};

static const Property virtio_rng_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(DEV_NVECTORS_UNSPECIFIED),
};

static void virtio_rng_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = 2;
    }
    qdev_realize(DEVICE(&VIRTIO_RNG_PCI(proxy)->vdev), BUS(&proxy->bus), errp);
}

static void virtio_rng_pci_instance_init(Object *obj)
{
    VirtIORngPCI *dev = VIRTIO_RNG_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_RNG);
}

static void virtio_rng_pci_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_PCI_CLASS(klass)->realize = virtio_rng_pci_realize;
    PCI_DEVICE_CLASS(klass)->device_id = 0x1005;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_OTHERS;
    device_class_set_props(DEVICE_CLASS(klass), virtio_rng_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_MISC);
}

static const VirtioPCIDeviceTypeInfo virtio_rng_pci_info = {
    .base_name = TYPE_VIRTIO_RNG_PCI,
    .generic_name = "virtio-rng-pci",
    .transitional_name = "virtio-rng-pci-transitional",
    .non_transitional_name = "virtio-rng-pci-non-transitional",
    .instance_size = sizeof(VirtIORngPCI),
    .instance_init = virtio_rng_pci_instance_init,
    .class_init = virtio_rng_pci_class_init,
};

static void virtio_rng_pci_register(void)
{
    virtio_pci_types_register(&virtio_rng_pci_info);
}

type_init(virtio_rng_pci_register)
