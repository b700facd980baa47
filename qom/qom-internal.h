/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the object model share with each other. */
#ifndef QOM_INTERNAL_H
#define QOM_INTERNAL_H

#include "qom/object.h"

struct TypeImpl {
    const char *name;
    const char *parent; /* name; NULL for the two roots */
    TypeImpl *parent_type;

    size_t class_size;
    size_t instance_size;
    size_t instance_align;
    void (*class_init)(ObjectClass *klass, const void *data);
    void (*class_base_init)(ObjectClass *klass, const void *data);
    const void *class_data;
    void (*instance_init)(Object *obj);
    void (*instance_post_init)(Object *obj);
    void (*instance_finalize)(Object *obj);
    bool abstract;
    const InterfaceInfo *interfaces;

    bool initializing;
    ObjectClass *class; /* NULL until first use */
};

TypeImpl *type_get_by_name(const char *name);
TypeImpl *type_get_or_load_by_name(const char *name);
TypeImpl *type_get_parent(TypeImpl *type);
bool type_is_ancestor(TypeImpl *type, TypeImpl *target);
/* Builds the class when that has not happened yet. */
void type_initialize(TypeImpl *type);

void object_property_free(gpointer data);
/* Runs release() of everything and drops the instance's properties. */
void object_property_del_all(Object *obj);
/* Gives a new instance the defaults of its class properties. */
void object_class_property_init_all(Object *obj);
/* @prop of @obj with its own accessors, under the name that the visitor knows. */
bool object_property_get_with(Object *obj, ObjectProperty *prop, Visitor *v, const char *name,
                              Error **errp);
bool object_property_set_with(Object *obj, ObjectProperty *prop, Visitor *v, const char *name,
                              Error **errp);
bool object_property_is_child(const ObjectProperty *prop);

/* For object_property_get_enum(): the names, NULL when @prop is no enum. */
const QEnumLookup *object_property_enum_lookup(const ObjectProperty *prop);

#endif
