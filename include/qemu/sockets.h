/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stream and datagram sockets from addresses that users give. */
#ifndef QEMU_SOCKETS_H
#define QEMU_SOCKETS_H

#include "qapi/error.h"

typedef enum SocketKind { SOCKET_INET, SOCKET_UNIX, SOCKET_FD, SOCKET_VSOCK } SocketKind;

/* Probes of an idle connection; numbers that are 0 are left to the host. */
typedef struct SocketKeepAlive {
    bool on;
    int count, idle, interval; /* how many; seconds before the first, and between them */
} SocketKeepAlive;

/* Strings belong to it. */
typedef struct SocketSpec {
    SocketKind kind;
    char *host; /* NULL or "": any; SOCKET_VSOCK: the context id */
    char *port; /* number or service name */
    int to;     /* listening: last port to try, 0: only @port */
    /* Which protocols; -1: not said. */
    int ipv4, ipv6;
    bool numeric; /* @host is an address: no name is looked up */
    bool mptcp;   /* Multipath TCP */
    SocketKeepAlive keep_alive;
    char *path;
    bool abstract; /* a name in Linux's abstract namespace */
    bool tight;    /* ... not padded with zeroes */
    int fd;
} SocketSpec;

/* Can descriptors go along with what is sent? */
static inline bool socket_spec_passes_fds(const SocketSpec *spec)
{
    return spec->kind == SOCKET_UNIX || spec->kind == SOCKET_FD;
}

void socket_spec_clear(SocketSpec *spec);
/* Close-on-exec descriptors; -1 and @errp, which names the address. Blocks while names are looked
 * up. */
int socket_listen_stream(const SocketSpec *spec, Error **errp);
/* @nonblocking: may return while the connection is being made; see socket_finish_connect(). */
int socket_connect_stream(const SocketSpec *spec, bool nonblocking, Error **errp);
/* When the socket became writable: whether it is connected. */
bool socket_finish_connect(int fd, const SocketSpec *spec, Error **errp);
/* A UDP socket that sends to @remote and receives at @local. */
int socket_datagram(const SocketSpec *remote, const SocketSpec *local, Error **errp);
int socket_accept(int fd);
void socket_set_nodelay(int fd);
/* Of a connection as @spec has it; false when the host refuses. */
bool socket_set_keep_alive(int fd, const SocketSpec *spec, Error **errp);
/* "tcp:127.0.0.1:80", "vsock:2:1234" or "unix:/path" of our (@peer: the other) end; @spec helps for
 * Unix sockets. g_free() it. */
char *socket_describe(int fd, const SocketSpec *spec, bool peer);

#endif
