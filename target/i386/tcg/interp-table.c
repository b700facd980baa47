/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operation to interpreter function. Apart from decode-ops.c, so that the decoder
 * can be linked without what executes instructions.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-int.h"
#include "target/i386/tcg/interp.h"

X86InterpFn *const x86_op_interp[X86_OP_COUNT] = {
#define X86_OP(op, fn, ...) [X86_OP_##op] = fn,
#include "ops.h.inc"
#undef X86_OP
};
