/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has statistics for query-stats. Main thread, BQL held. */
#ifndef SYSTEM_STATS_H
#define SYSTEM_STATS_H

#include "qapi/error.h"
#include "qapi/qapi-types-stats.h"

/*
 * Appends what there is of @target to **@tail, which it moves: one result for the machine or for
 * each object. @names NULL: all; @objects (QOM paths) NULL: of all. False and @errp on failure.
 */
typedef bool StatsRetrieveFn(StatsResultList ***tail, StatsTarget target, strList *names,
                             strList *objects, Error **errp);
/* Appends descriptions of all targets. */
typedef bool StatsDescribeFn(StatsSchemaList ***tail, Error **errp);

void stats_add_provider(StatsProvider provider, StatsRetrieveFn *retrieve,
                        StatsDescribeFn *describe);
/* Is @name in @names, or @names NULL? */
bool stats_wanted(strList *names, const char *name);

#endif
