/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths: relative names, and where the program and its data are. */

#include "qemu/osdep.h"
#include "qemu/cutils.h"

static char *exec_dir;

int path_is_absolute(const char *path)
{
    return path[0] == '/';
}

/* Length of a "proto:" prefix with the colon, 0 without one. */
static size_t protocol_length(const char *path)
{
    size_t len = strcspn(path, ":/");

    return path[len] == ':' ? len + 1 : 0;
}

char *path_combine(const char *base_path, const char *filename)
{
    const char *slash;
    size_t keep;

    if (path_is_absolute(filename) || protocol_length(filename)) {
        return g_strdup(filename);
    }
    slash = strrchr(base_path, '/');
    keep = slash ? (size_t)(slash + 1 - base_path) : protocol_length(base_path);
    return g_strdup_printf("%.*s%s", (int)keep, base_path, filename);
}

void qemu_init_exec_dir(const char *argv0)
{
    g_autofree char *self = NULL;

    if (exec_dir) {
        return;
    }
    self = g_file_read_link("/proc/self/exe", NULL);
    exec_dir = g_path_get_dirname(self ? self : argv0);
}
