/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that make up qdev share with each other. */
#ifndef HW_CORE_QDEV_INTERNAL_H
#define HW_CORE_QDEV_INTERNAL_H

#include "hw/qdev-core.h"

/* bus.c: the bus holds a reference to each child. */
void bus_add_child(BusState *bus, DeviceState *child);
void bus_remove_child(BusState *bus, DeviceState *child);

/* qdev.c: off its bus, which drops both references. */
void device_leave_bus(DeviceState *dev);

/* listeners.c */
void device_listeners_realize(DeviceState *dev);
void device_listeners_unrealize(DeviceState *dev);
void bus_listeners_realize(BusState *bus);
void bus_listeners_unrealize(BusState *bus);

/* gpio.c */
void device_free_gpios(DeviceState *dev);

#endif
