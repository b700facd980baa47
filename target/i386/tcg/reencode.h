/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Re-encoding of a decoded guest instruction as 64-bit host code with other
 * registers and another memory operand. Used by the vector unit of the
 * interpreter and by the translator.
 */
#ifndef I386_TCG_REENCODE_H
#define I386_TCG_REENCODE_H

#include "target/i386/tcg/decode.h"

#define X86_HOST_NONE (-1)

/* A host memory operand: [base + index << scale + disp] */
typedef struct X86HostMem {
    int8_t base;
    int8_t index; /* X86_HOST_NONE: no index; never 4 (RSP) */
    uint8_t scale;
    bool gs; /* with a GS prefix */
    int32_t disp;
} X86HostMem;

/* Replacements; X86_HOST_NONE keeps what the guest encoded. */
typedef struct X86HostOperands {
    int8_t reg;    /* ModRM.reg */
    int8_t rm;     /* ModRM.rm when it is a register */
    int8_t vvvv;   /* VEX.vvvv */
    int8_t opreg;  /* register in the low bits of the opcode */
    bool byte_rex; /* a byte operand is SPL, BPL, SIL or DIL: needs a REX prefix */
    bool flip66;   /* legacy: the guest's default operand size is 16 bits */
    bool use_mem;  /* the instruction has a memory operand: encode @mem */
    X86HostMem mem;
} X86HostOperands;

#define X86_HOST_OPERANDS_KEEP                                                                     \
    (X86HostOperands)                                                                              \
    {                                                                                              \
        X86_HOST_NONE, X86_HOST_NONE, X86_HOST_NONE, X86_HOST_NONE                                 \
    }

/* Bytes of the longest result */
#define X86_REENC_MAX 24

/*
 * Write the host form of @d to @out; returns its length. Segment and address
 * size prefixes go, LOCK and mandatory prefixes stay. @mode64: the guest code
 * was 64-bit (otherwise register-extension bits and W are ignored as the
 * processor ignores them there).
 */
unsigned x86_reencode(uint8_t *out, const DecodedInsn *d, const X86HostOperands *h, bool mode64);

/* Write ModRM, SIB and displacement for @m with @reg in ModRM.reg. Returns the length. */
unsigned x86_encode_mem(uint8_t *out, unsigned reg, const X86HostMem *m, bool no_disp8);

static inline bool x86_insn_has_mem(const DecodedInsn *d)
{
    return d->has_modrm && (d->modrm >> 6) != 3;
}

#endif
