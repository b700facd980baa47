/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RAM blocks and their dirty bitmaps. */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "qemu/thread.h"
#include "qemu/units.h"
#include "memory-test.h"

#define PAGE TARGET_PAGE_SIZE

static MemoryRegion *ram_new(const char *name, uint64_t size)
{
    MemoryRegion *mr = region_new();

    g_assert_true(memory_region_init_ram(mr, NULL, name, size, &error_abort));
    return mr;
}

static void clear_all(MemoryRegion *mr)
{
    for (unsigned client = 0; client < DIRTY_MEMORY_NUM; client++) {
        memory_region_reset_dirty(mr, 0, memory_region_size(mr), client);
    }
}

static void test_blocks(void)
{
    MemoryRegion *a = ram_new("a", 1 * MiB), *b = ram_new("b", 2 * MiB);
    uint8_t *pa = memory_region_get_ram_ptr(a);
    ram_addr_t offset;
    struct stat st;
    RAMBlock *block;

    g_assert_cmpuint(memory_region_get_ram_addr(a), !=, memory_region_get_ram_addr(b));
    g_assert_true(QEMU_IS_ALIGNED((uintptr_t)pa, 2 * MiB));
    g_assert_cmpint(memory_region_get_fd(a), >=, 0);
    g_assert_cmpint(fstat(memory_region_get_fd(a), &st), ==, 0);
    g_assert_cmpuint(st.st_size, ==, 1 * MiB);

    rcu_read_lock();
    block = qemu_ram_block_by_name("b");
    g_assert_true(block == b->ram_block && qemu_ram_is_migratable(block));
    g_assert_true(qemu_ram_block_from_host(pa + 5, false, &offset) == a->ram_block);
    g_assert_cmpuint(offset, ==, 5);
    g_assert_true(memory_region_from_host(pa + MiB - 1, &offset) == a);
    g_assert_null(memory_region_from_host(&offset, &offset));
    g_assert_true(qemu_get_ram_block(memory_region_get_ram_addr(b) + 2 * MiB - 1) == b->ram_block);
    g_assert_cmpuint(qemu_ram_total_bytes(), ==, 3 * MiB);
    g_assert_cmphex(qemu_ram_addr_from_host(pa + 9), ==, memory_region_get_ram_addr(a) + 9);
    rcu_read_unlock();
    region_free(a);
    region_free(b);
}

/* The place of a block that went is used again. */
static void test_placement(void)
{
    MemoryRegion *a = ram_new("a", 4 * MiB), *b = ram_new("b", 4 * MiB), *c;
    ram_addr_t at = memory_region_get_ram_addr(a);

    region_free(a);
    c = ram_new("c", 3 * MiB);
    g_assert_cmphex(memory_region_get_ram_addr(c), ==, at);
    g_assert_cmphex(last_ram_offset(), ==, memory_region_get_ram_addr(b) + 4 * MiB);
    region_free(b);
    region_free(c);
}

static int resized_to;

static void on_resized(const char *id, uint64_t length, void *host)
{
    resized_to = length;
}

static void test_resize(void)
{
    TestSpace *s = space_new(1 * MiB);
    MemoryRegion *mr = region_new();
    Error *err = NULL;
    uint8_t *p;

    g_assert_true(memory_region_init_resizeable_ram(mr, NULL, "acpi", 0x1000, 0x10000, on_resized,
                                                    &error_abort));
    memory_region_add_subregion(s->root, 0, mr);
    p = memory_region_get_ram_ptr(mr);
    clear_all(mr);
    g_assert_true(memory_region_ram_resize(mr, 0x2800, &error_abort));
    g_assert_cmpint(resized_to, ==, 0x2800);
    g_assert_cmpuint(memory_region_size(mr), ==, 0x2800);
    g_assert_cmpuint(qemu_ram_get_used_length(mr->ram_block), ==, 0x3000);
    g_assert_true(memory_region_get_ram_ptr(mr) == p);
    /* What came is dirty, what was there is not. */
    g_assert_false(memory_region_get_dirty(mr, 0, 0x1000, DIRTY_MEMORY_MIGRATION));
    g_assert_true(memory_region_get_dirty(mr, 0x2000, 0x1000, DIRTY_MEMORY_MIGRATION));
    g_assert_cmphex(address_space_write(&s->as, 0x27ff, ATTRS, "x", 1), ==, MEMTX_OK);
    g_assert_cmphex(address_space_write(&s->as, 0x2800, ATTRS, "x", 1), ==, MEMTX_DECODE_ERROR);
    /* What goes does not come back. */
    g_assert_true(memory_region_ram_resize(mr, 0x1000, &error_abort));
    g_assert_true(memory_region_ram_resize(mr, 0x3000, &error_abort));
    g_assert_cmphex(p[0x27ff], ==, 0);
    g_assert_false(memory_region_ram_resize(mr, 0x11000, &err));
    error_free_or_abort(&err);
    memory_region_del_subregion(s->root, mr);
    region_free(mr);

    mr = ram_new("fixed", 0x1000);
    g_assert_false(memory_region_ram_resize(mr, 0x2000, &err));
    error_free_or_abort(&err);
    region_free(mr);
    space_free(s);
}

static void test_too_large(void)
{
    MemoryRegion *mr = region_new();
    Error *err = NULL;

    g_assert_false(memory_region_init_ram(mr, NULL, "pc.ram", 1ull << 50, &err));
    g_assert_nonnull(
        strstr(error_get_pretty(err), "cannot set up guest memory 'pc.ram' of 1 PiB: "));
    error_free(err);
    g_free(mr);
}

static void test_file(void)
{
    g_autofree char *dir = g_dir_make_tmp("memory-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "backing", NULL);
    MemoryRegion *mr = region_new(), *again = region_new();
    g_autofree char *text = NULL;
    Error *err = NULL;
    gsize len;

    g_assert_true(memory_region_init_ram_from_file(mr, NULL, "file", 0x3000, 0, RAM_SHARED, path, 0,
                                                   &error_abort));
    memcpy(memory_region_get_ram_ptr(mr), "hello", 6);
    g_assert_true(g_file_get_contents(path, &text, &len, NULL));
    g_assert_cmpuint(len, ==, 0x3000);
    g_assert_cmpstr(text, ==, "hello");

    /* Private: our writes stay ours. From an offset, read-only file. */
    g_assert_true(memory_region_init_ram_from_file(again, NULL, "again", 0x1000, 0, RAM_READONLY_FD,
                                                   path, 0, &error_abort));
    memcpy(memory_region_get_ram_ptr(again), "J", 1);
    g_assert_cmpstr(memory_region_get_ram_ptr(mr), ==, "hello");
    region_free(again);
    region_free(mr);

    mr = region_new();
    g_assert_false(memory_region_init_ram_from_file(mr, NULL, "big", 0x4000, 0, RAM_READONLY_FD,
                                                    path, 0, &err));
    g_assert_nonnull(strstr(error_get_pretty(err), "backing store size 0x3000 is too small"));
    error_free(err);
    err = NULL;
    g_free(mr);
    mr = region_new();
    g_assert_false(
        memory_region_init_ram_from_file(mr, NULL, "odd", 0x1000, 0, 0, path, 0x800, &err));
    error_free_or_abort(&err);
    g_free(mr);
    mr = region_new();
    g_assert_false(memory_region_init_ram_from_file(mr, NULL, "none", 0x1000, 0, 0,
                                                    "/nonexistent/folder/file", 0, &err));
    error_free_or_abort(&err);
    g_free(mr);
    g_unlink(path);
    g_rmdir(dir);
}

static void test_dirty(void)
{
    TestSpace *s = space_new(16 * MiB);
    MemoryRegion *mr = ram_new("vram", 1 * MiB);
    DirtyBitmapSnapshot *snap;

    memory_region_add_subregion(s->root, 0, mr);
    g_assert_true(memory_region_get_dirty(mr, 0, PAGE, DIRTY_MEMORY_VGA));
    clear_all(mr);
    /* Nobody logs: nothing is noted. */
    address_space_stb(&s->as, 0x5000, 1, ATTRS, NULL);
    g_assert_false(memory_region_get_dirty(mr, 0, MiB, DIRTY_MEMORY_VGA));

    memory_region_set_log(mr, true, DIRTY_MEMORY_VGA);
    address_space_stl(&s->as, 0x5ffe, 1, ATTRS, NULL);
    memory_region_set_dirty(mr, 0x41000, 1);
    g_assert_true(memory_region_get_dirty(mr, 0x5000, 1, DIRTY_MEMORY_VGA));
    g_assert_true(memory_region_get_dirty(mr, 0x6000, 1, DIRTY_MEMORY_VGA));
    g_assert_false(memory_region_get_dirty(mr, 0x7000, PAGE, DIRTY_MEMORY_VGA));
    g_assert_false(memory_region_get_dirty(mr, 0, MiB, DIRTY_MEMORY_MIGRATION));

    /* Only the range that was asked for is taken. */
    snap = memory_region_snapshot_and_clear_dirty(mr, 0x6000, 0x3c000, DIRTY_MEMORY_VGA);
    g_assert_true(memory_region_snapshot_get_dirty(mr, snap, 0x6800, 4));
    g_assert_true(memory_region_snapshot_get_dirty(mr, snap, 0x40fff, 2));
    g_assert_false(memory_region_snapshot_get_dirty(mr, snap, 0x7000, 0x39000));
    g_free(snap);
    g_assert_true(memory_region_get_dirty(mr, 0x5000, 1, DIRTY_MEMORY_VGA));
    g_assert_false(memory_region_get_dirty(mr, 0x6000, MiB - 0x6000, DIRTY_MEMORY_VGA));

    /* All RAM that migrates, when that is asked for. */
    g_assert_true(memory_global_dirty_log_start(GLOBAL_DIRTY_MIGRATION, &error_abort));
    address_space_stb(&s->as, 0x9000, 1, ATTRS, NULL);
    g_assert_true(memory_region_get_dirty(mr, 0x9000, 1, DIRTY_MEMORY_MIGRATION));
    WITH_RCU_READ_LOCK_GUARD()
    {
        mr->ram_block->bmap = g_new0(unsigned long, MiB / PAGE / BITS_PER_LONG);
        g_assert_cmpuint(ramblock_sync_dirty_bitmap(mr->ram_block, 0, MiB), ==, 1);
        g_assert_cmphex(mr->ram_block->bmap[0], ==, 1 << 9);
        g_assert_cmpuint(ramblock_sync_dirty_bitmap(mr->ram_block, 0, MiB), ==, 0);
        g_clear_pointer(&mr->ram_block->bmap, g_free);
    }
    memory_global_dirty_log_stop(GLOBAL_DIRTY_MIGRATION);
    address_space_stb(&s->as, 0x9000, 1, ATTRS, NULL);
    g_assert_false(memory_region_get_dirty(mr, 0x9000, 1, DIRTY_MEMORY_MIGRATION));

    memory_region_set_log(mr, false, DIRTY_MEMORY_VGA);
    memory_region_del_subregion(s->root, mr);
    region_free(mr);
    space_free(s);
}

static void test_lebitmap(void)
{
    MemoryRegion *mr = ram_new("ram", 1 * MiB);
    unsigned long bits[2] = {0x8000000000000001ul, 0xf3ul};
    ram_addr_t base = memory_region_get_ram_addr(mr);

    clear_all(mr);
    /* 67 pages from an odd place: bits behind the end do not count. */
    g_assert_cmpuint(ram_set_dirty_lebitmap(bits, base + 3 * PAGE, 67), ==, 4);
    for (unsigned page = 0; page < 256; page++) {
        bool expected = page == 3 || page == 66 || page == 67 || page == 68;

        g_assert_cmpint(memory_region_get_dirty(mr, page * PAGE, PAGE, DIRTY_MEMORY_MIGRATION), ==,
                        expected);
    }
    region_free(mr);
}

/* ---- what a translator is told ---- */

static ram_addr_t invalidated, protected_start, protected_len;
static int invalidations, protections;

static void on_invalidate(ram_addr_t start, ram_addr_t len)
{
    invalidations++;
    invalidated = start;
    ram_set_dirty_flag(start, DIRTY_MEMORY_CODE);
}

static void on_protect(ram_addr_t start, ram_addr_t len)
{
    protections++;
    protected_start = start;
    protected_len = len;
}

static void test_code(void)
{
    static const RamDirtyHooks hooks = {.invalidate_code = on_invalidate, .protect = on_protect};
    TestSpace *s = space_new(16 * MiB);
    MemoryRegion *mr = ram_new("ram", 1 * MiB);
    ram_addr_t base = memory_region_get_ram_addr(mr);

    memory_region_add_subregion(s->root, 0, mr);
    ram_set_dirty_hooks(&hooks);
    g_assert_true(ram_page_is_dirty_for_all(base + 0x3000));
    address_space_stb(&s->as, 0x3000, 1, ATTRS, NULL);
    g_assert_cmpint(invalidations, ==, 0);

    /* A page gets translated: the clients' bits go, and writers must look. */
    g_assert_true(ram_test_and_clear_dirty(base + 0x3000, PAGE, DIRTY_MEMORY_CODE));
    g_assert_cmpint(protections, ==, 1);
    g_assert_cmphex(protected_start, ==, base + 0x3000);
    g_assert_false(ram_page_is_dirty_for_all(base + 0x3000));
    g_assert_false(ram_test_and_clear_dirty(base + 0x3000, PAGE, DIRTY_MEMORY_CODE));
    g_assert_cmpint(protections, ==, 1);

    address_space_stb(&s->as, 0x3123, 1, ATTRS, NULL);
    g_assert_cmpint(invalidations, ==, 1);
    g_assert_cmphex(invalidated, ==, base + 0x3123);
    g_assert_true(ram_page_is_dirty_for_all(base + 0x3000));
    address_space_stb(&s->as, 0x3123, 1, ATTRS, NULL);
    g_assert_cmpint(invalidations, ==, 1);

    /* The translator's own store. */
    ram_test_and_clear_dirty(base + 0x4000, PAGE, DIRTY_MEMORY_CODE);
    ram_test_and_clear_dirty(base + 0x4000, PAGE, DIRTY_MEMORY_VGA);
    ram_notify_write(base + 0x4008, 8);
    g_assert_cmpint(invalidations, ==, 2);
    g_assert_true(ram_page_is_dirty_for_all(base + 0x4000));

    ram_set_dirty_hooks(NULL);
    memory_region_del_subregion(s->root, mr);
    region_free(mr);
    space_free(s);
}

/* ---- writers beside a reader of the bitmap ---- */

#define WRITERS 2
#define PAGES   64

typedef struct Writer {
    QemuThread thread;
    TestSpace *space;
    MemoryRegion *mr;
    unsigned first;
    bool *stop;
} Writer;

static void *writer_thread(void *opaque)
{
    Writer *w = opaque;
    uint32_t value = 0;

    rcu_register_thread();
    while (!qatomic_read(w->stop)) {
        value++;
        for (unsigned page = w->first; page < PAGES; page += WRITERS) {
            address_space_stl(&w->space->as, page * PAGE, value, ATTRS, NULL);
        }
    }
    rcu_unregister_thread();
    return NULL;
}

/* A copy that follows the bitmap ends up equal: no write is ever missed. */
static void test_concurrent(void)
{
    TestSpace *s = space_new(16 * MiB);
    MemoryRegion *mr = ram_new("ram", PAGES * PAGE);
    g_autofree uint32_t *copy = g_new0(uint32_t, PAGES);
    const uint8_t *p = memory_region_get_ram_ptr(mr);
    Writer writers[WRITERS];
    bool stop = false, last = false;
    gint64 end = g_get_monotonic_time() + 200 * 1000;

    memory_region_add_subregion(s->root, 0, mr);
    memory_region_set_log(mr, true, DIRTY_MEMORY_VGA);
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (Writer){.space = s, .mr = mr, .first = i, .stop = &stop};
        qemu_thread_create(&writers[i].thread, "writer", writer_thread, &writers[i],
                           QEMU_THREAD_JOINABLE);
    }
    while (!last) {
        DirtyBitmapSnapshot *snap;

        if (g_get_monotonic_time() > end) {
            qatomic_set(&stop, true);
            for (unsigned i = 0; i < WRITERS; i++) {
                qemu_thread_join(&writers[i].thread);
            }
            last = true;
        }
        snap = memory_region_snapshot_and_clear_dirty(mr, 0, PAGES * PAGE, DIRTY_MEMORY_VGA);
        for (unsigned page = 0; page < PAGES; page++) {
            if (memory_region_snapshot_get_dirty(mr, snap, page * PAGE, PAGE)) {
                copy[page] = qatomic_read((const uint32_t *)(const void *)(p + page * PAGE));
            }
        }
        g_free(snap);
    }
    for (unsigned page = 0; page < PAGES; page++) {
        g_assert_cmpuint(copy[page], ==, *(const uint32_t *)(const void *)(p + page * PAGE));
    }
    memory_region_set_log(mr, false, DIRTY_MEMORY_VGA);
    memory_region_del_subregion(s->root, mr);
    region_free(mr);
    space_free(s);
}

static void test_share_aux(void)
{
    const struct {
        bool share;
        uint32_t flags;
        bool shared;
    } cases[] = {{false, 0, false}, {true, 0, true}, {true, RAM_PRIVATE, false}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        MemoryRegion *mr = region_new();

        qemu_ram_share_aux(cases[i].share);
        memory_region_init_ram_flags_nomigrate(mr, NULL, "aux", 0x1000, cases[i].flags,
                                               &error_abort);
        g_assert_true(qemu_ram_is_shared(mr->ram_block) == cases[i].shared);
        region_free(mr);
    }
    qemu_ram_share_aux(false);
}

/* Pages that are locked are replaced like others. */
static void test_remap_locked(void)
{
    g_autofree char *path = NULL;
    int file = g_file_open_tmp("test-memory-ram-XXXXXX", &path, NULL);

    g_assert_cmpint(file, >=, 0);
    for (int shared = 0; shared < 2; shared++) {
        MemoryRegion *mr = region_new();
        uint8_t *host;

        memory_region_init_ram_from_file(mr, NULL, "locked", 2 * PAGE, 0, shared ? RAM_SHARED : 0,
                                         path, 0, &error_abort);
        host = memory_region_get_ram_ptr(mr);
        memset(host, 0x55, 2 * PAGE);
        if (mlock(host, 2 * PAGE) == 0) {
            g_assert_cmpint(qemu_ram_remap(mr->ram_block->offset + PAGE + 8), ==, 0);
            g_assert_cmphex(host[0], ==, 0x55);
            g_assert_cmphex(host[PAGE], ==, 0);
        } else {
            g_test_skip("this user may lock no memory");
        }
        region_free(mr);
    }
    close(file);
    unlink(path);
}

#define HUGE (2 * MiB)

static unsigned resident(const uint8_t *host)
{
    size_t page = qemu_real_host_page_size();
    g_autofree unsigned char *there = g_malloc(HUGE / page);
    unsigned n = 0;

    g_assert_cmpint(mincore((void *)host, HUGE, there), ==, 0);
    for (size_t i = 0; i < HUGE / page; i++) {
        n += there[i] & 1;
    }
    return n;
}

static uint8_t *use(TestSpace *s, hwaddr addr, hwaddr len)
{
    hwaddr got = len;
    uint8_t *p = address_space_map(&s->as, addr, &got, true, ATTRS);

    g_assert_cmpuint(got, ==, len);
    address_space_unmap(&s->as, p, len, true, 0);
    return p;
}

static bool has_no_hole(void *opaque, ram_addr_t offset)
{
    return offset != 4 * HUGE - PAGE;
}

/*
 * Whether there is a huge page to be had is for the host to say. What must not be: other contents,
 * memory that nobody uses, memory in a hole.
 */
static void test_huge(void)
{
    const unsigned whole = HUGE / qemu_real_host_page_size();
    TestSpace *s = space_new(4 * HUGE);
    MemoryRegion *mr = ram_new("huge", 4 * HUGE);
    const unsigned long *asked = mr->ram_block->huge_asked;
    uint8_t *host = memory_region_get_ram_ptr(mr);

    memory_region_add_subregion(s->root, 0, mr);
    qemu_ram_set_populated_check(mr->ram_block, has_no_hole, NULL);
    memset(host + HUGE + 3 * PAGE, 0x55, PAGE);
    for (int i = 0; i < 2; i++) {
        g_assert_true(use(s, HUGE + 3 * PAGE + 8, 16) == host + HUGE + 3 * PAGE + 8);
        g_assert_true(resident(host + HUGE) <= 1 || resident(host + HUGE) == whole);
        g_assert_cmphex(host[HUGE + 3 * PAGE], ==, i ? 0 : 0x55);
        g_assert_cmphex(host[HUGE + 4 * PAGE], ==, 0);
        g_assert_true(!asked || test_bit(1, asked));

        /* A part that is given back changes nothing, all of it is asked for again. */
        g_assert_cmpint(ram_block_discard_range(mr->ram_block, HUGE, PAGE), ==, 0);
        g_assert_true(!asked || test_bit(1, asked));
        g_assert_cmpint(ram_block_discard_range(mr->ram_block, HUGE, HUGE), ==, 0);
        g_assert_cmpuint(resident(host + HUGE), ==, 0);
        g_assert_true(!asked || !test_bit(1, asked));
    }
    use(s, 2 * HUGE - 8, 16);
    g_assert_true(!asked || (test_bit(1, asked) && test_bit(2, asked)));
    use(s, 3 * HUGE, 16);
    g_assert_cmpuint(resident(host + 3 * HUGE), ==, 0);
    g_assert_cmpuint(resident(host), ==, 0);
    g_assert_true(!asked || (!test_bit(0, asked) && !test_bit(3, asked)));
    /* What a guest has given back in part, before it was asked for, does not come back as a whole.
     */
    g_assert_cmpint(ram_block_discard_range(mr->ram_block, HUGE - PAGE, 2 * PAGE), ==, 0);
    use(s, 0, 16);
    g_assert_cmpuint(resident(host), ==, 0);
    memory_region_del_subregion(s->root, mr);
    region_free(mr);
    space_free(s);
}

/* A guest may name as much as it has: the host makes a few huge pages, not all of them at once. */
static void test_huge_long(void)
{
    TestSpace *s = space_new(16 * HUGE);
    MemoryRegion *mr = ram_new("huge", 16 * HUGE);
    const unsigned long *asked = mr->ram_block->huge_asked;
    uint8_t *host = memory_region_get_ram_ptr(mr);

    memory_region_add_subregion(s->root, 0, mr);
    g_assert_true(use(s, 0, 16 * HUGE) == host);
    g_assert_true(!asked || (test_bit(0, asked) && !test_bit(4, asked)));
    g_assert_cmpuint(resident(host + 4 * HUGE), ==, 0);
    memory_region_del_subregion(s->root, mr);
    region_free(mr);
    space_free(s);
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    g_test_add_func("/memory/ram/blocks", test_blocks);
    g_test_add_func("/memory/ram/placement", test_placement);
    g_test_add_func("/memory/ram/resize", test_resize);
    g_test_add_func("/memory/ram/too-large", test_too_large);
    g_test_add_func("/memory/ram/file", test_file);
    g_test_add_func("/memory/ram/dirty", test_dirty);
    g_test_add_func("/memory/ram/lebitmap", test_lebitmap);
    g_test_add_func("/memory/ram/code", test_code);
    g_test_add_func("/memory/ram/concurrent", test_concurrent);
    g_test_add_func("/memory/ram/share-aux", test_share_aux);
    g_test_add_func("/memory/ram/remap-locked", test_remap_locked);
    g_test_add_func("/memory/ram/huge", test_huge);
    g_test_add_func("/memory/ram/huge/long", test_huge_long);
    return g_test_run();
}
