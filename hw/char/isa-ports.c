/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The COM and LPT ports that the command line (-serial, -parallel) gives a machine. */
#include "qemu/osdep.h"
#include "hw/char/parallel.h"
#include "hw/char/serial-isa.h"
#include "system/system.h"

void serial_hds_isa_init(ISABus *bus, int from, int to)
{
    for (int i = from; i < to; i++) {
        isa_serial_init(bus, i, serial_hd(i));
    }
}

void parallel_hds_isa_init(ISABus *bus, int n)
{
    for (int i = 0; i < n; i++) {
        isa_parallel_init(bus, i, parallel_hd(i));
    }
}
