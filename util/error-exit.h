/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of the program when a primitive of the host is broken or misused. */
#ifndef UTIL_ERROR_EXIT_H
#define UTIL_ERROR_EXIT_H

#include "qemu/compiler.h"

/* Say "@what: strerror(@err)" and abort(). */
void error_exit(int err, const char *what) QEMU_NORETURN QEMU_COLD;

#endif
