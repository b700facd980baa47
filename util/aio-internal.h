/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of AioContext, shared by async.c (life, bottom halves, coroutines,
 * GSource), aio-posix.c (handlers, the loop) and the ways to wait for fds.
 */
#ifndef UTIL_AIO_INTERNAL_H
#define UTIL_AIO_INTERNAL_H

#include "block/aio.h"
#include "qemu/coroutine.h"
#include "qemu/queue.h"

typedef struct AioHandler AioHandler;
typedef QLIST_HEAD(AioHandlerList, AioHandler) AioHandlerList;

/*
 * One registration of a file descriptor. It is never changed but by its flags:
 * setting other callbacks makes a new one, so that the home thread can use it
 * without a lock while other threads replace it.
 */
struct AioHandler {
    /* events: what to wait for; revents: what there is (home thread). */
    GPollFD pfd;
    IOHandler *io_read;
    IOHandler *io_write;
    AioPollFn *io_poll;
    IOHandler *io_poll_ready;
    IOHandler *io_poll_begin;
    IOHandler *io_poll_end;
    void *opaque;
    /* Not to be called any more; freed when the home thread is in no handler. */
    bool deleted;
    /* Home thread: found ready by polling. */
    bool poll_ready;
    /* Home thread: no longer polled, nothing came until then for a while. */
    bool poll_idle;
    /* Home thread: when this much busy-polling was in vain, it becomes idle. */
    int64_t poll_idle_timeout;

    QLIST_ENTRY(AioHandler) node;         /* aio_handlers; list_lock */
    QLIST_ENTRY(AioHandler) node_deleted; /* deleted_handlers; list_lock */
    QLIST_ENTRY(AioHandler) node_ready;   /* a ready list; home thread */
    QLIST_ENTRY(AioHandler) node_poll;    /* poll_handlers; home thread */
};

/* How to wait for file descriptors. */
typedef struct FDMonOps {
    /* list_lock held. Either may be NULL: a first registration, a removal. */
    void (*update)(AioContext *ctx, AioHandler *old_node, AioHandler *new_node);
    /*
     * Home thread. Wait up to @timeout ns (-1: no limit), put what is ready on
     * @ready with aio_add_ready_handler().
     */
    void (*wait)(AioContext *ctx, AioHandlerList *ready, int64_t timeout);
    /* After poll() by GLib: is anything ready (cheap; may be wrong in the positive)? */
    bool (*pending)(AioContext *ctx);
    /* Collect what GLib's poll() found. */
    void (*gather)(AioContext *ctx, AioHandlerList *ready);
} FDMonOps;

extern const FDMonOps fdmon_poll_ops;
extern const FDMonOps fdmon_epoll_ops;

/* Choose the best way the host has; undo that. */
void fdmon_setup(AioContext *ctx);
void fdmon_destroy(AioContext *ctx);

/* A bottom half list of one nested aio_bh_poll(). */
typedef struct BHList {
    QSIMPLEQ_HEAD(, QEMUBH) bhs;
    QSIMPLEQ_ENTRY(BHList) next;
} BHList;

struct AioContext {
    GSource source;

    /* Handlers: changed by any thread under the lock, freed by the home thread. */
    QemuMutex list_lock;
    AioHandlerList aio_handlers;
    AioHandlerList deleted_handlers;
    /* Home thread: how many dispatch functions are on the stack. */
    unsigned nesting;

    /*
     * Who must be woken to see a new event: bit 0, GLib between prepare and
     * check; the rest counts aio_poll()s that are about to sleep. aio_notify()
     * leaves the system call out when it is 0.
     */
    uint32_t notify_me;
    /* Set with every notification; lets busy-polling see one without a read(). */
    bool notified;
    EventNotifier notifier;

    /* New bottom halves, pushed by any thread. */
    QSLIST_HEAD(, QEMUBH) bh_list;
    /* Home thread: taken from there, to be run; the outermost loop's first. */
    QSIMPLEQ_HEAD(, BHList) bh_slices;

    QSLIST_HEAD(, Coroutine) scheduled_coroutines;
    QEMUBH *co_schedule_bh;

    QEMUTimerListGroup tlg;

    ThreadPool *thread_pool;
    int64_t thread_pool_min;
    int64_t thread_pool_max;
    int64_t aio_max_batch;

    const FDMonOps *fdmon_ops;
    int epollfd;
    GPollFD epoll_pfd; /* for GLib */
    /* fdmon_poll: the array that is waited on, and which handler each is of. */
    GArray *pollfds;
    GPtrArray *pollfd_handlers;

    /* Busy-polling. */
    AioHandlerList poll_handlers; /* home thread; not the idle ones */
    AioHandlerList poll_leftover; /* found when polling ended; GLib's round dispatches them */
    bool poll_list_stale;         /* aio_handlers has changed */
    unsigned poll_idle_cnt;       /* handlers with poll_idle; home thread */
    unsigned poll_disable_cnt;    /* handlers without io_poll; list_lock */
    bool poll_started;            /* between io_poll_begin and io_poll_end */
    int64_t poll_ns;              /* the current time, adaptive */
    int64_t poll_max_ns;
    int64_t poll_grow;
    int64_t poll_shrink;
    int64_t poll_weight;
    int64_t wait_avg_ns; /* home thread: how long rounds waited, smoothed */
};

void aio_context_setup(AioContext *ctx);
void aio_context_destroy(AioContext *ctx);
/* Note that @node has @revents; it is dispatched once, by the innermost loop. */
void aio_add_ready_handler(AioHandlerList *ready, AioHandler *node, int revents);

#endif
