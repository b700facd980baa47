/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Capabilities and parameters of saving the machine. */

#include "qemu/osdep.h"
#include "migration/misc.h"
#include "migration/options.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-visit-migration.h"
#include "qemu/atomic.h"

/* Written with the BQL held, read by any thread. */
static bool enabled[MIGRATION_CAPABILITY__MAX];
static struct {
    uint64_t max_bandwidth;
    int zero_page_detection;
    bool has_bitmap_mapping; /* the BQL guards these two */
    BitmapMigrationNodeAliasList *bitmap_mapping;
} parameters = {
    /* The guest is stopped meanwhile: unless it is asked for, nothing holds up. */
    .max_bandwidth = 0,
    .zero_page_detection = ZERO_PAGE_DETECTION_MULTIFD,
};

bool migrate_capability_offered(MigrationCapability capability)
{
    switch (capability) {
    case MIGRATION_CAPABILITY_DIRTY_BITMAPS:
    case MIGRATION_CAPABILITY_EVENTS:
    case MIGRATION_CAPABILITY_PAUSE_BEFORE_SWITCHOVER:
    case MIGRATION_CAPABILITY_VALIDATE_UUID:
    case MIGRATION_CAPABILITY_X_IGNORE_SHARED:
        return true;
    default:
        return false;
    }
}

bool migrate_capability_enabled(MigrationCapability capability)
{
    return qatomic_read(&enabled[capability]);
}

static bool may_change(const MigrationCapabilityStatus *wanted, Error **errp)
{
    ERRP_GUARD();
    const char *name = MigrationCapability_str(wanted->capability);

    if (!migrate_capability_offered(wanted->capability)) {
        error_setg(errp, "migration capability '%s' is not offered", name);
        error_append_hint(errp, "\"query-migrate-capabilities\" lists those that are.\n");
        return false;
    }
    if (migration_is_running() && wanted->capability != MIGRATION_CAPABILITY_EVENTS &&
        wanted->state != enabled[wanted->capability]) {
        error_setg(errp, "migration capability '%s' cannot change while the machine is being saved",
                   name);
        return false;
    }
    return true;
}

bool migrate_set_capabilities(const MigrationCapabilityStatusList *list, Error **errp)
{
    for (const MigrationCapabilityStatusList *e = list; e; e = e->next) {
        if (!may_change(e->value, errp)) {
            return false;
        }
    }
    for (const MigrationCapabilityStatusList *e = list; e; e = e->next) {
        qatomic_set(&enabled[e->value->capability], e->value->state);
    }
    return true;
}

uint64_t migrate_max_bandwidth(void)
{
    return qatomic_read(&parameters.max_bandwidth);
}

bool migrate_detects_zero_pages(void)
{
    return qatomic_read(&parameters.zero_page_detection) != ZERO_PAGE_DETECTION_NONE;
}

/* ---- block-bitmap-mapping: one to one, in both directions ---- */

static bool is_alias(const char *alias, Error **errp)
{
    if (!*alias || strlen(alias) > 255) {
        error_setg(errp, "block-bitmap-mapping: the alias '%s' does not have 1 to 255 characters",
                   alias);
        return false;
    }
    return true;
}

static bool is_new(GHashTable *seen, const char *kind, const char *name, Error **errp)
{
    if (!g_hash_table_add(seen, g_strconcat(kind, " '", name, "'", NULL))) {
        error_setg(errp, "block-bitmap-mapping has the %s '%s' twice", kind, name);
        return false;
    }
    return true;
}

static GHashTable *names_seen(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
}

static bool check_bitmaps(const BitmapMigrationNodeAlias *node, Error **errp)
{
    g_autoptr(GHashTable) seen = names_seen();

    for (const BitmapMigrationBitmapAliasList *e = node->bitmaps; e; e = e->next) {
        if (!is_alias(e->value->alias, errp) || !is_new(seen, "bitmap", e->value->name, errp) ||
            !is_new(seen, "bitmap alias", e->value->alias, errp)) {
            return false;
        }
    }
    return true;
}

static bool check_mapping(const BitmapMigrationNodeAliasList *list, Error **errp)
{
    g_autoptr(GHashTable) seen = names_seen();

    for (const BitmapMigrationNodeAliasList *e = list; e; e = e->next) {
        if (!is_alias(e->value->alias, errp) || !is_new(seen, "node", e->value->node_name, errp) ||
            !is_new(seen, "node alias", e->value->alias, errp) || !check_bitmaps(e->value, errp)) {
            return false;
        }
    }
    return true;
}

bool migrate_set_parameters(const MigrationParameters *params, Error **errp)
{
    if (params->has_block_bitmap_mapping && !check_mapping(params->block_bitmap_mapping, errp)) {
        return false;
    }
    if (params->has_block_bitmap_mapping) {
        qapi_free_BitmapMigrationNodeAliasList(parameters.bitmap_mapping);
        parameters.bitmap_mapping =
            QAPI_CLONE(BitmapMigrationNodeAliasList, params->block_bitmap_mapping);
        parameters.has_bitmap_mapping = true;
    }
    if (params->has_max_bandwidth) {
        qatomic_set(&parameters.max_bandwidth, params->max_bandwidth);
    }
    if (params->has_zero_page_detection) {
        qatomic_set(&parameters.zero_page_detection, params->zero_page_detection);
    }
    return true;
}

MigrationParameters *migrate_parameters(void)
{
    MigrationParameters *params = g_new0(MigrationParameters, 1);

    params->has_max_bandwidth = params->has_zero_page_detection = true;
    params->max_bandwidth = parameters.max_bandwidth;
    params->zero_page_detection = parameters.zero_page_detection;
    params->has_block_bitmap_mapping = parameters.has_bitmap_mapping;
    params->block_bitmap_mapping =
        QAPI_CLONE(BitmapMigrationNodeAliasList, parameters.bitmap_mapping);
    return params;
}
