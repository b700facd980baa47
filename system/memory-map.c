/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host pointers to guest memory for a while: address_space_map(), with bounce
 * buffers for what is not RAM, and MemoryRegionCache.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "memory-internal.h"

/* What stands in for registers while a device believes it has memory. */
typedef struct BounceBuffer {
    uint64_t magic;
    AddressSpace *as;
    hwaddr addr;
    size_t len;
    MemTxAttrs attrs;
    uint8_t data[] QEMU_ALIGNED(16);
} BounceBuffer;

#define BOUNCE_MAGIC 0x5268656142756666ull

/* Takes up to @len bytes of the allowance of @as; returns how many there were. */
static size_t bounce_reserve(AddressSpace *as, hwaddr len)
{
    size_t used = qatomic_read(&as->bounce_buffer_size);

    for (;;) {
        size_t take = MIN(len, as->max_bounce_buffer_size - used);
        size_t seen;

        if (!take) {
            return 0;
        }
        seen = qatomic_cmpxchg(&as->bounce_buffer_size, used, used + take);
        if (seen == used) {
            return take;
        }
        used = seen;
    }
}

static void *bounce_map(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                        MemTxAttrs attrs)
{
    size_t len = bounce_reserve(as, *plen);
    BounceBuffer *bounce;

    *plen = len;
    if (!len) {
        return NULL;
    }
    bounce = g_malloc0(sizeof(*bounce) + len);
    *bounce =
        (BounceBuffer){.magic = BOUNCE_MAGIC, .as = as, .addr = addr, .len = len, .attrs = attrs};
    if (!is_write) {
        address_space_read(as, addr, attrs, bounce->data, len);
    }
    return bounce->data;
}

/* Runs (once each) those who wait for an allowance. */
static void notify_map_clients(AddressSpace *as)
{
    QEMU_LOCK_GUARD(&as->map_client_list_lock);
    while (!QLIST_EMPTY(&as->map_client_list)) {
        AddressSpaceMapClient *client = QLIST_FIRST(&as->map_client_list);

        qemu_bh_schedule(client->bh);
        QLIST_REMOVE(client, link);
        g_free(client);
    }
}

static void bounce_unmap(AddressSpace *as, void *buffer, bool is_write, hwaddr access_len)
{
    BounceBuffer *bounce = container_of(buffer, BounceBuffer, data);

    /* What we did not hand out: our own bug. */
    g_assert(bounce->magic == BOUNCE_MAGIC && bounce->as == as);
    if (is_write) {
        address_space_write(as, bounce->addr, bounce->attrs, bounce->data,
                            MIN(access_len, bounce->len));
    }
    qatomic_sub(&as->bounce_buffer_size, bounce->len);
    bounce->magic = ~BOUNCE_MAGIC;
    g_free(bounce);
    /* Pairs with the registration, which looks at the allowance after it is on the list. */
    smp_mb();
    notify_map_clients(as);
}

void address_space_register_map_client(AddressSpace *as, QEMUBH *bh)
{
    AddressSpaceMapClient *client = g_new(AddressSpaceMapClient, 1);

    client->bh = bh;
    qemu_mutex_lock(&as->map_client_list_lock);
    QLIST_INSERT_HEAD(&as->map_client_list, client, link);
    qemu_mutex_unlock(&as->map_client_list_lock);
    smp_mb();
    if (qatomic_read(&as->bounce_buffer_size) < as->max_bounce_buffer_size) {
        notify_map_clients(as);
    }
}

void address_space_unregister_map_client(AddressSpace *as, QEMUBH *bh)
{
    AddressSpaceMapClient *client, *next;

    QEMU_LOCK_GUARD(&as->map_client_list_lock);
    QLIST_FOREACH_SAFE (client, &as->map_client_list, link, next) {
        if (client->bh == bh) {
            QLIST_REMOVE(client, link);
            g_free(client);
        }
    }
}

/* The host takes its time for huge pages: a mapping asks for those at its start only. */
#define MAX_TOUCH (4 * RAM_HUGE_SIZE)

/* How far the RAM that starts at (@mr, @xlat) goes on without a break. */
static hwaddr extend_translation(AddressSpace *as, hwaddr addr, MemoryRegion *mr, hwaddr xlat,
                                 hwaddr have, hwaddr wanted, bool is_write, MemTxAttrs attrs)
{
    while (have < wanted) {
        hwaddr next_xlat, l = wanted - have;
        MemoryRegion *next =
            address_space_translate(as, addr + have, &next_xlat, &l, is_write, attrs);

        if (next != mr || next_xlat != xlat + have) {
            break;
        }
        have += l;
    }
    return have;
}

void *address_space_map_piece(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                              MemTxAttrs attrs, MemoryRegion **held)
{
    hwaddr wanted = *plen, l = wanted, xlat;
    MemoryRegion *mr;

    if (!wanted) {
        return NULL;
    }
    WITH_RCU_READ_LOCK_GUARD()
    {
        mr = address_space_translate(as, addr, &xlat, &l, is_write, attrs);
        if (!memory_access_is_direct(mr, is_write)) {
            *plen = attrs.memory || memory_region_out_of_reach(mr) ? 0 : l;
            return *plen ? bounce_map(as, addr, plen, is_write, attrs) : NULL;
        }
        /* The mapping outlives the critical section. */
        if (mr != *held) {
            memory_region_ref(mr);
            *held = mr;
        }
        *plen = extend_translation(as, addr, mr, xlat, l, wanted, is_write, attrs);
    }
    ram_block_touch(mr->ram_block, xlat, MIN(*plen, MAX_TOUCH));
    return ramblock_ptr(mr->ram_block, xlat);
}

void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *plen, bool is_write,
                        MemTxAttrs attrs)
{
    MemoryRegion *held = NULL;

    return address_space_map_piece(as, addr, plen, is_write, attrs, &held);
}

void address_space_unmap_piece(AddressSpace *as, void *buffer, bool is_write, hwaddr access_len,
                               MemoryRegion **held)
{
    ram_addr_t offset;
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = memory_region_from_host(buffer, &offset);
    if (!mr) {
        bounce_unmap(as, buffer, is_write, access_len);
        return;
    }
    if (is_write) {
        invalidate_and_set_dirty(mr, offset, access_len);
    }
    if (mr != *held) {
        memory_region_unref(*held);
        *held = mr;
    }
}

void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len, bool is_write,
                         hwaddr access_len)
{
    MemoryRegion *held = NULL;

    address_space_unmap_piece(as, buffer, is_write, access_len, &held);
    memory_region_unref(held);
}

/* ---- MemoryRegionCache ---- */

int64_t address_space_cache_init(MemoryRegionCache *cache, AddressSpace *as, hwaddr addr,
                                 hwaddr len, bool is_write)
{
    hwaddr xlat, l = len;
    MemoryRegion *mr;
    bool via_iommu;

    address_space_cache_init_empty(cache);
    if (!len || len > INT64_MAX) {
        return -EINVAL;
    }
    RCU_READ_LOCK_GUARD();
    mr = flatview_translate_full(address_space_to_flatview(as), addr, &xlat, &l, is_write,
                                 MEMTXATTRS_UNSPECIFIED, &via_iommu);
    cache->as = as;
    cache->xlat = addr;
    cache->is_write = is_write;
    cache->len = l;
    cache->mrs = (MemoryRegionSection){
        .mr = mr,
        .size = l,
        .offset_within_region = xlat,
        .offset_within_address_space = addr,
    };
    memory_region_ref(mr);
    /* An IOMMU may change its mind without a new view: ask it every time. */
    if (!via_iommu && memory_access_is_direct(mr, is_write)) {
        cache->len = l =
            extend_translation(as, addr, mr, xlat, l, len, is_write, MEMTXATTRS_UNSPECIFIED);
        cache->ptr = ramblock_ptr(mr->ram_block, xlat);
    }
    return l;
}

void address_space_cache_invalidate(MemoryRegionCache *cache, hwaddr addr, hwaddr len)
{
    if (cache->ptr) {
        RCU_READ_LOCK_GUARD();
        invalidate_and_set_dirty(cache->mrs.mr, cache->mrs.offset_within_region + addr, len);
    }
}

void address_space_cache_destroy(MemoryRegionCache *cache)
{
    if (cache->mrs.mr) {
        memory_region_unref(cache->mrs.mr);
    }
    address_space_cache_init_empty(cache);
}

static bool cache_covers(const MemoryRegionCache *cache, hwaddr addr, hwaddr len)
{
    return cache->mrs.mr && addr <= cache->len && len <= cache->len - addr;
}

MemTxResult address_space_read_cached(MemoryRegionCache *cache, hwaddr addr, void *buf, hwaddr len)
{
    if (unlikely(!cache_covers(cache, addr, len))) {
        memset(buf, 0xff, len);
        return MEMTX_DECODE_ERROR;
    }
    if (likely(cache->ptr)) {
        memcpy(buf, cache->ptr + addr, len);
        return MEMTX_OK;
    }
    return address_space_read(cache->as, cache->xlat + addr, MEMTXATTRS_UNSPECIFIED, buf, len);
}

MemTxResult address_space_write_cached(MemoryRegionCache *cache, hwaddr addr, const void *buf,
                                       hwaddr len)
{
    if (unlikely(!cache_covers(cache, addr, len))) {
        return MEMTX_DECODE_ERROR;
    }
    if (likely(cache->ptr && cache->is_write)) {
        memcpy(cache->ptr + addr, buf, len);
        address_space_cache_invalidate(cache, addr, len);
        return MEMTX_OK;
    }
    return address_space_write(cache->as, cache->xlat + addr, MEMTXATTRS_UNSPECIFIED, buf, len);
}

/* Values of RAM are read and written in one piece: the other side may be looking. */
#define DEFINE_CACHED(bits, ld, st, load, store)                                                   \
    uint##bits##_t ld(MemoryRegionCache *cache, hwaddr addr)                                       \
    {                                                                                              \
        uint##bits##_t val;                                                                        \
                                                                                                   \
        if (likely(cache->ptr && cache_covers(cache, addr, sizeof(val)))) {                        \
            return load(cache->ptr + addr);                                                        \
        }                                                                                          \
        address_space_read_cached(cache, addr, &val, sizeof(val));                                 \
        return load(&val);                                                                         \
    }                                                                                              \
    void st(MemoryRegionCache *cache, hwaddr addr, uint##bits##_t val)                             \
    {                                                                                              \
        uint##bits##_t raw;                                                                        \
                                                                                                   \
        if (likely(cache->ptr && cache->is_write && cache_covers(cache, addr, sizeof(val)))) {     \
            store(cache->ptr + addr, val);                                                         \
            address_space_cache_invalidate(cache, addr, sizeof(val));                              \
            return;                                                                                \
        }                                                                                          \
        store(&raw, val);                                                                          \
        address_space_write_cached(cache, addr, &raw, sizeof(raw));                                \
    }

DEFINE_CACHED(8, ldub_phys_cached, stb_phys_cached, ldub_p, stb_p)
DEFINE_CACHED(16, lduw_le_phys_cached, stw_le_phys_cached, lduw_le_p, stw_le_p)
DEFINE_CACHED(32, ldl_le_phys_cached, stl_le_phys_cached, ldl_le_p, stl_le_p)
DEFINE_CACHED(64, ldq_le_phys_cached, stq_le_phys_cached, ldq_le_p, stq_le_p)
DEFINE_CACHED(16, lduw_be_phys_cached, stw_be_phys_cached, lduw_be_p, stw_be_p)
DEFINE_CACHED(32, ldl_be_phys_cached, stl_be_phys_cached, ldl_be_p, stl_be_p)
DEFINE_CACHED(64, ldq_be_phys_cached, stq_be_phys_cached, ldq_be_p, stq_be_p)
