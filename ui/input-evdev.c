/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What events of Linux's input interface mean (Documentation/input/event-codes.rst). */
#include "qemu/osdep.h"
#include "ui/input.h"
#include "input-evdev.h"

static bool is_down(const EvdevDecoder *d, unsigned code)
{
    return d->down[code / 8] >> (code % 8) & 1;
}

static void set_down(EvdevDecoder *d, unsigned code, bool down)
{
    if (is_down(d, code) != down) {
        d->down[code / 8] ^= 1 << (code % 8);
        d->num_down += down ? 1 : -1;
    }
}

/* ---- keys that switch ---- */

static bool switch_is_down(const EvdevDecoder *d)
{
    static const struct {
        unsigned first, second, instead_of_first;
    } keys[] = {
        [GRAB_TOGGLE_KEYS_CTRL_CTRL] = {KEY_LEFTCTRL, KEY_RIGHTCTRL, 0},
        [GRAB_TOGGLE_KEYS_ALT_ALT] = {KEY_LEFTALT, KEY_RIGHTALT, 0},
        [GRAB_TOGGLE_KEYS_SHIFT_SHIFT] = {KEY_LEFTSHIFT, KEY_RIGHTSHIFT, 0},
        [GRAB_TOGGLE_KEYS_META_META] = {KEY_LEFTMETA, KEY_RIGHTMETA, 0},
        [GRAB_TOGGLE_KEYS_SCROLLLOCK] = {KEY_SCROLLLOCK, KEY_SCROLLLOCK, 0},
        [GRAB_TOGGLE_KEYS_CTRL_SCROLLLOCK] = {KEY_LEFTCTRL, KEY_SCROLLLOCK, KEY_RIGHTCTRL},
    };
    unsigned instead = keys[d->toggle].instead_of_first;

    return is_down(d, keys[d->toggle].second) &&
           (is_down(d, keys[d->toggle].first) || (instead && is_down(d, instead)));
}

/* When no key is down: neither side then sees one that is never released. */
static void toggle_if_wanted(EvdevDecoder *d)
{
    if (d->toggle_wanted && !d->num_down) {
        d->toggle_wanted = false;
        d->toggle_grab(d->opaque);
    }
}

/* ---- events ---- */

static bool find_button(unsigned code, InputButton *button)
{
    static const struct {
        uint16_t code;
        InputButton button;
    } buttons[] = {
        {BTN_LEFT, INPUT_BUTTON_LEFT},     {BTN_RIGHT, INPUT_BUTTON_RIGHT},
        {BTN_MIDDLE, INPUT_BUTTON_MIDDLE}, {BTN_SIDE, INPUT_BUTTON_SIDE},
        {BTN_EXTRA, INPUT_BUTTON_EXTRA},
    };

    for (size_t i = 0; i < ARRAY_SIZE(buttons); i++) {
        if (buttons[i].code == code) {
            *button = buttons[i].button;
            return true;
        }
    }
    return false;
}

static void send_key(unsigned code, bool down)
{
    InputButton button;
    QKeyCode qcode;

    if (find_button(code, &button)) {
        qemu_input_queue_btn(NULL, button, down);
        return;
    }
    qcode = qemu_input_linux_to_qcode(code);
    if (qcode != Q_KEY_CODE_UNMAPPED) {
        qemu_input_event_send_key_qcode(NULL, qcode, down);
    }
}

static void key_event(EvdevDecoder *d, unsigned code, int value)
{
    bool was_down;

    if (code >= KEY_CNT) {
        return;
    }
    was_down = is_down(d, code);
    if (value != 0 && was_down) {
        if (d->repeat && d->grabbed) {
            send_key(code, true);
        }
        return;
    }
    if (value == 0 && !was_down) {
        return; /* pressed before we heard of the device */
    }
    set_down(d, code, value != 0);
    if (d->grabbed) {
        send_key(code, value != 0);
    }
    if (value != 0 && switch_is_down(d)) {
        d->toggle_wanted = true;
    }
    toggle_if_wanted(d);
}

static void wheel(int clicks, InputButton forward, InputButton back)
{
    for (int i = 0; i < MIN(ABS(clicks), 16); i++) {
        qemu_input_queue_btn(NULL, clicks > 0 ? forward : back, true);
        qemu_input_event_sync();
        qemu_input_queue_btn(NULL, clicks > 0 ? forward : back, false);
        qemu_input_event_sync();
    }
}

static void relative_event(unsigned code, int value)
{
    switch (code) {
    case REL_X:
        qemu_input_queue_rel(NULL, INPUT_AXIS_X, value);
        break;
    case REL_Y:
        qemu_input_queue_rel(NULL, INPUT_AXIS_Y, value);
        break;
    case REL_WHEEL:
        wheel(value, INPUT_BUTTON_WHEEL_UP, INPUT_BUTTON_WHEEL_DOWN);
        break;
    case REL_HWHEEL:
        wheel(value, INPUT_BUTTON_WHEEL_RIGHT, INPUT_BUTTON_WHEEL_LEFT);
        break;
    }
}

static void absolute_event(EvdevDecoder *d, unsigned code, int value)
{
    if (code <= ABS_Y && d->abs[code].min < d->abs[code].max) {
        qemu_input_queue_abs(NULL, code == ABS_X ? INPUT_AXIS_X : INPUT_AXIS_Y,
                             CLAMP(value, d->abs[code].min, d->abs[code].max), d->abs[code].min,
                             d->abs[code].max);
    }
}

static void syn_event(EvdevDecoder *d, unsigned code)
{
    if (code == SYN_DROPPED) {
        d->dropped = true;
    } else if (code == SYN_REPORT && d->dropped) {
        d->dropped = false;
        d->resync(d->opaque);
    } else if (code == SYN_REPORT && d->grabbed) {
        qemu_input_event_sync();
    }
}

void evdev_decode(EvdevDecoder *d, const struct input_event *event)
{
    if (event->type == EV_SYN) {
        syn_event(d, event->code);
    } else if (d->dropped) {
        /* Up to the next report, what comes is not whole. */
    } else if (event->type == EV_KEY) {
        key_event(d, event->code, event->value);
    } else if (d->grabbed && event->type == EV_REL) {
        relative_event(event->code, event->value);
    } else if (d->grabbed && event->type == EV_ABS) {
        absolute_event(d, event->code, event->value);
    }
}

void evdev_set_keys(EvdevDecoder *d, const uint8_t *keys)
{
    for (unsigned code = 0; code < KEY_CNT; code++) {
        bool down = keys && (keys[code / 8] >> (code % 8) & 1);

        if (down != is_down(d, code)) {
            set_down(d, code, down);
            if (d->grabbed) {
                send_key(code, down);
            }
        }
    }
    if (d->grabbed) {
        qemu_input_event_sync();
    }
    toggle_if_wanted(d);
}
