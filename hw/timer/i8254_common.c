/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 8254 programmable interval timer: counting in the six modes as a
 * function of elapsed time, and what the emulated and the in-kernel one share.
 *
 * Intel 8254 data sheet (order number 231164): counter operation and mode
 * definitions. A count takes effect when its last byte is written, also in the
 * modes where the chip would finish the current cycle first.
 */
#include "qemu/osdep.h"
#include "hw/timer/i8254_internal.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"

/* ---- counting ---- */

static bool pit_gate_stops(const PITChannelState *s)
{
    return !s->gate && s->mode != 1 && s->mode != 5;
}

/* Clocks since the count was loaded or triggered, without those that a low gate stopped. */
static uint64_t pit_elapsed(const PITChannelState *s, int64_t now)
{
    int64_t ns = pit_gate_stops(s) ? s->count_load_time : now - s->count_load_time;

    return ns <= 0 ? 0 : muldiv64(ns, PIT_FREQ, NANOSECONDS_PER_SECOND);
}

static bool pit_is_started(const PITChannelState *s)
{
    return s->count_load_time != PIT_NOT_STARTED;
}

static uint16_t pit_to_bcd(unsigned val)
{
    return val % 10 | (val / 10 % 10) << 4 | (val / 100 % 10) << 8 | (val / 1000 % 10) << 12;
}

static unsigned pit_from_bcd(uint16_t val)
{
    return (val & 15) + (val >> 4 & 15) * 10 + (val >> 8 & 15) * 100 + (val >> 12) * 1000;
}

bool pit_count_is_null(const PITChannelState *s)
{
    return !pit_is_started(s);
}

uint16_t pit_get_count(const PITChannelState *s, int64_t now)
{
    unsigned modulus = s->bcd ? 10000 : 0x10000;
    uint64_t d;
    unsigned counter;

    if (!pit_is_started(s)) {
        counter = s->count % modulus;
        return s->bcd ? pit_to_bcd(counter) : counter;
    }
    d = pit_elapsed(s, now);
    switch (s->mode) {
    case 2:
        counter = s->count - d % s->count;
        break;
    case 3: /* counts twice down by two in a period */
        counter = s->count - 2 * d % s->count;
        counter += counter & 1 && counter < s->count;
        break;
    default: /* goes on, from the largest count, after it has reached 0 */
        counter = (s->count + modulus - d % modulus) % modulus;
        break;
    }
    counter %= modulus;
    return s->bcd ? pit_to_bcd(counter) : counter;
}

int pit_get_out(const PITChannelState *s, int64_t now)
{
    uint64_t d;

    if (!pit_is_started(s)) {
        return s->mode != 0;
    }
    d = pit_elapsed(s, now);
    switch (s->mode) {
    case 0:
    case 1:
        return d >= s->count;
    case 2:
        return !s->gate || d % s->count != s->count - 1;
    case 3:
        return !s->gate || d % s->count < (s->count + 1) / 2;
    default: /* 4, 5: a strobe of one clock */
        return d != s->count;
    }
}

int64_t pit_get_next_transition_time(const PITChannelState *s, int64_t now)
{
    uint64_t d, next, ns;
    int64_t when;

    if (!pit_is_started(s) || pit_gate_stops(s)) {
        return -1;
    }
    d = pit_elapsed(s, now);
    switch (s->mode) {
    case 2:
    case 3:
        next = (d / s->count + 1) * s->count;
        break;
    case 0:
    case 1:
        if (d >= s->count) {
            return -1;
        }
        next = s->count;
        break;
    default: /* the end of the strobe */
        if (d > s->count) {
            return -1;
        }
        next = s->count + 1;
        break;
    }
    /* The first ns at which the clock has ticked. */
    ns = muldiv64_round_up(next, NANOSECONDS_PER_SECOND, PIT_FREQ);
    when = s->count_load_time + ns;
    return when > now ? when : now + 1;
}

void pit_set_mode(PITChannelState *s, uint8_t control)
{
    s->rw_mode = (control >> 4) & 3;
    s->read_state = s->rw_mode;
    s->write_state = s->rw_mode;
    s->mode = (control >> 1) & 7;
    if (s->mode > 5) {
        s->mode -= 4; /* 6 and 7 are 2 and 3: the data sheet has an X in that bit */
    }
    s->bcd = control & 1;
    s->count_latched = 0;
    s->status_latched = 0;
    s->count_load_time = PIT_NOT_STARTED;
}

void pit_load_count(PITChannelState *s, uint16_t val, int64_t now)
{
    unsigned modulus = s->bcd ? 10000 : 0x10000;
    unsigned count = s->bcd ? pit_from_bcd(val) : val;

    s->count = count ? MIN(count, modulus) : modulus;
    if (s->mode == 1 || s->mode == 5) {
        /* Takes a trigger; a cycle that runs is not disturbed by it. */
        return;
    }
    s->count_load_time = s->gate ? now : 0;
}

void pit_change_gate(PITChannelState *s, int val, int64_t now)
{
    val = !!val;
    if (val == s->gate) {
        return;
    }
    switch (s->mode) {
    case 1:
    case 5: /* rising edge (re)starts */
        if (val) {
            s->count_load_time = now;
        }
        break;
    case 2:
    case 3: /* low stops, rising edge restarts from the initial count */
        if (pit_is_started(s)) {
            s->count_load_time = val ? now : now - s->count_load_time;
        }
        break;
    default: /* low stops, high goes on */
        if (pit_is_started(s)) {
            s->count_load_time = now - s->count_load_time;
        }
        break;
    }
    s->gate = val;
}

/* ---- object ---- */

void pit_reset_common(PITCommonState *s, int64_t now)
{
    for (int i = 0; i < ARRAY_SIZE(s->channels); i++) {
        PITChannelState *sc = &s->channels[i];

        /* Channel 2's gate is bit 0 of port 61h, the other two are tied high. */
        sc->gate = i != 2;
        sc->irq_disabled = 0;
        sc->status = 0;
        sc->latched_count = 0;
        sc->write_latch = 0;
        sc->next_transition_time = -1;
        pit_set_mode(sc, RW_STATE_WORD0 << 4 | 3 << 1);
        pit_load_count(sc, 0, now);
    }
}

void pit_get_channel_info_common(PITCommonState *s, PITChannelState *sc, PITChannelInfo *info)
{
    info->gate = sc->gate;
    info->mode = sc->mode;
    info->initial_count = sc->count;
    info->out = pit_get_out(sc, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

void pit_get_channel_info(PITCommonState *pit, int channel, PITChannelInfo *info)
{
    PIT_COMMON_GET_CLASS(pit)->get_channel_info(pit, &pit->channels[channel], info);
}

void pit_set_gate(PITCommonState *pit, int channel, int val)
{
    PIT_COMMON_GET_CLASS(pit)->set_channel_gate(pit, &pit->channels[channel], val);
}

static int pit_dispatch_pre_save(void *opaque)
{
    PITCommonState *s = opaque;
    PITCommonClass *c = PIT_COMMON_GET_CLASS(s);

    if (c->pre_save) {
        c->pre_save(s);
    }
    return 0;
}

static int pit_dispatch_post_load(void *opaque, int version_id)
{
    PITCommonState *s = opaque;
    PITCommonClass *c = PIT_COMMON_GET_CLASS(s);

    for (int i = 0; i < ARRAY_SIZE(s->channels); i++) {
        PITChannelState *sc = &s->channels[i];

        if (sc->count < 1 || sc->count > 0x10000 || sc->mode > 5 ||
            sc->read_state > RW_STATE_WORD1 || sc->write_state > RW_STATE_WORD1) {
            return -EINVAL;
        }
    }
    if (c->post_load) {
        c->post_load(s);
    }
    return 0;
}

static const VMStateDescription vmstate_pit_channel = {
    .name = "pit channel",
    .version_id = 2,
    .minimum_version_id = 2,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(count, PITChannelState),
            VMSTATE_UINT16(latched_count, PITChannelState),
            VMSTATE_UINT8(count_latched, PITChannelState),
            VMSTATE_UINT8(status_latched, PITChannelState),
            VMSTATE_UINT8(status, PITChannelState),
            VMSTATE_UINT8(read_state, PITChannelState),
            VMSTATE_UINT8(write_state, PITChannelState),
            VMSTATE_UINT8(write_latch, PITChannelState),
            VMSTATE_UINT8(rw_mode, PITChannelState),
            VMSTATE_UINT8(mode, PITChannelState),
            VMSTATE_UINT8(bcd, PITChannelState),
            VMSTATE_UINT8(gate, PITChannelState),
            VMSTATE_INT64(count_load_time, PITChannelState),
            VMSTATE_INT64(next_transition_time, PITChannelState),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_pit_common = {
    .name = "i8254",
    .version_id = 3,
    .minimum_version_id = 2,
    .pre_save = pit_dispatch_pre_save,
    .post_load = pit_dispatch_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32_V(channels[0].irq_disabled, PITCommonState, 3),
            VMSTATE_STRUCT_ARRAY(channels, PITCommonState, 3, 2, vmstate_pit_channel,
                                 PITChannelState),
            /* Sent twice, so that the position in the stream stays what it has been. */
            VMSTATE_INT64(channels[0].next_transition_time, PITCommonState),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property pit_common_properties[] = {
    DEFINE_PROP_UINT32("iobase", PITCommonState, iobase, UINT32_MAX),
};

static void pit_common_realize(DeviceState *dev, Error **errp)
{
    PITCommonState *pit = PIT_COMMON(dev);

    isa_register_ioport(ISA_DEVICE(dev), &pit->ioports, pit->iobase);
}

static void pit_common_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pit_common_realize;
    dc->vmsd = &vmstate_pit_common;
    device_class_set_props(dc, pit_common_properties);
    /* The machine wires its output and its gate. */
    dc->user_creatable = false;
}

static const TypeInfo pit_common_types[] = {
    {
        .name = TYPE_PIT_COMMON,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PITCommonState),
        .class_size = sizeof(PITCommonClass),
        .class_init = pit_common_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(pit_common_types)
