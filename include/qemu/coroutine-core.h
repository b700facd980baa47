/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the coroutine interface that other headers need: creating,
 * entering and yielding, and the mutex. See qemu/coroutine.h for the rest.
 */
#ifndef QEMU_COROUTINE_CORE_H
#define QEMU_COROUTINE_CORE_H

#include "qemu/compiler.h"
#include "qemu/typedefs.h"

/* The body of a coroutine. When it returns, the coroutine is gone. */
typedef void coroutine_fn CoroutineEntry(void *opaque);

/* Created asleep; starts with the first qemu_coroutine_enter(). */
Coroutine *qemu_coroutine_create(CoroutineEntry *entry, void *opaque);
/*
 * Run @co in this thread until it yields or ends. If a coroutine is running
 * now, it continues after that; @co is then nested in it.
 */
void qemu_coroutine_enter(Coroutine *co);
/* qemu_coroutine_enter(), with @ctx as the home of @co from now on. */
void qemu_aio_coroutine_enter(AioContext *ctx, Coroutine *co);
/* Go to sleep and continue whoever entered this coroutine. */
void coroutine_fn qemu_coroutine_yield(void);
/* The running coroutine; outside of any, one that stands for the thread. */
Coroutine *qemu_coroutine_self(void);
bool qemu_in_coroutine(void);
/* True from the first enter until the entry function has returned. */
bool qemu_coroutine_entered(Coroutine *co);

/* Start unlocked, owned by nobody. Holders may move between threads. */
void qemu_co_mutex_init(CoMutex *mutex);
/* Waiters yield; they get the mutex in order, each in its own AioContext. */
void coroutine_fn qemu_co_mutex_lock(CoMutex *mutex);
void coroutine_fn qemu_co_mutex_unlock(CoMutex *mutex);

#endif
