/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -run-with async-teardown=on: a second process that shares our memory and outlives
 * us. Freeing a large guest takes the kernel seconds; with the memory held elsewhere
 * the end of this process, which management software waits for, is not delayed by it.
 */
#include "qemu/osdep.h"
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "vl-internal.h"

#define STACK_SIZE (64 * 1024)

typedef struct Holder {
    int pidfd; /* readable once all threads of the emulator have ended */
    char name[16];
} Holder;

/*
 * Runs with our memory, thread-local storage included, and all signals blocked: plain
 * system calls that succeed and so leave errno alone, and nothing else.
 */
__attribute__((no_sanitize_address)) static int hold_memory(void *opaque)
{
    Holder *h = opaque;
    struct pollfd p = {.fd = h->pidfd, .events = POLLIN};

    syscall(SYS_prctl, PR_SET_NAME, h->name, 0, 0, 0);
    /* Nobody may wait for a descriptor of ours to be closed. */
    if (h->pidfd > 0) {
        syscall(SYS_close_range, 0, h->pidfd - 1, 0);
    }
    syscall(SYS_close_range, h->pidfd + 1, ~0u, 0);
    syscall(SYS_ppoll, &p, 1, NULL, NULL, 0);
    syscall(SYS_exit_group, 0);
    return 0;
}

bool vl_start_async_teardown(Error **errp)
{
    static Holder holder;
    sigset_t all, old;
    int ready[2], pid;
    void *stack;
    char byte;

    holder.pidfd = syscall(SYS_pidfd_open, getpid(), 0);
    if (holder.pidfd < 0) {
        error_setg_errno(errp, errno, "cannot watch the own process (pidfd_open, Linux 5.3)");
        return false;
    }
    stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
                 -1, 0);
    if (stack == MAP_FAILED) {
        error_setg_errno(errp, errno, "no memory for the stack of the clean-up process");
        close(holder.pidfd);
        return false;
    }
    if (qemu_pipe(ready) < 0) {
        error_setg_errno(errp, errno, "cannot make a pipe to the clean-up process");
        munmap(stack, STACK_SIZE);
        close(holder.pidfd);
        return false;
    }
    snprintf(holder.name, sizeof(holder.name), "cleanup/%d", getpid());
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    /* No signal at its end: it is nobody's child worth waiting for. */
    pid = clone(hold_memory, (char *)stack + STACK_SIZE, CLONE_VM, &holder);
    sigprocmask(SIG_SETMASK, &old, NULL);
    close(holder.pidfd);
    close(ready[1]);
    if (pid < 0) {
        error_setg_errno(errp, errno, "cannot make the clean-up process");
        munmap(stack, STACK_SIZE);
    } else {
        /* End of file: it has closed its descriptors, the other end of this among them. */
        TFR(read(ready[0], &byte, 1));
    }
    close(ready[0]);
    return pid >= 0;
}
