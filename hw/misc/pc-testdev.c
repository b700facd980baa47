/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What test programs for processors and hypervisors need from a PC beside its
 * own devices:
 *
 *   ports e0-e3        a register of four bytes, accessed in any width
 *   ports e4-e7        a physical address: the hypervisor is to forget how it maps that page
 *   ports e8-eb        the same register, each access cut to bytes on its way here
 *   ports 2000-2017    a byte sets the level of the interrupt line with that number
 *   memory ff000000    64 KiB that keep what is written and are not RAM: instructions
 *                      that access them are emulated
 */
#include "qemu/osdep.h"
#include <sys/mman.h>
#include "exec/address-space.h"
#include "exec/address-spaces.h"
#include "exec/ram_addr.h"
#include "hw/i386/x86.h"
#include "hw/isa/isa.h"
#include "migration/vmstate.h"
#include "qemu/module.h"
#include "system/kvm.h"

#define TYPE_PC_TESTDEV "pc-testdev"
OBJECT_DECLARE_SIMPLE_TYPE(PCTestdevState, PC_TESTDEV)

#define PORT_REGISTER 0xe0
#define PORT_FLUSH    0xe4
#define PORT_BYTES    0xe8
#define PORT_IRQ      0x2000
#define IOMEM_BASE    0xff000000
#define IOMEM_SIZE    0x10000

struct PCTestdevState {
    ISADevice parent_obj;

    /* wiring */
    MemoryRegion ioport, flush, ioport_byte, irq, iomem;

    /* state */
    uint8_t reg[4];
    uint8_t mem[IOMEM_SIZE];
};

/* ---- memory that is not RAM, and the register ---- */

static uint64_t load_bytes(const uint8_t *from, unsigned len)
{
    uint64_t val = 0;

    for (unsigned i = 0; i < len; i++) {
        val |= (uint64_t)from[i] << (i * 8);
    }
    return val;
}

static void store_bytes(uint8_t *to, uint64_t val, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        to[i] = val >> (i * 8);
    }
}

/* An access of @len bytes at @addr, cut at the end of the @size bytes there are. */
static uint64_t register_read(void *opaque, hwaddr addr, unsigned len)
{
    PCTestdevState *s = opaque;

    return load_bytes(s->reg + addr, MIN(len, sizeof(s->reg) - addr));
}

static void register_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCTestdevState *s = opaque;

    store_bytes(s->reg + addr, val, MIN(len, sizeof(s->reg) - addr));
}

static uint64_t iomem_read(void *opaque, hwaddr addr, unsigned len)
{
    PCTestdevState *s = opaque;

    return load_bytes(s->mem + addr, MIN(len, IOMEM_SIZE - addr));
}

static void iomem_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    PCTestdevState *s = opaque;

    store_bytes(s->mem + addr, val, MIN(len, IOMEM_SIZE - addr));
}

static const MemoryRegionOps register_ops = {
    .read = register_read,
    .write = register_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps register_byte_ops = {
    .read = register_read,
    .write = register_write,
    .valid = {.min_access_size = 1, .max_access_size = 4},
    .impl = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

static const MemoryRegionOps iomem_ops = {
    .read = iomem_read,
    .write = iomem_write,
    .valid = {.min_access_size = 1, .max_access_size = 8, .unaligned = true},
    .impl = {.min_access_size = 1, .max_access_size = 8, .unaligned = true},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- a page that the hypervisor maps anew ---- */

static uint64_t write_only_read(void *opaque, hwaddr addr, unsigned len)
{
    return 0;
}

/*
 * KVM drops its mapping of a page whose protection changes in this process. The
 * software TLB of translated code is not second-level paging: nothing to forget.
 */
static void flush_write(void *opaque, hwaddr addr, uint64_t val, unsigned len)
{
    size_t page = qemu_real_host_page_size();
    MemoryRegionSection section;

    if (!kvm_enabled()) {
        return;
    }
    section = memory_region_find(get_system_memory(), QEMU_ALIGN_DOWN(val, page), page);
    if (!section.mr) {
        return;
    }
    if (memory_region_is_ram(section.mr) && !section.readonly &&
        !memory_region_is_ram_device(section.mr)) {
        uint8_t *host = memory_region_get_ram_ptr(section.mr) + section.offset_within_region;

        mprotect(host, page, PROT_NONE);
        mprotect(host, page, PROT_READ | PROT_WRITE);
    }
    memory_region_unref(section.mr);
}

static const MemoryRegionOps flush_ops = {
    .read = write_only_read,
    .write = flush_write,
    .valid = {.min_access_size = 4, .max_access_size = 4},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- interrupt lines ---- */

static void irq_write(void *opaque, hwaddr line, uint64_t val, unsigned len)
{
    PCTestdevState *s = opaque;
    X86MachineState *x86ms =
        (X86MachineState *)object_dynamic_cast(qdev_get_machine(), TYPE_X86_MACHINE);

    /* The lines of the machine go beyond those of the ISA bus. */
    qemu_set_irq(x86ms && x86ms->gsi ? x86ms->gsi[line]
                                     : isa_bus_get_irq(isa_bus_from_device(ISA_DEVICE(s)), line),
                 !!val);
}

static const MemoryRegionOps irq_ops = {
    .read = write_only_read,
    .write = irq_write,
    .valid = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- the device ---- */

static void pc_testdev_reset_enter(Object *obj, ResetType type)
{
    PCTestdevState *s = PC_TESTDEV(obj);

    memset(s->reg, 0, sizeof(s->reg));
    memset(s->mem, 0, sizeof(s->mem));
}

static void pc_testdev_realize(DeviceState *dev, Error **errp)
{
    PCTestdevState *s = PC_TESTDEV(dev);
    ISADevice *isa = ISA_DEVICE(dev);
    Object *obj = OBJECT(dev);

    memory_region_init_io(&s->ioport, obj, &register_ops, s, "pc-testdev-ioport", 4);
    memory_region_init_io(&s->ioport_byte, obj, &register_byte_ops, s, "pc-testdev-ioport-byte", 4);
    memory_region_init_io(&s->flush, obj, &flush_ops, s, "pc-testdev-flush-page", 4);
    memory_region_init_io(&s->irq, obj, &irq_ops, s, "pc-testdev-irq-line", GSI_NUM_PINS);
    memory_region_init_io(&s->iomem, obj, &iomem_ops, s, "pc-testdev-iomem", IOMEM_SIZE);
    isa_register_ioport(isa, &s->ioport, PORT_REGISTER);
    isa_register_ioport(isa, &s->flush, PORT_FLUSH);
    isa_register_ioport(isa, &s->ioport_byte, PORT_BYTES);
    isa_register_ioport(isa, &s->irq, PORT_IRQ);
    memory_region_add_subregion(isa_address_space(isa), IOMEM_BASE, &s->iomem);
}

static const VMStateDescription vmstate_pc_testdev = {
    .name = TYPE_PC_TESTDEV,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8_ARRAY(reg, PCTestdevState, 4),
            VMSTATE_BUFFER(mem, PCTestdevState),
            VMSTATE_END_OF_LIST(),
        },
};

static void pc_testdev_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pc_testdev_realize;
    RESETTABLE_CLASS(klass)->phases.enter = pc_testdev_reset_enter;
    dc->vmsd = &vmstate_pc_testdev;
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo pc_testdev_types[] = {
    {
        .name = TYPE_PC_TESTDEV,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PCTestdevState),
        .class_init = pc_testdev_class_init,
    },
};

DEFINE_TYPES(pc_testdev_types)
