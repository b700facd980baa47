/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBus host controller of PIIX4's power management function, and of ICH9. BQL held. */
#ifndef HW_I2C_PM_SMBUS_H
#define HW_I2C_PM_SMBUS_H

#include "exec/memory.h"
#include "hw/i2c/i2c.h"
#include "hw/irq.h"
#include "migration/vmstate.h"

#define PM_SMBUS_BLOCK 32

typedef struct PMSMBus {
    /* configuration and wiring */
    I2CBus *smbus;
    MemoryRegion io;
    bool has_aux; /* ICH9: the auxiliary register, and blocks by bytes without it */
    qemu_irq irq; /* may be NULL */

    /* state */
    uint8_t status, control, command, address, data0, data1;
    uint8_t block[PM_SMBUS_BLOCK];
    uint8_t block_index;
    uint8_t aux_control; /* where there is one; saved by who has it */
} PMSMBus;

/* A bus "i2c" below @parent, and the registers, which the caller maps. */
void pm_smbus_init(DeviceState *parent, PMSMBus *smb);
void pm_smbus_reset(PMSMBus *smb);

extern const VMStateDescription vmstate_pm_smbus;

#endif
