/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that virtual machines of one host share, as a PCI function (Device Specification for
 * Inter-VM shared memory device, revision 1): BAR 0 has registers, BAR 2 the memory. Here is what
 * the kinds have in common, and ivshmem-plain, which has no interrupts: its peers look at the
 * memory, and its registers read as zeros.
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "ivshmem.h"
#include "migration/blocker.h"
#include "migration/vmstate.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "system/hostmem.h"

#define TYPE_IVSHMEM_PLAIN "ivshmem-plain"
OBJECT_DECLARE_SIMPLE_TYPE(IVShmemPlain, IVSHMEM_PLAIN)

struct IVShmemPlain {
    IVShmemState parent_obj;

    HostMemoryBackend *memdev;
};

#define IVSHMEM_DEVICE_ID 0x1110
#define IVSHMEM_REVISION  1
#define IVSHMEM_REG_BAR   0
#define IVSHMEM_MEM_BAR   2
#define IVSHMEM_REG_SIZE  0x100

/* ---- registers ---- */

/*
 * Interrupt mask and status are for revision 0; IVPosition (8) is 0 and the doorbell (12) rings
 * nowhere where there are no interrupts.
 */
static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static void regs_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 4, .max_access_size = 4},
};

/* ---- memory ---- */

bool ivshmem_show_memory(IVShmemState *s, MemoryRegion *shared, Error **errp)
{
    uint64_t size = memory_region_size(shared);

    if (!is_power_of_2(size)) {
        error_setg(errp,
                   "the shared memory has %" PRIu64 " bytes; a PCI function can show a power "
                   "of two",
                   size);
        return false;
    }
    if (s->master == ON_OFF_AUTO_ON) {
        vmstate_register_ram(shared, DEVICE(s));
    } else {
        error_setg(&s->blocker,
                   "the memory of %s is shared with others: only with master=on it goes along",
                   object_get_typename(OBJECT(s)));
        if (migrate_add_blocker(&s->blocker, errp) < 0) {
            return false;
        }
    }
    s->shared = shared;
    pci_register_bar(PCI_DEVICE(s), IVSHMEM_MEM_BAR,
                     PCI_BASE_ADDRESS_SPACE_MEMORY | PCI_BASE_ADDRESS_MEM_PREFETCH |
                         PCI_BASE_ADDRESS_MEM_TYPE_64,
                     shared);
    return true;
}

void ivshmem_hide_memory(IVShmemState *s)
{
    migrate_del_blocker(&s->blocker);
    if (s->shared && s->master == ON_OFF_AUTO_ON) {
        vmstate_unregister_ram(s->shared, DEVICE(s));
    }
    s->shared = NULL;
}

/* ---- common ---- */

static const Property ivshmem_common_properties[] = {
    DEFINE_PROP_ON_OFF_AUTO("master", IVShmemState, master, ON_OFF_AUTO_OFF),
};

void ivshmem_init_registers(IVShmemState *s, const MemoryRegionOps *ops)
{
    memory_region_init_io(&s->regs, OBJECT(s), ops, s, "ivshmem-mmio", IVSHMEM_REG_SIZE);
    pci_register_bar(PCI_DEVICE(s), IVSHMEM_REG_BAR, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->regs);
}

static const VMStateDescription vmstate_ivshmem_plain = {
    .name = TYPE_IVSHMEM_PLAIN,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj.parent_obj, IVShmemPlain),
            VMSTATE_END_OF_LIST(),
        },
};

static void ivshmem_common_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
    pc->device_id = IVSHMEM_DEVICE_ID;
    pc->revision = IVSHMEM_REVISION;
    pc->class_id = PCI_CLASS_MEMORY_RAM;
    dc->desc = "Inter-VM shared memory";
    device_class_set_props(dc, ivshmem_common_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

/* ---- ivshmem-plain ---- */

static const Property ivshmem_plain_properties[] = {
    DEFINE_PROP_LINK("memdev", IVShmemPlain, memdev, TYPE_MEMORY_BACKEND, HostMemoryBackend *),
};

static void ivshmem_plain_realize(PCIDevice *dev, Error **errp)
{
    IVShmemPlain *s = IVSHMEM_PLAIN(dev);
    MemoryRegion *mr = host_memory_backend_find_unused(s->memdev, errp);

    if (!mr) {
        return;
    }
    ivshmem_init_registers(IVSHMEM_COMMON(dev), &regs_ops);
    if (ivshmem_show_memory(IVSHMEM_COMMON(dev), mr, errp)) {
        host_memory_backend_set_mapped(s->memdev, true);
    }
}

static void ivshmem_plain_exit(PCIDevice *dev)
{
    ivshmem_hide_memory(IVSHMEM_COMMON(dev));
    host_memory_backend_set_mapped(IVSHMEM_PLAIN(dev)->memdev, false);
}

static void ivshmem_plain_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = ivshmem_plain_realize;
    pc->exit = ivshmem_plain_exit;
    dc->vmsd = &vmstate_ivshmem_plain;
    device_class_set_props(dc, ivshmem_plain_properties);
}

static const TypeInfo ivshmem_types[] = {
    {
        .name = TYPE_IVSHMEM_COMMON,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(IVShmemState),
        .abstract = true,
        .class_init = ivshmem_common_class_init,
        .interfaces = (const InterfaceInfo[]){{INTERFACE_CONVENTIONAL_PCI_DEVICE}, {}},
    },
    {
        .name = TYPE_IVSHMEM_PLAIN,
        .parent = TYPE_IVSHMEM_COMMON,
        .instance_size = sizeof(IVShmemPlain),
        .class_init = ivshmem_plain_class_init,
    },
};

DEFINE_TYPES(ivshmem_types)
