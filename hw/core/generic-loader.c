/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -device loader: at each reset of the machine, a file or a number goes into memory, or a CPU is
 * told where to begin. The three forms are described in docs/system/direct-boot.md.
 */
#include "qemu/osdep.h"
#include "exec/address-space.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "hw/core/loader-image.h"
#include "qemu/bswap.h"
#include "hw/qdev-properties.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "system/reset.h"
#include "system/runstate.h"

#define TYPE_GENERIC_LOADER "loader"
OBJECT_DECLARE_SIMPLE_TYPE(GenericLoaderState, GENERIC_LOADER)

#define CPU_NONE UINT32_MAX

struct GenericLoaderState {
    DeviceState parent_obj;

    /* configuration */
    uint64_t addr, data;
    uint8_t data_len;
    uint32_t cpu_num;
    char *file;
    bool force_raw, data_be;

    /* what it comes to, fixed once realized */
    LoaderImage *image;
    bool set_pc;
    uint64_t pc;
};

/* ---- reset ---- */

/* As with data: into memory and ROM, and not into registers that may lie there. */
static bool write_zeros(AddressSpace *as, hwaddr addr, uint64_t size)
{
    static const uint8_t zeros[64 * KiB];
    uint64_t step;

    for (; size; addr += step, size -= step) {
        step = MIN(size, sizeof(zeros));
        if (address_space_write_rom(as, addr, MEMTXATTRS_UNSPECIFIED, zeros, step) != MEMTX_OK) {
            return false;
        }
    }
    return true;
}

static bool write_segment(AddressSpace *as, const LoaderSegment *segment)
{
    return address_space_write_rom(as, segment->addr, MEMTXATTRS_UNSPECIFIED, segment->data,
                                   segment->size) == MEMTX_OK &&
           write_zeros(as, segment->addr + segment->size, segment->mem_size - segment->size);
}

/* Whose view of memory it is; NULL: the machine's, also when the CPU has been unplugged. */
static CPUState *loader_cpu(GenericLoaderState *s)
{
    return s->cpu_num == CPU_NONE ? NULL : qemu_get_cpu(s->cpu_num);
}

static void write_memory(GenericLoaderState *s)
{
    CPUState *cpu = loader_cpu(s);
    AddressSpace *as = cpu ? cpu->as : &address_space_memory;
    uint8_t bytes[8];

    if (s->data_len) {
        if (s->data_be) {
            stq_be_p(bytes, s->data << (64 - 8 * s->data_len));
        } else {
            stq_le_p(bytes, s->data);
        }
        address_space_write_rom(as, s->addr, MEMTXATTRS_UNSPECIFIED, bytes, s->data_len);
    }
    for (guint i = 0; s->image && i < s->image->segments->len; i++) {
        const LoaderSegment *segment = &g_array_index(s->image->segments, LoaderSegment, i);

        if (!write_segment(as, segment)) {
            warn_report("loader: file '%s': no memory for the %" PRIu64 " bytes at 0x%" HWADDR_PRIx,
                        s->file, segment->mem_size, segment->addr);
        }
    }
}

/* The last phase: memory and CPUs have had their reset. */
static void loader_reset_exit(Object *obj, ResetType type)
{
    GenericLoaderState *s = GENERIC_LOADER(obj);
    CPUState *cpu = loader_cpu(s);

    /* Memory that comes from elsewhere, or has kept what it had, is left alone. */
    if (type != RESET_TYPE_COLD || runstate_check(RUN_STATE_INMIGRATE)) {
        return;
    }
    write_memory(s);
    if (s->set_pc && cpu) {
        cpu_set_pc(cpu, s->pc);
    }
}

/* ---- configuration ---- */

static const Property loader_properties[] = {
    DEFINE_PROP_UINT64("addr", GenericLoaderState, addr, 0),
    DEFINE_PROP_UINT64("data", GenericLoaderState, data, 0),
    DEFINE_PROP_UINT8("data-len", GenericLoaderState, data_len, 0),
    DEFINE_PROP_BOOL("data-be", GenericLoaderState, data_be, false),
    DEFINE_PROP_UINT32("cpu-num", GenericLoaderState, cpu_num, CPU_NONE),
    DEFINE_PROP_BOOL("force-raw", GenericLoaderState, force_raw, false),
    DEFINE_PROP_STRING("file", GenericLoaderState, file),
};

static bool check_cpu(GenericLoaderState *s, Error **errp)
{
    if (s->cpu_num != CPU_NONE && !loader_cpu(s)) {
        error_setg(errp, "cpu-num=%u: the machine has no such CPU; -smp says how many", s->cpu_num);
        return false;
    }
    return true;
}

static bool check_data(GenericLoaderState *s, Error **errp)
{
    if (s->file || s->force_raw) {
        error_setg(errp, "%s: data= and data-len= are for a number, without a file",
                   s->file ? "file=" : "force-raw=on");
        return false;
    }
    if (!s->data_len || s->data_len > 8) {
        error_setg(errp, "data-len=%u: expected the 1 to 8 bytes that data= has", s->data_len);
        return false;
    }
    return true;
}

static bool read_file(GenericLoaderState *s, Error **errp)
{
    s->image = loader_image_read(s->file, MACHINE(qdev_get_machine())->maxram_size, s->force_raw,
                                 s->addr, errp);
    if (!s->image) {
        return false;
    }
    /* The CPU that is named begins there, too. */
    s->set_pc = s->cpu_num != CPU_NONE;
    s->pc = s->image->has_entry ? s->image->entry : s->addr;
    return true;
}

static bool configure(GenericLoaderState *s, Error **errp)
{
    if (s->data || s->data_len || s->data_be) {
        return check_data(s, errp);
    }
    if (s->file) {
        return read_file(s, errp);
    }
    if (s->cpu_num != CPU_NONE && s->addr && !s->force_raw) {
        s->set_pc = true;
        s->pc = s->addr;
        return true;
    }
    error_setg(errp, "nothing to load: expected file=, or addr=, data= and data-len=, or addr= and "
                     "cpu-num=");
    return false;
}

static void loader_realize(DeviceState *dev, Error **errp)
{
    GenericLoaderState *s = GENERIC_LOADER(dev);

    if (check_cpu(s, errp) && configure(s, errp)) {
        qemu_register_resettable(OBJECT(dev)); /* it is on no bus whose reset would reach it */
    }
}

static void loader_unrealize(DeviceState *dev)
{
    GenericLoaderState *s = GENERIC_LOADER(dev);

    qemu_unregister_resettable(OBJECT(dev));
    g_clear_pointer(&s->image, loader_image_free);
}

static void loader_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = loader_realize;
    dc->unrealize = loader_unrealize;
    dc->desc = "Generic Loader";
    dc->hotpluggable = false; /* what it does happens as the machine is reset */
    RESETTABLE_CLASS(klass)->phases.exit = loader_reset_exit;
    device_class_set_props(dc, loader_properties);
    device_class_set_category(dc, DEVICE_CATEGORY_MISC);
}

static const TypeInfo loader_types[] = {
    {
        .name = TYPE_GENERIC_LOADER,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(GenericLoaderState),
        .class_init = loader_class_init,
    },
};

DEFINE_TYPES(loader_types)
