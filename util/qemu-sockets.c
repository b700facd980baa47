/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets from addresses: look-up, listening on the first free port, connecting. */

#include "qemu/osdep.h"
#include <linux/vm_sockets.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include "qemu/cutils.h"
#include "qemu/main-loop.h"
#include "qemu/sockets.h"

void socket_spec_clear(SocketSpec *spec)
{
    g_clear_pointer(&spec->host, g_free);
    g_clear_pointer(&spec->port, g_free);
    g_clear_pointer(&spec->path, g_free);
}

static char *spec_text(const SocketSpec *spec)
{
    switch (spec->kind) {
    case SOCKET_UNIX:
        return g_strdup(spec->path);
    case SOCKET_FD:
        return g_strdup_printf("fd %d", spec->fd);
    case SOCKET_VSOCK:
        return g_strdup_printf("vsock:%s:%s", spec->host, spec->port);
    default:
        return g_strdup_printf("%s:%s", spec->host ? spec->host : "", spec->port);
    }
}

/* ---- addresses ---- */

static bool family(const SocketSpec *spec, int *family, Error **errp)
{
    if (spec->ipv4 == 0 && spec->ipv6 == 0) {
        error_setg(errp, "ipv4=off and ipv6=off leave no protocol");
        return false;
    }
    if ((spec->ipv4 == 1 && spec->ipv6 != 1) || spec->ipv6 == 0) {
        *family = AF_INET;
    } else if ((spec->ipv6 == 1 && spec->ipv4 != 1) || spec->ipv4 == 0) {
        *family = AF_INET6;
    } else {
        *family = AF_UNSPEC;
    }
    return true;
}

static struct addrinfo *look_up(const SocketSpec *spec, int socktype, bool passive, Error **errp)
{
    struct addrinfo hints = {
        .ai_socktype = socktype,
        .ai_flags = (passive ? AI_PASSIVE : 0) | (spec->numeric ? AI_NUMERICHOST : 0),
    };
    struct addrinfo *list;
    const char *host = spec->host && *spec->host ? spec->host : NULL;
    uint64_t number;
    int ret;

    if (!family(spec, &hints.ai_family, errp)) {
        return NULL;
    }
    /* The C library takes the low 16 bits of more. */
    if (!qemu_strtou64(spec->port, NULL, 10, &number) && number > UINT16_MAX) {
        error_setg(errp, "port %s is beyond the last, %d", spec->port, UINT16_MAX);
        return NULL;
    }
    ret = getaddrinfo(host, spec->port, &hints, &list);
    if (ret) {
        g_autofree char *text = spec_text(spec);
        error_setg(errp, "address '%s': %s", text, gai_strerror(ret));
        return NULL;
    }
    return list;
}

/* Of a stream to the address @a; Multipath TCP is a protocol beside TCP. */
static int protocol(const SocketSpec *spec, const struct addrinfo *a)
{
    return spec->mptcp ? IPPROTO_MPTCP : a->ai_protocol;
}

static bool vsock_number(const char *name, const char *text, unsigned *number, Error **errp)
{
    if (qemu_strtoui(text, NULL, 10, number) < 0) {
        error_setg(errp, "vsock %s '%s' is not a number of 32 bits", name, text);
        return false;
    }
    return true;
}

static bool vsock_address(const SocketSpec *spec, struct sockaddr_vm *vm, Error **errp)
{
    memset(vm, 0, sizeof(*vm));
    vm->svm_family = AF_VSOCK;
    return vsock_number("cid", spec->host, &vm->svm_cid, errp) &&
           vsock_number("port", spec->port, &vm->svm_port, errp);
}

static void set_port(struct sockaddr *sa, int port)
{
    if (sa->sa_family == AF_INET) {
        ((struct sockaddr_in *)sa)->sin_port = htons(port);
    } else {
        ((struct sockaddr_in6 *)sa)->sin6_port = htons(port);
    }
}

static int get_port(const struct sockaddr *sa)
{
    return ntohs(sa->sa_family == AF_INET ? ((const struct sockaddr_in *)sa)->sin_port
                                          : ((const struct sockaddr_in6 *)sa)->sin6_port);
}

static bool unix_address(const SocketSpec *spec, struct sockaddr_un *un, socklen_t *len,
                         Error **errp)
{
    size_t n = strlen(spec->path);
    size_t room = sizeof(un->sun_path) - (spec->abstract ? 1 : 0);

    if (!n && !spec->abstract) {
        error_setg(errp, "the path of a Unix socket is empty");
        return false;
    }
    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    if (n > room || (n == room && !spec->abstract)) {
        error_setg(errp, "the path '%s' of a Unix socket is longer than %zu bytes", spec->path,
                   room - !spec->abstract);
        return false;
    }
    memcpy(un->sun_path + (spec->abstract ? 1 : 0), spec->path, n);
    *len = spec->abstract && spec->tight ? offsetof(struct sockaddr_un, sun_path) + 1 + n
                                         : sizeof(*un);
    return true;
}

/* ---- listening ---- */

static int fail(int fd, const char *what, const SocketSpec *spec, Error **errp)
{
    int err = errno;
    g_autofree char *text = spec_text(spec);

    error_setg_errno(errp, err, "cannot %s '%s'", what, text);
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

static int listen_inet(const SocketSpec *spec, Error **errp)
{
    struct addrinfo *list = look_up(spec, SOCK_STREAM, true, errp);
    int err = 0, one = 1;

    for (struct addrinfo *a = list; a; a = a->ai_next) {
        int first = get_port(a->ai_addr), last = MAX(spec->to, first);
        for (int port = first; port <= last; port++) {
            int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, protocol(spec, a));
            if (fd < 0) {
                err = errno;
                break;
            }
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
            set_port(a->ai_addr, port);
            if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 1) == 0) {
                freeaddrinfo(list);
                return fd;
            }
            err = errno;
            close(fd);
            if (err != EADDRINUSE) {
                break;
            }
        }
    }
    if (list) {
        freeaddrinfo(list);
        errno = err;
        fail(-1, "listen on", spec, errp);
    }
    return -1;
}

/*
 * Does a process have the socket at @un? Connecting with a socket of another type finds
 * out without becoming a client of it: EPROTOTYPE where one is bound, ECONNREFUSED where
 * the file has outlived its socket (unix(7)).
 */
static bool unix_socket_is_alive(const struct sockaddr_un *un, socklen_t len)
{
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    bool alive =
        fd >= 0 && connect(fd, (const struct sockaddr *)un, len) < 0 && errno == EPROTOTYPE;

    if (fd >= 0) {
        close(fd);
    }
    return alive;
}

/*
 * Makes room for a socket at @spec's path: a socket that nobody has any more goes, and so
 * does the empty file that mktemp(1) leaves. A server that is alive keeps its place, and
 * what has content is not ours to remove.
 */
static bool clear_path(const SocketSpec *spec, const struct sockaddr_un *un, socklen_t len,
                       Error **errp)
{
    struct stat st;

    if (lstat(spec->path, &st) < 0) {
        return true; /* bind() says it if that is more than "no such file" */
    }
    if (unix_socket_is_alive(un, len)) {
        errno = EADDRINUSE;
        fail(-1, "listen on", spec, errp);
        return false;
    }
    if (!S_ISSOCK(st.st_mode) && !S_ISLNK(st.st_mode) && (!S_ISREG(st.st_mode) || st.st_size)) {
        error_setg(errp, "cannot listen on '%s': it exists and is not a socket", spec->path);
        return false;
    }
    if (unlink(spec->path) < 0 && errno != ENOENT) {
        fail(-1, "replace", spec, errp);
        return false;
    }
    return true;
}

static int listen_unix(const SocketSpec *spec, Error **errp)
{
    struct sockaddr_un un;
    socklen_t len;
    int fd;

    if (!unix_address(spec, &un, &len, errp) ||
        (!spec->abstract && !clear_path(spec, &un, len, errp))) {
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&un, len) < 0 || listen(fd, 1) < 0) {
        return fail(fd, "listen on", spec, errp);
    }
    return fd;
}

static int listen_vsock(const SocketSpec *spec, Error **errp)
{
    struct sockaddr_vm vm;
    int fd;

    if (!vsock_address(spec, &vm, errp)) {
        return -1;
    }
    fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&vm, sizeof(vm)) < 0 || listen(fd, 1) < 0) {
        return fail(fd, "listen on", spec, errp);
    }
    return fd;
}

/* A descriptor that somebody handed us: is it a socket? */
static int take_fd(const SocketSpec *spec, bool listening, Error **errp)
{
    int type, accepts = 0;
    socklen_t len = sizeof(type);

    if (getsockopt(spec->fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0) {
        return fail(-1, "use as socket", spec, errp);
    }
    len = sizeof(accepts);
    getsockopt(spec->fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &len);
    if (!!accepts != listening) {
        error_setg(errp, "fd %d is a socket that %s", spec->fd,
                   accepts ? "listens, which needs server=on" : "does not listen");
        return -1;
    }
    qemu_set_cloexec(spec->fd);
    return spec->fd;
}

int socket_listen_stream(const SocketSpec *spec, Error **errp)
{
    switch (spec->kind) {
    case SOCKET_UNIX:
        return listen_unix(spec, errp);
    case SOCKET_FD:
        return take_fd(spec, true, errp);
    case SOCKET_VSOCK:
        return listen_vsock(spec, errp);
    default:
        return listen_inet(spec, errp);
    }
}

int socket_accept(int fd)
{
    return RETRY_ON_EINTR(accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

void socket_set_nodelay(int fd)
{
    int one = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* no TCP: no need */
}

static bool set_keep_alive_number(int fd, int option, const char *name, int value, Error **errp)
{
    if (value && setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)) < 0) {
        error_setg_errno(errp, errno, "%s=%d", name, value);
        return false;
    }
    return true;
}

bool socket_set_keep_alive(int fd, const SocketSpec *spec, Error **errp)
{
    const SocketKeepAlive *k = &spec->keep_alive;
    int one = 1;

    if (!k->on) {
        return true;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) < 0) {
        error_setg_errno(errp, errno, "keep-alive=on");
        return false;
    }
    return set_keep_alive_number(fd, TCP_KEEPCNT, "keep-alive-count", k->count, errp) &&
           set_keep_alive_number(fd, TCP_KEEPIDLE, "keep-alive-idle", k->idle, errp) &&
           set_keep_alive_number(fd, TCP_KEEPINTVL, "keep-alive-interval", k->interval, errp);
}

/* ---- connecting ---- */

static int connect_address(int domain, int protocol, const struct sockaddr *sa, socklen_t len,
                           bool nonblocking)
{
    int flags = SOCK_STREAM | SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0);
    int fd = socket(domain, flags, protocol), err;

    if (fd < 0) {
        return -1;
    }
    if (RETRY_ON_EINTR(connect(fd, sa, len)) < 0 && errno != EINPROGRESS) {
        err = errno;
        close(fd);
        errno = err;
        return -1;
    }
    return fd;
}

/* The outcome of a connect() that goes on; not for longer than we are wanted. */
static bool wait_connected(int fd, const SocketSpec *spec, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *text = spec_text(spec);

    if (!qemu_wait_for_fd(fd, POLLOUT, errp)) {
        error_prepend(errp, "connecting to '%s': ", text);
        return false;
    }
    return socket_finish_connect(fd, spec, errp) && qemu_set_blocking(fd, true, errp);
}

static int connect_inet(const SocketSpec *spec, bool nonblocking, Error **errp)
{
    struct addrinfo *list = look_up(spec, SOCK_STREAM, false, errp);
    Error *err = NULL;
    int fd = -1;

    if (!list) {
        return -1;
    }
    for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
        g_clear_pointer(&err, error_free);
        fd = connect_address(a->ai_family, protocol(spec, a), a->ai_addr, a->ai_addrlen, true);
        if (fd < 0) {
            fail(-1, "connect to", spec, &err);
        } else if (!nonblocking && !wait_connected(fd, spec, &err)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    if (fd < 0) {
        error_propagate(errp, err);
    }
    return fd;
}

static int connect_vsock(const SocketSpec *spec, bool nonblocking, Error **errp)
{
    struct sockaddr_vm vm;
    int fd;

    if (!vsock_address(spec, &vm, errp)) {
        return -1;
    }
    fd = connect_address(AF_VSOCK, 0, (struct sockaddr *)&vm, sizeof(vm), nonblocking);
    return fd < 0 ? fail(-1, "connect to", spec, errp) : fd;
}

int socket_connect_stream(const SocketSpec *spec, bool nonblocking, Error **errp)
{
    struct sockaddr_un un;
    socklen_t len;
    int fd;

    if (spec->kind == SOCKET_INET) {
        return connect_inet(spec, nonblocking, errp);
    }
    if (spec->kind == SOCKET_FD) {
        return take_fd(spec, false, errp);
    }
    if (spec->kind == SOCKET_VSOCK) {
        return connect_vsock(spec, nonblocking, errp);
    }
    if (!unix_address(spec, &un, &len, errp)) {
        return -1;
    }
    fd = connect_address(AF_UNIX, 0, (struct sockaddr *)&un, len, nonblocking);
    return fd < 0 ? fail(-1, "connect to", spec, errp) : fd;
}

bool socket_finish_connect(int fd, const SocketSpec *spec, Error **errp)
{
    int err = 0;
    socklen_t len = sizeof(err);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0) {
        err = errno;
    }
    if (err) {
        errno = err;
        fail(-1, "connect to", spec, errp);
    }
    return !err;
}

/* ---- datagrams ---- */

int socket_datagram(const SocketSpec *remote, const SocketSpec *local, Error **errp)
{
    struct addrinfo *to = look_up(remote, SOCK_DGRAM, false, errp), *from = NULL;
    SocketSpec at = *local;
    int fd = -1, one = 1;

    if (!to) {
        return -1;
    }
    at.ipv4 = to->ai_family == AF_INET;
    at.ipv6 = !at.ipv4;
    from = look_up(&at, SOCK_DGRAM, true, errp);
    if (from) {
        fd = socket(to->ai_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, to->ai_protocol);
        if (fd >= 0) {
            setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
        }
        if (fd < 0 || bind(fd, from->ai_addr, from->ai_addrlen) < 0) {
            fd = fail(fd, "receive at", local, errp);
        } else if (connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
            fd = fail(fd, "send to", remote, errp);
        }
        freeaddrinfo(from);
    }
    freeaddrinfo(to);
    return fd;
}

/* ---- names ---- */

char *socket_describe(int fd, const SocketSpec *spec, bool peer)
{
    struct sockaddr_storage sa = {};
    socklen_t len = sizeof(sa);
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (spec->kind == SOCKET_VSOCK) {
        return spec_text(spec);
    }
    if ((peer ? getpeername(fd, (struct sockaddr *)&sa, &len)
              : getsockname(fd, (struct sockaddr *)&sa, &len)) < 0 ||
        (sa.ss_family != AF_INET && sa.ss_family != AF_INET6)) {
        return g_strdup_printf("unix:%s", spec->path ? spec->path : "");
    }
    if (getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV)) {
        return g_strdup("tcp:?");
    }
    return g_strdup_printf(sa.ss_family == AF_INET6 ? "tcp:[%s]:%s" : "tcp:%s:%s", host, port);
}
