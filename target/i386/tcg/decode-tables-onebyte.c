/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one-byte opcode map (SDM vol. 2, tables ), without the
 * x87 escapes D8-DF (decode-tables-x87.c).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-int.h"

/* A row replaces the defaults of the macro that writes it. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* clang-format off */

/* The six forms of the eight two-operand operations. */
#define ALU(base, name)                                                                    \
    R(base + 0, name, (Eb, Gb)), R(base + 1, name, (Ev, Gv)), R(base + 2, name, (Gb, Eb)), \
    R(base + 3, name, (Gv, Ev)), R(base + 4, name, (AL, Ib)), R(base + 5, name, (rAX, Iz))

#define GROUP1(opc, args, ...)                                                             \
    R(opc, ADD, args, REG(0), ##__VA_ARGS__), R(opc, OR, args, REG(1), ##__VA_ARGS__),     \
    R(opc, ADC, args, REG(2), ##__VA_ARGS__), R(opc, SBB, args, REG(3), ##__VA_ARGS__),    \
    R(opc, AND, args, REG(4), ##__VA_ARGS__), R(opc, SUB, args, REG(5), ##__VA_ARGS__),    \
    R(opc, XOR, args, REG(6), ##__VA_ARGS__), R(opc, CMP, args, REG(7), ##__VA_ARGS__)

/* /6 is an undocumented twin of SHL on all processors. */
#define GROUP2(opc, args)                                                                  \
    R(opc, ROL, args, REG(0)), R(opc, ROR, args, REG(1)), R(opc, RCL, args, REG(2)),       \
    R(opc, RCR, args, REG(3)), R(opc, SHL, args, REG(4)), R(opc, SHR, args, REG(5)),       \
    R(opc, SHL, args, REG(6)), R(opc, SAR, args, REG(7))

static const X86Row rows[] = {
    ALU(0x00, ADD),
    R(0x06, PUSH_SEG, (ES), ATTR(RA_N64)),
    R(0x07, POP_SEG, (ES), ATTR(RA_N64)),
    ALU(0x08, OR),
    R(0x0e, PUSH_SEG, (CS), ATTR(RA_N64)),
    ALU(0x10, ADC),
    R(0x16, PUSH_SEG, (SS), ATTR(RA_N64)),
    R(0x17, POP_SEG, (SS), ATTR(RA_N64)),
    ALU(0x18, SBB),
    R(0x1e, PUSH_SEG, (DS), ATTR(RA_N64)),
    R(0x1f, POP_SEG, (DS), ATTR(RA_N64)),
    ALU(0x20, AND),
    R(0x27, DAA, (), ATTR(RA_N64 | RA_BYTE)),
    ALU(0x28, SUB),
    R(0x2f, DAS, (), ATTR(RA_N64 | RA_BYTE)),
    ALU(0x30, XOR),
    R(0x37, AAA, (), ATTR(RA_N64 | RA_BYTE)),
    ALU(0x38, CMP),
    R(0x3f, AAS, (), ATTR(RA_N64 | RA_BYTE)),

    R(0x40, INC, (Zv), .span = 8, ATTR(RA_N64)),
    R(0x48, DEC, (Zv), .span = 8, ATTR(RA_N64)),
    R(0x50, PUSH, (Zv), .span = 8, ATTR(RA_D64)),
    R(0x58, POP, (Zv), .span = 8, ATTR(RA_D64)),

    R(0x60, PUSHA, (), ATTR(RA_N64)),
    R(0x61, POPA, (), ATTR(RA_N64)),
    R(0x62, BOUND, (Gv, Ma), MEM, ATTR(RA_N64)),
    R(0x63, ARPL, (Ew, Gw), ATTR(RA_N64 | RA_PM)),
    R(0x63, MOVSX, (Gv, Ez), ATTR(RA_O64)),
    R(0x68, PUSH, (Iz), ATTR(RA_D64)),
    R(0x69, IMUL3, (Gv, Ev, Iz)),
    R(0x6a, PUSH, (Ibs), ATTR(RA_D64)),
    R(0x6b, IMUL3, (Gv, Ev, Ibs)),
    R(0x6c, INS, (STR_Yb), ATTR(RA_BYTE)),
    R(0x6d, INS, (STR_Yv), ATTR(RA_ZOP)),
    R(0x6e, OUTS, (STR_Xb), ATTR(RA_BYTE)),
    R(0x6f, OUTS, (STR_Xv), ATTR(RA_ZOP)),
    R(0x70, JCC, (Jb), .span = 16, ATTR(RA_F64)),

    GROUP1(0x80, (Eb, Ib)),
    GROUP1(0x81, (Ev, Iz)),
    GROUP1(0x82, (Eb, Ib), ATTR(RA_N64)),
    GROUP1(0x83, (Ev, Ibs)),
    R(0x84, TEST, (Eb, Gb)),
    R(0x85, TEST, (Ev, Gv)),
    R(0x86, XCHG, (Eb, Gb)),
    R(0x87, XCHG, (Ev, Gv)),
    R(0x88, MOV, (Eb, Gb)),
    R(0x89, MOV, (Ev, Gv)),
    R(0x8a, MOV, (Gb, Eb)),
    R(0x8b, MOV, (Gv, Ev)),
    R(0x8c, MOV_FROM_SEG, (Evw, Sw)),
    R(0x8d, LEA, (Gv, M0), MEM),
    R(0x8e, MOV_TO_SEG, (Sw, Evw)),
    R(0x8f, POP, (Ev), REG(0), ATTR(RA_D64)),

    R(0x90, PAUSE, (), .pp = PP_F3, ATTR(RA_NOB)),
    R(0x90, NOP, (), ATTR(RA_NOB)),
    R(0x90, XCHG, (Zv, rAX)),
    R(0x91, XCHG, (Zv, rAX), .span = 7),
    R(0x98, CBW, ()),
    R(0x99, CWD, ()),
    R(0x9a, CALL_FAR, (Ap), ATTR(RA_N64)),
    R(0x9b, FWAIT, ()),
    R(0x9c, PUSHF, (), ATTR(RA_D64)),
    R(0x9d, POPF, (), ATTR(RA_D64)),
    R(0x9e, SAHF, (), ATTR(RA_N64)),
    R(0x9e, SAHF, (), FEAT(LAHF_LM)),
    R(0x9f, LAHF, (), ATTR(RA_N64)),
    R(0x9f, LAHF, (), FEAT(LAHF_LM)),

    R(0xa0, MOV, (AL, MOFFSb)),
    R(0xa1, MOV, (rAX, MOFFSv)),
    R(0xa2, MOV, (MOFFSb, AL)),
    R(0xa3, MOV, (MOFFSv, rAX)),
    R(0xa4, MOVS, (STR_Xb), ATTR(RA_BYTE)),
    R(0xa5, MOVS, (STR_Xv)),
    R(0xa6, CMPS, (STR_Xb), ATTR(RA_BYTE)),
    R(0xa7, CMPS, (STR_Xv)),
    R(0xa8, TEST, (AL, Ib)),
    R(0xa9, TEST, (rAX, Iz)),
    R(0xaa, STOS, (STR_Yb), ATTR(RA_BYTE)),
    R(0xab, STOS, (STR_Yv)),
    R(0xac, LODS, (STR_Xb), ATTR(RA_BYTE)),
    R(0xad, LODS, (STR_Xv)),
    R(0xae, SCAS, (STR_Yb), ATTR(RA_BYTE)),
    R(0xaf, SCAS, (STR_Yv)),
    R(0xb0, MOV, (Zb, Ib), .span = 8),
    R(0xb8, MOV, (Zv, Iv), .span = 8),

    GROUP2(0xc0, (Eb, Ib)),
    GROUP2(0xc1, (Ev, Ib)),
    R(0xc2, RET, (Iw), ATTR(RA_F64)),
    R(0xc3, RET, (), ATTR(RA_F64)),
    R(0xc4, LXS, (Gv, Mp, ES), MEM, ATTR(RA_N64)),
    R(0xc5, LXS, (Gv, Mp, DS), MEM, ATTR(RA_N64)),
    R(0xc6, MOV, (Eb, Ib), REG(0)),
    R(0xc7, MOV, (Ev, Iz), REG(0)),
    R(0xc8, ENTER, (Iw, Ib), ATTR(RA_D64)),
    R(0xc9, LEAVE, (), ATTR(RA_D64)),
    R(0xca, RETF, (Iw)),
    R(0xcb, RETF, ()),
    R(0xcc, INT3, ()),
    R(0xcd, INT, (Ib)),
    R(0xce, INTO, (), ATTR(RA_N64)),
    R(0xcf, IRET, ()),

    GROUP2(0xd0, (Eb, ONE)),
    GROUP2(0xd1, (Ev, ONE)),
    GROUP2(0xd2, (Eb, CL)),
    GROUP2(0xd3, (Ev, CL)),
    R(0xd4, AAM, (Ib), ATTR(RA_N64 | RA_BYTE)),
    R(0xd5, AAD, (Ib), ATTR(RA_N64 | RA_BYTE)),
    R(0xd6, SALC, (), ATTR(RA_N64 | RA_BYTE)),
    R(0xd7, XLAT, (rBXb), ATTR(RA_BYTE)),

    R(0xe0, LOOPNE, (Jb), ATTR(RA_F64)),
    R(0xe1, LOOPE, (Jb), ATTR(RA_F64)),
    R(0xe2, LOOP, (Jb), ATTR(RA_F64)),
    R(0xe3, JCXZ, (Jb), ATTR(RA_F64)),
    R(0xe4, IN, (AL, Ib), ATTR(RA_BYTE)),
    R(0xe5, IN, (zAX, Ib), ATTR(RA_ZOP)),
    R(0xe6, OUT, (Ib, AL), ATTR(RA_BYTE)),
    R(0xe7, OUT, (Ib, zAX), ATTR(RA_ZOP)),
    R(0xe8, CALL, (Jz), ATTR(RA_F64)),
    R(0xe9, JMP, (Jz), ATTR(RA_F64)),
    R(0xea, JMP_FAR, (Ap), ATTR(RA_N64)),
    R(0xeb, JMP, (Jb), ATTR(RA_F64)),
    R(0xec, IN, (AL, DX), ATTR(RA_BYTE)),
    R(0xed, IN, (zAX, DX), ATTR(RA_ZOP)),
    R(0xee, OUT, (DX, AL), ATTR(RA_BYTE)),
    R(0xef, OUT, (DX, zAX), ATTR(RA_ZOP)),

    R(0xf1, INT1, ()),
    R(0xf4, HLT, ()),
    R(0xf5, CMC, ()),
    R(0xf6, TEST, (Eb, Ib), REG(0)),
    R(0xf6, TEST, (Eb, Ib), REG(1)),
    R(0xf6, NOT, (Eb), REG(2)),
    R(0xf6, NEG, (Eb), REG(3)),
    R(0xf6, MUL, (Eb), REG(4)),
    R(0xf6, IMUL1, (Eb), REG(5)),
    R(0xf6, DIV, (Eb), REG(6)),
    R(0xf6, IDIV, (Eb), REG(7)),
    R(0xf7, TEST, (Ev, Iz), REG(0)),
    R(0xf7, TEST, (Ev, Iz), REG(1)),
    R(0xf7, NOT, (Ev), REG(2)),
    R(0xf7, NEG, (Ev), REG(3)),
    R(0xf7, MUL, (Ev), REG(4)),
    R(0xf7, IMUL1, (Ev), REG(5)),
    R(0xf7, DIV, (Ev), REG(6)),
    R(0xf7, IDIV, (Ev), REG(7)),
    R(0xf8, CLC, ()),
    R(0xf9, STC, ()),
    R(0xfa, CLI, ()),
    R(0xfb, STI, ()),
    R(0xfc, CLD, ()),
    R(0xfd, STD, ()),
    R(0xfe, INC, (Eb), REG(0)),
    R(0xfe, DEC, (Eb), REG(1)),
    R(0xff, INC, (Ev), REG(0)),
    R(0xff, DEC, (Ev), REG(1)),
    R(0xff, CALL_IND, (Ev), REG(2), ATTR(RA_F64)),
    R(0xff, CALL_FAR_IND, (Mp), REG(3), MEM),
    R(0xff, JMP_IND, (Ev), REG(4), ATTR(RA_F64)),
    R(0xff, JMP_FAR_IND, (Mp), REG(5), MEM),
    R(0xff, PUSH, (Ev), REG(6), ATTR(RA_D64)),
};
/* clang-format on */

X86_TABLE(x86_table_onebyte, SPACE_1B, rows);
