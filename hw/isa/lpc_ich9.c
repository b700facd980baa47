/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPC interface bridge of the Intel ICH9 (D31:F0): interrupt routing, chipset configuration
 * registers, reset control, SMI.
 *
 * Specification: I/O Controller Hub 9 data sheet, order number 316972; chapter 10 (chipset
 * configuration), 13.1 (PCI registers), 13.7.5 (reset control). The negotiation of SMI features
 * by fw_cfg files is this machine's own.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "hw/core/cpu.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-properties.h"
#include "hw/southbridge/ich9.h"
#include "migration/vmstate.h"
#include "qemu/bitops.h"
#include "qemu/range.h"
#include "system/runstate.h"
#include "target/i386/cpu.h"

#define LPC_PMBASE            0x40
#define PMBASE_RTE            0x01
#define PMBASE_MASK           0xff80
#define LPC_ACPI_CTRL         0x44
#define ACPI_CTRL_EN          0x80
#define ACPI_CTRL_SCI_MASK    0x07
#define LPC_PIRQA_ROUT        0x60
#define LPC_PIRQE_ROUT        0x68
#define PIRQ_ROUT_IRQEN       0x80 /* set: not routed */
#define PIRQ_ROUT_MASK        0x0f
#define LPC_GEN_PMCON_1       0xa0
#define GEN_PMCON_1_SMI_LOCK  0x10
#define LPC_RCBA              0xf0
#define RCBA_EN               0x01
#define RCBA_MASK             0xffffc000
#define CC_D31IR              0x3140
#define CC_GCS                0x3410
#define GCS_NO_REBOOT         0x20
#define RST_CNT_PORT          0xcf9
#define RST_CNT_RCPU          0x04

#define SMI_FEATURE_BROADCAST 0

ISABus *ich9_lpc_isa_bus(ICH9LPCState *s)
{
    return s->isa_bus;
}

/* ---- interrupts ---- */

/* The chipset configuration register that routes the pins of device @slot; 0: it has none. */
static unsigned dir_register(int slot)
{
    static const uint16_t registers[] = {
        [25] = 0x3150, [26] = 0x314c, [27] = 0x3148, [28] = 0x3146, [29] = 0x3144, [31] = CC_D31IR,
    };

    return slot < ARRAY_SIZE(registers) ? registers[slot] : 0;
}

/*
 * Devices of the chipset go where DxxIR says (10.1.50-57), by default PIRQA to PIRQD; slots
 * are wired to PIRQE to PIRQH in turn, and the PCI bridge's pins in order.
 */
static void compute_routes(ICH9LPCState *s)
{
    for (int slot = 0; slot < PCI_SLOT_MAX; slot++) {
        unsigned reg = dir_register(slot);

        for (int pin = 0; pin < PCI_NUM_PINS; pin++) {
            uint16_t dir = reg ? lduw_le_p(s->chip_config + reg) : 0;

            s->irr[slot][pin] = reg          ? (dir >> (4 * pin)) & (ICH9_NUM_PIRQS - 1)
                                : slot == 30 ? 4 + pin
                                             : 4 + ((slot + pin) & 3);
        }
    }
}

static void update_routes(ICH9LPCState *s)
{
    uint8_t before[sizeof(s->irr)];

    memcpy(before, s->irr, sizeof(before));
    compute_routes(s);
    if (memcmp(before, s->irr, sizeof(before))) {
        pci_bus_irqs_remapped(pci_get_bus(PCI_DEVICE(s)));
    }
}

static int ich9_map_irq(PCIDevice *d, int pin)
{
    ICH9LPCState *s = ICH9_LPC_DEVICE(pci_main_root(pci_get_bus(d))->irq_opaque);

    return s->irr[PCI_SLOT(d->devfn)][pin];
}

/* ISA interrupt of PIRQ @pirq while the PICs are in use, -1 for none. */
static int pirq_to_isa(ICH9LPCState *s, int pirq)
{
    uint8_t rout = PCI_DEVICE(s)->config[(pirq < 4 ? LPC_PIRQA_ROUT : LPC_PIRQE_ROUT - 4) + pirq];

    return rout & PIRQ_ROUT_IRQEN ? -1 : rout & PIRQ_ROUT_MASK;
}

static int sci_irq(ICH9LPCState *s)
{
    static const int8_t irqs[8] = {9, 10, 11, -1, 20, 21, -1, -1};

    return irqs[PCI_DEVICE(s)->config[LPC_ACPI_CTRL] & ACPI_CTRL_SCI_MASK];
}

/* Line @irq from all that drive it. */
static void update_line(ICH9LPCState *s, int irq)
{
    bool level = s->sci_level && sci_irq(s) == irq;

    for (int pirq = 0; pirq < ICH9_NUM_PIRQS; pirq++) {
        if (s->pirq_levels & (1u << pirq)) {
            level |= pirq_to_isa(s, pirq) == irq || ICH9_PIRQ_GSI + pirq == irq;
        }
    }
    /* ISA devices drive the same lines: what this bridge does not assert is not its to lower. */
    if (level != !!(s->asserted & (1u << irq))) {
        s->asserted = deposit32(s->asserted, irq, 1, level);
        qemu_set_irq(s->gsi[irq], level);
    }
}

static void update_all_lines(ICH9LPCState *s)
{
    for (int irq = 0; irq < ARRAY_SIZE(s->gsi); irq++) {
        update_line(s, irq);
    }
}

static void ich9_set_irq(void *opaque, int pirq, int level)
{
    ICH9LPCState *s = opaque;
    int isa = pirq_to_isa(s, pirq);

    s->pirq_levels = deposit64(s->pirq_levels, pirq, 1, !!level);
    update_line(s, ICH9_PIRQ_GSI + pirq);
    if (isa >= 0) {
        update_line(s, isa);
    }
}

static PCIINTxRoute ich9_route_intx(void *opaque, int pirq)
{
    return (PCIINTxRoute){PCI_INTX_ENABLED, ICH9_PIRQ_GSI + pirq};
}

static void set_sci(void *opaque, int n, int level)
{
    ICH9LPCState *s = opaque;
    int irq = sci_irq(s);

    s->sci_level = level;
    if (irq >= 0) {
        update_line(s, irq);
    }
}

/* ---- SMI ---- */

static void smi_all_cpus(void)
{
    CPUState *cs;

    CPU_FOREACH (cs) {
        cpu_interrupt(cs, CPU_INTERRUPT_SMI);
    }
}

void ich9_generate_smi(ICH9LPCState *s)
{
    if (!s->pm.smm_enabled || !(s->pm.smi_en & ICH9_SMI_EN_GBL)) {
        return;
    }
    cpu_interrupt(current_cpu ? current_cpu : first_cpu, CPU_INTERRUPT_SMI);
}

static void apm_command(uint32_t val, void *opaque)
{
    ICH9LPCState *s = opaque;

    acpi_pm1_cnt_update(&s->pm.acpi_regs, val == ICH9_ACPI_ENABLE, val == ICH9_ACPI_DISABLE);
    if (!s->pm.smm_enabled || !(s->pm.smi_en & ICH9_SMI_EN_APMC)) {
        return;
    }
    if (s->smi_negotiated_features & (1u << SMI_FEATURE_BROADCAST)) {
        smi_all_cpus();
    } else if (current_cpu) {
        cpu_interrupt(current_cpu, CPU_INTERRUPT_SMI);
    }
}

/* Firmware selects etc/smi/features-ok when it has written what it wants. */
static void negotiate_smi_features(void *opaque)
{
    ICH9LPCState *s = opaque;
    uint64_t wanted = ldq_le_p(s->smi_guest_features_le);

    if (s->smi_features_ok || (wanted & ~ldq_le_p(s->smi_host_features_le))) {
        return;
    }
    s->smi_negotiated_features = wanted;
    s->smi_features_ok = 1;
    /* From now on it cannot be changed before the next reset. */
    memset(s->smi_guest_features_le, 0, sizeof(s->smi_guest_features_le));
    stq_le_p(s->smi_guest_features_le, wanted);
}

static void add_smi_files(ICH9LPCState *s, FWCfgState *fw_cfg)
{
    uint64_t features = s->smi_broadcast ? 1u << SMI_FEATURE_BROADCAST : 0;

    if (!features) {
        return;
    }
    stq_le_p(s->smi_host_features_le, features);
    fw_cfg_add_file(fw_cfg, "etc/smi/supported-features", s->smi_host_features_le,
                    sizeof(s->smi_host_features_le), &error_fatal);
    fw_cfg_add_file_callback(fw_cfg, "etc/smi/requested-features", NULL, NULL, s,
                             s->smi_guest_features_le, sizeof(s->smi_guest_features_le), false,
                             &error_fatal);
    fw_cfg_add_file_callback(fw_cfg, "etc/smi/features-ok", negotiate_smi_features, NULL, s,
                             &s->smi_features_ok, 1, true, &error_fatal);
}

/* ---- chipset configuration registers ---- */

bool ich9_no_reboot(ICH9LPCState *s)
{
    return ldl_le_p(s->chip_config + CC_GCS) & GCS_NO_REBOOT;
}

static void cc_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    ICH9LPCState *s = opaque;

    for (unsigned i = 0; i < len; i++, val >>= 8) {
        s->chip_config[addr + i] = val;
    }
    update_routes(s);
}

static uint64_t cc_read(void *opaque, hwaddr addr, unsigned len)
{
    ICH9LPCState *s = opaque;
    uint32_t val = 0;

    for (unsigned i = 0; i < len; i++) {
        val |= (uint32_t)s->chip_config[addr + i] << (8 * i);
    }
    return val;
}

static const MemoryRegionOps cc_ops = {
    .read = cc_read,
    .write = cc_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 4},
};

static void cc_reset(ICH9LPCState *s)
{
    memset(s->chip_config, 0, sizeof(s->chip_config));
    for (int slot = 0; slot < PCI_SLOT_MAX; slot++) {
        if (dir_register(slot)) {
            stw_le_p(s->chip_config + dir_register(slot), 0x3210);
        }
    }
    if (s->pin_noreboot) {
        stl_le_p(s->chip_config + CC_GCS, GCS_NO_REBOOT);
    }
    update_routes(s);
}

/* ---- reset control ---- */

static void rst_cnt_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    ICH9LPCState *s = opaque;

    if (val & RST_CNT_RCPU) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        return;
    }
    s->rst_cnt = val & 0xa; /* SYS_RST and FULL_RST stay */
}

static uint64_t rst_cnt_read(void *opaque, hwaddr addr, unsigned len)
{
    return ((ICH9LPCState *)opaque)->rst_cnt;
}

static const MemoryRegionOps rst_cnt_ops = {
    .read = rst_cnt_read,
    .write = rst_cnt_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

/* ---- PCI registers ---- */

static void update_pmbase(ICH9LPCState *s)
{
    const uint8_t *config = PCI_DEVICE(s)->config;
    bool enabled = config[LPC_ACPI_CTRL] & ACPI_CTRL_EN;

    ich9_pm_iospace_update(&s->pm, enabled ? pci_get_long(config + LPC_PMBASE) & PMBASE_MASK : 0);
}

uint32_t ich9_chip_config_base(ICH9LPCState *s)
{
    uint32_t rcba = pci_get_long(PCI_DEVICE(s)->config + LPC_RCBA);

    return rcba & RCBA_EN ? rcba & RCBA_MASK : 0;
}

static void update_rcba(ICH9LPCState *s)
{
    uint32_t rcba = pci_get_long(PCI_DEVICE(s)->config + LPC_RCBA);

    memory_region_transaction_begin();
    memory_region_set_enabled(&s->rcrb_mem, rcba & RCBA_EN);
    memory_region_set_address(&s->rcrb_mem, rcba & RCBA_MASK);
    memory_region_transaction_commit();
}

bool ich9_smi_locked(ICH9LPCState *s)
{
    return PCI_DEVICE(s)->config[LPC_GEN_PMCON_1] & GEN_PMCON_1_SMI_LOCK;
}

/* SMI_LOCK freezes SMI_EN's global bit, and itself, until reset (13.8.1.1). */
static void update_smi_lock(ICH9LPCState *s)
{
    PCIDevice *d = PCI_DEVICE(s);

    if (ich9_smi_locked(s)) {
        d->wmask[LPC_GEN_PMCON_1] &= ~GEN_PMCON_1_SMI_LOCK;
    }
}

static void ich9_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    ICH9LPCState *s = ICH9_LPC_DEVICE(d);

    pci_default_write_config(d, address, val, len);
    if (ranges_overlap(address, len, LPC_PMBASE, 4) ||
        ranges_overlap(address, len, LPC_ACPI_CTRL, 1)) {
        update_pmbase(s);
        update_all_lines(s);
    }
    if (ranges_overlap(address, len, LPC_RCBA, 4)) {
        update_rcba(s);
    }
    if (ranges_overlap(address, len, LPC_PIRQA_ROUT, 4) ||
        ranges_overlap(address, len, LPC_PIRQE_ROUT, 4)) {
        update_all_lines(s);
    }
    if (ranges_overlap(address, len, LPC_GEN_PMCON_1, 1)) {
        update_smi_lock(s);
    }
}

/* ---- reset and saved state ---- */

static void ich9_reset_hold(Object *obj, ResetType type)
{
    ICH9LPCState *s = ICH9_LPC_DEVICE(obj);
    PCIDevice *d = PCI_DEVICE(obj);

    pci_device_reset_hold(obj, type);
    for (int i = 0; i < 4; i++) {
        d->config[LPC_PIRQA_ROUT + i] = d->config[LPC_PIRQE_ROUT + i] = PIRQ_ROUT_IRQEN;
    }
    pci_set_long(d->config + LPC_PMBASE, PMBASE_RTE);
    d->config[LPC_ACPI_CTRL] = 0;
    pci_set_long(d->config + LPC_RCBA, 0);
    d->config[LPC_GEN_PMCON_1] = 0;
    d->wmask[LPC_GEN_PMCON_1] = 0xff;
    cc_reset(s);
    s->pirq_levels = 0;
    s->sci_level = false;
    update_all_lines(s);
    s->rst_cnt = 0;
    s->apm.apmc = s->apm.apms = 0;
    s->smi_features_ok = 0;
    s->smi_negotiated_features = 0;
    memset(s->smi_guest_features_le, 0, sizeof(s->smi_guest_features_le));
    update_pmbase(s);
    update_rcba(s);
    if (s->pm.lpc) {
        ich9_pm_reset(&s->pm);
    }
}

static int ich9_post_load(void *opaque, int version_id)
{
    ICH9LPCState *s = opaque;

    if (s->pirq_levels >> ICH9_NUM_PIRQS || s->asserted >> ARRAY_SIZE(s->gsi) ||
        s->smi_features_ok > 1) {
        return -EINVAL;
    }
    update_routes(s);
    update_pmbase(s);
    update_rcba(s);
    update_smi_lock(s);
    return 0;
}

static const VMStateDescription vmstate_ich9_lpc = {
    .name = "ICH9LPC",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ich9_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, ICH9LPCState),
            VMSTATE_STRUCT(apm, ICH9LPCState, 1, vmstate_apm, APMState),
            VMSTATE_STRUCT(pm, ICH9LPCState, 1, vmstate_ich9_pm, ICH9PMState),
            VMSTATE_UINT8_ARRAY(chip_config, ICH9LPCState, 16 * 1024),
            VMSTATE_UINT8(rst_cnt, ICH9LPCState),
            VMSTATE_UINT64(pirq_levels, ICH9LPCState),
            VMSTATE_BOOL(sci_level, ICH9LPCState),
            VMSTATE_UINT32(asserted, ICH9LPCState),
            VMSTATE_UINT8_ARRAY(smi_guest_features_le, ICH9LPCState, 8),
            VMSTATE_UINT8(smi_features_ok, ICH9LPCState),
            VMSTATE_UINT64(smi_negotiated_features, ICH9LPCState),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- realize ---- */

void ich9_lpc_pm_init(ICH9LPCState *s, bool smm_enabled)
{
    FWCfgState *fw_cfg = fw_cfg_find();

    ich9_pm_init(s, &s->pm, smm_enabled, qemu_allocate_irq(set_sci, s, 0));
    if (smm_enabled && fw_cfg) {
        add_smi_files(s, fw_cfg);
    }
}

static void ich9_realize(PCIDevice *d, Error **errp)
{
    ICH9LPCState *s = ICH9_LPC_DEVICE(d);
    PCIBus *bus = pci_get_bus(d);

    s->isa_bus = isa_bus_new(DEVICE(d), get_system_memory(), get_system_io(), errp);
    if (!s->isa_bus) {
        return;
    }
    isa_bus_register_input_irqs(s->isa_bus, s->gsi);

    pci_set_long(d->wmask + LPC_PMBASE, PMBASE_MASK);
    d->wmask[LPC_ACPI_CTRL] = ACPI_CTRL_EN | ACPI_CTRL_SCI_MASK;
    pci_set_long(d->wmask + LPC_RCBA, RCBA_MASK | RCBA_EN);

    apm_init(d, &s->apm, apm_command, s);
    memory_region_init_io(&s->rcrb_mem, OBJECT(d), &cc_ops, s, "lpc-rcrb-mmio",
                          sizeof(s->chip_config));
    memory_region_set_enabled(&s->rcrb_mem, false);
    memory_region_add_subregion_overlap(get_system_memory(), 0, &s->rcrb_mem, 1);
    memory_region_init_io(&s->rst_cnt_mem, OBJECT(d), &rst_cnt_ops, s, "lpc-reset-control", 1);
    memory_region_add_subregion_overlap(get_system_io(), RST_CNT_PORT, &s->rst_cnt_mem, 1);

    pci_bus_irqs(bus, ich9_set_irq, s, ICH9_NUM_PIRQS);
    pci_bus_map_irqs(bus, ich9_map_irq);
    pci_bus_set_route_irq_fn(bus, ich9_route_intx);
    compute_routes(s);
}

static void ich9_initfn(Object *obj)
{
    ICH9LPCState *s = ICH9_LPC_DEVICE(obj);

    qdev_init_gpio_out_named(DEVICE(obj), s->gsi, "gsi", ARRAY_SIZE(s->gsi));
    ich9_pm_add_properties(obj, &s->pm);
}

static void ich9_finalize(Object *obj)
{
    acpi_cpu_hotplug_finalize(&ICH9_LPC_DEVICE(obj)->pm.cpuhp);
    acpi_memory_hotplug_finalize(&ICH9_LPC_DEVICE(obj)->pm.memhp);
}

static const Property ich9_props[] = {
    DEFINE_PROP_BOOL("noreboot", ICH9LPCState, pin_noreboot, true),
    DEFINE_PROP_BOOL("x-smi-broadcast", ICH9LPCState, smi_broadcast, true),
    DEFINE_PROP_BOOL("acpi-pci-hotplug-with-bridge-support", ICH9LPCState, pm.pcihp.bridges_enabled,
                     true),
    DEFINE_PROP_UINT8("disable_s3", ICH9LPCState, pm.disable_s3, 0),
    DEFINE_PROP_UINT8("disable_s4", ICH9LPCState, pm.disable_s4, 0),
    DEFINE_PROP_UINT8("s4_val", ICH9LPCState, pm.s4_val, 2),
};

static void ich9_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    ich9_pm_class_init_hotplug(klass);
    k->realize = ich9_realize;
    k->config_write = ich9_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = 0x2918;
    k->revision = 0x02;
    k->class_id = PCI_CLASS_BRIDGE_ISA;
    dc->desc = "ICH9 LPC bridge";
    dc->fw_name = "isa";
    dc->vmsd = &vmstate_ich9_lpc;
    dc->hotpluggable = false;
    dc->user_creatable = false; /* the board wires it */
    device_class_set_props(dc, ich9_props);
    RESETTABLE_CLASS(klass)->phases.hold = ich9_reset_hold;
}

static const TypeInfo ich9_types[] = {
    {
        .name = TYPE_ICH9_LPC_DEVICE,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(ICH9LPCState),
        .instance_init = ich9_initfn,
        .instance_finalize = ich9_finalize,
        .class_init = ich9_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE},
                                              {TYPE_ACPI_DEVICE_IF},
                                              {TYPE_HOTPLUG_HANDLER},
                                              {}},
    },
};

DEFINE_TYPES(ich9_types)
