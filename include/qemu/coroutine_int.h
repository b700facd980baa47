/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of coroutines, for util/ only. */
#ifndef QEMU_COROUTINE_INT_H
#define QEMU_COROUTINE_INT_H

#include "qemu/coroutine.h"
#include "qemu/queue.h"

#define COROUTINE_STACK_SIZE (1 << 20)

/* Why control came back to the one who switched. */
typedef enum {
    COROUTINE_YIELD = 1,
    COROUTINE_TERMINATE = 2,
    COROUTINE_ENTER = 3,
} CoroutineAction;

struct Coroutine {
    CoroutineEntry *entry;
    void *entry_arg;
    /* Who entered it; NULL while it sleeps. */
    Coroutine *caller;

    /* While in a pool. */
    QSLIST_ENTRY(Coroutine) pool_next;

    /* The context it runs in. */
    AioContext *ctx;
    /* aio_co_schedule() has it: the name of who asked. */
    const char *scheduled;
    QSLIST_ENTRY(Coroutine) co_scheduled_next;

    /* To be entered when this one yields or ends. */
    QSIMPLEQ_HEAD(, Coroutine) co_queue_wakeup;
    /* On somebody's co_queue_wakeup, a CoQueue or a CoMutex. */
    QSIMPLEQ_ENTRY(Coroutine) co_queue_next;
};

/* What a way of switching stacks provides: coroutine-x86_64.c, coroutine-ucontext.c. */
Coroutine *qemu_coroutine_new(void);
void qemu_coroutine_delete(Coroutine *co);
CoroutineAction qemu_coroutine_switch(Coroutine *from, Coroutine *to, CoroutineAction action);

/* The body of every coroutine: runs entry functions, one after the other, for ever. */
void coroutine_trampoline(Coroutine *co) QEMU_NORETURN;

/* A stack of *@sz bytes (rounded up) with a guard page below. */
void *qemu_alloc_stack(size_t *sz);
void qemu_free_stack(void *stack, size_t sz);

#endif
