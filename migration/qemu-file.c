/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A buffered byte stream in one direction. */

#include "qemu/osdep.h"
#include "migration/qemu-file.h"
#include "qemu/bswap.h"
#include "qemu/crc.h"

#define BUF_SIZE 32768

struct QEMUFile {
    const QEMUFileOps *ops;
    void *opaque;
    bool is_writable;

    /* Writing: [0, size) waits to go out. Reading: [index, size) is there to take. */
    uint8_t buf[BUF_SIZE];
    size_t index, size;
    uint64_t transferred; /* bytes that passed the buffer */
    uint32_t crc;         /* of these and of the first @summed in the buffer */
    size_t summed;

    int last_error;
    Error *last_error_obj;
};

QEMUFile *qemu_file_new(const QEMUFileOps *ops, void *opaque, bool is_writable)
{
    QEMUFile *f = g_new0(QEMUFile, 1);

    f->ops = ops;
    f->opaque = opaque;
    f->is_writable = is_writable;
    f->crc = UINT32_MAX;
    return f;
}

/* ---- file descriptors ---- */

static ssize_t fd_read(void *opaque, uint8_t *buf, size_t size)
{
    ssize_t ret = RETRY_ON_EINTR(read(GPOINTER_TO_INT(opaque), buf, size));

    return ret < 0 ? -errno : ret;
}

static int fd_write(void *opaque, const uint8_t *buf, size_t size)
{
    return qemu_write_full(GPOINTER_TO_INT(opaque), buf, size) == (ssize_t)size ? 0 : -errno;
}

static int fd_close(void *opaque)
{
    return close(GPOINTER_TO_INT(opaque)) < 0 ? -errno : 0;
}

static const QEMUFileOps fd_ops = {.read = fd_read, .write = fd_write, .close = fd_close};

QEMUFile *qemu_file_new_fd(int fd, bool is_writable)
{
    return qemu_file_new(&fd_ops, GINT_TO_POINTER(fd), is_writable);
}

/* ---- errors ---- */

int qemu_file_get_error(QEMUFile *f)
{
    return f->last_error;
}

int qemu_file_get_error_obj(QEMUFile *f, Error **errp)
{
    if (f->last_error && errp) {
        if (f->last_error_obj) {
            *errp = error_copy(f->last_error_obj);
        } else {
            error_setg_errno(errp, -f->last_error, "%s the saved state failed",
                             f->is_writable ? "writing" : "reading");
        }
    }
    return f->last_error;
}

void qemu_file_set_error_obj(QEMUFile *f, int ret, Error *err)
{
    if (f->last_error == 0 && ret) {
        f->last_error = ret;
        f->last_error_obj = err;
    } else {
        error_free(err);
    }
}

void qemu_file_set_error(QEMUFile *f, int ret)
{
    qemu_file_set_error_obj(f, ret, NULL);
}

uint64_t qemu_file_transferred(QEMUFile *f)
{
    return f->transferred + (f->is_writable ? f->size : f->index);
}

/* Takes what was written to the buffer or read from it since into the checksum. */
static void sum_up(QEMUFile *f)
{
    size_t end = f->is_writable ? f->size : f->index;

    /* The function's result is inverted, what it goes on from is not. */
    f->crc = ~crc32c(f->crc, f->buf + f->summed, end - f->summed);
    f->summed = end;
}

uint32_t qemu_file_checksum(QEMUFile *f)
{
    sum_up(f);
    return ~f->crc;
}

/* ---- writing ---- */

int qemu_fflush(QEMUFile *f)
{
    if (f->is_writable && f->size && !f->last_error) {
        int ret;

        sum_up(f);
        ret = f->ops->write(f->opaque, f->buf, f->size);
        if (ret < 0) {
            qemu_file_set_error(f, ret);
        }
        f->transferred += f->size;
    }
    if (f->is_writable) {
        f->size = f->summed = 0;
    }
    return f->last_error;
}

int qemu_fclose(QEMUFile *f)
{
    int ret = qemu_fflush(f), closed = f->ops->close(f->opaque);

    error_free(f->last_error_obj);
    g_free(f);
    return ret ? ret : closed;
}

void qemu_put_buffer(QEMUFile *f, const uint8_t *buf, size_t size)
{
    while (size && !f->last_error) {
        size_t part = MIN(size, BUF_SIZE - f->size);

        memcpy(f->buf + f->size, buf, part);
        f->size += part;
        buf += part;
        size -= part;
        if (f->size == BUF_SIZE) {
            qemu_fflush(f);
        }
    }
}

void qemu_put_byte(QEMUFile *f, int v)
{
    uint8_t byte = v;

    qemu_put_buffer(f, &byte, 1);
}

void qemu_put_be16(QEMUFile *f, unsigned v)
{
    uint8_t buf[2];

    stw_be_p(buf, v);
    qemu_put_buffer(f, buf, sizeof(buf));
}

void qemu_put_be32(QEMUFile *f, uint32_t v)
{
    uint8_t buf[4];

    stl_be_p(buf, v);
    qemu_put_buffer(f, buf, sizeof(buf));
}

void qemu_put_be64(QEMUFile *f, uint64_t v)
{
    uint8_t buf[8];

    stq_be_p(buf, v);
    qemu_put_buffer(f, buf, sizeof(buf));
}

void qemu_put_counted_string(QEMUFile *f, const char *str)
{
    size_t len = strlen(str);

    g_assert(len < 256); /* names are checked when they are registered */
    qemu_put_byte(f, len);
    qemu_put_buffer(f, (const uint8_t *)str, len);
}

/* ---- reading ---- */

/* Makes room behind what is left and reads once. Bytes now in the buffer. */
static size_t fill(QEMUFile *f)
{
    size_t left = f->size - f->index;
    ssize_t ret;

    sum_up(f);
    memmove(f->buf, f->buf + f->index, left);
    f->transferred += f->index;
    f->index = f->summed = 0;
    f->size = left;
    if (f->last_error || left == BUF_SIZE) {
        return left;
    }
    ret = f->ops->read(f->opaque, f->buf + left, BUF_SIZE - left);
    if (ret < 0) {
        qemu_file_set_error(f, ret);
        return left;
    }
    if (ret == 0) {
        Error *err = NULL;

        /* The end where more is expected is an error like any other. */
        error_setg(&err, "the saved state is truncated: it ends after %" PRIu64 " bytes",
                   f->transferred + left);
        qemu_file_set_error_obj(f, -EIO, err);
        return left;
    }
    f->size += ret;
    return f->size;
}

size_t qemu_peek_buffer(QEMUFile *f, uint8_t **buf, size_t size, size_t offset)
{
    size_t there = f->size - f->index;

    while (there < offset + size) {
        size_t now = fill(f);
        if (now == there) {
            break;
        }
        there = now;
    }
    if (there <= offset) {
        return 0;
    }
    *buf = f->buf + f->index + offset;
    return MIN(size, there - offset);
}

size_t qemu_get_buffer(QEMUFile *f, uint8_t *buf, size_t size)
{
    size_t done = 0;

    while (done < size) {
        uint8_t *src;
        size_t part = qemu_peek_buffer(f, &src, MIN(size - done, (size_t)BUF_SIZE), 0);

        if (!part) {
            break;
        }
        memcpy(buf + done, src, part);
        f->index += part;
        done += part;
    }
    if (done < size) {
        memset(buf + done, 0, size - done);
    }
    return done;
}

int qemu_get_byte(QEMUFile *f)
{
    uint8_t byte;

    qemu_get_buffer(f, &byte, 1);
    return byte;
}

unsigned qemu_get_be16(QEMUFile *f)
{
    uint8_t buf[2];

    qemu_get_buffer(f, buf, sizeof(buf));
    return lduw_be_p(buf);
}

uint32_t qemu_get_be32(QEMUFile *f)
{
    uint8_t buf[4];

    qemu_get_buffer(f, buf, sizeof(buf));
    return ldl_be_p(buf);
}

uint64_t qemu_get_be64(QEMUFile *f)
{
    uint8_t buf[8];

    qemu_get_buffer(f, buf, sizeof(buf));
    return ldq_be_p(buf);
}

size_t qemu_get_counted_string(QEMUFile *f, char buf[256])
{
    size_t len = qemu_get_byte(f);
    size_t got = qemu_get_buffer(f, (uint8_t *)buf, len);

    buf[got] = '\0';
    /* A name of a damaged stream ends in messages, on terminals and in JSON. */
    for (size_t i = 0; i < got; i++) {
        if (!g_ascii_isprint(buf[i])) {
            buf[i] = '?';
        }
    }
    return got == len ? len : 0;
}
