/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Generic initiators among PCI devices, for SRAT (ACPI 6.5, 5.2.16.6). */
#include "qemu/osdep.h"
#include "hw/acpi/generic_initiator.h"
#include "hw/acpi/aml-build.h"
#include "hw/numa.h"
#include "hw/pci/pci.h"
#include "qapi/visitor.h"
#include "qom/object_interfaces.h"

#define AFFINITY_TYPE    5
#define AFFINITY_LENGTH  32
#define HANDLE_PCI       1
#define AFFINITY_ENABLED 1

OBJECT_DECLARE_SIMPLE_TYPE(AcpiGenericInitiator, ACPI_GENERIC_INITIATOR)

struct AcpiGenericInitiator {
    Object parent_obj;

    /* configuration */
    char *pci_dev;
    uint32_t node;
    bool has_node;
};

static PCIDevice *find_device(const AcpiGenericInitiator *gi)
{
    Object *peripheral = object_resolve_path_component(qdev_get_machine(), "peripheral");
    Object *obj = peripheral ? object_resolve_path_component(peripheral, gi->pci_dev) : NULL;

    return (PCIDevice *)object_dynamic_cast(obj, TYPE_PCI_DEVICE);
}

/* ---- the machine is complete ---- */

typedef struct Check {
    int nodes;
    Error **errp;
} Check;

static int check(Object *obj, void *opaque)
{
    AcpiGenericInitiator *gi =
        (AcpiGenericInitiator *)object_dynamic_cast(obj, TYPE_ACPI_GENERIC_INITIATOR);
    Check *c = opaque;

    if (gi && gi->node >= c->nodes) {
        error_setg(c->errp, "%s: node=%u: the machine has %d NUMA nodes",
                   TYPE_ACPI_GENERIC_INITIATOR, gi->node, c->nodes);
        return 1;
    }
    if (gi && !find_device(gi)) {
        error_setg(c->errp, "%s: pci-dev='%s' is not the id of a PCI device",
                   TYPE_ACPI_GENERIC_INITIATOR, gi->pci_dev);
        return 1;
    }
    return 0;
}

bool acpi_generic_initiators_check(MachineState *ms, Error **errp)
{
    Check c = {ms->numa_state ? ms->numa_state->num_nodes : 0, errp};

    return !object_child_foreach(object_get_objects_root(), check, &c);
}

/* ---- SRAT ---- */

static int add_entry(Object *obj, void *opaque)
{
    AcpiGenericInitiator *gi =
        (AcpiGenericInitiator *)object_dynamic_cast(obj, TYPE_ACPI_GENERIC_INITIATOR);
    PCIDevice *d = gi ? find_device(gi) : NULL;
    GArray *table = opaque;

    /* A device that was unplugged meanwhile initiates nothing. */
    if (d) {
        build_append_int_noprefix(table, AFFINITY_TYPE, 1);
        build_append_int_noprefix(table, AFFINITY_LENGTH, 1);
        build_append_int_noprefix(table, 0, 1);
        build_append_int_noprefix(table, HANDLE_PCI, 1);
        build_append_int_noprefix(table, gi->node, 4);
        build_append_int_noprefix(table, 0, 2); /* segment */
        build_append_int_noprefix(table, pci_requester_id(d), 2);
        build_append_int_noprefix(table, 0, 8);
        build_append_int_noprefix(table, 0, 4);
        build_append_int_noprefix(table, AFFINITY_ENABLED, 4);
        build_append_int_noprefix(table, 0, 4);
    }
    return 0;
}

void acpi_generic_initiators_build_srat(GArray *table)
{
    object_child_foreach(object_get_objects_root(), add_entry, table);
}

/* ---- the object ---- */

static void gi_complete(UserCreatable *uc, Error **errp)
{
    AcpiGenericInitiator *gi = ACPI_GENERIC_INITIATOR(uc);

    if (!gi->pci_dev) {
        error_setg(errp, "property 'pci-dev' is missing: the id of a PCI device");
    } else if (!gi->has_node) {
        error_setg(errp, "property 'node' is missing: the number of a NUMA node");
    } else if (phase_check(PHASE_MACHINE_READY)) {
        acpi_generic_initiators_check(machine_current(), errp);
    }
}

static char *get_pci_dev(Object *obj, Error **errp)
{
    return g_strdup(ACPI_GENERIC_INITIATOR(obj)->pci_dev);
}

static void set_pci_dev(Object *obj, const char *value, Error **errp)
{
    AcpiGenericInitiator *gi = ACPI_GENERIC_INITIATOR(obj);

    g_free(gi->pci_dev);
    gi->pci_dev = g_strdup(value);
}

static void get_node(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_uint32(v, name, &ACPI_GENERIC_INITIATOR(obj)->node, errp);
}

static void set_node(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    AcpiGenericInitiator *gi = ACPI_GENERIC_INITIATOR(obj);
    uint32_t value;

    if (!visit_type_uint32(v, name, &value, errp)) {
        return;
    }
    if (value >= MAX_NODES) {
        error_setg(errp, "node=%u is not less than %d", value, MAX_NODES);
        return;
    }
    gi->node = value;
    gi->has_node = true;
}

static void gi_finalize(Object *obj)
{
    g_free(ACPI_GENERIC_INITIATOR(obj)->pci_dev);
}

static void gi_class_init(ObjectClass *oc, const void *data)
{
    USER_CREATABLE_CLASS(oc)->complete = gi_complete;
    object_class_property_add_str(oc, "pci-dev", get_pci_dev, set_pci_dev);
    object_class_property_set_description(oc, "pci-dev", "id of the PCI device");
    object_class_property_add(oc, "node", "int", get_node, set_node, NULL, NULL);
    object_class_property_set_description(oc, "node", "NUMA node that it is");
}

static const TypeInfo gi_types[] = {
    {
        .name = TYPE_ACPI_GENERIC_INITIATOR,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(AcpiGenericInitiator),
        .instance_finalize = gi_finalize,
        .class_init = gi_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_USER_CREATABLE}, {}},
    },
};

DEFINE_TYPES(gi_types)
