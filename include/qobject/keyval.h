/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Option arguments to dictionaries.
 *
 *   key-vals = [ key-val { ',' key-val } [ ',' ] ]
 *   key-val  = key '=' val | help
 *   key      = name { '.' name-or-index }
 *   help     = 'help' | '?'
 *
 * A ',' in a value is written ",,". Dotted keys make nested dictionaries, and
 * lists where all names are the indices 0..n-1. With an implied key the first
 * element may be a value alone. All scalars come out as strings.
 *
 * Of keys that are there several times the last one counts.
 *
 * Options that are older than this grammar have booleans in a short form: NAME for NAME=on,
 * noNAME for NAME=off. Their first "id" counts.
 */
#ifndef QOBJECT_KEYVAL_H
#define QOBJECT_KEYVAL_H

#include "qobject/qdict.h"

/*
 * Caller's reference; NULL and @errp on error. A request for help sets *@help;
 * when @help is NULL it is an error instead.
 */
QDict *keyval_parse(const char *params, const char *implied_key, bool *help, Error **errp);

typedef enum KeyvalShortBool {
    KEYVAL_SHORT_BOOL_REFUSE,
    KEYVAL_SHORT_BOOL_WARN,   /* take it, and report what to write instead */
    KEYVAL_SHORT_BOOL_ACCEPT, /* take it silently */
} KeyvalShortBool;

/* keyval_parse() where booleans may have their short form. */
QDict *keyval_parse_full(const char *params, const char *implied_key, KeyvalShortBool short_bool,
                         bool *help, Error **errp);
/*
 * The same for -drive, which is older than dotted keys: they stay as they are, so that "cache" and
 * "cache.direct" may be there both.
 */
QDict *keyval_parse_flat(const char *params, KeyvalShortBool short_bool, Error **errp);
/* The key that @len bytes of @word, a boolean in its short form, set to *@value. Caller's. */
char *keyval_short_bool(const char *word, size_t len, bool *value);
/* Adds @merged to @old, appending to lists; false when a key is a scalar in one, not in the other.
 */
bool keyval_merge(QDict *old, const QDict *merged, Error **errp);

#endif /* QOBJECT_KEYVAL_H */
