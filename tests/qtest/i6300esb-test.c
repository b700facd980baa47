/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The watchdog of Intel's 6300ESB: unlocking, stages, lock, prescaler, saved state. A driver does
 * what Linux's i6300esb.c does.
 */
#include "libqtest.h"
#include <glib/gstdio.h>

#define DEVICE    QPCI_DEVFN(5, 0)
#define BAR       0xe0000000ull
#define PRELOAD1  (BAR + 0x0)
#define PRELOAD2  (BAR + 0x4)
#define STATUS    (BAR + 0x8)
#define RELOAD    (BAR + 0xc)
#define CONFIG    0x60
#define LOCK      0x68

#define RELOADED  0x100
#define TIMED_OUT 0x200
#define ENABLE    2
#define FREE_RUN  4
#define NO_IRQ    3
#define FAST      4
#define NO_OUTPUT 0x20

/* One tick in nanoseconds: 33 MHz / 2^15, or / 2^5. */
#define TICK      992970LL
#define FAST_TICK 970LL

static QTestState *qts;

static void map_registers(void)
{
    qpci_config_writel(qts, DEVICE, 0x10, BAR);
    qpci_config_writew(qts, DEVICE, 0x04, 2);
}

static void start(const char *action)
{
    qts = qtest_initf("-machine pc -nodefaults -device i6300esb,addr=5,id=w -action watchdog=%s",
                      action);
    map_registers();
}

static void write_register(uint64_t addr, uint32_t value)
{
    qtest_writeb(qts, RELOAD, 0x80);
    qtest_writeb(qts, RELOAD, 0x86);
    qtest_writel(qts, addr, value);
}

static void arm(uint16_t config, uint8_t lock, uint32_t preload1, uint32_t preload2)
{
    qpci_config_writew(qts, DEVICE, CONFIG, config);
    write_register(PRELOAD1, preload1 - 1);
    write_register(PRELOAD2, preload2 - 1);
    qpci_config_writeb(qts, DEVICE, LOCK, lock);
}

static void wait_for_watchdog(const char *action)
{
    g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "WATCHDOG");

    g_assert_cmpstr(qdict_get_str(qdict_get_qdict(event, "data"), "action"), ==, action);
}

static void test_identity(void)
{
    start("none");
    g_assert_cmphex(qpci_config_readl(qts, DEVICE, 0), ==, 0x25ab8086);
    g_assert_cmphex(qpci_config_readw(qts, DEVICE, 0x0a), ==, 0x0880);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 0xfffff);
    g_assert_cmphex(qtest_readl(qts, PRELOAD2), ==, 0xfffff);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    qtest_quit(qts);
}

static void test_unlocking(void)
{
    start("none");
    qtest_writel(qts, PRELOAD1, 5);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 0xfffff);
    write_register(PRELOAD1, 0xff000005);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 5);
    /* The sequence is good for one write. */
    qtest_writel(qts, PRELOAD1, 6);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 5);
    /* Bytes of it, too. */
    write_register(PRELOAD1, 0x12345);
    g_assert_cmphex(qtest_readb(qts, PRELOAD1 + 1), ==, 0x23);
    qtest_writeb(qts, RELOAD, 0x80);
    qtest_writeb(qts, RELOAD, 0x86);
    qtest_writeb(qts, PRELOAD1 + 1, 0x77);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 0x17745);
    write_register(PRELOAD1, 5);
    /* Interrupted, or in another order, it is good for none. */
    qtest_writeb(qts, RELOAD, 0x80);
    qtest_writel(qts, PRELOAD2, 6);
    qtest_writeb(qts, RELOAD, 0x86);
    qtest_writel(qts, PRELOAD1, 6);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 5);
    g_assert_cmphex(qtest_readl(qts, PRELOAD2), ==, 0xfffff);
    qtest_quit(qts);
}

static void test_two_stages(void)
{
    start("none");
    arm(0, ENABLE, 1000, 2000);
    qtest_clock_step(qts, 999 * TICK);
    g_assert_cmphex(qtest_readl(qts, STATUS), ==, 0);
    qtest_clock_step(qts, 2 * TICK);
    g_assert_cmphex(qtest_readl(qts, STATUS), ==, 1);
    qtest_writel(qts, STATUS, 1);
    g_assert_cmphex(qtest_readl(qts, STATUS), ==, 0);
    qtest_clock_step(qts, 1997 * TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    qtest_clock_step(qts, 4 * TICK);
    wait_for_watchdog("none");
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, TIMED_OUT);
    write_register(RELOAD, TIMED_OUT);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    /* It is over, and begins again when the driver says so. */
    qtest_clock_step(qts, 5000 * TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    write_register(RELOAD, RELOADED);
    qtest_clock_step(qts, 3005 * TICK);
    wait_for_watchdog("none");
    qtest_quit(qts);
}

static void test_reload(void)
{
    start("none");
    arm(NO_IRQ, ENABLE, 1000, 1000);
    for (int i = 0; i < 5; i++) {
        qtest_clock_step(qts, 1900 * TICK);
        write_register(RELOAD, RELOADED);
    }
    g_assert_cmphex(qtest_readl(qts, STATUS), ==, 0);
    qpci_config_writeb(qts, DEVICE, LOCK, 0);
    qtest_clock_step(qts, 10000 * TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    qtest_quit(qts);
}

static void test_prescaler(void)
{
    start("none");
    arm(NO_IRQ | FAST, ENABLE, 1000, 1000);
    qtest_clock_step(qts, 1990 * FAST_TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    qtest_clock_step(qts, 20 * FAST_TICK);
    wait_for_watchdog("none");
    qtest_quit(qts);
}

/* The locked register keeps the timer going until a reset. */
static void test_lock(void)
{
    start("none");
    arm(NO_IRQ, ENABLE | 1, 1000, 1000);
    qpci_config_writeb(qts, DEVICE, LOCK, 0);
    g_assert_cmphex(qpci_config_readb(qts, DEVICE, LOCK), ==, ENABLE | 1);
    qtest_clock_step(qts, 2005 * TICK);
    wait_for_watchdog("none");
    qtest_system_reset(qts);
    map_registers();
    g_assert_cmphex(qpci_config_readb(qts, DEVICE, LOCK), ==, 0);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 0xfffff);
    /* What a driver asks after a reset: was it the watchdog? */
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, TIMED_OUT);
    qtest_quit(qts);
}

static void test_no_output(void)
{
    start("shutdown");
    arm(NO_IRQ | NO_OUTPUT, ENABLE, 1000, 1000);
    qtest_clock_step(qts, 5000 * TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, TIMED_OUT);
    write_register(RELOAD, TIMED_OUT);
    arm(NO_IRQ, FREE_RUN, 1000, 1000);
    arm(NO_IRQ, ENABLE | FREE_RUN, 1000, 1000);
    qtest_clock_step(qts, 50000 * TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    qtest_qmp_assert_success(qts, "{'execute': 'system_powerdown'}"); /* it is still there */
    qtest_quit(qts);
}

static void test_reset(void)
{
    start("reset");
    arm(NO_IRQ, ENABLE, 1000, 1000);
    qtest_clock_step(qts, 2005 * TICK);
    qtest_qmp_eventwait(qts, "RESET");
    map_registers();
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, TIMED_OUT);
    write_register(RELOAD, TIMED_OUT);
    qtest_clock_step(qts, 5000 * TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    qtest_quit(qts);
}

/* In the second stage, 500 ticks before its end. */
static void test_saved_state(void)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-i6300esb-XXXXXX", NULL);
    g_autofree char *file = g_build_filename(dir, "state", NULL);

    start("none");
    arm(0, ENABLE, 1000, 1000);
    qtest_clock_step(qts, 1500 * TICK);
    qtest_save(qts, file);
    qtest_quit(qts);

    qts = qtest_load("-machine pc -nodefaults -device i6300esb,addr=5,id=w -action watchdog=none",
                     file);
    g_assert_cmphex(qtest_readl(qts, PRELOAD1), ==, 999);
    g_assert_cmphex(qtest_readl(qts, STATUS), ==, 1);
    qtest_qmp_assert_success(qts, "{'execute': 'cont'}"); /* it was saved stopped */
    qtest_clock_step(qts, 490 * TICK);
    g_assert_cmphex(qtest_readl(qts, RELOAD), ==, 0);
    qtest_clock_step(qts, 20 * TICK);
    wait_for_watchdog("none");
    qtest_quit(qts);
    g_unlink(file);
    g_rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/i6300esb/identity", test_identity);
    g_test_add_func("/i6300esb/unlocking", test_unlocking);
    g_test_add_func("/i6300esb/stages", test_two_stages);
    g_test_add_func("/i6300esb/reload", test_reload);
    g_test_add_func("/i6300esb/prescaler", test_prescaler);
    g_test_add_func("/i6300esb/lock", test_lock);
    g_test_add_func("/i6300esb/no-output", test_no_output);
    g_test_add_func("/i6300esb/reset", test_reset);
    g_test_add_func("/i6300esb/saved-state", test_saved_state);
    return g_test_run();
}
