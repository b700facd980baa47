/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "gdbstub/target.h"
#include "qemu/timer.h"
#include "target/i386/tcg/tcg-ops.h"
#include "x86-cpu-test.h"

int64_t test_clock;
int test_eoi_vector = -1;
int test_pic_level;

/* ---- the rooms above ---- */

static int dummy_pic;
PICCommonState *isa_pic = (PICCommonState *)&dummy_pic;

int pic_get_output(PICCommonState *s)
{
    return test_pic_level;
}

void ioapic_eoi_broadcast(int vector)
{
    test_eoi_vector = vector;
}

void ioapic_accepted(int vector)
{
}

uint64_t cpu_get_tsc(CPUX86State *env)
{
    return cpus_get_elapsed_ticks() + env->tsc_offset;
}

const TCGCPUOps x86_tcg_ops = {0};
const GdbTarget x86_gdb_target = {0};

void x86_tlb_flush_all(CPUX86State *env)
{
}

hwaddr x86_cpu_get_phys_page_attrs_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs)
{
    return -1;
}

void qemu_add_machine_init_done_notifier(Notifier *notify)
{
}

/* ---- accelerator ---- */

static int64_t fake_clock(void)
{
    return test_clock;
}

static int64_t fake_ticks(void)
{
    return test_clock * TEST_TSC_PER_NS;
}

static void no_thread(CPUState *cpu)
{
    cpu->thread = g_new0(QemuThread, 1);
    cpu_thread_signal_created(cpu);
}

static void no_kick(CPUState *cpu)
{
}

static void test_ops_class_init(ObjectClass *oc, const void *data)
{
    AccelOpsClass *ops = ACCEL_OPS_CLASS(oc);

    ops->create_vcpu_thread = no_thread;
    ops->kick_vcpu_thread = no_kick;
    ops->get_virtual_clock = fake_clock;
    ops->get_elapsed_ticks = fake_ticks;
}

static const TypeInfo test_types[] = {
    {
        .name = ACCEL_OPS_NAME("test"),
        .parent = TYPE_ACCEL_OPS,
        .class_init = test_ops_class_init,
    },
};

DEFINE_TYPES(test_types)

static void set_accel(ObjectClass *oc, void *opaque)
{
    CPU_CLASS(oc)->accel_cpu = opaque;
}

void x86_cpu_test_set_accel(X86AccelCPUClass *acc)
{
    object_class_foreach(set_accel, TYPE_X86_CPU, false, acc);
}

X86CPU *x86_cpu_test_new(const char *model, uint32_t apic_id)
{
    g_autofree char *type = g_strconcat(model, X86_CPU_TYPE_SUFFIX, NULL);
    Object *cpu = object_new(type);

    object_property_set_uint(cpu, "apic-id", apic_id, &error_abort);
    qdev_realize(DEVICE(cpu), NULL, &error_abort);
    return X86_CPU(cpu);
}

char *x86_cpu_test_data(const char *name)
{
    return g_test_build_filename(G_TEST_DIST, "..", "data", name, NULL);
}

void x86_cpu_test_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    qemu_init_cpu_loop();
    bql_lock();
    qemu_init_main_loop(&error_abort);
    memory_map_init();
    cpus_register_accel(ACCEL_OPS_CLASS(object_class_by_name(ACCEL_OPS_NAME("test"))));
}
