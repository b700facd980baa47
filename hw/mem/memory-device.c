/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where memory devices go in the address space, and what QMP tells of them. */

#include "qemu/osdep.h"
#include "hw/mem/memory-device.h"
#include "qapi/qapi-commands-memory-device.h"
#include "qemu/units.h"

/* Guests add memory in pages of this size at least. */
#define MEMORY_DEVICE_ALIGN (2 * MiB)

static uint64_t addr_of(MemoryDeviceState *md)
{
    return MEMORY_DEVICE_GET_CLASS(md)->get_addr(md);
}

static uint64_t size_of(MemoryDeviceState *md)
{
    MemoryRegion *mr = MEMORY_DEVICE_GET_CLASS(md)->get_memory_region(md, NULL);

    return mr ? memory_region_size(mr) : 0;
}

/* ---- those that are there, by address ---- */

static int collect(Object *obj, void *opaque)
{
    GPtrArray *list = opaque;
    Object *md = object_dynamic_cast(obj, TYPE_MEMORY_DEVICE);

    if (md && DEVICE(obj)->realized) {
        g_ptr_array_add(list, md);
    }
    return 0;
}

static gint by_address(gconstpointer a, gconstpointer b)
{
    uint64_t addr1 = addr_of(*(MemoryDeviceState **)a), addr2 = addr_of(*(MemoryDeviceState **)b);

    return addr1 < addr2 ? -1 : addr1 > addr2;
}

static GPtrArray *devices(MachineState *ms)
{
    GPtrArray *list = g_ptr_array_new();

    object_child_foreach_recursive(OBJECT(ms), collect, list);
    g_ptr_array_sort(list, by_address);
    return list;
}

uint64_t machine_plugged_memory(MachineState *ms)
{
    g_autoptr(GPtrArray) list = devices(ms);
    uint64_t sum = 0;

    for (guint i = 0; i < list->len; i++) {
        MemoryDeviceClass *mdc = MEMORY_DEVICE_GET_CLASS(list->pdata[i]);

        sum +=
            mdc->get_plugged_size ? mdc->get_plugged_size(list->pdata[i]) : size_of(list->pdata[i]);
    }
    return sum;
}

/* What devices take of the space that is kept for them. */
static uint64_t used_space(GPtrArray *list)
{
    uint64_t sum = 0;

    for (guint i = 0; i < list->len; i++) {
        sum += size_of(list->pdata[i]);
    }
    return sum;
}

/* ---- choosing an address ---- */

/* The first gap of @size between the devices; UINT64_MAX when there is none. */
static uint64_t find_gap(const DeviceMemoryState *dm, GPtrArray *list, uint64_t size,
                         uint64_t align)
{
    uint64_t addr = ROUND_UP(dm->base, align);
    uint64_t end = dm->base + memory_region_size(&dm->mr);

    for (guint i = 0; i < list->len; i++) {
        MemoryDeviceState *md = list->pdata[i];

        if (addr_of(md) >= addr && addr_of(md) - addr >= size) {
            return addr;
        }
        addr = ROUND_UP(addr_of(md) + size_of(md), align);
    }
    return addr <= end && end - addr >= size ? addr : UINT64_MAX;
}

static bool check_address(const DeviceMemoryState *dm, GPtrArray *list, uint64_t addr,
                          uint64_t size, uint64_t align, Error **errp)
{
    uint64_t total = memory_region_size(&dm->mr);

    if (addr % align) {
        error_setg(errp, "addr=0x%" PRIx64 " is not a multiple of 0x%" PRIx64, addr, align);
        return false;
    }
    if (addr < dm->base || addr - dm->base > total || total - (addr - dm->base) < size) {
        error_setg(errp,
                   "addr=0x%" PRIx64 ": 0x%" PRIx64 " bytes from there are not within 0x%" PRIx64
                   " to 0x%" PRIx64 ", the space for memory devices",
                   addr, size, (uint64_t)dm->base, (uint64_t)dm->base + total);
        return false;
    }
    for (guint i = 0; i < list->len; i++) {
        MemoryDeviceState *md = list->pdata[i];

        if (addr < addr_of(md) + size_of(md) && addr_of(md) < addr + size) {
            error_setg(errp, "addr=0x%" PRIx64 ": memory device '%s' is there already", addr,
                       DEVICE(md)->id ? DEVICE(md)->id : "");
            return false;
        }
    }
    return true;
}

bool memory_device_pre_plug(MemoryDeviceState *md, MachineState *ms, Error **errp)
{
    MemoryDeviceClass *mdc = MEMORY_DEVICE_GET_CLASS(md);
    g_autoptr(GPtrArray) list = devices(ms);
    MemoryRegion *mr = mdc->get_memory_region(md, errp);
    uint64_t size, used = used_space(list), limit = ms->maxram_size - ms->ram_size;
    uint64_t align = MEMORY_DEVICE_ALIGN;
    uint64_t unit = mdc->size_unit ? mdc->size_unit : MEMORY_DEVICE_ALIGN;

    if (!mr) {
        return false;
    }
    size = memory_region_size(mr);
    if (!ms->device_memory) {
        error_setg(errp, "there is no space for memory devices; -m takes maxmem=");
        return false;
    }
    if (mdc->get_min_alignment) {
        align = MAX(align, mdc->get_min_alignment(md));
    }
    if (size % unit) {
        error_setg(errp,
                   "the size of a memory device is a multiple of 0x%" PRIx64 ", not 0x%" PRIx64,
                   unit, size);
        return false;
    }
    if (size > limit - used) {
        error_setg(errp,
                   "not enough space: 0x%" PRIx64 " of the 0x%" PRIx64
                   " bytes that -m maxmem= leaves for memory devices are in use",
                   used, limit);
        return false;
    }
    if (!mdc->get_addr(md)) {
        uint64_t addr = find_gap(ms->device_memory, list, size, align);

        if (addr == UINT64_MAX) {
            error_setg(errp, "there is no gap of 0x%" PRIx64 " bytes between memory devices", size);
            return false;
        }
        mdc->set_addr(md, addr);
        return true;
    }
    return check_address(ms->device_memory, list, mdc->get_addr(md), size, align, errp);
}

void memory_device_plug(MemoryDeviceState *md, MachineState *ms)
{
    MemoryRegion *mr = MEMORY_DEVICE_GET_CLASS(md)->get_memory_region(md, &error_abort);

    memory_region_add_subregion(&ms->device_memory->mr, addr_of(md) - ms->device_memory->base, mr);
}

void memory_device_unplug(MemoryDeviceState *md, MachineState *ms)
{
    MemoryRegion *mr = MEMORY_DEVICE_GET_CLASS(md)->get_memory_region(md, &error_abort);

    memory_region_del_subregion(&ms->device_memory->mr, mr);
}

void machine_memory_devices_init(MachineState *ms, MemoryRegion *parent, hwaddr base, uint64_t size)
{
    ms->device_memory = g_new0(DeviceMemoryState, 1);
    ms->device_memory->base = base;
    memory_region_init(&ms->device_memory->mr, OBJECT(ms), "device-memory", size);
    memory_region_add_subregion(parent, base, &ms->device_memory->mr);
}

/* ---- QMP ---- */

MemoryDeviceInfoList *qmp_query_memory_devices(Error **errp)
{
    MachineState *ms = machine_current();
    g_autoptr(GPtrArray) list = devices(ms);
    MemoryDeviceInfoList *result = NULL, **tail = &result;

    for (guint i = 0; i < list->len; i++) {
        MemoryDeviceClass *mdc = MEMORY_DEVICE_GET_CLASS(list->pdata[i]);
        MemoryDeviceInfo *info = g_new0(MemoryDeviceInfo, 1);

        info->type = mdc->kind;
        mdc->fill_device_info(list->pdata[i], info);
        QAPI_LIST_APPEND(tail, info);
    }
    return result;
}

static const TypeInfo memory_device_types[] = {
    {
        .name = TYPE_MEMORY_DEVICE,
        .parent = TYPE_INTERFACE,
        .class_size = sizeof(MemoryDeviceClass),
    },
};

DEFINE_TYPES(memory_device_types)
