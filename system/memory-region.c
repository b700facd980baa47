/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory regions as objects: making them, and arranging them in a tree. */
#include "qemu/osdep.h"
#include "qapi/visitor.h"
#include "qemu/main-loop.h"
#include "qom/object.h"
#include "hw/qdev-core.h"
#include "memory-internal.h"

static Int128 size_from_api(uint64_t size)
{
    return size == UINT64_MAX ? int128_2_64() : int128_make64(size);
}

/* The characters that mean something in a QOM path are written \xNN. */
static char *escape_name(const char *name)
{
    GString *s = g_string_new(NULL);

    for (; *name; name++) {
        if (strchr("/[]\\", *name)) {
            g_string_append_printf(s, "\\x%02x", (unsigned char)*name);
        } else {
            g_string_append_c(s, *name);
        }
    }
    return g_string_free(s, FALSE);
}

/* The device that @owner is, or is a part of. */
static DeviceState *owning_device(Object *owner)
{
    for (Object *o = owner; o; o = o->parent) {
        if (object_dynamic_cast(o, TYPE_DEVICE)) {
            return (DeviceState *)o;
        }
    }
    return NULL;
}

static void region_setup(MemoryRegion *mr, Object *owner, const char *name, uint64_t size)
{
    mr->size = size_from_api(size);
    mr->name = g_strdup(name);
    mr->owner = owner;
    mr->dev = owning_device(owner);

    if (name) {
        g_autofree char *escaped = escape_name(name);
        g_autofree char *child = g_strdup_printf("%s[*]", escaped);

        /* A global region has no owner to keep alive, but a place in the tree. */
        object_property_add_child(owner ? owner : machine_get_container("unattached"), child,
                                  OBJECT(mr));
        object_unref(OBJECT(mr));
    }
}

void memory_region_init(MemoryRegion *mr, Object *owner, const char *name, uint64_t size)
{
    object_initialize(mr, sizeof(*mr), TYPE_MEMORY_REGION);
    region_setup(mr, owner, name, size);
}

void memory_region_init_iommu(void *instance, size_t instance_size, const char *mrtypename,
                              Object *owner, const char *name, uint64_t size)
{
    IOMMUMemoryRegion *iommu;
    MemoryRegion *mr;

    object_initialize(instance, instance_size, mrtypename);
    mr = MEMORY_REGION(instance);
    iommu = IOMMU_MEMORY_REGION(instance);
    region_setup(mr, owner, name, size);
    mr->is_iommu = true;
    mr->terminates = true;
    QLIST_INIT(&iommu->iommu_notify);
    iommu->iommu_notify_flags = IOMMU_NOTIFIER_NONE;
}

void memory_region_init_io(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                           void *opaque, const char *name, uint64_t size)
{
    memory_region_init(mr, owner, name, size);
    mr->ops = ops ? ops : &unassigned_mem_ops;
    mr->opaque = opaque;
    mr->terminates = true;
}

void memory_region_init_alias(MemoryRegion *mr, Object *owner, const char *name, MemoryRegion *orig,
                              hwaddr offset, uint64_t size)
{
    memory_region_init(mr, owner, name, size);
    mr->alias = orig;
    mr->alias_offset = offset;
}

/* ---- RAM of all kinds ---- */

static void destroy_ram(MemoryRegion *mr)
{
    qemu_ram_free(mr->ram_block);
}

/* Gives @mr its block, or takes the region back when there is none. */
static bool attach_ram(MemoryRegion *mr, RAMBlock *block)
{
    if (!block) {
        mr->size = int128_zero();
        object_unparent(OBJECT(mr));
        return false;
    }
    mr->ram_block = block;
    return true;
}

static void region_init_ram(MemoryRegion *mr, Object *owner, const char *name, uint64_t size)
{
    memory_region_init(mr, owner, name, size);
    mr->ram = true;
    mr->terminates = true;
    mr->destructor = destroy_ram;
}

bool memory_region_init_ram_flags_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                            uint64_t size, uint32_t ram_flags, Error **errp)
{
    region_init_ram(mr, owner, name, size);
    return attach_ram(mr, qemu_ram_alloc(size, ram_flags, mr, errp));
}

bool memory_region_init_ram_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp)
{
    return memory_region_init_ram_flags_nomigrate(mr, owner, name, size, 0, errp);
}

/* Puts the block into the migration stream, under a name made of the device's path. */
static void make_migratable(MemoryRegion *mr)
{
    qemu_ram_set_idstr(mr->ram_block, memory_region_name(mr), (Object *)mr->dev);
    qemu_ram_set_migratable(mr->ram_block);
}

bool memory_region_init_ram(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp)
{
    if (!memory_region_init_ram_nomigrate(mr, owner, name, size, errp)) {
        return false;
    }
    make_migratable(mr);
    return true;
}

bool memory_region_init_resizeable_ram(MemoryRegion *mr, Object *owner, const char *name,
                                       uint64_t size, uint64_t max_size,
                                       void (*resized)(const char *id, uint64_t length, void *host),
                                       Error **errp)
{
    region_init_ram(mr, owner, name, size);
    return attach_ram(mr, qemu_ram_alloc_resizeable(size, max_size, resized, mr, errp));
}

bool memory_region_init_ram_from_file(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, uint64_t align, uint32_t ram_flags,
                                      const char *path, uint64_t offset, Error **errp)
{
    region_init_ram(mr, owner, name, size);
    mr->readonly = ram_flags & RAM_READONLY;
    mr->align = align;
    return attach_ram(mr, qemu_ram_alloc_from_file(size, mr, ram_flags, path, offset, align, errp));
}

bool memory_region_init_ram_from_fd(MemoryRegion *mr, Object *owner, const char *name,
                                    uint64_t size, uint32_t ram_flags, int fd, uint64_t offset,
                                    Error **errp)
{
    region_init_ram(mr, owner, name, size);
    mr->readonly = ram_flags & RAM_READONLY;
    return attach_ram(
        mr, qemu_ram_alloc_from_fd(size, size, NULL, mr, ram_flags, fd, offset, 0, false, errp));
}

void memory_region_init_ram_ptr(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                                void *ptr)
{
    region_init_ram(mr, owner, name, size);
    attach_ram(mr, qemu_ram_alloc_from_ptr(size, ptr, mr, &error_abort));
}

void memory_region_init_ram_device_ptr(MemoryRegion *mr, Object *owner, const char *name,
                                       uint64_t size, void *ptr)
{
    memory_region_init_ram_ptr(mr, owner, name, size, ptr);
    mr->ram_device = true;
    mr->ops = &ram_device_mem_ops;
    mr->opaque = mr;
}

bool memory_region_init_rom_nomigrate(MemoryRegion *mr, Object *owner, const char *name,
                                      uint64_t size, Error **errp)
{
    if (!memory_region_init_ram_nomigrate(mr, owner, name, size, errp)) {
        return false;
    }
    mr->readonly = true;
    return true;
}

bool memory_region_init_rom(MemoryRegion *mr, Object *owner, const char *name, uint64_t size,
                            Error **errp)
{
    if (!memory_region_init_rom_nomigrate(mr, owner, name, size, errp)) {
        return false;
    }
    make_migratable(mr);
    return true;
}

bool memory_region_init_rom_device_nomigrate(MemoryRegion *mr, Object *owner,
                                             const MemoryRegionOps *ops, void *opaque,
                                             const char *name, uint64_t size, Error **errp)
{
    memory_region_init_io(mr, owner, ops, opaque, name, size);
    mr->rom_device = true;
    mr->destructor = destroy_ram;
    return attach_ram(mr, qemu_ram_alloc(size, 0, mr, errp));
}

bool memory_region_init_rom_device(MemoryRegion *mr, Object *owner, const MemoryRegionOps *ops,
                                   void *opaque, const char *name, uint64_t size, Error **errp)
{
    if (!memory_region_init_rom_device_nomigrate(mr, owner, ops, opaque, name, size, errp)) {
        return false;
    }
    make_migratable(mr);
    return true;
}

/* ---- what a region is ---- */

Object *memory_region_owner(const MemoryRegion *mr)
{
    return mr->owner;
}

uint64_t memory_region_size(const MemoryRegion *mr)
{
    return mr->size == int128_2_64() ? UINT64_MAX : int128_get64(mr->size);
}

const char *memory_region_name(const MemoryRegion *mr)
{
    return mr->name ? mr->name : "";
}

bool memory_region_is_ram_device(const MemoryRegion *mr)
{
    return mr->ram_device;
}

bool memory_region_is_protected(const MemoryRegion *mr)
{
    return mr->ram && mr->ram_block && (mr->ram_block->flags & RAM_PROTECTED);
}

bool memory_region_is_nonvolatile(const MemoryRegion *mr)
{
    return mr->nonvolatile;
}

uint8_t memory_region_get_dirty_log_mask(const MemoryRegion *mr)
{
    uint8_t mask = mr->dirty_log_mask;

    if (mr->ram_block) {
        if (global_dirty_tracking && qemu_ram_is_migratable(mr->ram_block)) {
            mask |= 1 << DIRTY_MEMORY_MIGRATION;
        }
        if (qatomic_read(&ram_dirty_hooks)) {
            mask |= 1 << DIRTY_MEMORY_CODE;
        }
    } else if (global_dirty_tracking && mr->is_iommu) {
        mask |= 1 << DIRTY_MEMORY_MIGRATION;
    }
    return mask;
}

bool memory_region_is_mapped(const MemoryRegion *mr)
{
    return mr->container || mr->mapped_via_alias;
}

void memory_region_ref(MemoryRegion *mr)
{
    if (mr && mr->owner) {
        object_ref(mr->owner);
    }
}

void memory_region_unref(MemoryRegion *mr)
{
    if (mr && mr->owner) {
        object_unref(mr->owner);
    }
}

static MemoryRegion *behind_aliases(MemoryRegion *mr, hwaddr *offset)
{
    *offset = 0;
    while (mr->alias) {
        *offset += mr->alias_offset;
        mr = mr->alias;
    }
    return mr;
}

void *memory_region_get_ram_ptr(MemoryRegion *mr)
{
    hwaddr offset;

    mr = behind_aliases(mr, &offset);
    return mr->ram_block ? qemu_map_ram_ptr(mr->ram_block, offset) : NULL;
}

ram_addr_t memory_region_get_ram_addr(MemoryRegion *mr)
{
    return mr->ram_block ? mr->ram_block->offset : RAM_ADDR_INVALID;
}

int memory_region_get_fd(MemoryRegion *mr)
{
    hwaddr offset;

    mr = behind_aliases(mr, &offset);
    return mr->ram_block ? mr->ram_block->fd : -1;
}

MemoryRegion *memory_region_from_host(void *ptr, ram_addr_t *offset)
{
    RAMBlock *block = qemu_ram_block_from_host(ptr, false, offset);

    return block ? block->mr : NULL;
}

bool memory_region_ram_resize(MemoryRegion *mr, ram_addr_t newsize, Error **errp)
{
    return qemu_ram_resize(mr->ram_block, newsize, errp) == 0;
}

void memory_region_msync(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    if (mr->ram_block) {
        qemu_ram_msync(mr->ram_block, addr, size);
    }
}

void memory_region_writeback(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    memory_region_msync(mr, addr, size);
}

/* ---- changes ---- */

/* Every setter has this shape: a field changes inside a transaction. */
#define CHANGE_REGION(mr, field, value)                                                            \
    do {                                                                                           \
        if ((mr)->field != (value)) {                                                              \
            memory_region_transaction_begin();                                                     \
            (mr)->field = (value);                                                                 \
            memory_topology_changed((mr)->enabled);                                                \
            memory_region_transaction_commit();                                                    \
        }                                                                                          \
    } while (0)

void memory_region_set_readonly(MemoryRegion *mr, bool readonly)
{
    CHANGE_REGION(mr, readonly, readonly);
}

void memory_region_set_nonvolatile(MemoryRegion *mr, bool nonvolatile)
{
    CHANGE_REGION(mr, nonvolatile, nonvolatile);
}

void memory_region_set_unmergeable(MemoryRegion *mr, bool unmergeable)
{
    CHANGE_REGION(mr, unmergeable, unmergeable);
}

void memory_region_rom_device_set_romd(MemoryRegion *mr, bool romd_mode)
{
    CHANGE_REGION(mr, romd_mode, romd_mode);
}

void memory_region_set_alias_offset(MemoryRegion *mr, hwaddr offset)
{
    CHANGE_REGION(mr, alias_offset, offset);
}

void memory_region_set_size(MemoryRegion *mr, uint64_t size)
{
    CHANGE_REGION(mr, size, size_from_api(size));
}

void memory_region_set_enabled(MemoryRegion *mr, bool enabled)
{
    if (mr->enabled != enabled) {
        memory_region_transaction_begin();
        mr->enabled = enabled;
        memory_topology_changed(true);
        memory_region_transaction_commit();
    }
}

void memory_region_clear_global_locking(MemoryRegion *mr)
{
    mr->global_locking = false;
}

void memory_region_set_log(MemoryRegion *mr, bool log, unsigned client)
{
    uint8_t bit = 1 << client;
    bool before = mr->vga_logging_count;

    /* Code and migration are logged for all RAM at once, not by region. */
    g_assert(client == DIRTY_MEMORY_VGA);
    mr->vga_logging_count += log ? 1 : -1;
    if (before != (bool)mr->vga_logging_count) {
        CHANGE_REGION(mr, dirty_log_mask,
                      log ? mr->dirty_log_mask | bit : mr->dirty_log_mask & ~bit);
    }
}

/* Higher priority first; of equal ones the newest. */
static void insert_subregion(MemoryRegion *container, MemoryRegion *subregion)
{
    MemoryRegion *other;

    QTAILQ_FOREACH (other, &container->subregions, subregions_link) {
        if (subregion->priority >= other->priority) {
            QTAILQ_INSERT_BEFORE(other, subregion, subregions_link);
            return;
        }
    }
    QTAILQ_INSERT_TAIL(&container->subregions, subregion, subregions_link);
}

void memory_region_add_subregion_overlap(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion,
                                         int priority)
{
    /* A region is in one place; a second one is an alias. Our own bug otherwise. */
    g_assert(!subregion->container);
    memory_region_transaction_begin();
    memory_region_ref(subregion);
    subregion->container = mr;
    subregion->addr = offset;
    subregion->priority = priority;
    for (MemoryRegion *alias = subregion->alias; alias; alias = alias->alias) {
        alias->mapped_via_alias++;
    }
    insert_subregion(mr, subregion);
    memory_topology_changed(mr->enabled && subregion->enabled);
    memory_region_transaction_commit();
}

void memory_region_add_subregion(MemoryRegion *mr, hwaddr offset, MemoryRegion *subregion)
{
    memory_region_add_subregion_overlap(mr, offset, subregion, 0);
}

void memory_region_del_subregion(MemoryRegion *mr, MemoryRegion *subregion)
{
    g_assert(subregion->container == mr); /* our own bug otherwise */
    memory_region_transaction_begin();
    subregion->container = NULL;
    for (MemoryRegion *alias = subregion->alias; alias; alias = alias->alias) {
        alias->mapped_via_alias--;
    }
    QTAILQ_REMOVE(&mr->subregions, subregion, subregions_link);
    memory_region_unref(subregion);
    memory_topology_changed(mr->enabled && subregion->enabled);
    memory_region_transaction_commit();
}

void memory_region_set_address(MemoryRegion *mr, hwaddr addr)
{
    MemoryRegion *container = mr->container;

    if (mr->addr == addr) {
        return;
    }
    mr->addr = addr;
    if (container) {
        /* Of equal priorities the one mapped last wins, so it moves to the front. */
        memory_region_transaction_begin();
        QTAILQ_REMOVE(&container->subregions, mr, subregions_link);
        insert_subregion(container, mr);
        memory_topology_changed(container->enabled && mr->enabled);
        memory_region_transaction_commit();
    }
}

/* ---- the object ---- */

static void memory_region_get_uint(Object *obj, Visitor *v, const char *name, void *opaque,
                                   Error **errp)
{
    MemoryRegion *mr = MEMORY_REGION(obj);
    uint64_t value = g_str_equal(name, "addr") ? mr->addr : memory_region_size(mr);

    visit_type_uint64(v, name, &value, errp);
}

static void memory_region_get_priority(Object *obj, Visitor *v, const char *name, void *opaque,
                                       Error **errp)
{
    int32_t value = MEMORY_REGION(obj)->priority;

    visit_type_int32(v, name, &value, errp);
}

static Object *memory_region_resolve_container(Object *obj, void *opaque, const char *part)
{
    return OBJECT(MEMORY_REGION(obj)->container);
}

static void memory_region_get_container(Object *obj, Visitor *v, const char *name, void *opaque,
                                        Error **errp)
{
    MemoryRegion *mr = MEMORY_REGION(obj);
    g_autofree char *path =
        mr->container ? object_get_canonical_path(OBJECT(mr->container)) : g_strdup("");

    visit_type_str(v, name, &path, errp);
}

static void memory_region_initfn(Object *obj)
{
    MemoryRegion *mr = MEMORY_REGION(obj);
    ObjectProperty *op;

    mr->ops = &unassigned_mem_ops;
    mr->enabled = true;
    mr->romd_mode = true;
    mr->global_locking = true;
    QTAILQ_INIT(&mr->subregions);
    QTAILQ_INIT(&mr->coalesced);

    op = object_property_add(obj, "container", "link<" TYPE_MEMORY_REGION ">",
                             memory_region_get_container, NULL, NULL, NULL);
    op->resolve = memory_region_resolve_container;
    object_property_add(obj, "addr", "uint64", memory_region_get_uint, NULL, NULL, NULL);
    object_property_add(obj, "priority", "uint32", memory_region_get_priority, NULL, NULL, NULL);
    object_property_add(obj, "size", "uint64", memory_region_get_uint, NULL, NULL, NULL);
}

static void memory_region_finalize(Object *obj)
{
    MemoryRegion *mr = MEMORY_REGION(obj);

    /* Mapping it took a reference to the owner: this cannot be unless somebody cheated. */
    g_assert(!mr->container);
    if (!QTAILQ_EMPTY(&mr->subregions)) {
        /* Invisible already: taking the parts out publishes nothing. */
        mr->enabled = false;
        memory_region_transaction_begin();
        while (!QTAILQ_EMPTY(&mr->subregions)) {
            memory_region_del_subregion(mr, QTAILQ_FIRST(&mr->subregions));
        }
        memory_region_transaction_commit();
    }
    if (mr->destructor && mr->ram_block) {
        mr->destructor(mr);
    }
    memory_region_clear_coalescing(mr);
    g_free(mr->name);
    g_free(mr->ioeventfds);
}

static void iommu_memory_region_initfn(Object *obj)
{
    MEMORY_REGION(obj)->is_iommu = true;
}

static const TypeInfo memory_region_types[] = {
    {
        .name = TYPE_MEMORY_REGION,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(MemoryRegion),
        .instance_init = memory_region_initfn,
        .instance_finalize = memory_region_finalize,
    },
    {
        .name = TYPE_IOMMU_MEMORY_REGION,
        .parent = TYPE_MEMORY_REGION,
        .instance_size = sizeof(IOMMUMemoryRegion),
        .class_size = sizeof(IOMMUMemoryRegionClass),
        .instance_init = iommu_memory_region_initfn,
        .abstract = true,
    },
};

DEFINE_TYPES(memory_region_types)
