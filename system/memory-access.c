/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and writing through an address space: bytes, and single values. */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "exec/cpu-common.h"
#include "memory-internal.h"

/* Masters that only want memory get nothing else. */
static bool access_allowed(const MemoryRegion *mr, MemTxAttrs attrs, hwaddr addr, hwaddr len)
{
    if (likely(!attrs.memory) || mr->ram) {
        return true;
    }
    qemu_log_mask(LOG_GUEST_ERROR,
                  "memory: access to '%s' at 0x%" HWADDR_PRIx " by a master that may only reach "
                  "memory\n",
                  memory_region_name(mr), addr);
    return false;
}

/*
 * An IOThread reaches memory, and no registers that need the BQL: whoever has that may be waiting
 * for the thread, and what a register does may wait for it, too.
 */
bool memory_region_out_of_reach(const MemoryRegion *mr)
{
    AioContext *ctx;

    if (!(mr->global_locking || mr->flush_coalesced_mmio) || bql_locked()) {
        return false;
    }
    ctx = qemu_get_current_aio_context();
    return ctx && ctx != qemu_get_aio_context();
}

static MemTxResult refuse_registers(const MemoryRegion *mr, hwaddr xlat)
{
    qemu_log_mask(LOG_GUEST_ERROR,
                  "memory: access to '%s' at offset 0x%" HWADDR_PRIx " by an IOThread, which may "
                  "only reach memory\n",
                  memory_region_name(mr), xlat);
    return MEMTX_ACCESS_ERROR;
}

/* A debugger or monitor may look anywhere; from others it is a mistake. */
static void log_nothing_there(AddressSpace *as, hwaddr addr, hwaddr len, bool is_write,
                              MemTxAttrs attrs)
{
    if (!attrs.debug) {
        qemu_log_mask(LOG_INVALID_MEM,
                      "memory: %s of %" PRIu64 " bytes at 0x%" HWADDR_PRIx
                      " of '%s': nothing there\n",
                      is_write ? "write" : "read", len, addr, as->name);
    }
}

/* One piece of a read that is not plain memory; returns how many bytes it covered. */
static hwaddr mmio_read(AddressSpace *as, MemoryRegion *mr, hwaddr xlat, uint8_t *buf, hwaddr len,
                        MemTxAttrs attrs, MemTxResult *result)
{
    unsigned size = memory_access_size(mr, len, xlat);
    uint64_t val;
    bool unlock;

    if (unlikely(memory_region_out_of_reach(mr))) {
        memset(buf, 0xff, len);
        *result |= refuse_registers(mr, xlat);
        return len;
    }
    unlock = memory_region_prepare_mmio_access(mr);
    *result |=
        memory_region_read_from(mr, xlat, &val, size_memop(size) | MO_LE, attrs, as->dma_device);
    stn_le_p(buf, size, val);
    if (unlock) {
        bql_unlock();
    }
    return size;
}

static hwaddr mmio_write(AddressSpace *as, MemoryRegion *mr, hwaddr xlat, const uint8_t *buf,
                         hwaddr len, MemTxAttrs attrs, MemTxResult *result)
{
    unsigned size = memory_access_size(mr, len, xlat);
    bool unlock;

    if (unlikely(memory_region_out_of_reach(mr))) {
        *result |= refuse_registers(mr, xlat);
        return len;
    }
    unlock = memory_region_prepare_mmio_access(mr);
    *result |= memory_region_write_from(mr, xlat, ldn_le_p(buf, size), size_memop(size) | MO_LE,
                                        attrs, as->dma_device);
    if (unlock) {
        bql_unlock();
    }
    return size;
}

MemTxResult address_space_read(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf,
                               hwaddr len)
{
    MemTxResult result = MEMTX_OK;
    uint8_t *p = buf;

    RCU_READ_LOCK_GUARD();
    while (len) {
        hwaddr xlat, l = len;
        MemoryRegion *mr = address_space_translate(as, addr, &xlat, &l, false, attrs);

        if (unlikely(!access_allowed(mr, attrs, addr, l))) {
            memset(p, 0xff, l);
            result |= MEMTX_ACCESS_ERROR;
        } else if (likely(memory_access_is_direct(mr, false))) {
            memcpy(p, ramblock_ptr(mr->ram_block, xlat), l);
        } else if (mr == &io_mem_unassigned) {
            log_nothing_there(as, addr, l, false, attrs);
            memset(p, 0xff, l);
            result |= MEMTX_DECODE_ERROR;
        } else {
            l = mmio_read(as, mr, xlat, p, l, attrs, &result);
        }
        p += l;
        addr += l;
        len -= l;
    }
    return result;
}

MemTxResult address_space_write(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, const void *buf,
                                hwaddr len)
{
    MemTxResult result = MEMTX_OK;
    const uint8_t *p = buf;

    RCU_READ_LOCK_GUARD();
    while (len) {
        hwaddr xlat, l = len;
        MemoryRegion *mr = address_space_translate(as, addr, &xlat, &l, true, attrs);

        if (unlikely(!access_allowed(mr, attrs, addr, l))) {
            result |= MEMTX_ACCESS_ERROR;
        } else if (likely(memory_access_is_direct(mr, true))) {
            memcpy(ramblock_ptr(mr->ram_block, xlat), p, l);
            invalidate_and_set_dirty(mr, xlat, l);
        } else if (mr == &io_mem_unassigned) {
            log_nothing_there(as, addr, l, true, attrs);
            result |= MEMTX_DECODE_ERROR;
        } else {
            l = mmio_write(as, mr, xlat, p, l, attrs, &result);
        }
        p += l;
        addr += l;
        len -= l;
    }
    return result;
}

MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs, void *buf, hwaddr len,
                             bool is_write)
{
    return is_write ? address_space_write(as, addr, attrs, buf, len)
                    : address_space_read(as, addr, attrs, buf, len);
}

MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t c, hwaddr len,
                              MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    uint8_t fill[512];

    memset(fill, c, sizeof(fill));
    while (len) {
        hwaddr l = MIN(len, sizeof(fill));

        result |= address_space_write(as, addr, attrs, fill, l);
        addr += l;
        len -= l;
    }
    return result;
}

MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                                    const void *buf, hwaddr len)
{
    MemTxResult result = MEMTX_OK;
    const uint8_t *p = buf;

    RCU_READ_LOCK_GUARD();
    while (len) {
        hwaddr xlat, l = len;
        MemoryRegion *mr = address_space_translate(as, addr, &xlat, &l, true, attrs);

        if (mr->ram_block && !mr->ram_device && !(mr->ram_block->flags & RAM_READONLY)) {
            memcpy(ramblock_ptr(mr->ram_block, xlat), p, l);
            invalidate_and_set_dirty(mr, xlat, l);
        } else {
            result |= mr == &io_mem_unassigned ? MEMTX_DECODE_ERROR : MEMTX_ACCESS_ERROR;
        }
        p += l;
        addr += l;
        len -= l;
    }
    return result;
}

bool address_space_access_valid(AddressSpace *as, hwaddr addr, hwaddr len, bool is_write,
                                MemTxAttrs attrs)
{
    RCU_READ_LOCK_GUARD();
    while (len) {
        hwaddr xlat, l = len;
        MemoryRegion *mr = address_space_translate(as, addr, &xlat, &l, is_write, attrs);

        if (!memory_access_is_direct(mr, is_write)) {
            l = memory_access_size(mr, l, xlat);
            if (!memory_region_access_valid(mr, xlat, l, is_write, attrs)) {
                return false;
            }
        }
        addr += l;
        len -= l;
    }
    return true;
}

bool address_space_cmpxchg(AddressSpace *as, hwaddr addr, uint64_t old, uint64_t new, unsigned size,
                           MemTxAttrs attrs, MemTxResult *result)
{
    hwaddr xlat, l = size;
    MemoryRegion *mr;
    bool done;
    void *p;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(as, addr, &xlat, &l, true, attrs);
    if (!memory_access_is_direct(mr, true) || l < size || (addr & (size - 1))) {
        if (result) {
            *result = mr == &io_mem_unassigned ? MEMTX_DECODE_ERROR : MEMTX_ACCESS_ERROR;
        }
        return false;
    }
    p = ramblock_ptr(mr->ram_block, xlat);
    if (size == 8) {
        done =
            qatomic_cmpxchg((uint64_t *)p, cpu_to_le64(old), cpu_to_le64(new)) == cpu_to_le64(old);
    } else {
        done =
            qatomic_cmpxchg((uint32_t *)p, cpu_to_le32(old), cpu_to_le32(new)) == cpu_to_le32(old);
    }
    if (done) {
        invalidate_and_set_dirty(mr, xlat, size);
    }
    if (result) {
        *result = MEMTX_OK;
    }
    return done;
}

/* ---- single values ---- */

static uint64_t load_value(AddressSpace *as, hwaddr addr, MemOp op, MemTxAttrs attrs,
                           MemTxResult *result)
{
    unsigned size = memop_size(op);
    bool big = (op & MO_BSWAP) == (MO_BE & MO_BSWAP);
    MemTxResult r = MEMTX_OK;
    hwaddr xlat, l = size;
    uint8_t buf[8];
    MemoryRegion *mr;
    uint64_t val;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(as, addr, &xlat, &l, false, attrs);
    if (likely(l == size && memory_access_is_direct(mr, false))) {
        const void *p = ramblock_ptr(mr->ram_block, xlat);

        val = big ? ldn_be_p(p, size) : ldn_le_p(p, size);
    } else if (l == size && mr != &io_mem_unassigned && access_allowed(mr, attrs, addr, l) &&
               !memory_region_out_of_reach(mr) &&
               memory_region_access_valid(mr, xlat, size, false, attrs)) {
        bool unlock = memory_region_prepare_mmio_access(mr);

        r = memory_region_read_from(mr, xlat, &val, op, attrs, as->dma_device);
        if (unlock) {
            bql_unlock();
        }
    } else {
        r = address_space_read(as, addr, attrs, buf, size);
        val = big ? ldn_be_p(buf, size) : ldn_le_p(buf, size);
    }
    if (result) {
        *result = r;
    }
    return val;
}

static void store_value(AddressSpace *as, hwaddr addr, uint64_t val, MemOp op, MemTxAttrs attrs,
                        MemTxResult *result)
{
    unsigned size = memop_size(op);
    bool big = (op & MO_BSWAP) == (MO_BE & MO_BSWAP);
    MemTxResult r = MEMTX_OK;
    hwaddr xlat, l = size;
    uint8_t buf[8];
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(as, addr, &xlat, &l, true, attrs);
    if (likely(l == size && memory_access_is_direct(mr, true))) {
        void *p = ramblock_ptr(mr->ram_block, xlat);

        if (big) {
            stn_be_p(p, size, val);
        } else {
            stn_le_p(p, size, val);
        }
        invalidate_and_set_dirty(mr, xlat, size);
    } else if (l == size && mr != &io_mem_unassigned && access_allowed(mr, attrs, addr, l) &&
               !memory_region_out_of_reach(mr) &&
               memory_region_access_valid(mr, xlat, size, true, attrs)) {
        bool unlock = memory_region_prepare_mmio_access(mr);

        r = memory_region_write_from(mr, xlat, val, op, attrs, as->dma_device);
        if (unlock) {
            bql_unlock();
        }
    } else {
        if (big) {
            stn_be_p(buf, size, val);
        } else {
            stn_le_p(buf, size, val);
        }
        r = address_space_write(as, addr, attrs, buf, size);
    }
    if (result) {
        *result = r;
    }
}

#define DEFINE_LD(name, type, op)                                                                  \
    type address_space_##name(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,                     \
                              MemTxResult *result)                                                 \
    {                                                                                              \
        return load_value(as, addr, op, attrs, result);                                            \
    }
#define DEFINE_ST(name, type, op)                                                                  \
    void address_space_##name(AddressSpace *as, hwaddr addr, type val, MemTxAttrs attrs,           \
                              MemTxResult *result)                                                 \
    {                                                                                              \
        store_value(as, addr, val, op, attrs, result);                                             \
    }

DEFINE_LD(ldub, uint8_t, MO_UB)
DEFINE_LD(lduw_le, uint16_t, MO_LEUW)
DEFINE_LD(lduw_be, uint16_t, MO_BEUW)
DEFINE_LD(ldl_le, uint32_t, MO_LEUL)
DEFINE_LD(ldl_be, uint32_t, MO_BEUL)
DEFINE_LD(ldq_le, uint64_t, MO_LEUQ)
DEFINE_LD(ldq_be, uint64_t, MO_BEUQ)
DEFINE_ST(stb, uint8_t, MO_UB)
DEFINE_ST(stw_le, uint16_t, MO_LEUW)
DEFINE_ST(stw_be, uint16_t, MO_BEUW)
DEFINE_ST(stl_le, uint32_t, MO_LEUL)
DEFINE_ST(stl_be, uint32_t, MO_BEUL)
DEFINE_ST(stq_le, uint64_t, MO_LEUQ)
DEFINE_ST(stq_be, uint64_t, MO_BEUQ)

/* ---- short forms ---- */

uint32_t ldub_phys(AddressSpace *as, hwaddr addr)
{
    return address_space_ldub(as, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

uint32_t lduw_le_phys(AddressSpace *as, hwaddr addr)
{
    return address_space_lduw_le(as, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

uint32_t ldl_le_phys(AddressSpace *as, hwaddr addr)
{
    return address_space_ldl_le(as, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

uint64_t ldq_le_phys(AddressSpace *as, hwaddr addr)
{
    return address_space_ldq_le(as, addr, MEMTXATTRS_UNSPECIFIED, NULL);
}

void stb_phys(AddressSpace *as, hwaddr addr, uint8_t val)
{
    address_space_stb(as, addr, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

void stw_le_phys(AddressSpace *as, hwaddr addr, uint16_t val)
{
    address_space_stw_le(as, addr, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

void stl_le_phys(AddressSpace *as, hwaddr addr, uint32_t val)
{
    address_space_stl_le(as, addr, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

void stq_le_phys(AddressSpace *as, hwaddr addr, uint64_t val)
{
    address_space_stq_le(as, addr, val, MEMTXATTRS_UNSPECIFIED, NULL);
}

void cpu_physical_memory_rw(hwaddr addr, void *buf, hwaddr len, bool is_write)
{
    address_space_rw(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, buf, len, is_write);
}

void cpu_physical_memory_read(hwaddr addr, void *buf, hwaddr len)
{
    address_space_read(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, buf, len);
}

void cpu_physical_memory_write(hwaddr addr, const void *buf, hwaddr len)
{
    address_space_write(&address_space_memory, addr, MEMTXATTRS_UNSPECIFIED, buf, len);
}

void *cpu_physical_memory_map(hwaddr addr, hwaddr *plen, bool is_write)
{
    return address_space_map(&address_space_memory, addr, plen, is_write, MEMTXATTRS_UNSPECIFIED);
}

void cpu_physical_memory_unmap(void *buffer, hwaddr len, bool is_write, hwaddr access_len)
{
    address_space_unmap(&address_space_memory, buffer, len, is_write, access_len);
}

bool cpu_physical_memory_is_io(hwaddr phys_addr)
{
    hwaddr xlat, l = 1;
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(&address_space_memory, phys_addr, &xlat, &l, false,
                                 MEMTXATTRS_UNSPECIFIED);
    return !mr->ram && !memory_region_is_romd(mr);
}
