/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plugging: requests submitted between plug and unplug are collected by the engines, which register
 * a function to hand them over together. Per thread.
 */
#include "qemu/osdep.h"
#include "block/block-backend.h"
#include "qemu/coroutine-tls.h"
#include "qemu/thread.h"

typedef struct PlugCall {
    void (*fn)(void *);
    void *opaque;
} PlugCall;

typedef struct Plug {
    unsigned count;
    GArray *calls; /* PlugCall */
} Plug;

QEMU_DEFINE_STATIC_CO_TLS(Plug, plug)

void blk_io_plug_call(void (*fn)(void *), void *opaque)
{
    Plug *p = get_ptr_plug();
    PlugCall new_call = {fn, opaque};

    if (!p->count) {
        fn(opaque);
        return;
    }
    if (!p->calls) {
        p->calls = g_array_new(false, false, sizeof(PlugCall));
    }
    for (guint i = 0; i < p->calls->len; i++) {
        PlugCall *c = &g_array_index(p->calls, PlugCall, i);

        if (c->fn == fn && c->opaque == opaque) {
            return;
        }
    }
    g_array_append_val(p->calls, new_call);
}

void blk_io_plug(void)
{
    get_ptr_plug()->count++;
}

void blk_io_unplug(void)
{
    Plug *p = get_ptr_plug();
    GArray *calls = p->calls;

    /* Each unplug has a plug before it. */
    g_assert(p->count > 0);
    if (--p->count || !calls || !calls->len) {
        return;
    }
    p->calls = NULL;
    for (guint i = 0; i < calls->len; i++) {
        PlugCall *c = &g_array_index(calls, PlugCall, i);

        c->fn(c->opaque);
    }
    if (p->calls) {
        g_array_free(calls, true);
    } else {
        g_array_set_size(calls, 0);
        p->calls = calls;
    }
}
