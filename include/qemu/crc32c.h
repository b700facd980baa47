/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declared with the other checks. */
#ifndef QEMU_CRC32C_H
#define QEMU_CRC32C_H

#include "qemu/crc.h"

#endif
