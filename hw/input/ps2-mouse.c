/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PS/2 mouse, with the wheel of the IntelliMouse and the five buttons of the
 * IntelliMouse Explorer once their magic sequences have been sent.
 *
 * IBM PS/2 hardware interface technical reference, "Mouse": commands, data
 * report, scaling; packets of types 3 and 4 as the IntelliMouse sends them.
 */
#include "qemu/osdep.h"
#include "hw/input/ps2.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "trace/trace-hw_input.h"

#define AUX_SET_SCALE11      0xe6
#define AUX_SET_SCALE21      0xe7
#define AUX_SET_RES          0xe8
#define AUX_GET_STATUS       0xe9
#define AUX_SET_STREAM       0xea
#define AUX_POLL             0xeb
#define AUX_RESET_WRAP       0xec
#define AUX_SET_WRAP         0xee
#define AUX_SET_REMOTE       0xf0
#define AUX_GET_TYPE         0xf2
#define AUX_SET_SAMPLE       0xf3
#define AUX_ENABLE_DEV       0xf4
#define AUX_DISABLE_DEV      0xf5
#define AUX_SET_DEFAULT      0xf6
#define AUX_RESEND           0xfe
#define AUX_RESET            0xff

#define MOUSE_STATUS_REMOTE  0x40
#define MOUSE_STATUS_ENABLED 0x20
#define MOUSE_STATUS_SCALE21 0x10

/* mouse_buttons; the first three as in a packet */
#define MOUSE_LEFT          0x01
#define MOUSE_RIGHT         0x02
#define MOUSE_MIDDLE        0x04
#define MOUSE_SIDE          0x08
#define MOUSE_EXTRA         0x10

#define MOUSE_TYPE_PS2      0
#define MOUSE_TYPE_WHEEL    3
#define MOUSE_TYPE_EXPLORER 4

#define MOUSE_MOVE_MAX      255 /* nine bits with sign in a packet */

/* ---- logic ---- */

/* 2:1 scaling, in stream mode only. */
static int ps2_mouse_scale(const PS2MouseState *s, int move)
{
    static const uint8_t small[] = {0, 1, 1, 3, 6, 9};
    int size = abs(move);

    if (!(s->mouse_status & MOUSE_STATUS_SCALE21) || (s->mouse_status & MOUSE_STATUS_REMOTE)) {
        return move;
    }
    size = size < ARRAY_SIZE(small) ? small[size] : MIN(size * 2, MOUSE_MOVE_MAX);
    return move < 0 ? -size : size;
}

/* The next report: as much of the movement as fits, which is then done with. Bytes. */
static int ps2_mouse_make_packet(PS2MouseState *s, uint8_t packet[4])
{
    int dx = CLAMP(s->mouse_dx, -MOUSE_MOVE_MAX, MOUSE_MOVE_MAX);
    int dy = CLAMP(s->mouse_dy, -MOUSE_MOVE_MAX, MOUSE_MOVE_MAX);
    int dz;
    int n = 3;

    s->mouse_dx -= dx;
    s->mouse_dy -= dy;
    dx = ps2_mouse_scale(s, dx);
    dy = ps2_mouse_scale(s, dy);
    packet[0] = 0x08 | (s->mouse_buttons & 7) | (dx < 0 ? 0x10 : 0) | (dy < 0 ? 0x20 : 0);
    packet[1] = dx;
    packet[2] = dy;
    switch (s->mouse_type) {
    case MOUSE_TYPE_WHEEL:
        dz = CLAMP(s->mouse_dz, -127, 127);
        packet[3] = dz;
        s->mouse_dz -= dz;
        n = 4;
        break;
    case MOUSE_TYPE_EXPLORER:
        dz = CLAMP(s->mouse_dz, -7, 7);
        packet[3] = (dz & 0x0f) | (s->mouse_buttons & (MOUSE_SIDE | MOUSE_EXTRA)) << 1;
        s->mouse_dz -= dz;
        n = 4;
        break;
    default:
        s->mouse_dz = 0;
        break;
    }
    trace_ps2_mouse_send_packet(dx, dy, s->mouse_buttons);
    return n;
}

static void ps2_mouse_sync(DeviceState *dev)
{
    PS2MouseState *s = PS2_MOUSE_DEVICE(dev);
    PS2State *ps2 = PS2_DEVICE(s);
    uint8_t packet[4];

    if (!(s->mouse_status & MOUSE_STATUS_ENABLED)) {
        return;
    }
    if (s->mouse_buttons) {
        qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, NULL);
    }
    if (s->mouse_status & MOUSE_STATUS_REMOTE) {
        return;
    }
    /* What does not fit is added to what moves next. */
    while (ps2_queue_room(ps2) >= (int)sizeof(packet)) {
        ps2_queue_bytes(ps2, packet, ps2_mouse_make_packet(s, packet));
        if (!s->mouse_dx && !s->mouse_dy && !s->mouse_dz) {
            break;
        }
    }
}

static void ps2_mouse_event(DeviceState *dev, QemuConsole *src, InputEvent *evt)
{
    static const uint8_t bits[INPUT_BUTTON__MAX] = {
        [INPUT_BUTTON_LEFT] = MOUSE_LEFT,   [INPUT_BUTTON_MIDDLE] = MOUSE_MIDDLE,
        [INPUT_BUTTON_RIGHT] = MOUSE_RIGHT, [INPUT_BUTTON_SIDE] = MOUSE_SIDE,
        [INPUT_BUTTON_EXTRA] = MOUSE_EXTRA,
    };
    PS2MouseState *s = PS2_MOUSE_DEVICE(dev);
    InputMoveEvent *move = evt->u.rel.data;
    InputBtnEvent *btn = evt->u.btn.data;

    if (!(s->mouse_status & MOUSE_STATUS_ENABLED)) {
        return;
    }
    if (evt->type == INPUT_EVENT_KIND_REL) {
        /* Far more than a hand can move; keeps sums in range. */
        int value = CLAMP(move->value, INT16_MIN, INT16_MAX);

        if (move->axis == INPUT_AXIS_X) {
            s->mouse_dx = CLAMP(s->mouse_dx + value, INT16_MIN, INT16_MAX);
        } else {
            s->mouse_dy = CLAMP(s->mouse_dy - value, INT16_MIN, INT16_MAX);
        }
    } else if (evt->type == INPUT_EVENT_KIND_BTN) {
        if (btn->down) {
            s->mouse_buttons |= bits[btn->button];
            if (btn->button == INPUT_BUTTON_WHEEL_UP) {
                s->mouse_dz = MAX(s->mouse_dz - 1, INT16_MIN);
            } else if (btn->button == INPUT_BUTTON_WHEEL_DOWN) {
                s->mouse_dz = MIN(s->mouse_dz + 1, INT16_MAX);
            }
        } else {
            s->mouse_buttons &= ~bits[btn->button];
        }
    }
}

void ps2_mouse_fake_event(PS2MouseState *s)
{
    s->mouse_dx++;
    ps2_mouse_sync(DEVICE(s));
}

static void ps2_mouse_defaults(PS2MouseState *s)
{
    s->mouse_sample_rate = 100;
    s->mouse_resolution = 2;
    s->mouse_status = 0;
    s->mouse_dx = 0;
    s->mouse_dy = 0;
    s->mouse_dz = 0;
    ps2_reset_queue(PS2_DEVICE(s));
    ps2_lower_irq(PS2_DEVICE(s));
}

/* Rates 200, 100, 80 ask for a wheel; 200, 200, 80 for five buttons. */
static void ps2_mouse_detect(PS2MouseState *s, uint8_t rate)
{
    switch (s->mouse_detect_state) {
    default:
        s->mouse_detect_state = rate == 200;
        break;
    case 1:
        s->mouse_detect_state = rate == 100 ? 2 : rate == 200 ? 3 : 0;
        break;
    case 2:
    case 3:
        if (rate == 80) {
            s->mouse_type = s->mouse_detect_state == 2 ? MOUSE_TYPE_WHEEL : MOUSE_TYPE_EXPLORER;
        }
        s->mouse_detect_state = 0;
        break;
    }
}

/* ---- commands ---- */

static void ps2_mouse_get_status(PS2MouseState *s)
{
    uint8_t b = s->mouse_buttons;

    PS2_QUEUE_REPLY(PS2_DEVICE(s), PS2_ACK,
                    s->mouse_status | (b & MOUSE_LEFT ? 4 : 0) | (b & MOUSE_MIDDLE ? 2 : 0) |
                        (b & MOUSE_RIGHT ? 1 : 0),
                    s->mouse_resolution, s->mouse_sample_rate);
}

static void ps2_mouse_poll(PS2MouseState *s)
{
    uint8_t reply[5] = {PS2_ACK};
    int n = ps2_mouse_make_packet(s, reply + 1);

    ps2_queue_reply(PS2_DEVICE(s), reply, 1 + n);
}

static void ps2_mouse_command(PS2MouseState *s, uint8_t val)
{
    PS2State *ps2 = PS2_DEVICE(s);

    switch (val) {
    case AUX_SET_SCALE11:
        s->mouse_status &= ~MOUSE_STATUS_SCALE21;
        break;
    case AUX_SET_SCALE21:
        s->mouse_status |= MOUSE_STATUS_SCALE21;
        break;
    case AUX_SET_STREAM:
        s->mouse_status &= ~MOUSE_STATUS_REMOTE;
        break;
    case AUX_SET_WRAP:
        s->mouse_wrap = 1;
        break;
    case AUX_RESET_WRAP:
        break;
    case AUX_SET_REMOTE:
        s->mouse_status |= MOUSE_STATUS_REMOTE;
        break;
    case AUX_SET_SAMPLE:
    case AUX_SET_RES:
        ps2->write_cmd = val;
        break;
    case AUX_ENABLE_DEV:
        s->mouse_status |= MOUSE_STATUS_ENABLED;
        break;
    case AUX_DISABLE_DEV:
        s->mouse_status &= ~MOUSE_STATUS_ENABLED;
        break;
    case AUX_SET_DEFAULT:
        ps2_mouse_defaults(s);
        break;
    case AUX_GET_TYPE:
        PS2_QUEUE_REPLY(ps2, PS2_ACK, s->mouse_type);
        return;
    case AUX_GET_STATUS:
        ps2_mouse_get_status(s);
        return;
    case AUX_POLL:
        ps2_mouse_poll(s);
        return;
    case AUX_RESEND:
        PS2_QUEUE_REPLY(ps2, ps2->queue.data[(ps2->queue.rptr - 1) & (PS2_BUFFER_SIZE - 1)]);
        return;
    case AUX_RESET:
        ps2_mouse_defaults(s);
        s->mouse_type = MOUSE_TYPE_PS2;
        s->mouse_detect_state = 0;
        PS2_QUEUE_REPLY(ps2, PS2_ACK, PS2_BAT_OK, 0x00);
        return;
    default:
        PS2_QUEUE_REPLY(ps2, PS2_RESEND);
        return;
    }
    PS2_QUEUE_REPLY(ps2, PS2_ACK);
}

void ps2_write_mouse(PS2MouseState *s, int val)
{
    PS2State *ps2 = PS2_DEVICE(s);

    trace_ps2_write_mouse(val);
    ps2_drop_replies(ps2);
    switch (ps2->write_cmd) {
    case AUX_SET_SAMPLE:
        s->mouse_sample_rate = val;
        ps2_mouse_detect(s, val);
        break;
    case AUX_SET_RES:
        s->mouse_resolution = val & 3;
        break;
    default:
        if (s->mouse_wrap && val != AUX_RESET && val != AUX_RESET_WRAP) {
            PS2_QUEUE_REPLY(ps2, val);
            return;
        }
        s->mouse_wrap = 0;
        ps2->write_cmd = -1;
        ps2_mouse_command(s, val);
        return;
    }
    ps2->write_cmd = -1;
    PS2_QUEUE_REPLY(ps2, PS2_ACK);
}

/* ---- reset and migration ---- */

static void ps2_mouse_reset_hold(Object *obj, ResetType type)
{
    PS2DeviceClass *ps2dc = PS2_DEVICE_GET_CLASS(obj);
    PS2MouseState *s = PS2_MOUSE_DEVICE(obj);

    if (ps2dc->parent_phases.hold) {
        ps2dc->parent_phases.hold(obj, type);
    }
    s->mouse_status = 0;
    s->mouse_resolution = 2;
    s->mouse_sample_rate = 100;
    s->mouse_wrap = 0;
    s->mouse_type = MOUSE_TYPE_PS2;
    s->mouse_detect_state = 0;
    s->mouse_dx = 0;
    s->mouse_dy = 0;
    s->mouse_dz = 0;
    s->mouse_buttons = 0;
}

static int ps2_mouse_pre_load(void *opaque)
{
    PS2MouseState *s = opaque;

    s->parent_obj.queue.cwptr = -1;
    return 0;
}

static int ps2_mouse_post_load(void *opaque, int version_id)
{
    PS2MouseState *s = opaque;

    s->mouse_dx = CLAMP(s->mouse_dx, INT16_MIN, INT16_MAX);
    s->mouse_dy = CLAMP(s->mouse_dy, INT16_MIN, INT16_MAX);
    s->mouse_dz = CLAMP(s->mouse_dz, INT16_MIN, INT16_MAX);
    return ps2_common_post_load(PS2_DEVICE(s)) ? 0 : -EINVAL;
}

static bool ps2_mouse_cqueue_needed(void *opaque)
{
    PS2MouseState *s = opaque;

    return s->parent_obj.queue.cwptr != -1;
}

static const VMStateDescription vmstate_ps2_mouse_cqueue = {
    .name = "ps2mouse/command_reply_queue",
    .needed = ps2_mouse_cqueue_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(parent_obj.queue.cwptr, PS2MouseState),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_ps2_mouse = {
    .name = "ps2mouse",
    .version_id = 2,
    .minimum_version_id = 2,
    .pre_load = ps2_mouse_pre_load,
    .post_load = ps2_mouse_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(parent_obj, PS2MouseState, 0, vmstate_ps2_common, PS2State),
            VMSTATE_UINT8(mouse_status, PS2MouseState),
            VMSTATE_UINT8(mouse_resolution, PS2MouseState),
            VMSTATE_UINT8(mouse_sample_rate, PS2MouseState),
            VMSTATE_UINT8(mouse_wrap, PS2MouseState),
            VMSTATE_UINT8(mouse_type, PS2MouseState),
            VMSTATE_UINT8(mouse_detect_state, PS2MouseState),
            VMSTATE_INT32(mouse_dx, PS2MouseState),
            VMSTATE_INT32(mouse_dy, PS2MouseState),
            VMSTATE_INT32(mouse_dz, PS2MouseState),
            VMSTATE_UINT8(mouse_buttons, PS2MouseState),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_ps2_mouse_cqueue,
            NULL,
        },
};

/* ---- object ---- */

static const QemuInputHandler ps2_mouse_handler = {
    .name = "QEMU PS/2 Mouse",
    .mask = INPUT_EVENT_MASK_BTN | INPUT_EVENT_MASK_REL,
    .event = ps2_mouse_event,
    .sync = ps2_mouse_sync,
};

static void ps2_mouse_realize(DeviceState *dev, Error **errp)
{
    PS2_MOUSE_DEVICE(dev)->handler = qemu_input_handler_register(dev, &ps2_mouse_handler);
}

static void ps2_mouse_unrealize(DeviceState *dev)
{
    qemu_input_handler_unregister(PS2_MOUSE_DEVICE(dev)->handler);
}

static void ps2_mouse_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = ps2_mouse_realize;
    dc->unrealize = ps2_mouse_unrealize;
    dc->vmsd = &vmstate_ps2_mouse;
    resettable_class_set_parent_phases(RESETTABLE_CLASS(klass), NULL, ps2_mouse_reset_hold, NULL,
                                       &PS2_DEVICE_CLASS(klass)->parent_phases);
}

static const TypeInfo ps2_mouse_types[] = {
    {
        .name = TYPE_PS2_MOUSE_DEVICE,
        .parent = TYPE_PS2_DEVICE,
        .instance_size = sizeof(PS2MouseState),
        .class_init = ps2_mouse_class_init,
    },
};

DEFINE_TYPES(ps2_mouse_types)
