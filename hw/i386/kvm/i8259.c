/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pair of 8259A in the kernel (api.rst 4.26, 4.27). */
#include "qemu/osdep.h"
#include <linux/kvm.h>

#include "qemu/error-report.h"
#include "qemu/module.h"
#include "hw/isa/i8259_internal.h"
#include "system/kvm.h"

static uint32_t chip_id(const PICCommonState *s)
{
    return s->master ? KVM_IRQCHIP_PIC_MASTER : KVM_IRQCHIP_PIC_SLAVE;
}

static void kvm_pic_get(PICCommonState *s)
{
    struct kvm_irqchip chip = {.chip_id = chip_id(s)};
    struct kvm_pic_state *k = &chip.chip.pic;
    int ret = kvm_vm_ioctl(kvm_state, KVM_GET_IRQCHIP, &chip);

    if (ret < 0) {
        error_report("KVM_GET_IRQCHIP (8259A): %s", strerror(-ret));
        return;
    }
    s->last_irr = k->last_irr;
    s->irr = k->irr;
    s->imr = k->imr;
    s->isr = k->isr;
    s->priority_add = k->priority_add;
    s->irq_base = k->irq_base;
    s->read_reg_select = k->read_reg_select;
    s->poll = k->poll;
    s->special_mask = k->special_mask;
    s->init_state = k->init_state;
    s->auto_eoi = k->auto_eoi;
    s->rotate_on_auto_eoi = k->rotate_on_auto_eoi;
    s->special_fully_nested_mode = k->special_fully_nested_mode;
    s->init4 = k->init4;
    s->elcr = k->elcr;
    s->elcr_mask = k->elcr_mask;
}

static void kvm_pic_put(PICCommonState *s)
{
    struct kvm_irqchip chip = {.chip_id = chip_id(s)};
    struct kvm_pic_state *k = &chip.chip.pic;
    int ret;

    k->last_irr = s->last_irr;
    k->irr = s->irr;
    k->imr = s->imr;
    k->isr = s->isr;
    k->priority_add = s->priority_add;
    k->irq_base = s->irq_base;
    k->read_reg_select = s->read_reg_select;
    k->poll = s->poll;
    k->special_mask = s->special_mask;
    k->init_state = s->init_state;
    k->auto_eoi = s->auto_eoi;
    k->rotate_on_auto_eoi = s->rotate_on_auto_eoi;
    k->special_fully_nested_mode = s->special_fully_nested_mode;
    k->init4 = s->init4;
    k->elcr = s->elcr;
    k->elcr_mask = s->elcr_mask;
    ret = kvm_vm_ioctl(kvm_state, KVM_SET_IRQCHIP, &chip);
    if (ret < 0) {
        error_report("KVM_SET_IRQCHIP (8259A): %s", strerror(-ret));
    }
}

static void kvm_pic_reset_hold(Object *obj, ResetType type)
{
    PICCommonState *s = PIC_COMMON(obj);

    s->elcr = 0;
    pic_reset_common(s);
    kvm_pic_put(s);
}

/* @opaque: both chips. */
static void kvm_pic_set_irq(void *opaque, int irq, int level)
{
    PICCommonState **chips = opaque;

    pic_stat_update_irq(chips[irq >> 3], irq & 7, level);
    kvm_set_irq(kvm_state, irq, level);
}

typedef struct KVMPICClass {
    PICCommonClass parent_class;
    DeviceRealize parent_realize;
} KVMPICClass;
DECLARE_CLASS_CHECKERS(KVMPICClass, KVM_PIC, TYPE_KVM_I8259)

static void kvm_pic_realize(DeviceState *dev, Error **errp)
{
    PICCommonState *s = PIC_COMMON(dev);

    /* The kernel has the ports; these hold their place in the map. */
    memory_region_init_io(&s->base_io, OBJECT(dev), NULL, NULL, "kvm-pic", 2);
    memory_region_init_io(&s->elcr_io, OBJECT(dev), NULL, NULL, "kvm-elcr", 1);
    KVM_PIC_GET_CLASS(dev)->parent_realize(dev, errp);
}

qemu_irq *kvm_i8259_init(ISABus *bus)
{
    PICCommonState **chips = g_new(PICCommonState *, 2); /* as long as the machine */

    chips[0] = PIC_COMMON(i8259_init_chip(TYPE_KVM_I8259, bus, true));
    chips[1] = PIC_COMMON(i8259_init_chip(TYPE_KVM_I8259, bus, false));
    chips[0]->slave = chips[1];
    return qemu_allocate_irqs(kvm_pic_set_irq, chips, ISA_NUM_IRQS);
}

static void kvm_i8259_class_init(ObjectClass *oc, const void *data)
{
    PICCommonClass *k = PIC_COMMON_CLASS(oc);

    device_class_set_parent_realize(DEVICE_CLASS(oc), kvm_pic_realize,
                                    &KVM_PIC_CLASS(oc)->parent_realize);
    RESETTABLE_CLASS(oc)->phases.hold = kvm_pic_reset_hold;
    k->pre_save = kvm_pic_get;
    k->post_load = kvm_pic_put;
}

static const TypeInfo kvm_i8259_types[] = {
    {
        .name = TYPE_KVM_I8259,
        .parent = TYPE_PIC_COMMON,
        .class_size = sizeof(KVMPICClass),
        .class_init = kvm_i8259_class_init,
    },
};

DEFINE_TYPES(kvm_i8259_types)
