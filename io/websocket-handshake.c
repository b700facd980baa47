/* SPDX-License-Identifier: GPL-2.0-or-later */
/* WebSockets: the opening handshake as a server (RFC 6455 section 4.2). */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/lockable.h"
#include "websocket-internal.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
/* A key is 16 bytes in base 64. */
#define KEY_CHARS 24
/* The subprotocol of which all data is bytes; that of noVNC and its like. */
#define PROTOCOL "binary"

/* Value of the header @name; NULL: there is none. @lines end with NULL. */
static const char *header(char **lines, const char *name)
{
    size_t len = strlen(name);

    for (; *lines; lines++) {
        if (!g_ascii_strncasecmp(*lines, name, len) && (*lines)[len] == ':') {
            return g_strstrip(*lines + len + 1);
        }
    }
    return NULL;
}

/* @list is names with commas between them; upper and lower case are the same. */
static bool list_has(const char *list, const char *name)
{
    g_auto(GStrv) words = g_strsplit(list ? list : "", ",", 0);

    for (char **w = words; *w; w++) {
        if (!g_ascii_strcasecmp(g_strstrip(*w), name)) {
            return true;
        }
    }
    return false;
}

static bool is_key(const char *key)
{
    gsize len;
    g_autofree uint8_t *bytes = key && strlen(key) == KEY_CHARS ? g_base64_decode(key, &len) : NULL;

    return bytes && len == 16;
}

static char *accept_value(const char *key)
{
    g_autofree char *text = g_strconcat(key, GUID, NULL);
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA1);
    uint8_t digest[20];
    gsize len = sizeof(digest);

    g_checksum_update(sum, (uint8_t *)text, strlen(text));
    g_checksum_get_digest(sum, digest, &len);
    return g_base64_encode(digest, len);
}

/* What is wrong with the request, NULL: nothing. */
static const char *find_fault(char **lines, const char *key, const char *protocols)
{
    const char *version;

    if (!g_str_has_prefix(lines[0], "GET ") || !g_str_has_suffix(lines[0], " HTTP/1.1")) {
        return "it is not a GET of HTTP/1.1";
    }
    version = header(lines + 1, "Sec-WebSocket-Version");
    if (!header(lines + 1, "Host") || !list_has(header(lines + 1, "Upgrade"), "websocket") ||
        !list_has(header(lines + 1, "Connection"), "Upgrade")) {
        return "it does not ask for a WebSocket";
    }
    if (!version || strcmp(version, "13")) {
        return "Sec-WebSocket-Version is not 13";
    }
    if (!is_key(key)) {
        return "Sec-WebSocket-Key is not 16 bytes in base 64";
    }
    return protocols && !list_has(protocols, PROTOCOL) ? "it offers protocols, but not '" PROTOCOL
                                                         "'"
                                                       : NULL;
}

static void answer(WebSocket *ws, const char *text)
{
    QEMU_LOCK_GUARD(&ws->lock);

    g_byte_array_append(ws->out, (const uint8_t *)text, strlen(text));
}

static WebSocketHandshake refuse(WebSocket *ws, const char *why, Error **errp)
{
    error_setg(errp, "WebSocket handshake failed: the request is refused: %s", why);
    answer(ws, "HTTP/1.1 400 Bad Request\r\n"
               "Connection: close\r\n"
               "Sec-WebSocket-Version: 13\r\n\r\n");
    QEMU_LOCK_GUARD(&ws->lock);
    websocket_flush(ws); /* as far as it goes: nobody waits for who is refused */
    return WEBSOCKET_HANDSHAKE_FAILED;
}

static void accept_request(WebSocket *ws, const char *key, bool with_protocol)
{
    g_autofree char *value = accept_value(key);
    g_autofree char *text =
        g_strdup_printf("HTTP/1.1 101 Switching Protocols\r\n"
                        "Upgrade: websocket\r\n"
                        "Connection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: %s\r\n%s\r\n",
                        value, with_protocol ? "Sec-WebSocket-Protocol: " PROTOCOL "\r\n" : "");

    answer(ws, text);
    ws->answered = true;
}

/* The request is complete: its @len bytes. */
static bool judge(WebSocket *ws, size_t len, Error **errp)
{
    g_autofree char *text = g_strndup((char *)ws->in, len);
    g_auto(GStrv) lines = NULL;
    const char *key, *protocols, *fault;

    if (strlen(text) != len) {
        refuse(ws, "it has a byte 0", errp);
        return false;
    }
    lines = g_strsplit(text, "\r\n", 0);
    key = header(lines + 1, "Sec-WebSocket-Key");
    protocols = header(lines + 1, "Sec-WebSocket-Protocol");
    fault = find_fault(lines, key, protocols);
    if (fault) {
        refuse(ws, fault, errp);
        return false;
    }
    accept_request(ws, key, protocols != NULL);
    ws->in_start = len;
    return true;
}

static WebSocketHandshake read_request(WebSocket *ws, Error **errp)
{
    for (;;) {
        uint8_t *end = memmem(ws->in, ws->in_end, "\r\n\r\n", 4);
        ssize_t n;

        if (end) {
            return judge(ws, end + 4 - ws->in, errp) ? WEBSOCKET_HANDSHAKE_COMPLETE
                                                     : WEBSOCKET_HANDSHAKE_FAILED;
        }
        if (ws->in_end == sizeof(ws->in)) {
            return refuse(ws, "it is too long", errp);
        }
        n = websocket_fill(ws);
        if (n == 0) {
            error_setg(errp, "WebSocket handshake failed: the peer closed the connection");
            return WEBSOCKET_HANDSHAKE_FAILED;
        }
        if (n < 0 && errno == EAGAIN) {
            return WEBSOCKET_HANDSHAKE_RECVING;
        }
        if (n < 0) {
            error_setg_errno(errp, errno, "WebSocket handshake failed");
            return WEBSOCKET_HANDSHAKE_FAILED;
        }
    }
}

WebSocketHandshake websocket_handshake(WebSocket *ws, Error **errp)
{
    if (!ws->answered) {
        WebSocketHandshake state = read_request(ws, errp);

        if (state != WEBSOCKET_HANDSHAKE_COMPLETE) {
            return state;
        }
    }
    QEMU_LOCK_GUARD(&ws->lock);
    if (websocket_flush(ws)) {
        return WEBSOCKET_HANDSHAKE_COMPLETE;
    }
    if (errno == EAGAIN) {
        return WEBSOCKET_HANDSHAKE_SENDING;
    }
    error_setg_errno(errp, errno, "WebSocket handshake failed");
    return WEBSOCKET_HANDSHAKE_FAILED;
}
