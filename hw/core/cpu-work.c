/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work for vCPU threads, and sections in which no vCPU runs guest code.
 *
 * An exclusive section counts the vCPUs that were running when it began and
 * waits until each of them has come out; a vCPU that wants to enter meanwhile
 * waits for the end. The common case, nobody wants exclusivity, costs a vCPU two
 * stores and two loads per entry.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "hw/core/cpu.h"
#include "system/cpus.h"

struct qemu_work_item {
    QSIMPLEQ_ENTRY(qemu_work_item) node;
    run_on_cpu_func func;
    run_on_cpu_data data;
    bool allocated; /* freed when done; else somebody waits for it */
    bool exclusive;
    bool done;
};

/* Guards the list of CPUs and the variables that follow. */
static QemuMutex cpu_list_mutex;
/* Somebody waits for vCPUs to come out; vCPUs wait to go in. */
static QemuCond all_out;
static QemuCond may_enter;
/* 0: no exclusive section; else 1 + vCPUs that have yet to come out. */
static int pending_cpus;
/* With the BQL: a work item is done. */
static QemuCond work_done;

static void __attribute__((constructor)) cpu_work_init(void)
{
    qemu_mutex_init(&cpu_list_mutex);
    qemu_cond_init(&all_out);
    qemu_cond_init(&may_enter);
    qemu_cond_init(&work_done);
}

void cpu_list_lock(void)
{
    qemu_mutex_lock(&cpu_list_mutex);
}

void cpu_list_unlock(void)
{
    qemu_mutex_unlock(&cpu_list_mutex);
}

/* ---- work ---- */

static void queue_work(CPUState *cpu, struct qemu_work_item *wi)
{
    qemu_mutex_lock(&cpu->work_mutex);
    QSIMPLEQ_INSERT_TAIL(&cpu->work_list, wi, node);
    qemu_mutex_unlock(&cpu->work_mutex);
    qemu_cpu_kick(cpu);
}

bool cpu_work_list_empty(CPUState *cpu)
{
    return QSIMPLEQ_EMPTY_ATOMIC(&cpu->work_list);
}

void run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data)
{
    struct qemu_work_item wi = {.func = func, .data = data};

    if (qemu_cpu_is_self(cpu)) {
        func(cpu, data);
        return;
    }
    queue_work(cpu, &wi);
    while (!qatomic_load_acquire(&wi.done)) {
        qemu_cond_wait_bql(&work_done);
    }
}

static void queue_async(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data, bool exclusive)
{
    struct qemu_work_item *wi = g_new0(struct qemu_work_item, 1);

    wi->func = func;
    wi->data = data;
    wi->allocated = true;
    wi->exclusive = exclusive;
    queue_work(cpu, wi);
}

void async_run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data)
{
    queue_async(cpu, func, data, false);
}

void async_safe_run_on_cpu(CPUState *cpu, run_on_cpu_func func, run_on_cpu_data data)
{
    queue_async(cpu, func, data, true);
}

static struct qemu_work_item *next_work(CPUState *cpu)
{
    struct qemu_work_item *wi;

    qemu_mutex_lock(&cpu->work_mutex);
    wi = QSIMPLEQ_FIRST(&cpu->work_list);
    if (wi) {
        QSIMPLEQ_REMOVE_HEAD(&cpu->work_list, node);
    }
    qemu_mutex_unlock(&cpu->work_mutex);
    return wi;
}

static void finish_work(struct qemu_work_item *wi)
{
    if (wi->allocated) {
        g_free(wi);
    } else {
        qatomic_store_release(&wi->done, true);
    }
}

void process_queued_cpu_work(CPUState *cpu)
{
    struct qemu_work_item *wi;
    bool any = false;

    while ((wi = next_work(cpu))) {
        if (wi->exclusive) {
            /* Others need the BQL to come out of guest code. */
            bql_unlock();
            start_exclusive();
            wi->func(cpu, wi->data);
            end_exclusive();
            bql_lock();
        } else {
            wi->func(cpu, wi->data);
        }
        finish_work(wi);
        any = true;
    }
    if (any) {
        qemu_cond_broadcast(&work_done);
    }
}

void free_queued_cpu_work(CPUState *cpu)
{
    struct qemu_work_item *wi;

    while ((wi = next_work(cpu))) {
        finish_work(wi);
    }
    qemu_cond_broadcast(&work_done);
}

/* ---- exclusive sections ---- */

void start_exclusive(void)
{
    CPUState *cpu;
    int running = 0;

    if (current_cpu && current_cpu->exclusive_context_count) {
        current_cpu->exclusive_context_count++;
        return;
    }
    cpu_list_lock();
    while (pending_cpus) {
        qemu_cond_wait(&may_enter, &cpu_list_mutex);
    }
    qatomic_set(&pending_cpus, 1);
    /* Either we see that a vCPU runs, or it sees that it must not. */
    smp_mb();
    CPU_FOREACH (cpu) {
        if (qatomic_read(&cpu->running)) {
            cpu->has_waiter = true;
            running++;
            qemu_cpu_kick(cpu);
        }
    }
    qatomic_set(&pending_cpus, running + 1);
    while (pending_cpus > 1) {
        qemu_cond_wait(&all_out, &cpu_list_mutex);
    }
    cpu_list_unlock();
    if (current_cpu) {
        current_cpu->exclusive_context_count = 1;
    }
}

void end_exclusive(void)
{
    if (current_cpu && --current_cpu->exclusive_context_count) {
        return;
    }
    cpu_list_lock();
    qatomic_set(&pending_cpus, 0);
    qemu_cond_broadcast(&may_enter);
    cpu_list_unlock();
}

bool cpu_in_exclusive_context(const CPUState *cpu)
{
    return cpu->exclusive_context_count;
}

void cpu_exec_start(CPUState *cpu)
{
    qatomic_set(&cpu->running, true);
    smp_mb();
    if (likely(!qatomic_read(&pending_cpus))) {
        return;
    }
    cpu_list_lock();
    /* Counted already: they wait for us to come out, so go in; the kick is on its way. */
    if (!cpu->has_waiter) {
        qatomic_set(&cpu->running, false);
        while (pending_cpus) {
            qemu_cond_wait(&may_enter, &cpu_list_mutex);
        }
        /* Nobody can begin another section before we release the lock. */
        qatomic_set(&cpu->running, true);
    }
    cpu_list_unlock();
}

void cpu_exec_end(CPUState *cpu)
{
    qatomic_set(&cpu->running, false);
    smp_mb();
    if (likely(!qatomic_read(&pending_cpus))) {
        return;
    }
    cpu_list_lock();
    if (cpu->has_waiter) {
        cpu->has_waiter = false;
        qatomic_set(&pending_cpus, pending_cpus - 1);
        if (pending_cpus == 1) {
            qemu_cond_signal(&all_out);
        }
    }
    cpu_list_unlock();
}
