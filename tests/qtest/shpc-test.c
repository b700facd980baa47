/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The standard hot-plug controller of conventional bridges (PCI SHPC 1.0): registers, by BAR and
 * through the capability, commands, interrupts, devices that come and go, saved state.
 */
#include "libqtest.h"

#define BRIDGE  QPCI_DEVFN(4, 0)
#define CAP     0x40
#define BAR     0xe0000000ull
#define OFF     0x0d0f /* disabled, power indicator off, latch open, empty */
#define ON      0x0006
#define SLOT(n) (BAR + 0x20 + 4 * (n))
#define MASKED  0x7f000000u

#define MACHINE                                                                                    \
    "-machine pc -m 64 -nodefaults"                                                                \
    " -global PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off"

static QTestState *qts;

static void start(const char *more)
{
    qts = qtest_initf(MACHINE " -device pci-bridge,id=b,chassis_nr=3,addr=4%s", more);
    qpci_config_writel(qts, BRIDGE, 0x10, BAR);
    qpci_config_writel(qts, BRIDGE, 0x18, 0x00010100);
    qpci_config_writew(qts, BRIDGE, 0x04, 7);
}

static void command(uint8_t slot, uint8_t code)
{
    qtest_writew(qts, BAR + 0x14, slot << 8 | code);
}

static uint16_t status(void)
{
    return qtest_readw(qts, BAR + 0x16);
}

static uint32_t device_at(int slot)
{
    uint32_t address = 0x80010000u | slot << 11;

    qtest_outl(qts, 0xcf8, address);
    return qtest_inl(qts, 0xcfc);
}

static void wait_deleted(const char *id)
{
    for (bool done = false; !done;) {
        g_autoptr(QDict) message = qtest_qmp_eventwait_ref(qts, "DEVICE_DELETED");

        done = !g_strcmp0(qdict_get_try_str(qdict_get_qdict(message, "data"), "device"), id);
    }
}

static void fails(const char *request, const char *words)
{
    g_autoptr(QDict) response = qtest_qmp(qts, "%s", request);

    g_assert_nonnull(strstr(qdict_get_str(qdict_get_qdict(response, "error"), "desc"), words));
}

#define ADD(more)                                                                                  \
    "{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'bus': 'b' " more "}}"
#define DEL(id) "{'execute': 'device_del', 'arguments': {'id': '" id "'}}"

static void test_registers(void)
{
    static const struct {
        uint8_t reg;
        uint32_t value;
    } registers[] = {
        {0x00, 0},           {0x04, 31},
        {0x08, 0},           {0x0c, 0xe001011f},
        {0x10, 0x01000000},  {0x14, 0},
        {0x18, 0},           {0x1c, 0},
        {0x20, 0x0f},        {0x24, MASKED | OFF},
        {0x34, MASKED | ON}, {0x9c, MASKED | OFF},
        {0xa0, 0},
    };

    start(" -device virtio-rng-pci,bus=b,addr=5");
    g_assert_cmphex(qpci_config_readw(qts, BRIDGE, CAP), ==, 0x000c);
    g_assert_cmphex(qpci_config_readl(qts, BRIDGE, 0x48), ==, 0x03204004);
    g_assert_cmphex(qpci_config_readl(qts, BRIDGE, 0x4c), ==, 0x01804805);
    for (int i = 0; i < G_N_ELEMENTS(registers); i++) {
        g_assert_cmphex(qtest_readl(qts, BAR + registers[i].reg), ==, registers[i].value);
        qpci_config_writeb(qts, BRIDGE, CAP + 2, registers[i].reg / 4);
        g_assert_cmphex(qpci_config_readl(qts, BRIDGE, CAP + 4), ==, registers[i].value);
    }
    /* Some bits of a slot, by bytes of the window. */
    qpci_config_writeb(qts, BRIDGE, CAP + 2, 9);
    qpci_config_writeb(qts, BRIDGE, CAP + 7, 0x70);
    g_assert_cmphex(qtest_readl(qts, SLOT(1)), ==, 0x70000000 | OFF);
    qtest_writew(qts, SLOT(1), 0);
    g_assert_cmphex(qtest_readl(qts, SLOT(1)), ==, 0x70000000 | OFF);
    qtest_quit(qts);
}

static void test_commands(void)
{
    start(" -device virtio-rng-pci,bus=b,addr=5");
    command(1, 0x01); /* power for an empty slot */
    g_assert_cmphex(status(), ==, 2);
    g_assert_cmphex(qtest_readl(qts, BAR + 0x20), ==, 0x1000f);
    command(1, 0x10); /* its attention indicator works */
    g_assert_cmphex(status(), ==, 0);
    g_assert_cmphex(qtest_readl(qts, SLOT(1)), ==, MASKED | OFF | 0x10);
    command(5, 0x01); /* enabled to power only */
    g_assert_cmphex(status(), ==, 4);
    command(0, 0x02);
    g_assert_cmphex(status(), ==, 4);
    command(31, 0x30);
    g_assert_cmphex(status(), ==, 0);
    command(0, 0x40);
    g_assert_cmphex(status(), ==, 0);
    command(0, 0x41); /* 66 MHz */
    g_assert_cmphex(status(), ==, 8);
    command(0, 0x80);
    g_assert_cmphex(status(), ==, 4);
    command(5, 0x03); /* disabled, with the indicator on: it stays */
    g_assert_cmphex(qtest_readl(qts, SLOT(5)), ==, MASKED | 0x07);
    g_assert_cmphex(device_at(5), ==, 0x10051af4);
    command(0, 0x49);
    g_assert_cmphex(qtest_readl(qts, SLOT(5)), ==, MASKED | ON);
    g_assert_cmphex(qtest_readl(qts, SLOT(6)), ==, MASKED | OFF);
    command(5, 0x0f);
    g_assert_cmphex(device_at(5), ==, UINT32_MAX);
    g_assert_cmphex(qtest_readl(qts, SLOT(5)), ==, MASKED | 0x90000 | OFF);
    qtest_quit(qts);
}

static void test_hotplug(void)
{
    start("");
    qtest_writel(qts, SLOT(1), 0); /* all events interrupt */
    qtest_qmp_assert_success(qts, ADD(", 'id': 'a'"));
    g_assert_cmphex(device_at(1), ==, 0x10051af4);
    g_assert_cmphex(qtest_readl(qts, SLOT(1)), ==, 0x000d000f);
    g_assert_cmphex(qtest_readl(qts, BAR + 0x18), ==, 2);
    g_assert_cmphex(qtest_readl(qts, BAR + 0x1c), ==, 2);
    g_assert_cmphex(qpci_config_readb(qts, BRIDGE, CAP + 3), ==, 0xc0);
    /* The pin follows, once interrupts as such are on. */
    g_assert_cmphex(qpci_config_readw(qts, BRIDGE, 0x06) & 8, ==, 0);
    qtest_writel(qts, BAR + 0x20, 0x0e);
    g_assert_cmphex(qpci_config_readw(qts, BRIDGE, 0x06) & 8, ==, 8);
    qtest_writel(qts, SLOT(1), 0x001f0000);
    g_assert_cmphex(qpci_config_readw(qts, BRIDGE, 0x06) & 8, ==, 0);

    command(1, 0x01);
    command(1, 0x0a);
    fails(DEL("a"), "at work on slot 1");
    command(1, 0x04);
    g_assert_cmphex(qtest_readl(qts, SLOT(1)), ==, ON);
    qtest_qmp_assert_success(qts, DEL("a"));
    g_assert_cmphex(qtest_readl(qts, SLOT(1)), ==, 0x00040000 | ON);
    fails(DEL("a"), "in the process of unplug");
    command(1, 0x3f);
    wait_deleted("a");

    /* Never switched on: nobody is to be asked. */
    qtest_qmp_assert_success(qts, ADD(", 'id': 'b1', 'addr': '1f'"));
    qtest_qmp_assert_success(qts, DEL("b1"));
    wait_deleted("b1");
    fails(ADD(", 'addr': '0'"), "slots 1 to 31");
    qtest_quit(qts);
}

/* A message for the first of several causes. */
static void test_msi(void)
{
    start("");
    qpci_config_writel(qts, BRIDGE, 0x50, 0x100000);
    qpci_config_writew(qts, BRIDGE, 0x58, 0x1234);
    qpci_config_writew(qts, BRIDGE, 0x4e, 0x0181);
    qtest_writel(qts, BAR + 0x20, 0x0a);
    command(1, 0x10);
    g_assert_cmphex(qtest_readl(qts, 0x100000), ==, 0x1234);
    qtest_writel(qts, 0x100000, 0);
    command(1, 0x20);
    g_assert_cmphex(qtest_readl(qts, 0x100000), ==, 0);
    qtest_writel(qts, BAR + 0x20, 0x1000a);
    command(1, 0x20);
    g_assert_cmphex(qtest_readl(qts, 0x100000), ==, 0x1234);
    g_assert_cmphex(qpci_config_readw(qts, BRIDGE, 0x06) & 8, ==, 0);
    qtest_quit(qts);
}

static void test_properties(void)
{
    qts = qtest_init(MACHINE " -device pci-bridge,id=b,chassis_nr=3,addr=4,msi=off"
                             " -device pci-bridge,id=c,chassis_nr=4,addr=5,shpc=off");
    g_assert_cmpint(qpci_find_capability(qts, BRIDGE, 0x0c), ==, CAP);
    g_assert_cmpint(qpci_find_capability(qts, BRIDGE, 0x05), ==, 0);
    g_assert_cmphex(qpci_config_readb(qts, BRIDGE, 0x3d), ==, 1);
    g_assert_cmpint(qpci_find_capability(qts, QPCI_DEVFN(5, 0), 0x0c), ==, 0);
    g_assert_cmpint(qpci_find_capability(qts, QPCI_DEVFN(5, 0), 0x05), ==, 0);
    g_assert_cmphex(qpci_config_readb(qts, QPCI_DEVFN(5, 0), 0x3d), ==, 0);
    fails("{'execute': 'device_add', 'arguments': {'driver': 'virtio-rng-pci', 'bus': 'c'}}",
          "'c'");
    qtest_quit(qts);
}

static void test_saved_state(void)
{
    g_autofree char *dir = g_dir_make_tmp("rhea-shpc-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "state", NULL);
    g_autofree char *incoming = g_strdup_printf(" -incoming file:%s", path);

    start("");
    qtest_writel(qts, SLOT(2), 0x7b000000);
    command(2, 0x20);
    qtest_save(qts, path);
    qtest_quit(qts);
    qts = qtest_initf(MACHINE " -device pci-bridge,id=b,chassis_nr=3,addr=4%s", incoming);
    g_assert_cmphex(qtest_readl(qts, SLOT(2)), ==, 0x7b000000 | OFF | 0x20);
    g_assert_cmphex(qtest_readl(qts, BAR + 0x14), ==, 0x0220);
    qtest_system_reset(qts);
    qtest_quit(qts);
    unlink(path);
    rmdir(dir);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/shpc/registers", test_registers);
    g_test_add_func("/shpc/commands", test_commands);
    g_test_add_func("/shpc/hotplug", test_hotplug);
    g_test_add_func("/shpc/msi", test_msi);
    g_test_add_func("/shpc/properties", test_properties);
    g_test_add_func("/shpc/saved-state", test_saved_state);
    return g_test_run();
}
