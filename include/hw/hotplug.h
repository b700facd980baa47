/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a bus or a machine does when a device comes or goes. It sees devices
 * plugged at start-up (dev->hotplugged false) and at run time alike.
 */
#ifndef HW_HOTPLUG_H
#define HW_HOTPLUG_H

#include "qom/object.h"

#define TYPE_HOTPLUG_HANDLER "hotplug-handler"

typedef struct HotplugHandler HotplugHandler;
typedef struct HotplugHandlerClass HotplugHandlerClass;
typedef struct DeviceState DeviceState;
DECLARE_CLASS_CHECKERS(HotplugHandlerClass, HOTPLUG_HANDLER, TYPE_HOTPLUG_HANDLER)
#define HOTPLUG_HANDLER(obj) INTERFACE_CHECK(HotplugHandler, (obj), TYPE_HOTPLUG_HANDLER)

typedef void (*hotplug_fn)(HotplugHandler *plug_handler, DeviceState *plugged_dev, Error **errp);

struct HotplugHandlerClass {
    InterfaceClass parent_class;

    hotplug_fn pre_plug;       /* before realize: check, assign resources; may fail */
    hotplug_fn plug;           /* after realize: wire up; pre_plug checked, this should not fail */
    hotplug_fn unplug_request; /* ask the guest to let go; absent: unplug at once */
    hotplug_fn unplug;         /* before unrealize: take it off */
};

/* Each calls the handler's hook where there is one. */
void hotplug_handler_pre_plug(HotplugHandler *plug_handler, DeviceState *plugged_dev, Error **errp);
void hotplug_handler_plug(HotplugHandler *plug_handler, DeviceState *plugged_dev, Error **errp);
void hotplug_handler_unplug_request(HotplugHandler *plug_handler, DeviceState *plugged_dev,
                                    Error **errp);
void hotplug_handler_unplug(HotplugHandler *plug_handler, DeviceState *plugged_dev, Error **errp);

#endif /* HW_HOTPLUG_H */
