/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the host's hardware lost. The kernel tells by SIGBUS (sigaction(2)): that a page may
 * not be used any more (BUS_MCEERR_AO), or that a thread did use it (BUS_MCEERR_AR). What of it is
 * the guest's memory, the guest is told of; clients see event MEMORY_FAILURE.
 */
#ifndef SYSTEM_MEMORY_FAILURE_H
#define SYSTEM_MEMORY_FAILURE_H

#include "exec/hwaddr.h"
#include "qemu/typedefs.h"

/* Who a thread works for when it meets such memory. */
typedef enum MemoryFailureContext {
    MEMORY_FAILURE_OWN,    /* for devices and ourselves: it has no result to go on with */
    MEMORY_FAILURE_GUEST,  /* translated guest code */
    MEMORY_FAILURE_KERNEL, /* KVM runs the guest, and has stopped before the access */
} MemoryFailureContext;

/* What a guest is told. */
typedef struct GuestMemoryFailure {
    hwaddr addr;      /* physical */
    bool consumed;    /* a processor used it, else it only must not be used from now on */
    bool restartable; /* and has state from before that */
} GuestMemoryFailure;

typedef enum GuestMemoryFailureResult {
    GUEST_MEMORY_FAILURE_NOT_READY, /* the guest cannot be told, as it is now */
    GUEST_MEMORY_FAILURE_BUSY,      /* it still looks at the one before */
    GUEST_MEMORY_FAILURE_TOLD,
} GuestMemoryFailureResult;

/* BQL held. Tells the guest; @cpu: who used the memory, or any. */
typedef GuestMemoryFailureResult TellGuestFn(CPUState *cpu, const GuestMemoryFailure *f);

/* From now on; main thread, with a main loop, before there are vCPUs. */
void memory_failure_init(TellGuestFn *tell_guest);
/* Of the calling thread; returns what it was. */
MemoryFailureContext memory_failure_enter(MemoryFailureContext context);
/*
 * vCPU thread, BQL held: the last stay in MEMORY_FAILURE_KERNEL ended because of lost memory. The
 * guest has been told, or is going to be reset.
 */
bool memory_failure_handle_met(void);
/* The same, without looking further; no BQL. */
bool memory_failure_was_met(void);

#endif
