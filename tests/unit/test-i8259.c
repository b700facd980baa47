/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pair of interrupt controllers: priorities, EOI forms, modes, cascade, ELCR. */
#include "qemu/osdep.h"
#include "hw/intc/i8259.h"
#include "isa-rig.h"
#include "qapi/error.h"

static qemu_irq *lines;
static IsaRigLine intr;

static void init_chip(uint16_t port, uint8_t base, uint8_t icw3, uint8_t icw4)
{
    cpu_outb(port, 0x11);
    cpu_outb(port + 1, base);
    cpu_outb(port + 1, icw3);
    cpu_outb(port + 1, icw4);
}

static void init_pair(uint8_t icw4)
{
    for (int i = 0; i < ISA_NUM_IRQS; i++) {
        qemu_set_irq(lines[i], 0);
    }
    cpu_outb(0x4d0, 0);
    cpu_outb(0x4d1, 0);
    init_chip(0x20, 0x08, 0x04, icw4);
    init_chip(0xa0, 0x70, 0x02, icw4);
    g_assert_cmpint(intr.level, ==, 0);
}

static uint8_t read_isr(uint16_t port)
{
    cpu_outb(port, 0x0b);
    return cpu_inb(port);
}

static uint8_t read_irr(uint16_t port)
{
    cpu_outb(port, 0x0a);
    return cpu_inb(port);
}

static void test_edge_is_latched_and_acknowledged(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[3]);
    g_assert_cmpint(intr.level, ==, 1);
    g_assert_cmphex(read_irr(0x20), ==, 0x08);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0b);
    g_assert_cmphex(read_isr(0x20), ==, 0x08);
    g_assert_cmphex(read_irr(0x20), ==, 0x00);
    g_assert_cmpint(intr.level, ==, 0);
    cpu_outb(0x20, 0x20);
    g_assert_cmphex(read_isr(0x20), ==, 0x00);
}

static void test_held_edge_interrupts_once(void)
{
    init_pair(0x01);
    qemu_set_irq(lines[4], 1);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0c);
    qemu_set_irq(lines[4], 1);
    cpu_outb(0x20, 0x20);
    g_assert_cmpint(intr.level, ==, 0);
    qemu_set_irq(lines[4], 0);
    qemu_set_irq(lines[4], 1);
    g_assert_cmpint(intr.level, ==, 1);
    pic_read_irq(isa_pic);
}

/* Ticks of the timer that come while one is pending follow one by one; other edges merge. */
static void test_timer_ticks_are_kept(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[0]);
    qemu_irq_pulse(lines[0]);
    qemu_irq_pulse(lines[3]);
    qemu_irq_pulse(lines[3]);
    for (int i = 0; i < 2; i++) {
        g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x08);
        g_assert_cmpint(intr.level, ==, 0);
        cpu_outb(0x20, 0x20);
    }
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0b);
    cpu_outb(0x20, 0x20);
    g_assert_cmpint(intr.level, ==, 0);
    /* The mask forgets all but one. */
    qemu_irq_pulse(lines[0]);
    qemu_irq_pulse(lines[0]);
    cpu_outb(0x21, 0x01);
    qemu_irq_pulse(lines[0]);
    cpu_outb(0x21, 0x00);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x08);
    cpu_outb(0x20, 0x20);
    g_assert_cmpint(intr.level, ==, 0);
}

static void test_higher_priority_preempts_lower_waits(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[5]);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0d);
    qemu_irq_pulse(lines[6]);
    g_assert_cmpint(intr.level, ==, 0);
    qemu_irq_pulse(lines[1]);
    g_assert_cmpint(intr.level, ==, 1);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x09);
    cpu_outb(0x20, 0x20);
    g_assert_cmphex(read_isr(0x20), ==, 0x20);
    cpu_outb(0x20, 0x65); /* specific EOI of 5 */
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0e);
}

static void test_mask_holds_request_back(void)
{
    init_pair(0x01);
    cpu_outb(0x21, 0xff);
    qemu_irq_pulse(lines[1]);
    g_assert_cmpint(intr.level, ==, 0);
    cpu_outb(0x21, 0xfd);
    g_assert_cmpint(intr.level, ==, 1);
    g_assert_cmphex(cpu_inb(0x21), ==, 0xfd);
    pic_read_irq(isa_pic);
}

static void test_spurious_when_request_has_gone(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[1]);
    cpu_outb(0x21, 0xff);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0f);
    g_assert_cmphex(read_isr(0x20), ==, 0);
    /* On the slave: the master's input is in service, the slave has nothing. */
    init_pair(0x01);
    qemu_irq_pulse(lines[10]);
    cpu_outb(0xa1, 0xff);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x77);
    g_assert_cmphex(read_isr(0x20), ==, 0x04);
    g_assert_cmphex(read_isr(0xa0), ==, 0x00);
}

static void test_slave_goes_through_cascade(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[8]);
    qemu_irq_pulse(lines[12]);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x70);
    g_assert_cmphex(read_isr(0xa0), ==, 0x01);
    g_assert_cmphex(read_isr(0x20), ==, 0x04);
    g_assert_cmpint(intr.level, ==, 0);
    cpu_outb(0xa0, 0x20);
    cpu_outb(0x20, 0x20);
    g_assert_cmpint(intr.level, ==, 1);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x74);
}

static void test_slave_auto_eoi_does_not_lose_next_request(void)
{
    init_pair(0x03);
    qemu_irq_pulse(lines[9]);
    qemu_irq_pulse(lines[11]);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x71);
    g_assert_cmpint(intr.level, ==, 1);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x73);
    g_assert_cmpint(intr.level, ==, 0);
    g_assert_cmphex(read_isr(0x20) | read_isr(0xa0), ==, 0);
}

static void test_special_fully_nested_lets_slave_nest(void)
{
    init_pair(0x01);
    init_chip(0x20, 0x08, 0x04, 0x11);
    qemu_irq_pulse(lines[12]);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x74);
    qemu_irq_pulse(lines[8]);
    g_assert_cmpint(intr.level, ==, 1);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x70);
}

static void test_level_input_requests_until_released(void)
{
    init_pair(0x01);
    cpu_outb(0x4d1, 0xff);
    g_assert_cmphex(cpu_inb(0x4d1), ==, 0xde);
    cpu_outb(0x4d0, 0xff);
    g_assert_cmphex(cpu_inb(0x4d0), ==, 0xf8);
    qemu_set_irq(lines[11], 1);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x73);
    cpu_outb(0xa0, 0x20);
    cpu_outb(0x20, 0x20);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x73);
    qemu_set_irq(lines[11], 0);
    cpu_outb(0xa0, 0x20);
    cpu_outb(0x20, 0x20);
    g_assert_cmpint(intr.level, ==, 0);
}

static void test_rotation_makes_served_input_lowest(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[3]);
    pic_read_irq(isa_pic);
    cpu_outb(0x20, 0xa0); /* rotate on non-specific EOI */
    qemu_irq_pulse(lines[3]);
    qemu_irq_pulse(lines[4]);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0c);
    cpu_outb(0x20, 0xc0 | 7); /* set priority: 7 lowest, 0 highest */
    cpu_outb(0x20, 0x64);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0b);
    cpu_outb(0x20, 0xe0 | 3); /* rotate on specific EOI */
    g_assert_cmphex(read_isr(0x20), ==, 0);
}

static void test_special_mask_lets_lower_through(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[1]);
    pic_read_irq(isa_pic);
    cpu_outb(0x21, 0x02);
    cpu_outb(0x20, 0x68); /* set special mask mode */
    qemu_irq_pulse(lines[6]);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x0e);
    cpu_outb(0x20, 0x20); /* ends 6: 1 is masked and so left out */
    g_assert_cmphex(read_isr(0x20), ==, 0x02);
    cpu_outb(0x20, 0x48);
}

static void test_poll_acknowledges(void)
{
    init_pair(0x01);
    qemu_irq_pulse(lines[5]);
    cpu_outb(0x20, 0x0c);
    g_assert_cmphex(cpu_inb(0x20), ==, 0x85);
    g_assert_cmphex(read_isr(0x20), ==, 0x20);
    cpu_outb(0x20, 0x0c);
    g_assert_cmphex(cpu_inb(0x20), ==, 0x00);
    g_assert_cmphex(cpu_inb(0x21), ==, 0x00);
}

static void test_icw1_clears_state(void)
{
    init_pair(0x01);
    cpu_outb(0x21, 0xaa);
    qemu_irq_pulse(lines[2 + 4]);
    cpu_outb(0x20, 0x11);
    cpu_outb(0x21, 0x20);
    cpu_outb(0x21, 0x04);
    cpu_outb(0x21, 0x01);
    g_assert_cmphex(cpu_inb(0x21), ==, 0x00);
    g_assert_cmphex(read_irr(0x20), ==, 0x00);
    qemu_irq_pulse(lines[0]);
    g_assert_cmphex(pic_read_irq(isa_pic), ==, 0x20);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    lines = i8259_init(rig.bus, isa_rig_watch(&intr));
    device_cold_reset(DEVICE(isa_pic));

#define T(name) g_test_add_func("/i8259/" #name, test_##name)
    T(edge_is_latched_and_acknowledged);
    T(held_edge_interrupts_once);
    T(timer_ticks_are_kept);
    T(higher_priority_preempts_lower_waits);
    T(mask_holds_request_back);
    T(spurious_when_request_has_gone);
    T(slave_goes_through_cascade);
    T(slave_auto_eoi_does_not_lose_next_request);
    T(special_fully_nested_lets_slave_nest);
    T(level_input_requests_until_released);
    T(rotation_makes_served_input_lowest);
    T(special_mask_lets_lower_through);
    T(poll_acknowledges);
    T(icw1_clears_state);
    return g_test_run();
}
