/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machine "microvm": interrupt controllers, a few ISA devices, and slots for
 * virtio devices in memory. A kernel starts without firmware.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/audio/pcspk.h"
#include "hw/char/serial-isa.h"
#include "hw/i386/microvm.h"
#include "hw/i386/pc.h"
#include "hw/intc/i8259.h"
#include "hw/irq.h"
#include "hw/nvram/fw_cfg-options.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/timer/i8254.h"
#include "qapi/visitor.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "system/kvm.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/i386/cpu-model.h"
#include "target/i386/cpu.h"

#define FIRMWARE       "bios-microvm.bin"
#define FW_CFG_IO_BASE 0x510

/* Without ACPI slots have ISA interrupts, which the command line can name. */
#define SLOTS_SMALL     8
#define IRQ_BASE_ISA    5
#define IRQ_BASE_IOAPIC 16

/* RAM ends where the registers above it begin, as on pc. */
#define LOWMEM_MAX 0xc0000000ull

/* ---- memory ---- */

static void memory_init(MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    MachineState *ms = MACHINE(mms);

    x86ms->below_4g_mem_size = MIN(ms->ram_size, LOWMEM_MAX);
    x86ms->above_4g_mem_size = ms->ram_size - x86ms->below_4g_mem_size;
    memory_region_init_alias(&mms->ram_below_4g, OBJECT(mms), "ram-below-4g", ms->ram, 0,
                             x86ms->below_4g_mem_size);
    memory_region_add_subregion(get_system_memory(), 0, &mms->ram_below_4g);
    if (x86ms->above_4g_mem_size) {
        memory_region_init_alias(&mms->ram_above_4g, OBJECT(mms), "ram-above-4g", ms->ram,
                                 x86ms->below_4g_mem_size, x86ms->above_4g_mem_size);
        memory_region_add_subregion(get_system_memory(), x86ms->above_4g_mem_start,
                                    &mms->ram_above_4g);
    }
}

/* One entry per range of RAM, as the firmware's memory map. */
static void add_e820(MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    unsigned n = x86ms->above_4g_mem_size ? 2 : 1;
    PCE820Entry *e = g_new0(PCE820Entry, n);

    e[0].length = cpu_to_le64(x86ms->below_4g_mem_size);
    e[0].type = cpu_to_le32(E820_RAM);
    if (n == 2) {
        e[1].address = cpu_to_le64(x86ms->above_4g_mem_start);
        e[1].length = cpu_to_le64(x86ms->above_4g_mem_size);
        e[1].type = cpu_to_le32(E820_RAM);
    }
    fw_cfg_add_file(x86ms->fw_cfg, "etc/e820", e, n * sizeof(*e), &error_fatal);
}

static void fw_cfg_create(MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    FWCfgState *fw_cfg =
        fw_cfg_init_io_dma(FW_CFG_IO_BASE, FW_CFG_IO_BASE + 4, &address_space_memory);

    fw_cfg_add_i16(fw_cfg, FW_CFG_NB_CPUS, MACHINE(mms)->smp.cpus);
    fw_cfg_add_i16(fw_cfg, FW_CFG_MAX_CPUS, MACHINE(mms)->smp.max_cpus);
    fw_cfg_add_i64(fw_cfg, FW_CFG_RAM_SIZE, MACHINE(mms)->ram_size);
    fw_cfg_add_i32(fw_cfg, FW_CFG_IRQ0_OVERRIDE, 1);
    x86ms->fw_cfg = fw_cfg;
    add_e820(mms);
}

/* ---- devices ---- */

static void interrupt_controllers_init(MicrovmMachineState *mms, ISABus *isa_bus)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    qemu_irq *lines;

    x86ms->ioapic = ioapic_init_gsi(mms->gsi_state, OBJECT(mms));
    if (mms->has_ioapic2) {
        DeviceState *second = qdev_new(TYPE_IOAPIC);

        object_property_add_child(OBJECT(mms), "ioapic-secondary", OBJECT(second));
        sysbus_realize_and_unref(SYS_BUS_DEVICE(second), &error_fatal);
        sysbus_mmio_map(SYS_BUS_DEVICE(second), 0, IO_APIC_SECONDARY_ADDRESS);
        for (unsigned i = 0; i < mms->num_slots; i++) {
            sysbus_connect_irq(SYS_BUS_DEVICE(mms->slots[i]), 0, qdev_get_gpio_in(second, i));
        }
    }
    if (x86ms->pic != ON_OFF_AUTO_OFF) {
        lines = kvm_pic_in_kernel() ? kvm_i8259_init(isa_bus)
                                    : i8259_init(isa_bus, x86_allocate_cpu_irq());
        for (int i = 0; i < ISA_NUM_IRQS; i++) {
            mms->gsi_state->i8259_irq[i] = lines[i];
        }
        g_free(lines);
    }
}

static void slots_init(MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);

    for (unsigned i = 0; i < mms->num_slots; i++) {
        DeviceState *dev = qdev_new(TYPE_VIRTIO_MMIO);

        mms->slots[i] = VIRTIO_MMIO(dev);
        sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
        sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, MICROVM_VIRTIO_BASE + i * VIRTIO_MMIO_REGION_SIZE);
        if (!mms->has_ioapic2) {
            sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0, x86ms->gsi[mms->slot_irq_base + i]);
        }
    }
}

static void isa_devices_init(MicrovmMachineState *mms, ISABus *isa_bus)
{
    X86MachineState *x86ms = X86_MACHINE(mms);

    if (x86ms->pit != ON_OFF_AUTO_OFF) {
        ISADevice *pit = kvm_pit_in_kernel() ? kvm_pit_init(isa_bus, 0x40)
                                             : i8254_pit_init(isa_bus, 0x40, 0, NULL);
        /* Port 61h: by it kernels measure their time stamp counter against the PIT. */
        ISADevice *gate = isa_new(TYPE_PC_SPEAKER);

        object_property_set_link(OBJECT(gate), "pit", OBJECT(pit), &error_fatal);
        isa_realize_and_unref(gate, isa_bus, &error_fatal);
    }
    if (mms->rtc != ON_OFF_AUTO_OFF) {
        x86ms->rtc = ISA_DEVICE(mc146818_rtc_init(isa_bus, 2000, NULL));
    }
    if (mms->isa_serial) {
        serial_hds_isa_init(isa_bus, 0, 1);
    }
}

/*
 * The 24-bit counter of ACPI's power management timer (ACPI 6.5, 4.8.3.3), alone. Hardware-reduced
 * systems need none; kernels that the FADT tells of it measure their time stamp counter by it when
 * the PIT gave no steady result, as happens to emulated processors on a busy host.
 */
static uint64_t pm_timer_read(void *opaque, hwaddr addr, unsigned size)
{
    uint64_t ticks = muldiv64(qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL), MICROVM_PM_TIMER_HZ,
                              NANOSECONDS_PER_SECOND);

    return ticks & 0xffffff;
}

static void pm_timer_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

static const MemoryRegionOps pm_timer_ops = {
    .read = pm_timer_read,
    .write = pm_timer_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 4, .max_access_size = 4},
};

static void ged_init(MicrovmMachineState *mms)
{
    DeviceState *dev = qdev_new(TYPE_ACPI_GED);

    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, MICROVM_GED_EVT_BASE);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 1, MICROVM_GED_REGS_BASE);
    sysbus_connect_irq(SYS_BUS_DEVICE(dev), 0, X86_MACHINE(mms)->gsi[MICROVM_GED_IRQ]);
    memory_region_init_io(&mms->pm_timer, OBJECT(mms), &pm_timer_ops, NULL, "acpi-tmr", 4);
    memory_region_add_subregion(get_system_io(), MICROVM_PM_TIMER_PORT, &mms->pm_timer);
}

/* ---- start ---- */

/* What kernels that know no ACPI need to find the devices: virtio_mmio.device=SIZE@BASE:IRQ. */
static void extend_cmdline(MicrovmMachineState *mms)
{
    MachineState *ms = MACHINE(mms);
    g_autoptr(GString) text = g_string_new(ms->kernel_cmdline);

    for (int i = mms->num_slots - 1; i >= 0; i--) {
        if (virtio_bus_get_device(&mms->slots[i]->bus)) {
            g_string_append_printf(text, "%svirtio_mmio.device=%u@0x%x:%u", text->len ? " " : "",
                                   VIRTIO_MMIO_REGION_SIZE,
                                   MICROVM_VIRTIO_BASE + i * VIRTIO_MMIO_REGION_SIZE,
                                   mms->slot_irq_base + i);
        }
    }
    g_free(ms->kernel_cmdline);
    ms->kernel_cmdline = g_strdup(text->str);
}

static void device_tree_init(MicrovmMachineState *mms)
{
    const char *dump = MACHINE(mms)->dumpdtb;
    g_autoptr(GByteArray) tree = microvm_dt_get(mms);
    g_autoptr(GError) err = NULL;

    if (dump) {
        if (!g_file_set_contents(dump, (char *)tree->data, tree->len, &err)) {
            error_report("dumpdtb=%s: %s", dump, err->message);
        }
        exit(err ? 1 : 0);
    }
    microvm_dt_publish(mms, tree);
}

static void microvm_machine_done(Notifier *notifier, void *data)
{
    MicrovmMachineState *mms = container_of(notifier, MicrovmMachineState, machine_done);
    X86MachineState *x86ms = X86_MACHINE(mms);
    MachineState *ms = MACHINE(mms);
    bool acpi = x86_machine_is_acpi_enabled(x86ms);

    if (ms->kernel_filename && mms->auto_kernel_cmdline && !acpi) {
        extend_cmdline(mms);
    }
    device_tree_init(mms);
    if (ms->kernel_filename && !ms->firmware) {
        microvm_boot_load(mms);
    } else if (ms->kernel_filename) {
        x86_load_linux(x86ms, x86ms->fw_cfg, 0, true);
    }
    fw_cfg_add_boot(x86ms->fw_cfg, ms);
    if (acpi) {
        microvm_acpi_publish(mms);
    }
}

static void microvm_init(MachineState *ms)
{
    MicrovmMachineState *mms = MICROVM_MACHINE(ms);
    X86MachineState *x86ms = X86_MACHINE(ms);
    bool acpi = x86_machine_is_acpi_enabled(x86ms);
    ISABus *isa_bus;

    if (mms->pcie == ON_OFF_AUTO_ON) {
        error_report("microvm: pcie=on: there is no PCI Express host bridge in this build");
        exit(1);
    }
    /* Interrupts of the second I/O APIC can only be described by ACPI. */
    mms->has_ioapic2 = acpi && mms->ioapic2 != ON_OFF_AUTO_OFF;
    mms->num_slots = mms->has_ioapic2 ? MICROVM_VIRTIO_MAX : SLOTS_SMALL;
    mms->slot_irq_base = mms->has_ioapic2 ? IO_APIC_SECONDARY_IRQBASE
                         : acpi           ? IRQ_BASE_IOAPIC
                                          : IRQ_BASE_ISA;
    memory_init(mms);
    /* No guest is tied to what a processor was in an older version of this machine. */
    x86_cpu_set_default_version(CPU_VERSION_LATEST);
    x86_cpus_init(x86ms);
    mms->gsi_state = g_new0(GSIState, 1);
    x86ms->gsi = qemu_allocate_irqs(gsi_handler, mms->gsi_state, GSI_NUM_PINS);
    isa_bus = isa_bus_new(NULL, get_system_memory(), get_system_io(), &error_fatal);
    isa_bus_register_input_irqs(isa_bus, x86ms->gsi);
    slots_init(mms);
    interrupt_controllers_init(mms, isa_bus);
    isa_devices_init(mms, isa_bus);
    if (acpi) {
        ged_init(mms);
    }
    fw_cfg_create(mms);
    if (ms->firmware || !ms->kernel_filename) {
        x86_bios_rom_init(x86ms, FIRMWARE, get_system_memory(), true);
    }
    mms->machine_done.notify = microvm_machine_done;
    qemu_add_machine_init_done_notifier(&mms->machine_done);
}

static void microvm_reset(MachineState *ms, ResetType type)
{
    qemu_devices_reset(type);
    if (MICROVM_MACHINE(ms)->boot) {
        microvm_boot_reset(MICROVM_MACHINE(ms));
    }
}

/* ---- properties ---- */

#define DEFINE_ON_OFF_AUTO(field)                                                                  \
    static int get_##field(Object *obj, Error **errp)                                              \
    {                                                                                              \
        return MICROVM_MACHINE(obj)->field;                                                        \
    }                                                                                              \
    static void set_##field(Object *obj, int value, Error **errp)                                  \
    {                                                                                              \
        MICROVM_MACHINE(obj)->field = value;                                                       \
    }
DEFINE_ON_OFF_AUTO(rtc)
DEFINE_ON_OFF_AUTO(pcie)
DEFINE_ON_OFF_AUTO(ioapic2)

#define DEFINE_BOOL(name, field)                                                                   \
    static bool get_##name(Object *obj, Error **errp)                                              \
    {                                                                                              \
        return field;                                                                              \
    }                                                                                              \
    static void set_##name(Object *obj, bool value, Error **errp)                                  \
    {                                                                                              \
        field = value;                                                                             \
    }
DEFINE_BOOL(isa_serial, MICROVM_MACHINE(obj)->isa_serial)
DEFINE_BOOL(auto_kernel_cmdline, MICROVM_MACHINE(obj)->auto_kernel_cmdline)
DEFINE_BOOL(option_roms, X86_MACHINE(obj)->option_roms)

static void microvm_machine_init(Object *obj)
{
    MicrovmMachineState *mms = MICROVM_MACHINE(obj);

    mms->rtc = mms->pcie = mms->ioapic2 = ON_OFF_AUTO_AUTO;
    mms->isa_serial = true;
    mms->auto_kernel_cmdline = true;
}

static void add_on_off_auto(ObjectClass *oc, const char *name, int (*get)(Object *, Error **),
                            void (*set)(Object *, int, Error **), const char *description)
{
    object_class_property_add_enum(oc, name, "OnOffAuto", &OnOffAuto_lookup, get, set);
    object_class_property_set_description(oc, name, description);
}

static void microvm_class_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "microvm (i386)";
    mc->family = "microvm_i386";
    mc->init = microvm_init;
    mc->reset = microvm_reset;
    mc->max_cpus = 288;
    mc->no_parallel = true;
    mc->no_floppy = true;
    mc->no_cdrom = true;
    mc->has_device_tree = true;
    mc->default_kernel_irqchip_split = true;
    mc->default_ram_id = "microvm.ram";
    mc->default_cpu_type = X86_CPU_TYPE_NAME("qemu64");
    mc->smp_props.dies_supported = true;
    mc->smp_props.modules_supported = true;

    add_on_off_auto(oc, "rtc", get_rtc, set_rtc, "Enable MC146818 RTC");
    add_on_off_auto(oc, "pcie", get_pcie, set_pcie, "Enable PCIe");
    add_on_off_auto(oc, "ioapic2", get_ioapic2, set_ioapic2, "Enable second IO-APIC");
    object_class_property_add_bool(oc, "isa-serial", get_isa_serial, set_isa_serial);
    object_class_property_set_description(oc, "isa-serial", "Set off to have no serial port");
    object_class_property_add_bool(oc, "auto-kernel-cmdline", get_auto_kernel_cmdline,
                                   set_auto_kernel_cmdline);
    object_class_property_set_description(
        oc, "auto-kernel-cmdline",
        "Set off to leave virtio devices out of the kernel command line");
    object_class_property_add_bool(oc, "x-option-roms", get_option_roms, set_option_roms);
    object_class_property_set_description(oc, "x-option-roms",
                                          "Set off to give firmware no option ROM for -kernel");
}

static const TypeInfo microvm_types[] = {
    {
        .name = TYPE_MICROVM_MACHINE,
        .parent = TYPE_X86_MACHINE,
        .instance_size = sizeof(MicrovmMachineState),
        .instance_init = microvm_machine_init,
        .class_init = microvm_class_init,
    },
};

DEFINE_TYPES(microvm_types)
