/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of sources of random numbers: the process's own generator, and a file such as a device. */
#include "qemu/osdep.h"
#include "qemu/guest-random.h"
#include "qemu/main-loop.h"
#include "system/rng.h"

/* ---- rng-builtin: getrandom(2), or the reproducible generator of -seed ---- */

OBJECT_DECLARE_SIMPLE_TYPE(RngBuiltin, RNG_BUILTIN)

struct RngBuiltin {
    RngBackend parent;

    QEMUBH *bh;
};

static void builtin_answer(void *opaque)
{
    RngBackend *s = opaque;

    while (!QSIMPLEQ_EMPTY(&s->requests)) {
        RngRequest *req = QSIMPLEQ_FIRST(&s->requests);

        qemu_guest_getrandom_nofail(req->data, req->size);
        rng_backend_finalize_request(s, req->size);
    }
}

static void builtin_request(RngBackend *s, RngRequest *req)
{
    RngBuiltin *builtin = RNG_BUILTIN(s);

    if (!builtin->bh) {
        builtin->bh = qemu_bh_new(builtin_answer, s);
    }
    qemu_bh_schedule(builtin->bh);
}

static void builtin_finalize(Object *obj)
{
    RngBuiltin *builtin = RNG_BUILTIN(obj);

    if (builtin->bh) {
        qemu_bh_delete(builtin->bh);
    }
}

static void builtin_class_init(ObjectClass *oc, const void *data)
{
    RNG_BACKEND_CLASS(oc)->request_entropy = builtin_request;
}

/* ---- rng-random: what a file gives, when it has some ---- */

OBJECT_DECLARE_SIMPLE_TYPE(RngRandom, RNG_RANDOM)

struct RngRandom {
    RngBackend parent;

    char *filename;
    int fd;
};

static void entropy_available(void *opaque)
{
    RngRandom *s = opaque;
    RngBackend *backend = RNG_BACKEND(s);

    while (!QSIMPLEQ_EMPTY(&backend->requests)) {
        RngRequest *req = QSIMPLEQ_FIRST(&backend->requests);
        ssize_t n = read(s->fd, req->data, req->size);

        if (n <= 0) {
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
                return;
            }
            break; /* its end: nothing more will come */
        }
        rng_backend_finalize_request(backend, n);
    }
    qemu_set_fd_handler(s->fd, NULL, NULL, NULL);
}

static void random_request(RngBackend *backend, RngRequest *req)
{
    RngRandom *s = RNG_RANDOM(backend);

    qemu_set_fd_handler(s->fd, entropy_available, NULL, s);
}

static void random_opened(RngBackend *backend, Error **errp)
{
    RngRandom *s = RNG_RANDOM(backend);

    s->fd = open(s->filename, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (s->fd < 0) {
        error_setg_errno(errp, errno, "rng-random: cannot open filename='%s'", s->filename);
    }
}

static char *random_get_filename(Object *obj, Error **errp)
{
    return g_strdup(RNG_RANDOM(obj)->filename);
}

static void random_set_filename(Object *obj, const char *filename, Error **errp)
{
    RngRandom *s = RNG_RANDOM(obj);

    if (RNG_BACKEND(s)->opened) {
        error_setg(errp, "rng-random: the filename cannot be changed once it is open");
        return;
    }
    g_free(s->filename);
    s->filename = g_strdup(filename);
}

static void random_init(Object *obj)
{
    RngRandom *s = RNG_RANDOM(obj);

    s->filename = g_strdup("/dev/urandom");
    s->fd = -1;
}

static void random_finalize(Object *obj)
{
    RngRandom *s = RNG_RANDOM(obj);

    if (s->fd >= 0) {
        qemu_set_fd_handler(s->fd, NULL, NULL, NULL);
        close(s->fd);
    }
    g_free(s->filename);
}

static void random_class_init(ObjectClass *oc, const void *data)
{
    RngBackendClass *k = RNG_BACKEND_CLASS(oc);

    k->request_entropy = random_request;
    k->opened = random_opened;
    object_class_property_add_str(oc, "filename", random_get_filename, random_set_filename);
    object_class_property_set_description(oc, "filename", "File to read random bytes from");
}

static const TypeInfo rng_types[] = {
    {
        .name = TYPE_RNG_BUILTIN,
        .parent = TYPE_RNG_BACKEND,
        .instance_size = sizeof(RngBuiltin),
        .instance_finalize = builtin_finalize,
        .class_init = builtin_class_init,
    },
    {
        .name = TYPE_RNG_RANDOM,
        .parent = TYPE_RNG_BACKEND,
        .instance_size = sizeof(RngRandom),
        .instance_init = random_init,
        .instance_finalize = random_finalize,
        .class_init = random_class_init,
    },
};

DEFINE_TYPES(rng_types)
