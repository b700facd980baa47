/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The big lock: guards the state of the machine and every device register. It
 * lives here, not with the machine, so that tools and unit tests, where it is
 * never contended, run the same code.
 */
#include "qemu/osdep.h"
#include "qemu/coroutine-tls.h"
#include "qemu/main-loop.h"

static QemuMutex bql;

QEMU_DEFINE_STATIC_CO_TLS(bool, bql_is_locked)

static void __attribute__((constructor)) bql_construct(void)
{
    qemu_mutex_init(&bql);
}

bool bql_locked(void)
{
    return get_bql_is_locked();
}

void bql_lock_impl(const char *file, int line)
{
    g_assert(!bql_locked());
    qemu_mutex_lock(&bql);
    set_bql_is_locked(true);
}

bool bql_trylock(void)
{
    g_assert(!bql_locked());
    if (qemu_mutex_trylock(&bql)) {
        return false;
    }
    set_bql_is_locked(true);
    return true;
}

void bql_unlock(void)
{
    g_assert(bql_locked());
    set_bql_is_locked(false);
    qemu_mutex_unlock(&bql);
}

void qemu_cond_wait_bql(QemuCond *cond)
{
    g_assert(bql_locked());
    set_bql_is_locked(false);
    qemu_cond_wait(cond, &bql);
    set_bql_is_locked(true);
}
