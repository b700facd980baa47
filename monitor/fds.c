/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File descriptors that clients pass over their socket: kept under a name
 * (getfd), or in sets from which files named /dev/fdset/ID are opened (add-fd).
 * Files may be opened in any thread, so a lock of their own guards the sets.
 */

#include "qemu/osdep.h"
#include "monitor-internal.h"
#include "qapi/qapi-commands-misc.h"
#include "qemu/cutils.h"
#include "qemu/lockable.h"

typedef struct NamedFd {
    char *name;
    int fd;
    QLIST_ENTRY(NamedFd) next;
} NamedFd;

typedef struct SetMember {
    int fd;
    char *opaque;
    QLIST_ENTRY(SetMember) next;
} SetMember;

typedef struct FdDup {
    int fd;
    QLIST_ENTRY(FdDup) next;
} FdDup;

/* A set goes when it has neither members nor files that were opened from it. */
typedef struct FdSet {
    int64_t id;
    QLIST_HEAD(, SetMember) members;
    QLIST_HEAD(, FdDup) dups;
    QLIST_ENTRY(FdSet) next;
} FdSet;

static QemuMutex lock; /* guards the following two */
static QLIST_HEAD(, NamedFd) named_fds = QLIST_HEAD_INITIALIZER(named_fds);
static QLIST_HEAD(, FdSet) sets = QLIST_HEAD_INITIALIZER(sets); /* by id */

/* The descriptor that came with the request being carried out; -1 and @errp if none did. */
static int received_fd(Error **errp)
{
    Monitor *mon = monitor_cur();
    int fd = mon ? qemu_chr_fe_get_msgfd(&mon->chr) : -1;

    if (fd < 0) {
        error_setg(errp, "no file descriptor came with this command (SCM_RIGHTS)");
    }
    return fd;
}

/* ---- by name ---- */

static NamedFd *find_named(const char *name)
{
    NamedFd *e;

    QLIST_FOREACH (e, &named_fds, next) {
        if (!strcmp(e->name, name)) {
            return e;
        }
    }
    return NULL;
}

static int remove_named(NamedFd *e)
{
    int fd = e->fd;

    QLIST_REMOVE(e, next);
    g_free(e->name);
    g_free(e);
    return fd;
}

void qmp_getfd(const char *fdname, Error **errp)
{
    int fd = received_fd(errp);
    NamedFd *e;

    if (fd < 0) {
        return;
    }
    if (!*fdname || g_ascii_isdigit(fdname[0])) {
        error_setg(errp, "argument 'fdname': '%s' must not begin with a digit, nor be empty",
                   fdname);
        close(fd);
        return;
    }
    QEMU_LOCK_GUARD(&lock);
    e = find_named(fdname);
    if (e) {
        close(e->fd);
    } else {
        e = g_new0(NamedFd, 1);
        e->name = g_strdup(fdname);
        QLIST_INSERT_HEAD(&named_fds, e, next);
    }
    e->fd = fd;
}

void qmp_closefd(const char *fdname, Error **errp)
{
    NamedFd *e;

    QEMU_LOCK_GUARD(&lock);
    e = find_named(fdname);
    if (!e) {
        error_setg(errp, "there is no file descriptor '%s'", fdname);
        return;
    }
    close(remove_named(e));
}

/* The descriptor becomes the caller's. */
static int take_named(const char *name)
{
    NamedFd *e;

    QEMU_LOCK_GUARD(&lock);
    e = find_named(name);
    return e ? remove_named(e) : -1;
}

/* ---- sets ---- */

static FdSet *find_set(int64_t id)
{
    FdSet *set;

    QLIST_FOREACH (set, &sets, next) {
        if (set->id == id) {
            return set;
        }
    }
    return NULL;
}

/* @id -1: the lowest that is free. */
static FdSet *new_set(int64_t id)
{
    FdSet *set = g_new0(FdSet, 1), *before = NULL, *e;

    set->id = MAX(id, 0);
    QLIST_FOREACH (e, &sets, next) {
        if (id < 0 && e->id == set->id) {
            set->id++;
        } else if (e->id > set->id) {
            break;
        }
        before = e;
    }
    if (before) {
        QLIST_INSERT_AFTER(before, set, next);
    } else {
        QLIST_INSERT_HEAD(&sets, set, next);
    }
    return set;
}

static void remove_member(SetMember *member)
{
    QLIST_REMOVE(member, next);
    close(member->fd);
    g_free(member->opaque);
    g_free(member);
}

static void drop_if_unused(FdSet *set)
{
    if (QLIST_EMPTY(&set->members) && QLIST_EMPTY(&set->dups)) {
        QLIST_REMOVE(set, next);
        g_free(set);
    }
}

AddfdInfo *monitor_fdset_add_fd(int fd, bool has_id, int64_t id, const char *opaque, Error **errp)
{
    AddfdInfo *info;
    SetMember *member;
    FdSet *set;

    if (has_id && id < 0) {
        error_setg(errp, "argument 'fdset-id': %" PRId64 " must not be negative", id);
        return NULL;
    }
    QEMU_LOCK_GUARD(&lock);
    set = has_id ? find_set(id) : NULL;
    if (!set) {
        set = new_set(has_id ? id : -1);
    }
    member = g_new0(SetMember, 1);
    member->fd = fd;
    member->opaque = g_strdup(opaque);
    QLIST_INSERT_HEAD(&set->members, member, next);
    info = g_new0(AddfdInfo, 1);
    info->fdset_id = set->id;
    info->fd = fd;
    return info;
}

AddfdInfo *qmp_add_fd(bool has_fdset_id, int64_t fdset_id, const char *opaque, Error **errp)
{
    int fd = received_fd(errp);
    AddfdInfo *info =
        fd < 0 ? NULL : monitor_fdset_add_fd(fd, has_fdset_id, fdset_id, opaque, errp);

    if (fd >= 0 && !info) {
        close(fd);
    }
    return info;
}

void qmp_remove_fd(int64_t fdset_id, bool has_fd, int64_t fd, Error **errp)
{
    SetMember *member, *next;
    bool found = false;
    FdSet *set;

    QEMU_LOCK_GUARD(&lock);
    set = find_set(fdset_id);
    if (set) {
        QLIST_FOREACH_SAFE (member, &set->members, next, next) {
            if (!has_fd || member->fd == fd) {
                remove_member(member);
                found = true;
            }
        }
        drop_if_unused(set);
    }
    if (!found && has_fd) {
        error_setg(errp, "there is no file descriptor %" PRId64 " in a set %" PRId64, fd, fdset_id);
    } else if (!found) {
        error_setg(errp, "there is no set %" PRId64 " of file descriptors", fdset_id);
    }
}

FdsetInfoList *qmp_query_fdsets(Error **errp)
{
    FdsetInfoList *list = NULL, **tail = &list;
    SetMember *member;
    FdSet *set;

    QEMU_LOCK_GUARD(&lock);
    QLIST_FOREACH (set, &sets, next) {
        FdsetInfo *info = g_new0(FdsetInfo, 1);

        info->fdset_id = set->id;
        QLIST_FOREACH (member, &set->members, next) {
            FdsetFdInfo *fd = g_new0(FdsetFdInfo, 1);

            fd->fd = member->fd;
            fd->opaque = g_strdup(member->opaque);
            QAPI_LIST_PREPEND(info->fds, fd);
        }
        QAPI_LIST_APPEND(tail, info);
    }
    return list;
}

/* ---- opening /dev/fdset/ID ---- */

static int dup_member(FdSet *set, int flags)
{
    SetMember *member;
    FdDup *dup;
    int fd;

    QLIST_FOREACH (member, &set->members, next) {
        int mode = fcntl(member->fd, F_GETFL);

        if (mode >= 0 && (mode & O_ACCMODE) == (flags & O_ACCMODE)) {
            fd = qemu_dup_flags(member->fd, flags);
            if (fd >= 0) {
                dup = g_new0(FdDup, 1);
                dup->fd = fd;
                QLIST_INSERT_HEAD(&set->dups, dup, next);
            }
            return fd;
        }
    }
    errno = EACCES;
    return -1;
}

static int fdset_dup_add(int64_t fdset_id, int flags, Error **errp)
{
    FdSet *set;
    int fd, err;

    QEMU_LOCK_GUARD(&lock);
    set = find_set(fdset_id);
    if (!set) {
        error_setg(errp, "Could not open '/dev/fdset/%" PRId64 "': there is no such set", fdset_id);
        errno = ENOENT;
        return -1;
    }
    fd = dup_member(set, flags);
    if (fd < 0) {
        err = errno;
        error_setg_errno(errp, err,
                         "Could not open '/dev/fdset/%" PRId64
                         "': no descriptor of the set has this access",
                         fdset_id);
        errno = err;
    }
    return fd;
}

static void fdset_dup_remove(int dup_fd)
{
    FdSet *set;
    FdDup *dup;

    QEMU_LOCK_GUARD(&lock);
    QLIST_FOREACH (set, &sets, next) {
        QLIST_FOREACH (dup, &set->dups, next) {
            if (dup->fd == dup_fd) {
                QLIST_REMOVE(dup, next);
                g_free(dup);
                drop_if_unused(set);
                return;
            }
        }
    }
}

void monitor_fds_init(void)
{
    static const QemuFdsetHooks hooks = {
        .dup_add = fdset_dup_add,
        .dup_remove = fdset_dup_remove,
        .take_named = take_named,
    };

    qemu_mutex_init(&lock);
    qemu_set_fdset_hooks(&hooks);
}
