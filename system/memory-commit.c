/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Transactions and listeners: when the outermost transaction ends, views that
 * changed are built again, compared with what was there, announced to the
 * listeners of their address space and published.
 *
 * An address space whose view came out the same hears nothing.
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "memory-internal.h"

AddressSpaceList address_spaces = QTAILQ_HEAD_INITIALIZER(address_spaces);
MemoryListenerList memory_listeners = QTAILQ_HEAD_INITIALIZER(memory_listeners);

/* BQL held for all of these. */
static unsigned transaction_depth;
static bool topology_pending;
static bool ioeventfds_pending;
static bool committing;

/* Calls @callback of the listeners of @as, lowest priority first, or highest. */
#define NOTIFY_UP(as, callback, ...)                                                               \
    do {                                                                                           \
        MemoryListener *l_;                                                                        \
        QTAILQ_FOREACH (l_, &(as)->listeners, link_as) {                                           \
            if (l_->callback) {                                                                    \
                l_->callback(l_, ##__VA_ARGS__);                                                   \
            }                                                                                      \
        }                                                                                          \
    } while (0)
#define NOTIFY_DOWN(as, callback, ...)                                                             \
    do {                                                                                           \
        MemoryListener *l_;                                                                        \
        QTAILQ_FOREACH_REVERSE (l_, &(as)->listeners, link_as) {                                   \
            if (l_->callback) {                                                                    \
                l_->callback(l_, ##__VA_ARGS__);                                                   \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* ---- coalesced MMIO ---- */

static void coalesced_notify_one(AddressSpace *as, MemoryListener *only, FlatView *view,
                                 const FlatRange *fr, const CoalescedMemoryRange *cmr, bool add)
{
    MemoryRegionSection section = section_from_flat_range(fr, view);
    AddrRange part = cmr->addr;
    MemoryListener *l;

    part.start += fr->addr.start - fr->offset_in_region;
    if (!addrrange_intersects(part, fr->addr)) {
        return;
    }
    part = addrrange_intersection(part, fr->addr);
    QTAILQ_FOREACH (l, &as->listeners, link_as) {
        void (*notify)(MemoryListener *, MemoryRegionSection *, hwaddr, hwaddr) =
            add ? l->coalesced_io_add : l->coalesced_io_del;

        if (notify && (!only || l == only)) {
            notify(l, &section, int128_get64(part.start), int128_get64(part.size));
        }
    }
}

void flat_range_coalesced_notify(AddressSpace *as, MemoryListener *only, FlatView *view,
                                 const FlatRange *fr, bool add)
{
    CoalescedMemoryRange *cmr;

    QTAILQ_FOREACH (cmr, &fr->mr->coalesced, link) {
        coalesced_notify_one(as, only, view, fr, cmr, add);
    }
}

void memory_coalesced_notify(MemoryRegion *mr, const CoalescedMemoryRange *cmr, bool add)
{
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        FlatView *view = as->current_map;
        FlatRange *fr;

        if (!view) {
            continue;
        }
        FOR_EACH_FLATRANGE (fr, view) {
            if (fr->mr == mr) {
                coalesced_notify_one(as, NULL, view, fr, cmr, add);
            }
        }
    }
}

/* ---- ioeventfds ---- */

static int compare_ioeventfds(const void *a, const void *b)
{
    return ioeventfd_compare(a, b);
}

/* The eventfds that can be seen in @view, at their addresses there, sorted. */
static GArray *collect_ioeventfds(FlatView *view)
{
    GArray *fds = g_array_new(FALSE, FALSE, sizeof(MemoryRegionIoeventfd));
    FlatRange *fr;

    FOR_EACH_FLATRANGE (fr, view) {
        for (unsigned i = 0; i < fr->mr->ioeventfd_nb; i++) {
            MemoryRegionIoeventfd fd = fr->mr->ioeventfds[i];

            fd.addr.start += fr->addr.start - fr->offset_in_region;
            if (addrrange_contains(fr->addr, fd.addr.start)) {
                g_array_append_val(fds, fd);
            }
        }
    }
    g_array_sort(fds, compare_ioeventfds);
    return fds;
}

static void notify_ioeventfd(AddressSpace *as, MemoryListener *only, FlatView *view,
                             const MemoryRegionIoeventfd *fd, bool add)
{
    const FlatRange *fr = flatview_lookup(view, int128_get64(fd->addr.start));
    MemoryRegionSection section = {
        .fv = view,
        .mr = fr ? fr->mr : NULL,
        .offset_within_region =
            fr ? int128_get64(fd->addr.start - fr->addr.start) + fr->offset_in_region : 0,
        .offset_within_address_space = int128_get64(fd->addr.start),
        .size = fd->addr.size,
    };
    MemoryListener *l;

    QTAILQ_FOREACH (l, &as->listeners, link_as) {
        void (*notify)(MemoryListener *, MemoryRegionSection *, bool, uint64_t, EventNotifier *) =
            add ? l->eventfd_add : l->eventfd_del;

        if (notify && (!only || l == only)) {
            notify(l, &section, fd->match_data, fd->data, fd->e);
        }
    }
}

/* Announces the difference between the eventfds there were and those there are. */
static void address_space_update_ioeventfds(AddressSpace *as)
{
    FlatView *view = as->current_map;
    GArray *now = collect_ioeventfds(view);
    MemoryRegionIoeventfd *new = (MemoryRegionIoeventfd *)(void *)now->data;
    unsigned i = 0, j = 0, old_nb = as->ioeventfd_nb, new_nb = now->len;
    MemoryRegionIoeventfd *old = as->ioeventfds;

    while (i < old_nb || j < new_nb) {
        int order = i == old_nb ? 1 : j == new_nb ? -1 : ioeventfd_compare(&old[i], &new[j]);

        if (order < 0) {
            notify_ioeventfd(as, NULL, view, &old[i++], false);
        } else if (order > 0) {
            notify_ioeventfd(as, NULL, view, &new[j++], true);
        } else {
            i++;
            j++;
        }
    }
    g_free(as->ioeventfds);
    as->ioeventfd_nb = new_nb;
    as->ioeventfds = (MemoryRegionIoeventfd *)(void *)g_array_free(now, FALSE);
}

/* ---- views ---- */

/* The range of @view that equals @fr in all but its log mask. */
static const FlatRange *find_same(FlatView *view, const FlatRange *fr)
{
    unsigned i = flatview_first_after(view, fr->addr.start);
    const FlatRange *other;

    if (i == view->nr) {
        return NULL;
    }
    other = &view->ranges[i];
    return addrrange_equal(other->addr, fr->addr) && other->mr == fr->mr &&
                   other->offset_in_region == fr->offset_in_region &&
                   other->romd_mode == fr->romd_mode && other->readonly == fr->readonly &&
                   other->nonvolatile == fr->nonvolatile && other->unmergeable == fr->unmergeable
               ? other
               : NULL;
}

static void announce_removed(AddressSpace *as, FlatView *old, FlatView *new)
{
    FlatRange *fr;

    FOR_EACH_FLATRANGE (fr, old) {
        if (!find_same(new, fr)) {
            MemoryRegionSection section = section_from_flat_range(fr, old);

            flat_range_coalesced_notify(as, NULL, old, fr, false);
            NOTIFY_DOWN(as, region_del, &section);
        }
    }
}

static void announce_added(AddressSpace *as, FlatView *old, FlatView *new)
{
    FlatRange *fr;

    FOR_EACH_FLATRANGE (fr, new) {
        MemoryRegionSection section = section_from_flat_range(fr, new);
        const FlatRange *was = find_same(old, fr);

        if (!was) {
            NOTIFY_UP(as, region_add, &section);
            flat_range_coalesced_notify(as, NULL, new, fr, true);
            continue;
        }
        NOTIFY_UP(as, region_nop, &section);
        if (fr->dirty_log_mask & ~was->dirty_log_mask) {
            NOTIFY_UP(as, log_start, &section, was->dirty_log_mask, fr->dirty_log_mask);
        }
        if (was->dirty_log_mask & ~fr->dirty_log_mask) {
            NOTIFY_DOWN(as, log_stop, &section, was->dirty_log_mask, fr->dirty_log_mask);
        }
    }
}

static void address_space_set_view(AddressSpace *as, FlatView *new)
{
    FlatView *old = as->current_map;

    if (old == new) {
        return;
    }
    flatview_ref(new);
    if (flatview_equal(old, new)) {
        /* Another space's copy of the same. */
        qatomic_rcu_set(&as->current_map, new);
        flatview_unref(old);
        return;
    }
    NOTIFY_UP(as, begin);
    announce_removed(as, old, new);
    /* Vcpus may see either view from here; none of their devices has gone yet. */
    qatomic_rcu_set(&as->current_map, new);
    announce_added(as, old, new);
    address_space_update_ioeventfds(as);
    NOTIFY_UP(as, commit);
    flatview_unref(old);
}

/* The view of @root as it is now: the published one if that still holds, so that all share it. */
static FlatView *current_view(MemoryRegion *root)
{
    FlatView *view = flatview_build(root);
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        if (flatview_equal(as->current_map, view)) {
            flatview_unref(view);
            flatview_ref(as->current_map);
            return as->current_map;
        }
    }
    return view;
}

static void update_topology(void)
{
    g_autoptr(GHashTable) views =
        g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)flatview_unref);
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        MemoryRegion *root = memory_region_view_root(as->root);
        FlatView *view = g_hash_table_lookup(views, root);

        if (!view) {
            view = current_view(root);
            g_hash_table_insert(views, root, view);
        }
        if (view != address_space_to_flatview(as)) {
            qemu_log_mask(CPU_LOG_PAGE, "memory map of address space '%s' changed\n", as->name);
        }
        address_space_set_view(as, view);
    }
}

static void update_ioeventfds(void)
{
    AddressSpace *as;

    QTAILQ_FOREACH (as, &address_spaces, address_spaces_link) {
        NOTIFY_UP(as, begin);
        address_space_update_ioeventfds(as);
        NOTIFY_UP(as, commit);
    }
}

void memory_topology_changed(bool visible)
{
    g_assert(transaction_depth); /* our own bug otherwise */
    topology_pending |= visible;
}

void memory_ioeventfds_changed(bool visible)
{
    g_assert(transaction_depth); /* our own bug otherwise */
    ioeventfds_pending |= visible;
}

void memory_region_transaction_begin(void)
{
    g_assert(bql_locked()); /* the tree has no other lock */
    transaction_depth++;
}

void memory_region_transaction_commit(void)
{
    g_assert(transaction_depth && bql_locked()); /* our own bug otherwise */
    if (--transaction_depth || committing) {
        return;
    }
    /* A listener may change regions in turn: that is done in another round. */
    committing = true;
    while (topology_pending || ioeventfds_pending) {
        bool topology = topology_pending, ioeventfds = ioeventfds_pending;

        topology_pending = ioeventfds_pending = false;
        if (topology) {
            update_topology();
        }
        if (ioeventfds) {
            update_ioeventfds();
        }
    }
    committing = false;
}

void address_space_first_view(AddressSpace *as)
{
    qatomic_rcu_set(&as->current_map, current_view(memory_region_view_root(as->root)));
    address_space_update_ioeventfds(as);
}

/* ---- listeners ---- */

static void insert_listener(MemoryListener *listener, AddressSpace *as)
{
    MemoryListener *other;

    QTAILQ_FOREACH (other, &memory_listeners, link) {
        if (other->priority > listener->priority) {
            break;
        }
    }
    if (other) {
        QTAILQ_INSERT_BEFORE(other, listener, link);
    } else {
        QTAILQ_INSERT_TAIL(&memory_listeners, listener, link);
    }
    QTAILQ_FOREACH (other, &as->listeners, link_as) {
        if (other->priority > listener->priority) {
            break;
        }
    }
    if (other) {
        QTAILQ_INSERT_BEFORE(other, listener, link_as);
    } else {
        QTAILQ_INSERT_TAIL(&as->listeners, listener, link_as);
    }
}

void memory_listener_register(MemoryListener *listener, AddressSpace *as)
{
    FlatView *view = as->current_map;
    FlatRange *fr;

    g_assert(bql_locked() && !listener->address_space); /* our own bug otherwise */
    listener->address_space = as;
    insert_listener(listener, as);

    if (listener->begin) {
        listener->begin(listener);
    }
    if (global_dirty_tracking && listener->log_global_start) {
        /* Joining late must not fail: it is asked for less than it would do at a start. */
        listener->log_global_start(listener, NULL);
    }
    FOR_EACH_FLATRANGE (fr, view) {
        MemoryRegionSection section = section_from_flat_range(fr, view);

        if (listener->region_add) {
            listener->region_add(listener, &section);
        }
        flat_range_coalesced_notify(as, listener, view, fr, true);
    }
    for (unsigned i = 0; i < as->ioeventfd_nb; i++) {
        notify_ioeventfd(as, listener, view, &as->ioeventfds[i], true);
    }
    if (listener->commit) {
        listener->commit(listener);
    }
}

void memory_listener_unregister(MemoryListener *listener)
{
    AddressSpace *as = listener->address_space;
    FlatView *view;
    FlatRange *fr;

    if (!as) {
        return;
    }
    g_assert(bql_locked()); /* our own bug otherwise */
    view = as->current_map;
    if (listener->begin) {
        listener->begin(listener);
    }
    for (unsigned i = 0; i < as->ioeventfd_nb; i++) {
        notify_ioeventfd(as, listener, view, &as->ioeventfds[i], false);
    }
    FOR_EACH_FLATRANGE (fr, view) {
        MemoryRegionSection section = section_from_flat_range(fr, view);

        flat_range_coalesced_notify(as, listener, view, fr, false);
        if (listener->region_del) {
            listener->region_del(listener, &section);
        }
    }
    if (listener->commit) {
        listener->commit(listener);
    }
    QTAILQ_REMOVE(&memory_listeners, listener, link);
    QTAILQ_REMOVE(&as->listeners, listener, link_as);
    listener->address_space = NULL;
}

void address_space_remove_listeners(AddressSpace *as)
{
    while (!QTAILQ_EMPTY(&as->listeners)) {
        memory_listener_unregister(QTAILQ_FIRST(&as->listeners));
    }
}
