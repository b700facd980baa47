/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coroutines: functions that can go to sleep in the middle and be continued
 * from an event loop. Code that would be a chain of callbacks reads top to
 * bottom instead. Each has a stack; switching is a plain function call that
 * swaps stacks, without a system call.
 *
 * A coroutine runs in one thread at a time. Wake one with aio_co_wake() (from
 * anywhere), which puts it back into its AioContext.
 */
#ifndef QEMU_COROUTINE_H
#define QEMU_COROUTINE_H

#include "qemu/coroutine-core.h"
#include "qemu/lockable.h"
#include "qemu/queue.h"
#include "qemu/timer.h"

struct CoMutex {
    /* Held for a few instructions, for the members below. */
    QemuSpin guard;
    /* NULL when free. Unlocking hands it to the first waiter. */
    Coroutine *holder;
    QSIMPLEQ_HEAD(, Coroutine) waiters;
};

/* Fails the program unless the calling coroutine holds @mutex. */
void coroutine_fn qemu_co_mutex_assert_locked(CoMutex *mutex);

/*
 * Coroutines waiting for a condition, woken in order. The caller guards the
 * condition and the queue with a lock, which wait() drops while asleep.
 */
struct CoQueue {
    QSIMPLEQ_HEAD(, Coroutine) entries;
};

typedef enum {
    /* The woken coroutine goes first when the lock is free, at the queue's head. */
    CO_QUEUE_WAIT_FRONT = 0x1,
} CoQueueWaitFlags;

void qemu_co_queue_init(CoQueue *queue);
#define qemu_co_queue_wait(queue, lock) qemu_co_queue_wait_impl(queue, QEMU_MAKE_LOCKABLE(lock), 0)
#define qemu_co_queue_wait_flags(queue, lock, flags)                                               \
    qemu_co_queue_wait_impl(queue, QEMU_MAKE_LOCKABLE(lock), (flags))
void coroutine_fn qemu_co_queue_wait_impl(CoQueue *queue, QemuLockable *lock,
                                          CoQueueWaitFlags flags);
/* Wake the next waiter; false if there is none. From a coroutine. */
bool coroutine_fn qemu_co_queue_next(CoQueue *queue);
void coroutine_fn qemu_co_queue_restart_all(CoQueue *queue);
/* Enter the next waiter at once, dropping @lock meanwhile. From anywhere. */
#define qemu_co_enter_next(queue, lock) qemu_co_enter_next_impl(queue, QEMU_MAKE_LOCKABLE(lock))
bool qemu_co_enter_next_impl(CoQueue *queue, QemuLockable *lock);
#define qemu_co_enter_all(queue, lock) qemu_co_enter_all_impl(queue, QEMU_MAKE_LOCKABLE(lock))
void qemu_co_enter_all_impl(CoQueue *queue, QemuLockable *lock);
bool qemu_co_queue_empty(CoQueue *queue);

/* Many readers or one writer; fair: a waiting writer holds back new readers. */
struct CoRwlock {
    CoMutex mutex;
    /* Readers inside, or -1 for a writer. */
    int owners;
    QSIMPLEQ_HEAD(, CoRwTicket) tickets;
};

void qemu_co_rwlock_init(CoRwlock *lock);
void coroutine_fn qemu_co_rwlock_rdlock(CoRwlock *lock);
/* Reader becomes writer; others may have been inside in between. */
void coroutine_fn qemu_co_rwlock_upgrade(CoRwlock *lock);
/* Writer becomes reader; nobody else writes in between. */
void coroutine_fn qemu_co_rwlock_downgrade(CoRwlock *lock);
void coroutine_fn qemu_co_rwlock_wrlock(CoRwlock *lock);
void coroutine_fn qemu_co_rwlock_unlock(CoRwlock *lock);

/* Sleep for @ns on the clock @type. */
void coroutine_fn qemu_co_sleep_ns(QEMUClockType type, int64_t ns);

/* A sleep that others can cut short; zero-filled when nobody sleeps. */
typedef struct QemuCoSleep {
    Coroutine *to_wake;
} QemuCoSleep;

void coroutine_fn qemu_co_sleep_ns_wakeable(QemuCoSleep *w, QEMUClockType type, int64_t ns);
/* Until qemu_co_sleep_wake(). */
void coroutine_fn qemu_co_sleep(QemuCoSleep *w);
void qemu_co_sleep_wake(QemuCoSleep *w);

/*
 * Start a call of @entry as a coroutine that is given up on after
 * @timeout_ns: returns 0, or -ETIMEDOUT, after which @clean(@opaque) is called
 * when the coroutine ends after all.
 */
typedef void CleanupFunc(void *opaque);
int coroutine_fn qemu_co_timeout(CoroutineEntry *entry, void *opaque, uint64_t timeout_ns,
                                 CleanupFunc clean);

/* Yield until @fd is readable; handlers for it in the current context are replaced. */
void coroutine_fn yield_until_fd_readable(int fd);

/* Keep this many more (fewer) finished coroutines for reuse; block devices call it. */
void qemu_coroutine_inc_pool_size(unsigned int additional);
void qemu_coroutine_dec_pool_size(unsigned int removing);

#endif
