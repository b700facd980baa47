/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The qtest accelerator: a machine whose processors never run. A test drives
 * the devices in their place (system/qtest.c) and moves the virtual clock,
 * which stands still otherwise, so that what a test sees does not depend on
 * how fast the host is.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "hw/core/cpu.h"
#include "system/accel-ops.h"
#include "system/cpus.h"
#include "system/qtest.h"

bool qtest_allowed;

/* ns of virtual time. */
static int64_t qtest_clock;

static int64_t qtest_get_clock(void)
{
    return qatomic_read(&qtest_clock);
}

static void qtest_set_clock(int64_t ns)
{
    qatomic_set(&qtest_clock, ns);
}

/* ---- vCPU threads: they stop, resume and do queued work, and nothing else ---- */

/* Not cpu_thread_is_idle(): for that, a processor that is not halted has always something to do. */
static bool nothing_to_do(CPUState *cpu)
{
    return !qatomic_read(&cpu->stop) && !qatomic_read(&cpu->unplug) && cpu_work_list_empty(cpu);
}

static void wait_for_work(CPUState *cpu)
{
    bql_unlock();
    cpu_sleep_while(cpu, nothing_to_do);
    bql_lock();
    qemu_wait_io_event_common(cpu);
}

static void *qtest_vcpu_thread(void *arg)
{
    CPUState *cpu = arg;

    rcu_register_thread();
    bql_lock();
    current_cpu = cpu;
    cpu_thread_signal_created(cpu);
    do {
        wait_for_work(cpu);
    } while (!qatomic_read(&cpu->unplug));
    cpu_thread_signal_destroyed(cpu);
    bql_unlock();
    rcu_unregister_thread();
    return NULL;
}

static void qtest_create_vcpu_thread(CPUState *cpu)
{
    char name[16];

    snprintf(name, sizeof(name), "CPU %d/QTEST", cpu->cpu_index);
    cpu->thread = g_new0(QemuThread, 1);
    qemu_thread_create(cpu->thread, name, qtest_vcpu_thread, cpu, QEMU_THREAD_JOINABLE);
}

static void qtest_kick_vcpu_thread(CPUState *cpu)
{
    /* It only ever waits on halt_event, which every kick sets. */
}

static void qtest_accel_ops_class_init(ObjectClass *oc, const void *data)
{
    AccelOpsClass *ops = ACCEL_OPS_CLASS(oc);

    ops->create_vcpu_thread = qtest_create_vcpu_thread;
    ops->kick_vcpu_thread = qtest_kick_vcpu_thread;
    ops->get_virtual_clock = qtest_get_clock;
    ops->set_virtual_clock = qtest_set_clock;
    /* A cycle counter of 1 GHz, as still as the clock. */
    ops->get_elapsed_ticks = qtest_get_clock;
}

static void qtest_accel_class_init(ObjectClass *oc, const void *data)
{
    AccelClass *ac = ACCEL_CLASS(oc);

    ac->name = "qtest";
    ac->description = "Runs no guest: a test drives the devices";
    ac->allowed = &qtest_allowed;
}

static const TypeInfo qtest_accel_types[] = {
    {
        .name = ACCEL_CLASS_NAME("qtest"),
        .parent = TYPE_ACCEL,
        .class_init = qtest_accel_class_init,
    },
    {
        .name = ACCEL_OPS_NAME("qtest"),
        .parent = TYPE_ACCEL_OPS,
        .class_init = qtest_accel_ops_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(qtest_accel_types)
