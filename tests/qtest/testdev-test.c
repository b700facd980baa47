/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices for test programs: pc-testdev and pci-testdev. */
#include "libqtest.h"

static QTestState *qts;

/* ---- pc-testdev ---- */

static void test_register_takes_all_widths(void)
{
    qts = qtest_init("-machine pc -device pc-testdev");
    qtest_outl(qts, 0xe0, 0x89abcdef);
    g_assert_cmphex(qtest_inb(qts, 0xe1), ==, 0xcd);
    g_assert_cmphex(qtest_inw(qts, 0xe2), ==, 0x89ab);
    qtest_outb(qts, 0xe2, 0x55);
    g_assert_cmphex(qtest_inl(qts, 0xe0), ==, 0x8955cdef);
    /* The same by the ports that take bytes only. */
    qtest_outl(qts, 0xe8, 0x01020304);
    g_assert_cmphex(qtest_inb(qts, 0xe9), ==, 0x03);
    g_assert_cmphex(qtest_inl(qts, 0xe0), ==, 0x01020304);
    qtest_system_reset(qts);
    g_assert_cmphex(qtest_inl(qts, 0xe0), ==, 0);
    qtest_quit(qts);
}

static void test_memory_keeps_what_is_written(void)
{
    qts = qtest_init("-machine pc -device pc-testdev");
    qtest_writel(qts, 0xff000000, 0x12345678);
    g_assert_cmphex(qtest_readb(qts, 0xff000001), ==, 0x56);
    qtest_writeq(qts, 0xff00fff8, 0x1122334455667788);
    g_assert_cmphex(qtest_readw(qts, 0xff00fffe), ==, 0x1122);
    qtest_writew(qts, 0xff000fff, 0x4142);
    g_assert_cmphex(qtest_readb(qts, 0xff000fff), ==, 0x42);
    g_assert_cmphex(qtest_readb(qts, 0xff001000), ==, 0x41);
    qtest_quit(qts);
}

static void test_port_sets_interrupt_line(void)
{
    static const int lines[] = {3, 15, 16, 23};

    qts = qtest_init("-machine pc -device pc-testdev");
    qtest_irq_intercept_in(qts, "ioapic");
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        qtest_outb(qts, 0x2000 + lines[i], 1);
        g_assert_true(qtest_get_irq(qts, lines[i]));
        qtest_outb(qts, 0x2000 + lines[i], 0);
        g_assert_false(qtest_get_irq(qts, lines[i]));
    }
    qtest_quit(qts);
}

static void test_flush_takes_any_address(void)
{
    qts = qtest_init("-machine pc -m 16 -device pc-testdev");
    qtest_writel(qts, 0x5000, 0x600df00d);
    qtest_outl(qts, 0xe4, 0x5010);
    qtest_outl(qts, 0xe4, 0xffffffff);
    qtest_outl(qts, 0xe4, 0xc0000000);
    g_assert_cmphex(qtest_readl(qts, 0x5000), ==, 0x600df00d);
    qtest_quit(qts);
}

/* ---- pci-testdev ---- */

#define DEVFN QPCI_DEVFN(7, 0)
#define MMIO  0xe0000000
#define PORTS 0xc000

static void start_pci(const char *props)
{
    qts = qtest_initf("-machine pc -nodefaults -device pci-testdev,addr=7%s", props);
    qpci_config_writel(qts, DEVFN, 0x10, MMIO);
    qpci_config_writel(qts, DEVFN, 0x14, PORTS);
    qpci_config_writew(qts, DEVFN, 0x04, 3);
}

static void assert_name(uint32_t (*readl)(uint32_t), const char *expected)
{
    char name[33] = {};

    for (int i = 0; i < 32; i += 4) {
        uint32_t part = readl(16 + i);
        memcpy(name + i, &part, 4);
    }
    g_assert_cmpstr(name, ==, expected);
}

static uint32_t mmio_readl(uint32_t offset)
{
    return qtest_readl(qts, MMIO + offset);
}

static uint32_t port_readl(uint32_t offset)
{
    return qtest_inl(qts, PORTS + offset);
}

static void test_pci_counts_accesses_that_fit(void)
{
    start_pci("");
    g_assert_cmphex(mmio_readl(0), ==, 0);
    qtest_writeb(qts, MMIO, 0);
    g_assert_cmphex(mmio_readl(0), ==, 0x100);
    g_assert_cmphex(mmio_readl(4), ==, 0x800);
    g_assert_cmphex(mmio_readl(8), ==, 0xfa);
    assert_name(mmio_readl, "mmio-no-eventfd");
    qtest_writeb(qts, MMIO + 0x800, 0xfa);
    qtest_writel(qts, MMIO + 0x800, 0xfa);
    qtest_writeb(qts, MMIO + 0x800, 0xfb);
    qtest_writeb(qts, MMIO + 0x801, 0xfa);
    g_assert_cmpuint(mmio_readl(12), ==, 2);
    qtest_writeb(qts, MMIO, 0);
    g_assert_cmpuint(mmio_readl(12), ==, 0);
    qtest_quit(qts);
}

static void test_pci_events_are_not_counted(void)
{
    start_pci("");
    qtest_outb(qts, PORTS, 1);
    g_assert_cmphex(port_readl(0), ==, 0x104);
    g_assert_cmphex(port_readl(4), ==, 0x84);
    assert_name(port_readl, "portio-wildcard-eventfd");
    qtest_outb(qts, PORTS + 0x84, 0xce);
    qtest_outb(qts, PORTS + 0x84, 0x00);
    g_assert_cmpuint(port_readl(12), ==, 0);
    qtest_outw(qts, PORTS + 0x84, 0xce);
    g_assert_cmpuint(port_readl(12), ==, 1);
    qtest_outb(qts, PORTS, 2);
    assert_name(port_readl, "portio-datamatch-eventfd");
    qtest_outb(qts, PORTS + 0x85, 0xfa);
    g_assert_cmpuint(port_readl(12), ==, 0);
    qtest_outb(qts, PORTS, 3);
    g_assert_cmphex(port_readl(0), ==, 0);
    qtest_quit(qts);
}

static void test_pci_memory_bar_has_the_size_asked_for(void)
{
    start_pci(",membar=48k,membar-backed=on");
    qpci_config_writew(qts, DEVFN, 0x04, 0);
    qpci_config_writel(qts, DEVFN, 0x18, UINT32_MAX);
    g_assert_cmphex(qpci_config_readl(qts, DEVFN, 0x18), ==, 0xffff000c);
    qpci_config_writel(qts, DEVFN, 0x18, 0xe1000000);
    qpci_config_writel(qts, DEVFN, 0x1c, 0);
    qpci_config_writew(qts, DEVFN, 0x04, 2);
    qtest_writeq(qts, 0xe100fff8, 0x0123456789abcdef);
    g_assert_cmphex(qtest_readq(qts, 0xe100fff8), ==, 0x0123456789abcdef);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pc-testdev/register", test_register_takes_all_widths);
    g_test_add_func("/pc-testdev/memory", test_memory_keeps_what_is_written);
    g_test_add_func("/pc-testdev/irq", test_port_sets_interrupt_line);
    g_test_add_func("/pc-testdev/flush", test_flush_takes_any_address);
    g_test_add_func("/pci-testdev/count", test_pci_counts_accesses_that_fit);
    g_test_add_func("/pci-testdev/events", test_pci_events_are_not_counted);
    g_test_add_func("/pci-testdev/membar", test_pci_memory_bar_has_the_size_asked_for);
    return g_test_run();
}
