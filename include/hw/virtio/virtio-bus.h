/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The place for one virtio device that a transport provides, and what the
 * transport does for it.
 */
#ifndef HW_VIRTIO_VIRTIO_BUS_H
#define HW_VIRTIO_VIRTIO_BUS_H

#include "hw/qdev-core.h"
#include "hw/virtio/virtio.h"

#define TYPE_VIRTIO_BUS "virtio-bus"
OBJECT_DECLARE_TYPE(VirtioBusState, VirtioBusClass, VIRTIO_BUS)

/* @proxy is the transport's device. BQL held unless it says otherwise. */
struct VirtioBusClass {
    BusClass parent;

    /* Interrupt for @vector of MSI-X, or the line, by vdev->isr. */
    void (*notify)(DeviceState *proxy, uint16_t vector);
    /* The same from a thread without the BQL, if that is possible now: false when not. Optional. */
    bool (*notify_unlocked)(DeviceState *proxy, uint16_t vector);

    /* Features that the transport can do, of those the device's properties ask for. */
    uint64_t (*get_features)(DeviceState *proxy, uint64_t features, Error **errp);
    /* The device is there (features and configuration are known), resp. goes away. Optional. */
    void (*device_plugged)(DeviceState *proxy, Error **errp);
    void (*device_unplugged)(DeviceState *proxy);

    /* The device's state was loaded. Optional. */
    void (*device_loaded)(DeviceState *proxy);

    /* Through which the device reaches memory. */
    AddressSpace *(*get_dma_as)(DeviceState *proxy);

    /* Are notifications to be eventfds; signal @n when queue @n_vq is notified, or no more. */
    bool (*ioeventfd_enabled)(DeviceState *proxy);
    void (*ioeventfd_assign)(DeviceState *proxy, EventNotifier *n, unsigned n_vq, bool assign);

    /* Legacy: the driver may choose the alignment of rings. */
    bool has_variable_vring_alignment;
};

struct VirtioBusState {
    BusState parent_obj;

    bool ioeventfd_started;
    unsigned ioeventfd_grabbed; /* by whoever serves the eventfds itself (vhost) */
};

/* The device that is plugged in, or NULL. */
VirtIODevice *virtio_bus_get_device(VirtioBusState *bus);
/* For TYPE_VIRTIO_DEVICE: its realize and unrealize. */
void virtio_bus_device_plugged(VirtIODevice *vdev, Error **errp);
void virtio_bus_device_unplugged(VirtIODevice *vdev);
uint16_t virtio_bus_get_vdev_id(VirtioBusState *bus);

/* Notifications come as eventfds from here on, or through virtio_queue_notify() again. */
int virtio_bus_start_ioeventfd(VirtioBusState *bus);
void virtio_bus_stop_ioeventfd(VirtioBusState *bus);
/* Somebody else will serve the eventfds; the main loop's handlers go, resp. come back. */
int virtio_bus_grab_ioeventfd(VirtioBusState *bus);
void virtio_bus_release_ioeventfd(VirtioBusState *bus);
bool virtio_bus_ioeventfd_enabled(VirtioBusState *bus);
/* Create and announce the eventfd of queue @n, or withdraw it. Negative errno on failure. */
int virtio_bus_set_host_notifier(VirtioBusState *bus, unsigned n, bool assign);
/* After the assignment was withdrawn and memory changes took effect. */
void virtio_bus_cleanup_host_notifier(VirtioBusState *bus, unsigned n);

static inline VirtioBusState *virtio_device_bus(VirtIODevice *vdev)
{
    return VIRTIO_BUS(qdev_get_parent_bus(DEVICE(vdev)));
}

#endif
