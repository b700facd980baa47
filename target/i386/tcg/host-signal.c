/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dispatch of synchronous signals. Compiled without vector registers: the
 * guest's floating-point exceptions may be unmasked while this runs.
 */
#include "qemu/osdep.h"
#include <signal.h>
#include "qemu/thread.h"
#include "target/i386/tcg/host-signal.h"
#include "target/i386/tcg/hostvec-stub.h"

#define SIGNAL_STACK_SIZE (128 * 1024)

static X86HostSignalFn *jit_handler;
static struct sigaction previous[_NSIG];

void x86_host_signal_set_jit(X86HostSignalFn *fn)
{
    jit_handler = fn;
}

/* Whoever came first has it; without a handler there, the instruction is done again and ends us. */
static void unclaimed(int sig, siginfo_t *info, void *ctx)
{
    if (previous[sig].sa_flags & SA_SIGINFO) {
        previous[sig].sa_sigaction(sig, info, ctx);
    } else {
        sigaction(sig, &previous[sig], NULL);
    }
}

/* Not of an instruction: memory that is not to be used any more (sigaction(2)). */
static bool is_asynchronous(int sig, const siginfo_t *info)
{
    return sig == SIGBUS && info->si_code == BUS_MCEERR_AO;
}

static void on_signal(int sig, siginfo_t *info, void *ctx)
{
    ucontext_t *uc = ctx;
    greg_t *rip = &uc->uc_mcontext.gregs[REG_RIP];
    uintptr_t next = 0;

    if (sig == SIGFPE) {
        next = x86_hostvec_fault(*rip, X86_HOSTVEC_SIMD_FAULT);
    } else if (sig == SIGSEGV) {
        next = x86_hostvec_fault(*rip, X86_HOSTVEC_MISALIGNED);
    } else if (sig == SIGILL) {
        next = x86_hostvec_fault(*rip, X86_HOSTVEC_UNDEFINED);
    }
    if (next) {
        *rip = next;
        return;
    }
    if (!is_asynchronous(sig, info) && jit_handler && jit_handler(sig, info, uc)) {
        return;
    }
    unclaimed(sig, info, ctx);
}

static void install(void)
{
    static const int signals[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS};
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    sigemptyset(&sa.sa_mask);
    for (unsigned i = 0; i < G_N_ELEMENTS(signals); i++) {
        sigaction(signals[i], &sa, &previous[signals[i]]);
    }
}

void x86_host_signal_thread_init(void)
{
    static gsize once;
    stack_t old, ss = {.ss_size = SIGNAL_STACK_SIZE};

    if (g_once_init_enter(&once)) {
        install();
        g_once_init_leave(&once, 1);
    }
    if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE)) {
        return;
    }
    /* Lives as long as the thread and a little longer; a vCPU thread lives as long as the process.
     */
    ss.ss_sp = g_malloc(SIGNAL_STACK_SIZE);
    sigaltstack(&ss, NULL);
}
