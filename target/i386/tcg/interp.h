/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interpreter's functions, one per operation (several may share one): the
 * second column of ops.h.inc. Integer operations are in interp-*.c; segments,
 * control registers, ports and events in the files named after them; x87 and
 * vector operations in hostvec.c (hostvec.h).
 */
#ifndef I386_TCG_INTERP_H
#define I386_TCG_INTERP_H

#include "target/i386/tcg/decode.h"

#define X86_OP(name, fn, ...) X86InterpFn fn;
#include "ops.h.inc"
#undef X86_OP

#endif
