/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random numbers of an entropy gathering daemon, over a character device: a request is a byte 02h
 * (answer when there is enough) and how many bytes, 255 at most; the answer is these bytes.
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "system/rng.h"

#define EGD_READ_BLOCKING 0x02
#define EGD_REQUEST_MAX   255

OBJECT_DECLARE_SIMPLE_TYPE(RngEgd, RNG_EGD)

struct RngEgd {
    RngBackend parent;

    char *chr_name;
    CharBackend chr;
    RngRequest *current; /* has the first @have of its bytes */
    size_t have;
};

/* The request that is being filled; what a cancelled one got is gone with it. */
static RngRequest *current_request(RngEgd *s)
{
    RngRequest *first = QSIMPLEQ_FIRST(&RNG_BACKEND(s)->requests);

    if (first != s->current) {
        s->current = first;
        s->have = 0;
    }
    return first;
}

static void egd_request(RngBackend *backend, RngRequest *req)
{
    for (size_t left = req->size; left > 0;) {
        uint8_t message[2] = {EGD_READ_BLOCKING, MIN(left, EGD_REQUEST_MAX)};

        qemu_chr_fe_write_all(&RNG_EGD(backend)->chr, message, sizeof(message));
        left -= message[1];
    }
}

static int egd_can_read(void *opaque)
{
    RngEgd *s = opaque;
    RngRequest *req = current_request(s);

    return req ? MIN(req->size - s->have, INT_MAX) : 0;
}

static void egd_read(void *opaque, const uint8_t *buf, int size)
{
    RngEgd *s = opaque;

    while (size > 0) {
        RngRequest *req = current_request(s);
        size_t part;

        if (!req) {
            return; /* an answer to what nobody waits for any more */
        }
        part = MIN((size_t)size, req->size - s->have);
        memcpy(req->data + s->have, buf, part);
        s->have += part;
        buf += part;
        size -= part;
        if (s->have == req->size) {
            s->current = NULL;
            rng_backend_finalize_request(RNG_BACKEND(s), req->size);
        }
    }
}

static void egd_opened(RngBackend *backend, Error **errp)
{
    RngEgd *s = RNG_EGD(backend);
    Chardev *chr;

    if (!s->chr_name) {
        error_setg(errp, "rng-egd: chardev=ID is missing, the way to the daemon");
        return;
    }
    chr = qemu_chr_find(s->chr_name);
    if (!chr) {
        error_setg(errp, "rng-egd: there is no character device chardev='%s'", s->chr_name);
        return;
    }
    if (qemu_chr_fe_init(&s->chr, chr, errp)) {
        qemu_chr_fe_set_handlers(&s->chr, egd_can_read, egd_read, NULL, NULL, s, NULL, true);
    }
}

static char *egd_get_chardev(Object *obj, Error **errp)
{
    return g_strdup(RNG_EGD(obj)->chr_name);
}

static void egd_set_chardev(Object *obj, const char *value, Error **errp)
{
    RngEgd *s = RNG_EGD(obj);

    if (RNG_BACKEND(s)->opened) {
        error_setg(errp, "rng-egd: the chardev cannot be changed once it is open");
        return;
    }
    g_free(s->chr_name);
    s->chr_name = g_strdup(value);
}

static void egd_finalize(Object *obj)
{
    RngEgd *s = RNG_EGD(obj);

    qemu_chr_fe_deinit(&s->chr, false);
    g_free(s->chr_name);
}

static void egd_class_init(ObjectClass *oc, const void *data)
{
    RngBackendClass *k = RNG_BACKEND_CLASS(oc);

    k->request_entropy = egd_request;
    k->opened = egd_opened;
    object_class_property_add_str(oc, "chardev", egd_get_chardev, egd_set_chardev);
    object_class_property_set_description(oc, "chardev", "ID of the way to the daemon");
}

static const TypeInfo egd_types[] = {
    {
        .name = TYPE_RNG_EGD,
        .parent = TYPE_RNG_BACKEND,
        .instance_size = sizeof(RngEgd),
        .instance_finalize = egd_finalize,
        .class_init = egd_class_init,
    },
};

DEFINE_TYPES(egd_types)
