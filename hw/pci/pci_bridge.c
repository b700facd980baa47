/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCI-to-PCI bridges: a second bus, and windows through which the first one reaches it.
 * Specification: PCI-to-PCI Bridge Architecture 1.2, chapter 3 (registers), 4 (windows).
 */

#include "qemu/osdep.h"
#include "hw/pci/pci_bridge.h"
#include "pci-internal.h"
#include "qemu/range.h"
#include "qemu/units.h"

#define PCI_PRIMARY_BUS             0x18
#define PCI_SUBORDINATE_BUS         0x1a
#define PCI_IO_BASE                 0x1c
#define PCI_IO_LIMIT                0x1d
#define PCI_SEC_STATUS              0x1e
#define PCI_MEMORY_BASE             0x20
#define PCI_MEMORY_LIMIT            0x22
#define PCI_PREF_MEMORY_BASE        0x24
#define PCI_PREF_MEMORY_LIMIT       0x26
#define PCI_PREF_RANGE_TYPE_64      0x01
#define PCI_PREF_BASE_UPPER32       0x28
#define PCI_PREF_LIMIT_UPPER32      0x2c
#define PCI_BRIDGE_CONTROL          0x3e
#define PCI_BRIDGE_CTL_VGA          0x0008
#define PCI_BRIDGE_CTL_BUS_RESET    0x0040
#define PCI_BRIDGE_CTL_WRITABLE     0x0b7f
#define PCI_BRIDGE_CTL_DISCARD_STAT 0x0400
#define PCI_SEC_STATUS_W1C          0xf900

/* ---- windows ---- */

/* Shows @range of what is behind the bridge, or nothing if that is empty or off. */
static void set_window(MemoryRegion *window, bool enable, const PCIBridgeWindow *range)
{
    uint64_t base = range->base, limit = range->limit;

    /* A window over all of memory has no size that a region can have. */
    enable = enable && base <= limit && !(base == 0 && limit == UINT64_MAX);
    memory_region_set_enabled(window, enable);
    if (enable) {
        memory_region_set_address(window, base);
        memory_region_set_alias_offset(window, base);
        memory_region_set_size(window, limit - base + 1);
    }
}

static uint64_t mem_base(const uint8_t *config, unsigned reg)
{
    return (uint64_t)(pci_get_word(config + reg) & 0xfff0) << 16;
}

void pci_bridge_get_windows(const PCIDevice *d, PCIBridgeWindows *w)
{
    const uint8_t *config = d->config;

    w->io.base = (config[PCI_IO_BASE] & 0xf0) << 8;
    w->io.limit = (config[PCI_IO_LIMIT] & 0xf0) << 8 | 0xfff;
    w->mem.base = mem_base(config, PCI_MEMORY_BASE);
    w->mem.limit = mem_base(config, PCI_MEMORY_LIMIT) | 0xfffff;
    w->pref.base = mem_base(config, PCI_PREF_MEMORY_BASE);
    w->pref.limit = mem_base(config, PCI_PREF_MEMORY_LIMIT) | 0xfffff;
    if (config[PCI_PREF_MEMORY_BASE] & PCI_PREF_RANGE_TYPE_64) {
        w->pref.base |= (uint64_t)pci_get_long(config + PCI_PREF_BASE_UPPER32) << 32;
        w->pref.limit |= (uint64_t)pci_get_long(config + PCI_PREF_LIMIT_UPPER32) << 32;
    }
}

static void update_mappings(PCIBridge *br)
{
    const uint8_t *config = PCI_DEVICE(br)->config;
    uint16_t cmd = pci_effective_command(PCI_DEVICE(br));
    bool io = cmd & PCI_COMMAND_IO, mem = cmd & PCI_COMMAND_MEMORY;
    bool vga = pci_get_word(config + PCI_BRIDGE_CONTROL) & PCI_BRIDGE_CTL_VGA;
    PCIBridgeWindows windows;

    pci_bridge_get_windows(PCI_DEVICE(br), &windows);
    memory_region_transaction_begin();
    set_window(&br->window_io, io, &windows.io);
    set_window(&br->window_mem, mem, &windows.mem);
    set_window(&br->window_pref, mem, &windows.pref);
    memory_region_set_enabled(&br->vga_mem, mem && vga);
    memory_region_set_enabled(&br->vga_io_lo, io && vga);
    memory_region_set_enabled(&br->vga_io_hi, io && vga);
    memory_region_transaction_commit();
}

static void add_window(PCIBridge *br, MemoryRegion *window, const char *name, bool io,
                       uint64_t base, uint64_t size)
{
    PCIBus *parent = pci_get_bus(PCI_DEVICE(br));

    memory_region_init_alias(window, OBJECT(br), name,
                             io ? &br->address_space_io : &br->address_space_mem, base, size);
    memory_region_set_enabled(window, false);
    memory_region_add_subregion_overlap(io ? parent->address_space_io : parent->address_space_mem,
                                        base, window, 1);
}

static void add_windows(PCIBridge *br)
{
    add_window(br, &br->window_io, "pci_bridge_io", true, 0, 4 * KiB);
    add_window(br, &br->window_mem, "pci_bridge_mem", false, 0, 1 * MiB);
    add_window(br, &br->window_pref, "pci_bridge_pref_mem", false, 0, 1 * MiB);
    add_window(br, &br->vga_mem, "pci_bridge_vga_mem", false, 0xa0000, 0x20000);
    add_window(br, &br->vga_io_lo, "pci_bridge_vga_io_lo", true, 0x3b0, 12);
    add_window(br, &br->vga_io_hi, "pci_bridge_vga_io_hi", true, 0x3c0, 32);
}

static void del_windows(PCIBridge *br)
{
    PCIBus *parent = pci_get_bus(PCI_DEVICE(br));

    memory_region_del_subregion(parent->address_space_io, &br->window_io);
    memory_region_del_subregion(parent->address_space_mem, &br->window_mem);
    memory_region_del_subregion(parent->address_space_mem, &br->window_pref);
    memory_region_del_subregion(parent->address_space_mem, &br->vga_mem);
    memory_region_del_subregion(parent->address_space_io, &br->vga_io_lo);
    memory_region_del_subregion(parent->address_space_io, &br->vga_io_hi);
}

/* ---- registers ---- */

void pci_bridge_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    PCIBridge *br = PCI_BRIDGE(d);
    uint16_t before = pci_get_word(d->config + PCI_BRIDGE_CONTROL), after;
    uint8_t power = pci_pm_state(d);

    pci_default_write_config(d, address, val, len);
    after = pci_get_word(d->config + PCI_BRIDGE_CONTROL);
    if (power != pci_pm_state(d) || ranges_overlap(address, len, PCI_COMMAND, 2) ||
        ranges_overlap(address, len, PCI_IO_BASE, 2) ||
        ranges_overlap(address, len, PCI_MEMORY_BASE, 20) ||
        ranges_overlap(address, len, PCI_BRIDGE_CONTROL, 2)) {
        update_mappings(br);
    }
    if (after & ~before & PCI_BRIDGE_CTL_BUS_RESET) {
        bus_cold_reset(BUS(br->sec_bus));
    }
}

static void init_masks(PCIDevice *d)
{
    pci_set_long(d->wmask + PCI_PRIMARY_BUS, 0xffffffff);
    d->wmask[PCI_IO_BASE] = d->wmask[PCI_IO_LIMIT] = 0xf0;
    pci_set_word(d->wmask + PCI_MEMORY_BASE, 0xfff0);
    pci_set_word(d->wmask + PCI_MEMORY_LIMIT, 0xfff0);
    pci_set_word(d->wmask + PCI_PREF_MEMORY_BASE, 0xfff0);
    pci_set_word(d->wmask + PCI_PREF_MEMORY_LIMIT, 0xfff0);
    pci_set_quad(d->wmask + PCI_PREF_BASE_UPPER32, UINT64_MAX);
    pci_set_word(d->wmask + PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_WRITABLE);
    pci_set_word(d->w1cmask + PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_DISCARD_STAT);
    pci_set_word(d->w1cmask + PCI_SEC_STATUS, PCI_SEC_STATUS_W1C);
}

/* All windows closed: a base above its limit (3.2.5.6). */
static void reset_registers(PCIDevice *d)
{
    uint8_t *c = d->config;

    memset(c + PCI_PRIMARY_BUS, 0, 4);
    c[PCI_IO_BASE] = 0xf0;
    c[PCI_IO_LIMIT] = 0;
    pci_set_word(c + PCI_SEC_STATUS, pci_get_word(c + PCI_SEC_STATUS) & ~PCI_SEC_STATUS_W1C);
    pci_set_word(c + PCI_MEMORY_BASE, 0xfff0);
    pci_set_word(c + PCI_MEMORY_LIMIT, 0);
    pci_set_word(c + PCI_PREF_MEMORY_BASE, 0xfff0 | PCI_PREF_RANGE_TYPE_64);
    pci_set_word(c + PCI_PREF_MEMORY_LIMIT, PCI_PREF_RANGE_TYPE_64);
    pci_set_quad(c + PCI_PREF_BASE_UPPER32, 0);
    pci_set_word(c + PCI_BRIDGE_CONTROL, 0);
}

void pci_bridge_reset_hold(Object *obj, ResetType type)
{
    pci_device_reset_hold(obj, type);
    reset_registers(PCI_DEVICE(obj));
    update_mappings(PCI_BRIDGE(obj));
}

int pci_bridge_post_load(void *opaque, int version_id)
{
    update_mappings(PCI_BRIDGE(opaque));
    return 0;
}

const VMStateDescription vmstate_pci_bridge = {
    .name = "pci_bridge",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pci_bridge_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PCIBridge),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- realize ---- */

bool pci_bridge_initfn(PCIDevice *d, const char *bus_type, Error **errp)
{
    PCIBridge *br = PCI_BRIDGE(d);
    const char *id = DEVICE(d)->id;

    /* The bus is a member of the device. */
    if (id && object_property_find(OBJECT(d), id)) {
        error_setg(errp, "id=%s names a property of the device, and cannot name the bus behind it",
                   id);
        return false;
    }
    init_masks(d);
    pci_set_word(d->config + PCI_STATUS,
                 pci_get_word(d->config + PCI_STATUS) | PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK);
    pci_set_word(d->config + PCI_SEC_STATUS, PCI_STATUS_66MHZ | PCI_STATUS_FAST_BACK);
    reset_registers(d);

    memory_region_init(&br->address_space_mem, OBJECT(d), "pci_bridge_pci", UINT64_MAX);
    memory_region_init(&br->address_space_io, OBJECT(d), "pci_bridge_io", 64 * KiB);
    br->sec_bus = PCI_BUS(qbus_new(bus_type, DEVICE(d), id));
    br->sec_bus->parent_dev = d;
    br->sec_bus->address_space_mem = &br->address_space_mem;
    br->sec_bus->address_space_io = &br->address_space_io;
    add_windows(br);
    return true;
}

void pci_bridge_exitfn(PCIDevice *d)
{
    PCIBridge *br = PCI_BRIDGE(d);

    del_windows(br);
    br->sec_bus = NULL; /* goes with the device */
    br->shpc = NULL;
}

int pci_bridge_last_bus(const PCIDevice *d)
{
    return d->config[PCI_SUBORDINATE_BUS];
}

/* ---- capabilities ---- */

bool pci_bridge_ssvid_init(PCIDevice *d, uint8_t offset, uint16_t svid, uint16_t ssid, Error **errp)
{
    int at = pci_add_capability(d, PCI_CAP_ID_SSVID, offset, 8, errp);

    if (at < 0) {
        return false;
    }
    pci_set_word(d->config + at + 4, svid);
    pci_set_word(d->config + at + 6, ssid);
    return true;
}

/* Layout that SeaBIOS and OVMF know: length, type 1, then what to reserve. */
bool pci_bridge_reserve_cap_init(PCIDevice *d, uint8_t offset, const PCIResReserve *r, Error **errp)
{
    const unsigned size = 32;
    int at;

    if (r->mem_pref_32 != UINT64_MAX && r->mem_pref_64 != UINT64_MAX) {
        error_setg(errp, "pref32-reserve and pref64-reserve cannot both be given");
        return false;
    }
    if ((r->mem_non_pref != UINT64_MAX && r->mem_non_pref > UINT32_MAX) ||
        (r->mem_pref_32 != UINT64_MAX && r->mem_pref_32 > UINT32_MAX)) {
        error_setg(errp, "mem-reserve and pref32-reserve must be below 4G");
        return false;
    }
    if (r->bus == UINT32_MAX && r->io == UINT64_MAX && r->mem_non_pref == UINT64_MAX &&
        r->mem_pref_32 == UINT64_MAX && r->mem_pref_64 == UINT64_MAX) {
        return true;
    }
    at = pci_add_capability(d, PCI_CAP_ID_VNDR, offset, size, errp);
    if (at < 0) {
        return false;
    }
    d->config[at + 2] = size;
    d->config[at + 3] = 1;
    pci_set_long(d->config + at + 4, r->bus);
    pci_set_quad(d->config + at + 8, r->io);
    pci_set_long(d->config + at + 16, r->mem_non_pref);
    pci_set_long(d->config + at + 20, r->mem_pref_32);
    pci_set_quad(d->config + at + 24, r->mem_pref_64);
    return true;
}

static void pci_bridge_class_init(ObjectClass *klass, const void *data)
{
    RESETTABLE_CLASS(klass)->phases.hold = pci_bridge_reset_hold;
    DEVICE_CLASS(klass)->vmsd = &vmstate_pci_bridge;
}

static const TypeInfo pci_bridge_types[] = {
    {
        .name = TYPE_PCI_BRIDGE,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PCIBridge),
        .class_init = pci_bridge_class_init,
    },
};

DEFINE_TYPES(pci_bridge_types)
