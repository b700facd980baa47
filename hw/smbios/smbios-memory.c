/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS types 16, 17, 19: memory array, its modules, what they map to (DSP0134 3.6, 7.17 to 7.20).
 */

#include "qemu/osdep.h"
#include "qemu/units.h"
#include "smbios-internal.h"

#define MODULE_SIZE  (16 * GiB)
#define HANDLE_ARRAY 0x1000
#define NO_HANDLE    0xfffe

static void build_array(SmbiosBuilder *b, uint64_t size, unsigned modules)
{
    bool large = size >= 2 * TiB; /* in KiB, more than 31 bits */

    if (!smbios_begin(b, 16, HANDLE_ARRAY)) {
        return;
    }
    smbios_put(b, 1, 1); /* location: other */
    smbios_put(b, 3, 1); /* system memory */
    smbios_put(b, 6, 1); /* multi-bit ECC */
    smbios_put(b, large ? 0x80000000 : size / KiB, 4);
    smbios_put(b, NO_HANDLE, 2);
    smbios_put(b, modules, 2);
    smbios_put(b, large ? size : 0, 8);
    smbios_end(b);
}

static void build_module(SmbiosBuilder *b, const SmbiosBoard *board, unsigned index, uint64_t size)
{
    g_autofree char *name = g_strdup_printf("%s %u", smbios_text(17, "loc_pfx", "DIMM"), index);
    uint64_t mib = DIV_ROUND_UP(size, MiB);
    unsigned speed = smbios_number(17, "speed", 0);

    if (!smbios_begin(b, 17, 0x1100 + index)) {
        return;
    }
    smbios_put(b, HANDLE_ARRAY, 2);
    smbios_put(b, NO_HANDLE, 2);
    smbios_put(b, 0xffffffff, 4); /* widths unknown */
    smbios_put(b, MIN(mib, 0x7fffu), 2);
    smbios_put(b, 9, 1); /* DIMM */
    smbios_put(b, 0, 1); /* not of a set */
    smbios_put_str(b, name);
    smbios_put_str(b, smbios_text(17, "bank", NULL));
    smbios_put(b, 7, 1); /* RAM */
    smbios_put(b, 2, 2); /* detail: other */
    smbios_put(b, speed, 2);
    smbios_put_str(b, smbios_text(17, "manufacturer", board->manufacturer));
    smbios_put_str(b, smbios_text(17, "serial", NULL));
    smbios_put_str(b, smbios_text(17, "asset", NULL));
    smbios_put_str(b, smbios_text(17, "part", NULL));
    smbios_put(b, 0, 1); /* rank unknown */
    smbios_put(b, mib >= 0x7fff ? mib : 0, 4);
    smbios_put(b, speed, 2);
    smbios_put(b, 0, 6); /* voltages unknown */
    smbios_end(b);
}

static void build_mapping(SmbiosBuilder *b, unsigned index, const SmbiosMemoryRange *range)
{
    uint64_t first = range->base, last = range->base + range->length - 1;
    bool large = last / KiB >= UINT32_MAX;

    if (!smbios_begin(b, 19, 0x1300 + index)) {
        return;
    }
    smbios_put(b, large ? UINT32_MAX : first / KiB, 4);
    smbios_put(b, large ? UINT32_MAX : last / KiB, 4);
    smbios_put(b, HANDLE_ARRAY, 2);
    smbios_put(b, 1, 1); /* partition width */
    smbios_put(b, large ? first : 0, 8);
    smbios_put(b, large ? last : 0, 8);
    smbios_end(b);
}

void smbios_build_memory(SmbiosBuilder *b, const SmbiosBoard *board)
{
    uint64_t left = board->machine->ram_size;
    unsigned modules = DIV_ROUND_UP(left, MODULE_SIZE);

    build_array(b, left, modules);
    for (unsigned i = 0; i < modules; i++) {
        build_module(b, board, i, MIN(left, MODULE_SIZE));
        left -= MIN(left, MODULE_SIZE);
    }
    for (int i = 0; i < board->num_memory; i++) {
        build_mapping(b, i, &board->memory[i]);
    }
}
