/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disk requests straight from and to guest memory. Main thread's context, BQL held. */
#include "qemu/osdep.h"
#include "hw/block/dma-blk.h"
#include "qemu/iov.h"
#include "qemu/units.h"

/* A round moves at most so much, through at most so many pieces. */
#define ROUND_BYTES  (4 * MiB)
#define ROUND_PIECES 512
/* Of memory that is not mapped. */
#define BOUNCE_BYTES (64 * KiB)

typedef struct Piece {
    dma_addr_t addr;
    dma_addr_t len;
    void *host;
    bool bounced; /* host is ours */
} Piece;

typedef struct DMABlkRequest {
    BlockBackend *blk;
    QEMUSGList *sg;
    int64_t offset;
    uint32_t align;
    bool to_memory;
    BlockCompletionFunc *cb;
    void *opaque;

    /* where the next round begins */
    int entry;
    dma_addr_t in_entry;

    QEMUIOVector qiov;
    int num_pieces;
    Piece pieces[ROUND_PIECES];
} DMABlkRequest;

static DMADirection direction(const DMABlkRequest *r)
{
    return r->to_memory ? DMA_DIRECTION_FROM_DEVICE : DMA_DIRECTION_TO_DEVICE;
}

/* Maps up to @len bytes at @addr; the bytes that the piece has. */
static dma_addr_t add_piece(DMABlkRequest *r, dma_addr_t addr, dma_addr_t len)
{
    Piece *p = &r->pieces[r->num_pieces++];

    *p = (Piece){.addr = addr, .len = len};
    p->host = dma_memory_map(r->sg->as, addr, &p->len, direction(r), MEMTXATTRS_UNSPECIFIED);
    if (!p->host) {
        p->len = MIN(len, BOUNCE_BYTES);
        p->bounced = true;
        p->host = g_malloc0(p->len);
        if (!r->to_memory) {
            dma_memory_read(r->sg->as, addr, p->host, p->len, MEMTXATTRS_UNSPECIFIED);
        }
    }
    qemu_iovec_add(&r->qiov, p->host, p->len);
    return p->len;
}

/* Gives a piece back, of which the first @len bytes came from the disk. */
static void drop_piece(DMABlkRequest *r, Piece *p, dma_addr_t len)
{
    if (!p->bounced) {
        dma_memory_unmap(r->sg->as, p->host, p->len, direction(r), len);
        return;
    }
    if (len) {
        dma_memory_write(r->sg->as, p->addr, p->host, len, MEMTXATTRS_UNSPECIFIED);
    }
    g_free(p->host);
}

static void go_back(DMABlkRequest *r, dma_addr_t bytes)
{
    while (bytes) {
        dma_addr_t step;

        if (!r->in_entry) {
            r->entry--;
            r->in_entry = r->sg->sg[r->entry].len;
        }
        step = MIN(bytes, r->in_entry);
        r->in_entry -= step;
        bytes -= step;
    }
}

/* The next pieces, as whole blocks: of the last ones only a part may be used. */
static void map_round(DMABlkRequest *r)
{
    dma_addr_t excess;

    qemu_iovec_reset(&r->qiov);
    r->num_pieces = 0;
    while (r->entry < r->sg->nsg && r->num_pieces < ROUND_PIECES && r->qiov.size < ROUND_BYTES) {
        const ScatterGatherEntry *e = &r->sg->sg[r->entry];
        dma_addr_t len = MIN(e->len - r->in_entry, ROUND_BYTES - r->qiov.size);

        if (len) {
            r->in_entry += add_piece(r, e->base + r->in_entry, len);
        }
        if (r->in_entry == e->len) {
            r->entry++;
            r->in_entry = 0;
        }
    }
    excess = r->qiov.size % r->align;
    go_back(r, excess);
    qemu_iovec_discard_back(&r->qiov, excess);
}

static void unmap_round(DMABlkRequest *r, bool good)
{
    for (int i = 0; i < r->num_pieces; i++) {
        size_t used = i < r->qiov.niov ? r->qiov.iov[i].iov_len : 0;

        drop_piece(r, &r->pieces[i], good && r->to_memory ? used : 0);
    }
}

static void start_round(DMABlkRequest *r, int ret);

static void round_done(void *opaque, int ret)
{
    DMABlkRequest *r = opaque;

    unmap_round(r, ret >= 0);
    r->offset += r->qiov.size;
    start_round(r, ret);
}

static void start_round(DMABlkRequest *r, int ret)
{
    if (ret >= 0) {
        map_round(r);
        if (r->qiov.size) {
            if (r->to_memory) {
                blk_aio_preadv(r->blk, r->offset, &r->qiov, 0, round_done, r);
            } else {
                blk_aio_pwritev(r->blk, r->offset, &r->qiov, 0, round_done, r);
            }
            return;
        }
        /* Blocks so scattered that not one fits in a round. */
        unmap_round(r, false);
        ret = r->entry < r->sg->nsg ? -EIO : 0;
    }
    r->cb(r->opaque, ret);
    qemu_iovec_destroy(&r->qiov);
    g_free(r);
}

/* An empty list: done, but not from within the call that asked. */
static void nothing_done(void *opaque, int ret)
{
    start_round(opaque, ret);
}

static void start(BlockBackend *blk, QEMUSGList *sg, int64_t offset, uint32_t align, bool to_memory,
                  BlockCompletionFunc *cb, void *opaque)
{
    DMABlkRequest *r = g_new(DMABlkRequest, 1);

    r->blk = blk;
    r->sg = sg;
    r->offset = offset;
    r->align = align;
    r->to_memory = to_memory;
    r->cb = cb;
    r->opaque = opaque;
    r->entry = 0;
    r->in_entry = 0;
    qemu_iovec_init(&r->qiov, MIN(sg->nsg, ROUND_PIECES));
    if (!sg->size) {
        blk_abort_aio_request(blk, nothing_done, r, 0);
        return;
    }
    start_round(r, 0);
}

void dma_blk_read(BlockBackend *blk, QEMUSGList *sg, int64_t offset, uint32_t align,
                  BlockCompletionFunc *cb, void *opaque)
{
    start(blk, sg, offset, align, true, cb, opaque);
}

void dma_blk_write(BlockBackend *blk, QEMUSGList *sg, int64_t offset, uint32_t align,
                   BlockCompletionFunc *cb, void *opaque)
{
    start(blk, sg, offset, align, false, cb, opaque);
}
