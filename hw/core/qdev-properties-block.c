/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Properties of disk devices: their drive, sector sizes, error policy, geometry. */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block.h"
#include "hw/block/block.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties-system.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/cutils.h"
#include "qemu/nearest-name.h"
#include "system/boot-order.h"

#define MIN_BLOCK_SIZE 512
#define MAX_BLOCK_SIZE (2 * MiB)

/* ---- drive ---- */

static void get_drive(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    BlockBackend **ptr = object_field_prop_ptr(obj, opaque);
    BlockDriverState *bs = *ptr ? blk_bs(*ptr) : NULL;
    g_autofree char *text = g_strdup(!*ptr             ? ""
                                     : *blk_name(*ptr) ? blk_name(*ptr)
                                     : bs              ? bdrv_get_node_name(bs)
                                                       : "");
    char *p = text;

    visit_type_str(v, name, &p, errp);
}

/*
 * Suggests drives that no device has, and named nodes. The property may be passed on by the device
 * of which this is a part: only its name tells.
 */
static void no_drive(const char *name, const char *value, Error **errp)
{
    ERRP_GUARD();
    NearestName near;

    error_setg(errp,
               "Property '%s' can't find value '%s': it is neither the id of a -drive nor a "
               "node-name",
               name, value);
    nearest_name_init(&near, value);
    for (BlockBackend *blk = blk_next(NULL); blk; blk = blk_next(blk)) {
        if (*blk_name(blk) && !blk_get_attached_dev(blk)) {
            nearest_name_try(&near, blk_name(blk));
        }
    }
    for (BlockDriverState *bs = bdrv_next_node(NULL); bs; bs = bdrv_next_node(bs)) {
        if (bdrv_get_node_name(bs)[0] != '#') {
            nearest_name_try(&near, bdrv_get_node_name(bs));
        }
    }
    nearest_name_hint(&near, errp);
}

/* The BlockBackend @str, or a new one over the node @str. The caller's reference. */
static BlockBackend *find_drive(Object *obj, const char *name, const char *str, Error **errp)
{
    ERRP_GUARD();
    BlockBackend *blk = blk_by_name(str);
    BlockDriverState *bs;

    if (blk) {
        blk_ref(blk);
        return blk;
    }
    bs = bdrv_find_node(str);
    if (!bs) {
        no_drive(name, str, errp);
        return NULL;
    }
    /* Without permissions until realize, which knows what the device does. */
    return blk_new_with_bs(bs, 0, BLK_PERM_ALL, errp);
}

/*
 * A device that runs keeps its BlockBackend, and what the guest knows of its disk: another node
 * takes the place of the one below it. That is how a filter comes above a disk in use.
 */
static void replace_node(BlockBackend *blk, const char *name, const char *node, Error **errp)
{
    ERRP_GUARD();
    BlockDriverState *bs = bdrv_lookup_bs(NULL, node, errp);

    if (!bs) {
        error_append_hint(errp, "A device that runs takes the name of a node, not of a drive.\n");
    } else if (!blk || !blk_bs(blk)) {
        error_setg(errp, "Property '%s' can't be set to '%s': there is no medium to replace", name,
                   node);
        error_append_hint(errp, "blockdev-insert-medium puts one into a drive.\n");
    } else {
        blk_replace_bs(blk, bs, errp);
    }
}

static void set_drive(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    ERRP_GUARD();
    DeviceState *dev = DEVICE(obj);
    BlockBackend **ptr = object_field_prop_ptr(obj, opaque);
    g_autofree char *str = NULL;
    BlockBackend *blk;

    if (!visit_type_str(v, name, &str, errp)) {
        return;
    }
    if (dev->realized) {
        replace_node(*ptr, name, str, errp);
        return;
    }
    if (!*str) {
        if (*ptr) {
            blk_detach_dev(*ptr, dev);
            *ptr = NULL;
        }
        return;
    }
    blk = find_drive(obj, name, str, errp);
    if (!blk) {
        return;
    }
    if (blk_attach_dev(blk, dev) < 0) {
        error_setg(errp,
                   "Property '%s.%s' can't take value '%s': the drive is in use by another "
                   "device",
                   object_get_typename(obj), name, str);
    } else {
        if (*ptr) {
            blk_detach_dev(*ptr, dev);
        }
        *ptr = blk;
    }
    /* Attaching took a reference of its own. */
    blk_unref(blk);
}

static void release_drive(Object *obj, const char *name, void *opaque)
{
    BlockBackend **ptr = object_field_prop_ptr(obj, opaque);

    if (*ptr) {
        blk_detach_dev(*ptr, DEVICE(obj));
        *ptr = NULL;
    }
}

const PropertyInfo qdev_prop_drive = {
    .type = "str",
    .description = "Node name or ID of a block device to use as a backend",
    .realized_set_allowed = true,
    .get = get_drive,
    .set = set_drive,
    .release = release_drive,
};

const PropertyInfo qdev_prop_drive_iothread = {
    .type = "str",
    .description = "Node name or ID of a block device to use as a backend",
    .realized_set_allowed = true,
    .get = get_drive,
    .set = set_drive,
    .release = release_drive,
};

bool qdev_prop_set_drive_err(DeviceState *dev, const char *name, BlockBackend *value, Error **errp)
{
    const char *ref = "";

    if (value) {
        ref = blk_name(value);
        if (!*ref && blk_bs(value)) {
            ref = bdrv_get_node_name(blk_bs(value));
        }
    }
    return object_property_set_str(OBJECT(dev), name, ref, errp);
}

void qdev_prop_set_drive(DeviceState *dev, const char *name, BlockBackend *value)
{
    qdev_prop_set_drive_err(dev, name, value, &error_abort);
}

/* ---- sizes ---- */

static void set_blocksize(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint32_t *ptr = object_field_prop_ptr(obj, opaque);
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value && (value < MIN_BLOCK_SIZE || value > MAX_BLOCK_SIZE || (value & (value - 1)))) {
        error_setg(errp,
                   "Property '%s.%s' doesn't take value '%" PRIu64 "': it is a power of 2 between "
                   "%d and %d",
                   object_get_typename(obj), name, value, MIN_BLOCK_SIZE, (int)MAX_BLOCK_SIZE);
        return;
    }
    *ptr = value;
}

const PropertyInfo qdev_prop_blocksize = {
    .type = "size",
    .description = "A power of two between 512 B and 2 MiB",
    .get = qdev_propinfo_get_size32,
    .set = set_blocksize,
    .set_default_value = qdev_propinfo_set_default_value_uint,
};

QEMU_BUILD_BUG_ON(sizeof(BlockdevOnError) != sizeof(int));

const PropertyInfo qdev_prop_blockdev_on_error = {
    .type = "BlockdevOnError",
    .description = "Error handling policy, report/ignore/enospc/stop/auto",
    .enum_table = &BlockdevOnError_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

QEMU_BUILD_BUG_ON(sizeof(BiosAtaTranslation) != sizeof(int));

const PropertyInfo qdev_prop_bios_chs_trans = {
    .type = "BiosAtaTranslation",
    .description = "Logical CHS translation algorithm, auto/none/lba/large/rechs",
    .enum_table = &BiosAtaTranslation_lookup,
    .get = qdev_propinfo_get_enum,
    .set = qdev_propinfo_set_enum,
    .set_default_value = qdev_propinfo_set_default_value_enum,
};

/* ---- bootindex ---- */

typedef struct BootIndexProperty {
    int32_t *bootindex;
    const char *suffix;
    DeviceState *dev;
} BootIndexProperty;

static void get_bootindex(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    BootIndexProperty *prop = opaque;

    visit_type_int32(v, name, prop->bootindex, errp);
}

static void set_bootindex(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    BootIndexProperty *prop = opaque;
    int32_t value;

    if (!visit_type_int32(v, name, &value, errp)) {
        return;
    }
    boot_order_del_device(prop->dev, prop->suffix);
    if (boot_order_add_device(value, prop->dev, prop->suffix, errp)) {
        *prop->bootindex = value;
    } else {
        boot_order_add_device(*prop->bootindex, prop->dev, prop->suffix, NULL);
    }
}

static void release_bootindex(Object *obj, const char *name, void *opaque)
{
    BootIndexProperty *prop = opaque;

    boot_order_del_device(prop->dev, prop->suffix);
    g_free(prop);
}

void device_add_bootindex_property(Object *obj, int32_t *bootindex, const char *name,
                                   const char *suffix, DeviceState *dev)
{
    BootIndexProperty *prop = g_new0(BootIndexProperty, 1);

    prop->bootindex = bootindex;
    prop->suffix = suffix;
    prop->dev = dev;
    *bootindex = -1;
    object_property_add(obj, name, "int32", get_bootindex, set_bootindex, release_bootindex, prop)
        ->live = true;
}

/* ---- geometry for firmware ---- */

static uint32_t number(Object *obj, const char *name)
{
    return object_property_get_uint(obj, name, &error_abort);
}

static int add_geometry(Object *obj, void *opaque)
{
    GString *text = opaque;
    ObjectProperty *prop = object_property_find(obj, "bootindex");
    const BootIndexProperty *boot;
    g_autofree char *path = NULL;

    /* Not the transport, which has both as aliases. */
    if (!prop || prop->set != set_bootindex || !object_property_find(obj, "lcyls") ||
        !DEVICE(obj)->realized || !number(obj, "lcyls")) {
        return 0;
    }
    boot = prop->opaque;
    path = qdev_get_fw_dev_path(boot->dev);
    g_string_append_printf(text, "%s%s%s %u %u %u", text->len ? "\n" : "", path,
                           boot->suffix ? boot->suffix : "", number(obj, "lcyls"),
                           number(obj, "lheads"), number(obj, "lsecs"));
    return 0;
}

char *device_geometry_file(size_t *size)
{
    GString *text = g_string_new(NULL);

    object_child_foreach_recursive(qdev_get_machine(), add_geometry, text);
    *size = text->len ? text->len + 1 : 0;
    return g_string_free(text, false);
}
