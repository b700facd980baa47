/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nearest of several names: restricted Damerau-Levenshtein distance. */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/nearest-name.h"

#define NAME_MAX_LEN 63
#define SHORT_NAME   4
#define MAX_LISTED   24 /* candidates that fit in a message */

static unsigned edit_distance(const char *a, size_t la, const char *b, size_t lb)
{
    unsigned d[3][NAME_MAX_LEN + 2];
    unsigned *before = d[0], *prev = d[1], *cur = d[2];

    for (size_t j = 0; j <= lb; j++) {
        prev[j] = j;
    }
    for (size_t i = 1; i <= la; i++) {
        unsigned *spare = before;

        cur[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned cost = g_ascii_tolower(a[i - 1]) != g_ascii_tolower(b[j - 1]);
            unsigned best = prev[j - 1] + cost;

            best = MIN(best, prev[j] + 1);
            best = MIN(best, cur[j - 1] + 1);
            if (i > 1 && j > 1 && g_ascii_tolower(a[i - 1]) == g_ascii_tolower(b[j - 2]) &&
                g_ascii_tolower(a[i - 2]) == g_ascii_tolower(b[j - 1])) {
                best = MIN(best, before[j - 2] + 1);
            }
            cur[j] = best;
        }
        before = prev;
        prev = cur;
        cur = spare;
    }
    return prev[lb];
}

static bool same_letter(char a, char b)
{
    return g_ascii_tolower(a) == g_ascii_tolower(b);
}

/*
 * In a short word one letter is much, and the first one all but everything: it is the same, or
 * changed places with the second.
 */
static bool begins_alike(const char *a, const char *b)
{
    return strlen(a) > SHORT_NAME || same_letter(a[0], b[0]) ||
           (same_letter(a[0], b[1]) && same_letter(a[1], b[0]));
}

static void free_list(GString *s)
{
    g_string_free(s, TRUE);
}

void nearest_name_init(NearestName *n, const char *name)
{
    size_t len = strlen(name);

    n->name = name;
    n->best = NULL;
    n->all = NULL;
    n->count = 0;
    /*
     * One letter of a short word may be wrong, of a longer one about a third; with more it is
     * another word. What is found must be nearer than this.
     */
    n->best_distance = MAX(MIN(len / 3, 4), 1) + 1;
}

void nearest_name_try(NearestName *n, const char *candidate)
{
    size_t la = strlen(n->name), lb = strlen(candidate);
    unsigned distance;

    if (++n->count > MAX_LISTED) {
        g_clear_pointer(&n->all, free_list);
    } else if (n->all) {
        g_string_append_printf(n->all, ", %s", candidate);
    } else {
        n->all = g_string_new(candidate);
    }
    if (la == 0 || la > NAME_MAX_LEN || lb == 0 || lb > NAME_MAX_LEN ||
        !begins_alike(n->name, candidate)) {
        return;
    }
    distance = edit_distance(n->name, la, candidate, lb);
    /* The candidate itself may be short: replacing every letter is no likeness. */
    if (distance < n->best_distance && distance < MAX(la, lb)) {
        n->best_distance = distance;
        g_free(n->best);
        n->best = g_strdup(candidate);
    }
}

void nearest_name_suggest(NearestName *n, Error *const *errp)
{
    if (n->best) {
        error_append_hint(errp, "did you mean '%s'?\n", n->best);
    }
    nearest_name_clear(n);
}

void nearest_name_hint(NearestName *n, Error *const *errp)
{
    if (n->best) {
        error_append_hint(errp, "did you mean '%s'?\n", n->best);
    } else if (n->all) {
        error_append_hint(errp, "Accepted: %s.\n", n->all->str);
    }
    nearest_name_clear(n);
}

void nearest_name_clear(NearestName *n)
{
    g_clear_pointer(&n->best, g_free);
    g_clear_pointer(&n->all, free_list);
}

const char *qemu_nearest_name(const char *name, const char *const *candidates)
{
    const char *found = NULL;
    NearestName nearest;

    nearest_name_init(&nearest, name);
    for (; *candidates; candidates++) {
        nearest_name_try(&nearest, *candidates);
        if (nearest.best && !strcmp(nearest.best, *candidates)) {
            found = *candidates;
        }
    }
    nearest_name_clear(&nearest);
    return found;
}
