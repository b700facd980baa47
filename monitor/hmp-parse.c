/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines of the human monitor: the table of commands, their arguments, help and completion. */

#include "qemu/osdep.h"
#include "qemu/log.h"
#include "monitor-internal.h"
#include "qapi/util.h"
#include "qemu/cutils.h"
#include "qemu/nearest-name.h"
#include "qobject/keyval.h"

static GPtrArray *commands[2]; /* [1]: of "info" */

void hmp_register_commands(const HMPCommand *cmds, size_t n, bool info)
{
    if (!commands[info]) {
        commands[info] = g_ptr_array_new();
    }
    for (size_t i = 0; i < n; i++) {
        g_ptr_array_add(commands[info], (void *)&cmds[i]);
    }
}

static const HMPCommand *find_command(bool info, const char *name)
{
    for (guint i = 0; commands[info] && i < commands[info]->len; i++) {
        const HMPCommand *cmd = g_ptr_array_index(commands[info], i);
        g_auto(GStrv) names = g_strsplit(cmd->name, "|", 0);
        if (g_strv_contains((const char *const *)names, name)) {
            return cmd;
        }
    }
    return NULL;
}

static void foreach_name(bool info, void (*fn)(void *opaque, const char *name), void *opaque)
{
    for (guint i = 0; commands[info] && i < commands[info]->len; i++) {
        const HMPCommand *cmd = g_ptr_array_index(commands[info], i);
        g_auto(GStrv) names = g_strsplit(cmd->name, "|", 0);
        for (int n = 0; names[n]; n++) {
            fn(opaque, names[n]);
        }
    }
}

/* ---- words ---- */

static const char *skip_space(const char *p)
{
    while (g_ascii_isspace(*p)) {
        p++;
    }
    return p;
}

/* A word, or a string with C's escapes in double quotes; NULL and @errp. */
static char *take_word(const char **pp, Error **errp)
{
    const char *p = skip_space(*pp);
    g_autoptr(GString) word = g_string_new(NULL);

    if (*p != '"') {
        const char *end = p + strcspn(p, " \t\r\n");
        *pp = end;
        return g_strndup(p, end - p);
    }
    for (p++; *p && *p != '"'; p++) {
        if (*p != '\\') {
            g_string_append_c(word, *p);
            continue;
        }
        p++;
        switch (*p) {
        case 'n':
            g_string_append_c(word, '\n');
            break;
        case 'r':
            g_string_append_c(word, '\r');
            break;
        case '\\':
        case '\'':
        case '"':
            g_string_append_c(word, *p);
            break;
        default:
            error_setg(errp, "'\\%c' is no escape; accepted: \\n \\r \\\\ \\' \\\"", *p);
            return NULL;
        }
    }
    if (*p != '"') {
        error_setg(errp, "a string has no end");
        return NULL;
    }
    *pp = p + 1;
    return g_string_free(g_steal_pointer(&word), FALSE);
}

/* ---- arguments ---- */

/* "/10xw": count, format letter, size letter (b h w of 1, 2, 4 bytes, g or L of 8). */
static bool take_format(const HMPCommand *cmd, const char **pp, QDict *args, Error **errp)
{
    const char *p = skip_space(*pp);
    int count = 1, format = 'x', size = 0;
    char *end;

    if (*p == '/') {
        p++;
        if (g_ascii_isdigit(*p)) {
            unsigned long n = strtoul(p, &end, 10);
            count = n > INT_MAX ? INT_MAX : n;
            p = end;
        }
        for (; *p && !g_ascii_isspace(*p); p++) {
            if (strchr("oduxci", *p)) {
                format = *p;
            } else if (strchr("bhwgL", *p)) {
                size = *p == 'b' ? 1 : *p == 'h' ? 2 : *p == 'w' ? 4 : 8;
            } else {
                error_setg(errp, "'%c' is no part of a format; accepted: o d u x c i, b h w g L",
                           *p);
                return false;
            }
        }
    }
    qdict_put_int(args, "count", count);
    qdict_put_int(args, "format", format);
    qdict_put_int(args, "size", size);
    *pp = p;
    return true;
}

static bool take_size(const char *name, const char **pp, QDict *args, Error **errp)
{
    const char *end;
    uint64_t value;

    if (qemu_strtosz_MiB(skip_space(*pp), &end, &value) || value > INT64_MAX) {
        error_setg(errp, "argument '%s' is not a size", name);
        return false;
    }
    qdict_put_int(args, name, value);
    *pp = end;
    return true;
}

static bool take_word_arg(const HMPCommand *cmd, const char *name, char type, const char **pp,
                          QDict *args, Error **errp)
{
    g_autofree char *word = NULL;
    bool flag;

    if (type == 'S') {
        word = g_strchomp(g_strdup(skip_space(*pp)));
        *pp += strlen(*pp);
    } else {
        word = take_word(pp, errp);
    }
    if (!word) {
        return false;
    }
    if (type == 'b') {
        if (!qapi_bool_parse(name, word, &flag, errp)) {
            return false;
        }
        qdict_put_bool(args, name, flag);
    } else if (type == 'O') {
        bool help = false; /* the command looks at the text for that */
        QDict *opts =
            keyval_parse_full(word, cmd->implied_key, KEYVAL_SHORT_BOOL_WARN, &help, errp);
        if (!opts) {
            return false;
        }
        qdict_put(args, name, opts);
        qdict_put_str(args, "text", word);
    } else {
        qdict_put_str(args, name, word);
    }
    return true;
}

static bool take_arg(Monitor *mon, const HMPCommand *cmd, const char *name, char type,
                     const char **pp, QDict *args, Error **errp)
{
    ERRP_GUARD();
    int64_t value;

    switch (type) {
    case 'l':
    case 'i':
        if (!hmp_parse_expr(mon, pp, &value, errp)) {
            error_prepend(errp, "argument '%s': ", name);
            return false;
        }
        if (type == 'i' && value != (int32_t)value && value != (uint32_t)value) {
            error_setg(errp, "argument '%s' has more than 32 bits", name);
            return false;
        }
        qdict_put_int(args, name, value);
        return true;
    case 'M':
        return take_size(name, pp, args, errp);
    default:
        return take_word_arg(cmd, name, type, pp, args, errp);
    }
}

/* Switches that stand where @spec has its first '-'; *@pi moves behind them all. */
static bool take_switches(char **specs, int *pi, const char **pp, QDict *args, Error **errp)
{
    g_autoptr(GString) letters = g_string_new(NULL);

    for (; specs[*pi] && specs[*pi][0] == '-'; (*pi)++) {
        g_string_append_c(letters, specs[*pi][1]);
        qdict_put_bool(args, specs[*pi], false);
    }
    for (;;) {
        const char *p = skip_space(*pp);
        char key[3] = {'-', p[0] ? p[1] : 0};
        if (p[0] != '-' || !g_ascii_isalpha(p[1]) || (p[2] && !g_ascii_isspace(p[2]))) {
            return true;
        }
        if (!strchr(letters->str, p[1])) {
            error_setg(errp, "there is no switch '%s'", key);
            return false;
        }
        qdict_put_bool(args, key, true);
        *pp = p + 2;
    }
}

static bool take_args(Monitor *mon, const HMPCommand *cmd, const char *p, QDict *args, Error **errp)
{
    ERRP_GUARD();
    g_auto(GStrv) specs = g_strsplit(cmd->args, ",", 0);

    for (int i = 0; specs[i];) {
        g_auto(GStrv) parts = NULL;

        if (specs[i][0] == '-') {
            if (!take_switches(specs, &i, &p, args, errp)) {
                return false;
            }
            continue;
        }
        if (specs[i][0] == '/') {
            if (!take_format(cmd, &p, args, errp)) {
                return false;
            }
            i++;
            continue;
        }
        parts = g_strsplit(specs[i++], ":", 2);
        if (!*skip_space(p)) {
            if (parts[1][1] == '?') {
                continue;
            }
            error_setg(errp, "argument '%s' is missing", parts[0]);
            return false;
        }
        if (!take_arg(mon, cmd, parts[0], parts[1][0], &p, args, errp)) {
            return false;
        }
    }
    p = skip_space(p);
    if (*p) {
        error_setg(errp, "nothing is expected at '%s'", p);
        return false;
    }
    return true;
}

/* ---- help ---- */

static void print_help(Monitor *mon, bool info, const HMPCommand *cmd)
{
    monitor_printf(mon, "%s%s %s -- %s\n", info ? "info " : "", cmd->name, cmd->params, cmd->help);
}

static gint compare_commands(gconstpointer a, gconstpointer b)
{
    return strcmp((*(HMPCommand *const *)a)->name, (*(HMPCommand *const *)b)->name);
}

static void list_help(Monitor *mon, bool info)
{
    if (!commands[info]) {
        return;
    }
    g_ptr_array_sort(commands[info], compare_commands);
    for (guint i = 0; i < commands[info]->len; i++) {
        print_help(mon, info, g_ptr_array_index(commands[info], i));
    }
}

static void list_log_items(Monitor *mon)
{
    monitor_puts(mon, "Log items (comma separated):\n");
    monitor_printf(mon, "%-15s %s\n", "none", "remove all logs");
    for (const QEMULogItem *item = qemu_log_items; item->mask; item++) {
        monitor_printf(mon, "%-15s %s\n", item->name, item->help);
    }
}

static void help(Monitor *mon, const char *p)
{
    g_autofree char *name = take_word(&p, NULL);
    g_autofree char *second = name ? take_word(&p, NULL) : NULL;
    const HMPCommand *cmd;

    if (!name || !*name) {
        list_help(mon, false);
        return;
    }
    if (!strcmp(name, "info") && !(second && *second)) {
        list_help(mon, true);
        return;
    }
    if (!strcmp(name, "log")) {
        list_log_items(mon);
        return;
    }
    cmd = strcmp(name, "info") ? find_command(false, name) : find_command(true, second);
    if (cmd) {
        print_help(mon, !strcmp(name, "info"), cmd);
    } else {
        monitor_printf(mon, "unknown command: '%s'\n", !strcmp(name, "info") ? second : name);
    }
}

static void cmd_help(Monitor *mon, const QDict *args)
{
    const char *name = qdict_get_try_str(args, "name");

    help(mon, name ? name : "");
}

static void cmd_info(Monitor *mon, const QDict *args)
{
    list_help(mon, true);
}

/* "info" with a subcommand is looked up among those instead. */
static const HMPCommand own_commands[] = {
    {"help|?", "name:S?", "[cmd]", "all commands, or what one is for", cmd_help},
    {"info", "", "[subcommand]", "shows something; alone, what there is to show", cmd_info},
};

void hmp_register_own(void)
{
    hmp_register_commands(own_commands, ARRAY_SIZE(own_commands), false);
}

/* ---- running ---- */

typedef struct Nearest {
    GPtrArray *names;
} Nearest;

static void add_name(void *opaque, const char *name)
{
    g_ptr_array_add(((Nearest *)opaque)->names, g_strdup(name));
}

static void unknown_command(Monitor *mon, bool info, const char *name)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Nearest nearest = {names};
    const char *found;

    foreach_name(info, add_name, &nearest);
    g_ptr_array_add(names, NULL);
    found = qemu_nearest_name(name, (const char *const *)names->pdata);
    monitor_printf(mon, "unknown command: '%s%s'\n", info ? "info " : "", name);
    if (found) {
        monitor_printf(mon, "Did you mean '%s'?\n", found);
    }
}

void hmp_handle_command(Monitor *mon, const char *line)
{
    const char *p = skip_space(line);
    g_autofree char *name = NULL;
    g_autoptr(QDict) args = qdict_new();
    const HMPCommand *cmd;
    Error *err = NULL;
    bool info = false;
    size_t len;

    if (!*p || *p == '#') {
        return;
    }
    /* "x/10i" has no space before its format. */
    len = strcspn(p, " \t\r\n/");
    name = g_strndup(p, len);
    p += len;
    if (qmp_in_preconfig && strcmp(name, "quit") && strcmp(name, "q") && strcmp(name, "help")) {
        monitor_puts(mon, "Error: there is no machine yet (-preconfig); only help and quit work "
                          "before x-exit-preconfig\n");
        return;
    }
    if (!strcmp(name, "info")) {
        g_free(name);
        name = take_word(&p, NULL);
        info = true;
        if (!name || !*name) {
            list_help(mon, true);
            return;
        }
    }
    cmd = find_command(info, name);
    if (!cmd) {
        unknown_command(mon, info, name);
        return;
    }
    if (!take_args(mon, cmd, p, args, &err)) {
        monitor_printf(mon, "%s: %s\n", name, error_get_pretty(err));
        monitor_printf(mon, "Try \"help %s%s\" for more information\n", info ? "info " : "", name);
        error_free(err);
        return;
    }
    cmd->cmd(mon, args);
}

/* ---- completion ---- */

void hmp_complete(const char *line, void (*add)(void *opaque, const char *word), void *opaque)
{
    g_auto(GStrv) words = g_strsplit_set(line, " \t", 0);
    const HMPCommand *cmd;
    g_autoptr(GPtrArray) used = g_ptr_array_new();
    guint first = 1;
    bool info;

    for (int i = 0; words[i]; i++) {
        if (*words[i] || !words[i + 1]) {
            g_ptr_array_add(used, words[i]); /* the last may be empty: nothing typed yet */
        }
    }
    if (used->len <= 1) {
        foreach_name(false, add, opaque);
        add(opaque, "help");
        add(opaque, "info");
        return;
    }
    info = !strcmp(used->pdata[0], "info");
    if (used->len == 2 && (info || !strcmp(used->pdata[0], "help"))) {
        foreach_name(info, add, opaque);
        return;
    }
    if (info) {
        first = 2;
    }
    cmd = find_command(info, used->pdata[first - 1]);
    if (cmd && cmd->complete) {
        cmd->complete(used->len - 1 - first, used->pdata[used->len - 1], add, opaque);
    }
}
