/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the handshake of a WebSocket and its frames. */
#ifndef IO_WEBSOCKET_INTERNAL_H
#define IO_WEBSOCKET_INTERNAL_H

#include "io/websocket.h"
#include "qemu/thread.h"

/* Longest request, and as much input as is read at once. */
#define WEBSOCKET_INPUT_BYTES 4096

typedef enum WebSocketOpcode {
    WEBSOCKET_CONTINUATION = 0,
    WEBSOCKET_TEXT = 1,
    WEBSOCKET_BINARY = 2,
    WEBSOCKET_CLOSE = 8,
    WEBSOCKET_PING = 9,
    WEBSOCKET_PONG = 10,
} WebSocketOpcode;

struct WebSocket {
    WebSocketReadFunc read_fn;
    WebSocketWriteFunc write_fn;
    void *opaque;
    GDestroyNotify destroy;

    bool answered; /* the request is accepted, and that is in @out */

    /* what came from the transport */
    uint8_t in[WEBSOCKET_INPUT_BYTES];
    size_t in_start, in_end;
    bool starved; /* the transport had no more when it was asked last */

    /* the frame that is being read */
    bool in_frame, in_message;
    WebSocketOpcode opcode;
    uint64_t left; /* bytes of it that are still to come */
    uint8_t mask[4];
    unsigned mask_at;
    uint8_t control[125]; /* of a control frame */
    size_t control_len;
    bool closed;

    QemuMutex lock;  /* what follows */
    GByteArray *out; /* for the transport */
    size_t unsent;   /* bytes in it that the writer was told to try again with */
};

/* Output as far as the transport takes it: true when it is all gone. Lock held. */
bool websocket_flush(WebSocket *ws);
/* More input: as read_fn(). */
ssize_t websocket_fill(WebSocket *ws);

#endif
