/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket character devices: the server, which has one client at a time. */

#include "qemu/osdep.h"
#include <sys/socket.h>
#include "char-socket.h"
#include "qemu/error-report.h"

/* Until the next try where the process or the host lacks something for a client. */
#define RETRY_ACCEPT_MS 1000

bool socket_listen(SocketChardev *s, Error **errp)
{
    s->listen_fd = socket_listen_stream(&s->spec, errp);
    if (s->listen_fd < 0) {
        return false;
    }
    if (s->spec.kind == SOCKET_UNIX && !s->spec.abstract) {
        char_path_keep(&s->file, s->spec.path);
    }
    return qemu_set_blocking(s->listen_fd, false, errp);
}

static gboolean retry_accept(gpointer opaque)
{
    socket_accept_clients(opaque);
    return G_SOURCE_REMOVE;
}

/* The client stays in the queue, and the descriptor readable: looking again at once would do
 * nothing but that. */
static void accept_failed(SocketChardev *s, int err)
{
    if (!s->accept_failed) {
        warn_report("chardev '%s': a client cannot be accepted for now: %s", CHARDEV(s)->label,
                    strerror(err));
        s->accept_failed = true;
    }
    socket_drop_source(&s->listen_source);
    s->listen_source = socket_call_later(s, RETRY_ACCEPT_MS, retry_accept, s);
}

static gboolean on_client(gint fd, GIOCondition cond, gpointer opaque)
{
    SocketChardev *s = opaque;
    int client = socket_accept(s->listen_fd);

    if (client >= 0) {
        s->accept_failed = false;
        socket_established(s, client);
    } else if (errno != EAGAIN && errno != ECONNABORTED) {
        accept_failed(s, errno);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean on_ready(gpointer opaque)
{
    SocketChardev *s = opaque;

    socket_drop_source(&s->listen_source);
    socket_take_ready(s);
    return G_SOURCE_REMOVE;
}

void socket_accept_clients(SocketChardev *s)
{
    socket_drop_source(&s->listen_source);
    if (s->fd >= 0 || s->listen_fd < 0) {
        return;
    }
    if (socket_has_ready(s)) {
        s->listen_source = socket_call_later(s, 0, on_ready, s);
    } else {
        s->listen_source = socket_watch_fd(s, s->listen_fd, G_IO_IN, on_client, s);
    }
}

/* ---- clients that somebody else accepted ---- */

typedef struct NewClient {
    SocketChardev *s;
    int fd;
    bool taken;
} NewClient;

static void add_client_in_context(void *opaque)
{
    NewClient *client = opaque;

    if (client->s->fd < 0) {
        client->taken = true;
        socket_established(client->s, client->fd);
    }
}

int socket_add_client(Chardev *chr, int fd)
{
    NewClient client = {CHARDEV_SOCKET(chr), fd};

    qemu_chr_call_in_context(chr->gcontext, add_client_in_context, &client);
    return client.taken ? 0 : -1;
}
