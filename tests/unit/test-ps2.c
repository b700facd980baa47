/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyboard and mouse as a guest gets at them: through the controller's ports. */
#include "qemu/osdep.h"
#include "hw/input/i8042.h"
#include "isa-rig.h"
#include "qapi/error.h"
#include "ui/input.h"

#define KBD_IRQ   1
#define MOUSE_IRQ 12

static DeviceState *kbc;
static IsaRigLine a20;

static void command(uint8_t cmd)
{
    cpu_outb(0x64, cmd);
}

static void data(uint8_t byte)
{
    cpu_outb(0x60, byte);
}

static bool ready(void)
{
    return cpu_inb(0x64) & 1;
}

static uint8_t next(void)
{
    g_assert_true(ready());
    return cpu_inb(0x60);
}

#define EXPECT(...)                                                                                \
    do {                                                                                           \
        const uint8_t expected[] = {__VA_ARGS__};                                                  \
        for (int i_ = 0; i_ < ARRAY_SIZE(expected); i_++) {                                        \
            g_assert_cmphex(next(), ==, expected[i_]);                                             \
        }                                                                                          \
        g_assert_false(ready());                                                                   \
    } while (0)

static void to_mouse(uint8_t byte)
{
    command(0xd4);
    data(byte);
}

static void set_mode(uint8_t mode)
{
    command(0x60);
    data(mode);
}

static void start(uint8_t mode)
{
    /* Keyboard and mouse are on the system bus, so their reset is not part of this. */
    device_cold_reset(DEVICE(&I8042(kbc)->ps2kbd));
    device_cold_reset(DEVICE(&I8042(kbc)->ps2mouse));
    device_cold_reset(kbc);
    set_mode(mode);
    isa_rig_take_rises(KBD_IRQ);
    isa_rig_take_rises(MOUSE_IRQ);
}

static void key(QKeyCode qcode, bool down)
{
    qemu_input_event_send_key_qcode(NULL, qcode, down);
}

static void test_controller_self_tests(void)
{
    start(0x00);
    g_assert_cmphex(cpu_inb(0x64), ==, 0x10);
    command(0xaa);
    g_assert_cmphex(cpu_inb(0x64), ==, 0x1d);
    EXPECT(0x55);
    command(0xab);
    EXPECT(0x00);
    command(0xa9);
    EXPECT(0x00);
    command(0xc0);
    EXPECT(0x80);
    set_mode(0x65);
    command(0x20);
    EXPECT(0x65);
    command(0xd2);
    data(0x7e);
    EXPECT(0x7e);
}

static void test_aux_output_buffer_interrupts_as_mouse(void)
{
    start(0x03);
    command(0xd3);
    data(0x99);
    g_assert_cmphex(cpu_inb(0x64) & 0x21, ==, 0x21);
    g_assert_cmpint(isa_rig_take_rises(MOUSE_IRQ), ==, 1);
    g_assert_cmpint(isa_rig_take_rises(KBD_IRQ), ==, 0);
    EXPECT(0x99);
}

static void test_a20_by_output_port_and_commands(void)
{
    start(0x00);
    command(0xdd);
    g_assert_cmpint(a20.level, ==, 0);
    command(0xdf);
    g_assert_cmpint(a20.level, ==, 1);
    command(0xd1);
    data(0xcd);
    g_assert_cmpint(a20.level, ==, 0);
    command(0xd0);
    EXPECT(0xcd);
    command(0xd1);
    data(0xcf);
    g_assert_cmpint(a20.level, ==, 1);
}

static void test_keys_in_set_1_by_translation(void)
{
    start(0x41);
    key(Q_KEY_CODE_A, true);
    g_assert_cmpint(isa_rig_take_rises(KBD_IRQ), ==, 1);
    EXPECT(0x1e);
    key(Q_KEY_CODE_A, false);
    EXPECT(0x9e);
    key(Q_KEY_CODE_UP, true);
    key(Q_KEY_CODE_UP, false);
    EXPECT(0xe0, 0x48, 0xe0, 0xc8);
    key(Q_KEY_CODE_F7, true);
    key(Q_KEY_CODE_F7, false);
    EXPECT(0x41, 0xc1);
    key(Q_KEY_CODE_PAUSE, true);
    key(Q_KEY_CODE_PAUSE, false);
    EXPECT(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5);
    key(Q_KEY_CODE_PRINT, true);
    key(Q_KEY_CODE_PRINT, false);
    EXPECT(0xe0, 0x2a, 0xe0, 0x37, 0xe0, 0xb7, 0xe0, 0xaa);
    g_assert_cmpint(isa_rig_take_rises(KBD_IRQ), ==, 21);
}

static void test_keys_in_set_2_and_3(void)
{
    start(0x01);
    key(Q_KEY_CODE_A, true);
    key(Q_KEY_CODE_A, false);
    EXPECT(0x1c, 0xf0, 0x1c);
    key(Q_KEY_CODE_DELETE, false);
    EXPECT(0xe0, 0xf0, 0x71);
    key(Q_KEY_CODE_ALT, true);
    key(Q_KEY_CODE_PRINT, true);
    key(Q_KEY_CODE_PRINT, false);
    key(Q_KEY_CODE_ALT, false);
    EXPECT(0x11, 0x84, 0xf0, 0x84, 0xf0, 0x11);
    data(0xf0);
    EXPECT(0xfa);
    data(0x03);
    EXPECT(0xfa);
    key(Q_KEY_CODE_CTRL, true);
    key(Q_KEY_CODE_CTRL, false);
    EXPECT(0x11, 0xf0, 0x11);
    data(0xf0);
    EXPECT(0xfa);
    data(0x00);
    EXPECT(0xfa, 0x03);
}

static void test_keyboard_commands(void)
{
    start(0x01);
    data(0xff);
    EXPECT(0xfa, 0xaa);
    data(0xf2);
    EXPECT(0xfa, 0xab, 0x83);
    data(0xee);
    EXPECT(0xee);
    data(0xed);
    EXPECT(0xfa);
    data(0x02);
    EXPECT(0xfa);
    data(0xf3);
    EXPECT(0xfa);
    data(0x20);
    EXPECT(0xfa);
    data(0xf5);
    EXPECT(0xfa);
    key(Q_KEY_CODE_A, true);
    g_assert_false(ready());
    data(0xf4);
    EXPECT(0xfa);
    data(0xe0); /* no such command */
    EXPECT(0xfe);
    set_mode(0x41);
    data(0xf2);
    EXPECT(0xfa, 0xab, 0x41);
}

static void test_reply_comes_before_typed_keys(void)
{
    start(0x01);
    key(Q_KEY_CODE_A, true);
    key(Q_KEY_CODE_B, true);
    g_assert_cmphex(next(), ==, 0x1c);
    data(0xf4);
    EXPECT(0xfa, 0x32);
}

static void test_full_keyboard_drops_whole_keys(void)
{
    start(0x01);
    for (int i = 0; i < 30; i++) {
        key(Q_KEY_CODE_UP, true);
    }
    for (int i = 0; i < PS2_QUEUE_SIZE / 2; i++) {
        g_assert_cmphex(next(), ==, 0xe0);
        g_assert_cmphex(next(), ==, 0x75);
    }
    g_assert_false(ready());
    /* The last byte again */
    g_assert_cmphex(cpu_inb(0x60), ==, 0x75);
}

static void test_disabled_keyboard_keeps_its_bytes(void)
{
    start(0x11);
    key(Q_KEY_CODE_A, true);
    g_assert_false(ready());
    command(0xae);
    EXPECT(0x1c);
}

static void test_mouse_needs_to_be_enabled(void)
{
    start(0x02);
    qemu_input_queue_rel(NULL, INPUT_AXIS_X, 5);
    qemu_input_event_sync();
    g_assert_false(ready());
    to_mouse(0xf4);
    g_assert_cmphex(cpu_inb(0x64) & 0x20, ==, 0x20);
    EXPECT(0xfa);
    isa_rig_take_rises(MOUSE_IRQ);
    qemu_input_queue_rel(NULL, INPUT_AXIS_X, 5);
    qemu_input_queue_rel(NULL, INPUT_AXIS_Y, 3);
    qemu_input_queue_btn(NULL, INPUT_BUTTON_LEFT, true);
    qemu_input_event_sync();
    EXPECT(0x29, 0x05, 0xfd);
    g_assert_cmpint(isa_rig_take_rises(MOUSE_IRQ), ==, 3);
    qemu_input_queue_btn(NULL, INPUT_BUTTON_LEFT, false);
    qemu_input_event_sync();
    EXPECT(0x08, 0x00, 0x00);
}

static void test_mouse_moves_that_do_not_fit_are_split(void)
{
    start(0x02);
    to_mouse(0xf4);
    EXPECT(0xfa);
    qemu_input_queue_rel(NULL, INPUT_AXIS_X, -300);
    qemu_input_event_sync();
    EXPECT(0x18, 0x01, 0x00, 0x18, 0xd3, 0x00);
}

static void test_mouse_commands(void)
{
    start(0x02);
    to_mouse(0xff);
    EXPECT(0xfa, 0xaa, 0x00);
    to_mouse(0xf2);
    EXPECT(0xfa, 0x00);
    to_mouse(0xe8);
    EXPECT(0xfa);
    to_mouse(0x03);
    EXPECT(0xfa);
    to_mouse(0xf3);
    EXPECT(0xfa);
    to_mouse(40);
    EXPECT(0xfa);
    to_mouse(0xe7);
    EXPECT(0xfa);
    to_mouse(0xf4);
    EXPECT(0xfa);
    to_mouse(0xe9);
    EXPECT(0xfa, 0x30, 0x03, 40);
    to_mouse(0xee);
    EXPECT(0xfa);
    to_mouse(0x55);
    EXPECT(0x55);
    to_mouse(0xec);
    EXPECT(0xfa);
    to_mouse(0xf0);
    EXPECT(0xfa);
    qemu_input_queue_rel(NULL, INPUT_AXIS_X, 9);
    qemu_input_event_sync();
    g_assert_false(ready());
    to_mouse(0xeb);
    EXPECT(0xfa, 0x08, 0x09, 0x00);
}

static void sample_rates(uint8_t a, uint8_t b, uint8_t c)
{
    const uint8_t rates[] = {a, b, c};

    for (int i = 0; i < 3; i++) {
        to_mouse(0xf3);
        EXPECT(0xfa);
        to_mouse(rates[i]);
        EXPECT(0xfa);
    }
}

static void test_wheel_and_explorer_modes(void)
{
    start(0x02);
    sample_rates(200, 100, 80);
    to_mouse(0xf2);
    EXPECT(0xfa, 0x03);
    to_mouse(0xf4);
    EXPECT(0xfa);
    qemu_input_queue_btn(NULL, INPUT_BUTTON_WHEEL_UP, true);
    qemu_input_queue_btn(NULL, INPUT_BUTTON_WHEEL_UP, false);
    qemu_input_event_sync();
    EXPECT(0x08, 0x00, 0x00, 0xff);
    sample_rates(200, 200, 80);
    to_mouse(0xf2);
    EXPECT(0xfa, 0x04);
    qemu_input_queue_btn(NULL, INPUT_BUTTON_SIDE, true);
    qemu_input_queue_btn(NULL, INPUT_BUTTON_WHEEL_DOWN, true);
    qemu_input_event_sync();
    EXPECT(0x08, 0x00, 0x00, 0x11);
    qemu_input_queue_btn(NULL, INPUT_BUTTON_SIDE, false);
    qemu_input_event_sync();
    EXPECT(0x08, 0x00, 0x00, 0x00);
}

static void test_keys_and_moves_keep_apart(void)
{
    start(0x03);
    to_mouse(0xf4);
    EXPECT(0xfa);
    isa_rig_take_rises(MOUSE_IRQ);
    key(Q_KEY_CODE_A, true);
    qemu_input_queue_rel(NULL, INPUT_AXIS_X, 1);
    qemu_input_event_sync();
    g_assert_cmphex(cpu_inb(0x64) & 0x21, ==, 0x01);
    g_assert_cmphex(next(), ==, 0x1c);
    g_assert_cmphex(cpu_inb(0x64) & 0x21, ==, 0x21);
    EXPECT(0x08, 0x01, 0x00);
    g_assert_cmpint(isa_rig_take_rises(KBD_IRQ), ==, 1);
    g_assert_cmpint(isa_rig_take_rises(MOUSE_IRQ), ==, 3);
}

static void test_delayed_keys_arrive_in_order(void)
{
    start(0x41);
    qemu_input_event_send_key_delay(100);
    key(Q_KEY_CODE_H, true);
    qemu_input_event_send_key_delay(0);
    key(Q_KEY_CODE_H, false);
    g_assert_false(ready());
    isa_rig_advance_ns(101 * SCALE_MS);
    EXPECT(0x23);
    isa_rig_advance_ns(11 * SCALE_MS);
    EXPECT(0xa3);
    key(Q_KEY_CODE_H, true);
    EXPECT(0x23);
}

static void test_key_codes_agree_with_each_other(void)
{
    KeyValue value = {.type = KEY_VALUE_KIND_QCODE};
    int codes[3];

    for (QKeyCode q = Q_KEY_CODE_UNMAPPED + 1; q < Q_KEY_CODE__MAX; q++) {
        int number;

        value.u.qcode.data = q;
        number = qemu_input_key_value_to_number(&value);
        g_assert_cmpint(number, !=, 0);
        if (q != Q_KEY_CODE_ASTERISK) {
            g_assert_cmpint(qemu_input_key_number_to_qcode(number), ==, q);
        }
        /* Linux has one code for Print and what it is together with Alt. */
        if (q != Q_KEY_CODE_ASTERISK && q != Q_KEY_CODE_SYSRQ) {
            g_assert_cmpint(qemu_input_linux_to_qcode(qemu_input_qcode_to_linux(q)), ==, q);
        }
        g_assert_cmpint(qapi_enum_parse(&QKeyCode_lookup, QKeyCode_str(q), -1, NULL), ==, q);
    }
    value.u.qcode.data = Q_KEY_CODE_HOME;
    g_assert_cmpint(qemu_input_key_value_to_scancode(&value, false, codes), ==, 2);
    g_assert_cmphex(codes[0] << 8 | codes[1], ==, 0xe0c7);
}

static void test_mouse_list(void)
{
    Error *err = NULL;

    g_assert_false(qemu_mouse_set(999, &err));
    error_free(err);
    g_assert_false(qemu_input_is_absolute(NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    kbc = DEVICE(isa_create_simple(rig.bus, TYPE_I8042));
    i8042_setup_a20_line(ISA_DEVICE(kbc), isa_rig_watch(&a20));

#define T(name) g_test_add_func("/ps2/" #name, test_##name)
    T(controller_self_tests);
    T(aux_output_buffer_interrupts_as_mouse);
    T(a20_by_output_port_and_commands);
    T(keys_in_set_1_by_translation);
    T(keys_in_set_2_and_3);
    T(keyboard_commands);
    T(reply_comes_before_typed_keys);
    T(full_keyboard_drops_whole_keys);
    T(disabled_keyboard_keeps_its_bytes);
    T(mouse_needs_to_be_enabled);
    T(mouse_moves_that_do_not_fit_are_split);
    T(mouse_commands);
    T(wheel_and_explorer_modes);
    T(keys_and_moves_keep_apart);
    T(delayed_keys_arrive_in_order);
    T(key_codes_agree_with_each_other);
    T(mouse_list);
    return g_test_run();
}
