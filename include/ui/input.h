/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of input events from a user (display, monitor) to a device.
 *
 * Sources queue events and end each group with a sync. Of the devices that take
 * a kind of event the one gets it that was activated last; one that is bound to
 * a console gets what comes from there before all others.
 *
 * All functions: big lock held.
 */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include "qapi/error.h"
#include "qapi/qapi-types-ui.h"
#include "qemu/notify.h"

typedef struct QemuConsole QemuConsole;
typedef struct DeviceState DeviceState;

#define INPUT_EVENT_MASK_KEY (1 << INPUT_EVENT_KIND_KEY)
#define INPUT_EVENT_MASK_BTN (1 << INPUT_EVENT_KIND_BTN)
#define INPUT_EVENT_MASK_REL (1 << INPUT_EVENT_KIND_REL)
#define INPUT_EVENT_MASK_ABS (1 << INPUT_EVENT_KIND_ABS)
#define INPUT_EVENT_MASK_MTT (1 << INPUT_EVENT_KIND_MTT)

/* Range of absolute axes. */
#define INPUT_EVENT_ABS_MIN   0x0000
#define INPUT_EVENT_ABS_MAX   0x7fff

#define INPUT_EVENT_SLOTS_MIN 0x0
#define INPUT_EVENT_SLOTS_MAX 0xa

/* ---- receivers ---- */

typedef struct QemuInputHandler QemuInputHandler;
typedef struct QemuInputHandlerState QemuInputHandlerState;

typedef void (*QemuInputHandlerEvent)(DeviceState *dev, QemuConsole *src, InputEvent *evt);
typedef void (*QemuInputHandlerSync)(DeviceState *dev);

struct QemuInputHandler {
    const char *name;
    uint32_t mask; /* INPUT_EVENT_MASK_... */
    QemuInputHandlerEvent event;
    QemuInputHandlerSync sync; /* optional */
};

/* @handler must stay. Registered last, asked last: use _activate() to come first. */
QemuInputHandlerState *qemu_input_handler_register(DeviceState *dev,
                                                   const QemuInputHandler *handler);
void qemu_input_handler_activate(QemuInputHandlerState *s);
void qemu_input_handler_deactivate(QemuInputHandlerState *s);
void qemu_input_handler_unregister(QemuInputHandlerState *s);
/* Takes what comes from @con (NULL: from all again). */
void qemu_input_handler_bind(QemuInputHandlerState *s, QemuConsole *con);

/* ---- sources ---- */

/*
 * @accepts says whether the machine takes input now (it does not while stopped);
 * NULL: always.
 */
void qemu_input_set_filter(bool (*accepts)(void));

/* @src: the console the event comes from, NULL: none. @evt is the caller's. */
void qemu_input_event_send(QemuConsole *src, const InputEvent *evt);
/* Ends a group of events. */
void qemu_input_event_sync(void);

/* A key and a sync. */
void qemu_input_event_send_key(QemuConsole *src, const KeyValue *key, bool down);
void qemu_input_event_send_key_number(QemuConsole *src, int num, bool down);
void qemu_input_event_send_key_qcode(QemuConsole *src, QKeyCode q, bool down);
/* What is sent as keys after this arrives @delay_ms of guest time later (0: a default). */
void qemu_input_event_send_key_delay(uint32_t delay_ms);

void qemu_input_queue_btn(QemuConsole *src, InputButton btn, bool down);
/* Sends a button event for each bit of @button_old ^ @button_new; @button_map gives the bits. */
void qemu_input_update_buttons(QemuConsole *src, const uint32_t *button_map, uint32_t button_old,
                               uint32_t button_new);
void qemu_input_queue_rel(QemuConsole *src, InputAxis axis, int value);
/* @value within @min_in..@max_in becomes INPUT_EVENT_ABS_MIN..MAX. */
void qemu_input_queue_abs(QemuConsole *src, InputAxis axis, int value, int min_in, int max_in);
void qemu_input_queue_mtt(QemuConsole *src, InputMultiTouchType type, int slot, int tracking_id);
void qemu_input_queue_mtt_abs(QemuConsole *src, InputAxis axis, int value, int min_in, int max_in,
                              int slot, int tracking_id);
int qemu_input_scale_axis(int value, int min_in, int max_in, int min_out, int max_out);

/* Would a pointer event from @src go to a device with absolute axes? */
bool qemu_input_is_absolute(QemuConsole *src);
/* Called when the answer to that may have changed. */
void qemu_add_mouse_mode_change_notifier(Notifier *notify);
void qemu_remove_mouse_mode_change_notifier(Notifier *notify);

/* ---- pointing devices, for the monitor ---- */

typedef struct QemuInputMouseInfo {
    const char *name;
    int64_t index;
    bool current;
    bool absolute;
} QemuInputMouseInfo;

/* Calls @cb for each, in the order in which they are asked. */
void qemu_input_foreach_mouse(void (*cb)(const QemuInputMouseInfo *info, void *opaque),
                              void *opaque);
/* Activates the one numbered @index. */
bool qemu_mouse_set(int index, Error **errp);

/* ---- keyboard LEDs ---- */

#define QEMU_SCROLL_LOCK_LED (1 << 0)
#define QEMU_NUM_LOCK_LED    (1 << 1)
#define QEMU_CAPS_LOCK_LED   (1 << 2)

typedef void QEMUPutLEDEvent(void *opaque, int ledstate);
typedef struct QEMUPutLEDEntry QEMUPutLEDEntry;

/* A guest keyboard's LEDs are now @ledstate. */
void kbd_put_ledstate(int ledstate);
QEMUPutLEDEntry *qemu_add_led_event_handler(QEMUPutLEDEvent *func, void *opaque);
void qemu_remove_led_event_handler(QEMUPutLEDEntry *entry);

/* ---- key codes ---- */

/*
 * Key numbers: the code of scan code set 1, with 80h for an E0 prefix. Unknown
 * keys are Q_KEY_CODE_UNMAPPED resp. 0.
 */
QKeyCode qemu_input_key_number_to_qcode(unsigned nr);
int qemu_input_key_value_to_number(const KeyValue *value);
QKeyCode qemu_input_key_value_to_qcode(const KeyValue *value);
/* The bytes of set 1 for the key; @codes has room for 3; returns how many. */
int qemu_input_key_value_to_scancode(const KeyValue *value, bool down, int *codes);
QKeyCode qemu_input_linux_to_qcode(unsigned lnx);
unsigned qemu_input_qcode_to_linux(QKeyCode qcode);
/* Scan code of a set (1 to 3) with E0h in the upper byte where that is its prefix; 0: none. */
uint16_t qemu_input_qcode_to_atset(QKeyCode qcode, int set);

#endif
