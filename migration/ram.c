/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory in a saved state. A part begins with a byte that tells its kind.
 *
 * PART_BLOCKS lists the blocks: name and length, ended by an empty name.
 * PART_PAGES are the pages: eight bytes of offset and, in the bits below a
 * page, what follows: the name of the block when it is not the one of the page
 * before, then the content unless the page is all zeros.
 */

#include "qemu/osdep.h"
#include "block/aio.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"
#include "migration/options.h"
#include "migration/qemu-file.h"
#include "migration/register.h"
#include "qemu/atomic.h"
#include "qemu/coroutine.h"
#include "qemu/cutils.h"
#include "qemu/main-loop.h"
#include "ram.h"

#define RAM_VERSION 1

#define PART_BLOCKS 1
#define PART_PAGES  2

#define PAGE_BYTES  TARGET_PAGE_SIZE
#define PAGE_ZERO   0x02
#define PAGE_DATA   0x08
#define PAGE_END    0x10 /* no page: the part is complete */
#define PAGE_SAME   0x20 /* of the same block as the page before */

/* Pages between two looks at what else the thread has to do. */
#define YIELD_PAGES 32768

/* Written by the thread that saves, read by any; atomically. */
static RAMSaveStats stats;

void ram_save_stats(RAMSaveStats *out)
{
    out->total_bytes = qatomic_read(&stats.total_bytes);
    out->remaining_bytes = qatomic_read(&stats.remaining_bytes);
    out->zero_pages = qatomic_read(&stats.zero_pages);
    out->normal_pages = qatomic_read(&stats.normal_pages);
}

/* ---- which blocks ---- */

/* Memory that both sides have from one file need not be moved, if that is asked for. */
static bool is_left_out(RAMBlock *block)
{
    return (block->flags & RAM_SHARED) &&
           migrate_capability_enabled(MIGRATION_CAPABILITY_X_IGNORE_SHARED);
}

static bool is_saved(RAMBlock *block)
{
    return qemu_ram_is_migratable(block) && block->idstr[0] && !is_left_out(block);
}

static int add_block(RAMBlock *block, void *opaque)
{
    if (is_saved(block)) {
        memory_region_ref(block->mr);
        g_ptr_array_add(opaque, block);
    }
    return 0;
}

static void release_blocks(GPtrArray *blocks)
{
    for (guint i = 0; i < blocks->len; i++) {
        memory_region_unref(((RAMBlock *)blocks->pdata[i])->mr);
    }
    g_ptr_array_unref(blocks);
}

/* References to the regions keep them there. */
static GPtrArray *saved_blocks(void)
{
    GPtrArray *blocks = g_ptr_array_new();

    qemu_ram_foreach_block(add_block, blocks);
    return blocks;
}

/* ---- saving ---- */

static int ram_save_setup(QEMUFile *f, void *opaque, Error **errp)
{
    GPtrArray *blocks = saved_blocks();
    uint64_t total = 0;

    qemu_put_byte(f, PART_BLOCKS);
    for (guint i = 0; i < blocks->len; i++) {
        RAMBlock *block = blocks->pdata[i];

        if (strlen(block->idstr) > 255) {
            error_setg(errp, "name of memory block '%s' is too long", block->idstr);
            release_blocks(blocks);
            return -EINVAL;
        }
        qemu_put_counted_string(f, block->idstr);
        qemu_put_be64(f, block->used_length);
        total += block->used_length;
    }
    qemu_put_byte(f, 0);
    release_blocks(blocks);
    qatomic_set(&stats.total_bytes, total);
    qatomic_set(&stats.remaining_bytes, total);
    qatomic_set(&stats.zero_pages, 0);
    qatomic_set(&stats.normal_pages, 0);
    return qemu_file_get_error_obj(f, errp);
}

static void save_page(QEMUFile *f, RAMBlock *block, ram_addr_t offset)
{
    const uint8_t *page = block->host + offset;
    bool zero = !ram_block_is_populated(block, offset) ||
                (migrate_detects_zero_pages() && buffer_is_zero(page, PAGE_BYTES));

    qemu_put_be64(f, offset | (offset ? PAGE_SAME : 0) | (zero ? PAGE_ZERO : PAGE_DATA));
    if (!offset) {
        qemu_put_counted_string(f, block->idstr);
    }
    if (zero) {
        qatomic_set(&stats.zero_pages, stats.zero_pages + 1);
    } else {
        qemu_put_buffer(f, page, PAGE_BYTES);
        qatomic_set(&stats.normal_pages, stats.normal_pages + 1);
    }
    qatomic_set(&stats.remaining_bytes, stats.remaining_bytes - PAGE_BYTES);
}

static int ram_save_complete(QEMUFile *f, void *opaque, Error **errp)
{
    GPtrArray *blocks = saved_blocks();
    int ret = 0;

    qemu_put_byte(f, PART_PAGES);
    for (guint i = 0; i < blocks->len && !ret; i++) {
        RAMBlock *block = blocks->pdata[i];

        for (ram_addr_t at = 0; at < block->used_length && !ret; at += PAGE_BYTES) {
            save_page(f, block, at);
            ret = qemu_file_get_error(f);
        }
    }
    release_blocks(blocks);
    qemu_put_be64(f, PAGE_END);
    return qemu_file_get_error_obj(f, errp);
}

/* ---- loading ---- */

static bool load_block_length(RAMBlock *block, uint64_t length, Error **errp)
{
    ERRP_GUARD();
    if (length == block->used_length) {
        return true;
    }
    if ((block->flags & RAM_RESIZEABLE) && length <= block->max_length) {
        return qemu_ram_resize(block, length, errp) == 0;
    }
    error_setg(errp,
               "memory block '%s' has 0x%" PRIx64 " bytes here, 0x%" PRIx64 " in the saved state",
               block->idstr, block->used_length, length);
    error_append_hint(errp, "Start with the -m and the devices of the saved machine.\n");
    return false;
}

/* BQL held: the block stays until the next yield. Only blocks that are saved count. */
static RAMBlock *find_block(const char *name, Error **errp)
{
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    block = *name ? qemu_ram_block_by_name(name) : NULL;
    if (!block || !is_saved(block)) {
        error_setg(errp, "the saved state has a memory block '%s' that this machine lacks", name);
        return NULL;
    }
    return block;
}

static int load_block_list(QEMUFile *f, Error **errp)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    GPtrArray *blocks;
    char name[256];
    int ret = 0;

    while (qemu_get_counted_string(f, name)) {
        uint64_t length = qemu_get_be64(f);
        RAMBlock *block;

        if (qemu_file_get_error_obj(f, errp)) {
            return -EIO;
        }
        block = find_block(name, errp);
        if (!block || !load_block_length(block, length, errp)) {
            return -EINVAL;
        }
        g_hash_table_add(seen, block);
    }
    blocks = saved_blocks();
    for (guint i = 0; i < blocks->len && !ret; i++) {
        RAMBlock *block = blocks->pdata[i];

        if (!g_hash_table_contains(seen, block)) {
            error_setg(errp, "the saved state lacks the memory block '%s'", block->idstr);
            ret = -EINVAL;
        }
    }
    release_blocks(blocks);
    return ret;
}

/* A page that is mapped from a file read-only must be what it was. */
static bool same_page(QEMUFile *f, const uint8_t *page, uint64_t head)
{
    uint8_t saved[PAGE_BYTES];

    if (head & PAGE_ZERO) {
        return buffer_is_zero(page, PAGE_BYTES);
    }
    qemu_get_buffer(f, saved, PAGE_BYTES);
    return !memcmp(page, saved, PAGE_BYTES);
}

static bool load_page(QEMUFile *f, RAMBlock *block, uint64_t head, Error **errp)
{
    uint8_t *page = block->host + (head & TARGET_PAGE_MASK);

    if (block->flags & RAM_READONLY) {
        if (!same_page(f, page, head)) {
            error_setg(errp, "memory block '%s' is read-only here and differs from the saved one",
                       block->idstr);
            return false;
        }
    } else if (head & PAGE_DATA) {
        qemu_get_buffer(f, page, PAGE_BYTES);
    } else if (!buffer_is_zero(page, PAGE_BYTES)) {
        /*
         * Memory that the host has not given yet reads as zeros and stays so. Which parts of a
         * block are holes is not asked: the device that knows is loaded only after its memory.
         */
        memset(page, 0, PAGE_BYTES);
    }
    return true;
}

/* Lets the rest of the main loop run. */
static void coroutine_fn yield_to_main_loop(void)
{
    aio_co_schedule(qemu_get_current_aio_context(), qemu_coroutine_self());
    qemu_coroutine_yield();
}

/*
 * The block that pages are loaded into. Every read of the stream may let the main loop run,
 * and there a monitor may delete a back end: the reference keeps its memory.
 */
static bool switch_block(RAMBlock **block, const char *name, Error **errp)
{
    RAMBlock *next = find_block(name, errp);

    if (next) {
        memory_region_ref(next->mr);
    }
    if (*block) {
        memory_region_unref((*block)->mr);
    }
    *block = next;
    return next != NULL;
}

static int load_pages(QEMUFile *f, RAMBlock **current, Error **errp)
{
    for (unsigned pages = 1;; pages++) {
        RAMBlock *block;
        uint64_t head = qemu_get_be64(f);
        unsigned flags = head & ~TARGET_PAGE_MASK;
        int ret = qemu_file_get_error_obj(f, errp);

        if (ret) {
            return ret;
        }
        if (head == PAGE_END) {
            return 0;
        }
        if ((flags & ~PAGE_SAME) != PAGE_ZERO && (flags & ~PAGE_SAME) != PAGE_DATA) {
            error_setg(errp, "the saved state is damaged: memory page of unknown kind 0x%x", flags);
            return -EINVAL;
        }
        if (!(flags & PAGE_SAME)) {
            char name[256];

            qemu_get_counted_string(f, name);
            if (!switch_block(current, name, errp)) {
                return -EINVAL;
            }
        }
        block = *current;
        if (!block || (head & TARGET_PAGE_MASK) >= block->used_length) {
            error_setg(errp,
                       "the saved state is damaged: there is no memory page at 0x%" PRIx64
                       " of block '%s'",
                       (uint64_t)(head & TARGET_PAGE_MASK), block ? block->idstr : "");
            return -EINVAL;
        }
        if (!load_page(f, block, head, errp)) {
            return -EINVAL;
        }
        if (pages % YIELD_PAGES == 0 && qemu_in_coroutine()) {
            yield_to_main_loop();
        }
    }
}

static int ram_load_precopy(QEMUFile *f, Error **errp)
{
    RAMBlock *block = NULL;
    int ret = load_pages(f, &block, errp);

    if (block) {
        memory_region_unref(block->mr);
    }
    return ret;
}

/* Who caches what memory held finds out that it has changed. */
static void announce_changes(void)
{
    GPtrArray *blocks = saved_blocks();

    for (guint i = 0; i < blocks->len; i++) {
        RAMBlock *block = blocks->pdata[i];

        WITH_RCU_READ_LOCK_GUARD()
        {
            invalidate_and_set_dirty(block->mr, 0, block->used_length);
        }
    }
    release_blocks(blocks);
}

static int ram_load(QEMUFile *f, void *opaque, int version_id, Error **errp)
{
    int kind, ret;

    if (version_id != RAM_VERSION) {
        error_setg(errp, "the saved state of memory has version %d; %d is known here", version_id,
                   RAM_VERSION);
        return -EINVAL;
    }
    kind = qemu_get_byte(f);
    if (kind == PART_BLOCKS) {
        return load_block_list(f, errp);
    }
    if (kind != PART_PAGES) {
        error_setg(errp, "the saved state is damaged: memory part of unknown kind 0x%02x", kind);
        return -EINVAL;
    }
    ret = ram_load_precopy(f, errp);
    announce_changes();
    return ret;
}

static const SaveVMHandlers ram_handlers = {
    .save_setup = ram_save_setup,
    .save_complete = ram_save_complete,
    .load_state = ram_load,
};

void ram_mig_init(void)
{
    register_savevm_live("ram", 0, RAM_VERSION, &ram_handlers, NULL);
}
