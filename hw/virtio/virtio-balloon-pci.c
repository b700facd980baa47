/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-balloon as a PCI function. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio-balloon.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_BALLOON_PCI "virtio-balloon-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOBalloonPCI, VIRTIO_BALLOON_PCI)

struct VirtIOBalloonPCI {
    VirtIOPCIProxy parent_obj;

    VirtIOBalloon vdev;
};

static const Property virtio_balloon_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(DEV_NVECTORS_UNSPECIFIED),
};

static void virtio_balloon_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = 2;
    }
    qdev_realize(DEVICE(&VIRTIO_BALLOON_PCI(proxy)->vdev), BUS(&proxy->bus), errp);
}

static void virtio_balloon_pci_instance_init(Object *obj)
{
    VirtIOBalloonPCI *dev = VIRTIO_BALLOON_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_BALLOON);
    object_property_add_alias(obj, "guest-stats", OBJECT(&dev->vdev), "guest-stats");
    object_property_add_alias(obj, "guest-stats-polling-interval", OBJECT(&dev->vdev),
                              "guest-stats-polling-interval");
}

static void virtio_balloon_pci_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_PCI_CLASS(klass)->realize = virtio_balloon_pci_realize;
    PCI_DEVICE_CLASS(klass)->device_id = 0x1002;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_OTHERS;
    device_class_set_props(DEVICE_CLASS(klass), virtio_balloon_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_MISC);
}

static const VirtioPCIDeviceTypeInfo virtio_balloon_pci_info = {
    .base_name = TYPE_VIRTIO_BALLOON_PCI,
    .generic_name = "virtio-balloon-pci",
    .transitional_name = "virtio-balloon-pci-transitional",
    .non_transitional_name = "virtio-balloon-pci-non-transitional",
    .instance_size = sizeof(VirtIOBalloonPCI),
    .instance_init = virtio_balloon_pci_instance_init,
    .class_init = virtio_balloon_pci_class_init,
};

static void virtio_balloon_pci_register(void)
{
    virtio_pci_types_register(&virtio_balloon_pci_info);
}

type_init(virtio_balloon_pci_register)
