/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that hold decoded or translated code. See code-track.h.
 *
 * Records are in a two-level table indexed by RAM page, which only grows; a
 * reader needs no lock. The lock orders covering against invalidation.
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "exec/address-space.h"
#include "exec/ram_addr.h"
#include "target/i386/tcg/code-track.h"
#include "target/i386/tcg/exec.h"
#include "target/i386/tcg/tlb.h"

#define LEAF_BITS 12
#define LEAF_SIZE (1u << LEAF_BITS)
#define ROOT_SIZE (1u << 16) /* 1 TiB of RAM */
#define LINE_BITS 6
/* Stores to a page without code before it is let go: watching it again costs about as much. */
#define LET_GO 128

typedef X86CodeTrack *TrackLeaf[LEAF_SIZE];

static struct {
    QemuMutex lock;
    TrackLeaf **root; /* elements are set once, with atomics */
    X86CodeInvalidateFn *invalidate;
} tracker;

static X86CodeTrack **slot_of(ram_addr_t addr, bool create)
{
    uint64_t page = addr >> TARGET_PAGE_BITS;
    TrackLeaf *leaf, *fresh;

    if (page >> LEAF_BITS >= ROOT_SIZE || !tracker.root) {
        return NULL;
    }
    leaf = qatomic_load_acquire(&tracker.root[page >> LEAF_BITS]);
    if (!leaf) {
        if (!create) {
            return NULL;
        }
        fresh = g_malloc0(sizeof(*fresh));
        leaf = qatomic_cmpxchg(&tracker.root[page >> LEAF_BITS], NULL, fresh);
        if (leaf) {
            g_free(fresh);
        } else {
            leaf = fresh;
        }
    }
    return &(*leaf)[page & (LEAF_SIZE - 1)];
}

X86CodeTrack *x86_code_track_find(ram_addr_t addr)
{
    X86CodeTrack **slot = slot_of(addr, false);

    return slot ? qatomic_load_acquire(slot) : NULL;
}

X86CodeTrack *x86_code_track(ram_addr_t addr)
{
    X86CodeTrack **slot = slot_of(addr, true);
    X86CodeTrack *t, *fresh;

    if (!slot) {
        return NULL;
    }
    t = qatomic_load_acquire(slot);
    if (!t) {
        fresh = g_new0(X86CodeTrack, 1);
        fresh->page = addr & TARGET_PAGE_MASK;
        t = qatomic_cmpxchg(slot, NULL, fresh);
        if (t) {
            g_free(fresh);
        } else {
            t = fresh;
        }
    }
    return t;
}

static uint64_t line_mask(unsigned offset, unsigned len)
{
    unsigned first = offset >> LINE_BITS;
    unsigned last = MIN(offset + len - 1, TARGET_PAGE_SIZE - 1) >> LINE_BITS;

    return (UINT64_MAX >> (63 - last)) & (UINT64_MAX << first);
}

static void invalidate_page(ram_addr_t start, unsigned len);

/*
 * A store of another vCPU that was compared before the page was covered, and reaches
 * memory after its bytes were read, is not noticed. Once every vCPU has been
 * outside of guest code it must have landed: look then whether the page changed.
 */
typedef struct Settle {
    struct rcu_head rcu;
    ram_addr_t page;
    uint8_t bytes[TARGET_PAGE_SIZE];
} Settle;

static void settled(Settle *s)
{
    const uint8_t *host;

    rcu_read_lock();
    host = qemu_map_ram_ptr(NULL, s->page);
    if (host && memcmp(host, s->bytes, TARGET_PAGE_SIZE)) {
        invalidate_page(s->page, TARGET_PAGE_SIZE);
    }
    rcu_read_unlock();
    g_free(s);
}

static void settle_later(X86CodeTrack *t)
{
    const uint8_t *host = qemu_map_ram_ptr(NULL, t->page);
    Settle *s;

    if (host) {
        s = g_new(Settle, 1);
        s->page = t->page;
        memcpy(s->bytes, host, TARGET_PAGE_SIZE);
        call_rcu(s, settled, rcu);
    }
}

void x86_code_cover(X86CodeTrack *t, unsigned offset, unsigned len)
{
    uint64_t want = line_mask(offset, len);
    bool first;

    if ((qatomic_load_acquire(&t->lines) & want) == want) {
        return;
    }
    qemu_mutex_lock(&tracker.lock);
    first = t->lines == 0;
    if (first) {
        /* Clearing the bit makes the memory core call back to protect the page on all vCPUs. */
        if (ram_test_and_clear_dirty(t->page, TARGET_PAGE_SIZE, DIRTY_MEMORY_CODE) &&
            x86_tlb_protect_met_others()) {
            settle_later(t);
        }
    }
    qatomic_store_release(&t->lines, t->lines | want);
    qemu_mutex_unlock(&tracker.lock);
}

bool x86_code_sleep_on(X86CodeTrack *t, uint32_t gen)
{
    bool same;

    qemu_mutex_lock(&tracker.lock);
    t->monitored = true;
    same = t->gen == gen;
    qemu_mutex_unlock(&tracker.lock);
    return same;
}

/*
 * The dirty hook: one page at a time. The consumer is told without the lock, so
 * another store can come here between the two: what it overwrites may still be in use,
 * although no line is covered any more, and it has to tell the consumer itself.
 */
static void invalidate_page(ram_addr_t start, unsigned len)
{
    X86CodeTrack *t = x86_code_track_find(start);
    unsigned offset = start & ~TARGET_PAGE_MASK;
    bool hit, monitored;

    if (!t) {
        ram_set_dirty_flag(start, DIRTY_MEMORY_CODE);
        return;
    }
    qemu_mutex_lock(&tracker.lock);
    hit = (t->lines & line_mask(offset, len)) || qatomic_read(&t->telling);
    if (hit) {
        qatomic_inc(&t->telling);
        qatomic_store_release(&t->lines, 0);
        qatomic_store_release(&t->gen, t->gen + 1);
        t->quiet = 0;
    } else if (t->lines == 0 && ++t->quiet >= LET_GO) {
        ram_set_dirty_flag(start, DIRTY_MEMORY_CODE);
    }
    monitored = t->monitored;
    qemu_mutex_unlock(&tracker.lock);
    if (hit && monitored) {
        x86_mwait_wake(t);
    }
    if (hit) {
        if (tracker.invalidate) {
            tracker.invalidate(t, offset, len);
        }
        qatomic_dec(&t->telling);
    }
}

static void invalidate_range(ram_addr_t start, ram_addr_t len)
{
    while (len) {
        unsigned n = MIN(len, TARGET_PAGE_SIZE - (start & ~TARGET_PAGE_MASK));

        invalidate_page(start, n);
        start += n;
        len -= n;
    }
}

void x86_code_set_invalidate(X86CodeInvalidateFn *fn)
{
    tracker.invalidate = fn;
}

void x86_code_track_init(void)
{
    static const RamDirtyHooks hooks = {
        .invalidate_code = invalidate_range,
        .protect = x86_tlb_protect_ram,
    };

    if (!tracker.root) {
        qemu_mutex_init(&tracker.lock);
        tracker.root = g_new0(TrackLeaf *, ROOT_SIZE);
        ram_set_dirty_hooks(&hooks);
    }
}
