/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Many inputs, one output that is high while any of them is. Property
 * "num-lines" (uint16): how many; unnamed gpio inputs 0..num-lines-1, output 0.
 */
#ifndef HW_OR_IRQ_H
#define HW_OR_IRQ_H

#include "hw/qdev-core.h"

#define TYPE_OR_IRQ  "or-irq"
#define MAX_OR_LINES 48
OBJECT_DECLARE_SIMPLE_TYPE(OrIRQState, OR_IRQ)

struct OrIRQState {
    DeviceState parent_obj;

    qemu_irq out_irq;
    bool levels[MAX_OR_LINES];
    uint16_t num_lines;
};

#endif /* HW_OR_IRQ_H */
