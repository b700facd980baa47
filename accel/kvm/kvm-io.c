/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest I/O through KVM: event descriptors that stand for a write (api.rst
 * 4.59), writes collected in a ring (4.116), and port accesses that exit.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "accel/kvm/kvm-int.h"

/* ---- ioeventfd ---- */

static int set_ioeventfd(EventNotifier *e, hwaddr addr, uint32_t val, bool assign, unsigned size,
                         bool datamatch, bool port)
{
    struct kvm_ioeventfd iofd = {
        .datamatch = datamatch ? val : 0,
        .addr = addr,
        .len = size,
        .fd = event_notifier_get_fd(e),
        .flags = (datamatch ? KVM_IOEVENTFD_FLAG_DATAMATCH : 0) |
                 (assign ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN) | (port ? KVM_IOEVENTFD_FLAG_PIO : 0),
    };

    return kvm_vm_ioctl(kvm_state, KVM_IOEVENTFD, &iofd);
}

static void change_ioeventfd(const MemoryRegionSection *section, bool match_data, uint64_t data,
                             EventNotifier *e, bool assign, bool port)
{
    int ret = set_ioeventfd(e, section->offset_within_address_space, data, assign,
                            int128_get64(section->size), match_data, port);

    if (ret < 0) {
        /* The device still works: the write then exits to us. */
        error_report("KVM could not %s an event descriptor at %s 0x%" HWADDR_PRIx ": %s",
                     assign ? "add" : "remove", port ? "port" : "address",
                     section->offset_within_address_space, strerror(-ret));
    }
}

static void mem_eventfd_add(MemoryListener *l, MemoryRegionSection *section, bool match_data,
                            uint64_t data, EventNotifier *e)
{
    change_ioeventfd(section, match_data, data, e, true, false);
}

static void mem_eventfd_del(MemoryListener *l, MemoryRegionSection *section, bool match_data,
                            uint64_t data, EventNotifier *e)
{
    change_ioeventfd(section, match_data, data, e, false, false);
}

static void io_eventfd_add(MemoryListener *l, MemoryRegionSection *section, bool match_data,
                           uint64_t data, EventNotifier *e)
{
    change_ioeventfd(section, match_data, data, e, true, true);
}

static void io_eventfd_del(MemoryListener *l, MemoryRegionSection *section, bool match_data,
                           uint64_t data, EventNotifier *e)
{
    change_ioeventfd(section, match_data, data, e, false, true);
}

/* ---- coalesced writes ---- */

static void set_coalesced_zone(hwaddr start, hwaddr size, bool add, bool port)
{
    struct kvm_coalesced_mmio_zone zone = {.addr = start, .size = size, .pio = port};
    bool can = port ? kvm_check_extension(kvm_state, KVM_CAP_COALESCED_PIO)
                    : kvm_check_extension(kvm_state, KVM_CAP_COALESCED_MMIO);

    if (can) {
        kvm_vm_ioctl(kvm_state, add ? KVM_REGISTER_COALESCED_MMIO : KVM_UNREGISTER_COALESCED_MMIO,
                     &zone);
    }
}

static void mem_coalesced_add(MemoryListener *l, MemoryRegionSection *section, hwaddr start,
                              hwaddr size)
{
    set_coalesced_zone(start, size, true, false);
}

static void mem_coalesced_del(MemoryListener *l, MemoryRegionSection *section, hwaddr start,
                              hwaddr size)
{
    set_coalesced_zone(start, size, false, false);
}

static void io_coalesced_add(MemoryListener *l, MemoryRegionSection *section, hwaddr start,
                             hwaddr size)
{
    set_coalesced_zone(start, size, true, true);
}

static void io_coalesced_del(MemoryListener *l, MemoryRegionSection *section, hwaddr start,
                             hwaddr size)
{
    set_coalesced_zone(start, size, false, true);
}

/* BQL held. */
void kvm_flush_coalesced_mmio_buffer(void)
{
    KVMState *s = kvm_state;
    struct kvm_coalesced_mmio_ring *ring = s ? s->coalesced_mmio_ring : NULL;

    if (!ring || s->coalesced_flush_in_progress) {
        return;
    }
    s->coalesced_flush_in_progress = true;
    while (ring->first != qatomic_load_acquire(&ring->last)) {
        struct kvm_coalesced_mmio *e = &ring->coalesced_mmio[ring->first];
        const unsigned max = (TARGET_PAGE_SIZE - sizeof(*ring)) / sizeof(*e);

        address_space_write(e->pio ? &address_space_io : &address_space_memory, e->phys_addr,
                            MEMTXATTRS_UNSPECIFIED, e->data, MIN(e->len, sizeof(e->data)));
        qatomic_store_release(&ring->first, (ring->first + 1) % max);
    }
    s->coalesced_flush_in_progress = false;
}

void kvm_fill_memory_eventfd_hooks(MemoryListener *l)
{
    l->eventfd_add = mem_eventfd_add;
    l->eventfd_del = mem_eventfd_del;
    l->coalesced_io_add = mem_coalesced_add;
    l->coalesced_io_del = mem_coalesced_del;
}

static MemoryListener io_listener = {
    .name = "kvm-io",
    .eventfd_add = io_eventfd_add,
    .eventfd_del = io_eventfd_del,
    .coalesced_io_add = io_coalesced_add,
    .coalesced_io_del = io_coalesced_del,
    .priority = MEMORY_LISTENER_PRIORITY_DEV_BACKEND,
};

void kvm_io_listener_register(KVMState *s)
{
    memory_listener_register(&io_listener, &address_space_io);
}

/* ---- ports ---- */

void kvm_handle_io(const struct kvm_run *run, MemTxAttrs attrs)
{
    uint8_t *data = (uint8_t *)run + run->io.data_offset;

    for (uint32_t i = 0; i < run->io.count; i++) {
        address_space_rw(&address_space_io, run->io.port, attrs, data, run->io.size,
                         run->io.direction == KVM_EXIT_IO_OUT);
        data += run->io.size;
    }
}
