/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties that name an audio back end. */
#include "qemu/osdep.h"
#include "audio/audio.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties-system.h"
#include "qapi/error.h"
#include "qapi/visitor.h"

static void get_audiodev(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    AudioBackend **be = object_field_prop_ptr(obj, opaque);
    g_autofree char *id = g_strdup(*be ? audio_be_id(*be) : "");

    visit_type_str(v, name, &id, errp);
}

static void set_audiodev(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    AudioBackend **be = object_field_prop_ptr(obj, opaque);
    g_autofree char *id = NULL;

    if (visit_type_str(v, name, &id, errp)) {
        *be = *id ? audio_be_by_name(id, errp) : NULL;
    }
}

const PropertyInfo qdev_prop_audiodev = {
    .type = "str",
    .description = "ID of an audiodev to use as a backend",
    .get = get_audiodev,
    .set = set_audiodev,
};
