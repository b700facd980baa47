/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the LPC bridge of ICH9 tells the guest of through general purpose events. BQL held. */

#include "qemu/osdep.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "hw/core/cpu.h"
#include "hw/southbridge/ich9.h"

static void send_event(AcpiDeviceIf *adev, AcpiEventStatusBits event)
{
    ICH9PMState *pm = &ICH9_LPC_DEVICE(adev)->pm;

    acpi_send_gpe_event(&pm->acpi_regs, event);
    acpi_update_sci(&pm->acpi_regs, pm->irq);
}

static void ospm_status(AcpiDeviceIf *adev, ACPIOSTInfoList ***tail)
{
    acpi_cpu_ospm_status(&ICH9_LPC_DEVICE(adev)->pm.cpuhp, tail);
}

/* The machine hands on CPUs; nothing else comes here. */
static void cpu_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (dev->hotplugged) {
        acpi_cpu_plug(&ICH9_LPC_DEVICE(handler)->pm.cpuhp, dev);
        send_event(ACPI_DEVICE_IF(handler), ACPI_CPU_HOTPLUG_STATUS);
    }
}

static void cpu_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_cpu_unplug_request(&ICH9_LPC_DEVICE(handler)->pm.cpuhp, dev);
    send_event(ACPI_DEVICE_IF(handler), ACPI_CPU_HOTPLUG_STATUS);
}

static void cpu_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    acpi_cpu_unplug(&ICH9_LPC_DEVICE(handler)->pm.cpuhp, dev);
}

void ich9_pm_class_init_hotplug(ObjectClass *oc)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    ACPI_DEVICE_IF_CLASS(oc)->send_event = send_event;
    ACPI_DEVICE_IF_CLASS(oc)->ospm_status = ospm_status;
    hc->plug = cpu_plug;
    hc->unplug_request = cpu_unplug_request;
    hc->unplug = cpu_unplug;
}
