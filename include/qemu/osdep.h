/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header that every source file includes first: configuration, the system
 * and GLib headers that nearly everything needs, and thin wrappers around host
 * calls whose raw form is easy to get wrong (EINTR, close-on-exec, alignment).
 */
#ifndef QEMU_OSDEP_H
#define QEMU_OSDEP_H

#include "config-host.h"
#include "qemu/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <inttypes.h>
#include <limits.h>
#include <time.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include <getopt.h>
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <assert.h>
#include <signal.h>
#include <math.h>
#include <setjmp.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "qemu/typedefs.h"

#ifndef O_BINARY
#define O_BINARY 0
#endif

#define ARRAY_SIZE(x)                                                                              \
    (sizeof(x) / sizeof((x)[0]) +                                                                  \
     QEMU_BUILD_BUG_ON_ZERO(__builtin_types_compatible_p(typeof(x), typeof(&(x)[0]))))

/* Usable where a constant expression is needed; evaluates its arguments twice. */
#define MIN_CONST(a, b) ((a) < (b) ? (a) : (b))
#define MAX_CONST(a, b) ((a) > (b) ? (a) : (b))
#undef MIN
#undef MAX
/* Each argument is evaluated once; both are promoted to their common type. */
#define MIN(a, b)                                                                                  \
    __extension__({                                                                                \
        typeof(1 ? (a) : (b)) min_a_ = (a), min_b_ = (b);                                          \
        min_a_ < min_b_ ? min_a_ : min_b_;                                                         \
    })
#define MAX(a, b)                                                                                  \
    __extension__({                                                                                \
        typeof(1 ? (a) : (b)) max_a_ = (a), max_b_ = (b);                                          \
        max_a_ > max_b_ ? max_a_ : max_b_;                                                         \
    })
/* The smaller of two where zero means "no limit". */
#define MIN_NON_ZERO(a, b)                                                                         \
    __extension__({                                                                                \
        typeof(1 ? (a) : (b)) nz_a_ = (a), nz_b_ = (b);                                            \
        nz_a_ == 0 ? nz_b_ : (nz_b_ == 0 || nz_a_ < nz_b_) ? nz_a_ : nz_b_;                        \
    })

/* @m may be any non-zero number. */
#define QEMU_ALIGN_DOWN(n, m) ((n) / (m) * (m))
#define QEMU_ALIGN_UP(n, m)   QEMU_ALIGN_DOWN((n) + (m)-1, (m))
#define QEMU_IS_ALIGNED(n, m) (((n) % (m)) == 0)
/* @d must be a power of two; the result has the type of @n. */
#define ROUND_DOWN(n, d)          ((n) & -(0 ? (n) : (d)))
#define ROUND_UP(n, d)            (((n) + (d)-1) & -(0 ? (n) : (d)))
#define DIV_ROUND_UP(n, d)        (((n) + (d)-1) / (d))

#define QEMU_ALIGN_PTR_DOWN(p, n) ((typeof(p))QEMU_ALIGN_DOWN((uintptr_t)(p), (n)))
#define QEMU_ALIGN_PTR_UP(p, n)   ((typeof(p))QEMU_ALIGN_UP((uintptr_t)(p), (n)))
#define QEMU_PTR_IS_ALIGNED(p, n) QEMU_IS_ALIGNED((uintptr_t)(p), (n))

#define RETRY_ON_EINTR(expr)                                                                       \
    __extension__({                                                                                \
        typeof(expr) retry_ret_;                                                                   \
        do {                                                                                       \
            retry_ret_ = (expr);                                                                   \
        } while (retry_ret_ == -1 && errno == EINTR);                                              \
        retry_ret_;                                                                                \
    })
#define TFR(expr) ((void)RETRY_ON_EINTR(expr))

/* Size and (negated) mask of a host page. */
size_t qemu_real_host_page_size(void);

/* Alignment that lets the host map RAM with huge pages. */
#define QEMU_VMALLOC_ALIGN (512 * 4096)

/*
 * Open with O_CLOEXEC. A path "/dev/fdset/N" is resolved through the file
 * descriptor sets registered with qemu_set_fdset_hooks(). The _old form returns
 * -1 with errno set; the others set @errp and return -1 or -errno.
 */
int qemu_open_old(const char *name, int flags, ...);
int qemu_open(const char *name, int flags, Error **errp);
int qemu_create(const char *name, int flags, mode_t mode, Error **errp);
int qemu_close(int fd);
int qemu_dup_flags(int fd, int flags);

/*
 * How "/dev/fdset/N" is opened: the monitor owns the sets. @dup_add returns a
 * new descriptor with matching access @flags or -1 with errno set; @dup_remove
 * forgets a descriptor returned by it (called from qemu_close()); @take_named
 * gives away one that a client passed under a name, -1 if there is none.
 */
typedef struct QemuFdsetHooks {
    int (*dup_add)(int64_t fdset_id, int flags, Error **errp);
    void (*dup_remove)(int dup_fd);
    int (*take_named)(const char *name);
} QemuFdsetHooks;
void qemu_set_fdset_hooks(const QemuFdsetHooks *hooks);
/*
 * What "fd=" and "fd:" name: a number, or a name given with getfd. The
 * descriptor is the caller's. -1 and @errp.
 */
int qemu_fd_param(const char *text, Error **errp);

/*
 * OFD byte locks on an open image. Return 0 or -errno (-EAGAIN: somebody else
 * holds a conflicting lock). qemu_lock_fd_test() only asks.
 */
int qemu_lock_fd(int fd, int64_t start, int64_t len, bool exclusive);
int qemu_unlock_fd(int fd, int64_t start, int64_t len);
int qemu_lock_fd_test(int fd, int64_t start, int64_t len, bool exclusive);
bool qemu_has_ofd_lock(void);

/* Write everything, riding out EINTR and short writes; < @count means errno. */
ssize_t qemu_write_full(int fd, const void *buf, size_t count) QEMU_WARN_UNUSED_RESULT;
/* Read until @count or end of file; -1 means errno. */
ssize_t qemu_read_full(int fd, void *buf, size_t count) QEMU_WARN_UNUSED_RESULT;

/*
 * All of the file (pipe, device) @name, with a NUL byte behind, and its *@size; to be freed
 * with g_free(). More than @max bytes (less than SIZE_MAX / 2) are an error, found
 * before much more is read. NULL with @errp, which names the file.
 */
char *qemu_read_file(const char *name, size_t max, size_t *size, Error **errp);

void qemu_set_cloexec(int fd);
int qemu_pipe(int pipefd[2]);
/* O_NONBLOCK on or off; false with @errp set when the host refuses. */
bool qemu_set_blocking(int fd, bool block, Error **errp);

/* Write "PID\n" to @path and keep it locked for the life of the process. */
bool qemu_write_pidfile(const char *path, Error **errp);

int qemu_get_thread_id(void);

int qemu_madvise(void *addr, size_t len, int advice);

/* Bytes of RAM in this host; 0 if unknown. */
size_t qemu_get_host_physmem(void);

#if !GLIB_CHECK_VERSION(2, 68, 0)
#define g_memdup2(mem, size) qemu_memdup2_(mem, size)
static inline gpointer qemu_memdup2_(gconstpointer mem, size_t size)
{
    void *copy;

    if (!mem || !size) {
        return NULL;
    }
    copy = g_malloc(size);
    memcpy(copy, mem, size);
    return copy;
}
#endif

#include "qemu/bitops.h"

#endif
