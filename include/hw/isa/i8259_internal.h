/* SPDX-License-Identifier: GPL-2.0-or-later */
/* State shared by the emulated and the in-kernel 8259A. */
#ifndef HW_I8259_INTERNAL_H
#define HW_I8259_INTERNAL_H

#include "hw/intc/i8259.h"
#include "hw/intc/intc.h"

typedef struct PICCommonClass PICCommonClass;
DECLARE_OBJ_CHECKERS(PICCommonState, PICCommonClass, PIC_COMMON, TYPE_PIC_COMMON)

struct PICCommonClass {
    DeviceClass parent_class;

    /* Fetch from, resp. hand to, whoever really runs the chip. Optional. */
    void (*pre_save)(PICCommonState *s);
    void (*post_load)(PICCommonState *s);
};

struct PICCommonState {
    ISADevice parent_obj;

    /* config */
    uint32_t iobase;
    uint32_t elcr_addr; /* UINT32_MAX: the machine has no ELCR */
    uint8_t elcr_mask;
    bool master;

    /* wiring */
    qemu_irq int_out[1];
    MemoryRegion base_io;
    MemoryRegion elcr_io;
    PICCommonState *slave; /* of a master: who drives input 2 */
    uint64_t irq_count[ISA_NUM_IRQS];
    unsigned ticks_owed; /* of the system timer: came while one was pending */

    /* state; one bit per input in the first group */
    uint8_t last_irr; /* level of edge-triggered inputs */
    uint8_t irr;
    uint8_t imr;
    uint8_t isr;
    uint8_t priority_add; /* the input that has highest priority */
    uint8_t irq_base;
    uint8_t read_reg_select; /* a read of port 0 gives ISR, not IRR */
    uint8_t poll;
    uint8_t special_mask;
    uint8_t init_state; /* 0, or the number of the expected ICW less 1 */
    uint8_t auto_eoi;
    uint8_t rotate_on_auto_eoi;
    uint8_t special_fully_nested_mode;
    uint8_t init4; /* ICW4 is to come */
    uint8_t single_mode;
    uint8_t elcr; /* level triggered inputs */
    uint8_t ltim; /* ICW1 asked for level triggering of all inputs */
};

/* Volatile state but ELCR as after ICW1; does not touch the output. */
void pic_reset_common(PICCommonState *s);
/* One chip with the addresses of a PC's master or slave, realized. */
ISADevice *i8259_init_chip(const char *name, ISABus *bus, bool master);
/* Counts an edge on @irq for statistics. */
void pic_stat_update_irq(PICCommonState *s, int irq, int level);

#endif
