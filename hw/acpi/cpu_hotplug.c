/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processors that come and go by ACPI: a block of registers for the AML
 * of hw/i386/acpi-cpu.c and for firmware, that no data sheet describes. Offsets:
 *
 *   0  32 bits, write: selects a place; read: the high half of command 3's answer, 0
 *   4   8 bits, read: 0 present, 1 insertion, 2 removal to be noted;
 *       write a 1: 1 and 2 are noted, 3 ejects
 *   5   8 bits, write: command: 0 go on to the next place with something to be noted,
 *       1, 2 take event and status of _OST, 3 the APIC ID
 *   8  32 bits, argument or answer of the command: the selected place, its APIC ID
 *
 * With a place selected that does not exist, all reads as 0 and writes are lost,
 * but for the selection.
 */

#include "qemu/osdep.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "hw/acpi/cpu_hotplug.h"
#include "hw/core/cpu.h"
#include "hw/hotplug.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"

#define REG_SELECT       0x0
#define REG_STATUS       0x4
#define REG_COMMAND      0x5
#define REG_DATA         0x8

#define STATUS_PRESENT   (1u << 0)
#define STATUS_INSERTING (1u << 1)
#define STATUS_REMOVING  (1u << 2)
#define CONTROL_EJECT    (1u << 3)

enum {
    COMMAND_NEXT,
    COMMAND_OST_EVENT,
    COMMAND_OST_STATUS,
    COMMAND_ARCH_ID,
};

/* ---- places ---- */

static CPUState *cpu_at(const AcpiCpuHpState *s, uint32_t slot)
{
    return s->places->cpus[slot].cpu;
}

static AcpiCpuSlot *slot_of(AcpiCpuHpState *s, DeviceState *dev)
{
    for (uint32_t i = 0; i < s->num_slots; i++) {
        if (cpu_at(s, i) == CPU(dev)) {
            return &s->slots[i];
        }
    }
    return NULL;
}

static ACPIOSTInfo *ost_info(const AcpiCpuHpState *s, uint32_t slot)
{
    return acpi_ost_info((DeviceState *)cpu_at(s, slot), ACPI_SLOT_TYPE_CPU, slot,
                         s->slots[slot].ost_event, s->slots[slot].ost_status);
}

void acpi_cpu_ospm_status(const AcpiCpuHpState *s, ACPIOSTInfoList ***tail)
{
    for (uint32_t i = 0; i < s->num_slots; i++) {
        QAPI_LIST_APPEND(*tail, ost_info(s, i));
    }
}

/* From the selected place on and round; stays there when nothing is to be noted anywhere. */
static void select_next(AcpiCpuHpState *s)
{
    for (uint32_t i = 0; i < s->num_slots; i++) {
        uint32_t slot = (s->select + i) % s->num_slots;

        if (s->slots[slot].inserting || s->slots[slot].removing) {
            s->select = slot;
            return;
        }
    }
}

/*
 * In the main loop: the vCPU that wrote the register may be the one that goes, and the one that
 * goes may be waiting for all others to stop.
 */
static void eject_bh(void *opaque)
{
    CPUState *cpu = opaque;
    HotplugHandler *handler = qdev_get_hotplug_handler(DEVICE(cpu));

    if (DEVICE(cpu)->realized && handler) {
        hotplug_handler_unplug(handler, DEVICE(cpu), NULL);
        object_unparent(OBJECT(cpu));
    }
    object_unref(OBJECT(cpu));
}

static void eject(AcpiCpuHpState *s)
{
    CPUState *cpu = cpu_at(s, s->select);
    HotplugHandler *handler = cpu ? qdev_get_hotplug_handler(DEVICE(cpu)) : NULL;

    /* The first processor runs the firmware. */
    if (!handler || s->select == 0) {
        qemu_log_mask(LOG_GUEST_ERROR, "acpi-cpu-hotplug: place %u cannot be ejected\n", s->select);
        return;
    }
    if (!s->slots[s->select].ejecting) {
        s->slots[s->select].ejecting = true;
        object_ref(OBJECT(cpu));
        aio_bh_schedule_oneshot(qemu_get_aio_context(), eject_bh, cpu);
    }
}

/* ---- registers ---- */

static uint64_t hotplug_read(void *opaque, hwaddr addr, unsigned size)
{
    AcpiCpuHpState *s = opaque;
    const AcpiCpuSlot *slot;

    if (s->select >= s->num_slots) {
        return 0;
    }
    slot = &s->slots[s->select];
    switch (addr) {
    case REG_STATUS:
        return (cpu_at(s, s->select) && !slot->ejecting ? STATUS_PRESENT : 0) |
               (slot->inserting ? STATUS_INSERTING : 0) | (slot->removing ? STATUS_REMOVING : 0);
    case REG_DATA:
        if (s->command == COMMAND_NEXT) {
            return s->select;
        }
        return s->command == COMMAND_ARCH_ID ? s->places->cpus[s->select].arch_id : 0;
    default:
        return 0;
    }
}

static void control_write(AcpiCpuHpState *s, uint8_t value)
{
    AcpiCpuSlot *slot = &s->slots[s->select];

    if (value & STATUS_INSERTING) {
        slot->inserting = false;
    } else if (value & STATUS_REMOVING) {
        slot->removing = false;
    } else if (value & CONTROL_EJECT) {
        eject(s);
    }
}

static void data_write(AcpiCpuHpState *s, uint32_t value)
{
    AcpiCpuSlot *slot = &s->slots[s->select];

    if (s->command == COMMAND_OST_EVENT) {
        slot->ost_event = value;
    } else if (s->command == COMMAND_OST_STATUS) {
        slot->ost_status = value;
        acpi_report_ost(ost_info(s, s->select), (DeviceState *)cpu_at(s, s->select));
    }
}

static void hotplug_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    AcpiCpuHpState *s = opaque;

    if (addr != REG_SELECT && s->select >= s->num_slots) {
        return;
    }
    switch (addr) {
    case REG_SELECT:
        s->select = value;
        break;
    case REG_STATUS:
        control_write(s, value);
        break;
    case REG_COMMAND:
        if (value <= COMMAND_ARCH_ID) {
            s->command = value;
        }
        if (value == COMMAND_NEXT) {
            select_next(s);
        }
        break;
    case REG_DATA:
        data_write(s, value);
        break;
    }
}

static const MemoryRegionOps hotplug_ops = {
    .read = hotplug_read,
    .write = hotplug_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4},
};

/* ---- processors that come and go ---- */

void acpi_cpu_plug(AcpiCpuHpState *s, DeviceState *dev)
{
    AcpiCpuSlot *slot = slot_of(s, dev);

    if (slot && dev->hotplugged) {
        slot->inserting = true;
    }
}

void acpi_cpu_unplug_request(AcpiCpuHpState *s, DeviceState *dev)
{
    AcpiCpuSlot *slot = slot_of(s, dev);

    if (slot) {
        slot->removing = true;
    }
}

void acpi_cpu_unplug(AcpiCpuHpState *s, DeviceState *dev)
{
    AcpiCpuSlot *slot = slot_of(s, dev);

    if (slot) {
        slot->inserting = slot->removing = slot->ejecting = false;
    }
}

/* ---- reset, saved state ---- */

/* Firmware and the guest find what is there by themselves. */
void acpi_cpu_hotplug_reset(AcpiCpuHpState *s)
{
    for (uint32_t i = 0; i < s->num_slots; i++) {
        s->slots[i] = (AcpiCpuSlot){};
    }
    s->select = 0;
    s->command = COMMAND_NEXT;
}

static const VMStateDescription vmstate_slot = {
    .name = "acpi-cpu-hotplug/slot",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(inserting, AcpiCpuSlot),
            VMSTATE_BOOL(removing, AcpiCpuSlot),
            VMSTATE_UINT32(ost_event, AcpiCpuSlot),
            VMSTATE_UINT32(ost_status, AcpiCpuSlot),
            VMSTATE_END_OF_LIST(),
        },
};

const VMStateDescription vmstate_acpi_cpu_hotplug = {
    .name = "acpi-cpu-hotplug",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(select, AcpiCpuHpState),
            VMSTATE_UINT8(command, AcpiCpuHpState),
            VMSTATE_STRUCT_VARRAY_POINTER_UINT32(slots, AcpiCpuHpState, num_slots, vmstate_slot,
                                                 AcpiCpuSlot),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- set-up ---- */

void acpi_cpu_hotplug_init(AcpiCpuHpState *s, Object *owner, MachineState *machine,
                           MemoryRegion *io, uint16_t base)
{
    s->base = base;
    s->places = machine_possible_cpus(machine);
    s->num_slots = s->places->len;
    s->slots = g_new0(AcpiCpuSlot, s->num_slots);
    memory_region_init_io(&s->io, owner, &hotplug_ops, s, "acpi-cpu-hotplug",
                          ACPI_CPU_HOTPLUG_SIZE);
    memory_region_add_subregion(io, base, &s->io);
}

void acpi_cpu_hotplug_finalize(AcpiCpuHpState *s)
{
    g_free(s->slots);
}
