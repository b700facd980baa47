/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest virtual (linear) addresses. */
#ifndef EXEC_VADDR_H
#define EXEC_VADDR_H

#include <stdint.h>
#include <inttypes.h>

typedef uint64_t vaddr;

#define VADDR_PRId PRId64
#define VADDR_PRIu PRIu64
#define VADDR_PRIx PRIx64
#define VADDR_PRIX PRIX64
#define VADDR_MAX  UINT64_MAX

#endif
