/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -smbios: which fields of which structure can be set, and structures from files. */

#include "qemu/osdep.h"
#include "qapi/util.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/uuid.h"
#include "smbios-internal.h"
#include "system/system.h"

typedef enum FieldKind { TEXT, NUMBER8, NUMBER16, NUMBER64, BOOL, UUID_TEXT, RELEASE } FieldKind;

typedef struct FieldInfo {
    uint8_t type;
    const char *key;
    FieldKind kind;
} FieldInfo;

static const FieldInfo field_infos[] = {
    {0, "vendor", TEXT},
    {0, "version", TEXT},
    {0, "date", TEXT},
    {0, "release", RELEASE},
    {0, "uefi", BOOL},
    {0, "vm", BOOL},
    {1, "manufacturer", TEXT},
    {1, "product", TEXT},
    {1, "version", TEXT},
    {1, "serial", TEXT},
    {1, "uuid", UUID_TEXT},
    {1, "sku", TEXT},
    {1, "family", TEXT},
    {2, "manufacturer", TEXT},
    {2, "product", TEXT},
    {2, "version", TEXT},
    {2, "serial", TEXT},
    {2, "asset", TEXT},
    {2, "location", TEXT},
    {3, "manufacturer", TEXT},
    {3, "version", TEXT},
    {3, "serial", TEXT},
    {3, "asset", TEXT},
    {3, "sku", TEXT},
    {4, "sock_pfx", TEXT},
    {4, "manufacturer", TEXT},
    {4, "version", TEXT},
    {4, "serial", TEXT},
    {4, "asset", TEXT},
    {4, "part", TEXT},
    {4, "max-speed", NUMBER16},
    {4, "current-speed", NUMBER16},
    {4, "processor-id", NUMBER64},
    {4, "processor-family", NUMBER16},
    {8, "internal_reference", TEXT},
    {8, "external_reference", TEXT},
    {8, "connector_type", NUMBER8},
    {8, "port_type", NUMBER8},
    {9, "slot_designation", TEXT},
    {9, "slot_type", NUMBER8},
    {9, "slot_data_bus_width", NUMBER8},
    {9, "current_usage", NUMBER8},
    {9, "slot_length", NUMBER8},
    {9, "slot_id", NUMBER16},
    {9, "slot_characteristics1", NUMBER8},
    {9, "slot_characteristics12", NUMBER8},
    {9, "pci_device", TEXT},
    {11, "value", TEXT},
    {11, "path", TEXT},
    {17, "loc_pfx", TEXT},
    {17, "bank", TEXT},
    {17, "manufacturer", TEXT},
    {17, "serial", TEXT},
    {17, "asset", TEXT},
    {17, "part", TEXT},
    {17, "speed", NUMBER16},
    {41, "designation", TEXT},
    {41, "kind", TEXT},
    {41, "instance", NUMBER8},
    {41, "pcidev", TEXT},
};

/* What all -smbios options together say. */
static struct {
    GPtrArray *options; /* of SmbiosOption */
    GByteArray *structures;
    unsigned num_structures;
    size_t max_size;
    bool type_from_file[256];
} given;

/* ---- reading ---- */

GPtrArray *smbios_options_of(unsigned type)
{
    GPtrArray *found = g_ptr_array_new();

    for (guint i = 0; given.options && i < given.options->len; i++) {
        SmbiosOption *option = g_ptr_array_index(given.options, i);
        if (option->type == type) {
            g_ptr_array_add(found, option);
        }
    }
    return found;
}

const char *smbios_option_get(const SmbiosOption *option, const char *key)
{
    const char *value = NULL;

    for (guint i = 0; i < option->fields->len; i++) {
        const SmbiosField *field = &g_array_index(option->fields, SmbiosField, i);
        if (!strcmp(field->key, key)) {
            value = field->value;
        }
    }
    return value;
}

const char *smbios_text(unsigned type, const char *key, const char *fallback)
{
    g_autoptr(GPtrArray) options = smbios_options_of(type);

    for (guint i = 0; i < options->len; i++) {
        const char *value = smbios_option_get(g_ptr_array_index(options, i), key);
        fallback = value ? value : fallback;
    }
    return fallback;
}

unsigned smbios_number(unsigned type, const char *key, unsigned fallback)
{
    const char *text = smbios_text(type, key, NULL);

    if (text) {
        qemu_strtoui(text, NULL, 0, &fallback); /* was checked */
    }
    return fallback;
}

GByteArray *smbios_file_structures(unsigned *count, size_t *max_size)
{
    *count = given.num_structures;
    *max_size = given.max_size;
    return given.structures;
}

bool smbios_type_from_file(unsigned type)
{
    return given.type_from_file[type];
}

/* ---- type= ---- */

static const FieldInfo *find_field(unsigned type, const char *key, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *all = NULL;
    const char *nearest;

    for (size_t i = 0; i < ARRAY_SIZE(field_infos); i++) {
        if (field_infos[i].type == type) {
            if (!strcmp(field_infos[i].key, key)) {
                return &field_infos[i];
            }
            g_ptr_array_add(names, (char *)field_infos[i].key);
        }
    }
    g_ptr_array_add(names, NULL);
    all = g_strjoinv(", ", (char **)names->pdata);
    nearest = qemu_nearest_name(key, (const char *const *)names->pdata);
    error_setg(errp, "SMBIOS type %u has no field '%s'", type, key);
    if (nearest) {
        error_append_hint(errp, "Did you mean '%s'? ", nearest);
    }
    error_append_hint(errp, "Accepted: %s.\n", all);
    return NULL;
}

static bool check_value(const FieldInfo *info, const char *value, Error **errp)
{
    static const uint64_t max[] = {
        [NUMBER8] = UINT8_MAX, [NUMBER16] = UINT16_MAX, [NUMBER64] = UINT64_MAX};
    uint64_t number;
    QemuUUID uuid;
    unsigned major, minor;
    char rest;
    bool flag;

    switch (info->kind) {
    case TEXT:
        return true;
    case BOOL:
        return qapi_bool_parse(info->key, value, &flag, errp);
    case UUID_TEXT:
        if (qemu_uuid_parse(value, &uuid) < 0) {
            error_setg(errp, "%s='%s' is not a UUID", info->key, value);
            return false;
        }
        return true;
    case RELEASE:
        if (sscanf(value, "%u.%u%c", &major, &minor, &rest) != 2 || major > 255 || minor > 255) {
            error_setg(errp, "release='%s' is not of the form MAJOR.MINOR (0 to 255 each)", value);
            return false;
        }
        return true;
    default:
        if (qemu_strtou64(value, NULL, 0, &number) < 0 || number > max[info->kind]) {
            error_setg(errp, "%s='%s' is not a number between 0 and %" PRIu64, info->key, value,
                       max[info->kind]);
            return false;
        }
        return true;
    }
}

/* "a=1,b=x,,y" to fields; a comma in a value is doubled. */
static GArray *parse_fields(const char *arg, Error **errp)
{
    GArray *fields = g_array_new(false, false, sizeof(SmbiosField));

    while (*arg) {
        g_autoptr(GString) value = g_string_new(NULL);
        size_t key_len = strcspn(arg, "=,");
        SmbiosField field = {.key = g_strndup(arg, key_len)};
        arg += key_len;
        if (*arg == '=') {
            for (arg++; *arg && (*arg != ',' || arg[1] == ','); arg++) {
                arg += *arg == ',';
                g_string_append_c(value, *arg);
            }
        } else {
            g_string_assign(value, "on"); /* a bare name is a switch */
        }
        field.value = g_strdup(value->str);
        g_array_append_val(fields, field);
        if (!key_len) {
            error_setg(errp, "-smbios has an empty field name before '%s'", arg);
            return NULL; /* the program is about to end */
        }
        arg += *arg == ',';
    }
    return fields;
}

/* Text of a type 11 field that is in a file: from here on as if it had been given. */
static bool read_oem_string(SmbiosField *field, Error **errp)
{
    ERRP_GUARD();
    char *text;
    size_t size;

    text = qemu_read_file(field->value, SMBIOS_FILE_MAX, &size, errp);
    if (!text) {
        error_prepend(errp, "SMBIOS type 11: ");
        return false;
    }
    if (strlen(text) != size) {
        error_setg(errp, "SMBIOS type 11: file '%s' has a NUL byte", field->value);
        g_free(text);
        return false;
    }
    g_free(field->value);
    g_free(field->key);
    field->key = g_strdup("value");
    field->value = text;
    return true;
}

static bool add_type(SmbiosOption *option, Error **errp)
{
    ERRP_GUARD();
    bool known = false;

    for (size_t i = 0; i < ARRAY_SIZE(field_infos); i++) {
        known |= field_infos[i].type == option->type;
    }
    if (!known) {
        error_setg(errp, "SMBIOS type %u cannot be set by fields", option->type);
        error_append_hint(errp, "Accepted: 0, 1, 2, 3, 4, 8, 9, 11, 17, 41; any with file=.\n");
        return false;
    }
    if (given.type_from_file[option->type]) {
        error_setg(errp, "SMBIOS type %u is from a file already", option->type);
        return false;
    }
    for (guint i = 0; i < option->fields->len; i++) {
        SmbiosField *field = &g_array_index(option->fields, SmbiosField, i);
        const FieldInfo *info;
        if (!strcmp(field->key, "type")) {
            continue;
        }
        info = find_field(option->type, field->key, errp);
        if (!info || !check_value(info, field->value, errp)) {
            return false;
        }
        if (option->type == 11 && !strcmp(field->key, "path") && !read_oem_string(field, errp)) {
            return false;
        }
        if (info->kind == UUID_TEXT) {
            qemu_uuid_parse(field->value, &qemu_uuid);
            qemu_uuid_set = true;
        }
    }
    if (!given.options) {
        given.options = g_ptr_array_new();
    }
    g_ptr_array_add(given.options, option);
    return true;
}

/* ---- file= ---- */

/* Length of the structure at @data: formatted area and strings up to the double NUL; 0: bad. */
static size_t structure_size(const uint8_t *data, size_t left)
{
    if (left < 6 || data[1] < 4 || data[1] + 2u > left) {
        return 0;
    }
    for (size_t i = data[1]; i + 1 < left; i++) {
        if (!data[i] && !data[i + 1]) {
            return i + 2;
        }
    }
    return 0;
}

static bool add_file(const char *name, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *data = NULL;
    size_t size, pos = 0;

    data = qemu_read_file(name, SMBIOS_FILE_MAX, &size, errp);
    if (!data) {
        error_prepend(errp, "SMBIOS file: ");
        return false;
    }
    if (!given.structures) {
        given.structures = g_byte_array_new();
    }
    do {
        const uint8_t *s = (uint8_t *)data + pos;
        size_t len = structure_size(s, size - pos);
        g_autoptr(GPtrArray) options = NULL;
        if (!len) {
            error_setg(errp, "SMBIOS file '%s' has no complete structure at offset %zu of %zu",
                       name, pos, size);
            return false;
        }
        options = smbios_options_of(s[0]);
        if (options->len) {
            error_setg(errp, "SMBIOS type %u of file '%s' was set by fields already", s[0], name);
            return false;
        }
        g_byte_array_append(given.structures, s, len);
        given.type_from_file[s[0]] = true;
        given.num_structures++;
        given.max_size = MAX(given.max_size, len);
        pos += len;
    } while (pos < size);
    return true;
}

bool smbios_entry_add(const char *arg, Error **errp)
{
    SmbiosOption *option = g_new0(SmbiosOption, 1);
    const char *file, *type;

    /* Options live until the program ends. */
    option->fields = parse_fields(arg, errp);
    if (!option->fields) {
        return false;
    }
    file = smbios_option_get(option, "file");
    type = smbios_option_get(option, "type");
    if (file) {
        if (option->fields->len > 1) {
            error_setg(errp, "-smbios file= takes no other parameters");
            return false;
        }
        return add_file(file, errp);
    }
    if (!type) {
        error_setg(errp, "-smbios needs 'type' or 'file'");
        return false;
    }
    if (qemu_strtoui(type, NULL, 0, &option->type) < 0 || option->type > 255) {
        error_setg(errp, "SMBIOS type '%s' is not a number between 0 and 255", type);
        return false;
    }
    return add_type(option, errp);
}
