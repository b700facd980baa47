/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-serial as a PCI function. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio-serial.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_SERIAL_PCI "virtio-serial-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOSerialPCI, VIRTIO_SERIAL_PCI)

struct VirtIOSerialPCI {
    VirtIOPCIProxy parent_obj;

    VirtIOSerial vdev;
};

static const Property virtio_serial_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(2),
    DEFINE_PROP_UINT32("class", VirtIOPCIProxy, class_code, 0),
};

static void virtio_serial_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOSerial *vdev = &VIRTIO_SERIAL_PCI(proxy)->vdev;
    DeviceState *dev = DEVICE(proxy);

    if (proxy->class_code && proxy->class_code != PCI_CLASS_COMMUNICATION_OTHER &&
        proxy->class_code != PCI_CLASS_OTHERS) {
        error_setg(errp, "class=0x%x: expected 0x%x (communication) or 0x%x (others)",
                   proxy->class_code, PCI_CLASS_COMMUNICATION_OTHER, PCI_CLASS_OTHERS);
        return;
    }
    if (proxy->class_code) {
        pci_set_word(proxy->pci_dev.config + PCI_CLASS_DEVICE, proxy->class_code);
    }
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = vdev->max_ports + 1;
    }
    /* Its bus has the name that users give the function: "ID.0". */
    if (dev->id) {
        g_free(vdev->bus_name);
        vdev->bus_name = g_strdup_printf("%s.0", dev->id);
    }
    qdev_realize(DEVICE(vdev), BUS(&proxy->bus), errp);
}

static void virtio_serial_pci_instance_init(Object *obj)
{
    VirtIOSerialPCI *dev = VIRTIO_SERIAL_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_SERIAL);
}

static void virtio_serial_pci_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_PCI_CLASS(klass)->realize = virtio_serial_pci_realize;
    PCI_DEVICE_CLASS(klass)->device_id = 0x1003;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_COMMUNICATION_OTHER;
    device_class_set_props(DEVICE_CLASS(klass), virtio_serial_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_INPUT);
}

static const VirtioPCIDeviceTypeInfo virtio_serial_pci_info = {
    .base_name = TYPE_VIRTIO_SERIAL_PCI,
    .generic_name = "virtio-serial-pci",
    .transitional_name = "virtio-serial-pci-transitional",
    .non_transitional_name = "virtio-serial-pci-non-transitional",
    .instance_size = sizeof(VirtIOSerialPCI),
    .instance_init = virtio_serial_pci_instance_init,
    .class_init = virtio_serial_pci_class_init,
};

static void virtio_serial_pci_register(void)
{
    virtio_pci_types_register(&virtio_serial_pci_info);
}

type_init(virtio_serial_pci_register)
