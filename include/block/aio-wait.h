/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting, outside of coroutines, for a condition that event loops make true.
 */
#ifndef BLOCK_AIO_WAIT_H
#define BLOCK_AIO_WAIT_H

#include "block/aio.h"
#include "qemu/main-loop.h"

typedef struct AioWait {
    /* How many AIO_WAIT_WHILE loops are asleep in the main thread. */
    unsigned num_waiters;
} AioWait;

extern AioWait global_aio_wait;

/*
 * Run the event loop until @cond is false; true if it had to wait at all.
 * In the home thread of @ctx that loop is run. The main thread may wait for
 * another thread's @ctx: it runs its own loop, and whoever changes what @cond
 * looks at calls aio_wait_kick(). @ctx NULL: the main thread, any context.
 */
#define AIO_WAIT_WHILE_INTERNAL(ctx, cond)                                                         \
    __extension__({                                                                                \
        bool waited_ = false;                                                                      \
        AioContext *wait_ctx_ = (ctx);                                                             \
        /* Before @cond is looked at, so that a kick after that is not lost. */                    \
        qatomic_inc(&global_aio_wait.num_waiters);                                                 \
        smp_mb__after_rmw();                                                                       \
        if (wait_ctx_ && in_aio_context_home_thread(wait_ctx_)) {                                  \
            while ((cond)) {                                                                       \
                aio_poll(wait_ctx_, true);                                                         \
                waited_ = true;                                                                    \
            }                                                                                      \
        } else {                                                                                   \
            g_assert(qemu_get_current_aio_context() == qemu_get_aio_context());                    \
            while ((cond)) {                                                                       \
                aio_poll(qemu_get_aio_context(), true);                                            \
                waited_ = true;                                                                    \
            }                                                                                      \
        }                                                                                          \
        qatomic_dec(&global_aio_wait.num_waiters);                                                 \
        waited_;                                                                                   \
    })

#define AIO_WAIT_WHILE(ctx, cond)          AIO_WAIT_WHILE_INTERNAL(ctx, cond)
#define AIO_WAIT_WHILE_UNLOCKED(ctx, cond) AIO_WAIT_WHILE_INTERNAL(ctx, cond)

/* [any] Make the main thread look at its condition again. */
void aio_wait_kick(void);

/* Main thread: run @cb in the home thread of @ctx and wait until it is done. */
void aio_wait_bh_oneshot(AioContext *ctx, QEMUBHFunc *cb, void *opaque);

#endif
