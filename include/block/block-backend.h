/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BlockBackend: what a device (or a job, an export, a tool) holds to use a block node. It has the
 * permissions of its user, counts its requests, queues them while the node is drained, and knows
 * what to do about errors. The medium (root node) may be absent or change.
 *
 * Threads: requests and what is marked [any] from any thread that has an AioContext; the rest in
 * the main thread with the BQL held. A callback comes in the thread that submitted the request.
 */
#ifndef BLOCK_BLOCK_BACKEND_H
#define BLOCK_BLOCK_BACKEND_H

#include "block/accounting.h"
#include "block/block-common.h"
#include "qemu/notify.h"
#include "qobject/qdict.h"

/*
 * What the block layer tells a device. All are optional; main thread, unless noted.
 */
typedef struct BlockDevOps {
    /*
     * The medium was put in (@load) or is going away. A device that cannot take the new one sets
     * @errp. Its presence makes the medium removable.
     */
    void (*change_media_cb)(void *opaque, bool load, Error **errp);
    /* Somebody asks for the medium while the guest has it locked. */
    void (*eject_request_cb)(void *opaque, bool force);
    bool (*is_tray_open)(void *opaque);
    bool (*is_medium_locked)(void *opaque);
    void (*resize_cb)(void *opaque);
    /*
     * From begin to end the device submits nothing by itself (stops looking at its rings);
     * it may still complete what it has. @drained_poll: is it still busy?
     */
    void (*drained_begin)(void *opaque);
    void (*drained_end)(void *opaque);
    bool (*drained_poll)(void *opaque);
} BlockDevOps;

/* ---- life and names ---- */

/* Without a name and a medium. @perm, @shared_perm: BLK_PERM_*. */
BlockBackend *blk_new(uint64_t perm, uint64_t shared_perm);
/* Over @bs. NULL and @errp if the permissions conflict. */
BlockBackend *blk_new_with_bs(BlockDriverState *bs, uint64_t perm, uint64_t shared_perm,
                              Error **errp);
/* The same, but stays at @bs when another node takes the place of that. */
BlockBackend *blk_new_at_node(BlockDriverState *bs, uint64_t perm, uint64_t shared_perm,
                              Error **errp);
/* Opens an image as bdrv_open() does; for tools. @flags decide the permissions. */
BlockBackend *blk_new_open(const char *filename, const char *reference, QDict *options, int flags,
                           Error **errp);
void blk_ref(BlockBackend *blk);
void blk_unref(BlockBackend *blk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BlockBackend, blk_unref)

/* The ID that users gave a drive; "" if none. */
const char *blk_name(const BlockBackend *blk);
BlockBackend *blk_by_name(const char *name);
/* false and @errp when the name is taken. A named one is kept until monitor_remove_blk(). */
bool monitor_add_blk(BlockBackend *blk, const char *name, Error **errp);
void monitor_remove_blk(BlockBackend *blk);
/* Those with a name, NULL starts. */
BlockBackend *blk_next(BlockBackend *blk);
/* All of them. */
BlockBackend *blk_all_next(BlockBackend *blk);
/* The one a device's qdev ID or QOM path names. */
BlockBackend *blk_by_qdev_id(const char *id, Error **errp);

/* ---- the medium ---- */

BlockDriverState *blk_bs(BlockBackend *blk);
bool blk_insert_bs(BlockBackend *blk, BlockDriverState *bs, Error **errp);
/* @new_bs takes the medium's place, with the same permissions; there must be a medium. Drains. */
bool blk_replace_bs(BlockBackend *blk, BlockDriverState *new_bs, Error **errp);
void blk_remove_bs(BlockBackend *blk);
/* [any] Is there a medium with something in it? */
bool blk_is_inserted(BlockBackend *blk);
bool blk_is_available(BlockBackend *blk); /* inserted, and the tray is closed */
bool blk_is_writable(BlockBackend *blk);
/* Read-only by its options, medium or not. */
bool blk_supports_write_perm(BlockBackend *blk);
/* What an empty drive would have of a medium. */
void blk_set_read_only_default(BlockBackend *blk, bool read_only);
bool blk_set_perm(BlockBackend *blk, uint64_t perm, uint64_t shared_perm, Error **errp);
void blk_get_perm(BlockBackend *blk, uint64_t *perm, uint64_t *shared_perm);
void blk_set_allow_write_beyond_eof(BlockBackend *blk, bool allow);
void blk_lock_medium(BlockBackend *blk, bool locked);
/* The guest has opened (@eject_flag) or closed the tray: moves that of the host, sends
 * DEVICE_TRAY_MOVED. */
void blk_eject(BlockBackend *blk, bool eject_flag);
/* Tell the device about a new medium or the loss of one; sends DEVICE_TRAY_MOVED if that moves its
 * tray. */
void blk_dev_change_media_cb(BlockBackend *blk, bool load, Error **errp);
bool blk_dev_has_removable_media(BlockBackend *blk);
bool blk_dev_has_tray(BlockBackend *blk);
void blk_dev_eject_request(BlockBackend *blk, bool force);
bool blk_dev_is_tray_open(BlockBackend *blk);
bool blk_dev_is_medium_locked(BlockBackend *blk);

/* ---- the device ---- */

/* -EBUSY if another device has it. The device must be detached before it goes. */
int blk_attach_dev(BlockBackend *blk, DeviceState *dev);
void blk_detach_dev(BlockBackend *blk, DeviceState *dev);
DeviceState *blk_get_attached_dev(BlockBackend *blk);
BlockBackend *blk_by_dev(void *dev);
/* "drive0", or the device's ID or path; g_free() it. */
char *blk_get_attached_dev_id(BlockBackend *blk);
void blk_set_dev_ops(BlockBackend *blk, const BlockDevOps *ops, void *opaque);

/* ---- facts; [any] ---- */

/* Bytes, or -ENOMEDIUM. */
int64_t blk_getlength(BlockBackend *blk);
int64_t blk_nb_sectors(BlockBackend *blk);
/* 512-byte sectors; 0 without medium. */
void blk_get_geometry(BlockBackend *blk, uint64_t *nb_sectors_ptr);
uint32_t blk_get_request_alignment(BlockBackend *blk);
/* Bytes; how much one request may transfer, and through how many pieces (SG_IO). */
uint32_t blk_get_max_transfer(BlockBackend *blk);
uint64_t blk_get_max_hw_transfer(BlockBackend *blk);
int blk_get_max_iov(BlockBackend *blk);
int blk_probe_blocksizes(BlockBackend *blk, BlockSizes *bsz);
int blk_probe_geometry(BlockBackend *blk, HDGeometry *geo);
void *blk_blockalign(BlockBackend *blk, size_t size);
void *blk_try_blockalign(BlockBackend *blk, size_t size);
int blk_get_flags(BlockBackend *blk);
BlockAcctStats *blk_get_stats(BlockBackend *blk);
/* Whether the guest sees a write cache; a flush follows each write if not. */
bool blk_enable_write_cache(BlockBackend *blk);
void blk_set_enable_write_cache(BlockBackend *blk, bool wce);

/* ---- limits ---- */

/* Be a member of the group; NULL: of none. Main thread. */
void blk_set_throttle_group(BlockBackend *blk, const char *group);
/* NULL without one. */
struct ThrottleGroup *blk_get_throttle_group(BlockBackend *blk);

/* ---- errors ---- */

void blk_set_on_error(BlockBackend *blk, BlockdevOnError on_read_error,
                      BlockdevOnError on_write_error);
BlockdevOnError blk_get_on_error(BlockBackend *blk, bool is_read);
/* What the policy says about @error (a positive errno). */
BlockErrorAction blk_get_error_action(BlockBackend *blk, bool is_read, int error);
/* Do it: send BLOCK_IO_ERROR, stop the machine. For STOP the device keeps the request to retry. */
void blk_error_action(BlockBackend *blk, BlockErrorAction action, bool is_read, int error);
void blk_iostatus_enable(BlockBackend *blk);
void blk_iostatus_reset(BlockBackend *blk);
/* Of all: the machine goes on. */
void blk_iostatus_reset_all(void);
void blk_iostatus_set_err(BlockBackend *blk, int error);
/* "ok", "failed", "nospace"; NULL while it is not enabled, or no error stops the machine. */
const char *blk_iostatus(const BlockBackend *blk);

/*
 * What the block layer needs from the machine, set once by system/: stop it with an I/O error,
 * and name devices. Without (tools), errors are reported.
 */
typedef struct BlockBackendHooks {
    /* Any thread. @nospace: ENOSPC. */
    void (*vm_stop_io_error)(void);
    /* Both g_free(). @id: the device's ID or "" . */
    char *(*dev_id)(DeviceState *dev);
    char *(*dev_path)(DeviceState *dev);
    DeviceState *(*find_dev)(const char *id);
} BlockBackendHooks;
void blk_set_hooks(const BlockBackendHooks *hooks);

/* ---- requests with callback: for devices ---- */

/*
 * Start a request; @cb(@opaque, 0 or -errno) comes later, never from within this call: from the
 * event loop or, for requests of a batch (defer-call.h), from its end. [any]
 */
BlockAIOCB *blk_aio_preadv(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov,
                           BdrvRequestFlags flags, BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_pwritev(BlockBackend *blk, int64_t offset, QEMUIOVector *qiov,
                            BdrvRequestFlags flags, BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes,
                                  BdrvRequestFlags flags, BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes,
                             BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_flush(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque);
BlockAIOCB *blk_aio_ioctl(BlockBackend *blk, unsigned long req, void *buf, BlockCompletionFunc *cb,
                          void *opaque);
/* Ask for early completion. The callback comes in any case. */
void blk_aio_cancel_async(BlockAIOCB *acb);
/* A request that fails with @ret, through the usual callback. */
BlockAIOCB *blk_abort_aio_request(BlockBackend *blk, BlockCompletionFunc *cb, void *opaque,
                                  int ret);

/* ---- requests in coroutines ---- */

int coroutine_fn blk_co_preadv(BlockBackend *blk, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                               BdrvRequestFlags flags);
int coroutine_fn blk_co_pwritev(BlockBackend *blk, int64_t offset, int64_t bytes,
                                QEMUIOVector *qiov, BdrvRequestFlags flags);
int coroutine_fn blk_co_pwritev_part(BlockBackend *blk, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset,
                                     BdrvRequestFlags flags);
int coroutine_fn blk_co_pread(BlockBackend *blk, int64_t offset, int64_t bytes, void *buf,
                              BdrvRequestFlags flags);
int coroutine_fn blk_co_pwrite(BlockBackend *blk, int64_t offset, int64_t bytes, const void *buf,
                               BdrvRequestFlags flags);
int coroutine_fn blk_co_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes,
                                      BdrvRequestFlags flags);
int coroutine_fn blk_co_pwrite_compressed(BlockBackend *blk, int64_t offset, int64_t bytes,
                                          const void *buf);
int coroutine_fn blk_co_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes);
int coroutine_fn blk_co_flush(BlockBackend *blk);
int coroutine_fn blk_co_ioctl(BlockBackend *blk, unsigned long req, void *buf);
int coroutine_fn blk_co_truncate(BlockBackend *blk, int64_t offset, bool exact,
                                 PreallocMode prealloc, unsigned flags, Error **errp);
int coroutine_fn blk_co_copy_range(BlockBackend *blk_in, int64_t off_in, BlockBackend *blk_out,
                                   int64_t off_out, int64_t bytes, BdrvRequestFlags read_flags,
                                   BdrvRequestFlags write_flags);

/* ---- requests that wait: in coroutines, or in the main thread, which runs its loop ---- */

int blk_preadv(BlockBackend *blk, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
               BdrvRequestFlags flags);
int blk_pwritev(BlockBackend *blk, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                BdrvRequestFlags flags);
int blk_pread(BlockBackend *blk, int64_t offset, int64_t bytes, void *buf, BdrvRequestFlags flags);
int blk_pwrite(BlockBackend *blk, int64_t offset, int64_t bytes, const void *buf,
               BdrvRequestFlags flags);
int blk_pwrite_zeroes(BlockBackend *blk, int64_t offset, int64_t bytes, BdrvRequestFlags flags);
int blk_pdiscard(BlockBackend *blk, int64_t offset, int64_t bytes);
int blk_flush(BlockBackend *blk);
int blk_ioctl(BlockBackend *blk, unsigned long req, void *buf);
int blk_truncate(BlockBackend *blk, int64_t offset, bool exact, PreallocMode prealloc,
                 unsigned flags, Error **errp);
int blk_save_vmstate(BlockBackend *blk, const uint8_t *buf, int64_t pos, int size);
int blk_load_vmstate(BlockBackend *blk, uint8_t *buf, int64_t pos, int size);

/* Wait for all requests of @blk. */
void blk_drain(BlockBackend *blk);
/* [any] Count something as a request, so that drains wait for it. */
void blk_inc_in_flight(BlockBackend *blk);
void blk_dec_in_flight(BlockBackend *blk);
/* Requests that come while drained are done nevertheless: for who drains by itself. */
void blk_set_disable_request_queuing(BlockBackend *blk, bool disable);

#endif
