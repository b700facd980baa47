/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMUFile: a buffered byte stream in one direction, with a sticky error:
 * after the first failure reads give zeros and writes do nothing, so that
 * callers check once at the end of a section.
 *
 * One thread at a time. Integers are big-endian.
 */
#ifndef MIGRATION_QEMU_FILE_H
#define MIGRATION_QEMU_FILE_H

#include "qemu/osdep.h"
#include "qapi/error.h"

typedef struct QEMUFile QEMUFile;

/* Where the bytes go to or come from. All return a negative errno on failure. */
typedef struct QEMUFileOps {
    /* At least one byte, 0 at the end of the stream. */
    ssize_t (*read)(void *opaque, uint8_t *buf, size_t size);
    /* All of it; 0. */
    int (*write)(void *opaque, const uint8_t *buf, size_t size);
    /* Frees @opaque. */
    int (*close)(void *opaque);
} QEMUFileOps;

QEMUFile *qemu_file_new(const QEMUFileOps *ops, void *opaque, bool is_writable);
/* Over a file descriptor, which it takes over. */
QEMUFile *qemu_file_new_fd(int fd, bool is_writable);
/* Flush, close and free; the sticky error, or that of the close. */
int qemu_fclose(QEMUFile *f);
int qemu_fflush(QEMUFile *f);

/* 0, or the negative errno of the first failure (and its Error, not transferred). */
int qemu_file_get_error(QEMUFile *f);
int qemu_file_get_error_obj(QEMUFile *f, Error **errp);
/* Record a failure (first one wins); takes @err, which may be NULL. */
void qemu_file_set_error_obj(QEMUFile *f, int ret, Error *err);
void qemu_file_set_error(QEMUFile *f, int ret);

/* Bytes moved so far. */
uint64_t qemu_file_transferred(QEMUFile *f);

/* CRC-32C of the bytes written or read so far. */
uint32_t qemu_file_checksum(QEMUFile *f);

void qemu_put_buffer(QEMUFile *f, const uint8_t *buf, size_t size);
void qemu_put_byte(QEMUFile *f, int v);
void qemu_put_be16(QEMUFile *f, unsigned v);
void qemu_put_be32(QEMUFile *f, uint32_t v);
void qemu_put_be64(QEMUFile *f, uint64_t v);
/* A length byte and the characters; @str has at most 255. */
void qemu_put_counted_string(QEMUFile *f, const char *str);

/* Bytes read: less than @size only at the end of the stream or after an error (sticky). */
size_t qemu_get_buffer(QEMUFile *f, uint8_t *buf, size_t size);
/* Look @offset bytes ahead without consuming (within one buffer of 32 KiB). */
size_t qemu_peek_buffer(QEMUFile *f, uint8_t **buf, size_t size, size_t offset);
int qemu_get_byte(QEMUFile *f);
unsigned qemu_get_be16(QEMUFile *f);
uint32_t qemu_get_be32(QEMUFile *f);
uint64_t qemu_get_be64(QEMUFile *f);
/* Into @buf (256 bytes), NUL terminated; its length, 0 when there is none. */
size_t qemu_get_counted_string(QEMUFile *f, char buf[256]);

#endif
