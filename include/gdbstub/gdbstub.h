/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The gdb remote protocol on a character device: -gdb, -s, HMP gdbserver. */
#ifndef GDBSTUB_GDBSTUB_H
#define GDBSTUB_GDBSTUB_H

#include "qapi/error.h"

#define GDBSTUB_DEFAULT_DEVICE "tcp::1234"

/*
 * Waits for a debugger on @device: the short form of a character device
 * ("tcp::1234", "unix:PATH", "stdio", "chardev:ID"; sockets listen unless they say
 * otherwise), in place of an earlier one; "none": no longer. Main thread, BQL held.
 */
bool gdbserver_start(const char *device, Error **errp);

/* The process ends with @status: tells the debugger, and closes. Main thread, BQL held. */
void gdbserver_exit(int status);

#endif
