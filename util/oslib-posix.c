/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files, processes and pages of the host. */

#include "qemu/osdep.h"
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include <glib-unix.h>

static const QemuFdsetHooks *fdset_hooks;

size_t qemu_real_host_page_size(void)
{
    static size_t size;

    if (!size) {
        size = getpagesize();
    }
    return size;
}

void qemu_set_fdset_hooks(const QemuFdsetHooks *hooks)
{
    fdset_hooks = hooks;
}

/* Id of "/dev/fdset/N"; -1 if @name is another path or the number is bad. */
static int64_t fdset_id(const char *name)
{
    const char *number;
    int64_t id;

    if (!strstart(name, "/dev/fdset/", &number) || qemu_strtoi64(number, NULL, 10, &id) || id < 0) {
        return -1;
    }
    return id;
}

int qemu_fd_param(const char *text, Error **errp)
{
    int fd;

    if (g_ascii_isdigit(text[0])) {
        if (qemu_strtoi(text, NULL, 10, &fd) < 0) {
            error_setg(errp, "'%s' is not the number of a file descriptor", text);
            return -1;
        }
    } else {
        fd = fdset_hooks && fdset_hooks->take_named ? fdset_hooks->take_named(text) : -1;
        if (fd < 0) {
            error_setg(errp,
                       "'%s' is not the number of a file descriptor, nor a name given with getfd",
                       text);
            return -1;
        }
    }
    if (fcntl(fd, F_GETFL) < 0) {
        error_setg_errno(errp, errno, "file descriptor %d", fd);
        return -1;
    }
    return fd;
}

static int open_path(const char *name, int flags, mode_t mode, Error **errp)
{
    ERRP_GUARD();
    int fd;

    if (strstart(name, "/dev/fdset/", NULL)) {
        int64_t id = fdset_id(name);
        if (id < 0 || !fdset_hooks) {
            error_setg(errp, "Could not open '%s': there is no such file descriptor set", name);
            errno = EINVAL;
            return -1;
        }
        return fdset_hooks->dup_add(id, flags, errp);
    }
    fd = RETRY_ON_EINTR(open(name, flags | O_CLOEXEC, mode));
    if (fd < 0) {
        int err = errno;
        if (flags & O_CREAT) {
            error_setg_errno(errp, err, "Could not create '%s'", name);
        } else {
            error_setg_file_open(errp, err, name);
        }
        if (err == EINVAL && (flags & O_DIRECT)) {
            error_append_hint(errp, "The file system may not support O_DIRECT (cache=none).\n");
        }
        errno = err;
    }
    return fd;
}

int qemu_open_old(const char *name, int flags, ...)
{
    mode_t mode = 0;

    if (flags & O_CREAT) {
        va_list ap;
        va_start(ap, flags);
        mode = va_arg(ap, int);
        va_end(ap);
    }
    return open_path(name, flags, mode, NULL);
}

int qemu_open(const char *name, int flags, Error **errp)
{
    return open_path(name, flags & ~O_CREAT, 0, errp);
}

int qemu_create(const char *name, int flags, mode_t mode, Error **errp)
{
    return open_path(name, flags | O_CREAT, mode, errp);
}

int qemu_close(int fd)
{
    if (fdset_hooks) {
        fdset_hooks->dup_remove(fd);
    }
    return close(fd);
}

int qemu_dup_flags(int fd, int flags)
{
    int ret = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (ret >= 0 && flags && fcntl(ret, F_SETFL, flags) < 0) {
        int err = errno;
        close(ret);
        errno = err;
        return -1;
    }
    return ret;
}

static int lock_op(int fd, int cmd, short type, int64_t start, int64_t len, struct flock *fl)
{
    *fl = (struct flock){.l_whence = SEEK_SET, .l_start = start, .l_len = len, .l_type = type};
    return RETRY_ON_EINTR(fcntl(fd, cmd, fl)) < 0 ? -errno : 0;
}

int qemu_lock_fd(int fd, int64_t start, int64_t len, bool exclusive)
{
    struct flock fl;

    return lock_op(fd, F_OFD_SETLK, exclusive ? F_WRLCK : F_RDLCK, start, len, &fl);
}

int qemu_unlock_fd(int fd, int64_t start, int64_t len)
{
    struct flock fl;

    return lock_op(fd, F_OFD_SETLK, F_UNLCK, start, len, &fl);
}

int qemu_lock_fd_test(int fd, int64_t start, int64_t len, bool exclusive)
{
    struct flock fl;
    int ret = lock_op(fd, F_OFD_GETLK, exclusive ? F_WRLCK : F_RDLCK, start, len, &fl);

    return ret ? ret : fl.l_type == F_UNLCK ? 0 : -EAGAIN;
}

bool qemu_has_ofd_lock(void)
{
    return true; /* Linux 3.15 and later, older than any host we build on */
}

ssize_t qemu_write_full(int fd, const void *buf, size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t ret = RETRY_ON_EINTR(write(fd, (const char *)buf + done, count - done));
        if (ret < 0) {
            break;
        }
        done += ret;
    }
    return done;
}

ssize_t qemu_read_full(int fd, void *buf, size_t count)
{
    size_t done = 0;

    while (done < count) {
        ssize_t ret = RETRY_ON_EINTR(read(fd, (char *)buf + done, count - done));
        if (ret < 0) {
            return -1;
        }
        if (ret == 0) {
            break;
        }
        done += ret;
    }
    return done;
}

void qemu_set_cloexec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags >= 0) {
        fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
    }
}

int qemu_pipe(int pipefd[2])
{
    return pipe2(pipefd, O_CLOEXEC);
}

bool qemu_set_blocking(int fd, bool block, Error **errp)
{
    g_autoptr(GError) gerr = NULL;

    if (!g_unix_set_fd_nonblocking(fd, !block, &gerr)) {
        error_setg(errp, "file descriptor %d: %s", fd, gerr->message);
        return false;
    }
    return true;
}

bool qemu_write_pidfile(const char *path, Error **errp)
{
    ERRP_GUARD();
    g_autofree char *text = g_strdup_printf("%d\n", getpid());
    size_t len = strlen(text);
    struct stat ours, there;
    int fd;

    do {
        fd = qemu_create(path, O_WRONLY, 0600, errp);
        if (fd < 0) {
            error_prepend(errp, "PID file: ");
            return false;
        }
        /* The lock, not the file, says that a process lives: it goes away with the process. */
        if (qemu_lock_fd(fd, 0, 0, true)) {
            error_setg(errp, "PID file '%s' is locked: another process uses it", path);
            close(fd);
            return false;
        }
        /* A process that ended while we waited for its lock took the file away with it. */
        if (fstat(fd, &ours) == 0 && stat(path, &there) == 0 && ours.st_dev == there.st_dev &&
            ours.st_ino == there.st_ino) {
            break;
        }
        close(fd);
    } while (true);
    if (ftruncate(fd, 0) < 0 || qemu_write_full(fd, text, len) != (ssize_t)len) {
        error_setg_errno(errp, errno, "cannot write PID file '%s'", path);
        unlink(path);
        close(fd);
        return false;
    }
    /* The descriptor stays open, and with it the lock, until the process ends. */
    return true;
}

int qemu_get_thread_id(void)
{
    return syscall(SYS_gettid);
}

int qemu_madvise(void *addr, size_t len, int advice)
{
    return madvise(addr, len, advice);
}

size_t qemu_get_host_physmem(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);

    return pages > 0 ? pages * qemu_real_host_page_size() : 0;
}
