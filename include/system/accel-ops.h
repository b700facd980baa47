/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an accelerator does for vCPU threads. One object, registered as class
 * ACCEL_OPS_NAME("kvm") and so on, chosen together with the accelerator.
 */
#ifndef SYSTEM_ACCEL_OPS_H
#define SYSTEM_ACCEL_OPS_H

#include "exec/hwaddr.h"
#include "exec/vaddr.h"
#include "qemu/accel.h"
#include "qom/object.h"

#define ACCEL_OPS_SUFFIX     "-ops"
#define TYPE_ACCEL_OPS       "accel" ACCEL_OPS_SUFFIX
#define ACCEL_OPS_NAME(name) (name "-" TYPE_ACCEL_OPS)
DECLARE_CLASS_CHECKERS(AccelOpsClass, ACCEL_OPS, TYPE_ACCEL_OPS)

/*
 * Everything is optional but create_vcpu_thread. Called with the BQL held
 * unless noted.
 */
struct AccelOpsClass {
    ObjectClass parent_class;

    /* The class was chosen; fill in members that depend on configuration. */
    void (*ops_init)(AccelClass *ac);

    /* Can the registers be put back after a reset request (not for encrypted guests). */
    bool (*cpus_are_resettable)(void);
    void (*cpu_reset_hold)(CPUState *cpu);

    /* vCPUs take turns in one thread: they end without it. */
    bool shared_thread;
    /* Starts cpu->thread, which calls cpu_thread_signal_created() when it is ready. */
    void (*create_vcpu_thread)(CPUState *cpu);
    /* Makes it leave guest code. Any thread. Without it: SIG_IPI. */
    void (*kick_vcpu_thread)(CPUState *cpu);
    /* A halted thread without work: may it sleep here (false: in the kernel)? Default: yes. */
    bool (*cpu_thread_is_idle)(CPUState *cpu);

    /* Move registers between CPUState and the kernel; see cpu_synchronize_state() and friends. */
    void (*synchronize_post_reset)(CPUState *cpu);
    void (*synchronize_post_init)(CPUState *cpu);
    void (*synchronize_state)(CPUState *cpu);
    void (*synchronize_pre_loadvm)(CPUState *cpu);
    void (*synchronize_pre_resume)(bool step_pending);

    /* Deliver cpu_interrupt(). Without it: set the bits and kick. Any thread. */
    void (*handle_interrupt)(CPUState *cpu, uint32_t mask);

    /* ns of virtual time, if not the default clock; and moving it (qtest). Any thread. */
    int64_t (*get_virtual_clock)(void);
    void (*set_virtual_clock)(int64_t time);
    /* The clock of get_virtual_clock() has an earlier deadline. Any thread. */
    void (*virtual_deadline_changed)(void);
    /* Guest-visible cycle counter, if not the host's. Any thread. */
    int64_t (*get_elapsed_ticks)(void);
    uint64_t (*get_vcpu_stats)(CPUState *cpu);

    /*
     * The view of address space @asidx of @cpu changed: forget translations to
     * host pointers, at the latest before @cpu runs more guest code than the
     * block it is in. A thread that runs guest code stays in an RCU critical
     * section while it does, and leaves it when asked to do something: the old
     * view and its RAM live on until then.
     */
    void (*memory_map_changed)(CPUState *cpu, int asidx);

    /* Debugging. Default of supports: no. type is GDB_BREAKPOINT_SW... */
    bool (*supports_guest_debug)(void);
    int (*update_guest_debug)(CPUState *cpu);
    int (*insert_breakpoint)(CPUState *cpu, int type, vaddr addr, vaddr len);
    int (*remove_breakpoint)(CPUState *cpu, int type, vaddr addr, vaddr len);
    void (*remove_all_breakpoints)(CPUState *cpu);
};

/* Looks up and installs the ops of @ac, and registers them with cpus.c. */
void accel_init_ops_interfaces(AccelClass *ac);
/* The installed ops; NULL before (tests, tools). */
const AccelOpsClass *cpus_get_accel_ops(void);
void cpus_register_accel(const AccelOpsClass *ops);
/* Name of the accelerator in use ("kvm"), for messages. */
const char *current_accel_name(void);

#endif
