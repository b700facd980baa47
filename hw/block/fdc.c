/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floppy disk controller, Intel 82078 (data sheet: 2.0 registers, 5.0 commands, 6.0 results). The
 * chip without a bus; fdc-transfer.c has the commands that move data, fdc-isa.c its place in a PC.
 */
#include "qemu/osdep.h"
#include "fdc-internal.h"
#include "qemu/log.h"

enum {
    REG_SRB = 1,
    REG_DOR = 2,
    REG_TDR = 3,
    REG_MSR = 4, /* written: DSR */
    REG_FIFO = 5,
    REG_DIR = 7, /* written: CCR */
};

#define SRA_INTPEND   0x80
#define DSR_RESET     0x80
#define DSR_POWERDOWN 0x40
#define RESET_EVENTS  4 /* one for each drive that there could be */

/* ---- interrupts, results ---- */

static void lower_irq(FDCtrl *fdc)
{
    fdc->status0 = 0;
    if (fdc->sra & SRA_INTPEND) {
        fdc->sra &= ~SRA_INTPEND;
        qemu_irq_lower(fdc->irq);
    }
}

void fdc_raise_irq(FDCtrl *fdc)
{
    if (!(fdc->sra & SRA_INTPEND)) {
        fdc->sra |= SRA_INTPEND;
        qemu_irq_raise(fdc->irq);
    }
    fdc->reset_sensei = 0;
}

static void to_command_phase(FDCtrl *fdc)
{
    fdc->phase = FD_PHASE_COMMAND;
    fdc->data_pos = fdc->data_len = 0;
    fdc->msr &= ~(FD_MSR_BUSY | FD_MSR_DIO | FD_MSR_NONDMA);
    fdc->msr |= FD_MSR_RQM;
}

void fdc_result(FDCtrl *fdc, unsigned n)
{
    fdc->phase = FD_PHASE_RESULT;
    fdc->data_pos = 0;
    fdc->data_len = n;
    fdc->msr |= FD_MSR_BUSY | FD_MSR_RQM | FD_MSR_DIO;
}

void fdc_reset(FDCtrl *fdc, bool interrupt)
{
    if (fdc->dma) {
        ISADMA_GET_CLASS(fdc->dma)->release_DREQ(fdc->dma, fdc->dma_chann);
    }
    lower_irq(fdc);
    fdc->sra = 0;
    fdc->dor = FD_DOR_NRESET | (fdc->dma && fdc->dma_chann != UINT32_MAX ? FD_DOR_DMA : 0);
    fdc->msr = FD_MSR_RQM;
    fdc->reset_sensei = 0;
    fdc->format = false;
    /* Heads go to the first track. */
    for (int i = 0; i < FDC_DRIVES; i++) {
        fdc->drives[i].head = 0;
        fdc->drives[i].track = 0;
        fdc->drives[i].sect = 1;
    }
    to_command_phase(fdc);
    if (interrupt) {
        fdc_raise_irq(fdc);
        fdc->status0 = FD_SR0_READY;
        fdc->reset_sensei = RESET_EVENTS;
    }
}

/* ---- commands; their bytes are in fdc->command ---- */

static void select_drive(FDCtrl *fdc)
{
    fdc->cur_drv = fdc->command[1] & 3;
}

static void seek_done(FDCtrl *fdc, uint8_t track, uint8_t head)
{
    FDrive *drv = fd_current(fdc);

    to_command_phase(fdc);
    fdc_raise_irq(fdc);
    fdc->status0 = FD_SR0_SEEK | head << 2 | fdc->cur_drv;
    if (fdc->cur_drv >= FDC_DRIVES || !drv->blk) {
        fdc->status0 |= FD_SR0_ABNORMAL | FD_SR0_EQPMT; /* track 0 is never found */
        return;
    }
    drv->track = drv->max_track ? MIN(track, drv->max_track - 1) : track;
    drv->head = head;
    drv->sect = 1;
    /* The steps tell the drive that somebody takes notice of the new medium. */
    if (fd_has_medium(drv)) {
        drv->media_changed = 0;
    }
}

static void cmd_recalibrate(FDCtrl *fdc)
{
    select_drive(fdc);
    seek_done(fdc, 0, 0);
}

static void cmd_seek(FDCtrl *fdc)
{
    select_drive(fdc);
    seek_done(fdc, fdc->command[2], fdc->command[1] >> 2 & 1);
}

static void cmd_relative_seek(FDCtrl *fdc)
{
    int track;

    select_drive(fdc);
    track = fd_current(fdc)->track;
    track += fdc->command[0] & 0x40 ? fdc->command[2] : -(int)fdc->command[2];
    seek_done(fdc, CLAMP(track, 0, 255), fdc->command[1] >> 2 & 1);
}

static void cmd_sense_interrupt(FDCtrl *fdc)
{
    FDrive *drv = fd_current(fdc);

    if (fdc->reset_sensei) {
        fdc->fifo[0] = FD_SR0_READY | (RESET_EVENTS - fdc->reset_sensei);
        fdc->reset_sensei--;
    } else if (!(fdc->sra & SRA_INTPEND)) {
        fdc->fifo[0] = FD_SR0_INVALID;
        fdc_result(fdc, 1);
        return;
    } else {
        fdc->fifo[0] = fdc->status0;
    }
    fdc->fifo[1] = drv->track;
    fdc_result(fdc, 2);
    lower_irq(fdc);
}

static void cmd_sense_drive(FDCtrl *fdc)
{
    FDrive *drv;

    select_drive(fdc);
    drv = fd_current(fdc);
    drv->head = fdc->command[1] >> 2 & 1;
    fdc->fifo[0] = (drv->readonly ? 0x40 : 0) | (drv->track == 0 ? 0x10 : 0) | drv->head << 2 |
                   fdc->cur_drv | 0x28;
    fdc_result(fdc, 1);
}

static void cmd_specify(FDCtrl *fdc)
{
    fdc->timer0 = fdc->command[1];
    fdc->timer1 = fdc->command[2] >> 1;
    fdc->non_dma = fdc->command[2] & 1;
    to_command_phase(fdc);
}

static void cmd_configure(FDCtrl *fdc)
{
    fdc->config = fdc->command[2];
    fdc->precomp_trk = fdc->command[3];
    to_command_phase(fdc);
}

static void cmd_perpendicular(FDCtrl *fdc)
{
    if (fdc->command[1] & 0x80) {
        fd_current(fdc)->perpendicular = fdc->command[1] & 7;
    }
    to_command_phase(fdc);
}

static void cmd_version(FDCtrl *fdc)
{
    fdc->fifo[0] = 0x90; /* enhanced */
    fdc_result(fdc, 1);
}

static void cmd_part_id(FDCtrl *fdc)
{
    fdc->fifo[0] = 0x41; /* stepping 1 */
    fdc_result(fdc, 1);
}

static void cmd_lock(FDCtrl *fdc)
{
    fdc->lock = fdc->command[0] & 0x80 ? 1 : 0;
    fdc->fifo[0] = fdc->lock << 4;
    fdc_result(fdc, 1);
}

static void cmd_power_down(FDCtrl *fdc)
{
    fdc->pwrd = fdc->command[1];
    fdc->fifo[0] = fdc->pwrd;
    fdc_result(fdc, 1);
}

static void put_parameters(FDCtrl *fdc, uint8_t *p)
{
    FDrive *drv = fd_current(fdc);

    p[0] = fdc->timer0;
    p[1] = fdc->timer1 << 1 | fdc->non_dma;
    p[2] = drv->last_sect;
    p[3] = fdc->lock << 7 | drv->perpendicular << 2;
    p[4] = fdc->config;
    p[5] = fdc->precomp_trk;
}

static void cmd_dump_registers(FDCtrl *fdc)
{
    memset(fdc->fifo, 0, 4);
    for (int i = 0; i < FDC_DRIVES; i++) {
        fdc->fifo[i] = fdc->drives[i].track;
    }
    put_parameters(fdc, fdc->fifo + 4);
    fdc_result(fdc, 10);
}

static void cmd_save(FDCtrl *fdc)
{
    memset(fdc->fifo, 0, 15);
    for (int i = 0; i < FDC_DRIVES; i++) {
        fdc->fifo[2 + i] = fdc->drives[i].track;
    }
    put_parameters(fdc, fdc->fifo + 6);
    fdc->fifo[12] = fdc->pwrd;
    fdc_result(fdc, 15);
}

static void cmd_restore(FDCtrl *fdc)
{
    const uint8_t *c = fdc->command;

    for (int i = 0; i < FDC_DRIVES; i++) {
        fdc->drives[i].track = c[3 + i];
    }
    fdc->timer0 = c[7];
    fdc->timer1 = c[8] >> 1;
    fdc->non_dma = c[8] & 1;
    fdc->lock = c[10] >> 7;
    fd_current(fdc)->perpendicular = c[10] >> 2 & 0xf;
    fdc->config = c[11];
    fdc->precomp_trk = c[12];
    fdc->pwrd = c[13];
    to_command_phase(fdc);
}

/* Which sector passes the head: of a drive without mechanics, the one it is at. */
static void cmd_read_id(FDCtrl *fdc)
{
    FDrive *drv;
    bool found;

    select_drive(fdc);
    drv = fd_current(fdc);
    drv->head = fdc->command[1] >> 2 & 1;
    found = fd_has_medium(drv) && (fdc->dsr & 3) == drv->rate && drv->head < drv->heads &&
            fdc->cur_drv < FDC_DRIVES;
    if (found) {
        drv->sect = drv->sect % drv->last_sect + 1;
    }
    fdc->status0 = (found ? 0 : FD_SR0_ABNORMAL) | drv->head << 2 | fdc->cur_drv;
    fdc->fifo[0] = fdc->status0;
    fdc->fifo[1] = found ? 0 : FD_SR1_NOADDR;
    fdc->fifo[2] = 0;
    fdc->fifo[3] = drv->track;
    fdc->fifo[4] = drv->head;
    fdc->fifo[5] = drv->sect;
    fdc->fifo[6] = FD_SECTOR_CODE;
    fdc_result(fdc, 7);
    fdc_raise_irq(fdc);
}

static void cmd_read(FDCtrl *fdc)
{
    select_drive(fdc);
    fdc_start_transfer(fdc, FD_DIR_READ);
}

static void cmd_write(FDCtrl *fdc)
{
    select_drive(fdc);
    fdc_start_transfer(fdc, FD_DIR_WRITE);
}

static void cmd_read_track(FDCtrl *fdc)
{
    select_drive(fdc);
    fdc->command[4] = 1;
    fdc_start_transfer(fdc, FD_DIR_READ);
}

static void cmd_verify(FDCtrl *fdc)
{
    select_drive(fdc);
    fdc_start_transfer(fdc, FD_DIR_VERIFY);
}

static void cmd_scan(FDCtrl *fdc)
{
    select_drive(fdc);
    fdc_start_transfer(fdc, (fdc->command[0] & 0x1f) == 0x11   ? FD_DIR_SCAN_EQUAL
                            : (fdc->command[0] & 0x1f) == 0x19 ? FD_DIR_SCAN_LOW
                                                               : FD_DIR_SCAN_HIGH);
}

static void cmd_format(FDCtrl *fdc)
{
    select_drive(fdc);
    fdc_start_format(fdc);
}

static void cmd_ignored(FDCtrl *fdc)
{
    to_command_phase(fdc);
}

static void cmd_drive_specification(FDCtrl *fdc)
{
    fdc->fifo[0] = fdc->fifo[1] = 0;
    fdc->fifo[2] = fdc->fifo[3] = 0;
    fdc_result(fdc, 4);
}

typedef struct FDCommand {
    uint8_t value, mask; /* of the first byte */
    uint8_t parameters;
    void (*fn)(FDCtrl *fdc);
} FDCommand;

static const FDCommand commands[] = {
    {0x06, 0x1f, 8, cmd_read},
    {0x05, 0x3f, 8, cmd_write},
    {0x0c, 0x1f, 8, cmd_read}, /* deleted data: marks are not kept */
    {0x09, 0x3f, 8, cmd_write},
    {0x02, 0x9f, 8, cmd_read_track},
    {0x16, 0x1f, 8, cmd_verify},
    {0x11, 0x1f, 8, cmd_scan},
    {0x19, 0x1f, 8, cmd_scan},
    {0x1d, 0x1f, 8, cmd_scan},
    {0x0a, 0xbf, 1, cmd_read_id},
    {0x0d, 0xbf, 5, cmd_format},
    {0x07, 0xff, 1, cmd_recalibrate},
    {0x08, 0xff, 0, cmd_sense_interrupt},
    {0x03, 0xff, 2, cmd_specify},
    {0x04, 0xff, 1, cmd_sense_drive},
    {0x0f, 0xff, 2, cmd_seek},
    {0x8f, 0xbf, 2, cmd_relative_seek},
    {0x13, 0xff, 3, cmd_configure},
    {0x10, 0xff, 0, cmd_version},
    {0x0e, 0xff, 0, cmd_dump_registers},
    {0x12, 0xff, 1, cmd_perpendicular},
    {0x14, 0x7f, 0, cmd_lock},
    {0x17, 0xff, 1, cmd_power_down},
    {0x18, 0xff, 0, cmd_part_id},
    {0x2e, 0xff, 0, cmd_save},
    {0x4e, 0xff, 15, cmd_restore},
    {0x33, 0xff, 1, cmd_ignored}, /* option */
    {0x8e, 0xff, 5, cmd_drive_specification},
};

static const FDCommand *find_command(uint8_t byte)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if ((byte & commands[i].mask) == commands[i].value) {
            return &commands[i];
        }
    }
    return NULL;
}

static void invalid_command(FDCtrl *fdc)
{
    qemu_log_mask(LOG_UNIMP, "fdc: no command 0x%02x\n", fdc->command[0]);
    fdc->fifo[0] = FD_SR0_INVALID;
    fdc_result(fdc, 1);
}

static void command_byte(FDCtrl *fdc, uint8_t value)
{
    const FDCommand *c;

    fdc->command[fdc->data_pos++ % sizeof(fdc->command)] = value;
    c = find_command(fdc->command[0]);
    fdc->msr |= FD_MSR_BUSY;
    if (!c) {
        invalid_command(fdc);
    } else if (fdc->data_pos > c->parameters) {
        c->fn(fdc);
    }
}

/* ---- registers ---- */

static void write_fifo(FDCtrl *fdc, uint8_t value)
{
    if (!(fdc->dor & FD_DOR_NRESET) || !(fdc->msr & FD_MSR_RQM) || fdc->msr & FD_MSR_DIO) {
        qemu_log_mask(LOG_GUEST_ERROR, "fdc: data written while the controller wants none\n");
        return;
    }
    fdc->dsr &= ~DSR_POWERDOWN;
    if (fdc->phase == FD_PHASE_EXECUTION) {
        fdc_data_write(fdc, value);
    } else {
        command_byte(fdc, value);
    }
}

static uint8_t read_fifo(FDCtrl *fdc)
{
    uint8_t value;

    if (!(fdc->msr & FD_MSR_RQM) || !(fdc->msr & FD_MSR_DIO)) {
        qemu_log_mask(LOG_GUEST_ERROR, "fdc: data read while the controller has none\n");
        return 0;
    }
    if (fdc->phase == FD_PHASE_EXECUTION) {
        return fdc_data_read(fdc);
    }
    value = fdc->fifo[fdc->data_pos++ % FD_FIFO];
    if (fdc->data_pos >= fdc->data_len) {
        to_command_phase(fdc);
        lower_irq(fdc);
    }
    return value;
}

static void write_dor(FDCtrl *fdc, uint8_t value)
{
    bool was_reset = !(fdc->dor & FD_DOR_NRESET), is_reset = !(value & FD_DOR_NRESET);

    if (is_reset && !was_reset) {
        fdc_reset(fdc, false);
        fdc->msr = 0;
    } else if (!is_reset && was_reset) {
        fdc_reset(fdc, true);
        fdc->dsr &= ~DSR_RESET;
    }
    fdc->cur_drv = value & 3;
    fdc->dor = value;
}

static void write_dsr(FDCtrl *fdc, uint8_t value)
{
    if (!(fdc->dor & FD_DOR_NRESET)) {
        return;
    }
    if (value & DSR_RESET) {
        uint8_t dor = fdc->dor;

        fdc_reset(fdc, true);
        fdc->dor = dor;
    }
    fdc->dsr = value & ~DSR_RESET; /* it clears itself */
}

uint32_t fdc_read(void *opaque, uint32_t reg)
{
    FDCtrl *fdc = opaque;

    switch (reg & 7) {
    case REG_SRB:
        return 0xc0 | (fdc->dor & 1 ? 0x20 : 0) | (fdc->dor >> 4 & 3);
    case REG_DOR:
        return fdc->dor;
    case REG_TDR:
        return fdc->tdr;
    case REG_MSR:
        return fdc->msr;
    case REG_FIFO:
        return read_fifo(fdc);
    case REG_DIR:
        return fd_current(fdc)->blk && fd_current(fdc)->media_changed ? 0x80 : 0;
    default:
        return 0xff;
    }
}

void fdc_write(void *opaque, uint32_t reg, uint32_t value)
{
    FDCtrl *fdc = opaque;

    switch (reg & 7) {
    case REG_DOR:
        write_dor(fdc, value);
        break;
    case REG_TDR:
        if (fdc->dor & FD_DOR_NRESET) {
            fdc->tdr = value & 3; /* tape drive: there is none */
        }
        break;
    case REG_MSR:
        write_dsr(fdc, value);
        break;
    case REG_FIFO:
        write_fifo(fdc, value);
        break;
    case REG_DIR:
        if (fdc->dor & FD_DOR_NRESET) {
            fdc->dsr = (fdc->dsr & ~3) | (value & 3);
        }
        break;
    }
}

/* ---- saved state ---- */

static int fdc_post_load(void *opaque, int version_id)
{
    FDCtrl *fdc = opaque;
    FDrive *drv = fd_current(fdc);
    bool moving = fdc->phase == FD_PHASE_EXECUTION;

    if (fdc->phase > FD_PHASE_RESULT || fdc->data_pos > FD_FIFO || fdc->data_len > FD_FIFO ||
        fdc->data_dir > FD_DIR_SCAN_HIGH || fdc->cur_drv > 3 || fdc->reset_sensei > RESET_EVENTS) {
        return -EINVAL;
    }
    /* Where data would go must be on the medium. */
    if (moving && fd_has_medium(drv) &&
        (drv->track >= drv->max_track || drv->head >= drv->heads || drv->sect < 1 ||
         drv->sect > drv->last_sect)) {
        return -EINVAL;
    }
    return 0;
}

const VMStateDescription vmstate_fdc = {
    .name = "fdc",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = fdc_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(sra, FDCtrl),
            VMSTATE_UINT8(dor, FDCtrl),
            VMSTATE_UINT8(tdr, FDCtrl),
            VMSTATE_UINT8(dsr, FDCtrl),
            VMSTATE_UINT8(msr, FDCtrl),
            VMSTATE_UINT8(cur_drv, FDCtrl),
            VMSTATE_UINT8(status0, FDCtrl),
            VMSTATE_UINT8(status1, FDCtrl),
            VMSTATE_UINT8(status2, FDCtrl),
            VMSTATE_UINT8(phase, FDCtrl),
            VMSTATE_UINT8(reset_sensei, FDCtrl),
            VMSTATE_UINT8(timer0, FDCtrl),
            VMSTATE_UINT8(timer1, FDCtrl),
            VMSTATE_UINT8(config, FDCtrl),
            VMSTATE_UINT8(precomp_trk, FDCtrl),
            VMSTATE_UINT8(lock, FDCtrl),
            VMSTATE_UINT8(pwrd, FDCtrl),
            VMSTATE_BOOL(non_dma, FDCtrl),
            VMSTATE_BUFFER(command, FDCtrl),
            VMSTATE_BUFFER(fifo, FDCtrl),
            VMSTATE_UINT32(data_pos, FDCtrl),
            VMSTATE_UINT32(data_len, FDCtrl),
            VMSTATE_UINT8(data_dir, FDCtrl),
            VMSTATE_BOOL(format, FDCtrl),
            VMSTATE_UINT8(eot, FDCtrl),
            VMSTATE_STRUCT_ARRAY(drives, FDCtrl, FDC_DRIVES, 1, vmstate_fdrive, FDrive),
            VMSTATE_END_OF_LIST(),
        },
};
