/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 82441FX (i440FX) PCI and memory controller, PMC.
 *
 * Specification: Intel 82441FX data sheet, order number 290549; PAM in 3.2.17,
 * SMRAM control in 3.2.18.
 */

#include "qemu/osdep.h"
#include "hw/pci-host/i440fx.h"
#include "hw/pci/pci_host.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/range.h"
#include "qemu/units.h"

#define I440FX_PAM       0x59 /* seven registers; the first holds one region only */
#define I440FX_PAM_SIZE  7
#define I440FX_SMRAM     0x72
#define SMRAM_G_SMRAME   0x08
#define SMRAM_D_LCK      0x10
#define SMRAM_D_CLS      0x20
#define SMRAM_D_OPEN     0x40
#define SMRAM_C_BASE_SEG 0x02
#define SMRAM_BASE       0xa0000
#define SMRAM_SIZE       0x20000

struct PCII440FXState {
    PCIDevice parent_obj;

    /* wiring */
    PAMMemoryRegion pam_regions[PAM_REGIONS_COUNT];
    MemoryRegion smram_region;     /* PCI over RAM at 0xa0000 for everybody but SMM */
    MemoryRegion smram, low_smram; /* what CPUs see on top while in SMM */
};

#define TYPE_I440FX_HOST TYPE_I440FX_PCI_HOST_BRIDGE
OBJECT_DECLARE_SIMPLE_TYPE(I440FXState, I440FX_HOST)

struct I440FXState {
    PCIHostState parent_obj;

    /* configuration */
    uint64_t below_4g_mem_size, above_4g_mem_size;

    /* wiring */
    MemoryRegion *system_memory, *io_memory, *pci_address_space, *ram_memory;
};

/* ---- logic ---- */

static void update_memory_mappings(PCII440FXState *d)
{
    PCIDevice *pd = PCI_DEVICE(d);
    uint8_t smram = pd->config[I440FX_SMRAM];

    memory_region_transaction_begin();
    for (int i = 0; i < PAM_REGIONS_COUNT; i++) {
        pam_update(&d->pam_regions[i], i, pd->config[I440FX_PAM + DIV_ROUND_UP(i, 2)]);
    }
    memory_region_set_enabled(&d->smram_region, !(smram & SMRAM_D_OPEN));
    memory_region_set_enabled(&d->smram, smram & SMRAM_G_SMRAME);
    memory_region_transaction_commit();
}

/* ---- registers ---- */

static void i440fx_write_config(PCIDevice *pd, uint32_t address, uint32_t val, int len)
{
    PCII440FXState *d = I440FX_PCI_DEVICE(pd);

    pci_default_write_config(pd, address, val, len);
    if (ranges_overlap(address, len, I440FX_SMRAM, 1) && (pd->config[I440FX_SMRAM] & SMRAM_D_LCK)) {
        /* Locked until reset: open goes off for good, and the register turns read-only. */
        pd->config[I440FX_SMRAM] &= ~SMRAM_D_OPEN;
        pd->wmask[I440FX_SMRAM] = SMRAM_D_CLS;
    }
    if (ranges_overlap(address, len, I440FX_PAM, I440FX_PAM_SIZE) ||
        ranges_overlap(address, len, I440FX_SMRAM, 1)) {
        update_memory_mappings(d);
    }
}

/* ---- reset and saved state ---- */

static void i440fx_reset_hold(Object *obj, ResetType type)
{
    PCIDevice *pd = PCI_DEVICE(obj);

    pci_device_reset_hold(obj, type);
    /* Firmware tells a wake-up from a start by what it left in its shadow RAM. */
    if (type != RESET_TYPE_WAKEUP) {
        memset(pd->config + I440FX_PAM, 0, I440FX_PAM_SIZE);
    }
    pd->config[I440FX_SMRAM] = SMRAM_C_BASE_SEG;
    pd->wmask[I440FX_SMRAM] = SMRAM_D_CLS | SMRAM_D_OPEN | SMRAM_D_LCK | SMRAM_G_SMRAME;
    update_memory_mappings(I440FX_PCI_DEVICE(obj));
}

static int i440fx_post_load(void *opaque, int version_id)
{
    PCIDevice *pd = opaque;

    if (pd->config[I440FX_SMRAM] & SMRAM_D_LCK) {
        pd->wmask[I440FX_SMRAM] = SMRAM_D_CLS;
    }
    update_memory_mappings(opaque);
    return 0;
}

static const VMStateDescription vmstate_i440fx = {
    .name = "I440FX",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = i440fx_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PCII440FXState),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- the PCI function ---- */

static void i440fx_realize(PCIDevice *pd, Error **errp)
{
    I440FXState *host = I440FX_HOST(qdev_get_parent_bus(DEVICE(pd))->parent);
    PCII440FXState *d = I440FX_PCI_DEVICE(pd);
    Object *owner = OBJECT(d);

    memset(pd->wmask + I440FX_PAM, 0xff, I440FX_PAM_SIZE);
    pd->config[0x57] = 0x10; /* DRAM control: a value firmware takes for "configured" */

    /* Below PAM and SMRAM in priority: the bus, behind all of RAM. */
    memory_region_add_subregion_overlap(host->system_memory, 0, host->pci_address_space, -1);

    memory_region_init_alias(&d->smram_region, owner, "smram-region", host->pci_address_space,
                             SMRAM_BASE, SMRAM_SIZE);
    memory_region_add_subregion_overlap(host->system_memory, SMRAM_BASE, &d->smram_region, 1);
    memory_region_set_enabled(&d->smram_region, true);

    memory_region_init(&d->smram, owner, "smram", 4 * GiB);
    memory_region_set_enabled(&d->smram, false);
    memory_region_init_alias(&d->low_smram, owner, "smram-low", host->ram_memory, SMRAM_BASE,
                             SMRAM_SIZE);
    memory_region_set_enabled(&d->low_smram, true);
    memory_region_add_subregion(&d->smram, SMRAM_BASE, &d->low_smram);
    /* CPUs find it by this name: it is their view of memory in SMM. */
    object_property_add_const_link(qdev_get_machine(), "smram", OBJECT(&d->smram));

    init_pam(&d->pam_regions[0], owner, host->ram_memory, host->system_memory,
             host->pci_address_space, PAM_BIOS_BASE, PAM_BIOS_SIZE);
    for (int i = 0; i < PAM_REGIONS_COUNT - 1; i++) {
        init_pam(&d->pam_regions[i + 1], owner, host->ram_memory, host->system_memory,
                 host->pci_address_space, PAM_EXPAN_BASE + i * PAM_EXPAN_SIZE, PAM_EXPAN_SIZE);
    }
}

static void i440fx_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = i440fx_realize;
    k->config_write = i440fx_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_82441;
    k->revision = 0x02;
    k->class_id = PCI_CLASS_BRIDGE_HOST;
    dc->desc = "Host bridge";
    dc->vmsd = &vmstate_i440fx;
    RESETTABLE_CLASS(klass)->phases.hold = i440fx_reset_hold;
    /* Part of the host bridge, of no use by itself. */
    dc->user_creatable = false;
    dc->hotpluggable = false;
}

/* ---- the host bridge ---- */

static void i440fx_host_init(Object *obj)
{
    I440FXState *s = I440FX_HOST(obj);
    PCIHostState *phb = PCI_HOST_BRIDGE(obj);

    memory_region_init_io(&phb->conf_mem, obj, &pci_host_conf_le_ops, phb, "pci-conf-idx", 4);
    memory_region_init_io(&phb->data_mem, obj, &pci_host_data_le_ops, phb, "pci-conf-data", 4);

    object_property_add_link(obj, PCI_HOST_PROP_RAM_MEM, TYPE_MEMORY_REGION,
                             (Object **)&s->ram_memory, object_property_allow_set_link, 0);
    object_property_add_link(obj, PCI_HOST_PROP_PCI_MEM, TYPE_MEMORY_REGION,
                             (Object **)&s->pci_address_space, object_property_allow_set_link, 0);
    object_property_add_link(obj, PCI_HOST_PROP_SYSTEM_MEM, TYPE_MEMORY_REGION,
                             (Object **)&s->system_memory, object_property_allow_set_link, 0);
    object_property_add_link(obj, PCI_HOST_PROP_IO_MEM, TYPE_MEMORY_REGION,
                             (Object **)&s->io_memory, object_property_allow_set_link, 0);
}

static void i440fx_host_realize(DeviceState *dev, Error **errp)
{
    I440FXState *s = I440FX_HOST(dev);
    PCIHostState *phb = PCI_HOST_BRIDGE(dev);

    /* Firmware knows the bridge by them: /pci@i0cf8. */
    sysbus_init_ioports(SYS_BUS_DEVICE(dev), 0xcf8, 4);
    sysbus_init_ioports(SYS_BUS_DEVICE(dev), 0xcfc, 4);
    memory_region_add_subregion(s->io_memory, 0xcf8, &phb->conf_mem);
    memory_region_add_subregion(s->io_memory, 0xcfc, &phb->data_mem);
    phb->bus = pci_root_bus_new(dev, NULL, s->pci_address_space, s->io_memory, 0, TYPE_PCI_BUS);
    pci_create_simple(phb->bus, 0, TYPE_I440FX_PCI_DEVICE);
}

static const Property i440fx_props[] = {
    DEFINE_PROP_SIZE(PCI_HOST_BELOW_4G_MEM_SIZE, I440FXState, below_4g_mem_size, 0),
    DEFINE_PROP_SIZE(PCI_HOST_ABOVE_4G_MEM_SIZE, I440FXState, above_4g_mem_size, 0),
};

static void i440fx_host_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = i440fx_host_realize;
    dc->fw_name = "pci";
    device_class_set_props(dc, i440fx_props);
    dc->user_creatable = false;
}

static const TypeInfo i440fx_types[] = {
    {
        .name = TYPE_I440FX_PCI_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCII440FXState),
        .class_init = i440fx_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_I440FX_PCI_HOST_BRIDGE,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(I440FXState),
        .instance_init = i440fx_host_init,
        .class_init = i440fx_host_class_init,
    },
};

DEFINE_TYPES(i440fx_types)
