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
    acpi_memory_ospm_status(&ICH9_LPC_DEVICE(adev)->pm.memhp, tail);
    acpi_cpu_ospm_status(&ICH9_LPC_DEVICE(adev)->pm.cpuhp, tail);
}

/* Buses behind bridges hand on PCI devices, the machine CPUs and memory modules. */
static bool is_a(DeviceState *dev, const char *type)
{
    return object_dynamic_cast(OBJECT(dev), type);
}

static void tell_guest(HotplugHandler *handler, DeviceState *dev)
{
    send_event(ACPI_DEVICE_IF(handler), is_a(dev, TYPE_PCI_DEVICE) ? ACPI_PCI_HOTPLUG_STATUS
                                        : is_a(dev, TYPE_CPU)      ? ACPI_CPU_HOTPLUG_STATUS
                                                                   : ACPI_MEMORY_HOTPLUG_STATUS);
}

static void plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    ICH9PMState *pm = &ICH9_LPC_DEVICE(handler)->pm;

    if (is_a(dev, TYPE_PCI_DEVICE)) {
        if (!acpi_pcihp_plug(&pm->pcihp, PCI_DEVICE(dev), errp)) {
            return;
        }
    } else if (!dev->hotplugged) {
        return;
    } else if (is_a(dev, TYPE_CPU)) {
        acpi_cpu_plug(&pm->cpuhp, dev);
    } else {
        acpi_memory_plug(&pm->memhp, dev);
    }
    tell_guest(handler, dev);
}

static void unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    ICH9PMState *pm = &ICH9_LPC_DEVICE(handler)->pm;

    if (is_a(dev, TYPE_PCI_DEVICE)) {
        if (!acpi_pcihp_unplug_request(&pm->pcihp, PCI_DEVICE(dev), errp)) {
            return;
        }
    } else if (is_a(dev, TYPE_CPU)) {
        acpi_cpu_unplug_request(&pm->cpuhp, dev);
    } else {
        acpi_memory_unplug_request(&pm->memhp, dev);
    }
    tell_guest(handler, dev);
}

static void unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    ICH9PMState *pm = &ICH9_LPC_DEVICE(handler)->pm;

    if (is_a(dev, TYPE_PCI_DEVICE)) {
        acpi_pcihp_unplug(&pm->pcihp, PCI_DEVICE(dev));
    } else if (is_a(dev, TYPE_CPU)) {
        acpi_cpu_unplug(&pm->cpuhp, dev);
    } else {
        acpi_memory_unplug(&pm->memhp, dev);
    }
}

void ich9_pm_class_init_hotplug(ObjectClass *oc)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    ACPI_DEVICE_IF_CLASS(oc)->send_event = send_event;
    ACPI_DEVICE_IF_CLASS(oc)->ospm_status = ospm_status;
    hc->plug = plug;
    hc->unplug_request = unplug_request;
    hc->unplug = unplug;
}
