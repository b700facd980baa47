/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Matching accesses against the debug registers and a debugger's watchpoints.
 * SDM volume 3, 17.2.4, 17.2.5.
 */
#include "qemu/osdep.h"
#include "target/i386/msr-index.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/excp.h"

/* Breakpoint addresses are aligned to their length: low bits do not count. */
static bool overlaps(uint64_t bp, unsigned bp_len, uint64_t addr, unsigned len)
{
    bp &= ~(uint64_t)(bp_len - 1);
    return addr <= bp + bp_len - 1 && bp <= addr + len - 1;
}

bool x86_debug_page_watched(CPUX86State *env, uint64_t lin)
{
    CPUState *cs = env_cpu(env);
    CPUWatchpoint *wp;

    if (env->dr[7] & 0xff) {
        for (int i = 0; i < 4; i++) {
            if (x86_dr7_enabled(env->dr[7], i) && (x86_dr7_type(env->dr[7], i) & 1) &&
                ((env->dr[i] ^ lin) & TARGET_PAGE_MASK) == 0) {
                return true;
            }
        }
    }
    QTAILQ_FOREACH (wp, &cs->watchpoints, entry) {
        if (overlaps(lin, TARGET_PAGE_SIZE, wp->vaddr, wp->len)) {
            return true;
        }
    }
    return false;
}

static void note_watchpoints(CPUX86State *env, uint64_t lin, unsigned size, bool write)
{
    CPUState *cs = env_cpu(env);
    int kind = write ? BP_MEM_WRITE : BP_MEM_READ;
    CPUWatchpoint *wp;

    QTAILQ_FOREACH (wp, &cs->watchpoints, entry) {
        if ((wp->flags & kind) && lin < wp->vaddr + wp->len && wp->vaddr < lin + size) {
            wp->flags |= kind << BP_HIT_SHIFT;
            wp->hitaddr = MAX(lin, wp->vaddr);
            cs->watchpoint_hit = wp;
            x86_note_debug_trap(env, X86_PENDING_GDB_WATCH);
        }
    }
}

void x86_debug_data_access(CPUX86State *env, uint64_t lin, unsigned size, bool write)
{
    uint64_t dr7 = env->dr[7], hits = 0;
    bool enabled = false;

    for (int i = 0; i < 4; i++) {
        unsigned type = x86_dr7_type(dr7, i);

        if ((type == DR7_TYPE_RW || (type == DR7_TYPE_WRITE && write)) &&
            overlaps(env->dr[i], x86_dr7_len(dr7, i), lin, size)) {
            hits |= 1ull << i;
            enabled |= x86_dr7_enabled(dr7, i);
        }
    }
    /* B0-B3 show matches of disabled breakpoints as well, but only an enabled one traps. */
    if (enabled) {
        x86_note_debug_trap(env, hits);
    }
    note_watchpoints(env, lin, size, write);
}

void x86_debug_io_access(CPUX86State *env, uint16_t port, unsigned size)
{
    uint64_t dr7 = env->dr[7];

    if (!(env->cr[4] & CR4_DE_MASK)) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        if (x86_dr7_enabled(dr7, i) && x86_dr7_type(dr7, i) == DR7_TYPE_IO &&
            overlaps(env->dr[i], x86_dr7_len(dr7, i), port, size)) {
            x86_note_debug_trap(env, 1ull << i);
        }
    }
}

uint64_t x86_debug_insn_hits(CPUX86State *env, uint64_t lin)
{
    uint64_t hits = 0;

    for (int i = 0; i < 4; i++) {
        if (x86_dr7_enabled(env->dr[7], i) && x86_dr7_type(env->dr[7], i) == DR7_TYPE_EXEC &&
            env->dr[i] == lin) {
            hits |= 1ull << i;
        }
    }
    return hits;
}

bool x86_debug_insn_armed(const CPUX86State *env)
{
    for (int i = 0; i < 4; i++) {
        if (x86_dr7_enabled(env->dr[7], i) && x86_dr7_type(env->dr[7], i) == DR7_TYPE_EXEC) {
            return true;
        }
    }
    return false;
}

void x86_debug_branch(CPUX86State *env, uint64_t from)
{
    if (env->msr_debugctl & DEBUGCTL_LBR) {
        env->msr_branch_from = from;
        env->msr_branch_to = env->eip;
    }
}

void x86_debug_event(CPUX86State *env, uint64_t from, bool is_db, bool soft)
{
    if (is_db) {
        /* What is recorded is what came before it. */
        env->msr_debugctl &= ~(uint64_t)(DEBUGCTL_LBR | DEBUGCTL_BTF);
        return;
    }
    if ((env->msr_debugctl & DEBUGCTL_LBR) && !soft) {
        env->msr_int_from = env->msr_branch_from;
        env->msr_int_to = env->msr_branch_to;
    }
    x86_debug_branch(env, from);
}
