/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory through the window (../window.h): no look-up, but no guest value may reach
 * anything else of this process.
 *
 *                  A                              B
 * Upper range      gs:[operand as it is]          T2 = PDEP(address, all bits but 47)
 *                                                 gs:[T2 + disp]
 * Lower range      T1 or T2 = 2^46                T2 = PDEP(address, all bits but 40 to 46)
 *                  gs:[that + operand]            [T2 + disp]
 *
 * The base of GS is -2^46. A is for processors that refuse an effective address that is not
 * canonical before they add the base (AMD's do, x86_window_direct() has tried it). So
 * addresses of 2^47 and more, or of 2^46 and more in the lower form, fault there, and what is below
 * 2^46, or below 0, comes out in the host kernel's half.
 *
 * Others look at the sum only, which could come out as any address of ours. B is for them: PDEP
 * moves the bits from 47 up by one, those from 40 up by seven, so that one that is set makes the
 * sum not canonical. It touches no flags; it loses the uppermost bit of an address, or seven of
 * them. A displacement is added behind it: there is a guard of that size around each range.
 *
 * Which range an access goes to is guessed from the registers that the block is translated
 * for; one that faults elsewhere is translated again (jit_window_learn).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/jit/gen.h"
#include "target/i386/tcg/window.h"

/* With room for an access of any size behind it. */
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

static bool is_small(int64_t disp)
{
    return disp == (int32_t)disp && disp <= MAX_DISP;
}

/*
 * The address but for what is returned as displacement: to T1, or in the register that
 * holds it already. T2 and T0 may be used; nothing is held.
 */
static int address(JitGen *g, const X86MemRef *m, int32_t *disp)
{
    Emit *e = &g->e;
    X86MemRef rest = *m;
    bool segment = m->seg >= R_FS, base = m->base < CPU_NB_REGS, index = m->index < CPU_NB_REGS;

    *disp = 0;
    if ((base || index || segment) && m->base != X86_MEM_RIP && is_small(m->disp)) {
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

static bool in_memory(unsigned guest)
{
    return guest < CPU_NB_REGS && !gen_pinned(guest);
}

/*
 * The operand itself, with host registers. One of them may be T1, another T2; these hold the
 * guest's or the address of its code afterwards, unless something had to be added up.
 */
static X86HostMem same_operand(JitGen *g, const X86MemRef *m)
{
    Emit *e = &g->e;
    bool base = m->base < CPU_NB_REGS, index = m->index < CPU_NB_REGS;
    X86MemRef rest = *m;
    unsigned busy = 0;
    X86HostMem r;

    if (m->seg >= R_FS) {
        gen_forget(g);
    }
    if (m->base == X86_MEM_RIP && is_small(m->disp - (int64_t)g->pcbase)) {
        r = host_mem(gen_hold(g, JIT_HELD_PCBASE, &busy), m->disp - g->pcbase);
    } else if (base && is_small(m->disp)) {
        r = host_mem(gen_guest(g, m->base, &busy), m->disp);
        if (index) {
            r.index = gen_guest(g, m->index, &busy);
            r.scale = m->scale;
        }
    } else {
        bool small = index && is_small(m->disp);
        if (small) {
            rest.disp = 0;
        }
        gen_forget(g);
        gen_ea(g, &rest, 8, H_T2);
        r = host_mem(H_T2, small ? m->disp : 0);
    }
    if (m->seg >= R_FS) {
        if (r.index != X86_HOST_NONE || r.base == H_T1) {
            emit_lea(e, true, H_T2, r);
            r = host_mem(H_T2, 0);
        }
        emit_load(e, true, H_T1, gen_seg_base(m->seg));
        gen_forget(g);
        r.index = H_T1;
        r.scale = 0;
    }
    r.gs = true;
    return r;
}

static X86HostMem high_operand(JitGen *g, const X86MemRef *m)
{
    X86HostMem r;
    int32_t disp;
    int addr;

    if (x86_window_direct()) {
        return same_operand(g, m);
    }
    gen_forget(g);
    addr = address(g, m, &disp);
    emit_pdep(&g->e, H_T2, addr, ENV_MEM(jit_hot.window_mask[0]));
    r = host_mem(H_T2, disp);
    r.gs = true;
    return r;
}

/* The address but for the displacement in a register, with T1 or T2 left for the constant. */
static int low_address(JitGen *g, const X86MemRef *m, unsigned *busy, int32_t *disp)
{
    bool base = m->base < CPU_NB_REGS, index = m->index < CPU_NB_REGS;
    X86MemRef rest = *m;
    int to;

    *disp = m->disp;
    if (m->seg < R_FS && m->base == X86_MEM_RIP && is_small(m->disp - (int64_t)g->pcbase)) {
        *disp -= g->pcbase;
        return gen_hold(g, JIT_HELD_PCBASE, busy);
    }
    if (m->seg < R_FS && base && !index && is_small(m->disp)) {
        return gen_guest(g, m->base, busy);
    }
    if (m->seg < R_FS && index && m->base != X86_MEM_RIP && !in_memory(m->base) &&
        !in_memory(m->index) && is_small(m->disp)) {
        rest.disp = 0;
        gen_hold(g, JIT_HELD_LOW, busy);
        to = gen_take(g, *busy);
        gen_ea(g, &rest, 8, to);
        *busy = gen_scratch_bit(to);
        return to;
    }
    gen_forget(g);
    to = address(g, m, disp);
    *busy |= gen_scratch_bit(to);
    return to;
}

static X86HostMem low_operand(JitGen *g, const X86MemRef *m)
{
    unsigned busy = 0;
    X86HostMem r;
    int32_t disp;
    int addr;

    if (x86_window_direct()) {
        addr = low_address(g, m, &busy, &disp);
        r = host_mem_index(gen_hold(g, JIT_HELD_LOW, &busy), addr, 0, disp);
        r.gs = true;
        return r;
    }
    gen_forget(g);
    addr = address(g, m, &disp);
    emit_pdep(&g->e, H_T2, addr, ENV_MEM(jit_hot.window_mask[1]));
    return host_mem(H_T2, disp);
}

bool gen_window_mem(JitGen *g, const X86MemRef *m, unsigned addrsize, X86HostMem *out)
{
    JitPlace place;

    if (!(g->hflags & JIT_HF_WINDOW) || addrsize != 8) {
        return false;
    }
    place = choose_place(g, m);
    if (place == JIT_PLACE_LOOKUP) {
        return false;
    }
    *out = place == JIT_PLACE_HIGH ? high_operand(g, m) : low_operand(g, m);
    return true;
}
