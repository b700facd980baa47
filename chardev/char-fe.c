/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Character devices as their users see them. */

#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "chardev/char-io.h"
#include "chardev/char-mux.h"
#include "qemu/lockable.h"

bool qemu_chr_fe_init(CharBackend *b, Chardev *s, Error **errp)
{
    ERRP_GUARD();
    unsigned tag = 0;

    if (s) {
        if (CHARDEV_IS_MUX(s)) {
            if (!mux_chr_attach_frontend(s, b, &tag, errp)) {
                return false;
            }
        } else if (s->be) {
            error_setg(errp, "chardev '%s' is in use already", s->label);
            error_append_hint(errp, "Only one with mux=on can have several users.\n");
            return false;
        } else {
            s->be = b;
        }
    }
    b->fe_is_open = false;
    b->tag = tag;
    b->chr = s;
    return true;
}

void qemu_chr_fe_deinit(CharBackend *b, bool del)
{
    Chardev *chr = b->chr;

    if (!chr) {
        return;
    }
    qemu_chr_fe_set_handlers(b, NULL, NULL, NULL, NULL, NULL, NULL, true);
    if (CHARDEV_IS_MUX(chr)) {
        mux_chr_detach_frontend(chr, b->tag);
    } else if (chr->be == b) {
        chr->be = NULL;
    }
    b->chr = NULL;
    if (del) {
        object_unparent(OBJECT(chr));
    }
}

Chardev *qemu_chr_fe_get_driver(CharBackend *be)
{
    return be->chr;
}

bool qemu_chr_fe_backend_connected(CharBackend *be)
{
    return be->chr != NULL;
}

bool qemu_chr_fe_backend_open(CharBackend *be)
{
    return be->chr && be->chr->be_open;
}

/* How a front end of a multiplexer comes to have the keyboard. */
typedef enum FocusWanted {
    FOCUS_TAKE,
    FOCUS_IF_FREE,
} FocusWanted;

static void set_handlers(CharBackend *b, IOCanReadHandler *fd_can_read, IOReadHandler *fd_read,
                         IOEventHandler *fd_event, BackendChangeHandler *be_change, void *opaque,
                         GMainContext *context, bool set_open, FocusWanted focus)
{
    Chardev *s = b->chr;
    bool active = fd_can_read || fd_read || fd_event || opaque;

    if (!s) {
        return;
    }
    b->chr_can_read = fd_can_read;
    b->chr_read = fd_read;
    b->chr_event = fd_event;
    b->chr_be_change = be_change;
    b->opaque = opaque;
    qemu_chr_be_update_read_handlers(s, context);
    if (set_open) {
        qemu_chr_fe_set_open(b, active);
    }
    if (active) {
        if (focus == FOCUS_TAKE || (CHARDEV_IS_MUX(s) && !mux_has_focus(s))) {
            qemu_chr_fe_take_focus(b);
        }
        /* It missed the event if the back end opened first. */
        if (s->be_open && fd_event && !CHARDEV_IS_MUX(s)) {
            qemu_chr_be_event(s, CHR_EVENT_OPENED);
        } else if (s->be_open && fd_event) {
            fd_event(opaque, CHR_EVENT_OPENED);
        }
    }
}

void qemu_chr_fe_set_handlers(CharBackend *b, IOCanReadHandler *fd_can_read, IOReadHandler *fd_read,
                              IOEventHandler *fd_event, BackendChangeHandler *be_change,
                              void *opaque, GMainContext *context, bool set_open)
{
    set_handlers(b, fd_can_read, fd_read, fd_event, be_change, opaque, context, set_open,
                 FOCUS_TAKE);
}

void qemu_chr_fe_set_handlers_behind(CharBackend *b, IOCanReadHandler *fd_can_read,
                                     IOReadHandler *fd_read, IOEventHandler *fd_event, void *opaque)
{
    set_handlers(b, fd_can_read, fd_read, fd_event, NULL, opaque, NULL, true, FOCUS_IF_FREE);
}

void qemu_chr_fe_take_focus(CharBackend *b)
{
    if (b->chr && CHARDEV_IS_MUX(b->chr)) {
        mux_set_focus(b->chr, b->tag);
    }
}

void qemu_chr_fe_accept_input(CharBackend *be)
{
    Chardev *s = be->chr;

    if (!s) {
        return;
    }
    if (CHARDEV_GET_CLASS(s)->chr_accept_input) {
        CHARDEV_GET_CLASS(s)->chr_accept_input(s);
    }
    /* The loop that polls it may be asleep, waiting for other things. */
    g_main_context_wakeup(s->gcontext);
}

void qemu_chr_fe_disconnect(CharBackend *be)
{
    if (be->chr && CHARDEV_GET_CLASS(be->chr)->chr_disconnect) {
        CHARDEV_GET_CLASS(be->chr)->chr_disconnect(be->chr);
    }
}

int qemu_chr_fe_wait_connected(CharBackend *be, Error **errp)
{
    if (!be->chr) {
        error_setg(errp, "missing associated chardev");
        return -1;
    }
    return qemu_chr_wait_connected(be->chr, errp);
}

void qemu_chr_fe_set_echo(CharBackend *be, bool echo)
{
    if (be->chr && CHARDEV_GET_CLASS(be->chr)->chr_set_echo) {
        CHARDEV_GET_CLASS(be->chr)->chr_set_echo(be->chr, echo);
    }
}

void qemu_chr_fe_set_open(CharBackend *be, bool is_open)
{
    Chardev *chr = be->chr;

    if (!chr || be->fe_is_open == is_open) {
        return;
    }
    be->fe_is_open = is_open;
    if (CHARDEV_GET_CLASS(chr)->chr_set_fe_open) {
        CHARDEV_GET_CLASS(chr)->chr_set_fe_open(chr, is_open);
    }
}

guint qemu_chr_fe_add_watch(CharBackend *be, GIOCondition cond, FEWatchFunc func, void *user_data)
{
    Chardev *s = be->chr;
    GSource *src;
    guint tag;

    if (!s || !CHARDEV_GET_CLASS(s)->chr_add_watch) {
        return 0;
    }
    /* Against a connection that its own thread closes. */
    WITH_QEMU_LOCK_GUARD(&s->chr_write_lock)
    {
        src = CHARDEV_GET_CLASS(s)->chr_add_watch(s, cond);
    }
    if (!src) {
        return 0;
    }
    g_source_set_callback(src, G_SOURCE_FUNC(func), user_data, NULL);
    tag = g_source_attach(src, s->gcontext);
    g_source_unref(src);
    return tag;
}

int qemu_chr_fe_write(CharBackend *be, const uint8_t *buf, int len)
{
    return be->chr ? qemu_chr_write(be->chr, buf, len, false) : len;
}

int qemu_chr_fe_write_all(CharBackend *be, const uint8_t *buf, int len)
{
    return be->chr ? qemu_chr_write(be->chr, buf, len, true) : len;
}

int qemu_chr_fe_read_all(CharBackend *be, uint8_t *buf, int len)
{
    Chardev *s = be->chr;
    int offset = 0;

    if (!s || !CHARDEV_GET_CLASS(s)->chr_sync_read) {
        return 0;
    }
    while (offset < len) {
        int res = CHARDEV_GET_CLASS(s)->chr_sync_read(s, buf + offset, len - offset);
        if (res == -1 && errno == EAGAIN) {
            g_usleep(100);
            continue;
        }
        if (res <= 0) {
            return res < 0 ? res : offset;
        }
        offset += res;
    }
    return offset;
}

void qemu_chr_fe_printf(CharBackend *be, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list ap;

    va_start(ap, fmt);
    text = g_strdup_vprintf(fmt, ap);
    va_end(ap);
    qemu_chr_fe_write_all(be, (uint8_t *)text, strlen(text));
}

int qemu_chr_fe_ioctl(CharBackend *be, int cmd, void *arg)
{
    Chardev *s = be->chr;

    return s && CHARDEV_GET_CLASS(s)->chr_ioctl ? CHARDEV_GET_CLASS(s)->chr_ioctl(s, cmd, arg)
                                                : -ENOTSUP;
}

int qemu_chr_fe_get_msgfds(CharBackend *be, int *fds, int num)
{
    Chardev *s = be->chr;

    if (!s || !CHARDEV_GET_CLASS(s)->chr_get_msgfds) {
        return -1;
    }
    QEMU_LOCK_GUARD(&s->chr_write_lock);
    return CHARDEV_GET_CLASS(s)->chr_get_msgfds(s, fds, num);
}

int qemu_chr_fe_get_msgfd(CharBackend *be)
{
    int fd;

    return qemu_chr_fe_get_msgfds(be, &fd, 1) == 1 ? fd : -1;
}

int qemu_chr_fe_set_msgfds(CharBackend *be, int *fds, int num)
{
    Chardev *s = be->chr;

    if (!s || !CHARDEV_GET_CLASS(s)->chr_set_msgfds) {
        return -1;
    }
    QEMU_LOCK_GUARD(&s->chr_write_lock);
    return CHARDEV_GET_CLASS(s)->chr_set_msgfds(s, fds, num);
}
