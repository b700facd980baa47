/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event notifiers over eventfd(2). */

#include "qemu/osdep.h"
#include <sys/eventfd.h>
#include "qemu/event_notifier.h"

int event_notifier_init(EventNotifier *e, int active)
{
    int fd = eventfd(active ? 1 : 0, EFD_NONBLOCK | EFD_CLOEXEC);

    if (fd < 0) {
        return -errno;
    }
    event_notifier_init_fd(e, fd);
    return 0;
}

void event_notifier_init_fd(EventNotifier *e, int fd)
{
    e->rfd = fd;
    e->wfd = fd;
    e->initialized = true;
}

void event_notifier_cleanup(EventNotifier *e)
{
    if (!e->initialized) {
        return;
    }
    close(e->rfd);
    if (e->wfd != e->rfd) {
        close(e->wfd);
    }
    e->rfd = e->wfd = -1;
    e->initialized = false;
}

int event_notifier_set(EventNotifier *e)
{
    static const uint64_t value = 1;
    ssize_t ret;

    if (!e->initialized) {
        return -EBADF;
    }
    ret = RETRY_ON_EINTR(write(e->wfd, &value, sizeof(value)));
    /* EAGAIN: the counter is at its maximum, so it is set. */
    return ret < 0 && errno != EAGAIN ? -errno : 0;
}

int event_notifier_test_and_clear(EventNotifier *e)
{
    uint64_t value;

    return e->initialized && RETRY_ON_EINTR(read(e->rfd, &value, sizeof(value))) > 0;
}

int event_notifier_get_fd(const EventNotifier *e)
{
    return e->rfd;
}
