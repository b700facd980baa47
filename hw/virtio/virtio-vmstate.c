/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved state that all virtio devices have. */
#include "qemu/osdep.h"
#include "migration/qemu-file.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "virtio-internal.h"

/* ---- one queue ---- */

static bool position_ok(const VirtQueue *vq, unsigned idx)
{
    return !virtio_vdev_has_feature(vq->vdev, VIRTIO_F_RING_PACKED) || idx < vq->num;
}

static int virtqueue_post_load(void *opaque, int version_id)
{
    VirtQueue *vq = opaque;
    bool packed = virtio_vdev_has_feature(vq->vdev, VIRTIO_F_RING_PACKED);

    if (vq->num == 0 || vq->num > vq->num_max || (!packed && !is_power_of_2(vq->num)) ||
        !is_power_of_2(vq->align) || vq->inuse > vq->num || !position_ok(vq, vq->last_avail_idx) ||
        !position_ok(vq, vq->used_idx) || vq->order_next >= vq->num || vq->order_used >= vq->num) {
        return -EINVAL;
    }
    if (!packed && (uint16_t)(vq->last_avail_idx - vq->used_idx) != vq->inuse) {
        return -EINVAL;
    }
    vq->shadow_avail_idx = vq->last_avail_idx;
    vq->unsignalled = VIRTQUEUE_UNSIGNALLED_MAX;
    vq->notification = true;
    return 0;
}

static const VMStateDescription vmstate_virtqueue_used = {
    .name = "virtqueue used",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16(index, VirtQueueUsed),
            VMSTATE_UINT16(ndescs, VirtQueueUsed),
            VMSTATE_UINT32(len, VirtQueueUsed),
            VMSTATE_BOOL(filled, VirtQueueUsed),
            VMSTATE_END_OF_LIST(),
        },
};

/* Only with VIRTIO_F_IN_ORDER do finished requests wait for others. */
static bool used_needed(void *opaque)
{
    VirtQueue *vq = opaque;

    return virtio_vdev_has_feature(vq->vdev, VIRTIO_F_IN_ORDER);
}

static const VMStateDescription vmstate_virtqueue_order = {
    .name = "virtqueue/order",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = used_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT_VARRAY_POINTER_UINT32(used_elems, VirtQueue, num, vmstate_virtqueue_used,
                                                 VirtQueueUsed),
            VMSTATE_END_OF_LIST(),
        },
};

static bool num_ok(void *opaque, int version_id)
{
    VirtQueue *vq = opaque;

    return vq->num > 0 && vq->num <= vq->num_max;
}

static const VMStateDescription vmstate_virtqueue = {
    .name = "virtqueue",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = virtqueue_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(num, VirtQueue),
            VMSTATE_VALIDATE("the size of a queue is possible", num_ok),
            VMSTATE_UINT32(align, VirtQueue),
            VMSTATE_UINT64(desc, VirtQueue),
            VMSTATE_UINT64(avail, VirtQueue),
            VMSTATE_UINT64(used, VirtQueue),
            VMSTATE_UINT16(vector, VirtQueue),
            VMSTATE_BOOL(enabled, VirtQueue),
            VMSTATE_UINT16(last_avail_idx, VirtQueue),
            VMSTATE_UINT16(used_idx, VirtQueue),
            VMSTATE_BOOL(last_avail_wrap, VirtQueue),
            VMSTATE_BOOL(used_wrap, VirtQueue),
            VMSTATE_UINT32(inuse, VirtQueue),
            VMSTATE_UINT16(order_next, VirtQueue),
            VMSTATE_UINT16(order_used, VirtQueue),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_virtqueue_order,
            NULL,
        },
};

/* ---- all queues: as many as the configuration made ---- */

static int put_queues(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    VirtIODevice *vdev = pv;

    qemu_put_be32(f, virtio_num_queues(vdev));
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        Error *err = NULL;
        int ret = vmstate_save_state(f, &vmstate_virtqueue, virtio_get_queue(vdev, i), &err);

        if (ret) {
            error_report_err(err);
            return ret;
        }
    }
    return 0;
}

static int get_queues(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    VirtIODevice *vdev = pv;

    if (qemu_get_be32(f) != virtio_num_queues(vdev)) {
        return -EINVAL;
    }
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        Error *err = NULL;
        int ret = vmstate_load_state(f, &vmstate_virtqueue, virtio_get_queue(vdev, i), 1, &err);

        if (ret) {
            error_report_err(err);
            return ret;
        }
    }
    return 0;
}

static const VMStateInfo vmstate_info_virtqueues = {
    .name = "virtqueues",
    .get = get_queues,
    .put = put_queues,
};

/* ---- configuration space: its size follows from the device ---- */

static int put_config(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    VirtIODevice *vdev = pv;

    qemu_put_be32(f, vdev->config_len);
    qemu_put_buffer(f, vdev->config, vdev->config_len);
    return 0;
}

static int get_config(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    VirtIODevice *vdev = pv;

    if (qemu_get_be32(f) != vdev->config_len) {
        return -EINVAL;
    }
    qemu_get_buffer(f, vdev->config, vdev->config_len);
    return 0;
}

static const VMStateInfo vmstate_info_virtio_config = {
    .name = "virtio config",
    .get = get_config,
    .put = put_config,
};

/* ---- the device ---- */

/* Before the queues, whose layout the features decide. */
static bool features_ok(void *opaque, int version_id)
{
    VirtIODevice *vdev = opaque;

    return !(vdev->guest_features & ~vdev->host_features);
}

static int virtio_pre_load(void *opaque)
{
    virtio_bus_stop_ioeventfd(virtio_device_bus(opaque));
    return 0;
}

static int virtio_post_load(void *opaque, int version_id)
{
    VirtIODevice *vdev = opaque;
    VirtioDeviceClass *k = VIRTIO_DEVICE_GET_CLASS(vdev);
    VirtioBusState *bus = virtio_device_bus(vdev);

    if (VIRTIO_BUS_GET_CLASS(bus)->device_loaded) {
        VIRTIO_BUS_GET_CLASS(bus)->device_loaded(BUS(bus)->parent);
    }
    if (k->set_features) {
        k->set_features(vdev, vdev->guest_features);
    }
    vdev->started = vdev->status & VIRTIO_CONFIG_S_DRIVER_OK;
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        VirtQueue *vq = virtio_get_queue(vdev, i);

        if (vq->enabled) {
            virtio_queue_init_caches(vq);
        }
    }
    return 0;
}

const VMStateDescription vmstate_virtio_device = {
    .name = "virtio device",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_load = virtio_pre_load,
    .post_load = virtio_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(status, VirtIODevice),
            VMSTATE_UINT8(isr, VirtIODevice),
            VMSTATE_UINT16(queue_sel, VirtIODevice),
            VMSTATE_UINT16(config_vector, VirtIODevice),
            VMSTATE_UINT64(guest_features, VirtIODevice),
            VMSTATE_VALIDATE("the features chosen are offered", features_ok),
            VMSTATE_UINT32(generation, VirtIODevice),
            VMSTATE_BOOL(broken, VirtIODevice),
            {.name = "config",
             .size = sizeof(VirtIODevice),
             .info = &vmstate_info_virtio_config,
             .flags = VMS_SINGLE},
            {.name = "queues",
             .size = sizeof(VirtIODevice),
             .info = &vmstate_info_virtqueues,
             .flags = VMS_SINGLE},
            VMSTATE_END_OF_LIST(),
        },
};
