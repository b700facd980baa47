/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87, SSE, AVX, AVX-512 and AMX state in the layout of the standard-format
 * XSAVE area (SDM vol. 1, 13.4; offsets as CPUID leaf 0Dh reports them on all
 * processors that have these components). The host's own XSAVE/XRSTOR act on
 * it directly; KVM takes it as it is.
 */
#ifndef I386_FPU_STATE_H
#define I386_FPU_STATE_H

#include "qemu/osdep.h"

#define XSTATE_FP_BIT          0
#define XSTATE_SSE_BIT         1
#define XSTATE_YMM_BIT         2
#define XSTATE_BNDREGS_BIT     3
#define XSTATE_BNDCSR_BIT      4
#define XSTATE_OPMASK_BIT      5
#define XSTATE_ZMM_Hi256_BIT   6
#define XSTATE_Hi16_ZMM_BIT    7
#define XSTATE_PT_BIT          8
#define XSTATE_PKRU_BIT        9
#define XSTATE_CET_U_BIT       11
#define XSTATE_CET_S_BIT       12
#define XSTATE_XTILE_CFG_BIT   17
#define XSTATE_XTILE_DATA_BIT  18
#define XSTATE_APX_BIT         19

#define XSTATE_FP_MASK         (1ull << XSTATE_FP_BIT)
#define XSTATE_SSE_MASK        (1ull << XSTATE_SSE_BIT)
#define XSTATE_YMM_MASK        (1ull << XSTATE_YMM_BIT)
#define XSTATE_OPMASK_MASK     (1ull << XSTATE_OPMASK_BIT)
#define XSTATE_ZMM_Hi256_MASK  (1ull << XSTATE_ZMM_Hi256_BIT)
#define XSTATE_Hi16_ZMM_MASK   (1ull << XSTATE_Hi16_ZMM_BIT)
#define XSTATE_PKRU_MASK       (1ull << XSTATE_PKRU_BIT)
#define XSTATE_XTILE_CFG_MASK  (1ull << XSTATE_XTILE_CFG_BIT)
#define XSTATE_XTILE_DATA_MASK (1ull << XSTATE_XTILE_DATA_BIT)
#define XSTATE_AVX512_MASK     (XSTATE_OPMASK_MASK | XSTATE_ZMM_Hi256_MASK | XSTATE_Hi16_ZMM_MASK)

/* FXSAVE image, 64-bit form (SDM vol. 1, table 10-2) */
typedef struct X86LegacyXSaveArea {
    uint16_t fcw;
    uint16_t fsw;
    uint8_t ftw; /* abridged: one bit per physical register, 1 = valid */
    uint8_t reserved;
    uint16_t fopcode;
    uint64_t fpip;
    uint64_t fpdp;
    uint32_t mxcsr;
    uint32_t mxcsr_mask;
    struct {
        uint8_t bytes[10];
        uint8_t pad[6];
    } st[8]; /* ST(0)..ST(7), or MM0..MM7 */
    uint64_t xmm[16][2];
    uint8_t available[96];
} X86LegacyXSaveArea;

typedef struct X86XSaveHeader {
    uint64_t xstate_bv;
    uint64_t xcomp_bv;
    uint64_t reserved[6];
} X86XSaveHeader;

typedef struct X86FPUState {
    X86LegacyXSaveArea legacy;
    X86XSaveHeader header;
    uint64_t ymmh[16][2]; /*  576: upper halves of YMM0-15 */
    uint8_t pad_mpx[960 - 832];
    uint8_t bndregs[64];      /*  960: reserved for layout; MPX is not offered */
    uint8_t bndcsr[64];       /* 1024 */
    uint64_t opmask[8];       /* 1088 */
    uint64_t zmmh[16][4];     /* 1152: upper halves of ZMM0-15 */
    uint64_t hi16_zmm[16][8]; /* 1664: ZMM16-31 */
    uint64_t pkru;            /* 2688: kept in env->pkru, copied on XSAVE */
    uint8_t pad_amx[2752 - 2696];
    uint8_t xtilecfg[64];    /* 2752 */
    uint8_t xtiledata[8192]; /* 2816 */
} QEMU_ALIGNED(64) X86FPUState;

/* Where a component lies in the standard format, and how it is placed in the compacted one. */
typedef struct X86XStateComponent {
    uint16_t offset, size; /* 0: not a component of the standard format, or not offered */
    bool align64;
} X86XStateComponent;

static inline X86XStateComponent x86_xstate_component(unsigned bit)
{
    switch (bit) {
    case XSTATE_YMM_BIT:
        return (X86XStateComponent){offsetof(X86FPUState, ymmh), 256, false};
    case XSTATE_OPMASK_BIT:
        return (X86XStateComponent){offsetof(X86FPUState, opmask), 64, false};
    case XSTATE_ZMM_Hi256_BIT:
        return (X86XStateComponent){offsetof(X86FPUState, zmmh), 512, false};
    case XSTATE_Hi16_ZMM_BIT:
        return (X86XStateComponent){offsetof(X86FPUState, hi16_zmm), 1024, false};
    case XSTATE_PKRU_BIT:
        return (X86XStateComponent){offsetof(X86FPUState, pkru), 8, false};
    case XSTATE_CET_U_BIT:
        return (X86XStateComponent){0, 16, false};
    case XSTATE_CET_S_BIT:
        return (X86XStateComponent){0, 24, false};
    case XSTATE_XTILE_CFG_BIT:
        return (X86XStateComponent){offsetof(X86FPUState, xtilecfg), 64, true};
    case XSTATE_XTILE_DATA_BIT:
        return (X86XStateComponent){offsetof(X86FPUState, xtiledata), 8192, true};
    default:
        return (X86XStateComponent){0, 0, false};
    }
}

QEMU_BUILD_BUG_ON(sizeof(X86LegacyXSaveArea) != 512);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, ymmh) != 576);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, bndregs) != 960);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, opmask) != 1088);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, zmmh) != 1152);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, hi16_zmm) != 1664);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, pkru) != 2688);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, xtilecfg) != 2752);
QEMU_BUILD_BUG_ON(offsetof(X86FPUState, xtiledata) != 2816);

#endif
