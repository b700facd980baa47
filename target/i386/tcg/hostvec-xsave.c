/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FXSAVE, FXRSTOR and the XSAVE family, on env->fpu and the registers that live
 * elsewhere (PKRU, CET). SDM vol. 1, 10.5 and chapter 13.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/hostfpu.h"
#include "target/i386/tcg/hostvec-int.h"

#define HEADER_OFFSET   512
#define EXTENDED_OFFSET 576
#define XCOMP_COMPACTED (1ull << 63)
#define MXCSR_DEFAULT   0x1f80
#define FIRST_EXTENDED  XSTATE_YMM_BIT
#define LAST_EXTENDED   XSTATE_XTILE_DATA_BIT
#define EFER_FFXSR_BIT  (1u << 14)

static void require_alignment(CPUX86State *env, const DecodedInsn *d, uint64_t ea, unsigned align)
{
    if (x86_lin(env, d->mem.seg, ea, 1, OPND_R) & (align - 1)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

static unsigned xmm_count(const CPUX86State *env)
{
    return env->hflags & HF_CS64 ? 16 : 8;
}

/* ---- the legacy region ---- */

/* x87 part: FCW to FDP, and the stack. */
static void put_x87(const CPUX86State *env, const DecodedInsn *d, X86LegacyXSaveArea *out)
{
    const X86LegacyXSaveArea *l = &env->fpu.legacy;

    out->fcw = l->fcw;
    out->fsw = l->fsw;
    out->ftw = l->ftw;
    out->reserved = 0;
    out->fopcode = l->fopcode;
    if (d->rex & 8) {
        out->fpip = l->fpip;
        out->fpdp = l->fpdp;
    } else {
        out->fpip = (uint32_t)l->fpip;
        out->fpdp = (uint32_t)l->fpdp;
    }
    memcpy(out->st, l->st, sizeof(out->st));
}

static void get_x87(CPUX86State *env, const DecodedInsn *d, const X86LegacyXSaveArea *in)
{
    X86LegacyXSaveArea *l = &env->fpu.legacy;

    l->fcw = in->fcw;
    l->fsw = in->fsw;
    l->ftw = in->ftw;
    l->fopcode = in->fopcode & 0x7ff;
    l->fpip = d->rex & 8 ? in->fpip : (uint32_t)in->fpip;
    l->fpdp = d->rex & 8 ? in->fpdp : (uint32_t)in->fpdp;
    for (unsigned i = 0; i < 8; i++) {
        memcpy(l->st[i].bytes, in->st[i].bytes, sizeof(l->st[i].bytes));
    }
    env->fpu.header.xstate_bv |= XSTATE_FP_MASK;
}

static void init_x87(CPUX86State *env)
{
    X86LegacyXSaveArea *l = &env->fpu.legacy;

    l->fcw = 0x37f;
    l->fsw = l->ftw = l->fopcode = 0;
    l->fpip = l->fpdp = 0;
    memset(l->st, 0, sizeof(l->st));
    env->fpu.header.xstate_bv &= ~XSTATE_FP_MASK;
}

static void check_fx(CPUX86State *env, const DecodedInsn *d, uint64_t ea)
{
    if (env->hflags & (HF_EM | HF_TS)) {
        raise_exception(env, EXCP07_PREX);
    }
    if ((env->hflags & HF_CS64) && d->mem.seg == R_SS &&
        !x86_is_canonical(env, x86_lin(env, R_SS, ea, 1, OPND_R))) {
        raise_exception_err(env, EXCP0C_STACK, 0); /* before its alignment, unlike with XSAVE */
    }
    require_alignment(env, d, ea, 16);
}

/* AMD's fast FXSAVE: no XMM registers at CPL 0 in 64-bit mode. */
static bool fx_without_xmm(const CPUX86State *env)
{
    return (env->efer & EFER_FFXSR_BIT) && (env->hflags & HF_CS64) && x86_cpl(env) == 0;
}

void x86_interp_fxsave(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = x86_mem_ea(env, d);
    X86LegacyXSaveArea out;
    unsigned len = offsetof(X86LegacyXSaveArea, xmm);

    check_fx(env, d, ea);
    put_x87(env, d, &out);
    out.mxcsr = env->fpu.legacy.mxcsr;
    out.mxcsr_mask = x86_hostfpu_mxcsr_mask();
    if (!fx_without_xmm(env)) {
        memcpy(out.xmm, env->fpu.legacy.xmm, xmm_count(env) * 16);
        len += xmm_count(env) * 16;
    }
    /* The whole image must be writable, though its end is left as it is. */
    x86_probe_write(env, d->mem.seg, ea, sizeof(out));
    x86_write_bytes(env, d->mem.seg, ea, &out, len);
}

static void check_mxcsr(CPUX86State *env, uint32_t mxcsr)
{
    if (mxcsr & ~x86_hostfpu_mxcsr_mask()) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
}

void x86_interp_fxrstor(CPUX86State *env, const DecodedInsn *d)
{
    uint64_t ea = x86_mem_ea(env, d);
    X86LegacyXSaveArea in;

    check_fx(env, d, ea);
    x86_read_bytes(env, d->mem.seg, ea, &in, sizeof(in));
    check_mxcsr(env, in.mxcsr);
    get_x87(env, d, &in);
    env->fpu.legacy.mxcsr = in.mxcsr;
    if (!fx_without_xmm(env)) {
        memcpy(env->fpu.legacy.xmm, in.xmm, xmm_count(env) * 16);
        env->fpu.header.xstate_bv |= XSTATE_SSE_MASK;
    }
    x86_hostfpu_normalize(&env->fpu);
}

/* ---- components ---- */

uint64_t x86_fpu_xinuse(const CPUX86State *env)
{
    uint64_t used = env->fpu.header.xstate_bv;

    if (env->pkru) {
        used |= XSTATE_PKRU_MASK;
    }
    if (env->msr_u_cet | env->msr_pl_ssp[3]) {
        used |= 1ull << XSTATE_CET_U_BIT;
    }
    if (env->msr_pl_ssp[0] | env->msr_pl_ssp[1] | env->msr_pl_ssp[2]) {
        used |= 1ull << XSTATE_CET_S_BIT;
    }
    return used;
}

/* Bytes of a component that exist in the current mode: registers 8 and up only do in 64-bit code.
 */
static unsigned component_len(const CPUX86State *env, unsigned bit)
{
    unsigned size = x86_xstate_component(bit).size;

    if (env->hflags & HF_CS64) {
        return size;
    }
    switch (bit) {
    case XSTATE_YMM_BIT:
    case XSTATE_ZMM_Hi256_BIT:
        return size / 2;
    case XSTATE_Hi16_ZMM_BIT:
        return 0;
    default:
        return size;
    }
}

static void put_component(const CPUX86State *env, unsigned bit, uint8_t *out)
{
    X86XStateComponent c = x86_xstate_component(bit);

    switch (bit) {
    case XSTATE_PKRU_BIT:
        stq_le_p(out, env->pkru);
        break;
    case XSTATE_CET_U_BIT:
        stq_le_p(out, env->msr_u_cet);
        stq_le_p(out + 8, env->msr_pl_ssp[3]);
        break;
    case XSTATE_CET_S_BIT:
        for (unsigned i = 0; i < 3; i++) {
            stq_le_p(out + i * 8, env->msr_pl_ssp[i]);
        }
        break;
    default:
        memcpy(out, (const uint8_t *)&env->fpu + c.offset, c.size);
        break;
    }
}

/* @in NULL: the initial state, which is zero in all of them. */
static void get_component(CPUX86State *env, unsigned bit, const uint8_t *in)
{
    X86XStateComponent c = x86_xstate_component(bit);
    uint8_t *to = (uint8_t *)&env->fpu + c.offset;

    switch (bit) {
    case XSTATE_PKRU_BIT:
        env->pkru = in ? ldl_le_p(in) : 0;
        x86_tlb_flush_pkeys(env);
        break;
    case XSTATE_CET_U_BIT:
        env->msr_u_cet = in ? ldq_le_p(in) : 0;
        env->msr_pl_ssp[3] = in ? ldq_le_p(in + 8) : 0;
        break;
    case XSTATE_CET_S_BIT:
        for (unsigned i = 0; i < 3; i++) {
            env->msr_pl_ssp[i] = in ? ldq_le_p(in + i * 8) : 0;
        }
        break;
    default:
        if (in) {
            memcpy(to, in, component_len(env, bit));
            env->fpu.header.xstate_bv |= 1ull << bit;
        } else {
            memset(to, 0, component_len(env, bit));
            if (component_len(env, bit) == c.size) {
                env->fpu.header.xstate_bv &= ~(1ull << bit);
            }
        }
        break;
    }
}

/* Offset of component @bit in an image; @format: components of a compacted one, 0 for standard. */
static unsigned component_offset(uint64_t format, unsigned bit)
{
    unsigned offset = EXTENDED_OFFSET;

    if (!format) {
        return x86_xstate_component(bit).offset;
    }
    for (unsigned i = FIRST_EXTENDED; i <= bit; i++) {
        X86XStateComponent c = x86_xstate_component(i);
        if (!(format >> i & 1)) {
            continue;
        }
        if (c.align64) {
            offset = ROUND_UP(offset, 64);
        }
        if (i < bit) {
            offset += c.size;
        }
    }
    return offset;
}

static void check_xsave(CPUX86State *env, const DecodedInsn *d, uint64_t ea)
{
    if (!(env->cr[4] & CR4_OSXSAVE_MASK)) {
        raise_exception(env, EXCP06_ILLOP);
    }
    if (env->hflags & HF_TS) {
        raise_exception(env, EXCP07_PREX);
    }
    require_alignment(env, d, ea, 64);
}

static uint64_t requested(const CPUX86State *env)
{
    return (uint64_t)(uint32_t)env->regs[R_EDX] << 32 | (uint32_t)env->regs[R_EAX];
}

/* ---- saving ---- */

typedef enum SaveKind { SAVE_PLAIN, SAVE_OPT, SAVE_COMPACT } SaveKind;

static unsigned image_size(uint64_t format, uint64_t mask)
{
    unsigned end = EXTENDED_OFFSET;

    for (unsigned i = FIRST_EXTENDED; i <= LAST_EXTENDED; i++) {
        if (mask >> i & 1) {
            end = MAX(end, component_offset(format, i) + x86_xstate_component(i).size);
        }
    }
    return end;
}

static void save_sse(CPUX86State *env, const DecodedInsn *d, uint64_t ea, uint64_t write)
{
    if (write & XSTATE_SSE_MASK) {
        x86_write_bytes(env, d->mem.seg, ea + offsetof(X86LegacyXSaveArea, xmm),
                        env->fpu.legacy.xmm, xmm_count(env) * 16);
    }
}

static void probe_image(CPUX86State *env, const DecodedInsn *d, uint64_t ea, unsigned size)
{
    for (unsigned done = 0; done < size; done += 2048) {
        x86_probe_write(env, d->mem.seg, ea + done, MIN(size - done, 2048));
    }
}

static void save_image(CPUX86State *env, const DecodedInsn *d, uint64_t rfbm, SaveKind kind)
{
    uint64_t ea = x86_mem_ea(env, d), format = kind == SAVE_COMPACT ? rfbm | XCOMP_COMPACTED : 0;
    uint64_t used = x86_fpu_xinuse(env), write, bv;
    X86LegacyXSaveArea out = {0};
    uint8_t comp[8192];

    if (kind == SAVE_COMPACT && env->fpu.legacy.mxcsr != MXCSR_DEFAULT) {
        used |= XSTATE_SSE_MASK;
    }
    write = kind == SAVE_PLAIN ? rfbm : rfbm & used;
    probe_image(env, d, ea, image_size(format, rfbm));
    if (kind == SAVE_COMPACT) {
        bv = used & rfbm;
    } else {
        bv = x86_ld64(env, d->mem.seg, ea + HEADER_OFFSET);
        bv = (bv & ~rfbm) | (used & rfbm);
    }
    if (write & XSTATE_FP_MASK) {
        put_x87(env, d, &out);
        x86_write_bytes(env, d->mem.seg, ea, &out, offsetof(X86LegacyXSaveArea, mxcsr));
        x86_write_bytes(env, d->mem.seg, ea + offsetof(X86LegacyXSaveArea, st), out.st,
                        sizeof(out.st));
    }
    if (kind == SAVE_COMPACT ? write & XSTATE_SSE_MASK
                             : rfbm & (XSTATE_SSE_MASK | XSTATE_YMM_MASK)) {
        x86_st32(env, d->mem.seg, ea + offsetof(X86LegacyXSaveArea, mxcsr), env->fpu.legacy.mxcsr);
        x86_st32(env, d->mem.seg, ea + offsetof(X86LegacyXSaveArea, mxcsr_mask),
                 x86_hostfpu_mxcsr_mask());
    }
    save_sse(env, d, ea, write);
    for (unsigned i = FIRST_EXTENDED; i <= LAST_EXTENDED; i++) {
        unsigned len = component_len(env, i);
        if (write >> i & 1 && len) {
            put_component(env, i, comp);
            for (unsigned done = 0; done < len; done += 1024) {
                x86_write_bytes(env, d->mem.seg, ea + component_offset(format, i) + done,
                                comp + done, MIN(len - done, 1024));
            }
        }
    }
    x86_st64(env, d->mem.seg, ea + HEADER_OFFSET, bv);
    if (kind == SAVE_COMPACT) {
        x86_st64(env, d->mem.seg, ea + HEADER_OFFSET + 8, format);
    }
}

static void xsave(CPUX86State *env, const DecodedInsn *d, SaveKind kind)
{
    check_xsave(env, d, x86_mem_ea(env, d));
    save_image(env, d, requested(env) & env->xcr0, kind);
}

void x86_interp_xsave(CPUX86State *env, const DecodedInsn *d)
{
    xsave(env, d, SAVE_PLAIN);
}

void x86_interp_xsaveopt(CPUX86State *env, const DecodedInsn *d)
{
    xsave(env, d, SAVE_OPT);
}

void x86_interp_xsavec(CPUX86State *env, const DecodedInsn *d)
{
    xsave(env, d, SAVE_COMPACT);
}

void x86_interp_xsaves(CPUX86State *env, const DecodedInsn *d)
{
    x86_require_cpl0(env);
    check_xsave(env, d, x86_mem_ea(env, d));
    save_image(env, d, requested(env) & (env->xcr0 | env->xss), SAVE_COMPACT);
}

/* ---- restoring ---- */

static bool header_valid(const CPUX86State *env, const X86XSaveHeader *h, bool supervisor)
{
    uint64_t allowed = env->xcr0 | (supervisor ? env->xss : 0);
    bool compacted = h->xcomp_bv & XCOMP_COMPACTED;

    if (supervisor && !compacted) {
        return false;
    }
    if (compacted) {
        uint64_t format = h->xcomp_bv & ~XCOMP_COMPACTED;
        if ((format & ~allowed) || (h->xstate_bv & ~format)) {
            return false;
        }
    } else if ((h->xstate_bv & ~allowed) || h->xcomp_bv || h->reserved[0]) {
        return false;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(h->reserved); i++) {
        if (compacted && h->reserved[i]) {
            return false;
        }
    }
    return true;
}

static void read_large(CPUX86State *env, const DecodedInsn *d, uint64_t ea, uint8_t *buf,
                       unsigned size)
{
    for (unsigned done = 0; done < size; done += 2048) {
        x86_read_bytes(env, d->mem.seg, ea + done, buf + done, MIN(size - done, 2048));
    }
}

static void load_legacy(CPUX86State *env, const DecodedInsn *d, const uint8_t *image, uint64_t rfbm,
                        uint64_t bv, bool compacted)
{
    const X86LegacyXSaveArea *in = (const X86LegacyXSaveArea *)image;
    X86FPUState *f = &env->fpu;

    if (rfbm & XSTATE_FP_MASK) {
        if (bv & XSTATE_FP_MASK) {
            get_x87(env, d, in);
        } else {
            init_x87(env);
        }
    }
    if (rfbm & XSTATE_SSE_MASK) {
        if (bv & XSTATE_SSE_MASK) {
            memcpy(f->legacy.xmm, in->xmm, xmm_count(env) * 16);
            f->header.xstate_bv |= XSTATE_SSE_MASK;
        } else {
            memset(f->legacy.xmm, 0, xmm_count(env) * 16);
            if (xmm_count(env) == 16) {
                f->header.xstate_bv &= ~XSTATE_SSE_MASK;
            }
        }
    }
    if (compacted) {
        if (rfbm & XSTATE_SSE_MASK) {
            f->legacy.mxcsr = bv & XSTATE_SSE_MASK ? in->mxcsr : MXCSR_DEFAULT;
        }
    } else if (rfbm & (XSTATE_SSE_MASK | XSTATE_YMM_MASK)) {
        f->legacy.mxcsr = in->mxcsr;
    }
}

static void load_image(CPUX86State *env, const DecodedInsn *d, uint64_t allowed, bool supervisor)
{
    uint64_t ea = x86_mem_ea(env, d), rfbm = requested(env) & allowed, bv, format;
    uint8_t image[sizeof(X86FPUState)] QEMU_ALIGNED(64);
    X86XSaveHeader *h = (X86XSaveHeader *)(image + HEADER_OFFSET);

    check_xsave(env, d, ea);
    x86_read_bytes(env, d->mem.seg, ea, image, EXTENDED_OFFSET);
    if (!header_valid(env, h, supervisor)) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    format = h->xcomp_bv;
    bv = h->xstate_bv;
    uint64_t mxcsr_from =
        format ? rfbm & bv & XSTATE_SSE_MASK : rfbm & (XSTATE_SSE_MASK | XSTATE_YMM_MASK);
    if (mxcsr_from) {
        check_mxcsr(env, ((X86LegacyXSaveArea *)image)->mxcsr);
    }
    if (image_size(format, rfbm & bv) > EXTENDED_OFFSET) {
        read_large(env, d, ea + EXTENDED_OFFSET, image + EXTENDED_OFFSET,
                   image_size(format, rfbm & bv) - EXTENDED_OFFSET);
    }
    load_legacy(env, d, image, rfbm, bv, format);
    for (unsigned i = FIRST_EXTENDED; i <= LAST_EXTENDED; i++) {
        if (rfbm >> i & 1 && x86_xstate_component(i).size) {
            get_component(env, i, bv >> i & 1 ? image + component_offset(format, i) : NULL);
        }
    }
    x86_hostfpu_normalize(&env->fpu);
}

void x86_interp_xrstor(CPUX86State *env, const DecodedInsn *d)
{
    load_image(env, d, env->xcr0, false);
}

void x86_interp_xrstors(CPUX86State *env, const DecodedInsn *d)
{
    x86_require_cpl0(env);
    load_image(env, d, env->xcr0 | env->xss, true);
}
