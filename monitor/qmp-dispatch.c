/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a QMP request to its command, and from what comes of it to the response. */

#include "qemu/osdep.h"
#include "monitor/qmp.h"
#include "qapi/compat-policy.h"
#include "qemu/atomic.h"
#include "qemu/coroutine.h"
#include "qemu/nearest-name.h"
#include "qobject/qjson.h"

QmpCommandList *qmp_commands, *qmp_negotiation_commands;
bool qmp_in_preconfig;

/* The parts of @request: false and @errp if it is no request. */
static bool check_request(QObject *request, bool oob, const char **name, const QDict **args,
                          Error **errp)
{
    const QDict *dict = qobject_to(QDict, request);

    *name = NULL;
    *args = NULL;
    if (!dict) {
        error_setg(errp, "a request must be a JSON object");
        return false;
    }
    for (const QDictEntry *e = qdict_first(dict); e; e = qdict_next(dict, e)) {
        const char *key = qdict_entry_key(e);
        if (!strcmp(key, "execute") || !strcmp(key, "exec-oob")) {
            if (!strcmp(key, "exec-oob") && !oob) {
                error_setg(errp, "out-of-band execution was not negotiated");
                return false;
            }
            if (*name) {
                error_setg(errp, "a request has 'execute' or 'exec-oob', not both");
                return false;
            }
            *name = qdict_get_try_str(dict, key);
            if (!*name) {
                error_setg(errp, "member '%s' must be a string", key);
                return false;
            }
        } else if (!strcmp(key, "arguments")) {
            *args = qdict_get_qdict(dict, key);
            if (!*args) {
                error_setg(errp, "member 'arguments' must be an object");
                return false;
            }
        } else if (strcmp(key, "id")) {
            error_setg(errp, "a request has no member '%s'", key);
            return false;
        }
    }
    if (!*name) {
        error_setg(errp, "a request needs the member 'execute'");
        return false;
    }
    return true;
}

static void try_name(const QmpCommand *cmd, void *opaque)
{
    nearest_name_try(opaque, cmd->name);
}

static void no_such_command(const QmpCommandList *cmds, const char *name, Error **errp)
{
    NearestName nearest;

    if (cmds == qmp_negotiation_commands) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "the first command must be qmp_capabilities, not '%s'", name);
        return;
    }
    nearest_name_init(&nearest, name);
    qmp_for_each_command(cmds, try_name, &nearest);
    if (nearest.best) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "there is no command '%s'; did you mean '%s'?", name, nearest.best);
        g_free(nearest.best);
    } else {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND, "there is no command '%s'", name);
    }
}

static bool may_run(const QmpCommand *cmd, Error **errp)
{
    if (qatomic_read(&qmp_in_preconfig) && !(cmd->options & QCO_ALLOW_PRECONFIG)) {
        error_setg(errp,
                   "command '%s' needs the machine, which -preconfig delays until"
                   " x-exit-preconfig",
                   cmd->name);
        return false;
    }
    return compat_policy_input_ok(&compat_policy, cmd->special_features,
                                  ERROR_CLASS_COMMAND_NOT_FOUND, "command", cmd->name, errp);
}

static QObject *execute(const QmpCommandList *cmds, QObject *request, bool oob, bool *quiet,
                        Error **errp)
{
    ERRP_GUARD();
    g_autoptr(QDict) none = NULL;
    const QmpCommand *cmd;
    const QDict *args;
    const char *name;
    QObject *ret = NULL;

    if (!check_request(request, oob, &name, &args, errp)) {
        return NULL;
    }
    cmd = qmp_find_command(cmds, name);
    if (!cmd) {
        no_such_command(cmds, name, errp);
        return NULL;
    }
    if (!may_run(cmd, errp)) {
        return NULL;
    }
    if (qmp_is_oob(request) && !(cmd->options & QCO_ALLOW_OOB)) {
        error_setg(errp, "command '%s' cannot be executed out of band; use 'execute'", name);
        return NULL;
    }
    if (!args) {
        args = none = qdict_new();
    }
    *quiet = cmd->options & QCO_NO_SUCCESS_RESP;
    cmd->fn((QDict *)args, &ret, errp);
    if (*errp) {
        qobject_unref(ret);
        return NULL;
    }
    return ret ? ret : QOBJECT(qdict_new());
}

bool qmp_is_oob(QObject *request)
{
    const QDict *dict = qobject_to(QDict, request);

    return dict && qdict_haskey(dict, "exec-oob") && !qdict_haskey(dict, "execute");
}

bool qmp_needs_coroutine(const QmpCommandList *cmds, QObject *request)
{
    const QDict *dict = qobject_to(QDict, request);
    const char *name = dict ? qdict_get_try_str(dict, "execute") : NULL;
    const QmpCommand *cmd = name ? qmp_find_command(cmds, name) : NULL;

    return cmd && (cmd->options & QCO_COROUTINE);
}

QDict *qmp_dispatch(const QmpCommandList *cmds, QObject *request, bool oob)
{
    const QDict *dict = qobject_to(QDict, request);
    QObject *id = dict ? qdict_get(dict, "id") : NULL;
    bool quiet = false;
    Error *err = NULL;
    QObject *ret = execute(cmds, request, oob, &quiet, &err);
    QDict *rsp;

    if (err) {
        rsp = qdict_from_jsonf_nofail("{'error': {'class': %s, 'desc': %s}}",
                                      error_class_str(error_get_class(err)), error_get_pretty(err));
        error_free(err);
    } else if (quiet) {
        qobject_unref(ret);
        return NULL;
    } else {
        rsp = qdict_new();
        qdict_put_obj(rsp, "return", ret);
    }
    if (id) {
        qdict_put_obj(rsp, "id", qobject_ref(id));
    }
    return rsp;
}
