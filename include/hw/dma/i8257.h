/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The 8237 DMA controllers of a PC. */
#ifndef HW_I8257_H
#define HW_I8257_H

#include "hw/isa/isa.h"
#include "qemu/main-loop.h"

#define TYPE_I8257 "i8257"
OBJECT_DECLARE_SIMPLE_TYPE(I8257State, I8257)

typedef struct I8257Regs {
    /* state */
    int32_t now[2];   /* start address of the block; bytes done */
    uint16_t base[2]; /* address, count less 1; as the guest wrote them */
    uint8_t mode;
    uint8_t page, pageh; /* address bits 16-23 and 24-30 */
    uint8_t dack, eop;   /* of the channel's device; kept for the stream */

    /* wiring */
    IsaDmaTransferHandler transfer_handler;
    void *opaque;
} I8257Regs;

struct I8257State {
    ISADevice parent_obj;

    /* config */
    int32_t base;
    int32_t page_base;
    int32_t pageh_base; /* -1: no upper page registers */
    int32_t dshift;     /* 0: bytes, 1: words */

    /* wiring */
    MemoryRegion channel_io;
    MemoryRegion cont_io;
    QEMUBH *dma_bh;
    bool dma_bh_scheduled;
    bool running;
    PortioList portio_page;
    PortioList portio_pageh;

    /* state */
    uint8_t status;
    uint8_t command;
    uint8_t mask;
    uint8_t flip_flop;
    I8257Regs regs[4];
};

/* Both controllers on @bus, which gets them as its DMA, as children of @parent. BQL held. */
void i8257_dma_init(Object *parent, ISABus *bus, bool high_page_enable);

#endif
