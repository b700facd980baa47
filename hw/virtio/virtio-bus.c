/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bus with one place between a virtio transport and a virtio device. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "qemu/error-report.h"
#include "virtio-internal.h"

VirtIODevice *virtio_bus_get_device(VirtioBusState *bus)
{
    BusChild *kid = QTAILQ_FIRST(&BUS(bus)->children);

    /* From virtio_init() to virtio_cleanup(). */
    return kid && VIRTIO_DEVICE(kid->child)->queues ? VIRTIO_DEVICE(kid->child) : NULL;
}

uint16_t virtio_bus_get_vdev_id(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);

    return vdev ? vdev->device_id : 0;
}

/* ---- plugging ---- */

/* Properties, transport and device, in this order, decide what is offered. */
static bool negotiate_offer(VirtIODevice *vdev, DeviceState *proxy, VirtioBusClass *bk,
                            Error **errp)
{
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
    uint64_t asked = vdev->host_features;
    Error *err = NULL;

    vdev->host_features = bk->get_features(proxy, vdev->host_features, &err);
    if (!err && k->get_features) {
        vdev->host_features = k->get_features(vdev, vdev->host_features, &err);
    }
    if (err) {
        error_propagate(errp, err);
        return false;
    }
    /* Said by the user; the others are left out where they cannot be. */
    if (!virtio_host_has_feature(vdev, VIRTIO_F_VERSION_1) &&
        (virtio_has_feature(asked, VIRTIO_F_ACCESS_PLATFORM) ||
         virtio_has_feature(asked, VIRTIO_F_RING_PACKED))) {
        error_setg(errp, "%s=on needs the modern interface, which %s does not have here",
                   virtio_has_feature(asked, VIRTIO_F_RING_PACKED) ? "packed" : "iommu_platform",
                   object_get_typename(OBJECT(proxy)));
        return false;
    }
    return true;
}

void virtio_bus_device_plugged(VirtIODevice *vdev, Error **errp)
{
    VirtioBusState *bus = virtio_device_bus(vdev);
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    DeviceState *proxy = BUS(bus)->parent;

    vdev->dma_as = k->get_dma_as(proxy);
    if (negotiate_offer(vdev, proxy, k, errp) && k->device_plugged) {
        k->device_plugged(proxy, errp);
    }
}

void virtio_bus_device_unplugged(VirtIODevice *vdev)
{
    VirtioBusState *bus = virtio_device_bus(vdev);
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    if (k->device_unplugged) {
        k->device_unplugged(BUS(bus)->parent);
    }
}

/* ---- notifications as eventfds ---- */

bool virtio_bus_ioeventfd_enabled(VirtioBusState *bus)
{
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    return k->ioeventfd_assign && k->ioeventfd_enabled(BUS(bus)->parent);
}

int virtio_bus_start_ioeventfd(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);
    int ret;

    if (bus->ioeventfd_started || !vdev || !virtio_bus_ioeventfd_enabled(bus)) {
        return bus->ioeventfd_started ? 0 : -ENOSYS;
    }
    if (!bus->ioeventfd_grabbed) {
        ret = VIRTIO_DEVICE_GET_CLASS(vdev)->start_ioeventfd(vdev);
        if (ret < 0) {
            warn_report("%s: no eventfds for its notifications: %s; going on without", vdev->name,
                        strerror(-ret));
            return ret;
        }
    }
    bus->ioeventfd_started = true;
    return 0;
}

void virtio_bus_stop_ioeventfd(VirtioBusState *bus)
{
    VirtIODevice *vdev = virtio_bus_get_device(bus);

    if (!bus->ioeventfd_started) {
        return;
    }
    bus->ioeventfd_started = false;
    if (!bus->ioeventfd_grabbed) {
        VIRTIO_DEVICE_GET_CLASS(vdev)->stop_ioeventfd(vdev);
    }
}

int virtio_bus_grab_ioeventfd(VirtioBusState *bus)
{
    bool was_started = bus->ioeventfd_started;

    if (!virtio_bus_ioeventfd_enabled(bus)) {
        return -ENOSYS;
    }
    if (bus->ioeventfd_grabbed == 0 && was_started) {
        virtio_bus_stop_ioeventfd(bus);
        bus->ioeventfd_started = true;
    }
    bus->ioeventfd_grabbed++;
    return 0;
}

void virtio_bus_release_ioeventfd(VirtioBusState *bus)
{
    if (--bus->ioeventfd_grabbed == 0 && bus->ioeventfd_started) {
        bus->ioeventfd_started = false;
        virtio_bus_start_ioeventfd(bus);
    }
}

int virtio_bus_set_host_notifier(VirtioBusState *bus, unsigned n, bool assign)
{
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);
    VirtQueue *vq = virtio_get_queue(virtio_bus_get_device(bus), n);
    int ret;

    if (assign) {
        ret = event_notifier_init(&vq->host_notifier, 0);
        if (ret < 0) {
            return ret;
        }
    }
    k->ioeventfd_assign(BUS(bus)->parent, &vq->host_notifier, n, assign);
    return 0;
}

void virtio_bus_cleanup_host_notifier(VirtioBusState *bus, unsigned n)
{
    VirtQueue *vq = virtio_get_queue(virtio_bus_get_device(bus), n);

    /* A notification that came before it was withdrawn is not lost. */
    if (event_notifier_test_and_clear(&vq->host_notifier)) {
        virtio_queue_notify(vq->vdev, n);
    }
    event_notifier_cleanup(&vq->host_notifier);
}

/* ---- type ---- */

static char *virtio_bus_get_dev_path(DeviceState *dev)
{
    return qdev_get_dev_path(qdev_get_parent_bus(dev)->parent);
}

/* The transport stands for the device in firmware paths. */
static char *virtio_bus_get_fw_dev_path(DeviceState *dev)
{
    return NULL;
}

static void virtio_bus_class_init(ObjectClass *klass, const void *data)
{
    BusClass *bus_class = BUS_CLASS(klass);

    bus_class->get_dev_path = virtio_bus_get_dev_path;
    bus_class->get_fw_dev_path = virtio_bus_get_fw_dev_path;
    bus_class->max_dev = 1;
}

static const TypeInfo virtio_bus_types[] = {
    {
        .name = TYPE_VIRTIO_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(VirtioBusState),
        .abstract = true,
        .class_size = sizeof(VirtioBusClass),
        .class_init = virtio_bus_class_init,
    },
};

DEFINE_TYPES(virtio_bus_types)
