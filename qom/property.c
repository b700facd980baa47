/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties of instances and classes: adding, finding, walking, getting, setting. */
#include "qemu/osdep.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/string-input-visitor.h"
#include "qapi/string-output-visitor.h"
#include "qapi/visitor.h"
#include "qemu/nearest-name.h"
#include "qemu/option-place.h"
#include "qobject/qbool.h"
#include "qobject/qdict.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"
#include "qom-internal.h"

void object_property_free(gpointer data)
{
    ObjectProperty *prop = data;

    qobject_unref(prop->defval);
    g_free(prop->name);
    g_free(prop->type);
    g_free(prop->description);
    g_free(prop);
}

static ObjectProperty *property_new(const char *name, const char *type, ObjectPropertyAccessor *get,
                                    ObjectPropertyAccessor *set, ObjectPropertyRelease *release,
                                    void *opaque)
{
    ObjectProperty *prop = g_new0(ObjectProperty, 1);

    prop->name = g_strdup(name);
    prop->type = g_strdup(type);
    prop->get = get;
    prop->set = set;
    prop->release = release;
    prop->opaque = opaque;
    return prop;
}

/* ---- adding ------------------------------------------------------------- */

/* "name[*]": the first index that is free. */
static ObjectProperty *add_indexed(Object *obj, const char *name, const char *type,
                                   ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                   ObjectPropertyRelease *release, void *opaque)
{
    g_autofree char *base = g_strndup(name, strlen(name) - strlen("[*]"));

    for (unsigned i = 0;; i++) {
        g_autofree char *full = g_strdup_printf("%s[%u]", base, i);

        if (!object_property_find(obj, full)) {
            return object_property_add(obj, full, type, get, set, release, opaque);
        }
    }
}

ObjectProperty *object_property_try_add(Object *obj, const char *name, const char *type,
                                        ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                        ObjectPropertyRelease *release, void *opaque, Error **errp)
{
    ObjectProperty *prop;

    if (g_str_has_suffix(name, "[*]")) {
        return add_indexed(obj, name, type, get, set, release, opaque);
    }
    if (object_property_find(obj, name)) {
        error_setg(errp, "attempt to add duplicate property '%s' to object (type '%s')", name,
                   object_get_typename(obj));
        return NULL;
    }
    if (!obj->properties) {
        obj->properties =
            g_hash_table_new_full(g_str_hash, g_str_equal, NULL, object_property_free);
    }
    prop = property_new(name, type, get, set, release, opaque);
    g_hash_table_insert(obj->properties, prop->name, prop);
    return prop;
}

ObjectProperty *object_property_add(Object *obj, const char *name, const char *type,
                                    ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                    ObjectPropertyRelease *release, void *opaque)
{
    return object_property_try_add(obj, name, type, get, set, release, opaque, &error_abort);
}

ObjectProperty *object_class_property_add(ObjectClass *klass, const char *name, const char *type,
                                          ObjectPropertyAccessor *get, ObjectPropertyAccessor *set,
                                          ObjectPropertyRelease *release, void *opaque)
{
    ObjectProperty *prop;

    g_assert(!object_class_property_find(klass, name));
    prop = property_new(name, type, get, set, release, opaque);
    g_hash_table_insert(klass->properties, prop->name, prop);
    return prop;
}

/* ---- removing ----------------------------------------------------------- */

void object_property_del(Object *obj, const char *name)
{
    ObjectProperty *prop = obj->properties ? g_hash_table_lookup(obj->properties, name) : NULL;

    g_assert(prop);
    /* Gone before release() runs, which may look around or drop the last reference. */
    g_hash_table_steal(obj->properties, name);
    if (prop->release) {
        prop->release(obj, prop->name, prop->opaque);
    }
    object_property_free(prop);
}

void object_property_del_all(Object *obj)
{
    while (obj->properties) {
        GHashTableIter iter;
        ObjectProperty *prop;

        /* A release() may remove others: start over each time. */
        g_hash_table_iter_init(&iter, obj->properties);
        if (!g_hash_table_iter_next(&iter, NULL, (void **)&prop)) {
            g_clear_pointer(&obj->properties, g_hash_table_unref);
            break;
        }
        object_property_del(obj, prop->name);
    }
    for (TypeImpl *type = obj->class->type; type; type = type_get_parent(type)) {
        GHashTableIter iter;
        ObjectProperty *prop;

        g_hash_table_iter_init(&iter, type->class->properties);
        while (g_hash_table_iter_next(&iter, NULL, (void **)&prop)) {
            if (prop->release) {
                prop->release(obj, prop->name, prop->opaque);
            }
        }
    }
}

/* ---- finding and walking ------------------------------------------------ */

ObjectProperty *object_class_property_find(ObjectClass *klass, const char *name)
{
    for (; klass; klass = object_class_get_parent(klass)) {
        ObjectProperty *prop = g_hash_table_lookup(klass->properties, name);

        if (prop) {
            return prop;
        }
    }
    return NULL;
}

ObjectProperty *object_property_find(Object *obj, const char *name)
{
    ObjectProperty *prop = object_class_property_find(obj->class, name);

    if (!prop && obj->properties) {
        prop = g_hash_table_lookup(obj->properties, name);
    }
    return prop;
}

/* Suggests what can be written, or with @readable what can be read. */
static void property_not_found(ObjectPropertyIterator *iter, const char *typename, const char *name,
                               bool readable, Error **errp)
{
    ERRP_GUARD();
    ObjectProperty *prop;
    NearestName nearest;

    error_setg(errp, "Property '%s.%s' not found", typename, name);
    nearest_name_init(&nearest, name);
    while ((prop = object_property_iter_next(iter)) != NULL) {
        if (readable || prop->set) {
            nearest_name_try(&nearest, prop->name);
        }
    }
    nearest_name_hint(&nearest, errp);
}

static ObjectProperty *find_or_suggest(Object *obj, const char *name, bool readable, Error **errp)
{
    ObjectProperty *prop = object_property_find(obj, name);
    ObjectPropertyIterator iter;

    if (!prop) {
        object_property_iter_init(&iter, obj);
        property_not_found(&iter, object_get_typename(obj), name, readable, errp);
    }
    return prop;
}

ObjectProperty *object_property_find_err(Object *obj, const char *name, Error **errp)
{
    return find_or_suggest(obj, name, true, errp);
}

ObjectProperty *object_class_property_find_err(ObjectClass *klass, const char *name, Error **errp)
{
    ObjectProperty *prop = object_class_property_find(klass, name);
    ObjectPropertyIterator iter;

    if (!prop) {
        object_class_property_iter_init(&iter, klass);
        property_not_found(&iter, object_class_get_name(klass), name, true, errp);
    }
    return prop;
}

void object_property_iter_init(ObjectPropertyIterator *iter, Object *obj)
{
    iter->nextclass = object_get_class(obj);
    iter->active = obj->properties != NULL;
    if (iter->active) {
        g_hash_table_iter_init(&iter->iter, obj->properties);
    }
}

void object_class_property_iter_init(ObjectPropertyIterator *iter, ObjectClass *klass)
{
    iter->nextclass = klass;
    iter->active = false;
}

ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iter)
{
    ObjectProperty *prop;

    for (;;) {
        if (iter->active && g_hash_table_iter_next(&iter->iter, NULL, (void **)&prop)) {
            return prop;
        }
        if (!iter->nextclass) {
            iter->active = false;
            return NULL;
        }
        g_hash_table_iter_init(&iter->iter, iter->nextclass->properties);
        iter->active = true;
        iter->nextclass = object_class_get_parent(iter->nextclass);
    }
}

/* ---- get and set -------------------------------------------------------- */

bool object_property_get_with(Object *obj, ObjectProperty *prop, Visitor *v, const char *name,
                              Error **errp)
{
    Error *err = NULL;

    if (!prop->get) {
        error_setg(errp, "Property '%s.%s' is not readable", object_get_typename(obj), name);
        return false;
    }
    prop->get(obj, v, name, prop->opaque, &err);
    error_propagate(errp, err);
    return !err;
}

bool object_property_set_with(Object *obj, ObjectProperty *prop, Visitor *v, const char *name,
                              Error **errp)
{
    ERRP_GUARD();

    if (!prop->set) {
        error_setg(errp, "Property '%s.%s' is not writable", object_get_typename(obj), name);
        return false;
    }
    if (obj->class->may_set && !obj->class->may_set(obj, prop, name, errp)) {
        return false;
    }
    prop->set(obj, v, name, prop->opaque, errp);
    return !*errp;
}

bool object_property_get(Object *obj, const char *name, Visitor *v, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    return prop && object_property_get_with(obj, prop, v, name, errp);
}

bool object_property_set(Object *obj, const char *name, Visitor *v, Error **errp)
{
    ObjectProperty *prop = find_or_suggest(obj, name, false, errp);

    return prop && object_property_set_with(obj, prop, v, name, errp);
}

bool object_property_set_str(Object *obj, const char *name, const char *value, Error **errp)
{
    g_autoptr(QString) qstr = qstring_from_str(value);

    return object_property_set_qobject(obj, name, QOBJECT(qstr), errp);
}

char *object_property_get_str(Object *obj, const char *name, Error **errp)
{
    g_autoptr(QObject) ret = object_property_get_qobject(obj, name, errp);
    QString *qstring = qobject_to(QString, ret);

    if (!ret) {
        return NULL;
    }
    if (!qstring) {
        error_setg(errp, "Property '%s.%s' is no string", object_get_typename(obj), name);
        return NULL;
    }
    return g_strdup(qstring_get_str(qstring));
}

bool object_property_set_bool(Object *obj, const char *name, bool value, Error **errp)
{
    g_autoptr(QBool) qbool = qbool_from_bool(value);

    return object_property_set_qobject(obj, name, QOBJECT(qbool), errp);
}

bool object_property_get_bool(Object *obj, const char *name, Error **errp)
{
    g_autoptr(QObject) ret = object_property_get_qobject(obj, name, errp);
    QBool *qbool = qobject_to(QBool, ret);

    if (ret && !qbool) {
        error_setg(errp, "Property '%s.%s' is no boolean", object_get_typename(obj), name);
    }
    return qbool && qbool_get_bool(qbool);
}

bool object_property_set_int(Object *obj, const char *name, int64_t value, Error **errp)
{
    g_autoptr(QNum) qnum = qnum_from_int(value);

    return object_property_set_qobject(obj, name, QOBJECT(qnum), errp);
}

int64_t object_property_get_int(Object *obj, const char *name, Error **errp)
{
    g_autoptr(QObject) ret = object_property_get_qobject(obj, name, errp);
    QNum *qnum = qobject_to(QNum, ret);
    int64_t val = -1;

    if (ret && (!qnum || !qnum_get_try_int(qnum, &val))) {
        error_setg(errp, "Property '%s.%s' is no int", object_get_typename(obj), name);
        return -1;
    }
    return val;
}

bool object_property_set_uint(Object *obj, const char *name, uint64_t value, Error **errp)
{
    g_autoptr(QNum) qnum = qnum_from_uint(value);

    return object_property_set_qobject(obj, name, QOBJECT(qnum), errp);
}

uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp)
{
    g_autoptr(QObject) ret = object_property_get_qobject(obj, name, errp);
    QNum *qnum = qobject_to(QNum, ret);
    uint64_t val = 0;

    if (ret && (!qnum || !qnum_get_try_uint(qnum, &val))) {
        error_setg(errp, "Property '%s.%s' is no uint", object_get_typename(obj), name);
        return 0;
    }
    return val;
}

int object_property_get_enum(Object *obj, const char *name, const char *typename, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);
    const QEnumLookup *lookup = prop ? object_property_enum_lookup(prop) : NULL;
    g_autofree char *str = NULL;

    if (!prop) {
        return -1;
    }
    if (!lookup || strcmp(prop->type, typename)) {
        error_setg(errp, "Property '%s.%s' is of type '%s', not the enum '%s'",
                   object_get_typename(obj), name, prop->type, typename);
        return -1;
    }
    str = object_property_get_str(obj, name, errp);
    return str ? qapi_enum_parse(lookup, str, -1, errp) : -1;
}

bool object_property_parse(Object *obj, const char *name, const char *string, Error **errp)
{
    g_autoptr(Visitor) v = string_input_visitor_new(string);

    return object_property_set(obj, name, v, errp);
}

char *object_property_print(Object *obj, const char *name, bool human, Error **errp)
{
    char *string = NULL;
    g_autoptr(Visitor) v = string_output_visitor_new(human, &string);

    if (!object_property_get(obj, name, v, errp)) {
        return NULL;
    }
    visit_complete(v, &string);
    return string;
}

const char *object_property_get_type(Object *obj, const char *name, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    return prop ? prop->type : NULL;
}

bool object_set_properties_from_qdict(Object *obj, const QDict *qdict, bool keyval, Error **errp)
{
    const QDictEntry *e;

    for (e = qdict_first(qdict); e; e = qdict_next(qdict, e)) {
        g_autoptr(Visitor) v = keyval ? qobject_input_visitor_new_keyval(qdict_entry_value(e))
                                      : qobject_input_visitor_new(qdict_entry_value(e));

        loc_at_key(qdict_entry_key(e));
        if (!object_property_set(obj, qdict_entry_key(e), v, errp)) {
            return false;
        }
    }
    return true;
}

void object_hint_at_property_help(Object *obj, const QDict *qdict, const char *option,
                                  const char *name, Error *const *errp)
{
    if (error_get_hint(*errp)) {
        return;
    }
    for (const QDictEntry *e = qdict_first(qdict); e; e = qdict_next(qdict, e)) {
        if (!object_property_find(obj, qdict_entry_key(e))) {
            error_append_hint(errp, "\"%s %s,help\" lists its properties.\n", option, name);
            return;
        }
    }
}

/* ---- descriptions and defaults ------------------------------------------ */

void object_property_set_description(Object *obj, const char *name, const char *description)
{
    ObjectProperty *op = object_property_find_err(obj, name, &error_abort);

    g_free(op->description);
    op->description = g_strdup(description);
}

void object_class_property_set_description(ObjectClass *klass, const char *name,
                                           const char *description)
{
    ObjectProperty *op = g_hash_table_lookup(klass->properties, name);

    g_assert(op);
    g_free(op->description);
    op->description = g_strdup(description);
}

static void init_from_default(Object *obj, ObjectProperty *prop)
{
    g_autoptr(Visitor) v = qobject_input_visitor_new(prop->defval);

    object_property_set_with(obj, prop, v, prop->name, &error_abort);
}

static void set_default(ObjectProperty *prop, QObject *defval)
{
    g_assert(!prop->defval && !prop->init);
    prop->defval = defval;
    prop->init = init_from_default;
}

void object_property_set_default_bool(ObjectProperty *prop, bool value)
{
    set_default(prop, QOBJECT(qbool_from_bool(value)));
}

void object_property_set_default_str(ObjectProperty *prop, const char *value)
{
    set_default(prop, QOBJECT(qstring_from_str(value)));
}

void object_property_set_default_list(ObjectProperty *prop)
{
    set_default(prop, QOBJECT(qlist_new()));
}

void object_property_set_default_int(ObjectProperty *prop, int64_t value)
{
    set_default(prop, QOBJECT(qnum_from_int(value)));
}

void object_property_set_default_uint(ObjectProperty *prop, uint64_t value)
{
    set_default(prop, QOBJECT(qnum_from_uint(value)));
}

void object_class_property_init_all(Object *obj)
{
    for (ObjectClass *klass = obj->class; klass; klass = object_class_get_parent(klass)) {
        GHashTableIter iter;
        ObjectProperty *prop;

        g_hash_table_iter_init(&iter, klass->properties);
        while (g_hash_table_iter_next(&iter, NULL, (void **)&prop)) {
            if (prop->init) {
                prop->init(obj, prop);
            }
        }
    }
}
