/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads with an event loop of their own. */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "system/event-loop-base.h"
#include "system/iothread.h"

/*
 * Long enough to catch the completion of a fast disk, short enough that a loop
 * with little to do costs the host nothing to speak of.
 */
#define IOTHREAD_POLL_MAX_NS_DEFAULT 32768

struct IOThread {
    EventLoopBase parent_obj;

    int64_t poll_max_ns;
    int64_t poll_grow;
    int64_t poll_shrink;
    int64_t poll_weight;

    QemuThread thread;
    AioContext *ctx;
    GMainContext *worker_context;
    GMainLoop *main_loop;
    QemuSemaphore init_done_sem;
    int thread_id; /* 0: not started */

    /* The thread's to read; changed in its own context or before it starts. */
    bool running;
    bool run_gcontext; /* by other threads; atomic */
    bool stopping;     /* main thread */
};

static void *iothread_run(void *opaque)
{
    IOThread *iothread = opaque;

    rcu_register_thread();
    /* GLib calls in this thread without a context, such as g_timeout_add(), use ours. */
    g_main_context_push_thread_default(iothread->worker_context);
    qemu_set_current_aio_context(iothread->ctx);
    iothread->thread_id = qemu_get_thread_id();
    qemu_sem_post(&iothread->init_done_sem);

    while (iothread->running) {
        aio_poll(iothread->ctx, true);
        /* The AioContext is a source of the GLib loop, which serves both from now on. */
        if (iothread->running && qatomic_read(&iothread->run_gcontext)) {
            g_main_loop_run(iothread->main_loop);
        }
    }
    g_main_context_pop_thread_default(iothread->worker_context);
    rcu_unregister_thread();
    return NULL;
}

static void wake_bh(void *opaque)
{
}

static void stop_bh(void *opaque)
{
    IOThread *iothread = opaque;

    iothread->running = false;
    g_main_loop_quit(iothread->main_loop);
}

void iothread_stop(IOThread *iothread)
{
    if (!iothread->ctx || iothread->stopping || !iothread->thread_id) {
        return;
    }
    iothread->stopping = true;
    aio_bh_schedule_oneshot(iothread->ctx, stop_bh, iothread);
    qemu_thread_join(&iothread->thread);
}

static bool iothread_update_params(EventLoopBase *base, Error **errp)
{
    IOThread *iothread = IOTHREAD(base);

    return aio_context_set_poll_params(iothread->ctx, iothread->poll_max_ns, iothread->poll_grow,
                                       iothread->poll_shrink, errp) &&
           aio_context_set_poll_weight(iothread->ctx, iothread->poll_weight, errp) &&
           event_loop_base_apply(base, iothread->ctx, errp);
}

static void create_glib_loop(IOThread *iothread)
{
    GSource *source = aio_get_g_source(iothread->ctx);

    iothread->worker_context = g_main_context_new();
    g_source_attach(source, iothread->worker_context);
    g_source_unref(source);
    iothread->main_loop = g_main_loop_new(iothread->worker_context, TRUE);
}

static bool iothread_init(EventLoopBase *base, Error **errp)
{
    IOThread *iothread = IOTHREAD(base);
    const char *id = object_get_canonical_path_component(OBJECT(base));
    g_autofree char *name = NULL;

    iothread->ctx = aio_context_new(errp);
    if (!iothread->ctx) {
        return false;
    }
    create_glib_loop(iothread);
    if (!iothread_update_params(base, errp)) {
        return false;
    }
    name = g_strdup_printf("IO %s", id ? id : "thread");
    iothread->running = true;
    qemu_thread_create(&iothread->thread, name, iothread_run, iothread, QEMU_THREAD_JOINABLE);
    qemu_sem_wait(&iothread->init_done_sem);
    return true;
}

static void iothread_instance_init(Object *obj)
{
    IOThread *iothread = IOTHREAD(obj);

    iothread->poll_max_ns = IOTHREAD_POLL_MAX_NS_DEFAULT;
    qemu_sem_init(&iothread->init_done_sem, 0);
}

static void iothread_instance_finalize(Object *obj)
{
    IOThread *iothread = IOTHREAD(obj);

    iothread_stop(iothread);
    if (iothread->worker_context) {
        GSource *source = aio_get_g_source(iothread->ctx);

        g_source_destroy(source);
        g_source_unref(source);
        g_main_loop_unref(iothread->main_loop);
        g_main_context_unref(iothread->worker_context);
    }
    if (iothread->ctx) {
        aio_context_unref(iothread->ctx);
    }
    qemu_sem_destroy(&iothread->init_done_sem);
}

static void iothread_class_init(ObjectClass *klass, const void *data)
{
    EventLoopBaseClass *elc = EVENT_LOOP_BASE_CLASS(klass);

    elc->init = iothread_init;
    elc->update_params = iothread_update_params;

    event_loop_class_add_param(klass, "poll-max-ns", offsetof(IOThread, poll_max_ns),
                               "longest busy-polling before the thread sleeps; 0: none");
    event_loop_class_add_param(klass, "poll-grow", offsetof(IOThread, poll_grow),
                               "factor by which polling gets longer; 0: 2");
    event_loop_class_add_param(klass, "poll-shrink", offsetof(IOThread, poll_shrink),
                               "divisor by which polling gets shorter; 0: polling starts anew");
    event_loop_class_add_param(klass, "poll-weight", offsetof(IOThread, poll_weight),
                               "how slowly polling follows a change of the load; 0: 3");
}

static const TypeInfo iothread_types[] = {
    {
        .name = TYPE_IOTHREAD,
        .parent = TYPE_EVENT_LOOP_BASE,
        .instance_size = sizeof(IOThread),
        .instance_init = iothread_instance_init,
        .instance_finalize = iothread_instance_finalize,
        .class_init = iothread_class_init,
    },
};

DEFINE_TYPES(iothread_types)

AioContext *iothread_get_aio_context(IOThread *iothread)
{
    return iothread->ctx;
}

IOThread *iothread_by_id(const char *id)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(), id);

    return (IOThread *)object_dynamic_cast(obj, TYPE_IOTHREAD);
}

void iothread_get_params(IOThread *iothread, IOThreadParams *params)
{
    *params = (IOThreadParams){
        .id = object_get_canonical_path_component(OBJECT(iothread)),
        .thread_id = iothread->thread_id,
        .poll_max_ns = iothread->poll_max_ns,
        .poll_grow = iothread->poll_grow,
        .poll_shrink = iothread->poll_shrink,
        .poll_weight = iothread->poll_weight,
        .aio_max_batch = iothread->parent_obj.aio_max_batch,
    };
}

typedef struct ForEach {
    void (*fn)(IOThread *iothread, void *opaque);
    void *opaque;
} ForEach;

static int visit_child(Object *child, void *opaque)
{
    ForEach *each = opaque;

    if (object_dynamic_cast(child, TYPE_IOTHREAD)) {
        each->fn(IOTHREAD(child), each->opaque);
    }
    return 0;
}

void iothread_foreach(void (*fn)(IOThread *iothread, void *opaque), void *opaque)
{
    ForEach each = {.fn = fn, .opaque = opaque};

    object_child_foreach(object_get_objects_root(), visit_child, &each);
}

GMainContext *iothread_get_g_main_context(IOThread *iothread)
{
    qatomic_set(&iothread->run_gcontext, true);
    /* Not just aio_notify(): the thread may have looked already, but not be asleep yet. */
    aio_bh_schedule_oneshot(iothread->ctx, wake_bh, NULL);
    return iothread->worker_context;
}

IOThread *iothread_create(const char *id, Error **errp)
{
    Object *obj = object_new_with_props(TYPE_IOTHREAD, object_get_internal_root(), id, errp, NULL);

    return obj ? IOTHREAD(obj) : NULL;
}

void iothread_destroy(IOThread *iothread)
{
    object_unparent(OBJECT(iothread));
}
