/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main thread's loop: GLib's default context is what sleeps; the two
 * AioContexts are sources of it.
 */
#include "qemu/osdep.h"
#include <glib-unix.h>
#include <poll.h>
#include "qapi/error.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"

typedef struct MainLoop {
    AioContext *aio_context;
    AioContext *iohandler_context;
    QEMUBH *notify_bh;
    GArray *pollfds;
    /* What of pollfds belongs to GLib, and the priority it polls at. */
    int glib_pollfds_idx;
    int glib_n_poll_fds;
    int max_priority;
    NotifierList poll_notifiers;
} MainLoop;

static MainLoop main_loop;
/* Set for good by qemu_ask_to_end(); the notifier wakes whoever sleeps at that moment. */
static bool end_asked;
static EventNotifier end_notifier;

AioContext *qemu_get_aio_context(void)
{
    return main_loop.aio_context;
}

AioContext *iohandler_get_aio_context(void)
{
    return main_loop.iohandler_context;
}

bool qemu_in_main_thread(void)
{
    /* A thread that has taken the machine's lock acts for the main thread. */
    return main_loop.aio_context && qemu_get_current_aio_context() == main_loop.aio_context;
}

static void notify_event_cb(void *opaque)
{
    /* Being scheduled is what it is for: the loop does not go to sleep over it. */
}

void qemu_notify_event(void)
{
    if (main_loop.notify_bh) {
        qemu_bh_schedule(main_loop.notify_bh);
    }
}

void qemu_ask_to_end(void)
{
    qatomic_set(&end_asked, true);
    event_notifier_set(&end_notifier);
}

/* The flag stays for waits to come. */
static void end_notifier_cb(EventNotifier *e)
{
    event_notifier_test_and_clear(e);
}

bool qemu_wait_for_fd(int fd, short events, Error **errp)
{
    struct pollfd fds[] = {{.fd = fd, .events = events},
                           {.fd = event_notifier_get_fd(&end_notifier), .events = POLLIN}};

    while (!qatomic_read(&end_asked)) {
        /* An event that a signal handler sets right here is not missed, a flag would be. */
        if (poll(fds, main_loop.aio_context ? 2 : 1, -1) > 0 && fds[0].revents) {
            return true;
        }
    }
    error_setg(errp, "told to end while waiting");
    return false;
}

static gboolean on_end_asked(gint fd, GIOCondition cond, gpointer opaque)
{
    return G_SOURCE_CONTINUE; /* the loop looks at the flag */
}

bool qemu_wait_in_context(GMainContext *context, bool (*done)(void *opaque), void *opaque,
                          Error **errp)
{
    GSource *end = NULL;
    bool ok;

    if (main_loop.aio_context) {
        end = g_unix_fd_source_new(event_notifier_get_fd(&end_notifier), G_IO_IN);
        g_source_set_callback(end, G_SOURCE_FUNC(on_end_asked), NULL, NULL);
        g_source_attach(end, context);
    }
    while (!(ok = done(opaque)) && !qatomic_read(&end_asked)) {
        g_main_context_iteration(context, TRUE);
    }
    if (end) {
        g_source_destroy(end);
        g_source_unref(end);
    }
    if (!ok) {
        error_setg(errp, "told to end while waiting");
    }
    return ok;
}

static void main_timerlist_notify(void *opaque, QEMUClockType type)
{
    if (main_loop.aio_context) {
        aio_notify(main_loop.aio_context);
    }
}

static void attach(AioContext *ctx, const char *name)
{
    GSource *src = aio_get_g_source(ctx);

    g_source_set_name(src, name);
    g_source_attach(src, NULL);
    g_source_unref(src);
}

bool qemu_init_main_loop(Error **errp)
{
    int ret;

    if (main_loop.aio_context) {
        return true;
    }
    init_clocks(main_timerlist_notify);
    main_loop.aio_context = aio_context_new(errp);
    if (!main_loop.aio_context) {
        return false;
    }
    main_loop.iohandler_context = aio_context_new(errp);
    if (!main_loop.iohandler_context) {
        g_clear_pointer(&main_loop.aio_context, aio_context_unref);
        return false;
    }
    ret = event_notifier_init(&end_notifier, false);
    if (ret < 0) {
        error_setg_errno(errp, -ret, "cannot make an event notifier");
        g_clear_pointer(&main_loop.iohandler_context, aio_context_unref);
        g_clear_pointer(&main_loop.aio_context, aio_context_unref);
        return false;
    }
    qemu_set_current_aio_context(main_loop.aio_context);
    main_loop.notify_bh = aio_bh_new(main_loop.aio_context, notify_event_cb, NULL);
    main_loop.pollfds = g_array_new(FALSE, FALSE, sizeof(GPollFD));
    notifier_list_init(&main_loop.poll_notifiers);
    attach(main_loop.aio_context, "aio-context");
    attach(main_loop.iohandler_context, "io-handler");
    event_notifier_set_handler(&end_notifier, end_notifier_cb);
    return true;
}

/* Append what GLib waits for; lower *@cur_timeout (ns) to what it wants. */
static void glib_pollfds_fill(int64_t *cur_timeout)
{
    GMainContext *context = g_main_context_default();
    int timeout = 0, n, room;

    g_main_context_prepare(context, &main_loop.max_priority);
    main_loop.glib_pollfds_idx = main_loop.pollfds->len;
    n = main_loop.glib_n_poll_fds;
    do {
        room = n;
        g_array_set_size(main_loop.pollfds, main_loop.glib_pollfds_idx + room);
        n = g_main_context_query(
            context, main_loop.max_priority, &timeout,
            &g_array_index(main_loop.pollfds, GPollFD, main_loop.glib_pollfds_idx), room);
    } while (n > room);
    main_loop.glib_n_poll_fds = n;
    g_array_set_size(main_loop.pollfds, main_loop.glib_pollfds_idx + n);
    if (timeout >= 0) {
        *cur_timeout = qemu_soonest_timeout((int64_t)timeout * SCALE_MS, *cur_timeout);
    }
}

static void glib_pollfds_poll(void)
{
    GMainContext *context = g_main_context_default();
    GPollFD *pfds = &g_array_index(main_loop.pollfds, GPollFD, main_loop.glib_pollfds_idx);

    if (g_main_context_check(context, main_loop.max_priority, pfds, main_loop.glib_n_poll_fds)) {
        g_main_context_dispatch(context);
    }
}

/* Returns what poll() did. */
static int os_host_main_loop_wait(int64_t timeout)
{
    GMainContext *context = g_main_context_default();
    bool locked = bql_locked();
    int ret;

    g_main_context_acquire(context);
    glib_pollfds_fill(&timeout);
    /* After the AioContext has been prepared: from there on an earlier timer wakes us. */
    timeout = qemu_soonest_timeout(timeout, timerlistgroup_deadline_ns(&main_loop_tlg));
    if (locked) {
        bql_unlock();
    }
    ret = qemu_poll_ns((GPollFD *)main_loop.pollfds->data, main_loop.pollfds->len, timeout);
    if (locked) {
        bql_lock();
    }
    glib_pollfds_poll();
    g_main_context_release(context);
    return ret;
}

void main_loop_poll_add_notifier(Notifier *notify)
{
    notifier_list_add(&main_loop.poll_notifiers, notify);
}

void main_loop_poll_remove_notifier(Notifier *notify)
{
    notifier_remove(notify);
}

void main_loop_wait(int nonblocking)
{
    MainLoopPoll mlpoll = {
        .state = MAIN_LOOP_POLL_FILL,
        .timeout = nonblocking ? 0 : UINT32_MAX,
        .pollfds = main_loop.pollfds,
    };
    int64_t timeout_ns;
    int ret;

    g_array_set_size(main_loop.pollfds, 0);
    notifier_list_notify(&main_loop.poll_notifiers, &mlpoll);
    timeout_ns = mlpoll.timeout == UINT32_MAX ? -1 : (int64_t)mlpoll.timeout * SCALE_MS;

    ret = os_host_main_loop_wait(timeout_ns);
    mlpoll.state = ret < 0 ? MAIN_LOOP_POLL_ERR : MAIN_LOOP_POLL_OK;
    notifier_list_notify(&main_loop.poll_notifiers, &mlpoll);
    qemu_clock_run_all_timers();
}

void qemu_set_fd_handler(int fd, IOHandler *fd_read, IOHandler *fd_write, void *opaque)
{
    aio_set_fd_handler(main_loop.iohandler_context, fd, fd_read, fd_write, NULL, NULL, opaque);
}

void event_notifier_set_handler(EventNotifier *e, EventNotifierHandler *handler)
{
    aio_set_event_notifier(main_loop.iohandler_context, e, handler, NULL, NULL);
}
