/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LPT ports of a PC. */
#ifndef HW_PARALLEL_H
#define HW_PARALLEL_H

#include "chardev/char.h"
#include "hw/isa/isa.h"

#define TYPE_ISA_PARALLEL "isa-parallel"
OBJECT_DECLARE_SIMPLE_TYPE(ISAParallelState, ISA_PARALLEL)

#define MAX_ISA_PARALLEL_PORTS 3

/* Port LPT<@index + 1> on @chr; nothing when @chr is NULL. BQL held. */
void isa_parallel_init(ISABus *bus, int index, Chardev *chr);
/* The first @n ports, as far as the command line has back ends for them. BQL held. */
void parallel_hds_isa_init(ISABus *bus, int n);

#endif
