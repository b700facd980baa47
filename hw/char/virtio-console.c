/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports of a virtio console device that are connected to character devices:
 * virtserialport, a channel for programs (guest agents, clipboards), and
 * virtconsole, a terminal.
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-serial.h"
#include "qapi/qapi-events-char.h"

#define TYPE_VIRTIO_CONSOLE_SERIAL_PORT "virtserialport"
#define TYPE_VIRTIO_CONSOLE             "virtconsole"
OBJECT_DECLARE_SIMPLE_TYPE(VirtConsole, VIRTIO_CONSOLE_SERIAL_PORT)

struct VirtConsole {
    VirtIOSerialPort parent_obj;

    CharBackend chr;
    guint watch; /* of output that waits; 0: none */
};

/* ---- output ---- */

static void stop_watch(VirtConsole *s)
{
    if (s->watch) {
        g_source_remove(s->watch);
        s->watch = 0;
    }
}

static gboolean writable(void *do_not_use, GIOCondition condition, void *opaque)
{
    VirtConsole *s = opaque;

    s->watch = 0;
    virtio_serial_port_unthrottle(VIRTIO_SERIAL_PORT(s));
    return G_SOURCE_REMOVE;
}

static size_t have_output(VirtIOSerialPort *port, const uint8_t *buf, size_t len)
{
    VirtConsole *s = VIRTIO_CONSOLE_SERIAL_PORT(port);
    int done = qemu_chr_fe_write(&s->chr, buf, len);

    done = MAX(done, 0);
    if (done == len || VIRTIO_SERIAL_PORT_GET_CLASS(port)->is_console) {
        /* A guest's console driver holds a lock and spins until it has its buffer back. */
        return len;
    }
    if (!s->watch) {
        s->watch = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, writable, s);
    }
    if (!s->watch) {
        return len; /* who cannot say when it takes more has lost it */
    }
    port->throttled = true;
    return done;
}

/* ---- input ---- */

static int can_read(void *opaque)
{
    return MIN(virtio_serial_port_room(VIRTIO_SERIAL_PORT(opaque)), INT_MAX);
}

static void read_input(void *opaque, const uint8_t *buf, int size)
{
    virtio_serial_port_input(VIRTIO_SERIAL_PORT(opaque), buf, size);
}

static void input_possible(VirtIOSerialPort *port)
{
    qemu_chr_fe_accept_input(&VIRTIO_CONSOLE_SERIAL_PORT(port)->chr);
}

/* ---- the two ends ---- */

static void set_guest_connected(VirtIOSerialPort *port, bool connected)
{
    VirtConsole *s = VIRTIO_CONSOLE_SERIAL_PORT(port);
    DeviceState *dev = DEVICE(port);

    /* A terminal stays open while no one in the guest reads from it. */
    if (!VIRTIO_SERIAL_PORT_GET_CLASS(port)->is_console) {
        qemu_chr_fe_set_open(&s->chr, connected);
    }
    if (dev->id) {
        qapi_event_send_vserport_change(dev->id, connected);
    }
}

static void chr_event(void *opaque, QEMUChrEvent event)
{
    VirtIOSerialPort *port = VIRTIO_SERIAL_PORT(opaque);

    switch (event) {
    case CHR_EVENT_OPENED:
        virtio_serial_port_set_host_connected(port, true);
        break;
    case CHR_EVENT_CLOSED:
        stop_watch(VIRTIO_CONSOLE_SERIAL_PORT(port));
        virtio_serial_port_set_host_connected(port, false);
        break;
    default:
        break;
    }
}

static int chr_change(void *opaque);

static void connect_chardev(VirtConsole *s)
{
    VirtIOSerialPort *port = VIRTIO_SERIAL_PORT(s);
    bool is_console = VIRTIO_SERIAL_PORT_GET_CLASS(port)->is_console;

    qemu_chr_fe_set_handlers(&s->chr, can_read, read_input, chr_event, chr_change, s, NULL,
                             is_console);
    if (!is_console) {
        qemu_chr_fe_set_open(&s->chr, port->guest_connected);
    }
}

/* Another character device is in the place of the one before. */
static int chr_change(void *opaque)
{
    VirtConsole *s = opaque;

    stop_watch(s);
    virtio_serial_port_set_host_connected(VIRTIO_SERIAL_PORT(s), false);
    connect_chardev(s);
    return 0;
}

/* ---- life ---- */

static const Property virt_console_properties[] = {
    DEFINE_PROP_CHR("chardev", VirtConsole, chr),
};

static void virt_console_realize(DeviceState *dev, Error **errp)
{
    VirtConsole *s = VIRTIO_CONSOLE_SERIAL_PORT(dev);

    if (qemu_chr_fe_backend_connected(&s->chr)) {
        connect_chardev(s);
    } else {
        virtio_serial_port_set_host_connected(VIRTIO_SERIAL_PORT(dev), true);
    }
}

static void virt_console_unrealize(DeviceState *dev)
{
    VirtConsole *s = VIRTIO_CONSOLE_SERIAL_PORT(dev);

    stop_watch(s);
    qemu_chr_fe_set_handlers(&s->chr, NULL, NULL, NULL, NULL, NULL, NULL, false);
}

static void virtserialport_class_init(ObjectClass *klass, const void *data)
{
    VirtIOSerialPortClass *k = VIRTIO_SERIAL_PORT_CLASS(klass);

    device_class_set_props(DEVICE_CLASS(klass), virt_console_properties);
    k->realize = virt_console_realize;
    k->unrealize = virt_console_unrealize;
    k->have_output = have_output;
    k->input_possible = input_possible;
    k->set_guest_connected = set_guest_connected;
}

static void virtconsole_class_init(ObjectClass *klass, const void *data)
{
    VIRTIO_SERIAL_PORT_CLASS(klass)->is_console = true;
}

static const TypeInfo virt_console_types[] = {
    {
        .name = TYPE_VIRTIO_CONSOLE_SERIAL_PORT,
        .parent = TYPE_VIRTIO_SERIAL_PORT,
        .instance_size = sizeof(VirtConsole),
        .class_init = virtserialport_class_init,
    },
    {
        .name = TYPE_VIRTIO_CONSOLE,
        .parent = TYPE_VIRTIO_CONSOLE_SERIAL_PORT,
        .class_init = virtconsole_class_init,
    },
};

DEFINE_TYPES(virt_console_types)
