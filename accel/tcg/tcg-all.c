/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tcg accelerator: guest code is translated or interpreted. This is the
 * object behind -accel tcg and its properties; threads are in tcg-accel-ops.c.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/qapi-types-common.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "accel/tcg/cpu-ops.h"
#include "accel/tcg/tcg-internal.h"
#include "hw/core/cpu.h"
#include "qemu/accel.h"
#include "system/icount.h"
#include "system/tcg.h"

#define TYPE_TCG_ACCEL ACCEL_CLASS_NAME("tcg")
OBJECT_DECLARE_SIMPLE_TYPE(TCGState, TCG_ACCEL)

struct TCGState {
    AccelState parent_obj;

    TCGConfig config;
    bool started;
};

bool tcg_allowed;

bool tcg_single_thread(void)
{
    return TCG_ACCEL(current_accel())->config.one_thread;
}

/* ---- life of the accelerator and of CPUs under it ---- */

static int tcg_init_machine(AccelState *as, MachineState *ms, Error **errp)
{
    return 0;
}

static bool tcg_cpu_realize(CPUState *cpu, Error **errp)
{
    TCGState *s = TCG_ACCEL(current_accel());
    const TCGCPUOps *ops = cpu->cc->tcg_ops;

    if (!ops) {
        error_setg(errp, "CPU type '%s' cannot be run by accelerator tcg",
                   object_get_typename(OBJECT(cpu)));
        return false;
    }
    if (!s->started) {
        if (!ops->start(&s->config, errp)) {
            return false;
        }
        s->started = true;
    }
    ops->cpu_init(cpu);
    return true;
}

static void tcg_cpu_unrealize(CPUState *cpu)
{
    if (cpu->cc->tcg_ops) {
        cpu->cc->tcg_ops->cpu_free(cpu);
    }
}

static void tcg_get_stats(AccelState *as, GString *buf)
{
    const TCGCPUOps *ops = first_cpu ? first_cpu->cc->tcg_ops : NULL;

    if (ops) {
        ops->describe(buf);
    }
    if (icount_enabled()) {
        icount_describe(buf);
    }
}

static int tcg_sstep_flags(AccelState *as)
{
    return SSTEP_ENABLE | SSTEP_NOIRQ | SSTEP_NOTIMER;
}

/* ---- properties ---- */

static char *tcg_get_thread(Object *obj, Error **errp)
{
    return g_strdup(TCG_ACCEL(obj)->config.one_thread ? "single" : "multi");
}

static void tcg_set_thread(Object *obj, const char *value, Error **errp)
{
    ERRP_GUARD();

    if (!strcmp(value, "single")) {
        TCG_ACCEL(obj)->config.one_thread = true;
    } else if (strcmp(value, "multi") != 0) {
        error_setg(errp, "Invalid 'thread' setting %s", value);
        error_append_hint(errp, "Accepted: multi, single.\n");
    } else if (icount_enabled()) {
        error_setg(errp, "No MTTCG when icount is enabled");
        error_append_hint(errp, "Leave thread=multi out: with -icount vCPUs take turns.\n");
    } else {
        TCG_ACCEL(obj)->config.one_thread = false;
    }
}

static void tcg_get_tb_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t value = TCG_ACCEL(obj)->config.tb_size / MiB;

    visit_type_uint32(v, name, &value, errp);
}

static void tcg_set_tb_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value > TCG_MAX_TB_SIZE / MiB) {
        warn_report("tb-size=%u: translated code gets %u MiB, which is the most it can", value,
                    (unsigned)(TCG_MAX_TB_SIZE / MiB));
        value = TCG_MAX_TB_SIZE / MiB;
    }
    TCG_ACCEL(obj)->config.tb_size = value * (uint64_t)MiB;
}

static bool tcg_get_split_wx(Object *obj, Error **errp)
{
    return true;
}

static void tcg_set_split_wx(Object *obj, bool value, Error **errp)
{
    if (!value) {
        error_setg(errp, "property 'split-wx' of accelerator tcg can only be 'on': "
                         "translated code is never writable where it runs");
    }
}

static bool tcg_get_one_insn(Object *obj, Error **errp)
{
    return TCG_ACCEL(obj)->config.one_insn;
}

static void tcg_set_one_insn(Object *obj, bool value, Error **errp)
{
    TCG_ACCEL(obj)->config.one_insn = value;
}

static bool tcg_get_jit(Object *obj, Error **errp)
{
    return TCG_ACCEL(obj)->config.translator != ON_OFF_AUTO_OFF;
}

static void tcg_set_jit(Object *obj, bool value, Error **errp)
{
    TCG_ACCEL(obj)->config.translator = value ? ON_OFF_AUTO_ON : ON_OFF_AUTO_OFF;
}

static int tcg_get_window(Object *obj, Error **errp)
{
    return TCG_ACCEL(obj)->config.window;
}

static void tcg_set_window(Object *obj, int value, Error **errp)
{
    TCG_ACCEL(obj)->config.window = value;
}

static void tcg_accel_instance_init(Object *obj)
{
    TCG_ACCEL(obj)->config.translator = ON_OFF_AUTO_AUTO;
    TCG_ACCEL(obj)->config.window = ON_OFF_AUTO_AUTO;
    TCG_ACCEL(obj)->config.one_thread = icount_enabled();
}

static void tcg_accel_class_init(ObjectClass *oc, const void *data)
{
    AccelClass *ac = ACCEL_CLASS(oc);

    ac->name = "tcg";
    ac->description = "Runs guests without help from the processor's virtualization";
    ac->allowed = &tcg_allowed;
    ac->init_machine = tcg_init_machine;
    ac->cpu_common_realize = tcg_cpu_realize;
    ac->cpu_common_unrealize = tcg_cpu_unrealize;
    ac->gdbstub_supported_sstep_flags = tcg_sstep_flags;
    ac->get_stats = tcg_get_stats;

    object_class_property_add_str(oc, "thread", tcg_get_thread, tcg_set_thread);
    object_class_property_set_description(oc, "thread",
                                          "multi: one thread per vCPU; single: one for all");
    object_class_property_add(oc, "tb-size", "int", tcg_get_tb_size, tcg_set_tb_size, NULL, NULL);
    object_class_property_set_description(oc, "tb-size", "Memory for translated code, in MiB");
    object_class_property_add_bool(oc, "split-wx", tcg_get_split_wx, tcg_set_split_wx);
    object_class_property_set_description(
        oc, "split-wx", "Map translated code for writing and for running at two addresses");
    object_class_property_add_bool(oc, "one-insn-per-tb", tcg_get_one_insn, tcg_set_one_insn);
    object_class_property_set_description(oc, "one-insn-per-tb",
                                          "Look at events after every instruction");
    object_class_property_add_bool(oc, "jit", tcg_get_jit, tcg_set_jit);
    object_class_property_set_description(oc, "jit", "off: interpret everything");
    object_class_property_add_enum(oc, "window", "OnOffAuto", &OnOffAuto_lookup, tcg_get_window,
                                   tcg_set_window);
    object_class_property_set_description(
        oc, "window",
        "Map user memory for translated code (auto: for processes that run long enough)");
}

static const TypeInfo tcg_accel_type = {
    .name = TYPE_TCG_ACCEL,
    .parent = TYPE_ACCEL,
    .instance_size = sizeof(TCGState),
    .instance_init = tcg_accel_instance_init,
    .class_init = tcg_accel_class_init,
};

static void register_tcg_accel(void)
{
    type_register_static(&tcg_accel_type);
}

type_init(register_tcg_accel)
