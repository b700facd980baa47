/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pair of 8259A interrupt controllers of a PC, for machines and CPUs. */
#ifndef HW_I8259_H
#define HW_I8259_H

#include "hw/irq.h"
#include "hw/isa/isa.h"

#define TYPE_PIC_COMMON "pic-common"
#define TYPE_I8259      "isa-i8259"
#define TYPE_KVM_I8259  "kvm-i8259"

typedef struct PICCommonState PICCommonState;

/* The master whose output goes to the CPUs; NULL on machines without. */
extern PICCommonState *isa_pic;

/*
 * Makes master and slave on @bus, the master's output going to @parent_irq.
 * Returns 16 lines (g_malloc'ed array, owned by the caller).
 */
qemu_irq *i8259_init(ISABus *bus, qemu_irq parent_irq);
/* The same with both chips in the kernel. */
qemu_irq *kvm_i8259_init(ISABus *bus);

/*
 * The CPU's interrupt acknowledge cycle on the master @s: the vector of the most
 * important pending interrupt, which is then in service; the spurious vector when
 * none is pending any more. BQL held.
 */
int pic_read_irq(PICCommonState *s);
/* Is the output of @s asserted? BQL held. */
int pic_get_output(PICCommonState *s);

#endif
