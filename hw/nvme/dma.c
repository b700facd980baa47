/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express: where the data of a command is (1.4, 4.3 PRPs, 4.4 SGLs), and reaching it.
 *
 * Lists are in memory that the guest writes at any time: each entry is read once. How many are read
 * is bounded by the length that the command itself gives, or by SGL_MAX.
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "qemu/bswap.h"

#define SGL_MAX         1024 /* descriptors of one command */
#define SGL_AT_ONCE     64
#define BOUNCE_MAX      (16 * MiB) /* of all commands of a controller */
#define ADDR_BIT_BUCKET UINT64_MAX /* a piece that is thrown away */

/* ---- memory ---- */

bool nvme_cmb_translate(NvmeCtrl *n, uint64_t addr, uint64_t len, uint8_t **host)
{
    uint64_t base;

    if (!n->cmb) {
        return false;
    }
    if (n->params.legacy_cmb) {
        base = pci_get_bar_addr(PCI_DEVICE(n), 2);
        if (base == PCI_BAR_UNMAPPED) {
            return false;
        }
    } else if (n->s.cmbmsc & NVME_CMBMSC_CMSE && !(n->s.cmbsts & NVME_CMBSTS_CBAI)) {
        base = NVME_CMBMSC_CBA(n->s.cmbmsc);
    } else {
        return false;
    }
    if (addr < base || addr - base >= n->cmb_size || len > n->cmb_size - (addr - base)) {
        return false;
    }
    *host = n->cmb + (addr - base);
    return true;
}

bool nvme_read_mem(NvmeCtrl *n, uint64_t addr, void *buf, uint64_t len)
{
    uint8_t *host;

    if (nvme_cmb_translate(n, addr, len, &host)) {
        memcpy(buf, host, len);
        return true;
    }
    return pci_dma_read(PCI_DEVICE(n), addr, buf, len) == MEMTX_OK;
}

bool nvme_write_mem(NvmeCtrl *n, uint64_t addr, const void *buf, uint64_t len)
{
    uint8_t *host;

    if (nvme_cmb_translate(n, addr, len, &host)) {
        memcpy(host, buf, len);
        return true;
    }
    return pci_dma_write(PCI_DEVICE(n), addr, buf, len) == MEMTX_OK;
}

/* ---- lists to pieces ---- */

/* Pieces that follow one another become one. */
static void add_piece(NvmeData *d, uint64_t addr, uint64_t len)
{
    ScatterGatherEntry *last = d->nsegs ? &d->segs[d->nsegs - 1] : NULL;

    d->size += len;
    if (last && addr != ADDR_BIT_BUCKET && last->base + last->len == addr) {
        last->len += len;
        return;
    }
    if (d->nsegs == d->allocated) {
        d->allocated = d->allocated * 2 + 8;
        d->segs = g_renew(ScatterGatherEntry, d->segs, d->allocated);
    }
    d->segs[d->nsegs++] = (ScatterGatherEntry){addr, len};
}

static uint16_t parse_prp_list(NvmeRequest *req, uint64_t list, uint64_t len)
{
    NvmeCtrl *n = req->ctrl;
    uint64_t page = nvme_page_size(n);
    g_autofree uint64_t *entries = NULL;

    if (list & 7) {
        return NVME_INVALID_PRP_OFFSET;
    }
    entries = g_malloc(page);
    while (len) {
        /* To the end of its page; the last entry there leads on when it is not the last of all. */
        uint64_t room = (page - (list & (page - 1))) / 8;
        uint64_t want = MIN(DIV_ROUND_UP(len, page), room);
        bool more = DIV_ROUND_UP(len, page) > room;

        if (!nvme_read_mem(n, list, entries, want * 8)) {
            return NVME_DATA_TRANSFER_ERROR;
        }
        for (uint64_t i = 0; i < want - more; i++) {
            uint64_t addr = le64_to_cpu(entries[i]), part = MIN(len, page);

            if (addr & (page - 1)) {
                return NVME_INVALID_PRP_OFFSET;
            }
            add_piece(&req->data, addr, part);
            len -= part;
        }
        if (more) {
            list = le64_to_cpu(entries[want - 1]);
            /* A page that holds nothing but the way to the next would have no end. */
            if (list & 7 || (list & (page - 1)) > page - 16) {
                return NVME_INVALID_PRP_OFFSET;
            }
        }
    }
    return NVME_SUCCESS;
}

static uint16_t parse_prps(NvmeRequest *req, uint64_t len)
{
    uint64_t page = nvme_page_size(req->ctrl);
    uint64_t prp1 = nvme_qword(&req->cmd, 6), prp2 = nvme_qword(&req->cmd, 8);
    uint64_t part = MIN(len, page - (prp1 & (page - 1)));

    if (prp1 & 3) {
        return NVME_INVALID_PRP_OFFSET;
    }
    add_piece(&req->data, prp1, part);
    len -= part;
    if (!len) {
        return NVME_SUCCESS;
    }
    if (len > page) {
        return parse_prp_list(req, prp2, len);
    }
    if (prp2 & (page - 1)) {
        return NVME_INVALID_PRP_OFFSET;
    }
    add_piece(&req->data, prp2, len);
    return NVME_SUCCESS;
}

typedef struct SglDescriptor {
    uint64_t addr;
    uint32_t len;
    uint8_t type, subtype;
} SglDescriptor;

enum { SGL_DATA_BLOCK, SGL_BIT_BUCKET, SGL_SEGMENT, SGL_LAST_SEGMENT };

static SglDescriptor sgl_decode(const uint8_t *raw)
{
    return (SglDescriptor){
        .addr = ldq_le_p(raw),
        .len = ldl_le_p(raw + 8),
        .type = raw[15] >> 4,
        .subtype = raw[15] & 0xf,
    };
}

static uint16_t sgl_add(NvmeRequest *req, const SglDescriptor *d, uint64_t *left, DMADirection dir)
{
    bool bucket = d->type == SGL_BIT_BUCKET;

    if (d->type > SGL_LAST_SEGMENT || d->subtype) {
        return NVME_SGL_TYPE_INVALID;
    }
    /* A bucket takes what a read delivers; it supplies nothing to a write. */
    if (!d->len || (bucket && dir == DMA_DIRECTION_TO_DEVICE)) {
        return NVME_SUCCESS;
    }
    if (d->len > *left || (!bucket && d->addr + d->len < d->addr)) {
        return NVME_SGL_LENGTH_INVALID;
    }
    add_piece(&req->data, bucket ? ADDR_BIT_BUCKET : d->addr, d->len);
    *left -= d->len;
    return NVME_SUCCESS;
}

/* One segment; *@next is the descriptor that leads on, if the last of a segment does. */
static uint16_t parse_sgl_segment(NvmeRequest *req, const SglDescriptor *seg, uint64_t *left,
                                  unsigned *budget, SglDescriptor *next)
{
    uint8_t raw[SGL_AT_ONCE * 16];
    unsigned count = seg->len / 16;

    *next = (SglDescriptor){.type = SGL_DATA_BLOCK};
    if (!count || seg->len % 16) {
        return NVME_INVALID_SGL_SEGMENT;
    }
    if (count > *budget) {
        return NVME_INVALID_SGL_COUNT;
    }
    *budget -= count;
    for (unsigned done = 0; done < count;) {
        unsigned part = MIN(count - done, SGL_AT_ONCE);

        if (!nvme_read_mem(req->ctrl, seg->addr + done * 16ull, raw, part * 16)) {
            return NVME_DATA_TRANSFER_ERROR;
        }
        for (unsigned i = 0; i < part; i++, done++) {
            SglDescriptor d = sgl_decode(raw + 16 * i);
            uint16_t status;

            if (d.type == SGL_SEGMENT || d.type == SGL_LAST_SEGMENT) {
                if (done + 1 != count || seg->type == SGL_LAST_SEGMENT || d.subtype) {
                    return NVME_INVALID_SGL_SEGMENT;
                }
                *next = d;
                continue;
            }
            status = sgl_add(req, &d, left, req->data.dir);
            if (status) {
                return status;
            }
        }
    }
    return NVME_SUCCESS;
}

static uint16_t parse_sgl(NvmeRequest *req, uint64_t len)
{
    uint8_t raw[16];
    SglDescriptor d;
    unsigned budget = SGL_MAX;
    uint64_t left = len;
    uint16_t status;

    for (int i = 0; i < 4; i++) {
        stl_le_p(raw + 4 * i, req->cmd.dw[6 + i]);
    }
    d = sgl_decode(raw);
    if (d.type != SGL_SEGMENT && d.type != SGL_LAST_SEGMENT) {
        status = sgl_add(req, &d, &left, req->data.dir);
    } else {
        do {
            SglDescriptor seg = d;

            if (seg.subtype) {
                return NVME_SGL_TYPE_INVALID;
            }
            status = parse_sgl_segment(req, &seg, &left, &budget, &d);
        } while (!status && (d.type == SGL_SEGMENT || d.type == SGL_LAST_SEGMENT));
    }
    return status ? status : left ? NVME_SGL_LENGTH_INVALID : NVME_SUCCESS;
}

uint16_t nvme_data_parse(NvmeRequest *req, uint64_t len)
{
    unsigned psdt = extract32(req->cmd.dw[0], 14, 2);

    req->data.nsegs = 0;
    req->data.size = 0;
    if (psdt == 0) {
        return parse_prps(req, len);
    }
    /* On PCIe, admin commands have PRPs (4.4). */
    if (psdt == 3 || req->sq->sqid == 0) {
        return NVME_INVALID_FIELD;
    }
    return parse_sgl(req, len);
}

/* ---- pieces to pointers ---- */

static void unmap_pieces(NvmeRequest *req, bool written)
{
    NvmeData *d = &req->data;
    AddressSpace *as = pci_get_address_space(PCI_DEVICE(req->ctrl));

    for (int i = 0; i < d->qiov.niov; i++) {
        struct iovec *v = &d->qiov.iov[i];

        if (!req->ctrl->cmb || (uint8_t *)v->iov_base < req->ctrl->cmb ||
            (uint8_t *)v->iov_base >= req->ctrl->cmb + req->ctrl->cmb_size) {
            dma_memory_unmap(as, v->iov_base, v->iov_len, d->dir, written ? v->iov_len : 0);
        }
    }
    qemu_iovec_destroy(&d->qiov);
    d->mapped = false;
}

/* False when a piece is no memory that can be pointed to. */
static bool map_pieces(NvmeRequest *req)
{
    NvmeData *d = &req->data;
    AddressSpace *as = pci_get_address_space(PCI_DEVICE(req->ctrl));

    qemu_iovec_init(&d->qiov, d->nsegs);
    d->mapped = true;
    for (unsigned i = 0; i < d->nsegs; i++) {
        uint64_t addr = d->segs[i].base, left = d->segs[i].len;
        uint8_t *host;

        if (addr == ADDR_BIT_BUCKET) {
            break;
        }
        if (nvme_cmb_translate(req->ctrl, addr, left, &host)) {
            qemu_iovec_add(&d->qiov, host, left);
            continue;
        }
        while (left) {
            dma_addr_t part = left;
            void *p = dma_memory_map(as, addr, &part, d->dir, MEMTXATTRS_UNSPECIFIED);

            if (!p) {
                break;
            }
            qemu_iovec_add(&d->qiov, p, part);
            addr += part;
            left -= part;
        }
        if (left) {
            break;
        }
    }
    if (d->qiov.size == d->size) {
        return true;
    }
    unmap_pieces(req, false);
    return false;
}

static bool copy_pieces(NvmeRequest *req, uint8_t *buf)
{
    NvmeData *d = &req->data;

    for (unsigned i = 0; i < d->nsegs; i++) {
        uint64_t addr = d->segs[i].base, len = d->segs[i].len;
        bool ok = true;

        if (d->dir == DMA_DIRECTION_TO_DEVICE) {
            ok = nvme_read_mem(req->ctrl, addr, buf, len);
        } else if (addr != ADDR_BIT_BUCKET) {
            ok = nvme_write_mem(req->ctrl, addr, buf, len);
        }
        if (!ok) {
            return false;
        }
        buf += len;
    }
    return true;
}

static uint16_t bounce(NvmeRequest *req)
{
    NvmeData *d = &req->data;

    if (d->size > BOUNCE_MAX - req->ctrl->bounce_size) {
        return NVME_DATA_TRANSFER_ERROR;
    }
    d->bounce = g_malloc(d->size);
    req->ctrl->bounce_size += d->size;
    qemu_iovec_init_buf(&d->qiov, d->bounce, d->size);
    if (d->dir == DMA_DIRECTION_TO_DEVICE && !copy_pieces(req, d->bounce)) {
        nvme_data_unmap(req, false);
        return NVME_DATA_TRANSFER_ERROR;
    }
    return NVME_SUCCESS;
}

uint16_t nvme_data_map(NvmeRequest *req, uint64_t len, DMADirection dir)
{
    uint16_t status;

    req->data.dir = dir;
    status = nvme_data_parse(req, len);
    if (status) {
        return status;
    }
    return map_pieces(req) ? NVME_SUCCESS : bounce(req);
}

bool nvme_data_unmap(NvmeRequest *req, bool ok)
{
    NvmeData *d = &req->data;
    bool done = true;

    if (d->mapped) {
        unmap_pieces(req, ok);
    } else if (d->bounce) {
        if (ok && d->dir == DMA_DIRECTION_FROM_DEVICE) {
            done = copy_pieces(req, d->bounce);
        }
        req->ctrl->bounce_size -= d->size;
        g_clear_pointer(&d->bounce, g_free);
    }
    return done;
}

/* ---- copies ---- */

uint16_t nvme_data_to_guest(NvmeRequest *req, const void *buf, uint64_t len)
{
    uint16_t status;

    req->data.dir = DMA_DIRECTION_FROM_DEVICE;
    status = nvme_data_parse(req, len);
    if (!status && !copy_pieces(req, (uint8_t *)buf)) {
        status = NVME_DATA_TRANSFER_ERROR;
    }
    return status;
}

uint16_t nvme_data_from_guest(NvmeRequest *req, void *buf, uint64_t len)
{
    uint16_t status;

    req->data.dir = DMA_DIRECTION_TO_DEVICE;
    status = nvme_data_parse(req, len);
    if (!status && !copy_pieces(req, buf)) {
        status = NVME_DATA_TRANSFER_ERROR;
    }
    return status;
}
