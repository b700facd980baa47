/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes of mode: control registers, EFER, DR7 and the A20 gate with their side
 * effects on the TLB. SDM volume 3, 2.2, 2.5, 4.1, 4.10.4 (what has to be
 * invalidated).
 */
#include "qemu/osdep.h"
#include "target/i386/cpu.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/tlb.h"

void cpu_x86_update_cr0(CPUX86State *env, uint32_t new_cr0)
{
    uint32_t changed = env->cr[0] ^ new_cr0;

    if (changed & CR0_PG_MASK) {
        if ((new_cr0 & CR0_PG_MASK) && (env->efer & MSR_EFER_LME)) {
            env->efer |= MSR_EFER_LMA;
        } else {
            env->efer &= ~(uint64_t)MSR_EFER_LMA;
        }
    }
    env->cr[0] = new_cr0 | CR0_ET_MASK;
    if (changed & (CR0_PG_MASK | CR0_WP_MASK | CR0_PE_MASK)) {
        x86_tlb_flush_all(env);
    }
    x86_update_hflags(env);
}

void cpu_x86_update_cr3(CPUX86State *env, uint64_t new_cr3)
{
    bool pcide = env->cr[4] & CR4_PCIDE_MASK;
    bool keep = pcide && (new_cr3 >> 63);

    env->cr[3] = pcide ? new_cr3 & ~(1ull << 63) : new_cr3;
    if (env->cr[0] & CR0_PG_MASK) {
        x86_tlb_switch(env, pcide ? new_cr3 & 0xfff : 0, keep);
    }
}

void cpu_x86_update_cr4(CPUX86State *env, uint32_t new_cr4)
{
    uint32_t changed = env->cr[4] ^ new_cr4;

    env->cr[4] = new_cr4;
    if (changed & (CR4_PSE_MASK | CR4_PAE_MASK | CR4_PGE_MASK | CR4_LA57_MASK | CR4_PCIDE_MASK |
                   CR4_SMEP_MASK | CR4_SMAP_MASK | CR4_PKE_MASK | CR4_PKS_MASK)) {
        x86_tlb_flush_all(env);
        if (changed & CR4_PCIDE_MASK) {
            x86_tlb_switch(env, new_cr4 & CR4_PCIDE_MASK ? env->cr[3] & 0xfff : 0, false);
        }
    }
    if ((changed & CR4_DE_MASK) && (env->dr[7] & 0xff)) {
        cpu_x86_update_dr7(env, env->dr[7]);
    }
    x86_update_hflags(env);
}

void cpu_x86_set_efer(CPUX86State *env, uint64_t val)
{
    uint64_t changed = env->efer ^ val;

    env->efer = val;
    if (changed & (MSR_EFER_NXE | MSR_EFER_LMA)) {
        x86_tlb_flush_all(env);
    }
    x86_update_hflags(env);
}

/* The TLB marks pages with armed data breakpoints, so their entries have to be made anew. */
static void flush_watched(CPUX86State *env)
{
    for (int i = 0; i < 4; i++) {
        if (x86_dr7_enabled(env->dr[7], i) && (x86_dr7_type(env->dr[7], i) & 1)) {
            x86_tlb_flush_watch(env, env->dr[i]);
        }
    }
}

void cpu_x86_update_dr7(CPUX86State *env, uint32_t new_dr7)
{
    flush_watched(env);
    env->dr[7] = (new_dr7 & 0xffff2fffu) | DR7_FIXED_1;
    flush_watched(env);
    x86_update_hflags(env);
}

void x86_cpu_set_a20(X86CPU *cpu, int a20_state)
{
    CPUX86State *env = &cpu->env;
    uint64_t mask = a20_state ? UINT64_MAX : ~(1ull << 20);

    if (env->a20_mask != mask) {
        env->a20_mask = mask;
        x86_tlb_flush_async(CPU(cpu));
    }
}
