/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of dump-guest-memory share. */
#ifndef SYSTEM_DUMP_INTERNAL_H
#define SYSTEM_DUMP_INTERNAL_H

#include "exec/address-space.h"
#include "qapi/error.h"
#include "qapi/qapi-types-dump.h"

#define DUMP_PAGE_SIZE 4096u

/* Memory in one piece, for the guest and for us. */
typedef struct DumpBlock {
    uint64_t start, size; /* guest-physical */
    const uint8_t *host;
} DumpBlock;

/* Virtual addresses of memory that is dumped. */
typedef struct DumpMapping {
    uint64_t phys, virt, size;
} DumpMapping;

/* Set before the dump begins, and constant, but for the last ones. */
typedef struct Dump {
    int fd;
    bool is_file; /* writing to it does not wait for anybody */
    DumpGuestMemoryFormat format;
    bool is_64bit;
    FlatView *view;    /* keeps the memory */
    GArray *blocks;    /* DumpBlock, by address */
    GArray *mappings;  /* DumpMapping; NULL: physical addresses only */
    GByteArray *notes; /* ELF notes */
    size_t vmcoreinfo; /* offset of what the guest's note says within notes; 0: none */
    size_t vmcoreinfo_size;
    struct DumpWin *win; /* for format win-dmp */
    uint64_t total;
    uint64_t completed; /* atomic */
    bool cancelled;     /* atomic */
} Dump;

/*
 * The guest's memory, clipped to @filter_size bytes from @filter_start (size 0: all), in
 * @d->blocks; and what it is for the guest.
 */
bool dump_collect_memory(Dump *d, uint64_t filter_start, uint64_t filter_size, Error **errp);
void dump_collect_mappings(Dump *d);
void dump_free_memory(Dump *d);

/* Write all of it; any thread, without BQL, while the guest stands still. */
bool dump_write_elf(Dump *d, Error **errp);
bool dump_write_kdump(Dump *d, Error **errp);
bool dump_write_win(Dump *d, Error **errp);
/* Before the latter, BQL held: @d->win and @d->total, from the guest's note. */
bool dump_win_prepare(Dump *d, Error **errp);
typedef struct DumpWin DumpWin;
void dump_win_free(DumpWin *w);
/* Has this program what @format compresses with? */
bool dump_format_is_there(DumpGuestMemoryFormat format);

/* @size bytes to @d->fd; false and @errp, also when it is cancelled. */
bool dump_write(Dump *d, const void *data, size_t size, Error **errp);
bool dump_check_cancelled(Dump *d, Error **errp);

#endif
