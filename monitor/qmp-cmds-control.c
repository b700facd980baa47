/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about the protocol and the run state. */

#include "qemu/osdep.h"
#include "commands.h"
#include "hw/nmi.h"
#include "hw/rtc/mc146818rtc.h"
#include "migration/misc.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"
#include "system/cpus.h"
#include "system/runstate-action.h"
#include "system/runstate.h"
#include "system/system.h"

/* ---- protocol ---- */

static QObject *cmd_qmp_capabilities(const QDict *args, Error **errp)
{
    QList *enable = qdict_get_qlist(args, "enable");
    const QListEntry *entry = enable ? qlist_first(enable) : NULL;

    if (entry) {
        QString *name = qobject_to(QString, qlist_entry_obj(entry));
        error_setg(errp, "capability '%s' is not offered", name ? qstring_get_str(name) : "?");
    }
    return NULL;
}

static QObject *cmd_query_version(const QDict *args, Error **errp)
{
    return qobject_from_jsonf_nofail(
        "{'qemu': {'micro': %d, 'minor': %d, 'major': %d}, 'package': %s}", QEMU_VERSION_MICRO,
        QEMU_VERSION_MINOR, QEMU_VERSION_MAJOR, "Rhea " RHEA_VERSION);
}

static void add_command(const QmpTableCommand *cmd, void *list)
{
    qlist_append(list, qdict_from_jsonf_nofail("{'name': %s}", cmd->name));
}

static QObject *cmd_query_commands(const QDict *args, Error **errp)
{
    QList *list = qlist_new();

    qmp_foreach_table_command(add_command, list);
    return QOBJECT(list);
}

static QObject *cmd_human_monitor_command(const QDict *args, Error **errp)
{
    int64_t index = qdict_get_try_int(args, "cpu-index", -1);
    g_autofree char *out = NULL;

    if (qdict_haskey(args, "cpu-index") && !qemu_get_cpu(index)) {
        error_setg(errp, "argument 'cpu-index': there is no CPU %" PRId64, index);
        return NULL;
    }
    out = hmp_execute_to_string(qdict_get_str(args, "command-line"), index);
    return QOBJECT(qstring_from_str(out));
}

/* ---- identity ---- */

static QObject *cmd_query_name(const QDict *args, Error **errp)
{
    QDict *dict = qdict_new();

    if (qemu_name) {
        qdict_put_str(dict, "name", qemu_name);
    }
    return QOBJECT(dict);
}

static QObject *cmd_query_uuid(const QDict *args, Error **errp)
{
    g_autofree char *text = qemu_uuid_unparse_strdup(&qemu_uuid);

    return qobject_from_jsonf_nofail("{'UUID': %s}", text);
}

static QObject *cmd_query_target(const QDict *args, Error **errp)
{
    return qobject_from_jsonf_nofail("{'arch': 'x86_64'}");
}

/* ---- run state ---- */

static QObject *cmd_query_status(const QDict *args, Error **errp)
{
    return qobject_from_jsonf_nofail("{'status': %s, 'running': %i}", RunState_str(runstate_get()),
                                     runstate_is_running());
}

static QObject *cmd_stop(const QDict *args, Error **errp)
{
    if (runstate_check(RUN_STATE_INMIGRATE)) {
        migration_incoming_set_autostart(false);
        return NULL;
    }
    vm_stop(RUN_STATE_PAUSED);
    return NULL;
}

static QObject *cmd_cont(const QDict *args, Error **errp)
{
    if (runstate_needs_reset()) {
        error_setg(errp, "the machine must be reset before it can go on (system_reset)");
    } else if (runstate_check(RUN_STATE_INMIGRATE)) {
        migration_incoming_set_autostart(true); /* once its state has arrived */
    } else if (runstate_check(RUN_STATE_FINISH_MIGRATE)) {
        error_setg(errp, "migration is being completed");
    } else if (!runstate_check(RUN_STATE_SUSPENDED)) {
        vm_start();
    }
    return NULL;
}

static QObject *cmd_quit(const QDict *args, Error **errp)
{
    /* Also where guests' own shutdowns only pause (-no-shutdown). */
    run_actions.shutdown = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
    return NULL;
}

static QObject *cmd_system_reset(const QDict *args, Error **errp)
{
    qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
    return NULL;
}

static QObject *cmd_system_powerdown(const QDict *args, Error **errp)
{
    qemu_system_powerdown_request();
    return NULL;
}

static QObject *cmd_system_wakeup(const QDict *args, Error **errp)
{
    if (!qemu_wakeup_suspend_enabled()) {
        error_setg(errp, "this machine cannot be woken up from outside");
        return NULL;
    }
    qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, errp);
    return NULL;
}

static QObject *cmd_inject_nmi(const QDict *args, Error **errp)
{
    nmi_monitor_handle(0, errp);
    return NULL;
}

static QObject *cmd_rtc_reset_reinjection(const QDict *args, Error **errp)
{
    qmp_rtc_reset_reinjection(errp);
    return NULL;
}

static QObject *cmd_set_action(const QDict *args, Error **errp)
{
    for (const QDictEntry *e = qdict_first(args); e; e = qdict_next(args, e)) {
        if (!run_action_set(qdict_entry_key(e), qdict_get_str(args, qdict_entry_key(e)), errp)) {
            break;
        }
    }
    return NULL;
}

static QObject *cmd_watchdog_set_action(const QDict *args, Error **errp)
{
    run_action_set("watchdog", qdict_get_str(args, "action"), errp);
    return NULL;
}

/* ---- table ---- */

static const char *const reboot_actions[] = {"reset", "shutdown", NULL};
static const char *const shutdown_actions[] = {"poweroff", "pause", NULL};
static const char *const panic_actions[] = {"pause", "shutdown", "exit-failure", "none", NULL};
static const char *const watchdog_actions[] = {"reset", "shutdown", "poweroff",   "pause",
                                               "debug", "none",     "inject-nmi", NULL};

static const QmpArg capabilities_args[] = {{"enable", QTYPE_QLIST, true}, {NULL}};
static const QmpArg human_args[] = {
    {"command-line", QTYPE_QSTRING},
    {"cpu-index", QTYPE_QNUM, true},
    {NULL},
};
static const QmpArg action_args[] = {
    {"reboot", QTYPE_QSTRING, true, reboot_actions},
    {"shutdown", QTYPE_QSTRING, true, shutdown_actions},
    {"panic", QTYPE_QSTRING, true, panic_actions},
    {"watchdog", QTYPE_QSTRING, true, watchdog_actions},
    {NULL},
};
static const QmpArg watchdog_args[] = {
    {"action", QTYPE_QSTRING, false, watchdog_actions},
    {NULL},
};

static const QmpTableCommand commands[] = {
    {"qmp_capabilities", cmd_qmp_capabilities, capabilities_args},
    {"query-version", cmd_query_version},
    {"query-commands", cmd_query_commands},
    {"human-monitor-command", cmd_human_monitor_command, human_args},
    {"query-name", cmd_query_name},
    {"query-uuid", cmd_query_uuid},
    {"query-target", cmd_query_target},
    {"query-status", cmd_query_status},
    {"stop", cmd_stop},
    {"cont", cmd_cont},
    {"quit", cmd_quit},
    {"system_reset", cmd_system_reset},
    {"system_powerdown", cmd_system_powerdown},
    {"system_wakeup", cmd_system_wakeup},
    {"inject-nmi", cmd_inject_nmi},
    {"rtc-reset-reinjection", cmd_rtc_reset_reinjection},
    {"set-action", cmd_set_action, action_args},
    {"watchdog-set-action", cmd_watchdog_set_action, watchdog_args},
};

void qmp_register_control(void)
{
    qmp_register_commands(commands, ARRAY_SIZE(commands));
}
