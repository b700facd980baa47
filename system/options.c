/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of command-line options, and splitting argv by it. */

#include "qemu/osdep.h"
#include "options.h"
#include "qemu/cutils.h"

#define DEFHEADING(text) {.name = "", .help = (text)},
#define DEF(opt_name, opt_index, opt_flags, opt_help, opt_arch, is_alias)                          \
    {.name = (opt_name),                                                                           \
     .flags = (opt_flags),                                                                         \
     .index = (opt_index),                                                                         \
     .arch_mask = (opt_arch),                                                                      \
     .help = (opt_help)},
const QEMUOption qemu_options[] = {
#include "qemu-options.def"
    {.name = NULL},
};
#undef DEF
#undef DEFHEADING

const QEMUOption *qemu_option_find(const char *name)
{
    for (const QEMUOption *opt = qemu_options; opt->name; opt++) {
        if (opt->name[0] && !strcmp(opt->name, name)) {
            return opt;
        }
    }
    return NULL;
}

static void unknown_option(const char *word, const char *name, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (const QEMUOption *opt = qemu_options; opt->name; opt++) {
        if (opt->name[0]) {
            g_ptr_array_add(names, (char *)opt->name);
        }
    }
    g_ptr_array_add(names, NULL);
    const char *nearest = qemu_nearest_name(name, (const char *const *)names->pdata);
    error_setg(errp, "%s: no such option", word);
    if (nearest) {
        error_append_hint(errp, "Did you mean -%s? \"-help\" lists all options.\n", nearest);
    } else {
        error_append_hint(errp, "\"-help\" lists all options.\n");
    }
}

GArray *qemu_options_parse(int argc, char **argv, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GArray) found = g_array_new(false, false, sizeof(ParsedOption));

    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        if (word[0] != '-' || !word[1]) {
            error_setg(errp, "%s: not an option", word);
            error_append_hint(errp, "Options start with '-'; disk images are attached with "
                                    "options, not by their bare name.\n");
            return NULL;
        }
        /* Two dashes are as good as one. */
        const char *name = word[1] == '-' ? word + 2 : word + 1;
        ParsedOption parsed = {.option = qemu_option_find(name), .argv_index = i, .argv_count = 1};
        if (!parsed.option) {
            unknown_option(word, name, errp);
            return NULL;
        }
        if (parsed.option->flags & HAS_ARG) {
            if (i + 1 >= argc) {
                error_setg(errp, "%s: requires an argument", word);
                return NULL;
            }
            parsed.arg = argv[++i];
            parsed.argv_count = 2;
        }
        g_array_append_val(found, parsed);
    }
    return g_steal_pointer(&found);
}

void qemu_options_print_help(const char *program)
{
    printf("usage: %s [options]\n", program);
    for (const QEMUOption *opt = qemu_options; opt->name; opt++) {
        if (!opt->name[0]) {
            printf("\n%s\n", opt->help);
        } else if (opt->help) {
            fputs(opt->help, stdout);
        }
    }
    printf("\nWith -nographic, Ctrl-A h lists the keys of the multiplexed console.\n");
}
