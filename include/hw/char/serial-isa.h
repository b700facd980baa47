/* SPDX-License-Identifier: GPL-2.0-or-later */
/* COM ports of a PC. */
#ifndef HW_SERIAL_ISA_H
#define HW_SERIAL_ISA_H

#include "chardev/char.h"
#include "hw/isa/isa.h"

#define TYPE_ISA_SERIAL "isa-serial"
OBJECT_DECLARE_SIMPLE_TYPE(ISASerialState, ISA_SERIAL)

#define MAX_ISA_SERIAL_PORTS 4

/* Port COM<@index + 1> on @chr; nothing when @chr is NULL. BQL held. */
void isa_serial_init(ISABus *bus, int index, Chardev *chr);
/* Ports @from to @to - 1, as far as the command line has back ends for them. BQL held. */
void serial_hds_isa_init(ISABus *bus, int from, int to);

#endif
