/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How rows of the EVEX tables are written (decode-tables-evex*.c only).
 *
 * E(opcode, prefix, W, feature, (operands), element bytes, attributes, ...)
 */
#ifndef I386_TCG_DECODE_EVEX_H
#define I386_TCG_DECODE_EVEX_H

#include "target/i386/tcg/decode-int.h"

/* A row replaces the defaults of the macro that writes it. */
#pragma GCC diagnostic ignored "-Woverride-init"

#define BC    RA_BC
#define ER    RA_ER
#define SAE   RA_SAE
#define NF    RA_NF
#define REP   RA_REP
#define SC    RA_SC
#define NOK   RA_NOK
#define KREQ  RA_KREQ
#define T1S   RA_T1S
#define NOZ   RA_NOZ
#define AL    RA_ALIGNED
#define WG    RA_WGPR
#define UDREG RA_UDREG
/* Stores refuse zeroing in any case; named where register forms allow it. */
#define NOZMEM 0

#define LZ     .l = L0
#define LOT    .l = L12
#define LT     .l = L2
/* The destination is a source, too. */
#define RWD .acc = ACC_RW

#define EOP(o, name, p, ww, f, args, el, at, ...)                                                  \
    R(o, name, args, .pp = PP_##p, .w = ww, FEAT(f), .l = L012, .elem = el, ATTR(at), ##__VA_ARGS__)
#define E(o, p, ww, f, args, el, at, ...) EOP(o, VEC, p, ww, f, args, el, at, ##__VA_ARGS__)

/* 4-byte elements with W = 0, 8-byte elements with W = 1. */
#define DQW(o, p, f, args, at, ...)                                                                \
    E(o, p, W0, f, args, 4, at, ##__VA_ARGS__), E(o, p, W1, f, args, 8, at, ##__VA_ARGS__)
#define DQ(o, p, ww, args, el, at, ...) E(o, p, ww, AVX512DQ, args, el, at, ##__VA_ARGS__)
#define BW(o, args, el, at, ...)        E(o, 66, W_ANY, AVX512BW, args, el, at, ##__VA_ARGS__)
/* Packed single and double, scalar single and double. */
#define FP4(o, round, args)                                                                        \
    E(o, NP, W0, AVX512F, args, 4, BC | (round)), E(o, 66, W1, AVX512F, args, 8, BC | (round)),    \
        E(o, F3, W0, AVX512F, (Vdq, Hdq, Wd), 4, SC | (round)),                                    \
        E(o, F2, W1, AVX512F, (Vdq, Hdq, Wq), 8, SC | (round))

#endif
