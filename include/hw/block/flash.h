/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A parallel NOR flash chip with Intel's command set (CFI primary command set 01h). */
#ifndef HW_BLOCK_FLASH_H
#define HW_BLOCK_FLASH_H

#include "exec/memory.h"
#include "hw/sysbus.h"

#define TYPE_PFLASH_CFI01 "cfi.pflash01"
OBJECT_DECLARE_SIMPLE_TYPE(PFlashCFI01, PFLASH_CFI01)

/* Its content now. */
void *pflash_cfi01_get_storage(PFlashCFI01 *fl);

#endif
