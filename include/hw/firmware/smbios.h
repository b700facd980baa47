/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBIOS tables (DSP0134): the options that change them, and their content.
 * Main thread, BQL held.
 */
#ifndef HW_FIRMWARE_SMBIOS_H
#define HW_FIRMWARE_SMBIOS_H

#include "hw/boards.h"
#include "qapi/error.h"

typedef enum SmbiosEntryPointType {
    SMBIOS_ENTRY_POINT_TYPE_32,   /* 2.8, 32-bit entry point */
    SMBIOS_ENTRY_POINT_TYPE_64,   /* 3.0, 64-bit entry point */
    SMBIOS_ENTRY_POINT_TYPE_AUTO, /* 32 unless the tables don't fit */
} SmbiosEntryPointType;

/*
 * One -smbios, its argument as given: "type=N,FIELD=VALUE,..." (a comma in a
 * value is doubled; "value" and "path" of type 11 may be given many times) or
 * "file=NAME" with complete structures.
 */
bool smbios_entry_add(const char *arg, Error **errp);

typedef struct SmbiosMemoryRange {
    uint64_t base, length; /* bytes */
} SmbiosMemoryRange;

/* What the board says of itself. */
typedef struct SmbiosBoard {
    MachineState *machine;
    const char *manufacturer, *product, *version;
    uint32_t cpuid_signature, cpuid_features; /* leaf 1, EAX and EDX */
    const SmbiosMemoryRange *memory;
    int num_memory;
} SmbiosBoard;

typedef struct SmbiosTables {
    GByteArray *tables, *anchor;
} SmbiosTables;

/* Builds the structures and the entry point of @type. false when they cannot be. */
bool smbios_build(const SmbiosBoard *board, SmbiosEntryPointType type, SmbiosTables *out,
                  Error **errp);

#endif
