/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVM Express: a namespace (1.4, 6.1): a drive, in logical blocks. It sits on the bus of a
 * controller; where that belongs to a subsystem, the subsystem knows it and other controllers may
 * show it, too.
 */
#include "qemu/osdep.h"
#include "nvme-int.h"
#include "block/aio-wait.h"
#include "crypto/hash.h"
#include "hw/qdev-properties.h"
#include "qemu/bitops.h"

uint64_t nvme_ns_blocks(NvmeNamespace *ns)
{
    int64_t length = blk_getlength(ns->conf.blk);

    return length < 0 ? 0 : (uint64_t)length >> nvme_ns_shift(ns);
}

static void each_controller(NvmeNamespace *ns, void (*fn)(NvmeCtrl *n, NvmeNamespace *ns))
{
    if (!ns->subsys) {
        fn(ns->ctrl, ns);
        return;
    }
    for (unsigned i = 0; i < NVME_MAX_CONTROLLERS; i++) {
        if (ns->subsys->ctrls[i]) {
            fn(ns->subsys->ctrls[i], ns);
        }
    }
}

static void tell_change(NvmeCtrl *n, NvmeNamespace *ns)
{
    if (n->namespaces[ns->nsid] != ns) {
        return;
    }
    n->s.changed_ns[ns->nsid / 64] |= BIT_ULL(ns->nsid % 64);
    nvme_event(n, NVME_EVENT_NOTICE, NVME_EVENT_NAMESPACE_CHANGED, NVME_LOG_CHANGED_NAMESPACES);
}

void nvme_ns_changed(NvmeNamespace *ns)
{
    each_controller(ns, tell_change);
}

/* ---- the drive ---- */

static void ns_resize(void *opaque)
{
    nvme_ns_changed(opaque);
}

static const BlockDevOps ns_block_ops = {
    .resize_cb = ns_resize,
};

static bool choose_lba_format(NvmeNamespace *ns, Error **errp)
{
    uint32_t size = ns->conf.logical_block_size;

    if (size < 512 || size > 512u << (NVME_LBA_FORMATS - 1)) {
        error_setg(errp, "logical_block_size=%u: a namespace has blocks of 512, 1024, 2048 or 4096",
                   size);
        return false;
    }
    ns->lba_format = ctz32(size) - 9;
    return true;
}

static bool setup_drive(NvmeNamespace *ns, Error **errp)
{
    BlockConf *conf = &ns->conf;

    /* Not properties of NVMe devices: the drive's own policy counts. */
    conf->rerror = conf->werror = BLOCKDEV_ON_ERROR_AUTO;
    if (!blkconf_blocksizes(conf, errp)) {
        return false;
    }
    if (conf->discard_granularity == UINT32_MAX) {
        conf->discard_granularity = MAX(conf->logical_block_size, 4096);
    }
    if (!choose_lba_format(ns, errp) ||
        !blkconf_apply_backend_options(conf, !blk_supports_write_perm(conf->blk), true, errp)) {
        return false;
    }
    blk_set_dev_ops(conf->blk, &ns_block_ops, ns);
    blk_iostatus_enable(conf->blk);
    return true;
}

/* ---- its identifier ---- */

static bool choose_nsid(NvmeNamespace *ns, Error **errp)
{
    NvmeNamespace **taken = ns->subsys ? ns->subsys->namespaces : ns->ctrl->namespaces;

    if (ns->nsid > NVME_MAX_NAMESPACES) {
        error_setg(errp, "nsid=%u: it is 1 to %d, or 0 for the first that is free", ns->nsid,
                   NVME_MAX_NAMESPACES);
        return false;
    }
    if (ns->nsid && taken[ns->nsid]) {
        error_setg(errp, "nsid=%u is in use already", ns->nsid);
        return false;
    }
    for (uint32_t i = 1; !ns->nsid && i <= NVME_MAX_NAMESPACES; i++) {
        ns->nsid = taken[i] ? 0 : i;
    }
    if (!ns->nsid) {
        error_setg(errp, "all %d namespaces are in use", NVME_MAX_NAMESPACES);
        return false;
    }
    return true;
}

/* 16 bytes in hexadecimal, with '-' between any of them, or "auto": random ones. */
static bool parse_nguid(NvmeNamespace *ns, Error **errp)
{
    const char *at = ns->nguid_text;
    size_t n = 0;

    if (!at) {
        return true;
    }
    if (!strcmp(at, "auto")) {
        return qcrypto_random_bytes(ns->nguid, sizeof(ns->nguid), errp);
    }
    while (n < sizeof(ns->nguid) && g_ascii_isxdigit(at[0]) && g_ascii_isxdigit(at[1])) {
        ns->nguid[n++] = g_ascii_xdigit_value(at[0]) << 4 | g_ascii_xdigit_value(at[1]);
        at += at[2] == '-' && at[3] ? 3 : 2;
    }
    if (n < sizeof(ns->nguid) || *at) {
        error_setg(errp,
                   "nguid=%s: expected 16 bytes in hexadecimal, which '-' may separate, or auto",
                   ns->nguid_text);
        return false;
    }
    return true;
}

static void attach_everywhere(NvmeCtrl *n, NvmeNamespace *ns)
{
    if (!n->namespaces[ns->nsid]) {
        nvme_attach_ns(n, ns);
        tell_change(n, ns);
    }
}

bool nvme_ns_setup(NvmeNamespace *ns, Error **errp)
{
    if (!blkconf_has_drive(&ns->conf, errp)) {
        return false;
    }
    ns->subsys = ns->ctrl->subsys;
    if (!ns->subsys && ns->detached) {
        error_setg(errp, "detached=on requires that the nvme device is linked to an nvme-subsys "
                         "device with subsys=");
        return false;
    }
    ns->shared = ns->shared && ns->subsys;
    if (!parse_nguid(ns, errp) || !choose_nsid(ns, errp) || !setup_drive(ns, errp)) {
        return false;
    }
    if (!ns->eui64 && ns->eui64_default) {
        /* Locally administered, and different for each namespace of a machine. */
        ns->eui64 = 0x5254000000000000ull | ns->nsid;
    }
    if (ns->subsys) {
        ns->subsys->namespaces[ns->nsid] = ns;
    }
    if (ns->detached) {
        return true;
    }
    if (ns->shared) {
        each_controller(ns, attach_everywhere);
    } else {
        attach_everywhere(ns->ctrl, ns);
    }
    return true;
}

static void detach_from(NvmeCtrl *n, NvmeNamespace *ns)
{
    if (n->namespaces[ns->nsid] == ns) {
        tell_change(n, ns);
        nvme_detach_ns(n, ns);
        /* No new ones from here on; those that there are may know it. */
        AIO_WAIT_WHILE(qemu_get_aio_context(), n->inflight);
    }
}

void nvme_ns_cleanup(NvmeNamespace *ns)
{
    each_controller(ns, detach_from);
    blk_set_dev_ops(ns->conf.blk, NULL, NULL);
    if (ns->subsys && ns->subsys->namespaces[ns->nsid] == ns) {
        ns->subsys->namespaces[ns->nsid] = NULL;
    }
}

/* ---- the device ---- */

const VMStateDescription vmstate_nvme_ns = {
    .name = "nvme-ns",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(lba_format, NvmeNamespace),
            VMSTATE_UINT64(reads, NvmeNamespace),
            VMSTATE_UINT64(writes, NvmeNamespace),
            VMSTATE_UINT64(read_units, NvmeNamespace),
            VMSTATE_UINT64(write_units, NvmeNamespace),
            VMSTATE_END_OF_LIST(),
        },
};

static const Property nvme_ns_properties[] = {
    DEFINE_BLOCK_PROPERTIES(NvmeNamespace, conf),
    DEFINE_PROP_BOOL("detached", NvmeNamespace, detached, false),
    DEFINE_PROP_BOOL("shared", NvmeNamespace, shared, true),
    DEFINE_PROP_UINT32("nsid", NvmeNamespace, nsid, 0),
    DEFINE_PROP_UUID_NODEFAULT("uuid", NvmeNamespace, uuid),
    DEFINE_PROP_STRING("nguid", NvmeNamespace, nguid_text),
    DEFINE_PROP_UINT64("eui64", NvmeNamespace, eui64, 0),
    DEFINE_PROP_BOOL("eui64-default", NvmeNamespace, eui64_default, false),
    DEFINE_PROP_UINT16("mssrl", NvmeNamespace, mssrl, 128),
    DEFINE_PROP_UINT32("mcl", NvmeNamespace, mcl, 128),
    DEFINE_PROP_UINT8("msrc", NvmeNamespace, msrc, 127),
};

static void nvme_ns_realize(DeviceState *dev, Error **errp)
{
    NvmeNamespace *ns = NVME_NS(dev);

    ns->ctrl = NVME(qdev_get_parent_bus(dev)->parent);
    nvme_ns_setup(ns, errp);
}

static void nvme_ns_unrealize(DeviceState *dev)
{
    nvme_ns_cleanup(NVME_NS(dev));
}

static void nvme_ns_instance_init(Object *obj)
{
    NvmeNamespace *ns = NVME_NS(obj);

    device_add_bootindex_property(obj, &ns->bootindex, "bootindex", NULL, DEVICE(obj));
}

static char *nvme_bus_dev_path(DeviceState *dev)
{
    g_autofree char *parent = qdev_get_dev_path(qdev_get_parent_bus(dev)->parent);

    return g_strdup_printf("%s/namespace@%u", parent ? parent : "nvme", NVME_NS(dev)->nsid);
}

static char *nvme_bus_fw_dev_path(DeviceState *dev)
{
    return g_strdup_printf("namespace@%u,0", NVME_NS(dev)->nsid);
}

static void nvme_bus_class_init(ObjectClass *klass, const void *data)
{
    BUS_CLASS(klass)->get_fw_dev_path = nvme_bus_fw_dev_path;
    BUS_CLASS(klass)->get_dev_path = nvme_bus_dev_path;
}

static void nvme_ns_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_NVME_BUS;
    dc->realize = nvme_ns_realize;
    dc->unrealize = nvme_ns_unrealize;
    dc->vmsd = &vmstate_nvme_ns;
    dc->desc = "Virtual NVMe namespace";
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    device_class_set_props(dc, nvme_ns_properties);
}

static const TypeInfo nvme_ns_types[] = {
    {
        .name = TYPE_NVME_NS,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(NvmeNamespace),
        .instance_init = nvme_ns_instance_init,
        .class_init = nvme_ns_class_init,
    },
    {
        .name = TYPE_NVME_BUS,
        .parent = TYPE_BUS,
        .class_init = nvme_bus_class_init,
    },
};

DEFINE_TYPES(nvme_ns_types)
