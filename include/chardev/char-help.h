/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "-chardev" tells about back ends. */
#ifndef CHARDEV_CHAR_HELP_H
#define CHARDEV_CHAR_HELP_H

#include "qapi/error.h"

/* Prints the options of @backend: "-chardev BACKEND,help". False and @errp if there is none. */
bool qemu_chr_print_options(const char *backend, Error **errp);

#endif
