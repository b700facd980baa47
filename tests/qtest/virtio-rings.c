/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A virtio driver for tests: split and packed rings. See virtio-driver.h. */
#include "virtio-driver.h"
#include "qemu/bswap.h"

#define F_NEXT     1
#define F_WRITE    2
#define F_INDIRECT 4
#define F_AVAIL    0x80
#define F_USED     0x8000

static bool is_packed(VdrvQueue *vq)
{
    return vq->dev->features & VDRV_PACKED;
}

static void write_desc(VdrvQueue *vq, uint64_t at, uint64_t addr, uint32_t len, uint16_t w12,
                       uint16_t w14)
{
    uint8_t raw[16];

    stq_le_p(raw, addr);
    stl_le_p(raw + 8, len);
    stw_le_p(raw + 12, w12);
    stw_le_p(raw + 14, w14);
    qtest_memwrite(vq->dev->qts, at, raw, sizeof(raw));
}

/* ---- split ---- */

static void publish_split(VdrvQueue *vq, uint16_t head)
{
    qtest_writew(vq->dev->qts, vq->avail + 4 + 2 * (vq->avail_idx % vq->num), head);
    vq->avail_idx++;
    qtest_writew(vq->dev->qts, vq->avail + 2, vq->avail_idx);
}

static uint16_t add_split(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n)
{
    uint16_t head = vq->free_desc;

    for (unsigned i = 0; i < n; i++) {
        uint16_t at = (head + i) % vq->num;
        uint16_t flags = (bufs[i].write ? F_WRITE : 0) | (i + 1 < n ? F_NEXT : 0);

        write_desc(vq, vq->desc + 16 * at, bufs[i].addr, bufs[i].len, flags, (at + 1) % vq->num);
    }
    vq->free_desc = (head + n) % vq->num;
    publish_split(vq, head);
    return head;
}

static uint16_t add_split_indirect(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n)
{
    uint64_t table = vdrv_alloc(vq->dev->qts, 16 * n);
    uint16_t head = vq->free_desc;

    for (unsigned i = 0; i < n; i++) {
        write_desc(vq, table + 16 * i, bufs[i].addr, bufs[i].len,
                   (bufs[i].write ? F_WRITE : 0) | (i + 1 < n ? F_NEXT : 0), i + 1);
    }
    write_desc(vq, vq->desc + 16 * head, table, 16 * n, F_INDIRECT, 0);
    vq->free_desc = (head + 1) % vq->num;
    publish_split(vq, head);
    return head;
}

static bool get_used_split(VdrvQueue *vq, uint16_t *id, uint32_t *len)
{
    uint64_t at = vq->used + 4 + 8 * (vq->used_idx % vq->num);

    if (qtest_readw(vq->dev->qts, vq->used + 2) == vq->used_idx) {
        return false;
    }
    *id = qtest_readl(vq->dev->qts, at);
    *len = qtest_readl(vq->dev->qts, at + 4);
    vq->used_idx++;
    return true;
}

/* ---- packed ---- */

static uint16_t packed_flags(bool wrap)
{
    return wrap ? F_AVAIL : F_USED;
}

static void step(VdrvQueue *vq, uint16_t *idx, bool *wrap, unsigned n)
{
    *idx += n;
    if (*idx >= vq->num) {
        *idx -= vq->num;
        *wrap = !*wrap;
    }
}

/* The flags of the first descriptor last. */
static uint16_t add_packed(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n, uint16_t extra)
{
    uint16_t id = vq->free_desc, at = vq->avail_idx, first_flags = 0;
    uint64_t first = vq->desc + 16 * at;
    bool wrap = vq->avail_wrap;

    for (unsigned i = 0; i < n; i++) {
        uint16_t flags =
            packed_flags(wrap) | (bufs[i].write ? F_WRITE : 0) | (i + 1 < n ? F_NEXT : 0) | extra;

        if (i == 0) {
            first_flags = flags;
            flags ^= F_AVAIL | F_USED;
        }
        write_desc(vq, vq->desc + 16 * at, bufs[i].addr, bufs[i].len, id, flags);
        step(vq, &at, &wrap, 1);
    }
    qtest_writew(vq->dev->qts, first + 14, first_flags);
    vq->avail_idx = at;
    vq->avail_wrap = wrap;
    vq->chain_len[id] = n;
    vq->free_desc = (id + 1) % vq->num;
    return id;
}

static uint16_t add_packed_indirect(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n)
{
    uint64_t table = vdrv_alloc(vq->dev->qts, 16 * n);
    VdrvBuf one = {table, 16 * n, false};

    for (unsigned i = 0; i < n; i++) {
        write_desc(vq, table + 16 * i, bufs[i].addr, bufs[i].len, 0, bufs[i].write ? F_WRITE : 0);
    }
    return add_packed(vq, &one, 1, F_INDIRECT);
}

static bool get_used_packed(VdrvQueue *vq, uint16_t *id, uint32_t *len)
{
    uint64_t at = vq->desc + 16 * vq->used_idx;
    uint16_t flags = qtest_readw(vq->dev->qts, at + 14);

    if (!!(flags & F_USED) != vq->used_wrap || !!(flags & F_AVAIL) != vq->used_wrap) {
        return false;
    }
    *id = qtest_readw(vq->dev->qts, at + 12);
    *len = qtest_readl(vq->dev->qts, at + 8);
    g_assert_cmpuint(*id, <, vq->num);
    step(vq, &vq->used_idx, &vq->used_wrap, vq->chain_len[*id]);
    return true;
}

/* ---- either ---- */

uint16_t vdrv_add(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n)
{
    return is_packed(vq) ? add_packed(vq, bufs, n, 0) : add_split(vq, bufs, n);
}

uint16_t vdrv_add_indirect(VdrvQueue *vq, const VdrvBuf *bufs, unsigned n)
{
    g_assert(vq->dev->features & VDRV_INDIRECT);
    return is_packed(vq) ? add_packed_indirect(vq, bufs, n) : add_split_indirect(vq, bufs, n);
}

bool vdrv_get_used(VdrvQueue *vq, uint16_t *id, uint32_t *len)
{
    return is_packed(vq) ? get_used_packed(vq, id, len) : get_used_split(vq, id, len);
}
