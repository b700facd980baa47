/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Firmware configuration device (fw_cfg).
 *
 * A selector port chooses an item, a data port reads it byte by byte; a DMA
 * port takes the big-endian address of a command {control, length, address}.
 * Items from FW_CFG_FILE_FIRST on are listed by name in the file directory.
 * The interface is described in the Linux kernel's
 * Documentation/devicetree/bindings/firmware/qemu,fw-cfg-mmio.txt and
 * drivers/firmware/qemu_fw_cfg.c users.
 */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/dma.h"
#include "system/runstate.h"

#define FW_CFG_ENTRY_MASK    0x3fff
#define FW_CFG_WRITE_CHANNEL 0x4000
#define FW_CFG_CTL_SIZE      2

/* Bits of the DMA command's control word */
#define FW_CFG_DMA_CTL_ERROR  0x01
#define FW_CFG_DMA_CTL_READ   0x02
#define FW_CFG_DMA_CTL_SKIP   0x04
#define FW_CFG_DMA_CTL_SELECT 0x08
#define FW_CFG_DMA_CTL_WRITE  0x10

#define FW_CFG_VERSION        0x01
#define FW_CFG_VERSION_DMA    0x02
#define FW_CFG_DMA_SIGNATURE  0x51454d5520434647ull /* "QEMU CFG" */

typedef struct FWCfgEntry {
    uint8_t *data;
    uint32_t len;
    bool allow_write;
    void *callback_opaque;
    FWCfgCallback *select_cb, *write_cb;
} FWCfgEntry;

/* As the guest reads it: big-endian. */
typedef struct FWCfgFile {
    uint32_t size;
    uint16_t select;
    uint16_t reserved;
    char name[FW_CFG_MAX_FILE_PATH];
} FWCfgFile;

typedef struct QEMU_PACKED FWCfgFiles {
    uint32_t count;
    FWCfgFile f[];
} FWCfgFiles;

typedef struct QEMU_PACKED FWCfgDmaAccess {
    uint32_t control;
    uint32_t length;
    uint64_t address;
} FWCfgDmaAccess;

struct FWCfgState {
    SysBusDevice parent_obj;

    /* configuration */
    uint16_t file_slots;
    bool dma_enabled;

    /* wiring */
    FWCfgEntry *entries[2]; /* generic, and FW_CFG_ARCH_LOCAL */
    FWCfgFiles *files;
    AddressSpace *dma_as;
    MemoryRegion comb_iomem, dma_iomem;
    QEMUBH *zeros_bh;
    VMChangeStateEntry *run_state;

    /* state */
    uint16_t cur_entry;
    uint32_t cur_offset;
    uint64_t dma_addr;
    uint64_t zeros_command, zeros_target; /* a command that is not done yet */
    uint32_t zeros_left;
};

OBJECT_DECLARE_SIMPLE_TYPE(FWCfgIoState, FW_CFG_IO)
struct FWCfgIoState {
    FWCfgState parent_obj;
};

/* ---- logic ---- */

static uint32_t max_entry(const FWCfgState *s)
{
    return FW_CFG_FILE_FIRST + s->file_slots;
}

static FWCfgEntry *entry_of(FWCfgState *s, uint16_t key)
{
    int arch = !!(key & FW_CFG_ARCH_LOCAL);
    uint16_t index = key & FW_CFG_ENTRY_MASK;

    return key == FW_CFG_INVALID || index >= max_entry(s) ? NULL : &s->entries[arch][index];
}

static bool fw_cfg_select(FWCfgState *s, uint16_t key)
{
    FWCfgEntry *e;

    s->cur_offset = 0;
    s->cur_entry = (key & FW_CFG_ENTRY_MASK) >= max_entry(s) ? FW_CFG_INVALID : key;
    e = entry_of(s, s->cur_entry);
    if (e && e->select_cb) {
        e->select_cb(e->callback_opaque);
    }
    return e != NULL;
}

/* The next @size bytes, first byte highest; zeros behind the end. */
static uint64_t read_data(FWCfgState *s, unsigned size)
{
    FWCfgEntry *e = entry_of(s, s->cur_entry);
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        uint8_t byte = 0;
        if (e && e->data && s->cur_offset < e->len) {
            byte = e->data[s->cur_offset++];
        }
        value = value << 8 | byte;
    }
    return value;
}

#define ZEROS_PIECE (1024u * 1024)

/* One piece of a DMA command; false sets its error bit. */
static bool dma_piece(FWCfgState *s, FWCfgEntry *e, uint32_t control, dma_addr_t addr, uint32_t len)
{
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;

    if (control & FW_CFG_DMA_CTL_READ) {
        return dma_memory_write(s->dma_as, addr, e->data + s->cur_offset, len, attrs) == MEMTX_OK;
    }
    if (control & FW_CFG_DMA_CTL_WRITE) {
        if (!e->allow_write ||
            dma_memory_read(s->dma_as, addr, e->data + s->cur_offset, len, attrs) != MEMTX_OK) {
            return false;
        }
        if (e->write_cb) {
            e->write_cb(e->callback_opaque);
        }
    }
    return true; /* skip */
}

static void dma_end(FWCfgState *s, dma_addr_t command, uint32_t result)
{
    stl_be_dma(s->dma_as, command + offsetof(FWCfgDmaAccess, control), result,
               MEMTXATTRS_UNSPECIFIED);
}

static void zeros_end(FWCfgState *s, uint32_t result)
{
    s->zeros_left = 0;
    dma_end(s, s->zeros_command, result);
}

/*
 * Zeros behind the end of an item. A guest may ask for 4 GiB of them anywhere: what is no
 * memory ends it, and the big lock is given up after each piece. The command's control word
 * is not 0 until all is done, which drivers wait for.
 */
static void zeros_piece(void *opaque)
{
    FWCfgState *s = opaque;
    uint32_t len = MIN(s->zeros_left, ZEROS_PIECE);

    /* A machine that stands still is being saved: its memory does not change. */
    if (!len || !runstate_is_running()) {
        return;
    }
    if (dma_memory_set(s->dma_as, s->zeros_target, 0, len, MEMTXATTRS_UNSPECIFIED) != MEMTX_OK) {
        zeros_end(s, FW_CFG_DMA_CTL_ERROR);
        return;
    }
    s->zeros_target += len;
    s->zeros_left -= len;
    if (s->zeros_left) {
        qemu_bh_schedule(s->zeros_bh);
    } else {
        zeros_end(s, 0);
    }
}

static void on_run_state(void *opaque, bool running, RunState state)
{
    FWCfgState *s = opaque;

    if (running && s->zeros_left) {
        qemu_bh_schedule(s->zeros_bh);
    }
}

static void dma_zeros(FWCfgState *s, dma_addr_t command, uint64_t target, uint32_t length)
{
    s->zeros_command = command;
    s->zeros_target = target;
    s->zeros_left = length;
    zeros_piece(s);
}

static void dma_transfer(FWCfgState *s)
{
    MemTxAttrs attrs = MEMTXATTRS_UNSPECIFIED;
    dma_addr_t addr = s->dma_addr;
    FWCfgDmaAccess dma;
    FWCfgEntry *e;
    uint32_t control, length;
    uint64_t target;

    s->dma_addr = 0;
    if (s->zeros_left) {
        /* The guest did not wait for the end of its last command. */
        zeros_end(s, FW_CFG_DMA_CTL_ERROR);
    }
    if (dma_memory_read(s->dma_as, addr, &dma, sizeof(dma), attrs) != MEMTX_OK) {
        dma_end(s, addr, FW_CFG_DMA_CTL_ERROR);
        return;
    }
    control = be32_to_cpu(dma.control);
    length = be32_to_cpu(dma.length);
    target = be64_to_cpu(dma.address);

    if (control & FW_CFG_DMA_CTL_SELECT) {
        fw_cfg_select(s, control >> 16);
    }
    e = entry_of(s, s->cur_entry);
    if (!(control & (FW_CFG_DMA_CTL_READ | FW_CFG_DMA_CTL_WRITE | FW_CFG_DMA_CTL_SKIP))) {
        length = 0;
    }
    control &= ~FW_CFG_DMA_CTL_SELECT;
    dma.control = 0;
    if (length && e && e->data && s->cur_offset < e->len) {
        uint32_t len = MIN(length, e->len - s->cur_offset);
        if (!dma_piece(s, e, control, target, len)) {
            dma.control = FW_CFG_DMA_CTL_ERROR;
        }
        s->cur_offset += len;
        target += len;
        length -= len;
    }
    /* Behind the end there are zeros to read, and nothing to write. */
    if (length && (control & FW_CFG_DMA_CTL_READ) && !dma.control) {
        dma_zeros(s, addr, target, length);
        return;
    }
    if (length && (control & FW_CFG_DMA_CTL_WRITE)) {
        dma.control = FW_CFG_DMA_CTL_ERROR;
    }
    dma_end(s, addr, dma.control);
}

/* ---- registers ---- */

static uint64_t comb_read(void *opaque, hwaddr addr, unsigned size)
{
    return read_data(opaque, size);
}

static void comb_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (size == 2) {
        fw_cfg_select(opaque, value);
    }
    /* Writing data through the port went away when items became read-only. */
}

static bool comb_valid(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs)
{
    return size == 1 || (is_write && size == 2 && addr == 0);
}

static const MemoryRegionOps comb_ops = {
    .read = comb_read,
    .write = comb_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid.accepts = comb_valid,
};

static uint64_t dma_read(void *opaque, hwaddr addr, unsigned size)
{
    return extract64(FW_CFG_DMA_SIGNATURE, (8 - addr - size) * 8, size * 8);
}

static void dma_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    FWCfgState *s = opaque;

    if (size == 4 && addr == 0) {
        s->dma_addr = value << 32;
    } else if (size == 4 && addr == 4) {
        s->dma_addr |= value;
        dma_transfer(s);
    } else if (size == 8 && addr == 0) {
        s->dma_addr = value;
        dma_transfer(s);
    }
}

static bool dma_valid(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs)
{
    return !is_write || (size == 4 && (addr == 0 || addr == 4)) || (size == 8 && addr == 0);
}

static const MemoryRegionOps dma_ops = {
    .read = dma_read,
    .write = dma_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid.accepts = dma_valid,
    .valid.max_access_size = 8,
    .impl.max_access_size = 8,
};

/* ---- adding items ---- */

static void set_entry(FWCfgState *s, uint16_t key, FWCfgEntry entry)
{
    FWCfgEntry *e = entry_of(s, key);

    g_assert(e && entry.len < UINT32_MAX); /* keys and sizes come from our own code */
    *e = entry;
}

void fw_cfg_add_bytes(FWCfgState *s, uint16_t key, void *data, size_t len)
{
    set_entry(s, key, (FWCfgEntry){.data = data, .len = len});
}

void fw_cfg_add_string(FWCfgState *s, uint16_t key, const char *value)
{
    fw_cfg_add_bytes(s, key, g_strdup(value), strlen(value) + 1);
}

void fw_cfg_add_i16(FWCfgState *s, uint16_t key, uint16_t value)
{
    value = cpu_to_le16(value);
    fw_cfg_add_bytes(s, key, g_memdup2(&value, sizeof(value)), sizeof(value));
}

void fw_cfg_modify_i16(FWCfgState *s, uint16_t key, uint16_t value)
{
    g_free(entry_of(s, key)->data);
    fw_cfg_add_i16(s, key, value);
}

void fw_cfg_add_i32(FWCfgState *s, uint16_t key, uint32_t value)
{
    value = cpu_to_le32(value);
    fw_cfg_add_bytes(s, key, g_memdup2(&value, sizeof(value)), sizeof(value));
}

void fw_cfg_add_i64(FWCfgState *s, uint16_t key, uint64_t value)
{
    value = cpu_to_le64(value);
    fw_cfg_add_bytes(s, key, g_memdup2(&value, sizeof(value)), sizeof(value));
}

static int find_file(FWCfgState *s, const char *filename)
{
    uint32_t count = be32_to_cpu(s->files->count);

    for (uint32_t i = 0; i < count; i++) {
        if (!strcmp(s->files->f[i].name, filename)) {
            return i;
        }
    }
    return -1;
}

bool fw_cfg_add_file_callback(FWCfgState *s, const char *filename, FWCfgCallback *select,
                              FWCfgCallback *write_cb, void *opaque, void *data, size_t len,
                              bool read_only, Error **errp)
{
    uint32_t count = be32_to_cpu(s->files->count), index;

    if (!filename[0] || strlen(filename) >= FW_CFG_MAX_FILE_PATH) {
        error_setg(errp, "fw_cfg file name '%s' has not 1 to %d characters", filename,
                   FW_CFG_MAX_FILE_PATH - 1);
        return false;
    }
    if (find_file(s, filename) >= 0) {
        error_setg(errp, "fw_cfg file '%s' exists already", filename);
        return false;
    }
    if (count >= s->file_slots) {
        error_setg(errp, "no fw_cfg slot is left for '%s' (there are %u)", filename, s->file_slots);
        return false;
    }
    /* Sorted by name, so that selectors do not depend on the order of creation. */
    for (index = count; index > 0 && strcmp(filename, s->files->f[index - 1].name) < 0; index--) {
        s->files->f[index] = s->files->f[index - 1];
        s->files->f[index].select = cpu_to_be16(FW_CFG_FILE_FIRST + index);
        s->entries[0][FW_CFG_FILE_FIRST + index] = s->entries[0][FW_CFG_FILE_FIRST + index - 1];
    }
    memset(&s->files->f[index], 0, sizeof(s->files->f[index]));
    memset(&s->entries[0][FW_CFG_FILE_FIRST + index], 0, sizeof(FWCfgEntry));
    g_strlcpy(s->files->f[index].name, filename, FW_CFG_MAX_FILE_PATH);
    s->files->f[index].size = cpu_to_be32(len);
    s->files->f[index].select = cpu_to_be16(FW_CFG_FILE_FIRST + index);
    s->files->count = cpu_to_be32(count + 1);
    set_entry(s, FW_CFG_FILE_FIRST + index,
              (FWCfgEntry){.data = data,
                           .len = len,
                           .allow_write = !read_only,
                           .callback_opaque = opaque,
                           .select_cb = select,
                           .write_cb = write_cb});
    return true;
}

bool fw_cfg_add_file(FWCfgState *s, const char *filename, void *data, size_t len, Error **errp)
{
    return fw_cfg_add_file_callback(s, filename, NULL, NULL, NULL, data, len, true, errp);
}

void *fw_cfg_modify_file(FWCfgState *s, const char *filename, void *data, size_t len)
{
    int index = find_file(s, filename);
    FWCfgEntry *e;
    void *old;

    if (index < 0) {
        fw_cfg_add_file(s, filename, data, len, &error_abort);
        return NULL;
    }
    e = &s->entries[0][FW_CFG_FILE_FIRST + index];
    old = e->data;
    e->data = data;
    e->len = len;
    s->files->f[index].size = cpu_to_be32(len);
    return old;
}

/* ---- reset and saved state ---- */

static void fw_cfg_reset_hold(Object *obj, ResetType type)
{
    FWCfgState *s = FW_CFG(obj);

    fw_cfg_select(s, FW_CFG_SIGNATURE);
    s->dma_addr = 0;
    s->zeros_left = 0;
}

static bool cur_entry_valid(void *opaque, int version_id)
{
    FWCfgState *s = opaque;

    return s->cur_entry == FW_CFG_INVALID || ((s->cur_entry & FW_CFG_ENTRY_MASK) < max_entry(s));
}

static const VMStateDescription vmstate_fw_cfg = {
    .name = "fw_cfg",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16(cur_entry, FWCfgState),
            VMSTATE_UINT32(cur_offset, FWCfgState),
            VMSTATE_UINT64(dma_addr, FWCfgState),
            VMSTATE_UINT64(zeros_command, FWCfgState),
            VMSTATE_UINT64(zeros_target, FWCfgState),
            VMSTATE_UINT32(zeros_left, FWCfgState),
            VMSTATE_VALIDATE("selected fw_cfg item exists", cur_entry_valid),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- realize ---- */

static void fw_cfg_realize(DeviceState *dev, Error **errp)
{
    FWCfgState *s = FW_CFG(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    if (s->file_slots < 0x10 || s->file_slots > FW_CFG_ENTRY_MASK - FW_CFG_FILE_FIRST) {
        error_setg(errp, "x-file-slots=%u is not between 16 and %u", s->file_slots,
                   FW_CFG_ENTRY_MASK - FW_CFG_FILE_FIRST);
        return;
    }
    for (int i = 0; i < 2; i++) {
        s->entries[i] = g_new0(FWCfgEntry, max_entry(s));
    }
    s->files = g_malloc0(sizeof(FWCfgFiles) + s->file_slots * sizeof(FWCfgFile));

    s->zeros_bh = qemu_bh_new_guarded(zeros_piece, s, &dev->mem_reentrancy_guard);
    s->run_state = qemu_add_vm_change_state_handler(on_run_state, s);
    fw_cfg_add_bytes(s, FW_CFG_SIGNATURE, (char *)"QEMU", 4);
    fw_cfg_add_i32(s, FW_CFG_ID, FW_CFG_VERSION | (s->dma_enabled ? FW_CFG_VERSION_DMA : 0));
    fw_cfg_add_bytes(s, FW_CFG_FILE_DIR, s->files,
                     sizeof(FWCfgFiles) + s->file_slots * sizeof(FWCfgFile));

    memory_region_init_io(&s->comb_iomem, OBJECT(s), &comb_ops, s, "fwcfg", FW_CFG_CTL_SIZE);
    sysbus_init_mmio(sbd, &s->comb_iomem);
    memory_region_init_io(&s->dma_iomem, OBJECT(s), &dma_ops, s, "fwcfg.dma", 8);
    sysbus_init_mmio(sbd, &s->dma_iomem);
}

static void fw_cfg_finalize(Object *obj)
{
    FWCfgState *s = FW_CFG(obj);

    if (s->zeros_bh) {
        qemu_del_vm_change_state_handler(s->run_state);
        qemu_bh_delete(s->zeros_bh);
    }
    g_free(s->files);
    g_free(s->entries[0]);
    g_free(s->entries[1]);
}

FWCfgState *fw_cfg_init_io_dma(uint32_t iobase, uint32_t dma_iobase, AddressSpace *dma_as)
{
    DeviceState *dev = qdev_new(TYPE_FW_CFG_IO);
    FWCfgState *s = FW_CFG(dev);

    s->dma_as = dma_as;
    object_property_add_child(qdev_get_machine(), "fw_cfg", OBJECT(dev));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    memory_region_add_subregion(get_system_io(), iobase, &s->comb_iomem);
    if (s->dma_enabled) {
        memory_region_add_subregion(get_system_io(), dma_iobase, &s->dma_iomem);
    }
    return s;
}

FWCfgState *fw_cfg_find(void)
{
    return (FWCfgState *)object_resolve_path_type("", TYPE_FW_CFG, NULL);
}

bool fw_cfg_dma_enabled(void *opaque)
{
    return ((FWCfgState *)opaque)->dma_enabled;
}

static const Property fw_cfg_props[] = {
    DEFINE_PROP_BOOL("dma_enabled", FWCfgState, dma_enabled, true),
    DEFINE_PROP_UINT16("x-file-slots", FWCfgState, file_slots, FW_CFG_FILE_SLOTS_DFLT),
};

static void fw_cfg_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = fw_cfg_realize;
    dc->vmsd = &vmstate_fw_cfg;
    dc->user_creatable = false; /* one of a machine, made by it */
    device_class_set_props(dc, fw_cfg_props);
    RESETTABLE_CLASS(klass)->phases.hold = fw_cfg_reset_hold;
}

static const TypeInfo fw_cfg_types[] = {
    {
        .name = TYPE_FW_CFG,
        .parent = TYPE_SYS_BUS_DEVICE,
        .abstract = true,
        .instance_size = sizeof(FWCfgState),
        .instance_finalize = fw_cfg_finalize,
        .class_init = fw_cfg_class_init,
    },
    {
        .name = TYPE_FW_CFG_IO,
        .parent = TYPE_FW_CFG,
        .instance_size = sizeof(FWCfgIoState),
    },
};

DEFINE_TYPES(fw_cfg_types)
