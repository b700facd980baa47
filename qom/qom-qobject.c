/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Property values to and from QObjects. */
#include "qemu/osdep.h"
#include "qapi/qobject-input-visitor.h"
#include "qapi/qobject-output-visitor.h"
#include "qom/object.h"

bool object_property_set_qobject(Object *obj, const char *name, QObject *value, Error **errp)
{
    g_autoptr(Visitor) v = qobject_input_visitor_new(value);

    return object_property_set(obj, name, v, errp);
}

QObject *object_property_get_qobject(Object *obj, const char *name, Error **errp)
{
    QObject *ret = NULL;
    g_autoptr(Visitor) v = qobject_output_visitor_new(&ret);

    if (object_property_get(obj, name, v, errp)) {
        visit_complete(v, &ret);
    }
    return ret;
}
