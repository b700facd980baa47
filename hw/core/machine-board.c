/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a configured machine object to a built board: what only the whole
 * configuration can tell, and the main memory.
 */
#include "qemu/osdep.h"
#include "exec/memory.h"
#include "exec/ram_addr.h"
#include "hw/boards.h"
#include "hw/numa.h"
#include "migration/vmstate.h"
#include "qemu/option-place.h"
#include "qom/object_interfaces.h"
#include "system/hostmem.h"
#include "system/reset.h"
#include "system/runstate.h"

MachineState *machine_create(MachineClass *mc)
{
    Object *obj;

    /* Devices take their defaults from here on. */
    object_set_machine_compat_props(mc->compat_props);
    obj = object_new_with_class(OBJECT_CLASS(mc));
    object_property_add_child(object_get_root(), "machine", obj);
    object_unref(obj);
    object_property_add_new_container(obj, "unattached");
    object_property_add_new_container(obj, "peripheral");
    object_property_add_new_container(obj, "peripheral-anon");
    phase_advance(PHASE_MACHINE_CREATED);
    return MACHINE(obj);
}

/* ---- main memory -------------------------------------------------------- */

/* A back end of the machine's own for its memory, called as the RAM block has to be. */
static bool create_default_memdev(MachineState *ms, const char *path, Error **errp)
{
    ERRP_GUARD();
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    g_autoptr(Object) obj = object_new(path ? TYPE_MEMORY_BACKEND_FILE : TYPE_MEMORY_BACKEND_RAM);

    if (path && !object_property_set_str(obj, "mem-path", path, errp)) {
        return false;
    }
    if (!object_property_set_int(obj, "size", ms->ram_size, errp) ||
        !object_property_try_add_child(object_get_objects_root(), mc->default_ram_id, obj, errp)) {
        return false;
    }
    /* The block keeps its plain name, which saved states know it by. */
    if (!object_property_set_bool(obj, "x-use-canonical-path-for-ramblock-id", false, errp) ||
        !user_creatable_complete(USER_CREATABLE(obj), errp)) {
        error_append_hint(errp, "\"-m SIZE\" says how much memory the guest has.\n");
        object_unparent(obj);
        return false;
    }
    return object_property_set_link(OBJECT(ms), "memory-backend", obj, errp);
}

MemoryRegion *machine_consume_memdev(MachineState *machine, HostMemoryBackend *backend)
{
    MemoryRegion *mr = host_memory_backend_get_memory(backend);

    g_assert(!host_memory_backend_is_mapped(backend));
    host_memory_backend_set_mapped(backend, true);
    vmstate_register_ram_global(mr);
    return mr;
}

/* With memory by node: the container of all nodes' back ends. */
static MemoryRegion *numa_system_memory(MachineState *ms, Error **errp)
{
    NumaState *ns = ms->numa_state;
    MemoryRegion *ram;
    uint64_t addr = 0;

    for (int i = 0; i < ns->num_nodes; i++) {
        HostMemoryBackend *backend = ns->nodes[i].node_memdev;
        bool used = backend && host_memory_backend_is_mapped(backend);

        for (int k = 0; k < i && backend; k++) {
            used |= ns->nodes[k].node_memdev == backend;
        }
        if (used) {
            error_setg(errp, "memory backend '%s' can't be used multiple times",
                       object_get_canonical_path_component(OBJECT(backend)));
            return NULL;
        }
    }
    ram = g_new(MemoryRegion, 1);
    memory_region_init(ram, OBJECT(ms), MACHINE_GET_CLASS(ms)->default_ram_id, ms->ram_size);
    for (int i = 0; i < ns->num_nodes; i++) {
        if (ns->nodes[i].node_memdev) {
            memory_region_add_subregion(ram, addr,
                                        machine_consume_memdev(ms, ns->nodes[i].node_memdev));
            addr += ns->nodes[i].node_mem;
        }
    }
    return ram;
}

/* A back end that the user chose decides the size, unless -m did, too. */
static bool adopt_memdev_size(MachineState *ms, Error **errp)
{
    uint64_t size;

    if (host_memory_backend_is_mapped(ms->memdev)) {
        error_setg(errp, "memory backend '%s' can't be used multiple times",
                   object_get_canonical_path_component(OBJECT(ms->memdev)));
        return false;
    }
    size = memory_region_size(host_memory_backend_get_memory(ms->memdev));
    if (!ms->ram_size_given) {
        ms->maxram_size = ms->ram_slots ? ms->maxram_size : size;
        ms->ram_size = size;
    }
    if (size != ms->ram_size) {
        ERRP_GUARD();

        error_setg(errp,
                   "Machine memory size (%" PRIu64 ") does not match the size of the memory "
                   "backend (%" PRIu64 ")",
                   ms->ram_size, size);
        loc_prepend_property("memory-backend", errp);
        return false;
    }
    if (ms->maxram_size < ms->ram_size) {
        error_setg(errp,
                   "invalid value of maxmem: maximum memory size (0x%" PRIx64 ") must be at "
                   "least the initial memory size (0x%" PRIx64 ")",
                   ms->maxram_size, ms->ram_size);
        return false;
    }
    return true;
}

static bool machine_setup_memory(MachineState *ms, const char *mem_path, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);

    if (ms->numa_state && ms->numa_state->have_memdevs) {
        ms->ram = numa_system_memory(ms, errp);
        return ms->ram != NULL;
    }
    if (!ms->memdev && mc->default_ram_id && ms->ram_size &&
        !create_default_memdev(ms, mem_path, errp)) {
        return false;
    }
    if (ms->memdev) {
        ms->ram = machine_consume_memdev(ms, ms->memdev);
    }
    return true;
}

/* ---- processors --------------------------------------------------------- */

static bool cpu_type_is_supported(MachineState *ms, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    ObjectClass *oc = object_class_by_name(ms->cpu_type);
    g_autoptr(GString) valid = NULL;

    if (!ms->cpu_type || !mc->valid_cpu_types) {
        return true;
    }
    valid = g_string_new(NULL);
    for (int i = 0; mc->valid_cpu_types[i]; i++) {
        if (object_class_dynamic_cast(oc, mc->valid_cpu_types[i])) {
            return true;
        }
        g_string_append_printf(valid, "%s%s", i ? ", " : "", mc->valid_cpu_types[i]);
    }
    error_setg(errp, "Invalid CPU type '%s' for machine '%s', expected one of: %s", ms->cpu_type,
               mc->name, valid->str);
    return false;
}

static bool find_memory_encryption(MachineState *ms, Error **errp)
{
    ERRP_GUARD();

    if (!ms->memory_encryption || !*ms->memory_encryption ||
        object_property_set_str(OBJECT(ms), "confidential-guest-support", ms->memory_encryption,
                                errp)) {
        return true;
    }
    loc_prepend_property("memory-encryption", errp);
    return false;
}

/*
 * Properties that every machine has by name, with a value that the board's class says it
 * cannot honour. All is decided by now but what init() would make of it.
 */
static bool check_parts(MachineState *ms, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(ms);
    const struct {
        bool refused;
        const char *property, *why;
    } parts[] = {
        {ms->usb, "usb=on", "there is no USB in this emulator yet"},
        {ms->shim_filename && !mc->has_shim, "shim", "this machine starts kernels without a shim"},
        {ms->dumpdtb && !mc->has_device_tree, "dumpdtb", "this machine has no device tree"},
        {ms->dt_compatible && !mc->has_device_tree, "dt-compatible",
         "this machine has no device tree"},
        {ms->phandle_start > 1 && !mc->has_device_tree, "phandle-start",
         "this machine has no device tree"},
        {ms->suppress_vmdesc, "suppress-vmdesc=on", "saved states always describe themselves"},
        {ms->new_accel_vmfd_on_reset, "x-change-vmfd-on-reset=on",
         "accelerators keep their virtual machine"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (parts[i].refused) {
            error_setg(errp, "-machine %s: %s", parts[i].property, parts[i].why);
            return false;
        }
    }
    return true;
}

const char *machine_boot_order(const MachineState *ms)
{
    const char *usual = MACHINE_GET_CLASS(ms)->default_boot_order;

    return ms->boot_config.order ? ms->boot_config.order : usual ? usual : "";
}

/* The same for what makes no difference to the guest: other emulators take it in silence. */
static void warn_of_ignored(MachineState *ms)
{
    if (ms->boot_config.order && !MACHINE_GET_CLASS(ms)->default_boot_order) {
        warn_report("boot order '%s' is ignored: this machine takes none", ms->boot_config.order);
    }
    if (ms->spcr_wanted) {
        warn_report("-machine spcr=on is ignored: no machine has an ACPI table that names its "
                    "console");
    }
}

/* A reset of the machine: the board's own way, if it has one. */
static void reset_machine(ShutdownCause reason)
{
    MachineState *machine = machine_current();
    MachineClass *mc = MACHINE_GET_CLASS(machine);
    ResetType type =
        reason == SHUTDOWN_CAUSE_SNAPSHOT_LOAD ? RESET_TYPE_SNAPSHOT_LOAD : RESET_TYPE_COLD;

    if (mc->reset) {
        mc->reset(machine, type);
    } else {
        qemu_devices_reset(type);
    }
}

/* Waking up from S3 resets all but what keeps its power. */
static void wake_machine(void)
{
    MachineState *machine = machine_current();
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    if (mc->wakeup) {
        mc->wakeup(machine);
    } else {
        qemu_devices_reset(RESET_TYPE_WAKEUP);
    }
}

static const MachineRunHooks run_hooks = {
    .reset = reset_machine,
    .wakeup = wake_machine,
};

bool machine_run_board_init(MachineState *machine, const char *mem_path, Error **errp)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    qemu_ram_share_aux(machine->aux_ram_share);
    if (!check_parts(machine, errp) || (machine->memdev && !adopt_memdev_size(machine, errp)) ||
        !find_memory_encryption(machine, errp) || !cpu_type_is_supported(machine, errp) ||
        (machine->numa_state && !numa_complete_configuration(machine, errp)) ||
        !machine_setup_memory(machine, mem_path, errp)) {
        return false;
    }
    warn_of_ignored(machine);
    qemu_set_machine_run_hooks(&run_hooks);
    mc->init(machine);
    phase_advance(PHASE_MACHINE_INITIALIZED);
    return true;
}
