/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into the emulator, tells it that memory of the host is lost, as the kernel would: for
 * each address (hexadecimal, one a line) that is written to the pipe $LOST_MEMORY. A thread may
 * send such a signal to itself only, so the first one, which the kernel chooses, is made to.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_t first;
static void *volatile lost;

static void send_to_self(int sig)
{
    siginfo_t info = {.si_signo = SIGBUS, .si_code = BUS_MCEERR_AO};

    info.si_addr = lost;
    info.si_addr_lsb = 12;
    syscall(SYS_rt_tgsigqueueinfo, getpid(), getpid(), SIGBUS, &info);
}

static void *wait_for_addresses(void *path)
{
    FILE *f = fopen(path, "r");
    void *addr;

    while (f && fscanf(f, "%p", &addr) == 1) {
        lost = addr;
        pthread_kill(first, SIGUSR2);
    }
    return NULL;
}

__attribute__((constructor)) static void start(void)
{
    struct sigaction sa = {.sa_handler = send_to_self, .sa_flags = SA_RESTART};
    sigset_t all, old;
    pthread_t thread;

    if (!getenv("LOST_MEMORY")) {
        return;
    }
    first = pthread_self();
    sigaction(SIGUSR2, &sa, NULL);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&thread, NULL, wait_for_addresses, getenv("LOST_MEMORY")) == 0) {
        pthread_detach(thread);
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}
