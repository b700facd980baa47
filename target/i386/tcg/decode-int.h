/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The form of the opcode tables: shared by the tables, the decoder and the
 * tests that generate instructions from them.
 *
 * A table is a list of rows; the rows of one opcode are consecutive and the
 * first that matches prefixes, ModRM, mode and features is the instruction.
 */
#ifndef I386_TCG_DECODE_INT_H
#define I386_TCG_DECODE_INT_H

#include "target/i386/tcg/decode.h"

/* CPUID features that opcodes depend on: name, word, mask. */
#define X86_DECODE_FEATURES(X)                                                                     \
    X(FPU, FEAT_1_EDX, CPUID_FP87)                                                                 \
    X(CX8, FEAT_1_EDX, CPUID_CX8)                                                                  \
    X(TSC, FEAT_1_EDX, CPUID_TSC)                                                                  \
    X(MSR, FEAT_1_EDX, CPUID_MSR)                                                                  \
    X(SEP, FEAT_1_EDX, CPUID_SEP)                                                                  \
    X(CMOV, FEAT_1_EDX, CPUID_CMOV)                                                                \
    X(CLFLUSH, FEAT_1_EDX, CPUID_CLFLUSH)                                                          \
    X(MMX, FEAT_1_EDX, CPUID_MMX)                                                                  \
    X(FXSR, FEAT_1_EDX, CPUID_FXSR)                                                                \
    X(SSE, FEAT_1_EDX, CPUID_SSE)                                                                  \
    X(SSE2, FEAT_1_EDX, CPUID_SSE2)                                                                \
    X(SSE3, FEAT_1_ECX, CPUID_EXT_SSE3)                                                            \
    X(PCLMUL, FEAT_1_ECX, CPUID_EXT_PCLMULQDQ)                                                     \
    X(MONITOR, FEAT_1_ECX, CPUID_EXT_MONITOR)                                                      \
    X(SSSE3, FEAT_1_ECX, CPUID_EXT_SSSE3)                                                          \
    X(FMA, FEAT_1_ECX, CPUID_EXT_FMA)                                                              \
    X(CX16, FEAT_1_ECX, CPUID_EXT_CX16)                                                            \
    X(SSE41, FEAT_1_ECX, CPUID_EXT_SSE41)                                                          \
    X(SSE42, FEAT_1_ECX, CPUID_EXT_SSE42)                                                          \
    X(MOVBE, FEAT_1_ECX, CPUID_EXT_MOVBE)                                                          \
    X(POPCNT, FEAT_1_ECX, CPUID_EXT_POPCNT)                                                        \
    X(AES, FEAT_1_ECX, CPUID_EXT_AES)                                                              \
    X(XSAVE, FEAT_1_ECX, CPUID_EXT_XSAVE)                                                          \
    X(AVX, FEAT_1_ECX, CPUID_EXT_AVX)                                                              \
    X(F16C, FEAT_1_ECX, CPUID_EXT_F16C)                                                            \
    X(RDRAND, FEAT_1_ECX, CPUID_EXT_RDRAND)                                                        \
    X(FSGSBASE, FEAT_7_0_EBX, CPUID_7_0_EBX_FSGSBASE)                                              \
    X(BMI1, FEAT_7_0_EBX, CPUID_7_0_EBX_BMI1)                                                      \
    X(AVX2, FEAT_7_0_EBX, CPUID_7_0_EBX_AVX2)                                                      \
    X(BMI2, FEAT_7_0_EBX, CPUID_7_0_EBX_BMI2)                                                      \
    X(INVPCID, FEAT_7_0_EBX, CPUID_7_0_EBX_INVPCID)                                                \
    X(AVX512F, FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512F)                                                \
    X(AVX512DQ, FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512DQ)                                              \
    X(RDSEED, FEAT_7_0_EBX, CPUID_7_0_EBX_RDSEED)                                                  \
    X(ADX, FEAT_7_0_EBX, CPUID_7_0_EBX_ADX)                                                        \
    X(SMAP, FEAT_7_0_EBX, CPUID_7_0_EBX_SMAP)                                                      \
    X(IFMA, FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512IFMA)                                                \
    X(CLFLUSHOPT, FEAT_7_0_EBX, CPUID_7_0_EBX_CLFLUSHOPT)                                          \
    X(CLWB, FEAT_7_0_EBX, CPUID_7_0_EBX_CLWB)                                                      \
    X(AVX512CD, FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512CD)                                              \
    X(SHA, FEAT_7_0_EBX, CPUID_7_0_EBX_SHA_NI)                                                     \
    X(AVX512BW, FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512BW)                                              \
    X(AVX512VL, FEAT_7_0_EBX, CPUID_7_0_EBX_AVX512VL)                                              \
    X(VBMI, FEAT_7_0_ECX, CPUID_7_0_ECX_AVX512VBMI)                                                \
    X(PKU, FEAT_7_0_ECX, CPUID_7_0_ECX_PKU)                                                        \
    X(VBMI2, FEAT_7_0_ECX, CPUID_7_0_ECX_AVX512VBMI2)                                              \
    X(GFNI, FEAT_7_0_ECX, CPUID_7_0_ECX_GFNI)                                                      \
    X(VAES, FEAT_7_0_ECX, CPUID_7_0_ECX_VAES)                                                      \
    X(VPCLMUL, FEAT_7_0_ECX, CPUID_7_0_ECX_VPCLMULQDQ)                                             \
    X(VNNI, FEAT_7_0_ECX, CPUID_7_0_ECX_AVX512VNNI)                                                \
    X(BITALG, FEAT_7_0_ECX, CPUID_7_0_ECX_AVX512BITALG)                                            \
    X(VPOPCNT, FEAT_7_0_ECX, CPUID_7_0_ECX_AVX512_VPOPCNTDQ)                                       \
    X(RDPID, FEAT_7_0_ECX, CPUID_7_0_ECX_RDPID)                                                    \
    X(MOVDIRI, FEAT_7_0_ECX, CPUID_7_0_ECX_MOVDIRI)                                                \
    X(MOVDIR64B, FEAT_7_0_ECX, CPUID_7_0_ECX_MOVDIR64B)                                            \
    X(VP2I, FEAT_7_0_EDX, CPUID_7_0_EDX_AVX512_VP2INTERSECT)                                       \
    X(SERIALIZE, FEAT_7_0_EDX, CPUID_7_0_EDX_SERIALIZE)                                            \
    X(FP16, FEAT_7_0_EDX, CPUID_7_0_EDX_AVX512_FP16)                                               \
    X(SHA512, FEAT_7_1_EAX, CPUID_7_1_EAX_SHA512)                                                  \
    X(SM3, FEAT_7_1_EAX, CPUID_7_1_EAX_SM3)                                                        \
    X(SM4, FEAT_7_1_EAX, CPUID_7_1_EAX_SM4)                                                        \
    X(AVXVNNI, FEAT_7_1_EAX, CPUID_7_1_EAX_AVX_VNNI)                                               \
    X(BF16, FEAT_7_1_EAX, CPUID_7_1_EAX_AVX512_BF16)                                               \
    X(AVXIFMA, FEAT_7_1_EAX, CPUID_7_1_EAX_AVX_IFMA)                                               \
    X(VNNI8, FEAT_7_1_EDX, CPUID_7_1_EDX_AVX_VNNI_INT8)                                            \
    X(NECVT, FEAT_7_1_EDX, CPUID_7_1_EDX_AVX_NE_CONVERT)                                           \
    X(VNNI16, FEAT_7_1_EDX, CPUID_7_1_EDX_AVX_VNNI_INT16)                                          \
    X(SYSCALL, FEAT_8000_0001_EDX, CPUID_EXT2_SYSCALL)                                             \
    X(RDTSCP, FEAT_8000_0001_EDX, CPUID_EXT2_RDTSCP)                                               \
    X(LAHF_LM, FEAT_8000_0001_ECX, CPUID_EXT3_LAHF_LM)                                             \
    X(SVM, FEAT_8000_0001_ECX, CPUID_EXT3_SVM)                                                     \
    X(CR8LEG, FEAT_8000_0001_ECX, CPUID_EXT3_CR8LEG)                                               \
    X(ABM, FEAT_8000_0001_ECX, CPUID_EXT3_ABM)                                                     \
    X(SSE4A, FEAT_8000_0001_ECX, CPUID_EXT3_SSE4A)                                                 \
    X(CLZERO, FEAT_8000_0008_EBX, CPUID_8000_0008_EBX_CLZERO)                                      \
    X(XSAVEOPT, FEAT_XSAVE, CPUID_XSAVE_XSAVEOPT)                                                  \
    X(XSAVEC, FEAT_XSAVE, CPUID_XSAVE_XSAVEC)                                                      \
    X(XSAVES, FEAT_XSAVE, CPUID_XSAVE_XSAVES)

typedef enum X86Feat {
    XF_,
#define X(name, word, mask) XF_##name,
    X86_DECODE_FEATURES(X)
#undef X
        XF_COUNT,
} X86Feat;

/* Where an operand is encoded: the letters of SDM vol. 2, A.2.1, more or less. */
typedef enum X86ArgMode {
    AM_NONE,
    AM_E,    /* ModRM.rm: GPR or memory */
    AM_R,    /* ModRM.rm: GPR (the row says that mod is 3, or that it is ignored) */
    AM_M,    /* ModRM.rm: memory (the row or the decoder refuses mod 3) */
    AM_G,    /* ModRM.reg: GPR */
    AM_B,    /* VEX.vvvv: GPR */
    AM_Z,    /* low bits of the opcode: GPR */
    AM_FIX,  /* GPR number in the size's place; size is the operand size or 1 */
    AM_IMM,  /* zero-extended */
    AM_IMMS, /* sign-extended */
    AM_REL,
    AM_FAR,
    AM_MOFFS,
    AM_STR_X, /* DS:rSI */
    AM_STR_Y, /* ES:rDI */
    AM_RAX_M, /* memory at DS:rAX (MONITOR, CLZERO) */
    AM_RDI_M, /* memory at DS:rDI (MASKMOV*) */
    AM_RBX_M, /* memory at DS:rBX (XLAT) */
    AM_SREG,  /* ModRM.reg: segment register */
    AM_FSEG,  /* segment register number in the size's place */
    AM_CREG,
    AM_DREG,
    AM_ONE,
    AM_ST0,
    AM_STI, /* ModRM.rm: ST(i) */
    AM_P,   /* ModRM.reg: MMX */
    AM_Q,   /* ModRM.rm: MMX or memory */
    AM_N,   /* ModRM.rm: MMX */
    AM_V,   /* ModRM.reg: vector */
    AM_H,   /* VEX.vvvv: vector */
    AM_W,   /* ModRM.rm: vector or memory */
    AM_U,   /* ModRM.rm: vector */
    AM_L,   /* imm8[7:4]: vector */
    AM_X0,  /* XMM0 */
    AM_VM,  /* memory with a vector index (VSIB); size is that of the index */
    AM_KG,  /* ModRM.reg: mask register */
    AM_KH,  /* VEX.vvvv: mask register */
    AM_KE,  /* ModRM.rm: mask register or memory */
    AM_KR,  /* ModRM.rm: mask register */
} X86ArgMode;

typedef enum X86ArgSize {
    SZ_0, /* address only, or the operation knows */
    SZ_b,
    SZ_w,
    SZ_d,
    SZ_q,
    SZ_dq,
    SZ_qq,
    SZ_oq,
    SZ_v, /* operand size: 2, 4, 8 */
    SZ_z, /* operand size, at most 4 */
    SZ_y, /* 4, or 8 with REX.W/VEX.W in 64-bit mode */
    SZ_p, /* far pointer: operand size + 2 */
    SZ_s, /* pseudo-descriptor: base + 2 */
    SZ_a, /* two of operand size */
    SZ_t, /* 10 */
    SZ_e, /* x87 environment: 14, 28 */
    SZ_f, /* x87 state: 94, 108 */
    SZ_mb,
    SZ_mw,
    SZ_md, /* memory 1, 2, 4 bytes; register 4 */
    SZ_vw, /* memory 2 bytes; register of operand size */
    SZ_x,  /* vector length */
    SZ_h,
    SZ_hq,
    SZ_hd, /* 1/2, 1/4, 1/8 of the vector length */
    SZ_dd, /* MOVDDUP: 8, 32, 64 */
    SZ_W,  /* 4, or 8 with VEX.W/EVEX.W in any mode (scalar elements) */
    SZ_COUNT,
} X86ArgSize;

#define X86_ARG(mode, size) (uint16_t)((mode) << 8 | (size))
#define X86_ARG_MODE(a)     ((a) >> 8)
#define X86_ARG_SIZE(a)     ((a)&0xff)

enum {
    A_ = 0,
/* A table, and its layout does not settle. */
/* clang-format off */
#define ARG_SIZES(X, m)                                                                            \
    X(m, b)                                                                                        \
    X(m, w)                                                                                        \
    X(m, d)                                                                                        \
    X(m, q)                                                                                        \
    X(m, dq) X(m, qq) X(m, oq) X(m, v) X(m, z) X(m, y) X(m, p) X(m, s) X(m, a) X(m, t) X(m, e)     \
        X(m, f) X(m, mb) X(m, mw) X(m, md) X(m, vw) X(m, x) X(m, h) X(m, hq) X(m, hd) X(m, dd)     \
            X(m, W)
#define ARG_ENUM(m, s) A_##m##s = X86_ARG(AM_##m, SZ_##s),
    ARG_SIZES(ARG_ENUM, E) ARG_SIZES(ARG_ENUM, M) ARG_SIZES(ARG_ENUM, G) ARG_SIZES(ARG_ENUM, B)
        ARG_SIZES(ARG_ENUM, R) ARG_SIZES(ARG_ENUM, Z) ARG_SIZES(ARG_ENUM, V) ARG_SIZES(ARG_ENUM, H)
            ARG_SIZES(ARG_ENUM, W) ARG_SIZES(ARG_ENUM, U) ARG_SIZES(ARG_ENUM, KE)
                ARG_SIZES(ARG_ENUM, VM) ARG_SIZES(ARG_ENUM, STR_X) ARG_SIZES(ARG_ENUM, STR_Y)
                    ARG_SIZES(ARG_ENUM, MOFFS)
/* clang-format on */
#undef ARG_ENUM
#undef ARG_SIZES
                        A_M0 = X86_ARG(AM_M, SZ_0),
    A_G0 = X86_ARG(AM_G, SZ_0), /* of address size */
    A_E0 = X86_ARG(AM_E, SZ_0),
    A_AL = X86_ARG(AM_FIX, SZ_b) | R_EAX << 5,
    A_rAX = X86_ARG(AM_FIX, SZ_v) | R_EAX << 5,
    A_zAX = X86_ARG(AM_FIX, SZ_z) | R_EAX << 5,
    A_CL = X86_ARG(AM_FIX, SZ_b) | R_ECX << 5,
    A_DX = X86_ARG(AM_FIX, SZ_w) | R_EDX << 5,
    A_AX = X86_ARG(AM_FIX, SZ_w) | R_EAX << 5,
    A_Ib = X86_ARG(AM_IMM, SZ_b),
    A_Iw = X86_ARG(AM_IMM, SZ_w),
    A_Ibs = X86_ARG(AM_IMMS, SZ_b),
    A_Iz = X86_ARG(AM_IMMS, SZ_z),
    A_Iv = X86_ARG(AM_IMMS, SZ_v),
    A_Jb = X86_ARG(AM_REL, SZ_b),
    A_Jz = X86_ARG(AM_REL, SZ_z),
    A_Ap = X86_ARG(AM_FAR, SZ_p),
    A_Sw = X86_ARG(AM_SREG, SZ_w),
    A_ES = X86_ARG(AM_FSEG, R_ES),
    A_CS = X86_ARG(AM_FSEG, R_CS),
    A_SS = X86_ARG(AM_FSEG, R_SS),
    A_DS = X86_ARG(AM_FSEG, R_DS),
    A_FS = X86_ARG(AM_FSEG, R_FS),
    A_GS = X86_ARG(AM_FSEG, R_GS),
    A_Cr = X86_ARG(AM_CREG, SZ_0),
    A_Dr = X86_ARG(AM_DREG, SZ_0),
    A_ONE = X86_ARG(AM_ONE, SZ_0),
    A_ST0 = X86_ARG(AM_ST0, SZ_0),
    A_STi = X86_ARG(AM_STI, SZ_0),
    A_Pq = X86_ARG(AM_P, SZ_q),
    A_Qq = X86_ARG(AM_Q, SZ_q),
    A_Qd = X86_ARG(AM_Q, SZ_d),
    A_Nq = X86_ARG(AM_N, SZ_q),
    A_Lx = X86_ARG(AM_L, SZ_x),
    A_X0 = X86_ARG(AM_X0, SZ_dq),
    A_KG = X86_ARG(AM_KG, SZ_q),
    A_KH = X86_ARG(AM_KH, SZ_q),
    A_KR = X86_ARG(AM_KR, SZ_q),
    A_rAXm = X86_ARG(AM_RAX_M, SZ_0),
    A_rDIq = X86_ARG(AM_RDI_M, SZ_q),
    A_rDIdq = X86_ARG(AM_RDI_M, SZ_dq),
    A_rBXb = X86_ARG(AM_RBX_M, SZ_b),
};

/* Prefixes that select the row. VEX and EVEX have exactly one of NP, 66, F3, F2. */
typedef enum X86RowPrefix {
    PP_ANY, /* not selected by prefixes */
    PP_NP,
    PP_66,
    PP_F3, /* a 66 prefix beside it is the operand size */
    PP_F2,
    PP_NF, /* neither F2 nor F3; 66 is the operand size or ignored */
} X86RowPrefix;

enum { MOD_ANY, MOD_MEM, MOD_REG };
enum { W_ANY, W0, W1 };
enum { L_IG = 0, L0 = 1, L1 = 2, L01 = 3, L2 = 4, L12 = 6, L012 = 7 };

typedef enum X86RowAccess {
    ACC_BY_OP,
    ACC_N,    /* addresses only */
    ACC_R,    /* all read */
    ACC_W,    /* first written */
    ACC_RW,   /* first read and written */
    ACC_WW,   /* first two written */
    ACC_RWRW, /* first two read and written */
    ACC_RW_W, /* vector: MASKMOV-like load, first written, others read */
} X86RowAccess;

/* X86Row.attr */
#define RA_N64       (1u << 0)  /* invalid in 64-bit mode */
#define RA_O64       (1u << 1)  /* only in 64-bit mode */
#define RA_PM        (1u << 2)  /* not in real and virtual-8086 mode */
#define RA_D64       (1u << 3)  /* operand size defaults to 64 bits in 64-bit mode */
#define RA_F64       (1u << 4)  /* operand size is 64 bits in 64-bit mode */
#define RA_BYTE      (1u << 5)  /* operand size is 1 */
#define RA_NOB       (1u << 6)  /* row needs REX.B = 0 */
#define RA_MODIGN    (1u << 7)  /* ModRM.mod is ignored: a register */
#define RA_ZOP       (1u << 8)  /* operand size at most 4 */
#define RA_CRLOCK    (1u << 9)  /* LOCK selects CR8 (with feature CR8LEG) */
#define RA_UNALIGNED (1u << 10) /* SSE: 16-byte memory operand without alignment check */
#define RA_ALIGNED   (1u << 11) /* VEX/EVEX: memory operand must be aligned */
#define RA_WGPR      (1u << 12) /* VEX/EVEX.W sizes a GPR and is ignored outside 64-bit mode */
#define RA_UDREG     (1u << 13) /* gather: UD when destination, index (and mask) are not distinct */
#define RA_RO        (1u << 14) /* the first vector operand is not read: SSE moves */
/* EVEX */
#define RA_BC   (1u << 16) /* embedded broadcast of elem */
#define RA_ER   (1u << 17) /* embedded rounding */
#define RA_SAE  (1u << 18) /* suppress all exceptions */
#define RA_NF   (1u << 19) /* memory is read, or must be writable, whole whatever the mask is */
#define RA_SC   (1u << 20) /* scalar: vector length ignored */
#define RA_NOK  (1u << 21) /* no masking: aaa and z must be 0 */
#define RA_KREQ (1u << 22) /* aaa must not be 0 */
#define RA_T1S  (1u << 23) /* disp8 scales by elem, whatever the access is */
#define RA_NOZ  (1u << 24) /* merging only */
#define RA_REP  (1u << 25) /* memory is repeated over all lanes */

typedef struct X86Row {
    uint8_t opc;
    uint8_t span; /* opcodes from opc on that the row stands for; 0 means 1 */
    uint8_t pp;
    uint8_t mod;
    uint8_t reg; /* ModRM.reg + 1; 0: any */
    uint8_t rm;  /* ModRM.rm + 1; 0: any */
    uint8_t w;
    uint8_t l; /* allowed vector lengths, L* */
    uint8_t feat, feat2;
    uint8_t feat256; /* in addition when the length is 256 bits (VEX) */
    uint8_t acc;
    uint8_t elem; /* memory bytes per mask bit */
    uint16_t op;
    uint16_t arg[4];
    uint16_t fr, fw; /* flags read, written, beyond the operation's */
    uint16_t gr, gw; /* implicit GPRs read, written */
    uint32_t attr;   /* RA_* */
    uint32_t flags;  /* X86_IF_* beyond the operation's */
} X86Row;

/* Opcode spaces, each with its own index of 256 buckets. */
typedef enum X86Space {
    SPACE_1B,
    SPACE_0F,
    SPACE_0F38,
    SPACE_0F3A,
    SPACE_VEX_0F,
    SPACE_VEX_0F38,
    SPACE_VEX_0F3A,
    SPACE_EVEX_0F,
    SPACE_EVEX_0F38,
    SPACE_EVEX_0F3A,
    SPACE_EVEX_5,
    SPACE_EVEX_6,
    SPACE_COUNT,
    SPACE_NONE = SPACE_COUNT,
} X86Space;

typedef struct X86Table {
    X86Space space;
    const X86Row *rows;
    unsigned count;
} X86Table;

/* The tables: all rows of a space are in the tables that name it. */
extern const X86Table x86_table_onebyte, x86_table_x87, x86_table_0f, x86_table_sse_0f,
    x86_table_0f38, x86_table_0f3a, x86_table_vex_0f, x86_table_vex_0f38, x86_table_vex_0f3a,
    x86_table_evex_0f, x86_table_evex_0f38, x86_table_evex_0f3a, x86_table_evex_5, x86_table_evex_6;
extern const X86Table *const x86_decode_tables[];
extern const unsigned x86_decode_table_count;

/* Static properties of an operation, from ops.h.inc. */
typedef struct X86OpInfo {
    const char *name;
    uint8_t acc;
    uint32_t flags;
    uint16_t fr, fw, fu;
    uint16_t gr, gw;
} X86OpInfo;

extern const X86OpInfo x86_op_info[X86_OP_COUNT];
/* In interp-table.c: what executes it. */
extern X86InterpFn *const x86_op_interp[X86_OP_COUNT];

/* ---- how tables are written ---- */

#define ARGS_N(_1, _2, _3, _4, n, ...) n
#define ARGS_1(a)                                                                                  \
    {                                                                                              \
        A_##a                                                                                      \
    }
#define ARGS_2(a, b)                                                                               \
    {                                                                                              \
        A_##a, A_##b                                                                               \
    }
#define ARGS_3(a, b, c)                                                                            \
    {                                                                                              \
        A_##a, A_##b, A_##c                                                                        \
    }
#define ARGS_4(a, b, c, d)                                                                         \
    {                                                                                              \
        A_##a, A_##b, A_##c, A_##d                                                                 \
    }
#define ARGS_CALL(m, ...) m(__VA_ARGS__)
#define ARGS(...)         ARGS_CALL(ARGS_N(__VA_ARGS__, ARGS_4, ARGS_3, ARGS_2, ARGS_1, ), __VA_ARGS__)

/* R(opcode, operation, (operands), further fields) */
#define R(o, name, args, ...)                                                                      \
    {                                                                                              \
        .opc = o, .op = X86_OP_##name, .arg = ARGS args, ##__VA_ARGS__                             \
    }
#define REG(n)  .reg = (n) + 1
#define RM(n)   .rm = (n) + 1
#define MEM     .mod = MOD_MEM
#define NOMEM   .mod = MOD_REG
#define FEAT(f) .feat = XF_##f
#define ATTR(a) .attr = (a)

#define X86_TABLE(name, sp, list)                                                                  \
    const X86Table name = {.space = sp, .rows = list, .count = ARRAY_SIZE(list)}

#endif
