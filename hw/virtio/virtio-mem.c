/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory in blocks that a driver plugs and unplugs by itself (virtio 1.3, 5.15). The device says
 * how much the guest should have (requested-size), and lets it choose which blocks. A reset of the
 * machine unplugs all of them, one of the device none.
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/mem/memory-device.h"
#include "hw/numa.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio-mem.h"
#include "migration/vmstate.h"
#include "qapi/qapi-events-memory-device.h"
#include "qapi/visitor.h"
#include "qemu/bitmap.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/log.h"
#include "qemu/units.h"
#include "system/reset.h"

#define QUEUE_SIZE         128
#define MIN_BLOCK_SIZE     (1 * MiB)
#define DEFAULT_BLOCK_SIZE (2 * MiB) /* what the host's huge pages have */
/* What the driver may choose from beyond what it is asked to plug: a section of Linux or two. */
#define USABLE_EXTENT (2 * 128 * MiB)

/* Features (5.15.3). */
#define VIRTIO_MEM_F_ACPI_PXM               0
#define VIRTIO_MEM_F_UNPLUGGED_INACCESSIBLE 1
#define VIRTIO_MEM_F_PERSISTENT_SUSPEND     2

/* Configuration (5.15.4). */
#define CFG_BLOCK_SIZE     0
#define CFG_NODE_ID        8
#define CFG_ADDR           16
#define CFG_REGION_SIZE    24
#define CFG_USABLE_SIZE    32
#define CFG_PLUGGED_SIZE   40
#define CFG_REQUESTED_SIZE 48
#define CFG_SIZE           56

/* Requests and responses (5.15.6): type, padding, then what goes with it. */
#define REQ_SIZE      24
#define REQ_ADDR      8
#define REQ_NB_BLOCKS 16
#define RESP_SIZE     10
#define RESP_STATE    8

enum { REQ_PLUG, REQ_UNPLUG, REQ_UNPLUG_ALL, REQ_STATE };
enum { RESP_ACK, RESP_NACK, RESP_BUSY, RESP_ERROR };
enum { STATE_PLUGGED, STATE_UNPLUGGED, STATE_MIXED };

/* ---- sizes ---- */

/* The device that has the memory's address, and the id by which users know it. */
static DeviceState *outer_device(VirtIOMEM *vmem)
{
    return DEVICE(OBJECT(vmem)->parent);
}

static void size_changed(VirtIOMEM *vmem)
{
    DeviceState *dev = outer_device(vmem);
    g_autofree char *path = object_get_canonical_path(OBJECT(dev));

    qapi_event_send_memory_device_size_change(dev->id, vmem->plugged_size, path);
}

static void resize_usable_region(VirtIOMEM *vmem, bool may_shrink)
{
    uint64_t total = virtio_mem_region_size(vmem), size = 0;

    if (vmem->requested_size) {
        size = MIN(total, ROUND_UP(vmem->requested_size + USABLE_EXTENT, vmem->block_size));
    }
    if (may_shrink || size > vmem->usable_region_size) {
        vmem->usable_region_size = size;
    }
}

/* ---- requests ---- */

/* Is it a range of whole blocks that the driver may use? */
static bool find_range(const VirtIOMEM *vmem, const uint8_t *req, uint64_t *offset, uint64_t *size)
{
    uint64_t addr = ldq_le_p(req + REQ_ADDR);

    *size = (uint64_t)lduw_le_p(req + REQ_NB_BLOCKS) * vmem->block_size;
    *offset = addr - vmem->addr;
    return *size && addr >= vmem->addr && *offset % vmem->block_size == 0 &&
           *offset < vmem->usable_region_size && *size <= vmem->usable_region_size - *offset;
}

static uint16_t plug(VirtIOMEM *vmem, const uint8_t *req)
{
    uint64_t offset, size;

    if (!find_range(vmem, req, &offset, &size) ||
        !virtio_mem_is_plugged(vmem, offset, size, false)) {
        return RESP_ERROR;
    }
    if (vmem->plugged_size + size > vmem->requested_size) {
        return RESP_NACK;
    }
    if (virtio_mem_plug_range(vmem, offset, size) < 0) {
        return RESP_BUSY;
    }
    size_changed(vmem);
    return RESP_ACK;
}

static uint16_t unplug(VirtIOMEM *vmem, const uint8_t *req)
{
    uint64_t offset, size;

    if (!find_range(vmem, req, &offset, &size) ||
        !virtio_mem_is_plugged(vmem, offset, size, true)) {
        return RESP_ERROR;
    }
    if (virtio_mem_unplug_range(vmem, offset, size) < 0) {
        return RESP_BUSY;
    }
    size_changed(vmem);
    return RESP_ACK;
}

static uint16_t unplug_all(VirtIOMEM *vmem)
{
    bool had_some = vmem->plugged_size;

    if (had_some && virtio_mem_unplug_all(vmem) < 0) {
        return RESP_BUSY;
    }
    if (had_some) {
        size_changed(vmem);
    }
    resize_usable_region(vmem, true);
    return RESP_ACK;
}

static uint16_t state(VirtIOMEM *vmem, const uint8_t *req, uint8_t *resp)
{
    uint64_t offset, size;

    if (!find_range(vmem, req, &offset, &size)) {
        return RESP_ERROR;
    }
    stw_le_p(resp + RESP_STATE, virtio_mem_is_plugged(vmem, offset, size, true)    ? STATE_PLUGGED
                                : virtio_mem_is_plugged(vmem, offset, size, false) ? STATE_UNPLUGGED
                                                                                   : STATE_MIXED);
    return RESP_ACK;
}

static uint16_t carry_out(VirtIOMEM *vmem, const uint8_t *req, uint8_t *resp)
{
    switch (lduw_le_p(req)) {
    case REQ_PLUG:
        return plug(vmem, req);
    case REQ_UNPLUG:
        return unplug(vmem, req);
    case REQ_UNPLUG_ALL:
        return unplug_all(vmem);
    case REQ_STATE:
        return state(vmem, req, resp);
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "virtio-mem: there is no request %u\n", lduw_le_p(req));
        return RESP_ERROR;
    }
}

static void handle_request(VirtIODevice *vdev, VirtQueue *vq)
{
    VirtIOMEM *vmem = VIRTIO_MEM(vdev);
    VirtQueueElement *elem;

    while ((elem = virtqueue_pop(vq, sizeof(*elem)))) {
        uint8_t req[REQ_SIZE], resp[RESP_SIZE] = {};

        if (iov_to_buf(elem->out_sg, elem->out_num, 0, req, REQ_SIZE) < REQ_SIZE ||
            iov_size(elem->in_sg, elem->in_num) < RESP_SIZE) {
            virtio_error(vdev, "virtio-mem: request or response is too short");
            virtqueue_detach_element(vq, elem, 0);
            g_free(elem);
            return;
        }
        stw_le_p(resp, carry_out(vmem, req, resp));
        iov_from_buf(elem->in_sg, elem->in_num, 0, resp, RESP_SIZE);
        virtqueue_push(vq, elem, RESP_SIZE);
        virtio_notify(vdev, vq);
        g_free(elem);
    }
}

/* ---- what the core calls ---- */

static uint64_t virtio_mem_get_features(VirtIODevice *vdev, uint64_t features, Error **errp)
{
    VirtIOMEM *vmem = VIRTIO_MEM(vdev);
    MachineState *ms = machine_current();

    if (ms->numa_state && ms->numa_state->num_nodes) {
        virtio_add_feature(&features, VIRTIO_MEM_F_ACPI_PXM);
    }
    if (vmem->unplugged_inaccessible == ON_OFF_AUTO_ON) {
        virtio_add_feature(&features, VIRTIO_MEM_F_UNPLUGGED_INACCESSIBLE);
    }
    virtio_add_feature(&features, VIRTIO_MEM_F_PERSISTENT_SUSPEND);
    return features;
}

/* A driver that would read what is not there cannot be helped. */
static bool virtio_mem_validate_features(VirtIODevice *vdev)
{
    return VIRTIO_MEM(vdev)->unplugged_inaccessible != ON_OFF_AUTO_ON ||
           virtio_vdev_has_feature(vdev, VIRTIO_MEM_F_UNPLUGGED_INACCESSIBLE);
}

static void virtio_mem_get_config(VirtIODevice *vdev, uint8_t *config)
{
    VirtIOMEM *vmem = VIRTIO_MEM(vdev);

    memset(config, 0, CFG_SIZE);
    stq_le_p(config + CFG_BLOCK_SIZE, vmem->block_size);
    stw_le_p(config + CFG_NODE_ID, vmem->node);
    stq_le_p(config + CFG_ADDR, vmem->addr);
    stq_le_p(config + CFG_REGION_SIZE, virtio_mem_region_size(vmem));
    stq_le_p(config + CFG_USABLE_SIZE, vmem->usable_region_size);
    stq_le_p(config + CFG_PLUGGED_SIZE, vmem->plugged_size);
    stq_le_p(config + CFG_REQUESTED_SIZE, vmem->requested_size);
}

void virtio_mem_fill_device_info(const VirtIOMEM *vmem, VirtioMEMDeviceInfo *info)
{
    info->memaddr = vmem->addr;
    info->node = vmem->node;
    info->requested_size = vmem->requested_size;
    info->size = vmem->plugged_size;
    info->max_size = virtio_mem_region_size(vmem);
    info->block_size = vmem->block_size;
    info->memdev = object_get_canonical_path(OBJECT(vmem->memdev));
}

/* ---- reset of the machine, which is not that of the device ---- */

#define TYPE_VIRTIO_MEM_SYSTEM_RESET "virtio-mem-system-reset"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOMEMSystemReset, VIRTIO_MEM_SYSTEM_RESET)

struct VirtIOMEMSystemReset {
    Object parent_obj;

    ResettableState reset_state;
    VirtIOMEM *vmem;
};

static ResettableState *system_reset_state(Object *obj)
{
    return &VIRTIO_MEM_SYSTEM_RESET(obj)->reset_state;
}

/* A guest that wakes up finds what it had; what a saved state overwrites is left to it. */
static void system_reset_hold(Object *obj, ResetType type)
{
    VirtIOMEM *vmem = VIRTIO_MEM_SYSTEM_RESET(obj)->vmem;

    if (type == RESET_TYPE_COLD) {
        unplug_all(vmem);
    }
}

static void system_reset_class_init(ObjectClass *klass, const void *data)
{
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    rc->get_state = system_reset_state;
    rc->phases.hold = system_reset_hold;
}

static void register_system_reset(VirtIOMEM *vmem)
{
    vmem->system_reset = object_new(TYPE_VIRTIO_MEM_SYSTEM_RESET);
    VIRTIO_MEM_SYSTEM_RESET(vmem->system_reset)->vmem = vmem;
    qemu_register_resettable(vmem->system_reset);
}

/* ---- saved state ---- */

static int virtio_mem_post_load(void *opaque, int version_id)
{
    VirtIOMEM *vmem = opaque;
    uint64_t total = virtio_mem_region_size(vmem);

    if (vmem->requested_size > total || vmem->requested_size % vmem->block_size ||
        vmem->usable_region_size > total ||
        bitmap_count_one(vmem->plugged, vmem->num_blocks) * vmem->block_size !=
            vmem->plugged_size) {
        return -EINVAL;
    }
    return virtio_mem_region_loaded(vmem);
}

static const VMStateDescription vmstate_virtio_mem = {
    .name = "virtio-mem",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = virtio_mem_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtIOMEM),
            VMSTATE_UINT64_EQUAL(addr, VirtIOMEM, "memaddr must be the same on both sides"),
            VMSTATE_UINT64_EQUAL(block_size, VirtIOMEM, "block-size must be the same"),
            VMSTATE_INT32_EQUAL(num_blocks, VirtIOMEM, "the sizes of memdev must be the same"),
            VMSTATE_UINT64(plugged_size, VirtIOMEM),
            VMSTATE_UINT64(requested_size, VirtIOMEM),
            VMSTATE_UINT64(usable_region_size, VirtIOMEM),
            VMSTATE_BITMAP(plugged, VirtIOMEM, 0, num_blocks),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- sizes as properties ---- */

static void get_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t value = VIRTIO_MEM(obj)->plugged_size;

    visit_type_size(v, name, &value, errp);
}

static void get_requested_size(Object *obj, Visitor *v, const char *name, void *opaque,
                               Error **errp)
{
    uint64_t value = VIRTIO_MEM(obj)->requested_size;

    visit_type_size(v, name, &value, errp);
}

static bool check_requested_size(const VirtIOMEM *vmem, uint64_t size, Error **errp)
{
    if (size % vmem->block_size) {
        error_setg(errp, "requested-size=%" PRIu64 " is not a multiple of block-size=%" PRIu64,
                   size, vmem->block_size);
        return false;
    }
    if (size > virtio_mem_region_size(vmem)) {
        error_setg(errp, "requested-size=%" PRIu64 " is more than the %" PRIu64 " bytes of memdev",
                   size, virtio_mem_region_size(vmem));
        return false;
    }
    return true;
}

static void set_requested_size(Object *obj, Visitor *v, const char *name, void *opaque,
                               Error **errp)
{
    VirtIOMEM *vmem = VIRTIO_MEM(obj);
    uint64_t size;

    if (!visit_type_size(v, name, &size, errp)) {
        return;
    }
    if (!qdev_is_realized(DEVICE(obj))) {
        vmem->requested_size = size; /* realize looks at it */
        return;
    }
    if (size != vmem->requested_size && check_requested_size(vmem, size, errp)) {
        vmem->requested_size = size;
        resize_usable_region(vmem, false);
        virtio_notify_config(VIRTIO_DEVICE(vmem));
    }
}

static uint64_t default_block_size(const VirtIOMEM *vmem)
{
    return MAX(DEFAULT_BLOCK_SIZE, host_memory_backend_pagesize(vmem->memdev));
}

static void get_block_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    VirtIOMEM *vmem = VIRTIO_MEM(obj);
    uint64_t value = vmem->block_size;

    if (!value) {
        value = vmem->memdev ? default_block_size(vmem) : DEFAULT_BLOCK_SIZE;
    }
    visit_type_size(v, name, &value, errp);
}

static void set_block_size(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t value;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value < MIN_BLOCK_SIZE || !is_power_of_2(value)) {
        error_setg(errp, "block-size=%" PRIu64 ": expected a power of two from 1 MiB on", value);
        return;
    }
    VIRTIO_MEM(obj)->block_size = value;
}

/* ---- life ---- */

static const Property virtio_mem_properties[] = {
    DEFINE_PROP_UINT64("memaddr", VirtIOMEM, addr, 0),
    DEFINE_PROP_UINT32("node", VirtIOMEM, node, 0),
    DEFINE_PROP_BOOL("prealloc", VirtIOMEM, prealloc, false),
    DEFINE_PROP_LINK("memdev", VirtIOMEM, memdev, TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_ON_OFF_AUTO("unplugged-inaccessible", VirtIOMEM, unplugged_inaccessible,
                            ON_OFF_AUTO_ON),
    DEFINE_PROP_BOOL("dynamic-memslots", VirtIOMEM, dynamic_memslots, false),
};

static bool check_back_end(VirtIOMEM *vmem, Error **errp)
{
    MemoryRegion *mr = host_memory_backend_find_unused(vmem->memdev, errp);

    if (mr && memory_region_is_rom(mr)) {
        error_setg(errp, "memdev=%s can only be read",
                   object_get_canonical_path_component(OBJECT(vmem->memdev)));
        return false;
    }
    return mr;
}

static bool check_blocks(VirtIOMEM *vmem, Error **errp)
{
    uint64_t page = host_memory_backend_pagesize(vmem->memdev);

    if (!vmem->block_size) {
        vmem->block_size = default_block_size(vmem);
    }
    if (vmem->block_size < page) {
        error_setg(errp, "block-size=%" PRIu64 " is smaller than the pages of memdev, %" PRIu64,
                   vmem->block_size, page);
        return false;
    }
    if (virtio_mem_region_size(vmem) % vmem->block_size || vmem->addr % vmem->block_size) {
        error_setg(errp,
                   "memdev= has %" PRIu64 " bytes and memaddr= is 0x%" PRIx64
                   ": expected multiples of block-size=%" PRIu64,
                   virtio_mem_region_size(vmem), vmem->addr, vmem->block_size);
        return false;
    }
    return check_requested_size(vmem, vmem->requested_size, errp);
}

static bool check_config(VirtIOMEM *vmem, Error **errp)
{
    MachineState *ms = machine_current();
    int nodes = ms->numa_state ? ms->numa_state->num_nodes : 0;

    if (!object_dynamic_cast(OBJECT(vmem)->parent, TYPE_MEMORY_DEVICE)) {
        error_setg(errp, "virtio-mem by itself has no address; virtio-mem-pci has");
        return false;
    }
    if (vmem->node >= MAX(nodes, 1)) {
        error_setg(errp, "node=%u: the machine has %d NUMA nodes", vmem->node, nodes);
        return false;
    }
    if (!check_back_end(vmem, errp)) {
        return false;
    }
    if (vmem->unplugged_inaccessible == ON_OFF_AUTO_AUTO) {
        /* Reading what is not there takes no memory where all such pages are one. */
        bool one_page = !vmem->dynamic_memslots &&
                        memory_region_get_fd(host_memory_backend_get_memory(vmem->memdev)) < 0;
        vmem->unplugged_inaccessible = one_page ? ON_OFF_AUTO_OFF : ON_OFF_AUTO_ON;
    }
    if (vmem->dynamic_memslots && vmem->unplugged_inaccessible == ON_OFF_AUTO_OFF) {
        error_setg(errp, "dynamic-memslots=on hides unplugged memory: it needs "
                         "unplugged-inaccessible=on");
        return false;
    }
    return check_blocks(vmem, errp);
}

static void virtio_mem_realize(DeviceState *dev, Error **errp)
{
    VirtIOMEM *vmem = VIRTIO_MEM(dev);

    if (!check_config(vmem, errp) || !virtio_mem_region_init(vmem, errp)) {
        return;
    }
    resize_usable_region(vmem, true);
    virtio_init(VIRTIO_DEVICE(dev), VIRTIO_ID_MEM, CFG_SIZE);
    vmem->vq = virtio_add_queue(VIRTIO_DEVICE(dev), QUEUE_SIZE, handle_request);
    register_system_reset(vmem);
}

static void virtio_mem_unrealize(DeviceState *dev)
{
    VirtIOMEM *vmem = VIRTIO_MEM(dev);

    qemu_unregister_resettable(vmem->system_reset);
    object_unref(vmem->system_reset);
    virtio_cleanup(VIRTIO_DEVICE(dev));
    virtio_mem_region_cleanup(vmem);
}

static void virtio_mem_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vdc = VIRTIO_DEVICE_CLASS(klass);

    dc->vmsd = &vmstate_virtio_mem;
    device_class_set_props(dc, virtio_mem_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
    object_class_property_add(klass, "size", "size", get_size, NULL, NULL, NULL);
    object_class_property_add(klass, "requested-size", "size", get_requested_size,
                              set_requested_size, NULL, NULL)
        ->live = true;
    object_class_property_add(klass, "block-size", "size", get_block_size, set_block_size, NULL,
                              NULL);
    vdc->modern_only = true;
    vdc->realize = virtio_mem_realize;
    vdc->unrealize = virtio_mem_unrealize;
    vdc->get_features = virtio_mem_get_features;
    vdc->validate_features = virtio_mem_validate_features;
    vdc->get_config = virtio_mem_get_config;
}

static const TypeInfo virtio_mem_types[] = {
    {
        .name = TYPE_VIRTIO_MEM,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtIOMEM),
        .class_init = virtio_mem_class_init,
    },
    {
        .name = TYPE_VIRTIO_MEM_SYSTEM_RESET,
        .parent = TYPE_OBJECT,
        .instance_size = sizeof(VirtIOMEMSystemReset),
        .class_init = system_reset_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_RESETTABLE_INTERFACE}, {}},
    },
};

DEFINE_TYPES(virtio_mem_types)
