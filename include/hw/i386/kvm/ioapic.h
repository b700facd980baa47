/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HW_I386_KVM_IOAPIC_H
#define HW_I386_KVM_IOAPIC_H

/*
 * With kernel-irqchip=split: keeps the kernel informed of the emulated I/O
 * APIC's table. Once, when KVM is set up and before devices ask for routes.
 */
void kvm_ioapic_set_up_split(void);

#endif
