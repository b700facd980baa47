/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WebSockets: requests, frames of all kinds, and a transport that gives and takes little. */
#include "qemu/osdep.h"
#include "io/websocket.h"

/* A transport in memory: what the peer sends, and what it was sent. */
typedef struct Wire {
    GByteArray *to_us, *to_peer;
    size_t step; /* most bytes that a call moves */
    size_t room; /* of @to_peer */
    bool ended;
} Wire;

static ssize_t wire_read(void *opaque, void *buf, size_t len)
{
    Wire *w = opaque;
    size_t n = MIN(MIN(len, w->step), w->to_us->len);

    if (!n) {
        errno = EAGAIN;
        return w->ended ? 0 : -1;
    }
    memcpy(buf, w->to_us->data, n);
    g_byte_array_remove_range(w->to_us, 0, n);
    return n;
}

static ssize_t wire_write(void *opaque, const void *buf, size_t len)
{
    Wire *w = opaque;
    size_t n = MIN(MIN(len, w->step), w->room - w->to_peer->len);

    if (!n) {
        errno = EAGAIN;
        return -1;
    }
    g_byte_array_append(w->to_peer, buf, n);
    return n;
}

static void wire_init(Wire *w)
{
    *w = (Wire){g_byte_array_new(), g_byte_array_new(), SIZE_MAX, SIZE_MAX};
}

static void wire_clear(Wire *w)
{
    g_byte_array_unref(w->to_us);
    g_byte_array_unref(w->to_peer);
}

static void send_bytes(Wire *w, const void *data, size_t len)
{
    g_byte_array_append(w->to_us, data, len);
}

static void send_text(Wire *w, const char *text)
{
    send_bytes(w, text, strlen(text));
}

#define REQUEST_WITHOUT_KEY                                                                        \
    "GET /console HTTP/1.1\r\nHost: server.example\r\nupgrade: WebSocket\r\n"                      \
    "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
/* The example of RFC 6455 section 1.3. */
#define REQUEST REQUEST_WITHOUT_KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

static WebSocket *connected(Wire *w)
{
    WebSocket *ws;

    wire_init(w);
    ws = websocket_new(wire_read, wire_write, w, NULL);
    send_text(w, REQUEST "\r\n");
    g_assert_cmpint(websocket_handshake(ws, &error_abort), ==, WEBSOCKET_HANDSHAKE_COMPLETE);
    g_byte_array_set_size(w->to_peer, 0);
    return ws;
}

/* ---- the handshake ---- */

static void test_accepted(void)
{
    static const struct {
        const char *more;
        bool protocol;
    } cases[] = {
        {"", false},
        {"Sec-WebSocket-Protocol: binary\r\n", true},
        {"sec-websocket-protocol: base64 , Binary\r\n", true},
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *request = g_strconcat(REQUEST, cases[i].more, "\r\n", NULL);
        g_autofree char *text = NULL;
        Wire w;
        WebSocket *ws;

        wire_init(&w);
        ws = websocket_new(wire_read, wire_write, &w, NULL);
        send_text(&w, request);
        g_assert_cmpint(websocket_handshake(ws, &error_abort), ==, WEBSOCKET_HANDSHAKE_COMPLETE);
        text = g_strndup((char *)w.to_peer->data, w.to_peer->len);
        g_assert_true(g_str_has_prefix(text, "HTTP/1.1 101 "));
        g_assert_true(g_str_has_suffix(text, "\r\n\r\n"));
        g_assert_nonnull(
            strstr(text, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
        g_assert_true(!strstr(text, "Sec-WebSocket-Protocol: binary\r\n") == !cases[i].protocol);
        websocket_free(ws);
        wire_clear(&w);
    }
}

static void test_refused(void)
{
    g_autofree char *endless = g_strnfill(5000, 'x');
    const char *requests[] = {
        "POST / HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\r\n\r\n",
        REQUEST_WITHOUT_KEY "\r\n",
        REQUEST_WITHOUT_KEY "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n",
        REQUEST_WITHOUT_KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZ!Bub25jZQ==\r\n\r\n",
        REQUEST "Sec-WebSocket-Protocol: chat\r\n\r\n",
        endless,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        Error *err = NULL;
        Wire w;
        WebSocket *ws;

        wire_init(&w);
        ws = websocket_new(wire_read, wire_write, &w, NULL);
        send_text(&w, requests[i]);
        g_assert_cmpint(websocket_handshake(ws, &err), ==, WEBSOCKET_HANDSHAKE_FAILED);
        g_assert_nonnull(strstr(error_get_pretty(err), "refused"));
        error_free(err);
        g_assert_cmpmem(w.to_peer->data, 13, "HTTP/1.1 400 ", 13);
        websocket_free(ws);
        wire_clear(&w);
    }
}

/* A byte at a time, both ways; and data right behind the request. */
static void test_slow(void)
{
    static const uint8_t frame[] = {0x82, 0x81, 1, 2, 3, 4, 'x' ^ 1};
    Wire w;
    WebSocket *ws;
    int state;
    char c;

    wire_init(&w);
    w.step = 1;
    w.room = 10;
    ws = websocket_new(wire_read, wire_write, &w, NULL);
    g_assert_cmpint(websocket_handshake(ws, &error_abort), ==, WEBSOCKET_HANDSHAKE_RECVING);
    send_text(&w, REQUEST "\r\n");
    send_bytes(&w, frame, sizeof(frame));
    while ((state = websocket_handshake(ws, &error_abort)) == WEBSOCKET_HANDSHAKE_SENDING) {
        w.room += 10;
    }
    g_assert_cmpint(state, ==, WEBSOCKET_HANDSHAKE_COMPLETE);
    g_assert_cmpint(websocket_read(ws, &c, 1), ==, 1);
    g_assert_cmpint(c, ==, 'x');
    g_assert_cmpint(websocket_read(ws, &c, 1), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    websocket_free(ws);
    wire_clear(&w);
}

static void test_hangs_up(void)
{
    Error *err = NULL;
    Wire w;
    WebSocket *ws;

    wire_init(&w);
    ws = websocket_new(wire_read, wire_write, &w, NULL);
    send_text(&w, "GET / HT");
    w.ended = true;
    g_assert_cmpint(websocket_handshake(ws, &err), ==, WEBSOCKET_HANDSHAKE_FAILED);
    error_free(err);
    websocket_free(ws);
    wire_clear(&w);
}

/* ---- frames ---- */

static void append_frame(Wire *w, uint8_t first, const char *data, uint64_t len)
{
    static const uint8_t mask[4] = {0x11, 0xfe, 0, 0x80};
    uint8_t head[10] = {first};
    size_t n = 2;

    if (len < 126) {
        head[1] = len;
    } else {
        n = len < 65536 ? 4 : 10;
        head[1] = len < 65536 ? 126 : 127;
        for (size_t i = 2; i < n; i++) {
            head[i] = len >> (8 * (n - 1 - i));
        }
    }
    head[1] |= 0x80;
    send_bytes(w, head, n);
    send_bytes(w, mask, 4);
    for (uint64_t i = 0; i < len; i++) {
        uint8_t c = data[i] ^ mask[i % 4];
        send_bytes(w, &c, 1);
    }
}

static void assert_got(WebSocket *ws, const char *want)
{
    g_autoptr(GString) got = g_string_new(NULL);
    char buf[3];
    ssize_t n;

    while ((n = websocket_read(ws, buf, sizeof(buf))) > 0) {
        g_string_append_len(got, buf, n);
    }
    g_assert_cmpint(n, ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_false(websocket_pending(ws));
    g_assert_cmpstr(got->str, ==, want);
}

static void test_frames(void)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 100000};
    Wire w;
    WebSocket *ws = connected(&w);

    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *data = g_strnfill(sizes[i], 'a' + i);

        for (size_t j = 0; j < sizes[i]; j++) {
            data[j] += j % 16;
        }
        append_frame(&w, 0x82, data, sizes[i]);
        w.step = i % 2 ? 7 : SIZE_MAX;
        assert_got(ws, data);
    }
    websocket_free(ws);
    wire_clear(&w);
}

/* A message in parts, with a ping between them. */
static void test_fragments(void)
{
    static const uint8_t pong[] = {0x8a, 2, 'h', 'i'};
    Wire w;
    WebSocket *ws = connected(&w);
    char buf[2];

    append_frame(&w, 0x01, "one", 3);
    append_frame(&w, 0x89, "hi", 2);
    append_frame(&w, 0x00, "", 0);
    append_frame(&w, 0x8a, "unasked", 7);
    append_frame(&w, 0x80, "two", 3);
    append_frame(&w, 0x82, "three", 5);
    g_assert_cmpint(websocket_read(ws, buf, 2), ==, 2);
    g_assert_true(websocket_pending(ws));
    assert_got(ws, "etwothree");
    g_assert_cmpmem(w.to_peer->data, w.to_peer->len, pong, sizeof(pong));
    websocket_free(ws);
    wire_clear(&w);
}

static void test_close(void)
{
    static const uint8_t answer[] = {0x88, 2, 1000 >> 8, 1000 & 0xff};
    Wire w;
    WebSocket *ws = connected(&w);
    char c;

    append_frame(&w, 0x82, "x", 1);
    append_frame(&w, 0x88, "\x03\xe8so long", 9);
    append_frame(&w, 0x82, "y", 1);
    g_assert_cmpint(websocket_read(ws, &c, 1), ==, 1);
    g_assert_cmpint(websocket_read(ws, &c, 1), ==, 0);
    g_assert_cmpint(websocket_read(ws, &c, 1), ==, 0);
    websocket_bye(ws); /* is said */
    g_assert_cmpmem(w.to_peer->data, w.to_peer->len, answer, sizeof(answer));
    websocket_free(ws);
    wire_clear(&w);

    ws = connected(&w);
    websocket_bye(ws);
    g_assert_cmpmem(w.to_peer->data, w.to_peer->len, answer, sizeof(answer));
    websocket_free(ws);
    wire_clear(&w);
}

static void test_broken_rules(void)
{
    static const struct {
        uint8_t bytes[14];
        size_t len;
    } cases[] = {
        {{0x82, 0x01, 'x'}, 3},                        /* no mask */
        {{0xc2, 0x81, 0, 0, 0, 0, 'x'}, 7},            /* an extension */
        {{0x83, 0x81, 0, 0, 0, 0, 'x'}, 7},            /* no such frame */
        {{0x80, 0x81, 0, 0, 0, 0, 'x'}, 7},            /* continues nothing */
        {{0x09, 0x80, 0, 0, 0, 0}, 6},                 /* a ping in parts */
        {{0x89, 0xfe, 0, 126, 0, 0, 0, 0}, 8},         /* one that is too long */
        {{0x02, 0x80, 0, 0, 0, 0, 0x82, 0x80}, 8},     /* a message within another */
        {{0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0}, 14}, /* a negative length */
    };
    static const uint8_t answer[] = {0x88, 2, 1002 >> 8, 1002 & 0xff};

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Wire w;
        WebSocket *ws = connected(&w);
        char c;

        send_bytes(&w, cases[i].bytes, cases[i].len);
        g_assert_cmpint(websocket_read(ws, &c, 1), ==, -1);
        g_assert_cmpint(errno, ==, EPROTO);
        g_assert_cmpmem(w.to_peer->data, w.to_peer->len, answer, sizeof(answer));
        g_assert_cmpint(websocket_read(ws, &c, 1), ==, 0);
        websocket_free(ws);
        wire_clear(&w);
    }
}

/* ---- output ---- */

static void test_write(void)
{
    g_autofree char *data = g_strnfill(40000, 'd');
    Wire w;
    WebSocket *ws = connected(&w);
    size_t taken;

    g_assert_cmpint(websocket_write(ws, "hello", 5), ==, 5);
    g_assert_cmpmem(w.to_peer->data, w.to_peer->len, "\x82\x05hello", 7);
    g_byte_array_set_size(w.to_peer, 0);
    taken = websocket_write(ws, data, 40000);
    g_assert_cmpint(taken, >=, 126);
    g_assert_cmpint(w.to_peer->len, ==, taken + 4);
    g_assert_cmpint(w.to_peer->data[1], ==, 126);
    g_assert_cmpint(w.to_peer->data[2] << 8 | w.to_peer->data[3], ==, taken);
    websocket_free(ws);
    wire_clear(&w);
}

/* Frames stay whole however little the transport takes, and no byte is sent twice. */
static void test_write_little(void)
{
    Wire w;
    WebSocket *ws = connected(&w);

    w.room = 3;
    g_assert_cmpint(websocket_write(ws, "abcd", 4), ==, -1);
    g_assert_cmpint(errno, ==, EAGAIN);
    g_assert_cmpint(websocket_write(ws, "abcd", 4), ==, -1);
    w.room = 100;
    g_assert_cmpint(websocket_write(ws, "abcd", 4), ==, 4);
    g_assert_cmpint(websocket_write(ws, "e", 1), ==, 1);
    g_assert_cmpmem(w.to_peer->data, w.to_peer->len,
                    "\x82\x04"
                    "abcd\x82\x01"
                    "e",
                    9);
    websocket_free(ws);
    wire_clear(&w);
}

/* A peer that pings and reads nothing does not fill the memory. */
static void test_ping_flood(void)
{
    g_autofree char *data = g_strnfill(125, 'p');
    Wire w;
    WebSocket *ws = connected(&w);
    size_t kept;

    w.room = 0;
    for (int i = 0; i < 5000; i++) {
        append_frame(&w, 0x89, data, 125);
    }
    assert_got(ws, "");
    w.room = SIZE_MAX;
    g_assert_cmpint(websocket_write(ws, "e", 1), ==, 1);
    kept = w.to_peer->len;
    g_assert_cmpint(kept, <, 128 * 1024);
    websocket_free(ws);
    wire_clear(&w);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/websocket/handshake/accepted", test_accepted);
    g_test_add_func("/websocket/handshake/refused", test_refused);
    g_test_add_func("/websocket/handshake/slow", test_slow);
    g_test_add_func("/websocket/handshake/hangs-up", test_hangs_up);
    g_test_add_func("/websocket/frames", test_frames);
    g_test_add_func("/websocket/fragments", test_fragments);
    g_test_add_func("/websocket/close", test_close);
    g_test_add_func("/websocket/broken-rules", test_broken_rules);
    g_test_add_func("/websocket/write", test_write);
    g_test_add_func("/websocket/write-little", test_write_little);
    g_test_add_func("/websocket/ping-flood", test_ping_flood);
    return g_test_run();
}
