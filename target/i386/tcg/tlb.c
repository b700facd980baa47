/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The software TLB: filling, looking up, and dropping entries. See tlb.h.
 *
 * SDM volume 3, 4.10 (caching translation information).
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "qemu/sys_membarrier.h"
#include "exec/address-space.h"
#include "target/i386/tcg/access.h"
#include "target/i386/tcg/debug.h"
#include "target/i386/tcg/excp.h"
#include "target/i386/tcg/mmu.h"
#include "target/i386/tcg/svm.h"
#include "target/i386/tcg/tlb.h"
#include "target/i386/tcg/window.h"

#define NO_TAG UINT64_MAX

/* ---- the parts of a TLB ---- */

/* The copy that translated code reads no longer holds; tlb->lock held. */
static void fast_clear(X86TLBSlot *s, const X86TLBEntry *e)
{
    unsigned n = e - &s->entry[0][0];
    X86TLBFast *f = &s->fast[n / X86_TLB_SIZE];

    n %= X86_TLB_SIZE;
    f->read_ntag[n] = X86_TLB_FAST_NONE;
    qatomic_set(&f->write_ntag[n], X86_TLB_FAST_NONE);
}

/* All entries for loads and stores, or for stores only; tlb->lock held. */
static void micro_clear(X86TLB *tlb, bool loads)
{
    for (unsigned set = loads ? 0 : 1; set < X86_TLB_MICRO_SETS; set++) {
        memset(tlb->micro->ntag + set * X86_TLB_MICRO_SIZE, 0,
               X86_TLB_MICRO_SIZE * sizeof(uint64_t));
    }
}

static void entry_clear(X86TLBSlot *s, X86TLBEntry *e)
{
    fast_clear(s, e);
    e->addr_read = NO_TAG;
    e->addr_code = NO_TAG;
    qatomic_set(&e->addr_write, NO_TAG);
}

static bool entry_empty(const X86TLBEntry *e)
{
    return (e->addr_read & e->addr_write & e->addr_code) == NO_TAG;
}

/* Page address of whatever is entered; meaningless for an empty entry. */
static uint64_t entry_page(const X86TLBEntry *e)
{
    uint64_t tag = e->addr_read != NO_TAG ? e->addr_read
                                          : (e->addr_code != NO_TAG ? e->addr_code : e->addr_write);
    return tag & TARGET_PAGE_MASK;
}

static void slot_clear(X86TLBSlot *s)
{
    memset(s->entry, 0xff, sizeof(s->entry));
    for (int idx = 0; idx < X86_MMU_COUNT; idx++) {
        for (unsigned n = 0; n < X86_TLB_SIZE; n++) {
            s->fast[idx].read_ntag[n] = X86_TLB_FAST_NONE;
            s->fast[idx].write_ntag[n] = X86_TLB_FAST_NONE;
        }
    }
    s->epoch++;
    memset(s->code, 0, sizeof(s->code));
    memset(s->log_count, 0, sizeof(s->log_count));
}

static X86TLBSlot *slot_get(X86TLB *tlb, int i)
{
    if (!tlb->slot[i]) {
        X86TLBSlot *s = g_malloc0(sizeof(*s));

        slot_clear(s);
        s->gen = ++tlb->gen_counter;
        qatomic_set(&tlb->slot[i], s);
    }
    return tlb->slot[i];
}

/*
 * A bit for the region of 1 << @shift bytes that holds @lin. Each half of the address space
 * has half of the filter: what kernels map must not make it say yes to user addresses.
 */
static uint64_t *filter_word(uint64_t *filter, size_t words, uint64_t lin, unsigned shift,
                             uint64_t *bit)
{
    uint64_t h = (lin >> shift) * 0x9e3779b97f4a7c15ull >> 48;
    size_t half = words / 2;

    *bit = 1ull << (h % 64);
    return &filter[(lin >> 63) * half + (h / 64) % half];
}

static void note_large(X86TLB *tlb, uint64_t lin, unsigned level)
{
    uint64_t bit;
    uint64_t *word = level > 22 ? filter_word(tlb->huge, ARRAY_SIZE(tlb->huge), lin, 30, &bit)
                                : filter_word(tlb->large, ARRAY_SIZE(tlb->large), lin, 22, &bit);
    *word |= bit;
}

/* May a part of a large page that holds @lin be entered somewhere? */
static bool maybe_large(X86TLB *tlb, uint64_t lin)
{
    uint64_t bit;

    if (*filter_word(tlb->huge, ARRAY_SIZE(tlb->huge), lin, 30, &bit) & bit) {
        return true;
    }
    return *filter_word(tlb->large, ARRAY_SIZE(tlb->large), lin, 22, &bit) & bit;
}

/* ---- pages that others keep something of by linear address ---- */

void x86_tlb_note_code(CPUX86State *env, uint64_t lin, bool global)
{
    uint64_t bit, *filter = global ? env->tlb->global_code : env->tlb_slot->code;

    *filter_word(filter, X86_TLB_CODE_WORDS, lin, TARGET_PAGE_BITS, &bit) |= bit;
}

static bool may_hold_code(uint64_t *filter, uint64_t lin, bool large)
{
    uint64_t bit;

    return large || (*filter_word(filter, X86_TLB_CODE_WORDS, lin, TARGET_PAGE_BITS, &bit) & bit);
}

static void drop_global_code(X86TLB *tlb)
{
    tlb->global_epoch++;
    memset(tlb->global_code, 0, sizeof(tlb->global_code));
}

static void drop_code(X86TLBSlot *s)
{
    s->epoch++;
    memset(s->code, 0, sizeof(s->code));
}

static unsigned wfilter_bit(ram_addr_t ram)
{
    return (ram >> TARGET_PAGE_BITS) & ((1u << X86_TLB_FILTER_BITS) - 1);
}

/* ---- second level ---- */

static X86TLB2Entry *l2_set(X86TLB *tlb, uint64_t page, int idx, unsigned *set)
{
    uint64_t n = page >> TARGET_PAGE_BITS;

    *set = (n ^ (n >> 9) ^ (n >> 18) ^ (idx * 0x55)) % X86_TLB2_SETS;
    return tlb->l2[*set];
}

static bool l2_live(X86TLB *tlb, const X86TLB2Entry *e)
{
    return e->gen == (e->slot == X86_TLB_SLOTS ? tlb->gen_global : tlb->slot[e->slot]->gen);
}

static X86TLB2Entry *l2_find(X86TLB *tlb, uint64_t page, int idx)
{
    unsigned set;
    X86TLB2Entry *e = l2_set(tlb, page, idx, &set);

    for (int i = 0; i < X86_TLB2_WAYS; i++, e++) {
        if (e->page == (page | idx) && (e->slot == X86_TLB_SLOTS || e->slot == tlb->current) &&
            l2_live(tlb, e)) {
            return e;
        }
    }
    return NULL;
}

static void l2_insert(X86TLB *tlb, uint64_t page, int idx, const X86TLBEntry *entry,
                      const X86TLBInfo *info)
{
    unsigned set;
    X86TLB2Entry *e = l2_find(tlb, page, idx);

    if (!e) {
        X86TLB2Entry *ways = l2_set(tlb, page, idx, &set);
        e = &ways[tlb->l2_next[set]++ % X86_TLB2_WAYS];
    }
    e->page = page | idx;
    e->entry = *entry;
    e->info = *info;
    e->slot = info->global ? X86_TLB_SLOTS : tlb->current;
    e->gen = info->global ? tlb->gen_global : tlb->slot[tlb->current]->gen;
}

static void l2_drop_page(X86TLB *tlb, uint64_t page, int slot)
{
    for (int idx = 0; idx < X86_MMU_COUNT; idx++) {
        unsigned set;
        X86TLB2Entry *e = l2_set(tlb, page, idx, &set);

        for (int i = 0; i < X86_TLB2_WAYS; i++, e++) {
            if (e->page == (page | idx) && (e->slot == slot || e->slot == X86_TLB_SLOTS)) {
                e->page = X86_TLB_INVALID;
            }
        }
    }
}

static void l2_clear(X86TLB *tlb)
{
    for (int i = 0; i < X86_TLB2_SETS; i++) {
        for (int j = 0; j < X86_TLB2_WAYS; j++) {
            tlb->l2[i][j].page = X86_TLB_INVALID;
        }
    }
}

/* ---- life time ---- */

void x86_tlb_init(CPUX86State *env)
{
    X86TLB *tlb = g_malloc0(sizeof(*tlb));

    qemu_spin_init(&tlb->lock);
    tlb->gen_global = ++tlb->gen_counter;
    tlb->micro = &env->tlb_micro;
    micro_clear(tlb, true);
    l2_clear(tlb);
    memset(tlb->tables, 0xff, sizeof(tlb->tables));
    env->tlb_slot = slot_get(tlb, 0);
    qatomic_store_release(&env->tlb, tlb);
}

static void free_tables(X86TLB *tlb)
{
    for (int i = 0; i < X86_TLB_SLOTS; i++) {
        g_free(tlb->slot[i]);
    }
    g_free(tlb);
}

void x86_tlb_free(CPUX86State *env)
{
    X86TLB *tlb = env->tlb;

    if (tlb) {
        qatomic_set(&env->tlb, NULL);
        env->tlb_slot = NULL;
        call_rcu(tlb, free_tables, rcu);
    }
}

/* ---- filling ---- */

/* Puts a translation into the direct-mapped table. tlb->lock held. */
static X86TLBEntry *l1_install(X86TLB *tlb, uint64_t page, int idx, const X86TLBEntry *entry,
                               const X86TLBInfo *info)
{
    X86TLBSlot *s = tlb->slot[tlb->current];
    unsigned n = (page >> TARGET_PAGE_BITS) & (X86_TLB_SIZE - 1);
    X86TLBEntry *e = &s->entry[idx][n];

    if (!info->global && s->log_count[idx] <= X86_TLB_LOG) {
        if (s->log_count[idx] < X86_TLB_LOG) {
            s->log[idx][s->log_count[idx]] = n;
        }
        s->log_count[idx]++;
    }
    fast_clear(s, e);
    s->info[idx][n] = *info;
    e->addend = entry->addend;
    e->addr_read = entry->addr_read;
    e->addr_code = entry->addr_code;
    qatomic_set(&e->addr_write, entry->addr_write);
    if (info->level > 12) {
        note_large(tlb, page, info->level);
    }
    return e;
}

/* Turns the result of a walk into an entry. RCU and tlb->lock held. */
static void make_entry(CPUX86State *env, uint64_t page, const X86Walk *walk,
                       const PhysPageInfo *phys, X86TLBEntry *e, X86TLBInfo *info)
{
    bool direct = phys->host && phys->len >= TARGET_PAGE_SIZE;
    uint64_t tag = page;
    uint64_t write_tag;

    *info = (X86TLBInfo){
        .paddr = walk->paddr,
        .ram_addr = direct ? phys->ram_addr : RAM_ADDR_INVALID,
        .level = walk->level,
        .global = walk->global,
        .readonly = phys->readonly,
    };
    if (x86_debug_page_watched(env, page)) {
        tag |= X86_TLB_WATCH;
    }
    write_tag = tag;
    e->addend = 0;
    if (!direct) {
        tag |= X86_TLB_MMIO;
        write_tag |= X86_TLB_MMIO;
    } else {
        e->addend = (uintptr_t)phys->host - page;
        if (phys->readonly) {
            write_tag |= X86_TLB_MMIO;
        } else {
            set_bit(wfilter_bit(phys->ram_addr), env->tlb->wfilter);
            if (!ram_page_is_dirty_for_all(phys->ram_addr)) {
                write_tag |= X86_TLB_NOTDIRTY;
            }
        }
    }
    e->addr_read = walk->prot & X86_PROT_READ ? tag : NO_TAG;
    e->addr_write = walk->prot & X86_PROT_WRITE ? write_tag : NO_TAG;
    e->addr_code = walk->prot & X86_PROT_EXEC ? (tag & ~(uint64_t)X86_TLB_WATCH) : NO_TAG;
}

static uint64_t entry_tag(const X86TLBEntry *e, MMUAccessType access)
{
    switch (access) {
    case MMU_DATA_LOAD:
        return e->addr_read;
    case MMU_DATA_STORE:
        return e->addr_write;
    default:
        return e->addr_code;
    }
}

/* The tag is for @page and allows the access, perhaps on a slow path. */
static bool tag_usable(uint64_t tag, uint64_t page)
{
    return (tag & (TARGET_PAGE_MASK | X86_TLB_INVALID)) == page;
}

X86TLBEntry *x86_tlb_fill(CPUX86State *env, uint64_t lin, int mmu_idx, MMUAccessType access,
                          bool probe)
{
    X86TLB *tlb = env->tlb;
    uint64_t page = lin & TARGET_PAGE_MASK;
    X86TLBEntry *e = x86_tlb_entry(env, mmu_idx, lin);
    X86TLB2Entry *e2;
    X86TLBEntry entry;
    X86TLBInfo info;
    PhysPageInfo phys;
    X86Walk walk;

    if (tag_usable(entry_tag(e, access), page)) {
        return e;
    }
    e2 = l2_find(tlb, page, mmu_idx);
    if (e2 && tag_usable(entry_tag(&e2->entry, access), page)) {
        tlb->l2_hits++;
        qemu_spin_lock(&tlb->lock);
        e = l1_install(tlb, page, mmu_idx, &e2->entry, &e2->info);
        qemu_spin_unlock(&tlb->lock);
        return e;
    }

    tlb->walks++;
    if (!x86_mmu_walk(env, lin, mmu_idx, access, &walk)) {
        tlb->faults++;
        if (probe) {
            return NULL;
        }
        if (walk.nested) {
            x86_svm_nested_fault(env, walk.npf_info, walk.npf_address);
        }
        x86_raise_page_fault(env, lin, walk.error_code);
    }
    rcu_read_lock();
    address_space_lookup_page(x86_address_space(env), walk.paddr, x86_mem_attrs(env), &phys);
    qemu_spin_lock(&tlb->lock);
    make_entry(env, page, &walk, &phys, &entry, &info);
    tlb->pkeys_seen |= walk.pkey != 0;
    l2_insert(tlb, page, mmu_idx, &entry, &info);
    e = l1_install(tlb, page, mmu_idx, &entry, &info);
    qemu_spin_unlock(&tlb->lock);
    rcu_read_unlock();
    return e;
}

bool x86_tlb_set_fast(CPUX86State *env, int mmu_idx, uint64_t lin)
{
    X86TLB *tlb = env->tlb;
    X86TLBEntry *e = x86_tlb_entry(env, mmu_idx, lin);
    X86TLBFast *f = &env->tlb_slot->fast[mmu_idx];
    unsigned n = (lin >> TARGET_PAGE_BITS) & (X86_TLB_SIZE - 1);
    uint64_t page = lin & TARGET_PAGE_MASK, ntag = -(lin >> TARGET_PAGE_BITS);
    bool read = e->addr_read == page, write;

    qemu_spin_lock(&tlb->lock);
    write = read && e->addr_write == page;
    f->addend[n] = e->addend;
    f->read_ntag[n] = read ? ntag : X86_TLB_FAST_NONE;
    qatomic_set(&f->write_ntag[n], write ? ntag : X86_TLB_FAST_NONE);
    qemu_spin_unlock(&tlb->lock);
    return read;
}

bool x86_tlb_code_page(CPUX86State *env, uint64_t lin, bool probe, X86CodePage *page)
{
    int idx = x86_cpl(env) == 3 ? X86_MMU_USER : x86_mmu_index_implicit(env);
    X86TLBEntry *e;
    X86TLBInfo *info;

    /* The walk looks at fewer bits than there are: code must not run into the gap. */
    if ((env->hflags & HF_CS64) && !x86_is_canonical(env, lin)) {
        if (probe) {
            return false;
        }
        raise_exception_err(env, EXCP0D_GPF, 0);
    }
    e = x86_tlb_fill(env, lin, idx, MMU_INST_FETCH, probe);
    if (!e) {
        return false;
    }
    info = x86_tlb_info(env, idx, e);
    page->paddr = info->paddr;
    page->ram_addr = info->ram_addr;
    page->host = e->addr_code & X86_TLB_MMIO
                     ? NULL
                     : (const uint8_t *)(uintptr_t)((lin & TARGET_PAGE_MASK) + e->addend);
    return true;
}

void x86_read_code_mmio(CPUX86State *env, hwaddr paddr, uint8_t *buf, unsigned len)
{
    address_space_read(x86_address_space(env), paddr, x86_mem_attrs(env), buf, len);
}

/* ---- dirty tracking ---- */

void x86_tlb_notdirty_write(CPUX86State *env, uint64_t lin, int mmu_idx, unsigned size)
{
    X86TLB *tlb = env->tlb;
    X86TLBEntry *e = x86_tlb_entry(env, mmu_idx, lin);
    ram_addr_t page_ram = x86_tlb_info(env, mmu_idx, e)->ram_addr;
    X86TLB2Entry *e2;

    ram_notify_write(page_ram + (lin & ~TARGET_PAGE_MASK), size);
    qemu_spin_lock(&tlb->lock);
    if (ram_page_is_dirty_for_all(page_ram)) {
        qatomic_set(&e->addr_write, e->addr_write & ~(uint64_t)X86_TLB_NOTDIRTY);
        set_bit(wfilter_bit(page_ram), tlb->wfilter);
        e2 = l2_find(tlb, lin & TARGET_PAGE_MASK, mmu_idx);
        if (e2 && e2->entry.addr_write != NO_TAG) {
            e2->entry.addr_write &= ~(uint64_t)X86_TLB_NOTDIRTY;
        }
    }
    qemu_spin_unlock(&tlb->lock);
}

/*
 * One entry of a protection scan: flags it if it is in the range (true), else
 * notes it in the filter.
 */
static bool protect_entry(X86TLB *tlb, X86TLBEntry *e, const X86TLBInfo *info, ram_addr_t start,
                          ram_addr_t last)
{
    uint64_t tag = e->addr_write;

    if (tag == NO_TAG || info->ram_addr == RAM_ADDR_INVALID || info->readonly) {
        return false;
    }
    if (info->ram_addr >= start && info->ram_addr <= last) {
        qatomic_set(&e->addr_write, tag | X86_TLB_NOTDIRTY);
        return true;
    }
    if (!(tag & X86_TLB_NOTDIRTY)) {
        set_bit(wfilter_bit(info->ram_addr), tlb->wfilter);
    }
    return false;
}

static bool filter_hit(X86TLB *tlb, ram_addr_t start, ram_addr_t last)
{
    if ((last - start) >> TARGET_PAGE_BITS >= 1u << X86_TLB_FILTER_BITS) {
        return true;
    }
    for (ram_addr_t a = start; a <= last; a += TARGET_PAGE_SIZE) {
        if (test_bit(wfilter_bit(a), tlb->wfilter)) {
            return true;
        }
    }
    return false;
}

/* The scan sees every entry, so it also renews the filter from those that remain. */
/* Returns whether the vCPU may have been able to store to the range directly. */
static bool protect_one_tlb(X86TLB *tlb, ram_addr_t start, ram_addr_t last)
{
    bool hit;

    qemu_spin_lock(&tlb->lock);
    hit = filter_hit(tlb, start, last);
    if (hit) {
        micro_clear(tlb, false);
        bitmap_zero(tlb->wfilter, 1 << X86_TLB_FILTER_BITS);
        for (int i = 0; i < X86_TLB_SLOTS; i++) {
            X86TLBSlot *s = tlb->slot[i];
            if (!s) {
                continue;
            }
            for (int n = 0; n < X86_MMU_COUNT * X86_TLB_SIZE; n++) {
                X86TLBEntry *e = &s->entry[0][0] + n;
                if (protect_entry(tlb, e, &s->info[0][0] + n, start, last)) {
                    fast_clear(s, e);
                }
            }
        }
        for (int i = 0; i < X86_TLB2_SETS * X86_TLB2_WAYS; i++) {
            X86TLB2Entry *e = &tlb->l2[0][0] + i;
            if (!(e->page & X86_TLB_INVALID)) {
                protect_entry(tlb, &e->entry, &e->info, start, last);
            }
        }
    }
    qemu_spin_unlock(&tlb->lock);
    return hit;
}

static __thread bool met_others;

bool x86_tlb_protect_met_others(void)
{
    return met_others;
}

static void clear_micro_stores(X86TLB *tlb)
{
    qemu_spin_lock(&tlb->lock);
    micro_clear(tlb, false);
    qemu_spin_unlock(&tlb->lock);
}

/*
 * Translated code copies an entry for stores to the micro TLB without the lock,
 * and looks at the entry again after that. With a barrier on all processors
 * between the two steps here, either it sees that the entry has gone, or its
 * copy is seen here.
 */
void x86_tlb_protect_ram(ram_addr_t start, ram_addr_t len)
{
    ram_addr_t first = start & TARGET_PAGE_MASK;
    ram_addr_t last = (start + len - 1) & TARGET_PAGE_MASK;
    bool others = false;
    CPUState *cs;

    rcu_read_lock();
    CPU_FOREACH (cs) {
        X86TLB *tlb = qatomic_load_acquire(&cpu_env(cs)->tlb);
        if (tlb && protect_one_tlb(tlb, first, last)) {
            others |= cs != current_cpu;
        }
    }
    /* A mapping's rights change at once for all. */
    x86_window_protect(first, last);
    met_others = others;
    if (others) {
        smp_mb_global();
        CPU_FOREACH (cs) {
            X86TLB *tlb = qatomic_load_acquire(&cpu_env(cs)->tlb);
            if (tlb && cs != current_cpu) {
                clear_micro_stores(tlb);
            }
        }
    }
    rcu_read_unlock();
}

/* ---- flushing ---- */

static void slot_flush_nonglobal(X86TLB *tlb, X86TLBSlot *s)
{
    drop_code(s);
    s->gen = ++tlb->gen_counter;
    for (int idx = 0; idx < X86_MMU_COUNT; idx++) {
        unsigned count = s->log_count[idx];

        if (count <= X86_TLB_LOG) {
            for (unsigned i = 0; i < count; i++) {
                unsigned n = s->log[idx][i];
                if (!s->info[idx][n].global) {
                    entry_clear(s, &s->entry[idx][n]);
                }
            }
        } else {
            for (unsigned n = 0; n < X86_TLB_SIZE; n++) {
                if (!s->info[idx][n].global) {
                    entry_clear(s, &s->entry[idx][n]);
                }
            }
        }
        s->log_count[idx] = 0;
    }
}

void x86_tlb_flush_all(CPUX86State *env)
{
    X86TLB *tlb = env->tlb;

    if (!tlb) {
        return;
    }
    tlb->flushes++;
    tlb->epoch++;
    qemu_spin_lock(&tlb->lock);
    micro_clear(tlb, true);
    for (int i = 0; i < X86_TLB_SLOTS; i++) {
        if (tlb->slot[i]) {
            slot_clear(tlb->slot[i]);
            tlb->slot[i]->gen = ++tlb->gen_counter;
        }
    }
    tlb->gen_global = ++tlb->gen_counter;
    drop_global_code(tlb);
    l2_clear(tlb);
    memset(tlb->large, 0, sizeof(tlb->large));
    memset(tlb->huge, 0, sizeof(tlb->huge));
    memset(tlb->tables, 0xff, sizeof(tlb->tables));
    bitmap_zero(tlb->wfilter, 1 << X86_TLB_FILTER_BITS);
    tlb->pkeys_seen = false;
    /* CR3 may have been loaded before paging was on. */
    tlb->slot[tlb->current]->root = x86_window_root(env);
    qemu_spin_unlock(&tlb->lock);
    x86_window_flush_all();
    x86_window_update(env);
}

void x86_tlb_flush_nonglobal(CPUX86State *env)
{
    X86TLB *tlb = env->tlb;

    if (!tlb) {
        return;
    }
    tlb->epoch++;
    qemu_spin_lock(&tlb->lock);
    micro_clear(tlb, true);
    slot_flush_nonglobal(tlb, tlb->slot[tlb->current]);
    qemu_spin_unlock(&tlb->lock);
    x86_window_flush_root(tlb->slot[tlb->current]->root);
}

void x86_tlb_flush_all_nonglobal(CPUX86State *env)
{
    X86TLB *tlb = env->tlb;

    if (!tlb) {
        return;
    }
    tlb->epoch++;
    qemu_spin_lock(&tlb->lock);
    micro_clear(tlb, true);
    for (int i = 0; i < X86_TLB_SLOTS; i++) {
        if (tlb->slot[i]) {
            slot_flush_nonglobal(tlb, tlb->slot[i]);
        }
    }
    qemu_spin_unlock(&tlb->lock);
    x86_window_flush_all();
}

/* Which entries an invalidation of one address takes. */
typedef enum PageScope { SCOPE_ALL, SCOPE_GLOBAL, SCOPE_NONGLOBAL } PageScope;

static bool in_scope(const X86TLBInfo *info, PageScope scope)
{
    return scope == SCOPE_ALL || info->global == (scope == SCOPE_GLOBAL);
}

static void slot_flush_page(X86TLBSlot *s, uint64_t page, PageScope scope)
{
    unsigned n = (page >> TARGET_PAGE_BITS) & (X86_TLB_SIZE - 1);

    for (int idx = 0; idx < X86_MMU_COUNT; idx++) {
        X86TLBEntry *e = &s->entry[idx][n];
        if (!entry_empty(e) && entry_page(e) == page && in_scope(&s->info[idx][n], scope)) {
            entry_clear(s, e);
        }
    }
}

/* All parts of large pages that hold @lin: entries are per 4 KiB whatever the guest mapped. */
static void slot_flush_large(X86TLBSlot *s, uint64_t lin, PageScope scope)
{
    for (int i = 0; i < X86_MMU_COUNT * X86_TLB_SIZE; i++) {
        X86TLBEntry *e = &s->entry[0][0] + i;
        X86TLBInfo *info = &s->info[0][0] + i;

        if (info->level > 12 && !entry_empty(e) && ((entry_page(e) ^ lin) >> info->level) == 0 &&
            in_scope(info, scope)) {
            entry_clear(s, e);
        }
    }
}

static void l2_flush_large(X86TLB *tlb, uint64_t lin, int slot)
{
    for (int i = 0; i < X86_TLB2_SETS * X86_TLB2_WAYS; i++) {
        X86TLB2Entry *e = &tlb->l2[0][0] + i;

        if (!(e->page & X86_TLB_INVALID) && e->info.level > 12 &&
            ((e->page ^ lin) >> e->info.level) == 0 &&
            (e->slot == slot || e->slot == X86_TLB_SLOTS)) {
            e->page = X86_TLB_INVALID;
        }
    }
}

static void flush_page_in(X86TLB *tlb, int slot, uint64_t lin, PageScope here, bool globals)
{
    uint64_t page = lin & TARGET_PAGE_MASK;
    bool large = maybe_large(tlb, lin);

    tlb->epoch++;
    qemu_spin_lock(&tlb->lock);
    micro_clear(tlb, true);
    for (int i = 0; i < X86_TLB_SLOTS; i++) {
        X86TLBSlot *s = tlb->slot[i];

        if (!s || (i != slot && !globals)) {
            continue;
        }
        if (may_hold_code(s->code, lin, large)) {
            drop_code(s);
        }
        slot_flush_page(s, page, i == slot ? here : SCOPE_GLOBAL);
        if (large) {
            slot_flush_large(s, lin, i == slot ? here : SCOPE_GLOBAL);
        }
    }
    if (globals && may_hold_code(tlb->global_code, lin, large)) {
        drop_global_code(tlb);
    }
    /* The second level may lose a little more than asked for. */
    l2_drop_page(tlb, page, slot);
    if (large) {
        l2_flush_large(tlb, lin, slot);
    }
    qemu_spin_unlock(&tlb->lock);
    x86_window_flush_page(tlb->slot[slot]->root, lin);
}

void x86_tlb_flush_page(CPUX86State *env, uint64_t lin)
{
    if (env->tlb) {
        flush_page_in(env->tlb, env->tlb->current, lin, SCOPE_ALL, true);
    }
}

void x86_tlb_flush_watch(CPUX86State *env, uint64_t lin)
{
    X86TLB *tlb = env->tlb;

    for (int i = 0; tlb && i < X86_TLB_SLOTS; i++) {
        if (tlb->slot[i]) {
            flush_page_in(tlb, i, lin, SCOPE_ALL, false);
        }
    }
}

static int find_slot(X86TLB *tlb, uint16_t pcid)
{
    for (int i = 0; i < X86_TLB_SLOTS; i++) {
        if (tlb->slot[i] && tlb->slot[i]->pcid == pcid) {
            return i;
        }
    }
    return -1;
}

void x86_tlb_flush_pcid_page(CPUX86State *env, uint16_t pcid, uint64_t lin)
{
    int i = env->tlb ? find_slot(env->tlb, pcid) : -1;

    if (i >= 0) {
        flush_page_in(env->tlb, i, lin, SCOPE_NONGLOBAL, false);
    }
}

void x86_tlb_flush_pcid(CPUX86State *env, uint16_t pcid)
{
    X86TLB *tlb = env->tlb;
    int i = tlb ? find_slot(tlb, pcid) : -1;

    if (i >= 0) {
        tlb->epoch++;
        qemu_spin_lock(&tlb->lock);
        micro_clear(tlb, true);
        slot_flush_nonglobal(tlb, tlb->slot[i]);
        qemu_spin_unlock(&tlb->lock);
        x86_window_flush_root(tlb->slot[i]->root);
    }
}

/* The slot to give to a new address space: an unused one, or the one used longest ago. */
static int choose_slot(X86TLB *tlb)
{
    int best = 0;

    for (int i = 0; i < X86_TLB_SLOTS; i++) {
        if (!tlb->slot[i]) {
            return i;
        }
        if (tlb->slot[i]->last_use < tlb->slot[best]->last_use) {
            best = i;
        }
    }
    return best;
}

void x86_tlb_switch(CPUX86State *env, uint16_t pcid, bool keep)
{
    uint64_t root = x86_window_root(env);
    X86TLB *tlb = env->tlb;
    X86TLBSlot *s;
    int i;

    if (!tlb) {
        return;
    }
    tlb->epoch++;
    qemu_spin_lock(&tlb->lock);
    micro_clear(tlb, true);
    i = find_slot(tlb, pcid);
    if (i < 0) {
        i = choose_slot(tlb);
        keep = false;
    }
    s = slot_get(tlb, i);
    if (!keep) {
        slot_flush_nonglobal(tlb, s);
    }
    keep &= s->root == root;
    s->pcid = pcid;
    s->root = root;
    s->last_use = ++tlb->use_clock;
    tlb->current = i;
    env->tlb_slot = s;
    qemu_spin_unlock(&tlb->lock);
    if (!keep) {
        x86_window_flush_root(root);
    }
    x86_window_update(env);
}

void x86_tlb_flush_pkeys(CPUX86State *env)
{
    if (env->tlb && env->tlb->pkeys_seen) {
        x86_tlb_flush_all(env);
    }
    x86_window_update(env);
}

void x86_tlb_flush_async(CPUState *cs)
{
    X86TLB *tlb = qatomic_load_acquire(&cpu_env(cs)->tlb);

    if (tlb) {
        x86_window_flush_all();
        qatomic_set(&tlb->full_flush_pending, true);
        cpu_exit(cs);
    }
}
