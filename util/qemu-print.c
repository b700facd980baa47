/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Output that a person asked for: to the current monitor or to stdout. */
#include "qemu/osdep.h"
#include "qemu/qemu-print.h"

static QemuVPrintfFn *print_hook;

void qemu_print_set_hook(QemuVPrintfFn *fn)
{
    print_hook = fn;
}

int qemu_vprintf(const char *fmt, va_list ap)
{
    if (print_hook) {
        va_list ap2;
        bool taken;

        va_copy(ap2, ap);
        taken = print_hook(fmt, ap2);
        va_end(ap2);
        if (taken) {
            return 0;
        }
    }
    return vprintf(fmt, ap);
}

int qemu_printf(const char *fmt, ...)
{
    va_list ap;
    int ret;

    va_start(ap, fmt);
    ret = qemu_vprintf(fmt, ap);
    va_end(ap);
    return ret;
}

int qemu_vfprintf(FILE *stream, const char *fmt, va_list ap)
{
    return stream ? vfprintf(stream, fmt, ap) : qemu_vprintf(fmt, ap);
}
