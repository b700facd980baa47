/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of the drivers for files and devices of the host, shared by file-*.c. */
#ifndef BLOCK_FILE_POSIX_H
#define BLOCK_FILE_POSIX_H

#include "block/block_int.h"
#include "block/zoned.h"

/* file-zoned.c */
typedef struct RawZones RawZones;

typedef struct RawPosix {
    int fd;
    int open_flags;
    bool is_device; /* block or character device */
    bool is_cdrom;
    bool in_memory; /* the file system has nothing but the host's memory */
    bool use_lock;
    bool direct;
    bool discard_ok; /* the host can punch holes / discard; atomic */
    bool zero_ok;    /* atomic */
    bool falloc_ok;  /* atomic */
    bool copy_ok;    /* atomic */
    bool nowait_ok;  /* the host reads what it has in memory without waiting; atomic */
    /* Discards, and bytes of those that were done; atomic. */
    Stat64 discards_ok, discards_failed, discarded_bytes;
    bool has_fallocate;
    bool drop_cache;    /* when it becomes active */
    bool check_dropped; /* then look whether that has worked */
    uint64_t max_batch; /* of an engine; 0: as the thread says */
    bool use_linux_aio;
    bool use_io_uring;
    int aio;
    int page_cache_error; /* errno of a failed flush: data is lost; atomic */
    size_t buf_align;
    /* Locks that are held, by permission; see file-lock.c. */
    uint64_t perm, shared_perm;
    uint64_t locked_perm, locked_shared_perm;
    /* While permissions change: a descriptor for the new ones, or -1. */
    int perm_fd;
    int perm_flags;
    bool perm_reconfigured;
    uint64_t extent_size_hint;
    RawZones *zones;              /* NULL: it has none */
    struct PRManager *pr_manager; /* who carries out reservations; NULL: the host's driver */
} RawPosix;

/* file-lock.c; main thread. */

/* Take the locks for @perm and @shared besides those that are held, and look for conflicts. */
bool raw_lock_check(BlockDriverState *bs, int fd, uint64_t perm, uint64_t shared, Error **errp);
/* May the file @fd be emptied? Somebody who uses an image keeps it from being written and resized.
 */
bool raw_lock_check_create(const char *filename, int fd, Error **errp);
/* Keep the locks for exactly these. */
void raw_lock_commit(BlockDriverState *bs, int fd, uint64_t perm, uint64_t shared);

/* file-io.c; in coroutines, any thread. */
int coroutine_fn raw_co_preadv(BlockDriverState *bs, int64_t offset, int64_t bytes,
                               QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags);
int coroutine_fn raw_co_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                QEMUIOVector *qiov, size_t qiov_offset, BdrvRequestFlags flags);
int coroutine_fn raw_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      BdrvRequestFlags flags);
int coroutine_fn raw_co_pdiscard(BlockDriverState *bs, int64_t offset, int64_t bytes);
int coroutine_fn raw_co_flush_to_disk(BlockDriverState *bs);
int coroutine_fn raw_co_copy_range_from(BlockDriverState *bs, BdrvChild *src, int64_t src_offset,
                                        BdrvChild *dst, int64_t dst_offset, int64_t bytes,
                                        BdrvRequestFlags read_flags, BdrvRequestFlags write_flags);
int coroutine_fn raw_co_copy_range_to(BlockDriverState *bs, BdrvChild *src, int64_t src_offset,
                                      BdrvChild *dst, int64_t dst_offset, int64_t bytes,
                                      BdrvRequestFlags read_flags, BdrvRequestFlags write_flags);
int coroutine_fn raw_co_truncate(BlockDriverState *bs, int64_t offset, bool exact,
                                 PreallocMode prealloc, unsigned flags, Error **errp);
int coroutine_fn raw_co_block_status(BlockDriverState *bs, bool want_zero, int64_t offset,
                                     int64_t bytes, int64_t *pnum, int64_t *map,
                                     BlockDriverState **file);
int64_t coroutine_fn raw_co_getlength(BlockDriverState *bs);
int64_t coroutine_fn raw_co_get_allocated_file_size(BlockDriverState *bs);
/* The write itself, without what zoned devices need besides. */
int coroutine_fn raw_write(BlockDriverState *bs, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                           size_t qiov_offset);
/* file-ioctl.c */
/* In a thread of the pool; 0 or more, or -errno. */
int coroutine_fn raw_ioctl(int fd, unsigned long req, void *buf);
int coroutine_fn raw_co_ioctl(BlockDriverState *bs, int req, void *buf);
/* file-zoned.c. Of the block device @fd, when it is opened, main thread; NULL: it has no zones. */
RawZones *raw_zones_new(int fd);
void raw_zones_free(RawZones *z);
void raw_zones_limits(const RawZones *z, BlockLimits *bl);
/* Can it be opened so? */
bool raw_zones_check_flags(const RawZones *z, const char *filename, int flags, Error **errp);
/* A write to a device with zones. */
int coroutine_fn raw_zones_pwritev(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                   QEMUIOVector *qiov, size_t qiov_offset);
int coroutine_fn raw_co_zone_report(BlockDriverState *bs, int64_t offset, unsigned *nr,
                                    BlockZone *zones);
int coroutine_fn raw_co_zone_manage(BlockDriverState *bs, BlockZoneOp op, int64_t offset,
                                    int64_t bytes);
int coroutine_fn raw_co_zone_append(BlockDriverState *bs, int64_t *offset, QEMUIOVector *qiov);
/* A character device of the host's SCSI driver, which takes commands but has no content. */
bool raw_is_scsi_generic(int fd);
/* Grow or shrink @fd to @offset, preallocating what is new; for creation too. 0 or -errno. */
int raw_truncate_fd(int fd, int64_t offset, PreallocMode prealloc, Error **errp);

#endif
