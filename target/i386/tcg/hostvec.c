/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87 and vector instructions of the interpreter: checks, operands, execution
 * on the host (SDM vol. 1, chapters 8 to 15; exception classes in vol. 2,
 * 2.4 to 2.8).
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/i386/ferr.h"
#include "target/i386/tcg/hostfpu.h"
#include "target/i386/tcg/hostvec-int.h"

/* ---- checks ---- */

void x86_fpu_check_x87(CPUX86State *env)
{
    if (env->hflags & (HF_EM | HF_TS)) {
        raise_exception(env, EXCP07_PREX);
    }
}

void x86_fpu_check_pending(CPUX86State *env)
{
    if (!(env->fpu.legacy.fsw & FSW_ES)) {
        return;
    }
    if (env->cr[0] & CR0_NE_MASK) {
        raise_exception(env, EXCP10_COPR);
    }
    x86_fpu_signal_ferr(env);
}

static bool has_operand(const DecodedInsn *d, unsigned kind)
{
    for (unsigned i = 0; i < d->nopnd; i++) {
        if (d->opnd[i].kind == kind) {
            return true;
        }
    }
    return false;
}

static bool is_mmx(const DecodedInsn *d)
{
    return d->op == X86_OP_EMMS || has_operand(d, OPND_MMX);
}

int x86_fpu_vector_fault(uint32_t hf, const DecodedInsn *d)
{
    bool ud;

    if (d->encoding == X86_ENC_EVEX || has_operand(d, OPND_KREG)) {
        ud = !(hf & HF_AVX512_EN);
    } else if (d->encoding == X86_ENC_VEX) {
        ud = !(hf & HF_AVX_EN);
    } else if (is_mmx(d)) {
        ud = (hf & HF_EM) || (has_operand(d, OPND_VEC) && !(hf & HF_OSFXSR));
    } else {
        ud = (hf & (HF_EM | HF_OSFXSR)) != HF_OSFXSR;
    }
    return ud ? EXCP06_ILLOP : hf & HF_TS ? EXCP07_PREX : -1;
}

void x86_fpu_check_vector(CPUX86State *env, const DecodedInsn *d)
{
    int vector = x86_fpu_vector_fault(env->hflags, d);

    if (vector >= 0) {
        raise_exception(env, vector);
    }
    if (d->encoding == X86_ENC_LEGACY && is_mmx(d)) {
        x86_fpu_check_pending(env);
    }
}

/* ---- vector registers ---- */

void x86_vec_read(const CPUX86State *env, unsigned reg, void *out)
{
    const X86FPUState *f = &env->fpu;
    uint8_t *o = out;

    if (reg >= 16) {
        memcpy(o, f->hi16_zmm[reg - 16], 64);
        return;
    }
    memcpy(o, f->legacy.xmm[reg], 16);
    memcpy(o + 16, f->ymmh[reg], 16);
    memcpy(o + 32, f->zmmh[reg], 32);
}

void x86_vec_write(CPUX86State *env, unsigned reg, unsigned offset, const void *in, unsigned len)
{
    X86FPUState *f = &env->fpu;
    uint8_t *to;
    uint64_t bit;

    if (reg >= 16) {
        to = (uint8_t *)f->hi16_zmm[reg - 16] + offset;
        bit = XSTATE_Hi16_ZMM_MASK;
    } else if (offset < 16) {
        to = (uint8_t *)f->legacy.xmm[reg] + offset;
        bit = XSTATE_SSE_MASK;
    } else if (offset < 32) {
        to = (uint8_t *)f->ymmh[reg] + offset - 16;
        bit = XSTATE_YMM_MASK;
    } else {
        to = (uint8_t *)f->zmmh[reg] + offset - 32;
        bit = XSTATE_ZMM_Hi256_MASK;
    }
    memcpy(to, in, len);
    f->header.xstate_bv |= bit;
}

void x86_vec_zero_above(CPUX86State *env, unsigned reg, unsigned offset)
{
    X86FPUState *f = &env->fpu;

    if (reg >= 16) {
        memset((uint8_t *)f->hi16_zmm[reg - 16] + offset, 0, 64 - offset);
        return;
    }
    if (offset < 16) {
        memset((uint8_t *)f->legacy.xmm[reg] + offset, 0, 16 - offset);
    }
    if (offset < 32) {
        unsigned from = offset > 16 ? offset - 16 : 0;
        memset((uint8_t *)f->ymmh[reg] + from, 0, 16 - from);
    }
    if (offset < 64) {
        unsigned from = offset > 32 ? offset - 32 : 0;
        memset((uint8_t *)f->zmmh[reg] + from, 0, 32 - from);
    }
}

uint64_t x86_vec_lanes(const CPUX86State *env, const DecodedInsn *d, unsigned count)
{
    uint64_t all = count >= 64 ? UINT64_MAX : (1ull << count) - 1;
    uint64_t lanes = 0;
    uint8_t mask[64];

    if (d->encoding == X86_ENC_EVEX) {
        return d->evex_aaa ? env->fpu.opmask[d->evex_aaa] & all : all;
    }
    x86_vec_read(env, d->vvvv, mask);
    for (unsigned i = 0; i < count; i++) {
        lanes |= (uint64_t)(mask[(i + 1) * d->vec_elem - 1] >> 7) << i;
    }
    return lanes;
}

/* ---- execution ---- */

void x86_fpu_set_pointers(CPUX86State *env, const DecodedInsn *d)
{
    X86LegacyXSaveArea *l = &env->fpu.legacy;

    l->fopcode = (d->opcode & 7) << 8 | d->modrm;
    l->fpip = env->eip;
    if (x86_insn_has_mem(d)) {
        l->fpdp = x86_mem_ea(env, d);
    }
}

static void raise_native(CPUX86State *env, X86HostvecResult r)
{
    if (r == X86_HOSTVEC_MISALIGNED) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    if (r == X86_HOSTVEC_SIMD_FAULT && (env->cr[4] & CR4_OSXMMEXCPT_MASK)) {
        raise_exception(env, EXCP13_XM);
    }
    if (r != X86_HOSTVEC_OK) {
        raise_exception(env, EXCP06_ILLOP);
    }
}

void x86_hostvec_bytes(CPUX86State *env, const uint8_t *code, unsigned len, void *mem)
{
    X86HostvecFrame f = {.mem = mem};

    raise_native(env, x86_hostvec_run(&env->fpu, &f, code, len));
}

bool x86_vec_gpr_in_reg_field(const DecodedInsn *d)
{
    if (d->opcode_map != 1) {
        return false;
    }
    switch (d->opcode) {
    case 0x2c:
    case 0x2d:
    case 0x50:
    case 0x78:
    case 0x79:
    case 0x93:
    case 0xc5:
    case 0xd7:
        return true;
    default:
        return false;
    }
}

bool x86_vec_is_string_compare(const DecodedInsn *d)
{
    return d->opcode_map == 3 && d->opcode >= 0x60 && d->opcode <= 0x63;
}

/* Registers of the instruction to @f and its host form to @code; returns the length. */
static unsigned prepare(CPUX86State *env, const DecodedInsn *d, X86HostvecFrame *f, uint8_t *code,
                        const X86Operand **gpr)
{
    X86HostOperands h = X86_HOST_OPERANDS_KEEP;

    *gpr = NULL;
    if (x86_insn_has_mem(d)) {
        h.use_mem = true;
        h.mem = (X86HostMem){.base = HOSTVEC_MEM, .index = X86_HOST_NONE};
    }
    for (unsigned i = 0; i < d->nopnd && d->has_modrm && !(d->flags & X86_IF_X87); i++) {
        if (d->opnd[i].kind == OPND_GPR) {
            *gpr = &d->opnd[i];
            f->rbx = env->regs[d->opnd[i].reg];
            *(x86_vec_gpr_in_reg_field(d) ? &h.reg : &h.rm) = HOSTVEC_GPR;
        }
    }
    f->rax = env->regs[R_EAX];
    f->rdx = env->regs[R_EDX];
    f->rcx = env->regs[R_ECX];
    f->flags = env->eflags;
    return x86_reencode(code, d, &h, env->hflags & HF_CS64);
}

void x86_hostvec_native(CPUX86State *env, const DecodedInsn *d, void *mem)
{
    X86HostvecFrame f = {.mem = mem};
    uint8_t code[X86_REENC_MAX];
    const X86Operand *gpr;
    unsigned len = prepare(env, d, &f, code, &gpr);

    raise_native(env, x86_hostvec_run(&env->fpu, &f, code, len));
    if (gpr && (gpr->access & OPND_W)) {
        env->regs[gpr->reg] = f.rbx;
    }
    if (x86_vec_is_string_compare(d) && (d->opcode & 1)) {
        env->regs[R_ECX] = f.rcx;
    }
    if (d->op == X86_OP_FNSTSW && !mem) {
        env->regs[R_EAX] = f.rax;
    }
    if (d->flags_written) {
        env->eflags = (env->eflags & ~(uint64_t)CC_ALL) | (f.flags & CC_ALL);
    }
}

/* Would the host refuse the operand at @mem for its alignment? Nothing is changed. */
static bool misaligned(CPUX86State *env, const DecodedInsn *d, void *mem)
{
    X86HostvecFrame f = {.mem = mem};
    X86FPUState copy = env->fpu;
    uint8_t code[X86_REENC_MAX];
    const X86Operand *gpr;
    unsigned len = prepare(env, d, &f, code, &gpr);

    return x86_hostvec_run(&copy, &f, code, len) == X86_HOSTVEC_MISALIGNED;
}

/* ---- memory ---- */

typedef struct VecMem {
    const X86Operand *opnd;
    uint64_t ea;
    bool masked;
    uint64_t bytes; /* with masked: those that are accessed */
} VecMem;

static const X86Operand *mem_operand(const DecodedInsn *d)
{
    for (unsigned i = 0; i < d->nopnd; i++) {
        if (d->opnd[i].kind == OPND_MEM) {
            return &d->opnd[i];
        }
    }
    return NULL;
}

/* Which bytes of the memory operand are accessed: whole elements under a mask. */
static uint64_t active_bytes(CPUX86State *env, const DecodedInsn *d, const X86Operand *m)
{
    unsigned elem = d->vec_elem, count = m->size / elem;
    uint64_t elem_bytes = (1ull << elem) - 1, bytes = 0;
    uint64_t lanes = x86_vec_lanes(env, d, d->vec_lanes);

    if (d->op == X86_OP_VEC_COMPRESS || d->op == X86_OP_VEC_EXPAND) {
        unsigned n = __builtin_popcountll(lanes);
        lanes = n >= 64 ? UINT64_MAX : (1ull << n) - 1;
    }
    for (unsigned i = 0; i < d->vec_lanes; i++) {
        if (lanes >> i & 1) {
            bytes |= elem_bytes << (i % count * elem);
        }
    }
    return bytes;
}

static bool is_masked(const DecodedInsn *d)
{
    return d->vec_elem && (d->flags & X86_IF_MASKED) &&
           (d->encoding != X86_ENC_EVEX || d->evex_aaa || d->op == X86_OP_VEC_COMPRESS ||
            d->op == X86_OP_VEC_EXPAND);
}

/*
 * Comes before a page fault. Which instructions check, and whether MXCSR has
 * them not to, is best known to the host: try it on a copy of the state.
 */
static void check_alignment(CPUX86State *env, const DecodedInsn *d, const VecMem *m)
{
    uint64_t lin;

    if (!(d->flags & X86_IF_ALIGN)) {
        return;
    }
    if (m->masked) {
        unsigned first = ctz64(m->bytes);
        lin = x86_lin(env, d->mem.seg, m->ea + first, 1, m->opnd->access) - first;
    } else {
        lin = x86_lin(env, d->mem.seg, m->ea, m->opnd->size, m->opnd->access);
    }
    if (lin & (m->opnd->size - 1)) {
        uint8_t buf[128] QEMU_ALIGNED(64) = {0};
        if (misaligned(env, d, buf + (lin & 63))) {
            raise_exception_err(env, EXCP0D_GPF, 0);
        }
    }
}

static void run_through_buffer(CPUX86State *env, const DecodedInsn *d, const VecMem *m)
{
    uint8_t space[128] QEMU_ALIGNED(64), before[64], *buf;
    unsigned len = m->opnd->size;
    bool store = m->opnd->access & OPND_W;

    /* Aligned as the operand is: the host raises #GP if that is not enough. */
    buf = space;
    if (!m->masked) {
        buf += x86_lin(env, d->mem.seg, m->ea, len, m->opnd->access) & 63;
    }
    memset(buf, 0xa5, 64);
    if (m->opnd->access & OPND_R) {
        if (m->masked && !m->bytes) {
            memset(buf, 0, len);
        } else if (m->masked) {
            x86_read_bytes_masked(env, d->mem.seg, m->ea, buf, len, m->bytes);
        } else {
            x86_read_bytes(env, d->mem.seg, m->ea, buf, len);
        }
    } else if (m->masked) {
        /* What the instruction notes in MXCSR must not show if its store faults. */
        x86_probe_write_masked(env, d->mem.seg, m->ea, len, m->bytes);
    } else {
        /* An x87 store pops and a fault must not. */
        x86_probe_write(env, d->mem.seg, m->ea, len);
    }
    memcpy(before, buf, 64);
    x86_hostvec_native(env, d, buf);
    if (!store) {
        return;
    }
    if ((d->flags & X86_IF_X87) && (env->fpu.legacy.fsw & FSW_ES) && !memcmp(buf, before, len)) {
        return; /* an unmasked exception suppressed the store */
    }
    if (m->masked) {
        x86_write_bytes_masked(env, d->mem.seg, m->ea, buf, len, m->bytes);
    } else {
        x86_write_bytes(env, d->mem.seg, m->ea, buf, len);
    }
}

static void run_with_memory(CPUX86State *env, const DecodedInsn *d)
{
    VecMem m = {.opnd = mem_operand(d), .ea = x86_mem_ea(env, d)};

    if (is_masked(d)) {
        m.masked = true;
        m.bytes = active_bytes(env, d, m.opnd);
        if (d->vec_whole) {
            x86_probe_write(env, d->mem.seg, m.ea, m.opnd->size);
        }
        if (!m.bytes && (m.opnd->access & OPND_W)) {
            return;
        }
    }
    if (!m.masked || m.bytes) {
        check_alignment(env, d, &m);
    }
    if (!m.masked && !(env->hflags & HF_ALIGNCHECK)) {
        void *host = x86_mem_probe(env, d->mem.seg, m.ea, m.opnd->size, m.opnd->access);
        if (host) {
            x86_hostvec_native(env, d, host);
            return;
        }
    }
    run_through_buffer(env, d, &m);
}

/* ---- instructions ---- */

/* FNENI, FNDISI, FNSETPM: nothing is left of them. */
static bool x87_obsolete(const DecodedInsn *d)
{
    return d->opcode == 0xdb && (d->modrm == 0xe0 || d->modrm == 0xe1 || d->modrm == 0xe4);
}

/* Control instructions that neither wait for a pending exception nor record pointers. */
static bool x87_non_waiting(const DecodedInsn *d)
{
    switch (d->op) {
    case X86_OP_FNINIT:
    case X86_OP_FNCLEX:
    case X86_OP_FNSTSW:
    case X86_OP_FNSTCW:
        return true;
    default:
        return x87_obsolete(d);
    }
}

static void exec_x87(CPUX86State *env, const DecodedInsn *d)
{
    if (d->op == X86_OP_FWAIT) {
        if ((env->hflags & (HF_MP | HF_TS)) == (HF_MP | HF_TS)) {
            raise_exception(env, EXCP07_PREX);
        }
        x86_fpu_check_pending(env);
        return;
    }
    x86_fpu_check_x87(env);
    if (!x87_non_waiting(d)) {
        x86_fpu_check_pending(env);
    }
    if (x86_insn_has_mem(d)) {
        run_with_memory(env, d);
    } else {
        x86_hostvec_native(env, d, NULL);
    }
    if (d->op == X86_OP_X87 && !x87_obsolete(d)) {
        x86_fpu_set_pointers(env, d);
    } else if (d->op == X86_OP_FNINIT) {
        env->fpu.legacy.fopcode = 0;
        env->fpu.legacy.fpip = 0;
        env->fpu.legacy.fpdp = 0;
    }
}

static void exec_ldmxcsr(CPUX86State *env, const DecodedInsn *d)
{
    uint32_t val = x86_ld32(env, d->mem.seg, x86_mem_ea(env, d));

    if (val & ~x86_hostfpu_mxcsr_mask()) {
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    env->fpu.legacy.mxcsr = val;
}

/* VZEROALL and VZEROUPPER outside 64-bit mode: registers 8 and up stay as they are. */
static void exec_vzero_low8(CPUX86State *env, const DecodedInsn *d)
{
    bool all = d->opsize == 32;

    for (unsigned reg = 0; reg < 8; reg++) {
        x86_vec_zero_above(env, reg, all ? 0 : 16);
    }
}

void x86_interp_hostvec(CPUX86State *env, const DecodedInsn *d)
{
    if (d->flags & X86_IF_X87) {
        exec_x87(env, d);
        return;
    }
    x86_fpu_check_vector(env, d);
    switch (d->op) {
    case X86_OP_VEC_GATHER:
        x86_hostvec_gather(env, d);
        break;
    case X86_OP_VEC_SCATTER:
        x86_hostvec_scatter(env, d);
        break;
    case X86_OP_MASKMOV:
        x86_hostvec_maskmov(env, d);
        break;
    case X86_OP_LDMXCSR:
        exec_ldmxcsr(env, d);
        break;
    case X86_OP_STMXCSR:
        x86_st32(env, d->mem.seg, x86_mem_ea(env, d), env->fpu.legacy.mxcsr);
        break;
    case X86_OP_VZERO:
        if (!(env->hflags & HF_CS64)) {
            exec_vzero_low8(env, d);
            break;
        }
        /* fall through */
    default:
        if (mem_operand(d) && mem_operand(d)->size) {
            run_with_memory(env, d);
        } else {
            x86_hostvec_native(env, d, NULL);
        }
        break;
    }
}

void x86_hostvec_thread_init(CPUX86State *env)
{
    x86_hostvec_stub_thread_init();
}
