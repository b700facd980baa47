/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The floppy disk controller of a PC. */
#ifndef HW_BLOCK_FDC_H
#define HW_BLOCK_FDC_H

#include "hw/isa/isa.h"
#include "qapi/qapi-types-block-core.h"

#define TYPE_ISA_FDC "isa-fdc"

#define FDC_DRIVES   2

/* With the drives of -drive if=floppy. Ends the program when they cannot be. BQL held. */
ISADevice *isa_fdc_create(ISABus *bus);
/* Kind of drive @i, "none" without. */
FloppyDriveType isa_fdc_get_drive_type(ISADevice *fdc, int i);

#endif
