/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What input devices by virtio (1.3, 5.8) have in common: configuration, in which the driver
 * selects what it wants to know, and the queues of events and of the guest's wishes.
 */
#include "qemu/osdep.h"
#include <linux/input.h>
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-input.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"

#define QUEUE_SIZE 64
#define GROUP_MAX  32 /* no source has more between two syncs */
#define VENDOR     0x0627

/* Configuration (5.8.4). */
#define CFG_SELECT    0
#define CFG_SUBSEL    1
#define CFG_SIZE      2
#define CFG_DATA      8
#define CFG_DATA_SIZE 128

enum {
    SELECT_ID_NAME = 0x01,
    SELECT_ID_SERIAL = 0x02,
    SELECT_ID_DEVIDS = 0x03,
    SELECT_PROP_BITS = 0x10,
    SELECT_EV_BITS = 0x11,
    SELECT_ABS_INFO = 0x12,
};

typedef struct Answer {
    uint8_t select, subsel, size;
    uint8_t data[CFG_DATA_SIZE];
} Answer;

typedef struct Event {
    uint16_t type, code;
    uint32_t value; /* all of it little endian */
} QEMU_PACKED Event;

/* ---- what the driver can select ---- */

static Answer *find_answer(VirtIOInput *vi, uint8_t select, uint8_t subsel)
{
    for (guint i = 0; i < vi->answers->len; i++) {
        Answer *a = &g_array_index(vi->answers, Answer, i);

        if (a->select == select && a->subsel == subsel) {
            return a;
        }
    }
    return NULL;
}

static Answer *add_answer(VirtIOInput *vi, uint8_t select, uint8_t subsel, const void *data,
                          uint8_t size)
{
    Answer a = {select, subsel, size};

    memcpy(a.data, data, size);
    g_array_append_val(vi->answers, a);
    return &g_array_index(vi->answers, Answer, vi->answers->len - 1);
}

static void add_text(VirtIOInput *vi, uint8_t select, const char *text)
{
    add_answer(vi, select, 0, text, MIN(strlen(text), CFG_DATA_SIZE));
}

void virtio_input_add_type(VirtIOInput *vi, uint8_t type)
{
    add_answer(vi, SELECT_EV_BITS, type, "", 1);
}

void virtio_input_add_code(VirtIOInput *vi, uint8_t type, uint16_t code)
{
    Answer *a = find_answer(vi, SELECT_EV_BITS, type);

    if (!a) {
        a = add_answer(vi, SELECT_EV_BITS, type, "", 1);
    }
    a->data[code / 8] |= 1 << (code % 8);
    a->size = MAX(a->size, code / 8 + 1);
}

void virtio_input_add_prop(VirtIOInput *vi, uint8_t prop)
{
    uint8_t bits[16] = {};

    bits[prop / 8 % sizeof(bits)] = 1 << (prop % 8);
    add_answer(vi, SELECT_PROP_BITS, 0, bits, prop / 8 % sizeof(bits) + 1);
}

void virtio_input_add_abs(VirtIOInput *vi, uint16_t code, uint32_t min, uint32_t max)
{
    uint8_t info[20] = {};

    virtio_input_add_code(vi, EV_ABS, code);
    stl_le_p(info, min);
    stl_le_p(info + 4, max);
    add_answer(vi, SELECT_ABS_INFO, code, info, sizeof(info));
}

static void describe(VirtIOInput *vi)
{
    const VirtIOInputKind *kind = VIRTIO_INPUT_GET_CLASS(vi)->kind;
    uint8_t ids[8];

    vi->answers = g_array_new(false, true, sizeof(Answer));
    add_text(vi, SELECT_ID_NAME, kind->handler->name);
    if (vi->serial) {
        add_text(vi, SELECT_ID_SERIAL, vi->serial);
    }
    stw_le_p(ids, BUS_VIRTUAL);
    stw_le_p(ids + 2, VENDOR);
    stw_le_p(ids + 4, kind->product);
    stw_le_p(ids + 6, kind->version);
    add_answer(vi, SELECT_ID_DEVIDS, 0, ids, sizeof(ids));
    kind->describe(vi);
}

static void virtio_input_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIOInput *vi = VIRTIO_INPUT(vdev);
    const Answer *a = find_answer(vi, vi->select, vi->subsel);

    memset(config, 0, vdev->config_len);
    config[CFG_SELECT] = vi->select;
    config[CFG_SUBSEL] = vi->subsel;
    if (a) {
        config[CFG_SIZE] = a->size;
        memcpy(config + CFG_DATA, a->data, a->size);
    }
}

static void virtio_input_set_config(VirtIODevice *vdev, const uint8_t *config)
{
    VirtIOInput *vi = VIRTIO_INPUT(vdev);

    vi->select = config[CFG_SELECT];
    vi->subsel = config[CFG_SUBSEL];
}

/* ---- events ---- */

void virtio_input_send(VirtIOInput *vi, uint16_t type, uint16_t code, int32_t value)
{
    Event e = {cpu_to_le16(type), cpu_to_le16(code), cpu_to_le32(value)};

    if (vi->group->len < GROUP_MAX) {
        g_array_append_val(vi->group, e);
    }
}

/* Buffers for all of the group, or none. */
static guint take_buffers(VirtIOInput *vi, VirtQueueElement **elems)
{
    guint n = 0;

    while (n < vi->group->len && (elems[n] = virtqueue_pop(vi->events, sizeof(VirtQueueElement)))) {
        n++;
    }
    if (n == vi->group->len) {
        return n;
    }
    while (n) {
        virtqueue_unpop(vi->events, elems[--n], 0);
        g_free(elems[n]);
    }
    return 0;
}

void virtio_input_sync(VirtIOInput *vi)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(vi);
    VirtQueueElement *elems[GROUP_MAX + 1];
    Event end = {cpu_to_le16(EV_SYN), cpu_to_le16(SYN_REPORT)};
    guint n = 0;

    g_array_append_val(vi->group, end);
    if (vdev->status & VIRTIO_CONFIG_S_DRIVER_OK) {
        n = take_buffers(vi, elems);
    }
    for (guint i = 0; i < n; i++) {
        size_t len = iov_from_buf(elems[i]->in_sg, elems[i]->in_num, 0,
                                  &g_array_index(vi->group, Event, i), sizeof(Event));

        virtqueue_push(vi->events, elems[i], len);
        g_free(elems[i]);
    }
    if (n) {
        virtio_notify(vdev, vi->events);
    }
    g_array_set_size(vi->group, 0);
}

/* Buffers wait here until there is an event. */
static void handle_events(VirtIODevice *vdev, VirtQueue *vq)
{
}

static void handle_status(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOInput *vi = VIRTIO_INPUT(vdev);
    const VirtIOInputKind *kind = VIRTIO_INPUT_GET_CLASS(vi)->kind;
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        Event e = {};

        if (iov_to_buf(elem->out_sg, elem->out_num, 0, &e, sizeof(e)) == sizeof(e) &&
            kind->status) {
            kind->status(vi, le16_to_cpu(e.type), le16_to_cpu(e.code), le32_to_cpu(e.value));
        }
        virtqueue_push(vq, elem, 0);
        virtio_notify(vdev, vq);
        g_free(elem);
    }
}

/* ---- life ---- */

/* A device with a driver comes before those without. */
static void virtio_input_set_status(VirtIODevice *vdev, uint8_t status)
{
    if (status & VIRTIO_CONFIG_S_DRIVER_OK) {
        qemu_input_handler_activate(VIRTIO_INPUT(vdev)->handler);
    }
}

static void virtio_input_reset(VirtIODevice *vdev)
{
    VirtIOInput *vi = VIRTIO_INPUT(vdev);

    vi->select = vi->subsel = 0;
    vi->leds = 0;
    vi->fingers = 0;
    g_array_set_size(vi->group, 0);
    qemu_input_handler_deactivate(vi->handler);
}

static int virtio_input_post_load(void *opaque, int version_id)
{
    VirtIODevice *vdev = opaque;

    virtio_input_set_status(vdev, vdev->status);
    return 0;
}

static const VMStateDescription vmstate_virtio_input = {
    .name = "virtio-input",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = virtio_input_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOInput),
            VMSTATE_UINT8(select, VirtIOInput),
            VMSTATE_UINT8(subsel, VirtIOInput),
            VMSTATE_INT32(leds, VirtIOInput),
            VMSTATE_UINT32(fingers, VirtIOInput),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property virtio_input_properties[] = {
    DEFINE_PROP_STRING("serial", VirtIOInput, serial),
};

static void virtio_input_realize(DeviceState *dev, Error **errp)
{
    VirtIOInput *vi = VIRTIO_INPUT(dev);

    if (vi->serial && strlen(vi->serial) > CFG_DATA_SIZE) {
        error_setg(errp, "serial=%s: longer than %d bytes", vi->serial, CFG_DATA_SIZE);
        return;
    }
    describe(vi);
    vi->group = g_array_new(false, false, sizeof(Event));
    virtio_init(VIRTIO_DEVICE(dev), VIRTIO_ID_INPUT, CFG_DATA + CFG_DATA_SIZE);
    vi->events = virtio_add_queue(VIRTIO_DEVICE(dev), QUEUE_SIZE, handle_events);
    vi->status = virtio_add_queue(VIRTIO_DEVICE(dev), QUEUE_SIZE, handle_status);
    vi->handler = qemu_input_handler_register(dev, VIRTIO_INPUT_GET_CLASS(vi)->kind->handler);
}

static void virtio_input_unrealize(DeviceState *dev)
{
    VirtIOInput *vi = VIRTIO_INPUT(dev);

    qemu_input_handler_unregister(vi->handler);
    virtio_cleanup(VIRTIO_DEVICE(dev));
    g_clear_pointer(&vi->group, g_array_unref);
    g_clear_pointer(&vi->answers, g_array_unref);
}

static void virtio_input_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_input;
    device_class_set_props(dc, virtio_input_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_INPUT);
    vdc->modern_only = true;
    vdc->realize = virtio_input_realize;
    vdc->unrealize = virtio_input_unrealize;
    vdc->get_config = virtio_input_get_config;
    vdc->set_config = virtio_input_set_config;
    vdc->set_status = virtio_input_set_status;
    vdc->reset = virtio_input_reset;
}

static const TypeInfo virtio_input_types[] = {
    {
        .name = TYPE_VIRTIO_INPUT,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIOInput),
        .class_size = sizeof(VirtIOInputClass),
        .class_init = virtio_input_class_init,
        .abstract = true,
    },
    {
        .name = TYPE_VIRTIO_INPUT_HID,
        .parent = TYPE_VIRTIO_INPUT,
        .abstract = true,
    },
};

DEFINE_TYPES(virtio_input_types)
