/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands about character devices. */

#include "qemu/osdep.h"
#include "commands.h"
#include "chardev/char-ringbuf.h"
#include "qapi/qapi-commands-char.h"
#include "qapi/qapi-commands-misc.h"
#include "qapi/qapi-visit-char.h"
#include "qapi/qobject-output-visitor.h"
#include "qemu/cutils.h"
#include "qobject/qdict.h"

static void append_chardev(Chardev *chr, void *opaque)
{
    ChardevInfoList ***tail = opaque;
    ChardevInfo *info = g_new0(ChardevInfo, 1);

    info->label = g_strdup(chr->label);
    info->filename = qemu_chr_get_filename(chr);
    info->frontend_open = chr->be && chr->be->fe_is_open;
    QAPI_LIST_APPEND(*tail, info);
}

ChardevInfoList *qmp_query_chardev(Error **errp)
{
    ChardevInfoList *list = NULL, **tail = &list;

    qemu_chr_foreach(append_chardev, &tail);
    return list;
}

static void append_backend(ObjectClass *oc, void *opaque)
{
    ChardevBackendInfoList ***tail = opaque;

    if (!CHARDEV_CLASS(oc)->internal) {
        ChardevBackendInfo *info = g_new0(ChardevBackendInfo, 1);

        info->name = g_strdup(object_class_get_name(oc) + strlen("chardev-"));
        QAPI_LIST_APPEND(*tail, info);
    }
}

ChardevBackendInfoList *qmp_query_chardev_backends(Error **errp)
{
    ChardevBackendInfoList *list = NULL, **tail = &list;

    object_class_foreach(append_backend, TYPE_CHARDEV, false, &tail);
    return list;
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
        if (!strcmp(name, "ipv4") || !strcmp(name, "ipv6") || !strcmp(name, "numeric")) {
            key = g_strdup(name); /* both ends of a datagram socket are of one kind */
        } else {
            key = g_strconcat(prefix, *prefix && !strcmp(name, "host") ? "addr" : name, NULL);
        }
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

/* @backend as the JSON that it was made from. */
static QDict *backend_json(ChardevBackend *backend)
{
    QObject *json;
    g_autoptr(Visitor) v = qobject_output_visitor_new(&json);

    visit_type_ChardevBackend(v, NULL, &backend, &error_abort);
    visit_complete(v, &json);
    return qobject_to(QDict, json);
}

static ChardevReturn *describe(Chardev *chr)
{
    ChardevReturn *ret = g_new0(ChardevReturn, 1);
    const char *path;

    if (object_dynamic_cast(OBJECT(chr), TYPE_CHARDEV_PTY) &&
        strstart(chr->filename, "pty:", &path)) {
        ret->pty = g_strdup(path);
    }
    return ret;
}

ChardevReturn *qmp_chardev_add(ChardevBackend *backend, const char *id, Error **errp)
{
    g_autoptr(QDict) json = backend_json(backend);
    g_autoptr(QDict) keys = backend_keys(id, json, errp);
    Chardev *chr = keys ? qemu_chr_new_from_keys(keys, NULL, errp) : NULL;

    return chr ? describe(chr) : NULL;
}

static Chardev *find_chardev(const char *id, Error **errp)
{
    Chardev *chr = qemu_chr_find(id);

    if (!chr) {
        error_setg(errp, "there is no chardev '%s'", id);
    }
    return chr;
}

ChardevReturn *qmp_chardev_change(const char *id, ChardevBackend *backend, Error **errp)
{
    g_autoptr(QDict) json = backend_json(backend);
    g_autoptr(QDict) keys = NULL;
    Chardev *chr = find_chardev(id, errp);

    keys = chr ? backend_keys(id, json, errp) : NULL;
    chr = keys ? qemu_chr_change(chr, keys, errp) : NULL;
    return chr ? describe(chr) : NULL;
}

void qmp_chardev_remove(const char *id, Error **errp)
{
    qemu_chr_remove(id, errp);
}

void qmp_chardev_send_break(const char *id, Error **errp)
{
    Chardev *chr = find_chardev(id, errp);

    if (chr) {
        qemu_chr_be_event(chr, CHR_EVENT_BREAK);
    }
}

/* ---- ring buffers ---- */

static Chardev *find_ringbuf(const char *name, Error **errp)
{
    Chardev *chr = find_chardev(name, errp);

    if (chr && !qemu_chr_is_ringbuf(chr)) {
        error_setg(errp, "chardev '%s' is no ring buffer", name);
        return NULL;
    }
    return chr;
}

char *qmp_ringbuf_read(const char *device, int64_t size, bool has_format, DataFormat format,
                       Error **errp)
{
    Chardev *chr = find_ringbuf(device, errp);
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
    return has_format && format == DATA_FORMAT_BASE64 ? g_base64_encode((guchar *)data, n)
                                                      : g_utf8_make_valid(data, n);
}

void qmp_ringbuf_write(const char *data, const char *device, bool has_format, DataFormat format,
                       Error **errp)
{
    Chardev *chr = find_ringbuf(device, errp);
    g_autofree guchar *raw = NULL;
    gsize n = strlen(data);

    if (!chr) {
        return;
    }
    if (has_format && format == DATA_FORMAT_BASE64) {
        raw = g_base64_decode(data, &n);
        data = (char *)raw;
    }
    qemu_chr_write_all(chr, (const uint8_t *)data, n);
}

/* ---- connections from elsewhere ---- */

void qmp_add_client(const char *fdname, const char *protocol, bool has_skipauth, bool skipauth,
                    bool has_tls, bool tls, Error **errp)
{
    Chardev *chr = qemu_chr_find(protocol);
    ChardevClass *cc = chr ? CHARDEV_GET_CLASS(chr) : NULL;
    int fd;

    if (!cc || !cc->chr_add_client) {
        error_setg(errp, "argument 'protocol': '%s' is no socket character device", protocol);
        return;
    }
    fd = qemu_fd_param(fdname, errp);
    if (fd < 0) {
        return;
    }
    if (cc->chr_add_client(chr, fd) < 0) {
        error_setg(errp, "chardev '%s' does not take another connection", protocol);
        close(fd);
    }
}
