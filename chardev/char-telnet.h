/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The telnet side of socket character devices. */
#ifndef CHARDEV_CHAR_TELNET_H
#define CHARDEV_CHAR_TELNET_H

#include "chardev/char.h"

#define TELNET_IAC 255

typedef struct TelnetState {
    int received; /* bytes of the command that is coming in */
    bool subnegotiation;
    bool half_sent; /* one of the two bytes of a 255 */
} TelnetState;

/* A new connection. The options that are announced to the peer, *@len bytes: characters at once, no
 * local echo, eight bits. */
const uint8_t *telnet_start(TelnetState *t, size_t *len);
/* Takes commands out of @buf; what is left is data: its length. A break becomes an event. */
size_t telnet_filter(TelnetState *t, Chardev *chr, uint8_t *buf, size_t len);

#endif
