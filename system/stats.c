/* SPDX-License-Identifier: GPL-2.0-or-later */
/* query-stats: collects what providers have. */

#include "qemu/osdep.h"
#include "qapi/qapi-commands-stats.h"
#include "system/stats.h"

static struct {
    StatsRetrieveFn *retrieve;
    StatsDescribeFn *describe;
} providers[STATS_PROVIDER__MAX];

void stats_add_provider(StatsProvider provider, StatsRetrieveFn *retrieve,
                        StatsDescribeFn *describe)
{
    providers[provider].retrieve = retrieve;
    providers[provider].describe = describe;
}

bool stats_wanted(strList *names, const char *name)
{
    for (strList *l = names; l; l = l->next) {
        if (!strcmp(l->value, name)) {
            return true;
        }
    }
    return !names;
}

/* What @filter asks of @provider: false if nothing. */
static bool asks_for(const StatsFilter *filter, StatsProvider provider, strList **names)
{
    *names = NULL;
    for (StatsRequestList *l = filter->providers; l; l = l->next) {
        if (l->value->provider == provider) {
            *names = l->value->names;
            return true;
        }
    }
    return !filter->has_providers;
}

StatsResultList *qmp_query_stats(StatsFilter *filter, Error **errp)
{
    StatsResultList *list = NULL, **tail = &list;
    strList *objects = filter->target == STATS_TARGET_VCPU ? filter->u.vcpu.vcpus : NULL, *names;

    for (int i = 0; i < STATS_PROVIDER__MAX; i++) {
        if (providers[i].retrieve && asks_for(filter, i, &names) &&
            !providers[i].retrieve(&tail, filter->target, names, objects, errp)) {
            qapi_free_StatsResultList(list);
            return NULL;
        }
    }
    return list;
}

StatsSchemaList *qmp_query_stats_schemas(bool has_provider, StatsProvider provider, Error **errp)
{
    StatsSchemaList *list = NULL, **tail = &list;

    for (int i = 0; i < STATS_PROVIDER__MAX; i++) {
        if (providers[i].describe && (!has_provider || provider == (StatsProvider)i) &&
            !providers[i].describe(&tail, errp)) {
            qapi_free_StatsSchemaList(list);
            return NULL;
        }
    }
    return list;
}
