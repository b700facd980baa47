/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Port 92h: address line 20 and a fast reset, without the keyboard controller.
 *
 * 82371SB (PIIX3) data sheet, 2.5.5.2 (Port 92 register).
 */
#include "qemu/osdep.h"
#include "hw/i386/port92.h"
#include "hw/isa/isa.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "trace/trace-hw_i386.h"

#define PORT92_FAST_INIT 0x01 /* 0 to 1: reset */
#define PORT92_FAST_A20  0x02

OBJECT_DECLARE_SIMPLE_TYPE(Port92State, PORT92)

struct Port92State {
    ISADevice parent_obj;

    /* wiring */
    MemoryRegion io;
    qemu_irq a20_out;

    /* state */
    uint8_t outport;
};

static void port92_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    Port92State *s = opaque;
    uint8_t old = s->outport;

    trace_port92_write(val);
    s->outport = val;
    qemu_set_irq(s->a20_out, !!(val & PORT92_FAST_A20));
    if (~old & val & PORT92_FAST_INIT) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static uint64_t port92_read(void *opaque, hwaddr addr, unsigned size)
{
    Port92State *s = opaque;

    trace_port92_read(s->outport);
    return s->outport;
}

static const MemoryRegionOps port92_ops = {
    .read = port92_read,
    .write = port92_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void port92_reset_hold(Object *obj, ResetType type)
{
    PORT92(obj)->outport = 0;
}

static const VMStateDescription vmstate_port92_isa = {
    .name = "port92",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(outport, Port92State),
            VMSTATE_END_OF_LIST(),
        },
};

static void port92_initfn(Object *obj)
{
    Port92State *s = PORT92(obj);

    memory_region_init_io(&s->io, obj, &port92_ops, s, "port92", 1);
    qdev_init_gpio_out_named(DEVICE(obj), &s->a20_out, PORT92_A20_LINE, 1);
}

static void port92_realizefn(DeviceState *dev, Error **errp)
{
    isa_register_ioport(ISA_DEVICE(dev), &PORT92(dev)->io, 0x92);
}

static void port92_class_initfn(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = port92_realizefn;
    dc->vmsd = &vmstate_port92_isa;
    RESETTABLE_CLASS(klass)->phases.hold = port92_reset_hold;
    /* The machine connects its A20 output to the processors. */
    dc->user_creatable = false;
}

static const TypeInfo port92_types[] = {
    {
        .name = TYPE_PORT92,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(Port92State),
        .instance_init = port92_initfn,
        .class_init = port92_class_initfn,
    },
};

DEFINE_TYPES(port92_types)
