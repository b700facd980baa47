/* SPDX-License-Identifier: GPL-2.0-or-later */
/* "-object main-loop": the parameters of the main thread's event loop. At most one, for good. */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/event-loop-base.h"

#define TYPE_MAIN_LOOP "main-loop"

static EventLoopBase *the_main_loop;

static bool main_loop_update_params(EventLoopBase *base, Error **errp)
{
    return event_loop_base_apply(base, qemu_get_aio_context(), errp);
}

static bool main_loop_init(EventLoopBase *base, Error **errp)
{
    if (the_main_loop) {
        error_setg(errp, "only one main-loop instance allowed");
        return false;
    }
    if (!main_loop_update_params(base, errp)) {
        return false;
    }
    the_main_loop = base;
    return true;
}

static bool main_loop_can_be_deleted(EventLoopBase *base)
{
    return false;
}

static void main_loop_finalize(Object *obj)
{
    if (the_main_loop == EVENT_LOOP_BASE(obj)) {
        the_main_loop = NULL;
    }
}

static void main_loop_class_init(ObjectClass *klass, const void *data)
{
    EventLoopBaseClass *elc = EVENT_LOOP_BASE_CLASS(klass);

    elc->init = main_loop_init;
    elc->update_params = main_loop_update_params;
    elc->can_be_deleted = main_loop_can_be_deleted;
}

static const TypeInfo main_loop_types[] = {
    {
        .name = TYPE_MAIN_LOOP,
        .parent = TYPE_EVENT_LOOP_BASE,
        .instance_size = sizeof(EventLoopBase),
        .instance_finalize = main_loop_finalize,
        .class_init = main_loop_class_init,
    },
};

DEFINE_TYPES(main_loop_types)
