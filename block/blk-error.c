/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a BlockBackend does about errors: rerror=, werror=, BLOCK_IO_ERROR, the I/O status. */
#include "qemu/osdep.h"
#include "blk-internal.h"
#include "qapi/qapi-events-block-core.h"
#include "qemu/main-loop.h"

void blk_set_on_error(BlockBackend *blk, BlockdevOnError on_read_error,
                      BlockdevOnError on_write_error)
{
    blk->on_read_error = on_read_error;
    blk->on_write_error = on_write_error;
}

BlockdevOnError blk_get_on_error(BlockBackend *blk, bool is_read)
{
    return is_read ? blk->on_read_error : blk->on_write_error;
}

BlockErrorAction blk_get_error_action(BlockBackend *blk, bool is_read, int error)
{
    switch (blk_get_on_error(blk, is_read)) {
    case BLOCKDEV_ON_ERROR_ENOSPC:
    case BLOCKDEV_ON_ERROR_AUTO:
        return error == ENOSPC ? BLOCK_ERROR_ACTION_STOP : BLOCK_ERROR_ACTION_REPORT;
    case BLOCKDEV_ON_ERROR_STOP:
        return BLOCK_ERROR_ACTION_STOP;
    case BLOCKDEV_ON_ERROR_IGNORE:
        return BLOCK_ERROR_ACTION_IGNORE;
    case BLOCKDEV_ON_ERROR_REPORT:
    default:
        return BLOCK_ERROR_ACTION_REPORT;
    }
}

typedef struct ErrorEvent {
    BlockBackend *blk;
    BlockErrorAction action;
    bool is_read;
    int error;
} ErrorEvent;

/* Main thread. */
static void send_event(BlockBackend *blk, BlockErrorAction action, bool is_read, int error)
{
    BlockDriverState *bs = blk_bs(blk);
    g_autofree char *path = blk_get_attached_dev_path(blk);

    qapi_event_send_block_io_error(path, blk_name(blk), bs ? bdrv_get_node_name(bs) : NULL,
                                   is_read ? IO_OPERATION_TYPE_READ : IO_OPERATION_TYPE_WRITE,
                                   action, true, error == ENOSPC, strerror(error));
}

static void error_event_bh(void *opaque)
{
    ErrorEvent *e = opaque;

    send_event(e->blk, e->action, e->is_read, e->error);
    blk_unref(e->blk);
    g_free(e);
}

/* Any thread. */
void blk_error_action(BlockBackend *blk, BlockErrorAction action, bool is_read, int error)
{
    if (action == BLOCK_ERROR_ACTION_STOP) {
        /* Before the machine is stopped: who sees it stopped can ask why. */
        blk_iostatus_set_err(blk, error);
    }
    if (qemu_get_current_aio_context() == qemu_get_aio_context()) {
        send_event(blk, action, is_read, error);
    } else {
        ErrorEvent *e = g_new(ErrorEvent, 1);

        *e = (ErrorEvent){blk, action, is_read, error};
        blk_ref(blk);
        aio_bh_schedule_oneshot(qemu_get_aio_context(), error_event_bh, e);
    }
    if (action == BLOCK_ERROR_ACTION_STOP) {
        blk_stop_machine();
    }
}

void blk_iostatus_enable(BlockBackend *blk)
{
    blk->iostatus_enabled = true;
    qatomic_set(&blk->iostatus, 0);
}

void blk_iostatus_reset(BlockBackend *blk)
{
    qatomic_set(&blk->iostatus, 0);
}

void blk_iostatus_reset_all(void)
{
    for (BlockBackend *blk = blk_all_next(NULL); blk; blk = blk_all_next(blk)) {
        blk_iostatus_reset(blk);
    }
}

void blk_iostatus_set_err(BlockBackend *blk, int error)
{
    /* The first one stays. */
    qatomic_cmpxchg(&blk->iostatus, 0, error);
}

const char *blk_iostatus(const BlockBackend *blk)
{
    int error = qatomic_read(&blk->iostatus);

    /* Where nothing stops there is nothing to ask after. */
    if (!blk->iostatus_enabled || (blk->on_write_error != BLOCKDEV_ON_ERROR_ENOSPC &&
                                   blk->on_write_error != BLOCKDEV_ON_ERROR_STOP &&
                                   blk->on_read_error != BLOCKDEV_ON_ERROR_STOP)) {
        return NULL;
    }
    return !error ? "ok" : error == ENOSPC ? "nospace" : "failed";
}
