/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accesses: sizes, byte order, alignment, errors, re-entry, mapping, caches, DMA, IOMMU. */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "qemu/thread.h"
#include "exec/cpu-common.h"
#include "system/dma.h"
#include "memory-test.h"

/* Sixteen bytes of registers, and a note of every call. */
typedef struct Regs {
    uint8_t bytes[16];
    GString *log;
    bool big;
    bool fail;
    AddressSpace *dma_as; /* each write makes a DMA write of its data to ::dma_addr */
    hwaddr dma_addr;
    MemTxResult dma_result;
    bool had_bql;
} Regs;

static MemTxResult regs_read(void *opaque, hwaddr addr, uint64_t *data, unsigned size,
                             MemTxAttrs attrs)
{
    Regs *r = opaque;

    r->had_bql = bql_locked();
    g_string_append_printf(r->log, "r%u@%x ", size, (unsigned)addr);
    *data = 0;
    for (unsigned i = 0; i < size; i++) {
        *data |= (uint64_t)r->bytes[addr + i] << (8 * (r->big ? size - 1 - i : i));
    }
    return r->fail ? MEMTX_ERROR : MEMTX_OK;
}

static MemTxResult regs_write(void *opaque, hwaddr addr, uint64_t data, unsigned size,
                              MemTxAttrs attrs)
{
    Regs *r = opaque;

    r->had_bql = bql_locked();
    g_string_append_printf(r->log, "w%u@%x=%" PRIx64 " ", size, (unsigned)addr, data);
    for (unsigned i = 0; i < size; i++) {
        r->bytes[addr + i] = data >> (8 * (r->big ? size - 1 - i : i));
    }
    if (r->dma_as) {
        uint8_t byte = data;

        r->dma_result = dma_memory_write(r->dma_as, r->dma_addr, &byte, 1, ATTRS);
    }
    return r->fail ? MEMTX_ERROR : MEMTX_OK;
}

/* A device of its own address space, registers at 0x1000. */
typedef struct Fixture {
    TestSpace *space;
    MemoryRegion *mr;
    Regs regs;
    MemoryRegionOps ops;
} Fixture;

static void setup(Fixture *f, unsigned impl_min, unsigned impl_max, unsigned valid_max,
                  bool unaligned, enum device_endian endian)
{
    memset(f, 0, sizeof(*f));
    f->space = space_new(0x100000);
    f->regs.log = g_string_new(NULL);
    f->regs.big = endian == DEVICE_BIG_ENDIAN;
    for (int i = 0; i < 16; i++) {
        f->regs.bytes[i] = 0x10 + i;
    }
    f->ops = (MemoryRegionOps){
        .read_with_attrs = regs_read,
        .write_with_attrs = regs_write,
        .endianness = endian,
        .impl = {.min_access_size = impl_min, .max_access_size = impl_max},
        .valid = {.min_access_size = 1, .max_access_size = valid_max, .unaligned = unaligned},
    };
    f->mr = region_new();
    memory_region_init_io(f->mr, NULL, &f->ops, &f->regs, "regs", 16);
    memory_region_add_subregion(f->space->root, 0x1000, f->mr);
}

static void teardown(Fixture *f)
{
    memory_region_del_subregion(f->space->root, f->mr);
    region_free(f->mr);
    space_free(f->space);
    g_string_free(f->regs.log, TRUE);
}

#define assert_calls(f, expected)                                                                  \
    do {                                                                                           \
        g_assert_cmpstr((f)->regs.log->str, ==, expected);                                         \
        g_string_truncate((f)->regs.log, 0);                                                       \
    } while (0)

static void test_sizes(void)
{
    AddressSpace *as;
    MemTxResult r;
    Fixture f;

    /* The device takes 1 to 4 bytes, the guest may use 8. */
    setup(&f, 1, 4, 8, false, DEVICE_LITTLE_ENDIAN);
    as = &f.space->as;
    g_assert_cmphex(address_space_ldq(as, 0x1000, ATTRS, &r), ==, 0x1716151413121110ull);
    assert_calls(&f, "r4@0 r4@4 ");
    g_assert_cmphex(address_space_lduw(as, 0x1002, ATTRS, &r), ==, 0x1312);
    assert_calls(&f, "r2@2 ");
    address_space_stq(as, 0x1008, 0x0807060504030201ull, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_OK);
    assert_calls(&f, "w4@8=4030201 w4@c=8070605 ");
    /* Unaligned is cut into what is aligned. */
    g_assert_cmphex(address_space_ldl(as, 0x1001, ATTRS, &r), ==, 0x14131211);
    assert_calls(&f, "r1@1 r2@2 r1@4 ");
    teardown(&f);

    /* Only 4-byte registers: narrow reads take their part, narrow writes leave the rest. */
    setup(&f, 4, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    as = &f.space->as;
    g_assert_cmphex(address_space_ldub(as, 0x1006, ATTRS, &r), ==, 0x16);
    assert_calls(&f, "r4@4 ");
    address_space_stw(as, 0x1002, 0xaabb, ATTRS, &r);
    assert_calls(&f, "r4@0 w4@0=aabb1110 ");
    teardown(&f);

    /* Only bytes. */
    setup(&f, 1, 1, 4, true, DEVICE_LITTLE_ENDIAN);
    as = &f.space->as;
    g_assert_cmphex(address_space_ldl(as, 0x1003, ATTRS, &r), ==, 0x16151413);
    assert_calls(&f, "r1@3 r1@4 r1@5 r1@6 ");
    teardown(&f);

    /* Unaligned allowed by the device's rules but not by its code. */
    setup(&f, 2, 4, 4, true, DEVICE_LITTLE_ENDIAN);
    as = &f.space->as;
    g_assert_cmphex(address_space_ldl(as, 0x1003, ATTRS, &r), ==, 0x16151413);
    assert_calls(&f, "r2@2 r2@4 r2@6 ");
    f.ops.impl.unaligned = true;
    g_assert_cmphex(address_space_ldl(as, 0x1003, ATTRS, &r), ==, 0x16151413);
    assert_calls(&f, "r4@3 ");
    teardown(&f);
}

static void test_endian(void)
{
    AddressSpace *as;
    MemTxResult r;
    uint64_t val;
    Fixture f;

    setup(&f, 1, 4, 8, false, DEVICE_BIG_ENDIAN);
    as = &f.space->as;
    /* Bytes stay in address order whoever looks. */
    g_assert_cmphex(address_space_ldl_le(as, 0x1000, ATTRS, &r), ==, 0x13121110);
    g_assert_cmphex(address_space_ldl_be(as, 0x1000, ATTRS, &r), ==, 0x10111213);
    g_assert_cmphex(address_space_ldq_le(as, 0x1000, ATTRS, &r), ==, 0x1716151413121110ull);
    assert_calls(&f, "r4@0 r4@0 r4@0 r4@4 ");
    address_space_stl_le(as, 0x1000, 0x01020304, ATTRS, &r);
    assert_calls(&f, "w4@0=4030201 ");
    address_space_stq_be(as, 0x1000, 0x0102030405060708ull, ATTRS, &r);
    assert_calls(&f, "w4@0=1020304 w4@4=5060708 ");
    g_assert_cmpuint(memory_region_dispatch_read(f.mr, 0, &val, MO_BEUW, ATTRS), ==, MEMTX_OK);
    g_assert_cmphex(val, ==, 0x0102);
    teardown(&f);
}

static void test_errors(void)
{
    AddressSpace *as;
    MemTxResult r;
    uint8_t buf[8];
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    as = &f.space->as;
    /* Nothing there. */
    g_assert_cmphex(address_space_ldl(as, 0x2000, ATTRS, &r), ==, 0xffffffff);
    g_assert_cmpuint(r, ==, MEMTX_DECODE_ERROR);
    address_space_stl(as, 0x2000, 1, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_DECODE_ERROR);
    g_assert_cmphex(address_space_ldl(as, UINT64_MAX - 1, ATTRS, &r), ==, 0xffffffff);
    g_assert_false(address_space_access_valid(as, 0x2000, 4, false, ATTRS));
    g_assert_true(address_space_access_valid(as, 0x1000, 16, true, ATTRS));
    g_assert_false(address_space_access_valid(as, 0x1000, 17, true, ATTRS));

    /* Half there. */
    g_assert_cmphex(address_space_read(as, 0x100c, ATTRS, buf, 8), ==, MEMTX_DECODE_ERROR);
    g_assert_cmpint(memcmp(buf, "\x1c\x1d\x1e\x1f\xff\xff\xff\xff", 8), ==, 0);
    g_string_truncate(f.regs.log, 0);

    /* The device refuses a size, or fails. */
    f.ops.valid.min_access_size = 4;
    g_assert_cmphex(address_space_ldub(as, 0x1000, ATTRS, &r), ==, 0xff);
    g_assert_cmpuint(r, ==, MEMTX_ACCESS_ERROR);
    assert_calls(&f, "");
    f.regs.fail = true;
    address_space_ldl(as, 0x1000, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_ERROR);

    /* A master that may only reach memory. */
    g_assert_cmpuint(address_space_read(as, 0x1000, (MemTxAttrs){.memory = 1}, buf, 4), ==,
                     MEMTX_ACCESS_ERROR);
    teardown(&f);
}

static void test_rom(void)
{
    TestSpace *s = space_new(0x100000);
    MemoryRegion *rom = region_new(), *flash = region_new();
    g_autoptr(GString) log = g_string_new(NULL);
    Regs regs = {.log = log, .bytes = {9}};
    static const MemoryRegionOps ops = {
        .read_with_attrs = regs_read,
        .write_with_attrs = regs_write,
        .impl.max_access_size = 4,
    };
    MemTxResult r;

    memory_region_init_rom(rom, NULL, "rom", 0x1000, &error_abort);
    memory_region_add_subregion(s->root, 0, rom);
    address_space_stl(&s->as, 0x10, 0x1234, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_ACCESS_ERROR);
    g_assert_cmphex(address_space_ldl(&s->as, 0x10, ATTRS, &r), ==, 0);
    g_assert_cmpuint(address_space_write_rom(&s->as, 0x10, ATTRS, "ABCD", 4), ==, MEMTX_OK);
    g_assert_cmphex(address_space_ldl_be(&s->as, 0x10, ATTRS, &r), ==, 0x41424344);

    memory_region_init_rom_device(flash, NULL, &ops, &regs, "flash", 0x1000, &error_abort);
    memory_region_add_subregion(s->root, 0x4000, flash);
    memcpy(memory_region_get_ram_ptr(flash), "wxyz", 4);
    g_assert_cmphex(address_space_ldl_be(&s->as, 0x4000, ATTRS, &r), ==, 0x7778797a);
    address_space_stb(&s->as, 0x4001, 0x90, ATTRS, &r);
    g_assert_cmpstr(log->str, ==, "w1@1=90 ");
    memory_region_rom_device_set_romd(flash, false);
    g_assert_cmphex(address_space_ldub(&s->as, 0x4000, ATTRS, &r), ==, 9);
    memory_region_rom_device_set_romd(flash, true);
    g_assert_cmphex(address_space_ldub(&s->as, 0x4000, ATTRS, &r), ==, 'w');

    memory_region_del_subregion(s->root, rom);
    memory_region_del_subregion(s->root, flash);
    region_free(rom);
    region_free(flash);
    space_free(s);
}

/* ---- re-entry ---- */

#define TYPE_TEST_DEVICE "memory-test-device"

static const TypeInfo test_device_types[] = {
    {.name = TYPE_TEST_DEVICE, .parent = TYPE_DEVICE, .instance_size = sizeof(DeviceState)},
};

DEFINE_TYPES(test_device_types)

static MemoryRegion *device_region(DeviceState *dev, TestSpace *s, Regs *regs, hwaddr addr)
{
    static const MemoryRegionOps ops = {
        .read_with_attrs = regs_read,
        .write_with_attrs = regs_write,
    };
    MemoryRegion *mr = region_new();

    regs->log = g_string_new(NULL);
    memory_region_init_io(mr, OBJECT(dev), &ops, regs, "regs", 16);
    memory_region_add_subregion(s->root, addr, mr);
    return mr;
}

static void test_reentry(void)
{
    TestSpace *s = space_new(0x100000);
    DeviceState *one = qdev_new(TYPE_TEST_DEVICE), *two = qdev_new(TYPE_TEST_DEVICE);
    Regs a = {0}, b = {0}, c = {0};
    MemoryRegion *mra = device_region(one, s, &a, 0x1000);
    MemoryRegion *mrb = device_region(one, s, &b, 0x2000); /* the same device */
    MemoryRegion *mrc = device_region(two, s, &c, 0x3000);
    MemTxResult r;

    /* Its own register, and another region of its own: refused, and the call itself is not. */
    a.dma_as = &s->as;
    a.dma_addr = 0x1004;
    address_space_stb(&s->as, 0x1000, 7, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_OK);
    g_assert_cmpuint(a.dma_result, ==, MEMTX_ACCESS_ERROR);
    g_assert_cmpstr(a.log->str, ==, "w1@0=7 ");
    a.dma_addr = 0x2000;
    address_space_stb(&s->as, 0x1000, 7, ATTRS, &r);
    g_assert_cmpuint(a.dma_result, ==, MEMTX_ACCESS_ERROR);
    g_assert_cmpstr(b.log->str, ==, "");

    /* Somebody else's register is fine, unless that comes back to us. */
    a.dma_addr = 0x3000;
    c.dma_as = &s->as;
    c.dma_addr = 0x2000;
    address_space_stb(&s->as, 0x1000, 7, ATTRS, &r);
    g_assert_cmpuint(a.dma_result, ==, MEMTX_OK);
    g_assert_cmpuint(c.dma_result, ==, MEMTX_ACCESS_ERROR);
    /* Without us in it, the same access works. */
    address_space_stb(&s->as, 0x3000, 7, ATTRS, &r);
    g_assert_cmpuint(c.dma_result, ==, MEMTX_OK);

    /* DMA from outside of a register callback: known by its address space. */
    address_space_set_dma_device(&s->as, one);
    address_space_stb(&s->as, 0x2000, 7, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_ACCESS_ERROR);
    address_space_stb(&s->as, 0x3000, 7, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_OK);

    memory_region_del_subregion(s->root, mra);
    memory_region_del_subregion(s->root, mrb);
    memory_region_del_subregion(s->root, mrc);
    region_free(mra);
    region_free(mrb);
    region_free(mrc);
    object_unref(OBJECT(one));
    object_unref(OBJECT(two));
    g_string_free(a.log, TRUE);
    g_string_free(b.log, TRUE);
    g_string_free(c.log, TRUE);
    space_free(s);
}

/* Another thread may be in the device at the same time: that is no re-entry. */
static void *other_thread(void *opaque)
{
    Fixture *f = opaque;
    MemTxResult r;

    rcu_register_thread();
    g_assert_false(bql_locked());
    address_space_stb(&f->space->as, 0x1000, 1, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_OK);
    g_assert_false(bql_locked());
    rcu_unregister_thread();
    return NULL;
}

static void test_locking(void)
{
    QemuThread thread;
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    qemu_thread_create(&thread, "other", other_thread, &f, QEMU_THREAD_JOINABLE);
    bql_unlock();
    qemu_thread_join(&thread);
    bql_lock();
    g_assert_true(f.regs.had_bql);
    memory_region_clear_global_locking(f.mr);
    qemu_thread_create(&thread, "other", other_thread, &f, QEMU_THREAD_JOINABLE);
    qemu_thread_join(&thread);
    g_assert_false(f.regs.had_bql);
    teardown(&f);
}

static int flushes;

static void count_flush(void)
{
    flushes++;
}

static void test_coalesced_flush(void)
{
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    memory_set_coalesced_flush(count_flush);
    address_space_ldub(&f.space->as, 0x1000, ATTRS, NULL);
    g_assert_cmpint(flushes, ==, 0);
    memory_region_set_flush_coalesced(f.mr);
    address_space_ldub(&f.space->as, 0x1000, ATTRS, NULL);
    g_assert_cmpint(flushes, ==, 1);
    memory_set_coalesced_flush(NULL);
    teardown(&f);
}

/* ---- mapping ---- */

static void test_map(void)
{
    MemoryRegion *ram = region_new();
    uint8_t *p, *q;
    hwaddr len;
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    memory_region_init_ram(ram, NULL, "ram", 0x4000, &error_abort);
    memory_region_add_subregion(f.space->root, 0x8000, ram);

    len = 0x10000;
    p = address_space_map(&f.space->as, 0x9000, &len, true, ATTRS);
    g_assert_cmphex(len, ==, 0x3000);
    g_assert_true(p == (uint8_t *)memory_region_get_ram_ptr(ram) + 0x1000);
    address_space_unmap(&f.space->as, p, len, true, 1);

    /* Registers: bounced, written on unmap, and only what was touched. */
    len = 8;
    p = address_space_map(&f.space->as, 0x1000, &len, false, ATTRS);
    g_assert_cmphex(len, ==, 8);
    g_assert_cmpint(memcmp(p, "\x10\x11\x12\x13\x14\x15\x16\x17", 8), ==, 0);
    address_space_unmap(&f.space->as, p, len, false, len);
    g_string_truncate(f.regs.log, 0);
    p = address_space_map(&f.space->as, 0x1000, &len, true, ATTRS);
    memcpy(p, "abcdefgh", 8);
    assert_calls(&f, "");
    address_space_unmap(&f.space->as, p, len, true, 4);
    assert_calls(&f, "w4@0=64636261 ");

    /* There is a limited amount of bounce memory. */
    f.space->as.max_bounce_buffer_size = 12;
    len = 8;
    p = address_space_map(&f.space->as, 0x1000, &len, true, ATTRS);
    q = address_space_map(&f.space->as, 0x1008, &len, true, ATTRS);
    g_assert_cmphex(len, ==, 4);
    len = 8;
    g_assert_null(address_space_map(&f.space->as, 0x1000, &len, true, ATTRS));
    g_assert_cmphex(len, ==, 0);
    address_space_unmap(&f.space->as, q, 4, true, 0);
    address_space_unmap(&f.space->as, p, 8, true, 0);
    g_assert_cmpuint(f.space->as.bounce_buffer_size, ==, 0);

    memory_region_del_subregion(f.space->root, ram);
    region_free(ram);
    teardown(&f);
}

/* The references to the owners of two regions, beside those of before, while pieces are mapped. */
static void assert_refs(Object *const owners[2], const uint32_t before[2], unsigned a, unsigned b)
{
    g_assert_cmpuint(owners[0]->ref - before[0], ==, a);
    g_assert_cmpuint(owners[1]->ref - before[1], ==, b);
}

static void test_map_pieces(void)
{
    /* Pieces of a request: in RAM a, a, registers, a, b, a. */
    static const hwaddr at[] = {0x8000, 0x9000, 0x1000, 0xa000, 0x10000, 0x8800};
    Object *owners[2];
    MemoryRegion *rams[2], *held = NULL;
    uint32_t before[2];
    uint8_t *p[G_N_ELEMENTS(at)];
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    for (int i = 0; i < 2; i++) {
        owners[i] = object_new(TYPE_CONTAINER);
        rams[i] = region_new();
        memory_region_init_ram(rams[i], owners[i], i ? "b" : "a", 0x4000, &error_abort);
        memory_region_add_subregion(f.space->root, i ? 0x10000 : 0x8000, rams[i]);
        drain_call_rcu();
        before[i] = owners[i]->ref;
    }

    for (unsigned i = 0; i < G_N_ELEMENTS(at); i++) {
        hwaddr len = 8;

        p[i] = address_space_map_piece(&f.space->as, at[i], &len, true, ATTRS, &held);
        g_assert_nonnull(p[i]);
        memset(p[i], 'a' + i, 8);
    }
    /* Each row of pieces in one region has a reference of its own. */
    assert_refs(owners, before, 2, 1);
    held = NULL;
    for (unsigned i = 0; i < G_N_ELEMENTS(at); i++) {
        address_space_unmap_piece(&f.space->as, p[i], true, i == 2 ? 4 : 8, &held);
        if (i == 3) {
            assert_refs(owners, before, 2, 1);
        }
    }
    assert_refs(owners, before, 1, 0);
    memory_region_unref(held);
    assert_refs(owners, before, 0, 0);
    assert_calls(&f, "w4@0=63636363 ");

    for (int i = 0; i < 2; i++) {
        memory_region_del_subregion(f.space->root, rams[i]);
        region_free(rams[i]);
        object_unref(owners[i]);
    }
    teardown(&f);
}

static void test_cache(void)
{
    MemoryRegionCache cache = MEMORY_REGION_CACHE_INVALID;
    MemoryRegion *ram = region_new();
    uint8_t buf[4];
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    memory_region_init_ram(ram, NULL, "ram", 0x4000, &error_abort);
    memory_region_add_subregion(f.space->root, 0x8000, ram);
    g_assert_cmpint(address_space_cache_init(&cache, &f.space->as, 0xbff8, 0x100, true), ==, 8);
    stl_le_phys_cached(&cache, 4, 0x11223344);
    g_assert_cmphex(lduw_be_phys_cached(&cache, 4), ==, 0x4433);
    g_assert_cmphex(ldl_le_phys_cached(&cache, 6), ==, 0xffffffff);
    g_assert_cmpuint(address_space_read_cached(&cache, 5, buf, 4), ==, MEMTX_DECODE_ERROR);
    g_assert_cmpuint(address_space_write_cached(&cache, UINT64_MAX, buf, 4), ==,
                     MEMTX_DECODE_ERROR);
    address_space_cache_destroy(&cache);
    g_assert_cmphex(address_space_ldl(&f.space->as, 0xbffc, ATTRS, NULL), ==, 0x11223344);

    g_assert_cmpint(address_space_cache_init(&cache, &f.space->as, 0x1004, 8, true), ==, 8);
    stw_le_phys_cached(&cache, 2, 0xbeef);
    assert_calls(&f, "w2@6=beef ");
    g_assert_cmphex(ldub_phys_cached(&cache, 2), ==, 0xef);
    address_space_cache_destroy(&cache);

    memory_region_del_subregion(f.space->root, ram);
    region_free(ram);
    teardown(&f);
}

static void test_cmpxchg(void)
{
    MemoryRegion *ram = region_new();
    MemTxResult r;
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    memory_region_init_ram(ram, NULL, "ram", 0x4000, &error_abort);
    memory_region_add_subregion(f.space->root, 0x8000, ram);
    address_space_stq(&f.space->as, 0x8008, 0x1122334455667788ull, ATTRS, &r);
    g_assert_false(address_space_cmpxchg(&f.space->as, 0x8008, 1, 2, 8, ATTRS, &r));
    g_assert_cmpuint(r, ==, MEMTX_OK);
    g_assert_true(
        address_space_cmpxchg(&f.space->as, 0x8008, 0x1122334455667788ull, 2, 8, ATTRS, &r));
    g_assert_true(address_space_cmpxchg(&f.space->as, 0x8008, 2, 3, 4, ATTRS, &r));
    g_assert_cmphex(address_space_ldq(&f.space->as, 0x8008, ATTRS, &r), ==, 3);
    g_assert_false(address_space_cmpxchg(&f.space->as, 0x1000, 0, 0, 4, ATTRS, &r));
    g_assert_cmpuint(r, ==, MEMTX_ACCESS_ERROR);
    memory_region_del_subregion(f.space->root, ram);
    region_free(ram);
    teardown(&f);
}

static void test_lookup_page(void)
{
    MemoryRegion *ram = region_new();
    PhysPageInfo info;
    Fixture f;

    setup(&f, 1, 4, 4, false, DEVICE_LITTLE_ENDIAN);
    memory_region_init_ram(ram, NULL, "ram", 0x4000, &error_abort);
    memory_region_add_subregion(f.space->root, 0x8000, ram);
    WITH_RCU_READ_LOCK_GUARD()
    {
        address_space_lookup_page(&f.space->as, 0x9010, ATTRS, &info);
        g_assert_true(info.mr == ram && !info.readonly && info.dirty_tracked);
        g_assert_true(info.host == (uint8_t *)memory_region_get_ram_ptr(ram) + 0x1010);
        g_assert_cmphex(info.ram_addr, ==, memory_region_get_ram_addr(ram) + 0x1010);
        g_assert_cmphex(info.len, ==, TARGET_PAGE_SIZE - 0x10);
        address_space_lookup_page(&f.space->as, 0x1004, ATTRS, &info);
        g_assert_true(info.mr == f.mr && !info.host);
        g_assert_cmphex(info.mr_offset, ==, 4);
        g_assert_cmphex(info.len, ==, 12);
        address_space_lookup_page(&f.space->as, 0x1010, ATTRS, &info);
        g_assert_true(info.mr == &io_mem_unassigned);
        g_assert_cmphex(info.len, ==, 0xff0);
    }
    memory_region_set_readonly(ram, true);
    WITH_RCU_READ_LOCK_GUARD()
    {
        address_space_lookup_page(&f.space->as, 0x9010, ATTRS, &info);
        g_assert_true(info.host && info.readonly);
    }
    memory_region_del_subregion(f.space->root, ram);
    region_free(ram);
    teardown(&f);
}

static void test_sglist(void)
{
    TestSpace *s = space_new(0x100000);
    MemoryRegion *ram = region_new();
    uint8_t out[16] = "0123456789abcdef", in[16] = {0};
    dma_addr_t left;
    QEMUSGList sg;
    uint32_t val;

    memory_region_init_ram(ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_add_subregion(s->root, 0, ram);
    qemu_sglist_init(&sg, NULL, 1, &s->as);
    qemu_sglist_add(&sg, 0x1000, 3);
    qemu_sglist_add(&sg, 0x2000, 10);
    qemu_sglist_add(&sg, 0x3000, 100);
    g_assert_cmpuint(dma_buf_read(out, 16, &left, &sg, ATTRS), ==, MEMTX_OK);
    g_assert_cmpuint(left, ==, 113 - 16);
    g_assert_cmphex(address_space_ldub(&s->as, 0x3002, ATTRS, NULL), ==, 'f');
    g_assert_cmpuint(dma_buf_write(in, 16, NULL, &sg, ATTRS), ==, MEMTX_OK);
    g_assert_cmpint(memcmp(in, out, 16), ==, 0);
    g_assert_cmpuint(ldl_be_dma(&s->as, 0x2000, &val, ATTRS), ==, MEMTX_OK);
    g_assert_cmphex(val, ==, 0x33343536);
    qemu_sglist_destroy(&sg);
    memory_region_del_subregion(s->root, ram);
    region_free(ram);
    space_free(s);
}

/* ---- IOMMU ---- */

#define TYPE_TEST_IOMMU "memory-test-iommu"

static AddressSpace *iommu_target;
static int iommu_maps;

/* Pages below 0x4000 move up by 0x8000; odd ones are read-only. */
static IOMMUTLBEntry test_translate(IOMMUMemoryRegion *iommu, hwaddr addr, IOMMUAccessFlags flag,
                                    int idx)
{
    return (IOMMUTLBEntry){
        .target_as = iommu_target,
        .iova = addr & TARGET_PAGE_MASK,
        .translated_addr = (addr & TARGET_PAGE_MASK) + 0x8000,
        .addr_mask = ~TARGET_PAGE_MASK,
        .perm = addr >= 0x4000  ? IOMMU_NONE
                : addr & 0x1000 ? IOMMU_RO
                                : IOMMU_RW,
    };
}

static void test_iommu_class_init(ObjectClass *klass, const void *data)
{
    ((IOMMUMemoryRegionClass *)klass)->translate = test_translate;
}

static const TypeInfo test_iommu_types[] = {
    {.name = TYPE_TEST_IOMMU,
     .parent = TYPE_IOMMU_MEMORY_REGION,
     .class_init = test_iommu_class_init},
};

DEFINE_TYPES(test_iommu_types)

static void count_map(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    iommu_maps++;
}

static void test_iommu(void)
{
    TestSpace *s = space_new(0x100000), *dma = space_new(UINT64_MAX);
    IOMMUMemoryRegion *iommu = g_new0(IOMMUMemoryRegion, 1);
    MemoryRegion *ram = region_new(), *mr;
    MemoryRegionCache cache;
    IOMMUTLBEntry entry;
    IOMMUNotifier n;
    MemTxResult r;

    memory_region_init_ram(ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_add_subregion(s->root, 0, ram);
    iommu_target = &s->as;
    memory_region_init_iommu(iommu, sizeof(*iommu), TYPE_TEST_IOMMU, NULL, "iommu", UINT64_MAX);
    mr = MEMORY_REGION(iommu);
    memory_region_add_subregion(dma->root, 0, mr);

    address_space_stl(&dma->as, 0x2ffe, 0x11223344, ATTRS, &r);
    g_assert_cmpuint(r, ==, MEMTX_DECODE_ERROR); /* its second half is read-only */
    g_assert_cmphex(address_space_lduw(&s->as, 0xaffe, ATTRS, &r), ==, 0x3344);
    g_assert_cmphex(address_space_lduw(&s->as, 0xb000, ATTRS, &r), ==, 0);
    g_assert_cmphex(address_space_ldl(&dma->as, 0x4000, ATTRS, &r), ==, 0xffffffff);
    g_assert_cmpuint(r, ==, MEMTX_DECODE_ERROR);

    WITH_RCU_READ_LOCK_GUARD()
    {
        entry = address_space_get_iotlb_entry(&dma->as, 0x2123, true, ATTRS);
    }
    g_assert_cmphex(entry.translated_addr, ==, 0xa000);
    g_assert_cmphex(entry.iova, ==, 0x2000);

    /* A cache must not keep what an IOMMU says. */
    g_assert_cmpint(address_space_cache_init(&cache, &dma->as, 0x2000, 16, true), ==, 16);
    g_assert_null(cache.ptr);
    stl_le_phys_cached(&cache, 0, 0x77);
    g_assert_cmphex(address_space_ldl(&s->as, 0xa000, ATTRS, &r), ==, 0x77);
    address_space_cache_destroy(&cache);

    iommu_notifier_init(&n, count_map, IOMMU_NOTIFIER_MAP, 0, 0xffff, 0);
    g_assert_cmpint(memory_region_register_iommu_notifier(mr, &n, &error_abort), ==, 0);
    memory_region_iommu_replay(iommu, &n);
    g_assert_cmpint(iommu_maps, ==, 4);
    memory_region_unregister_iommu_notifier(mr, &n);

    memory_region_del_subregion(dma->root, mr);
    space_free(dma);
    region_free(mr);
    memory_region_del_subregion(s->root, ram);
    region_free(ram);
    space_free(s);
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    g_test_add_func("/memory/access/sizes", test_sizes);
    g_test_add_func("/memory/access/endian", test_endian);
    g_test_add_func("/memory/access/errors", test_errors);
    g_test_add_func("/memory/access/rom", test_rom);
    g_test_add_func("/memory/access/reentry", test_reentry);
    g_test_add_func("/memory/access/locking", test_locking);
    g_test_add_func("/memory/access/coalesced-flush", test_coalesced_flush);
    g_test_add_func("/memory/access/map", test_map);
    g_test_add_func("/memory/access/map-pieces", test_map_pieces);
    g_test_add_func("/memory/access/cache", test_cache);
    g_test_add_func("/memory/access/cmpxchg", test_cmpxchg);
    g_test_add_func("/memory/access/lookup-page", test_lookup_page);
    g_test_add_func("/memory/access/sglist", test_sglist);
    g_test_add_func("/memory/access/iommu", test_iommu);
    return g_test_run();
}
