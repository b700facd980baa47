/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Property tables of devices: one line per property, naming the field of the
 * state struct that holds it. They can be set until the device is realized.
 *
 *   static const Property foo_properties[] = {
 *       DEFINE_PROP_UINT32("clock", FooState, clock_hz, 1000000),
 *   };
 *   ... device_class_set_props(dc, foo_properties);
 */
#ifndef HW_QDEV_PROPERTIES_H
#define HW_QDEV_PROPERTIES_H

#include "hw/qdev-core.h"
#include "qapi/qapi-types-common.h"
#include "qemu/uuid.h"

typedef struct PropertyInfo PropertyInfo;

struct Property {
    const char *name;
    const PropertyInfo *info;
    ptrdiff_t offset;
    const char *link_type;
    uint64_t bitmask;
    union {
        int64_t i;
        uint64_t u;
    } defval;
    const PropertyInfo *arrayinfo;
    int arrayoffset;
    int arrayfieldsize;
    uint8_t bitnr;
    bool set_default;
};

struct PropertyInfo {
    const char *type; /* as users see it */
    const char *description;
    const QEnumLookup *enum_table;
    bool realized_set_allowed;                         /* may change on a live device */
    char *(*print)(Object *obj, const Property *prop); /* for "info qtree" */
    void (*set_default_value)(ObjectProperty *op, const Property *prop);
    ObjectProperty *(*create)(ObjectClass *oc, const char *name, const Property *prop);
    ObjectPropertyAccessor *get;
    ObjectPropertyAccessor *set;
    ObjectPropertyRelease *release;
};

extern const PropertyInfo qdev_prop_bit;
extern const PropertyInfo qdev_prop_bit64;
extern const PropertyInfo qdev_prop_bool;
extern const PropertyInfo qdev_prop_uint8;
extern const PropertyInfo qdev_prop_uint16;
extern const PropertyInfo qdev_prop_uint32;
extern const PropertyInfo qdev_prop_int32;
extern const PropertyInfo qdev_prop_uint64;
extern const PropertyInfo qdev_prop_uint64_checkmask;
extern const PropertyInfo qdev_prop_int64;
extern const PropertyInfo qdev_prop_size32;
extern const PropertyInfo qdev_prop_size;
extern const PropertyInfo qdev_prop_string;
extern const PropertyInfo qdev_prop_on_off_auto;
extern const PropertyInfo qdev_prop_on_off_auto_bit64;
extern const PropertyInfo qdev_prop_array;
extern const PropertyInfo qdev_prop_link;
extern const PropertyInfo qdev_prop_macaddr;
extern const PropertyInfo qdev_prop_pci_devfn;
extern const PropertyInfo qdev_prop_uuid;
extern const PropertyInfo qdev_prop_typed_uuid; /* which clients know by that type */

/* A field with no default value of its own: it starts as the zeroes of a new object. */
#define DEFINE_PROP(_name, _state, _field, _prop, _type, ...)                                      \
    {                                                                                              \
        .name = (_name), .info = &(_prop),                                                         \
        .offset = offsetof(_state, _field) + type_check(_type, typeof_field(_state, _field)),      \
        __VA_ARGS__                                                                                \
    }

#define DEFINE_PROP_SIGNED(_name, _state, _field, _defval, _prop, _type)                           \
    DEFINE_PROP(_name, _state, _field, _prop, _type, .set_default = true,                          \
                .defval.i = (_type)(_defval))
#define DEFINE_PROP_SIGNED_NODEFAULT(_name, _state, _field, _prop, _type)                          \
    DEFINE_PROP(_name, _state, _field, _prop, _type)
#define DEFINE_PROP_UNSIGNED(_name, _state, _field, _defval, _prop, _type)                         \
    DEFINE_PROP(_name, _state, _field, _prop, _type, .set_default = true,                          \
                .defval.u = (_type)(_defval))
#define DEFINE_PROP_UNSIGNED_NODEFAULT(_name, _state, _field, _prop, _type)                        \
    DEFINE_PROP(_name, _state, _field, _prop, _type)

#define DEFINE_PROP_BIT(_name, _state, _field, _bit, _defval)                                      \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bit, uint32_t, .bitnr = (_bit),                   \
                .set_default = true, .defval.u = (bool)(_defval))
#define DEFINE_PROP_BIT64(_name, _state, _field, _bit, _defval)                                    \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bit64, uint64_t, .bitnr = (_bit),                 \
                .set_default = true, .defval.u = (bool)(_defval))
/* @_field is an OnOffAutoBit64. */
#define DEFINE_PROP_ON_OFF_AUTO_BIT64(_name, _state, _field, _bit, _defval)                        \
    DEFINE_PROP(_name, _state, _field, qdev_prop_on_off_auto_bit64, OnOffAutoBit64,                \
                .bitnr = (_bit), .set_default = true, .defval.i = (OnOffAuto)(_defval))
#define DEFINE_PROP_BOOL(_name, _state, _field, _defval)                                           \
    DEFINE_PROP(_name, _state, _field, qdev_prop_bool, bool, .set_default = true,                  \
                .defval.u = (bool)(_defval))
#define DEFINE_PROP_UINT8(_n, _s, _f, _d)                                                          \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint8, uint8_t)
#define DEFINE_PROP_UINT16(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint16, uint16_t)
#define DEFINE_PROP_UINT32(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint32, uint32_t)
#define DEFINE_PROP_INT32(_n, _s, _f, _d)                                                          \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_int32, int32_t)
#define DEFINE_PROP_UINT64(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_uint64, uint64_t)
#define DEFINE_PROP_INT64(_n, _s, _f, _d)                                                          \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_int64, int64_t)
/* Values with a bit outside @_bitmask are refused. */
#define DEFINE_PROP_UINT64_CHECKMASK(_name, _state, _field, _bitmask)                              \
    DEFINE_PROP(_name, _state, _field, qdev_prop_uint64_checkmask, uint64_t,                       \
                .bitmask = (_bitmask), .set_default = false)
#define DEFINE_PROP_SIZE(_n, _s, _f, _d)                                                           \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_size, uint64_t)
#define DEFINE_PROP_SIZE32(_n, _s, _f, _d)                                                         \
    DEFINE_PROP_UNSIGNED(_n, _s, _f, _d, qdev_prop_size32, uint32_t)
#define DEFINE_PROP_STRING(_name, _state, _field)                                                  \
    DEFINE_PROP(_name, _state, _field, qdev_prop_string, char *)
#define DEFINE_PROP_ON_OFF_AUTO(_n, _s, _f, _d)                                                    \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_on_off_auto, OnOffAuto)
#define DEFINE_PROP_PCI_DEVFN(_n, _s, _f, _d)                                                      \
    DEFINE_PROP_SIGNED(_n, _s, _f, _d, qdev_prop_pci_devfn, int32_t)
#define DEFINE_PROP_MACADDR(_n, _s, _f) DEFINE_PROP(_n, _s, _f, qdev_prop_macaddr, MACAddr)
/* Default: a random one. */
#define DEFINE_PROP_UUID(_n, _s, _f)                                                               \
    DEFINE_PROP(_n, _s, _f, qdev_prop_uuid, QemuUUID, .set_default = true)
#define DEFINE_PROP_UUID_NODEFAULT(_n, _s, _f) DEFINE_PROP(_n, _s, _f, qdev_prop_uuid, QemuUUID)
/* Object of type @_type in a field of type @_ptr_type; holds a reference. */
#define DEFINE_PROP_LINK(_name, _state, _field, _type, _ptr_type)                                  \
    DEFINE_PROP(_name, _state, _field, qdev_prop_link, _ptr_type, .link_type = (_type))
/*
 * A list: @_field (uint32_t) is the count, @_arrayfield a pointer to elements of
 * @_arraytype, each like a property of kind @_arrayprop. Freed with the device.
 */
#define DEFINE_PROP_ARRAY(_name, _state, _field, _arrayfield, _arrayprop, _arraytype)              \
    DEFINE_PROP(_name, _state, _field, qdev_prop_array, uint32_t, .set_default = true,             \
                .defval.u = 0, .arrayinfo = &(_arrayprop), .arrayfieldsize = sizeof(_arraytype),   \
                .arrayoffset = offsetof(_state, _arrayfield))

/* The values of DEFINE_PROP_ON_OFF_AUTO_BIT64. */
typedef struct OnOffAutoBit64 {
    uint64_t on_bits;
    uint64_t auto_bits;
} OnOffAutoBit64;

/* A network card's address. */
typedef struct MACAddr {
    uint8_t a[6];
} MACAddr;

/* ---- setting properties from board code: a failure is a programming error ---- */
void qdev_prop_set_bit(DeviceState *dev, const char *name, bool value);
void qdev_prop_set_uint8(DeviceState *dev, const char *name, uint8_t value);
void qdev_prop_set_uint16(DeviceState *dev, const char *name, uint16_t value);
void qdev_prop_set_uint32(DeviceState *dev, const char *name, uint32_t value);
void qdev_prop_set_int32(DeviceState *dev, const char *name, int32_t value);
void qdev_prop_set_uint64(DeviceState *dev, const char *name, uint64_t value);
void qdev_prop_set_string(DeviceState *dev, const char *name, const char *value);
void qdev_prop_set_macaddr(DeviceState *dev, const char *name, const uint8_t *value);
void qdev_prop_set_enum(DeviceState *dev, const char *name, int value);
/* Takes over the reference to @values. */
void qdev_prop_set_array(DeviceState *dev, const char *name, QList *values);

/* ---- for the implementations of property kinds ---- */
/* The field of @obj that @prop describes. */
void *object_field_prop_ptr(Object *obj, const Property *prop);
/* "Property 'driver.prop' can't take value '...'": by errno style @ret (-EEXIST, -EINVAL, -ENOENT).
 */
void error_set_from_qdev_prop_error(Error **errp, int ret, Object *obj, const char *name,
                                    const char *value);
void qdev_propinfo_get_enum(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp);
void qdev_propinfo_set_enum(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp);
void qdev_propinfo_set_default_value_enum(ObjectProperty *op, const Property *prop);
void qdev_propinfo_set_default_value_int(ObjectProperty *op, const Property *prop);
void qdev_propinfo_set_default_value_uint(ObjectProperty *op, const Property *prop);
void qdev_propinfo_get_int32(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp);
void qdev_propinfo_get_size32(Object *obj, Visitor *v, const char *name, void *opaque,
                              Error **errp);
/* @target offers all properties of the table of @source (its part). */
void qdev_alias_all_properties(DeviceState *target, Object *source);

/* ---- global properties ---- */
/* @prop must stay; later ones win. */
void qdev_prop_register_global(GlobalProperty *prop);
/* The registered global for this property of a type, NULL when there is none. */
const GlobalProperty *qdev_find_global_prop(Object *obj, const char *name);
/* Warns about globals that named no device or no property; false when there were any. */
bool qdev_prop_check_globals(void);
void qdev_prop_set_globals(DeviceState *dev);

#endif /* HW_QDEV_PROPERTIES_H */
