/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about character devices. */

#include "qemu/osdep.h"
#include "commands.h"
#include "chardev/char-ringbuf.h"
#include "qemu/cutils.h"
#include "qobject/qjson.h"
#include "qobject/qlist.h"
#include "qobject/qstring.h"

static void append_chardev(Chardev *chr, void *list)
{
    qlist_append((QList *)list,
                 qdict_from_jsonf_nofail("{'label': %s, 'filename': %s, 'frontend-open': %i}",
                                         chr->label, chr->filename ? chr->filename : "",
                                         chr->be && chr->be->fe_is_open));
}

static QObject *cmd_query_chardev(const QDict *args, Error **errp)
{
    QList *list = qlist_new();

    qemu_chr_foreach(append_chardev, list);
    return QOBJECT(list);
}

static void append_backend(ObjectClass *oc, void *list)
{
    if (!CHARDEV_CLASS(oc)->internal) {
        qlist_append((QList *)list,
                     qdict_from_jsonf_nofail("{'name': %s}",
                                             object_class_get_name(oc) + strlen("chardev-")));
    }
}

static QObject *cmd_query_chardev_backends(const QDict *args, Error **errp)
{
    QList *list = qlist_new();

    object_class_foreach(append_backend, TYPE_CHARDEV, false, list);
    return QOBJECT(list);
}

/* ---- chardev-add ---- */

/* {"type": "inet", "data": {"host": ..., "port": ...}}, with or without "data", to flat keys. */
static bool flatten_address(QDict *keys, const QDict *addr, const char *prefix, Error **errp)
{
    const char *type = qdict_get_try_str(addr, "type");
    QDict *data = qdict_get_qdict(addr, "data");

    for (const QDictEntry *e = data ? qdict_first(data) : NULL; e; e = qdict_next(data, e)) {
        const char *name = qdict_entry_key(e);
        g_autofree char *key = NULL;
        if (!strcmp(type ? type : "", "fd") && !strcmp(name, "str")) {
            name = "fd";
        }
        key = g_strconcat(prefix, !strcmp(prefix, "local") && !strcmp(name, "host") ? "addr" : name,
                          NULL);
        qdict_put_obj(keys, key, qobject_ref(qdict_entry_value(e)));
    }
    if (!type || !data) {
        error_setg(errp, "an address needs the members 'type' and 'data'");
        return false;
    }
    return true;
}

/* The schema's shape of @backend to the keys of -chardev. */
static QDict *backend_keys(const char *id, const QDict *backend, Error **errp)
{
    const char *type = qdict_get_try_str(backend, "type");
    QDict *data = qdict_get_qdict(backend, "data");
    g_autoptr(QDict) keys = qdict_new();

    if (!type) {
        error_setg(errp, "argument 'backend' needs the member 'type'");
        return NULL;
    }
    qdict_put_str(keys, "backend", type);
    qdict_put_str(keys, "id", id);
    if (!strcmp(type, "socket") && data && !qdict_haskey(data, "server")) {
        qdict_put_bool(keys, "server", true); /* unlike on the command line */
    }
    if (qdict_get_try_bool(keys, "server",
                           qdict_get_try_bool(data ? data : keys, "server", false)) &&
        !qdict_haskey(data, "wait")) {
        qdict_put_bool(keys, "wait", false); /* the main loop must not stop for it */
    }
    for (const QDictEntry *e = data ? qdict_first(data) : NULL; e; e = qdict_next(data, e)) {
        const char *name = qdict_entry_key(e);
        QDict *addr = qobject_to(QDict, qdict_entry_value(e));
        if (addr && (!strcmp(name, "addr") || !strcmp(name, "remote"))) {
            if (!flatten_address(keys, addr, "", errp)) {
                return NULL;
            }
        } else if (addr && !strcmp(name, "local")) {
            if (!flatten_address(keys, addr, "local", errp)) {
                return NULL;
            }
        } else {
            if (!strcmp(name, "device") || !strcmp(name, "out")) {
                name = "path";
            } else if (!strcmp(name, "in")) {
                name = "input-path";
            }
            qdict_put_obj(keys, name, qobject_ref(qdict_entry_value(e)));
        }
    }
    return g_steal_pointer(&keys);
}

static QObject *cmd_chardev_add(const QDict *args, Error **errp)
{
    g_autoptr(QDict) keys =
        backend_keys(qdict_get_str(args, "id"), qdict_get_qdict(args, "backend"), errp);
    Chardev *chr = keys ? qemu_chr_new_from_keys(keys, NULL, errp) : NULL;
    QDict *ret;
    const char *path;

    if (!chr) {
        return NULL;
    }
    ret = qdict_new();
    if (object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_PTY) &&
        strstart(chr->filename, "pty:", &path)) {
        qdict_put_str(ret, "pty", path);
    }
    return QOBJECT(ret);
}

static QObject *cmd_chardev_remove(const QDict *args, Error **errp)
{
    qemu_chr_remove(qdict_get_str(args, "id"), errp);
    return NULL;
}

static Chardev *find_chardev(const char *id, Error **errp)
{
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_setg(errp, "there is no chardev '%s'", id);
    }
    return chr;
}

static QObject *cmd_chardev_send_break(const QDict *args, Error **errp)
{
    Chardev *chr = find_chardev(qdict_get_str(args, "id"), errp);

    if (chr) {
        qemu_chr_be_event(chr, CHR_EVENT_BREAK);
    }
    return NULL;
}

/* ---- ring buffers ---- */

static Chardev *find_ringbuf(const QDict *args, Error **errp)
{
    const char *name = qdict_get_str(args, "device");
    Chardev *chr = find_chardev(name, errp);

    if (chr && !qemu_chr_is_ringbuf(chr)) {
        error_setg(errp, "chardev '%s' is no ring buffer", name);
        return NULL;
    }
    return chr;
}

static bool in_base64(const QDict *args)
{
    return !g_strcmp0(qdict_get_try_str(args, "format"), "base64");
}

static QObject *cmd_ringbuf_read(const QDict *args, Error **errp)
{
    Chardev *chr = find_ringbuf(args, errp);
    int64_t size = qdict_get_try_int(args, "size", INT64_MAX);
    g_autofree char *data = NULL;
    size_t n;

    if (!chr) {
        return NULL;
    }
    if (size <= 0) {
        error_setg(errp, "argument 'size' must be greater than 0");
        return NULL;
    }
    n = MIN((uint64_t)size, ringbuf_count(chr));
    data = g_malloc0(n + 1);
    ringbuf_read(chr, (uint8_t *)data, n);
    if (in_base64(args)) {
        g_autofree char *text = g_base64_encode((guchar *)data, n);
        return QOBJECT(qstring_from_str(text));
    }
    g_autofree char *valid = g_utf8_make_valid(data, n);
    return QOBJECT(qstring_from_str(valid));
}

static QObject *cmd_ringbuf_write(const QDict *args, Error **errp)
{
    Chardev *chr = find_ringbuf(args, errp);
    const char *text = qdict_get_str(args, "data");
    g_autofree guchar *raw = NULL;
    gsize n = strlen(text);

    if (!chr) {
        return NULL;
    }
    if (in_base64(args)) {
        raw = g_base64_decode(text, &n);
        text = (char *)raw;
    }
    qemu_chr_write_all(chr, (const uint8_t *)text, n);
    return NULL;
}

/* ---- table ---- */

static const char *const formats[] = {"utf8", "base64", NULL};
static const QmpArg add_args[] = {{"id", QTYPE_QSTRING}, {"backend", QTYPE_QDICT}, {NULL}};
static const QmpArg id_args[] = {{"id", QTYPE_QSTRING}, {NULL}};
static const QmpArg read_args[] = {
    {"device", QTYPE_QSTRING},
    {"size", QTYPE_QNUM},
    {"format", QTYPE_QSTRING, true, formats},
    {NULL},
};
static const QmpArg write_args[] = {
    {"device", QTYPE_QSTRING},
    {"data", QTYPE_QSTRING},
    {"format", QTYPE_QSTRING, true, formats},
    {NULL},
};

static const QmpTableCommand commands[] = {
    {"query-chardev", cmd_query_chardev},
    {"query-chardev-backends", cmd_query_chardev_backends},
    {"chardev-add", cmd_chardev_add, add_args},
    {"chardev-remove", cmd_chardev_remove, id_args},
    {"chardev-send-break", cmd_chardev_send_break, id_args},
    {"ringbuf-read", cmd_ringbuf_read, read_args},
    {"ringbuf-write", cmd_ringbuf_write, write_args},
};

void qmp_register_chardev(void)
{
    qmp_register_commands(commands, ARRAY_SIZE(commands));
}
