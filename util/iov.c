/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain struct iovec arrays. */

#include "qemu/osdep.h"
#include <sys/socket.h>
#include "qemu/cutils.h"
#include "qemu/iov.h"

size_t iov_size(const struct iovec *iov, unsigned int iov_cnt)
{
    size_t len = 0;

    for (unsigned int i = 0; i < iov_cnt; i++) {
        len += iov[i].iov_len;
    }
    return len;
}

/* Calls @op on the pieces of @iov that cover @offset..+@bytes; returns bytes covered. */
typedef void PieceFn(void *piece, size_t len, size_t done, void *opaque);

static size_t for_each_piece(const struct iovec *iov, unsigned int iov_cnt, size_t offset,
                             size_t bytes, PieceFn *op, void *opaque)
{
    size_t done = 0;

    for (unsigned int i = 0; i < iov_cnt && done < bytes; i++) {
        if (offset < iov[i].iov_len) {
            size_t len = MIN(iov[i].iov_len - offset, bytes - done);
            op((char *)iov[i].iov_base + offset, len, done, opaque);
            done += len;
            offset = 0;
        } else {
            offset -= iov[i].iov_len;
        }
    }
    return done;
}

static void piece_from_buf(void *piece, size_t len, size_t done, void *opaque)
{
    memcpy(piece, (const char *)opaque + done, len);
}

static void piece_to_buf(void *piece, size_t len, size_t done, void *opaque)
{
    memcpy((char *)opaque + done, piece, len);
}

static void piece_set(void *piece, size_t len, size_t done, void *opaque)
{
    memset(piece, *(int *)opaque, len);
}

size_t iov_from_buf_full(const struct iovec *iov, unsigned int iov_cnt, size_t offset,
                         const void *buf, size_t bytes)
{
    return for_each_piece(iov, iov_cnt, offset, bytes, piece_from_buf, (void *)buf);
}

size_t iov_to_buf_full(const struct iovec *iov, unsigned int iov_cnt, size_t offset, void *buf,
                       size_t bytes)
{
    return for_each_piece(iov, iov_cnt, offset, bytes, piece_to_buf, buf);
}

size_t iov_memset(const struct iovec *iov, unsigned int iov_cnt, size_t offset, int fillc,
                  size_t bytes)
{
    return for_each_piece(iov, iov_cnt, offset, bytes, piece_set, &fillc);
}

unsigned iov_copy(struct iovec *dst_iov, unsigned int dst_iov_cnt, const struct iovec *iov,
                  unsigned int iov_cnt, size_t offset, size_t bytes)
{
    unsigned int used = 0;

    for (unsigned int i = 0; i < iov_cnt && used < dst_iov_cnt && bytes; i++) {
        if (offset >= iov[i].iov_len) {
            offset -= iov[i].iov_len;
            continue;
        }
        size_t len = MIN(bytes, iov[i].iov_len - offset);
        dst_iov[used].iov_base = (char *)iov[i].iov_base + offset;
        dst_iov[used++].iov_len = len;
        bytes -= len;
        offset = 0;
    }
    return used;
}

ssize_t iov_send_recv(int sockfd, const struct iovec *iov, unsigned iov_cnt, size_t offset,
                      size_t bytes, bool do_send)
{
    g_autofree struct iovec *part = g_new(struct iovec, iov_cnt);
    size_t total = 0;

    while (bytes > 0) {
        unsigned cnt = iov_copy(part, iov_cnt, iov, iov_cnt, offset, bytes);
        struct msghdr msg = {.msg_iov = part, .msg_iovlen = MIN(cnt, (unsigned)IOV_MAX)};
        ssize_t ret;

        if (!cnt) {
            break;
        }
        ret = RETRY_ON_EINTR(do_send ? sendmsg(sockfd, &msg, MSG_NOSIGNAL)
                                     : recvmsg(sockfd, &msg, 0));
        if (ret < 0) {
            return total ? (ssize_t)total : -1;
        }
        if (ret == 0 && !do_send) {
            break; /* end of stream */
        }
        offset += ret;
        total += ret;
        bytes -= ret;
    }
    return total;
}

static void remember(IOVDiscardUndo *undo, struct iovec *element)
{
    if (undo) {
        undo->modified_iov = element;
        undo->orig = *element;
    }
}

size_t iov_discard_front_undoable(struct iovec **iov, unsigned int *iov_cnt, size_t bytes,
                                  IOVDiscardUndo *undo)
{
    size_t total = 0;

    if (undo) {
        undo->modified_iov = NULL;
    }
    while (*iov_cnt && bytes >= (*iov)->iov_len) {
        bytes -= (*iov)->iov_len;
        total += (*iov)->iov_len;
        (*iov)++;
        (*iov_cnt)--;
    }
    if (*iov_cnt && bytes) {
        remember(undo, *iov);
        (*iov)->iov_base = (char *)(*iov)->iov_base + bytes;
        (*iov)->iov_len -= bytes;
        total += bytes;
    }
    return total;
}

size_t iov_discard_front(struct iovec **iov, unsigned int *iov_cnt, size_t bytes)
{
    return iov_discard_front_undoable(iov, iov_cnt, bytes, NULL);
}

size_t iov_discard_back_undoable(struct iovec *iov, unsigned int *iov_cnt, size_t bytes,
                                 IOVDiscardUndo *undo)
{
    size_t total = 0;

    if (undo) {
        undo->modified_iov = NULL;
    }
    while (*iov_cnt && bytes) {
        struct iovec *last = &iov[*iov_cnt - 1];
        if (last->iov_len > bytes) {
            remember(undo, last);
            last->iov_len -= bytes;
            total += bytes;
            break;
        }
        bytes -= last->iov_len;
        total += last->iov_len;
        (*iov_cnt)--;
    }
    return total;
}

size_t iov_discard_back(struct iovec *iov, unsigned int *iov_cnt, size_t bytes)
{
    return iov_discard_back_undoable(iov, iov_cnt, bytes, NULL);
}

void iov_discard_undo(IOVDiscardUndo *undo)
{
    if (undo->modified_iov) {
        *undo->modified_iov = undo->orig;
    }
}
