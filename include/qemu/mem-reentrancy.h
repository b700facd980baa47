/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Knowing that a device is at work, so that a DMA it makes cannot call back into
 * it: device code is not written to be entered twice by one thread.
 *
 * The memory core brackets each call of a register callback, and the event loop
 * each guarded bottom half, with enter and leave on the device's guard. Threads
 * do not exclude each other here; that is the BQL's business.
 */
#ifndef QEMU_MEM_REENTRANCY_H
#define QEMU_MEM_REENTRANCY_H

#include "qemu/thread.h"

/* One activity; lives on the stack of who is in it. */
typedef struct MemReentrancyFrame {
    struct MemReentrancyFrame *next;
    const void *thread;
} MemReentrancyFrame;

/* All zeroes is a guard that nobody is inside of. */
struct MemReentrancyGuard {
    QemuSpin lock;
    MemReentrancyFrame *frames;
};

/* False when this thread is inside already; then @frame is not used, and not to be left. */
bool mem_reentrancy_enter(MemReentrancyGuard *guard, MemReentrancyFrame *frame);
void mem_reentrancy_leave(MemReentrancyGuard *guard, MemReentrancyFrame *frame);

#endif
