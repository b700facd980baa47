/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options of a command of qemu-img: one table is what is parsed, and what --help shows. */
#include "qemu/osdep.h"
#include "img.h"
#include "qemu/error-report.h"
#include "qemu/nearest-name.h"

#define HELP_COLUMN 28
#define HELP_WIDTH  80

/* What qemu-img.c takes from every command, and what each has beside its own. */
static const ImgOption object_option = {
    "--object", "DEF",
    "an object, such as a secret that an encrypted image needs: "
    "secret,id=pass,file=passphrase.txt"};
static const ImgOption help_option = {"-h, --help", NULL, "this text"};

static const char *this_command, *this_purpose;

void img_begin_command(const char *name, const char *purpose)
{
    this_command = name;
    this_purpose = purpose;
}

static void try_help(void)
{
    error_printf("Try 'qemu-img %s --help' for more information\n", this_command);
}

int img_misused(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    try_help();
    return 1;
}

const char *img_only_name(int argc, char **argv)
{
    if (argc - optind != 1) {
        img_misused("Expecting one image file name");
        return NULL;
    }
    return argv[optind];
}

/* "-B, -b, --backing" */
static char **split_names(const ImgOption *o)
{
    return g_strsplit(o->names, ", ", -1);
}

static int option_value(const ImgOption *o)
{
    return o->value ? o->value : o->names[1];
}

static bool argument_is_optional(const ImgOption *o)
{
    return o->arg && *o->arg == '[';
}

/* What getopt_long() wants to know about all rows, and which row each of its results is. */
typedef struct Parser {
    GString *letters;
    GArray *names; /* of struct option; val is the number of the row + 256 */
} Parser;

static void parser_add(Parser *p, const ImgOption *o, int row)
{
    g_auto(GStrv) names = split_names(o);

    for (char **n = names; *n; n++) {
        if ((*n)[1] != '-') {
            g_string_append_c(p->letters, (*n)[1]);
            if (o->arg && !argument_is_optional(o)) {
                g_string_append_c(p->letters, ':');
            }
        } else {
            struct option lopt = {
                .name = g_intern_string(*n + 2),
                .has_arg = !o->arg                   ? no_argument
                           : argument_is_optional(o) ? optional_argument
                                                     : required_argument,
                .val = 256 + row,
            };

            g_array_append_val(p->names, lopt);
        }
    }
}

static const ImgOption *row_of_letter(const ImgOption *rows, int letter)
{
    for (const ImgOption *o = rows; o->names; o++) {
        g_auto(GStrv) names = split_names(o);

        for (char **n = names; *n; n++) {
            if ((*n)[1] == letter) {
                return o;
            }
        }
    }
    return &help_option;
}

/*
 * An operand like "-1G" would be taken for options, which may stand behind it: it goes to the end,
 * and getopt_long() does not see it. How many arguments that leaves.
 */
static int hold_negative_number(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (argv[i][0] == '-' && g_ascii_isdigit(argv[i][1])) {
            char *number = argv[i];

            memmove(&argv[i], &argv[i + 1], (argc - 1 - i) * sizeof(*argv));
            argv[argc - 1] = number;
            return argc - 1;
        }
    }
    return argc;
}

static int next_value(const ImgSyntax *syntax, int argc, char **argv)
{
    static Parser p;
    static int seen; /* of @argc, by getopt_long() */
    int c;

    if (!p.letters) {
        int row = 0;

        seen = syntax->negative_numbers ? hold_negative_number(argc, argv) : argc;
        p.letters = g_string_new("");
        p.names = g_array_new(true, false, sizeof(struct option));
        for (; syntax->options[row].names; row++) {
            parser_add(&p, &syntax->options[row], row);
        }
        parser_add(&p, &help_option, row);
    }
    c = getopt_long(seen, argv, p.letters->str, (struct option *)p.names->data, NULL);
    if (c == -1 || c == '?') {
        return c;
    }
    if (c < 256) {
        return option_value(row_of_letter(syntax->options, c));
    }
    return syntax->options[c - 256].names ? option_value(&syntax->options[c - 256]) : 'h';
}

static bool take_output(ImgOpen *how, const char *form)
{
    how->json = !strcmp(form, "json");
    if (!how->json && strcmp(form, "human")) {
        error_report("--output must be used with human or json as argument, not '%s'", form);
        return false;
    }
    return true;
}

/*
 * Those that commands have alike: -f, -q, -U, -p, --image-opts (I), --output (J). False for any
 * other, and for one whose argument is wrong, which has been reported.
 */
static bool take_common(ImgOpen *how, int c, const char *arg)
{
    switch (c) {
    case 'f':
        how->fmt = arg;
        return true;
    case 'q':
        how->quiet = true;
        return true;
    case 'I':
        how->image_opts = true;
        return true;
    case 'U':
        how->force_share = true;
        return true;
    case 'J':
        return take_output(how, arg);
    case 'p':
        how->progress = arg ? IMG_PROGRESS_JSON : IMG_PROGRESS_LINE;
        if (arg && strcmp(arg, "json")) {
            error_report("Unknown form of progress '%s': it is json, or none is given", arg);
            return false;
        }
        return true;
    default:
        return false;
    }
}

int img_next_option(const ImgSyntax *syntax, ImgOpen *how, int argc, char **argv)
{
    int c;

    do {
        c = next_value(syntax, argc, argv);
    } while (how && take_common(how, c, optarg));
    return c;
}

/* @text from column @at on, which is where the line is now; further lines begin there, too. */
static void print_wrapped(const char *text, int at)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    int column = at;

    for (char **w = words; *w; w++) {
        int length = strlen(*w);

        if (column > at && column + 1 + length > HELP_WIDTH) {
            printf("\n%*s", at, "");
            column = at;
        }
        column += printf("%s%s", column > at ? " " : "", *w);
    }
    printf("\n");
}

/* "-f FMT", "--output=FORMAT", "-p[=json]": how it is shortest to write. */
static char *shortest(const ImgOption *o)
{
    g_auto(GStrv) names = split_names(o);

    if (!o->arg || argument_is_optional(o)) {
        return g_strdup(names[0]);
    }
    return g_strdup_printf("%s%c%s", names[0], names[0][1] == '-' ? '=' : ' ', o->arg);
}

/* Its parts are kept on one line each: a space within them is no place to break. */
static void print_synopsis(const ImgSyntax *syntax)
{
    int at = printf("Usage: qemu-img %s ", this_command), column = at;
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func(g_free);

    for (const ImgOption *o = syntax->options; o->names; o++) {
        g_autofree char *text = shortest(o);
        bool begins = !o->instead, ends = !o[1].names || !o[1].instead;
        const char *open = o->needed ? (ends && begins ? "" : "(") : "[";
        const char *close = o->needed ? (ends && begins ? "" : ")") : "]";

        g_ptr_array_add(parts,
                        g_strdup_printf("%s%s%s", begins ? open : "", text, ends ? close : " |"));
    }
    g_ptr_array_add(parts, g_strdup(syntax->operands));
    for (guint i = 0; i < parts->len; i++) {
        const char *part = g_ptr_array_index(parts, i);

        if (column > at && column + 1 + (int)strlen(part) > HELP_WIDTH) {
            printf("\n%*s", at, "");
            column = at;
        }
        column += printf("%s%s", column > at ? " " : "", part);
    }
    printf("\n");
}

static void print_option(const ImgOption *o)
{
    const char *indent = o->names[1] == '-' ? "      " : "  ";
    const char *between = !o->arg || argument_is_optional(o) ? "" : " ";
    int column = printf("%s%s%s%s", indent, o->names, between, o->arg ? o->arg : "");

    if (column + 2 > HELP_COLUMN) {
        printf("\n");
        column = 0;
    }
    printf("%*s", HELP_COLUMN - column, "");
    print_wrapped(o->help, HELP_COLUMN);
}

static void print_help(const ImgSyntax *syntax)
{
    print_synopsis(syntax);
    printf("\n%c%s.\n\n", g_ascii_toupper(*this_purpose), this_purpose + 1);
    for (const ImgOption *o = syntax->options; o->names; o++) {
        print_option(o);
    }
    print_option(&object_option);
    print_option(&help_option);
    if (syntax->notes) {
        printf("\n");
        print_wrapped(syntax->notes, 0);
    }
}

/* getopt_long() has said that it does not know argv[optind - 1]: did they mean another? */
static void suggest(const ImgSyntax *syntax, const char *given)
{
    g_autofree char *name = g_strndup(given, strcspn(given, "="));
    NearestName near;

    nearest_name_init(&near, name);
    for (const ImgOption *o = syntax->options; o->names; o++) {
        g_auto(GStrv) names = split_names(o);

        for (char **n = names; *n; n++) {
            if ((*n)[1] == '-') {
                nearest_name_try(&near, *n);
            }
        }
    }
    if (near.best && strcmp(near.best, name)) {
        error_printf("Did you mean '%s'?\n", near.best);
    }
    nearest_name_clear(&near);
}

int img_usage(int c, const ImgSyntax *syntax, char **argv)
{
    if (c == 'h') {
        print_help(syntax);
        return 0;
    }
    if (!optopt && g_str_has_prefix(argv[optind - 1], "--")) {
        suggest(syntax, argv[optind - 1]);
    }
    try_help();
    return 1;
}
