/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * MMX and SSE to SSE4.2, SSE4a, AES, PCLMULQDQ, SHA and GFNI in their legacy
 * encodings, and all of maps 0F38 and 0F3A (SDM vol. 2, tables ).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-int.h"

/* A row replaces the defaults of the macro that writes it. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* clang-format off */

/* S: the destination is read too; M: it is only written (moves, conversions, shuffles). */
#define S(o, p, f, args, ...) R(o, VEC, args, .pp = PP_##p, FEAT(f), .acc = ACC_RW, ##__VA_ARGS__)
#define M(o, p, f, args, ...) R(o, VEC, args, .pp = PP_##p, FEAT(f), .acc = ACC_W, ##__VA_ARGS__)
#define T(o, p, f, args, ...)                                                              \
    R(o, VEC, args, .pp = PP_##p, FEAT(f), .acc = ACC_R, .fw = CC_ALL, ##__VA_ARGS__)
#define UNAL ATTR(RA_UNALIGNED)
/* Packed single, packed double, scalar single, scalar double. */
#define PS_PD(o) S(o, NP, SSE, (Vdq, Wdq)), S(o, 66, SSE2, (Vdq, Wdq))
#define SS_SD(o) S(o, F3, SSE, (Vdq, Wd)), S(o, F2, SSE2, (Vdq, Wq))
#define FP4(o) PS_PD(o), SS_SD(o)
/* MMX and its 128-bit twin. */
#define MX(o) MXF(o, MMX)
#define MXF(o, f) S(o, NP, f, (Pq, Qq)), S(o, 66, SSE2, (Vdq, Wdq))
#define SSSE3_(o) S(o, NP, SSSE3, (Pq, Qq)), S(o, 66, SSSE3, (Vdq, Wdq))
#define SSSE3M(o) M(o, NP, SSSE3, (Pq, Qq)), M(o, 66, SSSE3, (Vdq, Wdq))
#define SHIFT(o, r) S(o, NP, MMX, (Nq, Ib), REG(r), NOMEM), S(o, 66, SSE2, (Udq, Ib), REG(r), NOMEM)

static const X86Row rows_0f[] = {
    M(0x10, NP, SSE, (Vdq, Wdq), UNAL), M(0x10, 66, SSE2, (Vdq, Wdq), UNAL),
    M(0x10, F3, SSE, (Vdq, Md), MEM), S(0x10, F3, SSE, (Vdq, Udq)),
    M(0x10, F2, SSE2, (Vdq, Mq), MEM), S(0x10, F2, SSE2, (Vdq, Udq)),
    M(0x11, NP, SSE, (Wdq, Vdq), UNAL), M(0x11, 66, SSE2, (Wdq, Vdq), UNAL),
    M(0x11, F3, SSE, (Md, Vdq), MEM), S(0x11, F3, SSE, (Udq, Vdq)),
    M(0x11, F2, SSE2, (Mq, Vdq), MEM), S(0x11, F2, SSE2, (Udq, Vdq)),
    S(0x12, NP, SSE, (Vdq, Wq)), S(0x12, 66, SSE2, (Vdq, Mq), MEM),
    M(0x12, F3, SSE3, (Vdq, Wdq)), M(0x12, F2, SSE3, (Vdq, Wq)),
    M(0x13, NP, SSE, (Mq, Vdq), MEM), M(0x13, 66, SSE2, (Mq, Vdq), MEM),
    PS_PD(0x14), PS_PD(0x15),
    S(0x16, NP, SSE, (Vdq, Wq)), S(0x16, 66, SSE2, (Vdq, Mq), MEM),
    M(0x16, F3, SSE3, (Vdq, Wdq)),
    M(0x17, NP, SSE, (Mq, Vdq), MEM), M(0x17, 66, SSE2, (Mq, Vdq), MEM),
    M(0x28, NP, SSE, (Vdq, Wdq)), M(0x28, 66, SSE2, (Vdq, Wdq)),
    M(0x29, NP, SSE, (Wdq, Vdq)), M(0x29, 66, SSE2, (Wdq, Vdq)),
    S(0x2a, NP, SSE, (Vdq, Qq)), S(0x2a, 66, SSE2, (Vdq, Qq)),
    S(0x2a, F3, SSE, (Vdq, Ey)), S(0x2a, F2, SSE2, (Vdq, Ey)),
    M(0x2b, NP, SSE, (Mdq, Vdq), MEM), M(0x2b, 66, SSE2, (Mdq, Vdq), MEM),
    M(0x2b, F3, SSE4A, (Md, Vdq), MEM), M(0x2b, F2, SSE4A, (Mq, Vdq), MEM),
    M(0x2c, NP, SSE, (Pq, Wq)), M(0x2c, 66, SSE2, (Pq, Wdq)),
    M(0x2c, F3, SSE, (Gy, Wd)), M(0x2c, F2, SSE2, (Gy, Wq)),
    M(0x2d, NP, SSE, (Pq, Wq)), M(0x2d, 66, SSE2, (Pq, Wdq)),
    M(0x2d, F3, SSE, (Gy, Wd)), M(0x2d, F2, SSE2, (Gy, Wq)),
    T(0x2e, NP, SSE, (Vdq, Wd)), T(0x2e, 66, SSE2, (Vdq, Wq)),
    T(0x2f, NP, SSE, (Vdq, Wd)), T(0x2f, 66, SSE2, (Vdq, Wq)),

    M(0x50, NP, SSE, (Gd, Udq), NOMEM), M(0x50, 66, SSE2, (Gd, Udq), NOMEM),
    FP4(0x51),
    S(0x52, NP, SSE, (Vdq, Wdq)), S(0x52, F3, SSE, (Vdq, Wd)),
    S(0x53, NP, SSE, (Vdq, Wdq)), S(0x53, F3, SSE, (Vdq, Wd)),
    PS_PD(0x54), PS_PD(0x55), PS_PD(0x56), PS_PD(0x57),
    FP4(0x58), FP4(0x59),
    M(0x5a, NP, SSE2, (Vdq, Wq)), M(0x5a, 66, SSE2, (Vdq, Wdq)),
    S(0x5a, F3, SSE2, (Vdq, Wd)), S(0x5a, F2, SSE2, (Vdq, Wq)),
    M(0x5b, NP, SSE2, (Vdq, Wdq)), M(0x5b, 66, SSE2, (Vdq, Wdq)), M(0x5b, F3, SSE2, (Vdq, Wdq)),
    FP4(0x5c), FP4(0x5d), FP4(0x5e), FP4(0x5f),

    S(0x60, NP, MMX, (Pq, Qd)), S(0x60, 66, SSE2, (Vdq, Wdq)),
    S(0x61, NP, MMX, (Pq, Qd)), S(0x61, 66, SSE2, (Vdq, Wdq)),
    S(0x62, NP, MMX, (Pq, Qd)), S(0x62, 66, SSE2, (Vdq, Wdq)),
    MX(0x63), MX(0x64), MX(0x65), MX(0x66), MX(0x67), MX(0x68), MX(0x69), MX(0x6a), MX(0x6b),
    S(0x6c, 66, SSE2, (Vdq, Wdq)), S(0x6d, 66, SSE2, (Vdq, Wdq)),
    M(0x6e, NP, MMX, (Pq, Ey)), M(0x6e, 66, SSE2, (Vdq, Ey)),
    M(0x6f, NP, MMX, (Pq, Qq)), M(0x6f, 66, SSE2, (Vdq, Wdq)),
    M(0x6f, F3, SSE2, (Vdq, Wdq), UNAL),
    M(0x70, NP, SSE, (Pq, Qq, Ib)), M(0x70, 66, SSE2, (Vdq, Wdq, Ib)),
    M(0x70, F3, SSE2, (Vdq, Wdq, Ib)), M(0x70, F2, SSE2, (Vdq, Wdq, Ib)),
    SHIFT(0x71, 2), SHIFT(0x71, 4), SHIFT(0x71, 6),
    SHIFT(0x72, 2), SHIFT(0x72, 4), SHIFT(0x72, 6),
    SHIFT(0x73, 2), SHIFT(0x73, 6),
    S(0x73, 66, SSE2, (Udq, Ib), REG(3), NOMEM), S(0x73, 66, SSE2, (Udq, Ib), REG(7), NOMEM),
    MX(0x74), MX(0x75), MX(0x76),
    R(0x77, EMMS, (), .pp = PP_NP, FEAT(MMX)),
    S(0x78, 66, SSE4A, (Udq, Ib, Ib), REG(0), NOMEM),
    S(0x78, F2, SSE4A, (Vdq, Udq, Ib, Ib), NOMEM),
    S(0x79, 66, SSE4A, (Vdq, Udq), NOMEM), S(0x79, F2, SSE4A, (Vdq, Udq), NOMEM),
    S(0x7c, 66, SSE3, (Vdq, Wdq)), S(0x7c, F2, SSE3, (Vdq, Wdq)),
    S(0x7d, 66, SSE3, (Vdq, Wdq)), S(0x7d, F2, SSE3, (Vdq, Wdq)),
    M(0x7e, NP, MMX, (Ey, Pq)), M(0x7e, 66, SSE2, (Ey, Vdq)), M(0x7e, F3, SSE2, (Vdq, Wq)),
    M(0x7f, NP, MMX, (Qq, Pq)), M(0x7f, 66, SSE2, (Wdq, Vdq)),
    M(0x7f, F3, SSE2, (Wdq, Vdq), UNAL),

    S(0xc2, NP, SSE, (Vdq, Wdq, Ib)), S(0xc2, 66, SSE2, (Vdq, Wdq, Ib)),
    S(0xc2, F3, SSE, (Vdq, Wd, Ib)), S(0xc2, F2, SSE2, (Vdq, Wq, Ib)),
    S(0xc4, NP, SSE, (Pq, Emw, Ib)), S(0xc4, 66, SSE2, (Vdq, Emw, Ib)),
    M(0xc5, NP, SSE, (Gd, Nq, Ib), NOMEM), M(0xc5, 66, SSE2, (Gd, Udq, Ib), NOMEM),
    S(0xc6, NP, SSE, (Vdq, Wdq, Ib)), S(0xc6, 66, SSE2, (Vdq, Wdq, Ib)),

    S(0xd0, 66, SSE3, (Vdq, Wdq)), S(0xd0, F2, SSE3, (Vdq, Wdq)),
    MX(0xd1), MX(0xd2), MX(0xd3), MXF(0xd4, SSE2), MX(0xd5),
    M(0xd6, 66, SSE2, (Wq, Vdq)), M(0xd6, F3, SSE2, (Vdq, Nq), NOMEM),
    M(0xd6, F2, SSE2, (Pq, Udq), NOMEM),
    M(0xd7, NP, SSE, (Gd, Nq), NOMEM), M(0xd7, 66, SSE2, (Gd, Udq), NOMEM),
    MX(0xd8), MX(0xd9), MXF(0xda, SSE), MX(0xdb), MX(0xdc), MX(0xdd), MXF(0xde, SSE), MX(0xdf),
    MXF(0xe0, SSE), MX(0xe1), MX(0xe2), MXF(0xe3, SSE), MXF(0xe4, SSE), MX(0xe5),
    M(0xe6, 66, SSE2, (Vdq, Wdq)), M(0xe6, F3, SSE2, (Vdq, Wq)), M(0xe6, F2, SSE2, (Vdq, Wdq)),
    M(0xe7, NP, SSE, (Mq, Pq), MEM), M(0xe7, 66, SSE2, (Mdq, Vdq), MEM),
    MX(0xe8), MX(0xe9), MXF(0xea, SSE), MX(0xeb), MX(0xec), MX(0xed), MXF(0xee, SSE), MX(0xef),
    M(0xf0, F2, SSE3, (Vdq, Mdq), MEM, UNAL),
    MX(0xf1), MX(0xf2), MX(0xf3), MXF(0xf4, SSE2), MX(0xf5), MXF(0xf6, SSE),
    R(0xf7, MASKMOV, (Pq, Nq, rDIq), .pp = PP_NP, FEAT(SSE), NOMEM, .elem = 1),
    R(0xf7, MASKMOV, (Vdq, Udq, rDIdq), .pp = PP_66, FEAT(SSE2), NOMEM, .elem = 1),
    MX(0xf8), MX(0xf9), MX(0xfa), MXF(0xfb, SSE2), MX(0xfc), MX(0xfd), MX(0xfe),
};

#define S41(o) S(o, 66, SSE41, (Vdq, Wdq))
#define AES_(o) S(o, 66, AES, (Vdq, Wdq))
#define SHA_(o) S(o, NP, SHA, (Vdq, Wdq))

static const X86Row rows_0f38[] = {
    SSSE3_(0x00), SSSE3_(0x01), SSSE3_(0x02), SSSE3_(0x03), SSSE3_(0x04), SSSE3_(0x05),
    SSSE3_(0x06), SSSE3_(0x07), SSSE3_(0x08), SSSE3_(0x09), SSSE3_(0x0a), SSSE3_(0x0b),
    S(0x10, 66, SSE41, (Vdq, Wdq, X0)), S(0x14, 66, SSE41, (Vdq, Wdq, X0)),
    S(0x15, 66, SSE41, (Vdq, Wdq, X0)), T(0x17, 66, SSE41, (Vdq, Wdq)),
    SSSE3M(0x1c), SSSE3M(0x1d), SSSE3M(0x1e),
    M(0x20, 66, SSE41, (Vdq, Wq)), M(0x21, 66, SSE41, (Vdq, Wd)), M(0x22, 66, SSE41, (Vdq, Ww)),
    M(0x23, 66, SSE41, (Vdq, Wq)), M(0x24, 66, SSE41, (Vdq, Wd)), M(0x25, 66, SSE41, (Vdq, Wq)),
    S41(0x28), S41(0x29), M(0x2a, 66, SSE41, (Vdq, Mdq), MEM), S41(0x2b),
    M(0x30, 66, SSE41, (Vdq, Wq)), M(0x31, 66, SSE41, (Vdq, Wd)), M(0x32, 66, SSE41, (Vdq, Ww)),
    M(0x33, 66, SSE41, (Vdq, Wq)), M(0x34, 66, SSE41, (Vdq, Wd)), M(0x35, 66, SSE41, (Vdq, Wq)),
    S(0x37, 66, SSE42, (Vdq, Wdq)),
    S41(0x38), S41(0x39), S41(0x3a), S41(0x3b), S41(0x3c), S41(0x3d), S41(0x3e), S41(0x3f),
    S41(0x40), M(0x41, 66, SSE41, (Vdq, Wdq)),
    R(0x82, INVPCID, (Gq, Mdq), .pp = PP_66, MEM, FEAT(INVPCID)),
    SHA_(0xc8), SHA_(0xc9), SHA_(0xca), S(0xcb, NP, SHA, (Vdq, Wdq, X0)), SHA_(0xcc), SHA_(0xcd),
    S(0xcf, 66, GFNI, (Vdq, Wdq)),
    M(0xdb, 66, AES, (Vdq, Wdq)), AES_(0xdc), AES_(0xdd), AES_(0xde), AES_(0xdf),
    R(0xf0, CRC32, (Gy, Eb), .pp = PP_F2, FEAT(SSE42)),
    R(0xf0, MOVBE, (Gv, Mv), .pp = PP_NF, MEM, FEAT(MOVBE)),
    R(0xf1, CRC32, (Gy, Ev), .pp = PP_F2, FEAT(SSE42)),
    R(0xf1, MOVBE, (Mv, Gv), .pp = PP_NF, MEM, FEAT(MOVBE)),
    R(0xf6, ADCX, (Gy, Ey), .pp = PP_66, FEAT(ADX)),
    R(0xf6, ADOX, (Gy, Ey), .pp = PP_F3, FEAT(ADX)),
    R(0xf8, MOVDIR64B, (G0, Moq), .pp = PP_66, MEM, FEAT(MOVDIR64B)),
    R(0xf9, MOVDIRI, (My, Gy), .pp = PP_NP, MEM, FEAT(MOVDIRI)),
};

#define STRING_R (1u << R_EAX | 1u << R_EDX)
#define STRING_W (1u << R_ECX)

static const X86Row rows_0f3a[] = {
    M(0x08, 66, SSE41, (Vdq, Wdq, Ib)), M(0x09, 66, SSE41, (Vdq, Wdq, Ib)),
    S(0x0a, 66, SSE41, (Vdq, Wd, Ib)), S(0x0b, 66, SSE41, (Vdq, Wq, Ib)),
    S(0x0c, 66, SSE41, (Vdq, Wdq, Ib)), S(0x0d, 66, SSE41, (Vdq, Wdq, Ib)),
    S(0x0e, 66, SSE41, (Vdq, Wdq, Ib)),
    S(0x0f, NP, SSSE3, (Pq, Qq, Ib)), S(0x0f, 66, SSSE3, (Vdq, Wdq, Ib)),
    M(0x14, 66, SSE41, (Emb, Vdq, Ib)), M(0x15, 66, SSE41, (Emw, Vdq, Ib)),
    M(0x16, 66, SSE41, (Ey, Vdq, Ib)), M(0x17, 66, SSE41, (Ed, Vdq, Ib)),
    S(0x20, 66, SSE41, (Vdq, Emb, Ib)), S(0x21, 66, SSE41, (Vdq, Wd, Ib)),
    S(0x22, 66, SSE41, (Vdq, Ey, Ib)),
    S(0x40, 66, SSE41, (Vdq, Wdq, Ib)), S(0x41, 66, SSE41, (Vdq, Wdq, Ib)),
    S(0x42, 66, SSE41, (Vdq, Wdq, Ib)), S(0x44, 66, PCLMUL, (Vdq, Wdq, Ib)),
    T(0x60, 66, SSE42, (Vdq, Wdq, Ib), UNAL, .gr = STRING_R),
    T(0x61, 66, SSE42, (Vdq, Wdq, Ib), UNAL, .gr = STRING_R, .gw = STRING_W),
    T(0x62, 66, SSE42, (Vdq, Wdq, Ib), UNAL),
    T(0x63, 66, SSE42, (Vdq, Wdq, Ib), UNAL, .gw = STRING_W),
    S(0xcc, NP, SHA, (Vdq, Wdq, Ib)),
    S(0xce, 66, GFNI, (Vdq, Wdq, Ib)), S(0xcf, 66, GFNI, (Vdq, Wdq, Ib)),
    M(0xdf, 66, AES, (Vdq, Wdq, Ib)),
};
/* clang-format on */

X86_TABLE(x86_table_sse_0f, SPACE_0F, rows_0f);
X86_TABLE(x86_table_0f38, SPACE_0F38, rows_0f38);
X86_TABLE(x86_table_0f3a, SPACE_0F3A, rows_0f3a);
