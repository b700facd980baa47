/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One access to a device's registers: is it allowed, and which calls of the
 * device's callbacks does it become.
 *
 * Bytes travel in address order. A call of a little-endian device gives or takes
 * its lowest byte first, of a big-endian one its highest; the value that the
 * master sees is put together from the same bytes in the master's order.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "hw/qdev-core.h"
#include "memory-internal.h"

static void (*coalesced_flush)(void);

void memory_set_coalesced_flush(void (*flush)(void))
{
    coalesced_flush = flush;
}

void qemu_flush_coalesced_mmio_buffer(void)
{
    if (coalesced_flush) {
        coalesced_flush();
    }
}

bool memory_region_prepare_mmio_access(MemoryRegion *mr)
{
    bool unlock = false;

    if (mr->global_locking && !bql_locked()) {
        bql_lock();
        unlock = true;
    }
    if (mr->flush_coalesced_mmio) {
        bool taken = !bql_locked();

        if (taken) {
            bql_lock();
        }
        qemu_flush_coalesced_mmio_buffer();
        if (taken) {
            bql_unlock();
        }
    }
    return unlock;
}

/* ---- nothing there ---- */

static bool unassigned_accepts(void *opaque, hwaddr addr, unsigned size, bool is_write,
                               MemTxAttrs attrs)
{
    return false;
}

const MemoryRegionOps unassigned_mem_ops = {
    .valid.accepts = unassigned_accepts,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- what the device allows ---- */

static unsigned valid_max(const MemoryRegion *mr)
{
    return mr->ops->valid.max_access_size ? mr->ops->valid.max_access_size : 4;
}

unsigned memory_access_size(const MemoryRegion *mr, hwaddr len, hwaddr addr)
{
    hwaddr size = valid_max(mr);

    if (!mr->ops->valid.unaligned && addr) {
        size = MIN(size, addr & -addr);
    }
    size = MIN(size, len);
    return 1u << (63 - __builtin_clzll(size));
}

/* NULL, or why the access is refused. */
static const char *refusal(MemoryRegion *mr, hwaddr addr, unsigned size, bool is_write,
                           MemTxAttrs attrs)
{
    const MemoryRegionOps *ops = mr->ops;

    if (ops->valid.accepts && !ops->valid.accepts(mr->opaque, addr, size, is_write, attrs)) {
        return ops != &unassigned_mem_ops ? "rejected by the device"
               : mr->ram                  ? "read-only"
                                          : "nothing there";
    }
    if (!ops->valid.unaligned && (addr & (size - 1))) {
        return "unaligned";
    }
    if (size > valid_max(mr)) {
        return "too wide";
    }
    if (size < ops->valid.min_access_size) {
        return "too narrow";
    }
    return NULL;
}

bool memory_region_access_valid(MemoryRegion *mr, hwaddr addr, unsigned size, bool is_write,
                                MemTxAttrs attrs)
{
    return !refusal(mr, addr, size, is_write, attrs);
}

static MemTxResult refuse(const MemoryRegion *mr, hwaddr addr, unsigned size, bool is_write,
                          const char *reason)
{
    bool nothing = mr->ops == &unassigned_mem_ops && !mr->ram;

    qemu_log_mask(nothing ? LOG_GUEST_ERROR | LOG_INVALID_MEM : LOG_GUEST_ERROR,
                  "memory: %s of %u bytes at offset 0x%" HWADDR_PRIx " of region '%s': %s\n",
                  is_write ? "write" : "read", size, addr, memory_region_name(mr), reason);
    return nothing ? MEMTX_DECODE_ERROR : MEMTX_ACCESS_ERROR;
}

/* ---- calling the device ---- */

static MemTxResult call_read(MemoryRegion *mr, hwaddr addr, uint64_t *val, unsigned size,
                             MemTxAttrs attrs)
{
    const MemoryRegionOps *ops = mr->ops;

    *val = 0;
    if (ops->read) {
        *val = ops->read(mr->opaque, addr, size);
    } else if (ops->read_with_attrs) {
        return ops->read_with_attrs(mr->opaque, addr, val, size, attrs);
    }
    return MEMTX_OK;
}

static MemTxResult call_write(MemoryRegion *mr, hwaddr addr, uint64_t val, unsigned size,
                              MemTxAttrs attrs)
{
    const MemoryRegionOps *ops = mr->ops;

    if (ops->write) {
        ops->write(mr->opaque, addr, val, size);
    } else if (ops->write_with_attrs) {
        return ops->write_with_attrs(mr->opaque, addr, val, size, attrs);
    }
    return MEMTX_OK;
}

static inline bool is_big_endian(const MemoryRegion *mr)
{
    return mr->ops->endianness == DEVICE_BIG_ENDIAN;
}

/* The @size bytes of @val in address order. */
static void value_to_bytes(uint8_t *bytes, uint64_t val, unsigned size, bool big_endian)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = val >> (8 * (big_endian ? size - 1 - i : i));
    }
}

static uint64_t value_from_bytes(const uint8_t *bytes, unsigned size, bool big_endian)
{
    uint64_t val = 0;

    for (unsigned i = 0; i < size; i++) {
        val |= (uint64_t)bytes[i] << (8 * (big_endian ? size - 1 - i : i));
    }
    return val;
}

/* The bytes that one call covers. */
typedef struct Piece {
    hwaddr addr;   /* of the call */
    unsigned size; /* of the call */
    unsigned skip; /* bytes of it before those that are wanted */
    unsigned used; /* bytes that are wanted */
} Piece;

/* The next call for the @len bytes at @addr. */
static Piece next_piece(const MemoryRegion *mr, hwaddr addr, unsigned len)
{
    unsigned min = MAX(mr->ops->impl.min_access_size, 1u);
    unsigned max = mr->ops->impl.max_access_size ? mr->ops->impl.max_access_size : 4;
    unsigned size = max;
    Piece piece;

    /* The widest call that fits into what is left and, if need be, is aligned. */
    while (size > min && (size > len || (!mr->ops->impl.unaligned && (addr & (size - 1))))) {
        size /= 2;
    }
    /* A device that has only wide registers gives more than was asked for. */
    piece.skip = mr->ops->impl.unaligned && size <= len ? 0 : addr & (size - 1);
    piece.addr = addr - piece.skip;
    piece.size = size;
    piece.used = MIN(size - piece.skip, len);
    return piece;
}

static MemTxResult read_pieces(MemoryRegion *mr, hwaddr addr, uint8_t *bytes, unsigned len,
                               MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;

    for (unsigned done = 0; done < len;) {
        Piece piece = next_piece(mr, addr + done, len - done);
        uint8_t part[8];
        uint64_t val;

        result |= call_read(mr, piece.addr, &val, piece.size, attrs);
        value_to_bytes(part, val, piece.size, is_big_endian(mr));
        memcpy(bytes + done, part + piece.skip, piece.used);
        done += piece.used;
    }
    return result;
}

static MemTxResult write_pieces(MemoryRegion *mr, hwaddr addr, const uint8_t *bytes, unsigned len,
                                MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;

    for (unsigned done = 0; done < len;) {
        Piece piece = next_piece(mr, addr + done, len - done);
        uint8_t part[8];
        uint64_t val;

        if (piece.used < piece.size) {
            /* Narrower than the register: the rest of it keeps its value. */
            result |= call_read(mr, piece.addr, &val, piece.size, attrs);
            value_to_bytes(part, val, piece.size, is_big_endian(mr));
        }
        memcpy(part + piece.skip, bytes + done, piece.used);
        val = value_from_bytes(part, piece.size, is_big_endian(mr));
        result |= call_write(mr, piece.addr, val, piece.size, attrs);
        done += piece.used;
    }
    return result;
}

/* Can the device take the access in one call as it is? */
static bool one_call(const MemoryRegion *mr, hwaddr addr, unsigned size)
{
    Piece piece = next_piece(mr, addr, size);

    return piece.size == size && !piece.skip;
}

static inline bool is_swapped(const MemoryRegion *mr, MemOp op)
{
    return is_big_endian(mr) != ((op & MO_BSWAP) == (MO_BE & MO_BSWAP));
}

static uint64_t swap_value(uint64_t val, unsigned size)
{
    return bswap64(val) >> (64 - 8 * size);
}

static inline uint64_t value_mask(unsigned size)
{
    return size >= 8 ? UINT64_MAX : (1ull << (8 * size)) - 1;
}

static MemTxResult do_read(MemoryRegion *mr, hwaddr addr, uint64_t *pval, MemOp op,
                           MemTxAttrs attrs)
{
    unsigned size = memop_size(op);
    uint8_t bytes[8];
    MemTxResult r;

    if (one_call(mr, addr, size)) {
        r = call_read(mr, addr, pval, size, attrs);
        *pval &= value_mask(size);
        if (is_swapped(mr, op)) {
            *pval = swap_value(*pval, size);
        }
        return r;
    }
    r = read_pieces(mr, addr, bytes, size, attrs);
    *pval = value_from_bytes(bytes, size, (op & MO_BSWAP) == (MO_BE & MO_BSWAP));
    return r;
}

static MemTxResult do_write(MemoryRegion *mr, hwaddr addr, uint64_t val, MemOp op, MemTxAttrs attrs)
{
    unsigned size = memop_size(op);
    uint8_t bytes[8];

    val &= value_mask(size);
    if (one_call(mr, addr, size)) {
        return call_write(mr, addr, is_swapped(mr, op) ? swap_value(val, size) : val, size, attrs);
    }
    value_to_bytes(bytes, val, size, (op & MO_BSWAP) == (MO_BE & MO_BSWAP));
    return write_pieces(mr, addr, bytes, size, attrs);
}

/* ---- entering a device ---- */

/*
 * False if the access would re-enter a device that this thread is in, or if a
 * device reaches for its own registers. Plain memory (ROM devices in their other
 * mode included) has no code to re-enter but its own.
 */
static bool enter_device(MemoryRegion *mr, MemReentrancyFrame *frame, const DeviceState *requester)
{
    if (!mr->dev || mr->ram) {
        frame->thread = NULL;
        return true;
    }
    if (mr->dev == requester || (requester && mr->cpu_only)) {
        return false;
    }
    /* It was unplugged while this thread waited for the BQL: the object is there, not its state. */
    if (qatomic_read(&mr->dev->unrealized)) {
        return false;
    }
    return mem_reentrancy_enter(&mr->dev->mem_reentrancy_guard, frame);
}

static void leave_device(MemoryRegion *mr, MemReentrancyFrame *frame)
{
    if (frame->thread) {
        mem_reentrancy_leave(&mr->dev->mem_reentrancy_guard, frame);
    }
}

MemTxResult memory_region_read_from(MemoryRegion *mr, hwaddr addr, uint64_t *pval, MemOp op,
                                    MemTxAttrs attrs, const DeviceState *requester)
{
    unsigned size = memop_size(op);
    MemReentrancyFrame frame;
    const char *reason;
    MemTxResult r;

    while (mr->alias) {
        addr += mr->alias_offset;
        mr = mr->alias;
    }
    *pval = value_mask(size);
    reason = refusal(mr, addr, size, false, attrs);
    if (reason) {
        return refuse(mr, addr, size, false, reason);
    }
    if (!enter_device(mr, &frame, requester)) {
        refuse(mr, addr, size, false, "the device is accessing itself");
        return MEMTX_ACCESS_ERROR;
    }
    r = do_read(mr, addr, pval, op, attrs);
    leave_device(mr, &frame);
    return r;
}

MemTxResult memory_region_write_from(MemoryRegion *mr, hwaddr addr, uint64_t data, MemOp op,
                                     MemTxAttrs attrs, const DeviceState *requester)
{
    unsigned size = memop_size(op);
    MemReentrancyFrame frame;
    const char *reason;
    MemTxResult r;

    while (mr->alias) {
        addr += mr->alias_offset;
        mr = mr->alias;
    }
    reason = refusal(mr, addr, size, true, attrs);
    if (reason) {
        return refuse(mr, addr, size, true, reason);
    }
    if (mr->ioeventfd_nb) {
        uint64_t le = (op & MO_BSWAP) == MO_LE ? data : swap_value(data, size);

        if (memory_region_write_ioeventfd(mr, addr, le & value_mask(size), size)) {
            return MEMTX_OK;
        }
    }
    if (!enter_device(mr, &frame, requester)) {
        refuse(mr, addr, size, true, "the device is accessing itself");
        return MEMTX_ACCESS_ERROR;
    }
    r = do_write(mr, addr, data, op, attrs);
    leave_device(mr, &frame);
    return r;
}

MemTxResult memory_region_dispatch_read(MemoryRegion *mr, hwaddr addr, uint64_t *pval, MemOp op,
                                        MemTxAttrs attrs)
{
    return memory_region_read_from(mr, addr, pval, op, attrs, NULL);
}

MemTxResult memory_region_dispatch_write(MemoryRegion *mr, hwaddr addr, uint64_t data, MemOp op,
                                         MemTxAttrs attrs)
{
    return memory_region_write_from(mr, addr, data, op, attrs, NULL);
}

/* ---- a host device's BAR: plain loads and stores of the very size ---- */

static uint64_t ram_device_read(void *opaque, hwaddr addr, unsigned size)
{
    MemoryRegion *mr = opaque;
    const void *p = mr->ram_block->host + addr;

    switch (size) {
    case 1:
        return *(const volatile uint8_t *)p;
    case 2:
        return *(const volatile uint16_t *)p;
    case 4:
        return *(const volatile uint32_t *)p;
    default:
        return *(const volatile uint64_t *)p;
    }
}

static void ram_device_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    MemoryRegion *mr = opaque;
    void *p = mr->ram_block->host + addr;

    switch (size) {
    case 1:
        *(volatile uint8_t *)p = data;
        break;
    case 2:
        *(volatile uint16_t *)p = data;
        break;
    case 4:
        *(volatile uint32_t *)p = data;
        break;
    default:
        *(volatile uint64_t *)p = data;
        break;
    }
}

const MemoryRegionOps ram_device_mem_ops = {
    .read = ram_device_read,
    .write = ram_device_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 8, .unaligned = true},
    .impl = {.min_access_size = 1, .max_access_size = 8, .unaligned = true},
};
