/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guest physical addresses, and offsets into things that live at one. */
#ifndef EXEC_HWADDR_H
#define EXEC_HWADDR_H

typedef uint64_t hwaddr;

#define HWADDR_BITS 64
#define HWADDR_MAX  UINT64_MAX
#define HWADDR_FMT  "%016" PRIx64
#define HWADDR_PRId PRId64
#define HWADDR_PRIi PRIi64
#define HWADDR_PRIo PRIo64
#define HWADDR_PRIu PRIu64
#define HWADDR_PRIx PRIx64
#define HWADDR_PRIX PRIX64

/* A base and an inclusive span, for tables of board addresses. */
typedef struct MemMapEntry {
    hwaddr base;
    hwaddr size;
} MemMapEntry;

#endif
