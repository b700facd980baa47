/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Socket character devices: handshakes, of TLS and then of a WebSocket. Nobody has to wait for a
 * peer that does not finish its own: a server takes further clients meanwhile, and the first that
 * is done is served; each has a limited time.
 */

#include "qemu/osdep.h"
#include <sys/socket.h>
#include "char-socket.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"

struct SocketHandshake {
    SocketChardev *s;
    int fd;
    QCryptoTLSSession *tls; /* NULL: without */
    bool tls_done;
    WebSocket *ws; /* once it is its turn */
    GIOCondition awaited;
    gint64 deadline;         /* of g_get_monotonic_time() */
    GSource *source, *limit; /* NULL: it is done */
    QTAILQ_ENTRY(SocketHandshake) next;
};

static unsigned limit_ms = SOCKET_HANDSHAKE_MS;

void socket_set_handshake_limit(unsigned ms)
{
    limit_ms = ms;
}

/* ---- the transport: a descriptor ---- */

static ssize_t raw_read(void *opaque, void *buf, size_t len)
{
    return RETRY_ON_EINTR(recv(GPOINTER_TO_INT(opaque), buf, len, MSG_DONTWAIT));
}

static ssize_t raw_write(void *opaque, const void *buf, size_t len)
{
    return RETRY_ON_EINTR(send(GPOINTER_TO_INT(opaque), buf, len, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* What is below a WebSocket. */
typedef struct Transport {
    int fd;
    QCryptoTLSSession *tls;
} Transport;

static ssize_t transport_read(void *opaque, void *buf, size_t len)
{
    Transport *t = opaque;

    return t->tls ? qcrypto_tls_session_read(t->tls, buf, len)
                  : raw_read(GINT_TO_POINTER(t->fd), buf, len);
}

static ssize_t transport_write(void *opaque, const void *buf, size_t len)
{
    Transport *t = opaque;

    return t->tls ? qcrypto_tls_session_write(t->tls, buf, len)
                  : raw_write(GINT_TO_POINTER(t->fd), buf, len);
}

static WebSocket *websocket_over(int fd, QCryptoTLSSession *tls)
{
    Transport *t = g_new(Transport, 1);

    *t = (Transport){fd, tls};
    return websocket_new(transport_read, transport_write, t, g_free);
}

/* ---- the list ---- */

static void append(SocketChardev *s, SocketHandshake *h)
{
    QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);

    QTAILQ_INSERT_TAIL(&s->handshakes, h, next);
    s->n_handshakes++;
}

/* Takes @h off the list and frees it; its descriptor and session are the caller's, who took them,
 * or closed. */
static void remove_handshake(SocketHandshake *h)
{
    SocketChardev *s = h->s;

    socket_drop_source(&h->source);
    socket_drop_source(&h->limit);
    WITH_QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock)
    {
        QTAILQ_REMOVE(&s->handshakes, h, next);
        s->n_handshakes--;
        if (h->fd >= 0) {
            websocket_free(h->ws);
            if (h->tls) {
                qcrypto_tls_session_bye(h->tls); /* once that can be heard */
                qcrypto_tls_session_free(h->tls);
            }
            close(h->fd);
        }
    }
    g_free(h);
}

void socket_drop_handshakes(SocketChardev *s)
{
    SocketHandshake *h, *next;

    QTAILQ_FOREACH_SAFE (h, &s->handshakes, next, next) {
        remove_handshake(h);
    }
}

void socket_yank_handshakes(SocketChardev *s)
{
    SocketHandshake *h;

    QTAILQ_FOREACH (h, &s->handshakes, next) {
        shutdown(h->fd, SHUT_RDWR);
    }
}

int socket_handshake_fd(SocketChardev *s)
{
    SocketHandshake *h = QTAILQ_FIRST(&s->handshakes);

    return h ? h->fd : -1;
}

static SocketHandshake *first_ready(SocketChardev *s)
{
    SocketHandshake *h;

    QTAILQ_FOREACH (h, &s->handshakes, next) {
        if (!h->limit) {
            return h;
        }
    }
    return NULL;
}

bool socket_has_ready(SocketChardev *s)
{
    return first_ready(s) != NULL;
}

void socket_take_ready(SocketChardev *s)
{
    SocketHandshake *h = first_ready(s);
    QCryptoTLSSession *tls = h->tls;
    WebSocket *ws = h->ws;
    int fd = h->fd;

    h->fd = -1;
    remove_handshake(h);
    socket_connected(s, fd, tls, ws);
}

/* ---- how one goes on ---- */

/* A server has the next client; a client that reconnects does not do so at once. */
static void failed(SocketChardev *s, Error *err)
{
    if (s->waiting) {
        error_propagate(s->waiting, err);
    } else if (!s->server && s->reconnect_ms) {
        socket_connect_later(s, err);
    } else {
        warn_reportf_err(err, "chardev '%s': ", CHARDEV(s)->label);
    }
    socket_update_name(s);
}

static gboolean on_handshake(gint fd, GIOCondition cond, gpointer opaque);

/* These go on as far as the socket lets them: @awaited is what for then, 0 when they are done. */
static bool tls_goes_on(SocketHandshake *h, Error **errp)
{
    QCryptoTLSHandshake state = qcrypto_tls_session_handshake(h->tls, errp);

    h->tls_done = state == QCRYPTO_TLS_HANDSHAKE_COMPLETE;
    h->awaited = state == QCRYPTO_TLS_HANDSHAKE_SENDING   ? G_IO_OUT
                 : state == QCRYPTO_TLS_HANDSHAKE_RECVING ? G_IO_IN
                                                          : 0;
    return state != QCRYPTO_TLS_HANDSHAKE_FAILED;
}

static bool websocket_goes_on(SocketHandshake *h, Error **errp)
{
    WebSocketHandshake state;

    if (!h->ws) {
        h->ws = websocket_over(h->fd, h->tls);
    }
    state = websocket_handshake(h->ws, errp);
    h->awaited = state == WEBSOCKET_HANDSHAKE_SENDING   ? G_IO_OUT
                 : state == WEBSOCKET_HANDSHAKE_RECVING ? G_IO_IN
                                                        : 0;
    return state != WEBSOCKET_HANDSHAKE_FAILED;
}

static bool handshake_goes_on(SocketHandshake *h, Error **errp)
{
    if (h->tls && !h->tls_done && (!tls_goes_on(h, errp) || h->awaited)) {
        return h->awaited != 0;
    }
    return !h->s->websocket || websocket_goes_on(h, errp);
}

static void go_on(SocketHandshake *h)
{
    SocketChardev *s = h->s;
    Error *err = NULL;
    bool ok = handshake_goes_on(h, &err);

    socket_drop_source(&h->source);
    if (!ok) {
        remove_handshake(h);
        failed(s, err);
    } else if (h->awaited) {
        h->source = socket_watch_fd(s, h->fd, h->awaited, on_handshake, h);
    } else {
        socket_drop_source(&h->limit);
        if (s->fd < 0) {
            socket_take_ready(s);
        }
    }
}

static gboolean on_handshake(gint fd, GIOCondition cond, gpointer opaque)
{
    go_on(opaque);
    return G_SOURCE_REMOVE;
}

static gboolean on_limit(gpointer opaque)
{
    SocketHandshake *h = opaque;
    SocketChardev *s = h->s;
    Error *err = NULL;

    error_setg(&err, "%s handshake failed: the peer did not finish it in %u ms",
               h->ws ? "WebSocket" : "TLS", limit_ms);
    remove_handshake(h);
    failed(s, err);
    return G_SOURCE_REMOVE;
}

static void limit_time(SocketHandshake *h)
{
    gint64 left = (h->deadline - g_get_monotonic_time()) / 1000;

    h->limit = socket_call_later(h->s, MAX(left, 1), on_limit, h);
}

void socket_watch_handshakes(SocketChardev *s)
{
    SocketHandshake *h;

    QTAILQ_FOREACH (h, &s->handshakes, next) {
        if (h->limit) {
            socket_drop_source(&h->limit);
            socket_drop_source(&h->source);
            limit_time(h);
            h->source = socket_watch_fd(s, h->fd, h->awaited, on_handshake, h);
        }
    }
}

void socket_established(SocketChardev *s, int fd)
{
    SocketHandshake *h;
    QCryptoTLSSession *tls = NULL;
    Error *err = NULL;

    if (!s->tls_creds && !s->websocket) {
        socket_connected(s, fd, NULL, NULL);
        return;
    }
    qemu_set_blocking(fd, false, NULL);
    if (s->tls_creds) {
        tls = qcrypto_tls_session_new(s->tls_creds, s->spec.host, s->tls_authz, raw_read, raw_write,
                                      GINT_TO_POINTER(fd), &err);
    }
    if (err) {
        close(fd);
        failed(s, err);
        return;
    }
    if (s->n_handshakes >= SOCKET_MAX_HANDSHAKES) {
        remove_handshake(QTAILQ_FIRST(&s->handshakes));
    }
    h = g_new0(SocketHandshake, 1);
    h->s = s;
    h->fd = fd;
    h->tls = tls;
    h->deadline = g_get_monotonic_time() + limit_ms * 1000ll;
    append(s, h);
    limit_time(h);
    socket_update_name(s);
    go_on(h);
}
