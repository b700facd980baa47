/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The translator: guest code to host code. docs/devel/translator.md.
 */
#ifndef I386_TCG_JIT_H
#define I386_TCG_JIT_H

#include "target/i386/cpu.h"

#define X86_JIT_DEFAULT_TB_SIZE (256 * 1024 * 1024ull)
/* In less, a kernel and one program do not fit: what is evicted is needed again at once. */
#define X86_JIT_MIN_TB_SIZE (8 * 1024 * 1024ull)

/*
 * Set up translation with a code buffer of @tb_size bytes (0: the default; at least 8 MiB, at most
 * TCG_MAX_TB_SIZE). False and @errp, with the reason, if this host cannot: the interpreter then
 * runs everything. Once, at start-up, before vCPUs exist.
 */
bool x86_jit_init(uint64_t tb_size, Error **errp);
bool x86_jit_enabled(void);

/* Per-vCPU state. The first in the vCPU's own thread; BQL held. */
void x86_jit_cpu_init(CPUX86State *env);
void x86_jit_cpu_free(CPUX86State *env);

/*
 * Run from env->eip until CPUState.exit_request, or until the loop is needed
 * (debug traps, interrupt shadow, halt...). At least one instruction is done
 * unless exit_request was set. Exceptions leave through the jump buffer, as from the
 * interpreter. Not to be called with HF_TF, HF_INHIBIT_IRQ or instruction
 * breakpoints in force. vCPU thread, no BQL, inside an RCU read-side section
 * that ends now and then.
 */
void x86_jit_run(CPUX86State *env);

/* Translations of all code are dropped (for tests and `tb-flush`). Any thread. */
void x86_jit_flush(void);

/* A debugger's breakpoints were changed: translated code stops before them. BQL, vCPUs stopped. */
void x86_jit_set_breakpoints(void);

/* For `info jit`. */
typedef struct X86JitStats {
    uint64_t buffer_size, buffer_used;
    uint64_t blocks, guest_bytes, host_bytes;  /* alive now */
    uint64_t translated, invalidated, evicted; /* blocks, since the start */
    uint64_t regions_evicted, links, lookups, slow_fills, interpreted;
} X86JitStats;

void x86_jit_get_stats(X86JitStats *s);

#endif
