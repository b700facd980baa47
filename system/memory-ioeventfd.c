/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes that need no answer: those that only signal an eventfd, and those that
 * may be delivered late and together. An accelerator that can do either in the
 * kernel learns of them as a listener; for the others eventfds are matched here.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "memory-internal.h"

#define COMPARE(a, b)                                                                              \
    do {                                                                                           \
        if ((a) != (b)) {                                                                          \
            return (a) < (b) ? -1 : 1;                                                             \
        }                                                                                          \
    } while (0)

int ioeventfd_compare(const MemoryRegionIoeventfd *a, const MemoryRegionIoeventfd *b)
{
    COMPARE(a->addr.start, b->addr.start);
    COMPARE(a->addr.size, b->addr.size);
    COMPARE(a->match_data, b->match_data);
    if (a->match_data) {
        COMPARE(a->data, b->data);
    }
    COMPARE((uintptr_t)a->e, (uintptr_t)b->e);
    return 0;
}

static MemoryRegionIoeventfd make_ioeventfd(const MemoryRegion *mr, hwaddr addr, unsigned size,
                                            bool match_data, uint64_t data, EventNotifier *e)
{
    if (match_data && size > 1 && mr->ops->endianness == DEVICE_BIG_ENDIAN) {
        data = bswap64(data) >> (64 - 8 * size);
    }
    return (MemoryRegionIoeventfd){
        .addr = addrrange_make(addr, size),
        .match_data = match_data,
        .data = data,
        .e = e,
    };
}

void memory_region_add_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e)
{
    MemoryRegionIoeventfd fd = make_ioeventfd(mr, addr, size, match_data, data, e);
    unsigned i;

    memory_region_transaction_begin();
    for (i = 0; i < mr->ioeventfd_nb; i++) {
        if (ioeventfd_compare(&fd, &mr->ioeventfds[i]) < 0) {
            break;
        }
    }
    mr->ioeventfds = g_renew(MemoryRegionIoeventfd, mr->ioeventfds, mr->ioeventfd_nb + 1);
    memmove(&mr->ioeventfds[i + 1], &mr->ioeventfds[i],
            (mr->ioeventfd_nb - i) * sizeof(mr->ioeventfds[0]));
    mr->ioeventfds[i] = fd;
    mr->ioeventfd_nb++;
    memory_ioeventfds_changed(mr->enabled);
    memory_region_transaction_commit();
}

void memory_region_del_eventfd(MemoryRegion *mr, hwaddr addr, unsigned size, bool match_data,
                               uint64_t data, EventNotifier *e)
{
    MemoryRegionIoeventfd fd = make_ioeventfd(mr, addr, size, match_data, data, e);

    memory_region_transaction_begin();
    for (unsigned i = 0; i < mr->ioeventfd_nb; i++) {
        if (ioeventfd_compare(&fd, &mr->ioeventfds[i]) == 0) {
            memmove(&mr->ioeventfds[i], &mr->ioeventfds[i + 1],
                    (mr->ioeventfd_nb - i - 1) * sizeof(mr->ioeventfds[0]));
            mr->ioeventfd_nb--;
            memory_ioeventfds_changed(mr->enabled);
            break;
        }
    }
    memory_region_transaction_commit();
}

bool memory_region_write_ioeventfd(MemoryRegion *mr, hwaddr addr, uint64_t data, unsigned size)
{
    for (unsigned i = 0; i < mr->ioeventfd_nb; i++) {
        const MemoryRegionIoeventfd *fd = &mr->ioeventfds[i];

        if (fd->addr.start == addr && (fd->addr.size == size || fd->addr.size == 0) &&
            (!fd->match_data || fd->data == data)) {
            event_notifier_set(fd->e);
            return true;
        }
    }
    return false;
}

/* ---- coalescing ---- */

void memory_region_set_coalescing(MemoryRegion *mr)
{
    memory_region_clear_coalescing(mr);
    memory_region_add_coalescing(mr, 0, memory_region_size(mr));
}

void memory_region_add_coalescing(MemoryRegion *mr, hwaddr offset, uint64_t size)
{
    CoalescedMemoryRange *cmr = g_new(CoalescedMemoryRange, 1);

    cmr->addr = addrrange_make(offset, size);
    QTAILQ_INSERT_TAIL(&mr->coalesced, cmr, link);
    memory_coalesced_notify(mr, cmr, true);
    memory_region_set_flush_coalesced(mr);
}

void memory_region_clear_coalescing(MemoryRegion *mr)
{
    if (QTAILQ_EMPTY(&mr->coalesced)) {
        return;
    }
    qemu_flush_coalesced_mmio_buffer();
    mr->flush_coalesced_mmio = false;
    while (!QTAILQ_EMPTY(&mr->coalesced)) {
        CoalescedMemoryRange *cmr = QTAILQ_FIRST(&mr->coalesced);

        QTAILQ_REMOVE(&mr->coalesced, cmr, link);
        memory_coalesced_notify(mr, cmr, false);
        g_free(cmr);
    }
}

void memory_region_set_flush_coalesced(MemoryRegion *mr)
{
    mr->flush_coalesced_mmio = true;
}

void memory_region_clear_flush_coalesced(MemoryRegion *mr)
{
    qemu_flush_coalesced_mmio_buffer();
    if (QTAILQ_EMPTY(&mr->coalesced)) {
        mr->flush_coalesced_mmio = false;
    }
}
