/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes to a PC and leaves it without a bus, or by more than one: CPUs, memory modules, PCI
 * functions that bring memory. BQL held.
 */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/acpi/nvdimm.h"
#include "hw/core/cpu.h"
#include "hw/i386/pc.h"
#include "hw/mem/memory-device.h"
#include "hw/mem/nvdimm.h"
#include "hw/mem/pc-dimm.h"
#include "hw/virtio/virtio-md-pci.h"
#include "qemu/units.h"

/* ---- memory modules ---- */

static bool is_nvdimm(DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_NVDIMM);
}

static void dimm_pre_plug(PCMachineState *pcms, DeviceState *dev, Error **errp)
{
    DeviceState *acpi_dev = X86_MACHINE(pcms)->acpi_dev;

    if (!acpi_dev) {
        error_setg(errp, "memory modules are announced by ACPI, which is off");
        return;
    }
    if (is_nvdimm(dev) && !MACHINE(pcms)->nvdimms_state->is_enabled) {
        error_setg(errp, "the machine takes no %s; -machine nvdimm=on does", TYPE_NVDIMM);
        return;
    }
    pc_dimm_pre_plug(PC_DIMM(dev), MACHINE(pcms), errp);
}

static void dimm_plug(PCMachineState *pcms, DeviceState *dev, Error **errp)
{
    pc_dimm_plug(PC_DIMM(dev), MACHINE(pcms));
    if (is_nvdimm(dev)) {
        acpi_nvdimm_plug(MACHINE(pcms)->nvdimms_state, dev);
        return;
    }
    hotplug_handler_plug(HOTPLUG_HANDLER(X86_MACHINE(pcms)->acpi_dev), dev, errp);
}

static void dimm_unplug_request(PCMachineState *pcms, DeviceState *dev, Error **errp)
{
    if (is_nvdimm(dev)) {
        error_setg(errp, "%s '%s' is hotpluggable, but no guest lets go of one", TYPE_NVDIMM,
                   dev->id ? dev->id : "");
        return;
    }
    hotplug_handler_unplug_request(HOTPLUG_HANDLER(X86_MACHINE(pcms)->acpi_dev), dev, errp);
}

static void dimm_unplug(PCMachineState *pcms, DeviceState *dev, Error **errp)
{
    hotplug_handler_unplug(HOTPLUG_HANDLER(X86_MACHINE(pcms)->acpi_dev), dev, errp);
    pc_dimm_unplug(PC_DIMM(dev), MACHINE(pcms));
    qdev_unrealize(dev);
}

/* ---- PCI functions that bring memory: the function is the bus's, the memory the machine's ---- */

static bool is_virtio_md(DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_VIRTIO_MD_PCI);
}

static HotplugHandler *bus_handler(DeviceState *dev)
{
    return dev->parent_bus ? dev->parent_bus->hotplug_handler : NULL;
}

static void virtio_md_pre_plug(MachineState *ms, DeviceState *dev, Error **errp)
{
    if (memory_device_pre_plug(MEMORY_DEVICE(dev), ms, errp) && bus_handler(dev)) {
        hotplug_handler_pre_plug(bus_handler(dev), dev, errp);
    }
}

/* The memory first: once the function is there, the guest may want it. */
static void virtio_md_plug(MachineState *ms, DeviceState *dev, Error **errp)
{
    Error *err = NULL;

    memory_device_plug(MEMORY_DEVICE(dev), ms);
    if (bus_handler(dev)) {
        hotplug_handler_plug(bus_handler(dev), dev, &err);
    }
    if (err) {
        memory_device_unplug(MEMORY_DEVICE(dev), ms);
        error_propagate(errp, err);
    }
}

static void virtio_md_unplug_request(DeviceState *dev, Error **errp)
{
    if (!bus_handler(dev)) {
        error_setg(errp, "the bus of device '%s' lets none go", dev->id ? dev->id : "");
    } else if (virtio_md_pci_may_go(VIRTIO_MD_PCI(dev), errp)) {
        hotplug_handler_unplug_request(bus_handler(dev), dev, errp);
    }
}

static void virtio_md_unplug(MachineState *ms, DeviceState *dev, Error **errp)
{
    memory_device_unplug(MEMORY_DEVICE(dev), ms);
    hotplug_handler_unplug(bus_handler(dev), dev, errp);
}

/* ---- the machine's hotplug handler ---- */

static bool is_dimm(DeviceState *dev)
{
    return object_dynamic_cast(OBJECT(dev), TYPE_PC_DIMM);
}

static void pc_pre_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (is_dimm(dev)) {
        dimm_pre_plug(PC_MACHINE(handler), dev, errp);
    } else if (is_virtio_md(dev)) {
        virtio_md_pre_plug(MACHINE(handler), dev, errp);
    } else {
        x86_cpu_pre_plug(handler, dev, errp);
    }
}

static void pc_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (is_dimm(dev)) {
        dimm_plug(PC_MACHINE(handler), dev, errp);
    } else if (is_virtio_md(dev)) {
        virtio_md_plug(MACHINE(handler), dev, errp);
    } else {
        x86_cpu_plug(handler, dev, errp);
    }
}

static void pc_unplug_request(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (is_dimm(dev)) {
        dimm_unplug_request(PC_MACHINE(handler), dev, errp);
    } else if (is_virtio_md(dev)) {
        virtio_md_unplug_request(dev, errp);
    } else {
        x86_cpu_unplug_request(handler, dev, errp);
    }
}

static void pc_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    if (is_dimm(dev)) {
        dimm_unplug(PC_MACHINE(handler), dev, errp);
    } else if (is_virtio_md(dev)) {
        virtio_md_unplug(MACHINE(handler), dev, errp);
    } else {
        x86_cpu_unplug(handler, dev, errp);
    }
}

static HotplugHandler *pc_get_hotplug_handler(MachineState *machine, DeviceState *dev)
{
    return is_dimm(dev) || is_virtio_md(dev) || object_dynamic_cast(OBJECT(dev), TYPE_CPU)
               ? HOTPLUG_HANDLER(machine)
               : NULL;
}

void pc_machine_class_init_hotplug(ObjectClass *oc)
{
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(oc);

    MACHINE_CLASS(oc)->get_hotplug_handler = pc_get_hotplug_handler;
    hc->pre_plug = pc_pre_plug;
    hc->plug = pc_plug;
    hc->unplug_request = pc_unplug_request;
    hc->unplug = pc_unplug;
}

/* ---- the address space that is kept for memory devices ---- */

/* Names of modules in the DSDT have two hexadecimal digits for the slot. */
#define MAX_RAM_SLOTS 256
/* Half of what 52 bits of physical address reach: the slots' holes come on top. */
#define MAX_RAM_SIZE (UINT64_C(1) << 51)

/* Each slot may need up to 1 GiB for a module that begins at a multiple of that. */
void pc_device_memory_init(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    MachineState *ms = MACHINE(pcms);

    if (ms->ram_slots > MAX_RAM_SLOTS) {
        error_setg(&error_fatal, "-m slots=%" PRIu64 " is greater than %d", (uint64_t)ms->ram_slots,
                   MAX_RAM_SLOTS);
    }
    if (ms->maxram_size > MAX_RAM_SIZE) {
        error_setg(&error_fatal, "-m maxmem=%" PRIu64 " is greater than %" PRIu64 ", 2 PiB",
                   (uint64_t)ms->maxram_size, MAX_RAM_SIZE);
    }
    if (ms->maxram_size > ms->ram_size) {
        machine_memory_devices_init(
            ms, get_system_memory(),
            ROUND_UP(x86ms->above_4g_mem_start + x86ms->above_4g_mem_size, (uint64_t)GiB),
            ms->maxram_size - ms->ram_size + ms->ram_slots * GiB);
    }
}

uint64_t pc_memory_end(PCMachineState *pcms)
{
    X86MachineState *x86ms = X86_MACHINE(pcms);
    DeviceMemoryState *dm = MACHINE(pcms)->device_memory;
    uint64_t end = dm ? dm->base + memory_region_size(&dm->mr)
                      : x86ms->above_4g_mem_start + x86ms->above_4g_mem_size;

    return ROUND_UP(end, (uint64_t)GiB);
}
