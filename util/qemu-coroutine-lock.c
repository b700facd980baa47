/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks for coroutines: who has to wait yields instead of blocking the thread.
 *
 * A coroutine that puts itself on a waiting list may be woken by another thread
 * before it has yielded. That is fine: aio_co_wake() then goes through the event
 * loop of the coroutine's own thread, which gets to it only after the yield.
 */
#include "qemu/osdep.h"
#include "qemu/coroutine_int.h"
#include "block/aio.h"
#include "trace/trace-util.h"

/* ---- CoMutex */

void qemu_co_mutex_init(CoMutex *mutex)
{
    qemu_spin_init(&mutex->guard);
    mutex->holder = NULL;
    QSIMPLEQ_INIT(&mutex->waiters);
}

void coroutine_fn qemu_co_mutex_lock(CoMutex *mutex)
{
    Coroutine *self = qemu_coroutine_self();

    g_assert(qatomic_read(&mutex->holder) != self); /* would wait for itself */
    qemu_spin_lock(&mutex->guard);
    if (!mutex->holder) {
        qatomic_set(&mutex->holder, self);
        qemu_spin_unlock(&mutex->guard);
        return;
    }
    trace_qemu_co_mutex_lock_entry(mutex, self);
    QSIMPLEQ_INSERT_TAIL(&mutex->waiters, self, co_queue_next);
    qemu_spin_unlock(&mutex->guard);
    qemu_coroutine_yield();
    trace_qemu_co_mutex_lock_return(mutex, self);
}

void coroutine_fn qemu_co_mutex_unlock(CoMutex *mutex)
{
    Coroutine *next;

    g_assert(mutex->holder == qemu_coroutine_self());
    qemu_spin_lock(&mutex->guard);
    next = QSIMPLEQ_FIRST(&mutex->waiters);
    if (next) {
        QSIMPLEQ_REMOVE_HEAD(&mutex->waiters, co_queue_next);
    }
    qatomic_set(&mutex->holder, next);
    qemu_spin_unlock(&mutex->guard);
    if (next) {
        trace_qemu_co_mutex_unlock_entry(mutex, next);
        aio_co_wake(next);
    }
}

void coroutine_fn qemu_co_mutex_assert_locked(CoMutex *mutex)
{
    g_assert(qatomic_read(&mutex->holder) == qemu_coroutine_self());
}

/* ---- CoQueue */

void qemu_co_queue_init(CoQueue *queue)
{
    QSIMPLEQ_INIT(&queue->entries);
}

void coroutine_fn qemu_co_queue_wait_impl(CoQueue *queue, QemuLockable *lock,
                                          CoQueueWaitFlags flags)
{
    Coroutine *self = qemu_coroutine_self();

    if (flags & CO_QUEUE_WAIT_FRONT) {
        QSIMPLEQ_INSERT_HEAD(&queue->entries, self, co_queue_next);
    } else {
        QSIMPLEQ_INSERT_TAIL(&queue->entries, self, co_queue_next);
    }
    if (lock) {
        qemu_lockable_unlock(lock);
    }
    qemu_coroutine_yield();
    if (lock) {
        qemu_lockable_lock(lock);
    }
}

bool qemu_co_enter_next_impl(CoQueue *queue, QemuLockable *lock)
{
    Coroutine *next = QSIMPLEQ_FIRST(&queue->entries);

    if (!next) {
        return false;
    }
    QSIMPLEQ_REMOVE_HEAD(&queue->entries, co_queue_next);
    if (lock) {
        qemu_lockable_unlock(lock);
    }
    aio_co_wake(next);
    if (lock) {
        qemu_lockable_lock(lock);
    }
    return true;
}

void qemu_co_enter_all_impl(CoQueue *queue, QemuLockable *lock)
{
    while (qemu_co_enter_next_impl(queue, lock)) {
    }
}

bool coroutine_fn qemu_co_queue_next(CoQueue *queue)
{
    /* In a coroutine, waking only puts it in line: the lock can stay held. */
    return qemu_co_enter_next_impl(queue, NULL);
}

void coroutine_fn qemu_co_queue_restart_all(CoQueue *queue)
{
    qemu_co_enter_all_impl(queue, NULL);
}

bool qemu_co_queue_empty(CoQueue *queue)
{
    return QSIMPLEQ_EMPTY(&queue->entries);
}

/* ---- CoRwlock */

struct CoRwTicket {
    bool read;
    Coroutine *co;
    QSIMPLEQ_ENTRY(CoRwTicket) next;
};
typedef struct CoRwTicket CoRwTicket;

void qemu_co_rwlock_init(CoRwlock *lock)
{
    qemu_co_mutex_init(&lock->mutex);
    lock->owners = 0;
    QSIMPLEQ_INIT(&lock->tickets);
}

/*
 * Mutex held; releases it. Gives the lock to the first in line if it can have
 * it. A reader that gets it calls this again, for the one behind.
 */
static void coroutine_fn wake_first(CoRwlock *lock)
{
    CoRwTicket *first = QSIMPLEQ_FIRST(&lock->tickets);
    Coroutine *co = NULL;

    if (first && (first->read ? lock->owners >= 0 : lock->owners == 0)) {
        lock->owners = first->read ? lock->owners + 1 : -1;
        co = first->co;
        QSIMPLEQ_REMOVE_HEAD(&lock->tickets, next);
    }
    qemu_co_mutex_unlock(&lock->mutex);
    if (co) {
        aio_co_wake(co);
    }
}

/* Mutex held; releases it. Returns with the lock. */
static void coroutine_fn wait_in_line(CoRwlock *lock, bool read)
{
    CoRwTicket ticket = {.read = read, .co = qemu_coroutine_self()};

    QSIMPLEQ_INSERT_TAIL(&lock->tickets, &ticket, next);
    qemu_co_mutex_unlock(&lock->mutex);
    qemu_coroutine_yield();
    if (read) {
        qemu_co_mutex_lock(&lock->mutex);
        wake_first(lock);
    }
}

void coroutine_fn qemu_co_rwlock_rdlock(CoRwlock *lock)
{
    qemu_co_mutex_lock(&lock->mutex);
    /* Not past a writer that waits. */
    if (lock->owners >= 0 && QSIMPLEQ_EMPTY(&lock->tickets)) {
        lock->owners++;
        qemu_co_mutex_unlock(&lock->mutex);
    } else {
        wait_in_line(lock, true);
    }
}

void coroutine_fn qemu_co_rwlock_wrlock(CoRwlock *lock)
{
    qemu_co_mutex_lock(&lock->mutex);
    if (lock->owners == 0) {
        lock->owners = -1;
        qemu_co_mutex_unlock(&lock->mutex);
    } else {
        wait_in_line(lock, false);
    }
}

void coroutine_fn qemu_co_rwlock_unlock(CoRwlock *lock)
{
    qemu_co_mutex_lock(&lock->mutex);
    g_assert(lock->owners != 0);
    lock->owners = lock->owners > 0 ? lock->owners - 1 : 0;
    wake_first(lock);
}

void coroutine_fn qemu_co_rwlock_downgrade(CoRwlock *lock)
{
    qemu_co_mutex_lock(&lock->mutex);
    g_assert(lock->owners == -1);
    lock->owners = 1;
    wake_first(lock);
}

void coroutine_fn qemu_co_rwlock_upgrade(CoRwlock *lock)
{
    qemu_co_mutex_lock(&lock->mutex);
    g_assert(lock->owners > 0);
    if (lock->owners == 1 && QSIMPLEQ_EMPTY(&lock->tickets)) {
        lock->owners = -1;
        qemu_co_mutex_unlock(&lock->mutex);
        return;
    }
    /* Give up reading first: two readers that both upgrade would wait for each other. */
    CoRwTicket ticket = {.read = false, .co = qemu_coroutine_self()};

    lock->owners--;
    QSIMPLEQ_INSERT_TAIL(&lock->tickets, &ticket, next);
    wake_first(lock);
    qemu_coroutine_yield();
}
