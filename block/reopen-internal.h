/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files that reopen nodes. Main thread. */
#ifndef BLOCK_REOPEN_INTERNAL_H
#define BLOCK_REOPEN_INTERNAL_H

#include "block/block_int.h"

/* An edge that leads to another node afterwards. */
typedef struct ReopenEdge {
    BdrvChild *child; /* NULL: to be made, or gone */
    const char *name;
    BlockDriverState *from, *to; /* NULL: nothing */
} ReopenEdge;

typedef struct ReopenEntry {
    BDRVReopenState state;
    int old_flags;
    bool keep_old;
    bool follows; /* its parent, which is reopened */
    /* As bs->options will be. */
    QDict *all_options;
    bool prepared;
    bool has_backing_options; /* of its backing file: in the entry of that */
    ReopenEdge edges[2];      /* "backing", "file" */
    int n_edges;
    QTAILQ_ENTRY(ReopenEntry) next;
} ReopenEntry;

struct BlockReopenQueue {
    QTAILQ_HEAD(, ReopenEntry) entries;
    /* All nodes at the ends of edges that may move, and the entries' own; each has a reference. */
    GPtrArray *drained;
};

/* ---- reopen-edges.c ---- */

/* Drain all nodes that matter. Until this is done jobs may end, and the graph may change. */
void reopen_drain(BlockReopenQueue *queue);
/* Take what @e's options say about children; false with @errp if that cannot be. */
bool reopen_find_edges(ReopenEntry *e, Error **errp);
/* What all of them together make of the graph. */
bool reopen_check_edges(BlockReopenQueue *queue, Error **errp);
/*
 * Move them, or @back. Permissions are the caller's business: what loses a parent is added to
 * @roots.
 */
void reopen_move_edges(BlockReopenQueue *queue, bool back, GPtrArray *roots);
/* They stay where they are now. */
void reopen_settle_edges(ReopenEntry *e);

#endif
