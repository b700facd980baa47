/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locked read-modify-write accesses. SDM volume 3, 8.1.
 *
 * In RAM and within a page the host's own atomic instructions do the work. An
 * operand across two pages is handled while all other vCPUs are stopped; in
 * MMIO the big lock serializes the two halves, as a bus lock would.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/debug.h"

typedef struct AtomicOperand {
    uint64_t lin;
    int idx;
    int seg;
    unsigned size;
    void *host; /* NULL: not possible on a host pointer */
    bool mmio;
    bool notdirty;
} AtomicOperand;

/* All faults of the access at @o->lin, and the way to do it. */
static void operand_open_lin(CPUX86State *env, AtomicOperand *o)
{
    X86TLBEntry *e = x86_tlb_entry(env, o->idx, o->lin);

    if (likely(x86_tlb_hit(e->addr_write, o->lin, o->size))) {
        o->host = (void *)(uintptr_t)(o->lin + e->addend);
        return;
    }
    x86_lin_probe_write(env, o->lin, o->size, o->idx);
    if ((o->lin & ~TARGET_PAGE_MASK) + o->size > TARGET_PAGE_SIZE) {
        return;
    }
    e = x86_tlb_entry(env, o->idx, o->lin);
    if (e->addr_write & X86_TLB_MMIO) {
        o->mmio = true;
        return;
    }
    if (e->addr_write & X86_TLB_WATCH) {
        x86_debug_data_access(env, o->lin, o->size, true);
    }
    o->notdirty = e->addr_write & X86_TLB_NOTDIRTY;
    o->host = (void *)(uintptr_t)(o->lin + e->addend);
}

static void operand_open(CPUX86State *env, AtomicOperand *o, int seg, uint64_t ea, unsigned size)
{
    *o = (AtomicOperand){
        .lin = x86_lin(env, seg, ea, size, OPND_RW),
        .idx = x86_mmu_index(env),
        .seg = seg,
        .size = size,
    };
    if (unlikely(env->hflags & HF_ALIGNCHECK)) {
        x86_align_check(env, o->lin, size);
    }
    if ((env->hflags & HF_LMA) && seg == R_SS && !x86_is_canonical(env, o->lin)) {
        raise_exception_err(env, EXCP0C_STACK, 0);
    }
    operand_open_lin(env, o);
}

static void operand_close(CPUX86State *env, AtomicOperand *o)
{
    if (unlikely(o->notdirty)) {
        x86_tlb_notdirty_write(env, o->lin, o->idx, o->size);
    }
}

/* Before a load and a store that have to look like one access: raises EXCP_ATOMIC if need be. */
static bool begin_plain(CPUX86State *env, const AtomicOperand *o)
{
    if (o->mmio) {
        if (!bql_locked()) {
            bql_lock();
            return true;
        }
    } else if (!cpu_in_exclusive_context(env_cpu(env)) && CPU_NEXT(first_cpu)) {
        x86_exit_with(env, EXCP_ATOMIC);
    }
    return false;
}

static void end_plain(bool locked)
{
    if (locked) {
        bql_unlock();
    }
}

static uint64_t combine(X86AtomicOp op, uint64_t old, uint64_t val)
{
    switch (op) {
    case X86_ATOMIC_ADD:
        return old + val;
    case X86_ATOMIC_SUB:
        return old - val;
    case X86_ATOMIC_AND:
        return old & val;
    case X86_ATOMIC_OR:
        return old | val;
    case X86_ATOMIC_XOR:
        return old ^ val;
    default:
        return val;
    }
}

#define HOST_RMW(bits)                                                                             \
    static uint64_t host_rmw##bits(void *host, X86AtomicOp op, uint##bits##_t val)                 \
    {                                                                                              \
        uint##bits##_t *p = host;                                                                  \
                                                                                                   \
        switch (op) {                                                                              \
        case X86_ATOMIC_ADD:                                                                       \
            return __atomic_fetch_add(p, val, __ATOMIC_SEQ_CST);                                   \
        case X86_ATOMIC_SUB:                                                                       \
            return __atomic_fetch_sub(p, val, __ATOMIC_SEQ_CST);                                   \
        case X86_ATOMIC_AND:                                                                       \
            return __atomic_fetch_and(p, val, __ATOMIC_SEQ_CST);                                   \
        case X86_ATOMIC_OR:                                                                        \
            return __atomic_fetch_or(p, val, __ATOMIC_SEQ_CST);                                    \
        case X86_ATOMIC_XOR:                                                                       \
            return __atomic_fetch_xor(p, val, __ATOMIC_SEQ_CST);                                   \
        default:                                                                                   \
            return __atomic_exchange_n(p, val, __ATOMIC_SEQ_CST);                                  \
        }                                                                                          \
    }                                                                                              \
    static uint64_t host_cmpxchg##bits(void *host, uint##bits##_t old, uint##bits##_t new)         \
    {                                                                                              \
        __atomic_compare_exchange_n((uint##bits##_t *)host, &old, new, false, __ATOMIC_SEQ_CST,    \
                                    __ATOMIC_SEQ_CST);                                             \
        return old;                                                                                \
    }
HOST_RMW(8)
HOST_RMW(16)
HOST_RMW(32)
HOST_RMW(64)
#undef HOST_RMW

static uint64_t operand_rmw(CPUX86State *env, AtomicOperand *o, X86AtomicOp op, uint64_t val)
{
    uint64_t old;
    bool locked;

    if (unlikely(!o->host)) {
        locked = begin_plain(env, o);
        old = x86_tlb_load(env, o->lin, o->size, o->idx, o->seg);
        x86_tlb_store(env, o->lin, combine(op, old, val), o->size, o->idx, o->seg);
        end_plain(locked);
        return old;
    }
    switch (o->size) {
    case 1:
        old = host_rmw8(o->host, op, val);
        break;
    case 2:
        old = host_rmw16(o->host, op, val);
        break;
    case 4:
        old = host_rmw32(o->host, op, val);
        break;
    default:
        old = host_rmw64(o->host, op, val);
        break;
    }
    operand_close(env, o);
    return old;
}

uint64_t x86_atomic_rmw(CPUX86State *env, int seg, uint64_t ea, unsigned size, X86AtomicOp op,
                        uint64_t val)
{
    AtomicOperand o;

    operand_open(env, &o, seg, ea, size);
    return operand_rmw(env, &o, op, val);
}

uint64_t x86_lin_atomic_rmw(CPUX86State *env, uint64_t lin, unsigned size, int mmu_idx,
                            X86AtomicOp op, uint64_t val)
{
    AtomicOperand o = {.lin = lin, .idx = mmu_idx, .seg = R_DS, .size = size};

    operand_open_lin(env, &o);
    return operand_rmw(env, &o, op, val);
}

uint64_t x86_atomic_cmpxchg(CPUX86State *env, int seg, uint64_t ea, unsigned size, uint64_t old,
                            uint64_t new)
{
    AtomicOperand o;
    uint64_t seen;
    bool locked;

    operand_open(env, &o, seg, ea, size);
    if (size < 8) {
        old &= (1ull << (size * 8)) - 1;
    }
    if (unlikely(!o.host)) {
        locked = begin_plain(env, &o);
        seen = x86_tlb_load(env, o.lin, size, o.idx, seg);
        x86_tlb_store(env, o.lin, seen == old ? new : seen, size, o.idx, seg);
        end_plain(locked);
        return seen;
    }
    switch (size) {
    case 1:
        seen = host_cmpxchg8(o.host, old, new);
        break;
    case 2:
        seen = host_cmpxchg16(o.host, old, new);
        break;
    case 4:
        seen = host_cmpxchg32(o.host, old, new);
        break;
    default:
        seen = host_cmpxchg64(o.host, old, new);
        break;
    }
    operand_close(env, &o);
    return seen;
}

#ifdef __x86_64__
static bool host_cmpxchg128(void *host, uint64_t old[2], const uint64_t new[2])
{
    bool done;

    asm volatile("lock cmpxchg16b %1"
                 : "=@ccz"(done), "+m"(*(unsigned __int128 *)host), "+a"(old[0]), "+d"(old[1])
                 : "b"(new[0]), "c"(new[1])
                 : "memory");
    return done;
}
#endif

bool x86_atomic_cmpxchg16(CPUX86State *env, int seg, uint64_t ea, uint64_t old[2],
                          const uint64_t new[2])
{
    AtomicOperand o;
    uint64_t seen[2];
    bool equal, locked;

    operand_open(env, &o, seg, ea, 16);
#ifdef __x86_64__
    if (likely(o.host)) {
        equal = host_cmpxchg128(o.host, old, new);
        operand_close(env, &o);
        return equal;
    }
#endif
    locked = begin_plain(env, &o);
    seen[0] = x86_tlb_load(env, o.lin, 8, o.idx, seg);
    seen[1] = x86_tlb_load(env, o.lin + 8, 8, o.idx, seg);
    equal = seen[0] == old[0] && seen[1] == old[1];
    x86_tlb_store(env, o.lin, equal ? new[0] : seen[0], 8, o.idx, seg);
    x86_tlb_store(env, o.lin + 8, equal ? new[1] : seen[1], 8, o.idx, seg);
    end_plain(locked);
    memcpy(old, seen, sizeof(seen));
    return equal;
}
