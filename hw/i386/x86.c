/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What all x86 machines share: properties, CPUs, firmware. */

#include "qemu/osdep.h"
#include "hw/i386/kvm/clock.h"
#include "hw/i386/apic.h"
#include "hw/i386/x86.h"
#include "exec/address-spaces.h"
#include "hw/nmi.h"
#include "hw/numa.h"
#include "hw/qdev-properties.h"
#include "qapi/visitor.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/option-place.h"
#include "qemu/units.h"
#include "system/kvm.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/i386/cpu.h"

bool x86_machine_is_smm_enabled(const X86MachineState *x86ms)
{
    /* Under KVM only where the host can; emulated CPUs always can. */
    if (x86ms->smm == ON_OFF_AUTO_OFF) {
        return false;
    }
    return !kvm_enabled() || kvm_has_smm();
}

bool x86_machine_is_acpi_enabled(const X86MachineState *x86ms)
{
    return x86ms->acpi != ON_OFF_AUTO_OFF;
}

/* ---- CPUs ---- */

X86CPUTopoInfo x86_topo_info(const MachineState *ms)
{
    return (X86CPUTopoInfo){
        .dies_per_pkg = MAX(ms->smp.dies, 1u),
        .modules_per_die = MAX(ms->smp.modules, 1u),
        .cores_per_module = MAX(ms->smp.cores, 1u),
        .threads_per_core = MAX(ms->smp.threads, 1u),
    };
}

static uint32_t apic_id_of_index(const X86CPUTopoInfo *topo, unsigned index)
{
    X86CPUTopoIDs ids;

    x86_topo_ids_from_idx(topo, index, &ids);
    return x86_apicid_from_topo_ids(topo, &ids);
}

static const CPUArchIdList *x86_possible_cpu_arch_ids(MachineState *ms)
{
    X86CPUTopoInfo topo = x86_topo_info(ms);
    unsigned max_cpus = ms->smp.max_cpus;

    if (ms->possible_cpus) {
        return ms->possible_cpus;
    }
    ms->possible_cpus = g_malloc0(sizeof(CPUArchIdList) + sizeof(CPUArchId) * max_cpus);
    ms->possible_cpus->len = max_cpus;
    for (unsigned i = 0; i < max_cpus; i++) {
        CPUArchId *slot = &ms->possible_cpus->cpus[i];
        X86CPUTopoIDs ids;

        x86_topo_ids_from_idx(&topo, i, &ids);
        slot->type = ms->cpu_type;
        slot->vcpus_count = 1;
        slot->arch_id = x86_apicid_from_topo_ids(&topo, &ids);
        slot->props.has_socket_id = true;
        slot->props.socket_id = ids.pkg_id;
        slot->props.has_die_id = ms->smp.dies > 1;
        slot->props.die_id = ids.die_id;
        slot->props.has_module_id = ms->smp.modules > 1;
        slot->props.module_id = ids.module_id;
        slot->props.has_core_id = true;
        slot->props.core_id = ids.core_id;
        slot->props.has_thread_id = true;
        slot->props.thread_id = ids.smt_id;
    }
    return ms->possible_cpus;
}

static CpuInstanceProperties x86_cpu_index_to_props(MachineState *ms, unsigned cpu_index)
{
    return x86_possible_cpu_arch_ids(ms)->cpus[cpu_index].props;
}

static int64_t x86_get_default_cpu_node_id(const MachineState *ms, int idx)
{
    X86CPUTopoInfo topo = x86_topo_info(ms);
    X86CPUTopoIDs ids;

    /* CPUs that no -numa option placed: sockets in turn. */
    x86_topo_ids_from_idx(&topo, idx, &ids);
    return ids.pkg_id % ms->numa_state->num_nodes;
}

static void cpu_new(X86MachineState *x86ms, const CPUArchId *place)
{
    Object *cpu = object_new(MACHINE(x86ms)->cpu_type);
    Error *err = NULL;

    if (!object_property_set_uint(cpu, "apic-id", place->arch_id, &err) ||
        !qdev_realize(DEVICE(cpu), NULL, &err)) {
        loc_prepend_property("cpu-type", &err);
        error_report_err(err);
        exit(1);
    }
    object_unref(cpu);
}

void x86_cpus_init(X86MachineState *x86ms)
{
    MachineState *ms = MACHINE(x86ms);
    X86CPUTopoInfo topo = x86_topo_info(ms);

    if (x86ms->bus_lock_limit && kvm_enabled()) {
        kvm_limit_bus_locks(x86ms->bus_lock_limit, &error_fatal);
    } else if (x86ms->bus_lock_limit) {
        warn_report("-machine bus-lock-ratelimit=%" PRIu64 " is ignored: only KVM counts bus locks",
                    x86ms->bus_lock_limit);
    }
    /* Fills ms->possible_cpus. */
    x86_possible_cpu_arch_ids(ms);
    x86ms->apic_id_limit = apic_id_of_index(&topo, ms->smp.max_cpus - 1) + 1;
    for (unsigned i = 0; i < ms->smp.cpus; i++) {
        cpu_new(x86ms, &ms->possible_cpus->cpus[i]);
    }
    if (kvm_enabled()) {
        kvmclock_create();
    }
}

/* ---- firmware ---- */

static void fatal_bios(const char *name, const char *what)
{
    error_report("firmware '%s' %s", name, what);
    exit(1);
}

void x86_bios_rom_init(X86MachineState *x86ms, const char *default_firmware,
                       MemoryRegion *rom_memory, bool isapc_ram_fw)
{
    const char *name = MACHINE(x86ms)->firmware ? MACHINE(x86ms)->firmware : default_firmware;
    g_autofree char *path = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);
    g_autofree char *image = NULL;
    Error *err = NULL;
    uint64_t isa_size;
    Location loc;
    size_t size;

    loc_push_property("firmware", &loc);
    if (!path) {
        error_report("firmware '%s' not found", name);
        error_printf("Searched: the path itself, -L folders and the folders that \"-L help\" "
                     "lists. Debian's package seabios has it.\n");
        exit(1);
    }
    image = qemu_read_file(path, 16 * MiB, &size, &err);
    if (!image) {
        error_reportf_err(err, "firmware: ");
        exit(1);
    }
    if (size == 0 || size % (64 * KiB)) {
        g_autofree char *what =
            g_strdup_printf("has %zu bytes; it must be a multiple of 64 KiB, 16 MiB at most", size);
        fatal_bios(path, what);
    }
    loc_pop(&loc);
    memory_region_init_ram(&x86ms->bios, NULL, "pc.bios", size, &error_fatal);
    memcpy(memory_region_get_ram_ptr(&x86ms->bios), image, size);
    if (!isapc_ram_fw) {
        memory_region_set_readonly(&x86ms->bios, true);
    }
    isa_size = MIN(size, 128 * KiB);
    memory_region_init_alias(&x86ms->isa_bios, NULL, "isa-bios", &x86ms->bios, size - isa_size,
                             isa_size);
    memory_region_add_subregion_overlap(rom_memory, 1 * MiB - isa_size, &x86ms->isa_bios, 1);
    if (!isapc_ram_fw) {
        memory_region_set_readonly(&x86ms->isa_bios, true);
    }
    memory_region_add_subregion(rom_memory, 4 * GiB - size, &x86ms->bios);
}

/* ---- properties ---- */

static void visit_on_off_auto(Visitor *v, const char *name, OnOffAuto *field, Error **errp)
{
    int value = *field;

    if (visit_type_enum(v, name, &value, &OnOffAuto_lookup, errp)) {
        *field = value;
    }
}

#define DEFINE_ON_OFF_AUTO(field)                                                                  \
    static void get_##field(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp) \
    {                                                                                              \
        visit_on_off_auto(v, name, &X86_MACHINE(obj)->field, errp);                                \
    }                                                                                              \
    static void set_##field(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp) \
    {                                                                                              \
        visit_on_off_auto(v, name, &X86_MACHINE(obj)->field, errp);                                \
    }
DEFINE_ON_OFF_AUTO(smm)
DEFINE_ON_OFF_AUTO(acpi)
DEFINE_ON_OFF_AUTO(pit)
DEFINE_ON_OFF_AUTO(pic)

/* OEM fields of ACPI tables have a fixed size (ACPI 6.5, table 5.4). */
static void set_oem(char **field, size_t max, const char *name, const char *value, Error **errp)
{
    if (strlen(value) > max) {
        error_setg(errp, "%s='%s' is longer than %zu characters", name, value, max);
        return;
    }
    g_free(*field);
    *field = g_strdup(value);
}

static char *get_oem_id(Object *obj, Error **errp)
{
    return g_strdup(X86_MACHINE(obj)->oem_id);
}

static void set_oem_id(Object *obj, const char *value, Error **errp)
{
    set_oem(&X86_MACHINE(obj)->oem_id, 6, "x-oem-id", value, errp);
}

static char *get_oem_table_id(Object *obj, Error **errp)
{
    return g_strdup(X86_MACHINE(obj)->oem_table_id);
}

static void set_oem_table_id(Object *obj, const char *value, Error **errp)
{
    set_oem(&X86_MACHINE(obj)->oem_table_id, 8, "x-oem-table-id", value, errp);
}

/* At each CPU's LINT1, which the guest may have masked, or where there is no APIC at its NMI pin.
 */
static void x86_nmi(NMIState *n, int cpu_index, Error **errp)
{
    CPUState *cpu;

    CPU_FOREACH (cpu) {
        DeviceState *apic = X86_CPU(cpu)->env.apic_state;

        if (apic) {
            apic_deliver_nmi(apic);
        } else {
            cpu_interrupt(cpu, CPU_INTERRUPT_NMI);
        }
    }
}

static void x86_machine_init(Object *obj)
{
    X86MachineState *x86ms = X86_MACHINE(obj);

    x86ms->smm = x86ms->acpi = x86ms->pit = x86ms->pic = ON_OFF_AUTO_AUTO;
    x86ms->oem_id = g_strdup("BOCHS ");
    x86ms->oem_table_id = g_strdup("BXPC    ");
    x86ms->above_4g_mem_start = 4 * GiB;
    x86ms->option_roms = true;
}

static void x86_machine_finalize(Object *obj)
{
    g_free(X86_MACHINE(obj)->oem_id);
    g_free(X86_MACHINE(obj)->oem_table_id);
}

static void get_bus_lock_limit(Object *obj, Visitor *v, const char *name, void *opaque,
                               Error **errp)
{
    visit_type_uint64(v, name, &X86_MACHINE(obj)->bus_lock_limit, errp);
}

static void set_bus_lock_limit(Object *obj, Visitor *v, const char *name, void *opaque,
                               Error **errp)
{
    visit_type_uint64(v, name, &X86_MACHINE(obj)->bus_lock_limit, errp);
}

static bool get_hmat(Object *obj, Error **errp)
{
    return MACHINE(obj)->numa_state->hmat_enabled;
}

static void set_hmat(Object *obj, bool value, Error **errp)
{
    MACHINE(obj)->numa_state->hmat_enabled = value;
}

static void x86_machine_class_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    X86MachineClass *x86mc = X86_MACHINE_CLASS(oc);

    mc->cpu_index_to_instance_props = x86_cpu_index_to_props;
    mc->get_default_cpu_node_id = x86_get_default_cpu_node_id;
    mc->possible_cpu_arch_ids = x86_possible_cpu_arch_ids;
    x86_machine_class_init_hotplug(oc);
    NMI_CLASS(oc)->nmi_monitor_handler = x86_nmi;
    x86mc->fwcfg_dma_enabled = true;
    x86mc->save_tsc_khz = true;

    object_class_property_add(oc, "smm", "OnOffAuto", get_smm, set_smm, NULL, NULL);
    object_class_property_set_description(oc, "smm", "Enable SMM");
    object_class_property_add(oc, "acpi", "OnOffAuto", get_acpi, set_acpi, NULL, NULL);
    object_class_property_set_description(oc, "acpi", "Enable ACPI");
    object_class_property_add(oc, "pit", "OnOffAuto", get_pit, set_pit, NULL, NULL);
    object_class_property_set_description(oc, "pit", "Enable i8254 PIT");
    object_class_property_add(oc, "pic", "OnOffAuto", get_pic, set_pic, NULL, NULL);
    object_class_property_set_description(oc, "pic", "Enable i8259 PIC");
    object_class_property_add(oc, "bus-lock-ratelimit", "uint64_t", get_bus_lock_limit,
                              set_bus_lock_limit, NULL, NULL);
    object_class_property_set_description(oc, "bus-lock-ratelimit",
                                          "Most bus locks that the guest makes in a second");
    object_class_property_add_bool(oc, "hmat", get_hmat, set_hmat);
    object_class_property_set_description(
        oc, "hmat", "Tell the guest how fast memory is (-numa hmat-lb, hmat-cache)");
    object_class_property_add_str(oc, "x-oem-id", get_oem_id, set_oem_id);
    object_class_property_set_description(oc, "x-oem-id", "OEM id of the ACPI tables");
    object_class_property_add_str(oc, "x-oem-table-id", get_oem_table_id, set_oem_table_id);
    object_class_property_set_description(oc, "x-oem-table-id", "OEM table id of the ACPI tables");
}

static const TypeInfo x86_machine_types[] = {
    {
        .name = TYPE_X86_MACHINE,
        .parent = TYPE_MACHINE,
        .abstract = true,
        .instance_size = sizeof(X86MachineState),
        .instance_init = x86_machine_init,
        .instance_finalize = x86_machine_finalize,
        .class_size = sizeof(X86MachineClass),
        .class_init = x86_machine_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_HOTPLUG_HANDLER}, {TYPE_NMI}, {}},
    },
};

DEFINE_TYPES(x86_machine_types)
