/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The floppy disk controller on the ISA bus: ports 3F0h-3F5h and 3F7h, interrupt 6, DMA channel 2.
 */
#include "qemu/osdep.h"
#include "exec/ioport.h"
#include "fdc-internal.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/acpi/aml-build.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "system/blockdev.h"

OBJECT_DECLARE_SIMPLE_TYPE(FDCtrlISA, ISA_FDC)

struct FDCtrlISA {
    ISADevice parent_obj;

    /* configuration */
    uint32_t iobase, isairq;
    int32_t bootindex[FDC_DRIVES];

    /* wiring */
    PortioList ports;
    FDCtrl state;
};

/* An AT has no status register A at port 0; port 6 is the disk controller's. */
static const MemoryRegionPortio fdc_ports[] = {
    {1, 5, 1, .read = fdc_read, .write = fdc_write},
    {7, 1, 1, .read = fdc_read, .write = fdc_write},
    PORTIO_END_OF_LIST(),
};

extern const PropertyInfo qdev_prop_fdc_drive_type;

#define DRIVE_TYPE(name, field, value)                                                             \
    DEFINE_PROP_SIGNED(name, FDCtrlISA, field, value, qdev_prop_fdc_drive_type, FloppyDriveType)

static const Property isa_fdc_properties[] = {
    DEFINE_PROP_UINT32("iobase", FDCtrlISA, iobase, 0x3f0),
    DEFINE_PROP_UINT32("irq", FDCtrlISA, isairq, 6),
    DEFINE_PROP_UINT32("dma", FDCtrlISA, state.dma_chann, 2),
    DRIVE_TYPE("fdtypeA", state.requested[0], FLOPPY_DRIVE_TYPE_AUTO),
    DRIVE_TYPE("fdtypeB", state.requested[1], FLOPPY_DRIVE_TYPE_AUTO),
    DRIVE_TYPE("fallback", state.fallback, FLOPPY_DRIVE_TYPE_288),
};

static void isa_fdc_realize(DeviceState *dev, Error **errp)
{
    ISADevice *isadev = ISA_DEVICE(dev);
    FDCtrlISA *isa = ISA_FDC(dev);
    FDCtrl *fdc = &isa->state;

    if (fdc->fallback == FLOPPY_DRIVE_TYPE_AUTO) {
        error_setg(errp, "Cannot choose a fallback FDrive type of 'auto'");
        return;
    }
    if (isa->iobase > 0xffff - 7) {
        error_setg(errp, "iobase=0x%x: there are ports 0 to 0xffff", isa->iobase);
        return;
    }
    if (!isa_check_irq("irq", isa->isairq, errp)) {
        return;
    }
    if (fdc->dma_chann != UINT32_MAX) {
        fdc->dma = fdc->dma_chann < 4 ? isa_bus_get_dma(isa_bus_from_device(isadev), fdc->dma_chann)
                                      : NULL;
        if (!fdc->dma) {
            error_setg(errp, "dma=%u: expected a channel of 8 bits, 0 to 3, of a DMA controller",
                       fdc->dma_chann);
            return;
        }
        ISADMA_GET_CLASS(fdc->dma)->register_channel(fdc->dma, fdc->dma_chann, fdc_dma_transfer,
                                                     fdc);
    }
    if (!isa_init_irq(isadev, &fdc->irq, "irq", isa->isairq, errp)) {
        return;
    }
    fdc->dev = dev;
    fdc_init_bus(fdc, dev);
    isa_register_portio_list(isadev, &isa->ports, isa->iobase, fdc_ports, fdc, "fdc");
}

static void isa_fdc_reset_hold(Object *obj, ResetType type)
{
    FDCtrl *fdc = &ISA_FDC(obj)->state;

    fdc->tdr = fdc->dsr = 0;
    fdc->cur_drv = 0;
    fdc->status1 = fdc->status2 = 0;
    fdc->timer0 = fdc->timer1 = fdc->precomp_trk = fdc->lock = fdc->pwrd = 0;
    fdc->config = 0x60; /* implied seek, FIFO on */
    fdc->non_dma = false;
    fdc->data_dir = fdc->eot = 0;
    memset(fdc->command, 0, sizeof(fdc->command));
    memset(fdc->fifo, 0, sizeof(fdc->fifo));
    for (int i = 0; i < FDC_DRIVES; i++) {
        fdc->drives[i].perpendicular = 0;
    }
    fdc_reset(fdc, false);
}

static const VMStateDescription vmstate_isa_fdc = {
    .name = "isa-fdc",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(state, FDCtrlISA, 1, vmstate_fdc, FDCtrl),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- ACPI ---- */

static const struct {
    FloppyDriveType type;
    uint8_t bios, cylinders, sectors, heads;
} known[] = {
    {FLOPPY_DRIVE_TYPE_120, 2, 79, 15, 1},
    {FLOPPY_DRIVE_TYPE_144, 4, 79, 18, 1},
    {FLOPPY_DRIVE_TYPE_288, 6, 79, 36, 1},
};

/* What BIOS function INT 13h, 08h would say of the drive (ACPI 6.3, 9.9.2). */
static void append_drive(Aml *dev, FDCtrl *fdc, int i)
{
    static const uint8_t bios_table[] = {0xaf, 0x02, 0x25, 0x02, 0x12, 0x1b,
                                         0xff, 0x6c, 0xf6, 0x0f, 0x08};
    Aml *drive, *info;

    for (size_t k = 0; k < ARRAY_SIZE(known); k++) {
        if (known[k].type != fdc->drives[i].type) {
            continue;
        }
        drive = aml_device("FLP%c", 'A' + i);
        info = aml_package(16);
        aml_append(drive, aml_name_decl("_ADR", aml_int(i)));
        aml_append(info, aml_int(i));
        aml_append(info, aml_int(known[k].bios));
        aml_append(info, aml_int(known[k].cylinders));
        aml_append(info, aml_int(known[k].sectors));
        aml_append(info, aml_int(known[k].heads));
        for (size_t b = 0; b < ARRAY_SIZE(bios_table); b++) {
            aml_append(info, aml_int(bios_table[b]));
        }
        aml_append(drive, aml_name_decl("_FDI", info));
        aml_append(dev, drive);
    }
}

static void isa_fdc_build_aml(AcpiDevAmlIf *adev, Aml *scope)
{
    FDCtrlISA *isa = ISA_FDC(adev);
    FDCtrl *fdc = &isa->state;
    Aml *dev = aml_device("FDC0"), *crs = aml_resource_template();
    uint8_t present[20] = {0}; /* _FDE: a dword for each of four drives, and tape */

    aml_append(crs, aml_io(AML_DECODE16, isa->iobase + 2, isa->iobase + 2, 0, 4));
    aml_append(crs, aml_io(AML_DECODE16, isa->iobase + 7, isa->iobase + 7, 0, 1));
    aml_append(crs, aml_irq_no_flags(isa->isairq));
    if (fdc->dma) {
        aml_append(crs,
                   aml_dma(AML_COMPATIBILITY, AML_NOTBUSMASTER, AML_TRANSFER8, fdc->dma_chann));
    }
    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0700")));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(dev, aml_name_decl("_CRS", crs));
    present[16] = 2; /* no tape */
    for (int i = 0; i < FDC_DRIVES; i++) {
        if (fdc->drives[i].blk && fdc->drives[i].type != FLOPPY_DRIVE_TYPE_NONE) {
            present[4 * i] = 1;
            append_drive(dev, fdc, i);
        }
    }
    aml_append(dev, aml_name_decl("_FDE", aml_buffer(sizeof(present), present)));
    aml_append(scope, dev);
}

/* ---- for boards ---- */

FloppyDriveType isa_fdc_get_drive_type(ISADevice *fdc, int i)
{
    FDrive *drv = &ISA_FDC(fdc)->state.drives[i];

    return drv->blk ? drv->type : FLOPPY_DRIVE_TYPE_NONE;
}

ISADevice *isa_fdc_create(ISABus *bus)
{
    ISADevice *isadev = isa_new(TYPE_ISA_FDC);
    FDCtrl *fdc = &ISA_FDC(isadev)->state;

    isa_realize_and_unref(isadev, bus, &error_fatal);
    for (int i = 0; i < FDC_DRIVES; i++) {
        DriveInfo *info = drive_get(IF_FLOPPY, 0, i);
        DeviceState *dev;

        if (!info) {
            continue;
        }
        loc_push_restore(&info->loc);
        dev = qdev_new(TYPE_FLOPPY_DRIVE);
        qdev_prop_set_uint32(dev, "unit", i);
        qdev_prop_set_drive(dev, "drive", info->blk);
        qdev_realize_and_unref(dev, BUS(&fdc->bus), &error_fatal);
        drive_mark_claimed(info);
        loc_pop(&info->loc);
    }
    return isadev;
}

/* ---- type ---- */

static void isa_fdc_instance_init(Object *obj)
{
    FDCtrlISA *isa = ISA_FDC(obj);

    device_add_bootindex_property(obj, &isa->bootindex[0], "bootindexA", "/floppy@0", DEVICE(obj));
    device_add_bootindex_property(obj, &isa->bootindex[1], "bootindexB", "/floppy@1", DEVICE(obj));
}

static void isa_fdc_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "virtual floppy controller";
    dc->realize = isa_fdc_realize;
    dc->fw_name = "fdc";
    dc->vmsd = &vmstate_isa_fdc;
    RESETTABLE_CLASS(klass)->phases.hold = isa_fdc_reset_hold;
    ACPI_DEV_AML_IF_CLASS(klass)->build_dev_aml = isa_fdc_build_aml;
    device_class_set_props(dc, isa_fdc_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
}

static const TypeInfo isa_fdc_types[] = {
    {
        .name = TYPE_ISA_FDC,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(FDCtrlISA),
        .instance_init = isa_fdc_instance_init,
        .class_init = isa_fdc_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_ACPI_DEV_AML_IF}, {}},
    },
};

DEFINE_TYPES(isa_fdc_types)
