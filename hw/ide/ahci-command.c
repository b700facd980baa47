/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands of an AHCI port: from the list in memory to the drive, and frames back (AHCI 1.3.1,
 * chapters 4 and 5; Serial ATA 3.x, 10.5).
 */
#include "qemu/osdep.h"
#include "ahci-internal.h"
#include "block/aio-wait.h"
#include "qemu/bswap.h"
#include "qemu/log.h"

#define FIS_H2D       0x27
#define FIS_D2H       0x34
#define FIS_PIO_SETUP 0x5f

/* Where received frames go. */
#define RX_PIO_SETUP  0x20
#define RX_D2H        0x40

#define HEADER_SIZE   32
#define TABLE_PACKET  0x40
#define TABLE_REGIONS 0x80
#define REGION_SIZE   16

/* ---- frames to memory ---- */

void ahci_send_fis(AHCIPort *p, unsigned offset, const uint8_t *fis, size_t size)
{
    uint64_t base = (uint64_t)p->fbu << 32 | p->fb;

    if (p->cmd & CMD_FIS_RUNNING) {
        dma_memory_write(p->host->as, base + offset, fis, size, MEMTXATTRS_UNSPECIFIED);
    }
}

static void put_task_file(uint8_t *fis, const IDEDrive *s)
{
    fis[3] = s->error;
    fis[4] = s->tf.lbal;
    fis[5] = s->tf.lbam;
    fis[6] = s->tf.lbah;
    fis[7] = s->device;
    fis[8] = s->hob.lbal;
    fis[9] = s->hob.lbam;
    fis[10] = s->hob.lbah;
    fis[12] = s->tf.nsector;
    fis[13] = s->hob.nsector;
}

static void send_d2h(AHCIPort *p, bool interrupt)
{
    IDEDrive *s = &p->bus.drives[0];
    uint8_t fis[20] = {FIS_D2H, interrupt ? 0x40 : 0, s->status};

    put_task_file(fis, s);
    ahci_send_fis(p, RX_D2H, fis, sizeof(fis));
    if (s->status & ATA_ERR) {
        p->halted = true;
        ahci_port_interrupt(p, IS_D2H | IS_TASK_FILE_ERROR);
    } else if (interrupt) {
        ahci_port_interrupt(p, IS_D2H);
    }
}

static void send_pio_setup(AHCIPort *p, bool to_host, uint32_t len)
{
    IDEDrive *s = &p->bus.drives[0];
    uint8_t fis[20] = {FIS_PIO_SETUP, 0x40 | (to_host ? 0x20 : 0), s->status};

    put_task_file(fis, s);
    fis[15] = s->status & ~ATA_DRQ; /* when the block is over */
    stw_le_p(fis + 16, len);
    ahci_send_fis(p, RX_PIO_SETUP, fis, sizeof(fis));
    ahci_port_interrupt(p, IS_PIO_SETUP);
}

void ahci_send_signature(AHCIPort *p)
{
    IDEDrive *s = &p->bus.drives[0];

    if (!s->dev) {
        return;
    }
    p->sig = s->tf.lbah << 24 | s->tf.lbam << 16 | s->tf.lbal << 8 | s->tf.nsector;
    send_d2h(p, false);
}

/* ---- the command's regions of memory ---- */

static uint64_t header_addr(AHCIPort *p, unsigned slot)
{
    return ((uint64_t)p->clbu << 32 | p->clb) + slot * HEADER_SIZE;
}

bool ahci_read_header(AHCIPort *p, unsigned slot, uint64_t *table, uint32_t *list_len)
{
    uint8_t raw[HEADER_SIZE];

    if (dma_memory_read(p->host->as, header_addr(p, slot), raw, sizeof(raw),
                        MEMTXATTRS_UNSPECIFIED)) {
        return false;
    }
    *list_len = lduw_le_p(raw + 2);
    *table = ldq_le_p(raw + 8) & ~0x7full;
    return true;
}

void ahci_list_next(AHCIPort *p, uint64_t table, uint32_t len, uint32_t *pos, uint32_t *done,
                    uint64_t bytes, QEMUSGList *sg)
{
    while (bytes && *pos < len) {
        uint8_t raw[REGION_SIZE];
        uint32_t size, step;

        if (dma_memory_read(p->host->as, table + TABLE_REGIONS + (uint64_t)*pos * REGION_SIZE, raw,
                            sizeof(raw), MEMTXATTRS_UNSPECIFIED)) {
            break;
        }
        size = (ldl_le_p(raw + 12) & 0x3fffff) + 1;
        step = *done < size ? MIN(size - *done, bytes) : 0;
        if (step) {
            qemu_sglist_add(sg, ldq_le_p(raw) + *done, step);
        }
        *done += step;
        bytes -= step;
        if (*done >= size) {
            *done = 0;
            (*pos)++;
        }
    }
}

/* How much was moved shows in the header. */
static void count_bytes(AHCIPort *p, uint32_t bytes)
{
    uint64_t at = header_addr(p, p->slot) + 4;
    uint32_t count = 0;

    ldl_le_dma(p->host->as, at, &count, MEMTXATTRS_UNSPECIFIED);
    stl_le_dma(p->host->as, at, count + bytes, MEMTXATTRS_UNSPECIFIED);
}

/* ---- what the drive asks for ---- */

static AHCIPort *port_of(IDEBus *bus)
{
    return bus->opaque;
}

/* Frames say when something has ended; there is no line. */
static void set_irq(IDEBus *bus, bool level)
{
}

static void dma_next(IDEBus *bus, uint64_t bytes, QEMUSGList *sg)
{
    AHCIPort *p = port_of(bus);

    if (p->slot < AHCI_SLOTS) {
        dma_addr_t before = sg->size;

        ahci_list_next(p, p->table, p->list_len, &p->list_pos, &p->list_done, bytes, sg);
        count_bytes(p, sg->size - before);
    }
}

static void dma_rewind(IDEBus *bus)
{
    AHCIPort *p = port_of(bus);

    p->list_pos = p->list_done = 0;
}

static void dma_wanted(IDEBus *bus)
{
    ide_dma_run(bus);
}

static void command_done(IDEBus *bus)
{
    AHCIPort *p = port_of(bus);

    if (p->slot == AHCI_SLOTS) {
        return;
    }
    if (!(p->bus.drives[0].status & ATA_ERR)) {
        p->ci &= ~(1u << p->slot);
    }
    p->slot = AHCI_SLOTS;
    send_d2h(p, true);
    ahci_port_kick(p);
}

static void dma_done(IDEBus *bus, bool short_list)
{
    if (short_list) {
        ahci_port_interrupt(port_of(bus), IS_OVERFLOW);
        command_done(bus);
    }
}

static void pio_ready(IDEBus *bus, bool to_host)
{
    AHCIPort *p = port_of(bus);
    IDEDrive *s = &bus->drives[0];
    uint32_t len = s->len - s->pos;
    QEMUSGList sg;

    if (s->pio_end == IDE_PIO_PACKET) {
        dma_memory_read(p->host->as, p->table + TABLE_PACKET, s->buffer + s->pos, len,
                        MEMTXATTRS_UNSPECIFIED);
        return;
    }
    send_pio_setup(p, to_host, len);
    qemu_sglist_init(&sg, DEVICE(s->dev), 1, p->host->as);
    dma_next(bus, len, &sg);
    if (to_host) {
        dma_buf_read(s->buffer + s->pos, len, NULL, &sg, MEMTXATTRS_UNSPECIFIED);
    } else {
        memset(s->buffer + s->pos, 0, len);
        dma_buf_write(s->buffer + s->pos, len, NULL, &sg, MEMTXATTRS_UNSPECIFIED);
    }
    qemu_sglist_destroy(&sg);
}

const IDEControllerOps ahci_ops = {
    .set_irq = set_irq,
    .pio_ready = pio_ready,
    .dma_wanted = dma_wanted,
    .dma_next = dma_next,
    .dma_rewind = dma_rewind,
    .dma_done = dma_done,
    .command_done = command_done,
    .ncq = true,
};

/* ---- commands ---- */

/* A frame without a command: software's reset (10.5.5 of Serial ATA). */
static void control_frame(AHCIPort *p, const uint8_t *fis)
{
    bool srst = fis[15] & ATA_SRST;

    ide_write_control(&p->bus, fis[15] & (ATA_SRST | ATA_NIEN));
    if (p->srst && !srst) {
        ahci_send_signature(p);
    }
    p->srst = srst;
}

static void load_task_file(IDEDrive *s, const uint8_t *fis)
{
    s->tf = (IDETaskFile){fis[3], fis[12], fis[4], fis[5], fis[6]};
    s->hob = (IDETaskFile){fis[11], fis[13], fis[8], fis[9], fis[10]};
    s->device = (fis[7] & ~ATA_DEV) | 0xa0;
}

/* False: the frame is not one that a port sends. */
static bool run_slot(AHCIPort *p, unsigned slot)
{
    IDEDrive *s = &p->bus.drives[0];
    uint8_t fis[20];
    uint64_t table;
    uint32_t list_len;

    if (!ahci_read_header(p, slot, &table, &list_len) ||
        dma_memory_read(p->host->as, table, fis, sizeof(fis), MEMTXATTRS_UNSPECIFIED) ||
        fis[0] != FIS_H2D || (fis[1] & 0x0f)) {
        return false;
    }
    if (!(fis[1] & 0x80)) {
        control_frame(p, fis);
        p->ci &= ~(1u << slot);
        return true;
    }
    if (fis[2] == 0x60 || fis[2] == 0x61) {
        ahci_ncq_command(p, slot, fis, table, list_len);
        return true;
    }
    p->slot = slot;
    p->table = table;
    p->list_len = list_len;
    p->list_pos = p->list_done = 0;
    stl_le_dma(p->host->as, header_addr(p, slot) + 4, 0, MEMTXATTRS_UNSPECIFIED);
    load_task_file(s, fis);
    ide_command(&p->bus, fis[2]);
    if (p->slot == slot && !(s->status & (ATA_BSY | ATA_DRQ))) {
        /* Nobody took it: a drive that sleeps. */
        p->slot = AHCI_SLOTS;
    }
    return true;
}

static bool idle(AHCIPort *p)
{
    IDEDrive *s = &p->bus.drives[0];

    return p->slot == AHCI_SLOTS && s->dev && !p->halted && (p->cmd & CMD_LIST_RUNNING) &&
           runstate_is_running();
}

/* In the order of slots; queued commands do not keep others waiting. */
void ahci_port_check(void *opaque)
{
    AHCIPort *p = opaque;

    for (unsigned slot = 0; slot < AHCI_SLOTS && idle(p); slot++) {
        /* One that is queued already keeps neither. */
        if (!(p->ci & (1u << slot)) || p->queued[slot].used) {
            continue;
        }
        if (!run_slot(p, slot)) {
            qemu_log_mask(LOG_GUEST_ERROR, "ahci: port %u, slot %u: no command\n", p->number, slot);
            p->ci &= ~(1u << slot);
        }
    }
}

void ahci_port_forget(AHCIPort *p)
{
    IDEDrive *s = &p->bus.drives[0];

    qemu_bh_cancel(p->check_bh);
    ahci_ncq_forget(p);
    if (s->dev) {
        ide_forget_work(s);
    }
    if (s->status & (ATA_BSY | ATA_DRQ)) {
        s->status = ATA_DRDY | ATA_DSC;
        s->pio_end = IDE_PIO_NONE;
        s->pos = s->len = 0;
    }
    p->slot = AHCI_SLOTS;
}
