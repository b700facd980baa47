/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The property "iothread-vq-mapping": which IOThread has which of a device's queues. */
#ifndef HW_VIRTIO_IOTHREAD_VQ_MAPPING_H
#define HW_VIRTIO_IOTHREAD_VQ_MAPPING_H

#include "hw/qdev-properties.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qapi/qapi-types-virtio.h"

extern const PropertyInfo qdev_prop_iothread_vq_mapping_list;

#define DEFINE_PROP_IOTHREAD_VQ_MAPPING_LIST(_name, _state, _field)                                \
    DEFINE_PROP(_name, _state, _field, qdev_prop_iothread_vq_mapping_list,                         \
                IOThreadVirtQueueMappingList *)

/*
 * Contexts of a device's @num_queues queues, as its properties "iothread" and "iothread-vq-mapping"
 * say, into *@ctxs: NULL when neither is given. The IOThreads of a mapping are held until the
 * counterpart. False when both are given, the queues have no eventfds, or the mapping leaves a
 * queue out, names one twice, or an IOThread that is not there. Main thread.
 */
bool virtio_iothreads_init(VirtIODevice *vdev, IOThread *iothread,
                           IOThreadVirtQueueMappingList *list, uint16_t num_queues,
                           AioContext ***ctxs, Error **errp);
void virtio_iothreads_cleanup(IOThreadVirtQueueMappingList *list, AioContext ***ctxs);

#endif
