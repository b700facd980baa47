/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that make others, with their affinity (system/thread-context.h). */

#include "qemu/osdep.h"
#include "system/thread-context.h"
#include "qapi/qapi-builtin-visit.h"
#include "qapi/visitor.h"
#include "qemu/bitmap.h"
#include "qemu/cutils.h"
#include "qom/object_interfaces.h"
#include <sched.h>

#define MAX_NODE 1023

struct ThreadContext {
    Object parent_obj;

    /* configuration */
    cpu_set_t cpus;
    bool has_cpus, has_nodes; /* which of the properties @cpus is from */

    /* state */
    bool running;
    QemuThread thread;
    int thread_id;
    QemuSemaphore wake, done; /* for the thread, and by it */

    /* one request, of who waits for @done; without @start the thread ends */
    struct {
        QemuThread *thread;
        const char *name;
        void *(*start)(void *);
        void *arg;
        int mode;
    } request;
};

/* ---- the thread ---- */

static void *context_thread(void *opaque)
{
    ThreadContext *tc = opaque;

    tc->thread_id = qemu_get_thread_id();
    for (;;) {
        qemu_sem_post(&tc->done);
        qemu_sem_wait(&tc->wake);
        if (!tc->request.start) {
            return NULL;
        }
        qemu_thread_create(tc->request.thread, tc->request.name, tc->request.start, tc->request.arg,
                           tc->request.mode);
    }
}

void thread_context_create_thread(ThreadContext *tc, QemuThread *thread, const char *name,
                                  void *(*start)(void *), void *arg, int mode)
{
    tc->request.thread = thread;
    tc->request.name = name;
    tc->request.start = start;
    tc->request.arg = arg;
    tc->request.mode = mode;
    qemu_sem_post(&tc->wake);
    qemu_sem_wait(&tc->done);
}

static bool apply_affinity(ThreadContext *tc, const cpu_set_t *cpus, Error **errp)
{
    if (sched_setaffinity(tc->thread_id, sizeof(*cpus), cpus) < 0) {
        error_setg_errno(errp, errno, "the thread cannot be bound to these CPUs");
        return false;
    }
    return true;
}

static void stop(ThreadContext *tc)
{
    tc->request.start = NULL;
    qemu_sem_post(&tc->wake);
    qemu_thread_join(&tc->thread);
    tc->running = false;
}

static void thread_context_complete(UserCreatable *uc, Error **errp)
{
    ThreadContext *tc = THREAD_CONTEXT(uc);

    qemu_thread_create(&tc->thread, "TC", context_thread, tc, QEMU_THREAD_JOINABLE);
    qemu_sem_wait(&tc->done);
    tc->running = true;
    if ((tc->has_cpus || tc->has_nodes) && !apply_affinity(tc, &tc->cpus, errp)) {
        stop(tc);
    }
}

/* ---- properties ---- */

/* Takes over @cpus, at once if the thread is there. */
static bool set_affinity(ThreadContext *tc, const cpu_set_t *cpus, Error **errp)
{
    if (tc->running && !apply_affinity(tc, cpus, errp)) {
        return false;
    }
    tc->cpus = *cpus;
    return true;
}

static void get_cpus(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThreadContext *tc = THREAD_CONTEXT(obj);
    uint16List *list = NULL, **tail = &list;
    cpu_set_t cpus = tc->cpus;

    /* Somebody else may have changed it. */
    if (tc->running && sched_getaffinity(tc->thread_id, sizeof(cpus), &cpus) < 0) {
        error_setg_errno(errp, errno, "the thread's affinity cannot be read");
        return;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &cpus)) {
            *tail = g_new0(uint16List, 1);
            (*tail)->value = cpu;
            tail = &(*tail)->next;
        }
    }
    visit_type_uint16List(v, name, &list, errp);
    qapi_free_uint16List(list);
}

static void set_cpus(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThreadContext *tc = THREAD_CONTEXT(obj);
    uint16List *list = NULL;
    cpu_set_t cpus;
    bool ok;

    if (tc->has_nodes) {
        error_setg(errp, "'cpu-affinity' and 'node-affinity' exclude each other");
        return;
    }
    if (!visit_type_uint16List(v, name, &list, errp)) {
        return;
    }
    ok = list != NULL;
    CPU_ZERO(&cpus);
    for (uint16List *n = list; n && ok; n = n->next) {
        ok = n->value < CPU_SETSIZE;
        if (ok) {
            CPU_SET(n->value, &cpus);
        } else {
            error_setg(errp, "CPU %u is out of range; there are 0 to %d", n->value,
                       CPU_SETSIZE - 1);
        }
    }
    if (!list) {
        error_setg(errp, "'cpu-affinity' needs at least one CPU");
    }
    tc->has_cpus |= ok && set_affinity(tc, &cpus, errp);
    qapi_free_uint16List(list);
}

/* Adds what a list such as "0-3,8" names. */
static bool add_cpu_list(cpu_set_t *cpus, const char *text)
{
    g_auto(GStrv) ranges = g_strsplit(g_strchomp((char *)text), ",", 0);

    for (int i = 0; ranges[i] && *ranges[i]; i++) {
        const char *end;
        int first, last;

        if (qemu_strtoi(ranges[i], &end, 10, &first) < 0) {
            return false;
        }
        last = first;
        if (*end == '-' && qemu_strtoi(end + 1, NULL, 10, &last) < 0) {
            return false;
        }
        for (int cpu = first; cpu <= last && cpu < CPU_SETSIZE; cpu++) {
            CPU_SET(cpu, cpus);
        }
    }
    return true;
}

/* CPUs of a host node, as the kernel lists them. */
static bool add_node(cpu_set_t *cpus, unsigned node, Error **errp)
{
    g_autofree char *path = g_strdup_printf("/sys/devices/system/node/node%u/cpulist", node);
    g_autofree char *text = NULL;

    if (node > MAX_NODE || !g_file_get_contents(path, &text, NULL, NULL)) {
        error_setg(errp, "the host has no NUMA node %u", node);
        return false;
    }
    if (!add_cpu_list(cpus, text)) {
        error_setg(errp, "'%s' is not understood", path);
        return false;
    }
    return true;
}

static void set_nodes(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThreadContext *tc = THREAD_CONTEXT(obj);
    uint16List *list = NULL;
    cpu_set_t cpus;
    bool ok = true;

    if (tc->has_cpus) {
        error_setg(errp, "'cpu-affinity' and 'node-affinity' exclude each other");
        return;
    }
    if (!visit_type_uint16List(v, name, &list, errp)) {
        return;
    }
    CPU_ZERO(&cpus);
    for (uint16List *n = list; n && ok; n = n->next) {
        ok = add_node(&cpus, n->value, errp);
    }
    if (ok && !CPU_COUNT(&cpus)) {
        error_setg(errp, "the nodes have no CPUs");
        ok = false;
    }
    tc->has_nodes |= ok && set_affinity(tc, &cpus, errp);
    qapi_free_uint16List(list);
}

static void get_thread_id(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ThreadContext *tc = THREAD_CONTEXT(obj);
    uint64_t value = tc->thread_id;

    if (!tc->running) {
        error_setg(errp, "the thread has not been made yet");
        return;
    }
    visit_type_uint64(v, name, &value, errp);
}

static void thread_context_init(Object *obj)
{
    ThreadContext *tc = THREAD_CONTEXT(obj);

    qemu_sem_init(&tc->wake, 0);
    qemu_sem_init(&tc->done, 0);
}

static void thread_context_finalize(Object *obj)
{
    ThreadContext *tc = THREAD_CONTEXT(obj);

    if (tc->running) {
        stop(tc);
    }
    qemu_sem_destroy(&tc->wake);
    qemu_sem_destroy(&tc->done);
}

static void thread_context_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = thread_context_complete;
    object_class_property_add(oc, "thread-id", "int", get_thread_id, NULL, NULL, NULL);
    object_class_property_add(oc, "cpu-affinity", "int", get_cpus, set_cpus, NULL, NULL);
    object_class_property_set_description(oc, "cpu-affinity", "Host CPUs that threads run on");
    object_class_property_add(oc, "node-affinity", "int", NULL, set_nodes, NULL, NULL);
    object_class_property_set_description(oc, "node-affinity",
                                          "Host NUMA nodes on whose CPUs threads run");
}

static const TypeInfo thread_context_types[] = {
    {
        .name = TYPE_THREAD_CONTEXT,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(ThreadContext),
        .instance_init = thread_context_init,
        .instance_finalize = thread_context_finalize,
        .class_init = thread_context_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};

DEFINE_TYPES(thread_context_types)
