/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connections that can be cut from outside, when the peer does not answer and the main
 * loop may be waiting for it. All functions: any thread, no lock needed.
 */
#ifndef QAPI_YANK_H
#define QAPI_YANK_H

#include "qapi/error.h"
#include "qapi/qapi-types-yank.h"

/*
 * Cuts a connection. May be called by any thread at any time until it is taken back; must
 * not wait, nor take back a function.
 */
typedef void YankFn(void *opaque);

/* @name: id of the character device, name of the block node, NULL for a migration. */
bool yank_register_instance(YankInstanceType type, const char *name, Error **errp);
/* Its functions must be gone. */
void yank_unregister_instance(YankInstanceType type, const char *name);
/* The instance must be there. */
void yank_register_function(YankInstanceType type, const char *name, YankFn *fn, void *opaque);
/* It is not being called when this returns. */
void yank_unregister_function(YankFn *fn, void *opaque);

#endif
