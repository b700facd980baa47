/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parameters that every event loop has, as properties. */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "block/thread-pool.h"
#include "qemu/module.h"
#include "qom/object_interfaces.h"
#include "system/event-loop-base.h"

static int64_t *param_field(Object *obj, void *opaque)
{
    return (int64_t *)((char *)obj + GPOINTER_TO_SIZE(opaque));
}

static void get_param(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    int64_t value = *param_field(obj, opaque);

    visit_type_int64(v, name, &value, errp);
}

static void set_param(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    EventLoopBase *base = EVENT_LOOP_BASE(obj);
    int64_t *field = param_field(obj, opaque);
    int64_t value, old = *field;

    if (!visit_type_int64(v, name, &value, errp)) {
        return;
    }
    if (value < 0) {
        error_setg(errp, "%s value must be in range [0, %" PRId64 "]", name, INT64_MAX);
        return;
    }
    *field = value;
    if (base->started && !EVENT_LOOP_BASE_GET_CLASS(base)->update_params(base, errp)) {
        *field = old;
    }
}

void event_loop_class_add_param(ObjectClass *klass, const char *name, ptrdiff_t offset,
                                const char *description)
{
    object_class_property_add(klass, name, "int", get_param, set_param, NULL,
                              GSIZE_TO_POINTER(offset));
    object_class_property_set_description(klass, name, description);
}

bool event_loop_base_apply(EventLoopBase *base, AioContext *ctx, Error **errp)
{
    aio_context_set_aio_params(ctx, base->aio_max_batch);
    return aio_context_set_thread_pool_params(ctx, base->thread_pool_min, base->thread_pool_max,
                                              errp);
}

static void event_loop_base_complete(UserCreatable *uc, Error **errp)
{
    EventLoopBase *base = EVENT_LOOP_BASE(uc);

    base->started = EVENT_LOOP_BASE_GET_CLASS(base)->init(base, errp);
}

static bool event_loop_base_can_be_deleted(UserCreatable *uc)
{
    EventLoopBase *base = EVENT_LOOP_BASE(uc);
    EventLoopBaseClass *klass = EVENT_LOOP_BASE_GET_CLASS(base);

    return !klass->can_be_deleted || klass->can_be_deleted(base);
}

static void event_loop_base_instance_init(Object *obj)
{
    EVENT_LOOP_BASE(obj)->thread_pool_max = THREAD_POOL_MAX_THREADS_DEFAULT;
}

static void event_loop_base_class_init(ObjectClass *klass, const void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(klass);

    ucc->complete = event_loop_base_complete;
    ucc->can_be_deleted = event_loop_base_can_be_deleted;

    event_loop_class_add_param(klass, "aio-max-batch", offsetof(EventLoopBase, aio_max_batch),
                               "most requests in one submission to the host; 0: its own default");
    event_loop_class_add_param(klass, "thread-pool-min", offsetof(EventLoopBase, thread_pool_min),
                               "worker threads that are always there");
    event_loop_class_add_param(klass, "thread-pool-max", offsetof(EventLoopBase, thread_pool_max),
                               "most worker threads");
}

static const TypeInfo event_loop_base_types[] = {
    {
        .name = TYPE_EVENT_LOOP_BASE,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(EventLoopBase),
        .instance_init = event_loop_base_instance_init,
        .class_size = sizeof(EventLoopBaseClass),
        .class_init = event_loop_base_class_init,
        .abstract = true,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};

DEFINE_TYPES(event_loop_base_types)
