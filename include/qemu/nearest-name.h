/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "Did you mean ...?": the candidate that is nearest to a misspelt name, by
 * the number of letters inserted, left out, replaced or swapped. Where none is
 * near and they are not many, all of them.
 */
#ifndef QEMU_NEAREST_NAME_H
#define QEMU_NEAREST_NAME_H

#include "qapi/error.h"

typedef struct NearestName {
    const char *name;
    char *best; /* NULL: none near enough so far */
    unsigned best_distance;
    GString *all; /* candidates, separated by commas; NULL: none, or too many to print */
    unsigned count;
} NearestName;

void nearest_name_init(NearestName *n, const char *name);
void nearest_name_try(NearestName *n, const char *candidate);
/*
 * Adds the hint to *@errp when there is something to say, and frees what @n holds. Needs
 * ERRP_GUARD().
 */
void nearest_name_hint(NearestName *n, Error *const *errp);
/* The same for a message that lists what is accepted itself: only the nearest name. */
void nearest_name_suggest(NearestName *n, Error *const *errp);
void nearest_name_clear(NearestName *n);

#endif
