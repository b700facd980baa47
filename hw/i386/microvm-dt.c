/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device tree of machine microvm, for firmware and kernels that know no ACPI: the fw_cfg file
 * etc/fdt. Bindings: Linux's Documentation/devicetree (intel,ce4100-ioapic, virtio,mmio, ...).
 */

#include "qemu/osdep.h"
#include "hw/fdt.h"
#include "hw/i386/microvm.h"
#include "hw/intc/ioapic.h"
#include "qemu/bswap.h"
#include "qemu/guest-random.h"
#include "qemu/units.h"
#include "x86-boot.h"

#define FDT_FILE_SIZE MiB /* a round size, so that a change of the tree doesn't change it */
#define APIC_BASE     0xfee00000
#define RNG_SEED_SIZE 32

/* Second cell of an interrupt of an I/O APIC. */
#define EDGE_RISING 0
#define LEVEL_HIGH  2

#define SERIAL_PORT 0x3f8
#define SERIAL_IRQ  4
#define RTC_PORT    0x70
#define RTC_IRQ     8

static void add_chosen(FdtBuilder *fdt, MicrovmMachineState *mms)
{
    MachineState *ms = MACHINE(mms);
    uint8_t seed[RNG_SEED_SIZE];

    qemu_guest_getrandom_nofail(seed, sizeof(seed));
    fdt_begin_node(fdt, "chosen");
    if (ms->kernel_cmdline && *ms->kernel_cmdline) {
        fdt_prop_string(fdt, "bootargs", ms->kernel_cmdline);
    }
    if (mms->isa_serial) {
        fdt_prop_string(fdt, "stdout-path", "/isa/serial@3f8");
    }
    fdt_prop_bytes(fdt, "rng-seed", seed, sizeof(seed));
    fdt_end_node(fdt);
}

static void add_memory(FdtBuilder *fdt, uint64_t start, uint64_t size)
{
    fdt_begin_node(fdt, "memory@%" PRIx64, start);
    fdt_prop_string(fdt, "device_type", "memory");
    FDT_PROP_CELLS(fdt, "reg", start >> 32, start, size >> 32, size);
    fdt_end_node(fdt);
}

static void add_cpus(FdtBuilder *fdt, MicrovmMachineState *mms)
{
    const CPUArchIdList *cpus = machine_possible_cpus(MACHINE(mms));

    fdt_begin_node(fdt, "cpus");
    FDT_PROP_CELLS(fdt, "#address-cells", 1);
    FDT_PROP_CELLS(fdt, "#size-cells", 0);
    for (int i = 0; i < cpus->len; i++) {
        if (cpus->cpus[i].cpu) {
            fdt_begin_node(fdt, "cpu@%" PRIx64, cpus->cpus[i].arch_id);
            fdt_prop_string(fdt, "device_type", "cpu");
            FDT_PROP_CELLS(fdt, "reg", cpus->cpus[i].arch_id);
            fdt_end_node(fdt);
        }
    }
    fdt_end_node(fdt);
}

static void add_ioapic(FdtBuilder *fdt, uint32_t address, uint32_t phandle)
{
    fdt_begin_node(fdt, "interrupt-controller@%x", address);
    fdt_prop_string(fdt, "compatible", "intel,ce4100-ioapic");
    FDT_PROP_CELLS(fdt, "reg", 0, address, 0, 0x1000);
    FDT_PROP_CELLS(fdt, "#interrupt-cells", 2);
    FDT_PROP_CELLS(fdt, "#address-cells", 0);
    fdt_prop_empty(fdt, "interrupt-controller");
    FDT_PROP_CELLS(fdt, "phandle", phandle);
    fdt_end_node(fdt);
}

static void add_local_apic(FdtBuilder *fdt)
{
    fdt_begin_node(fdt, "lapic@%x", APIC_BASE);
    fdt_prop_string(fdt, "compatible", "intel,ce4100-lapic");
    FDT_PROP_CELLS(fdt, "reg", 0, APIC_BASE, 0, 0x1000);
    fdt_end_node(fdt);
}

static void add_isa_device(FdtBuilder *fdt, const char *name, const char *compatible, uint32_t port,
                           uint32_t count, uint32_t irq)
{
    fdt_begin_node(fdt, "%s@%x", name, port);
    fdt_prop_string(fdt, "compatible", compatible);
    FDT_PROP_CELLS(fdt, "reg", 1, port, count);
    FDT_PROP_CELLS(fdt, "interrupts", irq, EDGE_RISING);
    if (port == SERIAL_PORT) {
        FDT_PROP_CELLS(fdt, "clock-frequency", 1843200);
    }
    fdt_end_node(fdt);
}

static void add_isa(FdtBuilder *fdt, MicrovmMachineState *mms)
{
    fdt_begin_node(fdt, "isa");
    fdt_prop_string(fdt, "compatible", "isa");
    FDT_PROP_CELLS(fdt, "#address-cells", 2);
    FDT_PROP_CELLS(fdt, "#size-cells", 1);
    FDT_PROP_CELLS(fdt, "ranges", 1, 0, 0, 0, 0x10000);
    if (mms->isa_serial) {
        add_isa_device(fdt, "serial", "ns16550a", SERIAL_PORT, 8, SERIAL_IRQ);
    }
    if (mms->rtc != ON_OFF_AUTO_OFF) {
        add_isa_device(fdt, "rtc", "motorola,mc146818", RTC_PORT, 2, RTC_IRQ);
    }
    fdt_end_node(fdt);
}

/* Slots that have a device; their lines go to the second I/O APIC, where there is one. */
static void add_virtio(FdtBuilder *fdt, MicrovmMachineState *mms, uint32_t ioapic)
{
    for (unsigned i = 0; i < mms->num_slots; i++) {
        uint32_t address = MICROVM_VIRTIO_BASE + i * VIRTIO_MMIO_REGION_SIZE;

        if (!virtio_bus_get_device(&mms->slots[i]->bus)) {
            continue;
        }
        fdt_begin_node(fdt, "virtio_mmio@%x", address);
        fdt_prop_string(fdt, "compatible", "virtio,mmio");
        FDT_PROP_CELLS(fdt, "reg", 0, address, 0, VIRTIO_MMIO_REGION_SIZE);
        FDT_PROP_CELLS(fdt, "interrupt-parent", ioapic);
        FDT_PROP_CELLS(fdt, "interrupts", mms->has_ioapic2 ? i : mms->slot_irq_base + i,
                       mms->slot_irq_base < ISA_NUM_IRQS ? EDGE_RISING : LEVEL_HIGH);
        fdt_prop_empty(fdt, "dma-coherent");
        fdt_end_node(fdt);
    }
}

static GByteArray *build_tree(MicrovmMachineState *mms)
{
    X86MachineState *x86ms = X86_MACHINE(mms);
    MachineState *ms = MACHINE(mms);
    uint32_t ioapic = machine_phandle_start(ms), ioapic2 = ioapic + 1;
    FdtBuilder *fdt = fdt_new();

    fdt_begin_node(fdt, "%s", "");
    fdt_prop_string(fdt, "compatible", ms->dt_compatible ?: "linux,microvm");
    fdt_prop_string(fdt, "model", "microvm");
    FDT_PROP_CELLS(fdt, "#address-cells", 2);
    FDT_PROP_CELLS(fdt, "#size-cells", 2);
    FDT_PROP_CELLS(fdt, "interrupt-parent", ioapic);
    add_chosen(fdt, mms);
    add_memory(fdt, 0, x86ms->below_4g_mem_size);
    if (x86ms->above_4g_mem_size) {
        add_memory(fdt, x86ms->above_4g_mem_start, x86ms->above_4g_mem_size);
    }
    add_cpus(fdt, mms);
    add_local_apic(fdt);
    add_ioapic(fdt, IO_APIC_DEFAULT_ADDRESS, ioapic);
    if (mms->has_ioapic2) {
        add_ioapic(fdt, IO_APIC_SECONDARY_ADDRESS, ioapic2);
    }
    add_isa(fdt, mms);
    add_virtio(fdt, mms, mms->has_ioapic2 ? ioapic2 : ioapic);
    fdt_end_node(fdt);
    return fdt_finish(fdt);
}

GByteArray *microvm_dt_get(MicrovmMachineState *mms)
{
    const char *name = MACHINE(mms)->dtb;
    size_t size;
    char *file;

    if (!name) {
        return build_tree(mms);
    }
    file = x86_boot_read_file("dtb", "device tree", name, &size);
    return g_byte_array_new_take((guint8 *)file, size);
}

void microvm_dt_publish(MicrovmMachineState *mms, const GByteArray *tree)
{
    size_t size = ROUND_UP(tree->len, (size_t)FDT_FILE_SIZE);
    char *file = g_malloc0(size);

    memcpy(file, tree->data, tree->len);
    /* What follows a tree of ours is room for changes by firmware (5.2, totalsize). */
    if (!MACHINE(mms)->dtb) {
        stl_be_p(file + 4, size);
    }
    fw_cfg_add_file(X86_MACHINE(mms)->fw_cfg, "etc/fdt", file, size, &error_fatal);
}
