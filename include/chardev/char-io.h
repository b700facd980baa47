/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For back ends: file descriptors that are read only while the front end has room. */
#ifndef CHARDEV_CHAR_IO_H
#define CHARDEV_CHAR_IO_H

#include <glib-unix.h>
#include "chardev/char.h"

/* Watch @fd for input in @chr's context whenever @can_read says more than 0. */
GSource *char_io_add_watch_poll(Chardev *chr, int fd, IOCanReadHandler *can_read,
                                GUnixFDSourceFunc read, void *opaque, GMainContext *context);
void char_io_remove_watch(Chardev *chr);
/* write(2) of as much as goes without blocking; -1 with errno. */
int char_io_write(int fd, const uint8_t *buf, int len);

#define TYPE_CHARDEV_FD "chardev-fd"
OBJECT_DECLARE_SIMPLE_TYPE(FDChardev, CHARDEV_FD)
struct FDChardev {
    Chardev parent;
    int fd_in, fd_out; /* -1: none */
    int max_size;
};

/* Take over the descriptors of @chr, a chardev-fd; makes them non-blocking. */
bool qemu_chr_open_fd(Chardev *chr, int fd_in, int fd_out, Error **errp);

#endif
