/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generation ID of the virtual machine.
 *
 * Specification: Microsoft, "Virtual Machine Generation ID"; ACPI 6.5, 5.6.6
 * (notification 80h). The firmware allocates memory for the ID and writes the
 * address back, so that a restored machine can change it there.
 */

#include "qemu/osdep.h"
#include "hw/acpi/vmgenid.h"
#include "exec/address-spaces.h"
#include "hw/acpi/acpi_dev_interface.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "system/dma.h"
#include "system/reset.h"

#define GUID_FILE   "etc/vmgenid_guid"
#define ADDR_FILE   "etc/vmgenid_addr"
#define FILE_SIZE   4096 /* a page, so that the guest maps nothing else with it */
#define GUID_OFFSET 40   /* firmware may put a header before what it installs */

struct VmGenIdState {
    DeviceState parent_obj;

    /* configuration */
    QemuUUID guid;

    /* wiring */
    GArray *blob; /* of GUID_FILE */

    /* state */
    uint8_t addr_le[8]; /* where firmware put GUID_FILE's ID; 0: not yet */
};

VmGenIdState *vmgenid_find(void)
{
    return (VmGenIdState *)object_resolve_path_type("", TYPE_VMGENID, NULL);
}

const QemuUUID *vmgenid_get(const VmGenIdState *s)
{
    return &s->guid;
}

/* ---- logic ---- */

/* The guest's copy gets the ID, and the guest is told. */
static void update_guest(VmGenIdState *s)
{
    QemuUUID guid_le = qemu_uuid_bswap(s->guid);
    uint64_t addr = ldq_le_p(s->addr_le);

    if (!addr) {
        return;
    }
    dma_memory_write(&address_space_memory, addr, guid_le.data, sizeof(guid_le.data),
                     MEMTXATTRS_UNSPECIFIED);
    acpi_send_event(ACPI_VMGENID_CHANGE_STATUS);
}

void vmgenid_add_fw_cfg(VmGenIdState *s, FWCfgState *fw_cfg)
{
    QemuUUID guid_le = qemu_uuid_bswap(s->guid);

    g_array_set_size(s->blob, FILE_SIZE);
    memcpy(s->blob->data + GUID_OFFSET, guid_le.data, sizeof(guid_le.data));
    fw_cfg_add_file(fw_cfg, GUID_FILE, s->blob->data, s->blob->len, &error_fatal);
    fw_cfg_add_file_callback(fw_cfg, ADDR_FILE, NULL, NULL, NULL, s->addr_le, sizeof(s->addr_le),
                             false, &error_fatal);
}

/* ---- ACPI ---- */

/* ADDR returns the ID's address as two halves. */
static Aml *address_method(void)
{
    Aml *method = aml_method("ADDR", 0, AML_NOTSERIALIZED);

    aml_append(method, aml_store(aml_package(2), aml_local(0)));
    aml_append(method, aml_store(aml_add(aml_name("VGIA"), aml_int(GUID_OFFSET), NULL),
                                 aml_index(aml_local(0), aml_int(0))));
    aml_append(method, aml_store(aml_int(0), aml_index(aml_local(0), aml_int(1))));
    aml_append(method, aml_return(aml_local(0)));
    return method;
}

/* There while firmware did its part. */
static Aml *status_method(void)
{
    Aml *method = aml_method("_STA", 0, AML_NOTSERIALIZED);
    Aml *absent = aml_if(aml_equal(aml_name("VGIA"), aml_int(0)));

    aml_append(absent, aml_return(aml_int(0)));
    aml_append(method, absent);
    aml_append(method, aml_return(aml_int(0xf)));
    return method;
}

void vmgenid_build_acpi(VmGenIdState *s, GArray *tables, BIOSLinker *linker, const char *oem_id)
{
    AcpiTable desc = {.sig = "SSDT", .rev = 1, .oem_id = oem_id, .oem_table_id = "VMGENID"};
    Aml *list = aml_list_new(), *scope = aml_scope("\\_SB"), *dev = aml_device("VGEN");
    Aml *event = aml_method("\\_GPE._E05", 0, AML_NOTSERIALIZED);
    unsigned field;

    acpi_table_begin(&desc, tables);
    field = acpi_table_append_address(tables, "VGIA");

    aml_append(dev, aml_name_decl("_HID", aml_string("QEMUVGID")));
    aml_append(dev, aml_name_decl("_CID", aml_string("VM_Gen_Counter")));
    aml_append(dev, aml_name_decl("_DDN", aml_string("VM_Gen_Counter")));
    aml_append(dev, status_method());
    aml_append(dev, address_method());
    aml_append(scope, dev);
    aml_append(list, scope);
    aml_append(event, aml_notify(aml_name("\\_SB.VGEN"), aml_int(0x80)));
    aml_append(list, event);
    aml_emit(list, tables);

    bios_linker_loader_alloc(linker, GUID_FILE, s->blob, FILE_SIZE, false);
    bios_linker_loader_add_pointer(linker, ACPI_BUILD_TABLE_FILE, field, 4, GUID_FILE, 0);
    bios_linker_loader_write_pointer(linker, ADDR_FILE, 0, 8, GUID_FILE, GUID_OFFSET);
    acpi_table_end(linker, &desc);
}

/* ---- reset and saved state ---- */

static void vmgenid_reset(void *opaque)
{
    VmGenIdState *s = opaque;

    /* The guest's memory is about to be somebody else's. */
    memset(s->addr_le, 0, sizeof(s->addr_le));
}

static int vmgenid_post_load(void *opaque, int version_id)
{
    update_guest(opaque);
    return 0;
}

static const VMStateDescription vmstate_vmgenid = {
    .name = "vmgenid",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = vmgenid_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8_ARRAY(addr_le, VmGenIdState, sizeof(uint64_t)),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- realize ---- */

static void vmgenid_realize(DeviceState *dev, Error **errp)
{
    VmGenIdState *s = VMGENID(dev);
    FWCfgState *fw_cfg = fw_cfg_find();

    if (!fw_cfg || !fw_cfg_dma_enabled(fw_cfg)) {
        error_setg(errp, "%s needs fw_cfg with DMA, by which firmware reports where the ID is",
                   TYPE_VMGENID);
        return;
    }
    if (!vmgenid_find()) { /* NULL also when there are several */
        error_setg(errp, "at most one %s device is permitted", TYPE_VMGENID);
        return;
    }
    s->blob = g_array_new(false, true, 1);
    qemu_register_reset(vmgenid_reset, s);
}

static const Property vmgenid_properties[] = {
    DEFINE_PROP_UUID("guid", VmGenIdState, guid),
};

static void vmgenid_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = vmgenid_realize;
    dc->vmsd = &vmstate_vmgenid;
    dc->hotpluggable = false;
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
    device_class_set_props(dc, vmgenid_properties);
}

static const TypeInfo vmgenid_types[] = {
    {
        .name = TYPE_VMGENID,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(VmGenIdState),
        .class_init = vmgenid_class_init,
    },
};

DEFINE_TYPES(vmgenid_types)
