/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PC speaker and its port 61h. */
#ifndef HW_PCSPK_H
#define HW_PCSPK_H

/* Links: "pit", the timer whose channel 2 it is wired to. */
#define TYPE_PC_SPEAKER "isa-pcspk"

#endif
