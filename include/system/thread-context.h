/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Object "thread-context": a thread that sleeps and makes other threads on request, which so take
 * over its processor affinity: that of its properties, or what somebody outside gave the thread.
 * Main thread, BQL held.
 */
#ifndef SYSTEM_THREAD_CONTEXT_H
#define SYSTEM_THREAD_CONTEXT_H

#include "qemu/thread.h"
#include "qom/object.h"

#define TYPE_THREAD_CONTEXT "thread-context"
OBJECT_DECLARE_SIMPLE_TYPE(ThreadContext, THREAD_CONTEXT)

/* As qemu_thread_create(), which happens in the thread of @tc. Returns when it has. */
void thread_context_create_thread(ThreadContext *tc, QemuThread *thread, const char *name,
                                  void *(*start)(void *), void *arg, int mode);

#endif
