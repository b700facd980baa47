/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "-object iothread": a thread with an event loop of its own, for the request
 * path of devices and, on demand, for GLib sources.
 */
#ifndef SYSTEM_IOTHREAD_H
#define SYSTEM_IOTHREAD_H

#include "block/aio.h"
#include "qemu/thread.h"

#define TYPE_IOTHREAD "iothread"

/* g_free() it. */
char *iothread_get_id(IOThread *iothread);
/* NULL if there is none. */
IOThread *iothread_by_id(const char *id);
AioContext *iothread_get_aio_context(IOThread *iothread);
/* Starts to run a GMainContext in the thread if it did not before. */
GMainContext *iothread_get_g_main_context(IOThread *iothread);

/* Not user-created (the monitor's): named @id under /objects-internal. */
IOThread *iothread_create(const char *id, Error **errp);
void iothread_stop(IOThread *iothread);
void iothread_destroy(IOThread *iothread);

#endif
