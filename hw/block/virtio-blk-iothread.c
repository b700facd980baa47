/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of a virtio block device in IOThreads: each queue is looked at, and its requests are
 * submitted and answered, by the thread that "iothread" or "iothread-vq-mapping" gives it.
 *
 * Starting and stopping: BQL held. While queues are attached nobody but their threads touches them.
 */
#include "qemu/osdep.h"
#include "virtio-blk-internal.h"

bool virtio_blk_iothreads_init(VirtIOBlock *s, Error **errp)
{
    return virtio_iothreads_init(VIRTIO_DEVICE(s), s->conf.iothread,
                                 s->conf.iothread_vq_mapping_list, s->conf.num_queues, &s->vq_ctx,
                                 errp);
}

void virtio_blk_iothreads_cleanup(VirtIOBlock *s)
{
    virtio_iothreads_cleanup(s->conf.iothread_vq_mapping_list, &s->vq_ctx);
}

int virtio_blk_start_ioeventfd(VirtIODevice *vdev)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);
    int ret = virtio_queues_assign_notifiers(vdev);

    if (ret < 0) {
        return ret;
    }
    s->attached = true;
    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        VirtQueue *vq = virtio_get_queue(vdev, i);

        virtio_queue_aio_attach_host_notifier(vq, s->vq_ctx ? s->vq_ctx[i]
                                                            : iohandler_get_aio_context());
    }
    return 0;
}

void virtio_blk_stop_ioeventfd(VirtIODevice *vdev)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);

    for (unsigned i = 0; i < virtio_num_queues(vdev); i++) {
        virtio_queue_aio_detach_and_wait(virtio_get_queue(vdev, i));
    }
    s->attached = false;
    /* Answers, too, come from the threads. */
    virtio_blk_wait_idle(s);
    virtio_queues_withdraw_notifiers(vdev);
}

void virtio_blk_queue_reset(VirtIODevice *vdev, unsigned queue_index)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);

    virtio_queue_aio_detach_and_wait(virtio_get_queue(vdev, queue_index));
    virtio_blk_wait_idle(s);
    virtio_blk_drop_kept(s, queue_index);
}

void virtio_blk_queue_enable(VirtIODevice *vdev, unsigned queue_index)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);
    VirtQueue *vq = virtio_get_queue(vdev, queue_index);

    if (s->attached && !virtio_queue_aio_context(vq)) {
        virtio_queue_aio_attach_host_notifier(vq, s->vq_ctx ? s->vq_ctx[queue_index]
                                                            : iohandler_get_aio_context());
    }
}
