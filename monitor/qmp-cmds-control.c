/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about the protocol and the run state. */

#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "commands.h"
#include "config-host.h"
#include "hw/nmi.h"
#include "migration/misc.h"
#include "monitor/hmp.h"
#include "qapi/qapi-commands-control.h"
#include "qapi/qapi-commands-introspect.h"
#include "qapi/qapi-commands-machine.h"
#include "qapi/qapi-commands-misc.h"
#include "qapi/qapi-commands-run-state.h"
#include "qapi/qapi-introspect.h"
#include "qobject/qjson.h"
#include "system/cpus.h"
#include "system/runstate-action.h"
#include "system/runstate.h"
#include "system/system.h"

/* ---- protocol ---- */

void qmp_qmp_capabilities(bool has_enable, QMPCapabilityList *enable, Error **errp)
{
    Monitor *mon = monitor_cur();

    if (!mon || !mon->is_qmp) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND, "this monitor has nothing to negotiate");
        return;
    }
    monitor_qmp_negotiated(mon, enable != NULL, errp); /* there is one capability */
}

VersionInfo *qmp_query_version(Error **errp)
{
    VersionInfo *info = g_new0(VersionInfo, 1);

    info->qemu = g_new0(VersionTriple, 1);
    info->qemu->major = QEMU_VERSION_MAJOR;
    info->qemu->minor = QEMU_VERSION_MINOR;
    info->qemu->micro = QEMU_VERSION_MICRO;
    info->package = g_strdup("Rhea " RHEA_VERSION);
    return info;
}

static void add_command(const QmpCommand *cmd, void *opaque)
{
    CommandInfoList **list = opaque;
    CommandInfo *info = g_new0(CommandInfo, 1);

    info->name = g_strdup(cmd->name);
    QAPI_LIST_PREPEND(*list, info);
}

CommandInfoList *qmp_query_commands(Error **errp)
{
    CommandInfoList *list = NULL;

    qmp_for_each_command(qmp_commands, add_command, &list);
    return list;
}

/* The generated text has a comma behind each item, also behind the last of an array or object. */
static char *without_last_commas(const char *text)
{
    GString *json = g_string_sized_new(strlen(text));

    for (const char *p = text; *p; p++) {
        if (*p == ',') {
            const char *next = p + 1 + strspn(p + 1, " ");
            if (*next == ']' || *next == '}') {
                continue;
            }
        }
        g_string_append_c(json, *p);
    }
    return g_string_free(json, FALSE);
}

void qmp_marshal_query_qmp_schema(QDict *args, QObject **ret, Error **errp)
{
    g_autofree char *json = NULL;

    if (qmp_no_arguments(args, errp)) {
        json = without_last_commas(qmp_schema_text);
        *ret = qobject_from_json(json, errp);
    }
}

char *qmp_human_monitor_command(const char *command_line, bool has_cpu_index, int64_t cpu_index,
                                Error **errp)
{
    g_autofree char *out = NULL;

    if (has_cpu_index && !qemu_get_cpu(cpu_index)) {
        error_setg(errp, "argument 'cpu-index': there is no CPU %" PRId64, cpu_index);
        return NULL;
    }
    out = hmp_execute_to_string(command_line, has_cpu_index ? cpu_index : -1);
    return monitor_crlf(out); /* as a terminal would get it */
}

/* ---- what the machine is called ---- */

NameInfo *qmp_query_name(Error **errp)
{
    NameInfo *info = g_new0(NameInfo, 1);

    info->name = g_strdup(qemu_name);
    return info;
}

UuidInfo *qmp_query_uuid(Error **errp)
{
    UuidInfo *info = g_new0(UuidInfo, 1);

    info->UUID = qemu_uuid_unparse_strdup(&qemu_uuid);
    return info;
}

TargetInfo *qmp_query_target(Error **errp)
{
    TargetInfo *info = g_new0(TargetInfo, 1);

    info->arch = SYS_EMU_TARGET_X86_64;
    return info;
}

/* ---- run state ---- */

StatusInfo *qmp_query_status(Error **errp)
{
    StatusInfo *info = g_new0(StatusInfo, 1);

    info->status = runstate_get();
    info->running = runstate_is_running();
    return info;
}

void qmp_stop(Error **errp)
{
    if (runstate_check(RUN_STATE_INMIGRATE)) {
        migration_incoming_set_autostart(false);
    } else {
        vm_stop(RUN_STATE_PAUSED);
    }
}

void qmp_cont(Error **errp)
{
    if (runstate_needs_reset()) {
        error_setg(errp, "the machine must be reset before it can go on (system_reset)");
    } else if (runstate_check(RUN_STATE_INMIGRATE)) {
        migration_incoming_set_autostart(true); /* once its state has arrived */
    } else if (runstate_check(RUN_STATE_FINISH_MIGRATE)) {
        error_setg(errp, "migration is being completed");
    } else if (!runstate_check(RUN_STATE_SUSPENDED)) {
        blk_iostatus_reset_all();
        vm_start();
    }
}

void qmp_quit(Error **errp)
{
    /* Also where guests' own shutdowns only pause (-no-shutdown). */
    run_actions.shutdown = SHUTDOWN_ACTION_POWEROFF;
    qemu_system_shutdown_request(SHUTDOWN_CAUSE_HOST_QMP_QUIT);
}

void qmp_system_reset(Error **errp)
{
    qemu_system_reset_request(SHUTDOWN_CAUSE_HOST_QMP_SYSTEM_RESET);
}

void qmp_system_powerdown(Error **errp)
{
    qemu_system_powerdown_request();
}

void qmp_system_wakeup(Error **errp)
{
    if (!qemu_wakeup_suspend_enabled()) {
        error_setg(errp, "this machine cannot be woken up from outside");
    } else {
        qemu_system_wakeup_request(QEMU_WAKEUP_REASON_OTHER, errp);
    }
}

CurrentMachineParams *qmp_query_current_machine(Error **errp)
{
    CurrentMachineParams *params = g_new0(CurrentMachineParams, 1);

    params->wakeup_suspend_support = qemu_wakeup_suspend_enabled();
    return params;
}

void qmp_inject_nmi(Error **errp)
{
    nmi_monitor_handle(0, errp);
}

void qmp_set_action(bool has_panic, PanicAction panic, bool has_reboot, RebootAction reboot,
                    bool has_shutdown, ShutdownAction shutdown, bool has_watchdog,
                    WatchdogAction watchdog, Error **errp)
{
    if (has_panic) {
        run_actions.panic = panic;
    }
    if (has_reboot) {
        run_actions.reboot = reboot;
    }
    if (has_shutdown) {
        run_actions.shutdown = shutdown;
    }
    if (has_watchdog) {
        run_actions.watchdog = watchdog;
    }
}

void qmp_watchdog_set_action(WatchdogAction action, Error **errp)
{
    run_actions.watchdog = action;
}
