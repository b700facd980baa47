/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that users and the program itself give to objects. */
#ifndef QEMU_ID_H
#define QEMU_ID_H

#include "qemu/compiler.h"

typedef enum IdSubSystems {
    ID_QDEV,
    ID_BLOCK,
    ID_CHR,
    ID_NET,
    ID_MAX /* last element, used as array size */
} IdSubSystems;

/* A name no user can give, "#block123"; g_free() it. */
char *id_generate(IdSubSystems id);
/* A letter, then letters, digits, '-', '.', '_'. */
bool id_wellformed(const char *id);
/* The same, with an error. */
bool id_check(const char *id, Error **errp);

#endif
