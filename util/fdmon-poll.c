/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for file descriptors with poll(2): works for every kind of them. */
#include "qemu/osdep.h"
#include "qemu/lockable.h"
#include "aio-internal.h"

static void fdmon_poll_update(AioContext *ctx, AioHandler *old_node, AioHandler *new_node)
{
    /* A destroyed source has dropped its descriptors. */
    if (g_source_is_destroyed(&ctx->source)) {
        return;
    }
    if (old_node) {
        g_source_remove_poll(&ctx->source, &old_node->pfd);
    }
    if (new_node) {
        g_source_add_poll(&ctx->source, &new_node->pfd);
    }
}

static void fdmon_poll_wait(AioContext *ctx, AioHandlerList *ready, int64_t timeout)
{
    AioHandler *node;
    guint i, n;

    g_array_set_size(ctx->pollfds, 0);
    g_ptr_array_set_size(ctx->pollfd_handlers, 0);
    WITH_QEMU_LOCK_GUARD(&ctx->list_lock)
    {
        QLIST_FOREACH (node, &ctx->aio_handlers, node) {
            GPollFD pfd = {.fd = node->pfd.fd, .events = node->pfd.events};

            g_array_append_val(ctx->pollfds, pfd);
            g_ptr_array_add(ctx->pollfd_handlers, node);
        }
    }
    /* Handlers stay: they are freed by this thread, after the outermost loop. */
    n = ctx->pollfds->len;
    if (qemu_poll_ns((GPollFD *)ctx->pollfds->data, n, timeout) <= 0) {
        return;
    }
    for (i = 0; i < n; i++) {
        int revents = g_array_index(ctx->pollfds, GPollFD, i).revents;

        if (revents) {
            aio_add_ready_handler(ready, g_ptr_array_index(ctx->pollfd_handlers, i), revents);
        }
    }
}

static bool fdmon_poll_pending(AioContext *ctx)
{
    AioHandler *node;

    QEMU_LOCK_GUARD(&ctx->list_lock);
    QLIST_FOREACH (node, &ctx->aio_handlers, node) {
        if (node->pfd.revents & node->pfd.events) {
            return true;
        }
    }
    return false;
}

static void fdmon_poll_gather(AioContext *ctx, AioHandlerList *ready)
{
    AioHandler *node;

    QEMU_LOCK_GUARD(&ctx->list_lock);
    QLIST_FOREACH (node, &ctx->aio_handlers, node) {
        if (node->pfd.revents) {
            aio_add_ready_handler(ready, node, node->pfd.revents);
        }
    }
}

const FDMonOps fdmon_poll_ops = {
    .update = fdmon_poll_update,
    .wait = fdmon_poll_wait,
    .pending = fdmon_poll_pending,
    .gather = fdmon_poll_gather,
};
