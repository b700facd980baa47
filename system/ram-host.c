/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the host could give at most: asking for more gets a clear answer. */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "memory-internal.h"

/* A number of KiB from a file of "Name:   n kB" lines, in bytes. */
static uint64_t meminfo_value(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    return at ? g_ascii_strtoull(at + strlen(name), NULL, 10) * 1024 : 0;
}

bool ram_size_plausible(uint64_t size, Error **errp)
{
    g_autofree char *overcommit = NULL, *meminfo = NULL;
    g_autofree char *have = NULL;
    uint64_t limit;

    /* 1: the administrator lets everyone have what they ask for. */
    if (g_file_get_contents("/proc/sys/vm/overcommit_memory", &overcommit, NULL, NULL) &&
        overcommit[0] == '1') {
        return true;
    }
    if (!g_file_get_contents("/proc/meminfo", &meminfo, NULL, NULL)) {
        return true;
    }
    limit = meminfo_value(meminfo, "MemTotal:") + meminfo_value(meminfo, "SwapTotal:");
    if (!limit || size <= limit) {
        return true;
    }
    have = size_to_str(limit);
    error_setg(errp, "this host has %s of RAM and swap", have);
    return false;
}
