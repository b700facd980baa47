/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What users choose about saving the machine: capabilities and parameters. */
#ifndef MIGRATION_OPTIONS_H
#define MIGRATION_OPTIONS_H

#include "qapi/error.h"
#include "qapi/qapi-types-migration.h"

/* Is the capability there, and is it switched on? Any thread. */
bool migrate_capability_offered(MigrationCapability capability);
bool migrate_capability_enabled(MigrationCapability capability);
/*
 * All of @list or, with @errp, nothing: one that is not there, or that
 * cannot change while the machine is being saved. BQL held.
 */
bool migrate_set_capabilities(const MigrationCapabilityStatusList *list, Error **errp);

/* Bytes a second that are written at most; 0: no limit. Any thread. */
uint64_t migrate_max_bandwidth(void);
/* Are pages looked at, so that those of zeroes need not be written? Any thread. */
bool migrate_detects_zero_pages(void);
/* Takes over those that @params has, or nothing with @errp; also while the machine is being saved.
 * BQL held. */
bool migrate_set_parameters(const MigrationParameters *params, Error **errp);
/* All of them. The caller frees it. */
MigrationParameters *migrate_parameters(void);

#endif
