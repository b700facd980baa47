/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-copy-update: readers pay two plain stores and no lock; a writer
 * publishes a new version with qatomic_rcu_set() and frees the old one after a
 * grace period, when no reader can still see it.
 *
 *   reader:  RCU_READ_LOCK_GUARD();        writer (under its own lock):
 *            p = qatomic_rcu_read(&head);    old = head;
 *            use(p);                         qatomic_rcu_set(&head, new);
 *                                            call_rcu(old, old_free, rcu);
 *
 * Every thread made by qemu_thread_create() that reads must call
 * rcu_register_thread() first; the main thread is registered from the start.
 */
#ifndef QEMU_RCU_H
#define QEMU_RCU_H

#include "qemu/atomic.h"
#include "qemu/coroutine-tls.h"
#include "qemu/notify.h"
#include "qemu/queue.h"
#include "qemu/sys_membarrier.h"
#include "qemu/thread.h"

/* Grace period number; readers copy it on entry. Bit 0 is always set. */
extern unsigned long rcu_gp_ctr;
extern QemuEvent rcu_gp_event;

struct rcu_reader_data {
    /* 0: not reading; otherwise the grace period seen on entry. */
    unsigned long ctr;
    /* Some synchronize_rcu() sleeps until this thread leaves. */
    bool waiting;
    /* Nesting, used by the owner only. */
    unsigned depth;
    QLIST_ENTRY(rcu_reader_data) node;
    /* Called when a grace period is held up by this thread; rcu_registry lock held. */
    NotifierList force_rcu;
};

QEMU_DECLARE_CO_TLS(struct rcu_reader_data, rcu_reader)

static inline void rcu_read_lock(void)
{
    struct rcu_reader_data *reader = get_ptr_rcu_reader();

    if (reader->depth++ > 0) {
        return;
    }
    qatomic_set(&reader->ctr, qatomic_read(&rcu_gp_ctr));
    /* Pairs with the barrier that synchronize_rcu() makes every thread execute. */
    smp_mb_placeholder();
}

static inline void rcu_read_unlock(void)
{
    struct rcu_reader_data *reader = get_ptr_rcu_reader();

    g_assert(reader->depth != 0);
    if (--reader->depth > 0) {
        return;
    }
    /* What was read in the section is not reordered past its end. */
    qatomic_store_release(&reader->ctr, 0);
    smp_mb_placeholder();
    if (unlikely(qatomic_read(&reader->waiting))) {
        qatomic_set(&reader->waiting, false);
        qemu_event_set(&rcu_gp_event);
    }
}

/* True inside a read-side section of the calling thread. */
static inline bool rcu_read_is_locked(void)
{
    return get_ptr_rcu_reader()->depth != 0;
}

/* Wait for a grace period. Not inside a read-side section; may take milliseconds. */
void synchronize_rcu(void);

/* Before the first and after the last read of a thread. */
void rcu_register_thread(void);
void rcu_unregister_thread(void);

struct rcu_head;
typedef void RCUCBFunc(struct rcu_head *head);

struct rcu_head {
    struct rcu_head *next;
    RCUCBFunc *func;
};

/* Run @func(@head) after a grace period, in the RCU thread with the BQL held. */
void call_rcu1(struct rcu_head *head, RCUCBFunc *func);
/*
 * Wait until every callback queued before now has run. The BQL, if held, is
 * dropped meanwhile. Not inside a read-side section, not in the RCU thread.
 */
void drain_call_rcu(void);

/* call_rcu(obj, void (*func)(typeof(obj)), name of obj's rcu_head, at offset 0) */
#define call_rcu(head, func, field)                                                                \
    call_rcu1(__extension__({                                                                      \
                  char __attribute__((unused))                                                     \
                  offset_must_be_zero_[-offsetof(typeof(*(head)), field)],                         \
                      func_type_invalid_ = (func) - (void (*)(typeof(head)))(func);                \
                  &(head)->field;                                                                  \
              }),                                                                                  \
              (RCUCBFunc *)(func))

/* g_free() @obj, wherever its rcu_head is first member, after a grace period. */
#define g_free_rcu(obj, field)                                                                     \
    call_rcu1(__extension__({                                                                      \
                  char __attribute__((unused))                                                     \
                  offset_must_be_zero_[-offsetof(typeof(*(obj)), field)];                          \
                  &(obj)->field;                                                                   \
              }),                                                                                  \
              (RCUCBFunc *)g_free)

typedef void RCUReadAuto;

static inline RCUReadAuto *rcu_read_auto_lock(void)
{
    rcu_read_lock();
    /* Anything but NULL, or the cleanup would not be called. */
    return (void *)0x1;
}

static inline void rcu_read_auto_unlock(RCUReadAuto *r)
{
    rcu_read_unlock();
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RCUReadAuto, rcu_read_auto_unlock)

/* The rest of this block is a read-side section. */
#define RCU_READ_LOCK_GUARD()                                                                      \
    g_autoptr(RCUReadAuto) rcu_read_auto_ G_GNUC_UNUSED = rcu_read_auto_lock()

#define WITH_RCU_READ_LOCK_GUARD_(var)                                                             \
    for (g_autoptr(RCUReadAuto) var = rcu_read_auto_lock(); var;                                   \
         rcu_read_auto_unlock(var), var = NULL)
#define WITH_RCU_READ_LOCK_GUARD() WITH_RCU_READ_LOCK_GUARD_(glue(rcu_read_auto_, __COUNTER__))

/* Be told when this thread holds up a grace period (a vCPU kicks itself out). */
void rcu_add_force_rcu_notifier(Notifier *n);
void rcu_remove_force_rcu_notifier(Notifier *n);

#endif
