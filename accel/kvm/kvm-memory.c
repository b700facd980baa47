/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest memory in the kernel: a slot per RAM range of the flat view, and which
 * pages the guest dirtied, from bitmaps or rings (api.rst 4.8, 4.35, 8.29).
 */
#include "qemu/osdep.h"
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "qemu/error-report.h"
#include "exec/ram_addr.h"
#include "exec/target_page.h"
#include "accel/kvm/kvm-int.h"

static KVMMemoryListener *from_listener(MemoryListener *l)
{
    return container_of(l, KVMMemoryListener, listener);
}

/* ---- slots ---- */

static KVMSlot *find_slot(KVMMemoryListener *kml, hwaddr start, uint64_t size)
{
    for (unsigned i = 0; i < kml->s->nr_slots; i++) {
        KVMSlot *slot = &kml->slots[i];

        if (slot->size && slot->start == start && slot->size == size) {
            return slot;
        }
    }
    return NULL;
}

static KVMSlot *free_slot(KVMMemoryListener *kml)
{
    for (unsigned i = 0; i < kml->s->nr_slots; i++) {
        if (!kml->slots[i].size) {
            return &kml->slots[i];
        }
    }
    return NULL;
}

unsigned kvm_get_max_memslots(void)
{
    return kvm_state->nr_slots;
}

unsigned kvm_get_free_memslots(void)
{
    return kvm_state->nr_slots - kvm_state->memory_listener.nr_used;
}

static int set_slot(KVMMemoryListener *kml, const KVMSlot *slot, uint64_t size)
{
    struct kvm_userspace_memory_region mem = {
        .slot = slot->slot | (kml->as_id << 16),
        .flags = slot->flags,
        .guest_phys_addr = slot->start,
        .memory_size = size,
        .userspace_addr = (uintptr_t)slot->ram,
    };

    return kvm_vm_ioctl(kml->s, KVM_SET_USER_MEMORY_REGION, &mem);
}

/*
 * The part of a section that consists of whole pages of RAM. KVM maps nothing
 * smaller; accesses to the rest come out as MMIO and work, only slowly.
 */
static uint64_t page_range(const MemoryRegionSection *section, hwaddr *start)
{
    uint64_t size = int128_get64(section->size);
    hwaddr aligned;

    *start = section->offset_within_address_space;
    aligned = TARGET_PAGE_ALIGN(*start);
    if (aligned - *start >= size) {
        return 0;
    }
    size = (size - (aligned - *start)) & TARGET_PAGE_MASK;
    *start = aligned;
    return size;
}

static uint32_t slot_flags(KVMMemoryListener *kml, const MemoryRegion *mr, bool readonly)
{
    uint32_t flags = 0;

    if (memory_region_get_dirty_log_mask(mr)) {
        flags |= KVM_MEM_LOG_DIRTY_PAGES;
    }
    if (readonly && kvm_readonly_mem_allowed) {
        flags |= KVM_MEM_READONLY;
    }
    return flags;
}

/* Can the kernel let the guest at this section without asking us? */
static bool section_is_mappable(const MemoryRegionSection *section)
{
    const MemoryRegion *mr = section->mr;

    if (!memory_region_is_ram(mr)) {
        return false;
    }
    if (section->readonly || mr->rom_device) {
        /* Writes must come to us: only with read-only slots. */
        return kvm_readonly_mem_allowed && (!mr->rom_device || memory_region_is_romd(mr));
    }
    return true;
}

static void allocate_dirty_bitmap(KVMSlot *slot)
{
    if (slot->flags & KVM_MEM_LOG_DIRTY_PAGES && !slot->dirty_bmap) {
        /* The kernel writes whole 64-bit words. */
        size_t bits = ROUND_UP(slot->size / TARGET_PAGE_SIZE, 64);

        slot->dirty_bmap = g_malloc0(bits / 8);
    }
}

static void sync_slot(KVMMemoryListener *kml, KVMSlot *slot)
{
    struct kvm_dirty_log log = {.slot = slot->slot | (kml->as_id << 16)};
    int ret;

    if (!(slot->flags & KVM_MEM_LOG_DIRTY_PAGES) || kml->s->dirty_ring_entries) {
        return;
    }
    allocate_dirty_bitmap(slot);
    log.dirty_bitmap = slot->dirty_bmap;
    ret = kvm_vm_ioctl(kml->s, KVM_GET_DIRTY_LOG, &log);
    if (ret < 0) {
        error_report_once("KVM does not tell which pages are dirty: %s", strerror(-ret));
        return;
    }
    ram_set_dirty_lebitmap(slot->dirty_bmap, slot->ram_start, slot->size / TARGET_PAGE_SIZE);
}

static void kvm_region_add(MemoryListener *listener, MemoryRegionSection *section)
{
    KVMMemoryListener *kml = from_listener(listener);
    hwaddr start, offset;
    uint64_t size = page_range(section, &start);
    KVMSlot *slot;
    int ret;

    if (!size || !section_is_mappable(section)) {
        return;
    }
    slot = free_slot(kml);
    if (!slot) {
        error_report("KVM: all %u memory slots are in use: the guest cannot use %s",
                     kml->s->nr_slots, memory_region_name(section->mr));
        return;
    }
    offset = section->offset_within_region + (start - section->offset_within_address_space);
    slot->start = start;
    slot->size = size;
    slot->ram = (uint8_t *)memory_region_get_ram_ptr(section->mr) + offset;
    slot->ram_start = memory_region_get_ram_addr(section->mr) + offset;
    slot->flags = slot_flags(kml, section->mr, section->readonly || section->mr->rom_device);
    ret = set_slot(kml, slot, size);
    if (ret < 0) {
        error_report("KVM refused guest memory %s at 0x%" HWADDR_PRIx " (%" PRIu64 " bytes): %s",
                     memory_region_name(section->mr), start, size, strerror(-ret));
        slot->size = 0;
        return;
    }
    memory_region_ref(section->mr);
    kml->nr_used++;
}

static void kvm_region_del(MemoryListener *listener, MemoryRegionSection *section)
{
    KVMMemoryListener *kml = from_listener(listener);
    hwaddr start;
    uint64_t size = page_range(section, &start);
    KVMSlot *slot = size ? find_slot(kml, start, size) : NULL;

    if (!slot) {
        return;
    }
    if (kml->s->dirty_ring_entries) {
        kvm_dirty_ring_reap(kml->s, NULL);
    }
    sync_slot(kml, slot);
    set_slot(kml, slot, 0);
    slot->size = 0;
    g_clear_pointer(&slot->dirty_bmap, g_free);
    kml->nr_used--;
    memory_region_unref(section->mr);
}

/* ---- dirty logging ---- */

static void update_logging(MemoryListener *listener, MemoryRegionSection *section)
{
    KVMMemoryListener *kml = from_listener(listener);
    hwaddr start;
    uint64_t size = page_range(section, &start);
    KVMSlot *slot = size ? find_slot(kml, start, size) : NULL;
    uint32_t flags;
    int ret;

    if (!slot) {
        return;
    }
    flags = slot_flags(kml, section->mr, slot->flags & KVM_MEM_READONLY);
    if (flags == slot->flags) {
        return;
    }
    if (!(flags & KVM_MEM_LOG_DIRTY_PAGES)) {
        sync_slot(kml, slot);
        g_clear_pointer(&slot->dirty_bmap, g_free);
    }
    slot->flags = flags;
    ret = set_slot(kml, slot, slot->size);
    if (ret < 0) {
        error_report("KVM refused to change dirty logging at 0x%" HWADDR_PRIx ": %s", start,
                     strerror(-ret));
    }
}

static void kvm_log_start(MemoryListener *listener, MemoryRegionSection *section, int old_mask,
                          int new_mask)
{
    if (!old_mask) {
        update_logging(listener, section);
    }
}

static void kvm_log_stop(MemoryListener *listener, MemoryRegionSection *section, int old_mask,
                         int new_mask)
{
    if (!new_mask) {
        update_logging(listener, section);
    }
}

static void kvm_log_sync(MemoryListener *listener, MemoryRegionSection *section)
{
    KVMMemoryListener *kml = from_listener(listener);
    hwaddr start;
    uint64_t size = page_range(section, &start);
    KVMSlot *slot = size ? find_slot(kml, start, size) : NULL;

    if (slot) {
        sync_slot(kml, slot);
    }
}

/* ---- dirty ring ---- */

static bool gfn_is_dirty(const struct kvm_dirty_gfn *gfn)
{
    /* The kernel writes the flag last. */
    return (qatomic_load_acquire(&((struct kvm_dirty_gfn *)gfn)->flags) & KVM_DIRTY_GFN_F_MASK) ==
           KVM_DIRTY_GFN_F_DIRTY;
}

static void mark_dirty(KVMState *s, uint32_t as_and_slot, uint64_t page)
{
    uint32_t id = as_and_slot & 0xffff;
    KVMSlot *slot;

    if (as_and_slot >> 16 != 0 || id >= s->nr_slots) {
        return; /* SMRAM is a window on memory that address space 0 has as well */
    }
    slot = &s->memory_listener.slots[id];
    if (page < slot->size / TARGET_PAGE_SIZE) {
        ram_set_dirty_range(slot->ram_start + page * TARGET_PAGE_SIZE, TARGET_PAGE_SIZE,
                            DIRTY_CLIENTS_ALL);
    }
}

static unsigned reap_one(KVMState *s, CPUState *cpu)
{
    unsigned count = 0;

    if (!cpu->kvm_dirty_gfns) {
        return 0;
    }
    for (;;) {
        struct kvm_dirty_gfn *gfn =
            &cpu->kvm_dirty_gfns[cpu->kvm_fetch_index % s->dirty_ring_entries];

        if (!gfn_is_dirty(gfn)) {
            break;
        }
        mark_dirty(s, gfn->slot, gfn->offset);
        qatomic_store_release(&gfn->flags, KVM_DIRTY_GFN_F_RESET);
        cpu->kvm_fetch_index++;
        count++;
    }
    cpu->dirty_pages += count;
    return count;
}

uint64_t kvm_dirty_ring_reap(KVMState *s, CPUState *cpu)
{
    uint64_t total = 0;

    if (cpu) {
        total = reap_one(s, cpu);
    } else {
        CPU_FOREACH (cpu) {
            total += reap_one(s, cpu);
        }
    }
    if (total) {
        kvm_vm_ioctl(s, KVM_RESET_DIRTY_RINGS, NULL);
    }
    return total;
}

static void do_nothing(CPUState *cpu, run_on_cpu_data data)
{
}

static void kvm_log_sync_global(MemoryListener *listener, bool last_stage)
{
    KVMState *s = from_listener(listener)->s;
    CPUState *cpu;

    /* Out of guest code with everyone: entries still in the processor's buffers get written. */
    CPU_FOREACH (cpu) {
        run_on_cpu(cpu, do_nothing, RUN_ON_CPU_NULL);
    }
    kvm_dirty_ring_reap(s, NULL);
}

/* ---- */

void kvm_memory_listener_register(KVMState *s, KVMMemoryListener *kml, AddressSpace *as, int as_id,
                                  const char *name)
{
    kml->s = s;
    kml->as_id = as_id;
    kml->slots = g_new0(KVMSlot, s->nr_slots);
    for (unsigned i = 0; i < s->nr_slots; i++) {
        kml->slots[i].slot = i;
    }
    kml->listener = (MemoryListener){
        .region_add = kvm_region_add,
        .region_del = kvm_region_del,
        .log_start = kvm_log_start,
        .log_stop = kvm_log_stop,
        .priority = MEMORY_LISTENER_PRIORITY_ACCEL,
        .name = name,
    };
    if (s->dirty_ring_entries) {
        kml->listener.log_sync_global = kvm_log_sync_global;
    } else {
        kml->listener.log_sync = kvm_log_sync;
    }
    if (as_id == 0) {
        kvm_fill_memory_eventfd_hooks(&kml->listener);
    }
    memory_listener_register(&kml->listener, as);
}
