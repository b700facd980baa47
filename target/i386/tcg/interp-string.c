/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interpreter: MOVS, CMPS, STOS, LODS, SCAS and their repeated forms (SDM vol. 1,
 * 7.3.9). Registers are up to date after every element, so a fault or an
 * interrupt finds an instruction that can simply be started again.
 *
 * A repeated instruction does a bounded amount of work and then sets next_eip
 * back to itself, to let the loop look for interrupts.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/interp-int.h"

#define MAX_ELEMENTS 512         /* one at a time */
#define MAX_BYTES    (64u << 10) /* in blocks */

typedef struct Str {
    CPUX86State *env;
    const DecodedInsn *d;
    unsigned size, asize;
    int64_t step;
} Str;

static Str str_begin(CPUX86State *env, const DecodedInsn *d)
{
    return (Str){
        .env = env,
        .d = d,
        .size = d->opsize,
        .asize = d->addrsize,
        .step = env->eflags & DF_MASK ? -(int64_t)d->opsize : d->opsize,
    };
}

static uint64_t src_ea(const Str *s)
{
    return x86_reg(s->env, R_ESI, s->asize);
}

static uint64_t dst_ea(const Str *s)
{
    return x86_reg(s->env, R_EDI, s->asize);
}

static void advance(const Str *s, unsigned reg, int64_t by)
{
    x86_set_reg(s->env, reg, s->env->regs[reg] + by, s->asize);
}

static void movs1(const Str *s)
{
    uint64_t val = x86_ldn(s->env, s->d->mem.seg, src_ea(s), s->size);

    x86_stn(s->env, R_ES, dst_ea(s), val, s->size);
    advance(s, R_ESI, s->step);
    advance(s, R_EDI, s->step);
}

static void stos1(const Str *s)
{
    x86_stn(s->env, R_ES, dst_ea(s), x86_reg(s->env, R_EAX, s->size), s->size);
    advance(s, R_EDI, s->step);
}

static void lods1(const Str *s)
{
    uint64_t val = x86_ldn(s->env, s->d->mem.seg, src_ea(s), s->size);

    x86_set_reg(s->env, R_EAX, val, s->size);
    advance(s, R_ESI, s->step);
}

static void set_compare_flags(const Str *s, uint64_t a, uint64_t b)
{
    uint64_t res = (a - b) & x86_mask(s->size);

    x86_set_flags(s->env, CC_ALL, x86_flags_sub(a, b, res, s->size, false));
}

static void cmps1(const Str *s)
{
    /* Where both fault, processors report the one at ES:rDI. */
    uint64_t b = x86_ldn(s->env, R_ES, dst_ea(s), s->size);
    uint64_t a = x86_ldn(s->env, s->d->mem.seg, src_ea(s), s->size);

    advance(s, R_ESI, s->step);
    advance(s, R_EDI, s->step);
    set_compare_flags(s, a, b);
}

static void scas1(const Str *s)
{
    uint64_t b = x86_ldn(s->env, R_ES, dst_ea(s), s->size);

    advance(s, R_EDI, s->step);
    set_compare_flags(s, x86_reg(s->env, R_EAX, s->size), b);
}

/* ---- repetition ---- */

static bool repeated(const DecodedInsn *d)
{
    return d->prefixes & (X86_PFX_REPZ | X86_PFX_REPNZ);
}

static uint64_t rep_count(const Str *s)
{
    return x86_reg(s->env, R_ECX, s->asize);
}

static void set_rep_count(const Str *s, uint64_t count)
{
    x86_set_reg(s->env, R_ECX, count, s->asize);
}

/* Elements that may be done before the loop gets control; one when single-stepping. */
static unsigned element_budget(const Str *s)
{
    return s->env->hflags & HF_TF ? 1 : MAX_ELEMENTS;
}

/* Continue with the same instruction when elements are left. */
static void rep_pause(const Str *s)
{
    if (rep_count(s)) {
        s->env->next_eip = s->env->eip;
    }
}

static QEMU_ALWAYS_INLINE void rep_elements(const Str *s, void (*one)(const Str *s))
{
    uint64_t count = rep_count(s);

    for (unsigned left = element_budget(s); count && left; left--) {
        one(s);
        set_rep_count(s, --count);
    }
    rep_pause(s);
}

/* REPE and REPNE: ends also when ZF says so. */
static QEMU_ALWAYS_INLINE void rep_compare(const Str *s, void (*one)(const Str *s))
{
    bool while_equal = s->d->prefixes & X86_PFX_REPZ;
    uint64_t count = rep_count(s);

    for (unsigned left = element_budget(s); count && left; left--) {
        one(s);
        set_rep_count(s, --count);
        if (!!(s->env->eflags & CC_Z) != while_equal) {
            return;
        }
    }
    rep_pause(s);
}

/* ---- blocks ---- */

/* Ascending, no single-stepping and no alignment checks: may be done in blocks. */
static bool block_allowed(const Str *s)
{
    return s->step > 0 && !(s->env->hflags & (HF_TF | HF_ALIGNCHECK));
}

/*
 * Bytes from @seg:@ea on, up to @len, that lie in one page, do not wrap around
 * and are within the segment: what follows is left to the element by element path,
 * which faults where the processor does.
 */
static uint64_t block_len(const Str *s, int seg, uint64_t ea, uint64_t len)
{
    CPUX86State *env = s->env;
    uint64_t lin = env->segs[seg].base + ea;

    if (env->hflags & HF_CS64) {
        if (seg >= R_FS && env->checks_offsets && !x86_is_canonical(env, ea)) {
            return 0;
        }
        lin = seg >= R_FS ? lin : ea;
    } else if (x86_seg_needs_check(env, seg)) {
        uint64_t limit = env->segs[seg].limit;

        if (ea > limit || (env->segs[seg].flags & (DESC_CS_MASK | DESC_E_MASK)) == DESC_E_MASK) {
            return 0;
        }
        len = MIN(len, limit - ea + 1);
    }
    len = MIN(len, x86_mask(s->asize) - ea);
    return MIN(len, TARGET_PAGE_SIZE - (lin & (TARGET_PAGE_SIZE - 1)));
}

/* Overlapping in the way that makes MOVS repeat a pattern. */
static void copy_forward(uint8_t *dst, const uint8_t *src, uint64_t len, unsigned size)
{
    if ((uintptr_t)dst - (uintptr_t)src >= len) {
        memmove(dst, src, len);
        return;
    }
    for (uint64_t i = 0; i < len; i += size) {
        x86_host_st(dst + i, x86_host_ld(src + i, size), size);
    }
}

/* Copies a block; returns the number of elements done, 0 if it cannot. */
static uint64_t movs_block(const Str *s, uint64_t count)
{
    int seg = s->d->mem.seg;
    uint64_t src = src_ea(s), dst = dst_ea(s), len = MIN(count, MAX_BYTES) * s->size;
    void *from, *to;

    len = block_len(s, seg, src, len);
    len = block_len(s, R_ES, dst, len);
    len -= len % s->size;
    if (!len) {
        return 0;
    }
    from = x86_mem_probe(s->env, seg, src, len, OPND_R);
    to = from ? x86_mem_probe(s->env, R_ES, dst, len, OPND_W) : NULL;
    if (!to) {
        return 0;
    }
    copy_forward(to, from, len, s->size);
    advance(s, R_ESI, len);
    advance(s, R_EDI, len);
    return len / s->size;
}

static uint64_t stos_block(const Str *s, uint64_t count)
{
    uint64_t dst = dst_ea(s), len = MIN(count, MAX_BYTES) * s->size, val;
    uint8_t *to;

    len = block_len(s, R_ES, dst, len);
    len -= len % s->size;
    if (!len) {
        return 0;
    }
    to = x86_mem_probe(s->env, R_ES, dst, len, OPND_W);
    if (!to) {
        return 0;
    }
    val = x86_reg(s->env, R_EAX, s->size);
    if (s->size == 1 || val == 0) {
        memset(to, val, len);
    } else {
        for (uint64_t i = 0; i < len; i += s->size) {
            x86_host_st(to + i, val, s->size);
        }
    }
    advance(s, R_EDI, len);
    return len / s->size;
}

static QEMU_ALWAYS_INLINE void
rep_blocks(const Str *s, uint64_t (*block)(const Str *s, uint64_t count), void (*one)(const Str *s))
{
    uint64_t count, bytes = 0;

    if (!block_allowed(s)) {
        rep_elements(s, one);
        return;
    }
    while ((count = rep_count(s)) && bytes < MAX_BYTES) {
        uint64_t done = block(s, count);

        if (!done) {
            one(s);
            done = 1;
            bytes += MAX_BYTES / MAX_ELEMENTS;
        }
        set_rep_count(s, count - done);
        bytes += done * s->size;
    }
    rep_pause(s);
}

/* ---- instructions ---- */

void interp_movs(CPUX86State *env, const DecodedInsn *d)
{
    Str s = str_begin(env, d);

    if (repeated(d)) {
        rep_blocks(&s, movs_block, movs1);
    } else {
        movs1(&s);
    }
}

void interp_stos(CPUX86State *env, const DecodedInsn *d)
{
    Str s = str_begin(env, d);

    if (repeated(d)) {
        rep_blocks(&s, stos_block, stos1);
    } else {
        stos1(&s);
    }
}

void interp_lods(CPUX86State *env, const DecodedInsn *d)
{
    Str s = str_begin(env, d);

    if (repeated(d)) {
        rep_elements(&s, lods1);
    } else {
        lods1(&s);
    }
}

void interp_cmps(CPUX86State *env, const DecodedInsn *d)
{
    Str s = str_begin(env, d);

    if (repeated(d)) {
        rep_compare(&s, cmps1);
    } else {
        cmps1(&s);
    }
}

void interp_scas(CPUX86State *env, const DecodedInsn *d)
{
    Str s = str_begin(env, d);

    if (repeated(d)) {
        rep_compare(&s, scas1);
    } else {
        scas1(&s);
    }
}
