/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sequence locks live with the other primitives. */
#ifndef QEMU_SEQLOCK_H
#define QEMU_SEQLOCK_H

#include "qemu/thread.h"

#endif
