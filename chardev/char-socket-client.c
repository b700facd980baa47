/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Socket character devices: the client, and how it connects again. */

#include "qemu/osdep.h"
#include "char-socket.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"

static void set_connect_fd(SocketChardev *s, int fd)
{
    QEMU_LOCK_GUARD(&CHARDEV(s)->chr_write_lock);

    s->connect_fd = fd;
}

static gboolean reconnect_timeout(gpointer opaque)
{
    SocketChardev *s = opaque;

    socket_drop_source(&s->reconnect_source);
    socket_start_connecting(s);
    return G_SOURCE_REMOVE;
}

static void wait_to_reconnect(SocketChardev *s)
{
    socket_drop_source(&s->reconnect_source);
    s->reconnect_source = socket_call_later(s, s->reconnect_ms, reconnect_timeout, s);
}

void socket_connect_later(SocketChardev *s, Error *err)
{
    if (!s->reported) {
        error_reportf_err(err, "chardev '%s': ", CHARDEV(s)->label);
        s->reported = true;
    } else {
        error_free(err);
    }
    wait_to_reconnect(s);
}

static gboolean on_connect(gint watched, GIOCondition cond, gpointer opaque)
{
    SocketChardev *s = opaque;
    Error *err = NULL;
    int fd = s->connect_fd;

    socket_drop_source(&s->connect_source);
    set_connect_fd(s, -1);
    if (socket_finish_connect(fd, &s->spec, &err)) {
        socket_established(s, fd);
    } else {
        close(fd);
        socket_connect_later(s, err);
    }
    return G_SOURCE_REMOVE;
}

void socket_watch_connecting(SocketChardev *s)
{
    if (s->connect_fd >= 0) {
        socket_drop_source(&s->connect_source);
        s->connect_source =
            socket_watch_fd(s, s->connect_fd, G_IO_OUT | G_IO_ERR | G_IO_HUP, on_connect, s);
    }
    if (s->reconnect_source) {
        wait_to_reconnect(s);
    }
}

void socket_start_connecting(SocketChardev *s)
{
    Error *err = NULL;
    int fd = socket_connect_stream(&s->spec, true, &err);

    if (fd < 0) {
        socket_connect_later(s, err);
    } else {
        set_connect_fd(s, fd);
        socket_watch_connecting(s);
    }
}

void socket_stop_connecting(SocketChardev *s)
{
    socket_drop_source(&s->reconnect_source);
    socket_drop_source(&s->connect_source);
    if (s->connect_fd >= 0) {
        int fd = s->connect_fd;

        set_connect_fd(s, -1);
        close(fd);
    }
}
