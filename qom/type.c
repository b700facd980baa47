/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of types, classes built on first use, and casts.
 *
 * Interfaces: a class that implements one gets an InterfaceClass of its own,
 * a copy of the one its parent has (or of the interface's), whose methods its
 * class_init may set. Those copies belong to types without a place in the
 * registry.
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/nearest-name.h"
#include "qom-internal.h"

/* name -> TypeImpl, and the same in order of registration. */
static GHashTable *type_table;
static GPtrArray *type_list;

static void type_table_init(void)
{
    if (!type_table) {
        type_table = g_hash_table_new(g_str_hash, g_str_equal);
        type_list = g_ptr_array_new();
    }
}

/* A fault in the program's own types: there is no going on. */
static void type_fatal(const char *type, const char *what, const char *other)
{
    error_setg(&error_abort, "type '%s': %s '%s'", type, what, other);
}

TypeImpl *type_get_by_name(const char *name)
{
    type_table_init();
    return name ? g_hash_table_lookup(type_table, name) : NULL;
}

TypeImpl *type_get_or_load_by_name(const char *name)
{
    TypeImpl *type = type_get_by_name(name);

    if (!type) {
        type_fatal(name, "is not known, asked for by", "object_new()");
    }
    return type;
}

static TypeImpl *type_new(const TypeInfo *info)
{
    TypeImpl *ti = g_new0(TypeImpl, 1);

    *ti = (TypeImpl){
        .name = g_intern_string(info->name),
        .parent = g_intern_string(info->parent),
        .class_size = info->class_size,
        .instance_size = info->instance_size,
        .instance_align = info->instance_align,
        .class_init = info->class_init,
        .class_base_init = info->class_base_init,
        .class_data = info->class_data,
        .instance_init = info->instance_init,
        .instance_post_init = info->instance_post_init,
        .instance_finalize = info->instance_finalize,
        .abstract = info->abstract,
        .interfaces = info->interfaces,
    };
    return ti;
}

static Type type_register_internal(const TypeInfo *info)
{
    TypeImpl *ti = type_new(info);

    type_table_init();
    if (g_hash_table_contains(type_table, ti->name)) {
        type_fatal(ti->name, "is registered twice; the second time with parent",
                   ti->parent ? ti->parent : "(none)");
    }
    g_hash_table_insert(type_table, (void *)ti->name, ti);
    g_ptr_array_add(type_list, ti);
    return ti;
}

Type type_register_static(const TypeInfo *info)
{
    g_assert(info->parent);
    return type_register_internal(info);
}

void type_register_static_array(const TypeInfo *infos, int nr_infos)
{
    for (int i = 0; i < nr_infos; i++) {
        type_register_static(&infos[i]);
    }
}

TypeImpl *type_get_parent(TypeImpl *type)
{
    if (!type->parent_type && type->parent) {
        type->parent_type = type_get_by_name(type->parent);
        if (!type->parent_type) {
            type_fatal(type->name, "there is no parent type", type->parent);
        }
    }
    return type->parent_type;
}

bool type_is_ancestor(TypeImpl *type, TypeImpl *target)
{
    for (; type; type = type_get_parent(type)) {
        if (type == target) {
            return true;
        }
    }
    return false;
}

/* ---- building a class --------------------------------------------------- */

static size_t type_class_size(TypeImpl *ti)
{
    for (; ti; ti = type_get_parent(ti)) {
        if (ti->class_size) {
            return ti->class_size;
        }
    }
    return sizeof(ObjectClass);
}

static size_t type_instance_size(TypeImpl *ti)
{
    for (; ti; ti = type_get_parent(ti)) {
        if (ti->instance_size) {
            return ti->instance_size;
        }
    }
    return 0;
}

static size_t type_instance_align(TypeImpl *ti)
{
    size_t align = 0;

    for (; ti; ti = type_get_parent(ti)) {
        align = MAX(align, ti->instance_align);
    }
    return align;
}

/*
 * Gives @ti's class a copy of @interface_type's class, based on the copy of its
 * parent @base when there is one.
 */
static void add_interface(TypeImpl *ti, TypeImpl *interface_type, TypeImpl *base)
{
    TypeImpl *iface = g_new0(TypeImpl, 1);
    InterfaceClass *iface_class;

    iface->name = g_strdup_printf("%s::%s", ti->name, interface_type->name);
    iface->parent = base->name;
    iface->parent_type = base;
    iface->abstract = true;
    type_initialize(iface);

    iface_class = (InterfaceClass *)iface->class;
    iface_class->concrete_class = ti->class;
    iface_class->interface_type = interface_type;
    ti->class->interfaces = g_slist_append(ti->class->interfaces, iface_class);
}

static bool class_has_interface(ObjectClass *klass, TypeImpl *target)
{
    for (GSList *e = klass->interfaces; e; e = e->next) {
        InterfaceClass *iface = e->data;

        if (type_is_ancestor(iface->interface_type, target)) {
            return true;
        }
    }
    return false;
}

static void init_interfaces(TypeImpl *ti, TypeImpl *parent)
{
    static TypeImpl *type_interface;

    if (!type_interface) {
        type_interface = type_get_by_name(TYPE_INTERFACE);
    }
    for (GSList *e = parent->class->interfaces; e; e = e->next) {
        InterfaceClass *iface = e->data;

        add_interface(ti, iface->interface_type, iface->parent_class.type);
    }
    for (const InterfaceInfo *i = ti->interfaces; i && i->type; i++) {
        TypeImpl *t = type_get_by_name(i->type);

        if (!t) {
            type_fatal(ti->name, "there is no interface", i->type);
        }
        if (!type_is_ancestor(t, type_interface)) {
            type_fatal(ti->name, "no interface:", i->type);
        }
        if (!class_has_interface(ti->class, t)) {
            type_initialize(t);
            add_interface(ti, t, t);
        }
    }
}

void type_initialize(TypeImpl *ti)
{
    TypeImpl *parent;

    if (ti->class) {
        return;
    }
    if (ti->initializing) {
        type_fatal(ti->name, "is needed by its own class_init; parent", ti->parent);
    }
    ti->initializing = true;
    parent = type_get_parent(ti);
    ti->class_size = type_class_size(ti);
    ti->instance_size = type_instance_size(ti);
    ti->instance_align = type_instance_align(ti);
    if (ti->instance_size == 0) {
        ti->abstract = true; /* interfaces */
    }

    if (parent) {
        type_initialize(parent);
        g_assert(parent->class_size <= ti->class_size);
        g_assert(parent->instance_size <= ti->instance_size);
    }
    ti->class = g_malloc0(ti->class_size);
    if (parent) {
        memcpy(ti->class, parent->class, parent->class_size);
        memset(ti->class->object_cast_cache, 0, sizeof(ti->class->object_cast_cache));
        memset(ti->class->class_cast_cache, 0, sizeof(ti->class->class_cast_cache));
    }
    ti->class->type = ti;
    ti->class->interfaces = NULL;
    ti->class->properties =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, object_property_free);
    if (parent) {
        init_interfaces(ti, parent);
    }
    for (TypeImpl *t = parent; t; t = type_get_parent(t)) {
        if (t->class_base_init) {
            t->class_base_init(ti->class, ti->class_data);
        }
    }
    if (ti->class_init) {
        ti->class_init(ti->class, ti->class_data);
    }
    ti->initializing = false;
}

/* ---- classes ------------------------------------------------------------ */

ObjectClass *object_class_by_name(const char *name)
{
    TypeImpl *type = type_get_by_name(name);

    if (!type) {
        return NULL;
    }
    type_initialize(type);
    return type->class;
}

ObjectClass *module_object_class_by_name(const char *name)
{
    return object_class_by_name(name);
}

ObjectClass *object_class_get_parent(ObjectClass *klass)
{
    TypeImpl *type = type_get_parent(klass->type);

    if (!type) {
        return NULL;
    }
    type_initialize(type);
    return type->class;
}

const char *object_class_get_name(ObjectClass *klass)
{
    return klass->type->name;
}

bool object_class_is_abstract(ObjectClass *klass)
{
    return klass->type->abstract;
}

void object_class_foreach(void (*fn)(ObjectClass *klass, void *opaque), const char *implements_type,
                          bool include_abstract, void *opaque)
{
    type_table_init();
    /* A callback may register types: those are not visited. */
    for (guint i = 0, n = type_list->len; i < n; i++) {
        TypeImpl *type = type_list->pdata[i];

        type_initialize(type);
        if (!include_abstract && type->abstract) {
            continue;
        }
        if (!implements_type || object_class_dynamic_cast(type->class, implements_type)) {
            fn(type->class, opaque);
        }
    }
}

static void collect_class(ObjectClass *klass, void *opaque)
{
    GSList **list = opaque;

    *list = g_slist_prepend(*list, klass);
}

GSList *object_class_get_list(const char *implements_type, bool include_abstract)
{
    GSList *list = NULL;

    object_class_foreach(collect_class, implements_type, include_abstract, &list);
    return list;
}

static gint compare_class_names(gconstpointer a, gconstpointer b)
{
    return strcmp(object_class_get_name((ObjectClass *)a), object_class_get_name((ObjectClass *)b));
}

GSList *object_class_get_list_sorted(const char *implements_type, bool include_abstract)
{
    return g_slist_sort(object_class_get_list(implements_type, include_abstract),
                        compare_class_names);
}

const char *object_class_nearest_name(const char *implements_type, const char *name)
{
    GSList *list = object_class_get_list(implements_type, false);
    const char *result;
    NearestName nearest;

    nearest_name_init(&nearest, name);
    for (GSList *e = list; e; e = e->next) {
        nearest_name_try(&nearest, object_class_get_name(e->data));
    }
    g_slist_free(list);
    result = nearest.best ? g_intern_string(nearest.best) : NULL;
    nearest_name_clear(&nearest);
    return result;
}

/* ---- casts -------------------------------------------------------------- */

ObjectClass *object_class_dynamic_cast(ObjectClass *klass, const char *type_name)
{
    ObjectClass *found = NULL;
    TypeImpl *target;

    if (!klass) {
        return NULL;
    }
    if (klass->type->name == type_name) {
        return klass;
    }
    target = type_get_by_name(type_name);
    if (!target) {
        return NULL;
    }
    if (type_is_ancestor(klass->type, target)) {
        return klass;
    }
    for (GSList *e = klass->interfaces; e; e = e->next) {
        InterfaceClass *iface = e->data;

        if (type_is_ancestor(iface->interface_type, target)) {
            if (found) {
                return NULL; /* two interfaces derive from it: no way to choose */
            }
            found = &iface->parent_class;
        }
    }
    return found;
}

/*
 * Casts of one class repeat with the same few string constants: their addresses
 * are remembered. Racing writers only lose an entry.
 */
static bool cast_cached(const char **cache, const char *type_name)
{
    for (int i = 0; i < OBJECT_CLASS_CAST_CACHE; i++) {
        if (qatomic_read(&cache[i]) == type_name) {
            return true;
        }
    }
    return false;
}

static void cast_remember(const char **cache, const char *type_name)
{
    int i;

    for (i = 1; i < OBJECT_CLASS_CAST_CACHE; i++) {
        qatomic_set(&cache[i - 1], qatomic_read(&cache[i]));
    }
    qatomic_set(&cache[i - 1], type_name);
}

ObjectClass *object_class_dynamic_cast_assert(ObjectClass *klass, const char *type_name,
                                              const char *file, int line, const char *func)
{
    ObjectClass *ret;

    if (!klass || cast_cached(klass->class_cast_cache, type_name)) {
        return klass;
    }
    ret = object_class_dynamic_cast(klass, type_name);
    if (!ret) {
        error_setg(&error_abort, "%s:%d:%s: class '%s' is no '%s'", file, line, func,
                   klass->type->name, type_name);
    }
    if (ret == klass) { /* an interface's class is another pointer */
        cast_remember(klass->class_cast_cache, type_name);
    }
    return ret;
}

Object *object_dynamic_cast(Object *obj, const char *typename)
{
    return obj && object_class_dynamic_cast(obj->class, typename) ? obj : NULL;
}

Object *object_dynamic_cast_assert(Object *obj, const char *typename, const char *file, int line,
                                   const char *func)
{
    if (!obj || cast_cached(obj->class->object_cast_cache, typename)) {
        return obj;
    }
    if (!object_dynamic_cast(obj, typename)) {
        error_setg(&error_abort, "%s:%d:%s: object %p of type '%s' is no '%s'", file, line, func,
                   obj, obj->class->type->name, typename);
    }
    cast_remember(obj->class->object_cast_cache, typename);
    return obj;
}

ObjectClass *object_get_class(Object *obj)
{
    return obj->class;
}

const char *object_get_typename(const Object *obj)
{
    return obj->class->type->name;
}

/* ---- the roots of all types --------------------------------------------- */

static char *object_get_type_prop(Object *obj, Error **errp)
{
    return g_strdup(object_get_typename(obj));
}

static void object_class_init(ObjectClass *klass, const void *data)
{
    object_class_property_add_str(klass, "type", object_get_type_prop, NULL);
}

static void register_types(void)
{
    static const TypeInfo interface_info = {
        .name = TYPE_INTERFACE,
        .class_size = sizeof(InterfaceClass),
        .abstract = true,
    };
    static const TypeInfo object_info = {
        .name = TYPE_OBJECT,
        .instance_size = sizeof(Object),
        .class_init = object_class_init,
        .abstract = true,
    };

    type_register_internal(&interface_info);
    type_register_internal(&object_info);
}
type_init(register_types)
