/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The graph of block nodes: opening, finding, connecting, draining, reopening.
 *
 * A BlockDriverState (node) does requests with a driver; edges (BdrvChild) point from a
 * parent (a node, a BlockBackend, a job) to the node it uses, and say what the parent does
 * with it (permissions). See docs/devel/block.md.
 *
 * Threads: all of this header belongs to the main thread (BQL held), unless marked [any].
 * Requests (block/block-io.h) may come from several threads at once; the graph below a request
 * does not change while it is in flight, since every change drains what it touches.
 */
#ifndef BLOCK_BLOCK_H
#define BLOCK_BLOCK_H

#include "block/block-common.h"
#include "qobject/qdict.h"

typedef struct BdrvChildClass BdrvChildClass;

/* Register drivers; once, before anything is opened. */
void bdrv_init(void);

/* ---- opening ---- */

/*
 * Open what @filename and @options (flattened keys; consumed, may be NULL) describe, or take a
 * reference to the node named @reference. Unknown options are an error. The caller owns a
 * reference to the result; NULL with @errp on failure.
 */
BlockDriverState *bdrv_open(const char *filename, const char *reference, QDict *options, int flags,
                            Error **errp);
/*
 * The same for who must not keep the main thread for the seconds that passphrases take: see
 * block/open-co.c. Main thread.
 */
BlockDriverState *coroutine_fn bdrv_co_open(const char *filename, QDict *options, int flags,
                                            Error **errp);
/* Put "Could not open '@filename': " in front of *@errp, which is set, unless it says so itself. */
void bdrv_prepend_open_error(Error **errp, const char *filename);
/* This program is a tool: it may use images whose encryption is not safe, to convert them. */
void bdrv_allow_legacy_encryption(void);
/*
 * Open the child that the options "@bdref_key." or "@bdref_key" (a reference) in @options describe,
 * and attach it to @parent. NULL without error if there are none and @allow_none.
 */
BdrvChild *bdrv_open_child(const char *filename, QDict *options, const char *bdref_key,
                           BlockDriverState *parent, BdrvChildRole role, bool allow_none,
                           Error **errp);
/* The child "file" of @parent, becoming its bs->file. */
bool bdrv_open_file_child(const char *filename, QDict *options, const char *bdref_key,
                          BlockDriverState *parent, Error **errp);
/* A filter or format node above @file, which keeps its other parents. */
BlockDriverState *bdrv_new_open_driver(BlockDriver *drv, const char *node_name, QDict *options,
                                       int flags, Error **errp);
/* Open @bs's backing file, unless it has one or wants none. */
bool bdrv_open_backing_file(BlockDriverState *bs, QDict *parent_options, const char *bdref_key,
                            Error **errp);

void bdrv_ref(BlockDriverState *bs);
/* NULL is ignored. The last one flushes and closes. */
void bdrv_unref(BlockDriverState *bs);
/* Flush and close everything that is still open: at the end of the process. */
void bdrv_close_all(void);

/* ---- finding ---- */

BlockDriverState *bdrv_find_node(const char *node_name);
/* The node named @node_name, or the root of the BlockBackend @device; either may be NULL. */
BlockDriverState *bdrv_lookup_bs(const char *device, const char *node_name, Error **errp);
/* Is it the medium of a drive or device? */
bool bdrv_has_blk(BlockDriverState *bs);
/* A node that a user has made is kept until he removes it: the reference is the monitor's. */
void bdrv_set_monitor_owned(BlockDriverState *bs, bool owned);
/* All nodes with a name; NULL starts. */
BlockDriverState *bdrv_next_node(BlockDriverState *bs);
const char *bdrv_get_node_name(const BlockDriverState *bs);
const char *bdrv_get_device_name(const BlockDriverState *bs);
const char *bdrv_get_device_or_node_name(const BlockDriverState *bs);
/* For messages: the name that the user has given the node, or else its file's. */
const char *bdrv_shown_name(const BlockDriverState *bs);
const char *bdrv_get_format_name(BlockDriverState *bs);
/* Is @base in the backing chain of @top (or @top itself)? */
bool bdrv_chain_contains(BlockDriverState *top, BlockDriverState *base);
/* Is @bs @top, or somewhere below it, by whatever way? */
bool bdrv_is_below(BlockDriverState *bs, BlockDriverState *top);
/* The node in the chain of @bs that is named by @backing_file, as written in images or absolute. */
BlockDriverState *bdrv_find_backing_image(BlockDriverState *bs, const char *backing_file);
/* The node above @bs in the chain of @active. */
BlockDriverState *bdrv_find_overlay(BlockDriverState *active, BlockDriverState *bs);
BlockDriverState *bdrv_find_base(BlockDriverState *bs);

/* [any, request in flight] What a node shows or stands on; NULL if there is no such node. */
BlockDriverState *bdrv_filter_bs(BlockDriverState *bs);
BlockDriverState *bdrv_cow_bs(BlockDriverState *bs);
BlockDriverState *bdrv_filter_or_cow_bs(BlockDriverState *bs);
BlockDriverState *bdrv_primary_bs(BlockDriverState *bs);
BdrvChild *bdrv_filter_child(BlockDriverState *bs);
BdrvChild *bdrv_cow_child(BlockDriverState *bs);
BdrvChild *bdrv_filter_or_cow_child(BlockDriverState *bs);
BdrvChild *bdrv_primary_child(BlockDriverState *bs);
/* The edge of that name to a child of @bs; NULL if there is none. */
BdrvChild *bdrv_find_child(BlockDriverState *bs, const char *name);
BlockDriverState *bdrv_skip_filters(BlockDriverState *bs);
BlockDriverState *bdrv_skip_implicit_filters(BlockDriverState *bs);
/* The next data-owning node down the backing chain. */
BlockDriverState *bdrv_backing_chain_next(BlockDriverState *bs);

/* ---- which file an image is: a file may have several names. place.c ---- */

/* Is the image @bs in, or at, the file @filename? False, too, when it cannot be told. */
bool bdrv_is_at(BlockDriverState *bs, const char *filename);
bool bdrv_same_place(BlockDriverState *a, BlockDriverState *b);
bool bdrv_same_file(const char *a, const char *b);
/* Is the file of @bs that of @top, or one of a node below? */
bool bdrv_is_read_from(BlockDriverState *top, BlockDriverState *bs);

/* ---- what a node is ---- */

bool bdrv_is_read_only(BlockDriverState *bs);
bool bdrv_is_writable(BlockDriverState *bs);
bool bdrv_is_sg(BlockDriverState *bs);
bool bdrv_is_inserted(BlockDriverState *bs);
bool bdrv_supports_compressed_writes(BlockDriverState *bs);
bool bdrv_can_set_read_only(BlockDriverState *bs, bool read_only, bool ignore_allow_rdw,
                            Error **errp);
/*
 * From now on, what is read from the backing chain is written to @bs too. Main thread; refused for
 * a node that is not written to.
 */
bool bdrv_enable_copy_on_read(BlockDriverState *bs, Error **errp);
void bdrv_eject(BlockDriverState *bs, bool eject_flag);
void bdrv_lock_medium(BlockDriverState *bs, bool locked);
/* Bring the recorded names up to date; "json:{...}" where there is no simple one. */
void bdrv_refresh_filename(BlockDriverState *bs);
/* g_free() it; NULL and @errp when it cannot be known. */
char *bdrv_get_full_backing_filename(BlockDriverState *bs, Error **errp);
char *bdrv_get_full_backing_filename_from_filename(const char *backed, const char *backing,
                                                   Error **errp);
char *bdrv_dirname(BlockDriverState *bs, Error **errp);
bool path_has_protocol(const char *path);
/* [any] In bytes, rounded up to whole sectors. */
int64_t bdrv_getlength(BlockDriverState *bs);
int64_t bdrv_nb_sectors(BlockDriverState *bs);
int64_t bdrv_get_allocated_file_size(BlockDriverState *bs);
size_t bdrv_opt_mem_align(BlockDriverState *bs);
/* Call after the limits of a node or its children have changed. */
bool bdrv_refresh_limits(BlockDriverState *bs, Error **errp);
bool bdrv_probe_blocksizes(BlockDriverState *bs, BlockSizes *bsz);
bool bdrv_probe_geometry(BlockDriverState *bs, HDGeometry *geo);
/* Does a new part of a file that is resized read as zeroes? */
bool bdrv_has_zero_init(BlockDriverState *bs);

/* ---- drivers ---- */

BlockDriver *bdrv_find_format(const char *format_name);
/* The driver of that name; NULL and @errp, which suggests one. */
BlockDriver *bdrv_find_format_err(const char *format_name, Error **errp);
/* To an error about the unknown @name: the nearest format that images can be made of, and all. */
void bdrv_hint_creatable(const char *name, Error *const *errp);
BlockDriver *bdrv_find_protocol(const char *filename, bool allow_protocol_prefix, Error **errp);
void bdrv_iterate_format(void (*it)(void *opaque, const char *name), void *opaque, bool read_only);
/* Which format the first bytes look like. Never NULL: "raw". */
BlockDriver *bdrv_probe_all(const uint8_t *buf, int buf_size, const char *filename);

/* ---- creating images ---- */

/*
 * @opts: by the names of the driver's create_opts, as strings or typed; consumed entries go. If it
 * fails when there are files for the image already, new or emptied, they are removed.
 */
bool bdrv_create(BlockDriver *drv, const char *filename, QDict *opts, Error **errp);
/*
 * " NAME=VALUE" of all options that an image will be made with, defaults too; NULL if one is not
 * known, or has a value that cannot be. To be freed by the caller.
 */
char *bdrv_describe_create(BlockDriver *drv, const char *filename, const QDict *opts, Error **errp);
/* Whether an image of @drv can have a backing file. */
bool bdrv_can_create_backed(BlockDriver *drv);
/* The files that one creation has made so far: with what calls bdrv_create_file() in it. */
typedef struct BdrvMade BdrvMade;
/* Create the protocol's file. */
bool bdrv_create_file(const char *filename, QDict *opts, BdrvMade *made, Error **errp);
bool bdrv_amend_options(BlockDriverState *bs, QDict *opts,
                        void (*progress)(void *, int64_t, int64_t), void *opaque, bool force,
                        Error **errp);
/* How large a file for an image by @opts would be; with the content of @in_bs if not NULL. */
BlockMeasureInfo *bdrv_measure(BlockDriver *drv, QDict *opts, BlockDriverState *in_bs,
                               Error **errp);

/*
 * Write what images from @top down to above @base have into @base, at once; with @empty @top has
 * nothing of its own afterwards. @progress (may be NULL) gets bytes done and to be done.
 */
bool bdrv_commit(BlockDriverState *top, BlockDriverState *base, bool empty,
                 void (*progress)(void *opaque, int64_t done, int64_t total), void *opaque,
                 Error **errp);

/* ---- snapshots inside of an image ---- */

/*
 * The node at or below @bs, through filters, that has them; NULL and @errp if there is none, or it
 * cannot be written to.
 */
BlockDriverState *bdrv_snapshot_node(BlockDriverState *bs, Error **errp);
/* The node below @bs, or @bs, whose snapshots, if it can have any, are those of the disk. */
BlockDriverState *bdrv_snapshot_holder(BlockDriverState *bs);
/*
 * The disk of @bs, a node that bdrv_snapshot_node() gave, becomes what it was in the snapshot with
 * this id, or else this name. Refused, with @errp, while dirty bitmaps record writes: none of them
 * says what that changes.
 */
bool bdrv_snapshot_goto(BlockDriverState *bs, const char *id_or_name, Error **errp);

/* ---- changing the graph ---- */

/*
 * Connect @child_bs below @parent_bs as @child_name; takes over the reference to @child_bs,
 * also on failure (then NULL and @errp: permissions conflict).
 */
BdrvChild *bdrv_attach_child(BlockDriverState *parent_bs, BlockDriverState *child_bs,
                             const char *child_name, const BdrvChildClass *child_class,
                             BdrvChildRole child_role, Error **errp);
void bdrv_unref_child(BlockDriverState *parent, BdrvChild *child);
/* The edge @child leads to @new_bs from now on. */
bool bdrv_replace_child_bs(BdrvChild *child, BlockDriverState *new_bs, Error **errp);
/* Put @bs_new, which must have no backing file, on top of @bs_top for all its parents. */
bool bdrv_append(BlockDriverState *bs_new, BlockDriverState *bs_top, Error **errp);
/* All parents of @from (but @to itself) get @to. */
bool bdrv_replace_node(BlockDriverState *from, BlockDriverState *to, Error **errp);
/* Take the filter @bs out of the graph. */
bool bdrv_drop_filter(BlockDriverState *bs, Error **errp);
/* Insert a filter made from @options above @bs; the caller's reference is the graph's. */
BlockDriverState *bdrv_insert_node(BlockDriverState *bs, QDict *options, int flags, Error **errp);
bool bdrv_set_backing_hd(BlockDriverState *bs, BlockDriverState *backing_hd, Error **errp);
/* Remove the nodes from below @top to above @base; @backing_file_str is written into @top's
 * overlay. */
bool bdrv_drop_intermediate(BlockDriverState *top, BlockDriverState *base,
                            const char *backing_file_str, bool mask_protocol, Error **errp);
/* What an image writes down as format of its backing file @base; @mask_protocol: "raw" for one that
 * is no format. */
const char *bdrv_backing_format_name(BlockDriverState *base, bool mask_protocol);
/* @backing_link of a chain may not be replaced meanwhile (a job walks it). */
bool bdrv_freeze_backing_chain(BlockDriverState *bs, BlockDriverState *base, Error **errp);
void bdrv_unfreeze_backing_chain(BlockDriverState *bs, BlockDriverState *base);
bool bdrv_is_backing_chain_frozen(BlockDriverState *bs, BlockDriverState *base, Error **errp);
/* Write the name of the backing file into the image; -ELOOP for its own. */
int bdrv_change_backing_file(BlockDriverState *bs, const char *backing_file,
                             const char *backing_fmt, bool require);

/* ---- permissions ---- */

/* Change what the parent of @c does and allows. On failure nothing has changed. */
bool bdrv_child_try_set_perm(BdrvChild *c, uint64_t perm, uint64_t shared, Error **errp);
/* After bs's own needs have changed. */
bool bdrv_child_refresh_perms(BlockDriverState *bs, BdrvChild *c, Error **errp);
bool bdrv_refresh_perms(BlockDriverState *bs, Error **errp);
void bdrv_get_cumulative_perm(BlockDriverState *bs, uint64_t *perm, uint64_t *shared_perm);

/* ---- draining: wait until no request is in flight, and keep it so ---- */

/*
 * From begin to end no request of any parent reaches @bs. Nests. The main thread, or a coroutine
 * (which then waits in the main loop).
 */
void bdrv_drained_begin(BlockDriverState *bs);
void bdrv_drained_end(BlockDriverState *bs);
/* Is it drained now? */
bool bdrv_is_drained(BlockDriverState *bs);
/* Wait once. */
void bdrv_drain(BlockDriverState *bs);
void bdrv_drain_all_begin(void);
void bdrv_drain_all_end(void);
void bdrv_drain_all(void);
int bdrv_flush_all(void);

/* ---- reopening: changing options in place, for several nodes at once or not at all ---- */

typedef struct BlockReopenQueue BlockReopenQueue;
/* Add @bs (NULL @queue: a new one). With @keep_old, what @options does not name stays. */
BlockReopenQueue *bdrv_reopen_queue(BlockReopenQueue *queue, BlockDriverState *bs, QDict *options,
                                    bool keep_old);
/* Give it up; NULL is ignored. */
void bdrv_reopen_queue_free(BlockReopenQueue *queue);
/* Frees the queue. On failure all nodes are as before. */
bool bdrv_reopen_multiple(BlockReopenQueue *queue, Error **errp);
bool bdrv_reopen(BlockDriverState *bs, QDict *options, bool keep_old, Error **errp);
bool bdrv_reopen_set_read_only(BlockDriverState *bs, bool read_only, Error **errp);

/* ---- migration: who has the image ---- */

bool bdrv_activate(BlockDriverState *bs, Error **errp);
bool bdrv_activate_all(Error **errp);
bool bdrv_inactivate(BlockDriverState *bs, Error **errp);
int bdrv_inactivate_all(void);

/* ---- who may not do what now: BLOCK_OP_TYPE_* and jobs ---- */

typedef enum BlockOpType {
    BLOCK_OP_TYPE_BACKUP_SOURCE,
    BLOCK_OP_TYPE_BACKUP_TARGET,
    BLOCK_OP_TYPE_CHANGE,
    BLOCK_OP_TYPE_COMMIT_SOURCE,
    BLOCK_OP_TYPE_COMMIT_TARGET,
    BLOCK_OP_TYPE_DRIVE_DEL,
    BLOCK_OP_TYPE_EJECT,
    BLOCK_OP_TYPE_EXTERNAL_SNAPSHOT,
    BLOCK_OP_TYPE_INTERNAL_SNAPSHOT,
    BLOCK_OP_TYPE_INTERNAL_SNAPSHOT_DELETE,
    BLOCK_OP_TYPE_MIRROR_SOURCE,
    BLOCK_OP_TYPE_MIRROR_TARGET,
    BLOCK_OP_TYPE_RESIZE,
    BLOCK_OP_TYPE_STREAM,
    BLOCK_OP_TYPE_REPLACE,
    BLOCK_OP_TYPE_MAX,
} BlockOpType;
/* True, with the blocker's reason in @errp, if somebody has blocked @op. */
/* Is @bs the active image of its chain, rather than the backing file of another? */
bool bdrv_check_is_active(BlockDriverState *bs, Error **errp);
bool bdrv_op_is_blocked(BlockDriverState *bs, BlockOpType op, Error **errp);
/* @reason stays the caller's. */
void bdrv_op_block(BlockDriverState *bs, BlockOpType op, Error *reason);
void bdrv_op_unblock(BlockDriverState *bs, BlockOpType op, Error *reason);
void bdrv_op_block_all(BlockDriverState *bs, Error *reason);
void bdrv_op_unblock_all(BlockDriverState *bs, Error *reason);

#endif
