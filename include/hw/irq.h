/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupt lines and other one-way wires. A qemu_irq is the receiving end: an
 * object with a handler that hears each level the sender sets. NULL is a wire
 * that ends nowhere.
 */
#ifndef HW_IRQ_H
#define HW_IRQ_H

#include "qom/object.h"

#define TYPE_IRQ "irq"
OBJECT_DECLARE_SIMPLE_TYPE(IRQState, IRQ)
typedef struct IRQState *qemu_irq;

/* @n: the line's number, as given when it was made. */
typedef void (*qemu_irq_handler)(void *opaque, int n, int level);

struct IRQState {
    Object parent_obj;

    qemu_irq_handler handler;
    void *opaque;
    int n;
};

/* Level is 0 or 1 for lines; some wires carry any int. Big lock held. */
void qemu_set_irq(qemu_irq irq, int level);

static inline void qemu_irq_raise(qemu_irq irq)
{
    qemu_set_irq(irq, 1);
}

static inline void qemu_irq_lower(qemu_irq irq)
{
    qemu_set_irq(irq, 0);
}

static inline void qemu_irq_pulse(qemu_irq irq)
{
    qemu_set_irq(irq, 1);
    qemu_set_irq(irq, 0);
}

/* Inits an embedded line, as for object_initialize_child(). */
void qemu_init_irq(IRQState *irq, qemu_irq_handler handler, void *opaque, int n);
void qemu_init_irqs(IRQState irq[], size_t count, qemu_irq_handler handler, void *opaque);
void qemu_init_irq_child(Object *parent, const char *propname, IRQState *irq,
                         qemu_irq_handler handler, void *opaque, int n);

/* @n lines numbered from 0; free with qemu_free_irqs(). */
qemu_irq *qemu_allocate_irqs(qemu_irq_handler handler, void *opaque, int n);
qemu_irq *qemu_extend_irqs(qemu_irq *old, int n_old, qemu_irq_handler handler, void *opaque, int n);
void qemu_free_irqs(qemu_irq *s, int n);
qemu_irq qemu_allocate_irq(qemu_irq_handler handler, void *opaque, int n);
void qemu_free_irq(qemu_irq irq);

/* A line that sets @irq to the opposite. */
qemu_irq qemu_irq_invert(qemu_irq irq);

static inline bool qemu_irq_is_connected(qemu_irq irq)
{
    return irq != NULL;
}

#endif /* HW_IRQ_H */
