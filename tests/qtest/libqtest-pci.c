/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI configuration space by ports CF8h and CFCh (PCI Local Bus 3.0, 3.2.2.3.2). */

#include "libqtest.h"

static uint16_t select_register(QTestState *s, int devfn, int offset)
{
    qtest_outl(s, 0xcf8, 0x80000000u | devfn << 8 | (offset & 0xfc));
    return 0xcfc + (offset & 3);
}

uint8_t qpci_config_readb(QTestState *s, int devfn, int offset)
{
    return qtest_inb(s, select_register(s, devfn, offset));
}

uint16_t qpci_config_readw(QTestState *s, int devfn, int offset)
{
    return qtest_inw(s, select_register(s, devfn, offset));
}

uint32_t qpci_config_readl(QTestState *s, int devfn, int offset)
{
    return qtest_inl(s, select_register(s, devfn, offset));
}

void qpci_config_writeb(QTestState *s, int devfn, int offset, uint8_t value)
{
    qtest_outb(s, select_register(s, devfn, offset), value);
}

void qpci_config_writew(QTestState *s, int devfn, int offset, uint16_t value)
{
    qtest_outw(s, select_register(s, devfn, offset), value);
}

void qpci_config_writel(QTestState *s, int devfn, int offset, uint32_t value)
{
    qtest_outl(s, select_register(s, devfn, offset), value);
}

int qpci_find_capability(QTestState *s, int devfn, uint8_t id)
{
    int offset;

    if (!(qpci_config_readw(s, devfn, 0x06) & 0x10)) {
        return 0;
    }
    offset = qpci_config_readb(s, devfn, 0x34) & ~3;
    for (int i = 0; offset && i < 48; i++) {
        if (qpci_config_readb(s, devfn, offset) == id) {
            return offset;
        }
        offset = qpci_config_readb(s, devfn, offset + 1) & ~3;
    }
    return 0;
}
