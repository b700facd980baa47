/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Input devices by virtio (1.3, 5.8): keyboard, mouse, tablet, touch screen. BQL held. */
#ifndef HW_VIRTIO_VIRTIO_INPUT_H
#define HW_VIRTIO_VIRTIO_INPUT_H

#include "hw/virtio/virtio.h"
#include "ui/input.h"

#define TYPE_VIRTIO_INPUT      "virtio-input-device"
#define TYPE_VIRTIO_INPUT_HID  "virtio-input-hid-device"
#define TYPE_VIRTIO_KEYBOARD   "virtio-keyboard-device"
#define TYPE_VIRTIO_MOUSE      "virtio-mouse-device"
#define TYPE_VIRTIO_TABLET     "virtio-tablet-device"
#define TYPE_VIRTIO_MULTITOUCH "virtio-multitouch-device"
OBJECT_DECLARE_TYPE(VirtIOInput, VirtIOInputClass, VIRTIO_INPUT)

struct VirtIOInput {
    VirtIODevice parent_obj;

    /* configuration */
    char *serial;

    /* wiring */
    VirtQueue *events, *status;
    QemuInputHandlerState *handler;
    GArray *answers; /* of what the driver can select; by the functions below */

    /* state */
    uint8_t select, subsel; /* what the configuration shows */
    int32_t leds;           /* of a keyboard */
    uint32_t fingers;       /* on a touch screen: a bit for each slot */
    GArray *group;          /* events up to the next sync: within one call of the source */
};

typedef struct VirtIOInputKind {
    const QemuInputHandler *handler; /* its name is the device's, too */
    uint16_t product, version;
    /* What it can do: calls the functions below. */
    void (*describe)(VirtIOInput *vi);
    /* The guest's wishes (LEDs). Optional. */
    void (*status)(VirtIOInput *vi, uint16_t type, uint16_t code, uint32_t value);
} VirtIOInputKind;

struct VirtIOInputClass {
    VirtioDeviceClass parent_class;

    const VirtIOInputKind *kind;
};

/* Types and codes of events are those of Linux's input-event-codes.h. */
void virtio_input_add_code(VirtIOInput *vi, uint8_t type, uint16_t code);
/* There are events of the type, without codes. */
void virtio_input_add_type(VirtIOInput *vi, uint8_t type);
/* A property of the whole device, of Linux's INPUT_PROP_. */
void virtio_input_add_prop(VirtIOInput *vi, uint8_t prop);
void virtio_input_add_abs(VirtIOInput *vi, uint16_t code, uint32_t min, uint32_t max);

void virtio_input_send(VirtIOInput *vi, uint16_t type, uint16_t code, int32_t value);
/* Ends the group, which the guest gets as a whole or, without room, not at all. */
void virtio_input_sync(VirtIOInput *vi);

#endif
