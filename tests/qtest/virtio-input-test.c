/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keyboard, mouse, tablet and touch screen by virtio: configuration, events, lights, resets, saved
 * state.
 */
#include <glib/gstdio.h>
#include <linux/input.h>
#include "virtio-driver.h"

#define SLOT  5
#define DEVFN QPCI_DEVFN(SLOT, 0)

/* Configuration. */
#define SELECT    0
#define SUBSEL    1
#define SIZE      2
#define DATA      8
#define NAME      1
#define SERIAL    2
#define DEVIDS    3
#define PROP_BITS 0x10
#define EV_BITS   0x11
#define ABS_INFO  0x12

static QTestState *qts;
static VdrvDev *dev;
static VdrvQueue *events, *status;
static uint64_t buffers;
static unsigned added, seen; /* buffers given, and come back */

/* Buffer @n of a ring of them, for one event. */
static uint64_t buffer(unsigned n)
{
    return buffers + 8 * (n % 64);
}

static void add_buffers(unsigned n)
{
    for (unsigned i = 0; i < n; i++, added++) {
        VdrvBuf buf = {buffer(added), 8, true};

        vdrv_add(events, &buf, 1);
    }
    vdrv_kick(events);
}

static void start_driver(void)
{
    vdrv_start(dev, 0);
    events = vdrv_queue_new(dev, 0, 0, 0);
    status = vdrv_queue_new(dev, 1, 0, 0);
    vdrv_driver_ok(dev);
    buffers = vdrv_alloc(qts, 64 * 8);
    added = seen = 0;
}

static void stop_driver(void)
{
    g_clear_pointer(&events, g_free);
    g_clear_pointer(&status, g_free);
}

static void begin(const char *device)
{
    qts = qtest_initf("-machine pc -nodefaults -m 128 -device %s,addr=%d", device, SLOT);
    dev = vdrv_pci_new(qts, DEVFN, true, 0);
    start_driver();
}

static void end(void)
{
    stop_driver();
    vdrv_free(dev);
    qtest_quit(qts);
}

static unsigned answer_size(uint8_t select, uint8_t subsel)
{
    vdrv_config_writeb(dev, SELECT, select);
    vdrv_config_writeb(dev, SUBSEL, subsel);
    return vdrv_config_readb(dev, SIZE);
}

static bool has_code(uint8_t type, unsigned code)
{
    return answer_size(EV_BITS, type) > code / 8 &&
           vdrv_config_readb(dev, DATA + code / 8) & 1 << (code % 8);
}

static void check_name(uint8_t select, const char *name)
{
    char text[129] = {};

    for (unsigned i = 0, size = answer_size(select, 0); i < size; i++) {
        text[i] = vdrv_config_readb(dev, DATA + i);
    }
    g_assert_cmpstr(text, ==, name);
}

/* The next event. */
static void check_event(unsigned type, unsigned code, int value)
{
    uint64_t at = buffer(seen++);
    uint32_t len;

    vdrv_wait_used(events, &len);
    g_assert_cmpuint(len, ==, 8);
    g_assert_cmpuint(qtest_readw(qts, at), ==, type);
    g_assert_cmpuint(qtest_readw(qts, at + 2), ==, code);
    g_assert_cmpint((int32_t)qtest_readl(qts, at + 4), ==, value);
}

static void send_event(const char *event)
{
    qtest_qmp_assert_success(qts, "{'execute': 'input-send-event', 'arguments': {'events': [%s]}}",
                             event);
}

static void send_key(const char *key, bool down)
{
    g_autofree char *event = g_strdup_printf(
        "{'type': 'key', 'data': {'down': %s, 'key': {'type': 'qcode', 'data': '%s'}}}",
        down ? "true" : "false", key);

    send_event(event);
}

static void test_keyboard(void)
{
    begin("virtio-keyboard-pci,serial=abc");
    check_name(NAME, "QEMU Virtio Keyboard");
    check_name(SERIAL, "abc");
    g_assert_cmpuint(answer_size(DEVIDS, 0), ==, 8);
    g_assert_cmphex(vdrv_config_readl(dev, DATA), ==, 0x06270006);
    g_assert_cmphex(vdrv_config_readl(dev, DATA + 4), ==, 0x00010001);
    g_assert_true(has_code(EV_KEY, KEY_A));
    g_assert_true(has_code(EV_KEY, KEY_RIGHTMETA));
    g_assert_true(has_code(EV_LED, LED_CAPSL));
    g_assert_cmpuint(answer_size(EV_BITS, EV_REP), ==, 1);
    g_assert_cmpuint(answer_size(EV_BITS, EV_REL), ==, 0);
    g_assert_cmpuint(answer_size(0x7f, 0xff), ==, 0);

    add_buffers(8);
    send_key("a", true);
    check_event(EV_KEY, KEY_A, 1);
    check_event(EV_SYN, SYN_REPORT, 0);
    send_key("a", false);
    check_event(EV_KEY, KEY_A, 0);
    check_event(EV_SYN, SYN_REPORT, 0);
    end();
}

/* Without room for all of a group the guest gets nothing of it. */
static void test_no_room(void)
{
    begin("virtio-keyboard-pci");
    send_key("b", true);
    add_buffers(1);
    send_key("c", true);
    add_buffers(1);
    send_key("d", true);
    check_event(EV_KEY, KEY_D, 1);
    check_event(EV_SYN, SYN_REPORT, 0);
    end();
}

static void test_status(void)
{
    uint64_t at;
    VdrvBuf buf;
    uint32_t len;

    begin("virtio-keyboard-pci");
    at = vdrv_alloc(qts, 8);
    buf = (VdrvBuf){at, 8, false};
    for (unsigned code = LED_NUML; code < LED_SCROLLL + 5; code++) {
        qtest_writew(qts, at, EV_LED);
        qtest_writew(qts, at + 2, code);
        qtest_writel(qts, at + 4, 1);
        vdrv_add(status, &buf, 1);
        vdrv_kick(status);
        vdrv_wait_used(status, &len);
        g_assert_cmpuint(len, ==, 0);
    }
    end();
}

static void test_mouse(void)
{
    begin("virtio-mouse-pci");
    check_name(NAME, "QEMU Virtio Mouse");
    g_assert_true(has_code(EV_KEY, BTN_LEFT));
    g_assert_true(has_code(EV_REL, REL_WHEEL));
    g_assert_true(has_code(EV_REL, REL_Y));
    g_assert_cmpuint(answer_size(EV_BITS, EV_ABS), ==, 0);
    add_buffers(16);
    send_event("{'type': 'rel', 'data': {'axis': 'x', 'value': -5}},"
               "{'type': 'rel', 'data': {'axis': 'y', 'value': 300}},"
               "{'type': 'btn', 'data': {'down': true, 'button': 'right'}}");
    check_event(EV_REL, REL_X, -5);
    check_event(EV_REL, REL_Y, 300);
    check_event(EV_KEY, BTN_RIGHT, 1);
    check_event(EV_SYN, SYN_REPORT, 0);
    send_event("{'type': 'btn', 'data': {'down': true, 'button': 'wheel-down'}}");
    check_event(EV_REL, REL_WHEEL, -1);
    check_event(EV_SYN, SYN_REPORT, 0);
    end();
}

static void test_tablet(void)
{
    begin("virtio-tablet-pci");
    check_name(NAME, "QEMU Virtio Tablet");
    g_assert_true(has_code(EV_ABS, ABS_Y));
    g_assert_cmpuint(answer_size(ABS_INFO, ABS_X), ==, 20);
    g_assert_cmphex(vdrv_config_readl(dev, DATA), ==, 0);
    g_assert_cmphex(vdrv_config_readl(dev, DATA + 4), ==, 0x7fff);
    add_buffers(8);
    send_event("{'type': 'abs', 'data': {'axis': 'x', 'value': 1}},"
               "{'type': 'abs', 'data': {'axis': 'y', 'value': 32767}}");
    check_event(EV_ABS, ABS_X, 1);
    check_event(EV_ABS, ABS_Y, 32767);
    check_event(EV_SYN, SYN_REPORT, 0);
    end();
}

static void touch(const char *type, int slot, int id, const char *axis, int value)
{
    g_autofree char *event = g_strdup_printf(
        "{'type': 'mtt', 'data': {'type': '%s', 'slot': %d, 'tracking-id': %d, 'axis': '%s', "
        "'value': %d}}",
        type, slot, id, axis, value);

    send_event(event);
}

static void check_touch(unsigned slot, unsigned code, int value)
{
    check_event(EV_ABS, ABS_MT_SLOT, slot);
    check_event(EV_ABS, code, value);
}

/* Two fingers come, one of them moves, both go. */
static void test_multitouch(void)
{
    begin("virtio-multitouch-pci");
    check_name(NAME, "QEMU Virtio MultiTouch");
    g_assert_cmpuint(answer_size(PROP_BITS, 0), ==, 1);
    g_assert_cmphex(vdrv_config_readb(dev, DATA), ==, 1 << INPUT_PROP_DIRECT);
    g_assert_true(has_code(EV_ABS, ABS_MT_POSITION_Y));
    add_buffers(24);
    touch("begin", 0, 4, "x", 0);
    check_touch(0, ABS_MT_TRACKING_ID, 4);
    check_event(EV_KEY, BTN_TOUCH, 1);
    check_event(EV_SYN, SYN_REPORT, 0);
    touch("begin", 1, 5, "x", 0);
    check_touch(1, ABS_MT_TRACKING_ID, 5);
    check_event(EV_SYN, SYN_REPORT, 0);
    touch("data", 1, 5, "y", 1000);
    check_touch(1, ABS_MT_POSITION_Y, 1000);
    check_event(EV_SYN, SYN_REPORT, 0);
    touch("end", 0, 4, "x", 0);
    check_touch(0, ABS_MT_TRACKING_ID, -1);
    check_event(EV_SYN, SYN_REPORT, 0);
    touch("end", 1, 5, "x", 0);
    check_touch(1, ABS_MT_TRACKING_ID, -1);
    check_event(EV_KEY, BTN_TOUCH, 0);
    check_event(EV_SYN, SYN_REPORT, 0);
    end();
}

/* A device without a driver leaves what the user does to others, and one with a driver takes it. */
static void test_reset(void)
{
    begin("virtio-keyboard-pci");
    add_buffers(2);
    vdrv_set_status(dev, 0);
    send_key("a", true);
    stop_driver();
    start_driver();
    add_buffers(2);
    send_key("e", true);
    check_event(EV_KEY, KEY_E, 1);
    check_event(EV_SYN, SYN_REPORT, 0);
    end();
}

static void test_saved_state(void)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-virtio-input-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);

    begin("virtio-keyboard-pci");
    add_buffers(4);
    vdrv_config_writeb(dev, SELECT, DEVIDS);
    qtest_save(qts, path);
    qtest_quit(qts);
    qts = qtest_load("-machine pc -nodefaults -m 128 -device virtio-keyboard-pci,addr=5", path);
    dev->qts = qts;
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}");
    g_assert_cmphex(vdrv_config_readb(dev, SIZE), ==, 8);
    send_key("f", true);
    check_event(EV_KEY, KEY_F, 1);
    check_event(EV_SYN, SYN_REPORT, 0);
    end();
    g_unlink(path);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/virtio-input/keyboard", test_keyboard);
    g_test_add_func("/virtio-input/no-room", test_no_room);
    g_test_add_func("/virtio-input/status", test_status);
    g_test_add_func("/virtio-input/mouse", test_mouse);
    g_test_add_func("/virtio-input/tablet", test_tablet);
    g_test_add_func("/virtio-input/multitouch", test_multitouch);
    g_test_add_func("/virtio-input/reset", test_reset);
    g_test_add_func("/virtio-input/saved-state", test_saved_state);
    return g_test_run();
}
