/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of command-line options, and splitting argv by it. */

#include "qemu/osdep.h"
#include "options.h"
#include "qemu/cutils.h"
#include "qemu/missing-part.h"

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

/* What says now what an option of older command lines said; NULL for all others. */
static const char *replacement(const char *name)
{
    static const struct {
        const char *name, *instead;
    } replaced[] = {
        {"async-teardown", "-run-with async-teardown=on"},
        {"balloon", "-device virtio-balloon"},
        {"chroot", "-run-with chroot=DIR"},
        {"enable-fips", "nothing in its place"},
        {"localtime", "-rtc base=localtime"},
        {"no-acpi", "-machine acpi=off"},
        {"no-hpet", "-machine hpet=off"},
        {"no-kvm", "-accel tcg"},
        {"no-kvm-irqchip", "-machine kernel-irqchip=off"},
        {"no-kvm-pit-reinjection", "-global kvm-pit.lost_tick_policy=discard"},
        {"nodefconfig", "-no-user-config"},
        {"realtime", "-overcommit mem-lock=on"},
        {"rtc-td-hack", "-rtc driftfix=slew"},
        {"runas", "-run-with user=USER"},
        {"singlestep", "-accel tcg,one-insn-per-tb=on"},
        {"startdate", "-rtc base=DATE"},
        {"tb-size", "-accel tcg,tb-size=MIB"},
        {"tdf", "-rtc driftfix=slew"},
        {"watchdog", "-device i6300esb"},
        {"writeconfig", "nothing in its place"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(replaced); i++) {
        if (!strcmp(replaced[i].name, name)) {
            return replaced[i].instead;
        }
    }
    return NULL;
}

static void unknown_option(const char *word, const char *name, Error **errp)
{
    ERRP_GUARD();
    const char *what = replacement(name);

    if (missing_part_error(MISSING_OPTION, name, errp)) {
        return;
    }
    if (what) {
        error_setg(errp, "%s: no such option any more; use %s", word, what);
        return;
    }
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

/* A word without a dash is the image of the first disk, unless it was meant to have one. */
static bool bare_word(const char *word, ParsedOption *parsed, Error **errp)
{
    ERRP_GUARD();

    const QEMUOption *meant = qemu_option_find(word);

    if (!word[0] || word[0] == '-' || (meant && access(word, F_OK) < 0)) {
        error_setg(errp, "'%s': neither an option nor the image of a disk", word);
        if (meant) {
            error_append_hint(errp, "Did you mean -%s?\n", word);
        }
        return false;
    }
    parsed->option = qemu_option_find("hda");
    parsed->arg = word;
    return true;
}

GArray *qemu_options_parse(int argc, char **argv, Error **errp)
{
    ERRP_GUARD();
    g_autoptr(GArray) found = g_array_new(false, false, sizeof(ParsedOption));

    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        ParsedOption parsed = {.argv_index = i, .argv_count = 1};
        if (word[0] != '-' || !word[1]) {
            if (!bare_word(word, &parsed, errp)) {
                return NULL;
            }
            g_array_append_val(found, parsed);
            continue;
        }
        /* Two dashes are as good as one. */
        const char *name = word[1] == '-' ? word + 2 : word + 1;
        parsed.option = qemu_option_find(name);
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
    printf("usage: %s [options] [disk image]\n", program);
    for (const QEMUOption *opt = qemu_options; opt->name; opt++) {
        if (!opt->name[0]) {
            printf("\n%s\n", opt->help);
        } else if (opt->help) {
            fputs(opt->help, stdout);
        }
    }
    printf("\nWith -nographic, Ctrl-A h lists the keys of the multiplexed console.\n");
}
