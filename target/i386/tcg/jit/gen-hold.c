/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four guest registers live in memory. Read, changed and written back by every instruction
 * that names them, they cost the latency of a store and a load each time. So T1 and T2 keep
 * what they had from one instruction to the next, if the templates in between need no scratch
 * register. What was written is stored before the first instruction that can fault, call or
 * leave: those find in memory all that the guest has. Who comes back into the middle of a
 * block loads the two with what is expected there (JitInsn.held, resume_at() in runtime.c).
 */
#include "qemu/osdep.h"
#include "target/i386/tcg/jit/gen.h"

static int scratch(unsigned i)
{
    return i ? H_T2 : H_T1;
}

static void store_back(JitGen *g, unsigned i)
{
    if (g->dirty[i]) {
        emit_store(&g->e, true, scratch(i), gen_reg_mem(g->held[i] - JIT_HELD_GUEST));
        g->dirty[i] = false;
    }
}

void gen_flush(JitGen *g)
{
    store_back(g, 0);
    store_back(g, 1);
}

void gen_forget(JitGen *g)
{
    gen_flush(g);
    g->held[0] = g->held[1] = JIT_HELD_NOTHING;
}

void gen_forget_guest(JitGen *g, unsigned guest)
{
    for (unsigned i = 0; i < 2; i++) {
        if (g->held[i] == JIT_HELD_GUEST + guest) {
            g->held[i] = JIT_HELD_NOTHING;
            g->dirty[i] = false;
        }
    }
}

int gen_take(JitGen *g, unsigned busy)
{
    unsigned i;

    if ((busy & (GEN_T1 | GEN_T2)) == (GEN_T1 | GEN_T2)) {
        return X86_HOST_NONE;
    }
    if (busy & (GEN_T1 | GEN_T2)) {
        i = busy & GEN_T1 ? 1 : 0;
    } else if (!g->held[0] || !g->held[1]) {
        i = g->held[0] ? 1 : 0;
    } else {
        i = g->victim ^= 1;
    }
    store_back(g, i);
    g->held[i] = JIT_HELD_NOTHING;
    return scratch(i);
}

static X86HostMem home(unsigned what)
{
    switch (what) {
    case JIT_HELD_LOW:
        return ENV_MEM(jit_hot.window_low);
    case JIT_HELD_PCBASE:
        return ENV_MEM(jit_hot.pcbase);
    default:
        return gen_reg_mem(what - JIT_HELD_GUEST);
    }
}

int gen_hold(JitGen *g, unsigned what, unsigned *busy)
{
    int host = X86_HOST_NONE;

    for (unsigned i = 0; i < 2 && g->holding; i++) {
        if (g->held[i] == what) {
            host = scratch(i);
        }
    }
    if (host == X86_HOST_NONE) {
        host = gen_take(g, *busy);
        if (host == X86_HOST_NONE) {
            return host;
        }
        emit_load(&g->e, true, host, home(what));
        g->held[host == H_T2] = what;
    }
    /* The other one is given up first. */
    g->victim = host == H_T2;
    *busy |= gen_scratch_bit(host);
    return host;
}

int gen_guest(JitGen *g, unsigned guest, unsigned *busy)
{
    return gen_pinned(guest) ? jit_host_reg[guest] : gen_hold(g, JIT_HELD_GUEST + guest, busy);
}

void gen_write_held(JitGen *g, unsigned guest, int host)
{
    unsigned i = host == H_T2;

    gen_forget_guest(g, guest);
    if (!gen_scratch_bit(host)) {
        emit_store(&g->e, true, host, gen_reg_mem(guest));
        return;
    }
    g->held[i] = JIT_HELD_GUEST + guest;
    g->dirty[i] = true;
    if (!g->pure) {
        store_back(g, i);
    }
}
