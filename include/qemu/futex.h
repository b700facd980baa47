/* SPDX-License-Identifier: GPL-2.0-or-later */
/* futex(2): sleep while a word in this process has a value. */
#ifndef QEMU_FUTEX_H
#define QEMU_FUTEX_H

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Up to @n sleepers go on. */
static inline void qemu_futex_wake(void *f, int n)
{
    syscall(SYS_futex, f, FUTEX_WAKE_PRIVATE, n, NULL, NULL, 0);
}

static inline void qemu_futex_wake_all(void *f)
{
    qemu_futex_wake(f, INT_MAX);
}

/* Returns at once if *@f is not @val; may also return for no reason. */
static inline void qemu_futex_wait(void *f, unsigned val)
{
    syscall(SYS_futex, f, FUTEX_WAIT_PRIVATE, val, NULL, NULL, 0);
}

#endif
