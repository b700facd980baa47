/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop of the main thread, and the big lock (BQL) that guards the
 * machine.
 */
#ifndef QEMU_MAIN_LOOP_H
#define QEMU_MAIN_LOOP_H

#include "block/aio.h"

#define SIG_IPI SIGUSR1

/* Once, in the main thread, before any other function of this header. */
bool qemu_init_main_loop(Error **errp);
/*
 * One round: wait for events (not, if @nonblocking), dispatch them, run due
 * timers. BQL held on entry and return, dropped while waiting.
 */
void main_loop_wait(int nonblocking);

/* Timers, bottom halves and the block layer's descriptors. */
AioContext *qemu_get_aio_context(void);
/* Descriptors that must not be served while the block layer waits in aio_poll(). */
AioContext *iohandler_get_aio_context(void);
/* [any] Make main_loop_wait() start a new round. */
void qemu_notify_event(void);

/*
 * The process is to end: main_loop_wait() starts a new round, and start-up's waits give up.
 * [any, signal handlers]
 */
void qemu_ask_to_end(void);
/*
 * For start-up, which waits outside of the loop: until @fd has one of @events (of poll(2)).
 * False and @errp when the process is asked to end first. [main]
 */
bool qemu_wait_for_fd(int fd, short events, Error **errp);
/* The same: runs @context, which is the caller's own, until @done(@opaque). [main] */
bool qemu_wait_in_context(GMainContext *context, bool (*done)(void *opaque), void *opaque,
                          Error **errp);

/* Main thread. Both NULL removes. */
void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write, void *opaque);
void event_notifier_set_handler(EventNotifier *e, EventNotifierHandler *handler);

/*
 * @handler is asked before each round whether it wants to keep the loop from
 * sleeping, by lowering *timeout (ns), and told afterwards what happened.
 */
typedef enum {
    MAIN_LOOP_POLL_FILL,
    MAIN_LOOP_POLL_ERR,
    MAIN_LOOP_POLL_OK,
} MainLoopPollState;

typedef struct MainLoopPoll {
    MainLoopPollState state; /* ERR, OK: the result of poll() */
    uint32_t timeout;        /* FILL: ms, may be lowered */
    GArray *pollfds;         /* GPollFD: FILL may append, OK finds revents */
} MainLoopPoll;

void main_loop_poll_add_notifier(Notifier *notify);
void main_loop_poll_remove_notifier(Notifier *notify);

/* Bottom halves of the main context. */
#define qemu_bh_new(cb, opaque) aio_bh_new(qemu_get_aio_context(), (cb), (opaque))
#define qemu_bh_new_guarded(cb, opaque, guard)                                                     \
    aio_bh_new_guarded(qemu_get_aio_context(), (cb), (opaque), (guard))

/* True in the thread that called qemu_init_main_loop(). */
bool qemu_in_main_thread(void);
/* Where the global state of the block layer is touched. */
#define GLOBAL_STATE_CODE() g_assert(qemu_in_main_thread())
#define IO_CODE()           ((void)0)
#define IO_OR_GS_CODE()     ((void)0)

/* ---- the big lock */

/* Not from a thread that has it already. */
#define bql_lock() bql_lock_impl(__FILE__, __LINE__)
void bql_lock_impl(const char *file, int line);
/* Only if nobody has it: for an IOThread, for which whoever has it may be waiting. */
bool bql_trylock(void);
void bql_unlock(void);
/* Whether the calling thread has it. */
bool bql_locked(void);
/* Wait on @cond with the lock as its mutex. */
void qemu_cond_wait_bql(QemuCond *cond);

typedef struct BQLLockAuto BQLLockAuto;

/* Takes the lock unless this thread has it; the cleanup undoes just that. */
static inline BQLLockAuto *bql_auto_lock(const char *file, int line)
{
    if (bql_locked()) {
        return NULL;
    }
    bql_lock_impl(file, line);
    return (BQLLockAuto *)0x1;
}

static inline void bql_auto_unlock(BQLLockAuto *l)
{
    bql_unlock();
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BQLLockAuto, bql_auto_unlock)

#define BQL_LOCK_GUARD()                                                                           \
    g_autoptr(BQLLockAuto) MAKE_IDENTIFIER(bql_lock_auto_) G_GNUC_UNUSED =                         \
        bql_auto_lock(__FILE__, __LINE__)

#endif
