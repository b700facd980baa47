/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and named pipes as character devices. */

#include "qemu/osdep.h"
#include "chardev/char-io.h"

static bool file_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    const char *in = qdict_get_try_str(opts, "input-path");
    int flags = O_WRONLY | (qdict_get_try_bool(opts, "append", false) ? O_APPEND : O_TRUNC);
    int fd_in = -1, fd_out = qemu_create(qdict_get_str(opts, "path"), flags, 0666, errp);

    if (fd_out < 0) {
        return false;
    }
    if (in) {
        fd_in = qemu_open(in, O_RDONLY, errp);
        if (fd_in < 0) {
            close(fd_out);
            return false;
        }
    }
    return qemu_chr_open_fd(chr, fd_in, fd_out, errp);
}

/* PATH.in and PATH.out if they are there, else PATH for both directions. */
static bool pipe_open(Chardev *chr, const QDict *opts, bool *be_opened, Error **errp)
{
    const char *path = qdict_get_str(opts, "path");
    g_autofree char *name_in = g_strconcat(path, ".in", NULL);
    g_autofree char *name_out = g_strconcat(path, ".out", NULL);
    int fd_in = qemu_open(name_in, O_RDWR, NULL);
    int fd_out = qemu_open(name_out, O_RDWR, NULL);

    if (fd_in < 0 || fd_out < 0) {
        if (fd_in >= 0) {
            close(fd_in);
        }
        if (fd_out >= 0) {
            close(fd_out);
        }
        fd_in = fd_out = qemu_open(path, O_RDWR, errp);
        if (fd_in < 0) {
            return false;
        }
    }
    return qemu_chr_open_fd(chr, fd_in, fd_out, errp);
}

static const CharOption file_options[] = {
    {"path", CHAR_OPT_STR, true},
    {"input-path", CHAR_OPT_STR},
    {"append", CHAR_OPT_BOOL},
    {NULL},
};

static const CharOption pipe_options[] = {
    {"path", CHAR_OPT_STR, true},
    {NULL},
};

static void file_class_init(ObjectClass *oc, const void *data)
{
    CHARDEV_CLASS(oc)->options = file_options;
    CHARDEV_CLASS(oc)->chr_open = file_open;
}

static void pipe_class_init(ObjectClass *oc, const void *data)
{
    CHARDEV_CLASS(oc)->options = pipe_options;
    CHARDEV_CLASS(oc)->chr_open = pipe_open;
}

static const TypeInfo file_types[] = {
    {
        .name = TYPE_CHARDEV_FILE,
        .parent = TYPE_CHARDEV_FD,
        .class_init = file_class_init,
    },
    {
        .name = TYPE_CHARDEV_PIPE,
        .parent = TYPE_CHARDEV_FD,
        .class_init = pipe_class_init,
    },
};

DEFINE_TYPES(file_types)
