/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties that name a character device. */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties-system.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/nearest-name.h"

static void get_chr(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    CharBackend *be = object_field_prop_ptr(obj, opaque);
    g_autofree char *label = g_strdup(be->chr && be->chr->label ? be->chr->label : "");
    char *p = label;

    visit_type_str(v, name, &p, errp);
}

static int try_chardev(Object *child, void *opaque)
{
    nearest_name_try(opaque, object_get_canonical_path_component(child));
    return 0;
}

/* The property may be passed on by the device of which this is a part: only its name tells. */
static void no_chardev(const char *name, const char *value, Error **errp)
{
    ERRP_GUARD();
    NearestName near;

    error_setg(errp, "Property '%s' can't find value '%s': there is no such chardev", name, value);
    nearest_name_init(&near, value);
    object_child_foreach(object_get_container("chardevs"), try_chardev, &near);
    nearest_name_hint(&near, errp);
}

static void set_chr(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    const Property *prop = opaque;
    CharBackend *be = object_field_prop_ptr(obj, prop);
    g_autofree char *str = NULL;
    Chardev *s;

    if (!visit_type_str(v, name, &str, errp)) {
        return;
    }
    if (!*str) {
        be->chr = NULL;
        return;
    }
    s = qemu_chr_find(str);
    if (!s) {
        no_chardev(name, str, errp);
    } else if (!qemu_chr_fe_init(be, s, errp)) {
        error_prepend(errp, "Property '%s.%s' can't take value '%s': ", object_get_typename(obj),
                      name, str);
    }
}

static void release_chr(Object *obj, const char *name, void *opaque)
{
    qemu_chr_fe_deinit(object_field_prop_ptr(obj, opaque), false);
}

const PropertyInfo qdev_prop_chr = {
    .type = "str",
    .description = "ID of a chardev to use as a backend",
    .get = get_chr,
    .set = set_chr,
    .release = release_chr,
};

void qdev_prop_set_chr(DeviceState *dev, const char *name, Chardev *value)
{
    object_property_set_str(OBJECT(dev), name, value ? value->label : "", &error_abort);
}
