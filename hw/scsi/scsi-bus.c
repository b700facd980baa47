/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SCSI buses and what all SCSI devices have: addresses, unit attentions, drains, saved state. */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "hw/hotplug.h"
#include "hw/qdev-properties.h"
#include "hw/scsi/scsi.h"
#include "migration/qemu-file.h"

/* ---- who is on a bus; any thread ---- */

GPtrArray *scsi_bus_devices(SCSIBus *bus)
{
    GPtrArray *list = g_ptr_array_new_with_free_func(object_unref);

    QEMU_LOCK_GUARD(&bus->lock);
    for (guint i = 0; i < bus->devices->len; i++) {
        g_ptr_array_add(list, object_ref(g_ptr_array_index(bus->devices, i)));
    }
    return list;
}

SCSIDevice *scsi_device_get(SCSIBus *bus, int channel, int id, int lun)
{
    SCSIDevice *speaker = NULL;

    QEMU_LOCK_GUARD(&bus->lock);
    for (guint i = 0; i < bus->devices->len; i++) {
        SCSIDevice *d = g_ptr_array_index(bus->devices, i);

        if (d->channel != (uint32_t)channel || d->id != (uint32_t)id) {
            continue;
        }
        if (d->lun == (uint32_t)lun) {
            speaker = d;
            break;
        }
        speaker = speaker ? speaker : d;
    }
    if (speaker) {
        object_ref(OBJECT(speaker));
    }
    return speaker;
}

/* ---- unit attentions; any thread ---- */

/* Of several, the most far-reaching is kept (SPC-4, 5.14: a reset tells of all before it). */
static int precedence(SCSISense ua)
{
    if (ua.key != UNIT_ATTENTION) {
        return 0;
    }
    return ua.asc == 0x29 ? 3 : ua.asc == 0x28 ? 2 : 1;
}

void scsi_device_set_ua(SCSIDevice *d, SCSISense sense)
{
    QEMU_LOCK_GUARD(&d->lock);
    if (precedence(sense) > precedence(d->unit_attention)) {
        d->unit_attention = sense;
    }
}

void scsi_bus_set_ua(SCSIBus *bus, SCSISense sense)
{
    QEMU_LOCK_GUARD(&bus->lock);
    if (precedence(sense) > precedence(bus->unit_attention)) {
        bus->unit_attention = sense;
    }
}

void scsi_device_report_change(SCSIDevice *d, SCSISense sense)
{
    SCSIBus *bus = scsi_bus_from_device(d);

    scsi_device_set_ua(d, sense);
    if (bus->info->change) {
        bus->info->change(bus, d, sense);
    }
}

/* ---- the machine stops and goes on ---- */

static bool busy(SCSIDevice *d)
{
    SCSIRequest *req;

    QEMU_LOCK_GUARD(&d->lock);
    QTAILQ_FOREACH (req, &d->requests, next) {
        if (!req->kept) {
            return true;
        }
    }
    return false;
}

/* Thread of the request. */
static void restart_one(void *opaque)
{
    SCSIRequest *req = opaque;
    bool restart;

    WITH_QEMU_LOCK_GUARD(&req->dev->lock)
    {
        restart = req->kept && req->enqueued;
        req->kept = false;
    }
    if (restart) {
        req->ops->start(req);
    }
    scsi_req_unref(req);
}

static void restart_kept(SCSIDevice *d)
{
    g_autoptr(GPtrArray) kept = g_ptr_array_new();
    SCSIRequest *req;

    WITH_QEMU_LOCK_GUARD(&d->lock)
    {
        QTAILQ_FOREACH (req, &d->requests, next) {
            if (req->kept) {
                g_ptr_array_add(kept, scsi_req_ref(req));
            }
        }
    }
    for (guint i = 0; i < kept->len; i++) {
        req = g_ptr_array_index(kept, i);
        aio_bh_schedule_oneshot(req->ctx, restart_one, req);
    }
}

static void scsi_device_vm_change(void *opaque, bool running, RunState state)
{
    SCSIDevice *d = opaque;

    if (running) {
        restart_kept(d);
    } else {
        AIO_WAIT_WHILE(NULL, busy(d));
    }
}

/* ---- saved state: unit attention, and the requests that are kept ---- */

static int put_requests(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    SCSIDevice *d = pv;
    SCSIRequest *req;

    QTAILQ_FOREACH (req, &d->requests, next) {
        qemu_put_byte(f, 1);
        req->bus->info->save_request(f, req);
    }
    qemu_put_byte(f, 0);
    return 0;
}

static int get_requests(QEMUFile *f, void *pv, size_t size, const VMStateField *field)
{
    SCSIDevice *d = pv;
    SCSIBus *bus = scsi_bus_from_device(d);
    uint8_t more;

    while ((more = qemu_get_byte(f))) {
        if (more != 1 || !bus->info->load_request || !bus->info->load_request(f, d)) {
            return -EINVAL;
        }
    }
    return 0;
}

static bool has_savable_requests(void *opaque, int version_id)
{
    return scsi_bus_from_device(opaque)->info->save_request;
}

static const VMStateInfo vmstate_info_requests = {
    .name = "scsi requests",
    .get = get_requests,
    .put = put_requests,
};

const VMStateDescription vmstate_scsi_device = {
    .name = "SCSIDevice",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(unit_attention.key, SCSIDevice),
            VMSTATE_UINT8(unit_attention.asc, SCSIDevice),
            VMSTATE_UINT8(unit_attention.ascq, SCSIDevice),
            {.name = "requests",
             .size = sizeof(SCSIDevice),
             .info = &vmstate_info_requests,
             .field_exists = has_savable_requests,
             .flags = VMS_SINGLE},
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- addresses ---- */

static SCSIDevice *at_address(SCSIBus *bus, uint32_t channel, uint32_t id, uint32_t lun)
{
    BusChild *kid;

    QTAILQ_FOREACH (kid, &BUS(bus)->children, sibling) {
        SCSIDevice *d = SCSI_DEVICE(kid->child);

        if (d->qdev.realized && d->channel == channel && d->id == id && d->lun == lun) {
            return d;
        }
    }
    return NULL;
}

static bool choose_address(SCSIDevice *d, SCSIBus *bus, Error **errp)
{
    const SCSIBusInfo *info = bus->info;
    SCSIDevice *other;

    if (d->channel > (uint32_t)info->max_channel) {
        error_setg(errp, "channel=%u: the bus has channels 0 to %d", d->channel, info->max_channel);
        return false;
    }
    if (d->id != UINT32_MAX && d->id > (uint32_t)info->max_target) {
        error_setg(errp, "scsi-id=%u: the bus has 0 to %d", d->id, info->max_target);
        return false;
    }
    if (d->lun != UINT32_MAX && d->lun > (uint32_t)info->max_lun) {
        error_setg(errp, "lun=%u: the bus has 0 to %d", d->lun, info->max_lun);
        return false;
    }
    if (d->id == UINT32_MAX) {
        d->lun = d->lun == UINT32_MAX ? 0 : d->lun;
        for (d->id = 0; d->id <= (uint32_t)info->max_target; d->id++) {
            if (!at_address(bus, d->channel, d->id, d->lun)) {
                return true;
            }
        }
        error_setg(errp, "no free target: give scsi-id= and another lun=");
        return false;
    }
    if (d->lun == UINT32_MAX) {
        for (d->lun = 0; d->lun <= (uint32_t)info->max_lun; d->lun++) {
            if (!at_address(bus, d->channel, d->id, d->lun)) {
                return true;
            }
        }
        error_setg(errp, "no free lun of scsi-id=%u", d->id);
        return false;
    }
    other = at_address(bus, d->channel, d->id, d->lun);
    if (other) {
        error_setg(errp, "lun=%u of scsi-id=%u is already used by '%s'", d->lun, d->id,
                   other->qdev.id ? other->qdev.id : object_get_typename(OBJECT(other)));
        return false;
    }
    return true;
}

/* ---- device ---- */

static void scsi_device_realize(DeviceState *dev, Error **errp)
{
    SCSIDevice *d = SCSI_DEVICE(dev);
    SCSIBus *bus = scsi_bus_from_device(d);
    SCSIDeviceClass *k = SCSI_DEVICE_GET_CLASS(d);
    Error *err = NULL;

    if (!choose_address(d, bus, errp)) {
        return;
    }
    k->realize(d, &err);
    if (err) {
        error_propagate(errp, err);
        return;
    }
    d->vmstate_change = qemu_add_vm_change_state_handler(scsi_device_vm_change, d);
    QEMU_LOCK_GUARD(&bus->lock);
    g_ptr_array_add(bus->devices, d);
}

static void scsi_device_unrealize(DeviceState *dev)
{
    SCSIDevice *d = SCSI_DEVICE(dev);
    SCSIBus *bus = scsi_bus_from_device(d);

    WITH_QEMU_LOCK_GUARD(&bus->lock)
    {
        g_ptr_array_remove(bus->devices, d);
    }
    qemu_del_vm_change_state_handler(d->vmstate_change);
    scsi_device_purge_requests(d, SENSE_CODE(NO_SENSE));
    if (SCSI_DEVICE_GET_CLASS(d)->unrealize) {
        SCSI_DEVICE_GET_CLASS(d)->unrealize(d);
    }
}

static const Property scsi_device_properties[] = {
    DEFINE_PROP_UINT32("channel", SCSIDevice, channel, 0),
    DEFINE_PROP_UINT32("scsi-id", SCSIDevice, id, -1),
    DEFINE_PROP_UINT32("lun", SCSIDevice, lun, -1),
};

static void scsi_device_instance_init(Object *obj)
{
    SCSIDevice *d = SCSI_DEVICE(obj);

    qemu_mutex_init(&d->lock);
    QTAILQ_INIT(&d->requests);
    device_add_bootindex_property(obj, &d->conf.bootindex, "bootindex", NULL, DEVICE(d));
}

static void scsi_device_instance_finalize(Object *obj)
{
    qemu_mutex_destroy(&SCSI_DEVICE(obj)->lock);
}

static void scsi_device_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_SCSI_BUS;
    dc->realize = scsi_device_realize;
    dc->unrealize = scsi_device_unrealize;
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    device_class_set_props(dc, scsi_device_properties);
}

/* ---- bus ---- */

static char *scsi_dev_path(DeviceState *dev)
{
    SCSIDevice *d = SCSI_DEVICE(dev);
    g_autofree char *host = qdev_get_dev_path(dev->parent_bus->parent);

    return host ? g_strdup_printf("%s/%u:%u:%u", host, d->channel, d->id, d->lun)
                : g_strdup_printf("%u:%u:%u", d->channel, d->id, d->lun);
}

static char *scsi_fw_dev_path(DeviceState *dev)
{
    SCSIDevice *d = SCSI_DEVICE(dev);

    return g_strdup_printf("channel@%x/%s@%x,%x", d->channel, qdev_fw_name(dev), d->id, d->lun);
}

void scsi_bus_init(SCSIBus *bus, size_t size, DeviceState *host, const SCSIBusInfo *info,
                   const char *name)
{
    qbus_init(bus, size, TYPE_SCSI_BUS, host, name);
    bus->info = info;
}

void scsi_bus_cleanup(SCSIBus *bus)
{
    qbus_set_hotplug_handler(BUS(bus), NULL);
}

static void scsi_bus_instance_init(Object *obj)
{
    SCSIBus *bus = SCSI_BUS(obj);

    qemu_mutex_init(&bus->lock);
    bus->devices = g_ptr_array_new();
}

static void scsi_bus_instance_finalize(Object *obj)
{
    SCSIBus *bus = SCSI_BUS(obj);

    g_ptr_array_unref(bus->devices);
    qemu_mutex_destroy(&bus->lock);
}

static void scsi_bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->get_dev_path = scsi_dev_path;
    BUS_CLASS(klass)->get_fw_dev_path = scsi_fw_dev_path;
}

static const TypeInfo scsi_types[] = {
    {
        .name = TYPE_SCSI_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(SCSIBus),
        .instance_init = scsi_bus_instance_init,
        .instance_finalize = scsi_bus_instance_finalize,
        .class_init = scsi_bus_class_init,
    },
    {
        .name = TYPE_SCSI_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(SCSIDevice),
        .instance_init = scsi_device_instance_init,
        .instance_finalize = scsi_device_instance_finalize,
        .class_size = sizeof(SCSIDeviceClass),
        .class_init = scsi_device_class_init,
    },
};

DEFINE_TYPES(scsi_types)
