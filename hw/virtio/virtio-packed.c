/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packed virtqueues (virtio 1.3, 2.8). */
#include "qemu/osdep.h"
#include "virtio-internal.h"

/* Offsets in a descriptor (2.8.13) and in an event suppression structure (2.8.14). */
#define DESC_ADDR   0
#define DESC_LEN    8
#define DESC_ID     12
#define DESC_FLAGS  14
#define EVENT_DESC  0
#define EVENT_FLAGS 2

static uint16_t read_flags(VRingCaches *caches, unsigned i)
{
    return lduw_le_phys_cached(&caches->desc, (hwaddr)i * VRING_DESC_SIZE + DESC_FLAGS);
}

/* Made available in this round of the driver's, and not used yet (2.8.1). */
static bool is_available(uint16_t flags, bool wrap)
{
    return !!(flags & VRING_PACKED_F_AVAIL) == wrap && !!(flags & VRING_PACKED_F_USED) != wrap;
}

static void read_packed_desc(VRingCaches *caches, unsigned i, VRingDesc *desc)
{
    hwaddr at = (hwaddr)i * VRING_DESC_SIZE;

    desc->addr = ldq_le_phys_cached(&caches->desc, at + DESC_ADDR);
    desc->len = ldl_le_phys_cached(&caches->desc, at + DESC_LEN);
    desc->id = lduw_le_phys_cached(&caches->desc, at + DESC_ID);
    desc->flags = lduw_le_phys_cached(&caches->desc, at + DESC_FLAGS);
}

static bool packed_empty(VirtQueue *vq, VRingCaches *caches)
{
    return !is_available(read_flags(caches, vq->last_avail_idx), vq->last_avail_wrap);
}

/* Steps a position by @n < 2 * num, and its wrap counter. */
static void advance(VirtQueue *vq, uint16_t *idx, bool *wrap, unsigned n)
{
    unsigned at = *idx + n;

    if (at >= vq->num) {
        at -= vq->num;
        *wrap = !*wrap;
    }
    *idx = at;
}

/* A driver makes the first descriptor available last: the others are there (2.8.6). */
static bool collect(VirtQueue *vq, VRingCaches *caches, VirtQueueChain *chain)
{
    unsigned i = vq->last_avail_idx;

    for (;;) {
        VRingDesc desc;

        if (vq->inuse + chain->ndescs >= vq->num) {
            virtio_error(vq->vdev, "queue %u: more descriptors than a ring of %u holds", vq->index,
                         vq->num);
            return false;
        }
        read_packed_desc(caches, i, &desc);
        chain->ndescs++;
        chain->index = desc.id; /* that of the last one counts (2.8.6) */
        if (desc.flags & VRING_DESC_F_INDIRECT) {
            if (chain->ndescs > 1 || (desc.flags & VRING_DESC_F_NEXT)) {
                virtio_error(vq->vdev, "queue %u: an indirect descriptor in a chain", vq->index);
                return false;
            }
            return virtqueue_chain_add_indirect(chain, &desc, true);
        }
        if (!virtqueue_chain_add(chain, &desc)) {
            return false;
        }
        if (!(desc.flags & VRING_DESC_F_NEXT)) {
            return true;
        }
        i = i + 1 == vq->num ? 0 : i + 1;
    }
}

static void ask_for_event(VirtQueue *vq, VRingCaches *caches)
{
    stw_le_phys_cached(&caches->used, EVENT_DESC,
                       vq->last_avail_idx | vq->last_avail_wrap << VRING_PACKED_EVENT_WRAP);
}

static bool packed_pop(VirtQueue *vq, VRingCaches *caches, VirtQueueChain *chain)
{
    if (packed_empty(vq, caches)) {
        return false;
    }
    /* The rest of a descriptor after its flags (2.8.21.1). */
    smp_rmb();
    if (!collect(vq, caches, chain)) {
        return false;
    }
    advance(vq, &vq->last_avail_idx, &vq->last_avail_wrap, chain->ndescs);
    vq->inuse += chain->ndescs;
    if (vq->notification && virtio_vdev_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX)) {
        ask_for_event(vq, caches);
    }
    return true;
}

/* The flags make it visible: they are written after the rest (2.8.21.2). */
static void write_used(VirtQueue *vq, VRingCaches *caches, const VirtQueueUsed *e, unsigned idx,
                       bool wrap)
{
    hwaddr at = (hwaddr)idx * VRING_DESC_SIZE;
    uint16_t flags = e->len ? VRING_DESC_F_WRITE : 0;

    if (wrap) {
        flags |= VRING_PACKED_F_AVAIL | VRING_PACKED_F_USED;
    }
    stl_le_phys_cached(&caches->desc, at + DESC_LEN, e->len);
    stw_le_phys_cached(&caches->desc, at + DESC_ID, e->index);
    smp_wmb();
    stw_le_phys_cached(&caches->desc, at + DESC_FLAGS, flags);
}

/* The first becomes visible last, so that a driver sees all of a batch or nothing. */
static void packed_publish(VirtQueue *vq, VRingCaches *caches, const VirtQueueUsed *elems,
                           unsigned first, unsigned count)
{
    uint16_t idx = vq->used_idx;
    bool wrap = vq->used_wrap;
    unsigned slots = 0;

    for (unsigned i = 0; i < count; i++) {
        const VirtQueueUsed *e = &elems[(first + i) % vq->num];

        if (i) {
            write_used(vq, caches, e, idx, wrap);
        }
        advance(vq, &idx, &wrap, e->ndescs);
        slots += e->ndescs;
    }
    smp_wmb();
    write_used(vq, caches, &elems[first], vq->used_idx, vq->used_wrap);
    vq->used_idx = idx;
    vq->used_wrap = wrap;
    vq->inuse -= slots;
    virtqueue_count_unsignalled(vq, slots);
}

static bool packed_should_notify(VirtQueue *vq, VRingCaches *caches)
{
    uint16_t flags = lduw_le_phys_cached(&caches->avail, EVENT_FLAGS);
    uint16_t off_wrap, event;

    if (flags != VRING_PACKED_EVENT_DESC ||
        !virtio_vdev_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX)) {
        virtqueue_take_unsignalled(vq);
        return flags != VRING_PACKED_EVENT_DISABLE;
    }
    /* The offset belongs to the flags that were read before it. */
    smp_rmb();
    off_wrap = lduw_le_phys_cached(&caches->avail, EVENT_DESC);
    event = off_wrap & ~(1u << VRING_PACKED_EVENT_WRAP);
    if (off_wrap >> VRING_PACKED_EVENT_WRAP != vq->used_wrap) {
        event -= vq->num; /* in the round before this one */
    }
    return (uint16_t)(vq->used_idx - event - 1) < virtqueue_take_unsignalled(vq);
}

static void packed_set_notification(VirtQueue *vq, VRingCaches *caches, bool enable)
{
    uint16_t flags = VRING_PACKED_EVENT_DISABLE;

    if (enable && virtio_vdev_has_feature(vq->vdev, VIRTIO_F_EVENT_IDX)) {
        ask_for_event(vq, caches);
        smp_wmb();
        flags = VRING_PACKED_EVENT_DESC;
    } else if (enable) {
        flags = VRING_PACKED_EVENT_ENABLE;
    }
    stw_le_phys_cached(&caches->used, EVENT_FLAGS, flags);
}

static void packed_rewind(VirtQueue *vq, unsigned ndescs)
{
    if (vq->last_avail_idx < ndescs) {
        vq->last_avail_idx += vq->num;
        vq->last_avail_wrap = !vq->last_avail_wrap;
    }
    vq->last_avail_idx -= ndescs;
    vq->inuse -= ndescs;
}

const VirtQueueOps virtio_packed_ops = {
    .pop = packed_pop,
    .empty = packed_empty,
    .publish = packed_publish,
    .should_notify = packed_should_notify,
    .set_notification = packed_set_notification,
    .rewind = packed_rewind,
};
