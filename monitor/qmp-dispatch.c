/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a QMP request to its command: the table of commands, the shape of
 * requests, and arguments checked against what the table says.
 */

#include "qemu/osdep.h"
#include "monitor/qmp.h"
#include "qapi/compat-policy.h"
#include "qemu/nearest-name.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qnum.h"
#include "qobject/qstring.h"

QmpCommandList *qmp_commands;

/* Name -> QmpTableCommand, and the same in order of registration. */
static GHashTable *by_name;
static GPtrArray *in_order;

void qmp_register_commands(const QmpTableCommand *cmds, size_t n)
{
    if (!by_name) {
        by_name = g_hash_table_new(g_str_hash, g_str_equal);
        in_order = g_ptr_array_new();
    }
    for (size_t i = 0; i < n; i++) {
        if (g_hash_table_insert(by_name, (void *)cmds[i].name, (void *)&cmds[i])) {
            g_ptr_array_add(in_order, (void *)&cmds[i]);
        }
    }
}

const QmpTableCommand *qmp_find_table_command(const char *name)
{
    return by_name ? g_hash_table_lookup(by_name, name) : NULL;
}

void qmp_foreach_table_command(void (*fn)(const QmpTableCommand *cmd, void *opaque), void *opaque)
{
    for (guint i = 0; in_order && i < in_order->len; i++) {
        fn(g_ptr_array_index(in_order, i), opaque);
    }
}

/* ---- arguments ---- */

static const char *type_words(QType type)
{
    switch (type) {
    case QTYPE_QNUM:
        return "an integer";
    case QTYPE_QSTRING:
        return "a string";
    case QTYPE_QBOOL:
        return "true or false";
    case QTYPE_QLIST:
        return "an array";
    case QTYPE_QDICT:
        return "an object";
    default:
        return "a value";
    }
}

static bool check_value(const QmpArg *arg, QObject *value, Error **errp)
{
    int64_t number;
    uint64_t unsigned_number;

    if (arg->type == QTYPE_NONE) {
        return true;
    }
    if (qobject_type(value) != arg->type ||
        (arg->type == QTYPE_QNUM && !qnum_get_try_int(qobject_to(QNum, value), &number) &&
         !qnum_get_try_uint(qobject_to(QNum, value), &unsigned_number))) {
        error_setg(errp, "argument '%s' must be %s", arg->name, type_words(arg->type));
        return false;
    }
    if (arg->values) {
        const char *text = qstring_get_str(qobject_to(QString, value));
        g_autofree char *all = NULL;
        if (g_strv_contains(arg->values, text)) {
            return true;
        }
        all = g_strjoinv(", ", (char **)arg->values);
        error_setg(errp, "argument '%s': '%s' is none of %s", arg->name, text, all);
        return false;
    }
    return true;
}

static const QmpArg *find_arg(const QmpArg *args, const char *name)
{
    for (; args && args->name; args++) {
        if (!strcmp(args->name, name)) {
            return args;
        }
    }
    return NULL;
}

static bool check_args(const QmpTableCommand *cmd, const QDict *args, Error **errp)
{
    for (const QDictEntry *e = qdict_first(args); e; e = qdict_next(args, e)) {
        const QmpArg *arg = find_arg(cmd->args, qdict_entry_key(e));
        if (!arg && !cmd->open_args) {
            error_setg(errp, "command '%s' has no argument '%s'", cmd->name, qdict_entry_key(e));
            return false;
        }
        if (arg && !check_value(arg, qdict_entry_value(e), errp)) {
            return false;
        }
    }
    for (const QmpArg *arg = cmd->args; arg && arg->name; arg++) {
        if (!arg->optional && !qdict_haskey(args, arg->name)) {
            error_setg(errp, "command '%s' needs the argument '%s'", cmd->name, arg->name);
            return false;
        }
    }
    return true;
}

/* ---- requests ---- */

/* The parts of @request: false and @errp if it is no request. */
static bool check_request(QObject *request, const char **name, const QDict **args, Error **errp)
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
        if (!strcmp(key, "execute")) {
            *name = qdict_get_try_str(dict, key);
            if (!*name) {
                error_setg(errp, "member 'execute' must be a string");
                return false;
            }
        } else if (!strcmp(key, "arguments")) {
            *args = qdict_get_qdict(dict, key);
            if (!*args) {
                error_setg(errp, "member 'arguments' must be an object");
                return false;
            }
        } else if (!strcmp(key, "exec-oob")) {
            error_setg(errp, "out-of-band execution was not negotiated");
            return false;
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

static const QmpTableCommand *lookup(const char *name, bool negotiating, Error **errp)
{
    const QmpTableCommand *cmd = qmp_find_table_command(name);

    if (negotiating && strcmp(name, "qmp_capabilities")) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND,
                  "the first command must be qmp_capabilities, not '%s'", name);
        return NULL;
    }
    if (!negotiating && !strcmp(name, "qmp_capabilities")) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND, "capabilities were negotiated already");
        return NULL;
    }
    if (!cmd) {
        error_set(errp, ERROR_CLASS_COMMAND_NOT_FOUND, "there is no command '%s'", name);
    }
    return cmd;
}

static void execute_generated(const QmpCommand *cmd, const QDict *args, bool *quiet, QObject **ret,
                              Error **errp)
{
    if (compat_policy_input_ok(&compat_policy, cmd->special_features, ERROR_CLASS_COMMAND_NOT_FOUND,
                               "command", cmd->name, errp)) {
        *quiet = cmd->options & QCO_NO_SUCCESS_RESP;
        cmd->fn((QDict *)args, ret, errp);
    }
}

static QObject *execute(QObject *request, bool negotiating, bool *quiet, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(QDict) none = NULL;
    const QmpTableCommand *cmd;
    const QmpCommand *generated;
    const QDict *args;
    const char *name;
    QObject *ret;

    if (!check_request(request, &name, &args, errp)) {
        return NULL;
    }
    if (!args) {
        args = none = qdict_new();
    }
    generated = negotiating || !qmp_commands ? NULL : qmp_find_command(qmp_commands, name);
    if (generated) {
        ret = NULL;
        execute_generated(generated, args, quiet, &ret, errp);
        return *errp ? NULL : ret ? ret : QOBJECT(qdict_new());
    }
    cmd = lookup(name, negotiating, errp);
    if (!cmd) {
        return NULL;
    }
    if (!check_args(cmd, args, errp)) {
        return NULL;
    }
    *quiet = cmd->no_success;
    ret = cmd->fn(args, errp);
    if (*errp) {
        qobject_unref(ret);
        return NULL;
    }
    return ret ? ret : QOBJECT(qdict_new());
}

QDict *qmp_dispatch(QObject *request, bool negotiating)
{
    const QDict *dict = qobject_to(QDict, request);
    QObject *id = dict ? qdict_get(dict, "id") : NULL;
    bool quiet = false;
    Error *err = NULL;
    QObject *ret = execute(request, negotiating, &quiet, &err);
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
