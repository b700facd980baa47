/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs (RFC 9562), kept in the big-endian order of their text form. */
#ifndef QEMU_UUID_H
#define QEMU_UUID_H

#include "qemu/bswap.h"

typedef struct {
    union {
        unsigned char data[16];
        struct {
            /* As little-endian tables (SMBIOS, GPT) see it; see qemu_uuid_bswap(). */
            uint32_t time_low;
            uint16_t time_mid;
            uint16_t time_high_and_version;
            uint8_t clock_seq_and_reserved;
            uint8_t clock_seq_low;
            uint8_t node[6];
        } fields;
    };
} QemuUUID;

#define UUID_FMT                                                                                   \
    "%02hhx%02hhx%02hhx%02hhx-%02hhx%02hhx-%02hhx%02hhx-%02hhx%02hhx-"                             \
    "%02hhx%02hhx%02hhx%02hhx%02hhx%02hhx"
#define UUID_STR_LEN (36 + 1)
#define UUID_NONE    "00000000-0000-0000-0000-000000000000"

#define UUID(time_low, time_mid, time_hi_and_version, clock_seq_hi_and_reserved, clock_seq_low,    \
             node0, node1, node2, node3, node4, node5)                                             \
    {                                                                                              \
        ((time_low) >> 24) & 0xff, ((time_low) >> 16) & 0xff, ((time_low) >> 8) & 0xff,            \
            (time_low)&0xff, ((time_mid) >> 8) & 0xff, (time_mid)&0xff,                            \
            ((time_hi_and_version) >> 8) & 0xff, (time_hi_and_version)&0xff,                       \
            (clock_seq_hi_and_reserved), (clock_seq_low), (node0), (node1), (node2), (node3),      \
            (node4), (node5)                                                                       \
    }

/* Version 4. */
void qemu_uuid_generate(QemuUUID *out);
int qemu_uuid_is_null(const QemuUUID *uu);
int qemu_uuid_is_equal(const QemuUUID *lhv, const QemuUUID *rhv);
/* @out has UUID_STR_LEN bytes. */
void qemu_uuid_unparse(const QemuUUID *uuid, char *out);
char *qemu_uuid_unparse_strdup(const QemuUUID *uuid);
/* 0, or -1 if @str is no UUID. */
int qemu_uuid_parse(const char *str, QemuUUID *uuid);
/* First three fields between big and little endian. */
QemuUUID qemu_uuid_bswap(QemuUUID uuid);

#endif
