/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HW_SMBIOS_INTERNAL_H
#define HW_SMBIOS_INTERNAL_H

#include "hw/firmware/smbios.h"

/* Bytes of a file that is named for tables or strings; a table area has 64 KiB. */
#define SMBIOS_FILE_MAX (64 * 1024)

/* ---- options (smbios-options.c) ---- */

typedef struct SmbiosField {
    char *key, *value;
} SmbiosField;

/* One -smbios type=. */
typedef struct SmbiosOption {
    unsigned type;
    GArray *fields; /* of SmbiosField, in order */
} SmbiosOption;

/* All -smbios type=@type, in order; (transfer container) of SmbiosOption. */
GPtrArray *smbios_options_of(unsigned type);
/* @key in @option; NULL when it is not there. */
const char *smbios_option_get(const SmbiosOption *option, const char *key);
/* What the last option of @type that has @key says; else @fallback. */
const char *smbios_text(unsigned type, const char *key, const char *fallback);
unsigned smbios_number(unsigned type, const char *key, unsigned fallback);
/* Structures from files, or NULL; and whether one of them is of @type. */
GByteArray *smbios_file_structures(unsigned *count, size_t *max_size);
bool smbios_type_from_file(unsigned type);

/* ---- structures under construction (smbios.c) ---- */

typedef struct SmbiosBuilder {
    GByteArray *tables;
    unsigned count;  /* structures */
    size_t max_size; /* of the largest, strings included */
    bool v3;

    GByteArray *fixed;  /* the one in the making */
    GPtrArray *strings; /* its strings, not copied */
} SmbiosBuilder;

/* False, and nothing begun, when a file has structures of that type. */
bool smbios_begin(SmbiosBuilder *b, uint8_t type, uint16_t handle);
void smbios_put(SmbiosBuilder *b, uint64_t value, int size);
/* A string's number: 0 for none (NULL or empty). */
void smbios_put_str(SmbiosBuilder *b, const char *text);
void smbios_end(SmbiosBuilder *b);

/* smbios-system.c, smbios-memory.c: all structures of the board */
bool smbios_build_system(SmbiosBuilder *b, const SmbiosBoard *board, Error **errp);
void smbios_build_processors(SmbiosBuilder *b, const SmbiosBoard *board);
void smbios_build_memory(SmbiosBuilder *b, const SmbiosBoard *board);
bool smbios_build_slots(SmbiosBuilder *b, Error **errp);
bool smbios_build_onboard(SmbiosBuilder *b, Error **errp);

#endif
