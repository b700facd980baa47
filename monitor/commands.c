/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All commands of this program's monitors. */

#include "qemu/osdep.h"
#include "commands.h"
#include "qapi/qapi-commands-control.h"
#include "qapi/qapi-init-commands.h"
#include "qobject/qjson.h"

void monitor_init_globals(void)
{
    monitor_init_core();
    qmp_commands = qmp_command_list_new();
    qmp_init_marshal(qmp_commands);
    qmp_negotiation_commands = qmp_command_list_new();
    qmp_register_command(qmp_negotiation_commands, "qmp_capabilities", qmp_marshal_qmp_capabilities,
                         QCO_ALLOW_PRECONFIG, 0);
    qmp_watch_devices();
    monitor_watch_migration();
    hmp_register_control();
    hmp_register_objects();
    hmp_register_debug();
    hmp_register_memory();
    hmp_register_input();
    hmp_register_info();
    hmp_register_info_devices();
    hmp_register_machine();
    hmp_register_x86();
    hmp_register_dirtyrate();
    hmp_register_migration();
    hmp_register_block();
    hmp_register_block_jobs();
    hmp_register_snapshots();
}

QObject *hmp_call_qmp(Monitor *mon, const char *name, const QDict *args)
{
    g_autoptr(QDict) request = qdict_new();
    g_autoptr(QDict) rsp = NULL;
    QDict *err;

    qdict_put_str(request, "execute", name);
    if (args) {
        qdict_put_obj(request, "arguments", QOBJECT(qdict_clone_shallow(args)));
    }
    rsp = qmp_dispatch(qmp_commands, QOBJECT(request), false);
    err = rsp ? qdict_get_qdict(rsp, "error") : NULL;
    if (err) {
        monitor_printf(mon, "Error: %s\n", qdict_get_str(err, "desc"));
        return NULL;
    }
    return rsp ? qobject_ref(qdict_get(rsp, "return")) : QOBJECT(qdict_new());
}
