/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power management function of the Intel 82371AB (PIIX4), function 3: ACPI
 * fixed hardware, the general purpose event block, SMI on the APM port.
 *
 * Specification: Intel 82371AB (PIIX4) data sheet, order number 290562,
 * chapter 7 (power management registers), 11.5 (ACPI).
 */

#include "qemu/osdep.h"
#include "hw/acpi/acpi.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "hw/acpi/cpu_hotplug.h"
#include "hw/acpi/memory_hotplug.h"
#include "hw/acpi/pcihp.h"
#include "hw/core/cpu.h"
#include "hw/i2c/pm_smbus.h"
#include "hw/isa/apm.h"
#include "hw/mem/pc-dimm.h"
#include "hw/qdev-properties.h"
#include "hw/southbridge/piix.h"
#include "migration/vmstate.h"
#include "qapi/visitor.h"
#include "qemu/range.h"
#include "system/runstate.h"
#include "target/i386/cpu.h"

#define PIIX4_PMBASE           0x40
#define PIIX4_DEVACTB          0x58 /* bit 25: SMI on APM writes */
#define PIIX4_PMREGMISC        0x80
#define PIIX4_SMBBASE          0x90
#define PIIX4_GPE_BASE         0xafe0
#define PIIX4_GPE_LEN          4
#define PIIX4_PCI_HOTPLUG_BASE 0xae00
#define PIIX4_CPU_HOTPLUG_BASE 0xaf00
#define ACPI_ENABLE            0xf1
#define ACPI_DISABLE           0xf0

OBJECT_DECLARE_SIMPLE_TYPE(PIIX4PMState, PIIX4_PM)

struct PIIX4PMState {
    PCIDevice parent_obj;

    /* configuration */
    uint32_t smb_io_base;
    uint8_t disable_s3, disable_s4, s4_val;
    bool smm_enabled;

    /* wiring */
    MemoryRegion io, io_gpe;
    qemu_irq sci_irq;
    Notifier powerdown_notifier;

    /* state */
    ACPIREGS ar;
    APMState apm;
    AcpiPciHpState pcihp;
    AcpiCpuHpState cpuhp;
    AcpiMemHpState memhp;
    PMSMBus smb;
};

static void update_sci(ACPIREGS *regs)
{
    PIIX4PMState *s = container_of(regs, PIIX4PMState, ar);

    acpi_update_sci(&s->ar, s->sci_irq);
}

static void apm_command(uint32_t val, void *opaque)
{
    PIIX4PMState *s = opaque;

    acpi_pm1_cnt_update(&s->ar, val == ACPI_ENABLE, val == ACPI_DISABLE);
    if (s->smm_enabled && (s->parent_obj.config[PIIX4_DEVACTB + 3] & (1 << 1)) && current_cpu) {
        cpu_interrupt(current_cpu, CPU_INTERRUPT_SMI);
    }
}

/* Where the PM block is, once firmware chose a base and switched it on. */
static void update_io_space(PIIX4PMState *s)
{
    PCIDevice *d = &s->parent_obj;
    uint32_t base = le32_to_cpu(*(uint32_t *)(d->config + PIIX4_PMBASE)) & 0xffc0;

    memory_region_transaction_begin();
    memory_region_set_enabled(&s->io, d->config[PIIX4_PMREGMISC] & 1);
    memory_region_set_address(&s->io, base);
    memory_region_transaction_commit();
}

static void pm_write_config(PCIDevice *d, uint32_t address, uint32_t val, int len)
{
    pci_default_write_config(d, address, val, len);
    if (ranges_overlap(address, len, PIIX4_PMREGMISC, 1) ||
        ranges_overlap(address, len, PIIX4_PMBASE, 4)) {
        update_io_space(PIIX4_PM(d));
    }
}

static uint64_t gpe_read(void *opaque, hwaddr addr, unsigned width)
{
    PIIX4PMState *s = opaque;

    return acpi_gpe_ioport_readb(&s->ar, addr);
}

static void gpe_write(void *opaque, hwaddr addr, uint64_t val, unsigned width)
{
    PIIX4PMState *s = opaque;

    acpi_gpe_ioport_writeb(&s->ar, addr, val);
    update_sci(&s->ar);
}

static const MemoryRegionOps gpe_ops = {
    .read = gpe_read,
    .write = gpe_write,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static void send_event(AcpiDeviceIf *adev, AcpiEventStatusBits event)
{
    PIIX4PMState *s = PIIX4_PM(adev);

    acpi_send_gpe_event(&s->ar, event);
    update_sci(&s->ar);
}

static void on_powerdown(Notifier *n, void *opaque)
{
    acpi_pm1_evt_power_down(&container_of(n, PIIX4PMState, powerdown_notifier)->ar);
}

/* ---- devices that come and go ---- */

const AcpiCpuHpState *piix4_pm_cpuhp(DeviceState *dev)
{
    return &PIIX4_PM(dev)->cpuhp;
}

const AcpiPciHpState *piix4_pm_pcihp(DeviceState *dev)
{
    return &PIIX4_PM(dev)->pcihp;
}

const AcpiMemHpState *piix4_pm_memhp(DeviceState *dev)
{
    return &PIIX4_PM(dev)->memhp;
}

static bool is_a(DeviceState *dev, const char *type)
{
    return object_dynamic_cast(OBJECT(dev), type);
}

static void pm_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PIIX4PMState *s = PIIX4_PM(handler);

    if (is_a(dev, TYPE_PCI_DEVICE)) {
        if (acpi_pcihp_plug(&s->pcihp, PCI_DEVICE(dev), errp)) {
            send_event(ACPI_DEVICE_IF(handler), ACPI_PCI_HOTPLUG_STATUS);
        }
    } else if (!dev->hotplugged) {
        return;
    } else if (is_a(dev, TYPE_CPU)) {
        acpi_cpu_plug(&s->cpuhp, dev);
        send_event(ACPI_DEVICE_IF(handler), ACPI_CPU_HOTPLUG_STATUS);
    } else {
        acpi_memory_plug(&s->memhp, dev);
        send_event(ACPI_DEVICE_IF(handler), ACPI_MEMORY_HOTPLUG_STATUS);
    }
}

static void pm_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    PIIX4PMState *s = PIIX4_PM(handler);

    if (is_a(dev, TYPE_CPU)) {
        acpi_cpu_unplug_request(&s->cpuhp, dev);
        send_event(ACPI_DEVICE_IF(handler), ACPI_CPU_HOTPLUG_STATUS);
    } else if (is_a(dev, TYPE_PC_DIMM)) {
        acpi_memory_unplug_request(&s->memhp, dev);
        send_event(ACPI_DEVICE_IF(handler), ACPI_MEMORY_HOTPLUG_STATUS);
    } else if (acpi_pcihp_unplug_request(&s->pcihp, PCI_DEVICE(dev), errp)) {
        send_event(ACPI_DEVICE_IF(handler), ACPI_PCI_HOTPLUG_STATUS);
    }
}

static void pm_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (is_a(dev, TYPE_CPU)) {
        acpi_cpu_unplug(&PIIX4_PM(handler)->cpuhp, dev);
    } else if (is_a(dev, TYPE_PC_DIMM)) {
        acpi_memory_unplug(&PIIX4_PM(handler)->memhp, dev);
    } else {
        acpi_pcihp_unplug(&PIIX4_PM(handler)->pcihp, PCI_DEVICE(dev));
    }
}

static void ospm_status(AcpiDeviceIf *adev, ACPIOSTInfoList ***tail)
{
    acpi_memory_ospm_status(&PIIX4_PM(adev)->memhp, tail);
    acpi_cpu_ospm_status(&PIIX4_PM(adev)->cpuhp, tail);
}

/* ---- reset ---- */

static void pm_reset_hold(Object *obj, ResetType type)
{
    PIIX4PMState *s = PIIX4_PM(obj);
    uint8_t *c = s->parent_obj.config;

    pci_device_reset_hold(obj, type);
    acpi_pm1_evt_reset(&s->ar);
    acpi_pm1_cnt_reset(&s->ar);
    acpi_pm_tmr_reset(&s->ar);
    acpi_gpe_reset(&s->ar);
    acpi_update_sci(&s->ar, s->sci_irq);

    memset(c + PIIX4_DEVACTB, 0, 4);
    c[PIIX4_PMBASE] = 0x01; /* an I/O base */
    c[PIIX4_PMBASE + 1] = 0;
    c[PIIX4_PMREGMISC] = 0;
    /* Without SMM, firmware must not wait for the SMI that would switch to ACPI mode. */
    if (!s->smm_enabled) {
        c[PIIX4_DEVACTB + 3] = 0x02;
    }
    s->apm.apmc = s->apm.apms = 0;
    acpi_pcihp_reset(&s->pcihp);
    acpi_cpu_hotplug_reset(&s->cpuhp);
    acpi_memory_hotplug_reset(&s->memhp);
    pm_smbus_reset(&s->smb);
    update_io_space(s);
}

/* ---- saved state ---- */

static int pm_post_load(void *opaque, int version_id)
{
    PIIX4PMState *s = opaque;

    /* In ticks; far from what would overflow as nanoseconds. */
    if (s->ar.tmr_overflow_time < 0 || s->ar.tmr_overflow_time > INT64_MAX / 1000) {
        return -EINVAL;
    }
    update_io_space(s);
    return 0;
}

static const VMStateDescription vmstate_piix4_pm = {
    .name = "piix4_pm",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pm_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PIIX4PMState),
            VMSTATE_UINT16(ar.pm1_sts, PIIX4PMState),
            VMSTATE_UINT16(ar.pm1_en, PIIX4PMState),
            VMSTATE_UINT16(ar.pm1_cnt, PIIX4PMState),
            VMSTATE_STRUCT(apm, PIIX4PMState, 1, vmstate_apm, APMState),
            VMSTATE_TIMER_PTR(ar.tmr_timer, PIIX4PMState),
            VMSTATE_INT64(ar.tmr_overflow_time, PIIX4PMState),
            {.name = "gpe.sts",
             .size = 4,
             .info = &vmstate_info_buffer,
             .flags = VMS_BUFFER | VMS_POINTER,
             .offset = offsetof(PIIX4PMState, ar.gpe.sts)},
            {.name = "gpe.en",
             .size = 4,
             .info = &vmstate_info_buffer,
             .flags = VMS_BUFFER | VMS_POINTER,
             .offset = offsetof(PIIX4PMState, ar.gpe.en)},
            VMSTATE_PCI_HOTPLUG(pcihp, PIIX4PMState),
            VMSTATE_CPU_HOTPLUG(cpuhp, PIIX4PMState),
            VMSTATE_MEMORY_HOTPLUG(memhp, PIIX4PMState),
            VMSTATE_STRUCT(smb, PIIX4PMState, 1, vmstate_pm_smbus, PMSMBus),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- realize ---- */

static void pm_realize(PCIDevice *d, Error **errp)
{
    PIIX4PMState *s = PIIX4_PM(d);
    MemoryRegion *io = pci_get_bus(d)->address_space_io;

    pci_set_word(d->config + PCI_STATUS, PCI_STATUS_DEVSEL_MEDIUM | PCI_STATUS_FAST_BACK);
    d->config[PCI_INTERRUPT_PIN] = 1;
    d->config[0x5f] = 0x90; /* serial port decoding, as firmware expects to find it */
    d->config[0x63] = 0x60;
    d->config[0x67] = 0x08;
    d->config[PIIX4_SMBBASE] = s->smb_io_base | 1;
    d->config[PIIX4_SMBBASE + 1] = s->smb_io_base >> 8;
    d->config[0xd2] = 0x09; /* SMBus host enabled, SMI off */

    apm_init(d, &s->apm, apm_command, s);

    memory_region_init(&s->io, OBJECT(s), "piix4-pm", 64);
    memory_region_set_enabled(&s->io, false);
    memory_region_add_subregion(io, 0, &s->io);
    acpi_pm_tmr_init(&s->ar, update_sci, &s->io);
    acpi_pm1_evt_init(&s->ar, update_sci, &s->io);
    acpi_pm1_cnt_init(&s->ar, &s->io, s->disable_s3, s->disable_s4, s->s4_val, !s->smm_enabled);
    acpi_gpe_init(&s->ar, PIIX4_GPE_LEN);

    memory_region_init_io(&s->io_gpe, OBJECT(s), &gpe_ops, s, "acpi-gpe0", PIIX4_GPE_LEN);
    memory_region_add_subregion(io, PIIX4_GPE_BASE, &s->io_gpe);

    acpi_pcihp_init(&s->pcihp, OBJECT(s), pci_get_bus(d), io, PIIX4_PCI_HOTPLUG_BASE);
    acpi_cpu_hotplug_init(&s->cpuhp, OBJECT(s), machine_current(), io, PIIX4_CPU_HOTPLUG_BASE);
    acpi_memory_hotplug_init(&s->memhp, OBJECT(s), machine_current(), io);
    pm_smbus_init(DEVICE(s), &s->smb);
    memory_region_add_subregion(io, s->smb_io_base, &s->smb.io);

    s->powerdown_notifier.notify = on_powerdown;
    qemu_register_powerdown_notifier(&s->powerdown_notifier);
}

static void get_pm_io_base(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint16_t base = pci_get_word(PIIX4_PM(obj)->parent_obj.config + PIIX4_PMBASE) & 0xffc0;

    visit_type_uint16(v, name, &base, errp);
}

/* What ACPI tables say of this function. */
static void add_description(Object *obj)
{
    static const uint8_t acpi_enable = ACPI_ENABLE, acpi_disable = ACPI_DISABLE;
    static const uint32_t gpe0 = PIIX4_GPE_BASE, gpe0_len = PIIX4_GPE_LEN;
    static const uint16_t smi_cmd = 0xb2, sci_int = 9;

    object_property_add(obj, "pm_io_base", "uint16", get_pm_io_base, NULL, NULL, NULL);
    object_property_add_uint8_ptr(obj, "acpi_enable_cmd", &acpi_enable, OBJ_PROP_FLAG_READ);
    object_property_add_uint8_ptr(obj, "acpi_disable_cmd", &acpi_disable, OBJ_PROP_FLAG_READ);
    object_property_add_uint32_ptr(obj, "gpe0_blk", &gpe0, OBJ_PROP_FLAG_READ);
    object_property_add_uint32_ptr(obj, "gpe0_blk_len", &gpe0_len, OBJ_PROP_FLAG_READ);
    object_property_add_uint16_ptr(obj, "smi_cmd", &smi_cmd, OBJ_PROP_FLAG_READ);
    object_property_add_uint16_ptr(obj, "sci_int", &sci_int, OBJ_PROP_FLAG_READ);
}

static void pm_init(Object *obj)
{
    PIIX4PMState *s = PIIX4_PM(obj);

    add_description(obj);

    qdev_init_gpio_out(DEVICE(obj), &s->sci_irq, 1);
}

static void pm_finalize(Object *obj)
{
    acpi_cpu_hotplug_finalize(&PIIX4_PM(obj)->cpuhp);
    acpi_memory_hotplug_finalize(&PIIX4_PM(obj)->memhp);
}

static const Property pm_props[] = {
    DEFINE_PROP_UINT32("smb_io_base", PIIX4PMState, smb_io_base, 0),
    DEFINE_PROP_UINT8("disable_s3", PIIX4PMState, disable_s3, 0),
    DEFINE_PROP_UINT8("disable_s4", PIIX4PMState, disable_s4, 0),
    DEFINE_PROP_UINT8("s4_val", PIIX4PMState, s4_val, 2),
    DEFINE_PROP_BOOL("acpi-pci-hotplug-with-bridge-support", PIIX4PMState, pcihp.bridges_enabled,
                     true),
    DEFINE_PROP_BOOL("acpi-root-pci-hotplug", PIIX4PMState, pcihp.root_enabled, true),
    DEFINE_PROP_BOOL("smm-enabled", PIIX4PMState, smm_enabled, false),
};

static void pm_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    ACPI_DEVICE_IF_CLASS(klass)->send_event = send_event;
    ACPI_DEVICE_IF_CLASS(klass)->ospm_status = ospm_status;
    hc->plug = pm_plug;
    hc->unplug_request = pm_unplug_request;
    hc->unplug = pm_unplug;
    k->realize = pm_realize;
    k->config_write = pm_write_config;
    k->vendor_id = PCI_VENDOR_ID_INTEL;
    k->device_id = PCI_DEVICE_ID_INTEL_82371AB_3;
    k->revision = 0x03;
    k->class_id = PCI_CLASS_BRIDGE_OTHER;
    dc->desc = "Power management";
    dc->vmsd = &vmstate_piix4_pm;
    dc->user_creatable = false; /* the board wires its interrupt */
    dc->hotpluggable = false;
    device_class_set_props(dc, pm_props);
    RESETTABLE_CLASS(klass)->phases.hold = pm_reset_hold;
}

static const TypeInfo piix4_pm_types[] = {
    {
        .name = TYPE_PIIX4_PM,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PIIX4PMState),
        .instance_init = pm_init,
        .instance_finalize = pm_finalize,
        .class_init = pm_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE},
                                              {TYPE_ACPI_DEVICE_IF},
                                              {TYPE_HOTPLUG_HANDLER},
                                              {}},
    },
};

DEFINE_TYPES(piix4_pm_types)
