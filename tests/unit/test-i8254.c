/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The interval timer: modes, latches and its interrupt, by a clock of ours. */
#include "qemu/osdep.h"
#include "hw/audio/pcspk.h"
#include "hw/timer/i8254_internal.h"
#include "isa-rig.h"
#include "qapi/error.h"

#define TICK_NS(n) ((int64_t)muldiv64_round_up((n), NANOSECONDS_PER_SECOND, PIT_FREQ))

static DeviceState *pit;

static void program(int channel, int mode, uint16_t count)
{
    cpu_outb(0x43, channel << 6 | 3 << 4 | mode << 1);
    cpu_outb(0x40 + channel, count & 0xff);
    cpu_outb(0x40 + channel, count >> 8);
}

static uint16_t latched_count(int channel)
{
    uint16_t count;

    cpu_outb(0x43, channel << 6);
    count = cpu_inb(0x40 + channel);
    return count | cpu_inb(0x40 + channel) << 8;
}

static uint8_t status(int channel)
{
    cpu_outb(0x43, 0xe0 | 2 << channel);
    return cpu_inb(0x40 + channel);
}

static void test_mode0_counts_down_and_interrupts_once(void)
{
    program(0, 0, 1000);
    isa_rig_take_rises(0);
    g_assert_cmpint(rig.line[0].level, ==, 0);
    g_assert_cmpint(latched_count(0), ==, 1000);
    isa_rig_advance_ns(TICK_NS(400));
    g_assert_cmpint(latched_count(0), ==, 600);
    g_assert_cmphex(status(0), ==, 0x30);
    isa_rig_advance_ns(TICK_NS(600));
    g_assert_cmpint(rig.line[0].level, ==, 1);
    g_assert_cmphex(status(0), ==, 0xb0);
    isa_rig_advance_ns(TICK_NS(100));
    g_assert_cmpint(latched_count(0), ==, 65536 - 100);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 1);
}

static void test_mode_without_count_stays_still(void)
{
    program(0, 0, 10);
    isa_rig_advance_ns(TICK_NS(20));
    cpu_outb(0x43, 0x30);
    isa_rig_take_rises(0);
    g_assert_cmpint(rig.line[0].level, ==, 0);
    /* Null count, mode 0, both bytes */
    g_assert_cmphex(status(0), ==, 0x70);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 0);
}

static void check_rate(int mode)
{
    program(0, mode, 1193);
    isa_rig_take_rises(0);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 1000);
}

static void test_mode2_interrupts_at_rate(void)
{
    check_rate(2);
}

static void test_mode3_interrupts_at_rate(void)
{
    check_rate(3);
}

static void test_count_of_zero_is_largest(void)
{
    program(0, 2, 0);
    isa_rig_take_rises(0);
    isa_rig_advance_ns(TICK_NS(65535));
    g_assert_cmpint(isa_rig_take_rises(0), ==, 0);
    isa_rig_advance_ns(TICK_NS(2));
    g_assert_cmpint(isa_rig_take_rises(0), ==, 1);
}

/* A late host makes up for all ticks, but not for an age of them. */
static void test_late_ticks_are_made_up_for(void)
{
    program(0, 2, 4772); /* 4 ms */
    isa_rig_take_rises(0);
    isa_rig_jump_ns(TICK_NS(5 * 4772));
    g_assert_cmpint(isa_rig_take_rises(0), ==, 5);
    isa_rig_jump_ns(3600 * NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 250);
    /* From then on at its own rate. */
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND / 2);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 125);
}

static void test_mode3_is_half_high_half_low(void)
{
    cpu_outb(0x61, 1);
    program(2, 3, 100);
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0x20);
    isa_rig_advance_ns(TICK_NS(51));
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0);
    isa_rig_advance_ns(TICK_NS(50));
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0x20);
    cpu_outb(0x61, 0);
}

static void test_bcd_counts_in_decimals(void)
{
    cpu_outb(0x43, 0x31);
    cpu_outb(0x40, 0x00);
    cpu_outb(0x40, 0x20); /* 2000 */
    isa_rig_advance_ns(TICK_NS(1));
    g_assert_cmphex(latched_count(0), ==, 0x1999);
    isa_rig_advance_ns(TICK_NS(1998));
    g_assert_cmphex(latched_count(0), ==, 0x0001);
    isa_rig_advance_ns(TICK_NS(3));
    g_assert_cmphex(latched_count(0), ==, 0x9998);
}

static void test_latched_count_stays_until_read(void)
{
    program(0, 2, 50000);
    isa_rig_advance_ns(TICK_NS(100));
    cpu_outb(0x43, 0x00);
    isa_rig_advance_ns(TICK_NS(100));
    cpu_outb(0x43, 0x00); /* ignored */
    g_assert_cmpint(cpu_inb(0x40) | cpu_inb(0x40) << 8, ==, 49900);
    g_assert_cmpint(latched_count(0), ==, 49800);
}

static void test_read_back_gives_status_then_count(void)
{
    program(2, 0, 300);
    cpu_outb(0x61, 1);
    isa_rig_advance_ns(TICK_NS(10));
    cpu_outb(0x43, 0xc8);
    g_assert_cmphex(cpu_inb(0x42), ==, 0x30);
    g_assert_cmpint(cpu_inb(0x42) | cpu_inb(0x42) << 8, ==, 290);
    cpu_outb(0x61, 0);
}

static void test_single_byte_access_modes(void)
{
    cpu_outb(0x43, 0x14); /* channel 0, low byte only, mode 2 */
    cpu_outb(0x40, 200);
    isa_rig_advance_ns(TICK_NS(50));
    g_assert_cmpint(cpu_inb(0x40), ==, 150);
    g_assert_cmpint(cpu_inb(0x40), ==, 150);
    cpu_outb(0x43, 0x24); /* high byte only */
    cpu_outb(0x40, 2);
    isa_rig_advance_ns(TICK_NS(1));
    g_assert_cmpint(cpu_inb(0x40), ==, 1);
}

static void test_gate_low_freezes_mode0(void)
{
    cpu_outb(0x61, 0);
    program(2, 0, 1000);
    isa_rig_advance_ns(TICK_NS(5000));
    g_assert_cmpint(latched_count(2), ==, 1000);
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0);
    cpu_outb(0x61, 1);
    isa_rig_advance_ns(TICK_NS(400));
    cpu_outb(0x61, 0);
    isa_rig_advance_ns(TICK_NS(5000));
    g_assert_cmpint(latched_count(2), ==, 600);
    cpu_outb(0x61, 1);
    isa_rig_advance_ns(TICK_NS(599));
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0);
    isa_rig_advance_ns(TICK_NS(2));
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0x20);
    cpu_outb(0x61, 0);
}

static void test_mode1_waits_for_gate_and_retriggers(void)
{
    cpu_outb(0x61, 0);
    program(2, 1, 100);
    isa_rig_advance_ns(TICK_NS(500));
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0x20);
    cpu_outb(0x61, 1);
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0);
    isa_rig_advance_ns(TICK_NS(60));
    cpu_outb(0x61, 0);
    cpu_outb(0x61, 1);
    isa_rig_advance_ns(TICK_NS(60));
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0);
    isa_rig_advance_ns(TICK_NS(41));
    g_assert_cmphex(cpu_inb(0x61) & 0x20, ==, 0x20);
    cpu_outb(0x61, 0);
}

static void test_mode4_strobes_for_one_clock(void)
{
    program(0, 4, 100);
    isa_rig_take_rises(0);
    g_assert_cmphex(status(0), ==, 0xb8);
    isa_rig_advance_ns(TICK_NS(100));
    g_assert_cmphex(status(0), ==, 0x38);
    isa_rig_advance_ns(TICK_NS(1));
    g_assert_cmphex(status(0), ==, 0xb8);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 1);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 0);
}

static void test_refresh_bit_toggles_with_time(void)
{
    uint8_t first = cpu_inb(0x61) & 0x10;

    isa_rig_advance_ns(15085);
    g_assert_cmphex(cpu_inb(0x61) & 0x10, !=, first);
}

static void test_hpet_switches_interrupt_off(void)
{
    program(0, 2, 1193);
    qemu_set_irq(qdev_get_gpio_in(pit, 0), 0);
    isa_rig_take_rises(0);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND / 10);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 0);
    qemu_set_irq(qdev_get_gpio_in(pit, 0), 1);
    isa_rig_take_rises(0);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND / 10);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 100);
}

static void test_reset_runs_channel_0_at_18_hz(void)
{
    program(0, 0, 1);
    device_cold_reset(pit);
    isa_rig_take_rises(0);
    isa_rig_advance_ns(NANOSECONDS_PER_SECOND);
    g_assert_cmpint(isa_rig_take_rises(0), ==, 18);
}

int main(int argc, char **argv)
{
    DeviceState *spk;

    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    pit = DEVICE(i8254_pit_init(rig.bus, 0x40, 0, NULL));
    spk = DEVICE(isa_new(TYPE_PC_SPEAKER));
    object_property_set_link(OBJECT(spk), "pit", OBJECT(pit), &error_abort);
    isa_realize_and_unref(ISA_DEVICE(spk), rig.bus, &error_abort);
    device_cold_reset(pit);

#define T(name) g_test_add_func("/i8254/" #name, test_##name)
    T(mode0_counts_down_and_interrupts_once);
    T(mode_without_count_stays_still);
    T(mode2_interrupts_at_rate);
    T(mode3_interrupts_at_rate);
    T(count_of_zero_is_largest);
    T(late_ticks_are_made_up_for);
    T(mode3_is_half_high_half_low);
    T(bcd_counts_in_decimals);
    T(latched_count_stays_until_read);
    T(read_back_gives_status_then_count);
    T(single_byte_access_modes);
    T(gate_low_freezes_mode0);
    T(mode1_waits_for_gate_and_retriggers);
    T(mode4_strobes_for_one_clock);
    T(refresh_bit_toggles_with_time);
    T(hpet_switches_interrupt_off);
    T(reset_runs_channel_0_at_18_hz);
    return g_test_run();
}
