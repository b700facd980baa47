/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Notifications: driver to device, by register write or eventfd, and device to
 * driver, as interrupts (virtio 1.3, 2.3, 2.7.7, 2.7.10).
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "qemu/main-loop.h"
#include "virtio-internal.h"

/* ---- driver to device ---- */

/* Let the device take what is there. The thread that serves the queue. */
static void handle_queue(VirtQueue *vq)
{
    VirtIODevice *vdev = vq->vdev;

    if (!virtio_device_broken(vdev) && vdev->started && virtio_queue_ready(vq) &&
        vq->handle_output) {
        vq->handle_output(vdev, vq);
    } else if (vdev->started && vq->enabled && !virtio_queue_ready(vq)) {
        virtio_error(vdev, "queue %u: its rings are not in memory", vq->index);
    }
}

void virtio_queue_notify(VirtIODevice *vdev, unsigned n)
{
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (!vq || !vq->enabled) {
        return;
    }
    if (vq->ctx) {
        /* Whoever has the queue is told, in its thread. */
        event_notifier_set(&vq->host_notifier);
    } else {
        handle_queue(vq);
    }
}

void virtio_queue_host_notifier_read(EventNotifier *n)
{
    VirtQueue *vq = container_of(n, VirtQueue, host_notifier);

    if (event_notifier_test_and_clear(n)) {
        handle_queue(vq);
    }
}

/* Polling: a look at the ring is enough to see whether there is something to do. */
static bool host_notifier_poll(void *opaque)
{
    VirtQueue *vq = container_of(opaque, VirtQueue, host_notifier);

    return virtio_queue_ready(vq) && !virtio_queue_empty(vq);
}

static void host_notifier_poll_ready(EventNotifier *n)
{
    handle_queue(container_of(n, VirtQueue, host_notifier));
}

static void host_notifier_poll_begin(EventNotifier *n)
{
    virtio_queue_set_notification(container_of(n, VirtQueue, host_notifier), false);
}

static void host_notifier_poll_end(EventNotifier *n)
{
    /* Wanted from here on; what came in between is seen by the caller's last look. */
    virtio_queue_set_notification(container_of(n, VirtQueue, host_notifier), true);
}

void virtio_queue_aio_attach_host_notifier(VirtQueue *vq, AioContext *ctx)
{
    vq->ctx = ctx;
    aio_set_event_notifier(ctx, &vq->host_notifier, virtio_queue_host_notifier_read,
                           host_notifier_poll, host_notifier_poll_ready);
    aio_set_event_notifier_poll(ctx, &vq->host_notifier, host_notifier_poll_begin,
                                host_notifier_poll_end);
    /* What was put in before anybody served the queue. */
    event_notifier_set(&vq->host_notifier);
}

void virtio_queue_aio_detach_host_notifier(VirtQueue *vq, AioContext *ctx)
{
    aio_set_event_notifier(ctx, &vq->host_notifier, NULL, NULL, NULL);
    vq->ctx = NULL;
    /* Polling may have ended with notifications off. */
    virtio_queue_set_notification(vq, true);
}

static void detach_in_context(void *opaque)
{
    VirtQueue *vq = opaque;

    virtio_queue_aio_detach_host_notifier(vq, vq->ctx);
}

void virtio_queue_aio_detach_and_wait(VirtQueue *vq)
{
    if (!vq->ctx) {
        return;
    }
    if (vq->ctx == iohandler_get_aio_context()) {
        detach_in_context(vq);
    } else {
        aio_wait_bh_oneshot(vq->ctx, detach_in_context, vq);
    }
}

AioContext *virtio_queue_aio_context(const VirtQueue *vq)
{
    return vq->ctx;
}

EventNotifier *virtio_queue_get_host_notifier(VirtQueue *vq)
{
    return &vq->host_notifier;
}

EventNotifier *virtio_queue_get_guest_notifier(VirtQueue *vq)
{
    return &vq->guest_notifier;
}

/* ---- device to driver ---- */

/* BQL held. */
static void raise_interrupt(VirtIODevice *vdev, uint8_t cause, uint16_t vector)
{
    VirtioBusState *bus = virtio_device_bus(vdev);
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    qatomic_or(&vdev->isr, cause);
    k->notify(BUS(bus)->parent, vector);
}

static void guest_notifier_read(EventNotifier *n)
{
    VirtQueue *vq = container_of(n, VirtQueue, guest_notifier);

    if (event_notifier_test_and_clear(n)) {
        raise_interrupt(vq->vdev, VIRTIO_ISR_QUEUE, vq->vector);
    }
}

static void config_notifier_read(EventNotifier *n)
{
    VirtIODevice *vdev = container_of(n, VirtIODevice, config_notifier);

    if (event_notifier_test_and_clear(n)) {
        raise_interrupt(vdev, VIRTIO_ISR_CONFIG, vdev->config_vector);
    }
}

void virtio_send_interrupts(VirtIODevice *vdev)
{
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        guest_notifier_read(&virtio_get_queue(vdev, i)->guest_notifier);
    }
    config_notifier_read(&vdev->config_notifier);
}

static bool should_notify(VirtQueue *vq)
{
    VRingCaches *caches;

    /* The used index before the driver's wish is read (2.7.10). */
    smp_mb();
    RCU_READ_LOCK_GUARD();
    caches = virtqueue_caches(vq);
    return caches && virtqueue_ops(vq)->should_notify(vq, caches);
}

void virtio_notify(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtioBusState *bus = virtio_device_bus(vdev);
    VirtioBusClass *k = VIRTIO_BUS_GET_CLASS(bus);

    if (virtio_device_broken(vdev) || !should_notify(vq)) {
        return;
    }
    if (bql_locked()) {
        raise_interrupt(vdev, VIRTIO_ISR_QUEUE, vq->vector);
    } else if (!k->notify_unlocked || !k->notify_unlocked(BUS(bus)->parent, vq->vector)) {
        event_notifier_set(&vq->guest_notifier); /* the main loop does it */
    }
}

void virtio_notify_config(VirtIODevice *vdev)
{
    if (!(qatomic_read(&vdev->status) & VIRTIO_CONFIG_S_DRIVER_OK)) {
        return;
    }
    qatomic_inc(&vdev->generation);
    if (bql_locked()) {
        raise_interrupt(vdev, VIRTIO_ISR_CONFIG, vdev->config_vector);
    } else {
        event_notifier_set(&vdev->config_notifier);
    }
}

/* ---- life of the eventfds ---- */

int virtio_queue_notify_init(VirtQueue *vq)
{
    int ret = event_notifier_init(&vq->guest_notifier, 0);

    if (ret == 0) {
        event_notifier_set_handler(&vq->guest_notifier, guest_notifier_read);
    }
    return ret;
}

void virtio_queue_notify_cleanup(VirtQueue *vq)
{
    if (vq->guest_notifier.initialized) {
        event_notifier_set_handler(&vq->guest_notifier, NULL);
        event_notifier_cleanup(&vq->guest_notifier);
    }
}

int virtio_notify_init(VirtIODevice *vdev)
{
    int ret = event_notifier_init(&vdev->config_notifier, 0);

    if (ret == 0) {
        event_notifier_set_handler(&vdev->config_notifier, config_notifier_read);
    }
    return ret;
}

void virtio_notify_cleanup(VirtIODevice *vdev)
{
    if (vdev->config_notifier.initialized) {
        event_notifier_set_handler(&vdev->config_notifier, NULL);
        event_notifier_cleanup(&vdev->config_notifier);
    }
}

/* ---- notifications as eventfds ---- */

/* Withdraws those of the first @n queues, which nobody serves any more. */
static void withdraw_notifiers(VirtIODevice *vdev, unsigned n)
{
    VirtioBusState *bus = virtio_device_bus(vdev);

    memory_region_transaction_begin();
    for (unsigned i = 0; i < n; i++) {
        virtio_bus_set_host_notifier(bus, i, false);
    }
    memory_region_transaction_commit();
    /* The eventfds are closed only now that nobody signals them any more. */
    for (unsigned i = 0; i < n; i++) {
        virtio_bus_cleanup_host_notifier(bus, i);
    }
}

int virtio_queues_assign_notifiers(VirtIODevice *vdev)
{
    int ret = 0;
    unsigned i;

    memory_region_transaction_begin();
    for (i = 0; i < virtio_num_queues(vdev); i++) {
        ret = virtio_bus_set_host_notifier(virtio_device_bus(vdev), i, true);
        if (ret < 0) {
            break;
        }
    }
    memory_region_transaction_commit();
    if (ret < 0) {
        withdraw_notifiers(vdev, i);
    }
    return ret;
}

void virtio_queues_withdraw_notifiers(VirtIODevice *vdev)
{
    withdraw_notifiers(vdev, virtio_num_queues(vdev));
}

/* Served by the main loop. */
int virtio_default_start_ioeventfd(VirtIODevice *vdev)
{
    int ret = virtio_queues_assign_notifiers(vdev);

    for (unsigned i = 0; ret == 0 && i < virtio_num_queues(vdev); i++) {
        virtio_queue_aio_attach_host_notifier(virtio_get_queue(vdev, i),
                                              iohandler_get_aio_context());
    }
    return ret;
}

void virtio_default_stop_ioeventfd(VirtIODevice *vdev)
{
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        VirtQueue *vq = virtio_get_queue(vdev, i);

        if (vq->ctx) {
            virtio_queue_aio_detach_host_notifier(vq, iohandler_get_aio_context());
        }
    }
    virtio_queues_withdraw_notifiers(vdev);
}
