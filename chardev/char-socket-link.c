/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket character devices: the connection, and what comes and goes over it. */

#include "qemu/osdep.h"
#include <sys/socket.h>
#include "char-socket.h"
#include "chardev/char-io.h"
#include "qemu/lockable.h"

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
        char room[CMSG_SPACE(SOCKET_MAX_FDS * sizeof(int))];
    } control;
    struct iovec iov = {buf, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t ret;

    if (s->ws) {
        return websocket_read(s->ws, buf, len);
    }
    if (s->tls) {
        return qcrypto_tls_session_read(s->tls, buf, len);
    }
    if (socket_spec_passes_fds(&s->spec)) {
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
        char room[CMSG_SPACE(SOCKET_MAX_FDS * sizeof(int))];
    } control = {};
    struct iovec iov = {(void *)buf, len};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    ssize_t ret;

    if (s->ws) {
        return websocket_write(s->ws, buf, len);
    }
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

int socket_get_msgfds(Chardev *chr, int *fds, int num)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);
    int n = MIN(num, s->n_in_fds);

    memcpy(fds, s->in_fds, n * sizeof(int));
    memmove(s->in_fds, s->in_fds + n, (s->n_in_fds - n) * sizeof(int));
    s->n_in_fds -= n;
    close_fds(s->in_fds, &s->n_in_fds);
    return n;
}

int socket_set_msgfds(Chardev *chr, int *fds, int num)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    if (s->fd < 0 || !socket_spec_passes_fds(&s->spec) || s->tls || s->ws || num > SOCKET_MAX_FDS) {
        return -1;
    }
    memcpy(s->out_fds, fds, num * sizeof(int));
    s->n_out_fds = num;
    return 0;
}

/* ---- data ---- */

int socket_write(Chardev *chr, const uint8_t *buf, int len)
{
    static const uint8_t two[2] = {TELNET_IAC, TELNET_IAC};
    SocketChardev *s = CHARDEV_SOCKET(chr);
    const uint8_t *iac;
    ssize_t ret;

    if (s->fd < 0) {
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

GSource *socket_add_watch(Chardev *chr, GIOCondition cond)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    return s->fd >= 0 ? g_unix_fd_source_new(s->fd, cond) : NULL;
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
        socket_disconnected(s);
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

/* What TLS has decrypted already, or a WebSocket read, is not seen at the descriptor. */
static bool has_data(SocketChardev *s)
{
    return (s->tls && qcrypto_tls_session_pending(s->tls) > 0) ||
           (s->ws && websocket_pending(s->ws));
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
    } while (has_data(s) && socket_can_read(s) > 0);
    return G_SOURCE_CONTINUE;
}

static gboolean read_pending(gpointer opaque)
{
    SocketChardev *s = opaque;

    socket_drop_source(&s->pending_source);
    while (has_data(s) && socket_can_read(s) > 0 && read_some(s)) {
    }
    return G_SOURCE_REMOVE;
}

/* The front end has room again. */
void socket_accept_input(Chardev *chr)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);

    if (has_data(s) && !s->pending_source) {
        s->pending_source = socket_call_later(s, 0, read_pending, s);
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
    socket_disconnected(s);
    return G_SOURCE_REMOVE;
}

int socket_sync_read(Chardev *chr, const uint8_t *buf, int len)
{
    SocketChardev *s = CHARDEV_SOCKET(chr);
    int n;

    if (s->fd < 0) {
        return 0;
    }
    n = receive(s, (uint8_t *)buf, len);
    if (n == 0) {
        socket_disconnected(s);
    }
    return n;
}

/* ---- its beginning and its end ---- */

void socket_watch_link(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);

    char_io_remove_watch(chr);
    socket_drop_source(&s->hup_source);
    if (s->fd >= 0) {
        chr->gsource =
            char_io_add_watch_poll(chr, s->fd, socket_can_read, socket_read, s, chr->gcontext);
        s->hup_source = socket_watch_fd(s, s->fd, G_IO_HUP, socket_hup, s);
    }
    if (s->pending_source) {
        socket_drop_source(&s->pending_source);
        socket_accept_input(chr);
    }
}

/* The buffer of a new connection has room; if not, the peer does not want it anyway. */
static void greet(SocketChardev *s)
{
    size_t len;
    const uint8_t *greeting = telnet_start(&s->telnet_state, &len);

    if (s->telnet && transmit(s, greeting, len) < 0) {
        return;
    }
}

void socket_connected(SocketChardev *s, int fd, QCryptoTLSSession *tls, WebSocket *ws)
{
    Chardev *chr = CHARDEV(s);
    Error *err = NULL;

    qemu_set_blocking(fd, false, NULL);
    if (!socket_set_keep_alive(fd, &s->spec, &err)) {
        warn_reportf_err(err, "chardev '%s': ", CHARDEV(s)->label);
    }
    if (s->nodelay) {
        socket_set_nodelay(fd);
    }
    WITH_QEMU_LOCK_GUARD(&chr->chr_write_lock)
    {
        s->fd = fd;
        s->tls = tls;
        s->ws = ws;
        greet(s);
    }
    s->reported = false;
    socket_accept_clients(s); /* not now */
    socket_update_name(s);
    socket_watch_link(s);
    qemu_chr_be_event(chr, CHR_EVENT_OPENED);
    socket_accept_input(chr); /* what came right behind a handshake */
}

/* Another thread may be writing; it must not meet a descriptor of something else. */
void socket_close_link(SocketChardev *s)
{
    QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);

    if (s->ws) {
        websocket_bye(s->ws);
        g_clear_pointer(&s->ws, websocket_free);
    }
    if (s->tls) {
        qcrypto_tls_session_bye(s->tls);
        g_clear_pointer(&s->tls, qcrypto_tls_session_free);
    }
    if (s->fd >= 0) {
        close(s->fd);
        s->fd = -1;
    }
    close_fds(s->in_fds, &s->n_in_fds);
    s->n_out_fds = 0;
}

void socket_disconnected(SocketChardev *s)
{
    Chardev *chr = CHARDEV(s);
    bool was_open = chr->be_open;

    char_io_remove_watch(chr);
    socket_drop_source(&s->hup_source);
    socket_drop_source(&s->pending_source);
    socket_close_link(s);
    if (was_open) {
        qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
    }
    if (s->server) {
        socket_accept_clients(s);
    } else if (s->reconnect_ms) {
        socket_start_connecting(s);
    }
    socket_update_name(s);
}
