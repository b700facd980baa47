/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which line of a file a key is in, and which option gave a property. */
#include "qemu/osdep.h"
#include "qemu/option-place.h"

/* ---- keys of options in files ---- */

typedef struct FileOption {
    char *file;
    int line;
    GHashTable *lines;
} FileOption;

static GArray *file_options; /* of FileOption, in order of appearance; lives as long as locations */

void loc_note_keys(const char *file, int line, GHashTable *lines)
{
    FileOption option = {.file = g_strdup(file), .line = line, .lines = lines};

    if (!file_options) {
        file_options = g_array_new(false, false, sizeof(FileOption));
    }
    g_array_append_val(file_options, option);
}

/* The option that @loc is in: the last that begins at its line or before. */
static const FileOption *option_at(const Location *loc)
{
    const FileOption *found = NULL;

    for (guint i = 0; file_options && i < file_options->len; i++) {
        const FileOption *option = &g_array_index(file_options, FileOption, i);

        if (option->line <= loc->num && !strcmp(option->file, loc->ptr) &&
            (!found || option->line > found->line)) {
            found = option;
        }
    }
    return found;
}

void loc_at_key(const char *key)
{
    const FileOption *option;
    Location loc;
    gpointer line;

    loc_save(&loc);
    option = loc.kind == LOC_FILE ? option_at(&loc) : NULL;
    if (option && g_hash_table_lookup_extended(option->lines, key, NULL, &line)) {
        loc.num = GPOINTER_TO_UINT(line);
        loc_restore(&loc);
    }
}

/* ---- properties ---- */

static GHashTable *property_places; /* name to Location */

void loc_note_property(const char *what)
{
    if (!property_places) {
        property_places = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    }
    g_hash_table_replace(property_places, g_strdup(what), loc_save(g_new(Location, 1)));
}

bool loc_push_property(const char *what, Location *loc)
{
    const Location *place = property_places ? g_hash_table_lookup(property_places, what) : NULL;

    if (place) {
        *loc = *place;
    } else {
        loc_save(loc);
    }
    loc_push_restore(loc);
    return place != NULL;
}

void loc_prepend_property(const char *what, Error *const *errp)
{
    Location loc;

    if (loc_push_property(what, &loc)) {
        g_autofree char *place = loc_describe();

        error_prepend(errp, "%s", place);
    }
    loc_pop(&loc);
}
