/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What images of formats look like that there is no driver for: they are not taken for raw disks,
 * which would show a guest the format's tables, and let it write over them. A format that gets a
 * driver leaves this table.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "block/block_int.h"

typedef struct ForeignFormat {
    const char *name;
    const char *magic;
    size_t length;
    const char *suffix; /* the magic is in the last sector of files that are called so; or NULL */
} ForeignFormat;

#define MAGIC(text) text, sizeof(text) - 1

static const ForeignFormat formats[] = {
    {"qcow", MAGIC("QFI\xfb\0\0\0\1")}, /* its version 1; from 2 on it is qcow2 */
    {"qed", MAGIC("QED\0")},
    {"parallels", MAGIC("WithoutFreeSpace")},
    {"parallels", MAGIC("WithouFreSpacExt")},
    {"bochs", MAGIC("Bochs Virtual HD Image\0")},
    {"cloop", MAGIC("#!/bin/sh\n#V2.0 Format\n")},
    /* A guest may write what it likes to the end of a raw disk: the name must say it, too. */
    {"dmg", MAGIC("koly\0\0\0\4"), .suffix = ".dmg"},
};

/* The last sector of a file that is called as @f's are; it is long enough for any magic. */
static bool read_end(const ForeignFormat *f, BlockBackend *file, const char *filename,
                     uint8_t buf[static BDRV_SECTOR_SIZE])
{
    int64_t length = file ? blk_getlength(file) : 0;

    return length >= BDRV_SECTOR_SIZE && filename && g_str_has_suffix(filename, f->suffix) &&
           blk_pread(file, length - BDRV_SECTOR_SIZE, BDRV_SECTOR_SIZE, buf, 0) >= 0;
}

const char *bdrv_foreign_format(const uint8_t *buf, size_t size, BlockBackend *file,
                                const char *filename)
{
    uint8_t end[BDRV_SECTOR_SIZE];

    for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
        const ForeignFormat *f = &formats[i];

        if (f->suffix ? read_end(f, file, filename, end) && !memcmp(end, f->magic, f->length)
                      : f->length <= size && !memcmp(buf, f->magic, f->length)) {
            return f->name;
        }
    }
    return NULL;
}
