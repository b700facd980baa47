/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory operands of instructions: segmentation, then the TLB, then RAM.
 *
 * @ea is an offset in a segment, already cut to the address size. Values are in
 * host order. A fault is raised (excp.h) before anything is written, also when
 * the operand lies across a page boundary. vCPU thread only.
 */
#ifndef I386_TCG_ACCESS_H
#define I386_TCG_ACCESS_H

#include "qemu/bswap.h"
#include "target/i386/tcg/decode.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/tlb.h"

/* ---- addresses ---- */

/* Raises #GP(0), or #SS(0) for SS, unless @len bytes at @ea may be accessed. Not for 64-bit mode.
 */
void x86_seg_check(CPUX86State *env, int seg, uint64_t ea, unsigned len, unsigned access);

/* The limit and type check is due for this access (never in 64-bit mode). */
static inline bool x86_seg_needs_check(const CPUX86State *env, int seg)
{
    /* Code segments cannot be written. */
    return (env->hflags & HF_SEGLIMIT) || seg >= R_FS || seg == R_CS;
}

/* True if @lin has copies of its sign bit above the implemented width. */
static inline bool x86_is_canonical(const CPUX86State *env, uint64_t lin)
{
    int shift = env->cr[4] & CR4_LA57_MASK ? 64 - 57 : 64 - 48;

    return (uint64_t)((int64_t)(lin << shift) >> shift) == lin;
}

/*
 * Of FS or GS in 64-bit mode. AMD's processors refuse an offset that is not canonical even where
 * the sum is; Intel's look at the sum alone.
 */
static inline uint64_t x86_lin_based(CPUX86State *env, int seg, uint64_t ea)
{
    if (env->checks_offsets && unlikely(!x86_is_canonical(env, ea))) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    return env->segs[seg].base + ea;
}

/*
 * Linear address of @len bytes at @seg:@ea, checked (@access: OPND_R | OPND_W)
 * but for canonical form, which the TLB checks when it misses.
 */
static inline uint64_t x86_lin(CPUX86State *env, int seg, uint64_t ea, unsigned len,
                               unsigned access)
{
    if (env->hflags & HF_CS64) {
        return seg >= R_FS ? x86_lin_based(env, seg, ea) : ea;
    }
    /* An access does not wrap from the end of a segment of 4 GiB to its start. */
    if (x86_seg_needs_check(env, seg) || unlikely(ea + len - 1 > UINT32_MAX)) {
        x86_seg_check(env, seg, ea, len, access);
    }
    return (uint32_t)(env->segs[seg].base + ea);
}

/* Offset in its segment of the instruction's memory operand, cut to the address size. */
static inline uint64_t x86_mem_ea(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = d->mem.disp;

    if (d->mem.base < CPU_NB_REGS) {
        ea += env->regs[d->mem.base];
    }
    if (d->mem.index < CPU_NB_REGS && !d->mem.vsib) {
        ea += env->regs[d->mem.index] << d->mem.scale;
    }
    if (d->addrsize == 8) {
        return ea;
    }
    return d->addrsize == 4 ? (uint32_t)ea : (uint16_t)ea;
}

/*
 * Bases of descriptor tables and system segments, and operands of INVPCID, count as
 * canonical by the widest addresses that the processor has, whatever CR4.LA57 is
 * (SDM volume 1, 3.3.7.1).
 */
static inline bool x86_is_canonical_base(const CPUX86State *env, uint64_t lin)
{
    int shift = env->features[FEAT_7_0_ECX] & CPUID_7_0_ECX_LA57 ? 64 - 57 : 64 - 48;

    return (uint64_t)((int64_t)(lin << shift) >> shift) == lin;
}

/* ---- by linear address with chosen rights ---- */

#define X86_LIN_LD(bits, get)                                                                      \
    static inline uint##bits##_t x86_lin_ld##bits(CPUX86State *env, uint64_t lin, int idx)         \
    {                                                                                              \
        X86TLBEntry *e = x86_tlb_entry(env, idx, lin);                                             \
                                                                                                   \
        if (likely(x86_tlb_hit(e->addr_read, lin, bits / 8))) {                                    \
            return get((void *)(uintptr_t)(lin + e->addend));                                      \
        }                                                                                          \
        return x86_tlb_load(env, lin, bits / 8, idx, R_DS);                                        \
    }
X86_LIN_LD(8, ldub_p)
X86_LIN_LD(16, lduw_le_p)
X86_LIN_LD(32, ldl_le_p)
X86_LIN_LD(64, ldq_le_p)
#undef X86_LIN_LD

#define X86_LIN_ST(bits, put)                                                                      \
    static inline void x86_lin_st##bits(CPUX86State *env, uint64_t lin, uint##bits##_t val,        \
                                        int idx)                                                   \
    {                                                                                              \
        X86TLBEntry *e = x86_tlb_entry(env, idx, lin);                                             \
                                                                                                   \
        if (likely(x86_tlb_hit(e->addr_write, lin, bits / 8))) {                                   \
            put((void *)(uintptr_t)(lin + e->addend), val);                                        \
        } else {                                                                                   \
            x86_tlb_store(env, lin, val, bits / 8, idx, R_DS);                                     \
        }                                                                                          \
    }
X86_LIN_ST(8, stb_p)
X86_LIN_ST(16, stw_le_p)
X86_LIN_ST(32, stl_le_p)
X86_LIN_ST(64, stq_le_p)
#undef X86_LIN_ST

/* ---- by segment and offset, with the rights of the current CPL ---- */

/* CR0.AM, EFLAGS.AC and CPL 3 are all set: raises #AC(0) if @lin is not aligned to @size. */
void x86_align_check(CPUX86State *env, uint64_t lin, unsigned size);

#define X86_SEG_LD(bits, get)                                                                      \
    static inline uint##bits##_t x86_ld##bits(CPUX86State *env, int seg, uint64_t ea)              \
    {                                                                                              \
        uint64_t lin = x86_lin(env, seg, ea, bits / 8, OPND_R);                                    \
        int idx = x86_mmu_index(env);                                                              \
        X86TLBEntry *e = x86_tlb_entry(env, idx, lin);                                             \
                                                                                                   \
        if (unlikely(env->hflags & HF_ALIGNCHECK)) {                                               \
            x86_align_check(env, lin, bits / 8);                                                   \
        }                                                                                          \
        if (likely(x86_tlb_hit(e->addr_read, lin, bits / 8))) {                                    \
            return get((void *)(uintptr_t)(lin + e->addend));                                      \
        }                                                                                          \
        return x86_tlb_load(env, lin, bits / 8, idx, seg);                                         \
    }
X86_SEG_LD(8, ldub_p)
X86_SEG_LD(16, lduw_le_p)
X86_SEG_LD(32, ldl_le_p)
X86_SEG_LD(64, ldq_le_p)
#undef X86_SEG_LD

#define X86_SEG_ST(bits, put)                                                                      \
    static inline void x86_st##bits(CPUX86State *env, int seg, uint64_t ea, uint##bits##_t val)    \
    {                                                                                              \
        uint64_t lin = x86_lin(env, seg, ea, bits / 8, OPND_W);                                    \
        int idx = x86_mmu_index(env);                                                              \
        X86TLBEntry *e = x86_tlb_entry(env, idx, lin);                                             \
                                                                                                   \
        if (unlikely(env->hflags & HF_ALIGNCHECK)) {                                               \
            x86_align_check(env, lin, bits / 8);                                                   \
        }                                                                                          \
        if (likely(x86_tlb_hit(e->addr_write, lin, bits / 8))) {                                   \
            put((void *)(uintptr_t)(lin + e->addend), val);                                        \
        } else {                                                                                   \
            x86_tlb_store(env, lin, val, bits / 8, idx, seg);                                      \
        }                                                                                          \
    }
X86_SEG_ST(8, stb_p)
X86_SEG_ST(16, stw_le_p)
X86_SEG_ST(32, stl_le_p)
X86_SEG_ST(64, stq_le_p)
#undef X86_SEG_ST

/* Zero-extended load and store of @size (1, 2, 4, 8) bytes. */
static inline uint64_t x86_ldn(CPUX86State *env, int seg, uint64_t ea, unsigned size)
{
    switch (size) {
    case 1:
        return x86_ld8(env, seg, ea);
    case 2:
        return x86_ld16(env, seg, ea);
    case 4:
        return x86_ld32(env, seg, ea);
    default:
        return x86_ld64(env, seg, ea);
    }
}

static inline void x86_stn(CPUX86State *env, int seg, uint64_t ea, uint64_t val, unsigned size)
{
    switch (size) {
    case 1:
        x86_st8(env, seg, ea, val);
        break;
    case 2:
        x86_st16(env, seg, ea, val);
        break;
    case 4:
        x86_st32(env, seg, ea, val);
        break;
    default:
        x86_st64(env, seg, ea, val);
        break;
    }
}

/* ---- larger and special operands ---- */

/*
 * Host pointer to @len bytes at @seg:@ea, when they lie in one page of RAM that
 * can be accessed as @access (OPND_R, OPND_W or OPND_RW) directly; all faults
 * that the access can have are raised. NULL: use the functions above and below
 * (MMIO, page crossing, code in the page, breakpoints).
 */
void *x86_mem_probe(CPUX86State *env, int seg, uint64_t ea, unsigned len, unsigned access);

/* Raises the faults that a store (load) of @len bytes would have, and stores nothing. */
void x86_probe_write(CPUX86State *env, int seg, uint64_t ea, unsigned len);
void x86_probe_write_masked(CPUX86State *env, int seg, uint64_t ea, unsigned len, uint64_t mask);
void x86_probe_read(CPUX86State *env, int seg, uint64_t ea, unsigned len);

/*
 * Copies of @len bytes (any, up to a page), all or nothing. Bytes reach the
 * memory in pieces of up to 8, in ascending order.
 */
void x86_read_bytes(CPUX86State *env, int seg, uint64_t ea, void *buf, unsigned len);
void x86_write_bytes(CPUX86State *env, int seg, uint64_t ea, const void *buf, unsigned len);
/*
 * The same for the bytes (up to 64) whose bit in @mask is set: others are
 * neither accessed nor do they fault; bytes of @buf that are not read are zeroed.
 */
void x86_read_bytes_masked(CPUX86State *env, int seg, uint64_t ea, void *buf, unsigned len,
                           uint64_t mask);
void x86_write_bytes_masked(CPUX86State *env, int seg, uint64_t ea, const void *buf, unsigned len,
                            uint64_t mask);
/* By linear address with chosen rights. */
void x86_lin_read_bytes(CPUX86State *env, uint64_t lin, void *buf, unsigned len, int mmu_idx);
void x86_lin_write_bytes(CPUX86State *env, uint64_t lin, const void *buf, unsigned len,
                         int mmu_idx);
void x86_lin_probe_write(CPUX86State *env, uint64_t lin, unsigned len, int mmu_idx);

/*
 * Locked read-modify-write of @size (1, 2, 4, 8) bytes; all return the old value,
 * zero-extended. Aligned or within one cache line of RAM it is the host's own
 * locked instruction; elsewhere it runs while all other vCPUs are stopped.
 */
typedef enum X86AtomicOp {
    X86_ATOMIC_XCHG,
    X86_ATOMIC_ADD,
    X86_ATOMIC_SUB,
    X86_ATOMIC_AND,
    X86_ATOMIC_OR,
    X86_ATOMIC_XOR,
} X86AtomicOp;

uint64_t x86_atomic_rmw(CPUX86State *env, int seg, uint64_t ea, unsigned size, X86AtomicOp op,
                        uint64_t val);
/* Stores @new if memory holds @old; a write access in any case, as on hardware. */
uint64_t x86_atomic_cmpxchg(CPUX86State *env, int seg, uint64_t ea, unsigned size, uint64_t old,
                            uint64_t new);
/* CMPXCHG16B; *@old receives what was there. True if stored. @ea is aligned (checked by the
 * caller). */
bool x86_atomic_cmpxchg16(CPUX86State *env, int seg, uint64_t ea, uint64_t old[2],
                          const uint64_t new[2]);

/* By linear address with chosen rights (descriptor tables). */
uint64_t x86_lin_atomic_rmw(CPUX86State *env, uint64_t lin, unsigned size, int mmu_idx,
                            X86AtomicOp op, uint64_t val);

static inline uint64_t x86_atomic_xchg(CPUX86State *env, int seg, uint64_t ea, unsigned size,
                                       uint64_t val)
{
    return x86_atomic_rmw(env, seg, ea, size, X86_ATOMIC_XCHG, val);
}

/* ---- stack ---- */

/* The part of RSP that the stack segment's size uses. */
static inline uint64_t x86_stack_mask(const CPUX86State *env)
{
    if (env->hflags & HF_CS64) {
        return UINT64_MAX;
    }
    return env->hflags & HF_SS32 ? UINT32_MAX : UINT16_MAX;
}

/* Write RSP as an operation of the stack's size does: 16-bit keeps the rest, 32-bit zeroes it. */
static inline void x86_set_rsp(CPUX86State *env, uint64_t rsp)
{
    if (env->hflags & HF_CS64) {
        env->regs[R_ESP] = rsp;
    } else if (env->hflags & HF_SS32) {
        env->regs[R_ESP] = (uint32_t)rsp;
    } else {
        env->regs[R_ESP] = (env->regs[R_ESP] & ~0xffffull) | (uint16_t)rsp;
    }
}

static inline void x86_push(CPUX86State *env, uint64_t val, unsigned size)
{
    uint64_t rsp = (env->regs[R_ESP] - size) & x86_stack_mask(env);

    x86_stn(env, R_SS, rsp, val, size);
    x86_set_rsp(env, rsp);
}

/* What POP would read; RSP is not changed, so that a second access may still fault. */
static inline uint64_t x86_peek(CPUX86State *env, unsigned offset, unsigned size)
{
    return x86_ldn(env, R_SS, (env->regs[R_ESP] + offset) & x86_stack_mask(env), size);
}

static inline uint64_t x86_pop(CPUX86State *env, unsigned size)
{
    uint64_t val = x86_peek(env, 0, size);

    x86_set_rsp(env, env->regs[R_ESP] + size);
    return val;
}

#endif
