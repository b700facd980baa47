/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast a guest writes to memory, measured over some time: whoever wants to
 * move it needs to know. Either some pages of each GiB are looked at before and
 * after, or all pages that were written to are counted. Main thread, BQL held.
 */

#include "qemu/osdep.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"
#include "exec/target_page.h"
#include "migration/dirtyrate.h"
#include "qapi/error.h"
#include "qemu/crc.h"
#include "qemu/timer.h"
#include "qemu/units.h"
#include "system/runstate.h"

/* A page that is looked at, and what it had in it. */
typedef struct SamplePage {
    ram_addr_t offset;
    uint32_t sum;
} SamplePage;

typedef struct SampleBlock {
    RAMBlock *block; /* its region is referenced */
    SamplePage *pages;
    unsigned count;
} SampleBlock;

static struct {
    DirtyRateStatus status;
    DirtyRateRequest request;
    int64_t start_s, start_ms, took_ms;
    int64_t rate; /* MiB a second */
    QEMUTimer *timer;
    GArray *samples; /* of SampleBlock */
} dirty_rate;

static int64_t now_ms(void)
{
    return qemu_clock_get_ms(QEMU_CLOCK_REALTIME);
}

static bool is_measured(RAMBlock *block)
{
    return qemu_ram_is_migratable(block) && block->idstr[0];
}

/* ---- some pages ---- */

static uint32_t page_sum(RAMBlock *block, ram_addr_t offset)
{
    return crc32c(0, block->host + offset, TARGET_PAGE_SIZE);
}

static int take_samples(RAMBlock *block, void *opaque)
{
    uint64_t pages = block->used_length / TARGET_PAGE_SIZE;
    uint64_t count = block->used_length * dirty_rate.request.sample_pages / GiB;
    SampleBlock sample = {.block = block};

    if (!is_measured(block) || !pages) {
        return 0;
    }
    sample.count = MAX(count, 1);
    sample.pages = g_new(SamplePage, sample.count);
    for (unsigned i = 0; i < sample.count; i++) {
        uint64_t page = ((uint64_t)g_random_int() << 32 | g_random_int()) % pages;

        sample.pages[i].offset = page * TARGET_PAGE_SIZE;
        sample.pages[i].sum = page_sum(block, sample.pages[i].offset);
    }
    memory_region_ref(block->mr);
    g_array_append_val(dirty_rate.samples, sample);
    return 0;
}

/* Bytes that were written to, as far as the samples tell. */
static uint64_t evaluate_samples(void)
{
    double bytes = 0;

    for (guint i = 0; i < dirty_rate.samples->len; i++) {
        SampleBlock *sample = &g_array_index(dirty_rate.samples, SampleBlock, i);
        unsigned changed = 0;

        for (unsigned k = 0; k < sample->count; k++) {
            SamplePage *page = &sample->pages[k];

            /* A block that became smaller has no such page any more. */
            changed += page->offset >= sample->block->used_length ||
                       page_sum(sample->block, page->offset) != page->sum;
        }
        bytes += (double)sample->block->used_length * changed / sample->count;
        memory_region_unref(sample->block->mr);
        g_free(sample->pages);
    }
    g_array_set_size(dirty_rate.samples, 0);
    return bytes;
}

/* ---- all pages ---- */

static int forget_block(RAMBlock *block, void *opaque)
{
    if (is_measured(block)) {
        ram_test_and_clear_dirty(block->offset, block->used_length, DIRTY_MEMORY_MIGRATION);
    }
    return 0;
}

static int count_block(RAMBlock *block, void *opaque)
{
    uint64_t *bytes = opaque;

    for (ram_addr_t at = 0; is_measured(block) && at < block->used_length; at += TARGET_PAGE_SIZE) {
        if (ram_get_dirty(block->offset + at, TARGET_PAGE_SIZE, DIRTY_MEMORY_MIGRATION)) {
            *bytes += TARGET_PAGE_SIZE;
        }
    }
    return 0;
}

static bool start_log(Error **errp)
{
    if (!memory_global_dirty_log_start(GLOBAL_DIRTY_DIRTY_RATE, errp)) {
        return false;
    }
    memory_global_dirty_log_sync(false);
    qemu_ram_foreach_block(forget_block, NULL);
    return true;
}

static uint64_t evaluate_log(void)
{
    uint64_t bytes = 0;

    memory_global_dirty_log_sync(false);
    qemu_ram_foreach_block(count_block, &bytes);
    memory_global_dirty_log_stop(GLOBAL_DIRTY_DIRTY_RATE);
    return bytes;
}

/* ---- a measurement ---- */

static void finish(void *opaque)
{
    uint64_t bytes = dirty_rate.request.mode == DIRTY_RATE_MEASURE_MODE_PAGE_SAMPLING
                         ? evaluate_samples()
                         : evaluate_log();

    dirty_rate.took_ms = MAX(now_ms() - dirty_rate.start_ms, 1);
    dirty_rate.rate = (double)bytes * 1000 / dirty_rate.took_ms / MiB;
    dirty_rate.status = DIRTY_RATE_STATUS_MEASURED;
    g_clear_pointer(&dirty_rate.timer, timer_free);
}

bool dirty_rate_start(const DirtyRateRequest *request, Error **errp)
{
    if (dirty_rate.status == DIRTY_RATE_STATUS_MEASURING) {
        error_setg(errp, "a measurement is on its way; query-dirty-rate tells when it is over");
        return false;
    }
    if (request->mode == DIRTY_RATE_MEASURE_MODE_PAGE_SAMPLING) {
        dirty_rate.request = *request;
        if (!dirty_rate.samples) {
            dirty_rate.samples = g_array_new(false, false, sizeof(SampleBlock));
        }
        qemu_ram_foreach_block(take_samples, NULL);
    } else if (!start_log(errp)) {
        return false;
    }
    dirty_rate.request = *request;
    dirty_rate.start_ms = now_ms();
    dirty_rate.start_s = dirty_rate.start_ms / 1000;
    dirty_rate.status = DIRTY_RATE_STATUS_MEASURING;
    dirty_rate.timer = timer_new_ms(QEMU_CLOCK_REALTIME, finish, NULL);
    timer_mod(dirty_rate.timer, dirty_rate.start_ms + request->time_ms);
    return true;
}

void dirty_rate_query(DirtyRateReport *report)
{
    *report = (DirtyRateReport){
        .status = dirty_rate.status,
        .request = dirty_rate.request,
        .start_s = dirty_rate.start_s,
        .rate = dirty_rate.rate,
    };
}
