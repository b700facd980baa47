/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What machines ask about KVM where it is not built in: it is off. */

#include "qemu/osdep.h"
#include "hw/intc/i8259.h"
#include "hw/timer/i8254.h"
#include "system/kvm.h"

bool kvm_allowed;
bool kvm_kernel_irqchip;
bool kvm_split_irqchip;
KVMState *kvm_state;

int kvm_vm_check_extension(KVMState *s, unsigned extension)
{
    return 0;
}

/* Not reached: machines ask kvm_pic_in_kernel() and kvm_pit_in_kernel() before. */
qemu_irq *kvm_i8259_init(ISABus *bus)
{
    return NULL;
}

ISADevice *kvm_pit_init(ISABus *bus, int base)
{
    return NULL;
}
