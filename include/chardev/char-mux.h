/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Multiplexer: several front ends on one back end, switched by escape keys. */
#ifndef CHARDEV_CHAR_MUX_H
#define CHARDEV_CHAR_MUX_H

#include "chardev/char-fe.h"

/* First key of an escape sequence; -echr. */
extern int term_escape_char;

bool mux_chr_attach_frontend(Chardev *chr, CharBackend *b, unsigned *tag, Error **errp);
void mux_chr_detach_frontend(Chardev *chr, unsigned tag);
bool mux_chr_has_frontends(Chardev *chr);
void mux_set_focus(Chardev *chr, unsigned focus);
/* One of the front ends gets the input. */
bool mux_has_focus(Chardev *chr);
/* Tell every front end. */
void mux_chr_send_all_event(Chardev *chr, QEMUChrEvent event);

#endif
