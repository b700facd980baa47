/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of a virtio block device (virtio 1.3, 5.2.6): a header to read, data, and a status byte
 * to write.
 *
 * A request belongs to the thread that has its queue, from virtqueue_pop() to virtqueue_push();
 * only the list of kept ones is shared.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "qemu/bswap.h"
#include "qemu/defer-call.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "virtio-blk-internal.h"

/* Reads and writes of one round, to be sorted and merged. */
#define BATCH_MAX 32

typedef struct Batch {
    VirtIOBlkReq *reqs[BATCH_MAX];
    unsigned num;
    bool is_write;
    int64_t now; /* when they were found, for the statistics */
} Batch;

/* ---- the end of a request ---- */

static void free_request(VirtIOBlkReq *req)
{
    qemu_iovec_destroy(&req->qiov);
    virtqueue_free_element(req->vq, &req->elem);
}

static void leave_flight(VirtIOBlock *s, unsigned num)
{
    qatomic_sub(&s->in_flight, num);
    aio_wait_kick();
}

/* Answers are shown to the driver when the batch ends; until then they are in flight. */
static void show_answers(void *opaque)
{
    VirtIOBlkQueue *q = opaque;
    unsigned num = q->answered;

    q->answered = 0;
    virtqueue_flush(q->vq, num);
    virtio_notify(VIRTIO_DEVICE(q->dev), q->vq);
    leave_flight(q->dev, num);
}

static void complete(VirtIOBlkReq *req, uint8_t status, size_t data_len)
{
    VirtIOBlkQueue *q = &req->dev->queues[virtio_get_queue_index(req->vq)];

    *req->status = status;
    virtqueue_fill(req->vq, &req->elem, data_len + 1, q->answered++);
    free_request(req);
    defer_call(show_answers, q);
}

/* The driver broke the rules in a way that leaves no place for an answer. */
static void abandon(VirtIOBlkReq *req)
{
    VirtIOBlock *s = req->dev;

    virtqueue_detach_element(req->vq, &req->elem, 0);
    free_request(req);
    leave_flight(s, 1);
}

void virtio_blk_keep(VirtIOBlkReq *req)
{
    VirtIOBlock *s = req->dev;

    QEMU_LOCK_GUARD(&s->kept_lock);
    req->next = s->kept;
    s->kept = req;
}

/* True: the failed request is answered, or kept for later. False: go on as if it had worked. */
static bool handle_error(VirtIOBlkReq *req, int error, bool is_read, bool account)
{
    VirtIOBlock *s = req->dev;
    BlockErrorAction action = blk_get_error_action(s->blk, is_read, error);

    if (account && action != BLOCK_ERROR_ACTION_IGNORE) {
        block_acct_failed(blk_get_stats(s->blk), &req->acct);
    }
    if (action == BLOCK_ERROR_ACTION_STOP) {
        qemu_iovec_destroy(&req->qiov);
        virtio_blk_keep(req);
        blk_error_action(s->blk, action, is_read, error);
        leave_flight(s, 1);
        return true;
    }
    blk_error_action(s->blk, action, is_read, error);
    if (action == BLOCK_ERROR_ACTION_REPORT) {
        complete(req, VIRTIO_BLK_S_IOERR, 0);
        return true;
    }
    return false;
}

static void rw_done(void *opaque, int ret)
{
    VirtIOBlkReq *req = opaque, *next;
    bool is_read = req->type == VIRTIO_BLK_T_IN;
    int64_t now = block_acct_now();

    if (req->merged) {
        qemu_iovec_destroy(&req->merged_qiov);
    }
    defer_call_begin();
    for (; req; req = next) {
        next = req->merged;
        req->merged = NULL;
        if (ret < 0 && handle_error(req, -ret, is_read, true)) {
            continue;
        }
        block_acct_done_at(blk_get_stats(req->dev->blk), &req->acct, now);
        complete(req, VIRTIO_BLK_S_OK, is_read ? req->qiov.size : 0);
    }
    defer_call_end();
}

static void other_done(void *opaque, int ret)
{
    VirtIOBlkReq *req = opaque;

    if (ret < 0 && handle_error(req, -ret, false, true)) {
        return;
    }
    block_acct_done(blk_get_stats(req->dev->blk), &req->acct);
    complete(req, VIRTIO_BLK_S_OK, 0);
}

/* ---- reads and writes ---- */

/* The data between header and status as req->qiov. */
static void find_data(VirtIOBlkReq *req, bool is_write)
{
    VirtQueueElement *e = &req->elem;

    if (is_write && e->out_sg[0].iov_len == VIRTIO_BLK_HEADER_SIZE) {
        qemu_iovec_init_external(&req->qiov, e->out_sg + 1, e->out_num - 1);
    } else if (is_write) {
        qemu_iovec_init(&req->qiov, e->out_num);
        qemu_iovec_concat_iov(&req->qiov, e->out_sg, e->out_num, VIRTIO_BLK_HEADER_SIZE, SIZE_MAX);
    } else if (e->in_sg[e->in_num - 1].iov_len == 1) {
        qemu_iovec_init_external(&req->qiov, e->in_sg, e->in_num - 1);
    } else {
        qemu_iovec_init(&req->qiov, e->in_num);
        qemu_iovec_concat_iov(&req->qiov, e->in_sg, e->in_num, 0, req->in_len - 1);
    }
}

static bool range_ok(VirtIOBlock *s, uint64_t sector, uint64_t bytes)
{
    uint64_t total, unit = s->conf.conf.logical_block_size >> BDRV_SECTOR_BITS;

    blk_get_geometry(s->blk, &total);
    return !(sector & (unit - 1)) && !(bytes & (s->conf.conf.logical_block_size - 1)) &&
           sector <= total && bytes >> BDRV_SECTOR_BITS <= total - sector;
}

static void start_one(VirtIOBlock *s, VirtIOBlkReq *req, QEMUIOVector *qiov, bool is_write)
{
    int64_t offset = req->sector << BDRV_SECTOR_BITS;

    if (is_write) {
        blk_aio_pwritev(s->blk, offset, qiov, 0, rw_done, req);
    } else {
        blk_aio_preadv(s->blk, offset, qiov, 0, rw_done, req);
    }
}

/* reqs[first..+num] follow each other on the disk. */
static void start_merged(VirtIOBlock *s, Batch *b, unsigned first, unsigned num, int niov)
{
    VirtIOBlkReq *head = b->reqs[first];

    if (num == 1) {
        start_one(s, head, &head->qiov, b->is_write);
        return;
    }
    qemu_iovec_init(&head->merged_qiov, niov);
    for (unsigned i = 0; i < num; i++) {
        VirtIOBlkReq *req = b->reqs[first + i];

        qemu_iovec_concat(&head->merged_qiov, &req->qiov, 0, req->qiov.size);
        req->merged = i + 1 < num ? b->reqs[first + i + 1] : NULL;
    }
    block_acct_merge_done(blk_get_stats(s->blk), b->is_write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ,
                          num - 1);
    start_one(s, head, &head->merged_qiov, b->is_write);
}

static void init_batch(Batch *b)
{
    b->num = 0;
    b->is_write = false;
    b->now = block_acct_now();
}

static int compare_sectors(const void *a, const void *b)
{
    const VirtIOBlkReq *x = *(VirtIOBlkReq *const *)a, *y = *(VirtIOBlkReq *const *)b;

    return x->sector < y->sector ? -1 : x->sector > y->sector;
}

static void submit_batch(VirtIOBlock *s, Batch *b)
{
    unsigned first = 0, max_iov = MIN(blk_get_max_iov(s->blk), IOV_MAX);
    uint64_t max_bytes = MIN(blk_get_max_transfer(s->blk), (uint64_t)BDRV_REQUEST_MAX_BYTES);

    if (b->num > 1) {
        qsort(b->reqs, b->num, sizeof(b->reqs[0]), compare_sectors);
    }
    while (first < b->num) {
        VirtIOBlkReq *req = b->reqs[first];
        uint64_t bytes = req->qiov.size;
        unsigned niov = req->qiov.niov, num = 1;

        for (; first + num < b->num; num++) {
            VirtIOBlkReq *next = b->reqs[first + num];

            if (next->sector != req->sector + (int64_t)(bytes >> BDRV_SECTOR_BITS) ||
                niov + next->qiov.niov > max_iov || bytes + next->qiov.size > max_bytes) {
                break;
            }
            bytes += next->qiov.size;
            niov += next->qiov.niov;
        }
        start_merged(s, b, first, num, niov);
        first += num;
    }
    b->num = 0;
}

static void handle_rw(VirtIOBlock *s, VirtIOBlkReq *req, Batch *b)
{
    bool is_write = req->type == VIRTIO_BLK_T_OUT;
    BlockAcctType type = is_write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ;

    find_data(req, is_write);
    if (req->qiov.size > BDRV_REQUEST_MAX_BYTES || !range_ok(s, req->sector, req->qiov.size) ||
        (is_write && virtio_host_has_feature(VIRTIO_DEVICE(s), VIRTIO_BLK_F_RO))) {
        block_acct_invalid(blk_get_stats(s->blk), type);
        complete(req, VIRTIO_BLK_S_IOERR, 0);
        return;
    }
    block_acct_start_at(&req->acct, req->qiov.size, type, b->now);
    if (b->num && (b->num == BATCH_MAX || b->is_write != is_write || !s->conf.request_merging)) {
        submit_batch(s, b);
    }
    b->is_write = is_write;
    b->reqs[b->num++] = req;
}

/* ---- other requests ---- */

static void handle_flush(VirtIOBlock *s, VirtIOBlkReq *req, Batch *b)
{
    block_acct_start(blk_get_stats(s->blk), &req->acct, 0, BLOCK_ACCT_FLUSH);
    if (b->is_write) {
        /* Writes before it in the queue are to be under way first. */
        submit_batch(s, b);
    }
    blk_aio_flush(s->blk, other_done, req);
}

static void handle_get_id(VirtIOBlock *s, VirtIOBlkReq *req)
{
    char id[VIRTIO_BLK_ID_BYTES] = {};
    size_t size = MIN(sizeof(id), req->in_len - 1);

    memcpy(id, s->conf.serial ? s->conf.serial : "",
           MIN(sizeof(id), s->conf.serial ? strlen(s->conf.serial) : 0));
    iov_from_buf(req->elem.in_sg, req->elem.in_num, 0, id, size);
    complete(req, VIRTIO_BLK_S_OK, size);
}

/* Discard and write zeroes: what is wrong with the segment, or VIRTIO_BLK_S_OK. */
static uint8_t check_segment(VirtIOBlock *s, VirtIOBlkReq *req, uint64_t sector, uint32_t num,
                             uint32_t flags)
{
    bool zeroes = req->type == VIRTIO_BLK_T_WRITE_ZEROES;
    uint32_t max = zeroes ? s->conf.max_write_zeroes_sectors : s->conf.max_discard_sectors;

    if (flags & ~(zeroes ? VIRTIO_BLK_SEGMENT_UNMAP : 0)) {
        return VIRTIO_BLK_S_UNSUPP;
    }
    if (num > max || !range_ok(s, sector, (uint64_t)num << BDRV_SECTOR_BITS) ||
        virtio_host_has_feature(VIRTIO_DEVICE(s), VIRTIO_BLK_F_RO)) {
        return VIRTIO_BLK_S_IOERR;
    }
    return VIRTIO_BLK_S_OK;
}

static void handle_segment(VirtIOBlock *s, VirtIOBlkReq *req, Batch *b)
{
    bool zeroes = req->type == VIRTIO_BLK_T_WRITE_ZEROES;
    int feature = zeroes ? VIRTIO_BLK_F_WRITE_ZEROES : VIRTIO_BLK_F_DISCARD;
    uint8_t raw[VIRTIO_BLK_SEGMENT_SIZE], status = VIRTIO_BLK_S_UNSUPP;
    size_t size = iov_size(req->elem.out_sg, req->elem.out_num) - VIRTIO_BLK_HEADER_SIZE;
    uint64_t sector = 0;
    uint32_t num = 0, flags = 0;

    /* One segment: that is max_discard_seg and max_write_zeroes_seg. */
    if (virtio_host_has_feature(VIRTIO_DEVICE(s), feature) && size == sizeof(raw)) {
        iov_to_buf(req->elem.out_sg, req->elem.out_num, VIRTIO_BLK_HEADER_SIZE, raw, sizeof(raw));
        sector = ldq_le_p(raw);
        num = ldl_le_p(raw + 8);
        flags = ldl_le_p(raw + 12);
        status = check_segment(s, req, sector, num, flags);
    }
    if (status != VIRTIO_BLK_S_OK) {
        block_acct_invalid(blk_get_stats(s->blk), zeroes ? BLOCK_ACCT_WRITE : BLOCK_ACCT_UNMAP);
        complete(req, status, 0);
        return;
    }
    submit_batch(s, b);
    block_acct_start(blk_get_stats(s->blk), &req->acct, (int64_t)num << BDRV_SECTOR_BITS,
                     zeroes ? BLOCK_ACCT_WRITE : BLOCK_ACCT_UNMAP);
    if (zeroes) {
        blk_aio_pwrite_zeroes(s->blk, sector << BDRV_SECTOR_BITS, (int64_t)num << BDRV_SECTOR_BITS,
                              flags & VIRTIO_BLK_SEGMENT_UNMAP ? BDRV_REQ_MAY_UNMAP : 0, other_done,
                              req);
    } else {
        blk_aio_pdiscard(s->blk, sector << BDRV_SECTOR_BITS, (int64_t)num << BDRV_SECTOR_BITS,
                         other_done, req);
    }
}

/* ---- taking requests ---- */

void virtio_blk_init_request(VirtIOBlock *s, VirtQueue *vq, VirtIOBlkReq *req)
{
    req->dev = s;
    req->vq = vq;
}

/* Reads the header, and finds the status byte; false leaves no place for an answer. */
static bool parse(VirtIOBlock *s, VirtIOBlkReq *req)
{
    VirtQueueElement *e = &req->elem;
    uint8_t raw[VIRTIO_BLK_HEADER_SIZE];
    uint64_t sector;

    if (!e->in_num || iov_to_buf(e->out_sg, e->out_num, 0, raw, sizeof(raw)) != sizeof(raw)) {
        virtio_error(VIRTIO_DEVICE(s), "a request without header or status");
        return false;
    }
    req->type = ldl_le_p(raw) & ~VIRTIO_BLK_T_BARRIER;
    sector = ldq_le_p(raw + 8);
    /* Beyond what any disk has, and still a number that can be compared. */
    req->sector = MIN(sector, (uint64_t)INT64_MAX >> BDRV_SECTOR_BITS);
    req->in_len = iov_size(e->in_sg, e->in_num);
    req->status = (uint8_t *)e->in_sg[e->in_num - 1].iov_base + e->in_sg[e->in_num - 1].iov_len - 1;
    return true;
}

static void handle_request(VirtIOBlock *s, VirtIOBlkReq *req, Batch *b)
{
    if (!parse(s, req)) {
        abandon(req);
        return;
    }
    switch (req->type) {
    case VIRTIO_BLK_T_IN:
    case VIRTIO_BLK_T_OUT:
        handle_rw(s, req, b);
        break;
    case VIRTIO_BLK_T_FLUSH:
        handle_flush(s, req, b);
        break;
    case VIRTIO_BLK_T_GET_ID:
        handle_get_id(s, req);
        break;
    case VIRTIO_BLK_T_DISCARD:
    case VIRTIO_BLK_T_WRITE_ZEROES:
        handle_segment(s, req, b);
        break;
    default:
        complete(req, VIRTIO_BLK_S_UNSUPP, 0);
        break;
    }
}

void virtio_blk_handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);
    /* While a thread polls the ring, notifications are off already. */
    bool suppress = virtio_queue_get_notification(vq);
    Batch b;

    init_batch(&b);
    defer_call_begin();
    do {
        VirtIOBlkReq *req;

        if (suppress) {
            virtio_queue_set_notification(vq, false);
        }
        while ((req = virtqueue_pop(vq, sizeof(*req)))) {
            virtio_blk_init_request(s, vq, req);
            qatomic_inc(&s->in_flight);
            handle_request(s, req, &b);
        }
        if (suppress) {
            virtio_queue_set_notification(vq, true);
        }
    } while (!virtio_queue_empty(vq));
    submit_batch(s, &b);
    defer_call_end();
}

/* ---- requests that were kept when the machine stopped ---- */

typedef struct Restart {
    VirtIOBlock *s;
    VirtIOBlkReq *reqs;
} Restart;

/* The thread that has the queue. */
static void restart_bh(void *opaque)
{
    Restart *r = opaque;
    VirtIOBlock *s = r->s;
    VirtIOBlkReq *next;
    Batch b;

    init_batch(&b);
    defer_call_begin();
    for (VirtIOBlkReq *req = r->reqs; req; req = next) {
        next = req->next;
        req->next = NULL;
        handle_request(s, req, &b);
    }
    submit_batch(s, &b);
    defer_call_end();
    blk_dec_in_flight(s->blk);
    leave_flight(s, 1);
    g_free(r);
}

/* Those of @vq, taken out of the list, the oldest first. */
static VirtIOBlkReq *take_kept(VirtIOBlock *s, VirtQueue *vq)
{
    VirtIOBlkReq **link, *taken = NULL;

    QEMU_LOCK_GUARD(&s->kept_lock);
    for (link = &s->kept; *link;) {
        VirtIOBlkReq *req = *link;

        if (req->vq == vq) {
            *link = req->next;
            req->next = taken;
            taken = req;
        } else {
            link = &req->next;
        }
    }
    return taken;
}

void virtio_blk_restart_kept(VirtIOBlock *s)
{
    for (unsigned i = 0; i < virtio_num_queues(VIRTIO_DEVICE(s)); i++) {
        VirtQueue *vq = virtio_get_queue(VIRTIO_DEVICE(s), i);
        VirtIOBlkReq *reqs = take_kept(s, vq);
        Restart *r;

        if (!reqs) {
            continue;
        }
        r = g_new(Restart, 1);
        *r = (Restart){s, reqs};
        for (VirtIOBlkReq *req = reqs; req; req = req->next) {
            qatomic_inc(&s->in_flight);
        }
        /* A drain until then waits for it, and so does who waits for the device. */
        blk_inc_in_flight(s->blk);
        qatomic_inc(&s->in_flight);
        aio_bh_schedule_oneshot(virtio_blk_queue_ctx(s, vq), restart_bh, r);
    }
}

void virtio_blk_drop_kept(VirtIOBlock *s, int queue_index)
{
    for (unsigned i = 0; i < virtio_num_queues(VIRTIO_DEVICE(s)); i++) {
        VirtIOBlkReq *req, *next;

        if (queue_index >= 0 && i != (unsigned)queue_index) {
            continue;
        }
        for (req = take_kept(s, virtio_get_queue(VIRTIO_DEVICE(s), i)); req; req = next) {
            next = req->next;
            virtqueue_detach_element(req->vq, &req->elem, 0);
            g_free(req);
        }
    }
}

void virtio_blk_wait_idle(VirtIOBlock *s)
{
    AIO_WAIT_WHILE(NULL, qatomic_read(&s->in_flight) > 0);
}
