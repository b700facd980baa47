/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A memory module: memory of a back end, in one of the slots of -m slots=. */

#include "qemu/osdep.h"
#include "hw/mem/pc-dimm.h"
#include "hw/mem/memory-device.h"
#include "hw/numa.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/visitor.h"

/* ---- slots ---- */

typedef struct SlotSearch {
    int slot;
    PCDIMMDevice *found;
} SlotSearch;

static int match_slot(Object *obj, void *opaque)
{
    SlotSearch *search = opaque;
    PCDIMMDevice *dimm = (PCDIMMDevice *)object_dynamic_cast(obj, TYPE_PC_DIMM);

    if (dimm && DEVICE(dimm)->realized && dimm->slot == search->slot) {
        search->found = dimm;
    }
    return search->found != NULL;
}

PCDIMMDevice *pc_dimm_in_slot(MachineState *ms, int slot)
{
    SlotSearch search = {.slot = slot};

    object_child_foreach_recursive(OBJECT(ms), match_slot, &search);
    return search.found;
}

static bool choose_slot(PCDIMMDevice *dimm, MachineState *ms, Error **errp)
{
    if (!ms->ram_slots) {
        error_setg(errp, "the machine has no memory slots; -m takes slots= and maxmem=");
        return false;
    }
    if (dimm->slot >= 0) {
        if (dimm->slot >= ms->ram_slots) {
            error_setg(errp, "slot=%d must be in range 0:%" PRIu64, dimm->slot, ms->ram_slots - 1);
            return false;
        }
        if (pc_dimm_in_slot(ms, dimm->slot)) {
            error_setg(errp, "slot=%d has a memory module already", dimm->slot);
            return false;
        }
        return true;
    }
    for (int slot = 0; slot < ms->ram_slots; slot++) {
        if (!pc_dimm_in_slot(ms, slot)) {
            dimm->slot = slot;
            return true;
        }
    }
    error_setg(errp, "all %" PRIu64 " memory slots are in use", ms->ram_slots);
    return false;
}

/* ---- the machine's hotplug handler ---- */

bool pc_dimm_pre_plug(PCDIMMDevice *dimm, MachineState *ms, Error **errp)
{
    int nodes = ms->numa_state ? ms->numa_state->num_nodes : 0;

    if (dimm->node >= MAX(nodes, 1)) {
        error_setg(errp, "node=%u: the machine has %d NUMA nodes", dimm->node, nodes);
        return false;
    }
    return host_memory_backend_find_unused(dimm->memdev, errp) && choose_slot(dimm, ms, errp) &&
           memory_device_pre_plug(MEMORY_DEVICE(dimm), ms, errp);
}

void pc_dimm_plug(PCDIMMDevice *dimm, MachineState *ms)
{
    memory_device_plug(MEMORY_DEVICE(dimm), ms);
    vmstate_register_ram(host_memory_backend_get_memory(dimm->memdev), DEVICE(dimm));
}

void pc_dimm_unplug(PCDIMMDevice *dimm, MachineState *ms)
{
    vmstate_unregister_ram(host_memory_backend_get_memory(dimm->memdev), DEVICE(dimm));
    memory_device_unplug(MEMORY_DEVICE(dimm), ms);
}

/* ---- memory device ---- */

static uint64_t dimm_get_addr(const MemoryDeviceState *md)
{
    return ((const PCDIMMDevice *)md)->addr;
}

static void dimm_set_addr(MemoryDeviceState *md, uint64_t addr)
{
    PC_DIMM(md)->addr = addr;
}

static MemoryRegion *dimm_get_memory_region(MemoryDeviceState *md, Error **errp)
{
    return host_memory_backend_find_memory(PC_DIMM(md)->memdev, errp);
}

static void dimm_fill_device_info(const MemoryDeviceState *md, MemoryDeviceInfo *info)
{
    PCDIMMDevice *dimm = PC_DIMM((void *)md);
    DeviceState *dev = DEVICE(dimm);
    PCDIMMDeviceInfo *data = g_new0(PCDIMMDeviceInfo, 1);

    data->id = g_strdup(dev->id);
    data->addr = dimm->addr;
    data->size = memory_region_size(
        MEMORY_DEVICE_GET_CLASS(dimm)->get_memory_region(MEMORY_DEVICE(dimm), &error_abort));
    data->slot = dimm->slot;
    data->node = dimm->node;
    data->memdev = object_get_canonical_path(OBJECT(dimm->memdev));
    data->hotplugged = dev->hotplugged;
    data->hotpluggable = DEVICE_GET_CLASS(dev)->hotpluggable;
    info->u.dimm.data = data; /* those of other kinds of modules look the same */
}

/* ---- device ---- */

static void get_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    MemoryRegion *mr = MEMORY_DEVICE_GET_CLASS(obj)->get_memory_region(MEMORY_DEVICE(obj), errp);
    uint64_t size;

    if (mr) {
        size = memory_region_size(mr);
        visit_type_uint64(v, name, &size, errp);
    }
}

static const Property dimm_props[] = {
    DEFINE_PROP_UINT64("addr", PCDIMMDevice, addr, 0),
    DEFINE_PROP_UINT32("node", PCDIMMDevice, node, 0),
    DEFINE_PROP_INT32("slot", PCDIMMDevice, slot, -1),
    DEFINE_PROP_LINK("memdev", PCDIMMDevice, memdev, TYPE_MEMORY_BACKEND, HostMemoryBackend *),
};

static void dimm_realize(DeviceState *dev, Error **errp)
{
    PCDIMMDevice *dimm = PC_DIMM(dev);

    if (!host_memory_backend_find_unused(dimm->memdev, errp)) {
        return;
    }
    host_memory_backend_set_mapped(dimm->memdev, true);
}

static void dimm_unrealize(DeviceState *dev)
{
    host_memory_backend_set_mapped(PC_DIMM(dev)->memdev, false);
}

static void dimm_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    MemoryDeviceClass *mdc = MEMORY_DEVICE_CLASS(klass);

    dc->realize = dimm_realize;
    dc->unrealize = dimm_unrealize;
    dc->desc = "DIMM memory module";
    device_class_set_props(dc, dimm_props);
    object_class_property_add(klass, "size", "uint64", get_size, NULL, NULL, NULL);
    mdc->get_addr = dimm_get_addr;
    mdc->set_addr = dimm_set_addr;
    mdc->get_memory_region = dimm_get_memory_region;
    mdc->kind = MEMORY_DEVICE_INFO_KIND_DIMM;
    mdc->fill_device_info = dimm_fill_device_info;
}

static const TypeInfo dimm_types[] = {
    {
        .name = TYPE_PC_DIMM,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(PCDIMMDevice),
        .class_init = dimm_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_MEMORY_DEVICE}, {}},
    },
};

DEFINE_TYPES(dimm_types)
