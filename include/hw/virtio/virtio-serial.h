/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio console device (virtio 1.3, 5.3): a bus of ports, each a byte stream
 * between guest and host. What is on the host's side of a port is a subclass of
 * TYPE_VIRTIO_SERIAL_PORT. All functions: BQL held.
 */
#ifndef HW_VIRTIO_VIRTIO_SERIAL_H
#define HW_VIRTIO_VIRTIO_SERIAL_H

#include "hw/qdev-core.h"
#include "hw/virtio/virtio.h"

#define TYPE_VIRTIO_SERIAL_BUS "virtio-serial-bus"
#define TYPE_VIRTIO_SERIAL     "virtio-serial-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOSerial, VIRTIO_SERIAL)

#define TYPE_VIRTIO_SERIAL_PORT "virtio-serial-port"
OBJECT_DECLARE_TYPE(VirtIOSerialPort, VirtIOSerialPortClass, VIRTIO_SERIAL_PORT)

/* "nr" not given: the next that is free. */
#define VIRTIO_SERIAL_AUTO_NR UINT32_MAX

struct VirtIOSerialPort {
    DeviceState parent_obj;

    /* configuration */
    uint32_t nr;
    char *name; /* by which the guest finds it; may be NULL */

    /* wiring */
    VirtIOSerial *vser; /* NULL: not on the bus (yet, any more) */
    VirtQueue *in_vq, *out_vq;
    VirtQueueElement *in_elem;  /* room for input; put back before the state is saved */
    VirtQueueElement *out_elem; /* output that the host has not taken all of; the same */
    bool host_connected;
    bool throttled; /* until virtio_serial_port_unthrottle() */

    /* state */
    bool ready;           /* the driver has taken notice of it */
    bool guest_connected; /* a process of the guest has it open */
    uint32_t out_done;    /* bytes of out_elem that the host has taken */
};

struct VirtIOSerialPortClass {
    DeviceClass parent_class;

    /* Is it a console? The first one is port 0, which old drivers have, too. */
    bool is_console;
    DeviceRealize realize;
    DeviceUnrealize unrealize;
    /* Bytes of @buf that were taken; fewer than @len only together with port->throttled. */
    size_t (*have_output)(VirtIOSerialPort *port, const uint8_t *buf, size_t len);
    /* The guest opened or closed it. */
    void (*set_guest_connected)(VirtIOSerialPort *port, bool connected);
    /* There may be room for input now. */
    void (*input_possible)(VirtIOSerialPort *port);
};

typedef struct VirtIOSerialBus {
    BusState parent_obj;
} VirtIOSerialBus;

struct VirtIOSerial {
    VirtIODevice parent_obj;

    /* configuration */
    uint32_t max_ports;

    /* wiring */
    VirtIOSerialBus bus;
    char *bus_name; /* given by the transport; NULL: the usual */
    VirtQueue *ctrl_in, *ctrl_out;
    VirtIOSerialPort **ports; /* by number; NULL: none */

    /* state */
    bool driver_ready;
    uint8_t *pending; /* of each port: what the driver is to be told, as soon as it has room */
};

/* For subclasses: how much input the guest takes now, and that much at most of it. */
size_t virtio_serial_port_room(VirtIOSerialPort *port);
void virtio_serial_port_input(VirtIOSerialPort *port, const uint8_t *buf, size_t len);
/* The host's end is there, or not. Without it output is dropped. */
void virtio_serial_port_set_host_connected(VirtIOSerialPort *port, bool connected);
/* Output goes on. */
void virtio_serial_port_unthrottle(VirtIOSerialPort *port);

#endif
