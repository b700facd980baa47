/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Windows, resets and saved state of bridges; slots of PCI Express ports. */
#include "libqtest.h"

#define MMCFG  0xb0000000ull
#define PORT   QPCI_DEVFN(3, 0)
#define EXP    0x54
#define SLTCTL (EXP + 0x18)
#define SLTSTA (EXP + 0x1a)

/* Slots are the ports' own here. */
#define Q35                                                                                        \
    "-machine q35 -m 64 -nodefaults -global ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"

static QTestState *qts;

static uint64_t config(int bus, int devfn, int reg)
{
    return MMCFG + ((uint64_t)bus << 20 | devfn << 12 | reg);
}

static void start(const char *more)
{
    qts = qtest_initf(Q35 " %s", more);
    qpci_config_writel(qts, 0, 0x60, MMCFG | 1);
}

/* Bus 1 is behind the bridge at @devfn, with 1 MiB of memory at e0000000 and ports c000-cfff. */
static void configure(int devfn)
{
    qpci_config_writel(qts, devfn, 0x18, 0x00010100);
    qpci_config_writew(qts, devfn, 0x1c, 0xc0c0);
    qpci_config_writel(qts, devfn, 0x20, 0xe000e000);
    qpci_config_writew(qts, devfn, 0x04, 7);
}

static void test_port_registers(void)
{
    start("-device pcie-root-port,addr=3,port=5,slot=2");
    g_assert_cmphex(qpci_config_readl(qts, PORT, 0x00), ==, 0x000c1b36);
    g_assert_cmphex(qpci_config_readl(qts, PORT, 0x08), ==, 0x06040000);
    g_assert_cmphex(qpci_config_readb(qts, PORT, 0x0e), ==, 1);
    g_assert_cmphex(qpci_config_readl(qts, PORT, 0x1c) & 0xffff, ==, 0x00f0);
    g_assert_cmphex(qpci_config_readl(qts, PORT, 0x20), ==, 0x0000fff0);
    g_assert_cmphex(qpci_config_readl(qts, PORT, 0x24), ==, 0x0001fff1);
    g_assert_cmphex(qpci_config_readw(qts, PORT, EXP + 2), ==, 0x0142);
    g_assert_cmphex(qpci_config_readl(qts, PORT, EXP + 0x0c), ==, 0x05300604);
    g_assert_cmphex(qpci_config_readl(qts, PORT, EXP + 0x14), ==, 0x0012007b);
    g_assert_cmphex(qpci_config_readl(qts, PORT, SLTCTL), ==, 0x07c0);
    /* AER, then ACS, then nothing. */
    g_assert_cmphex(qtest_readl(qts, config(0, PORT, 0x100)), ==, 0x14820001);
    g_assert_cmphex(qtest_readl(qts, config(0, PORT, 0x148)), ==, 0x0001000d);
    qtest_quit(qts);
}

/* Extended capabilities of a function behind a port, as its properties have them. */
static void test_extended_capabilities(void)
{
    uint64_t at = config(1, 0, 0x100);

    start("-device pcie-root-port,id=p,addr=3 -device virtio-rng-pci,bus=p,aer=on,ats=on");
    configure(PORT);
    g_assert_cmphex(qtest_readl(qts, at), ==, 0x14820001);
    g_assert_cmphex(qtest_readl(qts, at + 0x48), ==, 0x0001000f);
    g_assert_cmphex(qtest_readl(qts, at + 0x4c), ==, 0x00000020);
    qtest_writew(qts, at + 0x4e, 0xffff);
    g_assert_cmphex(qtest_readl(qts, at + 0x4c), ==, 0x801f0020);
    qtest_system_reset(qts);
    qpci_config_writel(qts, 0, 0x60, MMCFG | 1);
    configure(PORT);
    g_assert_cmphex(qtest_readl(qts, at + 0x4c), ==, 0x00000020);
    qtest_quit(qts);

    start("-device pcie-root-port,id=p,addr=3 -device virtio-rng-pci,bus=p,ats=on");
    configure(PORT);
    g_assert_cmphex(qtest_readl(qts, at), ==, 0x0001000f);
    qtest_quit(qts);

    start("-device pcie-root-port,id=p,addr=3 -device virtio-rng-pci,bus=p");
    configure(PORT);
    g_assert_cmphex(qtest_readl(qts, at), ==, 0);
    qtest_quit(qts);
}

/* A test device behind a bridge is where both say, and nowhere when one does not forward. */
static int capability(int bus, int devfn, uint8_t id)
{
    int at = qtest_readb(qts, config(bus, devfn, 0x34));

    while (at && qtest_readb(qts, config(bus, devfn, at)) != id) {
        at = qtest_readb(qts, config(bus, devfn, at + 1));
    }
    g_assert_cmpint(at, >, 0);
    return at;
}

/* A function that sleeps (D3hot) decodes nothing; when it wakes up, it has its state or has not. */
static void test_sleep(void)
{
    static const struct {
        const char *device;
        int bar, reg; /* that can be written */
        bool keeps;
    } rows[] = {
        {"virtio-rng-pci", 0x14, 0x08, false},
        {"virtio-rng-pci,x-pcie-pm-no-soft-reset=on", 0x14, 0x08, true},
        {"nvme,serial=x", 0x10, 0x24, true},
    };

    for (int i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *options =
            g_strdup_printf("-device pcie-root-port,id=p,addr=3 -device %s,bus=p", rows[i].device);
        uint64_t fn = config(1, 0, 0), reg = 0xe0000000 + rows[i].reg, pm;

        start(options);
        configure(PORT);
        pm = fn + capability(1, 0, 0x01);
        g_assert_cmphex(qtest_readw(qts, pm + 2), ==, 3);
        qtest_writel(qts, fn + rows[i].bar, 0xe0000000);
        qtest_writew(qts, fn + 0x04, 6);
        qtest_writel(qts, reg, 0x001f001f);
        /* A state that it does not have is no change. */
        qtest_writew(qts, pm + 4, 1);
        g_assert_cmphex(qtest_readw(qts, pm + 4) & 3, ==, 0);
        g_assert_cmphex(qtest_readl(qts, reg), ==, 0x001f001f);

        qtest_writew(qts, pm + 4, 3);
        g_assert_cmphex(qtest_readl(qts, reg), ==, 0xffffffff);
        g_assert_cmphex(qtest_readw(qts, fn + 0x04), ==, 6);
        qtest_writew(qts, pm + 4, 0);
        g_assert_cmphex(qtest_readw(qts, pm + 4), ==, rows[i].keeps ? 8 : 0);
        g_assert_cmphex(qtest_readw(qts, fn + 0x04), ==, rows[i].keeps ? 6 : 0);
        g_assert_cmphex(qtest_readl(qts, reg), ==, rows[i].keeps ? 0x001f001f : 0xffffffff);

        qtest_writew(qts, pm + 4, 3);
        qtest_system_reset(qts);
        qpci_config_writel(qts, 0, 0x60, MMCFG | 1);
        configure(PORT);
        g_assert_cmphex(qtest_readw(qts, pm + 4) & 3, ==, 0);
        qtest_quit(qts);
    }
}

/* What is behind a bridge that sleeps is not reached, and as it was when the bridge is awake again.
 */
static void test_bridge_sleeps(void)
{
    uint64_t fn = config(1, QPCI_DEVFN(2, 0), 0);
    int pm;

    start("-device pcie-pci-bridge,id=b,addr=3 -device pci-serial,bus=b,addr=2,chardev=c "
          "-chardev null,id=c");
    configure(PORT);
    qtest_writel(qts, fn + 0x10, 0xc100);
    qtest_writew(qts, fn + 0x04, 1);
    qtest_outb(qts, 0xc107, 0x5a);
    pm = qpci_find_capability(qts, PORT, 0x01);
    g_assert_cmpint(pm, >, 0);
    qpci_config_writew(qts, PORT, pm + 4, 3);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0xff);
    qpci_config_writew(qts, PORT, pm + 4, 0);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0xff);
    configure(PORT);
    g_assert_cmphex(qtest_readw(qts, fn + 0x04), ==, 1);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0x5a);
    qtest_quit(qts);
}

static void test_memory_window(void)
{
    start("-device pci-bridge,id=b,addr=3 -device pvpanic-pci,bus=b,addr=2");
    configure(PORT);
    g_assert_cmphex(qtest_readl(qts, config(1, QPCI_DEVFN(2, 0), 0)), ==, 0x00111b36);
    qtest_writel(qts, config(1, QPCI_DEVFN(2, 0), 0x10), 0xe0000000);
    qtest_writew(qts, config(1, QPCI_DEVFN(2, 0), 0x04), 2);
    g_assert_cmphex(qtest_readb(qts, 0xe0000000), ==, 0x07);
    /* Outside of the window, though the device says so. */
    qtest_writel(qts, config(1, QPCI_DEVFN(2, 0), 0x10), 0xe0200000);
    g_assert_cmphex(qtest_readb(qts, 0xe0200000), ==, 0xff);
    qpci_config_writel(qts, PORT, 0x20, 0xe020e020);
    g_assert_cmphex(qtest_readb(qts, 0xe0200000), ==, 0x07);
    /* Memory forwarding off. */
    qpci_config_writew(qts, PORT, 0x04, 5);
    g_assert_cmphex(qtest_readb(qts, 0xe0200000), ==, 0xff);
    /* By the prefetchable window, above 4 GiB nothing of a 32-bit register is found. */
    qpci_config_writew(qts, PORT, 0x04, 7);
    qpci_config_writel(qts, PORT, 0x20, 0x0000fff0);
    qpci_config_writel(qts, PORT, 0x24, 0xe020e020);
    g_assert_cmphex(qtest_readb(qts, 0xe0200000), ==, 0x07);
    qpci_config_writel(qts, PORT, 0x28, 1);
    g_assert_cmphex(qtest_readb(qts, 0xe0200000), ==, 0xff);
    qtest_quit(qts);
}

static void test_port_window(void)
{
    start("-device pci-bridge,id=b,addr=3 -device pci-serial,bus=b,addr=2,chardev=c "
          "-chardev null,id=c");
    configure(PORT);
    qtest_writel(qts, config(1, QPCI_DEVFN(2, 0), 0x10), 0xc100);
    qtest_writew(qts, config(1, QPCI_DEVFN(2, 0), 0x04), 1);
    qtest_outb(qts, 0xc107, 0x5a);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0x5a);
    qpci_config_writew(qts, PORT, 0x1c, 0x00f0);
    g_assert_cmphex(qtest_inb(qts, 0xc107), ==, 0xff);
    qtest_quit(qts);
}

static void test_pin(void)
{
    start("-device pci-bridge,id=b,addr=3 -device pci-serial,bus=b,addr=2,chardev=c "
          "-chardev null,id=c");
    configure(PORT);
    qtest_irq_intercept_in(qts, "ioapic");
    qtest_writel(qts, config(1, QPCI_DEVFN(2, 0), 0x10), 0xc100);
    qtest_writew(qts, config(1, QPCI_DEVFN(2, 0), 0x04), 1);
    qtest_outb(qts, 0xc101, 2);
    /* Pin A of slot 2 is C of the bridge, in slot 3: PIRQ (3 + 2) % 4 of the second four. */
    g_assert_true(qtest_get_irq(qts, 16 + 4 + (3 + 2) % 4));
    /* A reset of the bus behind the bridge. */
    qpci_config_writew(qts, PORT, 0x3e, 0x40);
    g_assert_false(qtest_get_irq(qts, 16 + 4 + (3 + 2) % 4));
    g_assert_cmphex(qtest_readw(qts, config(1, QPCI_DEVFN(2, 0), 0x04)), ==, 0);
    qtest_quit(qts);
}

static void test_saved_state(void)
{
    const char *devices = "-device pcie-root-port,id=p,addr=3 -device virtio-rng-pci,bus=p";
    g_autofree char *dir = g_dir_make_tmp("rhea-bridge-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    g_autofree char *incoming = g_strdup_printf("%s -incoming file:%s", devices, path);

    start(devices);
    configure(PORT);
    qtest_writel(qts, config(1, 0, 0x14), 0xe0000000);
    qtest_writew(qts, config(1, 0, 0x04), 2);
    qtest_save(qts, path);
    qtest_quit(qts);
    qts = qtest_initf(Q35 " %s", incoming);
    g_assert_cmphex(qtest_readl(qts, config(1, 0, 0)), ==, 0x10441af4);
    /* The vector table of the device is in the bridge's window again. */
    qtest_writel(qts, 0xe0000000, 0xfee00000);
    g_assert_cmphex(qtest_readl(qts, 0xe0000000), ==, 0xfee00000);
    qtest_quit(qts);
    unlink(path);
    rmdir(dir);
}

/* ---- slots ---- */

static void wait_deleted(const char *id)
{
    for (;;) {
        g_autoptr(QDict) event = qtest_qmp_eventwait_ref(qts, "DEVICE_DELETED");
        const char *device = qdict_get_try_str(qdict_get_qdict(event, "data"), "device");

        if (device && !strcmp(device, id)) {
            return;
        }
    }
}

static void test_slot(void)
{
    start("-device pcie-root-port,id=p,addr=3");
    qpci_config_writel(qts, PORT, 0x18, 0x00010100);
    qtest_qmp_assert_success(qts, "{'execute': 'device_add', 'arguments':"
                                  " {'driver': 'virtio-rng-pci', 'id': 'r', 'bus': 'p'}}");
    /* Present, changed, the button pressed, the link up. */
    g_assert_cmphex(qpci_config_readw(qts, PORT, SLTSTA), ==, 0x0149);
    g_assert_cmphex(qpci_config_readw(qts, PORT, EXP + 0x12) & 0x2000, ==, 0x2000);
    g_assert_cmphex(qtest_readl(qts, config(1, 0, 0)), ==, 0x10441af4);
    /* Power on, with the indicator; each command is completed. */
    qpci_config_writew(qts, PORT, SLTSTA, 0x0109);
    qpci_config_writew(qts, PORT, SLTCTL, 0x01c0);
    g_assert_cmphex(qpci_config_readw(qts, PORT, SLTSTA), ==, 0x0050);
    qpci_config_writew(qts, PORT, SLTSTA, 0x0010);

    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'r'}}");
    g_assert_cmphex(qpci_config_readw(qts, PORT, SLTSTA), ==, 0x0041);
    g_assert_cmphex(qtest_readl(qts, config(1, 0, 0)), ==, 0x10441af4);
    /* Power off alone is not enough; with the indicator it is. */
    qpci_config_writew(qts, PORT, SLTCTL, 0x05c0);
    g_assert_cmphex(qtest_readl(qts, config(1, 0, 0)), ==, 0x10441af4);
    qpci_config_writew(qts, PORT, SLTCTL, 0x07c0);
    wait_deleted("r");
    g_assert_cmphex(qtest_readl(qts, config(1, 0, 0)), ==, UINT32_MAX);
    g_assert_cmphex(qpci_config_readw(qts, PORT, SLTSTA) & 0x0148, ==, 0x0108);
    qtest_quit(qts);
}

static void test_slot_without_guest(void)
{
    start("-device pcie-root-port,id=p,addr=3");
    qtest_qmp_assert_success(qts, "{'execute': 'device_add', 'arguments':"
                                  " {'driver': 'virtio-rng-pci', 'id': 'r', 'bus': 'p'}}");
    /* The guest never powered it on: nobody is to be asked. */
    qtest_qmp_assert_success(qts, "{'execute': 'device_del', 'arguments': {'id': 'r'}}");
    wait_deleted("r");
    qtest_quit(qts);
}

static void test_interlock(void)
{
    g_autoptr(QDict) response = NULL;

    start("-device pcie-root-port,id=p,addr=3");
    qpci_config_writew(qts, PORT, SLTCTL, 0x0fc0);
    g_assert_cmphex(qpci_config_readw(qts, PORT, SLTSTA) & 0x80, ==, 0x80);
    response = qtest_qmp(qts, "{'execute': 'device_add', 'arguments':"
                              " {'driver': 'virtio-rng-pci', 'id': 'r', 'bus': 'p'}}");
    g_assert_true(qdict_haskey(response, "error"));
    qtest_quit(qts);
}

/* Bit 15 of Device Control, written by itself or with what is beside it, makes a function forget.
 */
static void test_function_level_reset(void)
{
    static const struct {
        const char *device;
        int bar, reg; /* that can be written */
        bool resets;
    } rows[] = {
        {"virtio-rng-pci", 0x14, 0x08, true},
        {"virtio-rng-pci,x-pcie-flr-init=off", 0x14, 0x08, false},
        {"nvme,serial=x", 0x10, 0x24, true},
    };

    for (int i = 0; i < G_N_ELEMENTS(rows) * 3; i++) {
        g_autofree char *options = g_strdup_printf(
            "-device pcie-root-port,id=p,addr=3 -device %s,bus=p", rows[i / 3].device);
        uint64_t fn = config(1, 0, 0), reg = 0xe0000000 + rows[i / 3].reg, express;
        bool resets = rows[i / 3].resets;

        start(options);
        configure(PORT);
        express = fn + capability(1, 0, 0x10);
        g_assert_cmphex(qtest_readl(qts, express + 4), ==, resets ? 0x10008000 : 0x8000);
        qtest_writel(qts, fn + rows[i / 3].bar, 0xe0000000);
        qtest_writew(qts, fn + 0x04, 6);
        qtest_writel(qts, reg, 0x001f001f);
        qtest_writel(qts, express + 8, 0x0000000f); /* a write without the bit */
        g_assert_cmphex(qtest_readl(qts, reg), ==, 0x001f001f);
        if (i % 3 == 0) {
            qtest_writel(qts, express + 8, 0x0000800f);
        } else if (i % 3 == 1) {
            qtest_writew(qts, express + 8, 0x800f);
        } else {
            qtest_writeb(qts, express + 9, 0x80);
        }
        g_assert_cmphex(qtest_readw(qts, express + 8), ==, resets ? 0 : 0x000f);
        g_assert_cmphex(qtest_readw(qts, fn + 0x04), ==, resets ? 0 : 6);
        qtest_writel(qts, fn + rows[i / 3].bar, 0xe0000000);
        qtest_writew(qts, fn + 0x04, 6);
        if (resets) {
            g_assert_cmphex(qtest_readl(qts, reg), !=, 0x001f001f);
        } else {
            g_assert_cmphex(qtest_readl(qts, reg), ==, 0x001f001f);
        }
        qtest_quit(qts);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pci-bridge/port-registers", test_port_registers);
    g_test_add_func("/pci-bridge/extended-capabilities", test_extended_capabilities);
    g_test_add_func("/pci-bridge/sleep", test_sleep);
    g_test_add_func("/pci-bridge/bridge-sleeps", test_bridge_sleeps);
    g_test_add_func("/pci-bridge/function-level-reset", test_function_level_reset);
    g_test_add_func("/pci-bridge/memory-window", test_memory_window);
    g_test_add_func("/pci-bridge/port-window", test_port_window);
    g_test_add_func("/pci-bridge/pin", test_pin);
    g_test_add_func("/pci-bridge/saved-state", test_saved_state);
    g_test_add_func("/pci-bridge/slot", test_slot);
    g_test_add_func("/pci-bridge/slot-without-guest", test_slot_without_guest);
    g_test_add_func("/pci-bridge/interlock", test_interlock);
    return g_test_run();
}
