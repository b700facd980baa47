/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses of all sizes to everything: each port and each register of the
 * machine as `info mtree` shows them, then random ones. The machine need not do
 * anything sensible; it must answer, and reset to what it was before.
 *
 * QTEST_FUZZ_COUNT and QTEST_FUZZ_SEED ask for more, and for others.
 */
#include "registers.h"

#define SECOND 1000000000ll

static QTestState *qts;
static bool q35; /* which of the two boards */

/* The parts of the map that are registers. */
static GArray *find_ranges(void)
{
    GArray *ranges = registers_find(qts, NULL);

    g_assert_cmpint(ranges->len, >, 10);
    return ranges;
}

/* Each register of each size, also across the ends of a region; the first and last of large ones.
 */
static void sweep(GArray *ranges, bool write, uint64_t value)
{
    for (guint i = 0; i < ranges->len; i++) {
        RegisterRange *r = &g_array_index(ranges, RegisterRange, i);

        for (int size = 1; size <= (r->io ? 4 : 8); size *= 2) {
            uint64_t from = r->first < 4 ? 0 : r->first - 3;

            for (uint64_t a = from; a <= r->last; a++) {
                if (a > r->first + 64 && a + 64 < r->last) {
                    a = r->last - 64;
                }
                if (write) {
                    registers_write(qts, r->io, a, size, value);
                } else {
                    registers_read(qts, r->io, a, size);
                }
            }
        }
    }
}

/* What must be the same after each reset. */
static void check_alive(void)
{
    qtest_qmp_assert_success(qts, "{'execute': 'query-status'}");
    qtest_system_reset(qts);
    g_assert_cmphex(qpci_config_readl(qts, 0, 0), ==, q35 ? 0x29c08086 : 0x12378086);
    qtest_outw(qts, 0x510, 0);
    g_assert_cmphex(qtest_inb(qts, 0x511), ==, 'Q');
}

/* So that the registers of ACPI and of PCI devices are in the map. */
static void map_registers(void)
{
    if (q35) {
        qpci_config_writel(qts, QPCI_DEVFN(31, 0), 0x40, 0x601);
        qpci_config_writeb(qts, QPCI_DEVFN(31, 0), 0x44, 0x80);
        qpci_config_writel(qts, QPCI_DEVFN(31, 0), 0xf0, 0xfed1c001);
        qpci_config_writel(qts, 0, 0x60, 0xb0000001);
    } else {
        qpci_config_writel(qts, QPCI_DEVFN(1, 3), 0x40, 0x601);
        qpci_config_writeb(qts, QPCI_DEVFN(1, 3), 0x80, 1);
    }
    qpci_config_writel(qts, QPCI_DEVFN(5, 0), 0x10, 0xc000);
    qpci_config_writel(qts, QPCI_DEVFN(6, 0), 0x10, 0xe0000000);
    qpci_config_writew(qts, QPCI_DEVFN(5, 0), 0x04, 1);
    qpci_config_writew(qts, QPCI_DEVFN(6, 0), 0x04, 2);
}

static void start(gconstpointer machine)
{
    q35 = !strcmp(machine, "q35");
    qts = qtest_initf(
        "-machine %s -no-shutdown -action panic=none,watchdog=none -chardev null,id=c "
        "-device isa-serial,chardev=c,index=0 -device ib700 -device pvpanic "
        "-device isa-debugcon,chardev=d,iobase=0x402 -chardev null,id=d "
        "-device pci-serial,chardev=e,addr=5 -chardev null,id=e -device pvpanic-pci,addr=6",
        (const char *)machine);
    map_registers();
}

static void test_sweep(gconstpointer machine)
{
    GArray *ranges;

    start(machine);
    ranges = find_ranges();
    sweep(ranges, false, 0);
    sweep(ranges, true, 0);
    qtest_clock_step(qts, SECOND / 10);
    sweep(ranges, true, UINT64_MAX);
    sweep(ranges, false, 0);
    qtest_clock_step(qts, SECOND / 10);
    check_alive();
    g_array_unref(ranges);
    qtest_quit(qts);
}

static void test_all_ports(gconstpointer machine)
{
    start(machine);
    for (uint32_t port = 0; port < 0x10000; port += port < 0x800 ? 1 : 13) {
        qtest_inb(qts, port);
        qtest_inl(qts, port);
    }
    check_alive();
    qtest_quit(qts);
}

static void test_random(gconstpointer machine)
{
    const char *count_text = g_getenv("QTEST_FUZZ_COUNT"), *seed_text = g_getenv("QTEST_FUZZ_SEED");
    int count = count_text ? atoi(count_text) : 30000;
    GRand *rnd = g_rand_new_with_seed(seed_text ? atoi(seed_text) : 20);
    GArray *ranges;

    start(machine);
    ranges = find_ranges();
    for (int i = 0; i < count; i++) {
        RegisterRange *r = &g_array_index(ranges, RegisterRange, g_rand_int(rnd) % ranges->len);
        uint64_t len = MIN(r->last - r->first + 1, g_rand_int(rnd) % 4 ? 0x400 : UINT64_MAX);
        uint64_t addr = r->first + g_rand_int(rnd) % len;
        int size = 1 << g_rand_int(rnd) % (r->io ? 3 : 4);

        if (i % 500 == 499) {
            qtest_clock_step(qts, g_rand_int(rnd) % (SECOND / 100));
        }
        if (i % 5000 == 4999) {
            check_alive();
        }
        if (g_rand_int(rnd) % 2) {
            registers_write(qts, r->io, addr, size,
                            registers_pick_value(rnd) & (UINT64_MAX >> (64 - size * 8)));
        } else {
            registers_read(qts, r->io, addr, size);
        }
    }
    check_alive();
    g_array_unref(ranges);
    g_rand_free(rnd);
    qtest_quit(qts);
}

/* Random writes to configuration space: all of bus 0, and then everything looks as ever. */
static void test_random_config(gconstpointer machine)
{
    GRand *rnd = g_rand_new_with_seed(21);

    start(machine);
    for (int i = 0; i < 10000; i++) {
        int slot = g_rand_int(rnd) % 9, offset = g_rand_int(rnd) % 256;
        int devfn = QPCI_DEVFN(slot == 8 ? 31 : slot, g_rand_int(rnd) % 8);

        switch (g_rand_int(rnd) % 4) {
        case 0:
            qpci_config_writeb(qts, devfn, offset, registers_pick_value(rnd));
            break;
        case 1:
            qpci_config_writew(qts, devfn, offset & ~1, registers_pick_value(rnd));
            break;
        case 2:
            qpci_config_writel(qts, devfn, offset & ~3, registers_pick_value(rnd));
            break;
        default:
            qpci_config_readl(qts, devfn, offset & ~3);
            break;
        }
        if (i % 1000 == 999) {
            qtest_clock_step(qts, SECOND / 100);
            check_alive();
        }
    }
    g_rand_free(rnd);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/fuzz/pc/sweep", "pc", test_sweep);
    g_test_add_data_func("/fuzz/pc/ports", "pc", test_all_ports);
    g_test_add_data_func("/fuzz/pc/random", "pc", test_random);
    g_test_add_data_func("/fuzz/pc/config", "pc", test_random_config);
    g_test_add_data_func("/fuzz/q35/sweep", "q35", test_sweep);
    g_test_add_data_func("/fuzz/q35/random", "q35", test_random);
    g_test_add_data_func("/fuzz/q35/config", "q35", test_random_config);
    return g_test_run();
}
