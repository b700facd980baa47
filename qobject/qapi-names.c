/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the interface: of enum values, of booleans, of members. */
#include "qemu/osdep.h"
#include "qapi/util.h"

const char *qapi_enum_lookup(const QEnumLookup *lookup, int val)
{
    g_assert(val >= 0 && val < lookup->size);
    return lookup->array[val];
}

int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def, Error **errp)
{
    g_autoptr(GString) accepted = NULL;

    if (!buf) {
        return def;
    }
    for (int i = 0; i < lookup->size; i++) {
        if (lookup->array[i] && !strcmp(buf, lookup->array[i])) {
            return i;
        }
    }
    if (!errp) {
        return def;
    }
    accepted = g_string_new(NULL);
    for (int i = 0; i < lookup->size; i++) {
        if (lookup->array[i]) {
            g_string_append_printf(accepted, "%s%s", accepted->len ? ", " : "", lookup->array[i]);
        }
    }
    error_setg(errp, "invalid value '%s', expected one of: %s", buf, accepted->str);
    return def;
}

bool qapi_bool_parse(const char *name, const char *value, bool *obj, Error **errp)
{
    static const char *const yes[] = {"on", "yes", "true", "y"};
    static const char *const no[] = {"off", "no", "false", "n"};

    for (size_t i = 0; i < G_N_ELEMENTS(yes); i++) {
        if (!strcmp(value, yes[i]) || !strcmp(value, no[i])) {
            *obj = !strcmp(value, yes[i]);
            return true;
        }
    }
    error_setg(errp, "Parameter '%s' expects 'on' or 'off', got '%s'", name, value);
    return false;
}

int parse_qapi_name(const char *name, bool complete)
{
    const char *p = name;

    if (*p == '_') { /* __RFQDN_ */
        if (*++p != '_') {
            return -1;
        }
        p++;
        while (g_ascii_isalnum(*p) || *p == '-' || *p == '.') {
            p++;
        }
        if (p == name + 2 || *p++ != '_') {
            return -1;
        }
    }
    if (!g_ascii_isalpha(*p)) {
        return -1;
    }
    while (g_ascii_isalnum(*p) || *p == '-' || *p == '_') {
        p++;
    }
    return complete && *p ? -1 : p - name;
}
