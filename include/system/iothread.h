/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "-object iothread": a thread with an event loop of its own, for the request
 * path of devices and, on demand, for GLib sources.
 */
#ifndef SYSTEM_IOTHREAD_H
#define SYSTEM_IOTHREAD_H

#include "block/aio.h"
#include "qemu/thread.h"
#include "qom/object.h"

#define TYPE_IOTHREAD "iothread"
OBJECT_DECLARE_SIMPLE_TYPE(IOThread, IOTHREAD)

/* All functions: main thread. */

/* What query-iothreads tells. */
typedef struct IOThreadParams {
    const char *id;
    int thread_id;
    int64_t poll_max_ns;
    int64_t poll_grow;
    int64_t poll_shrink;
    int64_t poll_weight;
    int64_t aio_max_batch;
} IOThreadParams;
/* @params->id lives as long as the object. */
void iothread_get_params(IOThread *iothread, IOThreadParams *params);
/* Calls @fn for each that users made. */
void iothread_foreach(void (*fn)(IOThread *iothread, void *opaque), void *opaque);

/* NULL if no iothread has this id under /objects. */
IOThread *iothread_by_id(const char *id);
/* Lives as long as the iothread. */
AioContext *iothread_get_aio_context(IOThread *iothread);
/*
 * A context that the thread runs besides its AioContext. From the first call on the
 * thread sleeps in GLib, without busy-polling.
 */
GMainContext *iothread_get_g_main_context(IOThread *iothread);

/* Not user-created (the monitor's): the caller's until iothread_destroy(). */
IOThread *iothread_create(const char *id, Error **errp);
/* Ends the thread; what is in its event loop stays undone. */
void iothread_stop(IOThread *iothread);
void iothread_destroy(IOThread *iothread);

#endif
