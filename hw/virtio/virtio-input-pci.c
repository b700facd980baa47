/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyboard, mouse, tablet and touch screen by virtio as PCI functions. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-input.h"
#include "hw/virtio/virtio-pci.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_INPUT_PCI     "virtio-input-pci"
#define TYPE_VIRTIO_INPUT_HID_PCI "virtio-input-hid-pci"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOInputPCI, VIRTIO_INPUT_PCI)

#define PCI_CLASS_INPUT_KEYBOARD 0x0900
#define PCI_CLASS_INPUT_MOUSE    0x0902
#define PCI_CLASS_INPUT_OTHER    0x0980

struct VirtIOInputPCI {
    VirtIOPCIProxy parent_obj;

    VirtIOInput vdev;
};

static const Property virtio_input_pci_properties[] = {
    DEFINE_PROP_VIRTIO_PCI_VECTORS(2),
};

static void virtio_input_pci_realize(VirtIOPCIProxy *proxy, Error **errp)
{
    qdev_realize(DEVICE(&VIRTIO_INPUT_PCI(proxy)->vdev), BUS(&proxy->bus), errp);
}

static void virtio_input_pci_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_PCI_CLASS(klass)->realize = virtio_input_pci_realize;
    device_class_set_props(DEVICE_CLASS(klass), virtio_input_pci_properties);
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_INPUT);
}

static void init_kind(Object *obj, const char *type)
{
    VirtIOInputPCI *dev = VIRTIO_INPUT_PCI(obj);

    virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev), type);
}

static void keyboard_init(Object *obj)
{
    init_kind(obj, TYPE_VIRTIO_KEYBOARD);
}

static void mouse_init(Object *obj)
{
    init_kind(obj, TYPE_VIRTIO_MOUSE);
}

static void tablet_init(Object *obj)
{
    init_kind(obj, TYPE_VIRTIO_TABLET);
}

static void multitouch_init(Object *obj)
{
    init_kind(obj, TYPE_VIRTIO_MULTITOUCH);
}

static void keyboard_class_init(ObjectClass *klass, const void *data)
{
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_INPUT_KEYBOARD;
}

static void mouse_class_init(ObjectClass *klass, const void *data)
{
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_INPUT_MOUSE;
}

static void other_class_init(ObjectClass *klass, const void *data)
{
    PCI_DEVICE_CLASS(klass)->class_id = PCI_CLASS_INPUT_OTHER;
}

static const VirtioPCIDeviceTypeInfo kinds[] = {
    {
        .base_name = "virtio-keyboard-pci-base-type",
        .generic_name = "virtio-keyboard-pci",
        .parent = TYPE_VIRTIO_INPUT_HID_PCI,
        .instance_size = sizeof(VirtIOInputPCI),
        .instance_init = keyboard_init,
        .class_init = keyboard_class_init,
    },
    {
        .base_name = "virtio-mouse-pci-base-type",
        .generic_name = "virtio-mouse-pci",
        .parent = TYPE_VIRTIO_INPUT_HID_PCI,
        .instance_size = sizeof(VirtIOInputPCI),
        .instance_init = mouse_init,
        .class_init = mouse_class_init,
    },
    {
        .base_name = "virtio-tablet-pci-base-type",
        .generic_name = "virtio-tablet-pci",
        .parent = TYPE_VIRTIO_INPUT_HID_PCI,
        .instance_size = sizeof(VirtIOInputPCI),
        .instance_init = tablet_init,
        .class_init = other_class_init,
    },
    {
        .base_name = "virtio-multitouch-pci-base-type",
        .generic_name = "virtio-multitouch-pci",
        .parent = TYPE_VIRTIO_INPUT_HID_PCI,
        .instance_size = sizeof(VirtIOInputPCI),
        .instance_init = multitouch_init,
        .class_init = other_class_init,
    },
};

static const TypeInfo base_types[] = {
    {
        .name = TYPE_VIRTIO_INPUT_PCI,
        .parent = TYPE_VIRTIO_PCI,
        .instance_size = sizeof(VirtIOInputPCI),
        .class_init = virtio_input_pci_class_init,
        .abstract = true,
    },
    {
        .name = TYPE_VIRTIO_INPUT_HID_PCI,
        .parent = TYPE_VIRTIO_INPUT_PCI,
        .abstract = true,
    },
};

DEFINE_TYPES(base_types)

static void virtio_input_pci_register(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        virtio_pci_types_register(&kinds[i]);
    }
}

type_init(virtio_input_pci_register)
