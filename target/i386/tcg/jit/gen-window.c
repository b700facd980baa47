/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory through the window (../window.h): no look-up, only a check that
 * the address is one of the window's. PDEP makes it, and touches no flags.
 *
 * Upper range, GS base -2^47:           T2 = PDEP(address, all bits but 46)
 *                                       access gs:[T2 + disp]
 * Lower range:                          T2 = PDEP(address, all bits but 40 to 46)
 *                                       access [T2 + window_low + disp]
 *
 * PDEP keeps the low bits in place and moves the others up, to bit 47 and above, where they
 * must come out as zero after the base is added: else the processor finds an address that
 * is not canonical, or the host kernel's, and faults. So no guest value reaches
 * anything of this process but the window. (Moved out at the top, and not
 * looked at, are bit 63 in the first form, bits 57 to 63 in the second.)
 *
 * A displacement is added behind the check: upwards there is a guard behind each
 * range; downwards -4032 at most, which leads from 2^47 into the last page of user
 * space, that no process has, and from the lower range into the guard before it.
 *
 * Which range an access goes to is guessed from the registers that the block is translated
 * for; one that faults elsewhere is translated again (jit_window_learn).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/jit/gen.h"
#include "target/i386/tcg/window.h"

#define MIN_DISP (-4032)
#define MAX_DISP (INT32_MAX - 4096)

/* What [@m] is with the registers as they were at the start of the block. */
static uint64_t guess_address(const JitGen *g, const X86MemRef *m)
{
    uint64_t lin = m->disp;

    if (m->base < CPU_NB_REGS) {
        lin += g->env->regs[m->base];
    } else if (m->index < CPU_NB_REGS && m->scale == 0 && !m->vsib) {
        lin += g->env->regs[m->index];
    }
    return m->seg >= R_FS ? lin + g->env->segs[m->seg].base : lin;
}

static JitPlace choose_place(const JitGen *g, const X86MemRef *m)
{
    JitPlace place = jit_window_place(g->phys + g->off);

    if (place == JIT_PLACE_UNKNOWN) {
        place = guess_address(g, m) < X86_WINDOW_LOW_SIZE ? JIT_PLACE_LOW : JIT_PLACE_HIGH;
    }
    return place;
}

static bool disp_behind(int64_t disp)
{
    return disp >= MIN_DISP && disp <= MAX_DISP;
}

/*
 * The address but for what is returned as displacement: to T1, or in the register that
 * holds it already. T2 and T0 may be used.
 */
static int address(JitGen *g, const X86MemRef *m, int32_t *disp)
{
    Emit *e = &g->e;
    X86MemRef rest = *m;
    bool segment = m->seg >= R_FS, base = m->base < CPU_NB_REGS, index = m->index < CPU_NB_REGS;

    *disp = 0;
    if ((base || index || segment) && m->base != X86_MEM_RIP && disp_behind(m->disp)) {
        *disp = m->disp;
        rest.disp = 0;
    }
    if (segment && !base && !index && !rest.disp) {
        emit_load(e, true, H_T1, gen_seg_base(m->seg));
        return H_T1;
    }
    if (!segment && base && !index && !rest.disp && gen_pinned(m->base)) {
        return jit_host_reg[m->base];
    }
    gen_ea(g, &rest, 8, H_T1);
    if (segment) {
        emit_load(e, true, H_T0, gen_seg_base(m->seg));
        emit_lea(e, true, H_T1, host_mem_index(H_T1, H_T0, 0, 0));
    }
    return H_T1;
}

bool gen_window_mem(JitGen *g, const X86MemRef *m, unsigned addrsize, X86HostMem *out)
{
    JitPlace place;
    int32_t disp;
    int addr;

    if (!(g->hflags & JIT_HF_WINDOW) || addrsize != 8) {
        return false;
    }
    place = choose_place(g, m);
    if (place == JIT_PLACE_LOOKUP) {
        return false;
    }
    addr = address(g, m, &disp);
    if (place == JIT_PLACE_HIGH) {
        emit_pdep(&g->e, H_T2, addr, ENV_MEM(jit_hot.window_mask[0]));
        *out = host_mem(H_T2, disp);
        out->gs = true;
    } else {
        emit_pdep(&g->e, H_T2, addr, ENV_MEM(jit_hot.window_mask[1]));
        emit_load(&g->e, true, H_T1, ENV_MEM(jit_hot.window_low));
        *out = host_mem_index(H_T2, H_T1, 0, disp);
    }
    return true;
}
