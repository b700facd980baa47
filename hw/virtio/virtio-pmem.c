/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Persistent memory (virtio 1.3, 5.19): a file of the host that the guest has in its memory. What
 * the guest wrote is safe after a flush, which is a request.
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "block/thread-pool.h"
#include "exec/ram_addr.h"
#include "hw/mem/memory-device.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-pmem.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"

#define QUEUE_SIZE 128

/* Configuration (5.19.4). */
#define CFG_START  0
#define CFG_LENGTH 8
#define CFG_SIZE   16

/* Requests (5.19.6): a type, and one word of answer. */
#define REQ_SIZE      4
#define REQ_FLUSH     0
#define RESP_SIZE     4
#define RESP_OK       0
#define RESP_IO_ERROR 1

typedef struct FlushRequest {
    VirtQueueElement elem;
    VirtIOPMEM *pmem;
    int fd;
} FlushRequest;

/* ---- flushing ---- */

/* In a worker thread. */
static int flush_file(void *opaque)
{
    FlushRequest *req = opaque;

    /* Memory that is no file's is gone with us anyway. */
    return req->fd < 0 || fsync(req->fd) == 0 ? 0 : -errno;
}

static void answer(FlushRequest *req, int ret)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(req->pmem);
    uint8_t resp[RESP_SIZE];

    stl_le_p(resp, ret < 0 ? RESP_IO_ERROR : RESP_OK);
    iov_from_buf(req->elem.in_sg, req->elem.in_num, 0, resp, RESP_SIZE);
    virtqueue_push(req->pmem->vq, &req->elem, RESP_SIZE);
    virtio_notify(vdev, req->pmem->vq);
    g_free(req);
}

static void flush_done(void *opaque, int ret)
{
    FlushRequest *req = opaque;

    req->pmem->in_flight--;
    answer(req, ret);
    aio_wait_kick();
}

static void handle_request(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOPMEM *pmem = VIRTIO_PMEM(vdev);
    FlushRequest *req;

    while ((req = virtqueue_pop(vq, sizeof(*req)))) {
        uint8_t type[REQ_SIZE];

        if (iov_to_buf(req->elem.out_sg, req->elem.out_num, 0, type, REQ_SIZE) < REQ_SIZE ||
            iov_size(req->elem.in_sg, req->elem.in_num) < RESP_SIZE) {
            virtio_error(vdev, "virtio-pmem: request or response is too short");
            virtqueue_detach_element(vq, &req->elem, 0);
            g_free(req);
            return;
        }
        req->pmem = pmem;
        req->fd = memory_region_get_fd(host_memory_backend_get_memory(pmem->memdev));
        if (ldl_le_p(type) != REQ_FLUSH) {
            answer(req, -EINVAL);
            continue;
        }
        pmem->in_flight++;
        thread_pool_submit_aio(flush_file, req, flush_done, req);
    }
}

/* Until all is answered: requests are no part of the saved state. */
static void wait_for_flushes(VirtIOPMEM *pmem)
{
    AIO_WAIT_WHILE(NULL, pmem->in_flight);
}

/* ---- what the core calls ---- */

static void virtio_pmem_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIOPMEM *pmem = VIRTIO_PMEM(vdev);

    stq_le_p(config + CFG_START, pmem->start);
    stq_le_p(config + CFG_LENGTH, memory_region_size(host_memory_backend_get_memory(pmem->memdev)));
}

static void virtio_pmem_reset(VirtIODevice *vdev)
{
    wait_for_flushes(VIRTIO_PMEM(vdev));
}

static void virtio_pmem_set_status(VirtIODevice *vdev, uint8_t status)
{
    if (!vdev->vm_running) {
        wait_for_flushes(VIRTIO_PMEM(vdev));
    }
}

/* ---- life ---- */

static const VMStateDescription vmstate_virtio_pmem = {
    .name = "virtio-pmem",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOPMEM),
            VMSTATE_UINT64_EQUAL(start, VirtIOPMEM, "memaddr must be the same on both sides"),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property virtio_pmem_properties[] = {
    DEFINE_PROP_UINT64("memaddr", VirtIOPMEM, start, 0),
    DEFINE_PROP_LINK("memdev", VirtIOPMEM, memdev, TYPE_MEMORY_BACKEND, HostMemoryBackend *),
};

static void virtio_pmem_realize(DeviceState *dev, Error **errp)
{
    VirtIOPMEM *pmem = VIRTIO_PMEM(dev);
    MemoryRegion *mr;

    if (!object_dynamic_cast(OBJECT(dev)->parent, TYPE_MEMORY_DEVICE)) {
        error_setg(errp, "virtio-pmem by itself has no address; virtio-pmem-pci has");
        return;
    }
    mr = host_memory_backend_find_unused(pmem->memdev, errp);
    if (!mr) {
        return;
    }
    host_memory_backend_set_mapped(pmem->memdev, true);
    vmstate_register_ram(mr, dev);
    virtio_init(VIRTIO_DEVICE(dev), VIRTIO_ID_PMEM, CFG_SIZE);
    pmem->vq = virtio_add_queue(VIRTIO_DEVICE(dev), QUEUE_SIZE, handle_request);
}

static void virtio_pmem_unrealize(DeviceState *dev)
{
    VirtIOPMEM *pmem = VIRTIO_PMEM(dev);

    wait_for_flushes(pmem);
    virtio_cleanup(VIRTIO_DEVICE(dev));
    vmstate_unregister_ram(host_memory_backend_get_memory(pmem->memdev), dev);
    host_memory_backend_set_mapped(pmem->memdev, false);
}

static void virtio_pmem_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_pmem;
    device_class_set_props(dc, virtio_pmem_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    vdc->modern_only = true;
    vdc->realize = virtio_pmem_realize;
    vdc->unrealize = virtio_pmem_unrealize;
    vdc->get_config = virtio_pmem_get_config;
    vdc->reset = virtio_pmem_reset;
    vdc->set_status = virtio_pmem_set_status;
}

static const TypeInfo virtio_pmem_types[] = {
    {
        .name = TYPE_VIRTIO_PMEM,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIOPMEM),
        .class_init = virtio_pmem_class_init,
    },
};

DEFINE_TYPES(virtio_pmem_types)
