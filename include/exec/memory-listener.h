/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Being told how the flat view of an address space changes. */
#ifndef EXEC_MEMORY_LISTENER_H
#define EXEC_MEMORY_LISTENER_H

#include "exec/address-space.h"

/*
 * All callbacks are optional and run with the BQL held, from the thread that
 * commits. For one commit: begin; region_del for ranges that went (highest
 * priority listener first); region_add for new ones and region_nop for those
 * that stayed, in address order (lowest priority first); eventfd_del/add;
 * commit. "add" callbacks run lowest priority first, "del" ones last.
 */
struct MemoryListener {
    void (*begin)(MemoryListener *listener);
    void (*commit)(MemoryListener *listener);
    void (*region_add)(MemoryListener *listener, MemoryRegionSection *section);
    void (*region_del)(MemoryListener *listener, MemoryRegionSection *section);
    void (*region_nop)(MemoryListener *listener, MemoryRegionSection *section);
    /* The set of clients that log a range changed from @old_mask to @new_mask. */
    void (*log_start)(MemoryListener *listener, MemoryRegionSection *section, int old_mask,
                      int new_mask);
    void (*log_stop)(MemoryListener *listener, MemoryRegionSection *section, int old_mask,
                     int new_mask);
    /* Move the accelerator's dirty bits for the section into the bitmaps. */
    void (*log_sync)(MemoryListener *listener, MemoryRegionSection *section);
    /* The same for everything at once (dirty ring); then log_sync is not called. */
    void (*log_sync_global)(MemoryListener *listener, bool last_stage);
    /* The bitmap was read and cleared: write-protect again. */
    void (*log_clear)(MemoryListener *listener, MemoryRegionSection *section);
    bool (*log_global_start)(MemoryListener *listener, Error **errp);
    void (*log_global_stop)(MemoryListener *listener);
    void (*log_global_after_sync)(MemoryListener *listener);
    /* The section is where the eventfd is; its .mr is NULL if no longer mapped there. */
    void (*eventfd_add)(MemoryListener *listener, MemoryRegionSection *section, bool match_data,
                        uint64_t data, EventNotifier *e);
    void (*eventfd_del)(MemoryListener *listener, MemoryRegionSection *section, bool match_data,
                        uint64_t data, EventNotifier *e);
    void (*coalesced_io_add)(MemoryListener *listener, MemoryRegionSection *section, hwaddr addr,
                             hwaddr len);
    void (*coalesced_io_del)(MemoryListener *listener, MemoryRegionSection *section, hwaddr addr,
                             hwaddr len);
    unsigned priority;
    const char *name;

    /* private */
    AddressSpace *address_space;
    QTAILQ_ENTRY(MemoryListener) link;
    QTAILQ_ENTRY(MemoryListener) link_as;
};

#define MEMORY_LISTENER_PRIORITY_MIN         0
#define MEMORY_LISTENER_PRIORITY_ACCEL       10
#define MEMORY_LISTENER_PRIORITY_DEV_BACKEND 10

/* BQL held. Replays the current view as begin, region_add..., commit. */
void memory_listener_register(MemoryListener *listener, AddressSpace *as);
/* BQL held. Replays the current view as region_del. */
void memory_listener_unregister(MemoryListener *listener);

#endif
