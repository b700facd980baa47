/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EVEX encodings in maps 0F, 0F38 and 0F3A: AVX-512 F, CD, DQ, BW, VL, IFMA,
 * VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ, BF16, VP2INTERSECT, and EVEX forms of VAES,
 * VPCLMULQDQ, GFNI (SDM vol. 2, instruction reference; memory and masking rules
 * from the exception classes E1-E12). FP16 is in decode-tables-evex-fp16.c.
 *
 * RA_NF marks operations whose memory elements do not belong to one mask bit
 * each (shuffles, packs, shift counts): their memory operand is read whole.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-evex.h"

/* clang-format off */

/* Scalar compares, conversions to GPR. */
#define CMPF(o) \
    E(o, NP, W0, AVX512F, (Vdq, Wd), 4, SAE | SC | NOK, .acc = ACC_R, .fw = CC_ALL), \
    E(o, 66, W1, AVX512F, (Vdq, Wq), 8, SAE | SC | NOK, .acc = ACC_R, .fw = CC_ALL)
#define TOGPR(o, round) \
    E(o, F3, W_ANY, AVX512F, (Gy, Wd), 4, round | SC | NOK | WG), \
    E(o, F2, W_ANY, AVX512F, (Gy, Wq), 8, round | SC | NOK | WG)

static const X86Row rows_0f[] = {
    E(0x10, NP, W0, AVX512F, (Vx, Wx), 4, 0), E(0x10, 66, W1, AVX512F, (Vx, Wx), 8, 0),
    E(0x10, F3, W0, AVX512F, (Vdq, Md), 4, SC, MEM), E(0x10, F3, W0, AVX512F, (Vdq, Hdq, Udq), 4, SC),
    E(0x10, F2, W1, AVX512F, (Vdq, Mq), 8, SC, MEM), E(0x10, F2, W1, AVX512F, (Vdq, Hdq, Udq), 8, SC),
    E(0x11, NP, W0, AVX512F, (Wx, Vx), 4, 0), E(0x11, 66, W1, AVX512F, (Wx, Vx), 8, 0),
    E(0x11, F3, W0, AVX512F, (Md, Vdq), 4, SC, MEM), E(0x11, F3, W0, AVX512F, (Udq, Hdq, Vdq), 4, SC),
    E(0x11, F2, W1, AVX512F, (Mq, Vdq), 8, SC, MEM), E(0x11, F2, W1, AVX512F, (Udq, Hdq, Vdq), 8, SC),
    E(0x12, NP, W0, AVX512F, (Vdq, Hdq, Wq), 8, NOK, LZ),
    E(0x12, 66, W1, AVX512F, (Vdq, Hdq, Mq), 8, NOK, LZ, MEM),
    E(0x12, F3, W0, AVX512F, (Vx, Wx), 4, NF), E(0x12, F2, W1, AVX512F, (Vx, Wdd), 8, NF),
    E(0x13, NP, W0, AVX512F, (Mq, Vdq), 8, NOK, LZ, MEM),
    E(0x13, 66, W1, AVX512F, (Mq, Vdq), 8, NOK, LZ, MEM),
    E(0x14, NP, W0, AVX512F, (Vx, Hx, Wx), 4, BC | NF), E(0x14, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC | NF),
    E(0x15, NP, W0, AVX512F, (Vx, Hx, Wx), 4, BC | NF), E(0x15, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC | NF),
    E(0x16, NP, W0, AVX512F, (Vdq, Hdq, Wq), 8, NOK, LZ),
    E(0x16, 66, W1, AVX512F, (Vdq, Hdq, Mq), 8, NOK, LZ, MEM),
    E(0x16, F3, W0, AVX512F, (Vx, Wx), 4, NF),
    E(0x17, NP, W0, AVX512F, (Mq, Vdq), 8, NOK, LZ, MEM),
    E(0x17, 66, W1, AVX512F, (Mq, Vdq), 8, NOK, LZ, MEM),
    E(0x28, NP, W0, AVX512F, (Vx, Wx), 4, AL), E(0x28, 66, W1, AVX512F, (Vx, Wx), 8, AL),
    E(0x29, NP, W0, AVX512F, (Wx, Vx), 4, AL), E(0x29, 66, W1, AVX512F, (Wx, Vx), 8, AL),
    E(0x2a, F3, W_ANY, AVX512F, (Vdq, Hdq, Ey), 0, ER | SC | NOK | WG),
    E(0x2a, F2, W0, AVX512F, (Vdq, Hdq, Ey), 0, SC | NOK | WG),
    E(0x2a, F2, W1, AVX512F, (Vdq, Hdq, Ey), 0, ER | SC | NOK | WG),
    E(0x2b, NP, W0, AVX512F, (Mx, Vx), 4, NOK | AL, MEM), E(0x2b, 66, W1, AVX512F, (Mx, Vx), 8, NOK | AL, MEM),
    TOGPR(0x2c, SAE), TOGPR(0x2d, ER), CMPF(0x2e), CMPF(0x2f),

    FP4(0x51, ER, (Vx, Wx)),
    DQ(0x54, NP, W0, (Vx, Hx, Wx), 4, BC), DQ(0x54, 66, W1, (Vx, Hx, Wx), 8, BC),
    DQ(0x55, NP, W0, (Vx, Hx, Wx), 4, BC), DQ(0x55, 66, W1, (Vx, Hx, Wx), 8, BC),
    DQ(0x56, NP, W0, (Vx, Hx, Wx), 4, BC), DQ(0x56, 66, W1, (Vx, Hx, Wx), 8, BC),
    DQ(0x57, NP, W0, (Vx, Hx, Wx), 4, BC), DQ(0x57, 66, W1, (Vx, Hx, Wx), 8, BC),
    FP4(0x58, ER, (Vx, Hx, Wx)), FP4(0x59, ER, (Vx, Hx, Wx)),
    E(0x5a, NP, W0, AVX512F, (Vx, Wh), 4, BC | SAE), E(0x5a, 66, W1, AVX512F, (Vh, Wx), 8, BC | ER),
    E(0x5a, F3, W0, AVX512F, (Vdq, Hdq, Wd), 4, SC | SAE),
    E(0x5a, F2, W1, AVX512F, (Vdq, Hdq, Wq), 8, SC | ER),
    E(0x5b, NP, W0, AVX512F, (Vx, Wx), 4, BC | ER), DQ(0x5b, NP, W1, (Vh, Wx), 8, BC | ER),
    E(0x5b, 66, W0, AVX512F, (Vx, Wx), 4, BC | ER), E(0x5b, F3, W0, AVX512F, (Vx, Wx), 4, BC | SAE),
    FP4(0x5c, ER, (Vx, Hx, Wx)), FP4(0x5d, SAE, (Vx, Hx, Wx)),
    FP4(0x5e, ER, (Vx, Hx, Wx)), FP4(0x5f, SAE, (Vx, Hx, Wx)),

    BW(0x60, (Vx, Hx, Wx), 1, NF), BW(0x61, (Vx, Hx, Wx), 2, NF),
    E(0x62, 66, W0, AVX512F, (Vx, Hx, Wx), 4, BC | NF),
    BW(0x63, (Vx, Hx, Wx), 2, NF), BW(0x64, (KG, Hx, Wx), 1, 0), BW(0x65, (KG, Hx, Wx), 2, 0),
    E(0x66, 66, W0, AVX512F, (KG, Hx, Wx), 4, BC), BW(0x67, (Vx, Hx, Wx), 2, NF),
    BW(0x68, (Vx, Hx, Wx), 1, NF), BW(0x69, (Vx, Hx, Wx), 2, NF),
    E(0x6a, 66, W0, AVX512F, (Vx, Hx, Wx), 4, BC | NF),
    E(0x6b, 66, W0, AVX512BW, (Vx, Hx, Wx), 4, BC | NF),
    E(0x6c, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC | NF),
    E(0x6d, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC | NF),
    E(0x6e, 66, W_ANY, AVX512F, (Vdq, Ey), 0, NOK | WG, LZ),
    DQW(0x6f, 66, AVX512F, (Vx, Wx), AL), DQW(0x6f, F3, AVX512F, (Vx, Wx), 0),
    E(0x6f, F2, W0, AVX512BW, (Vx, Wx), 1, 0), E(0x6f, F2, W1, AVX512BW, (Vx, Wx), 2, 0),

    E(0x70, 66, W0, AVX512F, (Vx, Wx, Ib), 4, BC | NF),
    E(0x70, F3, W_ANY, AVX512BW, (Vx, Wx, Ib), 2, NF),
    E(0x70, F2, W_ANY, AVX512BW, (Vx, Wx, Ib), 2, NF),
    BW(0x71, (Hx, Wx, Ib), 2, 0, REG(2)), BW(0x71, (Hx, Wx, Ib), 2, 0, REG(4)),
    BW(0x71, (Hx, Wx, Ib), 2, 0, REG(6)),
    DQW(0x72, 66, AVX512F, (Hx, Wx, Ib), BC, REG(0)), DQW(0x72, 66, AVX512F, (Hx, Wx, Ib), BC, REG(1)),
    E(0x72, 66, W0, AVX512F, (Hx, Wx, Ib), 4, BC, REG(2)),
    DQW(0x72, 66, AVX512F, (Hx, Wx, Ib), BC, REG(4)),
    E(0x72, 66, W0, AVX512F, (Hx, Wx, Ib), 4, BC, REG(6)),
    E(0x73, 66, W1, AVX512F, (Hx, Wx, Ib), 8, BC, REG(2)),
    BW(0x73, (Hx, Wx, Ib), 1, NOK, REG(3)),
    E(0x73, 66, W1, AVX512F, (Hx, Wx, Ib), 8, BC, REG(6)),
    BW(0x73, (Hx, Wx, Ib), 1, NOK, REG(7)),
    BW(0x74, (KG, Hx, Wx), 1, 0), BW(0x75, (KG, Hx, Wx), 2, 0),
    E(0x76, 66, W0, AVX512F, (KG, Hx, Wx), 4, BC),
    E(0x78, NP, W0, AVX512F, (Vx, Wx), 4, BC | SAE), E(0x78, NP, W1, AVX512F, (Vh, Wx), 8, BC | SAE),
    DQ(0x78, 66, W0, (Vx, Wh), 4, BC | SAE), DQ(0x78, 66, W1, (Vx, Wx), 8, BC | SAE),
    TOGPR(0x78, SAE),
    E(0x79, NP, W0, AVX512F, (Vx, Wx), 4, BC | ER), E(0x79, NP, W1, AVX512F, (Vh, Wx), 8, BC | ER),
    DQ(0x79, 66, W0, (Vx, Wh), 4, BC | ER), DQ(0x79, 66, W1, (Vx, Wx), 8, BC | ER),
    TOGPR(0x79, ER),
    DQ(0x7a, 66, W0, (Vx, Wh), 4, BC | SAE), DQ(0x7a, 66, W1, (Vx, Wx), 8, BC | SAE),
    E(0x7a, F3, W0, AVX512F, (Vx, Wh), 4, BC), DQ(0x7a, F3, W1, (Vx, Wx), 8, BC | ER),
    E(0x7a, F2, W0, AVX512F, (Vx, Wx), 4, BC | ER), DQ(0x7a, F2, W1, (Vh, Wx), 8, BC | ER),
    DQ(0x7b, 66, W0, (Vx, Wh), 4, BC | ER), DQ(0x7b, 66, W1, (Vx, Wx), 8, BC | ER),
    E(0x7b, F3, W_ANY, AVX512F, (Vdq, Hdq, Ey), 0, ER | SC | NOK | WG),
    E(0x7b, F2, W0, AVX512F, (Vdq, Hdq, Ey), 0, SC | NOK | WG),
    E(0x7b, F2, W1, AVX512F, (Vdq, Hdq, Ey), 0, ER | SC | NOK | WG),
    E(0x7e, 66, W_ANY, AVX512F, (Ey, Vdq), 0, NOK | WG, LZ),
    E(0x7e, F3, W1, AVX512F, (Vdq, Wq), 8, NOK, LZ),
    DQW(0x7f, 66, AVX512F, (Wx, Vx), AL), DQW(0x7f, F3, AVX512F, (Wx, Vx), 0),
    E(0x7f, F2, W0, AVX512BW, (Wx, Vx), 1, 0), E(0x7f, F2, W1, AVX512BW, (Wx, Vx), 2, 0),

    E(0xc2, NP, W0, AVX512F, (KG, Hx, Wx, Ib), 4, BC | SAE),
    E(0xc2, 66, W1, AVX512F, (KG, Hx, Wx, Ib), 8, BC | SAE),
    E(0xc2, F3, W0, AVX512F, (KG, Hdq, Wd, Ib), 4, SC | SAE),
    E(0xc2, F2, W1, AVX512F, (KG, Hdq, Wq, Ib), 8, SC | SAE),
    BW(0xc4, (Vdq, Hdq, Emw, Ib), 0, NOK, LZ), BW(0xc5, (Gd, Udq, Ib), 0, NOK, LZ, NOMEM),
    E(0xc6, NP, W0, AVX512F, (Vx, Hx, Wx, Ib), 4, BC | NF),
    E(0xc6, 66, W1, AVX512F, (Vx, Hx, Wx, Ib), 8, BC | NF),

    BW(0xd1, (Vx, Hx, Wdq), 0, NF), E(0xd2, 66, W0, AVX512F, (Vx, Hx, Wdq), 0, NF),
    E(0xd3, 66, W1, AVX512F, (Vx, Hx, Wdq), 0, NF), E(0xd4, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC),
    BW(0xd5, (Vx, Hx, Wx), 2, 0), E(0xd6, 66, W1, AVX512F, (Wq, Vdq), 8, NOK, LZ),
    BW(0xd8, (Vx, Hx, Wx), 1, 0), BW(0xd9, (Vx, Hx, Wx), 2, 0), BW(0xda, (Vx, Hx, Wx), 1, 0),
    DQW(0xdb, 66, AVX512F, (Vx, Hx, Wx), BC), BW(0xdc, (Vx, Hx, Wx), 1, 0),
    BW(0xdd, (Vx, Hx, Wx), 2, 0), BW(0xde, (Vx, Hx, Wx), 1, 0), DQW(0xdf, 66, AVX512F, (Vx, Hx, Wx), BC),
    BW(0xe0, (Vx, Hx, Wx), 1, 0), BW(0xe1, (Vx, Hx, Wdq), 0, NF),
    E(0xe2, 66, W_ANY, AVX512F, (Vx, Hx, Wdq), 0, NF), BW(0xe3, (Vx, Hx, Wx), 2, 0),
    BW(0xe4, (Vx, Hx, Wx), 2, 0), BW(0xe5, (Vx, Hx, Wx), 2, 0),
    E(0xe6, 66, W1, AVX512F, (Vh, Wx), 8, BC | SAE), E(0xe6, F3, W0, AVX512F, (Vx, Wh), 4, BC),
    DQ(0xe6, F3, W1, (Vx, Wx), 8, BC | ER), E(0xe6, F2, W1, AVX512F, (Vh, Wx), 8, BC | ER),
    E(0xe7, 66, W0, AVX512F, (Mx, Vx), 4, NOK | AL, MEM),
    BW(0xe8, (Vx, Hx, Wx), 1, 0), BW(0xe9, (Vx, Hx, Wx), 2, 0), BW(0xea, (Vx, Hx, Wx), 2, 0),
    DQW(0xeb, 66, AVX512F, (Vx, Hx, Wx), BC), BW(0xec, (Vx, Hx, Wx), 1, 0),
    BW(0xed, (Vx, Hx, Wx), 2, 0), BW(0xee, (Vx, Hx, Wx), 2, 0), DQW(0xef, 66, AVX512F, (Vx, Hx, Wx), BC),
    BW(0xf1, (Vx, Hx, Wdq), 0, NF), E(0xf2, 66, W0, AVX512F, (Vx, Hx, Wdq), 0, NF),
    E(0xf3, 66, W1, AVX512F, (Vx, Hx, Wdq), 0, NF), E(0xf4, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC),
    BW(0xf5, (Vx, Hx, Wx), 4, NF), BW(0xf6, (Vx, Hx, Wx), 1, NOK),
    BW(0xf8, (Vx, Hx, Wx), 1, 0), BW(0xf9, (Vx, Hx, Wx), 2, 0),
    E(0xfa, 66, W0, AVX512F, (Vx, Hx, Wx), 4, BC), E(0xfb, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC),
    BW(0xfc, (Vx, Hx, Wx), 1, 0), BW(0xfd, (Vx, Hx, Wx), 2, 0),
    E(0xfe, 66, W0, AVX512F, (Vx, Hx, Wx), 4, BC),
};

/* Truncating moves (F3): to the given fraction of the vector, memory elements of el bytes. */
#define TRUNC(o, f, sz, el) E(o, F3, W0, f, (sz, Vx), el, NOZMEM)
#define EXT(o, f, ww, sz, el) E(o, 66, ww, f, (Vx, sz), el, 0)
#define MASK2V(o) E(o, F3, W0, MASKF_##o, (Vx, KR), 0, NOK, NOMEM), E(o, F3, W1, MASKF_##o, (Vx, KR), 0, NOK, NOMEM)
#define V2MASK(o) E(o, F3, W0, MASKF_##o, (KG, Ux), 0, NOK, NOMEM), E(o, F3, W1, MASKF_##o, (KG, Ux), 0, NOK, NOMEM)
#define MASKF_0x28 AVX512BW
#define MASKF_0x29 AVX512BW
#define MASKF_0x38 AVX512DQ
#define MASKF_0x39 AVX512DQ
#define TEST4(o, w0, w1, f, el0, el1, at)                                                  \
    E(o, 66, W0, f, (KG, Hx, Wx), el0, at), E(o, 66, W1, f, (KG, Hx, Wx), el1, at),        \
    E(o, F3, W0, f, (KG, Hx, Wx), el0, at), E(o, F3, W1, f, (KG, Hx, Wx), el1, at)
#define SS_SD(o, at)                                                                       \
    E(o, 66, W0, AVX512F, (Vdq, Hdq, Wd), 4, SC | (at)), E(o, 66, W1, AVX512F, (Vdq, Hdq, Wq), 8, SC | (at))
#define FMA_P(o) DQW(o, 66, AVX512F, (Vx, Hx, Wx), BC | ER, RWD)
#define FMA_S(o)                                                                           \
    E(o, 66, W0, AVX512F, (Vdq, Hdq, Wd), 4, SC | ER, RWD),                                \
    E(o, 66, W1, AVX512F, (Vdq, Hdq, Wq), 8, SC | ER, RWD)
#define FMA(b)                                                                             \
    FMA_P(b + 6), FMA_P(b + 7), FMA_P(b + 8), FMA_S(b + 9), FMA_P(b + 10), FMA_S(b + 11),  \
    FMA_P(b + 12), FMA_S(b + 13), FMA_P(b + 14), FMA_S(b + 15)
#define BWW(o, p, f0, f1, args, at, ...)                                                   \
    E(o, p, W0, f0, args, 1, at, ##__VA_ARGS__), E(o, p, W1, f1, args, 2, at, ##__VA_ARGS__)
#define EXPAND(o, f, el0, el1)                                                             \
    EOP(o, VEC_EXPAND, 66, W0, f, (Vx, Wx), el0, T1S), EOP(o, VEC_EXPAND, 66, W1, f, (Vx, Wx), el1, T1S)
#define COMPRESS(o, f, el0, el1)                                                           \
    EOP(o, VEC_COMPRESS, 66, W0, f, (Wx, Vx), el0, T1S | NOZMEM),                          \
    EOP(o, VEC_COMPRESS, 66, W1, f, (Wx, Vx), el1, T1S | NOZMEM)
#define GATHER(o, ww, dst, idx, el)                                                        \
    EOP(o, VEC_GATHER, 66, ww, AVX512F, (dst, idx), el, KREQ | T1S | NOZ | UDREG, MEM, RWD)
#define SCATTER(o, ww, idx, src, el)                                                       \
    EOP(o, VEC_SCATTER, 66, ww, AVX512F, (idx, src), el, KREQ | T1S | NOZ, MEM)
#define VNNI_(o) E(o, 66, W0, VNNI, (Vx, Hx, Wx), 4, BC, RWD)
#define AES_(o) E(o, 66, W_ANY, AVX512F, (Vx, Hx, Wx), 0, NOK, .feat2 = XF_VAES)

static const X86Row rows_0f38[] = {
    BW(0x00, (Vx, Hx, Wx), 1, NF), BW(0x04, (Vx, Hx, Wx), 2, NF), BW(0x0b, (Vx, Hx, Wx), 2, 0),
    E(0x0c, 66, W0, AVX512F, (Vx, Hx, Wx), 4, BC | NF), E(0x0d, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC | NF),
    E(0x10, 66, W1, AVX512BW, (Vx, Hx, Wx), 2, 0), TRUNC(0x10, AVX512BW, Wh, 1),
    E(0x11, 66, W1, AVX512BW, (Vx, Hx, Wx), 2, 0), TRUNC(0x11, AVX512F, Whq, 1),
    E(0x12, 66, W1, AVX512BW, (Vx, Hx, Wx), 2, 0), TRUNC(0x12, AVX512F, Whd, 1),
    E(0x13, 66, W0, AVX512F, (Vx, Wh), 2, SAE), TRUNC(0x13, AVX512F, Wh, 2),
    DQW(0x14, 66, AVX512F, (Vx, Hx, Wx), BC), TRUNC(0x14, AVX512F, Whq, 2),
    DQW(0x15, 66, AVX512F, (Vx, Hx, Wx), BC), TRUNC(0x15, AVX512F, Wh, 4),
    DQW(0x16, 66, AVX512F, (Vx, Hx, Wx), BC | NF, LOT),
    E(0x18, 66, W0, AVX512F, (Vx, Wd), 4, REP),
    E(0x19, 66, W0, AVX512DQ, (Vx, Wq), 4, REP, LOT), E(0x19, 66, W1, AVX512F, (Vx, Wq), 8, REP, LOT),
    E(0x1a, 66, W0, AVX512F, (Vx, Mdq), 4, REP, LOT, MEM), E(0x1a, 66, W1, AVX512DQ, (Vx, Mdq), 8, REP, LOT, MEM),
    E(0x1b, 66, W0, AVX512DQ, (Vx, Mqq), 4, REP, LT, MEM), E(0x1b, 66, W1, AVX512F, (Vx, Mqq), 8, REP, LT, MEM),
    BW(0x1c, (Vx, Wx), 1, 0), BW(0x1d, (Vx, Wx), 2, 0),
    E(0x1e, 66, W0, AVX512F, (Vx, Wx), 4, BC), E(0x1f, 66, W1, AVX512F, (Vx, Wx), 8, BC),

    EXT(0x20, AVX512BW, W_ANY, Wh, 1), TRUNC(0x20, AVX512BW, Wh, 1),
    EXT(0x21, AVX512F, W_ANY, Whq, 1), TRUNC(0x21, AVX512F, Whq, 1),
    EXT(0x22, AVX512F, W_ANY, Whd, 1), TRUNC(0x22, AVX512F, Whd, 1),
    EXT(0x23, AVX512F, W_ANY, Wh, 2), TRUNC(0x23, AVX512F, Wh, 2),
    EXT(0x24, AVX512F, W_ANY, Whq, 2), TRUNC(0x24, AVX512F, Whq, 2),
    EXT(0x25, AVX512F, W0, Wh, 4), TRUNC(0x25, AVX512F, Wh, 4),
    TEST4(0x26, W0, W1, AVX512BW, 1, 2, 0), TEST4(0x27, W0, W1, AVX512F, 4, 8, BC),
    E(0x28, 66, W1, AVX512F, (Vx, Hx, Wx), 8, BC), MASK2V(0x28),
    E(0x29, 66, W1, AVX512F, (KG, Hx, Wx), 8, BC), V2MASK(0x29),
    E(0x2a, 66, W0, AVX512F, (Vx, Mx), 4, NOK | AL, MEM),
    E(0x2a, F3, W1, AVX512CD, (Vx, KR), 0, NOK, NOMEM),
    E(0x2b, 66, W0, AVX512BW, (Vx, Hx, Wx), 4, BC | NF),
    DQW(0x2c, 66, AVX512F, (Vx, Hx, Wx), BC | ER), SS_SD(0x2d, ER),
    EXT(0x30, AVX512BW, W_ANY, Wh, 1), TRUNC(0x30, AVX512BW, Wh, 1),
    EXT(0x31, AVX512F, W_ANY, Whq, 1), TRUNC(0x31, AVX512F, Whq, 1),
    EXT(0x32, AVX512F, W_ANY, Whd, 1), TRUNC(0x32, AVX512F, Whd, 1),
    EXT(0x33, AVX512F, W_ANY, Wh, 2), TRUNC(0x33, AVX512F, Wh, 2),
    EXT(0x34, AVX512F, W_ANY, Whq, 2), TRUNC(0x34, AVX512F, Whq, 2),
    EXT(0x35, AVX512F, W0, Wh, 4), TRUNC(0x35, AVX512F, Wh, 4),
    DQW(0x36, 66, AVX512F, (Vx, Hx, Wx), BC | NF, LOT),
    E(0x37, 66, W1, AVX512F, (KG, Hx, Wx), 8, BC),
    BW(0x38, (Vx, Hx, Wx), 1, 0), MASK2V(0x38),
    DQW(0x39, 66, AVX512F, (Vx, Hx, Wx), BC), V2MASK(0x39),
    BW(0x3a, (Vx, Hx, Wx), 2, 0), E(0x3a, F3, W0, AVX512CD, (Vx, KR), 0, NOK, NOMEM),
    DQW(0x3b, 66, AVX512F, (Vx, Hx, Wx), BC), BW(0x3c, (Vx, Hx, Wx), 1, 0),
    DQW(0x3d, 66, AVX512F, (Vx, Hx, Wx), BC), BW(0x3e, (Vx, Hx, Wx), 2, 0),
    DQW(0x3f, 66, AVX512F, (Vx, Hx, Wx), BC),
    E(0x40, 66, W0, AVX512F, (Vx, Hx, Wx), 4, BC), DQ(0x40, 66, W1, (Vx, Hx, Wx), 8, BC),
    DQW(0x42, 66, AVX512F, (Vx, Wx), BC | SAE), SS_SD(0x43, SAE),
    DQW(0x44, 66, AVX512CD, (Vx, Wx), BC),
    DQW(0x45, 66, AVX512F, (Vx, Hx, Wx), BC), DQW(0x46, 66, AVX512F, (Vx, Hx, Wx), BC),
    DQW(0x47, 66, AVX512F, (Vx, Hx, Wx), BC),
    DQW(0x4c, 66, AVX512F, (Vx, Wx), BC), SS_SD(0x4d, 0),
    DQW(0x4e, 66, AVX512F, (Vx, Wx), BC), SS_SD(0x4f, 0),
    VNNI_(0x50), VNNI_(0x51), VNNI_(0x52),
    E(0x52, F3, W0, BF16, (Vx, Hx, Wx), 4, BC, RWD), VNNI_(0x53),
    BWW(0x54, 66, BITALG, BITALG, (Vx, Wx), 0), DQW(0x55, 66, VPOPCNT, (Vx, Wx), BC),
    E(0x58, 66, W0, AVX512F, (Vx, Wd), 4, REP),
    E(0x59, 66, W0, AVX512DQ, (Vx, Wq), 4, REP), E(0x59, 66, W1, AVX512F, (Vx, Wq), 8, REP),
    E(0x5a, 66, W0, AVX512F, (Vx, Mdq), 4, REP, LOT, MEM), E(0x5a, 66, W1, AVX512DQ, (Vx, Mdq), 8, REP, LOT, MEM),
    E(0x5b, 66, W0, AVX512DQ, (Vx, Mqq), 4, REP, LT, MEM), E(0x5b, 66, W1, AVX512F, (Vx, Mqq), 8, REP, LT, MEM),
    EXPAND(0x62, VBMI2, 1, 2), COMPRESS(0x63, VBMI2, 1, 2),
    DQW(0x64, 66, AVX512F, (Vx, Hx, Wx), BC), DQW(0x65, 66, AVX512F, (Vx, Hx, Wx), BC),
    BWW(0x66, 66, AVX512BW, AVX512BW, (Vx, Hx, Wx), 0),
    DQW(0x68, F2, VP2I, (KG, Hx, Wx), BC | NOK),
    E(0x70, 66, W1, VBMI2, (Vx, Hx, Wx), 2, 0, RWD), DQW(0x71, 66, VBMI2, (Vx, Hx, Wx), BC, RWD),
    E(0x72, 66, W1, VBMI2, (Vx, Hx, Wx), 2, 0, RWD), E(0x72, F3, W0, BF16, (Vh, Wx), 4, BC),
    E(0x72, F2, W0, BF16, (Vx, Hx, Wx), 4, BC | NF), DQW(0x73, 66, VBMI2, (Vx, Hx, Wx), BC, RWD),
    BWW(0x75, 66, VBMI, AVX512BW, (Vx, Hx, Wx), NF, RWD), DQW(0x76, 66, AVX512F, (Vx, Hx, Wx), BC | NF, RWD),
    DQW(0x77, 66, AVX512F, (Vx, Hx, Wx), BC | NF, RWD),
    E(0x78, 66, W0, AVX512BW, (Vx, Wb), 1, REP), E(0x79, 66, W0, AVX512BW, (Vx, Ww), 2, REP),
    E(0x7a, 66, W0, AVX512BW, (Vx, Rd), 0, 0, NOMEM), E(0x7b, 66, W0, AVX512BW, (Vx, Rd), 0, 0, NOMEM),
    E(0x7c, 66, W_ANY, AVX512F, (Vx, Ry), 0, WG, NOMEM),
    BWW(0x7d, 66, VBMI, AVX512BW, (Vx, Hx, Wx), NF, RWD), DQW(0x7e, 66, AVX512F, (Vx, Hx, Wx), BC | NF, RWD),
    DQW(0x7f, 66, AVX512F, (Vx, Hx, Wx), BC | NF, RWD),
    E(0x83, 66, W1, VBMI, (Vx, Hx, Wx), 8, BC | NF),
    EXPAND(0x88, AVX512F, 4, 8), EXPAND(0x89, AVX512F, 4, 8),
    COMPRESS(0x8a, AVX512F, 4, 8), COMPRESS(0x8b, AVX512F, 4, 8),
    BWW(0x8d, 66, VBMI, AVX512BW, (Vx, Hx, Wx), NF), E(0x8f, 66, W0, BITALG, (KG, Hx, Wx), 1, 0),
    GATHER(0x90, W0, Vx, VMx, 4), GATHER(0x90, W1, Vx, VMh, 8),
    GATHER(0x91, W0, Vh, VMx, 4), GATHER(0x91, W1, Vx, VMx, 8),
    GATHER(0x92, W0, Vx, VMx, 4), GATHER(0x92, W1, Vx, VMh, 8),
    GATHER(0x93, W0, Vh, VMx, 4), GATHER(0x93, W1, Vx, VMx, 8),
    FMA(0x90),
    SCATTER(0xa0, W0, VMx, Vx, 4), SCATTER(0xa0, W1, VMh, Vx, 8),
    SCATTER(0xa1, W0, VMx, Vh, 4), SCATTER(0xa1, W1, VMx, Vx, 8),
    SCATTER(0xa2, W0, VMx, Vx, 4), SCATTER(0xa2, W1, VMh, Vx, 8),
    SCATTER(0xa3, W0, VMx, Vh, 4), SCATTER(0xa3, W1, VMx, Vx, 8),
    FMA(0xa0),
    E(0xb4, 66, W1, IFMA, (Vx, Hx, Wx), 8, BC, RWD), E(0xb5, 66, W1, IFMA, (Vx, Hx, Wx), 8, BC, RWD),
    FMA(0xb0),
    DQW(0xc4, 66, AVX512CD, (Vx, Wx), BC | NF),
    E(0xcf, 66, W0, AVX512F, (Vx, Hx, Wx), 1, 0, .feat2 = XF_GFNI),
    AES_(0xdc), AES_(0xdd), AES_(0xde), AES_(0xdf),
};

static const X86Row rows_0f3a[] = {
    E(0x00, 66, W1, AVX512F, (Vx, Wx, Ib), 8, BC | NF, LOT), E(0x01, 66, W1, AVX512F, (Vx, Wx, Ib), 8, BC | NF, LOT),
    DQW(0x03, 66, AVX512F, (Vx, Hx, Wx, Ib), BC | NF),
    E(0x04, 66, W0, AVX512F, (Vx, Wx, Ib), 4, BC | NF), E(0x05, 66, W1, AVX512F, (Vx, Wx, Ib), 8, BC | NF),
    E(0x08, 66, W0, AVX512F, (Vx, Wx, Ib), 4, BC | SAE),
    E(0x08, NP, W0, FP16, (Vx, Wx, Ib), 2, BC | SAE),
    E(0x09, 66, W1, AVX512F, (Vx, Wx, Ib), 8, BC | SAE),
    E(0x0a, 66, W0, AVX512F, (Vdq, Hdq, Wd, Ib), 4, SC | SAE),
    E(0x0a, NP, W0, FP16, (Vdq, Hdq, Ww, Ib), 2, SC | SAE),
    E(0x0b, 66, W1, AVX512F, (Vdq, Hdq, Wq, Ib), 8, SC | SAE),
    BW(0x0f, (Vx, Hx, Wx, Ib), 1, NF),
    BW(0x14, (Emb, Vdq, Ib), 0, NOK, LZ), BW(0x15, (Emw, Vdq, Ib), 0, NOK, LZ),
    E(0x16, 66, W_ANY, AVX512DQ, (Ey, Vdq, Ib), 0, NOK | WG, LZ),
    E(0x17, 66, W_ANY, AVX512F, (Ed, Vdq, Ib), 0, NOK, LZ),
    E(0x18, 66, W0, AVX512F, (Vx, Hx, Wdq, Ib), 4, NF, LOT), E(0x18, 66, W1, AVX512DQ, (Vx, Hx, Wdq, Ib), 8, NF, LOT),
    E(0x19, 66, W0, AVX512F, (Wdq, Vx, Ib), 4, NF, LOT), E(0x19, 66, W1, AVX512DQ, (Wdq, Vx, Ib), 8, NF, LOT),
    E(0x1a, 66, W0, AVX512DQ, (Vx, Hx, Wqq, Ib), 4, NF, LT), E(0x1a, 66, W1, AVX512F, (Vx, Hx, Wqq, Ib), 8, NF, LT),
    E(0x1b, 66, W0, AVX512DQ, (Wqq, Vx, Ib), 4, NF, LT), E(0x1b, 66, W1, AVX512F, (Wqq, Vx, Ib), 8, NF, LT),
    E(0x1d, 66, W0, AVX512F, (Wh, Vx, Ib), 2, SAE | NOZMEM),
    DQW(0x1e, 66, AVX512F, (KG, Hx, Wx, Ib), BC), DQW(0x1f, 66, AVX512F, (KG, Hx, Wx, Ib), BC),
    BW(0x20, (Vdq, Hdq, Emb, Ib), 0, NOK, LZ), E(0x21, 66, W0, AVX512F, (Vdq, Hdq, Wd, Ib), 4, NOK, LZ),
    E(0x22, 66, W_ANY, AVX512DQ, (Vdq, Hdq, Ey, Ib), 0, NOK | WG, LZ),
    DQW(0x23, 66, AVX512F, (Vx, Hx, Wx, Ib), BC | NF, LOT),
    DQW(0x25, 66, AVX512F, (Vx, Hx, Wx, Ib), BC, RWD),
    DQW(0x26, 66, AVX512F, (Vx, Wx, Ib), BC | SAE), E(0x26, NP, W0, FP16, (Vx, Wx, Ib), 2, BC | SAE),
    E(0x27, 66, W0, AVX512F, (Vdq, Hdq, Wd, Ib), 4, SC | SAE), E(0x27, 66, W1, AVX512F, (Vdq, Hdq, Wq, Ib), 8, SC | SAE),
    E(0x27, NP, W0, FP16, (Vdq, Hdq, Ww, Ib), 2, SC | SAE),
    E(0x38, 66, W0, AVX512F, (Vx, Hx, Wdq, Ib), 4, NF, LOT), E(0x38, 66, W1, AVX512DQ, (Vx, Hx, Wdq, Ib), 8, NF, LOT),
    E(0x39, 66, W0, AVX512F, (Wdq, Vx, Ib), 4, NF, LOT), E(0x39, 66, W1, AVX512DQ, (Wdq, Vx, Ib), 8, NF, LOT),
    E(0x3a, 66, W0, AVX512DQ, (Vx, Hx, Wqq, Ib), 4, NF, LT), E(0x3a, 66, W1, AVX512F, (Vx, Hx, Wqq, Ib), 8, NF, LT),
    E(0x3b, 66, W0, AVX512DQ, (Wqq, Vx, Ib), 4, NF, LT), E(0x3b, 66, W1, AVX512F, (Wqq, Vx, Ib), 8, NF, LT),
    BWW(0x3e, 66, AVX512BW, AVX512BW, (KG, Hx, Wx, Ib), 0),
    BWW(0x3f, 66, AVX512BW, AVX512BW, (KG, Hx, Wx, Ib), 0),
    E(0x42, 66, W0, AVX512BW, (Vx, Hx, Wx, Ib), 1, NF),
    DQW(0x43, 66, AVX512F, (Vx, Hx, Wx, Ib), BC | NF, LOT),
    E(0x44, 66, W_ANY, AVX512F, (Vx, Hx, Wx, Ib), 0, NOK, .feat2 = XF_VPCLMUL),
    DQW(0x50, 66, AVX512DQ, (Vx, Hx, Wx, Ib), BC | SAE),
    DQ(0x51, 66, W0, (Vdq, Hdq, Wd, Ib), 4, SC | SAE), DQ(0x51, 66, W1, (Vdq, Hdq, Wq, Ib), 8, SC | SAE),
    DQW(0x54, 66, AVX512F, (Vx, Hx, Wx, Ib), BC | SAE, RWD),
    E(0x55, 66, W0, AVX512F, (Vdq, Hdq, Wd, Ib), 4, SC | SAE, RWD),
    E(0x55, 66, W1, AVX512F, (Vdq, Hdq, Wq, Ib), 8, SC | SAE, RWD),
    DQW(0x56, 66, AVX512DQ, (Vx, Wx, Ib), BC | SAE), E(0x56, NP, W0, FP16, (Vx, Wx, Ib), 2, BC | SAE),
    DQ(0x57, 66, W0, (Vdq, Hdq, Wd, Ib), 4, SC | SAE), DQ(0x57, 66, W1, (Vdq, Hdq, Wq, Ib), 8, SC | SAE),
    E(0x57, NP, W0, FP16, (Vdq, Hdq, Ww, Ib), 2, SC | SAE),
    DQW(0x66, 66, AVX512DQ, (KG, Wx, Ib), BC), E(0x66, NP, W0, FP16, (KG, Wx, Ib), 2, BC),
    DQ(0x67, 66, W0, (KG, Wd, Ib), 4, SC), DQ(0x67, 66, W1, (KG, Wq, Ib), 8, SC),
    E(0x67, NP, W0, FP16, (KG, Ww, Ib), 2, SC),
    E(0x70, 66, W1, VBMI2, (Vx, Hx, Wx, Ib), 2, 0), DQW(0x71, 66, VBMI2, (Vx, Hx, Wx, Ib), BC),
    E(0x72, 66, W1, VBMI2, (Vx, Hx, Wx, Ib), 2, 0), DQW(0x73, 66, VBMI2, (Vx, Hx, Wx, Ib), BC),
    E(0xc2, NP, W0, FP16, (KG, Hx, Wx, Ib), 2, BC | SAE), E(0xc2, F3, W0, FP16, (KG, Hdq, Ww, Ib), 2, SC | SAE),
    E(0xce, 66, W1, AVX512F, (Vx, Hx, Wx, Ib), 8, BC | NF, .feat2 = XF_GFNI),
    E(0xcf, 66, W1, AVX512F, (Vx, Hx, Wx, Ib), 8, BC | NF, .feat2 = XF_GFNI),
};
/* clang-format on */

X86_TABLE(x86_table_evex_0f, SPACE_EVEX_0F, rows_0f);
X86_TABLE(x86_table_evex_0f38, SPACE_EVEX_0F38, rows_0f38);
X86_TABLE(x86_table_evex_0f3a, SPACE_EVEX_0F3A, rows_0f3a);
