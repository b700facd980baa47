/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The timer of the local APIC (SDM vol. 3, 11.5.4): one-shot and periodic
 * count-down on a bus clock of 1 GHz, and TSC deadline.
 */
#include "qemu/osdep.h"
#include "hw/i386/apic_internal.h"
#include "system/cpus.h"

static uint32_t timer_mode(const APICCommonState *s)
{
    return s->lvt[APIC_LVT_TIMER] & APIC_LVT_TIMER_MODE;
}

static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* ns from one expiry to the next. */
static int64_t period_ns(const APICCommonState *s)
{
    return (int64_t)s->initial_count << apic_timer_shift(s);
}

uint32_t apic_timer_current_count(const APICCommonState *s)
{
    uint64_t elapsed = (now_ns() - s->initial_count_load_time) >> apic_timer_shift(s);

    if (s->initial_count == 0 || timer_mode(s) == APIC_LVT_TIMER_TSCDEADLINE) {
        return 0;
    }
    if (timer_mode(s) == APIC_LVT_TIMER_PERIODIC) {
        return s->initial_count - elapsed % s->initial_count;
    }
    return elapsed >= s->initial_count ? 0 : s->initial_count - elapsed;
}

static void arm(APICCommonState *s, int64_t when)
{
    s->next_time = when;
    if (when < 0) {
        timer_del(s->timer);
    } else {
        timer_mod(s->timer, when);
    }
}

/* ---- TSC deadline ---- */

/*
 * When the guest's TSC will show the deadline. The ratio of TSC and clock is
 * taken from their advance since the machine was made: the longer that is, the
 * more exact. Too early does no harm, the timer then arms itself again.
 */
static int64_t deadline_ns(APICCommonState *s)
{
    uint64_t tsc = cpu_get_tsc(&s->cpu->env);
    int64_t now = now_ns(), ticks = cpus_get_elapsed_ticks();
    double ns_per_tick = ticks > 0 && now > 0 ? (double)now / ticks : 1.0;
    double wait;

    if (s->tsc_deadline <= tsc) {
        return now;
    }
    wait = (s->tsc_deadline - tsc) * ns_per_tick;
    return wait > INT64_MAX / 2 ? INT64_MAX / 2 : now + MAX((int64_t)wait, 1);
}

static void fire_deadline(APICCommonState *s)
{
    if (cpu_get_tsc(&s->cpu->env) < s->tsc_deadline) {
        arm(s, deadline_ns(s));
        return;
    }
    s->tsc_deadline = 0;
    s->next_time = -1;
    apic_local_deliver(s, APIC_LVT_TIMER);
}

/* ---- count-down ---- */

static void schedule_count(APICCommonState *s, int64_t now)
{
    int64_t period = period_ns(s), passed = now - s->initial_count_load_time;

    if (period == 0) {
        arm(s, -1);
    } else if (timer_mode(s) == APIC_LVT_TIMER_PERIODIC) {
        arm(s, s->initial_count_load_time + (passed / period + 1) * period);
    } else if (passed >= period) {
        arm(s, -1); /* it has run out already */
    } else {
        arm(s, s->initial_count_load_time + period);
    }
}

void apic_timer_update(APICCommonState *s)
{
    if (timer_mode(s) == APIC_LVT_TIMER_TSCDEADLINE) {
        s->initial_count = 0;
        arm(s, s->tsc_deadline ? deadline_ns(s) : -1);
    } else {
        s->tsc_deadline = 0;
        schedule_count(s, now_ns());
    }
}

void apic_timer_set_count(APICCommonState *s, uint32_t initial_count)
{
    if (timer_mode(s) != APIC_LVT_TIMER_TSCDEADLINE) {
        s->initial_count = initial_count;
        s->initial_count_load_time = now_ns();
        schedule_count(s, s->initial_count_load_time);
    }
}

static void timer_fired(void *opaque)
{
    APICCommonState *s = opaque;
    int64_t due = s->next_time;

    switch (timer_mode(s)) {
    case APIC_LVT_TIMER_TSCDEADLINE:
        fire_deadline(s);
        return;
    case APIC_LVT_TIMER_PERIODIC:
        /* A late host skips periods, it does not deliver them in a burst. */
        schedule_count(s, MAX(now_ns(), due));
        break;
    default:
        s->next_time = -1;
        break;
    }
    apic_local_deliver(s, APIC_LVT_TIMER);
}

void apic_timer_rearm(APICCommonState *s)
{
    if (timer_mode(s) == APIC_LVT_TIMER_TSCDEADLINE) {
        arm(s, s->tsc_deadline ? deadline_ns(s) : -1);
    } else {
        arm(s, s->next_time);
    }
}

void apic_timer_init(APICCommonState *s)
{
    s->timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_fired, s);
}

void apic_timer_free(APICCommonState *s)
{
    timer_free(s->timer);
    s->timer = NULL;
}
