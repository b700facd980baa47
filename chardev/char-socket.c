/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stream sockets (TCP, Unix) as character devices: as server that serves one
 * client at a time, or as client that connects anew after a loss.
 *
 * All descriptors are non-blocking: a peer that does not
 * read makes writes fail with EAGAIN, and nobody waits for it.
 */

#include "qemu/osdep.h"
#include <poll.h>
#include <sys/socket.h>
#include "char-socket.h"
#include "chardev/char-io.h"
#include "chardev/char-path.h"
#include "crypto/tlssession.h"
#include "qapi/yank.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/lockable.h"
#include "qemu/sockets.h"

#define MAX_FDS 16

struct SocketChardev {
    Chardev parent;

    /* configuration */
    SocketSpec spec;
    bool server, telnet, nodelay;
    uint64_t reconnect_ms; /* 0: never */
    QCryptoTLSCreds *tls_creds;
    char *tls_authz;

    /* state */
    int fd;        /* of the connection, -1: none */
    int listen_fd; /* -1: no server, or it has a client */
    GSource *listen_source, *hup_source, *connect_source, *reconnect_source;
    QCryptoTLSSession *tls;
    GSource *tls_source, *pending_source;
    bool handshaking; /* no data before it is done */
    bool reported;    /* that connecting failed: once a streak */
    int max_size;
    TelnetState telnet_state;
    int in_fds[MAX_FDS], n_in_fds;
    int out_fds[MAX_FDS], n_out_fds;
    CharPath file; /* of a Unix server */
};

static void start_connecting(SocketChardev *s);
static void accept_clients(SocketChardev *s);
static void connect_later(SocketChardev *s, Error *err);

static void drop_source(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_source_unref(*source);
        *source = NULL;
    }
}

static GSource *watch_fd(SocketChardev *s, int fd, GIOCondition cond, GUnixFDSourceFunc fn)
{
    GSource *source = g_unix_fd_source_new(fd, cond);

    g_source_set_callback(source, G_SOURCE_FUNC(fn), s, NULL);
    g_source_attach(source, CHARDEV(s)->gcontext);
    return source;
}

/* ---- what "info chardev" shows ---- */

static void update_name(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);
    g_autofree char *own = NULL, *peer = NULL;
    const char *flags = s->server ? ",server=on" : "";

    if (s->fd >= 0 || s->listen_fd >= 0) {
        int fd = s->fd >= 0 ? s->fd : s->listen_fd;
        own = socket_describe(fd, &s->spec, s->fd >= 0 && !s->server);
    } else if (s->spec.kind == SOCKET_INET) {
        own = g_strdup_printf("tcp:%s:%s", s->spec.host ? s->spec.host : "", s->spec.port);
    } else {
        own = g_strdup_printf("unix:%s", s->spec.path ? s->spec.path : "");
    }
    if (s->telnet && g_str_has_prefix(own, "tcp:")) {
        char *telnet = g_strconcat("telnet:", own + 4, NULL);
        g_free(own);
        own = telnet;
    }
    if (s->fd < 0) {
        qemu_chr_take_filename(chr, g_strconcat("disconnected:", own, flags, NULL));
    } else if (s->spec.kind == SOCKET_INET && s->server) {
        peer = socket_describe(s->fd, &s->spec, true);
        qemu_chr_take_filename(chr, g_strconcat(own, flags, " <-> ", peer + 4, NULL));
    } else {
        qemu_chr_take_filename(chr, g_strconcat(own, flags, NULL));
    }
}

/* ---- file descriptors that come along ---- */

static void close_fds(int *fds, int *n)
{
    for (int i = 0; i < *n; i++) {
        close(fds[i]);
    }
    *n = 0;
}

static void take_fds(SocketChardev *s, struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        int n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        close_fds(s->in_fds, &s->n_in_fds); /* those that nobody asked for */
        memcpy(s->in_fds, CMSG_DATA(c), n * sizeof(int));
        s->n_in_fds = n;
        for (int i = 0; i < n; i++) {
            qemu_set_blocking(s->in_fds[i], true, NULL);
        }
    }
}

static ssize_t receive(SocketChardev *s, uint8_t *buf, size_t len)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov = {buf, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t ret;

    if (s->tls) {
        return qcrypto_tls_session_read(s->tls, buf, len);
    }
    if (s->spec.kind != SOCKET_INET) {
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);
    }
    ret = RETRY_ON_EINTR(recvmsg(s->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT));
    if (ret > 0) {
        QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);
        take_fds(s, &msg);
    }
    return ret;
}

static ssize_t transmit(SocketChardev *s, const uint8_t *buf, size_t len)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control = {};
    struct iovec iov = {(void *)buf, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t ret;

    if (s->tls) {
        return qcrypto_tls_session_write(s->tls, buf, len);
    }
    if (s->n_out_fds) {
        struct cmsghdr *c = &control.align;
        msg.msg_control = &control;
        msg.msg_controllen = CMSG_SPACE(s->n_out_fds * sizeof(int));
        c->cmsg_len = CMSG_LEN(s->n_out_fds * sizeof(int));
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(c), s->out_fds, s->n_out_fds * sizeof(int));
    }
    ret = RETRY_ON_EINTR(sendmsg(s->fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT));
    if (ret > 0 || (ret < 0 && errno != EAGAIN)) {
        s->n_out_fds = 0;
    }
    return ret;
}

static int socket_get_msgfds(Chardev *chr, int *fds, int num)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);
    int n = MIN(num, s->n_in_fds);

    memcpy(fds, s->in_fds, n * sizeof(int));
    memmove(s->in_fds, s->in_fds + n, (s->n_in_fds - n) * sizeof(int));
    s->n_in_fds -= n;
    close_fds(s->in_fds, &s->n_in_fds);
    return n;
}

static int socket_set_msgfds(Chardev *chr, int *fds, int num)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    if (s->fd < 0 || s->spec.kind == SOCKET_INET || s->tls || num > MAX_FDS) {
        return -1;
    }
    memcpy(s->out_fds, fds, num * sizeof(int));
    s->n_out_fds = num;
    return 0;
}

/* ---- data ---- */

static int socket_write(Chardev *chr, const uint8_t *buf, int len)
{
    static const uint8_t two[2] = {TELNET_IAC, TELNET_IAC};
    SocketChardev *s = CHARDEV_SOCKET(chr);
    const uint8_t *iac;
    ssize_t ret;

    if (s->fd < 0 || s->handshaking) {
        return len; /* nobody listens */
    }
    if (!s->telnet) {
        return transmit(s, buf, len);
    }
    /* A byte 255 is sent twice. */
    if (s->telnet_state.half_sent) {
        ret = transmit(s, two, 1);
        if (ret <= 0) {
            return ret;
        }
        s->telnet_state.half_sent = false;
        return 1;
    }
    iac = memchr(buf, TELNET_IAC, len);
    if (iac != buf) {
        return transmit(s, buf, iac ? iac - buf : len);
    }
    ret = transmit(s, two, 2);
    if (ret == 1) {
        s->telnet_state.half_sent = true;
        errno = EAGAIN;
        return -1;
    }
    return ret == 2 ? 1 : ret;
}

static GSource *socket_add_watch(Chardev *chr, GIOCondition cond)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    return s->fd >= 0 ? g_unix_fd_source_new(s->fd, cond) : NULL;
}

/* Another thread may be writing to the connection; it must not meet a descriptor of something else.
 */
static void close_connection(SocketChardev *s)
{
    QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);

    if (s->tls) {
        qcrypto_tls_session_bye(s->tls);
        g_clear_pointer(&s->tls, qcrypto_tls_session_free);
    }
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
    s->handshaking = false;
    close_fds(s->in_fds, &s->n_in_fds);
    s->n_out_fds = 0;
}

/* The thread that it belongs to sees the end, and closes it. */
static void yank_connection(void *opaque)
{
    SocketChardev *s = opaque;

    QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);
    if (s->fd >= 0) {
        shutdown(s->fd, SHUT_RDWR);
    }
}

/* The connection is over. */
static void disconnected(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);
    bool was_open = chr->be_open;

    char_io_remove_watch(chr);
    drop_source(&s->hup_source);
    drop_source(&s->connect_source);
    drop_source(&s->tls_source);
    drop_source(&s->pending_source);
    close_connection(s);
    if (was_open) {
        qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
    }
    if (s->server) {
        accept_clients(s);
    } else if (s->reconnect_ms) {
        start_connecting(s);
    }
    update_name(s);
}

static int socket_can_read(void *opaque)
{
    SocketChardev *s = opaque;

    s->max_size = qemu_chr_be_can_write(CHARDEV(s));
    return s->max_size;
}

/* Hands on what there is, as far as the front end takes it. False: the connection is over. */
static bool read_some(SocketChardev *s)
{
    uint8_t buf[CHR_READ_BUF_LEN];
    ssize_t n = receive(s, buf, MIN((int)sizeof(buf), s->max_size));

    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        disconnected(s);
        return false;
    }
    if (n > 0 && s->telnet) {
        n = telnet_filter(&s->telnet_state, CHARDEV(s), buf, n);
    }
    if (n > 0) {
        qemu_chr_be_write(CHARDEV(s), buf, n);
    }
    return true;
}

/* What TLS has decrypted already is not seen at the descriptor. */
static bool tls_has_data(SocketChardev *s)
{
    return s->tls && qcrypto_tls_session_pending(s->tls) > 0;
}

static gboolean socket_read(gint fd, GIOCondition cond, gpointer opaque)
{
    SocketChardev *s = opaque;

    if (s->fd < 0 || s->max_size <= 0) {
        return G_SOURCE_CONTINUE;
    }
    do {
        if (!read_some(s)) {
            return G_SOURCE_REMOVE;
        }
    } while (tls_has_data(s) && socket_can_read(s) > 0);
    return G_SOURCE_CONTINUE;
}

static gboolean read_pending(gpointer opaque)
{
    SocketChardev *s = opaque;

    drop_source(&s->pending_source);
    while (tls_has_data(s) && socket_can_read(s) > 0 && read_some(s)) {
    }
    return G_SOURCE_REMOVE;
}

/* The front end has room again. */
static void socket_accept_input(Chardev *chr)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    if (tls_has_data(s) && !s->pending_source) {
        s->pending_source = g_idle_source_new();
        g_source_set_callback(s->pending_source, read_pending, s, NULL);
        g_source_attach(s->pending_source, chr->gcontext);
    }
}

/* Sees a peer go while the front end takes no input. */
static gboolean socket_hup(gint fd, GIOCondition cond, gpointer opaque)
{
    SocketChardev *s = opaque;

    /* Unless there is something left to be read first. */
    if (socket_can_read(s) > 0) {
        return G_SOURCE_CONTINUE;
    }
    disconnected(s);
    return G_SOURCE_REMOVE;
}

static void watch_connection(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);

    char_io_remove_watch(chr);
    drop_source(&s->hup_source);
    if (s->fd >= 0 && !s->connect_source && !s->handshaking) {
        chr->gsource =
            char_io_add_watch_poll(chr, s->fd, socket_can_read, socket_read, s, chr->gcontext);
        s->hup_source = watch_fd(s, s->fd, G_IO_HUP, socket_hup);
    }
}

static int socket_sync_read(Chardev *chr, const uint8_t *buf, int len)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);
    int n;

    if (s->fd < 0) {
        return 0;
    }
    n = receive(s, (uint8_t *)buf, len);
    if (n == 0) {
        disconnected(s);
    }
    return n;
}

/* ---- connections ---- */

static void connected(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);

    qemu_set_blocking(s->fd, false, NULL);
    if (s->nodelay) {
        socket_set_nodelay(s->fd);
    }
    s->reported = false;
    update_name(s);
    if (s->telnet) {
        telnet_greet(&s->telnet_state, s->fd);
    }
    watch_connection(s);
    qemu_chr_be_event(chr, CHR_EVENT_OPENED);
}

/* ---- TLS ---- */

static ssize_t raw_read(void *opaque, void *buf, size_t len)
{
    SocketChardev *s = opaque;

    return RETRY_ON_EINTR(recv(s->fd, buf, len, MSG_DONTWAIT));
}

static ssize_t raw_write(void *opaque, const void *buf, size_t len)
{
    SocketChardev *s = opaque;

    return RETRY_ON_EINTR(send(s->fd, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT));
}

static gboolean on_handshake(gint fd, GIOCondition cond, gpointer opaque);

/* A writer in another thread sees no connection before it can be used. */
static void take_connection(SocketChardev *s, int fd)
{
    QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);

    s->handshaking = s->tls_creds != NULL;
    s->fd = fd;
}

/* Goes on with it as far as the socket lets it; what it waits for then. */
static QCryptoTLSHandshake handshake(SocketChardev *s, Error **errp)
{
    QCryptoTLSHandshake state = qcrypto_tls_session_handshake(s->tls, errp);

    drop_source(&s->tls_source);
    if (state == QCRYPTO_TLS_HANDSHAKE_COMPLETE) {
        s->handshaking = false;
        connected(s);
    }
    return state;
}

static GIOCondition handshake_condition(QCryptoTLSHandshake state)
{
    return state == QCRYPTO_TLS_HANDSHAKE_SENDING ? G_IO_OUT : G_IO_IN;
}

/* A server takes the next client; a client that reconnects does not do so at once. */
static void tls_failed(SocketChardev *s, Error *err)
{
    if (!s->server && s->reconnect_ms) {
        drop_source(&s->tls_source);
        close_connection(s);
        connect_later(s, err);
        update_name(s);
    } else {
        warn_reportf_err(err, "chardev '%s': ", CHARDEV(s)->label);
        disconnected(s);
    }
}

static void handshake_or_watch(SocketChardev *s)
{
    Error *err = NULL;
    QCryptoTLSHandshake state = handshake(s, &err);

    if (state == QCRYPTO_TLS_HANDSHAKE_FAILED) {
        tls_failed(s, err);
    } else if (state != QCRYPTO_TLS_HANDSHAKE_COMPLETE) {
        s->tls_source = watch_fd(s, s->fd, handshake_condition(state), on_handshake);
    }
}

static gboolean on_handshake(gint fd, GIOCondition cond, gpointer opaque)
{
    handshake_or_watch(opaque);
    return G_SOURCE_REMOVE;
}

static bool tls_begin(SocketChardev *s, Error **errp)
{
    s->handshaking = true;
    qemu_set_blocking(s->fd, false, NULL);
    s->tls = qcrypto_tls_session_new(s->tls_creds, s->spec.host, s->tls_authz, raw_read, raw_write,
                                     s, errp);
    return s->tls != NULL;
}

/* There is a connection: it is ready, or will be when TLS is agreed on. */
static void established(SocketChardev *s)
{
    Error *err = NULL;

    if (!s->tls_creds) {
        connected(s);
    } else if (tls_begin(s, &err)) {
        handshake_or_watch(s);
    } else {
        tls_failed(s, err);
    }
}

/* The same at once. */
static bool establish(SocketChardev *s, Error **errp)
{
    QCryptoTLSHandshake state;

    if (!s->tls_creds) {
        connected(s);
        return true;
    }
    if (!tls_begin(s, errp)) {
        return false;
    }
    while ((state = handshake(s, errp)) > QCRYPTO_TLS_HANDSHAKE_COMPLETE) {
        if (!qemu_wait_for_fd(s->fd, state == QCRYPTO_TLS_HANDSHAKE_SENDING ? POLLOUT : POLLIN,
                              errp)) {
            return false;
        }
    }
    return state == QCRYPTO_TLS_HANDSHAKE_COMPLETE;
}

/* ---- who connects ---- */

static gboolean on_client(gint fd, GIOCondition cond, gpointer opaque)
{
    SocketChardev *s = opaque;
    int client = socket_accept(s->listen_fd);

    if (client < 0) {
        return G_SOURCE_CONTINUE;
    }
    drop_source(&s->listen_source);
    take_connection(s, client);
    established(s);
    return G_SOURCE_REMOVE;
}

static void accept_clients(SocketChardev *s)
{
    drop_source(&s->listen_source);
    if (s->fd < 0 && s->listen_fd >= 0) {
        s->listen_source = watch_fd(s, s->listen_fd, G_IO_IN, on_client);
    }
}

static gboolean reconnect_timeout(gpointer opaque)
{
    SocketChardev *s = opaque;

    drop_source(&s->reconnect_source);
    start_connecting(s);
    return G_SOURCE_REMOVE;
}

static void wait_to_reconnect(SocketChardev *s)
{
    drop_source(&s->reconnect_source);
    s->reconnect_source = g_timeout_source_new(MIN(s->reconnect_ms, G_MAXUINT));
    g_source_set_callback(s->reconnect_source, reconnect_timeout, s, NULL);
    g_source_attach(s->reconnect_source, CHARDEV(s)->gcontext);
}

static void connect_later(SocketChardev *s, Error *err)
{
    if (!s->reported) {
        error_reportf_err(err, "chardev '%s': ", CHARDEV(s)->label);
        s->reported = true;
    } else {
        error_free(err);
    }
    wait_to_reconnect(s);
}

static gboolean on_connect(gint fd, GIOCondition cond, gpointer opaque)
{
    SocketChardev *s = opaque;
    Error *err = NULL;

    drop_source(&s->connect_source);
    if (socket_finish_connect(s->fd, &s->spec, &err)) {
        established(s);
    } else {
        close_connection(s);
        connect_later(s, err);
    }
    return G_SOURCE_REMOVE;
}

static void watch_connecting(SocketChardev *s)
{
    drop_source(&s->connect_source);
    s->connect_source = watch_fd(s, s->fd, G_IO_OUT | G_IO_ERR | G_IO_HUP, on_connect);
}

static void start_connecting(SocketChardev *s)
{
    Error *err = NULL;

    s->fd = socket_connect_stream(&s->spec, true, &err);
    if (s->fd < 0) {
        connect_later(s, err);
    } else {
        watch_connecting(s);
    }
}

/* A client whose handshake fails is warned of, and the next one is waited for. */
static bool wait_for_client(SocketChardev *s, Error **errp)
{
    Error *err = NULL;

    info_report("waiting for connection on: %s", CHARDEV(s)->filename);
    if (!qemu_wait_for_fd(s->listen_fd, POLLIN, errp)) {
        return false;
    }
    s->fd = socket_accept(s->listen_fd);
    if (s->fd >= 0) {
        drop_source(&s->listen_source);
        if (!establish(s, &err)) {
            warn_reportf_err(err, "chardev '%s': ", CHARDEV(s)->label);
            close_connection(s);
        }
    }
    return true;
}

static int socket_wait_connected(Chardev *chr, Error **errp)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    while (!chr->be_open) {
        if (s->server) {
            if (!wait_for_client(s, errp)) {
                return -1;
            }
            continue;
        }
        drop_source(&s->reconnect_source);
        drop_source(&s->connect_source);
        drop_source(&s->tls_source);
        close_connection(s);
        s->fd = socket_connect_stream(&s->spec, false, errp);
        if (s->fd < 0 || !establish(s, errp)) {
            close_connection(s);
            return -1;
        }
    }
    return 0;
}

static void disconnect_in_context(void *opaque)
{
    SocketChardev *s = opaque;

    if (s->fd >= 0) {
        disconnected(s);
    }
}

static void socket_disconnect(Chardev *chr)
{
    qemu_chr_call_in_context(chr->gcontext, disconnect_in_context, chr);
}

typedef struct NewClient {
    SocketChardev *s;
    int fd;
    bool taken;
} NewClient;

static void add_client_in_context(void *opaque)
{
    NewClient *client = opaque;
    SocketChardev *s = client->s;

    if (s->fd < 0) {
        drop_source(&s->listen_source);
        take_connection(s, client->fd);
        client->taken = true;
        established(s);
    }
}

static int socket_add_client(Chardev *chr, int fd)
{
    NewClient client = {CHARDEV_SOCKET(chr), fd};

    qemu_chr_call_in_context(chr->gcontext, add_client_in_context, &client);
    return client.taken ? 0 : -1;
}

/* Everything moves to the context, what waits for a connection, too. */
static void socket_update_read_handler(Chardev *chr)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    if (s->connect_source) {
        watch_connecting(s);
    }
    if (s->reconnect_source) {
        wait_to_reconnect(s);
    }
    if (s->tls_source) {
        handshake_or_watch(s);
    }
    watch_connection(s);
    accept_clients(s);
}

/* ---- the object ---- */

static int on_off(const QDict *opts, const char *name)
{
    return qdict_haskey(opts, name) ? qdict_get_try_bool(opts, name, false) : -1;
}

static bool read_address(SocketChardev *s, const QDict *opts, Error **errp)
{
    const char *host = qdict_get_try_str(opts, "host"), *path = qdict_get_try_str(opts, "path");
    const char *fd = qdict_get_try_str(opts, "fd");
    SocketSpec *spec = &s->spec;

    if (!!(host || qdict_haskey(opts, "port")) + !!path + !!fd != 1) {
        error_setg(errp, "a socket needs one of host and port, path, or fd");
        return false;
    }
    spec->kind = path ? SOCKET_UNIX : fd ? SOCKET_FD : SOCKET_INET;
    spec->path = g_strdup(path);
    spec->host = g_strdup(host);
    spec->port = g_strdup(qdict_get_try_str(opts, "port"));
    spec->to = qdict_get_try_int(opts, "to", 0);
    spec->ipv4 = on_off(opts, "ipv4");
    spec->ipv6 = on_off(opts, "ipv6");
    spec->abstract = qdict_get_try_bool(opts, "abstract", false);
    spec->tight = qdict_get_try_bool(opts, "tight", true);
    if (spec->kind == SOCKET_INET && !spec->port) {
        error_setg(errp, "a TCP socket needs the option 'port'");
        return false;
    }
    if (fd) {
        char *end;
        spec->fd = strtol(fd, &end, 10);
        if (*end || end == fd || spec->fd < 0) {
            error_setg(errp, "fd='%s' is not the number of a file descriptor", fd);
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
    s->nodelay = qdict_get_try_bool(opts, "nodelay", !qdict_get_try_bool(opts, "delay", true));
    s->reconnect_ms = qdict_get_try_int(opts, "reconnect-ms", 0);
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

static bool socket_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    *be_opened = false; /* we say so ourselves */
    if (!read_options(s, opts, errp)) {
        return false;
    }
    yank_register_function(YANK_INSTANCE_TYPE_CHARDEV, chr->label, yank_connection, s);
    qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_RECONNECTABLE);
    if (s->spec.kind != SOCKET_INET && !s->tls_creds) {
        qemu_chr_set_feature(chr, QEMU_CHAR_FEATURE_FD_PASS);
    }
    if (s->server) {
        s->listen_fd = socket_listen_stream(&s->spec, errp);
        if (s->listen_fd < 0) {
            return false;
        }
        if (s->spec.kind == SOCKET_UNIX && !s->spec.abstract) {
            char_path_keep(&s->file, s->spec.path);
        }
        update_name(s);
        qemu_set_blocking(s->listen_fd, false, NULL);
        if (qdict_get_try_bool(opts, "wait", true)) {
            return socket_wait_connected(chr, errp) == 0;
        }
        accept_clients(s);
        return true;
    }
    if (s->reconnect_ms) {
        start_connecting(s);
        update_name(s);
        return true;
    }
    s->fd = socket_connect_stream(&s->spec, false, errp);
    if (s->fd >= 0) {
        /* Who speaks no TLS there may never answer: nobody waits for that. */
        established(s);
    }
    return s->fd >= 0;
}

static void socket_init(Object *obj)
{
    SocketChardev *s = CHARDEV_SOCKET(obj);

    s->fd = s->listen_fd = -1;
}

static void socket_finalize(Object *obj)
{
    SocketChardev *s = CHARDEV_SOCKET(obj);

    yank_unregister_function(yank_connection, s);
    char_io_remove_watch(CHARDEV(obj));
    drop_source(&s->listen_source);
    drop_source(&s->hup_source);
    drop_source(&s->connect_source);
    drop_source(&s->reconnect_source);
    drop_source(&s->tls_source);
    drop_source(&s->pending_source);
    close_connection(s);
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
    {"tls-creds", CHAR_OPT_STR},
    {"tls-authz", CHAR_OPT_STR},
    {"reconnect", CHAR_OPT_INT},
    {"reconnect-ms", CHAR_OPT_INT},
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
