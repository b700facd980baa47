/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of QMP and HMP that save the machine, and that start it from a saved state. */

#include "qemu/osdep.h"
#include "commands.h"
#include "migration/blocker.h"
#include "migration/misc.h"
#include "migration/options.h"
#include "qapi/qapi-commands-migration.h"
#include "qapi/qapi-events-migration.h"
#include "qapi/qapi-visit-migration.h"
#include "qapi/qobject-input-visitor.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"
#include "system/runstate.h"

/* Capability "events": each change of status is an event, and each turn through memory. */
static void on_status(MigrationStatus status)
{
    MigrationProgress info;

    if (!migrate_capability_enabled(MIGRATION_CAPABILITY_EVENTS)) {
        return;
    }
    migration_query(&info);
    if (status == MIGRATION_STATUS_ACTIVE && !info.incoming) {
        qapi_event_send_migration_pass(1); /* the only one: the machine is stopped */
    }
    qapi_event_send_migration(status);
}

/* ---- QMP ---- */

/* What the functions of migration/ take; there is one channel, and it has a plain address. */
static char *uri_of(const char *uri, bool has_channels, MigrationChannelList *channels,
                    Error **errp)
{
    MigrationAddress *addr;
    GString *text;

    if (!uri == !has_channels) {
        error_setg(errp, "either 'uri' or 'channels' must be given");
        return NULL;
    }
    if (uri) {
        return g_strdup(uri);
    }
    if (!channels || channels->next ||
        channels->value->channel_type != MIGRATION_CHANNEL_TYPE_MAIN) {
        error_setg(errp, "argument 'channels': there must be one, of the type 'main'");
        return NULL;
    }
    addr = channels->value->addr;
    switch (addr->transport) {
    case MIGRATION_ADDRESS_TYPE_FILE:
        return g_strdup_printf("file:%s,offset=%" PRId64, addr->u.file.filename,
                               addr->u.file.offset);
    case MIGRATION_ADDRESS_TYPE_SOCKET:
        if (addr->u.socket.type == SOCKET_ADDRESS_TYPE_UNIX) {
            return g_strdup_printf("unix:%s", addr->u.socket.u.q_unix.path);
        }
        if (addr->u.socket.type == SOCKET_ADDRESS_TYPE_FD) {
            return g_strdup_printf("fd:%s", addr->u.socket.u.fd.str);
        }
        break;
    case MIGRATION_ADDRESS_TYPE_EXEC:
        text = g_string_new("exec:");
        for (strList *arg = addr->u.exec.args; arg; arg = arg->next) {
            g_autofree char *quoted = g_shell_quote(arg->value);
            g_string_append_printf(text, "%s%s", text->len > 5 ? " " : "", quoted);
        }
        return g_string_free(text, FALSE);
    default:
        break;
    }
    error_setg(errp, "argument 'channels': the transport '%s' with this address is not available",
               MigrationAddressType_str(addr->transport));
    return NULL;
}

void qmp_migrate(bool has_channels, MigrationChannelList *channels, bool has_detach, bool detach,
                 bool has_resume, bool resume, const char *uri, Error **errp)
{
    g_autofree char *text = uri_of(uri, has_channels, channels, errp);

    if (resume) {
        error_setg(errp, "argument 'resume': there is no interrupted migration to go on with");
    } else if (text) {
        migrate_to_uri(text, errp);
    }
}

void qmp_migrate_cancel(Error **errp)
{
    migration_cancel();
}

void qmp_migrate_continue(MigrationStatus state, Error **errp)
{
    migration_continue(state, errp);
}

void qmp_migrate_set_parameters(MigrationParameters *params, Error **errp)
{
    migrate_set_parameters(params, errp);
}

MigrationParameters *qmp_query_migrate_parameters(Error **errp)
{
    return migrate_parameters();
}

void qmp_migrate_incoming(bool has_channels, MigrationChannelList *channels, bool has_exit_on_error,
                          bool exit_on_error, const char *uri, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *text = uri_of(uri, has_channels, channels, errp);

    if (!text) {
        return;
    }
    if (!migration_incoming_is_deferred()) {
        error_setg(errp, "the machine does not wait for a saved state");
        error_append_hint(errp, "Start with -incoming defer.\n");
    } else if (g_str_equal(text, "defer")) {
        error_setg(errp, "argument 'uri': 'defer' is for -incoming only");
    } else {
        qemu_start_incoming_migration(text, migration_incoming_autostart(),
                                      has_exit_on_error ? exit_on_error : true, errp);
    }
}

static void add_reason(const char *reason, void *opaque)
{
    strList ***tail = opaque;

    QAPI_LIST_APPEND(*tail, g_strdup(reason));
}

static void add_progress(MigrationInfo *info, const MigrationProgress *p)
{
    double seconds = MAX(p->total_time - p->setup_time, 1) / 1000.0;
    MigrationRAMStats *ram = g_new0(MigrationRAMStats, 1);

    info->has_total_time = info->has_setup_time = info->has_downtime = true;
    info->total_time = p->total_time;
    info->setup_time = p->setup_time;
    info->downtime = p->downtime;
    ram->transferred = ram->downtime_bytes = p->transferred;
    ram->dirty_sync_count = 1;
    ram->remaining = p->ram_remaining;
    ram->total = p->ram_total;
    ram->duplicate = p->zero_pages;
    ram->normal = p->normal_pages;
    ram->normal_bytes = p->normal_pages * p->page_size;
    ram->page_size = p->page_size;
    ram->mbps = p->transferred * 8 / 1e6 / seconds;
    info->ram = ram;
}

MigrationInfo *qmp_query_migrate(Error **errp)
{
    MigrationInfo *info = g_new0(MigrationInfo, 1);
    strList **tail = &info->blocked_reasons;
    MigrationProgress progress;

    migration_query(&progress);
    if (progress.status != MIGRATION_STATUS_NONE) {
        info->has_status = true;
        info->status = progress.status;
        if (!progress.incoming) {
            add_progress(info, &progress);
        }
    }
    info->error_desc = g_strdup(progress.error);
    migration_foreach_blocker(add_reason, &tail);
    info->has_blocked_reasons = info->blocked_reasons != NULL;
    return info;
}

void qmp_migrate_set_capabilities(MigrationCapabilityStatusList *capabilities, Error **errp)
{
    migrate_set_capabilities(capabilities, errp);
}

MigrationCapabilityStatusList *qmp_query_migrate_capabilities(Error **errp)
{
    MigrationCapabilityStatusList *list = NULL, **tail = &list;

    for (int i = 0; i < MIGRATION_CAPABILITY__MAX; i++) {
        if (migrate_capability_offered(i)) {
            MigrationCapabilityStatus *status = g_new0(MigrationCapabilityStatus, 1);

            status->capability = i;
            status->state = migrate_capability_enabled(i);
            QAPI_LIST_APPEND(tail, status);
        }
    }
    return list;
}

void monitor_watch_migration(void)
{
    migration_set_status_hook(on_status);
}

/* ---- HMP ---- */

static void hmp_migrate(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    if (migrate_to_uri(qdict_get_str(args, "uri"), &err) &&
        !qdict_get_try_bool(args, "-d", false)) {
        migration_wait(&err);
    }
    hmp_handle_error(mon, err);
}

static void hmp_migrate_cancel(Monitor *mon, const QDict *args)
{
    migration_cancel();
}

static void hmp_migrate_continue(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "migrate-continue", args));
}

static void hmp_migrate_incoming(Monitor *mon, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, "migrate-incoming", args));
}

static void print_capabilities(Monitor *mon)
{
    g_autoptr(MigrationCapabilityStatusList) list = qmp_query_migrate_capabilities(&error_abort);

    for (MigrationCapabilityStatusList *e = list; e; e = e->next) {
        monitor_printf(mon, "%s: %s\n", MigrationCapability_str(e->value->capability),
                       e->value->state ? "on" : "off");
    }
}

static void info_migrate(Monitor *mon, const QDict *args)
{
    MigrationProgress info;

    if (qdict_get_bool(args, "-a")) {
        print_capabilities(mon);
    }
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

static void hmp_set_capability(Monitor *mon, const QDict *args)
{
    Error *err = NULL;
    int value =
        qapi_enum_parse(&MigrationCapability_lookup, qdict_get_str(args, "capability"), -1, &err);
    MigrationCapabilityStatus status = {.capability = value,
                                        .state = qdict_get_bool(args, "state")};
    MigrationCapabilityStatusList list = {.value = &status};

    if (value >= 0) {
        qmp_migrate_set_capabilities(&list, &err);
    }
    hmp_handle_error(mon, err);
}

static void hmp_set_parameter(Monitor *mon, const QDict *args)
{
    const char *name = qdict_get_str(args, "parameter"), *value = qdict_get_str(args, "value");
    g_autoptr(QDict) text = qdict_new();
    g_autoptr(MigrationParameters) params = NULL;
    Error *err = NULL;
    Visitor *v;
    uint64_t bytes;

    if (g_str_equal(name, "max-bandwidth") && qemu_strtosz_MiB(value, NULL, &bytes) == 0) {
        /* A person means MiB, where a program means bytes. */
        g_autofree char *number = g_strdup_printf("%" PRIu64, bytes);

        qdict_put_str(text, name, number);
    } else {
        qdict_put_str(text, name, value);
    }
    v = qobject_input_visitor_new_keyval(QOBJECT(text));
    if (visit_type_MigrationParameters(v, NULL, &params, &err)) {
        migrate_set_parameters(params, &err);
    }
    visit_free(v);
    hmp_handle_error(mon, err);
}

static void info_parameters(Monitor *mon, const QDict *args)
{
    g_autoptr(MigrationParameters) params = migrate_parameters();

    monitor_printf(mon, "max-bandwidth: %" PRIu64 " bytes/second\nzero-page-detection: %s\n",
                   params->max_bandwidth, ZeroPageDetection_str(params->zero_page_detection));
    if (params->has_block_bitmap_mapping) {
        monitor_puts(mon, "block-bitmap-mapping:\n");
    }
    for (BitmapMigrationNodeAliasList *e = params->block_bitmap_mapping; e; e = e->next) {
        monitor_printf(mon, "  '%s' -> '%s'\n", e->value->node_name, e->value->alias);
        for (BitmapMigrationBitmapAliasList *b = e->value->bitmaps; b; b = b->next) {
            monitor_printf(mon, "    '%s' -> '%s'\n", b->value->name, b->value->alias);
        }
    }
}

static void info_capabilities(Monitor *mon, const QDict *args)
{
    print_capabilities(mon);
}

static const HMPCommand hmp_commands[] = {
    {"migrate", "-d,uri:s", "[-d] uri",
     "stops the machine and saves it to uri; -d: does not wait for the end", hmp_migrate},
    {"migrate_set_capability", "capability:s,state:b", "capability state",
     "switches a capability of migrations on or off", hmp_set_capability},
    {"migrate_set_parameter", "parameter:s,value:s", "parameter value",
     "sets a parameter of migrations", hmp_set_parameter},
    {"migrate_continue", "state:s", "state", "goes on with a migration that waits in state",
     hmp_migrate_continue},
    {"migrate_cancel", "", "", "gives up saving; the machine goes on", hmp_migrate_cancel},
    {"migrate_incoming", "uri:s", "uri", "starts from a state that was saved",
     hmp_migrate_incoming},
};

static const HMPCommand hmp_info_commands[] = {
    {"migrate", "-a", "[-a]", "how far saving is; -a: with the capabilities", info_migrate},
    {"migrate_capabilities", "", "", "what migrations can do, and whether they do",
     info_capabilities},
    {"migrate_parameters", "", "", "what is set about migrations", info_parameters},
};

void hmp_register_migration(void)
{
    hmp_register_commands(hmp_commands, ARRAY_SIZE(hmp_commands), false);
    hmp_register_commands(hmp_info_commands, ARRAY_SIZE(hmp_info_commands), true);
}
