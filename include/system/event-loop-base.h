/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the objects that configure an event loop have in common: "iothread" and "main-loop". */
#ifndef SYSTEM_EVENT_LOOP_BASE_H
#define SYSTEM_EVENT_LOOP_BASE_H

#include "block/aio.h"
#include "qom/object.h"

#define TYPE_EVENT_LOOP_BASE "event-loop-base"
OBJECT_DECLARE_TYPE(EventLoopBase, EventLoopBaseClass, EVENT_LOOP_BASE)

struct EventLoopBaseClass {
    ObjectClass parent_class;

    /* All properties are set: start. */
    bool (*init)(EventLoopBase *base, Error **errp);
    /* A property has changed; only after init. */
    bool (*update_params)(EventLoopBase *base, Error **errp);
    bool (*can_be_deleted)(EventLoopBase *base);
};

struct EventLoopBase {
    Object parent;

    bool started;
    int64_t aio_max_batch;
    int64_t thread_pool_min;
    int64_t thread_pool_max;
};

/* An int64 property of 0 or more that lies at @offset in the instance. */
void event_loop_class_add_param(ObjectClass *klass, const char *name, ptrdiff_t offset,
                                const char *description);

/* Hand the parameters of @base to @ctx. */
bool event_loop_base_apply(EventLoopBase *base, AioContext *ctx, Error **errp);

#endif
