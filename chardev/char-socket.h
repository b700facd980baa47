/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stream sockets (TCP, Unix) as character devices, for the files that are one:
 * char-socket.c (the object), -link (a connection and its data), -handshake (what must be agreed
 * on before it is one), -server and -client (who connects).
 *
 * All descriptors are non-blocking: a peer that does not read makes writes fail with EAGAIN, and
 * nobody waits for it. Everything runs in the thread of the chardev's context; other threads only
 * write and cut off (yank), which is why descriptors change under chr_write_lock.
 */
#ifndef CHARDEV_CHAR_SOCKET_H
#define CHARDEV_CHAR_SOCKET_H

#include <glib-unix.h>
#include "char-telnet.h"
#include "chardev/char-path.h"
#include "chardev/char.h"
#include "crypto/tlssession.h"
#include "io/websocket.h"
#include "qemu/queue.h"
#include "qemu/sockets.h"

OBJECT_DECLARE_SIMPLE_TYPE(SocketChardev, CHARDEV_SOCKET)

/* Descriptors that can come or go with one message. */
#define SOCKET_MAX_FDS 16
/* A peer has this long for its handshakes. */
#define SOCKET_HANDSHAKE_MS 10000
/* Clients of a server that may be at it at once; one more takes the place of the first. */
#define SOCKET_MAX_HANDSHAKES 16

typedef struct SocketHandshake SocketHandshake;

struct SocketChardev {
    Chardev parent;

    /* configuration */
    SocketSpec spec;
    bool server, telnet, websocket, nodelay;
    uint64_t reconnect_ms; /* 0: never */
    QCryptoTLSCreds *tls_creds;
    char *tls_authz;

    /* the connection */
    int fd; /* -1: none, and writers lose what they write */
    QCryptoTLSSession *tls;
    WebSocket *ws; /* over @tls, if there is that, too */
    GSource *hup_source, *pending_source;
    int max_size;
    TelnetState telnet_state;
    int in_fds[SOCKET_MAX_FDS], n_in_fds;
    int out_fds[SOCKET_MAX_FDS], n_out_fds;

    /* connections that are not ready yet, in the order in which they came */
    QTAILQ_HEAD(, SocketHandshake) handshakes;
    unsigned n_handshakes;
    Error **waiting; /* where the failure of one goes while somebody waits for it */

    /* server */
    int listen_fd;
    GSource *listen_source; /* of the next client; NULL: there is one */
    bool accept_failed;     /* and that was reported */
    CharPath file;          /* of a Unix socket */

    /* client */
    int connect_fd; /* -1: not connecting */
    GSource *connect_source, *reconnect_source;
    bool reported; /* that connecting failed: once a streak */
};

/* ---- char-socket.c ---- */

void socket_drop_source(GSource **source);
/* In the chardev's context. */
GSource *socket_watch_fd(SocketChardev *s, int fd, GIOCondition cond, GUnixFDSourceFunc fn,
                         void *opaque);
GSource *socket_call_later(SocketChardev *s, uint64_t ms, GSourceFunc fn, void *opaque);
/* What "info chardev" shows. */
void socket_update_name(SocketChardev *s);
/* Sources move to the context that the chardev has now. */
void socket_update_read_handler(Chardev *chr);

/* ---- char-socket-link.c ---- */

/* There is a connection, @fd; it takes all over. @tls and @ws may be NULL. */
void socket_connected(SocketChardev *s, int fd, QCryptoTLSSession *tls, WebSocket *ws);
/* It is over. */
void socket_disconnected(SocketChardev *s);
/* Closes it, without telling anybody. */
void socket_close_link(SocketChardev *s);
void socket_watch_link(SocketChardev *s);
int socket_write(Chardev *chr, const uint8_t *buf, int len);
int socket_sync_read(Chardev *chr, const uint8_t *buf, int len);
GSource *socket_add_watch(Chardev *chr, GIOCondition cond);
void socket_accept_input(Chardev *chr);
int socket_get_msgfds(Chardev *chr, int *fds, int num);
int socket_set_msgfds(Chardev *chr, int *fds, int num);

/* ---- char-socket-handshake.c ---- */

/* A peer is there, at @fd: a connection at once, or when TLS and WebSocket are agreed on. */
void socket_established(SocketChardev *s, int fd);
/* Whether one has been agreed on that had to wait for the end of another. */
bool socket_has_ready(SocketChardev *s);
/* Makes it the connection. */
void socket_take_ready(SocketChardev *s);
void socket_watch_handshakes(SocketChardev *s);
void socket_drop_handshakes(SocketChardev *s);
/* Cuts them off. [any, chr_write_lock] */
void socket_yank_handshakes(SocketChardev *s);
/* The descriptor of the first, -1: there is none. */
int socket_handshake_fd(SocketChardev *s);
/* For tests: another limit than SOCKET_HANDSHAKE_MS. */
void socket_set_handshake_limit(unsigned ms);

/* ---- char-socket-server.c ---- */

bool socket_listen(SocketChardev *s, Error **errp);
/* Waits for the next client, unless there is one. */
void socket_accept_clients(SocketChardev *s);
int socket_add_client(Chardev *chr, int fd);

/* ---- char-socket-client.c ---- */

void socket_start_connecting(SocketChardev *s);
void socket_connect_later(SocketChardev *s, Error *err);
/* Gives up what start_connecting() and connect_later() began. */
void socket_stop_connecting(SocketChardev *s);
void socket_watch_connecting(SocketChardev *s);

#endif
