/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 8042 keyboard controller of the PC/AT and PS/2: ports 60h and 64h,
 * interrupts 1 and 12, address line 20 and reset.
 *
 * IBM PS/2 hardware interface technical reference, "Keyboard and auxiliary
 * device controller": command byte, status register, commands.
 *
 * Commands take no time. A device's byte stays in the device until it is read;
 * the output register only says whose turn it is.
 */
#include "qemu/osdep.h"
#include "hw/input/i8042.h"
#include "hw/acpi/acpi_aml_interface.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "trace/trace-hw_input.h"

/* Commands to the controller (port 64h) */
#define KBD_CCMD_READ_MODE      0x20
#define KBD_CCMD_WRITE_MODE     0x60
#define KBD_CCMD_MOUSE_DISABLE  0xa7
#define KBD_CCMD_MOUSE_ENABLE   0xa8
#define KBD_CCMD_TEST_MOUSE     0xa9
#define KBD_CCMD_SELF_TEST      0xaa
#define KBD_CCMD_KBD_TEST       0xab
#define KBD_CCMD_KBD_DISABLE    0xad
#define KBD_CCMD_KBD_ENABLE     0xae
#define KBD_CCMD_READ_INPORT    0xc0
#define KBD_CCMD_READ_OUTPORT   0xd0
#define KBD_CCMD_WRITE_OUTPORT  0xd1
#define KBD_CCMD_WRITE_OBUF     0xd2 /* as if it came from the keyboard */
#define KBD_CCMD_WRITE_AUX_OBUF 0xd3
#define KBD_CCMD_WRITE_MOUSE    0xd4
#define KBD_CCMD_DISABLE_A20    0xdd
#define KBD_CCMD_ENABLE_A20     0xdf
#define KBD_CCMD_PULSE_BITS     0xf0 /* f0 to ff: output port bits 0-3 that are 0 */

#define KBD_STAT_OBF            0x01
#define KBD_STAT_SELFTEST       0x04
#define KBD_STAT_CMD            0x08 /* last written was a command */
#define KBD_STAT_UNLOCKED       0x10
#define KBD_STAT_MOUSE_OBF      0x20

#define KBD_MODE_KBD_INT        0x01
#define KBD_MODE_MOUSE_INT      0x02
#define KBD_MODE_SYS            0x04
#define KBD_MODE_DISABLE_KBD    0x10
#define KBD_MODE_DISABLE_MOUSE  0x20
#define KBD_MODE_KCC            0x40 /* translate to scan code set 1 */

#define KBD_OUT_RESET           0x01 /* active low */
#define KBD_OUT_A20             0x02
#define KBD_OUT_OBF             0x10
#define KBD_OUT_MOUSE_OBF       0x20
#define KBD_OUT_ONES            0xcc

#define KBD_INPORT_UNLOCKED     0x80

/* pending: who has a byte. The values are those of the saved state. */
#define KBD_PENDING_KBD_COMPAT 0x01 /* from versions that knew just these two */
#define KBD_PENDING_AUX_COMPAT 0x02
#define KBD_PENDING_CTRL_KBD   0x04
#define KBD_PENDING_CTRL_AUX   0x08
#define KBD_PENDING_KBD        0x10
#define KBD_PENDING_AUX        0x20

#define KBD_OBSRC_KBD          0x01
#define KBD_OBSRC_MOUSE        0x02
#define KBD_OBSRC_CTRL         0x04

#define KBD_MIGR_TIMER_PENDING 0x1

#define KBD_THROTTLE_US        1000

/* ---- logic ---- */

/* Whose byte goes into the output register next; 0: nobody's. */
static uint32_t kbd_next_pending(const KBDState *s)
{
    if (s->pending & KBD_PENDING_CTRL_KBD) {
        return KBD_PENDING_CTRL_KBD;
    }
    if (s->pending & KBD_PENDING_CTRL_AUX) {
        return KBD_PENDING_CTRL_AUX;
    }
    if ((s->pending & KBD_PENDING_KBD) && !(s->mode & KBD_MODE_DISABLE_KBD) &&
        !timer_pending(&s->throttle_timer)) {
        return KBD_PENDING_KBD;
    }
    if ((s->pending & KBD_PENDING_AUX) && !(s->mode & KBD_MODE_DISABLE_MOUSE)) {
        return KBD_PENDING_AUX;
    }
    return 0;
}

static void kbd_update_irq_lines(KBDState *s)
{
    bool full = s->status & KBD_STAT_OBF;
    bool from_mouse = s->status & KBD_STAT_MOUSE_OBF;

    qemu_set_irq(s->irqs[0], full && !from_mouse && (s->mode & KBD_MODE_KBD_INT));
    qemu_set_irq(s->irqs[1], full && from_mouse && (s->mode & KBD_MODE_MOUSE_INT));
}

static void kbd_empty_output(KBDState *s)
{
    s->status &= ~(KBD_STAT_OBF | KBD_STAT_MOUSE_OBF);
    s->outport &= ~(KBD_OUT_OBF | KBD_OUT_MOUSE_OBF);
}

/* Fills the output register if it is empty, and drives the interrupts. */
static void kbd_update_output(KBDState *s)
{
    uint32_t next;

    if (!(s->status & KBD_STAT_OBF)) {
        next = kbd_next_pending(s);
        s->obsrc = 0;
        if (next) {
            s->status |= KBD_STAT_OBF;
            s->outport |= KBD_OUT_OBF;
        }
        if (next & (KBD_PENDING_CTRL_AUX | KBD_PENDING_AUX)) {
            s->status |= KBD_STAT_MOUSE_OBF;
            s->outport |= KBD_OUT_MOUSE_OBF;
        }
        if (next & KBD_PENDING_KBD) {
            s->obsrc = KBD_OBSRC_KBD;
        } else if (next & KBD_PENDING_AUX) {
            s->obsrc = KBD_OBSRC_MOUSE;
        } else if (next) {
            s->obsrc = KBD_OBSRC_CTRL;
        }
    }
    kbd_update_irq_lines(s);
}

static void kbd_update_pending(KBDState *s, uint32_t flag, int level)
{
    bool is_source = (flag == KBD_PENDING_KBD && s->obsrc == KBD_OBSRC_KBD) ||
                     (flag == KBD_PENDING_AUX && s->obsrc == KBD_OBSRC_MOUSE);

    if (level) {
        s->pending |= flag;
    } else {
        s->pending &= ~flag;
        if (is_source && (s->status & KBD_STAT_OBF)) {
            /* The device has withdrawn the byte: it was reset or got a command. */
            kbd_empty_output(s);
        }
    }
    kbd_update_output(s);
}

static void kbd_update_kbd_irq(void *opaque, int n, int level)
{
    kbd_update_pending(opaque, KBD_PENDING_KBD, level);
}

static void kbd_update_aux_irq(void *opaque, int n, int level)
{
    kbd_update_pending(opaque, KBD_PENDING_AUX, level);
}

static void kbd_throttle_timeout(void *opaque)
{
    kbd_update_output(opaque);
}

/* A byte of the controller itself, ahead of the devices'. */
static void kbd_queue(KBDState *s, uint8_t b, bool aux)
{
    s->cbdata = b;
    s->pending &= ~(KBD_PENDING_CTRL_KBD | KBD_PENDING_CTRL_AUX);
    s->pending |= aux ? KBD_PENDING_CTRL_AUX : KBD_PENDING_CTRL_KBD;
    kbd_empty_output(s);
    kbd_update_output(s);
}

static void outport_write(KBDState *s, uint8_t val)
{
    trace_pckbd_outport_write(val);
    s->outport = (s->outport & (KBD_OUT_OBF | KBD_OUT_MOUSE_OBF)) |
                 (val & ~(KBD_OUT_OBF | KBD_OUT_MOUSE_OBF));
    qemu_set_irq(s->a20_out, !!(val & KBD_OUT_A20));
    if (!(val & KBD_OUT_RESET)) {
        qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

static void kbd_set_mode(KBDState *s, uint8_t mode)
{
    s->mode = mode;
    ps2_keyboard_set_translation(s->kbd, !!(mode & KBD_MODE_KCC));
    kbd_update_output(s);
}

/* ---- registers ---- */

static uint64_t kbd_read_status(void *opaque, hwaddr addr, unsigned size)
{
    KBDState *s = opaque;

    trace_pckbd_kbd_read_status(s->status);
    return s->status;
}

static void kbd_write_command(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    KBDState *s = opaque;

    trace_pckbd_kbd_write_command(val);
    s->status |= KBD_STAT_CMD;
    s->write_cmd = 0;
    switch (val & 0xff) {
    case KBD_CCMD_READ_MODE:
        kbd_queue(s, s->mode, false);
        break;
    case KBD_CCMD_WRITE_MODE:
    case KBD_CCMD_WRITE_OBUF:
    case KBD_CCMD_WRITE_AUX_OBUF:
    case KBD_CCMD_WRITE_MOUSE:
    case KBD_CCMD_WRITE_OUTPORT:
        s->write_cmd = val;
        break;
    case KBD_CCMD_MOUSE_DISABLE:
        kbd_set_mode(s, s->mode | KBD_MODE_DISABLE_MOUSE);
        break;
    case KBD_CCMD_MOUSE_ENABLE:
        kbd_set_mode(s, s->mode & ~KBD_MODE_DISABLE_MOUSE);
        break;
    case KBD_CCMD_TEST_MOUSE:
    case KBD_CCMD_KBD_TEST:
        kbd_queue(s, 0x00, false);
        break;
    case KBD_CCMD_SELF_TEST:
        s->status |= KBD_STAT_SELFTEST;
        kbd_queue(s, 0x55, false);
        break;
    case KBD_CCMD_KBD_DISABLE:
        kbd_set_mode(s, s->mode | KBD_MODE_DISABLE_KBD);
        break;
    case KBD_CCMD_KBD_ENABLE:
        kbd_set_mode(s, s->mode & ~KBD_MODE_DISABLE_KBD);
        break;
    case KBD_CCMD_READ_INPORT:
        kbd_queue(s, KBD_INPORT_UNLOCKED, false);
        break;
    case KBD_CCMD_READ_OUTPORT:
        kbd_queue(s, s->outport, false);
        break;
    case KBD_CCMD_ENABLE_A20:
        qemu_irq_raise(s->a20_out);
        s->outport |= KBD_OUT_A20;
        break;
    case KBD_CCMD_DISABLE_A20:
        qemu_irq_lower(s->a20_out);
        s->outport &= ~KBD_OUT_A20;
        break;
    case KBD_CCMD_PULSE_BITS ... 0xff:
        /* Of the four bits only reset is wired to something that a pulse acts on. */
        if (!(val & KBD_OUT_RESET)) {
            qemu_system_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        }
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "i8042: unknown command 0x%02x\n", (unsigned)val);
        break;
    }
}

static uint64_t kbd_read_data(void *opaque, hwaddr addr, unsigned size)
{
    KBDState *s = opaque;
    uint32_t src = s->obsrc;

    if (s->status & KBD_STAT_OBF) {
        kbd_empty_output(s);
        s->obsrc = 0;
        /* Down first, so that the next byte is an edge. */
        kbd_update_irq_lines(s);
        if (src & KBD_OBSRC_KBD) {
            if (s->throttle) {
                timer_mod(&s->throttle_timer,
                          qemu_clock_get_us(QEMU_CLOCK_VIRTUAL) + KBD_THROTTLE_US);
            }
            s->obdata = ps2_read_data(PS2_DEVICE(s->kbd));
        } else if (src & KBD_OBSRC_MOUSE) {
            s->obdata = ps2_read_data(PS2_DEVICE(s->mouse));
        } else if (src & KBD_OBSRC_CTRL) {
            s->obdata = s->cbdata;
            s->pending &= ~(KBD_PENDING_CTRL_KBD | KBD_PENDING_CTRL_AUX);
        }
        kbd_update_output(s);
    }
    trace_pckbd_kbd_read_data(s->obdata);
    return s->obdata;
}

static void kbd_write_data(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    KBDState *s = opaque;
    uint8_t cmd = s->write_cmd;

    trace_pckbd_kbd_write_data(val);
    s->status &= ~KBD_STAT_CMD;
    s->write_cmd = 0;
    switch (cmd) {
    case 0:
        ps2_write_keyboard(s->kbd, val);
        /* Sending to the keyboard releases its clock line. */
        kbd_set_mode(s, s->mode & ~KBD_MODE_DISABLE_KBD);
        break;
    case KBD_CCMD_WRITE_MODE:
        kbd_set_mode(s, val);
        break;
    case KBD_CCMD_WRITE_OBUF:
        kbd_queue(s, val, false);
        break;
    case KBD_CCMD_WRITE_AUX_OBUF:
        kbd_queue(s, val, true);
        break;
    case KBD_CCMD_WRITE_OUTPORT:
        outport_write(s, val);
        break;
    case KBD_CCMD_WRITE_MOUSE:
        ps2_write_mouse(s->mouse, val);
        kbd_set_mode(s, s->mode & ~KBD_MODE_DISABLE_MOUSE);
        break;
    }
}

static const MemoryRegionOps i8042_data_ops = {
    .read = kbd_read_data,
    .write = kbd_write_data,
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps i8042_cmd_ops = {
    .read = kbd_read_status,
    .write = kbd_write_command,
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- reset and migration ---- */

static void kbd_reset(KBDState *s)
{
    s->write_cmd = 0;
    s->mode = KBD_MODE_KBD_INT | KBD_MODE_MOUSE_INT;
    s->status = KBD_STAT_CMD | KBD_STAT_UNLOCKED;
    s->outport = KBD_OUT_RESET | KBD_OUT_A20 | KBD_OUT_ONES;
    s->pending = 0;
    s->obsrc = 0;
    s->obdata = 0;
    s->cbdata = 0;
    s->migration_flags = 0;
    timer_del(&s->throttle_timer);
}

static uint8_t kbd_outport_default(const KBDState *s)
{
    return KBD_OUT_RESET | KBD_OUT_A20 | KBD_OUT_ONES |
           (s->status & KBD_STAT_OBF ? KBD_OUT_OBF : 0) |
           (s->status & KBD_STAT_MOUSE_OBF ? KBD_OUT_MOUSE_OBF : 0);
}

static bool kbd_outport_needed(void *opaque)
{
    KBDState *s = opaque;

    return s->outport != kbd_outport_default(s);
}

static const VMStateDescription vmstate_kbd_outport = {
    .name = "pckbd_outport",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = kbd_outport_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(outport, KBDState),
            VMSTATE_END_OF_LIST(),
        },
};

static int kbd_extended_state_pre_save(void *opaque)
{
    KBDState *s = opaque;

    s->migration_flags = timer_pending(&s->throttle_timer) ? KBD_MIGR_TIMER_PENDING : 0;
    return 0;
}

static int kbd_extended_state_post_load(void *opaque, int version_id)
{
    KBDState *s = opaque;

    s->extended_state_loaded = true;
    return 0;
}

static bool kbd_extended_state_needed(void *opaque)
{
    KBDState *s = opaque;

    return s->extended_state;
}

static const VMStateDescription vmstate_kbd_extended_state = {
    .name = "pckbd/extended_state",
    .pre_save = kbd_extended_state_pre_save,
    .post_load = kbd_extended_state_post_load,
    .needed = kbd_extended_state_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(migration_flags, KBDState),
            VMSTATE_UINT32(obsrc, KBDState),
            VMSTATE_UINT8(obdata, KBDState),
            VMSTATE_UINT8(cbdata, KBDState),
            VMSTATE_END_OF_LIST(),
        },
};

static int kbd_pre_save(void *opaque)
{
    KBDState *s = opaque;

    s->pending_tmp = s->pending;
    if (!s->extended_state) {
        /* Streams of that kind have one flag each for "keyboard side" and "mouse side". */
        s->pending_tmp = 0;
        if (s->pending & (KBD_PENDING_KBD | KBD_PENDING_CTRL_KBD)) {
            s->pending_tmp |= KBD_PENDING_KBD_COMPAT;
        }
        if (s->pending & (KBD_PENDING_AUX | KBD_PENDING_CTRL_AUX)) {
            s->pending_tmp |= KBD_PENDING_AUX_COMPAT;
        }
    }
    return 0;
}

static int kbd_pre_load(void *opaque)
{
    KBDState *s = opaque;

    s->outport = 0;
    s->migration_flags = 0;
    s->extended_state_loaded = false;
    return 0;
}

static int kbd_post_load(void *opaque, int version_id)
{
    KBDState *s = opaque;

    if (!s->outport) {
        s->outport = kbd_outport_default(s);
    }
    s->pending = s->pending_tmp;
    if (s->migration_flags & KBD_MIGR_TIMER_PENDING) {
        timer_mod(&s->throttle_timer, qemu_clock_get_us(QEMU_CLOCK_VIRTUAL) + KBD_THROTTLE_US);
    }
    if (!s->extended_state_loaded) {
        s->obsrc = 0;
        if (s->status & KBD_STAT_OBF) {
            s->obsrc = s->status & KBD_STAT_MOUSE_OBF ? KBD_OBSRC_MOUSE : KBD_OBSRC_KBD;
        }
        if (s->pending & KBD_PENDING_KBD_COMPAT) {
            s->pending |= KBD_PENDING_KBD;
        }
        if (s->pending & KBD_PENDING_AUX_COMPAT) {
            s->pending |= KBD_PENDING_AUX;
        }
    }
    s->pending &= ~(uint32_t)(KBD_PENDING_KBD_COMPAT | KBD_PENDING_AUX_COMPAT);
    return 0;
}

static const VMStateDescription vmstate_kbd = {
    .name = "pckbd",
    .version_id = 3,
    .minimum_version_id = 3,
    .pre_load = kbd_pre_load,
    .post_load = kbd_post_load,
    .pre_save = kbd_pre_save,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(write_cmd, KBDState),
            VMSTATE_UINT8(status, KBDState),
            VMSTATE_UINT8(mode, KBDState),
            VMSTATE_UINT8(pending_tmp, KBDState),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_kbd_outport,
            &vmstate_kbd_extended_state,
            NULL,
        },
};

static const VMStateDescription vmstate_kbd_isa = {
    .name = "pckbd",
    .version_id = 3,
    .minimum_version_id = 3,
    .fields =
        (const VMStateField[]){
            VMSTATE_STRUCT(kbd, ISAKBDState, 0, vmstate_kbd, KBDState),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- object ---- */

void i8042_isa_mouse_fake_event(ISAKBDState *isa)
{
    ps2_mouse_fake_event(isa->kbd.mouse);
}

static const Property i8042_properties[] = {
    DEFINE_PROP_BOOL("extended-state", ISAKBDState, kbd.extended_state, true),
    DEFINE_PROP_BOOL("kbd-throttle", ISAKBDState, kbd.throttle, false),
    DEFINE_PROP_UINT8("kbd-irq", ISAKBDState, kbd_irq, 1),
    DEFINE_PROP_UINT8("mouse-irq", ISAKBDState, mouse_irq, 12),
};

static void i8042_reset_hold(Object *obj, ResetType type)
{
    KBDState *s = &I8042(obj)->kbd;

    kbd_reset(s);
    kbd_update_irq_lines(s);
}

static void i8042_initfn(Object *obj)
{
    ISAKBDState *isa = I8042(obj);
    KBDState *s = &isa->kbd;
    DeviceState *dev = DEVICE(obj);

    memory_region_init_io(isa->io + 0, obj, &i8042_data_ops, s, "i8042-data", 1);
    memory_region_init_io(isa->io + 1, obj, &i8042_cmd_ops, s, "i8042-cmd", 1);

    object_initialize_child(obj, "ps2kbd", &isa->ps2kbd, TYPE_PS2_KBD_DEVICE);
    object_initialize_child(obj, "ps2mouse", &isa->ps2mouse, TYPE_PS2_MOUSE_DEVICE);
    s->kbd = &isa->ps2kbd;
    s->mouse = &isa->ps2mouse;

    qdev_init_gpio_out_named(dev, &s->a20_out, I8042_A20_LINE, 1);
    qdev_init_gpio_out(dev, s->irqs, 2);
    qdev_init_gpio_in_named_with_opaque(dev, kbd_update_kbd_irq, s, "ps2-kbd-input-irq", 1);
    qdev_init_gpio_in_named_with_opaque(dev, kbd_update_aux_irq, s, "ps2-mouse-input-irq", 1);
}

static void i8042_realizefn(DeviceState *dev, Error **errp)
{
    ISADevice *isadev = ISA_DEVICE(dev);
    ISAKBDState *isa = I8042(dev);
    KBDState *s = &isa->kbd;

    if (!isa_check_irq("kbd-irq", isa->kbd_irq, errp) ||
        !isa_check_irq("mouse-irq", isa->mouse_irq, errp)) {
        return;
    }
    timer_init_us(&s->throttle_timer, QEMU_CLOCK_VIRTUAL, kbd_throttle_timeout, s);
    if (!sysbus_realize(SYS_BUS_DEVICE(&isa->ps2kbd), errp) ||
        !sysbus_realize(SYS_BUS_DEVICE(&isa->ps2mouse), errp)) {
        return;
    }
    qdev_connect_gpio_out(DEVICE(&isa->ps2kbd), PS2_DEVICE_IRQ,
                          qdev_get_gpio_in_named(dev, "ps2-kbd-input-irq", 0));
    qdev_connect_gpio_out(DEVICE(&isa->ps2mouse), PS2_DEVICE_IRQ,
                          qdev_get_gpio_in_named(dev, "ps2-mouse-input-irq", 0));
    isa_connect_gpio_out(isadev, 0, isa->kbd_irq);
    isa_connect_gpio_out(isadev, 1, isa->mouse_irq);
    isa_register_ioport(isadev, isa->io + 0, 0x60);
    isa_register_ioport(isadev, isa->io + 1, 0x64);
}

static void i8042_unrealize(DeviceState *dev)
{
    timer_del(&I8042(dev)->kbd.throttle_timer);
}

static void i8042_build_aml(AcpiDevAmlIf *adev, Aml *scope)
{
    ISAKBDState *isa = I8042(adev);
    Aml *kbd = aml_device("KBD"), *mouse = aml_device("MOU");
    Aml *kbd_crs = aml_resource_template(), *mouse_crs = aml_resource_template();

    aml_append(kbd_crs, aml_io(AML_DECODE16, 0x60, 0x60, 1, 1));
    aml_append(kbd_crs, aml_io(AML_DECODE16, 0x64, 0x64, 1, 1));
    aml_append(kbd_crs, aml_irq_no_flags(isa->kbd_irq));
    aml_append(kbd, aml_name_decl("_HID", aml_eisaid("PNP0303")));
    aml_append(kbd, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(kbd, aml_name_decl("_CRS", kbd_crs));
    aml_append(scope, kbd);

    aml_append(mouse_crs, aml_irq_no_flags(isa->mouse_irq));
    aml_append(mouse, aml_name_decl("_HID", aml_eisaid("PNP0F13")));
    aml_append(mouse, aml_name_decl("_STA", aml_int(0xf)));
    aml_append(mouse, aml_name_decl("_CRS", mouse_crs));
    aml_append(scope, mouse);
}

static void i8042_class_initfn(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    device_class_set_props(dc, i8042_properties);
    RESETTABLE_CLASS(klass)->phases.hold = i8042_reset_hold;
    dc->realize = i8042_realizefn;
    dc->unrealize = i8042_unrealize;
    dc->vmsd = &vmstate_kbd_isa;
    ACPI_DEV_AML_IF_CLASS(klass)->build_dev_aml = i8042_build_aml;
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
}

static const TypeInfo i8042_types[] = {
    {
        .name = TYPE_I8042,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ISAKBDState),
        .instance_init = i8042_initfn,
        .class_init = i8042_class_initfn,
        .interfaces = (const InterfaceInfo[]){{TYPE_ACPI_DEV_AML_IF}, {}},
    },
};

DEFINE_TYPES(i8042_types)
