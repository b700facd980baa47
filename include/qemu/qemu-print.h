/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Output that a person asked for (help, lists, "info ..."): it goes to the
 * monitor whose command is being executed, else to stdout.
 */
#ifndef QEMU_PRINT_H
#define QEMU_PRINT_H

#include "qemu/compiler.h"

/* Return the number of bytes (0 when the monitor took it) or -1. */
int qemu_vprintf(const char *fmt, va_list ap) QEMU_PRINTF(1, 0);
int qemu_printf(const char *fmt, ...) QEMU_PRINTF(1, 2);
/* @stream NULL: as qemu_printf(). */
int qemu_vfprintf(FILE *stream, const char *fmt, va_list ap) QEMU_PRINTF(2, 0);

/*
 * What to do instead of writing to stdout; @fn returns false to decline (no
 * monitor is current). Set once by the monitor.
 */
typedef bool QemuVPrintfFn(const char *fmt, va_list ap);
void qemu_print_set_hook(QemuVPrintfFn *fn);

#endif
