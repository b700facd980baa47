/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Synchronous signals of the host (SIGFPE, SIGILL, SIGSEGV, SIGBUS) that
 * generated code causes. Each kind of generated code registers a handler that
 * recognizes its own addresses; whatever nobody claims ends the process as it
 * would have.
 */
#ifndef I386_TCG_HOST_SIGNAL_H
#define I386_TCG_HOST_SIGNAL_H

#include "qemu/osdep.h"
#include <signal.h>
#include <ucontext.h>

/*
 * True if the fault at @uc was handled and execution continues with @uc, which
 * the handler may have changed. Runs on the signal stack; no vector registers.
 */
typedef bool X86HostSignalFn(int sig, siginfo_t *info, ucontext_t *uc);

/* Add the translator's handler. Once, at start-up. */
void x86_host_signal_set_jit(X86HostSignalFn *fn);

/* Handlers (first call) and the signal stack of the calling thread. */
void x86_host_signal_thread_init(void);

#endif
