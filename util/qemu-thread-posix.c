/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads, locks and conditions over pthreads; QemuEvent over futexes. */

#include "qemu/osdep.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "qemu/bitmap.h"
#include "qemu/notify.h"
#include "qemu/thread.h"
#include "error-exit.h"

static bool name_threads = true;

/* A pthread call that can only fail through an error in this program. */
static void check(int err, const char *what)
{
    if (unlikely(err)) {
        error_exit(err, what); /* a lock used after destruction, or by a stranger */
    }
}

/* ---- mutexes ---- */

void qemu_mutex_init(QemuMutex *mutex)
{
    check(pthread_mutex_init(&mutex->lock, NULL), __func__);
    mutex->initialized = true;
}

void qemu_mutex_destroy(QemuMutex *mutex)
{
    mutex->initialized = false;
    check(pthread_mutex_destroy(&mutex->lock), __func__);
}

void qemu_mutex_lock(QemuMutex *mutex)
{
    g_assert(mutex->initialized); /* our own bug otherwise */
    check(pthread_mutex_lock(&mutex->lock), __func__);
}

int qemu_mutex_trylock(QemuMutex *mutex)
{
    int err = pthread_mutex_trylock(&mutex->lock);

    if (err && err != EBUSY) {
        check(err, __func__);
    }
    return -err;
}

void qemu_mutex_unlock(QemuMutex *mutex)
{
    check(pthread_mutex_unlock(&mutex->lock), __func__);
}

void qemu_rec_mutex_init(QemuRecMutex *mutex)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    check(pthread_mutex_init(&mutex->m.lock, &attr), __func__);
    pthread_mutexattr_destroy(&attr);
    mutex->m.initialized = true;
}

void qemu_rec_mutex_destroy(QemuRecMutex *mutex)
{
    qemu_mutex_destroy(&mutex->m);
}

void qemu_rec_mutex_lock(QemuRecMutex *mutex)
{
    qemu_mutex_lock(&mutex->m);
}

int qemu_rec_mutex_trylock(QemuRecMutex *mutex)
{
    return qemu_mutex_trylock(&mutex->m);
}

void qemu_rec_mutex_unlock(QemuRecMutex *mutex)
{
    qemu_mutex_unlock(&mutex->m);
}

/* ---- conditions and semaphores; both wait by the monotonic clock ---- */

void qemu_cond_init(QemuCond *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    check(pthread_cond_init(&cond->cond, &attr), __func__);
    pthread_condattr_destroy(&attr);
    cond->initialized = true;
}

void qemu_cond_destroy(QemuCond *cond)
{
    cond->initialized = false;
    check(pthread_cond_destroy(&cond->cond), __func__);
}

void qemu_cond_signal(QemuCond *cond)
{
    check(pthread_cond_signal(&cond->cond), __func__);
}

void qemu_cond_broadcast(QemuCond *cond)
{
    check(pthread_cond_broadcast(&cond->cond), __func__);
}

void qemu_cond_wait(QemuCond *cond, QemuMutex *mutex)
{
    check(pthread_cond_wait(&cond->cond, &mutex->lock), __func__);
}

static struct timespec deadline_after(int ms)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    ts.tv_sec += ms / 1000;
    ts.tv_nsec += (ms % 1000) * 1000000L;
    if (ts.tv_nsec >= 1000000000) {
        ts.tv_sec++;
        ts.tv_nsec -= 1000000000;
    }
    return ts;
}

static bool wait_until(QemuCond *cond, QemuMutex *mutex, const struct timespec *ts)
{
    int err = pthread_cond_timedwait(&cond->cond, &mutex->lock, ts);

    if (err && err != ETIMEDOUT) {
        check(err, __func__);
    }
    return err != ETIMEDOUT;
}

bool qemu_cond_timedwait(QemuCond *cond, QemuMutex *mutex, int ms)
{
    struct timespec ts = deadline_after(ms);

    return wait_until(cond, mutex, &ts);
}

void qemu_sem_init(QemuSemaphore *sem, int init)
{
    qemu_mutex_init(&sem->mutex);
    qemu_cond_init(&sem->cond);
    sem->count = init;
}

void qemu_sem_destroy(QemuSemaphore *sem)
{
    qemu_cond_destroy(&sem->cond);
    qemu_mutex_destroy(&sem->mutex);
}

void qemu_sem_post(QemuSemaphore *sem)
{
    qemu_mutex_lock(&sem->mutex);
    sem->count++;
    qemu_cond_signal(&sem->cond);
    qemu_mutex_unlock(&sem->mutex);
}

void qemu_sem_wait(QemuSemaphore *sem)
{
    qemu_mutex_lock(&sem->mutex);
    while (sem->count == 0) {
        qemu_cond_wait(&sem->cond, &sem->mutex);
    }
    sem->count--;
    qemu_mutex_unlock(&sem->mutex);
}

int qemu_sem_timedwait(QemuSemaphore *sem, int ms)
{
    struct timespec ts = deadline_after(ms);
    bool in_time = true;
    int ret;

    qemu_mutex_lock(&sem->mutex);
    while (sem->count == 0 && in_time) {
        in_time = wait_until(&sem->cond, &sem->mutex, &ts);
    }
    ret = sem->count ? 0 : -1;
    if (!ret) {
        sem->count--;
    }
    qemu_mutex_unlock(&sem->mutex);
    return ret;
}

/* ---- events ---- */

/*
 * value: EV_SET, EV_FREE (reset, no one waits) or EV_BUSY (reset, somebody
 * sleeps on it). Only EV_BUSY needs the system call when setting.
 */
#define EV_SET  0
#define EV_FREE 1
#define EV_BUSY UINT32_MAX

static void futex_wait(uint32_t *f, uint32_t val)
{
    while (syscall(SYS_futex, f, FUTEX_WAIT_PRIVATE, val, NULL, NULL, 0) < 0) {
        if (errno == EAGAIN) {
            return;
        }
        if (errno != EINTR) {
            check(errno, __func__);
        }
    }
}

static void futex_wake_all(uint32_t *f)
{
    syscall(SYS_futex, f, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void qemu_event_init(QemuEvent *ev, bool init)
{
    ev->value = init ? EV_SET : EV_FREE;
    ev->initialized = true;
}

void qemu_event_destroy(QemuEvent *ev)
{
    ev->initialized = false;
}

void qemu_event_set(QemuEvent *ev)
{
    /* What the caller wrote comes before the flag, also if the flag is set already. */
    smp_mb();
    if (qatomic_read(&ev->value) != EV_SET && qatomic_xchg(&ev->value, EV_SET) == EV_BUSY) {
        futex_wake_all(&ev->value);
    }
}

void qemu_event_reset(QemuEvent *ev)
{
    /* EV_SET becomes EV_FREE; EV_BUSY must stay, or its sleepers would not be woken. */
    qatomic_or(&ev->value, EV_FREE);
    /* The caller looks at the condition after the reset. */
    smp_mb();
}

void qemu_event_wait(QemuEvent *ev)
{
    uint32_t value = qatomic_load_acquire(&ev->value);

    while (value != EV_SET) {
        if (value == EV_FREE && qatomic_cmpxchg(&ev->value, EV_FREE, EV_BUSY) == EV_SET) {
            return;
        }
        futex_wait(&ev->value, EV_BUSY);
        value = qatomic_load_acquire(&ev->value);
    }
}

/* ---- threads ---- */

typedef struct ThreadStart {
    void *(*start_routine)(void *);
    void *arg;
    char *name;
} ThreadStart;

/* Notifiers of the calling thread; run by the destructor of exit_key. */
static __thread NotifierList thread_exit;
static pthread_key_t exit_key;

static void run_exit_notifiers(void *unused)
{
    notifier_list_notify(&thread_exit, NULL);
}

static void __attribute__((constructor)) exit_key_init(void)
{
    check(pthread_key_create(&exit_key, run_exit_notifiers), __func__);
}

void qemu_thread_atexit_add(Notifier *notifier)
{
    pthread_setspecific(exit_key, &thread_exit);
    notifier_list_add(&thread_exit, notifier);
}

void qemu_thread_naming(bool enable)
{
    name_threads = enable;
}

void qemu_thread_set_name(const char *name)
{
    if (name_threads) {
        prctl(PR_SET_NAME, name); /* cuts it to 15 characters itself */
    }
}

static void *thread_main(void *opaque)
{
    ThreadStart start = *(ThreadStart *)opaque;

    g_free(opaque);
    if (start.name) {
        qemu_thread_set_name(start.name);
        g_free(start.name);
    }
    return start.start_routine(start.arg);
}

void qemu_thread_create(QemuThread *thread, const char *name, void *(*start_routine)(void *),
                        void *arg, int mode)
{
    static const int synchronous[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT};
    ThreadStart *start = g_new0(ThreadStart, 1);
    sigset_t blocked, old;
    pthread_attr_t attr;

    start->start_routine = start_routine;
    start->arg = arg;
    start->name = g_strdup(name);

    check(pthread_attr_init(&attr), __func__);
    if (mode == QEMU_THREAD_DETACHED) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    }
    /* Signals are the main loop's business; a fault is of the thread that made it. */
    sigfillset(&blocked);
    for (size_t i = 0; i < ARRAY_SIZE(synchronous); i++) {
        sigdelset(&blocked, synchronous[i]);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &old);
    check(pthread_create(&thread->thread, &attr, thread_main, start), __func__);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attr);
}

void *qemu_thread_join(QemuThread *thread)
{
    void *ret;

    check(pthread_join(thread->thread, &ret), __func__);
    return ret;
}

void qemu_thread_get_self(QemuThread *thread)
{
    thread->thread = pthread_self();
}

void qemu_thread_exit(void *retval)
{
    pthread_exit(retval);
}

int qemu_thread_set_affinity(QemuThread *thread, unsigned long *host_cpus, unsigned long nbits)
{
    g_autofree cpu_set_t *set = NULL;
    size_t bytes = CPU_ALLOC_SIZE(nbits);

    set = g_malloc0(bytes);
    for (unsigned long i = 0; i < nbits; i++) {
        if (test_bit(i, host_cpus)) {
            CPU_SET_S(i, bytes, set);
        }
    }
    return -pthread_setaffinity_np(thread->thread, bytes, set);
}

int qemu_thread_get_affinity(QemuThread *thread, unsigned long **host_cpus, unsigned long *nbits)
{
    unsigned long n = CPU_SETSIZE;
    size_t bytes = CPU_ALLOC_SIZE(n);
    g_autofree cpu_set_t *set = g_malloc0(bytes);
    int err = pthread_getaffinity_np(thread->thread, bytes, set);

    if (err) {
        return -err;
    }
    *host_cpus = bitmap_new(n);
    *nbits = n;
    for (unsigned long i = 0; i < n; i++) {
        if (CPU_ISSET_S(i, bytes, set)) {
            set_bit(i, *host_cpus);
        }
    }
    return 0;
}
