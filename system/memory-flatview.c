/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flattening: from a tree of regions to a sorted array of ranges.
 *
 * Regions are painted front to back: sub-regions before their container, higher
 * priorities before lower ones, and each only fills the gaps that those before
 * it left. What is painted is never moved again, so the work is proportional to
 * the regions times the ranges they are cut into.
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "memory-internal.h"

/* What a region inherits from the containers and aliases it is seen through. */
typedef struct RenderState {
    FlatView *view;
    bool readonly;
    bool nonvolatile;
    bool unmergeable;
} RenderState;

unsigned flatview_first_after(const FlatView *view, Int128 addr)
{
    unsigned lo = 0, hi = view->nr;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;

        if (addrrange_end(view->ranges[mid].addr) > addr) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    return lo;
}

static void flatview_insert(FlatView *view, unsigned pos, const FlatRange *range)
{
    if (view->nr == view->nr_allocated) {
        view->nr_allocated = MAX(2 * view->nr, 16u);
        view->ranges = g_renew(FlatRange, view->ranges, view->nr_allocated);
    }
    memmove(view->ranges + pos + 1, view->ranges + pos, (view->nr - pos) * sizeof(view->ranges[0]));
    view->ranges[pos] = *range;
    view->nr++;
    if (range->owner) {
        object_ref(range->owner);
    }
}

/* Shows @mr, whose offset 0 is at @base, in the gaps of @clip. */
static void fill_gaps(const RenderState *st, MemoryRegion *mr, Int128 base, AddrRange clip)
{
    FlatView *view = st->view;
    unsigned i = flatview_first_after(view, clip.start);
    Int128 pos = clip.start;
    FlatRange fr = {
        .mr = mr,
        .owner = mr->owner,
        .dirty_log_mask = memory_region_get_dirty_log_mask(mr),
        .romd_mode = mr->romd_mode,
        .readonly = st->readonly,
        .nonvolatile = st->nonvolatile,
        .unmergeable = st->unmergeable,
    };

    while (pos < addrrange_end(clip)) {
        Int128 end = addrrange_end(clip);

        if (i < view->nr) {
            AddrRange next = view->ranges[i].addr;

            if (next.start <= pos) {
                pos = addrrange_end(next);
                i++;
                continue;
            }
            end = int128_min(end, next.start);
        }
        fr.offset_in_region = int128_get64(pos - base);
        fr.addr = addrrange_make(pos, end - pos);
        flatview_insert(view, i, &fr);
        i++;
        pos = end;
    }
}

static void render(RenderState st, MemoryRegion *mr, Int128 base, AddrRange clip)
{
    MemoryRegion *sub;
    AddrRange here;

    if (!mr->enabled) {
        return;
    }
    base += mr->addr;
    st.readonly |= mr->readonly;
    st.nonvolatile |= mr->nonvolatile;
    st.unmergeable |= mr->unmergeable;

    here = addrrange_make(base, mr->size);
    if (!addrrange_intersects(here, clip)) {
        return;
    }
    clip = addrrange_intersection(here, clip);

    if (mr->alias) {
        /* render() adds the target's own address, which means nothing here. */
        render(st, mr->alias, base - mr->alias->addr - mr->alias_offset, clip);
        return;
    }
    QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
        render(st, sub, base, clip);
    }
    if (mr->terminates) {
        fill_gaps(&st, mr, base, clip);
    }
}

/* A region made at run time may be gone when the last reader of a view that had it is done. */
static void release_range(FlatRange *fr)
{
    if (fr->owner) {
        object_unref(fr->owner);
    }
}

static bool can_merge(const FlatRange *a, const FlatRange *b)
{
    return addrrange_end(a->addr) == b->addr.start && a->mr == b->mr &&
           (Int128)a->offset_in_region + a->addr.size == b->offset_in_region &&
           a->dirty_log_mask == b->dirty_log_mask && a->romd_mode == b->romd_mode &&
           a->readonly == b->readonly && a->nonvolatile == b->nonvolatile && !a->unmergeable &&
           !b->unmergeable;
}

/* Joins neighbours that an alias or a hole of no size had separated. */
static void flatview_simplify(FlatView *view)
{
    unsigned out = 0;

    for (unsigned i = 0; i < view->nr; i++) {
        if (out && can_merge(&view->ranges[out - 1], &view->ranges[i])) {
            view->ranges[out - 1].addr.size += view->ranges[i].addr.size;
            release_range(&view->ranges[i]);
        } else {
            view->ranges[out++] = view->ranges[i];
        }
    }
    view->nr = out;
}

MemoryRegion *memory_region_view_root(MemoryRegion *root)
{
    MemoryRegion *mr = root;

    while (mr && mr->enabled && !mr->readonly && !mr->nonvolatile && !mr->unmergeable) {
        MemoryRegion *only = NULL, *sub;

        if (mr->alias) {
            if (mr->alias_offset || mr->size < mr->alias->size) {
                break;
            }
            mr = mr->alias;
            continue;
        }
        if (mr->terminates) {
            break;
        }
        QTAILQ_FOREACH (sub, &mr->subregions, subregions_link) {
            if (!sub->enabled) {
                continue;
            }
            if (only || sub->addr || sub->size > mr->size) {
                return mr;
            }
            only = sub;
        }
        if (!only) {
            return NULL;
        }
        mr = only;
    }
    return mr && mr->enabled ? mr : NULL;
}

FlatView *flatview_build(MemoryRegion *root)
{
    FlatView *view = g_new0(FlatView, 1);

    view->ref = 1;
    view->root = root;
    if (root) {
        RenderState st = {.view = view};

        render(st, root, -(Int128)root->addr, addrrange_make(0, int128_2_64()));
        flatview_simplify(view);
        memory_region_ref(root);
        view->root_owner = root->owner;
    }
    return view;
}

bool flatview_equal(const FlatView *a, const FlatView *b)
{
    if (a->nr != b->nr || a->root != b->root) {
        return false;
    }
    for (unsigned i = 0; i < a->nr; i++) {
        const FlatRange *x = &a->ranges[i], *y = &b->ranges[i];

        if (x->mr != y->mr || x->offset_in_region != y->offset_in_region ||
            !addrrange_equal(x->addr, y->addr) || x->dirty_log_mask != y->dirty_log_mask ||
            x->romd_mode != y->romd_mode || x->readonly != y->readonly ||
            x->nonvolatile != y->nonvolatile || x->unmergeable != y->unmergeable) {
            return false;
        }
    }
    return true;
}

static void flatview_free(FlatView *view)
{
    for (unsigned i = 0; i < view->nr; i++) {
        release_range(&view->ranges[i]);
    }
    if (view->root_owner) {
        object_unref(view->root_owner);
    }
    g_free(view->ranges);
    g_free(view);
}

bool flatview_ref(FlatView *view)
{
    unsigned old = qatomic_read(&view->ref);

    while (old) {
        unsigned seen = qatomic_cmpxchg(&view->ref, old, old + 1);

        if (seen == old) {
            return true;
        }
        old = seen;
    }
    return false;
}

void flatview_unref(FlatView *view)
{
    if (qatomic_fetch_dec(&view->ref) == 1) {
        call_rcu(view, flatview_free, rcu);
    }
}

FlatView *address_space_get_flatview(AddressSpace *as)
{
    FlatView *view;

    RCU_READ_LOCK_GUARD();
    do {
        view = address_space_to_flatview(as);
        /* Zero references: it was replaced between the two lines. */
    } while (!flatview_ref(view));
    return view;
}

const FlatRange *flatview_lookup(FlatView *view, hwaddr addr)
{
    unsigned i = qatomic_read(&view->mru);

    if (i < view->nr && addrrange_contains(view->ranges[i].addr, addr)) {
        return &view->ranges[i];
    }
    i = flatview_first_after(view, addr);
    if (i == view->nr || view->ranges[i].addr.start > addr) {
        return NULL;
    }
    qatomic_set(&view->mru, i);
    return &view->ranges[i];
}

MemoryRegionSection section_from_flat_range(const FlatRange *fr, FlatView *fv)
{
    return (MemoryRegionSection){
        .mr = fr->mr,
        .fv = fv,
        .offset_within_region = fr->offset_in_region,
        .size = fr->addr.size,
        .offset_within_address_space = int128_get64(fr->addr.start),
        .readonly = fr->readonly,
        .nonvolatile = fr->nonvolatile,
        .unmergeable = fr->unmergeable,
    };
}

/* The address space whose root is, or is above, @mr; *@addr becomes an address in it. */
static AddressSpace *find_address_space(MemoryRegion *mr, Int128 *addr)
{
    AddressSpace *as;

    *addr += mr->addr;
    while (mr->container) {
        mr = mr->container;
        *addr += mr->addr;
    }
    *addr -= mr->addr;
    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (as->root == mr) {
            return as;
        }
    }
    return NULL;
}

/* As memory_region_find(), without the reference. */
static MemoryRegionSection find_section(MemoryRegion *mr, hwaddr addr, uint64_t size)
{
    Int128 start = addr;
    AddressSpace *as = find_address_space(mr, &start);
    MemoryRegionSection section = {.mr = NULL};
    AddrRange wanted = addrrange_make(start, size);
    const FlatRange *fr;
    AddrRange part;
    FlatView *view;
    unsigned i;

    if (!as) {
        return section;
    }
    view = address_space_to_flatview(as);
    i = flatview_first_after(view, start);
    if (i == view->nr || !addrrange_intersects(view->ranges[i].addr, wanted)) {
        return section;
    }
    fr = &view->ranges[i];
    part = addrrange_intersection(fr->addr, wanted);
    section = section_from_flat_range(fr, view);
    section.offset_within_region += int128_get64(part.start - fr->addr.start);
    section.offset_within_address_space = int128_get64(part.start);
    section.size = part.size;
    return section;
}

MemoryRegionSection memory_region_find(MemoryRegion *mr, hwaddr addr, uint64_t size)
{
    MemoryRegionSection section;

    RCU_READ_LOCK_GUARD();
    section = find_section(mr, addr, size);
    memory_region_ref(section.mr);
    return section;
}

bool memory_region_present(MemoryRegion *container, hwaddr addr)
{
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = find_section(container, addr, 1).mr;
    return mr && mr != container;
}
