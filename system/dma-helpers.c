/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DMA: thin layer over address spaces, and scatter-gather lists. */
#include "qemu/osdep.h"
#include "qom/object.h"
#include "hw/qdev-core.h"
#include "system/dma.h"

MemTxResult dma_memory_rw(AddressSpace *as, dma_addr_t addr, void *buf, dma_addr_t len,
                          DMADirection dir, MemTxAttrs attrs)
{
    dma_barrier(as, dir);
    return address_space_rw(as, addr, attrs, buf, len, dir == DMA_DIRECTION_FROM_DEVICE);
}

MemTxResult dma_memory_read(AddressSpace *as, dma_addr_t addr, void *buf, dma_addr_t len,
                            MemTxAttrs attrs)
{
    dma_barrier(as, DMA_DIRECTION_TO_DEVICE);
    return address_space_read(as, addr, attrs, buf, len);
}

MemTxResult dma_memory_write(AddressSpace *as, dma_addr_t addr, const void *buf, dma_addr_t len,
                             MemTxAttrs attrs)
{
    dma_barrier(as, DMA_DIRECTION_FROM_DEVICE);
    return address_space_write(as, addr, attrs, buf, len);
}

MemTxResult dma_memory_set(AddressSpace *as, dma_addr_t addr, uint8_t c, dma_addr_t len,
                           MemTxAttrs attrs)
{
    dma_barrier(as, DMA_DIRECTION_FROM_DEVICE);
    return address_space_set(as, addr, c, len, attrs);
}

void *dma_memory_map(AddressSpace *as, dma_addr_t addr, dma_addr_t *len, DMADirection dir,
                     MemTxAttrs attrs)
{
    return address_space_map(as, addr, len, dir == DMA_DIRECTION_FROM_DEVICE, attrs);
}

void dma_memory_unmap(AddressSpace *as, void *buffer, dma_addr_t len, DMADirection dir,
                      dma_addr_t access_len)
{
    address_space_unmap(as, buffer, len, dir == DMA_DIRECTION_FROM_DEVICE, access_len);
}

/* ---- lists ---- */

void qemu_sglist_init(QEMUSGList *qsg, DeviceState *dev, int alloc_hint, AddressSpace *as)
{
    *qsg = (QEMUSGList){
        .sg = g_new(ScatterGatherEntry, MAX(alloc_hint, 1)),
        .nalloc = MAX(alloc_hint, 1),
        .as = as,
        .dev = dev,
    };
    if (dev) {
        object_ref(OBJECT(dev));
    }
}

void qemu_sglist_add(QEMUSGList *qsg, dma_addr_t base, dma_addr_t len)
{
    if (qsg->nsg == qsg->nalloc) {
        qsg->nalloc = 2 * qsg->nalloc + 1;
        qsg->sg = g_renew(ScatterGatherEntry, qsg->sg, qsg->nalloc);
    }
    qsg->sg[qsg->nsg++] = (ScatterGatherEntry){.base = base, .len = len};
    qsg->size += len;
}

void qemu_sglist_destroy(QEMUSGList *qsg)
{
    if (qsg->dev) {
        object_unref(OBJECT(qsg->dev));
    }
    g_free(qsg->sg);
    memset(qsg, 0, sizeof(*qsg));
}

static MemTxResult dma_buf_rw(void *buf, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                              DMADirection dir, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    dma_addr_t left = sg->size;
    uint8_t *p = buf;

    len = MIN(len, left);
    for (int i = 0; i < sg->nsg && len; i++) {
        dma_addr_t part = MIN(len, sg->sg[i].len);

        result |= dma_memory_rw(sg->as, sg->sg[i].base, p, part, dir, attrs);
        p += part;
        len -= part;
        left -= part;
    }
    if (residual) {
        *residual = left;
    }
    return result;
}

MemTxResult dma_buf_read(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                         MemTxAttrs attrs)
{
    return dma_buf_rw(ptr, len, residual, sg, DMA_DIRECTION_FROM_DEVICE, attrs);
}

MemTxResult dma_buf_write(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                          MemTxAttrs attrs)
{
    return dma_buf_rw(ptr, len, residual, sg, DMA_DIRECTION_TO_DEVICE, attrs);
}
