/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What translated code calls. The thunks have stored the guest's registers in
 * env; its vector state may still be in the host's registers, so this file is
 * compiled without vector registers, and parks that state before it calls
 * anything that is not.
 */
#include "qemu/osdep.h"
#include <signal.h>
#include "qemu/log.h"
#include "qemu/rcu.h"
#include "system/cpus.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/host-signal.h"
#include "target/i386/tcg/hostfpu.h"
#include "target/i386/tcg/interp.h"
#include "target/i386/tcg/jit/jit-int.h"
#include "target/i386/tcg/spin.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/timer-look.h"
#include "target/i386/tcg/window.h"

/* ---- state between translated code and env ---- */

void jit_flags_from_code(CPUX86State *env)
{
    uint64_t f = env->jit_hot.flags >> 8 & (CC_S | CC_Z | CC_A | CC_P | CC_C);

    if (env->jit_hot.flags & 1) {
        f |= CC_O;
    }
    env->eflags = (env->eflags & ~(uint64_t)CC_ALL) | f;
}

static void flags_to_code(CPUX86State *env)
{
    env->jit_hot.flags =
        (env->eflags & (CC_S | CC_Z | CC_A | CC_P | CC_C)) << 8 | (env->eflags & CC_O ? 1 : 0);
}

void jit_park(CPUX86State *env)
{
    if (!env->jit_hot.fpu_parked) {
        x86_hostfpu_save(&env->fpu);
        env->jit_hot.fpu_parked = true;
    }
}

static void unpark(CPUX86State *env)
{
    if (env->jit_hot.fpu_parked) {
        x86_hostfpu_load(&env->fpu);
        env->jit_hot.fpu_parked = false;
    }
}

/* ---- jump caches ---- */

static void forget_jump(JitJumpCache *c, unsigned i)
{
    for (unsigned w = 0; w < G_N_ELEMENTS(c->way); w++) {
        c->way[w][i].ntag = JIT_JC_NONE;
        if (i == jit_jump_index(-(uint64_t)JIT_JC_NONE)) {
            /* The one eip that an unused entry matches, which is never entered. */
            c->way[w][i].code = jit.thunk.stale;
        }
    }
}

static void clear_jumps(JitJumpInfo *j)
{
    if (j->nlog <= JIT_JC_LOG) {
        for (unsigned i = 0; i < j->nlog; i++) {
            forget_jump(j->cache, j->cache->log[i]);
        }
    } else {
        for (unsigned i = 0; i < JIT_JC_SIZE; i++) {
            forget_jump(j->cache, i);
        }
    }
    j->nlog = 0;
}

/*
 * Kernels map themselves with global pages, so that what they jump to outlives a
 * change of address space.
 */
#define JIT_LOCAL_JUMPS 4096

static bool jumps_are_global(const CPUX86State *env)
{
    X86JitCPU *cpu = env->jit;

    if ((env->hflags & HF_CPL_MASK) == 3 || !(env->cr[4] & CR4_PGE_MASK)) {
        return false;
    }
    if (cpu->local_epoch != env->tlb->global_epoch) {
        cpu->local_epoch = env->tlb->global_epoch;
        cpu->local_jumps = 0;
    }
    return cpu->local_jumps < JIT_LOCAL_JUMPS;
}

static bool jumps_match(const CPUX86State *env, const JitJumpInfo *j, const X86TLBSlot *slot)
{
    return j->hflags == jit_mode(env) && j->slot == slot &&
           ((env->hflags & HF_CS64) ||
            (j->cs_base == (uint32_t)env->segs[R_CS].base && j->cs_limit == env->segs[R_CS].limit));
}

/* A jump cache that has not been used yet also has no mode. */
#define JIT_JC_UNUSED UINT32_MAX

/* That of the current mode and address space, or the one that was used longest ago, made its. */
static JitJumpInfo *find_jumps(CPUX86State *env, const X86TLBSlot *slot)
{
    X86JitCPU *cpu = env->jit;
    JitJumpInfo *j, *oldest = &cpu->info[0];

    for (j = cpu->info; j < cpu->info + JIT_JC_SETS; j++) {
        if (jumps_match(env, j, slot)) {
            return j;
        }
        if (j->last_use < oldest->last_use) {
            oldest = j;
        }
    }
    oldest->hflags = jit_mode(env);
    oldest->slot = slot;
    oldest->cs_base = env->segs[R_CS].base;
    oldest->cs_limit = env->segs[R_CS].limit;
    clear_jumps(oldest);
    return oldest;
}

/* The jump cache of the current mode and address space becomes the current one. */
static JitJumpInfo *select_jumps(CPUX86State *env)
{
    X86JitCPU *cpu = env->jit;
    JitJumpInfo *j = cpu->jumps;
    const X86TLBSlot *slot = jumps_are_global(env) ? NULL : env->tlb_slot;
    uint64_t epoch = slot ? slot->epoch : env->tlb->global_epoch;
    uint64_t generation = qatomic_read(&jit.generation);

    if (!jumps_match(env, j, slot)) {
        /* Mostly it goes to the kernel and back. */
        j = cpu->jumps_before;
        if (!jumps_match(env, j, slot)) {
            j = find_jumps(env, slot);
        }
        cpu->jumps_before = cpu->jumps;
        cpu->jumps = j;
        env->jit_hot.jumps = j->cache;
        j->last_use = ++cpu->use_clock;
    }
    if (j->epoch != epoch || j->generation != generation) {
        clear_jumps(j);
        j->epoch = epoch;
        j->generation = generation;
    }
    return j;
}

/* ---- where to go on ---- */

/* Leave translated code with everything in env. */
static const uint8_t *leave(CPUX86State *env)
{
    jit_park(env);
    return NULL;
}

static const X86TLBEntry *code_entry(CPUX86State *env, uint64_t pc)
{
    int idx = x86_cpl(env) == 3 ? X86_MMU_USER : x86_mmu_index_implicit(env);
    const X86TLBEntry *e = x86_tlb_entry(env, idx, pc);

    return e->addr_code == (pc & TARGET_PAGE_MASK) ? e : NULL;
}

static const X86TLBInfo *code_info(CPUX86State *env, const X86TLBEntry *e)
{
    return &env->tlb_slot->info[0][0] + (e - &env->tlb_slot->entry[0][0]);
}

/* What follows the page of env->eip, where a block's only instruction may go on. */
static uint64_t second_page(const CPUX86State *env)
{
    uint64_t next = (x86_pc(env) & TARGET_PAGE_MASK) + TARGET_PAGE_SIZE;

    return env->hflags & HF_CS64 ? next : (uint32_t)next;
}

/* The TLB knows the pages of @b, which begins at env->eip, and they are the block's. */
static bool pages_known(CPUX86State *env, const JitBlock *b, bool *global)
{
    const X86TLBEntry *e = code_entry(env, x86_pc(env));

    if (!e || code_info(env, e)->ram_addr != b->page[0]) {
        return false;
    }
    *global = code_info(env, e)->global;
    if (b->page[1] != JIT_NO_PAGE) {
        e = code_entry(env, second_page(env));
        if (!e || code_info(env, e)->ram_addr != b->page[1]) {
            return false;
        }
        *global &= code_info(env, e)->global;
    }
    return true;
}

/* The block at env->eip if the TLB knows its pages and it has been translated. */
static JitBlock *find_known(CPUX86State *env)
{
    const X86TLBEntry *e = code_entry(env, x86_pc(env));
    X86CodePage page;
    JitBlock *b;
    bool global;

    if (!e) {
        return NULL;
    }
    page = (X86CodePage){.ram_addr = code_info(env, e)->ram_addr};
    b = jit_find_fast(env, &page);
    return b && pages_known(env, b, &global) ? b : NULL;
}

/* Have jumps to env->eip, where @b is, go there; false if they cannot. */
static bool enter_jump(CPUX86State *env, const JitBlock *b)
{
    JitJumpInfo *j = select_jumps(env);
    JitJumpCache *c = j->cache;
    unsigned i = jit_jump_index(env->eip);
    bool global;

    if (env->eip == -(uint64_t)JIT_JC_NONE || !pages_known(env, b, &global)) {
        return false;
    }
    if (!j->slot && !global) {
        env->jit->local_jumps++;
        return false;
    }
    x86_tlb_note_code(env, x86_pc(env), !j->slot);
    if (b->page[1] != JIT_NO_PAGE) {
        x86_tlb_note_code(env, second_page(env), !j->slot);
    }
    if (c->way[0][i].ntag != -env->eip) {
        c->way[1][i] = c->way[0][i];
    }
    c->way[0][i].ntag = -env->eip;
    c->way[0][i].code = b->far;
    if (j->nlog < JIT_JC_LOG) {
        c->log[j->nlog] = i;
    }
    j->nlog += j->nlog <= JIT_JC_LOG;
    return true;
}

/* The far entry that @c has for @eip, or NULL. */
static const uint8_t *known_jump(const JitJumpCache *c, uint64_t eip)
{
    unsigned i = jit_jump_index(eip);

    if (eip == -(uint64_t)JIT_JC_NONE) {
        return NULL;
    }
    for (unsigned w = 0; w < G_N_ELEMENTS(c->way); w++) {
        /* The far entry of an invalid block is a jump (close_far_entry). */
        if (c->way[w][i].ntag == -eip && qatomic_read(c->way[w][i].code) != 0xe9) {
            return c->way[w][i].code;
        }
    }
    return NULL;
}

/* Code for env->eip, found or made, and entered in the jump cache; NULL: none can be made. */
static const uint8_t *code_at_eip(CPUX86State *env)
{
    const JitJumpInfo *j = select_jumps(env);
    const uint8_t *known = known_jump(j->cache, env->eip);
    JitBlock *b;

    if (unlikely(env->jit_hot.window_faulted) && (j->hflags & JIT_HF_WINDOW)) {
        jit_park(env);
        x86_window_after_fault(env);
    }
    env->jit_hot.pcbase = env->eip - (x86_pc(env) & ~TARGET_PAGE_MASK);
    if (known) {
        return known + JIT_FAR_SIZE;
    }
    b = find_known(env);
    if (!b) {
        jit_park(env);
        b = jit_get(env);
    }
    if (!b) {
        return NULL;
    }
    enter_jump(env, b);
    return b->code;
}

/* Go on at the start of a block, or leave. */
static const uint8_t *go_on(CPUX86State *env, const uint8_t *code)
{
    return code ? code : leave(env);
}

const uint8_t *jit_next_block(CPUX86State *env, bool look)
{
    CPUState *cs = env_cpu(env);

    if (x86_window_wanted(env)) {
        jit_park(env);
        x86_window_sample(env);
    }
    if (look && !qatomic_read(&cs->interrupt_request)) {
        x86_settle_rf(env);
    }
    if (qatomic_read(&cs->exit_request) ||
        (look && (qatomic_read(&cs->interrupt_request) || x86_needs_care(env)))) {
        jit_park(env);
        return NULL;
    }
    const uint8_t *code = code_at_eip(env);
    if (!code) {
        jit_park(env);
        return NULL;
    }
    flags_to_code(env);
    return code;
}

/* ---- -icount: a block was counted when it was entered ---- */

/* Instruction @index of @b and what follows it have not been executed (yet). */
static void uncount(CPUX86State *env, const JitBlock *b, unsigned index)
{
    if (icount_enabled()) {
        env_cpu(env)->icount_left += b->ninsn - index;
    }
}

/* They are about to be, after all. */
static void recount(CPUX86State *env, const JitBlock *b, unsigned index)
{
    if (icount_enabled()) {
        env_cpu(env)->icount_left -= b->ninsn - index;
    }
}

/* ---- one instruction by the interpreter ---- */

static void get_insn(CPUX86State *env, const JitBlock *b, const JitInsn *in, DecodedInsn *d)
{
    if (in->decoded >= 0) {
        *d = b->decoded[in->decoded];
        if (d->has_modrm && d->mem.base == X86_MEM_RIP) {
            d->mem.disp += env->jit_hot.pcbase - b->pcbase;
        }
    } else {
        X86DecodeMode mode = {.hflags = b->key.hflags, .features = env->features};
        x86_decode(&mode, b->bytes + in->bytes, in->len, env->eip, d);
    }
}

/* Before what looks at x87 pointers at instruction @index of @b: gen_pointers() in gen-vec.c. */
static void settle_x87(CPUX86State *env, const JitBlock *b, unsigned index)
{
    unsigned last = b->insn[index].x87;

    if (last) {
        env->fpu.legacy.fpip = jit_eip_at(env, b->insn[last - 1].off);
        env->fpu.legacy.fopcode = b->insn[last - 1].fop;
    }
}

/*
 * Where instruction @index of @b begins, which finds in T1, T2 and the host's vector registers
 * what it expects.
 */
static const uint8_t *resume_at(CPUX86State *env, const JitBlock *b, unsigned index)
{
    const JitInsn *in = &b->insn[index];

    for (unsigned i = 0; i < G_N_ELEMENTS(in->held); i++) {
        switch (in->held[i]) {
        case JIT_HELD_NOTHING:
            break;
        case JIT_HELD_LOW:
            env->jit_hot.held[i] = env->jit_hot.window_low;
            break;
        case JIT_HELD_PCBASE:
            env->jit_hot.held[i] = env->jit_hot.pcbase;
            break;
        default:
            env->jit_hot.held[i] = env->regs[in->held[i] - JIT_HELD_GUEST];
            break;
        }
    }
    if (in->fpu) {
        unpark(env);
    }
    return b->code + in->host;
}

const uint8_t *jit_interpret(CPUX86State *env, JitBlock *b, unsigned index)
{
    const JitInsn *in = &b->insn[index];
    uint32_t hflags = env->hflags;
    DecodedInsn d;
    uint64_t next;

    settle_x87(env, b, index);
    jit_park(env);
    env->jit->interpreted++;
    env->eip = jit_eip_at(env, in->off);
    next = jit_eip_at(env, in->off + in->len);
    get_insn(env, b, in, &d);
    uncount(env, b, index);
    env->next_eip = x86_eip_after(env, d.len);
    x86_run_insn(env, &d);
    x86_count_insn(env, &d, env->eip);
    env->eip = env->next_eip;
    if (d.flags & X86_IF_END_BLOCK) {
        return jit_next_block(env, true);
    }
    if ((d.flags & X86_IF_BRANCH) || env->eip != next || env->hflags != hflags ||
        jit_mode(env) != b->key.hflags || env->dr6_pending || qatomic_read(&b->invalid) ||
        index + 1 == b->ninsn || qatomic_read(&env_cpu(env)->exit_request)) {
        return jit_next_block(env, env->dr6_pending);
    }
    recount(env, b, index + 1);
    flags_to_code(env);
    return resume_at(env, b, index + 1);
}

/* ---- entry points ---- */

const uint8_t *jit_rt_interp(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    jit_flags_from_code(env);
    return jit_interpret(env, jit_site_block(site), site->index);
}

/*
 * The entry of @lin's page, or NULL; raises the page fault if the instruction would find
 * nothing else to raise before.
 */
static X86TLBEntry *fill_entry(CPUX86State *env, const JitSite *site, uint64_t lin, int idx)
{
    MMUAccessType access = site->access & OPND_W ? MMU_DATA_STORE : MMU_DATA_LOAD;
    JitBlock *b = jit_site_block(site);
    X86TLBEntry *e;

    jit_park(env);
    if (!(site->access & JIT_ONLY_ACCESS) || (lin ^ (lin + site->size_m1)) & TARGET_PAGE_MASK) {
        return x86_tlb_fill(env, lin, idx, access, true);
    }
    settle_x87(env, b, site->index);
    uncount(env, b, site->index);
    e = x86_tlb_fill(env, lin, idx, access, false);
    recount(env, b, site->index);
    return e;
}

/* Make the inline look-up of @lin hit; false if it did and something else is the matter. */
static bool fill_fast(CPUX86State *env, const JitSite *site, uint64_t lin)
{
    int idx = x86_mmu_index(env);
    unsigned i = lin >> TARGET_PAGE_BITS & (X86_TLB_SIZE - 1);
    uint64_t page = lin & TARGET_PAGE_MASK, ntag = -(lin >> TARGET_PAGE_BITS);
    X86TLBFast *f = &env->tlb_slot->fast[idx];
    X86TLBEntry *e = x86_tlb_entry(env, idx, lin);
    bool write = site->access & OPND_W;

    if ((write ? f->write_ntag : f->read_ntag)[i] == ntag) {
        return false; /* it crosses a page */
    }
    if ((env->hflags & HF_LMA) && !x86_is_canonical(env, lin)) {
        return false;
    }
    if ((write ? e->addr_write : e->addr_read) != page) {
        e = fill_entry(env, site, lin, idx);
        if (!e || (write ? e->addr_write : e->addr_read) != page) {
            return false;
        }
    }
    env->jit->slow_fills++;
    return x86_tlb_set_fast(env, idx, lin);
}

/*
 * @site's entry has been renewed JIT_MISSES times: is that often? Vectors walk along
 * arrays: a loop over a row that crosses a page comes back to it soon, after many accesses
 * that cost more by the table than the two renewals. Only a miss at nearly every
 * access makes the table worth it.
 */
#define JIT_MISSES             512
#define JIT_MISS_CYCLES        1000
#define JIT_MISS_CYCLES_VECTOR 80
#define JIT_CLASS_VECTOR       4 /* 16 bytes */

/*
 * A program that is busy in more places than the micro TLB has entries renews them for the sake of
 * each other: each of them seldom, all together often. What is translated then goes by the table,
 * so that renewals get fewer, and what is translated after that may have an entry again.
 */
#define JIT_RENEWAL_CYCLES 1500

bool jit_micro_is_crowded(const CPUX86State *env)
{
    uint64_t oldest = env->jit->looks[env->jit->next_look % JIT_LOOKS];

    return __builtin_ia32_rdtsc() - oldest < (uint64_t)JIT_LOOKS * JIT_MISSES * JIT_RENEWAL_CYCLES;
}

static bool misses_often(CPUX86State *env, const JitSite *site)
{
    X86TLBMicro *m = &env->tlb_micro;
    uint64_t now = __builtin_ia32_rdtsc(), took = now - m->since[site->micro];

    m->misses[site->micro] = JIT_MISSES;
    m->since[site->micro] = now;
    env->jit->looks[env->jit->next_look++ % JIT_LOOKS] = now;
    return took < (uint64_t)JIT_MISSES *
                      (site->class >= JIT_CLASS_VECTOR ? JIT_MISS_CYCLES_VECTOR : JIT_MISS_CYCLES);
}

/*
 * Two operands of one instruction may want the same entry of the table: filled for
 * one after the other, and started again after each, it would never end.
 */
static bool displaces_operand(CPUX86State *env, const JitSite *site)
{
    X86JitCPU *cpu = env->jit;
    JitBlock *b = jit_site_block(site);
    bool other = cpu->slow_block == b && cpu->slow_index == site->index && cpu->slow_site != site;

    cpu->slow_site = other ? NULL : site;
    cpu->slow_block = other ? NULL : b;
    cpu->slow_index = site->index;
    return other;
}

static bool look_due(const CPUX86State *env, const JitSite *site)
{
    return site->micro >= 0 && env->tlb_micro.misses[site->micro] == 0;
}

const uint8_t *jit_rt_slow(CPUX86State *env, const JitSite *site, uint64_t lin)
{
    JitBlock *b = jit_site_block(site);

    jit_flags_from_code(env);
    env->eip = jit_eip_at(env, b->insn[site->index].off);
    if (look_due(env, site)) {
        if (misses_often(env, site)) {
            jit_park(env);
            uncount(env, b, site->index);
            settle_x87(env, b, site->index);
            jit_set_scattered(b, b->page[0] + b->insn[site->index].off);
            return jit_next_block(env, false);
        }
        return resume_at(env, b, site->index);
    }
    if (!displaces_operand(env, site) && fill_fast(env, site, lin)) {
        return resume_at(env, b, site->index);
    }
    return jit_interpret(env, b, site->index);
}

const uint8_t *jit_rt_run(CPUX86State *env, const JitSite *site, uint64_t lin)
{
    if (!((lin ^ (lin + site->size_m1)) & TARGET_PAGE_MASK)) {
        fill_fast(env, site, lin);
    }
    return resume_at(env, jit_site_block(site), site->index);
}

const uint8_t *jit_rt_exit(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    JitExit *x = &jit_site_block(site)->exit[site->index];
    JitBlock *to;

    jit_flags_from_code(env);
    env->eip = jit_eip_at(env, x->off);
    if (qatomic_read(&env_cpu(env)->exit_request)) {
        return leave(env);
    }
    jit_park(env);
    to = jit_get(env);
    if (!to) {
        return leave(env);
    }
    jit_link_exit(x, to);
    env->jit_hot.pcbase = env->eip - (x86_pc(env) & ~TARGET_PAGE_MASK);
    return to->code;
}

/* Before the instruction, none of which was done. */
static const uint8_t *leave_before(CPUX86State *env, JitBlock *b, unsigned index)
{
    jit_flags_from_code(env);
    env->eip = jit_eip_at(env, b->insn[index].off);
    uncount(env, b, index);
    settle_x87(env, b, index);
    return leave(env);
}

const uint8_t *jit_rt_poll(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    return leave_before(env, jit_site_block(site), site->index);
}

const uint8_t *jit_rt_budget(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    return jit_rt_poll(env, site, unused);
}

const uint8_t *jit_rt_miss(CPUX86State *env, const JitSite *unused, uint64_t eip)
{
    jit_flags_from_code(env);
    env->eip = eip;
    if (qatomic_read(&env_cpu(env)->exit_request)) {
        return leave(env);
    }
    return go_on(env, code_at_eip(env));
}

const uint8_t *jit_rt_indirect(CPUX86State *env, const JitSite *site, uint64_t eip)
{
    JitBlock *b = jit_site_block(site), *to;
    bool entered;

    env->eip = eip;
    to = find_known(env);
    entered = to && enter_jump(env, to);
    env->eip = jit_eip_at(env, b->insn[site->index].off);
    if (entered) {
        /* Nothing was changed: registers and flags are as the instruction found them. */
        return resume_at(env, b, site->index);
    }
    jit_flags_from_code(env);
    return jit_interpret(env, b, site->index);
}

const uint8_t *jit_rt_load_fpu(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    unpark(env);
    return (const uint8_t *)site + sizeof(*site);
}

const uint8_t *jit_rt_spin(CPUX86State *env, const JitSite *site, uint64_t unused)
{
    x86_spun(env);
    return (const uint8_t *)site + sizeof(*site);
}

/* ---- host signals ---- */

/* The instruction of @b whose code @host_pc lies in. */
static unsigned insn_at(const JitBlock *b, uint64_t host_pc)
{
    unsigned lo = 0, hi = b->ninsn;
    uint32_t host = host_pc - (uintptr_t)b->code;

    while (hi - lo > 1) {
        unsigned mid = (lo + hi) / 2;
        if (b->insn[mid].host <= host) {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    return lo;
}

const uint8_t *jit_rt_fault(CPUX86State *env, const JitSite *unused, uint64_t host_pc)
{
    JitBlock *b = jit_find_host(host_pc);
    unsigned lo = insn_at(b, host_pc), fault = env->jit_hot.fault;
    const uint8_t *next;
    bool loaded;

    jit_flags_from_code(env);
    next = jit_interpret(env, b, lo);
    if ((b->key.hflags & JIT_HF_WINDOW) && fault != X86_WINDOW_RETRY) {
        loaded = !env->jit_hot.fpu_parked;
        jit_park(env);
        jit_window_learn(b, b->page[0] + b->insn[lo].off, fault, env->jit_hot.fault_host);
        if (loaded) {
            unpark(env);
        }
    }
    return next;
}

const uint8_t *jit_rt_polled(CPUX86State *env, const JitSite *unused, uint64_t host_pc)
{
    JitBlock *b = jit_find_host(host_pc);

    return leave_before(env, b, insn_at(b, host_pc));
}

/* A poll of user code (gen_poll) loads with RCX as address, which nothing else does. */
static bool is_poll(int sig, uintptr_t pc)
{
    static const uint8_t load[] = {0x0f, 0xb6, 0x09}; /* movzx ecx, byte [rcx] */

    return sig == SIGSEGV && memcmp((const void *)pc, load, sizeof(load)) == 0;
}

/* Page fault: vector, and the bit of its error code that says that it was a store. */
#define HOST_PAGE_FAULT  14
#define HOST_FAULT_STORE 2

/* An access through the window; true if it can be made now. */
static bool window_touched(int sig, const greg_t *r)
{
    CPUX86State *env = (CPUX86State *)r[REG_RSP];

    if (sig != SIGSEGV || !env->jit_hot.window) {
        env->jit_hot.fault = X86_WINDOW_RETRY;
        return false;
    }
    if (r[REG_TRAPNO] != HOST_PAGE_FAULT) {
        env->jit_hot.fault = X86_WINDOW_OUTSIDE;
        env->jit_hot.fault_host = 0;
        return false;
    }
    env->jit_hot.fault_host = r[REG_CR2];
    env->jit_hot.fault = x86_window_fault(env, r[REG_CR2], r[REG_ERR] & HOST_FAULT_STORE);
    return env->jit_hot.fault == X86_WINDOW_RETRY;
}

/* A trap of the guest's instruction: continue in the runtime, with the guest's registers as they
 * are. */
static bool on_signal(int sig, siginfo_t *info, ucontext_t *uc)
{
    greg_t *r = uc->uc_mcontext.gregs;
    uintptr_t pc = r[REG_RIP];

    if (!x86_codebuf_contains(&jit.buf, pc) || pc < (uintptr_t)jit.thunk.end) {
        return false;
    }
    if (is_poll(sig, pc)) {
        r[REG_R14] = pc;
        r[REG_RIP] = (uintptr_t)jit.thunk.polled;
        return true;
    }
    if (window_touched(sig, r)) {
        return true;
    }
    r[REG_R14] = pc;
    r[REG_RIP] = (uintptr_t)jit.thunk.fault;
    return true;
}

void jit_init_signals(void)
{
    x86_host_signal_set_jit(on_signal);
}

/* ---- the vCPU ---- */

void x86_jit_run(CPUX86State *env)
{
    const uint8_t *code;

    if (qatomic_read(&env_cpu(env)->exit_request)) {
        return;
    }
    if (qemu_loglevel_mask(CPU_LOG_EXEC | CPU_LOG_TB_CPU)) {
        /* Each block is to be seen before it runs: linked ones cannot be. */
        x86_interpret(env);
        return;
    }
    if (icount_enabled() && env_cpu(env)->icount_left < JIT_MAX_INSNS) {
        /* Fewer than a block may have: to the last of them. */
        x86_interpret(env);
        return;
    }
    env->jit_hot.slow_ticks = !cpus_get_ticks_offset(&env->jit_hot.ticks_offset);
    code = code_at_eip(env);
    if (!code) {
        x86_step(env);
        return;
    }
    flags_to_code(env);
    jit.thunk.enter(env, code);
    if (x86_window_enabled()) {
        /* Whatever it was interrupted in: what follows is the kernel's handler. */
        x86_window_sample(env);
    }
}

void x86_jit_cpu_init(CPUX86State *env)
{
    X86JitHot *h = &env->jit_hot;
    CPUState *cs = env_cpu(env);

    if (!env->jit) {
        env->jit = jit_new_cpu();
    }
    h->index_mask = (X86_TLB_SIZE - 1ull) << TARGET_PAGE_BITS;
    h->page_mask = TARGET_PAGE_MASK;
    for (unsigned class = 0; class < X86_TLB_MICRO_CLASSES; class ++) {
        h->aligned_mask[class] = TARGET_PAGE_MASK | ((1u << class) - 1);
    }
    QEMU_BUILD_BUG_ON(__builtin_popcountll(JIT_JC_LOW) >= JIT_JC_BITS ||
                      __builtin_popcountll(JIT_JC_HIGH) >= JIT_JC_BITS);
    for (unsigned i = 0; i < G_N_ELEMENTS(h->bit); i++) {
        h->bit[i] = 1ull << i;
    }
    h->not_user = ~0ull << 47;
    h->not_user_plus_1 = MAKE_64BIT_MASK(1, 16);
    h->jump_low = JIT_JC_LOW;
    h->jump_high = JIT_JC_HIGH;
    h->status_flags = CC_ALL;
    h->pushed_flags = 0xffffffffull & ~(uint64_t)(CC_ALL | VM_MASK | RF_MASK);
    h->without_if = ~(uint64_t)IF_MASK;
    h->without_df = ~(uint64_t)DF_MASK;
    h->look_again = ~(X86_TIMER_LOOK_TICKS - 1);
    h->fpu_parked = true;
    env->story.mask = X86_STORY_BLOCKS - 1;
    /* Anything that can be read will do. */
    uint64_t poll = (uintptr_t)cs;
    memcpy(cs->poll_address, &poll, sizeof(cs->poll_address));
    QEMU_BUILD_BUG_ON(offsetof(CPUState, exit_request) - offsetof(CPUState, poll_address) != 7);
    h->window_mask[0] = ~(1ull << 47);
    h->window_mask[1] = ~((1ull << 47) - X86_WINDOW_LOW_SIZE);
    h->window_low = X86_WINDOW_HIGH;
    h->spins = X86_SPINS;
    h->jumps = &env->jit->cache[0];
    env->jit->jumps = env->jit->jumps_before = &env->jit->info[0];
    for (unsigned i = 0; i < JIT_JC_SETS; i++) {
        JitJumpInfo *j = &env->jit->info[i];
        j->cache = &env->jit->cache[i];
        j->hflags = JIT_JC_UNUSED;
        j->nlog = JIT_JC_LOG + 1;
        clear_jumps(j);
    }
    for (unsigned i = 0; i < X86_TLB_MICRO_TOTAL; i++) {
        env->tlb_micro.misses[i] = JIT_MISSES;
    }
}
