/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debug registers and debugger watchpoints. SDM volume 3, chapter 17.
 */
#ifndef I386_TCG_DEBUG_H
#define I386_TCG_DEBUG_H

#include "target/i386/cpu.h"

/* In env->dr6_pending beside DR6 bits: a debugger's watchpoint was hit. */
#define X86_PENDING_GDB_WATCH (1ull << 32)

static inline unsigned x86_dr7_type(uint64_t dr7, int i)
{
    return (dr7 >> (16 + i * 4)) & 3;
}

static inline unsigned x86_dr7_len(uint64_t dr7, int i)
{
    unsigned len = (dr7 >> (18 + i * 4)) & 3;

    return len == 2 ? 8 : len + 1;
}

static inline bool x86_dr7_enabled(uint64_t dr7, int i)
{
    return (dr7 >> (i * 2)) & 3;
}

enum { DR7_TYPE_EXEC, DR7_TYPE_WRITE, DR7_TYPE_IO, DR7_TYPE_RW };

/* True if an armed data breakpoint or a debugger's watchpoint lies in the page at @lin. */
bool x86_debug_page_watched(CPUX86State *env, uint64_t lin);

/* A data access that passed all checks: notes the breakpoints that it hits. */
void x86_debug_data_access(CPUX86State *env, uint64_t lin, unsigned size, bool write);

/* The same for ports. Only needed while HF_IOBPT is set. */
void x86_debug_io_access(CPUX86State *env, uint16_t port, unsigned size);

/* DR6 bits of enabled instruction breakpoints at @lin; 0: none. */
uint64_t x86_debug_insn_hits(CPUX86State *env, uint64_t lin);

/* True if an instruction breakpoint is armed: instructions have to be looked at one by one. */
bool x86_debug_insn_armed(const CPUX86State *env);

/*
 * DEBUGCTL (SDM volume 3, 17.13; APM volume 2, 13.1.6). While it asks for anything, instructions
 * are looked at one by one. Both are called only then: behind a taken branch, and when an interrupt
 * or exception has been delivered to the handler at env->eip. @from: the offset that was left.
 */
void x86_debug_branch(CPUX86State *env, uint64_t from);
void x86_debug_event(CPUX86State *env, uint64_t from, bool is_db, bool soft);

#endif
