/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmcoreinfo: the guest's kernel writes into fw_cfg where its VMCOREINFO note is, which a
 * dump then carries along, so that tools for dumps find their way without symbols.
 *
 * The file "etc/vmcoreinfo" has, little-endian: formats that the host knows (16 bits), the format
 * that the guest chose (16 bits; 0: none, 1: ELF), size (32 bits) and address (64 bits).
 */

#include "qemu/osdep.h"
#include "hw/misc/vmcoreinfo.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/module.h"
#include "system/reset.h"

#define FILE_NAME  "etc/vmcoreinfo"
#define FORMAT_ELF 1

enum {
    HOST_FORMAT = 0,
    GUEST_FORMAT = 2,
    SIZE = 4,
    ADDRESS = 8,
    FILE_SIZE = 16,
};

struct VMCoreInfoState {
    DeviceState parent_obj;

    uint8_t file[FILE_SIZE];
};

static VMCoreInfoState *find(void)
{
    return (VMCoreInfoState *)object_resolve_path_type("", TYPE_VMCOREINFO, NULL);
}

bool vmcoreinfo_get_note(uint64_t *addr, uint32_t *size)
{
    VMCoreInfoState *s = find();

    if (!s || lduw_le_p(s->file + GUEST_FORMAT) != FORMAT_ELF) {
        return false;
    }
    *addr = ldq_le_p(s->file + ADDRESS);
    *size = ldl_le_p(s->file + SIZE);
    return true;
}

static void vmcoreinfo_reset(void *opaque)
{
    VMCoreInfoState *s = opaque;

    memset(s->file, 0, sizeof(s->file));
    stw_le_p(s->file + HOST_FORMAT, FORMAT_ELF);
}

static const VMStateDescription vmstate_vmcoreinfo = {
    .name = "vmcoreinfo",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8_ARRAY(file, VMCoreInfoState, FILE_SIZE),
            VMSTATE_END_OF_LIST(),
        },
};

static void vmcoreinfo_realize(DeviceState *dev, Error **errp)
{
    VMCoreInfoState *s = VMCOREINFO(dev);
    FWCfgState *fw_cfg = fw_cfg_find();

    if (!find()) { /* NULL also when there are several */
        error_setg(errp, "at most one %s device is permitted", TYPE_VMCOREINFO);
        return;
    }
    if (!fw_cfg || !fw_cfg_dma_enabled(fw_cfg)) {
        error_setg(errp, "%s needs fw_cfg with DMA, by which the guest writes to it",
                   TYPE_VMCOREINFO);
        return;
    }
    if (!fw_cfg_add_file_callback(fw_cfg, FILE_NAME, NULL, NULL, NULL, s->file, sizeof(s->file),
                                  false, errp)) {
        return;
    }
    qemu_register_reset(vmcoreinfo_reset, s);
}

static void vmcoreinfo_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = vmcoreinfo_realize;
    dc->vmsd = &vmstate_vmcoreinfo;
    dc->hotpluggable = false; /* the guest reads the list of files once */
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo vmcoreinfo_types[] = {
    {
        .name = TYPE_VMCOREINFO,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(VMCoreInfoState),
        .class_init = vmcoreinfo_class_init,
    },
};

DEFINE_TYPES(vmcoreinfo_types)
