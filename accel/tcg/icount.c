/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest time as a number of instructions (system/icount.h):
 *
 *     ns = bias + (executed << shift)
 *
 * The bias grows while all vCPUs are halted, and takes up changes of the shift.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/seqlock.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/icount.h"

/* Written by the vCPUs' thread, or with the BQL while that is stopped; read by any. */
static struct {
    QemuSeqLock lock;
    int64_t executed;
    int64_t bias;
    int shift;
} count;

static IcountConfig config;

void icount_configure(const IcountConfig *c)
{
    config = *c;
    seqlock_init(&count.lock);
    count.shift = c->shift;
    icount_on = true;
}

static void add_bias(int64_t ns)
{
    seqlock_write_begin(&count.lock);
    count.bias += ns;
    seqlock_write_end(&count.lock);
}

/* ---- the clock ---- */

static void take(CPUState *cpu)
{
    int64_t ran = cpu->icount_budget - cpu->icount_left;

    if (ran) {
        seqlock_write_begin(&count.lock);
        count.executed += ran;
        seqlock_write_end(&count.lock);
        cpu->icount_budget = cpu->icount_left;
    }
}

int64_t icount_get_ns(void)
{
    unsigned start;
    int64_t ns;

    if (current_cpu) {
        take(current_cpu);
    }
    do {
        start = seqlock_read_begin(&count.lock);
        ns = count.bias + (count.executed << count.shift);
    } while (seqlock_read_retry(&count.lock, start));
    return ns;
}

void icount_set_ns(int64_t ns)
{
    add_bias(ns - icount_get_ns());
}

/* ---- budgets ---- */

/* What a vCPU gets when nothing is due: for ever, without an overflow on the way. */
#define NO_DEADLINE (INT64_MAX >> (ICOUNT_MAX_SHIFT + 2))
/* With align=on, how far the guest may run ahead before it waits. */
#define ALIGN_STEP_NS (10 * SCALE_MS)

int64_t icount_until_deadline(void)
{
    int64_t ns = qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL, QEMU_TIMER_ATTR_ALL);
    int64_t insns;

    if (config.align) {
        ns = qemu_soonest_timeout(ns, ALIGN_STEP_NS);
    }
    if (ns < 0) {
        return NO_DEADLINE;
    }
    insns = ns >> count.shift;
    insns += ns > insns << count.shift;
    return MIN(insns, NO_DEADLINE);
}

void icount_begin(CPUState *cpu, int64_t budget)
{
    cpu->icount_budget = cpu->icount_left = budget;
}

void icount_end(CPUState *cpu)
{
    take(cpu);
    cpu->icount_budget = cpu->icount_left = 0;
}

/* ---- all vCPUs are halted ---- */

static struct {
    QEMUTimer *timer; /* of the host's time */
    void (*wake)(void);
    int64_t start;  /* of the host's time; -1: not asleep, or for no deadline */
    int64_t wait;   /* ns from there to the deadline */
    int64_t target; /* the deadline, in virtual time */
} idle = {.start = -1};

static void idle_timer(void *opaque)
{
    idle.wake();
}

static int64_t first_deadline(void)
{
    int64_t wait = qemu_clock_deadline_ns_all(QEMU_CLOCK_VIRTUAL, QEMU_TIMER_ATTR_ALL);

    return wait < 0 ? -1 : icount_get_ns() + wait;
}

bool icount_idle_begin(void (*wake)(void))
{
    int64_t now = icount_get_ns(), target = first_deadline();

    idle.start = -1;
    if (target < 0) {
        return false;
    }
    if (!config.sleep || target <= now) {
        add_bias(target - now);
        return true;
    }
    idle.wake = wake;
    idle.start = cpu_get_clock();
    idle.wait = target - now;
    idle.target = target;
    timer_mod(idle.timer, idle.start + idle.wait);
    return false;
}

static bool reached(void)
{
    return idle.start >= 0 && cpu_get_clock() - idle.start >= idle.wait;
}

bool icount_idle_over(void)
{
    return reached() || first_deadline() != (idle.start < 0 ? -1 : idle.target);
}

/*
 * A deadline that was reached is when it is now: the host was a little late, and by how much
 * differs from run to run.
 */
void icount_idle_end(void)
{
    if (idle.start >= 0) {
        add_bias(MIN(cpu_get_clock() - idle.start, idle.wait));
        timer_del(idle.timer);
        idle.start = -1;
    }
}

/* ---- align=on ---- */

#define ALIGN_SLACK_NS  (3 * SCALE_MS)
#define LATE_MIN_NS     (2 * NANOSECONDS_PER_SECOND)
#define LATE_EVERY_NS   (2 * NANOSECONDS_PER_SECOND)
#define LATE_MAX_PRINTS 100

/* The vCPUs' thread. */
static struct {
    int64_t max_delay, max_advance; /* ns; both at least 0 */
    int64_t printed_at;             /* the host's time */
    int64_t printed;                /* seconds it was late by then */
    unsigned prints;
} align;

static void say_how_late(int64_t host, int64_t late)
{
    int64_t seconds = late / NANOSECONDS_PER_SECOND;

    if (late < LATE_MIN_NS || align.prints == LATE_MAX_PRINTS || seconds == align.printed ||
        (align.prints && host - align.printed_at < LATE_EVERY_NS)) {
        return;
    }
    printf("Warning: The guest is now late by %.1f to %.1f seconds\n", (double)seconds,
           (double)(seconds + 1));
    fflush(stdout);
    align.printed = seconds;
    align.printed_at = host;
    align.prints++;
}

void icount_align(void)
{
    int64_t host, ahead;

    if (!config.align) {
        return;
    }
    host = cpu_get_clock();
    ahead = icount_get_ns() - host;
    align.max_advance = MAX(align.max_advance, ahead);
    align.max_delay = MAX(align.max_delay, -ahead);
    if (ahead > ALIGN_SLACK_NS) {
        g_usleep(MIN(ahead, ALIGN_STEP_NS) / SCALE_US);
    } else if (ahead < 0) {
        say_how_late(host, -ahead);
    }
}

void icount_describe(GString *buf)
{
    int64_t behind = cpu_get_clock() - icount_get_ns();

    g_string_append_printf(buf, "Host - Guest clock  %" PRId64 " ms\n", behind / SCALE_MS);
    if (config.align) {
        g_string_append_printf(buf,
                               "Max guest delay     %" PRId64 " ms\n"
                               "Max guest advance   %" PRId64 " ms\n",
                               align.max_delay / SCALE_MS, align.max_advance / SCALE_MS);
    } else {
        g_string_append(buf, "Max guest delay     NA\nMax guest advance   NA\n");
    }
}

/* ---- shift=auto ---- */

#define ADAPT_NS  (100 * SCALE_MS)
#define WOBBLE_NS (100 * SCALE_MS)

static QEMUTimer *adapt_timer;
static int64_t last_ahead;

static void set_shift(int shift)
{
    int64_t now = icount_get_ns();

    seqlock_write_begin(&count.lock);
    count.shift = shift;
    count.bias = now - (count.executed << shift);
    seqlock_write_end(&count.lock);
}

/*
 * The guest's clock is ahead of the host's and does not come back: an instruction takes half of
 * the time from now on; or twice, where it falls behind. In the vCPUs' thread, as timers are.
 */
static void adapt(void *opaque)
{
    int64_t ahead = icount_get_ns() - cpu_get_clock();

    if (ahead > WOBBLE_NS && ahead >= last_ahead && count.shift > 0) {
        set_shift(count.shift - 1);
    } else if (ahead < -WOBBLE_NS && ahead <= last_ahead && count.shift < ICOUNT_MAX_SHIFT) {
        set_shift(count.shift + 1);
    }
    last_ahead = ahead;
    timer_mod(adapt_timer, icount_get_ns() + ADAPT_NS);
}

void icount_start(void)
{
    if (idle.timer) {
        return;
    }
    idle.timer = timer_new_ns(QEMU_CLOCK_VIRTUAL_RT, idle_timer, NULL);
    if (config.adaptive) {
        adapt_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, adapt, NULL);
        timer_mod(adapt_timer, ADAPT_NS);
    }
}
