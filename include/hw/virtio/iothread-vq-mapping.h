/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The property "iothread-vq-mapping": which IOThread has which of a device's queues. */
#ifndef HW_VIRTIO_IOTHREAD_VQ_MAPPING_H
#define HW_VIRTIO_IOTHREAD_VQ_MAPPING_H

#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qapi/qapi-types-virtio.h"

extern const PropertyInfo qdev_prop_iothread_vq_mapping_list;

#define DEFINE_PROP_IOTHREAD_VQ_MAPPING_LIST(_name, _state, _field)                                \
    DEFINE_PROP(_name, _state, _field, qdev_prop_iothread_vq_mapping_list,                         \
                IOThreadVirtQueueMappingList *)

/*
 * Fills @ctxs, of @num_queues, and holds the IOThreads until the counterpart. False when @list
 * leaves a queue out, names one twice, or an IOThread that is not there. Main thread.
 */
bool iothread_vq_mapping_apply(IOThreadVirtQueueMappingList *list, AioContext **ctxs,
                               uint16_t num_queues, Error **errp);
void iothread_vq_mapping_cleanup(IOThreadVirtQueueMappingList *list);

#endif
