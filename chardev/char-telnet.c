/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telnet (RFC 854 to 858) as much as a terminal on a socket needs it. */

#include "qemu/osdep.h"
#include "char-telnet.h"

enum { SE = 240, BRK = 243, IP = 244, SB = 250, WILL = 251, WONT = 252, DO = 253, DONT = 254 };
enum { OPT_BINARY = 0, OPT_ECHO = 1, OPT_SUPPRESS_GA = 3 };

const uint8_t *telnet_start(TelnetState *t, size_t *len)
{
    static const uint8_t greeting[] = {
        TELNET_IAC, WILL, OPT_ECHO,   TELNET_IAC, WILL, OPT_SUPPRESS_GA,
        TELNET_IAC, WILL, OPT_BINARY, TELNET_IAC, DO,   OPT_BINARY,
    };

    memset(t, 0, sizeof(*t));
    *len = sizeof(greeting);
    return greeting;
}

/* The second byte of a command: true if it was a 255 that is data. */
static bool second_byte(TelnetState *t, Chardev *chr, uint8_t ch)
{
    t->received = 0;
    switch (ch) {
    case TELNET_IAC:
        return !t->subnegotiation;
    case SB:
        t->subnegotiation = true;
        break;
    case SE:
        t->subnegotiation = false;
        break;
    case BRK:
    case IP:
        qemu_chr_be_event(chr, CHR_EVENT_BREAK);
        break;
    case WILL:
    case WONT:
    case DO:
    case DONT:
        t->received = 2; /* an option follows; ours are settled */
        break;
    }
    return false;
}

size_t telnet_filter(TelnetState *t, Chardev *chr, uint8_t *buf, size_t len)
{
    size_t out = 0;

    for (size_t i = 0; i < len; i++) {
        uint8_t ch = buf[i];

        if (t->received == 2) {
            t->received = 0;
        } else if (t->received == 1) {
            if (second_byte(t, chr, ch)) {
                buf[out++] = ch;
            }
        } else if (ch == TELNET_IAC) {
            t->received = 1;
        } else if (!t->subnegotiation) {
            buf[out++] = ch;
        }
    }
    return out;
}
