/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random bytes that a guest will see: from the host, or reproducible with -seed. */

#include "qemu/osdep.h"
#include <sys/random.h>
#include "qapi/error.h"
#include "qemu/cutils.h"
#include "qemu/guest-random.h"

static bool deterministic;
static __thread GRand *thread_rand;

static GRand *rand_of_thread(uint64_t seed)
{
    guint32 words[2] = {seed, seed >> 32};

    return g_rand_new_with_seed_array(words, ARRAY_SIZE(words));
}

bool qemu_guest_random_seed_main(const char *seed, Error **errp)
{
    uint64_t value;

    if (parse_uint_full(seed, 0, &value)) {
        error_setg(errp, "seed '%s' is not a number", seed);
        return false;
    }
    deterministic = true;
    qemu_guest_random_seed_thread_part2(value);
    return true;
}

void qemu_guest_random_seed_thread_part2(uint64_t seed)
{
    if (deterministic) {
        g_clear_pointer(&thread_rand, g_rand_free);
        thread_rand = rand_of_thread(seed);
    }
}

int qemu_guest_getrandom(void *buf, size_t len, Error **errp)
{
    uint8_t *p = buf;

    if (deterministic) {
        if (!thread_rand) {
            thread_rand = rand_of_thread(0);
        }
        for (size_t i = 0; i < len; i++) {
            p[i] = g_rand_int(thread_rand) >> 24;
        }
        return 0;
    }
    while (len) {
        ssize_t got = RETRY_ON_EINTR(getrandom(p, len, 0));
        if (got < 0) {
            error_setg_errno(errp, errno, "the host gives no random numbers");
            return -1;
        }
        p += got;
        len -= got;
    }
    return 0;
}

void qemu_guest_getrandom_nofail(void *buf, size_t len)
{
    qemu_guest_getrandom(buf, len, &error_fatal);
}
