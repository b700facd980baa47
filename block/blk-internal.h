/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of BlockBackend, shared by the files blk-*.c. */
#ifndef BLOCK_BLK_INTERNAL_H
#define BLOCK_BLK_INTERNAL_H

#include "block/block-backend.h"
#include "block/block_int.h"
#include "block/throttle.h"

struct BlockBackend {
    /* Main thread. */
    char *name;
    int refcnt;
    BdrvChild *root; /* changed while drained */
    QTAILQ_ENTRY(BlockBackend) link;
    QTAILQ_ENTRY(BlockBackend) monitor_link;
    DeviceState *dev;
    const BlockDevOps *dev_ops;
    void *dev_opaque;
    uint64_t perm;
    uint64_t shared_perm;
    bool read_only_medium_default; /* what an empty drive would be */
    bool allow_write_beyond_eof;
    BlockdevOnError on_read_error, on_write_error;
    bool iostatus_enabled;
    int iostatus;             /* 0: ok, else errno of the first error; atomic */
    ThrottleMember *throttle; /* NULL: no limits; changed while drained */

    /* Any thread. */
    bool enable_write_cache;
    BlockAcctStats stats;
    unsigned in_flight;  /* atomic */
    int quiesce_counter; /* atomic; written by the main thread */
    bool disable_request_queuing;
    QemuMutex queued_requests_lock;
    CoQueue queued_requests; /* queued_requests_lock */
};

typedef QTAILQ_HEAD(BlockBackendList, BlockBackend) BlockBackendList;
extern BlockBackendList block_backends;

/* The class of the edge from a BlockBackend to its medium. */
extern const BdrvChildClass child_root;
/* Of who means this node, not what is seen in its place. */
extern const BdrvChildClass child_root_at_node;

/* [any] As the hooks say. */
void blk_stop_machine(void);
/* g_free() it. */
char *blk_get_attached_dev_path(BlockBackend *blk);
bool blk_any_in_flight_without_medium(void);
/* A request while drained sleeps here, not counted as in flight, until the end of that. */
void coroutine_fn blk_wait_while_drained(BlockBackend *blk);

#endif
