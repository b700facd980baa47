/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a file that somebody named, which may be a pipe, a device, or far too large. */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/cutils.h"

#define FIRST_PIECE (64 * 1024)

static void too_large(const char *name, size_t max, Error **errp)
{
    g_autofree char *limit = size_to_str(max);

    error_setg(errp, "'%s' has more than the %s that are possible here", name, limit);
}

/*
 * Until end of file, which a pipe or a device such as /dev/zero only shows by being
 * read: never more than one byte beyond @max.
 */
static char *read_all(int fd, const char *name, size_t expected, size_t max, size_t *size,
                      Error **errp)
{
    size_t room = MIN(MAX(expected, (size_t)FIRST_PIECE), max) + 1, have = 0;
    g_autofree char *data = g_try_malloc(room);

    while (data) {
        ssize_t got = qemu_read_full(fd, data + have, room - have);
        char *larger;

        if (got < 0) {
            error_setg_errno(errp, errno, "cannot read '%s'", name);
            return NULL;
        }
        have += got;
        if (have > max) {
            too_large(name, max, errp);
            return NULL;
        }
        if (have < room) {
            data[have] = '\0';
            *size = have;
            return g_steal_pointer(&data);
        }
        room = MIN(room * 2, max + 1);
        larger = g_try_realloc(data, room);
        if (!larger) {
            break;
        }
        data = larger;
    }
    error_setg_errno(errp, ENOMEM, "cannot read '%s'", name);
    return NULL;
}

char *qemu_read_file(const char *name, size_t max, size_t *size, Error **errp)
{
    int fd = qemu_open(name, O_RDONLY, errp);
    struct stat st;
    char *data = NULL;

    if (fd < 0) {
        return NULL;
    }
    if (fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
        error_setg_errno(errp, S_ISDIR(st.st_mode) ? EISDIR : errno, "cannot read '%s'", name);
    } else if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max) {
        too_large(name, max, errp);
    } else {
        data = read_all(fd, name, S_ISREG(st.st_mode) ? st.st_size : 0, max, size, errp);
    }
    qemu_close(fd);
    return data;
}
