/* SPDX-License-Identifier: GPL-2.0-or-later */
/* May a device come or go, and who decides? */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/qdev-core.h"
#include "qemu/timer.h"

HotplugHandler *qdev_get_bus_hotplug_handler(DeviceState *dev)
{
    return dev->parent_bus ? dev->parent_bus->hotplug_handler : NULL;
}

HotplugHandler *qdev_get_machine_hotplug_handler(DeviceState *dev)
{
    MachineState *machine = (MachineState *)object_dynamic_cast(qdev_get_machine(), TYPE_MACHINE);
    MachineClass *mc = machine ? MACHINE_GET_CLASS(machine) : NULL;

    return mc && mc->get_hotplug_handler ? mc->get_hotplug_handler(machine, dev) : NULL;
}

HotplugHandler *qdev_get_hotplug_handler(DeviceState *dev)
{
    HotplugHandler *handler = qdev_get_machine_hotplug_handler(dev);

    return handler ? handler : qdev_get_bus_hotplug_handler(dev);
}

bool qdev_hotplug_allowed(DeviceState *dev, BusState *bus, Error **errp)
{
    MachineState *machine = (MachineState *)object_dynamic_cast(qdev_get_machine(), TYPE_MACHINE);
    MachineClass *mc = machine ? MACHINE_GET_CLASS(machine) : NULL;

    if (bus && !qbus_is_hotpluggable(bus)) {
        error_setg(errp, "Bus '%s' does not support hotplugging", bus->name);
        return false;
    }
    return !mc || !mc->hotplug_allowed || mc->hotplug_allowed(machine, dev, errp);
}

bool qdev_hotunplug_allowed(DeviceState *dev, Error **errp)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    if (qdev_unplug_blocked(dev, errp)) {
        return false;
    }
    if (dev->parent_bus && !qbus_is_hotpluggable(dev->parent_bus)) {
        error_setg(errp, "Bus '%s' does not support hotplugging", dev->parent_bus->name);
        return false;
    }
    if (!dc->hotpluggable) {
        error_setg(errp, "Device '%s' does not support hotplugging",
                   object_get_typename(OBJECT(dev)));
        return false;
    }
    return true;
}

void qdev_unplug_requested(DeviceState *dev, int64_t ms)
{
    dev->unplug_requested = true;
    dev->unplug_request_expires_ms = qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + ms;
}

bool qdev_unplug_pending(const DeviceState *dev)
{
    return dev->unplug_requested &&
           qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) < dev->unplug_request_expires_ms;
}

void qdev_simple_device_unplug_cb(HotplugHandler *hotplug_dev, DeviceState *dev, Error **errp)
{
    qdev_unrealize(dev);
}

void qdev_add_unplug_blocker(DeviceState *dev, Error *reason)
{
    dev->unplug_blockers = g_slist_prepend(dev->unplug_blockers, reason);
}

void qdev_del_unplug_blocker(DeviceState *dev, Error *reason)
{
    dev->unplug_blockers = g_slist_remove(dev->unplug_blockers, reason);
}

bool qdev_unplug_blocked(DeviceState *dev, Error **errp)
{
    if (!dev->unplug_blockers) {
        return false;
    }
    error_propagate(errp, error_copy(dev->unplug_blockers->data));
    return true;
}
