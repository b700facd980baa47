/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for file descriptors with epoll(7): the cost does not grow with their
 * number, and GLib has to watch just one. A descriptor that epoll refuses (a
 * regular file) sends the context back to poll(2) for good.
 */
#include "qemu/osdep.h"
#include <sys/epoll.h>
#include <sys/syscall.h>
#include "aio-internal.h"

#define MAX_EVENTS 128

/* EPOLL* and G_IO_* have the same values for these. */
QEMU_BUILD_BUG_ON((int)EPOLLIN != (int)G_IO_IN || (int)EPOLLOUT != (int)G_IO_OUT);
QEMU_BUILD_BUG_ON((int)EPOLLERR != (int)G_IO_ERR || (int)EPOLLHUP != (int)G_IO_HUP);

/* list_lock held. */
static void fall_back_to_poll(AioContext *ctx)
{
    AioHandler *node;

    /* It stays open until the end: the home thread may be waiting for it. */
    if (!g_source_is_destroyed(&ctx->source)) {
        g_source_remove_poll(&ctx->source, &ctx->epoll_pfd);
    }
    QLIST_FOREACH (node, &ctx->aio_handlers, node) {
        fdmon_poll_ops.update(ctx, NULL, node);
    }
    qatomic_store_release(&ctx->fdmon_ops, &fdmon_poll_ops);
}

static void fdmon_epoll_update(AioContext *ctx, AioHandler *old_node, AioHandler *new_node)
{
    struct epoll_event event = {
        .data.ptr = new_node,
        .events = new_node ? new_node->pfd.events : 0,
    };
    int op = !old_node ? EPOLL_CTL_ADD : new_node ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    int fd = new_node ? new_node->pfd.fd : old_node->pfd.fd;
    int ret = epoll_ctl(ctx->epollfd, op, fd, &event);

    /* The fd was closed (which took it out) and its number is in use again. */
    if (ret < 0 && errno == ENOENT && op == EPOLL_CTL_MOD) {
        ret = epoll_ctl(ctx->epollfd, EPOLL_CTL_ADD, fd, &event);
    }
    if (ret < 0 && new_node) {
        fall_back_to_poll(ctx);
        /* The old one is still on the list: exchange it. */
        fdmon_poll_ops.update(ctx, old_node, new_node);
    }
}

static int wait_ns(AioContext *ctx, struct epoll_event *events, int64_t timeout)
{
#ifdef SYS_epoll_pwait2
    static bool no_pwait2;

    if (timeout > 0 && !qatomic_read(&no_pwait2)) {
        struct timespec ts = {
            .tv_sec = timeout / NANOSECONDS_PER_SECOND,
            .tv_nsec = timeout % NANOSECONDS_PER_SECOND,
        };
        int ret = syscall(SYS_epoll_pwait2, ctx->epollfd, events, MAX_EVENTS, &ts, NULL, 0);

        if (ret >= 0 || errno != ENOSYS) {
            return ret;
        }
        qatomic_set(&no_pwait2, true);
    }
#endif
    if (timeout > 0) {
        /* epoll_wait() knows only milliseconds. */
        GPollFD pfd = {.fd = ctx->epollfd, .events = G_IO_IN};

        if (qemu_poll_ns(&pfd, 1, timeout) <= 0) {
            return 0;
        }
        timeout = 0;
    }
    return epoll_wait(ctx->epollfd, events, MAX_EVENTS, timeout);
}

static void fdmon_epoll_wait(AioContext *ctx, AioHandlerList *ready, int64_t timeout)
{
    struct epoll_event events[MAX_EVENTS];
    int i, n = wait_ns(ctx, events, timeout);

    for (i = 0; i < n; i++) {
        /* May be deleted by now, but not freed. */
        aio_add_ready_handler(ready, events[i].data.ptr, events[i].events);
    }
}

static bool fdmon_epoll_pending(AioContext *ctx)
{
    return ctx->epoll_pfd.revents != 0;
}

static void fdmon_epoll_gather(AioContext *ctx, AioHandlerList *ready)
{
    if (ctx->epoll_pfd.revents) {
        ctx->epoll_pfd.revents = 0;
        fdmon_epoll_wait(ctx, ready, 0);
    }
}

const FDMonOps fdmon_epoll_ops = {
    .update = fdmon_epoll_update,
    .wait = fdmon_epoll_wait,
    .pending = fdmon_epoll_pending,
    .gather = fdmon_epoll_gather,
};

void fdmon_setup(AioContext *ctx)
{
    ctx->pollfds = g_array_new(FALSE, FALSE, sizeof(GPollFD));
    ctx->pollfd_handlers = g_ptr_array_new();
    ctx->fdmon_ops = &fdmon_poll_ops;
    ctx->epollfd = epoll_create1(EPOLL_CLOEXEC);
    if (ctx->epollfd >= 0) {
        ctx->fdmon_ops = &fdmon_epoll_ops;
        ctx->epoll_pfd = (GPollFD){.fd = ctx->epollfd, .events = G_IO_IN};
        g_source_add_poll(&ctx->source, &ctx->epoll_pfd);
    }
}

void fdmon_destroy(AioContext *ctx)
{
    if (ctx->fdmon_ops == &fdmon_epoll_ops && !g_source_is_destroyed(&ctx->source)) {
        g_source_remove_poll(&ctx->source, &ctx->epoll_pfd);
    }
    if (ctx->epollfd >= 0) {
        close(ctx->epollfd);
    }
    g_array_unref(ctx->pollfds);
    g_ptr_array_unref(ctx->pollfd_handlers);
}
