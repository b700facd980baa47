/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Input core: takes events from displays and the monitor to the device that
 * handles them, and spaces out keys that are typed by programs.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/queue.h"
#include "qemu/timer.h"
#include "trace/trace-ui.h"
#include "ui/input.h"

/* Longest queue of delayed keys; more is dropped, the guest can't keep up anyway. */
#define KEY_QUEUE_LIMIT 1024
#define KEY_DELAY_MS    10

struct QemuInputHandlerState {
    DeviceState *dev;
    const QemuInputHandler *handler;
    int id;
    int events; /* received since the last sync */
    QemuConsole *con;
    QTAILQ_ENTRY(QemuInputHandlerState) node;
};

typedef enum KeyQueueType {
    KEY_QUEUE_DELAY,
    KEY_QUEUE_EVENT,
    KEY_QUEUE_SYNC,
} KeyQueueType;

typedef struct KeyQueueEntry {
    KeyQueueType type;
    uint32_t delay_ms;
    QemuConsole *src;
    KeyValue key;
    bool down;
    QSIMPLEQ_ENTRY(KeyQueueEntry) node;
} KeyQueueEntry;

struct QEMUPutLEDEntry {
    QEMUPutLEDEvent *put_led;
    void *opaque;
    QTAILQ_ENTRY(QEMUPutLEDEntry) next;
};

/* Which device has the user's attention is one thing for the whole process. */
static QTAILQ_HEAD(, QemuInputHandlerState) handlers = QTAILQ_HEAD_INITIALIZER(handlers);
static NotifierList mouse_mode_notifiers = NOTIFIER_LIST_INITIALIZER(mouse_mode_notifiers);
static QTAILQ_HEAD(, QEMUPutLEDEntry) led_handlers = QTAILQ_HEAD_INITIALIZER(led_handlers);
static QSIMPLEQ_HEAD(, KeyQueueEntry) key_queue = QSIMPLEQ_HEAD_INITIALIZER(key_queue);
static unsigned key_queue_count;
static QEMUTimer *key_queue_timer;
static bool (*input_filter)(void);

/* ---- receivers ---- */

static void input_mode_changed(void)
{
    static bool was_absolute;
    bool absolute = qemu_input_is_absolute(NULL);

    if (absolute != was_absolute) {
        was_absolute = absolute;
        notifier_list_notify(&mouse_mode_notifiers, NULL);
    }
}

QemuInputHandlerState *qemu_input_handler_register(DeviceState *dev,
                                                   const QemuInputHandler *handler)
{
    static int next_id = 1;
    QemuInputHandlerState *s = g_new0(QemuInputHandlerState, 1);

    s->dev = dev;
    s->handler = handler;
    s->id = next_id++;
    QTAILQ_INSERT_TAIL(&handlers, s, node);
    input_mode_changed();
    return s;
}

void qemu_input_handler_activate(QemuInputHandlerState *s)
{
    QTAILQ_REMOVE(&handlers, s, node);
    QTAILQ_INSERT_HEAD(&handlers, s, node);
    input_mode_changed();
}

void qemu_input_handler_deactivate(QemuInputHandlerState *s)
{
    QTAILQ_REMOVE(&handlers, s, node);
    QTAILQ_INSERT_TAIL(&handlers, s, node);
    input_mode_changed();
}

void qemu_input_handler_unregister(QemuInputHandlerState *s)
{
    QTAILQ_REMOVE(&handlers, s, node);
    g_free(s);
    input_mode_changed();
}

void qemu_input_handler_bind(QemuInputHandlerState *s, QemuConsole *con)
{
    s->con = con;
}

static QemuInputHandlerState *input_find_handler(uint32_t mask, QemuConsole *src)
{
    QemuInputHandlerState *s;

    QTAILQ_FOREACH (s, &handlers, node) {
        if (src && s->con == src && (s->handler->mask & mask)) {
            return s;
        }
    }
    QTAILQ_FOREACH (s, &handlers, node) {
        if (!s->con && (s->handler->mask & mask)) {
            return s;
        }
    }
    return NULL;
}

bool qemu_input_is_absolute(QemuConsole *src)
{
    QemuInputHandlerState *s = input_find_handler(INPUT_EVENT_MASK_REL | INPUT_EVENT_MASK_ABS, src);

    return s && (s->handler->mask & INPUT_EVENT_MASK_ABS);
}

void qemu_add_mouse_mode_change_notifier(Notifier *notify)
{
    notifier_list_add(&mouse_mode_notifiers, notify);
}

void qemu_remove_mouse_mode_change_notifier(Notifier *notify)
{
    notifier_remove(notify);
}

/* ---- sources ---- */

void qemu_input_set_filter(bool (*accepts)(void))
{
    input_filter = accepts;
}

static bool input_accepted(void)
{
    return !input_filter || input_filter();
}

void qemu_input_event_send(QemuConsole *src, const InputEvent *evt)
{
    QemuInputHandlerState *s;
    InputEvent copy = *evt;

    trace_input_event(evt->type);
    if (!input_accepted()) {
        return;
    }
    s = input_find_handler(1 << copy.type, src);
    if (s) {
        s->handler->event(s->dev, src, &copy);
        s->events++;
    }
}

void qemu_input_event_sync(void)
{
    QemuInputHandlerState *s;

    if (!input_accepted()) {
        return;
    }
    QTAILQ_FOREACH (s, &handlers, node) {
        if (s->events) {
            s->events = 0;
            if (s->handler->sync) {
                s->handler->sync(s->dev);
            }
        }
    }
}

static void send_key(QemuConsole *src, const KeyValue *key, bool down)
{
    InputKeyEvent data = {.key = (KeyValue *)key, .down = down};
    InputEvent evt = {.type = INPUT_EVENT_KIND_KEY, .u.key.data = &data};

    qemu_input_event_send(src, &evt);
}

/* Sends up to and including the next delay. */
static void key_queue_process(void *opaque)
{
    KeyQueueEntry *e;

    while ((e = QSIMPLEQ_FIRST(&key_queue))) {
        QSIMPLEQ_REMOVE_HEAD(&key_queue, node);
        key_queue_count--;
        switch (e->type) {
        case KEY_QUEUE_DELAY:
            timer_mod(key_queue_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + e->delay_ms);
            g_free(e);
            return;
        case KEY_QUEUE_EVENT:
            send_key(e->src, &e->key, e->down);
            break;
        case KEY_QUEUE_SYNC:
            qemu_input_event_sync();
            break;
        }
        g_free(e);
    }
}

static bool key_queue_active(void)
{
    return key_queue_timer && (timer_pending(key_queue_timer) || !QSIMPLEQ_EMPTY(&key_queue));
}

static void key_queue_add(KeyQueueEntry entry)
{
    KeyQueueEntry *e;

    if (key_queue_count >= KEY_QUEUE_LIMIT) {
        return;
    }
    e = g_new(KeyQueueEntry, 1);
    *e = entry;
    QSIMPLEQ_INSERT_TAIL(&key_queue, e, node);
    key_queue_count++;
}

void qemu_input_event_send_key(QemuConsole *src, const KeyValue *key, bool down)
{
    if (key_queue_active()) {
        key_queue_add(
            (KeyQueueEntry){.type = KEY_QUEUE_EVENT, .src = src, .key = *key, .down = down});
        key_queue_add((KeyQueueEntry){.type = KEY_QUEUE_SYNC});
    } else {
        send_key(src, key, down);
        qemu_input_event_sync();
    }
}

void qemu_input_event_send_key_number(QemuConsole *src, int num, bool down)
{
    QKeyCode code = qemu_input_key_number_to_qcode(num);

    qemu_input_event_send_key_qcode(src, code, down);
}

void qemu_input_event_send_key_qcode(QemuConsole *src, QKeyCode q, bool down)
{
    KeyValue key = {.type = KEY_VALUE_KIND_QCODE, .u.qcode.data = q};

    qemu_input_event_send_key(src, &key, down);
}

void qemu_input_event_send_key_delay(uint32_t delay_ms)
{
    bool active = key_queue_active();

    if (!input_accepted()) {
        return;
    }
    if (!key_queue_timer) {
        key_queue_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, key_queue_process, NULL);
    }
    key_queue_add(
        (KeyQueueEntry){.type = KEY_QUEUE_DELAY, .delay_ms = delay_ms ? delay_ms : KEY_DELAY_MS});
    if (!active) {
        key_queue_process(NULL);
    }
}

void qemu_input_queue_btn(QemuConsole *src, InputButton btn, bool down)
{
    InputBtnEvent data = {.button = btn, .down = down};
    InputEvent evt = {.type = INPUT_EVENT_KIND_BTN, .u.btn.data = &data};

    qemu_input_event_send(src, &evt);
}

void qemu_input_update_buttons(QemuConsole *src, const uint32_t *button_map, uint32_t button_old,
                               uint32_t button_new)
{
    for (int btn = 0; btn < INPUT_BUTTON__MAX; btn++) {
        uint32_t mask = button_map[btn];

        if ((button_old & mask) != (button_new & mask)) {
            qemu_input_queue_btn(src, btn, button_new & mask);
        }
    }
}

int qemu_input_scale_axis(int value, int min_in, int max_in, int min_out, int max_out)
{
    int64_t range_in = (int64_t)max_in - min_in;
    int64_t range_out = (int64_t)max_out - min_out;

    if (range_in < 1) {
        return min_out + range_out / 2;
    }
    return ((int64_t)value - min_in) * range_out / range_in + min_out;
}

void qemu_input_queue_rel(QemuConsole *src, InputAxis axis, int value)
{
    InputMoveEvent data = {.axis = axis, .value = value};
    InputEvent evt = {.type = INPUT_EVENT_KIND_REL, .u.rel.data = &data};

    qemu_input_event_send(src, &evt);
}

void qemu_input_queue_abs(QemuConsole *src, InputAxis axis, int value, int min_in, int max_in)
{
    InputMoveEvent data = {
        .axis = axis,
        .value =
            qemu_input_scale_axis(value, min_in, max_in, INPUT_EVENT_ABS_MIN, INPUT_EVENT_ABS_MAX),
    };
    InputEvent evt = {.type = INPUT_EVENT_KIND_ABS, .u.abs.data = &data};

    qemu_input_event_send(src, &evt);
}

void qemu_input_queue_mtt(QemuConsole *src, InputMultiTouchType type, int slot, int tracking_id)
{
    InputMultiTouchEvent data = {.type = type, .slot = slot, .tracking_id = tracking_id};
    InputEvent evt = {.type = INPUT_EVENT_KIND_MTT, .u.mtt.data = &data};

    qemu_input_event_send(src, &evt);
}

void qemu_input_queue_mtt_abs(QemuConsole *src, InputAxis axis, int value, int min_in, int max_in,
                              int slot, int tracking_id)
{
    InputMultiTouchEvent data = {
        .type = INPUT_MULTI_TOUCH_TYPE_DATA,
        .slot = slot,
        .tracking_id = tracking_id,
        .axis = axis,
        .value =
            qemu_input_scale_axis(value, min_in, max_in, INPUT_EVENT_ABS_MIN, INPUT_EVENT_ABS_MAX),
    };
    InputEvent evt = {.type = INPUT_EVENT_KIND_MTT, .u.mtt.data = &data};

    qemu_input_event_send(src, &evt);
}

/* ---- pointing devices ---- */

static bool handler_is_mouse(const QemuInputHandlerState *s)
{
    return s->handler->mask & (INPUT_EVENT_MASK_REL | INPUT_EVENT_MASK_ABS);
}

void qemu_input_foreach_mouse(void (*cb)(const QemuInputMouseInfo *info, void *opaque),
                              void *opaque)
{
    QemuInputHandlerState *s;
    bool first = true;

    QTAILQ_FOREACH (s, &handlers, node) {
        QemuInputMouseInfo info = {
            .name = s->handler->name,
            .index = s->id,
            .current = first,
            .absolute = s->handler->mask & INPUT_EVENT_MASK_ABS,
        };

        if (handler_is_mouse(s)) {
            cb(&info, opaque);
            first = false;
        }
    }
}

bool qemu_mouse_set(int index, Error **errp)
{
    QemuInputHandlerState *s;

    QTAILQ_FOREACH (s, &handlers, node) {
        if (s->id == index) {
            break;
        }
    }
    if (!s) {
        error_setg(errp, "Mouse at index '%d' not found", index);
        return false;
    }
    if (!handler_is_mouse(s)) {
        error_setg(errp, "Input device '%s' is not a mouse", s->handler->name);
        return false;
    }
    qemu_input_handler_activate(s);
    return true;
}

/* ---- LEDs ---- */

void kbd_put_ledstate(int ledstate)
{
    QEMUPutLEDEntry *entry;

    QTAILQ_FOREACH (entry, &led_handlers, next) {
        entry->put_led(entry->opaque, ledstate);
    }
}

QEMUPutLEDEntry *qemu_add_led_event_handler(QEMUPutLEDEvent *func, void *opaque)
{
    QEMUPutLEDEntry *entry = g_new0(QEMUPutLEDEntry, 1);

    entry->put_led = func;
    entry->opaque = opaque;
    QTAILQ_INSERT_TAIL(&led_handlers, entry, next);
    return entry;
}

void qemu_remove_led_event_handler(QEMUPutLEDEntry *entry)
{
    QTAILQ_REMOVE(&led_handlers, entry, next);
    g_free(entry);
}
