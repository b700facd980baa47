/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a guest's random numbers come from: "-object rng-random",
 * "rng-builtin" and "rng-egd". Main thread, BQL held.
 */
#ifndef SYSTEM_RNG_H
#define SYSTEM_RNG_H

#include "qemu/queue.h"
#include "qom/object.h"

#define TYPE_RNG_BACKEND "rng-backend"
OBJECT_DECLARE_TYPE(RngBackend, RngBackendClass, RNG_BACKEND)

#define TYPE_RNG_BUILTIN "rng-builtin"
#define TYPE_RNG_RANDOM  "rng-random"
#define TYPE_RNG_EGD     "rng-egd"

/* @size bytes, no more than were asked for. Not called from within the request. */
typedef void EntropyReceiveFunc(void *opaque, const void *data, size_t size);

typedef struct RngRequest {
    EntropyReceiveFunc *receive_entropy;
    void *opaque;
    uint8_t *data;
    size_t size;
    QSIMPLEQ_ENTRY(RngRequest) next;
} RngRequest;

struct RngBackendClass {
    ObjectClass parent_class;

    /* A request was added to the end of the queue. */
    void (*request_entropy)(RngBackend *s, RngRequest *req);
    /* Acquire what it needs. Optional. */
    void (*opened)(RngBackend *s, Error **errp);
};

struct RngBackend {
    Object parent;

    bool opened;
    QSIMPLEQ_HEAD(, RngRequest) requests;
};

void rng_backend_request_entropy(RngBackend *s, size_t size, EntropyReceiveFunc *receive_entropy,
                                 void *opaque);
/* The callback of these requests will not come. */
void rng_backend_cancel_requests(RngBackend *s, void *opaque);

/* For kinds of back ends: the first request is answered with the first @size bytes of its data. */
void rng_backend_finalize_request(RngBackend *s, size_t size);

#endif
