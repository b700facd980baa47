/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the memory core share. */
#ifndef MEMORY_TEST_H
#define MEMORY_TEST_H

#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/rcu.h"
#include "exec/address-spaces.h"
#include "exec/ram_addr.h"
#include "exec/target_page.h"
#include "hw/qdev-core.h"

#define ATTRS MEMTXATTRS_UNSPECIFIED

/* g_test_init() and all that a main program does before it makes regions; BQL held after. */
static inline void memory_test_init(int *argc, char ***argv)
{
    g_test_init(argc, argv, NULL);
    bql_lock();
    module_call_init(MODULE_INIT_QOM);
    memory_map_init();
}

/* A region of its own, freed by region_free(). */
static inline MemoryRegion *region_new(void)
{
    return g_new0(MemoryRegion, 1);
}

/* After a grace period nobody can see it. */
static inline void region_free(MemoryRegion *mr)
{
    object_unparent(OBJECT(mr));
    bql_unlock();
    drain_call_rcu();
    bql_lock();
    g_free(mr);
}

/* A container that is the root of an address space. */
typedef struct TestSpace {
    MemoryRegion *root;
    AddressSpace as;
} TestSpace;

static inline TestSpace *space_new(uint64_t size)
{
    TestSpace *s = g_new0(TestSpace, 1);

    s->root = region_new();
    memory_region_init(s->root, NULL, "test-root", size);
    address_space_init(&s->as, s->root, "test");
    return s;
}

static inline void space_free(TestSpace *s)
{
    address_space_remove_listeners(&s->as);
    address_space_destroy(&s->as);
    region_free(s->root);
    g_free(s);
}

#endif
