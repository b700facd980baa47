/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Root buses of expander bridges: their numbers, what is found on them, interrupts, what is
 * refused. */
#include "libqtest.h"
#include <glib/gstdio.h>

static QTestState *qts;

static void select_register(int bus, int devfn, int reg)
{
    qtest_outl(qts, 0xcf8, 0x80000000u | bus << 16 | devfn << 8 | (reg & 0xfc));
}

static uint32_t read_config(int bus, int devfn, int reg)
{
    select_register(bus, devfn, reg);
    return qtest_inl(qts, 0xcfc);
}

static void write_config(int bus, int devfn, int reg, uint32_t value)
{
    select_register(bus, devfn, reg);
    qtest_outl(qts, 0xcfc, value);
}

#define NOTHING 0xffffffff

static void test_registers(void)
{
    qts = qtest_init("-machine pc -nodefaults -device pxb,id=p,bus_nr=32,addr=5");
    g_assert_cmphex(read_config(0, QPCI_DEVFN(5, 0), 0), ==, 0x00091b36);
    g_assert_cmphex(read_config(0, QPCI_DEVFN(5, 0), 4), ==, 0x00a00000);
    g_assert_cmphex(read_config(0, QPCI_DEVFN(5, 0), 8), ==, 0x06000000);
    g_assert_cmphex(read_config(0, QPCI_DEVFN(5, 0), 0x2c), ==, 0x11001af4);
    /* The bridge, without interrupts and hot-plug controller: chassis 32. */
    g_assert_cmphex(read_config(32, 0, 0), ==, 0x00011b36);
    g_assert_cmphex(read_config(32, 0, 8), ==, 0x06040000);
    g_assert_cmphex(read_config(32, 0, 0x3c) & 0xffff, ==, 0);
    g_assert_cmphex(read_config(32, 0, 0x34) & 0xff, !=, 0);
    g_assert_cmphex(read_config(32, 0, read_config(32, 0, 0x34) & 0xff) >> 16, ==, 0x2020);
    g_assert_cmphex(read_config(31, 0, 0), ==, NOTHING);
    g_assert_cmphex(read_config(33, 0, 0), ==, NOTHING);
    g_assert_cmphex(read_config(32, 8, 0), ==, NOTHING);
    qtest_quit(qts);
}

/* A root bus has the numbers up to that of the next one, whatever bridges elsewhere claim. */
static void test_numbers(void)
{
    qts = qtest_init("-machine q35 -nodefaults -device pcie-root-port,id=r,addr=3,chassis=9 "
                     "-device virtio-rng-pci,bus=r "
                     "-device pxb-pcie,id=b,bus_nr=64 -device pxb-pcie,id=a,bus_nr=32 "
                     "-device pcie-root-port,id=ra,bus=a,addr=1,chassis=1 "
                     "-device pcie-root-port,id=rb,bus=b,addr=2,chassis=2 "
                     "-device virtio-rng-pci,bus=ra -device virtio-rng-pci,bus=rb");
    g_assert_cmphex(read_config(32, QPCI_DEVFN(1, 0), 0), ==, 0x000c1b36);
    g_assert_cmphex(read_config(32, QPCI_DEVFN(2, 0), 0), ==, NOTHING);
    g_assert_cmphex(read_config(64, QPCI_DEVFN(2, 0), 0), ==, 0x000c1b36);
    write_config(0, QPCI_DEVFN(3, 0), 0x18, 0x00ff0100);
    write_config(32, QPCI_DEVFN(1, 0), 0x18, 0x00ff2120);
    write_config(64, QPCI_DEVFN(2, 0), 0x18, 0x00ff4140);
    g_assert_cmphex(read_config(1, 0, 0), ==, 0x10441af4);
    g_assert_cmphex(read_config(0x21, 0, 0), ==, 0x10441af4);
    g_assert_cmphex(read_config(0x41, 0, 0), ==, 0x10441af4);
    g_assert_cmphex(read_config(32, QPCI_DEVFN(1, 0), 0), ==, 0x000c1b36);
    g_assert_cmphex(read_config(64, QPCI_DEVFN(2, 0), 0), ==, 0x000c1b36);
    /* Numbers of the next root bus are not what a port can have behind it. */
    write_config(32, QPCI_DEVFN(1, 0), 0x18, 0x00504820);
    g_assert_cmphex(read_config(0x48, 0, 0), ==, NOTHING);
    qtest_quit(qts);
}

/* Interrupts: pin A of slot 3 behind the bridge at slot 0 is PIRQC, as on the first root bus. */
static void test_interrupt(void)
{
    qts = qtest_init("-machine pc -nodefaults -device pxb,id=p,bus_nr=32,addr=5 "
                     "-chardev null,id=c -device pci-serial,chardev=c,bus=p,addr=3");
    qtest_irq_intercept_in(qts, "ioapic");
    qpci_config_writeb(qts, QPCI_DEVFN(1, 0), 0x62, 11); /* PIRQC */
    write_config(32, 0, 0x18, 0x00212120);
    write_config(32, 0, 0x1c, 0xc0c0);
    write_config(32, 0, 0x04, 7);
    write_config(0x21, QPCI_DEVFN(3, 0), 0x10, 0xc000);
    write_config(0x21, QPCI_DEVFN(3, 0), 0x04, 7);
    g_assert_false(qtest_get_irq(qts, 11));
    qtest_outb(qts, 0xc001, 2); /* when it can take a byte, which it can */
    g_assert_true(qtest_get_irq(qts, 11));
    qtest_outb(qts, 0xc001, 0);
    g_assert_false(qtest_get_irq(qts, 11));
    qtest_quit(qts);
}

static void test_save(void)
{
    g_autofree char *file = NULL;
    int fd = g_file_open_tmp("pxb-XXXXXX", &file, NULL);
    const char *args = "-machine q35 -nodefaults -device pxb-pcie,id=a,bus_nr=32 "
                       "-device pcie-root-port,id=ra,bus=a,addr=1,chassis=1 "
                       "-device virtio-rng-pci,bus=ra";

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    qts = qtest_init(args);
    write_config(32, QPCI_DEVFN(1, 0), 0x18, 0x00212120);
    write_config(0x21, 0, 0x04, 4);
    qtest_save(qts, file);
    qtest_quit(qts);
    qts = qtest_load(args, file);
    g_assert_cmphex(read_config(32, QPCI_DEVFN(1, 0), 0x18) & 0xffffff, ==, 0x212120);
    g_assert_cmphex(read_config(0x21, 0, 0x04) & 0xffff, ==, 4);
    qtest_quit(qts);
    g_unlink(file);
}

/* A device that names no bus goes to the first root bus. */
static void test_default_bus(void)
{
    qts = qtest_init("-machine pc -nodefaults -device pxb,id=p,bus_nr=32,addr=5 "
                     "-device pxb,id=q,bus_nr=64,addr=6 -device pvpanic-pci,addr=7");
    g_assert_cmphex(read_config(0, QPCI_DEVFN(7, 0), 0), ==, 0x00111b36);
    qtest_quit(qts);
}

static void test_refused(void)
{
    qtest_refused("-machine pc -device pxb", "bus_nr=0 is the number of root bus 'pci.0' already");
    qtest_refused("-machine pc -device pxb,bus_nr=5 -device pxb,bus_nr=5", "bus_nr=5");
    qtest_refused("-machine pc -device pxb,bus_nr=5,numa_node=1", "the machine has 0 NUMA nodes");
    qtest_refused("-machine q35 -device pxb,bus_nr=5", "which takes a pxb-pcie");
    qtest_refused("-machine pc -device pxb-pcie,bus_nr=5", "which takes a pxb");
    qtest_refused(
        "-machine pc -device pci-bridge,id=b,chassis_nr=1 -device pxb,bus=b,addr=1,bus_nr=5",
        "first root bus, not on 'b'");
    qtest_refused("-machine q35 -device pxb-pcie,id=p,bus_nr=5 -device pxb-pcie,bus=p,bus_nr=6",
                  "takes root ports and bridges only");
    qtest_refused("-machine q35 -device pxb-pcie,id=p,bus_nr=5 -device virtio-rng-pci,bus=p",
                  "takes root ports and bridges only");
    qtest_refused("-machine q35 -device pxb-pcie,id=realized,bus_nr=5", "id=realized");
    qtest_refused("-machine pc -device pxb,id=realized,bus_nr=5", "id=realized");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pxb/registers", test_registers);
    g_test_add_func("/pxb/numbers", test_numbers);
    g_test_add_func("/pxb/interrupt", test_interrupt);
    g_test_add_func("/pxb/save", test_save);
    g_test_add_func("/pxb/default-bus", test_default_bus);
    g_test_add_func("/pxb/refused", test_refused);
    return g_test_run();
}
