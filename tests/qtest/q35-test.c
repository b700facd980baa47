/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a q35 machine has that a pc machine has not: configuration space in memory, SMRAM and
 * TSEG, the interrupt router with eight inputs, the power management block at a base that
 * firmware chooses, the TCO watchdog.
 */
#include "libqtest.h"

#define LPC     QPCI_DEVFN(0x1f, 0)
#define MMCFG   0xb0000000ull
#define PMBASE  0x600
#define RCBA    0xfed1c000ull
#define TCO     (PMBASE + 0x60)
#define TICK_NS 600000000ll

static QTestState *qts;

static void start(const char *more)
{
    qts = qtest_initf("-machine q35 -m 64 -nodefaults %s", more);
}

static void map_chipset(void)
{
    qpci_config_writel(qts, LPC, 0x40, PMBASE | 1);
    qpci_config_writeb(qts, LPC, 0x44, 0x80);
    qpci_config_writel(qts, LPC, 0xf0, RCBA | 1);
}

static void test_reset_values(void)
{
    start("");
    g_assert_cmphex(qpci_config_readl(qts, 0, 0x00), ==, 0x29c08086);
    g_assert_cmphex(qpci_config_readl(qts, 0, 0x60), ==, 0xb0000000);
    g_assert_cmphex(qpci_config_readl(qts, 0, 0x9c), ==, 0x00380200);
    g_assert_cmphex(qpci_config_readl(qts, 0, 0x50), ==, 16);
    g_assert_cmphex(qpci_config_readl(qts, LPC, 0x00), ==, 0x29188086);
    g_assert_cmphex(qpci_config_readl(qts, LPC, 0x08), ==, 0x06010002);
    g_assert_cmphex(qpci_config_readl(qts, LPC, 0x0c), ==, 0x00800000);
    g_assert_cmphex(qpci_config_readl(qts, LPC, 0x40), ==, 1);
    g_assert_cmphex(qpci_config_readl(qts, LPC, 0x60), ==, 0x80808080);
    g_assert_cmphex(qpci_config_readl(qts, LPC, 0x68), ==, 0x80808080);
    qtest_quit(qts);
}

/* ---- configuration space in memory ---- */

static void test_mmcfg(void)
{
    start("");
    g_assert_cmphex(qtest_readl(qts, MMCFG), !=, 0x29c08086);
    qpci_config_writel(qts, 0, 0x60, MMCFG | 1);
    g_assert_cmphex(qtest_readl(qts, MMCFG), ==, 0x29c08086);
    g_assert_cmphex(qtest_readl(qts, MMCFG + (LPC << 12)), ==, 0x29188086);
    g_assert_cmphex(qtest_readw(qts, MMCFG + (LPC << 12) + 2), ==, 0x2918);
    /* A conventional function has nothing behind its 256 bytes; nobody is at 1e.0. */
    g_assert_cmphex(qtest_readl(qts, MMCFG + (LPC << 12) + 0x100), ==, 0);
    g_assert_cmphex(qtest_readl(qts, MMCFG + (QPCI_DEVFN(0x1e, 0) << 12)), ==, UINT32_MAX);
    qtest_writeb(qts, MMCFG + (LPC << 12) + 0x3c, 11);
    g_assert_cmphex(qpci_config_readb(qts, LPC, 0x3c), ==, 11);
    /* 64 MiB at another place, then none; the reserved length maps nothing. */
    qpci_config_writel(qts, 0, 0x60, 0xc4000000 | 4 | 1);
    g_assert_cmphex(qtest_readl(qts, 0xc4000000), ==, 0x29c08086);
    g_assert_cmphex(qtest_readl(qts, MMCFG), !=, 0x29c08086);
    qpci_config_writel(qts, 0, 0x60, MMCFG | 6 | 1);
    g_assert_cmphex(qtest_readl(qts, MMCFG), !=, 0x29c08086);
    qtest_quit(qts);
}

/* ---- memory of SMM ---- */

static void test_smram(void)
{
    start("");
    qpci_config_writeb(qts, 0, 0x9d, 0x4a);
    g_assert_cmphex(qpci_config_readb(qts, 0, 0x9d), ==, 0x4a);
    /* The lock closes it for good. */
    qpci_config_writeb(qts, 0, 0x9d, 0x5a);
    g_assert_cmphex(qpci_config_readb(qts, 0, 0x9d), ==, 0x1a);
    qpci_config_writeb(qts, 0, 0x9d, 0x4a);
    g_assert_cmphex(qpci_config_readb(qts, 0, 0x9d), ==, 0x1a);
    qtest_system_reset(qts);
    g_assert_cmphex(qpci_config_readb(qts, 0, 0x9d), ==, 0x02);
    qtest_quit(qts);
}

static void test_tseg(void)
{
    static const struct {
        uint8_t esmramc;
        unsigned mib;
    } sizes[] = {{0x01, 1}, {0x03, 2}, {0x05, 8}, {0x07, 16}};
    uint64_t top = 64 << 20;

    start("");
    qpci_config_writew(qts, 0, 0x50, 0xffff);
    g_assert_cmpint(qpci_config_readw(qts, 0, 0x50), ==, 16);
    qpci_config_writeb(qts, 0, 0x9d, 0x0a);
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        uint64_t start_of = top - ((uint64_t)sizes[i].mib << 20);

        qpci_config_writeb(qts, 0, 0x9e, 0);
        qtest_writeb(qts, start_of, 0x55);
        qtest_writeb(qts, start_of - 1, 0x66);
        qpci_config_writeb(qts, 0, 0x9e, sizes[i].esmramc);
        g_assert_cmphex(qpci_config_readb(qts, 0, 0x9e), ==, sizes[i].esmramc | 0x38);
        g_assert_cmphex(qtest_readb(qts, start_of), ==, 0xff);
        g_assert_cmphex(qtest_readb(qts, top - 1), ==, 0xff);
        g_assert_cmphex(qtest_readb(qts, start_of - 1), ==, 0x66);
        qtest_writeb(qts, start_of, 0);
        qpci_config_writeb(qts, 0, 0x9e, 0);
        g_assert_cmphex(qtest_readb(qts, start_of), ==, 0x55);
    }
    qtest_quit(qts);
}

static void test_smbase(void)
{
    start("");
    qpci_config_writeb(qts, 0, 0x9c, 0xff);
    g_assert_cmphex(qpci_config_readb(qts, 0, 0x9c), ==, 0x01);
    qtest_writeb(qts, 0x30000, 0x55);
    g_assert_cmphex(qtest_readb(qts, 0x30000), ==, 0x55);
    qpci_config_writeb(qts, 0, 0x9c, 0x02);
    g_assert_cmphex(qtest_readb(qts, 0x30000), ==, 0xff);
    g_assert_cmphex(qtest_readb(qts, 0x4ffff), ==, 0xff);
    g_assert_cmphex(qtest_readb(qts, 0x50000), ==, 0);
    qpci_config_writeb(qts, 0, 0x9c, 0);
    g_assert_cmphex(qpci_config_readb(qts, 0, 0x9c), ==, 0x02);
    qtest_system_reset(qts);
    g_assert_cmphex(qtest_readb(qts, 0x30000), ==, 0x55);
    qtest_quit(qts);
    start("-global mch.smbase-smram=off -global mch.extended-tseg-mbytes=0");
    qpci_config_writeb(qts, 0, 0x9c, 0xff);
    g_assert_cmphex(qpci_config_readb(qts, 0, 0x9c), ==, 0);
    qtest_quit(qts);
}

/* ---- interrupts ---- */

/* A PCI serial port in slot @slot has an interrupt pending. */
static void raise_in_slot(int slot)
{
    qpci_config_writel(qts, QPCI_DEVFN(slot, 0), 0x10, 0xc000);
    qpci_config_writew(qts, QPCI_DEVFN(slot, 0), 0x04, 1);
    qtest_outb(qts, 0xc001, 2);
}

static void test_routing(void)
{
    start("-device pci-serial,chardev=c,addr=5 -chardev null,id=c");
    qtest_irq_intercept_in(qts, "ioapic");
    map_chipset();
    /* Pin A of slot 5: PIRQF. It is input 21, and the ISA interrupt its register names. */
    qpci_config_writeb(qts, LPC, 0x69, 11);
    raise_in_slot(5);
    g_assert_true(qtest_get_irq(qts, 21));
    g_assert_true(qtest_get_irq(qts, 11));
    qpci_config_writeb(qts, LPC, 0x69, 10);
    g_assert_false(qtest_get_irq(qts, 11));
    g_assert_true(qtest_get_irq(qts, 10));
    qpci_config_writeb(qts, LPC, 0x69, 0x80);
    g_assert_false(qtest_get_irq(qts, 10));
    qtest_outb(qts, 0xc001, 0);
    g_assert_false(qtest_get_irq(qts, 21));
    qtest_quit(qts);
}

static void test_routing_registers(void)
{
    start("-device pci-serial,chardev=c,addr=1d.0 -chardev null,id=c");
    qtest_irq_intercept_in(qts, "ioapic");
    map_chipset();
    g_assert_cmphex(qtest_readw(qts, RCBA + 0x3144), ==, 0x3210);
    raise_in_slot(0x1d);
    g_assert_true(qtest_get_irq(qts, 16));
    qtest_outb(qts, 0xc001, 0);
    qtest_writew(qts, RCBA + 0x3144, 0x3217);
    qtest_outb(qts, 0xc001, 2);
    g_assert_true(qtest_get_irq(qts, 23));
    /* A pin that is asserted takes its level along, and both sides let go of it. */
    qtest_writew(qts, RCBA + 0x3144, 0x3212);
    g_assert_false(qtest_get_irq(qts, 23));
    g_assert_true(qtest_get_irq(qts, 18));
    qtest_writeb(qts, RCBA + 0x3144, 0x10);
    g_assert_false(qtest_get_irq(qts, 18));
    g_assert_true(qtest_get_irq(qts, 16));
    qtest_outb(qts, 0xc001, 0);
    g_assert_false(qtest_get_irq(qts, 16));
    qtest_outb(qts, 0xc001, 2);
    g_assert_true(qtest_get_irq(qts, 16));
    qtest_quit(qts);
}

/* ---- power management ---- */

static void test_power_management(void)
{
    start("");
    qtest_irq_intercept_in(qts, "ioapic");
    g_assert_cmphex(qtest_inw(qts, PMBASE + 2), ==, 0xffff);
    map_chipset();
    qtest_outw(qts, PMBASE + 2, 0x0100);
    qtest_qmp_assert_success(qts, "{'execute': 'system_powerdown'}");
    qtest_qmp_eventwait(qts, "POWERDOWN");
    g_assert_cmphex(qtest_inw(qts, PMBASE) & 0x0100, ==, 0x0100);
    g_assert_true(qtest_get_irq(qts, 9));
    /* The SCI can be somewhere else. */
    qpci_config_writeb(qts, LPC, 0x44, 0x84);
    g_assert_false(qtest_get_irq(qts, 9));
    g_assert_true(qtest_get_irq(qts, 20));
    qtest_outw(qts, PMBASE, 0x0100);
    g_assert_false(qtest_get_irq(qts, 20));
    /* S5 */
    qtest_outw(qts, PMBASE + 4, 0x2000);
    qtest_qmp_eventwait(qts, "SHUTDOWN");
    g_assert_cmpint(qtest_wait_exit(qts), ==, 0);
}

/* ---- watchdog ---- */

static void tco_start(int ticks)
{
    map_chipset();
    qtest_writel(qts, RCBA + 0x3410, 0); /* NO_REBOOT off */
    qtest_outw(qts, TCO + 0x12, ticks);
    qtest_outw(qts, TCO, 1);
    qtest_outw(qts, TCO + 0x08, 0);
}

static void test_tco_reset_values(void)
{
    start("");
    map_chipset();
    g_assert_cmphex(qtest_readl(qts, RCBA + 0x3410), ==, 0x20);
    g_assert_cmphex(qtest_inb(qts, TCO + 0x10), ==, 3);
    g_assert_cmphex(qtest_inw(qts, TCO + 0x12), ==, 4);
    g_assert_cmphex(qtest_inw(qts, TCO + 0x0a), ==, 8);
    qtest_quit(qts);
    start("-global ICH9-LPC.noreboot=false");
    map_chipset();
    g_assert_cmphex(qtest_readl(qts, RCBA + 0x3410), ==, 0);
    qtest_quit(qts);
}

/* All ten bits of the count are there when it is halted. */
static void test_tco_long(void)
{
    start("");
    tco_start(0x3ff);
    qtest_outw(qts, TCO + 0x08, 0x0800);
    g_assert_cmphex(qtest_inw(qts, TCO), ==, 0x3ff);
    qtest_quit(qts);
}

/* Firmware's lock on SMI_EN's global bit holds until reset. */
static void test_smi_lock(void)
{
    start("");
    map_chipset();
    qtest_outl(qts, PMBASE + 0x30, 0x21);
    qpci_config_writeb(qts, LPC, 0xa0, 0x10);
    qtest_outl(qts, PMBASE + 0x30, 0);
    g_assert_cmphex(qtest_inl(qts, PMBASE + 0x30), ==, 0x01);
    qpci_config_writeb(qts, LPC, 0xa0, 0);
    g_assert_cmphex(qpci_config_readb(qts, LPC, 0xa0), ==, 0x10);
    qtest_quit(qts);
}

static void test_tco_counts(void)
{
    start("");
    tco_start(10);
    g_assert_cmpint(qtest_inw(qts, TCO), ==, 10);
    qtest_clock_step(qts, 3 * TICK_NS + TICK_NS / 2);
    g_assert_cmpint(qtest_inw(qts, TCO), ==, 6);
    qtest_outw(qts, TCO, 1);
    qtest_clock_step(qts, TICK_NS / 2);
    g_assert_cmpint(qtest_inw(qts, TCO), ==, 9);
    /* The first timeout only sets its bit. */
    qtest_clock_step(qts, 10 * TICK_NS);
    g_assert_cmphex(qtest_inw(qts, TCO + 4), ==, 0x0008);
    qtest_outw(qts, TCO + 4, 0x0008);
    g_assert_cmphex(qtest_inw(qts, TCO + 4), ==, 0);
    /* Halted, it stays. */
    qtest_outw(qts, TCO + 0x08, 0x0800);
    qtest_clock_step(qts, 50 * TICK_NS);
    g_assert_cmphex(qtest_inw(qts, TCO + 4), ==, 0);
    qtest_quit(qts);
}

static void test_tco_fires(void)
{
    start("-action watchdog=shutdown");
    tco_start(4);
    qtest_clock_step(qts, 9 * TICK_NS);
    qtest_qmp_eventwait(qts, "WATCHDOG");
    qtest_qmp_eventwait(qts, "POWERDOWN");
    qtest_quit(qts);
}

static void test_tco_no_reboot(void)
{
    start("-action watchdog=shutdown");
    tco_start(4);
    qtest_writel(qts, RCBA + 0x3410, 0x20);
    qtest_clock_step(qts, 20 * TICK_NS);
    g_assert_cmphex(qtest_inw(qts, TCO + 6) & 2, ==, 2);
    qtest_qmp_assert_success(qts, "{'execute': 'query-status'}");
    qtest_quit(qts);
}

static void test_tco_data(void)
{
    start("");
    map_chipset();
    qtest_outb(qts, TCO + 2, 0x12);
    qtest_outb(qts, TCO + 3, 0x34);
    g_assert_cmphex(qtest_inb(qts, TCO + 2), ==, 0x12);
    g_assert_cmphex(qtest_inb(qts, TCO + 3), ==, 0x34);
    g_assert_cmphex(qtest_inw(qts, TCO + 4), ==, 0x0006);
    qtest_outb(qts, TCO + 4, 0x04);
    g_assert_cmphex(qtest_inw(qts, TCO + 4), ==, 0x0002);
    qtest_outb(qts, TCO + 0x0c, 0x56);
    qtest_outb(qts, TCO + 0x0d, 0x78);
    g_assert_cmphex(qtest_inw(qts, TCO + 0x0c), ==, 0x7856);
    qtest_quit(qts);
}

/* A pin that is asserted by a route that is not the one of a reset: the other machine lets go of
 * it. */
static void test_saved_route(void)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-q35-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    const char *port = "-device pci-serial,chardev=c,addr=1d.0 -chardev null,id=c";
    g_autofree char *again = g_strdup_printf("%s -incoming file:%s", port, path);

    start(port);
    map_chipset();
    qtest_writew(qts, RCBA + 0x3144, 0x3217);
    raise_in_slot(0x1d);
    qtest_save(qts, path);
    qtest_quit(qts);

    start(again);
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_outb(qts, 0xc001, 0);
    qtest_outb(qts, 0xc001, 2);
    g_assert_true(qtest_get_irq(qts, 23));
    g_assert_false(qtest_get_irq(qts, 16));
    qtest_outb(qts, 0xc001, 0);
    g_assert_false(qtest_get_irq(qts, 23));
    qtest_quit(qts);
    unlink(path);
    rmdir(dir);
}

/* What a loaded state brings back: windows, routing, a running watchdog. */
static void test_saved_state(void)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-q35-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    g_autofree char *incoming = g_strdup_printf("-incoming file:%s", path);

    start("");
    tco_start(10);
    qpci_config_writel(qts, 0, 0x60, MMCFG | 1);
    qpci_config_writeb(qts, LPC, 0x60, 10);
    qtest_clock_step(qts, 2 * TICK_NS);
    qtest_save(qts, path);
    qtest_quit(qts);

    start(incoming);
    g_assert_cmphex(qtest_readl(qts, MMCFG), ==, 0x29c08086);
    g_assert_cmphex(qpci_config_readb(qts, LPC, 0x60), ==, 10);
    g_assert_cmphex(qtest_readw(qts, RCBA + 0x3144), ==, 0x3210);
    g_assert_cmpint(qtest_inw(qts, TCO), ==, 8);
    qtest_quit(qts);
    unlink(path);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/q35/reset-values", test_reset_values);
    g_test_add_func("/q35/mmcfg", test_mmcfg);
    g_test_add_func("/q35/smram", test_smram);
    g_test_add_func("/q35/tseg", test_tseg);
    g_test_add_func("/q35/smbase", test_smbase);
    g_test_add_func("/q35/routing", test_routing);
    g_test_add_func("/q35/routing-registers", test_routing_registers);
    g_test_add_func("/q35/power-management", test_power_management);
    g_test_add_func("/q35/tco/reset-values", test_tco_reset_values);
    g_test_add_func("/q35/smi-lock", test_smi_lock);
    g_test_add_func("/q35/tco/long", test_tco_long);
    g_test_add_func("/q35/tco/counts", test_tco_counts);
    g_test_add_func("/q35/tco/fires", test_tco_fires);
    g_test_add_func("/q35/tco/no-reboot", test_tco_no_reboot);
    g_test_add_func("/q35/tco/data", test_tco_data);
    g_test_add_func("/q35/saved-state", test_saved_state);
    g_test_add_func("/q35/saved-route", test_saved_route);
    return g_test_run();
}
