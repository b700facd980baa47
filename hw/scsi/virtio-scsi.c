/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtio SCSI host adapter (virtio 1.3, 5.6): configuration, reset, hotplug, saved state. */
#include "qemu/osdep.h"
#include "hw/hotplug.h"
#include "hw/qdev-properties.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "virtio-scsi-internal.h"

static const SCSIBusInfo virtio_scsi_bus_info = {
    .max_channel = VIRTIO_SCSI_MAX_CHANNEL,
    .max_target = VIRTIO_SCSI_MAX_TARGET,
    .max_lun = VIRTIO_SCSI_MAX_LUN,
    .complete = virtio_scsi_complete,
    .cancelled = virtio_scsi_cancelled,
    .change = virtio_scsi_change,
    .save_request = virtio_scsi_save_request,
    .load_request = virtio_scsi_load_request,
};

/* ---- configuration space (5.6.4) ---- */

static void virtio_scsi_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);

    stl_le_p(config, s->conf.num_queues);
    stl_le_p(config + 4, s->conf.seg_max_adjust ? s->conf.virtqueue_size - 2 : 126);
    stl_le_p(config + 8, s->conf.max_sectors);
    stl_le_p(config + 12, s->conf.cmd_per_lun);
    stl_le_p(config + 16, EVENT_SIZE);
    stl_le_p(config + 20, s->sense_size);
    stl_le_p(config + 24, s->cdb_size);
    stw_le_p(config + 28, VIRTIO_SCSI_MAX_CHANNEL);
    stw_le_p(config + 30, VIRTIO_SCSI_MAX_TARGET);
    stl_le_p(config + 32, VIRTIO_SCSI_MAX_LUN);
}

/* Sizes of sense and CDB are the driver's choice, within reason. */
static void virtio_scsi_set_config(VirtIODevice *vdev, const uint8_t *config)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);
    uint32_t sense = ldl_le_p(config + 20), cdb = ldl_le_p(config + 24);

    if (sense >= 65536 || cdb >= 256) {
        virtio_error(vdev, "virtio-scsi: sense of %u and CDBs of %u bytes", sense, cdb);
        return;
    }
    s->sense_size = sense;
    s->cdb_size = cdb;
}

/* ---- reset ---- */

static void virtio_scsi_reset(VirtIODevice *vdev)
{
    VirtIOSCSI *s = VIRTIO_SCSI(vdev);

    bus_cold_reset(BUS(&s->bus));
    virtio_scsi_wait_idle(s);
    s->sense_size = SENSE_DEFAULT;
    s->cdb_size = CDB_DEFAULT;
    s->events_dropped = false;
}

/* ---- hotplug ---- */

static void virtio_scsi_plug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    virtio_scsi_plugged(VIRTIO_SCSI(handler), SCSI_DEVICE(dev));
}

static void virtio_scsi_unplug(HotplugHandler *handler, DeviceState *dev, Error **errp)
{
    qdev_simple_device_unplug_cb(handler, dev, errp);
    /* Off the bus first: a driver that looks at once finds it gone. */
    virtio_scsi_unplugged(VIRTIO_SCSI(handler), SCSI_DEVICE(dev));
}

/* ---- saved state ---- */

static int virtio_scsi_post_load(void *opaque, int version_id)
{
    VirtIOSCSI *s = opaque;

    memset(s->restored, 0, sizeof(*s->restored) * virtio_num_queues(VIRTIO_DEVICE(s)));
    return s->sense_size < 65536 && s->cdb_size < 256 ? 0 : -EINVAL;
}

static const VMStateDescription vmstate_virtio_scsi = {
    .name = "virtio-scsi",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = virtio_scsi_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOSCSI),
            VMSTATE_UINT32(sense_size, VirtIOSCSI),
            VMSTATE_UINT32(cdb_size, VirtIOSCSI),
            VMSTATE_BOOL(events_dropped, VirtIOSCSI),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property virtio_scsi_properties[] = {
    DEFINE_PROP_UINT32("num_queues", VirtIOSCSI, conf.num_queues, VIRTIO_SCSI_AUTO_NUM_QUEUES),
    DEFINE_PROP_UINT32("virtqueue_size", VirtIOSCSI, conf.virtqueue_size, 256),
    DEFINE_PROP_BOOL("seg_max_adjust", VirtIOSCSI, conf.seg_max_adjust, true),
    DEFINE_PROP_UINT32("max_sectors", VirtIOSCSI, conf.max_sectors, 0xffff),
    DEFINE_PROP_UINT32("cmd_per_lun", VirtIOSCSI, conf.cmd_per_lun, 128),
    DEFINE_PROP_BIT64("hotplug", VirtIOSCSI, parent_obj.host_features, VIRTIO_SCSI_F_HOTPLUG, true),
    DEFINE_PROP_BIT64("param_change", VirtIOSCSI, parent_obj.host_features, VIRTIO_SCSI_F_CHANGE,
                      true),
    DEFINE_PROP_LINK("iothread", VirtIOSCSI, conf.iothread, TYPE_IOTHREAD, IOThread *),
    DEFINE_PROP_IOTHREAD_VQ_MAPPING_LIST("iothread-vq-mapping", VirtIOSCSI,
                                         conf.iothread_vq_mapping_list),
};

static bool check_config(VirtIOSCSIConf *conf, Error **errp)
{
    uint32_t max = VIRTIO_QUEUE_MAX - VIRTIO_SCSI_FIXED_QUEUES;

    if (conf->num_queues == VIRTIO_SCSI_AUTO_NUM_QUEUES) {
        conf->num_queues = 1;
    }
    if (!conf->num_queues || conf->num_queues > max) {
        error_setg(errp, "num_queues=%u: expected 1 to %u", conf->num_queues, max);
        return false;
    }
    if (conf->virtqueue_size <= 2 || !is_power_of_2(conf->virtqueue_size) ||
        conf->virtqueue_size > VIRTQUEUE_MAX_SIZE) {
        error_setg(errp, "virtqueue_size=%u: expected a power of two from 4 to %d",
                   conf->virtqueue_size, VIRTQUEUE_MAX_SIZE);
        return false;
    }
    return true;
}

static void virtio_scsi_realize(DeviceState *dev, Error **errp)
{
    VirtIODevice *vdev = VIRTIO_DEVICE(dev);
    VirtIOSCSI *s = VIRTIO_SCSI(dev);
    uint32_t size = s->conf.virtqueue_size;

    if (!check_config(&s->conf, errp) || !virtio_scsi_iothreads_init(s, errp)) {
        return;
    }
    virtio_init(vdev, VIRTIO_ID_SCSI, CONFIG_SIZE);
    s->sense_size = SENSE_DEFAULT;
    s->cdb_size = CDB_DEFAULT;
    s->ctrl_vq = virtio_add_queue(vdev, size, virtio_scsi_handle_ctrl);
    s->event_vq = virtio_add_queue(vdev, size, virtio_scsi_handle_event);
    for (unsigned i = 0; i < s->conf.num_queues; i++) {
        virtio_add_queue(vdev, size, virtio_scsi_handle_cmd);
    }
    s->restored = g_new0(unsigned, s->conf.num_queues + VIRTIO_SCSI_FIXED_QUEUES);
    scsi_bus_init(&s->bus, sizeof(s->bus), dev, &virtio_scsi_bus_info, s->bus_name);
    qbus_set_hotplug_handler(BUS(&s->bus), OBJECT(dev));
}

static void virtio_scsi_unrealize(DeviceState *dev)
{
    VirtIOSCSI *s = VIRTIO_SCSI(dev);

    scsi_bus_cleanup(&s->bus);
    virtio_scsi_iothreads_cleanup(s);
    g_clear_pointer(&s->restored, g_free);
    g_clear_pointer(&s->bus_name, g_free);
    virtio_cleanup(VIRTIO_DEVICE(dev));
}

static void virtio_scsi_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);
    HotplugHandlerClass *hc = HOTPLUG_HANDLER_CLASS(klass);

    dc->vmsd = &vmstate_virtio_scsi;
    device_class_set_props(dc, virtio_scsi_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    vdc->realize = virtio_scsi_realize;
    vdc->unrealize = virtio_scsi_unrealize;
    vdc->get_config = virtio_scsi_get_config;
    vdc->set_config = virtio_scsi_set_config;
    vdc->reset = virtio_scsi_reset;
    vdc->queue_reset = virtio_scsi_queue_reset;
    vdc->queue_enable = virtio_scsi_queue_enable;
    vdc->start_ioeventfd = virtio_scsi_start_ioeventfd;
    vdc->stop_ioeventfd = virtio_scsi_stop_ioeventfd;
    hc->plug = virtio_scsi_plug;
    hc->unplug = virtio_scsi_unplug;
}

static const TypeInfo virtio_scsi_types[] = {
    {
        .name = TYPE_VIRTIO_SCSI_COMMON,
        .parent = TYPE_VIRTIO_DEVICE,
        .abstract = true,
        .instance_size = sizeof(VirtIOSCSI),
    },
    {
        .name = TYPE_VIRTIO_SCSI,
        .parent = TYPE_VIRTIO_SCSI_COMMON,
        .class_init = virtio_scsi_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_HOTPLUG_HANDLER}, {}},
    },
};

DEFINE_TYPES(virtio_scsi_types)
