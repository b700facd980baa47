/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One view of every kind of lock, and guards that unlock on leaving a scope:
 *
 *   QEMU_LOCK_GUARD(&s->lock);               until the end of this block
 *   WITH_QEMU_LOCK_GUARD(&s->lock) { ... }   for this block
 */
#ifndef QEMU_LOCKABLE_H
#define QEMU_LOCKABLE_H

#include "qemu/coroutine-core.h"
#include "qemu/thread.h"

typedef void QemuLockUnlockFunc(void *);

struct QemuLockable {
    void *object;
    QemuLockUnlockFunc *lock;
    QemuLockUnlockFunc *unlock;
};

static inline QemuLockable *qemu_make_lockable(void *x, QemuLockable *lockable)
{
    /* A NULL lock stays NULL, so that "no lock" can be passed through. */
    return x ? lockable : NULL;
}

#define QML_FUNC_(name)                                                                            \
    static inline void name##_lock_untyped(void *opaque)                                           \
    {                                                                                              \
        name##_lock(opaque);                                                                       \
    }                                                                                              \
    static inline void name##_unlock_untyped(void *opaque)                                         \
    {                                                                                              \
        name##_unlock(opaque);                                                                     \
    }
QML_FUNC_(qemu_mutex)
QML_FUNC_(qemu_rec_mutex)
QML_FUNC_(qemu_co_mutex)
QML_FUNC_(qemu_spin)
#undef QML_FUNC_

#define QML_OBJ_(x, name)                                                                          \
    (&(QemuLockable){.object = (x), .lock = name##_lock_untyped, .unlock = name##_unlock_untyped})

/* A QemuLockable for @x that lives until the end of the enclosing block. */
#define QEMU_MAKE_LOCKABLE(x)                                                                      \
    _Generic((x),                                                                                \
        QemuLockable *: (x),                                                                     \
        void *: NULL,                                                                            \
        QemuMutex *: qemu_make_lockable((void *)(x), QML_OBJ_((void *)(x), qemu_mutex)),         \
        QemuRecMutex *: qemu_make_lockable((void *)(x),                                          \
                                           QML_OBJ_((void *)(x), qemu_rec_mutex)),               \
        CoMutex *: qemu_make_lockable((void *)(x), QML_OBJ_((void *)(x), qemu_co_mutex)),        \
        QemuSpin *: qemu_make_lockable((void *)(x), QML_OBJ_((void *)(x), qemu_spin)))

static inline void qemu_lockable_lock(QemuLockable *x)
{
    x->lock(x->object);
}

static inline void qemu_lockable_unlock(QemuLockable *x)
{
    x->unlock(x->object);
}

static inline QemuLockable *qemu_lockable_auto_lock(QemuLockable *x)
{
    qemu_lockable_lock(x);
    return x;
}

static inline void qemu_lockable_auto_unlock(QemuLockable *x)
{
    qemu_lockable_unlock(x);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuLockable, qemu_lockable_auto_unlock)

#define QEMU_LOCK_GUARD(x)                                                                         \
    g_autoptr(QemuLockable) MAKE_IDENTIFIER(lock_guard_) G_GNUC_UNUSED =                           \
        qemu_lockable_auto_lock(QEMU_MAKE_LOCKABLE((x)))

#define WITH_QEMU_LOCK_GUARD_(x, var)                                                              \
    for (g_autoptr(QemuLockable) var = qemu_lockable_auto_lock(QEMU_MAKE_LOCKABLE((x))); var;      \
         qemu_lockable_auto_unlock(var), var = NULL)
#define WITH_QEMU_LOCK_GUARD(x) WITH_QEMU_LOCK_GUARD_((x), MAKE_IDENTIFIER(lock_guard_))

#endif
