/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The traditional memory balloon (virtio 1.3, 5.5): a driver allocates pages
 * of the guest and names them; their memory goes back to the host until the
 * guest touches them again. It may also report pages that are merely free.
 *
 * Statistics have a queue of their own and are in virtio-balloon-stats.c.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/boards.h"
#include "hw/mem/memory-device.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-balloon.h"
#include "migration/vmstate.h"
#include "qapi/qapi-commands-machine.h"
#include "qapi/qapi-events-machine.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/log.h"
#include "qemu/rcu.h"

#define QUEUE_SIZE     128
#define PAGE_SHIFT     12 /* of what the driver counts in, whatever pages guest and host have */
#define BALLOON_PAGE   (1u << PAGE_SHIFT)
#define PFNS_AT_A_TIME 256

/* Features (5.5.3); bit 3, hints of free pages, is for machines that move while they run. */
#define VIRTIO_BALLOON_F_STATS_VQ       1
#define VIRTIO_BALLOON_F_DEFLATE_ON_OOM 2
#define VIRTIO_BALLOON_F_PAGE_POISON    4
#define VIRTIO_BALLOON_F_PAGE_REPORTING 5

/* Configuration (5.5.4). */
#define CFG_NUM_PAGES  0
#define CFG_ACTUAL     4
#define CFG_POISON_VAL 12
#define CFG_SIZE       16
#define CFG_SIZE_PLAIN 8

static uint64_t machine_memory(void)
{
    MachineState *ms = machine_current();

    return ms->ram_size + machine_plugged_memory(ms);
}

/* ---- memory back to the host ---- */

static void drop_run(BalloonRun *run)
{
    if (run->mr) {
        memory_region_unref(run->mr);
    }
    *run = (BalloonRun){};
}

/*
 * Whole pages of the host only: when those are large, a driver that names small ones one after the
 * other must have named all of one. What it named of an unfinished one waits for the rest.
 */
static void give_back(BalloonRun *run)
{
    ram_addr_t page, start, end;

    if (!run->mr) {
        return;
    }
    page = run->block->page_size;
    start = ROUND_UP(run->start, page);
    end = ROUND_DOWN(run->start + run->length, page);
    if (start < end) {
        /* A translator forgets what code it knew there. */
        invalidate_and_set_dirty(run->mr, start, end - start);
        if (ram_block_discard_range(run->block, start, end - start) < 0) {
            qemu_log_mask(LOG_UNIMP, "virtio-balloon: block '%s' keeps its memory\n",
                          run->block->idstr);
        }
    }
    if (page == BALLOON_PAGE || start < end) {
        drop_run(run);
    }
}

static void add_page(BalloonRun *run, MemoryRegion *mr, ram_addr_t offset)
{
    if (run->mr == mr && offset == run->start + run->length) {
        run->length += BALLOON_PAGE;
        return;
    }
    if (run->mr == mr && offset + BALLOON_PAGE == run->start) {
        run->start = offset;
        run->length += BALLOON_PAGE;
        return;
    }
    give_back(run);
    drop_run(run);
    memory_region_ref(mr);
    *run = (BalloonRun){mr, mr->ram_block, offset, BALLOON_PAGE};
}

/* Is the guest's RAM there, that it may be without? */
static bool find_ram(VirtIOBalloon *s, uint32_t pfn, MemoryRegion **mr, hwaddr *offset)
{
    hwaddr addr = (hwaddr)pfn << PAGE_SHIFT, len = BALLOON_PAGE;

    *mr = address_space_translate(VIRTIO_DEVICE(s)->dma_as, addr, offset, &len, true,
                                  MEMTXATTRS_UNSPECIFIED);
    if (len < BALLOON_PAGE || !memory_region_is_ram(*mr) || memory_region_is_rom(*mr) ||
        memory_region_is_romd(*mr) || memory_region_is_ram_device(*mr) || *offset % BALLOON_PAGE) {
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-balloon: page 0x%x is no RAM\n", pfn);
        return false;
    }
    return true;
}

static void inflate_page(VirtIOBalloon *s, uint32_t pfn)
{
    MemoryRegion *mr;
    hwaddr offset;

    RCU_READ_LOCK_GUARD();
    if (find_ram(s, pfn, &mr, &offset)) {
        add_page(&s->run, mr, offset);
    }
}

/* The guest takes it: memory comes by itself, but none of an unfinished run may go any more. */
static void deflate_page(VirtIOBalloon *s, uint32_t pfn)
{
    MemoryRegion *mr;
    hwaddr offset;

    RCU_READ_LOCK_GUARD();
    if (s->run.mr && find_ram(s, pfn, &mr, &offset) && mr == s->run.mr && offset >= s->run.start &&
        offset - s->run.start < s->run.length) {
        drop_run(&s->run);
    }
}

/* ---- queues ---- */

static void each_page(VirtIOBalloon *s, VirtQueueElement *elem,
                      void (*act)(VirtIOBalloon *s, uint32_t pfn))
{
    uint32_t pfns[PFNS_AT_A_TIME];
    size_t at = 0, bytes;

    while ((bytes = iov_to_buf(elem->out_sg, elem->out_num, at, pfns, sizeof(pfns)))) {
        for (size_t i = 0; i < bytes / sizeof(pfns[0]); i++) {
            act(s, le32_to_cpu(pfns[i]));
        }
        at += bytes;
    }
}

static void handle_pages(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        each_page(s, elem, vq == s->inflate_vq ? inflate_page : deflate_page);
        give_back(&s->run);
        virtqueue_push(vq, elem, 0);
        virtio_notify(vdev, vq);
        g_free(elem);
    }
}

/* One buffer is a piece of free memory (5.5.6.7). */
static void report_buffer(VirtIOBalloon *s, const struct iovec *iov)
{
    ram_addr_t offset;
    RAMBlock *block;
    BalloonRun run;

    RCU_READ_LOCK_GUARD();
    block = qemu_ram_block_from_host(iov->iov_base, false, &offset);
    /* What is not RAM went through a copy, which is not in a block. */
    if (block && offset + iov->iov_len <= block->used_length && !(block->flags & RAM_READONLY)) {
        run = (BalloonRun){block->mr, block, offset, iov->iov_len};
        memory_region_ref(run.mr);
        give_back(&run);
        drop_run(&run);
    }
}

static void handle_reports(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);
    /* Free pages that the guest has filled with a pattern must keep it; ours would be zeroes. */
    bool poisoned = virtio_vdev_has_feature(vdev, VIRTIO_BALLOON_F_PAGE_POISON) && s->poison_val;
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        for (unsigned i = 0; i < elem->in_num && !poisoned; i++) {
            report_buffer(s, &elem->in_sg[i]);
        }
        virtqueue_push(vq, elem, 0);
        virtio_notify(vdev, vq);
        g_free(elem);
    }
}

/* ---- what the core calls ---- */

static uint64_t virtio_balloon_get_features(VirtIODevice *vdev, uint64_t features, Error **errp)
{
    virtio_add_feature(&features, VIRTIO_BALLOON_F_STATS_VQ);
    return features;
}

static void virtio_balloon_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    stl_le_p(config + CFG_NUM_PAGES, s->num_pages);
    stl_le_p(config + CFG_ACTUAL, s->actual);
    if (vdev->config_len > CFG_POISON_VAL) {
        stl_le_p(config + CFG_POISON_VAL, s->poison_val);
    }
}

static uint64_t actual_memory(VirtIOBalloon *s)
{
    uint64_t all = machine_memory(), taken = (uint64_t)s->actual << PAGE_SHIFT;

    return all - MIN(all, taken);
}

static void set_actual(VirtIOBalloon *s, uint32_t pages)
{
    if (pages != s->actual) {
        s->actual = pages;
        qapi_event_send_balloon_change(actual_memory(s));
    }
}

static void virtio_balloon_set_config(VirtIODevice *vdev, const uint8_t *config)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    set_actual(s, ldl_le_p(config + CFG_ACTUAL));
    if (virtio_vdev_has_feature(vdev, VIRTIO_BALLOON_F_PAGE_POISON)) {
        s->poison_val = ldl_le_p(config + CFG_POISON_VAL);
    }
}

/* A driver that begins anew has no page yet. What it is to have stays. */
static void virtio_balloon_reset(VirtIODevice *vdev)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    virtio_balloon_put_back_stats(s);
    virtio_balloon_forget_stats(s);
    drop_run(&s->run);
    set_actual(s, 0);
    s->poison_val = 0;
}

static void virtio_balloon_queue_reset(VirtIODevice *vdev, unsigned queue_index)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    if (virtio_get_queue(vdev, queue_index) == s->stats_vq) {
        virtio_balloon_put_back_stats(s);
    }
}

static void virtio_balloon_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(vdev);

    if (!vdev->vm_running) {
        virtio_balloon_put_back_stats(s);
    } else if (status & VIRTIO_CONFIG_S_DRIVER_OK) {
        virtio_balloon_receive_stats(vdev, s->stats_vq);
    }
}

/* ---- commands ---- */

static VirtIOBalloon *the_balloon(Error **errp)
{
    Object *obj = object_resolve_path_type("", TYPE_VIRTIO_BALLOON, NULL);

    if (!obj || !qdev_is_realized(DEVICE(obj))) {
        error_set(errp, ERROR_CLASS_DEVICE_NOT_ACTIVE,
                  "the machine has no balloon (-device virtio-balloon-pci)");
        return NULL;
    }
    return VIRTIO_BALLOON(obj);
}

BalloonInfo *qmp_query_balloon(Error **errp)
{
    VirtIOBalloon *s = the_balloon(errp);
    BalloonInfo *info;

    if (!s) {
        return NULL;
    }
    info = g_new0(BalloonInfo, 1);
    info->actual = actual_memory(s);
    return info;
}

void qmp_balloon(int64_t value, Error **errp)
{
    VirtIOBalloon *s = the_balloon(errp);
    uint64_t all = machine_memory();

    if (!s) {
        return;
    }
    if (value <= 0) {
        error_setg(errp,
                   "argument 'value': expected how much memory the guest is to have, in bytes, "
                   "got %" PRId64,
                   value);
        return;
    }
    s->num_pages = MIN((all - MIN(all, (uint64_t)value)) >> PAGE_SHIFT, UINT32_MAX);
    virtio_notify_config(VIRTIO_DEVICE(s));
}

/* ---- saved state ---- */

static int virtio_balloon_pre_save(void *opaque)
{
    VirtIOBalloon *s = opaque;

    drop_run(&s->run); /* pages that the guest gave keep their memory on the other side */
    return 0;
}

static const VMStateDescription vmstate_virtio_balloon = {
    .name = "virtio-balloon",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = virtio_balloon_pre_save,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOBalloon),
            VMSTATE_UINT32(num_pages, VirtIOBalloon),
            VMSTATE_UINT32(actual, VirtIOBalloon),
            VMSTATE_UINT32(poison_val, VirtIOBalloon),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property virtio_balloon_properties[] = {
    DEFINE_PROP_BIT64("deflate-on-oom", VirtIODevice, host_features,
                      VIRTIO_BALLOON_F_DEFLATE_ON_OOM, false),
    DEFINE_PROP_BIT64("page-poison", VirtIODevice, host_features, VIRTIO_BALLOON_F_PAGE_POISON,
                      true),
    DEFINE_PROP_BIT64("free-page-reporting", VirtIODevice, host_features,
                      VIRTIO_BALLOON_F_PAGE_REPORTING, false),
};

static void virtio_balloon_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOBalloon *s = VIRTIO_BALLOON(dev);
    bool several;

    object_resolve_path_type("", TYPE_VIRTIO_BALLOON, &several);
    if (several) {
        error_setg(errp, "the machine has a balloon already; it can have one");
        return;
    }
    virtio_init(vdev, VIRTIO_ID_BALLOON,
                virtio_host_has_feature(vdev, VIRTIO_BALLOON_F_PAGE_POISON) ? CFG_SIZE
                                                                            : CFG_SIZE_PLAIN);
    s->inflate_vq = virtio_add_queue(vdev, QUEUE_SIZE, handle_pages);
    s->deflate_vq = virtio_add_queue(vdev, QUEUE_SIZE, handle_pages);
    s->stats_vq = virtio_add_queue(vdev, QUEUE_SIZE, virtio_balloon_receive_stats);
    if (virtio_host_has_feature(vdev, VIRTIO_BALLOON_F_PAGE_REPORTING)) {
        s->reporting_vq = virtio_add_queue(vdev, 32, handle_reports);
    }
    virtio_balloon_stats_init(s);
}

static void virtio_balloon_unrealize(DeviceState *dev)
{
    VirtIOBalloon *s = VIRTIO_BALLOON(dev);

    virtio_balloon_stats_cleanup(s);
    drop_run(&s->run);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void virtio_balloon_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_balloon;
    device_class_set_props(dc, virtio_balloon_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
    virtio_balloon_add_stats_properties(klass);
    vdc->realize = virtio_balloon_realize;
    vdc->unrealize = virtio_balloon_unrealize;
    vdc->get_features = virtio_balloon_get_features;
    vdc->get_config = virtio_balloon_get_config;
    vdc->set_config = virtio_balloon_set_config;
    vdc->reset = virtio_balloon_reset;
    vdc->queue_reset = virtio_balloon_queue_reset;
    vdc->set_status = virtio_balloon_set_status;
}

static const TypeInfo virtio_balloon_types[] = {
    {
        .name = TYPE_VIRTIO_BALLOON,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIOBalloon),
        .class_init = virtio_balloon_class_init,
    },
};

DEFINE_TYPES(virtio_balloon_types)
