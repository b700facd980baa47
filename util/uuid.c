/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs (RFC 9562). */

#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/guest-random.h"
#include "qemu/uuid.h"

void qemu_uuid_generate(QemuUUID *uuid)
{
    qemu_guest_getrandom_nofail(uuid->data, sizeof(uuid->data));
    uuid->data[6] = (uuid->data[6] & 0x0f) | 0x40; /* version 4: random */
    uuid->data[8] = (uuid->data[8] & 0x3f) | 0x80; /* variant of the RFC */
}

int qemu_uuid_is_null(const QemuUUID *uu)
{
    static const QemuUUID null_uuid;

    return qemu_uuid_is_equal(uu, &null_uuid);
}

int qemu_uuid_is_equal(const QemuUUID *lhv, const QemuUUID *rhv)
{
    return memcmp(lhv, rhv, sizeof(QemuUUID)) == 0;
}

void qemu_uuid_unparse(const QemuUUID *uuid, char *out)
{
    const uint8_t *d = uuid->data;

    snprintf(out, UUID_STR_LEN, UUID_FMT, d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8],
             d[9], d[10], d[11], d[12], d[13], d[14], d[15]);
}

char *qemu_uuid_unparse_strdup(const QemuUUID *uuid)
{
    char *out = g_malloc(UUID_STR_LEN);

    qemu_uuid_unparse(uuid, out);
    return out;
}

int qemu_uuid_parse(const char *str, QemuUUID *uuid)
{
    QemuUUID parsed;
    int n = 0;

    if (strlen(str) != UUID_STR_LEN - 1) {
        return -1;
    }
    for (int i = 0; i < UUID_STR_LEN - 1; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (str[i] != '-') {
                return -1;
            }
            continue;
        }
        int high = g_ascii_xdigit_value(str[i]), low = g_ascii_xdigit_value(str[i + 1]);
        if (high < 0 || low < 0) {
            return -1;
        }
        parsed.data[n++] = high << 4 | low;
        i++;
    }
    *uuid = parsed;
    return 0;
}

QemuUUID qemu_uuid_bswap(QemuUUID uuid)
{
    uuid.fields.time_low = bswap32(uuid.fields.time_low);
    uuid.fields.time_mid = bswap16(uuid.fields.time_mid);
    uuid.fields.time_high_and_version = bswap16(uuid.fields.time_high_and_version);
    return uuid;
}
