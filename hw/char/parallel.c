/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Parallel port: a printer port in software, on any back end; or a real one of
 * the host, register by register and with EPP cycles.
 *
 * IEEE 1284-1994: compatibility mode, EPP registers (annex for PC ports). In
 * software, what is strobed out goes to the back end and is acknowledged.
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/char/parallel.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "trace/trace-hw_char.h"

#define PARA_REG_DATA     0
#define PARA_REG_STS      1
#define PARA_REG_CTR      2
#define PARA_REG_EPP_ADDR 3
#define PARA_REG_EPP_DATA 4

/* Status; all but the interrupt and the timeout as on the wire */
#define PARA_STS_BUSY   0x80 /* inverted: 1 is ready */
#define PARA_STS_ACK    0x40 /* active low */
#define PARA_STS_PAPER  0x20
#define PARA_STS_ONLINE 0x10
#define PARA_STS_ERROR  0x08 /* active low */
#define PARA_STS_TMOUT  0x01 /* EPP */

#define PARA_CTR_UNUSED 0xc0 /* reads as ones */
#define PARA_CTR_DIR    0x20 /* read data lines */
#define PARA_CTR_INTEN  0x10
#define PARA_CTR_SELECT 0x08
#define PARA_CTR_INIT   0x04 /* active low */
#define PARA_CTR_AUTOLF 0x02
#define PARA_CTR_STROBE 0x01
#define PARA_CTR_SIGNAL (PARA_CTR_SELECT | PARA_CTR_INIT | PARA_CTR_AUTOLF | PARA_CTR_STROBE)

#define PARA_STS_READY  (PARA_STS_BUSY | PARA_STS_ACK | PARA_STS_ONLINE | PARA_STS_ERROR)

typedef struct ParallelState {
    /* wiring */
    CharBackend chr;
    qemu_irq irq;
    PortioList portio_list;
    bool hw_driver; /* the back end is a port of the host */
    uint32_t last_read_offset;

    /* state */
    uint8_t dataw;
    uint8_t datar;
    uint8_t status;
    uint8_t control;
    int32_t irq_pending;
    int32_t epp_timeout;
} ParallelState;

struct ISAParallelState {
    ISADevice parent_obj;

    /* config; UINT32_MAX: choose */
    uint32_t index;
    uint32_t iobase;
    uint32_t isairq;

    ParallelState state;
};

/* ---- software port ---- */

static void parallel_update_irq(ParallelState *s)
{
    qemu_set_irq(s->irq, s->irq_pending);
}

static void parallel_write_control(ParallelState *s, uint8_t val)
{
    val |= PARA_CTR_UNUSED;
    if (!(val & PARA_CTR_INIT)) {
        s->status = PARA_STS_READY;
    } else if (val & PARA_CTR_SELECT) {
        if (val & PARA_CTR_STROBE) {
            s->status &= ~PARA_STS_BUSY;
            if (!(s->control & PARA_CTR_STROBE)) {
                qemu_chr_fe_write_all(&s->chr, &s->dataw, 1);
            }
        } else if (s->control & PARA_CTR_INTEN) {
            s->irq_pending = 1;
        }
    }
    s->control = val;
    parallel_update_irq(s);
}

static void parallel_ioport_write_sw(void *opaque, uint32_t addr, uint32_t val)
{
    ParallelState *s = opaque;

    addr &= 7;
    trace_parallel_ioport_write("SW", addr, val);
    switch (addr) {
    case PARA_REG_DATA:
        s->dataw = val;
        parallel_update_irq(s);
        break;
    case PARA_REG_CTR:
        parallel_write_control(s, val);
        break;
    }
}

/* After a strobe the printer is busy, then acknowledges; each look at it takes it a step on. */
static uint8_t parallel_read_status(ParallelState *s)
{
    uint8_t ret = s->status;

    s->irq_pending = 0;
    if (!(s->status & PARA_STS_BUSY) && !(s->control & PARA_CTR_STROBE)) {
        if (s->status & PARA_STS_ACK) {
            s->status &= ~PARA_STS_ACK;
        } else {
            s->status |= PARA_STS_ACK | PARA_STS_BUSY;
        }
    }
    parallel_update_irq(s);
    return ret;
}

static uint32_t parallel_ioport_read_sw(void *opaque, uint32_t addr)
{
    ParallelState *s = opaque;
    uint8_t ret = 0xff;

    addr &= 7;
    switch (addr) {
    case PARA_REG_DATA:
        ret = s->control & PARA_CTR_DIR ? s->datar : s->dataw;
        break;
    case PARA_REG_STS:
        ret = parallel_read_status(s);
        break;
    case PARA_REG_CTR:
        ret = s->control;
        break;
    }
    trace_parallel_ioport_read("SW", addr, ret);
    return ret;
}

/* ---- port of the host ---- */

/* An EPP cycle of @count bytes; a failed one is a timeout, which stays until a reset. */
static bool parallel_epp(ParallelState *s, int cmd, void *buffer, int count)
{
    struct ParallelIOArg arg = {.buffer = buffer, .count = count};

    if (s->epp_timeout || qemu_chr_fe_ioctl(&s->chr, cmd, &arg)) {
        s->epp_timeout = 1;
        return false;
    }
    return true;
}

static bool parallel_ctr_is_epp(const ParallelState *s, bool read)
{
    return (s->control & (PARA_CTR_DIR | PARA_CTR_SIGNAL)) ==
           (PARA_CTR_INIT | (read ? PARA_CTR_DIR : 0));
}

static void parallel_hw_write_control(ParallelState *s, uint8_t val)
{
    int dir = !!(val & PARA_CTR_DIR);
    uint8_t parm = val & ~PARA_CTR_DIR;

    val |= PARA_CTR_UNUSED;
    if (s->control == val) {
        return;
    }
    if ((s->control ^ val) & PARA_CTR_DIR) {
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_PP_DATA_DIR, &dir);
    }
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_PP_WRITE_CONTROL, &parm);
    s->control = val;
}

static void parallel_ioport_write_hw(void *opaque, uint32_t addr, uint32_t val)
{
    ParallelState *s = opaque;
    uint8_t parm = val;

    /* Reading a register twice in a row, with no write between, is one look at it. */
    s->last_read_offset = ~0u;
    addr &= 7;
    trace_parallel_ioport_write("HW", addr, val);
    switch (addr) {
    case PARA_REG_DATA:
        if (s->dataw != parm) {
            qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_PP_WRITE_DATA, &parm);
            s->dataw = parm;
        }
        break;
    case PARA_REG_STS:
        if (val & PARA_STS_TMOUT) {
            s->epp_timeout = 0;
        }
        break;
    case PARA_REG_CTR:
        parallel_hw_write_control(s, parm);
        break;
    case PARA_REG_EPP_ADDR:
        if (parallel_ctr_is_epp(s, false)) {
            parallel_epp(s, CHR_IOCTL_PP_EPP_WRITE_ADDR, &parm, 1);
        }
        break;
    case PARA_REG_EPP_DATA:
        if (parallel_ctr_is_epp(s, false)) {
            parallel_epp(s, CHR_IOCTL_PP_EPP_WRITE, &parm, 1);
        }
        break;
    }
}

static void parallel_ioport_eppdata_write_hw(void *opaque, uint32_t addr, uint32_t val, int size)
{
    ParallelState *s = opaque;
    uint8_t bytes[4] = {val, val >> 8, val >> 16, val >> 24};

    trace_parallel_ioport_write("EPP", addr, val);
    if (parallel_ctr_is_epp(s, false)) {
        parallel_epp(s, CHR_IOCTL_PP_EPP_WRITE, bytes, size);
    }
}

static void parallel_ioport_eppdata_write_hw2(void *opaque, uint32_t addr, uint32_t val)
{
    parallel_ioport_eppdata_write_hw(opaque, addr, val, 2);
}

static void parallel_ioport_eppdata_write_hw4(void *opaque, uint32_t addr, uint32_t val)
{
    parallel_ioport_eppdata_write_hw(opaque, addr, val, 4);
}

static uint8_t parallel_hw_read_status(ParallelState *s)
{
    uint8_t ret = 0xff;

    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_PP_READ_STATUS, &ret);
    ret &= ~PARA_STS_TMOUT;
    if (s->epp_timeout) {
        ret |= PARA_STS_TMOUT;
    }
    if (s->status == ret && s->last_read_offset == PARA_REG_STS) {
        return ret;
    }
    s->status = ret;
    s->irq_pending = 0;
    return ret;
}

static uint32_t parallel_ioport_read_hw(void *opaque, uint32_t addr)
{
    ParallelState *s = opaque;
    uint8_t ret = 0xff;

    addr &= 7;
    switch (addr) {
    case PARA_REG_DATA:
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_PP_READ_DATA, &ret);
        s->datar = ret;
        break;
    case PARA_REG_STS:
        ret = parallel_hw_read_status(s);
        break;
    case PARA_REG_CTR:
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_PP_READ_CONTROL, &ret);
        ret = (ret & ~PARA_CTR_DIR) | PARA_CTR_UNUSED | (s->control & PARA_CTR_DIR);
        s->control = ret;
        break;
    case PARA_REG_EPP_ADDR:
        if (parallel_ctr_is_epp(s, true)) {
            parallel_epp(s, CHR_IOCTL_PP_EPP_READ_ADDR, &ret, 1);
        }
        break;
    case PARA_REG_EPP_DATA:
        if (parallel_ctr_is_epp(s, true)) {
            parallel_epp(s, CHR_IOCTL_PP_EPP_READ, &ret, 1);
        }
        break;
    }
    s->last_read_offset = addr;
    trace_parallel_ioport_read("HW", addr, ret);
    return ret;
}

static uint32_t parallel_ioport_eppdata_read_hw(void *opaque, uint32_t addr, int size)
{
    ParallelState *s = opaque;
    uint8_t bytes[4] = {0xff, 0xff, 0xff, 0xff};

    if (parallel_ctr_is_epp(s, true)) {
        parallel_epp(s, CHR_IOCTL_PP_EPP_READ, bytes, size);
    }
    return bytes[0] | bytes[1] << 8 | (size == 4 ? bytes[2] << 16 | (uint32_t)bytes[3] << 24 : 0);
}

static uint32_t parallel_ioport_eppdata_read_hw2(void *opaque, uint32_t addr)
{
    return parallel_ioport_eppdata_read_hw(opaque, addr, 2);
}

static uint32_t parallel_ioport_eppdata_read_hw4(void *opaque, uint32_t addr)
{
    return parallel_ioport_eppdata_read_hw(opaque, addr, 4);
}

static const MemoryRegionPortio isa_parallel_portio_hw_list[] = {
    {0, 8, 1, .read = parallel_ioport_read_hw, .write = parallel_ioport_write_hw},
    {4, 1, 2, .read = parallel_ioport_eppdata_read_hw2, .write = parallel_ioport_eppdata_write_hw2},
    {4, 1, 4, .read = parallel_ioport_eppdata_read_hw4, .write = parallel_ioport_eppdata_write_hw4},
    PORTIO_END_OF_LIST(),
};

static const MemoryRegionPortio isa_parallel_portio_sw_list[] = {
    {0, 8, 1, .read = parallel_ioport_read_sw, .write = parallel_ioport_write_sw},
    PORTIO_END_OF_LIST(),
};

/* ---- object ---- */

static void parallel_reset_hold(Object *obj, ResetType type)
{
    ParallelState *s = &ISA_PARALLEL(obj)->state;

    s->datar = 0xff;
    s->dataw = 0xff;
    s->status = PARA_STS_READY | PARA_STS_TMOUT;
    s->control = PARA_CTR_SELECT | PARA_CTR_INIT | PARA_CTR_UNUSED;
    s->irq_pending = 0;
    s->epp_timeout = 0;
    s->last_read_offset = ~0u;
    parallel_update_irq(s);
}

static const VMStateDescription vmstate_parallel_isa = {
    .name = "parallel_isa",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(state.dataw, ISAParallelState),
            VMSTATE_UINT8(state.datar, ISAParallelState),
            VMSTATE_UINT8(state.status, ISAParallelState),
            VMSTATE_UINT8(state.control, ISAParallelState),
            VMSTATE_INT32(state.irq_pending, ISAParallelState),
            VMSTATE_INT32(state.epp_timeout, ISAParallelState),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property parallel_isa_properties[] = {
    DEFINE_PROP_UINT32("index", ISAParallelState, index, UINT32_MAX),
    DEFINE_PROP_UINT32("iobase", ISAParallelState, iobase, UINT32_MAX),
    DEFINE_PROP_UINT32("irq", ISAParallelState, isairq, 7),
    DEFINE_PROP_CHR("chardev", ISAParallelState, state.chr),
};

/* The lowest index that no other port of the bus has. */
static uint32_t parallel_isa_free_index(ISAParallelState *isa)
{
    BusState *bus = qdev_get_parent_bus(DEVICE(isa));
    uint32_t index = 0;
    bool taken;
    BusChild *kid;

    do {
        taken = false;
        QTAILQ_FOREACH (kid, &bus->children, sibling) {
            Object *obj = object_dynamic_cast(OBJECT(kid->child), TYPE_ISA_PARALLEL);

            if (obj && obj != OBJECT(isa) && ISA_PARALLEL(obj)->index == index) {
                index++;
                taken = true;
            }
        }
    } while (taken);
    return index;
}

static void parallel_isa_realizefn(DeviceState *dev, Error **errp)
{
    static const uint16_t isa_parallel_io[MAX_ISA_PARALLEL_PORTS] = {0x378, 0x278, 0x3bc};
    ISADevice *isadev = ISA_DEVICE(dev);
    ISAParallelState *isa = ISA_PARALLEL(dev);
    ParallelState *s = &isa->state;
    uint8_t dummy;

    if (!qemu_chr_fe_backend_connected(&s->chr)) {
        error_setg(errp, "chardev= is missing: the id of a -chardev behind the port");
        return;
    }
    if (isa->index == UINT32_MAX) {
        isa->index = parallel_isa_free_index(isa);
    }
    if (isa->index >= MAX_ISA_PARALLEL_PORTS) {
        error_setg(errp, "Property 'index' can't be %" PRIu32 ": there are parallel ports 0 to %d",
                   isa->index, MAX_ISA_PARALLEL_PORTS - 1);
        return;
    }
    if (isa->iobase == UINT32_MAX) {
        isa->iobase = isa_parallel_io[isa->index];
    }
    if (!isa_init_irq(isadev, &s->irq, "irq", isa->isairq, errp)) {
        return;
    }
    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_PP_READ_STATUS, &dummy) == 0) {
        s->hw_driver = true;
        s->status = dummy;
    }
    isa_register_portio_list(
        isadev, &s->portio_list, isa->iobase,
        s->hw_driver ? isa_parallel_portio_hw_list : isa_parallel_portio_sw_list, s, "parallel");
}

static void parallel_isa_build_aml(AcpiDevAmlIf *adev, Aml *scope)
{
    ISAParallelState *isa = ISA_PARALLEL(adev);
    Aml *dev = aml_device("LPT%u", isa->index + 1), *crs = aml_resource_template();

    aml_append(crs, aml_io(AML_DECODE16, isa->iobase, isa->iobase, 8, 8));
    aml_append(crs, aml_irq_no_flags(isa->isairq));
    aml_append(dev, aml_name_decl("_HID", aml_eisaid("PNP0400")));
    aml_append(dev, aml_name_decl("_UID", aml_int(isa->index + 1)));
    aml_append(dev, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(dev, aml_name_decl("_CRS", crs));
    aml_append(scope, dev);
}

static void parallel_isa_class_initfn(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = parallel_isa_realizefn;
    dc->vmsd = &vmstate_parallel_isa;
    RESETTABLE_CLASS(klass)->phases.hold = parallel_reset_hold;
    ACPI_DEV_AML_IF_CLASS(klass)->build_dev_aml = parallel_isa_build_aml;
    device_class_set_props(dc, parallel_isa_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
}

static const TypeInfo parallel_isa_types[] = {
    {
        .name = TYPE_ISA_PARALLEL,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ISAParallelState),
        .class_init = parallel_isa_class_initfn,
        .interfaces = (const InterfaceInfo[]){{TYPE_ACPI_DEV_AML_IF}, {}},
    },
};

DEFINE_TYPES(parallel_isa_types)

void isa_parallel_init(ISABus *bus, int index, Chardev *chr)
{
    DeviceState *dev;

    if (!chr) {
        return;
    }
    dev = DEVICE(isa_new(TYPE_ISA_PARALLEL));
    qdev_prop_set_uint32(dev, "index", index);
    qdev_prop_set_chr(dev, "chardev", chr);
    isa_realize_and_unref(ISA_DEVICE(dev), bus, &error_fatal);
}
