/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EVEX maps 5 and 6: AVX-512 FP16 (SDM vol. 2, instruction reference).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-evex.h"

/* clang-format off */

#define H(o, p, args, el, at, ...) E(o, p, W0, FP16, args, el, at, ##__VA_ARGS__)
/* Packed and scalar half precision. */
#define PH_SH(o, round, args) \
    H(o, NP, args, 2, BC | (round)), H(o, F3, (Vdq, Hdq, Ww), 2, SC | (round))
#define CMPH(o) H(o, NP, (Vdq, Ww), 2, SAE | SC | NOK, .acc = ACC_R, .fw = CC_ALL)
#define TOGPR(o, round) E(o, F3, W_ANY, FP16, (Gy, Ww), 2, round | SC | NOK | WG)
#define FROMGPR(o) E(o, F3, W_ANY, FP16, (Vdq, Hdq, Ey), 0, ER | SC | NOK | WG)

static const X86Row rows_5[] = {
    H(0x10, F3, (Vdq, Mw), 2, SC, MEM), H(0x10, F3, (Vdq, Hdq, Udq), 2, SC),
    H(0x11, F3, (Mw, Vdq), 2, SC, MEM), H(0x11, F3, (Udq, Hdq, Vdq), 2, SC),
    H(0x1d, NP, (Vdq, Hdq, Wd), 4, SC | ER), H(0x1d, 66, (Vh, Wx), 4, BC | ER),
    FROMGPR(0x2a), TOGPR(0x2c, SAE), TOGPR(0x2d, ER), CMPH(0x2e), CMPH(0x2f),
    PH_SH(0x51, ER, (Vx, Wx)),
    PH_SH(0x58, ER, (Vx, Hx, Wx)), PH_SH(0x59, ER, (Vx, Hx, Wx)),
    H(0x5a, NP, (Vx, Whq), 2, BC | SAE), E(0x5a, 66, W1, FP16, (Vhq, Wx), 8, BC | ER),
    H(0x5a, F3, (Vdq, Hdq, Ww), 2, SC | SAE), E(0x5a, F2, W1, FP16, (Vdq, Hdq, Wq), 8, SC | ER),
    H(0x5b, NP, (Vh, Wx), 4, BC | ER), E(0x5b, NP, W1, FP16, (Vhq, Wx), 8, BC | ER),
    H(0x5b, 66, (Vx, Wh), 2, BC | ER), H(0x5b, F3, (Vx, Wh), 2, BC | SAE),
    PH_SH(0x5c, ER, (Vx, Hx, Wx)), PH_SH(0x5d, SAE, (Vx, Hx, Wx)),
    PH_SH(0x5e, ER, (Vx, Hx, Wx)), PH_SH(0x5f, SAE, (Vx, Hx, Wx)),
    E(0x6e, 66, W_ANY, FP16, (Vdq, Emw), 0, NOK, LZ),
    H(0x78, NP, (Vx, Wh), 2, BC | SAE), H(0x78, 66, (Vx, Whq), 2, BC | SAE), TOGPR(0x78, SAE),
    H(0x79, NP, (Vx, Wh), 2, BC | ER), H(0x79, 66, (Vx, Whq), 2, BC | ER), TOGPR(0x79, ER),
    H(0x7a, 66, (Vx, Whq), 2, BC | SAE),
    H(0x7a, F2, (Vh, Wx), 4, BC | ER), E(0x7a, F2, W1, FP16, (Vhq, Wx), 8, BC | ER),
    H(0x7b, 66, (Vx, Whq), 2, BC | ER), FROMGPR(0x7b),
    H(0x7c, NP, (Vx, Wx), 2, BC | SAE), H(0x7c, 66, (Vx, Wx), 2, BC | SAE),
    H(0x7d, NP, (Vx, Wx), 2, BC | ER), H(0x7d, 66, (Vx, Wx), 2, BC | ER),
    H(0x7d, F3, (Vx, Wx), 2, BC | ER), H(0x7d, F2, (Vx, Wx), 2, BC | ER),
    E(0x7e, 66, W_ANY, FP16, (Emw, Vdq), 0, NOK, LZ),
};

#define FMA_P(o) H(o, 66, (Vx, Hx, Wx), 2, BC | ER, RWD)
#define FMA_S(o) H(o, 66, (Vdq, Hdq, Ww), 2, SC | ER, RWD)
#define FMA(b)                                                                             \
    FMA_P(b + 6), FMA_P(b + 7), FMA_P(b + 8), FMA_S(b + 9), FMA_P(b + 10), FMA_S(b + 11),  \
    FMA_P(b + 12), FMA_S(b + 13), FMA_P(b + 14), FMA_S(b + 15)
#define SH(o, at) H(o, 66, (Vdq, Hdq, Ww), 2, SC | (at))
/* Complex numbers: pairs of halves; the destination must not be a source. */
#define CPH(o, ...)                                                                        \
    H(o, F3, (Vx, Hx, Wx), 4, BC | ER | UDREG, ##__VA_ARGS__),                             \
    H(o, F2, (Vx, Hx, Wx), 4, BC | ER | UDREG, ##__VA_ARGS__)
#define CSH(o, ...)                                                                        \
    H(o, F3, (Vdq, Hdq, Wd), 4, SC | ER | UDREG, ##__VA_ARGS__),                           \
    H(o, F2, (Vdq, Hdq, Wd), 4, SC | ER | UDREG, ##__VA_ARGS__)

static const X86Row rows_6[] = {
    H(0x13, 66, (Vx, Wh), 2, BC | SAE), H(0x13, NP, (Vdq, Hdq, Ww), 2, SC | SAE),
    H(0x2c, 66, (Vx, Hx, Wx), 2, BC | ER), SH(0x2d, ER),
    H(0x42, 66, (Vx, Wx), 2, BC | SAE), SH(0x43, SAE),
    H(0x4c, 66, (Vx, Wx), 2, BC), SH(0x4d, 0), H(0x4e, 66, (Vx, Wx), 2, BC), SH(0x4f, 0),
    CPH(0x56, RWD), CSH(0x57, RWD),
    FMA(0x90), FMA(0xa0), FMA(0xb0),
    CPH(0xd6), CSH(0xd7),
};
/* clang-format on */

X86_TABLE(x86_table_evex_5, SPACE_EVEX_5, rows_5);
X86_TABLE(x86_table_evex_6, SPACE_EVEX_6, rows_6);
