/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87 escapes D8-DF (SDM vol. 2, A.5), with the aliases of the 8087 and 287 that
 * processors still execute (AMD APM vol. 3, table A-15 notes).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-int.h"

/* A row replaces the defaults of the macro that writes it. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* clang-format off */
#define LD(opc, r, args)  R(opc, X87, args, REG(r), MEM, FEAT(FPU), .acc = ACC_R)
#define ST(opc, r, args)  R(opc, X87, args, REG(r), MEM, FEAT(FPU), .acc = ACC_W)
#define LD3(opc, r, args) R(opc, X87, args, REG(r), MEM, FEAT(FPU), FEAT2(SSE3), .acc = ACC_W)
#define FEAT2(f) .feat2 = XF_##f
/* Register forms: to ST(0), and to ST(i). */
#define S0(opc, r) R(opc, X87, (ST0, STi), REG(r), NOMEM, FEAT(FPU), .acc = ACC_RW)
#define SI(opc, r) R(opc, X87, (STi, ST0), REG(r), NOMEM, FEAT(FPU), .acc = ACC_RW)
#define XCH(opc, r) R(opc, X87, (ST0, STi), REG(r), NOMEM, FEAT(FPU), .acc = ACC_RWRW)
#define CMP_(opc, r) R(opc, X87, (ST0, STi), REG(r), NOMEM, FEAT(FPU), .acc = ACC_R)
#define ONE_(opc, r, m) R(opc, X87, (), REG(r), RM(m), NOMEM, FEAT(FPU), .acc = ACC_R)
#define CTL(opc, r, m, name) R(opc, name, (), REG(r), RM(m), NOMEM, FEAT(FPU))
#define COMI(opc, r)                                                                       \
    R(opc, X87, (ST0, STi), REG(r), NOMEM, FEAT(FPU), FEAT2(CMOV), .acc = ACC_R, .fw = CC_ALL)
#define CMOV(opc, r, read)                                                                 \
    R(opc, X87, (ST0, STi), REG(r), NOMEM, FEAT(FPU), FEAT2(CMOV), .acc = ACC_RW, .fr = read)

static const X86Row rows[] = {
    LD(0xd8, 0, (Md)), LD(0xd8, 1, (Md)), LD(0xd8, 2, (Md)), LD(0xd8, 3, (Md)),
    LD(0xd8, 4, (Md)), LD(0xd8, 5, (Md)), LD(0xd8, 6, (Md)), LD(0xd8, 7, (Md)),
    S0(0xd8, 0), S0(0xd8, 1), CMP_(0xd8, 2), CMP_(0xd8, 3),
    S0(0xd8, 4), S0(0xd8, 5), S0(0xd8, 6), S0(0xd8, 7),

    LD(0xd9, 0, (Md)), ST(0xd9, 2, (Md)), ST(0xd9, 3, (Md)),
    R(0xd9, FLDENV, (Me), REG(4), MEM, FEAT(FPU)),
    R(0xd9, FLDCW, (Mw), REG(5), MEM, FEAT(FPU)),
    R(0xd9, FNSTENV, (Me), REG(6), MEM, FEAT(FPU)),
    R(0xd9, FNSTCW, (Mw), REG(7), MEM, FEAT(FPU)),
    CMP_(0xd9, 0), XCH(0xd9, 1), ONE_(0xd9, 2, 0), /* FLD, FXCH, FNOP */
    R(0xd9, X87, (STi, ST0), REG(3), NOMEM, FEAT(FPU), .acc = ACC_W), /* FSTP1 */
    ONE_(0xd9, 4, 0), ONE_(0xd9, 4, 1), ONE_(0xd9, 4, 4), ONE_(0xd9, 4, 5), /* FCHS FABS FTST FXAM */
    ONE_(0xd9, 5, 0), ONE_(0xd9, 5, 1), ONE_(0xd9, 5, 2), ONE_(0xd9, 5, 3), /* constants */
    ONE_(0xd9, 5, 4), ONE_(0xd9, 5, 5), ONE_(0xd9, 5, 6),
    ONE_(0xd9, 6, 0), ONE_(0xd9, 6, 1), ONE_(0xd9, 6, 2), ONE_(0xd9, 6, 3),
    ONE_(0xd9, 6, 4), ONE_(0xd9, 6, 5), ONE_(0xd9, 6, 6), ONE_(0xd9, 6, 7),
    ONE_(0xd9, 7, 0), ONE_(0xd9, 7, 1), ONE_(0xd9, 7, 2), ONE_(0xd9, 7, 3),
    ONE_(0xd9, 7, 4), ONE_(0xd9, 7, 5), ONE_(0xd9, 7, 6), ONE_(0xd9, 7, 7),

    LD(0xda, 0, (Md)), LD(0xda, 1, (Md)), LD(0xda, 2, (Md)), LD(0xda, 3, (Md)),
    LD(0xda, 4, (Md)), LD(0xda, 5, (Md)), LD(0xda, 6, (Md)), LD(0xda, 7, (Md)),
    CMOV(0xda, 0, CC_C), CMOV(0xda, 1, CC_Z), CMOV(0xda, 2, CC_C | CC_Z), CMOV(0xda, 3, CC_P),
    ONE_(0xda, 5, 1), /* FUCOMPP */

    LD(0xdb, 0, (Md)), LD3(0xdb, 1, (Md)), ST(0xdb, 2, (Md)), ST(0xdb, 3, (Md)),
    LD(0xdb, 5, (Mt)), ST(0xdb, 7, (Mt)),
    CMOV(0xdb, 0, CC_C), CMOV(0xdb, 1, CC_Z), CMOV(0xdb, 2, CC_C | CC_Z), CMOV(0xdb, 3, CC_P),
    ONE_(0xdb, 4, 0), ONE_(0xdb, 4, 1), /* FENI, FDISI of the 8087: nothing */
    CTL(0xdb, 4, 2, FNCLEX),
    CTL(0xdb, 4, 3, FNINIT),
    ONE_(0xdb, 4, 4), /* FSETPM of the 287: nothing */
    COMI(0xdb, 5), COMI(0xdb, 6),

    LD(0xdc, 0, (Mq)), LD(0xdc, 1, (Mq)), LD(0xdc, 2, (Mq)), LD(0xdc, 3, (Mq)),
    LD(0xdc, 4, (Mq)), LD(0xdc, 5, (Mq)), LD(0xdc, 6, (Mq)), LD(0xdc, 7, (Mq)),
    SI(0xdc, 0), SI(0xdc, 1), CMP_(0xdc, 2), CMP_(0xdc, 3),
    SI(0xdc, 4), SI(0xdc, 5), SI(0xdc, 6), SI(0xdc, 7),

    LD(0xdd, 0, (Mq)), LD3(0xdd, 1, (Mq)), ST(0xdd, 2, (Mq)), ST(0xdd, 3, (Mq)),
    R(0xdd, FRSTOR, (Mf), REG(4), MEM, FEAT(FPU)),
    R(0xdd, FNSAVE, (Mf), REG(6), MEM, FEAT(FPU)),
    R(0xdd, FNSTSW, (Mw), REG(7), MEM, FEAT(FPU)),
    R(0xdd, X87, (STi), REG(0), NOMEM, FEAT(FPU), .acc = ACC_N), /* FFREE */
    XCH(0xdd, 1),
    R(0xdd, X87, (STi, ST0), REG(2), NOMEM, FEAT(FPU), .acc = ACC_W),
    R(0xdd, X87, (STi, ST0), REG(3), NOMEM, FEAT(FPU), .acc = ACC_W),
    CMP_(0xdd, 4), CMP_(0xdd, 5),

    LD(0xde, 0, (Mw)), LD(0xde, 1, (Mw)), LD(0xde, 2, (Mw)), LD(0xde, 3, (Mw)),
    LD(0xde, 4, (Mw)), LD(0xde, 5, (Mw)), LD(0xde, 6, (Mw)), LD(0xde, 7, (Mw)),
    SI(0xde, 0), SI(0xde, 1), CMP_(0xde, 2), ONE_(0xde, 3, 1), /* FCOMPP */
    SI(0xde, 4), SI(0xde, 5), SI(0xde, 6), SI(0xde, 7),

    LD(0xdf, 0, (Mw)), LD3(0xdf, 1, (Mw)), ST(0xdf, 2, (Mw)), ST(0xdf, 3, (Mw)),
    LD(0xdf, 4, (Mt)), LD(0xdf, 5, (Mq)), ST(0xdf, 6, (Mt)), ST(0xdf, 7, (Mq)),
    R(0xdf, X87, (STi), REG(0), NOMEM, FEAT(FPU), .acc = ACC_N), /* FFREEP */
    XCH(0xdf, 1),
    R(0xdf, X87, (STi, ST0), REG(2), NOMEM, FEAT(FPU), .acc = ACC_W),
    R(0xdf, X87, (STi, ST0), REG(3), NOMEM, FEAT(FPU), .acc = ACC_W),
    R(0xdf, FNSTSW, (AX), REG(4), RM(0), NOMEM, FEAT(FPU)),
    COMI(0xdf, 5), COMI(0xdf, 6),
};
/* clang-format on */

X86_TABLE(x86_table_x87, SPACE_1B, rows);
