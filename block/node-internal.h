/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that make and change the graph. Main thread. */
#ifndef BLOCK_NODE_INTERNAL_H
#define BLOCK_NODE_INTERNAL_H

#include "block/block_int.h"

/*
 * Recompute the permissions of the nodes in @roots and below; new_perm of the edges to @roots may
 * have been set. False with @errp: nothing has changed, except that the caller resets his edges.
 */
bool bdrv_update_perms(GPtrArray *roots, Error **errp);
/* bdrv_open() with somebody (may be NULL) who tries passphrases. */
BlockDriverState *bdrv_open_with_keys(const char *filename, const char *reference, QDict *options,
                                      int flags, struct QCryptoKeyWork *work, Error **errp);
void bdrv_close_driver(BlockDriverState *bs);
/* bs->filename etc. for a backing file that @bs names. */
char *bdrv_make_absolute_filename(BlockDriverState *relative_to, const char *filename,
                                  Error **errp);
/*
 * While @bs is opened, before what it names is: false if it is above itself (an image names itself
 * as its backing file), or in a chain that is too long. place.c
 */
bool bdrv_check_not_below_itself(BlockDriverState *bs, Error **errp);
/* Flags as options of a node ("read-only", "cache.direct", ...), and back. */
bool bdrv_flags_from_options(int *flags, BlockdevDetectZeroesOptions *detect_zeroes, QDict *options,
                             Error **errp);
/*
 * Have @parent's edge @child (NULL: a new one called @name, a backing file) lead to @to (NULL: the
 * edge goes), without permissions, which the caller computes. All ends are drained. The edge, if
 * there is one.
 */
BdrvChild *bdrv_move_edge_noperm(BlockDriverState *parent, BdrvChild *child, const char *name,
                                 BlockDriverState *to);

#endif
