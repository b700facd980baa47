/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the decoder tests share: modes, and a decoder linked without interpreter.
 */
#ifndef TEST_X86_DECODE_COMMON_H
#define TEST_X86_DECODE_COMMON_H

#include "target/i386/tcg/decode-int.h"

/* The decoder is linked alone. */
X86InterpFn *const x86_op_interp[X86_OP_COUNT];

#define HF_ALL_VEC (HF_OSFXSR | HF_AVX_EN | HF_AVX512_EN)

static const X86DecodeMode mode_real = {.hflags = HF_ALL_VEC};
static const X86DecodeMode mode_32 = {.hflags = HF_ALL_VEC | HF_PE | HF_CS32 | HF_SS32};
static const X86DecodeMode mode_64 = {.hflags = HF_ALL_VEC | HF_PE | HF_LMA | HF_CS64 | HF_CS32};

#endif
