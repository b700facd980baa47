/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options of the creation of qcow2 images, for what makes them and what measures them. */
#ifndef BLOCK_QCOW2_CREATE_H
#define BLOCK_QCOW2_CREATE_H

#include "block/block_int.h"

typedef struct Qcow2Create {
    uint64_t size, cluster_size, refcount_bits;
    char *backing_file, *backing_fmt, *compat;
    int preallocation, compression_type;
    bool lazy_refcounts;
} Qcow2Create;

#define QCOW2_CREATE_DEFAULTS                                                                      \
    {                                                                                              \
        .cluster_size = 1 << QCOW2_DEFAULT_CLUSTER_BITS, .refcount_bits = 16                       \
    }

/* Do they go together? *@version: of the format. */
bool qcow2_check_create(const Qcow2Create *c, int *version, Error **errp);

#endif
