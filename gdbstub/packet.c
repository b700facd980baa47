/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Framing of the remote protocol: "$BODY#SUM", '}' escapes in binary data, run
 * lengths after '*', Ctrl-C between packets (gdb manual, E.1 "Overview").
 */
#include "qemu/osdep.h"
#include "gdbstub/gdb-int.h"

void gdb_rx_init(GdbReceiver *rx)
{
    *rx = (GdbReceiver){.body = g_byte_array_new(), .check_sum = true};
}

void gdb_rx_free(GdbReceiver *rx)
{
    g_byte_array_unref(rx->body);
    *rx = (GdbReceiver){0};
}

static void append(GdbReceiver *rx, uint8_t c, unsigned count)
{
    if (rx->body->len + count > GDB_PACKET_MAX) {
        rx->overflow = true;
        return;
    }
    while (count--) {
        g_byte_array_append(rx->body, &c, 1);
    }
}

/* Everything but escapes and the end. */
static void body_byte(GdbReceiver *rx, uint8_t c)
{
    if (c == '$') {
        /* The end of the one before was lost. */
        g_byte_array_set_size(rx->body, 0);
        rx->sum = 0;
        rx->overflow = false;
        return;
    }
    rx->sum += c;
    if (c == '}') {
        rx->state = GDB_RX_ESCAPE;
    } else if (c == '*' && rx->body->len) {
        rx->state = GDB_RX_REPEAT;
    } else {
        append(rx, c, 1);
    }
}

static void repeat_byte(GdbReceiver *rx, uint8_t c)
{
    rx->sum += c;
    rx->state = GDB_RX_BODY;
    if (c >= ' ' && c <= '~') {
        append(rx, rx->body->data[rx->body->len - 1], c - 29);
    } else {
        /* No count: then it was a star. */
        append(rx, '*', 1);
        append(rx, c, 1);
    }
}

static GdbRxEvent idle_byte(GdbReceiver *rx, uint8_t c)
{
    switch (c) {
    case '$':
        g_byte_array_set_size(rx->body, 0);
        rx->sum = 0;
        rx->overflow = false;
        rx->state = GDB_RX_BODY;
        return GDB_RX_NONE;
    case 3:
        return GDB_RX_INTERRUPT;
    case '-':
        return GDB_RX_NACK;
    default: /* '+', and noise of the line */
        return GDB_RX_NONE;
    }
}

static GdbRxEvent finish(GdbReceiver *rx)
{
    static const uint8_t nul;

    rx->state = GDB_RX_IDLE;
    if (rx->check_sum && rx->sum != rx->want_sum) {
        return GDB_RX_BAD;
    }
    if (rx->overflow) {
        /* To send it again would not help: it is answered like an unknown one. */
        g_byte_array_set_size(rx->body, 0);
    }
    g_byte_array_append(rx->body, &nul, 1);
    g_byte_array_set_size(rx->body, rx->body->len - 1);
    return GDB_RX_PACKET;
}

GdbRxEvent gdb_rx_byte(GdbReceiver *rx, uint8_t c)
{
    int digit;

    switch (rx->state) {
    case GDB_RX_IDLE:
        return idle_byte(rx, c);
    case GDB_RX_BODY:
        if (c == '#') {
            rx->state = GDB_RX_SUM1;
        } else {
            body_byte(rx, c);
        }
        return GDB_RX_NONE;
    case GDB_RX_ESCAPE:
        rx->sum += c;
        rx->state = GDB_RX_BODY;
        append(rx, c ^ 0x20, 1);
        return GDB_RX_NONE;
    case GDB_RX_REPEAT:
        if (c == '#') {
            append(rx, '*', 1);
            rx->state = GDB_RX_SUM1;
        } else {
            repeat_byte(rx, c);
        }
        return GDB_RX_NONE;
    case GDB_RX_SUM1:
    case GDB_RX_SUM2:
        digit = g_ascii_xdigit_value(c);
        if (digit < 0) {
            rx->state = GDB_RX_IDLE;
            return GDB_RX_BAD;
        }
        if (rx->state == GDB_RX_SUM1) {
            rx->want_sum = digit << 4;
            rx->state = GDB_RX_SUM2;
            return GDB_RX_NONE;
        }
        rx->want_sum |= digit;
        return finish(rx);
    }
    return GDB_RX_NONE;
}

void gdb_frame(GByteArray *out, const uint8_t *data, size_t len)
{
    static const uint8_t start = '$', escape = '}';
    uint8_t sum = 0;
    char end[4];

    g_byte_array_append(out, &start, 1);
    for (size_t i = 0; i < len; i++) {
        uint8_t c = data[i];

        if (c == '#' || c == '$' || c == '}' || c == '*') {
            g_byte_array_append(out, &escape, 1);
            sum += escape;
            c ^= 0x20;
        }
        g_byte_array_append(out, &c, 1);
        sum += c;
    }
    snprintf(end, sizeof(end), "#%02x", sum);
    g_byte_array_append(out, (uint8_t *)end, 3);
}

/* ---- numbers ---- */

void gdb_append_hex(GString *s, const uint8_t *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        g_string_append_c(s, digits[data[i] >> 4]);
        g_string_append_c(s, digits[data[i] & 15]);
    }
}

bool gdb_parse_hex(const char *digits, uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        int high = g_ascii_xdigit_value(digits[i * 2]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(digits[i * 2 + 1]);

        if (low < 0) {
            return false;
        }
        data[i] = high << 4 | low;
    }
    return true;
}

bool gdb_parse_number(const char **p, uint64_t *value)
{
    const char *s = *p;
    uint64_t v = 0;

    while (g_ascii_isxdigit(*s)) {
        if (v >> 60) {
            return false;
        }
        v = v << 4 | g_ascii_xdigit_value(*s++);
    }
    if (s == *p) {
        return false;
    }
    *p = s;
    *value = v;
    return true;
}
