/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WebSockets: frames (RFC 6455 section 5), and the end (section 7). */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/lockable.h"
#include "websocket-internal.h"

/* Data of one frame of ours at the most. */
#define FRAME_BYTES (32 * 1024)
/* A peer that pings and takes nothing gets no more answers than this. */
#define OUT_LIMIT (2 * FRAME_BYTES)

enum {
    FIN = 0x80,
    RESERVED = 0x70,
    MASKED = 0x80,
    LENGTH = 0x7f,
    LENGTH_16 = 126,
    LENGTH_64 = 127
};
/* Status codes of a close frame, section 7.4.1. */
enum { STATUS_NORMAL = 1000, STATUS_PROTOCOL = 1002 };

/* ---- the transport ---- */

bool websocket_flush(WebSocket *ws)
{
    while (ws->out->len) {
        ssize_t n = ws->write_fn(ws->opaque, ws->out->data, ws->out->len);

        if (n <= 0) {
            errno = n ? errno : EPIPE;
            return false;
        }
        g_byte_array_remove_range(ws->out, 0, n);
    }
    return true;
}

ssize_t websocket_fill(WebSocket *ws)
{
    ssize_t n;

    if (ws->in_start) {
        memmove(ws->in, ws->in + ws->in_start, ws->in_end - ws->in_start);
        ws->in_end -= ws->in_start;
        ws->in_start = 0;
    }
    n = ws->read_fn(ws->opaque, ws->in + ws->in_end, sizeof(ws->in) - ws->in_end);
    ws->starved = n < 0;
    ws->in_end += MAX(n, 0);
    return n;
}

/* ---- output ---- */

/* A server's frames have no mask (section 5.1). */
static void append_frame(WebSocket *ws, WebSocketOpcode opcode, const void *data, size_t len)
{
    uint8_t head[4] = {FIN | opcode, len < LENGTH_16 ? len : LENGTH_16};

    stw_be_p(head + 2, len);
    g_byte_array_append(ws->out, head, len < LENGTH_16 ? 2 : 4);
    g_byte_array_append(ws->out, data, len);
}

/* What the protocol itself says; the next write or control frame takes along what stays behind. */
static void send_control(WebSocket *ws, WebSocketOpcode opcode, const void *data, size_t len)
{
    QEMU_LOCK_GUARD(&ws->lock);

    if (ws->out->len < OUT_LIMIT) {
        append_frame(ws, opcode, data, len);
        websocket_flush(ws);
    }
}

static void send_close(WebSocket *ws, unsigned status)
{
    uint8_t code[2];

    stw_be_p(code, status);
    send_control(ws, WEBSOCKET_CLOSE, code, sizeof(code));
}

ssize_t websocket_write(WebSocket *ws, const void *buf, size_t len)
{
    size_t n = MIN(len, FRAME_BYTES);

    QEMU_LOCK_GUARD(&ws->lock);
    if (!websocket_flush(ws)) {
        return -1;
    }
    if (ws->unsent) { /* these are what the caller gives again */
        n = MIN(len, ws->unsent);
        ws->unsent = 0;
        return n;
    }
    append_frame(ws, WEBSOCKET_BINARY, buf, n);
    if (websocket_flush(ws)) {
        return n;
    }
    ws->unsent = n;
    return -1;
}

void websocket_bye(WebSocket *ws)
{
    if (ws->answered && !ws->closed) {
        send_close(ws, STATUS_NORMAL);
    }
}

/* ---- input ---- */

static bool is_control(WebSocketOpcode opcode)
{
    return opcode >= WEBSOCKET_CLOSE;
}

/* The first two bytes of a frame are allowed here. */
static bool may_come(const WebSocket *ws, const uint8_t *head)
{
    if ((head[0] & RESERVED) || !(head[1] & MASKED)) {
        return false;
    }
    switch (head[0] & 0xf) {
    case WEBSOCKET_CONTINUATION:
        return ws->in_message;
    case WEBSOCKET_TEXT:
    case WEBSOCKET_BINARY:
        return !ws->in_message;
    case WEBSOCKET_CLOSE:
    case WEBSOCKET_PING:
    case WEBSOCKET_PONG:
        return (head[0] & FIN) && (head[1] & LENGTH) <= sizeof(ws->control);
    default:
        return false;
    }
}

/* 1: it is read; 0: it is not complete; -1: it is wrong. */
static int read_head(WebSocket *ws)
{
    const uint8_t *head = ws->in + ws->in_start;
    size_t have = ws->in_end - ws->in_start, need = 2;

    if (have < need) {
        return 0;
    }
    if (!may_come(ws, head)) {
        return -1;
    }
    ws->left = head[1] & LENGTH;
    need += ws->left == LENGTH_16 ? 2 : ws->left == LENGTH_64 ? 8 : 0;
    if (have < need + sizeof(ws->mask)) {
        return 0;
    }
    ws->left = ws->left == LENGTH_16   ? lduw_be_p(head + 2)
               : ws->left == LENGTH_64 ? ldq_be_p(head + 2)
                                       : ws->left;
    if (ws->left > INT64_MAX) {
        return -1;
    }
    memcpy(ws->mask, head + need, sizeof(ws->mask));
    ws->in_start += need + sizeof(ws->mask);
    ws->mask_at = 0;
    ws->opcode = head[0] & 0xf;
    ws->in_frame = true;
    ws->control_len = 0;
    if (!is_control(ws->opcode)) {
        ws->in_message = !(head[0] & FIN);
    }
    return 1;
}

/* Data of the frame, as much as is there. */
static size_t take_data(WebSocket *ws, uint8_t *buf, size_t len)
{
    size_t n = MIN(MIN(len, ws->left), ws->in_end - ws->in_start);

    for (size_t i = 0; i < n; i++) {
        buf[i] = ws->in[ws->in_start++] ^ ws->mask[ws->mask_at++ % sizeof(ws->mask)];
    }
    ws->left -= n;
    ws->in_frame = ws->left > 0;
    return n;
}

static void take_control(WebSocket *ws)
{
    ws->control_len +=
        take_data(ws, ws->control + ws->control_len, sizeof(ws->control) - ws->control_len);
    if (ws->in_frame) {
        return;
    }
    if (ws->opcode == WEBSOCKET_PING) {
        send_control(ws, WEBSOCKET_PONG, ws->control, ws->control_len);
    } else if (ws->opcode == WEBSOCKET_CLOSE) {
        /* With the same status, section 5.5.1. */
        send_control(ws, WEBSOCKET_CLOSE, ws->control, MIN(ws->control_len, 2));
        ws->closed = true;
    }
}

static ssize_t protocol_error(WebSocket *ws)
{
    send_close(ws, STATUS_PROTOCOL);
    ws->closed = true;
    errno = EPROTO;
    return -1;
}

ssize_t websocket_read(WebSocket *ws, void *buf, size_t len)
{
    while (!ws->closed && len) {
        int head = ws->in_frame ? 1 : read_head(ws);
        bool hungry = !head || (ws->left && ws->in_start == ws->in_end);
        ssize_t n;

        if (head < 0) {
            return protocol_error(ws);
        }
        if (hungry) {
            n = websocket_fill(ws);
            if (n <= 0) {
                return n;
            }
        } else if (is_control(ws->opcode)) {
            take_control(ws);
        } else {
            n = take_data(ws, buf, len);
            if (n) {
                return n;
            }
        }
    }
    return 0;
}

bool websocket_pending(const WebSocket *ws)
{
    return !ws->starved && ws->in_start < ws->in_end;
}

/* ---- life ---- */

WebSocket *websocket_new(WebSocketReadFunc read_fn, WebSocketWriteFunc write_fn, void *opaque,
                         GDestroyNotify destroy)
{
    WebSocket *ws = g_new0(WebSocket, 1);

    ws->read_fn = read_fn;
    ws->write_fn = write_fn;
    ws->opaque = opaque;
    ws->destroy = destroy;
    ws->out = g_byte_array_new();
    qemu_mutex_init(&ws->lock);
    return ws;
}

void websocket_free(WebSocket *ws)
{
    if (!ws) {
        return;
    }
    if (ws->destroy) {
        ws->destroy(ws->opaque);
    }
    g_byte_array_unref(ws->out);
    qemu_mutex_destroy(&ws->lock);
    g_free(ws);
}
