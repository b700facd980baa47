/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bus master DMA of IDE channels (Programming Interface for Bus Master IDE Controller, SFF-8038i
 * 1.0), and the ports of a channel.
 */
#include "qemu/osdep.h"
#include "pci-ide.h"
#include "qemu/units.h"

/* Registers of a channel. */
#define BM_COMMAND       0
#define BM_STATUS        2
#define BM_TABLE         4
#define BM_SIZE          8

#define BM_CMD_START     0x01
#define BM_CMD_TO_MEMORY 0x08
#define BM_STATUS_ACTIVE 0x01
#define BM_STATUS_ERROR  0x02
#define BM_STATUS_INT    0x04
#define BM_STATUS_DRIVES 0x60 /* firmware's notes: they can do DMA */

#define PRD_LAST         0x80000000u
/* A table lies within 64 KiB. */
#define PRD_MAX (64 * KiB / 8)

/* ---- what the channel asks for ---- */

static void set_irq(IDEBus *bus, bool level)
{
    BMDMAState *bm = bus->opaque;

    if (level && !bm->irq_level) {
        bm->status |= BM_STATUS_INT;
    }
    bm->irq_level = level;
    qemu_set_irq(bm->irq, level);
}

static void rewind_table(BMDMAState *bm)
{
    bm->next = bm->table;
    bm->len = 0;
    bm->last = false;
}

static void dma_rewind(IDEBus *bus)
{
    rewind_table(bus->opaque);
}

static void dma_wanted(IDEBus *bus)
{
    BMDMAState *bm = bus->opaque;

    if (bm->cmd & BM_CMD_START) {
        ide_dma_run(bus);
    }
}

/* The next region of the table; false behind the last one. */
static bool next_region(BMDMAState *bm)
{
    uint8_t raw[8];
    uint32_t count;

    if (bm->last || bm->next - bm->table >= PRD_MAX * 8) {
        return false;
    }
    pci_dma_read(PCI_DEVICE(bm->pci), bm->next, raw, sizeof(raw));
    count = ldl_le_p(raw + 4);
    bm->next += 8;
    bm->base = ldl_le_p(raw) & ~1u;
    bm->len = count & 0xfffe ? count & 0xfffe : 64 * KiB;
    bm->last = count & PRD_LAST;
    return true;
}

static void dma_next(IDEBus *bus, uint64_t bytes, QEMUSGList *sg)
{
    BMDMAState *bm = bus->opaque;

    while (bytes && (bm->len || next_region(bm))) {
        uint32_t len = MIN(bm->len, bytes);

        qemu_sglist_add(sg, bm->base, len);
        bm->base += len;
        bm->len -= len;
        bytes -= len;
    }
}

/* Active stays while the table has more than the command needed (3.1). */
static void dma_done(IDEBus *bus, bool short_list)
{
    BMDMAState *bm = bus->opaque;

    if (short_list || (!bm->len && bm->last)) {
        bm->status &= ~BM_STATUS_ACTIVE;
    }
}

static const IDEControllerOps bmdma_ops = {
    .set_irq = set_irq,
    .dma_wanted = dma_wanted,
    .dma_next = dma_next,
    .dma_rewind = dma_rewind,
    .dma_done = dma_done,
};

/* ---- registers ---- */

static void write_command(BMDMAState *bm, uint8_t value)
{
    bool was = bm->cmd & BM_CMD_START, is = value & BM_CMD_START;

    if (was && !is) {
        ide_dma_cancel(bm->bus);
        bm->status &= ~BM_STATUS_ACTIVE;
    }
    bm->cmd = value & (BM_CMD_START | BM_CMD_TO_MEMORY);
    if (!was && is) {
        rewind_table(bm);
        bm->status |= BM_STATUS_ACTIVE;
        ide_dma_run(bm->bus);
    }
}

static uint64_t bmdma_read(void *opaque, hwaddr addr, unsigned size)
{
    BMDMAState *bm = opaque;

    switch (addr) {
    case BM_COMMAND:
        return bm->cmd;
    case BM_STATUS:
        return bm->status;
    case BM_TABLE ... BM_TABLE + 3:
        return bm->table >> 8 * (addr - BM_TABLE) & 0xff;
    default:
        return 0xff;
    }
}

static void bmdma_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    BMDMAState *bm = opaque;
    unsigned shift;

    switch (addr) {
    case BM_COMMAND:
        write_command(bm, value);
        break;
    case BM_STATUS:
        bm->status = (value & BM_STATUS_DRIVES) | (bm->status & BM_STATUS_ACTIVE) |
                     (bm->status & ~value & (BM_STATUS_ERROR | BM_STATUS_INT));
        break;
    case BM_TABLE ... BM_TABLE + 3:
        shift = 8 * (addr - BM_TABLE);
        bm->table = deposit32(bm->table, shift, 8, value) & ~3u;
        break;
    }
}

static const MemoryRegionOps bmdma_mr_ops = {
    .read = bmdma_read,
    .write = bmdma_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min_access_size = 1, .max_access_size = 4, .unaligned = true},
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

/* ---- ports of a channel ---- */

static uint32_t read_command_block(void *opaque, uint32_t addr)
{
    return ide_read_register(opaque, addr & 7);
}

static void write_command_block(void *opaque, uint32_t addr, uint32_t value)
{
    ide_write_register(opaque, addr & 7, value);
}

static uint32_t read_data8(void *opaque, uint32_t addr)
{
    return ide_read_data(opaque, 1);
}

static void write_data8(void *opaque, uint32_t addr, uint32_t value)
{
    ide_write_data(opaque, value, 1);
}

static uint32_t read_data16(void *opaque, uint32_t addr)
{
    return ide_read_data(opaque, 2);
}

static void write_data16(void *opaque, uint32_t addr, uint32_t value)
{
    ide_write_data(opaque, value, 2);
}

static uint32_t read_data32(void *opaque, uint32_t addr)
{
    return ide_read_data(opaque, 4);
}

static void write_data32(void *opaque, uint32_t addr, uint32_t value)
{
    ide_write_data(opaque, value, 4);
}

static uint32_t read_altstatus(void *opaque, uint32_t addr)
{
    return ide_read_altstatus(opaque);
}

static void write_control(void *opaque, uint32_t addr, uint32_t value)
{
    ide_write_control(opaque, value);
}

static const MemoryRegionPortio command_ports[] = {
    {0, 1, 1, read_data8, write_data8},
    {0, 1, 2, read_data16, write_data16},
    {0, 1, 4, read_data32, write_data32},
    {1, 7, 1, read_command_block, write_command_block},
    PORTIO_END_OF_LIST(),
};

static const MemoryRegionPortio control_ports[] = {
    {0, 1, 1, read_altstatus, write_control},
    PORTIO_END_OF_LIST(),
};

void pci_ide_map_ports(PCIIDEState *d, int n, uint16_t command, uint16_t control)
{
    MemoryRegion *io = pci_get_bus(PCI_DEVICE(d))->address_space_io;

    portio_list_init(&d->command_ports[n], OBJECT(d), command_ports, &d->bus[n], "ide");
    portio_list_add(&d->command_ports[n], io, command);
    portio_list_init(&d->control_ports[n], OBJECT(d), control_ports, &d->bus[n], "ide2");
    portio_list_add(&d->control_ports[n], io, control);
}

/* ---- life ---- */

void pci_ide_init(PCIIDEState *d)
{
    static const char *const names[] = {"piix-bmdma0", "piix-bmdma1"};

    memory_region_init(&d->bmdma_bar, OBJECT(d), "piix-bmdma-container", 2 * BM_SIZE);
    for (int i = 0; i < 2; i++) {
        BMDMAState *bm = &d->bmdma[i];

        bm->pci = d;
        bm->bus = &d->bus[i];
        ide_bus_init(bm->bus, DEVICE(d), i, 2, pci_get_address_space(PCI_DEVICE(d)), &bmdma_ops,
                     bm);
        memory_region_init_io(&d->bmdma_regs[i], OBJECT(d), &bmdma_mr_ops, bm, names[i], BM_SIZE);
        memory_region_add_subregion(&d->bmdma_bar, i * BM_SIZE, &d->bmdma_regs[i]);
    }
    pci_register_bar(PCI_DEVICE(d), 4, PCI_BASE_ADDRESS_SPACE_IO, &d->bmdma_bar);
}

void pci_ide_cleanup(PCIIDEState *d)
{
    for (int i = 0; i < 2; i++) {
        portio_list_del(&d->command_ports[i]);
        portio_list_destroy(&d->command_ports[i]);
        portio_list_del(&d->control_ports[i]);
        portio_list_destroy(&d->control_ports[i]);
        ide_bus_cleanup(&d->bus[i]);
    }
}

void pci_ide_reset(PCIIDEState *d)
{
    for (int i = 0; i < 2; i++) {
        BMDMAState *bm = &d->bmdma[i];

        ide_bus_reset(&d->bus[i]);
        bm->cmd = bm->status = 0;
        bm->table = bm->next = bm->base = bm->len = 0;
        bm->last = bm->irq_level = false;
    }
}

static int bmdma_post_load(void *opaque, int version_id)
{
    BMDMAState *bm = opaque;

    bm->irq_level = bm->bus->intrq && !(bm->bus->control & ATA_NIEN);
    return 0;
}

static const VMStateDescription vmstate_bmdma = {
    .name = "ide bmdma",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = bmdma_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(cmd, BMDMAState),
            VMSTATE_UINT8(status, BMDMAState),
            VMSTATE_UINT32(table, BMDMAState),
            VMSTATE_UINT32(next, BMDMAState),
            VMSTATE_UINT32(base, BMDMAState),
            VMSTATE_UINT32(len, BMDMAState),
            VMSTATE_BOOL(last, BMDMAState),
            VMSTATE_END_OF_LIST(),
        },
};

const VMStateDescription vmstate_pci_ide = {
    .name = "ide",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, PCIIDEState),
            VMSTATE_STRUCT_ARRAY(bus, PCIIDEState, 2, 1, vmstate_ide_bus, IDEBus),
            VMSTATE_STRUCT_ARRAY(bmdma, PCIIDEState, 2, 1, vmstate_bmdma, BMDMAState),
            VMSTATE_END_OF_LIST(),
        },
};
