/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-copy-update for user space, after the "memory barrier" scheme of
 * Desnoyers et al., "User-Level Implementations of Read-Copy Update" (IEEE
 * TPDS 2012): readers publish the grace period they entered in; a writer
 * starts a new period and waits for the readers of the old one. Where the
 * host has membarrier(2), its cost falls on the writer alone.
 */

#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"

#define RCU_GP_LOCK 1ul
#define RCU_GP_STEP 2ul

unsigned long rcu_gp_ctr = RCU_GP_LOCK;
QemuEvent rcu_gp_event;

QEMU_DEFINE_CO_TLS(struct rcu_reader_data, rcu_reader)

typedef QLIST_HEAD(ThreadList, rcu_reader_data) ThreadList;

/* All readers; rcu_registry_lock. */
static ThreadList registry = QLIST_HEAD_INITIALIZER(registry);
static QemuMutex rcu_registry_lock;
/* One grace period at a time. */
static QemuMutex rcu_sync_lock;

/* Callbacks not yet run, newest first; the RCU thread takes them all at once. */
static struct rcu_head *pending;
static QemuEvent pending_event;
static int drain_waiters;
static int atfork_depth = 1;
static int thread_started;

static bool still_reading(struct rcu_reader_data *reader)
{
    /* What it read in its section is done before what the caller frees. */
    unsigned long ctr = qatomic_load_acquire(&reader->ctr);

    return ctr && ctr != rcu_gp_ctr;
}

/* Sleeps until no registered reader is in the old period. rcu_registry_lock held. */
static void wait_for_readers(void)
{
    ThreadList done = QLIST_HEAD_INITIALIZER(done);
    struct rcu_reader_data *reader, *next;

    for (;;) {
        qemu_event_reset(&rcu_gp_event);
        QLIST_FOREACH (reader, &registry, node) {
            qatomic_set(&reader->waiting, true);
        }
        /* Either the reader sees waiting, or its exit is seen below. */
        smp_mb_global();
        QLIST_FOREACH_SAFE (reader, &registry, node, next) {
            if (still_reading(reader)) {
                notifier_list_notify(&reader->force_rcu, NULL);
            } else {
                qatomic_set(&reader->waiting, false);
                QLIST_REMOVE(reader, node);
                QLIST_INSERT_HEAD(&done, reader, node);
            }
        }
        if (QLIST_EMPTY(&registry)) {
            break;
        }
        /* Threads may come and go meanwhile: one that leaves removes itself from either list. */
        qemu_mutex_unlock(&rcu_registry_lock);
        qemu_event_wait(&rcu_gp_event);
        qemu_mutex_lock(&rcu_registry_lock);
    }
    QLIST_FOREACH_SAFE (reader, &done, node, next) {
        QLIST_REMOVE(reader, node);
        QLIST_INSERT_HEAD(&registry, reader, node);
    }
}

void synchronize_rcu(void)
{
    g_assert(!rcu_read_is_locked()); /* would wait for itself */
    qemu_mutex_lock(&rcu_sync_lock);
    /* What the caller published comes before looking at the readers. */
    smp_mb_global();
    qemu_mutex_lock(&rcu_registry_lock);
    if (!QLIST_EMPTY(&registry)) {
        /* 64 bits do not wrap in the life of a process, so one step is enough. */
        qatomic_set(&rcu_gp_ctr, rcu_gp_ctr + RCU_GP_STEP);
        wait_for_readers();
    }
    qemu_mutex_unlock(&rcu_registry_lock);
    qemu_mutex_unlock(&rcu_sync_lock);
}

static void *call_rcu_thread(void *opaque);

/*
 * The thread starts with the first callback, not with the program: until then a
 * process that goes to the background forks with no other thread around, whose
 * locks the child would find taken for ever.
 */
static void ensure_thread(void)
{
    QemuThread thread;

    if (!qatomic_read(&thread_started) && !qatomic_xchg(&thread_started, 1)) {
        qemu_thread_create(&thread, "call_rcu", call_rcu_thread, NULL, QEMU_THREAD_DETACHED);
    }
}

void call_rcu1(struct rcu_head *head, RCUCBFunc *func)
{
    struct rcu_head *old;

    head->func = func;
    do {
        old = qatomic_read(&pending);
        head->next = old;
    } while (qatomic_cmpxchg(&pending, old, head) != old);
    qemu_event_set(&pending_event);
    ensure_thread();
}

/* The list in the order in which it was queued. */
static struct rcu_head *take_pending(void)
{
    struct rcu_head *list = qatomic_xchg(&pending, NULL), *reversed = NULL;

    while (list) {
        struct rcu_head *next = list->next;
        list->next = reversed;
        reversed = list;
        list = next;
    }
    return reversed;
}

static void *call_rcu_thread(void *opaque)
{
    rcu_register_thread();
    for (;;) {
        struct rcu_head *list;

        qemu_event_reset(&pending_event);
        list = take_pending();
        if (!list) {
            qemu_event_wait(&pending_event);
            /* Collect what comes in a burst under one grace period. */
            if (!qatomic_read(&drain_waiters)) {
                g_usleep(10000);
            }
            continue;
        }
        synchronize_rcu();
        bql_lock();
        while (list) {
            struct rcu_head *next = list->next;
            list->func(list);
            list = next;
        }
        bql_unlock();
    }
    return NULL;
}

typedef struct RCUDrain {
    struct rcu_head rcu;
    QemuEvent done;
} RCUDrain;

static void drain_callback(struct rcu_head *head)
{
    qemu_event_set(&container_of(head, RCUDrain, rcu)->done);
}

void drain_call_rcu(void)
{
    RCUDrain drain;
    bool locked = bql_locked();

    qemu_event_init(&drain.done, false);
    if (locked) {
        bql_unlock();
    }
    qatomic_inc(&drain_waiters);
    call_rcu1(&drain.rcu, drain_callback);
    qemu_event_wait(&drain.done);
    qatomic_dec(&drain_waiters);
    if (locked) {
        bql_lock();
    }
    qemu_event_destroy(&drain.done);
}

void rcu_register_thread(void)
{
    struct rcu_reader_data *self = get_ptr_rcu_reader();

    g_assert(self->ctr == 0); /* registered once, outside of a section */
    qemu_mutex_lock(&rcu_registry_lock);
    QLIST_INSERT_HEAD(&registry, self, node);
    qemu_mutex_unlock(&rcu_registry_lock);
}

void rcu_unregister_thread(void)
{
    qemu_mutex_lock(&rcu_registry_lock);
    QLIST_REMOVE(get_ptr_rcu_reader(), node);
    qemu_mutex_unlock(&rcu_registry_lock);
}

void rcu_add_force_rcu_notifier(Notifier *n)
{
    qemu_mutex_lock(&rcu_registry_lock);
    notifier_list_add(&get_ptr_rcu_reader()->force_rcu, n);
    qemu_mutex_unlock(&rcu_registry_lock);
}

void rcu_remove_force_rcu_notifier(Notifier *n)
{
    qemu_mutex_lock(&rcu_registry_lock);
    notifier_remove(n);
    qemu_mutex_unlock(&rcu_registry_lock);
}

static void start(void)
{
    qemu_event_init(&rcu_gp_event, true);
    qemu_event_init(&pending_event, false);
    qatomic_set(&thread_started, 0);
    rcu_register_thread();
}

/* Locks are held over a fork, so that the child finds them and the lists in order. */
static void before_fork(void)
{
    if (atfork_depth >= 1) {
        qemu_mutex_lock(&rcu_sync_lock);
        qemu_mutex_lock(&rcu_registry_lock);
    }
}

static void after_fork_parent(void)
{
    if (atfork_depth >= 1) {
        qemu_mutex_unlock(&rcu_registry_lock);
        qemu_mutex_unlock(&rcu_sync_lock);
    }
}

static void after_fork_child(void)
{
    if (atfork_depth >= 1) {
        qemu_mutex_unlock(&rcu_registry_lock);
        qemu_mutex_unlock(&rcu_sync_lock);
        /* Only the forking thread lives on; it registers again in start(). */
        QLIST_INIT(&registry);
        start();
        if (pending) {
            qemu_event_set(&pending_event);
            ensure_thread();
        }
    }
}

static void QEMU_CONSTRUCTOR rcu_init(void)
{
    smp_mb_global_init();
    qemu_mutex_init(&rcu_sync_lock);
    qemu_mutex_init(&rcu_registry_lock);
    pthread_atfork(before_fork, after_fork_parent, after_fork_child);
    start();
}
