/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions as text, with capstone where that is built in, else as bytes. Any thread. */
#ifndef I386_DISAS_H
#define I386_DISAS_H

#include "target/i386/cpu.h"

/*
 * Appends one line for the instruction at @pc, of which @n bytes are there, in
 * AT&T syntax; @bits is 16, 32 or 64. Returns its length, at least 1.
 */
unsigned x86_disas(GString *text, unsigned bits, uint64_t pc, const uint8_t *bytes, size_t n);

/* What code of @env is decoded as: 16, 32, 64. */
static inline unsigned x86_code_bits(uint32_t hflags)
{
    return hflags & HF_CS64 ? 64 : hflags & HF_CS32 ? 32 : 16;
}

#endif
