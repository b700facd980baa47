/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots of a whole machine inside of its disks' images: each disk gets a snapshot, and one of
 * them has the machine's state, too. Main thread, BQL held.
 */
#ifndef MIGRATION_SNAPSHOT_H
#define MIGRATION_SNAPSHOT_H

#include "qapi/qapi-types-common.h"

/*
 * The disks that make up the machine, those of devices first: whatever can be written to of drives,
 * and of nodes that a user has made and that are not part of another. Borrowed; free the array.
 */
GPtrArray *snapshot_default_nodes(void);

/*
 * @nodes: what has the disks, names of drives or nodes; NULL: snapshot_default_nodes().
 * @vmstate: the one of them that gets the machine's state; NULL: the first that can have it.
 */

/* NULL @name: made from the time. @overwrite: snapshots of that name go first. */
bool save_snapshot(const char *name, bool overwrite, const char *vmstate, const strList *nodes,
                   Error **errp);
/*
 * The machine is stopped afterwards; the caller lets it go on. If false, parts of it may be loaded:
 * @loaded says whether that is so.
 */
bool load_snapshot(const char *name, const char *vmstate, const strList *nodes, bool *loaded,
                   Error **errp);
/* That no disk has it is no error: @found is false then. */
bool delete_snapshot(const char *name, const strList *nodes, bool *found, Error **errp);

#endif
