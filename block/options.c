/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of drivers: from the dictionary that a user's words were parsed into, to a structure. */
#include "qemu/osdep.h"
#include "block/block_int.h"
#include "qemu/cutils.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

static bool set_string(void *field, const BdrvOpt *opt, const char *s, Error **errp)
{
    ERRP_GUARD();
    uint64_t n;
    int value;

    switch (opt->type) {
    case BDRV_OPT_STR:
        g_free(*(char **)field);
        *(char **)field = g_strdup(s);
        return true;
    case BDRV_OPT_BOOL:
        return qapi_bool_parse(opt->name, s, field, errp);
    case BDRV_OPT_NUM:
        if (parse_uint_full(s, 0, &n) < 0) {
            error_setg(errp, "Parameter '%s' expects a number, not '%s'", opt->name, s);
            return false;
        }
        *(uint64_t *)field = n;
        return true;
    case BDRV_OPT_SIZE:
        if (qemu_strtosz(s, NULL, &n) < 0) {
            error_setg(errp, "Parameter '%s' expects a non-negative number below 2^64, not '%s'",
                       opt->name, s);
            error_append_hint(errp, "Optional suffix k, M, G, T, P or E means kilo-, mega-, giga-, "
                                    "tera-, peta-\nand exabytes, respectively.\n");
            return false;
        }
        *(uint64_t *)field = n;
        return true;
    case BDRV_OPT_ENUM:
        value = qapi_enum_parse(opt->lookup, s, -1, errp);
        if (value < 0) {
            error_prepend(errp, "Parameter '%s': ", opt->name);
            return false;
        }
        *(int *)field = value;
        return true;
    }
    return false;
}

static bool set_value(void *field, const BdrvOpt *opt, QObject *value, Error **errp)
{
    uint64_t n;

    switch (qobject_type(value)) {
    case QTYPE_QSTRING:
        return set_string(field, opt, qstring_get_str(qobject_to(QString, value)), errp);
    case QTYPE_QBOOL:
        if (opt->type == BDRV_OPT_BOOL) {
            *(bool *)field = qbool_get_bool(qobject_to(QBool, value));
            return true;
        }
        break;
    case QTYPE_QNUM:
        if ((opt->type == BDRV_OPT_NUM || opt->type == BDRV_OPT_SIZE) &&
            qnum_get_try_uint(qobject_to(QNum, value), &n)) {
            *(uint64_t *)field = n;
            return true;
        }
        break;
    default:
        break;
    }
    error_setg(errp, "Parameter '%s' expects a %s", opt->name,
               opt->type == BDRV_OPT_BOOL                                ? "boolean"
               : opt->type == BDRV_OPT_NUM || opt->type == BDRV_OPT_SIZE ? "non-negative number"
                                                                         : "string");
    return false;
}

bool bdrv_parse_options(void *dest, const BdrvOpt *table, QDict *options, Error **errp)
{
    for (const BdrvOpt *opt = table; opt->name; opt++) {
        QObject *value = options ? qdict_get(options, opt->name) : NULL;

        if (value) {
            if (!set_value((char *)dest + opt->offset, opt, value, errp)) {
                return false;
            }
            qdict_del(options, opt->name);
        }
    }
    return true;
}

/* As an image's creation shows it; names of enumerations are left to who creates it. */
static bool show_value(GString *out, const BdrvOpt *opt, QObject *value, Error **errp)
{
    const QString *string = qobject_to(QString, value);
    uint64_t n;
    bool on;

    switch (opt->type) {
    case BDRV_OPT_BOOL:
        if (set_value(&on, opt, value, errp)) {
            g_string_append(out, on ? "on" : "off");
            return true;
        }
        return false;
    case BDRV_OPT_NUM:
    case BDRV_OPT_SIZE:
        if (set_value(&n, opt, value, errp)) {
            g_string_append_printf(out, "%" PRIu64, n);
            return true;
        }
        return false;
    default:
        /* As it would be written behind -o: commas twice. */
        for (const char *c = string ? qstring_get_str(string) : ""; *c; c++) {
            g_string_append(out, *c == ',' ? ",," : (char[]){*c, 0});
        }
        return true;
    }
}

bool bdrv_show_options(GString *out, const BdrvOpt *table, const QDict *options, Error **errp)
{
    for (const BdrvOpt *opt = table; opt && opt->name; opt++) {
        QObject *value = qdict_get(options, opt->name);

        if (value) {
            g_string_append_printf(out, " %s=", opt->name);
            if (!show_value(out, opt, value, errp)) {
                return false;
            }
        } else if (opt->shown) {
            g_string_append_printf(out, " %s=%s", opt->name, opt->shown);
        }
    }
    return true;
}

void bdrv_free_options(void *dest, const BdrvOpt *table)
{
    for (const BdrvOpt *opt = table; opt->name; opt++) {
        if (opt->type == BDRV_OPT_STR) {
            char **field = (char **)((char *)dest + opt->offset);

            g_free(*field);
            *field = NULL;
        }
    }
}
