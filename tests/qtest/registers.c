/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding registers in the map, and placing those of PCI devices (PCI Local Bus 3.0, 6.2.5). */

#include "registers.h"

#define PCI_PORTS  0xc000
#define PCI_MEMORY 0xe0000000ull

static bool belongs(const char *line, const char *owner)
{
    const char *path = owner ? strstr(line, owner) : line;

    return path && (!owner || strchr("}/", path[strlen(owner)]));
}

GArray *registers_find(QTestState *s, const char *owner)
{
    g_autofree char *text = qtest_hmp(s, "info mtree -f -o");
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    GArray *ranges = g_array_new(FALSE, FALSE, sizeof(RegisterRange));
    int space = -1;

    for (int i = 0; lines[i]; i++) {
        RegisterRange r;
        int prio;

        if (g_str_has_prefix(lines[i], "FlatView #")) {
            space = -1;
        } else if (g_str_has_prefix(lines[i], " AS \"memory\"")) {
            space = 0;
        } else if (g_str_has_prefix(lines[i], " AS \"I/O\"")) {
            space = 1;
        } else if (space >= 0 && strstr(lines[i], ", i/o)") && belongs(lines[i], owner) &&
                   sscanf(lines[i], " %" SCNx64 "-%" SCNx64 " (prio %d", &r.first, &r.last,
                          &prio) == 3) {
            r.io = space == 1;
            g_array_append_val(ranges, r);
        }
    }
    return ranges;
}

uint64_t registers_read(QTestState *s, bool io, uint64_t addr, int size)
{
    if (io && addr + size - 1 > UINT16_MAX) {
        return 0;
    }
    switch (size) {
    case 1:
        return io ? qtest_inb(s, addr) : qtest_readb(s, addr);
    case 2:
        return io ? qtest_inw(s, addr) : qtest_readw(s, addr);
    case 4:
        return io ? qtest_inl(s, addr) : qtest_readl(s, addr);
    default:
        return qtest_readq(s, addr);
    }
}

void registers_write(QTestState *s, bool io, uint64_t addr, int size, uint64_t value)
{
    if (io && addr + size - 1 > UINT16_MAX) {
        return;
    }
    switch (size) {
    case 1:
        io ? qtest_outb(s, addr, value) : qtest_writeb(s, addr, value);
        break;
    case 2:
        io ? qtest_outw(s, addr, value) : qtest_writew(s, addr, value);
        break;
    case 4:
        io ? qtest_outl(s, addr, value) : qtest_writel(s, addr, value);
        break;
    default:
        qtest_writeq(s, addr, value);
        break;
    }
}

uint64_t registers_pick_value(GRand *rnd)
{
    static const uint64_t special[] = {0,      1,          0x7f,       0x80,       0xff,
                                       0xffff, 0x7fffffff, UINT32_MAX, UINT64_MAX, 1ull << 63};
    uint64_t value = (uint64_t)g_rand_int(rnd) << 32 | g_rand_int(rnd);

    if (g_rand_int(rnd) % 3 == 0) {
        return special[g_rand_int(rnd) % G_N_ELEMENTS(special)];
    }
    return value >> (g_rand_int(rnd) % 64);
}

/* ---- PCI ---- */

typedef struct Places {
    uint64_t memory;
    uint32_t ports;
} Places;

/* Places the register at @offset; true if it takes two (64 bits). */
static bool place_bar(QTestState *s, int devfn, int offset, Places *places)
{
    bool rom = offset == 0x30;
    uint32_t bits, type;
    uint64_t size;

    qpci_config_writel(s, devfn, offset, rom ? 0xfffff800 : UINT32_MAX);
    bits = qpci_config_readl(s, devfn, offset);
    type = rom ? 0 : bits & 7;
    if (bits == 0 || bits == UINT32_MAX) {
        return false;
    }
    if (type & 1) {
        size = -(bits & 0xfffc) & 0xffff;
        places->ports = ROUND_UP(places->ports, size);
        qpci_config_writel(s, devfn, offset, places->ports);
        places->ports += size;
        return false;
    }
    size = -(bits & 0xfffffff0) & UINT32_MAX;
    places->memory = ROUND_UP(places->memory, size);
    qpci_config_writel(s, devfn, offset, places->memory | rom);
    if (type & 4) {
        qpci_config_writel(s, devfn, offset + 4, 0);
    }
    places->memory += size;
    return type & 4;
}

void registers_place_pci(QTestState *s, int slot)
{
    Places places = {.memory = PCI_MEMORY, .ports = PCI_PORTS};

    for (int fn = 0; fn < 8; fn++) {
        int devfn = QPCI_DEVFN(slot, fn);

        if (qpci_config_readl(s, devfn, 0) == UINT32_MAX) {
            continue;
        }
        qpci_config_writew(s, devfn, 0x04, 0);
        for (int offset = 0x10; offset <= 0x24; offset += 4) {
            if (place_bar(s, devfn, offset, &places)) {
                offset += 4;
            }
        }
        place_bar(s, devfn, 0x30, &places);
        qpci_config_writew(s, devfn, 0x04, 7);
    }
}
