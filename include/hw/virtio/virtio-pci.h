/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio transport over PCI: a function with a virtio device in it (virtio
 * 1.3, 4.1). A device type adds a thin subclass, registered in its up to three
 * forms by virtio_pci_types_register().
 */
#ifndef HW_VIRTIO_VIRTIO_PCI_H
#define HW_VIRTIO_VIRTIO_PCI_H

#include "hw/pci/pci.h"
#include "hw/virtio/virtio-bus.h"
#include "qapi/qapi-types-common.h"

#define TYPE_VIRTIO_PCI_BUS "virtio-pci-bus"
#define TYPE_VIRTIO_PCI     "virtio-pci"
OBJECT_DECLARE_TYPE(VirtIOPCIProxy, VirtioPCIClass, VIRTIO_PCI)

/* "vectors" not given: the device's own number. */
#define DEV_NVECTORS_UNSPECIFIED UINT32_MAX
/* Vectors of MSI-X; each type has the property, with a default of its own. */
#define DEFINE_PROP_VIRTIO_PCI_VECTORS(_default)                                                   \
    DEFINE_PROP_UINT32("vectors", VirtIOPCIProxy, nvectors, _default)

struct VirtioPCIClass {
    PCIDeviceClass parent_class;

    /* Realizes the device in it, on proxy->bus. */
    void (*realize)(VirtIOPCIProxy *proxy, Error **errp);
};

/* A part of the modern BAR, and the capability that tells of it (4.1.4). */
typedef struct VirtIOPCIRegion {
    MemoryRegion mr;
    uint32_t offset;
    uint32_t size;
    uint32_t type;
} VirtIOPCIRegion;

typedef struct VirtIOPCIQueue {
    uint32_t desc[2], avail[2], used[2]; /* low, high; as written, before it is enabled */
} VirtIOPCIQueue;

struct VirtIOPCIProxy {
    PCIDevice pci_dev;

    /* configuration */
    OnOffAuto disable_legacy;
    bool disable_modern;
    bool ioeventfd;
    bool page_per_vq;
    bool modern_pio_notify;
    bool flr;           /* function level reset */
    bool no_soft_reset; /* waking up from D3hot keeps the state */
    bool aer, ats;      /* extended capabilities, behind ports of PCI Express */
    uint32_t nvectors;
    uint32_t class_code; /* of types with a property "class"; 0: their usual one */

    /* wiring */
    VirtioBusState bus;
    MemoryRegion legacy_bar;
    MemoryRegion modern_bar;
    MemoryRegion modern_io_bar;
    VirtIOPCIRegion common, isr, device, notify, notify_pio;
    uint8_t cfg_cap; /* offset of the PCI configuration access capability */

    /* state */
    uint32_t dfselect, gfselect;
    uint32_t guest_features[2];
    uint32_t nqueues; /* of the device; configuration */
    VirtIOPCIQueue *queues;
};

static inline bool virtio_pci_modern(const VirtIOPCIProxy *proxy)
{
    return !proxy->disable_modern;
}

static inline bool virtio_pci_legacy(const VirtIOPCIProxy *proxy)
{
    return proxy->disable_legacy == ON_OFF_AUTO_OFF;
}

/* The forms of one device; all but @base_name may be NULL. */
typedef struct VirtioPCIDeviceTypeInfo {
    const char *base_name;             /* abstract */
    const char *generic_name;          /* legacy and modern by properties */
    const char *transitional_name;     /* both */
    const char *non_transitional_name; /* modern only */
    const char *parent;                /* of the base, and its class; NULL: TYPE_VIRTIO_PCI */
    size_t class_size;
    size_t instance_size;
    void (*instance_init)(Object *obj);
    void (*class_init)(ObjectClass *klass, const void *data);
} VirtioPCIDeviceTypeInfo;

void virtio_pci_types_register(const VirtioPCIDeviceTypeInfo *info);

/* For "num-queues" by itself: one for each processor, besides @fixed_queues others. */
unsigned virtio_pci_optimal_num_queues(unsigned fixed_queues);

/*
 * In instance_init: @vdev, of @size bytes in the proxy, becomes its child
 * "virtio-backend" of type @vdev_name, and its properties those of the proxy.
 */
void virtio_instance_init_common(Object *proxy, void *vdev, size_t size, const char *vdev_name);

#endif
