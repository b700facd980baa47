/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help for properties: "  name=<type>    - description (default: value)". */
#include "qemu/osdep.h"
#include "qobject/qjson.h"
#include "qom/object_interfaces.h"
#include "qom-internal.h"
#include "qemu/qemu-print.h"

char *object_property_help(const char *name, const char *type, QObject *defval,
                           const char *description)
{
    GString *str = g_string_new(NULL);

    g_string_append_printf(str, "  %s=<%s>", name, type);
    if (description || defval) {
        if (str->len < 24) {
            g_string_append_printf(str, "%*s", (int)(24 - str->len), "");
        }
        g_string_append(str, " - ");
    }
    if (description) {
        g_string_append(str, description);
    }
    if (defval) {
        GString *def = qobject_to_json(defval);

        g_string_append_printf(str, " (default: %s)", def->str);
        g_string_free(def, TRUE);
    }
    return g_string_free(str, FALSE);
}

static gint compare_lines(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool user_creatable_print_type_properties(const char *type)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    ObjectClass *klass = module_object_class_by_name(type);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    if (!klass) {
        return false;
    }
    object_class_property_iter_init(&iter, klass);
    while ((prop = object_property_iter_next(&iter))) {
        if (prop->set) {
            g_ptr_array_add(lines, object_property_help(prop->name, prop->type, prop->defval,
                                                        prop->description));
        }
    }
    g_ptr_array_sort(lines, compare_lines);
    if (lines->len > 0) {
        qemu_printf("%s options:\n", type);
    } else {
        qemu_printf("There are no options for %s.\n", type);
    }
    for (guint i = 0; i < lines->len; i++) {
        qemu_printf("%s\n", (char *)lines->pdata[i]);
    }
    return true;
}

void user_creatable_print_types(void)
{
    GSList *list = object_class_get_list_sorted(TYPE_USER_CREATABLE, false);

    qemu_printf("List of user creatable objects:\n");
    for (GSList *l = list; l; l = l->next) {
        qemu_printf("  %s\n", object_class_get_name(l->data));
    }
    g_slist_free(list);
}
