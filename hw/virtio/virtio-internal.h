/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the virtio core share. */
#ifndef HW_VIRTIO_VIRTIO_INTERNAL_H
#define HW_VIRTIO_VIRTIO_INTERNAL_H

#include "hw/virtio/virtio-bus.h"
#include "hw/virtio/virtio.h"
#include "qemu/bswap.h"
#include "qemu/rcu.h"

/* A descriptor of either ring in host order; @next of a split one, @id of a packed one. */
typedef struct VRingDesc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
    union {
        uint16_t next;
        uint16_t id;
    };
} VRingDesc;

/* Prepared access to the three parts of a ring; replaced as a whole when memory changes. */
typedef struct VRingCaches {
    struct rcu_head rcu;
    MemoryRegionCache desc;
    MemoryRegionCache avail; /* packed: the driver's event suppression */
    MemoryRegionCache used;  /* packed: the device's */
} VRingCaches;

/* A request that is filled and waits for earlier ones (VIRTIO_F_IN_ORDER), or for the flush. */
typedef struct VirtQueueUsed {
    uint16_t index;
    uint16_t ndescs;
    uint32_t len;
    bool filled;
} VirtQueueUsed;

typedef struct VirtQueueOps VirtQueueOps;
typedef struct VirtQueueChain VirtQueueChain;

struct VirtQueue {
    /* configuration, fixed once realized */
    VirtIODevice *vdev;
    unsigned index;
    unsigned num_max;
    VirtIOHandleOutput *handle_output;

    /* wiring */
    EventNotifier host_notifier;  /* driver to device */
    EventNotifier guest_notifier; /* device to driver, said by a thread without the BQL */
    AioContext *ctx;              /* which serves host_notifier; NULL: none */
    VRingCaches *caches;          /* RCU; NULL: not set up, or not in memory */
    VirtQueueUsed *used_elems;    /* num_max of them, used as a ring of num by order */

    /* state set by the driver */
    uint32_t num;
    uint32_t align; /* legacy */
    uint64_t desc, avail, used;
    uint16_t vector;
    bool enabled;

    /* state of the ring */
    uint16_t last_avail_idx;   /* next to pop */
    uint16_t shadow_avail_idx; /* split: the driver's index when last looked at */
    uint16_t used_idx;         /* next to fill in */
    uint32_t unsignalled;      /* how far used_idx went since the last look whether to interrupt */
    bool last_avail_wrap, used_wrap; /* packed: wrap counters */
    bool notification;               /* we want notifications */
    uint32_t inuse;                  /* ring slots popped and not flushed */
    uint16_t order_next;             /* order of the next request to pop, below num */
    uint16_t order_used;             /* order of the next request to give back */

    /* elements to be used again, each of spare_size bytes; whoever pops */
    struct SpareElement *spares;
    unsigned num_spares;
    size_t spare_size;
};

/* What differs between the two kinds of rings. In a read-side critical section, ring set up. */
struct VirtQueueOps {
    /* Collects the next request; false when there is none or it was wrong. */
    bool (*pop)(VirtQueue *vq, VRingCaches *caches, VirtQueueChain *chain);
    bool (*empty)(VirtQueue *vq, VRingCaches *caches);
    /* Write @count used elements, in order, and show them to the driver. */
    void (*publish)(VirtQueue *vq, VRingCaches *caches, const VirtQueueUsed *elems, unsigned first,
                    unsigned count);
    bool (*should_notify)(VirtQueue *vq, VRingCaches *caches);
    void (*set_notification)(VirtQueue *vq, VRingCaches *caches, bool enable);
    /* Go back by one request of @ndescs slots. */
    void (*rewind)(VirtQueue *vq, unsigned ndescs);
};

extern const VirtQueueOps virtio_split_ops;
extern const VirtQueueOps virtio_packed_ops;

static inline const VirtQueueOps *virtqueue_ops(const VirtQueue *vq)
{
    return virtio_vdev_has_feature(vq->vdev, VIRTIO_F_RING_PACKED) ? &virtio_packed_ops
                                                                   : &virtio_split_ops;
}

/* So far that an event index says nothing any more: an interrupt is due in any case. */
#define VIRTQUEUE_UNSIGNALLED_MAX 0x8000u

static inline void virtqueue_count_unsignalled(VirtQueue *vq, unsigned count)
{
    vq->unsignalled = MIN(vq->unsignalled + count, VIRTQUEUE_UNSIGNALLED_MAX);
}

/* How far used_idx went since the last call; UINT16_MAX + 1 when that is unknown or far. */
static inline unsigned virtqueue_take_unsignalled(VirtQueue *vq)
{
    unsigned n = vq->unsignalled;

    vq->unsignalled = 0;
    return n < VIRTQUEUE_UNSIGNALLED_MAX ? n : UINT16_MAX + 1u;
}

/* ---- virtio-chain.c: from descriptors to buffers ---- */

/* The buffers of a request while its descriptors are read. Large: on the stack, not cleared. */
struct VirtQueueChain {
    VirtQueue *vq;
    unsigned index, ndescs; /* of the element */
    unsigned out_num, in_num;
    uint64_t size;      /* of all buffers together */
    MemoryRegion *held; /* for address_space_map_piece() */
    hwaddr addr[VIRTQUEUE_MAX_SIZE];
    struct iovec iov[VIRTQUEUE_MAX_SIZE]; /* out, then in */
};

static inline void virtqueue_chain_init(VirtQueueChain *chain, VirtQueue *vq)
{
    chain->vq = vq;
    chain->index = 0;
    chain->ndescs = 0;
    chain->out_num = chain->in_num = 0;
    chain->size = 0;
    chain->held = NULL;
}

/* Maps the buffer of one descriptor; false after virtio_error(). */
bool virtqueue_chain_add(VirtQueueChain *chain, const VRingDesc *desc);
/* Descriptor @i of a table of @num; false (and an error) when @i is outside. */
bool virtqueue_read_desc(VirtQueue *vq, MemoryRegionCache *table, unsigned num, unsigned i,
                         VRingDesc *desc);
/* Adds what an indirect descriptor points at: a table of its own. */
bool virtqueue_chain_add_indirect(VirtQueueChain *chain, const VRingDesc *desc, bool packed);
/* Unmaps everything, for a request that is given up. */
void virtqueue_chain_drop(VirtQueueChain *chain);
/* An element of @size bytes with the buffers. */
void *virtqueue_chain_element(VirtQueueChain *chain, size_t size);
/* Unmaps the buffers of @elem, of which @len bytes were written. */
void virtqueue_unmap(VirtQueue *vq, const VirtQueueElement *elem, unsigned len);
/* Frees what virtqueue_free_element() kept. */
void virtqueue_drop_spares(VirtQueue *vq);

/* ---- virtio-queue.c ---- */

void virtio_queue_init_caches(VirtQueue *vq);
void virtio_queue_drop_caches(VirtQueue *vq);
/* To its state before a driver touched it. */
void virtio_queue_init_state(VirtQueue *vq);
void virtio_delete_queues(VirtIODevice *vdev);

/* RCU read-side critical section. */
static inline VRingCaches *virtqueue_caches(VirtQueue *vq)
{
    return qatomic_rcu_read(&vq->caches);
}

/* ---- virtio-notify.c ---- */

int virtio_notify_init(VirtIODevice *vdev);
void virtio_notify_cleanup(VirtIODevice *vdev);
int virtio_queue_notify_init(VirtQueue *vq);
/* BQL held: sends the interrupts that threads without it have left to the main loop. */
void virtio_send_interrupts(VirtIODevice *vdev);
void virtio_queue_notify_cleanup(VirtQueue *vq);
int virtio_default_start_ioeventfd(VirtIODevice *vdev);
void virtio_default_stop_ioeventfd(VirtIODevice *vdev);

#endif
