/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flat views: overlap, priorities, aliases, sub-pages; listeners; readers under RCU. */
#include "qemu/osdep.h"
#include "qemu/thread.h"
#include "exec/ioport.h"
#include "memory-test.h"

static uint64_t null_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void null_write(void *opaque, hwaddr addr, uint64_t data, unsigned size)
{
}

static const MemoryRegionOps null_ops = {.read = null_read, .write = null_write};

static MemoryRegion *io_region(const char *name, uint64_t size)
{
    MemoryRegion *mr = region_new();

    memory_region_init_io(mr, NULL, &null_ops, NULL, name, size);
    return mr;
}

/* "name@offset:start-end ..." of all ranges. */
static char *view_text(AddressSpace *as)
{
    FlatView *view = address_space_get_flatview(as);
    GString *s = g_string_new(NULL);
    FlatRange *fr;

    FOR_EACH_FLATRANGE (fr, view) {
        g_string_append_printf(
            s, "%s%s@%" PRIx64 ":%" PRIx64 "-%" PRIx64 "%s", s->len ? " " : "",
            memory_region_name(fr->mr), fr->offset_in_region, int128_get64(fr->addr.start),
            int128_get64(fr->addr.start + fr->addr.size - 1), fr->readonly ? "r" : "");
    }
    flatview_unref(view);
    return g_string_free(s, FALSE);
}

#define assert_view(as, expected)                                                                  \
    do {                                                                                           \
        g_autofree char *text_ = view_text(as);                                                    \
        g_assert_cmpstr(text_, ==, expected);                                                      \
    } while (0)

static void test_overlap(void)
{
    TestSpace *s = space_new(0x10000);
    MemoryRegion *low = io_region("low", 0x4000), *high = io_region("high", 0x1000);
    MemoryRegion *late = io_region("late", 0x10);

    assert_view(&s->as, "");
    memory_region_add_subregion_overlap(s->root, 0x1000, low, 0);
    memory_region_add_subregion_overlap(s->root, 0x2000, high, 1);
    assert_view(&s->as, "low@0:1000-1fff high@0:2000-2fff low@2000:3000-4fff");

    /* Priorities below zero, and sub-page pieces. */
    memory_region_add_subregion_overlap(s->root, 0x2ff8, late, -1);
    assert_view(&s->as, "low@0:1000-1fff high@0:2000-2fff low@2000:3000-4fff");
    memory_region_set_enabled(high, false);
    assert_view(&s->as, "low@0:1000-4fff");
    memory_region_set_enabled(low, false);
    assert_view(&s->as, "late@0:2ff8-3007");
    memory_region_set_enabled(high, true);
    assert_view(&s->as, "high@0:2000-2fff late@8:3000-3007");
    memory_region_set_enabled(low, true);

    /* Of equal priority the newest is seen; moving makes it new. */
    memory_region_del_subregion(s->root, late);
    memory_region_add_subregion(s->root, 0x1100, late);
    assert_view(&s->as, "low@0:1000-10ff late@0:1100-110f low@110:1110-1fff high@0:2000-2fff "
                        "low@2000:3000-4fff");
    memory_region_set_address(low, 0x1008);
    assert_view(&s->as, "low@0:1008-1fff high@0:2000-2fff low@1ff8:3000-5007");
    memory_region_set_size(low, 0x10);
    assert_view(&s->as, "low@0:1008-1017 late@0:1100-110f high@0:2000-2fff");

    memory_region_del_subregion(s->root, low);
    memory_region_del_subregion(s->root, high);
    memory_region_del_subregion(s->root, late);
    assert_view(&s->as, "");
    region_free(low);
    region_free(high);
    region_free(late);
    space_free(s);
}

static void test_alias(void)
{
    TestSpace *s = space_new(UINT64_MAX);
    MemoryRegion *ram = region_new(), *pci = region_new(), *bar = io_region("bar", 0x100);
    MemoryRegion *a = region_new(), *b = region_new();

    /* RAM that is not mapped itself but through two windows, one read-only. */
    g_assert_true(memory_region_init_ram(ram, NULL, "ram", 0x10000, &error_abort));
    memory_region_init_alias(a, NULL, "a", ram, 0, 0x4000);
    memory_region_init_alias(b, NULL, "b", ram, 0x4000, 0xc000);
    memory_region_set_readonly(b, true);
    memory_region_add_subregion(s->root, 0, a);
    memory_region_add_subregion(s->root, 0x100000000ull, b);
    g_assert_true(memory_region_is_mapped(ram));
    assert_view(&s->as, "ram@0:0-3fff ram@4000:100000000-10000bfffr");
    g_assert_true(memory_region_get_ram_ptr(b) ==
                  (uint8_t *)memory_region_get_ram_ptr(ram) + 0x4000);

    /* A container without bounds beneath: holes in the RAM show it. */
    memory_region_init(pci, NULL, "pci", UINT64_MAX);
    memory_region_add_subregion(pci, 0x8000, bar);
    memory_region_add_subregion_overlap(s->root, 0, pci, -1);
    assert_view(&s->as, "ram@0:0-3fff bar@0:8000-80ff ram@4000:100000000-10000bfffr");

    /* Two windows that meet become one range. */
    memory_region_set_readonly(b, false);
    memory_region_set_address(b, 0x4000);
    assert_view(&s->as, "ram@0:0-ffff");
    memory_region_set_alias_offset(b, 0x4008);
    assert_view(&s->as, "ram@0:0-3fff ram@4008:4000-fff7");

    memory_region_transaction_begin();
    memory_region_set_alias_offset(b, 0x4000);
    memory_region_set_enabled(b, false);
    memory_region_set_unmergeable(ram, true);
    /* Nothing yet. */
    assert_view(&s->as, "ram@0:0-3fff ram@4008:4000-fff7");
    memory_region_transaction_commit();
    assert_view(&s->as, "ram@0:0-3fff bar@0:8000-80ff");

    memory_region_del_subregion(pci, bar);
    memory_region_del_subregion(s->root, pci);
    memory_region_del_subregion(s->root, a);
    memory_region_del_subregion(s->root, b);
    g_assert_false(memory_region_is_mapped(ram));
    region_free(a);
    region_free(b);
    region_free(bar);
    region_free(pci);
    region_free(ram);
    space_free(s);
}

/* The last byte of the address space, and regions of 2^64 bytes. */
static void test_top(void)
{
    TestSpace *s = space_new(UINT64_MAX);
    MemoryRegion *all = io_region("all", UINT64_MAX), *last = io_region("last", 1);
    MemoryRegionSection section;

    memory_region_add_subregion_overlap(s->root, 0, all, -10);
    memory_region_add_subregion(s->root, UINT64_MAX, last);
    assert_view(&s->as, "all@0:0-fffffffffffffffe last@0:ffffffffffffffff-ffffffffffffffff");
    g_assert_cmpuint(memory_region_size(all), ==, UINT64_MAX);
    section = memory_region_find(s->root, UINT64_MAX - 4, 8);
    g_assert_true(section.mr == all);
    g_assert_cmpuint(section.offset_within_region, ==, UINT64_MAX - 4);
    g_assert_cmpuint(int128_get64(section.size), ==, 4);
    memory_region_unref(section.mr);
    g_assert_true(memory_region_present(s->root, UINT64_MAX));

    memory_region_del_subregion(s->root, all);
    section = memory_region_find(s->root, 0, UINT64_MAX - 1);
    g_assert_null(section.mr);
    memory_region_del_subregion(s->root, last);
    region_free(all);
    region_free(last);
    space_free(s);
}

/* Address spaces that see the same tree through windows share one view. */
static void test_sharing(void)
{
    TestSpace *s = space_new(UINT64_MAX);
    MemoryRegion *io = io_region("io", 0x1000), *master = region_new(), *window = region_new();
    AddressSpace dma;

    memory_region_init(master, NULL, "bus master container", UINT64_MAX);
    memory_region_init_alias(window, NULL, "bus master", s->root, 0, UINT64_MAX);
    memory_region_set_enabled(window, false);
    memory_region_add_subregion(master, 0, window);
    address_space_init(&dma, master, "dma");
    memory_region_add_subregion(s->root, 0x1000, io);
    assert_view(&dma, "");
    memory_region_set_enabled(window, true);
    assert_view(&dma, "io@0:1000-1fff");
    g_assert_true(dma.current_map == s->as.current_map);
    memory_region_set_enabled(window, false);
    assert_view(&dma, "");
    address_space_destroy(&dma);
    memory_region_del_subregion(s->root, io);
    memory_region_del_subregion(master, window);
    region_free(window);
    region_free(master);
    region_free(io);
    space_free(s);
}

/* ---- random trees against a resolver that knows nothing of views ---- */

#define RANDOM_REGIONS 24
#define RANDOM_SIZE    256

/* What answers at @addr of @mr, and at which offset of itself. */
static MemoryRegion *resolve(MemoryRegion *mr, int64_t addr, hwaddr *offset)
{
    MemoryRegion *sub, *found;

    if (!mr->enabled || addr < 0 || addr >= (int64_t)memory_region_size(mr)) {
        return NULL;
    }
    if (mr->alias) {
        return resolve(mr->alias, addr + mr->alias_offset, offset);
    }
    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        found = resolve(sub, addr - (int64_t)sub->addr, offset);
        if (found) {
            return found;
        }
    }
    *offset = addr;
    return mr->terminates ? mr : NULL;
}

static void check_view(TestSpace *s)
{
    FlatView *view = address_space_get_flatview(&s->as);
    Int128 end = 0;
    FlatRange *fr;

    FOR_EACH_FLATRANGE (fr, view) {
        g_assert_true(fr->addr.start >= end && fr->addr.size > 0);
        end = fr->addr.start + fr->addr.size;
    }
    for (hwaddr addr = 0; addr < RANDOM_SIZE + 8; addr++) {
        const FlatRange *found = flatview_lookup(view, addr);
        hwaddr offset = 0;
        MemoryRegion *mr = resolve(s->root, addr, &offset);

        g_assert_true((found ? found->mr : NULL) == mr);
        if (mr) {
            g_assert_cmphex(addr - int128_get64(found->addr.start) + found->offset_in_region, ==,
                            offset);
        }
    }
    flatview_unref(view);
}

/* One change: moved, resized, hidden, or put elsewhere. */
static void random_change(MemoryRegion **mr, unsigned i)
{
    switch (g_test_rand_int_range(0, 5)) {
    case 0:
        memory_region_set_address(mr[i], g_test_rand_int_range(0, RANDOM_SIZE));
        break;
    case 1:
        memory_region_set_size(mr[i], g_test_rand_int_range(1, RANDOM_SIZE / 2));
        break;
    case 2:
        memory_region_set_enabled(mr[i], g_test_rand_int_range(0, 4) != 0);
        break;
    case 3:
        if (mr[i]->alias) {
            memory_region_set_alias_offset(mr[i], g_test_rand_int_range(0, 32));
        }
        break;
    default:
        if (mr[i]->container) {
            MemoryRegion *container = mr[i]->container;

            memory_region_del_subregion(container, mr[i]);
            memory_region_add_subregion_overlap(container, g_test_rand_int_range(0, RANDOM_SIZE),
                                                mr[i], g_test_rand_int_range(-2, 3));
        }
    }
}

static void test_random(void)
{
    TestSpace *s = space_new(RANDOM_SIZE);
    MemoryRegion *mr[RANDOM_REGIONS];

    /* Each within an earlier one; an alias shows an earlier one, so there are no loops. */
    for (unsigned i = 0; i < RANDOM_REGIONS; i++) {
        unsigned size = g_test_rand_int_range(1, RANDOM_SIZE / 2);
        MemoryRegion *container = s->root;

        mr[i] = region_new();
        switch (i ? g_test_rand_int_range(0, 4) : 0) {
        case 0:
            memory_region_init(mr[i], NULL, "container", size);
            break;
        case 1:
            memory_region_init_alias(mr[i], NULL, "alias", mr[g_test_rand_int_range(0, i)],
                                     g_test_rand_int_range(0, 32), size);
            break;
        default:
            memory_region_init_io(mr[i], NULL, &null_ops, NULL, "io", size);
        }
        /* Not into one that an alias could show through itself: only into containers of the root.
         */
        if (i && !mr[0]->alias && !mr[i]->alias && g_test_rand_int_range(0, 2)) {
            container = mr[0];
        }
        memory_region_add_subregion_overlap(container, g_test_rand_int_range(0, RANDOM_SIZE), mr[i],
                                            g_test_rand_int_range(-2, 3));
    }
    check_view(s);
    for (unsigned n = 0; n < 300; n++) {
        random_change(mr, g_test_rand_int_range(0, RANDOM_REGIONS));
        check_view(s);
    }
    for (unsigned i = 0; i < RANDOM_REGIONS; i++) {
        memory_region_del_subregion(mr[i]->container, mr[i]);
    }
    for (unsigned i = 0; i < RANDOM_REGIONS; i++) {
        region_free(mr[i]);
    }
    space_free(s);
}

/* ---- listeners ---- */

typedef struct LogListener {
    MemoryListener listener;
    const char *tag;
    GString *log;
} LogListener;

static void log_event(MemoryListener *l, const char *what, MemoryRegionSection *section)
{
    LogListener *ll = container_of(l, LogListener, listener);

    g_string_append_printf(ll->log, "%s%s.%s", ll->log->len ? " " : "", ll->tag, what);
    if (section) {
        g_string_append_printf(ll->log, ":%s@%" PRIx64,
                               section->mr ? memory_region_name(section->mr) : "(null)",
                               section->offset_within_address_space);
    }
}

static void on_begin(MemoryListener *l)
{
    log_event(l, "begin", NULL);
}

static void on_commit(MemoryListener *l)
{
    log_event(l, "commit", NULL);
}

static void on_add(MemoryListener *l, MemoryRegionSection *section)
{
    log_event(l, "add", section);
}

static void on_del(MemoryListener *l, MemoryRegionSection *section)
{
    log_event(l, "del", section);
}

static void on_nop(MemoryListener *l, MemoryRegionSection *section)
{
    log_event(l, "nop", section);
}

static void on_log_start(MemoryListener *l, MemoryRegionSection *section, int old, int new)
{
    g_assert_cmpint(old, ==, 0);
    g_assert_cmpint(new, ==, 1 << DIRTY_MEMORY_VGA);
    log_event(l, "log_start", section);
}

static void on_log_stop(MemoryListener *l, MemoryRegionSection *section, int old, int new)
{
    log_event(l, "log_stop", section);
}

static void on_coalesced_add(MemoryListener *l, MemoryRegionSection *section, hwaddr addr,
                             hwaddr len)
{
    g_assert_cmpuint(len, ==, 0x10);
    log_event(l, "coalesced_add", section);
}

static void on_coalesced_del(MemoryListener *l, MemoryRegionSection *section, hwaddr addr,
                             hwaddr len)
{
    log_event(l, "coalesced_del", section);
}

#define assert_log(log, expected)                                                                  \
    do {                                                                                           \
        g_assert_cmpstr((log)->str, ==, expected);                                                 \
        g_string_truncate(log, 0);                                                                 \
    } while (0)

static void init_listener(LogListener *ll, const char *tag, GString *log, unsigned priority)
{
    *ll = (LogListener){
        .listener = {.begin = on_begin,
                     .commit = on_commit,
                     .region_add = on_add,
                     .region_del = on_del,
                     .region_nop = on_nop,
                     .log_start = on_log_start,
                     .log_stop = on_log_stop,
                     .priority = priority,
                     .name = tag},
        .tag = tag,
        .log = log,
    };
}

static void test_listeners(void)
{
    TestSpace *s = space_new(0x10000);
    MemoryRegion *ram = region_new(), *io = io_region("io", 0x100);
    g_autoptr(GString) log = g_string_new(NULL);
    LogListener a, b;

    memory_region_init_ram(ram, NULL, "ram", 0x2000, &error_abort);
    memory_region_add_subregion(s->root, 0, ram);
    init_listener(&b, "b", log, 10);
    memory_listener_register(&b.listener, &s->as);
    assert_log(log, "b.begin b.add:ram@0 b.commit");
    init_listener(&a, "a", log, 0);
    memory_listener_register(&a.listener, &s->as);
    assert_log(log, "a.begin a.add:ram@0 a.commit");

    /* Lowest priority first when something comes, last when something goes. */
    memory_region_add_subregion(s->root, 0x4000, io);
    assert_log(log, "a.begin b.begin a.nop:ram@0 b.nop:ram@0 a.add:io@4000 b.add:io@4000 "
                    "a.commit b.commit");
    memory_region_set_log(ram, true, DIRTY_MEMORY_VGA);
    assert_log(log, "a.begin b.begin a.nop:ram@0 b.nop:ram@0 a.log_start:ram@0 b.log_start:ram@0 "
                    "a.nop:io@4000 b.nop:io@4000 a.commit b.commit");
    memory_region_set_log(ram, true, DIRTY_MEMORY_VGA);
    memory_region_set_log(ram, false, DIRTY_MEMORY_VGA);
    assert_log(log, "");
    memory_region_set_log(ram, false, DIRTY_MEMORY_VGA);
    g_string_truncate(log, 0);
    memory_region_set_address(io, 0x5000);
    assert_log(log, "a.begin b.begin b.del:io@4000 a.del:io@4000 a.nop:ram@0 b.nop:ram@0 "
                    "a.add:io@5000 b.add:io@5000 a.commit b.commit");

    /* What cannot be seen, or comes out the same, is not announced. */
    memory_region_transaction_begin();
    memory_region_set_address(io, 0x6000);
    memory_region_set_address(io, 0x5000);
    memory_region_transaction_commit();
    assert_log(log, "");

    a.listener.coalesced_io_add = on_coalesced_add;
    a.listener.coalesced_io_del = on_coalesced_del;
    memory_region_add_coalescing(io, 0x20, 0x10);
    assert_log(log, "a.coalesced_add:io@5000");
    memory_region_set_address(io, 0x4000);
    assert_log(log, "a.begin b.begin a.coalesced_del:io@5000 b.del:io@5000 a.del:io@5000 "
                    "a.nop:ram@0 b.nop:ram@0 a.add:io@4000 b.add:io@4000 a.coalesced_add:io@4000 "
                    "a.commit b.commit");
    memory_region_clear_coalescing(io);
    assert_log(log, "a.coalesced_del:io@4000");

    memory_listener_unregister(&a.listener);
    assert_log(log, "a.begin a.del:ram@0 a.del:io@4000 a.commit");
    memory_listener_unregister(&b.listener);
    memory_region_del_subregion(s->root, io);
    memory_region_del_subregion(s->root, ram);
    region_free(io);
    region_free(ram);
    space_free(s);
}

static void on_eventfd_add(MemoryListener *l, MemoryRegionSection *section, bool match_data,
                           uint64_t data, EventNotifier *e)
{
    g_assert_true(match_data);
    g_assert_cmpuint(data, ==, 0x55);
    g_assert_cmpuint(int128_get64(section->size), ==, 2);
    log_event(l, "eventfd_add", section);
}

static void on_eventfd_del(MemoryListener *l, MemoryRegionSection *section, bool match_data,
                           uint64_t data, EventNotifier *e)
{
    log_event(l, "eventfd_del", section);
}

static void test_ioeventfd(void)
{
    TestSpace *s = space_new(0x10000);
    MemoryRegion *io = io_region("io", 0x100);
    g_autoptr(GString) log = g_string_new(NULL);
    EventNotifier e;
    LogListener a;

    g_assert_cmpint(event_notifier_init(&e, false), ==, 0);
    memory_region_add_subregion(s->root, 0x1000, io);
    init_listener(&a, "a", log, 0);
    a.listener.eventfd_add = on_eventfd_add;
    a.listener.eventfd_del = on_eventfd_del;
    memory_listener_register(&a.listener, &s->as);
    g_string_truncate(log, 0);

    memory_region_add_eventfd(io, 0x10, 2, true, 0x55, &e);
    assert_log(log, "a.begin a.eventfd_add:io@1010 a.commit");
    /* Matched here as well, for those who do not do it in the kernel. */
    address_space_stw(&s->as, 0x1010, 0x54, ATTRS, NULL);
    address_space_stl(&s->as, 0x1010, 0x55, ATTRS, NULL);
    g_assert_cmpint(event_notifier_test_and_clear(&e), ==, 0);
    address_space_stw(&s->as, 0x1010, 0x55, ATTRS, NULL);
    g_assert_cmpint(event_notifier_test_and_clear(&e), ==, 1);

    memory_region_set_address(io, 0x2000);
    assert_log(log, "a.begin a.del:io@1000 a.add:io@2000 a.eventfd_del:(null)@1010 "
                    "a.eventfd_add:io@2010 a.commit");
    memory_region_del_eventfd(io, 0x10, 2, true, 0x55, &e);
    assert_log(log, "a.begin a.eventfd_del:io@2010 a.commit");
    address_space_stw(&s->as, 0x2010, 0x55, ATTRS, NULL);
    g_assert_cmpint(event_notifier_test_and_clear(&e), ==, 0);

    memory_listener_unregister(&a.listener);
    memory_region_del_subregion(s->root, io);
    region_free(io);
    event_notifier_cleanup(&e);
    space_free(s);
}

/* ---- readers in other threads ---- */

typedef struct Reader {
    QemuThread thread;
    AddressSpace *as;
    bool stop;
    uint64_t ones, twos;
} Reader;

/* Reads where one of two RAM regions is mapped: must see the whole of either, and never less. */
static void *reader_thread(void *opaque)
{
    Reader *r = opaque;

    rcu_register_thread();
    while (!qatomic_read(&r->stop)) {
        uint8_t buf[0x20];

        g_assert_cmpuint(address_space_read(r->as, 0x1ff0, ATTRS, buf, sizeof(buf)), ==, 0);
        g_assert_true(buf[0] == 1 || buf[0] == 2);
        g_assert_cmpint(buf[0x1f], ==, buf[0x10]);
        buf[0] == 1 ? r->ones++ : r->twos++;
    }
    rcu_unregister_thread();
    return NULL;
}

static void test_rcu(void)
{
    TestSpace *s = space_new(0x10000);
    MemoryRegion *under = region_new();
    Reader r = {.as = &s->as};
    gint64 end;
    int n = 0;

    memory_region_init_ram(under, NULL, "under", 0x10000, &error_abort);
    memset(memory_region_get_ram_ptr(under), 1, 0x10000);
    memory_region_add_subregion_overlap(s->root, 0, under, -1);
    qemu_thread_create(&r.thread, "reader", reader_thread, &r, QEMU_THREAD_JOINABLE);

    /* RAM that comes and goes, and is given back, while the other thread reads it. */
    end = g_get_monotonic_time() + 200 * 1000;
    while (g_get_monotonic_time() < end) {
        MemoryRegion *over = region_new();

        memory_region_init_ram(over, NULL, "over", 0x4000, &error_abort);
        memset(memory_region_get_ram_ptr(over), 2, 0x4000);
        memory_region_add_subregion(s->root, 0x1000, over);
        memory_region_del_subregion(s->root, over);
        region_free(over);
        n++;
    }
    qatomic_set(&r.stop, true);
    qemu_thread_join(&r.thread);
    g_assert_cmpint(n, >, 1);
    g_assert_cmpuint(r.ones, >, 0);
    memory_region_del_subregion(s->root, under);
    region_free(under);
    space_free(s);
}

/* ---- ports ---- */

static uint32_t last_port, last_data;

static uint32_t port_read8(void *opaque, uint32_t addr)
{
    return addr & 0xff;
}

static void port_write8(void *opaque, uint32_t addr, uint32_t data)
{
    last_port = addr;
    last_data = data;
}

static uint32_t port_read16(void *opaque, uint32_t addr)
{
    return 0x1600 | (addr & 0xff);
}

static const MemoryRegionPortio ports[] = {
    {0, 2, 1, .read = port_read8, .write = port_write8},
    {0, 1, 2, .read = port_read16},
    {6, 1, 1, .read = port_read8},
    PORTIO_END_OF_LIST(),
};

static void test_portio(void)
{
    PortioList list;

    portio_list_init(&list, NULL, ports, NULL, "ports");
    portio_list_add(&list, get_system_io(), 0x3f0);
    assert_view(&address_space_io, "ports@0:3f0-3f1 ports@0:3f6-3f6");
    g_assert_cmphex(cpu_inb(0x3f1), ==, 0xf1);
    g_assert_cmphex(cpu_inw(0x3f0), ==, 0x16f0);
    g_assert_cmphex(cpu_inb(0x3f6), ==, 0xf6);
    /* What is not there reads as ones, also half of an access. */
    g_assert_cmphex(cpu_inb(0x3f3), ==, 0xff);
    g_assert_cmphex(cpu_inw(0x3f1), ==, 0xfff1);
    g_assert_cmphex(cpu_inl(0x3f0), ==, 0xffff16f0);
    cpu_outw(0x3f0, 0xabcd);
    g_assert_cmphex(last_port, ==, 0x3f1);
    g_assert_cmphex(last_data, ==, 0xab);
    portio_list_set_address(&list, 0x100);
    g_assert_cmphex(cpu_inb(0x101), ==, 1);
    portio_list_set_enabled(&list, false);
    g_assert_cmphex(cpu_inb(0x101), ==, 0xff);
    portio_list_del(&list);
    portio_list_destroy(&list);
}

static void collect(void *opaque, const char *text)
{
    g_string_append(opaque, text);
}

static void test_mtree(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    TestSpace *s = space_new(0x10000);
    MemoryRegion *ram = region_new(), *window = region_new(), *off = io_region("off", 4);

    memory_region_init_ram(ram, NULL, "some.ram", 0x4000, &error_abort);
    memory_region_init_alias(window, NULL, "window", ram, 0x1000, 0x1000);
    memory_region_add_subregion_overlap(s->root, 0x2000, window, 3);
    memory_region_add_subregion(s->root, 0, off);
    memory_region_set_enabled(off, false);

    mtree_info(collect, text, false, false, false, false);
    g_assert_nonnull(strstr(text->str,
                            "address-space: test\n"
                            "  0000000000000000-000000000000ffff (prio 0, container): test-root\n"
                            "    0000000000002000-0000000000002fff (prio 3, ram): alias window "
                            "@some.ram 0000000000001000-0000000000001fff\n\n"));
    g_assert_nonnull(strstr(text->str, "memory-region: some.ram\n  0000000000000000-"));
    g_string_truncate(text, 0);
    mtree_info(collect, text, false, false, true, true);
    g_assert_nonnull(strstr(text->str, "off [disabled] parent:{obj path=/machine/unattached}\n"));
    g_string_truncate(text, 0);
    mtree_info(collect, text, true, true, false, false);
    g_assert_nonnull(strstr(text->str,
                            " AS \"test\", root: test-root\n Root memory region: test-root\n"
                            "  0000000000002000-0000000000002fff (prio 0, ram): some.ram "
                            "@0000000000001000\n"));
    memory_region_del_subregion(s->root, off);
    memory_region_del_subregion(s->root, window);
    region_free(off);
    region_free(window);
    region_free(ram);
    space_free(s);
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    g_test_add_func("/memory/view/overlap", test_overlap);
    g_test_add_func("/memory/view/alias", test_alias);
    g_test_add_func("/memory/view/top", test_top);
    g_test_add_func("/memory/view/sharing", test_sharing);
    g_test_add_func("/memory/view/random", test_random);
    g_test_add_func("/memory/view/listeners", test_listeners);
    g_test_add_func("/memory/view/ioeventfd", test_ioeventfd);
    g_test_add_func("/memory/view/rcu", test_rcu);
    g_test_add_func("/memory/view/portio", test_portio);
    g_test_add_func("/memory/view/mtree", test_mtree);
    return g_test_run();
}
