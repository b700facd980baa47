/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a saved state goes to or comes from. */

#include "qemu/osdep.h"
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <glib-unix.h>
#include "migration/options.h"
#include "qapi/yank.h"
#include "qemu/coroutine.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/lockable.h"
#include "qemu/main-loop.h"
#include "qemu/sockets.h"
#include "qemu/thread.h"
#include "qemu/timer.h"
#include "channel.h"

struct StateChannel {
    int fd;
    QemuMutex fd_lock; /* for closing it */
    int cancel_fd;     /* readable: give up */
    GPid child;        /* of exec:, 0 otherwise */
    char *command;
    char *written_path; /* of a file that was not there before */
    /* The writer's: bytes that were written ahead of max-bandwidth, as of when. */
    double ahead;
    int64_t ahead_ns;
};

/* How long a writer waits before it looks at max-bandwidth again. */
#define PACE_SLICE_MS 100

static const char accepted[] = "file:PATH[,offset=N], unix:PATH, exec:COMMAND, fd:N";

/* Only a socket has a peer that could keep us waiting for ever and can be told that it is over. */
static void yank_channel(void *opaque)
{
    StateChannel *ch = opaque;

    QEMU_LOCK_GUARD(&ch->fd_lock);
    if (ch->fd >= 0) {
        shutdown(ch->fd, SHUT_RDWR);
    }
}

static StateChannel *channel_new(int fd)
{
    StateChannel *ch = g_new0(StateChannel, 1);

    g_unix_set_fd_nonblocking(fd, true, NULL);
    ch->fd = fd;
    ch->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    qemu_mutex_init(&ch->fd_lock);
    yank_register_function(YANK_INSTANCE_TYPE_MIGRATION, NULL, yank_channel, ch);
    return ch;
}

/* ---- the stream ---- */

static bool is_cancelled(StateChannel *ch)
{
    struct pollfd poll_fd = {.fd = ch->cancel_fd, .events = POLLIN};

    return poll(&poll_fd, 1, 0) > 0;
}

static void wait_writable(StateChannel *ch)
{
    struct pollfd fds[] = {{.fd = ch->fd, .events = POLLOUT},
                           {.fd = ch->cancel_fd, .events = POLLIN}};

    poll(fds, ARRAY_SIZE(fds), -1);
}

/* Waits until max-bandwidth, which may change meanwhile, has room for more. */
static void keep_pace(StateChannel *ch, size_t size)
{
    for (;;) {
        struct pollfd poll_fd = {.fd = ch->cancel_fd, .events = POLLIN};
        int64_t now = qemu_clock_get_ns(QEMU_CLOCK_REALTIME);
        double rate = migrate_max_bandwidth();

        ch->ahead = rate ? ch->ahead - rate * (now - ch->ahead_ns) / 1e9 : 0;
        ch->ahead_ns = now;
        if (ch->ahead <= 0) {
            break;
        }
        if (poll(&poll_fd, 1, MIN(ch->ahead / rate * 1000 + 1, PACE_SLICE_MS)) > 0) {
            return;
        }
    }
    ch->ahead = size;
}

static int channel_write(void *opaque, const uint8_t *buf, size_t size)
{
    StateChannel *ch = opaque;

    keep_pace(ch, size);
    while (size) {
        ssize_t done;

        if (is_cancelled(ch)) {
            return -ECANCELED;
        }
        done = write(ch->fd, buf, size);
        if (done < 0 && errno == EAGAIN) {
            wait_writable(ch);
        } else if (done < 0 && errno != EINTR) {
            return -errno;
        } else if (done > 0) {
            buf += done;
            size -= done;
        }
    }
    return 0;
}

static ssize_t channel_read(void *opaque, uint8_t *buf, size_t size)
{
    StateChannel *ch = opaque;

    for (;;) {
        ssize_t done = RETRY_ON_EINTR(read(ch->fd, buf, size));

        if (done >= 0) {
            return done;
        }
        if (errno != EAGAIN || !qemu_in_coroutine()) {
            return -errno;
        }
        yield_until_fd_readable(ch->fd);
    }
}

static int channel_close(void *opaque)
{
    StateChannel *ch = opaque;
    int ret;

    QEMU_LOCK_GUARD(&ch->fd_lock);
    ret = close(ch->fd) < 0 ? -errno : 0; /* a full disk may show only now */
    ch->fd = -1;
    return ret;
}

static const QEMUFileOps writer_ops = {.write = channel_write, .close = channel_close};
static const QEMUFileOps reader_ops = {.read = channel_read, .close = channel_close};

QEMUFile *migration_channel_file(StateChannel *ch, bool is_writable)
{
    return qemu_file_new(is_writable ? &writer_ops : &reader_ops, ch, is_writable);
}

void migration_channel_cancel(StateChannel *ch)
{
    eventfd_write(ch->cancel_fd, 1);
}

/* ---- the end ---- */

static bool wait_for_child(StateChannel *ch, Error **errp)
{
    int status = 0;

    if (RETRY_ON_EINTR(waitpid(ch->child, &status, 0)) < 0 || status == 0) {
        return true;
    }
    if (WIFSIGNALED(status)) {
        error_setg(errp, "command '%s' was ended by signal %d", ch->command, WTERMSIG(status));
    } else {
        error_setg(errp, "command '%s' ended with status %d", ch->command, WEXITSTATUS(status));
    }
    return false;
}

bool migration_channel_finish(StateChannel *ch, bool failed, Error **errp)
{
    bool ok = true;

    yank_unregister_function(yank_channel, ch);
    yank_unregister_instance(YANK_INSTANCE_TYPE_MIGRATION, NULL);
    if (ch->fd >= 0) {
        close(ch->fd);
    }
    if (ch->child) {
        if (failed) {
            kill(ch->child, SIGTERM);
        }
        ok = wait_for_child(ch, errp);
    }
    if (failed && ch->written_path) {
        unlink(ch->written_path);
    }
    close(ch->cancel_fd);
    qemu_mutex_destroy(&ch->fd_lock);
    g_free(ch->written_path);
    g_free(ch->command);
    g_free(ch);
    return ok;
}

/* ---- file: ---- */

/* "PATH[,offset=N]"; the path up to the last ",offset=". */
static char *split_offset(const char *text, uint64_t *offset, Error **errp)
{
    const char *option = g_strrstr(text, ",offset=");
    int ret;

    *offset = 0;
    if (!option) {
        return g_strdup(text);
    }
    ret = qemu_strtosz(option + strlen(",offset="), NULL, offset);
    if (ret < 0 || *offset > INT64_MAX) {
        error_setg(errp, "offset '%s' is not a size in bytes", option + strlen(",offset="));
        return NULL;
    }
    return g_strndup(text, option - text);
}

static StateChannel *open_file(const char *text, bool outgoing, Error **errp)
{
    uint64_t offset;
    g_autofree char *path = split_offset(text, &offset, errp);
    StateChannel *ch;
    struct stat st;
    bool is_new;
    int fd;

    if (!path) {
        return NULL;
    }
    is_new = outgoing && stat(path, &st) < 0;
    fd = open(path, (outgoing ? O_WRONLY | O_CREAT : O_RDONLY) | O_CLOEXEC, 0660);
    if (fd < 0) {
        error_setg_errno(errp, errno, "cannot open '%s'", path);
        return NULL;
    }
    /* What is before the offset belongs to someone else; what was behind it is old. */
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        (lseek(fd, offset, SEEK_SET) < 0 || (outgoing && ftruncate(fd, offset) < 0))) {
        error_setg_errno(errp, errno, "cannot use '%s' from offset %" PRIu64, path, offset);
        close(fd);
        return NULL;
    }
    ch = channel_new(fd);
    ch->written_path = is_new ? g_steal_pointer(&path) : NULL;
    return ch;
}

/* ---- exec: ---- */

static StateChannel *open_command(const char *command, bool outgoing, Error **errp)
{
    char *argv[] = {(char *)"/bin/sh", (char *)"-c", (char *)command, NULL};
    g_autoptr(GError) gerr = NULL;
    StateChannel *ch;
    GPid child;
    int fd;

    if (!g_spawn_async_with_pipes(
            NULL, argv, NULL,
            G_SPAWN_DO_NOT_REAP_CHILD | (outgoing ? 0 : G_SPAWN_CHILD_INHERITS_STDIN), NULL, NULL,
            &child, outgoing ? &fd : NULL, outgoing ? NULL : &fd, NULL, &gerr)) {
        error_setg(errp, "cannot run '%s': %s", command, gerr->message);
        return NULL;
    }
    ch = channel_new(fd);
    ch->child = child;
    ch->command = g_strdup(command);
    return ch;
}

/* ---- fd: ---- */

static StateChannel *open_descriptor(const char *text, bool outgoing, Error **errp)
{
    int fd = qemu_fd_param(text, errp);
    int mode;

    if (fd < 0) {
        return NULL;
    }
    mode = fcntl(fd, F_GETFL) & O_ACCMODE;
    if (mode == (outgoing ? O_RDONLY : O_WRONLY)) {
        error_setg(errp, "file descriptor %d is not open for %s", fd,
                   outgoing ? "writing" : "reading");
        return NULL;
    }
    return channel_new(fd);
}

/* ---- unix: ---- */

static StateChannel *connect_unix(const char *path, Error **errp)
{
    SocketSpec spec = {.kind = SOCKET_UNIX, .path = (char *)path};
    int fd = socket_connect_stream(&spec, false, errp);

    return fd < 0 ? NULL : channel_new(fd);
}

static struct {
    int fd;
    char *path;
    StateChannelReady *ready;
    QEMUTimer *retry; /* after an accept() that failed; NULL: none did */
} listener = {.fd = -1};

/* Until the next try where the process or the host lacks something for the connection. */
#define RETRY_ACCEPT_MS 1000

static void close_listener(void)
{
    qemu_set_fd_handler(listener.fd, NULL, NULL, NULL);
    g_clear_pointer(&listener.retry, timer_free);
    close(listener.fd);
    unlink(listener.path);
    listener.fd = -1;
    g_clear_pointer(&listener.path, g_free);
}

void migration_channel_stop_listening(void)
{
    if (listener.fd >= 0) {
        close_listener();
        yank_unregister_instance(YANK_INSTANCE_TYPE_MIGRATION, NULL);
    }
}

static void on_connection(void *opaque);

static void retry_accept(void *opaque)
{
    qemu_set_fd_handler(listener.fd, on_connection, NULL, NULL);
}

/* The descriptor stays readable: looking again at once would do nothing but that. */
static void accept_failed(int err)
{
    if (!listener.retry) {
        warn_report("unix:%s: the connection cannot be accepted for now: %s", listener.path,
                    strerror(err));
        listener.retry = timer_new_ms(QEMU_CLOCK_REALTIME, retry_accept, NULL);
    }
    qemu_set_fd_handler(listener.fd, NULL, NULL, NULL);
    timer_mod(listener.retry, qemu_clock_get_ms(QEMU_CLOCK_REALTIME) + RETRY_ACCEPT_MS);
}

static void on_connection(void *opaque)
{
    int fd = RETRY_ON_EINTR(accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC));

    if (fd >= 0) {
        close_listener();
        listener.ready(channel_new(fd));
    } else if (errno != EAGAIN && errno != ECONNABORTED) {
        accept_failed(errno);
    }
}

static bool listen_unix(const char *path, StateChannelReady *ready, Error **errp)
{
    SocketSpec spec = {.kind = SOCKET_UNIX, .path = (char *)path};
    int fd = socket_listen_stream(&spec, errp);

    if (fd < 0) {
        return false;
    }
    qemu_set_blocking(fd, false, &error_abort); /* it is a socket of our own */
    listener.fd = fd;
    listener.path = g_strdup(path);
    listener.ready = ready;
    qemu_set_fd_handler(fd, on_connection, NULL, NULL);
    return true;
}

/* ---- any ---- */

static StateChannel *open_channel(const char *uri, bool outgoing, Error **errp)
{
    const char *rest;

    if (strstart(uri, "file:", &rest)) {
        return open_file(rest, outgoing, errp);
    }
    if (strstart(uri, "exec:", &rest)) {
        return open_command(rest, outgoing, errp);
    }
    if (strstart(uri, "fd:", &rest)) {
        return open_descriptor(rest, outgoing, errp);
    }
    error_setg(errp, "no such kind of channel; accepted: %s%s", accepted,
               outgoing ? "" : ", defer");
    return NULL;
}

StateChannel *migration_channel_open_outgoing(const char *uri, Error **errp)
{
    ERRP_GUARD();
    const char *path;
    StateChannel *ch;

    if (!yank_register_instance(YANK_INSTANCE_TYPE_MIGRATION, NULL, errp)) {
        return NULL;
    }
    ch = strstart(uri, "unix:", &path) ? connect_unix(path, errp) : open_channel(uri, true, errp);
    if (!ch) {
        yank_unregister_instance(YANK_INSTANCE_TYPE_MIGRATION, NULL);
        error_prepend(errp, "%s: ", uri);
    }
    return ch;
}

bool migration_channel_open_incoming(const char *uri, StateChannelReady *ready, Error **errp)
{
    ERRP_GUARD();
    const char *path;
    StateChannel *ch;

    if (!yank_register_instance(YANK_INSTANCE_TYPE_MIGRATION, NULL, errp)) {
        return false;
    }
    if (strstart(uri, "unix:", &path)) {
        if (listen_unix(path, ready, errp)) {
            return true;
        }
    } else {
        ch = open_channel(uri, false, errp);
        if (ch) {
            ready(ch);
            return true;
        }
    }
    yank_unregister_instance(YANK_INSTANCE_TYPE_MIGRATION, NULL);
    error_prepend(errp, "%s: ", uri);
    return false;
}
