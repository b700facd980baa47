/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translated blocks: finding, linking, invalidating and evicting them.
 *
 * A block that is invalidated is unlinked at once, but its memory stays as it
 * is: a vCPU may be executing it. Memory is reused a region at a time, after
 * every vCPU has been outside of translated code (an RCU grace period).
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "qemu/rcu.h"
#include "qapi/error.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/jit/jit-int.h"
#include "target/i386/tcg/window.h"

Jit jit;

/* Gaps for breakpoints that are gone stay, up to this many. */
#define JIT_KEPT_BREAKS 64

static Emit patcher(void)
{
    return (Emit){.to_rx = jit.buf.rx - jit.buf.rw};
}

/* ---- hash ---- */

static __attribute__((target("general-regs-only"))) unsigned hash_key(const JitKey *k)
{
    uint64_t h = k->phys * 0x9e3779b97f4a7c15ull;

    h ^= (h >> 32) ^ (k->hflags * 0x85ebca6bu) ^ k->eip;
    return (h * 0xff51afd7ed558ccdull) >> (64 - JIT_HASH_BITS);
}

static __attribute__((target("general-regs-only"))) bool key_equal(const JitKey *a, const JitKey *b)
{
    return a->phys == b->phys && a->hflags == b->hflags && a->eip == b->eip &&
           a->cs_base == b->cs_base && a->cs_limit == b->cs_limit;
}

static void hash_remove(JitBlock *b)
{
    JitBlock **p = &jit.hash[hash_key(&b->key)];

    while (*p && *p != b) {
        p = &(*p)->hash_next;
    }
    /* Who stands on @b without the lock still gets on from it: its memory is kept for a while. */
    if (*p) {
        qatomic_set(p, b->hash_next);
    }
}

/* ---- links ---- */

void jit_link(JitExit *x, JitBlock *to)
{
    Emit e = patcher();

    if (qemu_loglevel_mask(CPU_LOG_TB_NOCHAIN) || x->to == to || to->page[1] != JIT_NO_PAGE ||
        to->invalid || x->from->invalid) {
        return;
    }
    if (x->to) {
        QLIST_REMOVE(x, incoming);
    }
    x->to = to;
    QLIST_INSERT_HEAD(&to->incoming, x, incoming);
    emit_patch32(&e, x->from->base + x->rel, to->code + (x->fpu ? to->fpu_size : 0));
    jit.stats.links++;
}

static void unlink_exit(JitExit *x)
{
    Emit e = patcher();

    QLIST_REMOVE(x, incoming);
    x->to = NULL;
    emit_patch32(&e, x->from->base + x->rel, emit_rx(&e, x->from->base + x->stub));
}

/* Replace the far entry's first instruction by a jump to the miss path, which has the eip in T1. */
static void close_far_entry(JitBlock *b)
{
    uint64_t word;
    uint8_t *w = (uint8_t *)&word;
    int32_t rel = jit.thunk.stale - (b->far + 5);

    memcpy(&word, b->base, 8);
    w[0] = 0xe9;
    memcpy(w + 1, &rel, 4);
    qatomic_set((uint64_t *)b->base, word);
}

/* ---- invalidation ---- */

static void invalidate(JitBlock *b)
{
    JitExit *x, *next;

    if (b->invalid) {
        return;
    }
    qatomic_set(&b->invalid, true);
    hash_remove(b);
    for (unsigned i = 0; i < 2 && b->page[i] != JIT_NO_PAGE; i++) {
        QLIST_REMOVE(b, page_node[i]);
    }
    QLIST_FOREACH_SAFE (x, &b->incoming, incoming, next) {
        unlink_exit(x);
    }
    for (unsigned i = 0; i < b->nexit; i++) {
        if (b->exit[i].to) {
            unlink_exit(&b->exit[i]);
        }
    }
    close_far_entry(b);
    jit.stats.blocks--;
    jit.stats.guest_bytes -= b->guest_len;
    jit.stats.host_bytes -= b->size;
}

/* ---- accesses that the micro TLB is no good for ---- */

static ram_addr_t *scattered_slot(ram_addr_t phys)
{
    return &jit.scattered[(phys * 0x9e3779b97f4a7c15ull >> 32) % JIT_SCATTERED];
}

bool jit_is_scattered(ram_addr_t phys)
{
    return *scattered_slot(phys) == phys + 1;
}

void jit_set_scattered(JitBlock *b, ram_addr_t phys)
{
    qemu_mutex_lock(&jit.lock);
    *scattered_slot(phys) = phys + 1;
    invalidate(b);
    qemu_mutex_unlock(&jit.lock);
}

/* ---- accesses through the window ---- */

/* So many stores to a page that may not be written in the window, and the access keeps out. */
#define WINDOW_REFUSALS 16

static unsigned place_hash(ram_addr_t phys)
{
    return phys * 0x9e3779b97f4a7c15ull >> 32;
}

/*
 * What is known of the instruction at @phys: its address and how often its page was overwritten,
 * then refusals << 2 | JitPlace.
 */
static uint64_t *place_slot(ram_addr_t phys, uint64_t *id)
{
    X86CodeTrack *t = x86_code_track_find(phys);

    *id = phys << 24 | (uint64_t)(t ? (uint16_t)x86_code_gen(t) : 0) << 8;
    return &jit.place[place_hash(phys) % JIT_PLACES];
}

JitPlace jit_window_place(ram_addr_t phys)
{
    uint64_t id, slot;

    if (!test_bit(place_hash(phys) % JIT_PLACE_BITS, jit.placed)) {
        return JIT_PLACE_UNKNOWN;
    }
    slot = *place_slot(phys, &id);
    return (slot ^ id) >> 8 ? JIT_PLACE_UNKNOWN : slot & 3;
}

/* Every step leads on towards the look-up, so that an access is not translated for ever. */
static JitPlace next_place(JitPlace now, uint64_t host)
{
    /* Where an address of the lower range comes out that was taken for one of the upper. */
    bool low = host + X86_WINDOW_HIGH < X86_WINDOW_LOW_SIZE;

    if (now != JIT_PLACE_UNKNOWN) {
        return JIT_PLACE_LOOKUP;
    }
    return low ? JIT_PLACE_LOW : JIT_PLACE_HIGH;
}

void jit_window_learn(JitBlock *b, ram_addr_t phys, unsigned fault, uint64_t host)
{
    uint64_t id, *slot = place_slot(phys, &id);

    if (fault != X86_WINDOW_OUTSIDE && fault != X86_WINDOW_SLOW_PAGE) {
        return;
    }
    qemu_mutex_lock(&jit.lock);
    set_bit(place_hash(phys) % JIT_PLACE_BITS, jit.placed);
    if ((*slot ^ id) >> 8) {
        *slot = id;
    }
    if (fault == X86_WINDOW_OUTSIDE) {
        *slot = id | next_place(*slot & 3, host);
        invalidate(b);
    } else if ((*slot >> 2 & 63) < WINDOW_REFUSALS) {
        *slot += 1 << 2;
    } else {
        *slot = id | JIT_PLACE_LOOKUP;
        invalidate(b);
    }
    qemu_mutex_unlock(&jit.lock);
}

/*
 * Blocks of a page are in two lists: those that begin in it, and those whose
 * only instruction ends in it.
 */
typedef struct JitPageLists {
    QLIST_HEAD(, JitBlock) list[2];
} JitPageLists;

static JitPageLists *page_lists(X86CodeTrack *t)
{
    if (!t->jit) {
        t->jit = g_new0(JitPageLists, 1);
    }
    return t->jit;
}

void jit_invalidate_hook(X86CodeTrack *t, unsigned offset, unsigned len)
{
    JitPageLists *lists;
    JitBlock *b, *next;

    qemu_mutex_lock(&jit.lock);
    lists = t->jit;
    for (unsigned i = 0; lists && i < 2; i++) {
        QLIST_FOREACH_SAFE (b, &lists->list[i], page_node[i], next) {
            invalidate(b);
            jit.stats.invalidated++;
        }
    }
    qemu_mutex_unlock(&jit.lock);
}

/* ---- regions ---- */

typedef struct DrainJob {
    struct rcu_head rcu;
    JitRegion *region;
} DrainJob;

static void drained(DrainJob *job)
{
    JitRegion *r = job->region;

    qemu_mutex_lock(&jit.lock);
    for (unsigned i = 0; i < r->nblocks; i++) {
        jit_free_block(r->block[i]);
    }
    r->nblocks = 0;
    jit_empty_arena(&r->arena);
    r->draining = false;
    qemu_mutex_unlock(&jit.lock);
    g_free(job);
}

/* Empty @r; it can be filled again once it is no longer draining. */
static void drain(JitRegion *r)
{
    DrainJob *job;
    CPUState *cs;

    if (r->draining || !r->nblocks) {
        return;
    }
    r->draining = true;
    jit.stats.regions_evicted++;
    for (unsigned i = 0; i < r->nblocks; i++) {
        jit.stats.evicted += !r->block[i]->invalid;
        invalidate(r->block[i]);
    }
    /* Jump caches still lead here: they are dropped when a vCPU comes in again. */
    qatomic_set(&jit.generation, jit.generation + 1);
    job = g_new(DrainJob, 1);
    job->region = r;
    call_rcu(job, drained, rcu);
    CPU_FOREACH (cs) {
        cpu_exit(cs);
    }
}

bool jit_reserve(void)
{
    JitRegion *r = &jit.region[jit.current];
    unsigned next = (jit.current + 1) % jit.nregions;

    if (jit.next + JIT_MAX_CODE <= r->end) {
        return true;
    }
    /* Usually empty or drained long ago: see below. */
    drain(&jit.region[next]);
    if (jit.region[next].draining) {
        return false;
    }
    jit.current = next;
    jit.next = jit.region[next].start;
    drain(&jit.region[(next + 1) % jit.nregions]);
    return true;
}

static void region_add(JitRegion *r, JitBlock *b)
{
    if (r->nblocks == r->capacity) {
        r->capacity = MAX(1024u, r->capacity * 2);
        r->block = g_renew(JitBlock *, r->block, r->capacity);
    }
    r->block[r->nblocks++] = b;
}

void jit_insert(JitBlock *b)
{
    JitBlock **head = &jit.hash[hash_key(&b->key)];

    b->hash_next = *head;
    qatomic_store_release(head, b);
    for (unsigned i = 0; i < 2 && b->page[i] != JIT_NO_PAGE; i++) {
        QLIST_INSERT_HEAD(&page_lists(b->track[i])->list[i], b, page_node[i]);
    }
    region_add(&jit.region[jit.current], b);
    jit.next = b->base + b->size;
    jit.stats.blocks++;
    jit.stats.translated++;
    jit.stats.guest_bytes += b->guest_len;
    jit.stats.host_bytes += b->size;
}

JitBlock *jit_block_at(uintptr_t pc)
{
    uint8_t *rw = (uint8_t *)pc - (jit.buf.rx - jit.buf.rw);

    for (unsigned i = 0; i < jit.nregions; i++) {
        JitRegion *r = &jit.region[i];
        unsigned lo = 0, hi = r->nblocks;
        if (rw < r->start || rw >= r->end) {
            continue;
        }
        while (lo < hi) {
            unsigned mid = (lo + hi) / 2;
            JitBlock *b = r->block[mid];
            if (rw < b->base) {
                hi = mid;
            } else if (rw >= b->base + b->size) {
                lo = mid + 1;
            } else {
                return b;
            }
        }
    }
    return NULL;
}

/* ---- look-up ---- */

/* What runs while the guest's vector state is in the host's registers. */
#define NO_VECTOR __attribute__((target("general-regs-only")))

NO_VECTOR static bool flat_code(const CPUX86State *env)
{
    return (env->hflags & HF_CS64) || ((env->hflags & HF_CS32) && env->segs[R_CS].base == 0 &&
                                       env->segs[R_CS].limit == UINT32_MAX);
}

NO_VECTOR static void make_key(const CPUX86State *env, const X86CodePage *page, JitKey *key)
{
    *key = (JitKey){
        .phys = page->ram_addr | (x86_pc(env) & ~TARGET_PAGE_MASK),
        .hflags = jit_mode(env),
    };
    if (!flat_code(env)) {
        key->eip = env->eip;
        key->cs_base = env->segs[R_CS].base;
        key->cs_limit = env->segs[R_CS].limit;
    }
}

/* The page behind that of the vCPU's eip. */
static uint64_t second_page(const CPUX86State *env)
{
    uint64_t next = (x86_pc(env) & TARGET_PAGE_MASK) + TARGET_PAGE_SIZE;

    return env->hflags & HF_CS64 ? next : (uint32_t)next;
}

/* The second page of @b is where this address space has it. */
static bool second_page_matches(CPUX86State *env, const JitBlock *b)
{
    X86CodePage page;

    return x86_tlb_code_page(env, second_page(env), true, &page) && page.ram_addr == b->page[1];
}

static JitBlock *find(CPUX86State *env, const JitKey *key)
{
    JitBlock *b;

    for (b = jit.hash[hash_key(key)]; b; b = b->hash_next) {
        if (key_equal(&b->key, key) && (b->page[1] == JIT_NO_PAGE || second_page_matches(env, b))) {
            return b;
        }
    }
    return NULL;
}

/* In 16-bit code eip is taken for a word: beyond, where a large limit allows it, nothing is made.
 */
NO_VECTOR static uint32_t last_eip(const CPUX86State *env)
{
    uint32_t limit = env->segs[R_CS].limit;

    return env->hflags & HF_CS32 ? limit : MIN(limit, UINT16_MAX);
}

NO_VECTOR JitBlock *jit_find_fast(CPUX86State *env, const X86CodePage *page)
{
    JitBlock *b;
    JitKey key;

    if (!(env->hflags & HF_CS64) && env->eip > last_eip(env)) {
        return NULL;
    }
    make_key(env, page, &key);
    b = qatomic_load_acquire(&jit.hash[hash_key(&key)]);
    while (b && !key_equal(&b->key, &key)) {
        b = qatomic_load_acquire(&b->hash_next);
    }
    return b;
}

/* What @b has from its second page is still there. */
static bool second_page_unchanged(CPUX86State *env, const JitBlock *b, unsigned first)
{
    X86CodePage page;

    return x86_tlb_code_page(env, second_page(env), true, &page) && page.host &&
           page.ram_addr == b->page[1] &&
           memcmp(page.host, b->bytes + first, b->guest_len - first) == 0;
}

/* Have the block's bytes watched; false if they are not what was translated any more. */
static bool watch(CPUX86State *env, JitBlock *b, const X86CodePage *page)
{
    unsigned offset = b->first_off, first = MIN(b->guest_len, TARGET_PAGE_SIZE - offset);

    for (unsigned i = 0; i < 2 && b->page[i] != JIT_NO_PAGE; i++) {
        b->track[i] = x86_code_track(b->page[i]);
        if (!b->track[i]) {
            return false;
        }
    }
    x86_code_cover(b->track[0], offset, first);
    if (b->page[1] != JIT_NO_PAGE) {
        x86_code_cover(b->track[1], 0, b->guest_len - first);
        if (!second_page_unchanged(env, b, first)) {
            return false;
        }
    }
    return memcmp(page->host + offset, b->bytes, first) == 0;
}

static JitBlock *make(CPUX86State *env, const JitKey *key, const X86CodePage *page)
{
    JitBlock *b;

    if (!jit_reserve()) {
        return NULL;
    }
    b = jit_translate(env, key, page);
    if (!b) {
        return NULL;
    }
    /* The tracker calls the hook after it changed the generation and without its lock. */
    uint32_t gen[2] = {0, 0};
    for (unsigned i = 0; i < 2 && b->page[i] != JIT_NO_PAGE; i++) {
        X86CodeTrack *t = x86_code_track(b->page[i]);
        gen[i] = t ? x86_code_gen(t) : 0;
    }
    if (!watch(env, b, page)) {
        jit_free_block(b);
        return NULL;
    }
    jit_insert(b);
    for (unsigned i = 0; i < 2 && b->page[i] != JIT_NO_PAGE; i++) {
        if (x86_code_gen(b->track[i]) != gen[i]) {
            invalidate(b);
            return NULL;
        }
    }
    return b;
}

void jit_link_exit(JitExit *x, JitBlock *to)
{
    qemu_mutex_lock(&jit.lock);
    jit_link(x, to);
    qemu_mutex_unlock(&jit.lock);
}

JitBlock *jit_find_host(uintptr_t pc)
{
    JitBlock *b;

    qemu_mutex_lock(&jit.lock);
    b = jit_block_at(pc);
    qemu_mutex_unlock(&jit.lock);
    return b;
}

JitBlock *jit_get(CPUX86State *env)
{
    X86CodePage page;
    JitBlock *b;
    JitKey key;

    if (!x86_tlb_code_page(env, x86_pc(env), false, &page) || !page.host) {
        return NULL;
    }
    if (!(env->hflags & HF_CS64) && env->eip > last_eip(env)) {
        return NULL;
    }
    make_key(env, &page, &key);
    qemu_mutex_lock(&jit.lock);
    if (jit_breaks_at(key.phys & ~TARGET_PAGE_MASK)) {
        qemu_mutex_unlock(&jit.lock);
        return NULL;
    }
    jit.stats.lookups++;
    b = find(env, &key);
    if (!b) {
        b = make(env, &key, &page);
    }
    qemu_mutex_unlock(&jit.lock);
    return b;
}

/* ---- life time ---- */

static bool host_can(Error **errp)
{
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("bmi2")) {
        error_setg(errp, "translation needs a host processor with BMI2");
        return false;
    }
    return true;
}

bool x86_jit_init(uint64_t tb_size, Error **errp)
{
    const char *why;
    size_t glue;

    if (!host_can(errp)) {
        return false;
    }
    tb_size = tb_size ? tb_size : X86_JIT_DEFAULT_TB_SIZE;
    tb_size = MAX(tb_size, X86_JIT_MIN_TB_SIZE);
    if (!x86_codebuf_init(&jit.buf, tb_size, &why)) {
        error_setg_errno(errp, errno, "%s", why);
        return false;
    }
    qemu_mutex_init(&jit.lock);
    jit.hash = jit_new_table(1u << JIT_HASH_BITS);
    glue = ROUND_UP(jit_make_thunks(), 4096);
    jit.nregions = JIT_REGIONS;
    size_t each = (tb_size - glue) / jit.nregions & ~(size_t)63;
    for (unsigned i = 0; i < jit.nregions; i++) {
        jit.region[i].start = jit.buf.rw + glue + i * each;
        jit.region[i].end = jit.region[i].start + each;
    }
    jit.next = jit.region[0].start;
    jit.stats.buffer_size = tb_size;
    x86_code_set_invalidate(jit_invalidate_hook);
    jit_init_signals();
    jit.enabled = true;
    return true;
}

X86JitCPU *jit_new_cpu(void)
{
    return g_new0(X86JitCPU, 1);
}

void x86_jit_cpu_free(CPUX86State *env)
{
    g_free(env->jit);
    env->jit = NULL;
}

bool x86_jit_enabled(void)
{
    return jit.enabled;
}

/* jit.lock held. */
static void flush_all(void)
{
    for (unsigned i = 0; i < jit.nregions; i++) {
        for (unsigned k = 0; k < jit.region[i].nblocks; k++) {
            invalidate(jit.region[i].block[k]);
        }
    }
    qatomic_set(&jit.generation, jit.generation + 1);
}

void x86_jit_flush(void)
{
    if (jit.enabled) {
        qemu_mutex_lock(&jit.lock);
        flush_all();
        qemu_mutex_unlock(&jit.lock);
    }
}

/*
 * A debugger takes its breakpoints out and puts them in again all the time, so
 * only a new offset costs a translation; old ones go when there are none left.
 */
void x86_jit_set_breakpoints(void)
{
    unsigned added = 0, used = 0;
    CPUBreakpoint *bp;
    CPUState *cs;

    if (!jit.enabled) {
        return;
    }
    qemu_mutex_lock(&jit.lock);
    CPU_FOREACH (cs) {
        QTAILQ_FOREACH (bp, &cs->breakpoints, entry) {
            used++;
            added += !test_and_set_bit(bp->pc & ~TARGET_PAGE_MASK, jit.break_offset);
        }
    }
    jit.break_count += added;
    if (added) {
        flush_all();
    } else if (!used && jit.break_count > JIT_KEPT_BREAKS) {
        bitmap_zero(jit.break_offset, TARGET_PAGE_SIZE);
        jit.break_count = 0;
    }
    qemu_mutex_unlock(&jit.lock);
}

void x86_jit_get_stats(X86JitStats *s)
{
    if (!jit.enabled) {
        memset(s, 0, sizeof(*s));
        return;
    }
    qemu_mutex_lock(&jit.lock);
    *s = jit.stats;
    s->buffer_used = 0;
    for (unsigned i = 0; i < jit.nregions; i++) {
        JitRegion *r = &jit.region[i];
        if (i == jit.current) {
            s->buffer_used += jit.next - r->start;
        } else if (r->nblocks) {
            s->buffer_used += r->end - r->start;
        }
    }
    CPUState *cs;
    CPU_FOREACH (cs) {
        X86JitCPU *c = cpu_env(cs)->jit;
        if (c) {
            s->slow_fills += c->slow_fills;
            s->interpreted += c->interpreted;
        }
    }
    qemu_mutex_unlock(&jit.lock);
}
