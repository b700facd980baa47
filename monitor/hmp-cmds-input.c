/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands that press keys and move the mouse. */

#include "qemu/osdep.h"
#include "commands.h"
#include "qapi/util.h"
#include "qemu/cutils.h"
#include "ui/input.h"

#define MAX_KEYS 16

/* A name ("ctrl", "a", "less") or a number 0x.. of set 1. */
static bool parse_key(const char *name, KeyValue *key)
{
    unsigned number;
    int code;

    if (!strcmp(name, "<")) {
        name = "less";
    }
    code = qapi_enum_parse(&QKeyCode_lookup, name, -1, NULL);
    if (code >= 0) {
        key->type = KEY_VALUE_KIND_QCODE;
        key->u.qcode.data = code;
        return true;
    }
    if (g_str_has_prefix(name, "0x") && !qemu_strtoui(name, NULL, 16, &number)) {
        key->type = KEY_VALUE_KIND_NUMBER;
        key->u.number.data = number;
        return true;
    }
    return false;
}

static void cmd_sendkey(Monitor *mon, const QDict *args)
{
    g_auto(GStrv) names = g_strsplit(qdict_get_str(args, "keys"), "-", 0);
    int64_t hold = qdict_get_try_int(args, "hold_ms", 0);
    KeyValue keys[MAX_KEYS];
    int n = 0;

    for (int i = 0; names[i]; i++) {
        if (n == MAX_KEYS || !parse_key(names[i], &keys[n])) {
            monitor_printf(mon,
                           n == MAX_KEYS ? "Error: too many keys at '%s'\n"
                                         : "Error: there is no key '%s'\n",
                           names[i]);
            return;
        }
        n++;
    }
    for (int i = 0; i < n; i++) {
        qemu_input_event_send_key(NULL, &keys[i], true);
    }
    qemu_input_event_send_key_delay(CLAMP(hold, 0, 60000));
    for (int i = n - 1; i >= 0; i--) {
        qemu_input_event_send_key(NULL, &keys[i], false);
    }
    qemu_input_event_send_key_delay(0);
}

static void complete_key(int index, const char *text, void (*add)(void *, const char *),
                         void *opaque)
{
    const char *dash = strrchr(text, '-');
    g_autofree char *head = dash ? g_strndup(text, dash - text + 1) : g_strdup("");

    for (int i = 0; index == 0 && i < QKeyCode_lookup.size; i++) {
        g_autofree char *word = g_strconcat(head, qapi_enum_lookup(&QKeyCode_lookup, i), NULL);
        add(opaque, word);
    }
}

static void cmd_mouse_move(Monitor *mon, const QDict *args)
{
    int dz = qdict_get_try_int(args, "dz", 0);
    InputButton wheel = dz > 0 ? INPUT_BUTTON_WHEEL_UP : INPUT_BUTTON_WHEEL_DOWN;

    qemu_input_queue_rel(NULL, INPUT_AXIS_X, qdict_get_int(args, "dx"));
    qemu_input_queue_rel(NULL, INPUT_AXIS_Y, qdict_get_int(args, "dy"));
    if (dz) {
        qemu_input_queue_btn(NULL, wheel, true);
        qemu_input_event_sync();
        qemu_input_queue_btn(NULL, wheel, false);
    }
    qemu_input_event_sync();
}

static void cmd_mouse_button(Monitor *mon, const QDict *args)
{
    static const uint32_t map[INPUT_BUTTON__MAX] = {
        [INPUT_BUTTON_LEFT] = 1,
        [INPUT_BUTTON_RIGHT] = 2,
        [INPUT_BUTTON_MIDDLE] = 4,
    };
    static uint32_t pressed; /* there is one mouse */
    uint32_t state = qdict_get_int(args, "state");

    qemu_input_update_buttons(NULL, map, pressed, state);
    qemu_input_event_sync();
    pressed = state;
}

static void cmd_mouse_set(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qemu_mouse_set(qdict_get_int(args, "index"), &err);
    hmp_handle_error(mon, err);
}

static void print_mouse(const QemuInputMouseInfo *info, void *opaque)
{
    monitor_printf(opaque, "%c Mouse #%" PRId64 ": %s%s\n", info->current ? '*' : ' ', info->index,
                   info->name, info->absolute ? " (absolute)" : "");
}

static void info_mice(Monitor *mon, const QDict *args)
{
    qemu_input_foreach_mouse(print_mouse, mon);
}

static const HMPCommand commands[] = {
    {"sendkey", "keys:s,hold_ms:i?", "keys [hold_ms]", "presses keys, as in ctrl-alt-f1",
     cmd_sendkey, NULL, complete_key},
    {"mouse_move", "dx:i,dy:i,dz:i?", "dx dy [dz]", "moves the mouse", cmd_mouse_move},
    {"mouse_button", "state:i", "state", "presses buttons: 1 left, 2 right, 4 middle",
     cmd_mouse_button},
    {"mouse_set", "index:i", "index", "which mouse gets events", cmd_mouse_set},
};

static const HMPCommand info_commands[] = {
    {"mice", "", "", "pointing devices of the guest", info_mice},
};

void hmp_register_input(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
    hmp_register_commands(info_commands, ARRAY_SIZE(info_commands), true);
}
