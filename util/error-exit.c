/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of the program when a primitive of the host is broken or misused. */
#include "qemu/osdep.h"
#include "error-exit.h"

void error_exit(int err, const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(err));
    abort();
}
