/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons why the machine cannot be saved now. */

#include "qemu/osdep.h"
#include "migration/blocker.h"

static bool only_migratable;
static bool frozen;
static GSList *blockers; /* of Error, oldest last */

void migration_set_only_migratable(bool on)
{
    only_migratable = on;
}

bool migration_only_migratable(void)
{
    return only_migratable;
}

void migration_freeze_blockers(bool on)
{
    frozen = on;
}

int migrate_add_blocker_internal(Error **reasonp, Error **errp)
{
    if (frozen) {
        error_propagate_prepend(errp, g_steal_pointer(reasonp),
                                "not while the machine is being saved: ");
        return -EBUSY;
    }
    blockers = g_slist_prepend(blockers, *reasonp);
    return 0;
}

int migrate_add_blocker(Error **reasonp, Error **errp)
{
    if (only_migratable) {
        error_propagate_prepend(errp, g_steal_pointer(reasonp), "not with -only-migratable: ");
        return -EACCES;
    }
    return migrate_add_blocker_internal(reasonp, errp);
}

void migrate_del_blocker(Error **reasonp)
{
    if (*reasonp) {
        blockers = g_slist_remove(blockers, *reasonp);
        error_free(*reasonp);
        *reasonp = NULL;
    }
}

bool migration_is_blocked(Error **errp)
{
    if (!blockers) {
        return false;
    }
    error_propagate(errp, error_copy(blockers->data));
    return true;
}

void migration_foreach_blocker(void (*fn)(const char *reason, void *opaque), void *opaque)
{
    for (GSList *l = blockers; l; l = l->next) {
        fn(error_get_pretty(l->data), opaque);
    }
}
