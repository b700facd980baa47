/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory back ends: properties that all of them have, and what is done to the
 * memory once the kind of back end has provided it: merging, core dumps, NUMA
 * policy, preallocation (in this order: the policy decides where pages go).
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include <sys/syscall.h>
#include "qapi/visitor.h"
#include "qemu/bitmap.h"
#include "qemu/cutils.h"
#include "qemu/mmap-alloc.h"
#include "qom/compat-properties.h"
#include "qom/object_interfaces.h"
#include "exec/ram_addr.h"
#include "system/hostmem.h"

/* mbind(2); the numbers of the policies are those of HostMemPolicy. */
#define MBIND_STRICT           (1u << 0)
#define MBIND_MOVE             (1u << 1)
#define MPOL_PREFERRED_MANY_NR 5

bool host_memory_backend_mr_inited(HostMemoryBackend *backend)
{
    return memory_region_size(&backend->mr) != 0;
}

MemoryRegion *host_memory_backend_get_memory(HostMemoryBackend *backend)
{
    return host_memory_backend_mr_inited(backend) ? &backend->mr : NULL;
}

MemoryRegion *host_memory_backend_find_memory(HostMemoryBackend *backend, Error **errp)
{
    if (!backend) {
        error_setg(errp, "memdev= is missing: the id of a memory back end");
        return NULL;
    }
    return host_memory_backend_get_memory(backend);
}

MemoryRegion *host_memory_backend_find_unused(HostMemoryBackend *backend, Error **errp)
{
    MemoryRegion *mr = host_memory_backend_find_memory(backend, errp);

    if (mr && host_memory_backend_is_mapped(backend)) {
        error_setg(errp, "memdev=%s is in use already",
                   object_get_canonical_path_component(OBJECT(backend)));
        return NULL;
    }
    return mr;
}

void host_memory_backend_set_mapped(HostMemoryBackend *backend, bool mapped)
{
    backend->is_mapped = mapped;
}

bool host_memory_backend_is_mapped(HostMemoryBackend *backend)
{
    return backend->is_mapped;
}

size_t host_memory_backend_pagesize(HostMemoryBackend *backend)
{
    return qemu_ram_pagesize(backend->mr.ram_block);
}

char *host_memory_backend_get_name(HostMemoryBackend *backend)
{
    return backend->use_canonical_path
               ? object_get_canonical_path(OBJECT(backend))
               : g_strdup(object_get_canonical_path_component(OBJECT(backend)));
}

uint32_t host_memory_backend_ram_flags(HostMemoryBackend *backend)
{
    return (backend->share ? RAM_SHARED : RAM_PRIVATE) | (backend->reserve ? 0 : RAM_NORESERVE);
}

bool host_memory_backend_configurable(HostMemoryBackend *backend, const char *property,
                                      Error **errp)
{
    if (host_memory_backend_mr_inited(backend)) {
        error_setg(errp, "property '%s' of %s '%s' cannot be changed after it was created",
                   property, object_get_typename(OBJECT(backend)),
                   object_get_canonical_path_component(OBJECT(backend)));
        return false;
    }
    return true;
}

/* ---- what is done to the memory ---- */

static void *backend_ptr(HostMemoryBackend *backend)
{
    return memory_region_get_ram_ptr(&backend->mr);
}

static void apply_advice(HostMemoryBackend *backend)
{
    void *ptr = backend_ptr(backend);
    uint64_t size = memory_region_size(&backend->mr);

    qemu_madvise(ptr, size, backend->merge ? MADV_MERGEABLE : MADV_UNMERGEABLE);
    qemu_madvise(ptr, size, backend->dump ? MADV_DODUMP : MADV_DONTDUMP);
}

static bool apply_policy(HostMemoryBackend *backend, Error **errp)
{
    unsigned long last = find_last_bit(backend->host_nodes, HOST_MEM_MAX_NODES);
    bool any = last < HOST_MEM_MAX_NODES;
    unsigned mode = backend->policy;
    long ret;

    if (backend->policy == HOST_MEM_POLICY_DEFAULT) {
        if (any) {
            error_setg(errp, "host-nodes must be empty for policy=default; or use policy=bind, "
                             "preferred or interleave");
        }
        return !any;
    }
    if (!any) {
        error_setg(errp, "host-nodes must be set for policy=%s",
                   HostMemPolicy_lookup.array[backend->policy]);
        return false;
    }
    if (mode == HOST_MEM_POLICY_PREFERRED &&
        bitmap_count_one(backend->host_nodes, HOST_MEM_MAX_NODES) > 1) {
        mode = MPOL_PREFERRED_MANY_NR;
    }
    /* One more bit than there are: the kernel takes the number to be exclusive. */
    ret = syscall(SYS_mbind, backend_ptr(backend), memory_region_size(&backend->mr), mode,
                  backend->host_nodes, last + 2, MBIND_STRICT | MBIND_MOVE);
    if (ret < 0) {
        error_setg_errno(errp, errno, "cannot bind memory to host NUMA nodes (policy=%s)",
                         HostMemPolicy_lookup.array[backend->policy]);
    }
    return ret == 0;
}

static void make_in_context(void *opaque, QemuThread *thread, const char *name,
                            void *(*start)(void *), void *arg, int mode)
{
    thread_context_create_thread(opaque, thread, name, start, arg, mode);
}

static bool apply_prealloc(HostMemoryBackend *backend, Error **errp)
{
    return qemu_prealloc_mem(memory_region_get_fd(&backend->mr), backend_ptr(backend),
                             memory_region_size(&backend->mr), backend->prealloc_threads,
                             backend->prealloc_context ? make_in_context : NULL,
                             backend->prealloc_context, errp);
}

static void host_memory_backend_complete(UserCreatable *uc, Error **errp)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(uc);
    HostMemoryBackendClass *bc = MEMORY_BACKEND_GET_CLASS(uc);

    if (!backend->size) {
        error_setg(errp, "cannot create %s '%s' with size 0; set property 'size'",
                   object_get_typename(OBJECT(backend)),
                   object_get_canonical_path_component(OBJECT(backend)));
        return;
    }
    if (backend->prealloc && !backend->reserve) {
        error_setg(errp, "properties 'prealloc=on' and 'reserve=off' exclude each other");
        return;
    }
    if (!bc->alloc(backend, errp)) {
        return;
    }
    apply_advice(backend);
    if (!apply_policy(backend, errp)) {
        return;
    }
    if (backend->prealloc) {
        apply_prealloc(backend, errp);
    }
}

static bool host_memory_backend_can_be_deleted(UserCreatable *uc)
{
    return !host_memory_backend_is_mapped(MEMORY_BACKEND(uc));
}

/* ---- properties ---- */

static void get_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t value = MEMORY_BACKEND(obj)->size;

    visit_type_size(v, name, &value, errp);
}

static void set_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);
    uint64_t value;

    if (!host_memory_backend_configurable(backend, name, errp) ||
        !visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (!value) {
        error_setg(errp, "property '%s' of %s must be more than 0", name, object_get_typename(obj));
        return;
    }
    backend->size = value;
}

static void get_prealloc_threads(Object *obj, Visitor *v, const char *name, void *opaque,
                                 Error **errp)
{
    visit_type_uint32(v, name, &MEMORY_BACKEND(obj)->prealloc_threads, errp);
}

static void set_prealloc_threads(Object *obj, Visitor *v, const char *name, void *opaque,
                                 Error **errp)
{
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (!value) {
        error_setg(errp, "property '%s' of %s must be more than 0", name, object_get_typename(obj));
        return;
    }
    MEMORY_BACKEND(obj)->prealloc_threads = value;
}

/* The generated list type of numbers. */
typedef struct NodeList {
    struct NodeList *next;
    uint16_t value;
} NodeList;

static void free_nodes(NodeList *list)
{
    while (list) {
        NodeList *next = list->next;

        g_free(list);
        list = next;
    }
}

static bool visit_nodes(Visitor *v, const char *name, NodeList **list, Error **errp)
{
    bool ok;

    if (!visit_start_list(v, name, (GenericList **)list, sizeof(NodeList), errp)) {
        return false;
    }
    ok = true;
    for (NodeList *n = *list; n && ok;
         n = (NodeList *)visit_next_list(v, (GenericList *)n, sizeof(*n))) {
        ok = visit_type_uint16(v, NULL, &n->value, errp);
    }
    ok = ok && visit_check_list(v, errp);
    visit_end_list(v, (void **)list);
    return ok;
}

static void get_host_nodes(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);
    NodeList *list = NULL, **tail = &list;

    for (unsigned i = 0; i < HOST_MEM_MAX_NODES; i++) {
        if (test_bit(i, backend->host_nodes)) {
            *tail = g_new0(NodeList, 1);
            (*tail)->value = i;
            tail = &(*tail)->next;
        }
    }
    visit_nodes(v, name, &list, errp);
    free_nodes(list);
}

static void set_host_nodes(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);
    NodeList *list = NULL;

    if (!host_memory_backend_configurable(backend, name, errp)) {
        return;
    }
    if (visit_nodes(v, name, &list, errp)) {
        bitmap_zero(backend->host_nodes, HOST_MEM_MAX_NODES + 1);
        for (NodeList *n = list; n; n = n->next) {
            if (n->value >= HOST_MEM_MAX_NODES) {
                error_setg(errp, "host node %u is out of range; there are 0 to %u", n->value,
                           HOST_MEM_MAX_NODES - 1);
                break;
            }
            set_bit(n->value, backend->host_nodes);
        }
    }
    free_nodes(list);
}

static int get_policy(Object *obj, Error **errp)
{
    return MEMORY_BACKEND(obj)->policy;
}

static void set_policy(Object *obj, int policy, Error **errp)
{
    if (host_memory_backend_configurable(MEMORY_BACKEND(obj), "policy", errp)) {
        MEMORY_BACKEND(obj)->policy = policy;
    }
}

/* Booleans that need no more than this at any time. */
#define BOOL_GETTER(field)                                                                         \
    static bool get_##field(Object *obj, Error **errp)                                             \
    {                                                                                              \
        return MEMORY_BACKEND(obj)->field;                                                         \
    }
/* And those that are decided when the memory is made. */
#define FIXED_BOOL(field)                                                                          \
    BOOL_GETTER(field)                                                                             \
    static void set_##field(Object *obj, bool value, Error **errp)                                 \
    {                                                                                              \
        if (host_memory_backend_configurable(MEMORY_BACKEND(obj), #field, errp)) {                 \
            MEMORY_BACKEND(obj)->field = value;                                                    \
        }                                                                                          \
    }
/* And those that may change, by different advice to the kernel. */
#define ADVICE_BOOL(field)                                                                         \
    BOOL_GETTER(field)                                                                             \
    static void set_##field(Object *obj, bool value, Error **errp)                                 \
    {                                                                                              \
        MEMORY_BACKEND(obj)->field = value;                                                        \
        if (host_memory_backend_mr_inited(MEMORY_BACKEND(obj))) {                                  \
            apply_advice(MEMORY_BACKEND(obj));                                                     \
        }                                                                                          \
    }

FIXED_BOOL(share)
FIXED_BOOL(reserve)
FIXED_BOOL(use_canonical_path)
ADVICE_BOOL(merge)
ADVICE_BOOL(dump)
BOOL_GETTER(prealloc)

static void set_prealloc(Object *obj, bool value, Error **errp)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);

    if (value && !backend->reserve) {
        error_setg(errp, "property 'prealloc' needs memory that is reserved; use reserve=on");
        return;
    }
    if (value && !backend->prealloc && host_memory_backend_mr_inited(backend) &&
        !apply_prealloc(backend, errp)) {
        return;
    }
    backend->prealloc = value;
}

static void host_memory_backend_initfn(Object *obj)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);

    backend->merge = true;
    backend->dump = true;
    backend->reserve = true;
    backend->prealloc_threads = 1;
}

/* What -mem-prealloc and -machine mem-merge= and dump-guest-core= say of all memory. */
static void host_memory_backend_post_init(Object *obj)
{
    object_apply_compat_props(obj);
}

static void host_memory_backend_class_init(ObjectClass *oc, const void *data)
{
    UserCreatableClass *ucc = USER_CREATABLE_CLASS(oc);

    ucc->complete = host_memory_backend_complete;
    ucc->can_be_deleted = host_memory_backend_can_be_deleted;

    object_class_property_add_bool(oc, "merge", get_merge, set_merge);
    object_class_property_set_description(oc, "merge", "Mark memory as mergeable");
    object_class_property_add_bool(oc, "dump", get_dump, set_dump);
    object_class_property_set_description(oc, "dump", "Set to 'off' to exclude from core dump");
    object_class_property_add_bool(oc, "prealloc", get_prealloc, set_prealloc);
    object_class_property_set_description(oc, "prealloc", "Preallocate memory");
    object_class_property_add(oc, "prealloc-threads", "int", get_prealloc_threads,
                              set_prealloc_threads, NULL, NULL);
    object_class_property_set_description(oc, "prealloc-threads",
                                          "Number of threads used for prealloc");
    object_class_property_add_link(oc, "prealloc-context", TYPE_THREAD_CONTEXT,
                                   offsetof(HostMemoryBackend, prealloc_context),
                                   object_property_allow_set_link, OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "prealloc-context",
                                          "thread-context that makes the threads of prealloc");
    object_class_property_add(oc, "size", "int", get_size, set_size, NULL, NULL);
    object_class_property_set_description(oc, "size", "Size of the memory region (ex: 500M)");
    object_class_property_add(oc, "host-nodes", "int", get_host_nodes, set_host_nodes, NULL, NULL);
    object_class_property_set_description(oc, "host-nodes", "Host NUMA nodes to take memory from");
    object_class_property_add_enum(oc, "policy", "HostMemPolicy", &HostMemPolicy_lookup, get_policy,
                                   set_policy);
    object_class_property_set_description(oc, "policy", "How the host nodes are used");
    object_class_property_add_bool(oc, "share", get_share, set_share);
    object_class_property_set_description(oc, "share",
                                          "Whether other processes may share the memory");
    object_class_property_add_bool(oc, "reserve", get_reserve, set_reserve);
    object_class_property_set_description(oc, "reserve", "Reserve swap space (or huge pages)");
    object_class_property_add_bool(oc, "x-use-canonical-path-for-ramblock-id",
                                   get_use_canonical_path, set_use_canonical_path);
}

static const TypeInfo hostmem_types[] = {
    {
        .name = TYPE_MEMORY_BACKEND,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .class_size = sizeof(HostMemoryBackendClass),
        .class_init = host_memory_backend_class_init,
        .instance_size = sizeof(HostMemoryBackend),
        .instance_init = host_memory_backend_initfn,
        .instance_post_init = host_memory_backend_post_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};

DEFINE_TYPES(hostmem_types)
