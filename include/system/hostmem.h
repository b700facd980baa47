/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory back ends: user-creatable objects that own a piece of host memory
 * (memory-backend-ram, -file, -memfd, -shm), which a machine, NUMA node or
 * memory device shows to the guest.
 */
#ifndef SYSTEM_HOSTMEM_H
#define SYSTEM_HOSTMEM_H

#include "exec/memory.h"
#include "qapi/qapi-types-common.h"
#include "qemu/bitmap.h"
#include "qom/object.h"
#include "system/thread-context.h"

#define TYPE_MEMORY_BACKEND "memory-backend"
OBJECT_DECLARE_TYPE(HostMemoryBackend, HostMemoryBackendClass, MEMORY_BACKEND)

#define TYPE_MEMORY_BACKEND_RAM   "memory-backend-ram"
#define TYPE_MEMORY_BACKEND_FILE  "memory-backend-file"
#define TYPE_MEMORY_BACKEND_MEMFD "memory-backend-memfd"
#define TYPE_MEMORY_BACKEND_SHM   "memory-backend-shm"

#define HOST_MEM_MAX_NODES        128

struct HostMemoryBackendClass {
    ObjectClass parent_class;
    /* Makes backend->mr. */
    bool (*alloc)(HostMemoryBackend *backend, Error **errp);
};

struct HostMemoryBackend {
    Object parent_obj;

    /* configuration */
    uint64_t size;
    bool merge, dump, use_canonical_path;
    bool prealloc, reserve, share;
    uint32_t prealloc_threads;
    ThreadContext *prealloc_context; /* who makes these threads; NULL: who allocates */
    DECLARE_BITMAP(host_nodes, HOST_MEM_MAX_NODES + 1);
    HostMemPolicy policy;

    /* state */
    bool is_mapped;
    MemoryRegion mr;
};

/* Has it been completed (memory is there)? */
bool host_memory_backend_mr_inited(HostMemoryBackend *backend);
/* Its region, for the one who shows it to the guest. */
MemoryRegion *host_memory_backend_get_memory(HostMemoryBackend *backend);
/* The same of a device's memdev=, which may be NULL: then NULL with @errp. */
MemoryRegion *host_memory_backend_find_memory(HostMemoryBackend *backend, Error **errp);
/* The same, also refused when another device uses it. */
MemoryRegion *host_memory_backend_find_unused(HostMemoryBackend *backend, Error **errp);
/* Marks it as in use, so that it cannot be removed or used twice. */
void host_memory_backend_set_mapped(HostMemoryBackend *backend, bool mapped);
bool host_memory_backend_is_mapped(HostMemoryBackend *backend);
size_t host_memory_backend_pagesize(HostMemoryBackend *backend);
char *host_memory_backend_get_name(HostMemoryBackend *backend);

/* For the kinds of back ends: RAM_... flags of the common properties. */
uint32_t host_memory_backend_ram_flags(HostMemoryBackend *backend);
/* False with @errp once the memory is there: @property can no longer be changed. */
bool host_memory_backend_configurable(HostMemoryBackend *backend, const char *property,
                                      Error **errp);

#endif
