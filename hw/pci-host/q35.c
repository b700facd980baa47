/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory controller hub of the Intel Q35 chipset: where configuration space, shadow RAM and
 * the RAM of system management mode are.
 *
 * Specification: Intel 3 Series Express Chipset Family data sheet, order number 316966; PCIEXBAR
 * in 5.1.15, PAM in 5.1.18-24, SMRAM control in 5.1.27-28. Registers 50h and 9Ch are this
 * machine's own: firmware learns from them of a larger TSEG, and of SMRAM at the default SMBASE.
 */

#include "qemu/osdep.h"
#include "hw/pci-host/pam.h"
#include "hw/pci-host/q35.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "qemu/range.h"
#include "qemu/units.h"

#define MCH_EXT_TSEG     0x50 /* write FFFFh to be told MiB */
#define EXT_TSEG_QUERY   0xffff
#define EXT_TSEG_MAX     0xfff
#define MCH_PCIEXBAR     0x60
#define PCIEXBAR_ENABLE  0x1
#define PCIEXBAR_LENGTH  0x6
#define PCIEXBAR_DEFAULT 0xb0000000
#define MCH_PAM          0x90
#define MCH_PAM_SIZE     7
#define MCH_SMBASE       0x9c
#define SMBASE_QUERY     0xff
#define SMBASE_IN_RAM    0x01
#define SMBASE_LOCKED    0x02
#define MCH_SMRAM        0x9d
#define SMRAM_D_OPEN     0x40
#define SMRAM_D_CLS      0x20
#define SMRAM_D_LCK      0x10
#define SMRAM_G_SMRAME   0x08
#define SMRAM_C_BASE_SEG 0x02
#define MCH_ESMRAMC      0x9e
#define ESMRAMC_H_SMRAME 0x80
#define ESMRAMC_E_SMERR  0x40
#define ESMRAMC_CACHE    0x38 /* hard-wired: SMRAM is cached as its line says */
#define ESMRAMC_TSEG_SZ  0x06
#define ESMRAMC_T_EN     0x01

#define SMRAM_LOW_BASE   0xa0000
#define SMRAM_LOW_SIZE   0x20000
#define SMRAM_HIGH_BASE  0xfeda0000
#define SMBASE_BASE      0x30000
#define SMBASE_SIZE      0x20000

OBJECT_DECLARE_SIMPLE_TYPE(MCHPCIState, MCH_PCI_DEVICE)
OBJECT_DECLARE_SIMPLE_TYPE(Q35PCIHost, Q35_HOST_DEVICE)

struct MCHPCIState {
    PCIDevice parent_obj;

    /* configuration */
    uint16_t ext_tseg_mbytes;
    bool has_smbase_smram;

    /* wiring */
    Q35PCIHost *host;
    PAMMemoryRegion pam_regions[PAM_REGIONS_COUNT];
    MemoryRegion smram_region;    /* PCI over RAM at 0xa0000 for everybody but SMM */
    MemoryRegion open_high_smram; /* the same memory at its high address, while it is open */
    MemoryRegion smram;           /* what CPUs see on top while in SMM, made of: */
    MemoryRegion low_smram, high_smram, tseg_window, smbase_window;
    MemoryRegion tseg_blackhole, smbase_blackhole; /* what others see there */
};

struct Q35PCIHost {
    PCIExpressHost parent_obj;

    /* configuration */
    uint64_t below_4g_mem_size, above_4g_mem_size;
    bool smm_ranges;

    /* wiring */
    MemoryRegion *ram, *pci_memory, *system_memory, *io_memory;
    MCHPCIState *mch;
};

/* ---- memory that only SMM sees ---- */

static uint64_t blackhole_read(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void blackhole_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
}

static const MemoryRegionOps blackhole_ops = {
    .read = blackhole_read,
    .write = blackhole_write,
    .valid = {.min_access_size = 1, .max_access_size = 8},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static uint64_t tseg_size(MCHPCIState *mch)
{
    uint8_t esmramc = PCI_DEVICE(mch)->config[MCH_ESMRAMC];

    switch (esmramc & ESMRAMC_TSEG_SZ) {
    case 0x0:
        return 1 * MiB;
    case 0x2:
        return 2 * MiB;
    case 0x4:
        return 8 * MiB;
    default:
        return mch->ext_tseg_mbytes * (uint64_t)MiB;
    }
}

static void set_window(MemoryRegion *mr, bool enable, hwaddr addr, uint64_t size)
{
    memory_region_set_enabled(mr, enable);
    if (enable) {
        memory_region_set_address(mr, addr);
        memory_region_set_size(mr, size);
    }
}

/* At the top of low memory (5.1.28). */
static void update_tseg(MCHPCIState *mch, bool enable)
{
    uint64_t size = tseg_size(mch), top = mch->host->below_4g_mem_size;

    enable = enable && size && size <= top;
    set_window(&mch->tseg_blackhole, enable, top - size, size);
    set_window(&mch->tseg_window, enable, top - size, size);
    if (enable) {
        memory_region_set_alias_offset(&mch->tseg_window, top - size);
    }
}

static void update_smram(MCHPCIState *mch)
{
    const uint8_t *config = PCI_DEVICE(mch)->config;
    uint8_t smram = config[MCH_SMRAM], esmramc = config[MCH_ESMRAMC];
    bool on = smram & SMRAM_G_SMRAME, open = smram & SMRAM_D_OPEN;
    bool high = on && (esmramc & ESMRAMC_H_SMRAME);

    memory_region_transaction_begin();
    memory_region_set_enabled(&mch->smram_region, !open || high);
    memory_region_set_enabled(&mch->open_high_smram, open && high);
    memory_region_set_enabled(&mch->smram, on);
    memory_region_set_enabled(&mch->low_smram, on && !high);
    memory_region_set_enabled(&mch->high_smram, high);
    update_tseg(mch, on && (esmramc & ESMRAMC_T_EN));
    memory_region_transaction_commit();
}

static void update_smbase(MCHPCIState *mch)
{
    bool locked = PCI_DEVICE(mch)->config[MCH_SMBASE] & SMBASE_LOCKED;

    memory_region_transaction_begin();
    memory_region_set_enabled(&mch->smbase_blackhole, locked);
    memory_region_set_enabled(&mch->smbase_window, locked);
    memory_region_transaction_commit();
}

/* ---- registers ---- */

static void update_pam(MCHPCIState *mch)
{
    const uint8_t *pam = PCI_DEVICE(mch)->config + MCH_PAM;

    memory_region_transaction_begin();
    for (int i = 0; i < PAM_REGIONS_COUNT; i++) {
        pam_update(&mch->pam_regions[i], i, pam[DIV_ROUND_UP(i, 2)]);
    }
    memory_region_transaction_commit();
}

static void update_pciexbar(MCHPCIState *mch)
{
    uint64_t bar = pci_get_quad(PCI_DEVICE(mch)->config + MCH_PCIEXBAR);
    unsigned length = (bar & PCIEXBAR_LENGTH) >> 1;
    uint64_t size = (256 * MiB) >> length;
    bool enable = bar & PCIEXBAR_ENABLE;

    if (enable && length == 3) {
        qemu_log_mask(LOG_GUEST_ERROR, "mch: PCIEXBAR has the reserved length\n");
        enable = false;
    }
    pcie_host_mmcfg_update(PCIE_HOST_BRIDGE(mch->host), enable,
                           bar & MAKE_64BIT_MASK(0, 36) & ~(size - 1), size);
}

/* What D_LCK makes read-only until reset (5.1.27). */
static void apply_lock(PCIDevice *d)
{
    bool locked = d->config[MCH_SMRAM] & SMRAM_D_LCK;

    if (locked) {
        d->config[MCH_SMRAM] &= ~SMRAM_D_OPEN;
    }
    d->wmask[MCH_SMRAM] =
        locked ? SMRAM_D_CLS : SMRAM_D_OPEN | SMRAM_D_CLS | SMRAM_D_LCK | SMRAM_G_SMRAME;
    d->wmask[MCH_ESMRAMC] = locked ? 0 : ESMRAMC_H_SMRAME | ESMRAMC_TSEG_SZ | ESMRAMC_T_EN;
    pci_set_word(d->wmask + MCH_EXT_TSEG, locked ? 0 : 0xffff);
}

static void write_ext_tseg(MCHPCIState *mch)
{
    uint8_t *reg = PCI_DEVICE(mch)->config + MCH_EXT_TSEG;

    if (mch->ext_tseg_mbytes && pci_get_word(reg) == EXT_TSEG_QUERY) {
        pci_set_word(reg, mch->ext_tseg_mbytes);
    }
}

static void write_smbase(MCHPCIState *mch, uint8_t old)
{
    uint8_t *reg = PCI_DEVICE(mch)->config + MCH_SMBASE;

    if (old & SMBASE_LOCKED) {
        *reg = old;
    } else if (*reg == SMBASE_QUERY) {
        *reg = SMBASE_IN_RAM;
    } else if (old == SMBASE_IN_RAM && *reg != SMBASE_LOCKED) {
        *reg = old;
    }
    update_smbase(mch);
}

static void mch_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    MCHPCIState *mch = MCH_PCI_DEVICE(d);
    uint8_t smbase = d->config[MCH_SMBASE];

    pci_default_write_config(d, address, val, len);
    if (ranges_overlap(address, len, MCH_PAM, MCH_PAM_SIZE)) {
        update_pam(mch);
    }
    if (ranges_overlap(address, len, MCH_PCIEXBAR, 8)) {
        update_pciexbar(mch);
    }
    if (ranges_overlap(address, len, MCH_EXT_TSEG, 2)) {
        write_ext_tseg(mch);
    }
    if (!mch->host->smm_ranges) {
        return;
    }
    if (ranges_overlap(address, len, MCH_SMRAM, 2)) {
        apply_lock(d);
        update_smram(mch);
    }
    if (mch->has_smbase_smram && ranges_overlap(address, len, MCH_SMBASE, 1)) {
        write_smbase(mch, smbase);
    }
}

/* ---- reset and saved state ---- */

static void update_all(MCHPCIState *mch)
{
    update_pam(mch);
    update_pciexbar(mch);
    if (mch->host->smm_ranges) {
        apply_lock(PCI_DEVICE(mch));
        update_smram(mch);
        update_smbase(mch);
    }
}

static void mch_reset_hold(Object *obj, ResetType type)
{
    MCHPCIState *mch = MCH_PCI_DEVICE(obj);
    PCIDevice *d = PCI_DEVICE(obj);

    pci_device_reset_hold(obj, type);
    pci_set_quad(d->config + MCH_PCIEXBAR, PCIEXBAR_DEFAULT);
    /* Firmware tells a wake-up from a start by what it left in its shadow RAM. */
    if (type != RESET_TYPE_WAKEUP) {
        memset(d->config + MCH_PAM, 0, MCH_PAM_SIZE);
    }
    d->config[MCH_SMRAM] = SMRAM_C_BASE_SEG;
    d->config[MCH_ESMRAMC] = ESMRAMC_CACHE;
    d->config[MCH_SMBASE] = 0;
    d->wmask[MCH_SMBASE] = mch->has_smbase_smram && mch->host->smm_ranges ? 0xff : 0;
    d->wmask[MCH_SMRAM] = d->wmask[MCH_ESMRAMC] = 0;
    pci_set_word(d->config + MCH_EXT_TSEG, mch->ext_tseg_mbytes);
    update_all(mch);
}

static int mch_post_load(void *opaque, int version_id)
{
    MCHPCIState *mch = opaque;
    uint8_t smbase = PCI_DEVICE(mch)->config[MCH_SMBASE];

    if (smbase && !(mch->has_smbase_smram && mch->host->smm_ranges)) {
        return -EINVAL;
    }
    update_all(mch);
    return 0;
}

static const VMStateDescription vmstate_mch = {
    .name = "mch",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = mch_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, MCHPCIState),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- the PCI function ---- */

/* An alias of RAM in the view of SMM, off until firmware asks for it. */
static void add_window(MCHPCIState *mch, MemoryRegion *mr, const char *name, hwaddr at, hwaddr ram,
                       uint64_t size)
{
    memory_region_init_alias(mr, OBJECT(mch), name, mch->host->ram, ram, size);
    memory_region_set_enabled(mr, false);
    memory_region_add_subregion_overlap(&mch->smram, at, mr, 1);
}

static void add_blackhole(MCHPCIState *mch, MemoryRegion *mr, const char *name, hwaddr at,
                          uint64_t size)
{
    memory_region_init_io(mr, OBJECT(mch), &blackhole_ops, NULL, name, size);
    memory_region_set_enabled(mr, false);
    memory_region_add_subregion_overlap(mch->host->system_memory, at, mr, 1);
}

static void init_smram(MCHPCIState *mch)
{
    Q35PCIHost *host = mch->host;
    Object *owner = OBJECT(mch);

    memory_region_init_alias(&mch->smram_region, owner, "smram-region", host->pci_memory,
                             SMRAM_LOW_BASE, SMRAM_LOW_SIZE);
    memory_region_add_subregion_overlap(host->system_memory, SMRAM_LOW_BASE, &mch->smram_region, 1);
    memory_region_init_alias(&mch->open_high_smram, owner, "smram-open-high", host->ram,
                             SMRAM_LOW_BASE, SMRAM_LOW_SIZE);
    memory_region_set_enabled(&mch->open_high_smram, false);
    memory_region_add_subregion_overlap(host->system_memory, SMRAM_HIGH_BASE, &mch->open_high_smram,
                                        1);

    memory_region_init(&mch->smram, owner, "smram", 4 * GiB);
    memory_region_set_enabled(&mch->smram, false);
    add_window(mch, &mch->low_smram, "smram-low", SMRAM_LOW_BASE, SMRAM_LOW_BASE, SMRAM_LOW_SIZE);
    add_window(mch, &mch->high_smram, "smram-high", SMRAM_HIGH_BASE, SMRAM_LOW_BASE,
               SMRAM_LOW_SIZE);
    add_window(mch, &mch->tseg_window, "tseg-window", 0, 0, 1 * MiB);
    add_window(mch, &mch->smbase_window, "smbase-window", SMBASE_BASE, SMBASE_BASE, SMBASE_SIZE);
    add_blackhole(mch, &mch->tseg_blackhole, "tseg-blackhole", 0, 1 * MiB);
    add_blackhole(mch, &mch->smbase_blackhole, "smbase-blackhole", SMBASE_BASE, SMBASE_SIZE);
    /* CPUs find it by this name: it is their view of memory in SMM. */
    object_property_add_const_link(qdev_get_machine(), "smram", OBJECT(&mch->smram));
}

static void mch_realize(PCIDevice *d, Error **errp)
{
    MCHPCIState *mch = MCH_PCI_DEVICE(d);
    Q35PCIHost *host = Q35_HOST_DEVICE(qdev_get_parent_bus(DEVICE(d))->parent);
    Object *owner = OBJECT(d);

    if (mch->ext_tseg_mbytes > EXT_TSEG_MAX) {
        error_setg(errp, "extended-tseg-mbytes=%u is greater than %u", mch->ext_tseg_mbytes,
                   EXT_TSEG_MAX);
        return;
    }
    mch->host = host;
    /* Below PAM and SMRAM in priority: the bus, behind all of RAM. */
    memory_region_add_subregion_overlap(host->system_memory, 0, host->pci_memory, -1);
    if (host->smm_ranges) {
        init_smram(mch);
    }
    init_pam(&mch->pam_regions[0], owner, host->ram, host->system_memory, host->pci_memory,
             PAM_BIOS_BASE, PAM_BIOS_SIZE);
    for (int i = 0; i < PAM_REGIONS_COUNT - 1; i++) {
        init_pam(&mch->pam_regions[i + 1], owner, host->ram, host->system_memory, host->pci_memory,
                 PAM_EXPAN_BASE + i * PAM_EXPAN_SIZE, PAM_EXPAN_SIZE);
    }
}

static const Property mch_props[] = {
    DEFINE_PROP_UINT16("extended-tseg-mbytes", MCHPCIState, ext_tseg_mbytes, 16),
    DEFINE_PROP_BOOL("smbase-smram", MCHPCIState, has_smbase_smram, true),
};

static void mch_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = mch_realize;
    k->config_write = mch_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = 0x29c0;
    k->class_id = PCI_CLASS_BRIDGE_HOST;
    dc->desc = "Host bridge";
    dc->vmsd = &vmstate_mch;
    device_class_set_props(dc, mch_props);
    RESETTABLE_CLASS(klass)->phases.hold = mch_reset_hold;
    /* Part of the host bridge, of no use by itself. */
    dc->user_creatable = false;
    dc->hotpluggable = false;
}

/* ---- the host bridge ---- */

static void add_link(Object *obj, const char *name, MemoryRegion **mr)
{
    object_property_add_link(obj, name, TYPE_MEMORY_REGION, (Object **)mr,
                             object_property_allow_set_link, 0);
}

static void q35_host_init(Object *obj)
{
    Q35PCIHost *s = Q35_HOST_DEVICE(obj);
    PCIHostState *phb = PCI_HOST_BRIDGE(obj);

    memory_region_init_io(&phb->conf_mem, obj, &pci_host_conf_le_ops, phb, "pci-conf-idx", 4);
    memory_region_init_io(&phb->data_mem, obj, &pci_host_data_le_ops, phb, "pci-conf-data", 4);
    add_link(obj, Q35_PROP_RAM_MEM, &s->ram);
    add_link(obj, Q35_PROP_PCI_MEM, &s->pci_memory);
    add_link(obj, Q35_PROP_SYSTEM_MEM, &s->system_memory);
    add_link(obj, Q35_PROP_IO_MEM, &s->io_memory);
}

static void q35_host_realize(DeviceState *dev, Error **errp)
{
    Q35PCIHost *s = Q35_HOST_DEVICE(dev);
    PCIHostState *phb = PCI_HOST_BRIDGE(dev);

    /* Firmware knows the bridge by them: /pci@i0cf8. */
    sysbus_init_ioports(SYS_BUS_DEVICE(dev), 0xcf8, 4);
    sysbus_init_ioports(SYS_BUS_DEVICE(dev), 0xcfc, 4);
    memory_region_add_subregion(s->io_memory, 0xcf8, &phb->conf_mem);
    memory_region_add_subregion(s->io_memory, 0xcfc, &phb->data_mem);
    phb->bus = pci_root_bus_new(dev, "pcie.0", s->pci_memory, s->io_memory, 0, TYPE_PCIE_BUS);
    s->mch = MCH_PCI_DEVICE(pci_create_simple(phb->bus, 0, TYPE_MCH_PCI_DEVICE));
}

static const Property q35_host_props[] = {
    DEFINE_PROP_SIZE(Q35_PROP_BELOW_4G, Q35PCIHost, below_4g_mem_size, 0),
    DEFINE_PROP_SIZE(Q35_PROP_ABOVE_4G, Q35PCIHost, above_4g_mem_size, 0),
    DEFINE_PROP_BOOL(Q35_PROP_SMM_RANGES, Q35PCIHost, smm_ranges, true),
};

static void q35_host_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = q35_host_realize;
    dc->fw_name = "pci";
    device_class_set_props(dc, q35_host_props);
    dc->user_creatable = false;
}

static const TypeInfo q35_types[] = {
    {
        .name = TYPE_MCH_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(MCHPCIState),
        .class_init = mch_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_Q35_HOST_DEVICE,
        .parent = TYPE_PCIE_HOST_BRIDGE,
        .instance_size = sizeof(Q35PCIHost),
        .instance_init = q35_host_init,
        .class_init = q35_host_class_init,
    },
};

DEFINE_TYPES(q35_types)
