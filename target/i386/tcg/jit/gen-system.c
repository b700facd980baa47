/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kernels do on every entry, exit and copy from user memory: CLI, STI, STAC,
 * CLAC, SWAPGS; CLD, which is in every function's path; and PAUSE.
 */
#include "qemu/osdep.h"
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
    g->keep[g->index] = true;
    emit_call(e, jit.thunk.interp);
    gen_site(g, g->index, NULL);
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

bool gen_system(JitGen *g)
{
    switch (g->d->op) {
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
