/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Enums of the block layer, in QMP's spelling and order. */
#ifndef QAPI_TYPES_BLOCK_CORE_H
#define QAPI_TYPES_BLOCK_CORE_H

#include "qapi/qapi-builtin-types.h"

/* What to do about a request that fails (rerror=, werror=). */
typedef enum BlockdevOnError {
    BLOCKDEV_ON_ERROR_REPORT,
    BLOCKDEV_ON_ERROR_IGNORE,
    BLOCKDEV_ON_ERROR_ENOSPC,
    BLOCKDEV_ON_ERROR_STOP,
    BLOCKDEV_ON_ERROR_AUTO,
    BLOCKDEV_ON_ERROR__MAX,
} BlockdevOnError;
#define BlockdevOnError_str(val) qapi_enum_lookup(&BlockdevOnError_lookup, (val))
extern const QEnumLookup BlockdevOnError_lookup;

/* What was done about it. */
typedef enum BlockErrorAction {
    BLOCK_ERROR_ACTION_IGNORE,
    BLOCK_ERROR_ACTION_REPORT,
    BLOCK_ERROR_ACTION_STOP,
    BLOCK_ERROR_ACTION__MAX,
} BlockErrorAction;
#define BlockErrorAction_str(val) qapi_enum_lookup(&BlockErrorAction_lookup, (val))
extern const QEnumLookup BlockErrorAction_lookup;

typedef enum IoOperationType {
    IO_OPERATION_TYPE_READ,
    IO_OPERATION_TYPE_WRITE,
    IO_OPERATION_TYPE__MAX,
} IoOperationType;
#define IoOperationType_str(val) qapi_enum_lookup(&IoOperationType_lookup, (val))
extern const QEnumLookup IoOperationType_lookup;

typedef enum PreallocMode {
    PREALLOC_MODE_OFF,
    PREALLOC_MODE_METADATA,
    PREALLOC_MODE_FALLOC,
    PREALLOC_MODE_FULL,
    PREALLOC_MODE__MAX,
} PreallocMode;
#define PreallocMode_str(val) qapi_enum_lookup(&PreallocMode_lookup, (val))
extern const QEnumLookup PreallocMode_lookup;

typedef enum BlockdevDiscardOptions {
    BLOCKDEV_DISCARD_OPTIONS_IGNORE,
    BLOCKDEV_DISCARD_OPTIONS_UNMAP,
    BLOCKDEV_DISCARD_OPTIONS__MAX,
} BlockdevDiscardOptions;
extern const QEnumLookup BlockdevDiscardOptions_lookup;

typedef enum BlockdevDetectZeroesOptions {
    BLOCKDEV_DETECT_ZEROES_OPTIONS_OFF,
    BLOCKDEV_DETECT_ZEROES_OPTIONS_ON,
    BLOCKDEV_DETECT_ZEROES_OPTIONS_UNMAP,
    BLOCKDEV_DETECT_ZEROES_OPTIONS__MAX,
} BlockdevDetectZeroesOptions;
#define BlockdevDetectZeroesOptions_str(val)                                                       \
    qapi_enum_lookup(&BlockdevDetectZeroesOptions_lookup, (val))
extern const QEnumLookup BlockdevDetectZeroesOptions_lookup;

typedef enum BlockdevAioOptions {
    BLOCKDEV_AIO_OPTIONS_THREADS,
    BLOCKDEV_AIO_OPTIONS_NATIVE,
    BLOCKDEV_AIO_OPTIONS_IO_URING,
    BLOCKDEV_AIO_OPTIONS__MAX,
} BlockdevAioOptions;
#define BlockdevAioOptions_str(val) qapi_enum_lookup(&BlockdevAioOptions_lookup, (val))
extern const QEnumLookup BlockdevAioOptions_lookup;

/* How a BIOS makes CHS addresses of a large IDE disk. */
typedef enum BiosAtaTranslation {
    BIOS_ATA_TRANSLATION_AUTO,
    BIOS_ATA_TRANSLATION_NONE,
    BIOS_ATA_TRANSLATION_LBA,
    BIOS_ATA_TRANSLATION_LARGE,
    BIOS_ATA_TRANSLATION_RECHS,
    BIOS_ATA_TRANSLATION__MAX,
} BiosAtaTranslation;
#define BiosAtaTranslation_str(val) qapi_enum_lookup(&BiosAtaTranslation_lookup, (val))
extern const QEnumLookup BiosAtaTranslation_lookup;

typedef enum Qcow2CompressionType {
    QCOW2_COMPRESSION_TYPE_ZLIB,
    QCOW2_COMPRESSION_TYPE_ZSTD,
    QCOW2_COMPRESSION_TYPE__MAX,
} Qcow2CompressionType;
#define Qcow2CompressionType_str(val) qapi_enum_lookup(&Qcow2CompressionType_lookup, (val))
extern const QEnumLookup Qcow2CompressionType_lookup;

#endif
