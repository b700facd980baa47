/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of commands. */
#include "qemu/osdep.h"
#include "qapi/qmp-registry.h"
#include "qobject/qdict.h"

struct QmpCommandList {
    GHashTable *by_name; /* of QmpCommand */
    GPtrArray *in_order; /* owns them */
};

QmpCommandList *qmp_command_list_new(void)
{
    QmpCommandList *cmds = g_new(QmpCommandList, 1);

    cmds->by_name = g_hash_table_new(g_str_hash, g_str_equal);
    cmds->in_order = g_ptr_array_new_with_free_func(g_free);
    return cmds;
}

void qmp_command_list_free(QmpCommandList *cmds)
{
    if (cmds) {
        g_hash_table_unref(cmds->by_name);
        g_ptr_array_unref(cmds->in_order);
        g_free(cmds);
    }
}

void qmp_register_command(QmpCommandList *cmds, const char *name, QmpMarshalFn *fn,
                          QmpCommandOptions options, unsigned special_features)
{
    QmpCommand *cmd = g_hash_table_lookup(cmds->by_name, name);

    if (!cmd) {
        cmd = g_new(QmpCommand, 1);
        g_ptr_array_add(cmds->in_order, cmd);
        g_hash_table_insert(cmds->by_name, (void *)name, cmd);
    }
    *cmd = (QmpCommand){name, fn, options, special_features};
}

const QmpCommand *qmp_find_command(const QmpCommandList *cmds, const char *name)
{
    return g_hash_table_lookup(cmds->by_name, name);
}

void qmp_for_each_command(const QmpCommandList *cmds,
                          void (*fn)(const QmpCommand *cmd, void *opaque), void *opaque)
{
    for (guint i = 0; i < cmds->in_order->len; i++) {
        fn(g_ptr_array_index(cmds->in_order, i), opaque);
    }
}

bool qmp_no_arguments(const QDict *args, Error **errp)
{
    const QDictEntry *e = qdict_first(args);

    if (e) {
        error_setg(errp, "Parameter '%s' is unexpected", qdict_entry_key(e));
    }
    return !e;
}
