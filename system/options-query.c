/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query-command-line-options: options that have parameters. Those of -machine are
 * the properties of all machine types, those of -chardev the options of all back
 * ends, others are in the table of options.
 */

#include "qemu/osdep.h"
#include "chardev/char.h"
#include "hw/boards.h"
#include "qapi/qapi-commands-misc.h"

static const struct {
    const char *option, *name;
    CommandLineParameterType type;
} params[] = {
#define PARAM(option, name, type) {option, name, type},
#include "qemu-options-params.def"
#undef PARAM
};

static CommandLineOptionInfo *find_option(CommandLineOptionInfoList **list, const char *name)
{
    CommandLineOptionInfo *info;

    for (CommandLineOptionInfoList *e = *list; e; e = e->next) {
        if (!strcmp(e->value->option, name)) {
            return e->value;
        }
    }
    info = g_new0(CommandLineOptionInfo, 1);
    info->option = g_strdup(name);
    QAPI_LIST_PREPEND(*list, info);
    return info;
}

static void add_parameter(CommandLineOptionInfo *info, const char *name,
                          CommandLineParameterType type)
{
    CommandLineParameterInfo *param;

    for (CommandLineParameterInfoList *e = info->parameters; e; e = e->next) {
        if (!strcmp(e->value->name, name)) {
            return;
        }
    }
    param = g_new0(CommandLineParameterInfo, 1);
    param->name = g_strdup(name);
    param->type = type;
    QAPI_LIST_PREPEND(info->parameters, param);
}

static void add_chardev_type(ObjectClass *oc, void *opaque)
{
    static const CommandLineParameterType types[] = {
        [CHAR_OPT_STR] = COMMAND_LINE_PARAMETER_TYPE_STRING,
        [CHAR_OPT_BOOL] = COMMAND_LINE_PARAMETER_TYPE_BOOLEAN,
        [CHAR_OPT_INT] = COMMAND_LINE_PARAMETER_TYPE_NUMBER,
        [CHAR_OPT_SIZE] = COMMAND_LINE_PARAMETER_TYPE_SIZE,
    };

    for (const CharOption *o = CHARDEV_CLASS(oc)->options; o && o->name; o++) {
        for (int i = 0; o->type == CHAR_OPT_LIST && i < CHAR_LIST_MAX; i++) {
            g_autofree char *name = g_strdup_printf("%s.%d", o->name, i);
            add_parameter(opaque, name, COMMAND_LINE_PARAMETER_TYPE_STRING);
        }
        if (o->type != CHAR_OPT_LIST) {
            add_parameter(opaque, o->name, types[o->type]);
        }
    }
}

static CommandLineParameterType type_of(const ObjectProperty *prop)
{
    if (!strcmp(prop->type, "bool") || !strcmp(prop->type, "OnOffAuto")) {
        return COMMAND_LINE_PARAMETER_TYPE_BOOLEAN;
    }
    if (!strcmp(prop->type, "size")) {
        return COMMAND_LINE_PARAMETER_TYPE_SIZE;
    }
    return g_str_has_prefix(prop->type, "uint") || g_str_has_prefix(prop->type, "int")
               ? COMMAND_LINE_PARAMETER_TYPE_NUMBER
               : COMMAND_LINE_PARAMETER_TYPE_STRING;
}

static void add_machine_type(ObjectClass *oc, void *opaque)
{
    ObjectPropertyIterator iter;
    ObjectProperty *prop;

    object_class_property_iter_init(&iter, oc);
    while ((prop = object_property_iter_next(&iter)) != NULL) {
        if (prop->set) {
            add_parameter(opaque, prop->name, type_of(prop));
        }
    }
}

CommandLineOptionInfoList *qmp_query_command_line_options(const char *option, Error **errp)
{
    CommandLineOptionInfoList *list = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(params); i++) {
        if (!option || !strcmp(option, params[i].option)) {
            add_parameter(find_option(&list, params[i].option), params[i].name, params[i].type);
        }
    }
    if (!option || !strcmp(option, "machine")) {
        CommandLineOptionInfo *machine = find_option(&list, "machine");

        add_parameter(machine, "type", COMMAND_LINE_PARAMETER_TYPE_STRING);
        object_class_foreach(add_machine_type, TYPE_MACHINE, true, machine);
    }
    if (!option || !strcmp(option, "chardev")) {
        object_class_foreach(add_chardev_type, TYPE_CHARDEV, false, find_option(&list, "chardev"));
    }
    if (!list) {
        error_setg(errp, "there is no option '%s' with parameters", option);
    }
    return list;
}
