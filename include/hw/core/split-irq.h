/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One input, many outputs that follow it. Property "num-lines" (uint16): how
 * many; unnamed gpio input 0 and outputs 0..num-lines-1.
 */
#ifndef HW_CORE_SPLIT_IRQ_H
#define HW_CORE_SPLIT_IRQ_H

#include "hw/qdev-core.h"

#define TYPE_SPLIT_IRQ  "split-irq"
#define MAX_SPLIT_LINES 64
OBJECT_DECLARE_SIMPLE_TYPE(SplitIRQ, SPLIT_IRQ)

struct SplitIRQ {
    DeviceState parent_obj;

    uint16_t num_lines;
    qemu_irq out_irq[MAX_SPLIT_LINES];
};

#endif /* HW_CORE_SPLIT_IRQ_H */
