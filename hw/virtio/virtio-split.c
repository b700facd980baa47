/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Split virtqueues (virtio 1.3, 2.7). */
#include "qemu/osdep.h"
#include "virtio-internal.h"

/* Offsets in the available and in the used ring (2.7.6, 2.7.8). */
#define RING_FLAGS 0
#define RING_IDX   2
#define RING_AVAIL 4 /* of 16 bits each, then used_event */
#define RING_USED  4 /* of 8 bytes each, then avail_event */
#define USED_SIZE  8

/* Answers that are written to the ring together. */
#define PUBLISH_BATCH 32

static uint16_t read_avail_idx(VirtQueue *vq, VRingCaches *caches)
{
    vq->shadow_avail_idx = lduw_le_phys_cached(&caches->avail, RING_IDX);
    return vq->shadow_avail_idx;
}

static bool event_idx(const VirtQueue *vq)
{
    return virtio_vdev_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX);
}

static void set_avail_event(VirtQueue *vq, VRingCaches *caches, uint16_t value)
{
    /* Not wanted: the last value stays, which the driver reaches only once. */
    if (vq->notification) {
        stw_le_phys_cached(&caches->used, RING_USED + USED_SIZE * vq->num, value);
    }
}

static bool split_empty(VirtQueue *vq, VRingCaches *caches)
{
    if (vq->shadow_avail_idx != vq->last_avail_idx) {
        return false;
    }
    return read_avail_idx(vq, caches) == vq->last_avail_idx;
}

/* The head of the next chain; false when there is none or it cannot be. */
static bool next_head(VirtQueue *vq, VRingCaches *caches, unsigned *head)
{
    uint16_t ready;

    if (split_empty(vq, caches)) {
        return false;
    }
    ready = vq->shadow_avail_idx - vq->last_avail_idx;
    if (ready > vq->num) {
        virtio_error(vq->vdev, "queue %u: the available index went from %u to %u in a ring of %u",
                     vq->index, vq->last_avail_idx, vq->shadow_avail_idx, vq->num);
        return false;
    }
    /* What the index covers is read after the index (2.7.13.1). */
    smp_rmb();
    *head =
        lduw_le_phys_cached(&caches->avail, RING_AVAIL + 2 * (vq->last_avail_idx & (vq->num - 1)));
    if (*head >= vq->num) {
        virtio_error(vq->vdev, "queue %u: available descriptor %u in a ring of %u", vq->index,
                     *head, vq->num);
        return false;
    }
    return true;
}

static bool collect(VirtQueue *vq, VRingCaches *caches, VirtQueueChain *chain, unsigned i)
{
    for (unsigned seen = 0;; seen++) {
        VRingDesc desc;

        if (seen == vq->num) {
            virtio_error(vq->vdev, "queue %u: the chain of descriptor %u is a loop", vq->index,
                         chain->index);
            return false;
        }
        if (!virtqueue_read_desc(vq, &caches->desc, vq->num, i, &desc)) {
            return false;
        }
        if (desc.flags & VRING_DESC_F_INDIRECT) {
            /* It ends the chain, if there was one before it (2.7.5.3.1). */
            if (desc.flags & VRING_DESC_F_NEXT) {
                virtio_error(vq->vdev, "queue %u: descriptor %u is indirect and goes on", vq->index,
                             i);
                return false;
            }
            return virtqueue_chain_add_indirect(chain, &desc, false);
        }
        if (!virtqueue_chain_add(chain, &desc)) {
            return false;
        }
        if (!(desc.flags & VRING_DESC_F_NEXT)) {
            return true;
        }
        i = desc.next;
    }
}

static bool split_pop(VirtQueue *vq, VRingCaches *caches, VirtQueueChain *chain)
{
    unsigned head;

    if (!next_head(vq, caches, &head)) {
        return false;
    }
    if (vq->inuse >= vq->num) {
        virtio_error(vq->vdev, "queue %u: more requests than a ring of %u holds", vq->index,
                     vq->num);
        return false;
    }
    chain->index = head;
    chain->ndescs = 1;
    if (!collect(vq, caches, chain, head)) {
        return false;
    }
    vq->last_avail_idx++;
    vq->inuse++;
    if (event_idx(vq)) {
        set_avail_event(vq, caches, vq->last_avail_idx);
    }
    return true;
}

static void split_publish(VirtQueue *vq, VRingCaches *caches, const VirtQueueUsed *elems,
                          unsigned first, unsigned count)
{
    unsigned done = 0;

    while (done < count) {
        unsigned slot = (uint16_t)(vq->used_idx + done) & (vq->num - 1);
        unsigned n = MIN(MIN(count - done, vq->num - slot), PUBLISH_BATCH);
        uint8_t raw[PUBLISH_BATCH * USED_SIZE];

        for (unsigned i = 0; i < n; i++) {
            const VirtQueueUsed *e = &elems[(first + done + i) % vq->num];

            stl_le_p(raw + i * USED_SIZE, e->index);
            stl_le_p(raw + i * USED_SIZE + 4, e->len);
        }
        address_space_write_cached(&caches->used, RING_USED + USED_SIZE * slot, raw, n * USED_SIZE);
        done += n;
    }
    /* The elements before the index (2.7.14). */
    smp_wmb();
    vq->used_idx += count;
    stw_le_phys_cached(&caches->used, RING_IDX, vq->used_idx);
    vq->inuse -= count;
    virtqueue_count_unsignalled(vq, count);
}

static bool split_should_notify(VirtQueue *vq, VRingCaches *caches)
{
    uint16_t event;
    unsigned unsignalled;

    if (virtio_vdev_has_feature(vq->vdev, VIRTIO_F_NOTIFY_ON_EMPTY) && !vq->inuse &&
        split_empty(vq, caches)) {
        return true;
    }
    if (!event_idx(vq)) {
        return !(lduw_le_phys_cached(&caches->avail, RING_FLAGS) & VRING_AVAIL_F_NO_INTERRUPT);
    }
    unsignalled = virtqueue_take_unsignalled(vq);
    event = lduw_le_phys_cached(&caches->avail, RING_AVAIL + 2 * vq->num);
    /* Was the index that the driver asked for passed (2.7.10)? */
    return (uint16_t)(vq->used_idx - event - 1) < unsignalled;
}

static void split_set_notification(VirtQueue *vq, VRingCaches *caches, bool enable)
{
    if (event_idx(vq)) {
        set_avail_event(vq, caches, enable ? read_avail_idx(vq, caches) : 0);
        return;
    }
    stw_le_phys_cached(&caches->used, RING_FLAGS, enable ? 0 : VRING_USED_F_NO_NOTIFY);
}

static void split_rewind(VirtQueue *vq, unsigned ndescs)
{
    vq->last_avail_idx--;
    vq->inuse--;
}

const VirtQueueOps virtio_split_ops = {
    .pop = split_pop,
    .empty = split_empty,
    .publish = split_publish,
    .should_notify = split_should_notify,
    .set_notification = split_set_notification,
    .rewind = split_rewind,
};
