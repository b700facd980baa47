/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernels do on every entry, exit, switch and copy from user memory: SYSCALL, SYSRET,
 * CLI, STI, STAC, CLAC, SWAPGS, bases of FS and GS; CLD, which is in every function's path;
 * RDTSC, PAUSE and fences.
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/jit/gen.h"

static bool supervisor(const JitGen *g)
{
    return !(g->hflags & (HF_CPL_MASK | HF_VM));
}

/* env->eflags without the bits that @mask lacks to T0: PEXT and PDEP leave the flags alone. */
static void gen_masked_eflags(JitGen *g, X86HostMem mask)
{
    emit_load(&g->e, true, H_T0, ENV_MEM(eflags));
    emit_pext(&g->e, H_T0, H_T0, mask);
    emit_pdep(&g->e, H_T0, H_T0, mask);
}

static bool gen_clear_flag(JitGen *g, X86HostMem mask)
{
    gen_masked_eflags(g, mask);
    emit_store(&g->e, true, H_T0, ENV_MEM(eflags));
    return true;
}

/*
 * With nothing pending there is nothing for the interrupt shadow to hold back:
 * what comes later also asks to leave, which is looked at later than here.
 */
static bool gen_sti(JitGen *g)
{
    Emit *e = &g->e;
    X86HostMem request =
        host_mem(H_ENV, (int)offsetof(CPUState, interrupt_request) - (int)offsetof(X86CPU, env));
    uint8_t *quiet;

    if (!supervisor(g)) {
        return false;
    }
    emit_load_n(e, 4, H_T0, request);
    quiet = emit_jrcxz(e);
    gen_interp_instead(g);
    emit_here8(e, quiet);
    gen_masked_eflags(g, ENV_MEM(jit_hot.without_if));
    emit_lea(e, true, H_T0, host_mem(H_T0, IF_MASK));
    emit_store(e, true, H_T0, ENV_MEM(eflags));
    return true;
}

/* HF_AC is EFLAGS.AC and known: the block goes on with the other MMU index. */
static bool gen_set_ac(JitGen *g, bool set)
{
    Emit *e = &g->e;
    int sign = set ? 1 : -1;

    if (!supervisor(g) || !(g->hflags & HF_PE)) {
        return false;
    }
    if (!(g->hflags & HF_AC) == !set) {
        return true;
    }
    emit_load(e, true, H_T0, ENV_MEM(eflags));
    emit_lea(e, true, H_T0, host_mem(H_T0, sign * (int)AC_MASK));
    emit_store(e, true, H_T0, ENV_MEM(eflags));
    emit_load_n(e, 4, H_T0, ENV_MEM(hflags));
    emit_lea(e, true, H_T0, host_mem(H_T0, sign * (int)HF_AC));
    emit_store_n(e, 4, H_T0, ENV_MEM(hflags));
    g->hflags ^= HF_AC;
    g->mmu = set || !(g->hflags & HF_SMAP) ? X86_MMU_KERNEL : X86_MMU_KSMAP;
    return true;
}

static bool gen_swapgs(JitGen *g)
{
    Emit *e = &g->e;

    if (!g->mode64 || !supervisor(g)) {
        return false;
    }
    emit_load(e, true, H_T0, ENV_MEM(segs[R_GS].base));
    emit_load(e, true, H_T1, ENV_MEM(kernelgsbase));
    emit_store(e, true, H_T1, ENV_MEM(segs[R_GS].base));
    emit_store(e, true, H_T0, ENV_MEM(kernelgsbase));
    return true;
}

/*
 * Who spins may be waiting for a vCPU that the host does not run: every so many rounds
 * jit_rt_spin() looks whether to let others run.
 */
static bool gen_pause(JitGen *g)
{
    Emit *e = &g->e;
    uint8_t *enough, *over;

    if (x86_pause_yields) {
        return false;
    }
    emit8(e, 0xf3);
    emit8(e, 0x90);
    emit_load(e, true, H_T0, ENV_MEM(jit_hot.spins));
    emit_lea(e, true, H_T0, host_mem(H_T0, -1));
    emit_store(e, true, H_T0, ENV_MEM(jit_hot.spins));
    enough = emit_jrcxz(e);
    emit8(e, 0xeb); /* jmp */
    emit8(e, 0);
    over = e->p;
    emit_here8(e, enough);
    emit_call(e, jit.thunk.spin);
    gen_site(g, g->index, NULL);
    emit_here8(e, over);
    return true;
}

/* ---- the interpreter's function only where something is out of the ordinary ---- */

/* Bit @n of CR4 must be set, or clear, for the template: else the interpreter. */
static void gen_check_cr4(JitGen *g, unsigned n, bool set)
{
    Emit *e = &g->e;
    uint8_t *good;

    emit_load_n(e, 1, H_T0, host_mem(H_ENV, offsetof(CPUX86State, cr[4]) + n / 8));
    emit_rorx(e, H_T0, H_T0, n % 8);
    emit_pext(e, H_T0, H_T0, ENV_MEM(jit_hot.bit[0]));
    if (set) {
        emit_lea(e, true, H_T0, host_mem(H_T0, -1));
    }
    good = emit_jrcxz(e);
    gen_interp_instead(g);
    emit_here8(e, good);
}

#define CR4_TSD_BIT      2
#define CR4_FSGSBASE_BIT 16
#define CR4_PKE_BIT      22

/* The host's counter, plus two offsets, to EDX:EAX. */
static bool gen_rdtsc(JitGen *g, bool aux)
{
    Emit *e = &g->e;
    uint8_t *good;

    if (!supervisor(g)) {
        gen_check_cr4(g, CR4_TSD_BIT, false);
    }
    emit_load_n(e, 1, H_T0, ENV_MEM(jit_hot.slow_ticks));
    good = emit_jrcxz(e);
    gen_interp_instead(g);
    emit_here8(e, good);
    if (aux) {
        emit8(e, 0x0f); /* lfence: RDTSCP waits for what is before it */
        emit8(e, 0xae);
        emit8(e, 0xe8);
    }
    emit8(e, 0x0f);
    emit8(e, 0x31);
    emit_rorx(e, H_T1, H_RDX, 32);
    emit_lea(e, true, H_T1, host_mem_index(H_T1, H_RAX, 0, 0));
    emit_load(e, true, H_T0, ENV_MEM(jit_hot.ticks_offset));
    emit_lea(e, true, H_T1, host_mem_index(H_T1, H_T0, 0, 0));
    /* A while after the last look at the timers: the interpreter looks again. */
    emit_load(e, true, H_T0, ENV_MEM(jit_hot.minus_looked));
    emit_lea(e, true, H_T0, host_mem_index(H_T1, H_T0, 0, 0));
    emit_pext(e, H_T0, H_T0, ENV_MEM(jit_hot.look_again));
    good = emit_jrcxz(e);
    gen_interp_instead(g);
    emit_here8(e, good);
    emit_load(e, true, H_T0, ENV_MEM(tsc_offset));
    emit_lea(e, true, H_T1, host_mem_index(H_T1, H_T0, 0, 0));
    emit_mov_rr(e, false, H_RAX, H_T1);
    emit_rorx(e, H_T1, H_T1, 32);
    emit_mov_rr(e, false, H_RDX, H_T1);
    if (aux) {
        emit_load_n(e, 4, jit_host_reg[R_ECX], ENV_MEM(tsc_aux));
    }
    return true;
}

/* Linux asks for it in every page fault. */
static bool gen_rdpkru(JitGen *g)
{
    Emit *e = &g->e;
    uint8_t *good;

    gen_check_cr4(g, CR4_PKE_BIT, true);
    emit_mov_rr(e, false, H_T0, jit_host_reg[R_ECX]);
    good = emit_jrcxz(e);
    gen_interp_instead(g);
    emit_here8(e, good);
    emit_load_n(e, 4, H_RAX, ENV_MEM(pkru));
    emit_load_imm(e, H_RDX, 0);
    return true;
}

static bool gen_fence(JitGen *g)
{
    emit8(&g->e, 0x0f);
    emit8(&g->e, 0xae);
    emit8(&g->e, g->d->modrm);
    return true;
}

static bool gen_read_base(JitGen *g, unsigned seg)
{
    unsigned reg = g->d->opnd[0].reg;

    gen_check_cr4(g, CR4_FSGSBASE_BIT, true);
    emit_load(&g->e, g->d->opsize == 8, gen_dest_reg(reg, H_T0), gen_seg_base(seg));
    gen_write_reg(g, reg, gen_dest_reg(reg, H_T0));
    return true;
}

static bool gen_write_base(JitGen *g, unsigned seg)
{
    Emit *e = &g->e;

    gen_check_cr4(g, CR4_FSGSBASE_BIT, true);
    emit_mov_rr(e, g->d->opsize == 8, H_T1, gen_read_reg(g, g->d->opnd[0].reg, H_T1));
    gen_need_canonical(g, H_T1);
    emit_store(e, true, H_T1, gen_seg_base(seg));
    return true;
}

/* The two bytes at @m to the low 16 bits of @reg. */
static void gen_write_low(JitGen *g, unsigned reg, X86HostMem m)
{
    emit_load_n(&g->e, 2, H_T0, m);
    if (gen_pinned(reg)) {
        emit8(&g->e, 0x66); /* mov */
        emit_op_reg(&g->e, false, 0, 0x89, H_T0, jit_host_reg[reg]);
    } else {
        emit_store_n(&g->e, 2, H_T0, gen_reg_mem(reg));
        gen_forget_guest(g, reg);
    }
}

static bool gen_mov_from_seg(JitGen *g)
{
    const DecodedInsn *d = g->d;
    X86HostMem sel =
        host_mem(H_ENV, offsetof(CPUX86State, segs) + d->opnd[1].reg * sizeof(SegmentCache) +
                            offsetof(SegmentCache, selector));

    if (d->opnd[0].kind != OPND_GPR) {
        return false;
    }
    if (d->opsize == 2) {
        gen_write_low(g, d->opnd[0].reg, sel);
        return true;
    }
    emit_load_n(&g->e, 4, H_T0, sel);
    gen_write_reg(g, d->opnd[0].reg, H_T0);
    return true;
}

static bool gen_mov_from_cr(JitGen *g)
{
    unsigned cr = g->d->opnd[1].reg, reg = g->d->opnd[0].reg;

    if (!supervisor(g) || !(cr == 0 || (cr >= 2 && cr <= 4))) {
        return false;
    }
    emit_load(&g->e, g->mode64, H_T0, host_mem(H_ENV, offsetof(CPUX86State, cr) + cr * 8));
    gen_write_reg(g, reg, H_T0);
    return true;
}

/* SYSCALL, SYSRET and IRET of 64-bit code, in the runtime. */
static bool gen_syscall(JitGen *g, const uint8_t *thunk)
{
    if (!g->mode64) {
        return false;
    }
    g->keep[g->index] = true;
    emit_call(&g->e, thunk);
    gen_site(g, g->index, NULL);
    g->ended = true;
    return true;
}

/* REP MOVS and REP STOS, in the runtime, which returns behind the site. */
static bool gen_string(JitGen *g)
{
    const DecodedInsn *d = g->d;

    if (!g->mode64 || d->addrsize != 8 || (g->hflags & HF_ALIGNCHECK) ||
        !(d->prefixes & (X86_PFX_REPZ | X86_PFX_REPNZ)) ||
        (d->op == X86_OP_MOVS && d->mem.seg >= R_FS)) {
        return false;
    }
    g->keep[g->index] = true;
    emit_call(&g->e, jit.thunk.string);
    gen_site(g, g->index, NULL);
    return true;
}

bool gen_system(JitGen *g)
{
    switch (g->d->op) {
    case X86_OP_SYSCALL:
        return gen_syscall(g, jit.thunk.syscall);
    case X86_OP_SYSRET:
        return supervisor(g) && g->d->opsize == 8 && gen_syscall(g, jit.thunk.sysret);
    case X86_OP_IRET:
        return supervisor(g) && g->d->opsize == 8 && gen_syscall(g, jit.thunk.iret);
    case X86_OP_MOVS:
    case X86_OP_STOS:
        return gen_string(g);
    case X86_OP_RDTSC:
        return gen_rdtsc(g, false);
    case X86_OP_RDTSCP:
        return gen_rdtsc(g, true);
    case X86_OP_RDPKRU:
        return gen_rdpkru(g);
    case X86_OP_FENCE:
        return gen_fence(g);
    case X86_OP_RDFSBASE:
        return gen_read_base(g, R_FS);
    case X86_OP_RDGSBASE:
        return gen_read_base(g, R_GS);
    case X86_OP_WRFSBASE:
        return gen_write_base(g, R_FS);
    case X86_OP_WRGSBASE:
        return gen_write_base(g, R_GS);
    case X86_OP_MOV_FROM_SEG:
        return gen_mov_from_seg(g);
    case X86_OP_MOV_FROM_CR:
        return gen_mov_from_cr(g);
    case X86_OP_PAUSE:
        return gen_pause(g);
    case X86_OP_CLI:
        return supervisor(g) && gen_clear_flag(g, ENV_MEM(jit_hot.without_if));
    case X86_OP_CLD:
        return gen_clear_flag(g, ENV_MEM(jit_hot.without_df));
    case X86_OP_STI:
        return gen_sti(g);
    case X86_OP_STAC:
        return gen_set_ac(g, true);
    case X86_OP_CLAC:
        return gen_set_ac(g, false);
    case X86_OP_SWAPGS:
        return gen_swapgs(g);
    default:
        return false;
    }
}
