/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends, resets or stops a PC: CF9h, port 92h, ACPI, debug exit, pvpanic; and 8237 DMA. */

#include "libqtest.h"

static QTestState *qts;

static void expect_reset(const char *reason)
{
    g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "RESET");
    QDict *data = qdict_get_qdict(event, "data");

    g_assert_cmpstr(qdict_get_str(data, "reason"), ==, reason);
    g_assert_true(qdict_get_bool(data, "guest"));
}

static void test_cf9(void)
{
    qts = qtest_init("-machine pc");
    qtest_outb(qts, 0xcf9, 0x02);
    g_assert_cmphex(qtest_inb(qts, 0xcf9), ==, 0x02);
    qtest_outb(qts, 0xcf9, 0x06);
    expect_reset("guest-reset");
    g_assert_cmphex(qtest_inb(qts, 0xcf9), ==, 0x00);
    qtest_quit(qts);
}

static void test_port92(void)
{
    qts = qtest_init("-machine pc");
    qtest_outb(qts, 0x92, 0x02);
    g_assert_cmphex(qtest_inb(qts, 0x92) & 0x03, ==, 0x02);
    qtest_outb(qts, 0x92, 0x00);
    qtest_outb(qts, 0x92, 0x01);
    expect_reset("guest-reset");
    qtest_quit(qts);
}

static void test_i8042_reset(void)
{
    qts = qtest_init("-machine pc");
    qtest_outb(qts, 0x64, 0xfe);
    expect_reset("guest-reset");
    qtest_quit(qts);
}

static void test_no_reboot(void)
{
    qts = qtest_init("-machine pc -no-reboot");
    qtest_outb(qts, 0xcf9, 0x06);
    qtest_qmp_eventwait(qts, "SHUTDOWN");
    g_assert_cmpint(qtest_wait_exit(qts), ==, 0);
}

/* ---- ACPI ---- */

static void acpi_start(const char *args)
{
    qts = qtest_initf("-machine pc %s", args);
    qpci_config_writel(qts, QPCI_DEVFN(1, 3), 0x40, 0x601);
    qpci_config_writeb(qts, QPCI_DEVFN(1, 3), 0x80, 1);
}

static void test_power_button(void)
{
    acpi_start("");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_outw(qts, 0x602, 0x0100); /* PWRBTN_EN */
    qtest_outw(qts, 0x604, 0x0001); /* SCI_EN */
    qtest_qmp_assert_success(qts, "{'execute': 'system_powerdown'}");
    qtest_qmp_eventwait(qts, "POWERDOWN");
    g_assert_cmphex(qtest_inw(qts, 0x600) & 0x0100, ==, 0x0100);
    g_assert_true(qtest_get_irq(qts, 9));
    qtest_outw(qts, 0x600, 0x0100);
    g_assert_cmphex(qtest_inw(qts, 0x600) & 0x0100, ==, 0);
    g_assert_false(qtest_get_irq(qts, 9));
    qtest_quit(qts);
}

static void test_soft_off(void)
{
    g_autoptr(QDict) event = NULL;

    acpi_start("");
    qtest_outw(qts, 0x604, 0x2000); /* SLP_EN, SLP_TYP 0: off */
    event = qtest_qmp_eventwait_ref(qts, "SHUTDOWN");
    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(event, "data"), "reason"), ==, "guest-shutdown");
    g_assert_cmpint(qtest_wait_exit(qts), ==, 0);
}

static uint8_t cmos(uint8_t index)
{
    qtest_outb(qts, 0x70, index);
    return qtest_inb(qts, 0x71);
}

/* Firmware finds its way back by CMOS byte 0fh and its shadow RAM. */
static void test_suspend_and_wakeup(void)
{
    acpi_start("");
    qpci_config_writeb(qts, QPCI_DEVFN(0, 0), 0x59, 0x30); /* f0000: RAM */
    qtest_writel(qts, 0xf1000, 0x600df00d);
    qtest_writel(qts, 0x5000, 0x12345678);
    qtest_outw(qts, 0x604, 0x2400); /* SLP_EN, SLP_TYP 1: suspend to RAM */
    qtest_qmp_eventwait(qts, "SUSPEND");
    qtest_qmp_assert_success(qts, "{'execute': 'system_wakeup'}");
    qtest_qmp_eventwait(qts, "WAKEUP");
    g_assert_cmphex(cmos(0x0f), ==, 0xfe);
    g_assert_cmphex(qtest_readl(qts, 0xf1000), ==, 0x600df00d);
    g_assert_cmphex(qtest_readl(qts, 0x5000), ==, 0x12345678);
    /* The rest was reset, so its ports have to be found anew. */
    g_assert_cmphex(qpci_config_readb(qts, QPCI_DEVFN(1, 3), 0x80), ==, 0);
    qpci_config_writel(qts, QPCI_DEVFN(1, 3), 0x40, 0x601);
    qpci_config_writeb(qts, QPCI_DEVFN(1, 3), 0x80, 1);
    g_assert_cmphex(qtest_inw(qts, 0x600) & 0x8000, ==, 0x8000); /* WAK_STS */
    qtest_quit(qts);
}

static void test_acpi_enable(void)
{
    acpi_start("");
    qtest_outb(qts, 0xb2, 0xf1);
    g_assert_cmphex(qtest_inw(qts, 0x604) & 1, ==, 1);
    qtest_outb(qts, 0xb2, 0xf0);
    g_assert_cmphex(qtest_inw(qts, 0x604) & 1, ==, 0);
    qtest_quit(qts);
}

static void test_no_shutdown(void)
{
    acpi_start("-no-shutdown");
    qtest_outw(qts, 0x604, 0x2000);
    qtest_qmp_eventwait(qts, "SHUTDOWN");
    qtest_qmp_eventwait(qts, "STOP");
    qtest_quit(qts);
}

/* ---- devices for tests and crashes ---- */

static void test_debug_exit(void)
{
    qts = qtest_init("-machine pc -device isa-debug-exit,iobase=0xf4,iosize=4");
    g_assert_cmphex(qtest_inb(qts, 0xf4), ==, 0);
    /* There may be no answer to this. */
    qtest_outb_async(qts, 0xf4, 0x10);
    g_assert_cmpint(qtest_wait_exit(qts), ==, 0x21);
}

static void test_pvpanic(void)
{
    g_autoptr(QDict) event = NULL;

    qts = qtest_init("-machine pc -device pvpanic -action panic=none");
    g_assert_cmphex(qtest_inb(qts, 0x505) & 3, ==, 3);
    qtest_outb(qts, 0x505, 0x01);
    event = qtest_qmp_eventwait_ref(qts, "GUEST_PANICKED");
    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(event, "data"), "action"), ==, "run");
    qtest_outb(qts, 0x505, 0x02);
    qtest_qmp_eventwait(qts, "GUEST_CRASHLOADED");
    qtest_quit(qts);
}

static void test_pvpanic_pause(void)
{
    qts = qtest_init("-machine pc -device pvpanic -action panic=pause");
    qtest_outb(qts, 0x505, 0x01);
    qtest_qmp_eventwait(qts, "GUEST_PANICKED");
    qtest_qmp_eventwait(qts, "STOP");
    qtest_quit(qts);
}

/* ---- 8237 DMA ---- */

static void test_dma(void)
{
    qts = qtest_init("-machine pc");
    qtest_outb(qts, 0x0c, 0); /* byte order */
    qtest_outb(qts, 0x04, 0x34);
    qtest_outb(qts, 0x04, 0x12);
    qtest_outb(qts, 0x05, 0xff);
    qtest_outb(qts, 0x05, 0x01);
    qtest_outb(qts, 0x81, 0x0a);
    qtest_outb(qts, 0x0c, 0);
    g_assert_cmphex(qtest_inb(qts, 0x04), ==, 0x34);
    g_assert_cmphex(qtest_inb(qts, 0x04), ==, 0x12);
    g_assert_cmphex(qtest_inb(qts, 0x05), ==, 0xff);
    g_assert_cmphex(qtest_inb(qts, 0x05), ==, 0x01);
    g_assert_cmphex(qtest_inb(qts, 0x81), ==, 0x0a);
    qtest_outb(qts, 0x0d, 0); /* master clear: all masked, nothing requested */
    g_assert_cmphex(qtest_inb(qts, 0x08) & 0xf0, ==, 0);
    g_assert_cmphex(qtest_inb(qts, 0x0f) & 0x0f, ==, 0x0f);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reset/cf9", test_cf9);
    g_test_add_func("/reset/port92", test_port92);
    g_test_add_func("/reset/i8042", test_i8042_reset);
    g_test_add_func("/reset/no-reboot", test_no_reboot);
    g_test_add_func("/acpi/power-button", test_power_button);
    g_test_add_func("/acpi/soft-off", test_soft_off);
    g_test_add_func("/acpi/suspend", test_suspend_and_wakeup);
    g_test_add_func("/acpi/enable", test_acpi_enable);
    g_test_add_func("/acpi/no-shutdown", test_no_shutdown);
    g_test_add_func("/debug-exit", test_debug_exit);
    g_test_add_func("/pvpanic/event", test_pvpanic);
    g_test_add_func("/pvpanic/pause", test_pvpanic_pause);
    g_test_add_func("/dma/registers", test_dma);
    return g_test_run();
}
