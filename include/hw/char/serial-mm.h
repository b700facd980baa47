/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A 16550A in memory. */
#ifndef HW_SERIAL_MM_H
#define HW_SERIAL_MM_H

#include "chardev/char.h"
#include "hw/char/serial.h"
#include "hw/sysbus.h"

#define TYPE_SERIAL_MM "serial-mm"
OBJECT_DECLARE_SIMPLE_TYPE(SerialMM, SERIAL_MM)

struct SerialMM {
    SysBusDevice parent;

    SerialState serial;
    uint8_t regshift;   /* registers are 1 << regshift bytes apart */
    uint8_t endianness; /* enum device_endian */
};

#endif
