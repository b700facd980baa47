/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files of the vector unit.
 */
#ifndef I386_TCG_HOSTVEC_INT_H
#define I386_TCG_HOSTVEC_INT_H

#include "target/i386/tcg/access.h"
#include "target/i386/tcg/decode.h"
#include "target/i386/tcg/hostvec.h"
#include "target/i386/tcg/hostvec-stub.h"

#define FSW_ES 0x0080

/* CR0.EM, CR0.TS: #NM for an x87 instruction. */
void x86_fpu_check_x87(CPUX86State *env);
/* An unmasked x87 exception is pending: #MF, or FERR# with CR0.NE clear. */
void x86_fpu_check_pending(CPUX86State *env);
/* #UD and #NM of MMX, SSE, AVX and AVX-512 instructions. */
void x86_fpu_check_vector(CPUX86State *env, const DecodedInsn *d);
/* The same as a value: vector of the exception, -1 if there is none. */
int x86_fpu_vector_fault(uint32_t hflags, const DecodedInsn *d);
/* The general register of a vector instruction is in ModRM.reg, not ModRM.rm. */
bool x86_vec_gpr_in_reg_field(const DecodedInsn *d);
/* PCMPESTRM, PCMPESTRI, PCMPISTRM, PCMPISTRI: lengths in rAX and rDX, index to ECX. */
bool x86_vec_is_string_compare(const DecodedInsn *d);
/* FIP, FDP and FOP after a non-control x87 instruction. */
void x86_fpu_set_pointers(CPUX86State *env, const DecodedInsn *d);

/* All 64 bytes of vector register @reg; elements of it; a write marks the component in use. */
void x86_vec_read(const CPUX86State *env, unsigned reg, void *out);
void x86_vec_write(CPUX86State *env, unsigned reg, unsigned offset, const void *in, unsigned len);
void x86_vec_zero_above(CPUX86State *env, unsigned reg, unsigned offset);

/* Lanes of the instruction that are active: from the opmask, or from the sign bits of vvvv. */
uint64_t x86_vec_lanes(const CPUX86State *env, const DecodedInsn *d, unsigned count);

void x86_hostvec_gather(CPUX86State *env, const DecodedInsn *d);
void x86_hostvec_scatter(CPUX86State *env, const DecodedInsn *d);
void x86_hostvec_maskmov(CPUX86State *env, const DecodedInsn *d);

/* Execute @d natively with its memory operand in @mem (NULL: it has none). Raises #XM, #UD. */
void x86_hostvec_native(CPUX86State *env, const DecodedInsn *d, void *mem);
/* Execute the given host bytes (memory operand [RDI]) on env->fpu. */
void x86_hostvec_bytes(CPUX86State *env, const uint8_t *code, unsigned len, void *mem);

#endif
