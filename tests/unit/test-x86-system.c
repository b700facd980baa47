/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system side of the emulated CPU: runs the payloads of tests/tcg/system on
 * one CPU with some RAM and two ports, without a machine around it.
 *
 * A payload writes text to port E9h and its result to port F4h; a write to F5h
 * raises an SMI.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "exec/address-spaces.h"
#include "hw/core/cpu.h"
#include "hw/i386/apic.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/qdev-core.h"
#include "qemu/accel.h"
#include "qom/object.h"
#include "system/cpus.h"
#include "system/system.h"
#include "target/i386/cpu.h"

#define RAM_SIZE   (32u << 20)
#define IMAGE_SIZE 0x10000

/* The bare system, shared by all payloads. */
static struct {
    MemoryRegion ram, low, reset_alias, ports;
    CPUState *cpu;
    GString *text;
    int result; /* -1: not ended yet */
} sys;

/* ---- the rooms above: no machine, no PIC, no I/O APIC ---- */

static int no_pic;
PICCommonState *isa_pic = (PICCommonState *)&no_pic;

int pic_get_output(PICCommonState *s)
{
    return 0;
}

void ioapic_eoi_broadcast(int vector)
{
}

void ioapic_accepted(int vector)
{
}

void qemu_add_machine_init_done_notifier(Notifier *notify)
{
}

int cpu_get_pic_interrupt(CPUX86State *env)
{
    return apic_get_interrupt(env->apic_state);
}

/* ---- ports ---- */

static uint64_t ports_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0xe9;
}

static void ports_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    switch (addr) {
    case 0x0:
        g_string_append_c(sys.text, val);
        break;
    case 0xb:
        sys.result = val & 0xff;
        current_cpu->stop = true;
        cpu_exit(current_cpu);
        qemu_notify_event();
        break;
    case 0xc:
        cpu_interrupt(current_cpu, CPU_INTERRUPT_SMI);
        break;
    default:
        break;
    }
}

static const MemoryRegionOps ports_ops = {
    .read = ports_read,
    .write = ports_write,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

/* ---- the bare system ---- */

static bool make_system(bool jit, const char *window, Error **errp)
{
    AccelClass *ac;
    AccelState *as;
    DeviceState *dev;

    qemu_init_main_loop(&error_abort);
    bql_lock();
    qemu_init_cpu_loop();
    memory_map_init();
    ac = accel_find("tcg");
    as = ACCEL(object_new_with_class(OBJECT_CLASS(ac)));
    object_property_set_bool(OBJECT(as), "jit", jit, &error_abort);
    object_property_set_str(OBJECT(as), "window", window, &error_abort);
    accel_init_machine(as, NULL, &error_abort);
    accel_init_interfaces(ac, TYPE_X86_CPU);

    memory_region_init_ram(&sys.ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &sys.ram);
    memory_region_init_alias(&sys.reset_alias, NULL, "reset", &sys.ram, 0xf0000, IMAGE_SIZE);
    memory_region_add_subregion(get_system_memory(), 0xffff0000, &sys.reset_alias);
    memory_region_init_io(&sys.ports, NULL, &ports_ops, NULL, "ports", 0xd);
    memory_region_add_subregion(get_system_io(), 0xe9, &sys.ports);

    dev = qdev_new(X86_CPU_TYPE_NAME("max"));
    object_property_add_child(object_get_root(), "cpu", OBJECT(dev));
    /* More than four levels of tables translate. */
    object_property_set_uint(OBJECT(dev), "phys-bits", 52, &error_abort);
    if (!qdev_realize(dev, NULL, errp)) {
        return false;
    }
    sys.cpu = CPU(dev);
    sys.text = g_string_new(NULL);
    cpu_enable_ticks();
    qemu_clock_enable(QEMU_CLOCK_VIRTUAL, true);
    return true;
}

/* A vCPU that stops tells nobody: the main loop would not return for it. */
static void wait_until_stopped(void)
{
    while (!sys.cpu->stopped) {
        bql_unlock();
        g_usleep(100);
        bql_lock();
    }
}

static void run_image(const void *image, size_t len)
{
    uint8_t *ram = memory_region_get_ram_ptr(&sys.ram);

    g_assert_cmpuint(len, ==, IMAGE_SIZE);
    memset(ram, 0, RAM_SIZE);
    memcpy(ram + 0xf0000, image, len);
    memory_region_set_dirty(&sys.ram, 0, RAM_SIZE);
    cpu_reset(sys.cpu);
    g_string_truncate(sys.text, 0);
    sys.result = -1;
    cpu_resume(sys.cpu);
    while (sys.result < 0) {
        main_loop_wait(false);
    }
    wait_until_stopped();
}

static void test_payload(const void *opaque)
{
    const char *path = opaque;
    g_autofree char *image = NULL;
    gsize len;

    g_assert_true(g_file_get_contents(path, &image, &len, NULL));
    run_image(image, len);
    if (sys.result != 0) {
        g_test_message("%s", sys.text->str);
        g_test_fail();
    }
}

/* A processor that never leaves a loop must not hold up those who wait for RCU. */
static void test_spin_rcu(void)
{
    g_autofree uint8_t *image = g_malloc0(IMAGE_SIZE);
    uint8_t *ram = memory_region_get_ram_ptr(&sys.ram);

    memcpy(image + 0xfff0, "\xeb\xfe", 2); /* jmp to itself */
    memcpy(ram + 0xf0000, image, IMAGE_SIZE);
    memory_region_set_dirty(&sys.ram, 0xf0000, IMAGE_SIZE);
    cpu_reset(sys.cpu);
    cpu_resume(sys.cpu);
    bql_unlock();
    for (int i = 0; i < 20; i++) {
        g_usleep(1000);
        synchronize_rcu();
    }
    bql_lock();
    sys.cpu->stop = true;
    qemu_cpu_kick(sys.cpu);
    wait_until_stopped();
}

/* What ran before did have the window. */
static void test_window_used(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    ACCEL_GET_CLASS(current_accel())->get_stats(current_accel(), text);
    g_test_message("%s", text->str);
    g_assert_null(strstr(text->str, "granted 0 times"));
    g_assert_null(strstr(text->str, "window: 0 first touches"));
}

int main(int argc, char **argv)
{
    const char *window = "off";
    Error *err = NULL;
    bool jit = false;

    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    for (int i = 1; i < argc; i++) {
        g_autofree char *base = g_path_get_basename(argv[i]);
        g_autofree char *name = NULL;

        if (!strcmp(argv[i], "--jit")) {
            jit = true;
            continue;
        }
        if (!strcmp(argv[i], "--window")) {
            jit = true;
            window = "on";
            continue;
        }
        if (g_str_has_prefix(argv[i], "--log=")) {
            qemu_set_log(qemu_str_to_log_mask(argv[i] + 6, &error_abort), &error_abort);
            continue;
        }
        if (g_str_has_suffix(base, ".bin")) {
            base[strlen(base) - 4] = '\0';
        }
        name = g_strconcat("/x86-system/", base, NULL);
        g_test_add_data_func(name, argv[i], test_payload);
    }
    g_test_add_func("/x86-system/spin-rcu", test_spin_rcu);
    if (strcmp(window, "off") != 0) {
        g_test_add_func("/x86-system/window-used", test_window_used);
    }
    if (!make_system(jit, window, &err)) {
        /* Only the window depends on the host. */
        printf("1..0 # SKIP %s\n", error_get_pretty(err));
        return 0;
    }
    return g_test_run();
}
