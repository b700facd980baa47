/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the virtio block device share. */
#ifndef HW_BLOCK_VIRTIO_BLK_INTERNAL_H
#define HW_BLOCK_VIRTIO_BLK_INTERNAL_H

#include "hw/virtio/virtio-blk.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"

/* Feature bits (5.2.3). */
#define VIRTIO_BLK_F_SIZE_MAX     1
#define VIRTIO_BLK_F_SEG_MAX      2
#define VIRTIO_BLK_F_GEOMETRY     4
#define VIRTIO_BLK_F_RO           5
#define VIRTIO_BLK_F_BLK_SIZE     6
#define VIRTIO_BLK_F_FLUSH        9
#define VIRTIO_BLK_F_TOPOLOGY     10
#define VIRTIO_BLK_F_CONFIG_WCE   11
#define VIRTIO_BLK_F_MQ           12
#define VIRTIO_BLK_F_DISCARD      13
#define VIRTIO_BLK_F_WRITE_ZEROES 14

/* Request types (5.2.6). The barrier flag is of drivers before 1.0, and means nothing. */
#define VIRTIO_BLK_T_IN           0
#define VIRTIO_BLK_T_OUT          1
#define VIRTIO_BLK_T_FLUSH        4
#define VIRTIO_BLK_T_GET_ID       8
#define VIRTIO_BLK_T_DISCARD      11
#define VIRTIO_BLK_T_WRITE_ZEROES 13
#define VIRTIO_BLK_T_BARRIER      0x80000000u

#define VIRTIO_BLK_S_OK           0
#define VIRTIO_BLK_S_IOERR        1
#define VIRTIO_BLK_S_UNSUPP       2

#define VIRTIO_BLK_HEADER_SIZE    16
#define VIRTIO_BLK_SEGMENT_SIZE   16 /* of discard and write zeroes */
#define VIRTIO_BLK_ID_BYTES       20
#define VIRTIO_BLK_SEGMENT_UNMAP  1u

typedef struct VirtIOBlkReq {
    VirtQueueElement elem;
    VirtIOBlock *dev;
    VirtQueue *vq;
    uint32_t type;
    int64_t sector;  /* of 512 bytes */
    uint8_t *status; /* in the driver's memory */
    size_t in_len;   /* bytes of the in buffers, with the status */
    QEMUIOVector qiov;
    QEMUIOVector merged_qiov;    /* of this one and those behind it in ->merged */
    struct VirtIOBlkReq *merged; /* continues this one, in the same request to the back end */
    struct VirtIOBlkReq *next;   /* in the list of those kept */
    BlockAcctCookie acct;
} VirtIOBlkReq;

/* Take all requests out of @vq. The thread that has the queue. */
void virtio_blk_handle_output(VirtIODevice *vdev, VirtQueue *vq);
/* The machine goes on: try what was kept once more. BQL held. */
void virtio_blk_restart_kept(VirtIOBlock *s);
/* Give up on kept requests of queue @queue_index, or all with -1. BQL held, queues not served. */
void virtio_blk_drop_kept(VirtIOBlock *s, int queue_index);
/* A request out of a saved state. */
void virtio_blk_init_request(VirtIOBlock *s, VirtQueue *vq, VirtIOBlkReq *req);
void virtio_blk_keep(VirtIOBlkReq *req);
/* Until no request is under way. BQL held. */
void virtio_blk_wait_idle(VirtIOBlock *s);

/* ---- virtio-blk-iothread.c ---- */

bool virtio_blk_iothreads_init(VirtIOBlock *s, Error **errp);
void virtio_blk_iothreads_cleanup(VirtIOBlock *s);
int virtio_blk_start_ioeventfd(VirtIODevice *vdev);
void virtio_blk_stop_ioeventfd(VirtIODevice *vdev);
void virtio_blk_queue_reset(VirtIODevice *vdev, unsigned queue_index);
void virtio_blk_queue_enable(VirtIODevice *vdev, unsigned queue_index);

static inline AioContext *virtio_blk_queue_ctx(VirtIOBlock *s, VirtQueue *vq)
{
    return s->vq_ctx ? s->vq_ctx[virtio_get_queue_index(vq)] : qemu_get_aio_context();
}

#endif
