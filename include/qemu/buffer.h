/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing byte buffer: append at the end, consume at the front. */
#ifndef QEMU_BUFFER_H
#define QEMU_BUFFER_H

#include "qemu/compiler.h"
#include "qemu/typedefs.h"

struct Buffer {
    char *name;
    size_t capacity;
    size_t offset; /* bytes in use */
    uint64_t avg_size;
    uint8_t *buffer;
};

void buffer_init(Buffer *buffer, const char *name, ...) QEMU_PRINTF(2, 3);
/* Give back memory when much less has been used for a while. */
void buffer_shrink(Buffer *buffer);
/* Room for @len more bytes at buffer_end(). */
void buffer_reserve(Buffer *buffer, size_t len);
/* Empty, giving back the memory. */
void buffer_free(Buffer *buffer);
void buffer_append(Buffer *buffer, const void *data, size_t len);
void buffer_advance(Buffer *buffer, size_t len);
uint8_t *buffer_end(Buffer *buffer);
bool buffer_empty(Buffer *buffer);
/* @to must be empty; @from then is. */
void buffer_move_empty(Buffer *to, Buffer *from);
/* Append @from to @to, leaving @from empty. */
void buffer_move(Buffer *to, Buffer *from);

#endif
