/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio devices and their queues (OASIS Virtual I/O Device 1.3).
 *
 * A device type is a subclass of TYPE_VIRTIO_DEVICE. It sits on a bus of one
 * place that a transport (virtio-mmio, virtio-pci) provides. The device adds
 * queues, offers features, and takes requests out of queues; the transport has
 * the registers; the rings are dealt with here, where every index, address and
 * length that a driver wrote is checked before it is used.
 *
 * A driver's mistake ends in virtio_error(): the device is broken and hands out
 * nothing more until the driver resets it.
 *
 * Threads: configuration, status and set-up of queues with the BQL held. A queue
 * (virtqueue_*, virtio_queue_set_notification, virtio_queue_empty) is used by one
 * thread at a time: that which has the BQL, or, between attaching and detaching
 * its host notifier, the thread of that AioContext. virtio_notify() and
 * virtio_error() may be called by either.
 */
#ifndef HW_VIRTIO_VIRTIO_H
#define HW_VIRTIO_VIRTIO_H

#include "block/aio.h"
#include "exec/memory.h"
#include "hw/qdev-core.h"
#include "hw/virtio/virtio-regs.h"
#include "migration/vmstate.h"
#include "qemu/event_notifier.h"
#include "qom/object.h"
#include "system/runstate.h"

#define VIRTQUEUE_MAX_SIZE 1024
#define VIRTIO_QUEUE_MAX   1024
#define VIRTIO_NO_VECTOR   0xffff

typedef struct VirtQueue VirtQueue;

/* A request: buffers that the device reads (out) and such that it writes (in). */
typedef struct VirtQueueElement {
    unsigned index;   /* split: first descriptor; packed: buffer id */
    unsigned ndescs;  /* ring slots it takes: 1, or the length of a packed chain */
    unsigned len;     /* bytes written, once it is filled */
    unsigned order;   /* its place among those in flight, for VIRTIO_F_IN_ORDER */
    unsigned out_num; /* elements of out_sg */
    unsigned in_num;
    unsigned spare_size; /* of its memory, if that may be kept for another element */
    hwaddr *in_addr;
    hwaddr *out_addr;
    struct iovec *in_sg;
    struct iovec *out_sg;
} VirtQueueElement;

typedef void VirtIOHandleOutput(VirtIODevice *vdev, VirtQueue *vq);

#define TYPE_VIRTIO_DEVICE "virtio-device"
OBJECT_DECLARE_TYPE(VirtIODevice, VirtioDeviceClass, VIRTIO_DEVICE)

struct VirtIODevice {
    DeviceState parent_obj;

    /* configuration, fixed once realized */
    const char *name;
    uint16_t device_id;
    uint64_t host_features; /* offered; first by properties, then what the device makes of it */
    size_t config_len;

    /* wiring */
    AddressSpace *dma_as;
    GPtrArray *queues; /* of VirtQueue */
    MemoryListener listener;
    VMChangeStateEntry *vmstate_change;
    EventNotifier config_notifier; /* configuration changed, said by a thread without the BQL */
    bool use_guest_notifier_mask;
    bool vm_running;

    /* state */
    uint8_t status;
    uint8_t isr; /* atomic */
    uint16_t queue_sel;
    uint16_t config_vector;
    uint64_t guest_features; /* acknowledged by the driver */
    uint32_t generation;     /* atomic; of the configuration space */
    uint8_t *config;
    bool broken;  /* atomic */
    bool started; /* between DRIVER_OK and reset */
};

struct VirtioDeviceClass {
    DeviceClass parent;

    /* Calls virtio_init() and adds queues; unrealize ends with virtio_cleanup(). */
    DeviceRealize realize;
    DeviceUnrealize unrealize;

    /* What is offered of @features, those of properties and transport. Optional: all of them. */
    uint64_t (*get_features)(VirtIODevice *vdev, uint64_t features, Error **errp);
    /* The driver has chosen. Optional. */
    void (*set_features)(VirtIODevice *vdev, uint64_t features);
    /* False refuses a choice: FEATURES_OK then stays clear. Optional. */
    bool (*validate_features)(VirtIODevice *vdev);

    /* Fill in @config (vdev->config_len bytes), or take over what the driver wrote there. */
    void (*get_config)(VirtIODevice *vdev, uint8_t *config);
    void (*set_config)(VirtIODevice *vdev, const uint8_t *config);

    void (*reset)(VirtIODevice *vdev);
    /* After vdev->status changed (and of the run state, with the present status). Optional. */
    void (*set_status)(VirtIODevice *vdev, uint8_t status);
    /* The driver resets or enables one queue (2.6.1). Optional. */
    void (*queue_reset)(VirtIODevice *vdev, unsigned queue_index);
    void (*queue_enable)(VirtIODevice *vdev, unsigned queue_index);

    /* Own way to receive notifications (an IOThread). Default: the main loop. */
    int (*start_ioeventfd)(VirtIODevice *vdev);
    void (*stop_ioeventfd)(VirtIODevice *vdev);

    /* Bits that only the legacy interface offers: VIRTIO_LEGACY_FEATURES, and the device's own. */
    uint64_t legacy_features;
    /* Only the modern interface. */
    bool modern_only;
};

#define DEFINE_VIRTIO_COMMON_FEATURES(_state, _field)                                              \
    DEFINE_PROP_BIT64("indirect_desc", _state, _field, VIRTIO_F_INDIRECT_DESC, true),              \
        DEFINE_PROP_BIT64("event_idx", _state, _field, VIRTIO_F_EVENT_IDX, true),                  \
        DEFINE_PROP_BIT64("notify_on_empty", _state, _field, VIRTIO_F_NOTIFY_ON_EMPTY, true),      \
        DEFINE_PROP_BIT64("any_layout", _state, _field, VIRTIO_F_ANY_LAYOUT, true),                \
        DEFINE_PROP_BIT64("iommu_platform", _state, _field, VIRTIO_F_ACCESS_PLATFORM, false),      \
        DEFINE_PROP_BIT64("packed", _state, _field, VIRTIO_F_RING_PACKED, false),                  \
        DEFINE_PROP_BIT64("queue_reset", _state, _field, VIRTIO_F_RING_RESET, true),               \
        DEFINE_PROP_BIT64("in_order", _state, _field, VIRTIO_F_IN_ORDER, false)

/* ---- life (virtio.c) ---- */

void virtio_init(VirtIODevice *vdev, uint16_t device_id, size_t config_size);
void virtio_cleanup(VirtIODevice *vdev);

/* The status register: 0 resets the device. BQL held. */
void virtio_set_status(VirtIODevice *vdev, uint8_t status);
void virtio_reset(VirtIODevice *vdev);
/* False when the driver may not set features now. */
bool virtio_set_features(VirtIODevice *vdev, uint64_t features);

static inline bool virtio_vdev_has_feature(const VirtIODevice *vdev, unsigned bit)
{
    return vdev->guest_features & (1ULL << bit);
}

static inline bool virtio_host_has_feature(const VirtIODevice *vdev, unsigned bit)
{
    return vdev->host_features & (1ULL << bit);
}

static inline void virtio_add_feature(uint64_t *features, unsigned bit)
{
    *features |= 1ULL << bit;
}

static inline void virtio_clear_feature(uint64_t *features, unsigned bit)
{
    *features &= ~(1ULL << bit);
}

static inline bool virtio_has_feature(uint64_t features, unsigned bit)
{
    return features & (1ULL << bit);
}

/* The driver broke the rules: log it, and take no more requests until it resets the device. */
void virtio_error(VirtIODevice *vdev, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static inline bool virtio_device_broken(const VirtIODevice *vdev)
{
    return qatomic_read(&vdev->broken);
}

/* Configuration space; beyond its end reads give ones, writes are ignored. BQL held. */
uint32_t virtio_config_read(VirtIODevice *vdev, hwaddr addr, unsigned size);
void virtio_config_write(VirtIODevice *vdev, hwaddr addr, uint32_t val, unsigned size);
/* The device changed its configuration: tell the driver. */
void virtio_notify_config(VirtIODevice *vdev);

/* ---- queues: set up (virtio-queue.c) ---- */

/* During realize. @queue_size: what the driver finds, a power of two. */
VirtQueue *virtio_add_queue(VirtIODevice *vdev, unsigned queue_size,
                            VirtIOHandleOutput *handle_output);
unsigned virtio_num_queues(const VirtIODevice *vdev);
/* NULL if there is no queue @n. */
VirtQueue *virtio_get_queue(VirtIODevice *vdev, unsigned n);
unsigned virtio_get_queue_index(const VirtQueue *vq);

/* What transports set and show; @n exists. BQL held. */
unsigned virtio_queue_get_num(VirtIODevice *vdev, unsigned n);
unsigned virtio_queue_get_max_num(VirtIODevice *vdev, unsigned n);
void virtio_queue_set_num(VirtIODevice *vdev, unsigned n, uint32_t num);
void virtio_queue_set_align(VirtIODevice *vdev, unsigned n, uint32_t align);
/* Legacy: one address for all, with the layout of 2.7.2. 0 takes the queue out of use. */
void virtio_queue_set_addr(VirtIODevice *vdev, unsigned n, hwaddr addr);
hwaddr virtio_queue_get_addr(VirtIODevice *vdev, unsigned n);
/* Modern: three addresses, then enable. */
void virtio_queue_set_rings(VirtIODevice *vdev, unsigned n, hwaddr desc, hwaddr avail, hwaddr used);
void virtio_queue_enable(VirtIODevice *vdev, unsigned n);
bool virtio_queue_enabled(VirtIODevice *vdev, unsigned n);
void virtio_queue_reset(VirtIODevice *vdev, unsigned n);
uint16_t virtio_queue_vector(VirtIODevice *vdev, unsigned n);
void virtio_queue_set_vector(VirtIODevice *vdev, unsigned n, uint16_t vector);
/* The driver wrote the notification register. */
void virtio_queue_notify(VirtIODevice *vdev, unsigned n);

/* ---- queues: requests ---- */

/*
 * The next request, in a structure of @size bytes that begins with a
 * VirtQueueElement (g_free); NULL when there is none or the device is broken.
 */
void *virtqueue_pop(VirtQueue *vq, size_t size);
/* Done with it: @len bytes were written into its in buffers. Then virtio_notify(). */
void virtqueue_push(VirtQueue *vq, VirtQueueElement *elem, unsigned len);
/* The same in steps: several fills, each with its index from 0, and one flush of them. */
void virtqueue_fill(VirtQueue *vq, VirtQueueElement *elem, unsigned len, unsigned idx);
void virtqueue_flush(VirtQueue *vq, unsigned count);
/* Give up on a request without telling the driver (reset, broken device). */
void virtqueue_detach_element(VirtQueue *vq, const VirtQueueElement *elem, unsigned len);
/*
 * Frees @elem, which is detached or filled, so that the next virtqueue_pop() is quicker than after
 * g_free(), which does, too. In the thread that pops.
 */
void virtqueue_free_element(VirtQueue *vq, VirtQueueElement *elem);
/* Put back the request that was popped last. */
void virtqueue_unpop(VirtQueue *vq, const VirtQueueElement *elem, unsigned len);

/* Nothing to pop. */
bool virtio_queue_empty(VirtQueue *vq);
bool virtio_queue_ready(const VirtQueue *vq);
/* Ask the driver for notifications, or to leave them; a hint. After enabling, look again. */
void virtio_queue_set_notification(VirtQueue *vq, bool enable);
bool virtio_queue_get_notification(const VirtQueue *vq);
/* Interrupt the driver, if it wants that, for what was pushed. Any thread. */
void virtio_notify(VirtIODevice *vdev, VirtQueue *vq);

/* Places of the ring that requests hold which were popped and not given back. */
unsigned virtio_queue_inuse(const VirtQueue *vq);

/* Requests in flight, as part of a device's saved state. */
void qemu_put_virtqueue_element(VirtIODevice *vdev, QEMUFile *f, const VirtQueueElement *elem);
/* NULL when the stream says something that cannot be. */
void *qemu_get_virtqueue_element(VirtIODevice *vdev, VirtQueue *vq, QEMUFile *f, size_t size);

/* ---- notifications as eventfds (virtio-notify.c) ---- */

EventNotifier *virtio_queue_get_host_notifier(VirtQueue *vq);
EventNotifier *virtio_queue_get_guest_notifier(VirtQueue *vq);
/*
 * Requests of this queue are taken in @ctx, which polls the ring while it is
 * busy. Detaching waits for nothing: the caller has stopped the context's use.
 */
void virtio_queue_aio_attach_host_notifier(VirtQueue *vq, AioContext *ctx);
void virtio_queue_aio_detach_host_notifier(VirtQueue *vq, AioContext *ctx);
/*
 * Detaches a queue from the context it has, if any, in that context's thread: its handler does
 * not run when this returns, and will not any more. BQL held.
 */
void virtio_queue_aio_detach_and_wait(VirtQueue *vq);
/* Which context that is; NULL: none. */
AioContext *virtio_queue_aio_context(const VirtQueue *vq);
/*
 * For a device's own start_ioeventfd and stop_ioeventfd: all queues are notified by eventfds from
 * here on, which it then attaches; no more, after it detached them. Negative errno on failure.
 */
int virtio_queues_assign_notifiers(VirtIODevice *vdev);
void virtio_queues_withdraw_notifiers(VirtIODevice *vdev);
/* Take what is in the queue now, whatever was notified. */
void virtio_queue_host_notifier_read(EventNotifier *n);

/* ---- saved state ---- */

extern const VMStateDescription vmstate_virtio_device;
/* First field of a device's description. */
#define VMSTATE_VIRTIO_DEVICE(_field, _state)                                                      \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_virtio_device, VirtIODevice)

#endif
