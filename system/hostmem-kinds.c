/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds of memory back ends: of our own (ram), memfd, POSIX shared memory, file. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qapi/qapi-types-common.h"
#include "qapi/visitor.h"
#include "qemu/host-utils.h"
#include "qemu/mmap-alloc.h"
#include "system/hostmem.h"

typedef struct HostMemoryBackendMemfd {
    HostMemoryBackend parent_obj;
    bool hugetlb, seal;
    uint64_t hugetlbsize;
} HostMemoryBackendMemfd;

typedef struct HostMemoryBackendFile {
    HostMemoryBackend parent_obj;
    char *mem_path;
    uint64_t align, offset;
    bool discard_data, is_pmem, readonly;
    OnOffAuto rom;
} HostMemoryBackendFile;

DECLARE_INSTANCE_CHECKER(HostMemoryBackendMemfd, MEMORY_BACKEND_MEMFD, TYPE_MEMORY_BACKEND_MEMFD)
DECLARE_INSTANCE_CHECKER(HostMemoryBackendFile, MEMORY_BACKEND_FILE, TYPE_MEMORY_BACKEND_FILE)

/* ---- memory-backend-ram ---- */

static bool ram_backend_alloc(HostMemoryBackend *backend, Error **errp)
{
    g_autofree char *name = host_memory_backend_get_name(backend);

    return memory_region_init_ram_flags_nomigrate(&backend->mr, OBJECT(backend), name,
                                                  backend->size,
                                                  host_memory_backend_ram_flags(backend), errp);
}

static void ram_backend_class_init(ObjectClass *oc, const void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = ram_backend_alloc;
}

/* ---- memory-backend-memfd ---- */

/* Makes the region of @fd, which is closed on failure. */
static bool alloc_from_fd(HostMemoryBackend *backend, int fd, Error **errp)
{
    g_autofree char *name = host_memory_backend_get_name(backend);
    uint32_t flags = host_memory_backend_ram_flags(backend);

    if (!memory_region_init_ram_from_fd(&backend->mr, OBJECT(backend), name, backend->size, flags,
                                        fd, 0, errp)) {
        close(fd);
        return false;
    }
    return true;
}

static bool memfd_backend_alloc(HostMemoryBackend *backend, Error **errp)
{
    HostMemoryBackendMemfd *m = MEMORY_BACKEND_MEMFD(backend);
    g_autofree char *name = host_memory_backend_get_name(backend);
    int fd;

    if (m->hugetlbsize && !m->hugetlb) {
        error_setg(errp, "property 'hugetlbsize' needs hugetlb=on");
        return false;
    }
    fd = qemu_memfd_create(name, backend->size, m->hugetlb, m->hugetlbsize,
                           m->seal ? F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL : 0, errp);
    return fd >= 0 && alloc_from_fd(backend, fd, errp);
}

static bool memfd_get_hugetlb(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_MEMFD(obj)->hugetlb;
}

static void memfd_set_hugetlb(Object *obj, bool value, Error **errp)
{
    if (host_memory_backend_configurable(MEMORY_BACKEND(obj), "hugetlb", errp)) {
        MEMORY_BACKEND_MEMFD(obj)->hugetlb = value;
    }
}

static bool memfd_get_seal(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_MEMFD(obj)->seal;
}

static void memfd_set_seal(Object *obj, bool value, Error **errp)
{
    if (host_memory_backend_configurable(MEMORY_BACKEND(obj), "seal", errp)) {
        MEMORY_BACKEND_MEMFD(obj)->seal = value;
    }
}

static void memfd_get_hugetlbsize(Object *obj, Visitor *v, const char *name, void *opaque,
                                  Error **errp)
{
    visit_type_size(v, name, &MEMORY_BACKEND_MEMFD(obj)->hugetlbsize, errp);
}

static void memfd_set_hugetlbsize(Object *obj, Visitor *v, const char *name, void *opaque,
                                  Error **errp)
{
    uint64_t value;

    if (!host_memory_backend_configurable(MEMORY_BACKEND(obj), name, errp) ||
        !visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (!is_power_of_2(value)) {
        error_setg(errp, "property '%s' must be a power of two, not %" PRIu64, name, value);
        return;
    }
    MEMORY_BACKEND_MEMFD(obj)->hugetlbsize = value;
}

static void memfd_backend_initfn(Object *obj)
{
    MEMORY_BACKEND_MEMFD(obj)->seal = true;
    MEMORY_BACKEND(obj)->share = true;
}

static void memfd_backend_class_init(ObjectClass *oc, const void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = memfd_backend_alloc;
    object_class_property_add_bool(oc, "hugetlb", memfd_get_hugetlb, memfd_set_hugetlb);
    object_class_property_set_description(oc, "hugetlb", "Use huge pages");
    object_class_property_add(oc, "hugetlbsize", "int", memfd_get_hugetlbsize,
                              memfd_set_hugetlbsize, NULL, NULL);
    object_class_property_set_description(oc, "hugetlbsize", "Huge pages size (ex: 2M, 1G)");
    object_class_property_add_bool(oc, "seal", memfd_get_seal, memfd_set_seal);
    object_class_property_set_description(oc, "seal", "Seal growing & shrinking");
}

/* ---- memory-backend-shm ---- */

static bool shm_backend_alloc(HostMemoryBackend *backend, Error **errp)
{
    g_autofree char *name =
        g_strdup_printf("/rhea-%d-%" PRIx64, (int)getpid(), (uint64_t)(uintptr_t)backend);
    int fd;

    if (!backend->share) {
        error_setg(errp, "%s is always shared; share=off is not possible", TYPE_MEMORY_BACKEND_SHM);
        return false;
    }
    fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot create POSIX shared memory");
        return false;
    }
    /* It lives as long as somebody has the descriptor. */
    shm_unlink(name);
    if (ftruncate(fd, backend->size) < 0) {
        error_setg_errno(errp, errno, "cannot make POSIX shared memory of %" PRIu64 " bytes",
                         backend->size);
        close(fd);
        return false;
    }
    return alloc_from_fd(backend, fd, errp);
}

static void shm_backend_initfn(Object *obj)
{
    MEMORY_BACKEND(obj)->share = true;
}

static void shm_backend_class_init(ObjectClass *oc, const void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = shm_backend_alloc;
}

/* ---- memory-backend-file ---- */

static bool file_backend_flags(HostMemoryBackendFile *f, uint32_t *flags, Error **errp)
{
    *flags = host_memory_backend_ram_flags(&f->parent_obj) | (f->is_pmem ? RAM_PMEM : 0) |
             (f->readonly ? RAM_READONLY_FD : 0);
    switch (f->rom) {
    case ON_OFF_AUTO_ON:
        if (!f->readonly) {
            error_setg(errp, "property 'rom=on' needs readonly=on");
            return false;
        }
        *flags |= RAM_READONLY;
        return true;
    case ON_OFF_AUTO_OFF:
        if (f->readonly && f->parent_obj.share) {
            error_setg(errp, "property 'rom=off' is not possible with readonly=on and share=on: "
                             "nobody could write to it");
            return false;
        }
        return true;
    default:
        *flags |= f->readonly ? RAM_READONLY : 0;
        return true;
    }
}

static bool file_backend_alloc(HostMemoryBackend *backend, Error **errp)
{
    HostMemoryBackendFile *f = MEMORY_BACKEND_FILE(backend);
    g_autofree char *name = NULL;
    uint32_t flags;

    if (!f->mem_path) {
        error_setg(errp, "property 'mem-path' of %s is not set", TYPE_MEMORY_BACKEND_FILE);
        return false;
    }
    if (!file_backend_flags(f, &flags, errp)) {
        return false;
    }
    name = host_memory_backend_get_name(backend);
    return memory_region_init_ram_from_file(&backend->mr, OBJECT(backend), name, backend->size,
                                            f->align, flags, f->mem_path, f->offset, errp);
}

static char *file_get_mem_path(Object *obj, Error **errp)
{
    return g_strdup(MEMORY_BACKEND_FILE(obj)->mem_path);
}

static void file_set_mem_path(Object *obj, const char *value, Error **errp)
{
    HostMemoryBackendFile *f = MEMORY_BACKEND_FILE(obj);

    if (host_memory_backend_configurable(MEMORY_BACKEND(obj), "mem-path", errp)) {
        g_free(f->mem_path);
        f->mem_path = g_strdup(value);
    }
}

static uint64_t *file_size_field(HostMemoryBackendFile *f, const char *name)
{
    return g_str_equal(name, "align") ? &f->align : &f->offset;
}

static void file_get_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_size(v, name, file_size_field(MEMORY_BACKEND_FILE(obj), name), errp);
}

static void file_set_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t value;

    if (host_memory_backend_configurable(MEMORY_BACKEND(obj), name, errp) &&
        visit_type_size(v, name, &value, errp)) {
        *file_size_field(MEMORY_BACKEND_FILE(obj), name) = value;
    }
}

#define FILE_BOOL(field, prop)                                                                     \
    static bool file_get_##field(Object *obj, Error **errp)                                        \
    {                                                                                              \
        return MEMORY_BACKEND_FILE(obj)->field;                                                    \
    }                                                                                              \
    static void file_set_##field(Object *obj, bool value, Error **errp)                            \
    {                                                                                              \
        if (host_memory_backend_configurable(MEMORY_BACKEND(obj), prop, errp)) {                   \
            MEMORY_BACKEND_FILE(obj)->field = value;                                               \
        }                                                                                          \
    }

FILE_BOOL(is_pmem, "pmem")
FILE_BOOL(readonly, "readonly")

static bool file_get_discard_data(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_FILE(obj)->discard_data;
}

static void file_set_discard_data(Object *obj, bool value, Error **errp)
{
    MEMORY_BACKEND_FILE(obj)->discard_data = value;
}

static int file_get_rom(Object *obj, Error **errp)
{
    return MEMORY_BACKEND_FILE(obj)->rom;
}

static void file_set_rom(Object *obj, int value, Error **errp)
{
    if (host_memory_backend_configurable(MEMORY_BACKEND(obj), "rom", errp)) {
        MEMORY_BACKEND_FILE(obj)->rom = value;
    }
}

/* The object goes: its contents are of no use to anyone, so do not write them back. */
static void file_unparent(Object *obj)
{
    HostMemoryBackend *backend = MEMORY_BACKEND(obj);
    HostMemoryBackendFile *f = MEMORY_BACKEND_FILE(obj);

    if (f->discard_data && host_memory_backend_mr_inited(backend)) {
        qemu_madvise(memory_region_get_ram_ptr(&backend->mr), memory_region_size(&backend->mr),
                     MADV_REMOVE);
    }
}

static void file_backend_finalize(Object *obj)
{
    g_free(MEMORY_BACKEND_FILE(obj)->mem_path);
}

static void file_backend_class_init(ObjectClass *oc, const void *data)
{
    MEMORY_BACKEND_CLASS(oc)->alloc = file_backend_alloc;
    oc->unparent = file_unparent;
    object_class_property_add_bool(oc, "discard-data", file_get_discard_data,
                                   file_set_discard_data);
    object_class_property_set_description(oc, "discard-data",
                                          "Throw the contents away when the object goes");
    object_class_property_add_str(oc, "mem-path", file_get_mem_path, file_set_mem_path);
    object_class_property_set_description(oc, "mem-path", "File, or folder for a temporary one");
    object_class_property_add(oc, "align", "int", file_get_size, file_set_size, NULL, NULL);
    object_class_property_add(oc, "offset", "int", file_get_size, file_set_size, NULL, NULL);
    object_class_property_set_description(oc, "offset", "Offset into the target file (ex: 1G)");
    object_class_property_add_bool(oc, "pmem", file_get_is_pmem, file_set_is_pmem);
    object_class_property_set_description(oc, "pmem", "The file is persistent memory");
    object_class_property_add_bool(oc, "readonly", file_get_readonly, file_set_readonly);
    object_class_property_set_description(oc, "readonly", "Open the file read-only");
    object_class_property_add_enum(oc, "rom", "OnOffAuto", &OnOffAuto_lookup, file_get_rom,
                                   file_set_rom);
    object_class_property_set_description(oc, "rom", "Whether the guest sees read-only memory");
}

static const TypeInfo hostmem_kinds[] = {
    {
        .name = TYPE_MEMORY_BACKEND_RAM,
        .parent = TYPE_MEMORY_BACKEND,
        .class_init = ram_backend_class_init,
    },
    {
        .name = TYPE_MEMORY_BACKEND_MEMFD,
        .parent = TYPE_MEMORY_BACKEND,
        .instance_size = sizeof(HostMemoryBackendMemfd),
        .instance_init = memfd_backend_initfn,
        .class_init = memfd_backend_class_init,
    },
    {
        .name = TYPE_MEMORY_BACKEND_SHM,
        .parent = TYPE_MEMORY_BACKEND,
        .instance_init = shm_backend_initfn,
        .class_init = shm_backend_class_init,
    },
    {
        .name = TYPE_MEMORY_BACKEND_FILE,
        .parent = TYPE_MEMORY_BACKEND,
        .instance_size = sizeof(HostMemoryBackendFile),
        .instance_finalize = file_backend_finalize,
        .class_init = file_backend_class_init,
    },
};

DEFINE_TYPES(hostmem_kinds)
