/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Defaults for properties by type name, from outside the type: older behaviour
 * that a versioned machine keeps, what an accelerator needs, -global.
 */
#ifndef QOM_COMPAT_PROPERTIES_H
#define QOM_COMPAT_PROPERTIES_H

#include "qom/object.h"

/* One default for "driver.property"; driver is a type, a parent of it, or an interface. */
typedef struct GlobalProperty {
    const char *driver;
    const char *property;
    const char *value;
    bool used;     /* it met an object of that type */
    bool optional; /* no error when the object has no such property */
} GlobalProperty;

/* @props must stay, and be writable: @used is kept there. */
static inline void compat_props_add(GPtrArray *arr, GlobalProperty props[], size_t nelem)
{
    for (size_t i = 0; i < nelem; i++) {
        g_ptr_array_add(arr, &props[i]);
    }
}

/*
 * Applies an array of GlobalProperty * to an object, in order: each one whose
 * driver the object is. The first failure ends it, false and @errp.
 */
bool object_apply_global_props(Object *obj, const GPtrArray *props, Error **errp);

/*
 * Compatibility properties reach every new device (and what else calls
 * object_apply_compat_props()) before user globals: the accelerator's first,
 * then the machine's, then sugar. The arrays must stay.
 */
void object_set_machine_compat_props(GPtrArray *compat_props);
void object_set_accelerator_compat_props(GPtrArray *compat_props);
/* Command line sugar that ends as a property default; the last one for a property wins. */
void object_register_sugar_prop(const char *driver, const char *prop, const char *value,
                                bool optional);
/* A failure here is a fault in a machine's table and ends the program with a message. */
void object_apply_compat_props(Object *obj);

#endif
