/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PS/2 keyboard and mouse, as their controller sees them: bytes in both
 * directions, and a line that is high while a byte waits.
 *
 * All functions: big lock held.
 */
#ifndef HW_PS2_H
#define HW_PS2_H

#include "hw/sysbus.h"
#include "ui/input.h"

#define PS2_DEVICE_IRQ 0

/* What the device itself can hold; the ring is larger for replies that go before it. */
#define PS2_QUEUE_SIZE  16
#define PS2_BUFFER_SIZE 256

#define TYPE_PS2_DEVICE "ps2-device"
OBJECT_DECLARE_TYPE(PS2State, PS2DeviceClass, PS2_DEVICE)
#define TYPE_PS2_KBD_DEVICE "ps2-kbd"
OBJECT_DECLARE_SIMPLE_TYPE(PS2KbdState, PS2_KBD_DEVICE)
#define TYPE_PS2_MOUSE_DEVICE "ps2-mouse"
OBJECT_DECLARE_SIMPLE_TYPE(PS2MouseState, PS2_MOUSE_DEVICE)

struct PS2DeviceClass {
    SysBusDeviceClass parent_class;

    ResettablePhases parent_phases;
};

/* Bytes for the host. Replies to a command come before what was typed or moved. */
typedef struct PS2Queue {
    uint8_t data[PS2_BUFFER_SIZE];
    int32_t rptr, wptr;
    int32_t cwptr; /* end of the replies at the front, -1: there are none */
    int32_t count;
} PS2Queue;

struct PS2State {
    SysBusDevice parent_obj;

    /* wiring */
    qemu_irq irq;

    /* state */
    PS2Queue queue;
    int32_t write_cmd; /* the command whose parameter is expected, -1: none */
};

struct PS2KbdState {
    PS2State parent_obj;

    /* wiring */
    QemuInputHandlerState *handler;

    /* state */
    int32_t scan_enabled;
    int32_t translate; /* the controller wants scan code set 1 */
    int32_t scancode_set;
    int32_t ledstate;
    uint8_t need_high_bit; /* F0 was translated: the next code is a release */
    unsigned modifiers;    /* not saved: who holds a key down then lets go of it */
};

struct PS2MouseState {
    PS2State parent_obj;

    /* wiring */
    QemuInputHandlerState *handler;

    /* state */
    uint8_t mouse_status;
    uint8_t mouse_resolution;
    uint8_t mouse_sample_rate;
    uint8_t mouse_wrap;
    uint8_t mouse_type; /* 0: PS/2, 3: IntelliMouse, 4: Explorer */
    uint8_t mouse_detect_state;
    int32_t mouse_dx; /* not reported yet */
    int32_t mouse_dy;
    int32_t mouse_dz;
    uint8_t mouse_buttons;
};

/* The next byte; the last one again when there is none. */
uint32_t ps2_read_data(PS2State *s);
void ps2_write_mouse(PS2MouseState *s, int val);
void ps2_write_keyboard(PS2KbdState *s, int val);
/* The controller translates to set 1 (@mode 1) or not. */
void ps2_keyboard_set_translation(PS2KbdState *s, int mode);
/* Makes a touch of the mouse known although nothing moved (for a device behind it). */
void ps2_mouse_fake_event(PS2MouseState *s);

/* ---- for the two kinds of device ---- */

/* Appends bytes, all or, when there is no room, none. */
void ps2_queue_bytes(PS2State *s, const uint8_t *bytes, int n);
/* Puts the reply to a command before everything else; drops the rest of an older one. */
void ps2_queue_reply(PS2State *s, const uint8_t *bytes, int n);
#define PS2_QUEUE_REPLY(s, ...)                                                                    \
    ps2_queue_reply((s), (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))
/* Room for bytes that are not replies. */
int ps2_queue_room(PS2State *s);
void ps2_reset_queue(PS2State *s);
/* The host sends a byte: what is left of older replies is void. */
void ps2_drop_replies(PS2State *s);
void ps2_lower_irq(PS2State *s);

extern const struct VMStateDescription vmstate_ps2_common;
/* Makes a loaded queue consistent; false if it can't be. */
bool ps2_common_post_load(PS2State *s);

/* Bytes that both send. */
#define PS2_ACK    0xfa
#define PS2_RESEND 0xfe
#define PS2_BAT_OK 0xaa

#endif
