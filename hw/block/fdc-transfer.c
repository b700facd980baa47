/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Floppies: commands that move data (82078 data sheet, 5.1): by DMA as long as the DMA controller
 * has more, or byte by byte through the data register. A sector at a time is in the FIFO.
 *
 * Drives have no mechanics here: sectors are there at once. A floppy is small and in the host's
 * cache; requests wait for their end.
 */
#include "qemu/osdep.h"
#include "fdc-internal.h"
#include "qemu/log.h"

/* ---- the end ---- */

static void stop_transfer(FDCtrl *fdc, uint8_t status0, uint8_t status1, uint8_t status2)
{
    FDrive *drv = fd_current(fdc);

    if (fdc->dma && fdc->msr & FD_MSR_BUSY && !fdc->non_dma) {
        ISADMA_GET_CLASS(fdc->dma)->release_DREQ(fdc->dma, fdc->dma_chann);
    }
    fdc->status0 = status0 | drv->head << 2 | fdc->cur_drv;
    fdc->fifo[0] = fdc->status0;
    fdc->fifo[1] = status1;
    fdc->fifo[2] = status2;
    fdc->fifo[3] = drv->track;
    fdc->fifo[4] = drv->head;
    fdc->fifo[5] = drv->sect;
    fdc->fifo[6] = FD_SECTOR_CODE;
    fdc->msr &= ~FD_MSR_NONDMA;
    fdc->data_len = 0;
    fdc->format = false;
    fdc_result(fdc, 7);
    fdc_raise_irq(fdc);
}

/* To the next sector; false when that was the last of the track, or of both with MT. */
static bool next_sector(FDCtrl *fdc)
{
    FDrive *drv = fd_current(fdc);
    bool multi = fdc->command[0] & 0x80;

    if (drv->sect < drv->last_sect && drv->sect < fdc->eot) {
        drv->sect++;
        return true;
    }
    drv->sect = 1;
    if (multi && drv->head == 0 && drv->heads > 1) {
        drv->head = 1;
        return true;
    }
    /* What the host would ask for next: the other side's track, or the next (table 5-7). */
    if (multi) {
        drv->head = 0;
    }
    if (drv->track < drv->max_track - 1) {
        drv->track++;
    }
    return false;
}

/* ---- sectors ---- */

static bool load_sector(FDCtrl *fdc)
{
    FDrive *drv = fd_current(fdc);

    return blk_pread(drv->blk, fd_offset(drv), FD_SECTOR, fdc->fifo, 0) >= 0;
}

static bool store_sector(FDCtrl *fdc)
{
    FDrive *drv = fd_current(fdc);

    return !drv->readonly && blk_pwrite(drv->blk, fd_offset(drv), FD_SECTOR, fdc->fifo, 0) >= 0;
}

/* ---- begin ---- */

static void begin_execution(FDCtrl *fdc)
{
    fdc->phase = FD_PHASE_EXECUTION;
    fdc->data_pos = 0;
    fdc->msr |= FD_MSR_BUSY;
    if (fdc->dma && !fdc->non_dma && fdc->dor & FD_DOR_DMA) {
        IsaDmaClass *k = ISADMA_GET_CLASS(fdc->dma);

        fdc->msr &= ~FD_MSR_RQM;
        k->hold_DREQ(fdc->dma, fdc->dma_chann);
        k->schedule(fdc->dma);
        return;
    }
    fdc->msr |= FD_MSR_NONDMA | FD_MSR_RQM;
    fdc->msr |= fdc->data_dir == FD_DIR_WRITE || fdc->format ? 0 : FD_MSR_DIO;
    fdc_raise_irq(fdc);
}

/* The head is where the command says, which the controller sees to by itself (implied seek). */
static bool position(FDCtrl *fdc, uint8_t track, uint8_t head, uint8_t sect)
{
    FDrive *drv = fd_current(fdc);

    if (!fd_has_medium(drv)) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NOADDR, 0);
        return false;
    }
    if ((fdc->dsr & 3) != drv->rate) {
        /* Nothing is recognized on the medium. */
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NOADDR, 0);
        return false;
    }
    if (track >= drv->max_track || head >= drv->heads || sect < 1 || sect > drv->last_sect) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NODATA, 0);
        return false;
    }
    drv->track = track;
    drv->head = head;
    drv->sect = sect;
    return true;
}

void fdc_start_transfer(FDCtrl *fdc, int direction)
{
    const uint8_t *c = fdc->command;
    FDrive *drv = fd_current(fdc);

    fdc->format = false;
    fdc->data_dir = direction;
    fdc->eot = c[6];
    if (!position(fdc, c[2], c[3], c[4])) {
        return;
    }
    if (c[5] != FD_SECTOR_CODE) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NODATA, 0); /* sectors of another size */
        return;
    }
    if (direction == FD_DIR_WRITE && drv->readonly) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NOWRITE, 0);
        return;
    }
    if (direction == FD_DIR_VERIFY) {
        /* All of it is as it was written; the position goes on. */
        for (unsigned n = c[0] & 0x80 ? 2 * drv->last_sect : drv->last_sect; n--;) {
            if (!next_sector(fdc)) {
                break;
            }
        }
        stop_transfer(fdc, 0, 0, 0);
        return;
    }
    begin_execution(fdc);
}

/* FORMAT TRACK: the host gives the address of each sector; its data is the filler. */
void fdc_start_format(FDCtrl *fdc)
{
    FDrive *drv = fd_current(fdc);

    fdc->data_dir = FD_DIR_WRITE;
    if (!position(fdc, drv->track, fdc->command[1] >> 2 & 1, 1)) {
        return;
    }
    if (drv->readonly) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NOWRITE, 0);
        return;
    }
    if (fdc->command[2] != FD_SECTOR_CODE) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NODATA, 0);
        return;
    }
    fdc->format = true;
    fdc->data_len = fdc->command[3]; /* sectors still to come */
    begin_execution(fdc);
}

/* The four bytes of one sector are in the FIFO. False: no more are wanted. */
static bool format_sector(FDCtrl *fdc)
{
    FDrive *drv = fd_current(fdc);
    uint8_t track = fdc->fifo[0], head = fdc->fifo[1], sect = fdc->fifo[2];

    if (track == drv->track && head < drv->heads && sect >= 1 && sect <= drv->last_sect) {
        drv->head = head;
        drv->sect = sect;
        memset(fdc->fifo, fdc->command[5], FD_SECTOR);
        if (!store_sector(fdc)) {
            stop_transfer(fdc, FD_SR0_ABNORMAL | FD_SR0_SEEK, 0, 0);
            return false;
        }
    }
    fdc->data_pos = 0;
    if (fdc->data_len <= 1) {
        stop_transfer(fdc, 0, 0, 0);
        return false;
    }
    fdc->data_len--;
    return true;
}

/* ---- DMA ---- */

/* As the medium has it; FFh on either side matches all. */
static uint8_t scan_result(int direction, const uint8_t *medium, const uint8_t *memory, int n)
{
    for (int i = 0; i < n; i++) {
        if (medium[i] == memory[i] || medium[i] == 0xff || memory[i] == 0xff) {
            continue;
        }
        if ((direction == FD_DIR_SCAN_LOW && medium[i] < memory[i]) ||
            (direction == FD_DIR_SCAN_HIGH && medium[i] > memory[i])) {
            return 0;
        }
        return FD_SR2_NOTSCAN;
    }
    return FD_SR2_EQUAL;
}

/* Up to @size of the sector's rest; its result: go on, or not. */
static bool dma_piece(FDCtrl *fdc, int nchan, int *pos, int size)
{
    IsaDmaClass *k = ISADMA_GET_CLASS(fdc->dma);
    int at = fdc->data_pos, n = MIN(size - *pos, FD_SECTOR - at);
    uint8_t memory[FD_SECTOR], scan;

    if (at == 0 && fdc->data_dir != FD_DIR_WRITE && !load_sector(fdc)) {
        stop_transfer(fdc, FD_SR0_ABNORMAL | FD_SR0_SEEK, 0, 0);
        return false;
    }
    switch (fdc->data_dir) {
    case FD_DIR_READ:
        k->write_memory(fdc->dma, nchan, fdc->fifo + at, *pos, n);
        break;
    case FD_DIR_WRITE:
        k->read_memory(fdc->dma, nchan, fdc->fifo + at, *pos, n);
        /* A transfer that ends within a sector fills it with zeroes. */
        memset(fdc->fifo + at + n, 0, FD_SECTOR - at - n);
        if ((at + n == FD_SECTOR || *pos + n == size) && !store_sector(fdc)) {
            stop_transfer(fdc, FD_SR0_ABNORMAL | FD_SR0_SEEK, 0, 0);
            return false;
        }
        break;
    default:
        k->read_memory(fdc->dma, nchan, memory, *pos, n);
        scan = scan_result(fdc->data_dir, fdc->fifo + at, memory, n);
        if (scan != FD_SR2_NOTSCAN) {
            stop_transfer(fdc, 0, 0, scan);
            return false;
        }
        fdc->status2 = FD_SR2_NOTSCAN;
    }
    *pos += n;
    fdc->data_pos = (at + n) % FD_SECTOR;
    if (fdc->data_pos == 0 && !next_sector(fdc)) {
        stop_transfer(fdc, *pos < size ? FD_SR0_ABNORMAL : 0, *pos < size ? FD_SR1_END : 0,
                      fdc->status2);
        return false;
    }
    return true;
}

static bool dma_format(FDCtrl *fdc, int nchan, int *pos, int size)
{
    IsaDmaClass *k = ISADMA_GET_CLASS(fdc->dma);
    int n = MIN(4 - (int)fdc->data_pos, size - *pos);

    k->read_memory(fdc->dma, nchan, fdc->fifo + fdc->data_pos, *pos, n);
    *pos += n;
    fdc->data_pos += n;
    return fdc->data_pos < 4 || format_sector(fdc);
}

int fdc_dma_transfer(void *opaque, int nchan, int pos, int size)
{
    FDCtrl *fdc = opaque;

    if (fdc->phase != FD_PHASE_EXECUTION || fdc->msr & FD_MSR_RQM) {
        return pos;
    }
    fdc->status2 = 0;
    if (!fd_has_medium(fd_current(fdc))) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NOADDR, 0);
        return pos;
    }
    while (pos < size) {
        if (!(fdc->format ? dma_format(fdc, nchan, &pos, size)
                          : dma_piece(fdc, nchan, &pos, size))) {
            return pos;
        }
    }
    /* Terminal count. */
    stop_transfer(fdc, 0, 0, fdc->status2);
    return pos;
}

/* ---- through the data register ---- */

uint8_t fdc_data_read(FDCtrl *fdc)
{
    uint8_t value;

    if (!fd_has_medium(fd_current(fdc)) || (fdc->data_pos == 0 && !load_sector(fdc))) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NOADDR, 0);
        return 0;
    }
    value = fdc->fifo[fdc->data_pos++ % FD_SECTOR];
    if (fdc->data_pos == FD_SECTOR) {
        fdc->data_pos = 0;
        if (!next_sector(fdc)) {
            /* Without a DMA controller nobody says that it was enough. */
            stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_END, 0);
        }
    }
    return value;
}

void fdc_data_write(FDCtrl *fdc, uint8_t value)
{
    if (!fd_has_medium(fd_current(fdc))) {
        stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_NOADDR, 0);
        return;
    }
    fdc->fifo[fdc->data_pos++ % FD_SECTOR] = value;
    if (fdc->format) {
        if (fdc->data_pos == 4) {
            format_sector(fdc);
        }
    } else if (fdc->data_pos == FD_SECTOR) {
        fdc->data_pos = 0;
        if (!store_sector(fdc)) {
            stop_transfer(fdc, FD_SR0_ABNORMAL | FD_SR0_SEEK, 0, 0);
        } else if (!next_sector(fdc)) {
            stop_transfer(fdc, FD_SR0_ABNORMAL, FD_SR1_END, 0);
        }
    }
}
