/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio entropy device: fills the driver's buffers with random bytes from a
 * back end, no faster than max-bytes in a period (virtio 1.3, 5.4).
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-rng.h"
#include "migration/vmstate.h"
#include "qemu/iov.h"
#include "qemu/log.h"

#define QUEUE_SIZE  8
#define REQUEST_MAX 65536

static void process(VirtIORNG *vrng);

/* ---- requests ---- */

static void receive_entropy(void *opaque, const void *data, size_t size)
{
    VirtIORNG *vrng = opaque;
    VirtIODevice *vdev = VIRTIO_DEVICE(vrng);
    VirtQueueElement *elem = g_steal_pointer(&vrng->pending);
    size_t len = iov_from_buf(elem->in_sg, elem->in_num, 0, data, size);

    vrng->quota -= MIN(len, vrng->quota);
    virtqueue_push(vrng->vq, elem, len);
    virtio_notify(vdev, vrng->vq);
    g_free(elem);
    process(vrng);
}

static void arm_period(VirtIORNG *vrng)
{
    if (!timer_pending(vrng->period_timer)) {
        timer_mod(vrng->period_timer,
                  qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + (int64_t)vrng->period_ms);
    }
}

/* One request at a time: the next when this is answered. */
static void process(VirtIORNG *vrng)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(vrng);
    size_t size;

    if (vrng->pending || !vdev->vm_running || !vdev->started) {
        return;
    }
    if (vrng->quota == 0) {
        arm_period(vrng);
        return;
    }
    vrng->pending = virtqueue_pop(vrng->vq, sizeof(VirtQueueElement));
    if (!vrng->pending) {
        return;
    }
    size = MIN(iov_size(vrng->pending->in_sg, vrng->pending->in_num), REQUEST_MAX);
    size = MIN(size, vrng->quota);
    if (size == 0) {
        virtio_error(vdev, "a request without room for an answer");
        virtqueue_detach_element(vrng->vq, vrng->pending, 0);
        g_clear_pointer(&vrng->pending, g_free);
        return;
    }
    rng_backend_request_entropy(vrng->rng, size, receive_entropy, vrng);
}

static void handle_input(VirtIODevice *vdev, VirtQueue *vq)
{
    process(VIRTIO_RNG(vdev));
}

static void period_over(void *opaque)
{
    VirtIORNG *vrng = opaque;

    vrng->quota = vrng->max_bytes;
    process(vrng);
}

/* The request that waits goes back into the queue, from where it is taken again. */
static void put_back(VirtIORNG *vrng)
{
    if (vrng->pending) {
        rng_backend_cancel_requests(vrng->rng, vrng);
        virtqueue_unpop(vrng->vq, vrng->pending, 0);
        g_clear_pointer(&vrng->pending, g_free);
    }
}

/* ---- what the core calls ---- */

static void virtio_rng_reset(VirtIODevice *vdev)
{
    VirtIORNG *vrng = VIRTIO_RNG(vdev);

    put_back(vrng);
    timer_del(vrng->period_timer);
    vrng->quota = vrng->max_bytes;
}

static void virtio_rng_queue_reset(VirtIODevice *vdev, unsigned queue_index)
{
    put_back(VIRTIO_RNG(vdev));
}

static void virtio_rng_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIORNG *vrng = VIRTIO_RNG(vdev);

    if (vdev->vm_running) {
        process(vrng);
    } else {
        put_back(vrng);
    }
}

/* ---- saved state ---- */

static const VMStateDescription vmstate_virtio_rng = {
    .name = "virtio-rng",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIORNG),
            VMSTATE_UINT64(quota, VirtIORNG),
            VMSTATE_TIMER_PTR(period_timer, VirtIORNG),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property virtio_rng_properties[] = {
    DEFINE_PROP_UINT64("max-bytes", VirtIORNG, max_bytes, INT64_MAX),
    DEFINE_PROP_UINT32("period", VirtIORNG, period_ms, 1 << 16),
    DEFINE_PROP_LINK("rng", VirtIORNG, rng, TYPE_RNG_BACKEND, RngBackend *),
};

static bool check_config(VirtIORNG *vrng, Error **errp)
{
    if (vrng->period_ms == 0) {
        error_setg(errp, "period=0: expected milliseconds, from 1 on");
        return false;
    }
    if (vrng->max_bytes == 0 || vrng->max_bytes > INT64_MAX) {
        error_setg(errp, "max-bytes=%" PRIu64 ": expected 1 to %" PRId64, vrng->max_bytes,
                   INT64_MAX);
        return false;
    }
    return true;
}

/* Without rng= the device has a source of its own. */
static void use_default_backend(VirtIORNG *vrng)
{
    Object *backend = object_new(TYPE_RNG_BUILTIN);

    object_property_add_child(OBJECT(vrng), "default-backend", backend);
    object_property_set_link(OBJECT(vrng), "rng", backend, &error_abort);
    object_unref(backend);
}

static void virtio_rng_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIORNG *vrng = VIRTIO_RNG(dev);

    if (!check_config(vrng, errp)) {
        return;
    }
    if (!vrng->rng) {
        use_default_backend(vrng);
    }
    virtio_init(vdev, VIRTIO_ID_RNG, 0);
    vrng->vq = virtio_add_queue(vdev, QUEUE_SIZE, handle_input);
    vrng->quota = vrng->max_bytes;
    vrng->period_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, period_over, vrng);
}

static void virtio_rng_unrealize(DeviceState *dev)
{
    VirtIORNG *vrng = VIRTIO_RNG(dev);

    put_back(vrng);
    g_clear_pointer(&vrng->period_timer, timer_free);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void virtio_rng_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_rng;
    device_class_set_props(dc, virtio_rng_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
    vdc->realize = virtio_rng_realize;
    vdc->unrealize = virtio_rng_unrealize;
    vdc->reset = virtio_rng_reset;
    vdc->queue_reset = virtio_rng_queue_reset;
    vdc->set_status = virtio_rng_set_status;
}

static const TypeInfo virtio_rng_types[] = {
    {
        .name = TYPE_VIRTIO_RNG,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIORNG),
        .class_init = virtio_rng_class_init,
    },
};

DEFINE_TYPES(virtio_rng_types)
