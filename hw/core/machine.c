/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The base type of machines: simple properties, defaults, look-up by name. */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/numa.h"
#include "machine-config.h"
#include "qapi/visitor.h"
#include "qemu/nearest-name.h"

/* ---- look-up ------------------------------------------------------------ */

static bool class_has_name(MachineClass *mc, const char *name)
{
    return !strcmp(mc->name, name) || !g_strcmp0(mc->alias, name);
}

MachineClass *machine_class_find(const char *name, Error **errp)
{
    ERRP_GUARD();
    GSList *list = object_class_get_list(TYPE_MACHINE, false);
    MachineClass *found = NULL;
    NearestName nearest;

    nearest_name_init(&nearest, name);
    for (GSList *e = list; e && !found; e = e->next) {
        MachineClass *mc = e->data;

        if (class_has_name(mc, name)) {
            found = mc;
        }
        nearest_name_try(&nearest, mc->name);
        if (mc->alias) {
            nearest_name_try(&nearest, mc->alias);
        }
    }
    g_slist_free(list);
    if (found) {
        nearest_name_clear(&nearest);
        return found;
    }
    error_setg(errp, "unsupported machine type: \"%s\"", name);
    nearest_name_hint(&nearest, errp);
    error_append_hint(errp, "Use -machine help to list supported machines\n");
    return NULL;
}

MachineClass *machine_class_default(void)
{
    GSList *list = object_class_get_list(TYPE_MACHINE, false);
    MachineClass *found = NULL;

    for (GSList *e = list; e && !found; e = e->next) {
        MachineClass *mc = e->data;

        found = mc->is_default ? mc : NULL;
    }
    g_slist_free(list);
    return found;
}

/* ---- properties that are fields ----------------------------------------- */

static void machine_get_str(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    char **field = (char **)((char *)obj + GPOINTER_TO_SIZE(opaque));
    char *str = *field ? *field : (char *)"";

    visit_type_str(v, name, &str, errp);
}

static void machine_set_str(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    char **field = (char **)((char *)obj + GPOINTER_TO_SIZE(opaque));
    char *str;

    if (visit_type_str(v, name, &str, errp)) {
        g_free(*field);
        *field = str;
    }
}

static void machine_get_flag(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_bool(v, name, (bool *)((char *)obj + GPOINTER_TO_SIZE(opaque)), errp);
}

static void machine_set_flag(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_bool(v, name, (bool *)((char *)obj + GPOINTER_TO_SIZE(opaque)), errp);
}

static bool machine_get_spcr(Object *obj, Error **errp)
{
    return false;
}

static void machine_set_spcr(Object *obj, bool value, Error **errp)
{
    MACHINE(obj)->spcr_wanted = value;
}

static bool machine_get_usb(Object *obj, Error **errp)
{
    return MACHINE(obj)->usb;
}

static void machine_set_usb(Object *obj, bool value, Error **errp)
{
    MACHINE(obj)->usb = value;
    MACHINE(obj)->usb_disabled = !value;
}

static void machine_get_phandle_start(Object *obj, Visitor *v, const char *name, void *opaque,
                                      Error **errp)
{
    int64_t value = MACHINE(obj)->phandle_start;

    visit_type_int(v, name, &value, errp);
}

static void machine_set_phandle_start(Object *obj, Visitor *v, const char *name, void *opaque,
                                      Error **errp)
{
    int32_t value;

    if (!visit_type_int32(v, name, &value, errp)) {
        return;
    }
    if (value < 1) {
        error_setg(errp, "Parameter 'phandle-start' expects 1 or more, got %d", value);
        return;
    }
    MACHINE(obj)->phandle_start = value;
}

static const struct {
    const char *name;
    size_t offset;
    const char *description;
} str_properties[] = {
    {"kernel", offsetof(MachineState, kernel_filename), "Linux kernel image file"},
    {"initrd", offsetof(MachineState, initrd_filename), "Linux initial ramdisk file"},
    {"append", offsetof(MachineState, kernel_cmdline), "Linux kernel command line"},
    {"shim", offsetof(MachineState, shim_filename), "shim.efi file"},
    {"dtb", offsetof(MachineState, dtb), "Linux kernel device tree file"},
    {"dumpdtb", offsetof(MachineState, dumpdtb), "Dump current dtb to a file and quit"},
    {"dt-compatible", offsetof(MachineState, dt_compatible),
     "Overrides the \"compatible\" property of the dt root node"},
    {"firmware", offsetof(MachineState, firmware), "Firmware image"},
    {"memory-encryption", offsetof(MachineState, memory_encryption),
     "Set memory encryption object to use"},
};

static const struct {
    const char *name;
    size_t offset;
    const char *description;
} flag_properties[] = {
    {"dump-guest-core", offsetof(MachineState, dump_guest_core),
     "Include guest memory in a core dump"},
    {"mem-merge", offsetof(MachineState, mem_merge), "Enable/disable memory merge support"},
    {"graphics", offsetof(MachineState, enable_graphics),
     "Set on/off to enable/disable graphics emulation"},
    {"suppress-vmdesc", offsetof(MachineState, suppress_vmdesc),
     "Set on to disable self-describing migration"},
    {"aux-ram-share", offsetof(MachineState, aux_ram_share),
     "Use anonymous shared memory for auxiliary guest RAMs"},
    {"x-change-vmfd-on-reset", offsetof(MachineState, new_accel_vmfd_on_reset),
     "Set on to get a new virtual machine from the accelerator at each reset"},
};

static void machine_class_add_simple_properties(ObjectClass *oc)
{
    for (size_t i = 0; i < G_N_ELEMENTS(str_properties); i++) {
        object_class_property_add(oc, str_properties[i].name, "string", machine_get_str,
                                  machine_set_str, NULL,
                                  GSIZE_TO_POINTER(str_properties[i].offset));
        object_class_property_set_description(oc, str_properties[i].name,
                                              str_properties[i].description);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(flag_properties); i++) {
        object_class_property_add(oc, flag_properties[i].name, "bool", machine_get_flag,
                                  machine_set_flag, NULL,
                                  GSIZE_TO_POINTER(flag_properties[i].offset));
        object_class_property_set_description(oc, flag_properties[i].name,
                                              flag_properties[i].description);
    }
    object_class_property_add_bool(oc, "spcr", machine_get_spcr, machine_set_spcr);
    object_class_property_set_description(oc, "spcr",
                                          "Set on/off to enable/disable the ACPI SPCR table");
    object_class_property_add_bool(oc, "usb", machine_get_usb, machine_set_usb);
    object_class_property_set_description(oc, "usb", "Set on/off to enable/disable usb");
    object_class_property_add(oc, "phandle-start", "int", machine_get_phandle_start,
                              machine_set_phandle_start, NULL, NULL);
    object_class_property_set_description(oc, "phandle-start",
                                          "The first phandle ID we may generate dynamically");
    object_class_property_add_link(oc, "memory-backend", "memory-backend",
                                   offsetof(MachineState, memdev), object_property_allow_set_link,
                                   OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "memory-backend",
                                          "Set RAM backend; valid value is ID of hostmem backend");
    object_class_property_add_link(oc, "confidential-guest-support", "confidential-guest-support",
                                   offsetof(MachineState, cgs), object_property_allow_set_link,
                                   OBJ_PROP_LINK_STRONG);
    object_class_property_set_description(oc, "confidential-guest-support",
                                          "Set confidential guest scheme to support");
}

/* ---- small questions ---------------------------------------------------- */

int machine_phandle_start(MachineState *machine)
{
    return machine->phandle_start;
}

bool machine_mem_merge(MachineState *machine)
{
    return machine->mem_merge;
}

const CPUArchIdList *machine_possible_cpus(MachineState *machine)
{
    MachineClass *mc = MACHINE_GET_CLASS(machine);

    return mc->possible_cpu_arch_ids ? mc->possible_cpu_arch_ids(machine) : NULL;
}

void machine_class_allow_dynamic_sysbus_dev(MachineClass *mc, const char *type)
{
    QAPI_LIST_PREPEND(mc->allowed_dynamic_sysbus_devices, g_strdup(type));
}

bool device_type_is_dynamic_sysbus(MachineClass *mc, const char *type)
{
    ObjectClass *klass = object_class_by_name(type);

    for (strList *e = mc->allowed_dynamic_sysbus_devices; e; e = e->next) {
        if (object_class_dynamic_cast(klass, e->value)) {
            return true;
        }
    }
    return false;
}

/* ---- type --------------------------------------------------------------- */

static void machine_initfn(Object *obj)
{
    MachineState *ms = MACHINE(obj);
    MachineClass *mc = MACHINE_GET_CLASS(obj);

    ms->dump_guest_core = true;
    ms->mem_merge = true;
    ms->enable_graphics = true;
    ms->kernel_cmdline = g_strdup("");
    ms->cpu_type = mc->default_cpu_type;
    ms->ram_size = mc->default_ram_size;
    ms->maxram_size = mc->default_ram_size;
    ms->smp = (CpuTopology){
        .cpus = mc->default_cpus,
        .max_cpus = mc->default_cpus,
        .drawers = 1,
        .books = 1,
        .sockets = 1,
        .dies = 1,
        .clusters = 1,
        .modules = 1,
        .cores = mc->default_cpus,
        .threads = 1,
    };
    for (int i = 0; i < CACHE_LEVEL_AND_TYPE__MAX; i++) {
        ms->smp_cache[i] = CPU_TOPOLOGY_LEVEL_DEFAULT;
    }
    if (mc->cpu_index_to_instance_props && mc->get_default_cpu_node_id) {
        ms->numa_state = numa_state_new();
    }
}

static void machine_finalize(Object *obj)
{
    MachineState *ms = MACHINE(obj);

    for (size_t i = 0; i < G_N_ELEMENTS(str_properties); i++) {
        g_free(*(char **)((char *)ms + str_properties[i].offset));
    }
    machine_boot_config_clear(&ms->boot_config);
    numa_state_free(ms->numa_state);
    g_free(ms->possible_cpus);
}

/* What a machine is made of stays; what is looked at each time it matters can change. */
static bool machine_may_set(Object *obj, const ObjectProperty *prop, const char *name, Error **errp)
{
    if (!phase_check(PHASE_MACHINE_READY) || prop->live) {
        return true;
    }
    error_setg(errp,
               "Attempt to set property '%s' of machine type '%s' after the machine was built; "
               "use -machine %s=",
               name, MACHINE_GET_CLASS(obj)->name, name);
    return false;
}

static void machine_class_init(ObjectClass *oc, const void *data)
{
    static const char *const live[] = {"dump-guest-core", "mem-merge", "suppress-vmdesc",
                                       "x-change-vmfd-on-reset"};
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->default_ram_size = 128 * 1024 * 1024;
    mc->max_cpus = 1;
    mc->min_cpus = 1;
    mc->default_cpus = 1;
    mc->rom_file_has_mr = true;
    mc->numa_mem_align_shift = 23;
    oc->may_set = machine_may_set;
    machine_class_add_simple_properties(oc);
    machine_class_add_compound_properties(oc);
    for (size_t i = 0; i < G_N_ELEMENTS(live); i++) {
        object_class_property_find(oc, live[i])->live = true;
    }
}

static void machine_class_base_init(ObjectClass *oc, const void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    /* Of one class only: a descendant is another machine. */
    mc->is_default = false;
    mc->alias = NULL;
    mc->deprecation_reason = NULL;
    mc->allowed_dynamic_sysbus_devices = NULL;
    mc->name = NULL;
    mc->compat_props = NULL;
    if (!object_class_is_abstract(oc)) {
        const char *cname = object_class_get_name(oc);

        g_assert(g_str_has_suffix(cname, TYPE_MACHINE_SUFFIX));
        mc->name = g_strndup(cname, strlen(cname) - strlen(TYPE_MACHINE_SUFFIX));
        mc->compat_props = g_ptr_array_new();
    }
}

static const TypeInfo machine_types[] = {
    {
        .name = TYPE_MACHINE,
        .parent = TYPE_OBJECT,
        .abstract = true,
        .class_size = sizeof(MachineClass),
        .class_init = machine_class_init,
        .class_base_init = machine_class_base_init,
        .instance_size = sizeof(MachineState),
        .instance_init = machine_initfn,
        .instance_finalize = machine_finalize,
    },
};
DEFINE_TYPES(machine_types)
