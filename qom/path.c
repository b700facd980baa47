/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The composition tree and paths in it.
 *
 *   /            container, the root
 *   /machine     the machine and all devices
 *   /objects     user-creatable objects
 *   /chardevs    character back ends
 */
#include "qemu/osdep.h"
#include "qom-internal.h"

Object *object_get_root(void)
{
    static Object *root;

    if (!root) {
        root = object_new(TYPE_CONTAINER);
        object_property_add_new_container(root, "objects");
        object_property_add_new_container(root, "chardevs");
        object_property_add_new_container(root, "backend");
    }
    return root;
}

Object *object_get_container(const char *name)
{
    Object *container = object_resolve_path_component(object_get_root(), name);

    g_assert(container && object_dynamic_cast(container, TYPE_CONTAINER));
    return container;
}

Object *object_get_objects_root(void)
{
    return object_get_container("objects");
}

Object *object_get_internal_root(void)
{
    static Object *internal_root;

    if (!internal_root) {
        internal_root = object_new(TYPE_CONTAINER);
    }
    return internal_root;
}

Object *object_property_add_new_container(Object *obj, const char *name)
{
    Object *child = object_new(TYPE_CONTAINER);

    object_property_add_child(obj, name, child);
    object_unref(child);
    return child;
}

const char *object_get_canonical_path_component(const Object *obj)
{
    return obj->parent ? obj->child_prop->name : NULL;
}

char *object_get_canonical_path(const Object *obj)
{
    Object *root = object_get_root();
    char *path = NULL;

    if (obj == root) {
        return g_strdup("/");
    }
    while (obj != root) {
        const char *component = object_get_canonical_path_component(obj);
        char *longer;

        if (!component) {
            g_free(path);
            return NULL;
        }
        longer = g_strdup_printf("/%s%s", component, path ? path : "");
        g_free(path);
        path = longer;
        obj = obj->parent;
    }
    return path;
}

Object *object_resolve_path_component(Object *parent, const char *part)
{
    ObjectProperty *prop = object_property_find(parent, part);

    return prop && prop->resolve ? prop->resolve(parent, prop->opaque, part) : NULL;
}

/* Follows @parts from @parent; NULL when it leads nowhere or to no @typename. */
static Object *resolve_abs_path(Object *parent, char **parts, const char *typename)
{
    for (; *parts && parent; parts++) {
        if (**parts) {
            parent = object_resolve_path_component(parent, *parts);
        }
    }
    return parent ? object_dynamic_cast(parent, typename) : NULL;
}

static Object *resolve_partial_path(Object *parent, char **parts, const char *typename,
                                    bool *ambiguous)
{
    Object *found = resolve_abs_path(parent, parts, typename);
    GHashTableIter iter;
    ObjectProperty *prop;

    if (!parent->properties) {
        return found;
    }
    g_hash_table_iter_init(&iter, parent->properties);
    while (g_hash_table_iter_next(&iter, NULL, (void **)&prop)) {
        Object *deeper;

        if (!object_property_is_child(prop)) {
            continue;
        }
        deeper = resolve_partial_path(prop->opaque, parts, typename, ambiguous);
        if (*ambiguous || (deeper && found && deeper != found)) {
            *ambiguous = true;
            return NULL;
        }
        found = deeper ? deeper : found;
    }
    return found;
}

Object *object_resolve_path_type(const char *path, const char *typename, bool *ambiguousp)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);
    bool ambiguous = false;
    Object *obj;

    if (parts[0] && !parts[0][0]) {
        obj = resolve_abs_path(object_get_root(), parts + 1, typename);
    } else {
        obj = resolve_partial_path(object_get_root(), parts, typename, &ambiguous);
    }
    if (ambiguousp) {
        *ambiguousp = ambiguous;
    }
    return obj;
}

Object *object_resolve_path(const char *path, bool *ambiguous)
{
    return object_resolve_path_type(path, TYPE_OBJECT, ambiguous);
}

Object *object_resolve_path_at(Object *parent, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", 0);

    if (*path == '/') {
        return resolve_abs_path(object_get_root(), parts + 1, TYPE_OBJECT);
    }
    return resolve_abs_path(parent, parts, TYPE_OBJECT);
}

Object *object_resolve_type_unambiguous(const char *typename, Error **errp)
{
    bool ambiguous = false;
    Object *obj = object_resolve_path_type("", typename, &ambiguous);

    if (ambiguous) {
        error_setg(errp, "More than one object of type %s", typename);
        return NULL;
    }
    if (!obj) {
        error_setg(errp, "No object of type %s found", typename);
    }
    return obj;
}

static const TypeInfo path_types[] = {
    {
        .name = TYPE_CONTAINER,
        .parent = TYPE_OBJECT,
    },
};
DEFINE_TYPES(path_types)
