/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory modules that come and go by ACPI: a block of registers at 0A00h, for the
 * AML of memory-aml.c alone, that no data sheet describes. Offsets, 32 bits each
 * but the one at 14h:
 *
 *   0  write: selects a slot; read: address of its memory, low half
 *   4  write: event of _OST; read: address, high half
 *   8  write: status of _OST; read: length, low half
 *   C  read: length, high half
 *  10  read: proximity domain
 *  14  8 bits, read: 0 present, 1 insertion, 2 removal to be noted;
 *      write a 1: 1 and 2 are noted, 3 ejects
 */

#include "qemu/osdep.h"
#include "hw/acpi/memory_hotplug.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "hw/hotplug.h"
#include "hw/mem/nvdimm.h"
#include "qemu/log.h"

#define REG_ADDR_LOW     0x00
#define REG_ADDR_HIGH    0x04
#define REG_LEN_LOW      0x08
#define REG_LEN_HIGH     0x0c
#define REG_NODE         0x10
#define REG_STATUS       0x14

#define REG_SELECT       0x00
#define REG_OST_EVENT    0x04
#define REG_OST_STATUS   0x08

#define STATUS_PRESENT   (1u << 0)
#define STATUS_INSERTING (1u << 1)
#define STATUS_REMOVING  (1u << 2)
#define CONTROL_EJECT    (1u << 3)

/* ---- slots ---- */

/* What is in @slot; a module that keeps what is in it has ways of its own (nvdimm.c). */
static PCDIMMDevice *module_in_slot(const AcpiMemHpState *s, uint32_t slot)
{
    PCDIMMDevice *dimm = pc_dimm_in_slot(s->machine, slot);

    return dimm && !object_dynamic_cast(OBJECT(dimm), TYPE_NVDIMM) ? dimm : NULL;
}

static ACPIOSTInfo *ost_info(const AcpiMemHpState *s, uint32_t slot)
{
    return acpi_ost_info((DeviceState *)module_in_slot(s, slot), ACPI_SLOT_TYPE_DIMM, slot,
                         s->slots[slot].ost_event, s->slots[slot].ost_status);
}

void acpi_memory_ospm_status(const AcpiMemHpState *s, ACPIOSTInfoList ***tail)
{
    for (uint32_t i = 0; i < s->num_slots; i++) {
        QAPI_LIST_APPEND(*tail, ost_info(s, i));
    }
}

static void eject(AcpiMemHpState *s)
{
    PCDIMMDevice *dimm = module_in_slot(s, s->select);
    HotplugHandler *handler = dimm ? qdev_get_hotplug_handler(DEVICE(dimm)) : NULL;

    if (!handler) {
        qemu_log_mask(LOG_GUEST_ERROR, "acpi-mem-hotplug: slot %u has nothing to eject\n",
                      s->select);
        return;
    }
    hotplug_handler_unplug(handler, DEVICE(dimm), NULL);
    object_unparent(OBJECT(dimm));
}

/* ---- registers ---- */

static uint64_t hotplug_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiMemHpState *s = opaque;
    const AcpiMemSlot *slot;
    PCDIMMDevice *dimm;
    uint64_t len;

    if (s->select >= s->num_slots) {
        return 0;
    }
    slot = &s->slots[s->select];
    dimm = module_in_slot(s, s->select);
    len = dimm ? memory_region_size(host_memory_backend_get_memory(dimm->memdev)) : 0;
    switch (addr) {
    case REG_ADDR_LOW:
        return dimm ? (uint32_t)dimm->addr : 0;
    case REG_ADDR_HIGH:
        return dimm ? dimm->addr >> 32 : 0;
    case REG_LEN_LOW:
        return (uint32_t)len;
    case REG_LEN_HIGH:
        return len >> 32;
    case REG_NODE:
        return dimm ? dimm->node : 0;
    case REG_STATUS:
        return (dimm ? STATUS_PRESENT : 0) | (slot->inserting ? STATUS_INSERTING : 0) |
               (slot->removing ? STATUS_REMOVING : 0);
    default:
        return 0;
    }
}

static void control_write(AcpiMemHpState *s, uint8_t value)
{
    AcpiMemSlot *slot = &s->slots[s->select];

    if (value & STATUS_INSERTING) {
        slot->inserting = false;
    } else if (value & STATUS_REMOVING) {
        slot->removing = false;
    } else if (value & CONTROL_EJECT) {
        eject(s);
    }
}

static void hotplug_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiMemHpState *s = opaque;
    PCDIMMDevice *dimm;

    if (addr == REG_SELECT) {
        s->select = value;
        return;
    }
    if (s->select >= s->num_slots) {
        return;
    }
    switch (addr) {
    case REG_OST_EVENT:
        s->slots[s->select].ost_event = value;
        break;
    case REG_OST_STATUS:
        dimm = module_in_slot(s, s->select);
        s->slots[s->select].ost_status = value;
        acpi_report_ost(ost_info(s, s->select), dimm ? DEVICE(dimm) : NULL);
        break;
    case REG_STATUS:
        control_write(s, value);
        break;
    }
}

static const MemoryRegionOps hotplug_ops = {
    .read = hotplug_read,
    .write = hotplug_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
};

/* ---- modules that come and go ---- */

void acpi_memory_plug(AcpiMemHpState *s, DeviceState *dev)
{
    if (dev->hotplugged) {
        s->slots[PC_DIMM(dev)->slot].inserting = true;
    }
}

void acpi_memory_unplug_request(AcpiMemHpState *s, DeviceState *dev)
{
    s->slots[PC_DIMM(dev)->slot].removing = true;
}

void acpi_memory_unplug(AcpiMemHpState *s, DeviceState *dev)
{
    AcpiMemSlot *slot = &s->slots[PC_DIMM(dev)->slot];

    slot->inserting = slot->removing = false;
}

/* ---- reset, saved state ---- */

/* The guest finds what is there by itself. */
void acpi_memory_hotplug_reset(AcpiMemHpState *s)
{
    for (uint32_t i = 0; i < s->num_slots; i++) {
        s->slots[i] = (AcpiMemSlot){};
    }
    s->select = 0;
}

static const VMStateDescription vmstate_slot = {
    .name = "acpi-mem-hotplug/slot",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(inserting, AcpiMemSlot),
            VMSTATE_BOOL(removing, AcpiMemSlot),
            VMSTATE_UINT32(ost_event, AcpiMemSlot),
            VMSTATE_UINT32(ost_status, AcpiMemSlot),
            VMSTATE_END_OF_LIST(),
        },
};

const VMStateDescription vmstate_acpi_memory_hotplug = {
    .name = "acpi-mem-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(select, AcpiMemHpState),
            VMSTATE_STRUCT_VARRAY_POINTER_UINT32(slots, AcpiMemHpState, num_slots, vmstate_slot,
                                                 AcpiMemSlot),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- set-up ---- */

void acpi_memory_hotplug_init(AcpiMemHpState *s, Object *owner, MachineState *machine,
                              MemoryRegion *io)
{
    s->machine = machine;
    s->num_slots = machine->ram_slots;
    s->slots = g_new0(AcpiMemSlot, s->num_slots);
    if (s->num_slots) {
        memory_region_init_io(&s->io, owner, &hotplug_ops, s, "acpi-mem-hotplug",
                              ACPI_MEMORY_HOTPLUG_SIZE);
        memory_region_add_subregion(io, ACPI_MEMORY_HOTPLUG_BASE, &s->io);
    }
}

void acpi_memory_hotplug_finalize(AcpiMemHpState *s)
{
    g_free(s->slots);
}
