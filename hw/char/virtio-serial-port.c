/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A port of a virtio console device: the two streams between its queues and the host. */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "monitor/hmp.h"
#include "qemu/iov.h"
#include "virtio-serial-internal.h"

/* How much output goes to the host in one piece. */
#define PIECE 4096

static bool has_ports(VirtIOSerialPort *port)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(port->vser), VIRTIO_CONSOLE_F_MULTIPORT);
}

/* Drivers without ports do not say whether someone listens. */
static bool guest_listens(VirtIOSerialPort *port)
{
    return port->guest_connected || (port->nr == 0 && !has_ports(port));
}

/* ---- output ---- */

void virtio_serial_drop_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        virtqueue_push(vq, elem, 0);
        virtio_notify(vdev, vq);
        g_free(elem);
    }
}

/* What is left of out_elem; false when the host takes no more now. */
static bool output_element(VirtIOSerialPort *port)
{
    VirtIOSerialPortClass *k = VIRTIO_SERIAL_PORT_GET_CLASS(port);
    VirtQueueElement *elem = port->out_elem;
    uint8_t piece[PIECE];
    size_t size;

    while (port->host_connected &&
           (size = iov_to_buf(elem->out_sg, elem->out_num, port->out_done, piece, sizeof(piece)))) {
        port->out_done += k->have_output(port, piece, size);
        /* It may have found out that there is no other end. */
        if (port->throttled && port->host_connected) {
            return false;
        }
    }
    return true;
}

void virtio_serial_port_take_output(VirtIOSerialPort *port)
{
    while (!port->throttled && virtio_serial_works(port->vser)) {
        if (!port->out_elem) {
            port->out_elem = virtqueue_pop(port->out_vq, sizeof(VirtQueueElement));
        }
        if (!port->out_elem || !output_element(port)) {
            return;
        }
        virtqueue_push(port->out_vq, port->out_elem, 0);
        virtio_notify(VIRTIO_DEVICE(port->vser), port->out_vq);
        g_clear_pointer(&port->out_elem, g_free);
        port->out_done = 0;
    }
}

void virtio_serial_port_unthrottle(VirtIOSerialPort *port)
{
    port->throttled = false;
    if (port->vser) {
        virtio_serial_port_take_output(port);
    }
}

/* ---- input ---- */

size_t virtio_serial_port_room(VirtIOSerialPort *port)
{
    size_t size;

    if (!port->vser || !virtio_serial_works(port->vser) || !guest_listens(port)) {
        return 0;
    }
    if (!port->in_elem) {
        port->in_elem = virtqueue_pop(port->in_vq, sizeof(VirtQueueElement));
    }
    if (!port->in_elem) {
        return 0;
    }
    size = iov_size(port->in_elem->in_sg, port->in_elem->in_num);
    if (!size) {
        virtio_error(VIRTIO_DEVICE(port->vser), "a buffer for input that has no room");
        virtqueue_detach_element(port->in_vq, port->in_elem, 0);
        g_clear_pointer(&port->in_elem, g_free);
    }
    return size;
}

void virtio_serial_port_input(VirtIOSerialPort *port, const uint8_t *buf, size_t len)
{
    g_autofree VirtQueueElement *elem = NULL;

    if (!virtio_serial_port_room(port)) {
        return; /* the guest closed it just now */
    }
    elem = g_steal_pointer(&port->in_elem);
    len = iov_from_buf(elem->in_sg, elem->in_num, 0, buf, len);
    virtqueue_push(port->in_vq, elem, len);
    virtio_notify(VIRTIO_DEVICE(port->vser), port->in_vq);
}

void virtio_serial_port_input_possible(VirtIOSerialPort *port)
{
    VirtIOSerialPortClass *k = VIRTIO_SERIAL_PORT_GET_CLASS(port);

    if (k->input_possible) {
        k->input_possible(port);
    }
}

/* ---- the two ends ---- */

void virtio_serial_port_set_guest_connected(VirtIOSerialPort *port, bool connected)
{
    VirtIOSerialPortClass *k = VIRTIO_SERIAL_PORT_GET_CLASS(port);

    if (connected == port->guest_connected) {
        return;
    }
    port->guest_connected = connected;
    if (k->set_guest_connected) {
        k->set_guest_connected(port, connected);
    }
    if (connected) {
        virtio_serial_port_input_possible(port);
    }
}

void virtio_serial_port_set_host_connected(VirtIOSerialPort *port, bool connected)
{
    if (connected == port->host_connected) {
        return;
    }
    port->host_connected = connected;
    if (!port->vser) {
        return;
    }
    if (port->ready) {
        virtio_serial_tell(port->vser, port->nr, VSERPORT_TELL_OPEN);
    }
    if (!connected) {
        virtio_serial_port_unthrottle(port); /* what waits goes nowhere */
    }
}

void virtio_serial_port_put_back(VirtIOSerialPort *port)
{
    if (port->in_elem) {
        virtqueue_unpop(port->in_vq, port->in_elem, 0);
        g_clear_pointer(&port->in_elem, g_free);
    }
    if (port->out_elem) {
        virtqueue_unpop(port->out_vq, port->out_elem, 0);
        g_clear_pointer(&port->out_elem, g_free);
    }
}

void virtio_serial_port_reset(VirtIOSerialPort *port)
{
    virtio_serial_port_put_back(port);
    port->out_done = 0;
    port->ready = false;
    port->throttled = false;
    virtio_serial_port_set_guest_connected(port, false);
}

void virtio_serial_port_print(VirtIOSerialPort *port, Monitor *mon, int indent)
{
    monitor_printf(mon, "%*sport %u, guest %s, host %s, throttle %s\n", indent, "", port->nr,
                   port->guest_connected ? "on" : "off", port->host_connected ? "on" : "off",
                   port->throttled ? "on" : "off");
}

/* ---- life ---- */

static bool name_is_free(VirtIOSerial *s, const char *name)
{
    for (uint32_t nr = 0; nr < s->max_ports; nr++) {
        if (s->ports[nr] && s->ports[nr]->name && g_str_equal(s->ports[nr]->name, name)) {
            return false;
        }
    }
    return true;
}

/* Port 0 is for a console, which drivers without ports find there. */
static uint32_t free_number(VirtIOSerial *s, bool is_console)
{
    for (uint32_t nr = is_console ? 0 : 1; nr < s->max_ports; nr++) {
        if (!s->ports[nr]) {
            return nr;
        }
    }
    return VIRTIO_SERIAL_AUTO_NR;
}

static bool choose_number(VirtIOSerialPort *port, VirtIOSerial *s, Error **errp)
{
    bool is_console = VIRTIO_SERIAL_PORT_GET_CLASS(port)->is_console;

    if (port->nr == VIRTIO_SERIAL_AUTO_NR) {
        port->nr = free_number(s, is_console);
        if (port->nr == VIRTIO_SERIAL_AUTO_NR) {
            error_setg(errp, "all of the device's ports are taken (max_ports=%u)", s->max_ports);
            return false;
        }
    } else if (port->nr >= s->max_ports) {
        error_setg(errp, "nr=%u: the device has ports 0 to %u (max_ports=%u)", port->nr,
                   s->max_ports - 1, s->max_ports);
        return false;
    } else if (port->nr == 0 && !is_console) {
        error_setg(errp, "nr=0: port 0 is for a virtconsole");
        return false;
    } else if (s->ports[port->nr]) {
        error_setg(errp, "nr=%u: there is such a port already", port->nr);
        return false;
    }
    if (port->name && !name_is_free(s, port->name)) {
        error_setg(errp, "name=%s: there is a port of that name already", port->name);
        return false;
    }
    return true;
}

static void virtio_serial_port_realize(DeviceState *dev, Error **errp)
{
    VirtIOSerialPort *port = VIRTIO_SERIAL_PORT(dev);
    VirtIOSerial *s = VIRTIO_SERIAL(dev->parent_bus->parent);
    Error *err = NULL;

    if (!choose_number(port, s, errp)) {
        return;
    }
    port->in_vq = virtio_serial_port_queue(s, port->nr, false);
    port->out_vq = virtio_serial_port_queue(s, port->nr, true);
    VIRTIO_SERIAL_PORT_GET_CLASS(port)->realize(dev, &err);
    if (err) {
        error_propagate(errp, err);
        return;
    }
    port->vser = s;
    s->ports[port->nr] = port;
    /* A driver without ports may have written to the place of this one. */
    virtio_serial_port_take_output(port);
}

static void virtio_serial_port_unrealize(DeviceState *dev)
{
    VirtIOSerialPort *port = VIRTIO_SERIAL_PORT(dev);
    VirtIOSerial *s = port->vser;

    virtio_serial_port_reset(port);
    VIRTIO_SERIAL_PORT_GET_CLASS(port)->unrealize(dev);
    virtio_serial_drop_output(VIRTIO_DEVICE(s), port->out_vq);
    port->vser = NULL;
    s->ports[port->nr] = NULL;
    s->pending[port->nr] = 0; /* what was to be told about it */
    virtio_serial_tell(s, port->nr, VSERPORT_TELL_REMOVE);
}

/* ---- saved state ---- */

static int virtio_serial_port_post_load(void *opaque, int version_id)
{
    VirtIOSerialPort *port = opaque;

    if (port->guest_connected && VIRTIO_SERIAL_PORT_GET_CLASS(port)->set_guest_connected) {
        VIRTIO_SERIAL_PORT_GET_CLASS(port)->set_guest_connected(port, true);
    }
    /* The host's end may be another than before. */
    if (port->ready) {
        virtio_serial_tell(port->vser, port->nr, VSERPORT_TELL_OPEN);
    }
    return 0;
}

static const VMStateDescription vmstate_virtio_serial_port = {
    .name = "virtio-serial-port",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = virtio_serial_port_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(ready, VirtIOSerialPort),
            VMSTATE_BOOL(guest_connected, VirtIOSerialPort),
            VMSTATE_UINT32(out_done, VirtIOSerialPort),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- type ---- */

static const Property virtio_serial_port_properties[] = {
    DEFINE_PROP_UINT32("nr", VirtIOSerialPort, nr, VIRTIO_SERIAL_AUTO_NR),
    DEFINE_PROP_STRING("name", VirtIOSerialPort, name),
};

static void virtio_serial_port_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_VIRTIO_SERIAL_BUS;
    dc->realize = virtio_serial_port_realize;
    dc->unrealize = virtio_serial_port_unrealize;
    dc->vmsd = &vmstate_virtio_serial_port;
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
    device_class_set_props(dc, virtio_serial_port_properties);
}

static const TypeInfo virtio_serial_port_types[] = {
    {
        .name = TYPE_VIRTIO_SERIAL_PORT,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(VirtIOSerialPort),
        .class_size = sizeof(VirtIOSerialPortClass),
        .abstract = true,
        .class_init = virtio_serial_port_class_init,
    },
};

DEFINE_TYPES(virtio_serial_port_types)
