/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What -machine says of modules that keep what is in them. BQL held. */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/acpi/nvdimm.h"
#include "hw/i386/pc.h"

static const struct {
    const char *name;
    uint32_t capabilities;
} persistence[] = {
    {"cpu", NVDIMM_SAFE_IN_CPU_CACHE | NVDIMM_SAFE_IN_MEM_CONTROLLER},
    {"mem-ctrl", NVDIMM_SAFE_IN_MEM_CONTROLLER},
};

static NVDIMMState *state(Object *machine)
{
    return MACHINE(machine)->nvdimms_state;
}

static bool get_nvdimm(Object *obj, Error **errp)
{
    return state(obj)->is_enabled;
}

static void set_nvdimm(Object *obj, bool value, Error **errp)
{
    state(obj)->is_enabled = value;
}

static char *get_persistence(Object *obj, Error **errp)
{
    return g_strdup(state(obj)->persistence ? state(obj)->persistence : "");
}

static void set_persistence(Object *obj, const char *value, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(persistence); i++) {
        if (!strcmp(value, persistence[i].name)) {
            state(obj)->persistence = persistence[i].name;
            state(obj)->capabilities = persistence[i].capabilities;
            return;
        }
    }
    error_setg(errp, "nvdimm-persistence='%s' is not cpu or mem-ctrl", value);
}

void pc_nvdimm_class_properties(ObjectClass *oc)
{
    object_class_property_add_bool(oc, "nvdimm", get_nvdimm, set_nvdimm);
    object_class_property_set_description(oc, "nvdimm", "Enable NVDIMM memory modules");
    object_class_property_add_str(oc, "nvdimm-persistence", get_persistence, set_persistence);
    object_class_property_set_description(
        oc, "nvdimm-persistence", "From where on writes to NVDIMM are safe: cpu or mem-ctrl");
}

void pc_nvdimm_create(PCMachineState *pcms)
{
    MACHINE(pcms)->nvdimms_state = g_new0(NVDIMMState, 1);
}

void pc_nvdimm_init(PCMachineState *pcms)
{
    NVDIMMState *s = state(OBJECT(pcms));

    if (s->is_enabled) {
        acpi_nvdimm_init(s, MACHINE(pcms), get_system_io(), X86_MACHINE(pcms)->fw_cfg);
    }
}
