/* SPDX-License-Identifier: GPL-2.0-or-later */
/* qemu-img: makes, shows, checks and converts disk images. The commands are in img/. */
#include "qemu/osdep.h"
#include "img/img.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/nearest-name.h"
#include "qom/object_interfaces.h"
#include "trace/control.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"amend", img_amend, "change options of the format of an image"},
    {"bench", img_bench, "measure how fast requests to an image are"},
    {"bitmap", img_bitmap, "change the dirty bitmaps that an image keeps"},
    {"check", img_check, "check an image for errors, and repair it"},
    {"commit", img_commit, "write what an image has into the one below it"},
    {"compare", img_compare, "compare what two images contain"},
    {"convert", img_convert, "copy an image to one of another format"},
    {"create", img_create, "make an image"},
    {"dd", img_dd, "copy a part of an image"},
    {"info", img_info, "show what an image is"},
    {"map", img_map, "show where an image's data is"},
    {"measure", img_measure, "tell how large the file of an image would be"},
    {"rebase", img_rebase, "put an image on another backing file"},
    {"resize", img_resize, "change the size of an image"},
    {"snapshot", img_snapshot, "list, make, apply and delete snapshots inside of an image"},
};

static void list_format(void *opaque, const char *name)
{
    printf(" %s", name);
}

static int help(void)
{
    printf(
        "qemu-img version %s (Rhea %s)\n"
        "usage: qemu-img [standard options] command [command options]\n\nRecognized commands:\n\n",
        QEMU_VERSION, RHEA_VERSION);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        printf("  %-10s %s\n", commands[i].name, commands[i].help);
    }
    printf("\nStandard options: -h, --help; -V, --version; -T, --trace EVENTS: log what happens "
           "inside "
           "(-T help lists that)\n");
    printf("\n\"qemu-img COMMAND --help\" shows the options of one.\n\nSupported formats:");
    bdrv_iterate_format(list_format, NULL, false);
    printf("\n");
    return 0;
}

static int unknown_command(const char *name)
{
    Error *err = NULL;
    NearestName near;

    error_setg(&err, "Command not found: %s", name);
    nearest_name_init(&near, name);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        nearest_name_try(&near, commands[i].name);
    }
    nearest_name_hint(&near, &err);
    error_report_err(err);
    return 1;
}

/* "--object DEF" and "--object=DEF", alike in all commands: makes the objects, and takes the
 * arguments out of @argv. */
static bool take_objects(int *argc, char **argv)
{
    int kept = 2;

    for (int i = 2; i < *argc; i++) {
        const char *def;
        Error *err = NULL;
        bool helped = false;

        if (!strcmp(argv[i], "--")) {
            while (i < *argc) {
                argv[kept++] = argv[i++];
            }
            break;
        }
        if (!strcmp(argv[i], "--object")) {
            if (i + 1 == *argc) {
                error_report("option '--object' requires an argument");
                return false;
            }
            def = argv[++i];
        } else if (!strstart(argv[i], "--object=", &def)) {
            argv[kept++] = argv[i];
            continue;
        }
        if (!user_creatable_add_from_str(def, &helped, &err)) {
            error_report_err(err);
            return false;
        }
        if (helped) {
            exit(0);
        }
    }
    *argc = kept;
    argv[kept] = NULL;
    return true;
}

/* What a command has printed may not have got through: a full disk, for example. */
static int finish_output(int ret)
{
    errno = 0;
    if (fflush(stdout) || ferror(stdout)) {
        error_report("Could not write the output: %s", strerror(errno ? errno : EIO));
        return ret ? ret : 1;
    }
    return ret;
}

static int print_version(void)
{
    printf("qemu-img version %s (Rhea %s)\n", QEMU_VERSION, RHEA_VERSION);
    return 0;
}

/*
 * What stands before the command: how many words it takes. -1: it was all that was asked for, or
 * a mistake, and *@status says which.
 */
static int take_standard_options(int argc, char **argv, int *status)
{
    int at = 1;

    while (at < argc && argv[at][0] == '-') {
        const char *events = NULL;
        Error *err = NULL;

        if (!strcmp(argv[at], "-h") || !strcmp(argv[at], "--help")) {
            *status = help();
            return -1;
        }
        if (!strcmp(argv[at], "-V") || !strcmp(argv[at], "--version")) {
            *status = print_version();
            return -1;
        }
        if (!strcmp(argv[at], "-T") || !strcmp(argv[at], "--trace")) {
            events = argv[++at]; /* NULL at the end */
        } else if (!strstart(argv[at], "--trace=", &events)) {
            error_report("unrecognized option '%s'", argv[at]);
            error_printf("Before a command there are -h, -V and -T EVENTS.\n");
            *status = 1;
            return -1;
        }
        if (events && trace_pattern_is_help(events)) {
            trace_list_events(stdout);
            *status = 0;
            return -1;
        }
        if (!events || !trace_opt_parse(events, &err)) {
            if (events) {
                error_report_err(err);
            } else {
                error_report("option '%s' requires an argument", argv[at - 1]);
            }
            *status = 1;
            return -1;
        }
        at++;
    }
    return at - 1;
}

int main(int argc, char **argv)
{
    int ret = 1, skip;

    signal(SIGPIPE, SIG_IGN);
    img_progress_listen();
    error_init(argv[0]);
    qemu_init_exec_dir(argv[0]);
    qemu_init_main_loop(&error_fatal);
    module_call_init(MODULE_INIT_QOM);
    bdrv_init();
    bdrv_allow_legacy_encryption();
    skip = take_standard_options(argc, argv, &ret);
    if (skip < 0) {
        return finish_output(ret);
    }
    argc -= skip;
    argv += skip;
    if (argc < 2) {
        help();
        return 1;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (!strcmp(argv[1], commands[i].name)) {
            if (!take_objects(&argc, argv)) {
                return 1;
            }
            /* getopt_long() begins its messages with it. */
            argv[1] = (char *)error_get_progname();
            img_begin_command(commands[i].name, commands[i].help);
            ret = commands[i].run(argc - 1, argv + 1);
            bdrv_close_all();
            return finish_output(ret);
        }
    }
    return unknown_command(argv[1]);
}
