/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the host's hardware lost (include/system/memory-failure.h).
 *
 * The signal handler only notes the address; the main loop finds out whose memory it is. A thread
 * that has used lost memory cannot go on, except for a vCPU: before KVM lets it the guest is told,
 * and translated code gets an empty page instead and a machine check that says that it is lost.
 */

#include "qemu/osdep.h"
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include "exec/address-spaces.h"
#include "exec/ram_addr.h"
#include "exec/ramblock.h"
#include "hw/core/cpu.h"
#include "qapi/qapi-events-run-state.h"
#include "qemu/error-report.h"
#include "qemu/event_notifier.h"
#include "qemu/main-loop.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "system/cpus.h"
#include "system/memory-failure.h"
#include "system/reset.h"
#include "system/runstate.h"

/* ---- what the signal handler notes ---- */

typedef struct Failure {
    void *host;
    CPUState *cpu; /* that used it, or NULL */
    bool consumed;
    bool replaced; /* by an empty page, already */
    bool waiting;  /* its thread has nothing to go on with */
} Failure;

enum { SLOT_FREE, SLOT_CLAIMED, SLOT_FULL };

/* Slots go from free to claimed to full in signal handlers of any thread, and back in the main
 * loop. */
static struct {
    int state;
    Failure failure;
} slots[32];

static EventNotifier noted;
static struct sigaction previous;
static pthread_t main_thread;
static TellGuestFn *tell_guest_fn;
static bool told_fatal; /* waiting threads may go and die */

static __thread MemoryFailureContext context;
static __thread void *met; /* in MEMORY_FAILURE_KERNEL */

MemoryFailureContext memory_failure_enter(MemoryFailureContext c)
{
    MemoryFailureContext before = context;

    context = c;
    return before;
}

bool memory_failure_was_met(void)
{
    return met;
}

/* Signal handler, any thread. */
static bool note(Failure f)
{
    for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
        if (qatomic_cmpxchg(&slots[i].state, SLOT_FREE, SLOT_CLAIMED) == SLOT_FREE) {
            slots[i].failure = f;
            qatomic_store_release(&slots[i].state, SLOT_FULL);
            event_notifier_set(&noted);
            return true;
        }
    }
    return false;
}

/* ---- telling ---- */

static void tell(MemoryFailureRecipient recipient, MemoryFailureAction action, bool consumed,
                 bool recursive)
{
    MemoryFailureFlags flags = {.action_required = consumed, .recursive = recursive};

    qapi_event_send_memory_failure(recipient, action, &flags);
}

/* Once: that ends the process. Any thread. */
static void tell_fatal(void *host)
{
    static bool begun;

    if (!qatomic_xchg(&begun, true)) {
        error_report("the host's memory failed: what was at %p is lost, and needed", host);
        tell(MEMORY_FAILURE_RECIPIENT_HYPERVISOR, MEMORY_FAILURE_ACTION_FATAL, true, false);
        qatomic_store_release(&told_fatal, true);
    }
}

/* ---- signal handler ---- */

/* The instruction is done again, and ends the process as if there were no handler. */
static void leave_to_default(void)
{
    sigaction(SIGBUS, &previous, NULL);
}

/* The main loop runs, unless it waits for this very thread: to drain a device, say. */
static void wait_for_main_loop(void)
{
    int64_t give_up = get_clock() + NANOSECONDS_PER_SECOND;

    while (!qatomic_load_acquire(&told_fatal) && get_clock() < give_up) {
        poll(NULL, 0, 10);
    }
}

/*
 * A thread without anything to go on with. The main loop tells clients of it; if that is not
 * possible, this one does: it was interrupted at an access of its own to memory, not within a lock
 * that telling needs, unless that lock itself is what was lost.
 */
static void consumed_by_us(void *host)
{
    if (!pthread_equal(pthread_self(), main_thread) && !bql_locked() &&
        note((Failure){.host = host, .consumed = true, .waiting = true})) {
        wait_for_main_loop();
    }
    tell_fatal(host);
    leave_to_default();
}

/* Translated code goes on with an empty page until it sees that it has been told. */
static bool consumed_by_guest(void *host)
{
    RAMBlock *block;
    ram_addr_t offset;

    if (bql_locked()) {
        return false; /* a device that it called */
    }
    /* Guest code runs within an RCU critical section. */
    block = qemu_ram_block_from_host(host, false, &offset);
    if (!block || qemu_ram_remap(block->offset + offset) < 0 ||
        !note((Failure){.host = host, .cpu = current_cpu, .consumed = true, .replaced = true})) {
        return false;
    }
    cpu_exit(current_cpu);
    return true;
}

static void on_sigbus(int sig, siginfo_t *info, void *ucontext)
{
    int saved = errno; /* of what we interrupt */

    if (info->si_code == BUS_MCEERR_AO) {
        note((Failure){.host = info->si_addr});
    } else if (info->si_code != BUS_MCEERR_AR) {
        leave_to_default();
    } else if (context == MEMORY_FAILURE_KERNEL) {
        met = info->si_addr;
    } else if (context != MEMORY_FAILURE_GUEST || !current_cpu ||
               !consumed_by_guest(info->si_addr)) {
        consumed_by_us(info->si_addr);
    }
    errno = saved;
}

/* ---- pages that are lost until the guest starts afresh ---- */

static GArray *lost; /* ram_addr_t; BQL */

static void keep_for_reset(ram_addr_t page)
{
    if (!lost) {
        lost = g_array_new(false, false, sizeof(ram_addr_t));
    }
    for (guint i = 0; i < lost->len; i++) {
        if (g_array_index(lost, ram_addr_t, i) == page) {
            return;
        }
    }
    g_array_append_val(lost, page);
}

static void replace_lost_pages(void *opaque)
{
    RCU_READ_LOCK_GUARD();
    for (guint i = 0; lost && i < lost->len; i++) {
        int ret = qemu_ram_remap(g_array_index(lost, ram_addr_t, i));

        if (ret < 0) {
            warn_report("a page of the guest's memory that the host has lost stays so: %s",
                        strerror(-ret));
        }
    }
    g_clear_pointer(&lost, g_array_unref);
}

/* ---- whose memory it is, and what becomes of it ---- */

/* Where the processors see it. */
static bool find_guest_address(RAMBlock *block, ram_addr_t offset, hwaddr *addr)
{
    FlatView *view = address_space_get_flatview(&address_space_memory);
    FlatRange *fr;
    bool found = false;

    FOR_EACH_FLATRANGE (fr, view) {
        if (fr->mr->ram_block == block && offset >= fr->offset_in_region &&
            offset - fr->offset_in_region < int128_get64(fr->addr.size)) {
            *addr = int128_get64(fr->addr.start) + (offset - fr->offset_in_region);
            found = true;
            break;
        }
    }
    flatview_unref(view);
    return found;
}

static GuestMemoryFailureResult tell_guest(const Failure *f, RAMBlock *block, ram_addr_t offset)
{
    CPUState *cpu = f->cpu ? f->cpu : first_cpu;
    GuestMemoryFailure guest = {.consumed = f->consumed, .restartable = !f->replaced};

    if (!cpu || !find_guest_address(block, offset, &guest.addr)) {
        return GUEST_MEMORY_FAILURE_NOT_READY;
    }
    return tell_guest_fn(cpu, &guest);
}

/* BQL held. */
static void handle(const Failure *f)
{
    GuestMemoryFailureResult result;
    MemoryFailureAction action = MEMORY_FAILURE_ACTION_IGNORE;
    ram_addr_t offset;
    RAMBlock *block;

    RCU_READ_LOCK_GUARD();
    block = qemu_ram_block_from_host(f->host, false, &offset);
    if (f->waiting) {
        tell_fatal(f->host);
        return;
    }
    if (!block && f->consumed) {
        /* What a processor needs to run: it comes there again. */
        tell_fatal(f->host);
        leave_to_default();
        return;
    }
    if (!block) {
        warn_report("the host's memory failed at %p, which the guest does not use", f->host);
        tell(MEMORY_FAILURE_RECIPIENT_HYPERVISOR, action, false, false);
        return;
    }
    if (!f->replaced) {
        keep_for_reset(block->offset + ROUND_DOWN(offset, qemu_ram_pagesize(block)));
    }
    result = tell_guest(f, block, offset);
    if (result == GUEST_MEMORY_FAILURE_TOLD) {
        action = MEMORY_FAILURE_ACTION_INJECT;
    } else if (f->consumed) {
        action = MEMORY_FAILURE_ACTION_RESET;
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
    warn_report("the host's memory failed: the guest has lost 0x%zx bytes at 0x" RAM_ADDR_FMT
                " of '%s'",
                qemu_ram_pagesize(block), offset, qemu_ram_get_idstr(block));
    tell(MEMORY_FAILURE_RECIPIENT_GUEST, action, f->consumed, result == GUEST_MEMORY_FAILURE_BUSY);
}

bool memory_failure_handle_met(void)
{
    Failure f = {.host = met, .cpu = current_cpu, .consumed = true};

    met = NULL;
    if (f.host) {
        handle(&f);
    }
    return f.host;
}

static void on_noted(EventNotifier *e)
{
    event_notifier_test_and_clear(e);
    for (size_t i = 0; i < ARRAY_SIZE(slots); i++) {
        if (qatomic_load_acquire(&slots[i].state) == SLOT_FULL) {
            Failure f = slots[i].failure;

            qatomic_store_release(&slots[i].state, SLOT_FREE);
            handle(&f);
        }
    }
}

void memory_failure_init(TellGuestFn *fn)
{
    struct sigaction sa = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_ONSTACK};

    if (event_notifier_init(&noted, false) < 0) {
        return; /* without it, lost memory ends the process */
    }
    main_thread = pthread_self();
    tell_guest_fn = fn;
    event_notifier_set_handler(&noted, on_noted);
    qemu_register_reset(replace_lost_pages, NULL);
    sigaction(SIGBUS, &sa, &previous);
    /* Of lost pages at once, not when they are used. Kernels without that do not know it. */
    prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0);
}
