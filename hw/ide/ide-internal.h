/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ATA and ATAPI drives on a channel with two places (ATA8-ACS, ATA8-APT, MMC-6), and what a host
 * controller does for them. All functions: BQL held.
 *
 *   controller (piix.c, ahci.c)  --- task file, data port, "DMA may run" --->  channel (core.c)
 *   channel, drives (ata.c, atapi.c)  --- IDEControllerOps --->  controller
 *
 * A command runs in the drive that is selected. It ends in ide_command_done(), or, when the
 * block layer failed with werror=stop, is kept in drive->retry and begun again.
 */
#ifndef HW_IDE_IDE_INTERNAL_H
#define HW_IDE_IDE_INTERNAL_H

#include "hw/block/block.h"
#include "hw/ide/ide.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/iov.h"
#include "system/dma.h"
#include "system/runstate.h"

/* Status (ATA8-ACS 6.2). */
#define ATA_ERR  0x01
#define ATA_DRQ  0x08
#define ATA_DSC  0x10 /* seek complete */
#define ATA_DF   0x20
#define ATA_DRDY 0x40
#define ATA_BSY  0x80
/* Error. */
#define ATA_ABRT 0x04
#define ATA_IDNF 0x10
#define ATA_UNC  0x40
/* Device control. */
#define ATA_NIEN 0x02
#define ATA_SRST 0x04
#define ATA_HOB  0x80
/* Device. */
#define ATA_DEV 0x10
#define ATA_LBA 0x40
/* Interrupt reason of ATAPI, in the count register. */
#define ATAPI_CD          0x01
#define ATAPI_IO          0x02

#define ATA_SECTOR        512
#define ATA_MULTIPLE_MAX  16
#define ATAPI_PACKET_SIZE 12
#define CD_SECTOR         2048
#define CD_RAW_SECTOR     2352
#define CD_CHUNK_SECTORS  32
/* The largest block of sectors, and of a CD. */
#define IDE_BUFFER_SIZE (CD_CHUNK_SECTORS * CD_RAW_SECTOR)

typedef struct IDEBus IDEBus;
typedef struct IDEDrive IDEDrive;

/* What happens when the host has moved all of a block of PIO data. Part of the saved state. */
typedef enum IDEPioEnd {
    IDE_PIO_NONE,
    IDE_PIO_LAST,      /* data in: that was all */
    IDE_PIO_READ,      /* data in: the next block of sectors */
    IDE_PIO_WRITE,     /* data out: to the disk with it */
    IDE_PIO_SMART_LOG, /* data out that nobody keeps */
    IDE_PIO_PACKET,    /* data out: a command packet */
    IDE_PIO_REPLY,     /* data in: the next part of a packet's answer */
    IDE_PIO_ENDS,
} IDEPioEnd;

/* Work on the disk, as it is begun, and begun again. Part of the saved state. */
typedef enum IDEWork {
    IDE_WORK_NONE,
    IDE_WORK_READ_PIO,
    IDE_WORK_WRITE_PIO,
    IDE_WORK_READ_DMA,
    IDE_WORK_WRITE_DMA,
    IDE_WORK_TRIM,
    IDE_WORK_FLUSH,
    IDE_WORK_VERIFY,
    IDE_WORK_CD_READ,  /* a chunk of it */
    IDE_WORK_CD_REPLY, /* DMA of what is in the buffer */
    IDE_WORKS,
} IDEWork;

/* The task file: each register twice, the newer value and the one before (LBA48). */
typedef struct IDETaskFile {
    uint8_t feature, nsector, lbal, lbam, lbah;
} IDETaskFile;

struct IDEDrive {
    /* configuration */
    IDEDevice *dev; /* NULL: there is none */
    IDEBus *bus;
    unsigned unit;
    unsigned number; /* counts all places of the machine, for serial numbers */
    BlockBackend *blk;
    bool is_cd;

    /* wiring */
    uint8_t *buffer; /* IDE_BUFFER_SIZE; state as far as it is used */
    QEMUIOVector qiov;
    QEMUSGList sg;
    BlockAcctCookie acct;
    bool in_flight; /* the block layer works for us */
    bool cancelled; /* and what comes of it does not matter any more */

    /* state: registers */
    IDETaskFile tf, hob;
    uint8_t device, status, error;

    /* state: settings */
    uint64_t nb_sectors;
    uint32_t heads, secs; /* of INITIALIZE DEVICE PARAMETERS */
    uint8_t multiple;
    uint8_t pio_mode, mwdma_mode, udma_mode; /* bit 3: this is the one; low bits its number */
    bool lba48;                              /* of the present command */
    bool sleeping, standby, frozen;
    bool smart_enabled, smart_autosave;
    uint8_t smart_selftest_count;

    /* state: the present command */
    uint32_t pos, len; /* of the buffer: next byte for the host, and end */
    uint32_t pio_end;  /* IDEPioEnd */
    uint32_t work;     /* IDEWork that is under way */
    uint32_t retry;    /* IDEWork that failed and waits */
    uint64_t lba;      /* next sector, and how many are left */
    uint32_t left;
    uint32_t block;       /* sectors in the buffer */
    uint8_t write_blocks; /* counts, for win2k-install-hack */

    /* state: ATAPI */
    uint8_t packet[ATAPI_PACKET_SIZE];
    uint8_t sense_key, asc, ascq;
    bool packet_dma;
    uint32_t reply_left; /* bytes for the host */
    uint32_t cd_sector;  /* bytes that it gets of each */
    uint32_t cd_pos;     /* next byte of the buffer, and how many it has */
    uint32_t cd_chunk;
    uint8_t media_change; /* steps to tell of it */
    bool event_new_media, event_eject;
    bool tray_open, tray_locked;
};

typedef struct IDEControllerOps {
    /* INTRQ, with the mask of device control in it already. */
    void (*set_irq)(IDEBus *bus, bool level);
    /* A block of PIO data is ready, or wanted. NULL: the host comes and gets it. */
    void (*pio_ready)(IDEBus *bus, bool to_host);
    /* A command wants DMA: ide_dma_run() now, or as soon as the host lets it. */
    void (*dma_wanted)(IDEBus *bus);
    /* The next @bytes of the host's list, as far as it goes. */
    void (*dma_next)(IDEBus *bus, uint64_t bytes, QEMUSGList *sg);
    /* Back to the list's beginning. */
    void (*dma_rewind)(IDEBus *bus);
    /* No more DMA by this command; @short_list: the list ended before it. */
    void (*dma_done)(IDEBus *bus, bool short_list);
    /* The command has ended. Optional. */
    void (*command_done)(IDEBus *bus);
    bool ncq; /* it can queue commands */
} IDEControllerOps;

OBJECT_DECLARE_SIMPLE_TYPE(IDEBus, IDE_BUS)

struct IDEBus {
    BusState parent_obj;

    /* configuration */
    int bus_id;
    unsigned max_units;
    const IDEControllerOps *ops;
    void *opaque;
    AddressSpace *as; /* of DMA */

    /* wiring */
    VMChangeStateEntry *vmstate_change;
    bool moving;   /* pio_ready() is called in a loop, further out */
    bool irq_late; /* the next interrupt is to come a little later */

    /* state */
    IDEDrive drives[2];
    uint8_t unit;    /* selected */
    uint8_t control; /* device control */
    bool intrq;
    QEMUTimer *late_irq_timer;
};

/* ---- core.c: the channel ---- */

/* In the controller's realize, resp. unrealize. @opaque is for the ops. */
void ide_bus_init(IDEBus *bus, DeviceState *controller, int bus_id, unsigned max_units,
                  AddressSpace *as, const IDEControllerOps *ops, void *opaque);
void ide_bus_cleanup(IDEBus *bus);
/* Power on, and the reset line. */
void ide_bus_reset(IDEBus *bus);
extern const VMStateDescription vmstate_ide_bus;

/* Registers by their offset from the command block's base; 7 is status and command. */
void ide_write_register(IDEBus *bus, unsigned reg, uint8_t value);
uint8_t ide_read_register(IDEBus *bus, unsigned reg);
uint8_t ide_read_altstatus(IDEBus *bus);
void ide_write_control(IDEBus *bus, uint8_t value);
void ide_write_data(IDEBus *bus, uint32_t value, unsigned size);
uint32_t ide_read_data(IDEBus *bus, unsigned size);
void ide_command(IDEBus *bus, uint8_t command);
/* The host's list may be used now. */
void ide_dma_run(IDEBus *bus);
/* The host stops it: waits for what is under way, and forgets the command. */
void ide_dma_cancel(IDEBus *bus);

static inline IDEDrive *ide_selected(IDEBus *bus)
{
    return &bus->drives[bus->unit];
}

/* ---- core.c: for drives ---- */

void ide_set_irq(IDEBus *bus);
void ide_clear_irq(IDEBus *bus);
/* Ends the command: status, interrupt. */
void ide_command_done(IDEDrive *s);
/* Ends it with an error. */
void ide_command_failed(IDEDrive *s, uint8_t error);
/* @len bytes at @start of the buffer are for the host, or from it. @irq: tell it. */
void ide_pio_start(IDEDrive *s, uint32_t start, uint32_t len, IDEPioEnd end, bool irq);
/* DMA: the controller calls back with ide_dma_run(). */
void ide_dma_start(IDEDrive *s, IDEWork work);
/* Begins work on the disk that s->lba, left, block and buffer tell. */
void ide_work_begin(IDEDrive *s, IDEWork work);
/* A request to the block layer is under way for the present work, with @type for statistics. */
void ide_work_started(IDEDrive *s, int64_t bytes, BlockAcctType type);
/* It has ended: false when nothing more is to be done about it. */
bool ide_work_ended(IDEDrive *s, int ret);
/* The host's list ended before the command did. */
void ide_dma_short(IDEDrive *s);
void ide_set_signature(IDEDrive *s);
/* Waits for the block layer; what comes of it does not matter any more. */
void ide_forget_work(IDEDrive *s);

/* ---- the commands ---- */

void ata_command(IDEDrive *s, uint8_t command);
void ata_write_moved(IDEDrive *s);
void ata_work(IDEDrive *s);
void ata_work_failed(IDEDrive *s);
/* Words of IDENTIFY DEVICE, and IDENTIFY PACKET DEVICE, into the buffer. */
void ata_identify(IDEDrive *s);
void atapi_identify(IDEDrive *s);
void ata_set_features(IDEDrive *s);
void ata_smart(IDEDrive *s);
bool ata_power(IDEDrive *s, uint8_t command);
/* Number and count of sectors that the task file names; count 0 stands for the most. */
uint64_t ata_get_lba(IDEDrive *s);
void ata_set_lba(IDEDrive *s, uint64_t lba);
uint32_t ata_get_count(IDEDrive *s);

void atapi_packet(IDEDrive *s);
void atapi_command(IDEDrive *s);
void atapi_work(IDEDrive *s);
void atapi_work_failed(IDEDrive *s, int error);
/* The next part of the answer for the host; or the end, if there is none. */
void atapi_reply_next(IDEDrive *s);
void atapi_reset(IDEDrive *s);
extern const BlockDevOps atapi_block_ops;
extern const BlockDevOps ata_block_ops;

/* ---- the device in a place (device.c) ---- */

struct IDEDevice {
    DeviceState parent_obj;

    uint32_t unit; /* UINT32_MAX: the next free */
    BlockConf conf;
    BiosAtaTranslation chs_trans;
    char *version, *serial, *model;
    uint64_t wwn;
    uint16_t rotation_rate;
    bool win2k_install_hack;
};

#endif
