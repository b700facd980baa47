/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Properties by C type: a pair of typed accessors, or a variable. What a pair
 * needs hangs on the property and goes with it (an instance's) or stays for
 * good (a class's, as classes do).
 */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "qom-internal.h"

static void release_opaque(Object *obj, const char *name, void *opaque)
{
    g_free(opaque);
}

/* ---- string ------------------------------------------------------------- */

typedef struct StringProperty {
    char *(*get)(Object *, Error **);
    void (*set)(Object *, const char *, Error **);
} StringProperty;

static void property_get_str(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    StringProperty *prop = opaque;
    Error *err = NULL;
    g_autofree char *value = prop->get(obj, &err);

    if (err) {
        error_propagate(errp, err);
        return;
    }
    visit_type_str(v, name, &value, errp);
}

static void property_set_str(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    StringProperty *prop = opaque;
    g_autofree char *value = NULL;

    if (visit_type_str(v, name, &value, errp)) {
        prop->set(obj, value, errp);
    }
}

static StringProperty *string_property_new(char *(*get)(Object *, Error **),
                                           void (*set)(Object *, const char *, Error **))
{
    StringProperty *prop = g_new(StringProperty, 1);

    *prop = (StringProperty){.get = get, .set = set};
    return prop;
}

ObjectProperty *object_class_property_add_str(ObjectClass *klass, const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *, const char *, Error **))
{
    return object_class_property_add(klass, name, "string", get ? property_get_str : NULL,
                                     set ? property_set_str : NULL, NULL,
                                     string_property_new(get, set));
}

ObjectProperty *object_class_property_add_plain_str(ObjectClass *klass, const char *name,
                                                    char *(*get)(Object *, Error **),
                                                    void (*set)(Object *, const char *, Error **))
{
    return object_class_property_add(klass, name, "str", get ? property_get_str : NULL,
                                     set ? property_set_str : NULL, NULL,
                                     string_property_new(get, set));
}

/* ---- bool --------------------------------------------------------------- */

typedef struct BoolProperty {
    bool (*get)(Object *, Error **);
    void (*set)(Object *, bool, Error **);
} BoolProperty;

static void property_get_bool(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    BoolProperty *prop = opaque;
    Error *err = NULL;
    bool value = prop->get(obj, &err);

    if (err) {
        error_propagate(errp, err);
        return;
    }
    visit_type_bool(v, name, &value, errp);
}

static void property_set_bool(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    BoolProperty *prop = opaque;
    bool value;

    if (visit_type_bool(v, name, &value, errp)) {
        prop->set(obj, value, errp);
    }
}

static BoolProperty *bool_property_new(bool (*get)(Object *, Error **),
                                       void (*set)(Object *, bool, Error **))
{
    BoolProperty *prop = g_new(BoolProperty, 1);

    *prop = (BoolProperty){.get = get, .set = set};
    return prop;
}

ObjectProperty *object_class_property_add_bool(ObjectClass *klass, const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool, Error **))
{
    return object_class_property_add(klass, name, "bool", get ? property_get_bool : NULL,
                                     set ? property_set_bool : NULL, NULL,
                                     bool_property_new(get, set));
}

/* ---- enum --------------------------------------------------------------- */

typedef struct EnumProperty {
    const QEnumLookup *lookup;
    int (*get)(Object *, Error **);
    void (*set)(Object *, int, Error **);
} EnumProperty;

static void property_get_enum(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    EnumProperty *prop = opaque;
    Error *err = NULL;
    int value = prop->get(obj, &err);

    if (err) {
        error_propagate(errp, err);
        return;
    }
    visit_type_enum(v, name, &value, prop->lookup, errp);
}

static void property_set_enum(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    EnumProperty *prop = opaque;
    int value;

    if (visit_type_enum(v, name, &value, prop->lookup, errp)) {
        prop->set(obj, value, errp);
    }
}

const QEnumLookup *object_property_enum_lookup(const ObjectProperty *prop)
{
    if (prop->get != property_get_enum && prop->set != property_set_enum) {
        return NULL;
    }
    return ((EnumProperty *)prop->opaque)->lookup;
}

static EnumProperty *enum_property_new(const QEnumLookup *lookup, int (*get)(Object *, Error **),
                                       void (*set)(Object *, int, Error **))
{
    EnumProperty *prop = g_new(EnumProperty, 1);

    *prop = (EnumProperty){.lookup = lookup, .get = get, .set = set};
    return prop;
}

ObjectProperty *object_class_property_add_enum(ObjectClass *klass, const char *name,
                                               const char *typename, const QEnumLookup *lookup,
                                               int (*get)(Object *, Error **),
                                               void (*set)(Object *, int, Error **))
{
    return object_class_property_add(klass, name, typename, get ? property_get_enum : NULL,
                                     set ? property_set_enum : NULL, NULL,
                                     enum_property_new(lookup, get, set));
}

/* ---- broken-down time --------------------------------------------------- */

typedef struct TMProperty {
    void (*get)(Object *, struct tm *, Error **);
} TMProperty;

static void property_get_tm(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    TMProperty *prop = opaque;
    Error *err = NULL;
    struct tm value = {0};
    struct {
        const char *name;
        int value;
    } fields[6];

    prop->get(obj, &value, &err);
    if (err) {
        error_propagate(errp, err);
        return;
    }
    fields[0].name = "tm_year", fields[0].value = value.tm_year;
    fields[1].name = "tm_mon", fields[1].value = value.tm_mon;
    fields[2].name = "tm_mday", fields[2].value = value.tm_mday;
    fields[3].name = "tm_hour", fields[3].value = value.tm_hour;
    fields[4].name = "tm_min", fields[4].value = value.tm_min;
    fields[5].name = "tm_sec", fields[5].value = value.tm_sec;

    if (!visit_start_struct(v, name, NULL, 0, errp)) {
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        int32_t n = fields[i].value;

        if (!visit_type_int32(v, fields[i].name, &n, errp)) {
            break;
        }
    }
    visit_end_struct(v, NULL);
}

static TMProperty *tm_property_new(void (*get)(Object *, struct tm *, Error **))
{
    TMProperty *prop = g_new(TMProperty, 1);

    prop->get = get;
    return prop;
}

ObjectProperty *object_property_add_tm(Object *obj, const char *name,
                                       void (*get)(Object *, struct tm *, Error **))
{
    return object_property_add(obj, name, "struct tm", get ? property_get_tm : NULL, NULL,
                               release_opaque, tm_property_new(get));
}

/* ---- variables ---------------------------------------------------------- */

#define UINT_PTR_PROPERTY(bits)                                                                    \
    static void property_get_uint##bits##_ptr(Object *obj, Visitor *v, const char *name,           \
                                              void *opaque, Error **errp)                          \
    {                                                                                              \
        uint##bits##_t value = *(uint##bits##_t *)opaque;                                          \
                                                                                                   \
        visit_type_uint##bits(v, name, &value, errp);                                              \
    }                                                                                              \
    static void property_set_uint##bits##_ptr(Object *obj, Visitor *v, const char *name,           \
                                              void *opaque, Error **errp)                          \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
                                                                                                   \
        if (visit_type_uint##bits(v, name, &value, errp)) {                                        \
            *(uint##bits##_t *)opaque = value;                                                     \
        }                                                                                          \
    }                                                                                              \
    ObjectProperty *object_property_add_uint##bits##_ptr(                                          \
        Object *obj, const char *name, const uint##bits##_t *v, ObjectPropertyFlags flags)         \
    {                                                                                              \
        return object_property_add(                                                                \
            obj, name, "uint" #bits,                                                               \
            flags & OBJ_PROP_FLAG_READ ? property_get_uint##bits##_ptr : NULL,                     \
            flags & OBJ_PROP_FLAG_WRITE ? property_set_uint##bits##_ptr : NULL, NULL, (void *)v);  \
    }

UINT_PTR_PROPERTY(8)
UINT_PTR_PROPERTY(16)
UINT_PTR_PROPERTY(32)
UINT_PTR_PROPERTY(64)
