/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -readconfig: a file of options, as sections
 *
 *   [device "net0"]
 *     driver = "virtio-net-pci"
 *
 * Each becomes the option of that name with the lines below it as parameters.
 */

#include "qemu/osdep.h"
#include "qemu/option-place.h"
#include "qemu/units.h"
#include "vm-config-file.h"

/* Such a file is written by hand. */
#define MAX_CONFIG_BYTES (1 * MiB)

/* Sections whose option is called otherwise. */
static const struct {
    const char *section, *option;
} other_names[] = {
    {"memory", "m"},
    {"smp-opts", "smp"},
    {"boot-opts", "boot"},
};

static const char *option_of_section(const char *section)
{
    for (size_t i = 0; i < ARRAY_SIZE(other_names); i++) {
        if (!strcmp(other_names[i].section, section)) {
            return other_names[i].option;
        }
    }
    return section;
}

typedef struct Section {
    char *name;
    GString *arg; /* NAME=VALUE,... */
    int line;
    GHashTable *lines; /* of its keys */
} Section;

static void add_pair(GString *arg, const char *name, const char *value)
{
    g_string_append_printf(arg, "%s%s=", arg->len ? "," : "", name);
    for (const char *p = value; *p; p++) {
        if (*p == ',') {
            g_string_append_c(arg, ','); /* a comma is written twice */
        }
        g_string_append_c(arg, *p);
    }
}

static bool end_section(Section *s, const char *file, ConfigOptionFn *fn, void *opaque,
                        Error **errp)
{
    bool ok = true;

    if (s->name) {
        loc_set_file(file, s->line);
        loc_note_keys(file, s->line, g_steal_pointer(&s->lines));
        ok = fn(option_of_section(s->name), s->arg->str, opaque, errp);
    }
    g_clear_pointer(&s->name, g_free);
    g_string_truncate(s->arg, 0);
    return ok;
}

/* NAME = "VALUE" */
static bool read_pair(Section *s, const char *text, int number)
{
    const char *equals = strchr(text, '=');
    g_autofree char *name = equals ? g_strchomp(g_strndup(text, equals - text)) : NULL;
    g_autofree char *value = equals ? g_strstrip(g_strdup(equals + 1)) : NULL;
    size_t n = value ? strlen(value) : 0;

    if (!s->name || !name || !*name || n < 2 || value[0] != '"' || value[n - 1] != '"') {
        return false;
    }
    value[n - 1] = '\0';
    add_pair(s->arg, name, value + 1);
    g_hash_table_insert(s->lines, g_strdup(name), GUINT_TO_POINTER(number));
    return true;
}

/* [OPTION] or [OPTION "ID"] */
static bool read_heading(Section *s, const char *text)
{
    size_t n = strlen(text);
    g_autofree char *inner = n > 2 && text[n - 1] == ']' ? g_strndup(text + 1, n - 2) : NULL;
    char *quote = inner ? strchr(inner, '"') : NULL;

    if (!inner || (quote && (strlen(quote) < 2 || quote[strlen(quote) - 1] != '"'))) {
        return false;
    }
    if (quote) {
        quote[strlen(quote) - 1] = '\0';
        *quote++ = '\0';
        add_pair(s->arg, "id", quote);
    }
    s->name = g_strdup(g_strstrip(inner));
    return true;
}

static bool read_line(Section *s, char *text, const char *file, int number, ConfigOptionFn *fn,
                      void *opaque, Error **errp)
{
    bool ok;

    if (!*text || *text == '#') {
        return true;
    }
    if (*text == '[') {
        if (!end_section(s, file, fn, opaque, errp)) {
            return false;
        }
        s->line = number;
        s->lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        ok = read_heading(s, text);
    } else {
        ok = read_pair(s, text, number);
    }
    if (!ok) {
        loc_set_file(file, number);
        error_setg(errp,
                   "expected [OPTION], [OPTION \"ID\"] or NAME = \"VALUE\" below one, not '%.80s'",
                   text);
    }
    return ok;
}

bool vm_config_read_file(const char *file, ConfigOptionFn *fn, void *opaque, Error **errp)
{
    g_autofree char *text = NULL;
    g_autoptr(GString) arg = g_string_new(NULL);
    g_auto(GStrv) lines = NULL;
    Section section = {.arg = arg};
    size_t size;
    bool ok = true;

    text = qemu_read_file(file, MAX_CONFIG_BYTES, &size, errp);
    if (!text) {
        return false;
    }
    lines = g_strsplit(text, "\n", -1);
    for (int i = 0; ok && lines[i]; i++) {
        ok = read_line(&section, g_strstrip(lines[i]), file, i + 1, fn, opaque, errp);
    }
    ok = ok && end_section(&section, file, fn, opaque, errp);
    g_free(section.name);
    g_clear_pointer(&section.lines, g_hash_table_unref);
    return ok;
}
