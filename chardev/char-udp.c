/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UDP as character device: each write is a datagram, each datagram is input. */

#include "qemu/osdep.h"
#include <sys/socket.h>
#include "chardev/char-io.h"
#include "qemu/sockets.h"

OBJECT_DECLARE_SIMPLE_TYPE(UdpChardev, CHARDEV_UDP)

struct UdpChardev {
    Chardev parent;

    int fd;
    uint8_t buf[CHR_READ_BUF_LEN]; /* a datagram that the front end has not taken all of */
    int len, pos;
    int max_size;
};

static int udp_write(Chardev *chr, const uint8_t *buf, int len)
{
    ssize_t n = RETRY_ON_EINTR(send(CHARDEV_UDP(chr)->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL));

    /* Nobody there, or no room: datagrams may get lost. */
    return n < 0 && (errno == ECONNREFUSED || errno == EAGAIN) ? len : n;
}

static void deliver(UdpChardev *s)
{
    while (s->pos < s->len && s->max_size > 0) {
        int n = MIN(s->max_size, s->len - s->pos);
        qemu_chr_be_write(CHARDEV(s), s->buf + s->pos, n);
        s->pos += n;
        s->max_size = qemu_chr_be_can_write(CHARDEV(s));
    }
}

static int udp_can_read(void *opaque)
{
    UdpChardev *s = opaque;

    s->max_size = qemu_chr_be_can_write(CHARDEV(s));
    deliver(s);
    return s->max_size;
}

static gboolean udp_read(gint fd, GIOCondition cond, gpointer opaque)
{
    UdpChardev *s = opaque;
    ssize_t n;

    if (s->max_size <= 0) {
        return G_SOURCE_CONTINUE;
    }
    n = RETRY_ON_EINTR(recv(s->fd, s->buf, sizeof(s->buf), MSG_DONTWAIT));
    if (n > 0) {
        s->len = n;
        s->pos = 0;
        deliver(s);
    }
    return G_SOURCE_CONTINUE;
}

static void udp_update_read_handler(Chardev *chr)
{
    UdpChardev *s = CHARDEV_UDP(chr);

    char_io_remove_watch(chr);
    chr->gsource = char_io_add_watch_poll(chr, s->fd, udp_can_read, udp_read, s, chr->gcontext);
}

static int on_off(const QDict *opts, const char *name)
{
    return qdict_haskey(opts, name) ? qdict_get_try_bool(opts, name, false) : -1;
}

static bool udp_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    UdpChardev *s = CHARDEV_UDP(chr);
    const char *host = qdict_get_try_str(opts, "host"), *port = qdict_get_try_str(opts, "port");
    const char *localport = qdict_get_try_str(opts, "localport");
    SocketSpec remote = {
        .host = (char *)(host && *host ? host : "localhost"),
        .port = (char *)(port ? port : ""),
        .ipv4 = on_off(opts, "ipv4"),
        .ipv6 = on_off(opts, "ipv6"),
        .numeric = qdict_get_try_bool(opts, "numeric", false),
    };
    SocketSpec local = {
        .host = (char *)qdict_get_try_str(opts, "localaddr"),
        .port = (char *)(localport && *localport ? localport : "0"),
        .numeric = remote.numeric,
    };

    s->fd = socket_datagram(&remote, &local, errp);
    if (s->fd < 0) {
        return false;
    }
    chr->filename = g_strdup_printf("udp:%s:%s", remote.host, remote.port);
    return true;
}

static void udp_init(Object *obj)
{
    CHARDEV_UDP(obj)->fd = -1;
}

static void udp_finalize(Object *obj)
{
    char_io_remove_watch(CHARDEV(obj));
    if (CHARDEV_UDP(obj)->fd >= 0) {
        close(CHARDEV_UDP(obj)->fd);
    }
}

static const CharOption udp_options[] = {
    {"host", CHAR_OPT_STR},      {"port", CHAR_OPT_STR, true},
    {"localaddr", CHAR_OPT_STR}, {"localport", CHAR_OPT_STR},
    {"ipv4", CHAR_OPT_BOOL},     {"ipv6", CHAR_OPT_BOOL},
    {"numeric", CHAR_OPT_BOOL},  {NULL},
};

static void udp_class_init(ObjectClass *oc, const void *data)
{
    ChardevClass *cc = CHARDEV_CLASS(oc);

    cc->options = udp_options;
    cc->chr_open = udp_open;
    cc->chr_write = udp_write;
    cc->chr_update_read_handler = udp_update_read_handler;
}

static const TypeInfo udp_types[] = {
    {
        .name = TYPE_CHARDEV_UDP,
        .parent = TYPE_CHARDEV,
        .instance_size = sizeof(UdpChardev),
        .instance_init = udp_init,
        .instance_finalize = udp_finalize,
        .class_init = udp_class_init,
    },
};

DEFINE_TYPES(udp_types)
