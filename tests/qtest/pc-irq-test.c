/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt controllers of a PC: the 8259 pair and the I/O APIC, and what reaches them. */

#include "libqtest.h"

#define IOAPIC 0xfec00000u

static QTestState *qts;

static void pic_init(uint16_t base, uint8_t vector, uint8_t cascade)
{
    qtest_outb(qts, base, 0x11);
    qtest_outb(qts, base + 1, vector);
    qtest_outb(qts, base + 1, cascade);
    qtest_outb(qts, base + 1, 0x01);
    qtest_outb(qts, base + 1, 0x00);
}

static uint8_t pic_read(uint16_t base, uint8_t ocw3)
{
    qtest_outb(qts, base, ocw3);
    return qtest_inb(qts, base);
}

/* A serial port with interrupt 4 raises it; the request register shows it, poll takes it. */
static void test_i8259_request_and_poll(void)
{
    qts =
        qtest_init("-machine pc,hpet=off -chardev null,id=c -device isa-serial,chardev=c,index=0");
    pic_init(0x20, 0x20, 0x04);
    pic_init(0xa0, 0x28, 0x02);
    qtest_outb(qts, 0x21, 0x00);
    qtest_outb(qts, 0x3fc, 0x08);
    qtest_outb(qts, 0x3f9, 0x02);
    g_assert_cmphex(pic_read(0x20, 0x0a) & 0x10, ==, 0x10); /* IRR */
    g_assert_cmphex(pic_read(0x20, 0x0b), ==, 0x00);        /* ISR */
    g_assert_cmphex(pic_read(0x20, 0x0c), ==, 0x84);        /* poll: interrupt 4 */
    g_assert_cmphex(pic_read(0x20, 0x0b), ==, 0x10);
    qtest_outb(qts, 0x20, 0x64); /* specific end of interrupt 4 */
    g_assert_cmphex(pic_read(0x20, 0x0b), ==, 0x00);
    qtest_quit(qts);
}

static void test_i8259_elcr(void)
{
    qts = qtest_init("-machine pc");
    qtest_outb(qts, 0x4d0, 0xff);
    qtest_outb(qts, 0x4d1, 0xff);
    /* Interrupts 0, 1, 2, 8 and 13 are always edges. */
    g_assert_cmphex(qtest_inb(qts, 0x4d0), ==, 0xf8);
    g_assert_cmphex(qtest_inb(qts, 0x4d1), ==, 0xde);
    qtest_quit(qts);
}

/* The output of the first 8259, as the machine wires it. */
static void test_i8259_slave(void)
{
    qts = qtest_init("-machine pc,hpet=off -rtc base=2001-02-03,clock=vm");
    pic_init(0x20, 0x20, 0x04);
    pic_init(0xa0, 0x28, 0x02);
    qtest_outb(qts, 0x70, 0x0c);
    qtest_inb(qts, 0x71);
    qtest_outb(qts, 0x70, 0x0b);
    qtest_outb(qts, 0x71, 0x12); /* an interrupt each second */
    qtest_clock_step(qts, 2000000000);
    g_assert_cmphex(pic_read(0xa0, 0x0a) & 0x01, ==, 0x01);
    g_assert_cmphex(pic_read(0x20, 0x0a) & 0x04, ==, 0x04);
    qtest_outb(qts, 0x21, 0xfb); /* only the second controller */
    g_assert_cmphex(pic_read(0x20, 0x0c), ==, 0x82);
    g_assert_cmphex(pic_read(0xa0, 0x0c), ==, 0x80);
    qtest_quit(qts);
}

static uint32_t ioapic_read(uint8_t reg)
{
    qtest_writel(qts, IOAPIC, reg);
    return qtest_readl(qts, IOAPIC + 0x10);
}

static void ioapic_write(uint8_t reg, uint32_t value)
{
    qtest_writel(qts, IOAPIC, reg);
    qtest_writel(qts, IOAPIC + 0x10, value);
}

static void test_ioapic_registers(void)
{
    qts = qtest_init("-machine pc");
    g_assert_cmphex(ioapic_read(0x01), ==, 0x00170020);
    for (int i = 0; i < 24; i++) {
        g_assert_cmphex(ioapic_read(0x10 + 2 * i), ==, 0x00010000);
    }
    ioapic_write(0x00, 0x0f000000);
    g_assert_cmphex(ioapic_read(0x00), ==, 0x0f000000);
    ioapic_write(0x10, 0xffffffff);
    /* Delivery status and remote IRR cannot be written. */
    g_assert_cmphex(ioapic_read(0x10) & 0x5000, ==, 0);
    qtest_system_reset(qts);
    g_assert_cmphex(ioapic_read(0x10), ==, 0x00010000);
    qtest_quit(qts);
}

/* A level that stays: delivered once the input is unmasked, remote IRR until the end of interrupt.
 */
static void test_ioapic_level(void)
{
    qts = qtest_init("-machine pc");
    ioapic_write(0x11 + 2 * 20, 0);
    ioapic_write(0x10 + 2 * 20, 0x18031); /* level, masked, vector 31h */
    qtest_set_irq_in(qts, "ioapic", NULL, 20, 1);
    g_assert_cmphex(ioapic_read(0x10 + 2 * 20) & 0x4000, ==, 0);
    ioapic_write(0x10 + 2 * 20, 0x08031);
    g_assert_cmphex(ioapic_read(0x10 + 2 * 20) & 0x4000, ==, 0x4000);
    qtest_set_irq_in(qts, "ioapic", NULL, 20, 0);
    qtest_writel(qts, IOAPIC + 0x40, 0x31); /* end of interrupt register */
    g_assert_cmphex(ioapic_read(0x10 + 2 * 20) & 0x4000, ==, 0);
    qtest_quit(qts);
}

static void test_intercept(void)
{
    qts = qtest_init("-machine pc -chardev null,id=c -device isa-serial,chardev=c,index=0");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_irq_intercept_in(qts, "ioapic");
    g_assert_cmpint(qtest_get_irq_count(qts, 4), ==, 0);
    qtest_outb(qts, 0x3fc, 0x08);
    qtest_outb(qts, 0x3f9, 0x02);
    g_assert_cmpint(qtest_get_irq_count(qts, 4), ==, 1);
    g_assert_true(qtest_get_irq(qts, 4));
    qtest_outb(qts, 0x3f9, 0x00);
    g_assert_false(qtest_get_irq(qts, 4));
    /* The wire still reaches the controller. */
    ioapic_write(0x10 + 2 * 4, 0x08034);
    qtest_set_irq_in(qts, "ioapic", NULL, 4, 1);
    g_assert_true(qtest_get_irq(qts, 4));
    g_assert_cmphex(ioapic_read(0x10 + 2 * 4) & 0x4000, ==, 0x4000);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/i8259/poll", test_i8259_request_and_poll);
    g_test_add_func("/i8259/elcr", test_i8259_elcr);
    g_test_add_func("/i8259/slave", test_i8259_slave);
    g_test_add_func("/ioapic/registers", test_ioapic_registers);
    g_test_add_func("/ioapic/level", test_ioapic_level);
    g_test_add_func("/irq/intercept", test_intercept);
    return g_test_run();
}
