/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices on the ISA bus that every PC has. */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/audio/pcspk.h"
#include "hw/block/fdc.h"
#include "hw/char/parallel.h"
#include "hw/char/serial-isa.h"
#include "hw/dma/i8257.h"
#include "hw/i386/pc.h"
#include "hw/i386/port92.h"
#include "hw/i386/vmport.h"
#include "hw/input/i8042.h"
#include "hw/intc/i8259.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/sysbus.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254.h"
#include "system/blockdev.h"
#include "system/kvm.h"
#include "system/system.h"
#include "system/tcg.h"
#include "target/i386/cpu.h"
#include "target/i386/ferr.h"

/* ---- port 80h: POST codes; port F0h: coprocessor error ---- */

static void ioport80_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    /* Written for its delay, or for a display that is not there. */
}

static uint64_t ioport80_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0xffffffffffffffffull;
}

static const MemoryRegionOps ioport80_ops = {
    .write = ioport80_write,
    .read = ioport80_read,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

static void ioportF0_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
    if (tcg_enabled()) {
        cpu_set_ignne();
    }
}

static const MemoryRegionOps ioportF0_ops = {
    .write = ioportF0_write,
    .read = ioport80_read,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

static void simple_ports_init(PCMachineState *pcms)
{
    MemoryRegion *ioport80 = g_new0(MemoryRegion, 1), *ioportF0 = g_new0(MemoryRegion, 1);

    memory_region_init_io(ioport80, OBJECT(pcms), &ioport80_ops, NULL, "ioport80", 1);
    memory_region_add_subregion(get_system_io(), 0x80, ioport80);
    memory_region_init_io(ioportF0, OBJECT(pcms), &ioportF0_ops, NULL, "ioportF0", 1);
    memory_region_add_subregion(get_system_io(), 0xf0, ioportF0);
}

/* ---- interrupt controllers ---- */

void pc_i8259_create(PCMachineState *pcms, ISABus *isa_bus)
{
    qemu_irq *lines;

    if (kvm_pic_in_kernel()) {
        lines = kvm_i8259_init(isa_bus);
    } else {
        lines = i8259_init(isa_bus, x86_allocate_cpu_irq());
    }
    for (int i = 0; i < ISA_NUM_IRQS; i++) {
        pcms->gsi_state->i8259_irq[i] = lines[i];
    }
    g_free(lines);
}

/* ---- timers ---- */

/* With an HPET, the PIT's and the clock's interrupts go through it (legacy replacement). */
static void timers_init(PCMachineState *pcms, ISABus *isa_bus, qemu_irq *gsi)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    qemu_irq pit_alt_irq = NULL, rtc_irq = NULL;
    int pit_isa_irq = 0;
    ISADevice *pit = NULL;
    DeviceState *hpet = NULL, *speaker;

    if (pcms->hpet_enabled && !kvm_pit_in_kernel()) {
        hpet = qdev_new(TYPE_HPET);
        /* Bits of the GSIs it may drive: 2, 8 and 16 to 23. */
        qdev_prop_set_uint32(hpet, "hpet-intcap", 0xff0104);
        sysbus_realize_and_unref(SYS_BUS_DEVICE(hpet), &error_fatal);
        sysbus_mmio_map(SYS_BUS_DEVICE(hpet), 0, HPET_BASE);
        for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
            sysbus_connect_irq(SYS_BUS_DEVICE(hpet), i, gsi[i]);
        }
        pit_isa_irq = -1;
        pit_alt_irq = qdev_get_gpio_in(hpet, HPET_LEGACY_PIT_INT);
        rtc_irq = qdev_get_gpio_in(hpet, HPET_LEGACY_RTC_INT);
    }

    x86ms->rtc = ISA_DEVICE(mc146818_rtc_init(isa_bus, 2000, rtc_irq));

    if (x86ms->pit != ON_OFF_AUTO_OFF) {
        pit = kvm_pit_in_kernel() ? kvm_pit_init(isa_bus, 0x40)
                                  : i8254_pit_init(isa_bus, 0x40, pit_isa_irq, pit_alt_irq);
        if (hpet) {
            /* The other way round: HPET switches the PIT off while it replaces it. */
            qdev_connect_gpio_out(hpet, 0, qdev_get_gpio_in(DEVICE(pit), 0));
        }
        speaker = DEVICE(isa_new(TYPE_PC_SPEAKER));
        object_property_set_link(OBJECT(speaker), "pit", OBJECT(pit), &error_fatal);
        if (pcms->pcspk_audiodev) {
            object_property_set_str(OBJECT(speaker), "audiodev", pcms->pcspk_audiodev,
                                    &error_fatal);
        }
        isa_realize_and_unref(ISA_DEVICE(speaker), isa_bus, &error_fatal);
    }
}

/* ---- A20 ---- */

static void set_a20(void *opaque, int irq, int level)
{
    CPUState *cs;

    CPU_FOREACH (cs) {
        x86_cpu_set_a20(X86_CPU(cs), level);
    }
}

static void vmware_init(ISABus *isa_bus, ISADevice *i8042)
{
    ISADevice *mouse;

    isa_create_simple(isa_bus, TYPE_VMPORT);
    mouse = isa_new(TYPE_VMMOUSE);
    object_property_set_link(OBJECT(mouse), "i8042", OBJECT(i8042), &error_abort);
    isa_realize_and_unref(mouse, isa_bus, &error_fatal);
}

static void keyboard_init(PCMachineState *pcms, ISABus *isa_bus)
{
    ISADevice *port92;
    qemu_irq *a20 = qemu_allocate_irqs(set_a20, pcms, 2);

    if (pcms->i8042_enabled) {
        ISADevice *i8042 = isa_create_simple(isa_bus, TYPE_I8042);
        i8042_setup_a20_line(i8042, a20[0]);
        /* Its mouse interrupts through the keyboard controller. */
        if (pcms->vmport != ON_OFF_AUTO_OFF) {
            vmware_init(isa_bus, i8042);
        }
    }
    port92 = isa_create_simple(isa_bus, TYPE_PORT92);
    qdev_connect_gpio_out_named(DEVICE(port92), PORT92_A20_LINE, 0, a20[1]);
    g_free(a20);
}

void pc_basic_device_init(PCMachineState *pcms, ISABus *isa_bus, qemu_irq *gsi)
{
    simple_ports_init(pcms);
    if (tcg_enabled()) {
        x86_register_ferr_irq(gsi[13]);
    }
    timers_init(pcms, isa_bus, gsi);
    serial_hds_isa_init(isa_bus, 0, MAX_SERIAL_PORTS);
    parallel_hds_isa_init(isa_bus, MAX_PARALLEL_PORTS);
    keyboard_init(pcms, isa_bus);
    i8257_dma_init(OBJECT(pcms), isa_bus, false);
    pc_nvdimm_init(pcms);
    if (!MACHINE_GET_CLASS(pcms)->no_floppy || drive_get(IF_FLOPPY, 0, 0) ||
        drive_get(IF_FLOPPY, 0, 1)) {
        isa_fdc_create(isa_bus);
    }
}
