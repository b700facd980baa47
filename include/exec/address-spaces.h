/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The address spaces that exist once: see exec/address-space.h. */
#ifndef EXEC_ADDRESS_SPACES_H
#define EXEC_ADDRESS_SPACES_H

#include "exec/memory.h"

#endif
