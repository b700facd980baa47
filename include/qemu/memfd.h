/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Declared with the other ways to get guest memory. */
#ifndef QEMU_MEMFD_H
#define QEMU_MEMFD_H

#include "qemu/mmap-alloc.h"

#endif
