/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties that point: links to other objects, and aliases of other objects' properties. */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "qobject/qobject.h"
#include "qom-internal.h"

typedef void LinkCheck(const Object *obj, const char *name, Object *val, Error **errp);

typedef struct LinkProperty {
    union {
        Object **targetp;
        Object *target;   /* OBJ_PROP_LINK_DIRECT */
        ptrdiff_t offset; /* OBJ_PROP_LINK_CLASS */
    };
    char *type; /* that targets must be */
    LinkCheck *check;
    ObjectPropertyLinkFlags flags;
} LinkProperty;

void object_property_allow_set_link(const Object *obj, const char *name, Object *child,
                                    Error **errp)
{
    /* Any target, at any time. */
}

static Object **link_targetp(Object *obj, LinkProperty *link)
{
    if (link->flags & OBJ_PROP_LINK_DIRECT) {
        return &link->target;
    }
    if (link->flags & OBJ_PROP_LINK_CLASS) {
        return (Object **)((char *)obj + link->offset);
    }
    return link->targetp;
}

static void link_get(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    Object *target = *link_targetp(obj, opaque);
    g_autofree char *path = target ? object_get_canonical_path(target) : NULL;

    if (!path) {
        path = g_strdup("");
    }
    visit_type_str(v, name, &path, errp);
}

/* NULL and @errp when @path names no object of the right type. */
static Object *link_find_target(LinkProperty *link, const char *name, const char *path,
                                Error **errp)
{
    bool ambiguous = false;
    Object *target = object_resolve_path_type(path, link->type, &ambiguous);

    if (ambiguous) {
        error_setg(errp, "Path '%s' does not uniquely identify an object", path);
        return NULL;
    }
    if (!target) {
        if (object_resolve_path(path, &ambiguous) || ambiguous) {
            error_setg(errp, "Invalid parameter type for '%s', expected: %s", name, link->type);
        } else {
            error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND, "Device '%s' not found", path);
        }
    }
    return target;
}

/* Also the last step of a set by path. @new_target has been checked to be of the type. */
static bool link_assign(Object *obj, LinkProperty *link, const char *name, Object *new_target,
                        Error **errp)
{
    Object **targetp = link_targetp(obj, link);
    Object *old_target = *targetp;
    Error *err = NULL;

    link->check(obj, name, new_target, &err);
    if (err) {
        error_propagate(errp, err);
        return false;
    }
    *targetp = new_target;
    if (link->flags & OBJ_PROP_LINK_STRONG) {
        object_ref(new_target);
        object_unref(old_target);
    }
    return true;
}

static void link_set(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    LinkProperty *link = opaque;
    Object *new_target = NULL;
    g_autofree char *path = NULL;

    if (!visit_type_str(v, name, &path, errp)) {
        return;
    }
    if (*path) {
        new_target = link_find_target(link, name, path, errp);
        if (!new_target) {
            return;
        }
    }
    link_assign(obj, link, name, new_target, errp);
}

static Object *link_resolve(Object *parent, void *opaque, const char *part)
{
    return *link_targetp(parent, opaque);
}

static void link_release(Object *obj, const char *name, void *opaque)
{
    LinkProperty *link = opaque;
    Object **targetp = link_targetp(obj, link);

    if ((link->flags & OBJ_PROP_LINK_STRONG) && *targetp) {
        object_unref(*targetp);
    }
    if (!(link->flags & OBJ_PROP_LINK_CLASS)) {
        g_free(link->type);
        g_free(link);
    }
}

static LinkProperty *link_new(const char *type, LinkCheck *check, ObjectPropertyLinkFlags flags)
{
    LinkProperty *link = g_new0(LinkProperty, 1);

    link->type = g_strdup(type);
    link->check = check;
    link->flags = flags;
    return link;
}

static ObjectProperty *link_add(Object *obj, const char *name, LinkProperty *link)
{
    g_autofree char *full_type = g_strdup_printf("link<%s>", link->type);
    ObjectProperty *op = object_property_add(obj, name, full_type, link_get,
                                             link->check ? link_set : NULL, link_release, link);

    op->resolve = link_resolve;
    return op;
}

ObjectProperty *object_property_add_link(Object *obj, const char *name, const char *type,
                                         Object **targetp, LinkCheck *check,
                                         ObjectPropertyLinkFlags flags)
{
    LinkProperty *link = link_new(type, check, flags);

    link->targetp = targetp;
    return link_add(obj, name, link);
}

ObjectProperty *object_property_add_const_link(Object *obj, const char *name, Object *target)
{
    LinkProperty *link = link_new(object_get_typename(target), NULL, OBJ_PROP_LINK_DIRECT);

    link->target = target;
    return link_add(obj, name, link);
}

ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *type,
                                               ptrdiff_t offset, LinkCheck *check,
                                               ObjectPropertyLinkFlags flags)
{
    LinkProperty *link = link_new(type, check, flags | OBJ_PROP_LINK_CLASS);
    g_autofree char *full_type = g_strdup_printf("link<%s>", type);
    ObjectProperty *op;

    link->offset = offset;
    op = object_class_property_add(oc, name, full_type, link_get, check ? link_set : NULL,
                                   link_release, link);
    op->resolve = link_resolve;
    return op;
}

/* ---- aliases ------------------------------------------------------------ */

typedef struct AliasProperty {
    Object *target_obj;
    char *target_name;
} AliasProperty;

/*
 * The target's accessors get the alias's name: it is the one that the visitor
 * has a member for, and the one to be named in messages.
 */
static void alias_get(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    AliasProperty *alias = opaque;
    ObjectProperty *prop = object_property_find_err(alias->target_obj, alias->target_name, errp);

    if (prop) {
        object_property_get_with(alias->target_obj, prop, v, name, errp);
    }
}

static void alias_set(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    AliasProperty *alias = opaque;
    ObjectProperty *prop = object_property_find_err(alias->target_obj, alias->target_name, errp);

    if (prop) {
        object_property_set_with(alias->target_obj, prop, v, name, errp);
    }
}

static Object *alias_resolve(Object *obj, void *opaque, const char *part)
{
    AliasProperty *alias = opaque;

    return object_resolve_path_component(alias->target_obj, alias->target_name);
}

static void alias_release(Object *obj, const char *name, void *opaque)
{
    AliasProperty *alias = opaque;

    g_free(alias->target_name);
    g_free(alias);
}

ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target_obj,
                                          const char *target_name)
{
    ObjectProperty *target = object_property_find_err(target_obj, target_name, &error_abort);
    g_autofree char *type = NULL;
    AliasProperty *alias;
    ObjectProperty *op;

    /* A child has one parent: from elsewhere it is a link. */
    if (object_property_is_child(target)) {
        type = g_strdup_printf("link%s", target->type + strlen("child"));
    } else {
        type = g_strdup(target->type);
    }
    alias = g_new(AliasProperty, 1);
    alias->target_obj = target_obj;
    alias->target_name = g_strdup(target_name);

    op = object_property_add(obj, name, type, target->get ? alias_get : NULL,
                             target->set ? alias_set : NULL, alias_release, alias);
    op->live = true; /* the target's class answers */
    op->resolve = target->resolve ? alias_resolve : NULL;
    op->defval = qobject_ref(target->defval);
    object_property_set_description(obj, op->name, target->description);
    return op;
}

/* ---- access without a path ---------------------------------------------- */

bool object_property_set_link(Object *obj, const char *name, Object *value, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);
    LinkProperty *link;

    if (!prop) {
        return false;
    }
    if (prop->set == alias_set) {
        AliasProperty *alias = prop->opaque;

        return object_property_set_link(alias->target_obj, alias->target_name, value, errp);
    }
    if (prop->set != link_set) {
        error_setg(errp, "Property '%s.%s' is no link that can be set", object_get_typename(obj),
                   name);
        return false;
    }
    if (obj->class->may_set && !obj->class->may_set(obj, prop, name, errp)) {
        return false;
    }
    link = prop->opaque;
    if (value && !object_dynamic_cast(value, link->type)) {
        error_setg(errp, "Property '%s.%s' expects an object of type '%s', got '%s'",
                   object_get_typename(obj), name, link->type, object_get_typename(value));
        return false;
    }
    return link_assign(obj, link, name, value, errp);
}

Object *object_property_get_link(Object *obj, const char *name, Error **errp)
{
    ObjectProperty *prop = object_property_find_err(obj, name, errp);

    if (!prop) {
        return NULL;
    }
    if (!prop->resolve) {
        error_setg(errp, "Property '%s.%s' is no link", object_get_typename(obj), name);
        return NULL;
    }
    return prop->resolve(obj, prop->opaque, name);
}
