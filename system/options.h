/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of command-line options, and splitting argv by it. */
#ifndef SYSTEM_OPTIONS_H
#define SYSTEM_OPTIONS_H

#include "qemu/osdep.h"
#include "qapi/error.h"

#define HAS_ARG        0x0001

#define QEMU_ARCH_I386 (1u << 0)
#define QEMU_ARCH_ALL  UINT32_MAX

enum {
#define DEFHEADING(text)
#define DEF(name, index, flags, help, arch_mask, is_alias) DEF_##is_alias(index)
#define DEF_0(index)                                       index,
#define DEF_1(index)
#include "qemu-options.def"
#undef DEF_0
#undef DEF_1
#undef DEF
#undef DEFHEADING
    QEMU_OPTION_COUNT,
};

typedef struct QEMUOption {
    const char *name;
    int flags; /* HAS_ARG */
    int index; /* QEMU_OPTION_* */
    uint32_t arch_mask;
    const char *help; /* NULL for an alias */
} QEMUOption;

/* Ends with a NULL name. Headings of -help are rows with an empty name. */
extern const QEMUOption qemu_options[];

/* One option as it stood on the command line. */
typedef struct ParsedOption {
    const QEMUOption *option;
    const char *arg; /* points into argv; NULL without one */
    int argv_index;
    int argv_count; /* words of argv: 1 or 2 */
} ParsedOption;

/*
 * Split @argv; a word that is no option, an unknown option or a missing
 * argument is an error with the nearest name as hint. NULL then.
 */
GArray *qemu_options_parse(int argc, char **argv, Error **errp);

/* NULL: there is none of that name. */
const QEMUOption *qemu_option_find(const char *name);

/* The text of -help to stdout. */
void qemu_options_print_help(const char *program);

#endif
