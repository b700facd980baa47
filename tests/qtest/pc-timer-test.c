/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything of a PC that counts time: i8254, RTC, HPET, ACPI timer, watchdog. */

#include "libqtest.h"

#define SECOND 1000000000LL

static QTestState *qts;

/* ---- i8254: Intel data sheet 231164, at 1193182 Hz ---- */

static uint16_t pit_count(void)
{
    uint16_t low;

    qtest_outb(qts, 0x43, 0x00); /* latch counter 0 */
    low = qtest_inb(qts, 0x40);
    return low | qtest_inb(qts, 0x40) << 8;
}

static void test_pit_interrupt_on_terminal_count(void)
{
    qts = qtest_init("-machine pc,hpet=off");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_outb(qts, 0x43, 0x30); /* counter 0, both bytes, mode 0 */
    qtest_outb(qts, 0x40, 1000 & 0xff);
    qtest_outb(qts, 0x40, 1000 >> 8);
    /* The I/O APIC takes its input 0 for pin 2: after the wire. */
    g_assert_false(qtest_get_irq(qts, 0));
    qtest_clock_step(qts, SECOND / 1193182 * 500);
    g_assert_cmpint(pit_count(), >, 490);
    g_assert_cmpint(pit_count(), <, 510);
    g_assert_false(qtest_get_irq(qts, 0));
    qtest_clock_step(qts, SECOND / 1193182 * 510);
    g_assert_true(qtest_get_irq(qts, 0));
    qtest_quit(qts);
}

static void test_pit_rate(void)
{
    unsigned count;

    qts = qtest_init("-machine pc,hpet=off");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_outb(qts, 0x43, 0x34); /* mode 2 */
    qtest_outb(qts, 0x40, 11932 & 0xff);
    qtest_outb(qts, 0x40, 11932 >> 8);
    count = qtest_get_irq_count(qts, 0);
    qtest_clock_step(qts, SECOND);
    count = qtest_get_irq_count(qts, 0) - count;
    g_assert_cmpint(count, >=, 99);
    g_assert_cmpint(count, <=, 101);
    qtest_quit(qts);
}

/* Port 61h: gate and output of counter 2. */
static void test_pit_speaker(void)
{
    qts = qtest_init("-machine pc");
    qtest_outb(qts, 0x61, 0x01);
    qtest_outb(qts, 0x43, 0xb0); /* counter 2, mode 0 */
    qtest_outb(qts, 0x42, 100);
    qtest_outb(qts, 0x42, 0);
    g_assert_cmphex(qtest_inb(qts, 0x61) & 0x21, ==, 0x01);
    qtest_clock_step(qts, 200 * 1000);
    g_assert_cmphex(qtest_inb(qts, 0x61) & 0x21, ==, 0x21);
    qtest_quit(qts);
}

/* ---- MC146818A ---- */

static uint8_t cmos(uint8_t reg)
{
    qtest_outb(qts, 0x70, reg);
    return qtest_inb(qts, 0x71);
}

static void cmos_set(uint8_t reg, uint8_t value)
{
    qtest_outb(qts, 0x70, reg);
    qtest_outb(qts, 0x71, value);
}

/* 2001-02-03 04:05:06, running in virtual time, BCD and 24 hours. */
static void rtc_start(void)
{
    qts = qtest_init("-machine pc,hpet=off -rtc base=2001-02-03T04:05:06,clock=vm");
    qtest_irq_intercept_in(qts, "ioapic");
}

static void test_rtc_time(void)
{
    rtc_start();
    g_assert_cmphex(cmos(0x0b) & 0x07, ==, 0x02);
    g_assert_cmphex(cmos(0x00), ==, 0x06);
    g_assert_cmphex(cmos(0x02), ==, 0x05);
    g_assert_cmphex(cmos(0x04), ==, 0x04);
    g_assert_cmphex(cmos(0x06), ==, 0x07); /* a Saturday */
    g_assert_cmphex(cmos(0x07), ==, 0x03);
    g_assert_cmphex(cmos(0x08), ==, 0x02);
    g_assert_cmphex(cmos(0x09), ==, 0x01);
    g_assert_cmphex(cmos(0x32), ==, 0x20);
    qtest_clock_step(qts, 20 * 3600 * SECOND);
    g_assert_cmphex(cmos(0x07), ==, 0x04);
    g_assert_cmphex(cmos(0x04), ==, 0x00);
    g_assert_cmphex(cmos(0x02), ==, 0x05);
    qtest_quit(qts);
}

static void test_rtc_alarm(void)
{
    rtc_start();
    cmos_set(0x01, 0x10); /* at second 10 of any minute */
    cmos_set(0x03, 0xc0);
    cmos_set(0x05, 0xc0);
    cmos(0x0c);
    cmos_set(0x0b, 0x22);
    qtest_clock_step(qts, 2 * SECOND);
    g_assert_false(qtest_get_irq(qts, 8));
    qtest_clock_step(qts, 3 * SECOND);
    g_assert_true(qtest_get_irq(qts, 8));
    g_assert_cmphex(cmos(0x0c) & 0xa0, ==, 0xa0);
    g_assert_false(qtest_get_irq(qts, 8));
    g_assert_cmphex(cmos(0x0c) & 0xa0, ==, 0);
    qtest_quit(qts);
}

static void test_rtc_periodic(void)
{
    unsigned count = 0;

    rtc_start();
    cmos_set(0x0a, 0x26); /* 1024 Hz */
    cmos(0x0c);
    cmos_set(0x0b, 0x42);
    for (int i = 0; i < 100; i++) {
        qtest_clock_step(qts, SECOND / 1024);
        if (cmos(0x0c) & 0x40) {
            count++;
        }
    }
    g_assert_cmpint(count, >=, 98);
    g_assert_cmpint(count, <=, 101);
    g_assert_cmpint(qtest_get_irq_count(qts, 8), >=, 98);
    cmos_set(0x0b, 0x02);
    cmos(0x0c);
    count = qtest_get_irq_count(qts, 8);
    qtest_clock_step(qts, SECOND);
    g_assert_cmpint(qtest_get_irq_count(qts, 8), ==, count);
    qtest_quit(qts);
}

static void test_rtc_update_ended(void)
{
    rtc_start();
    cmos(0x0c);
    cmos_set(0x0b, 0x12);
    qtest_clock_step(qts, 2 * SECOND);
    g_assert_true(qtest_get_irq(qts, 8));
    g_assert_cmphex(cmos(0x0c) & 0x90, ==, 0x90);
    qtest_quit(qts);
}

/* ---- HPET (IA-PC HPET 1.0a), 100 MHz ---- */

#define HPET 0xfed00000u

static void test_hpet_counter(void)
{
    qts = qtest_init("-machine pc,hpet=on");
    g_assert_cmphex(qtest_readq(qts, HPET), ==, 0x009896808086a201);
    qtest_clock_step(qts, 1000);
    g_assert_cmpint(qtest_readq(qts, HPET + 0xf0), ==, 0);
    qtest_writel(qts, HPET + 0x10, 1);
    qtest_clock_step(qts, 1000);
    g_assert_cmpint(qtest_readq(qts, HPET + 0xf0), ==, 100);
    qtest_quit(qts);
}

static void test_hpet_timer(void)
{
    qts = qtest_init("-machine pc,hpet=on");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_writel(qts, HPET + 0x120, 20 << 9 | 0x04); /* timer 1: edges at input 20 */
    qtest_writeq(qts, HPET + 0x128, 500);
    qtest_writel(qts, HPET + 0x10, 1);
    qtest_clock_step(qts, 4990);
    g_assert_cmpint(qtest_get_irq_count(qts, 20), ==, 0);
    qtest_clock_step(qts, 20);
    g_assert_cmpint(qtest_get_irq_count(qts, 20), ==, 1);
    qtest_clock_step(qts, SECOND);
    g_assert_cmpint(qtest_get_irq_count(qts, 20), ==, 1);
    qtest_quit(qts);
}

static void test_hpet_legacy_replacement(void)
{
    qts = qtest_init("-machine pc,hpet=on");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_writel(qts, HPET + 0x100, 0x04 | 0x08 | 0x40); /* timer 0: periodic */
    qtest_writeq(qts, HPET + 0x108, 100000);
    qtest_writel(qts, HPET + 0x10, 3);
    qtest_clock_step(qts, 100 * 1000 * 1000);
    g_assert_cmpint(qtest_get_irq_count(qts, 0), >=, 99);
    g_assert_cmpint(qtest_get_irq_count(qts, 0), <=, 101);
    qtest_quit(qts);
}

/* ---- ACPI power management timer (ACPI 6.4, 4.8.3.3), 3579545 Hz ---- */

static void test_acpi_timer(void)
{
    int pm = QPCI_DEVFN(1, 3);
    uint32_t before, after;

    qts = qtest_init("-machine pc");
    qpci_config_writel(qts, pm, 0x40, 0x601);
    qpci_config_writeb(qts, pm, 0x80, 1);
    before = qtest_inl(qts, 0x608);
    qtest_clock_step(qts, SECOND);
    after = qtest_inl(qts, 0x608);
    g_assert_cmpint((after - before) & 0xffffff, >=, 3579544);
    g_assert_cmpint((after - before) & 0xffffff, <=, 3579546);
    /* Bit 23 changes after at most 2.34 s: TMR_STS. */
    qtest_clock_step(qts, 3 * SECOND);
    g_assert_cmphex(qtest_inw(qts, 0x600) & 1, ==, 1);
    qtest_outw(qts, 0x600, 1);
    g_assert_cmphex(qtest_inw(qts, 0x600) & 1, ==, 0);
    qtest_quit(qts);
}

/* ---- iBASE 700 watchdog ---- */

static void watchdog_start(const char *action)
{
    qts = qtest_initf("-machine pc -device ib700 -action watchdog=%s", action);
    qtest_outb(qts, 0x443, 0x0c); /* 6 seconds */
    qtest_clock_step(qts, 5 * SECOND);
}

static void test_watchdog_none(void)
{
    g_autoptr(QDict) event = NULL;

    watchdog_start("none");
    qtest_clock_step(qts, 2 * SECOND);
    event = qtest_qmp_eventwait_ref(qts, "WATCHDOG");
    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(event, "data"), "action"), ==, "none");
    qtest_quit(qts);
}

static void test_watchdog_disarmed(void)
{
    watchdog_start("shutdown");
    qtest_outb(qts, 0x443, 0x0c);
    qtest_clock_step(qts, 5 * SECOND);
    qtest_outb(qts, 0x441, 0);
    qtest_clock_step(qts, 100 * SECOND);
    qtest_quit(qts);
}

static void test_watchdog_reset(void)
{
    watchdog_start("reset");
    qtest_clock_step(qts, 2 * SECOND);
    qtest_qmp_eventwait(qts, "RESET");
    qtest_quit(qts);
}

static void test_watchdog_poweroff(void)
{
    watchdog_start("poweroff");
    qtest_clock_step(qts, 2 * SECOND);
    g_assert_cmpint(qtest_wait_exit(qts), ==, 0);
}

static void test_watchdog_pause(void)
{
    watchdog_start("pause");
    qtest_clock_step(qts, 2 * SECOND);
    qtest_qmp_eventwait(qts, "STOP");
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pit/terminal-count", test_pit_interrupt_on_terminal_count);
    g_test_add_func("/pit/rate", test_pit_rate);
    g_test_add_func("/pit/speaker", test_pit_speaker);
    g_test_add_func("/rtc/time", test_rtc_time);
    g_test_add_func("/rtc/alarm", test_rtc_alarm);
    g_test_add_func("/rtc/periodic", test_rtc_periodic);
    g_test_add_func("/rtc/update-ended", test_rtc_update_ended);
    g_test_add_func("/hpet/counter", test_hpet_counter);
    g_test_add_func("/hpet/timer", test_hpet_timer);
    g_test_add_func("/hpet/legacy", test_hpet_legacy_replacement);
    g_test_add_func("/acpi/timer", test_acpi_timer);
    g_test_add_func("/watchdog/none", test_watchdog_none);
    g_test_add_func("/watchdog/disarmed", test_watchdog_disarmed);
    g_test_add_func("/watchdog/reset", test_watchdog_reset);
    g_test_add_func("/watchdog/poweroff", test_watchdog_poweroff);
    g_test_add_func("/watchdog/pause", test_watchdog_pause);
    return g_test_run();
}
