/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clocks and timers. All times are int64_t nanoseconds unless a name says
 * otherwise; a timer's callback runs in the event loop that owns its list.
 */
#ifndef QEMU_TIMER_H
#define QEMU_TIMER_H

#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/notify.h"
#include "qemu/typedefs.h"

#define NANOSECONDS_PER_SECOND 1000000000LL

#define SCALE_MS               1000000
#define SCALE_US               1000
#define SCALE_NS               1

typedef enum {
    /* Monotonic host time; runs also while the machine is stopped. */
    QEMU_CLOCK_REALTIME = 0,
    /* Guest time: stops with the machine. Devices use this one. */
    QEMU_CLOCK_VIRTUAL = 1,
    /* Wall-clock time of the host; may jump. For real-time clocks of the guest. */
    QEMU_CLOCK_HOST = 2,
    /* As VIRTUAL, but it also runs while icount keeps guest time still. */
    QEMU_CLOCK_VIRTUAL_RT = 3,
    QEMU_CLOCK_MAX
} QEMUClockType;

/* The timer touches nothing that the guest can see. */
#define QEMU_TIMER_ATTR_EXTERNAL ((int)BIT(0))
#define QEMU_TIMER_ATTR_ALL      0xffffffff

typedef void QEMUTimerCB(void *opaque);
/*
 * Tells the owner of a list, in any thread, that its deadline became earlier (or
 * the clock was started). It can wake the owner, but not call timer functions.
 */
typedef void QEMUTimerListNotifyCB(void *opaque, QEMUClockType type);

struct QEMUTimerListGroup {
    QEMUTimerList *tl[QEMU_CLOCK_MAX];
};

struct QEMUTimer {
    int64_t expire_time; /* ns; -1 when not pending */
    QEMUTimerList *timer_list;
    QEMUTimerCB *cb;
    void *opaque;
    QEMUTimer *next;
    int attributes;
    int scale; /* ns per unit of timer_mod() */
};

/* The lists of the main loop; timers that name no other list are here. */
extern QEMUTimerListGroup main_loop_tlg;

/* ---- clocks */

int64_t qemu_clock_get_ns(QEMUClockType type);

static inline int64_t qemu_clock_get_ms(QEMUClockType type)
{
    return qemu_clock_get_ns(type) / SCALE_MS;
}

static inline int64_t qemu_clock_get_us(QEMUClockType type)
{
    return qemu_clock_get_ns(type) / SCALE_US;
}

/*
 * Where QEMU_CLOCK_VIRTUAL comes from: the accelerator (CPU ticks, icount) or
 * the test driver. Functions may be called in any thread. Without a source it
 * follows the host's monotonic clock.
 */
typedef struct QEMUVirtualClockSource {
    /* Guest nanoseconds. */
    int64_t (*get_ns)(void *opaque);
    /* Jump; NULL if this source can't. */
    void (*set_ns)(void *opaque, int64_t ns);
    /* Guest nanoseconds of QEMU_CLOCK_VIRTUAL_RT; NULL: same as get_ns. */
    int64_t (*get_rt_ns)(void *opaque);
    /*
     * A list of QEMU_CLOCK_VIRTUAL has a new first timer: true if the source
     * will see to it and the list's owner need not be woken. May be NULL.
     */
    bool (*deadline_changed)(void *opaque);
    void *opaque;
    /*
     * It goes on with host time while the clock is enabled, so that loops can
     * sleep until a deadline. Otherwise the source's owner runs the timers that
     * became due: qemu_clock_run_timers(), qemu_clock_advance_virtual_time().
     */
    bool paced_by_host;
} QEMUVirtualClockSource;

/* @source must stay; NULL goes back to host time. Main thread, machine stopped. */
void qemu_clock_set_virtual_source(const QEMUVirtualClockSource *source);

/* True if a timer of any list of the clock is due or pending, respectively. */
bool qemu_clock_expired(QEMUClockType type);
bool qemu_clock_has_timers(QEMUClockType type);
bool qemu_clock_use_for_deadline(QEMUClockType type);
/*
 * ns until the first timer in any list, considering only timers whose
 * attributes are all in @attr_mask: -1 if none, 0 if one is due.
 */
int64_t qemu_clock_deadline_ns_all(QEMUClockType type, int attr_mask);
QEMUTimerList *qemu_clock_get_main_loop_timerlist(QEMUClockType type);
/* Wake every loop that has timers on this clock. */
void qemu_clock_notify(QEMUClockType type);
/*
 * Start or stop a clock. When stopping, waits until no callback of it runs
 * (in other threads; do not call from a callback of the same clock).
 */
void qemu_clock_enable(QEMUClockType type, bool enabled);
/* Run the due timers of the main loop's list; true if there were any. */
bool qemu_clock_run_timers(QEMUClockType type);
bool qemu_clock_run_all_timers(void);
/*
 * Move the virtual clock to @dest step by step, running at each step what is
 * due, in every list of the calling thread's context. Needs a source with
 * set_ns; returns the time reached.
 */
int64_t qemu_clock_advance_virtual_time(int64_t dest);

/* ---- timer lists */

QEMUTimerList *timerlist_new(QEMUClockType type, QEMUTimerListNotifyCB *cb, void *opaque);
void timerlist_free(QEMUTimerList *timer_list);
bool timerlist_has_timers(QEMUTimerList *timer_list);
bool timerlist_expired(QEMUTimerList *timer_list);
/* ns until the first timer: -1 if none or the clock is stopped, 0 if due. */
int64_t timerlist_deadline_ns(QEMUTimerList *timer_list);
bool timerlist_run_timers(QEMUTimerList *timer_list);
void timerlist_notify(QEMUTimerList *timer_list);

void timerlistgroup_init(QEMUTimerListGroup *tlg, QEMUTimerListNotifyCB *cb, void *opaque);
void timerlistgroup_deinit(QEMUTimerListGroup *tlg);
bool timerlistgroup_run_timers(QEMUTimerListGroup *tlg);
int64_t timerlistgroup_deadline_ns(QEMUTimerListGroup *tlg);

/* ---- timers; functions are thread-safe except where noted */

/*
 * Prepare @ts in memory of the caller. @tlg NULL: the main loop's lists.
 * @scale is SCALE_NS, _US or _MS.
 */
void timer_init_full(QEMUTimer *ts, QEMUTimerListGroup *tlg, QEMUClockType type, int scale,
                     int attributes, QEMUTimerCB *cb, void *opaque);

static inline void timer_init(QEMUTimer *ts, QEMUClockType type, int scale, QEMUTimerCB *cb,
                              void *opaque)
{
    timer_init_full(ts, NULL, type, scale, 0, cb, opaque);
}

static inline void timer_init_ns(QEMUTimer *ts, QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
    timer_init(ts, type, SCALE_NS, cb, opaque);
}

static inline void timer_init_us(QEMUTimer *ts, QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
    timer_init(ts, type, SCALE_US, cb, opaque);
}

static inline void timer_init_ms(QEMUTimer *ts, QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
    timer_init(ts, type, SCALE_MS, cb, opaque);
}

/* Allocated; free with timer_free(). */
QEMUTimer *timer_new_full(QEMUTimerListGroup *tlg, QEMUClockType type, int scale, int attributes,
                          QEMUTimerCB *cb, void *opaque);

static inline QEMUTimer *timer_new(QEMUClockType type, int scale, QEMUTimerCB *cb, void *opaque)
{
    return timer_new_full(NULL, type, scale, 0, cb, opaque);
}

static inline QEMUTimer *timer_new_ns(QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
    return timer_new(type, SCALE_NS, cb, opaque);
}

static inline QEMUTimer *timer_new_us(QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
    return timer_new(type, SCALE_US, cb, opaque);
}

static inline QEMUTimer *timer_new_ms(QEMUClockType type, QEMUTimerCB *cb, void *opaque)
{
    return timer_new(type, SCALE_MS, cb, opaque);
}

/* Cancels; forgets the list. For embedded timers, before their memory goes. */
void timer_deinit(QEMUTimer *ts);
/* Cancels and frees; NULL is fine. */
void timer_free(QEMUTimer *ts);
/* After it returns the callback will not start, but may be running in another thread. */
void timer_del(QEMUTimer *ts);
/* Fire once at @expire_time (ns, or units of the timer's scale), moving it if pending. */
void timer_mod_ns(QEMUTimer *ts, int64_t expire_time);
void timer_mod(QEMUTimer *ts, int64_t expire_time);
/* The same if that is earlier than what is pending. */
void timer_mod_anticipate_ns(QEMUTimer *ts, int64_t expire_time);
void timer_mod_anticipate(QEMUTimer *ts, int64_t expire_time);
bool timer_pending(const QEMUTimer *ts);
/* All ones when not pending. */
uint64_t timer_expire_time_ns(const QEMUTimer *ts);

static inline uint64_t timer_expire_time_ms(const QEMUTimer *ts)
{
    return timer_pending(ts) ? timer_expire_time_ns(ts) / SCALE_MS : UINT64_MAX;
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(QEMUTimer, timer_free)

/* ---- host time */

/* The sooner of two timeouts where -1 is "never". */
static inline int64_t qemu_soonest_timeout(int64_t a, int64_t b)
{
    return (uint64_t)a < (uint64_t)b ? a : b;
}

/* ns to ms for poll(), rounded up so that no loop spins; -1 stays. */
int qemu_timeout_ns_to_ms(int64_t ns);
/* poll() with a timeout in ns; -1: no limit. */
int qemu_poll_ns(GPollFD *fds, guint nfds, int64_t timeout);

/* Monotonic and wall-clock host time, ns. */
int64_t get_clock(void);
int64_t get_clock_realtime(void);
/* Ticks of the processor's cycle counter, or of the monotonic clock. */
int64_t cpu_get_host_ticks(void);

/* Set up once, before any other thread is started. */
void init_clocks(QEMUTimerListNotifyCB *notify_cb);

#endif
