/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SMBus host controller of ICH9; its bus is "i2c". */
#ifndef HW_I2C_SMBUS_ICH9_H
#define HW_I2C_SMBUS_ICH9_H

#define TYPE_ICH9_SMB "ICH9-SMB"

#endif
