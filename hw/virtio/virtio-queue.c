/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of a virtio device: set up by the driver, requests taken and given
 * back, whatever the kind of ring.
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "virtio-internal.h"

#define LEGACY_ALIGN 4096u

/* ---- life ---- */

void virtio_queue_init_state(VirtQueue *vq)
{
    virtio_queue_drop_caches(vq);
    /* An interrupt that was to be sent is none of what comes. */
    event_notifier_test_and_clear(&vq->guest_notifier);
    vq->num = vq->num_max;
    vq->align = LEGACY_ALIGN;
    vq->desc = vq->avail = vq->used = 0;
    vq->vector = VIRTIO_NO_VECTOR;
    vq->enabled = false;
    vq->last_avail_idx = vq->shadow_avail_idx = vq->used_idx = 0;
    vq->unsignalled = VIRTQUEUE_UNSIGNALLED_MAX;
    vq->last_avail_wrap = vq->used_wrap = true; /* 2.8.1 */
    vq->notification = true;
    vq->inuse = 0;
    vq->order_next = vq->order_used = 0;
    memset(vq->used_elems, 0, vq->num_max * sizeof(vq->used_elems[0]));
}

VirtQueue *virtio_add_queue(VirtIODevice *vdev, unsigned queue_size,
                            VirtIOHandleOutput *handle_output)
{
    VirtQueue *vq = g_new0(VirtQueue, 1);

    /* Our devices' own choices. */
    g_assert(is_power_of_2(queue_size) && queue_size <= VIRTQUEUE_MAX_SIZE);
    g_assert(vdev->queues->len < VIRTIO_QUEUE_MAX);
    vq->vdev = vdev;
    vq->index = vdev->queues->len;
    vq->num_max = queue_size;
    vq->handle_output = handle_output;
    vq->used_elems = g_new0(VirtQueueUsed, queue_size);
    virtio_queue_init_state(vq);
    g_ptr_array_add(vdev->queues, vq);
    return vq;
}

void virtio_delete_queues(VirtIODevice *vdev)
{
    for (unsigned i = 0; i < vdev->queues->len; i++) {
        VirtQueue *vq = g_ptr_array_index(vdev->queues, i);

        virtio_queue_drop_caches(vq);
        virtio_queue_notify_cleanup(vq);
        virtqueue_drop_spares(vq);
        g_free(vq->used_elems);
        g_free(vq);
    }
    g_ptr_array_set_size(vdev->queues, 0);
}

unsigned virtio_num_queues(const VirtIODevice *vdev)
{
    return vdev->queues ? vdev->queues->len : 0;
}

VirtQueue *virtio_get_queue(VirtIODevice *vdev, unsigned n)
{
    return n < virtio_num_queues(vdev) ? g_ptr_array_index(vdev->queues, n) : NULL;
}

unsigned virtio_get_queue_index(const VirtQueue *vq)
{
    return vq->index;
}

/* ---- access to the rings ---- */

static void destroy_caches(VRingCaches *caches)
{
    address_space_cache_destroy(&caches->desc);
    address_space_cache_destroy(&caches->avail);
    address_space_cache_destroy(&caches->used);
    g_free(caches);
}

void virtio_queue_drop_caches(VirtQueue *vq)
{
    VRingCaches *old = vq->caches;

    qatomic_rcu_set(&vq->caches, NULL);
    if (old) {
        call_rcu(old, destroy_caches, rcu);
    }
}

static bool init_cache(VirtQueue *vq, MemoryRegionCache *cache, hwaddr addr, hwaddr len,
                       bool is_write)
{
    return address_space_cache_init(cache, vq->vdev->dma_as, addr, len, is_write) >= (int64_t)len;
}

/* Replaces the caches by ones for the present memory map. */
void virtio_queue_init_caches(VirtQueue *vq)
{
    bool packed = virtio_vdev_has_feature(vq->vdev, VIRTIO_F_RING_PACKED);
    hwaddr event = virtio_vdev_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX) ? 2 : 0;
    hwaddr desc_size = (hwaddr)vq->num * VRING_DESC_SIZE;
    hwaddr avail_size = packed ? 4 : 4 + 2 * vq->num + event;
    hwaddr used_size = packed ? 4 : 4 + 8 * vq->num + event;
    VRingCaches *caches, *old = vq->caches;

    if (!vq->desc || !vq->num) {
        virtio_queue_drop_caches(vq);
        return;
    }
    caches = g_new0(VRingCaches, 1);
    if (!init_cache(vq, &caches->desc, vq->desc, desc_size, packed) ||
        !init_cache(vq, &caches->avail, vq->avail, avail_size, false) ||
        !init_cache(vq, &caches->used, vq->used, used_size, true)) {
        destroy_caches(caches);
        virtio_queue_drop_caches(vq); /* an error once it is used: memory may come back */
        return;
    }
    qatomic_rcu_set(&vq->caches, caches);
    if (old) {
        call_rcu(old, destroy_caches, rcu);
    }
}

/* ---- what the driver sets up ---- */

unsigned virtio_queue_get_num(VirtIODevice *vdev, unsigned n)
{
    return virtio_get_queue(vdev, n)->num;
}

unsigned virtio_queue_get_max_num(VirtIODevice *vdev, unsigned n)
{
    return virtio_get_queue(vdev, n)->num_max;
}

void virtio_queue_set_num(VirtIODevice *vdev, unsigned n, uint32_t num)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);
    bool packed = virtio_vdev_has_feature(vdev, VIRTIO_F_RING_PACKED);

    if (vq->enabled || num == 0 || num > vq->num_max || (!packed && !is_power_of_2(num))) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: queue %u: size %u refused, %u at most%s\n", vdev->name,
                      n, num, vq->num_max, packed ? "" : " and a power of two");
        return;
    }
    vq->num = num;
}

void virtio_queue_set_align(VirtIODevice *vdev, unsigned n, uint32_t align)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (vq->enabled || !is_power_of_2(align) || align > 64 * KiB) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: queue %u: alignment %u refused\n", vdev->name, n,
                      align);
        return;
    }
    vq->align = align;
}

void virtio_queue_set_addr(VirtIODevice *vdev, unsigned n, hwaddr addr)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    vq->desc = addr;
    vq->avail = addr + (hwaddr)vq->num * VRING_DESC_SIZE;
    /* Flags, index, entries and used_event, then the used ring at the next boundary (2.7.2). */
    vq->used = ROUND_UP(vq->avail + 6 + 2 * (hwaddr)vq->num, (hwaddr)vq->align);
    vq->enabled = addr != 0;
    virtio_queue_init_caches(vq);
}

hwaddr virtio_queue_get_addr(VirtIODevice *vdev, unsigned n)
{
    return virtio_get_queue(vdev, n)->desc;
}

void virtio_queue_set_rings(VirtIODevice *vdev, unsigned n, hwaddr desc, hwaddr avail, hwaddr used)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    vq->desc = desc;
    vq->avail = avail;
    vq->used = used;
}

void virtio_queue_enable(VirtIODevice *vdev, unsigned n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (vq->enabled) {
        return;
    }
    vq->enabled = true;
    virtio_queue_init_caches(vq);
    if (VIRTIO_DEVICE_GET_CLASS(vdev)->queue_enable) {
        VIRTIO_DEVICE_GET_CLASS(vdev)->queue_enable(vdev, n);
    }
}

bool virtio_queue_enabled(VirtIODevice *vdev, unsigned n)
{
    return virtio_get_queue(vdev, n)->enabled;
}

void virtio_queue_reset(VirtIODevice *vdev, unsigned n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);
    uint16_t vector = vq->vector;

    if (VIRTIO_DEVICE_GET_CLASS(vdev)->queue_reset) {
        VIRTIO_DEVICE_GET_CLASS(vdev)->queue_reset(vdev, n);
    }
    virtio_queue_init_state(vq);
    vq->vector = vector; /* the transport, which counts its users, keeps it */
}

uint16_t virtio_queue_vector(VirtIODevice *vdev, unsigned n)
{
    return virtio_get_queue(vdev, n)->vector;
}

void virtio_queue_set_vector(VirtIODevice *vdev, unsigned n, uint16_t vector)
{
    virtio_get_queue(vdev, n)->vector = vector;
}

/* ---- requests ---- */

bool virtio_queue_ready(const VirtQueue *vq)
{
    return qatomic_read(&vq->caches) != NULL;
}

bool virtio_queue_empty(VirtQueue *vq)
{
    VRingCaches *caches;

    if (virtio_device_broken(vq->vdev)) {
        return true;
    }
    RCU_READ_LOCK_GUARD();
    caches = virtqueue_caches(vq);
    return !caches || virtqueue_ops(vq)->empty(vq, caches);
}

void *virtqueue_pop(VirtQueue *vq, size_t size)
{
    VirtQueueChain chain;
    VirtQueueElement *elem;
    VRingCaches *caches;

    if (virtio_device_broken(vq->vdev)) {
        return NULL;
    }
    RCU_READ_LOCK_GUARD();
    caches = virtqueue_caches(vq);
    if (!caches) {
        if (vq->enabled) {
            virtio_error(vq->vdev, "queue %u: its rings are not in memory", vq->index);
        }
        return NULL;
    }
    virtqueue_chain_init(&chain, vq);
    if (!virtqueue_ops(vq)->pop(vq, caches, &chain)) {
        virtqueue_chain_drop(&chain);
        return NULL;
    }
    elem = virtqueue_chain_element(&chain, size);
    elem->order = vq->order_next;
    vq->order_next = (vq->order_next + 1) % vq->num;
    return elem;
}

void virtqueue_fill(VirtQueue *vq, VirtQueueElement *elem, unsigned len, unsigned idx)
{
    bool in_order = virtio_vdev_has_feature(vq->vdev, VIRTIO_F_IN_ORDER);
    unsigned slot = in_order ? elem->order : (vq->order_used + idx) % vq->num;

    virtqueue_unmap(vq, elem, len);
    elem->len = len;
    vq->used_elems[slot] = (VirtQueueUsed){
        .index = elem->index,
        .ndescs = elem->ndescs,
        .len = len,
        .filled = true,
    };
}

void virtqueue_flush(VirtQueue *vq, unsigned count)
{
    VRingCaches *caches;

    if (virtio_vdev_has_feature(vq->vdev, VIRTIO_F_IN_ORDER)) {
        /* Only what has nothing unfinished before it (2.7.9, 2.8.9). */
        for (count = 0; count < vq->num; count++) {
            VirtQueueUsed *e = &vq->used_elems[(vq->order_used + count) % vq->num];

            if (!e->filled) {
                break;
            }
            e->filled = false;
        }
    }
    if (!count || virtio_device_broken(vq->vdev)) {
        return;
    }
    RCU_READ_LOCK_GUARD();
    caches = virtqueue_caches(vq);
    if (!caches) {
        return;
    }
    virtqueue_ops(vq)->publish(vq, caches, vq->used_elems, vq->order_used, count);
    vq->order_used = (vq->order_used + count) % vq->num;
}

void virtqueue_push(VirtQueue *vq, VirtQueueElement *elem, unsigned len)
{
    virtqueue_fill(vq, elem, len, 0);
    virtqueue_flush(vq, 1);
}

void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *elem, unsigned len)
{
    vq->inuse -= elem->ndescs;
    virtqueue_unmap(vq, elem, len);
}

void virtqueue_unpop(VirtQueue *vq, const VirtQueueElement *elem, unsigned len)
{
    virtqueue_ops(vq)->rewind(vq, elem->ndescs);
    vq->order_next = (vq->order_next + vq->num - 1) % vq->num;
    virtqueue_unmap(vq, elem, len);
}

void virtio_queue_set_notification(VirtQueue *vq, bool enable)
{
    VRingCaches *caches;

    vq->notification = enable;
    RCU_READ_LOCK_GUARD();
    caches = virtqueue_caches(vq);
    if (!caches) {
        return;
    }
    virtqueue_ops(vq)->set_notification(vq, caches, enable);
    if (enable) {
        /* Our wish before the caller's next look at the ring (2.7.7.2). */
        smp_mb();
    }
}

bool virtio_queue_get_notification(const VirtQueue *vq)
{
    return vq->notification;
}

unsigned virtio_queue_inuse(const VirtQueue *vq)
{
    return vq->inuse;
}
