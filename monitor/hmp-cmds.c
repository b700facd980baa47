/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMP commands that control the machine and this program's own logging. */

#include "qemu/osdep.h"
#include "commands.h"
#include "qemu/log.h"
#include "system/boot-order.h"
#include "trace/control.h"

/* ---- run state: the QMP command of the same meaning ---- */

static void call(Monitor *mon, const char *name, const QDict *args)
{
    qobject_unref(hmp_call_qmp(mon, name, args));
}

#define QMP_TWIN(fn, name)                                                                         \
    static void fn(Monitor *mon, const QDict *args)                                                \
    {                                                                                              \
        call(mon, name, NULL);                                                                     \
    }

QMP_TWIN(cmd_stop, "stop")
QMP_TWIN(cmd_cont, "cont")
QMP_TWIN(cmd_quit, "quit")
QMP_TWIN(cmd_system_reset, "system_reset")
QMP_TWIN(cmd_system_powerdown, "system_powerdown")
QMP_TWIN(cmd_system_wakeup, "system_wakeup")
QMP_TWIN(cmd_nmi, "inject-nmi")
QMP_TWIN(cmd_exit_preconfig, "x-exit-preconfig")

static void cmd_getfd(Monitor *mon, const QDict *args)
{
    call(mon, "getfd", args);
}

static void cmd_closefd(Monitor *mon, const QDict *args)
{
    call(mon, "closefd", args);
}

static void cmd_watchdog_action(Monitor *mon, const QDict *args)
{
    call(mon, "watchdog-set-action", args);
}

static void cmd_boot_set(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    if (qemu_boot_set(qdict_get_str(args, "bootdevice"), &err)) {
        monitor_printf(mon, "boot device list now set to %s\n", qdict_get_str(args, "bootdevice"));
    }
    hmp_handle_error(mon, err);
}

static void cmd_cpu(Monitor *mon, const QDict *args)
{
    if (monitor_set_cpu(mon, qdict_get_int(args, "index")) < 0) {
        monitor_printf(mon, "Error: there is no CPU %" PRId64 "\n", qdict_get_int(args, "index"));
    }
}

/* ---- logs ---- */

static void cmd_log(Monitor *mon, const QDict *args)
{
    const char *items = qdict_get_str(args, "items");
    Error *err = NULL;
    int mask;

    if (!strcmp(items, "help") || !strcmp(items, "?")) {
        qemu_print_log_usage();
        return;
    }
    mask = strcmp(items, "none") ? qemu_str_to_log_mask(items, &err) : 0;

    if (err) {
        error_append_hint(&err, "\"log none\" turns it off.\n");
    } else {
        qemu_set_log(mask, &err);
    }
    hmp_handle_error(mon, err);
}

static void cmd_logfile(Monitor *mon, const QDict *args)
{
    Error *err = NULL;

    qemu_set_log_filename(qdict_get_str(args, "filename"), &err);
    hmp_handle_error(mon, err);
}

static void cmd_trace_event(Monitor *mon, const QDict *args)
{
    const char *pattern = qdict_get_str(args, "name");
    TraceEventIter iter;
    TraceEvent *ev;
    bool found = false;

    trace_event_iter_init_pattern(&iter, pattern);
    while ((ev = trace_event_iter_next(&iter)) != NULL) {
        found = true;
        if (trace_event_get_state_static(ev)) {
            trace_event_set_state_dynamic(ev, qdict_get_bool(args, "option"));
        }
    }
    if (!found) {
        monitor_printf(mon, "Error: there is no trace event '%s'\n", pattern);
    }
}

static void complete_event(int index, const char *text, void (*add)(void *, const char *),
                           void *opaque)
{
    TraceEventIter iter;
    TraceEvent *ev;

    if (index == 1) {
        add(opaque, "on");
        add(opaque, "off");
        return;
    }
    trace_event_iter_init_all(&iter);
    while (index == 0 && (ev = trace_event_iter_next(&iter)) != NULL) {
        add(opaque, trace_event_get_name(ev));
    }
}

static void complete_watchdog(int index, const char *text, void (*add)(void *, const char *),
                              void *opaque)
{
    static const char *const actions[] = {"reset", "shutdown", "poweroff",  "pause",
                                          "debug", "none",     "inject-nmi"};

    for (size_t i = 0; index == 0 && i < ARRAY_SIZE(actions); i++) {
        add(opaque, actions[i]);
    }
}

static const HMPCommand commands[] = {
    {"quit|q", "", "", "ends the emulator", cmd_quit},
    {"stop|s", "", "", "stops the machine", cmd_stop},
    {"cont|c", "", "", "lets the machine run again", cmd_cont},
    {"system_reset", "", "", "resets the machine", cmd_system_reset},
    {"system_powerdown", "", "", "presses the machine's power button", cmd_system_powerdown},
    {"system_wakeup", "", "", "wakes the machine up from suspend", cmd_system_wakeup},
    {"exit_preconfig", "", "", "builds the machine that -preconfig delays", cmd_exit_preconfig},
    {"getfd", "fdname:s", "getfd name", "keeps a file descriptor that came with this, by name",
     cmd_getfd},
    {"closefd", "fdname:s", "closefd name", "closes a file descriptor that was passed by name",
     cmd_closefd},
    {"nmi", "", "", "injects a non-maskable interrupt", cmd_nmi},
    {"watchdog_action", "action:s", "[reset|shutdown|poweroff|pause|debug|none|inject-nmi]",
     "what happens when a watchdog expires", cmd_watchdog_action, NULL, complete_watchdog},
    {"boot_set", "bootdevice:s", "bootdevice", "the order of boot devices, as letters",
     cmd_boot_set},
    {"cpu", "index:i", "index", "the CPU that later commands are about", cmd_cpu},
    {"log", "items:s", "item1[,...]", "what goes to the log; none: nothing", cmd_log},
    {"logfile", "filename:S", "filename", "where the log goes", cmd_logfile},
    {"trace-event", "name:s,option:b,vcpu:i?", "name on|off [vcpu]",
     "switches trace events on or off", cmd_trace_event, NULL, complete_event},
};

void hmp_register_control(void)
{
    hmp_register_commands(commands, ARRAY_SIZE(commands), false);
}
