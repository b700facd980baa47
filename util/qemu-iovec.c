/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMUIOVector: a scattered buffer that knows its length and can grow. */

#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/iov.h"

void qemu_iovec_init(QEMUIOVector *qiov, int alloc_hint)
{
    qiov->iov = g_new(struct iovec, MAX(alloc_hint, 1));
    qiov->niov = 0;
    qiov->nalloc = MAX(alloc_hint, 1);
    qiov->size = 0;
}

void qemu_iovec_init_external(QEMUIOVector *qiov, struct iovec *iov, int niov)
{
    qiov->iov = iov;
    qiov->niov = niov;
    qiov->nalloc = -1;
    qiov->size = iov_size(iov, niov);
}

void qemu_iovec_add(QEMUIOVector *qiov, void *base, size_t len)
{
    g_assert(qiov->nalloc != -1); /* not a view of somebody else's array */
    if (qiov->niov == qiov->nalloc) {
        qiov->nalloc = 2 * qiov->nalloc + 1;
        qiov->iov = g_renew(struct iovec, qiov->iov, qiov->nalloc);
    }
    qiov->iov[qiov->niov++] = (struct iovec){.iov_base = base, .iov_len = len};
    qiov->size += len;
}

size_t qemu_iovec_concat_iov(QEMUIOVector *dst, struct iovec *src_iov, unsigned int src_cnt,
                             size_t soffset, size_t sbytes)
{
    size_t done = 0;

    for (unsigned int i = 0; done < sbytes && i < src_cnt; i++) {
        if (soffset >= src_iov[i].iov_len) {
            soffset -= src_iov[i].iov_len;
            continue;
        }
        size_t len = MIN(src_iov[i].iov_len - soffset, sbytes - done);
        qemu_iovec_add(dst, (char *)src_iov[i].iov_base + soffset, len);
        done += len;
        soffset = 0;
    }
    return done;
}

void qemu_iovec_concat(QEMUIOVector *dst, QEMUIOVector *src, size_t soffset, size_t sbytes)
{
    qemu_iovec_concat_iov(dst, src->iov, src->niov, soffset, sbytes);
}

struct iovec *qemu_iovec_slice(QEMUIOVector *qiov, size_t offset, size_t len, size_t *head,
                               size_t *tail, int *niov)
{
    struct iovec *first = qiov->iov, *last;

    g_assert(offset + len <= qiov->size); /* the caller's own request */
    while (offset > 0 && offset >= first->iov_len) {
        offset -= first->iov_len;
        first++;
    }
    *head = offset;
    len += offset;
    for (last = first; len > last->iov_len; last++) {
        len -= last->iov_len;
    }
    *tail = last->iov_len - len;
    *niov = last - first + 1;
    return first;
}

int qemu_iovec_subvec_niov(QEMUIOVector *qiov, size_t offset, size_t len)
{
    size_t head, tail;
    int niov;

    if (!len) {
        return 0;
    }
    qemu_iovec_slice(qiov, offset, len, &head, &tail, &niov);
    return niov;
}

void qemu_iovec_init_slice(QEMUIOVector *qiov, QEMUIOVector *source, size_t offset, size_t len)
{
    size_t head, tail;
    struct iovec *slice;
    int niov;

    if (!len) {
        qemu_iovec_init(qiov, 1);
        return;
    }
    slice = qemu_iovec_slice(source, offset, len, &head, &tail, &niov);
    if (niov == 1) {
        qemu_iovec_init_buf(qiov, (char *)slice[0].iov_base + head, len);
    } else {
        qemu_iovec_init(qiov, niov);
        qemu_iovec_concat_iov(qiov, slice, niov, head, len);
    }
}

bool qemu_iovec_is_zero(QEMUIOVector *qiov, size_t offset, size_t bytes)
{
    for (int i = 0; i < qiov->niov && bytes; i++) {
        struct iovec *v = &qiov->iov[i];
        if (offset >= v->iov_len) {
            offset -= v->iov_len;
            continue;
        }
        size_t len = MIN(v->iov_len - offset, bytes);
        if (!buffer_is_zero((char *)v->iov_base + offset, len)) {
            return false;
        }
        bytes -= len;
        offset = 0;
    }
    return true;
}

void qemu_iovec_destroy(QEMUIOVector *qiov)
{
    if (qiov->nalloc != -1) {
        g_free(qiov->iov);
    }
    memset(qiov, 0, sizeof(*qiov));
}

void qemu_iovec_reset(QEMUIOVector *qiov)
{
    g_assert(qiov->nalloc != -1); /* not a view of somebody else's array */
    qiov->niov = 0;
    qiov->size = 0;
}

size_t qemu_iovec_to_buf(QEMUIOVector *qiov, size_t offset, void *buf, size_t bytes)
{
    return iov_to_buf(qiov->iov, qiov->niov, offset, buf, bytes);
}

size_t qemu_iovec_from_buf(QEMUIOVector *qiov, size_t offset, const void *buf, size_t bytes)
{
    return iov_from_buf(qiov->iov, qiov->niov, offset, buf, bytes);
}

size_t qemu_iovec_memset(QEMUIOVector *qiov, size_t offset, int fillc, size_t bytes)
{
    return iov_memset(qiov->iov, qiov->niov, offset, fillc, bytes);
}

ssize_t qemu_iovec_compare(QEMUIOVector *a, QEMUIOVector *b)
{
    ssize_t offset = 0;

    for (int i = 0; i < a->niov; i++) {
        const uint8_t *p = a->iov[i].iov_base, *q = b->iov[i].iov_base;
        for (size_t j = 0; j < a->iov[i].iov_len; j++) {
            if (p[j] != q[j]) {
                return offset + j;
            }
        }
        offset += a->iov[i].iov_len;
    }
    return -1;
}

void qemu_iovec_clone(QEMUIOVector *dest, const QEMUIOVector *src, void *buf)
{
    char *p = buf;

    for (int i = 0; i < src->niov; i++) {
        qemu_iovec_add(dest, p, src->iov[i].iov_len);
        p += src->iov[i].iov_len;
    }
}

void qemu_iovec_discard_back(QEMUIOVector *qiov, size_t bytes)
{
    unsigned int niov = qiov->niov;
    size_t total;

    g_assert(qiov->size >= bytes); /* the caller's own bookkeeping */
    total = iov_discard_back(qiov->iov, &niov, bytes);
    qiov->niov = niov;
    qiov->size -= total;
}
