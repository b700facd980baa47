/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A new pseudo terminal as character device. Nobody tells when a program opens
 * the other end: while it is closed the master reports a hang-up, so it is
 * looked at again after a while, and before output.
 */

#include "qemu/osdep.h"
#include <poll.h>
#include <pty.h>
#include <termios.h>
#include "chardev/char-io.h"
#include "chardev/char-path.h"
#include "qemu/error-report.h"

OBJECT_DECLARE_SIMPLE_TYPE(PtyChardev, CHARDEV_PTY)

struct PtyChardev {
    Chardev parent;

    int fd;
    CharPath link; /* to it, that users asked for */
    bool connected;
    int max_size;
    GSource *timer;
};

static void look(PtyChardev *s);

static gboolean on_timer(gpointer opaque)
{
    PtyChardev *s = opaque;

    g_source_unref(s->timer);
    s->timer = NULL;
    look(s);
    return G_SOURCE_REMOVE;
}

static void look_later(PtyChardev *s)
{
    if (!s->timer) {
        s->timer = g_timeout_source_new(1000);
        g_source_set_callback(s->timer, on_timer, s, NULL);
        g_source_attach(s->timer, CHARDEV(s)->gcontext);
    }
}

static int pty_can_read(void *opaque)
{
    PtyChardev *s = opaque;

    s->max_size = qemu_chr_be_can_write(CHARDEV(s));
    return s->max_size;
}

static void set_connected(PtyChardev *s, bool connected);

static gboolean pty_read(gint fd, GIOCondition cond, gpointer opaque)
{
    PtyChardev *s = opaque;
    uint8_t buf[CHR_READ_BUF_LEN];
    ssize_t n;

    if (s->max_size <= 0) {
        return G_SOURCE_CONTINUE;
    }
    n = RETRY_ON_EINTR(read(s->fd, buf, MIN((int)sizeof(buf), s->max_size)));
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        set_connected(s, false);
        return G_SOURCE_REMOVE;
    }
    if (n > 0) {
        qemu_chr_be_write(CHARDEV(s), buf, n);
    }
    return G_SOURCE_CONTINUE;
}

static void set_connected(PtyChardev *s, bool connected)
{
    Chardev *chr = CHARDEV(s);
    bool was = s->connected;

    s->connected = connected;
    if (!connected) {
        char_io_remove_watch(chr);
        look_later(s);
    } else if (!chr->gsource) {
        chr->gsource = char_io_add_watch_poll(chr, s->fd, pty_can_read, pty_read, s, chr->gcontext);
    }
    if (connected != was) {
        qemu_chr_be_event(chr, connected ? CHR_EVENT_OPENED : CHR_EVENT_CLOSED);
    }
}

static bool hung_up(PtyChardev *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLOUT};

    return RETRY_ON_EINTR(poll(&p, 1, 0)) > 0 && (p.revents & POLLHUP);
}

static void look(PtyChardev *s)
{
    set_connected(s, !hung_up(s));
}

static int pty_write(Chardev *chr, const uint8_t *buf, int len)
{
    PtyChardev *s = CHARDEV_PTY(chr);

    /* Only the loop changes the state; here output just goes or is lost. */
    return hung_up(s) ? len : char_io_write(s->fd, buf, len);
}

static GSource *pty_add_watch(Chardev *chr, GIOCondition cond)
{
    PtyChardev *s = CHARDEV_PTY(chr);

    return s->connected ? g_unix_fd_source_new(s->fd, cond) : NULL;
}

static void pty_update_read_handler(Chardev *chr)
{
    PtyChardev *s = CHARDEV_PTY(chr);

    char_io_remove_watch(chr);
    if (s->timer) {
        g_source_destroy(s->timer);
        g_source_unref(s->timer);
        s->timer = NULL;
    }
    look(s);
}

static bool make_link(PtyChardev *s, const char *path, const char *name, Error **errp)
{
    if (symlink(name, path) < 0) {
        error_setg_errno(errp, errno, "path='%s': cannot make a link to %s", path, name);
        return false;
    }
    char_path_keep(&s->link, path);
    return true;
}

static bool pty_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    PtyChardev *s = CHARDEV_PTY(chr);
    const char *path = qdict_get_try_str(opts, "path");
    struct termios tty;
    char name[PATH_MAX];
    int slave;

    *be_opened = false;
    if (openpty(&s->fd, &slave, name, NULL, NULL) < 0) {
        s->fd = -1;
        error_setg_errno(errp, errno, "cannot make a pseudo terminal");
        return false;
    }
    tcgetattr(slave, &tty);
    cfmakeraw(&tty);
    tcsetattr(slave, TCSANOW, &tty);
    close(slave);
    qemu_set_cloexec(s->fd);
    if (!qemu_set_blocking(s->fd, false, errp) || (path && !make_link(s, path, name, errp))) {
        return false;
    }
    chr->filename = g_strdup_printf("pty:%s", name);
    /* To where tools look for it. */
    fprintf(stderr, "char device redirected to %s (label %s)\n", name, chr->label);
    look_later(s);
    return true;
}

static void pty_init(Object *obj)
{
    CHARDEV_PTY(obj)->fd = -1;
}

static void pty_finalize(Object *obj)
{
    PtyChardev *s = CHARDEV_PTY(obj);

    char_io_remove_watch(CHARDEV(obj));
    if (s->timer) {
        g_source_destroy(s->timer);
        g_source_unref(s->timer);
    }
    if (s->fd >= 0) {
        close(s->fd);
    }
    char_path_remove(&s->link);
}

static const CharOption pty_options[] = {
    {"path", CHAR_OPT_STR},
    {NULL},
};

static void pty_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = pty_options;
    cc->stall_ms = 100;
    cc->chr_open = pty_open;
    cc->chr_write = pty_write;
    cc->chr_add_watch = pty_add_watch;
    cc->chr_update_read_handler = pty_update_read_handler;
}

static const TypeInfo pty_types[] = {
    {
        .name = TYPE_CHARDEV_PTY,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(PtyChardev),
        .instance_init = pty_init,
        .instance_finalize = pty_finalize,
        .class_init = pty_class_init,
    },
};

DEFINE_TYPES(pty_types)
