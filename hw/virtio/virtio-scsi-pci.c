/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-scsi as a PCI function. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio-scsi.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_SCSI_PCI "virtio-scsi-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOSCSIPCI, VIRTIO_SCSI_PCI)

struct VirtIOSCSIPCI {
    VirtIOPCIProxy parent_obj;

    VirtIOSCSI vdev;
};

static const Property virtio_scsi_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(DEV_NVECTORS_UNSPECIFIED),
};

static void virtio_scsi_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOSCSI *vdev = &VIRTIO_SCSI_PCI(proxy)->vdev;
    VirtIOSCSIConf *conf = &vdev->conf;
    DeviceState *dev = DEVICE(proxy);

    if (conf->num_queues == VIRTIO_SCSI_AUTO_NUM_QUEUES) {
        conf->num_queues = virtio_pci_optimal_num_queues(VIRTIO_SCSI_FIXED_QUEUES);
    }
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = conf->num_queues + VIRTIO_SCSI_FIXED_QUEUES + 1;
    }
    /* Its bus has the name that users give the function: "ID.0". */
    if (dev->id) {
        g_free(vdev->bus_name);
        vdev->bus_name = g_strdup_printf("%s.0", dev->id);
    }
    qdev_realize(DEVICE(vdev), BUS(&proxy->bus), errp);
}

static void virtio_scsi_pci_instance_init(Object *obj)
{
    VirtIOSCSIPCI *dev = VIRTIO_SCSI_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_SCSI);
}

static void virtio_scsi_pci_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_PCI_CLASS(klass)->realize = virtio_scsi_pci_realize;
    PCI_DEVICE_CLASS(klass)->device_id = 0x1004;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_STORAGE_SCSI;
    DEVICE_CLASS(klass)->fw_name = "scsi";
    device_class_set_props(DEVICE_CLASS(klass), virtio_scsi_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_STORAGE);
}

static const VirtioPCIDeviceTypeInfo virtio_scsi_pci_info = {
    .base_name = TYPE_VIRTIO_SCSI_PCI,
    .generic_name = "virtio-scsi-pci",
    .transitional_name = "virtio-scsi-pci-transitional",
    .non_transitional_name = "virtio-scsi-pci-non-transitional",
    .instance_size = sizeof(VirtIOSCSIPCI),
    .instance_init = virtio_scsi_pci_instance_init,
    .class_init = virtio_scsi_pci_class_init,
};

static void virtio_scsi_pci_register(void)
{
    virtio_pci_types_register(&virtio_scsi_pci_info);
}

type_init(virtio_scsi_pci_register)
