/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System control port A of the PS/2. */
#ifndef HW_I386_PORT92_H
#define HW_I386_PORT92_H

#define TYPE_PORT92 "port92"

/* Name of the output that says whether address line 20 works. */
#define PORT92_A20_LINE "a20"

#endif
