/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of state descriptions. A section is called "<path>/<name>", or just
 * the name where there is no path, and numbered among those of that name.
 */
#include "qemu/osdep.h"
#include "migration/blocker.h"
#include "migration/register.h"
#include "migration/vmstate.h"

/* Of VMStateEntry, in order of registration. */
static GPtrArray *entries;

static void entry_free(void *opaque)
{
    VMStateEntry *e = opaque;

    g_free(e->idstr);
    g_free(e);
}

static char *entry_idstr(DeviceState *dev, const VMStateDescription *vmsd)
{
    VMStateIf *vif = (VMStateIf *)object_dynamic_cast(OBJECT(dev), TYPE_VMSTATE_IF);
    g_autofree char *path = vmstate_if_get_id(vif);

    return path ? g_strdup_printf("%s/%s", path, vmsd->name) : g_strdup(vmsd->name);
}

/* The number after the highest of that name. */
static uint32_t next_instance_id(const char *idstr)
{
    uint32_t next = 0;

    for (guint i = 0; entries && i < entries->len; i++) {
        VMStateEntry *e = entries->pdata[i];

        if (!strcmp(e->idstr, idstr) && e->instance_id >= next) {
            next = e->instance_id + 1;
        }
    }
    return next;
}

static void list_entry(VMStateEntry *e)
{
    if (!entries) {
        entries = g_ptr_array_new_with_free_func(entry_free);
    }
    g_ptr_array_add(entries, e);
}

/* @instance_id may be VMSTATE_INSTANCE_ID_ANY. */
static bool add_entry(DeviceState *dev, uint32_t instance_id, const VMStateDescription *vmsd,
                      void *opaque, int alias_id, Error **errp)
{
    VMStateEntry *e = g_new0(VMStateEntry, 1);

    e->idstr = entry_idstr(dev, vmsd);
    e->instance_id =
        instance_id == VMSTATE_INSTANCE_ID_ANY ? next_instance_id(e->idstr) : instance_id;
    e->alias_id = alias_id;
    e->vmsd = vmsd;
    e->opaque = opaque;
    e->dev = dev;
    if (strlen(e->idstr) > 255) {
        error_setg(errp, "name of saved state '%s' is longer than 255 characters", e->idstr);
        entry_free(e);
        return false;
    }
    list_entry(e);
    return true;
}

void register_savevm_live(const char *idstr, uint32_t instance_id, int version_id,
                          const SaveVMHandlers *handlers, void *opaque)
{
    VMStateEntry *e = g_new0(VMStateEntry, 1);

    e->idstr = g_strdup(idstr);
    e->instance_id = instance_id;
    e->alias_id = -1;
    e->version_id = version_id;
    e->handlers = handlers;
    e->opaque = opaque;
    list_entry(e);
}

bool vmstate_register_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque,
                             int alias_id, Error **errp)
{
    if (vmsd->unmigratable && migration_only_migratable()) {
        error_setg(errp, "device '%s' cannot be saved, which -only-migratable asks for",
                   vmsd->name);
        return false;
    }
    return add_entry(dev, VMSTATE_INSTANCE_ID_ANY, vmsd, opaque, alias_id, errp);
}

int vmstate_register(DeviceState *dev, uint32_t instance_id, const VMStateDescription *vmsd,
                     void *opaque)
{
    return add_entry(dev, instance_id, vmsd, opaque, -1, NULL) ? 0 : -EINVAL;
}

void vmstate_unregister(DeviceState *dev, const VMStateDescription *vmsd, void *opaque)
{
    vmstate_unregister_device(dev, vmsd, opaque);
}

void vmstate_unregister_device(DeviceState *dev, const VMStateDescription *vmsd, void *opaque)
{
    for (guint i = 0; entries && i < entries->len; i++) {
        VMStateEntry *e = entries->pdata[i];

        if (e->vmsd == vmsd && e->opaque == opaque) {
            g_ptr_array_remove_index(entries, i);
            return;
        }
    }
}

int vmstate_foreach(int (*fn)(VMStateEntry *entry, void *opaque), void *opaque)
{
    int ret = 0;

    for (guint i = 0; entries && i < entries->len && ret == 0; i++) {
        ret = fn(entries->pdata[i], opaque);
    }
    return ret;
}
