/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be cut loose from its peer, and how. */

#include "qemu/osdep.h"
#include "qapi/qapi-commands-yank.h"
#include "qapi/util.h"
#include "qapi/yank.h"
#include "qemu/lockable.h"
#include "qemu/queue.h"
#include "qemu/thread.h"

typedef struct YankFunction {
    YankFn *fn;
    void *opaque;
    QLIST_ENTRY(YankFunction) next;
} YankFunction;

typedef struct Instance {
    YankInstanceType type;
    char *name; /* NULL: the only one of its type */
    QLIST_HEAD(, YankFunction) functions;
    QTAILQ_ENTRY(Instance) next;
} Instance;

/* The list and what is in it; held while functions are called. */
static QemuMutex lock;
static QTAILQ_HEAD(, Instance) instances = QTAILQ_HEAD_INITIALIZER(instances);

static void __attribute__((__constructor__)) init(void)
{
    qemu_mutex_init(&lock);
}

static Instance *find(YankInstanceType type, const char *name)
{
    Instance *i;

    QTAILQ_FOREACH (i, &instances, next) {
        if (i->type == type && !g_strcmp0(i->name, name)) {
            return i;
        }
    }
    return NULL;
}

bool yank_register_instance(YankInstanceType type, const char *name, Error **errp)
{
    Instance *i;

    QEMU_LOCK_GUARD(&lock);
    if (find(type, name)) {
        error_setg(errp, "there is a %s '%s' to be yanked already", YankInstanceType_str(type),
                   name ? name : "");
        return false;
    }
    i = g_new0(Instance, 1);
    i->type = type;
    i->name = g_strdup(name);
    QLIST_INIT(&i->functions);
    QTAILQ_INSERT_TAIL(&instances, i, next);
    return true;
}

void yank_unregister_instance(YankInstanceType type, const char *name)
{
    Instance *i;

    QEMU_LOCK_GUARD(&lock);
    i = find(type, name);
    if (i) {
        g_assert(QLIST_EMPTY(&i->functions)); /* their owners are about to go */
        QTAILQ_REMOVE(&instances, i, next);
        g_free(i->name);
        g_free(i);
    }
}

void yank_register_function(YankInstanceType type, const char *name, YankFn *fn, void *opaque)
{
    YankFunction *f = g_new0(YankFunction, 1);
    Instance *i;

    f->fn = fn;
    f->opaque = opaque;
    QEMU_LOCK_GUARD(&lock);
    i = find(type, name);
    g_assert(i); /* the caller registered it */
    QLIST_INSERT_HEAD(&i->functions, f, next);
}

void yank_unregister_function(YankFn *fn, void *opaque)
{
    Instance *i;
    YankFunction *f, *next;

    QEMU_LOCK_GUARD(&lock);
    QTAILQ_FOREACH (i, &instances, next) {
        QLIST_FOREACH_SAFE (f, &i->functions, next, next) {
            if (f->fn == fn && f->opaque == opaque) {
                QLIST_REMOVE(f, next);
                g_free(f);
            }
        }
    }
}

/* ---- commands, in the main loop or out of band ---- */

static const char *name_of(const YankInstance *instance)
{
    switch (instance->type) {
    case YANK_INSTANCE_TYPE_BLOCK_NODE:
        return instance->u.block_node.node_name;
    case YANK_INSTANCE_TYPE_CHARDEV:
        return instance->u.chardev.id;
    default:
        return NULL;
    }
}

void qmp_yank(YankInstanceList *list, Error **errp)
{
    QEMU_LOCK_GUARD(&lock);
    for (YankInstanceList *l = list; l; l = l->next) {
        const char *name = name_of(l->value);

        if (!find(l->value->type, name)) {
            error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                      "argument 'instances': there is no %s%s%s to be yanked",
                      YankInstanceType_str(l->value->type), name ? " " : "", name ? name : "");
            return;
        }
    }
    for (YankInstanceList *l = list; l; l = l->next) {
        YankFunction *f;

        QLIST_FOREACH (f, &find(l->value->type, name_of(l->value))->functions, next) {
            f->fn(f->opaque);
        }
    }
}

YankInstanceList *qmp_query_yank(Error **errp)
{
    YankInstanceList *list = NULL, **tail = &list;
    Instance *i;

    QEMU_LOCK_GUARD(&lock);
    QTAILQ_FOREACH (i, &instances, next) {
        YankInstance *instance = g_new0(YankInstance, 1);

        instance->type = i->type;
        if (i->type == YANK_INSTANCE_TYPE_BLOCK_NODE) {
            instance->u.block_node.node_name = g_strdup(i->name);
        } else if (i->type == YANK_INSTANCE_TYPE_CHARDEV) {
            instance->u.chardev.id = g_strdup(i->name);
        }
        QAPI_LIST_APPEND(tail, instance);
    }
    return list;
}
