/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events of Linux input devices: what of them reaches the machine, and who has the device. */
#include "qemu/osdep.h"
#include "ui/input-evdev.h"
#include "ui/input.h"

static GString *seen;
static EvdevDecoder decoder;
static int toggles;
static uint8_t keys_now[sizeof(decoder.down)];

static void on_event(DeviceState *dev, QemuConsole *src, InputEvent *evt)
{
    switch (evt->type) {
    case INPUT_EVENT_KIND_KEY:
        g_string_append_printf(seen, "%s%s ", evt->u.key.data->down ? "+" : "-",
                               QKeyCode_str(qemu_input_key_value_to_qcode(evt->u.key.data->key)));
        break;
    case INPUT_EVENT_KIND_BTN:
        g_string_append_printf(seen, "%s%s ", evt->u.btn.data->down ? "+" : "-",
                               InputButton_str(evt->u.btn.data->button));
        break;
    case INPUT_EVENT_KIND_REL:
        g_string_append_printf(seen, "%s%+" PRId64 " ", InputAxis_str(evt->u.rel.data->axis),
                               evt->u.rel.data->value);
        break;
    case INPUT_EVENT_KIND_ABS:
        g_string_append_printf(seen, "%s=%" PRIx64 " ", InputAxis_str(evt->u.abs.data->axis),
                               evt->u.abs.data->value);
        break;
    default:
        g_assert_not_reached();
    }
}

static void on_sync(DeviceState *dev)
{
    g_string_append(seen, "| ");
}

static const QemuInputHandler handler = {
    .name = "test",
    .mask =
        INPUT_EVENT_MASK_KEY | INPUT_EVENT_MASK_BTN | INPUT_EVENT_MASK_REL | INPUT_EVENT_MASK_ABS,
    .event = on_event,
    .sync = on_sync,
};

static void toggle(void *opaque)
{
    toggles++;
    decoder.grabbed = !decoder.grabbed;
}

static void resync(void *opaque)
{
    evdev_set_keys(&decoder, keys_now);
}

static void begin(GrabToggleKeys keys)
{
    decoder =
        (EvdevDecoder){.toggle = keys, .toggle_grab = toggle, .resync = resync, .grabbed = true};
    decoder.abs[0].max = 1000;
    toggles = 0;
    g_string_truncate(seen, 0);
}

static void put(unsigned type, unsigned code, int value)
{
    struct input_event event = {.type = type, .code = code, .value = value};

    evdev_decode(&decoder, &event);
}

static void key(unsigned code, int value)
{
    put(EV_KEY, code, value);
    put(EV_SYN, SYN_REPORT, 0);
}

static void check(const char *want)
{
    g_assert_cmpstr(seen->str, ==, want);
    g_string_truncate(seen, 0);
}

static void test_keys(void)
{
    begin(GRAB_TOGGLE_KEYS_CTRL_CTRL);
    key(KEY_A, 1);
    key(KEY_A, 2);
    key(KEY_A, 0);
    check("+a | -a | ");
    decoder.repeat = true;
    key(KEY_RIGHTALT, 1);
    key(KEY_RIGHTALT, 2);
    key(KEY_RIGHTALT, 0);
    check("+alt_r | +alt_r | -alt_r | ");
    /* Released without having been pressed; keys that no machine has; out of range. */
    key(KEY_B, 0);
    key(KEY_CNT - 1, 1);
    key(KEY_CNT, 1);
    key(0xffff, 1);
    key(KEY_CNT - 1, 0);
    g_string_truncate(seen, 0);
    key(KEY_C, 1);
    g_assert_nonnull(strstr(seen->str, "+c"));
    g_assert_cmpint(decoder.num_down, ==, 1);
}

static void test_pointer(void)
{
    begin(GRAB_TOGGLE_KEYS_CTRL_CTRL);
    put(EV_REL, REL_X, 5);
    put(EV_REL, REL_Y, -3);
    key(BTN_LEFT, 1);
    key(BTN_LEFT, 0);
    check("x+5 y-3 +left | -left | ");
    put(EV_REL, REL_WHEEL, -2);
    check("+wheel-down | -wheel-down | +wheel-down | -wheel-down | ");
    put(EV_REL, REL_WHEEL, INT_MIN + 1);
    g_string_truncate(seen, 0);
    put(EV_ABS, ABS_X, 1000);
    put(EV_ABS, ABS_X, 5000);
    put(EV_ABS, ABS_X, -1);
    put(EV_ABS, ABS_Y, 3); /* without a range */
    put(EV_ABS, ABS_MT_SLOT, 3);
    put(EV_SYN, SYN_REPORT, 0);
    check("x=7fff x=7fff x=0 | ");
}

/* Nothing is half pressed on either side: the switch is done when all keys are up. */
static void test_toggle(void)
{
    static const struct {
        GrabToggleKeys keys;
        unsigned first, second;
    } cases[] = {
        {GRAB_TOGGLE_KEYS_CTRL_CTRL, KEY_LEFTCTRL, KEY_RIGHTCTRL},
        {GRAB_TOGGLE_KEYS_ALT_ALT, KEY_RIGHTALT, KEY_LEFTALT},
        {GRAB_TOGGLE_KEYS_SHIFT_SHIFT, KEY_LEFTSHIFT, KEY_RIGHTSHIFT},
        {GRAB_TOGGLE_KEYS_META_META, KEY_LEFTMETA, KEY_RIGHTMETA},
        {GRAB_TOGGLE_KEYS_SCROLLLOCK, 0, KEY_SCROLLLOCK},
        {GRAB_TOGGLE_KEYS_CTRL_SCROLLLOCK, KEY_RIGHTCTRL, KEY_SCROLLLOCK},
        {GRAB_TOGGLE_KEYS_CTRL_SCROLLLOCK, KEY_LEFTCTRL, KEY_SCROLLLOCK},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        begin(cases[i].keys);
        if (cases[i].first) {
            key(cases[i].first, 1);
            key(cases[i].first, 0);
            key(cases[i].first, 1);
        }
        g_assert_false(decoder.toggle_wanted);
        key(cases[i].second, 1);
        key(KEY_X, 1);
        key(cases[i].second, 0);
        if (cases[i].first) {
            key(cases[i].first, 0);
        }
        g_assert_cmpint(toggles, ==, 0);
        key(KEY_X, 0);
        g_assert_cmpint(toggles, ==, 1);
        g_string_truncate(seen, 0);
        /* The host has it. */
        key(KEY_A, 1);
        key(KEY_A, 0);
        put(EV_REL, REL_X, 5);
        key(BTN_LEFT, 1);
        key(BTN_LEFT, 0);
        check("");
        key(cases[i].second, 1);
        if (cases[i].first) {
            key(cases[i].first, 1);
            key(cases[i].first, 0);
        }
        key(cases[i].second, 0);
        g_assert_cmpint(toggles, ==, 2);
        key(KEY_A, 1);
        check("+a | ");
    }
}

static void test_dropped(void)
{
    begin(GRAB_TOGGLE_KEYS_CTRL_CTRL);
    memset(keys_now, 0, sizeof(keys_now));
    key(KEY_A, 1);
    check("+a | ");
    put(EV_SYN, SYN_DROPPED, 0);
    put(EV_KEY, KEY_B, 1);
    put(EV_REL, REL_X, 5);
    check("");
    keys_now[KEY_C / 8] |= 1 << (KEY_C % 8);
    put(EV_SYN, SYN_REPORT, 0);
    check("-a | +c | ");
    g_assert_cmpint(decoder.num_down, ==, 1);
    /* The device is gone. */
    evdev_set_keys(&decoder, NULL);
    check("-c | ");
}

static void test_random(void)
{
    begin(GRAB_TOGGLE_KEYS_SCROLLLOCK);
    for (int i = 0; i < 20000; i++) {
        put(g_test_rand_int_range(0, 6), g_test_rand_int_range(0, KEY_CNT + 5),
            g_test_rand_int_range(-3, 4));
        g_assert_cmpint(decoder.num_down, >=, 0);
        g_string_truncate(seen, 0);
    }
    evdev_set_keys(&decoder, NULL);
    g_assert_cmpint(decoder.num_down, ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    seen = g_string_new(NULL);
    qemu_input_handler_activate(qemu_input_handler_register(NULL, &handler));
    g_test_add_func("/input-evdev/keys", test_keys);
    g_test_add_func("/input-evdev/pointer", test_pointer);
    g_test_add_func("/input-evdev/toggle", test_toggle);
    g_test_add_func("/input-evdev/dropped", test_dropped);
    g_test_add_func("/input-evdev/random", test_random);
    return g_test_run();
}
