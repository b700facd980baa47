/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guards against a thread entering a device that it is already in. */
#include "qemu/osdep.h"
#include "qemu/mem-reentrancy.h"

/* Its address tells threads apart. */
static __thread char self;

bool mem_reentrancy_enter(MemReentrancyGuard *guard, MemReentrancyFrame *frame)
{
    MemReentrancyFrame *f;

    qemu_spin_lock(&guard->lock);
    for (f = guard->frames; f; f = f->next) {
        if (f->thread == &self) {
            break;
        }
    }
    if (!f) {
        frame->thread = &self;
        frame->next = guard->frames;
        guard->frames = frame;
    }
    qemu_spin_unlock(&guard->lock);
    return !f;
}

void mem_reentrancy_leave(MemReentrancyGuard *guard, MemReentrancyFrame *frame)
{
    qemu_spin_lock(&guard->lock);
    for (MemReentrancyFrame **p = &guard->frames; *p; p = &(*p)->next) {
        if (*p == frame) {
            *p = frame->next;
            break;
        }
    }
    qemu_spin_unlock(&guard->lock);
}
