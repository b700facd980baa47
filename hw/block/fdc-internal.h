/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Floppies: what drives, controller and its ISA form share. All with the BQL held. */
#ifndef HW_BLOCK_FDC_INTERNAL_H
#define HW_BLOCK_FDC_INTERNAL_H

#include "hw/block/block.h"
#include "hw/block/fdc.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"

#define TYPE_FLOPPY_BUS   "floppy-bus"
#define TYPE_FLOPPY_DRIVE "floppy"

#define FD_SECTOR         512
#define FD_SECTOR_CODE    2 /* as commands tell it: 128 << 2 */
#define FD_FIFO           512

typedef struct FDCtrl FDCtrl;

/* Data rates as in the rate select registers. */
enum { FD_RATE_500K = 0, FD_RATE_300K = 1, FD_RATE_250K = 2, FD_RATE_1M = 3 };

/* A drive and what is in it. */
typedef struct FDrive {
    /* wiring */
    FDCtrl *fdc;
    BlockBackend *blk; /* NULL: no drive */
    BlockConf *conf;   /* with @blk */
    FloppyDriveType type;
    bool readonly;

    /* of the medium */
    uint8_t last_sect; /* of a track; 0: no medium that we know */
    uint8_t max_track; /* how many */
    uint8_t heads;
    uint8_t rate;

    /* state */
    uint8_t head, track, sect;
    uint8_t perpendicular;
    uint8_t media_changed;
} FDrive;

typedef struct FloppyBus {
    BusState bus;
    FDCtrl *fdc;
} FloppyBus;

struct FDCtrl {
    /* configuration */
    FloppyDriveType fallback;
    FloppyDriveType requested[FDC_DRIVES];
    uint32_t dma_chann;

    /* wiring */
    DeviceState *dev;
    FloppyBus bus;
    qemu_irq irq;
    IsaDma *dma;

    /* state: registers */
    uint8_t sra, dor, tdr, dsr, msr, cur_drv;
    uint8_t status0, status1, status2;
    uint8_t phase;
    uint8_t reset_sensei; /* interrupts of a reset that were not asked about */
    uint8_t timer0, timer1, config, precomp_trk, lock, pwrd;
    bool non_dma;
    /* state: the command, its result, or a sector */
    uint8_t command[16];
    uint8_t fifo[FD_FIFO];
    uint32_t data_pos, data_len;
    uint8_t data_dir; /* of a transfer */
    bool format;
    uint8_t eot; /* last sector */
    FDrive drives[FDC_DRIVES];
};

/* ---- fdc-drive.c ---- */

FDrive *fd_current(FDCtrl *fdc);
/* Look at the medium: how it is laid out. */
void fd_revalidate(FDrive *drv);
bool fd_has_medium(const FDrive *drv);
/* Byte of the medium where the drive is. */
int64_t fd_offset(const FDrive *drv);
extern const VMStateDescription vmstate_fdrive;

/* ---- fdc-transfer.c ---- */

enum {
    FD_DIR_READ,
    FD_DIR_WRITE,
    FD_DIR_VERIFY,
    FD_DIR_SCAN_EQUAL,
    FD_DIR_SCAN_LOW,
    FD_DIR_SCAN_HIGH
};

/* The command in fdc->command moves data. */
void fdc_start_transfer(FDCtrl *fdc, int direction);
void fdc_start_format(FDCtrl *fdc);
int fdc_dma_transfer(void *opaque, int nchan, int pos, int size);
/* A byte through the data register. */
uint8_t fdc_data_read(FDCtrl *fdc);
void fdc_data_write(FDCtrl *fdc, uint8_t value);

/* ---- fdc.c ---- */

enum { FD_PHASE_COMMAND, FD_PHASE_EXECUTION, FD_PHASE_RESULT };

#define FD_MSR_RQM      0x80
#define FD_MSR_DIO      0x40
#define FD_MSR_NONDMA   0x20
#define FD_MSR_BUSY     0x10

#define FD_SR0_ABNORMAL 0x40
#define FD_SR0_INVALID  0x80
#define FD_SR0_READY    0xc0
#define FD_SR0_SEEK     0x20
#define FD_SR0_EQPMT    0x10
#define FD_SR1_END      0x80
#define FD_SR1_NODATA   0x04
#define FD_SR1_NOWRITE  0x02
#define FD_SR1_NOADDR   0x01
#define FD_SR2_EQUAL    0x08
#define FD_SR2_NOTSCAN  0x04

#define FD_DOR_NRESET   0x04
#define FD_DOR_DMA      0x08

uint32_t fdc_read(void *opaque, uint32_t reg);
void fdc_write(void *opaque, uint32_t reg, uint32_t value);
void fdc_reset(FDCtrl *fdc, bool interrupt);
void fdc_raise_irq(FDCtrl *fdc);
/* The first @n bytes of the FIFO are the result. */
void fdc_result(FDCtrl *fdc, unsigned n);
void fdc_init_bus(FDCtrl *fdc, DeviceState *dev);
extern const VMStateDescription vmstate_fdc;

#endif
