/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Statistics of a device's requests, as query-blockstats shows them. The device starts a cookie
 * when it begins a request and ends it once. Any thread.
 */
#ifndef BLOCK_ACCOUNTING_H
#define BLOCK_ACCOUNTING_H

#include "block/block-common.h"
#include "qemu/thread.h"

typedef enum BlockAcctType {
    BLOCK_ACCT_NONE = 0,
    BLOCK_ACCT_READ,
    BLOCK_ACCT_WRITE,
    BLOCK_ACCT_FLUSH,
    BLOCK_ACCT_UNMAP,
    BLOCK_ACCT_ZONE_APPEND,
    BLOCK_MAX_IOTYPE,
} BlockAcctType;

typedef struct BlockAcctCookie {
    int64_t bytes;
    int64_t start_time_ns;
    BlockAcctType type;
} BlockAcctCookie;

/* Counts of latencies below each of @boundaries (ns, rising), and of those above all. */
typedef struct BlockLatencyHistogram {
    int nbins;
    uint64_t *boundaries;
    uint64_t *bins;
} BlockLatencyHistogram;

typedef struct BlockAcctStats {
    QemuMutex lock; /* all below */
    uint64_t nr_bytes[BLOCK_MAX_IOTYPE];
    uint64_t nr_ops[BLOCK_MAX_IOTYPE];
    uint64_t invalid_ops[BLOCK_MAX_IOTYPE];
    uint64_t failed_ops[BLOCK_MAX_IOTYPE];
    uint64_t total_time_ns[BLOCK_MAX_IOTYPE];
    uint64_t merged[BLOCK_MAX_IOTYPE];
    int64_t last_access_time_ns;
    bool account_invalid;
    bool account_failed;
    BlockLatencyHistogram latency_histogram[BLOCK_MAX_IOTYPE];
} BlockAcctStats;

void block_acct_init(BlockAcctStats *stats);
void block_acct_setup(BlockAcctStats *stats, bool account_invalid, bool account_failed);
void block_acct_cleanup(BlockAcctStats *stats);
void block_acct_start(BlockAcctStats *stats, BlockAcctCookie *cookie, int64_t bytes,
                      BlockAcctType type);
void block_acct_done(BlockAcctStats *stats, BlockAcctCookie *cookie);
/* The same of several requests at one time: the clock is asked once, by block_acct_now(). */
int64_t block_acct_now(void);
void block_acct_start_at(BlockAcctCookie *cookie, int64_t bytes, BlockAcctType type, int64_t now);
void block_acct_done_at(BlockAcctStats *stats, BlockAcctCookie *cookie, int64_t now);
void block_acct_failed(BlockAcctStats *stats, BlockAcctCookie *cookie);
/* The guest asked for something that cannot be; nothing was started. */
void block_acct_invalid(BlockAcctStats *stats, BlockAcctType type);
void block_acct_merge_done(BlockAcctStats *stats, BlockAcctType type, int num_requests);
/* ns since the last access; 0: never. */
int64_t block_acct_idle_time_ns(BlockAcctStats *stats);
/* @boundaries in ns, rising; false if they are not. @n 0: no histogram. */
bool block_latency_histogram_set(BlockAcctStats *stats, BlockAcctType type,
                                 const uint64_t *boundaries, int n);

#endif
