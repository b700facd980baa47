/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons why the machine cannot be saved now. */
#ifndef MIGRATION_BLOCKER_H
#define MIGRATION_BLOCKER_H

#include "qemu/osdep.h"
#include "qapi/error.h"

/*
 * Adds *@reasonp, which says what stands in the way and stays the caller's
 * property until it is deleted. BQL held. 0, or a negative errno with @errp,
 * *@reasonp freed and NULL, when the user asked for -only-migratable or a
 * machine is being saved.
 */
int migrate_add_blocker(Error **reasonp, Error **errp);
/* The same, -only-migratable or not: for what passes by itself. */
int migrate_add_blocker_internal(Error **reasonp, Error **errp);
/* Takes it away and frees it; nothing when *@reasonp is NULL. */
void migrate_del_blocker(Error **reasonp);
/* true with the first reason in @errp. */
bool migration_is_blocked(Error **errp);
/* Calls @fn with the text of each. */
void migration_foreach_blocker(void (*fn)(const char *reason, void *opaque), void *opaque);
/* While the machine is being saved nobody can add one. */
void migration_freeze_blockers(bool on);

/* -only-migratable; set before the machine is made. */
void migration_set_only_migratable(bool on);
bool migration_only_migratable(void);

#endif
