/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Serial EEPROMs of 256 bytes on an SMBus, where memory modules have their description. */
#ifndef HW_I2C_SMBUS_EEPROM_H
#define HW_I2C_SMBUS_EEPROM_H

#include "hw/i2c/i2c.h"

#define TYPE_SMBUS_DEVICE "smbus-device"
#define TYPE_SMBUS_EEPROM "smbus-eeprom"

/* One at each of the eight addresses of memory modules, from 50h on; empty. */
void smbus_eeprom_init(I2CBus *bus);

#endif
