/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Disk requests straight from and to guest memory, for devices with scatter-gather DMA. What
 * cannot be mapped is copied through a buffer; what is no memory reads as the bus gives it.
 */
#ifndef HW_BLOCK_DMA_BLK_H
#define HW_BLOCK_DMA_BLK_H

#include "block/block-backend.h"
#include "system/dma.h"

/*
 * Transfer all of @sg, a multiple of @align (the logical block size), which is the caller's until
 * @cb(@opaque, 0 or -errno). BQL held; @cb comes from the main loop, never from within this call.
 */
void dma_blk_read(BlockBackend *blk, QEMUSGList *sg, int64_t offset, uint32_t align,
                  BlockCompletionFunc *cb, void *opaque);
void dma_blk_write(BlockBackend *blk, QEMUSGList *sg, int64_t offset, uint32_t align,
                   BlockCompletionFunc *cb, void *opaque);

#endif
