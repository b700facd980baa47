/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a device's property table to properties, and the scalar kinds. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qapi/visitor.h"

/* ---- tables ------------------------------------------------------------- */

void *object_field_prop_ptr(Object *obj, const Property *prop)
{
    return (char *)obj + prop->offset;
}

static void field_prop_get(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;

    prop->info->get(obj, v, name, opaque, errp);
}

static void field_prop_set(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;

    prop->info->set(obj, v, name, opaque, errp);
}

void device_class_set_props_n(DeviceClass *dc, const Property *props, size_t n)
{
    ObjectClass *oc = OBJECT_CLASS(dc);

    dc->props_ = props;
    dc->props_count_ = n;
    for (const Property *prop = props; prop < props + n; prop++) {
        const PropertyInfo *info = prop->info;
        ObjectProperty *op;

        if (info->create) {
            op = info->create(oc, prop->name, prop);
        } else {
            op = object_class_property_add(
                oc, prop->name, info->type, info->get ? field_prop_get : NULL,
                info->set ? field_prop_set : NULL, info->release, (void *)prop);
        }
        op->live = info->realized_set_allowed;
        if (prop->set_default) {
            info->set_default_value(op, prop);
        }
        object_class_property_set_description(oc, prop->name, info->description);
    }
}

void qdev_alias_all_properties(DeviceState *target, Object *source)
{
    ObjectClass *klass = object_get_class(source);

    for (; object_class_dynamic_cast(klass, TYPE_DEVICE); klass = object_class_get_parent(klass)) {
        DeviceClass *dc = DEVICE_CLASS(klass);

        for (size_t i = 0; i < dc->props_count_; i++) {
            const char *name = dc->props_[i].name;

            if (!object_property_find(OBJECT(target), name)) {
                object_property_add_alias(OBJECT(target), name, source, name);
            }
        }
    }
}

/* ---- defaults ----------------------------------------------------------- */

void qdev_propinfo_set_default_value_enum(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_str(op, qapi_enum_lookup(prop->info->enum_table, prop->defval.i));
}

void qdev_propinfo_set_default_value_int(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_int(op, prop->defval.i);
}

void qdev_propinfo_set_default_value_uint(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_uint(op, prop->defval.u);
}

static void set_default_value_bool(ObjectProperty *op, const Property *prop)
{
    object_property_set_default_bool(op, prop->defval.u);
}

/* ---- integers ----------------------------------------------------------- */

/* Accessors of a field of C type @ctype through visit_type_@visit(). */
#define FIELD_ACCESSORS(fn, ctype, visit)                                                          \
    static void get_##fn(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)    \
    {                                                                                              \
        ctype *ptr = object_field_prop_ptr(obj, opaque);                                           \
                                                                                                   \
        visit_type_##visit(v, name, ptr, errp);                                                    \
    }                                                                                              \
    static void set_##fn(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)    \
    {                                                                                              \
        ctype *ptr = object_field_prop_ptr(obj, opaque);                                           \
                                                                                                   \
        visit_type_##visit(v, name, ptr, errp);                                                    \
    }

#define FIELD_INFO(fn, type_name, set_default)                                                     \
    const PropertyInfo qdev_prop_##fn = {                                                          \
        .type = (type_name),                                                                       \
        .get = get_##fn,                                                                           \
        .set = set_##fn,                                                                           \
        .set_default_value = (set_default),                                                        \
    }

FIELD_ACCESSORS(uint8, uint8_t, uint8)
FIELD_ACCESSORS(uint16, uint16_t, uint16)
FIELD_ACCESSORS(uint32, uint32_t, uint32)
FIELD_ACCESSORS(uint64, uint64_t, uint64)
FIELD_ACCESSORS(int32, int32_t, int32)
FIELD_ACCESSORS(int64, int64_t, int64)
FIELD_ACCESSORS(size, uint64_t, size)

FIELD_INFO(uint8, "uint8", qdev_propinfo_set_default_value_uint);
FIELD_INFO(uint16, "uint16", qdev_propinfo_set_default_value_uint);
FIELD_INFO(uint32, "uint32", qdev_propinfo_set_default_value_uint);
FIELD_INFO(uint64, "uint64", qdev_propinfo_set_default_value_uint);
FIELD_INFO(int32, "int32", qdev_propinfo_set_default_value_int);
FIELD_INFO(int64, "int64", qdev_propinfo_set_default_value_int);
FIELD_INFO(size, "size", qdev_propinfo_set_default_value_uint);

void qdev_propinfo_get_int32(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    get_int32(obj, v, name, opaque, errp);
}

static void set_uint64_checkmask(Object *obj, Visitor *v, const char *name, void *opaque,
                                 Error **errp)
{
    const Property *prop = opaque;
    uint64_t *ptr = object_field_prop_ptr(obj, prop);
    uint64_t value;

    if (!visit_type_uint64(v, name, &value, errp)) {
        return;
    }
    if (value & ~prop->bitmask) {
        error_setg(errp, "Property '%s.%s' has bits outside the mask 0x%" PRIx64 ", got 0x%" PRIx64,
                   object_get_typename(obj), name, prop->bitmask, value);
        return;
    }
    *ptr = value;
}

const PropertyInfo qdev_prop_uint64_checkmask = {
    .type = "uint64",
    .get = get_uint64,
    .set = set_uint64_checkmask,
};

void qdev_propinfo_get_size32(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t *ptr = object_field_prop_ptr(obj, opaque);
    uint64_t value = *ptr;

    visit_type_size(v, name, &value, errp);
}

static void set_size32(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t *ptr = object_field_prop_ptr(obj, opaque);
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value > UINT32_MAX) {
        error_setg(errp, "Property '%s.%s' doesn't take value %" PRIu64 " (maximum: %u)",
                   object_get_typename(obj), name, value, UINT32_MAX);
        return;
    }
    *ptr = value;
}

const PropertyInfo qdev_prop_size32 = {
    .type = "size",
    .get = qdev_propinfo_get_size32,
    .set = set_size32,
    .set_default_value = qdev_propinfo_set_default_value_uint,
};

/* ---- booleans and bits -------------------------------------------------- */

FIELD_ACCESSORS(bool, bool, bool)

const PropertyInfo qdev_prop_bool = {
    .type = "bool",
    .description = "on/off",
    .get = get_bool,
    .set = set_bool,
    .set_default_value = set_default_value_bool,
};

static void get_bit(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint32_t *ptr = object_field_prop_ptr(obj, prop);
    bool value = *ptr >> prop->bitnr & 1;

    visit_type_bool(v, name, &value, errp);
}

static void set_bit_prop(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint32_t *ptr = object_field_prop_ptr(obj, prop);
    bool value;

    if (visit_type_bool(v, name, &value, errp)) {
        *ptr = (*ptr & ~(1u << prop->bitnr)) | (uint32_t)value << prop->bitnr;
    }
}

const PropertyInfo qdev_prop_bit = {
    .type = "bool",
    .description = "on/off",
    .get = get_bit,
    .set = set_bit_prop,
    .set_default_value = set_default_value_bool,
};

static void get_bit64(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint64_t *ptr = object_field_prop_ptr(obj, prop);
    bool value = *ptr >> prop->bitnr & 1;

    visit_type_bool(v, name, &value, errp);
}

static void set_bit64(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;
    uint64_t *ptr = object_field_prop_ptr(obj, prop);
    bool value;

    if (visit_type_bool(v, name, &value, errp)) {
        *ptr = (*ptr & ~(1ULL << prop->bitnr)) | (uint64_t)value << prop->bitnr;
    }
}

const PropertyInfo qdev_prop_bit64 = {
    .type = "bool",
    .description = "on/off",
    .get = get_bit64,
    .set = set_bit64,
    .set_default_value = set_default_value_bool,
};

static void get_on_off_auto_bit64(Object *obj, Visitor *v, const char *name, void *opaque,
                                  Error **errp)
{
    const Property *prop = opaque;
    OnOffAutoBit64 *bits = object_field_prop_ptr(obj, prop);
    uint64_t mask = 1ULL << prop->bitnr;
    int value = bits->auto_bits & mask ? ON_OFF_AUTO_AUTO
                : bits->on_bits & mask ? ON_OFF_AUTO_ON
                                       : ON_OFF_AUTO_OFF;

    visit_type_enum(v, name, &value, &OnOffAuto_lookup, errp);
}

static void set_on_off_auto_bit64(Object *obj, Visitor *v, const char *name, void *opaque,
                                  Error **errp)
{
    const Property *prop = opaque;
    OnOffAutoBit64 *bits = object_field_prop_ptr(obj, prop);
    uint64_t mask = 1ULL << prop->bitnr;
    int value;

    if (!visit_type_enum(v, name, &value, &OnOffAuto_lookup, errp)) {
        return;
    }
    bits->on_bits = value == ON_OFF_AUTO_ON ? bits->on_bits | mask : bits->on_bits & ~mask;
    bits->auto_bits = value == ON_OFF_AUTO_AUTO ? bits->auto_bits | mask : bits->auto_bits & ~mask;
}

const PropertyInfo qdev_prop_on_off_auto_bit64 = {
    .type = "OnOffAuto",
    .description = "on/off/auto",
    .enum_table = &OnOffAuto_lookup,
    .get = get_on_off_auto_bit64,
    .set = set_on_off_auto_bit64,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

/* ---- enums -------------------------------------------------------------- */

void qdev_propinfo_get_enum(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;

    visit_type_enum(v, name, object_field_prop_ptr(obj, prop), prop->info->enum_table, errp);
}

void qdev_propinfo_set_enum(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const Property *prop = opaque;

    visit_type_enum(v, name, object_field_prop_ptr(obj, prop), prop->info->enum_table, errp);
}

const PropertyInfo qdev_prop_on_off_auto = {
    .type = "OnOffAuto",
    .description = "on/off/auto",
    .enum_table = &OnOffAuto_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};
