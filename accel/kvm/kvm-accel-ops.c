/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU threads under KVM. */
#include "qemu/osdep.h"
#include <signal.h>

#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "accel/kvm/kvm-int.h"
#include "system/accel-ops.h"
#include "system/cpus.h"

/* A vCPU that the kernel refuses: the thread stays to be stopped and ended. */
static void report_init_failure(CPUState *cpu, Error *err)
{
    error_reportf_err(err, "CPU %d cannot run: ", cpu->cpu_index);
    vm_stop(RUN_STATE_INTERNAL_ERROR);
}

static void unblock_sig_ipi(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIG_IPI);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void *kvm_vcpu_thread_fn(void *arg)
{
    CPUState *cpu = arg;
    Error *err = NULL;
    bool usable;

    rcu_register_thread();
    bql_lock();
    current_cpu = cpu;
    usable = kvm_init_vcpu(cpu, &err);
    if (!usable) {
        report_init_failure(cpu, err);
    }
    unblock_sig_ipi();
    cpu_thread_signal_created(cpu);
    do {
        if (usable && cpu_can_run(cpu)) {
            if (kvm_cpu_exec(cpu) == EXCP_DEBUG) {
                cpu_handle_guest_debug(cpu);
            }
        }
        qatomic_set_mb(&cpu->exit_request, false);
        qemu_wait_io_event(cpu);
    } while (!qatomic_read(&cpu->unplug) || cpu_can_run(cpu));

    if (usable) {
        kvm_destroy_vcpu(cpu);
    }
    cpu_thread_signal_destroyed(cpu);
    bql_unlock();
    rcu_unregister_thread();
    return NULL;
}

static void kvm_start_vcpu_thread(CPUState *cpu)
{
    char name[16];

    snprintf(name, sizeof(name), "CPU %d/KVM", cpu->cpu_index);
    cpu->thread = g_new0(QemuThread, 1);
    qemu_thread_create(cpu->thread, name, kvm_vcpu_thread_fn, cpu, QEMU_THREAD_JOINABLE);
}

/* With the local APIC in the kernel a halted vCPU waits there. */
static bool kvm_vcpu_thread_is_idle(CPUState *cpu)
{
    return !kvm_halt_in_kernel();
}

static void kvm_kick_vcpu_thread(CPUState *cpu)
{
    cpu_exit(cpu);
    cpus_kick_thread(cpu);
}

static bool kvm_cpus_are_resettable(void)
{
    return true;
}

static void kvm_ops_class_init(ObjectClass *oc, const void *data)
{
    AccelOpsClass *ops = ACCEL_OPS_CLASS(oc);

    ops->create_vcpu_thread = kvm_start_vcpu_thread;
    ops->cpu_thread_is_idle = kvm_vcpu_thread_is_idle;
    ops->kick_vcpu_thread = kvm_kick_vcpu_thread;
    ops->cpus_are_resettable = kvm_cpus_are_resettable;
    ops->synchronize_post_reset = kvm_cpu_synchronize_post_reset;
    ops->synchronize_post_init = kvm_cpu_synchronize_post_init;
    ops->synchronize_state = kvm_cpu_synchronize_state;
    ops->synchronize_pre_loadvm = kvm_cpu_synchronize_pre_loadvm;
    ops->supports_guest_debug = kvm_supports_guest_debug;
    ops->update_guest_debug = kvm_update_guest_debug_ops;
    ops->insert_breakpoint = kvm_insert_breakpoint;
    ops->remove_breakpoint = kvm_remove_breakpoint;
    ops->remove_all_breakpoints = kvm_remove_all_breakpoints;
}

static const TypeInfo kvm_ops_types[] = {
    {
        .name = ACCEL_OPS_NAME("kvm"),
        .parent = TYPE_ACCEL_OPS,
        .class_init = kvm_ops_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(kvm_ops_types)
