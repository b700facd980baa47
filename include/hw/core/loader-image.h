/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files for the guest's memory: ELF, Intel HEX, or bytes as they are. */
#ifndef HW_CORE_LOADER_IMAGE_H
#define HW_CORE_LOADER_IMAGE_H

#include "exec/hwaddr.h"
#include "qapi/error.h"

/* Bytes for one place; behind them zeros, up to @mem_size. */
typedef struct LoaderSegment {
    hwaddr addr;
    const uint8_t *data; /* within the image's file, or its hex */
    uint64_t size, mem_size;
} LoaderSegment;

typedef struct LoaderImage {
    GArray *segments; /* of LoaderSegment */
    bool has_entry;   /* the format says where to begin */
    uint64_t entry;
    char *file;      /* what was read */
    GByteArray *hex; /* the bytes that a HEX file stands for */
} LoaderImage;

/*
 * Reads the file @name of @max_size bytes at most. Unless @raw, ELF and Intel HEX are known by what
 * they begin with, and say themselves where they go; all else goes to @addr. NULL and @errp, which
 * names the file, when it can't be read or is damaged.
 */
LoaderImage *loader_image_read(const char *name, uint64_t max_size, bool raw, hwaddr addr,
                               Error **errp);
void loader_image_free(LoaderImage *image);

#endif
