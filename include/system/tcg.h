/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYSTEM_TCG_H
#define SYSTEM_TCG_H

#include "qemu/osdep.h"

extern bool tcg_allowed;

/* The tcg accelerator is in use. */
static inline bool tcg_enabled(void)
{
    return tcg_allowed;
}

#endif
