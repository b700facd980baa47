/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Intel 8237A DMA controller with the page registers of the PC/AT (8 or 16 bit),
 * and, where a board has them, the upper ones of EISA.
 *
 * Intel 8237A data sheet (order number 231466): register description, software
 * commands; IBM PC/AT technical reference: page registers.
 *
 * A device moves as much as it can at once, through its transfer handler; there
 * is no memory-to-memory transfer, no compressed timing, and DACK and DREQ have
 * their PC polarity.
 */
#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/dma/i8257.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "trace/trace-hw_dma.h"

#define ADDR                 0
#define COUNT                1

#define CMD_MEMORY_TO_MEMORY 0x01
#define CMD_FIXED_ADDRESS    0x02
#define CMD_BLOCK_CONTROLLER 0x04
#define CMD_COMPRESSED_TIME  0x08
#define CMD_CYCLIC_PRIORITY  0x10
#define CMD_EXTENDED_WRITE   0x20
#define CMD_LOW_DREQ         0x40
#define CMD_LOW_DACK         0x80
#define CMD_NOT_SUPPORTED                                                                          \
    (CMD_MEMORY_TO_MEMORY | CMD_FIXED_ADDRESS | CMD_COMPRESSED_TIME | CMD_CYCLIC_PRIORITY |        \
     CMD_EXTENDED_WRITE | CMD_LOW_DREQ | CMD_LOW_DACK)

#define MODE_TRANSFER(mode) (((mode) >> 2) & 3)
#define MODE_AUTOINIT       0x10
#define MODE_DECREMENT      0x20

/* Controller registers, in units of 1 << dshift ports */
enum {
    CONT_COMMAND, /* read: status */
    CONT_REQUEST,
    CONT_SINGLE_MASK,
    CONT_MODE,
    CONT_CLEAR_FLIP_FLOP,
    CONT_MASTER_CLEAR,
    CONT_CLEAR_MASK,
    CONT_ALL_MASK,
};

/* Where the page register of each channel is, from page_base. */
static const int8_t page_channel[8] = {-1, 2, 3, 1, -1, -1, -1, 0};

static void i8257_dma_run(void *opaque);

/* ---- logic ---- */

static void i8257_init_chan(I8257State *d, int ichan)
{
    I8257Regs *r = &d->regs[ichan];

    r->now[ADDR] = r->base[ADDR] << d->dshift;
    r->now[COUNT] = 0;
}

/* The low byte of a 16-bit register first, then the high one. */
static bool i8257_next_is_high(I8257State *d)
{
    bool high = d->flip_flop;

    d->flip_flop = !high;
    return high;
}

static int i8257_block_bytes(const I8257State *d, const I8257Regs *r)
{
    return (r->base[COUNT] + 1) << d->dshift;
}

static void i8257_channel_run(I8257State *d, int ichan)
{
    I8257Regs *r = &d->regs[ichan];
    int size = i8257_block_bytes(d, r);
    int n;

    if (!r->transfer_handler) {
        return;
    }
    n = r->transfer_handler(r->opaque, ichan + (d->dshift << 2), r->now[COUNT], size);
    r->now[COUNT] = CLAMP(n, 0, size);
    trace_i8257_channel_run(ichan + (d->dshift << 2), r->now[COUNT], size);
    if (r->now[COUNT] == size) {
        /* Terminal count */
        d->status |= 1 << ichan;
        if (r->mode & MODE_AUTOINIT) {
            i8257_init_chan(d, ichan);
        } else {
            d->mask |= 1 << ichan;
        }
    }
}

/* Runs the channels that are requested, and comes back while any of them still is. */
static void i8257_dma_run(void *opaque)
{
    I8257State *d = opaque;
    bool rearm = false;

    if (d->running) {
        /* A handler has called: the loop below is still at it. */
        d->dma_bh_scheduled = true;
        qemu_bh_schedule_idle(d->dma_bh);
        return;
    }
    d->running = true;
    d->dma_bh_scheduled = false;
    for (int ichan = 0; ichan < 4 && !(d->command & CMD_BLOCK_CONTROLLER); ichan++) {
        uint8_t bit = 1 << ichan;

        if (!(d->mask & bit) && (d->status & (bit << 4))) {
            i8257_channel_run(d, ichan);
            rearm |= !(d->mask & bit) && (d->status & (bit << 4));
        }
    }
    d->running = false;
    if (rearm) {
        qemu_bh_schedule_idle(d->dma_bh);
        d->dma_bh_scheduled = true;
    }
}

/* ---- registers ---- */

static void i8257_write_chan(void *opaque, hwaddr nport, uint64_t data, unsigned size)
{
    I8257State *d = opaque;
    int iport = (nport >> d->dshift) & 7;
    int ichan = iport >> 1;
    int nreg = iport & 1;
    I8257Regs *r = &d->regs[ichan];

    if (i8257_next_is_high(d)) {
        r->base[nreg] = (r->base[nreg] & 0x00ff) | (data & 0xff) << 8;
        i8257_init_chan(d, ichan);
    } else {
        r->base[nreg] = (r->base[nreg] & 0xff00) | (data & 0xff);
    }
}

static uint64_t i8257_read_chan(void *opaque, hwaddr nport, unsigned size)
{
    I8257State *d = opaque;
    int iport = (nport >> d->dshift) & 7;
    int nreg = iport & 1;
    const I8257Regs *r = &d->regs[iport >> 1];
    int dir = r->mode & MODE_DECREMENT ? -1 : 1;
    int val = nreg == COUNT ? (r->base[COUNT] << d->dshift) - r->now[COUNT]
                            : r->now[ADDR] + r->now[COUNT] * dir;

    return (val >> (d->dshift + (i8257_next_is_high(d) ? 8 : 0))) & 0xff;
}

static void i8257_write_page(void *opaque, uint32_t nport, uint32_t data)
{
    I8257State *d = opaque;
    int ichan = page_channel[nport & 7];

    if (ichan >= 0) {
        d->regs[ichan].page = data;
    }
}

static uint32_t i8257_read_page(void *opaque, uint32_t nport)
{
    I8257State *d = opaque;
    int ichan = page_channel[nport & 7];

    return ichan >= 0 ? d->regs[ichan].page : 0;
}

static void i8257_write_pageh(void *opaque, uint32_t nport, uint32_t data)
{
    I8257State *d = opaque;
    int ichan = page_channel[nport & 7];

    if (ichan >= 0) {
        d->regs[ichan].pageh = data & 0x7f;
    }
}

static uint32_t i8257_read_pageh(void *opaque, uint32_t nport)
{
    I8257State *d = opaque;
    int ichan = page_channel[nport & 7];

    return ichan >= 0 ? d->regs[ichan].pageh : 0;
}

static void i8257_write_cont(void *opaque, hwaddr nport, uint64_t data, unsigned size)
{
    I8257State *d = opaque;
    uint8_t bit = 1 << (data & 3);

    trace_i8257_write_cont(nport >> d->dshift, data);
    switch ((nport >> d->dshift) & 7) {
    case CONT_COMMAND:
        if (data & CMD_NOT_SUPPORTED) {
            qemu_log_mask(LOG_UNIMP, "i8257: command 0x%02x is not supported\n", (unsigned)data);
        }
        d->command = data;
        i8257_dma_run(d);
        break;
    case CONT_REQUEST:
        d->status = data & 4 ? d->status | bit << 4 : d->status & ~(bit << 4);
        d->status &= ~bit;
        i8257_dma_run(d);
        break;
    case CONT_SINGLE_MASK:
        d->mask = data & 4 ? d->mask | bit : d->mask & ~bit;
        i8257_dma_run(d);
        break;
    case CONT_MODE:
        d->regs[data & 3].mode = data;
        break;
    case CONT_CLEAR_FLIP_FLOP:
        d->flip_flop = 0;
        break;
    case CONT_MASTER_CLEAR:
        d->flip_flop = 0;
        d->mask = 0xf;
        d->status = 0;
        d->command = 0;
        break;
    case CONT_CLEAR_MASK:
        d->mask = 0;
        i8257_dma_run(d);
        break;
    case CONT_ALL_MASK:
        d->mask = data & 0xf;
        i8257_dma_run(d);
        break;
    }
}

static uint64_t i8257_read_cont(void *opaque, hwaddr nport, unsigned size)
{
    I8257State *d = opaque;
    uint8_t val = 0;

    switch ((nport >> d->dshift) & 7) {
    case CONT_COMMAND:
        val = d->status;
        d->status &= 0xf0; /* reading clears terminal counts */
        break;
    case CONT_ALL_MASK:
        val = d->mask;
        break;
    }
    trace_i8257_read_cont(nport >> d->dshift, val);
    return val;
}

static const MemoryRegionOps channel_io_ops = {
    .read = i8257_read_chan,
    .write = i8257_write_chan,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

static const MemoryRegionOps cont_io_ops = {
    .read = i8257_read_cont,
    .write = i8257_write_cont,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .impl = {.min_access_size = 1, .max_access_size = 1},
};

static const MemoryRegionPortio page_portio_list[] = {
    {0x01, 3, 1, .write = i8257_write_page, .read = i8257_read_page},
    {0x07, 1, 1, .write = i8257_write_page, .read = i8257_read_page},
    PORTIO_END_OF_LIST(),
};

static const MemoryRegionPortio pageh_portio_list[] = {
    {0x01, 3, 1, .write = i8257_write_pageh, .read = i8257_read_pageh},
    {0x07, 1, 1, .write = i8257_write_pageh, .read = i8257_read_pageh},
    PORTIO_END_OF_LIST(),
};

/* ---- what devices call ---- */

static bool i8257_has_autoinitialization(IsaDma *obj, int nchan)
{
    return I8257(obj)->regs[nchan & 3].mode & MODE_AUTOINIT;
}

static bool i8257_is_verify_transfer(const I8257Regs *r)
{
    return MODE_TRANSFER(r->mode) == ISADMA_TRANSFER_VERIFY;
}

static void i8257_hold_dreq(IsaDma *obj, int nchan)
{
    I8257State *d = I8257(obj);

    d->status |= 1 << ((nchan & 3) + 4);
    i8257_dma_run(d);
}

static void i8257_release_dreq(IsaDma *obj, int nchan)
{
    I8257State *d = I8257(obj);

    d->status &= ~(1 << ((nchan & 3) + 4));
    i8257_dma_run(d);
}

static hwaddr i8257_address(const I8257State *d, const I8257Regs *r)
{
    /* Of a word channel's page, bit 0 is an address line that the counter drives. */
    uint8_t page = d->dshift ? r->page & 0xfe : r->page;

    return (hwaddr)(r->pageh & 0x7f) << 24 | (hwaddr)page << 16 | (uint32_t)r->now[ADDR];
}

static void i8257_reverse(uint8_t *buf, int len)
{
    for (int i = 0; i < len / 2; i++) {
        uint8_t b = buf[i];

        buf[i] = buf[len - i - 1];
        buf[len - i - 1] = b;
    }
}

static int i8257_dma_read_memory(IsaDma *obj, int nchan, void *buf, int pos, int len)
{
    I8257State *d = I8257(obj);
    I8257Regs *r = &d->regs[nchan & 3];
    hwaddr addr = i8257_address(d, r);

    if (i8257_is_verify_transfer(r)) {
        memset(buf, 0, len);
        return len;
    }
    if (r->mode & MODE_DECREMENT) {
        address_space_read(&address_space_memory, addr - pos - len, MEMTXATTRS_UNSPECIFIED, buf,
                           len);
        i8257_reverse(buf, len);
    } else {
        address_space_read(&address_space_memory, addr + pos, MEMTXATTRS_UNSPECIFIED, buf, len);
    }
    return len;
}

static int i8257_dma_write_memory(IsaDma *obj, int nchan, void *buf, int pos, int len)
{
    I8257State *d = I8257(obj);
    I8257Regs *r = &d->regs[nchan & 3];
    hwaddr addr = i8257_address(d, r);

    if (i8257_is_verify_transfer(r)) {
        return len;
    }
    if (r->mode & MODE_DECREMENT) {
        g_autofree uint8_t *copy = g_memdup2(buf, len);

        i8257_reverse(copy, len);
        address_space_write(&address_space_memory, addr - pos - len, MEMTXATTRS_UNSPECIFIED, copy,
                            len);
    } else {
        address_space_write(&address_space_memory, addr + pos, MEMTXATTRS_UNSPECIFIED, buf, len);
    }
    return len;
}

static void i8257_schedule(IsaDma *obj)
{
    I8257State *d = I8257(obj);

    if (d->dma_bh_scheduled) {
        /* Do not wait for the idle round. */
        qemu_bh_schedule(d->dma_bh);
    }
}

static void i8257_register_channel(IsaDma *obj, int nchan, IsaDmaTransferHandler transfer_handler,
                                   void *opaque)
{
    I8257Regs *r = &I8257(obj)->regs[nchan & 3];

    r->transfer_handler = transfer_handler;
    r->opaque = opaque;
}

/* ---- reset and migration ---- */

static void i8257_reset_hold(Object *obj, ResetType type)
{
    I8257State *d = I8257(obj);

    d->flip_flop = 0;
    d->mask = 0xf;
    d->status = 0;
    d->command = 0;
    for (int i = 0; i < 4; i++) {
        I8257Regs *r = &d->regs[i];

        memset(r->now, 0, sizeof(r->now));
        memset(r->base, 0, sizeof(r->base));
        r->mode = 0;
        r->page = 0;
        r->pageh = 0;
        r->dack = 0;
        r->eop = 0;
    }
}

static int i8257_post_load(void *opaque, int version_id)
{
    I8257State *d = opaque;

    for (int i = 0; i < 4; i++) {
        I8257Regs *r = &d->regs[i];

        if (r->now[COUNT] < 0 || r->now[COUNT] > i8257_block_bytes(d, r) || r->now[ADDR] < 0 ||
            r->now[ADDR] > 0xffff << d->dshift) {
            return -EINVAL;
        }
    }
    i8257_dma_run(d);
    return 0;
}

static bool i8257_status_needed(void *opaque)
{
    I8257State *d = opaque;

    return d->status != 0;
}

static const VMStateDescription vmstate_i8257_status = {
    .name = "dma/status",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = i8257_status_needed,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(status, I8257State),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_i8257_regs = {
    .name = "dma_regs",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_INT32_ARRAY(now, I8257Regs, 2),
            VMSTATE_UINT16_ARRAY(base, I8257Regs, 2),
            VMSTATE_UINT8(mode, I8257Regs),
            VMSTATE_UINT8(page, I8257Regs),
            VMSTATE_UINT8(pageh, I8257Regs),
            VMSTATE_UINT8(dack, I8257Regs),
            VMSTATE_UINT8(eop, I8257Regs),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_i8257 = {
    .name = "dma",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = i8257_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(command, I8257State),
            VMSTATE_UINT8(mask, I8257State),
            VMSTATE_UINT8(flip_flop, I8257State),
            VMSTATE_INT32_EQUAL(dshift, I8257State, "both machines need the same DMA controllers"),
            VMSTATE_STRUCT_ARRAY(regs, I8257State, 4, 1, vmstate_i8257_regs, I8257Regs),
            VMSTATE_END_OF_LIST(),
        },
    .subsections =
        (const VMStateDescription *const[]){
            &vmstate_i8257_status,
            NULL,
        },
};

/* ---- object ---- */

static const Property i8257_properties[] = {
    DEFINE_PROP_INT32("base", I8257State, base, 0x00),
    DEFINE_PROP_INT32("page-base", I8257State, page_base, 0x80),
    DEFINE_PROP_INT32("pageh-base", I8257State, pageh_base, 0x480),
    DEFINE_PROP_INT32("dshift", I8257State, dshift, 0),
};

static void i8257_realize(DeviceState *dev, Error **errp)
{
    ISADevice *isa = ISA_DEVICE(dev);
    I8257State *d = I8257(dev);

    if (d->dshift != 0 && d->dshift != 1) {
        error_setg(errp, "Property 'dshift' can't be %d: 0 is bytes, 1 words", d->dshift);
        return;
    }
    memory_region_init_io(&d->channel_io, OBJECT(dev), &channel_io_ops, d, "dma-chan",
                          8 << d->dshift);
    isa_register_ioport(isa, &d->channel_io, d->base);
    isa_register_portio_list(isa, &d->portio_page, d->page_base, page_portio_list, d, "dma-page");
    if (d->pageh_base >= 0) {
        isa_register_portio_list(isa, &d->portio_pageh, d->pageh_base, pageh_portio_list, d,
                                 "dma-pageh");
    }
    memory_region_init_io(&d->cont_io, OBJECT(isa), &cont_io_ops, d, "dma-cont", 8 << d->dshift);
    isa_register_ioport(isa, &d->cont_io, d->base + (8 << d->dshift));
    d->dma_bh = qemu_bh_new_guarded(i8257_dma_run, d, &dev->mem_reentrancy_guard);
}

static void i8257_unrealize(DeviceState *dev)
{
    qemu_bh_delete(I8257(dev)->dma_bh);
}

static void i8257_class_init(ObjectClass *klass, const void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    IsaDmaClass *idc = ISADMA_CLASS(klass);

    dc->realize = i8257_realize;
    dc->unrealize = i8257_unrealize;
    dc->vmsd = &vmstate_i8257;
    RESETTABLE_CLASS(klass)->phases.hold = i8257_reset_hold;
    device_class_set_props(dc, i8257_properties);
    /* The bus has to be told of it before devices that use it. */
    dc->user_creatable = false;

    idc->has_autoinitialization = i8257_has_autoinitialization;
    idc->read_memory = i8257_dma_read_memory;
    idc->write_memory = i8257_dma_write_memory;
    idc->hold_DREQ = i8257_hold_dreq;
    idc->release_DREQ = i8257_release_dreq;
    idc->schedule = i8257_schedule;
    idc->register_channel = i8257_register_channel;
}

static const TypeInfo i8257_types[] = {
    {
        .name = TYPE_I8257,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(I8257State),
        .class_init = i8257_class_init,
        .interfaces = (const InterfaceInfo[]){{TYPE_ISADMA}, {}},
    },
};

DEFINE_TYPES(i8257_types)

static ISADevice *i8257_new_chip(Object *parent, ISABus *bus, int base, int page_base,
                                 int pageh_base, int dshift)
{
    ISADevice *isa = isa_new(TYPE_I8257);
    DeviceState *dev = DEVICE(isa);

    object_property_add_child(parent, "dma[*]", OBJECT(isa));
    qdev_prop_set_int32(dev, "base", base);
    qdev_prop_set_int32(dev, "page-base", page_base);
    qdev_prop_set_int32(dev, "pageh-base", pageh_base);
    qdev_prop_set_int32(dev, "dshift", dshift);
    isa_realize_and_unref(isa, bus, &error_fatal);
    return isa;
}

void i8257_dma_init(Object *parent, ISABus *bus, bool high_page_enable)
{
    ISADevice *isa1 = i8257_new_chip(parent, bus, 0x00, 0x80, high_page_enable ? 0x480 : -1, 0);
    ISADevice *isa2 = i8257_new_chip(parent, bus, 0xc0, 0x88, high_page_enable ? 0x488 : -1, 1);

    isa_bus_dma(bus, ISADMA(isa1), ISADMA(isa2));
}
