/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Task management and events of the virtio SCSI adapter (virtio 1.3, 5.6.6.2, 5.6.6.3; SAM-5, 7).
 * Their queues are always the main loop's.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "hw/qdev-core.h"
#include "qemu/bswap.h"
#include "virtio-scsi-internal.h"

enum { CTRL_TMF = 0, CTRL_AN_QUERY = 1, CTRL_AN_SUBSCRIBE = 2 };

enum {
    TMF_ABORT_TASK = 0,
    TMF_ABORT_TASK_SET = 1,
    TMF_CLEAR_ACA = 2,
    TMF_CLEAR_TASK_SET = 3,
    TMF_I_T_NEXUS_RESET = 4,
    TMF_LOGICAL_UNIT_RESET = 5,
    TMF_QUERY_TASK = 6,
    TMF_QUERY_TASK_SET = 7,
};

#define TMF_SIZE 24
#define AN_SIZE  20
#define ANY_TAG  UINT64_MAX

/* ---- task management ---- */

/* Answered when the last of the commands that it ends is over. */
typedef struct Tmf {
    VirtQueueElement elem;
    VirtIOSCSI *dev;
    VirtQueue *vq;
    uint32_t left; /* atomic; commands, and one for whoever still counts */
    uint8_t response;
} Tmf;

static void respond(Tmf *tmf, const void *answer, size_t size)
{
    size_t written = iov_from_buf(tmf->elem.in_sg, tmf->elem.in_num, 0, answer, size);

    virtqueue_push(tmf->vq, &tmf->elem, written);
    virtio_notify(VIRTIO_DEVICE(tmf->dev), tmf->vq);
    qatomic_dec(&tmf->dev->in_flight);
    aio_wait_kick();
    g_free(tmf);
}

static void tmf_done_bh(void *opaque)
{
    Tmf *tmf = opaque;

    respond(tmf, &tmf->response, 1);
}

/* Any thread: that of the command. */
static void tmf_one_less(void *opaque)
{
    Tmf *tmf = opaque;

    if (qatomic_fetch_dec(&tmf->left) == 1) {
        aio_bh_schedule_oneshot(qemu_get_aio_context(), tmf_done_bh, tmf);
    }
}

static bool tag_matches(SCSIRequest *sreq, uint64_t tag)
{
    VirtIOSCSIReq *req = sreq->hba_private;
    uint8_t id[8];

    if (tag == ANY_TAG) {
        return true;
    }
    iov_to_buf(req->elem.out_sg, req->elem.out_num, 8, id, sizeof(id));
    return ldq_le_p(id) == tag;
}

/* Commands of the unit, those with @tag only unless it is ANY_TAG; each with a reference. */
static GPtrArray *commands_of(SCSIDevice *d, uint32_t lun, uint64_t tag)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)scsi_req_unref);
    SCSIRequest *sreq;

    QEMU_LOCK_GUARD(&d->lock);
    QTAILQ_FOREACH (sreq, &d->requests, next) {
        if (sreq->lun == lun && tag_matches(sreq, tag)) {
            g_ptr_array_add(list, scsi_req_ref(sreq));
        }
    }
    return list;
}

static void end_commands(Tmf *tmf, SCSIDevice *d, uint32_t lun, uint64_t tag, uint8_t response)
{
    g_autoptr(GPtrArray) list = commands_of(d, lun, tag);

    for (guint i = 0; i < list->len; i++) {
        SCSIRequest *sreq = g_ptr_array_index(list, i);

        qatomic_set(&((VirtIOSCSIReq *)sreq->hba_private)->cancel_response, response);
        qatomic_inc(&tmf->left);
        if (!scsi_req_cancel_async(sreq, tmf_one_less, tmf)) {
            qatomic_dec(&tmf->left);
        }
    }
}

static void reset_unit(Tmf *tmf, SCSIDevice *d)
{
    end_commands(tmf, d, d->lun, ANY_TAG, VIRTIO_SCSI_S_RESET);
    scsi_device_set_ua(d, SENSE_CODE(RESET));
}

static void nexus_reset(Tmf *tmf, uint8_t target)
{
    g_autoptr(GPtrArray) devices = scsi_bus_devices(&tmf->dev->bus);

    for (guint i = 0; i < devices->len; i++) {
        SCSIDevice *d = g_ptr_array_index(devices, i);

        if (d->channel == 0 && d->id == target) {
            reset_unit(tmf, d);
        }
    }
}

static void do_tmf(Tmf *tmf, const uint8_t *cmd)
{
    const uint8_t *lun = cmd + 8;
    uint32_t subtype = ldl_le_p(cmd + 4);
    uint64_t tag = ldq_le_p(cmd + 16);
    g_autoptr(SCSIDevice) d = virtio_scsi_device_get(tmf->dev, lun);

    if (!d) {
        tmf->response = VIRTIO_SCSI_S_BAD_TARGET;
        return;
    }
    if (subtype != TMF_I_T_NEXUS_RESET && d->lun != virtio_scsi_lun(lun)) {
        tmf->response = VIRTIO_SCSI_S_INCORRECT_LUN;
        return;
    }
    switch (subtype) {
    case TMF_ABORT_TASK:
        end_commands(tmf, d, d->lun, tag, VIRTIO_SCSI_S_ABORTED);
        break;
    case TMF_ABORT_TASK_SET:
    case TMF_CLEAR_TASK_SET:
        end_commands(tmf, d, d->lun, ANY_TAG, VIRTIO_SCSI_S_ABORTED);
        break;
    case TMF_LOGICAL_UNIT_RESET:
        reset_unit(tmf, d);
        break;
    case TMF_I_T_NEXUS_RESET:
        nexus_reset(tmf, lun[1]);
        break;
    case TMF_QUERY_TASK:
    case TMF_QUERY_TASK_SET: {
        g_autoptr(GPtrArray) list =
            commands_of(d, d->lun, subtype == TMF_QUERY_TASK ? tag : ANY_TAG);

        tmf->response =
            list->len ? VIRTIO_SCSI_S_FUNCTION_SUCCEEDED : VIRTIO_SCSI_S_FUNCTION_COMPLETE;
        break;
    }
    default: /* there is no ACA to clear */
        tmf->response = VIRTIO_SCSI_S_FUNCTION_REJECTED;
    }
}

/* Asynchronous notifications: none are supported. */
static void answer_notification(Tmf *tmf)
{
    uint8_t answer[5] = {0}; /* no events; function complete */

    respond(tmf, answer, sizeof(answer));
}

static void handle_one(Tmf *tmf)
{
    uint8_t cmd[TMF_SIZE] = {0};
    size_t out = iov_to_buf(tmf->elem.out_sg, tmf->elem.out_num, 0, cmd, sizeof(cmd));
    size_t in = iov_size(tmf->elem.in_sg, tmf->elem.in_num);
    uint32_t type = ldl_le_p(cmd);
    bool notification = type == CTRL_AN_QUERY || type == CTRL_AN_SUBSCRIBE;

    if (out < 4 || (type == CTRL_TMF && (out < TMF_SIZE || in < 1)) ||
        (notification && (out < AN_SIZE || in < 5)) || (!notification && type != CTRL_TMF)) {
        virtio_error(VIRTIO_DEVICE(tmf->dev), "virtio-scsi: a control request that is none");
        virtqueue_detach_element(tmf->vq, &tmf->elem, 0);
        qatomic_dec(&tmf->dev->in_flight);
        g_free(tmf);
        return;
    }
    if (notification) {
        answer_notification(tmf);
        return;
    }
    tmf->left = 1;
    tmf->response = VIRTIO_SCSI_S_FUNCTION_COMPLETE;
    do_tmf(tmf, cmd);
    tmf_one_less(tmf);
}

void virtio_scsi_handle_ctrl(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);
    Tmf *tmf;

    while ((tmf = virtqueue_pop(vq, sizeof(*tmf)))) {
        memset((uint8_t *)tmf + sizeof(tmf->elem), 0, sizeof(*tmf) - sizeof(tmf->elem));
        tmf->dev = s;
        tmf->vq = vq;
        qatomic_inc(&s->in_flight);
        handle_one(tmf);
    }
}

/* ---- events ---- */

#define EVENT_NONE            0
#define EVENT_TRANSPORT_RESET 1
#define EVENT_PARAM_CHANGE    3
#define EVENTS_MISSED         0x80000000u

#define REASON_RESCAN         1
#define REASON_REMOVED        2

static void push_event(VirtIOSCSI *s, SCSIDevice *d, uint32_t event, uint32_t reason)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    g_autofree VirtQueueElement *elem = NULL;
    uint8_t buf[EVENT_SIZE] = {0};

    if (!vdev->started) {
        return;
    }
    elem = virtqueue_pop(s->event_vq, sizeof(*elem));
    if (!elem) {
        s->events_dropped = true;
        return;
    }
    if (s->events_dropped) {
        event |= EVENTS_MISSED;
        s->events_dropped = false;
    }
    if (iov_size(elem->in_sg, elem->in_num) < sizeof(buf)) {
        virtio_error(vdev, "virtio-scsi: no room for an event");
        virtqueue_detach_element(s->event_vq, elem, 0);
        return;
    }
    stl_le_p(buf, event);
    if (d) {
        buf[4] = 1;
        buf[5] = d->id;
        buf[6] = d->lun >= 256 ? 0x40 | d->lun >> 8 : 0;
        buf[7] = d->lun;
    }
    stl_le_p(buf + 12, reason);
    iov_from_buf(elem->in_sg, elem->in_num, 0, buf, sizeof(buf));
    virtqueue_push(s->event_vq, elem, sizeof(buf));
    virtio_notify(vdev, s->event_vq);
}

/* New buffers: tell of what there were none for. */
void virtio_scsi_handle_event(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);

    if (s->events_dropped) {
        push_event(s, NULL, EVENT_NONE, 0);
    }
}

/* A driver without this feature asks for the list again when it sees the unit attention. */
static void hotplug_event(VirtIOSCSI *s, SCSIDevice *d, uint32_t reason)
{
    if (virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_SCSI_F_HOTPLUG)) {
        push_event(s, d, EVENT_TRANSPORT_RESET, reason);
        scsi_bus_set_ua(&s->bus, SENSE_CODE(REPORTED_LUNS_CHANGED));
    }
}

void virtio_scsi_plugged(VirtIOSCSI *s, SCSIDevice *d)
{
    if (qdev_get_hotplugged(DEVICE(d))) {
        hotplug_event(s, d, REASON_RESCAN);
    }
}

void virtio_scsi_unplugged(VirtIOSCSI *s, SCSIDevice *d)
{
    hotplug_event(s, d, REASON_REMOVED);
}

void virtio_scsi_change(SCSIBus *bus, SCSIDevice *d, SCSISense sense)
{
    VirtIOSCSI *s = container_of(bus, VirtIOSCSI, bus);

    if (d->type != TYPE_ROM && virtio_vdev_has_feature(VIRTIO_DEVICE(s), VIRTIO_SCSI_F_CHANGE)) {
        push_event(s, d, EVENT_PARAM_CHANGE, sense.asc | sense.ascq << 8);
    }
}
