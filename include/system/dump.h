/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of the guest's memory: dump-guest-memory. Main thread, BQL held. */
#ifndef SYSTEM_DUMP_H
#define SYSTEM_DUMP_H

#include "qemu/osdep.h"

/* Before the machine goes away: gives a dump up that is being written, and waits for its end. */
void dump_shutdown(void);

#endif
