/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scattered buffers: plain struct iovec arrays, and QEMUIOVector that grows. */
#ifndef QEMU_IOV_H
#define QEMU_IOV_H

#include <sys/uio.h>
#include "qemu/compiler.h"
#include "qemu/typedefs.h"

size_t iov_size(const struct iovec *iov, unsigned int iov_cnt);

/*
 * Copy between @buf and the vector from byte @offset on, as much as there is
 * room for; returns bytes copied.
 */
size_t iov_from_buf_full(const struct iovec *iov, unsigned int iov_cnt, size_t offset,
                         const void *buf, size_t bytes);
size_t iov_to_buf_full(const struct iovec *iov, unsigned int iov_cnt, size_t offset, void *buf,
                       size_t bytes);
size_t iov_memset(const struct iovec *iov, unsigned int iov_cnt, size_t offset, int fillc,
                  size_t bytes);

/* When all is in the first element, which is usual, one memcpy. */
static inline size_t iov_from_buf(const struct iovec *iov, unsigned int iov_cnt, size_t offset,
                                  const void *buf, size_t bytes)
{
    if (iov_cnt && offset <= iov[0].iov_len && bytes <= iov[0].iov_len - offset) {
        __builtin_memcpy((char *)iov[0].iov_base + offset, buf, bytes);
        return bytes;
    }
    return iov_from_buf_full(iov, iov_cnt, offset, buf, bytes);
}

static inline size_t iov_to_buf(const struct iovec *iov, unsigned int iov_cnt, size_t offset,
                                void *buf, size_t bytes)
{
    if (iov_cnt && offset <= iov[0].iov_len && bytes <= iov[0].iov_len - offset) {
        __builtin_memcpy(buf, (char *)iov[0].iov_base + offset, bytes);
        return bytes;
    }
    return iov_to_buf_full(iov, iov_cnt, offset, buf, bytes);
}

/*
 * Send or receive @bytes from @offset, going on after short transfers; bytes
 * done, or -1 with errno when nothing was. EAGAIN after a part returns the part.
 */
ssize_t iov_send_recv(int sockfd, const struct iovec *iov, unsigned iov_cnt, size_t offset,
                      size_t bytes, bool do_send);
#define iov_recv(sockfd, iov, iov_cnt, offset, bytes)                                              \
    iov_send_recv(sockfd, iov, iov_cnt, offset, bytes, false)
#define iov_send(sockfd, iov, iov_cnt, offset, bytes)                                              \
    iov_send_recv(sockfd, iov, iov_cnt, offset, bytes, true)

/*
 * Describe in @dst_iov what lies at @offset..@offset + @bytes of @iov; returns
 * the elements used. What does not fit in @dst_iov_cnt is left out.
 */
unsigned iov_copy(struct iovec *dst_iov, unsigned int dst_iov_cnt, const struct iovec *iov,
                  unsigned int iov_cnt, size_t offset, size_t bytes);

/* What iov_discard_*_undoable() changed. */
typedef struct IOVDiscardUndo {
    struct iovec *modified_iov;
    struct iovec orig;
} IOVDiscardUndo;

/* Take @bytes off the front or back of the vector itself; returns bytes taken. */
size_t iov_discard_front(struct iovec **iov, unsigned int *iov_cnt, size_t bytes);
size_t iov_discard_front_undoable(struct iovec **iov, unsigned int *iov_cnt, size_t bytes,
                                  IOVDiscardUndo *undo);
size_t iov_discard_back(struct iovec *iov, unsigned int *iov_cnt, size_t bytes);
size_t iov_discard_back_undoable(struct iovec *iov, unsigned int *iov_cnt, size_t bytes,
                                 IOVDiscardUndo *undo);
void iov_discard_undo(IOVDiscardUndo *undo);

struct QEMUIOVector {
    struct iovec *iov;
    int niov;
    /* Room in @iov, or -1 when it belongs to the caller. */
    int nalloc;
    size_t size;
    struct iovec local_iov; /* for a vector of one element */
};

#define QEMU_IOVEC_INIT_BUF(self, buf, len)                                                        \
    {                                                                                              \
        .iov = &(self).local_iov, .niov = 1, .nalloc = -1, .size = (len),                          \
        .local_iov = {.iov_base = (void *)(buf), .iov_len = (len)},                                \
    }

static inline void qemu_iovec_init_buf(QEMUIOVector *qiov, const void *buf, size_t len)
{
    *qiov = (QEMUIOVector)QEMU_IOVEC_INIT_BUF(*qiov, buf, len);
}

/* The buffer of a vector that has only one. */
static inline void *qemu_iovec_buf(QEMUIOVector *qiov)
{
    g_assert(qiov->nalloc == -1 && qiov->iov == &qiov->local_iov);
    return qiov->local_iov.iov_base;
}

void qemu_iovec_init(QEMUIOVector *qiov, int alloc_hint);
/* Over an array of the caller, which is not changed or freed. */
void qemu_iovec_init_external(QEMUIOVector *qiov, struct iovec *iov, int niov);
/* A view of part of @source; shares its buffers. */
void qemu_iovec_init_slice(QEMUIOVector *qiov, QEMUIOVector *source, size_t offset, size_t len);
/*
 * The elements that cover @offset..+@len of @qiov: returns the first, *@head and
 * *@tail are bytes of the first and last element outside, *@niov their number.
 */
struct iovec *qemu_iovec_slice(QEMUIOVector *qiov, size_t offset, size_t len, size_t *head,
                               size_t *tail, int *niov);
int qemu_iovec_subvec_niov(QEMUIOVector *qiov, size_t offset, size_t len);
void qemu_iovec_add(QEMUIOVector *qiov, void *base, size_t len);
/* Append a part of another vector (not its data). */
void qemu_iovec_concat(QEMUIOVector *dst, QEMUIOVector *src, size_t soffset, size_t sbytes);
size_t qemu_iovec_concat_iov(QEMUIOVector *dst, struct iovec *src_iov, unsigned int src_cnt,
                             size_t soffset, size_t sbytes);
bool qemu_iovec_is_zero(QEMUIOVector *qiov, size_t offset, size_t bytes);
void qemu_iovec_destroy(QEMUIOVector *qiov);
/* Empty, keeping the array. */
void qemu_iovec_reset(QEMUIOVector *qiov);
size_t qemu_iovec_to_buf(QEMUIOVector *qiov, size_t offset, void *buf, size_t bytes);
size_t qemu_iovec_from_buf(QEMUIOVector *qiov, size_t offset, const void *buf, size_t bytes);
size_t qemu_iovec_memset(QEMUIOVector *qiov, size_t offset, int fillc, size_t bytes);
/* Offset of the first differing byte of two vectors of one shape, or -1. */
ssize_t qemu_iovec_compare(QEMUIOVector *a, QEMUIOVector *b);
/* Same shape, with the data laid out in @buf. */
void qemu_iovec_clone(QEMUIOVector *dest, const QEMUIOVector *src, void *buf);
void qemu_iovec_discard_back(QEMUIOVector *qiov, size_t bytes);

#endif
