/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Native command queuing: reads and writes that run side by side, and end in any order (Serial ATA
 * 3.x, 13.6; AHCI 1.3.1, 5.6.4).
 */
#include "qemu/osdep.h"
#include "ahci-internal.h"
#include "block/aio-wait.h"
#include "hw/block/dma-blk.h"
#include "qemu/bswap.h"

#define FIS_D2H 0x34
#define FIS_SDB 0xa1
#define RX_D2H  0x40
#define RX_SDB  0x58

/* ---- the end of a command ---- */

/* Set Device Bits: which have ended. */
static void send_sdb(AHCIPort *p, uint32_t finished)
{
    IDEDrive *s = &p->bus.drives[0];
    uint8_t fis[8] = {FIS_SDB, 0x40, s->status & 0x77, s->error};

    stl_le_p(fis + 4, finished);
    ahci_send_fis(p, RX_SDB, fis, sizeof(fis));
    p->sact &= ~finished;
    ahci_port_interrupt(p, IS_SDB | (s->status & ATA_ERR ? IS_TASK_FILE_ERROR : 0));
}

static void fail(AHCIQueued *q, uint8_t error)
{
    AHCIPort *p = q->port;
    IDEDrive *s = &p->bus.drives[0];

    q->used = false;
    s->error = error;
    s->status = ATA_DRDY | ATA_DSC | ATA_ERR;
    p->halted = true;
    send_sdb(p, 0); /* it stays in SACT: software looks which one it was */
}

static void finish(AHCIQueued *q)
{
    q->used = false;
    send_sdb(q->port, 1u << q->tag);
    ahci_port_kick(q->port);
}

static void queued_done(void *opaque, int ret)
{
    AHCIQueued *q = opaque;
    IDEDrive *s = &q->port->bus.drives[0];
    BlockAcctStats *stats = blk_get_stats(s->blk);
    BlockErrorAction action;

    qemu_sglist_destroy(&q->sg);
    q->in_flight = false;
    if (s->cancelled || ret >= 0) {
        block_acct_done(stats, &q->acct);
        if (!s->cancelled) {
            finish(q);
        }
        return;
    }
    action = blk_get_error_action(s->blk, !q->write, -ret);
    blk_error_action(s->blk, action, !q->write, -ret);
    if (action == BLOCK_ERROR_ACTION_IGNORE) {
        block_acct_done(stats, &q->acct);
        finish(q);
        return;
    }
    block_acct_failed(stats, &q->acct);
    if (action == BLOCK_ERROR_ACTION_STOP) {
        q->retry = true;
    } else {
        fail(q, q->write ? ATA_ABRT : ATA_UNC);
    }
}

/* ---- its beginning ---- */

static void start(AHCIQueued *q, uint64_t table, uint32_t list_len)
{
    AHCIPort *p = q->port;
    IDEDrive *s = &p->bus.drives[0];
    uint64_t bytes = (uint64_t)q->count * ATA_SECTOR;
    uint32_t pos = 0, done = 0;
    BlockAcctType type = q->write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ;

    if (!q->count || q->lba >= s->nb_sectors || q->count > s->nb_sectors - q->lba ||
        (q->write && !blk_is_writable(s->blk))) {
        block_acct_invalid(blk_get_stats(s->blk), type);
        fail(q, ATA_IDNF | ATA_ABRT);
        return;
    }
    qemu_sglist_init(&q->sg, DEVICE(s->dev), 16, p->host->as);
    ahci_list_next(p, table, list_len, &pos, &done, bytes, &q->sg);
    if (q->sg.size < bytes) {
        qemu_sglist_destroy(&q->sg);
        ahci_port_interrupt(p, IS_OVERFLOW);
        fail(q, ATA_ABRT);
        return;
    }
    block_acct_start(blk_get_stats(s->blk), &q->acct, bytes, type);
    q->in_flight = true;
    if (q->write) {
        dma_blk_write(s->blk, &q->sg, q->lba * ATA_SECTOR, ATA_SECTOR, queued_done, q);
    } else {
        dma_blk_read(s->blk, &q->sg, q->lba * ATA_SECTOR, ATA_SECTOR, queued_done, q);
    }
}

/* The drive takes it: the slot is free for the port, though not for software. */
static void accept(AHCIPort *p, unsigned slot)
{
    IDEDrive *s = &p->bus.drives[0];
    uint8_t fis[20] = {FIS_D2H, 0, s->status};

    p->ci &= ~(1u << slot);
    ahci_send_fis(p, RX_D2H, fis, sizeof(fis));
}

void ahci_ncq_command(AHCIPort *p, unsigned slot, const uint8_t *fis, uint64_t table,
                      uint32_t list_len)
{
    IDEDrive *s = &p->bus.drives[0];
    unsigned tag = fis[12] >> 3;
    AHCIQueued *q = &p->queued[slot];
    uint32_t count = fis[3] | fis[11] << 8;

    s->status = ATA_DRDY | ATA_DSC;
    s->error = 0;
    accept(p, slot);
    q->used = true;
    q->retry = false;
    q->write = fis[2] == 0x61;
    q->count = count ? count : 65536;
    q->lba = (uint64_t)fis[10] << 40 | (uint64_t)fis[9] << 32 | (uint64_t)fis[8] << 24 |
             fis[6] << 16 | fis[5] << 8 | fis[4];
    if (tag != slot || s->is_cd) {
        fail(q, ATA_ABRT);
        return;
    }
    start(q, table, list_len);
}

/* ---- reset, and going on ---- */

static bool any_in_flight(AHCIPort *p)
{
    for (int i = 0; i < AHCI_SLOTS; i++) {
        if (p->queued[i].in_flight) {
            return true;
        }
    }
    return false;
}

void ahci_ncq_forget(AHCIPort *p)
{
    IDEDrive *s = &p->bus.drives[0];

    s->cancelled = true;
    AIO_WAIT_WHILE(NULL, any_in_flight(p));
    s->cancelled = false;
    for (int i = 0; i < AHCI_SLOTS; i++) {
        p->queued[i].used = p->queued[i].retry = false;
    }
}

void ahci_ncq_retry(void *opaque, bool running, RunState state)
{
    AHCIPort *p = opaque;

    for (unsigned i = 0; running && i < AHCI_SLOTS; i++) {
        AHCIQueued *q = &p->queued[i];
        uint64_t table;
        uint32_t list_len;

        if (!q->used || !q->retry) {
            continue;
        }
        q->retry = false;
        if (!p->bus.drives[0].dev || !ahci_read_header(p, i, &table, &list_len)) {
            q->used = false;
            continue;
        }
        start(q, table, list_len);
    }
    if (running) {
        ahci_port_kick(p);
    }
}
