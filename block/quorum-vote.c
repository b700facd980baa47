/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of the filter "quorum": writes go to all images; a read is what enough of them agree on
 * (read-pattern=quorum), or what the first that can be read has (fifo). Any thread.
 */
#include "qemu/osdep.h"
#include "fan-out.h"
#include "qapi/qapi-events-block-core.h"
#include "qapi/qapi-types-block-node.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "quorum.h"

/* ---- events ---- */

typedef struct QuorumEvent {
    bool failure; /* of the whole request, else of one child */
    QuorumOpType type;
    char *node_name;
    int ret; /* 0: no error, but other data */
    int64_t sector, sectors;
} QuorumEvent;

/* Events are sent with the BQL held, and requests may be anywhere. */
static void send_event_bh(void *opaque)
{
    QuorumEvent *e = opaque;

    if (e->failure) {
        qapi_event_send_quorum_failure(e->node_name, e->sector, e->sectors);
    } else {
        qapi_event_send_quorum_report_bad(e->type, e->ret < 0 ? strerror(-e->ret) : NULL,
                                          e->node_name, e->sector, e->sectors);
    }
    g_free(e->node_name);
    g_free(e);
}

static void send_event(QuorumEvent e, BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    e.node_name = g_strdup(bs->node_name);
    e.sector = offset / BDRV_SECTOR_SIZE;
    e.sectors = DIV_ROUND_UP(offset + bytes, BDRV_SECTOR_SIZE) - e.sector;
    aio_bh_schedule_oneshot(qemu_get_aio_context(), send_event_bh, g_memdup2(&e, sizeof(e)));
}

static void report_bad(BdrvChild *child, QuorumOpType type, int ret, int64_t offset, int64_t bytes)
{
    send_event((QuorumEvent){.type = type, .ret = ret}, child->bs, offset, bytes);
}

static void report_failure(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    send_event((QuorumEvent){.failure = true}, bs, offset, bytes);
}

/* ---- what all children have done ---- */

/* The error that most have; of several the last. */
static int vote_error(const BdrvFanOut *f)
{
    int best = -EIO;
    unsigned most = 0;

    for (unsigned i = 0; i < f->n; i++) {
        unsigned votes = 0;

        for (unsigned j = 0; f->parts[i].ret < 0 && j < f->n; j++) {
            votes += f->parts[j].ret == f->parts[i].ret;
        }
        if (votes && votes >= most) {
            most = votes;
            best = f->parts[i].ret;
        }
    }
    return best;
}

/* Report who failed. 0 if the others are enough. */
static int judge(BlockDriverState *bs, const BdrvFanOut *f, QuorumOpType type)
{
    QuorumState *s = bs->opaque;
    unsigned good = 0;

    for (unsigned i = 0; i < f->n; i++) {
        if (f->parts[i].ret < 0) {
            report_bad(f->parts[i].child, type, f->parts[i].ret, f->offset, f->bytes);
        } else {
            good++;
        }
    }
    if (good >= s->threshold) {
        return 0;
    }
    if (type != QUORUM_OP_TYPE_FLUSH) {
        report_failure(bs, f->offset, f->bytes);
    }
    return vote_error(f);
}

static BdrvFanOutPart *new_parts(const QuorumState *s, QEMUIOVector *qiov, size_t qiov_offset)
{
    BdrvFanOutPart *parts = g_new0(BdrvFanOutPart, s->n);

    for (unsigned i = 0; i < s->n; i++) {
        parts[i] = (BdrvFanOutPart){s->children[i], qiov, qiov_offset};
    }
    return parts;
}

static int coroutine_fn change_all(BlockDriverState *bs, BdrvFanOutType type, QuorumOpType op,
                                   int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                                   size_t qiov_offset, BdrvRequestFlags flags)
{
    QuorumState *s = bs->opaque;
    g_autofree BdrvFanOutPart *parts = new_parts(s, qiov, qiov_offset);
    BdrvFanOut f = {type, offset, bytes, flags, parts, s->n};

    bdrv_co_fan_out(&f);
    return judge(bs, &f, op);
}

int coroutine_fn quorum_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    return change_all(bs, BDRV_FAN_OUT_WRITE, QUORUM_OP_TYPE_WRITE, offset, bytes, qiov,
                      qiov_offset, flags);
}

int coroutine_fn quorum_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                         BdrvRequestFlags flags)
{
    return change_all(bs, BDRV_FAN_OUT_ZEROES, QUORUM_OP_TYPE_WRITE, offset, bytes, NULL, 0, flags);
}

int coroutine_fn quorum_co_flush(BlockDriverState *bs)
{
    return change_all(bs, BDRV_FAN_OUT_FLUSH, QUORUM_OP_TYPE_FLUSH, 0, 0, NULL, 0, 0);
}

/* ---- reads ---- */

/* What each child has in a range. */
typedef struct Ballot {
    int64_t offset, bytes;
    BdrvFanOutPart *parts;
    QEMUIOVector *qiovs;
    uint8_t *mem;
    size_t stride;
    unsigned *same; /* the first child that has the same data; n: it could not be read */
    unsigned n, versions, winner;
} Ballot;

static bool ballot_init(Ballot *b, BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    QuorumState *s = bs->opaque;

    *b = (Ballot){.offset = offset, .bytes = bytes, .n = s->n};
    b->stride = ROUND_UP(bytes, bdrv_opt_mem_align(bs));
    b->mem = qemu_try_blockalign(bs, b->stride * s->n);
    if (!b->mem) {
        return false;
    }
    b->parts = new_parts(s, NULL, 0);
    b->qiovs = g_new(QEMUIOVector, s->n);
    b->same = g_new0(unsigned, s->n);
    for (unsigned i = 0; i < s->n; i++) {
        b->parts[i].qiov = &b->qiovs[i];
        qemu_iovec_init_buf(b->parts[i].qiov, b->mem + i * b->stride, bytes);
    }
    return true;
}

static void ballot_free(Ballot *b)
{
    qemu_vfree(b->mem);
    g_free(b->parts);
    g_free(b->qiovs);
    g_free(b->same);
}

/* Sets @same, @versions and @winner; returns how many are for the winner. */
static unsigned count_votes(Ballot *b)
{
    g_autofree unsigned *votes = g_new0(unsigned, b->n);
    unsigned most = 0;

    b->versions = 0;
    for (unsigned i = 0; i < b->n; i++) {
        unsigned j = b->parts[i].ret < 0 ? b->n : 0;

        while (j < i && (b->same[j] != j ||
                         memcmp(b->mem + i * b->stride, b->mem + j * b->stride, b->bytes))) {
            j++;
        }
        b->same[i] = j;
        if (j == b->n) {
            continue;
        }
        b->versions += j == i;
        if (++votes[j] > most) {
            most = votes[j];
            b->winner = j;
        }
    }
    return most;
}

/* For who tests an image against another one. */
static int blame_difference(const Ballot *b)
{
    int64_t i = 0;

    while (b->mem[i] == b->mem[b->stride + i]) {
        i++;
    }
    error_report("quorum: offset=%" PRId64 " bytes=%" PRId64
                 " contents mismatch at offset %" PRId64,
                 b->offset, b->bytes, b->offset + i);
    return -EIO;
}

/* Read all and vote; b->winner has what counts if the result is 0. */
static int coroutine_fn read_and_vote(BlockDriverState *bs, Ballot *b)
{
    QuorumState *s = bs->opaque;
    BdrvFanOut f = {BDRV_FAN_OUT_READ, b->offset, b->bytes, 0, b->parts, b->n};
    unsigned votes;
    int ret;

    bdrv_co_fan_out(&f);
    ret = judge(bs, &f, QUORUM_OP_TYPE_READ);
    if (ret < 0) {
        return ret;
    }
    votes = count_votes(b);
    if (b->versions == 1) {
        return 0;
    }
    if (s->verify) {
        return blame_difference(b);
    }
    if (votes < s->threshold) {
        report_failure(bs, b->offset, b->bytes);
        return -EIO;
    }
    return 0;
}

static bool has_lost(const Ballot *b, unsigned i)
{
    return b->same[i] < b->n && b->same[i] != b->winner;
}

static void report_losers(const Ballot *b)
{
    for (unsigned i = 0; i < b->n; i++) {
        if (has_lost(b, i)) {
            report_bad(b->parts[i].child, QUORUM_OP_TYPE_READ, 0, b->offset, b->bytes);
        }
    }
}

/*
 * Give the losers what the winner has. Nobody may write there meanwhile, or new data would be
 * overwritten with old: the request becomes one that runs alone, and votes again. The images of a
 * node that is inactive belong to somebody else.
 */
static int coroutine_fn mend(BlockDriverState *bs, Ballot *b)
{
    BdrvTrackedRequest *self = bdrv_co_get_self_request(bs);
    g_autofree BdrvFanOutPart *losers = g_new0(BdrvFanOutPart, b->n);
    BdrvFanOut f = {BDRV_FAN_OUT_WRITE, b->offset, b->bytes, 0, losers};
    int ret;

    if (!self || (bs->open_flags & BDRV_O_INACTIVE)) {
        return 0;
    }
    bdrv_make_request_serialising(self, bs->bl.request_alignment, 0);
    ret = read_and_vote(bs, b);
    if (ret < 0) {
        return ret;
    }
    for (unsigned i = 0; i < b->n; i++) {
        if (has_lost(b, i)) {
            losers[f.n++] = (BdrvFanOutPart){b->parts[i].child, &b->qiovs[b->winner]};
        }
    }
    if (f.n) {
        bdrv_co_fan_out(&f);
    }
    for (unsigned i = 0; i < f.n; i++) {
        if (losers[i].ret < 0) {
            report_bad(losers[i].child, QUORUM_OP_TYPE_WRITE, losers[i].ret, b->offset, b->bytes);
        }
    }
    return 0;
}

static int coroutine_fn read_quorum(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                    QEMUIOVector *qiov, size_t qiov_offset)
{
    QuorumState *s = bs->opaque;
    Ballot b;
    int ret;

    if (!ballot_init(&b, bs, offset, bytes)) {
        return -ENOMEM;
    }
    ret = read_and_vote(bs, &b);
    if (ret >= 0 && b.versions > 1) {
        report_losers(&b);
        ret = s->rewrite ? mend(bs, &b) : 0;
    }
    if (ret >= 0) {
        qemu_iovec_from_buf(qiov, qiov_offset, b.mem + b.winner * b.stride, bytes);
    }
    ballot_free(&b);
    return ret;
}

static int coroutine_fn read_fifo(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                  QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    QuorumState *s = bs->opaque;
    int ret = -EIO;

    for (unsigned i = 0; i < s->n && ret < 0; i++) {
        ret = bdrv_co_preadv_part(s->children[i], offset, bytes, qiov, qiov_offset, flags);
        if (ret < 0) {
            report_bad(s->children[i], QUORUM_OP_TYPE_READ, ret, offset, bytes);
        }
    }
    return ret;
}

int coroutine_fn quorum_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                  QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags)
{
    QuorumState *s = bs->opaque;

    return s->read_pattern == QUORUM_READ_PATTERN_FIFO
               ? read_fifo(bs, offset, bytes, qiov, qiov_offset, flags)
               : read_quorum(bs, offset, bytes, qiov, qiov_offset);
}

/* Zero is what all say that it is. */
int coroutine_fn quorum_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                        int64_t bytes, int64_t *pnum, int64_t *map,
                                        BlockDriverState **file)
{
    QuorumState *s = bs->opaque;

    *pnum = bytes;
    *map = offset;
    *file = bs;
    for (unsigned i = 0; i < s->n; i++) {
        int64_t child_map;
        BlockDriverState *child_file;
        int ret = bdrv_co_block_status_above(s->children[i]->bs, NULL, offset, *pnum, pnum,
                                             &child_map, &child_file);

        if (ret < 0 || !*pnum) {
            *pnum = bytes;
            return BDRV_BLOCK_DATA | BDRV_BLOCK_ALLOCATED;
        }
        if (!(ret & BDRV_BLOCK_ZERO)) {
            return BDRV_BLOCK_DATA | BDRV_BLOCK_ALLOCATED;
        }
    }
    return BDRV_BLOCK_ZERO | BDRV_BLOCK_ALLOCATED;
}
