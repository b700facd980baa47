/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing host code: a cursor and the few instructions the translator needs
 * beside the guest's own.
 */
#ifndef I386_JIT_EMIT_H
#define I386_JIT_EMIT_H

#include "target/i386/tcg/reencode.h"

/* Host registers */
enum {
    H_RAX,
    H_RCX,
    H_RDX,
    H_RBX,
    H_RSP,
    H_RBP,
    H_RSI,
    H_RDI,
    H_R8,
    H_R9,
    H_R10,
    H_R11,
    H_R12,
    H_R13,
    H_R14,
    H_R15,
    H_COUNT,
};

/*
 * Scratch registers, free between guest instructions. RCX is the one that can
 * be tested without touching flags (JRCXZ).
 */
#define H_T0 H_RCX
#define H_T1 H_R14
#define H_T2 H_R15
/* The vCPU's state, and the stack of translated code right below it. */
#define H_ENV H_RSP

typedef struct Emit {
    uint8_t *p; /* next byte, in the writable mapping */
    uint8_t *start;
    uint8_t *limit;  /* code beyond is refused by the caller between instructions */
    ptrdiff_t to_rx; /* executable address = writable address + to_rx */
} Emit;

static inline void emit8(Emit *e, uint8_t v)
{
    *e->p++ = v;
}

static inline void emit16(Emit *e, uint16_t v)
{
    memcpy(e->p, &v, 2);
    e->p += 2;
}

static inline void emit32(Emit *e, uint32_t v)
{
    memcpy(e->p, &v, 4);
    e->p += 4;
}

static inline void emit64(Emit *e, uint64_t v)
{
    memcpy(e->p, &v, 8);
    e->p += 8;
}

static inline X86HostMem host_mem(int base, int32_t disp)
{
    return (X86HostMem){.base = base, .index = X86_HOST_NONE, .disp = disp};
}

static inline X86HostMem host_mem_index(int base, int index, unsigned scale, int32_t disp)
{
    return (X86HostMem){.base = base, .index = index, .scale = scale, .disp = disp};
}

/* A field of CPUArchState. */
#define ENV_MEM(field) host_mem(H_ENV, offsetof(CPUX86State, field))

/* Instruction with a memory operand: [prefix] REX [0F] opcode ModRM. @w: 64-bit operand. */
void emit_op_mem(Emit *e, bool w, unsigned map, uint8_t op, unsigned reg, const X86HostMem *m);
void emit_op_reg(Emit *e, bool w, unsigned map, uint8_t op, unsigned reg, unsigned rm);

void emit_mov_rr(Emit *e, bool w, unsigned to, unsigned from);
void emit_load(Emit *e, bool w, unsigned to, X86HostMem m);
void emit_store(Emit *e, bool w, unsigned from, X86HostMem m);
void emit_load_imm(Emit *e, unsigned to, uint64_t v);
void emit_lea(Emit *e, bool w, unsigned to, X86HostMem m);
/* to = from + disp, without flags; nothing if that is the identity. */
void emit_add_disp(Emit *e, bool w, unsigned to, unsigned from, int32_t disp);
/* Zero-extending loads and stores of @size bytes; @size 8 and 4 are plain moves. */
void emit_load_n(Emit *e, unsigned size, unsigned to, X86HostMem m);
void emit_store_n(Emit *e, unsigned size, unsigned from, X86HostMem m);
void emit_movzx(Emit *e, unsigned size, unsigned to, unsigned from);
void emit_store_imm32(Emit *e, bool w, int32_t v, X86HostMem m);
/* PEXT and PDEP to, from, [m] (64 bits) */
void emit_pext(Emit *e, unsigned to, unsigned from, X86HostMem m);
void emit_pdep(Emit *e, unsigned to, unsigned from, X86HostMem m);
/* SHLX and SARX to, from, count (64 bits) */
void emit_shlx(Emit *e, unsigned to, unsigned from, unsigned count);
void emit_sarx(Emit *e, unsigned to, unsigned from, unsigned count);
/* RORX to, from, n (64 bits) */
void emit_rorx(Emit *e, unsigned to, unsigned from, unsigned n);

/* Jumps and calls to executable addresses. */
void emit_jmp(Emit *e, const uint8_t *rx_target);
void emit_call(Emit *e, const uint8_t *rx_target);
void emit_jmp_mem(Emit *e, X86HostMem m);
void emit_jmp_reg(Emit *e, unsigned reg);

/* Forward jumps within what is being written; the result is given to emit_here(). */
uint8_t *emit_jrcxz(Emit *e);
uint8_t *emit_jcc8(Emit *e, unsigned cond);
void emit_here8(Emit *e, uint8_t *from);
/* Points the rel32 that ends at @rel_end - writable address - to executable @target. */
void emit_patch32(const Emit *e, uint8_t *rel, const uint8_t *rx_target);

static inline const uint8_t *emit_rx(const Emit *e, const uint8_t *rw)
{
    return rw + e->to_rx;
}

/* Multi-byte NOPs so that the next @len bytes do not cross a @line boundary. */
void emit_fit(Emit *e, unsigned len, unsigned line);
void emit_nops(Emit *e, unsigned len);

#endif
