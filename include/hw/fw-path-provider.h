/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine, or the device that owns a bus, that spells firmware paths of the
 * devices below it in its own way.
 */
#ifndef HW_FW_PATH_PROVIDER_H
#define HW_FW_PATH_PROVIDER_H

#include "hw/qdev-core.h"

#define TYPE_FW_PATH_PROVIDER "fw-path-provider"

typedef struct FWPathProvider FWPathProvider;
typedef struct FWPathProviderClass FWPathProviderClass;
DECLARE_CLASS_CHECKERS(FWPathProviderClass, FW_PATH_PROVIDER, TYPE_FW_PATH_PROVIDER)
#define FW_PATH_PROVIDER(obj) INTERFACE_CHECK(FWPathProvider, (obj), TYPE_FW_PATH_PROVIDER)

struct FWPathProviderClass {
    InterfaceClass parent_class;

    /* One component, "scsi@1,0"; caller frees. NULL: leave it to the bus. */
    char *(*get_dev_path)(FWPathProvider *p, BusState *bus, DeviceState *dev);
};

char *fw_path_provider_get_dev_path(FWPathProvider *p, BusState *bus, DeviceState *dev);

#endif
