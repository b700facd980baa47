/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stream sockets (TCP, Unix) as character devices: as server that serves one
 * client at a time, or as client that connects anew after a loss.
 */

#include "qemu/osdep.h"
#include <sys/socket.h>
#include "char-socket.h"
#include "chardev/char-io.h"
#include "qapi/yank.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"

/* ---- sources ---- */

void socket_drop_source(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
    }
}

GSource *socket_watch_fd(SocketChardev *s, int fd, GIOCondition cond, GUnixFDSourceFunc fn,
                         void *opaque)
{
    GSource *source = g_unix_fd_source_new(fd, cond);

    g_source_set_callback(source, G_SOURCE_FUNC(fn), opaque, NULL);
    g_source_attach(source, CHARDEV(s)->gcontext);
    return source;
}

GSource *socket_call_later(SocketChardev *s, uint64_t ms, GSourceFunc fn, void *opaque)
{
    GSource *source = ms ? g_timeout_source_new(MIN(ms, G_MAXUINT)) : g_idle_source_new();

    g_source_set_callback(source, fn, opaque, NULL);
    g_source_attach(source, CHARDEV(s)->gcontext);
    return source;
}

void socket_update_read_handler(Chardev *chr)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    socket_watch_connecting(s);
    socket_watch_handshakes(s);
    socket_watch_link(s);
    socket_accept_clients(s);
}

/* ---- what "info chardev" shows ---- */

/* Of a client also the connection that is being made. */
static int shown_fd(SocketChardev *s)
{
    return s->fd >= 0 || s->server ? s->fd
           : s->connect_fd >= 0    ? s->connect_fd
                                   : socket_handshake_fd(s);
}

void socket_update_name(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);
    g_autofree char *own = NULL, *peer = NULL;
    int fd = shown_fd(s);
    const char *flags = s->server ? ",server=on" : "";

    if (fd >= 0 || s->listen_fd >= 0) {
        own = socket_describe(fd >= 0 ? fd : s->listen_fd, &s->spec, fd >= 0 && !s->server);
    } else if (s->spec.kind == SOCKET_INET) {
        own = g_strdup_printf("tcp:%s:%s", s->spec.host ? s->spec.host : "", s->spec.port);
    } else if (s->spec.kind == SOCKET_VSOCK) {
        own = socket_describe(-1, &s->spec, false);
    } else {
        own = g_strdup_printf("unix:%s", s->spec.path ? s->spec.path : "");
    }
    if ((s->telnet || s->websocket) && g_str_has_prefix(own, "tcp:")) {
        char *named = g_strconcat(s->telnet ? "telnet:" : "websocket:", own + 4, NULL);
        g_free(own);
        own = named;
    }
    if (fd < 0) {
        qemu_chr_take_filename(chr, g_strconcat("disconnected:", own, flags, NULL));
    } else if (s->spec.kind == SOCKET_INET && s->server) {
        peer = socket_describe(fd, &s->spec, true);
        qemu_chr_take_filename(chr, g_strconcat(own, flags, " <-> ", peer + 4, NULL));
    } else {
        qemu_chr_take_filename(chr, g_strconcat(own, flags, NULL));
    }
}

/* ---- from outside ---- */

/* The thread that they belong to sees the end, and closes them. */
static void yank_connections(void *opaque)
{
    SocketChardev *s = opaque;

    QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);
    if (s->fd >= 0) {
        shutdown(s->fd, SHUT_RDWR);
    }
    if (s->connect_fd >= 0) {
        shutdown(s->connect_fd, SHUT_RDWR);
    }
    socket_yank_handshakes(s);
}

static void disconnect_in_context(void *opaque)
{
    SocketChardev *s = opaque;

    if (s->fd >= 0) {
        socket_disconnected(s);
    }
}

static void socket_disconnect(Chardev *chr)
{
    qemu_chr_call_in_context(chr->gcontext, disconnect_in_context, chr);
}

/* ---- waiting for a connection ---- */

static bool is_decided(void *opaque)
{
    SocketChardev *s = opaque;

    return CHARDEV(s)->be_open || (s->waiting && *s->waiting);
}

/* What happens by itself in the event loop happens here in one of our own. */
static bool wait_until_decided(SocketChardev *s, Error **errp)
{
    Chardev *chr = CHARDEV(s);
    GMainContext *before = chr->gcontext, *own = g_main_context_new();
    bool ok;

    qemu_chr_be_update_read_handlers(chr, own);
    ok = qemu_wait_in_context(own, is_decided, s, errp);
    qemu_chr_be_update_read_handlers(chr, before);
    g_main_context_unref(own);
    return ok;
}

static bool wait_for_client(SocketChardev *s, Error **errp)
{
    info_report("waiting for connection on: %s", CHARDEV(s)->filename);
    return wait_until_decided(s, errp);
}

static bool wait_for_server(SocketChardev *s, Error **errp)
{
    Error *err = NULL;
    int fd;
    bool ok;

    socket_stop_connecting(s);
    socket_drop_handshakes(s);
    fd = socket_connect_stream(&s->spec, false, errp);
    if (fd < 0) {
        return false;
    }
    s->waiting = &err;
    socket_established(s, fd);
    ok = wait_until_decided(s, &err);
    s->waiting = NULL;
    socket_drop_handshakes(s);
    error_propagate(errp, err);
    return ok && !err;
}

static int socket_wait_connected(Chardev *chr, Error **errp)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    if (chr->be_open) {
        return 0;
    }
    return (s->server ? wait_for_client(s, errp) : wait_for_server(s, errp)) ? 0 : -1;
}

/* ---- the object ---- */

/* What Linux takes (tcp(7)). */
#define MAX_KEEP_ALIVE_COUNT   127
#define MAX_KEEP_ALIVE_SECONDS 32767

static int on_off(const QDict *opts, const char *name)
{
    return qdict_haskey(opts, name) ? qdict_get_try_bool(opts, name, false) : -1;
}

static bool read_number(const QDict *opts, const char *name, int max, int *number, Error **errp)
{
    int64_t value = qdict_get_try_int(opts, name, 0);

    if (value < 0 || value > max) {
        error_setg(errp, "%s=%" PRId64 ": expected 0, the host's own, or up to %d", name, value,
                   max);
        return false;
    }
    *number = value;
    return true;
}

/* What only TCP has. */
static bool read_tcp_options(SocketSpec *spec, const QDict *opts, Error **errp)
{
    static const char *const names[] = {"keep-alive",      "keep-alive-count",
                                        "keep-alive-idle", "keep-alive-interval",
                                        "numeric",         "mptcp"};
    SocketKeepAlive *k = &spec->keep_alive;

    for (size_t i = 0; i < ARRAY_SIZE(names) && spec->kind != SOCKET_INET; i++) {
        if (qdict_haskey(opts, names[i])) {
            error_setg(errp, "%s is for TCP sockets: it needs host and port", names[i]);
            return false;
        }
    }
    spec->numeric = qdict_get_try_bool(opts, "numeric", false);
    spec->mptcp = qdict_get_try_bool(opts, "mptcp", false);
    k->on = qdict_get_try_bool(opts, "keep-alive", false);
    return read_number(opts, "keep-alive-count", MAX_KEEP_ALIVE_COUNT, &k->count, errp) &&
           read_number(opts, "keep-alive-idle", MAX_KEEP_ALIVE_SECONDS, &k->idle, errp) &&
           read_number(opts, "keep-alive-interval", MAX_KEEP_ALIVE_SECONDS, &k->interval, errp);
}

static bool read_address(SocketChardev *s, const QDict *opts, Error **errp)
{
    ERRP_GUARD();
    const char *host = qdict_get_try_str(opts, "host"), *path = qdict_get_try_str(opts, "path");
    const char *fd = qdict_get_try_str(opts, "fd"), *cid = qdict_get_try_str(opts, "cid");
    SocketSpec *spec = &s->spec;

    if (!!(host || cid || qdict_haskey(opts, "port")) + !!path + !!fd != 1 || (host && cid)) {
        error_setg(errp, "a socket needs one of host and port, cid and port, path, or fd");
        return false;
    }
    spec->kind = path ? SOCKET_UNIX : fd ? SOCKET_FD : cid ? SOCKET_VSOCK : SOCKET_INET;
    spec->path = g_strdup(path);
    spec->host = g_strdup(cid ? cid : host);
    spec->port = g_strdup(qdict_get_try_str(opts, "port"));
    spec->to = qdict_get_try_int(opts, "to", 0);
    spec->ipv4 = on_off(opts, "ipv4");
    spec->ipv6 = on_off(opts, "ipv6");
    spec->abstract = qdict_get_try_bool(opts, "abstract", false);
    spec->tight = qdict_get_try_bool(opts, "tight", true);
    if ((spec->kind == SOCKET_INET || spec->kind == SOCKET_VSOCK) && !spec->port) {
        error_setg(errp, "a %s socket needs the option 'port'", cid ? "vsock" : "TCP");
        return false;
    }
    if (!read_tcp_options(spec, opts, errp)) {
        return false;
    }
    if (fd) {
        /* What was passed by name is taken from the monitor's list. */
        spec->fd = qemu_fd_param(fd, errp);
        if (spec->fd < 0) {
            error_prepend(errp, "fd=%s: ", fd);
            return false;
        }
    }
    return true;
}

static bool read_tls(SocketChardev *s, const QDict *opts, Error **errp)
{
    ERRP_GUARD();
    const char *creds = qdict_get_try_str(opts, "tls-creds");
    const char *authz = qdict_get_try_str(opts, "tls-authz");

    if (authz && (!creds || !s->server)) {
        error_setg(errp, "tls-authz is for servers with tls-creds");
        return false;
    }
    if (s->websocket && !s->server) {
        error_setg(errp, "websocket=on is for servers: it needs server=on");
        return false;
    }
    if (creds && s->telnet) {
        error_setg(errp, "tls-creds cannot be used with telnet=on");
        return false;
    }
    if (creds) {
        s->tls_creds = qcrypto_tls_creds_by_id(creds,
                                               s->server ? QCRYPTO_TLS_CREDS_ENDPOINT_SERVER
                                                         : QCRYPTO_TLS_CREDS_ENDPOINT_CLIENT,
                                               errp);
        if (!s->tls_creds) {
            error_prepend(errp, "tls-creds=%s: ", creds);
            return false;
        }
        object_ref(OBJECT(s->tls_creds));
    }
    s->tls_authz = g_strdup(authz);
    return true;
}

static bool read_options(SocketChardev *s, const QDict *opts, Error **errp)
{
    s->server = qdict_get_try_bool(opts, "server", false);
    s->telnet = qdict_get_try_bool(opts, "telnet", false);
    s->websocket = qdict_get_try_bool(opts, "websocket", false);
    s->nodelay = qdict_get_try_bool(opts, "nodelay", !qdict_get_try_bool(opts, "delay", true));
    s->reconnect_ms = qdict_get_try_int(opts, "reconnect-ms", 0);
    if (qdict_haskey(opts, "reconnect") && qdict_haskey(opts, "reconnect-ms")) {
        error_setg(errp, "reconnect and reconnect-ms exclude each other");
        return false;
    }
    if (!s->reconnect_ms) {
        s->reconnect_ms = MIN(qdict_get_try_int(opts, "reconnect", 0), INT32_MAX) * 1000ull;
    }
    if (s->server && s->reconnect_ms) {
        error_setg(errp, "reconnect-ms is for clients, not with server=on");
        return false;
    }
    if (!s->server && qdict_haskey(opts, "wait")) {
        error_setg(errp, "wait is for servers: it needs server=on");
        return false;
    }
    return read_tls(s, opts, errp) && read_address(s, opts, errp);
}

static bool open_server(SocketChardev *s, bool wait, Error **errp)
{
    if (!socket_listen(s, errp)) {
        return false;
    }
    socket_update_name(s);
    if (wait) {
        return socket_wait_connected(CHARDEV(s), errp) == 0;
    }
    socket_accept_clients(s);
    return true;
}

static bool open_client(SocketChardev *s, Error **errp)
{
    int fd;

    if (s->reconnect_ms) {
        socket_start_connecting(s);
        socket_update_name(s);
        return true;
    }
    fd = socket_connect_stream(&s->spec, false, errp);
    if (fd >= 0) {
        /* Who speaks no TLS there may never answer: nobody waits for that. */
        socket_established(s, fd);
    }
    return fd >= 0;
}

static bool socket_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    *be_opened = false; /* we say so ourselves */
    if (!read_options(s, opts, errp)) {
        return false;
    }
    yank_register_function(YANK_INSTANCE_TYPE_CHARDEV, chr->label, yank_connections, s);
    qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_RECONNECTABLE);
    if (socket_spec_passes_fds(&s->spec) && !s->tls_creds && !s->websocket) {
        qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_FD_PASS);
    }
    return s->server ? open_server(s, qdict_get_try_bool(opts, "wait", true), errp)
                     : open_client(s, errp);
}

static void socket_init(Object *obj)
{
    SocketChardev *s = CHARDEV_SOCKET(obj);

    s->fd = s->listen_fd = s->connect_fd = -1;
    QTAILQ_INIT(&s->handshakes);
}

static void socket_finalize(Object *obj)
{
    SocketChardev *s = CHARDEV_SOCKET(obj);

    yank_unregister_function(yank_connections, s);
    char_io_remove_watch(CHARDEV(obj));
    socket_drop_source(&s->listen_source);
    socket_drop_source(&s->hup_source);
    socket_drop_source(&s->pending_source);
    socket_stop_connecting(s);
    socket_drop_handshakes(s);
    socket_close_link(s);
    object_unref(OBJECT(s->tls_creds));
    g_free(s->tls_authz);
    if (s->listen_fd >= 0) {
        close(s->listen_fd);
        char_path_remove(&s->file);
    }
    socket_spec_clear(&s->spec);
}

static const CharOption socket_options[] = {
    {"host", CHAR_OPT_STR},
    {"port", CHAR_OPT_STR},
    {"to", CHAR_OPT_INT},
    {"ipv4", CHAR_OPT_BOOL},
    {"ipv6", CHAR_OPT_BOOL},
    {"path", CHAR_OPT_STR},
    {"abstract", CHAR_OPT_BOOL},
    {"tight", CHAR_OPT_BOOL},
    {"fd", CHAR_OPT_STR},
    {"server", CHAR_OPT_BOOL},
    {"wait", CHAR_OPT_BOOL},
    {"nodelay", CHAR_OPT_BOOL},
    {"delay", CHAR_OPT_BOOL},
    {"telnet", CHAR_OPT_BOOL},
    {"websocket", CHAR_OPT_BOOL},
    {"tls-creds", CHAR_OPT_STR},
    {"tls-authz", CHAR_OPT_STR},
    {"reconnect", CHAR_OPT_INT},
    {"reconnect-ms", CHAR_OPT_INT},
    {"cid", CHAR_OPT_STR},
    {"numeric", CHAR_OPT_BOOL},
    {"mptcp", CHAR_OPT_BOOL},
    {"keep-alive", CHAR_OPT_BOOL},
    {"keep-alive-count", CHAR_OPT_INT},
    {"keep-alive-idle", CHAR_OPT_INT},
    {"keep-alive-interval", CHAR_OPT_INT},
    {NULL},
};

static void socket_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = socket_options;
    cc->supports_yank = true;
    cc->stall_ms = 100;
    cc->chr_open = socket_open;
    cc->chr_write = socket_write;
    cc->chr_sync_read = socket_sync_read;
    cc->chr_add_watch = socket_add_watch;
    cc->chr_update_read_handler = socket_update_read_handler;
    cc->chr_get_msgfds = socket_get_msgfds;
    cc->chr_set_msgfds = socket_set_msgfds;
    cc->chr_add_client = socket_add_client;
    cc->chr_wait_connected = socket_wait_connected;
    cc->chr_disconnect = socket_disconnect;
    cc->chr_accept_input = socket_accept_input;
}

static const TypeInfo socket_types[] = {
    {
        .name = TYPE_CHARDEV_SOCKET,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(SocketChardev),
        .instance_init = socket_init,
        .instance_finalize = socket_finalize,
        .class_init = socket_class_init,
    },
};

DEFINE_TYPES(socket_types)
