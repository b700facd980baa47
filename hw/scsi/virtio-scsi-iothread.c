/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command queues of the virtio SCSI adapter in IOThreads, one or as "iothread-vq-mapping" says. The
 * control and event queues stay with the main loop.
 *
 * Starting and stopping: BQL held. While queues are attached nobody but their threads touches them.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "hw/virtio/virtio-bus.h"
#include "virtio-scsi-internal.h"

bool virtio_scsi_iothreads_init(VirtIOSCSI *s, Error **errp)
{
    VirtIOSCSIConf *conf = &s->conf;

    if (conf->iothread && conf->iothread_vq_mapping_list) {
        error_setg(errp, "iothread and iothread-vq-mapping properties cannot be set at the same "
                         "time");
        return false;
    }
    if (!conf->iothread && !conf->iothread_vq_mapping_list) {
        return true;
    }
    if (!virtio_bus_ioeventfd_enabled(virtio_device_bus(VIRTIO_DEVICE(s)))) {
        error_setg(errp, "ioeventfd is required for iothread");
        return false;
    }
    s->vq_ctx = g_new0(AioContext *, conf->num_queues);
    if (conf->iothread_vq_mapping_list) {
        if (!iothread_vq_mapping_apply(conf->iothread_vq_mapping_list, s->vq_ctx, conf->num_queues,
                                       errp)) {
            g_clear_pointer(&s->vq_ctx, g_free);
            return false;
        }
    } else {
        for (unsigned i = 0; i < conf->num_queues; i++) {
            s->vq_ctx[i] = iothread_get_aio_context(conf->iothread);
        }
    }
    return true;
}

void virtio_scsi_iothreads_cleanup(VirtIOSCSI *s)
{
    if (s->vq_ctx && s->conf.iothread_vq_mapping_list) {
        iothread_vq_mapping_cleanup(s->conf.iothread_vq_mapping_list);
    }
    g_clear_pointer(&s->vq_ctx, g_free);
}

static void attach_queue(VirtIOSCSI *s, VirtQueue *vq)
{
    AioContext *ctx = virtio_scsi_queue_ctx(s, vq);

    virtio_queue_aio_attach_host_notifier(
        vq, ctx == qemu_get_aio_context() ? iohandler_get_aio_context() : ctx);
}

int virtio_scsi_start_ioeventfd(VirtIODevice *vdev)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);
    int ret = virtio_queues_assign_notifiers(vdev);

    if (ret < 0) {
        return ret;
    }
    s->attached = true;
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        attach_queue(s, virtio_get_queue(vdev, i));
    }
    return 0;
}

/* The home thread of its context: the handler does not run, and will not any more. */
static void detach_queue(void *opaque)
{
    VirtQueue *vq = opaque;

    virtio_queue_aio_detach_host_notifier(vq, virtio_queue_aio_context(vq));
}

static void detach_and_wait(VirtQueue *vq)
{
    AioContext *ctx = virtio_queue_aio_context(vq);

    if (!ctx) {
        return;
    }
    if (ctx == iohandler_get_aio_context()) {
        detach_queue(vq);
    } else {
        aio_wait_bh_oneshot(ctx, detach_queue, vq);
    }
}

void virtio_scsi_stop_ioeventfd(VirtIODevice *vdev)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);

    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        detach_and_wait(virtio_get_queue(vdev, i));
    }
    s->attached = false;
    /* Answers, too, come from the threads. */
    virtio_scsi_wait_idle(s);
    virtio_queues_withdraw_notifiers(vdev);
}

void virtio_scsi_queue_reset(VirtIODevice *vdev, unsigned n)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);
    VirtQueue *vq = virtio_get_queue(vdev, n);

    detach_and_wait(vq);
    if (n >= VIRTIO_SCSI_FIXED_QUEUES) {
        virtio_scsi_cancel_queue(s, vq);
    } else {
        virtio_scsi_wait_idle(s);
    }
}

void virtio_scsi_queue_enable(VirtIODevice *vdev, unsigned n)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);
    VirtQueue *vq = virtio_get_queue(vdev, n);

    if (s->attached && !virtio_queue_aio_context(vq)) {
        attach_queue(s, vq);
    }
}
