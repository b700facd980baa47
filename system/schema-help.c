/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help for options whose parameters are those of a QMP type: "  name=<type>" from the schema. */
#include "qemu/osdep.h"
#include "qapi/qapi-commands-introspect.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "schema-help.h"

#define DEPTH_MAX 3 /* of names with dots; what is deeper is told as an object */

static QDict *find_by(QList *list, const char *key, const char *value)
{
    const QListEntry *e;

    QLIST_FOREACH_ENTRY (list, e) {
        QDict *d = qobject_to(QDict, e->value);

        if (d && !g_strcmp0(qdict_get_try_str(d, key), value)) {
            return d;
        }
    }
    return NULL;
}

/* Values of an enumeration, "on|off". Caller's. */
static char *enum_values(QDict *info)
{
    GString *text = g_string_new(NULL);
    const QListEntry *e;

    QLIST_FOREACH_ENTRY (qdict_get_qlist(info, "members"), e) {
        g_string_append_printf(text, "%s%s", text->len ? "|" : "",
                               qdict_get_str(qobject_to(QDict, e->value), "name"));
    }
    return g_string_free(text, FALSE);
}

static void add_members(QList *schema, QDict *object, const char *prefix, int depth,
                        GPtrArray *lines);

static void add_member(QList *schema, const char *name, const char *type, int depth,
                       GPtrArray *lines)
{
    QDict *info = find_by(schema, "name", type);
    const char *meta = info ? qdict_get_str(info, "meta-type") : "builtin";
    g_autofree char *values = NULL;
    g_autofree char *inner = NULL;

    if (!strcmp(meta, "object") && !qdict_haskey(info, "variants") && depth < DEPTH_MAX) {
        inner = g_strconcat(name, ".", NULL);
        add_members(schema, info, inner, depth + 1, lines);
        return;
    }
    if (!strcmp(meta, "enum")) {
        type = values = enum_values(info);
    } else if (!strcmp(meta, "alternate")) {
        type = "name or object"; /* such as a node */
    } else if (strcmp(meta, "builtin")) {
        type = meta;
    }
    g_ptr_array_add(lines, g_strdup_printf("  %s=<%s>", name, type));
}

static void add_members(QList *schema, QDict *object, const char *prefix, int depth,
                        GPtrArray *lines)
{
    const QListEntry *e;

    QLIST_FOREACH_ENTRY (qdict_get_qlist(object, "members"), e) {
        QDict *member = qobject_to(QDict, e->value);
        g_autofree char *name = g_strconcat(prefix, qdict_get_str(member, "name"), NULL);

        if (g_strcmp0(qdict_get_str(member, "name"), qdict_get_try_str(object, "tag"))) {
            add_member(schema, name, qdict_get_str(member, "type"), depth, lines);
        }
    }
}

/* What @command takes or gives; of a list, an element. */
static QDict *type_of_command(QList *schema, const char *command, bool result)
{
    QDict *info = find_by(schema, "name", command);

    info = find_by(schema, "name", qdict_get_str(info, result ? "ret-type" : "arg-type"));
    if (!strcmp(qdict_get_str(info, "meta-type"), "array")) {
        info = find_by(schema, "name", qdict_get_str(info, "element-type"));
    }
    return info;
}

bool schema_print_members(const char *command, bool result, const char *name)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(QDict) no_args = qdict_new();
    g_autoptr(QObject) obj = NULL;
    QDict *info, *tag, *variant;
    QList *schema;

    /* Without arguments there is nothing to refuse. */
    qmp_marshal_query_qmp_schema(no_args, &obj, &error_abort);
    schema = qobject_to(QList, obj);
    info = type_of_command(schema, command, result);
    tag = find_by(qdict_get_qlist(info, "members"), "name", qdict_get_str(info, "tag"));
    tag = find_by(schema, "name", qdict_get_str(tag, "type"));
    if (!find_by(qdict_get_qlist(tag, "members"), "name", name)) {
        return false;
    }
    add_members(schema, info, "", 1, lines);
    variant = find_by(qdict_get_qlist(info, "variants"), "case", name);
    if (variant) {
        variant = find_by(schema, "name", qdict_get_str(variant, "type"));
        add_members(schema, variant, "", 1, lines);
    }
    g_ptr_array_sort(lines, (GCompareFunc)qemu_pstrcmp0);
    printf("%s options:\n", name);
    for (guint i = 0; i < lines->len; i++) {
        printf("%s\n", (char *)g_ptr_array_index(lines, i));
    }
    return true;
}
