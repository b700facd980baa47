/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QMP commands that stand for the user's hands. */

#include "qemu/osdep.h"
#include "qapi/qapi-commands-ui.h"
#include "ui/input.h"

static void append_mouse(const QemuInputMouseInfo *mouse, void *opaque)
{
    MouseInfoList ***tail = opaque;
    MouseInfo *info = g_new0(MouseInfo, 1);

    info->name = g_strdup(mouse->name);
    info->index = mouse->index;
    info->current = mouse->current;
    info->absolute = mouse->absolute;
    QAPI_LIST_APPEND(*tail, info);
}

MouseInfoList *qmp_query_mice(Error **errp)
{
    MouseInfoList *list = NULL, **tail = &list;

    qemu_input_foreach_mouse(append_mouse, &tail);
    return list;
}

/* Releases the keys of @list, the last one first. */
static void release_keys(KeyValueList *list)
{
    if (list) {
        release_keys(list->next);
        qemu_input_event_send_key(NULL, list->value, false);
    }
}

#define MAX_KEYS 16

void qmp_send_key(KeyValueList *keys, bool has_hold_time, int64_t hold_time, Error **errp)
{
    if (QAPI_LIST_LENGTH(keys) > MAX_KEYS) {
        error_setg(errp, "argument 'keys': at most %d at once", MAX_KEYS);
        return;
    }
    if (has_hold_time && (hold_time < 0 || hold_time > 60000)) {
        error_setg(errp, "argument 'hold-time': %" PRId64 " is not within 0 to 60000 milliseconds",
                   hold_time);
        return;
    }
    for (KeyValueList *e = keys; e; e = e->next) {
        qemu_input_event_send_key(NULL, e->value, true);
    }
    qemu_input_event_send_key_delay(has_hold_time ? hold_time : 0);
    release_keys(keys);
    qemu_input_event_send_key_delay(0);
}

void qmp_input_send_event(InputEventList *events, const char *device, bool has_head, int64_t head,
                          Error **errp)
{
    if (device) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_FOUND,
                  "argument 'device': there is no display device '%s'", device);
        return;
    }
    for (InputEventList *e = events; e; e = e->next) {
        const InputMultiTouchEvent *touch =
            e->value->type == INPUT_EVENT_KIND_MTT ? e->value->u.mtt.data : NULL;
        if (touch && (touch->slot < 0 || touch->slot >= INPUT_EVENT_SLOTS_MAX)) {
            error_setg(errp, "argument 'events': slot %" PRId64 " is not within 0 to %d",
                       touch->slot, INPUT_EVENT_SLOTS_MAX - 1);
            return;
        }
    }
    for (InputEventList *e = events; e; e = e->next) {
        qemu_input_event_send(NULL, e->value);
    }
    qemu_input_event_sync();
}
