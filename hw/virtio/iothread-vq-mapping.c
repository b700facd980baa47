/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The property "iothread-vq-mapping" of virtio devices, and what "iothread" and it come to. */
#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "hw/virtio/iothread-vq-mapping.h"
#include "hw/virtio/virtio-bus.h"
#include "qapi/clone-visitor.h"
#include "qapi/qapi-visit-virtio.h"
#include "system/iothread.h"

/* ---- property ---- */

static void get_list(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    IOThreadVirtQueueMappingList **field = object_field_prop_ptr(obj, opaque);
    IOThreadVirtQueueMappingList *copy = QAPI_CLONE(IOThreadVirtQueueMappingList, *field);

    visit_type_IOThreadVirtQueueMappingList(v, name, &copy, errp);
    qapi_free_IOThreadVirtQueueMappingList(copy);
}

static void set_list(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    IOThreadVirtQueueMappingList **field = object_field_prop_ptr(obj, opaque), *list;

    if (visit_type_IOThreadVirtQueueMappingList(v, name, &list, errp)) {
        qapi_free_IOThreadVirtQueueMappingList(*field);
        *field = list;
    }
}

static void release_list(Object *obj, const char *name, void *opaque)
{
    IOThreadVirtQueueMappingList **field = object_field_prop_ptr(obj, opaque);

    g_clear_pointer(field, qapi_free_IOThreadVirtQueueMappingList);
}

const PropertyInfo qdev_prop_iothread_vq_mapping_list = {
    .type = "IOThreadVirtQueueMappingList",
    .description = "IOThread virtqueue mapping list [{\"iothread\":\"<id>\", \"vqs\":[1,2,3,...]},"
                   "...]",
    .get = get_list,
    .set = set_list,
    .release = release_list,
};

/* ---- checking and applying ---- */

static bool check_threads(IOThreadVirtQueueMappingList *list, Error **errp)
{
    for (IOThreadVirtQueueMappingList *node = list; node; node = node->next) {
        const char *id = node->value->iothread;

        if (!iothread_by_id(id)) {
            error_setg(errp, "iothread-vq-mapping: IOThread \"%s\" object does not exist", id);
            return false;
        }
        for (IOThreadVirtQueueMappingList *other = list; other != node; other = other->next) {
            if (!strcmp(other->value->iothread, id)) {
                error_setg(errp, "iothread-vq-mapping: duplicate IOThread name \"%s\"", id);
                return false;
            }
        }
        if (node->value->has_vqs != list->value->has_vqs) {
            error_setg(errp, "iothread-vq-mapping: either all items in iothread-vq-mapping must "
                             "have vqs or none of them must have it");
            return false;
        }
    }
    return true;
}

static bool place_queues(const IOThreadVirtQueueMapping *mapping, AioContext *ctx,
                         AioContext **ctxs, uint16_t num_queues, Error **errp)
{
    for (uint16List *vq = mapping->vqs; vq; vq = vq->next) {
        if (vq->value >= num_queues) {
            error_setg(errp,
                       "iothread-vq-mapping: vq index %u for IOThread \"%s\" must be less than %u",
                       vq->value, mapping->iothread, num_queues);
            return false;
        }
        if (ctxs[vq->value]) {
            error_setg(errp,
                       "iothread-vq-mapping: vq index %u for IOThread \"%s\" is assigned already",
                       vq->value, mapping->iothread);
            return false;
        }
        ctxs[vq->value] = ctx;
    }
    return true;
}

static bool place_all(IOThreadVirtQueueMappingList *list, AioContext **ctxs, uint16_t num_queues,
                      Error **errp)
{
    unsigned n = 0, count = 0;

    for (IOThreadVirtQueueMappingList *node = list; node; node = node->next) {
        count++;
    }
    for (IOThreadVirtQueueMappingList *node = list; node; node = node->next, n++) {
        AioContext *ctx = iothread_get_aio_context(iothread_by_id(node->value->iothread));

        if (node->value->has_vqs) {
            if (!place_queues(node->value, ctx, ctxs, num_queues, errp)) {
                return false;
            }
            continue;
        }
        for (unsigned i = n; i < num_queues; i += count) {
            ctxs[i] = ctx;
        }
    }
    for (unsigned i = 0; i < num_queues; i++) {
        if (!ctxs[i]) {
            error_setg(errp, "iothread-vq-mapping: missing vq %u", i);
            return false;
        }
    }
    return true;
}

static bool apply_mapping(IOThreadVirtQueueMappingList *list, AioContext **ctxs,
                          uint16_t num_queues, Error **errp)
{
    if (!check_threads(list, errp) || !place_all(list, ctxs, num_queues, errp)) {
        return false;
    }
    for (IOThreadVirtQueueMappingList *node = list; node; node = node->next) {
        object_ref(OBJECT(iothread_by_id(node->value->iothread)));
    }
    return true;
}

bool virtio_iothreads_init(VirtIODevice *vdev, IOThread *iothread,
                           IOThreadVirtQueueMappingList *list, uint16_t num_queues,
                           AioContext ***ctxs, Error **errp)
{
    if (iothread && list) {
        error_setg(errp, "iothread and iothread-vq-mapping properties cannot be set at the same "
                         "time");
        return false;
    }
    if (!iothread && !list) {
        return true;
    }
    if (!virtio_bus_ioeventfd_enabled(virtio_device_bus(vdev))) {
        error_setg(errp, "ioeventfd is required for iothread");
        return false;
    }
    *ctxs = g_new0(AioContext *, num_queues);
    if (list && !apply_mapping(list, *ctxs, num_queues, errp)) {
        g_clear_pointer(ctxs, g_free);
        return false;
    }
    for (unsigned i = 0; iothread && i < num_queues; i++) {
        (*ctxs)[i] = iothread_get_aio_context(iothread);
    }
    return true;
}

void virtio_iothreads_cleanup(IOThreadVirtQueueMappingList *list, AioContext ***ctxs)
{
    if (*ctxs) {
        for (; list; list = list->next) {
            object_unref(OBJECT(iothread_by_id(list->value->iothread)));
        }
    }
    g_clear_pointer(ctxs, g_free);
}
