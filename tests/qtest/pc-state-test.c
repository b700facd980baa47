/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A machine that is saved to a file, and one that starts from it: its registers are the same. */

#include "libqtest.h"
#include <glib/gstdio.h>

#define ARGS "-machine pc -nodefaults -chardev null,id=c -device isa-serial,chardev=c,index=0 "

/* Ports that can be read without changing what they show. */
static const uint16_t ports[] = {0x21, 0xa1,  0x4d0, 0x4d1, 0x61,  0x64,  0x92, 0x81,
                                 0x87, 0x3f9, 0x3fb, 0x3fc, 0x3fd, 0x3ff, 0xcf9};

typedef struct Snapshot {
    uint8_t port[G_N_ELEMENTS(ports)];
    uint32_t config[3][64];
    uint32_t ioapic[24];
    uint64_t ram;
} Snapshot;

static void take(QTestState *s, Snapshot *snap)
{
    static const int devfns[] = {QPCI_DEVFN(0, 0), QPCI_DEVFN(1, 0), QPCI_DEVFN(1, 3)};

    memset(snap, 0, sizeof(*snap));
    for (size_t i = 0; i < G_N_ELEMENTS(ports); i++) {
        snap->port[i] = qtest_inb(s, ports[i]);
    }
    for (int d = 0; d < 3; d++) {
        for (int i = 0; i < 64; i++) {
            snap->config[d][i] = qpci_config_readl(s, devfns[d], i * 4);
        }
    }
    for (int i = 0; i < 24; i++) {
        qtest_writel(s, 0xfec00000, 0x10 + 2 * i);
        snap->ioapic[i] = qtest_readl(s, 0xfec00010);
    }
    snap->ram = qtest_readq(s, 0x200000);
}

static void change_everything(QTestState *s)
{
    qtest_outb(s, 0x21, 0x5a);
    qtest_outb(s, 0xa1, 0xa5);
    qtest_outb(s, 0x4d1, 0x0c);
    qtest_outb(s, 0x92, 0x02);
    qtest_outb(s, 0x81, 0x12);
    qtest_outb(s, 0x3fb, 0x1b);
    qtest_outb(s, 0x3fc, 0x0b);
    qtest_outb(s, 0x3ff, 0x77);
    qtest_outb(s, 0xcf9, 0x02);
    qpci_config_writeb(s, QPCI_DEVFN(0, 0), 0x59, 0x30);
    qpci_config_writel(s, QPCI_DEVFN(1, 0), 0x60, 0x0b0a0b0a);
    qpci_config_writel(s, QPCI_DEVFN(1, 3), 0x40, 0x601);
    for (int i = 0; i < 24; i++) {
        qtest_writel(s, 0xfec00000, 0x10 + 2 * i);
        qtest_writel(s, 0xfec00010, 0x10040 + i);
    }
    qtest_writeq(s, 0x200000, 0x0123456789abcdef);
}

static void test_save_and_load(void)
{
    g_autofree char *file = NULL;
    Snapshot before, after;
    QTestState *s;
    int fd = g_file_open_tmp("qtest-state-XXXXXX", &file, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    s = qtest_init(ARGS);
    change_everything(s);
    take(s, &before);
    qtest_save(s, file);
    qtest_quit(s);

    s = qtest_initf(ARGS "-incoming file:%s", file);
    take(s, &after);
    g_assert_cmpmem(before.port, sizeof(before.port), after.port, sizeof(after.port));
    g_assert_cmpmem(before.config, sizeof(before.config), after.config, sizeof(after.config));
    g_assert_cmpmem(before.ioapic, sizeof(before.ioapic), after.ioapic, sizeof(after.ioapic));
    g_assert_cmphex(before.ram, ==, after.ram);
    qtest_quit(s);
    g_unlink(file);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/state/save-and-load", test_save_and_load);
    return g_test_run();
}
