/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard, mouse, tablet and touch screen by virtio: what a user does, as Linux's input events
 * (its Documentation/input/multi-touch-protocol, type B).
 */
#include "qemu/osdep.h"
#include <linux/input.h>
#include "hw/virtio/virtio-input.h"
#include "qemu/module.h"

/* Buttons; those of the wheel are steps of it. */
static const uint16_t button_codes[INPUT_BUTTON__MAX] = {
    [INPUT_BUTTON_LEFT] = BTN_LEFT,     [INPUT_BUTTON_RIGHT] = BTN_RIGHT,
    [INPUT_BUTTON_MIDDLE] = BTN_MIDDLE, [INPUT_BUTTON_SIDE] = BTN_SIDE,
    [INPUT_BUTTON_EXTRA] = BTN_EXTRA,
};

/* ---- events ---- */

static void send_key(VirtIOInput *vi, const InputKeyEvent *key)
{
    unsigned code = qemu_input_qcode_to_linux(qemu_input_key_value_to_qcode(key->key));

    if (code) {
        virtio_input_send(vi, EV_KEY, code, key->down);
    }
}

static void send_button(VirtIOInput *vi, const InputBtnEvent *btn)
{
    switch (btn->button) {
    case INPUT_BUTTON_WHEEL_UP:
    case INPUT_BUTTON_WHEEL_DOWN:
        if (btn->down) {
            virtio_input_send(vi, EV_REL, REL_WHEEL, btn->button == INPUT_BUTTON_WHEEL_UP ? 1 : -1);
        }
        break;
    case INPUT_BUTTON_WHEEL_LEFT:
    case INPUT_BUTTON_WHEEL_RIGHT:
        if (btn->down) {
            virtio_input_send(vi, EV_REL, REL_HWHEEL,
                              btn->button == INPUT_BUTTON_WHEEL_RIGHT ? 1 : -1);
        }
        break;
    default:
        if (btn->button < INPUT_BUTTON__MAX && button_codes[btn->button]) {
            virtio_input_send(vi, EV_KEY, button_codes[btn->button], btn->down);
        }
        break;
    }
}

/* BTN_TOUCH is down while there is a finger. */
static void set_finger(VirtIOInput *vi, unsigned slot, bool down)
{
    uint32_t before = vi->fingers, bit = 1u << (slot % 32);

    vi->fingers = down ? before | bit : before & ~bit;
    if (!before != !vi->fingers) {
        virtio_input_send(vi, EV_KEY, BTN_TOUCH, down);
    }
}

static void send_touch(VirtIOInput *vi, const InputMultiTouchEvent *touch)
{
    if (touch->slot < INPUT_EVENT_SLOTS_MIN || touch->slot > INPUT_EVENT_SLOTS_MAX) {
        return;
    }
    virtio_input_send(vi, EV_ABS, ABS_MT_SLOT, touch->slot);
    switch (touch->type) {
    case INPUT_MULTI_TOUCH_TYPE_BEGIN:
    case INPUT_MULTI_TOUCH_TYPE_UPDATE:
        virtio_input_send(vi, EV_ABS, ABS_MT_TRACKING_ID, touch->tracking_id);
        set_finger(vi, touch->slot, true);
        break;
    case INPUT_MULTI_TOUCH_TYPE_END:
    case INPUT_MULTI_TOUCH_TYPE_CANCEL:
        virtio_input_send(vi, EV_ABS, ABS_MT_TRACKING_ID, -1);
        set_finger(vi, touch->slot, false);
        break;
    default:
        virtio_input_send(vi, EV_ABS,
                          touch->axis == INPUT_AXIS_X ? ABS_MT_POSITION_X : ABS_MT_POSITION_Y,
                          touch->value);
        break;
    }
}

static void on_event(DeviceState *dev, QemuConsole *src, InputEvent *evt)
{
    VirtIOInput *vi = VIRTIO_INPUT(dev);
    const InputMoveEvent *move;

    switch (evt->type) {
    case INPUT_EVENT_KIND_KEY:
        send_key(vi, evt->u.key.data);
        break;
    case INPUT_EVENT_KIND_BTN:
        send_button(vi, evt->u.btn.data);
        break;
    case INPUT_EVENT_KIND_REL:
        move = evt->u.rel.data;
        virtio_input_send(vi, EV_REL, move->axis == INPUT_AXIS_X ? REL_X : REL_Y, move->value);
        break;
    case INPUT_EVENT_KIND_ABS:
        move = evt->u.abs.data;
        virtio_input_send(vi, EV_ABS, move->axis == INPUT_AXIS_X ? ABS_X : ABS_Y, move->value);
        break;
    case INPUT_EVENT_KIND_MTT:
        send_touch(vi, evt->u.mtt.data);
        break;
    default:
        break;
    }
}

static void on_sync(DeviceState *dev)
{
    virtio_input_sync(VIRTIO_INPUT(dev));
}

static void describe_buttons(VirtIOInput *vi)
{
    for (int b = 0; b < INPUT_BUTTON__MAX; b++) {
        if (button_codes[b]) {
            virtio_input_add_code(vi, EV_KEY, button_codes[b]);
        }
    }
    virtio_input_add_code(vi, EV_REL, REL_WHEEL);
    virtio_input_add_code(vi, EV_REL, REL_HWHEEL);
}

/* ---- keyboard ---- */

static void describe_keyboard(VirtIOInput *vi)
{
    for (int q = 0; q < Q_KEY_CODE__MAX; q++) {
        unsigned code = qemu_input_qcode_to_linux(q);

        if (code) {
            virtio_input_add_code(vi, EV_KEY, code);
        }
    }
    virtio_input_add_type(vi, EV_REP); /* the guest repeats keys itself */
    virtio_input_add_code(vi, EV_LED, LED_NUML);
    virtio_input_add_code(vi, EV_LED, LED_CAPSL);
    virtio_input_add_code(vi, EV_LED, LED_SCROLLL);
}

static void keyboard_status(VirtIOInput *vi, uint16_t type, uint16_t code, uint32_t value)
{
    static const int leds[] = {
        [LED_NUML] = QEMU_NUM_LOCK_LED,
        [LED_CAPSL] = QEMU_CAPS_LOCK_LED,
        [LED_SCROLLL] = QEMU_SCROLL_LOCK_LED,
    };

    if (type == EV_LED && code < ARRAY_SIZE(leds)) {
        vi->leds = value ? vi->leds | leds[code] : vi->leds & ~leds[code];
        kbd_put_ledstate(vi->leds);
    }
}

static const QemuInputHandler keyboard_handler = {
    .name = "QEMU Virtio Keyboard",
    .mask = INPUT_EVENT_MASK_KEY,
    .event = on_event,
    .sync = on_sync,
};

/* ---- mouse ---- */

static void describe_mouse(VirtIOInput *vi)
{
    describe_buttons(vi);
    virtio_input_add_code(vi, EV_REL, REL_X);
    virtio_input_add_code(vi, EV_REL, REL_Y);
}

static const QemuInputHandler mouse_handler = {
    .name = "QEMU Virtio Mouse",
    .mask = INPUT_EVENT_MASK_BTN | INPUT_EVENT_MASK_REL,
    .event = on_event,
    .sync = on_sync,
};

/* ---- tablet ---- */

static void describe_tablet(VirtIOInput *vi)
{
    describe_buttons(vi);
    virtio_input_add_abs(vi, ABS_X, INPUT_EVENT_ABS_MIN, INPUT_EVENT_ABS_MAX);
    virtio_input_add_abs(vi, ABS_Y, INPUT_EVENT_ABS_MIN, INPUT_EVENT_ABS_MAX);
}

static const QemuInputHandler tablet_handler = {
    .name = "QEMU Virtio Tablet",
    .mask = INPUT_EVENT_MASK_BTN | INPUT_EVENT_MASK_ABS,
    .event = on_event,
    .sync = on_sync,
};

/* ---- touch screen ---- */

static void describe_multitouch(VirtIOInput *vi)
{
    virtio_input_add_prop(vi, INPUT_PROP_DIRECT);
    virtio_input_add_code(vi, EV_KEY, BTN_TOUCH);
    virtio_input_add_abs(vi, ABS_MT_SLOT, INPUT_EVENT_SLOTS_MIN, INPUT_EVENT_SLOTS_MAX);
    virtio_input_add_abs(vi, ABS_MT_TRACKING_ID, INPUT_EVENT_SLOTS_MIN, INPUT_EVENT_SLOTS_MAX);
    virtio_input_add_abs(vi, ABS_MT_POSITION_X, INPUT_EVENT_ABS_MIN, INPUT_EVENT_ABS_MAX);
    virtio_input_add_abs(vi, ABS_MT_POSITION_Y, INPUT_EVENT_ABS_MIN, INPUT_EVENT_ABS_MAX);
}

static const QemuInputHandler multitouch_handler = {
    .name = "QEMU Virtio MultiTouch",
    .mask = INPUT_EVENT_MASK_MTT,
    .event = on_event,
    .sync = on_sync,
};

/* ---- types ---- */

static const VirtIOInputKind keyboard = {&keyboard_handler, 1, 1, describe_keyboard,
                                         keyboard_status};
static const VirtIOInputKind mouse = {&mouse_handler, 2, 2, describe_mouse};
static const VirtIOInputKind tablet = {&tablet_handler, 3, 2, describe_tablet};
static const VirtIOInputKind multitouch = {&multitouch_handler, 3, 1, describe_multitouch};

static void hid_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_INPUT_CLASS(klass)->kind = data;
}

static const TypeInfo virtio_input_hid_types[] = {
    {
        .name = TYPE_VIRTIO_KEYBOARD,
        .parent = TYPE_VIRTIO_INPUT_HID,
        .class_init = hid_class_init,
        .class_data = &keyboard,
    },
    {
        .name = TYPE_VIRTIO_MOUSE,
        .parent = TYPE_VIRTIO_INPUT_HID,
        .class_init = hid_class_init,
        .class_data = &mouse,
    },
    {
        .name = TYPE_VIRTIO_TABLET,
        .parent = TYPE_VIRTIO_INPUT_HID,
        .class_init = hid_class_init,
        .class_data = &tablet,
    },
    {
        .name = TYPE_VIRTIO_MULTITOUCH,
        .parent = TYPE_VIRTIO_INPUT_HID,
        .class_init = hid_class_init,
        .class_data = &multitouch,
    },
};

DEFINE_TYPES(virtio_input_hid_types)
