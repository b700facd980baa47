/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The execution loop of an emulated vCPU: interrupts, exceptions, and running
 * instructions one way or the other. See docs/devel/cpu-emulation.md.
 */
#ifndef I386_TCG_EXEC_H
#define I386_TCG_EXEC_H

#include "target/i386/tcg/code-track.h"
#include "target/i386/tcg/decode.h"

/* ---- decoded instructions, kept ---- */

/* A function that translated code may call with the guest's vector state in the host's registers.
 */
#ifdef HOST_X86_64
#define X86_NO_VECTOR __attribute__((target("general-regs-only")))
#else
#define X86_NO_VECTOR
#endif

#define X86_BLOCK_MAX 32 /* instructions */

/* A straight run of instructions within a page. */
typedef struct X86InsnBlock {
    uint64_t pc;         /* linear */
    const uint8_t *host; /* of the first byte: tells the page, whatever it is mapped to */
    X86CodeTrack *track;
    uint32_t gen;  /* of the track when the bytes were read */
    uint32_t mode; /* hflags that matter to the decoder */
    uint16_t count;
    uint16_t bytes;
    bool ends; /* the last instruction may change what the loop has to look at */
    struct DecodedInsn *insn;
} X86InsnBlock;

typedef struct X86InsnCache X86InsnCache;

X86InsnCache *x86_insn_cache_new(void);
void x86_insn_cache_free(X86InsnCache *cache);
void x86_insn_cache_clear(X86InsnCache *cache);
/*
 * The block at CS:EIP; may raise #PF. NULL: the instruction there cannot be kept
 * (it crosses a page, lies in MMIO or at the end of CS): use x86_fetch_insn().
 */
const X86InsnBlock *x86_insn_block(CPUX86State *env);
/* Decodes the one instruction at CS:EIP; may raise #PF, #GP. */
void x86_fetch_insn(CPUX86State *env, DecodedInsn *d);

/* Linear address of CS:EIP. */
static inline uint64_t x86_pc(const CPUX86State *env)
{
    return env->hflags & HF_CS64 ? env->eip : (uint32_t)(env->segs[R_CS].base + env->eip);
}

/* Offset of what follows @len bytes at eip. */
static inline uint64_t x86_eip_after(const CPUX86State *env, unsigned len)
{
    return env->hflags & HF_CS64 ? env->eip + len : (uint32_t)(env->eip + len);
}

/*
 * RF makes a difference to instruction breakpoints alone: where none is armed it need not last
 * until the next instruction is over, which would have to be executed by itself.
 */
static inline void x86_settle_rf(CPUX86State *env)
{
    if (!(env->dr[7] & 0xff)) {
        env->eflags &= ~(uint64_t)RF_MASK;
    }
}

/* What an accelerator keeps per vCPU under TCG. */
struct AccelCPUState {
    X86InsnCache *cache;
    /*
     * Runs instructions until the loop has to look at something. x86_interpret(),
     * or the translator. Not called while traps, an interrupt shadow or
     * breakpoints ask for one instruction at a time.
     */
    void (*run)(CPUX86State *env);
    /*
     * run() itself stops before a debugger's breakpoints and after accesses to
     * its watchpoints. Otherwise it is not called while there are any.
     */
    bool heeds_debugger;
};

void x86_interpret(CPUX86State *env);
void x86_interpret_one(CPUX86State *env);
/* One instruction with all that may surround it: breakpoints before, traps after. */
void x86_step(CPUX86State *env);
/* Something has to be looked at before or after each instruction: only x86_step() will do. */
bool x86_needs_care(const CPUX86State *env);

/* ---- the loop; vCPU thread, BQL not held ---- */

/* Runs guest code until something needs the thread loop; returns an EXCP_ value. */
int x86_cpu_exec(CPUState *cs);
/* Runs one instruction while no other vCPU runs. */
void x86_cpu_exec_atomic(CPUState *cs);

/* With -icount: all that may run before the thread looks at the clock has. */
static inline bool x86_out_of_budget(const CPUState *cs)
{
    return icount_enabled() && cs->icount_left <= 0;
}

/*
 * @d, which was at @eip, has been executed. A repeated one that is not at its end is not counted:
 * how often it is interrupted does not depend on the guest alone.
 */
static inline void x86_count_insn(CPUX86State *env, const DecodedInsn *d, uint64_t eip)
{
    if (icount_enabled() &&
        !(env->next_eip == eip && (d->prefixes & (X86_PFX_REPZ | X86_PFX_REPNZ)))) {
        env_cpu(env)->icount_left--;
    }
}

/* vCPUs take turns in one thread: PAUSE ends a turn, as whom it waits for does not run. */
extern bool x86_pause_yields;

/* Should a repeated instruction, or a run of blocks, give way to something? */
static inline bool x86_insn_should_stop(CPUX86State *env)
{
    return qatomic_read(&env_cpu(env)->exit_request) || (env->hflags & HF_TF) || env->dr6_pending;
}

/* An unmasked event that waits for an instruction boundary; any of @req, no lock. */
bool x86_event_deliverable(const CPUX86State *env, uint32_t req);
/* What is requested, but for what a debugger's step holds back (SSTEP_NOIRQ). */
uint32_t x86_visible_requests(CPUState *cs);
/*
 * Takes it; true if a handler was entered. May raise (the delivery of an
 * interrupt can fault).
 */
bool x86_take_events(CPUX86State *env);
/* Delivers cs->exception_index; false: triple fault, the machine is being reset. */
bool x86_take_exception(CPUX86State *env);
/* Delivers a #DB trap for @dr6 after an instruction. */
void x86_take_debug_trap(CPUX86State *env, uint64_t dr6);

/* sys-misc.c: leaves the loop with EXCP_ value @reason, behind the current instruction. */
G_NORETURN void x86_leave_behind(CPUX86State *env, int reason);
/* Sleeps until an event, behind the current instruction. */
G_NORETURN void x86_halt(CPUX86State *env);
/* mwait.c: nothing is monitored any more; any processor that monitors a line of @t wakes. */
void x86_mwait_end(CPUX86State *env);
void x86_mwait_wake(X86CodeTrack *t);

/* sys-cr.c: the bits of CR4 that this processor has. */
uint64_t x86_cr4_writable(const CPUX86State *env);

/* smm.c */
void x86_enter_smm(CPUX86State *env);

/* cpu-dump.c */
void x86_cpu_dump_state(CPUState *cs, CPUDumpSink emit, void *opaque, int flags);
/* The @n instructions from @pc to the logs in_asm and op, as far as these are on. */
void x86_log_block(uint64_t pc, const DecodedInsn *insn, unsigned n, uint32_t hflags);

#endif
