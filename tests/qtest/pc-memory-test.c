/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of a PC: where things are (against tests/data/pc-memory-map.tsv), and
 * what the 440FX switches in and out.
 */
#include "libqtest.h"

#define PAM(n) (0x59 + (n))

static QTestState *qts;

/* ---- the map ---- */

/* The flat views of `info mtree -f`, as lines "SPACE FIRST-LAST KIND NAME". */
static GHashTable *read_views(void)
{
    GHashTable *set = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autofree char *text = qtest_hmp(qts, "info mtree -f");
    g_auto(GStrv) lines = g_strsplit(text, "\n", 0);
    const char *space = NULL;

    for (int i = 0; lines[i]; i++) {
        uint64_t first, last;
        char kind[16], name[64];
        int prio;

        if (g_str_has_prefix(lines[i], "FlatView #")) {
            space = NULL;
        } else if (g_str_has_prefix(lines[i], " AS \"memory\"")) {
            space = "memory";
        } else if (g_str_has_prefix(lines[i], " AS \"I/O\"")) {
            space = "I/O";
        } else if (space && sscanf(lines[i], " %" SCNx64 "-%" SCNx64 " (prio %d, %15[^)]): %63s",
                                   &first, &last, &prio, kind, name) == 5) {
            g_hash_table_add(set, g_strdup_printf("%s\t%" PRIx64 "-%" PRIx64 "\t%s\t%s", space,
                                                  first, last, kind, name));
        }
    }
    return set;
}

/* Regions of devices that a machine may have been built without are not missed. */
static bool is_optional(const char *name)
{
    static const char *const prefixes[] = {"vga",
                                           "vbe",
                                           "ide",
                                           "fdc",
                                           "e1000",
                                           "kvmvapic",
                                           "serial",
                                           "parallel",
                                           "acpi-cpu-hotplug",
                                           "piix-bmdma",
                                           "acpi-pci-hotplug",
                                           "pm-smbus",
                                           "cirrus"};

    for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
        if (g_str_has_prefix(name, prefixes[i])) {
            return true;
        }
    }
    return false;
}

static void test_map(void)
{
    g_autofree char *path = g_test_build_filename(G_TEST_DIST, "../data/pc-memory-map.tsv", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    GHashTable *have;
    int missing = 0;

    g_assert(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", 0);
    qts = qtest_init("-machine pc -m 128M");
    have = read_views();
    for (int i = 0; lines[i]; i++) {
        const char *name = strrchr(lines[i], '\t');

        /* Nothing covers RAM at A0000h while there is no display adapter. */
        if (g_str_has_prefix(lines[i], "memory\t0-9ffff\t") &&
            g_hash_table_contains(have, "memory\t0-bffff\tram\tpc.ram")) {
            continue;
        }
        if (name && lines[i][0] != '#' && !is_optional(name + 1) &&
            !g_hash_table_contains(have, lines[i])) {
            g_printerr("missing: %s\n", lines[i]);
            missing++;
        }
    }
    g_assert_cmpint(missing, ==, 0);
    g_hash_table_unref(have);
    qtest_quit(qts);
}

/* ---- shadow RAM ---- */

static void test_pam(void)
{
    qts = qtest_init("-machine pc");
    /* 0C0000h: from and to RAM by PAM1, bits 0 (read) and 1 (write). */
    qpci_config_writeb(qts, 0, PAM(1), 0x03);
    qtest_writel(qts, 0xc0000, 0x11223344);
    g_assert_cmphex(qtest_readl(qts, 0xc0000), ==, 0x11223344);
    qpci_config_writeb(qts, 0, PAM(1), 0x01); /* reads only */
    g_assert_cmphex(qtest_readl(qts, 0xc0000), ==, 0x11223344);
    qpci_config_writeb(qts, 0, PAM(1), 0x02); /* writes, as a ROM is copied onto itself */
    qtest_writel(qts, 0xc0000, 0x99aabbcc);
    qpci_config_writeb(qts, 0, PAM(1), 0x01);
    g_assert_cmphex(qtest_readl(qts, 0xc0000), ==, 0x99aabbcc);
    qpci_config_writeb(qts, 0, PAM(1), 0x00);
    g_assert_cmphex(qtest_readl(qts, 0xc0000), !=, 0x99aabbcc);
    qtest_quit(qts);
}

/* All segments, each by its own switch. */
static void test_pam_segments(void)
{
    qts = qtest_init("-machine pc");
    for (uint32_t i = 0; i < 6; i++) {
        for (uint32_t half = 0; half < 2; half++) {
            uint32_t addr = 0xc0000 + (i * 2 + half) * 0x4000;

            qpci_config_writeb(qts, 0, PAM(1 + i), 0x03 << (half * 4));
            qtest_writel(qts, addr, 0xabcd0000 | addr >> 12);
            qtest_writel(qts, addr + 0x3ffc, 0xdcba0000 | addr >> 12);
            g_assert_cmphex(qtest_readl(qts, addr), ==, 0xabcd0000 | addr >> 12);
            g_assert_cmphex(qtest_readl(qts, addr + 0x3ffc), ==, 0xdcba0000 | addr >> 12);
            qpci_config_writeb(qts, 0, PAM(1 + i), 0);
            g_assert_cmphex(qtest_readl(qts, addr), !=, 0xabcd0000 | addr >> 12);
        }
    }
    qtest_quit(qts);
}

static void test_rom(void)
{
    uint32_t before;

    qts = qtest_init("-machine pc");
    before = qtest_readl(qts, 0xfffffff0);
    qtest_writel(qts, 0xfffffff0, ~before);
    g_assert_cmphex(qtest_readl(qts, 0xfffffff0), ==, before);
    g_assert_cmphex(qtest_readl(qts, 0xffff0), ==, before);
    qtest_quit(qts);
}

/* ---- RAM below and above 4 GiB ---- */

static void test_split(void)
{
    const uint64_t gib = 1ull << 30;

    qts = qtest_init("-machine pc -m 4G");
    /* 3 GiB below the hole, the rest from 4 GiB on. */
    qtest_writel(qts, 3 * gib - 4, 0x01020304);
    g_assert_cmphex(qtest_readl(qts, 3 * gib - 4), ==, 0x01020304);
    qtest_writel(qts, 3 * gib, 0x05060708);
    g_assert_cmphex(qtest_readl(qts, 3 * gib), !=, 0x05060708);
    qtest_writel(qts, 4 * gib, 0x090a0b0c);
    g_assert_cmphex(qtest_readl(qts, 4 * gib), ==, 0x090a0b0c);
    qtest_writel(qts, 5 * gib - 4, 0x0d0e0f10);
    g_assert_cmphex(qtest_readl(qts, 5 * gib - 4), ==, 0x0d0e0f10);
    qtest_writel(qts, 5 * gib, 1);
    g_assert_cmphex(qtest_readl(qts, 5 * gib), !=, 1);
    qtest_quit(qts);
}

static void test_split_small(void)
{
    qts = qtest_init("-machine pc,max-ram-below-4g=512M -m 1G");
    qtest_writel(qts, 0x1ffffffc, 0x01020304);
    g_assert_cmphex(qtest_readl(qts, 0x1ffffffc), ==, 0x01020304);
    qtest_writel(qts, 0x20000000, 5);
    g_assert_cmphex(qtest_readl(qts, 0x20000000), !=, 5);
    qtest_writel(qts, 0x11ffffffc, 6);
    g_assert_cmphex(qtest_readl(qts, 0x11ffffffc), ==, 6);
    qtest_quit(qts);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/memory/map", test_map);
    g_test_add_func("/memory/pam", test_pam);
    g_test_add_func("/memory/pam-segments", test_pam_segments);
    g_test_add_func("/memory/rom", test_rom);
    g_test_add_func("/memory/split", test_split);
    g_test_add_func("/memory/split-small", test_split_small);
    return g_test_run();
}
