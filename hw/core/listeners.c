/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who are told about every device and bus that comes or goes. */
#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "qdev-internal.h"

static QTAILQ_HEAD(, DeviceListener) device_listeners = QTAILQ_HEAD_INITIALIZER(device_listeners);
static QTAILQ_HEAD(, BusListener) bus_listeners = QTAILQ_HEAD_INITIALIZER(bus_listeners);

void device_listeners_realize(DeviceState *dev)
{
    DeviceListener *l, *next;

    QTAILQ_FOREACH_SAFE (l, &device_listeners, link, next) {
        if (l->realize) {
            l->realize(l, dev);
        }
    }
}

/* In the opposite order: a listener may build upon what an earlier one did. */
void device_listeners_unrealize(DeviceState *dev)
{
    DeviceListener *l;

    QTAILQ_FOREACH_REVERSE (l, &device_listeners, link) {
        if (l->unrealize) {
            l->unrealize(l, dev);
        }
    }
}

static int tell_about_realized(DeviceState *dev, void *opaque)
{
    DeviceListener *listener = opaque;

    if (dev->realized && listener->realize) {
        listener->realize(listener, dev);
    }
    return 0;
}

void device_listener_register(DeviceListener *listener)
{
    QTAILQ_INSERT_TAIL(&device_listeners, listener, link);
    qbus_walk_children(sysbus_get_default(), tell_about_realized, NULL, NULL, NULL, listener);
}

void device_listener_unregister(DeviceListener *listener)
{
    QTAILQ_REMOVE(&device_listeners, listener, link);
}

bool qdev_should_hide_device(const QDict *opts, bool from_json, Error **errp)
{
    ERRP_GUARD();
    DeviceListener *l;

    QTAILQ_FOREACH (l, &device_listeners, link) {
        if (l->hide_device) {
            if (l->hide_device(l, opts, from_json, errp)) {
                return true;
            }
            if (*errp) {
                return false;
            }
        }
    }
    return false;
}

void bus_listeners_realize(BusState *bus)
{
    BusListener *l;

    QTAILQ_FOREACH (l, &bus_listeners, link) {
        if (l->realize) {
            l->realize(l, bus);
        }
    }
}

void bus_listeners_unrealize(BusState *bus)
{
    BusListener *l;

    QTAILQ_FOREACH_REVERSE (l, &bus_listeners, link) {
        if (l->unrealize) {
            l->unrealize(l, bus);
        }
    }
}

void bus_listener_register(BusListener *listener)
{
    QTAILQ_INSERT_TAIL(&bus_listeners, listener, link);
}

void bus_listener_unregister(BusListener *listener)
{
    QTAILQ_REMOVE(&bus_listeners, listener, link);
}
