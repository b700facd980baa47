/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest time: the virtual clock and the cycle counter, which stand still while
 * the machine does. An accelerator may bring a clock of its own.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/seqlock.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "hw/core/cpu.h"
#include "migration/vmstate.h"
#include "system/accel-ops.h"
#include "system/cpus.h"

/*
 * Written with the BQL; read by any thread. While @enabled the offsets are what
 * to add to the host's clocks; while not, they are the guest's time itself.
 */
typedef struct TimersState {
    QemuSeqLock lock;
    bool enabled;
    int64_t clock_offset;
    int64_t ticks_offset;
} TimersState;

static TimersState timers;

static int64_t host_ticks(void)
{
#ifdef HOST_X86_64
    return __builtin_ia32_rdtsc();
#else
    return get_clock();
#endif
}

int64_t cpu_get_clock(void)
{
    unsigned start;
    int64_t now;

    do {
        start = seqlock_read_begin(&timers.lock);
        now = timers.clock_offset + (timers.enabled ? get_clock() : 0);
    } while (seqlock_read_retry(&timers.lock, start));
    return now;
}

int64_t cpu_get_ticks(void)
{
    unsigned start;
    int64_t ticks;

    do {
        start = seqlock_read_begin(&timers.lock);
        ticks = timers.ticks_offset + (timers.enabled ? host_ticks() : 0);
    } while (seqlock_read_retry(&timers.lock, start));
    return ticks;
}

bool cpu_ticks_enabled(void)
{
    return qatomic_read(&timers.enabled);
}

void cpu_enable_ticks(void)
{
    if (!timers.enabled) {
        seqlock_write_begin(&timers.lock);
        timers.clock_offset -= get_clock();
        timers.ticks_offset -= host_ticks();
        timers.enabled = true;
        seqlock_write_end(&timers.lock);
    }
}

void cpu_disable_ticks(void)
{
    if (timers.enabled) {
        seqlock_write_begin(&timers.lock);
        timers.clock_offset += get_clock();
        timers.ticks_offset += host_ticks();
        timers.enabled = false;
        seqlock_write_end(&timers.lock);
    }
}

int64_t cpus_get_virtual_clock(void)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    return ops && ops->get_virtual_clock ? ops->get_virtual_clock() : cpu_get_clock();
}

void cpus_set_virtual_clock(int64_t new_time)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    if (ops && ops->set_virtual_clock) {
        ops->set_virtual_clock(new_time);
    }
}

int64_t cpus_get_elapsed_ticks(void)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    return ops && ops->get_elapsed_ticks ? ops->get_elapsed_ticks() : cpu_get_ticks();
}

bool cpus_get_ticks_offset(int64_t *offset)
{
#ifdef HOST_X86_64
    const AccelOpsClass *ops = cpus_get_accel_ops();
    unsigned start;
    bool enabled;

    do {
        start = seqlock_read_begin(&timers.lock);
        *offset = timers.ticks_offset;
        enabled = timers.enabled;
    } while (seqlock_read_retry(&timers.lock, start));
    return enabled && !(ops && ops->get_elapsed_ticks);
#else
    return false;
#endif
}

static int64_t source_get_ns(void *opaque)
{
    return cpus_get_virtual_clock();
}

static void source_set_ns(void *opaque, int64_t ns)
{
    cpus_set_virtual_clock(ns);
}

/* While instructions are counted, what concerns the host goes by the host's time. */
static int64_t source_get_rt_ns(void *opaque)
{
    return icount_enabled() ? cpu_get_clock() : cpus_get_virtual_clock();
}

static bool source_deadline_changed(void *opaque)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    if (!ops || !ops->virtual_deadline_changed) {
        return false;
    }
    ops->virtual_deadline_changed();
    return true;
}

static QEMUVirtualClockSource virtual_clock_source = {
    .get_ns = source_get_ns,
    .set_ns = source_set_ns,
    .get_rt_ns = source_get_rt_ns,
    .deadline_changed = source_deadline_changed,
    .paced_by_host = true,
};

/* Further than any machine gets, and far enough from the end for deadlines after it. */
#define CLOCK_MAX (INT64_MAX / 2)

static bool clock_valid(void *opaque, int version_id)
{
    TimersState *s = opaque;

    return s->clock_offset >= 0 && s->clock_offset <= CLOCK_MAX;
}

static bool accel_has_clock(void)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    return ops && ops->get_virtual_clock;
}

/* The machine is stopped. An accelerator's clock is the guest's time, whatever ours would be. */
static int timers_pre_save(void *opaque)
{
    TimersState *s = opaque;

    if (accel_has_clock()) {
        seqlock_write_begin(&s->lock);
        s->clock_offset = cpus_get_virtual_clock();
        s->ticks_offset = cpus_get_elapsed_ticks();
        seqlock_write_end(&s->lock);
    }
    return 0;
}

static int timers_post_load(void *opaque, int version_id)
{
    TimersState *s = opaque;

    if (accel_has_clock()) {
        cpus_set_virtual_clock(s->clock_offset);
    }
    return 0;
}

static const VMStateDescription vmstate_timers = {
    .name = "timer",
    .version_id = 2,
    .minimum_version_id = 1,
    .pre_save = timers_pre_save,
    .post_load = timers_post_load,
    .fields = (const VMStateField[]){VMSTATE_INT64(ticks_offset, TimersState), VMSTATE_UNUSED(8),
                                     VMSTATE_INT64_V(clock_offset, TimersState, 2),
                                     VMSTATE_VALIDATE("clock_offset in range", clock_valid),
                                     VMSTATE_END_OF_LIST()},
};

void cpus_clock_source_changed(void)
{
    const AccelOpsClass *ops = cpus_get_accel_ops();

    /* An accelerator's own clock is moved on by its owner, who then runs the timers. */
    virtual_clock_source.paced_by_host = !ops || !ops->get_virtual_clock;
}

void cpus_init_clock(void)
{
    seqlock_init(&timers.lock);
    cpus_clock_source_changed();
    qemu_clock_set_virtual_source(&virtual_clock_source);
    vmstate_register(NULL, 0, &vmstate_timers, &timers);
}
