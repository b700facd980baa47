/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dirty tracking of regions: switching it on and off for all RAM, and moving
 * what accelerators keep for themselves (KVM's log, or its ring) to the bitmaps.
 */
#include "qemu/osdep.h"
#include "memory-internal.h"

unsigned global_dirty_tracking;

/* Publishes views whose log masks follow global_dirty_tracking. */
static void refresh_log_masks(void)
{
    memory_region_transaction_begin();
    memory_topology_changed(true);
    memory_region_transaction_commit();
}

bool memory_global_dirty_log_start(unsigned flags, Error **errp)
{
    unsigned old = global_dirty_tracking;
    MemoryListener *l;

    flags &= ~old;
    if (!flags) {
        return true;
    }
    global_dirty_tracking |= flags;
    if (old) {
        return true;
    }
    QTAILQ_FOREACH (l, &memory_listeners, link) {
        if (l->log_global_start && !l->log_global_start(l, errp)) {
            global_dirty_tracking = old;
            while ((l = QTAILQ_PREV(l, link))) {
                if (l->log_global_stop) {
                    l->log_global_stop(l);
                }
            }
            return false;
        }
    }
    refresh_log_masks();
    return true;
}

void memory_global_dirty_log_stop(unsigned flags)
{
    MemoryListener *l;

    if (!global_dirty_tracking) {
        return;
    }
    global_dirty_tracking &= ~flags;
    if (global_dirty_tracking) {
        return;
    }
    refresh_log_masks();
    QTAILQ_FOREACH_REVERSE (l, &memory_listeners, link) {
        if (l->log_global_stop) {
            l->log_global_stop(l);
        }
    }
}

void memory_region_sync_dirty_bitmap(MemoryRegion *mr, bool last_stage)
{
    MemoryListener *l;

    QTAILQ_FOREACH (l, &memory_listeners, link) {
        FlatView *view;
        FlatRange *fr;

        if (l->log_sync_global) {
            l->log_sync_global(l, last_stage);
            continue;
        }
        if (!l->log_sync) {
            continue;
        }
        view = address_space_get_flatview(l->address_space);
        FOR_EACH_FLATRANGE (fr, view) {
            if (fr->dirty_log_mask && (!mr || fr->mr == mr)) {
                MemoryRegionSection section = section_from_flat_range(fr, view);

                l->log_sync(l, &section);
            }
        }
        flatview_unref(view);
    }
}

void memory_global_dirty_log_sync(bool last_stage)
{
    memory_region_sync_dirty_bitmap(NULL, last_stage);
}

/* The accelerator write-protects again what a client has just taken note of. */
static void memory_region_clear_dirty_log(MemoryRegion *mr, hwaddr start, hwaddr len)
{
    MemoryListener *l;

    QTAILQ_FOREACH (l, &memory_listeners, link) {
        FlatView *view;
        FlatRange *fr;

        if (!l->log_clear) {
            continue;
        }
        view = address_space_get_flatview(l->address_space);
        FOR_EACH_FLATRANGE (fr, view) {
            AddrRange shown = addrrange_make(fr->offset_in_region, fr->addr.size);
            AddrRange wanted = addrrange_make(start, len);
            MemoryRegionSection section;

            if (fr->mr != mr || !fr->dirty_log_mask || !addrrange_intersects(shown, wanted)) {
                continue;
            }
            wanted = addrrange_intersection(shown, wanted);
            section = section_from_flat_range(fr, view);
            section.offset_within_region = int128_get64(wanted.start);
            section.offset_within_address_space += int128_get64(wanted.start - shown.start);
            section.size = wanted.size;
            l->log_clear(l, &section);
        }
        flatview_unref(view);
    }
}

void memory_region_set_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    invalidate_and_set_dirty(mr, addr, size);
}

bool memory_region_get_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client)
{
    return ram_get_dirty(memory_region_get_ram_addr(mr) + addr, size, client);
}

DirtyBitmapSnapshot *memory_region_snapshot_and_clear_dirty(MemoryRegion *mr, hwaddr addr,
                                                            hwaddr size, unsigned client)
{
    DirtyBitmapSnapshot *snap;

    memory_region_sync_dirty_bitmap(mr, false);
    snap = ram_snapshot_and_clear_dirty(mr, addr, size, client);
    memory_region_clear_dirty_log(mr, addr, size);
    return snap;
}

bool memory_region_snapshot_get_dirty(MemoryRegion *mr, DirtyBitmapSnapshot *snap, hwaddr addr,
                                      hwaddr size)
{
    return ram_snapshot_get_dirty(snap, memory_region_get_ram_addr(mr) + addr, size);
}

void memory_region_reset_dirty(MemoryRegion *mr, hwaddr addr, hwaddr size, unsigned client)
{
    ram_test_and_clear_dirty(memory_region_get_ram_addr(mr) + addr, size, client);
    memory_region_clear_dirty_log(mr, addr, size);
}

void memory_region_flush_rom_device(MemoryRegion *mr, hwaddr addr, hwaddr size)
{
    /* The device changed what the guest reads (and may have translated). */
    invalidate_and_set_dirty(mr, addr, size);
}
