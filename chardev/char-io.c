/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File descriptors of back ends: a source that polls for input only while the
 * front end has room, and the chardev over a pair of descriptors.
 */

#include "qemu/osdep.h"
#include <glib-unix.h>
#include "chardev/char-io.h"

/* ---- the source ---- */

/*
 * Before each poll it takes the descriptor up, or leaves it out while nobody wants input: one whose
 * other end has closed would be ready all the time, whatever is polled for. A loop that runs within
 * read() leaves it out, too. GLib would do that for a source that must not be entered again, but
 * around each call, and signals itself each time, which costs a round of the loop.
 */
typedef struct IOWatchPoll {
    GSource parent;
    int fd;
    gpointer tag; /* of the descriptor, while it is polled */
    bool busy;    /* in read() */
    IOCanReadHandler *can_read;
    GUnixFDSourceFunc read;
    void *opaque;
} IOWatchPoll;

static gboolean watch_prepare(GSource *source, gint *timeout)
{
    IOWatchPoll *iwp = (IOWatchPoll *)source;
    bool wanted = !iwp->busy && iwp->can_read(iwp->opaque) > 0;

    if (wanted && !iwp->tag) {
        iwp->tag = g_source_add_unix_fd(source, iwp->fd, G_IO_IN | G_IO_ERR | G_IO_HUP | G_IO_NVAL);
    } else if (!wanted && iwp->tag) {
        g_source_remove_unix_fd(source, iwp->tag);
        iwp->tag = NULL;
    }
    *timeout = -1;
    return FALSE;
}

static gboolean watch_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
    IOWatchPoll *iwp = (IOWatchPoll *)source;
    GIOCondition cond = iwp->tag ? g_source_query_unix_fd(source, iwp->tag) : 0;
    gboolean keep = G_SOURCE_CONTINUE;

    if (cond && !iwp->busy) {
        iwp->busy = true;
        /* It may destroy the source, which GLib holds until we return. */
        keep = iwp->read(iwp->fd, cond, iwp->opaque);
        iwp->busy = false;
    }
    return keep;
}

static GSourceFuncs watch_funcs = {
    .prepare = watch_prepare,
    .dispatch = watch_dispatch,
};

GSource *char_io_add_watch_poll(Chardev *chr, int fd, IOCanReadHandler *can_read,
                                GUnixFDSourceFunc read, void *opaque, GMainContext *context)
{
    IOWatchPoll *iwp = (IOWatchPoll *)g_source_new(&watch_funcs, sizeof(IOWatchPoll));

    iwp->fd = fd;
    iwp->can_read = can_read;
    iwp->read = read;
    iwp->opaque = opaque;
    g_source_set_can_recurse(&iwp->parent, TRUE);
    g_source_attach(&iwp->parent, context);
    return &iwp->parent;
}

void char_io_remove_watch(Chardev *chr)
{
    if (chr->gsource) {
        g_source_destroy(chr->gsource);
        g_source_unref(chr->gsource);
        chr->gsource = NULL;
    }
}

int char_io_write(int fd, const uint8_t *buf, int len)
{
    return RETRY_ON_EINTR(write(fd, buf, len));
}

/* ---- chardev-fd ---- */

static gboolean fd_read(gint fd, GIOCondition cond, gpointer opaque)
{
    Chardev *chr = opaque;
    FDChardev *s = CHARDEV_FD(opaque);
    uint8_t buf[CHR_READ_BUF_LEN];
    int len = MIN((int)sizeof(buf), s->max_size);
    ssize_t ret;

    if (len <= 0) {
        return G_SOURCE_CONTINUE;
    }
    ret = RETRY_ON_EINTR(read(fd, buf, len));
    if (ret == 0 || (ret < 0 && errno != EAGAIN)) {
        /* End of input; output may go on. */
        char_io_remove_watch(chr);
        qemu_chr_be_event(chr, CHR_EVENT_CLOSED);
        return G_SOURCE_REMOVE;
    }
    if (ret > 0) {
        qemu_chr_be_write(chr, buf, ret);
    }
    return G_SOURCE_CONTINUE;
}

static int fd_can_read(void *opaque)
{
    FDChardev *s = CHARDEV_FD(opaque);

    s->max_size = qemu_chr_be_can_write(CHARDEV(opaque));
    return s->max_size;
}

static void fd_update_read_handler(Chardev *chr)
{
    FDChardev *s = CHARDEV_FD(chr);

    char_io_remove_watch(chr);
    if (s->fd_in >= 0) {
        chr->gsource =
            char_io_add_watch_poll(chr, s->fd_in, fd_can_read, fd_read, chr, chr->gcontext);
    }
}

static int fd_write(Chardev *chr, const uint8_t *buf, int len)
{
    FDChardev *s = CHARDEV_FD(chr);

    return s->fd_out < 0 ? len : char_io_write(s->fd_out, buf, len);
}

static GSource *fd_add_watch(Chardev *chr, GIOCondition cond)
{
    FDChardev *s = CHARDEV_FD(chr);

    return s->fd_out < 0 ? NULL : g_unix_fd_source_new(s->fd_out, cond);
}

bool qemu_chr_open_fd(Chardev *chr, int fd_in, int fd_out, Error **errp)
{
    FDChardev *s = CHARDEV_FD(chr);

    s->fd_in = fd_in;
    s->fd_out = fd_out;
    return (fd_in < 0 || qemu_set_blocking(fd_in, false, errp)) &&
           (fd_out < 0 || qemu_set_blocking(fd_out, false, errp));
}

static void fd_init(Object *obj)
{
    FDChardev *s = CHARDEV_FD(obj);

    s->fd_in = s->fd_out = -1;
}

static void fd_finalize(Object *obj)
{
    FDChardev *s = CHARDEV_FD(obj);

    char_io_remove_watch(CHARDEV(obj));
    if (s->fd_in > STDERR_FILENO) {
        close(s->fd_in);
    }
    if (s->fd_out > STDERR_FILENO && s->fd_out != s->fd_in) {
        close(s->fd_out);
    }
}

static void fd_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->chr_write = fd_write;
    cc->chr_add_watch = fd_add_watch;
    cc->chr_update_read_handler = fd_update_read_handler;
}

static const TypeInfo fd_types[] = {
    {
        .name = TYPE_CHARDEV_FD,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(FDChardev),
        .instance_init = fd_init,
        .instance_finalize = fd_finalize,
        .class_init = fd_class_init,
        .abstract = true,
    },
};

DEFINE_TYPES(fd_types)
