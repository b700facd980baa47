/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A counter that can be waited for like a file descriptor: an eventfd.
 * Setting it is async-signal-safe.
 */
#ifndef QEMU_EVENT_NOTIFIER_H
#define QEMU_EVENT_NOTIFIER_H

#include "qemu/compiler.h"
#include "qemu/typedefs.h"

struct EventNotifier {
    int rfd;
    int wfd;
    bool initialized;
};

typedef void EventNotifierHandler(EventNotifier *e);

/* 0 or -errno; set already when @active. */
int event_notifier_init(EventNotifier *e, int active);
/* Use an eventfd that somebody else made (vhost-user, vfio); takes it over. */
void event_notifier_init_fd(EventNotifier *e, int fd);
void event_notifier_cleanup(EventNotifier *e);
int event_notifier_set(EventNotifier *e);
/* Returns 1 if it had been set, 0 if not. */
int event_notifier_test_and_clear(EventNotifier *e);
int event_notifier_get_fd(const EventNotifier *e);

#endif
