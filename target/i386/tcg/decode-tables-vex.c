/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VEX encodings: AVX, AVX2, FMA, F16C, BMI1, BMI2, AVX-VNNI, AVX-IFMA, SHA512, SM3,
 * SM4 and the mask register instructions of AVX-512 (SDM vol. 2, instruction reference).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/decode-int.h"

/* A row replaces the defaults of the macro that writes it. */
#pragma GCC diagnostic ignored "-Woverride-init"

/* clang-format off */

#define V(o, p, f, args, ...) R(o, VEC, args, .pp = PP_##p, FEAT(f), .l = L01, ##__VA_ARGS__)
#define T(o, p, f, args, ...) V(o, p, f, args, .acc = ACC_R, .fw = CC_ALL, ##__VA_ARGS__)
#define LIG .l = L_IG
#define LZ  .l = L0
#define LO  .l = L1
#define WZ  .w = W0
#define WO  .w = W1
#define AL  ATTR(RA_ALIGNED)
#define WG  ATTR(RA_WGPR)
/* The 64-bit form of an operation, which W does not turn into the 32-bit one elsewhere. */
#define Q64 ATTR(RA_O64)
#define AVX2_256 .feat256 = XF_AVX2
/* AVX at 128 bits, AVX2 at 256. */
#define I(o, p, args, ...) V(o, p, AVX, args, AVX2_256, ##__VA_ARGS__)
#define PS_PD(o, args) V(o, NP, AVX, args), V(o, 66, AVX, args)
#define FP4(o)                                                                             \
    PS_PD(o, (Vx, Hx, Wx)), V(o, F3, AVX, (Vdq, Hdq, Wd), LIG), V(o, F2, AVX, (Vdq, Hdq, Wq), LIG)
#define I3(o) I(o, 66, (Vx, Hx, Wx))
/* Mask registers: word, byte, quadword, doubleword forms. */
#define K(o, p, ww, f, args, ...) \
    R(o, VEC, args, .pp = PP_##p, .w = ww, FEAT(f), .feat2 = XF_AVX512F, ##__VA_ARGS__)
#define K4(o, fword, args, ...)                                                            \
    K(o, NP, W0, fword, args, ##__VA_ARGS__), K(o, 66, W0, AVX512DQ, args, ##__VA_ARGS__), \
    K(o, NP, W1, AVX512BW, args, ##__VA_ARGS__), K(o, 66, W1, AVX512BW, args, ##__VA_ARGS__)

static const X86Row rows_0f[] = {
    V(0x10, NP, AVX, (Vx, Wx)), V(0x10, 66, AVX, (Vx, Wx)),
    V(0x10, F3, AVX, (Vdq, Md), MEM, LIG), V(0x10, F3, AVX, (Vdq, Hdq, Udq), LIG),
    V(0x10, F2, AVX, (Vdq, Mq), MEM, LIG), V(0x10, F2, AVX, (Vdq, Hdq, Udq), LIG),
    V(0x11, NP, AVX, (Wx, Vx)), V(0x11, 66, AVX, (Wx, Vx)),
    V(0x11, F3, AVX, (Md, Vdq), MEM, LIG), V(0x11, F3, AVX, (Udq, Hdq, Vdq), LIG),
    V(0x11, F2, AVX, (Mq, Vdq), MEM, LIG), V(0x11, F2, AVX, (Udq, Hdq, Vdq), LIG),
    V(0x12, NP, AVX, (Vdq, Hdq, Wq), LZ), V(0x12, 66, AVX, (Vdq, Hdq, Mq), MEM, LZ),
    V(0x12, F3, AVX, (Vx, Wx)), V(0x12, F2, AVX, (Vx, Wdd)),
    V(0x13, NP, AVX, (Mq, Vdq), MEM, LZ), V(0x13, 66, AVX, (Mq, Vdq), MEM, LZ),
    PS_PD(0x14, (Vx, Hx, Wx)), PS_PD(0x15, (Vx, Hx, Wx)),
    V(0x16, NP, AVX, (Vdq, Hdq, Wq), LZ), V(0x16, 66, AVX, (Vdq, Hdq, Mq), MEM, LZ),
    V(0x16, F3, AVX, (Vx, Wx)),
    V(0x17, NP, AVX, (Mq, Vdq), MEM, LZ), V(0x17, 66, AVX, (Mq, Vdq), MEM, LZ),
    V(0x28, NP, AVX, (Vx, Wx), AL), V(0x28, 66, AVX, (Vx, Wx), AL),
    V(0x29, NP, AVX, (Wx, Vx), AL), V(0x29, 66, AVX, (Wx, Vx), AL),
    V(0x2a, F3, AVX, (Vdq, Hdq, Ey), LIG, WG), V(0x2a, F2, AVX, (Vdq, Hdq, Ey), LIG, WG),
    V(0x2b, NP, AVX, (Mx, Vx), MEM, AL), V(0x2b, 66, AVX, (Mx, Vx), MEM, AL),
    V(0x2c, F3, AVX, (Gy, Wd), LIG, WG), V(0x2c, F2, AVX, (Gy, Wq), LIG, WG),
    V(0x2d, F3, AVX, (Gy, Wd), LIG, WG), V(0x2d, F2, AVX, (Gy, Wq), LIG, WG),
    T(0x2e, NP, AVX, (Vdq, Wd), LIG), T(0x2e, 66, AVX, (Vdq, Wq), LIG),
    T(0x2f, NP, AVX, (Vdq, Wd), LIG), T(0x2f, 66, AVX, (Vdq, Wq), LIG),

    K4(0x41, AVX512F, (KG, KH, KR), LO, NOMEM), K4(0x42, AVX512F, (KG, KH, KR), LO, NOMEM),
    K4(0x44, AVX512F, (KG, KR), LZ, NOMEM), K4(0x45, AVX512F, (KG, KH, KR), LO, NOMEM),
    K4(0x46, AVX512F, (KG, KH, KR), LO, NOMEM), K4(0x47, AVX512F, (KG, KH, KR), LO, NOMEM),
    K4(0x4a, AVX512DQ, (KG, KH, KR), LO, NOMEM),
    K(0x4b, 66, W0, AVX512F, (KG, KH, KR), LO, NOMEM),
    K(0x4b, NP, W0, AVX512BW, (KG, KH, KR), LO, NOMEM),
    K(0x4b, NP, W1, AVX512BW, (KG, KH, KR), LO, NOMEM),

    V(0x50, NP, AVX, (Gd, Ux), NOMEM), V(0x50, 66, AVX, (Gd, Ux), NOMEM),
    PS_PD(0x51, (Vx, Wx)),
    V(0x51, F3, AVX, (Vdq, Hdq, Wd), LIG), V(0x51, F2, AVX, (Vdq, Hdq, Wq), LIG),
    V(0x52, NP, AVX, (Vx, Wx)), V(0x52, F3, AVX, (Vdq, Hdq, Wd), LIG),
    V(0x53, NP, AVX, (Vx, Wx)), V(0x53, F3, AVX, (Vdq, Hdq, Wd), LIG),
    PS_PD(0x54, (Vx, Hx, Wx)), PS_PD(0x55, (Vx, Hx, Wx)),
    PS_PD(0x56, (Vx, Hx, Wx)), PS_PD(0x57, (Vx, Hx, Wx)),
    FP4(0x58), FP4(0x59),
    V(0x5a, NP, AVX, (Vx, Wh)), V(0x5a, 66, AVX, (Vh, Wx)),
    V(0x5a, F3, AVX, (Vdq, Hdq, Wd), LIG), V(0x5a, F2, AVX, (Vdq, Hdq, Wq), LIG),
    V(0x5b, NP, AVX, (Vx, Wx)), V(0x5b, 66, AVX, (Vx, Wx)), V(0x5b, F3, AVX, (Vx, Wx)),
    FP4(0x5c), FP4(0x5d), FP4(0x5e), FP4(0x5f),

    I3(0x60), I3(0x61), I3(0x62), I3(0x63), I3(0x64), I3(0x65), I3(0x66), I3(0x67),
    I3(0x68), I3(0x69), I3(0x6a), I3(0x6b), I3(0x6c), I3(0x6d),
    V(0x6e, 66, AVX, (Vdq, Ey), LZ, WG),
    V(0x6f, 66, AVX, (Vx, Wx), AL), V(0x6f, F3, AVX, (Vx, Wx)),
    I(0x70, 66, (Vx, Wx, Ib)), I(0x70, F3, (Vx, Wx, Ib)), I(0x70, F2, (Vx, Wx, Ib)),
    I(0x71, 66, (Hx, Ux, Ib), REG(2), NOMEM), I(0x71, 66, (Hx, Ux, Ib), REG(4), NOMEM),
    I(0x71, 66, (Hx, Ux, Ib), REG(6), NOMEM),
    I(0x72, 66, (Hx, Ux, Ib), REG(2), NOMEM), I(0x72, 66, (Hx, Ux, Ib), REG(4), NOMEM),
    I(0x72, 66, (Hx, Ux, Ib), REG(6), NOMEM),
    I(0x73, 66, (Hx, Ux, Ib), REG(2), NOMEM), I(0x73, 66, (Hx, Ux, Ib), REG(3), NOMEM),
    I(0x73, 66, (Hx, Ux, Ib), REG(6), NOMEM), I(0x73, 66, (Hx, Ux, Ib), REG(7), NOMEM),
    I3(0x74), I3(0x75), I3(0x76),
    R(0x77, VZERO, (), .pp = PP_NP, FEAT(AVX), .l = L01),
    V(0x7c, 66, AVX, (Vx, Hx, Wx)), V(0x7c, F2, AVX, (Vx, Hx, Wx)),
    V(0x7d, 66, AVX, (Vx, Hx, Wx)), V(0x7d, F2, AVX, (Vx, Hx, Wx)),
    V(0x7e, 66, AVX, (Ey, Vdq), LZ, WG), V(0x7e, F3, AVX, (Vdq, Wq), LZ),
    V(0x7f, 66, AVX, (Wx, Vx), AL), V(0x7f, F3, AVX, (Wx, Vx)),

    K(0x90, NP, W0, AVX512F, (KG, KEw), LZ), K(0x90, 66, W0, AVX512DQ, (KG, KEb), LZ),
    K(0x90, NP, W1, AVX512BW, (KG, KEq), LZ), K(0x90, 66, W1, AVX512BW, (KG, KEd), LZ),
    K(0x91, NP, W0, AVX512F, (KEw, KG), MEM, LZ), K(0x91, 66, W0, AVX512DQ, (KEb, KG), MEM, LZ),
    K(0x91, NP, W1, AVX512BW, (KEq, KG), MEM, LZ), K(0x91, 66, W1, AVX512BW, (KEd, KG), MEM, LZ),
    K(0x92, NP, W0, AVX512F, (KG, Rd), NOMEM, LZ), K(0x92, 66, W0, AVX512DQ, (KG, Rd), NOMEM, LZ),
    K(0x92, F2, W0, AVX512BW, (KG, Rd), NOMEM, LZ),
    K(0x92, F2, W1, AVX512BW, (KG, Rq), NOMEM, LZ, ATTR(RA_O64)),
    K(0x93, NP, W0, AVX512F, (Gd, KR), NOMEM, LZ), K(0x93, 66, W0, AVX512DQ, (Gd, KR), NOMEM, LZ),
    K(0x93, F2, W0, AVX512BW, (Gd, KR), NOMEM, LZ),
    K(0x93, F2, W1, AVX512BW, (Gq, KR), NOMEM, LZ, ATTR(RA_O64)),
    K4(0x98, AVX512F, (KG, KR), NOMEM, LZ, .acc = ACC_R, .fw = CC_ALL),
    K4(0x99, AVX512DQ, (KG, KR), NOMEM, LZ, .acc = ACC_R, .fw = CC_ALL),
    R(0xae, LDMXCSR, (Md), REG(2), MEM, .pp = PP_NP, FEAT(AVX), LZ),
    R(0xae, STMXCSR, (Md), REG(3), MEM, .pp = PP_NP, FEAT(AVX), LZ),
    PS_PD(0xc2, (Vx, Hx, Wx, Ib)),
    V(0xc2, F3, AVX, (Vdq, Hdq, Wd, Ib), LIG), V(0xc2, F2, AVX, (Vdq, Hdq, Wq, Ib), LIG),
    V(0xc4, 66, AVX, (Vdq, Hdq, Emw, Ib), LZ), V(0xc5, 66, AVX, (Gd, Udq, Ib), NOMEM, LZ),
    PS_PD(0xc6, (Vx, Hx, Wx, Ib)),

    V(0xd0, 66, AVX, (Vx, Hx, Wx)), V(0xd0, F2, AVX, (Vx, Hx, Wx)),
    I(0xd1, 66, (Vx, Hx, Wdq)), I(0xd2, 66, (Vx, Hx, Wdq)), I(0xd3, 66, (Vx, Hx, Wdq)),
    I3(0xd4), I3(0xd5), V(0xd6, 66, AVX, (Wq, Vdq), LZ), I(0xd7, 66, (Gd, Ux), NOMEM),
    I3(0xd8), I3(0xd9), I3(0xda), I3(0xdb), I3(0xdc), I3(0xdd), I3(0xde), I3(0xdf),
    I3(0xe0), I(0xe1, 66, (Vx, Hx, Wdq)), I(0xe2, 66, (Vx, Hx, Wdq)), I3(0xe3), I3(0xe4), I3(0xe5),
    V(0xe6, 66, AVX, (Vh, Wx)), V(0xe6, F3, AVX, (Vx, Wh)), V(0xe6, F2, AVX, (Vh, Wx)),
    V(0xe7, 66, AVX, (Mx, Vx), MEM, AL),
    I3(0xe8), I3(0xe9), I3(0xea), I3(0xeb), I3(0xec), I3(0xed), I3(0xee), I3(0xef),
    V(0xf0, F2, AVX, (Vx, Mx), MEM),
    I(0xf1, 66, (Vx, Hx, Wdq)), I(0xf2, 66, (Vx, Hx, Wdq)), I(0xf3, 66, (Vx, Hx, Wdq)),
    I3(0xf4), I3(0xf5), I3(0xf6),
    R(0xf7, MASKMOV, (Vdq, Udq, rDIdq), .pp = PP_66, FEAT(AVX), NOMEM, LZ, .elem = 1),
    I3(0xf8), I3(0xf9), I3(0xfa), I3(0xfb), I3(0xfc), I3(0xfd), I3(0xfe),
};

#define FMA_P(o)                                                                           \
    V(o, 66, FMA, (Vx, Hx, Wx), WZ, .acc = ACC_RW), V(o, 66, FMA, (Vx, Hx, Wx), WO, .acc = ACC_RW)
#define FMA_S(o)                                                                           \
    V(o, 66, FMA, (Vdq, Hdq, Wd), WZ, LIG, .acc = ACC_RW),                                 \
    V(o, 66, FMA, (Vdq, Hdq, Wq), WO, LIG, .acc = ACC_RW)
#define FMA(b)                                                                             \
    FMA_P(b + 6), FMA_P(b + 7), FMA_P(b + 8), FMA_S(b + 9), FMA_P(b + 10), FMA_S(b + 11),  \
    FMA_P(b + 12), FMA_S(b + 13), FMA_P(b + 14), FMA_S(b + 15)
#define A2(o, ww) V(o, 66, AVX2, (Vx, Hx, Wx), .w = ww)
/* (destination, index, mask, memory element) */
#define GATHER(o, ww, dst, idx, mask, el)                                                  \
    R(o, VEC_GATHER, (dst, idx, mask), .pp = PP_66, FEAT(AVX2), .l = L01, .w = ww, .elem = el, \
      MEM, .acc = ACC_RW, ATTR(RA_UDREG))
#define MASKLD(o, f, ww, el)                                                               \
    R(o, VEC_MASKMOV, (Vx, Hx, Mx), .pp = PP_66, FEAT(f), .l = L01, .w = ww, .elem = el, MEM)
#define MASKST(o, f, ww, el)                                                               \
    R(o, VEC_MASKMOV, (Mx, Hx, Vx), .pp = PP_66, FEAT(f), .l = L01, .w = ww, .elem = el, MEM)
#define G(o, name, p, f, args, ...) R(o, name, args, .pp = PP_##p, FEAT(f), LZ, WG, ##__VA_ARGS__)
#define VNNI_(o, p, f) V(o, p, f, (Vx, Hx, Wx), WZ, .acc = ACC_RW)
#define AES_(o) V(o, 66, AVX, (Vdq, Hdq, Wdq), LZ, .feat2 = XF_AES), V(o, 66, VAES, (Vx, Hx, Wx), LO)

static const X86Row rows_0f38[] = {
    I3(0x00), I3(0x01), I3(0x02), I3(0x03), I3(0x04), I3(0x05), I3(0x06), I3(0x07),
    I3(0x08), I3(0x09), I3(0x0a), I3(0x0b),
    V(0x0c, 66, AVX, (Vx, Hx, Wx), WZ), V(0x0d, 66, AVX, (Vx, Hx, Wx), WZ),
    T(0x0e, 66, AVX, (Vx, Wx), WZ), T(0x0f, 66, AVX, (Vx, Wx), WZ),
    V(0x13, 66, F16C, (Vx, Wh), WZ), V(0x16, 66, AVX2, (Vx, Hx, Wx), WZ, LO),
    T(0x17, 66, AVX, (Vx, Wx)),
    V(0x18, 66, AVX, (Vx, Md), MEM, WZ), V(0x18, 66, AVX2, (Vx, Wd), WZ),
    V(0x19, 66, AVX, (Vx, Mq), MEM, WZ, LO), V(0x19, 66, AVX2, (Vx, Wq), WZ, LO),
    V(0x1a, 66, AVX, (Vx, Mdq), MEM, WZ, LO),
    I(0x1c, 66, (Vx, Wx)), I(0x1d, 66, (Vx, Wx)), I(0x1e, 66, (Vx, Wx)),
    I(0x20, 66, (Vx, Wh)), I(0x21, 66, (Vx, Whq)), I(0x22, 66, (Vx, Whd)),
    I(0x23, 66, (Vx, Wh)), I(0x24, 66, (Vx, Whq)), I(0x25, 66, (Vx, Wh)),
    I3(0x28), I3(0x29), I(0x2a, 66, (Vx, Mx), MEM, AL), I3(0x2b),
    MASKLD(0x2c, AVX, W0, 4), MASKLD(0x2d, AVX, W0, 8),
    MASKST(0x2e, AVX, W0, 4), MASKST(0x2f, AVX, W0, 8),
    I(0x30, 66, (Vx, Wh)), I(0x31, 66, (Vx, Whq)), I(0x32, 66, (Vx, Whd)),
    I(0x33, 66, (Vx, Wh)), I(0x34, 66, (Vx, Whq)), I(0x35, 66, (Vx, Wh)),
    V(0x36, 66, AVX2, (Vx, Hx, Wx), WZ, LO), I3(0x37),
    I3(0x38), I3(0x39), I3(0x3a), I3(0x3b), I3(0x3c), I3(0x3d), I3(0x3e), I3(0x3f),
    I3(0x40), V(0x41, 66, AVX, (Vdq, Wdq), LZ),
    A2(0x45, W0), A2(0x45, W1), A2(0x46, W0), A2(0x47, W0), A2(0x47, W1),
    VNNI_(0x50, 66, AVXVNNI), VNNI_(0x50, NP, VNNI8), VNNI_(0x50, F3, VNNI8),
    VNNI_(0x50, F2, VNNI8),
    VNNI_(0x51, 66, AVXVNNI), VNNI_(0x51, NP, VNNI8), VNNI_(0x51, F3, VNNI8),
    VNNI_(0x51, F2, VNNI8),
    VNNI_(0x52, 66, AVXVNNI), VNNI_(0x53, 66, AVXVNNI),
    V(0x58, 66, AVX2, (Vx, Wd), WZ), V(0x59, 66, AVX2, (Vx, Wq), WZ),
    V(0x5a, 66, AVX2, (Vx, Mdq), MEM, WZ, LO),
    V(0x72, F3, NECVT, (Vh, Wx), WZ),
    V(0x78, 66, AVX2, (Vx, Wb), WZ), V(0x79, 66, AVX2, (Vx, Ww), WZ),
    MASKLD(0x8c, AVX2, W0, 4), MASKLD(0x8c, AVX2, W1, 8),
    MASKST(0x8e, AVX2, W0, 4), MASKST(0x8e, AVX2, W1, 8),
    GATHER(0x90, W0, Vx, VMx, Hx, 4), GATHER(0x90, W1, Vx, VMh, Hx, 8),
    GATHER(0x91, W0, Vh, VMx, Hh, 4), GATHER(0x91, W1, Vx, VMx, Hx, 8),
    GATHER(0x92, W0, Vx, VMx, Hx, 4), GATHER(0x92, W1, Vx, VMh, Hx, 8),
    GATHER(0x93, W0, Vh, VMx, Hh, 4), GATHER(0x93, W1, Vx, VMx, Hx, 8),
    FMA(0x90), FMA(0xa0),
    V(0xb0, NP, NECVT, (Vx, Mx), MEM, WZ), V(0xb0, 66, NECVT, (Vx, Mx), MEM, WZ),
    V(0xb0, F3, NECVT, (Vx, Mx), MEM, WZ), V(0xb0, F2, NECVT, (Vx, Mx), MEM, WZ),
    V(0xb1, 66, NECVT, (Vx, Mw), MEM, WZ), V(0xb1, F3, NECVT, (Vx, Mw), MEM, WZ),
    V(0xb4, 66, AVXIFMA, (Vx, Hx, Wx), WO, .acc = ACC_RW),
    V(0xb5, 66, AVXIFMA, (Vx, Hx, Wx), WO, .acc = ACC_RW),
    FMA(0xb0),
    V(0xcb, F2, SHA512, (Vqq, Hqq, Udq), WZ, LO, NOMEM, .acc = ACC_RW),
    V(0xcc, F2, SHA512, (Vqq, Udq), WZ, LO, NOMEM, .acc = ACC_RW),
    V(0xcd, F2, SHA512, (Vqq, Uqq), WZ, LO, NOMEM, .acc = ACC_RW),
    V(0xcf, 66, AVX, (Vx, Hx, Wx), WZ, .feat2 = XF_GFNI),
    VNNI_(0xd2, 66, VNNI16), VNNI_(0xd2, NP, VNNI16), VNNI_(0xd2, F3, VNNI16),
    VNNI_(0xd3, 66, VNNI16), VNNI_(0xd3, NP, VNNI16), VNNI_(0xd3, F3, VNNI16),
    V(0xda, NP, SM3, (Vdq, Hdq, Wdq), WZ, LZ, .acc = ACC_RW),
    V(0xda, 66, SM3, (Vdq, Hdq, Wdq), WZ, LZ, .acc = ACC_RW),
    V(0xda, F3, SM4, (Vx, Hx, Wx), WZ), V(0xda, F2, SM4, (Vx, Hx, Wx), WZ),
    V(0xdb, 66, AVX, (Vdq, Wdq), LZ, .feat2 = XF_AES),
    AES_(0xdc), AES_(0xdd), AES_(0xde), AES_(0xdf),
    G(0xf2, ANDN, NP, BMI1, (Gy, By, Ey)),
    G(0xf3, BLSR, NP, BMI1, (By, Ey), REG(1)), G(0xf3, BLSMSK, NP, BMI1, (By, Ey), REG(2)),
    G(0xf3, BLSI, NP, BMI1, (By, Ey), REG(3)),
    G(0xf5, BZHI, NP, BMI2, (Gy, Ey, By)), G(0xf5, PEXT, F3, BMI2, (Gy, By, Ey)),
    G(0xf5, PDEP, F2, BMI2, (Gy, By, Ey)),
    G(0xf6, MULX, F2, BMI2, (Gy, By, Ey)),
    G(0xf7, BEXTR, NP, BMI1, (Gy, Ey, By)), G(0xf7, SHLX, 66, BMI2, (Gy, Ey, By)),
    G(0xf7, SARX, F3, BMI2, (Gy, Ey, By)), G(0xf7, SHRX, F2, BMI2, (Gy, Ey, By)),
};

#define STRING_R (1u << R_EAX | 1u << R_EDX)
#define STRING_W (1u << R_ECX)

static const X86Row rows_0f3a[] = {
    V(0x00, 66, AVX2, (Vx, Wx, Ib), WO, LO), V(0x01, 66, AVX2, (Vx, Wx, Ib), WO, LO),
    V(0x02, 66, AVX2, (Vx, Hx, Wx, Ib), WZ),
    V(0x04, 66, AVX, (Vx, Wx, Ib), WZ), V(0x05, 66, AVX, (Vx, Wx, Ib), WZ),
    V(0x06, 66, AVX, (Vx, Hx, Wx, Ib), WZ, LO),
    V(0x08, 66, AVX, (Vx, Wx, Ib)), V(0x09, 66, AVX, (Vx, Wx, Ib)),
    V(0x0a, 66, AVX, (Vdq, Hdq, Wd, Ib), LIG), V(0x0b, 66, AVX, (Vdq, Hdq, Wq, Ib), LIG),
    V(0x0c, 66, AVX, (Vx, Hx, Wx, Ib)), V(0x0d, 66, AVX, (Vx, Hx, Wx, Ib)),
    I(0x0e, 66, (Vx, Hx, Wx, Ib)), I(0x0f, 66, (Vx, Hx, Wx, Ib)),
    V(0x14, 66, AVX, (Emb, Vdq, Ib), LZ), V(0x15, 66, AVX, (Emw, Vdq, Ib), LZ),
    V(0x16, 66, AVX, (Ey, Vdq, Ib), LZ, WZ), V(0x16, 66, AVX, (Ey, Vdq, Ib), LZ, WO, Q64),
    V(0x17, 66, AVX, (Ed, Vdq, Ib), LZ),
    V(0x18, 66, AVX, (Vx, Hx, Wdq, Ib), WZ, LO), V(0x19, 66, AVX, (Wdq, Vx, Ib), WZ, LO),
    V(0x1d, 66, F16C, (Wh, Vx, Ib), WZ),
    V(0x20, 66, AVX, (Vdq, Hdq, Emb, Ib), LZ), V(0x21, 66, AVX, (Vdq, Hdq, Wd, Ib), LZ),
    V(0x22, 66, AVX, (Vdq, Hdq, Ey, Ib), LZ, WZ),
    V(0x22, 66, AVX, (Vdq, Hdq, Ey, Ib), LZ, WO, Q64),
    K(0x30, 66, W0, AVX512DQ, (KG, KR, Ib), NOMEM, LZ),
    K(0x30, 66, W1, AVX512F, (KG, KR, Ib), NOMEM, LZ),
    K(0x31, 66, W0, AVX512BW, (KG, KR, Ib), NOMEM, LZ),
    K(0x31, 66, W1, AVX512BW, (KG, KR, Ib), NOMEM, LZ),
    K(0x32, 66, W0, AVX512DQ, (KG, KR, Ib), NOMEM, LZ),
    K(0x32, 66, W1, AVX512F, (KG, KR, Ib), NOMEM, LZ),
    K(0x33, 66, W0, AVX512BW, (KG, KR, Ib), NOMEM, LZ),
    K(0x33, 66, W1, AVX512BW, (KG, KR, Ib), NOMEM, LZ),
    V(0x38, 66, AVX2, (Vx, Hx, Wdq, Ib), WZ, LO), V(0x39, 66, AVX2, (Wdq, Vx, Ib), WZ, LO),
    V(0x40, 66, AVX, (Vx, Hx, Wx, Ib)), V(0x41, 66, AVX, (Vdq, Hdq, Wdq, Ib), LZ),
    I(0x42, 66, (Vx, Hx, Wx, Ib)),
    V(0x44, 66, AVX, (Vdq, Hdq, Wdq, Ib), LZ, .feat2 = XF_PCLMUL),
    V(0x44, 66, VPCLMUL, (Vx, Hx, Wx, Ib), LO),
    V(0x46, 66, AVX2, (Vx, Hx, Wx, Ib), WZ, LO),
    V(0x4a, 66, AVX, (Vx, Hx, Wx, Lx), WZ), V(0x4b, 66, AVX, (Vx, Hx, Wx, Lx), WZ),
    I(0x4c, 66, (Vx, Hx, Wx, Lx), WZ),
    T(0x60, 66, AVX, (Vdq, Wdq, Ib), LZ, .gr = STRING_R),
    T(0x61, 66, AVX, (Vdq, Wdq, Ib), LZ, .gr = STRING_R, .gw = STRING_W),
    T(0x62, 66, AVX, (Vdq, Wdq, Ib), LZ), T(0x63, 66, AVX, (Vdq, Wdq, Ib), LZ, .gw = STRING_W),
    V(0xce, 66, AVX, (Vx, Hx, Wx, Ib), WO, .feat2 = XF_GFNI),
    V(0xcf, 66, AVX, (Vx, Hx, Wx, Ib), WO, .feat2 = XF_GFNI),
    V(0xde, 66, SM3, (Vdq, Hdq, Wdq, Ib), WZ, LZ, .acc = ACC_RW),
    V(0xdf, 66, AVX, (Vdq, Wdq, Ib), LZ, .feat2 = XF_AES),
    G(0xf0, RORX, F2, BMI2, (Gy, Ey, Ib)),
};
/* clang-format on */

X86_TABLE(x86_table_vex_0f, SPACE_VEX_0F, rows_0f);
X86_TABLE(x86_table_vex_0f38, SPACE_VEX_0F38, rows_0f38);
X86_TABLE(x86_table_vex_0f3a, SPACE_VEX_0F3A, rows_0f3a);
