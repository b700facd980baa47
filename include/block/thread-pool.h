/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Worker threads for work that can only block. One pool per AioContext;
 * threads start on demand and end after some idle seconds.
 */
#ifndef BLOCK_THREAD_POOL_H
#define BLOCK_THREAD_POOL_H

#include "block/aio.h"

#define THREAD_POOL_MAX_THREADS_DEFAULT 64

/* Runs in a worker. 0 or -errno. */
typedef int ThreadPoolFunc(void *opaque);

/* For tests and tools; usually aio_get_thread_pool(). */
ThreadPool *thread_pool_new_aio(AioContext *ctx);
void thread_pool_free_aio(ThreadPool *pool);

/*
 * Home thread of the current context. @cb(@opaque, result of @func) is called
 * in it. Cancelling the returned request works until a worker has begun it;
 * the result is then -ECANCELED.
 */
BlockAIOCB *thread_pool_submit_aio(ThreadPoolFunc *func, void *arg, BlockCompletionFunc *cb,
                                   void *opaque);
/* The calling coroutine sleeps until it is done; returns the result. */
int coroutine_fn thread_pool_submit_co(ThreadPoolFunc *func, void *arg);
/* Nobody waits. */
void thread_pool_submit(ThreadPoolFunc *func, void *arg);

/* Take over the bounds that are set on @ctx. */
void thread_pool_update_params(ThreadPool *pool, AioContext *ctx);

#endif
