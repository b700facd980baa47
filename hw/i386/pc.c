/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PC machines: properties, and what happens when all devices are there. */

#include "qemu/osdep.h"
#include "hw/i386/pc.h"
#include "acpi-build.h"
#include "hw/acpi/generic_initiator.h"
#include "hw/acpi/nvdimm.h"
#include "hw/nmi.h"
#include "hw/nvram/fw_cfg-options.h"
#include "hw/qdev-properties.h"
#include "qapi/visitor.h"
#include "qemu/bswap.h"
#include "qemu/units.h"
#include "system/runstate-action.h"
#include "system/system.h"
#include "target/i386/cpu.h"

/* Which sleep states firmware may offer: bit 7 that there is one, below it the value for PM1. */
static void add_system_states(PCMachineState *pcms)
{
    Object *pm = OBJECT(X86_MACHINE(pcms)->acpi_dev);
    uint8_t *states = g_malloc0(6);

    states[0] = states[5] = 0x80;
    states[3] = 1 | (object_property_get_uint(pm, "disable_s3", NULL) ? 0 : 0x80);
    states[4] = object_property_get_uint(pm, "s4_val", NULL) |
                (object_property_get_uint(pm, "disable_s4", NULL) ? 0 : 0x80);
    fw_cfg_add_file(X86_MACHINE(pcms)->fw_cfg, "etc/system-states", states, 6, &error_fatal);
}

/* How many root buses beside the first one firmware has to look for. */
static void add_root_buses(PCMachineState *pcms)
{
    uint64_t count = 0, *le;

    for (PCIBus *bus = pcms->pcibus ? pcms->pcibus->next_root : NULL; bus; bus = bus->next_root) {
        count++;
    }
    if (count) {
        le = g_new(uint64_t, 1);
        *le = cpu_to_le64(count);
        fw_cfg_add_file(X86_MACHINE(pcms)->fw_cfg, "etc/extra-pci-roots", le, sizeof(*le),
                        &error_fatal);
    }
}

/* Everything is plugged: describe it to the firmware. */
static void pc_machine_done(Notifier *notifier, void *data)
{
    PCMachineState *pcms = container_of(notifier, PCMachineState, machine_done);
    X86MachineState *x86ms = X86_MACHINE(pcms);
    FWCfgState *fw_cfg = x86ms->fw_cfg;

    fw_cfg_add_file(fw_cfg, "etc/e820", pcms->e820->data, pcms->e820->len * sizeof(PCE820Entry),
                    &error_fatal);
    fw_cfg_modify_i16(fw_cfg, FW_CFG_NB_CPUS, x86ms->boot_cpus);
    if (MACHINE(pcms)->device_memory) {
        uint64_t *end = g_new(uint64_t, 1);

        /* Firmware puts 64-bit base addresses behind it. */
        *end = cpu_to_le64(pc_memory_end(pcms));
        fw_cfg_add_file(fw_cfg, "etc/reserved-memory-end", end, sizeof(*end), &error_fatal);
    }
    add_root_buses(pcms);
    fw_cfg_add_boot(fw_cfg, MACHINE(pcms));
    if (!MACHINE(pcms)->enable_graphics) {
        static const uint8_t com1[] = {0xf8, 0x03};
        fw_cfg_add_file(fw_cfg, "etc/sercon-port", (void *)com1, sizeof(com1), &error_fatal);
    }
    acpi_generic_initiators_check(MACHINE(pcms), &error_fatal);
    pc_smbios_setup(pcms);
    pc_cmos_set_disks(pcms);
    pc_cmos_set_floppies(pcms);
    if (x86_machine_is_acpi_enabled(x86ms)) {
        if (X86_MACHINE(pcms)->acpi_dev) {
            add_system_states(pcms);
        }
        acpi_setup(pcms);
    }
}

/* ---- properties ---- */

#define DEFINE_BOOL(field)                                                                         \
    static bool get_##field(Object *obj, Error **errp)                                             \
    {                                                                                              \
        return PC_MACHINE(obj)->field;                                                             \
    }                                                                                              \
    static void set_##field(Object *obj, bool value, Error **errp)                                 \
    {                                                                                              \
        PC_MACHINE(obj)->field = value;                                                            \
    }
DEFINE_BOOL(hpet_enabled)
DEFINE_BOOL(i8042_enabled)
DEFINE_BOOL(fd_bootchk)

static int get_vmport(Object *obj, Error **errp)
{
    return PC_MACHINE(obj)->vmport;
}

static void set_vmport(Object *obj, int value, Error **errp)
{
    PC_MACHINE(obj)->vmport = value;
}

static void get_max_ram_below_4g(Object *obj, Visitor *v, const char *name, void *opaque,
                                 Error **errp)
{
    visit_type_size(v, name, &X86_MACHINE(obj)->max_ram_below_4g, errp);
}

static void set_max_ram_below_4g(Object *obj, Visitor *v, const char *name, void *opaque,
                                 Error **errp)
{
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value > 4 * GiB || value < 1 * MiB) {
        error_setg(errp, "max-ram-below-4g=%" PRIu64 " is not between 1 MiB and 4 GiB", value);
        return;
    }
    X86_MACHINE(obj)->max_ram_below_4g = value;
}

static const char *const smbios_entry_point_names[] = {
    [SMBIOS_ENTRY_POINT_TYPE_32] = "32",
    [SMBIOS_ENTRY_POINT_TYPE_64] = "64",
    [SMBIOS_ENTRY_POINT_TYPE_AUTO] = "auto",
};

static char *get_smbios_entry_point(Object *obj, Error **errp)
{
    return g_strdup(smbios_entry_point_names[PC_MACHINE(obj)->smbios_entry_point_type]);
}

static void set_smbios_entry_point(Object *obj, const char *value, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(smbios_entry_point_names); i++) {
        if (!strcmp(smbios_entry_point_names[i], value)) {
            PC_MACHINE(obj)->smbios_entry_point_type = i;
            return;
        }
    }
    error_setg(errp, "smbios-entry-point-type='%s' is not 32, 64 or auto", value);
}

static bool get_smbus(Object *obj, Error **errp)
{
    return PC_MACHINE(obj)->smbus_enabled;
}

static void set_smbus(Object *obj, bool value, Error **errp)
{
    PC_MACHINE(obj)->smbus_enabled = value;
}

static bool get_sata(Object *obj, Error **errp)
{
    return PC_MACHINE(obj)->sata_enabled;
}

static void set_sata(Object *obj, bool value, Error **errp)
{
    if (value && !PC_MACHINE_GET_CLASS(obj)->has_sata) {
        error_setg(errp, "sata=on: the board has IDE; SATA is on machine q35");
        return;
    }
    PC_MACHINE(obj)->sata_enabled = value;
}

static char *get_pcspk_audiodev(Object *obj, Error **errp)
{
    const char *id = PC_MACHINE(obj)->pcspk_audiodev;

    return g_strdup(id ? id : "");
}

static void set_pcspk_audiodev(Object *obj, const char *value, Error **errp)
{
    PCMachineState *pcms = PC_MACHINE(obj);

    g_free(pcms->pcspk_audiodev);
    pcms->pcspk_audiodev = g_strdup(value);
}

static void inject_nmi(void)
{
    nmi_monitor_handle(0, NULL);
}

static void pc_machine_init(Object *obj)
{
    PCMachineState *pcms = PC_MACHINE(obj);

    pcms->vmport = ON_OFF_AUTO_AUTO;
    pcms->hpet_enabled = true;
    pcms->i8042_enabled = true;
    pcms->fd_bootchk = true;
    pcms->smbus_enabled = true;
    pcms->sata_enabled = PC_MACHINE_GET_CLASS(obj)->has_sata;
    pcms->max_fw_size = 8 * MiB;
    pcms->smbios_entry_point_type = SMBIOS_ENTRY_POINT_TYPE_AUTO;
    pc_flash_create(pcms);
    pc_nvdimm_create(pcms);
    pcms->e820 = g_array_new(false, true, sizeof(PCE820Entry));
}

/* Not in instance_init: objects are also made to ask them for their properties. */
void pc_machine_start(PCMachineState *pcms)
{
    pcms->machine_done.notify = pc_machine_done;
    qemu_add_machine_init_done_notifier(&pcms->machine_done);
    watchdog_set_nmi_hook(inject_nmi);
}

static void pc_machine_finalize(Object *obj)
{
    for (int i = 0; i < PC_FLASH_CHIPS; i++) {
        g_free(PC_MACHINE(obj)->pflash[i]);
    }
    g_array_unref(PC_MACHINE(obj)->e820);
    acpi_nvdimm_finalize(MACHINE(obj)->nvdimms_state);
    g_free(PC_MACHINE(obj)->pcspk_audiodev);
}

static void pc_machine_class_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pcmc = PC_MACHINE_CLASS(oc);

    pcmc->pci_enabled = true;
    pcmc->has_acpi_build = true;
    mc->has_acpi_tables = true;
    mc->has_smbios = true;
    /* Firmware keeps tables and its drivers' queues at the end of memory: an initrd stays off. */
    pcmc->acpi_data_size = 0x30000;
    mc->default_ram_id = "pc.ram";
    mc->default_boot_order = "cad";
    mc->max_cpus = 255;
    mc->default_cpu_type = X86_CPU_TYPE_NAME("qemu64");
    mc->smp_props.dies_supported = true;
    mc->smp_props.modules_supported = true;
    mc->has_hotpluggable_cpus = true;
    mc->auto_enable_numa_with_memhp = true;
    pc_machine_class_init_hotplug(oc);
    mc->auto_enable_numa_with_memdev = true;

    object_class_property_add(oc, "max-ram-below-4g", "size", get_max_ram_below_4g,
                              set_max_ram_below_4g, NULL, NULL);
    object_class_property_set_description(oc, "max-ram-below-4g",
                                          "Maximum ram below the 4G boundary (32bit boundary)");
    object_class_property_add_enum(oc, "vmport", "OnOffAuto", &OnOffAuto_lookup, get_vmport,
                                   set_vmport);
    object_class_property_set_description(oc, "vmport", "Enable vmport (pc & q35)");
    object_class_property_add_bool(oc, "hpet", get_hpet_enabled, set_hpet_enabled);
    object_class_property_set_description(oc, "hpet", "Enable the high precision event timer");
    object_class_property_add_bool(oc, "i8042", get_i8042_enabled, set_i8042_enabled);
    object_class_property_set_description(oc, "i8042", "Enable the keyboard controller");
    object_class_property_add_plain_str(oc, "smbios-entry-point-type", get_smbios_entry_point,
                                        set_smbios_entry_point);
    object_class_property_set_description(oc, "smbios-entry-point-type",
                                          "SMBIOS entry point: 32, 64 or auto");
    object_class_property_add_bool(oc, "fd-bootchk", get_fd_bootchk, set_fd_bootchk);
    object_class_property_set_description(oc, "fd-bootchk", "Check floppies for a boot signature");
    object_class_property_add_bool(oc, "smbus", get_smbus, set_smbus);
    object_class_property_set_description(oc, "smbus", "Enable the EEPROMs of memory modules");
    object_class_property_add_bool(oc, "sata", get_sata, set_sata);
    object_class_property_set_description(oc, "sata", "Enable the SATA controller (q35)");
    pc_flash_class_properties(oc);
    pc_nvdimm_class_properties(oc);
    object_class_property_add_plain_str(oc, "pcspk-audiodev", get_pcspk_audiodev,
                                        set_pcspk_audiodev);
    object_class_property_set_description(oc, "pcspk-audiodev", "Audio back end of the PC speaker");
}

/* ---- boards and their versions ---- */

void pc_version_class_init(ObjectClass *oc, const PCVersion *version)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    g_free(mc->name);
    mc->name = g_strdup(version->name);
    mc->alias = version->alias;
    mc->is_default = version->is_default;
    mc->deprecation_reason =
        version->is_old ? "machine types this old are deprecated and will be removed" : NULL;
    for (GlobalProperty *p = version->compat; p && p->driver; p++) {
        compat_props_add(mc->compat_props, p, 1);
    }
}

void pc_register_board(const PCVersion *versions, size_t n,
                       void (*class_init)(ObjectClass *oc, const void *version))
{
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = g_strconcat(versions[i].name, TYPE_MACHINE_SUFFIX, NULL);
        const TypeInfo info = {
            .name = name,
            .parent = TYPE_PC_MACHINE,
            .class_init = class_init,
            .class_data = &versions[i],
        };
        type_register_static(&info);
    }
}

static const TypeInfo pc_machine_types[] = {
    {
        .name = TYPE_PC_MACHINE,
        .parent = TYPE_X86_MACHINE,
        .abstract = true,
        .instance_size = sizeof(PCMachineState),
        .instance_init = pc_machine_init,
        .instance_finalize = pc_machine_finalize,
        .class_size = sizeof(PCMachineClass),
        .class_init = pc_machine_class_init,
    },
};

DEFINE_TYPES(pc_machine_types)
