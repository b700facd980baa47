/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power management block of ICH9's LPC bridge (I/O Controller Hub 9 data sheet, order number
 * 316972, 13.8.3): ACPI fixed hardware, general purpose events, SMI enable and status.
 */
#include "qemu/osdep.h"
#include "hw/southbridge/ich9.h"
#include "migration/vmstate.h"
#include "qapi/visitor.h"
#include "system/runstate.h"

#define SMI_STS               4
#define ICH9_PCI_HOTPLUG_BASE 0xcc0
#define ICH9_CPU_HOTPLUG_BASE 0xcd8

static void update_sci(ACPIREGS *regs)
{
    ICH9PMState *pm = container_of(regs, ICH9PMState, acpi_regs);

    acpi_update_sci(&pm->acpi_regs, pm->irq);
}

static uint64_t gpe_read(void *opaque, hwaddr addr, unsigned width)
{
    ICH9PMState *pm = opaque;

    return acpi_gpe_ioport_readb(&pm->acpi_regs, addr);
}

static void gpe_write(void *opaque, hwaddr addr, uint64_t val, unsigned width)
{
    ICH9PMState *pm = opaque;

    acpi_gpe_ioport_writeb(&pm->acpi_regs, addr, val);
    update_sci(&pm->acpi_regs);
}

static const MemoryRegionOps gpe_ops = {
    .read = gpe_read,
    .write = gpe_write,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static uint64_t smi_read(void *opaque, hwaddr addr, unsigned width)
{
    ICH9PMState *pm = opaque;

    return addr == 0 ? pm->smi_en : addr == SMI_STS ? pm->smi_sts : 0;
}

static void smi_write(void *opaque, hwaddr addr, uint64_t val, unsigned width)
{
    ICH9PMState *pm = opaque;
    /* TCO_EN cannot be changed once TCO1_CNT.TCO_LOCK is set (13.9.7). */
    uint32_t fixed = pm->tco.cnt1 & 0x1000 ? ICH9_SMI_EN_TCO : 0;

    fixed |= ich9_smi_locked(pm->lpc) ? ICH9_SMI_EN_GBL : 0;
    if (addr == 0) {
        pm->smi_en = (pm->smi_en & fixed) | (val & ~fixed);
    } else if (addr == SMI_STS) {
        pm->smi_sts &= ~val;
    }
}

static const MemoryRegionOps smi_ops = {
    .read = smi_read,
    .write = smi_write,
    .valid = {.min_access_size = 4, .max_access_size = 4},
    .impl = {.min_access_size = 4, .max_access_size = 4},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

void ich9_pm_iospace_update(ICH9PMState *pm, uint32_t base)
{
    pm->base = base;
    memory_region_transaction_begin();
    memory_region_set_enabled(&pm->io, base != 0);
    memory_region_set_address(&pm->io, base);
    memory_region_transaction_commit();
}

void ich9_pm_reset(ICH9PMState *pm)
{
    acpi_pm1_evt_reset(&pm->acpi_regs);
    acpi_pm1_cnt_reset(&pm->acpi_regs);
    acpi_pm_tmr_reset(&pm->acpi_regs);
    acpi_gpe_reset(&pm->acpi_regs);
    /* Without SMM, firmware must not wait for the SMI that would switch to ACPI mode. */
    pm->smi_en = pm->smm_enabled ? 0 : ICH9_SMI_EN_APMC;
    pm->smi_sts = 0;
    ich9_tco_reset(&pm->tco);
    acpi_pcihp_reset(&pm->pcihp);
    acpi_cpu_hotplug_reset(&pm->cpuhp);
    acpi_memory_hotplug_reset(&pm->memhp);
    update_sci(&pm->acpi_regs);
}

static void on_powerdown(Notifier *n, void *opaque)
{
    acpi_pm1_evt_power_down(&container_of(n, ICH9PMState, powerdown)->acpi_regs);
}

void ich9_pm_init(ICH9LPCState *lpc, ICH9PMState *pm, bool smm_enabled, qemu_irq sci)
{
    ACPIREGS *ar = &pm->acpi_regs;
    PCIBus *bus = pci_get_bus(PCI_DEVICE(lpc));

    pm->lpc = lpc;
    pm->irq = sci;
    pm->smm_enabled = smm_enabled;
    memory_region_init(&pm->io, OBJECT(lpc), "ich9-pm", ICH9_PM_LEN);
    memory_region_set_enabled(&pm->io, false);
    memory_region_add_subregion(bus->address_space_io, 0, &pm->io);

    acpi_pm_tmr_init(ar, update_sci, &pm->io);
    acpi_pm1_evt_init(ar, update_sci, &pm->io);
    acpi_pm1_cnt_init(ar, &pm->io, pm->disable_s3, pm->disable_s4, pm->s4_val, !smm_enabled);
    acpi_gpe_init(ar, ICH9_PM_GPE0_LEN);
    memory_region_init_io(&pm->io_gpe, OBJECT(lpc), &gpe_ops, pm, "acpi-gpe0", ICH9_PM_GPE0_LEN);
    memory_region_add_subregion(&pm->io, ICH9_PM_GPE0, &pm->io_gpe);
    memory_region_init_io(&pm->io_smi, OBJECT(lpc), &smi_ops, pm, "acpi-smi", 8);
    memory_region_add_subregion(&pm->io, ICH9_PM_SMI_EN, &pm->io_smi);
    ich9_tco_init(&pm->tco, lpc, &pm->io);
    acpi_pcihp_init(&pm->pcihp, OBJECT(lpc), bus, bus->address_space_io, ICH9_PCI_HOTPLUG_BASE);
    acpi_cpu_hotplug_init(&pm->cpuhp, OBJECT(lpc), machine_current(), bus->address_space_io,
                          ICH9_CPU_HOTPLUG_BASE);
    acpi_memory_hotplug_init(&pm->memhp, OBJECT(lpc), machine_current(), bus->address_space_io);

    pm->powerdown.notify = on_powerdown;
    qemu_register_powerdown_notifier(&pm->powerdown);
}

static int pm_post_load(void *opaque, int version_id)
{
    ICH9PMState *pm = opaque;

    /* In ticks; far from what would overflow as nanoseconds. */
    if (pm->acpi_regs.tmr_overflow_time < 0 || pm->acpi_regs.tmr_overflow_time > INT64_MAX / 1000) {
        return -EINVAL;
    }
    return 0;
}

const VMStateDescription vmstate_ich9_pm = {
    .name = "ich9_pm",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pm_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16(acpi_regs.pm1_sts, ICH9PMState),
            VMSTATE_UINT16(acpi_regs.pm1_en, ICH9PMState),
            VMSTATE_UINT16(acpi_regs.pm1_cnt, ICH9PMState),
            VMSTATE_TIMER_PTR(acpi_regs.tmr_timer, ICH9PMState),
            VMSTATE_INT64(acpi_regs.tmr_overflow_time, ICH9PMState),
            {.name = "gpe.sts",
             .size = ICH9_PM_GPE0_LEN / 2,
             .info = &vmstate_info_buffer,
             .flags = VMS_BUFFER | VMS_POINTER,
             .offset = offsetof(ICH9PMState, acpi_regs.gpe.sts)},
            {.name = "gpe.en",
             .size = ICH9_PM_GPE0_LEN / 2,
             .info = &vmstate_info_buffer,
             .flags = VMS_BUFFER | VMS_POINTER,
             .offset = offsetof(ICH9PMState, acpi_regs.gpe.en)},
            VMSTATE_PCI_HOTPLUG(pcihp, ICH9PMState),
            VMSTATE_CPU_HOTPLUG(cpuhp, ICH9PMState),
            VMSTATE_MEMORY_HOTPLUG(memhp, ICH9PMState),
            VMSTATE_UINT32(smi_en, ICH9PMState),
            VMSTATE_UINT32(smi_sts, ICH9PMState),
            VMSTATE_STRUCT(tco, ICH9PMState, 1, vmstate_ich9_tco, ICH9TCOState),
            VMSTATE_END_OF_LIST(),
        },
};

static void get_gpe0_blk(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t value = ((ICH9PMState *)opaque)->base + ICH9_PM_GPE0;

    visit_type_uint32(v, name, &value, errp);
}

static void get_pm_io_base(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t value = ((ICH9PMState *)opaque)->base;

    visit_type_uint32(v, name, &value, errp);
}

void ich9_pm_add_properties(Object *obj, ICH9PMState *pm)
{
    static const uint8_t acpi_enable = ICH9_ACPI_ENABLE, acpi_disable = ICH9_ACPI_DISABLE;
    static const uint32_t gpe0_len = ICH9_PM_GPE0_LEN;
    static const uint16_t smi_cmd = APM_CNT_IOPORT;

    object_property_add(obj, "pm_io_base", "uint32", get_pm_io_base, NULL, NULL, pm);
    object_property_add(obj, "gpe0_blk", "uint32", get_gpe0_blk, NULL, NULL, pm);
    object_property_add_uint32_ptr(obj, "gpe0_blk_len", &gpe0_len, OBJ_PROP_FLAG_READ);
    object_property_add_uint8_ptr(obj, "acpi_enable_cmd", &acpi_enable, OBJ_PROP_FLAG_READ);
    object_property_add_uint8_ptr(obj, "acpi_disable_cmd", &acpi_disable, OBJ_PROP_FLAG_READ);
    object_property_add_uint16_ptr(obj, "smi_cmd", &smi_cmd, OBJ_PROP_FLAG_READ);
}
