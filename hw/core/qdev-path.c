/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of devices: for saved states, for firmware, for people. */
#include "qemu/osdep.h"
#include "hw/fw-path-provider.h"
#include "hw/qdev-core.h"

char *qdev_get_dev_path(DeviceState *dev)
{
    BusClass *bc;

    if (!dev || !dev->parent_bus) {
        return NULL;
    }
    bc = BUS_GET_CLASS(dev->parent_bus);
    return bc->get_dev_path ? bc->get_dev_path(dev) : NULL;
}

const char *qdev_fw_name(DeviceState *dev)
{
    DeviceClass *dc = DEVICE_GET_CLASS(dev);

    return dc->fw_name ? dc->fw_name : object_get_typename(OBJECT(dev));
}

char *fw_path_provider_get_dev_path(FWPathProvider *p, BusState *bus, DeviceState *dev)
{
    FWPathProviderClass *k = FW_PATH_PROVIDER_GET_CLASS(p);

    return k->get_dev_path ? k->get_dev_path(p, bus, dev) : NULL;
}

/* From @provider, NULL when it is none or does not know the device. */
static char *path_from(void *provider, BusState *bus, DeviceState *dev)
{
    FWPathProvider *p =
        (FWPathProvider *)object_dynamic_cast(OBJECT(provider), TYPE_FW_PATH_PROVIDER);

    return p ? fw_path_provider_get_dev_path(p, bus, dev) : NULL;
}

static char *own_fw_dev_path(DeviceState *dev)
{
    BusState *bus = dev->parent_bus;
    BusClass *bc = BUS_GET_CLASS(bus);
    char *path = path_from(qdev_get_machine(), bus, dev);

    if (!path) {
        path = path_from(bus->parent, bus, dev);
    }
    if (!path && bc->get_fw_dev_path) {
        path = bc->get_fw_dev_path(dev);
    }
    return path;
}

char *qdev_get_fw_dev_path(DeviceState *dev)
{
    GString *path = g_string_new(NULL);

    for (; dev && dev->parent_bus; dev = dev->parent_bus->parent) {
        g_autofree char *own = own_fw_dev_path(dev);

        if (own) {
            g_string_prepend(path, own);
            g_string_prepend_c(path, '/');
        }
    }
    if (!path->len) {
        g_string_append_c(path, '/');
    }
    return g_string_free(path, FALSE);
}

char *qdev_get_human_name(DeviceState *dev)
{
    char *path;

    if (dev->id) {
        return g_strdup(dev->id);
    }
    path = object_get_canonical_path(OBJECT(dev));
    return path ? path : g_strdup(object_get_typename(OBJECT(dev)));
}

static const TypeInfo qdev_path_types[] = {
    {
        .name = TYPE_FW_PATH_PROVIDER,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(FWPathProviderClass),
    },
};
DEFINE_TYPES(qdev_path_types)
