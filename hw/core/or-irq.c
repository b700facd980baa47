/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wired OR of interrupt lines: the output is high while any input is. */
#include "qemu/osdep.h"
#include "hw/or-irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"

static bool or_irq_level(OrIRQState *s)
{
    for (int i = 0; i < s->num_lines; i++) {
        if (s->levels[i]) {
            return true;
        }
    }
    return false;
}

static void or_irq_handler(void *opaque, int n, int level)
{
    OrIRQState *s = opaque;

    s->levels[n] = level != 0;
    qemu_set_irq(s->out_irq, or_irq_level(s));
}

static void or_irq_reset_enter(Object *obj, ResetType type)
{
    OrIRQState *s = OR_IRQ(obj);

    memset(s->levels, 0, sizeof(s->levels));
}

static const VMStateDescription vmstate_or_irq = {
    .name = TYPE_OR_IRQ,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL_ARRAY(levels, OrIRQState, MAX_OR_LINES),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property or_irq_properties[] = {
    DEFINE_PROP_UINT16("num-lines", OrIRQState, num_lines, 1),
};

static void or_irq_realize(DeviceState *dev, Error **errp)
{
    OrIRQState *s = OR_IRQ(dev);

    if (s->num_lines < 1 || s->num_lines > MAX_OR_LINES) {
        error_setg(errp, "Property '%s.num-lines' expects 1 to %d, got %u", TYPE_OR_IRQ,
                   MAX_OR_LINES, s->num_lines);
        return;
    }
    qdev_init_gpio_in(dev, or_irq_handler, s->num_lines);
}

static void or_irq_init(Object *obj)
{
    qdev_init_gpio_out(DEVICE(obj), &OR_IRQ(obj)->out_irq, 1);
}

static void or_irq_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    device_class_set_props(dc, or_irq_properties);
    dc->realize = or_irq_realize;
    dc->vmsd = &vmstate_or_irq;
    rc->phases.enter = or_irq_reset_enter;
    dc->desc = "OR of interrupt lines";
    /* Needs to be wired up by code. */
    dc->user_creatable = false;
}

static const TypeInfo or_irq_types[] = {
    {
        .name = TYPE_OR_IRQ,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(OrIRQState),
        .instance_init = or_irq_init,
        .class_init = or_irq_class_init,
    },
};
DEFINE_TYPES(or_irq_types)
