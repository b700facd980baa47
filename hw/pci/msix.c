/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MSI-X (PCI Local Bus 3.0, 6.8.2). */

#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "migration/qemu-file.h"
#include "qemu/host-utils.h"
#include "qemu/range.h"

static uint8_t control(const PCIDevice *d)
{
    return d->config[d->msix_cap + PCI_MSIX_FLAGS + 1];
}

static uint8_t *entry(PCIDevice *d, unsigned vector)
{
    return d->msix_table + vector * PCI_MSIX_ENTRY_SIZE;
}

static uint8_t *pending_byte(PCIDevice *d, unsigned vector)
{
    return d->msix_pba + vector / 8;
}

bool msix_enabled(PCIDevice *d)
{
    return msix_present(d) && (control(d) & (PCI_MSIX_FLAGS_ENABLE >> 8));
}

bool msix_is_pending(PCIDevice *d, unsigned vector)
{
    return *pending_byte(d, vector) & (1u << (vector % 8));
}

void msix_set_pending(PCIDevice *d, unsigned vector)
{
    *pending_byte(d, vector) |= 1u << (vector % 8);
}

void msix_clr_pending(PCIDevice *d, unsigned vector)
{
    *pending_byte(d, vector) &= ~(1u << (vector % 8));
}

static bool vector_masked(PCIDevice *d, unsigned vector, bool function_masked)
{
    return function_masked ||
           (entry(d, vector)[PCI_MSIX_ENTRY_VECTOR_CTRL] & PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

bool msix_is_masked(PCIDevice *d, unsigned vector)
{
    return vector_masked(d, vector, d->msix_function_masked);
}

MSIMessage msix_get_message(PCIDevice *d, unsigned vector)
{
    return (MSIMessage){
        .address = pci_get_quad(entry(d, vector) + PCI_MSIX_ENTRY_LOWER_ADDR),
        .data = pci_get_long(entry(d, vector) + PCI_MSIX_ENTRY_DATA),
    };
}

static void notify_mask_change(PCIDevice *d, unsigned vector, bool masked)
{
    if (!d->msix_vector_use_notifier) {
        return;
    }
    if (masked) {
        d->msix_vector_release_notifier(d, vector);
    } else {
        d->msix_vector_use_notifier(d, vector, msix_get_message(d, vector));
    }
}

static void mask_may_have_changed(PCIDevice *d, unsigned vector, bool was_masked)
{
    bool is_masked = msix_is_masked(d, vector);

    if (is_masked == was_masked) {
        return;
    }
    notify_mask_change(d, vector, is_masked);
    if (!is_masked && msix_is_pending(d, vector)) {
        msix_clr_pending(d, vector);
        msix_notify(d, vector);
    }
}

static void update_function_masked(PCIDevice *d)
{
    d->msix_function_masked = !msix_enabled(d) || (control(d) & (PCI_MSIX_FLAGS_MASKALL >> 8));
}

void msix_write_config(PCIDevice *d, uint32_t addr, uint32_t val, int len)
{
    unsigned enable_pos = d->msix_cap + PCI_MSIX_FLAGS + 1;
    bool was_masked;

    if (!msix_present(d) || !ranges_overlap(addr, len, enable_pos, 1)) {
        return;
    }
    was_masked = d->msix_function_masked;
    update_function_masked(d);
    if (!msix_enabled(d)) {
        return;
    }
    pci_irq_deassert(d);
    if (was_masked == d->msix_function_masked) {
        return;
    }
    for (int vector = 0; vector < d->msix_entries_nr; vector++) {
        mask_may_have_changed(d, vector, vector_masked(d, vector, was_masked));
    }
}

static uint64_t table_read(void *opaque, hwaddr addr, unsigned size)
{
    PCIDevice *d = opaque;
    return ldn_le_p(d->msix_table + addr, size);
}

static void table_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    PCIDevice *d = opaque;
    unsigned vector = addr / PCI_MSIX_ENTRY_SIZE;
    bool was_masked = msix_is_masked(d, vector);

    stn_le_p(d->msix_table + addr, size, val);
    mask_may_have_changed(d, vector, was_masked);
}

static const MemoryRegionOps table_ops = {
    .read = table_read,
    .write = table_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 8},
    .impl = {.max_access_size = 4},
};

static uint64_t pba_read(void *opaque, hwaddr addr, unsigned size)
{
    PCIDevice *d = opaque;

    if (d->msix_vector_poll_notifier) {
        unsigned start = addr * 8;
        d->msix_vector_poll_notifier(d, start, MIN(start + size * 8, d->msix_entries_nr));
    }
    return ldn_le_p(d->msix_pba + addr, size);
}

/* The pending bits are read-only (6.8.2.10). */
static void pba_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static const MemoryRegionOps pba_ops = {
    .read = pba_read,
    .write = pba_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 8},
    .impl = {.max_access_size = 4},
};

static void mask_all(PCIDevice *d)
{
    for (int vector = 0; vector < d->msix_entries_nr; vector++) {
        bool was_masked = msix_is_masked(d, vector);
        entry(d, vector)[PCI_MSIX_ENTRY_VECTOR_CTRL] |= PCI_MSIX_ENTRY_CTRL_MASKBIT;
        if (!was_masked) {
            notify_mask_change(d, vector, true);
        }
    }
}

int msix_init(PCIDevice *d, unsigned nentries, MemoryRegion *table_bar, uint8_t table_bar_nr,
              unsigned table_offset, MemoryRegion *pba_bar, uint8_t pba_bar_nr, unsigned pba_offset,
              uint8_t cap_pos, Error **errp)
{
    unsigned table_size = nentries * PCI_MSIX_ENTRY_SIZE;
    unsigned pba_size = QEMU_ALIGN_UP(nentries, 64) / 8;
    uint8_t *config;
    int cap;

    if (nentries < 1 || nentries > PCI_MSIX_FLAGS_QSIZE + 1) {
        error_setg(errp, "%u MSI-X vectors: 1 to %u are possible", nentries,
                   PCI_MSIX_FLAGS_QSIZE + 1);
        return -EINVAL;
    }
    if ((table_bar_nr == pba_bar_nr &&
         ranges_overlap(table_offset, table_size, pba_offset, pba_size)) ||
        table_offset + table_size > memory_region_size(table_bar) ||
        pba_offset + pba_size > memory_region_size(pba_bar) || (table_offset | pba_offset) & 7) {
        error_setg(errp, "the MSI-X table of %u vectors does not fit its BAR", nentries);
        return -EINVAL;
    }
    cap = pci_add_capability(d, PCI_CAP_ID_MSIX, cap_pos, PCI_CAP_MSIX_SIZEOF, errp);
    if (cap < 0) {
        return cap;
    }
    d->msix_cap = cap;
    d->cap_present |= QEMU_PCI_CAP_MSIX;
    config = d->config + cap;
    pci_set_word(config + PCI_MSIX_FLAGS, nentries - 1);
    pci_set_long(config + PCI_MSIX_TABLE, table_offset | table_bar_nr);
    pci_set_long(config + PCI_MSIX_PBA, pba_offset | pba_bar_nr);
    d->wmask[cap + PCI_MSIX_FLAGS + 1] = (PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL) >> 8;

    d->msix_entries_nr = nentries;
    d->msix_function_masked = true;
    d->msix_table = g_malloc0(table_size);
    d->msix_pba = g_malloc0(pba_size);
    d->msix_entry_used = g_new0(unsigned, nentries);
    mask_all(d);

    memory_region_init_io(&d->msix_table_mmio, OBJECT(d), &table_ops, d, "msix-table", table_size);
    memory_region_add_subregion(table_bar, table_offset, &d->msix_table_mmio);
    memory_region_init_io(&d->msix_pba_mmio, OBJECT(d), &pba_ops, d, "msix-pba", pba_size);
    memory_region_add_subregion(pba_bar, pba_offset, &d->msix_pba_mmio);
    return 0;
}

int msix_init_exclusive_bar(PCIDevice *d, unsigned nentries, uint8_t bar_nr, Error **errp)
{
    /* Table in the lower half, pending bits in the upper one. */
    unsigned pba_offset =
        MAX(MSIX_EXCLUSIVE_BAR_SIZE / 2, QEMU_ALIGN_UP(nentries * PCI_MSIX_ENTRY_SIZE, 2048));
    unsigned bar_size = pow2ceil(pba_offset + QEMU_ALIGN_UP(nentries, 64) / 8);
    g_autofree char *name = g_strdup_printf("%s-msix", d->name);
    int ret;

    bar_size = MAX(bar_size, MSIX_EXCLUSIVE_BAR_SIZE);
    memory_region_init(&d->msix_exclusive_bar, OBJECT(d), name, bar_size);
    ret = msix_init(d, nentries, &d->msix_exclusive_bar, bar_nr, 0, &d->msix_exclusive_bar, bar_nr,
                    pba_offset, 0, errp);
    if (ret) {
        return ret;
    }
    pci_register_bar(d, bar_nr, PCI_BASE_ADDRESS_SPACE_MEMORY, &d->msix_exclusive_bar);
    return 0;
}

void msix_uninit(PCIDevice *d, MemoryRegion *table_bar, MemoryRegion *pba_bar)
{
    if (!msix_present(d)) {
        return;
    }
    pci_del_capability(d, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);
    memory_region_del_subregion(pba_bar, &d->msix_pba_mmio);
    memory_region_del_subregion(table_bar, &d->msix_table_mmio);
    g_clear_pointer(&d->msix_table, g_free);
    g_clear_pointer(&d->msix_pba, g_free);
    g_clear_pointer(&d->msix_entry_used, g_free);
    d->msix_cap = 0;
    d->msix_entries_nr = 0;
    d->cap_present &= ~QEMU_PCI_CAP_MSIX;
}

void msix_uninit_exclusive_bar(PCIDevice *d)
{
    msix_uninit(d, &d->msix_exclusive_bar, &d->msix_exclusive_bar);
}

void msix_notify(PCIDevice *d, unsigned vector)
{
    if (vector >= d->msix_entries_nr || !d->msix_entry_used[vector]) {
        return;
    }
    if (msix_is_masked(d, vector)) {
        msix_set_pending(d, vector);
        return;
    }
    msi_send_message(d, msix_get_message(d, vector));
}

void msix_reset(PCIDevice *d)
{
    if (!msix_present(d)) {
        return;
    }
    for (int vector = 0; vector < d->msix_entries_nr; vector++) {
        msix_clr_pending(d, vector);
    }
    d->config[d->msix_cap + PCI_MSIX_FLAGS + 1] &= ~d->wmask[d->msix_cap + PCI_MSIX_FLAGS + 1];
    update_function_masked(d);
    memset(d->msix_table, 0, d->msix_entries_nr * PCI_MSIX_ENTRY_SIZE);
    mask_all(d);
}

void msix_vector_use(PCIDevice *d, unsigned vector)
{
    if (vector < d->msix_entries_nr) {
        d->msix_entry_used[vector]++;
    }
}

void msix_vector_unuse(PCIDevice *d, unsigned vector)
{
    if (vector < d->msix_entries_nr && d->msix_entry_used[vector] &&
        !--d->msix_entry_used[vector]) {
        msix_clr_pending(d, vector);
    }
}

void msix_unuse_all_vectors(PCIDevice *d)
{
    for (int vector = 0; vector < d->msix_entries_nr; vector++) {
        d->msix_entry_used[vector] = 0;
        msix_clr_pending(d, vector);
    }
}

int msix_set_vector_notifiers(PCIDevice *d, MSIVectorUseNotifier use_notifier,
                              MSIVectorReleaseNotifier release_notifier,
                              MSIVectorPollNotifier poll_notifier)
{
    d->msix_vector_use_notifier = use_notifier;
    d->msix_vector_release_notifier = release_notifier;
    d->msix_vector_poll_notifier = poll_notifier;
    for (int vector = 0; vector < d->msix_entries_nr; vector++) {
        if (!msix_is_masked(d, vector)) {
            int ret = use_notifier(d, vector, msix_get_message(d, vector));
            if (ret < 0) {
                while (--vector >= 0) {
                    if (!msix_is_masked(d, vector)) {
                        release_notifier(d, vector);
                    }
                }
                d->msix_vector_use_notifier = NULL;
                d->msix_vector_release_notifier = NULL;
                d->msix_vector_poll_notifier = NULL;
                return ret;
            }
        }
    }
    if (poll_notifier) {
        poll_notifier(d, 0, d->msix_entries_nr);
    }
    return 0;
}

void msix_unset_vector_notifiers(PCIDevice *d)
{
    for (int vector = 0; vector < d->msix_entries_nr; vector++) {
        if (!msix_is_masked(d, vector)) {
            d->msix_vector_release_notifier(d, vector);
        }
    }
    d->msix_vector_use_notifier = NULL;
    d->msix_vector_release_notifier = NULL;
    d->msix_vector_poll_notifier = NULL;
}

/* Table and pending bits; sizes follow from the device's configuration, not from the stream. */
static int msix_state_put(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    PCIDevice *d = pv;
    unsigned n = msix_present(d) ? d->msix_entries_nr : 0;

    qemu_put_be32(f, n);
    qemu_put_buffer(f, d->msix_table, n * PCI_MSIX_ENTRY_SIZE);
    qemu_put_buffer(f, d->msix_pba, DIV_ROUND_UP(n, 8));
    return 0;
}

static int msix_state_get(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    PCIDevice *d = pv;
    unsigned n = msix_present(d) ? d->msix_entries_nr : 0;

    if (qemu_get_be32(f) != n) {
        return -EINVAL;
    }
    mask_all(d);
    qemu_get_buffer(f, d->msix_table, n * PCI_MSIX_ENTRY_SIZE);
    qemu_get_buffer(f, d->msix_pba, DIV_ROUND_UP(n, 8));
    if (n) {
        update_function_masked(d);
    }
    for (unsigned vector = 0; vector < n; vector++) {
        if (!msix_is_masked(d, vector)) {
            notify_mask_change(d, vector, false);
        }
    }
    return 0;
}

static const VMStateInfo vmstate_info_msix = {
    .name = "msix state",
    .get = msix_state_get,
    .put = msix_state_put,
};

const VMStateDescription vmstate_msix = {
    .name = "msix",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            {.name = "msix",
             .size = sizeof(PCIDevice),
             .info = &vmstate_info_msix,
             .flags = VMS_SINGLE},
            VMSTATE_END_OF_LIST(),
        },
};
