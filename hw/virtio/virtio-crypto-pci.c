/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-crypto as a PCI function. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-crypto.h"
#include "hw/virtio/virtio-pci.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_CRYPTO_PCI "virtio-crypto-pci-base-type"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOCryptoPCI, VIRTIO_CRYPTO_PCI)

struct VirtIOCryptoPCI {
    VirtIOPCIProxy parent_obj;

    VirtIOCrypto vdev;
};

static const Property virtio_crypto_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(2),
};

static void virtio_crypto_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    qdev_realize(DEVICE(&VIRTIO_CRYPTO_PCI(proxy)->vdev), BUS(&proxy->bus), errp);
}

static void virtio_crypto_pci_instance_init(Object *obj)
{
    VirtIOCryptoPCI *dev = VIRTIO_CRYPTO_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_CRYPTO);
}

static void virtio_crypto_pci_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_PCI_CLASS(klass)->realize = virtio_crypto_pci_realize;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_OTHERS;
    device_class_set_props(DEVICE_CLASS(klass), virtio_crypto_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_MISC);
}

static const VirtioPCIDeviceTypeInfo virtio_crypto_pci_info = {
    .base_name = TYPE_VIRTIO_CRYPTO_PCI,
    .generic_name = "virtio-crypto-pci",
    .instance_size = sizeof(VirtIOCryptoPCI),
    .instance_init = virtio_crypto_pci_instance_init,
    .class_init = virtio_crypto_pci_class_init,
};

static void virtio_crypto_pci_register(void)
{
    virtio_pci_types_register(&virtio_crypto_pci_info);
}

type_init(virtio_crypto_pci_register)
