/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 8259A programmable interrupt controller, single or in a master/slave
 * pair as in a PC, with the edge/level control registers of EISA and PIIX.
 *
 * Intel 8259A data sheet (order number 231468): ICW and OCW formats, priority
 * resolution, poll command, special mask mode, special fully nested mode;
 * 82371SB (PIIX3) data sheet, section 4.2.5: ELCR.
 */
#include "qemu/osdep.h"
#include "hw/isa/i8259_internal.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "trace/trace-hw_intc.h"

#define ICW1_D4      0x10 /* told from OCW by this bit, at the even port */
#define ICW1_IC4     0x01
#define ICW1_SNGL    0x02
#define ICW1_LTIM    0x08
#define ICW4_AEOI    0x02
#define ICW4_SFNM    0x10

#define OCW3_D3      0x08 /* told from OCW2 by this bit */
#define OCW3_RIS     0x01
#define OCW3_RR      0x02
#define OCW3_POLL    0x04
#define OCW3_SMM     0x20
#define OCW3_ESMM    0x40
#define POLL_PENDING 0x80

#define PIC_NO_IRQ   8
#define PIC_CASCADE  2 /* master input that the slave drives */
#define PIC_SPURIOUS 7
/* The system timer's input, and how many of its ticks are kept for a CPU that is late. */
#define PIC_TIMER      0
#define MAX_TICKS_OWED 250

PICCommonState *isa_pic;

/* ---- logic ---- */

/* Rank of the most important bit of @mask, 0 highest; PIC_NO_IRQ when empty. */
static int pic_priority(const PICCommonState *s, uint8_t mask)
{
    int priority;

    if (!mask) {
        return PIC_NO_IRQ;
    }
    for (priority = 0; !(mask & (1 << ((priority + s->priority_add) & 7))); priority++) {
    }
    return priority;
}

static int pic_irq_of_priority(const PICCommonState *s, int priority)
{
    return (priority + s->priority_add) & 7;
}

/* The input to be served next, -1 when none is pending above what is in service. */
static int pic_get_irq(const PICCommonState *s)
{
    uint8_t in_service = s->isr;
    int priority = pic_priority(s, s->irr & ~s->imr);

    if (priority == PIC_NO_IRQ) {
        return -1;
    }
    if (s->special_mask) {
        in_service &= ~s->imr;
    }
    if (s->special_fully_nested_mode && s->master) {
        /* The slave orders its inputs itself. */
        in_service &= ~(1 << PIC_CASCADE);
    }
    return priority < pic_priority(s, in_service) ? pic_irq_of_priority(s, priority) : -1;
}

static void pic_update_irq(PICCommonState *s)
{
    int irq = pic_get_irq(s);

    trace_pic_update_irq(s->master, s->imr, s->irr, irq);
    qemu_set_irq(s->int_out[0], irq >= 0);
}

static uint8_t pic_level_inputs(const PICCommonState *s)
{
    /* Where there is an ELCR it replaces the chip-wide choice of ICW1. */
    return s->elcr_addr == UINT32_MAX && s->ltim ? 0xff : s->elcr;
}

/*
 * An edge while the last one is pending is lost on the chip. Ticks of the system timer are
 * not: that a CPU is late by several is the host's doing (see ioapic_accepted()).
 */
static void note_merged_edge(PICCommonState *s, int irq)
{
    if (s->master && irq == PIC_TIMER && !(s->imr & (1 << irq)) && s->ticks_owed < MAX_TICKS_OWED) {
        s->ticks_owed++;
    }
}

static void pic_set_irq(void *opaque, int irq, int level)
{
    PICCommonState *s = opaque;
    uint8_t mask = 1 << irq;

    trace_pic_set_irq(s->master, irq, level);
    if (pic_level_inputs(s) & mask) {
        if (level) {
            if (!(s->irr & mask)) {
                pic_stat_update_irq(s, irq, 1);
            }
            s->irr |= mask;
            s->last_irr |= mask;
        } else {
            s->irr &= ~mask;
            s->last_irr &= ~mask;
        }
    } else if (level) {
        if (!(s->last_irr & mask)) {
            pic_stat_update_irq(s, irq, 1);
            if (s->irr & mask) {
                note_merged_edge(s, irq);
            }
            s->irr |= mask;
        }
        s->last_irr |= mask;
    } else {
        s->last_irr &= ~mask;
    }
    pic_update_irq(s);
}

/* @irq was given to the CPU (or to a poll). */
static void pic_intack(PICCommonState *s, int irq)
{
    uint8_t mask = 1 << irq;

    if (s->auto_eoi) {
        if (s->rotate_on_auto_eoi) {
            s->priority_add = (irq + 1) & 7;
        }
    } else {
        s->isr |= mask;
    }
    if (!(pic_level_inputs(s) & mask)) {
        s->irr &= ~mask;
        if (s->master && irq == PIC_TIMER && s->ticks_owed) {
            s->ticks_owed--;
            s->irr |= mask;
        }
    }
    if (pic_get_irq(s) >= 0) {
        /* INT drops with every acknowledge: a slave's next request must be an edge again. */
        qemu_irq_lower(s->int_out[0]);
    }
    pic_update_irq(s);
}

int pic_read_irq(PICCommonState *s)
{
    int irq = pic_get_irq(s);
    int intno;

    if (irq < 0) {
        return s->irq_base + PIC_SPURIOUS;
    }
    if (irq == PIC_CASCADE && s->slave) {
        PICCommonState *slave = s->slave;
        int slave_irq = pic_get_irq(slave);

        intno = slave->irq_base + (slave_irq < 0 ? PIC_SPURIOUS : slave_irq);
        /* Master first, so that it does not lose what the slave asks for next. */
        pic_intack(s, irq);
        if (slave_irq >= 0) {
            pic_intack(slave, slave_irq);
        }
    } else {
        intno = s->irq_base + irq;
        pic_intack(s, irq);
    }
    trace_pic_interrupt(irq, intno);
    return intno;
}

int pic_get_output(PICCommonState *s)
{
    return pic_get_irq(s) >= 0;
}

/* The bit of ISR that a non-specific EOI ends, -1 for none. */
static int pic_eoi_irq(const PICCommonState *s)
{
    uint8_t in_service = s->isr;
    int priority;

    if (s->special_mask) {
        in_service &= ~s->imr;
    }
    priority = pic_priority(s, in_service);
    return priority == PIC_NO_IRQ ? -1 : pic_irq_of_priority(s, priority);
}

/* ---- registers ---- */

static void pic_write_icw1(PICCommonState *s, uint8_t val)
{
    pic_reset_common(s);
    s->init_state = 1;
    s->init4 = !!(val & ICW1_IC4);
    s->single_mode = !!(val & ICW1_SNGL);
    s->ltim = !!(val & ICW1_LTIM);
    pic_update_irq(s);
}

static void pic_write_ocw2(PICCommonState *s, uint8_t val)
{
    int level = val & 7;
    int irq;

    switch (val >> 5) {
    case 0: /* rotate in automatic EOI mode: clear */
        s->rotate_on_auto_eoi = 0;
        return;
    case 4: /* set */
        s->rotate_on_auto_eoi = 1;
        return;
    case 1: /* non-specific EOI */
    case 5: /* and rotate */
        irq = pic_eoi_irq(s);
        if (irq >= 0) {
            s->isr &= ~(1 << irq);
            if (val & 0x80) {
                s->priority_add = (irq + 1) & 7;
            }
        }
        break;
    case 3: /* specific EOI */
        s->isr &= ~(1 << level);
        break;
    case 6: /* set priority */
        s->priority_add = (level + 1) & 7;
        break;
    case 7: /* rotate on specific EOI */
        s->isr &= ~(1 << level);
        s->priority_add = (level + 1) & 7;
        break;
    default: /* no operation */
        return;
    }
    pic_update_irq(s);
}

static void pic_write_ocw3(PICCommonState *s, uint8_t val)
{
    if (val & OCW3_POLL) {
        s->poll = 1;
    }
    if (val & OCW3_RR) {
        s->read_reg_select = val & OCW3_RIS;
    }
    if (val & OCW3_ESMM) {
        s->special_mask = !!(val & OCW3_SMM);
        pic_update_irq(s);
    }
}

/* The odd port: ICW2 to ICW4 in sequence, then OCW1. */
static void pic_write_data(PICCommonState *s, uint8_t val)
{
    switch (s->init_state) {
    case 0:
        s->imr = val;
        if (val & (1 << PIC_TIMER)) {
            s->ticks_owed = 0;
        }
        pic_update_irq(s);
        break;
    case 1:
        s->irq_base = val & 0xf8;
        s->init_state = s->single_mode ? (s->init4 ? 3 : 0) : 2;
        break;
    case 2: /* how the cascade is wired is fixed */
        s->init_state = s->init4 ? 3 : 0;
        break;
    case 3:
        s->special_fully_nested_mode = !!(val & ICW4_SFNM);
        s->auto_eoi = !!(val & ICW4_AEOI);
        s->init_state = 0;
        break;
    }
}

static void pic_ioport_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PICCommonState *s = opaque;

    trace_pic_ioport_write(s->master, addr, val);
    if (addr == 1) {
        pic_write_data(s, val);
    } else if (val & ICW1_D4) {
        pic_write_icw1(s, val);
    } else if (val & OCW3_D3) {
        pic_write_ocw3(s, val);
    } else {
        pic_write_ocw2(s, val);
    }
}

static uint64_t pic_ioport_read(void *opaque, hwaddr addr, unsigned size)
{
    PICCommonState *s = opaque;
    int ret;

    if (s->poll) {
        int irq = pic_get_irq(s);

        s->poll = 0;
        if (irq >= 0) {
            pic_intack(s, irq);
            ret = irq | POLL_PENDING;
        } else {
            ret = 0;
        }
    } else if (addr == 0) {
        ret = s->read_reg_select ? s->isr : s->irr;
    } else {
        ret = s->imr;
    }
    trace_pic_ioport_read(s->master, addr, ret);
    return ret;
}

static void elcr_ioport_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PICCommonState *s = opaque;

    s->elcr = val & s->elcr_mask;
}

static uint64_t elcr_ioport_read(void *opaque, hwaddr addr, unsigned size)
{
    PICCommonState *s = opaque;

    return s->elcr;
}

static const MemoryRegionOps pic_base_ioport_ops = {
    .read = pic_ioport_read,
    .write = pic_ioport_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

static const MemoryRegionOps pic_elcr_ioport_ops = {
    .read = elcr_ioport_read,
    .write = elcr_ioport_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

/* ---- object ---- */

static void pic_reset_hold(Object *obj, ResetType type)
{
    PICCommonState *s = PIC_COMMON(obj);

    s->elcr = 0;
    pic_reset_common(s);
    pic_update_irq(s);
}

typedef struct PICClass {
    PICCommonClass parent_class;
    DeviceRealize parent_realize;
} PICClass;
DECLARE_CLASS_CHECKERS(PICClass, PIC, TYPE_I8259)

static void pic_realize(DeviceState *dev, Error **errp)
{
    PICCommonState *s = PIC_COMMON(dev);

    memory_region_init_io(&s->base_io, OBJECT(s), &pic_base_ioport_ops, s, "pic", 2);
    memory_region_init_io(&s->elcr_io, OBJECT(s), &pic_elcr_ioport_ops, s, "elcr", 1);
    qdev_init_gpio_out(dev, s->int_out, ARRAY_SIZE(s->int_out));
    qdev_init_gpio_in(dev, pic_set_irq, 8);
    PIC_GET_CLASS(dev)->parent_realize(dev, errp);
}

qemu_irq *i8259_init(ISABus *bus, qemu_irq parent_irq)
{
    qemu_irq *irq_set = g_new0(qemu_irq, ISA_NUM_IRQS);
    DeviceState *master = DEVICE(i8259_init_chip(TYPE_I8259, bus, true));
    DeviceState *slave = DEVICE(i8259_init_chip(TYPE_I8259, bus, false));

    for (int i = 0; i < 8; i++) {
        irq_set[i] = qdev_get_gpio_in(master, i);
        irq_set[i + 8] = qdev_get_gpio_in(slave, i);
    }
    qdev_connect_gpio_out(master, 0, parent_irq);
    qdev_connect_gpio_out(slave, 0, irq_set[PIC_CASCADE]);
    PIC_COMMON(master)->slave = PIC_COMMON(slave);
    isa_pic = PIC_COMMON(master);
    return irq_set;
}

static void i8259_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    device_class_set_parent_realize(dc, pic_realize, &PIC_CLASS(klass)->parent_realize);
    rc->phases.hold = pic_reset_hold;
}

static const TypeInfo i8259_types[] = {
    {
        .name = TYPE_I8259,
        .parent = TYPE_PIC_COMMON,
        .class_size = sizeof(PICClass),
        .class_init = i8259_class_init,
    },
};

DEFINE_TYPES(i8259_types)
