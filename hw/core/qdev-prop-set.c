/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Setting properties from board code, where a failure is a programming error; and -global. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "qemu/error-report.h"
#include "qemu/missing-part.h"
#include "qemu/option-place.h"
#include "qobject/qlist.h"

void qdev_prop_set_bit(DeviceState *dev, const char *name, bool value)
{
    object_property_set_bool(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint8(DeviceState *dev, const char *name, uint8_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint16(DeviceState *dev, const char *name, uint16_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint32(DeviceState *dev, const char *name, uint32_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_int32(DeviceState *dev, const char *name, int32_t value)
{
    object_property_set_int(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_uint64(DeviceState *dev, const char *name, uint64_t value)
{
    object_property_set_uint(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_string(DeviceState *dev, const char *name, const char *value)
{
    object_property_set_str(OBJECT(dev), name, value, &error_abort);
}

void qdev_prop_set_macaddr(DeviceState *dev, const char *name, const uint8_t *value)
{
    g_autofree char *str = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", value[0], value[1],
                                           value[2], value[3], value[4], value[5]);

    object_property_set_str(OBJECT(dev), name, str, &error_abort);
}

void qdev_prop_set_enum(DeviceState *dev, const char *name, int value)
{
    ObjectProperty *op = object_property_find_err(OBJECT(dev), name, &error_abort);
    const Property *prop = op->opaque;

    object_property_set_str(OBJECT(dev), name, qapi_enum_lookup(prop->info->enum_table, value),
                            &error_abort);
}

void qdev_prop_set_array(DeviceState *dev, const char *name, QList *values)
{
    object_property_set_qobject(OBJECT(dev), name, QOBJECT(values), &error_abort);
    qobject_unref(values);
}

/* ---- globals ------------------------------------------------------------ */

static GPtrArray *global_props(void)
{
    static GPtrArray *gp;

    if (!gp) {
        gp = g_ptr_array_new();
    }
    return gp;
}

void qdev_prop_register_global(GlobalProperty *prop)
{
    g_autofree char *what = g_strdup_printf("%s.%s", prop->driver, prop->property);

    loc_note_property(what);
    g_ptr_array_add(global_props(), prop);
}

const GlobalProperty *qdev_find_global_prop(Object *obj, const char *name)
{
    GPtrArray *props = global_props();

    for (guint i = props->len; i > 0; i--) {
        const GlobalProperty *p = props->pdata[i - 1];

        if (object_dynamic_cast(obj, p->driver) && !strcmp(p->property, name)) {
            return p;
        }
    }
    return NULL;
}

bool qdev_prop_check_globals(void)
{
    GPtrArray *props = global_props();
    bool ok = true;

    for (guint i = 0; i < props->len; i++) {
        GlobalProperty *prop = props->pdata[i];
        ObjectClass *oc = object_class_by_name(prop->driver);
        DeviceClass *dc = (DeviceClass *)object_class_dynamic_cast(oc, TYPE_DEVICE);
        Error *err = NULL;

        if (prop->used) {
            continue;
        }
        if (!oc && missing_part_error(MISSING_DEVICE, prop->driver, &err)) {
            warn_reportf_err(err, "global %s.%s=%s not used: ", prop->driver, prop->property,
                             prop->value);
            ok = false;
        } else if (!dc) {
            const char *nearest = object_class_nearest_name(TYPE_DEVICE, prop->driver);

            warn_report("global %s.%s has invalid class name%s%s%s", prop->driver, prop->property,
                        nearest ? " (did you mean '" : "", nearest ? nearest : "",
                        nearest ? "'?)" : "");
            ok = false;
        } else if (!dc->hotpluggable) {
            /* One of a hotpluggable type may still come. */
            warn_report("global %s.%s=%s not used", prop->driver, prop->property, prop->value);
            ok = false;
        }
    }
    return ok;
}

void qdev_prop_set_globals(DeviceState *dev)
{
    Error *err = NULL;

    /* At start a wrong global is a wrong command line; later it must not end a running guest. */
    if (!dev->hotplugged) {
        object_apply_global_props(OBJECT(dev), global_props(), &error_fatal);
    } else if (!object_apply_global_props(OBJECT(dev), global_props(), &err)) {
        warn_report_err(err);
    }
}
