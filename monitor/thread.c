/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The thread that QMP monitors share, so that a busy main loop does not keep them from being heard.
 */

#include "qemu/osdep.h"
#include "monitor-internal.h"

/* Main thread. */
static IOThread *thread;

IOThread *monitor_thread(Error **errp)
{
    if (!thread) {
        thread = iothread_create("mon_iothread", errp);
    }
    return thread;
}

/* No monitor uses it any more. */
void monitor_thread_cleanup(void)
{
    if (thread) {
        iothread_destroy(g_steal_pointer(&thread));
    }
}
