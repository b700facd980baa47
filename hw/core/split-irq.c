/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One interrupt line to several receivers. It keeps no state: levels pass through. */
#include "qemu/osdep.h"
#include "hw/core/split-irq.h"
#include "hw/qdev-properties.h"

static void split_irq_handler(void *opaque, int n, int level)
{
    SplitIRQ *s = opaque;

    for (int i = 0; i < s->num_lines; i++) {
        qemu_set_irq(s->out_irq[i], level);
    }
}

static const Property split_irq_properties[] = {
    DEFINE_PROP_UINT16("num-lines", SplitIRQ, num_lines, 1),
};

static void split_irq_realize(DeviceState *dev, Error **errp)
{
    SplitIRQ *s = SPLIT_IRQ(dev);

    if (s->num_lines < 1 || s->num_lines > MAX_SPLIT_LINES) {
        error_setg(errp, "Property '%s.num-lines' expects 1 to %d, got %u", TYPE_SPLIT_IRQ,
                   MAX_SPLIT_LINES, s->num_lines);
        return;
    }
    qdev_init_gpio_out(dev, s->out_irq, s->num_lines);
}

static void split_irq_init(Object *obj)
{
    qdev_init_gpio_in(DEVICE(obj), split_irq_handler, 1);
}

static void split_irq_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    device_class_set_props(dc, split_irq_properties);
    dc->realize = split_irq_realize;
    dc->desc = "Splitter of an interrupt line";
    /* Needs to be wired up by code. */
    dc->user_creatable = false;
}

static const TypeInfo split_irq_types[] = {
    {
        .name = TYPE_SPLIT_IRQ,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SplitIRQ),
        .instance_init = split_irq_init,
        .class_init = split_irq_class_init,
    },
};
DEFINE_TYPES(split_irq_types)
