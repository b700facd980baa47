/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Global system interrupts of x86 machines, and the PIC's way to the CPUs. */

#include "qemu/osdep.h"
#include "hw/i386/apic.h"
#include "hw/i386/x86.h"
#include "hw/intc/i8259.h"
#include "hw/irq.h"
#include "hw/sysbus.h"
#include "system/kvm.h"
#include "target/i386/cpu.h"

void gsi_handler(void *opaque, int n, int level)
{
    GSIState *s = opaque;

    if (n < ISA_NUM_IRQS && s->i8259_irq[n]) {
        /* With the PICs in the kernel both are behind one line. */
        qemu_set_irq(s->i8259_irq[n], level);
    }
    if (n < IOAPIC_NUM_PINS && s->ioapic_irq[n]) {
        qemu_set_irq(s->ioapic_irq[n], level);
    }
}

static void pic_irq_request(void *opaque, int irq, int level)
{
    CPUState *cs = first_cpu;

    /* With local APICs in the kernel an ExtINT is injected when the vCPU is entered. */
    if (cpu_env(cs)->apic_state && !kvm_irqchip_in_kernel()) {
        CPU_FOREACH (cs) {
            DeviceState *apic = cpu_env(cs)->apic_state;
            if (apic_accept_pic_intr(apic)) {
                apic_deliver_pic_intr(apic, level);
            }
        }
    } else if (level) {
        cpu_interrupt(cs, CPU_INTERRUPT_HARD);
    } else {
        cpu_reset_interrupt(cs, CPU_INTERRUPT_HARD);
    }
}

qemu_irq x86_allocate_cpu_irq(void)
{
    return qemu_allocate_irq(pic_irq_request, NULL, 0);
}

int cpu_get_pic_interrupt(CPUX86State *env)
{
    X86CPU *cpu = env_archcpu(env);
    int vector;

    if (env->apic_state && !kvm_irqchip_in_kernel()) {
        vector = apic_get_interrupt(env->apic_state);
        if (vector >= 0) {
            return vector;
        }
        if (!apic_accept_pic_intr(env->apic_state)) {
            cpu_reset_interrupt(CPU(cpu), CPU_INTERRUPT_HARD);
            return -1;
        }
    }
    return isa_pic ? pic_read_irq(isa_pic) : -1;
}

DeviceState *ioapic_init_gsi(GSIState *gsi_state, Object *parent)
{
    DeviceState *dev = qdev_new(kvm_ioapic_in_kernel() ? TYPE_KVM_IOAPIC : TYPE_IOAPIC);

    object_property_add_child(parent, "ioapic", OBJECT(dev));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, IO_APIC_DEFAULT_ADDRESS);
    for (int i = 0; i < IOAPIC_NUM_PINS; i++) {
        gsi_state->ioapic_irq[i] = qdev_get_gpio_in(dev, i);
    }
    return dev;
}
