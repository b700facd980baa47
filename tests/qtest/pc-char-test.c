/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices of a PC that move bytes: serial and parallel ports, keyboard controller, debug console.
 */

#include "libqtest.h"

static QTestState *qts;

static char *ringbuf(const char *chardev)
{
    g_autoptr(QDict) response = qtest_qmp(
        qts, "{'execute': 'ringbuf-read', 'arguments': {'device': '%s', 'size': 1000}}", chardev);

    return g_strdup(qdict_get_str(response, "return"));
}

/* ---- 16550A ---- */

static void test_serial_output(void)
{
    g_autofree char *text = NULL;

    qts = qtest_init("-machine pc -chardev ringbuf,id=c -device isa-serial,chardev=c,index=0");
    g_assert_cmphex(qtest_inb(qts, 0x3fd) & 0x60, ==, 0x60);
    for (const char *p = "hello"; *p; p++) {
        qtest_outb(qts, 0x3f8, *p);
    }
    text = ringbuf("c");
    g_assert_cmpstr(text, ==, "hello");
    qtest_quit(qts);
}

static void test_serial_interrupts(void)
{
    qts = qtest_init("-machine pc -chardev null,id=c -device isa-serial,chardev=c,index=1");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_outb(qts, 0x2fc, 0x08); /* OUT2 */
    qtest_outb(qts, 0x2f9, 0x02); /* transmitter empty: at once */
    g_assert_true(qtest_get_irq(qts, 3));
    g_assert_cmphex(qtest_inb(qts, 0x2fa) & 0x0f, ==, 0x02);
    g_assert_false(qtest_get_irq(qts, 3));
    g_assert_cmphex(qtest_inb(qts, 0x2fa) & 0x0f, ==, 0x01);
    qtest_outb(qts, 0x2f9, 0x01);
    /* In a loop, what is sent comes back. */
    qtest_outb(qts, 0x2fc, 0x18);
    qtest_outb(qts, 0x2f8, 0x5a);
    qtest_clock_step(qts, 100 * 1000 * 1000);
    g_assert_cmphex(qtest_inb(qts, 0x2fd) & 0x01, ==, 0x01);
    g_assert_cmphex(qtest_inb(qts, 0x2f8), ==, 0x5a);
    g_assert_cmphex(qtest_inb(qts, 0x2fd) & 0x01, ==, 0x00);
    qtest_quit(qts);
}

static void test_serial_registers(void)
{
    qts = qtest_init("-machine pc -chardev null,id=c -device isa-serial,chardev=c,index=0");
    qtest_outb(qts, 0x3ff, 0xa5);
    g_assert_cmphex(qtest_inb(qts, 0x3ff), ==, 0xa5);
    qtest_outb(qts, 0x3fb, 0x83);
    qtest_outw(qts, 0x3f8, 0x0c);
    g_assert_cmphex(qtest_inb(qts, 0x3f8), ==, 0x0c);
    g_assert_cmphex(qtest_inb(qts, 0x3f9), ==, 0x00);
    qtest_outb(qts, 0x3fb, 0x03);
    g_assert_cmphex(qtest_inb(qts, 0x3fb), ==, 0x03);
    qtest_outb(qts, 0x3fa, 0x01);
    g_assert_cmphex(qtest_inb(qts, 0x3fa) & 0xc0, ==, 0xc0);
    qtest_system_reset(qts);
    g_assert_cmphex(qtest_inb(qts, 0x3fa) & 0xc0, ==, 0x00);
    qtest_quit(qts);
}

/* ---- parallel port ---- */

static void test_parallel(void)
{
    g_autofree char *text = NULL;

    qts = qtest_init("-machine pc -chardev ringbuf,id=c -device isa-parallel,chardev=c,index=0");
    qtest_outb(qts, 0x378, 'X');
    g_assert_cmphex(qtest_inb(qts, 0x378), ==, 'X');
    qtest_outb(qts, 0x37a, 0x0c); /* selected, no reset */
    qtest_outb(qts, 0x37a, 0x0d); /* strobe */
    qtest_outb(qts, 0x37a, 0x0c);
    text = ringbuf("c");
    g_assert_cmpstr(text, ==, "X");
    qtest_quit(qts);
}

/* ---- 8042 ---- */

static void wait_output(void)
{
    for (int i = 0; i < 100 && !(qtest_inb(qts, 0x64) & 1); i++) {
        qtest_clock_step(qts, 1000 * 1000);
    }
    g_assert_cmphex(qtest_inb(qts, 0x64) & 1, ==, 1);
}

static uint8_t keyboard_byte(void)
{
    wait_output();
    return qtest_inb(qts, 0x60);
}

static void test_i8042(void)
{
    qts = qtest_init("-machine pc");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_outb(qts, 0x64, 0xaa); /* self-test */
    g_assert_cmphex(keyboard_byte(), ==, 0x55);
    qtest_outb(qts, 0x64, 0x60); /* mode: keyboard interrupt, no translation */
    qtest_outb(qts, 0x60, 0x01);
    qtest_outb(qts, 0x64, 0x20);
    g_assert_cmphex(keyboard_byte(), ==, 0x01);
    qtest_outb(qts, 0x60, 0xff); /* keyboard reset */
    wait_output();
    g_assert_true(qtest_get_irq(qts, 1));
    g_assert_cmphex(keyboard_byte(), ==, 0xfa);
    g_assert_cmphex(keyboard_byte(), ==, 0xaa);
    qtest_outb(qts, 0x60, 0xf2); /* which keyboard? */
    g_assert_cmphex(keyboard_byte(), ==, 0xfa);
    g_assert_cmphex(keyboard_byte(), ==, 0xab);
    g_assert_cmphex(keyboard_byte(), ==, 0x83);
    qtest_outb(qts, 0x64, 0xd4); /* to the mouse */
    qtest_outb(qts, 0x60, 0xf2);
    g_assert_cmphex(keyboard_byte(), ==, 0xfa);
    g_assert_cmphex(keyboard_byte(), ==, 0x00);
    qtest_quit(qts);
}

/* ---- debug console ---- */

static void test_debugcon(void)
{
    g_autofree char *text = NULL;

    qts =
        qtest_init("-machine pc -chardev ringbuf,id=c -device isa-debugcon,iobase=0x402,chardev=c");
    g_assert_cmphex(qtest_inb(qts, 0x402), ==, 0xe9);
    qtest_outb(qts, 0x402, 'o');
    qtest_outb(qts, 0x402, 'k');
    text = ringbuf("c");
    g_assert_cmpstr(text, ==, "ok");
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/serial/output", test_serial_output);
    g_test_add_func("/serial/interrupts", test_serial_interrupts);
    g_test_add_func("/serial/registers", test_serial_registers);
    g_test_add_func("/parallel/output", test_parallel);
    g_test_add_func("/i8042/commands", test_i8042);
    g_test_add_func("/debugcon/output", test_debugcon);
    return g_test_run();
}
