/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of the block layer's enums. */
#include "qemu/osdep.h"
#include "qapi/qapi-types-block-core.h"

#define ENUM_LOOKUP(type, ...)                                                                     \
    const QEnumLookup type##_lookup = {                                                            \
        .array = (const char *const[]){__VA_ARGS__},                                               \
        .size = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *),                 \
    }

ENUM_LOOKUP(BlockdevOnError, "report", "ignore", "enospc", "stop", "auto");
ENUM_LOOKUP(BlockErrorAction, "ignore", "report", "stop");
ENUM_LOOKUP(IoOperationType, "read", "write");
ENUM_LOOKUP(PreallocMode, "off", "metadata", "falloc", "full");
ENUM_LOOKUP(BlockdevDiscardOptions, "ignore", "unmap");
ENUM_LOOKUP(BlockdevDetectZeroesOptions, "off", "on", "unmap");
ENUM_LOOKUP(BlockdevAioOptions, "threads", "native", "io_uring");
ENUM_LOOKUP(BiosAtaTranslation, "auto", "none", "lba", "large", "rechs");
ENUM_LOOKUP(Qcow2CompressionType, "zlib", "zstd");
