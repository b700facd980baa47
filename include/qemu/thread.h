/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads and the primitives to block them, over POSIX threads and futexes.
 * Any misuse that the host detects (unlocking a mutex that is not held, ...)
 * is a programming error and ends the program with a message.
 */
#ifndef QEMU_THREAD_H
#define QEMU_THREAD_H

#include <pthread.h>
#include <semaphore.h>
#include "qemu/atomic.h"
#include "qemu/typedefs.h"

struct QemuMutex {
    pthread_mutex_t lock;
    bool initialized;
};

struct QemuRecMutex {
    QemuMutex m;
};

struct QemuCond {
    pthread_cond_t cond;
    bool initialized;
};

struct QemuSemaphore {
    QemuMutex mutex;
    QemuCond cond;
    unsigned int count;
};

/* A flag that threads can sleep on: set wakes all, and stays set until reset. */
struct QemuEvent {
    uint32_t value;
    bool initialized;
};

struct QemuThread {
    pthread_t thread;
};

struct QemuSpin {
    int value;
};

void qemu_mutex_init(QemuMutex *mutex);
void qemu_mutex_destroy(QemuMutex *mutex);
void qemu_mutex_lock(QemuMutex *mutex);
/* 0, or -EBUSY when somebody holds it. */
int qemu_mutex_trylock(QemuMutex *mutex);
void qemu_mutex_unlock(QemuMutex *mutex);

void qemu_rec_mutex_init(QemuRecMutex *mutex);
void qemu_rec_mutex_destroy(QemuRecMutex *mutex);
void qemu_rec_mutex_lock(QemuRecMutex *mutex);
int qemu_rec_mutex_trylock(QemuRecMutex *mutex);
void qemu_rec_mutex_unlock(QemuRecMutex *mutex);

void qemu_cond_init(QemuCond *cond);
void qemu_cond_destroy(QemuCond *cond);
void qemu_cond_signal(QemuCond *cond);
void qemu_cond_broadcast(QemuCond *cond);
void qemu_cond_wait(QemuCond *cond, QemuMutex *mutex);
/* False when @ms went by without a wake-up. Spurious wake-ups return true. */
bool qemu_cond_timedwait(QemuCond *cond, QemuMutex *mutex, int ms);

void qemu_sem_init(QemuSemaphore *sem, int init);
void qemu_sem_destroy(QemuSemaphore *sem);
void qemu_sem_post(QemuSemaphore *sem);
void qemu_sem_wait(QemuSemaphore *sem);
/* 0, or -1 when @ms went by. */
int qemu_sem_timedwait(QemuSemaphore *sem, int ms);

void qemu_event_init(QemuEvent *ev, bool init);
void qemu_event_destroy(QemuEvent *ev);
/* What was written before set is visible after wait. */
void qemu_event_set(QemuEvent *ev);
void qemu_event_reset(QemuEvent *ev);
void qemu_event_wait(QemuEvent *ev);

#define QEMU_THREAD_JOINABLE 0
#define QEMU_THREAD_DETACHED 1

/*
 * Start @start_routine(@arg) with all signals blocked except the synchronous
 * ones. @name (up to 15 characters are shown) appears in top, gdb and -name
 * debug-threads=on. Not being able to start a thread ends the program.
 */
void qemu_thread_create(QemuThread *thread, const char *name, void *(*start_routine)(void *),
                        void *arg, int mode);
void *qemu_thread_join(QemuThread *thread);
void qemu_thread_get_self(QemuThread *thread);
void qemu_thread_exit(void *retval) QEMU_NORETURN;
/* -name debug-threads=on: when off (the default is on), threads keep the program's name. */
void qemu_thread_naming(bool enable);
void qemu_thread_set_name(const char *name);

/* Bind to the CPUs in the bitmap @host_cpus (@nbits long). 0 or -errno. */
int qemu_thread_set_affinity(QemuThread *thread, unsigned long *host_cpus, unsigned long nbits);
/* Returns a g_malloc()ed bitmap. 0 or -errno. */
int qemu_thread_get_affinity(QemuThread *thread, unsigned long **host_cpus, unsigned long *nbits);

/* @notifier runs when the calling thread ends, with the thread's return value unknown. */
void qemu_thread_atexit_add(Notifier *notifier);

/* For sections of a few instructions. */
static inline void qemu_spin_init(QemuSpin *spin)
{
    qatomic_set(&spin->value, 0);
}

static inline void qemu_spin_destroy(QemuSpin *spin)
{
}

static inline void qemu_spin_lock(QemuSpin *spin)
{
    while (unlikely(qatomic_xchg(&spin->value, 1))) {
        while (qatomic_read(&spin->value)) {
            cpu_relax();
        }
    }
}

static inline bool qemu_spin_trylock(QemuSpin *spin)
{
    return qatomic_xchg(&spin->value, 1) != 0;
}

static inline bool qemu_spin_locked(QemuSpin *spin)
{
    return qatomic_read(&spin->value) != 0;
}

static inline void qemu_spin_unlock(QemuSpin *spin)
{
    qatomic_store_release(&spin->value, 0);
}

/* Retry-read counter: readers never block the (externally serialised) writer. */
typedef struct QemuSeqLock {
    unsigned sequence;
} QemuSeqLock;

static inline void seqlock_init(QemuSeqLock *sl)
{
    sl->sequence = 0;
}

static inline void seqlock_write_begin(QemuSeqLock *sl)
{
    qatomic_set(&sl->sequence, sl->sequence + 1);
    smp_wmb();
}

static inline void seqlock_write_end(QemuSeqLock *sl)
{
    smp_wmb();
    qatomic_set(&sl->sequence, sl->sequence + 1);
}

static inline unsigned seqlock_read_begin(const QemuSeqLock *sl)
{
    unsigned start = qatomic_read(&sl->sequence);

    smp_rmb();
    /* An odd value means a writer is busy: make the retry certain. */
    return start & ~1u;
}

static inline bool seqlock_read_retry(const QemuSeqLock *sl, unsigned start)
{
    smp_rmb();
    return unlikely(qatomic_read(&sl->sequence) != start);
}

#endif
