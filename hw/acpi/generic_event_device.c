/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic event device: events of machines without the fixed ACPI hardware, and
 * their sleep and reset registers (ACPI 6.5, 5.6.9, 4.8.3.6, 4.8.3.7).
 */
#include "qemu/osdep.h"
#include "hw/acpi/generic_event_device.h"
#include "hw/irq.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "system/runstate.h"

#define SLEEP_CTL_SLP_TYP(v) (((v) >> 2) & 7)
#define SLEEP_CTL_SLP_EN     0x20

/* ---- events ---- */

static void raise_event(AcpiGedState *s, uint32_t event)
{
    s->sel |= event;
    /* An edge for each: the handler reads, and so clears, all that happened. */
    qemu_irq_pulse(s->irq);
}

static void on_powerdown(Notifier *n, void *opaque)
{
    raise_event(container_of(n, AcpiGedState, powerdown_notifier), ACPI_GED_PWR_DOWN_EVT);
}

static uint64_t evt_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiGedState *s = opaque;
    uint32_t sel = s->sel;

    s->sel = 0;
    return sel;
}

static void evt_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    qemu_log_mask(LOG_GUEST_ERROR, "acpi-ged: the event register is read-only\n");
}

static const MemoryRegionOps evt_ops = {
    .read = evt_read,
    .write = evt_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- sleep and reset ---- */

static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void regs_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (addr == ACPI_GED_REG_SLEEP_CTL && (value & SLEEP_CTL_SLP_EN)) {
        if (SLEEP_CTL_SLP_TYP(value) == ACPI_GED_SLP_TYP_S5) {
            qemu_system_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN);
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "acpi-ged: sleep type %u is none\n",
                          (unsigned)SLEEP_CTL_SLP_TYP(value));
        }
    } else if (addr == ACPI_GED_REG_RESET && value == ACPI_GED_RESET_VALUE) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 1},
};

/* ---- what the operating system finds ---- */

void acpi_ged_build_aml(Aml *scope, uint64_t evt_base, uint32_t irq)
{
    Aml *dev = aml_device("GED"), *crs = aml_resource_template();
    Aml *field, *evt, *on_power, *button;

    aml_append(dev, aml_name_decl("_HID", aml_string("ACPI0013")));
    aml_append(dev, aml_name_decl("_UID", aml_string("GED")));
    aml_append(crs, aml_interrupt(AML_CONSUMER, AML_EDGE, AML_ACTIVE_HIGH, AML_EXCLUSIVE, &irq, 1));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(
        dev, aml_operation_region("EREG", AML_SYSTEM_MEMORY, aml_int(evt_base), ACPI_GED_EVT_LEN));
    field = aml_field("EREG", AML_DWORD_ACC, AML_NOLOCK, AML_WRITE_AS_ZEROS);
    aml_append(field, aml_named_field("ESEL", ACPI_GED_EVT_LEN * 8));
    aml_append(dev, field);

    /* Called with the interrupt's number; the register says what happened (5.6.9.3). */
    evt = aml_method("_EVT", 1, AML_SERIALIZED);
    aml_append(evt, aml_store(aml_name("ESEL"), aml_local(0)));
    on_power = aml_if(aml_equal(aml_and(aml_local(0), aml_int(ACPI_GED_PWR_DOWN_EVT), NULL),
                                aml_int(ACPI_GED_PWR_DOWN_EVT)));
    aml_append(on_power, aml_notify(aml_name("PWRB"), aml_int(0x80)));
    aml_append(evt, on_power);
    aml_append(dev, evt);
    aml_append(scope, dev);

    button = aml_device("PWRB");
    aml_append(button, aml_name_decl("_HID", aml_string("PNP0C0C")));
    aml_append(button, aml_name_decl("_UID", aml_int(0)));
    aml_append(scope, button);
}

/* ---- life ---- */

static void acpi_ged_reset_hold(Object *obj, ResetType type)
{
    ACPI_GED(obj)->sel = 0;
}

static const VMStateDescription vmstate_acpi_ged = {
    .name = TYPE_ACPI_GED,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(sel, AcpiGedState),
            VMSTATE_END_OF_LIST(),
        },
};

static void acpi_ged_realize(DeviceState *dev, Error **errp)
{
    AcpiGedState *s = ACPI_GED(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    memory_region_init_io(&s->evt, OBJECT(dev), &evt_ops, s, TYPE_ACPI_GED, ACPI_GED_EVT_LEN);
    sysbus_init_mmio(sbd, &s->evt);
    memory_region_init_io(&s->regs, OBJECT(dev), &regs_ops, s, TYPE_ACPI_GED "-regs",
                          ACPI_GED_REG_COUNT);
    sysbus_init_mmio(sbd, &s->regs);
    sysbus_init_irq(sbd, &s->irq);
    s->powerdown_notifier.notify = on_powerdown;
    qemu_register_powerdown_notifier(&s->powerdown_notifier);
}

static void acpi_ged_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = acpi_ged_realize;
    dc->vmsd = &vmstate_acpi_ged;
    dc->hotpluggable = false;
    RESETTABLE_CLASS(klass)->phases.hold = acpi_ged_reset_hold;
}

static const TypeInfo acpi_ged_types[] = {
    {
        .name = TYPE_ACPI_GED,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(AcpiGedState),
        .class_init = acpi_ged_class_init,
    },
};

DEFINE_TYPES(acpi_ged_types)
