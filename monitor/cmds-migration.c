/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of QMP and HMP that save the machine, and that start it from a saved state. */

#include "qemu/osdep.h"
#include "commands.h"
#include "migration/blocker.h"
#include "migration/misc.h"
#include "qapi/qapi-events-migration.h"
#include "qobject/qbool.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "system/runstate.h"

/* Capability "events": each change of status is an event. */
static bool send_events;

static void on_status(MigrationStatus status)
{
    if (send_events) {
        qapi_event_send_migration(status);
    }
}

/* ---- QMP ---- */

static QObject *cmd_migrate(const QDict *args, Error **errp)
{
    migrate_to_uri(qdict_get_str(args, "uri"), errp);
    return NULL;
}

static QObject *cmd_migrate_cancel(const QDict *args, Error **errp)
{
    migration_cancel();
    return NULL;
}

static QObject *cmd_migrate_incoming(const QDict *args, Error **errp)
{
    const char *uri = qdict_get_str(args, "uri");

    if (!migration_incoming_is_deferred()) {
        error_setg(errp, "the machine does not wait for a saved state");
        error_append_hint(errp, "Start with -incoming defer.\n");
    } else if (g_str_equal(uri, "defer")) {
        error_setg(errp, "argument 'uri': 'defer' is for -incoming only");
    } else {
        qemu_start_incoming_migration(uri, migration_incoming_autostart(),
                                      qdict_get_try_bool(args, "exit-on-error", true), errp);
    }
    return NULL;
}

static void add_reason(const char *reason, void *list)
{
    qlist_append_str(list, reason);
}

static void add_progress(QDict *dict, const MigrationInfo *info)
{
    double seconds = MAX(info->total_time - info->setup_time, 1) / 1000.0;

    qdict_put_int(dict, "total-time", info->total_time);
    qdict_put_int(dict, "setup-time", info->setup_time);
    qdict_put_int(dict, "downtime", info->downtime);
    qdict_put(dict, "ram",
              qdict_from_jsonf_nofail(
                  "{'transferred': %" PRId64 ", 'remaining': %" PRId64 ", 'total': %" PRId64
                  ", 'duplicate': %" PRId64 ", 'normal': %" PRId64 ", 'normal-bytes': %" PRId64
                  ", 'page-size': %" PRId64 ", 'mbps': %f}",
                  (int64_t)info->transferred, (int64_t)info->ram_remaining,
                  (int64_t)info->ram_total, (int64_t)info->zero_pages, (int64_t)info->normal_pages,
                  (int64_t)(info->normal_pages * info->page_size), (int64_t)info->page_size,
                  info->transferred * 8 / 1e6 / seconds));
}

static QObject *cmd_query_migrate(const QDict *args, Error **errp)
{
    QDict *dict = qdict_new();
    QList *reasons = qlist_new();
    MigrationInfo info;

    migration_query(&info);
    if (info.status != MIGRATION_STATUS_NONE) {
        qdict_put_str(dict, "status", MigrationStatus_str(info.status));
        if (!info.incoming) {
            add_progress(dict, &info);
        }
    }
    if (info.error) {
        qdict_put_str(dict, "error-desc", info.error);
    }
    migration_foreach_blocker(add_reason, reasons);
    if (qlist_empty(reasons)) {
        qobject_unref(reasons);
    } else {
        qdict_put(dict, "blocked-reasons", reasons);
    }
    return QOBJECT(dict);
}

static QObject *cmd_set_capabilities(const QDict *args, Error **errp)
{
    const QListEntry *e;

    QLIST_FOREACH_ENTRY (qdict_get_qlist(args, "capabilities"), e) {
        QDict *item = qobject_to(QDict, qlist_entry_obj(e));
        const char *name = item ? qdict_get_try_str(item, "capability") : NULL;
        QBool *state = item ? qobject_to(QBool, qdict_get(item, "state")) : NULL;

        if (!name || !state) {
            error_setg(errp, "argument 'capabilities': each needs 'capability' and 'state'");
            return NULL;
        }
        if (!g_str_equal(name, "events")) {
            error_setg(errp, "migration capability '%s' is not offered; there is 'events'", name);
            return NULL;
        }
        send_events = qbool_get_bool(state);
    }
    return NULL;
}

static QObject *cmd_query_capabilities(const QDict *args, Error **errp)
{
    return qobject_from_jsonf_nofail("[{'capability': 'events', 'state': %i}]", send_events);
}

static const QmpArg migrate_args[] = {
    {"uri", QTYPE_QSTRING}, {"detach", QTYPE_QBOOL, true}, {NULL}};
static const QmpArg incoming_args[] = {
    {"uri", QTYPE_QSTRING}, {"exit-on-error", QTYPE_QBOOL, true}, {NULL}};
static const QmpArg capabilities_args[] = {{"capabilities", QTYPE_QLIST}, {NULL}};

static const QmpTableCommand commands[] = {
    {"migrate", cmd_migrate, migrate_args},
    {"migrate_cancel", cmd_migrate_cancel},
    {"migrate-incoming", cmd_migrate_incoming, incoming_args},
    {"query-migrate", cmd_query_migrate},
    {"migrate-set-capabilities", cmd_set_capabilities, capabilities_args},
    {"query-migrate-capabilities", cmd_query_capabilities},
};

void qmp_register_migration(void)
{
    qmp_register_commands(commands, ARRAY_SIZE(commands));
    migration_set_status_hook(on_status);
}

/* ---- HMP ---- */

static void hmp_migrate(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    if (migrate_to_uri(qdict_get_str(args, "uri"), &err) &&
        !qdict_get_try_bool(args, "detach", false)) {
        migration_wait(&err);
    }
    hmp_handle_error(mon, err);
}

static void hmp_migrate_cancel(Monitor *mon, const QDict *args)
{
    migration_cancel();
}

static void hmp_migrate_incoming(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "migrate-incoming", args));
}

static void info_migrate(Monitor *mon, const QDict *args)
{
    MigrationInfo info;

    migration_query(&info);
    if (info.status == MIGRATION_STATUS_NONE) {
        return;
    }
    monitor_printf(mon, "Status: %s\n", MigrationStatus_str(info.status));
    if (info.error) {
        monitor_printf(mon, "error description: %s\n", info.error);
    }
    if (info.incoming) {
        return;
    }
    monitor_printf(mon,
                   "total time: %" PRId64 " ms\nsetup: %" PRId64 " ms\ndowntime: %" PRId64 " ms\n"
                   "transferred ram: %" PRIu64 " kbytes\nremaining ram: %" PRIu64 " kbytes\n"
                   "total ram: %" PRIu64 " kbytes\nduplicate: %" PRIu64 " pages\n"
                   "normal: %" PRIu64 " pages\npage size: %" PRIu64 " kbytes\n",
                   info.total_time, info.setup_time, info.downtime, info.transferred / 1024,
                   info.ram_remaining / 1024, info.ram_total / 1024, info.zero_pages,
                   info.normal_pages, info.page_size / 1024);
}

static const HMPCommand hmp_commands[] = {
    {"migrate", "detach:-d,uri:s", "[-d] uri",
     "stops the machine and saves it to uri; -d: does not wait for the end", hmp_migrate},
    {"migrate_cancel", "", "", "gives up saving; the machine goes on", hmp_migrate_cancel},
    {"migrate_incoming", "uri:s", "uri", "starts from a state that was saved",
     hmp_migrate_incoming},
};

static const HMPCommand hmp_info_commands[] = {
    {"migrate", "", "", "how far saving is", info_migrate},
};

void hmp_register_migration(void)
{
    hmp_register_commands(hmp_commands, ARRAY_SIZE(hmp_commands), false);
    hmp_register_commands(hmp_info_commands, ARRAY_SIZE(hmp_info_commands), true);
}
