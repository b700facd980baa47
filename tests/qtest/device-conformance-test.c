/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every type of device that a user can create, on the pc machine: it is made
 * with what little it needs, its registers are met with accesses of all sizes,
 * it is reset, looks after that as it did before, and is unplugged if it can be.
 */
#include "libqtest.h"
#include "qobject/qlist.h"

#define SLOT 7

static QTestState *qts;

/* What a type needs besides its name: properties, and options before -device. */
static const struct {
    const char *type, *properties, *options;
} needs[] = {
    {"isa-debugcon", ",chardev=c", "-chardev null,id=c"},
    {"isa-parallel", ",chardev=c", "-chardev null,id=c"},
    {"isa-serial", ",chardev=c", "-chardev null,id=c"},
    {"pci-serial", ",chardev=c", "-chardev null,id=c"},
    {"pci-serial-2x", ",chardev1=c,chardev2=d", "-chardev null,id=c -chardev null,id=d"},
    {"pci-serial-4x", ",chardev1=c,chardev2=d,chardev3=e,chardev4=f",
     "-chardev null,id=c -chardev null,id=d -chardev null,id=e -chardev null,id=f"},
};

/* ---- registers ---- */

/* Gives each base address register a place, and meets what is there. */
static void exercise_pci(int devfn)
{
    for (int bar = 0; bar < 6; bar++) {
        int offset = 0x10 + bar * 4;
        uint32_t mask, type;

        qpci_config_writew(qts, devfn, 0x04, 0);
        qpci_config_writel(qts, devfn, offset, UINT32_MAX);
        mask = qpci_config_readl(qts, devfn, offset);
        type = mask & 7;
        if (mask == 0 || mask == UINT32_MAX) {
            continue;
        }
        qpci_config_writel(qts, devfn, offset, type & 1 ? 0xc000 : 0xe0000000);
        qpci_config_writew(qts, devfn, 0x04, 3);
        for (int i = 0; i < 256; i++) {
            if (type & 1) {
                qtest_inb(qts, 0xc000 + i);
                qtest_inl(qts, 0xc000 + i);
                qtest_outw(qts, 0xc000 + i, 0xa55a);
            } else {
                qtest_readb(qts, 0xe0000000 + i);
                qtest_readq(qts, 0xe0000000 + i);
                qtest_writel(qts, 0xe0000000 + i, 0xa55aa55a);
            }
        }
        bar += !(type & 1) && (type & 4);
    }
}

static void read_config(int devfn, uint32_t *values)
{
    for (int i = 0; i < 64; i++) {
        values[i] = qpci_config_readl(qts, devfn, i * 4);
    }
}

static void exercise_ports(void)
{
    static const uint16_t places[] = {0x3f8, 0x378, 0x501, 0x505, 0xe9, 0x441, 0x443, 0x60, 0x70};

    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        for (int j = 0; j < 8; j++) {
            qtest_inb(qts, places[i] + j);
            qtest_inw(qts, places[i] + j);
            qtest_inl(qts, places[i] + j);
        }
    }
}

/* ---- one device ---- */

static void unplug(const char *id)
{
    g_autoptr(QDict) response =
        qtest_qmp(qts, "{'execute': 'device_del', 'arguments': {'id': '%s'}}", id);

    /* Refused or asked of the guest: both are answers. */
    g_assert(qdict_haskey(response, "return") || qdict_haskey(response, "error"));
}

static void test_device(const void *data)
{
    const char *name = data, *type = name + 1, *properties = "", *options = "";
    bool pci = name[0] == 'P';
    uint32_t before[64] = {}, after[64] = {};
    g_autofree char *addr = pci ? g_strdup_printf(",addr=%x", SLOT) : g_strdup("");

    for (size_t i = 0; i < G_N_ELEMENTS(needs); i++) {
        if (!strcmp(needs[i].type, type)) {
            properties = needs[i].properties;
            options = needs[i].options;
        }
    }
    qts = qtest_initf("-machine pc -nodefaults -no-shutdown -action panic=none,watchdog=none %s "
                      "-device %s,id=dut%s%s",
                      options, type, properties, addr);
    if (pci) {
        read_config(QPCI_DEVFN(SLOT, 0), before);
        g_assert_cmphex(before[0], !=, UINT32_MAX);
        exercise_pci(QPCI_DEVFN(SLOT, 0));
    } else {
        exercise_ports();
    }
    qtest_clock_step(qts, 100 * 1000 * 1000);
    qtest_system_reset(qts);
    if (pci) {
        read_config(QPCI_DEVFN(SLOT, 0), after);
        g_assert_cmpmem(after, sizeof(after), before, sizeof(before));
    }
    g_free(qtest_hmp(qts, "info qtree"));
    unplug("dut");
    qtest_quit(qts);
}

/* Types whose parent is @abstract and that -device takes; @mark tells what they plug into. */
static void add_tests(const char *abstract, char mark)
{
    g_autoptr(QDict) response = qtest_qmp(
        qts, "{'execute': 'qom-list-types', 'arguments': {'implements': '%s'}}", abstract);
    const QList *types = qdict_get_qlist(response, "return");
    /* Only what is in the list for users. */
    g_autofree char *help = qtest_hmp(qts, "device_add help");

    for (const QListEntry *e = qlist_first(types); e; e = qlist_next(e)) {
        const char *type = qdict_get_str(qobject_to(QDict, qlist_entry_obj(e)), "name");
        g_autofree char *quoted = g_strdup_printf("name \"%s\"", type);

        /* It is a port of the keyboard controller that the machine has, and has one already. */
        if (strstr(help, quoted) && strcmp(type, "vmmouse")) {
            g_autofree char *path = g_strdup_printf("/device/%s", type);
            g_test_add_data_func_full(path, g_strdup_printf("%c%s", mark, type), test_device,
                                      g_free);
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    qts = qtest_init("-machine pc -nodefaults");
    add_tests("pci-device", 'P');
    add_tests("isa-device", 'I');
    qtest_quit(qts);
    return g_test_run();
}
