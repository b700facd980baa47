/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the emulated and the in-kernel 8259A have in common: state, its
 * migration, ports, and what the monitor shows.
 */
#include "qemu/osdep.h"
#include "hw/isa/i8259_internal.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"

void pic_reset_common(PICCommonState *s)
{
    /* A level that is still there stays requested: its device won't raise it again. */
    s->irr &= s->elcr;
    s->last_irr = 0;
    s->imr = 0;
    s->isr = 0;
    s->priority_add = 0;
    s->irq_base = 0;
    s->read_reg_select = 0;
    s->poll = 0;
    s->special_mask = 0;
    s->init_state = 0;
    s->auto_eoi = 0;
    s->rotate_on_auto_eoi = 0;
    s->special_fully_nested_mode = 0;
    s->init4 = 0;
    s->single_mode = 0;
    s->ltim = 0;
    s->ticks_owed = 0;
}

void pic_stat_update_irq(PICCommonState *s, int irq, int level)
{
    if (level) {
        s->irq_count[irq]++;
    }
}

ISADevice *i8259_init_chip(const char *name, ISABus *bus, bool master)
{
    ISADevice *isadev = isa_new(name);
    DeviceState *dev = DEVICE(isadev);

    qdev_prop_set_uint32(dev, "iobase", master ? 0x20 : 0xa0);
    qdev_prop_set_uint32(dev, "elcr_addr", master ? 0x4d0 : 0x4d1);
    /* Lines 0, 1, 2, 8 and 13 are edge triggered on every PC. */
    qdev_prop_set_uint8(dev, "elcr_mask", master ? 0xf8 : 0xde);
    qdev_prop_set_bit(dev, "master", master);
    isa_realize_and_unref(isadev, bus, &error_fatal);
    return isadev;
}

static bool pic_get_statistics(InterruptStatsProvider *obj, uint64_t **irq_counts,
                               unsigned int *nb_irqs)
{
    PICCommonState *s = PIC_COMMON(obj);

    if (!s->master) {
        return false;
    }
    if (s->slave) {
        memcpy(s->irq_count + 8, s->slave->irq_count, 8 * sizeof(s->irq_count[0]));
    }
    *irq_counts = s->irq_count;
    *nb_irqs = ISA_NUM_IRQS;
    return true;
}

static void pic_print_info(InterruptStatsProvider *obj, GString *buf)
{
    PICCommonState *s = PIC_COMMON(obj);
    PICCommonClass *k = PIC_COMMON_GET_CLASS(s);

    if (k->pre_save) {
        k->pre_save(s);
    }
    g_string_append_printf(buf,
                           "pic%d: irr=%02x imr=%02x isr=%02x hprio=%d irq_base=%02x rr_sel=%d "
                           "elcr=%02x fnm=%d\n",
                           s->master ? 0 : 1, s->irr, s->imr, s->isr, s->priority_add, s->irq_base,
                           s->read_reg_select, s->elcr, s->special_fully_nested_mode);
}

static int pic_pre_save(void *opaque)
{
    PICCommonState *s = opaque;
    PICCommonClass *k = PIC_COMMON_GET_CLASS(s);

    if (k->pre_save) {
        k->pre_save(s);
    }
    return 0;
}

static int pic_post_load(void *opaque, int version_id)
{
    PICCommonState *s = opaque;
    PICCommonClass *k = PIC_COMMON_GET_CLASS(s);

    if (s->priority_add > 7 || s->init_state > 3) {
        return -EINVAL;
    }
    if (k->post_load) {
        k->post_load(s);
    }
    return 0;
}

static bool pic_ltim_needed(void *opaque)
{
    PICCommonState *s = opaque;

    return s->ltim;
}

static const VMStateDescription vmstate_pic_ltim = {
    .name = "i8259/ltim",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = pic_ltim_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(ltim, PICCommonState),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_pic_common = {
    .name = "i8259",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = pic_pre_save,
    .post_load = pic_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(last_irr, PICCommonState),
            VMSTATE_UINT8(irr, PICCommonState),
            VMSTATE_UINT8(imr, PICCommonState),
            VMSTATE_UINT8(isr, PICCommonState),
            VMSTATE_UINT8(priority_add, PICCommonState),
            VMSTATE_UINT8(irq_base, PICCommonState),
            VMSTATE_UINT8(read_reg_select, PICCommonState),
            VMSTATE_UINT8(poll, PICCommonState),
            VMSTATE_UINT8(special_mask, PICCommonState),
            VMSTATE_UINT8(init_state, PICCommonState),
            VMSTATE_UINT8(auto_eoi, PICCommonState),
            VMSTATE_UINT8(rotate_on_auto_eoi, PICCommonState),
            VMSTATE_UINT8(special_fully_nested_mode, PICCommonState),
            VMSTATE_UINT8(init4, PICCommonState),
            VMSTATE_UINT8(single_mode, PICCommonState),
            VMSTATE_UINT8(elcr, PICCommonState),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_pic_ltim,
            NULL,
        },
};

static const Property pic_properties_common[] = {
    DEFINE_PROP_UINT32("iobase", PICCommonState, iobase, UINT32_MAX),
    DEFINE_PROP_UINT32("elcr_addr", PICCommonState, elcr_addr, UINT32_MAX),
    DEFINE_PROP_UINT8("elcr_mask", PICCommonState, elcr_mask, UINT8_MAX),
    DEFINE_PROP_BOOL("master", PICCommonState, master, false),
};

static void pic_common_realize(DeviceState *dev, Error **errp)
{
    PICCommonState *s = PIC_COMMON(dev);
    ISADevice *isa = ISA_DEVICE(dev);

    isa_register_ioport(isa, &s->base_io, s->iobase);
    if (s->elcr_addr != UINT32_MAX) {
        isa_register_ioport(isa, &s->elcr_io, s->elcr_addr);
    }
}

static void pic_common_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    InterruptStatsProviderClass *ic = INTERRUPT_STATS_PROVIDER_CLASS(klass);

    dc->vmsd = &vmstate_pic_common;
    device_class_set_props(dc, pic_properties_common);
    dc->realize = pic_common_realize;
    /* Needs its interrupt inputs and output wired to be of use. */
    dc->user_creatable = false;
    ic->get_statistics = pic_get_statistics;
    ic->print_info = pic_print_info;
}

static const TypeInfo pic_common_types[] = {
    {
        .name = TYPE_PIC_COMMON,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PICCommonState),
        .class_size = sizeof(PICCommonClass),
        .class_init = pic_common_class_init,
        .abstract = true,
        .interfaces = (const InterfaceInfo[]){{TYPE_INTERRUPT_STATS_PROVIDER}, {}},
    },
};

DEFINE_TYPES(pic_common_types)
