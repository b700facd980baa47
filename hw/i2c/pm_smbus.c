/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SMBus host controller of PIIX4's power management function, and of ICH9.
 *
 * Specification: Intel 82371AB (PIIX4) data sheet, order number 290562, 7.3; ICH9 data sheet,
 * order number 316972, 19.2; System Management Bus 2.0, 5.5 (protocols). A transaction is over as
 * soon as it starts, but for ICH9's blocks without a buffer: there each byte waits for the driver.
 */

#include "qemu/osdep.h"
#include "hw/i2c/pm_smbus.h"

/* Registers. */
#define REG_STATUS       0x0
#define REG_CONTROL      0x2
#define REG_COMMAND      0x3
#define REG_ADDRESS      0x4 /* bit 0: read */
#define REG_DATA0        0x5 /* for blocks: the count */
#define REG_DATA1        0x6
#define REG_BLOCK        0x7 /* one byte after the other; reading REG_CONTROL goes back */
#define REG_AUX_CONTROL  0xd /* ICH9 */

#define STATUS_BUSY      0x01
#define STATUS_DONE      0x02 /* interrupt */
#define STATUS_DEV_ERROR 0x04
#define STATUS_FAILED    0x10
#define STATUS_BYTE      0x80 /* ICH9: a byte of a block */
#define STATUS_EVENTS    (STATUS_DONE | STATUS_DEV_ERROR | STATUS_FAILED | STATUS_BYTE)

#define CONTROL_INTREN   0x01
#define CONTROL_KILL     0x02
#define CONTROL_START    0x40

#define AUX_E32B         0x02 /* blocks go through a buffer of 32 bytes */

#define SMBUS_IO_SIZE    0x40

enum {
    PROTOCOL_QUICK,
    PROTOCOL_BYTE,
    PROTOCOL_BYTE_DATA,
    PROTOCOL_WORD_DATA,
    PROTOCOL_BLOCK = 5,
};

/* ---- protocols; false: the device does not answer ---- */

static bool send_all(I2CBus *bus, const uint8_t *data, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        if (!i2c_send(bus, data[i])) {
            return false;
        }
    }
    return true;
}

static void receive_all(I2CBus *bus, uint8_t *data, unsigned len)
{
    for (unsigned i = 0; i < len; i++) {
        data[i] = i2c_recv(bus);
    }
    i2c_nack(bus);
}

static bool write_command(PMSMBus *s, uint8_t device, const uint8_t *data, unsigned len)
{
    return i2c_start(s->smbus, device, false) && i2c_send(s->smbus, s->command) &&
           send_all(s->smbus, data, len);
}

/* The command is written, and after a second start the answer read. */
static bool read_command(PMSMBus *s, uint8_t device)
{
    return i2c_start(s->smbus, device, false) && i2c_send(s->smbus, s->command) &&
           i2c_start(s->smbus, device, true);
}

static bool block_protocol(PMSMBus *s, uint8_t device, bool read)
{
    if (!read) {
        uint8_t len = MIN(s->data0, PM_SMBUS_BLOCK);

        return write_command(s, device, &len, 1) && send_all(s->smbus, s->block, len);
    }
    if (!read_command(s, device)) {
        return false;
    }
    s->data0 = MIN(i2c_recv(s->smbus), PM_SMBUS_BLOCK);
    receive_all(s->smbus, s->block, s->data0);
    return true;
}

static bool transact(PMSMBus *s, uint8_t device, bool read)
{
    uint8_t data[2] = {s->data0, s->data1};
    unsigned len = 0;

    switch ((s->control >> 2) & 7) {
    case PROTOCOL_QUICK:
        return i2c_start(s->smbus, device, read);
    case PROTOCOL_BYTE:
        if (!i2c_start(s->smbus, device, read)) {
            return false;
        }
        if (!read) {
            return i2c_send(s->smbus, s->command);
        }
        receive_all(s->smbus, &s->data0, 1);
        return true;
    case PROTOCOL_BYTE_DATA:
        len = 1;
        break;
    case PROTOCOL_WORD_DATA:
        len = 2;
        break;
    case PROTOCOL_BLOCK:
        s->block_index = 0;
        return block_protocol(s, device, read);
    default:
        return false; /* reserved */
    }
    if (!read) {
        return write_command(s, device, data, len);
    }
    if (!read_command(s, device)) {
        return false;
    }
    receive_all(s->smbus, data, len);
    s->data0 = data[0];
    s->data1 = len == 2 ? data[1] : s->data1;
    return true;
}

/* A block whose bytes go through REG_BLOCK one at a time, each told by STATUS_BYTE. */
static bool is_by_bytes(PMSMBus *s)
{
    return s->has_aux && !(s->aux_control & AUX_E32B) && ((s->control >> 2) & 7) == PROTOCOL_BLOCK;
}

static void finish(PMSMBus *s, bool ok)
{
    i2c_end(s->smbus);
    s->status &= ~STATUS_BUSY;
    s->status |= ok ? STATUS_DONE : STATUS_DONE | STATUS_DEV_ERROR;
}

static void start(PMSMBus *s)
{
    bool read = s->address & 1;

    if (is_by_bytes(s) && !read) {
        /* The first byte is in REG_BLOCK; the bus is used when all are. */
        s->block_index = 0;
        s->status |= STATUS_BUSY | STATUS_BYTE;
        return;
    }
    finish(s, transact(s, s->address >> 1, read));
    if (is_by_bytes(s) && s->data0 && !(s->status & STATUS_DEV_ERROR)) {
        s->status = (s->status & ~STATUS_DONE) | STATUS_BUSY | STATUS_BYTE;
    }
}

/* The driver took a byte of a block, or gave one. */
static void next_byte(PMSMBus *s)
{
    uint8_t len = MIN(s->data0, PM_SMBUS_BLOCK);

    if (!(s->status & STATUS_BUSY)) {
        return;
    }
    if (s->block_index + 1 < len) {
        s->block_index++;
        s->status |= STATUS_BYTE;
    } else if (s->address & 1) {
        finish(s, true);
    } else {
        finish(s, transact(s, s->address >> 1, false));
    }
}

static void update_irq(PMSMBus *s)
{
    if (s->irq) {
        qemu_set_irq(s->irq, (s->control & CONTROL_INTREN) && (s->status & STATUS_EVENTS));
    }
}

/* ---- registers ---- */

static uint64_t smb_read(void *opaque, hwaddr addr, unsigned size)
{
    PMSMBus *s = opaque;
    uint8_t value;

    switch (addr) {
    case REG_STATUS:
        return s->status;
    case REG_CONTROL:
        if (!(s->status & STATUS_BUSY)) {
            s->block_index = 0;
        }
        return s->control & 0x1f;
    case REG_COMMAND:
        return s->command;
    case REG_ADDRESS:
        return s->address;
    case REG_DATA0:
        return s->data0;
    case REG_DATA1:
        return s->data1;
    case REG_BLOCK:
        value = s->block[s->block_index];
        if (!is_by_bytes(s)) {
            s->block_index = (s->block_index + 1) % PM_SMBUS_BLOCK;
        }
        return value;
    case REG_AUX_CONTROL:
        return s->has_aux ? s->aux_control : 0;
    default:
        return 0;
    }
}

static void control_write(PMSMBus *s, uint8_t value)
{
    s->control = value & ~CONTROL_START;
    if (value & CONTROL_KILL) {
        s->status &= ~(STATUS_BUSY | STATUS_BYTE);
        s->status |= STATUS_FAILED;
    } else if (value & CONTROL_START) {
        start(s);
    }
}

static void block_write(PMSMBus *s, uint8_t value)
{
    if (!is_by_bytes(s)) {
        s->block[s->block_index] = value;
        s->block_index = (s->block_index + 1) % PM_SMBUS_BLOCK;
    } else if (s->status & STATUS_BUSY) {
        /* The next one, given before the acknowledgement of that before. */
        s->block[(s->block_index + 1) % PM_SMBUS_BLOCK] = value;
    } else {
        s->block[0] = value;
    }
}

/* Bits are cleared by writing ones; that of a byte asks for the next. */
static void status_write(PMSMBus *s, uint8_t value)
{
    bool byte_done = value & s->status & STATUS_BYTE;

    s->status &= ~(value & ~STATUS_BUSY);
    if (byte_done) {
        next_byte(s);
    } else if (!(s->status & STATUS_BUSY)) {
        s->block_index = 0;
    }
}

static void smb_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PMSMBus *s = opaque;

    switch (addr) {
    case REG_STATUS:
        status_write(s, value);
        break;
    case REG_CONTROL:
        control_write(s, value);
        break;
    case REG_COMMAND:
        s->command = value;
        break;
    case REG_ADDRESS:
        s->address = value;
        break;
    case REG_DATA0:
        s->data0 = value;
        break;
    case REG_DATA1:
        s->data1 = value;
        break;
    case REG_BLOCK:
        block_write(s, value);
        break;
    case REG_AUX_CONTROL:
        s->aux_control = value & AUX_E32B;
        break;
    }
    update_irq(s);
}

static const MemoryRegionOps smb_ops = {
    .read = smb_read,
    .write = smb_write,
    .valid = {.min_access_size = 1, .max_access_size = 1},
    .endianness = DEVICE_LITTLE_ENDIAN,
};

/* ---- reset, saved state ---- */

void pm_smbus_reset(PMSMBus *s)
{
    s->status = s->control = s->command = s->address = s->data0 = s->data1 = 0;
    memset(s->block, 0, sizeof(s->block));
    s->block_index = 0;
    s->aux_control = 0;
    update_irq(s);
}

static bool index_valid(void *opaque, int version_id)
{
    return ((PMSMBus *)opaque)->block_index < PM_SMBUS_BLOCK;
}

const VMStateDescription vmstate_pm_smbus = {
    .name = "pmsmb",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(status, PMSMBus),
            VMSTATE_UINT8(control, PMSMBus),
            VMSTATE_UINT8(command, PMSMBus),
            VMSTATE_UINT8(address, PMSMBus),
            VMSTATE_UINT8(data0, PMSMBus),
            VMSTATE_UINT8(data1, PMSMBus),
            VMSTATE_UINT8_ARRAY(block, PMSMBus, PM_SMBUS_BLOCK),
            VMSTATE_UINT8(block_index, PMSMBus),
            VMSTATE_VALIDATE("index into the block", index_valid),
            VMSTATE_END_OF_LIST(),
        },
};

void pm_smbus_init(DeviceState *parent, PMSMBus *s)
{
    s->smbus = i2c_init_bus(parent, "i2c");
    memory_region_init_io(&s->io, OBJECT(parent), &smb_ops, s, "pm-smbus", SMBUS_IO_SIZE);
}
