/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A growing byte buffer. */

#include "qemu/osdep.h"
#include "qemu/buffer.h"
#include "qemu/host-utils.h"

#define BUFFER_MIN_SIZE 4096
/* avg_size is a moving average with 2^-7 weight of the newest value, scaled by 2^7. */
#define AVG_SHIFT 7

void buffer_init(Buffer *buffer, const char *name, ...)
{
    va_list ap;

    memset(buffer, 0, sizeof(*buffer));
    va_start(ap, name);
    buffer->name = g_strdup_vprintf(name, ap);
    va_end(ap);
}

static void resize(Buffer *buffer, size_t wanted)
{
    buffer->capacity = MAX(pow2ceil(wanted), (uint64_t)BUFFER_MIN_SIZE);
    buffer->buffer = g_realloc(buffer->buffer, buffer->capacity);
}

void buffer_shrink(Buffer *buffer)
{
    size_t average = buffer->avg_size >> AVG_SHIFT;

    /* Only when it has been four times too large for long: resizing back and forth costs. */
    if (buffer->capacity > BUFFER_MIN_SIZE && buffer->capacity / 8 > MAX(average, buffer->offset)) {
        resize(buffer, MAX(average, buffer->offset) * 2);
    }
}

void buffer_reserve(Buffer *buffer, size_t len)
{
    if (buffer->capacity - buffer->offset < len) {
        resize(buffer, buffer->offset + len);
    }
}

static void account(Buffer *buffer)
{
    buffer->avg_size = buffer->avg_size * ((1 << AVG_SHIFT) - 1) / (1 << AVG_SHIFT);
    buffer->avg_size += buffer->offset;
}

uint8_t *buffer_end(Buffer *buffer)
{
    return buffer->buffer + buffer->offset;
}

bool buffer_empty(Buffer *buffer)
{
    return buffer->offset == 0;
}

void buffer_free(Buffer *buffer)
{
    g_free(buffer->buffer);
    g_free(buffer->name);
    memset(buffer, 0, sizeof(*buffer));
}

void buffer_append(Buffer *buffer, const void *data, size_t len)
{
    buffer_reserve(buffer, len);
    memcpy(buffer_end(buffer), data, len);
    buffer->offset += len;
    account(buffer);
}

void buffer_advance(Buffer *buffer, size_t len)
{
    memmove(buffer->buffer, buffer->buffer + len, buffer->offset - len);
    buffer->offset -= len;
    buffer_shrink(buffer);
}

void buffer_move_empty(Buffer *to, Buffer *from)
{
    g_assert(to->offset == 0); /* the caller's promise */
    g_free(to->buffer);
    to->offset = from->offset;
    to->capacity = from->capacity;
    to->buffer = from->buffer;
    from->offset = from->capacity = 0;
    from->buffer = NULL;
}

void buffer_move(Buffer *to, Buffer *from)
{
    if (to->offset == 0) {
        buffer_move_empty(to, from);
        return;
    }
    buffer_append(to, from->buffer, from->offset);
    g_free(from->buffer);
    from->offset = from->capacity = 0;
    from->buffer = NULL;
}
