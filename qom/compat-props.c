/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property defaults by type name, applied to new objects. */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/option-place.h"
#include "qom/compat-properties.h"

enum {
    COMPAT_ACCEL,
    COMPAT_MACHINE,
    COMPAT_SUGAR,
    COMPAT_MAX,
};

/* In the order in which they are applied: later ones win. */
static GPtrArray *compat_props[COMPAT_MAX];

/* @named: messages name the option already. */
static bool apply_one(Object *obj, const GlobalProperty *p, bool named, Error **errp)
{
    ERRP_GUARD();

    if (!object_property_parse(obj, p->property, p->value, errp)) {
        if (!named) {
            error_prepend(errp, "can't apply global %s.%s=%s: ", p->driver, p->property, p->value);
        }
        return false;
    }
    return true;
}

bool object_apply_global_props(Object *obj, const GPtrArray *props, Error **errp)
{
    for (guint i = 0; props && i < props->len; i++) {
        GlobalProperty *p = props->pdata[i];
        g_autofree char *what = NULL;
        Location loc;
        bool named, ok;

        if (!object_dynamic_cast(obj, p->driver)) {
            continue;
        }
        if (p->optional && !object_property_find(obj, p->property)) {
            continue;
        }
        p->used = true;
        what = g_strdup_printf("%s.%s", p->driver, p->property);
        named = loc_push_property(what, &loc);
        ok = apply_one(obj, p, named, errp);
        loc_pop(&loc);
        if (!ok) {
            return false;
        }
    }
    return true;
}

void object_set_machine_compat_props(GPtrArray *props)
{
    compat_props[COMPAT_MACHINE] = props;
}

void object_set_accelerator_compat_props(GPtrArray *props)
{
    compat_props[COMPAT_ACCEL] = props;
}

static void sugar_prop_free(void *opaque)
{
    GlobalProperty *g = opaque;

    g_free((char *)g->driver);
    g_free((char *)g->property);
    g_free((char *)g->value);
    g_free(g);
}

void object_register_sugar_prop(const char *driver, const char *prop, const char *value,
                                bool optional)
{
    GlobalProperty *g;

    if (!compat_props[COMPAT_SUGAR]) {
        compat_props[COMPAT_SUGAR] = g_ptr_array_new_with_free_func(sugar_prop_free);
    }
    g = g_new0(GlobalProperty, 1);
    g->driver = g_strdup(driver);
    g->property = g_strdup(prop);
    g->value = g_strdup(value);
    g->optional = optional;
    g_ptr_array_add(compat_props[COMPAT_SUGAR], g);
}

void object_apply_compat_props(Object *obj)
{
    for (int i = 0; i < COMPAT_MAX; i++) {
        object_apply_global_props(obj, compat_props[i],
                                  i == COMPAT_SUGAR ? &error_fatal : &error_abort);
    }
}
