/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 8254 programmable interval timer at ports 40h to 43h: channel 0 gives
 * interrupt 0, channel 1 the memory refresh of old boards, channel 2 the speaker.
 *
 * Intel 8254 data sheet (order number 231164): control word, counter latch and
 * read-back commands. Counting is in i8254_common.c.
 */
#include "qemu/osdep.h"
#include "hw/timer/i8254_internal.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "trace/trace-hw_timer.h"

#define PIT_CONTROL         3 /* port of the control word */
#define CTRL_SELECT_SHIFT   6
#define CTRL_READ_BACK      3 /* in place of a channel */
#define CTRL_RW_SHIFT       4
#define READ_BACK_NO_COUNT  0x20
#define READ_BACK_NO_STATUS 0x10
#define PIT_MAX_LATE_TICKS  250
#define STATUS_OUT          0x80
#define STATUS_NULL_COUNT   0x40

/* ---- logic ---- */

/*
 * Drives channel 0's interrupt to what it is at @now, which may be past, and sets the timer
 * for the next change.
 */
static void pit_irq_timer_update(PITChannelState *s, int64_t now)
{
    int level = pit_get_out(s, now);

    if (s->irq_disabled) {
        /* The HPET has taken over; counting goes on. */
        timer_del(&s->irq_timer);
        return;
    }
    qemu_set_irq(s->irq, level);
    s->next_transition_time = pit_get_next_transition_time(s, now);
    trace_pit_irq_timer_update(level, s->next_transition_time);
    if (s->next_transition_time != -1) {
        timer_mod(&s->irq_timer, s->next_transition_time);
    } else {
        timer_del(&s->irq_timer);
    }
}

/*
 * A late timer makes up for what it missed, but not for an age. How the interrupt controllers
 * keep those ticks apart: ioapic_accepted().
 */
static void pit_irq_timer(void *opaque)
{
    PITChannelState *s = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    unsigned ticks = 0;

    do {
        if (s->mode >= 2) {
            /* OUT was low up to now. The line is edge triggered: when it fell does not matter. */
            qemu_irq_lower(s->irq);
        }
        pit_irq_timer_update(s, ++ticks < PIT_MAX_LATE_TICKS ? s->next_transition_time : now);
    } while (s->next_transition_time != -1 && s->next_transition_time <= now &&
             ticks < PIT_MAX_LATE_TICKS);
}

/* The HPET's legacy mode switches the interrupt off and on again. */
static void pit_irq_control(void *opaque, int n, int enable)
{
    PITCommonState *pit = opaque;
    PITChannelState *s = &pit->channels[0];

    s->irq_disabled = !enable;
    if (!enable) {
        qemu_irq_lower(s->irq);
    }
    pit_irq_timer_update(s, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

static void pit_channel_changed(PITCommonState *pit, PITChannelState *s, int64_t now)
{
    if (s == &pit->channels[0]) {
        pit_irq_timer_update(s, now);
    }
}

static void pit_set_channel_gate(PITCommonState *pit, PITChannelState *sc, int val)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    pit_change_gate(sc, val, now);
    pit_channel_changed(pit, sc, now);
}

static void pit_latch_count(PITChannelState *s, int64_t now)
{
    if (!s->count_latched) {
        s->latched_count = pit_get_count(s, now);
        s->count_latched = s->rw_mode;
    }
}

static void pit_latch_status(PITChannelState *s, int64_t now)
{
    if (!s->status_latched) {
        s->status = (pit_get_out(s, now) ? STATUS_OUT : 0) |
                    (pit_count_is_null(s) ? STATUS_NULL_COUNT : 0) | s->rw_mode << 4 |
                    s->mode << 1 | s->bcd;
        s->status_latched = 1;
    }
}

/* ---- registers ---- */

static void pit_write_control(PITCommonState *pit, uint8_t val, int64_t now)
{
    unsigned channel = val >> CTRL_SELECT_SHIFT;
    PITChannelState *s;

    if (channel == CTRL_READ_BACK) {
        for (channel = 0; channel < 3; channel++) {
            if (!(val & (2 << channel))) {
                continue;
            }
            s = &pit->channels[channel];
            if (!(val & READ_BACK_NO_COUNT)) {
                pit_latch_count(s, now);
            }
            if (!(val & READ_BACK_NO_STATUS)) {
                pit_latch_status(s, now);
            }
        }
        return;
    }
    s = &pit->channels[channel];
    if (!((val >> CTRL_RW_SHIFT) & 3)) {
        pit_latch_count(s, now);
        return;
    }
    pit_set_mode(s, val);
    pit_channel_changed(pit, s, now);
}

static void pit_write_count(PITCommonState *pit, PITChannelState *s, uint8_t val, int64_t now)
{
    switch (s->write_state) {
    case RW_STATE_LSB:
        pit_load_count(s, val, now);
        break;
    case RW_STATE_MSB:
        pit_load_count(s, val << 8, now);
        break;
    case RW_STATE_WORD0:
        s->write_latch = val;
        s->write_state = RW_STATE_WORD1;
        return;
    default:
        pit_load_count(s, s->write_latch | val << 8, now);
        s->write_state = RW_STATE_WORD0;
        break;
    }
    pit_channel_changed(pit, s, now);
}

static void pit_ioport_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PITCommonState *pit = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    trace_pit_ioport_write(addr, val);
    if (addr == PIT_CONTROL) {
        pit_write_control(pit, val, now);
    } else {
        pit_write_count(pit, &pit->channels[addr], val, now);
    }
}

static uint8_t pit_read_latch(PITChannelState *s)
{
    switch (s->count_latched) {
    case RW_STATE_LSB:
        s->count_latched = 0;
        return s->latched_count;
    case RW_STATE_WORD0:
        s->count_latched = RW_STATE_MSB;
        return s->latched_count;
    default:
        s->count_latched = 0;
        return s->latched_count >> 8;
    }
}

static uint8_t pit_read_count(PITChannelState *s, int64_t now)
{
    uint16_t count = pit_get_count(s, now);

    switch (s->read_state) {
    case RW_STATE_LSB:
        return count;
    case RW_STATE_MSB:
        return count >> 8;
    case RW_STATE_WORD0:
        s->read_state = RW_STATE_WORD1;
        return count;
    default:
        s->read_state = RW_STATE_WORD0;
        return count >> 8;
    }
}

static uint64_t pit_ioport_read(void *opaque, hwaddr addr, unsigned size)
{
    PITCommonState *pit = opaque;
    PITChannelState *s;
    uint8_t ret;

    if (addr == PIT_CONTROL) {
        return 0; /* write only */
    }
    s = &pit->channels[addr];
    if (s->status_latched) {
        s->status_latched = 0;
        ret = s->status;
    } else if (s->count_latched) {
        ret = pit_read_latch(s);
    } else {
        ret = pit_read_count(s, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
    }
    trace_pit_ioport_read(addr, ret);
    return ret;
}

static const MemoryRegionOps pit_ioport_ops = {
    .read = pit_ioport_read,
    .write = pit_ioport_write,
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- object ---- */

static void pit_reset_hold(Object *obj, ResetType type)
{
    PITCommonState *pit = PIT_COMMON(obj);
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    pit_reset_common(pit, now);
    pit_irq_timer_update(&pit->channels[0], now);
}

static void pit_post_load(PITCommonState *pit)
{
    PITChannelState *s = &pit->channels[0];

    if (s->next_transition_time != -1 && !s->irq_disabled) {
        timer_mod(&s->irq_timer, s->next_transition_time);
    } else {
        timer_del(&s->irq_timer);
    }
}

static void pit_realize(DeviceState *dev, Error **errp)
{
    PITCommonState *pit = PIT_COMMON(dev);
    PITChannelState *s = &pit->channels[0];

    timer_init_ns(&s->irq_timer, QEMU_CLOCK_VIRTUAL, pit_irq_timer, s);
    qdev_init_gpio_out(dev, &s->irq, 1);
    memory_region_init_io(&pit->ioports, OBJECT(pit), &pit_ioport_ops, pit, "pit", 4);
    qdev_init_gpio_in_named_with_opaque(dev, pit_irq_control, pit, NULL, 1);
    PIT_COMMON_GET_CLASS(pit)->parent_realize(dev, errp);
}

ISADevice *i8254_pit_init(ISABus *bus, int base, int isa_irq, qemu_irq alt_irq)
{
    ISADevice *d = isa_new(TYPE_I8254);
    DeviceState *dev = DEVICE(d);

    qdev_prop_set_uint32(dev, "iobase", base);
    isa_realize_and_unref(d, bus, &error_fatal);
    qdev_connect_gpio_out(dev, 0, isa_irq >= 0 ? isa_bus_get_irq(bus, isa_irq) : alt_irq);
    return d;
}

static void i8254_class_init(ObjectClass *klass, const void *data)
{
    PITCommonClass *k = PIT_COMMON_CLASS(klass);
    DeviceClass *dc = DEVICE_CLASS(klass);

    device_class_set_parent_realize(dc, pit_realize, &k->parent_realize);
    RESETTABLE_CLASS(klass)->phases.hold = pit_reset_hold;
    k->set_channel_gate = pit_set_channel_gate;
    k->get_channel_info = pit_get_channel_info_common;
    k->post_load = pit_post_load;
}

static const TypeInfo i8254_types[] = {
    {
        .name = TYPE_I8254,
        .parent = TYPE_PIT_COMMON,
        .instance_size = sizeof(PITCommonState),
        .class_init = i8254_class_init,
    },
};

DEFINE_TYPES(i8254_types)
