/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ring buffer back end, for ringbuf-read and ringbuf-write. */
#ifndef CHARDEV_CHAR_RINGBUF_H
#define CHARDEV_CHAR_RINGBUF_H

#include "chardev/char.h"

bool qemu_chr_is_ringbuf(Chardev *chr);
/* Bytes that are there to read. */
size_t ringbuf_count(Chardev *chr);
size_t ringbuf_read(Chardev *chr, uint8_t *buf, size_t len);

#endif
