/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real-time clock, on a virtual clock that starts on a date of ours. */
#include "qemu/osdep.h"
#include "hw/rtc/mc146818rtc.h"
#include "isa-rig.h"
#include "qapi/error.h"
#include "system/rtc.h"

#define IRQ RTC_ISA_IRQ
#define SEC NANOSECONDS_PER_SECOND

static MC146818RtcState *rtc;

static uint8_t get(int reg)
{
    cpu_outb(0x70, reg);
    return cpu_inb(0x71);
}

static void set(int reg, uint8_t val)
{
    cpu_outb(0x70, reg);
    cpu_outb(0x71, val);
}

/* Sets the clock, in the format of register B as it is, at the start of a second. */
static void set_time(uint8_t h, uint8_t m, uint8_t s)
{
    set(RTC_REG_B, get(RTC_REG_B) | REG_B_SET);
    set(RTC_REG_A, 0x76);
    set(RTC_HOURS, h);
    set(RTC_MINUTES, m);
    set(RTC_SECONDS, s);
    set(RTC_REG_B, get(RTC_REG_B) & ~REG_B_SET);
    set(RTC_REG_A, 0x26);
    /* The first update is half a second after the divider runs. */
    isa_rig_advance_ns(SEC / 2);
}

static void start(void)
{
    set(RTC_REG_B, REG_B_24H);
    set(RTC_REG_A, 0x26);
    get(RTC_REG_C);
    isa_rig_take_rises(IRQ);
}

static void test_shows_configured_date(void)
{
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x59);
    g_assert_cmphex(get(RTC_MINUTES), ==, 0x59);
    g_assert_cmphex(get(RTC_HOURS), ==, 0x23);
    g_assert_cmphex(get(RTC_DAY_OF_WEEK), ==, 6); /* Friday */
    g_assert_cmphex(get(RTC_DAY_OF_MONTH), ==, 0x31);
    g_assert_cmphex(get(RTC_MONTH), ==, 0x12);
    g_assert_cmphex(get(RTC_YEAR), ==, 0x99);
    g_assert_cmphex(get(RTC_CENTURY), ==, 0x19);
    g_assert_cmphex(get(RTC_REG_A), ==, 0x26);
    g_assert_cmphex(get(RTC_REG_B), ==, 0x02);
    g_assert_cmphex(get(RTC_REG_D), ==, 0x80);
}

static void test_rolls_over_into_next_century(void)
{
    isa_rig_advance_ns(SEC);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x00);
    g_assert_cmphex(get(RTC_HOURS), ==, 0x00);
    g_assert_cmphex(get(RTC_DAY_OF_WEEK), ==, 7);
    g_assert_cmphex(get(RTC_DAY_OF_MONTH), ==, 0x01);
    g_assert_cmphex(get(RTC_YEAR), ==, 0x00);
    g_assert_cmphex(get(RTC_IBM_PS2_CENTURY_BYTE), ==, 0x20);
}

static void test_update_ended_interrupts_each_second(void)
{
    start();
    set(RTC_REG_B, REG_B_24H | REG_B_UIE);
    for (int i = 0; i < 5; i++) {
        isa_rig_advance_ns(SEC);
        g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 1);
        /* The periodic flag is set too, without interrupting. */
        g_assert_cmphex(get(RTC_REG_C), ==, REG_C_IRQF | REG_C_UF | REG_C_PF);
        g_assert_cmphex(get(RTC_REG_C), ==, 0);
    }
}

static void test_update_in_progress_shows_before_second(void)
{
    start();
    set_time(0x12, 0x00, 0x00);
    isa_rig_advance_ns(SEC - SEC / 1000);
    g_assert_cmphex(get(RTC_REG_A) & REG_A_UIP, ==, 0);
    isa_rig_advance_ns(SEC / 1000 - 100000);
    g_assert_cmphex(get(RTC_REG_A) & REG_A_UIP, ==, REG_A_UIP);
    isa_rig_advance_ns(100000);
    g_assert_cmphex(get(RTC_REG_A) & REG_A_UIP, ==, 0);
}

static void test_divider_reset_delays_first_update(void)
{
    start();
    set(RTC_REG_B, REG_B_24H | REG_B_SET);
    set(RTC_REG_A, 0x76);
    set(RTC_SECONDS, 0x10);
    set(RTC_REG_B, REG_B_24H);
    isa_rig_advance_ns(10 * SEC);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x10);
    set(RTC_REG_A, 0x26);
    isa_rig_advance_ns(SEC / 2 - 1000000);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x10);
    isa_rig_advance_ns(2000000);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x11);
}

static void test_set_bit_freezes_registers(void)
{
    start();
    set_time(0x10, 0x20, 0x30);
    set(RTC_REG_B, REG_B_24H | REG_B_SET | REG_B_UIE);
    g_assert_cmphex(get(RTC_REG_B), ==, REG_B_24H | REG_B_SET);
    isa_rig_advance_ns(5 * SEC);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x31);
    set(RTC_REG_B, REG_B_24H);
    isa_rig_advance_ns(SEC);
    g_assert_cmphex(get(RTC_SECONDS), ==, 0x32);
}

static void test_twelve_hours_and_binary(void)
{
    start();
    set(RTC_REG_B, 0);
    set_time(0x92, 0x59, 0x58); /* 12:59:58 PM; half a second on it is :59 */
    g_assert_cmphex(get(RTC_HOURS), ==, 0x92);
    isa_rig_advance_ns(2 * SEC);
    g_assert_cmphex(get(RTC_HOURS), ==, 0x81);
    set(RTC_REG_B, REG_B_DM);
    set_time(11, 59, 58);
    isa_rig_advance_ns(2 * SEC);
    g_assert_cmpint(get(RTC_HOURS), ==, 0x80 | 12);
    set(RTC_REG_B, REG_B_DM | REG_B_24H);
    g_assert_cmpint(get(RTC_HOURS), ==, 12);
    set_time(23, 59, 59);
    g_assert_cmpint(get(RTC_HOURS), ==, 0);
}

static void test_alarm_at_given_time(void)
{
    start();
    set_time(0x08, 0x00, 0x00);
    set(RTC_HOURS_ALARM, 0x08);
    set(RTC_MINUTES_ALARM, 0x01);
    set(RTC_SECONDS_ALARM, 0x30);
    set(RTC_REG_B, REG_B_24H | REG_B_AIE);
    isa_rig_advance_ns(88 * SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 0);
    isa_rig_advance_ns(2 * SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 1);
    g_assert_cmphex(get(RTC_REG_C) & (REG_C_IRQF | REG_C_AF), ==, REG_C_IRQF | REG_C_AF);
    isa_rig_advance_ns(3600 * SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 0);
    isa_rig_advance_ns(23 * 3600 * SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 1);
}

static void test_alarm_with_wild_cards(void)
{
    start();
    set_time(0x08, 0x00, 0x00);
    set(RTC_HOURS_ALARM, 0xff);
    set(RTC_MINUTES_ALARM, 0xc0);
    set(RTC_SECONDS_ALARM, 0x15);
    set(RTC_REG_B, REG_B_24H | REG_B_AIE);
    for (int i = 0; i < 3; i++) {
        isa_rig_advance_ns(60 * SEC);
        g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 1);
        get(RTC_REG_C);
    }
    set(RTC_SECONDS_ALARM, 0xff);
    isa_rig_advance_ns(SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 1);
    get(RTC_REG_C);
    isa_rig_advance_ns(SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 1);
}

static void test_alarm_that_never_matches(void)
{
    start();
    set(RTC_SECONDS_ALARM, 0x75);
    set(RTC_MINUTES_ALARM, 0xff);
    set(RTC_HOURS_ALARM, 0xff);
    set(RTC_REG_B, REG_B_24H | REG_B_AIE);
    isa_rig_advance_ns(100 * SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 0);
}

static void test_periodic_rate(void)
{
    start();
    set(RTC_REG_B, REG_B_24H | REG_B_PIE);
    for (int i = 0; i < 1024; i++) {
        isa_rig_advance_ns(SEC / 1024);
        get(RTC_REG_C);
    }
    g_assert_cmpint(isa_rig_take_rises(IRQ), >=, 1023);
    set(RTC_REG_A, 0x2f); /* 2 Hz */
    get(RTC_REG_C);
    isa_rig_take_rises(IRQ);
    for (int i = 0; i < 40; i++) {
        isa_rig_advance_ns(SEC / 4);
        get(RTC_REG_C);
    }
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 20);
}

static void test_periodic_flag_without_interrupt(void)
{
    start();
    isa_rig_advance_ns(SEC / 100);
    g_assert_cmphex(get(RTC_REG_C) & (REG_C_PF | REG_C_IRQF), ==, REG_C_PF);
    g_assert_cmphex(get(RTC_REG_C) & REG_C_PF, ==, 0);
}

static void test_lost_ticks_are_dropped(void)
{
    start();
    set(RTC_REG_B, REG_B_24H | REG_B_PIE);
    isa_rig_advance_ns(SEC);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 1);
    get(RTC_REG_C);
    g_assert_cmpint(isa_rig_take_rises(IRQ), ==, 0);
}

static void test_lost_ticks_are_given_back_when_slewing(void)
{
    unsigned ticks = 0;

    rtc->lost_tick_policy = LOST_TICK_POLICY_SLEW;
    start();
    set(RTC_REG_A, 0x2a); /* 64 Hz */
    set(RTC_REG_B, REG_B_24H | REG_B_PIE);
    isa_rig_advance_ns(SEC);
    for (int i = 0; i < 3000; i++) {
        isa_rig_advance_ns(SEC / 1000);
        while (rig.line[IRQ].level) {
            ticks += !!(get(RTC_REG_C) & REG_C_PF);
        }
    }
    g_assert_cmpint(ticks, >=, 4 * 64 - 2);
    g_assert_cmpint(ticks, <=, 4 * 64 + 2);
    set(RTC_REG_B, REG_B_24H);
    rtc->lost_tick_policy = LOST_TICK_POLICY_DISCARD;
}

static void test_ram_and_index(void)
{
    start();
    g_assert_cmphex(cpu_inb(0x70), ==, 0xff);
    for (int i = 0x10; i < 0x80; i++) {
        if (i != RTC_CENTURY && i != RTC_IBM_PS2_CENTURY_BYTE) {
            set(i, i ^ 0x5a);
        }
    }
    for (int i = 0x10; i < 0x80; i++) {
        if (i != RTC_CENTURY && i != RTC_IBM_PS2_CENTURY_BYTE) {
            g_assert_cmphex(get(i | 0x80), ==, i ^ 0x5a);
        }
    }
    g_assert_cmphex(mc146818rtc_get_cmos_data(rtc, 0x20), ==, 0x20 ^ 0x5a);
}

static void test_invalid_dates_do_no_harm(void)
{
    start();
    for (int val = 0; val < 256; val += 5) {
        for (int reg = 0; reg <= RTC_YEAR; reg++) {
            set(reg, val);
            get(reg);
        }
        set(RTC_CENTURY, val);
        isa_rig_advance_ns(SEC);
    }
    set(RTC_CENTURY, 0x20);
}

static void test_reset_keeps_time_and_disables_interrupts(void)
{
    start();
    set_time(0x08, 0x00, 0x00);
    set(RTC_REG_B, REG_B_24H | REG_B_PIE | REG_B_AIE | REG_B_UIE);
    isa_rig_advance_ns(SEC);
    device_cold_reset(DEVICE(rtc));
    g_assert_cmphex(get(RTC_REG_B), ==, REG_B_24H);
    g_assert_cmphex(get(RTC_REG_C), ==, 0);
    g_assert_cmpint(rig.line[IRQ].level, ==, 0);
    g_assert_cmphex(get(RTC_HOURS), ==, 0x08);
}

static void test_bad_rtc_options_are_named(void)
{
    Error *err = NULL;

    g_assert_false(rtc_configure("2024-13-01", NULL, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "base=2024-13-01"));
    error_free(err);
    err = NULL;
    g_assert_false(rtc_configure("utc", "sun", &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "'vm'"));
    error_free(err);
    err = NULL;
    g_assert_false(rtc_configure_driftfix("maybe", &err));
    error_free(err);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    isa_rig_init();
    g_assert_true(rtc_configure("1999-12-31T23:59:59", "vm", &error_abort));
    rtc = mc146818_rtc_init(rig.bus, 2000, NULL);
    device_cold_reset(DEVICE(rtc));

#define T(name) g_test_add_func("/mc146818/" #name, test_##name)
    T(shows_configured_date);
    T(rolls_over_into_next_century);
    T(update_ended_interrupts_each_second);
    T(update_in_progress_shows_before_second);
    T(divider_reset_delays_first_update);
    T(set_bit_freezes_registers);
    T(twelve_hours_and_binary);
    T(alarm_at_given_time);
    T(alarm_with_wild_cards);
    T(alarm_that_never_matches);
    T(periodic_rate);
    T(periodic_flag_without_interrupt);
    T(lost_ticks_are_dropped);
    T(lost_ticks_are_given_back_when_slewing);
    T(ram_and_index);
    T(invalid_dates_do_no_harm);
    T(reset_keeps_time_and_disables_interrupts);
    T(bad_rtc_options_are_named);
    return g_test_run();
}
