/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ring of bytes of a fixed size. */

#include "qemu/osdep.h"
#include "qemu/fifo8.h"

void fifo8_create(Fifo8 *fifo, uint32_t capacity)
{
    fifo->data = g_new(uint8_t, capacity);
    fifo->capacity = capacity;
    fifo8_reset(fifo);
}

void fifo8_destroy(Fifo8 *fifo)
{
    g_clear_pointer(&fifo->data, g_free);
}

void fifo8_push(Fifo8 *fifo, uint8_t data)
{
    fifo8_push_all(fifo, &data, 1);
}

void fifo8_push_all(Fifo8 *fifo, const uint8_t *data, uint32_t num)
{
    uint32_t start = (fifo->head + fifo->num) % fifo->capacity;
    uint32_t first = MIN(num, fifo->capacity - start);

    g_assert(num <= fifo8_num_free(fifo)); /* the model checked */
    memcpy(fifo->data + start, data, first);
    memcpy(fifo->data, data + first, num - first);
    fifo->num += num;
}

uint8_t fifo8_pop(Fifo8 *fifo)
{
    uint8_t byte = fifo8_peek(fifo);

    fifo8_drop(fifo, 1);
    return byte;
}

uint8_t fifo8_peek(Fifo8 *fifo)
{
    g_assert(fifo->num > 0); /* the model checked */
    return fifo->data[fifo->head];
}

uint32_t fifo8_peek_buf(Fifo8 *fifo, uint8_t *dest, uint32_t destlen)
{
    uint32_t len = MIN(destlen, fifo->num);
    uint32_t first = MIN(len, fifo->capacity - fifo->head);

    if (dest) {
        memcpy(dest, fifo->data + fifo->head, first);
        memcpy(dest + first, fifo->data, len - first);
    }
    return len;
}

uint32_t fifo8_pop_buf(Fifo8 *fifo, uint8_t *dest, uint32_t destlen)
{
    uint32_t len = fifo8_peek_buf(fifo, dest, destlen);

    fifo8_drop(fifo, len);
    return len;
}

const uint8_t *fifo8_peek_bufptr(Fifo8 *fifo, uint32_t max, uint32_t *numptr)
{
    *numptr = MIN(MIN(max, fifo->num), fifo->capacity - fifo->head);
    return fifo->data + fifo->head;
}

const uint8_t *fifo8_pop_bufptr(Fifo8 *fifo, uint32_t max, uint32_t *numptr)
{
    const uint8_t *at = fifo8_peek_bufptr(fifo, max, numptr);

    fifo8_drop(fifo, *numptr);
    return at;
}

void fifo8_drop(Fifo8 *fifo, uint32_t len)
{
    len = MIN(len, fifo->num);
    fifo->head = (fifo->head + len) % fifo->capacity;
    fifo->num -= len;
}

void fifo8_reset(Fifo8 *fifo)
{
    fifo->num = 0;
    fifo->head = 0;
}

bool fifo8_is_empty(Fifo8 *fifo)
{
    return fifo->num == 0;
}

bool fifo8_is_full(Fifo8 *fifo)
{
    return fifo->num == fifo->capacity;
}

uint32_t fifo8_num_free(Fifo8 *fifo)
{
    return fifo->capacity - fifo->num;
}

uint32_t fifo8_num_used(Fifo8 *fifo)
{
    return fifo->num;
}
