/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NOR flash with the Intel command set, as firmware of PCs uses it for its variables.
 * Specification: Common Flash Interface (JESD68.01), Intel StrataFlash J3 data sheet (commands,
 * table 4; status register, table 6).
 *
 * In array mode it reads as memory; the first byte of a command turns reads into those of
 * registers. Bytes that were programmed reach the drive when the guest could learn that they are
 * done: it leaves the command, reads the status or starts another block. All with the BQL held.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "hw/block/block.h"
#include "hw/block/flash.h"
#include "hw/qdev-properties-system.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "system/runstate.h"

/* Commands; they are accepted at any address. */
enum {
    CMD_READ_ARRAY = 0xff,
    CMD_READ_ID = 0x90,
    CMD_READ_QUERY = 0x98,
    CMD_READ_STATUS = 0x70,
    CMD_CLEAR_STATUS = 0x50,
    CMD_PROGRAM = 0x10,
    CMD_PROGRAM_ALT = 0x40,
    CMD_ERASE = 0x20,
    CMD_BUFFER = 0xe8,
    CMD_LOCK = 0x60,
    CMD_CONFIRM = 0xd0,
};

#define STATUS_READY         0x80
#define STATUS_ERASE_ERROR   0x20
#define STATUS_PROGRAM_ERROR 0x10

#define WRITE_BUFFER_BITS    11 /* 2 KiB in one command */
#define WRITE_BUFFER         (1u << WRITE_BUFFER_BITS)

struct PFlashCFI01 {
    SysBusDevice parent_obj;

    /* configuration */
    BlockBackend *blk;
    char *name;
    uint32_t nb_blocs;
    uint64_t sector_len;
    uint8_t width;
    uint16_t ident[4];
    bool secure; /* only System Management Mode may write */

    /* wiring */
    MemoryRegion mem;
    uint8_t *storage;
    uint64_t size;
    bool readonly;
    VMChangeStateEntry *vmstate_change;
    uint64_t pending_start, pending_end; /* programmed, not on the drive yet */

    /* state */
    uint8_t cmd; /* what reads show, and writes continue */
    uint8_t wcycle;
    uint8_t status;
    uint32_t counter; /* bytes that the buffer still expects */
    uint8_t buffer[WRITE_BUFFER];
    uint64_t buffer_base; /* of the block that it is for */
};

void *pflash_cfi01_get_storage(PFlashCFI01 *fl)
{
    return fl->storage;
}

/* ---- the drive ---- */

static void flush_pending(PFlashCFI01 *s)
{
    uint64_t start = QEMU_ALIGN_DOWN(s->pending_start, 512);
    uint64_t end = MIN(ROUND_UP(s->pending_end, 512), s->size);
    int ret;

    if (s->pending_start == s->pending_end) {
        return;
    }
    s->pending_start = s->pending_end = 0;
    if (!s->blk || s->readonly) {
        return;
    }
    ret = blk_pwrite(s->blk, start, end - start, s->storage + start, 0);
    if (ret < 0) {
        s->status |= STATUS_PROGRAM_ERROR;
        error_report("flash '%s': can't write to its drive: %s", s->name, strerror(-ret));
    }
}

/* One piece; bytes between old and new ones are written again as they are. */
static void mark_pending(PFlashCFI01 *s, uint64_t offset, uint64_t size)
{
    bool none = s->pending_start == s->pending_end;

    s->pending_start = none ? offset : MIN(s->pending_start, offset);
    s->pending_end = none ? offset + size : MAX(s->pending_end, offset + size);
    memory_region_flush_rom_device(&s->mem, offset, size);
}

/* ---- modes ---- */

static void read_array(PFlashCFI01 *s)
{
    flush_pending(s);
    s->wcycle = 0;
    s->cmd = CMD_READ_ARRAY;
    memory_region_rom_device_set_romd(&s->mem, true);
}

static void enter(PFlashCFI01 *s, uint8_t cmd, uint8_t wcycle)
{
    s->cmd = cmd;
    s->wcycle = wcycle;
}

/* The guest's fault: both bits say that the sequence was none. */
static void bad_sequence(PFlashCFI01 *s, hwaddr offset, uint64_t value)
{
    qemu_log_mask(LOG_GUEST_ERROR,
                  "flash '%s': 0x%" PRIx64 " at 0x%" HWADDR_PRIx
                  " does not continue command 0x%02x\n",
                  s->name, value, offset, s->cmd);
    s->status |= STATUS_READY | STATUS_ERASE_ERROR | STATUS_PROGRAM_ERROR;
    enter(s, CMD_READ_STATUS, 0);
}

/* ---- reads out of array mode ---- */

/* The query structure (JESD68.01, 4.3), one byte a bus word. */
static uint8_t query_byte(PFlashCFI01 *s, unsigned i)
{
    uint64_t blocks = s->nb_blocs - 1;

    switch (i) {
    case 0x10:
        return 'Q';
    case 0x11:
        return 'R';
    case 0x12:
        return 'Y';
    case 0x13:
        return 0x01; /* Intel's command set; its table is at 31h */
    case 0x15:
        return 0x31;
    case 0x1b:
        return 0x45; /* supply: 4.5 to 5.5 V */
    case 0x1c:
        return 0x55;
    case 0x1f:
        return 0x07; /* typical and longest times, powers of two */
    case 0x20:
        return 0x07;
    case 0x21:
        return 0x0a;
    case 0x23:
    case 0x24:
    case 0x25:
        return 0x04;
    case 0x27:
        return ctz64(s->size);
    case 0x28:
        return 0x02;
    case 0x2a:
        return WRITE_BUFFER_BITS;
    case 0x2c:
        return 1; /* one region of blocks of one size */
    case 0x2d:
    case 0x2e:
        return blocks >> ((i - 0x2d) * 8);
    case 0x2f:
    case 0x30:
        return s->sector_len >> ((i - 0x2f) * 8 + 8);
    case 0x31:
        return 'P';
    case 0x32:
        return 'R';
    case 0x33:
        return 'I';
    case 0x34:
        return '1';
    case 0x35:
        return '0';
    default:
        return 0;
    }
}

static uint64_t read_array_bytes(PFlashCFI01 *s, hwaddr offset, unsigned size)
{
    uint64_t value = 0;

    memcpy(&value, s->storage + offset, MIN(size, s->size - offset));
    return le64_to_cpu(value);
}

static MemTxResult pflash_read(void *opaque, hwaddr offset, uint64_t *value, unsigned size,
                               MemTxAttrs attrs)
{
    PFlashCFI01 *s = opaque;
    unsigned word = offset / s->width;

    switch (s->cmd) {
    case CMD_READ_ARRAY:
        *value = read_array_bytes(s, offset, size);
        break;
    case CMD_READ_ID:
        *value = (word & 0xff) == 0   ? s->ident[0] << 8 | s->ident[1]
                 : (word & 0xff) == 1 ? s->ident[2] << 8 | s->ident[3]
                                      : 0;
        break;
    case CMD_READ_QUERY:
        *value = query_byte(s, word & 0xff);
        break;
    default:
        /* Who reads it may learn that bytes are programmed. */
        flush_pending(s);
        *value = s->status;
        /* Two chips side by side answer both. */
        for (unsigned i = s->width; s->width > 1 && i < size; i += s->width) {
            *value |= (uint64_t)s->status << (i * 8);
        }
    }
    return MEMTX_OK;
}

/* ---- program and erase ---- */

static void program(PFlashCFI01 *s, hwaddr offset, const uint8_t *bytes, unsigned size)
{
    if (s->readonly) {
        s->status |= STATUS_PROGRAM_ERROR;
        return;
    }
    size = MIN(size, s->size - offset);
    memcpy(s->storage + offset, bytes, size);
    mark_pending(s, offset, size);
}

static void erase(PFlashCFI01 *s, hwaddr offset)
{
    hwaddr start = QEMU_ALIGN_DOWN(offset, s->sector_len);

    if (s->readonly) {
        s->status |= STATUS_ERASE_ERROR;
    } else {
        memset(s->storage + start, 0xff, s->sector_len);
        mark_pending(s, start, s->sector_len);
        flush_pending(s);
    }
    s->status |= STATUS_READY;
}

/* The buffer collects bytes of one aligned piece of the array; confirmed, they go there. */
static void buffer_begin(PFlashCFI01 *s, hwaddr offset)
{
    s->buffer_base = QEMU_ALIGN_DOWN(offset, WRITE_BUFFER);
    memcpy(s->buffer, s->storage + s->buffer_base, MIN(WRITE_BUFFER, s->size - s->buffer_base));
}

static bool buffer_write(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    uint64_t le = cpu_to_le64(value);

    if (offset < s->buffer_base || offset - s->buffer_base + size > WRITE_BUFFER) {
        return false;
    }
    memcpy(s->buffer + (offset - s->buffer_base), &le, size);
    return true;
}

/* ---- writes ---- */

static void first_cycle(PFlashCFI01 *s, hwaddr offset, uint8_t cmd)
{
    switch (cmd) {
    case CMD_CLEAR_STATUS:
        s->status = 0;
        read_array(s);
        return;
    case CMD_READ_STATUS:
    case CMD_READ_ID:
    case CMD_READ_QUERY:
        enter(s, cmd, 0);
        return;
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT:
    case CMD_ERASE:
    case CMD_LOCK:
        enter(s, cmd, 1);
        return;
    case CMD_BUFFER:
        s->status |= STATUS_READY;
        enter(s, cmd, 1);
        return;
    case CMD_READ_ARRAY:
        read_array(s);
        return;
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "flash '%s': no command 0x%02x\n", s->name, cmd);
        read_array(s);
    }
}

static void buffer_cycle(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    switch (s->wcycle) {
    case 1: /* how many bus words, less one */
        s->counter = ((value & 0xffff) + 1) * s->width;
        if (s->counter > WRITE_BUFFER) {
            bad_sequence(s, offset, value);
            return;
        }
        s->wcycle = 2;
        return;
    case 2: /* the first word decides where the buffer is */
        buffer_begin(s, offset);
        s->wcycle = 3;
        /* fall through */
    case 3:
        if (!buffer_write(s, offset, value, size)) {
            bad_sequence(s, offset, value);
            return;
        }
        s->counter -= MIN(s->counter, size);
        s->wcycle = s->counter ? 3 : 4;
        return;
    default:
        if ((value & 0xff) != CMD_CONFIRM) {
            bad_sequence(s, offset, value);
            return;
        }
        program(s, s->buffer_base, s->buffer, MIN(WRITE_BUFFER, s->size - s->buffer_base));
        s->status |= STATUS_READY;
        enter(s, CMD_READ_STATUS, 0);
    }
}

static void next_cycle(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    uint64_t le = cpu_to_le64(value);

    switch (s->cmd) {
    case CMD_PROGRAM:
    case CMD_PROGRAM_ALT:
        program(s, offset, (const uint8_t *)&le, size);
        s->status |= STATUS_READY;
        enter(s, CMD_READ_STATUS, 0);
        return;
    case CMD_ERASE:
        if ((value & 0xff) == CMD_CONFIRM) {
            erase(s, offset);
            enter(s, CMD_READ_STATUS, 0);
        } else if ((value & 0xff) == CMD_READ_ARRAY) {
            read_array(s);
        } else {
            bad_sequence(s, offset, value);
        }
        return;
    case CMD_LOCK: /* blocks are not locked: locking and unlocking succeed */
        s->status |= STATUS_READY;
        if ((value & 0xff) == CMD_READ_ARRAY) {
            read_array(s);
        } else if ((value & 0xff) == CMD_CONFIRM || (value & 0xff) == 0x01) {
            enter(s, CMD_READ_STATUS, 0);
        } else {
            bad_sequence(s, offset, value);
        }
        return;
    case CMD_BUFFER:
        buffer_cycle(s, offset, value, size);
        return;
    default:
        read_array(s);
    }
}

static MemTxResult pflash_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                MemTxAttrs attrs)
{
    PFlashCFI01 *s = opaque;

    if (s->secure && !attrs.secure) {
        /* Not even a command: reads go on as before. */
        return MEMTX_OK;
    }
    if (!s->wcycle) {
        memory_region_rom_device_set_romd(&s->mem, false);
        first_cycle(s, offset, value);
    } else {
        next_cycle(s, offset, value, size);
    }
    return MEMTX_OK;
}

static const MemoryRegionOps pflash_ops = {
    .read_with_attrs = pflash_read,
    .write_with_attrs = pflash_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 8},
};

/* ---- reset and state ---- */

static void pflash_reset_hold(Object *obj, ResetType type)
{
    PFlashCFI01 *s = PFLASH_CFI01(obj);

    s->status = STATUS_READY;
    s->counter = 0;
    s->buffer_base = 0;
    memset(s->buffer, 0, sizeof(s->buffer));
    read_array(s);
}

static int pflash_pre_save(void *opaque)
{
    flush_pending(opaque);
    return 0;
}

static int pflash_post_load(void *opaque, int version_id)
{
    PFlashCFI01 *s = opaque;

    if (s->wcycle > 4 || s->counter > WRITE_BUFFER || s->buffer_base >= s->size ||
        s->buffer_base % WRITE_BUFFER) {
        return -EINVAL;
    }
    memory_region_rom_device_set_romd(&s->mem, s->cmd == CMD_READ_ARRAY && !s->wcycle);
    /* The content came with the state; the drive gets it when it is ours, as the machine runs. */
    mark_pending(s, 0, s->size);
    return 0;
}

static void pflash_vm_change(void *opaque, bool running, RunState state)
{
    if (running) {
        flush_pending(opaque);
    }
}

static const VMStateDescription vmstate_pflash = {
    .name = "pflash_cfi01",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = pflash_pre_save,
    .post_load = pflash_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(cmd, PFlashCFI01),
            VMSTATE_UINT8(wcycle, PFlashCFI01),
            VMSTATE_UINT8(status, PFlashCFI01),
            VMSTATE_UINT32(counter, PFlashCFI01),
            VMSTATE_UINT64(buffer_base, PFlashCFI01),
            VMSTATE_BUFFER(buffer, PFlashCFI01),
            VMSTATE_END_OF_LIST(),
        },
};

/* ---- life ---- */

static const Property pflash_properties[] = {
    DEFINE_PROP_DRIVE("drive", PFlashCFI01, blk),
    DEFINE_PROP_UINT32("num-blocks", PFlashCFI01, nb_blocs, 0),
    DEFINE_PROP_UINT64("sector-length", PFlashCFI01, sector_len, 0),
    DEFINE_PROP_UINT8("width", PFlashCFI01, width, 1),
    DEFINE_PROP_BOOL("secure", PFlashCFI01, secure, false),
    DEFINE_PROP_UINT16("id0", PFlashCFI01, ident[0], 0x89),
    DEFINE_PROP_UINT16("id1", PFlashCFI01, ident[1], 0x18),
    DEFINE_PROP_UINT16("id2", PFlashCFI01, ident[2], 0x00),
    DEFINE_PROP_UINT16("id3", PFlashCFI01, ident[3], 0x00),
    DEFINE_PROP_STRING("name", PFlashCFI01, name),
};

static bool check_config(PFlashCFI01 *s, Error **errp)
{
    if (!s->name) {
        error_setg(errp, "attribute \"name\" not specified");
        return false;
    }
    if (!s->sector_len || !is_power_of_2(s->sector_len) || s->sector_len > 16 * MiB ||
        !s->nb_blocs || s->nb_blocs > 65536) {
        error_setg(errp,
                   "flash '%s': num-blocks=%u and sector-length=%" PRIu64 ": expected 1 to 65536 "
                   "blocks of a power of two",
                   s->name, s->nb_blocs, s->sector_len);
        return false;
    }
    if (s->width != 1 && s->width != 2 && s->width != 4) {
        error_setg(errp, "flash '%s': width=%u: expected 1, 2 or 4", s->name, s->width);
        return false;
    }
    return true;
}

static bool take_drive(PFlashCFI01 *s, Error **errp)
{
    uint64_t perm = BLK_PERM_CONSISTENT_READ;

    s->readonly = !blk_supports_write_perm(s->blk);
    perm |= s->readonly ? 0 : BLK_PERM_WRITE;
    return blk_set_perm(s->blk, perm, BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE_UNCHANGED, errp) &&
           blk_check_size_and_read_all(s->blk, DEVICE(s), s->storage, s->size, errp);
}

static void pflash_realize(DeviceState *dev, Error **errp)
{
    PFlashCFI01 *s = PFLASH_CFI01(dev);

    if (!check_config(s, errp)) {
        return;
    }
    s->size = s->sector_len * s->nb_blocs;
    if (!memory_region_init_rom_device(&s->mem, OBJECT(dev), &pflash_ops, s, s->name, s->size,
                                       errp)) {
        return;
    }
    s->storage = memory_region_get_ram_ptr(&s->mem);
    if (s->blk) {
        if (!take_drive(s, errp)) {
            return;
        }
    } else {
        memset(s->storage, 0xff, s->size);
    }
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->mem);
    s->vmstate_change = qemu_add_vm_change_state_handler(pflash_vm_change, s);
}

static void pflash_unrealize(DeviceState *dev)
{
    PFlashCFI01 *s = PFLASH_CFI01(dev);

    flush_pending(s);
    qemu_del_vm_change_state_handler(s->vmstate_change);
}

static void pflash_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pflash_realize;
    dc->unrealize = pflash_unrealize;
    dc->vmsd = &vmstate_pflash;
    dc->hotpluggable = false;
    device_class_set_category(dc, DEVICE_CATEGORY_STORAGE);
    device_class_set_props(dc, pflash_properties);
    RESETTABLE_CLASS(klass)->phases.hold = pflash_reset_hold;
}

static const TypeInfo pflash_types[] = {
    {
        .name = TYPE_PFLASH_CFI01,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(PFlashCFI01),
        .class_init = pflash_class_init,
    },
};

DEFINE_TYPES(pflash_types)
