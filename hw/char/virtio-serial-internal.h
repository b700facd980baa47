/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the virtio console device and its ports know of each other. */
#ifndef HW_CHAR_VIRTIO_SERIAL_INTERNAL_H
#define HW_CHAR_VIRTIO_SERIAL_INTERNAL_H

#include "hw/virtio/virtio-serial.h"
#include "qemu/host-utils.h"

typedef struct Monitor Monitor;

/* Feature bits (5.3.3). */
#define VIRTIO_CONSOLE_F_MULTIPORT   1
#define VIRTIO_CONSOLE_F_EMERG_WRITE 2

/* What there is to tell the driver about a port, in the order in which it is told. */
#define VSERPORT_TELL_REMOVE  0x01
#define VSERPORT_TELL_ADD     0x02
#define VSERPORT_TELL_CONSOLE 0x04
#define VSERPORT_TELL_NAME    0x08
#define VSERPORT_TELL_OPEN    0x10

/* Is there a driver, and does the machine run? */
static inline bool virtio_serial_works(VirtIOSerial *s)
{
    return VIRTIO_DEVICE(s)->vm_running && VIRTIO_DEVICE(s)->started;
}

/* A driver that is there is told now, or when it has room. */
void virtio_serial_tell(VirtIOSerial *s, uint32_t nr, unsigned bits);
void virtio_serial_send_pending(VirtIOSerial *s);
VirtQueue *virtio_serial_port_queue(VirtIOSerial *s, uint32_t nr, bool out);

/* ---- ports (virtio-serial-port.c) ---- */

/* Nobody takes what the guest writes here. */
void virtio_serial_drop_output(VirtIODevice *vdev, VirtQueue *vq);
void virtio_serial_port_take_output(VirtIOSerialPort *port);
void virtio_serial_port_input_possible(VirtIOSerialPort *port);
void virtio_serial_port_set_guest_connected(VirtIOSerialPort *port, bool connected);
/* Buffers that it holds go back into the queues. */
void virtio_serial_port_put_back(VirtIOSerialPort *port);
void virtio_serial_port_reset(VirtIOSerialPort *port);
/* A line of "info qtree". */
void virtio_serial_port_print(VirtIOSerialPort *port, Monitor *mon, int indent);

#endif
