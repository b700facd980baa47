/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI of the pc machine: configuration space as it is after a reset (against
 * tests/data/pc-pci.tsv), base address registers, interrupt messages.
 */
#include "libqtest.h"

#define COMMAND_IO     1
#define COMMAND_MEMORY 2

static QTestState *qts;

/* ---- configuration space ---- */

static int parse_devfn(const char *text)
{
    unsigned slot, fn;

    g_assert_cmpint(sscanf(text, "%x.%x", &slot, &fn), ==, 2);
    return QPCI_DEVFN(slot, fn);
}

/* Compares one row; a function that the machine was not given is left out. */
static void check_function(char **row)
{
    int devfn = parse_devfn(row[0]);
    size_t known = strlen(row[2]) / 2;

    if (qpci_config_readl(qts, devfn, 0) == UINT32_MAX) {
        return;
    }
    for (size_t i = 0; i < 256; i++) {
        unsigned want = 0, got = qpci_config_readb(qts, devfn, i);

        if (i < known) {
            sscanf(row[2] + 2 * i, "%2x", &want);
        }
        if (got != want) {
            g_test_message("%s (%s) at %02zx: %02x, not %02x", row[0], row[1], i, got, want);
            g_test_fail();
        }
    }
}

static void test_reset_values(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "../data/pc-pci.tsv", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", 0);
    qts = qtest_init("-machine pc -nodefaults");
    for (int i = 0; lines[i]; i++) {
        g_auto(GStrv) row = g_strsplit(lines[i], "\t", 0);

        if (lines[i][0] && lines[i][0] != '#') {
            g_assert_cmpint(g_strv_length(row), ==, 3);
            check_function(row);
        }
    }
    /* Firmware's marks are gone after a reset. */
    qpci_config_writel(qts, 0, 0x58, 0x33333333);
    qpci_config_writel(qts, QPCI_DEVFN(1, 0), 0x60, 0x0b0a0b0a);
    qtest_system_reset(qts);
    g_assert_cmphex(qpci_config_readl(qts, 0, 0x58) & 0xffffff00, ==, 0);
    g_assert_cmphex(qpci_config_readl(qts, QPCI_DEVFN(1, 0), 0x60), ==, 0x80808080);
    qtest_quit(qts);
}

static void test_absent(void)
{
    qts = qtest_init("-machine pc -nodefaults");
    g_assert_cmphex(qpci_config_readl(qts, QPCI_DEVFN(31, 7), 0), ==, 0xffffffff);
    g_assert_cmphex(qpci_config_readb(qts, QPCI_DEVFN(31, 0), 0x3c), ==, 0xff);
    qpci_config_writel(qts, QPCI_DEVFN(31, 0), 0x04, 0xffffffff);
    /* Bus 1 does not exist. */
    qtest_outl(qts, 0xcf8, 0x80010000);
    g_assert_cmphex(qtest_inl(qts, 0xcfc), ==, 0xffffffff);
    /* Without the enable bit nothing is selected. */
    qtest_outl(qts, 0xcf8, 0x00000000);
    g_assert_cmphex(qtest_inl(qts, 0xcfc), ==, 0xffffffff);
    /* Only 32-bit accesses reach the address register. */
    qtest_outl(qts, 0xcf8, 0x80000000);
    qtest_outb(qts, 0xcf8, 0x44);
    g_assert_cmphex(qtest_inl(qts, 0xcf8), ==, 0x80000000);
    qtest_quit(qts);
}

/* Read-only registers stay what they are. */
static void test_read_only(void)
{
    int devfn = QPCI_DEVFN(5, 0);
    uint32_t id, class_rev, subsystem;

    qts = qtest_init("-machine pc -nodefaults -device pvpanic-pci,addr=5");
    id = qpci_config_readl(qts, devfn, 0x00);
    class_rev = qpci_config_readl(qts, devfn, 0x08);
    subsystem = qpci_config_readl(qts, devfn, 0x2c);
    for (int i = 0; i < 64; i += 4) {
        qpci_config_writel(qts, devfn, i, i == 4 ? 0 : 0xffffffff);
    }
    g_assert_cmphex(qpci_config_readl(qts, devfn, 0x00), ==, id);
    g_assert_cmphex(qpci_config_readl(qts, devfn, 0x08), ==, class_rev);
    g_assert_cmphex(qpci_config_readl(qts, devfn, 0x2c), ==, subsystem);
    qtest_quit(qts);
}

/* ---- base address registers ---- */

static void test_io_bar(void)
{
    int devfn = QPCI_DEVFN(5, 0);

    qts = qtest_init("-machine pc -nodefaults -chardev null,id=c "
                     "-device pci-serial,chardev=c,addr=5");
    g_assert_cmphex(qpci_config_readl(qts, devfn, 0x10), ==, 0x00000001);
    qpci_config_writel(qts, devfn, 0x10, 0xffffffff);
    g_assert_cmphex(qpci_config_readl(qts, devfn, 0x10), ==, 0xfffffff9);
    qpci_config_writel(qts, devfn, 0x10, 0xc000);
    /* Not decoded yet. */
    g_assert_cmphex(qtest_inb(qts, 0xc005), ==, 0xff);
    qpci_config_writew(qts, devfn, 0x04, COMMAND_IO);
    g_assert_cmphex(qtest_inb(qts, 0xc005), ==, 0x60);
    qtest_outb(qts, 0xc007, 0x77);
    g_assert_cmphex(qtest_inb(qts, 0xc007), ==, 0x77);
    /* It moves. */
    qpci_config_writel(qts, devfn, 0x10, 0xc100);
    g_assert_cmphex(qtest_inb(qts, 0xc007), ==, 0xff);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0x77);
    qpci_config_writew(qts, devfn, 0x04, 0);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0xff);
    qpci_config_writew(qts, devfn, 0x04, COMMAND_IO);
    qtest_system_reset(qts);
    g_assert_cmphex(qpci_config_readw(qts, devfn, 0x04), ==, 0);
    g_assert_cmphex(qpci_config_readl(qts, devfn, 0x10), ==, 1);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0xff);
    qtest_quit(qts);
}

static void test_memory_bar(void)
{
    int devfn = QPCI_DEVFN(5, 0);

    qts = qtest_init("-machine pc -nodefaults -device pvpanic-pci,addr=5 -action panic=none");
    qpci_config_writel(qts, devfn, 0x10, 0xffffffff);
    g_assert_cmphex(qpci_config_readl(qts, devfn, 0x10) & 0xfffff001, ==, 0xfffff000);
    qpci_config_writel(qts, devfn, 0x10, 0xe0000000);
    qpci_config_writew(qts, devfn, 0x04, COMMAND_MEMORY);
    g_assert_cmphex(qtest_readb(qts, 0xe0000000) & 3, ==, 3);
    qtest_writeb(qts, 0xe0000000, 1);
    qtest_qmp_eventwait(qts, "GUEST_PANICKED");
    qtest_quit(qts);
}

/* Places where a BAR does harm on a real machine: over RAM, over the chips, at the end of memory.
 */
static void test_odd_places(void)
{
    static const uint32_t places[] = {0,          0x1000,     0xa0000,    0xc0000,   0xfffff000,
                                      0xfec00000, 0xfed00000, 0xfee00000, 0xfff00000};
    int devfn = QPCI_DEVFN(5, 0);

    qts = qtest_init("-machine pc -nodefaults -device pvpanic-pci,addr=5 -action panic=none");
    qtest_writel(qts, 0x1000, 0x12345678);
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        qpci_config_writel(qts, devfn, 0x10, places[i]);
        qpci_config_writew(qts, devfn, 0x04, COMMAND_MEMORY | COMMAND_IO);
        qtest_readl(qts, places[i]);
        qtest_writel(qts, places[i] + 0xffc, 0);
        qpci_config_writew(qts, devfn, 0x04, 0);
    }
    g_assert_cmphex(qtest_readl(qts, 0x1000), ==, 0x12345678);
    qtest_quit(qts);
}

/* ---- interrupt lines ---- */

/* Slot 5, INTA#: link (5 - 1 + 0) % 4 = 0, that is PIRQA. */
static void test_pirq_routing(void)
{
    int devfn = QPCI_DEVFN(5, 0), piix = QPCI_DEVFN(1, 0);

    qts = qtest_init("-machine pc -nodefaults -chardev null,id=c "
                     "-device pci-serial,chardev=c,addr=5");
    qtest_irq_intercept_in(qts, "ioapic");
    qpci_config_writel(qts, devfn, 0x10, 0xc000);
    qpci_config_writew(qts, devfn, 0x04, COMMAND_IO);
    qpci_config_writeb(qts, piix, 0x60, 10);
    qtest_outb(qts, 0xc001, 0x02);
    g_assert_true(qtest_get_irq(qts, 10));
    g_assert_cmphex(qpci_config_readw(qts, devfn, 0x06) & 8, ==, 8);
    /* Another route, and none. */
    qpci_config_writeb(qts, piix, 0x60, 11);
    g_assert_false(qtest_get_irq(qts, 10));
    g_assert_true(qtest_get_irq(qts, 11));
    qpci_config_writeb(qts, piix, 0x60, 0x80);
    g_assert_false(qtest_get_irq(qts, 11));
    qpci_config_writeb(qts, piix, 0x60, 11);
    g_assert_true(qtest_get_irq(qts, 11));
    /* Interrupt Disable, bit 10 of the command register. */
    qpci_config_writew(qts, devfn, 0x04, COMMAND_IO | 1 << 10);
    g_assert_false(qtest_get_irq(qts, 11));
    qpci_config_writew(qts, devfn, 0x04, COMMAND_IO);
    g_assert_true(qtest_get_irq(qts, 11));
    qtest_inb(qts, 0xc002);
    g_assert_false(qtest_get_irq(qts, 11));
    qtest_quit(qts);
}

/* Routes change: what they do not concern stays as it is, without a glitch. */
static void test_pirq_leaves_others_alone(void)
{
    int devfn = QPCI_DEVFN(5, 0), piix = QPCI_DEVFN(1, 0);
    unsigned count;

    qts = qtest_init("-machine pc -nodefaults -chardev null,id=c -chardev null,id=d "
                     "-device pci-serial,chardev=c,addr=5 -device isa-serial,chardev=d,index=0");
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_outb(qts, 0x3f9, 0x02); /* IRQ 4 of the ISA port */
    qtest_outb(qts, 0x3fc, 0x08);
    g_assert_true(qtest_get_irq(qts, 4));
    qpci_config_writel(qts, devfn, 0x10, 0xc000);
    qpci_config_writew(qts, devfn, 0x04, COMMAND_IO);
    qpci_config_writeb(qts, piix, 0x60, 10);
    qtest_outb(qts, 0xc001, 0x02);
    g_assert_true(qtest_get_irq(qts, 10));
    g_assert_true(qtest_get_irq(qts, 4));
    count = qtest_get_irq_count(qts, 10);
    qpci_config_writeb(qts, piix, 0x61, 11);
    g_assert_cmpint(qtest_get_irq_count(qts, 10), ==, count);
    g_assert_true(qtest_get_irq(qts, 10));
    g_assert_true(qtest_get_irq(qts, 4));
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pci/reset-values", test_reset_values);
    g_test_add_func("/pci/absent", test_absent);
    g_test_add_func("/pci/read-only", test_read_only);
    g_test_add_func("/pci/io-bar", test_io_bar);
    g_test_add_func("/pci/memory-bar", test_memory_bar);
    g_test_add_func("/pci/odd-places", test_odd_places);
    g_test_add_func("/pci/pirq", test_pirq_routing);
    g_test_add_func("/pci/pirq/others", test_pirq_leaves_others_alone);
    return g_test_run();
}
