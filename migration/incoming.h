/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two directions know of each other. */
#ifndef MIGRATION_INCOMING_H
#define MIGRATION_INCOMING_H

#include "migration/misc.h"

/* Fills in what there is to say about the incoming state. */
void incoming_query(MigrationProgress *info);
/* Tells the status hook. */
void migration_announce_status(MigrationStatus status);

#endif
