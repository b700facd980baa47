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
 */
#ifndef QOBJECT_KEYVAL_H
#define QOBJECT_KEYVAL_H

#include "qobject/qdict.h"

/*
 * Caller's reference; NULL and @errp on error. A request for help sets *@help;
 * when @help is NULL it is an error instead.
 */
QDict *keyval_parse(const char *params, const char *implied_key, bool *help, Error **errp);
/* keyval_parse() and keyval_merge(): returns @qdict, which is untouched on failure. */
QDict *keyval_parse_into(QDict *qdict, const char *params, const char *implied_key, bool *help,
                         Error **errp);
/* Adds @merged to @old, appending to lists; false when a key is a scalar in one, not in the other.
 */
bool keyval_merge(QDict *old, const QDict *merged, Error **errp);

#endif /* QOBJECT_KEYVAL_H */
