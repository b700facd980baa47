/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests to nodes. The bdrv_co_* functions run in coroutines, in any thread that has an
 * AioContext; the others may be called there too, or outside of coroutines from the main thread,
 * where they run the event loop until the request is done.
 *
 * Offsets and lengths are bytes, of any alignment. Results are 0 or more, or -errno.
 */
#ifndef BLOCK_BLOCK_IO_H
#define BLOCK_BLOCK_IO_H

#include "block/block.h"
#include "qapi/qapi-types-block-node.h"

int coroutine_fn bdrv_co_preadv(BdrvChild *child, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                                BdrvRequestFlags flags);
/* The request's data starts at @qiov_offset of @qiov. */
int coroutine_fn bdrv_co_preadv_part(BdrvChild *child, int64_t offset, int64_t bytes,
                                     QEMUIOVector *qiov, size_t qiov_offset,
                                     BdrvRequestFlags flags);
int coroutine_fn bdrv_co_pwritev(BdrvChild *child, int64_t offset, int64_t bytes,
                                 QEMUIOVector *qiov, BdrvRequestFlags flags);
int coroutine_fn bdrv_co_pwritev_part(BdrvChild *child, int64_t offset, int64_t bytes,
                                      QEMUIOVector *qiov, size_t qiov_offset,
                                      BdrvRequestFlags flags);
int coroutine_fn bdrv_co_pread(BdrvChild *child, int64_t offset, int64_t bytes, void *buf,
                               BdrvRequestFlags flags);
int coroutine_fn bdrv_co_pwrite(BdrvChild *child, int64_t offset, int64_t bytes, const void *buf,
                                BdrvRequestFlags flags);
/* Write, then flush. */
int coroutine_fn bdrv_co_pwrite_sync(BdrvChild *child, int64_t offset, int64_t bytes,
                                     const void *buf, BdrvRequestFlags flags);
int coroutine_fn bdrv_co_pwrite_zeroes(BdrvChild *child, int64_t offset, int64_t bytes,
                                       BdrvRequestFlags flags);
/* The range's content is no longer needed; it may read as anything afterwards. */
int coroutine_fn bdrv_co_pdiscard(BdrvChild *child, int64_t offset, int64_t bytes);
/* What was written before (and completed) survives a power failure afterwards. */
int coroutine_fn bdrv_co_flush(BlockDriverState *bs);
/* Copy by the host, without the data passing here; -ENOTSUP where it cannot. */
int coroutine_fn bdrv_co_copy_range(BdrvChild *src, int64_t src_offset, BdrvChild *dst,
                                    int64_t dst_offset, int64_t bytes, BdrvRequestFlags read_flags,
                                    BdrvRequestFlags write_flags);
int coroutine_fn bdrv_co_ioctl(BlockDriverState *bs, int req, void *buf);

/*
 * What is at @offset: BDRV_BLOCK_* flags, for *@pnum bytes (at most @bytes; 0 at the end).
 * *@map and *@file (may be NULL) say where it is stored.
 */
int coroutine_fn bdrv_co_block_status(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      int64_t *pnum, int64_t *map, BlockDriverState **file);
/* The same down the chain to, not including, @base (NULL: all of it). */
int coroutine_fn bdrv_co_block_status_above(BlockDriverState *bs, BlockDriverState *base,
                                            int64_t offset, int64_t bytes, int64_t *pnum,
                                            int64_t *map, BlockDriverState **file);
/*
 * The same, without asking how sparse the lowest file is if @want_zero is false; *@depth is how
 * many backing files down it was found.
 */
int coroutine_fn bdrv_co_common_block_status_above(BlockDriverState *bs, BlockDriverState *base,
                                                   bool include_base, bool want_zero,
                                                   int64_t offset, int64_t bytes, int64_t *pnum,
                                                   int64_t *map, BlockDriverState **file,
                                                   int *depth);
/* 1 if @bs itself has the data (or says zeroes), 0 if its backing file is asked. */
int coroutine_fn bdrv_co_is_allocated(BlockDriverState *bs, int64_t offset, int64_t bytes,
                                      int64_t *pnum);
/* How many layers from the top (1: @bs) the data is in; 0: in none above @base. */
int coroutine_fn bdrv_co_is_allocated_above(BlockDriverState *bs, BlockDriverState *base,
                                            bool include_base, int64_t offset, int64_t bytes,
                                            int64_t *pnum);

/*
 * Resize. With @exact false a larger size is fine too. @prealloc is for what is added, which
 * reads as zeroes if @flags has BDRV_TRUNCATE_ZERO.
 */
#define BDRV_TRUNCATE_ZERO 0x1
int coroutine_fn bdrv_co_truncate(BdrvChild *child, int64_t offset, bool exact,
                                  PreallocMode prealloc, unsigned flags, Error **errp);
int64_t coroutine_fn bdrv_co_getlength(BlockDriverState *bs);
int64_t coroutine_fn bdrv_co_get_allocated_file_size(BlockDriverState *bs);
int coroutine_fn bdrv_co_get_info(BlockDriverState *bs, BlockDriverInfo *bdi);
int coroutine_fn bdrv_co_check(BlockDriverState *bs, BdrvCheckResult *res, BdrvCheckMode fix);

/* ---- the same, also outside of coroutines ---- */

int bdrv_preadv(BdrvChild *child, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                BdrvRequestFlags flags);
int bdrv_pwritev(BdrvChild *child, int64_t offset, int64_t bytes, QEMUIOVector *qiov,
                 BdrvRequestFlags flags);
int bdrv_pread(BdrvChild *child, int64_t offset, int64_t bytes, void *buf, BdrvRequestFlags flags);
int bdrv_pwrite(BdrvChild *child, int64_t offset, int64_t bytes, const void *buf,
                BdrvRequestFlags flags);
int bdrv_pwrite_sync(BdrvChild *child, int64_t offset, int64_t bytes, const void *buf,
                     BdrvRequestFlags flags);
int bdrv_pwrite_zeroes(BdrvChild *child, int64_t offset, int64_t bytes, BdrvRequestFlags flags);
int bdrv_pdiscard(BdrvChild *child, int64_t offset, int64_t bytes);
int bdrv_flush(BlockDriverState *bs);
int bdrv_truncate(BdrvChild *child, int64_t offset, bool exact, PreallocMode prealloc,
                  unsigned flags, Error **errp);
int bdrv_block_status(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *pnum,
                      int64_t *map, BlockDriverState **file);
int bdrv_block_status_above(BlockDriverState *bs, BlockDriverState *base, int64_t offset,
                            int64_t bytes, int64_t *pnum, int64_t *map, BlockDriverState **file);
int bdrv_common_block_status_above(BlockDriverState *bs, BlockDriverState *base, bool include_base,
                                   bool want_zero, int64_t offset, int64_t bytes, int64_t *pnum,
                                   int64_t *map, BlockDriverState **file, int *depth);
int bdrv_is_allocated(BlockDriverState *bs, int64_t offset, int64_t bytes, int64_t *pnum);
int bdrv_is_allocated_above(BlockDriverState *bs, BlockDriverState *base, bool include_base,
                            int64_t offset, int64_t bytes, int64_t *pnum);
int bdrv_get_info(BlockDriverState *bs, BlockDriverInfo *bdi);
int bdrv_check(BlockDriverState *bs, BdrvCheckResult *res, BdrvCheckMode fix);
int bdrv_save_vmstate(BlockDriverState *bs, const uint8_t *buf, int64_t pos, int size);
int bdrv_load_vmstate(BlockDriverState *bs, uint8_t *buf, int64_t pos, int size);
int bdrv_readv_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos);
int bdrv_writev_vmstate(BlockDriverState *bs, QEMUIOVector *qiov, int64_t pos);

/* Run @fn(@opaque), a coroutine_fn, from outside: enters it and waits in the loop of @bs. */
typedef int coroutine_fn BdrvCoFunc(void *opaque);
int bdrv_run_co(BlockDriverState *bs, BdrvCoFunc *fn, void *opaque);
/*
 * @fn(@opaque) in @num coroutines, until all have ended; the first error, or 0 or more. Not in a
 * coroutine.
 */
int bdrv_run_workers(unsigned num, BdrvCoFunc *fn, void *opaque);

/* [any] A reason why the graph under @bs stays as it is: a request outside of the above. */
void bdrv_inc_in_flight(BlockDriverState *bs);
void bdrv_dec_in_flight(BlockDriverState *bs);

/* A step of a request at @bs, for the driver "blkdebug", where it may wait; nothing on others. */
void coroutine_fn bdrv_co_debug_event(BlockDriverState *bs, BlkdebugEvent event);
/* Breakpoints of "blkdebug" at or below @bs. @event: the name of a step. */
int bdrv_debug_breakpoint(BlockDriverState *bs, const char *event, const char *tag);
int bdrv_debug_remove_breakpoint(BlockDriverState *bs, const char *tag);
int bdrv_debug_resume(BlockDriverState *bs, const char *tag);
bool bdrv_debug_is_suspended(BlockDriverState *bs, const char *tag);

#endif
