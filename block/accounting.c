/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics of requests. Any thread. */
#include "qemu/osdep.h"
#include "block/accounting.h"
#include "qemu/lockable.h"
#include "qemu/timer.h"

void block_acct_init(BlockAcctStats *stats)
{
    qemu_mutex_init(&stats->lock);
    stats->account_invalid = true;
    stats->account_failed = true;
}

void block_acct_setup(BlockAcctStats *stats, bool account_invalid, bool account_failed)
{
    stats->account_invalid = account_invalid;
    stats->account_failed = account_failed;
}

void block_acct_cleanup(BlockAcctStats *stats)
{
    for (int i = 0; i < BLOCK_MAX_IOTYPE; i++) {
        block_latency_histogram_set(stats, i, NULL, 0);
    }
    qemu_mutex_destroy(&stats->lock);
}

int64_t block_acct_now(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
}

void block_acct_start_at(BlockAcctCookie *cookie, int64_t bytes, BlockAcctType type, int64_t now)
{
    cookie->bytes = bytes;
    cookie->start_time_ns = now;
    cookie->type = type;
}

void block_acct_start(BlockAcctStats *stats, BlockAcctCookie *cookie, int64_t bytes,
                      BlockAcctType type)
{
    block_acct_start_at(cookie, bytes, type, block_acct_now());
}

/* Lock held. */
static void histogram_add(BlockLatencyHistogram *h, uint64_t latency_ns)
{
    int bin = 0;

    if (!h->bins) {
        return;
    }
    while (bin < h->nbins - 1 && latency_ns >= h->boundaries[bin]) {
        bin++;
    }
    h->bins[bin]++;
}

static void account(BlockAcctStats *stats, BlockAcctCookie *cookie, bool failed, int64_t now)
{
    int64_t latency = now - cookie->start_time_ns;

    if (cookie->type == BLOCK_ACCT_NONE) {
        return;
    }
    WITH_QEMU_LOCK_GUARD(&stats->lock)
    {
        if (failed) {
            stats->failed_ops[cookie->type]++;
        } else {
            stats->nr_bytes[cookie->type] += cookie->bytes;
            stats->nr_ops[cookie->type]++;
        }
        histogram_add(&stats->latency_histogram[cookie->type], latency);
        if (!failed || stats->account_failed) {
            stats->total_time_ns[cookie->type] += latency;
            stats->last_access_time_ns = now;
        }
    }
    /* Ended: a second call would count it twice. */
    cookie->type = BLOCK_ACCT_NONE;
}

void block_acct_done_at(BlockAcctStats *stats, BlockAcctCookie *cookie, int64_t now)
{
    account(stats, cookie, false, now);
}

void block_acct_done(BlockAcctStats *stats, BlockAcctCookie *cookie)
{
    account(stats, cookie, false, block_acct_now());
}

void block_acct_failed(BlockAcctStats *stats, BlockAcctCookie *cookie)
{
    account(stats, cookie, true, block_acct_now());
}

void block_acct_invalid(BlockAcctStats *stats, BlockAcctType type)
{
    QEMU_LOCK_GUARD(&stats->lock);
    stats->invalid_ops[type]++;
    if (stats->account_invalid) {
        stats->last_access_time_ns = block_acct_now();
    }
}

void block_acct_merge_done(BlockAcctStats *stats, BlockAcctType type, int num_requests)
{
    QEMU_LOCK_GUARD(&stats->lock);
    stats->merged[type] += num_requests;
}

int64_t block_acct_idle_time_ns(BlockAcctStats *stats)
{
    QEMU_LOCK_GUARD(&stats->lock);
    return stats->last_access_time_ns ? block_acct_now() - stats->last_access_time_ns : 0;
}

bool block_latency_histogram_set(BlockAcctStats *stats, BlockAcctType type,
                                 const uint64_t *boundaries, int n)
{
    BlockLatencyHistogram *h = &stats->latency_histogram[type];

    for (int i = 0; i < n; i++) {
        if (boundaries[i] == 0 || (i && boundaries[i] <= boundaries[i - 1])) {
            return false;
        }
    }
    QEMU_LOCK_GUARD(&stats->lock);
    g_free(h->boundaries);
    g_free(h->bins);
    *h = (BlockLatencyHistogram){0};
    if (n) {
        h->nbins = n + 1;
        h->boundaries = g_memdup2(boundaries, n * sizeof(*boundaries));
        h->bins = g_new0(uint64_t, n + 1);
    }
    return true;
}
