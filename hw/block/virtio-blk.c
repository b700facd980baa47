/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtio block device (virtio 1.3, 5.2): configuration, features, life. Requests are in
 * virtio-blk-request.c, threads in virtio-blk-iothread.c.
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "migration/qemu-file.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "virtio-blk-internal.h"

/* Configuration space (5.2.4). */
#define CFG_CAPACITY                 0
#define CFG_SEG_MAX                  12
#define CFG_CYLINDERS                16
#define CFG_HEADS                    18
#define CFG_SECTORS                  19
#define CFG_BLK_SIZE                 20
#define CFG_PHYSICAL_BLOCK_EXP       24
#define CFG_MIN_IO_SIZE              26
#define CFG_OPT_IO_SIZE              28
#define CFG_WRITEBACK                32
#define CFG_NUM_QUEUES               34
#define CFG_MAX_DISCARD_SECTORS      36
#define CFG_MAX_DISCARD_SEG          40
#define CFG_DISCARD_ALIGNMENT        44
#define CFG_MAX_WRITE_ZEROES_SECTORS 48
#define CFG_MAX_WRITE_ZEROES_SEG     52
#define CFG_WRITE_ZEROES_MAY_UNMAP   56
#define CFG_SIZE_BASE                36
#define CFG_SIZE_DISCARD             48
#define CFG_SIZE_WRITE_ZEROES        60

/* What the queue's default size has always given. */
#define SEG_MAX_FIXED (128 - 2)
/* Of one discard or write of zeroes: bytes still fit in an int. */
#define MAX_SECTORS (INT_MAX >> BDRV_SECTOR_BITS)

/* ---- configuration space ---- */

static void put_discard_config(VirtIOBlock *s, uint8_t *config, uint32_t blk_size)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    BlockConf *conf = &s->conf.conf;
    uint32_t granularity = conf->discard_granularity;

    if (!s->conf.report_discard_granularity || granularity == UINT32_MAX || granularity == 0) {
        granularity = blk_size;
    }
    if (virtio_host_has_feature(vdev, VIRTIO_BLK_F_DISCARD)) {
        stl_le_p(config + CFG_DISCARD_ALIGNMENT, granularity >> BDRV_SECTOR_BITS);
        stl_le_p(config + CFG_MAX_DISCARD_SECTORS, s->conf.max_discard_sectors);
        stl_le_p(config + CFG_MAX_DISCARD_SEG, 1);
    }
    if (virtio_host_has_feature(vdev, VIRTIO_BLK_F_WRITE_ZEROES)) {
        stl_le_p(config + CFG_MAX_WRITE_ZEROES_SECTORS, s->conf.max_write_zeroes_sectors);
        stl_le_p(config + CFG_MAX_WRITE_ZEROES_SEG, 1);
        config[CFG_WRITE_ZEROES_MAY_UNMAP] = 1;
    }
}

static void virtio_blk_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);
    BlockConf *conf = &s->conf.conf;
    uint32_t blk_size = conf->logical_block_size;
    uint64_t capacity;

    blk_get_geometry(s->blk, &capacity);
    memset(config, 0, vdev->config_len);
    stq_le_p(config + CFG_CAPACITY, capacity);
    stl_le_p(config + CFG_SEG_MAX,
             s->conf.seg_max_adjust ? s->conf.queue_size - 2u : (unsigned)SEG_MAX_FIXED);
    stw_le_p(config + CFG_CYLINDERS, conf->cyls);
    config[CFG_HEADS] = conf->heads;
    /* In units of 512 bytes, and whole logical blocks of them. */
    config[CFG_SECTORS] = conf->secs & ~((blk_size >> BDRV_SECTOR_BITS) - 1);
    stl_le_p(config + CFG_BLK_SIZE, blk_size);
    config[CFG_PHYSICAL_BLOCK_EXP] = get_physical_block_exp(conf);
    stw_le_p(config + CFG_MIN_IO_SIZE, conf->min_io_size / blk_size);
    stl_le_p(config + CFG_OPT_IO_SIZE, conf->opt_io_size / blk_size);
    config[CFG_WRITEBACK] = blk_enable_write_cache(s->blk);
    stw_le_p(config + CFG_NUM_QUEUES, s->conf.num_queues);
    put_discard_config(s, config, blk_size);
}

/* Only the write cache can be set. */
static void virtio_blk_set_config(VirtIODevice *vdev, const uint8_t *config)
{
    if (virtio_vdev_has_feature(vdev, VIRTIO_BLK_F_CONFIG_WCE)) {
        blk_set_enable_write_cache(VIRTIO_BLK(vdev)->blk, config[CFG_WRITEBACK] != 0);
    }
}

static uint64_t virtio_blk_get_features(VirtIODevice *vdev, uint64_t features, Error **errp)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);

    virtio_add_feature(&features, VIRTIO_BLK_F_SEG_MAX);
    virtio_add_feature(&features, VIRTIO_BLK_F_GEOMETRY);
    virtio_add_feature(&features, VIRTIO_BLK_F_TOPOLOGY);
    virtio_add_feature(&features, VIRTIO_BLK_F_BLK_SIZE);
    if (blk_enable_write_cache(s->blk) || (s->conf.enable_wce_if_config_wce &&
                                           virtio_has_feature(features, VIRTIO_BLK_F_CONFIG_WCE))) {
        virtio_add_feature(&features, VIRTIO_BLK_F_FLUSH);
    }
    if (!blk_is_writable(s->blk)) {
        virtio_add_feature(&features, VIRTIO_BLK_F_RO);
    }
    if (s->conf.num_queues > 1) {
        virtio_add_feature(&features, VIRTIO_BLK_F_MQ);
    }
    return features;
}

static void virtio_blk_resize(void *opaque)
{
    virtio_notify_config(VIRTIO_DEVICE(opaque));
}

static const BlockDevOps virtio_blk_dev_ops = {
    .resize_cb = virtio_blk_resize,
};

/* ---- status and reset ---- */

static void virtio_blk_set_status(VirtIODevice *vdev, uint8_t status)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);

    if (vdev->vm_running && s->kept) {
        virtio_blk_restart_kept(s);
    }
    /*
     * A driver that cannot set the cache's mode and does not know of flushes expects that what
     * was answered is on the disk (5.2.5.2).
     */
    if ((status & VIRTIO_CONFIG_S_DRIVER_OK) &&
        !virtio_vdev_has_feature(vdev, VIRTIO_BLK_F_CONFIG_WCE)) {
        blk_set_enable_write_cache(s->blk, virtio_vdev_has_feature(vdev, VIRTIO_BLK_F_FLUSH));
    }
}

static void virtio_blk_reset(VirtIODevice *vdev)
{
    VirtIOBlock *s = VIRTIO_BLK(vdev);

    virtio_blk_wait_idle(s);
    virtio_blk_drop_kept(s, -1);
    blk_set_enable_write_cache(s->blk, s->original_wce);
}

/* ---- saved state: the requests that are kept ---- */

static int put_kept(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    VirtIOBlock *s = pv;

    for (VirtIOBlkReq *req = s->kept; req; req = req->next) {
        qemu_put_byte(f, 1);
        qemu_put_be32(f, virtio_get_queue_index(req->vq));
        qemu_put_virtqueue_element(VIRTIO_DEVICE(s), f, &req->elem);
    }
    qemu_put_byte(f, 0);
    return 0;
}

static int get_kept(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    VirtIOBlock *s = pv;
    VirtIODevice *vdev = VIRTIO_DEVICE(s);
    g_autofree unsigned *held = g_new0(unsigned, virtio_num_queues(vdev));

    virtio_blk_drop_kept(s, -1);
    while (qemu_get_byte(f)) {
        unsigned index = qemu_get_be32(f);
        VirtQueue *vq = virtio_get_queue(vdev, index);
        VirtIOBlkReq *req = vq ? qemu_get_virtqueue_element(vdev, vq, f, sizeof(*req)) : NULL;

        if (!req) {
            return -EINVAL;
        }
        virtio_blk_init_request(s, vq, req);
        virtio_blk_keep(req);
        held[index] += req->elem.ndescs;
        if (held[index] > virtio_queue_inuse(vq)) {
            return -EINVAL;
        }
    }
    return 0;
}

static const VMStateInfo vmstate_info_kept = {
    .name = "virtio-blk requests",
    .get = get_kept,
    .put = put_kept,
};

static const VMStateDescription vmstate_virtio_blk = {
    .name = "virtio-blk",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOBlock),
            {.name = "requests",
             .size = sizeof(VirtIOBlock),
             .info = &vmstate_info_kept,
             .flags = VMS_SINGLE},
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- properties ---- */

static const Property virtio_blk_properties[] = {
    DEFINE_PROP_DRIVE_IOTHREAD("drive", VirtIOBlock, conf.conf.blk),
    DEFINE_BLOCK_PROPERTIES_BASE(VirtIOBlock, conf.conf),
    DEFINE_BLOCK_ERROR_PROPERTIES(VirtIOBlock, conf.conf),
    DEFINE_BLOCK_CHS_PROPERTIES(VirtIOBlock, conf.conf),
    DEFINE_PROP_STRING("serial", VirtIOBlock, conf.serial),
    DEFINE_PROP_BIT64("config-wce", VirtIOBlock, parent_obj.host_features, VIRTIO_BLK_F_CONFIG_WCE,
                      true),
    DEFINE_PROP_BOOL("request-merging", VirtIOBlock, conf.request_merging, true),
    DEFINE_PROP_UINT16("num-queues", VirtIOBlock, conf.num_queues, VIRTIO_BLK_AUTO_NUM_QUEUES),
    DEFINE_PROP_UINT16("queue-size", VirtIOBlock, conf.queue_size, 256),
    DEFINE_PROP_BOOL("seg-max-adjust", VirtIOBlock, conf.seg_max_adjust, true),
    DEFINE_PROP_LINK("iothread", VirtIOBlock, conf.iothread, TYPE_IOTHREAD, IOThread *),
    DEFINE_PROP_IOTHREAD_VQ_MAPPING_LIST("iothread-vq-mapping", VirtIOBlock,
                                         conf.iothread_vq_mapping_list),
    DEFINE_PROP_BIT64("discard", VirtIOBlock, parent_obj.host_features, VIRTIO_BLK_F_DISCARD, true),
    DEFINE_PROP_BOOL("report-discard-granularity", VirtIOBlock, conf.report_discard_granularity,
                     true),
    DEFINE_PROP_BIT64("write-zeroes", VirtIOBlock, parent_obj.host_features,
                      VIRTIO_BLK_F_WRITE_ZEROES, true),
    DEFINE_PROP_UINT32("max-discard-sectors", VirtIOBlock, conf.max_discard_sectors, MAX_SECTORS),
    DEFINE_PROP_UINT32("max-write-zeroes-sectors", VirtIOBlock, conf.max_write_zeroes_sectors,
                       MAX_SECTORS),
    DEFINE_PROP_BOOL("x-enable-wce-if-config-wce", VirtIOBlock, conf.enable_wce_if_config_wce,
                     true),
};

/* ---- realize ---- */

static bool check_queues(VirtIOBlkConf *conf, Error **errp)
{
    if (conf->num_queues == VIRTIO_BLK_AUTO_NUM_QUEUES) {
        conf->num_queues = 1;
    }
    if (!conf->num_queues || conf->num_queues > VIRTIO_QUEUE_MAX) {
        error_setg(errp, "num-queues=%u: expected 1 to %d", conf->num_queues, VIRTIO_QUEUE_MAX);
        return false;
    }
    if (conf->queue_size <= 2 || !is_power_of_2(conf->queue_size) ||
        conf->queue_size > VIRTQUEUE_MAX_SIZE) {
        error_setg(errp, "queue-size=%u: expected a power of two from 4 to %d", conf->queue_size,
                   VIRTQUEUE_MAX_SIZE);
        return false;
    }
    return true;
}

static bool check_limit(uint64_t features, unsigned bit, const char *name, uint32_t value,
                        Error **errp)
{
    if (virtio_has_feature(features, bit) && (!value || value > MAX_SECTORS)) {
        error_setg(errp, "%s=%u: expected 1 to %d", name, value, (int)MAX_SECTORS);
        return false;
    }
    return true;
}

static bool check_conf(VirtIOBlock *s, Error **errp)
{
    VirtIOBlkConf *conf = &s->conf;
    uint64_t features = VIRTIO_DEVICE(s)->host_features;

    if (!blkconf_has_drive(&conf->conf, errp)) {
        return false;
    }
    if (!blk_is_inserted(conf->conf.blk)) {
        error_setg(errp, "Device needs media, but drive is empty: file= says where it is");
        return false;
    }
    return check_queues(conf, errp) &&
           check_limit(features, VIRTIO_BLK_F_DISCARD, "max-discard-sectors",
                       conf->max_discard_sectors, errp) &&
           check_limit(features, VIRTIO_BLK_F_WRITE_ZEROES, "max-write-zeroes-sectors",
                       conf->max_write_zeroes_sectors, errp) &&
           blkconf_geometry(&conf->conf, NULL, 65535, 255, 255, errp) &&
           blkconf_blocksizes(&conf->conf, errp) &&
           blkconf_apply_backend_options(&conf->conf, !blk_supports_write_perm(conf->conf.blk),
                                         true, errp);
}

static size_t config_size(uint64_t features)
{
    return virtio_has_feature(features, VIRTIO_BLK_F_WRITE_ZEROES) ? CFG_SIZE_WRITE_ZEROES
           : virtio_has_feature(features, VIRTIO_BLK_F_DISCARD)    ? CFG_SIZE_DISCARD
                                                                   : CFG_SIZE_BASE;
}

static void virtio_blk_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOBlock *s = VIRTIO_BLK(dev);

    if (!check_conf(s, errp) || !virtio_blk_iothreads_init(s, errp)) {
        return;
    }
    s->blk = s->conf.conf.blk;
    s->original_wce = blk_enable_write_cache(s->blk);
    virtio_init(vdev, VIRTIO_ID_BLOCK, config_size(vdev->host_features));
    s->queues = g_new0(VirtIOBlkQueue, s->conf.num_queues);
    for (unsigned i = 0; i < s->conf.num_queues; i++) {
        s->queues[i].vq = virtio_add_queue(vdev, s->conf.queue_size, virtio_blk_handle_output);
        s->queues[i].dev = s;
    }
    blk_set_dev_ops(s->blk, &virtio_blk_dev_ops, s);
    blk_iostatus_enable(s->blk);
}

static void virtio_blk_unrealize(DeviceState *dev)
{
    VirtIOBlock *s = VIRTIO_BLK(dev);

    virtio_blk_wait_idle(s);
    virtio_blk_drop_kept(s, -1);
    blk_set_dev_ops(s->blk, NULL, NULL);
    virtio_blk_iothreads_cleanup(s);
    virtio_cleanup(VIRTIO_DEVICE(dev));
    g_free(g_steal_pointer(&s->queues));
}

static void virtio_blk_instance_init(Object *obj)
{
    VirtIOBlock *s = VIRTIO_BLK(obj);

    qemu_mutex_init(&s->kept_lock);
    device_add_bootindex_property(obj, &s->conf.conf.bootindex, "bootindex", "/disk@0,0",
                                  DEVICE(obj));
}

static void virtio_blk_instance_finalize(Object *obj)
{
    qemu_mutex_destroy(&VIRTIO_BLK(obj)->kept_lock);
}

static void virtio_blk_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_blk;
    device_class_set_props(dc, virtio_blk_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    vdc->realize = virtio_blk_realize;
    vdc->unrealize = virtio_blk_unrealize;
    vdc->get_config = virtio_blk_get_config;
    vdc->set_config = virtio_blk_set_config;
    vdc->get_features = virtio_blk_get_features;
    vdc->set_status = virtio_blk_set_status;
    vdc->reset = virtio_blk_reset;
    vdc->queue_reset = virtio_blk_queue_reset;
    vdc->queue_enable = virtio_blk_queue_enable;
    vdc->start_ioeventfd = virtio_blk_start_ioeventfd;
    vdc->stop_ioeventfd = virtio_blk_stop_ioeventfd;
}

static const TypeInfo virtio_blk_types[] = {
    {
        .name = TYPE_VIRTIO_BLK,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIOBlock),
        .instance_init = virtio_blk_instance_init,
        .instance_finalize = virtio_blk_instance_finalize,
        .class_init = virtio_blk_class_init,
    },
};

DEFINE_TYPES(virtio_blk_types)
