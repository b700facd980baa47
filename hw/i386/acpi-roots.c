/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI root bridges in the DSDT (ACPI 6.5, 6.1.1, 6.2.2; PCI Firmware 3.3, 4.1): what of buses,
 * ports and memory is behind which. The first has all that the others have not; those have what
 * firmware gave to the functions and bridges on them.
 */
#include "qemu/osdep.h"
#include "acpi-build.h"
#include "hw/pci/pci_bridge.h"
#include "qemu/range.h"
#include "qemu/units.h"

#define PCI_CONFIG_START 0xcf8
#define PCI_CONFIG_END   0xcff
#define PCI_HOLE_END     (IO_APIC_DEFAULT_ADDRESS - 1)
#define PCI_HOLE64_SIZE  (2 * GiB)

/* First and last address. */
typedef struct Window {
    uint64_t first, last;
} Window;

/* What root buses have, in the order of addresses; of Window. */
typedef struct Windows {
    GArray *io, *mem;
} Windows;

typedef Aml *MakeDescriptor(uint64_t first, uint64_t last);

/* ---- windows ---- */

static Windows windows_new(void)
{
    return (Windows){g_array_new(false, false, sizeof(Window)),
                     g_array_new(false, false, sizeof(Window))};
}

static void windows_free(Windows *w)
{
    g_array_unref(w->io);
    g_array_unref(w->mem);
}

static void add(GArray *list, uint64_t first, uint64_t last)
{
    Window window = {first, last};

    if (first <= last) {
        g_array_append_val(list, window);
    }
}

static void add_regions(const Windows *w, PCIDevice *d)
{
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        const PCIIORegion *r = &d->io_regions[i];

        if (r->size && r->addr != PCI_BAR_UNMAPPED) {
            add(r->type & PCI_BASE_ADDRESS_SPACE_IO ? w->io : w->mem, r->addr,
                r->addr + r->size - 1);
        }
    }
}

static void add_bridge(const Windows *w, PCIBridge *br)
{
    const MemoryRegion *const memory[] = {&br->window_mem, &br->window_pref};

    if (br->window_io.enabled) {
        add(w->io, br->window_io.addr, br->window_io.addr + memory_region_size(&br->window_io) - 1);
    }
    for (size_t i = 0; i < ARRAY_SIZE(memory); i++) {
        if (memory[i]->enabled) {
            add(w->mem, memory[i]->addr, memory[i]->addr + memory_region_size(memory[i]) - 1);
        }
    }
}

static gint by_address(gconstpointer a, gconstpointer b)
{
    const Window *x = a, *y = b;

    return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorted, and those that touch are one. */
static void merge(GArray *list)
{
    guint out = 0;

    g_array_sort(list, by_address);
    for (guint i = 0; i < list->len; i++) {
        Window *window = &g_array_index(list, Window, i);
        Window *before = out ? &g_array_index(list, Window, out - 1) : NULL;

        if (before && window->first <= before->last + 1) {
            before->last = MAX(before->last, window->last);
        } else {
            g_array_index(list, Window, out++) = *window;
        }
    }
    g_array_set_size(list, out);
}

/* Adds what is on root bus @root; what is behind its bridges is in their windows. */
static void collect(const Windows *w, PCIBus *root)
{
    for (int devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *d = root->devices[devfn];

        if (d) {
            add_regions(w, d);
        }
        if (d && object_dynamic_cast(OBJECT(d), TYPE_PCI_BRIDGE)) {
            add_bridge(w, PCI_BRIDGE(d));
        }
    }
    merge(w->io);
    merge(w->mem);
}

/* Descriptors of [@first, @last] without what is in @others. */
static void describe_rest(Aml *crs, uint64_t first, uint64_t last, const GArray *others,
                          MakeDescriptor *make)
{
    for (guint i = 0; others && i < others->len; i++) {
        const Window *window = &g_array_index(others, Window, i);

        if (window->last < first || window->first > last) {
            continue;
        }
        if (window->first > first) {
            aml_append(crs, make(first, window->first - 1));
        }
        if (window->last >= last) {
            return;
        }
        first = window->last + 1;
    }
    if (first <= last) {
        aml_append(crs, make(first, last));
    }
}

static Aml *ports(uint64_t first, uint64_t last)
{
    return aml_word_io(first, last);
}

static Aml *memory(uint64_t first, uint64_t last)
{
    return last > UINT32_MAX ? aml_qword_memory(AML_CACHEABLE, AML_READ_WRITE, first, last)
                             : aml_dword_memory(AML_NON_CACHEABLE, AML_READ_WRITE, first, last);
}

/* ---- the first one ---- */

/* All ports but those of configuration space and of the chipset, which follow it or precede it. */
static void add_port_windows(Aml *crs, const PCMachineClass *pcmc, const GArray *others)
{
    uint16_t start = pcmc->chipset_ports_start, end = pcmc->chipset_ports_end;

    if (start > PCI_CONFIG_END) {
        describe_rest(crs, 0, PCI_CONFIG_START - 1, others, ports);
        describe_rest(crs, PCI_CONFIG_END + 1, start - 1, others, ports);
        describe_rest(crs, end + 1, 0xffff, others, ports);
    } else {
        describe_rest(crs, 0, start - 1, others, ports);
        describe_rest(crs, PCI_CONFIG_END + 1, 0xffff, others, ports);
    }
}

static void add_memory_windows(Aml *crs, PCMachineState *pcms, const GArray *others)
{
    uint64_t hole = X86_MACHINE(pcms)->below_4g_mem_size, hole64 = pc_memory_end(pcms);
    uint64_t mcfg, mcfg_size;

    aml_append(crs, aml_dword_memory(AML_CACHEABLE, AML_READ_WRITE, 0xa0000, 0xbffff));
    if (acpi_mcfg_range(pcms, &mcfg, &mcfg_size) && mcfg >= hole &&
        mcfg + mcfg_size <= PCI_HOLE_END) {
        if (mcfg > hole) {
            describe_rest(crs, hole, mcfg - 1, others, memory);
        }
        hole = mcfg + mcfg_size;
    }
    describe_rest(crs, hole, PCI_HOLE_END, others, memory);
    describe_rest(crs, hole64, hole64 + PCI_HOLE64_SIZE - 1, others, memory);
}

static Aml *first_root_resources(PCMachineState *pcms)
{
    PCIBus *next = pcms->pcibus->next_root;
    Windows others = windows_new();
    Aml *crs = aml_resource_template();

    for (PCIBus *root = next; root; root = root->next_root) {
        collect(&others, root);
    }
    aml_append(crs, aml_word_bus_number(0, next ? pci_bus_num(next) - 1 : 0xff));
    aml_append(crs, aml_io(AML_DECODE16, PCI_CONFIG_START, PCI_CONFIG_START, 1, 8));
    add_port_windows(crs, PC_MACHINE_GET_CLASS(pcms), others.io);
    add_memory_windows(crs, pcms, others.mem);
    windows_free(&others);
    return crs;
}

static void add_hardware_id(Aml *dev, PCIBus *root)
{
    if (pci_bus_is_express(root)) {
        aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0A08")));
        aml_append(dev, aml_name_decl("_CID", aml_eisaid("PNP0A03")));
    } else {
        aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0A03")));
    }
}

Aml *acpi_first_root(PCMachineState *pcms)
{
    Aml *dev = aml_device("PCI0");

    add_hardware_id(dev, pcms->pcibus);
    aml_append(dev, aml_name_decl("_UID", aml_int(0)));
    aml_append(dev, aml_name_decl("_ADR", aml_int(0)));
    aml_append(dev, aml_name_decl("_CRS", first_root_resources(pcms)));
    return dev;
}

/* ---- others ---- */

/* The last bus behind @root. */
static int last_bus(PCIBus *root)
{
    int last = pci_bus_num(root);

    for (int devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        PCIDevice *d = root->devices[devfn];

        if (d && object_dynamic_cast(OBJECT(d), TYPE_PCI_BRIDGE)) {
            last = MAX(last, pci_bridge_last_bus(d));
        }
    }
    return root->next_root ? MIN(last, pci_bus_num(root->next_root) - 1) : last;
}

static Aml *other_root_resources(PCIBus *root)
{
    Windows own = windows_new();
    Aml *crs = aml_resource_template();

    collect(&own, root);
    for (guint i = 0; i < own.io->len; i++) {
        const Window *window = &g_array_index(own.io, Window, i);

        describe_rest(crs, window->first, MIN(window->last, 0xffff), NULL, ports);
    }
    for (guint i = 0; i < own.mem->len; i++) {
        const Window *window = &g_array_index(own.mem, Window, i);

        describe_rest(crs, window->first, window->last, NULL, memory);
    }
    aml_append(crs, aml_word_bus_number(pci_bus_num(root), last_bus(root)));
    windows_free(&own);
    return crs;
}

void acpi_build_other_roots(Aml *sb, PCMachineState *pcms, Aml *(*routing)(void), Aml *(*osc)(void))
{
    for (PCIBus *root = pcms->pcibus->next_root; root; root = root->next_root) {
        Aml *dev = aml_device("PC%02X", pci_bus_num(root));
        int node = pci_bus_numa_node(root);

        aml_append(dev, aml_name_decl("_UID", aml_int(pci_bus_num(root))));
        aml_append(dev, aml_name_decl("_BBN", aml_int(pci_bus_num(root))));
        add_hardware_id(dev, root);
        if (osc) {
            aml_append(dev, osc());
        }
        if (node >= 0) {
            aml_append(dev, aml_name_decl("_PXM", aml_int(node)));
        }
        aml_append(dev, routing());
        aml_append(dev, aml_name_decl("_CRS", other_root_resources(root)));
        aml_append(sb, dev);
    }
}
