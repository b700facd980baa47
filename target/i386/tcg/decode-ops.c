/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The static properties of each operation, and its name.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-int.h"

/* Names of the columns of ops.h.inc. */
#define C      CC_C
#define P      CC_P
#define A      CC_A
#define Z      CC_Z
#define S      CC_S
#define O      CC_O
#define DF     DF_MASK
#define OSZAP  (CC_ALL & ~CC_C)
#define OSZAPC CC_ALL
#define ALLF   (CC_ALL | DF_MASK | IF_MASK | TF_MASK | IOPL_MASK | NT_MASK)

#define AX     (1u << R_EAX)
#define CX     (1u << R_ECX)
#define DX     (1u << R_EDX)
#define BX     (1u << R_EBX)
#define SP     (1u << R_ESP)
#define BP     (1u << R_EBP)
#define SI     (1u << R_ESI)
#define DI     (1u << R_EDI)
#define R11    (1u << R_R11)
#define LOW8   0xffu
#define ALLG   0xffffu

#define BR     X86_IF_BRANCH
#define COND   X86_IF_COND
#define CALL_  X86_IF_CALL
#define RET_   X86_IF_RET
#define IND    X86_IF_INDIRECT
#define END    X86_IF_END_BLOCK
#define PRIV   X86_IF_PRIV
#define IO     X86_IF_IO
#define FPU    X86_IF_X87
#define SIMD   X86_IF_VECTOR
#define STR    X86_IF_STRING
#define LOCK   X86_IF_LOCKABLE
#define SER    X86_IF_SERIALIZE
#define MASKED X86_IF_MASKED

const X86OpInfo x86_op_info[X86_OP_COUNT] = {
#define X86_OP(op, fn, access, props, fread, fwritten, fundef, gread, gwritten)                    \
    [X86_OP_##op] = {                                                                              \
        .name = #op,                                                                               \
        .acc = ACC_##access,                                                                       \
        .flags = props,                                                                            \
        .fr = fread,                                                                               \
        .fw = fwritten,                                                                            \
        .fu = fundef,                                                                              \
        .gr = gread,                                                                               \
        .gw = gwritten,                                                                            \
    },
#include "ops.h.inc"
#undef X86_OP
};

const char *x86_op_name(X86Op op)
{
    return op < X86_OP_COUNT ? x86_op_info[op].name : "?";
}
