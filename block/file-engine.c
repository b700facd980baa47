/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io_uring(7) and Linux AIO (io_submit(2)): one ring or context per thread, made with its first
 * request and gone with the thread. Requests submitted while plugged go to the kernel together.
 */
#include "qemu/osdep.h"
#include "block/aio.h"
#include "file-engine.h"
#include "qemu/coroutine-tls.h"
#include "qemu/defer-call.h"
#include "qemu/event_notifier.h"
#include "qemu/notify.h"

#ifdef CONFIG_LINUX_IO_URING
#include <liburing.h>
#endif
#ifdef CONFIG_LINUX_AIO
#include <libaio.h>
#endif

#define ENGINE_DEPTH  128
#define DEFAULT_BATCH 32

#if defined(CONFIG_LINUX_IO_URING) || defined(CONFIG_LINUX_AIO)

/* A request while the host has it; on the coroutine's stack. */
typedef struct EngineReq {
    Coroutine *co;
    bool done;
    int64_t ret;
#ifdef CONFIG_LINUX_AIO
    struct iocb iocb;
#endif
} EngineReq;

/* ---- completion, common to both ---- */

static void complete(EngineReq *req, int64_t ret)
{
    req->ret = ret;
    req->done = true;
    /* Not when its submission has failed at once: then it runs. */
    if (req->co != qemu_coroutine_self()) {
        aio_co_wake(req->co);
    }
}

/* What was not transferred, as for a worker thread: reads at the end of the file are filled up. */
static int finish(EngineReq *req, bool write, int64_t bytes, struct iovec *iov, int niov)
{
    if (req->ret == bytes) {
        return 0;
    }
    if (req->ret < 0) {
        return req->ret == -EAGAIN || req->ret == -EINTR ? -ENOSYS : req->ret;
    }
    /* A short transfer is done again by a worker, which copes with the rest. */
    return -ENOSYS;
}

/*
 * How many requests go to the kernel together, however long more of them are announced: so that
 * the first need not wait too long. By the node's option, the thread's, or the default.
 */
static bool batch_is_full(const RawPosix *s, unsigned queued)
{
    int64_t max = aio_context_get_max_batch(qemu_get_current_aio_context());

    max = max ? max : DEFAULT_BATCH;
    return queued >= (s->max_batch ? MIN((uint64_t)max, s->max_batch) : (uint64_t)max);
}

/* Now, or when who has announced more requests has made them. */
static void submit_in_time(const RawPosix *s, unsigned queued, void (*submit)(void *), void *opaque)
{
    if (batch_is_full(s, queued)) {
        submit(opaque);
    } else {
        defer_call(submit, opaque);
    }
}

#endif

#ifdef CONFIG_LINUX_IO_URING

typedef struct UringState {
    struct io_uring ring;
    AioContext *ctx;
    Notifier exit_notifier;
    unsigned queued;
} UringState;

QEMU_DEFINE_STATIC_CO_TLS(UringState *, uring)

static void uring_reap(void *opaque)
{
    UringState *u = opaque;
    struct io_uring_cqe *cqe;

    defer_call_begin();
    while (io_uring_peek_cqe(&u->ring, &cqe) == 0) {
        EngineReq *req = io_uring_cqe_get_data(cqe);
        int ret = cqe->res;

        io_uring_cqe_seen(&u->ring, cqe);
        complete(req, ret);
    }
    defer_call_end();
}

static bool uring_poll(void *opaque)
{
    UringState *u = opaque;

    return io_uring_cq_ready(&u->ring);
}

static void uring_submit_queued(void *opaque)
{
    UringState *u = opaque;

    /* EAGAIN, EBUSY: completions are waiting; the entries go with the next submission. */
    if (u->queued) {
        int n = io_uring_submit(&u->ring);

        u->queued = n > 0 ? u->queued - MIN(u->queued, (unsigned)n) : u->queued;
    }
}

static void uring_thread_exit(Notifier *n, void *data)
{
    UringState *u = container_of(n, UringState, exit_notifier);

    aio_set_fd_handler(u->ctx, u->ring.ring_fd, NULL, NULL, NULL, NULL, NULL);
    io_uring_queue_exit(&u->ring);
    aio_context_unref(u->ctx);
    g_free(u);
}

static UringState *uring_get(void)
{
    UringState *u = get_uring();

    if (u) {
        return u;
    }
    u = g_new0(UringState, 1);
    if (io_uring_queue_init(ENGINE_DEPTH, &u->ring, 0) < 0) {
        g_free(u);
        return NULL;
    }
    u->ctx = qemu_get_current_aio_context();
    aio_context_ref(u->ctx);
    aio_set_fd_handler(u->ctx, u->ring.ring_fd, uring_reap, NULL, uring_poll, uring_reap, u);
    u->exit_notifier.notify = uring_thread_exit;
    qemu_thread_atexit_add(&u->exit_notifier);
    set_uring(u);
    return u;
}

static int coroutine_fn uring_rw(RawPosix *s, bool write, int64_t offset, int64_t bytes,
                                 struct iovec *iov, int niov)
{
    UringState *u = uring_get();
    EngineReq req = {.co = qemu_coroutine_self()};
    struct io_uring_sqe *sqe = u ? io_uring_get_sqe(&u->ring) : NULL;

    if (u && !sqe) {
        uring_submit_queued(u);
        sqe = io_uring_get_sqe(&u->ring);
    }
    if (!sqe) {
        return -ENOSYS;
    }
    if (write) {
        io_uring_prep_writev(sqe, s->fd, iov, niov, offset);
    } else {
        io_uring_prep_readv(sqe, s->fd, iov, niov, offset);
    }
    io_uring_sqe_set_data(sqe, &req);
    u->queued++;
    submit_in_time(s, u->queued, uring_submit_queued, u);
    while (!req.done) {
        qemu_coroutine_yield();
    }
    return finish(&req, write, bytes, iov, niov);
}

#endif

#ifdef CONFIG_LINUX_AIO

/*
 * What the kernel maps where an io_context_t points (Linux, fs/aio.c): whoever finds completions
 * there need not ask for them.
 */
typedef struct LaioRing {
    uint32_t id, nr, head, tail; /* head: ours; tail: the kernel's */
    uint32_t magic, compat_features, incompat_features, header_length;
    struct io_event events[];
} LaioRing;

#define LAIO_RING_MAGIC 0xa10a10a1

typedef struct LaioState {
    io_context_t io;
    LaioRing *ring; /* NULL: not of this kind */
    EventNotifier e;
    AioContext *ctx;
    Notifier exit_notifier;
    struct iocb *queue[ENGINE_DEPTH];
    int queued;
    int in_flight;
} LaioState;

QEMU_DEFINE_STATIC_CO_TLS(LaioState *, laio)

static void laio_submit_queued(void *opaque)
{
    LaioState *l = opaque;
    int n, done = 0;

    while (done < l->queued) {
        n = io_submit(l->io, l->queued - done, l->queue + done);
        if (n > 0) {
            done += n;
            l->in_flight += n;
            continue;
        }
        if (n == -EAGAIN && l->in_flight) {
            break; /* again when something has completed */
        }
        complete(l->queue[done]->data, n < 0 ? n : -EIO);
        done++;
    }
    memmove(l->queue, l->queue + done, (l->queued - done) * sizeof(l->queue[0]));
    l->queued -= done;
}

static bool laio_poll(void *opaque)
{
    LaioState *l = container_of((EventNotifier *)opaque, LaioState, e);

    return qatomic_load_acquire(&l->ring->tail) != l->ring->head;
}

/* One at a time: a coroutine that runs an event loop gets the others there. */
static bool laio_next(LaioState *l, struct io_event *event)
{
    struct timespec zero = {0};

    if (!l->ring) {
        return io_getevents(l->io, 0, 1, event, &zero) == 1;
    }
    if (!laio_poll(&l->e)) {
        return false;
    }
    *event = l->ring->events[l->ring->head];
    qatomic_store_release(&l->ring->head, (l->ring->head + 1) % l->ring->nr);
    return true;
}

static void laio_take_all(EventNotifier *e)
{
    LaioState *l = container_of(e, LaioState, e);
    struct io_event event;

    defer_call_begin();
    while (laio_next(l, &event)) {
        l->in_flight--;
        complete(event.data, (int64_t)event.res);
    }
    laio_submit_queued(l);
    defer_call_end();
}

static void laio_reap(EventNotifier *e)
{
    event_notifier_test_and_clear(e);
    laio_take_all(e);
}

static void laio_thread_exit(Notifier *n, void *data)
{
    LaioState *l = container_of(n, LaioState, exit_notifier);

    aio_set_event_notifier(l->ctx, &l->e, NULL, NULL, NULL);
    event_notifier_cleanup(&l->e);
    io_destroy(l->io);
    aio_context_unref(l->ctx);
    g_free(l);
}

static LaioState *laio_get(void)
{
    LaioState *l = get_laio();

    if (l) {
        return l;
    }
    l = g_new0(LaioState, 1);
    if (event_notifier_init(&l->e, false) < 0) {
        g_free(l);
        return NULL;
    }
    if (io_setup(ENGINE_DEPTH, &l->io) < 0) {
        event_notifier_cleanup(&l->e);
        g_free(l);
        return NULL;
    }
    l->ring = (LaioRing *)l->io;
    if (l->ring->magic != LAIO_RING_MAGIC || l->ring->incompat_features ||
        l->ring->header_length != sizeof(LaioRing)) {
        l->ring = NULL;
    }
    l->ctx = qemu_get_current_aio_context();
    aio_context_ref(l->ctx);
    aio_set_event_notifier(l->ctx, &l->e, laio_reap, l->ring ? laio_poll : NULL, laio_take_all);
    l->exit_notifier.notify = laio_thread_exit;
    qemu_thread_atexit_add(&l->exit_notifier);
    set_laio(l);
    return l;
}

static int coroutine_fn laio_rw(RawPosix *s, bool write, int64_t offset, int64_t bytes,
                                struct iovec *iov, int niov)
{
    LaioState *l = laio_get();
    EngineReq req = {.co = qemu_coroutine_self()};

    if (!l || l->queued == ENGINE_DEPTH) {
        return -ENOSYS;
    }
    if (write) {
        io_prep_pwritev(&req.iocb, s->fd, iov, niov, offset);
    } else {
        io_prep_preadv(&req.iocb, s->fd, iov, niov, offset);
    }
    io_set_eventfd(&req.iocb, event_notifier_get_fd(&l->e));
    req.iocb.data = &req;
    l->queue[l->queued++] = &req.iocb;
    submit_in_time(s, l->queued, laio_submit_queued, l);
    while (!req.done) {
        qemu_coroutine_yield();
    }
    return finish(&req, write, bytes, iov, niov);
}

#endif

int coroutine_fn file_engine_rw(RawPosix *s, bool write, int64_t offset, int64_t bytes,
                                struct iovec *iov, int niov)
{
#ifdef CONFIG_LINUX_IO_URING
    if (s->use_io_uring) {
        return uring_rw(s, write, offset, bytes, iov, niov);
    }
#endif
#ifdef CONFIG_LINUX_AIO
    if (s->use_linux_aio) {
        return laio_rw(s, write, offset, bytes, iov, niov);
    }
#endif
    return -ENOSYS;
}

bool file_engine_supported(int aio, Error **errp)
{
#ifndef CONFIG_LINUX_IO_URING
    if (aio == BLOCKDEV_AIO_OPTIONS_IO_URING) {
        error_setg(errp, "aio=io_uring was specified, but is not supported in this build.");
        return false;
    }
#else
    if (aio == BLOCKDEV_AIO_OPTIONS_IO_URING) {
        struct io_uring ring;
        int ret = io_uring_queue_init(1, &ring, 0);

        if (ret < 0) {
            error_setg_errno(errp, -ret, "aio=io_uring: this host refuses to set up a ring");
            return false;
        }
        io_uring_queue_exit(&ring);
    }
#endif
#ifndef CONFIG_LINUX_AIO
    if (aio == BLOCKDEV_AIO_OPTIONS_NATIVE) {
        error_setg(errp, "aio=native was specified, but is not supported in this build.");
        return false;
    }
#endif
    return true;
}
