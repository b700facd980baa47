/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks, timer lists and timers.
 *
 * Each clock has a set of timer lists, one per event loop. A list is sorted by
 * expiry; its owner sleeps until the first entry and is told when that changes.
 */
#include "qemu/osdep.h"
#include <poll.h>
#include "block/aio.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/rcu_queue.h"
#include "qemu/timer.h"

typedef struct QEMUClock {
    /* Readers hold RCU; writers timerlists_lock. */
    QLIST_HEAD(, QEMUTimerList) timerlists;
    QEMUClockType type;
    bool enabled;
} QEMUClock;

struct QEMUTimerList {
    struct rcu_head rcu;
    QEMUClock *clock;
    /* Guards active_timers and the fields of timers on it. */
    QemuMutex active_timers_lock;
    QEMUTimer *active_timers;
    QLIST_ENTRY(QEMUTimerList) list;
    QEMUTimerListNotifyCB *notify_cb;
    void *notify_opaque;
    /* Set while no callback of this list is running. */
    QemuEvent timers_done_ev;
};

QEMUTimerListGroup main_loop_tlg;

static QEMUClock clocks[QEMU_CLOCK_MAX];
static QemuMutex timerlists_lock;
static const QEMUVirtualClockSource *virtual_source;

static void __attribute__((constructor)) clocks_construct(void)
{
    QEMUClockType type;

    qemu_mutex_init(&timerlists_lock);
    for (type = 0; type < QEMU_CLOCK_MAX; type++) {
        clocks[type].type = type;
        clocks[type].enabled = true;
    }
}

/* ---- clocks */

int64_t get_clock(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * NANOSECONDS_PER_SECOND + ts.tv_nsec;
}

int64_t get_clock_realtime(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * NANOSECONDS_PER_SECOND + ts.tv_nsec;
}

int64_t cpu_get_host_ticks(void)
{
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    int64_t ticks;

    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return get_clock();
#endif
}

void qemu_clock_set_virtual_source(const QEMUVirtualClockSource *source)
{
    qatomic_rcu_set(&virtual_source, source);
    qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
}

int64_t qemu_clock_get_ns(QEMUClockType type)
{
    const QEMUVirtualClockSource *source;

    switch (type) {
    case QEMU_CLOCK_HOST:
        return get_clock_realtime();
    case QEMU_CLOCK_VIRTUAL:
        source = qatomic_rcu_read(&virtual_source);
        return source ? source->get_ns(source->opaque) : get_clock();
    case QEMU_CLOCK_VIRTUAL_RT:
        source = qatomic_rcu_read(&virtual_source);
        if (source) {
            return (source->get_rt_ns ? source->get_rt_ns : source->get_ns)(source->opaque);
        }
        return get_clock();
    default:
        return get_clock();
    }
}

bool qemu_clock_use_for_deadline(QEMUClockType type)
{
    const QEMUVirtualClockSource *source = qatomic_rcu_read(&virtual_source);

    return type != QEMU_CLOCK_VIRTUAL || !source || source->paced_by_host;
}

static bool clock_is_enabled(QEMUClock *clock)
{
    return qatomic_read(&clock->enabled);
}

bool qemu_clock_has_timers(QEMUClockType type)
{
    QEMUTimerList *tl;

    RCU_READ_LOCK_GUARD();
    QLIST_FOREACH_RCU (tl, &clocks[type].timerlists, list) {
        if (timerlist_has_timers(tl)) {
            return true;
        }
    }
    return false;
}

bool qemu_clock_expired(QEMUClockType type)
{
    QEMUTimerList *tl;

    RCU_READ_LOCK_GUARD();
    QLIST_FOREACH_RCU (tl, &clocks[type].timerlists, list) {
        if (timerlist_expired(tl)) {
            return true;
        }
    }
    return false;
}

QEMUTimerList *qemu_clock_get_main_loop_timerlist(QEMUClockType type)
{
    return main_loop_tlg.tl[type];
}

void qemu_clock_notify(QEMUClockType type)
{
    QEMUTimerList *tl;

    RCU_READ_LOCK_GUARD();
    QLIST_FOREACH_RCU (tl, &clocks[type].timerlists, list) {
        timerlist_notify(tl);
    }
}

void qemu_clock_enable(QEMUClockType type, bool enabled)
{
    QEMUClock *clock = &clocks[type];
    bool old = qatomic_xchg(&clock->enabled, enabled);
    QEMUTimerList *tl;

    if (enabled && !old) {
        qemu_clock_notify(type);
    } else if (!enabled && old) {
        RCU_READ_LOCK_GUARD();
        QLIST_FOREACH_RCU (tl, &clock->timerlists, list) {
            qemu_event_wait(&tl->timers_done_ev);
        }
    }
}

bool qemu_clock_run_timers(QEMUClockType type)
{
    return timerlist_run_timers(main_loop_tlg.tl[type]);
}

bool qemu_clock_run_all_timers(void)
{
    bool progress = false;
    QEMUClockType type;

    for (type = 0; type < QEMU_CLOCK_MAX; type++) {
        if (qemu_clock_use_for_deadline(type)) {
            progress |= qemu_clock_run_timers(type);
        }
    }
    return progress;
}

int64_t qemu_clock_advance_virtual_time(int64_t dest)
{
    const QEMUVirtualClockSource *source = qatomic_rcu_read(&virtual_source);
    AioContext *ctx = qemu_get_current_aio_context();
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    if (!source || !source->set_ns) {
        return now;
    }
    while (now < dest) {
        int64_t deadline = qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL, QEMU_TIMER_ATTR_ALL);

        source->set_ns(source->opaque, now + qemu_soonest_timeout(dest - now, deadline));
        qemu_clock_run_timers(QEMU_CLOCK_VIRTUAL);
        if (ctx) {
            timerlist_run_timers(aio_context_timer_lists(ctx)->tl[QEMU_CLOCK_VIRTUAL]);
        }
        /* Loops of other threads run theirs. */
        qemu_clock_notify(QEMU_CLOCK_VIRTUAL);
        if (deadline == 0) {
            sched_yield();
        }
        now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    }
    return now;
}

/* ---- timer lists */

QEMUTimerList *timerlist_new(QEMUClockType type, QEMUTimerListNotifyCB *cb, void *opaque)
{
    QEMUTimerList *tl = g_new0(QEMUTimerList, 1);

    qemu_event_init(&tl->timers_done_ev, true);
    qemu_mutex_init(&tl->active_timers_lock);
    tl->clock = &clocks[type];
    tl->notify_cb = cb;
    tl->notify_opaque = opaque;
    qemu_mutex_lock(&timerlists_lock);
    QLIST_INSERT_HEAD_RCU(&tl->clock->timerlists, tl, list);
    qemu_mutex_unlock(&timerlists_lock);
    return tl;
}

static void timerlist_reclaim(QEMUTimerList *tl)
{
    qemu_mutex_destroy(&tl->active_timers_lock);
    qemu_event_destroy(&tl->timers_done_ev);
    g_free(tl);
}

void timerlist_free(QEMUTimerList *tl)
{
    g_assert(!timerlist_has_timers(tl));
    qemu_mutex_lock(&timerlists_lock);
    QLIST_REMOVE_RCU(tl, list);
    qemu_mutex_unlock(&timerlists_lock);
    /* The owner goes now; other threads may still be about to look at the list. */
    WITH_QEMU_LOCK_GUARD(&tl->active_timers_lock)
    {
        tl->notify_cb = NULL;
    }
    call_rcu(tl, timerlist_reclaim, rcu);
}

bool timerlist_has_timers(QEMUTimerList *tl)
{
    return qatomic_read(&tl->active_timers) != NULL;
}

/* When the first timer with only attributes of @mask is due; false if there is none. */
static bool first_expiry(QEMUTimerList *tl, int mask, int64_t *expire_time)
{
    QEMUTimer *ts;

    if (!timerlist_has_timers(tl)) {
        return false;
    }
    QEMU_LOCK_GUARD(&tl->active_timers_lock);
    for (ts = tl->active_timers; ts; ts = ts->next) {
        if (!(ts->attributes & ~mask)) {
            *expire_time = ts->expire_time;
            return true;
        }
    }
    return false;
}

bool timerlist_expired(QEMUTimerList *tl)
{
    int64_t expire_time;

    return first_expiry(tl, QEMU_TIMER_ATTR_ALL, &expire_time) &&
           expire_time <= qemu_clock_get_ns(tl->clock->type);
}

static int64_t deadline_ns(QEMUTimerList *tl, int mask)
{
    int64_t expire_time;

    if (!clock_is_enabled(tl->clock) || !first_expiry(tl, mask, &expire_time)) {
        return -1;
    }
    return MAX(expire_time - qemu_clock_get_ns(tl->clock->type), 0);
}

int64_t timerlist_deadline_ns(QEMUTimerList *tl)
{
    return deadline_ns(tl, QEMU_TIMER_ATTR_ALL);
}

int64_t qemu_clock_deadline_ns_all(QEMUClockType type, int attr_mask)
{
    int64_t deadline = -1;
    QEMUTimerList *tl;

    RCU_READ_LOCK_GUARD();
    QLIST_FOREACH_RCU (tl, &clocks[type].timerlists, list) {
        deadline = qemu_soonest_timeout(deadline, deadline_ns(tl, attr_mask));
    }
    return deadline;
}

void timerlist_notify(QEMUTimerList *tl)
{
    /* The lock keeps the owner from going away under us; see timerlist_free(). */
    QEMU_LOCK_GUARD(&tl->active_timers_lock);
    if (tl->notify_cb) {
        tl->notify_cb(tl->notify_opaque, tl->clock->type);
    }
}

bool timerlist_run_timers(QEMUTimerList *tl)
{
    bool progress = false;
    QEMUTimer *ts;
    int64_t now;

    if (!tl || !timerlist_has_timers(tl)) {
        return false;
    }
    qemu_event_reset(&tl->timers_done_ev);
    /*
     * Read once: a guest may choose a period that is shorter than its callback
     * takes, and such a timer would keep the loop from everything else.
     */
    now = qemu_clock_get_ns(tl->clock->type);
    /* Looked at after the reset, so that qemu_clock_enable() waits or we see it. */
    while (clock_is_enabled(tl->clock)) {
        QEMUTimerCB *cb;
        void *opaque;

        qemu_mutex_lock(&tl->active_timers_lock);
        ts = tl->active_timers;
        if (!ts || ts->expire_time > now) {
            qemu_mutex_unlock(&tl->active_timers_lock);
            break;
        }
        qatomic_set(&tl->active_timers, ts->next);
        ts->next = NULL;
        qatomic_set(&ts->expire_time, -1);
        cb = ts->cb;
        opaque = ts->opaque;
        qemu_mutex_unlock(&tl->active_timers_lock);

        /* From here on the callback may free the timer. */
        cb(opaque);
        progress = true;
    }
    qemu_event_set(&tl->timers_done_ev);
    return progress;
}

void timerlistgroup_init(QEMUTimerListGroup *tlg, QEMUTimerListNotifyCB *cb, void *opaque)
{
    QEMUClockType type;

    for (type = 0; type < QEMU_CLOCK_MAX; type++) {
        tlg->tl[type] = timerlist_new(type, cb, opaque);
    }
}

void timerlistgroup_deinit(QEMUTimerListGroup *tlg)
{
    QEMUClockType type;

    for (type = 0; type < QEMU_CLOCK_MAX; type++) {
        timerlist_free(tlg->tl[type]);
    }
}

bool timerlistgroup_run_timers(QEMUTimerListGroup *tlg)
{
    bool progress = false;
    QEMUClockType type;

    for (type = 0; type < QEMU_CLOCK_MAX; type++) {
        progress |= timerlist_run_timers(tlg->tl[type]);
    }
    return progress;
}

int64_t timerlistgroup_deadline_ns(QEMUTimerListGroup *tlg)
{
    int64_t deadline = -1;
    QEMUClockType type;

    for (type = 0; type < QEMU_CLOCK_MAX; type++) {
        if (qemu_clock_use_for_deadline(type)) {
            deadline = qemu_soonest_timeout(deadline, timerlist_deadline_ns(tlg->tl[type]));
        }
    }
    return deadline;
}

/* ---- timers */

void timer_init_full(QEMUTimer *ts, QEMUTimerListGroup *tlg, QEMUClockType type, int scale,
                     int attributes, QEMUTimerCB *cb, void *opaque)
{
    ts->timer_list = (tlg ? tlg : &main_loop_tlg)->tl[type];
    g_assert(ts->timer_list); /* init_clocks() comes first */
    ts->cb = cb;
    ts->opaque = opaque;
    ts->scale = scale;
    ts->attributes = attributes;
    ts->next = NULL;
    ts->expire_time = -1;
}

QEMUTimer *timer_new_full(QEMUTimerListGroup *tlg, QEMUClockType type, int scale, int attributes,
                          QEMUTimerCB *cb, void *opaque)
{
    QEMUTimer *ts = g_new0(QEMUTimer, 1);

    timer_init_full(ts, tlg, type, scale, attributes, cb, opaque);
    return ts;
}

void timer_deinit(QEMUTimer *ts)
{
    timer_del(ts);
    ts->timer_list = NULL;
}

void timer_free(QEMUTimer *ts)
{
    if (ts) {
        timer_del(ts);
        g_free(ts);
    }
}

/* active_timers_lock held. */
static void unlink_timer(QEMUTimerList *tl, QEMUTimer *ts)
{
    QEMUTimer **link = &tl->active_timers;

    qatomic_set(&ts->expire_time, -1);
    while (*link) {
        if (*link == ts) {
            qatomic_set(link, ts->next);
            break;
        }
        link = &(*link)->next;
    }
}

/* active_timers_lock held. True if @ts is first now. Equal times fire in order of setting. */
static bool link_timer(QEMUTimerList *tl, QEMUTimer *ts, int64_t expire_time)
{
    QEMUTimer **link = &tl->active_timers;

    while (*link && (*link)->expire_time <= expire_time) {
        link = &(*link)->next;
    }
    qatomic_set(&ts->expire_time, MAX(expire_time, 0));
    ts->next = *link;
    qatomic_set(link, ts);
    return link == &tl->active_timers;
}

static void first_timer_changed(QEMUTimerList *tl)
{
    const QEMUVirtualClockSource *source = qatomic_rcu_read(&virtual_source);

    if (tl->clock->type == QEMU_CLOCK_VIRTUAL && source && source->deadline_changed &&
        source->deadline_changed(source->opaque)) {
        return;
    }
    timerlist_notify(tl);
}

void timer_del(QEMUTimer *ts)
{
    QEMUTimerList *tl = ts->timer_list;

    if (tl) {
        QEMU_LOCK_GUARD(&tl->active_timers_lock);
        if (ts->expire_time >= 0) {
            unlink_timer(tl, ts);
        }
    }
}

void timer_mod_ns(QEMUTimer *ts, int64_t expire_time)
{
    QEMUTimerList *tl = ts->timer_list;
    bool first;

    WITH_QEMU_LOCK_GUARD(&tl->active_timers_lock)
    {
        if (ts->expire_time >= 0) {
            unlink_timer(tl, ts);
        }
        first = link_timer(tl, ts, expire_time);
    }
    if (first) {
        first_timer_changed(tl);
    }
}

void timer_mod_anticipate_ns(QEMUTimer *ts, int64_t expire_time)
{
    QEMUTimerList *tl = ts->timer_list;
    bool first = false;

    WITH_QEMU_LOCK_GUARD(&tl->active_timers_lock)
    {
        if (ts->expire_time < 0 || ts->expire_time > expire_time) {
            if (ts->expire_time >= 0) {
                unlink_timer(tl, ts);
            }
            first = link_timer(tl, ts, expire_time);
        }
    }
    if (first) {
        first_timer_changed(tl);
    }
}

/* The end of time rather than an overflow: guests do program such timers. */
static int64_t scaled(QEMUTimer *ts, int64_t expire_time)
{
    int64_t ns;

    return __builtin_mul_overflow(expire_time, ts->scale, &ns) ? INT64_MAX : ns;
}

void timer_mod(QEMUTimer *ts, int64_t expire_time)
{
    timer_mod_ns(ts, scaled(ts, expire_time));
}

void timer_mod_anticipate(QEMUTimer *ts, int64_t expire_time)
{
    timer_mod_anticipate_ns(ts, scaled(ts, expire_time));
}

bool timer_pending(const QEMUTimer *ts)
{
    return qatomic_read(&ts->expire_time) >= 0;
}

uint64_t timer_expire_time_ns(const QEMUTimer *ts)
{
    /* -1 is all ones. */
    return qatomic_read(&ts->expire_time);
}

/* ---- waiting */

int qemu_timeout_ns_to_ms(int64_t ns)
{
    if (ns < 0) {
        return -1;
    }
    return MIN(DIV_ROUND_UP(ns, SCALE_MS), INT32_MAX);
}

int qemu_poll_ns(GPollFD *fds, guint nfds, int64_t timeout)
{
    struct timespec ts;

    /* GPollFD has the layout and the constants of struct pollfd. */
    QEMU_BUILD_BUG_ON(sizeof(GPollFD) != sizeof(struct pollfd));
    if (timeout < 0) {
        return ppoll((struct pollfd *)fds, nfds, NULL, NULL);
    }
    ts.tv_sec = timeout / NANOSECONDS_PER_SECOND;
    ts.tv_nsec = timeout % NANOSECONDS_PER_SECOND;
    return ppoll((struct pollfd *)fds, nfds, &ts, NULL);
}

void init_clocks(QEMUTimerListNotifyCB *notify_cb)
{
    QEMUClockType type;

    for (type = 0; type < QEMU_CLOCK_MAX; type++) {
        if (!main_loop_tlg.tl[type]) {
            main_loop_tlg.tl[type] = timerlist_new(type, notify_cb, NULL);
        }
    }
}
