/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that back ends take away at their end. */

#include "qemu/osdep.h"
#include <sys/stat.h>
#include "chardev/char-path.h"

static QLIST_HEAD(, CharPath) kept = QLIST_HEAD_INITIALIZER(kept);
static pid_t owner; /* a forked child leaves the files */

static bool identity(const char *path, dev_t *dev, ino_t *ino)
{
    struct stat st;

    if (lstat(path, &st) < 0) {
        return false;
    }
    *dev = st.st_dev;
    *ino = st.st_ino;
    return true;
}

void char_path_remove(CharPath *p)
{
    dev_t dev;
    ino_t ino;

    if (!p->path) {
        return;
    }
    QLIST_REMOVE(p, next);
    if (identity(p->path, &dev, &ino) && dev == p->dev && ino == p->ino) {
        unlink(p->path);
    }
    g_clear_pointer(&p->path, g_free);
}

static void remove_all(void)
{
    while (getpid() == owner && !QLIST_EMPTY(&kept)) {
        char_path_remove(QLIST_FIRST(&kept));
    }
}

void char_path_keep(CharPath *p, const char *path)
{
    if (!owner) {
        atexit(remove_all);
    }
    owner = getpid();
    /* -daemonize changes the folder. */
    p->path = g_canonicalize_filename(path, NULL);
    identity(path, &p->dev, &p->ino);
    QLIST_INSERT_HEAD(&kept, p, next);
}
