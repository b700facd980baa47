/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBIOS types 0 to 4: firmware, system, board, chassis, processors (DSP0134 3.6, 7.1 to 7.5). */

#include "qemu/osdep.h"
#include "qapi/util.h"
#include "qemu/uuid.h"
#include "smbios-internal.h"
#include "system/system.h"

#define HANDLE_CHASSIS 0x300

/* Only when asked for: by default the firmware describes itself. */
static void build_firmware(SmbiosBuilder *b)
{
    g_autoptr(GPtrArray) options = smbios_options_of(0);
    const char *release = smbios_text(0, "release", NULL);
    const char *uefi = smbios_text(0, "uefi", "off"), *vm = smbios_text(0, "vm", "on");
    unsigned major = 0, minor = 0;
    bool is_uefi = false, is_vm = true;

    if (!options->len || !smbios_begin(b, 0, 0)) {
        return;
    }
    qapi_bool_parse("uefi", uefi, &is_uefi, NULL);
    qapi_bool_parse("vm", vm, &is_vm, NULL);
    if (release) {
        sscanf(release, "%u.%u", &major, &minor);
    }
    smbios_put_str(b, smbios_text(0, "vendor", NULL));
    smbios_put_str(b, smbios_text(0, "version", NULL));
    smbios_put(b, 0xe800, 2); /* start segment */
    smbios_put_str(b, smbios_text(0, "date", NULL));
    smbios_put(b, 0, 1);                                                /* ROM size: 64 KiB */
    smbios_put(b, 0x08, 8);                                             /* not characterized */
    smbios_put(b, 0, 1);                                                /* extension 1 */
    smbios_put(b, 0x04 | (is_uefi ? 0x08 : 0) | (is_vm ? 0x10 : 0), 1); /* extension 2 */
    smbios_put(b, major, 1);
    smbios_put(b, minor, 1);
    smbios_put(b, 0xffff, 2); /* no embedded controller */
    smbios_end(b);
}

static void build_system(SmbiosBuilder *b, const SmbiosBoard *board)
{
    QemuUUID uuid = {0};

    if (!smbios_begin(b, 1, 0x100)) {
        return;
    }
    if (qemu_uuid_set) {
        uuid = qemu_uuid_bswap(qemu_uuid);
    }
    smbios_put_str(b, smbios_text(1, "manufacturer", board->manufacturer));
    smbios_put_str(b, smbios_text(1, "product", board->product));
    smbios_put_str(b, smbios_text(1, "version", board->version));
    smbios_put_str(b, smbios_text(1, "serial", NULL));
    g_byte_array_append(b->fixed, uuid.data, sizeof(uuid.data));
    smbios_put(b, 6, 1); /* woken by the power switch */
    smbios_put_str(b, smbios_text(1, "sku", NULL));
    smbios_put_str(b, smbios_text(1, "family", NULL));
    smbios_end(b);
}

static void build_baseboard(SmbiosBuilder *b, const SmbiosBoard *board)
{
    g_autoptr(GPtrArray) options = smbios_options_of(2);

    if (!options->len || !smbios_begin(b, 2, 0x200)) {
        return;
    }
    smbios_put_str(b, smbios_text(2, "manufacturer", board->manufacturer));
    smbios_put_str(b, smbios_text(2, "product", board->product));
    smbios_put_str(b, smbios_text(2, "version", board->version));
    smbios_put_str(b, smbios_text(2, "serial", NULL));
    smbios_put_str(b, smbios_text(2, "asset", NULL));
    smbios_put(b, 1, 1); /* hosting board */
    smbios_put_str(b, smbios_text(2, "location", NULL));
    smbios_put(b, HANDLE_CHASSIS, 2);
    smbios_put(b, 0x0a, 1); /* motherboard */
    smbios_put(b, 0, 1);
    smbios_end(b);
}

static void build_chassis(SmbiosBuilder *b, const SmbiosBoard *board)
{
    if (!smbios_begin(b, 3, HANDLE_CHASSIS)) {
        return;
    }
    smbios_put_str(b, smbios_text(3, "manufacturer", board->manufacturer));
    smbios_put(b, 1, 1); /* other */
    smbios_put_str(b, smbios_text(3, "version", board->version));
    smbios_put_str(b, smbios_text(3, "serial", NULL));
    smbios_put_str(b, smbios_text(3, "asset", NULL));
    smbios_put(b, 0x030303, 3); /* boot-up, power supply, thermal: safe */
    smbios_put(b, 2, 1);        /* security: unknown */
    smbios_put(b, 0, 4);        /* OEM-defined */
    smbios_put(b, 0, 4);        /* height, power cords, no contained elements */
    smbios_put_str(b, smbios_text(3, "sku", NULL));
    smbios_end(b);
}

/* Connectors: -smbios type=8, one each. */
static void build_connectors(SmbiosBuilder *b)
{
    g_autoptr(GPtrArray) options = smbios_options_of(8);

    for (guint i = 0; i < options->len; i++) {
        const SmbiosOption *o = g_ptr_array_index(options, i);
        const char *connector = smbios_option_get(o, "connector_type");
        const char *port = smbios_option_get(o, "port_type");
        if (!smbios_begin(b, 8, 0x800 + i)) {
            return;
        }
        smbios_put_str(b, smbios_option_get(o, "internal_reference"));
        smbios_put(b, connector ? strtoul(connector, NULL, 0) : 0, 1);
        smbios_put_str(b, smbios_option_get(o, "external_reference"));
        smbios_put(b, connector ? strtoul(connector, NULL, 0) : 0, 1);
        smbios_put(b, port ? strtoul(port, NULL, 0) : 0, 1);
        smbios_end(b);
    }
}

bool smbios_build_system(SmbiosBuilder *b, const SmbiosBoard *board, Error **errp)
{
    build_firmware(b);
    build_system(b, board);
    build_baseboard(b, board);
    build_chassis(b, board);
    return true;
}

static void build_processor(SmbiosBuilder *b, const SmbiosBoard *board, unsigned socket)
{
    MachineState *ms = board->machine;
    unsigned cores = machine_topo_get_cores_per_socket(ms);
    unsigned threads = machine_topo_get_threads_per_socket(ms);
    unsigned family = smbios_number(4, "processor-family", 1);
    const char *id = smbios_text(4, "processor-id", NULL);
    g_autofree char *name = g_strdup_printf("%s %u", smbios_text(4, "sock_pfx", "CPU"), socket);

    if (!smbios_begin(b, 4, 0x400 + socket)) {
        return;
    }
    smbios_put_str(b, name);
    smbios_put(b, 3, 1);                             /* central processor */
    smbios_put(b, family > 0xfe ? 0xfe : family, 1); /* FEh: see family 2 */
    smbios_put_str(b, smbios_text(4, "manufacturer", board->manufacturer));
    smbios_put(b,
               id ? strtoull(id, NULL, 0)
                  : (uint64_t)board->cpuid_features << 32 | board->cpuid_signature,
               8);
    smbios_put_str(b, smbios_text(4, "version", board->version));
    smbios_put(b, 0, 3); /* voltage, external clock: unknown */
    smbios_put(b, smbios_number(4, "max-speed", 2000), 2);
    smbios_put(b, smbios_number(4, "current-speed", 2000), 2);
    smbios_put(b, 0x41, 1);           /* socket populated, enabled */
    smbios_put(b, 1, 1);              /* upgrade: other */
    smbios_put(b, 0xffffffffffff, 6); /* no cache information */
    smbios_put_str(b, smbios_text(4, "serial", NULL));
    smbios_put_str(b, smbios_text(4, "asset", NULL));
    smbios_put_str(b, smbios_text(4, "part", NULL));
    smbios_put(b, MIN(cores, 255u), 1);
    smbios_put(b, MIN(cores, 255u), 1);
    smbios_put(b, MIN(threads, 255u), 1);
    smbios_put(b, 2, 2); /* characteristics: unknown */
    smbios_put(b, family, 2);
    if (b->v3) {
        smbios_put(b, cores, 2);
        smbios_put(b, cores, 2);
        smbios_put(b, threads, 2);
    }
    smbios_end(b);
}

void smbios_build_processors(SmbiosBuilder *b, const SmbiosBoard *board)
{
    unsigned per_socket = machine_topo_get_threads_per_socket(board->machine);
    unsigned sockets = DIV_ROUND_UP(board->machine->smp.cpus, MAX(per_socket, 1u));

    for (unsigned i = 0; i < sockets; i++) {
        build_processor(b, board, i);
    }
    build_connectors(b);
}
