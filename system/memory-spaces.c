/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Address spaces as such, and the two that every machine has. */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "exec/ioport.h"
#include "memory-internal.h"

AddressSpace address_space_memory;
AddressSpace address_space_io;

static MemoryRegion system_memory;
static MemoryRegion system_io;

MemoryRegion *get_system_memory(void)
{
    return &system_memory;
}

MemoryRegion *get_system_io(void)
{
    return &system_io;
}

void memory_map_init(void)
{
    memory_region_init_io(&io_mem_unassigned, NULL, &unassigned_mem_ops, NULL, NULL, UINT64_MAX);
    memory_region_clear_global_locking(&io_mem_unassigned);
    memory_region_init(&system_memory, NULL, "system", UINT64_MAX);
    address_space_init(&address_space_memory, &system_memory, "memory");
    /* Ports that nothing answers are just not there: reads give ones. */
    memory_region_init(&system_io, NULL, "io", 65536);
    address_space_init(&address_space_io, &system_io, "I/O");
}

void address_space_init(AddressSpace *as, MemoryRegion *root, const char *name)
{
    g_assert(bql_locked()); /* the list has no other lock */
    memory_region_ref(root);
    *as = (AddressSpace){
        .name = g_strdup(name ? name : "anonymous"),
        .root = root,
        .max_bounce_buffer_size = DEFAULT_MAX_BOUNCE_BUFFER_SIZE,
    };
    QTAILQ_INIT(&as->listeners);
    QLIST_INIT(&as->map_client_list);
    qemu_mutex_init(&as->map_client_list_lock);
    address_space_first_view(as);
    QTAILQ_INSERT_TAIL(&address_spaces, as, address_spaces_link);
}

AddressSpace *address_space_new(MemoryRegion *root, const char *name)
{
    AddressSpace *as = g_new0(AddressSpace, 1);

    address_space_init(as, root, name);
    as->free_on_destroy = true;
    return as;
}

/* What readers in RCU sections may still look at. */
typedef struct DeadAddressSpace {
    struct rcu_head rcu;
    AddressSpace *as;
    FlatView *view;
    MemoryRegion *root;
} DeadAddressSpace;

static void bury(DeadAddressSpace *dead)
{
    flatview_unref(dead->view);
    memory_region_unref(dead->root);
    if (dead->as) {
        g_free(dead->as);
    }
    g_free(dead);
}

void address_space_destroy(AddressSpace *as)
{
    DeadAddressSpace *dead = g_new0(DeadAddressSpace, 1);

    g_assert(bql_locked() && QTAILQ_EMPTY(&as->listeners)); /* listeners go first */
    QTAILQ_REMOVE(&address_spaces, as, address_spaces_link);
    dead->view = as->current_map;
    dead->root = as->root;
    dead->as = as->free_on_destroy ? as : NULL;
    as->root = NULL;
    qemu_mutex_destroy(&as->map_client_list_lock);
    g_free(as->name);
    g_free(as->ioeventfds);
    as->name = NULL;
    as->ioeventfds = NULL;
    as->ioeventfd_nb = 0;
    call_rcu(dead, bury, rcu);
}

void address_space_set_dma_device(AddressSpace *as, DeviceState *dev)
{
    as->dma_device = dev;
}
