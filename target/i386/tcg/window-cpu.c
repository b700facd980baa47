/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The window and the vCPUs: what is mapped on a first touch, which address space
 * owns the window, and what the guest's invalidations take out of it. See window.h.
 *
 * The owner changes while no vCPU runs guest code (start_exclusive), so whatever runs
 * may rely on it. SDM volume 3, 4.10 (what a TLB may hold, and for how long).
 */
#include "qemu/osdep.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include "qemu/rcu.h"
#include "qemu/timer.h"
#include "qapi/error.h"
#include "exec/address-space.h"
#include "hw/core/cpu.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/tlb.h"
#include "target/i386/tcg/window.h"

/*
 * An address space earns the window by the time that it spends in user code, measured by
 * what the vCPU is found in whenever it leaves translated code.
 */
#define EARN_NS     (8 * SCALE_MS)
#define MAX_STEP_NS (4 * SCALE_MS) /* between two looks */
/* Not one that has page faults more often than this. */
#define FAULT_NS (50 * SCALE_US)
/* An owner that has not been seen for so long gives way to others. */
#define IDLE_NS (50 * SCALE_MS)
/*
 * An owner may spend this on first touches and invalidations, and then a share of its
 * time in user code; one that needs more loses the window, for longer each time.
 */
#define ALLOWANCE_NS (10 * SCALE_MS)
#define SPENT_SHARE  4
/* What took longer had to wait for a processor of the host: that is not the window's doing. */
#define LONGEST_PAGE_NS (50 * SCALE_US)
#define LONGEST_ALL_NS  (2 * SCALE_MS)
#define PERIOD_NS       (100 * SCALE_MS)
#define PENALTY_NS      (200 * SCALE_MS)
#define MAX_STRIKES     7
#define PENALTIES       64

/* Pages around a touched one that are mapped with it where that costs no mapping of its own. */
#define AROUND       32
#define AROUND_LARGE 512

#define NO_ROOT      UINT64_MAX

typedef struct Penalty {
    uint64_t root;
    int64_t until;
    unsigned strikes;
} Penalty;

static struct {
    bool enabled, eager, direct;
    uint64_t root;     /* the owner; changed in exclusive sections only */
    bool requested;    /* (A) a change of the owner is under way */
    int64_t last_seen; /* (A) by any vCPU */
    uint64_t spent;    /* (A) ns, since it has it */
    uint64_t used;     /* (A) ns in user code; but see check_account() */
    Penalty penalty[PENALTIES];
    uint64_t grants, revocations, touches, retries, refused, flushes, page_flushes; /* (A) */
    char *why_not;
} owner = {.root = NO_ROOT};

bool x86_window_wanted(const CPUX86State *env)
{
    return owner.eager && !env->jit_hot.window &&
           (env->hflags & (HF_CPL_MASK | HF_CS64)) == (3 | HF_CS64);
}

bool x86_window_enabled(void)
{
    return owner.enabled;
}

/* ---- ownership ---- */

void x86_window_update(CPUX86State *env)
{
    env->jit_hot.window = owner.root != NO_ROOT && owner.root == x86_window_root(env) &&
                          (env->cr[0] & CR0_PG_MASK) && (env->efer & MSR_EFER_LMA) &&
                          !(env->hflags & HF_SMM) &&
                          /* Rights of key 0 are a thread's own, and change without a flush. */
                          !((env->cr[4] & CR4_PKE_MASK) && (env->pkru & 3));
}

void x86_window_give(uint64_t root)
{
    CPUState *cs;

    x86_window_unmap_all();
    owner.root = root;
    owner.last_seen = get_clock();
    owner.spent = owner.used = 0;
    CPU_FOREACH (cs) {
        if (cpu_env(cs)->tlb) {
            x86_window_update(cpu_env(cs));
        }
    }
}

static Penalty *penalty_of(uint64_t root)
{
    return &owner.penalty[(root * 0x9e3779b97f4a7c15ull >> 32) % PENALTIES];
}

/* In an exclusive section. */
static void do_grant(CPUState *cs, run_on_cpu_data data)
{
    owner.grants++;
    x86_window_give(data.target_ptr);
    qatomic_set(&owner.requested, false);
}

static void do_revoke(CPUState *cs, run_on_cpu_data data)
{
    Penalty *p = penalty_of(owner.root);

    if (owner.root != NO_ROOT) {
        p->strikes = p->root == owner.root ? MIN(p->strikes + 1, MAX_STRIKES) : 0;
        p->root = owner.root;
        p->until = get_clock() + ((int64_t)PENALTY_NS << p->strikes);
        owner.revocations++;
        x86_window_give(NO_ROOT);
    }
    qatomic_set(&owner.requested, false);
}

static void request(CPUX86State *env, run_on_cpu_func fn, uint64_t root)
{
    if (!qatomic_xchg(&owner.requested, true)) {
        async_safe_run_on_cpu(env_cpu(env), fn, RUN_ON_CPU_TARGET_PTR(root));
    }
}

/* Since @start, for something that takes at most @longest. */
static void spend(int64_t start, int64_t longest)
{
    qatomic_add(&owner.spent, MIN(get_clock() - start, longest));
}

/* Is it still worth it? Accounts are kept for a while only: both sides are halved. */
static void check_account(CPUX86State *env)
{
    uint64_t spent = qatomic_read(&owner.spent), used = qatomic_read(&owner.used);

    if (owner.eager) {
        return;
    }
    if (spent > ALLOWANCE_NS + used / SPENT_SHARE) {
        request(env, do_revoke, 0);
    } else if (used > 2 * PERIOD_NS) {
        qatomic_set(&owner.used, used / 2);
        qatomic_set(&owner.spent, spent / 2);
    }
}

/* It is still being given its memory: the first touch of a page is dearer with the window. */
static bool too_many_faults(const X86TLB *tlb, uint64_t step)
{
    return tlb->faults - tlb->candidate.faults > step / FAULT_NS;
}

static bool may_have(const X86WindowCandidate *c, int64_t now)
{
    const Penalty *p = penalty_of(c->root);

    return (owner.root == NO_ROOT || now - qatomic_read(&owner.last_seen) > IDLE_NS) &&
           (p->root != c->root || now > p->until);
}

void x86_window_sample(CPUX86State *env)
{
    X86WindowCandidate *c = &env->tlb->candidate;
    uint64_t root = x86_window_root(env), step;
    int64_t now = get_clock();

    step = MIN(now - c->last, MAX_STEP_NS);
    c->last = now;
    if ((env->hflags & (HF_CPL_MASK | HF_CS64)) != (3 | HF_CS64) || !(env->cr[0] & CR0_PG_MASK)) {
        return;
    }
    if (root == owner.root) {
        qatomic_set(&owner.last_seen, now);
        qatomic_add(&owner.used, step);
        check_account(env);
        return;
    }
    if (c->root != root || too_many_faults(env->tlb, step)) {
        c->root = root;
        c->used = 0;
    }
    c->used += step;
    c->faults = env->tlb->faults;
    if (owner.eager || (c->used >= EARN_NS && may_have(c, now))) {
        request(env, do_grant, root);
    }
}

/* ---- first touches ---- */

static bool page_allowed(CPUX86State *env, uint64_t lin, const X86Walk *walk)
{
    /* A global page belongs to all address spaces, a key's rights to a thread. */
    return !walk->global && !walk->pkey && !x86_debug_page_watched(env, lin);
}

/* The page @i pages from that of @run has been used already and lies beside it in RAM. */
static bool neighbour(CPUX86State *env, uint64_t lin, const X86Walk *walk, int i)
{
    uint64_t there = lin + (int64_t)i * TARGET_PAGE_SIZE;
    X86Walk other;

    if (walk->level > 12) {
        return !x86_debug_page_watched(env, there);
    }
    return x86_mmu_peek(env, there, X86_MMU_USER, &other) && other.level == 12 &&
           other.paddr == walk->paddr + (int64_t)i * TARGET_PAGE_SIZE &&
           (other.prot & (X86_PROT_READ | X86_PROT_WRITE)) ==
               (walk->prot & (X86_PROT_READ | X86_PROT_WRITE)) &&
           page_allowed(env, there, &other);
}

/*
 * Mapping some pages at once costs little more than mapping one. Only pages that
 * have their accessed flag are: none is set that the guest did not cause.
 */
static void gather(CPUX86State *env, uint64_t lin, const X86Walk *walk, X86WindowRun *run)
{
    int size = walk->level > 12 ? AROUND_LARGE : AROUND;
    int at = (lin >> TARGET_PAGE_BITS) % size, first = 0, end = 1;

    while (at + first > 0 && neighbour(env, lin, walk, first - 1)) {
        first--;
    }
    while (at + end < size && neighbour(env, lin, walk, end)) {
        end++;
    }
    run->host += (int64_t)first * TARGET_PAGE_SIZE;
    run->ram += (int64_t)first * TARGET_PAGE_SIZE;
    run->pages = end - first;
}

/* Cuts @run to what lies in the RAM region of @phys: beside it there may be a device. */
static void cut_to_region(CPUX86State *env, const X86Walk *walk, const PhysPageInfo *phys,
                          X86WindowRun *run)
{
    hwaddr back = phys->ram_addr - run->ram, xlat, len = (hwaddr)run->pages << TARGET_PAGE_BITS;
    MemoryRegion *mr = address_space_translate(x86_address_space(env), walk->paddr - back, &xlat,
                                               &len, false, x86_mem_attrs(env));

    if (mr == phys->mr && xlat + back == phys->mr_offset && len > back) {
        run->pages = len >> TARGET_PAGE_BITS;
    } else {
        run->host += back;
        run->ram += back;
        run->pages = 1;
    }
}

/* Maps the page that a walk found. */
static X86WindowFault map_found(CPUX86State *env, uint64_t page, bool store, const X86Walk *walk,
                                uint64_t seq)
{
    uint64_t host = x86_window_to_host(page);
    X86WindowRun run = {.host = host, .level = walk->level};
    PhysPageInfo phys;

    if (!page_allowed(env, page, walk)) {
        return X86_WINDOW_SLOW_PAGE;
    }
    address_space_lookup_page(x86_address_space(env), walk->paddr, x86_mem_attrs(env), &phys);
    if (!phys.host || phys.len < TARGET_PAGE_SIZE) {
        return X86_WINDOW_SLOW_PAGE;
    }
    run.ram = phys.ram_addr;
    run.write = (walk->prot & X86_PROT_WRITE) && !phys.readonly;
    gather(env, page, walk, &run);
    cut_to_region(env, walk, &phys, &run);
    switch (x86_window_map(&run, host, store, seq)) {
    case X86_WINDOW_MAPPED:
    case X86_WINDOW_STALE:
        return X86_WINDOW_RETRY;
    default:
        return X86_WINDOW_SLOW_PAGE;
    }
}

static X86WindowFault touch(CPUX86State *env, uint64_t page, bool store)
{
    uint64_t seq = x86_window_seq();
    X86Walk walk;

    if (!x86_mmu_walk(env, page, X86_MMU_USER, store ? MMU_DATA_STORE : MMU_DATA_LOAD, &walk)) {
        env->jit_hot.window_faulted = page | (store ? 1 : 0) | 2;
        return X86_WINDOW_GUEST;
    }
    return map_found(env, page, store, &walk, seq);
}

X86WindowFault x86_window_fault(CPUX86State *env, uint64_t host, bool store)
{
    uint64_t lin = x86_window_to_guest(host);
    int64_t start = get_clock();
    X86WindowFault r;

    if (lin == X86_WINDOW_NOWHERE || !env->jit_hot.window) {
        return X86_WINDOW_OUTSIDE;
    }
    rcu_read_lock();
    r = touch(env, lin & TARGET_PAGE_MASK, store);
    rcu_read_unlock();
    qatomic_inc(&owner.touches);
    if (r != X86_WINDOW_RETRY) {
        qatomic_inc(&owner.refused);
    }
    /* With what the host needs to deliver the signal. */
    spend(start - 2 * SCALE_US, LONGEST_PAGE_NS);
    check_account(env);
    return r;
}

void x86_window_after_fault(CPUX86State *env)
{
    uint64_t page = env->jit_hot.window_faulted & TARGET_PAGE_MASK, seq = x86_window_seq();
    bool store = env->jit_hot.window_faulted & 1;
    X86Walk walk;

    env->jit_hot.window_faulted = 0;
    if (x86_mmu_peek(env, page, X86_MMU_USER, &walk) && (walk.prot & X86_PROT_READ) &&
        (!store || (walk.prot & X86_PROT_WRITE))) {
        int64_t start = get_clock();

        map_found(env, page, store, &walk, seq);
        spend(start, LONGEST_PAGE_NS);
    }
}

/* ---- invalidation ---- */

static bool is_owner(uint64_t root)
{
    return root == owner.root && root != NO_ROOT;
}

void x86_window_flush_root(uint64_t root)
{
    if (is_owner(root)) {
        int64_t start = get_clock();

        x86_window_unmap_all();
        qatomic_inc(&owner.flushes);
        spend(start, LONGEST_ALL_NS);
    }
}

void x86_window_flush_page(uint64_t root, uint64_t lin)
{
    if (is_owner(root)) {
        int64_t start = get_clock();
        uint64_t host = x86_window_to_host(lin);

        if (host != X86_WINDOW_NOWHERE) {
            x86_window_unmap_page(host);
            qatomic_inc(&owner.page_flushes);
            spend(start, LONGEST_PAGE_NS);
        }
    }
}

void x86_window_flush_all(void)
{
    x86_window_unmap_all();
}

/* ---- start ---- */

/* Linux says so where programs may set the base of GS themselves. */
#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE (1 << 1)
#endif

static void set_gs_base(uint64_t base)
{
    asm volatile("wrgsbase %0" ::"r"(base));
}

static sigjmp_buf probe_env;

static void on_probe(int sig)
{
    siglongjmp(probe_env, 1);
}

/* Does an access at 2^47 + @page, which the base brings back to 2^46 + @page, fault as it should?
 */
static bool refuses(uint64_t page, bool store)
{
    struct sigaction sa = {.sa_handler = on_probe}, segv, bus;
    uint64_t ea = (1ull << 47) + page;
    volatile bool refused = true;

    sigaction(SIGSEGV, &sa, &segv);
    sigaction(SIGBUS, &sa, &bus);
    set_gs_base(-X86_WINDOW_HIGH);
    if (sigsetjmp(probe_env, 1) == 0) {
        if (store) {
            asm volatile("lock orl $0, %%gs:(%0)" ::"r"(ea) : "memory", "cc");
        } else {
            asm volatile("testl $0, %%gs:(%0)" ::"r"(ea) : "memory", "cc");
        }
        refused = false;
    }
    set_gs_base(0);
    sigaction(SIGSEGV, &segv, NULL);
    sigaction(SIGBUS, &bus, NULL);
    return refused;
}

/* Tries it with a page in the guard behind the upper range. */
static bool try_direct(void)
{
    const uint64_t page = 1ull << 20;
    void *host = (void *)(uintptr_t)(X86_WINDOW_HIGH + page);
    bool refused;

    if (mprotect(host, TARGET_PAGE_SIZE, PROT_READ | PROT_WRITE) < 0) {
        return false;
    }
    refused = refuses(page, false) && refuses(page, true);
    mprotect(host, TARGET_PAGE_SIZE, PROT_NONE);
    return refused;
}

bool x86_window_direct(void)
{
    return owner.direct;
}

void x86_window_set_indirect(void)
{
    owner.direct = false;
}

static bool host_can(Error **errp)
{
#ifdef __SANITIZE_ADDRESS__
    error_setg(errp, "the address sanitizer uses the lower half of the process' addresses");
    return false;
#endif
    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE)) {
        error_setg(errp, "the host does not let programs set the base of GS (FSGSBASE)");
        return false;
    }
    if (sysconf(_SC_PAGESIZE) != TARGET_PAGE_SIZE) {
        error_setg(errp, "the host's pages are not of 4 KiB");
        return false;
    }
    return x86_window_map_init(errp);
}

bool x86_window_init(bool eager, Error **errp)
{
    Error *err = NULL;

    owner.eager = eager;
    owner.enabled = host_can(&err);
    if (owner.enabled) {
        owner.direct = try_direct();
    } else {
        owner.why_not = g_strdup(error_get_pretty(err));
        error_propagate(errp, err);
    }
    return owner.enabled;
}

void x86_window_thread_init(void)
{
    if (owner.enabled) {
        set_gs_base(-X86_WINDOW_HIGH);
    }
}

void x86_window_describe(GString *buf)
{
    X86WindowStats s;

    if (!owner.enabled) {
        g_string_append_printf(buf, "window: off%s%s\n", owner.why_not ? ": " : "",
                               owner.why_not ? owner.why_not : "");
        return;
    }
    x86_window_map_stats(&s);
    g_string_append_printf(buf,
                           "window: %" PRIu64 " pages now; %" PRIu64 " mapped in %" PRIu64
                           " runs, %" PRIu64 " unmapped, %" PRIu64 " write-protected\n"
                           "window: %" PRIu64 " first touches, %" PRIu64 " refused; %" PRIu64
                           " page and %" PRIu64 " full invalidations, emptied %" PRIu64 " times\n"
                           "window: granted %" PRIu64 " times, %" PRIu64 " times taken away\n",
                           s.pages, s.mapped, s.runs, s.unmapped, s.protected_pages,
                           qatomic_read(&owner.touches), qatomic_read(&owner.refused),
                           qatomic_read(&owner.page_flushes), qatomic_read(&owner.flushes),
                           s.emptied, owner.grants, owner.revocations);
}
