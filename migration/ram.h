/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The section with the contents of guest memory. */
#ifndef MIGRATION_RAM_H
#define MIGRATION_RAM_H

#include "qemu/osdep.h"

/* Of the last or current saving. */
typedef struct RAMSaveStats {
    uint64_t total_bytes, remaining_bytes;
    uint64_t zero_pages, normal_pages;
} RAMSaveStats;

/* Registers the section. */
void ram_mig_init(void);
/* Any thread. */
void ram_save_stats(RAMSaveStats *stats);

#endif
