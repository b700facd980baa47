/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instances: construction, reference counts, destruction, and children. */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "qemu/atomic.h"
#include "qemu/memalign.h"
#include "qom/object_interfaces.h"
#include "qom-internal.h"

/* ---- construction ------------------------------------------------------- */

static void run_instance_init(Object *obj, TypeImpl *ti)
{
    if (type_get_parent(ti)) {
        run_instance_init(obj, type_get_parent(ti));
    }
    if (ti->instance_init) {
        ti->instance_init(obj);
    }
}

static void run_instance_post_init(Object *obj, TypeImpl *ti)
{
    if (type_get_parent(ti)) {
        run_instance_post_init(obj, type_get_parent(ti));
    }
    if (ti->instance_post_init) {
        ti->instance_post_init(obj);
    }
}

static void object_initialize_with_type(Object *obj, size_t size, TypeImpl *type)
{
    type_initialize(type);
    g_assert(type->instance_size >= sizeof(Object));
    g_assert(!type->abstract);
    g_assert(size >= type->instance_size);

    memset(obj, 0, type->instance_size);
    obj->class = type->class;
    obj->ref = 1;
    object_class_property_init_all(obj);
    run_instance_init(obj, type);
    run_instance_post_init(obj, type);
}

void object_initialize(void *obj, size_t size, const char *typename)
{
    object_initialize_with_type(obj, size, type_get_or_load_by_name(typename));
}

static Object *object_new_with_type(TypeImpl *type)
{
    size_t align;
    Object *obj;

    type_initialize(type);
    align = type->instance_align;
    if (align <= _Alignof(max_align_t)) {
        obj = g_malloc(type->instance_size);
        object_initialize_with_type(obj, type->instance_size, type);
        obj->free = g_free;
        return obj;
    }
    obj = qemu_memalign(align, type->instance_size);
    object_initialize_with_type(obj, type->instance_size, type);
    obj->free = qemu_vfree;
    return obj;
}

Object *object_new(const char *typename)
{
    return object_new_with_type(type_get_or_load_by_name(typename));
}

Object *object_new_with_class(ObjectClass *klass)
{
    return object_new_with_type(klass->type);
}

bool object_set_propv(Object *obj, Error **errp, va_list vargs)
{
    const char *name;

    while ((name = va_arg(vargs, const char *)) != NULL) {
        const char *value = va_arg(vargs, const char *);

        g_assert(value);
        if (!object_property_parse(obj, name, value, errp)) {
            return false;
        }
    }
    return true;
}

static bool complete_if_user_creatable(Object *obj, Error **errp)
{
    UserCreatable *uc = (UserCreatable *)object_dynamic_cast(obj, TYPE_USER_CREATABLE);

    return !uc || user_creatable_complete(uc, errp);
}

Object *object_new_with_propv(const char *typename, Object *parent, const char *id, Error **errp,
                              va_list vargs)
{
    ObjectClass *klass = object_class_by_name(typename);
    g_autoptr(Object) obj = NULL;

    if (!klass) {
        error_setg(errp, "invalid object type: %s", typename);
        return NULL;
    }
    if (object_class_is_abstract(klass)) {
        error_setg(errp, "object type '%s' is abstract", typename);
        return NULL;
    }
    obj = object_new_with_class(klass);
    if (!object_set_propv(obj, errp, vargs)) {
        return NULL;
    }
    if (id && !object_property_try_add_child(parent, id, obj, errp)) {
        return NULL;
    }
    if (!complete_if_user_creatable(obj, errp)) {
        if (id) {
            object_unparent(obj);
        }
        return NULL;
    }
    if (id) {
        return obj; /* the parent's reference outlives ours */
    }
    return g_steal_pointer(&obj);
}

Object *object_new_with_props(const char *typename, Object *parent, const char *id, Error **errp,
                              ...)
{
    va_list vargs;
    Object *obj;

    va_start(vargs, errp);
    obj = object_new_with_propv(typename, parent, id, errp, vargs);
    va_end(vargs);
    return obj;
}

bool object_initialize_child_with_propsv(Object *parentobj, const char *propname, void *childobj,
                                         size_t size, const char *type, Error **errp, va_list vargs)
{
    Object *obj = childobj;
    bool ok = false;

    object_initialize(childobj, size, type);
    if (object_set_propv(obj, errp, vargs)) {
        object_property_add_child(parentobj, propname, obj);
        ok = complete_if_user_creatable(obj, errp);
        if (!ok) {
            object_unparent(obj);
        }
    }
    /* On success the parent holds it; otherwise this finalizes it. */
    object_unref(obj);
    return ok;
}

bool object_initialize_child_with_props(Object *parentobj, const char *propname, void *childobj,
                                        size_t size, const char *type, Error **errp, ...)
{
    va_list vargs;
    bool ok;

    va_start(vargs, errp);
    ok =
        object_initialize_child_with_propsv(parentobj, propname, childobj, size, type, errp, vargs);
    va_end(vargs);
    return ok;
}

void object_initialize_child_internal(Object *parent, const char *propname, void *child,
                                      size_t size, const char *type)
{
    object_initialize_child_with_props(parent, propname, child, size, type, &error_abort, NULL);
}

/* ---- references and destruction ----------------------------------------- */

Object *object_ref(void *objptr)
{
    Object *obj = objptr;

    if (obj) {
        uint32_t ref = qatomic_fetch_inc(&obj->ref);

        g_assert(ref > 0 && ref < INT_MAX);
    }
    return obj;
}

static void object_finalize(Object *obj)
{
    ObjectFree *obj_free = obj->free;

    object_property_del_all(obj);
    for (TypeImpl *ti = obj->class->type; ti; ti = type_get_parent(ti)) {
        if (ti->instance_finalize) {
            ti->instance_finalize(obj);
        }
    }
    g_assert(obj->ref == 0 && obj->parent == NULL);
    if (obj_free) {
        obj_free(obj);
    }
}

void object_unref(void *objptr)
{
    Object *obj = objptr;
    uint32_t ref;

    if (!obj) {
        return;
    }
    ref = qatomic_fetch_dec(&obj->ref);
    g_assert(ref > 0);
    if (ref == 1) {
        object_finalize(obj);
    }
}

/* ---- children ----------------------------------------------------------- */

bool object_property_is_child(const ObjectProperty *prop)
{
    return g_str_has_prefix(prop->type, "child<");
}

static void child_get(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    g_autofree char *path = object_get_canonical_path(opaque);

    visit_type_str(v, name, &path, errp);
}

static Object *child_resolve(Object *parent, void *opaque, const char *part)
{
    return opaque;
}

static void child_release(Object *obj, const char *name, void *opaque)
{
    Object *child = opaque;

    if (child->class->unparent) {
        child->class->unparent(child);
    }
    child->parent = NULL;
    child->child_prop = NULL;
    object_unref(child);
}

ObjectProperty *object_property_try_add_child(Object *obj, const char *name, Object *child,
                                              Error **errp)
{
    g_autofree char *type = g_strdup_printf("child<%s>", object_get_typename(child));
    ObjectProperty *op;

    g_assert(!child->parent);
    op = object_property_try_add(obj, name, type, child_get, NULL, child_release, child, errp);
    if (!op) {
        return NULL;
    }
    op->resolve = child_resolve;
    object_ref(child);
    child->parent = obj;
    child->child_prop = op;
    return op;
}

ObjectProperty *object_property_add_child(Object *obj, const char *name, Object *child)
{
    return object_property_try_add_child(obj, name, child, &error_abort);
}

void object_unparent(Object *obj)
{
    if (obj->parent) {
        object_property_del(obj->parent, obj->child_prop->name);
    }
}

/* The children at this moment, each with a reference, so that callbacks may unparent any. */
static GPtrArray *snapshot_children(Object *obj)
{
    GPtrArray *children = g_ptr_array_new_with_free_func(object_unref);
    GHashTableIter iter;
    ObjectProperty *prop;

    if (obj->properties) {
        g_hash_table_iter_init(&iter, obj->properties);
        while (g_hash_table_iter_next(&iter, NULL, (void **)&prop)) {
            if (object_property_is_child(prop)) {
                g_ptr_array_add(children, object_ref(prop->opaque));
            }
        }
    }
    return children;
}

static int do_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque,
                            bool recurse)
{
    g_autoptr(GPtrArray) children = snapshot_children(obj);
    int ret = 0;

    for (guint i = 0; i < children->len && ret == 0; i++) {
        Object *child = children->pdata[i];

        if (child->parent != obj) {
            continue; /* left while we walked */
        }
        ret = fn(child, opaque);
        if (ret == 0 && recurse) {
            ret = do_child_foreach(child, fn, opaque, true);
        }
    }
    return ret;
}

int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque)
{
    return do_child_foreach(obj, fn, opaque, false);
}

int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque),
                                   void *opaque)
{
    return do_child_foreach(obj, fn, opaque, true);
}
