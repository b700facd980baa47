/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that users and the program itself give to objects. */

#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/id.h"
#include "qapi/error.h"

bool id_wellformed(const char *id)
{
    if (!g_ascii_isalpha(id[0])) {
        return false;
    }
    for (const char *p = id + 1; *p; p++) {
        if (!g_ascii_isalnum(*p) && !strchr("-._", *p)) {
            return false;
        }
    }
    return true;
}

bool id_check(const char *id, Error **errp)
{
    ERRP_GUARD();

    if (id_wellformed(id)) {
        return true;
    }
    error_setg(errp, "Parameter 'id' expects an identifier, got '%s'", id);
    error_append_hint(errp, "Accepted: a letter, then letters, digits, '-', '.' and '_'.\n");
    return false;
}

char *id_generate(IdSubSystems id)
{
    static const char *const names[ID_MAX] = {
        [ID_QDEV] = "qdev",
        [ID_BLOCK] = "block",
        [ID_CHR] = "chr",
        [ID_NET] = "net",
    };
    static uint64_t counters[ID_MAX];

    /* '#' is not allowed in a user's name. Two digits of noise keep scripts from guessing. */
    return g_strdup_printf("#%s%" PRIu64 "%02d", names[id], qatomic_fetch_inc(&counters[id]),
                           g_random_int_range(0, 100));
}
