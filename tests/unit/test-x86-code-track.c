/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages that hold code: who is told of a store, and when. No vCPU is needed. */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "memory-test.h"
#include "target/i386/tcg/code-track.h"

#define RAM_PAGES 4

static MemoryRegion ram;
static unsigned told;
static void (*when_told)(void);

static ram_addr_t page_addr(unsigned page)
{
    return memory_region_get_ram_addr(&ram) + page * TARGET_PAGE_SIZE;
}

static void store(unsigned page, unsigned offset)
{
    ram_notify_write(page_addr(page) + offset, 4);
}

static void invalidated(X86CodeTrack *t, unsigned offset, unsigned len)
{
    void (*then)(void) = when_told;

    told++;
    when_told = NULL;
    if (then) {
        then();
    }
}

static void test_told_once(void)
{
    X86CodeTrack *t = x86_code_track(page_addr(0));
    uint32_t gen = x86_code_gen(t);

    told = 0;
    x86_code_cover(t, 0x100, 16);
    store(0, 0x200);
    g_assert_cmpuint(told, ==, 0);
    g_assert_cmpuint(x86_code_gen(t), ==, gen);
    store(0, 0x108);
    g_assert_cmpuint(told, ==, 1);
    g_assert_cmpuint(x86_code_gen(t), !=, gen);
    store(0, 0x108);
    g_assert_cmpuint(told, ==, 1);
}

static void second_store(void)
{
    store(1, 0x104);
}

/*
 * Another thread's store while the first is about to drop the translated code: when
 * it has ended, that code must be gone, so it cannot leave the telling to the first.
 */
static void test_store_while_telling(void)
{
    x86_code_cover(x86_code_track(page_addr(1)), 0x100, 16);
    told = 0;
    when_told = second_store;
    store(1, 0x100);
    g_assert_cmpuint(told, ==, 2);
    store(1, 0x100);
    g_assert_cmpuint(told, ==, 2);
}

/* A page that is stored to again and again and holds no code is not watched for ever. */
static void test_let_go(void)
{
    X86CodeTrack *t = x86_code_track(page_addr(2));

    x86_code_cover(t, 0, 64);
    store(2, 0);
    for (unsigned i = 0; i < 1000 && !ram_page_is_dirty_for_all(page_addr(2)); i++) {
        store(2, 0);
    }
    g_assert_true(ram_page_is_dirty_for_all(page_addr(2)));
    told = 0;
    x86_code_cover(t, 0, 64);
    g_assert_false(ram_page_is_dirty_for_all(page_addr(2)));
    store(2, 8);
    g_assert_cmpuint(told, ==, 1);
}

int main(int argc, char **argv)
{
    memory_test_init(&argc, &argv);
    memory_region_init_ram(&ram, NULL, "ram", RAM_PAGES * TARGET_PAGE_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    x86_code_track_init();
    x86_code_set_invalidate(invalidated);
    g_test_add_func("/x86-code-track/told-once", test_told_once);
    g_test_add_func("/x86-code-track/store-while-telling", test_store_while_telling);
    g_test_add_func("/x86-code-track/let-go", test_let_go);
    return g_test_run();
}
