/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio console device (virtio 1.3, 5.3): its configuration, the control
 * queues, and the bus that ports are on. The ports' streams are in
 * virtio-serial-port.c, what they are connected to in virtio-console.c.
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/log.h"
#include "virtio-serial-internal.h"

#define QUEUE_SIZE      128
#define CTRL_QUEUE_SIZE 32
/* Queues: two of port 0, two for control, two of each other port (5.3.2). */
#define MAX_PORTS (VIRTIO_QUEUE_MAX / 2 - 1)

/* Configuration (5.3.4); columns and rows stay zero, as their feature is not offered. */
#define CFG_MAX_PORTS 4
#define CFG_EMERG_WR  8
#define CFG_SIZE      12

/* Control messages (5.3.6.2). */
enum {
    MSG_DEVICE_READY = 0,
    MSG_PORT_ADD = 1,
    MSG_PORT_REMOVE = 2,
    MSG_PORT_READY = 3,
    MSG_CONSOLE_PORT = 4,
    MSG_PORT_OPEN = 6,
    MSG_PORT_NAME = 7,
};

typedef struct QEMU_PACKED ControlMessage {
    uint32_t id;
    uint16_t event;
    uint16_t value;
} ControlMessage;

static bool has_ports(VirtIOSerial *s)
{
    return virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_CONSOLE_F_MULTIPORT);
}

/* ---- messages to the driver ---- */

static uint16_t event_of(unsigned bit)
{
    switch (bit) {
    case VSERPORT_TELL_REMOVE:
        return MSG_PORT_REMOVE;
    case VSERPORT_TELL_ADD:
        return MSG_PORT_ADD;
    case VSERPORT_TELL_CONSOLE:
        return MSG_CONSOLE_PORT;
    case VSERPORT_TELL_NAME:
        return MSG_PORT_NAME;
    default:
        return MSG_PORT_OPEN;
    }
}

/* What is said about @port for one pending bit. */
static void fill_message(VirtIOSerialPort *port, uint32_t nr, unsigned bit, GByteArray *out)
{
    ControlMessage msg = {
        .id = cpu_to_le32(nr),
        .event = cpu_to_le16(event_of(bit)),
        .value = cpu_to_le16(bit == VSERPORT_TELL_OPEN ? port->host_connected : 1),
    };

    g_byte_array_append(out, (const uint8_t *)&msg, sizeof(msg));
    if (bit == VSERPORT_TELL_NAME) {
        g_byte_array_append(out, (const uint8_t *)port->name, strlen(port->name) + 1);
    }
}

/* All but a farewell is about a port that is there, which may be another one after a migration. */
static bool is_true(const VirtIOSerialPort *port, unsigned bit)
{
    return bit == VSERPORT_TELL_NAME ? port && port->name : port || bit == VSERPORT_TELL_REMOVE;
}

/* False when the driver has no room for it. */
static bool send_message(VirtIOSerial *s, uint32_t nr, unsigned bit)
{
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autofree VirtQueueElement *elem = virtqueue_pop(s->ctrl_in, sizeof(*elem));
    size_t done;

    if (!elem) {
        return false;
    }
    fill_message(s->ports[nr], nr, bit, out);
    done = iov_from_buf(elem->in_sg, elem->in_num, 0, out->data, out->len);
    virtqueue_push(s->ctrl_in, elem, done);
    virtio_notify(VIRTIO_DEVICE(s), s->ctrl_in);
    return true;
}

/* Each kind once a port and in this order: so nothing piles up while a driver does not listen. */
void virtio_serial_send_pending(VirtIOSerial *s)
{
    if (!has_ports(s) || !virtio_serial_works(s)) {
        return;
    }
    for (uint32_t nr = 0; nr < s->max_ports; nr++) {
        while (s->pending[nr]) {
            unsigned bit = s->pending[nr] & -s->pending[nr];

            if (is_true(s->ports[nr], bit) && !send_message(s, nr, bit)) {
                return;
            }
            s->pending[nr] &= ~bit;
        }
    }
}

void virtio_serial_tell(VirtIOSerial *s, uint32_t nr, unsigned bits)
{
    if (s->driver_ready) {
        s->pending[nr] |= bits;
        virtio_serial_send_pending(s);
    }
}

/* ---- messages of the driver ---- */

static void on_device_ready(VirtIOSerial *s)
{
    s->driver_ready = true;
    for (uint32_t nr = 0; nr < s->max_ports; nr++) {
        if (s->ports[nr]) {
            virtio_serial_tell(s, nr, VSERPORT_TELL_ADD);
        }
    }
}

static void on_port_ready(VirtIOSerial *s, VirtIOSerialPort *port)
{
    unsigned bits = VSERPORT_TELL_OPEN;

    port->ready = true;
    if (VIRTIO_SERIAL_PORT_GET_CLASS(port)->is_console) {
        bits |= VSERPORT_TELL_CONSOLE;
    }
    if (port->name) {
        bits |= VSERPORT_TELL_NAME;
    }
    virtio_serial_tell(s, port->nr, bits);
}

static void on_message(VirtIOSerial *s, const ControlMessage *msg)
{
    uint32_t nr = le32_to_cpu(msg->id);
    unsigned event = le16_to_cpu(msg->event), value = le16_to_cpu(msg->value);
    VirtIOSerialPort *port = nr < s->max_ports ? s->ports[nr] : NULL;

    if (event == MSG_DEVICE_READY) {
        if (value) {
            on_device_ready(s);
        } else {
            qemu_log_mask(LOG_GUEST_ERROR, "virtio-serial: the driver gave up the device\n");
        }
    } else if (!port) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "virtio-serial: message %u about port %u, which is not there\n", event, nr);
    } else if (event == MSG_PORT_OPEN) {
        virtio_serial_port_set_guest_connected(port, value);
    } else if (event == MSG_PORT_READY && value) {
        on_port_ready(s, port);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-serial: message %u of value %u about port %u\n",
                      event, value, nr);
    }
}

static void handle_ctrl_out(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtQueueElement *elem;
    ControlMessage msg;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        bool whole = iov_to_buf(elem->out_sg, elem->out_num, 0, &msg, sizeof(msg)) == sizeof(msg);

        /* Before it is acted on: the driver may wait for it in the same breath. */
        virtqueue_push(vq, elem, 0);
        virtio_notify(vdev, vq);
        g_free(elem);
        if (whole && has_ports(VIRTIO_SERIAL(vdev))) {
            on_message(VIRTIO_SERIAL(vdev), &msg);
        }
    }
}

static void handle_ctrl_in(VirtIODevice *vdev, VirtQueue *vq)
{
    virtio_serial_send_pending(VIRTIO_SERIAL(vdev));
}

/* ---- queues of ports ---- */

static VirtIOSerialPort *port_of_queue(VirtIOSerial *s, VirtQueue *vq)
{
    unsigned index = virtio_get_queue_index(vq);

    return s->ports[index < 2 ? 0 : index / 2 - 1];
}

VirtQueue *virtio_serial_port_queue(VirtIOSerial *s, uint32_t nr, bool out)
{
    return virtio_get_queue(VIRTIO_DEVICE(s), (nr ? 2 * nr + 2 : 0) + out);
}

static void handle_input_room(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOSerialPort *port = port_of_queue(VIRTIO_SERIAL(vdev), vq);

    if (port) {
        virtio_serial_port_input_possible(port);
    }
}

static void handle_output(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOSerialPort *port = port_of_queue(VIRTIO_SERIAL(vdev), vq);

    if (port) {
        virtio_serial_port_take_output(port);
    } else {
        virtio_serial_drop_output(vdev, vq);
    }
}

/* ---- what the core calls ---- */

static uint64_t virtio_serial_get_features(VirtIODevice *vdev, uint64_t features, Error **errp)
{
    virtio_add_feature(&features, VIRTIO_CONSOLE_F_EMERG_WRITE);
    if (VIRTIO_SERIAL(vdev)->max_ports > 1) {
        virtio_add_feature(&features, VIRTIO_CONSOLE_F_MULTIPORT);
    }
    return features;
}

static void virtio_serial_get_config(VirtIODevice *vdev, uint8_t *config)
{
    memset(config, 0, CFG_SIZE);
    stl_le_p(config + CFG_MAX_PORTS, VIRTIO_SERIAL(vdev)->max_ports);
}

/* A character of a driver that has no queues yet, or no more (5.3.5). */
static void virtio_serial_set_config(VirtIODevice *vdev, const uint8_t *config)
{
    VirtIOSerialPort *port = VIRTIO_SERIAL(vdev)->ports[0];

    if (port && config[CFG_EMERG_WR]) {
        VIRTIO_SERIAL_PORT_GET_CLASS(port)->have_output(port, &config[CFG_EMERG_WR], 1);
    }
}

static void virtio_serial_reset(VirtIODevice *vdev)
{
    VirtIOSerial *s = VIRTIO_SERIAL(vdev);

    s->driver_ready = false;
    memset(s->pending, 0, s->max_ports);
    for (uint32_t nr = 0; nr < s->max_ports; nr++) {
        if (s->ports[nr]) {
            virtio_serial_port_reset(s->ports[nr]);
        }
    }
}

static void virtio_serial_queue_reset(VirtIODevice *vdev, unsigned queue_index)
{
    VirtQueue *vq = virtio_get_queue(vdev, queue_index);
    VirtIOSerialPort *port = port_of_queue(VIRTIO_SERIAL(vdev), vq);

    if (port && (vq == port->in_vq || vq == port->out_vq)) {
        virtio_serial_port_put_back(port);
        port->out_done = vq == port->out_vq ? 0 : port->out_done;
    }
}

static void virtio_serial_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOSerial *s = VIRTIO_SERIAL(vdev);

    if (!virtio_serial_works(s)) {
        for (uint32_t nr = 0; nr < s->max_ports; nr++) {
            if (s->ports[nr]) {
                virtio_serial_port_put_back(s->ports[nr]);
            }
        }
        return;
    }
    virtio_serial_send_pending(s);
    for (uint32_t nr = 0; nr < s->max_ports; nr++) {
        if (s->ports[nr]) {
            virtio_serial_port_take_output(s->ports[nr]);
            virtio_serial_port_input_possible(s->ports[nr]);
        }
    }
}

/* ---- bus ---- */

static void virtio_serial_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    virtio_serial_tell(VIRTIO_SERIAL(handler), VIRTIO_SERIAL_PORT(dev)->nr, VSERPORT_TELL_ADD);
}

static char *virtio_serial_port_path(DeviceState *dev)
{
    g_autofree char *host = qdev_get_dev_path(dev->parent_bus->parent);
    uint32_t nr = VIRTIO_SERIAL_PORT(dev)->nr;

    return host ? g_strdup_printf("%s/port%u", host, nr) : g_strdup_printf("port%u", nr);
}

static void virtio_serial_print_port(Monitor *mon, DeviceState *dev, int indent)
{
    virtio_serial_port_print(VIRTIO_SERIAL_PORT(dev), mon, indent);
}

static void virtio_serial_bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->get_dev_path = virtio_serial_port_path;
    BUS_CLASS(klass)->print_dev = virtio_serial_print_port;
}

/* ---- saved state ---- */

static const VMStateDescription vmstate_virtio_serial = {
    .name = "virtio-serial",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOSerial),
            VMSTATE_UINT32_EQUAL(max_ports, VirtIOSerial,
                                 "start with the max_ports of the saved machine"),
            VMSTATE_BOOL(driver_ready, VirtIOSerial),
            VMSTATE_VBUFFER_UINT32(pending, VirtIOSerial, 0, NULL, max_ports),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property virtio_serial_properties[] = {
    DEFINE_PROP_UINT32("max_ports", VirtIOSerial, max_ports, 31),
};

static void virtio_serial_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOSerial *s = VIRTIO_SERIAL(dev);

    if (!s->max_ports || s->max_ports > MAX_PORTS) {
        error_setg(errp, "max_ports=%u: expected 1 to %d", s->max_ports, MAX_PORTS);
        return;
    }
    virtio_init(vdev, VIRTIO_ID_CONSOLE, CFG_SIZE);
    s->ports = g_new0(VirtIOSerialPort *, s->max_ports);
    s->pending = g_new0(uint8_t, s->max_ports);
    for (uint32_t nr = 0; nr < s->max_ports; nr++) {
        virtio_add_queue(vdev, QUEUE_SIZE, handle_input_room);
        virtio_add_queue(vdev, QUEUE_SIZE, handle_output);
        if (nr == 0) {
            s->ctrl_in = virtio_add_queue(vdev, CTRL_QUEUE_SIZE, handle_ctrl_in);
            s->ctrl_out = virtio_add_queue(vdev, CTRL_QUEUE_SIZE, handle_ctrl_out);
        }
    }
    qbus_init(&s->bus, sizeof(s->bus), TYPE_VIRTIO_SERIAL_BUS, dev, s->bus_name);
    qbus_set_hotplug_handler(BUS(&s->bus), OBJECT(dev));
}

static void virtio_serial_unrealize(DeviceState *dev)
{
    VirtIOSerial *s = VIRTIO_SERIAL(dev);

    qbus_set_hotplug_handler(BUS(&s->bus), NULL);
    virtio_cleanup(VIRTIO_DEVICE(dev));
    g_clear_pointer(&s->ports, g_free);
    g_clear_pointer(&s->pending, g_free);
    g_clear_pointer(&s->bus_name, g_free);
}

static void virtio_serial_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    dc->vmsd = &vmstate_virtio_serial;
    device_class_set_props(dc, virtio_serial_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
    vdc->realize = virtio_serial_realize;
    vdc->unrealize = virtio_serial_unrealize;
    vdc->get_features = virtio_serial_get_features;
    vdc->get_config = virtio_serial_get_config;
    vdc->set_config = virtio_serial_set_config;
    vdc->reset = virtio_serial_reset;
    vdc->queue_reset = virtio_serial_queue_reset;
    vdc->set_status = virtio_serial_set_status;
    hc->plug = virtio_serial_plug;
    hc->unplug = qdev_simple_device_unplug_cb;
}

static const TypeInfo virtio_serial_types[] = {
    {
        .name = TYPE_VIRTIO_SERIAL_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(VirtIOSerialBus),
        .class_init = virtio_serial_bus_class_init,
    },
    {
        .name = TYPE_VIRTIO_SERIAL,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIOSerial),
        .class_init = virtio_serial_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_HOTPLUG_HANDLER}, {}},
    },
};

DEFINE_TYPES(virtio_serial_types)
