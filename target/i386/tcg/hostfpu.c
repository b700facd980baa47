/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest vector state in host registers: XSAVE and XRSTOR (SDM vol. 1, chapter
 * 13). This file is compiled without vector registers.
 */
#include "qemu/osdep.h"
#include <cpuid.h>
#include "target/i386/tcg/hostfpu.h"

#define MASK_LOW (XSTATE_FP_MASK | XSTATE_SSE_MASK | XSTATE_YMM_MASK)

typedef struct HostFPU {
    uint64_t low, high; /* components: in place, and through the buffer */
    bool xgetbv1;       /* XGETBV with ECX = 1 tells what is in use */
    uint32_t mxcsr_mask;
    uint32_t opmask, zmmh, hi16; /* the host's offsets */
} HostFPU;

static HostFPU host;

typedef struct HostArea {
    uint8_t bytes[4096];
} QEMU_ALIGNED(64) HostArea;

static __thread HostArea area;

bool x86_hostfpu_init(void)
{
    unsigned a, b, c, d, xcr0, hi;

    if (host.low) {
        return true;
    }
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) {
        return false;
    }
    asm volatile("xgetbv" : "=a"(xcr0), "=d"(hi) : "c"(0));
    __cpuid_count(13, 1, a, b, c, d);
    host.xgetbv1 = a & 4;
    if ((xcr0 & XSTATE_AVX512_MASK) == XSTATE_AVX512_MASK) {
        __cpuid_count(13, XSTATE_OPMASK_BIT, a, host.opmask, c, d);
        __cpuid_count(13, XSTATE_ZMM_Hi256_BIT, a, host.zmmh, c, d);
        __cpuid_count(13, XSTATE_Hi16_ZMM_BIT, a, host.hi16, c, d);
        if (host.hi16 + 1024 <= sizeof(HostArea)) {
            host.high = XSTATE_AVX512_MASK;
        }
    }
    host.low = xcr0 & MASK_LOW;
    asm volatile("fxsave64 %0" : "=m"(area));
    host.mxcsr_mask = ((X86LegacyXSaveArea *)&area)->mxcsr_mask;
    if (!host.mxcsr_mask) {
        host.mxcsr_mask = 0xffbf; /* what a zero stands for (SDM vol. 1, 11.6.6) */
    }
    return true;
}

uint64_t x86_hostfpu_components(void)
{
    return host.low | host.high;
}

uint32_t x86_hostfpu_mxcsr_mask(void)
{
    return host.mxcsr_mask;
}

static inline void xrstor(const void *p, uint64_t mask)
{
    asm volatile("xrstor64 %0" : : "m"(*(const HostArea *)p), "a"((uint32_t)mask), "d"(0));
}

static inline void xsave(void *p, uint64_t mask)
{
    asm volatile("xsave64 %0" : "+m"(*(HostArea *)p) : "a"((uint32_t)mask), "d"(0));
}

static inline void copy_words(void *to, const void *from, size_t bytes)
{
    asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
}

static void load_high(const X86FPUState *f)
{
    uint64_t *header = (uint64_t *)(area.bytes + 512);

    header[0] = f->header.xstate_bv & host.high;
    if (header[0] & XSTATE_OPMASK_MASK) {
        copy_words(area.bytes + host.opmask, f->opmask, sizeof(f->opmask));
    }
    if (header[0] & XSTATE_ZMM_Hi256_MASK) {
        copy_words(area.bytes + host.zmmh, f->zmmh, sizeof(f->zmmh));
    }
    if (header[0] & XSTATE_Hi16_ZMM_MASK) {
        copy_words(area.bytes + host.hi16, f->hi16_zmm, sizeof(f->hi16_zmm));
    }
    xrstor(&area, host.high);
}

static void clear_words(void *to, size_t bytes)
{
    asm volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(0) : "memory");
}

/* One component that is in use is copied; one that went back to its initial state is cleared once.
 */
static void store_component(X86FPUState *f, void *to, uint32_t offset, size_t size, uint64_t bit,
                            uint64_t used)
{
    if (used & bit) {
        copy_words(to, area.bytes + offset, size);
    } else if (f->header.xstate_bv & bit) {
        clear_words(to, size);
    }
}

static void save_high(X86FPUState *f)
{
    uint64_t used = host.high;

    if (host.xgetbv1) {
        uint32_t lo, hi;
        asm volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(1));
        used &= lo;
    }
    if (used) {
        uint64_t *header = (uint64_t *)(area.bytes + 512);
        xsave(&area, host.high);
        used = header[0] & host.high;
    }
    if (!used && !(f->header.xstate_bv & host.high)) {
        return;
    }
    store_component(f, f->opmask, host.opmask, sizeof(f->opmask), XSTATE_OPMASK_MASK, used);
    store_component(f, f->zmmh, host.zmmh, sizeof(f->zmmh), XSTATE_ZMM_Hi256_MASK, used);
    store_component(f, f->hi16_zmm, host.hi16, sizeof(f->hi16_zmm), XSTATE_Hi16_ZMM_MASK, used);
    f->header.xstate_bv = (f->header.xstate_bv & ~host.high) | used;
}

void x86_hostfpu_load(const X86FPUState *f)
{
    xrstor(f, host.low);
    if (host.high) {
        load_high(f);
    }
}

void x86_hostfpu_save(X86FPUState *f)
{
    static const uint32_t default_mxcsr = 0x1f80;
    uint16_t fop = f->legacy.fopcode;
    uint64_t fip = f->legacy.fpip, fdp = f->legacy.fpdp;

    xsave(f, host.low);
    if (host.high) {
        save_high(f);
    }
    f->legacy.fopcode = fop;
    f->legacy.fpip = fip;
    f->legacy.fpdp = fdp;
    asm volatile("fninit; ldmxcsr %0" : : "m"(default_mxcsr));
    if (host.low & XSTATE_YMM_MASK) {
        asm volatile("vzeroupper");
    }
}

void x86_hostfpu_normalize(X86FPUState *f)
{
    x86_hostfpu_load(f);
    x86_hostfpu_save(f);
}
