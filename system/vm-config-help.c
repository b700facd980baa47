/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lists behind "-OPTION help", and options that only print something. */

#include "qemu/osdep.h"
#include "audio/audio.h"
#include "block/block.h"
#include "chardev/char-help.h"
#include "chardev/char.h"
#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "qapi/qapi-types-misc.h"
#include "qemu/accel.h"
#include "qemu/cutils.h"
#include "qemu/log.h"
#include "qom/object_interfaces.h"
#include "schema-help.h"
#include "system/system.h"
#include "target/i386/cpu.h"
#include "trace/control.h"
#include "vm-config.h"

static bool is_help(const char *text)
{
    return !strcmp(text, "help") || !strcmp(text, "?");
}

/* What "help,..." or "@key=help,..." asks about: ""; "NAME,help": "NAME"; else NULL. Caller's. */
static char *help_about(const char *text, const char *key)
{
    g_auto(GStrv) words = g_strsplit(text, ",", 0);
    g_autofree char *assignment = g_strconcat(key, "=", NULL);
    const char *first = words[0] ? words[0] : "";

    strstart(first, assignment, &first);
    if (is_help(first)) {
        return g_strdup("");
    }
    for (int i = 1; words[0] && words[i]; i++) {
        if (is_help(words[i])) {
            return g_strdup(first);
        }
    }
    return NULL;
}

static void print_version(void)
{
    printf("QEMU emulator version %s (Rhea %s)\n", QEMU_VERSION, RHEA_VERSION);
    printf("Rhea is free software under the GNU General Public License, version 2 or later.\n");
}

/* ---- machines ---- */

static gint by_name(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(MACHINE_CLASS((void *)a)->name, MACHINE_CLASS((void *)b)->name);
}

static void print_machines(void)
{
    g_autoptr(GSList) list = object_class_get_list(TYPE_MACHINE, false);

    list = g_slist_sort(list, by_name);
    printf("Supported machines are:\n");
    for (GSList *l = list; l; l = l->next) {
        MachineClass *mc = l->data;
        if (mc->alias) {
            printf("%-20s %s (alias of %s)\n", mc->alias, mc->desc, mc->name);
        }
        printf("%-20s %s%s%s\n", mc->name, mc->desc, mc->is_default ? " (default)" : "",
               mc->deprecation_reason ? " (deprecated)" : "");
    }
}

/* Settable properties of @oc, as lines in order. */
static void print_class_properties(ObjectClass *oc, const char *title)
{
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    object_class_property_iter_init(&iter, oc);
    while ((prop = object_property_iter_next(&iter))) {
        if (prop->set) {
            g_ptr_array_add(lines, object_property_help(prop->name, prop->type, prop->defval,
                                                        prop->description));
        }
    }
    g_ptr_array_sort(lines, (GCompareFunc)qemu_pstrcmp0);
    printf("%s options:\n", title);
    for (guint i = 0; i < lines->len; i++) {
        printf("%s\n", (char *)g_ptr_array_index(lines, i));
    }
}

static bool machine_help(const char *arg, Error **errp)
{
    g_autofree char *name = help_about(arg, "type");
    MachineClass *mc;

    if (name && !*name) {
        print_machines();
    } else if (name) {
        mc = machine_class_find(name, errp);
        if (mc) {
            print_class_properties(OBJECT_CLASS(mc), object_class_get_name(OBJECT_CLASS(mc)));
        }
    }
    return name;
}

/* ---- the rest ---- */

static bool accel_help(const char *arg, Error **errp)
{
    g_autofree char *name = help_about(arg, "accel");
    AccelClass *ac;

    if (name && !*name) {
        g_auto(GStrv) names = accel_list_names();
        printf("Accelerators supported in QEMU binary:\n");
        for (int i = 0; names[i]; i++) {
            printf("%s\n", names[i]);
        }
    } else if (name) {
        ac = accel_find_err(name, errp);
        if (ac) {
            print_class_properties(OBJECT_CLASS(ac), name);
        }
    }
    return name;
}

static bool object_help(const char *arg, Error **errp)
{
    g_autofree char *name = help_about(arg, "qom-type");
    g_autofree char *question = name ? g_strconcat(name, *name ? ",help" : "help", NULL) : NULL;
    bool keyval;

    if (name) {
        user_creatable_parse_str(question, &keyval, errp);
    }
    return name;
}

static bool chardev_help(const char *arg, Error **errp)
{
    g_autofree char *name = help_about(arg, "backend");

    if (name && !*name) {
        qemu_chr_print_types();
    } else if (name) {
        qemu_chr_print_options(name, errp);
    }
    return name;
}

static void print_driver(void *opaque, const char *name)
{
    printf("%s\n", name);
}

static bool blockdev_help(const char *arg, Error **errp)
{
    g_autofree char *name = help_about(arg, "driver");

    if (name && !*name) {
        printf("Supported block drivers:\n");
        bdrv_iterate_format(print_driver, NULL, false);
    } else if (name && bdrv_find_format_err(name, errp)) {
        schema_print_members("blockdev-add", false, name);
    }
    return name;
}

static bool audiodev_help(const char *arg, Error **errp)
{
    g_autofree char *name = help_about(arg, "driver");

    if (name && !*name) {
        audio_print_drivers();
    } else if (name && !schema_print_members("query-audiodevs", true, name)) {
        error_setg(errp, "there is no audio driver '%s'", name);
        error_append_hint(errp, "\"-audiodev help\" lists them.\n");
    }
    return name;
}

static void print_displays(void)
{
    printf("Available display backend types:\nnone\n");
}

static void print_graphics(void)
{
    printf("%-20s no graphic card\n", "none");
}

static bool log_help(const char *arg)
{
    if (!strcmp(arg, "trace:help")) {
        trace_list_events(stdout);
        return true;
    }
    if (is_help(arg)) {
        qemu_print_log_usage();
    }
    return is_help(arg);
}

/* ---- options that are a list of parameters ---- */

static const struct {
    const char *group, *name;
    CommandLineParameterType type;
} params[] = {
#define PARAM(option, name, type) {option, name, type},
#include "qemu-options-params.def"
#undef PARAM
};

/* What query-command-line-options calls the parameters of -@option. */
static bool is_group_of(const char *group, const char *option)
{
    g_autofree char *opts = g_strconcat(option, "-opts", NULL);

    return !strcmp(group, option) || !strcmp(group, opts) ||
           (!strcmp(option, "m") && !strcmp(group, "memory"));
}

/* "-smp help": names and types. */
static bool parameters_help(const char *option, const char *arg)
{
    static const char *const types[] = {
        [COMMAND_LINE_PARAMETER_TYPE_STRING] = "str",
        [COMMAND_LINE_PARAMETER_TYPE_BOOLEAN] = "bool (on/off)",
        [COMMAND_LINE_PARAMETER_TYPE_NUMBER] = "num",
        [COMMAND_LINE_PARAMETER_TYPE_SIZE] = "size",
    };
    g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
    const char *group = option;

    if (!is_help(arg)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
        if (is_group_of(params[i].group, option)) {
            group = params[i].group;
            g_ptr_array_add(lines,
                            g_strdup_printf("  %s=<%s>", params[i].name, types[params[i].type]));
        }
    }
    if (!lines->len) {
        return false;
    }
    g_ptr_array_sort(lines, (GCompareFunc)qemu_pstrcmp0);
    printf("%s options:\n", group);
    for (guint i = 0; i < lines->len; i++) {
        printf("%s\n", (char *)g_ptr_array_index(lines, i));
    }
    return true;
}

static bool simple_help(const char *arg, void (*print)(void))
{
    if (is_help(arg)) {
        print();
    }
    return is_help(arg);
}

/* -cpu help: models; -cpu MODEL,help: properties of one. */
static bool cpu_help(const char *arg)
{
    g_auto(GStrv) words = g_strsplit(arg, ",", -1);
    ObjectClass *oc;

    if (is_help(arg)) {
        x86_cpu_list();
        return true;
    }
    if (!words[0] || !words[1] || !is_help(words[1])) {
        return false;
    }
    oc = cpu_class_by_name(TYPE_X86_CPU, words[0]);
    if (!oc) {
        return false; /* the message comes when the CPU is looked up */
    }
    x86_cpu_list_properties(oc);
    return true;
}

static void print_traces(void)
{
    trace_list_events(stdout);
}

/* -drive format=help */
static void print_format(void *opaque, const char *name)
{
    printf(" %s", name);
}

static bool drive_help(const char *arg)
{
    g_auto(GStrv) words = g_strsplit(arg, ",", 0);

    for (int i = 0; words[i]; i++) {
        if (!strcmp(words[i], "format=help") || !strcmp(words[i], "format=?")) {
            printf("Supported formats:");
            bdrv_iterate_format(print_format, NULL, false);
            printf("\nSupported formats (read-only):");
            bdrv_iterate_format(print_format, NULL, true);
            printf("\n");
            return true;
        }
    }
    return parameters_help("drive", arg);
}

bool vm_config_help(const ParsedOption *parsed, Error **errp)
{
    const char *arg = parsed->arg ? parsed->arg : "";

    switch (parsed->option->index) {
    case QEMU_OPTION_help:
        print_version();
        qemu_options_print_help(error_get_progname());
        return true;
    case QEMU_OPTION_version:
        print_version();
        return true;
    case QEMU_OPTION_machine:
        return machine_help(arg, errp);
    case QEMU_OPTION_accel:
        return accel_help(arg, errp);
    case QEMU_OPTION_cpu:
        return cpu_help(arg);
    case QEMU_OPTION_device:
        return qdev_device_help(arg, errp);
    case QEMU_OPTION_object:
        return object_help(arg, errp);
    case QEMU_OPTION_audiodev:
        return audiodev_help(arg, errp);
    case QEMU_OPTION_chardev:
        return chardev_help(arg, errp);
    case QEMU_OPTION_display:
        return simple_help(arg, print_displays);
    case QEMU_OPTION_vga:
        return simple_help(arg, print_graphics);
    case QEMU_OPTION_L:
        return simple_help(arg, qemu_list_data_dirs);
    case QEMU_OPTION_d:
        return log_help(arg);
    case QEMU_OPTION_trace:
        return simple_help(arg, print_traces);
    case QEMU_OPTION_blockdev:
        return blockdev_help(arg, errp);
    case QEMU_OPTION_drive:
        return drive_help(arg);
    default:
        return parameters_help(parsed->option->name, arg);
    }
}
