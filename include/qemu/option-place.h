/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places (see error-report.h) of parts of an option, and of options whose value is found wanting
 * only much later. All of it: main thread.
 */
#ifndef QEMU_OPTION_PLACE_H
#define QEMU_OPTION_PLACE_H

#include "qapi/error.h"
#include "qemu/error-report.h"

/* The current location as messages have it, with ": " behind; empty if there is none. */
char *loc_describe(void);

/*
 * The option that begins in line @line of @file has keys in lines of their own: name to number
 * (GUINT_TO_POINTER). Takes @lines over.
 */
void loc_note_keys(const char *file, int line, GHashTable *lines);
/* What follows is about @key: where the current location is such an option, it becomes its line. */
void loc_at_key(const char *key);

/*
 * The option at hand gives @what: a property of the machine, or "DRIVER.PROPERTY" of all devices
 * of a type.
 */
void loc_note_property(const char *what);
/*
 * Until loc_pop(@loc) messages name that option. False if there is none: they name what they named
 * before.
 */
bool loc_push_property(const char *what, Location *loc);
/* The same for an error that is not reported here: the option comes before its message. */
void loc_prepend_property(const char *what, Error *const *errp);

#endif
