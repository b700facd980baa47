/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into a program, lets one of its calls fail: number $FAIL_CALL (from 0) of system calls
 * on files and of allocations that may fail. Appends to the file $FAIL_LOG what has failed; nothing
 * there: there were not so many calls.
 */
/* Both names of each call are there to be wrapped. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;
static long nth = -1;

__attribute__((constructor)) static void start(void)
{
    const char *n = getenv("FAIL_CALL");

    nth = n ? atol(n) : -1;
}

/* Is it this one's turn? By system calls of our own, which nobody counts. */
static int fails(const char *name, int error)
{
    const char *log;
    long fd;

    if (nth < 0 || atomic_fetch_add(&calls, 1) != nth) {
        return 0;
    }
    log = getenv("FAIL_LOG");
    fd = log ? syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (fd >= 0) {
        syscall(SYS_write, fd, name, strlen(name));
        syscall(SYS_close, fd);
    }
    errno = error;
    return 1;
}

#define WRAP(ret, bad, error, name, params, args)                                                  \
    ret name params;                                                                               \
    ret name params                                                                                \
    {                                                                                              \
        static ret(*real) params;                                                                  \
                                                                                                   \
        if (!real) {                                                                               \
            real = (ret(*) params)dlsym(RTLD_NEXT, #name);                                         \
        }                                                                                          \
        return fails(#name, error) ? (bad) : real args;                                            \
    }

/* The last argument is there when the call has one; passing it on in any case does no harm. */
#define WRAP_VA(type, name, params, args)                                                          \
    int name params;                                                                               \
    int name params                                                                                \
    {                                                                                              \
        static int(*real) params;                                                                  \
        va_list ap;                                                                                \
        type last;                                                                                 \
                                                                                                   \
        va_start(ap, before);                                                                      \
        last = va_arg(ap, type);                                                                   \
        va_end(ap);                                                                                \
        if (!real) {                                                                               \
            real = (int(*) params)dlsym(RTLD_NEXT, #name);                                         \
        }                                                                                          \
        return fails(#name, EMFILE) ? -1 : real args;                                              \
    }

WRAP_VA(mode_t, open, (const char *path, int before, ...), (path, before, last))
WRAP_VA(mode_t, open64, (const char *path, int before, ...), (path, before, last))
WRAP_VA(mode_t, openat, (int fd, const char *path, int before, ...), (fd, path, before, last))
WRAP_VA(mode_t, openat64, (int fd, const char *path, int before, ...), (fd, path, before, last))
WRAP_VA(void *, fcntl, (int fd, int before, ...), (fd, before, last))
WRAP_VA(void *, fcntl64, (int fd, int before, ...), (fd, before, last))
WRAP_VA(void *, ioctl, (int fd, unsigned long before, ...), (fd, before, last))

WRAP(ssize_t, -1, EIO, read, (int fd, void *buf, size_t n), (fd, buf, n))
WRAP(ssize_t, -1, EIO, pread, (int fd, void *buf, size_t n, off_t o), (fd, buf, n, o))
WRAP(ssize_t, -1, EIO, pread64, (int fd, void *buf, size_t n, off64_t o), (fd, buf, n, o))
WRAP(ssize_t, -1, EIO, preadv, (int fd, const struct iovec *v, int n, off_t o), (fd, v, n, o))
WRAP(ssize_t, -1, EIO, preadv64, (int fd, const struct iovec *v, int n, off64_t o), (fd, v, n, o))
WRAP(ssize_t, -1, ENOSPC, pwrite, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o))
WRAP(ssize_t, -1, ENOSPC, pwrite64, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o))
WRAP(ssize_t, -1, ENOSPC, pwritev, (int fd, const struct iovec *v, int n, off_t o), (fd, v, n, o))
WRAP(ssize_t, -1, ENOSPC, pwritev64, (int fd, const struct iovec *v, int n, off64_t o),
     (fd, v, n, o))

/* What a program would only try, before it does the same by one of the above: it cannot be tried.
 */
ssize_t preadv2(int fd, const struct iovec *v, int n, off_t o, int flags);
ssize_t preadv2(int fd, const struct iovec *v, int n, off_t o, int flags)
{
    errno = EOPNOTSUPP;
    return -1;
}

ssize_t preadv64v2(int fd, const struct iovec *v, int n, off64_t o, int flags);
ssize_t preadv64v2(int fd, const struct iovec *v, int n, off64_t o, int flags)
{
    errno = EOPNOTSUPP;
    return -1;
}

WRAP(int, -1, EIO, fsync, (int fd), (fd))
WRAP(int, -1, EIO, fdatasync, (int fd), (fd))
WRAP(int, -1, ENOSPC, ftruncate, (int fd, off_t len), (fd, len))
WRAP(int, -1, ENOSPC, ftruncate64, (int fd, off64_t len), (fd, len))
WRAP(int, -1, ENOSPC, fallocate, (int fd, int mode, off_t o, off_t n), (fd, mode, o, n))
WRAP(int, -1, ENOSPC, fallocate64, (int fd, int mode, off64_t o, off64_t n), (fd, mode, o, n))
WRAP(int, ENOSPC, ENOSPC, posix_fallocate, (int fd, off_t o, off_t n), (fd, o, n))
WRAP(int, ENOSPC, ENOSPC, posix_fallocate64, (int fd, off64_t o, off64_t n), (fd, o, n))
WRAP(off_t, -1, EIO, lseek, (int fd, off_t o, int whence), (fd, o, whence))
WRAP(off64_t, -1, EIO, lseek64, (int fd, off64_t o, int whence), (fd, o, whence))
WRAP(ssize_t, -1, EIO, copy_file_range,
     (int in, off64_t *i, int out, off64_t *o, size_t n, unsigned flags), (in, i, out, o, n, flags))
WRAP(int, -1, EACCES, unlink, (const char *path), (path))
WRAP(void *, MAP_FAILED, ENOMEM, mmap, (void *a, size_t n, int p, int f, int fd, off_t o),
     (a, n, p, f, fd, o))
WRAP(void *, MAP_FAILED, ENOMEM, mmap64, (void *a, size_t n, int p, int f, int fd, off64_t o),
     (a, n, p, f, fd, o))

WRAP(int, ENOMEM, ENOMEM, posix_memalign, (void **p, size_t align, size_t n), (p, align, n))
WRAP(void *, NULL, ENOMEM, g_try_malloc, (size_t n), (n))
WRAP(void *, NULL, ENOMEM, g_try_malloc0, (size_t n), (n))
WRAP(void *, NULL, ENOMEM, g_try_malloc_n, (size_t n, size_t size), (n, size))
WRAP(void *, NULL, ENOMEM, g_try_malloc0_n, (size_t n, size_t size), (n, size))
WRAP(void *, NULL, ENOMEM, g_try_realloc, (void *p, size_t n), (p, n))
WRAP(void *, NULL, ENOMEM, g_try_realloc_n, (void *p, size_t n, size_t size), (p, n, size))
