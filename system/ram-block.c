/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding RAM blocks, and what there is to know about one. */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "exec/ram_addr.h"
#include "hw/qdev-core.h"
#include "memory-internal.h"

RAMBlock *qemu_get_ram_block(ram_addr_t addr)
{
    RAMBlock *block = qatomic_rcu_read(&ram_list.mru_block);

    if (block && addr - block->offset < block->max_length) {
        return block;
    }
    RAMBLOCK_FOREACH (block) {
        if (addr - block->offset < block->max_length) {
            qatomic_set(&ram_list.mru_block, block);
            return block;
        }
    }
    return NULL;
}

RAMBlock *qemu_ram_block_by_name(const char *name)
{
    RAMBlock *block;

    RAMBLOCK_FOREACH (block) {
        if (g_str_equal(block->idstr, name)) {
            return block;
        }
    }
    return NULL;
}

RAMBlock *qemu_ram_block_from_host(void *ptr, bool round_offset, ram_addr_t *offset)
{
    uint8_t *host = ptr;
    RAMBlock *block = qatomic_rcu_read(&ram_list.mru_block);

    if (!block || (uintptr_t)(host - block->host) >= block->max_length) {
        RAMBLOCK_FOREACH (block) {
            if (block->host && (uintptr_t)(host - block->host) < block->max_length) {
                break;
            }
        }
    }
    if (block) {
        *offset = host - block->host;
        if (round_offset) {
            *offset &= TARGET_PAGE_MASK;
        }
    }
    return block;
}

ram_addr_t qemu_ram_addr_from_host(void *ptr)
{
    ram_addr_t offset;
    RAMBlock *block = qemu_ram_block_from_host(ptr, false, &offset);

    return block ? block->offset + offset : RAM_ADDR_INVALID;
}

ram_addr_t qemu_ram_block_host_offset(RAMBlock *block, void *host)
{
    ram_addr_t offset = (uint8_t *)host - block->host;

    return offset < block->max_length ? offset : RAM_ADDR_INVALID;
}

void *qemu_map_ram_ptr(RAMBlock *block, ram_addr_t addr)
{
    if (!block) {
        block = qemu_get_ram_block(addr);
        if (!block) {
            return NULL;
        }
        addr -= block->offset;
    }
    return addr < block->max_length ? block->host + addr : NULL;
}

ram_addr_t last_ram_offset(void)
{
    ram_addr_t last = 0;
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH (block) {
        last = MAX(last, block->offset + block->max_length);
    }
    return last;
}

uint64_t qemu_ram_total_bytes(void)
{
    uint64_t total = 0;
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH (block) {
        total += block->used_length;
    }
    return total;
}

int qemu_ram_foreach_block(RAMBlockIterFunc func, void *opaque)
{
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH (block) {
        int ret = func(block, opaque);

        if (ret) {
            return ret;
        }
    }
    return 0;
}

/* ---- what a block is ---- */

void qemu_ram_set_idstr(RAMBlock *block, const char *name, Object *obj)
{
    DeviceState *dev = (DeviceState *)object_dynamic_cast(obj, TYPE_DEVICE);
    g_autofree char *path = dev ? qdev_get_dev_path(dev) : NULL;
    g_autofree char *id = path ? g_strdup_printf("%s/%s", path, name) : g_strdup(name);
    g_autofree char *unique = g_strdup(id);

    RCU_READ_LOCK_GUARD();
    /* Devices without a path of their own are told apart by their order. */
    for (unsigned n = 2;; n++) {
        RAMBlock *other = qemu_ram_block_by_name(unique);

        if (!other || other == block) {
            break;
        }
        g_free(unique);
        unique = g_strdup_printf("%s#%u", id, n);
    }
    g_strlcpy(block->idstr, unique, sizeof(block->idstr));
}

void qemu_ram_unset_idstr(RAMBlock *block)
{
    if (block) {
        memset(block->idstr, 0, sizeof(block->idstr));
    }
}

const char *qemu_ram_get_idstr(const RAMBlock *block)
{
    return block->idstr;
}

void *qemu_ram_get_host_addr(const RAMBlock *block)
{
    return block->host;
}

ram_addr_t qemu_ram_get_offset(const RAMBlock *block)
{
    return block->offset;
}

ram_addr_t qemu_ram_get_fd_offset(const RAMBlock *block)
{
    return block->fd_offset;
}

ram_addr_t qemu_ram_get_used_length(const RAMBlock *block)
{
    return qatomic_read(&block->used_length);
}

ram_addr_t qemu_ram_get_max_length(const RAMBlock *block)
{
    return block->max_length;
}

int qemu_ram_get_fd(const RAMBlock *block)
{
    return block->fd;
}

bool qemu_ram_is_shared(const RAMBlock *block)
{
    return block->flags & RAM_SHARED;
}

bool qemu_ram_is_noreserve(const RAMBlock *block)
{
    return block->flags & RAM_NORESERVE;
}

bool qemu_ram_is_named_file(const RAMBlock *block)
{
    return block->flags & RAM_NAMED_FILE;
}

bool qemu_ram_is_migratable(const RAMBlock *block)
{
    return block->flags & RAM_MIGRATABLE;
}

void qemu_ram_set_migratable(RAMBlock *block)
{
    block->flags |= RAM_MIGRATABLE;
}

void qemu_ram_unset_migratable(RAMBlock *block)
{
    block->flags &= ~RAM_MIGRATABLE;
}

size_t qemu_ram_pagesize(const RAMBlock *block)
{
    return block->page_size;
}

size_t qemu_ram_pagesize_largest(void)
{
    size_t largest = 0;
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    RAMBLOCK_FOREACH (block) {
        largest = MAX(largest, block->page_size);
    }
    return largest;
}
