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
 * Have @parent's edge @child (NULL: a new one called @name, a backing file), which led to @from,
 * lead to @to (NULL: the edge goes), without permissions, which the caller computes. It may have
 * been let go before (bdrv_replace_child_noperm() to NULL). All ends are drained. The edge, if
 * there is one.
 */
BdrvChild *bdrv_move_edge_noperm(BlockDriverState *parent, BdrvChild *child, const char *name,
                                 BlockDriverState *from, BlockDriverState *to);
/* The same, when it is sure that it stays so. */
void bdrv_child_moved(BlockDriverState *parent, BdrvChild *child, BlockDriverState *from);

/* ---- graph-plan.c: edges that will move, together ---- */

typedef struct BdrvPlan BdrvPlan;
BdrvPlan *bdrv_plan_new(void);
void bdrv_plan_free(BdrvPlan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BdrvPlan, bdrv_plan_free)
/*
 * The edge @child of @parent will lead to @to (NULL: nothing). NULL @child: a new one, of which a
 * parent has one in a plan. @name: how it is called, and is to live as long as the plan.
 */
void bdrv_plan_edge(BdrvPlan *plan, BlockDriverState *parent, BdrvChild *child, const char *name,
                    BlockDriverState *to);
/* False with @errp if nodes would stand on themselves, or too many on each other. Once. */
bool bdrv_plan_check(BdrvPlan *plan, Error **errp);
/* The same for one edge. */
bool bdrv_check_edge(BlockDriverState *parent, BdrvChild *child, const char *name,
                     BlockDriverState *to, Error **errp);

#endif
