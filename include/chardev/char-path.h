/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that a back end makes for others to find it, and takes away at its end: a
 * socket, a link to a pseudo terminal. Start-up that fails ends the program with its
 * character devices in place; the files go then, too. Main thread.
 */
#ifndef CHARDEV_CHAR_PATH_H
#define CHARDEV_CHAR_PATH_H

#include "qemu/queue.h"

typedef struct CharPath {
    char *path; /* NULL: none */
    dev_t dev;
    ino_t ino;
    QLIST_ENTRY(CharPath) next;
} CharPath;

/* @p is empty, and stays where it is until char_path_remove(). @path exists. */
void char_path_keep(CharPath *p, const char *path);
/* Unless somebody has put another file there meanwhile. Nothing if @p is empty. */
void char_path_remove(CharPath *p);

#endif
