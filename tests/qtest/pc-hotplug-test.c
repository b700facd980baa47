/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The registers by which a PC's ACPI code hears of PCI devices, CPUs and memory that come and go.
 */

#include "libqtest.h"

#define PCI    0xae00
#define Q35PCI 0xcc0
#define CPU    0xaf00
#define MEMORY 0x0a00
#define GPE    0xafe0
#define LPC    QPCI_DEVFN(0x1f, 0)
#define PMBASE 0x600

#define ADD_CPU                                                                                    \
    "{'execute': 'device_add', 'arguments': {'driver': 'qemu64-x86_64-cpu', 'id': 'c',"            \
    " 'socket-id': 0, 'core-id': 2, 'thread-id': 0}}"

static QTestState *qts;

static void ok(const char *command)
{
    qtest_qmp_assert_success(qts, "%s", command);
}

static void fails(const char *command, const char *words)
{
    g_autoptr(QDict) response = qtest_qmp(qts, "%s", command);

    g_assert_nonnull(strstr(qdict_get_str(qdict_get_qdict(response, "error"), "desc"), words));
}

/* The event bit, which is cleared. */
static bool event(uint8_t bit)
{
    bool set = qtest_inb(qts, GPE) & bit;

    qtest_outb(qts, GPE, bit);
    return set;
}

static void wait_deleted(const char *id)
{
    for (bool done = false; !done;) {
        g_autoptr(QDict) message = qtest_qmp_eventwait_ref(qts, "DEVICE_DELETED");

        done = !g_strcmp0(qdict_get_try_str(qdict_get_qdict(message, "data"), "device"), id);
    }
}

static void test_pci(void)
{
    qts = qtest_init("-machine pc -nodefaults -device virtio-rng-pci,id=cold,addr=5");
    g_assert_cmphex(qtest_inl(qts, PCI), ==, 0);
    g_assert_cmphex(qtest_inl(qts, PCI + 0xc), ==, 0xfffffffc);
    ok("{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'id': 'a',"
       " 'addr': '6', 'acpi-index': 77}}");
    g_assert_true(event(2));
    g_assert_cmphex(qtest_inl(qts, PCI), ==, 1 << 6);
    g_assert_cmphex(qtest_inl(qts, PCI), ==, 0);
    qtest_outl(qts, PCI + 0x14, 1 << 6);
    g_assert_cmphex(qtest_inl(qts, PCI + 0x14), ==, 77);
    fails("{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'id': 'b',"
          " 'acpi-index': 77}}",
          "acpi-index=77");

    ok("{'execute': 'device_del', 'arguments': {'id': 'a'}}");
    g_assert_true(event(2));
    g_assert_cmphex(qtest_inl(qts, PCI + 4), ==, 1 << 6);
    fails("{'execute': 'device_del', 'arguments': {'id': 'a'}}", "in the process of unplug");
    /* Neither another bus nor a slot that has to stay. */
    qtest_outl(qts, PCI + 0x10, 3);
    qtest_outl(qts, PCI + 8, UINT32_MAX);
    qtest_outl(qts, PCI + 0x10, 0);
    qtest_outl(qts, PCI + 8, 3);
    g_assert_cmphex(qpci_config_readl(qts, QPCI_DEVFN(1, 0), 0), !=, UINT32_MAX);
    g_assert_cmphex(qpci_config_readl(qts, QPCI_DEVFN(6, 0), 0), !=, UINT32_MAX);
    qtest_outl(qts, PCI + 8, 1 << 6);
    wait_deleted("a");
    g_assert_cmphex(qpci_config_readl(qts, QPCI_DEVFN(6, 0), 0), ==, UINT32_MAX);
    g_assert_cmphex(qtest_inl(qts, PCI + 4), ==, 0);

    /* What was asked for is done at the latest by a reset. */
    ok("{'execute': 'device_del', 'arguments': {'id': 'cold'}}");
    qtest_system_reset(qts);
    g_assert_cmphex(qpci_config_readl(qts, QPCI_DEVFN(5, 0), 0), ==, UINT32_MAX);
    qtest_quit(qts);
}

/* Slots of express ports; the port says, too, whether its slot is empty. */
static void test_pci_express(void)
{
    int port = QPCI_DEVFN(3, 0);
    int express;

    qts = qtest_init("-machine q35 -nodefaults -device pcie-root-port,id=one,chassis=1,addr=3"
                     " -device pcie-root-port,id=two,chassis=2,addr=4,hotplug=off"
                     " -device pcie-root-port,id=three,chassis=3,addr=5");
    express = qpci_find_capability(qts, port, 0x10);
    qpci_config_writel(qts, LPC, 0x40, PMBASE | 1);
    qpci_config_writeb(qts, LPC, 0x44, 0x80);
    g_assert_cmphex(qtest_inl(qts, Q35PCI + 0xc), ==, 1);
    ok("{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'id': 'a',"
       " 'bus': 'three'}}");
    g_assert_cmphex(qtest_inb(qts, PMBASE + 0x20) & 2, ==, 2);
    qtest_outb(qts, PMBASE + 0x20, 2);
    /* Buses are numbered in the order of their bridges; the second one is none of them. */
    g_assert_cmphex(qtest_inl(qts, Q35PCI), ==, 0);
    qtest_outl(qts, Q35PCI + 0x10, 1);
    g_assert_cmphex(qtest_inl(qts, Q35PCI), ==, 1);
    qtest_outl(qts, Q35PCI + 0x10, 2);
    g_assert_cmphex(qtest_inl(qts, Q35PCI + 0xc), ==, UINT32_MAX);

    g_assert_cmphex(qpci_config_readw(qts, port, express + 0x1a) & 0x40, ==, 0);
    ok("{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'id': 'b',"
       " 'bus': 'one'}}");
    g_assert_cmphex(qpci_config_readw(qts, port, express + 0x1a) & 0x49, ==, 0x40);
    ok("{'execute': 'device_del', 'arguments': {'id': 'b'}}");
    qtest_outl(qts, Q35PCI + 0x10, 0);
    g_assert_cmphex(qtest_inl(qts, Q35PCI + 4), ==, 1);
    qtest_outl(qts, Q35PCI + 8, 1);
    wait_deleted("b");
    g_assert_cmphex(qpci_config_readw(qts, port, express + 0x1a) & 0x49, ==, 0);
    fails("{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'bus': 'two'}}",
          "'two'");
    fails("{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'bus': 'pcie.0'}}",
          "'pcie.0'");
    qtest_quit(qts);
}

static void test_cpu(void)
{
    qts = qtest_init("-machine pc -nodefaults -smp 1,maxcpus=4");
    for (int round = 0; round < 2; round++) {
        g_assert_cmphex(qtest_inb(qts, CPU + 4), ==, 1);
        ok(ADD_CPU);
        g_assert_true(event(4));
        /* "Next with an event" goes there; its APIC ID is an answer, too. */
        qtest_outb(qts, CPU + 5, 0);
        g_assert_cmphex(qtest_inl(qts, CPU + 8), ==, 2);
        g_assert_cmphex(qtest_inb(qts, CPU + 4), ==, 3);
        qtest_outb(qts, CPU + 5, 3);
        g_assert_cmphex(qtest_inl(qts, CPU + 8), ==, 2);
        qtest_outb(qts, CPU + 4, 2);
        g_assert_cmphex(qtest_inb(qts, CPU + 4), ==, 1);

        ok("{'execute': 'device_del', 'arguments': {'id': 'c'}}");
        g_assert_true(event(4));
        g_assert_cmphex(qtest_inb(qts, CPU + 4), ==, 5);
        /* The guest will not: _OST of an eject request with status "busy". */
        qtest_outb(qts, CPU + 5, 1);
        qtest_outl(qts, CPU + 8, 3);
        qtest_outb(qts, CPU + 5, 2);
        qtest_outl(qts, CPU + 8, 0x82);
        qtest_qmp_eventwait(qts, "ACPI_DEVICE_OST");
        qtest_qmp_eventwait(qts, "DEVICE_UNPLUG_GUEST_ERROR");
        qtest_outb(qts, CPU + 4, 8);
        wait_deleted("c");
        g_assert_cmphex(qtest_inb(qts, CPU + 4), ==, 0);
        qtest_outl(qts, CPU, 0);
    }
    /* The first one stays, and a place that is none has no registers. */
    qtest_outb(qts, CPU + 4, 8);
    g_assert_cmphex(qtest_inb(qts, CPU + 4), ==, 1);
    qtest_outl(qts, CPU, 4);
    qtest_outb(qts, CPU + 4, 8);
    g_assert_cmphex(qtest_inl(qts, CPU + 4), ==, 0);
    qtest_quit(qts);
}

static void test_memory(void)
{
    qts = qtest_init("-machine pc -nodefaults -m 64,slots=2,maxmem=256M"
                     " -object memory-backend-ram,id=m,size=32M");
    qtest_outl(qts, MEMORY, 0);
    g_assert_cmphex(qtest_inb(qts, MEMORY + 0x14), ==, 0);
    ok("{'execute': 'device_add', 'arguments': {'driver': 'pc-dimm', 'id': 'd', 'memdev': 'm'}}");
    g_assert_true(event(8));
    g_assert_cmphex(qtest_inb(qts, MEMORY + 0x14), ==, 3);
    g_assert_cmphex(qtest_inl(qts, MEMORY + 4), ==, 1);
    g_assert_cmphex(qtest_inl(qts, MEMORY + 8), ==, 32 * 1024 * 1024);
    qtest_outb(qts, MEMORY + 0x14, 2);
    qtest_writeq(qts, 0x100000000 + 0x1fffff8, 0x1234);
    g_assert_cmphex(qtest_readq(qts, 0x100000000 + 0x1fffff8), ==, 0x1234);

    ok("{'execute': 'device_del', 'arguments': {'id': 'd'}}");
    g_assert_cmphex(qtest_inb(qts, MEMORY + 0x14), ==, 5);
    qtest_outl(qts, MEMORY + 4, 0x103);
    qtest_outl(qts, MEMORY + 8, 1);
    qtest_qmp_eventwait(qts, "DEVICE_UNPLUG_GUEST_ERROR");
    qtest_outb(qts, MEMORY + 0x14, 8);
    wait_deleted("d");
    g_assert_cmphex(qtest_inb(qts, MEMORY + 0x14), ==, 0);
    g_assert_cmphex(qtest_readq(qts, 0x100000000 + 0x1fffff8), ==, UINT64_MAX);
    qtest_outl(qts, MEMORY, 7);
    qtest_outb(qts, MEMORY + 0x14, 8);
    g_assert_cmphex(qtest_inl(qts, MEMORY + 0x14), ==, 0);
    ok("{'execute': 'object-del', 'arguments': {'id': 'm'}}");
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/hotplug/pci", test_pci);
    g_test_add_func("/hotplug/pci-express", test_pci_express);
    g_test_add_func("/hotplug/cpu", test_cpu);
    g_test_add_func("/hotplug/memory", test_memory);
    return g_test_run();
}
