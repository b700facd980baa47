/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices: status, features, configuration space, errors and reset
 * (virtio 1.3, chapter 2 and 3).
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/qdev-properties.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "virtio-internal.h"

/* ---- errors ---- */

void virtio_error(VirtIODevice *vdev, const char *fmt, ...)
{
    va_list ap;

    if (qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        g_autofree char *text = NULL;

        va_start(ap, fmt);
        text = g_strdup_vprintf(fmt, ap);
        va_end(ap);
        qemu_log("%s: %s\n", vdev->name, text);
    }
    if (qatomic_xchg(&vdev->broken, true)) {
        return;
    }
    if (virtio_vdev_has_feature(vdev, VIRTIO_F_VERSION_1)) {
        qatomic_or(&vdev->status, VIRTIO_CONFIG_S_NEEDS_RESET);
        virtio_notify_config(vdev);
    }
}

/* ---- status ---- */

static void device_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);

    qatomic_set(&vdev->status, status);
    if (k->set_status) {
        k->set_status(vdev, status);
    }
}

void virtio_reset(VirtIODevice *vdev)
{
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);

    vdev->started = false; /* first: what is still in the queues is not taken any more */
    virtio_bus_stop_ioeventfd(virtio_device_bus(vdev));
    device_set_status(vdev, 0);
    if (k->reset) {
        k->reset(vdev);
    }
    qatomic_set(&vdev->broken, false);
    vdev->guest_features = 0;
    vdev->queue_sel = 0;
    qatomic_set(&vdev->isr, 0);
    vdev->config_vector = VIRTIO_NO_VECTOR;
    event_notifier_test_and_clear(&vdev->config_notifier);
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        virtio_queue_init_state(virtio_get_queue(vdev, i));
    }
}

/* The choice of features becomes final (3.1.1, step 5 and 6); false refuses it. */
static bool accept_features(VirtIODevice *vdev)
{
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);

    if (virtio_host_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM) &&
        !virtio_vdev_has_feature(vdev, VIRTIO_F_ACCESS_PLATFORM)) {
        return false; /* addresses would mean two things */
    }
    return !k->validate_features || k->validate_features(vdev);
}

static void check_ioeventfd(VirtIODevice *vdev)
{
    VirtioBusState *bus = virtio_device_bus(vdev);

    if (vdev->started && vdev->vm_running) {
        virtio_bus_start_ioeventfd(bus);
    } else {
        virtio_bus_stop_ioeventfd(bus);
    }
}

void virtio_set_status(VirtIODevice *vdev, uint8_t status)
{
    uint8_t old = vdev->status;

    if (status == 0) {
        virtio_reset(vdev);
        return;
    }
    /* Only we set this one, and only a reset clears it. */
    status &= ~VIRTIO_CONFIG_S_NEEDS_RESET;
    status |= old & VIRTIO_CONFIG_S_NEEDS_RESET;
    if ((status & ~old & VIRTIO_CONFIG_S_FEATURES_OK) && !accept_features(vdev)) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: features 0x%" PRIx64 " refused\n", vdev->name,
                      vdev->guest_features);
        status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
    }
    vdev->started = status & VIRTIO_CONFIG_S_DRIVER_OK;
    device_set_status(vdev, status);
    check_ioeventfd(vdev);
}

bool virtio_set_features(VirtIODevice *vdev, uint64_t features)
{
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
    uint64_t unknown = features & ~vdev->host_features;

    if (vdev->status & VIRTIO_CONFIG_S_FEATURES_OK) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: features are chosen already\n", vdev->name);
        return false;
    }
    if (unknown) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: features 0x%" PRIx64 " were not offered\n", vdev->name,
                      unknown);
    }
    vdev->guest_features = features & vdev->host_features;
    if (k->set_features) {
        k->set_features(vdev, vdev->guest_features);
    }
    return !unknown;
}

/* ---- configuration space ---- */

static bool config_range_ok(VirtIODevice *vdev, hwaddr addr, unsigned size)
{
    return addr < vdev->config_len && size <= vdev->config_len - addr;
}

uint32_t virtio_config_read(VirtIODevice *vdev, hwaddr addr, unsigned size)
{
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);

    if (!config_range_ok(vdev, addr, size)) {
        return UINT32_MAX;
    }
    if (k->get_config) {
        k->get_config(vdev, vdev->config);
    }
    return ldn_le_p(vdev->config + addr, size);
}

void virtio_config_write(VirtIODevice *vdev, hwaddr addr, uint32_t val, unsigned size)
{
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);

    if (!config_range_ok(vdev, addr, size)) {
        return;
    }
    stn_le_p(vdev->config + addr, size, val);
    if (k->set_config) {
        k->set_config(vdev, vdev->config);
    }
}

/* ---- memory and run state ---- */

static void virtio_memory_commit(MemoryListener *listener)
{
    VirtIODevice *vdev = container_of(listener, VirtIODevice, listener);

    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        VirtQueue *vq = virtio_get_queue(vdev, i);

        if (vq->enabled) {
            virtio_queue_init_caches(vq);
        }
    }
}

static void virtio_vmstate_change(void *opaque, bool running, RunState state)
{
    VirtIODevice *vdev = opaque;
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);

    vdev->vm_running = running;
    if (!running) {
        check_ioeventfd(vdev);
        /* The state may be saved before the main loop comes to it. */
        virtio_send_interrupts(vdev);
    }
    if (k->set_status) {
        k->set_status(vdev, vdev->status);
    }
    if (running) {
        check_ioeventfd(vdev);
    }
}

/* ---- life ---- */

void virtio_init(VirtIODevice *vdev, uint16_t device_id, size_t config_size)
{
    vdev->name = object_get_typename(OBJECT(vdev));
    vdev->device_id = device_id;
    vdev->config_len = config_size;
    vdev->config = g_malloc0(config_size);
    vdev->queues = g_ptr_array_new();
    vdev->config_vector = VIRTIO_NO_VECTOR;
    vdev->vm_running = runstate_is_running();
    vdev->vmstate_change =
        qdev_add_vm_change_state_handler(DEVICE(vdev), virtio_vmstate_change, vdev);
}

void virtio_cleanup(VirtIODevice *vdev)
{
    g_clear_pointer(&vdev->vmstate_change, qemu_del_vm_change_state_handler);
    virtio_delete_queues(vdev);
    g_clear_pointer(&vdev->queues, g_ptr_array_unref);
    g_clear_pointer(&vdev->config, g_free);
    vdev->config_len = 0;
}

static bool make_notifiers(VirtIODevice *vdev, Error **errp)
{
    int ret = virtio_notify_init(vdev);

    for (unsigned i = 0; i < virtio_num_queues(vdev) && ret == 0; i++) {
        ret = virtio_queue_notify_init(virtio_get_queue(vdev, i));
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "no event notifiers for %s", vdev->name);
    }
    return ret == 0;
}

static void virtio_device_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(dev);
    Error *err = NULL;

    k->realize(dev, &err);
    if (err) {
        error_propagate(errp, err);
        return;
    }
    if (make_notifiers(vdev, &err)) {
        virtio_bus_device_plugged(vdev, &err);
    }
    if (err) {
        virtio_notify_cleanup(vdev);
        k->unrealize(dev);
        error_propagate(errp, err);
        return;
    }
    vdev->listener = (MemoryListener){
        .name = "virtio",
        .commit = virtio_memory_commit,
    };
    memory_listener_register(&vdev->listener, vdev->dma_as);
}

static void virtio_device_unrealize(DeviceState *dev)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);

    virtio_bus_stop_ioeventfd(virtio_device_bus(vdev));
    memory_listener_unregister(&vdev->listener);
    virtio_bus_device_unplugged(vdev);
    virtio_notify_cleanup(vdev);
    VIRTIO_DEVICE_GET_CLASS(dev)->unrealize(dev);
}

static void virtio_device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);
    static const Property props[] = {
        DEFINE_VIRTIO_COMMON_FEATURES(VirtIODevice, host_features),
    };

    dc->realize = virtio_device_realize;
    dc->unrealize = virtio_device_unrealize;
    dc->bus_type = TYPE_VIRTIO_BUS;
    device_class_set_props(dc, props);
    vdc->start_ioeventfd = virtio_default_start_ioeventfd;
    vdc->stop_ioeventfd = virtio_default_stop_ioeventfd;
    vdc->legacy_features = VIRTIO_LEGACY_FEATURES;
}

static const TypeInfo virtio_device_types[] = {
    {
        .name = TYPE_VIRTIO_DEVICE,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(VirtIODevice),
        .abstract = true,
        .class_size = sizeof(VirtioDeviceClass),
        .class_init = virtio_device_class_init,
    },
};

DEFINE_TYPES(virtio_device_types)
