/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the decoder share while one instruction is decoded.
 */
#ifndef I386_TCG_DECODE_STATE_H
#define I386_TCG_DECODE_STATE_H

#include "target/i386/tcg/decode-int.h"

typedef struct DecodeState {
    DecodedInsn *d;
    const X86Row *row;
    const uint64_t *features;
    uint32_t hflags;
    bool code64, pm; /* 64-bit code; protected mode and not virtual-8086 */

    const uint8_t *bytes;
    size_t avail;
    unsigned pos;
    uint64_t eip;
    X86DecodeResult err;

    /* prefixes */
    uint8_t rep; /* 0, F2 or F3: the last one */
    bool p66, p67, lock;
    int seg; /* override, -1: none */
    /* from REX, VEX or EVEX; register extensions are shifted into place */
    uint8_t w, reg_ext, index_ext, base_ext;
    uint8_t vvvv; /* all four bits, un-inverted; outside 64-bit code a register has only three */
    uint8_t evex_r1, evex_v1; /* 16 or 0: R' and V' */
    uint8_t pp;               /* of VEX and EVEX: PP_NP, PP_66, PP_F3, PP_F2 */
    uint8_t ll;
    uint8_t vl;        /* vector length in bytes */
    uint8_t mem_bytes; /* of the memory operand without broadcast */

    uint8_t mod, reg, rm;
    bool vsib, rip;
    unsigned nimm;
} DecodeState;

/* These return false with s->err set. */
bool x86_decode_fetch(DecodeState *s, unsigned len, uint64_t *val);
bool x86_decode_operands(DecodeState *s);
/* Checks that need the operands: LOCK, masking, register conflicts. */
bool x86_decode_legal(DecodeState *s);
void x86_decode_effects(DecodeState *s);

static inline bool x86_decode_has(const DecodeState *s, unsigned word, uint64_t mask)
{
    return !s->features || (s->features[word] & mask);
}

#endif
