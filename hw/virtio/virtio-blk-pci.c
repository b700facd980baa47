/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virtio-blk as a PCI function. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-blk.h"
#include "hw/virtio/virtio-pci.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_BLK_PCI "virtio-blk-pci-base"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOBlkPCI, VIRTIO_BLK_PCI)

struct VirtIOBlkPCI {
    VirtIOPCIProxy parent_obj;

    VirtIOBlock vdev;
};

static const Property virtio_blk_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(DEV_NVECTORS_UNSPECIFIED),
    DEFINE_PROP_UINT32("class", VirtIOPCIProxy, class_code, 0),
};

static void virtio_blk_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    VirtIOBlock *vdev = &VIRTIO_BLK_PCI(proxy)->vdev;
    VirtIOBlkConf *conf = &vdev->conf;

    if (proxy->class_code && proxy->class_code != PCI_CLASS_STORAGE_SCSI &&
        proxy->class_code != PCI_CLASS_STORAGE_OTHER) {
        error_setg(errp, "class=0x%x: expected 0x%x (SCSI) or 0x%x (other storage)",
                   proxy->class_code, PCI_CLASS_STORAGE_SCSI, PCI_CLASS_STORAGE_OTHER);
        return;
    }
    if (proxy->class_code) {
        pci_set_word(proxy->pci_dev.config + PCI_CLASS_DEVICE, proxy->class_code);
    }
    if (conf->num_queues == VIRTIO_BLK_AUTO_NUM_QUEUES) {
        conf->num_queues = virtio_pci_optimal_num_queues(0);
    }
    if (proxy->nvectors == DEV_NVECTORS_UNSPECIFIED) {
        proxy->nvectors = conf->num_queues + 1;
    }
    qdev_realize(DEVICE(vdev), BUS(&proxy->bus), errp);
}

static void virtio_blk_pci_instance_init(Object *obj)
{
    VirtIOBlkPCI *dev = VIRTIO_BLK_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), TYPE_VIRTIO_BLK);
    object_property_add_alias(obj, "bootindex", OBJECT(&dev->vdev), "bootindex");
}

static void virtio_blk_pci_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_PCI_CLASS(klass)->realize = virtio_blk_pci_realize;
    PCI_DEVICE_CLASS(klass)->device_id = 0x1001;
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_STORAGE_SCSI;
    DEVICE_CLASS(klass)->fw_name = "scsi";
    device_class_set_props(DEVICE_CLASS(klass), virtio_blk_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_STORAGE);
}

static const VirtioPCIDeviceTypeInfo virtio_blk_pci_info = {
    .base_name = TYPE_VIRTIO_BLK_PCI,
    .generic_name = "virtio-blk-pci",
    .transitional_name = "virtio-blk-pci-transitional",
    .non_transitional_name = "virtio-blk-pci-non-transitional",
    .instance_size = sizeof(VirtIOBlkPCI),
    .instance_init = virtio_blk_pci_instance_init,
    .class_init = virtio_blk_pci_class_init,
};

static void virtio_blk_pci_register(void)
{
    virtio_pci_types_register(&virtio_blk_pci_info);
}

type_init(virtio_blk_pci_register)
