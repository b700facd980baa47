/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel with up to two drives: task file, data port, interrupt, resets, and the steps that
 * commands have in common (ATA8-APT; ATA8-ACS 6 and 9).
 */
#include "qemu/osdep.h"
#include "block/aio-wait.h"
#include "ide-internal.h"
#include "qemu/log.h"

/* ---- interrupt ---- */

static void update_irq(IDEBus *bus)
{
    bus->ops->set_irq(bus, bus->intrq && !(bus->control & ATA_NIEN));
}

void ide_set_irq(IDEBus *bus)
{
    if (bus->irq_late) {
        bus->irq_late = false;
        timer_mod(bus->late_irq_timer, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + 1);
        return;
    }
    bus->intrq = true;
    update_irq(bus);
}

static void late_irq(void *opaque)
{
    ide_set_irq(opaque);
}

void ide_clear_irq(IDEBus *bus)
{
    timer_del(bus->late_irq_timer);
    bus->intrq = false;
    update_irq(bus);
}

/* ---- the end of a command ---- */

static void end_command(IDEDrive *s, uint8_t status, bool irq)
{
    IDEBus *bus = s->bus;

    s->status = status;
    s->pio_end = IDE_PIO_NONE;
    s->work = IDE_WORK_NONE;
    s->pos = s->len = 0;
    if (irq) {
        ide_set_irq(bus);
    }
    if (bus->ops->command_done) {
        bus->ops->command_done(bus);
    }
}

void ide_command_done(IDEDrive *s)
{
    end_command(s, ATA_DRDY | ATA_DSC, true);
}

void ide_command_failed(IDEDrive *s, uint8_t error)
{
    s->error = error;
    end_command(s, ATA_DRDY | ATA_DSC | ATA_ERR, true);
}

void ide_dma_short(IDEDrive *s)
{
    s->status = ATA_DRDY | ATA_DSC;
    s->work = IDE_WORK_NONE;
    s->bus->ops->dma_done(s->bus, true);
}

/* ---- PIO ---- */

static bool is_to_host(IDEPioEnd end)
{
    return end == IDE_PIO_LAST || end == IDE_PIO_READ || end == IDE_PIO_REPLY;
}

/* The host has moved the block. */
static void pio_moved(IDEDrive *s)
{
    IDEPioEnd end = s->pio_end;

    s->status &= ~ATA_DRQ;
    s->pio_end = IDE_PIO_NONE;
    switch (end) {
    case IDE_PIO_READ:
        if (s->left) {
            ide_work_begin(s, IDE_WORK_READ_PIO);
            break;
        }
        /* fall through */
    case IDE_PIO_LAST:
        end_command(s, ATA_DRDY | ATA_DSC, false); /* the last block's interrupt was the end's */
        break;
    case IDE_PIO_WRITE:
        ata_write_moved(s);
        break;
    case IDE_PIO_SMART_LOG:
        ide_command_done(s);
        break;
    case IDE_PIO_PACKET:
        atapi_command(s);
        break;
    case IDE_PIO_REPLY:
        atapi_reply_next(s);
        break;
    case IDE_PIO_NONE:
    case IDE_PIO_ENDS:
        break;
    }
}

void ide_pio_start(IDEDrive *s, uint32_t start, uint32_t len, IDEPioEnd end, bool irq)
{
    IDEBus *bus = s->bus;

    s->pos = start;
    s->len = start + len;
    s->pio_end = end;
    s->work = IDE_WORK_NONE;
    s->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    if (irq) {
        ide_set_irq(bus);
    }
    if (!bus->ops->pio_ready || bus->moving) {
        return;
    }
    /* Block after block in a loop: an answer may be cut into many. */
    bus->moving = true;
    while ((s->status & ATA_DRQ) && s->pio_end != IDE_PIO_NONE) {
        bus->ops->pio_ready(bus, is_to_host(s->pio_end));
        s->pos = s->len;
        pio_moved(s);
    }
    bus->moving = false;
}

static bool pio_ok(IDEDrive *s, bool to_host)
{
    return s->dev && (s->status & ATA_DRQ) && s->pio_end != IDE_PIO_NONE && s->pos < s->len &&
           is_to_host(s->pio_end) == to_host;
}

void ide_write_data(IDEBus *bus, uint32_t value, unsigned size)
{
    IDEDrive *s = ide_selected(bus);

    if (!pio_ok(s, false)) {
        return;
    }
    for (unsigned i = 0; i < size && s->pos < s->len; i++) {
        s->buffer[s->pos++] = value >> 8 * i;
    }
    if (s->pos == s->len) {
        pio_moved(s);
    }
}

uint32_t ide_read_data(IDEBus *bus, unsigned size)
{
    IDEDrive *s = ide_selected(bus);
    uint32_t value = 0;

    if (!pio_ok(s, true)) {
        return 0;
    }
    for (unsigned i = 0; i < size && s->pos < s->len; i++) {
        value |= (uint32_t)s->buffer[s->pos++] << 8 * i;
    }
    if (s->pos == s->len) {
        pio_moved(s);
    }
    return value;
}

/* ---- DMA, and work of the block layer ---- */

static bool is_dma_work(IDEWork work)
{
    return work == IDE_WORK_READ_DMA || work == IDE_WORK_WRITE_DMA || work == IDE_WORK_TRIM ||
           work == IDE_WORK_CD_REPLY;
}

void ide_dma_start(IDEDrive *s, IDEWork work)
{
    s->work = work;
    s->status = ATA_DRDY | ATA_DSC | ATA_DRQ;
    s->bus->ops->dma_wanted(s->bus);
}

void ide_dma_run(IDEBus *bus)
{
    IDEDrive *s = ide_selected(bus);

    if (s->dev && !s->in_flight && !s->retry && is_dma_work(s->work)) {
        if (s->is_cd) {
            atapi_work(s);
        } else {
            ata_work(s);
        }
    }
}

void ide_dma_cancel(IDEBus *bus)
{
    IDEDrive *s = ide_selected(bus);

    /* A disk that is at it brings its command to an end. */
    AIO_WAIT_WHILE(NULL, s->in_flight);
}

void ide_work_begin(IDEDrive *s, IDEWork work)
{
    s->work = work;
    s->status = ATA_BSY | ATA_DRDY | ATA_DSC;
    if (s->is_cd) {
        atapi_work(s);
    } else {
        ata_work(s);
    }
}

void ide_work_started(IDEDrive *s, int64_t bytes, BlockAcctType type)
{
    s->in_flight = true;
    block_acct_start(blk_get_stats(s->blk), &s->acct, bytes, type);
}

bool ide_work_ended(IDEDrive *s, int ret)
{
    BlockAcctStats *stats = blk_get_stats(s->blk);
    bool is_read = s->acct.type == BLOCK_ACCT_READ;
    BlockErrorAction action;

    s->in_flight = false;
    if (ret >= 0 || s->cancelled) {
        block_acct_done(stats, &s->acct);
        return !s->cancelled;
    }
    action = blk_get_error_action(s->blk, is_read, -ret);
    blk_error_action(s->blk, action, is_read, -ret);
    if (action == BLOCK_ERROR_ACTION_IGNORE) {
        block_acct_done(stats, &s->acct);
        return true;
    }
    block_acct_failed(stats, &s->acct);
    if (action == BLOCK_ERROR_ACTION_STOP) {
        s->retry = s->work;
        s->work = IDE_WORK_NONE;
    } else if (s->is_cd) {
        atapi_work_failed(s, -ret);
    } else {
        ata_work_failed(s);
    }
    return false;
}

void ide_forget_work(IDEDrive *s)
{
    s->cancelled = true;
    AIO_WAIT_WHILE(NULL, s->in_flight);
    s->cancelled = false;
    s->work = s->retry = IDE_WORK_NONE;
}

/* The machine goes on: what failed before it stopped is begun again. */
static void retry_work(void *opaque, bool running, RunState state)
{
    IDEBus *bus = opaque;

    for (int i = 0; running && i < 2; i++) {
        IDEDrive *s = &bus->drives[i];
        IDEWork work = s->retry;

        s->retry = IDE_WORK_NONE;
        if (work == IDE_WORK_NONE || !s->dev || bus->unit != i) {
            continue;
        }
        if (is_dma_work(work)) {
            bus->ops->dma_rewind(bus);
            ide_dma_start(s, work);
        } else {
            ide_work_begin(s, work);
        }
    }
}

/* ---- reset ---- */

void ide_set_signature(IDEDrive *s)
{
    s->device &= ~0x0f;
    s->tf.nsector = 1;
    s->tf.lbal = 1;
    s->tf.lbam = s->is_cd ? 0x14 : s->dev ? 0 : 0xff;
    s->tf.lbah = s->is_cd ? 0xeb : s->dev ? 0 : 0xff;
}

static void reset_drive(IDEDrive *s)
{
    if (s->dev) {
        ide_forget_work(s);
    }
    s->tf = s->hob = (IDETaskFile){};
    s->error = 1; /* diagnostics found nothing */
    s->status = s->is_cd ? 0 : ATA_DRDY | ATA_DSC;
    s->lba48 = s->sleeping = s->standby = false;
    s->pos = s->len = 0;
    s->pio_end = IDE_PIO_NONE;
    s->lba = s->left = s->block = 0;
    if (s->is_cd) {
        atapi_reset(s);
    }
    ide_set_signature(s);
}

/* Settings that a software reset leaves. */
static void reset_settings(IDEDrive *s)
{
    s->device = 0xa0 | s->unit << 4;
    s->multiple = ATA_MULTIPLE_MAX;
    s->heads = s->dev ? s->dev->conf.heads : 0;
    s->secs = s->dev ? s->dev->conf.secs : 0;
    s->pio_mode = 0;
    s->mwdma_mode = 8 | 2;
    s->udma_mode = 0;
    s->frozen = false;
    s->smart_enabled = s->smart_autosave = true;
    s->smart_selftest_count = 0;
}

void ide_bus_reset(IDEBus *bus)
{
    for (int i = 0; i < 2; i++) {
        reset_settings(&bus->drives[i]);
        reset_drive(&bus->drives[i]);
        bus->drives[i].device = 0xa0;
    }
    bus->unit = 0;
    bus->control = 0;
    ide_clear_irq(bus);
}

void ide_write_control(IDEBus *bus, uint8_t value)
{
    uint8_t old = bus->control;

    bus->control = value;
    update_irq(bus);
    if ((value & ATA_SRST) && !(old & ATA_SRST)) {
        for (int i = 0; i < 2; i++) {
            reset_drive(&bus->drives[i]);
            bus->drives[i].status = ATA_BSY;
        }
        bus->unit = 0;
        ide_clear_irq(bus);
    } else if (!(value & ATA_SRST) && (old & ATA_SRST)) {
        for (int i = 0; i < 2; i++) {
            reset_drive(&bus->drives[i]);
            bus->drives[i].device = 0xa0;
        }
    }
}

/* ---- registers ---- */

void ide_command(IDEBus *bus, uint8_t command)
{
    IDEDrive *s = ide_selected(bus);

    if (!s->dev || (s->sleeping && command != 0x08)) {
        return;
    }
    if ((s->status & (ATA_BSY | ATA_DRQ)) && !(command == 0x08 && s->is_cd)) {
        qemu_log_mask(LOG_GUEST_ERROR, "ide: command 0x%02x while another one runs\n", command);
        return;
    }
    ide_clear_irq(bus);
    s->error = 0;
    ata_command(s, command);
}

static void write_both(IDEBus *bus, size_t offset, uint8_t value)
{
    for (int i = 0; i < 2; i++) {
        uint8_t *tf = (uint8_t *)&bus->drives[i].tf + offset;
        uint8_t *hob = (uint8_t *)&bus->drives[i].hob + offset;

        *hob = *tf;
        *tf = value;
    }
}

void ide_write_register(IDEBus *bus, unsigned reg, uint8_t value)
{
    static const uint8_t offsets[] = {
        [1] = offsetof(IDETaskFile, feature), [2] = offsetof(IDETaskFile, nsector),
        [3] = offsetof(IDETaskFile, lbal),    [4] = offsetof(IDETaskFile, lbam),
        [5] = offsetof(IDETaskFile, lbah),
    };

    bus->control &= ~ATA_HOB;
    if (reg == 7) {
        ide_command(bus, value);
        return;
    }
    if (ide_selected(bus)->status & (ATA_BSY | ATA_DRQ)) {
        return;
    }
    if (reg == 6) {
        bus->drives[0].device = bus->drives[1].device = value | 0xa0;
        bus->unit = value & ATA_DEV ? 1 : 0;
    } else if (reg >= 1 && reg <= 5) {
        write_both(bus, offsets[reg], value);
    }
}

uint8_t ide_read_altstatus(IDEBus *bus)
{
    IDEDrive *s = ide_selected(bus);

    return s->dev ? s->status : 0;
}

uint8_t ide_read_register(IDEBus *bus, unsigned reg)
{
    IDEDrive *s = ide_selected(bus);
    const IDETaskFile *tf = bus->control & ATA_HOB ? &s->hob : &s->tf;

    if (!s->dev) {
        return 0;
    }
    switch (reg) {
    case 1:
        return bus->control & ATA_HOB ? s->hob.feature : s->error;
    case 2:
        return tf->nsector;
    case 3:
        return tf->lbal;
    case 4:
        return tf->lbam;
    case 5:
        return tf->lbah;
    case 6:
        return s->device;
    default:
        ide_clear_irq(bus);
        return s->status;
    }
}

/* ---- life ---- */

void ide_bus_init(IDEBus *bus, DeviceState *controller, int bus_id, unsigned max_units,
                  AddressSpace *as, const IDEControllerOps *ops, void *opaque)
{
    static unsigned places;

    qbus_init(bus, sizeof(*bus), TYPE_IDE_BUS, controller, NULL);
    bus->bus_id = bus_id;
    bus->max_units = max_units;
    bus->as = as;
    bus->ops = ops;
    bus->opaque = opaque;
    for (int i = 0; i < 2; i++) {
        bus->drives[i].bus = bus;
        bus->drives[i].unit = i;
        bus->drives[i].number = ++places;
        bus->drives[i].buffer = g_malloc0(IDE_BUFFER_SIZE);
    }
    bus->late_irq_timer = timer_new_ms(QEMU_CLOCK_VIRTUAL, late_irq, bus);
    bus->vmstate_change = qdev_add_vm_change_state_handler(controller, retry_work, bus);
}

void ide_bus_cleanup(IDEBus *bus)
{
    g_clear_pointer(&bus->vmstate_change, qemu_del_vm_change_state_handler);
    g_clear_pointer(&bus->late_irq_timer, timer_free);
    for (int i = 0; i < 2; i++) {
        g_clear_pointer(&bus->drives[i].buffer, g_free);
    }
}
