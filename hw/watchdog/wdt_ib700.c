/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Watchdog of the iBASE IB700 single board computer: writing a delay to port
 * 443h starts it, any write to 441h stops it.
 *
 * IB700 user's manual, watchdog timer configuration (as ib700wdt in Linux).
 */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/runstate-action.h"
#include "trace/trace-hw_watchdog.h"

#define TYPE_IB700 "ib700"
OBJECT_DECLARE_SIMPLE_TYPE(IB700State, IB700)

#define IB700_PORT_DISABLE 0x441
#define IB700_PORT_ENABLE  0x443

struct IB700State {
    ISADevice parent_obj;

    /* wiring */
    PortioList port_list;

    /* state */
    QEMUTimer timer;
};

static void ib700_write_enable_reg(void *opaque, uint32_t addr, uint32_t data)
{
    IB700State *s = opaque;
    int seconds = 30 - 2 * (data & 0xf);

    trace_ib700_enable(seconds);
    timer_mod(&s->timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + seconds * NANOSECONDS_PER_SECOND);
}

static void ib700_write_disable_reg(void *opaque, uint32_t addr, uint32_t data)
{
    IB700State *s = opaque;

    trace_ib700_disable();
    timer_del(&s->timer);
}

static void ib700_timer_expired(void *opaque)
{
    trace_ib700_expired();
    watchdog_perform_action();
}

static const VMStateDescription vmstate_ib700 = {
    .name = "ib700_wdt",
    .fields =
        (const VMStateField[]){
            VMSTATE_TIMER(timer, IB700State),
            VMSTATE_END_OF_LIST(),
        },
};

static const MemoryRegionPortio wdt_portio_list[] = {
    {IB700_PORT_DISABLE, 2, 1, .write = ib700_write_disable_reg},
    {IB700_PORT_ENABLE, 2, 1, .write = ib700_write_enable_reg},
    PORTIO_END_OF_LIST(),
};

static void ib700_reset_hold(Object *obj, ResetType type)
{
    timer_del(&IB700(obj)->timer);
}

static void ib700_realize(DeviceState *dev, Error **errp)
{
    IB700State *s = IB700(dev);

    timer_init_ns(&s->timer, QEMU_CLOCK_VIRTUAL, ib700_timer_expired, s);
    portio_list_init(&s->port_list, OBJECT(s), wdt_portio_list, s, "ib700");
    portio_list_add(&s->port_list, isa_address_space_io(ISA_DEVICE(s)), 0);
}

static void ib700_unrealize(DeviceState *dev)
{
    IB700State *s = IB700(dev);

    timer_del(&s->timer);
    portio_list_del(&s->port_list);
    portio_list_destroy(&s->port_list);
}

static void ib700_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = ib700_realize;
    dc->unrealize = ib700_unrealize;
    dc->vmsd = &vmstate_ib700;
    dc->desc = "iBASE 700";
    RESETTABLE_CLASS(klass)->phases.hold = ib700_reset_hold;
    device_class_set_category(dc, DEVICE_CATEGORY_WATCHDOG);
}

static const TypeInfo ib700_types[] = {
    {
        .name = TYPE_IB700,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(IB700State),
        .class_init = ib700_class_init,
    },
};

DEFINE_TYPES(ib700_types)
