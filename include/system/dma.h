/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DMA: how devices reach guest memory. Every function takes the address space
 * of the device's bus, checks bounds in one place, and cannot be used to
 * re-enter the device's own registers (see exec/memory.h).
 *
 * Any thread, with or without the BQL.
 */
#ifndef SYSTEM_DMA_H
#define SYSTEM_DMA_H

#include "exec/address-space.h"
#include "qemu/bswap.h"

typedef uint64_t dma_addr_t;
#define DMA_ADDR_BITS 64
#define DMA_ADDR_FMT  "%" PRIx64

/* As the device sees it: TO_DEVICE reads guest memory. */
typedef enum DMADirection {
    DMA_DIRECTION_TO_DEVICE = 0,
    DMA_DIRECTION_FROM_DEVICE = 1,
} DMADirection;

typedef struct ScatterGatherEntry {
    dma_addr_t base;
    dma_addr_t len;
} ScatterGatherEntry;

struct QEMUSGList {
    ScatterGatherEntry *sg;
    int nsg;
    int nalloc;
    dma_addr_t size; /* sum of the lengths */
    DeviceState *dev;
    AddressSpace *as;
};

/* Orders our memory accesses against vCPUs, as a device's would be on a bus. */
static inline void dma_barrier(AddressSpace *as, DMADirection dir)
{
    smp_mb();
}

MemTxResult dma_memory_rw(AddressSpace *as, dma_addr_t addr, void *buf, dma_addr_t len,
                          DMADirection dir, MemTxAttrs attrs);
MemTxResult dma_memory_read(AddressSpace *as, dma_addr_t addr, void *buf, dma_addr_t len,
                            MemTxAttrs attrs);
MemTxResult dma_memory_write(AddressSpace *as, dma_addr_t addr, const void *buf, dma_addr_t len,
                             MemTxAttrs attrs);
MemTxResult dma_memory_set(AddressSpace *as, dma_addr_t addr, uint8_t c, dma_addr_t len,
                           MemTxAttrs attrs);
/* See address_space_map(). */
void *dma_memory_map(AddressSpace *as, dma_addr_t addr, dma_addr_t *len, DMADirection dir,
                     MemTxAttrs attrs);
void dma_memory_unmap(AddressSpace *as, void *buffer, dma_addr_t len, DMADirection dir,
                      dma_addr_t access_len);

/* ldl_le_dma(as, addr, &val, attrs), stl_le_dma(as, addr, val, attrs), ... */
#define DEFINE_LDST_DMA(ld, st, bits, end)                                                         \
    static inline MemTxResult ld##_##end##_dma(AddressSpace *as, dma_addr_t addr,                  \
                                               uint##bits##_t *pval, MemTxAttrs attrs)             \
    {                                                                                              \
        MemTxResult r = dma_memory_read(as, addr, pval, (bits) / 8, attrs);                        \
        *pval = end##bits##_to_cpu(*pval);                                                         \
        return r;                                                                                  \
    }                                                                                              \
    static inline MemTxResult st##_##end##_dma(AddressSpace *as, dma_addr_t addr,                  \
                                               uint##bits##_t val, MemTxAttrs attrs)               \
    {                                                                                              \
        val = cpu_to_##end##bits(val);                                                             \
        return dma_memory_write(as, addr, &val, (bits) / 8, attrs);                                \
    }

static inline MemTxResult ldub_dma(AddressSpace *as, dma_addr_t addr, uint8_t *val,
                                   MemTxAttrs attrs)
{
    return dma_memory_read(as, addr, val, 1, attrs);
}

static inline MemTxResult stb_dma(AddressSpace *as, dma_addr_t addr, uint8_t val, MemTxAttrs attrs)
{
    return dma_memory_write(as, addr, &val, 1, attrs);
}

DEFINE_LDST_DMA(lduw, stw, 16, le)
DEFINE_LDST_DMA(ldl, stl, 32, le)
DEFINE_LDST_DMA(ldq, stq, 64, le)
DEFINE_LDST_DMA(lduw, stw, 16, be)
DEFINE_LDST_DMA(ldl, stl, 32, be)
DEFINE_LDST_DMA(ldq, stq, 64, be)

#undef DEFINE_LDST_DMA

/* A list of pieces of guest memory; holds a reference to @dev. @alloc_hint: expected entries. */
void qemu_sglist_init(QEMUSGList *qsg, DeviceState *dev, int alloc_hint, AddressSpace *as);
void qemu_sglist_add(QEMUSGList *qsg, dma_addr_t base, dma_addr_t len);
void qemu_sglist_destroy(QEMUSGList *qsg);

/*
 * Copy between @ptr and the pieces in order, at most @len bytes. *@residual
 * (may be NULL) is what the list has left over.
 */
MemTxResult dma_buf_read(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                         MemTxAttrs attrs);
MemTxResult dma_buf_write(void *ptr, dma_addr_t len, dma_addr_t *residual, QEMUSGList *sg,
                          MemTxAttrs attrs);

#endif
