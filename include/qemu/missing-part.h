/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that command lines for PCs have and this emulator does not know yet: the part that each
 * belongs to, so that a message says "there is no network" and does not suggest a block device.
 * For names that were looked for and not found.
 */
#ifndef QEMU_MISSING_PART_H
#define QEMU_MISSING_PART_H

#include "qapi/error.h"

typedef enum MissingKind {
    MISSING_OPTION, /* without its dash */
    MISSING_DEVICE,
    MISSING_OBJECT,
    MISSING_BLOCK_DRIVER, /* or protocol */
    MISSING_CHARDEV,
    MISSING_AUDIODEV,
    MISSING_DISPLAY,
    MISSING_GRAPHICS, /* -vga */
    MISSING_NETWORK,  /* -nic, -net */
    MISSING_MACHINE_PROPERTY,
} MissingKind;

/* True, and @errp names @name and the part, if @name is one of these. */
bool missing_part_error(MissingKind kind, const char *name, Error **errp);

#endif
