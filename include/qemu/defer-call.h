/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Doing once, at the end of a batch, what each part of it would have done: handing requests to the
 * host together, one notification for many answers. Per thread; [any].
 */
#ifndef QEMU_DEFER_CALL_H
#define QEMU_DEFER_CALL_H

/* What is in between may be put off until the end. Nests. */
void defer_call_begin(void);
void defer_call_end(void);
bool defer_call_in_batch(void);

/*
 * @fn(@opaque) at the outermost end, once for equal arguments, in the order of the first calls; at
 * once outside of a batch. Calls that are deferred by what is called at the end belong to it, too.
 * An event loop that is waited in meanwhile makes the calls first: none of them is waited for.
 */
void defer_call(void (*fn)(void *), void *opaque);

/* Makes this thread's calls now; false: there were none. For event loops. */
bool defer_call_flush(void);

#endif
