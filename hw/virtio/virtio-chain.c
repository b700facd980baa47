/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From descriptors to buffers: the one place where addresses and lengths that a
 * driver wrote are checked, and mapped (virtio 1.3, 2.7.5 and 2.8.13).
 */
#include "qemu/osdep.h"
#include "migration/qemu-file.h"
#include "qemu/iov.h"
#include "system/dma.h"
#include "virtio-internal.h"

/* All buffers of a chain together (2.7.5.2). */
#define CHAIN_MAX_BYTES (1ULL << 32)

/* An indirect table is read in pieces, so that its size costs nothing. */
#define INDIRECT_BATCH 32

static void decode_desc(const uint8_t *raw, VRingDesc *desc)
{
    desc->addr = ldq_le_p(raw);
    desc->len = ldl_le_p(raw + 8);
    desc->flags = lduw_le_p(raw + 12);
    desc->next = lduw_le_p(raw + 14);
}

/* In a packed ring flags and id have changed places. */
static void decode_packed_desc(const uint8_t *raw, VRingDesc *desc)
{
    decode_desc(raw, desc);
    desc->id = lduw_le_p(raw + 12);
    desc->flags = lduw_le_p(raw + 14);
}

bool virtqueue_read_desc(VirtQueue *vq, MemoryRegionCache *table, unsigned num, unsigned i,
                         VRingDesc *desc)
{
    uint8_t raw[VRING_DESC_SIZE];

    if (i >= num) {
        virtio_error(vq->vdev, "queue %u: descriptor %u of %u", vq->index, i, num);
        return false;
    }
    address_space_read_cached(table, (hwaddr)i * VRING_DESC_SIZE, raw, sizeof(raw));
    decode_desc(raw, desc);
    return true;
}

/* One piece of guest memory may be several of the host's. */
static bool map_buffer(VirtQueueChain *chain, hwaddr addr, hwaddr len, bool is_write)
{
    VirtQueue *vq = chain->vq;

    while (len) {
        unsigned n = chain->out_num + chain->in_num;
        hwaddr mapped = len;
        void *host;

        if (n == VIRTQUEUE_MAX_SIZE) {
            virtio_error(vq->vdev, "queue %u: a request of more than %u buffers", vq->index,
                         VIRTQUEUE_MAX_SIZE);
            return false;
        }
        host = address_space_map_piece(vq->vdev->dma_as, addr, &mapped, is_write,
                                       MEMTXATTRS_UNSPECIFIED, &chain->held);
        if (!host) {
            virtio_error(vq->vdev, "queue %u: cannot map %" PRIu64 " bytes at 0x%" HWADDR_PRIx,
                         vq->index, len, addr);
            return false;
        }
        chain->addr[n] = addr;
        chain->iov[n] = (struct iovec){.iov_base = host, .iov_len = mapped};
        if (is_write) {
            chain->in_num++;
        } else {
            chain->out_num++;
        }
        addr += mapped;
        len -= mapped;
    }
    return true;
}

bool virtqueue_chain_add(VirtQueueChain *chain, const VRingDesc *desc)
{
    VirtQueue *vq = chain->vq;
    bool is_write = desc->flags & VRING_DESC_F_WRITE;

    if (desc->len == 0) {
        virtio_error(vq->vdev, "queue %u: an empty buffer", vq->index);
        return false;
    }
    if (!is_write && chain->in_num) {
        virtio_error(vq->vdev, "queue %u: a buffer to read behind one to write", vq->index);
        return false;
    }
    chain->size += desc->len;
    if (chain->size > CHAIN_MAX_BYTES || desc->addr + desc->len < desc->addr) {
        virtio_error(vq->vdev, "queue %u: a request beyond the end of memory", vq->index);
        return false;
    }
    return map_buffer(chain, desc->addr, desc->len, is_write);
}

/* The descriptors of a packed table follow each other; NEXT is reserved in them (2.8.7). */
static bool add_packed_table(VirtQueueChain *chain, const VRingDesc *table, unsigned num)
{
    for (unsigned at = 0; at < num;) {
        uint8_t raw[INDIRECT_BATCH * VRING_DESC_SIZE];
        unsigned count = MIN(num - at, INDIRECT_BATCH);

        if (dma_memory_read(chain->vq->vdev->dma_as, table->addr + (hwaddr)at * VRING_DESC_SIZE,
                            raw, count * VRING_DESC_SIZE, MEMTXATTRS_UNSPECIFIED)) {
            virtio_error(chain->vq->vdev, "queue %u: an indirect table that is not in memory",
                         chain->vq->index);
            return false;
        }
        for (unsigned i = 0; i < count; i++) {
            VRingDesc desc;

            decode_packed_desc(raw + i * VRING_DESC_SIZE, &desc);
            if (!virtqueue_chain_add(chain, &desc)) {
                return false;
            }
        }
        at += count;
    }
    return true;
}

/*
 * A chain in a split ring's table may go anywhere, but drivers lay it out in order:
 * what follows is read along.
 */
static bool add_split_table(VirtQueueChain *chain, const VRingDesc *table, unsigned num)
{
    VirtQueue *vq = chain->vq;
    uint8_t raw[INDIRECT_BATCH * VRING_DESC_SIZE];
    unsigned base = 0, count = 0, i = 0;

    for (unsigned seen = 0;; seen++) {
        VRingDesc desc;

        if (i >= num || seen >= num) {
            virtio_error(vq->vdev, "queue %u: an indirect chain out of its table, or a loop",
                         vq->index);
            return false;
        }
        if (i < base || i >= base + count) {
            base = i;
            count = MIN(num - i, INDIRECT_BATCH);
            if (dma_memory_read(vq->vdev->dma_as, table->addr + (hwaddr)base * VRING_DESC_SIZE, raw,
                                count * VRING_DESC_SIZE, MEMTXATTRS_UNSPECIFIED)) {
                virtio_error(vq->vdev, "queue %u: an indirect table that is not in memory",
                             vq->index);
                return false;
            }
        }
        decode_desc(raw + (i - base) * VRING_DESC_SIZE, &desc);
        if (desc.flags & VRING_DESC_F_INDIRECT) {
            virtio_error(vq->vdev, "queue %u: an indirect descriptor in an indirect table",
                         vq->index);
            return false;
        }
        if (!virtqueue_chain_add(chain, &desc)) {
            return false;
        }
        if (!(desc.flags & VRING_DESC_F_NEXT)) {
            return true;
        }
        i = desc.next;
    }
}

bool virtqueue_chain_add_indirect(VirtQueueChain *chain, const VRingDesc *desc, bool packed)
{
    VirtQueue *vq = chain->vq;
    unsigned num = desc->len / VRING_DESC_SIZE;

    if (!virtio_vdev_has_feature(vq->vdev, VIRTIO_F_INDIRECT_DESC)) {
        virtio_error(vq->vdev, "queue %u: an indirect descriptor, which was not negotiated",
                     vq->index);
        return false;
    }
    if (num == 0 || desc->len % VRING_DESC_SIZE || desc->addr + desc->len < desc->addr) {
        virtio_error(vq->vdev, "queue %u: an indirect table of %u bytes", vq->index, desc->len);
        return false;
    }
    return packed ? add_packed_table(chain, desc, num) : add_split_table(chain, desc, num);
}

/* In the order of mapping; @written bytes of what a device writes were written. */
static void unmap_all(VirtQueue *vq, const struct iovec *out, unsigned out_num,
                      const struct iovec *in, unsigned in_num, size_t written)
{
    AddressSpace *as = vq->vdev->dma_as;
    MemoryRegion *held = NULL;

    for (unsigned i = 0; i < out_num; i++) {
        address_space_unmap_piece(as, out[i].iov_base, false, 0, &held);
    }
    for (unsigned i = 0; i < in_num; i++) {
        size_t here = MIN(written, in[i].iov_len);

        address_space_unmap_piece(as, in[i].iov_base, true, here, &held);
        written -= here;
    }
    memory_region_unref(held);
}

void virtqueue_chain_drop(VirtQueueChain *chain)
{
    unmap_all(chain->vq, chain->iov, chain->out_num, chain->iov + chain->out_num, chain->in_num, 0);
    virtqueue_chain_init(chain, chain->vq);
}

/* ---- elements ---- */

/* With room for so many buffers an element is kept for the next request. */
#define SPARE_BUFFERS 8

typedef struct SpareElement {
    struct SpareElement *next;
} SpareElement;

static void *get_memory(VirtQueue *vq, size_t size, bool may_be_spare)
{
    SpareElement *spare = vq->spares;

    if (!may_be_spare || !spare || vq->spare_size != size) {
        return g_malloc(size);
    }
    vq->spares = spare->next;
    vq->num_spares--;
    return spare;
}

/* One allocation: the device's part, then the arrays. */
static void *alloc_element(VirtQueue *vq, size_t size, unsigned out_num, unsigned in_num)
{
    unsigned n = out_num + in_num, room = MAX(n, SPARE_BUFFERS);
    size_t iov_at = QEMU_ALIGN_UP(size, sizeof(hwaddr));
    size_t addr_at = iov_at + room * sizeof(struct iovec);
    size_t total = addr_at + room * sizeof(hwaddr);
    uint8_t *mem = get_memory(vq, total, room == SPARE_BUFFERS);
    VirtQueueElement *elem = (VirtQueueElement *)mem;

    memset(mem, 0, size);
    elem->spare_size = room == SPARE_BUFFERS ? total : 0;
    elem->out_num = out_num;
    elem->in_num = in_num;
    elem->out_sg = (struct iovec *)(mem + iov_at);
    elem->in_sg = elem->out_sg + out_num;
    elem->out_addr = (hwaddr *)(mem + addr_at);
    elem->in_addr = elem->out_addr + out_num;
    return mem;
}

void virtqueue_free_element(VirtQueue *vq, VirtQueueElement *elem)
{
    SpareElement *spare = (SpareElement *)elem;

    if (!elem->spare_size || vq->num_spares >= vq->num) {
        g_free(elem);
        return;
    }
    if (vq->spare_size != elem->spare_size) {
        virtqueue_drop_spares(vq);
        vq->spare_size = elem->spare_size;
    }
    spare->next = vq->spares;
    vq->spares = spare;
    vq->num_spares++;
}

void virtqueue_drop_spares(VirtQueue *vq)
{
    while (vq->spares) {
        SpareElement *spare = vq->spares;

        vq->spares = spare->next;
        g_free(spare);
    }
    vq->num_spares = 0;
}

void *virtqueue_chain_element(VirtQueueChain *chain, size_t size)
{
    unsigned n = chain->out_num + chain->in_num;
    VirtQueueElement *elem = alloc_element(chain->vq, size, chain->out_num, chain->in_num);

    elem->index = chain->index;
    elem->ndescs = chain->ndescs;
    memcpy(elem->out_sg, chain->iov, n * sizeof(chain->iov[0]));
    memcpy(elem->out_addr, chain->addr, n * sizeof(chain->addr[0]));
    return elem;
}

void virtqueue_unmap(VirtQueue *vq, const VirtQueueElement *elem, unsigned len)
{
    unmap_all(vq, elem->out_sg, elem->out_num, elem->in_sg, elem->in_num, len);
}

/* ---- in a saved state: addresses and lengths, mapped again when it is loaded ---- */

void qemu_put_virtqueue_element(VirtIODevice *vdev, QEMUFile *f, const VirtQueueElement *elem)
{
    unsigned n = elem->out_num + elem->in_num;

    qemu_put_be32(f, elem->index);
    qemu_put_be32(f, elem->ndescs);
    qemu_put_be32(f, elem->order);
    qemu_put_be32(f, elem->out_num);
    qemu_put_be32(f, elem->in_num);
    for (unsigned i = 0; i < n; i++) {
        qemu_put_be64(f, elem->out_addr[i]);
        qemu_put_be64(f, elem->out_sg[i].iov_len);
    }
}

void *qemu_get_virtqueue_element(VirtIODevice *vdev, VirtQueue *vq, QEMUFile *f, size_t size)
{
    g_autofree VirtQueueChain *chain = g_new(VirtQueueChain, 1);
    VirtQueueElement *elem;
    unsigned order, out_num, in_num;

    virtqueue_chain_init(chain, vq);
    chain->index = qemu_get_be32(f);
    chain->ndescs = qemu_get_be32(f);
    order = qemu_get_be32(f);
    out_num = qemu_get_be32(f);
    in_num = qemu_get_be32(f);
    if (out_num > VIRTQUEUE_MAX_SIZE || in_num > VIRTQUEUE_MAX_SIZE - out_num ||
        chain->ndescs == 0 || chain->ndescs > vq->num || chain->index > UINT16_MAX ||
        order >= vq->num) {
        return NULL;
    }
    for (unsigned i = 0; i < out_num + in_num; i++) {
        VRingDesc desc = {.flags = i < out_num ? 0 : VRING_DESC_F_WRITE};
        uint64_t len;

        desc.addr = qemu_get_be64(f);
        len = qemu_get_be64(f);
        desc.len = len;
        if (len > UINT32_MAX || !virtqueue_chain_add(chain, &desc)) {
            virtqueue_chain_drop(chain);
            return NULL;
        }
    }
    elem = virtqueue_chain_element(chain, size);
    elem->order = order;
    return elem;
}
