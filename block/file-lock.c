/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Locks between processes that use an image. For each permission i there are two bytes of the
 * file: 100 + i is locked (shared) by who uses the permission, 200 + i by who does not let others
 * use it. So whoever wants permission i looks whether anybody has a lock on 200 + i, and whoever
 * does not share i whether anybody has one on 100 + i. These numbers are an agreement among
 * programs that use disk images, and must not change.
 *
 * Open file description locks (fcntl(2)): they belong to the descriptor, not the process.
 */
#include "qemu/osdep.h"
#include <sys/sysmacros.h>
#include "file-posix.h"
#include "qemu/cutils.h"

#define PERM_BYTE   100
#define SHARED_BYTE 200

#define FOR_EACH_PERM(i)                                                                           \
    for (int i = 0; i < 64 && (1ULL << i) <= BLK_PERM_ALL; i++)                                    \
        if ((1ULL << i) & BLK_PERM_ALL)

/* Does the open file behind /proc/PID/fdinfo/FD have an OFD lock on @inode? */
static bool fdinfo_has_lock(const char *path, const char *inode)
{
    g_autofree char *text = NULL;
    char *line, *rest;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return false;
    }
    rest = text;
    while ((line = qemu_strsep(&rest, "\n"))) {
        if (strstart(line, "lock:", NULL) && strstr(line, "OFDLCK") && strstr(line, inode)) {
            return true;
        }
    }
    return false;
}

/* "in use by process 123 (name)" that has @fd's file locked; NULL if it cannot be seen. */
static char *lock_holder(int fd)
{
    g_autofree char *inode = NULL;
    GDir *proc = g_dir_open("/proc", 0, NULL);
    const char *pid;
    struct stat st;
    char *found = NULL;

    if (!proc || fstat(fd, &st) < 0) {
        return NULL;
    }
    inode = g_strdup_printf("%02x:%02x:%" PRIu64 " ", major(st.st_dev), minor(st.st_dev),
                            (uint64_t)st.st_ino);
    while (!found && (pid = g_dir_read_name(proc))) {
        g_autofree char *dirname = g_strdup_printf("/proc/%s/fdinfo", pid);
        GDir *dir =
            g_ascii_isdigit(*pid) && atoi(pid) != getpid() ? g_dir_open(dirname, 0, NULL) : NULL;
        const char *name;

        while (dir && !found && (name = g_dir_read_name(dir))) {
            g_autofree char *path = g_strdup_printf("%s/%s", dirname, name);

            if (fdinfo_has_lock(path, inode)) {
                g_autofree char *comm_path = g_strdup_printf("/proc/%s/comm", pid);
                g_autofree char *comm = NULL;

                if (g_file_get_contents(comm_path, &comm, NULL, NULL)) {
                    g_strchomp(comm);
                }
                found = g_strdup_printf("in use by process %s (%s)", pid, comm ? comm : "?");
            }
        }
        if (dir) {
            g_dir_close(dir);
        }
    }
    g_dir_close(proc);
    return found;
}

/* The name that a user knows who has @bs by: a device's, else of the topmost node with one. */
static char *user_name(BlockDriverState *bs)
{
    char *name = NULL;

    while (bs) {
        BdrvChild *parent = QLIST_FIRST(&bs->parents);
        const char *device = bdrv_get_device_name(bs);

        if (*device || bs->node_name[0] != '#') {
            g_free(name);
            name = *device ? g_strdup_printf(" of device '%s'", device)
                           : g_strdup_printf(" of node '%s'", bs->node_name);
        }
        bs = parent && parent->klass->parent_is_bds ? parent->opaque : NULL;
    }
    return name;
}

/* "it is open..." for a node of this process, where that one is in the way; NULL: it is not. */
static char *own_holder(BlockDriverState *bs, uint64_t perm, bool shared)
{
    BlockDriverState *other = bdrv_find_other_user(bs);
    g_autofree char *name = other ? user_name(other) : NULL;

    if (!other || (shared ? !(other->cumulative_perm & perm) : other->cumulative_shared & perm)) {
        return NULL;
    }
    return g_strdup_printf("it is open in this process already, as '%s'%s", other->filename,
                           name ? name : "");
}

/* @own: who in this process is in the way; NULL: nobody is. */
static void conflict_error(const char *filename, const char *own, int fd, uint64_t perm,
                           bool shared, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *name = bdrv_perm_names(perm);
    g_autofree char *foreign = own ? NULL : lock_holder(fd);
    const char *holder = own ? own : foreign;

    error_setg(errp, "Failed to get %s\"%s\" lock on image '%s'%s%s", shared ? "shared " : "", name,
               filename, holder ? ": " : "", holder ? holder : "");
    if (!own) {
        error_append_hint(errp, "Is another process using the image [%s]?\n", filename);
    }
}

static void node_conflict_error(BlockDriverState *bs, int fd, uint64_t perm, bool shared,
                                Error **errp)
{
    g_autofree char *own = own_holder(bs, perm, shared);

    conflict_error(bs->filename, own, fd, perm, shared, errp);
}

/* Lock, or (with @release) unlock, the bytes so that @perm and the complement of @shared are. */
static int apply(RawPosix *s, int fd, uint64_t perm, uint64_t not_shared, bool release)
{
    FOR_EACH_PERM(i)
    {
        uint64_t bit = 1ULL << i;
        int ret = 0;

        if ((perm & bit) && !(s->locked_perm & bit)) {
            ret = qemu_lock_fd(fd, PERM_BYTE + i, 1, false);
            s->locked_perm |= ret ? 0 : bit;
        } else if (release && !(perm & bit) && (s->locked_perm & bit)) {
            ret = qemu_unlock_fd(fd, PERM_BYTE + i, 1);
            s->locked_perm &= ~bit;
        }
        if (ret < 0) {
            return ret;
        }
        if ((not_shared & bit) && !(s->locked_shared_perm & bit)) {
            ret = qemu_lock_fd(fd, SHARED_BYTE + i, 1, false);
            s->locked_shared_perm |= ret ? 0 : bit;
        } else if (release && !(not_shared & bit) && (s->locked_shared_perm & bit)) {
            ret = qemu_unlock_fd(fd, SHARED_BYTE + i, 1);
            s->locked_shared_perm &= ~bit;
        }
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

bool raw_lock_check(BlockDriverState *bs, int fd, uint64_t perm, uint64_t shared, Error **errp)
{
    RawPosix *s = bs->opaque;
    int ret;

    if (!s->use_lock || bs->force_share) {
        return true;
    }
    ret = apply(s, fd, perm, ~shared & BLK_PERM_ALL, false);
    if (ret == -ENOTSUP || ret == -EINVAL || ret == -ENOSYS || ret == -ENOLCK || ret == -EBADF) {
        /* A file system without locks. */
        s->use_lock = false;
        return true;
    }
    if (ret < 0) {
        error_setg_errno(errp, -ret, "Failed to lock image '%s'", bs->filename);
        return false;
    }
    FOR_EACH_PERM(i)
    {
        uint64_t bit = 1ULL << i;

        if ((perm & bit) && qemu_lock_fd_test(fd, SHARED_BYTE + i, 1, true) < 0) {
            node_conflict_error(bs, fd, bit, false, errp);
            return false;
        }
        if (!(shared & bit) && qemu_lock_fd_test(fd, PERM_BYTE + i, 1, true) < 0) {
            node_conflict_error(bs, fd, bit, true, errp);
            return false;
        }
    }
    return true;
}

bool raw_lock_check_create(const char *filename, int fd, Error **errp)
{
    FOR_EACH_PERM(i)
    {
        uint64_t bit = (BLK_PERM_WRITE | BLK_PERM_RESIZE) & (1ULL << i);

        if (bit && qemu_has_ofd_lock() &&
            qemu_lock_fd_test(fd, SHARED_BYTE + i, 1, true) == -EAGAIN) {
            conflict_error(filename, NULL, fd, bit, false, errp);
            return false;
        }
    }
    return true;
}

void raw_lock_commit(BlockDriverState *bs, int fd, uint64_t perm, uint64_t shared)
{
    RawPosix *s = bs->opaque;

    if (s->use_lock && !bs->force_share) {
        apply(s, fd, perm, ~shared & BLK_PERM_ALL, true);
    }
}
