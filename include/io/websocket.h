/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The server's side of a WebSocket (RFC 6455) over any transport that does not block: the request
 * by HTTP, then frames, whose data is one stream of bytes. One thread may read while others write;
 * the handshake is done before both.
 */
#ifndef IO_WEBSOCKET_H
#define IO_WEBSOCKET_H

#include "qapi/error.h"

typedef struct WebSocket WebSocket;

/* The transport: as read(2) and write(2), with errno; EAGAIN when it would block. */
typedef ssize_t (*WebSocketReadFunc)(void *opaque, void *buf, size_t len);
typedef ssize_t (*WebSocketWriteFunc)(void *opaque, const void *buf, size_t len);

typedef enum WebSocketHandshake {
    WEBSOCKET_HANDSHAKE_FAILED = -1,
    WEBSOCKET_HANDSHAKE_COMPLETE,
    WEBSOCKET_HANDSHAKE_SENDING, /* go on when the transport takes data */
    WEBSOCKET_HANDSHAKE_RECVING, /* go on when it has some */
} WebSocketHandshake;

/* @opaque is freed with it by @destroy, which may be NULL. */
WebSocket *websocket_new(WebSocketReadFunc read_fn, WebSocketWriteFunc write_fn, void *opaque,
                         GDestroyNotify destroy);
void websocket_free(WebSocket *ws);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WebSocket, websocket_free)

/* Goes on with it. A client that is refused is told so. */
WebSocketHandshake websocket_handshake(WebSocket *ws, Error **errp);

/*
 * As read(2) and write(2) of a socket that does not block: -1 with errno (EPROTO: the peer broke
 * the rules, and was told); 0 at the end. A write that got EAGAIN is done again with the same
 * bytes first.
 */
ssize_t websocket_read(WebSocket *ws, void *buf, size_t len);
ssize_t websocket_write(WebSocket *ws, const void *buf, size_t len);
/* There may be something to read without the transport having anything. */
bool websocket_pending(const WebSocket *ws);
/* Says good-bye, without waiting for an answer. */
void websocket_bye(WebSocket *ws);

#endif
