/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PS/2 keyboard with 101 keys and the later additions, in scan code sets 1 to 3.
 *
 * IBM PS/2 hardware interface technical reference, "Keyboards (101- and
 * 102-key)": commands from the system, scan codes; 8042 translation table.
 * Typematic repeat is what the user's own keyboard sends. In set 3 all keys are
 * make/break.
 */
#include "qemu/osdep.h"
#include "hw/input/ps2.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "trace/trace-hw_input.h"

#define KBD_CMD_SET_LEDS                 0xed
#define KBD_CMD_ECHO                     0xee
#define KBD_CMD_SCANCODE                 0xf0 /* get or set the scan code set */
#define KBD_CMD_GET_ID                   0xf2
#define KBD_CMD_SET_RATE                 0xf3
#define KBD_CMD_ENABLE                   0xf4
#define KBD_CMD_RESET_DISABLE            0xf5
#define KBD_CMD_RESET_ENABLE             0xf6
#define KBD_CMD_ALL_TYPEMATIC            0xf7 /* f7 to fa: all keys of set 3 */
#define KBD_CMD_ALL_MAKE_BREAK_TYPEMATIC 0xfa
#define KBD_CMD_KEY_TYPEMATIC            0xfb /* fb to fd: one key of set 3 */
#define KBD_CMD_KEY_MAKE                 0xfd
#define KBD_CMD_RESEND                   0xfe
#define KBD_CMD_RESET                    0xff

#define KBD_ID_1                         0xab
#define KBD_ID_2                         0x83

#define SCANCODE_RELEASE                 0xf0 /* before the code of a key that was let go, in sets 2 and 3 */

enum {
    MOD_CTRL_L = 1 << 0,
    MOD_SHIFT_L = 1 << 1,
    MOD_ALT_L = 1 << 2,
    MOD_CTRL_R = 1 << 3,
    MOD_SHIFT_R = 1 << 4,
    MOD_ALT_R = 1 << 5,
};

/* What the controller makes of set 2 when it translates. */
static const uint8_t ps2_set2_to_set1[256] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59,
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b,
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d,
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f,
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61,
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76,
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f,
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54,
    0x80, 0x81, 0x82, 0x41, 0x54, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f,
    0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f,
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
    0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf,
    0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,
    0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf,
    0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef,
    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff,
};

/* ---- logic ---- */

static unsigned ps2_modifier_bit(QKeyCode key)
{
    switch (key) {
    case Q_KEY_CODE_CTRL:
        return MOD_CTRL_L;
    case Q_KEY_CODE_CTRL_R:
        return MOD_CTRL_R;
    case Q_KEY_CODE_SHIFT:
        return MOD_SHIFT_L;
    case Q_KEY_CODE_SHIFT_R:
        return MOD_SHIFT_R;
    case Q_KEY_CODE_ALT:
        return MOD_ALT_L;
    case Q_KEY_CODE_ALT_R:
        return MOD_ALT_R;
    default:
        return 0;
    }
}

/* Bytes of one key being collected, in the form in which they leave. */
typedef struct KeyBytes {
    uint8_t byte[8];
    int n;
} KeyBytes;

static void ps2_put_byte(PS2KbdState *s, KeyBytes *out, uint8_t byte)
{
    trace_ps2_put_keycode(byte);
    if (s->translate) {
        if (byte == SCANCODE_RELEASE) {
            s->need_high_bit = true;
            return;
        }
        byte = ps2_set2_to_set1[byte] | (s->need_high_bit ? 0x80 : 0);
        s->need_high_bit = false;
    }
    out->byte[out->n++] = byte;
}

/* @code with E0h in its upper byte if that is its prefix, in set @set. */
static void ps2_put_code(PS2KbdState *s, KeyBytes *out, int set, uint16_t code, bool down)
{
    if (code >> 8) {
        ps2_put_byte(s, out, code >> 8);
    }
    if (!down && set != 1) {
        ps2_put_byte(s, out, SCANCODE_RELEASE);
    }
    ps2_put_byte(s, out, (code & 0xff) | (!down && set == 1 ? 0x80 : 0));
}

/* Sends E1 and two codes, then their release at once: this key has no release of its own. */
static void ps2_put_pause(PS2KbdState *s, KeyBytes *out, int set)
{
    bool ctrl = s->modifiers & (MOD_CTRL_L | MOD_CTRL_R);
    uint16_t brk = set == 1 ? 0xe046 : 0xe07e;

    if (ctrl) {
        ps2_put_code(s, out, set, brk, true);
        ps2_put_code(s, out, set, brk, false);
        return;
    }
    ps2_put_byte(s, out, 0xe1);
    ps2_put_code(s, out, set, set == 1 ? 0x1d : 0x14, true);
    ps2_put_code(s, out, set, set == 1 ? 0x45 : 0x77, true);
    ps2_put_byte(s, out, 0xe1);
    ps2_put_code(s, out, set, set == 1 ? 0x1d : 0x14, false);
    ps2_put_code(s, out, set, set == 1 ? 0x45 : 0x77, false);
}

static void ps2_put_print(PS2KbdState *s, KeyBytes *out, int set, bool down)
{
    uint16_t shift = set == 1 ? 0xe02a : 0xe012;
    uint16_t print = set == 1 ? 0xe037 : 0xe07c;

    if (s->modifiers & (MOD_ALT_L | MOD_ALT_R)) {
        ps2_put_code(s, out, set, set == 1 ? 0x54 : 0x84, down);
    } else if (s->modifiers & (MOD_SHIFT_L | MOD_SHIFT_R | MOD_CTRL_L | MOD_CTRL_R)) {
        ps2_put_code(s, out, set, print, down);
    } else if (down) {
        ps2_put_code(s, out, set, shift, true);
        ps2_put_code(s, out, set, print, true);
    } else {
        ps2_put_code(s, out, set, print, false);
        ps2_put_code(s, out, set, shift, false);
    }
}

static void ps2_keyboard_event(DeviceState *dev, QemuConsole *src, InputEvent *evt)
{
    PS2KbdState *s = PS2_KBD_DEVICE(dev);
    QKeyCode qcode = qemu_input_key_value_to_qcode(evt->u.key.data->key);
    bool down = evt->u.key.data->down;
    unsigned mod = ps2_modifier_bit(qcode);
    int set = s->scancode_set;
    uint16_t code = qemu_input_qcode_to_atset(qcode, set);
    KeyBytes out = {};

    s->modifiers = down ? s->modifiers | mod : s->modifiers & ~mod;
    if (!s->scan_enabled) {
        return;
    }
    qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, NULL);
    trace_ps2_keyboard_event(qcode, down, s->modifiers, s->translate, set);
    if (qcode == Q_KEY_CODE_PAUSE && set != 3) {
        if (down) {
            ps2_put_pause(s, &out, set);
        }
    } else if (qcode == Q_KEY_CODE_PRINT && set != 3) {
        ps2_put_print(s, &out, set, down);
    } else if (code) {
        ps2_put_code(s, &out, set, code, down);
    }
    if (out.n) {
        ps2_queue_bytes(PS2_DEVICE(s), out.byte, out.n);
    }
}

void ps2_keyboard_set_translation(PS2KbdState *s, int mode)
{
    s->translate = mode;
}

static void ps2_set_ledstate(PS2KbdState *s, int ledstate)
{
    s->ledstate = ledstate;
    kbd_put_ledstate(ledstate);
}

static void ps2_keyboard_defaults(PS2KbdState *s)
{
    s->scan_enabled = true;
    s->scancode_set = 2;
    s->need_high_bit = false;
    ps2_reset_queue(PS2_DEVICE(s));
    ps2_lower_irq(PS2_DEVICE(s));
    ps2_set_ledstate(s, 0);
}

/* ---- commands ---- */

static void ps2_keyboard_command(PS2KbdState *s, uint8_t val)
{
    PS2State *ps2 = PS2_DEVICE(s);

    switch (val) {
    case KBD_CMD_SET_LEDS:
    case KBD_CMD_SCANCODE:
    case KBD_CMD_SET_RATE:
    case KBD_CMD_KEY_TYPEMATIC ... KBD_CMD_KEY_MAKE:
        ps2->write_cmd = val;
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        break;
    case KBD_CMD_ECHO:
        PS2_QUEUE_REPLY(ps2, KBD_CMD_ECHO);
        break;
    case KBD_CMD_GET_ID:
        PS2_QUEUE_REPLY(ps2, PS2_ACK, KBD_ID_1,
                        s->translate ? ps2_set2_to_set1[KBD_ID_2] : KBD_ID_2);
        break;
    case KBD_CMD_ENABLE:
        s->scan_enabled = true;
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        break;
    case KBD_CMD_RESET_DISABLE:
        ps2_keyboard_defaults(s);
        s->scan_enabled = false;
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        break;
    case KBD_CMD_RESET_ENABLE:
        ps2_keyboard_defaults(s);
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        break;
    case KBD_CMD_ALL_TYPEMATIC ... KBD_CMD_ALL_MAKE_BREAK_TYPEMATIC:
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        break;
    case KBD_CMD_RESET:
        ps2_keyboard_defaults(s);
        PS2_QUEUE_REPLY(ps2, PS2_ACK, PS2_BAT_OK);
        break;
    case KBD_CMD_RESEND:
        PS2_QUEUE_REPLY(ps2, ps2->queue.data[(ps2->queue.rptr - 1) & (PS2_BUFFER_SIZE - 1)]);
        break;
    default:
        PS2_QUEUE_REPLY(ps2, PS2_RESEND);
        break;
    }
}

/* @val belongs to the command before; false: it is a command itself. */
static bool ps2_keyboard_parameter(PS2KbdState *s, uint8_t val)
{
    PS2State *ps2 = PS2_DEVICE(s);
    int cmd = ps2->write_cmd;

    switch (cmd) {
    case KBD_CMD_SCANCODE:
        if (val > 3) {
            PS2_QUEUE_REPLY(ps2, PS2_RESEND);
        } else if (val == 0) {
            PS2_QUEUE_REPLY(ps2, PS2_ACK,
                            s->translate ? ps2_set2_to_set1[s->scancode_set] : s->scancode_set);
        } else {
            s->scancode_set = val;
            PS2_QUEUE_REPLY(ps2, PS2_ACK);
        }
        break;
    case KBD_CMD_SET_LEDS:
        ps2_set_ledstate(s, val & 7);
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        break;
    case KBD_CMD_SET_RATE:
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        break;
    case KBD_CMD_KEY_TYPEMATIC ... KBD_CMD_KEY_MAKE:
        /* A list of keys, which the next command ends. */
        if (val >= KBD_CMD_SET_LEDS) {
            ps2->write_cmd = -1;
            return false;
        }
        PS2_QUEUE_REPLY(ps2, PS2_ACK);
        return true;
    default:
        ps2->write_cmd = -1;
        return false;
    }
    ps2->write_cmd = -1;
    return true;
}

void ps2_write_keyboard(PS2KbdState *s, int val)
{
    PS2State *ps2 = PS2_DEVICE(s);

    trace_ps2_write_keyboard(val);
    ps2_drop_replies(ps2);
    if (ps2->write_cmd == -1 || !ps2_keyboard_parameter(s, val)) {
        ps2_keyboard_command(s, val);
    }
}

/* ---- reset and migration ---- */

static void ps2_kbd_reset_hold(Object *obj, ResetType type)
{
    PS2DeviceClass *ps2dc = PS2_DEVICE_GET_CLASS(obj);
    PS2KbdState *s = PS2_KBD_DEVICE(obj);

    if (ps2dc->parent_phases.hold) {
        ps2dc->parent_phases.hold(obj, type);
    }
    s->scan_enabled = true;
    s->translate = 0;
    s->scancode_set = 2;
    s->modifiers = 0;
    s->need_high_bit = false;
    ps2_set_ledstate(s, 0);
}

static bool ps2_keyboard_ledstate_needed(void *opaque)
{
    PS2KbdState *s = opaque;

    return s->ledstate != 0;
}

static int ps2_kbd_ledstate_post_load(void *opaque, int version_id)
{
    PS2KbdState *s = opaque;

    kbd_put_ledstate(s->ledstate);
    return 0;
}

static const VMStateDescription vmstate_ps2_keyboard_ledstate = {
    .name = "ps2kbd/ledstate",
    .version_id = 3,
    .minimum_version_id = 2,
    .post_load = ps2_kbd_ledstate_post_load,
    .needed = ps2_keyboard_ledstate_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(ledstate, PS2KbdState),
            VMSTATE_END_OF_LIST(),
        },
};

static bool ps2_keyboard_need_high_bit_needed(void *opaque)
{
    PS2KbdState *s = opaque;

    return s->need_high_bit;
}

static const VMStateDescription vmstate_ps2_keyboard_need_high_bit = {
    .name = "ps2kbd/need_high_bit",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = ps2_keyboard_need_high_bit_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(need_high_bit, PS2KbdState),
            VMSTATE_END_OF_LIST(),
        },
};

static bool ps2_keyboard_cqueue_needed(void *opaque)
{
    PS2KbdState *s = opaque;

    return s->parent_obj.queue.cwptr != -1;
}

static const VMStateDescription vmstate_ps2_keyboard_cqueue = {
    .name = "ps2kbd/command_reply_queue",
    .needed = ps2_keyboard_cqueue_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32(parent_obj.queue.cwptr, PS2KbdState),
            VMSTATE_END_OF_LIST(),
        },
};

static int ps2_kbd_pre_load(void *opaque)
{
    PS2KbdState *s = opaque;

    s->ledstate = 0;
    s->need_high_bit = false;
    s->parent_obj.queue.cwptr = -1;
    return 0;
}

static int ps2_kbd_post_load(void *opaque, int version_id)
{
    PS2KbdState *s = opaque;

    if (version_id == 2) {
        s->scancode_set = 2;
    }
    if (s->scancode_set < 1 || s->scancode_set > 3 || !ps2_common_post_load(PS2_DEVICE(s))) {
        return -EINVAL;
    }
    return 0;
}

static const VMStateDescription vmstate_ps2_keyboard = {
    .name = "ps2kbd",
    .version_id = 3,
    .minimum_version_id = 2,
    .pre_load = ps2_kbd_pre_load,
    .post_load = ps2_kbd_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(parent_obj, PS2KbdState, 0, vmstate_ps2_common, PS2State),
            VMSTATE_INT32(scan_enabled, PS2KbdState),
            VMSTATE_INT32(translate, PS2KbdState),
            VMSTATE_INT32_V(scancode_set, PS2KbdState, 3),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_ps2_keyboard_ledstate,
            &vmstate_ps2_keyboard_need_high_bit,
            &vmstate_ps2_keyboard_cqueue,
            NULL,
        },
};

/* ---- object ---- */

static const QemuInputHandler ps2_keyboard_handler = {
    .name = "QEMU PS/2 Keyboard",
    .mask = INPUT_EVENT_MASK_KEY,
    .event = ps2_keyboard_event,
};

static void ps2_kbd_realize(DeviceState *dev, Error **errp)
{
    PS2_KBD_DEVICE(dev)->handler = qemu_input_handler_register(dev, &ps2_keyboard_handler);
}

static void ps2_kbd_unrealize(DeviceState *dev)
{
    qemu_input_handler_unregister(PS2_KBD_DEVICE(dev)->handler);
}

static void ps2_kbd_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = ps2_kbd_realize;
    dc->unrealize = ps2_kbd_unrealize;
    dc->vmsd = &vmstate_ps2_keyboard;
    resettable_class_set_parent_phases(RESETTABLE_CLASS(klass), NULL, ps2_kbd_reset_hold, NULL,
                                       &PS2_DEVICE_CLASS(klass)->parent_phases);
}

static const TypeInfo ps2_kbd_types[] = {
    {
        .name = TYPE_PS2_KBD_DEVICE,
        .parent = TYPE_PS2_DEVICE,
        .instance_size = sizeof(PS2KbdState),
        .class_init = ps2_kbd_class_init,
    },
};

DEFINE_TYPES(ps2_kbd_types)
