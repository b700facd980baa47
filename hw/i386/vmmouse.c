/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMware's absolute pointer: packets read through the back door port (vmport.c),
 * announced by a byte from the PS/2 mouse.
 *
 * open-vm-tools and the Linux and X.Org vmmouse drivers: commands, packet format.
 */
#include "qemu/osdep.h"
#include "hw/i386/vmport.h"
#include "hw/input/i8042.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "target/i386/cpu.h"
#include "trace/trace-hw_i386.h"

OBJECT_DECLARE_SIMPLE_TYPE(VMMouseState, VMMOUSE)

#define VMMOUSE_VERSION 0x3442554a

/* EBX of VMPORT_CMD_VMMOUSE_COMMAND */
#define VMMOUSE_READ_ID          0x45414552
#define VMMOUSE_DISABLE          0x000000f5
#define VMMOUSE_REQUEST_RELATIVE 0x4c455252
#define VMMOUSE_REQUEST_ABSOLUTE 0x53424152

/* First word of a packet; then x, y, z */
#define VMMOUSE_RELATIVE_PACKET 0x00010000
#define VMMOUSE_LEFT_BUTTON     0x20
#define VMMOUSE_RIGHT_BUTTON    0x10
#define VMMOUSE_MIDDLE_BUTTON   0x08
#define VMMOUSE_PACKET_WORDS    4

#define VMMOUSE_STATUS_DISABLED 0xffff
#define VMMOUSE_QUEUE_SIZE      1024
#define VMMOUSE_MAX_WORDS       6 /* per read: one register each */

struct VMMouseState {
    ISADevice parent_obj;

    /* config */
    ISAKBDState *i8042;

    /* wiring */
    QemuInputHandlerState *handler; /* NULL while disabled */

    /* state */
    int32_t queue_size;
    uint32_t queue[VMMOUSE_QUEUE_SIZE];
    uint16_t nb_queue; /* words in it */
    uint16_t status;
    uint8_t absolute;

    /* Gathered until the next sync; not saved, as a sync follows at once. */
    uint32_t buttons;
    int32_t axis[INPUT_AXIS__MAX];
    int32_t dz;
};

/* ---- events ---- */

static void vmmouse_event(DeviceState *dev, QemuConsole *src, InputEvent *evt)
{
    static const uint8_t bits[INPUT_BUTTON__MAX] = {
        [INPUT_BUTTON_LEFT] = VMMOUSE_LEFT_BUTTON,
        [INPUT_BUTTON_RIGHT] = VMMOUSE_RIGHT_BUTTON,
        [INPUT_BUTTON_MIDDLE] = VMMOUSE_MIDDLE_BUTTON,
    };
    VMMouseState *s = VMMOUSE(dev);

    switch (evt->type) {
    case INPUT_EVENT_KIND_BTN:
        if (!evt->u.btn.data->down) {
            s->buttons &= ~(uint32_t)bits[evt->u.btn.data->button];
            break;
        }
        s->buttons |= bits[evt->u.btn.data->button];
        s->dz += (evt->u.btn.data->button == INPUT_BUTTON_WHEEL_DOWN) -
                 (evt->u.btn.data->button == INPUT_BUTTON_WHEEL_UP);
        break;
    case INPUT_EVENT_KIND_ABS:
        /* 0 to 7fffh becomes 0 to fffeh */
        s->axis[evt->u.abs.data->axis] = evt->u.abs.data->value << 1;
        break;
    case INPUT_EVENT_KIND_REL:
        s->axis[evt->u.rel.data->axis] += evt->u.rel.data->value;
        break;
    default:
        break;
    }
}

static void vmmouse_sync(DeviceState *dev)
{
    VMMouseState *s = VMMOUSE(dev);
    uint32_t *packet = s->queue + s->nb_queue;

    if (s->nb_queue <= VMMOUSE_QUEUE_SIZE - VMMOUSE_PACKET_WORDS) {
        packet[0] = s->buttons | (s->absolute ? 0 : VMMOUSE_RELATIVE_PACKET);
        packet[1] = s->axis[INPUT_AXIS_X];
        packet[2] = s->absolute ? s->axis[INPUT_AXIS_Y] : -s->axis[INPUT_AXIS_Y];
        packet[3] = s->dz;
        s->nb_queue += VMMOUSE_PACKET_WORDS;
    }
    s->dz = 0;
    if (!s->absolute) {
        memset(s->axis, 0, sizeof(s->axis));
    }
    i8042_isa_mouse_fake_event(s->i8042);
}

static const QemuInputHandler vmmouse_absolute_handler = {
    .name = "vmmouse",
    .mask = INPUT_EVENT_MASK_BTN | INPUT_EVENT_MASK_ABS,
    .event = vmmouse_event,
    .sync = vmmouse_sync,
};

static const QemuInputHandler vmmouse_relative_handler = {
    .name = "vmmouse",
    .mask = INPUT_EVENT_MASK_BTN | INPUT_EVENT_MASK_REL,
    .event = vmmouse_event,
    .sync = vmmouse_sync,
};

static void vmmouse_remove_handler(VMMouseState *s)
{
    if (s->handler) {
        qemu_input_handler_unregister(s->handler);
        s->handler = NULL;
    }
}

/* Takes events, of the kind that was asked for, unless disabled. */
static void vmmouse_update_handler(VMMouseState *s, bool absolute)
{
    if (s->absolute != absolute) {
        s->absolute = absolute;
        vmmouse_remove_handler(s);
    }
    if (s->status == 0 && !s->handler) {
        memset(s->axis, 0, sizeof(s->axis));
        s->handler = qemu_input_handler_register(
            DEVICE(s), s->absolute ? &vmmouse_absolute_handler : &vmmouse_relative_handler);
        qemu_input_handler_activate(s->handler);
    }
}

/* ---- commands ---- */

static void vmmouse_disable(VMMouseState *s)
{
    s->status = VMMOUSE_STATUS_DISABLED;
    vmmouse_remove_handler(s);
}

/* Moves up to six words of the queue into registers. */
static void vmmouse_data(VMMouseState *s, CPUX86State *env)
{
    static const uint8_t regs[VMMOUSE_MAX_WORDS] = {R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI};
    uint32_t size = env->regs[R_EBX];

    if (size == 0 || size > VMMOUSE_MAX_WORDS || size > s->nb_queue) {
        vmmouse_disable(s);
        return;
    }
    for (uint32_t i = 0; i < size; i++) {
        env->regs[regs[i]] = s->queue[i];
    }
    s->nb_queue -= size;
    memmove(s->queue, s->queue + size, s->nb_queue * sizeof(s->queue[0]));
}

static void vmmouse_command(VMMouseState *s, uint32_t command)
{
    switch (command) {
    case VMMOUSE_READ_ID:
        s->nb_queue = 0;
        s->queue[s->nb_queue++] = VMMOUSE_VERSION;
        s->status = 0;
        break;
    case VMMOUSE_DISABLE:
        vmmouse_disable(s);
        break;
    case VMMOUSE_REQUEST_RELATIVE:
        vmmouse_update_handler(s, false);
        break;
    case VMMOUSE_REQUEST_ABSOLUTE:
        vmmouse_update_handler(s, true);
        break;
    }
}

static uint32_t vmmouse_ioport_read(void *opaque, uint32_t addr)
{
    VMMouseState *s = opaque;
    CPUX86State *env = cpu_env(current_cpu);
    unsigned command = env->regs[R_ECX] & 0xffff;

    trace_vmmouse_command(command, env->regs[R_EBX], s->status, s->nb_queue);
    switch (command) {
    case VMPORT_CMD_VMMOUSE_STATUS:
        return (uint32_t)s->status << 16 | s->nb_queue;
    case VMPORT_CMD_VMMOUSE_COMMAND:
        vmmouse_command(s, env->regs[R_EBX]);
        break;
    case VMPORT_CMD_VMMOUSE_DATA:
        vmmouse_data(s, env);
        break;
    }
    return env->regs[R_EAX];
}

/* ---- reset and migration ---- */

static void vmmouse_reset_hold(Object *obj, ResetType type)
{
    VMMouseState *s = VMMOUSE(obj);

    s->nb_queue = 0;
    memset(s->queue, 0, sizeof(s->queue));
    s->buttons = 0;
    s->dz = 0;
    s->absolute = 0;
    vmmouse_disable(s);
}

static int vmmouse_post_load(void *opaque, int version_id)
{
    VMMouseState *s = opaque;

    if (s->nb_queue > VMMOUSE_QUEUE_SIZE) {
        return -EINVAL;
    }
    vmmouse_remove_handler(s);
    vmmouse_update_handler(s, s->absolute);
    return 0;
}

static const VMStateDescription vmstate_vmmouse = {
    .name = "vmmouse",
    .post_load = vmmouse_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32_EQUAL(queue_size, VMMouseState, NULL),
            VMSTATE_UINT32_ARRAY(queue, VMMouseState, VMMOUSE_QUEUE_SIZE),
            VMSTATE_UINT16(nb_queue, VMMouseState),
            VMSTATE_UINT16(status, VMMouseState),
            VMSTATE_UINT8(absolute, VMMouseState),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- object ---- */

static const Property vmmouse_properties[] = {
    DEFINE_PROP_LINK("i8042", VMMouseState, i8042, TYPE_I8042, ISAKBDState *),
};

static void vmmouse_realizefn(DeviceState *dev, Error **errp)
{
    VMMouseState *s = VMMOUSE(dev);

    if (!s->i8042) {
        error_setg(errp, "Property 'i8042' of %s must name a keyboard controller", TYPE_VMMOUSE);
        return;
    }
    if (!vmport_present()) {
        error_setg(errp, "%s needs a machine with vmport=on", TYPE_VMMOUSE);
        return;
    }
    s->queue_size = VMMOUSE_QUEUE_SIZE;
    s->status = VMMOUSE_STATUS_DISABLED;
    vmport_register(VMPORT_CMD_VMMOUSE_STATUS, vmmouse_ioport_read, s);
    vmport_register(VMPORT_CMD_VMMOUSE_COMMAND, vmmouse_ioport_read, s);
    vmport_register(VMPORT_CMD_VMMOUSE_DATA, vmmouse_ioport_read, s);
}

static void vmmouse_class_initfn(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = vmmouse_realizefn;
    dc->vmsd = &vmstate_vmmouse;
    RESETTABLE_CLASS(klass)->phases.hold = vmmouse_reset_hold;
    device_class_set_props(dc, vmmouse_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
}

static const TypeInfo vmmouse_types[] = {
    {
        .name = TYPE_VMMOUSE,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(VMMouseState),
        .class_init = vmmouse_class_initfn,
    },
};

DEFINE_TYPES(vmmouse_types)
