/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command queues of the virtio SCSI adapter in IOThreads, one or as "iothread-vq-mapping" says. The
 * control and event queues stay with the main loop.
 *
 * Starting and stopping: BQL held. While queues are attached nobody but their threads touches them.
 */
#include "qemu/osdep.h"
#include "virtio-scsi-internal.h"

bool virtio_scsi_iothreads_init(VirtIOSCSI *s, Error **errp)
{
    return virtio_iothreads_init(VIRTIO_DEVICE(s), s->conf.iothread,
                                 s->conf.iothread_vq_mapping_list, s->conf.num_queues, &s->vq_ctx,
                                 errp);
}

void virtio_scsi_iothreads_cleanup(VirtIOSCSI *s)
{
    virtio_iothreads_cleanup(s->conf.iothread_vq_mapping_list, &s->vq_ctx);
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

void virtio_scsi_stop_ioeventfd(VirtIODevice *vdev)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);

    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        virtio_queue_aio_detach_and_wait(virtio_get_queue(vdev, i));
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

    virtio_queue_aio_detach_and_wait(vq);
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
