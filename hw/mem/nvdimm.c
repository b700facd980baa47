/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A memory module that keeps what is in it. Its labels, by which a guest divides it into namespaces
 * (UEFI 2.10, 13.19), are the end of the back end's memory; the guest has them by ACPI methods
 * (hw/acpi/nvdimm.c) and the rest in its address space.
 */
#include "qemu/osdep.h"
#include "hw/mem/nvdimm.h"
#include "exec/ram_addr.h"
#include "hw/mem/memory-device.h"
#include "hw/qdev-properties.h"
#include "qapi/visitor.h"
#include "qemu/units.h"

/* Two index blocks and some labels: less is no use to any guest. */
#define MIN_LABEL_SIZE (128 * KiB)
/* What the guest has is whole pages. */
#define SIZE_UNIT 4096

NVDIMMDevice *nvdimm_in_slot(MachineState *ms, int slot)
{
    return (NVDIMMDevice *)object_dynamic_cast((Object *)pc_dimm_in_slot(ms, slot), TYPE_NVDIMM);
}

/* ---- the two parts of its memory ---- */

static MemoryRegion *all_memory(NVDIMMDevice *nvdimm)
{
    return host_memory_backend_get_memory(PC_DIMM(nvdimm)->memdev);
}

/* When something first needs its size: before it is realized, as a place is found for it then. */
static bool prepare(NVDIMMDevice *nvdimm, Error **errp)
{
    MemoryRegion *mr = host_memory_backend_find_memory(PC_DIMM(nvdimm)->memdev, errp);
    uint64_t size;

    if (!mr || nvdimm->prepared) {
        return mr;
    }
    size = memory_region_size(mr);
    if (nvdimm->label_size >= size || (size - nvdimm->label_size) % SIZE_UNIT) {
        error_setg(errp,
                   "label-size=%" PRIu64 " of the %" PRIu64
                   " bytes of memdev=%s does not leave memory in multiples of %d",
                   nvdimm->label_size, size,
                   object_get_canonical_path_component(OBJECT(PC_DIMM(nvdimm)->memdev)), SIZE_UNIT);
        return false;
    }
    if (memory_region_is_rom(mr) && !nvdimm->unarmed) {
        error_setg(errp, "memdev=%s is read-only: 'unarmed' must be on",
                   object_get_canonical_path_component(OBJECT(PC_DIMM(nvdimm)->memdev)));
        return false;
    }
    memory_region_init_alias(&nvdimm->memory, OBJECT(nvdimm), "nvdimm-memory", mr, 0,
                             size - nvdimm->label_size);
    nvdimm->prepared = true;
    return true;
}

static MemoryRegion *nvdimm_get_memory_region(MemoryDeviceState *md, Error **errp)
{
    NVDIMMDevice *nvdimm = NVDIMM(md);

    return prepare(nvdimm, errp) ? &nvdimm->memory : NULL;
}

uint64_t nvdimm_size(NVDIMMDevice *nvdimm)
{
    return memory_region_size(&nvdimm->memory);
}

void nvdimm_read_labels(NVDIMMDevice *nvdimm, void *buf, uint64_t offset, uint64_t size)
{
    uint8_t *labels =
        (uint8_t *)memory_region_get_ram_ptr(all_memory(nvdimm)) + nvdimm_size(nvdimm);

    memcpy(buf, labels + offset, size);
}

bool nvdimm_write_labels(NVDIMMDevice *nvdimm, const void *buf, uint64_t offset, uint64_t size)
{
    MemoryRegion *mr = all_memory(nvdimm);
    uint64_t start = nvdimm_size(nvdimm) + offset;

    if (memory_region_is_rom(mr)) {
        return false;
    }
    memcpy((uint8_t *)memory_region_get_ram_ptr(mr) + start, buf, size);
    memory_region_set_dirty(mr, start, size);
    return true;
}

/* ---- properties ---- */

static void get_label_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_size(v, name, &NVDIMM(obj)->label_size, errp);
}

static void set_label_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    NVDIMMDevice *nvdimm = NVDIMM(obj);
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value < MIN_LABEL_SIZE) {
        error_setg(errp, "label-size=%" PRIu64 " is less than %d", value, (int)MIN_LABEL_SIZE);
        return;
    }
    nvdimm->label_size = value;
}

static const Property nvdimm_props[] = {
    DEFINE_PROP("uuid", NVDIMMDevice, uuid, qdev_prop_typed_uuid, QemuUUID),
    DEFINE_PROP_BOOL("unarmed", NVDIMMDevice, unarmed, false),
};

static void nvdimm_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    MemoryDeviceClass *mdc = MEMORY_DEVICE_CLASS(klass);

    dc->desc = "NVDIMM memory module";
    device_class_set_props(dc, nvdimm_props);
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    object_class_property_add(klass, "label-size", "int", get_label_size, set_label_size, NULL,
                              NULL);
    object_class_property_set_description(klass, "uuid", "The same in each start of the module");
    mdc->get_memory_region = nvdimm_get_memory_region;
    mdc->size_unit = SIZE_UNIT;
    mdc->kind = MEMORY_DEVICE_INFO_KIND_NVDIMM;
}

static const TypeInfo nvdimm_types[] = {
    {
        .name = TYPE_NVDIMM,
        .parent = TYPE_PC_DIMM,
        .instance_size = sizeof(NVDIMMDevice),
        .class_init = nvdimm_class_init,
    },
};

DEFINE_TYPES(nvdimm_types)
