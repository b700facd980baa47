/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The terminal as a character device. */
#ifndef CHARDEV_CHAR_STDIO_H
#define CHARDEV_CHAR_STDIO_H

/* With @option, which outlives the program, nobody has a terminal. Main thread, at start-up. */
void qemu_chr_stdio_forbid(const char *option);

#endif
