/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accelerators: how guest code is run. Each is a QOM class "<name>-accel"; the
 * object that is created from it carries the properties of -accel.
 */
#ifndef QEMU_ACCEL_H
#define QEMU_ACCEL_H

#include "exec/hwaddr.h"
#include "qom/object.h"

#define TYPE_ACCEL          "accel"
#define ACCEL_CLASS_SUFFIX  "-" TYPE_ACCEL
#define ACCEL_CLASS_NAME(a) (a ACCEL_CLASS_SUFFIX)
OBJECT_DECLARE_TYPE(AccelState, AccelClass, ACCEL)

struct AccelState {
    Object parent_obj;
};

struct AccelClass {
    ObjectClass parent_class;

    /* "kvm", "tcg", "qtest": the name in -accel. */
    const char *name;
    /* One line for `-accel help`. */
    const char *description;

    /* Global: the accelerator in use sets it to true. */
    bool *allowed;

    /*
     * Can it work here? False sets @errp to a sentence that says what is
     * missing and what to do about it. May open devices but keeps nothing.
     */
    bool (*available)(Error **errp);
    /* Starts it for @ms. 0, or -errno with @errp set: the next of a fallback list is tried. */
    int (*init_machine)(AccelState *as, MachineState *ms, Error **errp);
    /* Before vCPUs; after the machine exists. */
    bool (*pre_init_interfaces)(AccelState *as, Error **errp);
    bool (*cpu_common_realize)(CPUState *cpu, Error **errp);
    void (*cpu_common_unrealize)(CPUState *cpu);
    /* Machine and devices are there, just before the guest runs. */
    void (*setup_post)(AccelState *as);
    bool (*has_memory)(AccelState *as, AddressSpace *as_mem, hwaddr start, hwaddr size);
    /* Text for `info accelerators`/x-accel-stats. */
    void (*get_stats)(AccelState *as, GString *buf);

    /* gdbstub: SSTEP_... that can be asked for. */
    int (*gdbstub_supported_sstep_flags)(AccelState *as);

    /* CompatProperty *: defaults that devices get under this accelerator. */
    GPtrArray *compat_props;
};

/* What an accelerator adds to the CPU class: the class "kvm-accel-x86_64-cpu" and so on. */
#define TYPE_ACCEL_CPU        "accel-x86_64-cpu"
#define ACCEL_CPU_NAME(accel) (accel "-" TYPE_ACCEL_CPU)

typedef struct AccelCPUClass {
    ObjectClass parent_class;
    void (*cpu_class_init)(CPUClass *cc);
    void (*cpu_instance_init)(CPUState *cpu);
    bool (*cpu_target_realize)(CPUState *cpu, Error **errp);
} AccelCPUClass;
DECLARE_CLASS_CHECKERS(AccelCPUClass, ACCEL_CPU, TYPE_ACCEL_CPU)

/* The class for -accel @opt_name, or NULL. */
AccelClass *accel_find(const char *opt_name);
/* The same with a message, which names the nearest. */
AccelClass *accel_find_err(const char *opt_name, Error **errp);
/* Names of all accelerators built in, sorted, NULL-terminated; g_strfreev(). */
char **accel_list_names(void);
/* True when accel_find(@opt_name) exists and its available() says so. */
bool accel_available(const char *opt_name, Error **errp);

/*
 * Makes @accel the one in use for @ms. On failure 0 is not returned, @errp says
 * why, and another may be tried. Main thread, BQL held.
 */
int accel_init_machine(AccelState *accel, MachineState *ms, Error **errp);
/* Installs the accelerator's class hooks on CPU classes derived from @cpu_type. */
void accel_init_interfaces(AccelClass *ac, const char *cpu_type);
void accel_setup_post(MachineState *ms);
void accel_cpu_instance_init(CPUState *cpu);
bool accel_cpu_common_realize(CPUState *cpu, Error **errp);
void accel_cpu_common_unrealize(CPUState *cpu);
int accel_supported_gdbstub_sstep_flags(void);
/* The one in use; NULL before accel_init_machine(). */
AccelState *current_accel(void);

#endif
