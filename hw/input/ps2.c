/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What PS/2 keyboard and mouse have in common: the queue of bytes to the host.
 *
 * IBM PS/2 hardware interface technical reference, keyboard and auxiliary
 * device controller. A device sends the reply to a command before anything that
 * it has in its buffer.
 */
#include "qemu/osdep.h"
#include "hw/input/ps2.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/module.h"

#define PS2_RING_MASK (PS2_BUFFER_SIZE - 1)

void ps2_lower_irq(PS2State *s)
{
    qemu_set_irq(s->irq, 0);
}

static void ps2_raise_irq(PS2State *s)
{
    qemu_set_irq(s->irq, 1);
}

void ps2_reset_queue(PS2State *s)
{
    s->queue.rptr = 0;
    s->queue.wptr = 0;
    s->queue.cwptr = -1;
    s->queue.count = 0;
}

/* Bytes of a reply that wait at the front. */
static int ps2_reply_count(const PS2State *s)
{
    return s->queue.cwptr == -1 ? 0 : (s->queue.cwptr - s->queue.rptr) & PS2_RING_MASK;
}

int ps2_queue_room(PS2State *s)
{
    return MAX(PS2_QUEUE_SIZE - (s->queue.count - ps2_reply_count(s)), 0);
}

void ps2_queue_bytes(PS2State *s, const uint8_t *bytes, int n)
{
    PS2Queue *q = &s->queue;

    if (n > ps2_queue_room(s)) {
        return;
    }
    for (int i = 0; i < n; i++) {
        q->data[q->wptr] = bytes[i];
        q->wptr = (q->wptr + 1) & PS2_RING_MASK;
    }
    q->count += n;
    ps2_raise_irq(s);
}

void ps2_drop_replies(PS2State *s)
{
    PS2Queue *q = &s->queue;
    int n = ps2_reply_count(s);

    if (q->cwptr == -1) {
        return;
    }
    q->rptr = q->cwptr;
    q->cwptr = -1;
    q->count -= n;
    ps2_lower_irq(s);
    if (q->count) {
        ps2_raise_irq(s);
    }
}

void ps2_queue_reply(PS2State *s, const uint8_t *bytes, int n)
{
    PS2Queue *q = &s->queue;

    ps2_drop_replies(s);
    q->cwptr = q->rptr;
    q->rptr = (q->rptr - n) & PS2_RING_MASK;
    q->count += n;
    for (int i = 0; i < n; i++) {
        q->data[(q->rptr + i) & PS2_RING_MASK] = bytes[i];
    }
    ps2_raise_irq(s);
}

uint32_t ps2_read_data(PS2State *s)
{
    PS2Queue *q = &s->queue;
    uint8_t val;

    if (q->count == 0) {
        /* Memory managers for DOS read twice and expect the same. */
        return q->data[(q->rptr - 1) & PS2_RING_MASK];
    }
    val = q->data[q->rptr];
    q->rptr = (q->rptr + 1) & PS2_RING_MASK;
    q->count--;
    if (q->rptr == q->cwptr) {
        q->cwptr = -1;
    }
    /* The next byte is an edge of its own. */
    ps2_lower_irq(s);
    if (q->count) {
        ps2_raise_irq(s);
    }
    return val;
}

bool ps2_common_post_load(PS2State *s)
{
    PS2Queue *q = &s->queue;

    if (q->count < 0 || q->count >= PS2_BUFFER_SIZE || q->cwptr < -1 ||
        q->cwptr >= PS2_BUFFER_SIZE) {
        return false;
    }
    q->rptr &= PS2_RING_MASK;
    if (ps2_reply_count(s) > q->count) {
        return false;
    }
    q->wptr = (q->rptr + q->count) & PS2_RING_MASK;
    return true;
}

const VMStateDescription vmstate_ps2_common = {
    .name = "PS2 Common State",
    .version_id = 3,
    .minimum_version_id = 2,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(write_cmd, PS2State),
            VMSTATE_INT32(queue.rptr, PS2State),
            VMSTATE_INT32(queue.wptr, PS2State),
            VMSTATE_INT32(queue.count, PS2State),
            VMSTATE_BUFFER(queue.data, PS2State),
            VMSTATE_END_OF_LIST(),
        },
};

static void ps2_reset_hold(Object *obj, ResetType type)
{
    PS2State *s = PS2_DEVICE(obj);

    s->write_cmd = -1;
    ps2_reset_queue(s);
}

static void ps2_reset_exit(Object *obj, ResetType type)
{
    ps2_lower_irq(PS2_DEVICE(obj));
}

static void ps2_init(Object *obj)
{
    qdev_init_gpio_out(DEVICE(obj), &PS2_DEVICE(obj)->irq, 1);
}

static void ps2_class_init(ObjectClass *klass, const void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    rc->phases.hold = ps2_reset_hold;
    rc->phases.exit = ps2_reset_exit;
    device_class_set_category(DEVICE_CLASS(klass), DEVICE_CATEGORY_INPUT);
}

static const TypeInfo ps2_types[] = {
    {
        .name = TYPE_PS2_DEVICE,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_init = ps2_init,
        .instance_size = sizeof(PS2State),
        .class_init = ps2_class_init,
        .class_size = sizeof(PS2DeviceClass),
        .abstract = true,
    },
};

DEFINE_TYPES(ps2_types)
